//! A comparison for programs: `"format": "chatproof-comparison/1"`, described by `specs/comparison.schema.json`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Change, Comparison, Side, Weight};

/// The `format` that this version writes.
pub const FORMAT: &str = "chatproof-comparison/1";

#[derive(Serialize)]
struct File<'c> {
    format: &'static str,
    chatproof: &'static str,
    sentence: String,
    exit_code: u8,
    totals: Totals,
    before: SideOut<'c>,
    after: SideOut<'c>,
    journeys: usize,
    changes: Vec<ChangeOut<'c>>,
    notes: &'c [String],
}

#[derive(Serialize)]
struct Totals {
    worse: usize,
    doubt: usize,
    changed: usize,
    better: usize,
}

#[derive(Serialize)]
struct SideOut<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "str::is_empty")]
    began: &'c str,
    columns: &'c [String],
    recordings: u32,
}

#[derive(Serialize)]
struct ChangeOut<'c> {
    weight: &'static str,
    about: &'static str,
    subject: &'c str,
    what: &'static str,
    sentence: &'c str,
    before: &'c str,
    after: &'c str,
    caused_by: Option<&'c str>,
    places: Vec<&'c str>,
}

/// Writes it as it goes. `exit_code`: what the process ends with.
///
/// # Errors
/// Those of `out`.
pub fn write(comparison: &Comparison, exit_code: u8, out: &mut dyn Write) -> io::Result<()> {
    let file = File {
        format: FORMAT,
        chatproof: env!("CARGO_PKG_VERSION"),
        sentence: comparison.sentence(),
        exit_code,
        totals: Totals {
            worse: comparison.count(Weight::Worse),
            doubt: comparison.count(Weight::Doubt),
            changed: comparison.count(Weight::Changed),
            better: comparison.count(Weight::Better),
        },
        before: side(&comparison.before),
        after: side(&comparison.after),
        journeys: comparison.journeys,
        changes: comparison.changes.iter().map(change).collect(),
        notes: &comparison.notes,
    };
    crate::report::json::write_safe(out, &file)
}

fn change(change: &Change) -> ChangeOut<'_> {
    ChangeOut {
        weight: change.weight.name(),
        about: change.about.name(),
        subject: &change.subject,
        what: change.what,
        sentence: &change.sentence,
        before: &change.before,
        after: &change.after,
        caused_by: change.caused_by.as_deref(),
        places: change.places.iter().map(String::as_str).collect(),
    }
}

fn side(side: &Side) -> SideOut<'_> {
    SideOut { name: &side.name, began: &side.began, columns: &side.columns, recordings: side.recordings }
}
