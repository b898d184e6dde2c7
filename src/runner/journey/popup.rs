//! The window of a step that is done in one that the page has opened.
//!
//! Boundary: which window; what is done in it, `steps.rs` does as in any other.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::{Stop, Walk, bounded, error};
use crate::browser::context::{Found, Window};
use crate::browser::find::Until;
use crate::recording::StepError;
use crate::site::{Act, Step, Target};
use crate::source::globs::Pattern;

impl Walk<'_> {
    /// Waits for the step's window, if it's one that the page opens. Where something is to be gone, none will do.
    pub(super) async fn enter(&mut self, step: &Step, deadline: Instant) -> Result<(), Stop> {
        self.popup = None;
        let Some(popup) = &step.popup else { return Ok(()) };
        let address = popup.address.as_ref().map(|address| Pattern::new(&self.render(address)));
        let window = self.window(&step.actor)?;
        if matches!(step.act, Act::WaitUntilGone(_)) {
            self.popup = window.popup_now(address.as_ref()).map(Arc::new);
            return Ok(());
        }
        match window.popup(address.as_ref(), deadline).await {
            Ok(found) => self.popup = Some(Arc::new(found)),
            Err(others) => {
                let which = popup.address.as_ref().map(|address| format!(" at `{}`", address.text)).unwrap_or_default();
                let message = format!("the page of {} has opened no window{which} that is still there", step.actor);
                if step.optional {
                    return Err(Stop::Skip(message));
                }
                let candidates = others.iter().map(|url| bounded(url)).collect();
                return Err(StepError { candidates, ..error("no-popup", message) }.into());
            }
        }
        Ok(())
    }

    /// Finds the step's elements; in the next window that fits, if the page closes the first one meanwhile.
    pub(super) async fn find_there(
        &mut self,
        step: &Step,
        target: &Target,
        until: Until,
        deadline: Instant,
    ) -> Result<Option<Found>, Stop> {
        loop {
            match self.find_both(step, target, until, deadline).await {
                Err(Stop::Step(error)) if error.code == "page-gone" && step.popup.is_some() => {
                    self.enter(step, deadline).await?;
                }
                found => return found,
            }
        }
    }

    /// Where the step is done.
    pub(super) fn window_of(&self, step: &Step) -> Result<&Window, StepError> {
        match &self.popup {
            Some(popup) if step.popup.is_some() => Ok(popup),
            _ => self.window(&step.actor),
        }
    }

    /// Everybody's window, the step's own in its actor's place.
    pub(super) fn windows_seen(&self, step: &Step) -> BTreeMap<String, Arc<Window>> {
        let mut windows = self.windows.clone();
        if let Some(popup) = self.popup.as_ref().filter(|_| step.popup.is_some()) {
            windows.insert(step.actor.clone(), popup.clone());
        }
        windows
    }
}
