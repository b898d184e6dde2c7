//! Which browsing context a window shows: the one that it was opened with, or one that has taken its place.
//!
//! Chromium renders pages beforehand (speculation rules) in contexts of their own. When the visitor goes to such a page, its
//! context takes the place of the window's: the window's navigation fails, its context is destroyed, and no event names the
//! successor. It is the context that was made beside it, in the same window of the browser, for the same address.
//!
//! Boundary: contexts and addresses; who listens to them is the session's business.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::setup::Screen;

/// Addresses that are kept of a context; a page may go from one to the next for ever.
const MOST: usize = 20;

/// What a window shows now. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Shown(Arc<watch::Sender<State>>);

#[derive(Debug, Clone, Default)]
struct State {
    context: String,
    screen: Screen,
    gone: bool,
    /// How often its page has begun to go elsewhere.
    left: u64,
}

impl Default for Shown {
    fn default() -> Self {
        Self(Arc::new(watch::channel(State::default()).0))
    }
}

impl Shown {
    pub(super) fn get(&self) -> String {
        self.0.borrow().context.clone()
    }

    pub(super) fn set(&self, context: String) {
        self.0.send_modify(|state| state.context = context);
    }

    /// The view that the window has of its pages.
    pub(super) fn screen(&self) -> Screen {
        self.0.borrow().screen
    }

    pub(super) fn set_screen(&self, screen: Screen) {
        self.0.send_modify(|state| state.screen = screen);
    }

    /// How often its page has begun to go elsewhere, were it to where it is.
    pub(super) fn left(&self) -> u64 {
        self.0.borrow().left
    }

    pub(super) fn leaves(&self) {
        self.0.send_modify(|state| state.left += 1);
    }

    /// Its context has gone, and nothing takes its place.
    pub(super) fn lost(&self) {
        self.0.send_modify(|state| state.gone = true);
    }

    /// Waits until it is known what became of a context that isn't there any more; whether another has taken its place.
    pub(super) async fn replaced(&self, former: &str) -> bool {
        let mut state = self.0.subscribe();
        let known = state.wait_for(|state| state.gone || state.context != former).await;
        known.is_ok_and(|state| state.context != former)
    }
}

/// A top-level context, as far as its events tell.
#[derive(Debug, Default)]
struct Top {
    /// The window of the browser that it is in.
    client_window: String,
    user_context: String,
    /// Where it went, in order.
    addresses: Vec<String>,
    /// Where it is going, or tried to.
    heading: Option<String>,
    /// Of those made at all, which one.
    nth: u64,
    /// A page has opened it.
    opened: bool,
    /// Where it is now, as far as was told.
    at: String,
    /// It has left the empty document that it was opened with.
    settled: bool,
}

/// The top-level contexts of a session.
#[derive(Debug, Default)]
pub(super) struct Tops {
    tops: HashMap<String, Top>,
    made: u64,
}

impl Tops {
    /// Takes an event of the browser's. Once a context is destroyed: the one that has taken its place.
    pub(super) fn heard(&mut self, method: &str, params: &Value) -> Option<String> {
        let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
        let (context, url) = (text("context"), text("url"));
        match method {
            "browsingContext.contextCreated" if text("parent").is_empty() => {
                self.made += 1;
                let top = Top {
                    client_window: text("clientWindow").to_owned(),
                    user_context: text("userContext").to_owned(),
                    opened: !text("originalOpener").is_empty(),
                    at: url.to_owned(),
                    nth: self.made,
                    ..Top::default()
                };
                self.tops.insert(context.to_owned(), top);
            }
            "browsingContext.navigationStarted" => {
                let top = self.tops.get_mut(context)?;
                top.heading = Some(url.to_owned());
                top.goes(url);
            }
            "browsingContext.domContentLoaded" | "browsingContext.load" => {
                let top = self.tops.get_mut(context)?;
                top.heading = None;
                top.goes(url);
                url.clone_into(&mut top.at);
            }
            "browsingContext.navigationCommitted"
            | "browsingContext.fragmentNavigated"
            | "browsingContext.historyUpdated" => url.clone_into(&mut self.tops.get_mut(context)?.at),
            "browsingContext.contextDestroyed" => {
                let gone = self.tops.remove(context)?;
                return self.successor(&gone);
            }
            _ => {}
        }
        None
    }

