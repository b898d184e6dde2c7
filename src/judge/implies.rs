//! `implies.*`: if an event fires, so does another, earlier or later in the conversation.
//!
//! A journey that was cut short proves nothing: what is implied might have come later.

use crate::spec::{RuleKind, Spec};

use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, DIALOG_CANCELLED, LOST, REFUSED, finding};
use super::case::Case;
use super::draft::Draft;
use super::order::{among, blank};
use super::requirements::Catalogue;
use super::text;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&IMPLIES];

/// What goes with what.
const IMPLIES: About = About {
    form: "implies.RULE",
    looks_at: "whether one of the implied events was heard in the same conversation, earlier or later",
    why: "a funnel whose first step is missing loses everyone who comes after it",
    findings: &[
        finding(
            "missing",
            "the event was heard, but none of those that go with it",
            "see their `fires`: this often follows from them",
        ),
        LOST,
        DIALOG_CANCELLED,
        REFUSED,
        CUT_SHORT,
    ],
    example: "A visitor who gives an email address has responded, so INPUT_EMAIL implies ENGAGED. Without it: `missing`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for rule in &spec.rules {
        if let RuleKind::Implies { .. } = rule.kind {
            catalogue.add(&IMPLIES, &rule.id, &rule.title, &rule.statement);
        }
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for rule in &case.spec.rules {
        let RuleKind::Implies { events, also } = &rule.kind else { continue };
        for conversation in 0..case.talks.all.len() {
            let heard = among(case, conversation, events);
            let Some(first) = heard.first().and_then(|i| case.occurrence(*i)) else { continue };
            let implied = among(case, conversation, also);
            let draft = blank(case, rule, conversation).evidence(case.arrivals(&heard));
            if let Some(found) = implied.first().and_then(|i| case.occurrence(*i)) {
                out.push(draft.pass(format!("{} was heard too", found.constant)).evidence(found.arrivals.clone()));
                continue;
            }
            let alone =
                format!("{} was heard {}, but not {}", first.constant, case.when(first), text::list(also, "or"));
            let draft = draft.step(case.heard_in(first).and_then(|s| case.step_ref(s)));
            out.push(if let Some(hole) = case.trace.hole(None, Some(usize::MAX)) {
                draft.inconclusive("lost", format!("{alone}; {}", hole.why))
            } else if let Some(answered) = case.trace.answered(None, Some(usize::MAX)) {
                let draft = draft.hint(answered.advice.clone()).evidence([answered.arrival]);
                draft.inconclusive(answered.code, format!("{alone}; {}", answered.why))
            } else if !case.is_complete() {
                draft.inconclusive("cut-short", format!("{alone}; the journey was cut short, so it might have come"))
            } else {
                draft
                    .breach("missing", alone)
                    .explained_by(
                        also.iter().filter(|e| case.matching.misses(e)).map(|e| RequirementId::event(e, "fires")),
                    )
                    .explained_by(also.iter().map(|e| RequirementId::constant(e, "present")))
                    .explained_by(case.causes_of_place(&heard))
            });
        }
    }
}
