//! Documents that were rendered before their visitor went there: they are part of a journey from when they were shown.

use crate::recording::{Kind, Observation};

use super::{Document, Position};

/// Where in a document's observations, in the order of `seq`, it is shown for the first time; `None` if it was not rendered
/// beforehand, or never shown.
pub(super) fn shown(observations: &[&Observation]) -> Option<usize> {
    let from = observations.iter().position(|o| matches!(o.kind, Kind::Beforehand))?;
    let after = observations.get(from..)?.iter().position(|o| matches!(o.kind, Kind::Shown))?;
    Some(from + after)
}

/// Whether the visitor was on a document at any time.
pub(super) fn visited(observations: &[&Observation]) -> bool {
    let is = |wanted: fn(&Kind) -> bool| observations.iter().any(|o| wanted(&o.kind));
    !is(|kind| matches!(kind, Kind::Beforehand)) || is(|kind| matches!(kind, Kind::Shown))
}

/// What was heard in documents before anybody was on them, with the step in which they were shown.
pub(super) fn unseen<'a>(documents: &[Document<'a>]) -> Vec<(Position, &'a Observation)> {
    let entries = documents.iter().flat_map(|d| &d.entries);
    entries
        .filter(|entry| matches!(entry.observation.kind, Kind::Unseen { .. }))
        .map(|entry| (entry.step, entry.observation))
        .collect()
}
