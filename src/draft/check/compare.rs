//! Claims against claims.

use std::collections::BTreeMap;

use super::claims::{self, Claims, Key, Tree};
use super::{Finding, Kind, Side, among};
use crate::draft::facts::{Facts, Place};
use crate::source::Span;
use crate::source::nearest::nearest;
use crate::spec::Spec;

/// The differences, each told once, and how many statements were compared.
pub(super) fn compare(spec: &Spec, read: &[Facts]) -> (Vec<Finding>, usize) {
    let tree = Tree::new(&spec.source);
    let own = claims::of_spec(spec, &tree);
    let pages: Vec<Claims> =
        read.iter().enumerate().map(|(shift, facts)| claims::of_page(facts, spec, shift)).collect();
    let mut found = Vec::new();
    for (shift, (facts, page)) in read.iter().zip(&pages).enumerate() {
        let mut one =
            Against { spec, tree: &tree, own: &own, facts, page, shift, found: &mut found, renamed: BTreeMap::new() };
        one.compare();
    }
    if read.len() > 1 {
        among::among(read, &pages, &mut found);
    }
    (found, own.len() + pages.iter().map(Claims::len).sum::<usize>())
}

/// Adds a finding; the same one about another event or on another page is told with it.
pub(super) fn tell(found: &mut Vec<Finding>, finding: Finding) {
    let same = |one: &&mut Finding| {
        one.kind == finding.kind
            && one.what == finding.what
            && one.spec.as_ref().map(|side| side.place) == finding.spec.as_ref().map(|side| side.place)
    };
    let Some(known) = found.iter_mut().find(same) else { return found.push(finding) };
    if finding.id != known.id && !known.also.contains(&finding.id) {
        known.also.push(finding.id);
    }
    for side in finding.pages {
        if !known.pages.iter().any(|other| other.place == side.place) {
            known.pages.push(side);
        }
    }
}

/// One page, or all of them as one, against the spec.
pub(super) struct Against<'a> {
    pub(super) spec: &'a Spec,
    pub(super) tree: &'a Tree<'a>,
    pub(super) own: &'a Claims,
    pub(super) facts: &'a Facts,
    pub(super) page: &'a Claims,
    pub(super) shift: usize,
    found: &'a mut Vec<Finding>,
    /// Events of the spec that the page seems to call something else.
    renamed: BTreeMap<String, String>,
}

pub(super) fn side<P>(place: P, label: impl Into<String>) -> Side<P> {
    Side { place, label: label.into() }
}

