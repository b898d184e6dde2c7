//! The spec file's `rules`: order, exclusion and implication between events of one conversation.
//!
//! Boundary: YAML tree -> [`Rule`]s.

use super::parse::check_name;
use super::statement::{Statements, Where};
use super::{Rule, RuleKind};
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{Entry, Node};
use crate::verdict::RequirementId;

pub(super) const RULE: &[&str] =
    &["title", "after", "not_after", "exclusive", "implies", "same", "level", "why", "section", "anchor"];
pub(super) const KINDS: &[&str] = &["after", "not_after", "exclusive", "implies", "same"];
pub(super) const AFTER: &[&str] = &["events", "earlier"];
pub(super) const NOT_AFTER: &[&str] = &["events", "ended_by"];
pub(super) const IMPLIES: &[&str] = &["events", "also"];
pub(super) const SAME: &[&str] = &["fields", "events", "as"];

/// Reads `rules`.
pub(super) fn read(
    checker: &mut Checker<'_>,
    node: &Node,
    statements: &Statements<'_>,
    known: &[&str],
    fields: &[&str],
) -> Vec<Rule> {
    let entries = checker.entries(node, "`rules`").unwrap_or_default();
    entries.iter().filter_map(|entry| rule(checker, entry, statements, known, fields)).collect()
}

fn rule(
    checker: &mut Checker<'_>,
    entry: &Entry,
    statements: &Statements<'_>,
    known: &[&str],
    documented: &[&str],
) -> Option<Rule> {
    let name = entry.key.text.as_str();
    let named = check_name(checker, entry.key.span, name, "a rule's name");
    let fields = checker.fields(&entry.value, "a rule", RULE)?;
    let title = fields.require(checker, "title").and_then(|node| checker.text(node, "`title`"));
    let place = Where { span: entry.key.span, section: None, anchor: None };
    let statement = statements.inside(checker, &fields, &place);
    let kinds: Vec<&str> = KINDS.iter().copied().filter(|kind| fields.get(kind).is_some()).collect();
    if kinds.len() != 1 {
        let message = match kinds.as_slice() {
            [] => format!("rule `{name}` demands nothing"),
            several => format!("rule `{name}` demands {} things", several.len()),
        };
        checker.report(
            entry.key.span,
            message,
            "expected exactly one of `after`, `not_after`, `exclusive`, `implies`, `same`",
            "make several rules of it",
        );
        return None;
    }
    let (family, kind) = kind(checker, &fields, known, documented)?;
    named.then_some(())?;
    Some(Rule { id: RequirementId::rule(family, name), title: title?.to_owned(), kind, statement })
}

fn kind(
    checker: &mut Checker<'_>,
    fields: &Fields<'_>,
    known: &[&str],
    documented: &[&str],
) -> Option<(&'static str, RuleKind)> {
    if let Some(node) = fields.get("after") {
        let (events, earlier) = pair(checker, node, "`after`", AFTER, "earlier", known)?;
        Some(("order", RuleKind::After { events, earlier }))
    } else if let Some(node) = fields.get("not_after") {
        let (events, ended_by) = pair(checker, node, "`not_after`", NOT_AFTER, "ended_by", known)?;
        Some(("order", RuleKind::NotAfter { events, ended_by }))
    } else if let Some(node) = fields.get("implies") {
        let (events, also) = pair(checker, node, "`implies`", IMPLIES, "also", known)?;
        Some(("implies", RuleKind::Implies { events, also }))
    } else if let Some(node) = fields.get("same") {
        let (events, of) = pair(checker, node, "`same`", SAME, "as", known)?;
        let named = node.get("fields");
        if named.is_none() {
            checker.report(node.span, "`same` names no field", "expected `fields`", "for example `fields: agentID`");
        }
        let fields = payload_fields(checker, named?, documented);
        (!fields.is_empty()).then_some(("same", RuleKind::Same { fields, events, of }))
    } else {
        let node = fields.get("exclusive")?;
        let events = constants(checker, node, known);
        if events.len() < 2 {
            checker.report(
                node.span,
                "one event excludes nothing",
                "expected two events or more",
                "name the others too",
            );
            return None;
        }
        Some(("exclusive", RuleKind::Exclusive { events }))
    }
}

fn pair(
    checker: &mut Checker<'_>,
    node: &Node,
    what: &'static str,
    keys: &'static [&'static str],
    second: &'static str,
    known: &[&str],
) -> Option<(Vec<String>, Vec<String>)> {
    let fields = checker.fields(node, what, keys)?;
    let mut side = |key| fields.require(checker, key).map(|node| constants(checker, node, known));
    let (first, second) = (side("events"), side(second));
    Some((first?, second?))
}

/// One payload field or a list of them, each documented.
fn payload_fields(checker: &mut Checker<'_>, node: &Node, documented: &[&str]) -> Vec<String> {
    let mut fields = Vec::new();
    for node in checker.one_or_many(node) {
        let Some(name) = checker.text(node, "a field") else { continue };
        if documented.contains(&name) {
            fields.push(name.to_owned());
        } else {
            checker.unknown(node.span, "payload field", name, documented.iter().copied());
        }
    }
    fields
}

/// One event or a list of them, each known.
pub(super) fn constants(checker: &mut Checker<'_>, node: &Node, known: &[&str]) -> Vec<String> {
    let nodes = checker.one_or_many(node);
    if nodes.is_empty() {
        checker.report(node.span, "an empty list", "expected an event", "name one event or more");
    }
    let mut events: Vec<String> = Vec::new();
    for node in nodes {
        let Some(name) = checker.text(node, "an event") else { continue };
        if !known.contains(&name) {
            checker.unknown(node.span, "event", name, known.iter().copied());
        } else if events.iter().any(|event| event == name) {
            checker.report(node.span, format!("`{name}` stands twice in this list"), "already named", "name it once");
        } else {
            events.push(name.to_owned());
        }
    }
    events
}
