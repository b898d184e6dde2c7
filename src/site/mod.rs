//! The site file: what is tested. Parsed from one YAML file of the user's with the positions kept.
//!
//! Boundary: plain data and its parser; knows constants and payload fields only as lists of names to check against.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Value;

use crate::source::{Call, SourceFile, Span};
use crate::verdict::Level;

pub mod browsers;
mod build;
mod describe;
pub mod devices;
pub mod download;
mod estimate;
mod expect;
pub mod forwards;
mod forwards_parse;
pub mod gestures;
mod include;
pub mod keys;
mod levels;
pub mod locator;
mod names;
mod narrowed;
pub mod net;
pub mod networks;
mod parse;
pub mod place;
pub mod popup;
pub mod reference;
mod references;
mod reuse;
pub mod route;
pub mod states;
mod steps;
#[cfg(test)]
mod steps_tests;
pub mod template;
#[cfg(test)]
mod tests;
pub mod visitors;
mod visitors_parse;
#[cfg(test)]
mod visitors_tests;
pub mod whenever;
pub mod write;
#[cfg(test)]
mod write_tests;

pub use include::gather;
pub use parse::{Known, directory, parse, spec_reference};
pub use references::{Needs, env_needed, env_references};
pub use reuse::expanded;

pub use browsers::Browser;
use forwards::Forward;
use locator::Locator;
use net::Net;
use route::Route;
use states::StateName;
use template::Template;
use visitors::Visitor;
use whenever::Whenever;

/// A parsed site file.
#[derive(Debug, Clone)]
pub struct Site {
    /// The file it came from.
    pub source: SourceFile,
    /// Id of a built-in spec, or path of a spec file relative to this file.
    pub spec: String,
    /// Where `spec` stands.
    pub spec_span: Span,
    /// What relative addresses are resolved against.
    pub base_url: Template,
    /// Browsers that a run may ask for, in the file's order.
    pub browsers: Vec<Browser>,
    /// Who may visit, by the name of each set-up.
    pub visitors: IndexMap<String, Visitor>,
    /// Actors besides those that need no declaration (`visitor`), by name.
    pub actors: IndexMap<String, Actor>,
    /// Documented events that this site never causes, with the reason.
    pub not_applicable: IndexMap<String, NotApplicable>,
    /// Overridden levels: first match wins.
    pub levels: Vec<LevelOverride>,
    /// What is sent on to analytics, by the name of each way.
    pub forwards: IndexMap<String, Forward>,
    /// Defaults for all journeys.
    pub defaults: Timeouts,
    /// Window size in CSS pixels.
    pub viewport: Option<(u32, u32)>,
    /// What may come at any time in all journeys, and what is done about it.
    pub whenever: Vec<Whenever>,
    /// What becomes of requests.
    pub net: Net,
    /// How browsers get into the network.
    pub route: Route,
    /// Whether certificates that can't be verified are accepted.
    pub accept_insecure_certs: bool,
    /// Whether the page's own handlers are looked after, for which its subscribe function is replaced by one of ours.
    pub watch_handlers: bool,
    /// The journeys by name, in the file's order.
    pub journeys: IndexMap<String, Journey>,
}

/// The name of the actor who needs no declaration.
pub const VISITOR: &str = "visitor";

/// Someone who acts, in an isolated browser context of their own.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Opened in the actor's window before the journey's first step, if given.
    pub url: Option<Template>,
    /// Whether events heard in this actor's window are judged. Only `visitor` by default.
    pub observe: bool,
    /// Name of the set-up that they have.
    pub is: Option<String>,
    /// Place.
    pub span: Span,
}

/// Why a documented event isn't tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotApplicable {
    /// The reason; never empty.
    pub reason: String,
    /// Place.
    pub span: Span,
}

/// Another level for some requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelOverride {
    /// Glob over requirement ids.
    pub requirement: String,
    /// The level instead.
    pub level: Level,
    /// Why.
    pub reason: Option<String>,
    /// Place.
    pub span: Span,
}

/// Times to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// How long after a step began its events may come. Default: 2 s; 10 s for `open`, `reload` and `back`.
    pub within: Option<Duration>,
    /// How long a step may wait for its element. Default: 10 s.
    pub timeout: Option<Duration>,
    /// How long a page may take to load. Default: 30 s.
    pub load: Option<Duration>,
    /// How long to go on listening after the last step for duplicates and undeclared events. Default: 500 ms.
    pub settle: Option<Duration>,
}

