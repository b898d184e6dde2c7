//! The sections that a spec and a page name.

use std::collections::BTreeSet;

use super::Kind;
use super::claims::{self, Key, Named};
use super::compare::{Against, side};
use crate::draft::facts::{Place, Section};
use crate::draft::page::Said;
use crate::source::Span;
use crate::source::nearest::nearest;

fn words(said: &Option<Said>) -> Option<&str> {
    said.as_ref().map(|said| said.text.as_str())
}

impl Against<'_> {
    /// Headings count only where the page is in the spec's language: if most of them are the same.
    pub(super) fn sections(&mut self) {
        let mut pairs: Vec<(String, Named, Section, Place)> = Vec::new();
        for event in self.spec.events.values() {
            let name = event.name.as_ref().unwrap_or(&event.constant);
            if let Some(theirs) = self.facts.events.get(self.theirs(name)) {
                let place = Place { page: theirs.place.page + self.shift, ..theirs.place };
                pairs.push((
                    name.clone(),
                    claims::event_section(self.tree, &event.constant),
                    theirs.section.clone(),
                    place,
                ));
            }
        }
        let title = |section: &Section| section.title.as_ref().map(|said| said.text.clone());
        let named = pairs.iter().filter(|(_, named, ..)| named.title.is_some()).count();
        let equal = |(_, named, section, _): &&(String, Named, Section, Place)| {
            named.title.as_ref().map(|(text, _)| text) == title(section).as_ref()
        };
        let same =
            named > 0 && pairs.iter().filter(|(_, named, ..)| named.title.is_some()).filter(equal).count() * 2 >= named;
        let mut told: BTreeSet<String> = BTreeSet::new();
        for (name, named, section, place) in pairs {
            let page = section.page + self.shift;
            let heading = section.title.as_ref().map_or(place, |said| Place { page, span: said.span });
            let key = self.own.get(&Key::Event(name.clone())).map_or(Span::default(), |(_, place)| place.span);
            if let (Some((own, at)), Some(theirs), true) = (&named.title, title(&section), same)
                && *own != theirs
            {
                told.insert(own.clone());
                let what = format!("the section of {name} is “{own}” in the spec and “{theirs}” on the page");
                self.tell(
                    &format!("event.{name}.section"),
                    Kind::Differs,
                    what,
                    side(*at, "the spec's"),
                    side(heading, "the page's"),
                );
            }
            let id = format!("event.{name}.anchor");
            match (&named.anchor, &section.anchor) {
                (Some((own, at)), Some(theirs)) if *own != theirs.text => {
                    told.insert(own.clone());
                    let what = format!("the anchor of {name} is `{own}` in the spec and `{}` on the page", theirs.text);
                    self.tell(
                        &id,
                        Kind::Differs,
                        what,
                        side(*at, "the spec's"),
                        side(Place { page, span: theirs.span }, "the page's"),
                    );
                }
                (Some((own, at)), None) if same && *own != section.slug => {
                    told.insert(own.clone());
                    let what =
                        format!("the anchor of {name} is `{own}` in the spec, and the page gives its section none");
                    self.tell(&id, Kind::OnlySpec, what, side(*at, "only here"), side(heading, "its section"));
                }
                (None, Some(theirs)) => {
                    let what =
                        format!("the page gives the section of {name} the anchor `{}`, the spec doesn't", theirs.text);
                    self.tell(
                        &id,
                        Kind::OnlyPage,
                        what,
                        side(key, "not in here"),
                        side(Place { page, span: theirs.span }, "only here"),
                    );
                }
                _ => {}
            }
        }
        if same {
            self.other_sections(&told);
        }
    }

    /// Sections on which the spec's other statements rest.
    fn other_sections(&mut self, told: &BTreeSet<String>) {
        let titles: BTreeSet<&str> =
            self.facts.sections.iter().filter_map(|(_, section)| Some(section.title.as_ref()?.text.as_str())).collect();
        let anchors: BTreeSet<&str> = self
            .facts
            .sections
            .iter()
            .map(|(_, section)| section.anchor.as_ref().map_or(section.slug.as_str(), |said| said.text.as_str()))
            .collect();
        let mut told = told.clone();
        for named in claims::sections(self.tree) {
            let heading = named.title.as_ref().map(|(title, _)| title.clone());
            for (text, known, noun) in [(named.title, &titles, "section"), (named.anchor, &anchors, "anchor")] {
                let Some((text, at)) = text.filter(|(text, _)| !known.contains(text.as_str())) else { continue };
                if !told.insert(text.clone()) {
                    continue;
                }
                let near = nearest(&text, known.iter().copied());
                let found = self.facts.sections.iter().find(|(_, section)| {
                    let same = |said: &Option<Said>| words(said).is_some() && words(said) == near;
                    heading.as_deref() == words(&section.title) || same(&section.title) || same(&section.anchor)
                });
                let label = if found.is_some() { "perhaps this one" } else { "not on this page" };
                let place = found
                    .map_or_else(|| self.anywhere(), |(place, _)| Place { page: place.page + self.shift, ..*place });
                let what = format!("statements of the spec rest on the {noun} `{text}`, which the page doesn't have");
                self.tell(&format!("section.{text}"), Kind::OnlySpec, what, side(at, "named here"), side(place, label));
            }
        }
    }
}
