//! `consistency.FIELD`: a payload field keeps its value throughout a conversation.

use serde_json::Value;

use crate::spec::Spec;

use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, LOST, finding};
use super::case::Case;
use super::conversation::{field_of, payload};
use super::cut;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::text::{self, show};

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&SAME];

/// That a field keeps its value.
const SAME: About = About {
    form: "consistency.FIELD",
    looks_at: "the field's value in all events of one conversation that carry it",
    why: "who joins the events of a conversation by this field sees two conversations, or two visitors",
    findings: &[
        finding(
            "not-its-own",
            "another conversation began, by all its other fields, but this one has the former one's value",
            "the vendor has to give each conversation its own value",
        ),
        finding(
            "changed",
            "it has several values; which event said what is told",
            "the vendor has to keep it; a reload or a live chat in between may be why",
        ),
        LOST,
        CUT_SHORT,
    ],
    example: "After a live chat the widget goes on with a new session id: `changed`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for (field, statement) in &spec.conversation.same {
        let sentence = format!("`{field}` keeps its value throughout a conversation");
        catalogue.add(&SAME, RequirementId::consistency(field), sentence, statement);
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for field in case.spec.conversation.same.keys() {
        for conversation in 0..case.talks.all.len() {
            let all = case.talks.all.get(conversation).map_or(&[][..], |talk| &talk.occurrences);
            out.extend(one(case, field, conversation).map(|draft| cut::unless_torn(case, draft, all)));
        }
    }
}

fn one(case: &Case, field: &str, conversation: usize) -> Option<Draft> {
    let talk = case.talks.all.get(conversation)?;
    // Values by the first event that carried them.
    let mut values: Vec<(&Value, Vec<usize>)> = Vec::new();
    let mut count = 0;
    for &index in &talk.occurrences {
        let occurrence = case.occurrence(index)?;
        let value = payload(case.spec, occurrence).and_then(|p| field_of(p, field)).filter(|v| !v.is_null());
        let Some(value) = value else { continue };
        count += 1;
        match values.iter_mut().find(|(v, _)| *v == value) {
            Some((_, who)) => who.push(index),
            None => values.push((value, vec![index])),
        }
    }
    let is_identity = case.spec.conversation.identity.as_deref() == Some(field);
    if let Some(namesake) = case.talks.namesake(conversation).filter(|_| is_identity) {
        let all: Vec<usize> = values.iter().flat_map(|(_, who)| who.clone()).collect();
        let first = talk.occurrences.first().and_then(|i| case.occurrence(*i))?;
        let (value, _) = values.first()?;
        return Some(
            case.draft(RequirementId::consistency(field))
                .subject(case.talks.name(conversation), conversation)
                .expected("a value that no other conversation has")
                .breach(
                    "not-its-own",
                    format!(
                        "{} is that of conversation {} already; other fields say that {}, heard {}, begins another one",
                        show(value),
                        namesake + 1,
                        first.constant,
                        case.when(first)
                    ),
                )
                .step(case.heard_in(first).and_then(|s| case.step_ref(s)))
                .evidence(case.arrivals(&all)),
        );
    }
    if count < 2 {
        // One value is the same as itself; that it is missing elsewhere is the payload's business.
        return None;
    }
    let all: Vec<usize> = values.iter().flat_map(|(_, who)| who.clone()).collect();
    let draft = case
        .draft(RequirementId::consistency(field))
        .subject(case.talks.name(conversation), conversation)
        .expected("one value in all events of the conversation")
        .evidence(case.arrivals(&all));
    let [(first, _), rest @ ..] = values.as_slice() else { return None };
    if rest.is_empty() {
        return Some(draft.pass(format!("{} in {count} events", show(first))));
    }
    let said: Vec<String> = values
        .iter()
        .map(|(value, who)| {
            let names: Vec<String> =
                who.iter().filter_map(|i| case.occurrence(*i)).map(|o| o.constant.to_owned()).collect();
            format!("{} on {}", show(value), text::list(&names, "and"))
        })
        .collect();
    let odd: Vec<usize> = rest.iter().flat_map(|(_, who)| who.clone()).collect();
    let turn = odd.first().and_then(|i| case.occurrence(*i));
    Some(
        draft
            .breach("changed", text::list(&said, "and"))
            .hint(turn.map(|o| match rest.first().filter(|_| is_identity).and_then(|(v, _)| case.talks.owner(v)) {
                Some(owner) => format!(
                    "{} carries the value of conversation {}, heard {}, though its other fields belong to this one",
                    o.constant,
                    owner + 1,
                    case.when(o)
                ),
                None => format!("the value changed with {}, heard {}", o.constant, case.when(o)),
            }))
            .step(turn.and_then(|o| case.heard_in(o)).and_then(|s| case.step_ref(s)))
            .explained_by(odd.iter().filter_map(|i| case.alias(*i)))
            // A value that is wrong in itself is no second defect for differing from the others.
            .explained_by(
                all.iter().filter_map(|i| case.occurrence(*i)).map(|o| RequirementId::payload(o.constant, field, None)),
            )
            .explained_by(case.causes_of_mixup(&odd)),
    )
}
