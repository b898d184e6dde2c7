//! What two runs differ in: requirements that broke or were mended, events, payload shapes, the API, handlers, hits, times.
//!
//! ```text
//! recordings + verdicts, JSON report or profile -> Run -> compare -> Comparison -> terminal, HTML, Markdown, JSON
//! ```
//!
//! Boundary: pure. A [`Run`] holds shapes, never values, unless it is asked to ([`Keep`]): it may be kept for months
//! in places where payloads mustn't be. Strings of it are the page's, hostile: bounded here, escaped where they are shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

mod compare;
mod events;
mod fields;
mod gather;
pub mod history;
pub mod html;
pub mod json;
pub mod markdown;
pub mod profile;
mod report;
mod requirements;
mod seen;
pub mod shape;
pub mod terminal;
pub mod timeline;
pub mod timeline_html;
pub mod timing;
mod yaml;

pub use compare::{NothingAlike, compare};
pub use gather::Gather;
pub use report::{FORMAT as REPORT_FORMAT, of_report};
pub use seen::{Broken, Count, EventSeen, FieldSeen, Place, Seen};

/// A side of a comparison: what was seen in one run, or in several.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Run {
    /// What was seen, by column (a browser, or a browser with a visitor) and journey.
    pub columns: BTreeMap<String, BTreeMap<String, Seen>>,
    /// How it is called in what is said.
    #[serde(skip)]
    pub name: String,
    /// When the first of its journeys began: RFC 3339, UTC; empty if that isn't known.
    #[serde(skip)]
    pub began: String,
    /// It tells nothing of the API, of constants and of hits: a JSON report doesn't have them.
    #[serde(skip)]
    pub thin: bool,
    /// Texts of the site file and the spec, by which one can tell whether both sides were judged alike.
    #[serde(skip)]
    pub rules: BTreeSet<String>,
}

/// How much is kept of payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Shapes: types, forms, whether a field is there.
    #[default]
    Shapes,
    /// A few values of each shape as well, to be shown.
    Values,
}

/// What a change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// A requirement broke, or something that was always there is gone.
    Worse,
    /// What could be told before can't be told any more.
    Doubt,
    /// It is otherwise than it was; whether that is bad is for you to say.
    Changed,
    /// It was broken or missing, and is no more.
    Better,
}

impl Weight {
    /// All, the gravest first.
    pub const ALL: [Self; 4] = [Self::Worse, Self::Doubt, Self::Changed, Self::Better];

    /// For machines, in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Doubt => "doubt",
            Self::Changed => "changed",
            Self::Better => "better",
        }
    }

    /// As a heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Worse => "Worse",
            Self::Doubt => "Can't be told any more",
            Self::Changed => "Changed",
            Self::Better => "Better",
        }
    }

    /// A mark that needs no colour.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Worse => "✘",
            Self::Doubt => "?",
            Self::Changed => "~",
            Self::Better => "✔",
        }
    }
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Whether a journey comes to its end.
    Journey,
    /// A requirement.
    Requirement,
    /// How often, or where, an event comes.
    Event,
    /// A payload field.
    Field,
    /// Where the API lives.
    Api,
    /// A constant.
    Constant,
    /// A handler of the page's own.
    Handler,
    /// A hit to analytics.
    Hit,
    /// How long an event takes.
    Time,
}

impl About {
    /// For machines, in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Journey => "journey",
            Self::Requirement => "requirement",
            Self::Event => "event",
            Self::Field => "field",
            Self::Api => "api",
            Self::Constant => "constant",
            Self::Handler => "handler",
            Self::Hit => "hit",
            Self::Time => "time",
        }
    }
}

/// One thing that differs; the same one in several journeys and columns is one change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it means.
    pub weight: Weight,
    /// What it is about.
    pub about: About,
    /// The requirement's id, the event's constant, `CONSTANT path.to.field`, the location.
    pub subject: String,
    /// What happened to it, in kebab case, for machines: `broke`, `gone`, `new`, `type`, `form`, ...
    pub what: &'static str,
    /// For a person: a clause with `subject` as its subject.
    pub sentence: String,
    /// How it was.
    pub before: String,
    /// How it is.
    pub after: String,
    /// The requirement that explains it.
    pub caused_by: Option<String>,
    /// Where: `firefox: live-chat`, sorted.
    pub places: BTreeSet<String>,
}

/// What two runs differ in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// What was compared with what.
    pub before: Side,
    /// The newer one.
    pub after: Side,
    /// How many journeys were compared, each column's counted for itself.
    pub journeys: usize,
    /// What differs, the gravest first.
    pub changes: Vec<Change>,
    /// What a reader should know besides, a sentence each.
    pub notes: Vec<String>,
}

/// One side, for headings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// As the user named it.
    pub name: String,
    /// When its first journey began; empty if that isn't known.
    pub began: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// How many recordings were looked at.
    pub recordings: u32,
}

impl Comparison {
    /// How many there are of a weight.
    pub fn count(&self, weight: Weight) -> usize {
        self.changes.iter().filter(|change| change.weight == weight).count()
    }

    /// What the process should exit with: 1 if something got worse, 3 if something can't be told any more, else 0.
    pub fn exit_code(&self, any: bool) -> u8 {
        if self.count(Weight::Worse) > 0 || (any && !self.changes.is_empty()) {
            1
        } else if self.count(Weight::Doubt) > 0 {
            3
        } else {
            0
        }
    }

    /// The outcome in one sentence.
    pub fn sentence(&self) -> String {
        let parts: Vec<String> = Weight::ALL
            .iter()
            .map(|weight| (weight, self.count(*weight)))
            .filter(|(_, count)| *count > 0)
            .map(|(weight, count)| match weight {
                Weight::Worse => format!("{count} got worse"),
                Weight::Doubt => format!("{count} can't be told any more"),
                Weight::Changed => format!("{count} changed"),
                Weight::Better => format!("{count} got better"),
            })
            .collect();
        if parts.is_empty() { "Nothing has changed.".to_owned() } else { format!("Differs: {}.", parts.join(", ")) }
    }
}

/// A change with those that it explains.
type Group<'c> = (&'c Change, Vec<&'c Change>);

impl Comparison {
    /// The changes, each with those that it explains, the gravest first.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let requirement =
            |id: &str| self.changes.iter().find(|change| change.about == About::Requirement && change.subject == id);
        let root = |change: &'_ Change| -> Option<String> {
            let mut here = requirement(change.caused_by.as_deref()?)?;
            // Breaches may blame each other in a circle.
            for _ in 0..8 {
                match here.caused_by.as_deref().and_then(requirement) {
                    Some(cause) if cause.subject != here.subject => here = cause,
                    _ => break,
                }
            }
            (here.subject != change.subject && here.weight <= change.weight && here.caused_by.is_none())
                .then(|| here.subject.clone())
        };
        let roots: Vec<Option<String>> = self.changes.iter().map(root).collect();
        let explained = |by: &Change| {
            let of = |(_, root): &(&Change, &Option<String>)| root.as_deref() == Some(by.subject.as_str());
            let shown = by.about == About::Requirement && requirement(&by.subject) == Some(by);
            if shown {
                self.changes.iter().zip(&roots).filter(of).map(|(change, _)| change).collect()
            } else {
                Vec::new()
            }
        };
        let own = self.changes.iter().zip(&roots).filter(|(_, root)| root.is_none());
        own.map(|(change, _)| (change, explained(change))).collect()
    }
}
