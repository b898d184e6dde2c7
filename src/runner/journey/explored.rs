//! Steps that a scout decides on, behind those that are written down.
//!
//! Boundary: does them as any other step; which ones is the scout's business.

use std::collections::HashMap;

use super::{Walk, not_begun};
use crate::recording::{Ending, StepOutcome, StepRecord};
use crate::runner::scout::{Scene, Scout};
use crate::site::{Act, Step};

impl Walk<'_> {
    /// One step after the other, for as long as there is another one.
    pub(super) async fn explore(
        &mut self,
        steps: &mut Vec<StepRecord>,
        scout: &mut dyn Scout,
        expected: &mut HashMap<String, usize>,
    ) -> Ending {
        loop {
            let Some(step) = scout.next(self.scene(steps)).await else { return Ending::Complete };
            let step = Step { index: steps.len(), ..step };
            let mut record = not_begun(&step);
            if matches!(step.act, Act::Pause(_)) {
                record.outcome = StepOutcome::Done;
                record.began_ms = Some(self.since());
                let begun = self.begin(&step).await.map(drop);
                match begun {
                    Ok(()) => {
                        record.began_ms = Some(self.since());
                        scout.wait(self.scene(steps)).await;
                    }
                    Err(error) => record.outcome = StepOutcome::Failed(error),
                }
                record.acted_ms = Some(self.since());
                let failed = matches!(record.outcome, StepOutcome::Failed(_));
                steps.push(record);
                if failed {
                    return Ending::StepFailed { step: step.index };
                }
                continue;
            }
            // The one that is under way is among them, should the end come from outside.
            steps.push(record.clone());
            let failed = self.do_step(&step, &mut record, expected).await;
            if let Some(last) = steps.last_mut() {
                *last = record;
            }
            if let Some(ending) = failed {
                return ending;
            }
        }
    }

    fn scene<'s>(&'s self, steps: &'s [StepRecord]) -> Scene<'s> {
        Scene { subject: self.subject, windows: &self.windows, recorder: &self.recorder, steps }
    }
}
