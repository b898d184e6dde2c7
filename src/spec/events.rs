//! The spec file's `payloads` and `events`.
//!
//! Boundary: YAML tree -> [`EventSpec`]s; field groups are copied into each event that carries them.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::parse::check_name;
use super::probe::is_identifier;
use super::statement::{self, Statements, Where};
use super::{Cardinality, EventSpec, FieldSpec, Per};
use crate::source::Span;
use crate::source::read::{Checker, Fields};
use crate::source::schema;
use crate::source::yaml::{Entry, Node, Value};
use crate::verdict::Level;

pub(super) const FIELD: &[&str] = &["title", "schema", "required", "level", "why", "section", "anchor", "further"];
pub(super) const FURTHER: &[&str] = &["title", "schema", "level", "why", "section", "anchor"];
pub(super) const EVENT: &[&str] = &[
    "cause",
    "name",
    "section",
    "anchor",
    "payload",
    "at_most",
    "fires",
    "unexpected",
    "coverage",
    "carries",
    "fields",
];
pub(super) const AT_MOST: &[&str] = &["count", "per", "level", "why", "section", "anchor"];
pub(super) const OVERRIDE: &[&str] = &["level", "why", "required"];

/// What an event says that carries nothing.
const NO_PAYLOAD: &str = "none";

/// A named group of payload fields.
#[derive(Debug, Default)]
pub(super) struct Group<'n> {
    fields: Vec<Field<'n>>,
}

impl Group<'_> {
    /// The fields' names, each once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(|field| field.id.is_none()).map(|field| field.name)
    }
}

/// A requirement on a field, before an event gives it its place.
#[derive(Debug)]
struct Field<'n> {
    name: &'n str,
    id: Option<&'n str>,
    required: bool,
    schema: Json,
    title: String,
    level: Level,
    why: Option<String>,
    section: Where<'n>,
}

