//! YAML text -> a tree in which every key and every value knows its place.
//!
//! Boundary: YAML 1.2 and its syntax errors; nothing of what the keys mean. `serde-saphyr` parses; this module turns
//! its locations into [`Span`]s that a caret can be put under, and keeps duplicate keys so that they can be reported.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::{Mistake, SourceFile, Span};

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// A scalar's own text, quotes included. A collection in flow style reaches from its bracket to its last element;
    /// one in block style begins at its first key or dash. What comes from an alias has the place of its anchor's
    /// value: that is the text to mend.
    pub span: Span,
}

/// A YAML value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`; `yes`, `no`, `on` and `off` are strings, as in YAML 1.2.
    Bool(bool),
    /// A whole number that fits in 64 bits.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Seq(Vec<Node>),
    /// A map, in the file's order, keys unique.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as text; `1` and `true` are keys too.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A map's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl Node {
    /// What kind of value it is, for messages: "a map", "the number 3".
    pub fn kind(&self) -> String {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Int(value) => format!("the number {value}"),
            Value::Float(value) => format!("the number {value}"),
            Value::String(_) => "a text".into(),
            Value::Seq(_) => "a list".into(),
            Value::Map(_) => "a map".into(),
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| e.key.text == key).map(|e| &e.value),
            _ => None,
        }
    }

    fn stand_in(&mut self, file: u16) {
        self.span.file = file;
        match &mut self.value {
            Value::Seq(items) => items.iter_mut().for_each(|item| item.stand_in(file)),
            Value::Map(entries) => entries.iter_mut().for_each(|entry| {
                entry.key.span.file = file;
                entry.value.stand_in(file);
            }),
            _ => {}
        }
    }

    /// The same value as JSON. Numbers that JSON can't hold (`.inf`, `.nan`) become `null`.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => serde_json::Number::from_f64(*value).map_or(serde_json::Value::Null, Into::into),
            Value::String(text) => text.as_str().into(),
            Value::Seq(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|e| (e.key.text.clone(), e.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

/// Parses the text. Syntax errors and duplicate keys are added to `mistakes`; of a duplicate, the first one is kept.
/// `None` if the syntax is so broken that there is no tree.
pub fn parse(source: &SourceFile, mistakes: &mut Vec<Mistake>) -> Option<Node> {
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(&source.text, options(&source.text)) {
        Ok(raw) => Some(Converter { source, mistakes }.node(raw)),
        Err(error) => {
            mistakes.push(syntax_mistake(source, &error));
            None
        }
    }
}

/// The same for a file that another one includes as its `file`th.
pub fn parse_included(source: &SourceFile, file: u16, mistakes: &mut Vec<Mistake>) -> Option<Node> {
    let before = mistakes.len();
    let mut tree = parse(source, mistakes);
    mistakes[before..].iter_mut().for_each(|mistake| mistake.span.file = file);
    if let Some(tree) = &mut tree {
        tree.stand_in(file);
    }
    tree
}

/// Far more than any file of ours needs, far less than what it takes to exhaust memory or the stack: a few lines of
/// nested aliases can ask for billions of nodes.
fn options(text: &str) -> serde_saphyr::Options {
    // What is written out has fewer nodes than characters. Only aliases can ask for more of them than that.
    let nodes = 100_000 + text.len();
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 48,
            max_events: 2 * nodes,
            max_nodes: nodes,
            max_aliases: 2_000,
            max_anchors: 2_000,
            max_recorded_anchor_events: 200_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 50_000,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    }
}

fn syntax_mistake(source: &SourceFile, error: &serde_saphyr::Error) -> Mistake {
    use serde_saphyr::Error;

    let span = error.location().map_or_else(|| place(&source.text, 0), |location| span(source, location));
    let error = error.without_snippet();
    let told = |message: &str, help: &str| (message.to_owned(), help.to_owned());
    let (message, help) = match error {
        Error::MultipleDocuments { .. } => told("a second YAML document begins here", "keep one document in a file"),
        Error::NullIntoString { .. } => told("a key can't be empty", "give the key a name"),
        Error::Unexpected { .. } => told("a key must be a text", "write the key as a plain word"),
        Error::NonFiniteFloat { .. } => {
            told("infinite numbers have no meaning here", "write a number, or a text in quotes")
        }
        _ => {
            let text = error.to_string();
            // The place is shown by the caret, not in words.
            let message = text.split(" at line ").next().unwrap_or(&text).trim_end_matches(['.', ':', ',']);
            if message.contains("tab") {
                told("a tab can't indent a line", "indent with spaces: two for each level")
            } else if message.contains("did not find expected '-' indicator")
                || message.contains("did not find expected key")
            {
                told(
                    "this line is indented unlike those around it",
                    "keys that belong together begin in the same column; behind a `- `, that is the column after it",
                )
            } else if ["anchor", "alias", "budget"].iter().any(|word| message.contains(word)) {
                told(message, "an alias (`*name`) repeats an anchor (`&name`) above it; a few of them, not thousands")
            } else {
                told(
                    message,
                    "a text with `: ` or ` #` in it, or one that begins with any of *&!@{[%|>`\"', needs quotes",
                )
            }
        }
    };
    Mistake { span, message, label: "not valid YAML here".into(), help: Some(help) }
}

/// What serde sees: the tree before places are worked out and duplicates are sorted out.
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    Seq(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;

        impl<'de> Visitor<'de> for RawVisitor {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a YAML value")
            }

            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
                Ok(Raw::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
                Ok(Raw::Int(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
                Ok(i64::try_from(value).map_or(Raw::Float(value as f64), Raw::Int))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
                Ok(Raw::Float(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
                Ok(Raw::String(value.to_owned()))
            }

            fn visit_string<E>(self, value: String) -> Result<Raw, E> {
                Ok(Raw::String(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Raw::Seq(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Map(entries))
            }
        }

        deserializer.deserialize_any(RawVisitor)
    }
}

struct Converter<'a> {
    source: &'a SourceFile,
    mistakes: &'a mut Vec<Mistake>,
}

impl Converter<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let mut place = span(self.source, raw.defined);
        let value = match raw.value {
            Raw::Null => Value::Null,
            Raw::Bool(value) => Value::Bool(value),
            Raw::Int(value) => Value::Int(value),
            Raw::Float(value) => Value::Float(value),
            Raw::String(text) => Value::String(text),
            Raw::Seq(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.node(item)).collect();
                place = self.collection(place, items.first().map(|n| n.span), items.last().map(|n| n.span));
                Value::Seq(items)
            }
            Raw::Map(raw) => {
                let (entries, last) = self.entries(raw);
                place = self.collection(place, entries.first().map(|e| e.key.span), last);
                Value::Map(entries)
            }
        };
        Node { value, span: place }
    }

    /// The entries without duplicates, and the place of the last value, duplicate or not.
    fn entries(&mut self, raw: Vec<(Spanned<String>, Spanned<Raw>)>) -> (Vec<Entry>, Option<Span>) {
        let mut last = None;
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.len());
        let mut seen: HashMap<String, Span> = HashMap::with_capacity(raw.len());
        for (key, value) in raw {
            let key = Key { span: span(self.source, key.defined), text: key.value };
            let value = self.node(value);
            last = Some(value.span);
            if let Some(first) = seen.get(&key.text) {
                self.mistakes.push(Mistake {
                    span: key.span,
                    message: format!("`{}` stands twice in this map", key.text),
                    label: format!("already in line {}", first.line),
                    help: Some("keep one of the two".into()),
                });
            } else {
                seen.insert(key.text.clone(), key.span);
                entries.push(Entry { key, value });
            }
        }
        (entries, last)
    }

    /// Where a collection's caret goes: see [`Node::span`].
    fn collection(&self, own: Span, first: Option<Span>, last: Option<Span>) -> Span {
        let flow = self.source.text.as_bytes().get(own.offset).is_some_and(|b| matches!(b, b'[' | b'{'));
        match (first, last) {
            (_, Some(last)) if flow && last.offset >= own.offset => {
                let end = last.offset + last.len;
                let close = self.source.text.get(end..).map_or(0, |rest| {
                    let blank = rest.len() - rest.trim_start_matches([' ', ',']).len();
                    if rest[blank..].starts_with(['}', ']']) { blank + 1 } else { 0 }
                });
                Span { len: end + close - own.offset, ..own }
            }
            (None, _) if flow => {
                let rest = self.source.text.get(own.offset..).unwrap_or("");
                Span { len: rest.find([']', '}']).map_or(1, |close| close + 1), ..own }
            }
            (Some(first), _) if own.len == 0 && first.offset >= own.offset => first,
            _ => own,
        }
    }
}

