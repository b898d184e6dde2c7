//! Values by name, put in the place of `${name}` in a tree.
//!
//! Boundary: trees and texts; what names there are, and where their values come from, is for the others here.

use indexmap::{IndexMap, IndexSet};

use crate::site::reference::VERBS;
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Key, Node, Value};

/// No text of a site file needs more bytes; values that repeat one another could otherwise ask for any number.
pub(in crate::site) const LONGEST: usize = 20_000;

/// Where in a file a text stands, as far as what is put into it has to be escaped for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::site) enum Place {
    /// Anywhere: values are put in as they are.
    Text,
    /// In a locator: a value that stands in quotes stays in them, and one in a regular expression matches itself.
    Locator,
}

/// A value.
#[derive(Debug, Clone)]
struct Given {
    node: Node,
    /// As it stands within a longer text; `None` for lists and maps.
    text: Option<String>,
}

/// Values by name.
#[derive(Debug, Clone, Default)]
pub(in crate::site) struct Values(IndexMap<String, Given>);

impl Values {
    /// Adds a value that stands in the file.
    pub fn give(&mut self, checker: &Checker<'_>, name: &str, node: &Node) {
        let text = match &node.value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            // As it is written: `1.50`.
            Value::Int(_) | Value::Float(_) => Some(checker.raw(node.span).to_owned()),
            Value::Null => Some(String::new()),
            Value::Seq(_) | Value::Map(_) => None,
        };
        self.0.insert(name.to_owned(), Given { node: node.clone(), text });
    }

    /// Adds a text.
    pub fn give_text(&mut self, name: &str, text: &str) {
        let node = Node { value: Value::String(text.to_owned()), span: Default::default() };
        self.0.insert(name.to_owned(), Given { node, text: Some(text.to_owned()) });
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text with the values in it.
    ///
    /// # Errors
    /// The name of a value that can't stand in a text; an empty name if the text gets too long.
    pub fn fill_text(&self, text: &str, place: Place) -> Result<String, String> {
        let mut out = String::new();
        let mut around = Around::default();
        for piece in pieces(text) {
            match piece {
                Found::Text(text) => {
                    around.read(text);
                    out += text;
                }
                Found::Reference { name, whole } => match self.0.get(name) {
                    None => out += whole,
                    Some(Given { text: None, .. }) => return Err(name.to_owned()),
                    Some(Given { text: Some(value), .. }) if place == Place::Text => out += value,
                    Some(Given { text: Some(value), .. }) => out += &around.escaped(value),
                },
            }
            if out.len() > LONGEST {
                return Err(String::new());
            }
        }
        Ok(out)
    }

    /// A copy of a tree with the values in it: a text that is nothing but a reference becomes the value itself. `left`: how many
    /// more nodes there may be; nothing is copied any more when there are none.
    pub fn fill(&self, checker: &mut Checker<'_>, node: &Node, left: &mut usize) -> Node {
        self.filled(checker, node, Place::Text, left)
    }

    fn filled(&self, checker: &mut Checker<'_>, node: &Node, place: Place, left: &mut usize) -> Node {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return Node { value: Value::Null, span: node.span };
        }
        let value = match &node.value {
            Value::String(text) => {
                if let Some(given) = alone(text).and_then(|name| self.0.get(name)) {
                    *left = left.saturating_sub(size(&given.node));
                    return given.node.clone();
                }
                let filled = self.text(checker, node, text, place);
                *left = left.saturating_sub(filled.len() / 100);
                Value::String(filled)
            }
            Value::Seq(items) => Value::Seq(items.iter().map(|item| self.filled(checker, item, place, left)).collect()),
            Value::Map(entries) => Value::Map(entries.iter().map(|one| self.entry(checker, one, left)).collect()),
            other => other.clone(),
        };
        Node { value, span: node.span }
    }

    fn entry(&self, checker: &mut Checker<'_>, entry: &Entry, left: &mut usize) -> Entry {
        let Entry { key, value } = entry;
        let at = Node { value: Value::Null, span: key.span };
        let text = self.text(checker, &at, &key.text, Place::Text);
        let place = if takes_locator(&key.text) { Place::Locator } else { Place::Text };
        Entry { key: Key { text, span: key.span }, value: self.filled(checker, value, place, left) }
    }

    fn text(&self, checker: &mut Checker<'_>, node: &Node, text: &str, place: Place) -> String {
        match self.fill_text(text, place) {
            Ok(text) => text,
            Err(name) if name.is_empty() => {
                let label = format!("longer than {LONGEST} bytes with its values");
                checker.report(node.span, "a text gets too long", label, "use shorter values");
                String::new()
            }
            Err(name) => {
                let kind = self.0.get(&name).map(|given| given.node.kind()).unwrap_or_default();
                checker.report(
                    node.span,
                    format!("`{name}` is {kind}, and can't stand within a text"),
                    format!("expected `${{{name}}}` alone, or a text as its value"),
                    format!("write `${{{name}}}` and nothing else here, or give `{name}` a text"),
                );
                String::new()
            }
        }
    }
}

/// Whether a locator stands at a step's key.
fn takes_locator(key: &str) -> bool {
    ["on", "to", "until", "has", "near"].contains(&key)
        || VERBS.iter().any(|verb| verb.name == key && verb.form.ends_with("LOCATOR"))
}

