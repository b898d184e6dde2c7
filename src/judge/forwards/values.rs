//! `forward.NAME.EVENT.value.FIELD`: a hit carries what the event carried.

use serde_json::Value;

use crate::site::forwards::{Part, parts, plain};

use crate::verdict::RequirementId;

use super::super::case::Case;
use super::super::conversation::{field_of, payload};
use super::super::diagnosis;
use super::super::draft::Draft;
use super::super::schema::{self, Found};
use super::super::text::{self, show, visible};
use super::Way;
use super::pairing::Expect;
use super::sightings::Sighting;

/// A demand with its references replaced; else the payload's field that isn't there.
enum Wanted {
    Schema(Value),
    Lacks(String),
}

/// Judges all values of a hit.
pub(super) fn judge(way: &Way, expect: &Expect, sighting: &Sighting, out: &mut Vec<Draft>) {
    for (field, demand) in &expect.one.values {
        let sentence =
            format!("{} for {} carries `{field}`: {}", expect.one.told(), expect.constant, told(&demand.schema));
        let id = RequirementId::forwarded_value(&way.forward.name, expect.constant, field);
        let draft = way.draft_of(expect, id, sentence, demand.span.line).evidence([sighting.arrival]);
        let schema = match wanted(way.case, expect.occurrence, &demand.schema) {
            Wanted::Schema(schema) => schema,
            Wanted::Lacks(name) => {
                let payload = RequirementId::event(expect.constant, "payload");
                let absent = RequirementId::payload(expect.constant, &name, None);
                out.push(
                    draft
                        .expected(format!("`{field}`: {}", told(&demand.schema)))
                        .inconclusive("no-value", format!("the event has no `{name}` to compare it with"))
                        .explained_by([absent, payload]),
                );
                continue;
            }
        };
        let draft = draft.expected(format!("`{field}`: {}", schema::describe(&schema)));
        let actual = sighting.hit.field(field);
        out.push(match look(way, actual, &schema) {
            Found::Ok(heard) => draft.pass(heard),
            Found::Missing => {
                let names: Vec<&str> = sighting.hit.fields.keys().map(String::as_str).collect();
                let demanded = |name: &&str| !expect.one.values.contains_key(*name);
                let near = diagnosis::misspelt(field, names.iter().copied().filter(demanded));
                let same = || {
                    let want = schema.get("const").map(plain)?;
                    names.iter().copied().filter(demanded).find(|name| {
                        !want.is_empty() && sighting.hit.fields.get(*name).is_some_and(|value| plain(value) == want)
                    })
                };
                let hint =
                    near.or_else(same).map(|near| format!("`{}` was sent, `{field}` is expected", visible(near)));
                draft.breach("missing", "not there").hint(who(way, expect, hint))
            }
            Found::Wrong(code, heard) => {
                let hint = who(way, expect, actual.and_then(|actual| why(way, expect, &demand.schema, actual)));
                let code = if schema.get("const").is_some() { "wrong-value" } else { code };
                draft.breach(code, heard).hint(hint)
            }
            Found::Unknown(code, why) => draft.inconclusive(code, why),
        });
    }
}

/// How many values of a hit are wrong for an event; what can't be told isn't.
pub(super) fn wrong(way: &Way, expect: &Expect, sighting: &Sighting) -> usize {
    let is_wrong = |field: &str, demand: &Value| match wanted(way.case, expect.occurrence, demand) {
        // A schema is compiled for the verdict only: it rarely tells one event from another.
        Wanted::Schema(schema) if schema.get("const").is_some() => {
            !matches!(look(way, sighting.hit.field(field), &schema), Found::Ok(_))
        }
        _ => false,
    };
    expect.one.values.iter().filter(|(field, demand)| is_wrong(field, &demand.schema)).count()
}

