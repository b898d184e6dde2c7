//! Requirements that broke, were mended, or can't be told any more.

use std::collections::BTreeSet;

use super::compare::{Changes, Pair};
use super::{About, Broken, Change, Weight};

/// Ranks, as [`Broken::rank`] gives them.
const NOTE: u8 = 1;
const INCONCLUSIVE: u8 = 2;

/// Adds what became of each requirement; gives those that broke.
pub(super) fn compare(pair: &Pair<'_>, changes: &mut Changes) -> BTreeSet<String> {
    let (before, after) = (&pair.before.broken, &pair.after.broken);
    let mut broke = BTreeSet::new();
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let nothing = Broken::default();
    for id in ids {
        let (was, is) = (before.get(id).unwrap_or(&nothing), after.get(id).unwrap_or(&nothing));
        let Some((weight, what)) = became(was, is) else { continue };
        if weight == Weight::Worse {
            broke.insert(id.clone());
        }
        let change = changes.add(weight, About::Requirement, id, what);
        let statement = if is.statement.is_empty() { &was.statement } else { &is.statement };
        let statement = if statement.is_empty() { clause(what) } else { statement };
        change.says(statement, told(was, pair.before.recordings), told(is, pair.after.recordings));
        let cause = if is.outcome.is_empty() { &was.caused_by } else { &is.caused_by };
        because(change, cause.as_ref());
    }
    broke
}

/// What one breach explains in all journeys is explained; in some it isn't.
fn because(change: &mut Change, cause: Option<&String>) {
    change.caused_by = match (change.places.len(), cause) {
        (1, cause) => cause.cloned(),
        (_, Some(cause)) if change.caused_by.as_ref() == Some(cause) => Some(cause.clone()),
        _ => None,
    };
}

fn became(was: &Broken, is: &Broken) -> Option<(Weight, &'static str)> {
    let (before, after) = (Broken::rank(&was.outcome), Broken::rank(&is.outcome));
    Some(match (before, after) {
        (before, INCONCLUSIVE) if before != INCONCLUSIVE => (Weight::Doubt, "inconclusive"),
        (_, NOTE) if before == 0 => (Weight::Changed, "noted"),
        (before, after) if after > before => (Weight::Worse, if before > INCONCLUSIVE { "graver" } else { "broke" }),
        (NOTE, _) if after == 0 => (Weight::Changed, "not-noted"),
        (INCONCLUSIVE, _) if after < before => (Weight::Better, "told-again"),
        (before, after) if after < before => (Weight::Better, if after > INCONCLUSIVE { "milder" } else { "mended" }),
        (_, after) if after > INCONCLUSIVE && is.places > was.places => (Weight::Worse, "in-more-places"),
        (_, after) if after > INCONCLUSIVE && is.places < was.places => (Weight::Better, "in-fewer-places"),
        (_, after) if after > 0 && is.findings != was.findings => (Weight::Changed, "finding"),
        _ => return None,
    })
}

/// What happened, where the requirement's own words aren't known.
fn clause(what: &str) -> &'static str {
    match what {
        "broke" => "holds no more",
        "mended" => "holds again",
        "inconclusive" => "can't be told any more",
        _ => "has another outcome",
    }
}

fn told(broken: &Broken, recordings: u32) -> String {
    if broken.outcome.is_empty() {
        return "holds".to_owned();
    }
    let findings: Vec<&str> = broken.findings.iter().map(String::as_str).collect();
    let places = if broken.places > 1 { format!(", in {} places", broken.places) } else { String::new() };
    let some = if broken.recordings < recordings {
        format!(", in {} of {recordings} recordings", broken.recordings)
    } else {
        String::new()
    };
    let heard = if broken.actual.is_empty() { String::new() } else { format!(" ({})", broken.actual) };
    format!("{}: {}{places}{some}{heard}", broken.outcome, findings.join(", "))
}
