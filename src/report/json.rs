//! The report for programs: `"format": "chatproof-report/1"`, described by `specs/report.schema.json`.
//!
//! Boundary: types of its own, never internals, so that what is inside can change and this can't. Fields may be added
//! within version 1; nothing is renamed, removed or given another meaning.

use serde::Serialize;
use serde_json::Value;

use crate::recording::handlers::{OwnHandler, own_handlers};
use crate::recording::{Ending, Kind, StepOutcome};
use crate::report::model::{self, JourneyReport};
use crate::report::summary::{self, Heard};
use crate::report::text;
use crate::verdict;

/// The `format` that this version writes.
pub const FORMAT: &str = "chatproof-report/1";

/// At most so many events of a journey are written with their payload; the recording has them all.
const LISTED_EVENTS: usize = 1000;

/// At most so many of the page's own handlers.
const LISTED_HANDLERS: usize = 500;

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// Version of chatproof that wrote it.
    pub chatproof: &'static str,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// How many of each.
    pub totals: Totals,
    /// The spec.
    pub spec: Spec,
    /// Name of the site file.
    pub site: String,
    /// Not all of the site file's journeys were run.
    pub partial: bool,
    /// One for each browser, sorted by name.
    pub browsers: Vec<Browser>,
    /// One for each journey and browser, sorted by browser, then in the site file's order.
    pub journeys: Vec<Journey>,
    /// Verdicts about all journeys of a browser together.
    pub coverage: Vec<Verdict>,
    /// Browsers that could not be used.
    pub errors: Vec<RunError>,
}

/// What a run comes to.
#[derive(Debug, Clone, Serialize)]
pub struct Conclusion {
    /// `conforms`, `does-not-conform`, `could-not-judge`, `interrupted`.
    pub result: &'static str,
    /// The process's exit code.
    pub exit_code: u8,
    /// For a person.
    pub sentence: String,
}

/// How many of each.
#[derive(Debug, Clone, Serialize)]
pub struct Totals {
    /// Journeys, each browser's counted for itself.
    pub journeys: usize,
    /// Journeys that did not come to their end.
    pub broken_journeys: usize,
    /// Events heard.
    pub events: usize,
    /// `pass`, `fail` and `warn` together.
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
    /// Browsers that could not be used.
    pub errors: usize,
}

/// The spec.
#[derive(Debug, Clone, Serialize)]
pub struct Spec {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Address of the vendor's page.
    pub url: String,
}

/// A browser, and what was proved in it.
#[derive(Debug, Clone, Serialize)]
pub struct Browser {
    /// `firefox`, `chromium`.
    pub name: String,
    /// As the driver reports it.
    pub version: String,
    /// `geckodriver`, `chromedriver` or the remote end's address.
    pub driver: String,
    /// As far as known.
    pub driver_version: String,
    /// Operating system as the driver reports it.
    pub platform: String,
    /// Without a window.
    pub headless: bool,
    /// The ready event.
    pub ready: Proof,
    /// The documented events in the spec's order.
    pub events: Vec<EventProof>,
}

/// What became of the ready event.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// `proved`, `failed`, `inconclusive`, `not-reached`.
    pub status: &'static str,
    /// How often it was heard.
    pub heard: usize,
}