impl Field<'_> {
    /// `agentName`, `type.spelling`: as overrides and requirement ids name it.
    fn key(&self) -> String {
        match self.id {
            Some(id) => format!("{}.{id}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Reads `payloads`.
pub(super) fn groups<'n>(checker: &mut Checker<'_>, node: &'n Node) -> IndexMap<String, Group<'n>> {
    let mut groups = IndexMap::new();
    for entry in checker.entries(node, "`payloads`").unwrap_or_default() {
        let mut group = Group::default();
        for field in checker.entries(&entry.value, "a payload").unwrap_or_default() {
            read_field(checker, field, &mut group);
        }
        groups.insert(entry.key.text.clone(), group);
    }
    groups
}

fn read_field<'n>(checker: &mut Checker<'_>, entry: &'n Entry, group: &mut Group<'n>) {
    let name = entry.key.text.as_str();
    if name.is_empty() || name.split('.').any(|piece| piece.is_empty() || piece.contains(char::is_whitespace)) {
        checker.report(
            entry.key.span,
            format!("`{name}` can't be a field"),
            "expected names joined by dots",
            "for example `agentName`",
        );
    }
    let Some(fields) = checker.fields(&entry.value, "a field", FIELD) else { return };
    let place = Where { span: entry.key.span, section: None, anchor: None };
    let title = fields.require(checker, "title").and_then(|node| checker.text(node, "a field's title"));
    let title = title.unwrap_or(name).to_owned();
    let required = fields.get("required").and_then(|node| checker.boolean(node, "`required`")).unwrap_or(true);
    let (level, why) = statement::level(checker, &fields);
    let section = statement::place(checker, &fields, &place);
    let schema = read_schema(checker, &fields).unwrap_or(Json::Bool(true));
    group.fields.push(Field { name, id: None, required, schema, title: title.clone(), level, why, section });

    let Some(further) = fields.get("further") else { return };
    for entry in checker.entries(further, "`further`").unwrap_or_default() {
        check_name(checker, entry.key.span, &entry.key.text, "a further requirement's name");
        let Some(fields) = checker.fields(&entry.value, "a further requirement", FURTHER) else { continue };
        let title = match fields.get("title").and_then(|node| checker.text(node, "`title`")) {
            Some(own) => own.to_owned(),
            None => title.clone(),
        };
        let (level, why) = statement::level(checker, &fields);
        let section = statement::place(checker, &fields, &Where { span: entry.key.span, ..section });
        let schema = read_schema(checker, &fields).unwrap_or(Json::Bool(true));
        // A further requirement only looks at a field that is there, so it never requires it.
        group.fields.push(Field {
            name,
            id: Some(&entry.key.text),
            required: false,
            schema,
            title,
            level,
            why,
            section,
        });
    }
}

fn read_schema(checker: &mut Checker<'_>, fields: &Fields<'_>) -> Option<Json> {
    let node = fields.require(checker, "schema")?;
    schema::read(checker, node, &str::to_owned)
}

/// Reads `events`. `literal`: there is no constants object, so the names are what is subscribed to.
pub(super) fn read(
    checker: &mut Checker<'_>,
    node: &Node,
    statements: &Statements<'_>,
    groups: &IndexMap<String, Group<'_>>,
    literal: bool,
) -> IndexMap<String, EventSpec> {
    let mut events = IndexMap::new();
    let entries = checker.entries(node, "`events`").unwrap_or_default();
    if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        checker.report(node.span, "no events", "expected at least one event", "a spec without events proves nothing");
    }
    for entry in entries {
        check_constant(checker, entry.key.span, &entry.key.text, literal);
        if let Some(event) = event(checker, entry, statements, groups, literal) {
            events.insert(entry.key.text.clone(), event);
        }
    }
    events
}

/// Whether a text can be an event's name where events are subscribed to by their names.
pub fn is_event_name(text: &str) -> bool {
    // Vendors name events as they like. Braces mean "each of these" in catalogues; what can't be seen, or stands for
    // something in YAML, Markdown and on command lines, is nobody's name.
    let plain = |c: char| (c == ' ' || !c.is_whitespace()) && !c.is_control() && !"{}\\`".contains(c);
    !text.is_empty() && text.trim() == text && text.chars().all(plain)
}

fn check_constant(checker: &mut Checker<'_>, span: Span, constant: &str, literal: bool) {
    if literal && !is_event_name(constant) {
        checker.report(
            span,
            format!("`{}` can't be an event's name", constant.escape_debug()),
            "expected a text in one line, without braces, backslashes and backticks",
            "write the name that is subscribed to",
        );
    } else if !literal && !is_identifier(constant) {
        checker.report(
            span,
            format!("`{constant}` is no JavaScript identifier"),
            "expected a constant's name",
            "events that are subscribed to by a text need a probe without `constants`",
        );
    }
}

/// The vendor's own name for an event.
fn own_name(checker: &mut Checker<'_>, node: &Node, literal: bool) -> Option<String> {
    let name = checker.text(node, "an event's name")?;
    if !literal {
        checker.report(
            node.span,
            "an event that is subscribed to by a constant has no other name",
            "`probe.api.constants` says that there are constants",
            "leave `name` out, or `constants`",
        );
        return None;
    }
    Some(name.to_owned())
}

fn event(
    checker: &mut Checker<'_>,
    entry: &Entry,
    statements: &Statements<'_>,
    groups: &IndexMap<String, Group<'_>>,
    literal: bool,
) -> Option<EventSpec> {
    let fields = checker.fields(&entry.value, "an event", EVENT)?;
    let place = Where { span: entry.key.span, section: None, anchor: None };
    let place = statement::place(checker, &fields, &place);
    let cause = fields.require(checker, "cause").and_then(|node| checker.text(node, "`cause`"));
    let fires = statements.read(checker, fields.entry("fires"), &place);
    let unexpected = statements.read(checker, fields.entry("unexpected"), &place);
    let coverage = statements.read(checker, fields.entry("coverage"), &place);
    let payload_place = Where { span: fields.entry("payload").map_or(place.span, |entry| entry.key.span), ..place };
    let payload = statements.read(checker, fields.entry("carries"), &payload_place);
    let at_most = fields.get("at_most").and_then(|node| at_most(checker, node, statements, &place));
    let no_payload =
        !groups.contains_key(NO_PAYLOAD) && fields.get("payload").is_some_and(|node| node.as_str() == Some(NO_PAYLOAD));
    let specs = if no_payload { Vec::new() } else { payload_fields(checker, &fields, statements, groups, &place) };
    Some(EventSpec {
        constant: entry.key.text.clone(),
        name: fields.get("name").and_then(|node| own_name(checker, node, literal)),
        no_payload,
        cause: cause?.to_owned(),
        fires,
        unexpected,
        coverage,
        at_most,
        payload,
        fields: specs,
    })
}

fn at_most(
    checker: &mut Checker<'_>,
    node: &Node,
    statements: &Statements<'_>,
    place: &Where<'_>,
) -> Option<Cardinality> {
    let fields = checker.fields(node, "`at_most`", AT_MOST)?;
    let place = Where { span: fields.first_key(), ..*place };
    let count = match fields.get("count") {
        Some(node) => checker.count(node, "`count`"),
        None => Some(1),
    };
    let per = fields.require(checker, "per").and_then(|node| {
        checker.choice(
            node,
            "`per`",
            &[("conversation", Per::Conversation), ("document", Per::Document), ("step", Per::Step)],
        )
    });
    let statement = statements.inside(checker, &fields, &place);
    Some(Cardinality { count: count?, per: per?, statement })
}

fn payload_fields(
    checker: &mut Checker<'_>,
    event: &Fields<'_>,
    statements: &Statements<'_>,
    groups: &IndexMap<String, Group<'_>>,
    place: &Where<'_>,
) -> Vec<FieldSpec> {
    let mut specs: Vec<FieldSpec> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    let overrides = event.get("fields").and_then(|node| checker.entries(node, "`fields`")).unwrap_or_default();
    let named = event.get("payload").map(|node| checker.one_or_many(node)).unwrap_or_default();
    for node in named {
        let Some(name) = checker.text(node, "a payload's name") else { continue };
        let Some(group) = groups.get(name) else {
            checker.unknown(node.span, "payload", name, groups.keys().map(String::as_str));
            continue;
        };
        for field in &group.fields {
            let key = field.key();
            if keys.contains(&key) {
                checker.report(
                    node.span,
                    format!("`{key}` is already required of this event"),
                    "brings it a second time",
                    "leave one of the two payloads out",
                );
                break;
            }
            // The field's own line in the spec, but the event's section of the page unless it has its own.
            let section = Where {
                span: field.section.span,
                section: field.section.section.or(place.section),
                anchor: if field.section.section.is_some() {
                    field.section.anchor
                } else {
                    field.section.anchor.or(place.anchor)
                },
            };
            let mut spec = FieldSpec {
                field: field.name.to_owned(),
                id: field.id.map(str::to_owned),
                required: field.required,
                schema: field.schema.clone(),
                title: field.title.clone(),
                statement: statements.of(field.level, field.why.clone(), &section),
            };
            if let Some(entry) = overrides.iter().find(|entry| entry.key.text == key) {
                change(checker, entry, &mut spec);
            }
            keys.push(key);
            specs.push(spec);
        }
    }
    for entry in overrides {
        if !keys.contains(&entry.key.text) {
            checker.unknown(entry.key.span, "payload field", &entry.key.text, keys.iter().map(String::as_str));
        }
    }
    specs
}

/// Another level for a field of one event only.
fn change(checker: &mut Checker<'_>, entry: &Entry, spec: &mut FieldSpec) {
    let Some(fields) = checker.fields(&entry.value, "a field of this event", OVERRIDE) else { return };
    if fields.get("level").is_some() {
        (spec.statement.level, spec.statement.why) = statement::level(checker, &fields);
        spec.statement.span = entry.key.span;
    }
    if let Some(node) = fields.get("required")
        && let Some(required) = checker.boolean(node, "`required`")
    {
        spec.required = required && spec.id.is_none();
        spec.statement.span = entry.key.span;
    }
}
