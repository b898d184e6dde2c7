//! What a report is made from.

use std::borrow::Cow;

use crate::baseline::StaleEntry;
use crate::recording::Recording;
use crate::report::json::Held;
use crate::report::summary::{self, Counts};
use crate::verdict::Verdict;

/// A whole run, judged.
#[derive(Debug, Clone)]
pub struct Report {
    /// Title of the spec and its id.
    pub spec: SpecSummary,
    /// Name of the site file.
    pub site: String,
    /// Not all of the site file's journeys were run (`--only`, or recordings of some).
    pub partial: bool,
    /// One for each journey and browser, sorted by browser, then in the site file's order.
    pub journeys: Vec<JourneyReport>,
    /// Verdicts about all journeys of a browser together: coverage.
    pub coverage: Vec<Verdict>,
    /// Documented events in the spec's order.
    pub events: Vec<EventSummary>,
    /// What kept chatproof from doing its job, for a browser as a whole; already masked.
    pub errors: Vec<RunError>,
    /// Sessions that were lost, whose journeys were run again in others: they cost no verdict.
    pub lost: Vec<LostSession>,
    /// The user stopped the run.
    pub interrupted: bool,
    /// The known failures that were let pass, if there is a file of them.
    pub baseline: Option<BaselineSummary>,
    /// A flaky journey keeps the run from conforming.
    pub fail_on_flaky: bool,
}

/// The known failures, and what is to be said of their file.
#[derive(Debug, Clone, Default)]
pub struct BaselineSummary {
    /// Name of the file.
    pub file: String,
    /// How many entries it has.
    pub entries: usize,
    /// Entries that should go, in the file's order.
    pub stale: Vec<StaleEntry>,
    /// Such an entry keeps the run from conforming.
    pub strict: bool,
}

/// The spec, for headings.
#[derive(Debug, Clone)]
pub struct SpecSummary {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Address of the vendor's page.
    pub url: String,
    /// Where in a callback's argument the payload is.
    pub payload: Vec<String>,
    /// Something is documented to say that the widget can be used.
    pub ready: bool,
}

/// A documented event.
#[derive(Debug, Clone)]
pub struct EventSummary {
    /// Constant's name.
    pub constant: String,
    /// Why it doesn't apply to this site.
    pub not_applicable: Option<String>,
}

/// One journey in one browser.
#[derive(Debug, Clone)]
pub struct JourneyReport {
    /// Journey's title.
    pub title: String,
    /// What was heard, in the last attempt.
    pub recording: Recording,
    /// What was judged, sorted: of the last attempt, which is the one that counts.
    pub verdicts: Vec<Verdict>,
    /// The attempts before it, in order. When they were made, all of them failed; judged anew, one may not.
    pub earlier: Vec<Attempt>,
    /// The details are left out, to keep a large report small: what had been counted before. The recording lacks its
    /// observations and sights then, and the verdicts those that hold.
    pub folded: Option<Counts>,
    /// Of what was left out, what the report for programs shows all the same.
    pub held: Option<Held>,
}

/// An attempt at a journey that failed and was followed by another one.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What was heard.
    pub recording: Recording,
    /// What was judged, sorted.
    pub verdicts: Vec<Verdict>,
}

impl JourneyReport {
    /// How much was heard.
    pub fn counts(&self) -> Cow<'_, Counts> {
        self.folded.as_ref().map_or_else(|| Cow::Owned(Counts::of(&self.recording)), Cow::Borrowed)
    }

    /// How many requirements were looked at and told.
    pub fn checks(&self) -> usize {
        let told = self.verdicts.iter().filter(|verdict| summary::is_check(verdict)).count();
        told + self.folded.as_ref().map_or(0, Counts::all_passed)
    }

    /// How many attempts failed, the last one included.
    pub fn failed_attempts(&self) -> usize {
        let failed = |attempt: &&Attempt| summary::failed(&attempt.recording, &attempt.verdicts);
        self.earlier.iter().filter(failed).count() + usize::from(summary::failed(&self.recording, &self.verdicts))
    }

    /// It failed, and came out well when it was tried again.
    pub fn is_flaky(&self) -> bool {
        self.failed_attempts() > 0 && !summary::failed(&self.recording, &self.verdicts)
    }
}

/// A browser that could not be used at all.
#[derive(Debug, Clone)]
pub struct RunError {
    /// `firefox`, `chromium`.
    pub browser: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A session that was lost in the middle of the run: its browser, its driver, or the machine of either had gone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LostSession {
    /// Name of the browser.
    pub browser: String,
    /// Which of the browser's sessions, from 1.
    pub session: usize,
    /// What happened; already masked.
    pub message: String,
    /// It wasn't the session that was lost, but a frame in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frame: bool,
    /// How many journeys were run again for it.
    #[serde(default)]
    pub returned: usize,
}
