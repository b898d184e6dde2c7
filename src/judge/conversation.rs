//! Which conversation each event belongs to.
//!
//! A conversation is begun by one of the spec's `begins` events, and told from others by the `identity` field. Two may be
//! open at once (a pop-up and the chatbot), so an event joins the one with its identity; one that matches none joins the
//! one begun last, and is a *stray* there: consistency reports it. Events before the beginning of their conversation form
//! one that the event of `begins` then joins, so that an order that is wrong is judged as that and nothing else.
//!
//! An identity may itself be wrong: an event that has that of one conversation, but contradicts it in the other fields
//! that stay the same, belongs where those say, and is a stray there. So a borrowed id is told as that, and isn't also
//! a duplicate and a change of name, type and whatever else the two conversations differ in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::spec::Spec;
use crate::verdict::Level;

use super::trace::{Occurrence, Trace};

/// Events that belong together.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    pub(crate) identity: Option<Value>,
    /// The other fields that stay the same, as first heard.
    fields: BTreeMap<String, Value>,
    begun: bool,
    /// Indices into [`Trace::occurrences`], in order.
    pub(crate) occurrences: Vec<usize>,
    /// Those that have another identity and are here for want of a better place.
    pub(crate) strays: BTreeSet<usize>,
}

/// All conversations of a journey, in the order of their first events.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    pub(crate) all: Vec<Conversation>,
    /// For each occurrence, the index of its conversation.
    of: Vec<usize>,
}

impl Conversations {
    /// Assigns every occurrence to a conversation.
    pub(crate) fn new(spec: &Spec, trace: &Trace) -> Self {
        let mut conversations = Self::default();
        let is_begin = |o: &Occurrence| spec.conversation.begins.iter().any(|b| b == o.constant);
        let begun: Vec<Value> =
            trace.occurrences.iter().filter(|o| is_begin(o)).filter_map(|o| identity(spec, o)).collect();
        for (index, occurrence) in trace.occurrences.iter().enumerate() {
            let identity = identity(spec, occurrence);
            let begins = is_begin(occurrence);
            let has_beginning = identity.as_ref().is_some_and(|i| begun.contains(i));
            let told = fields(spec, occurrence);
            let borrowed = identity.as_ref().and_then(|i| conversations.borrowed(spec, i, begins, &told));
            let at = match borrowed {
                Some(at) => at,
                None => conversations.place(spec, identity.as_ref(), begins, has_beginning),
            };
            conversations.of.push(at);
            let Some(conversation) = conversations.all.get_mut(at) else { continue };
            for (field, value) in told {
                conversation.fields.entry(field.to_owned()).or_insert_with(|| value.clone());
            }
            if borrowed.is_some() {
                conversation.strays.insert(index);
            }
            conversation.begun |= begins;
            conversation.occurrences.push(index);
            match (&conversation.identity, identity) {
                (None, heard) => conversation.identity = heard,
                (Some(known), Some(heard)) if *known != heard => {
                    conversation.strays.insert(index);
                }
                // It should have begun another, or told that it hasn't.
                (Some(_), None) if begins => {
                    conversation.strays.insert(index);
                }
                _ => {}
            }
        }
        conversations
    }

    /// The conversation of an occurrence.
    pub(crate) fn of(&self, occurrence: usize) -> usize {
        self.of.get(occurrence).copied().unwrap_or(0)
    }

    /// `conversation 2`, or nothing if there is only one.
    pub(crate) fn name(&self, conversation: usize) -> String {
        if self.all.len() > 1 { format!("conversation {}", conversation + 1) } else { String::new() }
    }

