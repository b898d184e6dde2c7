//! What every format says alike: totals, the conclusion with its exit code, coverage per browser, events by step.
//!
//! Boundary: pure sums over a [`Report`]; no text for people beyond the one-sentence conclusion.

use std::collections::{BTreeMap, BTreeSet};

use crate::baseline::{Stale, StaleEntry};
use crate::recording::{BrowserInfo, Ending, Recording, StepOutcome};
use crate::report::model::{LostSession, Report};
use crate::report::text;
use crate::verdict::{Level, Outcome, RequirementId, Verdict, Waiver};

mod analytics;
mod counts;
mod coverage;
mod heard;
mod tags;

pub use analytics::{Analytics, analytics, analytics_lines};
pub use counts::Counts;
pub use coverage::{Cell, Row, Status, coverage, ready};
pub use heard::{Heard, events};
pub use tags::{TagHit, TagSent, Tags, tag_hits, tags};

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
    /// Broken, but excused: known failures, and what the site file says not to be applicable.
    pub waived: usize,
    /// Root causes among the known failures that were waived.
    pub known: usize,
    /// Journeys that failed and came out well when they were tried again.
    pub flaky: usize,
    /// Attempts beyond each journey's first one.
    pub retries: usize,
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
        events: report.journeys.iter().map(|journey| journey.counts().events).sum(),
        known: verdicts(report).filter(|verdict| verdict.waiver.is_some() && verdict.caused_by.is_none()).count(),
        flaky: report.journeys.iter().filter(|journey| journey.is_flaky()).count(),
        retries: report.journeys.iter().map(|journey| journey.earlier.len()).sum(),
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
    let let_go: usize =
        report.journeys.iter().filter_map(|journey| journey.folded.as_ref()).map(Counts::all_passed).sum();
    totals.pass += let_go;
    totals.checks = verdicts(report).filter(|verdict| is_check(verdict)).count() + let_go;
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

/// Whether a journey came to nothing: a breach or a doubt, or it did not come to its end.
pub fn failed(recording: &Recording, verdicts: &[Verdict]) -> bool {
    unfinished(recording) || verdicts.iter().any(|verdict| is_breach(verdict) || is_doubt(verdict))
}

/// Why a journey failed, a safe line each, the gravest first.
pub fn reasons(recording: &Recording, verdicts: &[Verdict]) -> Vec<String> {
    let mut out = Vec::new();
    for step in &recording.steps {
        if let StepOutcome::Failed(error) = &step.outcome {
            let what = format!("step {} `{}` failed: {}", step.index + 1, step.text, error.message);
            out.push(text::line(&what, text::LONG));
        }
    }
    match &recording.ending {
        Ending::Complete | Ending::StepFailed { .. } => {}
        Ending::Interrupted => out.push("interrupted".into()),
        Ending::Broken { message } => out.push(text::line(&format!("broke off: {message}"), text::LONG)),
    }
    let told = |verdict: &Verdict| {
        let heard = if verdict.actual.is_empty() { String::new() } else { format!(": {}", verdict.actual) };
        text::line(&format!("{} ({}{heard})", verdict.statement, verdict.finding), text::LONG)
    };
    out.extend(headlines(verdicts).iter().filter(|(v, _)| is_breach(v) || is_doubt(v)).map(|(v, _)| told(v)));
    out
}

fn unfinished(recording: &Recording) -> bool {
    recording.ending != Ending::Complete
        || recording.steps.iter().any(|step| matches!(step.outcome, StepOutcome::Failed(_)))
}

/// Concludes: an interrupt wins over all, a breach over a doubt, and zero checks is never success.
pub fn conclusion(report: &Report) -> Conclusion {
    let totals = totals(report);
    if report.interrupted {
        Conclusion::Interrupted
    } else if verdicts(report).any(is_breach) || stale(report) > 0 || (report.fail_on_flaky && totals.flaky > 0) {
        Conclusion::DoesNotConform
    } else if !report.errors.is_empty()
        || report.journeys.iter().any(|journey| unfinished(&journey.recording))
        || verdicts(report).any(is_doubt)
        || totals.checks == 0
    {
        Conclusion::CouldNotJudge
    } else {
        Conclusion::Conforms
    }
}

