//! JSON Schemas inside our files: compiled where they are read, so that a bad one is a mistake with a place.
//!
//! Boundary: whether a schema is one; what it is applied to is others' business.

use jsonschema::{Draft, Validator};
use serde_json::Value as Json;

use super::nearest::suggest;
use super::read::Checker;
use super::yaml::{Node, Value};

/// Compiles a schema as JSON Schema 2020-12. Nothing is fetched: a `$ref` out of the schema is an error.
pub fn compile(schema: &Json) -> Result<Validator, jsonschema::ValidationError<'static>> {
    jsonschema::options().with_draft(Draft::Draft202012).build(schema)
}

/// Reads a schema; a mistake is noted at the part that is wrong. `stand_in` is applied to every text before it is
/// compiled: what a reference will be replaced with isn't known yet, and must not make a pattern look broken.
pub fn read(checker: &mut Checker<'_>, node: &Node, stand_in: &dyn Fn(&str) -> String) -> Option<Json> {
    let schema = node.to_json();
    if !matches!(node.value, Value::Map(_) | Value::Bool(_)) {
        checker.wrong_type(node, "a schema", "a JSON Schema (a map such as `{ type: string }`)");
        return None;
    }
    let mut probe = schema.clone();
    replace(&mut probe, stand_in);
    // JSON Schema ignores keywords it doesn't know, so a slip would silently demand nothing.
    unknown_keywords(checker, node);
    let Err(error) = compile(&probe) else { return Some(schema) };
    let pointer = error.instance_path().as_str();
    let at = locate(node, pointer);
    let (message, help) = match at.as_str() {
        Some(name) if pointer.split('/').rev().take(2).any(|step| step == "type") => {
            (format!("`{name}` is no JSON type"), suggest(name, "types", TYPES.iter().copied()))
        }
        _ => (
            format!("not a JSON Schema: {}", one_line(&error.to_string())),
            "for example `{ type: string, minLength: 1 }` or `{ enum: [a, b] }`".to_owned(),
        ),
    };
    checker.report(at.span, message, "expected JSON Schema 2020-12", help);
    None
}

const TYPES: &[&str] = &["string", "number", "integer", "boolean", "object", "array", "null"];

fn replace(json: &mut Json, stand_in: &dyn Fn(&str) -> String) {
    match json {
        Json::String(text) => *text = stand_in(text),
        Json::Array(items) => items.iter_mut().for_each(|item| replace(item, stand_in)),
        Json::Object(map) => map.values_mut().for_each(|value| replace(value, stand_in)),
        _ => {}
    }
}

/// The node at a JSON pointer, or the last one on the way to it.
fn locate<'n>(node: &'n Node, pointer: &str) -> &'n Node {
    let mut at = node;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match &at.value {
            Value::Seq(items) => step.parse::<usize>().ok().and_then(|index| items.get(index)),
            _ => at.get(&step),
        };
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

fn one_line(text: &str) -> String {
    let line = text.split('\n').next().unwrap_or(text);
    if line.chars().count() > 160 { line.chars().take(159).chain(['…']).collect() } else { line.to_owned() }
}

/// Keywords with a schema as their value.
const ONE: &[&str] = &[
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords with a list of schemas.
const MANY: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords with schemas by name.
const NAMED: &[&str] = &["$defs", "dependentSchemas", "patternProperties", "properties"];
/// All others of 2020-12.
const OTHER: &[&str] = &[
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$ref",
    "$schema",
    "$vocabulary",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependentRequired",
    "deprecated",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

fn unknown_keywords(checker: &mut Checker<'_>, node: &Node) {
    let Value::Map(entries) = &node.value else { return };
    for entry in entries {
        let name = entry.key.text.as_str();
        if ONE.contains(&name) {
            unknown_keywords(checker, &entry.value);
        } else if MANY.contains(&name) {
            checker.one_or_many(&entry.value).iter().for_each(|item| unknown_keywords(checker, item));
        } else if NAMED.contains(&name) {
            if let Value::Map(named) = &entry.value.value {
                named.iter().for_each(|inner| unknown_keywords(checker, &inner.value));
            }
        } else if !OTHER.contains(&name) && !name.starts_with("x-") {
            let known = [OTHER, ONE, MANY, NAMED].concat();
            let near = super::nearest::nearest(name, known);
            checker.report(
                entry.key.span,
                format!("unknown JSON Schema keyword `{name}`"),
                "would demand nothing",
                near.map_or_else(
                    || "see JSON Schema 2020-12 for its keywords".into(),
                    |near| format!("did you mean `{near}`?"),
                ),
            );
        }
    }
}
