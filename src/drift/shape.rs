//! What kind of value stands in a payload field, without the value: its type, and for texts their form.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// The names of all shapes, with what they are.
pub const ALL: &[(&str, &str)] = &[
    ("null", "`null`"),
    ("boolean", "`true` or `false`"),
    ("integer", "a whole number"),
    ("number", "a number with decimals"),
    ("object", "an object"),
    ("object, empty", "an object without fields"),
    ("list", "a list"),
    ("list, empty", "a list without entries"),
    ("text", "a text that is none of the following"),
    ("text, empty", "a text of no characters"),
    ("text, blank", "a text of spaces and the like"),
    ("text, uuid", "`6ba7b810-9dad-11d1-80b4-00c04fd430c8`"),
    ("text, date", "`2027-01-31`"),
    ("text, date-time", "`2027-01-31T09:30:00Z`"),
    ("text, integer", "up to five digits; longer ones may be an id, and are a text"),
    ("text, decimal", "digits with a decimal point"),
    ("text, boolean", "`true` or `false` as a text"),
    ("text, email", "like an email address"),
    ("text, url", "an address with its scheme"),
    ("text, JSON", "an object or a list as JSON"),
    ("text, kebab-case", "words of letters, `live-chat`"),
    ("text, snake_case", "words of letters, `live_chat`"),
    ("text, UPPER_CASE", "words of letters, `LIVE_CHAT`"),
    ("text, camelCase", "words of letters, `liveChat`"),
];

/// Texts that are longer are not looked into.
const LOOKED_AT: usize = 10_000;

/// Regular expressions for the forms of texts, in the order in which they are tried.
static FORMS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("text, uuid", r"^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
        ("text, date", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        (
            "text, date-time",
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$",
        ),
        ("text, integer", r"^[+-]?[0-9]{1,5}$"),
        ("text, decimal", r"^[+-]?[0-9]+\.[0-9]+$"),
        ("text, boolean", r"^(?i)(true|false)$"),
        ("text, email", r"^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$"),
        ("text, url", r"^[A-Za-z][A-Za-z0-9+.-]*://\S+$"),
        ("text, kebab-case", r"^[a-z]+(-[a-z]+)+$"),
        ("text, snake_case", r"^[a-z]+(_[a-z]+)+$"),
        ("text, UPPER_CASE", r"^[A-Z]+(_[A-Z]+)+$"),
        ("text, camelCase", r"^([a-z]{2,}|[A-Z][a-z]+)([A-Z][a-z]+)+$"),
    ]
    .into_iter()
    .filter_map(|(name, pattern)| Some((name, Regex::new(pattern).ok()?)))
    .collect()
});

/// The shape of a value.
pub fn of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::Array(items) if items.is_empty() => "list, empty",
        Value::Array(_) => "list",
        Value::Object(fields) if fields.is_empty() => "object, empty",
        Value::Object(_) => "object",
        Value::String(text) => of_text(text),
    }
}

fn of_text(text: &str) -> &'static str {
    if text.is_empty() {
        return "text, empty";
    }
    if text.trim().is_empty() {
        return "text, blank";
    }
    if text.len() > LOOKED_AT {
        return "text";
    }
    if let Some((name, _)) = FORMS.iter().find(|(_, form)| form.is_match(text)) {
        return name;
    }
    let brackets = (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'));
    if brackets && serde_json::from_str::<Value>(text).is_ok() { "text, JSON" } else { "text" }
}

/// The type that a shape is of: `text, uuid` is a `text`; whole numbers and others are both numbers.
pub fn type_of(shape: &str) -> &str {
    match shape.split_once(", ").map_or(shape, |(of, _)| of) {
        "integer" => "number",
        other => other,
    }
}

/// A value that says nothing.
pub fn is_hollow(shape: &str) -> bool {
    shape == "null" || shape == "text, blank" || shape.ends_with(", empty")
}

/// Whether somebody who expects the one is not surprised by the other. Any text but an empty one is a text; whole numbers
/// are numbers.
pub fn fits(expected: &str, shape: &str) -> bool {
    expected == shape
        || (expected == "text" && type_of(shape) == "text" && !is_hollow(shape))
        || (expected == "number" && shape == "integer")
        // A list, or an object used as a map, has entries or hasn't.
        || (matches!(expected, "list" | "list, empty") && type_of(shape) == "list")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_told_without_values() {
        for (value, shape) in [
            (json!(""), "text, empty"),
            (json!(" \n"), "text, blank"),
            (json!("6BA7b810-9dad-11d1-80b4-00c04fd430c8"), "text, uuid"),
            (json!("2027-01-31"), "text, date"),
            (json!("2027-01-31T09:30:00.5+01:00"), "text, date-time"),
            (json!("42"), "text, integer"),
            (json!("00204512345"), "text"),
            (json!("06f0172cd4f324e5"), "text"),
            (json!("1.5"), "text, decimal"),
            (json!("ada@shop.example"), "text, email"),
            (json!("https://shop.example/a b"), "text"),
            (json!("https://shop.example/a"), "text, url"),
            (json!("{\"a\":1}"), "text, JSON"),
            (json!("{a}"), "text"),
            (json!("Ada Lovelace"), "text"),
            (json!("Ada"), "text"),
            (json!("conversation-closed"), "text, kebab-case"),
            (json!("CONVERSATION_CLOSED"), "text, UPPER_CASE"),
            (json!("conversationClosed"), "text, camelCase"),
            (json!(1.0), "number"),
            (json!(1), "integer"),
            (json!([]), "list, empty"),
            (json!({ "a": 1 }), "object"),
        ] {
            assert_eq!(of(&value), shape, "{value}");
            assert!(ALL.iter().any(|(name, _)| *name == shape), "{shape} is not listed");
        }
        assert_eq!(FORMS.len(), 12, "an expression that can't be read");
    }

    #[test]
    fn what_fits_is_no_surprise() {
        assert!(fits("text", "text, uuid") && !fits("text, uuid", "text"));
        assert!(!fits("text", "text, empty") && !fits("text", "integer") && !fits("integer", "number"));
        assert!(fits("number", "integer") && fits("list", "list, empty"));
    }
}
