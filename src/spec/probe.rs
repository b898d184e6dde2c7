//! How a spec says to listen: `probe`.
//!
//! Boundary: YAML tree -> [`Probe`]. What is written here ends up in code that runs in a page.

use serde_json::Value as Json;

use super::ready::ready;
use super::{Location, Probe, Ready};
use crate::source::Span;
use crate::source::nearest::nearest;
use crate::source::read::Checker;
use crate::source::yaml::{Node, Value};

pub(super) const PROBE: &[&str] = &["ready", "api", "payload"];
pub(super) const API: &[&str] = &["locations", "subscribe", "constants", "arguments", "bound"];
pub(super) const LOCATION: &[&str] = &["name", "path", "ready"];
pub(super) const PAYLOAD: &[&str] = &["argument", "path", "parse"];

/// Stands for the event's name or constant in `arguments`.
const EVENT: &str = "$event";
/// Stands for the callback.
pub(super) const CALLBACK: &str = "$callback";
/// Arguments of a callback among which the payload is looked for.
const MOST_ARGUMENTS: u64 = 9;

/// The probe, and where its parts stand: statements that the file doesn't spell out point there.
pub(super) struct ProbeRead {
    pub(super) probe: Probe,
    pub(super) ready: Span,
    pub(super) locations: Span,
    pub(super) subscribe: Span,
    pub(super) constants: Span,
}

pub(super) fn probe(checker: &mut Checker<'_>, node: &Node) -> Option<ProbeRead> {
    let fields = checker.fields(node, "`probe`", PROBE)?;
    let ready = match fields.get("ready") {
        Some(node) => ready(checker, node),
        None => Some((Ready::Subscribing, fields.first_key())),
    };
    let silent = fields.get("ready").is_none();
    let api = fields.require(checker, "api").and_then(|node| checker.fields(node, "`api`", API));
    let locations_node = api.and_then(|api| api.require(checker, "locations"));
    let locations = locations_node.and_then(|node| locations(checker, node, silent));
    let subscribe_node = api.and_then(|api| api.require(checker, "subscribe"));
    let subscribe = subscribe_node.and_then(|node| path(checker, node, "`subscribe`"));
    let constants_node = api.and_then(|api| api.get("constants"));
    let constants = constants_node.map_or(Some(Vec::new()), |node| path(checker, node, "`constants`"));
    let arguments = match api.and_then(|api| api.get("arguments")) {
        Some(node) => arguments(checker, node, &[EVENT, CALLBACK]).map(Some),
        None => Some(None),
    };
    let bound = api.and_then(|api| api.get("bound")).map(|node| checker.boolean(node, "`bound`"));
    let payload = fields.get("payload").map_or(Some(Payload::default()), |node| payload(checker, node));
    let (ready, ready_span) = ready?;
    let subscribe_span = subscribe_node?.span;
    Some(ProbeRead {
        ready: ready_span,
        locations: locations_node?.span,
        subscribe: subscribe_span,
        constants: constants_node.map_or(subscribe_span, |node| node.span),
        probe: Probe {
            ready,
            locations: locations?,
            subscribe: subscribe?,
            constants: constants?,
            arguments: arguments?,
            bound: bound.unwrap_or(Some(false))?,
            events: Vec::new(),
            names: Vec::new(),
            payload: payload.as_ref()?.path.clone(),
            argument: payload.as_ref()?.argument,
            parse: payload?.parse,
        },
    })
}

/// `silent`: nothing says that the API can be used.
fn locations(checker: &mut Checker<'_>, node: &Node, silent: bool) -> Option<Vec<Location>> {
    let Value::Seq(items) = &node.value else {
        checker.wrong_type(node, "`locations`", "a list of maps with `name` and `path`");
        return None;
    };
    if items.is_empty() {
        checker.report(node.span, "no location given", "expected at least one", "`- {}` stands for bare globals");
        return None;
    }
    let mut all = Vec::new();
    for item in items {
        let fields = checker.fields(item, "a location", LOCATION)?;
        let nth = match fields.get("ready") {
            Some(node) => Some(nth(checker, node, "the ready callback")?),
            None => None,
        };
        if let (Some(entry), true) = (fields.entry("ready"), silent) {
            checker.report(
                entry.key.span,
                "there is no ready callback whose argument this could be",
                "`probe` has no `ready`",
                "say in `ready` what calls back, for example `ready: { subscribe: widgetReady.then }`",
            );
        }
        let path = match fields.get("path") {
            Some(node) => path(checker, node, "`path`")?,
            None => Vec::new(),
        };
        if let (Some(node), Some("window" | "globalThis" | "self")) =
            (fields.get("path"), path.first().map(String::as_str))
            && nth.is_none()
        {
            let rest = path[1..].join(".");
            let help = if rest.is_empty() { "leave `path` out".into() } else { format!("write `{rest}`") };
            checker.report(node.span, "`path` already starts at `window`", "expected a path below `window`", help);
        }
        let name = match fields.get("name") {
            Some(node) => checker.text(node, "a location's name")?.to_owned(),
            None => location_name(&path, nth),
        };
        all.push(Location { name, path, ready: nth });
    }
    Some(all)
}

