//! The payload family: what an event carries.
//!
//! One verdict per requirement and occurrence. A payload that isn't there explains its fields; the same defect in a later
//! event follows from that in the first.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::spec::{EventSpec, FieldSpec, Probe, Spec};

use crate::verdict::{Outcome, RequirementId};

use super::about::{
    About, VALUE_EMPTY, VALUE_NULL, VALUE_SCHEMA, VALUE_TRUNCATED, VALUE_TYPE, VALUE_UNCOPYABLE, VALUE_WRONG, finding,
};
use super::case::Case;
use super::conversation::{field_of, payload};
use super::diagnosis;
use super::draft::{Draft, MOST};
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
            "empty",
            "an object without any fields",
            "are they filled in after the listener was called? The vendor has to send them whole",
        ),
        finding(
            "wrong-fields",
            "an object, but none of the documented fields is in it, nor anywhere else",
            "did the vendor rename them, or wrap them into a Map? What is there is told",
        ),
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
    let place = text::payload(&spec.probe);
    for (x, event) in &spec.events {
        let sentence = format!("{x} carries an object at `{place}`");
        if !event.no_payload {
            catalogue.add(&PAYLOAD, RequirementId::event(x, "payload"), sentence, &event.payload);
        }
        for field in &event.fields {
            let id = field.requirement_id(x);
            let what = if field.title.is_empty() { String::new() } else { format!(" ({})", field.title) };
            let needs = if field.id.is_none() && field.required { "carries" } else { "has, if it is there," };
            let sentence = format!("{x} {needs} `{place}.{}`{what}: {}", field.field, schema::describe(&field.schema));
            let about = if field.id.is_some() { &FURTHER } else { &FIELD };
            catalogue.add(about, id, sentence, &field.statement);
        }
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    let mut events: BTreeMap<&str, Demanded> = BTreeMap::new();
    // Drafts with the same defect, by what it is.
    let mut defects: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, occurrence) in case.trace.occurrences.iter().enumerate() {
        let event = case.spec.events.get(occurrence.constant).filter(|event| !event.no_payload);
        let Some(event) = event else { continue };
        let demanded = events.entry(occurrence.constant).or_insert_with(|| Demanded::new(case.spec, event));
        let begin = out.len();
        object(case, demanded, occurrence, out);
        for (at, place) in fields(case, demanded, occurrence, out) {
            defects.entry(format!("nested at {place}")).or_default().push(at);
        }
        for (at, draft) in out.iter_mut().enumerate().skip(begin) {
            if draft.verdict.outcome != Outcome::Pass {
                draft.explain(case.alias(index));
                let demand = draft.verdict.requirement.demand();
                let defect = format!("{demand:?} {} {:?}", draft.verdict.finding, draft.verdict.hint);
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
                draft.explain([headline.clone()]);
            }
        }
    }
}

/// What one event has to carry: the same at each of its occurrences, of which there may be thousands.
struct Demanded<'a> {
    event: &'a EventSpec,
    id: RequirementId,
    /// Where the payload is, for a person.
    place: String,
    schema: Rc<Compiled>,
    passes: Passes,
    fields: Vec<Field<'a>>,
}

/// And what a field of it has to be.
struct Field<'a> {
    spec: &'a FieldSpec,
    id: RequirementId,
    /// The requirement that a further one rests on.
    base: Option<RequirementId>,
    /// As notes name it.
    path: String,
    expected: String,
    schema: Rc<Compiled>,
    passes: Passes,
}

impl<'a> Demanded<'a> {
    fn new(spec: &Spec, event: &'a EventSpec) -> Self {
        let (x, place) = (&event.constant, spec.probe.payload.join("."));
        let field = |field: &'a FieldSpec| Field {
            id: field.requirement_id(x),
            base: field.id.as_ref().map(|_| RequirementId::payload(x, &field.field, None)),
            path: if place.is_empty() { field.field.clone() } else { format!("{place}.{}", field.field) },
            expected: format!("`{}`: {}", field.field, schema::describe(&field.schema)),
            schema: schema::compiled(&field.schema),
            passes: Passes::default(),
            spec: field,
        };
        Self {
            event,
            id: RequirementId::event(x, "payload"),
            place: text::payload(&spec.probe),
            schema: schema::compiled(&serde_json::json!({ "type": "object" })),
            passes: Passes::default(),
            fields: event.fields.iter().map(field).collect(),
        }
    }
}

