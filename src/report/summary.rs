//! What every format says alike: totals, the conclusion with its exit code, coverage per browser, events by step.
//!
//! Boundary: pure sums over a [`Report`]; no text for people beyond the one-sentence conclusion.

use std::collections::{BTreeMap, BTreeSet};

use crate::recording::{BrowserInfo, CopyNote, Ending, Kind, Recording, StepOutcome};
use crate::report::model::{JourneyReport, Report};
use crate::report::text;
use crate::verdict::{Level, Outcome, Verdict};

/// How many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Journeys, each browser's counted for itself.
    pub journeys: usize,
    /// Events heard.
    pub events: usize,
    /// Requirements that were looked at and told: pass, fail and warn.
    pub checks: usize,
    /// Held.
    pub pass: usize,
    /// Broken at level `must`.
    pub fail: usize,
    /// Broken at level `should`.
    pub warn: usize,
    /// Noted at level `record`.
    pub noted: usize,
    /// Could not be told.
    pub inconclusive: usize,
    /// Documented events that no journey was to fire.
    pub not_reached: usize,
    /// Broken, but excused by the site file.
    pub waived: usize,
    /// Journeys that did not come to their end.
    pub broken: usize,
    /// Browsers that could not be used.
    pub errors: usize,
}

/// What a run shows, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conclusion {
    /// The user stopped it.
    Interrupted,
    /// A `must` is broken, or a documented event was not reached.
    DoesNotConform,
    /// Something kept chatproof from telling.
    CouldNotJudge,
    /// All that was checked holds.
    Conforms,
}

impl Conclusion {
    /// The process's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Conforms => 0,
            Self::DoesNotConform => 1,
            Self::CouldNotJudge => 3,
            Self::Interrupted => 130,
        }
    }

    /// For machines, in kebab case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::DoesNotConform => "does-not-conform",
            Self::CouldNotJudge => "could-not-judge",
            Self::Interrupted => "interrupted",
        }
    }
}

/// All verdicts, the journeys' and the coverage's.
pub fn verdicts(report: &Report) -> impl Iterator<Item = &Verdict> {
    report.journeys.iter().flat_map(|journey| &journey.verdicts).chain(&report.coverage)
}

/// Counts.
pub fn totals(report: &Report) -> Totals {
    let mut totals = Totals {
        journeys: report.journeys.len(),
        errors: report.errors.len(),
        broken: report.journeys.iter().filter(|journey| journey.recording.ending != Ending::Complete).count(),
        events: report.journeys.iter().map(|journey| events(&journey.recording).len()).sum(),
        ..Totals::default()
    };
    for verdict in verdicts(report) {
        let counter = match verdict.outcome {
            Outcome::Pass => &mut totals.pass,
            Outcome::Fail => &mut totals.fail,
            Outcome::Warn if verdict.level == Level::Record => &mut totals.noted,
            Outcome::Warn => &mut totals.warn,
            Outcome::Inconclusive => &mut totals.inconclusive,
            Outcome::NotReached => &mut totals.not_reached,
            Outcome::Waived => &mut totals.waived,
        };
        *counter += 1;
    }
    totals.checks = verdicts(report).filter(|verdict| is_check(verdict)).count();
    totals
}

/// A requirement that was looked at and told. What is only recorded asserts nothing.
pub fn is_check(verdict: &Verdict) -> bool {
    match verdict.outcome {
        Outcome::Pass | Outcome::Fail => true,
        Outcome::Warn => verdict.level != Level::Record,
        _ => false,
    }
}

/// A verdict that alone keeps a run from conforming.
pub fn is_breach(verdict: &Verdict) -> bool {
    match verdict.outcome {
        Outcome::Fail => true,
        Outcome::NotReached => verdict.level == Level::Must,
        _ => false,
    }
}

/// A verdict that alone keeps a run from being judged. What is only recorded asserts nothing, so it can't.
pub fn is_doubt(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Inconclusive && verdict.level != Level::Record
}

