//! `site.X.payload.FIELD`: what a site file itself demands of a payload field.
//!
//! A step may say more than the vendor does. These demands weigh `must` (a site file asserts what its author knows), and
//! are judged for the occurrence that met the step, or that the step permits. `${journey}` and `${run.id}` in them are
//! replaced from the recording.

use serde_json::Value;

use crate::site::{Expected, FieldExpectation};
use crate::spec::RuleKind;

use crate::verdict::RequirementId;

use super::about::{
    About, CUT_SHORT, LOST, VALUE_EMPTY, VALUE_NULL, VALUE_SCHEMA, VALUE_TRUNCATED, VALUE_TYPE, VALUE_UNCOPYABLE,
    VALUE_WRONG, finding,
};
use super::case::Case;
use super::conversation::{field_of, payload};
use super::cut;
use super::draft::Draft;
use super::matching::{Fate, Met};
use super::same::carried;
use super::schema::{self, Found};
use super::text;
use super::trace::Occurrence;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&DEMANDED, &super::in_order::IN_ORDER];

/// What the site file's author demands.
const DEMANDED: About = About {
    form: "site.X.payload.FIELD",
    looks_at: "the field in the payload of the event that met the step, against what the step's `fires` (or `may_fire`) says of it",
    why: "you asserted it: the agent's name, the conversation's name, a part of an object that the vendor leaves open",
    findings: &[
        finding("missing", "the payload doesn't have the field", "is it the right event, and the right conversation?"),
        VALUE_NULL,
        VALUE_EMPTY,
        VALUE_TYPE,
        VALUE_WRONG,
        VALUE_UNCOPYABLE,
        VALUE_TRUNCATED,
        VALUE_SCHEMA,
        finding(
            "no-value",
            "it is to be the same as in another event, which wasn't heard before it, or lacks the field",
            "see that event: this follows from it",
        ),
        LOST,
        CUT_SHORT,
        finding(
            "unknown-variable",
            "it depends on an environment variable, whose value a recording doesn't keep",
            "use `${run.id}` or `${journey}`, a plain value, or a `pattern`",
        ),
    ],
    example: "`fires: { INITIATED: { agentName: Ada } }`, and another agent's name is heard: `wrong-value`.",
};

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    super::in_order::judge(case, out);
    for (index, occurrence) in case.trace.occurrences.iter().enumerate() {
        let (expected, step) = match case.matching.fates.get(index) {
            Some(Fate::Paired(at)) => match case.matching.expectations.get(*at) {
                Some(e) if !matches!(e.met, Met::Open(..)) => (e.expected, Some(e.step.index)),
                _ => continue,
            },
            Some(Fate::Permitted(step, at)) => {
                let planned = case.journey.and_then(|j| j.steps.iter().find(|s| s.index == *step));
                match planned.and_then(|s| s.may_fire.get(*at)) {
                    Some(expected) => (expected, Some(*step)),
                    None => continue,
                }
            }
            _ => continue,
        };
        judge_one(case, index, occurrence, expected, step, out);
    }
}

fn judge_one(
    case: &Case,
    index: usize,
    o: &Occurrence,
    expected: &Expected,
    step: Option<usize>,
    out: &mut Vec<Draft>,
) {
    let x = o.constant;
    let place = case.spec.probe.payload.join(".");
    for (field, demand) in &expected.fields {
        if let Some(source) = &demand.same_as {
            out.extend(same_as(case, index, o, (field, demand, source), step));
            continue;
        }
        let rendered = render(&demand.schema, &case.recording.journey, &case.recording.run.id);
        let described = schema::describe(rendered.as_ref().unwrap_or(&demand.schema));
        let draft = case
            .site_draft(
                RequirementId::site(x, field),
                format!("The site file demands that {x} carries `{field}`: {described}"),
                demand.span,
            )
            .subject(case.occurrence_name(o), o.ordinal)
            .expected(format!("`{field}`: {described}"))
            .step(step.and_then(|s| case.step_ref(s)))
            .evidence(o.arrivals.clone())
            .explained_by(case.alias(index))
            .explained_by([RequirementId::event(x, "payload"), RequirementId::payload(x, field, None)])
            .explained_by(carried_on(case, x, field));
        let Some(schema) = rendered else {
            let why = "it depends on an environment variable, whose value a recording doesn't keep";
            out.push(draft.inconclusive("unknown-variable", why));
            continue;
        };
        let value = payload(case.spec, o).and_then(|p| field_of(p, field));
        let path = if place.is_empty() { field.clone() } else { format!("{place}.{field}") };
        out.push(match schema::look(value, &path, o.notes, &schema::compiled(&schema)) {
            Found::Ok(heard) => draft.pass(heard),
            Found::Missing => draft.breach("missing", "not there"),
            Found::Wrong(code, heard) => draft.breach(code, heard).hint(left_over(case, index, field)),
            Found::Unknown(code, why) => draft.inconclusive(code, why),
        });
    }
}

