//! `network` of a visitor: how slow it is, by a preset's name (`specs/networks.json`) or in numbers.
//!
//! Boundary: data and its parser; how a browser is slowed down is for those who drive one.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::source::read::Checker;
use crate::source::yaml::{Node, Value};

/// How slow a network is.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Network {
    /// From a request to the first byte of its answer, at least: milliseconds.
    pub latency_ms: f64,
    /// Kilobits a second; `None`: as fast as it is.
    #[serde(default)]
    pub download_kbits: Option<f64>,
    /// Kilobits a second; `None`: as fast as it is.
    #[serde(default)]
    pub upload_kbits: Option<f64>,
}

static NETWORKS: LazyLock<IndexMap<String, Network>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../specs/networks.json")).unwrap_or_default());

/// All presets by name, in the file's order.
pub fn networks() -> &'static IndexMap<String, Network> {
    &NETWORKS
}

pub(super) const NETWORK: &[&str] = &["latency", "download", "upload"];

/// Reads `network`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node) -> Option<Network> {
    if let Value::String(name) = &node.value {
        let found = networks().get(name.trim()).copied();
        if found.is_none() {
            checker.unknown(node.span, "network", name, networks().keys().map(String::as_str));
        }
        return found;
    }
    let fields = checker.fields(node, "`network`", NETWORK)?;
    let mut rate = |key: &'static str| fields.get(key).and_then(|node| rate(checker, node, key));
    let (download_kbits, upload_kbits) = (rate("download"), rate("upload"));
    let latency = fields.get("latency").and_then(|node| checker.duration(node, "`latency`"));
    if NETWORK.iter().all(|key| fields.get(key).is_none()) {
        let help = "for example `slow-3g`, or `{ latency: 400ms, download: 400kbit/s }`";
        checker.report(node.span, "a network without a limit", "expected `latency`, `download` or `upload`", help);
        return None;
    }
    Some(Network {
        latency_ms: latency.map_or(0.0, |latency| latency.as_secs_f64() * 1000.0),
        download_kbits,
        upload_kbits,
    })
}

/// `400kbit/s`, `1.6Mbit/s`: in kilobits a second.
fn rate(checker: &mut Checker<'_>, node: &Node, key: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 3] = [("kbit/s", 1.0), ("Mbit/s", 1000.0), ("Gbit/s", 1_000_000.0)];
    let text = checker.text_or_number(node, &format!("`{key}`"))?;
    let unit = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let found = unit.and_then(|(number, factor)| Some(number.trim().parse::<f64>().ok()? * factor));
    let found = found.filter(|rate| (1.0..=10_000_000.0).contains(rate));
    if found.is_none() {
        let help = "write `400kbit/s`, `1.6Mbit/s` or `1Gbit/s`, from 1kbit/s to 10Gbit/s";
        checker.report(node.span, format!("`{key}` can't be `{text}`"), "expected a rate", help);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Known, Site, parse};
    use crate::source::SourceFile;

    fn site(network: &str) -> Result<Site, String> {
        let text = format!(
            "spec: s\nbase_url: https://a.example\nvisitors: {{ a: {{ network: {network} }} }}\njourneys:\n  j: {{ steps: [{{ open: / }}] }}\n"
        );
        parse(SourceFile::new("s.yaml", text), &Known::default()).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_network_is_a_preset_or_numbers() {
        let read = |text: &str| site(text).unwrap().visitors["a"].network.unwrap();
        assert_eq!(read("slow-3g"), networks()["slow-3g"]);
        let own = read("{ latency: 0.4s, download: 1.6 Mbit/s }");
        assert_eq!(own, Network { latency_ms: 400.0, download_kbits: Some(1600.0), upload_kbits: None });
        for (text, told) in [
            ("slow-3", "did you mean `slow-3g`?"),
            ("{}", "without a limit"),
            ("{ latency: 400 }", "has no unit"),
            ("{ download: 400 }", "expected a rate"),
            ("{ upload: 0kbit/s }", "expected a rate"),
            ("{ downlod: 1Mbit/s }", "did you mean `download`?"),
        ] {
            let said = site(text).expect_err(text);
            assert!(said.contains(told), "{text}: {said}");
        }
    }

    #[test]
    fn every_preset_has_all_limits_and_the_schema_knows_it() {
        assert!(networks().values().all(|one| one.download_kbits.is_some() && one.upload_kbits.is_some()));
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../specs/site.schema.json")).unwrap();
        let own: Vec<&str> = networks().keys().map(String::as_str).collect();
        assert_eq!(schema["$defs"]["network"]["oneOf"][0]["enum"], serde_json::json!(own));
        let keys = schema["$defs"]["network"]["oneOf"][1]["properties"].as_object().unwrap();
        assert!(keys.keys().map(String::as_str).eq(NETWORK.iter().copied()));
    }
}
