//! What was done because something came in between (`whenever`) may have caused events: they are no step's.
//!
//! Of two that can't be told apart, the first one after it is taken for its doing. A step that lacks the same event then is
//! neither accused nor acquitted.

use crate::recording::{Kind, Recording};
use crate::site::whenever::Whenever;
use crate::site::{Journey, Site};

use super::trace::Trace;

/// How much later something may be heard than it was done, beside the time that its events have.
const SLACK_MS: f64 = 3_000.0;

/// For each occurrence whether it may be the doing of what came in between.
pub(super) fn doings(site: &Site, journey: &Journey, recording: &Recording, trace: &Trace) -> Vec<bool> {
    let mut taken = vec![false; trace.occurrences.len()];
    let entries: Vec<&Whenever> = site.whenever_in(journey).collect();
    if entries.iter().all(|entry| entry.may_fire.is_empty()) {
        return taken;
    }
    let heard_ms = |arrival: u64| {
        let observation = recording.observations.iter().find(|observation| observation.arrival == arrival);
        observation.and_then(|observation| observation.heard_ms)
    };
    let bound = Whenever::WITHIN.as_secs_f64() * 1000.0 + SLACK_MS;
    for done in &recording.observations {
        let Kind::Whenever { entry, problem, .. } = &done.kind else { continue };
        let Some(entry) = entries.get(*entry).filter(|_| problem.is_empty()) else { continue };
        for expected in &entry.may_fire {
            let its = trace.occurrences.iter().enumerate().position(|(index, occurrence)| {
                let first = occurrence.arrivals.first().copied().unwrap_or_default();
                let soon = done.heard_ms.zip(heard_ms(first)).is_none_or(|(done, heard)| heard - done <= bound);
                !taken[index] && occurrence.constant == expected.constant && first > done.arrival && soon
            });
            if let Some(taken) = its.and_then(|index| taken.get_mut(index)) {
                *taken = true;
            }
        }
    }
    taken
}
