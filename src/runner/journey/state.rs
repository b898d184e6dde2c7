//! What a journey leaves behind for others (`save_state`).
//!
//! Boundary: asks the window, and keeps it; nothing is done to a page.

use super::Walk;
use crate::site::VISITOR;

impl Walk<'_> {
    /// What an attempt before has left behind doesn't hold any more.
    pub(super) fn begin_state(&self) {
        if let Some(saved) = &self.journey.save_state {
            self.subject.options.states.forget(&self.lane.browser, &saved.name);
        }
    }

    /// Before a step that may leave the page: what its frames keep can't be asked for afterwards.
    pub(super) async fn look_at_storage(&self) {
        if self.journey.save_state.is_some()
            && let Some(window) = self.windows.get(VISITOR)
            && let Err(error) = window.look_at_storage().await
        {
            tracing::debug!("storage could not be looked at: {error}");
        }
    }

    /// Keeps the visitor's state, once all steps are done. Whatever the checks say: who is signed in, is.
    pub(super) async fn save_state(&self, at: &str) {
        let (Some(saved), Some(window)) = (&self.journey.save_state, self.windows.get(VISITOR)) else { return };
        match window.state().await {
            Ok(state) => {
                let (states, subject) = (&self.subject.options.states, self.subject);
                states.put(&self.lane.browser, &subject.base_url, &saved.name, state, at);
                // Before a word of this journey gets out.
                states.hide(subject.options, (subject.spec, subject.site));
            }
            Err(error) => tracing::warn!("the state `{}` could not be saved: {error}", saved.name),
        }
    }
}
