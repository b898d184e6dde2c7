//! Site + browser -> recordings. Knows no rule of the spec beyond how to listen ([`crate::spec::Probe`]).
//!
//! [`run`] is the whole of a run. Who wants to keep a browser open, to run again or to run many sites in it, takes a
//! [`Subject`] (what is walked) and a [`Browser`] (where).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use crate::browser::BrowserKind;
use crate::error::{Error, Result};
use crate::recording::{FileCopy, Recording};
use crate::report;
use crate::site::place::AddressKind;
use crate::site::template::{Template, Variables};
use crate::site::{Journey, Site};
use crate::spec::Spec;

mod analytics;
mod beforehand;
mod clock;
mod journey;
mod looking;
mod messages;
mod opened;
mod recorder;
#[doc(hidden)]
pub mod rehearsal;
mod sights;
mod stack;
mod survey;
mod weight;

pub use crate::secrets::Secrets;
pub use analytics::Analytics;
pub use looking::{Looking, Paused};
pub use opened::{Browser, opens};
pub use sights::Screenshots;
pub use survey::{Clicked, Seen};

/// How to run.
#[derive(Clone)]
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
    /// What becomes of requests to analytics.
    pub analytics: Analytics,
    /// Where each recording is saved as soon as its journey ends.
    pub save_recordings: Option<PathBuf>,
    /// Which screenshots the recordings hold.
    pub screenshots: Screenshots,
}

/// What a run gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One for each attempt at a journey that was begun, sorted by browser, then in the site file's order.
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
    pub start: Duration,
    /// All journeys.
    pub journeys: Duration,
    /// Ending session, browser and driver.
    pub end: Duration,
}

/// Told what happens while it happens. Calls come from several tasks; they must not block.
pub trait Progress: Send + Sync {
    /// A browser is being started.
    fn browser_starting(&self, _browser: BrowserKind) {}
    /// It can be used; name and version.
    fn browser_started(&self, _browser: BrowserKind, _version: &str) {}
    /// A journey began.
    fn journey_started(&self, _browser: BrowserKind, _journey: &str, _steps: usize) {}
    /// A step began.
    fn step_started(&self, _browser: BrowserKind, _journey: &str, _index: usize, _text: &str) {}
    /// An event was heard.
    fn event_heard(&self, _browser: BrowserKind, _journey: &str, _constant: &str) {}
    /// A journey is walked again with a fresh visitor; which attempt it is, from 2.
    fn journey_retried(&self, _browser: BrowserKind, _journey: &str, _attempt: u32) {}
    /// A journey ended.
    fn journey_finished(&self, _browser: BrowserKind, _recording: &Recording) {}
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {}

/// The base URL that holds: the options' own, else the site file's.
///
/// # Errors
/// [`Error::Usage`] if it isn't an absolute `http` or `https` address. The text names variables, never their values.
pub fn base_url(site: &Site, options: &Options) -> Result<url::Url> {
    let literal = options.base_url.as_deref().map(Template::literal);
    let template = literal.as_ref().unwrap_or(&site.base_url);
    let wrong = |why: &str| Error::Usage(format!("base_url `{}` isn't a valid http(s) address: {why}", template.text));
    let text = template.render_address(&options.variables(""), AddressKind::Reference).map_err(|why| wrong(&why))?;
    let url = url::Url::parse(&text)
        .map_err(|error| wrong(&format!("{error} (expected something like https://staging.example.com)")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(wrong(&format!("its scheme is {other}, expected http or https"))),
    }
}

/// Whether all addresses can be opened and watched, now that their references can be replaced.
///
/// # Errors
/// [`Error::Usage`], as [`base_url`].
pub fn check_addresses(site: &Site, options: &Options) -> Result<url::Url> {
    let url = base_url(site, options)?;
    for journey in &options.journeys {
        let variables = options.variables(journey);
        let wrong = site.forwards_of(journey).find_map(|forward| forward.wrong_addresses(&variables).pop());
        if let Some(wrong) = wrong {
            return Err(Error::Usage(wrong));
        }
    }
    Ok(url)
}

impl Options {
    fn variables(&self, journey: &str) -> Variables {
        Variables { env: self.env.clone(), run_id: self.run_id.clone(), journey: journey.to_owned() }
    }

    /// All that must not leave a run of this site: the values of the variables that it refers to, and what the addresses
    /// hold of users and passwords, those of the command line as well.
    pub fn secrets(&self, spec: &Spec, site: &Site) -> Secrets {
        let mut secrets = Secrets::of(site, &self.env);
        let given = [self.webdriver.clone(), self.base_url.as_ref().and_then(|text| url::Url::parse(text).ok())];
        for address in given.iter().flatten() {
            secrets = secrets.and_login(address, true);
        }
        let variables = self.variables("");
        let written = site.actors.values().filter_map(|actor| actor.url.as_ref()).chain([&site.base_url]);
        for template in written {
            let rendered = template.render_address(&variables, AddressKind::Reference).ok();
            if let Some(address) = rendered.and_then(|text| url::Url::parse(&text).ok()) {
                secrets = secrets.and_login(&address, false);
            }
        }
        let named = |constant: &String| spec.payload_fields(constant).into_iter().map(str::to_owned).collect();
        let mut names: Vec<String> = spec.events.keys().flat_map(|name| -> Vec<String> { named(name) }).collect();
        names.extend(spec.events.keys().cloned());
        names.extend(spec.probe.locations.iter().map(|location| location.name.clone()));
        secrets.sparing(names.iter().map(String::as_str))
    }
}

/// Without the environment, and without what an address holds of a user and a password.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("browsers", &self.browsers)
            .field("jobs", &self.jobs)
            .field("journeys", &self.journeys)
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}

/// Progress is shown while a journey is still under way, so it's masked as it comes.
struct Masked {
    progress: Arc<dyn Progress>,
    secrets: Secrets,
}

impl Progress for Masked {
    fn browser_starting(&self, browser: BrowserKind) {
        self.progress.browser_starting(browser);
    }

