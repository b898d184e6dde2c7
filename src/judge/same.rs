//! `same.*`: an event carries what an earlier one of its conversation carried: a chat ends with the agent with whom it began.
//!
//! Compared is with the last of those before it. A field that one of them lacks is the payload's business.

use serde_json::Value;

use crate::spec::{Rule, RuleKind, Spec};
use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, LOST, finding};
use super::case::Case;
use super::conversation::{field_of, payload};
use super::cut;
use super::draft::Draft;
use super::order::{among, blank};
use super::requirements::Catalogue;
use super::text::show;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&SAME];

/// What is carried on.
const SAME: About = About {
    form: "same.RULE",
    looks_at: "the rule's fields in an event, against the last event before it in the conversation that they are taken from",
    why: "who joins the two events by these fields gives what happened to somebody else",
    findings: &[
        finding(
            "changed",
            "the two events carry different values",
            "the vendor has to tell the same of both; what each said is told",
        ),
        LOST,
        CUT_SHORT,
    ],
    example: "Ada accepts a chat, and its end names Grace: `changed`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for rule in &spec.rules {
        if let RuleKind::Same { .. } = rule.kind {
            catalogue.add(&SAME, &rule.id, &rule.title, &rule.statement);
        }
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for rule in &case.spec.rules {
        let RuleKind::Same { fields, events, of } = &rule.kind else { continue };
        for conversation in 0..case.talks.all.len() {
            out.extend(one(case, rule, conversation, (fields, events, of)));
        }
    }
}

/// The value of a field that an occurrence carries.
pub(super) fn carried<'a>(case: &Case<'a>, index: usize, field: &str) -> Option<&'a Value> {
    field_of(payload(case.spec, case.occurrence(index)?)?, field).filter(|value| !value.is_null())
}

fn one(
    case: &Case,
    rule: &Rule,
    conversation: usize,
    (fields, events, of): (&[String], &[String], &[String]),
) -> Option<Draft> {
    let sources = among(case, conversation, of);
    let mut compared = Vec::new();
    for index in among(case, conversation, events) {
        let Some(&source) = sources.iter().rfind(|source| **source < index) else { continue };
        for field in fields {
            let (Some(was), Some(is)) = (carried(case, source, field), carried(case, index, field)) else { continue };
            compared.extend([source, index]);
            if was == is {
                continue;
            }
            let (before, o) = (case.occurrence(source)?, case.occurrence(index)?);
            let draft = blank(case, rule, conversation)
                .breach(
                    "changed",
                    format!(
                        "`{field}` is {} on {}, and was {} on {}",
                        show(is),
                        o.constant,
                        show(was),
                        before.constant
                    ),
                )
                .hint(format!("{} was heard {}", o.constant, case.when(o)))
                .step(case.heard_in(o).and_then(|s| case.step_ref(s)))
                .evidence(case.arrivals(&[source, index]))
                .explained_by([before, o].map(|o| RequirementId::payload(o.constant, field, None)))
                .explained_by(case.causes_of_place(&[source, index]));
            return Some(cut::unless_torn(case, draft, &[source, index]));
        }
    }
    let last = compared.last().and_then(|index| case.occurrence(*index))?;
    let draft = blank(case, rule, conversation).evidence(case.arrivals(&compared));
    Some(draft.pass(format!("{} carries what was carried before", last.constant)))
}
