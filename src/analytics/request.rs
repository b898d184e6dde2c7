//! Any request: its query, its form and its JSON body, each below a name of its own.

use serde_json::{Map, Value};

use super::each::{self, Each};
use super::form::{json, lines, object, pairs, query};
use super::{Hit, Sent, bounded, multipart};

/// A request is one hit, or each member of the list that `each` names.
pub(super) fn hits(sent: &Sent<'_>, each: Option<&Each>) -> Vec<Hit> {
    let whole = hit(sent);
    let of = |name: &str| whole.fields.get(name).and_then(Value::as_object);
    let forms: Vec<&Map<String, Value>> = ["form", "query"].into_iter().filter_map(of).collect();
    let Some(members) = each.and_then(|each| each::of(each, whole.fields.get("json"), &forms)) else {
        return vec![whole];
    };
    let shared = ["method", "url", "query"];
    bounded(members.into_iter().map(|member| {
        let shared = shared.iter().filter_map(|key| Some(((*key).to_owned(), whole.fields.get(*key)?.clone())));
        let fields = shared.chain([("json".to_owned(), member.value().clone())]).collect();
        Hit { fields, member: Some(member), ..Hit::default() }
    }))
}

fn hit(sent: &Sent<'_>) -> Hit {
    let mut hit = Hit::default();
    hit.fields.insert("method".to_owned(), Value::String(sent.method.to_owned()));
    hit.fields.insert("url".to_owned(), Value::String(sent.url.to_owned()));
    hit.fields.insert("query".to_owned(), Value::Object(object(pairs(query(sent.url)))));
    let Some(text) = sent.body else { return hit };
    let whole = json(sent).map(|json| ("json", json));
    let body = whole.or_else(|| {
        let lines = lines(sent)?;
        hit.lines = true;
        Some(("json", Value::Array(lines)))
    });
    let body = body.unwrap_or_else(|| match multipart::boundary(sent.content_type) {
        Some(boundary) => ("form", Value::Object(object(multipart::pairs(text, &boundary)))),
        // A beacon's text has no content type of a form's, and is one all the same more often than not.
        None if text.contains('=') => ("form", Value::Object(object(pairs(text)))),
        None => ("body", Value::String(text.to_owned())),
    });
    hit.fields.insert(body.0.to_owned(), body.1);
    hit
}
