//! Reads values out of a YAML tree and collects every mistake on the way: nothing here stops at the first.
//!
//! Boundary: shapes (a map with these keys, a duration, one of these words), not what they mean.

use std::time::Duration;

use super::nearest::{list, suggest};
use super::yaml::{Entry, Node, Value, place};
use super::{Mistake, SourceFile, Span};

/// The mistakes found so far in one file.
#[derive(Debug)]
pub struct Checker<'s> {
    /// The file being read.
    pub source: &'s SourceFile,
    /// What was found, in no order yet.
    pub mistakes: Vec<Mistake>,
}

impl<'s> Checker<'s> {
    /// Begins to read a file.
    pub fn new(source: &'s SourceFile) -> Self {
        Self { source, mistakes: Vec::new() }
    }

    /// Notes a mistake.
    pub fn report(
        &mut self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.mistakes.push(Mistake { span, message: message.into(), label: label.into(), help: Some(help.into()) });
    }

    /// Notes a name that isn't one of those known: "unknown event `X`". `noun` in the singular; `known` in the order
    /// in which to list them.
    pub fn unknown<'a>(&mut self, span: Span, noun: &str, wrong: &str, known: impl IntoIterator<Item = &'a str>) {
        let help = suggest(wrong, &format!("known {noun}s"), known);
        self.report(span, format!("unknown {noun} `{wrong}`"), format!("no such {noun}"), help);
    }

    /// Notes a value of the wrong type. `expected` completes "expected ...".
    pub fn wrong_type(&mut self, node: &Node, what: &str, expected: &str) {
        let raw = self.raw(node.span);
        if let Some(comment) = self.comment_after(node) {
            self.report(
                node.span,
                format!("{what} is empty: to YAML `{comment}` is a comment"),
                format!("expected {expected}"),
                format!("put it in quotes: `\"{comment}\"`"),
            );
            return;
        }
        let help = match &node.value {
            Value::Null => format!("write {expected}"),
            // `[name=x]` is CSS to whoever wrote it.
            Value::Seq(_) if raw.starts_with('[') && raw.contains('=') && expected.contains("text") => {
                format!("put it in quotes: `'{}'`", raw.replace('\'', "''"))
            }
            Value::Bool(_) | Value::Int(_) | Value::Float(_) if expected.contains("text") => {
                format!("put it in quotes: `\"{}\"`", self.raw(node.span))
            }
            _ => format!("write {expected}"),
        };
        let message = match node.value {
            Value::Null => format!("{what} is empty"),
            _ => format!("{what} must be {expected}, not {}", node.kind()),
        };
        self.report(node.span, message, format!("expected {expected}"), help);
    }

    /// What stands behind an empty value and was meant as one: `#launcher` right behind the key.
    fn comment_after(&self, node: &Node) -> Option<&'s str> {
        if node.value != Value::Null || node.span.len > 0 {
            return None;
        }
        let rest = self.source.of(node.span).text.get(node.span.offset..)?.lines().next()?;
        let comment = rest.trim_start_matches([' ', ':']).trim_end();
        // A remark has a blank behind its mark; an id hasn't.
        (comment.starts_with('#') && !comment.starts_with("# ") && comment.len() > 1).then_some(comment)
    }

    /// The file's own text at a place.
    pub fn raw(&self, span: Span) -> &'s str {
        self.source.of(span).text.get(span.offset..span.offset + span.len).unwrap_or("")
    }

    /// The place of a part of a text value: exact where the value stands in the file as it is, the whole value where
    /// quoting or folding changed it. `start` and `end` are bytes in the value.
    pub fn part(&self, node: &Node, start: usize, end: usize) -> Span {
        let (Some(value), raw) = (node.as_str(), self.raw(node.span)) else { return node.span };
        let quoted = raw.len() >= 2 && raw.get(1..raw.len() - 1) == Some(value);
        let shift = match (raw == value, quoted) {
            (true, _) => 0,
            (_, true) => 1,
            _ => return node.span,
        };
        if start > end || value.get(start..end).is_none() {
            return node.span;
        }
        let text = &self.source.of(node.span).text;
        Span { len: end - start, file: node.span.file, ..place(text, node.span.offset + shift + start) }
    }

    /// A text that isn't blank.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        match node.as_str() {
            Some(text) if text.trim().is_empty() => {
                self.report(node.span, format!("{what} is empty"), "expected a text", "write something here");
                None
            }
            Some(text) => Some(text),
            None => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node, what: &str) -> Option<bool> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::String(word) if ["yes", "on", "no", "off"].contains(&word.to_lowercase().as_str()) => {
                let meant = matches!(word.to_lowercase().as_str(), "yes" | "on");
                self.report(
                    node.span,
                    format!("{what} must be `true` or `false`"),
                    "expected `true` or `false`",
                    format!("write `{meant}`"),
                );
                None
            }
            _ => {
                self.wrong_type(node, what, "`true` or `false`");
                None
            }
        }
    }

    /// A whole number that isn't negative.
    pub fn count(&mut self, node: &Node, what: &str) -> Option<u64> {
        match node.value {
            Value::Int(value) if value >= 0 => u64::try_from(value).ok(),
            _ => {
                self.wrong_type(node, what, "a whole number");
                None
            }
        }
    }

    /// A text; a number is taken as it is written, since `0049 30` and `5551234` are both typed in as they are.
    pub fn text_or_number<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str>
    where
        's: 'n,
    {
        match &node.value {
            Value::Int(_) | Value::Float(_) => Some(self.raw(node.span)),
            Value::String(text) => Some(text),
            _ => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// One of some words.
    pub fn choice<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let Some(text) = node.as_str() else {
            self.wrong_type(node, what, &format!("one of {}", list(&names)));
            return None;
        };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let help = suggest(text, "choose one of", names.iter().copied());
            self.report(
                node.span,
                format!("{what} can't be `{text}`"),
                format!("expected one of {}", list(&names)),
                help,
            );
        }
        found
    }

    /// A duration: `500ms`, `2s`, `1.5s`, `10m`.
    pub fn duration(&mut self, node: &Node, what: &str) -> Option<Duration> {
        let text = match &node.value {
            Value::String(text) => text.as_str(),
            Value::Int(_) | Value::Float(_) => {
                let raw = self.raw(node.span);
                // Thousands of seconds are hardly meant.
                let unit = if raw.parse::<f64>().is_ok_and(|n| n >= 100.0) { "ms" } else { "s" };
                self.report(
                    node.span,
                    format!("{what} has no unit"),
                    "expected a duration",
                    format!("write `{raw}{unit}`"),
                );
                return None;
            }
            _ => {
                self.wrong_type(node, what, "a duration such as `500ms`, `2s` or `10m`");
                return None;
            }
        };
        match parse_duration(text) {
            Ok(duration) => Some(duration),
            Err(help) => {
                self.report(node.span, format!("{what}: `{text}` is no duration"), "expected a duration", help);
                None
            }
        }
    }

    /// A map, with its unknown keys noted. `what` names it in messages ("a step"); `keys` are those it may have.
    /// Keys that begin with `x-` are the user's own when `keys` has `x-`.
    pub fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        keys: &'static [&'static str],
    ) -> Option<Fields<'n>> {
        let entries = self.entries(node, what)?;
        for entry in entries {
            let name = entry.key.text.as_str();
            let own = name.starts_with("x-") && keys.contains(&"x-");
            if !own && (!keys.contains(&name) || name == "x-") {
                let valid: Vec<&str> = keys.iter().copied().filter(|key| *key != "x-").collect();
                let near = super::nearest::nearest(name, valid.iter().copied());
                let help = match near {
                    Some(near) => format!("did you mean `{near}`? {what} has the keys {}", list(&valid)),
                    None => format!("{what} has the keys {}", list(&valid)),
                };
                self.report(entry.key.span, format!("unknown key `{name}` in {what}"), "unknown key", help);
            }
        }
        Some(Fields { what, span: node.span, entries, keys })
    }

    /// A map with keys of the user's own choice.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            _ => {
                self.wrong_type(node, what, "a map (`key: value`)");
                None
            }
        }
    }

    /// A list; a single value stands for a list of one.
    pub fn one_or_many<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::Seq(items) => items,
            _ => std::slice::from_ref(node),
        }
    }
}

