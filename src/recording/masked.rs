//! A recording without what must not leave: the one gate through which everything heard goes before it's judged, saved or
//! reported.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Ending, Kind, Recording, Request};
use crate::analytics::nested;
use crate::secrets::Secrets;

/// Fields that hold chatproof's own words, the protocol's, or names that the site file gives: a value that happens to equal
/// one of them must not change what was heard. What isn't listed is masked, and so is everything that a page filled, or that
/// is no single word.
const OWN: &[&str] = &[
    "kind",
    "is",
    "code",
    "actor",
    "context",
    "document",
    "phase",
    "dialog",
    "answer",
    "target",
    "when",
    "used",
    "same_as",
    "replaced",
    "which",
    "type",
    "object",
    "subscribe",
    "constants_object",
    "result",
    "location",
    "value_type",
    "callback",
    "state",
    "mode",
    "body_state",
    "layer",
    "layers",
    "forward",
    "forwards",
    "id",
    "by",
];

/// Fields that a page fills, with whatever keys it likes.
const PAGE: &[&str] = &["data", "fields"];

impl Recording {
    /// The same without any of the secrets. The copies of spec, site file and known failures stay as they are: they are
    /// files that were written by hand, with references where values would stand.
    #[must_use]
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        if secrets.is_empty() {
            return self;
        }
        self.run.base_url = secrets.mask(&self.run.base_url);
        for step in &mut self.steps {
            mask(step, secrets);
        }
        if let Some(visitor) = &mut self.visitor {
            // Cookies have whatever names they like.
            visitor.set.values_mut().for_each(|value| secrets.mask_value(value));
        }
        for observation in &mut self.observations {
            let heard = match &mut observation.kind {
                // Of a page that the visitor wasn't on.
                Kind::Unseen { heard } => heard.as_mut(),
                kind => kind,
            };
            if let Kind::Request(request) = heard {
                if let Some(body) = request.body.as_mut().filter(|_| request.body_state == "truncated") {
                    *body = secrets.mask_cut(body);
                }
                mask_inside(request, secrets);
            }
            if let Kind::HandlerRemoved { by, .. } = heard {
                // The page names its functions.
                *by = secrets.mask(by);
            }
            if !mask(&mut observation.kind, secrets) {
                // It can't be shown as it is, so that it was there is all that can be said.
                observation.kind = Kind::Dropped { count: 1 };
            }
        }
        if !mask(&mut self.ending, secrets) {
            self.ending = Ending::Broken { message: String::new() };
        }
        for sight in &mut self.sights {
            for text in [&mut sight.url, &mut sight.note] {
                *text = secrets.mask(text);
            }
            for text in sight.tree.iter_mut().flat_map(|tree| [&mut tree.text, &mut tree.within]) {
                *text = secrets.mask(text);
            }
            for text in sight.picture.iter_mut().flat_map(|picture| &mut picture.outlined) {
                *text = secrets.mask(text);
            }
        }
        self
    }
}

/// What tags send has texts in base64 in texts in base64, where no value is found from outside: it is masked where it lies.
fn mask_inside(request: &mut Request, secrets: &Secrets) {
    fn inside(text: &str, secrets: &Secrets) -> String {
        nested::rewrite(text, &|text| secrets.mask(text))
    }
    request.url = inside(&request.url, secrets);
    request.body = request.body.as_deref().map(|body| inside(body, secrets));
    for (_, value) in request.hits.iter_mut().flat_map(|hit| &mut hit.fields) {
        each_text(value, &|text| inside(text, secrets));
    }
}

fn each_text(value: &mut Value, change: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(fields) => fields.values_mut().for_each(|item| each_text(item, change)),
        _ => {}
    }
}

/// Masks all texts in it, of fields that are still to be invented too; whether it could be.
fn mask<T: Serialize + DeserializeOwned + PartialEq>(part: &mut T, secrets: &Secrets) -> bool {
    let Ok(mut value) = serde_json::to_value(&*part) else { return false };
    let before = value.clone();
    mask_fields(&mut value, secrets);
    if value == before {
        return true;
    }
    serde_json::from_value(value).map(|masked| *part = masked).is_ok()
}

