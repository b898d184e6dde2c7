//! How a text gets into a field: what is pressed key by key, and what keyboards compose and hand over as a whole.
//!
//! Boundary: pure; `fill.rs` does it.

use std::sync::LazyLock;

use regex::Regex;

use super::BrowserKind;

/// A piece of a text, in the order in which it's typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// One key for each character.
    Keys(String),
    /// A line break: Shift+Enter, since Enter alone sends the message in most chats.
    Break,
    /// Handed over as a whole, as by an emoji picker or the clipboard.
    Insert(String),
    /// The same with a composition before it, as by an input method.
    Compose(String),
}

/// A text as a person has it in mind: one kind of line break, and none at the end, where a block text of YAML has one.
pub(super) fn folded(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned()
}

/// What no single key types: characters outside of the basic plane, marks and what joins characters, each with the
/// character before it, scripts that are written with an input method, control characters, and private ones, some of which
/// are keys' names for a driver (WebDriver, "Keyboard actions").
static COMPOSED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let extending = r"\p{M}\p{Cf}\x{1F3FB}-\x{1F3FF}";
    let composed = r"\p{M}\p{Cf}\p{Cc}\p{Co}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\x{10000}-\x{10FFFF}";
    let unit = format!(r"\x{{200D}}.|[{composed}]|[^{composed}][{extending}]");
    Regex::new(&format!("(?s)(?:{unit})+")).ok()
});

/// Written with an input method, which shows what it composes before it's done.
static METHOD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]").ok());

fn private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}')
}

/// The pieces of a folded text.
pub(super) fn pieces(text: &str, browser: BrowserKind) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            pieces.push(Piece::Break);
        }
        match browser {
            BrowserKind::Firefox => firefox(line, &mut pieces),
            BrowserKind::Chromium => chromium(line, &mut pieces),
        }
    }
    pieces
}

/// Firefox takes any character as a key and has no other way in that a page would be asked about (`beforeinput`). Only
/// what it would press instead is handed over.
fn firefox(line: &str, pieces: &mut Vec<Piece>) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let is = private(first);
        let end = rest.find(|c| private(c) != is).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        pieces.push(if is { Piece::Insert(piece.to_owned()) } else { Piece::Keys(piece.to_owned()) });
        rest = after;
    }
}

fn chromium(line: &str, pieces: &mut Vec<Piece>) {
    let mut done = 0;
    for found in COMPOSED.iter().flat_map(|composed| composed.find_iter(line)) {
        if found.start() > done {
            pieces.push(Piece::Keys(line[done..found.start()].to_owned()));
        }
        let text = found.as_str().to_owned();
        let method = METHOD.as_ref().is_some_and(|method| method.is_match(&text));
        pieces.push(if method { Piece::Compose(text) } else { Piece::Insert(text) });
        done = found.end();
    }
    if done < line.len() {
        pieces.push(Piece::Keys(line[done..].to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, browser: BrowserKind) -> String {
        let piece = |piece: Piece| match piece {
            Piece::Keys(text) => format!("keys {text:?}"),
            Piece::Break => "break".to_owned(),
            Piece::Insert(text) => format!("insert {text:?}"),
            Piece::Compose(text) => format!("compose {text:?}"),
        };
        pieces(text, browser).into_iter().map(piece).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn line_breaks_are_one_kind_and_none_is_at_the_end() {
        for (text, becomes) in
            [("a\r\nb\rc\n", "a\nb\nc"), ("block\n", "block"), ("\n\na", "\n\na"), ("a\r\n\r\n", "a"), ("\n", "")]
        {
            assert_eq!(folded(text), becomes);
        }
    }

    #[test]
    fn what_no_key_types_is_handed_over() {
        for (text, becomes) in [
            ("Hi ñ €", r#"keys "Hi ñ €""#),
            ("Hi 👋🏽!", r#"keys "Hi ", insert "👋🏽", keys "!""#),
            ("👩\u{200D}⚕ x", "insert \"👩\\u{200d}⚕\", keys \" x\""),
            ("❤\u{FE0F}a", r#"insert "❤\u{fe0f}", keys "a""#),
            ("re\u{301}sume\u{301}", r#"keys "r", insert "e\u{301}", keys "sum", insert "e\u{301}""#),
            ("日本 ñ", r#"compose "日本", keys " ñ""#),
            ("שלום", r#"keys "שלום""#),
            ("a\tb", r#"keys "a", insert "\t", keys "b""#),
            ("x\u{E003}y", r#"keys "x", insert "\u{e003}", keys "y""#),
            ("one\n\ntwo", r#"keys "one", break, break, keys "two""#),
            ("", ""),
        ] {
            assert_eq!(told(text, BrowserKind::Chromium), becomes, "{text:?}");
        }
        assert_eq!(
            told("Hi 👋🏽\nx\u{E003}\u{F8FF}y", BrowserKind::Firefox),
            "keys \"Hi 👋🏽\", break, keys \"x\", insert \"\\u{e003}\\u{f8ff}\", keys \"y\""
        );
    }
}
