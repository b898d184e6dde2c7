//! `visitors` in a site file, and the names of them in journeys and actors.
//!
//! Boundary: YAML tree -> [`Visitor`]s, all mistakes at once. What a browser can't do with them is told by those who ask one.

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use super::devices::{Device, devices};
use super::networks;
use super::parse::{plain_name, template, viewport};
use super::states::StateName;
use super::template::Template;
use super::visitors::{Geolocation, Visitor};
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Node, Value};

pub(super) const VISITOR: &[&str] = &[
    "device",
    "viewport",
    "locale",
    "timezone",
    "user_agent",
    "color_scheme",
    "reduced_motion",
    "forced_colors",
    "geolocation",
    "permissions",
    "cookies",
    "local_storage",
    "state",
    "network",
    "offline",
    "client_hints",
];
pub(super) const GEOLOCATION: &[&str] = &["latitude", "longitude", "accuracy"];
pub(super) const CLIENT_HINTS: &[&str] =
    &["mobile", "platform", "platform_version", "model", "architecture", "bitness", "wow64", "form_factors", "brands"];

const SCHEMES: &[(&str, &str)] = &[("light", "light"), ("dark", "dark")];
const STATES: &[(&str, &str)] = &[("granted", "granted"), ("denied", "denied"), ("prompt", "prompt")];
/// Names of permissions that browsers ask about (Permissions standard, `PermissionName`), as far as both engines know them.
pub(super) const PERMISSIONS: &[&str] = &["geolocation", "notifications", "camera", "microphone"];

/// Names that no set-up can have, since they mean something on the command line.
const TAKEN: &str = "all";

/// Reads `visitors`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node) -> IndexMap<String, Visitor> {
    let mut all = IndexMap::new();
    for Entry { key, value } in checker.entries(node, "`visitors`").unwrap_or_default() {
        plain_name(checker, key.span, &key.text, "a visitor");
        if key.text == TAKEN {
            let help = "`--visitors all` means all of them; give it another name";
            checker.report(key.span, "a visitor can't be named `all`", "a name that has a meaning already", help);
        }
        let Some(visitor) = one(checker, value) else { continue };
        all.insert(key.text.clone(), Visitor { span: key.span, ..visitor });
    }
    all
}

/// Reads the names of set-ups in a journey.
pub(super) fn names(checker: &mut Checker<'_>, node: &Node, known: Option<&Node>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in checker.one_or_many(node) {
        let Some(one) = name(checker, item, known) else { continue };
        if names.contains(&one) {
            let help = "a journey is run once for each of them";
            checker.report(item.span, format!("`{one}` stands here twice"), "expected each name once", help);
            continue;
        }
        names.push(one);
    }
    names
}

/// The name of a set-up. `known`: what stands at `visitors`.
pub(super) fn name(checker: &mut Checker<'_>, node: &Node, known: Option<&Node>) -> Option<String> {
    let text = checker.text(node, "a visitor's name")?;
    let known: Vec<&str> = match known.map(|node| &node.value) {
        Some(Value::Map(entries)) => entries.iter().map(|entry| entry.key.text.as_str()).collect(),
        _ => Vec::new(),
    };
    if !known.contains(&text) {
        if known.is_empty() {
            let help = "for example `visitors: { phone: { device: phone } }` at the top of the file";
            checker.report(node.span, format!("unknown visitor `{text}`"), "this file has no `visitors`", help);
        } else {
            checker.unknown(node.span, "visitor", text, known);
        }
        return None;
    }
    Some(text.to_owned())
}