/// Concludes: an interrupt wins over all, a breach over a doubt, and zero checks is never success.
pub fn conclusion(report: &Report) -> Conclusion {
    let totals = totals(report);
    let unfinished = |journey: &JourneyReport| {
        journey.recording.ending != Ending::Complete
            || journey.recording.steps.iter().any(|step| matches!(step.outcome, StepOutcome::Failed(_)))
    };
    if report.interrupted {
        Conclusion::Interrupted
    } else if verdicts(report).any(is_breach) {
        Conclusion::DoesNotConform
    } else if !report.errors.is_empty()
        || report.journeys.iter().any(unfinished)
        || verdicts(report).any(is_doubt)
        || totals.checks == 0
    {
        Conclusion::CouldNotJudge
    } else {
        Conclusion::Conforms
    }
}

/// The conclusion in one sentence.
pub fn sentence(report: &Report) -> String {
    let totals = totals(report);
    let browsers = browsers(report);
    let names: Vec<&str> = browsers.iter().map(|browser| browser.name.as_str()).collect();
    let place = if names.is_empty() { String::new() } else { format!(" in {}", names.join(" and ")) };
    // What another breach explains isn't a reason of its own.
    let breaches = verdicts(report).filter(|verdict| is_breach(verdict) && verdict.caused_by.is_none()).count();
    match conclusion(report) {
        Conclusion::Interrupted => format!(
            "Interrupted: {} heard so far, nothing is concluded from a part.",
            text::count(totals.events, "event", "events")
        ),
        Conclusion::DoesNotConform => {
            let not_reached = verdicts(report)
                .filter(|v| v.outcome == Outcome::NotReached && is_breach(v) && v.caused_by.is_none())
                .count();
            let mut parts = Vec::new();
            if breaches > not_reached {
                let broken = breaches - not_reached;
                parts.push(format!("{} broken", text::count(broken, "requirement is", "requirements are")));
            }
            if not_reached > 0 {
                parts.push(format!(
                    "{} fired by no journey",
                    text::count(not_reached, "documented event is", "documented events are")
                ));
            }
            if parts.is_empty() {
                parts.push("what is documented does not hold".into());
            }
            format!("Does not conform: {}{place}.", parts.join(", "))
        }
        Conclusion::CouldNotJudge => format!("Could not judge: {}.", doubts(report, totals).join(", ")),
        Conclusion::Conforms => {
            let rows = coverage(report);
            let proved = rows.iter().filter(|row| row.cells.iter().all(|cell| cell.status == Status::Proved)).count();
            let spared = rows.iter().filter(|row| row.not_applicable.is_some()).count();
            let spared =
                if spared > 0 { format!(" ({} not applicable)", text::grouped(spared)) } else { String::new() };
            let part = if report.partial { ", in the journeys that were run" } else { "" };
            format!(
                "Conforms: {} of {} proved{spared}{place} by {}{part}.",
                proved,
                text::count(rows.len(), "documented event", "documented events"),
                text::count(totals.checks, "check", "checks"),
            )
        }
    }
}

/// Why a run could not be judged.
fn doubts(report: &Report, totals: Totals) -> Vec<String> {
    let mut parts = Vec::new();
    if totals.errors > 0 {
        parts.push(text::count(totals.errors, "error before the journeys", "errors before the journeys"));
    }
    if totals.broken > 0 {
        parts.push(format!("{} not come to the end", text::count(totals.broken, "journey did", "journeys did")));
    }
    let open = verdicts(report).filter(|verdict| is_doubt(verdict)).count();
    if open > 0 {
        parts.push(text::count(open, "requirement is inconclusive", "requirements are inconclusive"));
    }
    if parts.is_empty() {
        parts.push("nothing was checked".into());
    }
    parts
}

/// The browsers of the journeys, sorted by name, each once.
pub fn browsers(report: &Report) -> Vec<&BrowserInfo> {
    let mut seen = BTreeMap::new();
    for journey in &report.journeys {
        let browser = &journey.recording.browser;
        seen.entry(browser.name.as_str()).or_insert(browser);
    }
    seen.into_values().collect()
}

/// What became of one documented event in one browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Fired for its cause, and no `must` about it is broken.
    Proved,
    /// A `must` about it is broken.
    Failed,
    /// It could not be told.
    Inconclusive,
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
                        status(verdicts_about(report, &browser.name, &event.constant), |v| {
                            v.requirement.ends_with(".fires") || v.requirement.starts_with("coverage.")
                        })
                    };
                    Cell { status, heard: heard_in(report, &browser.name, &event.constant) }
                })
                .collect(),
        })
        .collect()
}

