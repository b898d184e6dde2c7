//! Keys to press: `Enter`, `Control+a`, `Shift+Tab Enter`, as WebDriver names and encodes them.
//!
//! Boundary: names -> code points.
//! Source: the tables of normalised and special key values in W3C WebDriver, "Keyboard actions".

use std::ops::Range;

use super::Keys;
use crate::source::nearest::nearest;

/// What is wrong in a sequence of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyError {
    /// Where in the text, in bytes.
    pub range: Range<usize>,
    /// The part that is no key.
    pub wrong: String,
    /// How to mend it.
    pub help: String,
}

const MODIFIERS: &[&str] = &["Shift", "Control", "Alt", "Meta"];

const NAMED: &[(&str, char)] = &[
    ("Cancel", '\u{e001}'),
    ("Help", '\u{e002}'),
    ("Backspace", '\u{e003}'),
    ("Tab", '\u{e004}'),
    ("Clear", '\u{e005}'),
    ("Return", '\u{e006}'),
    ("Enter", '\u{e007}'),
    ("Shift", '\u{e008}'),
    ("Control", '\u{e009}'),
    ("Alt", '\u{e00a}'),
    ("Pause", '\u{e00b}'),
    ("Escape", '\u{e00c}'),
    ("Space", '\u{e00d}'),
    ("PageUp", '\u{e00e}'),
    ("PageDown", '\u{e00f}'),
    ("End", '\u{e010}'),
    ("Home", '\u{e011}'),
    ("ArrowLeft", '\u{e012}'),
    ("ArrowUp", '\u{e013}'),
    ("ArrowRight", '\u{e014}'),
    ("ArrowDown", '\u{e015}'),
    ("Insert", '\u{e016}'),
    ("Delete", '\u{e017}'),
    ("F1", '\u{e031}'),
    ("F2", '\u{e032}'),
    ("F3", '\u{e033}'),
    ("F4", '\u{e034}'),
    ("F5", '\u{e035}'),
    ("F6", '\u{e036}'),
    ("F7", '\u{e037}'),
    ("F8", '\u{e038}'),
    ("F9", '\u{e039}'),
    ("F10", '\u{e03a}'),
    ("F11", '\u{e03b}'),
    ("F12", '\u{e03c}'),
    ("Meta", '\u{e03d}'),
];

/// Other people's names for them.
const ALIASES: &[(&str, &str)] = &[
    ("ctrl", "Control"),
    ("cmd", "Meta"),
    ("command", "Meta"),
    ("option", "Alt"),
    ("win", "Meta"),
    ("esc", "Escape"),
    ("del", "Delete"),
    ("ins", "Insert"),
    ("pgup", "PageUp"),
    ("pgdn", "PageDown"),
    ("up", "ArrowUp"),
    ("down", "ArrowDown"),
    ("left", "ArrowLeft"),
    ("right", "ArrowRight"),
    ("spacebar", "Space"),
];

/// Parses chords that are separated by white space. A chord is any number of modifiers and one key, joined by `+`; a
/// key is a name or a single character.
///
/// # Errors
/// Every part that is no key.
pub fn parse(text: &str) -> Result<Keys, Vec<KeyError>> {
    let mut chords = Vec::new();
    let mut errors = Vec::new();
    for word in text.split_whitespace() {
        // `split_whitespace` yields subslices, so the difference of their addresses is the offset.
        let offset = word.as_ptr() as usize - text.as_ptr() as usize;
        match chord(word, offset) {
            Ok(chord) => chords.push(chord),
            Err(error) => errors.push(error),
        }
    }
    if chords.is_empty() && errors.is_empty() {
        errors.push(KeyError { range: 0..text.len(), wrong: text.to_owned(), help: "for example `Enter`".into() });
    }
    if errors.is_empty() { Ok(Keys { text: text.to_owned(), chords }) } else { Err(errors) }
}