fn one(checker: &mut Checker<'_>, node: &Node) -> Option<Visitor> {
    let fields = checker.fields(node, "a visitor", VISITOR)?;
    let mut flag = |key: &'static str| fields.get(key).and_then(|node| checker.boolean(node, &format!("`{key}`")));
    let (reduced_motion, forced_colors, offline) = (flag("reduced_motion"), flag("forced_colors"), flag("offline"));
    Some(Visitor {
        device: fields.get("device").and_then(|node| device(checker, node)),
        viewport: fields.get("viewport").and_then(|node| viewport(checker, node)),
        locale: fields.get("locale").and_then(|node| locale(checker, node)),
        timezone: fields.get("timezone").and_then(|node| timezone(checker, node)),
        user_agent: fields.get("user_agent").and_then(|node| {
            checker.text(node, "`user_agent`")?;
            template(checker, node, "`user_agent`")
        }),
        color_scheme: fields.get("color_scheme").and_then(|node| checker.choice(node, "`color_scheme`", SCHEMES)),
        reduced_motion,
        forced_colors,
        geolocation: fields.get("geolocation").and_then(|node| geolocation(checker, node)),
        permissions: fields.get("permissions").map(|node| permissions(checker, node)).unwrap_or_default(),
        cookies: fields.get("cookies").map(|node| texts(checker, node, "`cookies`", cookie_name)).unwrap_or_default(),
        local_storage: fields.get("local_storage").map(|node| local_storage(checker, node)).unwrap_or_default(),
        state: fields.get("state").and_then(|node| {
            let name = checker.text(node, "`state`")?.to_owned();
            Some(StateName { name, span: node.span })
        }),
        network: fields.get("network").and_then(|node| networks::read(checker, node)),
        offline: offline.unwrap_or(false),
        client_hints: fields.get("client_hints").map(|node| client_hints(checker, node)).unwrap_or_default(),
        span: node.span,
    })
}

fn device(checker: &mut Checker<'_>, node: &Node) -> Option<(String, &'static Device)> {
    let name = checker.text(node, "`device`")?;
    let found = devices().get(name);
    if found.is_none() {
        checker.unknown(node.span, "device", name, devices().keys().map(String::as_str));
    }
    Some((name.to_owned(), found?))
}

/// A language, and what narrows it down (BCP 47); what is well-formed and names nothing is the browser's to refuse.
fn locale(checker: &mut Checker<'_>, node: &Node) -> Option<String> {
    let text = checker.text(node, "`locale`")?;
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let fits = (2..=8).contains(&language.len())
        && language.chars().all(|c| c.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if !fits {
        let help = if text.contains('_') {
            format!("write `{}`", text.replace('_', "-"))
        } else {
            "a language and a region, as pages ask for them".to_owned()
        };
        checker.report(node.span, format!("`{text}` isn't a locale"), "expected one such as `de-DE`", help);
        return None;
    }
    Some(text.to_owned())
}

/// A name of the time zone database, or an offset; whether there is such a place, the browser knows.
fn timezone(checker: &mut Checker<'_>, node: &Node) -> Option<String> {
    let text = checker.text(node, "`timezone`")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | ':');
    let offset = text.starts_with(['+', '-']);
    let fits = text.chars().all(plain) && (text == "UTC" || text.contains('/') || offset);
    if !fits {
        let help =
            "a name of the time zone database; an abbreviation such as `CET` doesn't say when summer time begins";
        checker.report(node.span, format!("`{text}` isn't a time zone"), "expected one such as `Europe/Berlin`", help);
        return None;
    }
    Some(text.to_owned())
}

fn geolocation(checker: &mut Checker<'_>, node: &Node) -> Option<Geolocation> {
    const FORM: &str = "expected `{ latitude: 52.5, longitude: 13.4 }`";
    let fields = checker.fields(node, "`geolocation`", GEOLOCATION)?;
    let mut degrees = |key: &'static str, most: f64| {
        let node = fields.require(checker, key)?;
        number(checker, node, key, -most..=most, FORM)
    };
    let (latitude, longitude) = (degrees("latitude", 90.0), degrees("longitude", 180.0));
    let accuracy = match fields.get("accuracy") {
        Some(node) => number(checker, node, "accuracy", 0.0..=1_000_000.0, "expected a distance in metres"),
        None => Some(10.0),
    };
    Some(Geolocation { latitude: latitude?, longitude: longitude?, accuracy: accuracy? })
}

fn number(
    checker: &mut Checker<'_>,
    node: &Node,
    key: &str,
    range: std::ops::RangeInclusive<f64>,
    form: &str,
) -> Option<f64> {
    let found = node.to_json().as_f64();
    let Some(found) = found else {
        checker.wrong_type(node, &format!("`{key}`"), "a number");
        return None;
    };
    if !range.contains(&found) {
        let help = format!("a number from {} to {}", range.start(), range.end());
        checker.report(node.span, format!("`{key}` can't be {found}"), form, help);
        return None;
    }
    Some(found)
}

