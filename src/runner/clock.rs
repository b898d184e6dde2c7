//! Advancing a journey's virtual time, in all its documents together.
//!
//! Every document has a clock of its own, and documents of different origins can't see each other's. So time is advanced
//! in strides: to the next moment at which a timer of any document is due, the first [`EXACT`] times; from then on in
//! about [`STRIDES`] even ones, or in one if there is but one document. Within a document timers fire in order to the
//! millisecond, between two documents to within such a stride. A document that is born meanwhile begins at the stride's
//! time.
//!
//! Boundary: asks and tells the windows' clocks; knows nothing of steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::recorder::Recorder;
use crate::browser::bidi::BidiError;
use crate::browser::clock::ClockAdvanced;
use crate::browser::context::{ActError, Listening, Window};
use crate::recording::Kind;

/// Strides that end where a timer is due.
const EXACT: usize = 50;
/// The others of one advance, about, where several documents have timers.
const STRIDES: f64 = 200.0;

/// A journey's virtual time.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// By how many milliseconds it has been advanced so far.
    offset: f64,
    /// Documents that take part in it.
    known: BTreeSet<String>,
}

/// A document of some window's.
struct Place<'w> {
    window: &'w Window,
    actor: &'w str,
    context: String,
    next: Option<f64>,
}

impl Clock {
    /// Lets `by` pass in all windows, for at most `bound` of real time.
    ///
    /// # Errors
    /// [`ActError::Script`] if timers didn't come to an end; [`ActError`] if the browser has gone.
    pub async fn advance(
        &mut self,
        windows: &BTreeMap<String, Arc<Window>>,
        listening: Listening<'_>,
        recorder: &Recorder,
        by: Duration,
        bound: Duration,
    ) -> Result<(), ActError> {
        let deadline = Instant::now() + bound;
        let began = self.offset;
        let by = by.as_secs_f64() * 1000.0;
        let until = began + by;
        let mut told: BTreeMap<(String, String), ClockAdvanced> = BTreeMap::new();
        let mut strides = 0;
        while self.offset < until {
            let places = self.places(windows).await?;
            let soonest = places.iter().filter_map(|place| place.next).fold(f64::INFINITY, f64::min);
            let to = match strides {
                _ if strides < EXACT => soonest.max(self.offset),
                _ if places.len() > 1 => soonest.max(self.offset + by / STRIDES),
                _ => until,
            };
            let to = to.min(until);
            strides += 1;
            if strides <= EXACT && to > self.offset {
                for window in windows.values() {
                    window.clock_from_now_on(listening, to).await?;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let advances = places
                .iter()
                .map(|place| async move { (place, place.window.clock_advance(&place.context, to, left).await) });
            for (place, advanced) in futures_util::future::join_all(advances).await {
                let advanced = match advanced {
                    Ok(advanced) => advanced,
                    // It went to another document meanwhile: a timer of its own may have sent it there.
                    Err(error) if error.is_gone() => continue,
                    Err(error) => return Err(error.into()),
                };
                let all = told.entry((place.actor.to_owned(), place.context.clone())).or_default();
                all.fired += advanced.fired;
                all.kept = advanced.kept;
                all.cut |= advanced.cut;
            }
            self.offset = to;
            if told.values().any(|advanced| advanced.cut) {
                break;
            }
        }
        self.offset = until;
        let cut = told.values().any(|advanced| advanced.cut);
        for ((actor, context), advanced) in told {
            recorder.note(&actor, &context, Kind::Advanced { by_ms: by, timers: advanced.fired, kept: advanced.kept });
        }
        for window in windows.values() {
            window.clock_from_now_on(listening, until).await?;
        }
        // A frame that was born under the old beginning, just now.
        self.places(windows).await?;
        if cut {
            return Err(ActError::Script(format!(
                "the page's timers didn't come to an end within {} s; give the step a longer `timeout`, or advance less",
                bound.as_secs_f32()
            )));
        }
        Ok(())
    }

    /// All documents with a clock. One that is new is brought to this time first.
    async fn places<'w>(&mut self, windows: &'w BTreeMap<String, Arc<Window>>) -> Result<Vec<Place<'w>>, ActError> {
        let mut places = Vec::new();
        for (actor, window) in windows {
            for (context, _) in window.contexts().await.or_else(gone_is_empty)? {
                let state = match window.clock_state(&context).await {
                    Ok(state) => state,
                    Err(error) if error.is_gone() || matches!(error, BidiError::Script(_)) => continue,
                    Err(error) => return Err(error.into()),
                };
                let Some(state) = state else { continue };
                let mut next = state.next();
                if self.known.insert(state.document) {
                    match window.clock_join(&context, self.offset).await {
                        Err(error) if !error.is_gone() => return Err(error.into()),
                        _ => {}
                    }
                    // Its timers were set for that much later.
                    next = next.map(|next| next + (self.offset - state.offset).max(0.0));
                }
                places.push(Place { window, actor, context, next });
            }
        }
        Ok(places)
    }
}

fn gone_is_empty(error: BidiError) -> Result<Vec<(String, String)>, BidiError> {
    match error {
        BidiError::Closed(_) | BidiError::Timeout { .. } => Err(error),
        _ => Ok(vec![]),
    }
}
