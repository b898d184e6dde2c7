//! What was judged against what was declared.
//!
//! Boundary: pure. A fault is caught only if exactly the declared verdicts were heard: no other requirement is accused,
//! and each of them stands as a headline or under one, as declared. So a judge that grew deaf, or that began to see
//! ghosts, shows alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::{self, Contribution, Judge};
use crate::recording::{Ending, Recording, StepOutcome};
use crate::site::Site;
use crate::spec::Spec;
use crate::verdict::Verdict;

use super::{Catalogue, Entry, Kind, Ruling, Word};

/// How an entry went in one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The entry.
    pub id: String,
    /// Fault or variant.
    pub kind: Kind,
    /// Name of the browser, or of a visitor's column in it.
    pub browser: String,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// Every requirement that something is declared of, or that something but a pass was heard of, in the spec's order.
    pub lines: Vec<Line>,
}

/// What an entry comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// A fault, for its declared reason and no other.
    Caught,
    /// A fault that nothing tells of.
    Missed,
    /// A fault of which something else, more, or less is told than declared.
    OtherReason,
    /// A fault that shows to others only, and is told of nowhere here.
    Unseen,
    /// A fault that was to show to others only, and is told of here as well.
    SeenByAll,
    /// A variant that isn't accused.
    Clear,
    /// A variant that is.
    FalseAlarm,
    /// It could not be told: why.
    Open(String),
}

impl Conclusion {
    /// Whether it is as the catalogue declares it.
    pub fn as_declared(&self) -> bool {
        matches!(self, Self::Caught | Self::Unseen | Self::Clear)
    }

    /// A word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Missed => "missed",
            Self::OtherReason => "other-reason",
            Self::Unseen => "unseen",
            Self::SeenByAll => "seen-by-all",
            Self::Clear => "clear",
            Self::FalseAlarm => "false-alarm",
            Self::Open(_) => "open",
        }
    }
}

/// One requirement of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub requirement: String,
    /// Why it is here.
    pub part: Part,
    /// The verdicts declared; empty if none is.
    pub declared: BTreeSet<Ruling>,
    /// The verdicts heard; empty if it holds or was not judged.
    pub heard: BTreeSet<Ruling>,
    /// What was heard, for a person: text from the page, so hostile. Of the first verdict.
    pub actual: String,
    /// The likely cause that the verdict names.
    pub hint: Option<String>,
    /// The headlines that what was heard stands under.
    pub under: BTreeSet<String>,
}

/// Why a line is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Declared, or heard, as a headline.
    Headline,
    /// Declared, or heard, under a headline.
    Follows,
}

impl Line {
    /// Whether what was heard is what was declared.
    pub fn agrees(&self) -> bool {
        self.declared == self.heard
    }
}

/// Compares the recordings of an entry in one browser, or for one visitor in it, with what it declares: everything for those to
/// whom it shows, nothing for others.
pub fn check(catalogue: &Catalogue, entry: &Entry, browser: &str, recordings: &[Recording]) -> Checked {
    let Catalogue { spec, site, .. } = catalogue;
    let recordings: Vec<&Recording> = recordings.iter().filter(|r| r.browser.name == browser).collect();
    let shows = entry.shows_in(browser);
    let lines = lines(catalogue, entry, shows, verdicts(entry, spec, site, &recordings));
    let conclusion = match unfinished(entry, &recordings) {
        Some(why) => Conclusion::Open(why),
        None if shows => conclude(entry.kind, &lines),
        None if lines.iter().all(Line::agrees) => Conclusion::Unseen,
        None => Conclusion::SeenByAll,
    };
    Checked { id: entry.id.clone(), kind: entry.kind, browser: browser.to_owned(), conclusion, lines }
}

/// All verdicts on an entry's journeys. Coverage is left out unless it is declared: no entry walks all journeys.
fn verdicts(entry: &Entry, spec: &Spec, site: &Site, recordings: &[&Recording]) -> Vec<Verdict> {
    let judge = Judge::new(spec, site);
    let judged: Vec<Vec<Verdict>> = recordings.iter().map(|r| judge.judge(r)).collect();
    let is_declared = |id: &str| entry.expect.contains_key(id) || entry.follows.contains_key(id);
    let mut coverage = Vec::new();
    if entry.expect.keys().chain(entry.follows.keys()).any(|id| id.starts_with("coverage.")) {
        let all: Vec<_> = recordings.iter().zip(&judged).map(|(r, v)| Contribution::of(r, v)).collect();
        coverage = judge::coverage(spec, site, &all, &entry.journeys);
    }
    let covered = coverage.into_iter().filter(|v| is_declared(&v.requirement));
    judged.into_iter().flatten().chain(covered).collect()
}

