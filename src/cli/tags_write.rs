//! `chatproof tags --write`: what was sent behind each event, as `forwards` of a site file.
//!
//! Boundary: recordings -> YAML, and that into a file's text, whose comments stay. A hit is behind an event if hits of its name
//! are only ever sent right after that event, once for each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::analytics::{self, tag::Tag};
use crate::recording::{PageClock, Recording};
use crate::report::summary::{TagHit, events, tag_hits};
use crate::site::Site;
use crate::site::forwards::plain;
use crate::spec::Spec;

/// How long after an event what is sent for it may come, in milliseconds.
const WITHIN: f64 = 6_000.0;
/// How much earlier than its event a hit may be heard.
const SLACK: f64 = 1_000.0;
/// A shorter value may be anything's.
const TELLING: usize = 3;

struct Event {
    constant: String,
    at_ms: f64,
    payload: Value,
}

/// What is to be sent for an event.
struct Behind {
    name: String,
    /// Fields of the hit, and those of the payload that they equal.
    params: BTreeMap<String, String>,
}

/// One forward.
#[derive(Default)]
struct Way {
    properties: BTreeSet<String>,
    events: BTreeMap<String, Vec<Behind>>,
}

/// A hit and the event that it was sent for.
type Pair<'s> = (&'s Event, &'s TagHit);

/// The ways that a site file lacks, as YAML below `forwards`; empty if there are none.
pub(super) fn suggested(spec: &Spec, site: &Site, recordings: &[Recording]) -> String {
    let seen: Vec<(Vec<Event>, Vec<TagHit>)> = recordings.iter().map(|one| (heard(spec, one), tag_hits(one))).collect();
    let mut names: BTreeSet<(String, String)> = BTreeSet::new();
    let mut tags: BTreeMap<String, std::sync::Arc<Tag>> = BTreeMap::new();
    for hit in seen.iter().flat_map(|(_, hits)| hits) {
        names.extend(hit.hit.names.first().map(|name| (hit.tag.id.clone(), name.clone())));
        tags.insert(hit.tag.id.clone(), hit.tag.clone());
    }
    let mut ways: BTreeMap<&str, Way> = BTreeMap::new();
    for (id, name) in &names {
        let known = site.forwards.values().any(|f| f.product.tag().is_some_and(|tag| tag.id == *id));
        if let (false, Some((constant, behind, properties))) = (known, behind(spec, id, name, &seen)) {
            let way = ways.entry(id).or_default();
            way.properties.extend(properties);
            way.events.entry(constant).or_default().push(behind);
        }
    }
    let taken = |name: &str| site.forwards.contains_key(name);
    let texts = ways.iter().filter_map(|(id, way)| Some(text(tags.get(*id)?, way, &taken)));
    texts.collect()
}

fn heard(spec: &Spec, recording: &Recording) -> Vec<Event> {
    let clock = PageClock::new(recording);
    let at = |arrival: u64| {
        let o = recording.observations.iter().find(|o| o.arrival == arrival)?;
        clock.place(&o.document, o.page_ms?)
    };
    let payload = |data: &Value| {
        let found = spec.probe.payload.iter().try_fold(data, |value, key| value.as_object()?.get(key));
        found.cloned().unwrap_or_default()
    };
    let event = |heard: crate::report::summary::Heard<'_>| {
        Some(Event { constant: heard.constant.to_owned(), at_ms: at(heard.arrival)?, payload: payload(heard.data) })
    };
    events(recording).into_iter().filter_map(event).collect()
}

