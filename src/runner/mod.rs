//! Site + browser -> recordings. Knows no rule of the spec beyond how to listen ([`crate::spec::Probe`]).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use crate::browser::BrowserKind;
use crate::browser::discover::{self, Environment};
use crate::browser::driver::Driver;
use crate::browser::session::{Session, Wanted};
use crate::error::{Error, Result};
use crate::recording::{Ending, Recording, StepOutcome, StepRecord};
use crate::report;
use crate::site::Site;
use crate::site::template::Variables;
use crate::spec::Spec;

mod journey;
mod recorder;
mod secrets;

pub use secrets::Secrets;

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

/// The base URL that holds: the options' own, else the site file's.
///
/// # Errors
/// [`Error::Usage`] if it is no absolute `http` or `https` address.
pub fn base_url(site: &Site, options: &Options) -> Result<url::Url> {
    let variables = Variables { env: options.env.clone(), run_id: options.run_id.clone(), journey: String::new() };
    let text = options.base_url.clone().unwrap_or_else(|| site.base_url.render(&variables));
    let wrong = |why: String| Error::Usage(format!("base_url {text:?} is no address that a browser can open: {why}"));
    let url = url::Url::parse(&text)
        .map_err(|error| wrong(format!("{error} (expected something like https://staging.example.com)")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(wrong(format!("its scheme is {other}, expected http or https"))),
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
    let mut outcome = Outcome::default();
    let base_url = match base_url(site, options) {
        Ok(url) => url,
        Err(error) => {
            outcome.errors.extend(options.browsers.first().map(|browser| (*browser, error)));
            return outcome;
        }
    };
    let secrets = Secrets::of(site, &options.env);
    let context = journey::Context {
        spec,
        site,
        options,
        base_url: &base_url,
        secrets: &secrets,
        progress: progress.clone(),
        cancel: cancel.clone(),
    };
    for browser in &options.browsers {
        if *cancel.borrow() {
            break;
        }
        run_browser(&context, *browser, &mut outcome).await;
    }
    outcome.interrupted = *cancel.borrow();
    outcome
}

/// All journeys in one browser. The driver is a local of this function: whichever way it is left, it is ended.
async fn run_browser(context: &journey::Context<'_>, browser: BrowserKind, outcome: &mut Outcome) {
    let begin = Instant::now();
    context.progress.browser_starting(browser);
    let mut driver = None;
    let mut cancel = context.cancel.clone();
    let opened = tokio::select! {
        biased;
        _ = cancel.wait_for(|cancelled| *cancelled) => Err(Error::Interrupted),
        opened = open(context, browser, &mut driver) => opened,
    };
    let session = match opened {
        Ok(session) => Arc::new(session),
        Err(error) => {
            if !matches!(error, Error::Interrupted) {
                outcome.errors.push((browser, masked(error, context.secrets)));
            }
            if let Some(driver) = driver {
                driver.stop().await;
            }
            return;
        }
    };
    context.progress.browser_started(browser, &session.info.version);
    let started = Instant::now();

    let room = Semaphore::new(context.options.jobs.max(1));
    let chosen = context.site.journeys.values().filter(|journey| context.options.journeys.contains(&journey.name));
    let all = chosen.map(|journey| async {
        let _place = room.acquire().await;
        if *context.cancel.borrow() {
            return None;
        }
        let recording = journey::run(context, &session, journey, now()).await;
        let saved = match &context.options.save_recordings {
            // At once: what comes after may still break off.
            Some(folder) => report::save_recording(folder, &recording).map(drop),
            None => Ok(()),
        };
        Some((recording, saved))
    });
    for (recording, saved) in futures_util::future::join_all(all).await.into_iter().flatten() {
        outcome.recordings.push(recording);
        if let Err(error) = saved {
            outcome.errors.push((browser, error));
        }
    }
    let walked = Instant::now();

    let lost = session.bidi.closed().borrow().clone();
    let broken =
        outcome.recordings.iter().any(|recording| recording.browser.name == browser.name() && lost_browser(recording));
    let driver_died = driver.as_mut().is_some_and(Driver::has_ended);
    if lost.is_some() || (broken && driver_died) {
        let who = if driver_died { session.info.driver.as_str() } else { browser.name() };
        outcome.errors.push((
            browser,
            Error::Browser {
                message: context
                    .secrets
                    .mask(&format!("{who} ended in mid-run{}", lost.map(|why| format!(": {why}")).unwrap_or_default())),
                help: Some("out of memory, or ended by something else? `-v` shows what the driver said".into()),
            },
        ));
    } else if !driver_died {
        session.close().await;
    }
    if let Some(driver) = driver {
        driver.stop().await;
    }
    outcome.timings.push(Timing { browser, start: started - begin, journeys: walked - started, end: walked.elapsed() });
}

/// Whether a journey ended because the browser or its driver had gone.
fn lost_browser(recording: &Recording) -> bool {
    let gone = |step: &StepRecord| matches!(&step.outcome, StepOutcome::Failed(error) if error.code == "browser-gone");
    matches!(recording.ending, Ending::Broken { .. }) || recording.steps.iter().any(gone)
}

async fn open(context: &journey::Context<'_>, browser: BrowserKind, driver: &mut Option<Driver>) -> Result<Session> {
    let is_root = rustix::process::geteuid().is_root();
    let token = format!("__{}", unguessable());
    let mut wanted = Wanted {
        kind: browser,
        binary: None,
        headed: context.options.headed,
        accept_insecure_certs: context.site.accept_insecure_certs,
        is_root,
    };
    if let Some(url) = &context.options.webdriver {
        return Session::open(url.as_str(), &wanted, token).await;
    }
    let pair = discover::find_pair(browser, &Environment::from_vars(&context.options.env, is_root)).await?;
    let started = driver.insert(Driver::start(browser, &pair.driver.path, &pair.browser.path).await?);
    wanted.binary = Some(pair.browser.path);
    Session::open(&started.url, &wanted, token).await
}

/// A name that a page can't know beforehand. The hasher's keys come from the operating system's random source.
fn unguessable() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

fn now() -> String {
    let format = time::format_description::well_known::Rfc3339;
    let now = time::OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).unwrap_or(now).format(&format).unwrap_or_default()
}

fn masked(error: Error, secrets: &Secrets) -> Error {
    match error {
        Error::Browser { message, help } => Error::Browser { message: secrets.mask(&message), help },
        other => other,
    }
}
