//! The report for programs: `"format": "chatproof-report/1"`, described by `specs/report.schema.json`.
//!
//! Boundary: types of its own, never internals, so that what is inside can change and this can't. Fields may be added
//! within version 1; nothing is renamed, removed or given another meaning.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::recording::handlers::{OwnHandler, own_handlers};
use crate::recording::{Ending, FileCopy, Kind, Recording, StepOutcome};
use crate::report::model::{self, JourneyReport};
use crate::report::otlp::{self, Moment};
use crate::report::summary::{self, Heard};
use crate::verdict;

mod held;
mod safe;
mod types;

pub use held::Held;
use held::Opened;
pub use types::*;

/// The `format` that this version writes.
pub const FORMAT: &str = "chatproof-report/1";

/// At most so many events of a journey are written with their payload; the recording has them all.
const LISTED_EVENTS: usize = 1000;

/// At most so many of the page's own handlers.
const LISTED_HANDLERS: usize = 500;

/// At most so many of the page's errors, dialogs and other requests.
const LISTED_NOTES: usize = 100;

/// Renders the whole report, with a line feed at the end.
pub fn render(report: &model::Report) -> String {
    let mut out = Vec::new();
    // Memory gives no error.
    let _ = write(report, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// The same into a file or a pipe, journey by journey: a large one is never held as a whole.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &model::Report, out: &mut dyn Write) -> io::Result<()> {
    safe::write(out, &around(report, OneByOne(&report.journeys)))
}

/// Writes another value in the same way: what a terminal would obey is escaped.
///
/// # Errors
/// Those of `out`.
pub fn write_safe(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    safe::write(out, value)
}

/// A value as text, with a line feed at the end; see `safe`.
pub fn text(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    // Only maps with keys that aren't strings and failing `Serialize` implementations make this fail; there are none.
    let _ = safe::write(&mut out, value);
    String::from_utf8(out).unwrap_or_default()
}

/// Journeys, each of which is put into public types when it is written, and let go then.
struct OneByOne<'r>(&'r [JourneyReport]);

impl Serialize for OneByOne<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(journey))
    }
}

/// The report in public types.
pub fn convert(report: &model::Report) -> Report {
    around(report, report.journeys.iter().map(journey).collect())
}

/// How long events of a journey took, in milliseconds, also where its details were let go.
pub(super) fn latencies(journey: &JourneyReport) -> Vec<(String, f64)> {
    let opened = journey.held.as_ref().map_or_else(|| Opened::of(&journey.recording), Held::open);
    opened.events.into_iter().filter_map(|event| Some((event.constant, event.latency_ms?))).collect()
}

/// What was heard in a journey as spans have it, also where its details were let go.
pub(super) fn moments(journey: &JourneyReport) -> Vec<Moment> {
    let Some(held) = &journey.held else { return otlp::moments(&journey.recording) };
    held.open().moments
}

/// The report around its journeys.
fn around<J>(report: &model::Report, journeys: J) -> Report<J> {
    let totals = summary::totals(report);
    let conclusion = summary::conclusion(report);
    Report {
        format: FORMAT,
        chatproof: env!("CARGO_PKG_VERSION"),
        conclusion: Conclusion {
            result: conclusion.name(),
            exit_code: conclusion.exit_code(),
            sentence: summary::sentence(report),
        },
        totals: Totals {
            journeys: totals.journeys,
            broken_journeys: totals.broken,
            events: totals.events,
            checks: totals.checks,
            pass: totals.pass,
            fail: totals.fail,
            warn: totals.warn,
            noted: totals.noted,
            inconclusive: totals.inconclusive,
            not_reached: totals.not_reached,
            waived: totals.waived,
            known_failures: totals.known,
            flaky: totals.flaky,
            retries: totals.retries,
            errors: totals.errors,
        },
        spec: Spec { id: report.spec.id.clone(), title: report.spec.title.clone(), url: report.spec.url.clone() },
        site: report.site.clone(),
        partial: report.partial,
        browsers: browsers(report),
        journeys,
        coverage: report.coverage.iter().map(verdict).collect(),
        errors: report
            .errors
            .iter()
            .map(|error| RunError {
                browser: error.browser.clone(),
                message: error.message.clone(),
                help: error.help.clone(),
            })
            .collect(),
        lost_sessions: report.lost.clone(),
        tags: summary::browsers(report)
            .iter()
            .filter_map(|browser| Some(tags(&browser.name, &summary::tags(report, &browser.name)?)))
            .collect(),
        baseline: report.baseline.as_ref().map(baseline),
    }
}

/// What tags have sent, in public types.
pub fn tags(browser: &str, all: &summary::Tags) -> BrowserTags {
    BrowserTags {
        browser: browser.to_owned(),
        sent: all
            .sent
            .iter()
            .cloned()
            .map(|one| SentByTag {
                tag: one.tag,
                title: one.title,
                event: one.name,
                property: one.property,
                consent: one.consent,
                count: one.count,
                journey: one.journey,
                first: one.first,
                personal: one.personal.into_iter().collect(),
            })
            .collect(),
        silent: all.silent().map(|(tag, title)| SilentTag { tag: tag.to_owned(), title: title.to_owned() }).collect(),
        unknown: all
            .unknown
            .iter()
            .map(|(host, (count, first))| UnknownHost { host: host.clone(), count: *count, first: first.clone() })
            .collect(),
    }
}

