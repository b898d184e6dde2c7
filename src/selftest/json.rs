//! The matrix for programs: `"format": "chatproof-selftest/1"`, described by `specs/selftest.schema.json`.
//!
//! Boundary: types of its own, never internals. Within version 1, fields may be added; nothing is renamed, removed or
//! given another meaning.

use serde::Serialize;

use super::check::{Checked, Conclusion, Part};
use super::matrix::{self, Counts};
use super::{Catalogue, Ruling};

/// The `format` that this version writes.
pub const FORMAT: &str = "chatproof-selftest/1";

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    chatproof: &'static str,
    catalogue: &'a str,
    spec: &'a str,
    conclusion: &'static str,
    browsers: Vec<Browser<'a>>,
    entries: Vec<Entry<'a>>,
    errors: Vec<ErrorLine<'a>>,
}

#[derive(Serialize)]
struct Browser<'a> {
    browser: &'a str,
    faults: usize,
    caught: usize,
    missed: usize,
    other_reason: usize,
    variants: usize,
    clear: usize,
    false_alarms: usize,
    open: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    kind: &'static str,
    title: &'a str,
    statement: &'a str,
    section: Option<&'a str>,
    journeys: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    visitors: &'a [String],
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Outcome<'a> {
    browser: &'a str,
    conclusion: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    verdicts: Vec<Verdict<'a>>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    requirement: &'a str,
    part: &'static str,
    declared: Vec<Ruled<'a>>,
    heard: Vec<Ruled<'a>>,
    as_declared: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Ruled<'a> {
    outcome: &'static str,
    finding: &'a str,
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    browser: &'a str,
    message: &'a str,
}

/// The matrix as JSON. `errors`: browsers that could not be used, and why. `code`: what the process exits with.
pub fn render(catalogue: &Catalogue, checked: &[Checked], errors: &[(String, String)], code: u8) -> String {
    let browsers = matrix::browsers(checked)
        .into_iter()
        .map(|browser| {
            let Counts { faults, caught, missed, other_reason, variants, clear, false_alarms, open } =
                matrix::counts(checked, browser);
            Browser { browser, faults, caught, missed, other_reason, variants, clear, false_alarms, open }
        })
        .collect();
    let report = Report {
        format: FORMAT,
        chatproof: env!("CARGO_PKG_VERSION"),
        catalogue: &catalogue.name,
        spec: &catalogue.spec.id,
        conclusion: match code {
            0 => "as-declared",
            1 => "not-as-declared",
            _ => "could-not-be-told",
        },
        browsers,
        entries: matrix::rows(catalogue, checked).iter().map(entry).collect(),
        errors: errors.iter().map(|(browser, message)| ErrorLine { browser, message }).collect(),
    };
    // Plain types with text keys: there is nothing in them that JSON can't say.
    serde_json::to_string_pretty(&report).map(|text| text + "\n").unwrap_or_default()
}

fn entry<'a>(row: &matrix::Row<'a>) -> Entry<'a> {
    Entry {
        id: &row.entry.id,
        kind: row.entry.kind.name(),
        title: &row.entry.title,
        statement: &row.entry.statement,
        section: row.entry.section.as_deref(),
        journeys: &row.entry.journeys,
        visitors: &row.entry.visitors,
        results: row.checked.iter().map(|checked| outcome(checked)).collect(),
    }
}

fn outcome(checked: &Checked) -> Outcome<'_> {
    let verdicts = checked
        .lines
        .iter()
        .map(|line| Verdict {
            requirement: &line.requirement,
            part: match line.part {
                Part::Headline => "headline",
                Part::Follows => "follows",
            },
            declared: line.declared.iter().map(ruled).collect(),
            heard: line.heard.iter().map(ruled).collect(),
            as_declared: line.agrees(),
            // Only where it explains something: it tells times, and no two runs have the same.
            actual: (!line.agrees() && !line.heard.is_empty()).then_some(&line.actual),
            hint: line.hint.as_deref().filter(|_| !line.agrees()),
        })
        .collect();
    Outcome {
        browser: &checked.browser,
        conclusion: checked.conclusion.code(),
        why: match &checked.conclusion {
            Conclusion::Open(why) => Some(why),
            _ => None,
        },
        verdicts,
    }
}

fn ruled(ruling: &Ruling) -> Ruled<'_> {
    Ruled { outcome: ruling.word.name(), finding: &ruling.finding }
}
