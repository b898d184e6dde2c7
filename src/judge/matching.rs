//! Which step caused which event: expectations of steps, paired with what was heard.
//!
//! An event is in time for a step if it was heard after the step began, and at most `within` after the act was done. (A
//! step may wait long for its element; the patience with the widget begins when the act is done.) Of several steps that
//! wait for the same event, one whose time runs out first is served first: no other rule finds a partner for as many, so
//! a widget is never accused because of an unlucky pairing. What is left over is paired as too early or too late.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::recording::{Ending, Kind, Recording, StepOutcome, StepRecord};
use crate::site::{Expected, Journey, Site, Step};
use crate::spec::{Per, Spec};

use super::conversation::Conversations;
use super::cut;

use super::trace::{Document, Occurrence, Trace};
use super::whenever;

/// How an expectation was met; numbers are indices into [`Trace::occurrences`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Met {
    /// Heard in time.
    InTime(usize),
    /// Heard before the step began.
    TooEarly(usize),
    /// Heard after the time allowed.
    TooLate(usize),
    /// Not heard.
    Missing,
    /// Can't be told: code and reason.
    Open(&'static str, String),
}

/// An event that a step is to cause.
#[derive(Debug)]
pub(crate) struct Expectation<'a> {
    /// Position in the journey.
    pub(crate) step: &'a Step,
    pub(crate) expected: &'a Expected,
    /// Which one of the step's expectations of this constant, from 1.
    pub(crate) nth: usize,
    /// Milliseconds after the act that are allowed.
    pub(crate) within: f64,
    /// Milliseconds after the step began that are allowed: `within`, and the time that the act itself took.
    allowed: f64,
    pub(crate) met: Met,
}

impl Expectation<'_> {
    fn is_in_time(&self, trace: &Trace, occurrence: &Occurrence) -> bool {
        is_in_time(trace, occurrence, self.step.index, self.allowed)
    }
}

/// Whether an occurrence was heard after a step began and at most so many milliseconds later.
fn is_in_time(trace: &Trace, occurrence: &Occurrence, step: usize, allowed: f64) -> bool {
    if occurrence.step < Some(step) {
        return false;
    }
    match trace.latency(occurrence, step) {
        Some(latency) => latency <= allowed,
        None => occurrence.step == Some(step),
    }
}

/// What an occurrence turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Paired with an expectation (an index), in time or not.
    Paired(usize),
    /// A step may cause it: its index, and the place in its `may_fire`.
    Permitted(usize, usize),
    /// A step that failed half-way was to cause it: neither held against the widget nor counted for it.
    Tolerated,
    /// More than the event's cardinality allows; no step was to cause it.
    Excess,
    /// No step was to cause it.
    Unexpected,
    /// The journey isn't in the site file, so nothing is known of causes.
    Unknown,
}

/// Occurrences that count together against a cardinality.
#[derive(Debug)]
pub(crate) struct Group {
    /// Conversation, if counted by conversation or document.
    pub(crate) conversation: Option<usize>,
    /// Indices into [`Trace::occurrences`], in order.
    pub(crate) occurrences: Vec<usize>,
}

/// All expectations and occurrences of a journey, paired.
#[derive(Debug)]
pub(crate) struct Matching<'a> {
    pub(crate) expectations: Vec<Expectation<'a>>,
    pub(crate) fates: Vec<Fate>,
}

struct Matcher<'a, 'b> {
    spec: &'a Spec,
    site: &'a Site,
    journey: &'a Journey,
    recording: &'a Recording,
    trace: &'b Trace<'a>,
    talks: &'b Conversations,
    /// Occurrences that may be the doing of what came in between.
    doings: Vec<bool>,
}

impl<'a> Matching<'a> {
    /// Pairs.
    pub(crate) fn new(
        spec: &'a Spec,
        site: &'a Site,
        journey: Option<&'a Journey>,
        recording: &'a Recording,
        trace: &Trace<'a>,
        talks: &Conversations,
    ) -> Self {
        match journey {
            Some(journey) => {
                let doings = whenever::doings(site, journey, recording, trace);
                Matcher { spec, site, journey, recording, trace, talks, doings }.run()
            }
            None => Self { expectations: Vec::new(), fates: vec![Fate::Unknown; trace.occurrences.len()] },
        }
    }

    /// Whether an expectation of this event wasn't met at all.
    pub(crate) fn misses(&self, constant: &str) -> bool {
        self.expectations.iter().any(|e| e.expected.constant == constant && e.met == Met::Missing)
    }

