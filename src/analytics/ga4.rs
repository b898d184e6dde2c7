//! Google Analytics 4: `g/collect`, as gtag.js sends it to Google, or to a tag gateway or a server-side container of the
//! site's own, below any path: a hit is known by `v=2` and `tid=G-...`.
//!
//! One event stands in the query; several are one a line in the body, and share the query. `en` is the name, `ep.X` a
//! parameter, `epn.X` a numeric one, `up.X` a user property, `cu` the currency, `tid` the property. Events of the
//! Measurement Protocol are JSON. Source: what gtag.js sends, and Google's Measurement Protocol reference.

use serde_json::{Map, Value};

use super::form::{json, number, pairs, query};
use super::{Hit, Sent, bounded, nested};

pub(super) const ADDRESSES: &[&str] = &["/g/collect", "/g/s/collect", "/mp/collect"];

/// Tag gateways, server-side containers and proxies have hosts and paths of their own; what is sent is the same.
pub(super) const ANYWHERE: &[&str] =
    &["?v=2&tid=G-*", "?measurement_id=G-*&api_secret=*", "/*/g/collect", "/*/mp/collect"];

pub(super) fn hits(sent: &Sent<'_>) -> Vec<Hit> {
    let shared = pairs(query(sent.url));
    if let Some(body) = json(sent) {
        return protocol(&body, &shared);
    }
    let lines: Vec<&str> =
        sent.body.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if !shared.iter().any(|(key, _)| key == "v")
        && let Some(hits) = wrapped(&shared, &lines)
    {
        return hits;
    }
    if lines.is_empty() {
        return vec![hit(shared)];
    }
    bounded(lines.into_iter().map(|line| hit(shared.iter().cloned().chain(pairs(line)).collect())))
}

/// Proxies that keep blockers away put the whole of a hit's query into one value, in base64.
fn wrapped(shared: &[(String, String)], lines: &[&str]) -> Option<Vec<Hit>> {
    let values = shared.iter().map(|(_, value)| value.as_str()).chain(lines.iter().copied());
    values.filter_map(nested::in_base64).find_map(|text| {
        let text = text.split_once('?').map_or(text.as_str(), |(_, query)| query);
        let mut parts = text.lines();
        let head = pairs(parts.next()?);
        let is = |name: &str, begin: &str| head.iter().any(|(key, value)| key == name && value.starts_with(begin));
        if !(is("v", "2") && is("tid", "G-")) {
            return None;
        }
        let rest: Vec<&str> = parts.map(str::trim).filter(|line| !line.is_empty()).collect();
        Some(match rest.is_empty() {
            true => vec![hit(head)],
            false => bounded(rest.into_iter().map(|line| hit(head.iter().cloned().chain(pairs(line)).collect()))),
        })
    })
}

fn hit(all: Vec<(String, String)>) -> Hit {
    let mut hit = Hit::default();
    for (key, value) in all {
        match key.split_once('.') {
            Some(("ep", name)) => hit.fields.insert(name.to_owned(), Value::String(value)),
            Some(("epn", name)) => hit.fields.insert(name.to_owned(), number(&value)),
            Some(("up", name)) => hit.fields.insert(format!("user.{name}"), Value::String(value)),
            Some(("upn", name)) => hit.fields.insert(format!("user.{name}"), number(&value)),
            _ => {
                match key.as_str() {
                    "en" => hit.names = vec![value.clone()],
                    "tid" => hit.property = Some(value.clone()),
                    _ => {}
                }
                let key = if key == "cu" { "currency".to_owned() } else { key };
                hit.fields.insert(key, Value::String(value))
            }
        };
    }
    hit
}

fn protocol(body: &Value, shared: &[(String, String)]) -> Vec<Hit> {
    let property = shared.iter().find(|(key, _)| key == "measurement_id").map(|(_, value)| value.clone());
    let events = body.get("events").and_then(Value::as_array).into_iter().flatten();
    bounded(events.map(|event| Hit {
        names: event.get("name").and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
        property: property.clone(),
        fields: event.get("params").and_then(Value::as_object).cloned().unwrap_or_else(Map::new),
        ..Hit::default()
    }))
}