fn permissions(checker: &mut Checker<'_>, node: &Node) -> IndexMap<String, &'static str> {
    let mut all = IndexMap::new();
    for Entry { key, value } in checker.entries(node, "`permissions`").unwrap_or_default() {
        if !PERMISSIONS.contains(&key.text.as_str()) {
            checker.unknown(key.span, "permission", &key.text, PERMISSIONS.iter().copied());
        }
        if let Some(state) = checker.choice(value, &format!("`{}`", key.text), STATES) {
            all.insert(key.text.clone(), state);
        }
    }
    all
}

/// A map of texts with references; `fits` says what is wrong with a key.
fn texts(
    checker: &mut Checker<'_>,
    node: &Node,
    what: &str,
    fits: fn(&str) -> Option<String>,
) -> IndexMap<String, Template> {
    let mut all = IndexMap::new();
    for Entry { key, value } in checker.entries(node, what).unwrap_or_default() {
        if let Some(wrong) = fits(&key.text) {
            checker.report(key.span, wrong, "not as names are", "take it as the page writes it");
        }
        // `1` and `true` look like a number and a truth value to YAML; a page keeps texts.
        if !matches!(value.value, Value::String(_)) {
            let text = checker.raw(value.span).trim();
            let help = format!("write `\"{text}\"`");
            checker.report(value.span, format!("`{}` must be a text", key.text), "expected a text in quotes", help);
            continue;
        }
        if let Some(text) = template(checker, value, &format!("`{}`", key.text)) {
            all.insert(key.text.clone(), text);
        }
    }
    all
}

/// RFC 6265, section 4.1.1: a token.
fn cookie_name(name: &str) -> Option<String> {
    let token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
    (name.is_empty() || !name.chars().all(token)).then(|| format!("no cookie is named `{name}`"))
}

fn local_storage(checker: &mut Checker<'_>, node: &Node) -> IndexMap<String, IndexMap<String, Template>> {
    let mut all = IndexMap::new();
    for Entry { key, value } in checker.entries(node, "`local_storage`").unwrap_or_default() {
        let origin = url::Url::parse(&key.text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(origin) = origin.map(|url| url.origin().ascii_serialization()) else {
            checker.report(
                key.span,
                format!("`{}` isn't an origin", key.text),
                "expected scheme and host of the pages that keep it",
                "for example `\"https://staging.example.com\": { seen: \"1\" }`",
            );
            continue;
        };
        let kept = texts(checker, value, "what an origin keeps", |_| None);
        all.insert(origin, kept);
    }
    all
}

fn client_hints(checker: &mut Checker<'_>, node: &Node) -> Map<String, Json> {
    let mut hints = Map::new();
    if checker.fields(node, "`client_hints`", CLIENT_HINTS).is_none() {
        return hints;
    }
    for Entry { key, value } in checker.entries(node, "`client_hints`").unwrap_or_default() {
        let what = format!("`{}`", key.text);
        let hint = match key.text.as_str() {
            "mobile" | "wow64" => checker.boolean(value, &what).map(Json::Bool),
            "form_factors" => {
                let items = checker.one_or_many(value).iter();
                Some(items.filter_map(|item| Some(Json::from(checker.text(item, &what)?))).collect())
            }
            "brands" => Some(brands(checker, value)),
            known if CLIENT_HINTS.contains(&known) => {
                checker.text_or_number(value, &what).map(|text| Json::from(text.to_owned()))
            }
            _ => None,
        };
        hints.extend(hint.map(|hint| (protocol_name(&key.text), hint)));
    }
    hints
}

/// `{ Chromium: "140" }`: brand and version.
fn brands(checker: &mut Checker<'_>, node: &Node) -> Json {
    let mut all = Vec::new();
    for Entry { key, value } in checker.entries(node, "`brands`").unwrap_or_default() {
        if let Some(version) = checker.text_or_number(value, &format!("`{}`", key.text)) {
            all.push(serde_json::json!({ "brand": key.text, "version": version }));
        }
    }
    Json::Array(all)
}

/// `platform_version` is `platformVersion` in the protocol.
fn protocol_name(key: &str) -> String {
    let mut parts = key.split('_');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (first, rest) = part.split_at(part.len().min(1));
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}