/// A parser's location as a [`Span`], cut so that it lies within the text, on character boundaries, without the white
/// space behind it: a caret must never point at nothing.
fn span(source: &SourceFile, location: Location) -> Span {
    let text = &*source.text;
    let range = location.span();
    let floor = |wanted: u64| {
        let mut at = usize::try_from(wanted).unwrap_or(text.len()).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let Some(start) = range.byte_offset() else {
        return place(text, offset_of(text, location.line(), location.column()));
    };
    let offset = floor(start);
    let end = floor(start.saturating_add(range.byte_len().unwrap_or(0))).max(offset);
    let len = text[offset..end].trim_end().len();
    // The parser has counted lines and columns already; counting again for each node would take quadratic time.
    let known = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Span { line: known(location.line()), column: known(location.column()), offset, len, file: 0 }
}

/// Byte offset of a line and column (characters, both from 1): all that a syntax error knows of its place.
fn offset_of(text: &str, line: u64, column: u64) -> usize {
    let nth = |n: u64| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(start) = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).nth(nth(line)) else {
        return text.len();
    };
    let rest = text[start..].split(['\r', '\n']).next().unwrap_or("");
    start + rest.char_indices().nth(nth(column)).map_or(rest.len(), |(at, _)| at)
}

/// The [`Span`] of length 0 at a byte offset.
pub fn place(text: &str, offset: usize) -> Span {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before[line_start..].chars().filter(|c| *c != '\u{feff}').count() + 1;
    Span { line: line as u32, column: column as u32, offset: before.len(), len: 0, file: 0 }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
