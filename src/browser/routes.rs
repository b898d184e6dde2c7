//! Whose a browsing context is: who hears of it, what of, and what becomes of its requests.
//!
//! Boundary: knows what `session.rs` was told; asks the browser nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::bidi::BidiError;
use super::download::Files;
use super::load_failures::LoadFailure;
use super::prompts::Reply;
use super::rules::Deed;
use super::setup::Seeds;
use super::shown::{Shown, Tops};
use super::state::Parting;
use super::traffic::{Body, Seen, Watch};

/// What the socket brings for one user context.
#[derive(Debug)]
pub enum Heard {
    /// A message of the listener.
    Message(String),
    /// A browsing context goes to another document or fragment: phase and address.
    Navigation {
        /// `started`, `committed`, `loaded`, `failed`, `fragment`.
        phase: &'static str,
        /// Where to.
        url: String,
    },
    /// A dialog was opened and answered.
    Dialog {
        /// `alert`, `confirm`, `prompt`, `beforeunload`.
        dialog: String,
        /// Its text.
        message: String,
        /// `accepted` or `dismissed`.
        answer: &'static str,
        /// The step says so.
        by_step: bool,
    },
    /// The page asked for something in a window of the browser's own, which was answered.
    Asked {
        /// What.
        what: String,
        /// `cancelled`, `discarded`.
        answer: &'static str,
    },
    /// An uncaught error of a script.
    PageError {
        /// Message.
        message: String,
        /// Script's address.
        source: String,
        /// Line from 1, 0 if unknown.
        line: u32,
    },
    /// A request that is watched, before it leaves.
    Request(Box<Seen>),
    /// Its body, where that comes later.
    RequestBody {
        /// The browser's name for the request.
        id: String,
        /// Of the body.
        content_type: String,
        /// How the body says that it is encoded.
        content_encoding: String,
        /// The body.
        body: Body,
    },
    /// What became of it.
    Answered {
        /// The browser's name for the request.
        id: String,
        /// `stubbed`, `passed`, `failed`.
        answer: &'static str,
    },
    /// A page, a frame or a script didn't arrive.
    Refused(Box<LoadFailure>),
    /// The driver has lost a frame: nothing is heard of it any more.
    FrameLost,
    /// The browsing context has gone.
    Gone,
}

/// Takes what is heard in one user context; called in the socket's order, must not block.
pub trait Sink: Send + Sync {
    /// `context` is the browsing context, a window's or a frame's; empty where a message doesn't tell.
    fn heard(&self, context: &str, heard: Heard);
}

/// Who hears of a user context, and what is done for it.
pub(super) struct Route {
    pub(super) sink: Arc<dyn Sink>,
    pub(super) changed: watch::Sender<u64>,
    pub(super) watch: Arc<Watch>,
    pub(super) shown: Shown,
    /// What dialogs are answered, if the step says it.
    pub(super) reply: Option<Reply>,
    /// What its pages have saved.
    pub(super) files: Files,
    /// What is to be put into local storage.
    pub(super) seeds: Seeds,
    /// What its documents have said of their storage in parting.
    pub(super) parting: Parting,
}

/// All of a session.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) by_user_context: HashMap<String, Route>,
    pub(super) user_context_of: HashMap<String, String>,
    /// Of user contexts that are closed: a page may send as it goes, and that mustn't get out either.
    pub(super) past: HashMap<String, Arc<Watch>>,
    pub(super) tops: Tops,
    /// Windows that pages have opened and that somebody acts in, by their contexts.
    pub(super) popups: HashMap<String, Shown>,
    /// Says that a context has become known.
    news: watch::Sender<u64>,
    /// Contexts that were waited for in vain: shared workers and the like.
    nobodys: HashSet<String>,
}

impl Routes {
    /// It's known whose a context is.
    pub(super) fn own(&mut self, context: String, user_context: String) {
        self.user_context_of.insert(context, user_context);
        self.news.send_modify(|count| *count += 1);
    }
}

pub(super) type SharedRoutes = Arc<Mutex<Routes>>;

/// Who is to be told of a request, and what becomes of it.
pub(super) struct Whose {
    /// Empty if it isn't known.
    pub(super) context: String,
    pub(super) sinks: Vec<Arc<dyn Sink>>,
    pub(super) stub: bool,
    /// What else becomes of it.
    pub(super) deed: Deed,
}

