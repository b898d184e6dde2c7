//! The payload family: what an event carries.
//!
//! One verdict per requirement and occurrence. A payload that isn't there explains its fields; the same defect in a later
//! event follows from that in the first.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::spec::{EventSpec, FieldSpec, Spec};

use super::about::{
    About, VALUE_EMPTY, VALUE_NULL, VALUE_SCHEMA, VALUE_TRUNCATED, VALUE_TYPE, VALUE_UNCOPYABLE, VALUE_WRONG, finding,
};
use super::case::Case;
use super::conversation::{field_of, payload};
use super::diagnosis;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::schema::{self, Compiled, Found};
use super::text::{self, show};
use super::trace::Occurrence;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&PAYLOAD, &FIELD, &FURTHER];

/// That there is a payload.
const PAYLOAD: About = About {
    form: "event.X.payload",
    looks_at: "the documented place below the callback's first argument, at each occurrence of the event",
    why: "code that reads the documented fields there throws if there is no object",
    findings: &[
        finding(
            "missing",
            "there is nothing at the documented place; where the fields are instead is told, if they are anywhere",
            "the vendor has to put them where they are documented",
        ),
        finding(
            "misplaced",
            "there is an object, but none of the documented fields is in it",
            "the vendor has to put them where they are documented",
        ),
        VALUE_NULL,
        VALUE_TYPE,
        VALUE_UNCOPYABLE,
        VALUE_TRUNCATED,
        VALUE_SCHEMA,
    ],
    example: "A widget puts its metadata at `event.detail`: `missing`, with the hint \"the documented fields were heard at `event.detail`\", and its fields follow from it.",
};

/// That a field is there, and as documented.
const FIELD: About = About {
    form: "event.X.payload.FIELD",
    looks_at: "the field in the payload of each occurrence of the event, against the spec's JSON Schema for it",
    why: "reports, CRM updates and joins of events rest on these fields",
    findings: &[
        finding(
            "missing",
            "the payload doesn't have it; a similar name is told",
            "did the vendor rename it, or is the conversation set up without it?",
        ),
        VALUE_NULL,
        VALUE_EMPTY,
        VALUE_TYPE,
        VALUE_WRONG,
        VALUE_UNCOPYABLE,
        VALUE_TRUNCATED,
        VALUE_SCHEMA,
    ],
    example: "`agentID` became `agentId` in a new version: `missing`, \"`agentId` was heard, `agentID` is documented\".",
};

/// A further demand on a field.
const FURTHER: About = About {
    form: "event.X.payload.FIELD.ID",
    looks_at: "the field, where it is there: a further requirement never demands that it is",
    why: "what the documentation suggests but doesn't say outright, such as how a value is spelled; mostly a warning",
    findings: &[VALUE_NULL, VALUE_EMPTY, VALUE_TYPE, VALUE_WRONG, VALUE_UNCOPYABLE, VALUE_TRUNCATED, VALUE_SCHEMA],
    example: "`uiType` is `bubble`, while the documentation names popup, chatbot and inline: `wrong-value`, a warning.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    let place = text::path(&spec.probe.payload);
    for (x, event) in &spec.events {
        let sentence = format!("{x} carries an object at `{place}`");
        catalogue.add(&PAYLOAD, format!("event.{x}.payload"), sentence, &event.payload);
        for field in &event.fields {
            let id = id(x, &field.field, field.id.as_deref());
            let what = if field.title.is_empty() { String::new() } else { format!(" ({})", field.title) };
            let needs = if field.id.is_none() && field.required { "carries" } else { "has, if it is there," };
            let sentence = format!("{x} {needs} `{place}.{}`{what}: {}", field.field, schema::describe(&field.schema));
            let about = if field.id.is_some() { &FURTHER } else { &FIELD };
            catalogue.add(about, id, sentence, &field.statement);
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
    // The first requirement with a defect is the headline of the same defect elsewhere.
    let mut defects: BTreeMap<String, String> = BTreeMap::new();
    for (index, occurrence) in case.trace.occurrences.iter().enumerate() {
        let Some(event) = case.spec.events.get(occurrence.constant) else { continue };
        let begin = out.len();
        object(case, event, occurrence, &schemas, out);
        fields(case, event, occurrence, &schemas, out);
        for draft in out.iter_mut().skip(begin) {
            *draft = draft.clone().explained_by(case.alias(index));
            if draft.verdict.outcome != crate::verdict::Outcome::Pass {
                let own = draft.verdict.requirement.clone();
                let part = own.strip_prefix(&format!("event.{}.", occurrence.constant)).unwrap_or(&own);
                let defect = format!("{part} {} {:?}", draft.verdict.finding, draft.verdict.hint);
                let first = defects.entry(defect).or_insert(own).clone();
                *draft = draft.clone().explained_by([first]);
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
