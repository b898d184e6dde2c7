//! One scheduler for all that runs journeys: as many sessions of each browser as there may be, the longest task first, and
//! what a lost session leaves goes to another.
//!
//! Boundary: knows neither journeys nor sites, only tasks, and how to tell that one broke off with its session.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::lanes::{Lane, Lanes, Timing};
use super::progress::{Event, LaneId};
use super::subject::{Subject, masked};
use crate::browser::grid;
use crate::browser::product::Product;
use crate::error::Error;

/// How often a task is run again because its session was lost. One that takes its browser down with it each time would go
/// on for ever.
const LOSSES: usize = 2;

/// How many sessions of a browser may be lost one after the other with nothing done in between, before it's given up.
const FRUITLESS: usize = 3;

/// Something to be run in one browser.
#[derive(Debug)]
pub struct Task<T> {
    /// In which.
    pub browser: Product,
    /// How long it takes, as far as one can tell. The longest are begun first, so that none is left for the end.
    pub weight: Duration,
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

    /// Runs one in a session. `losses`: how many sessions the task has lost already.
    fn run(&self, lane: &Lane, work: &Self::Work, losses: usize) -> impl Future<Output = Walked<Self::Result>> + Send;
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
}

impl<R> Default for Scheduled<R> {
    fn default() -> Self {
        Self { results: Vec::new(), errors: Vec::new(), lost: Vec::new(), timings: Vec::new() }
    }
}

/// A task that waits for a session.
struct Waiting<'t, T, R> {
    work: &'t T,
    /// How many sessions it has lost.
    losses: usize,
    /// What the last of them left of it, should there be no other.
    left: Option<R>,
}

/// All that is to be run in one browser.
struct Crew<'t, J: Job> {
    kind: Product,
    queue: Mutex<VecDeque<Waiting<'t, J::Work, J::Result>>>,
    /// What is to be run in sessions that lose no frame, when all else is done.
    set_aside: Mutex<VecDeque<Waiting<'t, J::Work, J::Result>>>,
    /// That time has come.
    one_process: AtomicBool,
    /// Sessions that couldn't be opened: an error, unless the others did all there was to do.
    unopened: Mutex<Vec<Error>>,
    /// Sessions lost since something was done last.
    fruitless: AtomicUsize,
    done: Mutex<Scheduled<J::Result>>,
}

/// What a session that was lost left.
#[derive(Default)]
struct Left {
    /// Tasks that wait for another.
    returned: AtomicUsize,
    /// Those that have lost enough of them.
    given_up: AtomicUsize,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs all tasks: those of all browsers at once, in as many sessions of each as the subject's options say.
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
    let mut whole = Scheduled::default();
    let crews = kinds.iter().map(|kind| crew(lanes, subject, kind, tasks, job));
    for part in join_all(crews).await {
        whole.results.extend(part.results);
        whole.errors.extend(part.errors);
        whole.lost.extend(part.lost);
        whole.timings.extend(part.timings);
    }
    whole
}

async fn crew<J: Job>(
    lanes: &Lanes,
    subject: &Subject<'_>,
    kind: &Product,
    tasks: &[Task<J::Work>],
    job: &J,
) -> Scheduled<J::Result> {
    let mut order: Vec<&Task<J::Work>> = tasks.iter().filter(|task| task.browser == *kind).collect();
    order.sort_by_key(|task| Reverse(task.weight));
    let count = order.len();
    let queue = order.into_iter().map(|task| Waiting { work: &task.work, losses: 0, left: None }).collect();
    let crew = Crew {
        kind: kind.clone(),
        queue: Mutex::new(queue),
        set_aside: Mutex::default(),
        one_process: AtomicBool::new(false),
        unopened: Mutex::default(),
        fruitless: AtomicUsize::new(0),
        done: Mutex::default(),
    };
    let sessions = sessions(subject, kind, count).await;
    // What is done at once is spread: other sessions may be on other machines.
    let width = subject.options.jobs.max(1).min(count.div_ceil(sessions).max(1));
    let ids: Vec<LaneId> = (1..=sessions).map(|nth| LaneId { browser: kind.clone(), nth }).collect();
    join_all(ids.iter().map(|id| crew.lane(lanes, subject, id, width, job))).await;
    let set_aside = std::mem::take(&mut *lock(&crew.set_aside));
    if !set_aside.is_empty() {
        lock(&crew.queue).extend(set_aside);
        crew.one_process.store(true, Ordering::Relaxed);
        if J::ONE_SITE {
            lanes.lose_no_frame();
        }
        join_all(ids.iter().map(|id| crew.lane(lanes, subject, id, width, job))).await;
    }
    let mut done = crew.done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let rest = crew.queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    // A grid may have fewer free slots than it had a moment ago: the browser's other sessions did all there was to do.
    if !rest.is_empty() {
        let unopened = crew.unopened.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.errors.extend(unopened.into_iter().map(|error| (kind.clone(), error)));
    }
    done.results.extend(rest.into_iter().filter_map(|waiting| Some((kind.clone(), waiting.left?))));
    done
}

