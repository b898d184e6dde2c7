//! A spec against the vendor's pages, and pages that describe the same against each other: where they differ, and where both
//! say it.
//!
//! Boundary: facts in, findings out, and texts of them. Levels, limits, rules and schemas are a person's reading of sentences:
//! of those only the sections are looked at that they name.

mod among;
mod claims;
mod compare;
mod markdown;
mod sections;
#[cfg(test)]
mod tests;
mod told;

use serde::Serialize;

use super::facts::{Facts, Place};
use super::page::Page;
use crate::source::{SourceFile, Span};
use crate::spec::Spec;

pub use markdown::markdown;
pub use told::{json, terminal};

/// How the two sides of a difference stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The page says it, the spec doesn't.
    OnlyPage,
    /// The spec says it, the page doesn't.
    OnlySpec,
    /// They say different things.
    Differs,
    /// The pages differ among themselves.
    Pages,
}

/// A side of a difference: what is said there, or where it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side<P> {
    /// Where.
    pub place: P,
    /// What stands there, in short.
    pub label: String,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of which statement: `event.OPENED.payload.chat`.
    pub id: String,
    /// How they differ.
    pub kind: Kind,
    /// The difference as a sentence without a full stop.
    pub what: String,
    /// The other events that it is the same for.
    pub also: Vec<String>,
    /// The spec's side.
    pub spec: Option<Side<Span>>,
    /// The pages' sides.
    pub pages: Vec<Side<Place>>,
    /// Why a person has decided that the spec is right.
    pub decided: Option<String>,
}

/// What came of a check.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The spec's text.
    pub spec: SourceFile,
    /// The pages.
    pub pages: Vec<SourceFile>,
    /// The differences, those that are decided last.
    pub findings: Vec<Finding>,
    /// How many statements of the pages and of the spec were compared.
    pub compared: usize,
    /// Whether the pages were read as versions of one description, not as its parts.
    pub versions: bool,
}

impl Checked {
    /// The differences that nobody has decided on.
    pub fn drift(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.decided.is_none())
    }

    /// Those that somebody has decided on.
    pub fn decided(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.decided.is_some())
    }
}

/// Holds pages against a spec. Pages that have events in common, each two of them, are versions of one description, such as
/// languages; others are its parts.
pub fn check(spec: &Spec, pages: &[Page]) -> Checked {
    let single: Vec<Facts> = pages.iter().map(|page| super::facts(std::slice::from_ref(page))).collect();
    let share = |a: &Facts, b: &Facts| a.events.keys().any(|event| b.events.contains_key(event));
    let versions =
        pages.len() > 1 && single.iter().enumerate().all(|(at, a)| single.iter().skip(at + 1).all(|b| share(a, b)));
    let sources: Vec<SourceFile> = pages.iter().map(|page| page.source.clone()).collect();
    let read = if versions { single } else { vec![super::facts(pages)] };
    let (mut findings, compared) = compare::compare(spec, &read);
    for finding in &mut findings {
        let about = |one: &&crate::spec::Decided| one.covers(&finding.id);
        finding.decided = spec.decided.iter().find(about).map(|one| one.why.clone());
    }
    findings.sort_by_key(|finding| finding.decided.is_some());
    Checked { spec: spec.source.clone(), pages: sources, findings, compared, versions }
}
