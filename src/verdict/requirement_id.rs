//! What a requirement is called: its parts, and the one way in which they are written.
//!
//! An event's name is the vendor's, and may hold anything: dots, or a word that is a part of an id elsewhere (`payload`,
//! `text`). So an id is put together from its parts and keeps them. Nothing ever splits its text.
//!
//! Boundary: names; what they demand is the judge's business.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::{Serialize, Serializer};

/// A requirement's id. It reads as a text (`event.CONVERSATION_ENGAGED.payload.sid`), stable and for people and machines
/// alike; its parts are asked for by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId {
    /// First, so that ids are sorted as they read.
    text: String,
    family: &'static str,
    forward: Option<String>,
    event: Option<String>,
    what: Cow<'static, str>,
    field: Option<String>,
    further: Option<String>,
}

impl RequirementId {
    /// A requirement that is about no event, field or forward: `ready.fired`.
    pub fn plain(family: &'static str, what: &'static str) -> Self {
        Self::new(family, what)
    }

    /// `constant.X.WHAT`
    pub fn constant(constant: &str, what: &'static str) -> Self {
        Self::new("constant", what).of_event(constant).written()
    }

    /// `event.X.WHAT`: `fires`, `unexpected`, `at-most`, `payload`.
    pub fn event(event: &str, what: &'static str) -> Self {
        Self::new("event", what).of_event(event).written()
    }

    /// `event.X.payload.FIELD`, with `.FURTHER` for a further requirement on the field.
    pub fn payload(event: &str, field: &str, further: Option<&str>) -> Self {
        let mut id = Self::new("event", "payload").of_event(event).of_field(field);
        id.further = further.map(str::to_owned);
        id.written()
    }

    /// `site.X.payload.FIELD`: what a site file demands of a payload field.
    pub fn site(event: &str, field: &str) -> Self {
        Self::new("site", "payload").of_event(event).of_field(field).written()
    }

    /// `site.X.in-order`: that a site file has it come after another event.
    pub fn in_order(event: &str) -> Self {
        Self::new("site", "in-order").of_event(event).written()
    }

    /// `consistency.FIELD`
    pub fn consistency(field: &str) -> Self {
        Self::new("consistency", "").of_field(field).written()
    }

    /// A rule of the spec: `order.NAME`, `exclusive.NAME`, `implies.NAME`, `same.NAME`.
    pub fn rule(family: &'static str, name: &str) -> Self {
        Self { what: Cow::Owned(name.to_owned()), ..Self::new(family, "") }.written()
    }

    /// `handler.X.WHAT`
    pub fn handler(event: &str, what: &'static str) -> Self {
        Self::new("handler", what).of_event(event).written()
    }

    /// `coverage.X`
    pub fn coverage(event: &str) -> Self {
        Self::new("coverage", "").of_event(event).written()
    }

    /// `forward.NAME.WHAT`: what holds for all of a forward.
    pub fn forward(name: &str, what: &'static str) -> Self {
        Self::new("forward", what).of_forward(name).written()
    }

    /// `forward.NAME.X.WHAT`
    pub fn forwarded(name: &str, event: &str, what: &'static str) -> Self {
        Self::new("forward", what).of_forward(name).of_event(event).written()
    }

    /// `forward.NAME.X.value.FIELD`
    pub fn forwarded_value(name: &str, event: &str, field: &str) -> Self {
        Self::new("forward", "value").of_forward(name).of_event(event).of_field(field).written()
    }

    fn new(family: &'static str, what: &'static str) -> Self {
        Self {
            text: format!("{family}.{what}"),
            family,
            forward: None,
            event: None,
            what: Cow::Borrowed(what),
            field: None,
            further: None,
        }
    }

    fn of_forward(self, name: &str) -> Self {
        Self { forward: Some(name.to_owned()), ..self }
    }

    fn of_event(self, event: &str) -> Self {
        Self { event: Some(event.to_owned()), ..self }
    }

