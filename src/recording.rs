//! Everything heard and done in one journey in one browser: saved, versioned, judged again without a browser.
//!
//! Boundary: plain data. The runner writes it, the judge reads it; neither needs the other. Strings from the page are
//! hostile: bounded when recorded, escaped when reported.

use serde::{Deserialize, Serialize};

use crate::source::{Call, SourceFile, Span};

mod api;
mod clock;
pub mod handlers;
mod kind;
mod masked;
mod sights;
mod traffic;

pub use api::{
    ApiLocation, ApiSnapshot, Constant, CopyNote, Ear, Handled, Place, Registration, Silent, Subscription, Unheard,
};
pub use clock::PageClock;
pub use kind::Kind;
pub use sights::{Moment, Picture, Sight, Tree};
pub use traffic::{DecodedHit, Request, Watched};

/// The `format` of recordings that this version writes.
pub const FORMAT: &str = "chatproof-recording/1";

/// One journey in one browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// [`FORMAT`].
    pub format: String,
    /// Version of chatproof that wrote it.
    pub chatproof: String,
    /// The run it belongs to.
    pub run: RunInfo,
    /// The spec as it was, so that the recording can be judged alone.
    pub spec: FileCopy,
    /// The site file as it was; `${...}` not replaced.
    pub site: FileCopy,
    /// The known failures as they were, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<FileCopy>,
    /// The browser.
    pub browser: BrowserInfo,
    /// Who visited, if it was somebody in particular, and what their browser was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visitor: Option<Visited>,
    /// Name of the journey in the site file.
    pub journey: String,
    /// Which attempt at the journey it is, from 1: one that fails may be tried again with a fresh visitor.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub attempt: u32,
    /// The steps, all of them, in order; those not begun are `not-begun`.
    pub steps: Vec<StepRecord>,
    /// What was heard, in order of arrival.
    pub observations: Vec<Observation>,
    /// How it ended.
    pub ending: Ending,
    /// Milliseconds from its start to the end of its listening, on chatproof's clock.
    #[serde(default)]
    pub took_ms: f64,
    /// What windows looked like at moments that a person will ask about, in order. No verdict rests on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sights: Vec<Sight>,
}

fn first() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn nothing(status: &u16) -> bool {
    *status == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_first(attempt: &u32) -> bool {
    *attempt == 1
}

impl Recording {
    /// The run that it belongs to: further attempts have their number after its name, and before that how many sessions an
    /// attempt has lost (`-again1`).
    pub fn own_run(&self) -> &str {
        let id = self.run.id.as_str();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let id = id.rsplit_once("-again").filter(|(_, losses)| digits(losses)).map_or(id, |(before, _)| before);
        if self.attempt > 1 { id.strip_suffix(&format!("-{}", self.attempt)).unwrap_or(id) } else { id }
    }
}

/// The run a recording belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// What `${run.id}` was; further attempts at a journey have a number after it.
    pub id: String,
    /// When the journey began: RFC 3339, UTC.
    pub started_at: String,
    /// The base URL, secrets masked.
    pub base_url: String,
}

/// A copy of a file that the run was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCopy {
    /// Name to show.
    pub name: String,
    /// Whole text.
    pub text: String,
    /// The files that it includes; places in them count these from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<FileCopy>,
}

impl FileCopy {
    /// Whether two say the same, whatever they are called.
    pub fn says_the_same_as(&self, other: &FileCopy) -> bool {
        let texts = |copy: &FileCopy| -> Vec<String> {
            std::iter::once(&copy.text).chain(copy.included.iter().map(|file| &file.text)).cloned().collect()
        };
        texts(self) == texts(other)
    }

    /// The file that a place is in.
    pub fn of(&self, span: Span) -> &FileCopy {
        usize::from(span.file).checked_sub(1).and_then(|at| self.included.get(at)).unwrap_or(self)
    }
}

impl From<&SourceFile> for FileCopy {
    fn from(file: &SourceFile) -> Self {
        let included = file.included.iter().map(FileCopy::from).collect();
        Self { name: file.name.clone(), text: file.text.to_string(), included }
    }
}

impl From<&FileCopy> for SourceFile {
    fn from(copy: &FileCopy) -> Self {
        let included = copy.included.iter().map(SourceFile::from).collect();
        SourceFile { included, ..SourceFile::new(copy.name.clone(), copy.text.clone()) }
    }
}

/// Which browser and driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserInfo {
    /// `firefox` or `chromium`.
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
}

/// Somebody in particular.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visited {
    /// Name of the set-up in the site file.
    pub name: String,
    /// What was set, by the site file's keys; secrets masked.
    pub set: serde_json::Map<String, serde_json::Value>,
}

