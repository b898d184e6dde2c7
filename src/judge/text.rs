//! Words for people: values from the page bounded and made visible, durations, ordinals, lists.

use serde_json::Value;

use crate::spec::Probe;

/// The most characters of a page's text that a verdict quotes.
const BOUND: usize = 200;

/// A text from the page as it may be shown anywhere: at most [`BOUND`] characters; control characters, bidirectional
/// overrides and invisible ones written out, since they could make a terminal or a reader see something else.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == BOUND {
            shown.push('…');
            break;
        }
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_invisible(c) => shown.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
            | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF)
}

/// A value from the page as compact JSON, bounded and visible.
pub(crate) fn show(value: &Value) -> String {
    match value {
        // Quoted by hand, so that a huge string isn't copied to be cut.
        Value::String(text) => format!("\"{}\"", visible(text)),
        other => visible(&other.to_string()),
    }
}

/// `object`, `array`, `string`, ...: what JavaScript's reader would call it.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// What `typeof` says of something, in a sentence: `undefined`, `a string`, `an object`.
pub(crate) fn typeof_(type_: &str) -> String {
    match type_ {
        "undefined" | "null" => type_.to_owned(),
        _ if type_.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {}", visible(type_)),
        _ => format!("a {}", visible(type_)),
    }
}

/// `400 ms`, `3.1 s`, `2 s`.
pub(crate) fn duration(ms: f64) -> String {
    if !ms.is_finite() {
        return "an unknown time".to_owned();
    }
    if ms.abs() < 999.5 {
        return format!("{:.0} ms", ms.max(0.0));
    }
    let seconds = format!("{:.1}", ms / 1000.0);
    format!("{} s", seconds.strip_suffix(".0").unwrap_or(&seconds))
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub(crate) fn nth(n: usize) -> String {
    let suffix = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}

/// `once`, `twice`, `3 times`.
pub(crate) fn times(n: u64) -> String {
    match n {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

/// `A`, `A or B`, `A, B or C`; bounded to the first twelve.
pub(crate) fn list(items: &[String], last: &str) -> String {
    const MOST: usize = 12;
    match items {
        [] => "none".to_owned(),
        [only] => only.clone(),
        many if many.len() > MOST => {
            format!("{} and {} more", many[..MOST].join(", "), many.len() - MOST)
        }
        [init @ .., end] => format!("{} {last} {end}", init.join(", ")),
    }
}

/// `event.data.payload`: how a reader of the documentation would write a path below the callback's argument.
pub(crate) fn path(parts: &[String]) -> String {
    std::iter::once("event").chain(parts.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
}

/// Where a spec documents the payload: `event.detail`, or `arguments[1].data` if it's in a further argument of the callback.
pub(crate) fn payload(probe: &Probe) -> String {
    match probe.argument {
        1 => path(&probe.payload),
        nth => {
            let argument = format!("arguments[{}]", nth - 1);
            std::iter::once(argument.as_str())
                .chain(probe.payload.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(".")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_bounded_and_made_visible() {
        assert_eq!(visible("a\u{1b}[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\n");
        assert_eq!(visible(&"x".repeat(5000)).chars().count(), BOUND + 1);
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(400.0), "400 ms");
        assert_eq!(duration(3100.0), "3.1 s");
        assert_eq!(duration(2000.0), "2 s");
        assert_eq!(duration(f64::NAN), "an unknown time");
    }

    #[test]
    fn ordinals_know_the_teens() {
        assert_eq!([1, 2, 3, 4, 11, 12, 21].map(nth).join(" "), "1st 2nd 3rd 4th 11th 12th 21st");
    }
}
