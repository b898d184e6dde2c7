//! Everything heard and done in one journey in one browser: saved, versioned, judged again without a browser.
//!
//! Boundary: plain data. The runner writes it, the judge reads it; neither needs the other. Strings from the page are
//! hostile: bounded when recorded, escaped when reported.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::source::Span;

mod clock;
pub mod handlers;
mod masked;
mod sights;
mod traffic;

pub use clock::PageClock;
pub use sights::{Moment, Picture, Sight, Tree};
pub use traffic::{DecodedHit, Request, Watched};

/// The `format` of recordings that this version writes.
pub const FORMAT: &str = "chatproof-recording/1";

/// One journey in one browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// [`FORMAT`].
    pub format: String,
    /// Version of chatproof that wrote it.
    pub chatproof: String,
    /// The run it belongs to.
    pub run: RunInfo,
    /// The spec as it was, so that the recording can be judged alone.
    pub spec: FileCopy,
    /// The site file as it was; `${...}` not replaced.
    pub site: FileCopy,
    /// The known failures as they were, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<FileCopy>,
    /// The browser.
    pub browser: BrowserInfo,
    /// Name of the journey in the site file.
    pub journey: String,
    /// Which attempt at the journey it is, from 1: one that fails may be tried again with a fresh visitor.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub attempt: u32,
    /// The steps, all of them, in order; those not begun are `not-begun`.
    pub steps: Vec<StepRecord>,
    /// What was heard, in order of arrival.
    pub observations: Vec<Observation>,
    /// How it ended.
    pub ending: Ending,
    /// Milliseconds from its start to the end of its listening, on chatproof's clock.
    #[serde(default)]
    pub took_ms: f64,
    /// What windows looked like at moments that a person will ask about, in order. No verdict rests on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sights: Vec<Sight>,
}

fn first() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn nothing(status: &u16) -> bool {
    *status == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_first(attempt: &u32) -> bool {
    *attempt == 1
}

/// The run a recording belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// What `${run.id}` was; further attempts at a journey have a number after it.
    pub id: String,
    /// When the journey began: RFC 3339, UTC.
    pub started_at: String,
    /// The base URL, secrets masked.
    pub base_url: String,
}

/// A copy of a file that the run was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCopy {
    /// Name to show.
    pub name: String,
    /// Whole text.
    pub text: String,
}

/// Which browser and driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserInfo {
    /// `firefox` or `chromium`.
    pub name: String,
    /// As the driver reports it.
    pub version: String,
    /// `geckodriver`, `chromedriver` or the remote end's address.
    pub driver: String,
    /// As far as known.
    pub driver_version: String,
    /// Operating system as the driver reports it.
    pub platform: String,
    /// Without a window.
    pub headless: bool,
}

/// One step as it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Index from 0.
    pub index: usize,
    /// Who acted.
    pub actor: String,
    /// As a person reads it: `click launcher`; secrets masked.
    pub text: String,
    /// Place in the site file.
    pub span: Span,
    /// Milliseconds from the journey's start, on chatproof's clock; `None` if not begun.
    pub began_ms: Option<f64>,
    /// Milliseconds from the journey's start to when the act itself was done, or given up; `None` if not begun.
    pub acted_ms: Option<f64>,
    /// How it went.
    pub outcome: StepOutcome,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum StepOutcome {
    /// The act was done (whether its events came is the judge's business).
    Done,
    /// `optional: true`, and its element wasn't there.
    Skipped {
        /// Why.
        message: String,
    },
    /// Could not be done; the journey ends here.
    Failed(StepError),
    /// The journey ended before it.
    NotBegun,
}

/// Why a step could not be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepError {
    /// Kebab-case code: `no-match`, `several-matches`, `covered`, `not-visible`, `disabled`, `unstable`, `load-failed`,
    /// `load-timeout`, `page-gone`, `browser-gone`, `driver-timeout`, `script-error`, `no-such-option`, `wrong-element`,
    /// `missed`, `text-lost`, `still-there`, `interrupted`, `internal`.
    pub code: String,
    /// A sentence for a person, naming what was there.
    pub message: String,
    /// Elements that were there instead, the nearest candidates, or the covering element: short HTML-like descriptions.
    pub candidates: Vec<String>,
}

