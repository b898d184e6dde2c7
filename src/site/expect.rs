//! `fires` and `may_fire`: the events that a step declares, and what the site file demands of their payloads.
//!
//! Boundary: YAML tree -> [`Expected`]s.

use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::parse::Known;
use super::template::{Piece, Template};
use super::{Expected, FieldExpectation};
use crate::source::read::Checker;
use crate::source::schema;
use crate::source::yaml::{Entry, Node, Value};

/// What stands before a list of events that come in its order. A vendor's event of that name comes first.
const IN_ORDER: &str = "in_order";

/// Reads `fires` or `may_fire`: a constant, a list of constants and maps, or a map of constant to fields; `fires` may hold
/// the same below `in_order`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node, what: &str, known: &Known) -> Vec<Expected> {
    let mut all = Vec::new();
    for item in checker.one_or_many(node) {
        match &item.value {
            Value::String(constant) => {
                if known.constants.contains(constant) {
                    let (constant, fields) = (constant.clone(), IndexMap::new());
                    all.push(Expected { constant, fields, follows: false, span: item.span });
                } else {
                    checker.unknown(item.span, "event", constant, known.constants.iter().map(String::as_str));
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    if entry.key.text == IN_ORDER && !known.constants.iter().any(|x| x == IN_ORDER) {
                        all.extend(in_order(checker, entry, what, known));
                    } else {
                        all.extend(event(checker, entry, known));
                    }
                }
            }
            _ => checker.wrong_type(item, what, "an event, a list of events, or a map of event to payload fields"),
        }
    }
    all
}

/// Reads `in_order`: two events or more, each a constant or a map of constant to fields.
fn in_order(checker: &mut Checker<'_>, entry: &Entry, what: &str, known: &Known) -> Vec<Expected> {
    if what != "`fires`" {
        checker.report(
            entry.key.span,
            format!("{what} has no order"),
            "what may come or not has no order",
            "only `fires` takes `in_order`",
        );
        return Vec::new();
    }
    if let Value::Map(inner) = &entry.value.value
        && let Some(inner) = inner.iter().find(|inner| inner.key.text == IN_ORDER)
    {
        checker.report(inner.key.span, "`in_order` in itself", "one order at a time", "name the events in one list");
        return Vec::new();
    }
    let mut all = read(checker, &entry.value, what, known);
    if all.len() < 2 && checker.mistakes.is_empty() {
        checker.report(
            entry.key.span,
            "one event is in order by itself",
            "expected two events or more",
            "for example `in_order: [A, B]`",
        );
    }
    all.iter_mut().skip(1).for_each(|expected| expected.follows = true);
    all
}

fn event(checker: &mut Checker<'_>, entry: &Entry, known: &Known) -> Option<Expected> {
    let all = known;
    let Entry { key, value } = entry;
    if !known.constants.contains(&key.text) {
        checker.unknown(key.span, "event", &key.text, known.constants.iter().map(String::as_str));
        return None;
    }
    let documented = known.payload_fields.get(&key.text).map(Vec::as_slice).unwrap_or_default();
    let mut fields = IndexMap::new();
    if value.value != Value::Null {
        for field in checker.entries(value, "an event's payload").unwrap_or_default() {
            // A part of a documented field is the site's own business: `meetingInfo.date`.
            let name = field.key.text.as_str();
            let known = documented.iter().any(|known| {
                name == known
                    || name.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1)
            });
            if !known {
                checker.unknown(field.key.span, "payload field", name, documented.iter().map(String::as_str));
            }
            let span = field.key.span;
            if let Some(node) = field.value.get(SAME_AS) {
                let source = same_as(checker, &field.value, node, all);
                fields.insert(name.to_owned(), FieldExpectation { schema: json!(true), same_as: source, span });
            } else if let Some(schema) = field_schema(checker, &field.value) {
                fields.insert(name.to_owned(), FieldExpectation { schema, same_as: None, span });
            }
        }
    }
    Some(Expected { constant: key.text.clone(), fields, follows: false, span: key.span })
}

/// What names another event whose field has to have the same value.
const SAME_AS: &str = "same_as";

/// `{ same_as: EVENT }`, alone.
fn same_as(checker: &mut Checker<'_>, whole: &Node, node: &Node, known: &Known) -> Option<String> {
    if matches!(&whole.value, Value::Map(entries) if entries.len() > 1) {
        checker.report(
            whole.span,
            "`same_as` stands alone",
            "expected nothing beside it",
            "demand the rest of the event that it names",
        );
        return None;
    }
    let constant = checker.text(node, "`same_as`")?;
    if !known.constants.iter().any(|known| known == constant) {
        checker.unknown(node.span, "event", constant, known.constants.iter().map(String::as_str));
        return None;
    }
    Some(constant.to_owned())
}

/// A JSON Schema, or a plain value that the field must equal.
fn field_schema(checker: &mut Checker<'_>, node: &Node) -> Option<Json> {
    references(checker, node);
    match &node.value {
        Value::Map(_) => schema::read(checker, node, &stand_in),
        Value::Seq(_) => {
            checker.wrong_type(node, "what is expected of a field", "a JSON Schema or a plain value");
            None
        }
        Value::Null => {
            checker.report(
                node.span,
                "nothing is expected of this field",
                "expected a JSON Schema or a plain value",
                "write a value, or `{ const: null }`",
            );
            None
        }
        _ => Some(json!({ "const": node.to_json() })),
    }
}

/// Checks the references in every text of a schema. The environment is no part of a recording, and what is expected
/// has to be the same when the recording is judged again elsewhere.
fn references(checker: &mut Checker<'_>, node: &Node) {
    match &node.value {
        Value::String(text) => {
            let Some(template) = super::parse::template(checker, node, "a text") else { return };
            for name in template.env() {
                let reference = format!("${{env.{name}}}");
                let at = text.find(&reference).unwrap_or(0);
                let span = checker.part(node, at, at + reference.len());
                checker.report(
                    span,
                    "the environment can't decide what is expected",
                    "expected `${run.id}`, `${journey}` or plain text",
                    "a recording must be judged the same without this environment; write the value, or a `pattern`",
                );
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| references(checker, item)),
        Value::Map(entries) => entries.iter().for_each(|entry| references(checker, &entry.value)),
        _ => {}
    }
}

/// A schema's text with something in the place of its references: `${run.id}` is no regular expression, what it is
/// replaced with is.
fn stand_in(text: &str) -> String {
    let Ok(template) = Template::parse(text) else { return text.to_owned() };
    template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            _ => "x",
        })
        .collect()
}
