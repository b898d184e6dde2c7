//! One actor's isolated user context, with one window in it: opening, navigating, marking.
//!
//! Boundary: one command each; finding elements is `find.rs`, acting on them `act.rs`, and in which order things are done
//! is the runner's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::BrowserKind;
use super::aim::Aim;
use super::bidi::BidiError;
use super::classic::ClassicError;
use super::host;
use super::prompts::Reply;
use super::routes::Sink;
use super::session::{Session, channel_of};
use super::setup::{Screen, Setup};
use super::shown::Shown;
use super::traffic::Watch;
use super::turn::Place;
use crate::page;
use crate::spec::Probe;

/// How long a page may take to answer what needs no waiting; a page in an endless loop never does.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// How long a page may take to go away by itself, until the driver has it go.
const DEPARTURE: Duration = Duration::from_secs(5);

/// An actor's window in a user context of its own.
#[derive(Debug)]
pub struct Window {
    /// The browser.
    pub session: Arc<Session>,
    /// BiDi id of the user context.
    pub user_context: String,
    /// BiDi id of the top-level browsing context, and WebDriver's window handle; see [`Window::context`].
    pub(super) shown: Shown,
    /// The listener's script, as the browser calls it.
    preload: Mutex<Option<String>>,
    /// Counts the changes of windows and frames.
    pub(super) changed: watch::Receiver<u64>,
    /// Who acts in it taps, where others click.
    pub(super) touch: bool,
    /// Origin and name of each permission that who acts in it has.
    granted: Vec<(String, String)>,
    /// Whether requests of its pages are watched.
    watched: bool,
    /// The empty tab beside it, where the window outlives it.
    host: Mutex<Option<String>>,
    /// Held while it has its turn with the session.
    pub(super) place: Place,
    /// It's closed, or somebody is about to.
    closed: AtomicBool,
}

/// A run that is given up in mid-way (`--watch`, when a file changes) leaves nothing behind in a browser that goes on.
impl Drop for Window {
    fn drop(&mut self) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(self.closing().run());
    }
}

/// What is to be closed, without the window itself.
struct Closing {
    session: Arc<Session>,
    user_context: String,
    listener: Option<String>,
    host: Option<String>,
}

impl Closing {
    async fn run(self) {
        let closing = json!({ "userContext": self.user_context });
        match self.session.bidi.call("browser.removeUserContext", closing, ANSWER).await {
            Ok(_) => self.forget_listener().await,
            Err(error) => tracing::debug!("a user context could not be removed: {error}"),
        }
        self.session.unregister(&self.user_context);
        if let Some(host) = self.host {
            self.session.hosts.give(host);
        }
    }

    /// Browsers keep the scripts of user contexts that have gone. Firefox hands all of them to every process, again with
    /// each change: the more journeys there have been, the longer the next one takes.
    async fn forget_listener(&self) {
        let Some(listener) = &self.listener else { return };
        let removing = json!({ "script": listener });
        if let Err(error) = self.session.bidi.call("script.removePreloadScript", removing, ANSWER).await {
            tracing::debug!("a listener could not be removed: {error}");
        }
    }
}

/// What a window's document is.
#[derive(Debug, Clone, Deserialize)]
pub struct DocumentStatus {
    /// HTTP status; 0 where the browser doesn't tell.
    pub status: u16,
    /// Its address.
    pub url: String,
    /// It shows a field for a password.
    pub login: bool,
}

/// How to listen in a window.
#[derive(Debug, Clone, Copy)]
pub struct Listening<'a> {
    /// What to listen for.
    pub probe: &'a Probe,
    /// Look after the page's own handlers.
    pub handlers: bool,
    /// Subscribe with a callback that throws, too.
    pub throws: bool,
    /// Give the pages a virtual clock.
    pub clock: bool,
    /// Names of the data layers that are listened to.
    pub layers: &'a [&'a str],
}