    /// The windows that pages of a user context have opened and that are still there, with their addresses; the newest
    /// first.
    pub(super) fn opened(&self, user_context: &str) -> Vec<(String, String)> {
        let mut opened: Vec<_> =
            self.tops.iter().filter(|(_, top)| top.opened && top.user_context == user_context).collect();
        opened.sort_by_key(|(_, top)| std::cmp::Reverse(top.nth));
        opened.into_iter().map(|(context, top)| (context.clone(), top.at.clone())).collect()
    }

    /// Whether a window that a page has opened has just got its first page.
    pub(super) fn settles(&mut self, context: &str, url: &str) -> bool {
        let top = self.tops.get_mut(context).filter(|top| top.opened && !top.settled && url != "about:blank");
        top.is_some_and(|top| !std::mem::replace(&mut top.settled, true))
    }

    /// Whether a context is a window's, and no frame's.
    pub(super) fn is_top(&self, context: &str) -> bool {
        self.tops.contains_key(context)
    }

    /// Those of a user context that is closed are of no interest any more.
    pub(super) fn forget(&mut self, user_context: &str) {
        self.tops.retain(|_, top| top.user_context != user_context);
    }

    fn successor(&self, gone: &Top) -> Option<String> {
        let wanted = gone.heading.as_deref()?;
        let beside = || {
            self.tops.iter().filter(|(_, top)| {
                top.user_context == gone.user_context && top.client_window == gone.client_window && top.nth > gone.nth
            })
        };
        // A server may have said that the query doesn't matter (`No-Vary-Search`).
        let path = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let latest = |fits: &dyn Fn(&str) -> bool| {
            beside().filter(|(_, top)| top.addresses.iter().any(|url| fits(url))).max_by_key(|(_, top)| top.nth)
        };
        let exact = latest(&|url| url == wanted);
        exact.or_else(|| latest(&|url| path(url) == path(wanted))).map(|(context, _)| context.clone())
    }
}

impl Top {
    fn goes(&mut self, url: &str) {
        if self.addresses.len() < MOST && !self.addresses.iter().any(|known| known == url) {
            self.addresses.push(url.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(tops: &mut Tops, context: &str, window: &str) {
        let params = json!({ "context": context, "parent": null, "clientWindow": window, "userContext": "u", "url": "about:blank" });
        assert_eq!(tops.heard("browsingContext.contextCreated", &params), None);
    }

    fn went(tops: &mut Tops, phase: &str, context: &str, url: &str) -> Option<String> {
        tops.heard(&format!("browsingContext.{phase}"), &json!({ "context": context, "url": url }))
    }

    /// A window at `/`, and beside it, in the same window of the browser, a context at `/next?a=1`.
    fn prerendered() -> Tops {
        let mut tops = Tops::default();
        made(&mut tops, "A", "1");
        went(&mut tops, "navigationStarted", "A", "http://x/");
        went(&mut tops, "load", "A", "http://x/");
        made(&mut tops, "B", "1");
        went(&mut tops, "navigationStarted", "B", "http://x/next?a=1");
        went(&mut tops, "load", "B", "http://x/moved");
        tops
    }

    #[test]
    fn a_page_rendered_beforehand_takes_the_place_of_the_one_that_goes_there() {
        for to in ["http://x/next?a=1", "http://x/next?a=2", "http://x/moved"] {
            let mut tops = prerendered();
            went(&mut tops, "navigationStarted", "A", to);
            went(&mut tops, "navigationFailed", "A", to);
            assert_eq!(went(&mut tops, "contextDestroyed", "A", ""), Some("B".to_owned()), "{to}");
        }
    }

    #[test]
    fn a_window_that_closes_has_no_successor() {
        assert_eq!(went(&mut prerendered(), "contextDestroyed", "A", ""), None);
        let mut tops = prerendered();
        went(&mut tops, "navigationStarted", "A", "http://x/other");
        assert_eq!(went(&mut tops, "contextDestroyed", "A", ""), None);
        let mut elsewhere = Tops::default();
        made(&mut elsewhere, "A", "1");
        made(&mut elsewhere, "B", "2");
        went(&mut elsewhere, "load", "B", "http://x/next");
        went(&mut elsewhere, "navigationStarted", "A", "http://x/next");
        assert_eq!(went(&mut elsewhere, "contextDestroyed", "A", ""), None, "a pop-up is a window of its own");
    }
}
