//! The pages' samples: how events are subscribed to, which event says that the widget is ready, what callbacks read.

use std::collections::BTreeSet;

use serde_json::json;

use super::calls::{self, Call, Named};
use super::facts::{Api, Place, Section};
use super::page::{Block, Page, Places};
use super::script::Script;
use crate::spec::{ReadyTarget, is_identifier};

/// Subscriptions that are looked at.
const MOST: usize = 2000;
/// Languages of code that subscribes to nothing.
const OTHERS: &[&str] = &[
    "json",
    "bash",
    "sh",
    "shell",
    "console",
    "css",
    "scss",
    "yaml",
    "yml",
    "http",
    "python",
    "ruby",
    "php",
    "java",
    "diff",
    "kotlin",
    "swift",
    "objectivec",
    "xml",
    "text",
    "plaintext",
    "sql",
];
/// What browsers fire by themselves.
const DOM: &[&str] = &[
    "DOMContentLoaded",
    "load",
    "click",
    "submit",
    "change",
    "input",
    "keydown",
    "keyup",
    "scroll",
    "resize",
    "beforeunload",
    "unload",
    "pagehide",
    "pageshow",
    "visibilitychange",
    "popstate",
    "hashchange",
    "error",
];

/// A subscription that a sample shows.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub call: Call,
    pub page: usize,
    /// Which block of the page.
    pub block: usize,
    /// Where the event is named.
    pub place: Place,
    /// Where each of the call's reads stands.
    pub reads: Vec<Place>,
}

impl Shown {
    /// The API's location, the subscribe function and the constants below it.
    fn split(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let path = &self.call.path;
        let last = path.len().saturating_sub(1);
        match &self.call.event {
            Named::Constant(constant) => {
                let most = last.min(constant.len().saturating_sub(2));
                let common = path.iter().zip(constant).take(most).take_while(|(a, b)| a == b).count();
                let constants = constant.get(common..constant.len().saturating_sub(1)).unwrap_or_default();
                (path[..common].to_vec(), path[common..].to_vec(), constants.to_vec())
            }
            _ => (path[..last].to_vec(), path[last..].to_vec(), Vec::new()),
        }
    }

    /// Its target, if it listens to what `window` or `document` dispatches.
    fn dom(&self) -> Option<ReadyTarget> {
        let path: Vec<&str> = self.call.path.iter().map(String::as_str).collect();
        let plain = self.call.arguments == [json!("$event"), json!("$callback")];
        match path.as_slice() {
            ["addEventListener"] if plain => Some(ReadyTarget::Window),
            ["document", "addEventListener"] if plain => Some(ReadyTarget::Document),
            _ => None,
        }
    }

    /// The event's name.
    pub fn event(&self) -> Option<&str> {
        match &self.call.event {
            Named::Text(text) => Some(text),
            Named::Constant(path) => path.last().map(String::as_str),
            Named::Any => None,
        }
    }
}

/// Every subscription on the pages.
pub(super) fn shown(pages: &[Page]) -> Vec<Shown> {
    let mut all = Vec::new();
    for (page, read) in pages.iter().enumerate() {
        let places = Places::new(&read.source.text);
        for (block, code) in read.blocks.iter().enumerate() {
            let Block::Code(code) = code else { continue };
            if OTHERS.contains(&code.language.as_str()) {
                continue;
            }
            for call in calls::calls(&Script::read(&code.text)) {
                let constant = match &call.event {
                    Named::Constant(path) => path.as_slice(),
                    _ => &[],
                };
                // `this.on(...)`, `if (...)`: nothing that could be found from outside.
                if all.len() >= MOST || !call.path.iter().chain(constant).all(|piece| is_identifier(piece)) {
                    continue;
                }
                let place = |at: usize, len: usize| Place { page, span: places.span(code.offset(at), len) };
                let reads =
                    call.reads.iter().map(|read| place(read.at, read.path.last().map_or(1, String::len))).collect();
                all.push(Shown { place: place(call.at, call.len), page, block, reads, call });
            }
        }
    }
    all
}

/// Subscriptions of one form.
struct Form<'s> {
    key: String,
    shown: Vec<&'s Shown>,
    dom: bool,
}

impl Form<'_> {
    /// How many events are subscribed to in this way.
    fn weight(&self, all: &[Shown]) -> usize {
        let names: BTreeSet<&str> = self
            .shown
            .iter()
            .filter(|shown| !self.dom || !encloses(shown, all))
            .filter_map(|shown| shown.event())
            .filter(|name| !self.dom || !DOM.contains(name))
            .collect();
        names.len()
    }
}

/// Whether another subscription stands in its callback.
fn encloses(outer: &Shown, all: &[Shown]) -> bool {
    let (start, end) = outer.call.body;
    let inside = |inner: &&Shown| {
        inner.page == outer.page && inner.block == outer.block && inner.call.token >= start && inner.call.token < end
    };
    all.iter().any(|inner| inside(&inner))
}