impl Whose {
    /// Tells what became of it.
    pub(super) fn answered(&self, id: &str, result: std::result::Result<(), BidiError>) {
        if let Err(error) = &result {
            tracing::debug!("a request could not be answered: {error}");
        }
        let answer = match (result, self.stub) {
            // Its page went away before the answer came; it has been held back until then.
            (Err(_), _) => "failed",
            (Ok(()), true) => "stubbed",
            (Ok(()), false) => "passed",
        };
        for sink in &self.sinks {
            sink.heard(&self.context, Heard::Answered { id: id.to_owned(), answer });
        }
    }
}

/// How long to wait until a context is known: the browser's own socket is faster with a new frame's requests than BiDi's is with
/// the frame.
const PLACED: Duration = Duration::from_secs(1);

/// Whether it's known whose a context is, or that nobody will ever know.
pub(super) fn is_placed(routes: &SharedRoutes, context: &str) -> bool {
    let routes = lock(routes);
    context.is_empty() || routes.user_context_of.contains_key(context) || routes.nobodys.contains(context)
}

/// Waits until it's known whose a context is; for a while, and once for each.
pub(super) async fn placed(routes: &SharedRoutes, context: &str) {
    const MOST: usize = 10_000;
    let mut news = lock(routes).news.subscribe();
    let known = async { while !is_placed(routes, context) && news.changed().await.is_ok() {} };
    if tokio::time::timeout(PLACED, known).await.is_err() {
        let mut routes = lock(routes);
        if routes.nobodys.len() >= MOST {
            routes.nobodys.clear();
        }
        routes.nobodys.insert(context.to_owned());
    }
}

/// Looks up whose a request is. One of a context that nobody knows (a shared worker's) may be anybody's: all are told.
pub(super) fn whose(routes: &SharedRoutes, context: &str, url: &str) -> Whose {
    let routes = lock(routes);
    if let Some(of) = routes.user_context_of.get(context) {
        let route = routes.by_user_context.get(of);
        let watch = route.map(|route| &route.watch).or_else(|| routes.past.get(of));
        let wanted = watch.is_some_and(|watch| watch.wants(url));
        return Whose {
            context: context.to_owned(),
            sinks: route.filter(|_| wanted).map(|route| route.sink.clone()).into_iter().collect(),
            stub: watch.is_some_and(|watch| watch.stubs(url)),
            deed: watch.map(|watch| watch.rules.of(url)).unwrap_or_default(),
        };
    }
    let wanting = || routes.by_user_context.values().filter(|route| route.watch.wants(url));
    let all = routes.by_user_context.values().map(|route| &route.watch).chain(routes.past.values());
    let deed = all.map(|watch| watch.rules.of(url)).find(|deed| *deed != Deed::Pass).unwrap_or_default();
    Whose {
        context: String::new(),
        sinks: wanting().map(|route| route.sink.clone()).collect(),
        stub: wanting().any(|route| route.watch.stubs(url)) || routes.past.values().any(|watch| watch.stubs(url)),
        deed,
    }
}

/// Who somebody is, where a server asks, if the site file says it.
pub(super) fn login(routes: &SharedRoutes, context: &str, url: &str) -> Option<(String, String)> {
    let routes = lock(routes);
    if let Some(of) = routes.user_context_of.get(context) {
        let watch = routes.by_user_context.get(of).map(|route| &route.watch).or_else(|| routes.past.get(of));
        return watch.and_then(|watch| watch.rules.login(url));
    }
    routes.by_user_context.values().find_map(|route| route.watch.rules.login(url))
}

/// What is answered in a context, if a step says it, and who is told.
pub(super) fn answering(routes: &SharedRoutes, context: &str) -> (Option<Reply>, Option<Arc<dyn Sink>>) {
    let routes = lock(routes);
    let of = routes.user_context_of.get(context);
    let route = of.and_then(|of| routes.by_user_context.get(of));
    (route.and_then(|route| route.reply.clone()), route.map(|route| route.sink.clone()))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_context_is_waited_for_until_it_is_known_and_in_vain_only_once() {
        let routes = SharedRoutes::default();
        assert!(is_placed(&routes, "") && !is_placed(&routes, "frame"));
        let waiting = placed(&routes, "frame");
        let told = async { lock(&routes).own("frame".to_owned(), "visitor".to_owned()) };
        tokio::join!(waiting, told);
        assert!(is_placed(&routes, "frame") && lock(&routes).nobodys.is_empty());
        placed(&routes, "worker").await;
        assert!(is_placed(&routes, "worker"));
        assert!(whose(&routes, "worker", "https://x/").context.is_empty());
    }
}
