//! When what a page heard was heard, on chatproof's own clock: pages have theirs, and what the browser tells (requests,
//! navigations) has only ours.
//!
//! A step begins once the pages have said its mark and the mark has arrived. So each mark is a bound: the two clocks
//! are at least as far apart as its time in the page and the step's beginning. How much farther, is how long the mark
//! was under way: a few milliseconds, or seconds in a page that is busy loading. The mark that was under way for the
//! least time tells best, whichever step's it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, Recording, StepOutcome};

/// Two documents whose clocks are farther apart than this, in milliseconds, don't differ by a mark that was under way
/// for long, as none is waited for any longer: the machine's clock was set in between.
const SET: f64 = 30_000.0;

/// The clocks of a recording's documents.
#[derive(Debug)]
pub struct PageClock<'a> {
    /// What to take from a page's time, by document.
    own: BTreeMap<&'a str, f64>,
    /// Of each mark, by arrival.
    ties: Vec<(u64, f64)>,
    /// When the document was first heard of, by arrival.
    born: BTreeMap<&'a str, u64>,
}

impl<'a> PageClock<'a> {
    /// Compares the clocks wherever a recording allows it.
    #[must_use]
    pub fn new(recording: &'a Recording) -> Self {
        let mut clock = Self { own: BTreeMap::new(), ties: Vec::new(), born: BTreeMap::new() };
        // A window whose pages did not answer in time may have said its marks long after the step had begun.
        let deaf: BTreeSet<&str> = recording
            .observations
            .iter()
            .filter(|o| matches!(o.kind, Kind::Deaf { .. }))
            .map(|o| o.context.as_str())
            .collect();
        // A step that failed may have begun before its marks.
        let done = |step: usize| recording.steps.get(step).is_none_or(|step| step.outcome == StepOutcome::Done);
        let any_done = recording.observations.iter().any(|o| matches!(o.kind, Kind::Mark { step } if done(step)));
        for o in &recording.observations {
            let first = clock.born.entry(&o.document).or_insert(o.arrival);
            *first = o.arrival.min(*first);
            let Kind::Mark { step } = o.kind else { continue };
            if deaf.contains(o.context.as_str()) || (any_done && !done(step)) {
                continue;
            }
            // Older recordings don't say how long they took.
            let end = Some(recording.took_ms).filter(|took| *took > 0.0);
            let began = recording.steps.get(step).map_or(end, |step| step.began_ms);
            let Some(tie) = o.page_ms.zip(began).map(|(page, began)| page - began).filter(|tie| tie.is_finite()) else {
                continue;
            };
            let own = clock.own.entry(&o.document).or_insert(tie);
            *own = own.max(tie);
            clock.ties.push((o.arrival, tie));
        }
        clock.ties.sort_by_key(|(arrival, _)| *arrival);
        // The best mark of all is best for all whose clocks are the same.
        let all: Vec<f64> = clock.own.values().copied().collect();
        for own in clock.own.values_mut() {
            *own = best(*own, &all);
        }
        clock
    }

    /// Milliseconds from the journey's start, on chatproof's clock, at which it was `page_ms` in a document; at the
    /// latest, since what marks took is in it. `None`: no mark ties the clocks together.
    #[must_use]
    pub fn place(&self, document: &str, page_ms: f64) -> Option<f64> {
        let tie = self.own.get(document).copied().or_else(|| self.near(document))?;
        Some(page_ms - tie)
    }

    /// Milliseconds from a step's beginning until it was `page_ms` in a document; negative if that was before. `marked` is
    /// the page's time at the step's mark, `began` the step's [`began_ms`](super::StepRecord::began_ms), if it is known: a
    /// mark that is long under way makes nothing late, as the step begins when the last one has arrived.
    #[must_use]
    pub fn since(&self, document: &str, page_ms: f64, marked: f64, began: Option<f64>) -> f64 {
        let since_began = self.place(document, page_ms).zip(began).map_or(f64::INFINITY, |(at, began)| at - began);
        (page_ms - marked).min(since_began)
    }