    fn browser_started(&self, browser: BrowserKind, version: &str) {
        self.progress.browser_started(browser, version);
    }

    fn journey_started(&self, browser: BrowserKind, journey: &str, steps: usize) {
        self.progress.journey_started(browser, journey, steps);
    }

    fn step_started(&self, browser: BrowserKind, journey: &str, index: usize, text: &str) {
        self.progress.step_started(browser, journey, index, &self.secrets.mask(text));
    }

    fn event_heard(&self, browser: BrowserKind, journey: &str, constant: &str) {
        self.progress.event_heard(browser, journey, &self.secrets.mask(constant));
    }

    fn journey_retried(&self, browser: BrowserKind, journey: &str, attempt: u32) {
        self.progress.journey_retried(browser, journey, attempt);
    }

    fn journey_finished(&self, browser: BrowserKind, recording: &Recording) {
        self.progress.journey_finished(browser, recording);
    }
}

/// Which journeys are walked again. What makes a journey a failure is for those to say who know the spec's rules.
#[derive(Clone, Copy, Default)]
pub struct Retrying<'a> {
    /// At most so many times each, after the first attempt.
    pub times: u32,
    /// Whether a recording calls for another attempt.
    pub again: Option<&'a (dyn Fn(&Recording) -> bool + Sync)>,
}

/// What is walked: a site with its spec at a base URL, and who is told of it.
pub struct Subject<'a> {
    /// How to listen.
    pub spec: &'a Spec,
    /// Journeys and actors.
    pub site: &'a Site,
    /// How to run.
    pub options: &'a Options,
    /// How a person looks on; nobody does, unless it is set.
    pub looking: Looking,
    /// Whether journeys are walked again; they aren't, unless it is set.
    pub retrying: Retrying<'a>,
    /// The known failures, put into each recording so that it can be judged alone. The runner doesn't look at them.
    pub baseline: Option<FileCopy>,
    base_url: url::Url,
    secrets: Secrets,
    progress: Arc<dyn Progress>,
    cancel: watch::Receiver<bool>,
}

impl<'a> Subject<'a> {
    /// Resolves the base URL. When `cancel` becomes true, journeys under way end with what they have.
    ///
    /// # Errors
    /// [`Error::Usage`] if the base URL can't be opened by a browser.
    pub fn new(
        spec: &'a Spec,
        site: &'a Site,
        options: &'a Options,
        progress: Arc<dyn Progress>,
        cancel: watch::Receiver<bool>,
    ) -> Result<Self> {
        let base_url = check_addresses(site, options)?;
        let secrets = options.secrets(spec, site);
        let progress: Arc<dyn Progress> = Arc::new(Masked { progress, secrets: secrets.clone() });
        let (looking, retrying) = (Looking::default(), Retrying::default());
        Ok(Self { spec, site, options, looking, retrying, baseline: None, base_url, secrets, progress, cancel })
    }

