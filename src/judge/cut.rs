//! What breaks off accuses nobody: what a recording that broke off can't show.
//!
//! Browser and driver speak over several sockets, and from many documents. Where one of them ends in the middle, what one
//! has told may rest on what another was about to tell: a hit is seen, and its event isn't yet. So in such a recording
//! nothing follows from a thing that isn't there. And where several documents spoke, it isn't known which of them said
//! more, nor to which conversation an event belongs whose beginning another one was to tell.

use crate::recording::{Ending, Recording, StepOutcome};
use crate::verdict::Outcome;

use super::case::Case;
use super::draft::Draft;

/// As what is open for that reason is found.
pub(super) const FINDING: &str = "cut-short";

/// Whether a recording broke off: what was under way when it ended isn't in it. A step that failed is no such end; the
/// journey was closed after it as after any other.
pub(super) fn broke_off(recording: &Recording) -> bool {
    let gone = |outcome: &StepOutcome| matches!(outcome, StepOutcome::Failed(error) if error.code == "browser-gone");
    match recording.ending {
        Ending::Interrupted | Ending::Broken { .. } => true,
        Ending::Complete | Ending::StepFailed { .. } => recording.steps.iter().any(|step| gone(&step.outcome)),
    }
}

/// A breach that rests on something that isn't there: where the journey broke off it is open.
pub(super) fn unless_cut(case: &Case, draft: Draft) -> Draft {
    if !case.broke_off() || !draft.is_broken() {
        return draft;
    }
    open(draft, "the journey broke off, and what isn't there may have been under way")
}

/// A breach between several things heard: which was first, to which conversation each belongs, how many there were. It is
/// open where what tells that may be missing.
pub(super) fn unless_torn(case: &Case, draft: Draft, occurrences: &[usize]) -> Draft {
    if !draft.is_broken() {
        return draft;
    }
    let speakers = case.trace.documents.iter().filter(|d| d.hosts()).count();
    if case.broke_off() && speakers > 1 {
        return open(draft, "the journey broke off, and not all documents may have told what they had heard before");
    }
    let last = occurrences.iter().filter_map(|i| case.occurrence(*i)).map(|o| o.step).max().flatten();
    match case.trace.certain_hole(None, last).map(|hole| hole.why.clone()) {
        Some(why) => {
            let heard = draft.verdict.actual.clone();
            draft.inconclusive("lost", format!("{heard}; but {why}"))
        }
        None => draft,
    }
}

fn open(draft: Draft, why: &str) -> Draft {
    debug_assert!(draft.verdict.outcome != Outcome::Pass);
    let heard = draft.verdict.actual.clone();
    draft.inconclusive(FINDING, format!("{heard}; but {why}"))
}
