//! How much was heard in a journey: what sums are made of, also when the recording itself has been let go.

use std::collections::{BTreeMap, BTreeSet};

use super::{Analytics, Tags, events};
use crate::recording::{Kind, Recording};
use crate::verdict::{Outcome, Verdict};

/// What was counted in a recording.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events.
    pub events: usize,
    /// Events by constant.
    pub by_constant: BTreeMap<String, usize>,
    /// How often the ready event was heard.
    pub ready: usize,
    /// What became of requests to analytics, if any were watched.
    pub analytics: Option<Analytics>,
    /// What the tags of its pages have sent, if all of them were watched.
    pub tags: Option<Tags>,
    /// By family, how many requirements hold whose verdicts have been let go.
    pub passed: BTreeMap<String, usize>,
    /// Events that some of those prove.
    pub proved: BTreeSet<String>,
    /// One of those says that the ready event fired.
    pub ready_proved: bool,
}

impl Counts {
    /// Counts what was heard.
    pub fn of(recording: &Recording) -> Self {
        let heard = events(recording);
        let mut by_constant: BTreeMap<String, usize> = BTreeMap::new();
        for event in &heard {
            match by_constant.get_mut(event.constant) {
                Some(count) => *count += 1,
                None => {
                    by_constant.insert(event.constant.to_owned(), 1);
                }
            }
        }
        let is_ready = |kind: &Kind| matches!(kind, Kind::Ready { .. });
        Self {
            events: heard.len(),
            by_constant,
            ready: recording.observations.iter().filter(|o| is_ready(&o.kind)).count(),
            analytics: Analytics::of(recording),
            tags: Tags::of(recording),
            ..Self::default()
        }
    }

    /// Takes what holds from among verdicts, and counts it instead.
    pub fn take_passed(&mut self, verdicts: &mut Vec<Verdict>) {
        for verdict in verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Pass) {
            *self.passed.entry(verdict.requirement.family().to_owned()).or_default() += 1;
            if verdict.requirement.is("event", "fires")
                && let Some(event) = verdict.requirement.event_name()
            {
                self.proved.insert(event.to_owned());
            }
            self.ready_proved |= verdict.requirement == "ready.fired";
        }
        verdicts.retain(|verdict| verdict.outcome != Outcome::Pass);
        verdicts.shrink_to_fit();
    }

    /// How many requirements hold whose verdicts have been let go.
    pub fn all_passed(&self) -> usize {
        self.passed.values().sum()
    }

    /// How often a constant was heard.
    pub fn heard(&self, constant: &str) -> usize {
        self.by_constant.get(constant).copied().unwrap_or(0)
    }
}