/// Why an act could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActError {
    /// The element has changed since it was found: find it again.
    Stale(String),
    /// Another element got in the way: find it again, or say so.
    Covered(String),
    /// It can't be acted on now: find it again, or say so.
    NotInteractable(String),
    /// The element is of a kind with which this can't be done; or what was asked for isn't in it.
    Wrong {
        /// `wrong-element`, `no-such-option`, `text-lost`.
        code: &'static str,
        /// A sentence.
        message: String,
        /// What there is instead.
        candidates: Vec<String>,
    },
    /// The press began at the element and ended elsewhere, since that was no longer under the pointer: whether it had an
    /// effect, its events show.
    Torn {
        /// A sentence.
        message: String,
        /// Over what it ended.
        candidates: Vec<String>,
        /// The element has moved, and is still to be seen: it was not the press that put it away.
        moved: bool,
    },
    /// What was done did not arrive at the element.
    Missed {
        /// A sentence.
        message: String,
        /// What was hit instead.
        candidates: Vec<String>,
        /// Nothing has come of it: it may be done again.
        again: bool,
    },
    /// The page's script threw.
    Script(String),
    /// A navigation failed: `load-failed`, `load-timeout`.
    Load {
        /// Code.
        code: &'static str,
        /// A sentence.
        message: String,
    },
    /// The window has gone.
    PageGone(String),
    /// The browser, the driver or the connection to one has gone.
    BrowserGone(String),
    /// The driver didn't answer in time.
    Timeout(String),
    /// Anything else.
    Other(String),
}

impl From<BidiError> for ActError {
    fn from(error: BidiError) -> Self {
        match &error {
            BidiError::Closed(_) => Self::BrowserGone(error.to_string()),
            BidiError::Timeout { .. } => Self::Timeout(error.to_string()),
            BidiError::Script(_) => Self::Script(error.to_string()),
            BidiError::Remote { code, .. } if code == "no such frame" => Self::PageGone(error.to_string()),
            // The page has replaced or hidden the element since it was found; nothing has been done to it.
            BidiError::Remote { code, .. } if code == "no such element" => Self::Stale(error.to_string()),
            BidiError::Remote { code, .. } if code == "move target out of bounds" => {
                Self::NotInteractable(error.to_string())
            }
            BidiError::Remote { .. } if error.is_gone() => Self::Stale(error.to_string()),
            BidiError::Remote { .. } => Self::Other(error.to_string()),
        }
    }
}

impl From<ClassicError> for ActError {
    fn from(error: ClassicError) -> Self {
        let (code, message) = match &error {
            ClassicError::Said { code, message } => (code.as_str(), message),
            ClassicError::Ended(why) => return Self::BrowserGone(format!("the driver has gone: {why}")),
            // Whether the session has gone with it, its socket tells, and whoever watches over it (`pulse.rs`).
            ClassicError::Unreachable(why) => return Self::Timeout(format!("the driver can't be reached: {why}")),
            ClassicError::Cut(why) => {
                return Self::Timeout(format!(
                    "whether the driver did it isn't known, for its answer didn't arrive: {why}"
                ));
            }
            _ => return Self::Other(error.to_string()),
        };
        let message = message.lines().next().unwrap_or_default().to_owned();
        match code {
            "element click intercepted" => Self::Covered(message),
            "element not interactable" | "invalid element state" | "move target out of bounds" => {
                Self::NotInteractable(message)
            }
            "stale element reference"
            | "no such element"
            | "no such frame"
            | "unexpected alert open"
            | "no such shadow root"
            | "detached shadow root" => Self::Stale(message),
            "no such window" => Self::PageGone(message),
            "invalid session id" | "session not created" => Self::BrowserGone(message),
            "timeout" | "script timeout" => Self::Timeout(message),
            _ if message.contains("disconnected")
                || message.contains("Failed to decode response from marionette")
                || message.contains("browser has closed")
                || message.contains("crashed") =>
            {
                Self::BrowserGone(message)
            }
            _ => Self::Other(message),
        }
    }
}

/// An element as found: in which frame, and the way there.
#[derive(Debug, Clone)]
pub struct Found {
    /// Browsing context that it stands in.
    pub context: String,
    /// Elements of the frames around it, outermost first; none in the window's own document.
    pub frames: Vec<String>,
    /// Browsing contexts around its own, the window's last.
    pub around: Vec<String>,
    /// BiDi `sharedId` and WebDriver element id.
    pub element: String,
    /// Where it is to be clicked, in its own document, if it never comes to rest; else in its middle.
    pub point: Option<(f64, f64)>,
    /// The same point as the documents around it see it, its own first, if it stands in a frame and is to be acted on.
    pub aims: Vec<Aim>,
}

impl Found {
    /// BiDi id of the window's own browsing context.
    pub fn window(&self) -> &str {
        self.around.last().unwrap_or(&self.context)
    }
}