impl Against<'_> {
    pub(super) fn tell(&mut self, id: &str, kind: Kind, what: String, spec: Side<Span>, page: Side<Place>) {
        let finding = Finding {
            id: id.to_owned(),
            kind,
            what,
            also: Vec::new(),
            spec: Some(spec),
            pages: vec![page],
            decided: None,
        };
        tell(self.found, finding);
    }

    fn compare(&mut self) {
        self.rename();
        self.events();
        self.api();
        self.fields();
        self.sections();
    }

    /// Somewhere on the page, for what isn't on it.
    pub(super) fn anywhere(&self) -> Place {
        let events = self.page.iter().find(|(key, _)| matches!(key, Key::Event(_))).map(|(_, (_, place))| *place);
        let heading = self.facts.sections.first().map(|(place, _)| Place { page: place.page + self.shift, ..*place });
        events.or(heading).unwrap_or(Place { page: self.shift, span: Span { line: 1, column: 1, ..Span::default() } })
    }

    fn constant(&self, event: &str) -> String {
        let named = self.spec.events.values().find(|one| one.name.as_deref() == Some(event));
        named.map_or_else(|| event.to_owned(), |one| one.constant.clone())
    }

    /// Events that only one side has, and that stand in the same section or are called nearly the same, are the same.
    fn rename(&mut self) {
        let events = |claims: &Claims, others: &Claims| -> Vec<String> {
            let only = claims.keys().filter(|key| !others.contains_key(*key));
            only.filter_map(|key| if let Key::Event(name) = key { Some(name.clone()) } else { None }).collect()
        };
        let missing = events(self.own, self.page);
        let mut extra = events(self.page, self.own);
        for name in missing {
            let named = claims::event_section(self.tree, &self.constant(&name));
            let same = |other: &&String| {
                self.facts.events.get(*other).is_some_and(|event| {
                    let title = event.section.title.as_ref().map(|said| said.text.as_str());
                    let anchor = event.section.anchor.as_ref().map(|said| said.text.as_str());
                    let equal = |own: &Option<(String, Span)>, theirs: Option<&str>| {
                        theirs.is_some() && own.as_ref().map(|(text, _)| text.as_str()) == theirs
                    };
                    equal(&named.title, title) || equal(&named.anchor, anchor)
                })
            };
            let by_section = extra.iter().filter(same).count() == 1;
            let found = if by_section {
                extra.iter().find(same).cloned()
            } else {
                nearest(&name, extra.iter().map(String::as_str)).map(str::to_owned)
            };
            if let Some(found) = found {
                extra.retain(|other| *other != found);
                self.renamed.insert(name, found);
            }
        }
    }

    /// What the page calls an event of the spec.
    pub(super) fn theirs<'e>(&'e self, event: &'e str) -> &'e str {
        self.renamed.get(event).map_or(event, String::as_str)
    }

    fn events(&mut self) {
        let mut before = self.anywhere();
        for (key, (_, place)) in self.own {
            let Key::Event(name) = key else { continue };
            if let Some((_, theirs)) = self.page.get(&Key::Event(self.theirs(name).to_owned())) {
                before = *theirs;
                if let Some(other) = self.renamed.get(name).cloned() {
                    let what = format!("the spec has the event `{name}`, the page `{other}`");
                    self.tell(
                        &key.to_string(),
                        Kind::Differs,
                        what,
                        side(place.span, "the spec's"),
                        side(*theirs, "the page's"),
                    );
                }
                continue;
            }
            let what = format!("the spec has the event `{name}`, the page doesn't");
            self.tell(
                &key.to_string(),
                Kind::OnlySpec,
                what,
                side(place.span, "only here"),
                side(before, "the event before it is here"),
            );
        }
        let events = self.tree.key(&["events"]).unwrap_or_else(|| self.tree.span(&["events"]));
        for (key, (_, place)) in self.page {
            let Key::Event(name) = key else { continue };
            if !self.own.contains_key(key) && !self.renamed.values().any(|other| other == name) {
                let what = format!("the page has the event `{name}`, the spec doesn't");
                self.tell(
                    &key.to_string(),
                    Kind::OnlyPage,
                    what,
                    side(events, "not in here"),
                    side(*place, "only here"),
                );
            }
        }
    }

    fn api(&mut self) {
        let shows = self.page.contains_key(&Key::Subscribe);
        let near = |key: &Key| match key {
            Key::Location(_) => self.page.get(&Key::Subscribe).map(|(_, place)| *place),
            _ => None,
        };
        for (key, (value, place)) in self.own {
            let (noun, spec) = (key.noun(), place.span);
            match (key, self.page.get(key)) {
                (Key::Event(_) | Key::Field(..), _) => {}
                (_, Some((theirs, at))) if theirs != value => {
                    let said = |value: &str| if value.is_empty() { "nothing".to_owned() } else { format!("`{value}`") };
                    let what = format!("{noun}: the spec says {}, the page {}", said(value), said(theirs));
                    self.tell(
                        &key.to_string(),
                        Kind::Differs,
                        what,
                        side(spec, format!("the spec: {}", said(value))),
                        side(*at, format!("the page: {}", said(theirs))),
                    );
                }
                (Key::Location(_), None) if shows => {
                    let at = near(key).unwrap_or_else(|| self.anywhere());
                    let what = format!("{noun}: the spec has it, no sample of the page shows it");
                    self.tell(
                        &key.to_string(),
                        Kind::OnlySpec,
                        what,
                        side(spec, "only here"),
                        side(at, "what a sample shows"),
                    );
                }
                (Key::Ready | Key::Subscribe, None) => {
                    let what = format!("{noun}: the spec says `{value}`, no sample of the page shows one");
                    self.tell(
                        &key.to_string(),
                        Kind::OnlySpec,
                        what,
                        side(spec, "only here"),
                        side(self.anywhere(), "not on this page"),
                    );
                }
                _ => {}
            }
        }
        let locations =
            self.tree.key(&["probe", "api", "locations"]).unwrap_or_else(|| self.tree.span(&["probe", "api"]));
        for (key, (_, place)) in self.page {
            if matches!(key, Key::Location(_)) && !self.own.contains_key(key) {
                let what = format!("{}: a sample of the page shows it, the spec doesn't have it", key.noun());
                self.tell(
                    &key.to_string(),
                    Kind::OnlyPage,
                    what,
                    side(locations, "not in here"),
                    side(*place, "only here"),
                );
            }
        }
    }

    fn fields(&mut self) {
        let events: Vec<String> = self
            .own
            .keys()
            .filter_map(|key| if let Key::Event(name) = key { Some(name.clone()) } else { None })
            .collect();
        for event in events {
            let theirs = self.theirs(&event).to_owned();
            let Some((_, place)) = self.page.get(&Key::Event(theirs.clone())) else { continue };
            let of = |claims: &Claims, event: &str| -> Vec<(String, Place)> {
                let field = |(key, (_, place)): (&Key, &(String, Place))| match key {
                    Key::Field(of, field) if of == event => Some((field.clone(), *place)),
                    _ => None,
                };
                claims.iter().filter_map(field).collect()
            };
            let (own, page) = (of(self.own, &event), of(self.page, &theirs));
            let without = |all: &[(String, Place)], others: &[(String, Place)]| -> Vec<(String, Place)> {
                all.iter().filter(|(field, _)| !others.iter().any(|(other, _)| other == field)).cloned().collect()
            };
            let (missing, mut extra) = (without(&own, &page), without(&page, &own));
            let last = page.last().map_or(*place, |(_, place)| *place);
            let alone = missing.len() == 1 && extra.len() == 1;
            for (field, at) in missing {
                let id = Key::Field(event.clone(), field.clone()).to_string();
                let near = if alone {
                    extra.first().map(|(field, _)| field.clone())
                } else {
                    nearest(&field, extra.iter().map(|(field, _)| field.as_str())).map(str::to_owned)
                };
                let pair =
                    near.and_then(|near| Some(extra.remove(extra.iter().position(|(field, _)| *field == near)?)));
                match pair {
                    Some((other, theirs)) => {
                        let what = format!("the spec has the field `{field}`, the page `{other}`");
                        self.tell(&id, Kind::Differs, what, side(at.span, "the spec's"), side(theirs, "the page's"));
                    }
                    None => {
                        let what = format!("the spec has the field `{field}`, the page doesn't");
                        self.tell(&id, Kind::OnlySpec, what, side(at.span, "only here"), side(last, "not here"));
                    }
                }
            }
            let constant = self.constant(&event);
            let payload = self
                .tree
                .key(&["events", &constant, "payload"])
                .unwrap_or_else(|| self.tree.span(&["events", &constant]));
            for (field, at) in extra {
                let what = format!("the page has the field `{field}`, the spec doesn't");
                let id = Key::Field(event.clone(), field).to_string();
                self.tell(&id, Kind::OnlyPage, what, side(payload, "not in here"), side(at, "only here"));
            }
        }
    }
}
