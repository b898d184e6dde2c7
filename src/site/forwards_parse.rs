//! The site file's `forwards`: YAML tree -> [`Forward`]s.
//!
//! Boundary: shapes and names. Whether a page sends them is the judge's business.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::forwards::{Consent, Forward, Forwarded, Part, Pii, WITHIN, parts};
use super::include;
use super::parse::{Known, address, duration};
use super::template::Template;
use super::{FieldExpectation, Journey};
use crate::analytics::{Address, Each, Product};
use crate::source::globs::{self, Names};
use crate::source::nearest;
use crate::source::read::Checker;
use crate::source::schema;
use crate::source::yaml::{Entry, Node, Value};

pub(super) const REQUESTS: &[&str] =
    &["kind", "property", "endpoint", "within", "journeys", "pii", "consent", "events"];
pub(super) const LAYERS: &[&str] = &["kind", "layer", "within", "journeys", "pii", "consent", "events"];
pub(super) const PLAIN: &[&str] = &["kind", "url", "each", "within", "journeys", "pii", "consent", "events"];
pub(super) const HIT: &[&str] = &["name", "params", "where", "within"];
pub(super) const CATEGORY_HIT: &[&str] = &["category", "action", "label", "value", "params", "where", "within"];
pub(super) const LAYER_HIT: &[&str] = &["event", "fields", "where", "within"];
pub(super) const PLAIN_HIT: &[&str] = &["method", "query", "form", "json", "where", "within"];
pub(super) const CONSENT: &[&str] = &["step", "before"];
pub(super) const PLAIN_BEFORE: &[&str] = &["query", "form", "json"];
const PII: &[(&str, Pii)] = &[("warn", Pii::Warn), ("forbid", Pii::Forbid), ("allow", Pii::Allow)];

/// Reads `forwards`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node, known: &Known) -> IndexMap<String, Forward> {
    let mut all = IndexMap::new();
    for Entry { key, value } in checker.entries(node, "`forwards`").unwrap_or_default() {
        let fits = super::parse::plain_name(checker, key.span, &key.text, "a forward");
        if let (Some(forward), true) = (forward(checker, key, value, known), fits) {
            all.insert(key.text.clone(), forward);
        }
    }
    all
}

/// What names journeys or steps, which are read later than `forwards`: the `journeys` of each are filled in, and a
/// `consent` that names no step is noted.
pub(super) fn check_names(
    checker: &mut Checker<'_>,
    node: &Node,
    forwards: &mut IndexMap<String, Forward>,
    journeys: &IndexMap<String, Journey>,
) {
    let all: Vec<String> = journeys.keys().cloned().collect();
    let known = Names {
        noun: "journey",
        all: &all,
        parts: &[],
        example: "live-*",
        otherwise: &format!("there are {}", nearest::list(&all.iter().map(String::as_str).collect::<Vec<_>>())),
    };
    for (name, forward) in forwards.iter_mut() {
        let Some(globs) = node.get(name).and_then(|node| node.get("journeys")) else { continue };
        for item in checker.one_or_many(globs) {
            let text = checker.text(item, "`journeys`");
            forward.journeys.extend(text.and_then(|text| globs::read(checker, item.span, text, &known)));
        }
    }
    let names: Vec<&str> = journeys.values().flat_map(|j| &j.steps).filter_map(|step| step.name.as_deref()).collect();
    for (name, forward) in forwards.iter() {
        let consent = forward.consent.as_ref().map(|consent| consent.step.as_str());
        let Some(consent) = consent.filter(|consent| !names.contains(consent)) else { continue };
        let place = node.get(name).and_then(|node| node.get("consent")).map(|node| node.get("step").unwrap_or(node));
        let place = place.map_or(forward.span, |node| node.span);
        checker.unknown(place, "step name", consent, names.iter().copied());
    }
}

