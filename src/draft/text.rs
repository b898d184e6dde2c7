//! Texts as a spec's YAML has them.

use std::fmt::Write as _;

use serde_json::json;

/// A name of lower-case letters, digits and `-`.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.to_lowercase().chars() {
        match c.is_ascii_alphanumeric() {
            true => slug.push(c),
            false if !slug.ends_with('-') => slug.push('-'),
            false => {}
        }
    }
    slug.trim_matches(|c: char| c == '-' || c.is_ascii_digit()).trim_end_matches('-').chars().take(60).collect()
}

pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// A text as YAML reads it back; plain where that is beyond doubt.
pub(super) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-.'()/".contains(c);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "nan", "inf"];
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(plain)
        && !text.ends_with(' ')
        && !words.contains(&text.to_ascii_lowercase().as_str());
    if fits { text.to_owned() } else { quoted(text) }
}

pub(super) fn quoted(text: &str) -> String {
    // JSON's escapes are YAML's; what JSON leaves as it is and YAML doesn't take, or what can't be seen, is escaped too.
    let mut out = String::new();
    for c in json!(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