fn lines(catalogue: &Catalogue, entry: &Entry, shows: bool, verdicts: Vec<Verdict>) -> Vec<Line> {
    let mut lines: BTreeMap<(String, Part), Line> = BTreeMap::new();
    let declared = [(Part::Headline, &entry.expect), (Part::Follows, &entry.follows)];
    for (part, declared) in declared.into_iter().filter(|_| shows) {
        for (requirement, rulings) in declared {
            let line = at(&mut lines, requirement, part);
            line.declared.extend(rulings.iter().cloned());
        }
    }
    for verdict in verdicts {
        let Some(ruling) = Ruling::of(&verdict) else { continue };
        let part = if verdict.caused_by.is_some() { Part::Follows } else { Part::Headline };
        let known = |part| lines.contains_key(&(verdict.requirement.to_string(), part));
        // What is told for information only is nobody's accusation; where it is declared, it must be heard.
        let tolerated = entry.kind == Kind::Variant || catalogue.notes.contains(verdict.requirement.as_str());
        if ruling.word == Word::Note && tolerated && !known(part) {
            continue;
        }
        let line = at(&mut lines, &verdict.requirement, part);
        if line.heard.is_empty() {
            line.actual.clone_from(&verdict.actual);
            line.hint.clone_from(&verdict.hint);
        }
        line.heard.insert(ruling);
        line.under.extend(verdict.caused_by.map(|cause| cause.to_string()));
    }
    let order: BTreeMap<String, usize> =
        catalogue.spec.requirement_ids().into_iter().enumerate().map(|(place, id)| (id.to_string(), place)).collect();
    let mut lines: Vec<Line> = lines.into_values().collect();
    let place = |line: &Line| order.get(&line.requirement).copied().unwrap_or(usize::MAX);
    lines.sort_by_key(|line| (line.part, place(line), line.requirement.clone()));
    lines
}

fn at<'l>(lines: &'l mut BTreeMap<(String, Part), Line>, requirement: &str, part: Part) -> &'l mut Line {
    lines.entry((requirement.to_owned(), part)).or_insert_with(|| Line {
        requirement: requirement.to_owned(),
        part,
        declared: BTreeSet::new(),
        heard: BTreeSet::new(),
        actual: String::new(),
        hint: None,
        under: BTreeSet::new(),
    })
}

/// Why the journeys were not all walked to their end. A fault breaks what a page hears, not what a visitor can do.
fn unfinished(entry: &Entry, recordings: &[&Recording]) -> Option<String> {
    for name in &entry.journeys {
        let Some(recording) = recordings.iter().find(|r| r.journey == *name) else {
            return Some(format!("`{name}` was not walked"));
        };
        match &recording.ending {
            Ending::Complete => {}
            Ending::Interrupted => return Some(format!("`{name}` was interrupted")),
            Ending::Broken { message } => return Some(format!("`{name}` broke off: {message}")),
            Ending::StepFailed { step } => {
                let step = recording.steps.get(*step);
                let why = match step.map(|step| &step.outcome) {
                    Some(StepOutcome::Failed(error)) => error.message.clone(),
                    _ => String::new(),
                };
                let text = step.map(|step| step.text.as_str()).unwrap_or_default();
                return Some(format!("`{name}` could not be walked: {text}: {why}"));
            }
        }
    }
    None
}

fn conclude(kind: Kind, lines: &[Line]) -> Conclusion {
    let agree = lines.iter().all(Line::agrees);
    let accuses = |line: &Line| line.heard.iter().any(|ruling| ruling.word.accuses());
    match kind {
        Kind::Fault if agree => Conclusion::Caught,
        Kind::Fault => {
            // A note is told, too, where it is the reason that was declared.
            let reason = |line: &Line| line.part == Part::Headline && !line.declared.is_disjoint(&line.heard);
            if lines.iter().any(|line| accuses(line) || reason(line)) {
                Conclusion::OtherReason
            } else {
                Conclusion::Missed
            }
        }
        Kind::Variant if agree => Conclusion::Clear,
        Kind::Variant if lines.iter().any(accuses) => Conclusion::FalseAlarm,
        Kind::Variant => {
            let told: Vec<&str> = lines.iter().filter(|l| !l.agrees()).map(|l| l.requirement.as_str()).collect();
            Conclusion::Open(format!("not as declared: {}", told.join(", ")))
        }
    }
}
