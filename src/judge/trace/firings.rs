//! Firings out of callbacks: one event may be heard by several callbacks of chatproof's.
//!
//! The listener in the page knows best which calls are one firing, and says each firing once. A recording of an older
//! listener has an observation for each callback: a page that is told "ready" twice subscribed twice, and heard each
//! firing twice. That is one firing for the widget (and a breach of `ready.once`), so there the second callback joins the
//! first: the same constant and data in the same document, heard by a subscription that existed by then and hasn't heard
//! it yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::recording::Kind;
use crate::spec::Spec;

use super::{Document, Occurrence, finite};

struct Heard {
    occurrence: usize,
    seq: Option<u64>,
    by: BTreeSet<u64>,
}

/// Firings of one constant with the same data in one document, in order.
#[derive(Default)]
struct Alike {
    firings: Vec<Heard>,
    /// For each subscription the first firing that it may still join: it has heard those before, or came too late for them.
    next: BTreeMap<u64, usize>,
}

impl Alike {
    /// The first firing that a subscription, made at `since`, hasn't heard yet.
    fn open(&mut self, subscription: u64, since: Option<u64>) -> Option<&mut Heard> {
        let next = self.next.entry(subscription).or_insert(0);
        while self
            .firings
            .get(*next)
            .is_some_and(|f| f.by.contains(&subscription) || (since.is_some() && f.seq < since))
        {
            *next += 1;
        }
        self.firings.get_mut(*next)
    }
}

/// The firings of documented events, in `order` (pairs of document and entry).
pub(super) fn firings<'a>(spec: &Spec, documents: &[Document<'a>], order: &[(usize, usize)]) -> Vec<Occurrence<'a>> {
    // `None`: there is nothing to join, or the listener has done so.
    let subscribed: Vec<Option<Vec<Option<u64>>>> =
        documents.iter().map(|d| (!d.joined() && several(d)).then(|| subscriptions(d))).collect();
    let mut occurrences: Vec<Occurrence> = Vec::new();
    let mut heard: BTreeMap<(usize, &str), HashMap<String, Alike>> = BTreeMap::new();
    let mut ordinals: BTreeMap<&str, usize> = BTreeMap::new();
    for &(d, e) in order {
        let Some(entry) = documents.get(d).and_then(|document| document.entries.get(e)) else { continue };
        let observation = entry.observation;
        let Kind::Event { constant, subscription, data, arguments, notes, handler } = &observation.kind else {
            continue;
        };
        if !spec.events.contains_key(constant) {
            continue;
        }
        if let Some(Some(subscribed)) = subscribed.get(d) {
            // Numbered from 1; the first subscription has nothing to join.
            let since = usize::try_from(subscription.saturating_sub(1)).ok().and_then(|n| subscribed.get(n)).copied();
            let alike = heard.entry((d, constant)).or_default().entry(data.to_string()).or_default();
            if let Some(firing) = alike.open(*subscription, since.flatten()) {
                firing.by.insert(*subscription);
                if let Some(occurrence) = occurrences.get_mut(firing.occurrence) {
                    occurrence.arrivals.push(observation.arrival);
                }
                continue;
            }
            let by = BTreeSet::from([*subscription]);
            alike.firings.push(Heard { occurrence: occurrences.len(), seq: observation.seq, by });
        }
        let ordinal = ordinals.entry(constant).and_modify(|n| *n += 1).or_insert(1);
        occurrences.push(Occurrence {
            constant,
            document: d,
            step: entry.step,
            page_ms: finite(observation.page_ms),
            data,
            notes,
            arguments: *arguments,
            arrivals: vec![observation.arrival],
            ordinal: *ordinal,
            by_handler: handler.is_some(),
        });
    }
    occurrences
}

/// Whether more than one subscription heard anything.
fn several(document: &Document) -> bool {
    document.entries.iter().any(|e| matches!(e.observation.kind, Kind::Event { subscription, .. } if subscription > 1))
}

/// The `seq` at which each subscription of a document was made: that of the snapshot taken in the ready handler.
fn subscriptions(document: &Document) -> Vec<Option<u64>> {
    document.apis().filter(|(_, api)| api.when == "ready").map(|(entry, _)| entry.observation.seq).collect()
}
