//! Windows that a page has opened: which there are, and acting in one.
//!
//! Boundary: they belong to the user context of the window whose page has opened them, and are closed with it.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::bidi::Bidi;
use super::context::Window;
use super::routes::lock;
use super::session::COMMAND;
use crate::source::globs::Pattern;

impl Window {
    /// The newest window that pages of this one's user context have opened and whose address fits; waits for it to come.
    ///
    /// # Errors
    /// The addresses of the windows that there are instead.
    pub async fn popup(&self, address: Option<&Pattern>, deadline: Instant) -> Result<Self, Vec<String>> {
        let mut changed = self.changed.clone();
        let found = async {
            loop {
                changed.borrow_and_update();
                if let Some(popup) = self.popup_now(address) {
                    return Some(popup);
                }
                if changed.changed().await.is_err() {
                    return None;
                }
            }
        };
        let found = tokio::time::timeout_at(deadline, found).await.ok().flatten();
        found.ok_or_else(|| {
            let opened = lock(&self.session.routes).tops.opened(&self.user_context);
            opened.into_iter().map(|(_, url)| url).collect()
        })
    }

    /// The same, if it's there now.
    pub fn popup_now(&self, address: Option<&Pattern>) -> Option<Self> {
        let mut routes = lock(&self.session.routes);
        let opened = routes.tops.opened(&self.user_context);
        let fits = |url: &str| address.is_none_or(|address| address.is_match(url));
        let (context, _) = opened.into_iter().find(|(context, url)| *context != self.context() && fits(url))?;
        let shown = routes.popups.entry(context.clone()).or_default().clone();
        shown.set(context);
        drop(routes);
        Some(self.beside(shown))
    }
}

/// How long one of these may take.
const ANSWER: Duration = COMMAND;

/// Has Chromium's driver find the scripts of a window's first page. Where a page of the same origin has opened the window, the
/// window object of its empty document is handed on: no new one is announced for the page, for which the driver then waits
/// for ever. When it's asked to hear of scripts anew, those that are there are announced again.
pub(super) async fn wake(bidi: Bidi, context: String) {
    let asked = async {
        let target = bidi.call("goog:cdp.getSession", json!({ "context": context }), ANSWER).await?;
        let say = |method: &str| {
            let saying = json!({ "method": method, "params": {}, "session": target["session"] });
            bidi.call("goog:cdp.sendCommand", saying, ANSWER)
        };
        // Both at once: nothing may be lost in between.
        tokio::try_join!(say("Runtime.disable"), say("Runtime.enable"))
    };
    if let Err(error) = asked.await {
        tracing::debug!("a window that a page has opened is as it is: {error}");
    }
}
