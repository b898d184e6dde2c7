//! Text from a page made safe to print. Every string that isn't ours goes through here before it reaches a terminal or
//! an XML file.
//!
//! Why: a page decides what is in its payloads, messages and element descriptions. Unchecked, it could colour its own
//! failure green, move the cursor over it, reverse it with a bidirectional override or break out of an XML file. What
//! is neutralised stays visible (`\u{1b}`), since it is often the very thing that is wrong.

pub use crate::source::hostile::is_hostile;
use std::fmt::Write as _;

/// How many characters of one value are shown.
pub const SHORT: usize = 300;

/// How many characters of one value are shown where there is room: in files for machines.
pub const LONG: usize = 4000;

/// One line of at most `max` characters: hostile characters and line breaks are shown as escapes.
pub fn line(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for (shown, (at, c)) in text.char_indices().enumerate() {
        if shown >= max {
            let rest = text.get(at..).map_or(0, |rest| rest.chars().count());
            let _ = write!(out, "… ({rest} more characters)");
            return out;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // `##[` is a command to the log of a CI server, wherever it stands.
            c if is_hostile(c) || (c == '[' && out.ends_with("##")) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}

/// [`line()`] at the usual length.
pub fn short(text: &str) -> String {
    line(text, SHORT)
}

/// One safe line that is cut to a column's width.
pub fn clip(text: &str, width: usize) -> String {
    let whole = line(text, width + 1);
    if whole.chars().count() <= width {
        return whole;
    }
    whole.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Our own sentences that may have line breaks (a help text): each line made safe, line breaks kept.
pub fn lines(text: &str, max: usize) -> Vec<String> {
    text.lines().map(|part| line(part, max)).collect()
}

/// A duration for people: `34 ms`, `1.24 s`, `2 min 5 s`.
pub fn duration(ms: f64) -> String {
    if !ms.is_finite() || ms < 0.0 {
        return "–".into();
    }
    if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 60_000.0 {
        format!("{:.2} s", ms / 1000.0)
    } else {
        let seconds = (ms / 1000.0).round();
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

/// `1 check`, `2 checks`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// `20,000`
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Breaks a safe line at spaces so that no part is longer than `width` characters; a word that is longer is cut.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut out: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut length = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + chars.len() > width {
            out.push(std::mem::take(&mut current));
            length = 0;
        }
        if length > 0 {
            current.push(' ');
            length += 1;
        }
        for piece in chars.chunks(width) {
            if length + piece.len() > width {
                out.push(std::mem::take(&mut current));
                length = 0;
            }
            current.extend(piece);
            length += piece.len();
        }
    }
    if !current.is_empty() || out.is_empty() {
        out.push(current);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stay_visible_and_lose_their_power() {
        assert_eq!(line("a\u{1b}[32mb\nc\u{202e}d\u{7f}\u{9b}", 99), "a\\u{1b}[32mb\\nc\\u{202e}d\\u{7f}\\u{9b}");
        assert_eq!(line("\u{fffe}\u{1ffff}\u{2028}", 99), "\\u{fffe}\\u{1ffff}\\u{2028}");
        assert_eq!(line("Zoë 会話 👍", 99), "Zoë 会話 👍");
    }

    #[test]
    fn no_text_commands_a_ci_server() {
        assert_eq!(line("##[add-mask]x ##[[", 99), "##\\u{5b}add-mask]x ##\\u{5b}[");
    }

    #[test]
    fn long_texts_are_bounded() {
        assert_eq!(line(&"x".repeat(10), 4), "xxxx… (6 more characters)");
        assert_eq!(line("xxxx", 4), "xxxx");
    }

    #[test]
    fn columns_are_kept() {
        assert_eq!(clip("abcd", 4), "abcd");
        assert_eq!(clip("abcde", 4), "abc…");
        assert_eq!(clip("ab\u{1b}[0m", 6), "ab\\u{…");
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(duration(34.4), "34 ms");
        assert_eq!(duration(999.7), "1.00 s");
        assert_eq!(duration(125_000.0), "2 min 5 s");
        assert_eq!(duration(f64::NAN), "–");
        assert_eq!(grouped(20_000), "20,000");
        assert_eq!(count(1, "check", "checks"), "1 check");
    }

    #[test]
    fn wrapping_keeps_all_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
        assert_eq!(wrap("", 8), [""]);
    }
}
