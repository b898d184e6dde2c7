//! What pages say of a widget's events, each with the place that says it.
//!
//! Boundary: plain data. Filled from structure alone, so that pages in any language give the same.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::page::Said;
use crate::source::{SourceFile, Span};
use crate::spec::ReadyTarget;

/// A place on one of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Which page, from 0.
    pub page: usize,
    /// Where on it.
    pub span: Span,
}

/// What pages say.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The pages.
    pub pages: Vec<SourceFile>,
    /// What the first page is called.
    pub title: Option<String>,
    /// Where it says that it is.
    pub url: Option<String>,
    /// The ready event.
    pub ready: Option<Ready>,
    /// How events are subscribed to; none if no sample shows it.
    pub api: Option<Api>,
    /// Where the payload is.
    pub payload: Payload,
    /// The events, in the pages' order.
    pub events: IndexMap<String, Event>,
    /// All headings: their texts, and the fragments that the pages give them.
    pub sections: Vec<(Place, Section)>,
    /// Subscriptions that were seen and not taken: what is called, and where.
    pub left: Vec<(String, Place)>,
}

/// The ready event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Its name.
    pub event: String,
    /// Where it fires.
    pub target: ReadyTarget,
    /// Who says so.
    pub place: Place,
    /// Its section.
    pub section: Section,
    /// Subscriptions stand in its handler.
    pub encloses: bool,
}

/// A section of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// On which page it is, from 0.
    pub page: usize,
    /// Its heading.
    pub title: Option<Said>,
    /// The fragment that the page gives it.
    pub anchor: Option<Said>,
    /// The one that most publishers make of its heading.
    pub slug: String,
}

/// How events are subscribed to.
#[derive(Debug, Clone, PartialEq)]
pub struct Api {
    /// Paths below `window`; an empty one stands for bare globals.
    pub locations: Vec<(Vec<String>, Place)>,
    /// The subscribe function below them.
    pub subscribe: Vec<String>,
    /// The object of constants below them; empty if events are named by texts.
    pub constants: Vec<String>,
    /// What is passed, unless it's the event and the callback.
    pub arguments: Option<Vec<Json>>,
    /// It's called on its object.
    pub bound: bool,
    /// It is `addEventListener` of `window` or `document`.
    pub dom: bool,
    /// Who says so.
    pub place: Place,
    /// The section of the first one.
    pub section: Section,
}

/// Where the payload is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// In which argument of the callback, from 1.
    pub argument: usize,
    /// Where in it.
    pub path: Vec<String>,
    /// Who says so; none if it was assumed.
    pub place: Option<Place>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it's named.
    pub place: Place,
    /// Its section.
    pub section: Section,
    /// Why it fires, in the page's words.
    pub cause: Option<(String, Place)>,
    /// Its payload's fields, dotted, below the payload.
    pub fields: IndexMap<String, Field>,
}

/// A field of an event's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is, in the page's words.
    pub title: Option<String>,
    /// The type that the page gives it, as JSON Schema calls it.
    pub kind: Option<&'static str>,
    /// The page marks it as one that may be missing.
    pub optional: bool,
    /// Only a sample or a sentence has it; no table and no list does.
    pub shown: bool,
    /// Its table stands in another event's section and was taken to hold for this one too.
    pub shared: bool,
    /// Where it's named.
    pub place: Place,
}
