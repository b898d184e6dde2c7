//! What is tried next: ways to events that weren't heard yet first, then what was never tried, breadth first.
//!
//! Boundary: pure; the same graph gives the same order.

use super::deed::Deed;
use super::fields::Kind;
use super::graph::{Choice, Graph, Sort, State};
use super::words;
use crate::spec::{EventSpec, Spec};

/// How often pages are loaded again, and how often nothing is done.
const RELOADS: usize = 2;
const WAITS: usize = 3;
/// How often a way is tried whose beginning leads elsewhere.
const MISSES: usize = 2;

/// How soon something is tried: the smallest first.
pub type Rank = (u8, usize, usize, usize);

/// Every choice that is worth a try, the best first: states and choices by name.
pub fn open(spec: &Spec, graph: &Graph) -> Vec<(Rank, String, String)> {
    let mut open = Vec::new();
    for (at, (key, state)) in graph.states.iter().enumerate() {
        for (nth, (id, choice)) in state.choices.iter().enumerate() {
            if let Some(class) = class(spec, graph, state, id, choice) {
                open.push(((class, state.way.len(), at, nth), key.clone(), id.clone()));
            }
        }
    }
    open.sort();
    open
}

/// What is tried next in a state that was just found: only what wasn't there a moment before.
pub fn best(spec: &Spec, graph: &Graph, key: &str) -> Option<String> {
    let state = graph.states.get(key)?;
    let worth = state.choices.iter().enumerate().filter_map(|(nth, (id, choice))| {
        let class = class(spec, graph, state, id, choice)?;
        (class <= 1 && choice.sort != Sort::Wait).then_some((class, nth, id))
    });
    worth.min().map(|(_, _, id)| id.clone())
}

fn class(spec: &Spec, graph: &Graph, state: &State, id: &str, choice: &Choice) -> Option<u8> {
    if choice.taken.is_some() || !choice.refused.is_empty() || choice.missed >= MISSES {
        return None;
    }
    let heard = graph.heard();
    let mut unheard = spec.events.values().filter(|event| !heard.contains(&event.constant));
    match choice.sort {
        Sort::Reload => (graph.count(Sort::Reload) < RELOADS).then_some(4),
        Sort::Wait => {
            // Only where something may come by itself: the nearer its name is to what has just come, the better.
            let timely = unheard.any(|event| {
                words::comes_with_time(event) && last_events(state).any(|last| words::precedes(last, &event.constant))
            });
            (timely && graph.count(Sort::Wait) < WAITS).then_some(1)
        }
        _ => {
            let promising = unheard.any(|event| promises(choice, event));
            let fresh = state.fresh.contains(id);
            match (graph.times(id), promising, fresh) {
                (0, true, true) => Some(0),
                (0, _, true) | (1, true, true) => Some(1),
                (0, true, false) => Some(2),
                (0, false, false) | (1, _, _) => Some(3),
                (2, true, _) => Some(4),
                (2, false, true) | (3..=5, true, _) => Some(5),
                _ => None,
            }
        }
    }
}

/// The events of the last step that fired any.
fn last_events(state: &State) -> impl Iterator<Item = &str> {
    let last: Option<&Deed> = state.way.last();
    last.into_iter().flat_map(|deed| deed.fires.iter().map(String::as_str))
}

/// Whether a choice looks like the cause of an event.
pub fn promises(choice: &Choice, event: &EventSpec) -> bool {
    let subjects = words::subjects(event);
    if choice.sort == Sort::Give {
        let given = [Kind::Email, Kind::Phone].into_iter().filter(|kind| choice.asks.contains(kind.name()));
        return given.into_iter().any(|kind| subjects.contains(&kind.subject()));
    }
    choice.sort == Sort::Take && words::speaks_of(choice.label(), &subjects)
}
