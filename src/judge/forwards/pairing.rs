//! Which hit was sent for which event.
//!
//! Names alone can't tell: several events may be sent under one name. So of all pairs that could be, the best are made
//! first: those whose values fit, then those in time, then those nearest in time. No page is accused of a wrong value
//! because of an unlucky pairing.

use std::collections::BTreeSet;

use crate::site::forwards::Forwarded;

use super::Way;
use super::sightings::Sighting;
use super::values;

/// How much earlier than its event a hit may be heard, in milliseconds: the site's own handler may be called before
/// ours, and what browser and page tell comes by two ways.
pub(super) const SLACK: f64 = 1_000.0;

/// So many pairs are compared by their values; a journey with more has thousands of one event.
const COMPARED: usize = 40_000;

/// A hit that is to be sent for an event that was heard.
#[derive(Debug)]
pub(super) struct Expect<'a> {
    pub(super) constant: &'a str,
    /// Index of the occurrence.
    pub(super) occurrence: usize,
    pub(super) one: &'a Forwarded,
    /// Which of the event's hits, from 0.
    pub(super) nth: usize,
    /// Milliseconds.
    pub(super) within: f64,
}

/// Events and hits, paired.
#[derive(Debug)]
pub(super) struct Pairing<'a> {
    pub(super) expects: Vec<Expect<'a>>,
    hits: Vec<Option<usize>>,
    duplicates: Vec<Vec<usize>>,
    left: Vec<usize>,
}

impl<'a> Pairing<'a> {
    pub(super) fn new(way: &Way<'a, '_>) -> Self {
        let mut expects = Vec::new();
        for (occurrence, o) in way.case.trace.occurrences.iter().enumerate() {
            let Some((constant, all)) = way.forward.events.get_key_value(o.constant) else { continue };
            for (nth, one) in all.iter().enumerate() {
                let within = super::within(way.forward, one);
                expects.push(Expect { constant: constant.as_str(), occurrence, one, nth, within });
            }
        }
        let mut pairing = Self {
            hits: vec![None; expects.len()],
            duplicates: vec![Vec::new(); expects.len()],
            left: Vec::new(),
            expects,
        };
        pairing.pair(way);
        pairing
    }

    /// The hit that was sent for an expectation.
    pub(super) fn hit_of(&self, expect: usize) -> Option<usize> {
        self.hits.get(expect).copied().flatten()
    }

    /// Those that were sent once more.
    pub(super) fn again(&self, expect: usize) -> impl Iterator<Item = usize> {
        self.duplicates.get(expect).into_iter().flatten().copied()
    }

    /// Hits with a name of this forward's that nothing prompted.
    pub(super) fn left(&self) -> impl Iterator<Item = usize> {
        self.left.iter().copied()
    }

    fn pair(&mut self, way: &Way<'a, '_>) {
        let claimed: Vec<usize> = (0..way.seen.all.len())
            .filter(|at| {
                let hit = way.seen.all.get(*at).map(|s| &s.hit);
                hit.is_some_and(|hit| way.forward.forwarded().any(|(_, one)| one.is(hit)))
            })
            .collect();
        let compares = self.expects.len().saturating_mul(claimed.len()) <= COMPARED;
        let mut candidates: Vec<(usize, bool, u64, usize, usize)> = Vec::new();
        for (e, expect) in self.expects.iter().enumerate() {
            for &h in &claimed {
                let Some(sighting) = way.seen.all.get(h).filter(|s| expect.one.is(&s.hit)) else { continue };
                let delay = way.delay(expect.occurrence, sighting);
                if !sighting.found && delay.is_some_and(|ms| ms < -SLACK) {
                    continue;
                }
                let wrong = if compares { values::wrong(way, expect, sighting) } else { 0 };
                let late = delay.is_some_and(|ms| ms > expect.within);
                // Too many to be compared: first come, first served.
                let distance = if compares { distance(delay, sighting) } else { h as u64 };
                candidates.push((wrong, late, distance, e, h));
            }
        }
        candidates.sort_unstable();
        let mut used = BTreeSet::new();
        for &(_, _, _, e, h) in &candidates {
            if let Some(slot @ None) = self.hits.get_mut(e)
                && used.insert(h)
            {
                *slot = Some(h);
            }
        }
        // What is left over is said once more of what it was sent for, or nothing prompted it.
        for h in claimed.into_iter().filter(|h| !used.contains(h)) {
            let same = |e: usize| {
                let first = self.hit_of(e).and_then(|first| way.seen.all.get(first));
                let (Some(first), Some(again), Some(expect)) = (first, way.seen.all.get(h), self.expects.get(e)) else {
                    return false;
                };
                expect.one.values.keys().all(|field| first.hit.field(field) == again.hit.field(field))
            };
            let of = candidates
                .iter()
                .filter(|(.., at)| *at == h)
                .find(|(wrong, .., e, _)| self.hit_of(*e).is_some() && (*wrong == 0 || same(*e)))
                .map(|(.., e, _)| *e);
            match of.and_then(|e| self.duplicates.get_mut(e)) {
                Some(duplicates) => duplicates.push(h),
                None => self.left.push(h),
            }
        }
    }
}

/// How far apart event and hit are, in whole milliseconds; what can't be told is far.
fn distance(delay: Option<f64>, sighting: &Sighting) -> u64 {
    // Numbers beyond the range saturate.
    delay.map_or(u64::from(u32::MAX) + sighting.arrival, |ms| ms.abs().round() as u64)
}
