//! The spec file's top: page, probe, conversation; and how its parts come together.
//!
//! Boundary: YAML tree -> [`Spec`], all mistakes at once. Events are read in `events.rs`, rules in `rules.rs`.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::events::{self, Group};
use super::probe::probe;
use super::statement::{Statements, Where};
use super::{
    ApiStatements, ConstantStatements, Conversation, Hints, PageRef, Ready, ReadyStatements, Spec, decided, rules,
};
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{self, Node, Value};
use crate::source::{Mistakes, SourceFile, Span};
use crate::verdict::{Level, RequirementId};

/// What the first key of a spec file says.
pub const FORMAT: &str = "chatproof-spec/1";

pub(super) const TOP: &[&str] = &[
    "format",
    "id",
    "title",
    "page",
    "probe",
    "statements",
    "payloads",
    "events",
    "conversation",
    "rules",
    "hints",
    "decided",
    "x-",
];
pub(super) const PAGE: &[&str] = &["title", "url"];
pub(super) const STATEMENTS: &[&str] = &["ready", "api", "constants"];
pub(super) const READY_STATEMENTS: &[&str] = &["fired", "once", "api-usable"];
pub(super) const API_STATEMENTS: &[&str] = &["location", "subscribe", "constants"];
pub(super) const CONSTANT_STATEMENTS: &[&str] = &["present", "usable", "distinct", "undocumented"];
pub(super) const HINTS: &[&str] = &["launcher"];
pub(super) const CONVERSATION: &[&str] = &["begins", "identity", "same"];

/// Parses a spec file. `Err` has all its mistakes, never just the first.
pub fn parse(source: SourceFile) -> Result<Spec, Mistakes> {
    let mut checker = Checker::new(&source);
    let tree = yaml::parse(&source, &mut checker.mistakes);
    let spec = tree.as_ref().and_then(|tree| read(&mut checker, tree));
    Mistakes::check(&source, checker.mistakes)?;
    spec.ok_or_else(|| Mistakes {
        source: source.clone(),
        // Unreachable as long as every reader notes why it gave up; still better said than panicked.
        list: vec![crate::source::Mistake {
            span: yaml::place(&source.text, 0),
            message: "not a spec".into(),
            label: "expected a spec".into(),
            help: None,
        }],
    })
}

