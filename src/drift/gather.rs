//! From recordings that were judged to what was seen in them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::recording::handlers::own_handlers;
use crate::recording::{Ending, Kind, Recording, StepOutcome};
use crate::report::summary;
use crate::verdict::{Level, Outcome, Verdict};

use super::history::{Entry, entry};
use super::seen::room;
use super::{Broken, Count, Keep, Run, Seen, shape};

/// Column, journey, run: of several attempts the last one counts.
type Key = (String, String, String);

/// Takes recordings one by one as they come, in any order.
#[derive(Debug, Default)]
pub struct Gather {
    keep: Keep,
    taken: BTreeMap<Key, (u32, Seen)>,
    began: Option<String>,
    run_id: Option<String>,
    rules: BTreeSet<String>,
    /// Requirements that held in some journey, by column; only where they are asked for.
    held: Option<BTreeMap<String, BTreeSet<String>>>,
}

impl Gather {
    /// Of recordings that are to come.
    pub fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// The same, which also knows what held: for a history.
    pub fn with_held(self) -> Self {
        Self { held: Some(BTreeMap::new()), ..self }
    }

    /// Takes a recording with what was judged of it.
    pub fn take(&mut self, recording: &Recording, verdicts: &[Verdict]) {
        let key = (recording.browser.name.clone(), recording.journey.clone(), recording.own_run().to_owned());
        let began = &recording.run.started_at;
        if !began.is_empty() && self.began.as_ref().is_none_or(|first| began < first) {
            self.began = Some(began.clone());
            self.run_id = Some(recording.own_run().to_owned());
        }
        if let Some(held) = &mut self.held {
            let held = held.entry(recording.browser.name.clone()).or_default();
            let passed = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Pass);
            held.extend(passed.map(|verdict| verdict.requirement.to_string()));
        }
        let attempt = recording.attempt;
        if self.taken.get(&key).is_none_or(|(other, _)| attempt >= *other) {
            self.taken.insert(key, (attempt, of(recording, verdicts, self.keep)));
        }
    }

    /// Takes what recordings were judged by.
    pub fn take_rules(&mut self, rules: &str) {
        if !self.rules.contains(rules) {
            self.rules.insert(rules.to_owned());
        }
    }

    /// A summary of the run, for a history; `None` if nothing was recorded. `exit_code`: what it ended with.
    pub fn summary(&self, exit_code: u8) -> Option<Entry> {
        let began = self.began.clone()?;
        let run = self.run_id.clone().unwrap_or_default();
        let all = self.taken.iter().map(|((column, journey, _), (attempt, seen))| (column, journey, *attempt, seen));
        Some(entry(began, run, exit_code, all, self.held.as_ref()))
    }

    /// What was seen in all of them.
    pub fn finish(self, name: &str) -> Run {
        let mut run =
            Run { name: name.to_owned(), began: self.began.unwrap_or_default(), rules: self.rules, ..Run::default() };
        for ((column, journey, _), (_, seen)) in self.taken {
            run.columns.entry(column).or_default().entry(journey).or_default().join(seen);
        }
        run
    }
}

