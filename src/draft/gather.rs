//! Pages -> [`Facts`]: samples, sections and rows put together.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::facts::{Event, Facts, Field, Payload, Place, Ready, Section};
use super::page::{Block, Cell, Page, Rows, Said};
use super::payload::{self, Mention};
use super::rows::{self, last};
use super::samples::{self, Chosen, Shown};
use super::sections::{self, Leaf};
use crate::spec::{is_event_name, is_identifier};

/// Events of pages that are kept.
const EVENTS: usize = 1000;

/// What pages say, read as one description of one widget.
pub fn facts(pages: &[Page]) -> Facts {
    let shown = samples::shown(pages);
    let leaves = sections::leaves(pages);
    let section_of = |page: usize, block: usize| {
        let leaf = leaves.iter().find(|leaf| leaf.page == page && leaf.blocks.contains(&block));
        leaf.map(|leaf| leaf.section(pages)).unwrap_or_default()
    };
    let chosen = samples::choose(&shown, &section_of);
    let mut facts = Facts {
        pages: pages.iter().map(|page| page.source.clone()).collect(),
        title: pages.first().and_then(|page| page.title.as_ref()).map(|title| title.text.clone()),
        url: pages.iter().find_map(|page| page.url.clone()),
        sections: all_sections(pages),
        payload: Payload { argument: 1, ..Payload::default() },
        ..Facts::default()
    };
    let Some(chosen) = chosen else { return facts };
    facts.ready = samples::ready(&shown, &chosen).map(|(shown, target, encloses)| Ready {
        event: shown.event().unwrap_or_default().to_owned(),
        target,
        place: shown.place,
        section: section_of(shown.page, shown.block),
        encloses,
    });
    Gatherer { pages, shown: &shown, chosen: &chosen, leaves, facts: &mut facts }.gather();
    facts.left = chosen.left;
    facts.api = Some(chosen.api);
    facts
}

fn all_sections(pages: &[Page]) -> Vec<(Place, Section)> {
    let mut all = Vec::new();
    for (page, read) in pages.iter().enumerate() {
        for block in &read.blocks {
            if let Block::Heading(heading) = block {
                all.push((Place { page, span: heading.said.span }, sections::section(heading, page)));
            }
        }
    }
    all
}

struct Gatherer<'g> {
    pages: &'g [Page],
    shown: &'g [Shown],
    chosen: &'g Chosen,
    leaves: Vec<Leaf>,
    facts: &'g mut Facts,
}

