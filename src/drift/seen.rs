//! What was seen of a journey, in one recording or in several: counts, shapes, times; bounded.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::text;

use super::{Keep, shape};

/// How many different things of a kind are kept of one journey.
const KINDS: usize = 200;
/// How many times of an event are kept, the latest.
const TIMES: usize = 60;
/// How deep payloads are looked into.
const DEPTH: usize = 8;
/// How many entries of a list are looked into.
const ENTRIES: usize = 20;
/// How many values of a shape are kept to be shown.
const VALUES: usize = 3;
/// Characters of a name.
const NAME: usize = 200;

/// What was seen of a journey in a column.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// In how many recordings.
    pub recordings: u32,
    /// How many of these did not come to their end.
    #[serde(skip_serializing_if = "is_zero")]
    pub unfinished: u32,
    /// Requirements that didn't hold, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub broken: BTreeMap<String, Broken>,
    /// Documented events, by constant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, EventSeen>,
    /// Where the API lives, by the location's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub api: BTreeMap<String, Place>,
    /// Handlers of the page's own, by constant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub handlers: BTreeMap<String, Count>,
    /// Hits, by forward and name: `ga4: chat_opened`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub hits: BTreeMap<String, Count>,
    /// The steps, as a person reads them; of the latest recording.
    #[serde(skip)]
    pub steps: Vec<String>,
}

/// A requirement that didn't hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Broken {
    /// `fail`, `warn`, `not-reached`, `inconclusive`, `note`: the gravest.
    pub outcome: String,
    /// In how many recordings.
    pub recordings: u32,
    /// In how many places of one recording at most.
    pub places: u32,
    /// What was found.
    pub findings: BTreeSet<String>,
    /// The requirement as a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub statement: String,
    /// The requirement whose breach explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<String>,
    /// What was heard, for a person.
    #[serde(skip)]
    pub actual: String,
}

/// How often something was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Count {
    /// In how many recordings at all.
    pub recordings: u32,
    /// How often in one of these, at least.
    pub least: u32,
    /// And at most.
    pub most: u32,
}

/// What was seen of an event.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EventSeen {
    /// How often it was heard.
    #[serde(flatten)]
    pub count: Count,
    /// How often in all.
    pub heard: u32,
    /// The steps that it came after, from 1; 0: before all.
    pub steps: BTreeSet<u32>,
    /// Milliseconds after those steps began, the latest ones.
    pub times: Vec<u32>,
    /// What the callback's first argument held, by path.
    pub fields: BTreeMap<String, FieldSeen>,
}

/// What was seen of a payload field.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldSeen {
    /// In how many of the event's payloads.
    pub present: u32,
    /// Its shapes.
    pub shapes: BTreeSet<String>,
    /// Some values of each, only where they are to be shown.
    #[serde(skip)]
    pub values: BTreeMap<String, BTreeSet<String>>,
}

/// What was seen of a place where the API may live.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// In how many recordings it was looked at once the widget was ready.
    pub recordings: u32,
    /// `typeof` what was there, sorted: `object: object`, `subscribe: function`, `constants: object`.
    pub parts: BTreeSet<String>,
    /// Constants, with in how many recordings, and the types of their values.
    pub constants: BTreeMap<String, ConstantSeen>,
}

/// What was seen of a constant.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConstantSeen {
    /// In how many recordings.
    pub recordings: u32,
    /// `typeof` its value, and its form.
    pub shapes: BTreeSet<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Room for a name in a map that may not grow for ever.
pub(super) fn room<'m, V: Default>(map: &'m mut BTreeMap<String, V>, name: &str) -> Option<&'m mut V> {
    let name = text::line(name, NAME);
    if map.len() >= KINDS && !map.contains_key(&name) {
        return None;
    }
    Some(map.entry(name).or_default())
}

impl Broken {
    /// How grave an outcome is.
    pub fn rank(outcome: &str) -> u8 {
        match outcome {
            "fail" => 5,
            "not-reached" => 4,
            "warn" => 3,
            "inconclusive" => 2,
            "note" => 1,
            _ => 0,
        }
    }

    /// Takes what another recording says of the same requirement.
    fn join(&mut self, other: Self) {
        if Self::rank(&other.outcome) > Self::rank(&self.outcome) {
            self.outcome = other.outcome;
            self.actual = other.actual;
            self.caused_by = other.caused_by;
        }
        if !other.statement.is_empty() {
            self.statement = other.statement;
        }
        self.recordings = self.recordings.saturating_add(other.recordings);
        self.places = self.places.max(other.places);
        self.findings.extend(other.findings);
        while self.findings.len() > 20 {
            self.findings.pop_last();
        }
    }
}

impl Count {
    /// Of one recording.
    pub fn once(times: u32) -> Self {
        Self { recordings: 1, least: times, most: times }
    }