/// The spec's rules that have an event carry in a field what another one carried.
fn carried_on(case: &Case, x: &str, field: &str) -> Vec<RequirementId> {
    let has = |kind: &RuleKind| match kind {
        RuleKind::Same { fields, events, .. } => fields.iter().any(|f| f == field) && events.iter().any(|e| e == x),
        _ => false,
    };
    case.spec.rules.iter().filter(|rule| has(&rule.kind)).map(|rule| rule.id.clone()).collect()
}

/// Judges a demand to carry what another event before it carried: the last of its conversation, else of the journey.
fn same_as(
    case: &Case,
    index: usize,
    o: &Occurrence,
    (field, demand, source): (&str, &FieldExpectation, &str),
    step: Option<usize>,
) -> Option<Draft> {
    let x = o.constant;
    let draft = case
        .site_draft(
            RequirementId::site(x, field),
            format!("The site file demands that {x} carries the `{field}` that {source} carried"),
            demand.span,
        )
        .subject(case.occurrence_name(o), o.ordinal)
        .expected(format!("`{field}` of {source}"))
        .step(step.and_then(|s| case.step_ref(s)))
        .evidence(o.arrivals.clone())
        .explained_by(case.alias(index))
        .explained_by([RequirementId::event(x, "payload"), RequirementId::payload(x, field, None)])
        .explained_by(carried_on(case, x, field));
    let sources = || (0..index).rev().filter(|i| case.occurrence(*i).is_some_and(|o| o.constant == source));
    let own = sources().find(|i| case.talks.of(*i) == case.talks.of(index)).or_else(|| sources().next());
    let Some(before) = own else {
        return Some(
            draft
                .inconclusive("no-value", format!("{source} was not heard before it"))
                .explained_by([RequirementId::event(source, "fires")]),
        );
    };
    let draft = draft.evidence(case.arrivals(&[before]));
    let Some(was) = carried(case, before, field) else {
        return Some(
            draft
                .inconclusive("no-value", format!("{source} has no `{field}` to compare it with"))
                .explained_by([RequirementId::event(source, "payload"), RequirementId::payload(source, field, None)]),
        );
    };
    let draft = draft.explained_by([RequirementId::payload(source, field, None)]);
    let draft = match payload(case.spec, o).and_then(|p| field_of(p, field)) {
        None => draft.breach("missing", "not there"),
        Some(is) if is == was => draft.pass(text::show(is)),
        Some(is) => draft.breach("wrong-value", format!("{}; {source} carried {}", text::show(is), text::show(was))),
    };
    Some(cut::unless_torn(case, draft, &[before, index]))
}

/// The last event before this one in its conversation that carried the same value in the same field, if another one came
/// in between with another value: left over from there?
fn left_over(case: &Case, index: usize, field: &str) -> Option<String> {
    let told = |i: usize| field_of(payload(case.spec, case.occurrence(i)?)?, field);
    let value = told(index)?;
    let talk = case.talks.all.get(case.talks.of(index))?;
    let before: Vec<usize> = talk.occurrences.iter().copied().filter(|i| *i < index).collect();
    let changed = before.iter().rposition(|i| told(*i).is_some_and(|other| other != value))?;
    let source = before.get(..changed)?.iter().rfind(|i| told(**i) == Some(value)).and_then(|i| case.occurrence(*i))?;
    let other = before.get(changed).and_then(|i| case.occurrence(*i))?;
    Some(format!(
        "it is the value of {}, heard before {} had another one: left over from there?",
        source.constant, other.constant
    ))
}

/// Replaces `${journey}` and `${run.id}` in all strings of a schema, and `$${` by `${`. `None`: one of them refers to
/// something else (the environment), whose value a recording doesn't keep.
fn render(schema: &Value, journey: &str, run: &str) -> Option<Value> {
    Some(match schema {
        Value::String(text) => Value::String(render_text(text, journey, run)?),
        Value::Array(items) => Value::Array(items.iter().map(|i| render(i, journey, run)).collect::<Option<_>>()?),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(k, v)| Some((k.clone(), render(v, journey, run)?))).collect::<Option<_>>()?,
        ),
        other => other.clone(),
    })
}

fn render_text(text: &str, journey: &str, run: &str) -> Option<String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, reference) = rest.split_at(at);
        rest = reference.strip_prefix("${").unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            done.push_str(before);
            done.push_str("${");
            continue;
        }
        done.push_str(before);
        let (name, after) = rest.split_once('}')?;
        done.push_str(match name.trim() {
            "journey" => journey,
            "run.id" => run,
            _ => return None,
        });
        rest = after;
    }
    done.push_str(rest);
    Some(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_replaced_everywhere() {
        let schema = json!({ "enum": ["${journey}/${run.id}", "$${journey}", 1] });
        assert_eq!(render(&schema, "j", "r"), Some(json!({ "enum": ["j/r", "${journey}", 1] })));
        assert_eq!(render(&json!({ "const": "${env.HOME}" }), "j", "r"), None);
    }
}