impl Window {
    /// Makes a user context, gives it its set-up, puts the listener into it and opens a window there. `watch`: what is watched of its requests;
    /// [`Session::watch`] has been asked for the same before.
    ///
    /// # Errors
    /// [`ActError`] if the browser refuses one of these; it has no BiDi user contexts then, or is going down.
    pub async fn open(
        session: &Arc<Session>,
        listening: Listening<'_>,
        sink: Arc<dyn Sink>,
        setup: &Setup,
        watch: &Arc<Watch>,
    ) -> Result<Self, ActError> {
        let user_context = user_context(session).await?;
        let shown = Shown::default();
        let changed = session.register(&user_context, sink, watch.clone(), shown.clone());
        let mut window = Self {
            session: session.clone(),
            user_context,
            shown,
            preload: Mutex::default(),
            changed,
            touch: setup.touch_points > 0,
            granted: setup.granted(),
            watched: !watch.addresses.is_empty(),
            host: Mutex::default(),
            place: Place::default(),
            closed: AtomicBool::new(false),
        };
        match window.furnish(listening, setup).await {
            Ok(()) => Ok(window),
            Err(error) => {
                window.close().await;
                Err(error)
            }
        }
    }

    /// Puts the listener into every document to come; its identifier. `offset`: by how many milliseconds a virtual clock
    /// was advanced so far.
    pub(super) async fn listen(&self, listening: Listening<'_>, offset: f64) -> Result<(), ActError> {
        let binding = self.session.binding();
        let route = format!("{} ", self.user_context);
        let pushed = binding.as_deref().map(|binding| (binding, route.as_str()));
        let Listening { probe, handlers, throws, clock, layers } = listening;
        let clock = clock.then_some(offset);
        let Session { token, key, .. } = &*self.session;
        let given = page::Given { token, key, granted: &self.granted };
        let limits = page::Limits::default();
        let listener =
            page::listener(probe, page::Callbacks { handlers, throws }, clock, layers, given, pushed, limits);
        let channel = json!({ "channel": channel_of(&self.user_context), "ownership": "none" });
        let added = self
            .session
            .call(
                "script.addPreloadScript",
                json!({
                    "functionDeclaration": listener,
                    "arguments": [{ "type": "channel", "value": channel }],
                    "userContexts": [self.user_context],
                }),
            )
            .await?;
        let added = added.get("script").and_then(Value::as_str).unwrap_or_default().to_owned();
        // The new one is there before the old one goes: no document is without. One that meets both listens once.
        let former = self.preload.lock().unwrap_or_else(PoisonError::into_inner).replace(added);
        if let Some(former) = former {
            self.session.call("script.removePreloadScript", json!({ "script": former })).await?;
        }
        Ok(())
    }

    /// Another window of the same person, which their page has opened: it goes when this one does.
    pub(super) fn beside(&self, shown: Shown) -> Self {
        Self {
            session: self.session.clone(),
            user_context: self.user_context.clone(),
            shown,
            preload: Mutex::default(),
            changed: self.changed.clone(),
            touch: self.touch,
            granted: self.granted.clone(),
            watched: self.watched,
            host: Mutex::default(),
            place: Place::default(),
            closed: AtomicBool::new(true),
        }
    }

    async fn furnish(&mut self, listening: Listening<'_>, setup: &Setup) -> Result<(), ActError> {
        let seeds = self.session.fit(&self.user_context, setup).await?;
        self.session.sow(&self.user_context, seeds);
        self.keep_files().await;
        self.listen(listening, 0.0).await?;
        let (context, host) = {
            // A new window takes the focus: not from one in which somebody is just acting.
            let _place = self.session.classic.lock().await;
            host::open(&self.session, &self.user_context).await?
        };
        self.session.belongs(&context, &self.user_context);
        self.shown.set(context);
        self.host = Mutex::new(host);
        // Firefox has a preference for it.
        let mobile = setup.screen.mobile && self.session.kind == BrowserKind::Chromium;
        let screen = Screen { mobile, ..setup.screen };
        self.shown.set_screen(screen);
        self.session.dress(&self.context(), screen).await?;
        Ok(())
    }

    /// BiDi id of the top-level browsing context that the visitor has before them, and WebDriver's window handle. A page
    /// that was rendered beforehand (Chromium) takes the place of another one with a context of its own.
    pub fn context(&self) -> String {
        self.shown.get()
    }

