//! Universal Analytics, as the retired `ga()` sends it: `collect` of the Measurement Protocol, version 1.
//!
//! An event's name is made of its category and action, `Chat/Engaged`. Source: Google's Measurement Protocol parameter
//! reference (`t`, `ec`, `ea`, `el`, `ev`, `cdN`, `cmN`, `tid`); several hits of one `batch` are one a line.

use serde_json::Value;

use super::form::{number, pairs, query};
use super::{Hit, Sent, bounded};

pub(super) const ADDRESSES: &[&str] = &[
    "www.google-analytics.com/collect",
    "www.google-analytics.com/r/collect",
    "www.google-analytics.com/j/collect",
    "www.google-analytics.com/batch",
    "google-analytics.com/collect",
    "google-analytics.com/batch",
    "ssl.google-analytics.com/collect",
    "ssl.google-analytics.com/r/collect",
    "ssl.google-analytics.com/j/collect",
];

/// A site's own proxy.
pub(super) const ANYWHERE: &[&str] = &["?v=1&tid=UA-*"];

pub(super) fn hits(sent: &Sent<'_>) -> Vec<Hit> {
    let shared = pairs(query(sent.url));
    let lines: Vec<&str> =
        sent.body.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return vec![hit(shared)];
    }
    bounded(lines.into_iter().map(|line| hit(shared.iter().cloned().chain(pairs(line)).collect())))
}

fn hit(all: Vec<(String, String)>) -> Hit {
    let mut hit = Hit::default();
    let text = |name: &str| all.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.clone());
    if let (Some(category), Some(action)) = (text("ec"), text("ea")) {
        hit.names.push(format!("{category}/{action}"));
    } else if let Some(kind) = text("t") {
        hit.names.push(kind);
    }
    hit.property = text("tid");
    for (key, value) in &all {
        let name = match key.as_str() {
            "ec" => "category",
            "ea" => "action",
            "el" => "label",
            "ev" => "value",
            other => other,
        };
        let value = if key == "ev" { number(value) } else { Value::String(value.clone()) };
        hit.fields.insert(name.to_owned(), value);
    }
    hit
}