    fn of_field(self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self }
    }

    /// Writes the parts down.
    fn written(mut self) -> Self {
        let what = Some(self.what.as_ref()).filter(|what| !what.is_empty());
        let parts =
            [self.forward.as_deref(), self.event.as_deref(), what, self.field.as_deref(), self.further.as_deref()];
        self.text = std::iter::once(self.family).chain(parts.into_iter().flatten()).collect::<Vec<_>>().join(".");
        self
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its first part: `event`.
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// The forward that it is about.
    pub fn forward_name(&self) -> Option<&str> {
        self.forward.as_deref()
    }

    /// The event, or constant, that it is about.
    pub fn event_name(&self) -> Option<&str> {
        self.event.as_deref()
    }

    /// What is demanded: `fires`; a rule's name; empty where the family says it all.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The field that it is about, dotted for nested ones.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The name of a further requirement on the field.
    pub fn further(&self) -> Option<&str> {
        self.further.as_deref()
    }

    /// Whether it is `FAMILY.….WHAT`, whatever it is about.
    pub fn is(&self, family: &str, what: &str) -> bool {
        self.family == family && self.what == what
    }

    /// Whether it is about what a documented event is, and not about what the site makes of it.
    pub fn is_of_event(&self, event: &str) -> bool {
        self.event_name() == Some(event) && !matches!(self.family, "handler" | "forward")
    }

    /// The same demand, whichever event makes it: what defects of several events can have in common.
    pub fn demand(&self) -> (&'static str, &str, Option<&str>, Option<&str>) {
        (self.family, self.what(), self.field(), self.further())
    }
}

/// An id that is written in the program: `ready.fired`. Only of those without a part of anybody else's.
impl From<&'static str> for RequirementId {
    fn from(text: &'static str) -> Self {
        let (family, what) = text.split_once('.').unwrap_or((text, ""));
        Self::new(family, what)
    }
}

impl From<&RequirementId> for RequirementId {
    fn from(id: &RequirementId) -> Self {
        id.clone()
    }
}

impl Deref for RequirementId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for RequirementId {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl PartialEq<str> for RequirementId {
    fn eq(&self, text: &str) -> bool {
        self.text == text
    }
}

impl PartialEq<&str> for RequirementId {
    fn eq(&self, text: &&str) -> bool {
        self.text == *text
    }
}

impl PartialEq<String> for RequirementId {
    fn eq(&self, text: &String) -> bool {
        self.text == *text
    }
}

impl Serialize for RequirementId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_as_they_always_have() {
        let of = |id: RequirementId| id.to_string();
        assert_eq!(of("ready.api-usable".into()), "ready.api-usable");
        assert_eq!(of(RequirementId::plain("constants", "undocumented")), "constants.undocumented");
        assert_eq!(of(RequirementId::constant("A", "present")), "constant.A.present");
        assert_eq!(of(RequirementId::event("A", "at-most")), "event.A.at-most");
        assert_eq!(of(RequirementId::payload("A", "a.b", None)), "event.A.payload.a.b");
        assert_eq!(of(RequirementId::payload("A", "type", Some("spelling"))), "event.A.payload.type.spelling");
        assert_eq!(of(RequirementId::site("A", "id")), "site.A.payload.id");
        assert_eq!(of(RequirementId::consistency("id")), "consistency.id");
        assert_eq!(of(RequirementId::rule("order", "a-after-b")), "order.a-after-b");
        assert_eq!(of(RequirementId::handler("A", "once")), "handler.A.once");
        assert_eq!(of(RequirementId::coverage("A")), "coverage.A");
        assert_eq!(of(RequirementId::forward("ga4", "pii")), "forward.ga4.pii");
        assert_eq!(of(RequirementId::forwarded("ga4", "A", "sent")), "forward.ga4.A.sent");
        assert_eq!(of(RequirementId::forwarded_value("ga4", "A", "id")), "forward.ga4.A.value.id");
    }

    #[test]
    fn a_name_is_never_taken_for_a_part() {
        let field = RequirementId::payload("sent", "text", None);
        assert_eq!((field.event_name(), field.field()), (Some("sent"), Some("text")));
        let dotted = RequirementId::event("api.chat.fires", "unexpected");
        assert_eq!((dotted.event_name(), dotted.what()), (Some("api.chat.fires"), "unexpected"));
        assert!(!RequirementId::event("ready.fired", "payload").is("ready", "fired"));
        // Alike as texts, and still two.
        let (one, other) = (RequirementId::event("a.payload", "fires"), RequirementId::payload("a", "fires", None));
        assert_ne!(RequirementId::payload("a.payload", "x", None), RequirementId::payload("a", "payload.x", None));
        assert!(one.as_str() == other.as_str() && one != other);
    }
}
