//! `a=1&b=%20` and what lies around it.

use serde_json::{Map, Value};

use super::{Sent, nested};

/// More lines than this nobody sends at once.
const MOST_LINES: usize = 500;

/// The pairs of a query or a form, decoded; of several with one name the last holds.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text.trim_start_matches('?').as_bytes())
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

/// The query of an address.
pub(super) fn query(url: &str) -> &str {
    url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query)
}

/// The path of an address.
pub(super) fn path(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let path = after.find('/').and_then(|at| after.get(at..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path)
}

/// The host of an address, with its port.
pub(super) fn host(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let host = after.find(['/', '?', '#']).and_then(|at| after.get(..at)).unwrap_or(after);
    host.rsplit('@').next().unwrap_or(host)
}

/// The body as JSON, if it is an object or a list.
pub(super) fn json(sent: &Sent<'_>) -> Option<Value> {
    let body = sent.body?.trim_start();
    if !body.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(body).ok()
}

/// The lines of a body, if there are several and each is JSON (NDJSON, JSON text sequences).
pub(super) fn lines(sent: &Sent<'_>) -> Option<Vec<Value>> {
    let lines =
        sent.body?.lines().map(|line| line.trim().trim_start_matches('\u{1e}').trim()).filter(|line| !line.is_empty());
    let all: Option<Vec<Value>> = lines
        .take(MOST_LINES)
        .map(|line| line.starts_with(['{', '[']).then(|| serde_json::from_str(line).ok()).flatten())
        .collect();
    all.filter(|all| all.len() > 1)
}

/// What a field's text holds: JSON, as it is or in base64.
pub(super) fn held(text: &str) -> Option<Value> {
    let plain =
        |text: &str| text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten();
    plain(text).or_else(|| plain(&nested::whole(text)?))
}

/// Pairs as an object of texts.
pub(super) fn object(pairs: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    pairs.into_iter().map(|(key, value)| (key, Value::String(value))).collect()
}

/// A number as JSON; the text itself if it is none.
pub(super) fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    match text.parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
        Some(number) => Value::Number(number),
        None => Value::String(text.to_owned()),
    }
}
