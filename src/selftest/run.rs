//! Walks the journeys of all entries: one browser at a time, stays open for all of them, and walks many journeys of many
//! sites side by side.
//!
//! Boundary: serves, walks, records; [`super::check`] says what it comes to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use crate::browser::BrowserKind;
use crate::error::{Error, Result};
use crate::recording::Recording;
use crate::report;
use crate::runner::{self, Browser, Options, Subject};

use super::check::{Checked, check};
use super::serve::Site;
use super::{Catalogue, Entry, Kind};

/// Told what happens while it happens. Calls come from several tasks; they must not block.
pub trait Progress: Send + Sync {
    /// A browser is being started.
    fn browser_starting(&self, _browser: BrowserKind) {}
    /// It can be used; name and version.
    fn browser_started(&self, _browser: BrowserKind, _version: &str) {}
    /// An entry has been walked and judged; `nth` of `of` in this browser.
    fn entry_finished(&self, _browser: BrowserKind, _entry: &Entry, _checked: &Checked, _nth: usize, _of: usize) {}
    /// All entries have been walked in a browser that held out, and it has ended; `took` includes its start.
    fn browser_finished(&self, _browser: BrowserKind, _entries: usize, _took: Duration) {}
}

/// What a selftest gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How each entry went in each browser, in the order of the browsers and of the catalogue.
    pub checked: Vec<Checked>,
    /// The recordings, by entry, if they were asked for.
    pub recordings: Vec<(String, Vec<Recording>)>,
    /// Browsers that could not be used, and files that could not be written.
    pub errors: Vec<(BrowserKind, Error)>,
    /// The user stopped it.
    pub interrupted: bool,
}

/// How to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The runner's own. `journeys` and `base_url` are each entry's own; `save_recordings` is a folder with one for each
    /// entry.
    pub options: Options,
    /// Ids of the entries to walk, in the catalogue's order.
    pub entries: Vec<String>,
    /// Whether the outcome is to have the recordings.
    pub keep: bool,
}

/// Forwards what concerns the browser; which of several hundred steps is being done is nobody's concern.
struct Told(Arc<dyn Progress>);

impl runner::Progress for Told {
    fn browser_starting(&self, browser: BrowserKind) {
        self.0.browser_starting(browser);
    }

    fn browser_started(&self, browser: BrowserKind, version: &str) {
        self.0.browser_started(browser, version);
    }
}

/// Walks and judges. Ends all that it started before it returns, also when `cancel` becomes true: then it returns with
/// what it has so far.
pub async fn run(
    catalogue: &Catalogue,
    plan: &Plan,
    progress: Arc<dyn Progress>,
    cancel: watch::Receiver<bool>,
) -> Outcome {
    let mut outcome = Outcome::default();
    for kind in &plan.options.browsers {
        if *cancel.borrow() {
            break;
        }
        if let Err(error) = run_browser(catalogue, plan, *kind, &progress, &cancel, &mut outcome).await
            && !matches!(error, Error::Interrupted)
        {
            outcome.errors.push((*kind, error));
        }
    }
    outcome.interrupted = *cancel.borrow();
    outcome
}

async fn run_browser(
    catalogue: &Catalogue,
    plan: &Plan,
    kind: BrowserKind,
    progress: &Arc<dyn Progress>,
    cancel: &watch::Receiver<bool>,
    outcome: &mut Outcome,
) -> Result<()> {
    let began = Instant::now();
    let entries: Vec<&Entry> = catalogue.entries.iter().filter(|entry| plan.entries.contains(&entry.id)).collect();
    let told: Arc<dyn runner::Progress> = Arc::new(Told(progress.clone()));
    let any = Subject::new(&catalogue.spec, &catalogue.site, &plan.options, told, cancel.clone())?;
    let mut browser = Browser::open(kind, &any).await?;
    browser.keep_windows();
    let jobs = plan.options.jobs.max(1);
    let room = Room { sites: Semaphore::new(jobs), journeys: Semaphore::new(jobs) };
    let done = std::sync::atomic::AtomicUsize::new(0);
    let of = entries.len();
    let walked = futures_util::future::join_all(entries.into_iter().map(|entry| async {
        let walked = walk(catalogue, plan, entry, &browser, &room, cancel).await;
        let (recordings, error) = walked.unwrap_or_else(|error| (Vec::new(), Some(error)));
        let checked = check(catalogue, entry, kind.name(), &recordings);
        if !*cancel.borrow() {
            let nth = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            progress.entry_finished(kind, entry, &checked, nth, of);
        }
        (checked, recordings, error)
    }))
    .await;
    let lost = browser.loss(walked.iter().flat_map(|(_, recordings, _)| recordings));
    browser.close().await;
    if lost.is_none() && !*cancel.borrow() {
        progress.browser_finished(kind, of, began.elapsed());
    }
    for (checked, recordings, error) in walked {
        outcome.errors.extend(error.map(|error| (kind, error)));
        if plan.keep {
            outcome.recordings.push((checked.id.clone(), recordings));
        }
        outcome.checked.push(checked);
    }
    lost.map_or(Ok(()), Err)
}

/// How much goes on at once.
struct Room {
    sites: Semaphore,
    journeys: Semaphore,
}

/// Walks an entry's journeys against a site of its own, which is served for as long as that takes.
async fn walk(
    catalogue: &Catalogue,
    plan: &Plan,
    entry: &Entry,
    browser: &Browser,
    room: &Room,
    cancel: &watch::Receiver<bool>,
) -> Result<(Vec<Recording>, Option<Error>)> {
    // As many sites as journeys at most: hundreds of open ports are more than a machine may give.
    let _site = room.sites.acquire().await;
    if *cancel.borrow() {
        return Ok((Vec::new(), None));
    }
    let served = Site::start(&catalogue.served, entry)
        .await
        .map_err(|cause| Error::Other(format!("{}: can't serve the site: {cause}", entry.id)))?;
    let options = Options {
        base_url: Some(served.url().to_owned()),
        journeys: entry.journeys.clone(),
        save_recordings: plan.options.save_recordings.as_ref().map(|folder| folder_of(folder, entry)),
        ..plan.options.clone()
    };
    let silent: Arc<dyn runner::Progress> = Arc::new(runner::Silent);
    let subject = Subject::new(&catalogue.spec, &catalogue.site, &options, silent, cancel.clone())?;
    let all = subject.selected().map(|journey| async {
        let _journey = room.journeys.acquire().await;
        browser.walk(&subject, journey).await
    });
    let recordings: Vec<Recording> = futures_util::future::join_all(all).await.into_iter().flatten().collect();
    served.stop().await;
    let mut error = None;
    if let Some(folder) = &options.save_recordings {
        for recording in &recordings {
            if let Err(failed) = report::save_recording(folder, recording) {
                error = Some(failed);
            }
        }
    }
    Ok((recordings, error))
}

fn folder_of(folder: &std::path::Path, entry: &Entry) -> PathBuf {
    let kind = match entry.kind {
        Kind::Fault => "faults",
        Kind::Variant => "variants",
    };
    folder.join(kind).join(&entry.id)
}