/// What became of a documented event.
#[derive(Debug, Clone, Serialize)]
pub struct EventProof {
    /// Constant's name.
    pub constant: String,
    /// `proved`, `failed`, `inconclusive`, `not-reached`, `not-selected`, `not-applicable`.
    pub status: &'static str,
    /// How often it was heard.
    pub heard: usize,
    /// Why it doesn't apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One journey in one browser.
#[derive(Debug, Clone, Serialize)]
pub struct Journey {
    /// Browser's name.
    pub browser: String,
    /// Name in the site file.
    pub name: String,
    /// Title.
    pub title: String,
    /// What `${run.id}` was.
    pub run_id: String,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// The base URL, secrets masked.
    pub base_url: String,
    /// How long it took.
    pub duration_ms: f64,
    /// `complete`, `step-failed`, `interrupted`, `broken`.
    pub ending: &'static str,
    /// What broke it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The events in order of arrival, at most 1000.
    pub events: Vec<Event>,
    /// How many there were.
    pub events_heard: usize,
    /// Uncaught errors of the page and dialogs, in order of arrival, at most 100.
    pub notes: Vec<Note>,
    /// What the page itself listens to, in order of registration, at most 500.
    pub handlers: Vec<Handler>,
    /// What was judged, sorted.
    pub verdicts: Vec<Verdict>,
}

/// A handler of the page's own, as it was registered for one constant.
#[derive(Debug, Clone, Serialize)]
pub struct Handler {
    /// Number of its observation in the recording.
    pub arrival: u64,
    /// Number within its document: one for each function; `null` if it is no function.
    pub handler: Option<u64>,
    /// Constant's name; `null` if it was registered for something else.
    pub constant: Option<String>,
    /// The script that registered it; empty if unknown.
    pub script: String,
    /// Line in it, from 1; 0 if unknown.
    pub line: u32,
    /// The ready event had been heard.
    pub after_ready: bool,
    /// The API took it.
    pub accepted: bool,
    /// How often it was called for this constant.
    pub calls: usize,
    /// How many of these threw, or gave a promise that was rejected.
    pub failures: usize,
    /// The longest that one ran, in milliseconds; `null` without a call.
    pub longest_ms: Option<f64>,
    /// What the first that failed threw; `null` if none did.
    pub message: Option<String>,
    /// The page took it back.
    pub removed: bool,
}

/// One step.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// From 0.
    pub index: usize,
    /// Who acted.
    pub actor: String,
    /// As a person reads it.
    pub text: String,
    /// Line in the site file.
    pub line: u32,
    /// `done`, `skipped`, `failed`, `not-begun`.
    pub outcome: &'static str,
    /// Milliseconds from the journey's start; `null` if not begun.
    pub began_ms: Option<f64>,
    /// How long the act took; `null` if not begun.
    pub duration_ms: Option<f64>,
    /// Why it was skipped or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Kebab-case code of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Elements that were there instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}

/// One event heard.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Number of its observation in the recording.
    pub arrival: u64,
    /// Constant's name.
    pub constant: String,
    /// Index of the step that it came after.
    pub step: Option<usize>,
    /// Milliseconds after that step began.
    pub latency_ms: Option<f64>,
    /// In whose window.
    pub actor: String,
    /// The callback's first argument.
    pub data: Value,
}

/// An uncaught error or a dialog.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    /// Number of its observation in the recording.
    pub arrival: u64,
    /// `page-error`, `dialog`.
    pub kind: &'static str,
    /// Its text.
    pub message: String,
}

/// A requirement's outcome.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Stable dotted id.
    pub requirement: String,
    /// `must`, `should`, `record`.
    pub level: &'static str,
    /// `pass`, `fail`, `warn`, `inconclusive`, `not-reached`, `waived`.
    pub outcome: &'static str,
    /// What was found, in kebab case.
    pub finding: String,
    /// The requirement as a sentence.
    pub statement: String,
    /// Browser's name.
    pub browser: String,
    /// Tells several verdicts of one requirement in one journey apart; may be empty.
    pub subject: String,
    /// For a person.
    pub expected: String,
    /// For a person.
    pub actual: String,
    /// Likely cause, and what to do.
    pub hint: Option<String>,
    /// Why the level isn't `must`, or why it was waived.
    pub reason: Option<String>,
    /// `arrival` numbers of the observations it rests on.
    pub evidence: Vec<u64>,
    /// The step that should have caused it.
    pub step: Option<StepPlace>,
    /// Where it is written.
    pub spec: SpecPlace,
    /// Id of the requirement whose breach explains this one.
    pub caused_by: Option<String>,
}

/// A step and its place.
#[derive(Debug, Clone, Serialize)]
pub struct StepPlace {
    /// From 0.
    pub index: usize,
    /// As a person reads it.
    pub text: String,
    /// The site file.
    pub file: String,
    /// Line in it.
    pub line: u32,
}

