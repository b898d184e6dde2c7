//! The payload family: what an event carries.
//!
//! - `event.X.payload`: there is an object at the documented place. Findings: `missing`, `null`, `wrong-type`,
//!   `not-serialisable`, and `misplaced` (an object is there, but the documented fields are all elsewhere).
//! - `event.X.payload.FIELD`: a documented field is there and fits its schema. Findings: `missing`, `null`, `empty`,
//!   `wrong-type`, `wrong-value`, `not-serialisable`. Further requirements on a field (`event.X.payload.FIELD.ID`) only
//!   look at one that is there.
//!
//! One verdict per requirement and occurrence. A payload that isn't there explains its fields; the same defect in other
//! events follows from that in the first, or in the first at level `must`.
//!
//! Example: a widget puts its metadata at `event.detail`. `event.X.payload` fails as `missing`, with the hint "the
//! documented fields were heard at `event.detail`", and its fields follow from it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::spec::{EventSpec, FieldSpec, Spec};

use super::case::Case;
use super::conversation::{field_of, payload};
use super::diagnosis;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::schema::{self, Compiled, Found};
use super::text::{self, show};
use super::trace::Occurrence;

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    let place = text::path(&spec.probe.payload);
    for (x, event) in &spec.events {
        catalogue.add(format!("event.{x}.payload"), format!("{x} carries an object at `{place}`"), &event.payload);
        for field in &event.fields {
            let id = id(x, &field.field, field.id.as_deref());
            let what = if field.title.is_empty() { String::new() } else { format!(" ({})", field.title) };
            let needs = if field.id.is_none() && field.required { "carries" } else { "has, if it is there," };
            let sentence = format!("{x} {needs} `{place}.{}`{what}: {}", field.field, schema::describe(&field.schema));
            catalogue.add(id, sentence, &field.statement);
        }
    }
}

fn id(x: &str, field: &str, further: Option<&str>) -> String {
    match further {
        Some(further) => format!("event.{x}.payload.{field}.{further}"),
        None => format!("event.{x}.payload.{field}"),
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    let schemas = Schemas::new(case);
    // Drafts with the same defect, by what it is.
    let mut defects: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, occurrence) in case.trace.occurrences.iter().enumerate() {
        let Some(event) = case.spec.events.get(occurrence.constant) else { continue };
        let begin = out.len();
        object(case, event, occurrence, &schemas, out);
        fields(case, event, occurrence, &schemas, out);
        for (at, draft) in out.iter_mut().enumerate().skip(begin) {
            *draft = draft.clone().explained_by(case.alias(index));
            if draft.verdict.outcome != crate::verdict::Outcome::Pass {
                let own = &draft.verdict.requirement;
                let part = own.strip_prefix(&format!("event.{}.", occurrence.constant)).unwrap_or(own);
                let defect = format!("{part} {} {:?}", draft.verdict.finding, draft.verdict.hint);
                defects.entry(defect).or_default().push(at);
            }
        }
    }
    for same in defects.into_values() {
        // The first of those that weigh most is the headline: a warning must not stand beside the failure that tells
        // of the same defect, nor may that failure hide under a warning.
        let most = same.iter().filter_map(|at| out.get(*at)).map(Draft::weight).max();
        let headline = same.iter().filter_map(|at| out.get(*at)).find(|draft| Some(draft.weight()) == most);
        let Some(headline) = headline.map(|draft| draft.verdict.requirement.clone()) else { continue };
        for at in same {
            if let Some(draft) = out.get_mut(at) {
                *draft = draft.clone().explained_by([headline.clone()]);
            }
        }
    }
}

/// The compiled schemas of the fields that may be looked at, and of a payload. Events share most of theirs, and compiling
/// takes longer than all the rest of judging.
struct Schemas {
    object: Compiled,
    fields: BTreeMap<String, Compiled>,
}

impl Schemas {
    fn new(case: &Case) -> Self {
        let mut fields = BTreeMap::new();
        for event in case.spec.events.values().filter(|e| case.heard.contains_key(e.constant.as_str())) {
            for field in &event.fields {
                fields.entry(field.schema.to_string()).or_insert_with(|| schema::compile(&field.schema));
            }
        }
        Self { object: schema::compile(&serde_json::json!({ "type": "object" })), fields }
    }