    /// The step that caused an occurrence.
    pub(crate) fn cause(&self, occurrence: usize) -> Option<&Expectation<'a>> {
        match self.fates.get(occurrence) {
            Some(Fate::Paired(expectation)) => self.expectations.get(*expectation),
            _ => None,
        }
    }

    /// The step that caused an occurrence, or that may.
    fn caused(&self, index: usize) -> Option<usize> {
        match self.fates.get(index) {
            Some(Fate::Permitted(step, _)) => Some(*step),
            Some(Fate::Paired(at)) => self.expectations.get(*at).map(|e| e.step.index),
            _ => None,
        }
    }

    /// The groups in which occurrences of an event are counted.
    ///
    /// One that comes again by itself counts for the step that the one before it counts for, however much later it comes:
    /// what a repeat is must not depend on how fast the machine is, and so on which step has begun by then. But a page
    /// that was loaded by a later step says nothing more about that one. What nothing was to cause counts alone.
    pub(crate) fn groups(&self, trace: &Trace, talks: &Conversations, constant: &str, per: Per) -> Vec<Group> {
        let mut groups: IndexMap<(usize, usize, usize), Group> = IndexMap::new();
        // By conversation, the step that the last one was caused by.
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, occurrence) in trace.occurrences.iter().enumerate().filter(|(_, o)| o.constant == constant) {
            let conversation = talks.of(index);
            let step = self.caused(index);
            if let Some(step) = step {
                last.insert(conversation, step);
            }
            let again = || {
                let born = trace.documents.get(occurrence.document).and_then(Document::born);
                last.get(&conversation).copied().filter(|step| born <= Some(*step))
            };
            let step = match self.fates.get(index) {
                Some(Fate::Unexpected | Fate::Excess) => again(),
                Some(Fate::Paired(_) | Fate::Permitted(..)) => step,
                Some(Fate::Tolerated | Fate::Unknown) | None => occurrence.step,
            };
            let key = match (per, step) {
                (Per::Conversation, _) => (conversation, 0, 0),
                (Per::Document, _) => (conversation, occurrence.document, 0),
                (Per::Step, Some(step)) => (0, step + 1, 0),
                (Per::Step, None) => (0, 0, index + 1),
            };
            let conversation = (per != Per::Step).then_some(conversation);
            let group = groups.entry(key).or_insert_with(|| Group { conversation, occurrences: Vec::new() });
            group.occurrences.push(index);
        }
        groups.into_values().collect()
    }
}

/// The record of a step, by its index: a recording may lack some.
pub(crate) fn record(recording: &Recording, step: usize) -> Option<&StepRecord> {
    recording.steps.iter().find(|r| r.index == step)
}

/// How long a step's act took, in milliseconds; 0 if unknown.
fn act_ms(record: Option<&StepRecord>) -> f64 {
    let took = record.and_then(|r| Some(r.acted_ms? - r.began_ms?)).unwrap_or(0.0);
    if took.is_finite() { took.max(0.0) } else { 0.0 }
}