/// What was seen in one recording.
fn of(recording: &Recording, verdicts: &[Verdict], keep: Keep) -> Seen {
    let failed = recording.steps.iter().any(|step| matches!(step.outcome, StepOutcome::Failed(_)));
    let mut seen = Seen {
        recordings: 1,
        unfinished: u32::from(failed || recording.ending != Ending::Complete),
        steps: recording.steps.iter().map(|step| format!("{}: {}", step.actor, step.text)).collect(),
        ..Seen::default()
    };
    for verdict in verdicts {
        if let Some(outcome) = outcome(verdict) {
            let actual = if keep == Keep::Values { verdict.actual.clone() } else { String::new() };
            let caused_by = verdict.caused_by.as_ref().map(ToString::to_string);
            breach(&mut seen, &verdict.requirement, outcome, &verdict.finding, &verdict.statement, caused_by, actual);
        }
    }
    for event in summary::events(recording) {
        if let Some(own) = room(&mut seen.events, event.constant) {
            own.hear(event.step, event.latency_ms, event.data, keep);
            own.count = Count::once(own.heard);
        }
    }
    for handler in own_handlers(recording, |_| true) {
        if let (Some(constant), true, false) =
            (&handler.registration.constant, handler.registration.accepted, handler.repeated)
        {
            once_more(&mut seen.handlers, constant);
        }
    }
    for observation in &recording.observations {
        match &observation.kind {
            Kind::Request(request) => {
                let names = request.hits.iter().flat_map(|hit| hit.names.iter().map(move |name| (&hit.forward, name)));
                names.for_each(|(forward, name)| once_more(&mut seen.hits, &format!("{forward}: {name}")));
            }
            Kind::Push { layer, data, .. } => {
                if let Some(name) = pushed(data) {
                    once_more(&mut seen.hits, &format!("{layer}: {name}"));
                }
            }
            Kind::Api(api) if api.when == "ready" => {
                api.locations.iter().for_each(|location| place(&mut seen, location))
            }
            _ => {}
        }
    }
    for place in seen.api.values_mut() {
        place.recordings = 1;
    }
    seen
}

fn place(seen: &mut Seen, location: &crate::recording::ApiLocation) {
    let Some(own) = room(&mut seen.api, &location.name) else { return };
    own.parts.insert(format!("object: {}", location.object));
    own.parts.insert(format!("subscribe: {}", location.subscribe));
    own.parts.insert(format!("constants: {}", location.constants_object));
    for constant in &location.constants {
        let Some(known) = room(&mut own.constants, &constant.name) else { continue };
        known.recordings = 1;
        let form = match constant.type_.as_str() {
            "string" => shape::of(&Value::String(constant.value.clone())),
            other => other,
        };
        known.shapes.insert(form.to_owned());
    }
}

/// The event's name in a push: `{ event: NAME }`, or `gtag("event", NAME)`.
fn pushed(data: &Value) -> Option<&str> {
    let by_call = || Some(data.get(1)?.as_str()?).filter(|_| data.get(0).and_then(Value::as_str) == Some("event"));
    data.get("event").and_then(Value::as_str).or_else(by_call)
}

fn once_more(counts: &mut BTreeMap<String, Count>, name: &str) {
    if let Some(count) = room(counts, name) {
        *count = Count::once(count.most.saturating_add(1));
    }
}

/// What became of a requirement if it doesn't hold; known failures as if they weren't known.
fn outcome(verdict: &Verdict) -> Option<&'static str> {
    let outcome = match (verdict.outcome, &verdict.waiver) {
        (Outcome::Waived, Some(waiver)) => waiver.was,
        (outcome, _) => outcome,
    };
    match (outcome, verdict.level) {
        (Outcome::Pass | Outcome::Waived, _) => None,
        // What weighs nothing is a note, whatever it says.
        (_, Level::Record) => Some("note"),
        (Outcome::Fail, _) => Some("fail"),
        (Outcome::Warn, _) => Some("warn"),
        (Outcome::Inconclusive, _) => Some("inconclusive"),
        (Outcome::NotReached, _) => Some("not-reached"),
    }
}

/// Takes one verdict that doesn't hold.
pub(super) fn breach(
    seen: &mut Seen,
    requirement: &str,
    outcome: &str,
    finding: &str,
    statement: &str,
    caused_by: Option<String>,
    actual: String,
) {
    let Some(own) = room(&mut seen.broken, requirement) else { return };
    own.recordings = 1;
    own.places = own.places.saturating_add(1);
    own.findings.insert(finding.to_owned());
    if Broken::rank(outcome) > Broken::rank(&own.outcome) {
        own.outcome = outcome.to_owned();
        own.statement = statement.to_owned();
        own.caused_by = caused_by;
        own.actual = actual;
    }
}
