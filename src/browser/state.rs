//! What somebody has left behind in a browser, for others to begin with: cookies, and local and session storage by origin.
//!
//! Cookies are asked for by WebDriver BiDi (`storage.getCookies`). Storage is read in the documents that are open, frames as well;
//! those that go away before that say it in parting.
//!
//! Boundary: takes and gives; whose state it is, and where it is kept, is the runner's business.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::bidi::BidiError;
use super::context::Window;
use super::session::Session;
use super::setup::{Seed, Unfit};

/// A world of its own for the script that reads storage: pages don't see it.
const SANDBOX: &str = "chatproof-state";

/// What of a cookie is kept, by its names in the protocol (`storage.PartialCookie`).
const COOKIE: [&str; 8] = ["name", "value", "domain", "path", "httpOnly", "secure", "sameSite", "expiry"];

/// The most that is taken from all documents of a window, in bytes.
const MOST: usize = 64 << 20;

/// What somebody has left behind.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// As the protocol writes them.
    pub cookies: Vec<Map<String, Value>>,
    /// By origin, those of frames of another origin than their page apart: browsers keep two.
    pub storage: Vec<Stored>,
}

/// What an origin keeps.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// `https://staging.example.com`
    pub origin: String,
    /// As a frame in a page of another origin.
    #[serde(default)]
    pub framed: bool,
    /// Local storage.
    #[serde(default)]
    pub local: Vec<(String, String)>,
    /// Session storage, of the window or frame that was seen last.
    #[serde(default)]
    pub session: Vec<(String, String)>,
}

/// Without what is in it.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "State({} cookies, {} origins)", self.cookies.len(), self.storage.len())
    }
}

impl State {
    /// What an origin keeps, which is newer than what is known.
    fn put(&mut self, stored: Stored) {
        let same = |known: &&mut Stored| known.origin == stored.origin && known.framed == stored.framed;
        match self.storage.iter_mut().find(same) {
            Some(known) => *known = stored,
            None => self.storage.push(stored),
        }
    }

    /// All texts that stand in it as values.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let cookies = self.cookies.iter().filter_map(|cookie| cookie.get("value")?.get("value")?.as_str());
        let kept = self.storage.iter().flat_map(|stored| stored.local.iter().chain(&stored.session));
        cookies.chain(kept.map(|(_, value)| value.as_str()))
    }

    fn weight(&self) -> usize {
        self.storage.iter().flat_map(|one| one.local.iter().chain(&one.session)).map(|(k, v)| k.len() + v.len()).sum()
    }
}

/// What documents have said of their storage so far.
pub(super) type Parting = Arc<Mutex<State>>;

/// The channel by which they say it.
pub(super) fn channel_of(user_context: &str) -> String {
    format!("chatproof-state/{user_context}")
}

/// Stands before the user context where a binding tells it.
pub(super) const PUSHED: &str = "state/";

/// The user context of such a channel.
pub(super) fn user_context_of(channel: &str) -> Option<&str> {
    channel.strip_prefix("chatproof-state/")
}

/// A document says what its origin keeps.
pub(super) fn heard(parting: &Parting, message: &str) {
    let Ok(stored) = serde_json::from_str::<Stored>(message) else { return };
    let mut state = parting.lock().unwrap_or_else(PoisonError::into_inner);
    if state.weight() + message.len() <= MOST {
        state.put(stored);
    }
}

/// Whether a document is a frame in one of another origin.
const FRAMED: &str =
    "(() => { try { return window.top.location.origin !== location.origin; } catch { return true; } })()";

/// What a document's origin keeps, as JSON; nothing where a document has no storage.
fn reading() -> String {
    format!(
        "() => {{ try {{ if (location.origin === 'null') return null; \
         const all = (of) => Array.from({{ length: of.length }}, (_, at) => [of.key(at), of.getItem(of.key(at))]); \
         return JSON.stringify({{ origin: location.origin, framed: {FRAMED}, local: all(window.localStorage), \
         session: all(window.sessionStorage) }}); }} catch {{ return null; }} }}"
    )
}

/// Puts into a document of an origin what that keeps; what is there already, a page has put there since.
fn seed(stored: &Stored) -> String {
    let Stored { origin, framed, local, session } = stored;
    let (origin, local, session) = (json!(origin), json!(local), json!(session));
    format!(
        "() => {{ if (location.origin !== {origin} || {FRAMED} !== {framed}) return; \
         const fill = (of, kept) => {{ for (const [key, value] of kept) if (of.getItem(key) === null) of.setItem(key, value); }}; \
         try {{ fill(window.localStorage, {local}); fill(window.sessionStorage, {session}); }} catch {{ }} }}"
    )
}

