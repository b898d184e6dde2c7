//! Runs the journeys of all entries: a browser stays open for all of them, and many journeys of many sites are run side by
//! side.
//!
//! Boundary: serves, walks, records; [`super::check`] says what it comes to.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::browser::product::Product;
use crate::error::{Error, Result};
use crate::recording::Recording;
use crate::report;
use crate::runner::{self, Before, Job, Lane, LaneId, Lanes, Options, Subject, Task, Walked, schedule};
use crate::site::visitors::browser_of;

use super::check::{Checked, check};
use super::serve::Site;
use super::{Catalogue, Entry, Kind};

/// From how many cores on browsers are run at once. Some entries are about how late something comes, which a machine that is
/// short of time can't tell.
const CORES: usize = 4;

/// What happened.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// To a session.
    Session(runner::Event<'a>),
    /// An entry has been run and judged.
    EntryFinished {
        /// Which.
        entry: &'a Entry,
        /// What came of it.
        checked: &'a Checked,
        /// The how-manieth in this browser, from 1.
        nth: usize,
        /// Of how many.
        of: usize,
    },
    /// All entries have been run in a browser that held out, and it has ended.
    BrowserFinished {
        /// How many.
        entries: usize,
        /// With its start.
        took: Duration,
    },
}

/// Hears what happens. Calls come from several tasks; they must not block.
pub trait Progress: Send + Sync {
    /// Something happened in a lane.
    fn heard(&self, lane: &LaneId, event: Event<'_>);
}

/// What a selftest gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How each entry went in each browser, in the order of the browsers and of the catalogue.
    pub checked: Vec<Checked>,
    /// The recordings, by entry, if they were asked for.
    pub recordings: Vec<(String, Vec<Recording>)>,
    /// Browsers that could not be used, and files that could not be written.
    pub errors: Vec<(Product, Error)>,
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

/// Forwards what concerns the session; which of several hundred steps is being done is nobody's concern.
struct Told(Arc<dyn Progress>);

impl runner::Progress for Told {
    fn heard(&self, lane: &LaneId, event: runner::Event<'_>) {
        use runner::Event::{BrowserStarted, BrowserStarting, BrowserWaiting, FrameLost, LaneLost};
        let of_session = matches!(
            event,
            BrowserStarting | BrowserWaiting { .. } | BrowserStarted { .. } | LaneLost { .. } | FrameLost { .. }
        );
        if of_session {
            self.0.heard(lane, Event::Session(event));
        }
    }
}

/// Walks and judges. Ends all that it started before it returns, also when `cancel` becomes true: then it returns with
/// what it has so far.
///
/// Browsers are run at once where there are cores for that.
pub async fn run(
    catalogue: &Catalogue,
    plan: &Plan,
    progress: Arc<dyn Progress>,
    cancel: watch::Receiver<bool>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut all: Vec<Part> = Vec::new();
    let browsers = &plan.options.browsers;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let at_once = if cores >= CORES { browsers.len().max(1) } else { 1 };
    for kinds in browsers.chunks(at_once) {
        if *cancel.borrow() {
            break;
        }
        match run_browsers(catalogue, plan, kinds, &progress, &cancel).await {
            Ok((parts, errors)) => {
                all.extend(parts);
                outcome.errors.extend(errors);
            }
            Err(error) => outcome.errors.extend(kinds.first().map(|kind| (kind.clone(), error))),
        }
    }
    let browser_at = |part: &Part| browsers.iter().position(|one| one.name() == browser_of(part.browser.name()));
    all.sort_by_key(|part| (browser_at(part), part.place));
    for part in all {
        if plan.keep {
            keep(&mut outcome.recordings, &part);
        }
        outcome.errors.extend(part.error.map(|error| (part.browser, error)));
        outcome.checked.push(part.checked);
    }
    outcome.interrupted = *cancel.borrow();
    outcome
}

/// All recordings of an entry in a browser are kept together, whoever visited.
fn keep(all: &mut Vec<(String, Vec<Recording>)>, part: &Part) {
    let browser = browser_of(part.browser.name());
    let here = |recording: &Recording| browser_of(&recording.browser.name) == browser;
    match all.last_mut() {
        Some((id, kept)) if *id == part.checked.id && kept.iter().all(here) => kept.extend(part.recordings.clone()),
        _ => all.push((part.checked.id.clone(), part.recordings.clone())),
    }
}

/// What came of an entry in a browser, for one of those who visit it.
struct Part {
    browser: Product,
    /// Its place among all that is walked in the browser.
    place: usize,
    checked: Checked,
    recordings: Vec<Recording>,
    error: Option<Error>,
}

async fn run_browsers(
    catalogue: &Catalogue,
    plan: &Plan,
    kinds: &[Product],
    progress: &Arc<dyn Progress>,
    cancel: &watch::Receiver<bool>,
) -> Result<(Vec<Part>, Vec<(Product, Error)>)> {
    let began = Instant::now();
    let chosen = catalogue.entries.iter().filter(|entry| plan.entries.contains(&entry.id));
    let visits: Vec<(usize, &Entry, Option<&str>)> = chosen
        .flat_map(|entry| entry.visited().into_iter().map(move |visitor| (entry, visitor)))
        .enumerate()
        .map(|(place, (entry, visitor))| (place, entry, visitor))
        .collect();
    let told: Arc<dyn runner::Progress> = Arc::new(Told(progress.clone()));
    let any = Subject::new(&catalogue.spec, &catalogue.site, &plan.options, told, cancel.clone())?;
    let tasks = kinds.iter().flat_map(|kind| {
        // As long as its longest journey; all of them are short.
        let weight = Duration::ZERO;
        visits.iter().map(move |(place, entry, visitor)| {
            let browser = runner::in_column(&catalogue.site, &plan.options, kind, *visitor);
            Task { browser, weight, wave: 0, work: (*place, *entry) }
        })
    });
    let tasks: Vec<Task<(usize, &Entry)>> = tasks.collect();
    let done: Vec<(Product, AtomicUsize)> = kinds.iter().map(|kind| (kind.clone(), AtomicUsize::new(0))).collect();
    let of = visits.len();
    let lanes = Lanes::keeping_windows();
    let running = Running { catalogue, plan, progress, cancel, done, of };
    let scheduled = schedule(&lanes, &any, &tasks, &running).await;
    lanes.close().await;
    for kind in kinds {
        let lost = |(failed, _): &(Product, Error)| browser_of(failed.name()) == kind.name();
        if !scheduled.errors.iter().any(lost) && !*cancel.borrow() {
            let took = began.elapsed();
            progress.heard(&LaneId { browser: kind.clone(), nth: 1 }, Event::BrowserFinished { entries: of, took });
        }
    }
    Ok((scheduled.results.into_iter().map(|(_, part)| part).collect(), scheduled.errors))
}

/// The entries of a catalogue, each with its place among those that were chosen.
struct Running<'a> {
    catalogue: &'a Catalogue,
    plan: &'a Plan,
    progress: &'a Arc<dyn Progress>,
    cancel: &'a watch::Receiver<bool>,
    /// How many are done in each browser.
    done: Vec<(Product, AtomicUsize)>,
    of: usize,
}