/// A map whose keys are known.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n> {
    /// Names it in messages.
    pub what: &'static str,
    /// Its place.
    pub span: Span,
    entries: &'n [Entry],
    keys: &'static [&'static str],
}

impl<'n> Fields<'n> {
    /// The value of a key, if it is there.
    pub fn get(&self, key: &'static str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Key and value, if they are there.
    pub fn entry(&self, key: &'static str) -> Option<&'n Entry> {
        debug_assert!(self.keys.contains(&key), "`{key}` is no key of {}", self.what);
        self.entries.iter().find(|entry| entry.key.text == key)
    }

    /// The value of a key that must be there.
    pub fn require(&self, checker: &mut Checker<'_>, key: &'static str) -> Option<&'n Node> {
        let found = self.get(key);
        // A slip in the key was told as such already.
        if found.is_none()
            && !self.unknown().any(|name| super::nearest::nearest(name, self.keys.iter().copied()) == Some(key))
        {
            checker.report(
                self.first_key(),
                format!("{} lacks `{key}`", self.what),
                format!("expected the key `{key}` in this map"),
                format!("add `{key}: ...`"),
            );
        }
        found
    }

    /// The keys that it shouldn't have.
    pub fn unknown(&self) -> impl Iterator<Item = &'n str> {
        let keys = self.keys;
        self.entries.iter().map(|entry| entry.key.text.as_str()).filter(move |name| !keys.contains(name))
    }