fn forward(checker: &mut Checker<'_>, key: &crate::source::yaml::Key, node: &Node, known: &Known) -> Option<Forward> {
    let what = "a forward";
    checker.entries(node, what)?;
    let Some(kind) = node.get("kind") else {
        let help = format!("add `kind:` with one of {}, or the path of a tag file", nearest::list(&Product::names()));
        checker.report(key.span, "a forward lacks `kind`", "expected the key `kind` in this map", help);
        return None;
    };
    let product = product(checker, kind)?;
    let keys = match &product {
        Product::Request => PLAIN,
        layer if layer.is_layer() => LAYERS,
        _ => REQUESTS,
    };
    let fields = checker.fields(node, what, keys)?;
    let get = |key: &'static str| keys.contains(&key).then(|| fields.get(key)).flatten();
    let properties = get("property").map(|node| texts(checker, node, "`property`")).unwrap_or_default();
    let mut addresses = Vec::new();
    if let Some(node) = get("endpoint") {
        for mut template in texts(checker, node, "`endpoint`") {
            endpoint(checker, node, &mut template, &product);
            addresses.push(template);
        }
    }
    if product == Product::Request {
        let node = fields.require(checker, "url");
        for template in node.map(|node| texts(checker, node, "`url`")).unwrap_or_default() {
            if let (Some(node), Err(help)) = (node, Address::parse(&template.text)) {
                checker.report(node.span, "`url` is no address", "expected an address, `*` for any part", help);
            }
            addresses.push(template);
        }
    }
    let layer = match get("layer") {
        Some(node) => global(checker, node)?,
        None => product.tag().and_then(|tag| tag.layer.clone()).unwrap_or_default(),
    };
    let within = duration(checker, &fields, "within").unwrap_or(WITHIN);
    let pii = get("pii").and_then(|node| checker.choice(node, "`pii`", PII)).unwrap_or_default();
    let consent = get("consent").and_then(|node| self::consent(checker, node, &product));
    let each = get("each").and_then(|node| {
        let text = checker.text(node, "`each`")?;
        let read = Each::parse(text);
        if let Err(help) = &read {
            let expected = "expected the path of a list, such as `batch` or `data.events`";
            checker.report(node.span, format!("`{text}` isn't the path of a list"), expected, help.clone());
        }
        read.ok()
    });
    let events =
        fields.require(checker, "events").map(|node| events(checker, node, &product, known)).unwrap_or_default();
    Some(Forward {
        name: key.text.clone(),
        product,
        properties,
        addresses,
        layer,
        within,
        journeys: Vec::new(),
        pii,
        consent,
        each,
        events,
        span: key.span,
    })
}

/// A product that comes with the program, or the tag of a user's own file.
fn product(checker: &mut Checker<'_>, node: &Node) -> Option<Product> {
    let kind = checker.text(node, "`kind`")?;
    if let Some(path) = include::tag_path(kind) {
        return include::tag(checker, node.span, path).map(Arc::new).map(Product::Tag);
    }
    let known = Product::named(kind);
    if known.is_none() {
        let names = Product::names();
        let help = match nearest::nearest(kind, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? `chatproof tags` lists them all"),
            None => format!("known are {}; anything else is the path of a tag file", nearest::list(&names)),
        };
        checker.report(node.span, format!("`kind` can't be `{kind}`"), "no such tag", help);
    }
    known
}

/// A step's name; or that, and what hits carry before it.
fn consent(checker: &mut Checker<'_>, node: &Node, product: &Product) -> Option<Consent> {
    let Value::Map(_) = &node.value else {
        let step = checker.text(node, "`consent`")?.to_owned();
        return Some(Consent { step, before: IndexMap::new() });
    };
    let fields = checker.fields(node, "`consent`", CONSENT)?;
    let step = fields.require(checker, "step").and_then(|node| checker.text(node, "`step`")).map(str::to_owned);
    let mut before = IndexMap::new();
    if let Some(node) = fields.get("before") {
        let mut demand = |checker: &mut Checker<'_>, name: String, node: &Node, span| {
            // No event is heard yet that a value could be taken from.
            if let Some(schema) = expected(checker, node, &[]) {
                before.insert(name, FieldExpectation { schema, same_as: None, span });
            }
        };
        if *product == Product::Request {
            let groups = checker.fields(node, "`before`", PLAIN_BEFORE);
            for (group, prefix) in [("query", "query."), ("form", "form.")] {
                let Some(entry) = groups.as_ref().and_then(|groups| groups.entry(group)) else { continue };
                for Entry { key, value } in checker.entries(&entry.value, &format!("`{group}`")).unwrap_or_default() {
                    demand(checker, format!("{prefix}{}", key.text), value, key.span);
                }
            }
            if let Some(entry) = groups.as_ref().and_then(|groups| groups.entry("json")) {
                demand(checker, "json".to_owned(), &entry.value, entry.key.span);
            }
        } else {
            for Entry { key, value } in checker.entries(node, "`before`").unwrap_or_default() {
                demand(checker, key.text.clone(), value, key.span);
            }
        }
        if before.is_empty() && matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
            checker.report(
                node.span,
                "`before` demands nothing",
                "expected at least one field",
                "add what hits before that step carry, such as `gcs: G100`; or leave `before` out: then nothing may be sent",
            );
        }
    }
    Some(Consent { step: step?, before })
}

