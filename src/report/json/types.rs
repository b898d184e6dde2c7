//! The types of the report for programs.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::model::LostSession;

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report<J = Vec<Journey>> {
    /// [`super::FORMAT`].
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
    pub journeys: J,
    /// Verdicts about all journeys of a browser together.
    pub coverage: Vec<Verdict>,
    /// Browsers that could not be used.
    pub errors: Vec<RunError>,
    /// Sessions that were lost, whose journeys were run again: they cost no verdict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost_sessions: Vec<LostSession>,
    /// What the tags of the pages have sent, if all of them were watched: a list for each browser.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<BrowserTags>,
    /// The file of known failures, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
}

/// The file of known failures.
#[derive(Debug, Clone, Serialize)]
pub struct Baseline {
    /// Its name.
    pub file: String,
    /// How many entries it has.
    pub entries: usize,
    /// Entries that should go keep the run from conforming.
    pub strict: bool,
    /// Those entries, in the file's order.
    pub stale: Vec<Stale>,
}

/// An entry that should go.
#[derive(Debug, Clone, Serialize)]
pub struct Stale {
    /// `expired`, `unneeded`.
    pub why: &'static str,
    /// Line in the file.
    pub line: u32,
    /// Its globs over requirements.
    pub requirement: String,
    /// Its reason.
    pub reason: String,
    /// Its last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Its ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// For a person: what was seen, and what to do.
    pub message: String,
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
    /// Broken, but excused: known failures, and what the site file says not to be applicable.
    pub waived: usize,
    /// Root causes among the known failures that were waived.
    pub known_failures: usize,
    /// Journeys that failed and came out well when they were tried again.
    pub flaky: usize,
    /// Attempts beyond each journey's first one.
    pub retries: usize,
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
    /// What became of requests to analytics; absent if the site file has no `forwards`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analytics: Option<Analytics>,
    /// The ready event, if one is documented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Proof>,
    /// The documented events in the spec's order.
    pub events: Vec<EventProof>,
}

/// What became of requests to analytics in a browser.
#[derive(Debug, Clone, Serialize)]
pub struct Analytics {
    /// `stub` or `pass`.
    pub mode: String,
    /// Requests that were answered in the browser.
    pub stubbed: usize,
    /// Requests that were let through.
    pub passed: usize,
    /// Requests that were held back until their page went away.
    pub unanswered: usize,
    /// Pushes to data layers.
    pub pushes: usize,
    /// What the browser didn't show, as sentences.
    pub unseen: Vec<String>,
}

/// What became of the ready event.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// `proved`, `failed`, `inconclusive`, `waived`, `not-reached`.
    pub status: &'static str,
    /// How often it was heard.
    pub heard: usize,
}

/// What became of a documented event.
#[derive(Debug, Clone, Serialize)]
pub struct EventProof {
    /// Constant's name.
    pub constant: String,
    /// `proved`, `failed`, `inconclusive`, `waived`, `not-reached`, `not-selected`, `not-applicable`.
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
    /// Uncaught errors of the page, dialogs and what else it asked for, in order of arrival, at most 100.
    pub notes: Vec<Note>,
    /// What the page itself listens to, in order of registration, at most 500.
    pub handlers: Vec<Handler>,
    /// What was judged, sorted.
    pub verdicts: Vec<Verdict>,
    /// Which attempt this is, from 1: the last one, which is the one that counts.
    pub attempt: u32,
    /// It failed, and came out well when it was tried again.
    pub flaky: bool,
    /// The attempts before it; all of them failed.
    pub earlier: Vec<Attempt>,
}

/// An attempt at a journey that failed and was followed by another one.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// Which, from 1.
    pub attempt: u32,
    /// What `${run.id}` was.
    pub run_id: String,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// How long it took.
    pub duration_ms: f64,
    /// `complete`, `step-failed`, `interrupted`, `broken`.
    pub ending: &'static str,
    /// Why it failed, for a person, the gravest first.
    pub reasons: Vec<String>,
    /// What was judged and doesn't pass, sorted.
    pub verdicts: Vec<Verdict>,
}

/// A handler of the page's own, as it was registered for one constant.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// The file of that line, if the site file includes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// By which `do` it came, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<CallPlace>,
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
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// An uncaught error, a dialog, or what else the page asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Note {
    /// Number of its observation in the recording.
    pub arrival: u64,
    /// `page-error`, `dialog`, `asked`, `pressed-again`.
    pub kind: Cow<'static, str>,
    /// Its text.
    pub message: String,
}

/// A requirement's outcome.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Verdict {
    /// Stable dotted id.
    pub requirement: String,
    /// `must`, `should`, `record`.
    pub level: Cow<'static, str>,
    /// `pass`, `fail`, `warn`, `inconclusive`, `not-reached`, `waived`.
    pub outcome: Cow<'static, str>,
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
    /// The known failure that it was waived as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
}

/// A known failure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiver {
    /// Why it is let pass.
    pub reason: String,
    /// Where it is dealt with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The last day on which it is let pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// That day is over.
    pub expired: bool,
    /// The outcome without it.
    pub was: Cow<'static, str>,
    /// The baseline's file.
    pub file: String,
    /// Line in it.
    pub line: u32,
}

/// A step and its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepPlace {
    /// From 0.
    pub index: usize,
    /// As a person reads it.
    pub text: String,
    /// The site file.
    pub file: String,
    /// Line in it.
    pub line: u32,
    /// By which `do` it came, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<CallPlace>,
}

/// A `do`, and its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CallPlace {
    /// The fragment's name.
    pub name: String,
    /// The site file.
    pub file: String,
    /// Line in it.
    pub line: u32,
}

/// Where a requirement is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// What the tags of the pages have sent in a browser.
#[derive(Debug, Clone, Serialize)]
pub struct BrowserTags {
    /// The browser's name.
    pub browser: String,
    /// Hits, those that are alike together.
    pub sent: Vec<SentByTag>,
    /// Tags that were loaded and have sent nothing.
    pub silent: Vec<SilentTag>,
    /// Hosts of what looks like a beacon, and is no known tag's.
    pub unknown: Vec<UnknownHost>,
}

/// Hits that are alike.
#[derive(Debug, Clone, Serialize)]
pub struct SentByTag {
    /// The tag's name in site files.
    pub tag: String,
    /// Its vendor's name for it.
    pub title: String,
    /// The event's names.
    pub event: String,
    /// Property; empty if it says none.
    pub property: String,
    /// What the visitor has agreed to, as the tag says it; empty if it says nothing.
    pub consent: String,
    /// How many.
    pub count: usize,
    /// The journey in which it was sent first.
    pub journey: String,
    /// The step during which that was.
    pub first: String,
    /// Fields that are meant for personal data.
    pub personal: Vec<String>,
}

/// A tag that was loaded and has sent nothing.
#[derive(Debug, Clone, Serialize)]
pub struct SilentTag {
    /// Its name in site files.
    pub tag: String,
    /// Its vendor's name for it.
    pub title: String,
}

/// A host that was sent what looks like a beacon.
#[derive(Debug, Clone, Serialize)]
pub struct UnknownHost {
    /// Its name.
    pub host: String,
    /// How many requests.
    pub count: usize,
    /// The first: `POST /collect`.
    pub first: String,
}