/// What was made of the samples.
pub(super) struct Chosen {
    pub api: Api,
    /// The subscriptions of that form, as indices.
    pub taken: Vec<usize>,
    /// A subscription stands for each event by a variable; which events there are, others say.
    pub any: bool,
    /// What was seen of another form.
    pub left: Vec<(String, Place)>,
}

/// The form by which most events are subscribed to; at the same number not the browser's own one.
pub(super) fn choose(all: &[Shown], sections: &dyn Fn(usize, usize) -> Section) -> Option<Chosen> {
    let mut forms: Vec<Form<'_>> = Vec::new();
    for shown in all {
        let dom = shown.dom();
        let (location, subscribe, constants) = shown.split();
        // Constants tell that two places have the same API; names alone don't.
        let place = if constants.is_empty() { location.join(".") } else { String::new() };
        let arguments = json!(shown.call.arguments);
        let key = format!("{place}\n{}\n{}\n{arguments}", subscribe.join("."), constants.join("."));
        match forms.iter().position(|form| form.key == key) {
            Some(known) => forms[known].shown.push(shown),
            None => forms.push(Form { key, shown: vec![shown], dom: dom.is_some() }),
        }
    }
    let any = |form: &Form<'_>| form.shown.iter().any(|shown| shown.call.event == Named::Any);
    let weighed: Vec<(usize, bool)> = forms.iter().map(|form| (form.weight(all), any(form))).collect();
    let best = (0..forms.len())
        .filter(|at| weighed[*at].0 > 0 || weighed[*at].1)
        .max_by_key(|at| (weighed[*at].0, !forms[*at].dom, weighed[*at].1, usize::MAX - at))?;
    let form = &forms[best];
    let taken: Vec<usize> = (0..all.len())
        .filter(|at| form.shown.iter().any(|shown| std::ptr::eq(*shown, &all[*at])))
        .filter(|at| {
            !form.dom || (!encloses(&all[*at], all) && all[*at].event().is_none_or(|name| !DOM.contains(&name)))
        })
        .collect();
    let first = &all[*taken.first()?];
    let mut locations: Vec<(Vec<String>, Place)> = Vec::new();
    for at in &taken {
        let (location, ..) = all[*at].split();
        if !locations.iter().any(|(known, _)| *known == location) {
            locations.push((location, all[*at].place));
        }
    }
    let (_, subscribe, constants) = first.split();
    let two = first.call.arguments == [json!("$event"), json!("$callback")];
    let left = forms
        .iter()
        .filter(|other| other.key != form.key && !other.dom)
        .filter_map(|other| other.shown.first().map(|shown| (shown.call.path.join("."), shown.place)))
        .take(20)
        .collect();
    let api = Api {
        bound: taken.iter().all(|at| all[*at].call.written > 1) && !(form.dom && first.call.path.len() == 1),
        locations,
        subscribe,
        constants,
        arguments: (!two).then(|| first.call.arguments.clone()),
        dom: form.dom,
        place: first.place,
        section: sections(first.page, first.block),
    };
    Some(Chosen { api, any: taken.iter().any(|at| all[*at].call.event == Named::Any), taken, left })
}

/// The ready event: the one in whose handler events are subscribed to; else one that is listened for and isn't among them.
pub(super) fn ready<'s>(all: &'s [Shown], chosen: &Chosen) -> Option<(&'s Shown, ReadyTarget, bool)> {
    let taken = |at: usize| chosen.taken.contains(&at);
    let listeners =
        || all.iter().enumerate().filter(|(at, _)| !taken(*at)).filter_map(|(_, shown)| Some((shown, shown.dom()?)));
    let inside = |outer: &Shown| {
        let (start, end) = outer.call.body;
        chosen.taken.iter().any(|at| {
            let inner = &all[*at];
            inner.page == outer.page && inner.block == outer.block && (start..end).contains(&inner.call.token)
        })
    };
    if let Some((shown, target)) = listeners().find(|(shown, _)| shown.event().is_some() && inside(shown)) {
        // Where it's shown first, perhaps alone.
        let first = listeners().find(|(other, _)| other.event() == shown.event());
        return first.map(|(first, _)| (first, target, true));
    }
    let own: Vec<_> = listeners().filter(|(shown, _)| shown.event().is_some_and(|name| !DOM.contains(&name))).collect();
    let named = |name: &str| ["ready", "load", "init"].iter().any(|part| name.to_ascii_lowercase().contains(part));
    let found = own.iter().find(|(shown, _)| shown.event().is_some_and(named)).or(match own.as_slice() {
        [one] => Some(one),
        _ => None,
    });
    found.map(|(shown, target)| (*shown, *target, false))
}