fn texts(checker: &mut Checker<'_>, node: &Node, what: &str) -> Vec<Template> {
    checker.one_or_many(node).iter().filter_map(|item| address(checker, item, what)).collect()
}

/// A host alone stands for the product's own paths on it.
fn endpoint(checker: &mut Checker<'_>, node: &Node, template: &mut Template, product: &Product) {
    let text = template.text.trim_end_matches('/').to_owned();
    let after = text.split_once("://").map_or(text.as_str(), |(_, after)| after);
    if !after.contains('/') {
        let path = product.tag().map_or("/*", |tag| tag.endpoint.as_str());
        if let Ok(whole) = Template::parse(&format!("{text}{path}")) {
            *template = whole;
        }
    }
    if let Err(help) = Address::parse(&template.text) {
        checker.report(
            node.span,
            "`endpoint` is no address",
            "expected a host, or an address with `*` for any part",
            help,
        );
    }
}

fn global(checker: &mut Checker<'_>, node: &Node) -> Option<String> {
    let text = checker.text(node, "`layer`")?;
    let name = text.strip_prefix("window.").unwrap_or(text);
    let fits = name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$'))
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
        && name.len() <= 100;
    if !fits {
        checker.report(
            node.span,
            format!("`{text}` is no global's name"),
            "expected a name",
            "for example `dataLayer`",
        );
        return None;
    }
    Some(name.to_owned())
}

fn events(
    checker: &mut Checker<'_>,
    node: &Node,
    product: &Product,
    known: &Known,
) -> IndexMap<String, Vec<Forwarded>> {
    let mut all = IndexMap::new();
    let entries = checker.entries(node, "`events`").unwrap_or_default();
    if entries.is_empty() && matches!(node.value, Value::Map(_)) {
        checker.report(node.span, "no events", "expected at least one event", "add `EVENT: { ... }`");
    }
    for Entry { key, value } in entries {
        if !known.constants.contains(&key.text) {
            checker.unknown(key.span, "event", &key.text, known.constants.iter().map(String::as_str));
            continue;
        }
        let items: &[Node] = checker.one_or_many(value);
        let hits = items.iter().filter_map(|item| hit(checker, item, key, product, known)).collect();
        all.insert(key.text.clone(), hits);
    }
    all
}

fn hit(
    checker: &mut Checker<'_>,
    node: &Node,
    key: &crate::source::yaml::Key,
    product: &Product,
    known: &Known,
) -> Option<Forwarded> {
    let documented = known.payload_fields.get(&key.text).map(Vec::as_slice).unwrap_or_default();
    let mut one = Forwarded {
        name: None,
        method: None,
        filter: IndexMap::new(),
        values: IndexMap::new(),
        within: None,
        span: if node.span.len == 0 { key.span } else { node.span },
    };
    let by_category = product.tag().is_some_and(|tag| tag.by_category);
    // A name alone demands nothing of the values.
    if let (Value::String(name), false) = (&node.value, *product == Product::Request || by_category) {
        one.name = Some(name.clone());
        return Some(one);
    }
    let (what, keys) = match product {
        Product::Request => ("a request", PLAIN_HIT),
        layer if layer.is_layer() => ("what is pushed", LAYER_HIT),
        _ if by_category => ("what is sent", CATEGORY_HIT),
        _ => ("what is sent", HIT),
    };
    let fields = checker.fields(node, what, keys)?;
    let text = |checker: &mut Checker<'_>, key: &'static str| {
        fields.require(checker, key).and_then(|node| checker.text(node, &format!("`{key}`"))).map(str::to_owned)
    };
    match product {
        layer if layer.is_layer() => one.name = Some(text(checker, "event")?),
        _ if by_category => {
            let (category, action) = (text(checker, "category"), text(checker, "action"));
            one.name = Some(format!("{}/{}", category?, action?));
        }
        Product::Request => {
            let method = fields.get("method").and_then(|node| checker.text(node, "`method`"));
            one.method = method.map(str::to_ascii_uppercase);
        }
        _ => one.name = Some(text(checker, "name")?),
    }
    one.within = duration(checker, &fields, "within");
    one.filter = filter(checker, fields.get("where"));
    let mut value = |checker: &mut Checker<'_>, name: String, node: &Node, span| {
        if let Some(schema) = expected(checker, node, documented) {
            one.values.insert(name, FieldExpectation { schema, same_as: None, span });
        }
    };
    let get = |key: &'static str| keys.contains(&key).then(|| fields.entry(key)).flatten();
    for name in ["label", "value"] {
        if let Some(entry) = get(name) {
            value(checker, name.to_owned(), &entry.value, entry.key.span);
        }
    }
    for (group, prefix) in [("params", ""), ("fields", ""), ("query", "query."), ("form", "form.")] {
        let Some(entry) = get(group) else { continue };
        for Entry { key, value: node } in checker.entries(&entry.value, &format!("`{group}`")).unwrap_or_default() {
            value(checker, format!("{prefix}{}", key.text), node, key.span);
        }
    }
    if let Some(entry) = get("json") {
        value(checker, "json".to_owned(), &entry.value, entry.key.span);
    }
    Some(one)
}

