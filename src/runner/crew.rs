//! The sessions of one browser, and the tasks that they share.
//!
//! A session that is lost is replaced. What was run in it is run again, each task alone: one that takes its browser down with
//! it each time mustn't take the others' results with it.
//!
//! Boundary: knows neither journeys nor sites; who opens a session is `lanes.rs`.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::lanes::{Lane, Lanes, Timing};
use super::progress::{Event, LaneId};
use super::schedule::{Before, Job, Lost, Scheduled, Task};
use super::subject::{Subject, masked};
use crate::browser::grid;
use crate::browser::product::Product;
use crate::error::Error;

/// How often a task is run again because its session was lost. One that takes its browser down with it each time would go
/// on for ever.
const LOSSES: usize = 2;

/// How many sessions may be lost one in another's place with nothing done in any of them, before no other is opened.
const FRUITLESS: usize = 3;

/// A task that waits for a session.
struct Waiting<'t, T, R> {
    work: &'t T,
    before: Before<R>,
}

/// All that is to be run in one browser.
struct Crew<'t, J: Job> {
    kind: Product,
    queue: Mutex<VecDeque<Waiting<'t, J::Work, J::Result>>>,
    /// What was under way in sessions that were lost, to be run alone.
    suspects: Mutex<VecDeque<Waiting<'t, J::Work, J::Result>>>,
    /// What is to be run in sessions that lose no frame, when all else is done.
    set_aside: Mutex<VecDeque<Waiting<'t, J::Work, J::Result>>>,
    /// That time has come.
    one_process: AtomicBool,
    /// Sessions that couldn't be opened or didn't last: an error, unless the others did all there was to do.
    missed: Mutex<Vec<Error>>,
    /// Tasks that are being run.
    running: AtomicUsize,
    /// Wakes whoever waits for a session, to see whether there still is something to do.
    ended: Notify,
    done: Mutex<Scheduled<J::Result>>,
}

/// What became of the tasks of a session.
#[derive(Default)]
struct Left {
    /// Ended, as they do in a session that lasts.
    ended: AtomicUsize,
    /// Wait for another session.
    returned: AtomicUsize,
    /// Have lost enough of them.
    given_up: AtomicUsize,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the tasks of one browser.
pub(super) async fn crew<J: Job>(
    lanes: &Lanes,
    subject: &Subject<'_>,
    kind: &Product,
    mut order: Vec<&Task<J::Work>>,
    job: &J,
) -> Scheduled<J::Result> {
    order.sort_by_key(|task| Reverse(task.weight));
    let count = order.len();
    let queue = order.into_iter().map(|task| Waiting { work: &task.work, before: Before::default() }).collect();
    let crew = Crew {
        kind: kind.clone(),
        queue: Mutex::new(queue),
        suspects: Mutex::default(),
        set_aside: Mutex::default(),
        one_process: AtomicBool::new(false),
        missed: Mutex::default(),
        running: AtomicUsize::new(0),
        ended: Notify::new(),
        done: Mutex::default(),
    };
    let sessions = sessions(lanes, subject, kind, count).await;
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
    let Crew { queue, suspects, missed, done, .. } = crew;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut rest = queue.into_inner().unwrap_or_else(PoisonError::into_inner);
    rest.extend(suspects.into_inner().unwrap_or_else(PoisonError::into_inner));
    // A grid may have fewer free slots than it had a moment ago: the browser's other sessions did all there was to do.
    if !rest.is_empty() {
        let missed = missed.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.errors.extend(missed.into_iter().map(|error| (kind.clone(), error)));
    }
    done.results.extend(rest.into_iter().filter_map(|waiting| Some((kind.clone(), waiting.before.left?))));
    done
}

/// How many sessions of a browser: as many as are asked for, and never more than there are tasks. Where that isn't said, a
/// grid gets as many as it has free slots, and as are idle here, each with two tasks at least: a session takes its time to
/// begin.
async fn sessions(lanes: &Lanes, subject: &Subject<'_>, kind: &Product, tasks: usize) -> usize {
    let sessions = match (subject.options.sessions, subject.remote()) {
        (Some(sessions), _) => sessions,
        (None, Ok(Some(remote))) => {
            let free = grid::free_slots(remote, kind).await.map_or(1, |free| free + lanes.idle(kind));
            free.min(tasks.div_ceil(2))
        }
        (None, Ok(None) | Err(_)) => 1,
    };
    sessions.clamp(1, tasks.max(1))
}

impl<'t, J: Job> Crew<'t, J> {
    /// One session after the other, as long as there is something to do and the one before was lost.
    async fn lane(&self, lanes: &Lanes, subject: &Subject<'_>, id: &LaneId, width: usize, job: &J) {
        let one_process = self.one_process.load(Ordering::Relaxed);
        let mut fruitless = 0;
        while !self.is_done() && !*subject.cancel.borrow() {
            let begin = Instant::now();
            let opening = lanes.take(id, subject.options.jobs, subject, one_process, self.all_done());
            let lane = match opening.await {
                Ok(lane) => lane,
                Err(Error::Interrupted) => return,
                Err(error) => return lock(&self.missed).push(error),
            };
            let started = Instant::now();
            let left = Left::default();
            join_all((0..width).map(|_| self.work(subject, &lane, &left, job))).await;
            self.work_alone(subject, &lane, &left, job).await;
            let ended = Instant::now();
            let (done, returned, given_up) =
                (left.ended.into_inner(), left.returned.into_inner(), left.given_up.into_inner());
            let Some(why) = lane.browser.loss(returned + given_up > 0) else {
                lanes.give(lane).await;
                let (start, journeys, end) = (started - begin, ended - started, ended.elapsed());
                lock(&self.done).timings.push(Timing { lane: id.clone(), start, journeys, end });
                // Another session may be lost, whose tasks are then to be run.
                self.wait_for_more(subject).await;
                continue;
            };
            lane.browser.close().await;
            let why = masked(why, &subject.secrets);
            // A person may have closed the window, and wants no other.
            if subject.options.headed || given_up > 0 {
                lock(&self.done).errors.push((self.kind.clone(), why));
                if subject.options.headed {
                    return;
                }
                continue;
            }
            fruitless = if done > 0 { 0 } else { fruitless + 1 };
            if fruitless >= FRUITLESS {
                return lock(&self.missed).push(why);
            }
            subject.progress.heard(id, Event::LaneLost { why: &why, returned });
            lock(&self.done).lost.push(Lost { lane: id.clone(), why, frame: false, returned });
        }
    }