fn mask_fields(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if OWN.contains(&key.as_str()) && value.as_str().is_none_or(is_word) {
                    continue;
                }
                if PAGE.contains(&key.as_str()) {
                    secrets.mask_value(value);
                } else {
                    mask_fields(value, secrets);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_fields(item, secrets)),
        Value::String(_) => secrets.mask_value(value),
        _ => {}
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::{Observation, StepRecord, blank};
    use super::*;

    const SECRET: &str = "p@s/s#w:%41rd";

    fn secrets(value: &str) -> Secrets {
        Secrets::new(["PW"], &BTreeMap::from([("PW".to_owned(), value.to_owned())]))
    }

    /// All that a page, a driver or a browser fills, with the secret in each text.
    fn full(text: &str) -> Recording {
        let observation = |kind: Value| -> Observation {
            let mut whole = json!({ "arrival": 0, "actor": "visitor", "context": "c", "document": "d" });
            whole.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
            serde_json::from_value(whole).unwrap()
        };
        let mut recording = blank();
        recording.run.base_url = format!("http://{text}/");
        recording.ending = Ending::Broken { message: format!("broke: {text}") };
        let step = json!({
            "index": 0, "actor": "visitor", "text": text, "span": recording_span(), "began_ms": 1.0, "acted_ms": 2.0,
            "outcome": { "is": "failed", "code": "no-match", "message": text, "candidates": [text] },
        });
        recording.steps = vec![serde_json::from_value::<StepRecord>(step).unwrap()];
        recording.observations = [
            json!({ "kind": "alive", "url": text, "top": true }),
            json!({ "kind": "api", "when": "ready", "used": "x", "locations": [{ "name": "x", "object": "object",
                "subscribe": "function", "constants_object": "object",
                "constants": [{ "name": text, "type": "string", "value": text, "same_as": 0 }] }],
                "subscriptions": [{ "constant": "E", "result": "threw", "message": text }] }),
            json!({ "kind": "event", "constant": "E", "subscription": 1, "data": { text: [text, { "kind": text }] },
                "arguments": 1, "notes": [{ "path": format!("a.{text}"), "what": format!("object [object {text}]") }] }),
            json!({ "kind": "push", "layer": "dataLayer", "index": 0, "found": false, "arguments": false,
                "data": { "id": text, text: 1 } }),
            json!({ "kind": "page-error", "message": text, "source": text, "line": 1 }),
            json!({ "kind": "navigation", "url": text, "phase": "started" }),
            json!({ "kind": "dialog", "dialog": "alert", "message": text, "answer": "accepted" }),
            json!({ "kind": "deaf", "url": text, "message": text }),
            json!({ "kind": "handler", "handler": 1, "constant": text, "value_type": "string", "value": text,
                "callback": "function", "name": text, "location": "x", "script": text, "line": 1, "column": 1,
                "after_ready": true, "accepted": true }),
            json!({ "kind": "handled", "handler": 1, "constant": text, "by": "unknown", "event": null, "took_ms": 1.0,
                "returned": false, "promise": false, "message": text, "caught": true }),
            json!({ "kind": "handler-rejected", "handler": 1, "constant": text, "message": text }),
            json!({ "kind": "handler-removed", "handler": 1, "constant": text, "by": text }),
            json!({ "kind": "unparsed", "source": text, "line": 1, "message": text }),
            json!({ "kind": "request", "id": "r", "forwards": ["ga"], "method": "POST", "url": text,
                "content_type": text, "body": text, "body_state": "complete", "answer": "stubbed",
                "hits": [{ "forward": "ga", "names": [text], "fields": { text: text } }] }),
        ]
        .into_iter()
        .map(observation)
        .collect();
        recording
    }

    fn recording_span() -> Value {
        serde_json::to_value(crate::source::Span { line: 1, column: 1, ..Default::default() }).unwrap()
    }

    #[test]
    fn nothing_of_a_secret_is_left_in_any_field() {
        let masked = full(SECRET).masked(&secrets(SECRET));
        let text = serde_json::to_string(&masked).unwrap();
        assert!(!text.contains(SECRET) && !text.contains("p@s/"), "{text}");
        // It was everywhere, and nothing but the texts has changed.
        assert_eq!(text.replace("${env.PW}", SECRET), serde_json::to_string(&full(SECRET)).unwrap());
    }

    #[test]
    fn the_beginning_of_a_secret_is_not_left_where_a_body_was_cut() {
        for (state, want) in [("truncated", "q=${env.PW}"), ("complete", "q=p@s/s")] {
            let mut recording = full("nothing");
            if let Some(Kind::Request(request)) = recording.observations.last_mut().map(|last| &mut last.kind) {
                request.body = Some("q=p@s/s".to_owned());
                request.body_state = state.to_owned();
            }
            let masked = recording.masked(&secrets(SECRET));
            let Some(Kind::Request(request)) = masked.observations.last().map(|last| &last.kind) else { panic!() };
            assert_eq!(request.body.as_deref(), Some(want));
        }
    }

    #[test]
    fn what_chatproof_says_itself_stays() {
        for word in ["started", "visitor", "function", "request", "broken", "threw"] {
            let masked = full("nothing").masked(&secrets(word));
            assert_eq!(masked, full("nothing"), "{word}");
        }
        let plain = full("an opened chat");
        assert_ne!(plain.clone().masked(&secrets("opened")), plain);
    }

    #[test]
    fn a_name_of_the_spec_stays_that_name() {
        let secrets = secrets("chat:opened").sparing(["chat:opened"]);
        let mut recording = full("chat:opened");
        recording.observations.truncate(3);
        let masked = recording.clone().masked(&secrets);
        assert_eq!(masked.observations[2], {
            let mut event = recording.observations[2].clone();
            if let Kind::Event { notes, .. } = &mut event.kind {
                notes[0].path = "a.${env.PW}".into();
                notes[0].what = "object [object ${env.PW}]".into();
            }
            event
        });
    }
}
