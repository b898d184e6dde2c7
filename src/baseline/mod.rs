//! Known failures: what is broken, known and let pass for the time being. One YAML file of the user's, `known.yaml`.
//!
//! Boundary: its parser, its writer, and pure functions from verdicts to verdicts; the day comes in as a value. Nothing
//! is ever left out: a known failure becomes `waived`, with the reason that the file gives.

use time::Date;

use crate::site::visitors::browser_of;
use crate::source::globs::Pattern;
use crate::source::{SourceFile, Span};

mod apply;
mod parse;
#[cfg(test)]
mod tests;
mod write;

pub use apply::{Ran, Stale, StaleEntry, stale, waive};
pub use parse::{Known, parse};
pub use write::{NewEntry, append, new_entries};

/// The name under which a baseline is looked for beside the site file.
pub const FILE_NAME: &str = "known.yaml";

/// A parsed baseline.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The file it came from.
    pub source: SourceFile,
    /// In the file's order: of two that match, the first one is named.
    pub entries: Vec<Entry>,
}

/// Known failures with one reason.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Globs over requirement ids; one of them has to match.
    pub requirement: Vec<Pattern>,
    /// Globs over journeys; `None`: all journeys, and what is judged over all of them together.
    pub journey: Option<Vec<Pattern>>,
    /// Globs over browsers, and over visitors in them (`firefox+phone`); `None`: all.
    pub browser: Option<Vec<Pattern>>,
    /// Why it is let pass; never empty.
    pub reason: String,
    /// The last day on which it is let pass without a warning.
    pub until: Option<Date>,
    /// Where it is dealt with.
    pub ticket: Option<String>,
    /// Place of its first key.
    pub span: Span,
}

impl Entry {
    /// Whether a verdict on this requirement in this journey (empty: all journeys together) and browser is meant.
    pub fn matches(&self, requirement: &str, journey: &str, browser: &str) -> bool {
        any(&self.requirement, requirement) && self.in_journey(journey) && self.in_browser(browser)
    }

    /// What is judged over all journeys together is in no journey.
    fn in_journey(&self, journey: &str) -> bool {
        self.journey.as_ref().is_none_or(|globs| !journey.is_empty() && any(globs, journey))
    }

    fn in_browser(&self, browser: &str) -> bool {
        // A browser means all who visit in it.
        let named = |globs: &Vec<Pattern>| any(globs, browser) || any(globs, browser_of(browser));
        self.browser.as_ref().is_none_or(named)
    }

    /// Whether its last day is over.
    pub fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }
}

fn any(globs: &[Pattern], name: &str) -> bool {
    globs.iter().any(|glob| glob.is_match(name))
}
