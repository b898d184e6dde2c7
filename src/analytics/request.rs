//! Any request: its query, its form and its JSON body, each below a name of its own.

use serde_json::Value;

use super::form::{json, object, pairs, query};
use super::{Hit, Sent};

pub(super) fn hit(sent: &Sent<'_>) -> Hit {
    let mut hit = Hit::default();
    hit.fields.insert("method".to_owned(), Value::String(sent.method.to_owned()));
    hit.fields.insert("url".to_owned(), Value::String(sent.url.to_owned()));
    hit.fields.insert("query".to_owned(), Value::Object(object(pairs(query(sent.url)))));
    match (json(sent), sent.body) {
        (Some(body), _) => {
            hit.fields.insert("json".to_owned(), body);
        }
        // A beacon's text has no content type of a form's, and is one all the same more often than not.
        (None, Some(body)) if body.contains('=') && !sent.content_type.starts_with("multipart/") => {
            hit.fields.insert("form".to_owned(), Value::Object(object(pairs(body))));
        }
        (None, Some(body)) => {
            hit.fields.insert("body".to_owned(), Value::String(body.to_owned()));
        }
        (None, None) => {}
    }
    hit
}
