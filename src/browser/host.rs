//! Windows of Firefox that stay open: a journey's page is a tab in one of them, the only one beside an empty tab.
//!
//! Why: a window of Firefox is a document of some thousand elements with scripts of its own. To make one takes about twice
//! as long as to open a tab, and closed ones pile up, some ten megabytes each, until Firefox finds time to collect them:
//! too much for hundreds of journeys. Why not always: a tab that a page closes is gone at once, and what the page has said
//! just before may be lost; a window takes its time. Why not all tabs in one window: only the one in front runs at full
//! speed.
//!
//! Boundary: which window is free. Chromium has no part in this: a window of it is cheap, and has one user context.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::BrowserKind;
use super::bidi::BidiError;
use super::session::Session;

/// The empty tabs of windows that are free.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    kept: AtomicBool,
    free: Mutex<Vec<String>>,
}

impl Hosts {
    /// From now on windows stay.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// One that is free from now on.
    pub(super) fn give(&self, host: String) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(host);
    }

    fn take(&self) -> Option<String> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Opens a page of a user context: its browsing context, and what to [`Hosts::give`] back once the user context has gone.
/// It is in a window of its own, or in one that stays.
///
/// # Errors
/// [`BidiError`] of `browsingContext.create`.
pub(super) async fn open(session: &Session, user_context: &str) -> Result<(String, Option<String>), BidiError> {
    let own = json!({ "type": "window", "userContext": user_context });
    if session.kind != BrowserKind::Firefox || !session.hosts.kept.load(Ordering::Relaxed) {
        return Ok((create(session, own).await?, None));
    }
    let host = match session.hosts.take() {
        Some(host) => host,
        None => create(session, json!({ "type": "window" })).await?,
    };
    let tab = json!({ "type": "tab", "userContext": user_context, "referenceContext": host });
    match create(session, tab).await {
        Ok(context) => Ok((context, Some(host))),
        // Somebody has closed the window by hand.
        Err(BidiError::Remote { .. }) => Ok((create(session, own).await?, None)),
        Err(error) => Err(error),
    }
}

async fn create(session: &Session, wanted: Value) -> Result<String, BidiError> {
    let made = session.call("browsingContext.create", wanted).await?;
    Ok(made.get("context").and_then(Value::as_str).unwrap_or_default().to_owned())
}