fn location_name(path: &[String], ready: Option<usize>) -> String {
    let below = path.join(".");
    match (ready, path) {
        (Some(nth), []) => format!("argument {nth} of the ready callback"),
        (Some(nth), _) => format!("{below} in argument {nth} of the ready callback"),
        (None, []) => "bare globals".to_owned(),
        (None, _) => format!("window.{below}"),
    }
}

/// What a function is called with: each of these once, at any depth.
pub(super) fn arguments(checker: &mut Checker<'_>, node: &Node, stand: &[&'static str]) -> Option<Vec<Json>> {
    let Value::Seq(items) = &node.value else {
        checker.wrong_type(node, "`arguments`", &format!("a list, such as `[{}]`", stand.join(", ")));
        return None;
    };
    let mut fits = true;
    for stand_in in stand.iter().copied() {
        let places: Vec<&Node> = items.iter().flat_map(|item| places(item, stand_in)).collect();
        match places.as_slice() {
            [_] => continue,
            [] => checker.report(
                node.span,
                format!("`{stand_in}` isn't among the arguments"),
                format!("expected `{stand_in}` at its place"),
                format!("for example `[subscribe, {}]`", stand.join(", ")),
            ),
            [_, second, ..] => checker.report(
                second.span,
                format!("`{stand_in}` stands here a second time"),
                "expected it once",
                "leave one of the two out",
            ),
        }
        fits = false;
    }
    for unknown in items.iter().flat_map(|item| stand_ins(item, stand)) {
        checker.unknown(unknown.span, "stand-in", unknown.as_str().unwrap_or_default(), stand.iter().copied());
        fits = false;
    }
    fits.then(|| items.iter().map(Node::to_json).collect())
}

/// Where a text stands in a list, a map or by itself.
fn places<'n>(node: &'n Node, text: &str) -> Vec<&'n Node> {
    match &node.value {
        Value::String(own) if own == text => vec![node],
        Value::Seq(items) => items.iter().flat_map(|item| places(item, text)).collect(),
        Value::Map(entries) => entries.iter().flat_map(|entry| places(&entry.value, text)).collect(),
        _ => Vec::new(),
    }
}

/// Texts that seem to stand for something and stand for nothing.
fn stand_ins<'n>(node: &'n Node, stand: &[&'static str]) -> Vec<&'n Node> {
    match &node.value {
        Value::String(own) if !stand.contains(&own.as_str()) => {
            let known = own.starts_with('$') && nearest(own, [EVENT, CALLBACK]).is_some();
            if known { vec![node] } else { Vec::new() }
        }
        Value::Seq(items) => items.iter().flat_map(|item| stand_ins(item, stand)).collect(),
        Value::Map(entries) => entries.iter().flat_map(|entry| stand_ins(&entry.value, stand)).collect(),
        _ => Vec::new(),
    }
}

/// Where the payload is.
struct Payload {
    path: Vec<String>,
    argument: usize,
    parse: bool,
}

impl Default for Payload {
    fn default() -> Self {
        Self { path: Vec::new(), argument: 1, parse: false }
    }
}

fn payload(checker: &mut Checker<'_>, node: &Node) -> Option<Payload> {
    let Value::Map(_) = &node.value else {
        return Some(Payload { path: path(checker, node, "`payload`")?, ..Payload::default() });
    };
    let fields = checker.fields(node, "`payload`", PAYLOAD)?;
    let path = fields.get("path").map_or(Some(Vec::new()), |node| path(checker, node, "`path`"));
    let argument = fields.get("argument").map_or(Some(1), |node| nth(checker, node, "a callback"));
    let parse = fields.get("parse").map_or(Some(false), |node| checker.choice(node, "`parse`", &[("json", true)]));
    Some(Payload { path: path?, argument: argument?, parse: parse? })
}

/// Which argument, from 1.
fn nth(checker: &mut Checker<'_>, node: &Node, of: &str) -> Option<usize> {
    let nth = checker.count(node, "an argument's number")?;
    let fits = (1..=MOST_ARGUMENTS).contains(&nth);
    if !fits {
        checker.report(
            node.span,
            format!("{of} has no argument {nth}"),
            format!("expected a number from 1 to {MOST_ARGUMENTS}"),
            "the first argument is 1",
        );
    }
    fits.then(|| usize::try_from(nth).ok()).flatten()
}

/// A dotted path of JavaScript identifiers: it ends up in code that runs in a page.
pub(super) fn path(checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<Vec<String>> {
    let text = checker.text(node, what)?;
    let mut at = 0;
    let mut fits = true;
    for piece in text.split('.') {
        if !is_identifier(piece) {
            checker.report(
                checker.part(node, at, at + piece.len()),
                format!("{what}: `{piece}` is no JavaScript identifier"),
                "expected names joined by dots",
                "for example `Enum.Events`",
            );
            fits = false;
        }
        at += piece.len() + 1;
    }
    fits.then(|| text.split('.').map(str::to_owned).collect())
}

/// Whether a text is a JavaScript identifier that can stand for a variable. Escapes (`\u0061`) are not accepted.
pub fn is_identifier(text: &str) -> bool {
    const RESERVED: &[&str] = &[
        "arguments",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ];
    text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        && !RESERVED.contains(&text)
}
