//! `site.X.in-order`: what a site file has come in this order.
//!
//! Two events of one step may each be in time, and still come in the wrong order: `fires: { in_order: [A, B] }`. Whether they
//! come at all is `event.X.fires`.

use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, LOST, finding};
use super::case::Case;
use super::cut;
use super::draft::Draft;
use super::matching::{Expectation, Met};
use super::text;

/// That one comes after another.
pub(super) const IN_ORDER: About = About {
    form: "site.X.in-order",
    looks_at: "the events of one step that its `fires` puts `in_order`: each has to come after the one before it in that list",
    why: "who follows visitors through a funnel, or acts on one event by what another one brought, relies on the order",
    findings: &[
        finding(
            "out-of-order",
            "it came before the event that stands before it",
            "the vendor has to fire them in order; if the order doesn't matter to you, list them without `in_order`",
        ),
        LOST,
        CUT_SHORT,
    ],
    example: "`fires: { in_order: [ENDED, COMPLETED] }`, and COMPLETED is heard 20 ms before ENDED: `out-of-order`.",
};

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    let all = &case.matching.expectations;
    for (before, e) in all.iter().zip(all.iter().skip(1)).filter(|(_, e)| e.expected.follows) {
        out.extend(one(case, before, e));
    }
}

fn one(case: &Case, before: &Expectation, e: &Expectation) -> Option<Draft> {
    let heard = |e: &Expectation| match e.met {
        Met::InTime(at) | Met::TooEarly(at) | Met::TooLate(at) => Some(at),
        Met::Missing | Met::Open(..) => None,
    };
    let (first, second) = (heard(before)?, heard(e)?);
    let (a, b) = (case.occurrence(first)?, case.occurrence(second)?);
    let (x, y) = (a.constant, b.constant);
    let draft = case
        .site_draft(
            RequirementId::in_order(y),
            format!("The site file demands that {y} comes after {x}"),
            e.expected.span,
        )
        .subject(format!("step {}", e.step.index + 1), e.step.index * 1000 + e.nth)
        .expected(format!("{x}, then {y}"))
        .step(case.step_ref(e.step.index))
        .evidence(case.arrivals(&[first, second]));
    if first < second {
        return Some(draft.pass(format!("{y} came after {x}")));
    }
    let when = match a.page_ms.zip(b.page_ms) {
        Some((a, b)) if a >= b => format!("{} before {x}", text::duration(a - b)),
        _ => format!("before {x}"),
    };
    let untimely = [first, second].into_iter().filter(|at| case.is_untimely(*at));
    let untimely: Vec<RequirementId> =
        untimely.filter_map(|at| case.occurrence(at)).map(|o| RequirementId::event(o.constant, "fires")).collect();
    let draft = draft.breach("out-of-order", format!("{y} was heard {when}")).explained_by(untimely);
    Some(cut::unless_torn(case, draft, &[first, second]))
}
