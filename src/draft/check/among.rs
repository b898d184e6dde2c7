//! Pages that describe the same, against each other.

use std::collections::BTreeSet;

use super::claims::{Claims, Key};
use super::compare::{side, tell};
use super::{Finding, Kind};
use crate::draft::facts::{Facts, Place};

/// Where versions differ from the first one that says a thing, unless a difference from the spec has told it.
pub(super) fn among(read: &[Facts], pages: &[Claims], found: &mut Vec<Finding>) {
    let told: BTreeSet<String> =
        found.iter().flat_map(|one| one.also.iter().cloned().chain([one.id.clone()])).collect();
    // What a page calls something else is told under the spec's name for it.
    let sides =
        found.iter().filter(|one| matches!(one.kind, Kind::Differs | Kind::OnlyPage)).flat_map(|one| &one.pages);
    let places: Vec<Place> = sides.map(|side| side.place).collect();
    let mut keys: Vec<&Key> = Vec::new();
    let mut seen = BTreeSet::new();
    for key in pages.iter().flat_map(Claims::keys) {
        if seen.insert(key.to_string()) {
            keys.push(key);
        }
    }
    for key in keys {
        let id = key.to_string();
        if told.contains(&id) {
            continue;
        }
        let Some((value, first)) = pages.iter().find_map(|page| page.get(key)) else { continue };
        if places.contains(first) {
            continue;
        }
        for page in pages {
            let there = match key {
                Key::Field(event, _) => page.get(&Key::Event(event.clone())),
                Key::Location(_) => page.get(&Key::Subscribe),
                Key::Event(_) => page.iter().find(|(key, _)| matches!(key, Key::Event(_))).map(|(_, claim)| claim),
                _ => None,
            };
            let (what, place) = match page.get(key) {
                Some((theirs, place)) if theirs != value => {
                    (format!("pages differ: {} is `{value}` and `{theirs}`", key.noun()), *place)
                }
                None if there.is_some() => (
                    format!("pages differ: {} isn't on all of them", key.noun()),
                    there.map_or(*first, |(_, place)| *place),
                ),
                _ => continue,
            };
            let pages = vec![side(*first, "here"), side(place, "not here")];
            tell(
                found,
                Finding { id: id.clone(), kind: Kind::Pages, what, also: Vec::new(), spec: None, pages, decided: None },
            );
        }
    }
    anchors(read, &told, found);
}

/// The same section has another fragment in another version.
fn anchors(read: &[Facts], told: &BTreeSet<String>, found: &mut Vec<Finding>) {
    let Some((first, others)) = read.split_first() else { return };
    for (name, event) in &first.events {
        let id = format!("event.{name}.anchor");
        let Some(own) = event.section.anchor.as_ref().filter(|_| !told.contains(&id)) else { continue };
        for (at, other) in others.iter().enumerate() {
            let Some(theirs) = other.events.get(name) else { continue };
            let there = theirs.section.anchor.as_ref().map(|said| said.text.as_str());
            if there == Some(&own.text) {
                continue;
            }
            let what = format!(
                "pages differ: the anchor of {name} is `{}` and {}",
                own.text,
                there.map_or("none".to_owned(), |there| format!("`{there}`"))
            );
            let heading = theirs
                .section
                .anchor
                .as_ref()
                .or(theirs.section.title.as_ref())
                .map_or(theirs.place.span, |said| said.span);
            let pages = vec![
                side(Place { page: event.section.page, span: own.span }, "here"),
                side(Place { page: theirs.section.page + at + 1, span: heading }, "not here"),
            ];
            tell(
                found,
                Finding { id: id.clone(), kind: Kind::Pages, what, also: Vec::new(), spec: None, pages, decided: None },
            );
        }
    }
}