    /// Where an event belongs whose identity is another conversation's, if its other fields say that it is: to the
    /// conversation that they agree with; a beginning event begins one. What only may differ says nothing by itself.
    fn borrowed(
        &mut self,
        spec: &Spec,
        identity: &Value,
        begins: bool,
        told: &BTreeMap<&str, &Value>,
    ) -> Option<usize> {
        let differ = |c: &Conversation| -> Vec<&str> {
            told.iter().filter(|(f, v)| c.fields.get(**f).is_some_and(|known| known != **v)).map(|(f, _)| *f).collect()
        };
        let must = |f: &&str| spec.conversation.same.get(*f).is_some_and(|s| s.level == Level::Must);
        let owner = self.all.iter().rposition(|c| c.identity.as_ref() == Some(identity))?;
        let contradicted = differ(self.all.get(owner)?);
        if contradicted.len() < 2 || !contradicted.iter().any(must) {
            return None;
        }
        let agrees = |c: &Conversation| {
            contradicted.iter().all(|f| c.fields.get(*f) == told.get(f).copied()) && differ(c).is_empty()
        };
        match self.all.iter().rposition(|c| c.begun && agrees(c)) {
            None if begins => {
                self.all.push(Conversation { identity: Some(identity.clone()), ..Conversation::default() });
                Some(self.all.len() - 1)
            }
            found => found,
        }
    }

    /// The earlier conversation that has the same identity, though it is another one.
    pub(crate) fn namesake(&self, conversation: usize) -> Option<usize> {
        let identity = self.all.get(conversation)?.identity.as_ref()?;
        self.all.iter().take(conversation).position(|c| c.identity.as_ref() == Some(identity))
    }

    /// The conversation with this identity.
    pub(crate) fn owner(&self, identity: &Value) -> Option<usize> {
        self.all.iter().position(|c| c.identity.as_ref() == Some(identity))
    }

    fn place(&mut self, spec: &Spec, identity: Option<&Value>, begins: bool, has_beginning: bool) -> usize {
        let last = self.all.len().checked_sub(1);
        let same = identity.and_then(|i| self.all.iter().rposition(|c| c.identity.as_ref() == Some(i)));
        let joined = if spec.conversation.begins.is_empty() {
            last
        } else if !begins {
            // If its beginning is still to come it is a conversation of its own until then; but one that began without
            // an identity is taken to be its own.
            let open = last.filter(|l| !has_beginning || self.all.get(*l).is_some_and(|c| c.identity.is_none()));
            same.or(open)
        } else if spec.conversation.identity.is_none() {
            self.all.iter().rposition(|c| !c.begun)
        } else {
            // Without an identity of its own it can't be told from the last; that it lacks one is judged elsewhere.
            let unknown = || self.all.iter().rposition(|c| c.identity.is_none());
            same.or_else(unknown).or(if identity.is_none() { last } else { None })
        };
        joined.unwrap_or_else(|| {
            self.all.push(Conversation::default());
            self.all.len() - 1
        })
    }
}

/// What tells conversations apart, as heard with an occurrence. An object can't: it is no id.
fn identity(spec: &Spec, occurrence: &Occurrence) -> Option<Value> {
    let field = spec.conversation.identity.as_deref()?;
    let value = field_of(payload(spec, occurrence)?, field)?;
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)).then(|| value.clone())
}

/// The fields that stay the same in a conversation, but for its identity, as heard with an occurrence.
fn fields<'s, 'a>(spec: &'s Spec, occurrence: &Occurrence<'a>) -> BTreeMap<&'s str, &'a Value> {
    let Some(payload) = payload(spec, occurrence) else { return BTreeMap::new() };
    let names = spec.conversation.same.keys().map(String::as_str);
    let others = names.filter(|f| Some(*f) != spec.conversation.identity.as_deref());
    others.filter_map(|f| Some((f, field_of(payload, f).filter(|v| !v.is_null())?))).collect()
}

/// What stands at the documented place of the payload.
pub(crate) fn payload<'a>(spec: &Spec, occurrence: &Occurrence<'a>) -> Option<&'a Value> {
    spec.probe.payload.iter().try_fold(occurrence.data, |value, key| value.as_object()?.get(key))
}

/// A field of a payload, dotted for nested ones.
pub(crate) fn field_of<'a>(payload: &'a Value, field: &str) -> Option<&'a Value> {
    field.split('.').try_fold(payload, |value, key| value.as_object()?.get(key))
}