/// The one event that hits of a name are behind, if there is one.
fn behind(
    spec: &Spec,
    id: &str,
    name: &str,
    seen: &[(Vec<Event>, Vec<TagHit>)],
) -> Option<(String, Behind, Vec<String>)> {
    let constants: BTreeSet<&str> = seen.iter().flat_map(|(events, _)| events).map(|e| e.constant.as_str()).collect();
    let mut best: Option<(f64, &str, Vec<Pair<'_>>)> = None;
    for constant in constants {
        let Some(pairs) = pairs(constant, id, name, seen) else { continue };
        let apart: f64 = pairs.iter().map(|(event, hit)| (hit.at_ms.unwrap_or(event.at_ms) - event.at_ms).abs()).sum();
        let apart = apart / pairs.len() as f64;
        if best.as_ref().is_none_or(|(least, ..)| apart < *least) {
            best = Some((apart, constant, pairs));
        }
    }
    let (_, constant, pairs) = best?;
    let mut params = BTreeMap::new();
    for field in spec.payload_fields(constant) {
        let value = |event: &Event| {
            let text = plain(analytics::field(event.payload.as_object()?, field)?.as_ref());
            (text.len() >= TELLING && text != "null").then_some(text)
        };
        let first = pairs.first().map(|(_, hit)| hit);
        let equal = first.into_iter().flat_map(|hit| hit.hit.fields.keys()).find(|key| {
            let of = |hit: &TagHit| hit.hit.field(key).map(|value| plain(&value));
            pairs.iter().all(|(event, hit)| value(event).is_some_and(|value| of(hit) == Some(value)))
        });
        if let Some(key) = equal {
            params.entry(key.clone()).or_insert_with(|| format!("${{payload.{field}}}"));
        }
    }
    let properties = pairs.iter().filter_map(|(_, hit)| hit.hit.property.clone()).collect();
    Some((constant.to_owned(), Behind { name: name.to_owned(), params }, properties))
}

/// Each hit of a name with an event of its own, if there are as many of both.
fn pairs<'s>(constant: &str, id: &str, name: &str, seen: &'s [(Vec<Event>, Vec<TagHit>)]) -> Option<Vec<Pair<'s>>> {
    let mut all = Vec::new();
    for (events, hits) in seen {
        let events: Vec<&Event> = events.iter().filter(|event| event.constant == constant).collect();
        let hits: Vec<&TagHit> =
            hits.iter().filter(|hit| hit.tag.id == id && hit.hit.names.first().is_some_and(|n| n == name)).collect();
        if events.len() != hits.len() {
            return None;
        }
        for (event, hit) in events.into_iter().zip(hits) {
            let after = hit.at_ms? - event.at_ms;
            if !(-SLACK..=WITHIN).contains(&after) {
                return None;
            }
            all.push((event, hit));
        }
    }
    (!all.is_empty()).then_some(all)
}

fn text(tag: &Tag, way: &Way, taken: &dyn Fn(&str) -> bool) -> String {
    let quoted = |text: &str| Value::String(text.replace("${", "$${")).to_string();
    let mut name = tag.id.clone();
    while taken(&name) {
        name.push_str("-seen");
    }
    let mut out = format!("  {name}:\n    kind: {}\n", tag.id);
    let properties: Vec<String> = way.properties.iter().map(|one| quoted(one)).collect();
    match properties.as_slice() {
        _ if tag.layer.is_some() => {}
        [] => {}
        [one] => out.push_str(&format!("    property: {one}\n")),
        all => out.push_str(&format!("    property: [{}]\n", all.join(", "))),
    }
    out.push_str("    events:\n");
    for (constant, all) in &way.events {
        out.push_str(&format!("      {constant}:\n"));
        for behind in all {
            let (key, values) = if tag.layer.is_some() { ("event", "fields") } else { ("name", "params") };
            let named = match behind.name.split_once('/').filter(|_| tag.by_category) {
                Some((category, action)) => format!("category: {}, action: {}", quoted(category), quoted(action)),
                None => format!("{key}: {}", quoted(&behind.name)),
            };
            let params: Vec<String> =
                behind.params.iter().map(|(field, value)| format!("{}: \"{value}\"", quoted(field))).collect();
            let params =
                if params.is_empty() { String::new() } else { format!(", {values}: {{ {} }}", params.join(", ")) };
            out.push_str(&format!("        - {{ {named}{params} }}\n"));
        }
    }
    out
}

/// A site file's text with more ways below its `forwards`, or with a `forwards` at its end.
pub(super) fn inserted(text: &str, ways: &str) -> String {
    let line = |line: &str| line.trim_end() == "forwards:" || line.starts_with("forwards: #");
    let mut at = text.split_inclusive('\n').scan(0, |at, part| {
        *at += part.len();
        Some((*at, part))
    });
    let begin = at.find(|(_, part)| line(part)).map(|(end, _)| end);
    match begin.and_then(|end| Some((text.get(..end)?, text.get(end..)?))) {
        Some((before, after)) => {
            // Those that are there may stand farther in.
            let indent = after.lines().find(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
            let indent = indent.map_or(2, |line| line.len() - line.trim_start().len());
            let ways: String =
                ways.lines().map(|line| format!("{}{}\n", " ".repeat(indent), line.get(2..).unwrap_or(line))).collect();
            format!("{before}{ways}{after}")
        }
        None => {
            let gap = if text.ends_with('\n') { "" } else { "\n" };
            format!("{text}{gap}\nforwards:\n{ways}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::inserted;

    #[test]
    fn ways_are_added_where_forwards_are_and_nothing_else_changes() {
        let ways = "  ga4:\n    kind: ga4\n";
        assert_eq!(inserted("spec: s # mine", ways), "spec: s # mine\n\nforwards:\n  ga4:\n    kind: ga4\n");
        assert_eq!(
            inserted("a: 1\nforwards: # what we send\n    # old\n    own: { kind: request }\nb: 2\n", ways),
            "a: 1\nforwards: # what we send\n    ga4:\n      kind: ga4\n    # old\n    own: { kind: request }\nb: 2\n"
        );
    }
}
