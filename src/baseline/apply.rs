//! Verdicts -> verdicts: what is known is waived. And which entries have had their day.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use time::Date;

use super::{Baseline, Entry};
use crate::source::globs::Pattern;
use crate::verdict::{Level, Outcome, Verdict, Waiver};

/// Waives what a baseline knows: what is broken and matches an entry, and what such a breach explains. What could not
/// be told is only waived as a consequence of one: nobody knows what it would have been.
///
/// `elsewhere`: verdicts of the journeys, for verdicts about all of them together, whose causes are there. `strict`: an
/// entry that has expired waives nothing any more.
pub fn waive(
    baseline: &Baseline,
    today: Date,
    strict: bool,
    mut verdicts: Vec<Verdict>,
    elsewhere: &[Verdict],
) -> Vec<Verdict> {
    let in_force = |entry: &&Entry| !(strict && entry.expired(today));
    for verdict in verdicts.iter_mut().filter(|verdict| is_broken(verdict)) {
        let known = baseline
            .entries
            .iter()
            .filter(in_force)
            .find(|entry| entry.matches(&verdict.requirement, &verdict.journey, &verdict.browser));
        if let Some(entry) = known {
            let waiver = Waiver {
                reason: entry.reason.clone(),
                ticket: entry.ticket.clone(),
                until: entry.until.map(|day| day.to_string()),
                expired: entry.expired(today),
                was: verdict.outcome,
                file: baseline.source.name.clone(),
                line: entry.span.line,
            };
            put(verdict, waiver);
        }
    }
    // The judge names root causes, so once round is enough; a recording that was judged otherwise takes a few.
    loop {
        let found: Vec<(usize, Waiver)> = verdicts
            .iter()
            .enumerate()
            .filter(|(_, verdict)| is_open(verdict))
            .filter_map(|(at, verdict)| Some((at, cause_of(verdict, &verdicts, elsewhere)?)))
            .collect();
        if found.is_empty() {
            return verdicts;
        }
        for (at, waiver) in found {
            if let Some(verdict) = verdicts.get_mut(at) {
                let was = verdict.outcome;
                put(verdict, Waiver { was, ..waiver });
            }
        }
    }
}

fn put(verdict: &mut Verdict, waiver: Waiver) {
    verdict.outcome = Outcome::Waived;
    verdict.reason = Some(waiver.reason.clone());
    verdict.waiver = Some(waiver);
}

/// What an entry can waive by its own name. What is only recorded asserts nothing, so there is nothing to let pass.
fn is_broken(verdict: &Verdict) -> bool {
    verdict.level != Level::Record && matches!(verdict.outcome, Outcome::Fail | Outcome::NotReached | Outcome::Warn)
}

fn is_open(verdict: &Verdict) -> bool {
    is_broken(verdict) || (verdict.outcome == Outcome::Inconclusive && verdict.level != Level::Record)
}

/// The waiver of the breach that explains a verdict, if all of that requirement's breaches there are waived.
fn cause_of(verdict: &Verdict, own: &[Verdict], elsewhere: &[Verdict]) -> Option<Waiver> {
    let cause = verdict.caused_by.as_ref()?;
    let over_all = verdict.journey.is_empty();
    let there = |other: &&Verdict| {
        other.requirement == *cause
            && other.browser == verdict.browser
            && (over_all || other.journey == verdict.journey)
    };
    let mut waiver = None;
    for other in own.iter().chain(elsewhere).filter(there) {
        if is_broken(other) {
            return None;
        }
        waiver = waiver.or(other.waiver.as_ref());
    }
    waiver.cloned()
}

/// What a run has looked at.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// Column and journey of each that came to its end.
    pub walked: BTreeSet<(String, String)>,
    /// The same of all that there is in the browsers that were run: by the site file, for each of a journey's visitors, and
    /// what else was begun.
    pub all: BTreeSet<(String, String)>,
    /// Nothing kept a part of the run from being judged: no browser that could not be used, no interrupt.
    pub whole: bool,
}

/// Why an entry should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stale {
    /// Its last day is over.
    Expired,
    /// Nothing that it waives is broken any more.
    Unneeded,
}

/// An entry that should go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleEntry {
    /// Why.
    pub why: Stale,
    /// Its globs over requirements.
    pub requirement: String,
    /// Where it holds, as a person reads it: ` in live-* (firefox)`; empty for everywhere.
    pub place: String,
    /// The columns in which that was seen.
    pub browsers: Vec<String>,
    /// Its reason.
    pub reason: String,
    /// Its last day.
    pub until: Option<String>,
    /// Its ticket.
    pub ticket: Option<String>,
    /// The line where it begins, from 1.
    pub line: u32,
}

/// The entries that should go, in the file's order. An entry is unneeded only if all that it is about was walked to the
/// end and judged: a run of a part, in another browser or for another visitor, says nothing about the rest.
pub fn stale(baseline: &Baseline, today: Date, ran: &Ran, verdicts: &[impl Borrow<Verdict>]) -> Vec<StaleEntry> {
    let mut out = Vec::new();
    for entry in &baseline.entries {
        let unneeded = unneeded_in(entry, ran, verdicts);
        let (why, browsers) = match unneeded {
            Some(browsers) => (Stale::Unneeded, browsers),
            None if entry.expired(today) => (Stale::Expired, Vec::new()),
            None => continue,
        };
        out.push(StaleEntry {
            why,
            requirement: texts(&entry.requirement),
            place: place(entry),
            browsers,
            reason: entry.reason.clone(),
            until: entry.until.map(|day| day.to_string()),
            ticket: entry.ticket.clone(),
            line: entry.span.line,
        });
    }
    out
}

/// The columns in which an entry is of no use, if that is so in all that it's about: one that a phone alone needs is needed.
fn unneeded_in(entry: &Entry, ran: &Ran, verdicts: &[impl Borrow<Verdict>]) -> Option<Vec<String>> {
    let scope: Vec<&(String, String)> =
        ran.all.iter().filter(|(column, journey)| entry.in_browser(column) && entry.in_journey(journey)).collect();
    if !ran.whole || scope.is_empty() || !scope.iter().all(|one| ran.walked.contains(*one)) {
        return None;
    }
    let columns: BTreeSet<&String> = scope.iter().map(|(column, _)| column).collect();
    let needed = verdicts
        .iter()
        .map(Borrow::borrow)
        .filter(|v: &&Verdict| entry.matches(&v.requirement, &v.journey, &v.browser))
        .any(|v| v.waiver.is_some() || is_open(v));
    (!needed).then(|| columns.into_iter().cloned().collect())
}

fn texts(patterns: &[Pattern]) -> String {
    patterns.iter().map(Pattern::text).collect::<Vec<_>>().join(", ")
}

fn place(entry: &Entry) -> String {
    let journey = entry.journey.as_deref().map(|globs| format!(" in {}", texts(globs))).unwrap_or_default();
    let browser = entry.browser.as_deref().map(|globs| format!(" ({})", texts(globs))).unwrap_or_default();
    journey + &browser
}
