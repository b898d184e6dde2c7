//! Which hit was sent for which event.
//!
//! Names alone can't tell: several events may be sent under one name. So of all pairs that could be, the best are made
//! first: those whose values fit, then those in time, then those nearest in time. No page is accused of a wrong value
//! because of an unlucky pairing.

use std::collections::BTreeSet;

use crate::site::forwards::Forwarded;

use super::Way;
use super::sightings::Sighting;
use super::values::Demands;

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
    /// The property that it is to be sent to, where there are several.
    pub(super) property: Option<String>,
    /// Which of them.
    pub(super) group: usize,
    /// Properties that were sent it, where this one wasn't.
    pub(super) elsewhere: Vec<String>,
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
        let claimed: Vec<usize> = (0..way.seen.all.len())
            .filter(|at| {
                let hit = way.seen.all.get(*at).map(|s| &s.hit);
                hit.is_some_and(|hit| way.forward.forwarded().any(|(_, one)| one.is(hit)))
            })
            .collect();
        let groups = Groups::of(way, &claimed);
        let mut expects = Vec::new();
        for (occurrence, o) in way.case.trace.occurrences.iter().enumerate() {
            let Some((constant, all)) = way.forward.events.get_key_value(o.constant) else { continue };
            for (nth, one) in all.iter().enumerate() {
                let within = super::within(way.forward, one);
                for (group, property) in groups.all.iter().enumerate() {
                    let (constant, property) = (constant.as_str(), property.clone());
                    expects.push(Expect {
                        constant,
                        occurrence,
                        one,
                        nth,
                        within,
                        property,
                        group,
                        elsewhere: Vec::new(),
                    });
                }
            }
        }
        let mut pairing = Self {
            hits: vec![None; expects.len()],
            duplicates: vec![Vec::new(); expects.len()],
            left: Vec::new(),
            expects,
        };
        pairing.pair(way, &claimed, &groups);
        pairing.settle(&groups);
        pairing
    }

    /// What was sent to none of several properties is missing once. Properties that nobody named are looked at where they
    /// were sent something.
    fn settle(&mut self, groups: &Groups) {
        let several = groups.all.len();
        if several < 2 {
            return;
        }
        let (expects, hits) = (std::mem::take(&mut self.expects), std::mem::take(&mut self.hits));
        let mut all = expects.into_iter().zip(hits).zip(std::mem::take(&mut self.duplicates)).peekable();
        while all.peek().is_some() {
            // One event's hit, for each property.
            let same: Vec<_> = all.by_ref().take(several).collect();
            let sent = same.iter().filter(|((_, hit), _)| hit.is_some());
            let sent: Vec<String> = sent.map(|((expect, _), _)| expect.property.clone().unwrap_or_default()).collect();
            for (n, ((mut expect, hit), duplicates)) in same.into_iter().enumerate() {
                match (hit, sent.is_empty()) {
                    (Some(_), _) => {}
                    (None, true) if n == 0 => expect.property = None,
                    (None, false) if groups.named => expect.elsewhere.clone_from(&sent),
                    _ => continue,
                }
                self.expects.push(expect);
                self.hits.push(hit);
                self.duplicates.push(duplicates);
            }
        }
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

    fn pair(&mut self, way: &Way<'a, '_>, claimed: &[usize], groups: &Groups) {
        let compares = self.expects.len().saturating_mul(claimed.len()) <= COMPARED;
        let mut candidates: Vec<Candidate> = Vec::new();
        for (e, expect) in self.expects.iter().enumerate() {
            let demands = compares.then(|| Demands::of(way, expect));
            for &h in claimed {
                let Some(sighting) = way.seen.all.get(h).filter(|s| expect.one.is(&s.hit)) else { continue };
                if !groups.has(expect.group, sighting) {
                    continue;
                }
                let delay = way.delay(expect.occurrence, sighting);
                if !sighting.found && delay.is_some_and(|ms| ms < -SLACK) {
                    continue;
                }
                candidates.push(Candidate {
                    wrong: demands.as_ref().map_or(0, |demands| demands.wrong(way, sighting)),
                    unread: sighting.unread.is_some(),
                    late: delay.is_some_and(|ms| ms > expect.within),
                    // Too many to be compared: first come, first served.
                    distance: if compares { distance(delay, sighting) } else { h as u64 },
                    e,
                    h,
                });
            }
        }
        candidates.sort_unstable();
        // A hit may be for several properties.
        let mut used = BTreeSet::new();
        for one in &candidates {
            let group = self.expects.get(one.e).map(|expect| expect.group);
            if let Some(slot @ None) = self.hits.get_mut(one.e)
                && used.insert((group, one.h))
            {
                *slot = Some(one.h);
            }
        }
        // What is left over is said once more of what it was sent for, or nothing prompted it.
        for &h in claimed {
            let mut prompted = used.iter().any(|(_, hit)| *hit == h);
            let its: Vec<&Candidate> = candidates.iter().filter(|one| one.h == h).collect();
            for group in 0..groups.all.len() {
                if used.contains(&(Some(group), h)) {
                    continue;
                }
                let of = its.iter().find(|one| {
                    self.expects.get(one.e).is_some_and(|expect| expect.group == group)
                        && self.hit_of(one.e).is_some()
                        && (one.wrong == 0 || self.is_same(way, one.e, h))
                });
                if let Some(duplicates) = of.and_then(|one| self.duplicates.get_mut(one.e)) {
                    duplicates.push(h);
                    prompted = true;
                }
            }
            if !prompted {
                self.left.push(h);
            }
        }
    }

    /// Whether a hit carries what the one that was sent for an expectation does.
    fn is_same(&self, way: &Way<'a, '_>, e: usize, h: usize) -> bool {
        let first = self.hit_of(e).and_then(|first| way.seen.all.get(first));
        let (Some(first), Some(again), Some(expect)) = (first, way.seen.all.get(h), self.expects.get(e)) else {
            return false;
        };
        expect.one.values.keys().all(|field| first.hit.field(field) == again.hit.field(field))
    }
}

