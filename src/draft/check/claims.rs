//! What a spec and a page claim, one statement each, so that the two can be held against each other.

use std::fmt;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::draft::facts::{Facts, Place};
use crate::source::yaml::{self, Node, Value};
use crate::source::{SourceFile, Span};
use crate::spec::{Ready, ReadyTarget, Spec};

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Event(String),
    Field(String, String),
    Location(String),
    Ready,
    Target,
    Subscribe,
    Constants,
    Arguments,
    Payload,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => write!(f, "event.{event}"),
            Self::Field(event, field) => write!(f, "event.{event}.payload.{field}"),
            Self::Location(name) => write!(f, "api.location.{name}"),
            Self::Ready => f.write_str("ready.event"),
            Self::Target => f.write_str("ready.target"),
            Self::Subscribe => f.write_str("api.subscribe"),
            Self::Constants => f.write_str("api.constants"),
            Self::Arguments => f.write_str("api.arguments"),
            Self::Payload => f.write_str("payload"),
        }
    }
}

impl Key {
    /// What it is about, for a sentence.
    pub fn noun(&self) -> String {
        match self {
            Self::Event(event) => format!("the event `{event}`"),
            Self::Field(event, field) => format!("the field `{field}` of {event}"),
            Self::Location(name) => format!("the API at {name}"),
            Self::Ready => "the ready event".to_owned(),
            Self::Target => "where the ready event fires".to_owned(),
            Self::Subscribe => "the subscribe function".to_owned(),
            Self::Constants => "where the constants are".to_owned(),
            Self::Arguments => "what the subscribe function is called with".to_owned(),
            Self::Payload => "where the payload is".to_owned(),
        }
    }
}

/// Statements with what they say and where.
pub(super) type Claims = IndexMap<Key, (String, Place)>;

/// Places in a spec's tree.
pub(super) struct Tree<'s> {
    source: &'s SourceFile,
    root: Option<Node>,
}

impl<'s> Tree<'s> {
    pub fn new(source: &'s SourceFile) -> Self {
        Self { source, root: yaml::parse(source, &mut Vec::new()) }
    }

    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// A value by its keys.
    pub fn node(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self.root.as_ref()?, |node, key| match &node.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key.text == *key).map(|entry| &entry.value),
            _ => None,
        })
    }

    /// The place of a key.
    pub fn key(&self, keys: &[&str]) -> Option<Span> {
        let (last, before) = keys.split_last()?;
        match &self.node(before)?.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key.text == *last).map(|entry| entry.key.span),
            _ => None,
        }
    }

    /// The place of what stands there, or of as much of the way to it as there is.
    pub fn span(&self, keys: &[&str]) -> Span {
        (1..=keys.len())
            .rev()
            .find_map(|len| {
                self.node(&keys[..len])
                    .map(|node| node.span)
                    .filter(|span| span.len > 0)
                    .or_else(|| self.key(&keys[..len]))
            })
            .unwrap_or_else(|| yaml::place(&self.source.text, 0))
    }
}

fn arguments(arguments: Option<&Vec<Json>>) -> String {
    arguments.map_or_else(|| r#"["$event","$callback"]"#.to_owned(), |list| Json::Array(list.clone()).to_string())
}

fn target(target: ReadyTarget) -> &'static str {
    match target {
        ReadyTarget::Window => "window",
        ReadyTarget::Document => "document",
    }
}

fn location(path: &[String]) -> String {
    if path.is_empty() { "bare globals".to_owned() } else { format!("window.{}", path.join(".")) }
}

fn place(span: Span) -> Place {
    Place { page: 0, span }
}

/// What a spec claims.
pub(super) fn of_spec(spec: &Spec, tree: &Tree<'_>) -> Claims {
    let mut claims = Claims::new();
    let probe = &spec.probe;
    let mut add = |key, value: String, keys: &[&str]| drop(claims.insert(key, (value, place(tree.span(keys)))));
    // What is ready in another way has no event that a page could show.
    if let Ready::Event { event, target: at } = &probe.ready {
        add(Key::Ready, event.clone(), &["probe", "ready", "event"]);
        add(Key::Target, target(*at).to_owned(), &["probe", "ready", "target"]);
    }
    add(Key::Subscribe, probe.subscribe.join("."), &["probe", "api", "subscribe"]);
    add(Key::Constants, probe.constants.join("."), &["probe", "api", "constants"]);
    add(Key::Arguments, arguments(probe.arguments.as_ref()), &["probe", "api", "arguments"]);
    let at = if probe.argument > 1 { format!("argument {}: ", probe.argument) } else { String::new() };
    add(Key::Payload, format!("{at}{}", probe.payload.join(".")), &["probe", "payload"]);
    let nodes = match tree.node(&["probe", "api", "locations"]).map(|node| &node.value) {
        Some(Value::Seq(items)) => items.as_slice(),
        _ => &[],
    };
    for (at, one) in probe.locations.iter().enumerate() {
        let span = nodes.get(at).map_or_else(|| tree.span(&["probe", "api", "locations"]), |node| node.span);
        claims.insert(Key::Location(location(&one.path)), (String::new(), place(span)));
    }
    for event in spec.events.values() {
        let name = event.name.as_ref().unwrap_or(&event.constant);
        let span = tree.key(&["events", &event.constant]).unwrap_or(event.fires.span);
        claims.insert(Key::Event(name.clone()), (String::new(), place(span)));
        for field in event.fields.iter().filter(|field| field.id.is_none()) {
            claims.insert(
                Key::Field(name.clone(), field.field.clone()),
                (String::new(), place(group_span(tree, event, field))),
            );
        }
    }
    claims
}