    /// The journeys that the options select, in the site file's order.
    pub fn selected(&self) -> impl Iterator<Item = &'a Journey> {
        let (site, options) = (self.site, self.options);
        site.journeys.values().filter(|journey| options.journeys.contains(&journey.name))
    }
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").field("site", &self.site.source.name).finish_non_exhaustive()
    }
}

/// Runs the journeys. Ends all that it started before it returns, also when `cancel` becomes true: then it saves what
/// it has so far and returns with `interrupted`.
pub async fn run(
    spec: &Spec,
    site: &Site,
    options: &Options,
    progress: Arc<dyn Progress>,
    cancel: watch::Receiver<bool>,
) -> Outcome {
    match Subject::new(spec, site, options, progress, cancel) {
        Ok(subject) => run_all(&subject).await,
        Err(error) => {
            let errors = options.browsers.first().map(|browser| (*browser, error)).into_iter().collect();
            Outcome { errors, ..Outcome::default() }
        }
    }
}

/// The same for a subject.
pub async fn run_all(subject: &Subject<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    for browser in &subject.options.browsers {
        if *subject.cancel.borrow() {
            break;
        }
        run_browser(subject, *browser, &mut outcome).await;
    }
    outcome.interrupted = *subject.cancel.borrow();
    outcome
}

/// All journeys in one browser. It is a local of this function: whichever way that is left, it is ended.
async fn run_browser(subject: &Subject<'_>, kind: BrowserKind, outcome: &mut Outcome) {
    let begin = Instant::now();
    let mut browser = match Browser::open(kind, subject).await {
        Ok(browser) => browser,
        Err(Error::Interrupted) => return,
        Err(error) => {
            outcome.errors.push((kind, error));
            return;
        }
    };
    let started = Instant::now();
    let room = Semaphore::new(subject.options.jobs.max(1));
    let all = subject.selected().map(|journey| async {
        let _place = room.acquire().await;
        attempts(subject, &browser, journey).await
    });
    let walked: Vec<_> = futures_util::future::join_all(all).await.into_iter().flatten().collect();
    let ended = Instant::now();
    let lost = browser.loss(walked.iter().map(|(recording, _)| recording));
    for (recording, saved) in walked {
        outcome.recordings.push(recording);
        outcome.errors.extend(saved.err().map(|error| (kind, error)));
    }
    outcome.errors.extend(lost.map(|error| (kind, masked(error, &subject.secrets))));
    browser.close().await;
    let (start, journeys, end) = (started - begin, ended - started, ended.elapsed());
    outcome.timings.push(Timing { browser: kind, start, journeys, end });
}

/// Walks a journey, and again as long as that is asked for; each recording with what came of saving it.
pub async fn attempts(subject: &Subject<'_>, browser: &Browser, journey: &Journey) -> Vec<(Recording, Result<()>)> {
    let mut walked = Vec::new();
    for attempt in 1..=subject.retrying.times.saturating_add(1) {
        let Some(recording) = browser.attempt(subject, journey, attempt).await else { break };
        let saved = match &subject.options.save_recordings {
            // At once: what comes after may still break off.
            Some(folder) => {
                report::save_recording(folder, &recording).map(drop).map_err(|error| masked(error, &subject.secrets))
            }
            None => Ok(()),
        };
        let more = attempt <= subject.retrying.times && !*subject.cancel.borrow() && !browser.has_gone();
        let again = more && subject.retrying.again.is_some_and(|again| again(&recording));
        walked.push((recording, saved));
        if !again {
            break;
        }
        subject.progress.journey_retried(browser.kind(), &journey.name, attempt + 1);
    }
    walked
}

fn now() -> String {
    let format = time::format_description::well_known::Rfc3339;
    let now = time::OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).unwrap_or(now).format(&format).unwrap_or_default()
}

fn masked(error: Error, secrets: &Secrets) -> Error {
    error.map_texts(|text| secrets.mask(text))
}