/// A scripted path through the conversation.
#[derive(Debug, Clone)]
pub struct Journey {
    /// Its key in the file.
    pub name: String,
    /// For people; the name if not given.
    pub title: String,
    /// Overrides of the file's defaults.
    pub timeouts: Timeouts,
    /// Names of set-ups, for each of which it's run once; none: once, for nobody in particular.
    pub visitors: Vec<String>,
    /// What it leaves behind is kept under this name, for others to begin with.
    pub save_state: Option<StateName>,
    /// Pages' time can be advanced by steps.
    pub virtual_clock: bool,
    /// One of chatproof's callbacks throws at each event, to see whether the others hear it all the same.
    pub throws: bool,
    /// What may come at any time in this journey, beside what may in all.
    pub whenever: Vec<Whenever>,
    /// At least one.
    pub steps: Vec<Step>,
    /// Place of its name.
    pub span: Span,
}

/// One act of one actor, and the events it causes.
#[derive(Debug, Clone)]
pub struct Step {
    /// Position in the journey, from 0.
    pub index: usize,
    /// What is done.
    pub act: Act,
    /// Who does it.
    pub actor: String,
    /// The user's own name for the step.
    pub name: Option<String>,
    /// Events that it must cause.
    pub fires: Vec<Expected>,
    /// Events that it may cause: neither missing nor unexpected.
    pub may_fire: Vec<Expected>,
    /// How long after the step began its events may come.
    pub within: Option<Duration>,
    /// How long it may wait for its element.
    pub timeout: Option<Duration>,
    /// What is answered to dialogs of the page, from this step's act to the next step's.
    pub answer: Option<Answer>,
    /// If its element isn't there, the journey goes on and its events aren't expected.
    pub optional: bool,
    /// It's done in a window that the actor's page has opened.
    pub popup: Option<popup::Popup>,
    /// Place of the whole step.
    pub span: Span,
    /// By which `do` it came, outermost first.
    pub by: Vec<Call>,
}

/// What a step answers to dialogs: `alert`, `confirm`, `prompt`, `beforeunload`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `accept`: OK; a `prompt` keeps what it suggests.
    Accept,
    /// `dismiss`: Cancel.
    Dismiss,
    /// `{ prompt: TEXT }`: OK, with this text in a `prompt`.
    Prompt(Template),
    /// `{ user: NAME, password: TEXT }`: this, to the login dialog of HTTP authentication.
    SignIn {
        /// User name.
        user: Template,
        /// Password.
        password: Template,
    },
}

/// An event that a step declares.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The constant.
    pub constant: String,
    /// More JSON Schema for payload fields, by field. Templates inside are replaced by the runner; what is judged
    /// is the schema with `${journey}` and `${run.id}` replaced from the recording.
    pub fields: IndexMap<String, FieldExpectation>,
    /// It has to come after the one before it in its step's list (`in_order`).
    pub follows: bool,
    /// Place.
    pub span: Span,
}

/// A site file's own demand on a payload field.
#[derive(Debug, Clone)]
pub struct FieldExpectation {
    /// JSON Schema for the field's value.
    pub schema: Value,
    /// The value has to be that of the same field in the last event of this name before it, instead.
    pub same_as: Option<String>,
    /// Place.
    pub span: Span,
}

