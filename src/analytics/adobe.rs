//! Adobe Analytics: AppMeasurement's `b/ss`, by GET or POST, and the Web SDK's `interact` and `collect`.
//!
//! AppMeasurement: `events` is a list (`event12`, `event5=3`), `v5` is eVar5, `c3` is prop3, `pev2` a link's name, and
//! context data stands between markers (`c.`, `chat.`, `id=1`, `.chat`, `.c`). The Web SDK sends JSON with XDM, in which
//! Analytics variables lie at `_experience.analytics`, or raw ones at `data.__adobe.analytics`.
//! Sources: Adobe's "Data collection query parameters", and the XDM field group "Adobe Analytics ExperienceEvent Template".

use serde_json::{Map, Value};

use super::form::{json, pairs, path, query};
use super::{Hit, MOST_BYTES, Sent, bounded};

pub(super) const ADDRESSES: &[&str] =
    &["/b/ss/*", "/ee/v1/interact", "/ee/v1/collect", "/ee/*/v1/interact", "/ee/*/v1/collect"];

/// Contexts lie in one another some three deep, and have names of a word.
const DEEPEST: usize = 16;
const LONGEST: usize = 200;

/// A first-party server may be below a path, and the Web SDK's edge has a path that can be chosen.
pub(super) const ANYWHERE: &[&str] = &["/*/b/ss/*", "?configId=*&requestId=*"];

pub(super) fn hits(sent: &Sent<'_>) -> Vec<Hit> {
    match json(sent) {
        Some(body) => web_sdk(sent, &body),
        None if path(sent.url).contains("/b/ss/") => vec![measurement(sent)],
        None => Vec::new(),
    }
}

fn measurement(sent: &Sent<'_>) -> Hit {
    let mut hit = Hit::default();
    // /b/ss/SUITE,SUITE/1/JS-2.26.0/s123
    let suite = path(sent.url).split("/b/ss/").nth(1).and_then(|rest| rest.split('/').next());
    hit.property = suite.filter(|suite| !suite.is_empty()).map(str::to_owned);
    let mut context: Vec<String> = Vec::new();
    // Each of its variables has the names of all contexts around it.
    let mut inside_bytes = 0;
    for (key, value) in pairs(query(sent.url)).into_iter().chain(pairs(sent.body.unwrap_or_default())) {
        if let Some(opened) = key.strip_suffix('.') {
            if context.len() < DEEPEST {
                context.push(opened.chars().take(LONGEST).collect());
            }
            continue;
        }
        if key.starts_with('.') {
            context.pop();
            continue;
        }
        if !context.is_empty() {
            let inside = context.iter().skip(1).cloned().chain([key]).collect::<Vec<_>>().join(".");
            inside_bytes += inside.len();
            if inside_bytes > MOST_BYTES {
                break;
            }
            let place = if context.first().is_some_and(|first| first == "c") { "contextData" } else { "other" };
            hit.fields.insert(format!("{place}.{inside}"), Value::String(value));
            continue;
        }
        if key == "events" {
            hit.names.extend(events(&value));
        }
        if key == "pev2" {
            hit.names.push(value.clone());
        }
        hit.fields.insert(variable(&key), Value::String(value));
    }
    if hit.names.is_empty() && !hit.fields.contains_key("pe") {
        hit.names.push("page view".to_owned());
    }
    hit
}

/// `event12`, `event5=3` (a value) and `event7:abc` (a serial number) are the events 12, 5 and 7.
fn events(list: &str) -> impl Iterator<Item = String> + '_ {
    list.split(',').map(|one| one.split(['=', ':']).next().unwrap_or(one).trim().to_owned()).filter(|e| !e.is_empty())
}

/// The name that a variable has in the page.
fn variable(key: &str) -> String {
    let numbered = |letter: char, name: &str| {
        let digits = key.strip_prefix(letter)?;
        let is_number = !digits.is_empty() && digits.len() <= 3 && digits.chars().all(|c| c.is_ascii_digit());
        is_number.then(|| format!("{name}{digits}"))
    };
    match key {
        "v0" => "campaign".to_owned(),
        "ch" => "channel".to_owned(),
        "cc" => "currencyCode".to_owned(),
        "pev1" => "linkURL".to_owned(),
        "pev2" => "linkName".to_owned(),
        "g" => "pageURL".to_owned(),
        _ => numbered('v', "eVar").or_else(|| numbered('c', "prop")).unwrap_or_else(|| key.to_owned()),
    }
}

fn web_sdk(sent: &Sent<'_>, body: &Value) -> Vec<Hit> {
    let property = pairs(query(sent.url)).into_iter().find(|(key, _)| key == "configId").map(|(_, value)| value);
    let single = body.get("event");
    let events = body.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    bounded(events.iter().chain(single).filter_map(Value::as_object).map(|event| one(event, property.clone())))
}

fn one(event: &Map<String, Value>, property: Option<String>) -> Hit {
    let mut hit = Hit { property, ..Hit::default() };
    let xdm = event.get("xdm").unwrap_or(&Value::Null);
    let text = |pointer: &str| xdm.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    hit.names.extend(text("/eventType"));
    hit.names.extend(text("/web/webInteraction/name"));
    let analytics = xdm.pointer("/_experience/analytics").and_then(Value::as_object);
    for (group, members) in analytics.into_iter().flatten() {
        // event1to100, event101to200, ...
        if let Some(members) = members.as_object().filter(|_| group.starts_with("event")) {
            hit.names.extend(members.keys().take(100).cloned());
        }
    }
    for group in ["eVars", "props"] {
        let pointer = format!("/_experience/analytics/customDimensions/{group}");
        for (key, value) in xdm.pointer(&pointer).and_then(Value::as_object).into_iter().flatten() {
            hit.fields.insert(key.clone(), value.clone());
        }
    }
    let raw = event.get("data").and_then(|data| data.pointer("/__adobe/analytics")).and_then(Value::as_object);
    for (key, value) in raw.into_iter().flatten() {
        if let (Some(list), true) = (value.as_str(), key == "events") {
            hit.names.extend(events(list));
        }
        if let (Some(name), true) = (value.as_str(), key == "linkName") {
            hit.names.push(name.to_owned());
        }
        hit.fields.insert(key.clone(), value.clone());
    }
    for part in ["xdm", "data"] {
        if let Some(value) = event.get(part) {
            hit.fields.insert(part.to_owned(), value.clone());
        }
    }
    hit
}
