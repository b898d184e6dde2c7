//! JavaScript that runs in the page, as real files, and what is sent to it.
//!
//! Boundary: makes function texts; sends nothing. `listener.js` runs in the page's own realm, before the page's scripts;
//! its parts are `copy.js`, which copies what an event brings, `shape.js`, which knows how the subscribe function is called, `ears.js`, which subscribes and tells which calls are one
//! firing, `ready.js`, which knows what says that a widget can be used and when to look for it, `slots.js`, which knows
//! properties that hold one callback, `handlers.js`, which looks after the page's own handlers, `layers.js`, which listens to data layers, `asks.js`,
//! which answers what the page asks a visitor for, `internals.js`, which knows what custom elements say of themselves, and,
//! where time is virtual, `clock.js`; `roots.js` keeps the closed shadow roots that scripts attach. `engine.js`, `motion.js`, `watch.js`, `arrival.js`, `fields.js`,
//! `gestures.js`, `drag.js`, `upload.js`, `closed.js`, `sight.js`, `survey.js` and `explore.js` run in a sandbox, when asked.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::spec::{Probe, Ready};

const LISTENER: &str = include_str!("listener.js");
const COPY: &str = include_str!("copy.js");
const ASKS: &str = include_str!("asks.js");
const ROOTS: &str = include_str!("roots.js");
const INTERNALS: &str = include_str!("internals.js");
const READY: &str = include_str!("ready.js");
const SLOTS: &str = include_str!("slots.js");
const SHAPE: &str = include_str!("shape.js");
const EARS: &str = include_str!("ears.js");
const LAYERS: &str = include_str!("layers.js");
const HANDLERS: &str = include_str!("handlers.js");
const CLOCK: &str = include_str!("clock.js");
const ENGINE: &str = include_str!("engine.js");
const MOTION: &str = include_str!("motion.js");
const WATCH: &str = include_str!("watch.js");
const ARRIVAL: &str = include_str!("arrival.js");
const FIELDS: &str = include_str!("fields.js");
const GESTURES: &str = include_str!("gestures.js");
const DRAG: &str = include_str!("drag.js");
const UPLOAD: &str = include_str!("upload.js");
const CLOSED: &str = include_str!("closed.js");
const SIGHT: &str = include_str!("sight.js");
const SURVEY: &str = include_str!("survey.js");
const EXPLORE: &str = include_str!("explore.js");

/// Bounds on what a listener takes from one document.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Events; further ones are counted, not copied.
    pub events: u64,
    /// Characters of copied data, all events together.
    pub bytes: u64,
    /// Characters of one string.
    pub text: u64,
    /// Nesting of objects.
    pub depth: u64,
    /// Objects and array items of one event.
    pub nodes: u64,
    /// The page's own registrations of handlers that are told; further ones are counted.
    pub handlers: u64,
    /// Calls of such handlers that are told; further ones are counted.
    pub calls: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { events: 100_000, bytes: 64 << 20, text: 64 << 10, depth: 20, nodes: 5_000, handlers: 500, calls: 5_000 }
    }
}

/// Whose callbacks there are besides those that listen.
#[derive(Debug, Clone, Copy)]
pub struct Callbacks {
    /// The page's own handlers are looked after.
    pub handlers: bool,
    /// One of the listener's own throws.
    pub throws: bool,
}

/// What a listener is given by its session and its visitor.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The name of the window's property through which [`mark`] finds the listener; random.
    pub token: &'a str,
    /// What the listener gives the closed shadow roots for; random as well, and nowhere to be found by a page.
    pub key: &'a str,
    /// Origin and name of each permission that the visitor has.
    pub granted: &'a [(String, String)],
}

/// The preload script's function: takes one channel argument.
///
/// `pushed`: name of a binding that pushes messages without being asked for them, and what to put before each, if the
/// browser has one.
///
/// `clock`: for a virtual clock, by how many milliseconds time has been advanced so far. `layers`: names of the data layers
/// whose pushes are reported.
pub fn listener(
    probe: &Probe,
    callbacks: Callbacks,
    clock: Option<f64>,
    layers: &[&str],
    Given { token, key, granted }: Given<'_>,
    pushed: Option<(&str, &str)>,
    limits: Limits,
) -> String {
    // A bare global's name can only be looked up by a script that holds it as an identifier. The spec's parser has made
    // sure that these are identifiers; a CSP does not forbid a function as it forbids `eval`.
    let ready = match &probe.ready {
        Ready::Callback { subscribe: path, .. } | Ready::Slot { slot: path } => Some(path),
        Ready::Event { .. } | Ready::Subscribing => None,
    };
    let paths = [&probe.subscribe, &probe.constants].into_iter().chain(ready);
    let mut roots: Vec<&str> = paths.filter_map(|path| path.first()).map(String::as_str).collect();
    roots.sort_unstable();
    roots.dedup();
    let globals: Vec<String> = roots
        .iter()
        .map(|name| format!("{0}: () => typeof {1} === \"undefined\" ? undefined : {1}", json!(name), name))
        .collect();
    let config = json!({
        "token": token,
        "key": key,
        "granted": granted,
        "pushed": pushed.map(|(binding, route)| json!({ "binding": binding, "route": route })),
        "limits": {
            "events": limits.events, "bytes": limits.bytes, "text": limits.text, "depth": limits.depth, "nodes": limits.nodes,
            "handlers": limits.handlers, "calls": limits.calls,
        },
        "probe": probe,
        "layers": layers,
        "throws": callbacks.throws,
    });
    format!(
        "(channel) => {{ const config = {config}; config.globals = {{ {globals} }};\nconfig.makeCopy = {copy};\nconfig.makeShape = {shape};\nconfig.makeEars = {ears};\nconfig.makeReady = {ready};\nconfig.makeSlots = {slots};\nconfig.handlers = {handlers};\nconfig.clock = {clock};\nconfig.observeLayers = {layers};\nconfig.asks = {asks};\nconfig.internals = {internals};\nconfig.roots = {roots};\n({listener})(channel, config); }}",
        globals = globals.join(", "),
        copy = COPY.trim_end(),
        asks = ASKS.trim_end(),
        internals = INTERNALS.trim_end(),
        shape = SHAPE.trim_end(),
        roots = ROOTS.trim_end(),
        ears = EARS.trim_end(),
        ready = READY.trim_end(),
        slots = SLOTS.trim_end(),
        handlers = if callbacks.handlers { HANDLERS.trim_end() } else { "undefined" },
        clock = match clock {
            Some(offset) => format!("{{ offset: {offset}, make: {} }}", CLOCK.trim_end()),
            None => "undefined".to_owned(),
        },
        layers = if layers.is_empty() { "undefined" } else { LAYERS.trim_end() },
        listener = LISTENER.trim_end(),
    )
}

