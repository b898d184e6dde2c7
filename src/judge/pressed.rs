//! A press that chatproof made twice accuses nobody.
//!
//! Where an element moves, or is covered or replaced, between press and release, and nothing is heard of that for as long
//! as its event may take, the runner presses again. The first press may have had its effect all the same, only later: then
//! an event comes twice, or before its step, and whatever rests on what was heard from the first press on is open.

use crate::recording::Kind;

use super::about::PRESSED_TWICE;
use super::case::Case;
use super::draft::Draft;

/// The drafts, with those left open that a press made twice may have broken.
pub(super) fn excused(case: &Case, drafts: Vec<Draft>) -> Vec<Draft> {
    let presses = case.recording.observations.iter().filter_map(|observation| match observation.kind {
        Kind::PressedAgain { step } => Some((step, observation.arrival)),
        _ => None,
    });
    presses.fold(drafts, |drafts, (step, again)| {
        let since = begun(case, step, again);
        if !both_had_their_effect(case, step, since, again) {
            return drafts;
        }
        let why = format!(
            "the press of step {} was made twice, since the element was no longer under the pointer when that was \
             let go the first time, and both may have had their effect",
            step + 1
        );
        let open = |draft: Draft| {
            if !draft.is_broken() || draft.verdict.evidence.iter().all(|arrival| *arrival < since) {
                return draft;
            }
            let heard = draft.verdict.actual.clone();
            draft.inconclusive(PRESSED_TWICE.code, format!("{heard}; but {why}")).hint(PRESSED_TWICE.advice.to_owned())
        };
        drafts.into_iter().map(open).collect()
    })
}

/// When the step began for the first time: `again` at the latest.
fn begun(case: &Case, step: usize, again: u64) -> u64 {
    let of = |kind: &Kind| matches!(kind, Kind::Void { step: of } | Kind::Mark { step: of } if *of == step);
    let marks = case.recording.observations.iter().filter(|observation| of(&observation.kind));
    marks.map(|observation| observation.arrival).min().map_or(again, |first| first.min(again))
}

/// Whether more was heard since than the journey's steps declare, or something before the second press.
fn both_had_their_effect(case: &Case, step: usize, since: u64, again: u64) -> bool {
    let steps = case.journey.and_then(|journey| journey.steps.get(step..)).unwrap_or_default();
    let heard = |constant: &str| {
        let occurrences = case.trace.occurrences.iter().filter(|o| o.constant == constant);
        occurrences.filter(|o| o.arrivals.first().is_some_and(|arrival| *arrival >= since)).count()
    };
    let declared = |constant: &str| steps.iter().flat_map(|s| &s.fires).filter(|e| e.constant == constant).count();
    let may = |constant: &str| steps.iter().flat_map(|s| &s.may_fire).any(|e| e.constant == constant);
    case.heard.keys().any(|constant| !may(constant) && heard(constant) > declared(constant))
        || case
            .trace
            .occurrences
            .iter()
            .any(|o| o.step < Some(step) && o.arrivals.first().is_some_and(|arrival| *arrival >= again))
}
