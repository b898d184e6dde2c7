//! Pages that were rendered before their visitor went there: what is heard in one until then is set apart.
//!
//! Boundary: marks what it was; that it proves nothing is the judge's business.

use std::collections::{HashMap, HashSet};

use crate::recording::{Kind, Observation};

/// Whether it is something that a page does, rather than something that is so: its API, its ready event and its handlers are
/// there for the visitor who comes later.
pub(super) fn is_act(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Event { .. }
            | Kind::Push { .. }
            | Kind::Handled(_)
            | Kind::HandlerRejected { .. }
            | Kind::PageError { .. }
            | Kind::Dialog { .. }
    )
}

/// Sets apart what was still open while it was heard: all of documents that were never shown, and what the browser told of
/// their contexts before they were. `shown`: the documents that were rendered beforehand, each with the arrival of its being
/// shown.
pub(super) fn set_apart(observations: &mut [Observation], shown: &HashMap<String, Option<u64>>) {
    if shown.is_empty() {
        return;
    }
    let contexts: HashMap<String, u64> = observations
        .iter()
        .filter(|o| matches!(o.kind, Kind::Beforehand) && !o.context.is_empty())
        .filter_map(|o| Some((o.context.clone(), shown.get(&o.document)?.unwrap_or(u64::MAX))))
        .collect();
    let never: HashSet<&str> =
        shown.iter().filter(|(_, shown)| shown.is_none()).map(|(document, _)| document.as_str()).collect();
    for observation in observations {
        let unseen = if observation.seq.is_some() {
            never.contains(observation.document.as_str())
        } else {
            contexts.get(&observation.context).is_some_and(|shown| observation.arrival < *shown)
        };
        let stays = matches!(
            observation.kind,
            // Of a request the browser itself says whose it was; it may be told of earlier than that the page is shown.
            Kind::Request(_)
                | Kind::Alive { .. }
                | Kind::Beforehand
                | Kind::Analytics(_)
                | Kind::Unseen { .. }
                | Kind::Dropped { .. }
        );
        if unseen && !stays {
            let heard = Box::new(std::mem::replace(&mut observation.kind, Kind::Beforehand));
            observation.kind = Kind::Unseen { heard };
        }
    }
}
