//! One value against one JSON Schema, and what to call a breach.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use crate::recording::CopyNote;

use super::text::{show, type_of, visible};

/// A compiled schema; else why it is none (lint reports that, the judge only can't tell).
pub(crate) type Compiled = Result<jsonschema::Validator, String>;

/// So many schemas are remembered. Those of a spec are a few dozen; those that hold a payload's values are another one for
/// each event.
const REMEMBERED: usize = 500;
/// One that is longer has a value of a page's in it.
const LONG: usize = 10_000;

/// A schema, compiled. That takes longer than all the rest of judging, and all journeys of a run, and all attempts at one, are
/// judged by the same schemas: it is remembered.
pub(crate) fn compiled(schema: &Value) -> Rc<Compiled> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Rc<Compiled>>> = RefCell::default();
    }
    let text = schema.to_string();
    if text.len() > LONG {
        return Rc::new(compile(schema));
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(compiled) = known.get(&text) {
            return compiled.clone();
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let compiled = Rc::new(compile(schema));
        known.insert(text, compiled.clone());
        compiled
    })
}

/// Compiles a schema. Formats are checked: who writes `format: email` means it.
fn compile(schema: &Value) -> Compiled {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .offline()
        .build(schema)
        .map_err(|error| visible(&error.to_string()))
}

/// What a value turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// As demanded.
    Ok(String),
    /// Not there.
    Missing,
    /// There, but wrong: code, and what was heard.
    Wrong(&'static str, String),
    /// Can't be told: code and reason.
    Unknown(&'static str, String),
}

/// Looks at a value. `path`: dotted, from the callback's argument, as notes name it.
pub(crate) fn look(value: Option<&Value>, path: &str, notes: &[CopyNote], schema: &Compiled) -> Found {
    let validator = match schema {
        Ok(validator) => validator,
        Err(error) => return Found::Unknown("bad-schema", format!("its schema can't be used: {error}")),
    };
    let valid = value.is_some_and(|v| validator.is_valid(v));
    // A note on something that the value lies in concerns the value too.
    let note = notes.iter().find(|n| {
        n.path == path
            || path.strip_prefix(n.path.as_str()).is_some_and(|rest| rest.starts_with('.') || n.path.is_empty())
    });
    if let Some(note) = note {
        match note.what.as_str() {
            "undefined" => return Found::Missing,
            "truncated" if !valid => {
                return Found::Unknown("truncated", "the value was too large to be recorded whole".to_owned());
            }
            "cycle" | "function" | "bigint" | "symbol" | "throws" => {
                let what = match note.what.as_str() {
                    "cycle" => "an object that contains itself",
                    "function" => "a function",
                    "bigint" => "a BigInt",
                    "symbol" => "a symbol",
                    _ => "a getter that throws",
                };
                return Found::Wrong("not-serialisable", format!("{what}, which can't be copied as JSON"));
            }
            // JSON has no NaN and no infinities: what was copied is a null that nobody sent.
            what if !valid && note.path == path && what.starts_with("number ") => {
                let number = what.trim_start_matches("number ");
                return Found::Wrong("wrong-value", format!("the number {}", visible(number)));
            }
            _ => {}
        }
    }
    match value {
        None => Found::Missing,
        Some(value) if valid => Found::Ok(show(value)),
        Some(value) => wrong(value, validator),
    }
}

/// Whether [`look`] would find it as demanded, where that is seen at once.
pub(crate) fn plainly_holds(value: Option<&Value>, notes: &[CopyNote], schema: &Compiled) -> bool {
    let valid = |value| schema.as_ref().is_ok_and(|validator| validator.is_valid(value));
    notes.is_empty() && value.is_some_and(valid)
}

fn wrong(value: &Value, validator: &jsonschema::Validator) -> Found {
    let code = match value {
        Value::Null => "null",
        Value::String(text) if text.trim().is_empty() => "empty",
        Value::Array(items) if items.is_empty() => "empty",
        Value::Object(fields) if fields.is_empty() => "empty",
        _ if validator.iter_errors(value).any(|e| is_type_error(&e)) => "wrong-type",
        _ => "wrong-value",
    };
    let heard = match (code, value) {
        ("null", _) => "null".to_owned(),
        ("wrong-type", _) => format!("{}: {}", type_of(value), show(value)),
        _ => show(value),
    };
    Found::Wrong(code, heard)
}

/// A wrong type of the value itself, not of something inside; of several permitted types none.
fn is_type_error(error: &jsonschema::ValidationError) -> bool {
    use jsonschema::error::ValidationErrorKind as Kind;
    let own = error.instance_path().as_str().is_empty();
    match error.kind() {
        Kind::Type { .. } => own,
        Kind::AnyOf { context } => own && context.iter().all(|branch| branch.iter().any(is_type_error)),
        _ => false,
    }
}

/// A schema in words, as far as that is short; else as JSON.
pub(crate) fn describe(schema: &Value) -> String {
    let Some(object) = schema.as_object() else { return visible(&schema.to_string()) };
    if let Some(value) = object.get("const") {
        return show(value);
    }
    if let Some(Value::Array(values)) = object.get("enum") {
        return format!("one of {}", values.iter().map(show).collect::<Vec<_>>().join(", "));
    }
    let keys: Vec<&str> = object.keys().map(String::as_str).collect();
    if let (Some(Value::Array(kinds)), ["anyOf"]) = (object.get("anyOf"), keys.as_slice()) {
        let kinds: Vec<String> = kinds.iter().map(describe).collect();
        return kinds.join(" or ");
    }
    let non_blank = object.get("pattern").and_then(Value::as_str) == Some("\\S");
    let non_empty = |key: &str| object.get(key).and_then(Value::as_u64) == Some(1);
    match (object.get("type"), keys.as_slice()) {
        (Some(Value::String(t)), ["type"]) => format!("{}{t}", article(t)),
        (Some(Value::String(t)), ["type", limit] | [limit, "type"]) if limit.starts_with("min") && non_empty(limit) => {
            format!("a non-empty {t}")
        }
        (Some(Value::String(t)), ["type", "pattern"] | ["pattern", "type"]) if t == "string" && non_blank => {
            "a non-blank string".to_owned()
        }
        _ => format!("a value that fits {}", show(schema)),
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an " } else { "a " }
}
