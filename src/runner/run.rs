//! A whole run: every selected journey in every browser that is asked for.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::lanes::{Lane, Lanes, Timing};
use super::opened::{lost_browser, lost_frame};
use super::options::Options;
use super::progress::{Event, Progress};
use super::schedule::{Before, Job, Lost, Task, Walked, schedule};
use super::states::lacking;
use super::subject::{Subject, masked};
use crate::browser::product::Product;
use crate::error::{Error, Result};
use crate::recording::Recording;
use crate::report;
use crate::site::{Journey, Site};
use crate::spec::Spec;

/// What a run gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// One for each attempt at a journey that was begun, in the order of what was asked for.
    pub recordings: Vec<Recording>,
    /// Browsers that could not be used, and why.
    pub errors: Vec<(Product, Error)>,
    /// Sessions that were lost, and frames, whose journeys were run again in others.
    pub lost: Vec<Lost>,
    /// The user stopped it.
    pub interrupted: bool,
    /// Timings, for those who want them.
    pub timings: Vec<Timing>,
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
            let errors = options.browsers.first().map(|browser| (browser.clone(), error)).into_iter().collect();
            Outcome { errors, ..Outcome::default() }
        }
    }
}

/// The same for a subject.
pub async fn run_all(subject: &Subject<'_>) -> Outcome {
    let lanes = Lanes::default();
    let outcome = run_in(&lanes, subject, &subject.work()).await;
    lanes.close().await;
    outcome
}

/// Runs these journeys, each in its browser, in sessions that may be open already.
pub async fn run_in(lanes: &Lanes, subject: &Subject<'_>, work: &[(Product, &Journey)]) -> Outcome {
    let mut tasks = Vec::new();
    for (place, (browser, journey)) in work.iter().enumerate() {
        let known = subject.options.times.get(&(browser.name().to_owned(), journey.name.clone()));
        let weight = known.map_or_else(|| subject.site.estimate(journey), |millis| Duration::from_millis(*millis));
        let wave = subject.site.wave(journey, browser.visitor());
        tasks.push(Task { browser: browser.clone(), weight, wave, work: (place, *journey) });
    }
    let scheduled = schedule(lanes, subject, &tasks, &Journeys { subject }).await;
    let mut results = scheduled.results;
    results.sort_by_key(|(_, (place, _))| *place);
    let mut outcome =
        Outcome { errors: scheduled.errors, lost: scheduled.lost, timings: scheduled.timings, ..Outcome::default() };
    outcome.interrupted = *subject.cancel.borrow();
    for (kind, (_, walked)) in results {
        for attempt in walked {
            outcome.recordings.extend(attempt.recording);
            outcome.errors.extend(attempt.saved.err().map(|error| (kind.clone(), error)));
        }
    }
    outcome
}

/// Journeys of one site, each with its place in what was asked for.
struct Journeys<'a> {
    subject: &'a Subject<'a>,
}

impl<'a> Job for Journeys<'a> {
    type Work = (usize, &'a Journey);
    type Result = (usize, Vec<Attempt>);
    const ONE_SITE: bool = true;

    async fn run(
        &self,
        lane: &Lane,
        &(place, journey): &Self::Work,
        before: Before<Self::Result>,
    ) -> Walked<Self::Result> {
        let Before { losses, left } = before;
        let mut earlier = left.map(|(_, attempts)| attempts).unwrap_or_default();
        // The one that was under way when the session was lost; those before it hold.
        earlier.pop();
        let walked = attempts(self.subject, lane, journey, losses, earlier).await;
        let broken = walked.last().is_some_and(|attempt| attempt.lost);
        let lost_frame = walked.last().and_then(|attempt| attempt.lost_frame.clone());
        Walked { broken, lost_frame, result: (place, walked) }
    }
}

/// What came of one attempt at a journey.
struct Attempt {
    /// What was heard, unless somebody has taken it.
    recording: Option<Recording>,
    /// It broke off as it does when the browser has gone.
    lost: bool,
    /// What was said of it, if it lost a frame.
    lost_frame: Option<String>,
    /// What came of saving it.
    saved: Result<()>,
}

/// Runs a journey, and again as long as that is asked for. `losses`: how many sessions were lost with it before; `walked`: the
/// attempts before, which hold.
async fn attempts(
    subject: &Subject<'_>,
    lane: &Lane,
    journey: &Journey,
    losses: usize,
    mut walked: Vec<Attempt>,
) -> Vec<Attempt> {
    let first = u32::try_from(walked.len()).unwrap_or(u32::MAX).saturating_add(1);
    for attempt in first..=subject.retrying.times.saturating_add(1) {
        let attempted = lane.browser.attempt(subject, &lane.id, journey, attempt, losses).await;
        let Some(recording) = attempted else { break };
        let saved = match &subject.options.save_recordings {
            // At once: what comes after may still break off.
            Some(folder) => {
                report::save_recording(folder, &recording).map(drop).map_err(|error| masked(error, &subject.secrets))
            }
            None => Ok(()),
        };
        let lost = lost_browser(&recording);
        let lost_frame = lost_frame(&recording).map(str::to_owned);
        // What broke off with its session, or lost a frame, is run again as the same attempt.
        let broken = lane.browser.has_gone() || (lost_frame.is_some() && !lane.loses_no_frame());
        let lacking = lacking(subject, &lane.id.browser, journey).is_some();
        let more = attempt <= subject.retrying.times && !*subject.cancel.borrow() && !broken && !lacking;
        let again = more && subject.retrying.again.is_some_and(|again| again(&recording));
        let next = again.then_some(attempt + 1);
        subject.progress.heard(&lane.id, Event::JourneyFinished { recording: &recording, next });
        let recording = match subject.taking {
            Some(take) => {
                take(recording);
                None
            }
            None => Some(recording),
        };
        walked.push(Attempt { recording, lost, lost_frame, saved });
        if !again {
            break;
        }
    }
    walked
}
