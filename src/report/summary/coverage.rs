//! The documented events and the ready event: what became of each, in each browser.

use std::collections::BTreeMap;

use super::{Counts, browsers, is_breach, is_doubt, verdicts};
use crate::recording::BrowserInfo;
use crate::report::model::Report;
use crate::site::visitors::browser_of;
use crate::verdict::{Outcome, Verdict};

/// What became of one documented event in one browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Fired for its cause, and no `must` about it is broken.
    Proved,
    /// A `must` about it is broken.
    Failed,
    /// It could not be told.
    Inconclusive,
    /// A `must` about it is broken, but that is known and let pass.
    Waived,
    /// No journey was to fire it.
    NotReached,
    /// No journey of those that were selected was to fire it, so nothing is held against it.
    NotSelected,
    /// The site file says that it doesn't apply.
    NotApplicable,
}

impl Status {
    /// For machines, in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
            Self::Waived => "waived",
            Self::NotReached => "not-reached",
            Self::NotSelected => "not-selected",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// One documented event, or the ready event, over all browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// Constant's name.
    pub constant: &'a str,
    /// Why it doesn't apply.
    pub not_applicable: Option<&'a str>,
    /// One for each of [`browsers`], in its order.
    pub cells: Vec<Cell>,
}

/// A [`Row`]'s field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// What became of it.
    pub status: Status,
    /// How often it was heard.
    pub heard: usize,
}

/// The documented events in the spec's order.
pub fn coverage(report: &Report) -> Vec<Row<'_>> {
    let browsers = browsers(report);
    report
        .events
        .iter()
        .map(|event| Row {
            constant: &event.constant,
            not_applicable: event.not_applicable.as_deref(),
            cells: browsers
                .iter()
                .map(|browser| {
                    let status = if event.not_applicable.is_some() {
                        Status::NotApplicable
                    } else {
                        // A step that may fire it proves it as well, which only its coverage tells.
                        let proof =
                            |v: &Verdict| v.requirement.is("event", "fires") || v.requirement.family() == "coverage";
                        let let_go = let_go(report, &browser.name, |counts| counts.proved.contains(&event.constant));
                        status(verdicts_about(report, &browser.name, &event.constant), proof, let_go)
                    };
                    Cell { status, heard: heard_in(report, &browser.name, &event.constant) }
                })
                .collect(),
        })
        .collect()
}

/// Whether an event is proved in each browser: for one of its visitors at least, and for all whose journeys are to fire it.
pub(super) fn is_proved(row: &Row<'_>, columns: &[&BrowserInfo]) -> bool {
    let mut by_browser: BTreeMap<&str, Vec<Status>> = BTreeMap::new();
    for (column, cell) in columns.iter().zip(&row.cells) {
        by_browser.entry(browser_of(&column.name)).or_default().push(cell.status);
    }
    by_browser.values().all(|found| {
        let spared = |status: &Status| matches!(status, Status::Proved | Status::NotSelected);
        found.contains(&Status::Proved) && found.iter().all(spared)
    })
}

/// The ready event, for each of [`browsers`]; none where nothing is documented to say ready.
pub fn ready(report: &Report) -> Option<Vec<Cell>> {
    if !report.spec.ready {
        return None;
    }
    let cell = |browser: &&BrowserInfo| {
        let about = verdicts(report).filter(|v| v.browser == browser.name && v.requirement.family() == "ready");
        let own = report.journeys.iter().filter(|journey| journey.recording.browser.name == browser.name);
        let heard = own.map(|journey| journey.counts().ready).sum();
        let let_go = let_go(report, &browser.name, |counts| counts.ready_proved);
        Cell { status: status(about, |v| v.requirement == "ready.fired", let_go), heard }
    };
    Some(browsers(report).iter().map(cell).collect())
}

/// Whether a verdict that was let go proves something.
fn let_go(report: &Report, browser: &str, proves: impl Fn(&Counts) -> bool) -> bool {
    let own = report.journeys.iter().filter(|journey| journey.recording.browser.name == browser);
    own.filter_map(|journey| journey.folded.as_ref()).any(proves)
}

/// What verdicts about one event come to. `proof`: those that prove it, if they pass. `proved`: another one does.
fn status<'a>(about: impl Iterator<Item = &'a Verdict>, proof: impl Fn(&Verdict) -> bool, mut proved: bool) -> Status {
    let (mut failed, mut doubted, mut spared, mut waived) = (false, false, false, false);
    for verdict in about {
        // A warning that is let pass doesn't keep an event from being proved, as it wouldn't otherwise.
        waived |= verdict.waiver.as_ref().is_some_and(|waiver| waiver.was != Outcome::Warn);
        spared |= verdict.outcome == Outcome::NotReached && !is_breach(verdict);
        proved |= verdict.outcome == Outcome::Pass && proof(verdict);
        failed |= verdict.outcome == Outcome::Fail;
        doubted |= is_doubt(verdict);
    }
    if failed {
        Status::Failed
    } else if doubted {
        Status::Inconclusive
    } else if waived {
        Status::Waived
    } else if proved {
        Status::Proved
    } else if spared {
        Status::NotSelected
    } else {
        Status::NotReached
    }
}

/// Verdicts on what is demanded of one event: `event.X.fires`, `constant.X.present`, `coverage.X`. What the site's own handlers do with an event, and what they send on, isn't the
/// event's.
fn verdicts_about<'a>(report: &'a Report, browser: &'a str, constant: &'a str) -> impl Iterator<Item = &'a Verdict> {
    verdicts(report).filter(move |verdict| verdict.browser == browser && verdict.requirement.is_of_event(constant))
}

fn heard_in(report: &Report, browser: &str, constant: &str) -> usize {
    report
        .journeys
        .iter()
        .filter(|journey| journey.recording.browser.name == browser)
        .map(|journey| journey.counts().heard(constant))
        .sum()
}
