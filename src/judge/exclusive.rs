//! `exclusive.*`: of some events at most one fires in a conversation. (The same event twice is the cardinality's business.)

use crate::spec::{RuleKind, Spec};

use super::about::{About, CUT_SHORT, LOST, finding};
use super::case::Case;
use super::cut;
use super::draft::Draft;
use super::order::{among, blank};
use super::requirements::Catalogue;
use super::text;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&EXCLUSIVE];

/// What excludes what.
const EXCLUSIVE: About = About {
    form: "exclusive.RULE",
    looks_at: "which of the rule's events were heard in one conversation",
    why: "a conversation that ends in two ways is counted in both",
    findings: &[
        finding(
            "both",
            "more than one of them was heard",
            "the vendor has to decide for one; when each was heard is told",
        ),
        LOST,
        CUT_SHORT,
    ],
    example: "A conversation that was completed fires CLOSED when its panel is shut: `both`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for rule in &spec.rules {
        if let RuleKind::Exclusive { .. } = rule.kind {
            catalogue.add(&EXCLUSIVE, &rule.id, &rule.title, &rule.statement);
        }
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for rule in &case.spec.rules {
        let RuleKind::Exclusive { events } = &rule.kind else { continue };
        for conversation in 0..case.talks.all.len() {
            let heard = among(case, conversation, events);
            let mut firsts: Vec<usize> = Vec::new();
            for &index in &heard {
                let is_new =
                    |i: &usize| case.occurrence(*i).map(|o| o.constant) != case.occurrence(index).map(|o| o.constant);
                if firsts.iter().all(is_new) {
                    firsts.push(index);
                }
            }
            let occurrences: Vec<_> = firsts.iter().filter_map(|i| case.occurrence(*i)).collect();
            let draft = || blank(case, rule, conversation).evidence(case.arrivals(&firsts));
            match occurrences.as_slice() {
                [] => {}
                [only] => out.push(draft().pass(format!("only {}", only.constant))),
                [.., last] => {
                    let said: Vec<String> =
                        occurrences.iter().map(|o| format!("{} {}", o.constant, case.when(o))).collect();
                    let draft = draft()
                        .breach("both", format!("heard {}", text::list(&said, "and")))
                        .step(case.heard_in(last).and_then(|s| case.step_ref(s)))
                        .explained_by(case.causes_of_place(&firsts));
                    out.push(cut::unless_torn(case, draft, &firsts));
                }
            }
        }
    }
}
