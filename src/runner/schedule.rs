//! One scheduler for all that runs journeys: as many sessions of each browser as there may be, the longest task first, and
//! what a lost session leaves goes to another.
//!
//! Boundary: knows neither journeys nor sites, only tasks, and how to tell that one broke off with its session.

use std::time::Duration;

use futures_util::future::join_all;

use super::crew::crew;
use super::lanes::{Lane, Lanes, Timing};
use super::progress::LaneId;
use super::subject::Subject;
use crate::browser::product::Product;
use crate::error::Error;
use crate::site::visitors::browser_of;

/// Something to be run in one browser.
#[derive(Debug)]
pub struct Task<T> {
    /// In which.
    pub browser: Product,
    /// How long it takes, as far as one can tell. The longest are begun first, so that none is left for the end.
    pub weight: Duration,
    /// How many others have to be run before it, one after the other.
    pub wave: usize,
    /// What.
    pub work: T,
}

/// What came of a task in a session.
#[derive(Debug)]
pub struct Walked<R> {
    /// What it gave.
    pub result: R,
    /// It broke off as a task does whose browser has gone.
    pub broken: bool,
    /// What was said of it, if it broke off because the driver had lost a frame.
    pub lost_frame: Option<String>,
}

/// How a task is run.
pub trait Job: Sync {
    /// What there is to do.
    type Work: Sync;
    /// What it gives.
    type Result: Send;
    /// All are of one site: where one loses a frame, the others will.
    const ONE_SITE: bool;

    /// Runs one in a session. `before`: what sessions that were lost have left of it.
    fn run(
        &self,
        lane: &Lane,
        work: &Self::Work,
        before: Before<Self::Result>,
    ) -> impl Future<Output = Walked<Self::Result>> + Send;
}

/// What came of a task before, in sessions that were lost.
#[derive(Debug)]
pub struct Before<R> {
    /// How many sessions it has lost.
    pub losses: usize,
    /// What it gave in the last of them.
    pub left: Option<R>,
}

impl<R> Default for Before<R> {
    fn default() -> Self {
        Self { losses: 0, left: None }
    }
}

/// What came of all.
#[derive(Debug)]
pub struct Scheduled<R> {
    /// One for each task that was begun, in the order in which they ended.
    pub results: Vec<(Product, R)>,
    /// Browsers that could not be used, or not to the end, and why.
    pub errors: Vec<(Product, Error)>,
    /// What was lost, and cost nothing but time.
    pub lost: Vec<Lost>,
    /// Where the time went, by session.
    pub timings: Vec<Timing>,
}

/// A session that was lost, or a frame in it.
#[derive(Debug)]
pub struct Lost {
    /// Which session.
    pub lane: LaneId,
    /// Why.
    pub why: Error,
    /// It was a frame.
    pub frame: bool,
    /// How many tasks are run again for it.
    pub returned: usize,
}

impl<R> Default for Scheduled<R> {
    fn default() -> Self {
        Self { results: Vec::new(), errors: Vec::new(), lost: Vec::new(), timings: Vec::new() }
    }
}

/// Runs all tasks: those of all browsers at once, of visitors in one browser in turn, in as many sessions of each as the
/// subject's options say. A task of a later wave begins when those of the same browser in the waves before it have ended.
///
/// A session that is lost is replaced, unless a person may have closed its window; what it leaves is run again. When the
/// subject is cancelled, nothing more is begun. All sessions that were opened have gone, or are idle in `lanes`, when this
/// returns.
pub async fn schedule<J: Job>(
    lanes: &Lanes,
    subject: &Subject<'_>,
    tasks: &[Task<J::Work>],
    job: &J,
) -> Scheduled<J::Result> {
    let mut kinds: Vec<Product> = Vec::new();
    for task in tasks {
        if !kinds.contains(&task.browser) {
            kinds.push(task.browser.clone());
        }
    }
    // Visitors need sessions of their own, and a machine that runs one browser well may not run five.
    let mut browsers: Vec<&str> = kinds.iter().map(|kind| browser_of(kind.name())).collect();
    browsers.dedup();
    let browsers = browsers.into_iter().map(|browser| {
        let columns = kinds.iter().filter(move |kind| browser_of(kind.name()) == browser);
        async move {
            let columns: Vec<&Product> = columns.collect();
            let last = tasks.iter().map(|task| task.wave).max().unwrap_or(0);
            let mut parts = Vec::new();
            for wave in 0..=last {
                for kind in &columns {
                    let of = |task: &&Task<J::Work>| task.browser == **kind && task.wave == wave;
                    let tasks: Vec<&Task<J::Work>> = tasks.iter().filter(of).collect();
                    if !tasks.is_empty() {
                        parts.push(crew(lanes, subject, kind, tasks, job).await);
                    }
                }
            }
            parts
        }
    });
    let mut whole = Scheduled::default();
    for part in join_all(browsers).await.into_iter().flatten() {
        whole.results.extend(part.results);
        whole.errors.extend(part.errors);
        whole.lost.extend(part.lost);
        whole.timings.extend(part.timings);
    }
    whole
}
