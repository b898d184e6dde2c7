//! Firings out of callbacks: a page that is told "ready" twice subscribes twice, and hears each firing twice.
//!
//! That is one firing for the widget (and a breach of `ready.once`), so the second callback joins the first: the same
//! constant and data in the same document, heard by a subscription that existed by then and hasn't heard it yet.

use std::collections::{BTreeMap, BTreeSet};

use crate::recording::Kind;
use crate::spec::Spec;

use super::{Document, Occurrence, finite};

struct Heard {
    occurrence: usize,
    seq: Option<u64>,
    by: BTreeSet<u64>,
}

/// The firings of documented events, in `order` (pairs of document and entry).
pub(super) fn firings<'a>(spec: &Spec, documents: &[Document<'a>], order: &[(usize, usize)]) -> Vec<Occurrence<'a>> {
    let subscribed: Vec<Vec<Option<u64>>> = documents.iter().map(subscriptions).collect();
    let mut occurrences: Vec<Occurrence> = Vec::new();
    let mut heard: BTreeMap<(usize, &str), Vec<Heard>> = BTreeMap::new();
    let mut ordinals: BTreeMap<&str, usize> = BTreeMap::new();
    for &(d, e) in order {
        let Some(entry) = documents.get(d).and_then(|document| document.entries.get(e)) else { continue };
        let observation = entry.observation;
        let Kind::Event { constant, subscription, data, arguments, notes } = &observation.kind else { continue };
        if !spec.events.contains_key(constant) {
            continue;
        }
        let firings = heard.entry((d, constant)).or_default();
        // Numbered from 1; the first subscription has nothing to join.
        let since = usize::try_from(subscription.saturating_sub(1))
            .ok()
            .and_then(|n| subscribed.get(d).and_then(|s| s.get(n)))
            .copied()
            .flatten();
        // Nothing to join while there is but one subscription: the usual case, which may be thousands long.
        let alone = firings.last().is_none_or(|f| f.by.len() == 1 && f.by.contains(subscription)) && *subscription == 1;
        let joins = firings.iter_mut().filter(|_| !alone).find(|f| {
            !f.by.contains(subscription)
                && (since.is_none() || f.seq >= since)
                && occurrences.get(f.occurrence).is_some_and(|o| o.data == data)
        });
        if let Some(firing) = joins {
            firing.by.insert(*subscription);
            if let Some(occurrence) = occurrences.get_mut(firing.occurrence) {
                occurrence.arrivals.push(observation.arrival);
            }
            continue;
        }
        let ordinal = ordinals.entry(constant).and_modify(|n| *n += 1).or_insert(1);
        firings.push(Heard {
            occurrence: occurrences.len(),
            seq: observation.seq,
            by: BTreeSet::from([*subscription]),
        });
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
        });
    }
    occurrences
}

/// The `seq` at which each subscription of a document was made: that of the snapshot taken in the ready handler.
fn subscriptions(document: &Document) -> Vec<Option<u64>> {
    document.apis().filter(|(_, api)| api.when == "ready").map(|(entry, _)| entry.observation.seq).collect()
}