/// The ready event, for each of [`browsers`].
pub fn ready(report: &Report) -> Vec<Cell> {
    let cell = |browser: &&BrowserInfo| {
        let about = verdicts(report).filter(|v| v.browser == browser.name && v.requirement.starts_with("ready."));
        let heard = report
            .journeys
            .iter()
            .filter(|journey| journey.recording.browser.name == browser.name)
            .flat_map(|journey| &journey.recording.observations)
            .filter(|o| matches!(o.kind, Kind::Ready { .. }))
            .count();
        Cell { status: status(about, |v| v.requirement == "ready.fired"), heard }
    };
    browsers(report).iter().map(cell).collect()
}

/// What verdicts about one event come to. `proof`: those that prove it, if they pass.
fn status<'a>(about: impl Iterator<Item = &'a Verdict>, proof: impl Fn(&Verdict) -> bool) -> Status {
    let (mut proved, mut failed, mut doubted, mut spared) = (false, false, false, false);
    for verdict in about {
        spared |= verdict.outcome == Outcome::NotReached && !is_breach(verdict);
        proved |= verdict.outcome == Outcome::Pass && proof(verdict);
        failed |= verdict.outcome == Outcome::Fail;
        doubted |= is_doubt(verdict);
    }
    if failed {
        Status::Failed
    } else if doubted {
        Status::Inconclusive
    } else if proved {
        Status::Proved
    } else if spared {
        Status::NotSelected
    } else {
        Status::NotReached
    }
}

/// Verdicts whose requirement has the constant as one of its parts: `event.X.fires`, `constant.X.present`,
/// `coverage.X`. What the site's own handlers do with an event isn't the event's.
fn verdicts_about<'a>(report: &'a Report, browser: &'a str, constant: &'a str) -> impl Iterator<Item = &'a Verdict> {
    verdicts(report).filter(move |verdict| {
        verdict.browser == browser
            && !verdict.requirement.starts_with("handler.")
            && verdict.requirement.split('.').any(|p| p == constant)
    })
}

fn heard_in(report: &Report, browser: &str, constant: &str) -> usize {
    report
        .journeys
        .iter()
        .filter(|journey| journey.recording.browser.name == browser)
        .flat_map(|journey| events(&journey.recording))
        .filter(|event| event.constant == constant)
        .count()
}

/// An event, placed among the steps.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// `arrival` of its observation.
    pub arrival: u64,
    /// The step it came after; `None`: before the first.
    pub step: Option<usize>,
    /// Milliseconds after that step began, where the page's clock tells.
    pub latency_ms: Option<f64>,
    /// In whose window.
    pub actor: &'a str,
    /// The constant.
    pub constant: &'a str,
    /// What it brought.
    pub data: &'a serde_json::Value,
    /// What could not be copied.
    pub notes: &'a [CopyNote],
}

/// The events of a recording in order of arrival, each with the step that it came after.
///
/// The step is the last one marked in the event's own document, else (a document that is younger than the step) the
/// last one marked anywhere before it; so is the moment from which its latency counts, and one page's clock is
/// compared with another's only in that second case.
///
/// A page that is told "ready" twice subscribes twice and hears each event twice: the second callback is left out.
pub fn events(recording: &Recording) -> Vec<Heard<'_>> {
    let mut in_document: BTreeMap<&str, (usize, Option<f64>)> = BTreeMap::new();
    let mut anywhere: Option<(usize, Option<f64>)> = None;
    let mut callbacks: BTreeMap<(&str, &str), Vec<(&serde_json::Value, u64)>> = BTreeMap::new();
    let mut out = Vec::new();
    for observation in &recording.observations {
        match &observation.kind {
            Kind::Mark { step } => {
                in_document.insert(&observation.document, (*step, observation.page_ms));
                if anywhere.is_none_or(|(last, _)| *step > last) {
                    anywhere = Some((*step, observation.page_ms));
                }
            }
            Kind::Alive { .. } => {
                if let Some(mark) = anywhere {
                    in_document.entry(&observation.document).or_insert(mark);
                }
            }
            Kind::Event { constant, data, notes, subscription, .. } => {
                let heard = callbacks.entry((&observation.document, constant)).or_default();
                let same = |(earlier, by): &&mut (&serde_json::Value, u64)| *by < *subscription && *earlier == data;
                // The first subscription, which may hear thousands, has nothing to look for.
                if *subscription > 1
                    && let Some((_, by)) = heard.iter_mut().find(same)
                {
                    *by = *subscription;
                    continue;
                }
                heard.push((data, *subscription));
                let mark = in_document.get(observation.document.as_str()).copied().or(anywhere);
                let step = mark.map(|(step, _)| step.min(recording.steps.len().saturating_sub(1)));
                let began = mark.and_then(|(_, began)| began);
                out.push(Heard {
                    arrival: observation.arrival,
                    step: step.or_else(|| first_begun(recording)),
                    latency_ms: began.zip(observation.page_ms).map(|(a, b)| b - a).filter(|ms| *ms >= 0.0),
                    actor: &observation.actor,
                    constant,
                    data,
                    notes,
                });
            }
            _ => {}
        }
    }
    out
}

