//! `visitors` as they are read.

use serde_json::{Value, json};

use super::visitors::{browser_of, column, visitor_of};
use super::{Known, Site, parse, visitors_parse};
use crate::source::SourceFile;

fn site(visitors: &str, rest: &str) -> Result<Site, String> {
    let text = format!(
        "spec: s\nbase_url: https://a.example\nvisitors:\n{visitors}{rest}\njourneys:\n  j: {{ visitors: [a], steps: [{{ open: / }}] }}\n  k: {{ steps: [{{ open: / }}] }}\n"
    );
    parse(SourceFile::new("s.yaml", text), &Known::default()).map_err(|mistakes| mistakes.to_string())
}

#[test]
fn a_set_up_says_what_a_browser_shows() {
    let text = "  a: { device: phone, locale: de-DE, timezone: Europe/Berlin, color_scheme: dark, reduced_motion: true }\n  b:\n    viewport: 1440x900\n    geolocation: { latitude: 52.5, longitude: -13 }\n    permissions: { notifications: denied }\n    cookies: { plan: '${env.PLAN}' }\n    local_storage: { 'https://a.example/x': { seen: '1' } }\n    offline: true\n    client_hints: { platform_version: 14, form_factors: Mobile, brands: { Chromium: '140' } }\n";
    let site = site(text, "actors: { agent: { is: b } }").unwrap();
    let (a, b) = (&site.visitors["a"], &site.visitors["b"]);
    assert!(a.has_touch() && !b.has_touch());
    assert_eq!((a.locale.as_deref(), a.timezone.as_deref()), (Some("de-DE"), Some("Europe/Berlin")));
    assert_eq!((a.color_scheme, a.reduced_motion, b.forced_colors), (Some("dark"), Some(true), None));
    let place = b.geolocation.unwrap();
    assert!((place.latitude - 52.5).abs() < 1e-9 && (place.longitude + 13.0).abs() < 1e-9);
    assert_eq!(b.viewport, Some((1440, 900)));
    assert_eq!(b.local_storage["https://a.example"]["seen"].text, "1");
    let hints = json!({ "platformVersion": "14", "formFactors": ["Mobile"], "brands": [{ "brand": "Chromium", "version": "140" }] });
    assert_eq!(Value::from(b.client_hints.clone()), hints);
    assert_eq!(site.actors["agent"].is.as_deref(), Some("b"));
    // What stands for a secret is looked for, so that it's in no output.
    assert!(super::env_references(&site).iter().any(|(name, _)| name == "PLAN"));
}

#[test]
fn a_journey_is_run_once_for_each() {
    let site = site("  a: { device: phone }\n  b: {}\n", "").unwrap();
    let (j, k) = (&site.journeys["j"], &site.journeys["k"]);
    assert_eq!((site.visited(j, &[]), site.visited(k, &[])), (vec![Some("a")], vec![None]));
    let asked = ["b".to_owned()];
    assert_eq!((site.visited(j, &asked), site.visited(k, &asked)), (vec![Some("b")], vec![Some("b")]));
    let names: Vec<String> = site.journeys.keys().cloned().collect();
    assert_eq!(site.all_visited(&names, &[]), [None, Some("a")]);
    assert_eq!(site.all_visited(&names[..1], &[]), [Some("a")]);
    assert!(site.is_in_column(j, "firefox+a", &[]) && !site.is_in_column(j, "firefox", &[]));
    let name = column("firefox", Some("a"));
    assert_eq!((name.as_str(), visitor_of(&name), browser_of(&name)), ("firefox+a", Some("a"), "firefox"));
    assert_eq!((column("firefox", None).as_str(), visitor_of("firefox")), ("firefox", None));
}

#[test]
fn every_slip_is_told_where_it_stands() {
    for (text, told) in [
        ("  a: { devise: phone }\n", "did you mean `device`?"),
        ("  a: { device: phon }\n", "did you mean `phone`?"),
        ("  a: { locale: de_DE }\n", "write `de-DE`"),
        ("  a: { locale: german please }\n", "isn't a locale"),
        ("  a: { timezone: CET }\n", "isn't a time zone"),
        ("  a: { viewport: 10x10 }\n", "no window is 10x10"),
        ("  a: { color_scheme: black }\n", "expected one of `light`, `dark`"),
        ("  a: { reduced_motion: yes }\n", "write `true`"),
        ("  a: { geolocation: { latitude: 91, longitude: 0 } }\n", "a number from -90 to 90"),
        ("  a: { geolocation: { latitude: 9 } }\n", "lacks `longitude`"),
        ("  a: { permissions: { geo: granted } }\n", "unknown permission `geo`"),
        ("  a: { permissions: { camera: yes } }\n", "expected one of `granted`, `denied`, `prompt`"),
        ("  a: { cookies: { seen: 1 } }\n", "write `\"1\"`"),
        ("  a: { cookies: { 'a b': x } }\n", "no cookie is named `a b`"),
        ("  a: { local_storage: { a.example: { x: y } } }\n", "isn't an origin"),
        ("  a: { client_hints: { modle: x } }\n", "did you mean `model`?"),
        ("  a: { user_agent: '${env.}' }\n", "unknown reference"),
        ("  a: {}\n  all: {}\n", "can't be named `all`"),
        ("  b: {}\n", "unknown visitor `a`"),
    ] {
        let said = site(text, "").expect_err(text);
        assert!(said.contains(told), "{text}: {said}");
    }
    let said = site("  a: {}\n", "actors: { visitor: { is: a } }").unwrap_err();
    assert!(said.contains("who the visitor is, each journey says"), "{said}");
    let said = site("  a: {}\n", "actors: { agent: { is: aa } }").unwrap_err();
    assert!(said.contains("did you mean `a`?"), "{said}");
}

#[test]
fn the_published_schema_has_the_parsers_keys_and_devices() {
    let schema: Value = serde_json::from_str(include_str!("../../specs/site.schema.json")).unwrap();
    for (name, keys) in [
        ("visitor", visitors_parse::VISITOR),
        ("geolocation", visitors_parse::GEOLOCATION),
        ("clientHints", visitors_parse::CLIENT_HINTS),
        ("permissions", visitors_parse::PERMISSIONS),
    ] {
        let published = schema["$defs"][name]["properties"].as_object().unwrap();
        let mut published: Vec<&str> = published.keys().map(String::as_str).collect();
        let mut own = keys.to_vec();
        published.sort_unstable();
        own.sort_unstable();
        assert_eq!(published, own, "{name}");
    }
    let devices: Vec<&str> = super::devices::devices().keys().map(String::as_str).collect();
    assert_eq!(schema["$defs"]["visitor"]["properties"]["device"]["enum"], json!(devices));
}