    /// Whether another context has taken the place of one that isn't there any more.
    pub(super) async fn replaced(&self, former: &str) -> bool {
        // What has become of it, the browser has told by now; it may not have been read yet.
        tokio::time::timeout(ANSWER, self.shown.replaced(former)).await.unwrap_or(false)
    }

    /// Closes the user context with all its windows; nothing of it is heard afterwards.
    pub async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        // By a task of its own: it goes on if nobody waits for it any more.
        let _ = tokio::spawn(self.closing().run()).await;
    }

    fn closing(&self) -> Closing {
        let take = |kept: &Mutex<Option<String>>| kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        Closing {
            session: self.session.clone(),
            user_context: self.user_context.clone(),
            listener: take(&self.preload),
            host: take(&self.host),
        }
    }

    /// Has the page go away while its window stays: Firefox lets out what a page sends when its window is closed. Bounded;
    /// a page that can't be left is closed all the same.
    pub async fn leave(&self) {
        // When the driver navigates, Firefox puts another process in the page's place, and doesn't always tell what the page
        // still sends. A page that goes to a blank one by itself has said all before it is replaced.
        if self.session.kind == BrowserKind::Firefox {
            let function = "() => new Promise((gone) => { window.addEventListener('pagehide', () => gone(null)); \
                            location.replace('about:blank'); })";
            if let Err(error) =
                self.call_function(&self.context(), function, vec![], Some(page::SANDBOX), DEPARTURE).await
            {
                tracing::debug!("a page went away without an answer, or stayed: {error}");
            }
        }
        let params = json!({ "context": self.context(), "url": "about:blank", "wait": "complete" });
        if let Err(error) = self.session.bidi.call("browsingContext.navigate", params, ANSWER).await {
            tracing::debug!("a page could not be left: {error}");
        }
    }

    /// [`Window::leave`] if requests of its pages are watched, and whether they are.
    pub async fn leave_watched(&self) -> bool {
        if self.watched {
            self.leave().await;
        }
        self.watched
    }

    /// Closes the window as its visitor would; without the `beforeunload` dialog.
    ///
    /// # Errors
    /// [`ActError::PageGone`] if it has gone already.
    pub async fn close_page(&self) -> Result<(), ActError> {
        let context = self.context();
        self.session.call("browsingContext.close", json!({ "context": context })).await?;
        // Whoever looks for windows from now on doesn't find it any more.
        self.replaced(&context).await;
        Ok(())
    }

    /// What this actor answers to dialogs from now on; `None`: what nobody in particular would.
    pub fn reply(&self, reply: Option<Reply>) {
        self.session.reply(&self.user_context, reply);
    }

    /// Goes to an address and waits until its document is parsed (not until every image has arrived).
    ///
    /// # Errors
    /// [`ActError::Load`] with `load-failed` or `load-timeout`.
    pub async fn navigate(&self, url: &str, bound: Duration) -> Result<(), ActError> {
        let params = json!({ "context": self.context(), "url": url, "wait": "interactive" });
        let answer = self.session.bidi.call("browsingContext.navigate", params, bound).await;
        self.loaded(answer, url, bound).await
    }

    /// Loads the document again.
    ///
    /// # Errors
    /// As [`Window::navigate`].
    pub async fn reload(&self, bound: Duration) -> Result<(), ActError> {
        let params = json!({ "context": self.context(), "wait": "interactive" });
        let answer = self.session.bidi.call("browsingContext.reload", params, bound).await;
        self.loaded(answer, "the page", bound).await
    }

    /// Goes one entry back in the history.
    ///
    /// # Errors
    /// As [`Window::navigate`]; `load-failed` if there is no such entry.
    pub async fn back(&self, bound: Duration) -> Result<(), ActError> {
        let params = json!({ "context": self.context(), "delta": -1 });
        let answer = self.session.bidi.call("browsingContext.traverseHistory", params, bound).await;
        if let Err(BidiError::Remote { code, .. }) = &answer
            && code == "no such history entry"
        {
            return Err(ActError::Load { code: "load-failed", message: "there is no page to go back to".into() });
        }
        self.loaded(answer, "the page before", bound).await?;
        self.parsed(bound).await
    }

    async fn loaded(&self, answer: Result<Value, BidiError>, what: &str, bound: Duration) -> Result<(), ActError> {
        match answer {
            Ok(_) => Ok(()),
            Err(BidiError::Timeout { .. }) => Err(ActError::Load {
                code: "load-timeout",
                message: format!("{what} did not finish loading within {} s", bound.as_secs_f32()),
            }),
            Err(BidiError::Remote { message, .. }) => {
                let lower = message.to_lowercase();
                // The page went elsewhere while it loaded (a redirect by script): what counts is that it arrives.
                if ["abort", "cancel", "interrupted", "another navigation"].iter().any(|word| lower.contains(word)) {
                    return self.parsed(bound).await;
                }
                Err(ActError::Load {
                    code: "load-failed",
                    message: format!("{what} could not be loaded: {}", message.lines().next().unwrap_or_default()),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Waits, in the page, until the document is parsed.
    async fn parsed(&self, bound: Duration) -> Result<(), ActError> {
        let wait = async {
            loop {
                let function = "() => document.readyState !== 'loading' || new Promise((done) => document.addEventListener('DOMContentLoaded', () => done(true)))";
                match self.call_function(&self.context(), function, vec![], Some(page::SANDBOX), bound).await {
                    Err(error) if error.is_gone() => tokio::task::yield_now().await, // the document was replaced once more
                    other => return other.map(drop),
                }
            }
        };
        match tokio::time::timeout(bound, wait).await {
            Ok(result) => result.map_err(ActError::from),
            Err(_) => Err(ActError::Load {
                code: "load-timeout",
                message: format!("the page did not finish loading within {} s", bound.as_secs_f32()),
            }),
        }
    }

    /// What the window's document is.
    pub async fn status(&self) -> Option<DocumentStatus> {
        let (answer, _) = self.command(&self.context(), "status", &json!({}), &[], ANSWER).await.ok()?;
        serde_json::from_value(answer).ok()
    }

    /// All browsing contexts of this user context, frames and pop-ups included, with their addresses.
    ///
    /// # Errors
    /// [`BidiError`]: the browser has gone or doesn't answer.
    pub async fn contexts(&self) -> Result<Vec<(String, String)>, BidiError> {
        let tree = self.session.bidi.call("browsingContext.getTree", json!({}), ANSWER).await?;
        let mut found = Vec::new();
        for top in tree.get("contexts").and_then(Value::as_array).into_iter().flatten() {
            if top.get("userContext").and_then(Value::as_str) == Some(&self.user_context) {
                flatten(top, &mut found);
            }
        }
        Ok(found)
    }

    /// Asks the listener of a document for a mark, which arrives as a message like all others; gives the document's id.
    /// `None`: no listener is alive there.
    ///
    /// # Errors
    /// [`BidiError`]; [`BidiError::is_gone`] if the document went away meanwhile, which is nothing to worry about.
    pub async fn mark(&self, context: &str, step: usize) -> Result<Option<String>, BidiError> {
        let params = json!({
            "expression": page::mark(&self.session.token, step),
            "awaitPromise": false,
            "target": { "context": context },
            "resultOwnership": "none",
            "serializationOptions": { "maxDomDepth": 0, "maxObjectDepth": 0 },
        });
        let answer = super::script::script_result(self.session.bidi.call("script.evaluate", params, ANSWER).await?)?;
        Ok(answer.get("value").and_then(Value::as_str).map(str::to_owned))
    }
}

/// Makes a user context. It's asked for by a task of its own: if nobody waits for the answer any more, it's removed again.
async fn user_context(session: &Arc<Session>) -> Result<String, BidiError> {
    let (answer, waiting) = tokio::sync::oneshot::channel();
    let asking = session.clone();
    tokio::spawn(async move {
        let made = asking.call("browser.createUserContext", json!({})).await;
        let Err(Ok(unwanted)) = answer.send(made) else { return };
        let removing = json!({ "userContext": unwanted.get("userContext") });
        if let Err(error) = asking.call("browser.removeUserContext", removing).await {
            tracing::debug!("a user context could not be removed: {error}");
        }
    });
    let made = waiting.await.unwrap_or_else(|_| Err(BidiError::Closed("closed".to_owned())))?;
    Ok(made.get("userContext").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn flatten(node: &Value, into: &mut Vec<(String, String)>) {
    let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    into.push((text("context"), text("url")));
    for child in node.get("children").and_then(Value::as_array).into_iter().flatten() {
        flatten(child, into);
    }
}