/// Entries of the baseline that should go, where that keeps a run from conforming.
fn stale(report: &Report) -> usize {
    report.baseline.as_ref().filter(|baseline| baseline.strict).map_or(0, |baseline| baseline.stale.len())
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
            if parts.is_empty() && verdicts(report).any(is_breach) {
                parts.push("what is documented does not hold".into());
            }
            let mut said = parts.join(", ");
            if !said.is_empty() {
                said.push_str(&place);
            }
            let others = [
                (stale(report), "known failure should go from its file", "known failures should go from their file"),
                (if report.fail_on_flaky { totals.flaky } else { 0 }, "journey is flaky", "journeys are flaky"),
            ];
            for (number, one, many) in others.into_iter().filter(|(number, ..)| *number > 0) {
                said = format!("{said}{}{}", if said.is_empty() { "" } else { ", " }, text::count(number, one, many));
            }
            format!("Does not conform: {said}.")
        }
        Conclusion::CouldNotJudge => format!("Could not judge: {}.", doubts(report, totals).join(", ")),
        Conclusion::Conforms => {
            let rows = coverage(report);
            let proved = rows.iter().filter(|row| coverage::is_proved(row, &browsers)).count();
            let spared = rows.iter().filter(|row| row.not_applicable.is_some()).count();
            let spared =
                if spared > 0 { format!(" ({} not applicable)", text::grouped(spared)) } else { String::new() };
            let part = if report.partial { ", in the journeys that were run" } else { "" };
            let mut but = String::new();
            if totals.known > 0 {
                but =
                    format!("; {}", text::count(totals.known, "known failure is waived", "known failures are waived"));
            }
            if totals.flaky > 0 {
                but = format!("{but}; {}", text::count(totals.flaky, "journey is flaky", "journeys are flaky"));
            }
            format!(
                "Conforms: {} of {} proved{spared}{place} by {}{part}{but}.",
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

/// How long a journey took, its waiting at the end included.
pub fn journey_ms(recording: &Recording) -> f64 {
    recording.steps.iter().filter_map(|step| step.acted_ms.or(step.began_ms)).fold(recording.took_ms, f64::max)
}

/// The root causes among some verdicts, each with what it explains: one cause, one headline. Verdicts that hold are
/// left out. Sorted by gravity, then as the judge sorted them.
pub fn headlines(verdicts: &[Verdict]) -> Vec<(&Verdict, Vec<&Verdict>)> {
    let open: Vec<&Verdict> =
        verdicts.iter().filter(|v| !matches!(v.outcome, Outcome::Pass | Outcome::Waived)).collect();
    let mut first: BTreeMap<&RequirementId, usize> = BTreeMap::new();
    for (at, verdict) in open.iter().enumerate() {
        first.entry(&verdict.requirement).or_insert(at);
    }
    let root = |at: usize| {
        let mut here = at;
        let mut been = BTreeSet::from([at]);
        while let Some(cause) = open[here].caused_by.as_ref().and_then(|id| first.get(id).copied()) {
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

/// The same, apart from documented events that no step declares: one mistake makes them all, so they come as one list,
/// the second one.
pub fn coverage_apart(report: &Report) -> (Vec<&Verdict>, Vec<&Verdict>) {
    coverage_headlines(report).into_iter().partition(|verdict| verdict.finding != "not-declared")
}

/// What to do about events that no step declares.
pub const UNDECLARED_HELP: &str = "let a step cause the event, and declare it there with `fires:`; or say under \
                                   `not_applicable` why this site never does";

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

/// What was waived as a known failure, by entry in the file's order, each with its verdicts.
pub fn waived(report: &Report) -> Vec<(&Waiver, Vec<&Verdict>)> {
    let mut out: BTreeMap<u32, (&Waiver, Vec<&Verdict>)> = BTreeMap::new();
    for verdict in verdicts(report) {
        if let Some(waiver) = &verdict.waiver {
            out.entry(waiver.line).or_insert_with(|| (waiver, Vec::new())).1.push(verdict);
        }
    }
    out.into_values().collect()
}

/// A known failure's reason with its ticket and its last day, as one text.
pub fn why(reason: &str, ticket: Option<&str>, until: Option<&str>) -> String {
    let more: Vec<String> =
        ticket.map(str::to_owned).into_iter().chain(until.map(|day| format!("until {day}"))).collect();
    if more.is_empty() { reason.to_owned() } else { format!("{reason} ({})", more.join(", ")) }
}

/// [`why`] for a waiver.
pub fn why_waived(waiver: &Waiver) -> String {
    why(&waiver.reason, waiver.ticket.as_deref(), waiver.until.as_deref())
}

/// A session that was lost, in a sentence without its full stop.
pub fn lost_text(lost: &LostSession) -> String {
    let LostSession { browser, session, message, frame, returned } = lost;
    let which =
        if *session > 1 { format!("session {session} of {browser}") } else { format!("a session of {browser}") };
    let again = match returned {
        0 => "nothing was under way in it".to_owned(),
        1 => "1 journey was run again".to_owned(),
        several => format!("{several} journeys were run again"),
    };
    if *frame {
        return format!("in {which} a frame was lost, and {again} where frames share one process: {message}");
    }
    format!("{which} was lost, and {again}: {message}")
}

/// What is to be said of an entry of the baseline that should go, and what to do.
pub fn stale_text(entry: &StaleEntry) -> String {
    let what = format!("{}{}", entry.requirement, entry.place);
    match entry.why {
        Stale::Expired => {
            let until = entry.until.as_deref().unwrap_or_default();
            format!("{what}: was to be let pass until {until} only; mend it, or give it another day and say why")
        }
        Stale::Unneeded => format!(
            "{what}: nothing of it is broken any more in {}; take the entry out, or narrow it with `journey` or `browser`",
            entry.browsers.join(" and ")
        ),
    }
}
