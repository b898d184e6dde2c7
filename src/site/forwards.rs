//! `forwards`: what a site sends on to analytics for each event.
//!
//! Boundary: plain data; read in `forwards_parse.rs`.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::place::AddressKind;
use super::template::{Template, Variables};
use super::{FieldExpectation, Site};
use crate::analytics::{self, Address, Each, Hit, Product};
use crate::source::Span;
use crate::source::globs::Pattern;
use crate::verdict::RequirementId;

/// How long after an event its forwards may come, unless said otherwise. Tags collect events for up to about five
/// seconds before they send them.
pub const WITHIN: Duration = Duration::from_secs(6);

/// One way from events to an analytics product.
#[derive(Debug, Clone)]
pub struct Forward {
    /// Its key in the file.
    pub name: String,
    /// Which product.
    pub product: Product,
    /// Measurement id, tracking id or report suite; any if empty.
    pub properties: Vec<Template>,
    /// Where it listens, besides what is known of the product.
    pub addresses: Vec<Template>,
    /// For data layers: the global's name.
    pub layer: String,
    /// How long after an event its forward may come.
    pub within: Duration,
    /// Globs of the journeys in which it is looked at; all of them if empty.
    pub journeys: Vec<Pattern>,
    /// What personal data in it amounts to.
    pub pii: Pii,
    /// The step before which nothing may be sent, or nothing but pings.
    pub consent: Option<Consent>,
    /// For plain requests: where in one the list is whose members are its hits.
    pub each: Option<Each>,
    /// What is to be sent for each event, by constant.
    pub events: IndexMap<String, Vec<Forwarded>>,
    /// Place of its name.
    pub span: Span,
}

/// When a visitor agrees to be counted.
#[derive(Debug, Clone)]
pub struct Consent {
    /// Name of the step that gives it.
    pub step: String,
    /// What has to stand in whatever is sent before that; if empty, nothing may be.
    pub before: IndexMap<String, FieldExpectation>,
}

/// What personal data in a forward amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pii {
    /// A warning.
    #[default]
    Warn,
    /// A failure.
    Forbid,
    /// It is meant to be there.
    Allow,
}

/// One hit that is to be sent for an event.
#[derive(Debug, Clone)]
pub struct Forwarded {
    /// The hit's name; `None` for plain requests.
    pub name: Option<String>,
    /// For plain requests: the method.
    pub method: Option<String>,
    /// What tells it from others of its name: fields and the plain texts that they equal.
    pub filter: IndexMap<String, String>,
    /// What is demanded of its fields; `${payload.X}` in them is the event's.
    pub values: IndexMap<String, FieldExpectation>,
    /// How long after the event it may come, if not as the others.
    pub within: Option<Duration>,
    /// Place.
    pub span: Span,
}

impl Forward {
    /// All addresses that it sends to; one whose references can't be replaced is left out.
    pub fn addresses(&self, variables: &Variables) -> Vec<Address> {
        let own: Vec<Address> = self.addresses.iter().filter_map(|address| render(address, variables).ok()).collect();
        // A first-party server is named for its own sake: then no other is waited for, and none is slowed down.
        match self.product.tag().is_some_and(|tag| tag.own_server) && !own.is_empty() {
            true => own,
            false => self.product.addresses().iter().cloned().chain(own).collect(),
        }
    }

    /// The same, and all that looks like a hit of its product's wherever it goes. What a site names a server of its own for
    /// is looked for there.
    pub fn watched(&self, variables: &Variables) -> Vec<Address> {
        let own_server = self.product.tag().is_some_and(|tag| tag.own_server) && !self.addresses.is_empty();
        let anywhere = self.product.anywhere().filter(|_| !own_server).cloned();
        self.addresses(variables).into_iter().chain(anywhere).collect()
    }

    /// What is wrong with its addresses, now that their references can be replaced. The texts hold no value.
    pub fn wrong_addresses(&self, variables: &Variables) -> Vec<String> {
        let wrong = |address: &Template| {
            let why = render(address, variables).err()?;
            Some(format!("`{}` of the forward {} can't be watched: {why}", address.text, self.name))
        };
        self.addresses.iter().filter_map(wrong).collect()
    }

    /// Whether it is looked at in this journey.
    pub fn is_of(&self, journey: &str) -> bool {
        self.journeys.is_empty() || self.journeys.iter().any(|glob| glob.is_match(journey))
    }

    /// Every hit that it claims to know.
    pub fn forwarded(&self) -> impl Iterator<Item = (&str, &Forwarded)> {
        self.events.iter().flat_map(|(event, all)| all.iter().map(move |one| (event.as_str(), one)))
    }
}