fn read(checker: &mut Checker<'_>, tree: &Node) -> Option<Spec> {
    let top = checker.fields(tree, "a spec", TOP)?;
    if let Some(format) = top.require(checker, "format").and_then(|node| Some((node, checker.text(node, "`format`")?)))
    {
        let (node, text) = format;
        if text != FORMAT {
            checker.report(
                node.span,
                format!("can't read format `{text}`"),
                format!("expected `{FORMAT}`"),
                format!("write `format: {FORMAT}`"),
            );
        }
    }
    let id = top.require(checker, "id").and_then(|node| name(checker, node, "`id`"));
    let title = top.require(checker, "title").and_then(|node| checker.text(node, "`title`")).map(str::to_owned);
    let page = top.require(checker, "page").and_then(|node| page(checker, node));
    let anchors = Statements { page: page.as_ref().map_or("", |page| page.url.as_str()) };

    let probe_node = top.require(checker, "probe");
    let probe = probe_node.and_then(|node| probe(checker, node));

    let groups = top.get("payloads").map(|node| events::groups(checker, node)).unwrap_or_default();
    let literal = probe.as_ref().is_some_and(|read| read.probe.constants.is_empty());
    let events_node = top.require(checker, "events");
    let events = events_node.map(|node| events::read(checker, node, &anchors, &groups, literal)).unwrap_or_default();
    let constants: Vec<&str> = match events_node.map(|node| &node.value) {
        // All keys, also those whose value is broken: naming them elsewhere is no further mistake.
        Some(Value::Map(entries)) => entries.iter().map(|entry| entry.key.text.as_str()).collect(),
        _ => Vec::new(),
    };

    let families = Families {
        top: top.get("statements").and_then(|node| checker.fields(node, "`statements`", STATEMENTS)),
        statements: anchors,
        ready: probe.as_ref().map_or(top.span, |read| read.ready),
        locations: probe.as_ref().map_or(top.span, |read| read.locations),
        subscribe: probe.as_ref().map_or(top.span, |read| read.subscribe),
        constants: probe.as_ref().map_or(top.span, |read| read.constants),
        events: top.entry("events").map_or(top.span, |entry| entry.key.span),
        silent: probe.as_ref().is_some_and(|read| read.probe.ready == Ready::Subscribing),
    };
    let (ready, api, constant_statements) = families.read(checker);
    let at = families.events;
    let conversation = top
        .get("conversation")
        .map(|node| conversation(checker, node, &anchors, &constants, &groups))
        .unwrap_or_default();
    let fields: Vec<&str> = groups.values().flat_map(Group::names).collect();
    let rules =
        top.get("rules").map(|node| rules::read(checker, node, &anchors, &constants, &fields)).unwrap_or_default();

    let decided = top.get("decided").map(|node| decided::read(checker, node)).unwrap_or_default();
    let hints = top.get("hints").map(|node| hints(checker, node)).unwrap_or_default();

    let mut probe = probe?.probe;
    probe.events = events.keys().cloned().collect();
    probe.names = events.values().map(|event| event.name.clone().unwrap_or_else(|| event.constant.clone())).collect();
    let spec = Spec {
        source: checker.source.clone(),
        id: id?,
        title: title?,
        page: page?,
        probe,
        ready,
        api,
        constants: constant_statements,
        events,
        conversation,
        rules,
        hints,
        decided,
    };
    // A dotted field and a further requirement can read the same: `a.b`, and `b` of `a`; and so can events whose names
    // hold a part of an id: `fires` of the event `a.payload`, and the field `fires` of the event `a`.
    let mut read: BTreeMap<String, RequirementId> = BTreeMap::new();
    for id in spec.requirement_ids() {
        let Some(other) = read.insert(id.to_string(), id.clone()) else { continue };
        let help = if other.event_name() == id.event_name() {
            "rename the further requirement".to_owned()
        } else {
            let names = [&other, &id].map(|id| format!("`{}`", id.event_name().unwrap_or_default()));
            format!("write a spec of its own for one of the events {}", names.join(" and "))
        };
        checker.report(at, format!("two requirements have the id `{id}`"), "ids must be unique", help);
        break;
    }
    Some(spec)
}

fn hints(checker: &mut Checker<'_>, node: &Node) -> Hints {
    let Some(fields) = checker.fields(node, "`hints`", HINTS) else { return Hints::default() };
    let mut launchers = Vec::new();
    for node in fields.get("launcher").map(|node| checker.one_or_many(node)).unwrap_or_default() {
        launchers.extend(checker.text(node, "`launcher`").map(str::to_owned));
    }
    Hints { launchers }
}

/// A name that stands in requirement ids and on command lines.
pub(super) fn name(checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<String> {
    let text = checker.text(node, what)?;
    check_name(checker, node.span, text, what).then(|| text.to_owned())
}

/// Whether a text is a kebab-case name; notes a mistake if not.
pub(super) fn check_name(checker: &mut Checker<'_>, span: Span, text: &str, what: &str) -> bool {
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !fits {
        let slug: String =
            text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let slug = slug.trim_matches(|c: char| c == '-' || c.is_ascii_digit());
        let help = if slug.is_empty() { "for example `live-chat`".into() } else { format!("write `{slug}`") };
        checker.report(span, format!("{what} can't be `{text}`"), "expected lower-case letters, digits and `-`", help);
    }
    fits
}

fn page(checker: &mut Checker<'_>, node: &Node) -> Option<PageRef> {
    let fields = checker.fields(node, "`page`", PAGE)?;
    let title = fields.require(checker, "title").and_then(|node| checker.text(node, "the page's title"));
    let url = fields.require(checker, "url").and_then(|node| {
        let text = checker.text(node, "the page's address")?;
        let fits =
            url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.fragment().is_none());
        if !fits {
            checker.report(
                node.span,
                format!("`{text}` is no page's address"),
                "expected an http(s) address without a fragment",
                "fragments are given by `anchor` in each statement",
            );
        }
        fits.then_some(text)
    });
    Some(PageRef { title: title?.to_owned(), url: url?.to_owned() })
}

