//! How a step begins: in its window's turn, with a mark in every document.
//!
//! Boundary: nothing is done to a page here.

use std::time::Duration;

use tokio::time::Instant;

use super::Walk;
use crate::browser::turn::Turn;
use crate::recording::StepError;
use crate::site::{Act, Step};

/// How long a window keeps its turn for documents that don't say their marks.
const MARKS: Duration = Duration::from_secs(2);

impl Walk<'_> {
    /// The window's turn, if the step needs one, and then the barrier; and how long the turn was waited for.
    pub(super) async fn begin(&mut self, step: &Step) -> Result<(Option<Turn>, Duration), StepError> {
        self.recorder.void_marks(step.index);
        let asked = Instant::now();
        let turn = self.turn(step).await?;
        let mut queued = asked.elapsed();
        if turn.is_none() {
            self.mark_all(step.index).await?;
            return Ok((None, queued));
        }
        if let Ok(marked) = tokio::time::timeout(MARKS, self.mark_all(step.index)).await {
            marked?;
            return Ok((turn, queued));
        }
        // A page that hangs must not hold up the others. (That it did not say its mark is in the recording.)
        drop(turn);
        self.recorder.void_marks(step.index);
        self.mark_all(step.index).await?;
        let asked = Instant::now();
        let turn = self.turn(step).await?;
        queued += asked.elapsed();
        Ok((turn, queued))
    }

    async fn turn(&self, step: &Step) -> Result<Option<Turn>, StepError> {
        let keys = match &step.act {
            Act::Fill { .. } | Act::Press { .. } | Act::Select { .. } => true,
            Act::Click(_) | Act::Download { .. } | Act::Gesture { .. } | Act::Hover(_) => false,
            _ => return Ok(None),
        };
        Ok(self.window_of(step)?.turn(keys).await)
    }
}