fn baseline(baseline: &model::BaselineSummary) -> Baseline {
    let stale = |entry: &crate::baseline::StaleEntry| Stale {
        why: match entry.why {
            crate::baseline::Stale::Expired => "expired",
            crate::baseline::Stale::Unneeded => "unneeded",
        },
        line: entry.line,
        requirement: entry.requirement.clone(),
        reason: entry.reason.clone(),
        until: entry.until.clone(),
        ticket: entry.ticket.clone(),
        message: summary::stale_text(entry),
    };
    Baseline {
        file: baseline.file.clone(),
        entries: baseline.entries,
        strict: baseline.strict,
        stale: baseline.stale.iter().map(stale).collect(),
    }
}

fn browsers(report: &model::Report) -> Vec<Browser> {
    let rows = summary::coverage(report);
    let ready = summary::ready(report);
    summary::browsers(report)
        .into_iter()
        .enumerate()
        .map(|(at, browser)| Browser {
            name: browser.name.clone(),
            version: browser.version.clone(),
            driver: browser.driver.clone(),
            driver_version: browser.driver_version.clone(),
            platform: browser.platform.clone(),
            headless: browser.headless,
            analytics: summary::analytics(report, &browser.name).map(|all| Analytics {
                mode: all.mode,
                stubbed: all.stubbed,
                passed: all.passed,
                unanswered: all.unanswered,
                pushes: all.pushes,
                unseen: all.unseen,
            }),
            ready: ready
                .as_ref()
                .and_then(|cells| cells.get(at))
                .map(|ready| Proof { status: ready.status.name(), heard: ready.heard }),
            events: rows
                .iter()
                .filter_map(|row| row.cells.get(at).map(|cell| (row, cell)))
                .map(|(row, cell)| EventProof {
                    constant: row.constant.to_owned(),
                    status: cell.status.name(),
                    heard: cell.heard,
                    reason: row.not_applicable.map(str::to_owned),
                })
                .collect(),
        })
        .collect()
}

fn journey(journey: &JourneyReport) -> Journey {
    let recording = &journey.recording;
    let Opened { events, notes, handlers, passed, .. } =
        journey.held.as_ref().map_or_else(|| Opened::of(recording), Held::open);
    let message = match &recording.ending {
        Ending::Broken { message } => Some(message.clone()),
        _ => None,
    };
    Journey {
        browser: recording.browser.name.clone(),
        name: recording.journey.clone(),
        title: journey.title.clone(),
        run_id: recording.run.id.clone(),
        started_at: recording.run.started_at.clone(),
        base_url: recording.run.base_url.clone(),
        duration_ms: rounded(summary::journey_ms(recording)),
        ending: ending(&recording.ending),
        message,
        steps: recording.steps.iter().map(|one| step(one, &recording.site)).collect(),
        events_heard: journey.counts().events,
        events,
        notes,
        handlers,
        verdicts: held::among(passed, journey.verdicts.iter().map(verdict).collect()),
        attempt: recording.attempt,
        flaky: journey.is_flaky(),
        earlier: journey.earlier.iter().map(attempt).collect(),
    }
}

fn listed_events(recording: &Recording) -> Vec<Event> {
    summary::events(recording).iter().take(LISTED_EVENTS).map(event).collect()
}

fn listed_notes(recording: &Recording) -> Vec<Note> {
    recording.observations.iter().filter_map(note).take(LISTED_NOTES).collect()
}

fn listed_handlers(recording: &Recording) -> Vec<Handler> {
    own_handlers(recording, |_| true).iter().take(LISTED_HANDLERS).map(handler).collect()
}

fn attempt(attempt: &model::Attempt) -> Attempt {
    let recording = &attempt.recording;
    Attempt {
        attempt: recording.attempt,
        run_id: recording.run.id.clone(),
        started_at: recording.run.started_at.clone(),
        duration_ms: rounded(summary::journey_ms(recording)),
        ending: ending(&recording.ending),
        reasons: summary::reasons(recording, &attempt.verdicts),
        verdicts: attempt.verdicts.iter().filter(|v| v.outcome != verdict::Outcome::Pass).map(verdict).collect(),
    }
}

fn ending(ending: &Ending) -> &'static str {
    match ending {
        Ending::Complete => "complete",
        Ending::StepFailed { .. } => "step-failed",
        Ending::Interrupted => "interrupted",
        Ending::Broken { .. } => "broken",
    }
}

