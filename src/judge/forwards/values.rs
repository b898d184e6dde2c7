//! `forward.NAME.EVENT.value.FIELD`: a hit carries what the event carried.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use crate::analytics::{Hit, each, held};
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
        let draft = way.draft_of(expect, id, sentence, demand.span).evidence([sighting.arrival]);
        let schema = match wanted(way.case, Some(expect.occurrence), &demand.schema) {
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
        let found = Demand::of(schema.clone()).look(way, &sighting.hit, field);
        if let (Some(why), Found::Missing | Found::Wrong(..)) = (sighting.unread_at(field), &found) {
            out.push(draft.inconclusive(why.code, why.sentence()));
            continue;
        }
        out.push(match found {
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
                let hint = who(way, expect, actual.and_then(|actual| why(way, expect, &demand.schema, &actual)));
                let code = if schema.get("const").is_some() { "wrong-value" } else { code };
                draft.breach(code, heard).hint(hint)
            }
            Found::Unknown(code, why) => draft.inconclusive(code, why),
        });
    }
}

/// What an event demands of a hit's fields, ready to be looked at in many hits.
pub(super) struct Demands<'a> {
    all: Vec<(&'a str, Demand)>,
}

impl<'a> Demands<'a> {
    pub(super) fn of(way: &Way, expect: &Expect<'a>) -> Self {
        let wanted = |(field, demand): (&'a String, &crate::site::FieldExpectation)| match wanted(
            way.case,
            Some(expect.occurrence),
            &demand.schema,
        ) {
            Wanted::Schema(schema) => Some((field.as_str(), Demand::of(schema))),
            Wanted::Lacks(_) => None,
        };
        Self { all: expect.one.values.iter().filter_map(wanted).collect() }
    }

    /// How many values of a hit are wrong; what can't be told isn't.
    pub(super) fn wrong(&self, way: &Way, sighting: &Sighting) -> usize {
        let is_wrong = |(field, demand): &&(&str, Demand)| {
            sighting.unread_at(field).is_none()
                && matches!(demand.look(way, &sighting.hit, field), Found::Missing | Found::Wrong(..))
        };
        self.all.iter().filter(is_wrong).count()
    }
}

/// What is demanded of one field.
struct Demand {
    schema: Value,
    /// Compiled once, and not before it is needed.
    compiled: std::cell::OnceCell<Rc<schema::Compiled>>,
}

impl Demand {
    fn of(schema: Value) -> Self {
        Self { schema, compiled: std::cell::OnceCell::new() }
    }

    fn look(&self, way: &Way, hit: &Hit, field: &str) -> Found {
        let Some(actual) = actual(hit, field, &self.schema) else { return Found::Missing };
        let constant =
            self.schema.get("const").filter(|_| self.schema.as_object().is_some_and(|object| object.len() == 1));
        if let Some(constant) = constant {
            let text = way.forward.product.is_text() && (actual.is_string() || constant.is_string());
            let number = actual.as_f64().zip(constant.as_f64()).is_some_and(|(a, b)| (a - b).abs() < f64::EPSILON);
            return if *actual == *constant || number || (text && plain(&actual) == plain(constant)) {
                Found::Ok(show(&actual))
            } else {
                Found::Wrong("wrong-value", show(&actual))
            };
        }
        let compiled = self.compiled.get_or_init(|| schema::compiled(&self.schema));
        let look = |value: &Value| schema::look(Some(value), "", &[], compiled);
        // A demand of one thing, where several were sent in lines: one of them has to be as demanded.
        if let (Value::Array(lines), true) =
            (actual.as_ref(), hit.lines && field == "json" && !each::is_of_list(&self.schema))
        {
            let found = lines.iter().map(look).find(|found| matches!(found, Found::Ok(_)));
            return found.or_else(|| lines.last().map(look)).unwrap_or(Found::Missing);
        }
        match (look(&actual), actual.as_str().and_then(held)) {
            // A form's field that is JSON is looked at as what it holds, too.
            (Found::Wrong(..), Some(inner)) if matches!(look(&inner), Found::Ok(_)) => look(&inner),
            (found, _) => found,
        }
    }
}

/// The value that a demand is about. `json` is the member of the list, or the body in which it is the only one, where the
/// demand speaks of the list.
fn actual<'h>(hit: &'h Hit, field: &str, schema: &Value) -> Option<Cow<'h, Value>> {
    match &hit.member {
        Some(member) if field == "json" && member.is_named_in(schema) => Some(Cow::Owned(member.alone())),
        _ => hit.field(field),
    }
}

/// What a hit before the visitor's consent lacks of what it has to carry: the field, what was demanded, and what was sent.
pub(super) fn lacks<'w>(way: &Way<'w, '_>, sighting: &Sighting) -> Option<(&'w str, String, Found)> {
    let before = &way.forward.consent.as_ref()?.before;
    before.iter().find_map(|(field, demand)| {
        let Wanted::Schema(schema) = wanted(way.case, None, &demand.schema) else { return None };
        let described = schema::describe(&schema);
        let found = Demand::of(schema).look(way, &sighting.hit, field);
        (!matches!(found, Found::Ok(_))).then_some((field.as_str(), described, found))
    })
}

/// What hits before the visitor's consent have to carry, in words.
pub(super) fn before(way: &Way) -> Vec<String> {
    let demands = way.forward.consent.iter().flat_map(|consent| &consent.before);
    demands.map(|(field, demand)| format!("`{field}` {}", told(&demand.schema))).collect()
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
        let Wanted::Schema(schema) = wanted(way.case, Some(index), demand) else { continue };
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
fn wanted(case: &Case, occurrence: Option<usize>, demand: &Value) -> Wanted {
    let resolve = |name: &str| -> Result<Value, String> {
        match name {
            "run.id" => Ok(Value::String(case.recording.run.id.clone())),
            "journey" => Ok(Value::String(case.recording.journey.clone())),
            _ => {
                let field = name.strip_prefix("payload.").unwrap_or(name);
                let payload = occurrence.and_then(|at| case.occurrence(at)).and_then(|o| payload(case.spec, o));
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