    /// The clock of a document that said no mark: that of the latest mark before it came, else of the first.
    fn near(&self, document: &str) -> Option<f64> {
        let born = self.born.get(document).copied().unwrap_or(0);
        let before = self.ties.partition_point(|(arrival, _)| *arrival < born).saturating_sub(1);
        let (_, near) = self.ties.get(before)?;
        let all: Vec<f64> = self.own.values().copied().collect();
        Some(best(*near, &all))
    }
}

fn best(own: f64, all: &[f64]) -> f64 {
    all.iter().copied().filter(|other| (other - own).abs() <= SET).fold(own, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Observation, StepRecord, blank};
    use crate::source::Span;

    fn recording(steps: &[(f64, StepOutcome)], heard: &[(&str, f64, Kind)]) -> Recording {
        let text = |text: &str| text.to_owned();
        let step = |(index, (began, outcome)): (usize, &(f64, StepOutcome))| StepRecord {
            index,
            actor: text("visitor"),
            text: text("click"),
            span: Span { line: 1, column: 1, offset: 0, len: 1, file: 0 },
            by: Vec::new(),
            began_ms: Some(*began),
            acted_ms: None,
            outcome: outcome.clone(),
        };
        let said = |(arrival, (document, page, kind)): (usize, &(&str, f64, Kind))| Observation {
            arrival: arrival as u64,
            actor: text("visitor"),
            context: format!("window of {document}"),
            document: text(document),
            seq: None,
            page_ms: Some(*page),
            heard_ms: None,
            kind: kind.clone(),
        };
        Recording {
            steps: steps.iter().enumerate().map(step).collect(),
            observations: heard.iter().enumerate().map(said).collect(),
            took_ms: 100_000.0,
            ..blank()
        }
    }

    fn mark(step: usize) -> Kind {
        Kind::Mark { step }
    }

    /// At which time of the journey it was 50,000 in a document's page.
    fn placed(recording: &Recording, document: &str) -> Option<f64> {
        PageClock::new(recording).place(document, 50_000.0)
    }

    #[test]
    fn a_mark_that_was_long_under_way_is_outdone_by_any_other() {
        let done = [(3_000.0, StepOutcome::Done), (4_000.0, StepOutcome::Done)];
        // The page was at 41,000 when the journey was at 1,000, but the step began two seconds later.
        let slow = recording(&done, &[("a", 41_000.0, mark(0)), ("b", 44_000.0, mark(1))]);
        assert_eq!(placed(&slow, "a"), Some(10_000.0));
        assert_eq!(placed(&slow, "b"), Some(10_000.0));
        // A document that was never marked has the others' clock; without any there is none.
        assert_eq!(placed(&slow, "c"), Some(10_000.0));
        assert_eq!(placed(&recording(&done, &[("a", 41_000.0, Kind::Unload)]), "a"), None);
    }

    #[test]
    fn a_clock_that_was_set_is_not_taken_for_a_mark_under_way() {
        let done = [(1_000.0, StepOutcome::Done), (2_000.0, StepOutcome::Done)];
        let hour = 3_600_000.0;
        let set = recording(&done, &[("a", 41_000.0 + hour, mark(0)), ("b", 42_000.0, mark(1))]);
        assert_eq!(placed(&set, "b"), Some(10_000.0));
        assert_eq!(placed(&set, "a"), Some(10_000.0 - hour));
    }

    #[test]
    fn a_mark_that_may_be_younger_than_its_step_ties_nothing() {
        let done = [(1_000.0, StepOutcome::Done), (2_000.0, StepOutcome::Done)];
        // The first answered only when nobody waited for it any more.
        let deaf = Kind::Deaf { url: "https://a.example/".to_owned(), message: "does not answer".to_owned() };
        let late = recording(&done, &[("a", 55_000.0, mark(0)), ("a", 55_001.0, deaf), ("b", 42_000.0, mark(1))]);
        assert_eq!(placed(&late, "b"), Some(10_000.0));
        // A step that failed says when it was turned to, which may be before its marks.
        let failed = StepOutcome::Skipped { message: String::new() };
        let failed = [(1_000.0, StepOutcome::Done), (2_000.0, failed)];
        let failed = recording(&failed, &[("a", 41_000.0, mark(0)), ("a", 49_000.0, mark(1))]);
        assert_eq!(placed(&failed, "a"), Some(10_000.0));
    }
}