/// How often a requirement has held so far. As many times as verdicts are kept it's drafted; from then on it's counted.
#[derive(Default)]
struct Passes {
    count: usize,
    /// Place of the last one that was drafted.
    last: usize,
}

impl Passes {
    /// Whether a further one is only counted.
    fn are_enough(&self) -> bool {
        self.count >= MOST
    }

    /// Counts one more; whether it needs no draft.
    fn is_counted(&mut self, out: &mut [Draft]) -> bool {
        self.count += 1;
        if self.count > MOST {
            if let Some(last) = out.get_mut(self.last) {
                last.and_more(1);
            }
            return true;
        }
        self.last = out.len();
        false
    }
}

fn blank(case: &Case, id: RequirementId, o: &Occurrence) -> Draft {
    case.draft(id)
        .subject(case.occurrence_name(o), o.ordinal)
        .step(case.heard_in(o).and_then(|s| case.step_ref(s)))
        .evidence(o.arrivals.clone())
}

fn object(case: &Case, demanded: &mut Demanded, o: &Occurrence, out: &mut Vec<Draft>) {
    let Demanded { event, id, place, schema, passes, .. } = demanded;
    let value = payload(case.spec, o);
    let has_fields = |value: Option<&Value>| value.is_none_or(|v| !lacks_all(event, v));
    if passes.are_enough() && schema::plainly_holds(value, o.notes, schema) && has_fields(value) {
        passes.is_counted(out);
        return;
    }
    let found = schema::look(value, &case.spec.probe.payload.join("."), o.notes, schema);
    let holds = matches!(found, Found::Ok(_)) && has_fields(value);
    if holds && passes.is_counted(out) {
        return;
    }
    let draft = blank(case, id.clone(), o).expected(format!("an object at `{place}`"));
    let elsewhere = || diagnosis::payload_elsewhere(case.spec, event, o);
    out.push(match found {
        Found::Ok(_) => match value.filter(|_| !holds) {
            Some(object) => without_fields(event, object, o, elsewhere(), draft),
            None => draft.pass("an object"),
        },
        Found::Missing => {
            let heard = if o.arguments == 0 { "no argument".to_owned() } else { show(o.data) };
            let path = case.spec.probe.payload.join(".");
            let undefined = o.notes.iter().any(|n| n.path == path && n.what == "undefined");
            let hint = elsewhere()
                .or_else(|| arguments(&case.spec.probe, o))
                .or_else(|| undefined.then(|| format!("`{place}` is there, but undefined")));
            draft.breach("missing", format!("nothing at `{place}`; heard {heard}")).hint(hint)
        }
        // An empty string or list is no object; that it is empty is beside the point.
        Found::Wrong("empty", heard) => draft.breach("wrong-type", heard).hint(elsewhere()),
        Found::Wrong(code, heard) => draft.breach(code, heard).hint(elsewhere()),
        Found::Unknown(code, why) => draft.inconclusive(code, why),
    });
}

/// The fields that a payload must have.
fn required(event: &EventSpec) -> impl Iterator<Item = &FieldSpec> {
    event.fields.iter().filter(|f| f.required && f.id.is_none())
}

fn lacks_all(event: &EventSpec, payload: &Value) -> bool {
    required(event).next().is_some() && required(event).all(|f| field_of(payload, &f.field).is_none())
}

