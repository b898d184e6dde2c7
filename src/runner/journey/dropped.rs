//! Steps with two elements: the one that is dragged, and where it's dropped.
//!
//! Boundary: finds them; `browser::gestures` drags.

use tokio::time::Instant;

use super::{Stop, Walk};
use crate::browser::context::Found;
use crate::browser::find::Until;
use crate::site::gestures::Gesture;
use crate::site::{Act, Step, Target};

impl Walk<'_> {
    /// The step's element, and before it where it's dropped: finding that may scroll.
    pub(super) async fn find_both(
        &mut self,
        step: &Step,
        target: &Target,
        until: Until,
        deadline: Instant,
    ) -> Result<Option<Found>, Stop> {
        self.drop = match &step.act {
            Act::Gesture { gesture: Gesture::Drag(to), .. } => self.find(step, to, Until::Actionable, deadline).await?,
            _ => None,
        };
        self.find(step, target, until, deadline).await
    }
}