/// Asks the listener of a document for a mark: an expression that gives the document's id, or null where no listener is
/// alive. It runs in the page's realm, so it uses nothing that the page could have replaced. (No function with arguments:
/// what Chromium's driver wraps around those uses the page's own arrays.)
pub fn mark(token: &str, step: usize) -> String {
    let token = json!(token);
    format!("window[{token}] ? window[{token}].mark({step}) : null")
}

/// Asks the virtual clock of a document: `(token, what, offset, bound) => answer`; null where there is none.
pub const ASK_CLOCK: &str =
    "(token, what, offset, bound) => window[token] ? window[token].clock(what, offset, bound) : null";

/// The closed shadow roots that scripts have attached in a document: `(token) => [roots]`, in the page's realm.
pub const CLOSED_ROOTS: &str = "(token, key) => (window[token] ? window[token].closed(key) : [])";

/// Sandbox in which [`Commands`] run: the page's changes to built-ins don't reach it.
pub const SANDBOX: &str = "chatproof";

/// Commands that run in [`SANDBOX`]: `(name, request as JSON, elements...) => [JSON, elements...]`.
///
/// Their text is tens of kilobytes, and on its way through driver and browser it is read and written several times. So a
/// document gets it once, and keeps it.
#[derive(Debug)]
pub struct Commands {
    /// Runs a command; gives null in a document that hasn't got them yet.
    pub ask: String,
    /// Brings them and runs a command.
    pub bring: String,
}

impl Commands {
    fn new(file: &str, source: &str, table: &str) -> Self {
        let key = json!(format!("chatproof {file}"));
        // Its own property: what the page puts into its window is seen through the sandbox in Firefox.
        Self {
            ask: format!(
                "(name, request, ...elements) => Object.hasOwn(globalThis, {key}) ? globalThis[{key}](name, request, ...elements) : null"
            ),
            bring: format!(
                "(...command) => {{\nconst run = (name, request, ...elements) => {{\n{ENGINE}\n{MOTION}\n{WATCH}\n{ARRIVAL}\n{FIELDS}\n{GESTURES}\n{DRAG}\n{UPLOAD}\n{CLOSED}\n{source}\nconst asked = JSON.parse(request);\nforget(asked.token);\nreturn {table}[name](asked, ...elements);\n}};\nObject.defineProperty(globalThis, {key}, {{ value: run, configurable: true }});\nreturn run(...command);\n}}"
            ),
        }
    }
}

/// The commands of `watch.js`, `arrival.js`, `fields.js`, `gestures.js`, `drag.js` and `upload.js`.
pub fn commands() -> &'static Commands {
    static COMMANDS: LazyLock<Commands> = LazyLock::new(|| Commands::new("watch.js", "", "commands"));
    &COMMANDS
}

/// The commands of `sight.js`.
pub fn sights() -> &'static Commands {
    static SIGHTS: LazyLock<Commands> = LazyLock::new(|| Commands::new("sight.js", SIGHT, "sights"));
    &SIGHTS
}

/// The commands of `survey.js`, and of `watch.js`.
pub fn surveys() -> &'static Commands {
    static SURVEYS: LazyLock<Commands> = LazyLock::new(|| Commands::new("survey.js", SURVEY, "commands"));
    &SURVEYS
}

/// The commands of `explore.js`, `survey.js` and `watch.js`.
pub fn explores() -> &'static Commands {
    static EXPLORES: LazyLock<Commands> =
        LazyLock::new(|| Commands::new("explore.js", &format!("{SURVEY}\n{EXPLORE}"), "commands"));
    &EXPLORES
}

/// A preload script for [`SANDBOX`], without arguments: keeps count of what scripts put into the page.
pub const ADDITIONS: &str = include_str!("additions.js");

/// What the page has put into `window` that events could be listened to at: `() => JSON text`, in the page's realm.
pub const GLOBALS: &str = include_str!("globals.js");

/// Wraps a site file's `eval` body so that it may `await`; answers with what it threw as text, or with an empty text.
/// (Firefox has no details of what an asynchronous function rejects with.)
pub fn eval_body(body: &str) -> String {
    format!(
        "async () => {{ try {{ await (async () => {{\n{body}\n}})(); return \"\"; }} catch (error) {{ return \"it threw \" + String(error); }} }}"
    )
}

/// A BiDi local value for a string.
pub fn string(text: &str) -> Value {
    json!({ "type": "string", "value": text })
}