    /// The place of its first key: where a caret for the whole map goes.
    pub fn first_key(&self) -> Span {
        self.entries.first().map_or(self.span, |entry| entry.key.span)
    }
}

/// Parses `500ms`, `2s`, `1.5s`, `10m`. The error says what to write.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    const FORMS: &str = "write a number and a unit: `500ms`, `2s`, `10m`";
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "" if !number.is_empty() => return Err(format!("write `{number}s`")),
        _ => return Err(FORMS.into()),
    };
    let number: f64 = number.parse().map_err(|_| FORMS.to_owned())?;
    let total = number * seconds;
    // A day is more than any journey waits, and keeps what is added to a clock from overflowing.
    if total > 86_400.0 { Err("write at most `1440m`".into()) } else { Ok(Duration::from_secs_f64(total)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
        assert_eq!(parse_duration("2"), Err("write `2s`".into()));
        for bad in ["", "s", "-1s", "2 s", "1h", "1.2.3s", ".s", "٣s", "1e9s", "99999999999999999999m"] {
            assert!(parse_duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn parts_of_texts_are_exact_where_the_file_has_them_as_they_are() {
        for (text, want) in [
            ("a: über ${x} y", "${x}"),
            ("a: \"über ${x} y\"", "${x}"),
            ("a: 'über ${x} y'", "${x}"),
            ("a: \"\\u00fcber ${x} y\"", "\"\\u00fcber ${x} y\""),
            ("a: >-\n  über ${x}\n  y", "über ${x}\n  y"),
        ] {
            let source = SourceFile::new("t", text);
            let mut checker = Checker::new(&source);
            let tree = super::super::yaml::parse(&source, &mut checker.mistakes).expect("valid");
            let node = tree.get("a").expect("a");
            let at = node.as_str().and_then(|v| v.find("${x}")).expect("in the value");
            assert_eq!(checker.raw(checker.part(node, at, at + 4)), want, "{text}");
        }
    }
}
