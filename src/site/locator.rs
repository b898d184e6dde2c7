//! Locators: CSS by default; `role=`, `text=`, `label=`, `placeholder=`, `testid=`; `A >> B` nests.

use serde::Serialize;

mod css;
mod parse;
#[cfg(test)]
mod tests;
mod words;

pub(super) use css::css_kind;
pub use parse::{LocatorError, Named, Names, NoNames, parse};

use super::template::{Piece, Template, Variables};

/// A parsed locator: each part is searched inside what the former one found. Serialises for the page's script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Locator {
    /// As written.
    #[serde(skip)]
    pub text: String,
    /// At least one.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Part {
    /// A CSS selector; each compound may match in any shadow root or frame.
    Css {
        /// The selector.
        selector: String,
    },
    /// An ARIA role with an accessible name.
    Role {
        /// Role: `button`.
        role: String,
        /// Accessible name.
        name: Option<TextMatch>,
    },
    /// An element with this text, the innermost one.
    Text {
        /// The text.
        text: TextMatch,
    },
    /// A form control with this label (`label`, `aria-label`, `aria-labelledby`).
    Label {
        /// The label.
        text: TextMatch,
    },
    /// A form control with this placeholder.
    Placeholder {
        /// The placeholder.
        text: TextMatch,
    },
    /// `data-testid`
    Testid {
        /// Its value.
        id: String,
    },
    /// `has`: those of the former part's matches in which there is a match of these parts.
    Has {
        /// Parts.
        parts: Vec<Part>,
    },
    /// `near`: that one of the former part's matches which is nearest to a match of these parts.
    Near {
        /// Parts.
        parts: Vec<Part>,
    },
    /// `nth=0`: that one of the former part's matches; negative from the end.
    Nth {
        /// Index from 0.
        index: i64,
    },
}

/// How a text is compared: white space folded; quoted texts exactly, unquoted ones as a case-insensitive substring,
/// `/re/i` as a JavaScript regular expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "lowercase")]
pub enum TextMatch {
    /// Exactly.
    Exact {
        /// The text, white space folded.
        value: String,
    },
    /// Case-insensitive substring.
    Contains {
        /// The text, white space folded.
        value: String,
    },
    /// Regular expression.
    Regex {
        /// Between the slashes.
        pattern: String,
        /// After them.
        flags: String,
    },
}

impl Locator {
    /// Replaces `${...}` in every part. In CSS a value is escaped so that it can stand in a quoted string, in a
    /// regular expression so that it matches itself.
    pub fn render(&self, variables: &Variables) -> Locator {
        let parts = self.parts.iter().map(|part| part.render(variables)).collect();
        Locator { text: self.text.clone(), parts }
    }

    /// For messages: as written, and what its short names stand for, since nobody knows that by heart.
    pub fn told(&self) -> String {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let call =
            |piece: &str| piece.ends_with(')') && piece.find('(').is_some_and(|open| piece[..open].chars().all(word));
        let names = self.text.split(">>").map(str::trim).any(|piece| piece.chars().all(word) || call(piece));
        let whole = written(&self.parts);
        if names && whole != self.text { format!("`{}` (`{whole}`)", self.text) } else { format!("`{}`", self.text) }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Part::Css { selector } => f.write_str(selector),
            Part::Role { role, name: None } => write!(f, "role={role}"),
            Part::Role { role, name: Some(name) } => write!(f, "role={role}[name={name}]"),
            Part::Text { text } => write!(f, "text={text}"),
            Part::Label { text } => write!(f, "label={text}"),
            Part::Placeholder { text } => write!(f, "placeholder={text}"),
            Part::Testid { id } => write!(f, "testid={id}"),
            Part::Has { parts } => write!(f, "has {}", written(parts)),
            Part::Near { parts } => write!(f, "near {}", written(parts)),
            Part::Nth { index } => write!(f, "nth={index}"),
        }
    }
}

fn written(parts: &[Part]) -> String {
    parts.iter().map(Part::to_string).collect::<Vec<_>>().join(" >> ")
}

impl std::fmt::Display for TextMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TextMatch::Exact { value } => write!(f, "\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            TextMatch::Contains { value } => f.write_str(value),
            TextMatch::Regex { pattern, flags } => write!(f, "/{pattern}/{flags}"),
        }
    }
}

impl Part {
    fn render(&self, variables: &Variables) -> Part {
        let mut part = self.clone();
        match &mut part {
            Part::Css { selector } => *selector = escaped(selector, variables, "\"'\\"),
            Part::Role { name: Some(text), .. }
            | Part::Text { text }
            | Part::Label { text }
            | Part::Placeholder { text } => match text {
                TextMatch::Exact { value } | TextMatch::Contains { value } => *value = escaped(value, variables, ""),
                TextMatch::Regex { pattern, .. } => *pattern = escaped(pattern, variables, "\\^$.*+?()[]{}|/"),
            },
            Part::Testid { id } => *id = escaped(id, variables, ""),
            Part::Has { parts } | Part::Near { parts } => {
                *parts = parts.iter().map(|part| part.render(variables)).collect();
            }
            Part::Role { name: None, .. } | Part::Nth { .. } => {}
        }
        part
    }
}

/// A text with its references replaced, each of `special` in a value behind a backslash.
fn escaped(text: &str, variables: &Variables, special: &str) -> String {
    // A text that is no template was never one: patterns may well end in `$`, followed by `{`.
    let Ok(template) = Template::parse(text) else { return text.to_owned() };
    let mut out = String::new();
    for piece in template.pieces {
        if let Piece::Text(text) = piece {
            out += &text;
            continue;
        }
        for c in (Template { text: String::new(), pieces: vec![piece] }).render(variables).chars() {
            if special.contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}