/// How a journey ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Ending {
    /// Every step was done or skipped, and the events of the last ones were waited for.
    Complete,
    /// A step failed.
    StepFailed {
        /// Its index.
        step: usize,
    },
    /// Interrupted by the user.
    Interrupted,
    /// Driver, browser or page failed outside of a step.
    Broken {
        /// What happened.
        message: String,
    },
}

/// One thing heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Position in the recording, from 0, without gaps: the order in which the socket delivered.
    pub arrival: u64,
    /// In whose window.
    pub actor: String,
    /// BiDi id of the top-level or frame browsing context.
    pub context: String,
    /// Id of the document, new for each load; empty where there is none (a crash).
    pub document: String,
    /// Number within the document, from 0, without gaps, given by the listener; `None` if the observation comes from
    /// the browser (navigation, dialog) and not from the listener in the page.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seq: Option<u64>,
    /// Milliseconds since the Unix epoch on the page's own monotonic clock (`performance.timeOrigin + now()`, taken
    /// before the page's scripts ran).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page_ms: Option<f64>,
    /// Milliseconds from the journey's start, on chatproof's clock, when it arrived; only for what comes from the
    /// browser and so has no `page_ms`. The way from the browser takes its time; [`PageClock`] compares the two clocks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub heard_ms: Option<f64>,
    /// What it is.
    #[serde(flatten)]
    pub kind: Kind,
}

impl Observation {
    /// Where a frame was that the driver lost; empty if that isn't known.
    pub fn lost_frame(&self) -> Option<&str> {
        if let Kind::FrameLost { url } = &self.kind { Some(url) } else { None }
    }
}

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
        /// Which subscription's callback was called first, from 1: see [`Place`].
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
            _ => "nothing stands in its way",
        };
        format!("{asked}: {answered}")
    }
}

/// A call of the subscribe function by the page's own code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Number of the handler within its document, from 1: one for each function, whatever it is registered for. `None`:
    /// what was registered is no function, so it is not seen whether it is called.
    pub handler: Option<u64>,
    /// Name of the constant it was registered for; `None` if the value is no constant's.
    pub constant: Option<String>,
    /// `typeof` that value.
    pub value_type: String,
    /// That value as text.
    pub value: String,
    /// `typeof` the callback; `null`.
    pub callback: String,
    /// The function's own name; may be empty.
    pub name: String,
    /// The spec's name for the API's location.
    pub location: String,
    /// The script that registered it: its address, the page's own for an inline script; empty if unknown.
    pub script: String,
    /// Line in it, from 1; 0 if unknown.
    pub line: u32,
    /// Column in it, from 1; 0 if unknown.
    pub column: u32,
    /// The ready event had been heard.
    pub after_ready: bool,
    /// The subscribe function returned; else it threw.
    pub accepted: bool,
}

/// A call of a handler of the page's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handled {
    /// Number of the handler.
    pub handler: u64,
    /// The constant that it was called for; `None` if that can't be told (one function for several constants, called with
    /// something that the listener didn't hear).
    pub constant: Option<String>,
    /// How that is known: `argument` (the very argument that the listener heard), `registration` (it is registered for
    /// one constant only), `latest` (the event heard last is one of its constants), `unknown`.
    pub by: String,
    /// `seq` of the event's observation in the same document, where it is certain.
    pub event: Option<u64>,
    /// How long it ran before it returned or threw, in milliseconds; what it goes on to do later isn't counted.
    pub took_ms: f64,
    /// It returned; else it threw.
    pub returned: bool,
    /// It returned a promise.
    pub promise: bool,
    /// What it threw; empty if it returned, or if its caller caught it before anybody could see it.
    pub message: String,
    /// Its caller caught what it threw.
    pub caught: bool,
}

/// Something that could not be copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyNote {
    /// Dotted path from the callback's argument.
    pub path: String,
    /// What was there.
    pub what: String,
}

