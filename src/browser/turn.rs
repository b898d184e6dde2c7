//! What a session has only one of: the driver's classic half, and in Firefox the focus. Windows have it in turn.
//!
//! Boundary: whose turn it is. Waiting for it is no time of the page's: so it's taken before a step's barrier.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use super::BrowserKind;
use super::context::Window;

/// Where a window keeps its turn.
pub(super) type Place = Arc<Mutex<Option<OwnedMutexGuard<()>>>>;

/// A window's turn; dropped, it's the next one's.
#[derive(Debug)]
pub struct Turn(Place);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Window {
    /// Waits until the window has its turn, if acts need one: those with keys do, in Firefox those with the pointer too.
    pub async fn turn(&self, keys: bool) -> Option<Turn> {
        if !keys && self.session.kind != BrowserKind::Firefox {
            return None;
        }
        let guard = self.session.classic.clone().lock_owned().await;
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard);
        Some(Turn(self.place.clone()))
    }

    /// For an act within a turn that has been taken already, or else for the time of the act.
    pub(super) async fn own_turn(&self) -> Option<OwnedMutexGuard<()>> {
        if self.place.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return None;
        }
        Some(self.session.classic.clone().lock_owned().await)
    }

    /// Gives the turn to the next one, though the act isn't done.
    pub(super) fn end_turn(&self) {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