/// The statements about ready event, API and constants.
struct Families<'n> {
    top: Option<Fields<'n>>,
    statements: Statements<'n>,
    ready: Span,
    locations: Span,
    subscribe: Span,
    constants: Span,
    events: Span,
    /// Nothing says that the API can be used.
    silent: bool,
}

impl Families<'_> {
    fn read(&self, checker: &mut Checker<'_>) -> (ReadyStatements, ApiStatements, ConstantStatements) {
        let family = |checker: &mut Checker<'_>, key, what, keys| {
            self.top.and_then(|top| top.get(key)).and_then(|node| checker.fields(node, what, keys))
        };
        let ready = family(checker, "ready", "`statements.ready`", READY_STATEMENTS);
        if let Some(entry) = self.top.and_then(|top| top.entry("ready")).filter(|_| self.silent) {
            checker.report(
                entry.key.span,
                "there is nothing that says ready",
                "`probe` has no `ready`",
                "leave these statements out, or say in `probe.ready` what they are about",
            );
        }
        let api = family(checker, "api", "`statements.api`", API_STATEMENTS);
        let constants = family(checker, "constants", "`statements.constants`", CONSTANT_STATEMENTS);
        let mut one = |fields: Option<Fields<'_>>, key, place| {
            let node = fields.and_then(|fields| fields.entry(key));
            self.statements.read(checker, node, &Where { span: place, section: None, anchor: None })
        };
        let ready = ReadyStatements {
            fired: one(ready, "fired", self.ready),
            once: one(ready, "once", self.ready),
            api_usable: one(ready, "api-usable", self.ready),
        };
        let api = ApiStatements {
            location: one(api, "location", self.locations),
            subscribe: one(api, "subscribe", self.subscribe),
            constants: one(api, "constants", self.constants),
        };
        let said = constants.is_some_and(|fields| fields.entry("undocumented").is_some());
        let mut constants = ConstantStatements {
            present: one(constants, "present", self.events),
            usable: one(constants, "usable", self.events),
            distinct: one(constants, "distinct", self.events),
            undocumented: one(constants, "undocumented", self.events),
        };
        if !said {
            constants.undocumented.level = Level::Record;
            constants.undocumented.why =
                Some("what isn't documented can't be required, nor can its absence".to_owned());
        }
        (ready, api, constants)
    }
}

fn conversation(
    checker: &mut Checker<'_>,
    node: &Node,
    statements: &Statements<'_>,
    constants: &[&str],
    groups: &IndexMap<String, Group<'_>>,
) -> Conversation {
    let Some(fields) = checker.fields(node, "`conversation`", CONVERSATION) else { return Conversation::default() };
    let known: Vec<&str> = groups.values().flat_map(Group::names).collect();
    let begins = fields.get("begins").map(|node| rules::constants(checker, node, constants)).unwrap_or_default();
    let identity = fields.get("identity").and_then(|node| {
        let field = checker.text(node, "`identity`")?;
        if !known.contains(&field) {
            checker.unknown(node.span, "payload field", field, known.iter().copied());
            return None;
        }
        Some(field.to_owned())
    });
    let mut same = IndexMap::new();
    if let Some(node) = fields.get("same") {
        for entry in checker.entries(node, "`same`").unwrap_or_default() {
            if !known.contains(&entry.key.text.as_str()) {
                checker.unknown(entry.key.span, "payload field", &entry.key.text, known.iter().copied());
                continue;
            }
            let place = Where { span: entry.key.span, section: None, anchor: None };
            same.insert(entry.key.text.clone(), statements.read(checker, Some(entry), &place));
        }
    }
    Conversation { begins, identity, same }
}
