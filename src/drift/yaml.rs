//! Plain values as YAML, in blocks, so that a difference of two versions can be read.

use std::fmt::Write as _;

use serde_json::Value;

/// A value as a YAML document.
pub(super) fn render(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

fn block(value: &Value, depth: usize, out: &mut String) {
    let Value::Object(fields) = value else {
        let _ = writeln!(out, "{}", flow(value));
        return;
    };
    for (name, value) in fields {
        let _ = write!(out, "{:indent$}{}:", "", key(name), indent = depth * 2);
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                out.push('\n');
                block(value, depth + 1, out);
            }
            other => {
                let _ = writeln!(out, " {}", flow(other));
            }
        }
    }
}

/// JSON is YAML, but for some characters that JSON takes as they are.
fn flow(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
            let _ = write!(out, "\\u{:04x}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// A name that can't be taken for anything else stands as it is.
fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&name.to_ascii_lowercase().as_str());
    if plain { name.to_owned() } else { flow(&Value::String(name.to_owned())) }
}
