//! When what was heard was heard, on the journey's own clock: pages have theirs, and a timeline can only have one.
//!
//! A step's mark is set in the page at the moment in which the step begins on chatproof's clock. So a mark ties the two
//! together, anew with each step, and what follows it is placed by the page's clock from there on.

use std::collections::BTreeMap;

use crate::recording::{Kind, Recording};
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
        // What to add to a page's time, by document; the last one anywhere for documents that are younger.
        let mut own: BTreeMap<&str, f64> = BTreeMap::new();
        let mut latest = first_tie(recording, end);
        let mut before = 0.0;
        let mut times = BTreeMap::new();
        for observation in &recording.observations {
            if let (Kind::Mark { step }, Some(page)) = (&observation.kind, observation.page_ms)
                && let Some(began) = begin_of(recording, *step, end)
            {
                own.insert(&observation.document, began - page);
                latest = Some(began - page);
            }
            let tie = own.get(observation.document.as_str()).copied().or(latest);
            let placed = observation.page_ms.zip(tie).map(|(page, tie)| page + tie).or(observation.heard_ms);
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

fn begin_of(recording: &Recording, step: usize, end: f64) -> Option<f64> {
    match recording.steps.get(step) {
        Some(step) => step.began_ms,
        None => Some(end),
    }
}

/// The first mark's tie, for what was heard before any.
fn first_tie(recording: &Recording, end: f64) -> Option<f64> {
    recording.observations.iter().find_map(|observation| match observation.kind {
        Kind::Mark { step } => Some(begin_of(recording, step, end)? - observation.page_ms?),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{BrowserInfo, Ending, FileCopy, Observation, RunInfo, StepOutcome, StepRecord};
    use crate::source::Span;

    fn recording(observations: Vec<Observation>) -> Recording {
        let text = |text: &str| text.to_owned();
        let file = FileCopy { name: text("x"), text: text("") };
        let step = |index: usize, began: f64| StepRecord {
            index,
            actor: text("visitor"),
            text: text("click"),
            span: Span { line: 1, column: 1, offset: 0, len: 1 },
            began_ms: Some(began),
            acted_ms: Some(began + 10.0),
            outcome: StepOutcome::Done,
        };
        Recording {
            format: text("x"),
            chatproof: text("1"),
            run: RunInfo { id: text("r"), started_at: text(""), base_url: text("") },
            spec: file.clone(),
            site: file,
            baseline: None,
            browser: BrowserInfo {
                name: text("firefox"),
                version: text(""),
                driver: text(""),
                driver_version: text(""),
                platform: text(""),
                headless: true,
            },
            journey: text("j"),
            attempt: 1,
            steps: vec![step(0, 100.0), step(1, 900.0)],
            observations,
            ending: Ending::Complete,
            took_ms: 2000.0,
            sights: vec![],
        }
    }

    fn heard(arrival: u64, document: &str, page_ms: Option<f64>, heard_ms: Option<f64>, kind: Kind) -> Observation {
        let actor = "visitor".to_owned();
        let document = document.to_owned();
        Observation { arrival, actor, context: String::new(), document, seq: None, page_ms, heard_ms, kind }
    }

    #[test]
    fn each_step_ties_the_clocks_anew() {
        let clock = Clock::new(&recording(vec![
            heard(0, "a", Some(5_000.0), None, Kind::Mark { step: 0 }),
            // A new document, whose clock is known only by the former one's.
            heard(1, "b", Some(5_250.0), None, Kind::Unload),
            heard(2, "", None, Some(400.0), Kind::ContextGone),
            // The page's clock has been set back by an hour since.
            heard(3, "b", Some(1_000.0), None, Kind::Mark { step: 1 }),
            heard(4, "b", Some(1_033.0), None, Kind::Unload),
            heard(5, "b", Some(f64::MAX), None, Kind::Unload),
            heard(6, "b", Some(f64::NAN), None, Kind::Unload),
        ]));
        let times: Vec<f64> = (0..7).map(|arrival| clock.of(arrival)).collect();
        assert_eq!(times, [100.0, 350.0, 400.0, 900.0, 933.0, 2000.0, 2000.0]);
    }
}
