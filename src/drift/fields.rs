//! Payload fields that are new, gone, of another type or of another form.

use std::collections::BTreeSet;

use super::compare::{Changes, Pair};
use super::shape::{fits, is_hollow, type_of};
use super::{About, EventSeen, FieldSeen, Weight};

/// Compares the payloads of events that were heard on both sides.
pub(super) fn compare(pair: &Pair<'_>, broke: &BTreeSet<String>, changes: &mut Changes) {
    for (constant, after) in &pair.after.events {
        let Some(before) = pair.before.events.get(constant).filter(|before| before.heard > 0) else { continue };
        let paths: BTreeSet<&String> = before.fields.keys().chain(after.fields.keys()).collect();
        for path in paths {
            field(constant, path, before, after, broke, changes);
        }
    }
}

fn field(
    constant: &str,
    path: &str,
    before: &EventSeen,
    after: &EventSeen,
    broke: &BTreeSet<String>,
    changes: &mut Changes,
) {
    let nothing = FieldSeen::default();
    let (was, is) = (before.fields.get(path).unwrap_or(&nothing), after.fields.get(path).unwrap_or(&nothing));
    // What is in an object or a list that isn't there is told with that.
    if let Some(parent) = parent(path) {
        let there = |event: &EventSeen| event.fields.get(parent).is_some_and(|field| field.present > 0);
        if (was.present > 0 && !there(after)) || (is.present > 0 && !there(before)) {
            return;
        }
        let shapes = |event: &EventSeen| event.fields.get(parent).map(|field| field.shapes.clone()).unwrap_or_default();
        let of_list = parent.len() + 2 == path.len() && path.ends_with("[]");
        if (was.present == 0 || is.present == 0) && (of_list || shapes(before).is_disjoint(&shapes(after))) {
            return;
        }
    }
    let always = |field: &FieldSeen, event: &EventSeen| field.present == event.heard;
    let (weight, what, clause) = if was.present == 0 {
        (Weight::Changed, "new", "is there, and wasn't before")
    } else if is.present == 0 && always(was, before) {
        (Weight::Worse, "gone", "isn't there any more")
    } else if is.present == 0 {
        (Weight::Changed, "gone", "isn't there any more; it wasn't there each time before")
    } else if always(was, before) && !always(is, after) {
        (Weight::Worse, "sometimes-gone", "isn't there each time any more")
    } else {
        let surprises: Vec<&String> =
            is.shapes.iter().filter(|shape| !was.shapes.iter().any(|expected| fits(expected, shape))).collect();
        let types: BTreeSet<&str> = was.shapes.iter().map(|shape| type_of(shape)).collect();
        if surprises.is_empty() {
            return;
        } else if surprises.iter().any(|shape| is_hollow(shape)) && !was.shapes.iter().any(|shape| is_hollow(shape)) {
            (Weight::Worse, "empty", "is empty, which it wasn't before")
        } else if surprises.iter().any(|shape| !types.contains(type_of(shape)) && type_of(shape) != "null") {
            (Weight::Worse, "type", "is of another type")
        } else {
            (Weight::Changed, "form", "is of another form")
        }
    };
    let change = changes.add(weight, About::Field, &format!("{constant} {path}"), what);
    change.says(clause, told(was, before), told(is, after));
    change.caused_by = cause(broke, constant, path);
}

/// Where a field is in: `data` of `data.payload`, `items` of `items[]`.
fn parent(path: &str) -> Option<&str> {
    path.strip_suffix("[]").or_else(|| path.rsplit_once('.').map(|(parent, _)| parent)).filter(|p| !p.is_empty())
}

/// The requirement on the field, or on the event's payload, that explains it.
fn cause(broke: &BTreeSet<String>, constant: &str, path: &str) -> Option<String> {
    let start = format!("event.{constant}.payload");
    let of_field = |id: &&String| {
        id.strip_prefix(&format!("{start}.")).is_some_and(|field| path == field || path.ends_with(&format!(".{field}")))
    };
    broke.iter().find(of_field).or_else(|| broke.get(&start)).cloned()
}

fn told(field: &FieldSeen, event: &EventSeen) -> String {
    if field.present == 0 {
        return "not there".to_owned();
    }
    let shape = |shape: &String| match field.values.get(shape).filter(|values| !values.is_empty()) {
        Some(values) => format!("{shape} ({})", values.iter().cloned().collect::<Vec<_>>().join(", ")),
        None => shape.clone(),
    };
    let shapes: Vec<String> = field.shapes.iter().map(shape).collect();
    let some = if field.present < event.heard {
        format!(", in {} of {} payloads", field.present, event.heard)
    } else {
        String::new()
    };
    format!("{}{some}", shapes.join(" or "))
}
