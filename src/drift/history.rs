//! A history: a small summary of each run, a file each, in a folder that a CI cache or a branch can carry.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::timing::middle;
use super::{Broken, Seen};

/// The `format` that this version writes.
pub const FORMAT: &str = "chatproof-history/1";

/// A summary that is larger is none that chatproof wrote.
pub const MOST_BYTES: u64 = 5_000_000;

/// How many names of a kind are kept.
const NAMES: usize = 5000;

/// The summary of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// [`FORMAT`].
    pub format: String,
    /// Version of chatproof that wrote it.
    #[serde(default)]
    pub chatproof: String,
    /// When its first journey began: RFC 3339, UTC.
    pub at: String,
    /// What `${run.id}` was.
    #[serde(default)]
    pub run: String,
    /// What it ended with.
    pub exit_code: u8,
    /// What was found, by browser, or browser with a visitor.
    pub columns: BTreeMap<String, Column>,
}

/// What a run found in a column.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// How many journeys were run.
    pub journeys: usize,
    /// Journeys that did not come to their end.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unfinished: BTreeSet<String>,
    /// Journeys that failed, and came out well when they were tried again.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub flaky: BTreeSet<String>,
    /// Requirements that hold in all journeys.
    pub held: BTreeSet<String>,
    /// Those that don't.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub broken: BTreeMap<String, Breach>,
    /// How long events took.
    pub events: BTreeMap<String, Latency>,
}

/// A requirement that didn't hold in a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Breach {
    /// `fail`, `warn`, `not-reached`, `inconclusive`, `note`: the gravest.
    pub outcome: String,
    /// What was found.
    pub findings: BTreeSet<String>,
    /// In which journeys.
    pub journeys: BTreeSet<String>,
    /// The requirement whose breach explains it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<String>,
}

/// How long an event took in a run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Latency {
    /// How often it was heard.
    pub heard: u32,
    /// Median, in milliseconds; `null` if no time is known.
    pub median_ms: Option<f64>,
    /// Its spread, in milliseconds.
    pub spread_ms: Option<f64>,
}

/// Puts a run's summary together, of each journey's last attempt.
pub(super) fn entry<'s>(
    at: String,
    run: String,
    exit_code: u8,
    all: impl Iterator<Item = (&'s String, &'s String, u32, &'s Seen)>,
    held: Option<&BTreeMap<String, BTreeSet<String>>>,
) -> Entry {
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    let mut times: BTreeMap<(String, String), (u32, Vec<u32>)> = BTreeMap::new();
    for (column, journey, attempt, seen) in all {
        let own = columns.entry(column.clone()).or_default();
        own.journeys += 1;
        if seen.unfinished > 0 && own.unfinished.len() < NAMES {
            own.unfinished.insert(journey.clone());
        }
        let grave = |broken: &Broken| Broken::rank(&broken.outcome) > 1 && broken.outcome != "warn";
        if attempt > 1 && seen.unfinished == 0 && !seen.broken.values().any(grave) && own.flaky.len() < NAMES {
            own.flaky.insert(journey.clone());
        }
        for (id, broken) in &seen.broken {
            if own.broken.len() >= NAMES && !own.broken.contains_key(id) {
                continue;
            }
            let breach = own.broken.entry(id.clone()).or_default();
            if Broken::rank(&broken.outcome) > Broken::rank(&breach.outcome) {
                breach.outcome.clone_from(&broken.outcome);
                breach.caused_by.clone_from(&broken.caused_by);
            }
            breach.findings.extend(broken.findings.iter().take(20).cloned());
            if breach.journeys.len() < 20 {
                breach.journeys.insert(journey.clone());
            }
        }
        for (constant, event) in &seen.events {
            let (heard, all) = times.entry((column.clone(), constant.clone())).or_default();
            *heard = heard.saturating_add(event.heard);
            if all.len() < 100_000 {
                all.extend(&event.times);
            }
        }
    }
    for ((column, constant), (heard, times)) in times {
        let middle = middle(&times);
        let rounded = |ms: f64| (ms * 10.0).round() / 10.0;
        let latency = Latency {
            heard,
            median_ms: middle.map(|m| rounded(m.median)),
            spread_ms: middle.map(|m| rounded(m.spread)),
        };
        columns.entry(column).or_default().events.insert(constant, latency);
    }
    for (name, column) in &mut columns {
        let all = held.and_then(|held| held.get(name)).into_iter().flatten();
        column.held = all.filter(|id| !column.broken.contains_key(*id)).take(NAMES).cloned().collect();
    }
    Entry { format: FORMAT.to_owned(), chatproof: env!("CARGO_PKG_VERSION").to_owned(), at, run, exit_code, columns }
}

impl Entry {
    /// The name of its file, which sorts by time: `2027-01-31T09-30-00.000Z-1f2e3d4c.json`. The same run has the same
    /// name, and no two runs have.
    pub fn file_name(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let at: String = self.at.chars().map(plain).take(40).collect();
        let hash = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        let names = self.columns.keys().flat_map(|name| name.bytes());
        // Each browser of a matrix may be a run of its own.
        let number = self.run.bytes().chain(names).fold(0x811c_9dc5, hash);
        format!("{at}-{number:08x}.json")
    }

    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(default)]
            format: String,
        }
        let said = |cause: serde_json::Error| crate::report::text::short(&cause.to_string());
        let head: Head = serde_json::from_str(text).map_err(said)?;
        if head.format != FORMAT {
            let other = crate::report::text::short(&head.format);
            return Err(format!("its format is `{other}`; this version reads `{FORMAT}`"));
        }
        serde_json::from_str(text).map_err(said)
    }
}
