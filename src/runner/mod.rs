//! Site + browser -> recordings. Knows no rule of the spec beyond how to listen ([`crate::spec::Probe`]).

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::browser::BrowserKind;
use crate::error::Error;
use crate::recording::Recording;
use crate::site::Site;
use crate::spec::Spec;

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which browsers, one after the other.
    pub browsers: Vec<BrowserKind>,
    /// With a window.
    pub headed: bool,
    /// Journeys at once.
    pub jobs: usize,
    /// A driver or grid that is already running.
    pub webdriver: Option<url::Url>,
    /// Names of the journeys to run, in the site file's order.
    pub journeys: Vec<String>,
    /// Instead of the site file's base URL.
    pub base_url: Option<String>,
    /// `${run.id}`
    pub run_id: String,
    /// The environment, read once.
    pub env: BTreeMap<String, String>,
    /// Where each recording is saved as soon as its journey ends.
    pub save_recordings: Option<PathBuf>,
}

/// What a run gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One for each journey that was begun, sorted by browser, then in the site file's order.
    pub recordings: Vec<Recording>,
    /// Browsers that could not be used, and why.
    pub errors: Vec<(BrowserKind, Error)>,
    /// The user stopped it.
    pub interrupted: bool,
    /// Timings, for those who want them.
    pub timings: Vec<Timing>,
}

/// Where the time of one browser went.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Which.
    pub browser: BrowserKind,
    /// From starting the driver to a session with its socket.
    pub start: std::time::Duration,
    /// All journeys.
    pub journeys: std::time::Duration,
    /// Ending session, browser and driver.
    pub end: std::time::Duration,
}

/// Told what happens while it happens. Calls come from several tasks; they must not block.
pub trait Progress: Send + Sync {
    /// A browser is being started.
    fn browser_starting(&self, _browser: BrowserKind) {}
    /// It can be used; name and version.
    fn browser_started(&self, _browser: BrowserKind, _version: &str) {}
    /// A journey began.
    fn journey_started(&self, _browser: BrowserKind, _journey: &str, _steps: usize) {}
    /// A step began; its text is masked.
    fn step_started(&self, _browser: BrowserKind, _journey: &str, _index: usize, _text: &str) {}
    /// An event was heard.
    fn event_heard(&self, _browser: BrowserKind, _journey: &str, _constant: &str) {}
    /// A journey ended.
    fn journey_finished(&self, _browser: BrowserKind, _recording: &Recording) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}

/// Runs the journeys. Ends all that it started before it returns, also when `cancel` becomes true: then it saves what
/// it has so far and returns with `interrupted`.
pub async fn run(
    _spec: &Spec,
    _site: &Site,
    _options: &Options,
    _progress: std::sync::Arc<dyn Progress>,
    _cancel: tokio::sync::watch::Receiver<bool>,
) -> Outcome {
    Outcome::default()
}
