//! A browser that stays open: any journeys of any subjects are walked in it, side by side or one after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::journey;
use super::options::Options;
use super::progress::{Event, LaneId};
use super::scout::Scout;
use super::subject::{Subject, masked, no_remote};
use super::visitors::try_on;
use crate::browser::Remote;
use crate::browser::discover::{self, Environment};
use crate::browser::driver::Driver;
use crate::browser::product::Product;
use crate::browser::session::{Begun, Session};
use crate::browser::wanted::{Machine, Wanted};
use crate::error::{Error, Result};
use crate::recording::{BrowserInfo, Ending, Recording, StepOutcome, StepRecord};
use crate::site::Journey;

/// How long a session of a grid's may take: somebody else's may have to end first.
const SESSION_TIMEOUT: Duration = Duration::from_secs(300);
/// How long one of a driver of our own may take: a cold start on a busy machine.
const OWN_TIMEOUT: Duration = Duration::from_secs(90);

/// An open browser and, unless it is a remote one, its driver. [`Browser::close`] ends both and waits for it; dropped,
/// they are killed.
#[derive(Debug)]
pub struct Browser {
    id: LaneId,
    session: Arc<Session>,
    driver: Option<Mutex<Driver>>,
}

impl Browser {
    /// See [`Session::keep_windows`].
    pub fn keep_windows(&self) {
        self.session.keep_windows();
    }

    /// Starts a driver and opens a browser with it, as the subject's site and options want them, and tells the subject's
    /// progress. `one_process`: with site isolation off if the browser is Chromium, so that no frame is lost. `needless`: ends
    /// as soon as nobody needs it any more.
    ///
    /// # Errors
    /// [`Error::Browser`], secrets masked, if there is none or it doesn't start; [`Error::Interrupted`] if the subject
    /// was cancelled meanwhile, or nobody needs it. Nothing is left behind.
    pub async fn open(
        id: LaneId,
        subject: &Subject<'_>,
        one_process: bool,
        needless: impl Future<Output = ()> + Send,
    ) -> Result<Self> {
        subject.progress.heard(&id, Event::BrowserStarting);
        let (mut driver, mut begun) = (None, Begun::default());
        let mut cancel = subject.cancel.clone();
        let opened = tokio::select! {
            biased;
            _ = cancel.wait_for(|cancelled| *cancelled) => Err(Error::Interrupted),
            () = needless => Err(Error::Interrupted),
            opened = session(subject, &id, one_process, &mut driver, &mut begun) => opened,
        };
        let opened = match opened {
            Ok(session) => match try_on(subject, &id.browser, &session).await {
                Ok(()) => Ok(session),
                Err(unfit) => {
                    session.close().await;
                    Err(unfit)
                }
            },
            Err(error) => Err(error),
        };
        match opened {
            Ok(session) => {
                subject.progress.heard(&id, Event::BrowserStarted { version: &session.info.version });
                Ok(Self { id, session: Arc::new(session), driver: driver.map(Mutex::new) })
            }
            Err(error) => {
                match driver {
                    Some(driver) => driver.stop().await,
                    None => begun.end().await,
                }
                Err(masked(error, &subject.secrets))
            }
        }
    }

    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// Which browser and driver it is.
    pub fn info(&self) -> &BrowserInfo {
        &self.session.info
    }

    pub(super) fn id(&self) -> &LaneId {
        &self.id
    }

    /// Which browser it is.
    pub fn product(&self) -> &Product {
        &self.id.browser
    }

    /// Runs one journey; whatever goes wrong is in the recording. `None`: the subject was cancelled before it began.
    pub async fn walk(&self, subject: &Subject<'_>, journey: &Journey) -> Option<Recording> {
        let recording = self.attempt(subject, &self.id, journey, 1, 0).await?;
        subject.progress.heard(&self.id, Event::JourneyFinished { recording: &recording, next: None });
        Some(recording)
    }

    /// Runs one journey, and then the steps that a scout decides on. All actors of the site have their windows in it.
    pub async fn explore(&self, subject: &Subject<'_>, journey: &Journey, scout: &mut dyn Scout) -> Option<Recording> {
        if *subject.cancel.borrow() {
            return None;
        }
        Some(journey::run(subject, &self.session, &self.id, journey, (1, 0), now(), Some(scout)).await)
    }

    /// The same, without a word on its end; which attempt at the journey it is, from 1, and how many sessions were lost with
    /// it before. Each has visitors that were never there.
    pub(super) async fn attempt(
        &self,
        subject: &Subject<'_>,
        lane: &LaneId,
        journey: &Journey,
        attempt: u32,
        losses: usize,
    ) -> Option<Recording> {
        if *subject.cancel.borrow() {
            return None;
        }
        Some(journey::run(subject, &self.session, lane, journey, (attempt, losses), now(), None).await)
    }

    /// Whether it has ended, so that nothing can be walked in it any more.
    pub fn has_gone(&self) -> bool {
        self.session.bidi.closed().borrow().is_some()
    }