/// Where a requirement is written.
#[derive(Debug, Clone, Serialize)]
pub struct SpecPlace {
    /// The spec file.
    pub file: String,
    /// Line in it.
    pub line: u32,
    /// Heading of the vendor's section.
    pub section: Option<String>,
    /// Its address.
    pub url: Option<String>,
}

/// A browser that could not be used.
#[derive(Debug, Clone, Serialize)]
pub struct RunError {
    /// `firefox`, `chromium`.
    pub browser: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Renders the whole report, with a line feed at the end. Characters that a terminal would obey are written as
/// `\uXXXX`, which means the same to a parser.
pub fn render(report: &model::Report) -> String {
    // Only maps with keys that aren't strings and failing `Serialize` implementations make this fail; there are none.
    let text = serde_json::to_string_pretty(&convert(report)).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    let mut units = [0; 2];
    for c in text.chars() {
        if c != '\n' && text::is_hostile(c) {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

/// The report in public types.
pub fn convert(report: &model::Report) -> Report {
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
            errors: totals.errors,
        },
        spec: Spec { id: report.spec.id.clone(), title: report.spec.title.clone(), url: report.spec.url.clone() },
        site: report.site.clone(),
        partial: report.partial,
        browsers: browsers(report),
        journeys: report.journeys.iter().map(journey).collect(),
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
    }
}

fn browsers(report: &model::Report) -> Vec<Browser> {
    let rows = summary::coverage(report);
    let ready = summary::ready(report);
    summary::browsers(report)
        .into_iter()
        .zip(ready)
        .enumerate()
        .map(|(at, (browser, ready))| Browser {
            name: browser.name.clone(),
            version: browser.version.clone(),
            driver: browser.driver.clone(),
            driver_version: browser.driver_version.clone(),
            platform: browser.platform.clone(),
            headless: browser.headless,
            ready: Proof { status: ready.status.name(), heard: ready.heard },
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
    let events = summary::events(recording);
    let (ending, message) = match &recording.ending {
        Ending::Complete => ("complete", None),
        Ending::StepFailed { .. } => ("step-failed", None),
        Ending::Interrupted => ("interrupted", None),
        Ending::Broken { message } => ("broken", Some(message.clone())),
    };
    Journey {
        browser: recording.browser.name.clone(),
        name: recording.journey.clone(),
        title: journey.title.clone(),
        run_id: recording.run.id.clone(),
        started_at: recording.run.started_at.clone(),
        base_url: recording.run.base_url.clone(),
        duration_ms: rounded(summary::journey_ms(recording)),
        ending,
        message,
        steps: recording.steps.iter().map(step).collect(),
        events_heard: events.len(),
        events: events.iter().take(LISTED_EVENTS).map(event).collect(),
        notes: recording.observations.iter().filter_map(note).take(100).collect(),
        handlers: own_handlers(recording, |_| true).iter().take(LISTED_HANDLERS).map(handler).collect(),
        verdicts: journey.verdicts.iter().map(verdict).collect(),
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

fn step(step: &crate::recording::StepRecord) -> Step {
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
        Kind::Dialog { dialog, message, answer } => ("dialog", format!("{dialog} {answer}: {message}")),
        _ => return None,
    };
    Some(Note { arrival: observation.arrival, kind, message })
}

fn verdict(verdict: &verdict::Verdict) -> Verdict {
    use verdict::{Level, Outcome};
    Verdict {
        requirement: verdict.requirement.clone(),
        level: match verdict.level {
            Level::Must => "must",
            Level::Should => "should",
            Level::Record => "record",
        },
        outcome: match verdict.outcome {
            Outcome::Fail => "fail",
            Outcome::Inconclusive => "inconclusive",
            Outcome::NotReached => "not-reached",
            Outcome::Warn => "warn",
            Outcome::Waived => "waived",
            Outcome::Pass => "pass",
        },
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
        }),
        spec: SpecPlace {
            file: verdict.spec.file.clone(),
            line: verdict.spec.line,
            section: verdict.spec.section.clone(),
            url: verdict.spec.url.clone(),
        },
        caused_by: verdict.caused_by.clone(),
    }
}

/// To a tenth of a millisecond: more is noise.
fn rounded(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}