/// A pair that could be; the better one is less.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// How many values are wrong.
    wrong: usize,
    /// What can't be read is the last choice among those that may be right.
    unread: bool,
    late: bool,
    distance: u64,
    e: usize,
    h: usize,
}

/// The properties that are looked at one by one: those that the site file names, if they are several; else those to which
/// anything of these names was sent.
#[derive(Debug)]
struct Groups {
    all: Vec<Option<String>>,
    /// The site file names them.
    named: bool,
}

impl Groups {
    fn of(way: &Way, claimed: &[usize]) -> Self {
        if way.seen.properties.len() > 1 {
            return Self { all: way.seen.properties.iter().cloned().map(Some).collect(), named: true };
        }
        let claimed = || claimed.iter().filter_map(|at| way.seen.all.get(*at));
        let seen: BTreeSet<&str> = claimed().flat_map(|s| s.hit.properties()).collect();
        if way.seen.properties.len() == 1 || seen.len() < 2 {
            return Self { all: vec![None], named: false };
        }
        let nameless = claimed().any(|s| s.hit.property.is_none());
        let all = seen.into_iter().map(|one| Some(one.to_owned())).chain(nameless.then_some(None));
        Self { all: all.collect(), named: false }
    }

    /// Whether a hit is for a property. One that names none is for all that the site file does.
    fn has(&self, group: usize, sighting: &Sighting) -> bool {
        match self.all.get(group) {
            Some(Some(property)) => match &sighting.hit.property {
                Some(_) => sighting.hit.properties().any(|one| one == property),
                None => self.named,
            },
            _ => self.all.len() == 1 || sighting.hit.property.is_none(),
        }
    }
}

/// How far apart event and hit are, in whole milliseconds; what can't be told is far.
fn distance(delay: Option<f64>, sighting: &Sighting) -> u64 {
    // Numbers beyond the range saturate.
    delay.map_or(u64::from(u32::MAX) + sighting.arrival, |ms| ms.abs().round() as u64)
}
