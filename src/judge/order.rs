//! `order.*`: what comes only after what, within a conversation.

use crate::spec::{Rule, RuleKind, Spec};
use crate::verdict::{Level, RequirementId};

use super::about::{About, CUT_SHORT, DIALOG_CANCELLED, LOST, REFUSED, finding};
use super::case::Case;
use super::cut;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::text;
use super::trace::Occurrence;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&ORDER];

/// What comes only after what.
const ORDER: About = About {
    form: "order.RULE",
    looks_at: "the order in which the page heard the events of one conversation, by the page's own clock and numbering",
    why: "whoever follows a visitor through a funnel relies on the order",
    findings: &[
        finding(
            "out-of-order",
            "the event that has to come first came, but later",
            "the vendor has to fire them in order",
        ),
        finding(
            "not-preceded",
            "the event that has to come first never came",
            "see that event's `fires`: this often follows from it",
        ),
        finding(
            "after-the-end",
            "the event came after another one that ends the conversation",
            "does the conversation go on after its end, or is the end told too early?",
        ),
        LOST,
        CUT_SHORT,
        DIALOG_CANCELLED,
        REFUSED,
    ],
    example: "ENGAGED is heard 20 ms before TRIGGERED: `out-of-order`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for rule in &spec.rules {
        if matches!(rule.kind, RuleKind::After { .. } | RuleKind::NotAfter { .. }) {
            catalogue.add(&ORDER, &rule.id, &rule.title, &rule.statement);
        }
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for rule in &case.spec.rules {
        for conversation in 0..case.talks.all.len() {
            match &rule.kind {
                RuleKind::After { events, earlier } => out.extend(after(case, rule, conversation, events, earlier)),
                RuleKind::NotAfter { events, ended_by } => {
                    out.extend(not_after(case, rule, conversation, events, ended_by));
                }
                RuleKind::Exclusive { .. } | RuleKind::Implies { .. } | RuleKind::Same { .. } => {}
            }
        }
    }
}

/// A verdict on a rule in a conversation.
pub(super) fn blank(case: &Case, rule: &Rule, conversation: usize) -> Draft {
    case.draft(&rule.id).subject(case.talks.name(conversation), conversation).expected(&rule.title)
}

/// The rules whose end an occurrence came after, as far as they weigh more than a requirement of that level: those say
/// why the occurrence is wrong, and it is shown under them. (Where they don't, they are shown under it.)
pub(super) fn overstepped(case: &Case, index: usize, level: Level) -> Vec<RequirementId> {
    let Some(occurrence) = case.occurrence(index) else { return Vec::new() };
    let conversation = case.talks.of(index);
    let oversteps = |rule: &&Rule| match &rule.kind {
        RuleKind::NotAfter { events, ended_by } => {
            events.iter().any(|e| e == occurrence.constant)
                && among(case, conversation, ended_by).iter().any(|end| *end < index)
                && case.level(&rule.id) < Some(level)
        }
        _ => false,
    };
    case.spec.rules.iter().filter(oversteps).map(|rule| rule.id.clone()).collect()
}

/// A conversation's occurrences of some events, in order.
pub(super) fn among(case: &Case, conversation: usize, events: &[String]) -> Vec<usize> {
    let Some(talk) = case.talks.all.get(conversation) else { return Vec::new() };
    let is_one = |i: &usize| case.occurrence(*i).is_some_and(|o| events.iter().any(|e| e == o.constant));
    talk.occurrences.iter().copied().filter(is_one).collect()
}

/// ``TRIGGERED 20 ms later``
fn relative(case: &Case, from: &Occurrence, to: usize) -> String {
    let Some(to) = case.occurrence(to) else { return String::new() };
    match from.page_ms.zip(to.page_ms) {
        Some((a, b)) if b >= a => format!("{} {} later", to.constant, text::duration(b - a)),
        Some((a, b)) => format!("{} {} earlier", to.constant, text::duration(a - b)),
        None => to.constant.to_owned(),
    }
}

fn after(case: &Case, rule: &Rule, conversation: usize, events: &[String], earlier: &[String]) -> Option<Draft> {
    let later = among(case, conversation, events);
    let before = among(case, conversation, earlier);
    let (&last, draft) = later.last().zip(Some(blank(case, rule, conversation)))?;
    let draft = draft.evidence(case.arrivals(&later)).evidence(case.arrivals(&before));
    // An event may be in both lists; it doesn't precede itself.
    let Some(&index) = later.iter().find(|l| !before.iter().any(|b| b < l)) else {
        return Some(
            draft.pass(case.occurrence(last).map(|o| format!("{} came after", o.constant)).unwrap_or_default()),
        );
    };
    let occurrence = case.occurrence(index)?;
    let draft = draft
        .step(case.heard_in(occurrence).and_then(|s| case.step_ref(s)))
        .explained_by(earlier.iter().filter(|e| case.matching.misses(e)).map(|e| RequirementId::event(e, "fires")));
    if let Some(&followed) = before.iter().find(|b| **b > index) {
        let heard = format!(
            "{} was heard {}, and {}",
            occurrence.constant,
            case.when(occurrence),
            relative(case, occurrence, followed)
        );
        let draft = draft.breach("out-of-order", heard).explained_by(case.causes_of_place(&[index, followed]));
        return Some(cut::unless_torn(case, draft, &[index, followed]));
    }
    if let Some(hole) = case.trace.hole(None, occurrence.step) {
        let why = format!("{} was heard alone, but {}", occurrence.constant, hole.why);
        return Some(draft.inconclusive("lost", why));
    }
    if let Some(answered) = case.trace.answered(None, occurrence.step) {
        let why = format!("{} was heard alone, but {}", occurrence.constant, answered.why);
        let draft = draft.hint(answered.advice.clone()).evidence([answered.arrival]);
        return Some(draft.inconclusive(answered.code, why));
    }
    let heard =
        format!("{} was heard {}, and never {}", occurrence.constant, case.when(occurrence), text::list(earlier, "or"));
    let draft = draft.breach("not-preceded", heard).explained_by(case.causes_of_place(&[index]));
    Some(cut::unless_torn(case, draft, &[index]))
}

fn not_after(case: &Case, rule: &Rule, conversation: usize, events: &[String], ended_by: &[String]) -> Option<Draft> {
    let ends = among(case, conversation, ended_by);
    let (&end, draft) = ends.first().zip(Some(blank(case, rule, conversation)))?;
    let draft = draft.evidence(case.arrivals(&ends));
    let Some(&index) = among(case, conversation, events).iter().find(|e| **e > end) else {
        return Some(
            draft.pass(case.occurrence(end).map(|o| format!("none after {}", o.constant)).unwrap_or_default()),
        );
    };
    let occurrence = case.occurrence(index)?;
    let heard =
        format!("{} was heard {}; {}", occurrence.constant, case.when(occurrence), relative(case, occurrence, end));
    let draft = draft
        .breach("after-the-end", heard)
        .step(case.heard_in(occurrence).and_then(|s| case.step_ref(s)))
        .evidence(occurrence.arrivals.clone())
        .explained_by(case.causes_of_place(&[index, end]));
    Some(cut::unless_torn(case, draft, &[index, end]))
}
