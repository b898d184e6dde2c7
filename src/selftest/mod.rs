//! Shows that verdicts can be trusted: each fault of a catalogue is seeded into a site that conforms, and must be caught
//! for its declared reason; each odd but conforming variant must not be accused.
//!
//! ```text
//! catalogue -> for each entry: site served with its changes -> runner -> recordings -> judge -> check -> matrix
//! ```
//!
//! Boundary: the ordinary runner and the ordinary judge, which know nothing of faults. [`check`](check::check) compares
//! what was judged with what an entry declares, and is pure, as are the matrix and the JSON. Nothing here knows a vendor:
//! the built-in catalogue is files in `fixtures/`, read by the same code as a user's own. The files are described in
//! `fixtures/faults/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use indexmap::IndexMap;

use crate::changes::Changes;
use crate::fixture_site::Variant;
use crate::site::Site;
use crate::site::visitors::visitor_of;
use crate::source::SourceFile;
use crate::spec::Spec;
use crate::verdict::{Level, Outcome, Verdict};

pub mod check;
pub mod golden;
pub mod json;
pub mod list;
pub mod matrix;
pub mod origin;
pub mod parse;
pub mod run;
pub mod serve;
pub mod suggest;
#[cfg(test)]
mod tests;

use origin::Origin;

/// A catalogue, read and checked.
#[derive(Debug)]
pub struct Catalogue {
    /// Its name, for people.
    pub name: String,
    /// What is documented.
    pub spec: Spec,
    /// The journeys that its entries choose from.
    pub site: Site,
    /// What is served.
    pub served: Served,
    /// Requirements at level `record` that the site as it is gives notes on: no entry has to declare those.
    pub notes: BTreeSet<String>,
    /// The faults by id, then the variants by id.
    pub entries: Vec<Entry>,
}

/// What a catalogue's entries change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// The built-in reference site.
    ReferenceSite,
    /// A folder of static files.
    Folder(Origin),
}

/// A fault, or a variant that conforms.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its file's name without `.yaml`.
    pub id: String,
    /// Which of the two.
    pub kind: Kind,
    /// What it is, in a few words.
    pub title: String,
    /// The documented statement that it breaks; for a variant, why it keeps them all.
    pub statement: String,
    /// Heading of the section of the vendor's page where that is written.
    pub section: Option<String>,
    /// Journeys that are walked.
    pub journeys: Vec<String>,
    /// Those for whom they are, by the names of set-ups: the ones to whom a fault shows, or a variant is shown. None: nobody in
    /// particular.
    pub visitors: Vec<String>,
    /// How the reference site embeds its widget.
    pub embed: Variant,
    /// What is changed.
    pub changes: Changes,
    /// The verdicts that tell the reason: headlines.
    pub expect: Declared,
    /// The verdicts that are shown under one of those.
    pub follows: Declared,
    /// The file it was read from.
    pub source: SourceFile,
}

impl Entry {
    /// For whom its journeys are walked. A fault that shows to some visitors only is walked for nobody in particular as well, to
    /// show that it needs them.
    pub fn visited(&self) -> Vec<Option<&str>> {
        let named = self.visitors.iter().map(|visitor| Some(visitor.as_str()));
        let nobody = self.visitors.is_empty() || self.kind == Kind::Fault;
        named.chain(nobody.then_some(None)).collect()
    }

    /// Whether it's to be seen in a column of a report.
    pub fn shows_in(&self, column: &str) -> bool {
        match visitor_of(column) {
            Some(visitor) => self.visitors.iter().any(|name| name == visitor),
            None => self.visitors.is_empty(),
        }
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Breaks a documented statement.
    Fault,
    /// Keeps them all.
    Variant,
}

impl Kind {
    /// `fault` or `variant`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Variant => "variant",
        }
    }
}

/// Verdicts other than pass, by requirement.
pub type Declared = IndexMap<String, BTreeSet<Ruling>>;

/// A verdict other than pass, as a catalogue declares it: `fail missing`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ruling {
    /// What it comes to.
    pub word: Word,
    /// The verdict's finding.
    pub finding: String,
}

/// What a verdict other than pass comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Broken, at level `must`.
    Fail,
    /// Broken, at level `should`.
    Warn,
    /// Noted, at level `record`.
    Note,
    /// Could not be told.
    Inconclusive,
    /// No journey was to fire the event.
    NotReached,
    /// Excused by the site file.
    Waived,
}

impl Word {
    /// All, by the names that files use.
    pub const NAMES: &[(&str, Self)] = &[
        ("fail", Self::Fail),
        ("warn", Self::Warn),
        ("note", Self::Note),
        ("inconclusive", Self::Inconclusive),
        ("not-reached", Self::NotReached),
        ("waived", Self::Waived),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, word)| *word == self).map_or("", |(name, _)| name)
    }

    /// Says that the widget does something that it shouldn't.
    pub fn accuses(self) -> bool {
        matches!(self, Self::Fail | Self::Warn)
    }
}

impl Ruling {
    /// A verdict as a catalogue would declare it; `None` if there is nothing to declare.
    pub fn of(verdict: &Verdict) -> Option<Self> {
        let word = match (verdict.outcome, verdict.level) {
            (Outcome::Pass, _) => return None,
            // What weighs nothing is a note, whatever it says.
            (_, Level::Record) => Word::Note,
            (Outcome::Fail, _) => Word::Fail,
            (Outcome::Warn, _) => Word::Warn,
            (Outcome::Inconclusive, _) => Word::Inconclusive,
            (Outcome::NotReached, _) => Word::NotReached,
            (Outcome::Waived, _) => Word::Waived,
        };
        Some(Self { word, finding: verdict.finding.clone() })
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.word.name(), self.finding)
    }
}

impl Catalogue {
    /// The requirements that a fault of the catalogue breaks, each with the ids of those faults.
    pub fn broken(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut broken: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.kind == Kind::Fault) {
            for (requirement, rulings) in entry.expect.iter().chain(&entry.follows) {
                if rulings.iter().any(|ruling| ruling.word != Word::Inconclusive) {
                    broken.entry(requirement).or_default().insert(&entry.id);
                }
            }
        }
        broken
    }
}
