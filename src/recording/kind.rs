//! What an observation may be.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ApiSnapshot, CopyNote, Handled, Registration, Request, Unheard, Watched, nothing};

/// What was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Kind {
    /// The listener is alive in a new document, before any script of the page. Always `seq` 0.
    Alive {
        /// The document's address; `about:blank` for the first one of a window.
        url: String,
        /// A top-level document (not a frame's).
        top: bool,
    },
    /// All steps' barrier: everything that the document had heard before step `step` began has arrived before this.
    Mark {
        /// Index of the step that begins. One past the last step: the end of the journey's waiting.
        step: usize,
    },
    /// The mark of a try that came to nothing: step `step` begins with a later mark.
    Void {
        /// Index of the step.
        step: usize,
    },
    /// The driver has lost a frame, in which nothing can be heard or done from then on. The journey breaks off.
    FrameLost {
        /// Where it was last; empty if that isn't known.
        url: String,
    },
    /// A press of step `step` ended beside its element, which was no longer under the pointer, and nothing was heard of it in
    /// the time that its event had: it is made again, with a later mark (from chatproof).
    PressedAgain {
        /// Index of the step.
        step: usize,
    },
    /// Something came that the site file knows of (`whenever`), and what is to be done then was done, or couldn't be (from
    /// chatproof, before what comes of it).
    Whenever {
        /// Its place among the site file's entries of `whenever` and then the journey's.
        entry: usize,
        /// What is done, as reports say it.
        what: String,
        /// Why it could not be done; empty if it was.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        problem: String,
    },
    /// The ready event was heard.
    Ready {
        /// Where: `window` or `document`. On the documented target whatever reached it counts, as for a site's own
        /// handler; on the other one only what was dispatched at it.
        target: String,
        /// How many times in this document, from 1, on this target.
        nth: u64,
    },
    /// The API as found: at each ready event, and later when it has changed.
    Api(Box<ApiSnapshot>),
    /// An event's callback was called.
    Event {
        /// Name of the documented constant that it was subscribed with.
        constant: String,
        /// Which subscription's callback was called first, from 1: see [`super::Place`].
        subscription: u64,
        /// The callback's first argument, copied at once as JSON.
        data: Value,
        /// How many arguments the callback got.
        arguments: u64,
        /// What could not be copied, where: `{ path: "data.payload.self", what: "cycle" }`; `what` is one of `cycle`,
        /// `function`, `bigint`, `symbol`, `undefined`, `throws`, `truncated`, `number NaN` (or an infinity),
        /// `object [object Map]` (not plain; noted by its class).
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        notes: Vec<CopyNote>,
        /// The number of a handler of the page's own that was called while none of chatproof's callbacks was: the page
        /// has taken those off, or the widget tells some callbacks only.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        handler: Option<u64>,
    },
    /// Some of chatproof's callbacks did not hear an event that others heard.
    Unheard(Box<Unheard>),
    /// A callback was given something else for the same firing than the one that was called first.
    HeardOtherwise {
        /// Name of the constant.
        constant: String,
        /// `seq` of the event's observation in the same document.
        event: u64,
        /// Which subscription's callback it was.
        subscription: u64,
        /// Its first argument.
        data: Value,
        /// What could not be copied.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        notes: Vec<CopyNote>,
    },
    /// What a callback was given was something else at the next mark, by no doing of the page's handlers while they ran.
    PayloadChanged {
        /// Name of the constant.
        constant: String,
        /// `seq` of the event's observation in the same document.
        event: u64,
        /// What it had become.
        data: Value,
        /// What could not be copied.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        notes: Vec<CopyNote>,
    },
    /// `error` or `unhandledrejection` in the page.
    PageError {
        /// Its message.
        message: String,
        /// Script's address, if known.
        source: String,
        /// Line, from 1; 0 if unknown.
        line: u32,
    },
    /// A context went to a new document or fragment (from the browser).
    Navigation {
        /// Where to.
        url: String,
        /// `started`, `committed`, `loaded`, `failed`, `fragment`.
        phase: String,
    },
    /// The document is going away; the last thing its listener says. `seq` tells that nothing was lost before it.
    Unload,
    /// The document is shown again from the back/forward cache, or for the first time if it was rendered
    /// [beforehand](Kind::Beforehand): the same one, with the same listener.
    Shown,
    /// The document is rendered before its visitor goes there, if they ever do (Chromium's speculation rules): until it is
    /// [shown](Kind::Shown), nobody is on it.
    Beforehand,
    /// A page, a frame or a script of one didn't arrive: said by the browser, or by the listener in the page (`seq`), which
    /// knows only that a script wasn't run.
    Refused {
        /// `document`, `frame`, `script`, or `login`: another page than was asked for, with a field for a password.
        what: String,
        /// Its address.
        url: String,
        /// HTTP status; 0 if there was no answer, or if it isn't known. Below 400, without a reason: it had asked for a
        /// password, got one, and arrived after all.
        #[serde(default, skip_serializing_if = "nothing")]
        status: u16,
        /// Why there was no answer, in the browser's words; `text/html` where a page came in a script's place; `csp`: the
        /// page's own policy forbids it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// What was heard or sent in a document while nobody was on it. It proves nothing, and breaks nothing.
    Unseen {
        /// What it was.
        heard: Box<Kind>,
    },
    /// A dialog was opened by the page and answered (from the browser).
    Dialog {
        /// `alert`, `confirm`, `prompt`, `beforeunload`, `login` (HTTP authentication).
        dialog: String,
        /// Its text.
        message: String,
        /// `accepted` or `dismissed`.
        answer: String,
        /// Its step says so (`answer`); else chatproof answered for nobody in particular.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_step: bool,
    },
    /// The page asked its visitor for something in a window of the browser's own, which chatproof answered.
    Asked {
        /// What: the function that it called, `print()`, or `file dialog`, `full screen`, `download of notes.txt`.
        what: String,
        /// `refused` (a permission), `cancelled`, `allowed`, `discarded` (a file).
        answer: String,
    },
    /// A script of the page read `navigator.webdriver` (W3C WebDriver, "Interface"), by which it can tell that a program
    /// drives the browser. Said once of a document.
    WebdriverRead,
    /// A context has gone: closed or crashed (from the browser).
    ContextGone,
    /// A document in which the listener is not alive: absence proves nothing there (from the browser).
    Deaf {
        /// The document's address.
        url: String,
        /// Why, as far as known.
        message: String,
    },
    /// What is watched of the way to analytics, and what becomes of it (from chatproof, once a journey).
    Analytics(Box<Watched>),
    /// A request to an analytics product (from the browser).
    Request(Box<Request>),
    /// A push to a data layer.
    Push {
        /// The global's name: `dataLayer`.
        layer: String,
        /// Its place in the array.
        index: u64,
        /// It was in the array already when that was first looked at: it was pushed earlier than it was heard.
        found: bool,
        /// It was an `arguments` object, as gtag's helper pushes them; `data` is a list then.
        arguments: bool,
        /// What was pushed, as JSON: copied at once, or at the next look, a tenth of a second later at most in a page
        /// that isn't busy.
        data: Value,
        /// What could not be copied.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        notes: Vec<CopyNote>,
    },
    /// The listener dropped messages because there were too many.
    Dropped {
        /// How many.
        count: u64,
    },
    /// The page's own code called the subscribe function.
    Handler(Box<Registration>),
    /// A handler of the page's own was called, and has returned or thrown.
    Handled(Box<Handled>),
    /// The promise that a handler of the page's own gave was rejected, and nobody caught it.
    HandlerRejected {
        /// Number of the handler.
        handler: u64,
        /// The constant that it was called for, where that is known.
        constant: Option<String>,
        /// What it was rejected with.
        message: String,
    },
    /// The page took a handler back.
    HandlerRemoved {
        /// Number of the handler.
        handler: u64,
        /// The constant that it was taken back for, where the call names one.
        constant: Option<String>,
        /// Name of the function that was called: `removeListener`.
        by: String,
    },
    /// Whether the page's own handlers can be seen at one of the API's locations.
    HandlersWatched {
        /// The spec's name for the location.
        location: String,
        /// `watched` from now on; `frozen` (the API can't be changed, nor its place), `refused` (a Proxy's trap), `lexical`
        /// (a `let`, `const` or `class` of the page's scripts): what is registered there is not seen.
        state: String,
        /// The ready event had been heard.
        after_ready: bool,
    },
    /// A document's virtual time was advanced (from the runner).
    Advanced {
        /// By how many milliseconds.
        by_ms: f64,
        /// How many of its timers fired for that.
        timers: u64,
        /// What keeps the real time there: `1 worker`, `2 EventSources`, `3 animations`.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        kept: Vec<String>,
    },
    /// The listener left out registrations and calls of the page's own handlers because there were too many.
    HandlersUnsaid {
        /// How many.
        count: u64,
    },
    /// Where a script is that could not be parsed, as the page's own error event says.
    Unparsed {
        /// Its address, or the page's for an inline one.
        source: String,
        /// Line in it, from 1; 0 if unknown.
        line: u32,
        /// What is wrong.
        message: String,
    },
}