/// A field's line in its payload, which is the one to mend; an event of its own may only change its level.
fn group_span(tree: &Tree<'_>, event: &crate::spec::EventSpec, field: &crate::spec::FieldSpec) -> Span {
    let names: Vec<&str> = match tree.node(&["events", &event.constant, "payload"]).map(|node| &node.value) {
        Some(Value::Seq(items)) => items.iter().filter_map(Node::as_str).collect(),
        Some(Value::String(name)) => vec![name.as_str()],
        _ => Vec::new(),
    };
    names.iter().find_map(|name| tree.key(&["payloads", name, &field.field])).unwrap_or(field.statement.span)
}

/// What a page claims. Its fields are told from where the spec has the payload, if they are there.
pub(super) fn of_page(facts: &Facts, spec: &Spec, shift: usize) -> Claims {
    let moved = |place: Place| Place { page: place.page + shift, ..place };
    let mut claims = Claims::new();
    if let Some(ready) = &facts.ready {
        claims.insert(Key::Ready, (ready.event.clone(), moved(ready.place)));
        claims.insert(Key::Target, (target(ready.target).to_owned(), moved(ready.place)));
    }
    if let Some(api) = &facts.api {
        for (path, place) in &api.locations {
            claims.insert(Key::Location(location(path)), (String::new(), moved(*place)));
        }
        claims.insert(Key::Subscribe, (api.subscribe.join("."), moved(api.place)));
        claims.insert(Key::Constants, (api.constants.join("."), moved(api.place)));
        claims.insert(Key::Arguments, (arguments(api.arguments.as_ref()), moved(api.place)));
    }
    let payload = &facts.payload;
    let path = |field: &str| -> Vec<String> {
        payload.path.iter().cloned().chain(field.split('.').map(str::to_owned)).collect()
    };
    let all: Vec<Vec<String>> =
        facts.events.values().flat_map(|event| event.fields.keys()).map(|field| path(field)).collect();
    let below = payload.argument == spec.probe.argument
        && all.iter().all(|path| path.len() > spec.probe.payload.len() && path.starts_with(&spec.probe.payload));
    if let Some(place) = payload.place.filter(|_| !all.is_empty()) {
        let at = if below { &spec.probe.payload } else { &payload.path };
        let argument = if payload.argument > 1 { format!("argument {}: ", payload.argument) } else { String::new() };
        claims.insert(Key::Payload, (format!("{argument}{}", at.join(".")), moved(place)));
    }
    for (name, event) in &facts.events {
        claims.insert(Key::Event(name.clone()), (String::new(), moved(event.place)));
        for (field, said) in &event.fields {
            let field = if below { path(field).split_off(spec.probe.payload.len()).join(".") } else { field.clone() };
            claims.insert(Key::Field(name.clone(), field), (String::new(), moved(said.place)));
        }
    }
    claims
}

/// A section that a spec names: its heading, its fragment, and where.
pub(super) struct Named {
    pub title: Option<(String, Span)>,
    pub anchor: Option<(String, Span)>,
}

/// All sections that a spec names, but those of its events.
pub(super) fn sections(tree: &Tree<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    let Some(Value::Map(top)) = tree.root().map(|root| &root.value) else { return found };
    for entry in top.iter().filter(|entry| entry.key.text != "events") {
        gather(&entry.value, &mut found);
    }
    found
}

/// YAML's parser bounds how deep this goes.
fn gather(node: &Node, found: &mut Vec<Named>) {
    match &node.value {
        Value::Seq(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Map(entries) => {
            let get = |key: &str| {
                let entry = entries.iter().find(|entry| entry.key.text == key)?;
                Some((entry.value.as_str()?.to_owned(), entry.value.span))
            };
            let named = Named { title: get("section"), anchor: get("anchor") };
            if named.title.is_some() || named.anchor.is_some() {
                found.push(named);
            }
            entries.iter().for_each(|entry| gather(&entry.value, found));
        }
        _ => {}
    }
}

/// The section of an event as a spec has it.
pub(super) fn event_section(tree: &Tree<'_>, constant: &str) -> Named {
    let get = |key: &str| {
        let node = tree.node(&["events", constant, key])?;
        Some((node.as_str()?.to_owned(), node.span))
    };
    Named { title: get("section"), anchor: get("anchor") }
}