fn look(way: &Way, actual: Option<&Value>, schema: &Value) -> Found {
    let Some(actual) = actual else { return Found::Missing };
    let constant = schema.get("const").filter(|_| schema.as_object().is_some_and(|object| object.len() == 1));
    if let Some(constant) = constant {
        let text = way.forward.product.is_text() && (actual.is_string() || constant.is_string());
        let number = actual.as_f64().zip(constant.as_f64()).is_some_and(|(a, b)| (a - b).abs() < f64::EPSILON);
        return if actual == constant || number || (text && plain(actual) == plain(constant)) {
            Found::Ok(show(actual))
        } else {
            Found::Wrong("wrong-value", show(actual))
        };
    }
    schema::look(Some(actual), "", &[], &schema::compile(schema))
}

/// A hint, and the handler that it concerns.
fn who(way: &Way, expect: &Expect, hint: Option<String>) -> Option<String> {
    let (names, _) = way.senders.called_for(way.case, expect.occurrence);
    match (hint, names.is_empty()) {
        (hint, true) => hint,
        (Some(hint), false) => Some(format!("{hint}; look at {}", text::list(&names, "and"))),
        (None, false) => Some(format!("look at {}", text::list(&names, "and"))),
    }
}

/// Whose value was sent instead, or what else a wrong value gives away.
fn why(way: &Way, expect: &Expect, demand: &Value, actual: &Value) -> Option<String> {
    let sent = plain(actual);
    match sent.as_str() {
        "" => return Some("it was sent empty: was it read too early?".to_owned()),
        "undefined" | "null" | "NaN" | "[object Object]" => {
            return Some(format!("the handler made a text of something that is none: `{sent}`"));
        }
        _ => {}
    }
    for (index, other) in way.case.trace.occurrences.iter().enumerate() {
        if index == expect.occurrence {
            continue;
        }
        let Wanted::Schema(schema) = wanted(way.case, index, demand) else { continue };
        if schema.get("const").is_some_and(|value| plain(value) == sent) {
            let of = if way.case.talks.of(index) == way.case.talks.of(expect.occurrence) {
                "another event's"
            } else {
                "another conversation's"
            };
            let when = if index < expect.occurrence { "before it" } else { "after it" };
            return Some(format!("that is {of} value: {} was heard {when}", other.constant));
        }
    }
    let own = way.case.occurrence(expect.occurrence).and_then(|o| payload(way.case.spec, o)?.as_object());
    let (name, _) = own?.iter().find(|(_, value)| plain(value) == sent)?;
    Some(format!("that is the payload's `{}`", visible(name)))
}

/// Replaces `${payload.X}`, `${run.id}` and `${journey}` in all texts of a demand. A text that is one reference and
/// nothing else becomes the value itself, whatever its type.
fn wanted(case: &Case, occurrence: usize, demand: &Value) -> Wanted {
    let resolve = |name: &str| -> Result<Value, String> {
        match name {
            "run.id" => Ok(Value::String(case.recording.run.id.clone())),
            "journey" => Ok(Value::String(case.recording.journey.clone())),
            _ => {
                let field = name.strip_prefix("payload.").unwrap_or(name);
                let payload = case.occurrence(occurrence).and_then(|o| payload(case.spec, o));
                payload.and_then(|p| field_of(p, field)).cloned().ok_or_else(|| field.to_owned())
            }
        }
    };
    match replace(demand, &resolve) {
        Ok(schema) => Wanted::Schema(schema),
        Err(field) => Wanted::Lacks(field),
    }
}

fn replace(value: &Value, resolve: &dyn Fn(&str) -> Result<Value, String>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match parts(text).as_slice() {
            [Part::Reference(name)] => resolve(name)?,
            pieces => {
                let mut done = String::new();
                for piece in pieces {
                    match piece {
                        Part::Text(text) => done.push_str(text),
                        Part::Reference(name) => done.push_str(&plain(&resolve(name)?)),
                    }
                }
                Value::String(done)
            }
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| replace(item, resolve)).collect::<Result<_, _>>()?),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| Ok((key.clone(), replace(value, resolve)?)))
                .collect::<Result<_, String>>()?,
        ),
        other => other.clone(),
    })
}

/// A demand in words, references as they are written.
fn told(schema: &Value) -> String {
    schema::describe(schema)
}
