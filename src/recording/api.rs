//! What a page offers to listen to, and what listens to it: places of an API, constants, subscriptions, handlers.

use serde::{Deserialize, Serialize};

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