    fn of(&self, field: &FieldSpec) -> &Compiled {
        self.fields.get(&field.schema.to_string()).unwrap_or(&self.object)
    }
}

fn blank(case: &Case, id: &str, o: &Occurrence) -> Draft {
    case.draft(id)
        .subject(case.occurrence_name(o), o.ordinal)
        .step(case.heard_in(o).and_then(|s| case.step_ref(s)))
        .evidence(o.arrivals.clone())
}

fn object(case: &Case, event: &EventSpec, o: &Occurrence, schemas: &Schemas, out: &mut Vec<Draft>) {
    let place = text::path(&case.spec.probe.payload);
    let draft =
        blank(case, &format!("event.{}.payload", event.constant), o).expected(format!("an object at `{place}`"));
    let value = payload(case.spec, o);
    let elsewhere = || diagnosis::payload_elsewhere(case.spec, event, o);
    out.push(match schema::look(value, &case.spec.probe.payload.join("."), o.notes, &schemas.object) {
        Found::Ok(_) => match value.filter(|v| lacks_all(event, v)).and_then(|_| elsewhere()) {
            Some(hint) => draft
                .breach("misplaced", format!("an object without any of the documented fields: {}", show_opt(value)))
                .hint(hint),
            None => draft.pass("an object"),
        },
        Found::Missing => {
            draft.breach("missing", format!("nothing at `{place}`; heard {}", show(o.data))).hint(elsewhere())
        }
        // An empty string or list is no object; that it is empty is beside the point.
        Found::Wrong("empty", heard) => draft.breach("wrong-type", heard).hint(elsewhere()),
        Found::Wrong(code, heard) => draft.breach(code, heard).hint(elsewhere()),
        Found::Unknown(code, why) => draft.inconclusive(code, why),
    });
}

fn show_opt(value: Option<&Value>) -> String {
    value.map(show).unwrap_or_default()
}

fn lacks_all(event: &EventSpec, payload: &Value) -> bool {
    let mut required = event.fields.iter().filter(|f| f.required && f.id.is_none()).peekable();
    required.peek().is_some() && required.all(|f| field_of(payload, &f.field).is_none())
}

fn fields(case: &Case, event: &EventSpec, o: &Occurrence, schemas: &Schemas, out: &mut Vec<Draft>) {
    let x = &event.constant;
    let payload = payload(case.spec, o);
    let place = case.spec.probe.payload.join(".");
    for field in &event.fields {
        let value = payload.and_then(|p| field_of(p, &field.field));
        if value.is_none() && (field.id.is_some() || !field.required) {
            continue;
        }
        let requirement = id(x, &field.field, field.id.as_deref());
        let path = if place.is_empty() { field.field.clone() } else { format!("{place}.{}", field.field) };
        let base = field.id.as_ref().map(|_| id(x, &field.field, None));
        let draft = blank(case, &requirement, o)
            .expected(format!("`{}`: {}", field.field, schema::describe(&field.schema)))
            .explained_by([format!("event.{x}.payload")])
            .explained_by(base);
        let near = || {
            let keys = payload.and_then(Value::as_object)?.keys().map(String::as_str);
            let documented = |k: &&str| !event.fields.iter().any(|f| f.field == **k);
            diagnosis::misspelt(&field.field, keys.filter(documented))
        };
        out.push(match schema::look(value, &path, o.notes, schemas.of(field)) {
            Found::Ok(heard) => draft.pass(heard),
            Found::Missing => {
                let hint = near().map(|n| format!("`{}` was heard, `{}` is documented", text::visible(n), field.field));
                let heard = match payload.and_then(Value::as_object) {
                    Some(fields) => {
                        let keys: Vec<String> = fields.keys().map(|k| format!("`{}`", text::visible(k))).collect();
                        format!("not there; the payload has {}", text::list(&keys, "and"))
                    }
                    None => "not there".to_owned(),
                };
                draft.breach("missing", heard).hint(hint)
            }
            Found::Wrong(code, heard) => draft.breach(code, heard),
            Found::Unknown(code, why) => draft.inconclusive(code, why),
        });
    }
}