impl<'a> Job for Running<'a> {
    type Work = (usize, &'a Entry);
    type Result = Part;
    const ONE_SITE: bool = false;

    async fn run(&self, lane: &Lane, &(place, entry): &Self::Work, _: Before<Part>) -> Walked<Part> {
        let walked = walk(self.catalogue, self.plan, entry, lane, self.cancel).await;
        let (recordings, error) = walked.unwrap_or_else(|error| (Vec::new(), Some(error)));
        let broken = recordings.iter().any(runner::lost_browser);
        let browser = lane.id.browser.clone();
        let checked = check(self.catalogue, entry, browser.name(), &recordings);
        let lost_frame = recordings.iter().find_map(runner::lost_frame).map(str::to_owned);
        // What broke off with its session is run again, and what lost a frame.
        let again = broken && (lost_frame.is_some() && !lane.loses_no_frame() || lane.browser.loss(true).is_some());
        let ended = !*self.cancel.borrow() && !again;
        let here = |(kind, _): &&(Product, AtomicUsize)| kind.name() == browser_of(browser.name());
        if let (Some((_, done)), true) = (self.done.iter().find(here), ended) {
            let nth = done.fetch_add(1, Ordering::Relaxed) + 1;
            let of = self.of;
            self.progress.heard(&lane.id, Event::EntryFinished { entry, checked: &checked, nth, of });
        }
        Walked { broken, lost_frame, result: Part { browser, place, checked, recordings, error } }
    }
}

/// Walks an entry's journeys against a site of its own, which is served for as long as that takes.
async fn walk(
    catalogue: &Catalogue,
    plan: &Plan,
    entry: &Entry,
    lane: &Lane,
    cancel: &watch::Receiver<bool>,
) -> Result<(Vec<Recording>, Option<Error>)> {
    if *cancel.borrow() {
        return Ok((Vec::new(), None));
    }
    let served = Site::start(&catalogue.served, entry)
        .await
        .map_err(|cause| Error::Other(format!("{}: can't serve the site: {cause}", entry.id)))?;
    let options = Options {
        base_url: Some(served.url().to_owned()),
        journeys: entry.journeys.clone(),
        visitors: lane.id.browser.visitor().map(str::to_owned).into_iter().collect(),
        save_recordings: plan.options.save_recordings.as_ref().map(|folder| folder_of(folder, entry)),
        ..plan.options.clone()
    };
    let silent: Arc<dyn runner::Progress> = Arc::new(runner::Silent);
    let subject = Subject::new(&catalogue.spec, &catalogue.site, &options, silent, cancel.clone())?;
    let all = subject.selected().map(|journey| async {
        let _journey = lane.room.acquire().await;
        lane.browser.walk(&subject, journey).await
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