fn render(address: &Template, variables: &Variables) -> Result<Address, String> {
    Address::parse(&address.render_address(variables, AddressKind::Pattern)?)
}

impl Forwarded {
    /// Whether a hit is one of these.
    pub fn is(&self, hit: &Hit) -> bool {
        self.fits(&hit.names, &hit.fields)
    }

    /// The same, by a hit's names and fields.
    pub fn fits(&self, names: &[String], fields: &Map<String, Value>) -> bool {
        self.is_named(names, fields)
            && self.filter.iter().all(|(field, text)| self.has(fields, field, text) == Some(true))
    }

    /// Whether it could be one of these, if what can't be read of it were as it should be.
    pub fn may_be(&self, names: &[String], fields: &Map<String, Value>) -> bool {
        let named = match (&self.name, names.is_empty()) {
            (Some(_), true) => true,
            _ => self.is_named(names, fields),
        };
        named && self.filter.iter().all(|(field, text)| self.has(fields, field, text) != Some(false))
    }

    fn is_named(&self, names: &[String], fields: &Map<String, Value>) -> bool {
        let method = self.method.as_ref().is_none_or(|method| {
            fields.get("method").and_then(|m| m.as_str()).is_some_and(|m| m.eq_ignore_ascii_case(method))
        });
        self.name.as_ref().is_none_or(|name| names.contains(name)) && method
    }

    /// Whether a field equals a text; `None`: it isn't there.
    fn has(&self, fields: &Map<String, Value>, field: &str, text: &str) -> Option<bool> {
        // Of lines of JSON any may be meant.
        if let Some(Value::Array(lines)) = fields.get("json") {
            let mut its = lines.iter().filter_map(|line| analytics::field(line.as_object()?, field)).peekable();
            if its.peek().is_some() {
                return Some(its.any(|value| plain(&value) == text));
            }
        }
        analytics::field(fields, field).map(|value| plain(&value) == text)
    }

    /// How it is called in messages: `` `chat_triggered` ``.
    pub fn told(&self) -> String {
        let mut told = match (&self.name, &self.method) {
            (Some(name), _) => format!("`{name}`"),
            (None, Some(method)) => format!("a {method} request"),
            (None, None) => "a request".to_owned(),
        };
        for (n, (field, text)) in self.filter.iter().enumerate() {
            told.push_str(&format!("{} `{field}` \"{text}\"", if n == 0 { " with" } else { " and" }));
        }
        told
    }

    /// How long after the event it may come.
    pub fn within(&self, forward: &Forward) -> Duration {
        self.within.unwrap_or(forward.within)
    }
}

/// A value as a query or a form would carry it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Site {
    /// The forwards that are looked at in a journey.
    pub fn forwards_of(&self, journey: &str) -> impl Iterator<Item = &Forward> {
        self.forwards.values().filter(move |forward| forward.is_of(journey))
    }

    /// The names of the data layers that are listened to in a journey.
    pub fn layers(&self, journey: &str) -> Vec<&str> {
        let layers = self.forwards_of(journey).filter(|f| f.product.is_layer());
        let mut names: Vec<&str> = layers.map(|f| f.layer.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The requirements that its forwards make: ids for the globs of `levels`.
    pub fn forward_requirements(&self) -> Vec<RequirementId> {
        requirement_ids(&self.forwards)
    }
}

pub(super) fn requirement_ids(forwards: &IndexMap<String, Forward>) -> Vec<RequirementId> {
    let mut ids = Vec::new();
    for (name, forward) in forwards {
        for (event, one) in forward.forwarded() {
            ids.extend(["sent", "once", "in-time"].map(|what| RequirementId::forwarded(name, event, what)));
            ids.extend(one.values.keys().map(|field| RequirementId::forwarded_value(name, event, field)));
        }
        ids.extend(["unprompted", "pii", "consent", "retired"].map(|what| RequirementId::forward(name, what)));
    }
    ids
}

/// A piece of an expected text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// What stands between `${` and `}`.
    Reference(String),
}

/// Takes an expected text apart; `$${` is a literal `${`. A `${` that nothing closes is text.
pub fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let inside = from.strip_prefix("${").unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            plain.push_str(before);
            plain.push_str("${");
            rest = inside;
            continue;
        }
        let Some((name, after)) = inside.split_once('}') else { break };
        plain.push_str(before);
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Reference(name.trim().to_owned()));
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    parts
}