    /// Why the browser can't be used any more, if it can't: it or its driver has ended. `broken`: a journey broke off as it
    /// does then.
    pub fn loss(&self, broken: bool) -> Option<Error> {
        let lost = self.session.bidi.closed().borrow().clone();
        let driver_died = self.driver_has_ended();
        if lost.is_none() && !(driver_died && broken) {
            return None;
        }
        let who = if driver_died { self.session.info.driver.as_str() } else { self.product().name() };
        Some(Error::Browser {
            message: format!("{who} ended in mid-run{}", lost.map(|why| format!(": {why}")).unwrap_or_default()),
            help: Some("out of memory, or ended by something else? `-v` shows what the driver said".into()),
        })
    }

    fn driver_has_ended(&self) -> bool {
        let ended = |driver: &Mutex<Driver>| driver.lock().unwrap_or_else(PoisonError::into_inner).has_ended();
        self.driver.as_ref().is_some_and(ended)
    }

    /// Ends session, browser and driver, and waits until they have gone.
    pub async fn close(self) {
        // A grid keeps a session whose socket has closed, and its slot.
        if self.driver.is_none() || !self.has_gone() && !self.driver_has_ended() {
            self.session.close().await;
        }
        if let Some(driver) = self.driver {
            driver.into_inner().unwrap_or_else(PoisonError::into_inner).stop().await;
        }
    }
}

/// What a journey broke off for, if the driver lost a frame in it.
pub fn lost_frame(recording: &Recording) -> Option<&str> {
    let Ending::Broken { message } = &recording.ending else { return None };
    recording.observations.iter().any(|one| one.lost_frame().is_some()).then_some(message)
}

/// Whether a journey ended because the browser or its driver had gone.
pub fn lost_browser(recording: &Recording) -> bool {
    let gone = |step: &StepRecord| matches!(&step.outcome, StepOutcome::Failed(error) if error.code == "browser-gone");
    matches!(recording.ending, Ending::Broken { .. }) || recording.steps.iter().any(gone)
}

async fn session(
    subject: &Subject<'_>,
    id: &LaneId,
    one_process: bool,
    driver: &mut Option<Driver>,
    begun: &mut Begun,
) -> Result<Session> {
    let (options, insecure) = (subject.options, subject.site.accept_insecure_certs);
    let Some(remote) = subject.remote()? else {
        return own_session(options, &id.browser, (insecure, one_process), driver).await;
    };
    let label = [subject.site.source.name.as_str(), id.browser.name(), &options.run_id].join(" · ");
    let wanted = Wanted {
        product: id.browser.clone(),
        binary: None,
        downloads: None,
        headed: options.headed,
        accept_insecure_certs: insecure,
        one_process,
        machine: Machine::Other { contained: false },
        label: Some(format!("chatproof · {label}")),
        timeout: options.session_timeout.unwrap_or(SESSION_TIMEOUT),
    };
    let waiting = |what: &str| subject.progress.heard(id, Event::BrowserWaiting { what });
    Session::open(remote, &wanted, &waiting, begun).await
}

/// A session of a driver of our own.
async fn own_session(
    options: &Options,
    product: &Product,
    (accept_insecure_certs, one_process): (bool, bool),
    driver: &mut Option<Driver>,
) -> Result<Session> {
    let is_root = rustix::process::geteuid().is_root();
    let pair = discover::find_pair(product.brand(), &Environment::from_vars(&options.env, is_root)).await?;
    let started = driver.insert(Driver::start(product.kind(), &pair.driver.path, &pair.browser.path).await?);
    let wanted = Wanted {
        product: product.clone(),
        binary: Some(pair.browser.path),
        downloads: started.folder().map(|folder| folder.join("downloads")),
        headed: options.headed,
        accept_insecure_certs,
        one_process,
        machine: Machine::This { is_root },
        label: None,
        timeout: options.session_timeout.unwrap_or(OWN_TIMEOUT),
    };
    let remote = Remote::new(&started.url).map_err(no_remote)?.own();
    let opened = Session::open(&remote, &wanted, &|_| (), &mut Begun::default()).await;
    // A driver only knows that its browser has ended; the browser said why.
    opened.map_err(|error| match error {
        Error::Browser { message, help } => {
            Error::Browser { message: format!("{message}{}", started.browser_said()), help }
        }
        other => other,
    })
}

/// Whether a browser and its driver that were found do open a session: it's opened and closed again.
///
/// # Errors
/// [`Error::Browser`]: what failed, in the browser's own words where it said any.
pub async fn opens(product: &Product, env: &BTreeMap<String, String>) -> Result<()> {
    let options = Options { env: env.clone(), ..Options::default() };
    let mut driver = None;
    let opened = own_session(&options, product, (false, false), &mut driver).await;
    if let Ok(session) = &opened {
        session.close().await;
    }
    if let Some(driver) = driver {
        driver.stop().await;
    }
    opened.map(drop)
}

fn now() -> String {
    let format = time::format_description::well_known::Rfc3339;
    let now = time::OffsetDateTime::now_utc();
    now.replace_millisecond(now.millisecond()).unwrap_or(now).format(&format).unwrap_or_default()
}