/// The name, if a text is nothing but a reference.
fn alone(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    is_name(name).then_some(name)
}

/// Whether it can be the name of a value: what references have names like these are others'.
pub(in crate::site) fn is_name(name: &str) -> bool {
    name != "journey"
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The names of values that a tree refers to, in order.
pub(in crate::site) fn referred(node: &Node, into: &mut IndexSet<String>) {
    let mut add = |text: &str| {
        for piece in pieces(text) {
            if let Found::Reference { name, .. } = piece {
                into.insert(name.to_owned());
            }
        }
    };
    match &node.value {
        Value::String(text) => add(text),
        Value::Seq(items) => items.iter().for_each(|item| referred(item, into)),
        Value::Map(entries) => {
            for Entry { key, value } in entries {
                let text = Node { value: Value::String(key.text.clone()), span: key.span };
                referred(&text, into);
                referred(value, into);
            }
        }
        _ => {}
    }
}

/// How many nodes a tree has.
pub(in crate::site) fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Seq(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|entry| size(&entry.value)).sum(),
        Value::String(text) => text.len() / 100,
        _ => 0,
    }
}

enum Found<'t> {
    /// Text, references of other kinds included.
    Text(&'t str),
    /// What may be a value's.
    Reference { name: &'t str, whole: &'t str },
}

/// The pieces of a text; `$${` begins no reference.
fn pieces(text: &str) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    let (mut begin, mut at) = (0, 0);
    while let Some(dollar) = text[at..].find("${").map(|dollar| at + dollar) {
        let inside = dollar + 2;
        // A reference of another kind may end anywhere.
        let name = text[inside..].find('}').map(|close| &text[inside..inside + close]);
        match name.filter(|name| is_name(name) && !text[at..dollar].ends_with('$')) {
            Some(name) => {
                let end = inside + name.len() + 1;
                if begin < dollar {
                    found.push(Found::Text(&text[begin..dollar]));
                }
                found.push(Found::Reference { name, whole: &text[dollar..end] });
                (begin, at) = (end, end);
            }
            None => at = inside,
        }
    }
    if begin < text.len() {
        found.push(Found::Text(&text[begin..]));
    }
    found
}

/// What a place in a locator stands in: quotes, or a regular expression.
#[derive(Debug, Default)]
struct Around {
    open: Option<char>,
    last: char,
}

impl Around {
    fn read(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (self.open, c) {
                (Some(_), '\\') => drop(chars.next()),
                (Some(open), c) if c == open => self.open = None,
                (None, '"' | '\'') => self.open = Some(c),
                // `text=/re/`
                (None, '/') if self.last == '=' => self.open = Some(c),
                _ => {}
            }
            if !c.is_whitespace() {
                self.last = c;
            }
        }
    }

    /// A value as it has to be written there. References in it, which are replaced later, stay what they are.
    fn escaped(&self, value: &str) -> String {
        let special = match self.open {
            Some('/') => "\\^$.*+?()[]{}|/",
            Some('"') => "\\\"",
            Some(_) => "\\'",
            None => return value.to_owned(),
        };
        let mut out = String::new();
        let mut rest = value;
        while !rest.is_empty() {
            let (plain, reference, after) =
                match rest.find("${").and_then(|at| Some((at, at + rest[at..].find('}')? + 1))) {
                    Some((at, end)) => (&rest[..at], &rest[at..end], &rest[end..]),
                    None => (rest, "", ""),
                };
            for c in plain.chars() {
                if special.contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
            out += reference;
            rest = after;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, place: Place) -> String {
        let mut values = Values::default();
        values.give_text("who", "Ada");
        values.give_text("said", "it's \"1+1\" ${run.id}");
        values.fill_text(text, place).expect("filled")
    }

    #[test]
    fn values_stand_where_their_names_stood() {
        for (text, want) in [
            ("", ""),
            ("hi ${who}!", "hi Ada!"),
            ("${who}${who}", "AdaAda"),
            (
                "$${who} ${env.who} ${run.id} ${journey} ${other} ${",
                "$${who} ${env.who} ${run.id} ${journey} ${other} ${",
            ),
            ("${said}", "it's \"1+1\" ${run.id}"),
        ] {
            assert_eq!(filled(text, Place::Text), want, "{text}");
        }
    }

    #[test]
    fn in_a_locator_a_value_stays_in_its_quotes_and_matches_itself() {
        for (text, want) in [
            ("text=\"${said}\" >> b", "text=\"it's \\\"1+1\\\" ${run.id}\" >> b"),
            ("[title='${said}']", "[title='it\\'s \"1+1\" ${run.id}']"),
            ("text=/^${said}$/i", "text=/^it's \"1\\+1\" ${run.id}$/i"),
            ("text=${said}", "text=it's \"1+1\" ${run.id}"),
        ] {
            assert_eq!(filled(text, Place::Locator), want, "{text}");
        }
    }

    #[test]
    fn nothing_grows_without_end() {
        let mut values = Values::default();
        values.give_text("x", &"x".repeat(LONGEST));
        assert_eq!(values.fill_text("${x}${x}", Place::Text), Err(String::new()));
    }
}