impl Session {
    /// Gives a user context what somebody has left behind. Cookies whose time is over by now are left out.
    pub(super) async fn resume(&self, user_context: &str, state: &State) -> Result<Vec<Seed>, Unfit> {
        let unfit = |why| Unfit { key: "state", why };
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let is_over = |cookie: &&Map<String, Value>| {
            cookie.get("expiry").and_then(Value::as_u64).is_some_and(|expiry| expiry <= now)
        };
        for mut cookie in state.cookies.iter().filter(|cookie| !is_over(cookie)).cloned() {
            // Chromium says `none` where nothing was said, and doesn't take that from anybody without `secure`.
            let secure = cookie.get("secure").and_then(Value::as_bool).unwrap_or(false);
            if !secure && cookie.get("sameSite").and_then(Value::as_str) == Some("none") {
                cookie.remove("sameSite");
            }
            let partition = json!({ "type": "storageKey", "userContext": user_context });
            let params = json!({ "cookie": cookie, "partition": partition });
            self.call("storage.setCookie", params).await.map_err(unfit)?;
        }
        let mut seeds = Vec::new();
        for stored in &state.storage {
            let script = json!({ "functionDeclaration": seed(stored), "userContexts": [user_context] });
            let added = self.call("script.addPreloadScript", script).await.map_err(unfit)?;
            let script = added.get("script").and_then(Value::as_str).unwrap_or_default().to_owned();
            seeds.push(Seed { origin: stored.origin.clone(), framed: Some(stored.framed), script });
        }
        Ok(seeds)
    }

    /// From now on documents of a user context that go away say what their origin keeps; the script that has them do it.
    pub(super) async fn keep_state(&self, user_context: &str) -> Result<Seed, BidiError> {
        // In Chromium what a document puts into a channel as it goes away is lost; a binding tells it at once.
        let pushed = json!(self.binding().map(|binding| [binding, format!("{PUSHED}{user_context} ")]));
        let parting = format!(
            "(channel) => {{ const [read, pushed] = [{}, {pushed}]; const push = pushed && window[pushed[0]]; \
             addEventListener('pagehide', () => {{ const all = read(); if (!all) return; \
             if (typeof push === 'function') push(pushed[1] + all); else channel(all); }}); }}",
            reading()
        );
        let channel = json!({ "channel": channel_of(user_context), "ownership": "none" });
        let script = json!({
            "functionDeclaration": parting,
            "arguments": [{ "type": "channel", "value": channel }],
            "sandbox": SANDBOX,
            "userContexts": [user_context],
        });
        let added = self.call("script.addPreloadScript", script).await?;
        let script = added.get("script").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Seed { origin: "*".to_owned(), framed: None, script })
    }
}

impl Window {
    /// Takes what the storage of its documents holds now: frames don't always say it in parting. The window has to have been
    /// opened with [`super::setup::Setup::keeps_state`].
    ///
    /// # Errors
    /// [`BidiError`] if the browser doesn't say.
    pub async fn look_at_storage(&self) -> Result<(), BidiError> {
        let mut contexts = self.contexts().await?;
        // Of several windows of one origin, the one that the visitor has before them counts.
        let shown = self.context();
        contexts.sort_by_key(|(context, _)| *context == shown);
        let reading = reading();
        let mut read = Vec::new();
        for (context, _) in contexts {
            let asked = self.call_function(&context, &reading, vec![], Some(SANDBOX), super::context::ANSWER).await;
            match asked {
                Ok(said) => read.extend(said.get("value").and_then(Value::as_str).map(str::to_owned)),
                Err(error @ (BidiError::Closed(_) | BidiError::Timeout { .. })) => return Err(error),
                // Its document has gone meanwhile, and has said it in parting.
                Err(error) => tracing::debug!("no storage could be read in {context}: {error}"),
            }
        }
        let parting = self.session.parting(&self.user_context);
        read.iter().for_each(|message| heard(&parting, message));
        Ok(())
    }

    /// What its pages have left behind.
    ///
    /// # Errors
    /// As [`Window::look_at_storage`].
    pub async fn state(&self) -> Result<State, BidiError> {
        let partition = json!({ "type": "storageKey", "userContext": self.user_context });
        let cookies = self.session.call("storage.getCookies", json!({ "partition": partition })).await?;
        self.look_at_storage().await?;
        let parting = self.session.parting(&self.user_context);
        let mut state = parting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let kept = |cookie: &Value| -> Option<Map<String, Value>> {
            let cookie = cookie.as_object()?;
            Some(COOKIE.iter().filter_map(|key| Some(((*key).to_owned(), cookie.get(*key)?.clone()))).collect())
        };
        let all = cookies.get("cookies").and_then(Value::as_array);
        state.cookies = all.into_iter().flatten().filter_map(kept).collect();
        state.storage.retain(|stored| !stored.local.is_empty() || !stored.session.is_empty());
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_origin_said_last_holds_and_nothing_of_it_is_shown() {
        let parting = Parting::default();
        heard(&parting, r#"{"origin":"https://a","framed":false,"local":[["k","s3cr3t-1"]],"session":[]}"#);
        heard(&parting, r#"{"origin":"https://a","framed":true,"local":[["k","framed"]],"session":[]}"#);
        heard(&parting, r#"{"origin":"https://a","framed":false,"local":[["k","s3cr3t-2"]],"session":[["t","tab"]]}"#);
        heard(&parting, "not JSON");
        let state = parting.lock().unwrap().clone();
        assert_eq!(state.values().collect::<Vec<_>>(), ["s3cr3t-2", "tab", "framed"]);
        assert_eq!(format!("{state:?}"), "State(0 cookies, 2 origins)");
    }
}
