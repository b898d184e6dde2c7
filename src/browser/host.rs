//! Firefox's windows, which stay open: a journey's page is a tab in one of them, the only one beside an empty tab.
//!
//! Why: a window of Firefox is a document of some thousand elements with scripts of its own. To make one takes about twice
//! as long as to open a tab, and closed ones pile up, some ten megabytes each, until Firefox finds time to collect them.
//! Why not all tabs in one window: only the one in front runs at full speed.
//!
//! Boundary: which window is free. Chromium has no part in this: a window of it is cheap, and has one user context.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::bidi::BidiError;
use super::session::Session;

/// The empty tabs of windows that are free.
#[derive(Debug, Default)]
pub(super) struct Hosts(Mutex<Vec<String>>);

impl Hosts {
    /// One that is free from now on.
    pub(super) fn give(&self, host: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(host);
    }

    fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Opens a tab of a user context in a window that is free, or that is made for it: its browsing context, and what to
/// [`Hosts::give`] back once the user context has gone.
///
/// # Errors
/// [`BidiError`] of `browsingContext.create`.
pub(super) async fn open_tab(session: &Session, user_context: &str) -> Result<(String, Option<String>), BidiError> {
    let host = match session.hosts.take() {
        Some(host) => host,
        None => create(session, json!({ "type": "window" })).await?,
    };
    let wanted = json!({ "type": "tab", "userContext": user_context, "referenceContext": host });
    match create(session, wanted).await {
        Ok(context) => Ok((context, Some(host))),
        // Somebody has closed the window by hand: then one of its own.
        Err(BidiError::Remote { .. }) => Ok((open_window(session, user_context).await?, None)),
        Err(error) => Err(error),
    }
}

/// Opens a window of a user context: its browsing context.
///
/// # Errors
/// [`BidiError`] of `browsingContext.create`.
pub(super) async fn open_window(session: &Session, user_context: &str) -> Result<String, BidiError> {
    create(session, json!({ "type": "window", "userContext": user_context })).await
}

async fn create(session: &Session, wanted: Value) -> Result<String, BidiError> {
    let made = session.call("browsingContext.create", wanted).await?;
    Ok(made.get("context").and_then(Value::as_str).unwrap_or_default().to_owned())
}
