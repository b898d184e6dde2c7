//! Payload fields in groups, so that what several events carry is written once.

use indexmap::IndexMap;

use super::facts::{Event, Field};
use super::text::{scalar, slug};

/// Fields that the same events carry.
pub(super) struct Group<'f> {
    pub name: String,
    pub fields: Vec<(&'f str, &'f Field)>,
}

/// What all events with a payload carry, and what each set of others carries beyond it.
pub(super) fn groups(events: &IndexMap<String, Event>) -> Vec<Group<'_>> {
    let same = |a: &Field, b: &Field| a.kind == b.kind && a.optional == b.optional && a.shown == b.shown;
    let carrying = || events.iter().filter(|(_, event)| !event.fields.is_empty());
    let in_all = |key: &str, field: &Field| {
        carrying().all(|(_, event)| event.fields.get(key).is_some_and(|other| same(field, other)))
    };
    let mut groups: Vec<Group<'_>> = Vec::new();
    let Some((_, first)) = carrying().next() else { return groups };
    let common: Vec<(&str, &Field)> = first
        .fields
        .iter()
        .map(|(key, field)| (key.as_str(), field))
        .filter(|(key, field)| in_all(key, field))
        .collect();
    let several = carrying().count() > 1 && !common.is_empty();
    if several {
        groups.push(Group { name: "common".to_owned(), fields: common });
    }
    for (name, event) in carrying() {
        let own: Vec<(&str, &Field)> = event
            .fields
            .iter()
            .map(|(key, field)| (key.as_str(), field))
            .filter(|(key, field)| !(several && in_all(key, field)))
            .collect();
        let known = |group: &Group<'_>| {
            group.fields.len() == own.len()
                && own.iter().all(|(key, field)| group.fields.iter().any(|(k, f)| k == key && same(f, field)))
        };
        if !own.is_empty() && !groups.iter().any(known) {
            let mut called = slug(name);
            while called == "common" || called == "none" || groups.iter().any(|group| group.name == called) {
                called.push_str("-fields");
            }
            groups.push(Group { name: called, fields: own });
        }
    }
    groups
}

/// The groups that together are an event's fields.
pub(super) fn chosen(event: &Event, groups: &[Group<'_>]) -> Vec<String> {
    let has = |group: &Group<'_>| {
        group.fields.iter().all(|(key, field)| {
            event
                .fields
                .get(*key)
                .is_some_and(|own| own.kind == field.kind && own.optional == field.optional && own.shown == field.shown)
        })
    };
    let mut left: Vec<&str> = event.fields.keys().map(String::as_str).collect();
    let mut names = Vec::new();
    // `common` comes first; of the others the one that is all that is left.
    for group in groups.iter().filter(|group| group.name == "common" && has(group)) {
        left.retain(|key| !group.fields.iter().any(|(other, _)| other == key));
        names.push(scalar(&group.name));
    }
    let rest = |group: &&Group<'_>| {
        group.name != "common"
            && group.fields.len() == left.len()
            && has(group)
            && group.fields.iter().all(|(key, _)| left.contains(key))
    };
    if !left.is_empty() {
        names.extend(groups.iter().find(rest).map(|group| scalar(&group.name)));
    }
    names
}