fn filter(checker: &mut Checker<'_>, node: Option<&Node>) -> IndexMap<String, String> {
    let mut all = IndexMap::new();
    let Some(node) = node else { return all };
    for Entry { key, value } in checker.entries(node, "`where`").unwrap_or_default() {
        let text = match &value.value {
            Value::Bool(_) => Some(checker.raw(value.span)),
            _ => checker.text_or_number(value, "what a field equals"),
        };
        if let Some(text) = text {
            all.insert(key.text.clone(), text.to_owned());
        }
    }
    all
}

/// A JSON Schema, or a plain value; `${payload.X}` in any text of it.
fn expected(checker: &mut Checker<'_>, node: &Node, documented: &[String]) -> Option<Json> {
    references(checker, node, documented);
    match &node.value {
        Value::Map(_) => schema::read(checker, node, &stand_in),
        Value::Seq(_) | Value::Null => {
            checker.wrong_type(node, "what is expected of a field", "a JSON Schema or a plain value");
            None
        }
        _ => Some(json!({ "const": node.to_json() })),
    }
}

fn references(checker: &mut Checker<'_>, node: &Node, documented: &[String]) {
    match &node.value {
        Value::String(text) => {
            for part in parts(text) {
                let Part::Reference(name) = part else { continue };
                let reference = format!("${{{name}}}");
                let at = text.find(&reference).unwrap_or(0);
                let span = checker.part(node, at, (at + reference.len()).min(text.len()));
                if let Some(field) = name.strip_prefix("payload.") {
                    let root = field.split('.').next().unwrap_or(field);
                    if !documented.iter().any(|known| known == root || known == field) {
                        checker.unknown(span, "payload field", field, documented.iter().map(String::as_str));
                    }
                } else if name.starts_with("env.") {
                    checker.report(
                        span,
                        "the environment can't decide what is expected",
                        "expected `${payload.FIELD}`, `${run.id}`, `${journey}` or plain text",
                        "a recording must be judged the same without this environment; write the value, or a `pattern`",
                    );
                } else if !matches!(name.as_str(), "run.id" | "journey") {
                    checker.report(
                        span,
                        format!("unknown reference `{reference}`"),
                        "expected `${payload.FIELD}`, `${run.id}` or `${journey}`",
                        "write `$${` for a literal `${`",
                    );
                }
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| references(checker, item, documented)),
        Value::Map(entries) => entries.iter().for_each(|entry| references(checker, &entry.value, documented)),
        _ => {}
    }
}

/// A text with something in the place of its references: they are no regular expressions.
fn stand_in(text: &str) -> String {
    parts(text)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text,
            Part::Reference(_) => "x".to_owned(),
        })
        .collect()
}

/// Keys of this section, for the test that holds the published schema to them.
#[cfg(test)]
pub(super) fn keys() -> Vec<(&'static str, &'static [&'static str])> {
    vec![
        ("analyticsForward", REQUESTS),
        ("layerForward", LAYERS),
        ("requestForward", PLAIN),
        ("hit", HIT),
        ("universalHit", CATEGORY_HIT),
        ("layerHit", LAYER_HIT),
        ("requestHit", PLAIN_HIT),
        ("consentBefore", CONSENT),
        ("requestBefore", PLAIN_BEFORE),
    ]
}