fn chord(word: &str, offset: usize) -> Result<Vec<char>, KeyError> {
    // The last `+` may itself be the key: `Control++`.
    let (modifiers, key) = match word.strip_suffix('+') {
        Some(rest) if rest.is_empty() || rest.ends_with('+') => (rest.strip_suffix('+').unwrap_or(""), "+"),
        _ => word.rsplit_once('+').unwrap_or(("", word)),
    };
    let mut chars = Vec::new();
    let mut at = offset;
    for modifier in modifiers.split('+').filter(|_| !modifiers.is_empty()) {
        let Some(value) = NAMED.iter().find(|(name, _)| *name == modifier && MODIFIERS.contains(name)) else {
            return Err(KeyError {
                range: at..at + modifier.len(),
                wrong: modifier.to_owned(),
                help: match meant(modifier).filter(|near| MODIFIERS.contains(near)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "before a `+` stand `Shift`, `Control`, `Alt`, `Meta`".into(),
                },
            });
        };
        chars.push(value.1);
        at += modifier.len() + 1;
    }
    let start = offset + word.len() - key.len();
    chars.push(single(key).ok_or_else(|| KeyError {
        range: start..start + key.len(),
        wrong: key.to_owned(),
        help: match meant(key) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a key is a single character or a name such as `Enter`, `ArrowDown`, `F5`; to type a text use `fill`".into(),
        },
    })?);
    Ok(chars)
}

fn single(key: &str) -> Option<char> {
    let mut chars = key.chars();
    match (chars.next(), chars.next()) {
        // The private range is WebDriver's own: given literally it would be some other key.
        (Some(c), None) if !c.is_control() && !('\u{e000}'..='\u{f8ff}').contains(&c) => Some(c),
        _ => NAMED.iter().find(|(name, _)| *name == key).map(|(_, value)| *value),
    }
}

fn meant(wrong: &str) -> Option<&'static str> {
    let lower = wrong.to_lowercase();
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == lower)
        .map(|(_, name)| *name)
        .or_else(|| nearest(wrong, NAMED.iter().map(|(name, _)| *name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_chords_and_sequences() {
        let chords = |text| parse(text).map(|keys| keys.chords);
        assert_eq!(chords("Enter"), Ok(vec![vec!['\u{e007}']]));
        assert_eq!(chords("a"), Ok(vec![vec!['a']]));
        assert_eq!(chords("Control+a  Backspace"), Ok(vec![vec!['\u{e009}', 'a'], vec!['\u{e003}']]));
        assert_eq!(chords("Shift+Control+Tab"), Ok(vec![vec!['\u{e008}', '\u{e009}', '\u{e004}']]));
        assert_eq!(chords("+"), Ok(vec![vec!['+']]));
        assert_eq!(chords("Control++"), Ok(vec![vec!['\u{e009}', '+']]));
        assert_eq!(chords("Shift"), Ok(vec![vec!['\u{e008}']]));
        assert_eq!(chords("ß F12"), Ok(vec![vec!['ß'], vec!['\u{e03c}']]));
    }

    #[test]
    fn what_is_no_key_is_told_with_the_nearest() {
        for (text, at, help) in [
            ("Entr", "Entr", "did you mean `Enter`?"),
            ("enter", "enter", "did you mean `Enter`?"),
            ("Tab Ctrl+a", "Ctrl", "did you mean `Control`?"),
            ("Control+Esc", "Esc", "did you mean `Escape`?"),
            ("Enter+a", "Enter", "before a `+` stand `Shift`, `Control`, `Alt`, `Meta`"),
            (
                "é hello",
                "hello",
                "a key is a single character or a name such as `Enter`, `ArrowDown`, `F5`; to type a text use `fill`",
            ),
        ] {
            let errors = parse(text).expect_err(text);
            assert_eq!(errors.len(), 1);
            assert_eq!((&text[errors[0].range.clone()], errors[0].help.as_str()), (at, help));
        }
        assert!(parse("  ").is_err());
        assert!(parse("\u{e007}").is_err());
    }
}