fn handler(handler: &OwnHandler<'_>) -> Handler {
    let r = handler.registration;
    let threw = handler.calls.iter().find(|(_, call)| !call.returned).map(|(_, call)| call.message.clone());
    Handler {
        arrival: handler.observation.arrival,
        handler: r.handler,
        constant: r.constant.clone(),
        script: r.script.clone(),
        line: r.line,
        after_ready: r.after_ready,
        accepted: r.accepted,
        calls: handler.calls.len(),
        failures: handler.failures(),
        longest_ms: (!handler.calls.is_empty()).then(|| rounded(handler.longest_ms())),
        message: threw.or_else(|| handler.rejections.first().map(|(_, message)| (*message).to_owned())),
        removed: handler.removed.is_some(),
    }
}

fn call_place(name: &str, file: &str, line: u32) -> CallPlace {
    CallPlace { name: name.to_owned(), file: file.to_owned(), line }
}

fn step(step: &crate::recording::StepRecord, site: &FileCopy) -> Step {
    let (outcome, message, error) = match &step.outcome {
        StepOutcome::Done => ("done", None, None),
        StepOutcome::Skipped { message } => ("skipped", Some(message.clone()), None),
        StepOutcome::Failed(error) => ("failed", Some(error.message.clone()), Some(error)),
        StepOutcome::NotBegun => ("not-begun", None, None),
    };
    Step {
        index: step.index,
        actor: step.actor.clone(),
        text: step.text.clone(),
        line: step.span.line,
        file: (step.span.file > 0).then(|| site.of(step.span).name.clone()),
        by: step.by.iter().map(|call| call_place(&call.name, &site.of(call.span).name, call.span.line)).collect(),
        outcome,
        began_ms: step.began_ms.map(rounded),
        duration_ms: step.began_ms.zip(step.acted_ms).map(|(began, acted)| rounded(acted - began)),
        message,
        code: error.map(|error| error.code.clone()),
        candidates: error.map(|error| error.candidates.clone()).unwrap_or_default(),
    }
}

fn event(event: &Heard<'_>) -> Event {
    Event {
        arrival: event.arrival,
        constant: event.constant.to_owned(),
        step: event.step,
        latency_ms: event.latency_ms.map(rounded),
        actor: event.actor.to_owned(),
        data: event.data.clone(),
    }
}

fn note(observation: &crate::recording::Observation) -> Option<Note> {
    let (kind, message) = match &observation.kind {
        Kind::PageError { message, source, line } if source.is_empty() => ("page-error", format!("{message} ({line})")),
        Kind::PageError { message, source, line } => ("page-error", format!("{message} ({source}:{line})")),
        Kind::Dialog { dialog, message, answer, .. } => ("dialog", format!("{dialog} {answer}: {message}")),
        Kind::Asked { what, answer } => ("asked", Kind::asked(what, answer)),
        Kind::Whenever { what, problem, .. } => ("whenever", Kind::whenever(what, problem)),
        Kind::PressedAgain { step } => ("pressed-again", format!("step {}: {}", step + 1, Kind::PRESSED_AGAIN)),
        _ => return None,
    };
    Some(Note { arrival: observation.arrival, kind: kind.into(), message })
}

fn verdict(verdict: &verdict::Verdict) -> Verdict {
    use verdict::Level;
    Verdict {
        requirement: verdict.requirement.to_string(),
        level: match verdict.level {
            Level::Must => "must",
            Level::Should => "should",
            Level::Record => "record",
        }
        .into(),
        outcome: outcome(verdict.outcome).into(),
        finding: verdict.finding.clone(),
        statement: verdict.statement.clone(),
        browser: verdict.browser.clone(),
        subject: verdict.subject.clone(),
        expected: verdict.expected.clone(),
        actual: verdict.actual.clone(),
        hint: verdict.hint.clone(),
        reason: verdict.reason.clone(),
        evidence: verdict.evidence.clone(),
        step: verdict.step.as_ref().map(|step| StepPlace {
            index: step.index,
            text: step.text.clone(),
            file: step.file.clone(),
            line: step.line,
            by: step.by.iter().map(|by| call_place(&by.name, &by.file, by.line)).collect(),
        }),
        spec: SpecPlace {
            file: verdict.spec.file.clone(),
            line: verdict.spec.line,
            section: verdict.spec.section.clone(),
            url: verdict.spec.url.clone(),
        },
        caused_by: verdict.caused_by.as_ref().map(ToString::to_string),
        waiver: verdict.waiver.as_ref().map(|waiver| Waiver {
            reason: waiver.reason.clone(),
            ticket: waiver.ticket.clone(),
            until: waiver.until.clone(),
            expired: waiver.expired,
            was: outcome(waiver.was).into(),
            file: waiver.file.clone(),
            line: waiver.line,
        }),
    }
}

fn outcome(outcome: verdict::Outcome) -> &'static str {
    use verdict::Outcome;
    match outcome {
        Outcome::Fail => "fail",
        Outcome::Inconclusive => "inconclusive",
        Outcome::NotReached => "not-reached",
        Outcome::Warn => "warn",
        Outcome::Waived => "waived",
        Outcome::Pass => "pass",
    }
}

/// To a tenth of a millisecond: more is noise.
fn rounded(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}
