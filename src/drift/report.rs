//! What was seen in a run by its JSON report, `chatproof-report/1`.

use serde::Deserialize;
use serde_json::Value;

use super::gather::breach;
use super::seen::room;
use super::{Count, Keep, Run, Seen};

/// The `format` that this version reads.
pub const FORMAT: &str = "chatproof-report/1";

// What isn't needed isn't read; what was added later has a default.

#[derive(Deserialize)]
struct Report {
    journeys: Vec<Journey>,
}

#[derive(Deserialize)]
struct Journey {
    browser: String,
    name: String,
    #[serde(default)]
    started_at: String,
    #[serde(default)]
    ending: String,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default)]
    events: Vec<Event>,
    #[serde(default)]
    handlers: Vec<Handler>,
    #[serde(default)]
    verdicts: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    actor: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    outcome: String,
}

#[derive(Deserialize)]
struct Event {
    constant: String,
    #[serde(default)]
    step: Option<usize>,
    #[serde(default)]
    latency_ms: Option<f64>,
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
struct Handler {
    #[serde(default)]
    constant: Option<String>,
    #[serde(default)]
    accepted: bool,
}

#[derive(Deserialize)]
struct Verdict {
    requirement: String,
    #[serde(default)]
    level: String,
    outcome: String,
    #[serde(default)]
    finding: String,
    #[serde(default)]
    statement: String,
    #[serde(default)]
    actual: String,
    #[serde(default)]
    caused_by: Option<String>,
    #[serde(default)]
    waiver: Option<Waiver>,
}

#[derive(Deserialize)]
struct Waiver {
    was: String,
}

/// What was seen, by a report as text. Its format must have been looked at.
///
/// # Errors
/// What is wrong with it.
pub fn of_report(text: &[u8], name: &str, keep: Keep) -> Result<Run, serde_json::Error> {
    let report: Report = serde_json::from_slice(text)?;
    let mut run = Run { name: name.to_owned(), thin: true, ..Run::default() };
    for journey in report.journeys {
        if !journey.started_at.is_empty() && (run.began.is_empty() || journey.started_at < run.began) {
            run.began.clone_from(&journey.started_at);
        }
        let column = run.columns.entry(journey.browser.clone()).or_default();
        column.entry(journey.name.clone()).or_default().join(seen(journey, keep));
    }
    Ok(run)
}

fn seen(journey: Journey, keep: Keep) -> Seen {
    let failed = journey.steps.iter().any(|step| step.outcome == "failed");
    let mut seen = Seen {
        recordings: 1,
        unfinished: u32::from(failed || journey.ending != "complete"),
        steps: journey.steps.into_iter().map(|step| format!("{}: {}", step.actor, step.text)).collect(),
        ..Seen::default()
    };
    for verdict in journey.verdicts {
        let was = verdict.waiver.as_ref().map_or(verdict.outcome.as_str(), |waiver| waiver.was.as_str());
        let outcome = match was {
            "pass" | "waived" => continue,
            _ if verdict.level == "record" => "note",
            other => other,
        };
        let Verdict { requirement, finding, statement, actual, caused_by, .. } = &verdict;
        let actual = if keep == Keep::Values { actual.clone() } else { String::new() };
        breach(&mut seen, requirement, outcome, finding, statement, caused_by.clone(), actual);
    }
    for event in &journey.events {
        if let Some(own) = room(&mut seen.events, &event.constant) {
            own.hear(event.step, event.latency_ms, &event.data, keep);
            own.count = Count::once(own.heard);
        }
    }
    for constant in journey.handlers.iter().filter(|handler| handler.accepted).filter_map(|h| h.constant.as_ref()) {
        if let Some(count) = room(&mut seen.handlers, constant) {
            *count = Count::once(count.most.saturating_add(1));
        }
    }
    seen
}