    /// How often in one of `recordings` at least.
    pub fn at_least(&self, recordings: u32) -> u32 {
        if self.recordings < recordings { 0 } else { self.least }
    }

    fn join(&mut self, other: Self) {
        *self = if self.recordings == 0 {
            other
        } else if other.recordings == 0 {
            *self
        } else {
            Self {
                recordings: self.recordings.saturating_add(other.recordings),
                least: self.least.min(other.least),
                most: self.most.max(other.most),
            }
        };
    }

    /// `never`, `once`, `2 times`, `2 to 4 times`, for a person.
    pub fn told(&self, recordings: u32) -> String {
        let times = |times: u32| match times {
            0 => "never".to_owned(),
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        let least = self.at_least(recordings);
        if least == self.most { times(least) } else { format!("{least} to {}", times(self.most)) }
    }
}

impl EventSeen {
    /// Takes one firing.
    pub(super) fn hear(&mut self, step: Option<usize>, latency_ms: Option<f64>, data: &Value, keep: Keep) {
        self.heard = self.heard.saturating_add(1);
        if self.steps.len() < KINDS {
            self.steps.insert(step.and_then(|step| u32::try_from(step + 1).ok()).unwrap_or(0));
        }
        if let Some(ms) = latency_ms.filter(|ms| (0.0..86_400_000.0).contains(ms)) {
            self.times.push(ms.round() as u32);
        }
        let mut there = BTreeMap::new();
        walk("", data, 0, &mut there);
        for (path, values) in there {
            let Some(field) = room(&mut self.fields, &path) else { continue };
            field.present = field.present.saturating_add(1);
            for value in values {
                let shape = shape::of(value);
                field.shapes.insert(shape.to_owned());
                if keep == Keep::Values {
                    let values = field.values.entry(shape.to_owned()).or_default();
                    if values.len() < VALUES {
                        values.insert(text::line(&value.to_string(), 80));
                    }
                }
            }
        }
        self.trim();
    }

    fn trim(&mut self) {
        let more = self.times.len().saturating_sub(TIMES);
        self.times.drain(..more);
    }

    fn join(&mut self, other: Self) {
        self.count.join(other.count);
        self.heard = self.heard.saturating_add(other.heard);
        self.steps.extend(other.steps);
        self.times.extend(other.times);
        self.trim();
        for (path, theirs) in other.fields {
            let Some(field) = room(&mut self.fields, &path) else { continue };
            field.present = field.present.saturating_add(theirs.present);
            field.shapes.extend(theirs.shapes);
            for (shape, values) in theirs.values {
                field.values.entry(shape).or_default().extend(values);
            }
        }
    }
}

/// The values of a payload by their paths: `data.payload.sid`, `items[].name`.
fn walk<'v>(path: &str, value: &'v Value, depth: usize, into: &mut BTreeMap<String, Vec<&'v Value>>) {
    if into.len() >= KINDS {
        return;
    }
    into.entry(if path.is_empty() { "(argument)".to_owned() } else { path.to_owned() }).or_default().push(value);
    if depth >= DEPTH {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().take(KINDS) {
                let name = text::line(name, NAME / 4);
                let below = if path.is_empty() { name } else { format!("{path}.{name}") };
                walk(&below, value, depth + 1, into);
            }
        }
        Value::Array(items) => {
            for item in items.iter().take(ENTRIES) {
                walk(&format!("{path}[]"), item, depth + 1, into);
            }
        }
        _ => {}
    }
}

impl Seen {
    /// Takes what was seen in other recordings.
    pub fn join(&mut self, other: Self) {
        self.recordings = self.recordings.saturating_add(other.recordings);
        self.unfinished = self.unfinished.saturating_add(other.unfinished);
        if !other.steps.is_empty() {
            self.steps = other.steps;
        }
        for (name, theirs) in other.broken {
            if let Some(own) = room(&mut self.broken, &name) {
                own.join(theirs);
            }
        }
        for (name, theirs) in other.events {
            if let Some(own) = room(&mut self.events, &name) {
                own.join(theirs);
            }
        }
        for (name, theirs) in other.api {
            let Some(own) = room(&mut self.api, &name) else { continue };
            own.recordings = own.recordings.saturating_add(theirs.recordings);
            own.parts.extend(theirs.parts.into_iter().take(20));
            for (name, theirs) in theirs.constants {
                let Some(own) = room(&mut own.constants, &name) else { continue };
                own.recordings = own.recordings.saturating_add(theirs.recordings);
                own.shapes.extend(theirs.shapes);
            }
        }
        let counted = [(&mut self.handlers, other.handlers), (&mut self.hits, other.hits)];
        for (own, theirs) in counted {
            for (name, theirs) in theirs {
                if let Some(own) = room(own, &name) {
                    own.join(theirs);
                }
            }
        }
    }
}