/// One step as it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Index from 0.
    pub index: usize,
    /// Who acted.
    pub actor: String,
    /// As a person reads it: `click launcher`; secrets masked.
    pub text: String,
    /// Place in the site file.
    pub span: Span,
    /// By which `do` it came, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Call>,
    /// Milliseconds from the journey's start, on chatproof's clock; `None` if not begun.
    pub began_ms: Option<f64>,
    /// Milliseconds from the journey's start to when the act itself was done, or given up; `None` if not begun.
    pub acted_ms: Option<f64>,
    /// How it went.
    pub outcome: StepOutcome,
}

impl StepRecord {
    /// The line of the site file itself that is to blame: its own, or that of the `do` by which it came.
    pub fn own_line(&self) -> Option<u32> {
        let spans = std::iter::once(self.span).chain(self.by.iter().map(|call| call.span));
        spans.into_iter().find(|span| span.file == 0).map(|span| span.line).filter(|line| *line > 0)
    }

    /// The fragments of steps that it stands in, before its text: `open-chat › greet › `; empty if it stands in none.
    pub fn within(&self) -> String {
        self.by.iter().map(|call| format!("{} › ", call.name)).collect()
    }
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum StepOutcome {
    /// The act was done (whether its events came is the judge's business).
    Done,
    /// `optional: true`, and its element wasn't there.
    Skipped {
        /// Why.
        message: String,
    },
    /// Could not be done; the journey ends here.
    Failed(StepError),
    /// The journey ended before it.
    NotBegun,
}

/// Why a step could not be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepError {
    /// Kebab-case code: `no-match`, `several-matches`, `covered`, `not-visible`, `disabled`, `unstable`, `load-failed`,
    /// `load-timeout`, `page-gone`, `browser-gone`, `driver-timeout`, `script-error`, `no-such-option`, `wrong-element`,
    /// `missed`, `text-lost`, `still-there`, `no-popup`, `no-download`, `wrong-download`, `interrupted`, `internal`.
    pub code: String,
    /// A sentence for a person, naming what was there.
    pub message: String,
    /// Elements that were there instead, the nearest candidates, or the covering element: short HTML-like descriptions.
    pub candidates: Vec<String>,
}

/// How a journey ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Ending {
    /// Every step was done or skipped, and the events of the last ones were waited for.
    Complete,
    /// A step failed.
    StepFailed {
        /// Its index.
        step: usize,
    },
    /// Interrupted by the user.
    Interrupted,
    /// Driver, browser or page failed outside of a step.
    Broken {
        /// What happened.
        message: String,
    },
}

/// One thing heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Position in the recording, from 0, without gaps: the order in which the socket delivered.
    pub arrival: u64,
    /// In whose window.
    pub actor: String,
    /// BiDi id of the top-level or frame browsing context.
    pub context: String,
    /// Id of the document, new for each load; empty where there is none (a crash).
    pub document: String,
    /// Number within the document, from 0, without gaps, given by the listener; `None` if the observation comes from
    /// the browser (navigation, dialog) and not from the listener in the page.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<u64>,
    /// Milliseconds since the Unix epoch on the page's own monotonic clock (`performance.timeOrigin + now()`, taken
    /// before the page's scripts ran).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page_ms: Option<f64>,
    /// Milliseconds from the journey's start, on chatproof's clock, when it arrived; only for what comes from the
    /// browser and so has no `page_ms`. The way from the browser takes its time; [`PageClock`] compares the two clocks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub heard_ms: Option<f64>,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
}

impl Observation {
    /// Where a frame was that the driver lost; empty if that isn't known.
    pub fn lost_frame(&self) -> Option<&str> {
        if let Kind::FrameLost { url } = &self.kind { Some(url) } else { None }
    }
}

/// A recording of nothing, for tests to fill.
#[cfg(test)]
pub(crate) fn blank() -> Recording {
    let text = |text: &str| text.to_owned();
    let file = FileCopy { name: text("x"), text: text(""), included: Vec::new() };
    Recording {
        format: text("x"),
        chatproof: text("1"),
        run: RunInfo { id: text("r"), started_at: text(""), base_url: text("") },
        spec: file.clone(),
        site: file,
        baseline: None,
        browser: BrowserInfo {
            name: text("firefox"),
            version: text(""),
            driver: text(""),
            driver_version: text(""),
            platform: text(""),
            headless: true,
        },
        visitor: None,
        journey: text("j"),
        attempt: 1,
        steps: vec![],
        observations: vec![],
        ending: Ending::Complete,
        took_ms: 0.0,
        sights: vec![],
    }
}
