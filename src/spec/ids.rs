//! The ids of a spec's requirements: used in verdicts, in site files' `levels`, everywhere.
//!
//! Boundary: names; what they demand is the judge's business.

use super::{FieldSpec, Ready, Spec};
use crate::verdict::RequirementId;

impl Spec {
    /// Every requirement's id, in the order in which the families come in reports.
    pub fn requirement_ids(&self) -> Vec<RequirementId> {
        let ready: &[&'static str] = match self.probe.ready {
            Ready::Subscribing => &[],
            _ => &["ready.fired", "ready.once", "ready.api-usable"],
        };
        let mut ids: Vec<RequirementId> = ready.iter().copied().map(RequirementId::from).collect();
        ids.extend(["api.location", "api.subscribe", "api.constants"].map(RequirementId::from));
        for constant in self.events.keys() {
            ids.extend(["present", "usable", "distinct"].map(|what| RequirementId::constant(constant, what)));
        }
        ids.push("constants.undocumented".into());
        for (constant, event) in &self.events {
            ids.extend(["fires", "unexpected"].map(|what| RequirementId::event(constant, what)));
            if event.at_most.is_some() {
                ids.push(RequirementId::event(constant, "at-most"));
            }
            if !event.no_payload {
                ids.push(RequirementId::event(constant, "payload"));
            }
            ids.extend(event.fields.iter().map(|field| field.requirement_id(constant)));
        }
        ids.extend(self.conversation.same.keys().map(|field| RequirementId::consistency(field)));
        ids.extend(self.rules.iter().map(|rule| rule.id.clone()));
        if self.probe.locations.len() > 1 {
            ids.push("listeners.everywhere".into());
        }
        ids.extend(["listeners.independent", "payload.kept"].map(RequirementId::from));
        ids.extend(["registered", "parsed", "seen"].map(|what| RequirementId::plain("handlers", what)));
        for constant in self.events.keys() {
            ids.extend(["in-time", "called", "returns", "once"].map(|what| RequirementId::handler(constant, what)));
        }
        ids.extend(self.events.keys().map(|constant| RequirementId::coverage(constant)));
        ids
    }

    /// The documented payload fields of an event, each once, in the spec's order; none for an unknown event.
    pub fn payload_fields(&self, constant: &str) -> Vec<&str> {
        let fields = self.events.get(constant).map(|event| event.fields.as_slice()).unwrap_or_default();
        fields.iter().filter(|field| field.id.is_none()).map(|field| field.field.as_str()).collect()
    }
}

impl FieldSpec {
    /// `event.X.payload.FIELD`, with `.ID` for further requirements.
    pub fn requirement_id(&self, constant: &str) -> RequirementId {
        RequirementId::payload(constant, &self.field, self.id.as_deref())
    }
}
