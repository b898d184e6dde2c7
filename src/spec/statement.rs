//! Statements: how much a requirement weighs, why, and where the vendor writes it.
//!
//! Boundary: the keys that every statement shares (`level`, `why`, `section`, `anchor`).

use super::Statement;
use crate::source::Span;
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{Entry, Node, Value};
use crate::verdict::Level;

/// The keys of a statement that stands alone.
pub(super) const STATEMENT: &[&str] = &["level", "why", "section", "anchor"];

/// The levels by name.
pub(super) const LEVELS: &[(&str, Level)] =
    &[("must", Level::Must), ("should", Level::Should), ("record", Level::Record)];

/// Reads statements of one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statements<'p> {
    /// Address of the vendor's page.
    pub page: &'p str,
}

/// What holds for a statement that doesn't say otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct Where<'n> {
    /// Its place in the spec.
    pub span: Span,
    /// Heading of the vendor's section.
    pub section: Option<&'n str>,
    /// Fragment of that section.
    pub anchor: Option<&'n str>,
}

impl Statements<'_> {
    /// A statement at a key of its own. Absent, or with nothing behind the key, it is a `must`.
    pub fn read(&self, checker: &mut Checker<'_>, entry: Option<&Entry>, default: &Where<'_>) -> Statement {
        let Some(entry) = entry else { return self.of(Level::Must, None, default) };
        let default = Where { span: entry.key.span, ..*default };
        if entry.value.value == Value::Null {
            return self.of(Level::Must, None, &default);
        }
        match checker.fields(&entry.value, "a statement", STATEMENT) {
            Some(fields) => self.inside(checker, &fields, &default),
            None => self.of(Level::Must, None, &default),
        }
    }

    /// A statement whose keys stand among others.
    pub fn inside(&self, checker: &mut Checker<'_>, fields: &Fields<'_>, default: &Where<'_>) -> Statement {
        let (level, why) = level(checker, fields);
        let section = place(checker, fields, default);
        self.of(level, why, &section)
    }

    /// A statement from its parts.
    pub fn of(&self, level: Level, why: Option<String>, place: &Where<'_>) -> Statement {
        let url = match place.anchor {
            Some(anchor) => format!("{}#{anchor}", self.page),
            None => self.page.to_owned(),
        };
        Statement { level, why, section: place.section.map(str::to_owned), url: Some(url), span: place.span }
    }
}

/// `section` and `anchor`: those given here, else the default's. A section of one's own has no one else's anchor.
pub(super) fn place<'n>(checker: &mut Checker<'_>, fields: &Fields<'n>, default: &Where<'n>) -> Where<'n> {
    let section = fields.get("section").and_then(|node| checker.text(node, "`section`"));
    let anchor = fields.get("anchor").and_then(|node| anchor(checker, node));
    Where {
        span: default.span,
        section: section.or(default.section),
        anchor: if section.is_some() || anchor.is_some() { anchor } else { default.anchor },
    }
}

fn anchor<'n>(checker: &mut Checker<'_>, node: &'n Node) -> Option<&'n str> {
    let text = checker.text(node, "`anchor`")?;
    if text.starts_with('#') || text.contains(char::is_whitespace) {
        checker.report(
            node.span,
            format!("`{text}` is no fragment"),
            "expected the part behind the `#`",
            format!("write `{}`", text.trim_start_matches('#').replace(char::is_whitespace, "-")),
        );
        return None;
    }
    Some(text)
}

/// `level` and `why`. Whoever weakens a statement has to say why: a reader of the report has to be told.
pub(super) fn level(checker: &mut Checker<'_>, fields: &Fields<'_>) -> (Level, Option<String>) {
    let why = fields.get("why").and_then(|node| checker.text(node, "`why`")).map(str::to_owned);
    let Some(node) = fields.get("level") else { return (Level::Must, why) };
    let level = checker.choice(node, "`level`", LEVELS).unwrap_or(Level::Must);
    if level != Level::Must && fields.get("why").is_none() {
        checker.report(
            node.span,
            "a level other than `must` needs a reason",
            "expected a `why` beside it",
            "add `why: ...`: reports show it",
        );
    }
    (level, why)
}
