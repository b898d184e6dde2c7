//! Where a spec says something other than the vendor's pages, and why: `decided`.
//!
//! Boundary: YAML tree -> [`Decided`]; what differs is found out by `chatproof spec check`.

use globset::{Glob, GlobMatcher};

use crate::source::Span;
use crate::source::read::Checker;
use crate::source::yaml::Node;

/// A difference from the vendor's pages that a person has decided on.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Of which statement: `api.location.bare globals`, `event.X.payload.sid`; `*` stands for any characters.
    pub id: String,
    /// Why the spec is right.
    pub why: String,
    /// Place of the id.
    pub span: Span,
    glob: Option<GlobMatcher>,
}

impl Decided {
    /// Whether it is about a statement, or about a part of one.
    pub fn covers(&self, id: &str) -> bool {
        id == self.id
            || id.strip_prefix(&self.id).is_some_and(|rest| rest.starts_with('.'))
            || self.glob.as_ref().is_some_and(|glob| glob.is_match(id))
    }
}

/// Reads `decided`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node) -> Vec<Decided> {
    let mut all = Vec::new();
    for entry in checker.entries(node, "`decided`").unwrap_or_default() {
        let id = entry.key.text.as_str();
        let Some(why) = checker.text(&entry.value, "the reason of a decision") else { continue };
        let families = ["event.", "ready.", "api.", "payload", "section."];
        if !families.iter().any(|family| id.starts_with(family)) {
            checker.report(
                entry.key.span,
                format!("`{id}` is no statement of a page"),
                "expected an id as `chatproof spec check` prints it",
                "for example `api.location.bare globals`, `event.OPENED.payload.chat` or `event.*.payload.chat`",
            );
            continue;
        }
        let glob = id.contains('*').then(|| Glob::new(id).ok().map(|glob| glob.compile_matcher())).flatten();
        all.push(Decided { id: id.to_owned(), why: why.to_owned(), span: entry.key.span, glob });
    }
    all
}