impl<'a> Matcher<'a, '_> {
    fn run(&self) -> Matching<'a> {
        let mut matching =
            Matching { expectations: self.expectations(), fates: vec![Fate::Unexpected; self.trace.occurrences.len()] };
        self.pair_in_time(&mut matching);
        self.absorb(&mut matching);
        self.find_excess(&mut matching);
        self.pair_rest(&mut matching);
        // Again after what came too early or too late.
        self.find_excess(&mut matching);
        matching
    }

    /// What the steps declare; those whose step didn't happen are open from the start, those of a skipped one are none.
    fn expectations(&self) -> Vec<Expectation<'a>> {
        let mut all: Vec<Expectation> = Vec::new();
        for step in &self.journey.steps {
            let open = match record(self.recording, step.index).map(|r| &r.outcome) {
                Some(StepOutcome::Skipped { .. }) => continue,
                Some(StepOutcome::Done) => None,
                Some(StepOutcome::Failed(error)) => Some((
                    "step-failed",
                    format!("the step itself could not be done: {}", super::text::visible(&error.message)),
                )),
                Some(StepOutcome::NotBegun) | None => {
                    Some(("step-not-begun", "the journey ended before this step".to_owned()))
                }
            };
            for expected in &step.fires {
                // An event that the spec doesn't have is a mistake of the site file, which lint reports.
                if !self.spec.events.contains_key(&expected.constant) {
                    continue;
                }
                let same = |e: &&Expectation| e.step.index == step.index && e.expected.constant == expected.constant;
                all.push(Expectation {
                    step,
                    expected,
                    nth: all.iter().filter(same).count() + 1,
                    within: self.site.timing(self.journey, step).within.as_secs_f64() * 1000.0,
                    allowed: self.allowed(step),
                    met: open.clone().map_or(Met::Missing, |(code, why)| Met::Open(code, why)),
                });
            }
        }
        all
    }

    /// How many milliseconds after a step began its events may come.
    fn allowed(&self, step: &Step) -> f64 {
        let within = self.site.timing(self.journey, step).within.as_secs_f64() * 1000.0;
        within + act_ms(record(self.recording, step.index))
    }

    /// Serves, for each occurrence in order, the expectation whose time runs out first.
    fn pair_in_time(&self, matching: &mut Matching<'a>) {
        for (index, occurrence) in self.trace.occurrences.iter().enumerate().filter(|(index, _)| !self.is_doing(*index))
        {
            let deadline = |e: &Expectation| self.trace.mark_ms(e.step.index, None).unwrap_or(0.0) + e.allowed;
            let best = matching
                .expectations
                .iter()
                .enumerate()
                .filter(|(_, e)| e.met == Met::Missing && e.expected.constant == occurrence.constant)
                .filter(|(_, e)| e.is_in_time(self.trace, occurrence))
                .min_by(|(_, a), (_, b)| deadline(a).total_cmp(&deadline(b)).then(a.step.index.cmp(&b.step.index)))
                .map(|(at, _)| at);
            self.pair(matching, index, best, Met::InTime(index));
        }
    }

    fn is_doing(&self, occurrence: usize) -> bool {
        self.doings.get(occurrence).copied().unwrap_or(false)
    }

    fn pair(&self, matching: &mut Matching<'a>, occurrence: usize, expectation: Option<usize>, met: Met) {
        let Some(at) = expectation else { return };
        if let (Some(e), Some(fate)) = (matching.expectations.get_mut(at), matching.fates.get_mut(occurrence)) {
            e.met = met;
            *fate = Fate::Paired(at);
        }
    }

    /// Takes out what a step may cause, and what a step that failed half-way was to cause.
    fn absorb(&self, matching: &mut Matching<'a>) {
        for (index, (occurrence, fate)) in self.trace.occurrences.iter().zip(&mut matching.fates).enumerate() {
            if *fate != Fate::Unexpected {
                continue;
            }
            if self.is_doing(index) {
                *fate = Fate::Tolerated;
                continue;
            }
            let during = |step: &Step| {
                occurrence.step == Some(step.index)
                    || is_in_time(self.trace, occurrence, step.index, self.allowed(step))
            };
            let performed = |step: &Step| {
                !matches!(
                    record(self.recording, step.index).map(|r| &r.outcome),
                    Some(StepOutcome::Skipped { .. } | StepOutcome::NotBegun) | None
                )
            };
            // A step's own events may come after its act's time too, as long as the step lasts: a long pause, say.
            let permitted = self
                .journey
                .steps
                .iter()
                .filter(|s| performed(s) && during(s))
                .find_map(|s| Some((s.index, s.may_fire.iter().position(|e| e.constant == occurrence.constant)?)));
            let failed = |e: &&Expectation| {
                matches!(e.met, Met::Open("step-failed", _))
                    && e.expected.constant == occurrence.constant
                    && occurrence.step >= Some(e.step.index)
            };
            // Where the journey broke off it isn't known how far the step had come, nor always which step it was.
            let under_way = |step: &Step| {
                let is_done = record(self.recording, step.index).is_some_and(|r| r.outcome == StepOutcome::Done);
                let sure = is_done && self.is_placed(occurrence);
                !sure && step.fires.iter().chain(&step.may_fire).any(|e| e.constant == occurrence.constant)
            };
            if let Some((step, at)) = permitted {
                *fate = Fate::Permitted(step, at);
            } else if matching.expectations.iter().any(|e| failed(&e))
                || (cut::broke_off(self.recording) && self.journey.steps.iter().any(under_way))
            {
                *fate = Fate::Tolerated;
            }
        }
    }

    /// Whether it is known in which step an occurrence was heard: its document has said a mark.
    fn is_placed(&self, occurrence: &Occurrence) -> bool {
        self.trace.documents.get(occurrence.document).is_some_and(Document::is_marked)
    }

    /// Marks those that are more than their cardinality allows: one headline, not two.
    fn find_excess(&self, matching: &mut Matching<'a>) {
        for event in self.spec.events.values() {
            let Some(most) = &event.at_most else { continue };
            let allowed = usize::try_from(most.count).unwrap_or(usize::MAX);
            for group in matching.groups(self.trace, self.talks, &event.constant, most.per) {
                for index in group.occurrences.into_iter().skip(allowed) {
                    if let Some(fate @ Fate::Unexpected) = matching.fates.get_mut(index) {
                        *fate = Fate::Excess;
                    }
                }
            }
        }
    }

    /// Pairs what is left: as too early with the nearest before the step, else as too late with the first after it.
    fn pair_rest(&self, matching: &mut Matching<'a>) {
        for at in 0..matching.expectations.len() {
            let Some(expectation) = matching.expectations.get(at) else { continue };
            if expectation.met != Met::Missing {
                continue;
            }
            let step = expectation.step.index;
            let left: Vec<usize> = self
                .trace
                .occurrences
                .iter()
                .enumerate()
                .filter(|(i, o)| {
                    o.constant == expectation.expected.constant && matching.fates.get(*i) == Some(&Fate::Unexpected)
                })
                .map(|(i, _)| i)
                .collect();
            let is_early = |i: &&usize| self.trace.occurrences.get(**i).is_some_and(|o| o.step < Some(step));
            if let Some(&early) = left.iter().rfind(is_early) {
                self.pair(matching, early, Some(at), Met::TooEarly(early));
            } else if let Some(&late) = left.first() {
                self.pair(matching, late, Some(at), Met::TooLate(late));
            } else if let Some((code, why)) = self.open(expectation)
                && let Some(e) = matching.expectations.get_mut(at)
            {
                e.met = Met::Open(code, why);
            }
        }
    }

    /// Why a step's silence proves nothing, if it doesn't.
    fn open(&self, expectation: &Expectation) -> Option<(&'static str, String)> {
        let step = expectation.step.index;
        let until = self.last_step_within(expectation);
        let doing = self.trace.occurrences.iter().enumerate().find(|(index, occurrence)| {
            self.is_doing(*index)
                && occurrence.constant == expectation.expected.constant
                && expectation.is_in_time(self.trace, occurrence)
        });
        if doing.is_some() {
            let why = "heard once, soon after something was done in between (`whenever`) that may cause it, too";
            return Some(("whenever", why.to_owned()));
        }
        let beforehand = self.trace.unseen.iter().find(|(shown, observation)| {
            Some(step) <= *shown
                && *shown <= Some(until)
                && matches!(&observation.kind, Kind::Unseen { heard } if matches!(&**heard, Kind::Event { constant, .. } if *constant == expectation.expected.constant))
        });
        if beforehand.is_some() {
            let why = "it fired while the browser rendered the page beforehand, before the visitor was on it";
            return Some(("beforehand", why.to_owned()));
        }
        if let Some(refusal) = self.trace.refusals.within(Some(step), Some(until)) {
            return Some(("page-refused", format!("not heard, but {}", refusal.why)));
        }
        if let Some(hole) = self.trace.hole(Some(step), Some(until)) {
            return Some(("lost", format!("not heard, but {}", hole.why)));
        }
        if let Some(x) = self.trace.dropped(&expectation.expected.constant, Some(step), Some(until)) {
            let why = format!(
                "not heard, but the page seems to have taken callbacks off: {x} was heard by a handler of the page's own and \
                 by none of chatproof's"
            );
            return Some(("callbacks-gone", why));
        }
        // The next step begins when this one's time is up: what is answered then comes too late to be a reason.
        if let Some(answered) = self.trace.answered(Some(step), Some(step)) {
            return Some((answered.code, format!("not heard, but {}", answered.why)));
        }
        if !self.trace.listened(Some(step), Some(until)) {
            return Some(("not-listening", "not heard, but there was no page with a listener to hear it".to_owned()));
        }
        if self.recording.ending == Ending::Complete && !cut::broke_off(self.recording) {
            return None;
        }
        if cut::broke_off(self.recording) {
            return Some((
                "cut-short",
                "not heard, but the journey broke off, and it may have been under way".to_owned(),
            ));
        }
        // What a page said later proves that it was listened to until then. The slack is for timers that fire early.
        const SLACK: f64 = 100.0;
        let listened = self
            .trace
            .mark_ms(step, None)
            .zip(self.trace.last_ms())
            .is_some_and(|(began, last)| last - began + SLACK >= expectation.within);
        (!listened).then(|| ("cut-short", "not heard, but the journey was cut short before its time was up".to_owned()))
    }

    /// The last step that began before the time for an expectation was up.
    fn last_step_within(&self, expectation: &Expectation) -> usize {
        let step = expectation.step.index;
        let began = self.trace.mark_ms(step, None);
        (step + 1..=self.journey.steps.len())
            .take_while(|later| {
                began
                    .zip(self.trace.mark_ms(*later, None))
                    .is_some_and(|(began, later)| later - began <= expectation.allowed)
            })
            .last()
            .unwrap_or(step)
    }
}