/// What a step does: one verb each.
#[derive(Debug, Clone)]
pub enum Act {
    /// `open`: go to an address, relative to the base URL.
    Open(Template),
    /// `reload: true`
    Reload,
    /// `back: true`
    Back,
    /// `click`
    Click(Target),
    /// `double_click`, `right_click`, `press_and_hold`, `drag` ... `to`, `swipe` ... `toward`.
    Gesture {
        /// Where it begins.
        target: Target,
        /// What is done there.
        gesture: gestures::Gesture,
    },
    /// `fill` ... `with` ... `press`: replace what is in a field, then press a key.
    Fill {
        /// The field.
        target: Target,
        /// The new text.
        with: Template,
        /// Keys to press afterwards.
        press: Option<Keys>,
    },
    /// `press`: keys to what has the focus, or to `on`.
    Press {
        /// The keys.
        keys: Keys,
        /// Focused first, if given.
        on: Option<Target>,
    },
    /// `select` ... `option`: choose in a native select, by label, else by value.
    Select {
        /// The select.
        target: Target,
        /// Its options' labels or values.
        options: Vec<Template>,
    },
    /// `upload` ... `files`: choose files in an input, or drop them onto another element.
    Upload {
        /// The input, its label, or where they are dropped.
        target: Target,
        /// Paths, relative to the site file.
        files: Vec<Template>,
    },
    /// `download` ... `file`: click, and wait for the file that this downloads.
    Download {
        /// What is clicked.
        target: Target,
        /// What the file is to be.
        file: download::Wanted,
    },
    /// `scroll`: an element into view, or the page to `top`, `bottom`, or by a share of its height (`50%`).
    Scroll(ScrollTo),
    /// `hover`
    Hover(Target),
    /// `wait_for`: until the element is visible.
    WaitFor(Target),
    /// `wait_until_gone`: until no such element is visible.
    WaitUntilGone(Target),
    /// `pause`: let time pass.
    Pause(Duration),
    /// `advance`: let the pages' virtual time pass at once; in every window of the journey.
    Advance(Duration),
    /// `eval`: JavaScript in the page's own realm; a function body, may `await`.
    Eval(Template),
    /// `close_page: true`: the actor's window is closed.
    ClosePage,
}

/// Where to scroll.
#[derive(Debug, Clone)]
pub enum ScrollTo {
    /// An element.
    Element(Target),
    /// `scroll` ... `until`: a list that makes its entries as it's scrolled, until this one can be seen.
    Until {
        /// The list.
        list: Target,
        /// What is to be seen in it.
        seen: Target,
    },
    /// The top of the page.
    Top,
    /// Its bottom.
    Bottom,
    /// A share of its scrollable height, 0 to 100.
    Percent(f64),
}

/// An element: as the user wrote it, and what it means.
#[derive(Debug, Clone)]
pub struct Target {
    /// The text in the step: a short name from `names`, or a locator.
    pub text: String,
    /// The locator, short name replaced.
    pub locator: Locator,
    /// Place.
    pub span: Span,
}

/// Keys to press one after the other, each a chord: `Enter`, `Control+a`, `Shift+Tab`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// As the user wrote it.
    pub text: String,
    /// Chords; each a list of WebDriver key values (a code point each), modifiers first.
    pub chords: Vec<Vec<char>>,
}

/// The times that hold for one step, all defaults applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTiming {
    /// How long after the step began its events may come.
    pub within: Duration,
    /// How long it may wait for its element.
    pub timeout: Duration,
    /// How long a page may take to load.
    pub load: Duration,
}

impl Site {
    /// The times that hold for a step: its own, else the journey's, else the file's, else the defaults. A step that
    /// loads a page may take longer by default, since a widget is often injected late.
    pub fn timing(&self, journey: &Journey, step: &Step) -> StepTiming {
        let loads = matches!(step.act, Act::Open(_) | Act::Reload | Act::Back);
        let pick = |own: Option<Duration>, of: fn(&Timeouts) -> Option<Duration>, default: Duration| {
            own.or_else(|| of(&journey.timeouts)).or_else(|| of(&self.defaults)).unwrap_or(default)
        };
        let within = if loads {
            step.within.unwrap_or(Duration::from_secs(10))
        } else {
            pick(step.within, |t| t.within, Duration::from_secs(2))
        };
        StepTiming {
            within,
            timeout: pick(step.timeout, |t| t.timeout, Duration::from_secs(10)),
            load: self.load(journey),
        }
    }

    /// How long a page may take to load.
    pub fn load(&self, journey: &Journey) -> Duration {
        journey.timeouts.load.or(self.defaults.load).unwrap_or(Duration::from_secs(30))
    }

    /// How long to go on listening after a journey's last step.
    pub fn settle(&self, journey: &Journey) -> Duration {
        journey.timeouts.settle.or(self.defaults.settle).unwrap_or(Duration::from_millis(500))
    }

    /// What may come at any time in a journey: the file's, then its own. Recordings name each by its place in this order.
    pub fn whenever_in<'s>(&'s self, journey: &'s Journey) -> impl Iterator<Item = &'s Whenever> {
        self.whenever.iter().chain(&journey.whenever)
    }

    /// Whether events heard in this actor's window are judged.
    pub fn observes(&self, actor: &str) -> bool {
        self.actors.get(actor).map_or(actor == VISITOR, |a| a.observe || actor == VISITOR)
    }
}
