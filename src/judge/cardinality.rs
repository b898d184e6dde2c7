//! `event.X.at-most`: an event fires no more often than documented, per conversation, document or causing step.

use crate::spec::{Cardinality, Per, Spec};

use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, LOST, PRESSED_TWICE, finding};
use super::case::Case;
use super::cut;
use super::draft::Draft;
use super::matching::{Fate, Group};
use super::requirements::Catalogue;
use super::text;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&AT_MOST];

/// That an event doesn't come too often.
const AT_MOST: About = About {
    form: "event.X.at-most",
    looks_at: "how often the event was heard in each conversation, on each page load in it, or for each step that causes it, as the spec says",
    why: "every analytics platform counts an event that comes twice as two",
    findings: &[
        finding(
            "duplicate",
            "it was heard more often; when and where it came again is told",
            "two copies of the widget, or a listener that was added twice? Again after a reload means that the conversation announces itself anew",
        ),
        LOST,
        CUT_SHORT,
        PRESSED_TWICE,
    ],
    example: "A widget that subscribes itself again after a reconnect fires COMPLETED twice, 400 ms apart: `duplicate`, \"again after 400 ms\".",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for (x, event) in &spec.events {
        if let Some(most) = &event.at_most {
            let sentence = format!("{x} fires at most {} {}", text::times(most.count), per(most.per));
            catalogue.add(&AT_MOST, RequirementId::event(x, "at-most"), sentence, &most.statement);
        }
    }
}

fn per(per: Per) -> &'static str {
    match per {
        Per::Conversation => "in a conversation",
        Per::Document => "in a conversation on one page load",
        Per::Step => "for one cause",
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for (x, event) in &case.spec.events {
        let Some(most) = &event.at_most else { continue };
        let allowed = usize::try_from(most.count).unwrap_or(usize::MAX);
        let groups = case.matching.groups(&case.trace, &case.talks, x, most.per);
        if groups.is_empty() {
            continue;
        }
        let all: Vec<usize> = groups.iter().flat_map(|g| g.occurrences.clone()).collect();
        let broken: Vec<Group> = groups.into_iter().filter(|g| g.occurrences.len() > allowed).collect();
        let several = broken.len() > 1;
        if broken.is_empty() {
            out.push(holds(case, x, most, &all));
        }
        for (place, group) in broken.iter().enumerate() {
            out.push(breach(case, x, most, allowed, group, place, several));
        }
    }
}

fn draft(case: &Case, x: &str, most: &Cardinality) -> Draft {
    case.draft(RequirementId::event(x, "at-most")).expected(format!(
        "at most {} {}",
        text::times(most.count),
        per(most.per)
    ))
}

fn holds(case: &Case, x: &str, most: &Cardinality, all: &[usize]) -> Draft {
    let draft = draft(case, x, most).evidence(case.arrivals(all));
    // Where messages were lost, a duplicate may have been among them. (That a page left without a word is no sign of one.)
    let first = case.occurrence(all.first().copied().unwrap_or(0)).and_then(|o| o.step);
    match case.trace.certain_hole(first, Some(usize::MAX)) {
        Some(hole) => draft.inconclusive("lost", format!("no more was heard, but {}", hole.why)),
        None => draft.pass(format!("heard {}", text::times(all.len() as u64))),
    }
}

fn breach(
    case: &Case,
    x: &str,
    most: &Cardinality,
    allowed: usize,
    group: &Group,
    place: usize,
    several: bool,
) -> Draft {
    let mut subject: Vec<String> = group.conversation.map(|c| case.talks.name(c)).into_iter().collect();
    if several && most.per != Per::Conversation {
        subject.push(format!("{} time", text::nth(place + 1)));
    }
    subject.retain(|s| !s.is_empty());
    let again = again(case, group, allowed);
    let step = group.occurrences.get(allowed).and_then(|i| case.occurrence(*i)).and_then(|o| case.heard_in(o));
    let kept: Vec<usize> = group.occurrences.iter().copied().take(allowed).collect();
    let untimely = kept.iter().any(|i| case.is_untimely(*i)).then(|| RequirementId::event(x, "fires"));
    let uncalled = kept
        .iter()
        .any(|i| case.matching.fates.get(*i) == Some(&Fate::Unexpected))
        .then(|| RequirementId::event(x, "unexpected"));
    let draft = draft(case, x, most)
        .subject(subject.join(", "), place)
        .breach("duplicate", format!("heard {}, {again}", text::times(group.occurrences.len() as u64)))
        .hint(hint(&again).or_else(|| for_another_step(case, group, allowed)))
        .step(step.and_then(|s| case.step_ref(s)))
        .evidence(case.arrivals(&group.occurrences))
        .explained_by(group.occurrences.iter().filter_map(|i| case.alias(*i)))
        .explained_by(uncalled)
        .explained_by(untimely)
        .explained_by(case.causes_of_mixup(&group.occurrences));
    cut::unless_torn(case, draft, &group.occurrences)
}

/// When and where the first one too many came.
fn again(case: &Case, group: &Group, allowed: usize) -> String {
    let before = allowed.checked_sub(1).and_then(|i| group.occurrences.get(i)).and_then(|i| case.occurrence(*i));
    let after = group.occurrences.get(allowed).and_then(|i| case.occurrence(*i));
    let Some((before, after)) = before.zip(after) else { return "though it never should".to_owned() };
    let documents = &case.trace.documents;
    let place = match (documents.get(before.document), documents.get(after.document)) {
        _ if before.document == after.document => "",
        (Some(a), Some(b)) if a.context == b.context => " on another page load",
        _ => " in another frame or window",
    };
    match before.page_ms.zip(after.page_ms) {
        Some((a, b)) if (b - a).abs() < 5.0 => format!("again at once{place}"),
        Some((a, b)) => format!("again after {}{place}", text::duration((b - a).abs())),
        None => format!("again{place}"),
    }
}

/// Where the first one too many was heard, if that is another step than the last one that was allowed, and so much later
/// that a mere repeat would have come before.
fn for_another_step(case: &Case, group: &Group, allowed: usize) -> Option<String> {
    let last = group.occurrences.get(allowed.checked_sub(1)?).and_then(|i| case.occurrence(*i))?;
    let more = group.occurrences.get(allowed).and_then(|i| case.occurrence(*i))?;
    const LATE: f64 = 1000.0;
    let apart = last.page_ms.zip(more.page_ms).is_none_or(|(a, b)| (b - a).abs() > LATE);
    (last.step != more.step && apart)
        .then(|| format!("the {} was heard {}: does that step cause it, too?", text::nth(allowed + 1), case.when(more)))
}

fn hint(again: &str) -> Option<String> {
    if again.contains("page load") {
        return Some("the conversation went on after a reload, and the event was fired again for it".to_owned());
    }
    again.contains("at once").then(|| "two listeners or two copies of the widget seem to fire it".to_owned())
}
