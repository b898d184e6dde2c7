//! How long a journey takes, as far as its site file tells: what is begun first, and what is shared out, goes by that.

use std::time::Duration;

use super::{Act, Journey, Site};

/// A visitor's windows, opened and closed.
const WINDOWS: Duration = Duration::from_millis(400);

/// A page, loaded.
const PAGE: Duration = Duration::from_millis(1000);

/// Any other step: finding its element, and its own commands.
const STEP: Duration = Duration::from_millis(250);

impl Site {
    /// How long a journey takes about: by its steps and what they wait for. It's an estimate, and the same everywhere.
    pub fn estimate(&self, journey: &Journey) -> Duration {
        let step = |act: &Act| match act {
            Act::Open(_) | Act::Reload | Act::Back => PAGE,
            Act::Pause(time) => *time,
            _ => STEP,
        };
        let acts: Duration = journey.steps.iter().map(|one| step(&one.act)).sum();
        WINDOWS + acts + self.settle(journey)
    }
}
