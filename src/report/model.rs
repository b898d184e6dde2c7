//! What a report is made from.

use crate::recording::Recording;
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
    /// The user stopped the run.
    pub interrupted: bool,
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
    /// What was heard.
    pub recording: Recording,
    /// What was judged, sorted.
    pub verdicts: Vec<Verdict>,
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
