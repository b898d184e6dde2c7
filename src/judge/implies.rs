//! `implies.*`: if an event fires, so does another, earlier or later in the conversation.
//!
//! Example: a visitor who gives an email address has responded, so INPUT_EMAIL implies ENGAGED. Without it
//! `implies.email-engages` fails as `missing`. A journey that was cut short proves nothing: what is implied might have
//! come later.

use crate::spec::{RuleKind, Spec};

use super::case::Case;
use super::draft::Draft;
use super::order::{among, blank};
use super::requirements::Catalogue;
use super::text;

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for rule in &spec.rules {
        if let RuleKind::Implies { .. } = rule.kind {
            catalogue.add(&rule.id, &rule.title, &rule.statement);
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
            } else if !case.is_complete() {
                draft.inconclusive("cut-short", format!("{alone}; the journey was cut short, so it might have come"))
            } else {
                draft
                    .breach("missing", alone)
                    .explained_by(also.iter().filter(|e| case.matching.misses(e)).map(|e| format!("event.{e}.fires")))
                    .explained_by(also.iter().map(|e| format!("constant.{e}.present")))
                    .explained_by(case.causes_of_place(&heard))
            });
        }
    }
}
