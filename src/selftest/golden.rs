//! Golden recordings: what an entry's journeys gave once, compact, kept beside the catalogue and judged again without a
//! browser. `tests/golden/` has those of the built-in catalogue.
//!
//! Left out is what is never judged: copies of spec and site file, versions, places. Times count from the first one, in
//! tenths of a millisecond; windows and documents are numbered; ports are cut off. One observation a line, so that a
//! difference can be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::recording::{
    BrowserInfo, Ending, FORMAT, FileCopy, Observation, Recording, RunInfo, StepOutcome, StepRecord,
};
use crate::source::Span;

use super::{Entry, Kind};

/// The `format` of golden files that this version writes.
pub const GOLDEN: &str = "chatproof-golden/1";

/// Where an entry's file stands below the folder of golden files: `faults/sid-missing.json`.
pub fn path(entry: &Entry) -> String {
    let folder = match entry.kind {
        Kind::Fault => "faults",
        Kind::Variant => "variants",
    };
    format!("{folder}/{}.json", entry.id)
}

#[derive(Deserialize)]
struct File {
    format: String,
    journeys: Vec<Journey>,
}

#[derive(Deserialize)]
struct Journey {
    journey: String,
    browser: String,
    run: String,
    ending: Ending,
    steps: Vec<Step>,
    observations: Vec<Observation>,
}

#[derive(Serialize, Deserialize)]
struct Step {
    index: usize,
    actor: String,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    began_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    acted_ms: Option<f64>,
    outcome: StepOutcome,
}

/// An entry's recordings as a golden file.
///
/// # Errors
/// What can't be said in JSON.
pub fn write(recordings: &[Recording]) -> Result<String, serde_json::Error> {
    let mut out = format!("{{\"format\": \"{GOLDEN}\", \"journeys\": [\n");
    for (at, recording) in recordings.iter().enumerate() {
        if at > 0 {
            out.push_str(",\n");
        }
        let _ = write!(
            out,
            "{{\"journey\": {}, \"browser\": {}, \"run\": {}, \"ending\": {},\n\"steps\": [\n{}\n],\n\"observations\": [\n{}\n]}}",
            serde_json::to_string(&recording.journey)?,
            serde_json::to_string(&recording.browser.name)?,
            serde_json::to_string(&recording.run.id)?,
            serde_json::to_string(&recording.ending)?,
            steps(&recording.steps)?,
            observations(&recording.observations)?,
        );
    }
    out.push_str("\n]}\n");
    Ok(out)
}

/// The recordings of a golden file.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str) -> Result<Vec<Recording>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if file.format != GOLDEN {
        return Err(format!("its format is `{}`, this version reads `{GOLDEN}`", file.format));
    }
    let nothing = || FileCopy { name: String::new(), text: String::new(), included: Vec::new() };
    let recording = |journey: Journey| Recording {
        format: FORMAT.to_owned(),
        chatproof: String::new(),
        run: RunInfo { id: journey.run, started_at: String::new(), base_url: String::new() },
        spec: nothing(),
        site: nothing(),
        baseline: None,
        browser: BrowserInfo {
            name: journey.browser,
            version: String::new(),
            driver: String::new(),
            driver_version: String::new(),
            platform: String::new(),
            headless: true,
        },
        visitor: None,
        journey: journey.journey,
        attempt: 1,
        steps: journey.steps.into_iter().map(step).collect(),
        observations: journey.observations,
        sights: Vec::new(),
        ending: journey.ending,
        took_ms: 0.0,
    };
    Ok(file.journeys.into_iter().map(recording).collect())
}

fn step(step: Step) -> StepRecord {
    let Step { index, actor, text, began_ms, acted_ms, outcome } = step;
    StepRecord { index, actor, text, span: Span::default(), by: Vec::new(), began_ms, acted_ms, outcome }
}

fn tenths(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}

fn steps(steps: &[StepRecord]) -> Result<String, serde_json::Error> {
    let lines: Result<Vec<String>, _> = steps
        .iter()
        .map(|step| {
            serde_json::to_string(&Step {
                index: step.index,
                actor: step.actor.clone(),
                text: step.text.clone(),
                began_ms: step.began_ms.map(tenths),
                acted_ms: step.acted_ms.map(tenths),
                outcome: step.outcome.clone(),
            })
        })
        .collect();
    lines.map(|lines| lines.join(",\n"))
}

fn observations(observations: &[Observation]) -> Result<String, serde_json::Error> {
    let begin = observations.iter().filter_map(|o| o.page_ms).fold(f64::INFINITY, f64::min);
    let mut contexts = Numbers::new("w");
    let mut documents = Numbers::new("d");
    let lines: Result<Vec<String>, _> = observations
        .iter()
        .map(|observation| {
            let mut value = serde_json::to_value(Observation {
                context: contexts.of(&observation.context),
                document: documents.of(&observation.document),
                page_ms: observation.page_ms.map(|ms| tenths(ms - begin)),
                heard_ms: observation.heard_ms.map(tenths),
                ..observation.clone()
            })?;
            without_ports(&mut value);
            serde_json::to_string(&value)
        })
        .collect();
    lines.map(|lines| lines.join(",\n"))
}

/// Numbers for names that are different in each run.
struct Numbers {
    letter: &'static str,
    known: BTreeMap<String, usize>,
}

impl Numbers {
    fn new(letter: &'static str) -> Self {
        Self { letter, known: BTreeMap::new() }
    }

    fn of(&mut self, name: &str) -> String {
        if name.is_empty() {
            return String::new();
        }
        let next = self.known.len() + 1;
        format!("{}{}", self.letter, self.known.entry(name.to_owned()).or_insert(next))
    }
}

/// `http://127.0.0.1:40123/pricing` -> `http://127.0.0.1/pricing`; also where such an address is a part of another.
fn without_ports(value: &mut Value) {
    match value {
        Value::String(text) => {
            for host in ["127.0.0.1:", "127.0.0.1%3A"] {
                if !text.contains(host) {
                    continue;
                }
                let mut parts = text.split(host);
                let mut out = parts.next().unwrap_or_default().to_owned();
                for part in parts {
                    let _ = write!(out, "127.0.0.1{}", part.trim_start_matches(|c: char| c.is_ascii_digit()));
                }
                *text = out;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_ports),
        Value::Object(map) => map.values_mut().for_each(without_ports),
        _ => {}
    }
}
