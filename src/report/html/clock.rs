//! When what was heard was heard, on the journey's own clock: pages have theirs, and a timeline can only have one.
//!
//! What a page heard is placed by the page's clock, what the browser told by when it arrived.

use std::collections::BTreeMap;

use crate::recording::{PageClock, Recording};
use crate::report::summary;

/// Milliseconds from the journey's start for each observation, by `arrival`.
pub(super) struct Clock {
    times: BTreeMap<u64, f64>,
    /// The journey's end.
    pub(super) end: f64,
}

impl Clock {
    pub(super) fn new(recording: &Recording) -> Self {
        let end = summary::journey_ms(recording);
        let pages = PageClock::new(recording);
        let mut before = 0.0;
        let mut times = BTreeMap::new();
        for observation in &recording.observations {
            let page = observation.page_ms.and_then(|page| pages.place(&observation.document, page));
            let placed = page.or(observation.heard_ms);
            let time = placed.filter(|time| time.is_finite()).unwrap_or(before).max(0.0);
            before = time;
            times.insert(observation.arrival, time);
        }
        // A page can claim any time; it can't stretch the timeline.
        let end = end.max(1.0);
        times.values_mut().for_each(|time| *time = time.min(end));
        Self { times, end }
    }

    pub(super) fn of(&self, arrival: u64) -> f64 {
        self.times.get(&arrival).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Kind, Observation, StepOutcome, StepRecord, blank};
    use crate::source::Span;

    fn recording(observations: Vec<Observation>) -> Recording {
        let text = |text: &str| text.to_owned();
        let step = |index: usize, began: f64| StepRecord {
            index,
            actor: text("visitor"),
            text: text("click"),
            span: Span { line: 1, column: 1, offset: 0, len: 1, file: 0 },
            by: Vec::new(),
            began_ms: Some(began),
            acted_ms: Some(began + 10.0),
            outcome: StepOutcome::Done,
        };
        Recording { steps: vec![step(0, 100.0), step(1, 900.0)], observations, took_ms: 2000.0, ..blank() }
    }

    fn heard(arrival: u64, document: &str, page_ms: Option<f64>, heard_ms: Option<f64>, kind: Kind) -> Observation {
        let actor = "visitor".to_owned();
        let document = document.to_owned();
        Observation { arrival, actor, context: String::new(), document, seq: None, page_ms, heard_ms, kind }
    }

    #[test]
    fn the_mark_that_was_under_way_least_ties_the_clocks() {
        let clock = Clock::new(&recording(vec![
            // It took half a second to be said: the step began 500 ms after it.
            heard(0, "a", Some(4_500.0), None, Kind::Mark { step: 0 }),
            // A new document, whose clock is known only by the others'.
            heard(1, "b", Some(5_250.0), None, Kind::Unload),
            heard(2, "", None, Some(400.0), Kind::ContextGone),
            heard(3, "c", Some(5_800.0), None, Kind::Mark { step: 1 }),
            heard(4, "c", Some(5_833.0), None, Kind::Unload),
            heard(5, "c", Some(f64::MAX), None, Kind::Unload),
            heard(6, "c", Some(f64::NAN), None, Kind::Unload),
        ]));
        let times: Vec<f64> = (0..7).map(|arrival| clock.of(arrival)).collect();
        assert_eq!(times, [0.0, 350.0, 400.0, 900.0, 933.0, 2000.0, 2000.0]);
    }
}
