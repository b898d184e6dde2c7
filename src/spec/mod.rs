//! The spec: what a vendor documents, parsed from one YAML file with the positions kept.
//!
//! Boundary: plain data and its parser. Nothing here knows a vendor; nothing here judges.

mod decided;
mod events;
mod ids;
mod library;
mod parse;
mod probe;
mod ready;
mod rules;
mod statement;
#[cfg(test)]
mod tests;

pub use decided::Decided;
pub use events::is_event_name;
pub use library::{builtin, builtin_ids, load, open};
pub use parse::{FORMAT, parse};
pub use probe::is_identifier;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::source::{SourceFile, Span};
use crate::verdict::{Level, RequirementId};

/// A parsed spec.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The file it came from.
    pub source: SourceFile,
    /// Its id, as site files name it: `adobe-dynamic-chat`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The vendor's page: title and address, without a fragment.
    pub page: PageRef,
    /// How to listen.
    pub probe: Probe,
    /// Requirements on the ready event: it fires, it fires once, the API is usable by then.
    pub ready: ReadyStatements,
    /// Requirements on the API: found at a documented location, subscribe callable unbound, constants an object.
    pub api: ApiStatements,
    /// Requirements on the constants: each there, each usable, all distinct, undocumented ones noted.
    pub constants: ConstantStatements,
    /// The documented events by constant name, in the file's order.
    pub events: IndexMap<String, EventSpec>,
    /// What a conversation is.
    pub conversation: Conversation,
    /// Order, exclusion and implication between events of one conversation.
    pub rules: Vec<Rule>,
    /// What pages with this widget are known to have.
    pub hints: Hints,
    /// Where it says something other than the vendor's pages, and why.
    pub decided: Vec<Decided>,
}

/// What pages with a widget are known to have: undocumented, so nothing is demanded of it. `chatproof init` looks there
/// first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Locators of what opens the chat.
    pub launchers: Vec<String>,
}

/// The vendor's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRef {
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// One checkable statement: how much it weighs and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// How much it weighs.
    pub level: Level,
    /// Why the level isn't `must`; always there when it isn't.
    pub why: Option<String>,
    /// Heading of the vendor's section.
    pub section: Option<String>,
    /// Address of that section: the page's address with the section's fragment.
    pub url: Option<String>,
    /// Its place in the spec file.
    pub span: Span,
}

/// How to listen: all that the runner knows of a spec. Serialises to the listener's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// What says that the API can be used.
    pub ready: Ready,
    /// Where the API may live, in the order in which to look.
    pub locations: Vec<Location>,
    /// Dotted path of the subscribe function below the location: `addListener`.
    pub subscribe: Vec<String>,
    /// Dotted path of the constants object below the location: `Enum.Events`. Empty: there is none, events are
    /// subscribed to by name as a literal string.
    pub constants: Vec<String>,
    /// What the subscribe function is called with: `$event` and `$callback` stand for these, at any depth, all else for
    /// itself. None: with the event and the callback.
    pub arguments: Option<Vec<Value>>,
    /// The subscribe function is called on the object that it's found in, as `Bell.on(...)` is. Else by itself.
    pub bound: bool,
    /// The constants to subscribe to, in the spec's order.
    pub events: Vec<String>,
    /// Of each of them the vendor's own name for it, which is what is subscribed to if there are no constants.
    pub names: Vec<String>,
    /// Dotted path of the payload below the callback's argument: `data.payload`. Empty: the argument itself.
    pub payload: Vec<String>,
    /// Which of the callback's arguments the payload is in, from 1.
    pub argument: usize,
    /// A text where the payload is documented is JSON.
    pub parse: bool,
}

/// What says that the API can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Ready {
    /// Nothing does: it can be used as soon as subscribing works.
    Subscribing,
    /// A DOM event.
    Event {
        /// Its name.
        event: String,
        /// Where it is documented to fire.
        target: ReadyTarget,
    },
    /// A function that is given a callback: `X.then`, `queue.push`.
    Callback {
        /// Its dotted path.
        subscribe: Vec<String>,
        /// What it is called with: `$callback` stands for the callback, all else for itself.
        arguments: Vec<Value>,
        /// It is called on the object that it's found in.
        bound: bool,
    },
    /// A property that holds one callback.
    Slot {
        /// Its dotted path.
        slot: Vec<String>,
    },
}

impl Ready {
    /// What recordings name as the target of what says ready; none where nothing does.
    pub fn target(&self) -> Option<&'static str> {
        match self {
            Self::Subscribing => None,
            Self::Event { target: ReadyTarget::Window, .. } => Some("window"),
            Self::Event { target: ReadyTarget::Document, .. } => Some("document"),
            Self::Callback { .. } | Self::Slot { .. } => Some("callback"),
        }
    }

    /// What says it, for messages: the event's name, or the function's or property's path.
    pub fn name(&self) -> String {
        match self {
            Self::Subscribing => String::new(),
            Self::Event { event, .. } => event.clone(),
            Self::Callback { subscribe: path, .. } | Self::Slot { slot: path } => path.join("."),
        }
    }
}

/// Where a ready event fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadyTarget {
    /// `window`
    Window,
    /// `document`
    Document,
}