/// How many sessions of a browser: as many as are asked for, and never more than there are tasks. Where that isn't said, a
/// grid gets as many as it has free slots, each with two tasks at least: a session takes its time to begin.
async fn sessions(subject: &Subject<'_>, kind: &Product, tasks: usize) -> usize {
    let sessions = match (subject.options.sessions, &subject.options.webdriver) {
        (Some(sessions), _) => sessions,
        (None, Some(address)) => grid::free_slots(address, kind).await.unwrap_or(1).min(tasks.div_ceil(2)),
        (None, None) => 1,
    };
    sessions.clamp(1, tasks.max(1))
}

impl<'t, J: Job> Crew<'t, J> {
    /// One session after the other, as long as there is something to do and the one before was lost.
    async fn lane(&self, lanes: &Lanes, subject: &Subject<'_>, id: &LaneId, width: usize, job: &J) {
        let one_process = self.one_process.load(Ordering::Relaxed);
        while !lock(&self.queue).is_empty() && !*subject.cancel.borrow() {
            let begin = Instant::now();
            let lane = match lanes.take(id, subject.options.jobs, subject, one_process).await {
                Ok(lane) => lane,
                Err(Error::Interrupted) => return,
                Err(error) => return lock(&self.unopened).push(error),
            };
            let started = Instant::now();
            let left = Left::default();
            join_all((0..width).map(|_| self.work(subject, &lane, &left, job))).await;
            let ended = Instant::now();
            let (returned, given_up) = (left.returned.into_inner(), left.given_up.into_inner());
            let Some(why) = lane.browser.loss(returned + given_up > 0) else {
                lanes.give(lane).await;
                let (start, journeys, end) = (started - begin, ended - started, ended.elapsed());
                return lock(&self.done).timings.push(Timing { lane: id.clone(), start, journeys, end });
            };
            lane.browser.close().await;
            let why = masked(why, &subject.secrets);
            let fruitless = self.fruitless.fetch_add(1, Ordering::Relaxed) + 1;
            // A person may have closed the window, and wants no other.
            if subject.options.headed || fruitless >= FRUITLESS {
                return lock(&self.done).errors.push((self.kind.clone(), why));
            }
            if given_up > 0 {
                lock(&self.done).errors.push((self.kind.clone(), why));
                continue;
            }
            subject.progress.heard(id, Event::LaneLost { why: &why, returned });
            lock(&self.done).lost.push(Lost { lane: id.clone(), why, frame: false });
        }
    }

    /// Takes one task after the other while the session lasts.
    async fn work(&self, subject: &Subject<'_>, lane: &Lane, left: &Left, job: &J) {
        while !*subject.cancel.borrow() && !lane.browser.has_gone() {
            let Some(task) = lock(&self.queue).pop_front() else { return };
            let walked = job.run(lane, task.work, task.losses).await;
            if let (Some(why), false) = (&walked.lost_frame, lane.loses_no_frame()) {
                self.set_aside(
                    subject,
                    &lane.id,
                    why,
                    Waiting { losses: task.losses + 1, left: Some(walked.result), ..task },
                );
                continue;
            }
            if walked.broken && !*subject.cancel.borrow() && lane.browser.loss(true).is_some() {
                if task.losses < LOSSES {
                    left.returned.fetch_add(1, Ordering::Relaxed);
                    let again = Waiting { losses: task.losses + 1, left: Some(walked.result), ..task };
                    return lock(&self.queue).push_front(again);
                }
                left.given_up.fetch_add(1, Ordering::Relaxed);
            } else {
                self.fruitless.store(0, Ordering::Relaxed);
            }
            lock(&self.done).results.push((self.kind.clone(), walked.result));
        }
    }

    /// Leaves a task that lost a frame, and what will lose one as well, to sessions in which that doesn't happen.
    fn set_aside(&self, subject: &Subject<'_>, lane: &LaneId, why: &str, task: Waiting<'t, J::Work, J::Result>) {
        let mut aside = lock(&self.set_aside);
        aside.push_back(task);
        if J::ONE_SITE {
            aside.append(&mut lock(&self.queue));
        }
        let told = Error::Browser { message: why.to_owned(), help: None };
        let told = masked(told, &subject.secrets);
        subject.progress.heard(lane, Event::FrameLost { why: &told });
        let mut done = lock(&self.done);
        // The same frame in each journey is one thing to be reported.
        if done.lost.iter().any(|lost| lost.frame && lost.why.message() == told.message()) {
            return;
        }
        done.lost.push(Lost { lane: lane.clone(), why: told, frame: true });
    }
}