    /// Whether nothing waits for a session.
    fn is_done(&self) -> bool {
        lock(&self.queue).is_empty() && lock(&self.suspects).is_empty()
    }

    /// Waits until nothing waits for a session, and nothing that is run can come back.
    async fn all_done(&self) {
        loop {
            let ended = self.ended.notified();
            if self.is_done() && self.running.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Waits until there is something to do, or nothing can come any more.
    async fn wait_for_more(&self, subject: &Subject<'_>) {
        let mut cancel = subject.cancel.clone();
        let more = async {
            loop {
                let ended = self.ended.notified();
                if !self.is_done() || self.running.load(Ordering::SeqCst) == 0 {
                    return;
                }
                ended.await;
            }
        };
        tokio::select! {
            () = more => {}
            _ = cancel.wait_for(|cancelled| *cancelled) => {}
        }
    }

    /// The next task, which is run from now on.
    fn next(
        &self,
        queue: &Mutex<VecDeque<Waiting<'t, J::Work, J::Result>>>,
    ) -> Option<Waiting<'t, J::Work, J::Result>> {
        let mut queue = lock(queue);
        let task = queue.pop_front()?;
        // Before the queue is let go: whoever sees it empty sees that this is run.
        self.running.fetch_add(1, Ordering::SeqCst);
        Some(task)
    }

    /// Takes one task after the other while the session lasts.
    async fn work(&self, subject: &Subject<'_>, lane: &Lane, left: &Left, job: &J) {
        while !*subject.cancel.borrow() && !lane.browser.has_gone() {
            let Some(task) = self.next(&self.queue) else { return };
            self.run(subject, lane, left, job, task).await;
        }
    }

    /// The same with what was under way in sessions that were lost, one by one.
    async fn work_alone(&self, subject: &Subject<'_>, lane: &Lane, left: &Left, job: &J) {
        while !*subject.cancel.borrow() && !lane.browser.has_gone() {
            let Some(task) = self.next(&self.suspects) else { return };
            self.run(subject, lane, left, job, task).await;
        }
    }

    async fn run(
        &self,
        subject: &Subject<'_>,
        lane: &Lane,
        left: &Left,
        job: &J,
        task: Waiting<'t, J::Work, J::Result>,
    ) {
        let (work, losses) = (task.work, task.before.losses);
        let walked = job.run(lane, work, task.before).await;
        let again = |result| Waiting { work, before: Before { losses: losses + 1, left: Some(result) } };
        let lost = walked.broken && !*subject.cancel.borrow() && lane.browser.loss(true).is_some();
        if let (Some(why), false) = (&walked.lost_frame, lane.loses_no_frame()) {
            self.set_aside(subject, &lane.id, why, again(walked.result));
        } else if lost && losses < LOSSES {
            left.returned.fetch_add(1, Ordering::Relaxed);
            lock(&self.suspects).push_back(again(walked.result));
        } else {
            let count = if lost { &left.given_up } else { &left.ended };
            count.fetch_add(1, Ordering::Relaxed);
            lock(&self.done).results.push((self.kind.clone(), walked.result));
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.ended.notify_waiters();
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
        if let Some(known) = done.lost.iter_mut().find(|lost| lost.frame && lost.why.message() == told.message()) {
            known.returned += 1;
            return;
        }
        done.lost.push(Lost { lane: lane.clone(), why: told, frame: true, returned: 1 });
    }
}
