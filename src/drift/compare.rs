//! Which journeys are compared with which, and what comes of all of them together.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::text;

use super::{About, Change, Comparison, Run, Seen, Side, Weight, events, fields, requirements};

/// As many names as a person reads.
const NAMES: usize = 10;

/// There is no journey that is on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NothingAlike;

/// One journey on both sides.
pub(super) struct Pair<'r> {
    pub before: &'r Seen,
    pub after: &'r Seen,
    /// The API, constants and hits are known on both sides.
    pub full: bool,
}

impl Pair<'_> {
    /// Whether what is missing on either side is missing for its own sake: all recordings came to their end.
    pub fn whole(&self) -> bool {
        self.before.unfinished == 0 && self.after.unfinished == 0
    }
}

/// Collects changes; the same one in several journeys is one.
#[derive(Default)]
pub(super) struct Changes {
    all: BTreeMap<(Weight, About, String, &'static str), Change>,
    place: String,
}

impl Changes {
    pub fn add(&mut self, weight: Weight, about: About, subject: &str, what: &'static str) -> &mut Change {
        let place = self.place.clone();
        let change = self.all.entry((weight, about, subject.to_owned(), what)).or_insert_with(|| Change {
            weight,
            about,
            subject: subject.to_owned(),
            what,
            sentence: String::new(),
            before: String::new(),
            after: String::new(),
            caused_by: None,
            places: BTreeSet::new(),
        });
        change.places.insert(place);
        change
    }
}

impl Change {
    /// Says what it is, the first time that it's found.
    pub(super) fn says(&mut self, sentence: &str, before: impl Into<String>, after: impl Into<String>) -> &mut Self {
        if self.sentence.is_empty() {
            self.sentence = text::short(sentence);
            self.before = text::short(&before.into());
            self.after = text::short(&after.into());
        }
        self
    }
}

/// Compares two sides. Journeys are matched by their names and columns; where no column is on both sides, by their names
/// alone, so that Firefox can be compared with Chromium, or one visitor with another.
///
/// # Errors
/// No journey is on both sides.
pub fn compare(before: &Run, after: &Run) -> Result<Comparison, NothingAlike> {
    let mut notes = Vec::new();
    let shared: Vec<&String> = before.columns.keys().filter(|name| after.columns.contains_key(*name)).collect();
    let mut changes = Changes::default();
    let mut journeys = 0;
    let full = !before.thin && !after.thin;
    if shared.is_empty() {
        let names = |run: &Run| run.columns.keys().map(|name| text::short(name)).collect::<Vec<_>>().join(", ");
        notes.push(format!("No browser is on both sides, so {} is compared with {}.", names(before), names(after)));
        let (pooled_before, pooled_after) = (pooled(before), pooled(after));
        journeys += both(&pooled_before, &pooled_after, "", full, &mut changes, &mut notes);
    } else {
        for column in &shared {
            if let (Some(before), Some(after)) = (before.columns.get(*column), after.columns.get(*column)) {
                journeys += both(before, after, column, full, &mut changes, &mut notes);
            }
        }
        for (run, other, which) in [(before, after, "before"), (after, before, "after")] {
            for name in run.columns.keys().filter(|name| !other.columns.contains_key(*name)) {
                notes.push(format!("{} is only there {which}, and is compared with nothing.", text::short(name)));
            }
        }
    }
    if journeys == 0 {
        return Err(NothingAlike);
    }
    if !full {
        notes.push(
            "A JSON report doesn't hold the API, its constants and analytics hits: compare recordings for those."
                .to_owned(),
        );
    }
    if !before.rules.is_empty() && !after.rules.is_empty() && before.rules != after.rules {
        notes.push(
            "The sides were recorded with different versions of the site file or the spec: what broke may be a rule that is new."
                .to_owned(),
        );
    }
    let mut changes: Vec<Change> = changes.all.into_values().collect();
    changes.sort_by(|a, b| (a.weight, a.about, &a.subject, a.what).cmp(&(b.weight, b.about, &b.subject, b.what)));
    Ok(Comparison { before: side(before), after: side(after), journeys, changes, notes })
}

fn side(run: &Run) -> Side {
    Side {
        name: run.name.clone(),
        began: run.began.clone(),
        columns: run.columns.keys().cloned().collect(),
        recordings: run.columns.values().flat_map(BTreeMap::values).map(|seen| seen.recordings).sum(),
    }
}

/// All columns as one.
fn pooled(run: &Run) -> BTreeMap<String, Seen> {
    let mut out: BTreeMap<String, Seen> = BTreeMap::new();
    for (name, seen) in run.columns.values().flatten() {
        out.entry(name.clone()).or_default().join(seen.clone());
    }
    out
}

/// Compares the journeys of a column; gives how many are on both sides.
fn both(
    before: &BTreeMap<String, Seen>,
    after: &BTreeMap<String, Seen>,
    column: &str,
    full: bool,
    changes: &mut Changes,
    notes: &mut Vec<String>,
) -> usize {
    let mut compared = 0;
    for (name, after) in after {
        let Some(before) = before.get(name) else { continue };
        let name = text::short(name);
        changes.place = if column.is_empty() { name } else { format!("{}: {name}", text::short(column)) };
        journey(&Pair { before, after, full }, changes);
        compared += 1;
    }
    let alone = [(before, after, "before"), (after, before, "after")];
    for (here, there, which) in alone {
        let names: Vec<String> =
            here.keys().filter(|name| !there.contains_key(*name)).map(|n| text::short(n)).collect();
        if !names.is_empty() {
            let place = if column.is_empty() { String::new() } else { format!(" in {}", text::short(column)) };
            let more = names.len().saturating_sub(NAMES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let listed = names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(", ");
            let what = if names.len() == 1 { "journey is" } else { "journeys are" };
            notes.push(format!("{} {what} only there {which}{place}: {listed}{more}.", names.len()));
        }
    }
    compared
}

fn journey(pair: &Pair<'_>, changes: &mut Changes) {
    let Pair { before, after, .. } = pair;
    if before.unfinished == 0 && after.unfinished > 0 {
        let told = format!("{} of {} broke off", after.unfinished, after.recordings);
        changes.add(Weight::Doubt, About::Journey, "journeys", "unfinished").says(
            "no longer come to their end, so what is missing after that point can't be told",
            "all steps were done",
            told,
        );
    } else if before.unfinished > 0 && after.unfinished == 0 {
        let told = format!("{} of {} broke off", before.unfinished, before.recordings);
        changes.add(Weight::Better, About::Journey, "journeys", "finished").says(
            "come to their end again",
            told,
            "all steps were done",
        );
    }
    let broke = requirements::compare(pair, changes);
    events::compare(pair, &broke, changes);
    fields::compare(pair, &broke, changes);
}