impl Kind {
    /// What is to be said of a [`Kind::PressedAgain`], as a sentence. A visitor's first press would have been lost as well.
    pub const PRESSED_AGAIN: &str = "the press was made again: the element was no longer under the pointer when that was \
        let go, and nothing came of it";

    /// What is to be said of a [`Kind::Whenever`], as a sentence.
    pub fn whenever(what: &str, problem: &str) -> String {
        if problem.is_empty() {
            format!("in between: {what}")
        } else {
            format!("in between: {what}: not done, {problem}")
        }
    }

    /// What a page asked its visitor for and what became of it, as a sentence. The page's own words in it are hostile.
    pub fn asked(what: &str, answer: &str) -> String {
        let asked = match what {
            "full screen" => "the page went to full screen".to_owned(),
            call if call.ends_with("()") => format!("{call} was called"),
            other => other
                .strip_prefix("download of ")
                .map_or_else(|| format!("a {other} was opened"), |file| format!("{file} was downloaded")),
        };
        let answered = match answer {
            "refused" => "chatproof refused it, as a visitor may",
            "cancelled" => "chatproof cancelled it, as a visitor may",
            "discarded" => "chatproof keeps no file",
            "kept" => "as its step wants it",
            _ => "nothing stands in its way",
        };
        format!("{asked}: {answered}")
    }
}