/// Judges an object that has none of the documented fields. `elsewhere`: where they are instead.
fn without_fields(event: &EventSpec, object: &Value, o: &Occurrence, elsewhere: Option<String>, draft: Draft) -> Draft {
    let heard = format!("an object without any of the documented fields: {}", show(object));
    if elsewhere.is_some() {
        return draft.breach("misplaced", heard).hint(elsewhere);
    }
    if required(event).count() == 1 {
        return draft.pass("an object");
    }
    let class = o.notes.iter().find_map(|n| n.what.strip_prefix("object [object ")?.strip_suffix(']'));
    if let Some(class) = class.filter(|class| matches!(*class, "Map" | "Set")) {
        return draft
            .breach("wrong-fields", format!("a {class}, whose entries are no fields of an object"))
            .hint(format!("a page that reads a field of a {class} gets `undefined`; documented is a plain object"));
    }
    if object.as_object().is_some_and(serde_json::Map::is_empty) {
        return draft.breach("empty", "an object without any fields").hint(
            "the fields were not there when the listener was called: are they filled in later, or taken out too early?"
                .to_owned(),
        );
    }
    let near: Vec<String> = required(event).filter_map(|f| near(event, object, &f.field)).collect();
    if !near.is_empty() {
        return draft.breach("wrong-fields", heard).hint(near.join("; "));
    }
    let fields: Vec<String> = required(event).map(|f| format!("`{}`", f.field)).collect();
    draft.breach("wrong-fields", heard).hint(format!("documented are {}", text::list(&fields, "and")))
}

/// That a listener got another number of arguments than documented, in which the payload may be lost.
fn arguments(probe: &Probe, o: &Occurrence) -> Option<String> {
    match o.arguments {
        given if probe.argument > 1 => (usize::try_from(given).is_ok_and(|given| given < probe.argument)).then(|| {
            format!(
                "the listener was called with {given} argument{}; documented is the payload in argument {}",
                if given == 1 { "" } else { "s" },
                probe.argument
            )
        }),
        0 => Some("the listener was called without an argument; documented is one, the event".to_owned()),
        1 => None,
        n => Some(format!(
            "the listener was called with {n} arguments; documented is one, the event: is it given as another one?"
        )),
    }
}

/// A field of a payload that is a documented one misspelt, as a hint.
fn near(event: &EventSpec, payload: &Value, field: &str) -> Option<String> {
    let keys = payload.as_object()?.keys().map(String::as_str);
    let documented = |k: &&str| !event.fields.iter().any(|f| f.field == **k);
    let name = diagnosis::misspelt(field, keys.filter(documented))?;
    Some(format!("`{}` was heard, `{field}` is documented", text::visible(name)))
}

/// Judges the fields of a payload. Gives, for each one that is missing and was heard in an object within the payload, the
/// place of its draft and the path of that object: what else is missing there is missing for the same reason.
fn fields(case: &Case, demanded: &mut Demanded, o: &Occurrence, out: &mut Vec<Draft>) -> Vec<(usize, String)> {
    let mut nested = Vec::new();
    let payload = payload(case.spec, o);
    let Demanded { event, id: whole, fields, .. } = demanded;
    for Field { spec: field, id, base, path, expected, schema, passes } in fields {
        let value = payload.and_then(|p| field_of(p, &field.field));
        if value.is_none() && (field.id.is_some() || !field.required) {
            continue;
        }
        if passes.are_enough() && schema::plainly_holds(value, o.notes, schema) {
            passes.is_counted(out);
            continue;
        }
        let found = schema::look(value, path, o.notes, schema);
        if matches!(found, Found::Ok(_)) && passes.is_counted(out) {
            continue;
        }
        let draft = blank(case, id.clone(), o)
            .expected(expected.clone())
            .explained_by([whole.clone()])
            .explained_by(base.clone());
        out.push(match found {
            Found::Ok(heard) => draft.pass(heard),
            Found::Missing => {
                let mut hint = payload.and_then(|p| near(event, p, &field.field));
                if hint.is_none()
                    && let Some(inner) = payload.and_then(|p| diagnosis::nested(event, p, &field.field))
                {
                    let [heard, documented] = [&format!("{inner}.{}", field.field), &field.field]
                        .map(|f| text::visible(&format!("{}.{f}", text::payload(&case.spec.probe))));
                    hint = Some(format!("heard as `{heard}`, documented at `{documented}`"));
                    nested.push((out.len(), inner));
                }
                let heard = match payload.and_then(Value::as_object) {
                    Some(fields) if fields.is_empty() => "not there; the payload is empty".to_owned(),
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
    nested
}
