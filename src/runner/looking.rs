//! For people who look on: time before each step, and a journey that is held where it failed.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::recording::{Ending, StepOutcome, StepRecord};
use crate::secrets::Secrets;

/// How a person looks on.
#[derive(Debug, Clone, Default)]
pub struct Looking {
    /// How long to wait before each step, so that one can follow it. No event's time runs meanwhile.
    pub slow: Duration,
    /// Who is told of a failed step, and lets its journey end: until then its windows stay as they are.
    pub failures: Option<mpsc::UnboundedSender<Paused>>,
}

/// A journey that is held at its failed step.
#[derive(Debug)]
pub struct Paused {
    /// Its name.
    pub journey: String,
    /// The step's index, from 0.
    pub step: usize,
    /// The step as a person reads it; secrets masked.
    pub text: String,
    /// Why it failed; secrets masked.
    pub message: String,
    /// Lets it go on; dropping it does as well.
    pub go_on: oneshot::Sender<()>,
}

impl Looking {
    /// The time before a step.
    pub(super) async fn before_step(&self) {
        if !self.slow.is_zero() {
            tokio::time::sleep(self.slow).await;
        }
    }

    /// Holds a journey that failed at a step, until whoever was told of it lets it go on.
    pub(super) async fn hold(&self, journey: &str, ending: &Ending, steps: &[StepRecord], secrets: &Secrets) {
        let (Some(failures), Ending::StepFailed { step }) = (&self.failures, ending) else { return };
        let Some(record) = steps.get(*step) else { return };
        let StepOutcome::Failed(error) = &record.outcome else { return };
        let (go_on, gone_on) = oneshot::channel();
        let paused = Paused {
            journey: journey.to_owned(),
            step: *step,
            text: secrets.mask(&record.text),
            message: secrets.mask(&error.message),
            go_on,
        };
        if failures.send(paused).is_ok() {
            let _ = gone_on.await;
        }
    }
}