/// A browser without a document before the first `open` has nowhere to put that step's mark.
fn first_begun(recording: &Recording) -> Option<usize> {
    recording.steps.iter().find(|step| step.began_ms.is_some()).map(|step| step.index)
}

/// How long a journey took, its waiting at the end included.
pub fn journey_ms(recording: &Recording) -> f64 {
    recording.steps.iter().filter_map(|step| step.acted_ms.or(step.began_ms)).fold(recording.took_ms, f64::max)
}

/// The root causes among some verdicts, each with what it explains: one cause, one headline. Verdicts that hold are
/// left out. Sorted by gravity, then as the judge sorted them.
pub fn headlines(verdicts: &[Verdict]) -> Vec<(&Verdict, Vec<&Verdict>)> {
    let open: Vec<&Verdict> =
        verdicts.iter().filter(|v| !matches!(v.outcome, Outcome::Pass | Outcome::Waived)).collect();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, verdict) in open.iter().enumerate() {
        first.entry(&verdict.requirement).or_insert(at);
    }
    let root = |at: usize| {
        let mut here = at;
        let mut been = BTreeSet::from([at]);
        while let Some(cause) = open[here].caused_by.as_deref().and_then(|id| first.get(id).copied()) {
            if !been.insert(cause) {
                // Verdicts that blame each other in a circle: none is a headline of the others.
                return at;
            }
            here = cause;
        }
        here
    };
    let mut groups: BTreeMap<usize, Vec<&Verdict>> = BTreeMap::new();
    for (at, verdict) in open.iter().enumerate() {
        let root = root(at);
        let group = groups.entry(root).or_default();
        if root != at {
            group.push(*verdict);
        }
    }
    let mut out: Vec<_> = groups.into_iter().map(|(root, explained)| (open[root], explained)).collect();
    out.sort_by_key(|(verdict, _)| gravity(verdict));
    out
}

/// The coverage verdicts that say something new: not those that a breach in a journey explains, nor what is open
/// because a journey did not come to its end. Both are told there, and the table shows them.
pub fn coverage_headlines(report: &Report) -> Vec<&Verdict> {
    let explained = |verdict: &Verdict| {
        let Some(cause) = &verdict.caused_by else { return false };
        let told = |v: &Verdict| v.requirement == *cause && v.browser == verdict.browser && v.outcome != Outcome::Pass;
        report.journeys.iter().flat_map(|journey| &journey.verdicts).any(told)
    };
    let broken = |verdict: &Verdict| {
        let early = |r: &Recording| r.browser.name == verdict.browser && r.ending != Ending::Complete;
        report.interrupted || report.journeys.iter().any(|journey| early(&journey.recording))
    };
    let mut out: Vec<&Verdict> = report
        .coverage
        .iter()
        .filter(|v| {
            is_breach(v) || (is_doubt(v) && !broken(v)) || (v.outcome == Outcome::Warn && v.level != Level::Record)
        })
        .filter(|v| !explained(v))
        .collect();
    out.sort_by_key(|verdict| gravity(verdict));
    out
}

/// The order in which a person wants to read.
fn gravity(verdict: &Verdict) -> u8 {
    match (verdict.outcome, verdict.level) {
        (Outcome::Fail, _) => 0,
        (Outcome::Inconclusive, Level::Must | Level::Should) => 1,
        (Outcome::NotReached, Level::Must) => 2,
        (Outcome::Warn, Level::Must | Level::Should) => 3,
        (Outcome::NotReached, Level::Should) => 4,
        _ => 5,
    }
}
