//! The entries that a run would need, and the file's text with them added.
//!
//! Boundary: text in, text out. What is in the file stays as it is, comments included; new entries go to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use indexmap::IndexMap;
use time::Date;

use super::Ran;
use crate::source::SourceFile;
use crate::source::yaml::{self, Node, Value};
use crate::verdict::{Level, Outcome, RequirementId, Verdict};

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Requirement id.
    pub requirement: String,
    /// Journey; `None`: all of them, or what is judged over all of them.
    pub journey: Option<String>,
    /// Columns; empty: all in which it's run.
    pub browsers: Vec<String>,
    /// What was found.
    pub finding: String,
}

/// One entry for each root cause that keeps a run from conforming and isn't waived yet.
pub fn new_entries(ran: &Ran, verdicts: &[Verdict]) -> Vec<NewEntry> {
    let columns: BTreeSet<&String> = ran.all.iter().map(|(column, _)| column).collect();
    let journeys: BTreeSet<&String> = ran.walked.iter().map(|(_, journey)| journey).collect();
    // In how many columns a journey is run: each has visitors of its own.
    let of = |journey: &str| match journey {
        "" => columns.len(),
        _ => ran.all.iter().filter(|(_, other)| other == journey).count(),
    };
    // Requirement -> journey -> columns, as they stand in the verdicts.
    let mut broken: IndexMap<&RequirementId, (BTreeMap<&str, BTreeSet<&str>>, &str)> = IndexMap::new();
    for verdict in verdicts.iter().filter(|verdict| is_breach(verdict) && !explained(verdict, verdicts)) {
        let (places, _) = broken.entry(&verdict.requirement).or_insert_with(|| (BTreeMap::new(), &verdict.finding));
        places.entry(&verdict.journey).or_default().insert(&verdict.browser);
    }
    let mut out = Vec::new();
    for (requirement, (places, finding)) in broken {
        let entry = |journey: Option<&str>, browsers: Vec<String>| NewEntry {
            requirement: requirement.to_string(),
            journey: journey.map(str::to_owned),
            browsers,
            finding: finding.to_owned(),
        };
        let everywhere = journeys.len() > 1
            && journeys.iter().all(|j| places.get(j.as_str()).is_some_and(|seen| seen.len() >= of(j)));
        if everywhere {
            out.push(entry(None, Vec::new()));
            continue;
        }
        for (journey, seen) in places {
            let some =
                if seen.len() >= of(journey) { Vec::new() } else { seen.into_iter().map(str::to_owned).collect() };
            out.push(entry((!journey.is_empty()).then_some(journey), some));
        }
    }
    out
}

fn is_breach(verdict: &Verdict) -> bool {
    verdict.outcome == Outcome::Fail || (verdict.outcome == Outcome::NotReached && verdict.level == Level::Must)
}

/// Whether another breach explains this one, so that an entry for that one does for both.
fn explained(verdict: &Verdict, verdicts: &[Verdict]) -> bool {
    let Some(cause) = verdict.caused_by.as_ref() else { return false };
    verdicts.iter().any(|other| {
        other.requirement == *cause
            && other.browser == verdict.browser
            && (verdict.journey.is_empty() || other.journey == verdict.journey)
            && (is_breach(other) || other.outcome == Outcome::Waived)
    })
}

const HEAD: &str = "\
# Known failures: let pass as `waived`, shown and counted in every report. Say under `reason` why each is let pass;
# `until` (2027-01-31) and `ticket` help to get rid of it. A warning tells when an entry is no longer needed.
";

/// The text of a baseline with more entries: of a file that there is, or of a new one.
///
/// # Errors
/// What to add by hand, if the file is written in a way that nothing can be added to.
pub fn append(there: Option<&SourceFile>, new: &[NewEntry], today: Date) -> Result<String, String> {
    let old = there.map_or(HEAD, |source| &source.text);
    let indent = indent(old);
    let added: String = new.iter().map(|entry| entry.text(&indent, today)).collect();
    let mut text = old.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&added);
    // Whatever style the file is in: what comes out must be what was there, and the new entries.
    let count = |text: &str| items(text).map(|items| items.iter().map(Node::to_json).collect::<Vec<_>>());
    match (count(old), count(&text)) {
        (Some(before), Some(after)) if after.len() == before.len() + new.len() && after.starts_with(&before) => {
            Ok(text)
        }
        _ => Err(new.iter().map(|entry| entry.text("", today)).collect()),
    }
}

/// The white space before the file's dashes.
fn indent(text: &str) -> String {
    let line = text.lines().find(|line| line.trim_start().starts_with("- ")).unwrap_or_default();
    line.chars().take_while(|c| *c == ' ').collect()
}

fn items(text: &str) -> Option<Vec<Node>> {
    let mut mistakes = Vec::new();
    let tree = yaml::parse(&SourceFile::new("", text), &mut mistakes)?;
    match tree.value {
        _ if !mistakes.is_empty() => None,
        Value::Seq(items) => Some(items),
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}

impl NewEntry {
    fn text(&self, indent: &str, today: Date) -> String {
        let mut out = String::new();
        // Writing into a String doesn't fail.
        let _ = writeln!(out, "{indent}- requirement: {}", scalar(&globset::escape(&self.requirement)));
        if let Some(journey) = &self.journey {
            let _ = writeln!(out, "{indent}  journey: {}", scalar(&globset::escape(journey)));
        }
        match self.browsers.as_slice() {
            [] => {}
            [one] => {
                let _ = writeln!(out, "{indent}  browser: {}", scalar(one));
            }
            several => {
                let list: Vec<String> = several.iter().map(|browser| scalar(browser)).collect();
                let _ = writeln!(out, "{indent}  browser: [{}]", list.join(", "));
            }
        }
        let reason = format!("not explained yet ({} on {today})", self.finding);
        let _ = writeln!(out, "{indent}  reason: {}", scalar(&reason));
        out
    }
}

/// A text as YAML: plain if nothing in it could mean anything else, else in quotes.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    let inner = |c: char| plain(c) || matches!(c, ' ' | ':' | '(' | ')');
    let whole = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(inner)
        && text.ends_with(|c: char| plain(c) || c == ')')
        && !text.contains(": ")
        && !matches!(text.to_ascii_lowercase().as_str(), "null" | "true" | "false" | "yes" | "no" | "on" | "off");
    if whole { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