/// One place where the API may live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Name for messages: `window.AdobeDX`, `bare globals`.
    pub name: String,
    /// Path below `window`; empty for bare globals (which may be `let`, `const` or `class` bindings and so no
    /// properties of `window`).
    pub path: Vec<String>,
    /// Which argument of the ready callback it is, from 1, and `path` begins at; none: `path` begins at `window`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<usize>,
}

/// The ready family.
#[derive(Debug, Clone)]
pub struct ReadyStatements {
    /// `ready.fired`
    pub fired: Statement,
    /// `ready.once`
    pub once: Statement,
    /// `ready.api-usable`
    pub api_usable: Statement,
}

/// The API family.
#[derive(Debug, Clone)]
pub struct ApiStatements {
    /// `api.location`
    pub location: Statement,
    /// `api.subscribe`: is a function, can be called unbound, does not throw.
    pub subscribe: Statement,
    /// `api.constants`: is an object.
    pub constants: Statement,
}

/// The constants family; one requirement of each for each documented constant.
#[derive(Debug, Clone)]
pub struct ConstantStatements {
    /// `constant.X.present`
    pub present: Statement,
    /// `constant.X.usable`: a non-empty string, a finite number or a symbol.
    pub usable: Statement,
    /// `constant.X.distinct`
    pub distinct: Statement,
    /// `constants.undocumented`
    pub undocumented: Statement,
}

/// One documented event.
#[derive(Debug, Clone)]
pub struct EventSpec {
    /// Constant's name.
    pub constant: String,
    /// The vendor's own name for it, if that is another one; only where there are no constants.
    pub name: Option<String>,
    /// Nothing is demanded of what the callback gets.
    pub no_payload: bool,
    /// Its documented cause, in our words: "the visitor gives an email address".
    pub cause: String,
    /// That it fires for its cause.
    pub fires: Statement,
    /// That it fires for nothing else (an undeclared event is `unexpected`).
    pub unexpected: Statement,
    /// That some journey covers it.
    pub coverage: Statement,
    /// How often at most.
    pub at_most: Option<Cardinality>,
    /// That there is an object at the payload path.
    pub payload: Statement,
    /// Requirements on the payload's fields, in order.
    pub fields: Vec<FieldSpec>,
}

/// How often an event fires at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cardinality {
    /// The most.
    pub count: u64,
    /// Within what.
    pub per: Per,
    /// Weight and place.
    pub statement: Statement,
}

/// What a count is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// A conversation.
    Conversation,
    /// A document within a conversation: again after a reload is fine.
    Document,
    /// One causing step.
    Step,
}

/// One requirement on one payload field. `event.X.payload.FIELD`, or `event.X.payload.FIELD.ID` for further ones.
#[derive(Debug, Clone)]
pub struct FieldSpec {
    /// Field, dotted for nested ones: `agentName`.
    pub field: String,
    /// Set for a further requirement on the same field: `spelling`.
    pub id: Option<String>,
    /// The field must be there. (A further requirement only looks at a field that is there.)
    pub required: bool,
    /// JSON Schema (2020-12) for its value.
    pub schema: Value,
    /// What it is, for a person: "conversation name".
    pub title: String,
    /// Weight and place.
    pub statement: Statement,
}

/// What a conversation is: where it begins, which payload field tells conversations apart, what stays the same.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    /// Constants that begin one. Empty: the whole journey is one conversation.
    pub begins: Vec<String>,
    /// Payload field that tells conversations apart; none: each beginning event begins another. A beginning event with
    /// a new value begins another conversation, one with a known value goes on with that one; any other event belongs
    /// to the conversation with its value, else to the one begun last, whose `consistency.FIELD` it then breaks.
    pub identity: Option<String>,
    /// `consistency.FIELD`: payload fields that keep their value throughout.
    pub same: IndexMap<String, Statement>,
}

/// A rule between events of one conversation.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Requirement id: `order.engaged-after-triggered`, `exclusive.completed-or-closed`, `implies.email-engages`.
    pub id: RequirementId,
    /// The statement as a sentence, in our words.
    pub title: String,
    /// What it demands.
    pub kind: RuleKind,
    /// Weight and place.
    pub statement: Statement,
}

/// What a rule demands, within one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleKind {
    /// Each of `events` comes only after some one of `earlier`. (`order.*`)
    After {
        /// The later ones.
        events: Vec<String>,
        /// One of these must have come before.
        earlier: Vec<String>,
    },
    /// None of `events` comes after any of `ended_by`. (`order.*`)
    NotAfter {
        /// The events that must not come any more.
        events: Vec<String>,
        /// What ends them.
        ended_by: Vec<String>,
    },
    /// At most one of these fires. (`exclusive.*`)
    Exclusive {
        /// The events.
        events: Vec<String>,
    },
    /// Each of `events` carries in these fields what the last one of `of` before it carried. (`same.*`)
    Same {
        /// The fields, dotted for nested ones.
        fields: Vec<String>,
        /// The later events.
        events: Vec<String>,
        /// Those that they are compared with.
        of: Vec<String>,
    },
    /// If one of `events` fires, so does one of `also`, earlier or later. (`implies.*`)
    Implies {
        /// The events that imply.
        events: Vec<String>,
        /// One of these must fire too.
        also: Vec<String>,
    },
}