impl Gatherer<'_> {
    fn gather(&mut self) {
        self.of_samples();
        self.of_headings();
        let lists = self.of_rows();
        self.causes();
        self.fields(&lists);
    }

    fn block(&self, page: usize, block: usize) -> Option<&Block> {
        self.pages.get(page)?.blocks.get(block)
    }

    fn add(&mut self, leaf: usize, name: &str, place: Place) {
        let section = self.leaves.get(leaf).map(|leaf| leaf.section(self.pages)).unwrap_or_default();
        let constant = !self.chosen.api.constants.is_empty();
        let fits = if constant { is_identifier(name) } else { is_event_name(name) };
        if self.facts.events.contains_key(name) || self.facts.events.len() >= EVENTS || !fits {
            return;
        }
        self.facts.events.insert(name.to_owned(), Event { place, section, cause: None, fields: IndexMap::new() });
        if let Some(leaf) = self.leaves.get_mut(leaf) {
            leaf.events.push(name.to_owned());
        }
    }

    fn leaf_of(&self, page: usize, block: usize) -> usize {
        self.leaves.iter().position(|leaf| leaf.page == page && leaf.blocks.contains(&block)).unwrap_or(0)
    }

    /// Events that samples subscribe to; whatever another sample repeats belongs where it came first.
    fn of_samples(&mut self) {
        for at in &self.chosen.taken {
            let Some(shown) = self.shown.get(*at) else { continue };
            if let Some(name) = shown.event() {
                let leaf = self.leaf_of(shown.page, shown.block);
                self.add(leaf, name, shown.place);
            }
        }
    }

    /// Events that have a section named after them.
    fn of_headings(&mut self) {
        let coded = |leaf: &Leaf| leaf.heading(self.pages).filter(|heading| heading.code);
        let fits = |text: &str| !text.contains(['(', ' ', '{']);
        let any = self.chosen.any && self.facts.events.is_empty();
        let count = self.leaves.iter().filter_map(coded).filter(|heading| fits(&heading.said.text)).count();
        let mut named = BTreeSet::new();
        for at in 0..self.leaves.len() {
            let leaf = &self.leaves[at];
            let Some(heading) = leaf.heading(self.pages) else { continue };
            let (code, said, page) = (heading.code, heading.said.clone(), leaf.page);
            let name = last(&said.text).to_owned();
            let place = Place { page, span: said.span };
            if self.facts.events.contains_key(&name) {
                if !named.insert(name.clone()) {
                    continue;
                }
                // Its own section says more than the one that shows it first.
                let section = sections::section(heading, page);
                for leaf in &mut self.leaves {
                    leaf.events.retain(|event| *event != name);
                }
                self.leaves[at].events.push(name.clone());
                if let Some(event) = self.facts.events.get_mut(&name) {
                    event.section = section;
                }
            } else if any && code && count > 1 && fits(&said.text) {
                self.add(at, &name, place);
            }
        }
    }

    /// Tables and lists of events. Gives which ones they are.
    fn of_rows(&mut self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for at in 0..self.leaves.len() {
            let (page, blocks) = (self.leaves[at].page, self.leaves[at].blocks.clone());
            for block in blocks {
                let Some(Block::Rows(rows)) = self.block(page, block) else { continue };
                let known: BTreeSet<String> = self.facts.events.keys().cloned().collect();
                let column = match rows::event_column(rows, &known) {
                    None if known.is_empty() && self.chosen.any && rows::all_code(rows) => Some(0),
                    column => column,
                };
                let Some(column) = column else { continue };
                let rows = rows.clone();
                found.push((page, block));
                self.events_of(&rows, column, at);
            }
        }
        found
    }

    fn events_of(&mut self, rows: &Rows, column: usize, leaf: usize) {
        let page = self.leaves[leaf].page;
        let lists = (0..32).find(|at| {
            let mut cells = rows.rows.iter().filter_map(|row| row.get(*at)).peekable();
            *at != column
                && cells.peek().is_some()
                && cells.clone().any(|cell| !cell.codes.is_empty())
                && cells.all(rows::only_lists)
        });
        for row in &rows.rows {
            let Some(said) = row.get(column).and_then(rows::event) else { continue };
            let name = last(&said.text).to_owned();
            self.add(leaf, &name, Place { page, span: said.span });
            let others = || row.iter().enumerate().filter(|(at, _)| *at != column && Some(*at) != lists);
            let told = others().map(|(_, cell)| cell).max_by_key(|cell| cell.said.text.len());
            let section = self.leaves.get(leaf).map(|leaf| leaf.section(self.pages)).unwrap_or_default();
            let ready = self.facts.ready.as_ref().map(|ready| ready.section.clone());
            let Some(event) = self.facts.events.get_mut(&name) else { continue };
            // A sample of how to wait for the widget needs some event; the table is about this one.
            if ready.as_ref() == Some(&event.section) {
                event.section = section;
            }
            if let Some(told) = told.filter(|told| event.cause.is_none() && !told.said.text.is_empty()) {
                event.cause = Some((rows::shortened(&told.said.text), Place { page, span: told.said.span }));
            }
            // A column of its own lists them; a sentence only has them.
            let cell: Option<(&Cell, bool)> =
                lists.and_then(|at| Some((row.get(at)?, false))).or(told.map(|told| (told, true)));
            for said in cell.map(|(cell, _)| rows::listed(cell)).unwrap_or_default() {
                let Some((path, optional)) = rows::path(&said.text) else { continue };
                let shown = cell.is_some_and(|(_, shown)| shown);
                insert(event, path, Field { optional, shown, ..field(page, said) });
            }
        }
    }

    /// The first sentence of an event's section; with several events in it, the one before each one's sample.
    fn causes(&mut self) {
        for leaf in &self.leaves {
            let alone = leaf.events.len() == 1;
            for name in &leaf.events {
                let Some(event) = self.facts.events.get_mut(name).filter(|event| event.cause.is_none()) else {
                    continue;
                };
                let blocks =
                    self.pages.get(leaf.page).and_then(|page| page.blocks.get(leaf.blocks.clone())).unwrap_or_default();
                let texts = || {
                    blocks
                        .iter()
                        .filter_map(|block| if let Block::Text(cell) = block { Some(&cell.said) } else { None })
                };
                let before =
                    texts().rfind(|said| event.place.page == leaf.page && said.span.offset < event.place.span.offset);
                let said = if alone { texts().next() } else { before };
                event.cause =
                    said.map(|said| (rows::shortened(&said.text), Place { page: leaf.page, span: said.span }));
            }
        }
    }

    fn fields(&mut self, lists: &[(usize, usize)]) {
        let is_table = |page: usize, block: usize| matches!(self.block(page, block), Some(Block::Rows(rows)) if !lists.contains(&(page, block)) && rows::fields(rows).is_some());
        let mut owned = sections::owners(&self.leaves, &is_table);
        // The only table of all pages, in a section of its own, is about all events.
        let tables: Vec<(usize, usize)> = self
            .leaves
            .iter()
            .flat_map(|leaf| leaf.blocks.clone().map(|block| (leaf.page, block)))
            .filter(|(page, block)| is_table(*page, *block))
            .collect();
        let bare = self.facts.events.values().all(|event| event.fields.is_empty());
        if let ([(page, block)], true, true) = (tables.as_slice(), owned.is_empty(), bare) {
            let above = self.facts.events.keys().cloned().collect();
            owned.push(sections::Owned { page: *page, block: *block, own: Vec::new(), above });
        }
        let mentions = self.mentions();
        for one in &owned {
            let Some(Block::Rows(rows)) = self.block(one.page, one.block) else { continue };
            let rows = rows.clone();
            for row in rows::fields(&rows).unwrap_or_default() {
                for (name, shared) in
                    one.own.iter().map(|name| (name, false)).chain(one.above.iter().map(|name| (name, true)))
                {
                    let Some(event) = self.facts.events.get_mut(name) else { continue };
                    let field = Field {
                        title: row.title.clone(),
                        kind: row.kind,
                        optional: row.optional,
                        shared,
                        ..field(one.page, row.said)
                    };
                    insert(event, row.path.clone(), field);
                }
            }
        }
        self.place_fields(&mentions);
    }

    /// What samples read and the text mentions.
    fn mentions(&self) -> Vec<Mention> {
        let taken = || self.chosen.taken.iter().filter_map(|at| self.shown.get(*at));
        let parameters: BTreeSet<String> = taken().filter_map(|shown| shown.call.parameter.clone()).take(16).collect();
        let mut mentions = Vec::new();
        for shown in taken() {
            for (read, place) in shown.call.reads.iter().zip(&shown.reads) {
                mentions.push(Mention {
                    path: read.path.clone(),
                    argument: read.argument,
                    place: *place,
                    sample: true,
                });
            }
        }
        mentions.extend(payload::mentions(self.pages, &parameters));
        mentions
    }

    /// Fields as paths below the payload, wherever that is.
    fn place_fields(&mut self, mentions: &[Mention]) {
        let dom = self.chosen.api.dom;
        let parameters: BTreeSet<&str> =
            self.chosen.taken.iter().filter_map(|at| self.shown.get(*at)?.call.parameter.as_deref()).collect();
        let count = |nth: usize| mentions.iter().filter(|mention| mention.sample && mention.argument == nth).count();
        let argument = (1..=9).max_by_key(|nth| (count(*nth), 9 - nth)).unwrap_or(1);
        let mentions: Vec<Mention> = mentions.iter().filter(|mention| mention.argument == argument).cloned().collect();
        // A table may name the callback's parameter too.
        let whole = |path: &[String]| path.len() > 1 && parameters.contains(path[0].as_str());
        let listed: Vec<Vec<String>> = self
            .facts
            .events
            .values()
            .flat_map(|event| event.fields.keys())
            .map(|key| split(key))
            .filter(|path| !whole(path))
            .collect();
        let (base, mut place) = payload::base(&listed, &mentions, dom);
        let full = |key: &str| {
            let path = split(key);
            if whole(&path) { path[1..].to_vec() } else { payload::joined(&base, &path) }
        };
        let mut paths: Vec<Vec<String>> =
            self.facts.events.values().flat_map(|event| event.fields.keys()).map(|key| full(key)).collect();
        let listed = !paths.is_empty();
        if !listed {
            let reads = mentions.iter().filter(|mention| mention.sample && mention.path.len() > usize::from(dom));
            paths = reads.map(|mention| mention.path.clone()).collect();
            place = mentions.first().map(|mention| mention.place);
        }
        let mut payload = if paths.is_empty() {
            Payload { argument, path: base.clone(), place }
        } else {
            payload::payload(&paths, argument, place)
        };
        // The path is one of JavaScript's names; fields may be called anything.
        let plain = payload.path.iter().take_while(|piece| is_identifier(piece)).count();
        payload.path.truncate(plain);
        let below = |path: &[String]| {
            path.strip_prefix(payload.path.as_slice()).filter(|rest| !rest.is_empty()).map(|rest| rest.join("."))
        };
        for event in self.facts.events.values_mut() {
            let fields = std::mem::take(&mut event.fields);
            event.fields = fields.into_iter().filter_map(|(key, field)| Some((below(&full(&key))?, field))).collect();
        }
        for at in &self.chosen.taken {
            let Some(shown) = self.shown.get(*at) else { continue };
            let Some(event) = shown.event().and_then(|name| self.facts.events.get_mut(name)) else { continue };
            for (read, place) in shown.call.reads.iter().zip(&shown.reads).filter(|(read, _)| read.argument == argument)
            {
                if let Some(key) = below(&read.path) {
                    let field = Field { shown: true, place: *place, ..field(place.page, &Said::default()) };
                    event.fields.entry(key).or_insert(field);
                }
            }
        }
        self.facts.payload = payload;
    }
}

fn split(key: &str) -> Vec<String> {
    key.split('.').map(str::to_owned).collect()
}

fn field(page: usize, said: &Said) -> Field {
    Field {
        title: None,
        kind: None,
        optional: false,
        shown: false,
        shared: false,
        place: Place { page, span: said.span },
    }
}

/// What a table lists wins over what is only shown.
fn insert(event: &mut Event, path: Vec<String>, field: Field) {
    let key = path.join(".");
    match event.fields.get_mut(&key) {
        Some(known) if known.shown && !field.shown => *known = field,
        Some(_) => {}
        None => drop(event.fields.insert(key, field)),
    }
}
