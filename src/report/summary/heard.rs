//! The events of a recording, each placed after the step that it came after.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::recording::{CopyNote, Kind, PageClock, Recording};

/// An event, placed among the steps.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// `arrival` of its observation.
    pub arrival: u64,
    /// The step it came after; `None`: before the first.
    pub step: Option<usize>,
    /// Milliseconds after that step began, where the page's clock tells.
    pub latency_ms: Option<f64>,
    /// In whose window.
    pub actor: &'a str,
    /// The constant.
    pub constant: &'a str,
    /// What it brought.
    pub data: &'a serde_json::Value,
    /// What could not be copied.
    pub notes: &'a [CopyNote],
}

/// The events of a recording in order of arrival, each with the step that it came after.
///
/// The step is the last one marked in the event's own document, else (a document that is younger than the step) the
/// last one marked anywhere before it; so is the moment from which its latency counts, and one page's clock is
/// compared with another's only in that second case.
///
/// A page that is told "ready" twice subscribes twice and hears each event twice: the second callback is left out.
pub fn events(recording: &Recording) -> Vec<Heard<'_>> {
    let clock = PageClock::new(recording);
    let mut in_document: BTreeMap<&str, (usize, Option<f64>)> = BTreeMap::new();
    let mut anywhere: Option<(usize, Option<f64>)> = None;
    let mut callbacks: BTreeMap<(&str, &str), HashMap<String, Alike>> = BTreeMap::new();
    let mut out = Vec::new();
    let says_each_once = |kind: &Kind| matches!(kind, Kind::Api(api) if !api.places.is_empty());
    let joined: BTreeSet<&str> =
        recording.observations.iter().filter(|o| says_each_once(&o.kind)).map(|o| o.document.as_str()).collect();
    for observation in &recording.observations {
        match &observation.kind {
            Kind::Mark { step } => {
                in_document.insert(&observation.document, (*step, observation.page_ms));
                if anywhere.is_none_or(|(last, _)| *step > last) {
                    anywhere = Some((*step, observation.page_ms));
                }
            }
            Kind::Alive { .. } => {
                if let Some(mark) = anywhere {
                    in_document.entry(&observation.document).or_insert(mark);
                }
            }
            Kind::Event { constant, data, notes, subscription, .. } => {
                // Newer listeners say each firing once.
                if !joined.contains(observation.document.as_str()) {
                    let heard = callbacks.entry((&observation.document, constant)).or_default();
                    if heard.entry(data.to_string()).or_default().joins(*subscription) {
                        continue;
                    }
                }
                let mark = in_document.get(observation.document.as_str()).copied().or(anywhere);
                let step = mark.map(|(step, _)| step.min(recording.steps.len().saturating_sub(1)));
                let marked = mark.and_then(|(_, marked)| marked);
                let began = step.and_then(|step| recording.steps.get(step)).and_then(|step| step.began_ms);
                let latency = marked
                    .zip(observation.page_ms)
                    .filter(|(marked, page)| marked <= page)
                    .map(|(marked, page)| clock.since(&observation.document, page, marked, began).max(0.0));
                out.push(Heard {
                    arrival: observation.arrival,
                    step: step.or_else(|| first_begun(recording)),
                    latency_ms: latency,
                    actor: &observation.actor,
                    constant,
                    data,
                    notes,
                });
            }
            _ => {}
        }
    }
    out
}

/// Firings with the same data in one document: for each the latest subscription that heard it, and for each subscription
/// the first firing that it may still have heard.
#[derive(Default)]
struct Alike {
    by: Vec<u64>,
    next: BTreeMap<u64, usize>,
}

impl Alike {
    /// Whether a callback heard a firing that an earlier subscription has heard already.
    fn joins(&mut self, subscription: u64) -> bool {
        let next = self.next.entry(subscription).or_insert(0);
        while self.by.get(*next).is_some_and(|by| *by >= subscription) {
            *next += 1;
        }
        match self.by.get_mut(*next) {
            Some(by) => {
                *by = subscription;
                true
            }
            None => {
                self.by.push(subscription);
                false
            }
        }
    }
}

/// A browser without a document before the first `open` has nowhere to put that step's mark.
fn first_begun(recording: &Recording) -> Option<usize> {
    recording.steps.iter().find(|step| step.began_ms.is_some()).map(|step| step.index)
}