/// The API as it was found in a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiSnapshot {
    /// When: `ready` (in the ready handler) or `later` (at a step's mark).
    pub when: String,
    /// One for each location that the spec names, in its order.
    pub locations: Vec<ApiLocation>,
    /// Name of the location that was used to subscribe; `None` if none was usable or it was not tried (`later`).
    pub used: Option<String>,
    /// What subscribing gave, for each documented constant, in the spec's order; empty where it was not tried.
    pub subscriptions: Vec<Subscription>,
    /// Every location that was subscribed at, `used` among them. Empty in older recordings, whose listener subscribed with
    /// one callback at one location.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub places: Vec<Place>,
    /// Names of locations at which another function stands than the one that was subscribed with.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub replaced: Vec<String>,
}

/// A location that was subscribed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The spec's name for the location.
    pub location: String,
    /// Number of the subscription within its document, from 1.
    pub subscription: u64,
    /// How many callbacks each event was subscribed with; 3 if one of them throws, 0 if this location was left out.
    pub callbacks: u64,
    /// The location whose very same function and constants stand here, too: it was subscribed at once, there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub same_as: Option<String>,
    /// What subscribing gave with the first callback; of the `used` location the snapshot's own list says it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub subscriptions: Vec<Subscription>,
    /// Constants for which a second callback was refused.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refused: Vec<Subscription>,
}

/// Who did not hear an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unheard {
    /// Name of the constant.
    pub constant: String,
    /// `seq` of the event's observation in the same document.
    pub event: u64,
    /// Callbacks that had not been called by the next mark.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub silent: Vec<Silent>,
    /// Callbacks of which that was said, and which have been called since.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub after_all: Vec<Silent>,
}

/// A callback that did not hear an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Silent {
    /// Number of the subscription.
    pub subscription: u64,
    /// Which of its callbacks.
    pub which: Ear,
}

/// One of chatproof's own callbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ear {
    /// The first of the two that an event was subscribed with.
    First,
    /// The second.
    Second,
    /// The youngest of those that were subscribed in front of the page's own handlers.
    Again,
    /// All of a location that has never heard the event.
    Place,
    /// All of a location, while the page's own handler heard it: the page seems to have taken them off.
    Dropped,
}

impl From<u8> for Ear {
    fn from(which: u8) -> Self {
        match which {
            0 => Self::First,
            1 => Self::Second,
            2 => Self::Again,
            3 => Self::Place,
            _ => Self::Dropped,
        }
    }
}

/// One place where the API may live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiLocation {
    /// The spec's name for it.
    pub name: String,
    /// `typeof` the object that should hold the API; `null` for null; bare globals: `globals`.
    pub object: String,
    /// `typeof` the subscribe function there.
    pub subscribe: String,
    /// `typeof` the constants object there; `null` for null.
    pub constants_object: String,
    /// Every own or inherited enumerable constant there, documented or not, at most 500, sorted by name.
    pub constants: Vec<Constant>,
}

/// One constant as found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// `typeof` its value; `null`; `throws`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Its value as text: the string itself, the number, `Symbol(x)`.
    pub value: String,
    /// Number of the first constant in this list, from 0, that has the very same value (`Object.is`); its own if none.
    pub same_as: usize,
}

/// What subscribing to one constant gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The documented constant.
    pub constant: String,
    /// `ok` (called, did not throw), `no-constant` (not called: the constant isn't there), `threw`.
    pub result: String,
    /// What was thrown.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
}

/// A recording of nothing, for tests to fill.
#[cfg(test)]
pub(crate) fn blank() -> Recording {
    let text = |text: &str| text.to_owned();
    let file = FileCopy { name: text("x"), text: text("") };
    Recording {
        format: text("x"),
        chatproof: text("1"),
        run: RunInfo { id: text("r"), started_at: text(""), base_url: text("") },
        spec: file.clone(),
        site: file,
        baseline: None,
        browser: BrowserInfo {
            name: text("firefox"),
            version: text(""),
            driver: text(""),
            driver_version: text(""),
            platform: text(""),
            headless: true,
        },
        journey: text("j"),
        attempt: 1,
        steps: vec![],
        observations: vec![],
        ending: Ending::Complete,
        took_ms: 0.0,
        sights: vec![],
    }
}
