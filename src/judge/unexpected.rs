//! `event.X.unexpected`: an event fires for nothing but its documented cause.
//!
//! A site file says which step causes which event, so an event that no step declares (in `fires` or `may_fire`) fired for
//! something else. A second one that the cardinality forbids is reported there, not here.

use crate::spec::Spec;

use crate::verdict::RequirementId;

use super::about::{About, PRESSED_TWICE, finding};
use super::case::Case;
use super::draft::Draft;
use super::matching::Fate;
use super::requirements::Catalogue;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&UNEXPECTED];

/// That an event comes for nothing else.
const UNEXPECTED: About = About {
    form: "event.X.unexpected",
    looks_at: "every occurrence of the event that no step declares in `fires` or `may_fire`",
    why: "an event that also fires for something else makes every number that rests on it too large",
    findings: &[
        finding(
            "unexpected",
            "it was heard where no step declares it",
            "if this step is its documented cause, declare it there: `fires: X`. If it may or may not come, `may_fire: X`. Else ask the vendor why it fires",
        ),
        finding(
            "unknown-journey",
            "the site file has no journey of this name, so it isn't known what was to cause the event",
            "judge the recording by the site file that it was made with",
        ),
        PRESSED_TWICE,
    ],
    example: "Minimising the panel fires CLOSED, though the conversation goes on. The step declares nothing: `unexpected`, and the step is named.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for (x, event) in &spec.events {
        let sentence = format!("{x} fires for nothing but its cause: {}", event.cause);
        catalogue.add(&UNEXPECTED, RequirementId::event(x, "unexpected"), sentence, &event.unexpected);
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for x in case.spec.events.keys() {
        let heard: Vec<usize> = (0..case.trace.occurrences.len())
            .filter(|i| case.occurrence(*i).is_some_and(|o| o.constant == x.as_str()))
            .collect();
        if heard.is_empty() {
            continue;
        }
        let draft = || {
            case.draft(RequirementId::event(x, "unexpected")).expected(format!("{x} only for a step that declares it"))
        };
        let fate = |i: &usize| case.matching.fates.get(*i).copied().unwrap_or(Fate::Unknown);
        if heard.iter().all(|i| fate(i) == Fate::Unknown) {
            let why = "the site file has no journey of this name, so it isn't known what was to cause the event";
            out.push(draft().inconclusive("unknown-journey", why).evidence(case.arrivals(&heard)));
            continue;
        }
        let unexpected: Vec<usize> = heard.iter().copied().filter(|i| fate(i) == Fate::Unexpected).collect();
        if unexpected.is_empty() {
            out.push(draft().pass("each time for a step that declares it").evidence(case.arrivals(&heard)));
        }
        out.extend(unexpected.into_iter().map(|i| one(case, x, i, draft())));
    }
}

fn one(case: &Case, x: &str, index: usize, draft: Draft) -> Draft {
    let Some(o) = case.occurrence(index) else { return draft };
    let step = case.heard_in(o);
    let hint = if let Some(waived) = case.site.not_applicable.get(x) {
        format!("the site file says that {x} doesn't apply here: {}", waived.reason)
    } else if let Some(headline) = super::diagnosis::stands_in_for(case, index) {
        headline
    } else if let Some(before) = super::diagnosis::heard_before_load(case, index) {
        before
    } else if let Some(left) = super::diagnosis::fired_by_leaving(case, index) {
        left
    } else {
        let cause = case.spec.events.get(x).map_or("", |e| &e.cause);
        format!("documented is: {cause}; if that is what this step does, declare it there: `fires: {x}`")
    };
    let overstepped = super::order::overstepped(case, index, draft.level());
    draft
        .subject(case.occurrence_name(o), o.ordinal)
        .breach("unexpected", format!("heard {}; no step declares it there", case.when(o)))
        .hint(hint)
        .step(step.and_then(|s| case.step_ref(s)))
        .evidence(o.arrivals.clone())
        .explained_by(case.alias(index))
        .explained_by(super::diagnosis::stands_in_headline(case, index))
        .explained_by(overstepped)
        .explained_by(case.causes_of_mixup(&[index]))
}
