//! What must not leave: values from the environment and credentials in addresses are replaced wherever they'd be written.
//!
//! Boundary: texts in, texts out. Whoever makes a text keeps it as it is; whoever writes one (a finished recording, an error,
//! a line of progress or of the log) sends it through here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;

use crate::site::{self, Site};

mod edges;
mod layers;
mod learned;
mod needles;

use edges::{Edges, Part};
use layers::{CUT, Layer};
use needles::Needle;

pub use learned::Learned;
use learned::Merged;

/// Shorter values are only replaced where they are the whole text: replacing each `1` would leave nothing readable.
const SHORT: usize = 4;

/// How the user and password of an address are named that didn't come from the environment.
const CREDENTIALS: &str = "***";

/// What to replace, by what.
#[derive(Clone, Default)]
pub struct Secrets {
    /// What was known from the beginning.
    hidden: Arc<Hidden>,
    /// What has become known since.
    learned: Learned,
    merged: Arc<Merged>,
}

#[derive(Clone, Default)]
struct Hidden {
    /// Each value with what stands in its place.
    values: Vec<(String, String)>,
    /// User and password of the addresses that are opened: they are left out of addresses.
    logins: Vec<(String, String)>,
    /// Texts that stay as they are: names that the spec and the site file give, which a value may happen to equal.
    spared: BTreeSet<String>,
    needles: Vec<Needle>,
    /// Finds the first of `needles`, all that aren't too short; as many as it has patterns.
    finder: Option<AhoCorasick>,
    /// Finds what is left of them where a text was cut.
    edges: Edges,
}

/// A part of a text that is replaced, and by what.
struct Find<'s> {
    from: usize,
    to: usize,
    shown: &'s str,
}

impl Secrets {
    /// Hides the values of the variables that a site file refers to.
    pub fn of(site: &Site, env: &BTreeMap<String, String>) -> Self {
        let references = site::env_references(site);
        Self::new(references.iter().map(|(name, _)| name.as_str()), env)
    }

    /// Hides the values of these variables.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, env: &BTreeMap<String, String>) -> Self {
        let mut hidden = Hidden::default();
        for name in names {
            if let Some(value) = env.get(name) {
                hidden.add(value, format!("${{env.{name}}}"));
            }
        }
        hidden.built()
    }

    /// Hides an address's user and password as well. `secret`: they are themselves secrets, for they came from the command
    /// line; else only a value of the environment within them is.
    #[must_use]
    pub fn and_login(&self, address: &Url, secret: bool) -> Self {
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, password) = (decoded(address.username()), decoded(address.password().unwrap_or_default()));
        if user.is_empty() && password.is_empty() {
            return self.clone();
        }
        let mut hidden = (*self.hidden).clone();
        if secret {
            // A key alone stands in the user's place.
            hidden.add(if password.is_empty() { &user } else { &password }, CREDENTIALS.to_owned());
        }
        let known = |text: &str| hidden.values.iter().find(|(value, _)| text.contains(value.as_str()));
        if let Some((_, shown)) = known(&password).or_else(|| known(&user)) {
            // As it's sent: a short password isn't found for itself, but this is.
            let shown = shown.clone();
            let both = format!("{user}:{password}");
            if both.len() < SHORT {
                hidden.add(&STANDARD.encode(&both), shown.clone());
            }
            hidden.add(&both, shown);
        }
        if !hidden.logins.contains(&(user.clone(), password.clone())) {
            hidden.logins.push((user, password));
        }
        hidden.built()
    }

    /// Leaves these texts as they are where they stand alone: a value that equals an event's name must not make that event
    /// another one.
    #[must_use]
    pub fn sparing<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hidden = (*self.hidden).clone();
        hidden.spared.extend(names.into_iter().map(str::to_owned));
        Self { hidden: Arc::new(hidden), ..self.clone() }
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.hidden.values.is_empty() && self.hidden.logins.is_empty() && self.learned.is_empty()
    }

    /// The text without any of the values, in whichever way they are encoded, nor the beginning or end of one where the text
    /// was cut (`…`); its addresses without their user and password.
    pub fn mask(&self, text: &str) -> String {
        let hidden = &*self.hidden();
        if self.is_empty() || hidden.spared.contains(text) {
            return text.to_owned();
        }
        let text = hidden.without_logins(text);
        let mut finds = Vec::new();
        let plain = Layer::of(&text);
        hidden.find(&plain, &mut finds);
        hidden.find_beginning(&text, &mut finds);
        for layer in layers::below(&plain, hidden.values.iter().any(|(value, _)| value.contains(' '))) {
            hidden.find(&layer, &mut finds);
        }
        replaced(text, finds)
    }

    /// The same for a text that was cut at its end, though nothing in it says so.
    pub fn mask_cut(&self, text: &str) -> String {
        // Half a character is none.
        let mut masked = self.mask(&format!("{}…", text.trim_end_matches('\u{fffd}')));
        masked.truncate(masked.len() - "…".len());
        masked
    }

    /// The values as a page may show them: white space folded, in lower case.
    pub fn shown(&self) -> Vec<String> {
        let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let hidden = self.hidden();
        let all = hidden.values.iter().flat_map(|(value, _)| [folded(value), value.to_lowercase()]);
        let all: BTreeSet<String> = all.filter(|value| !value.trim().is_empty()).collect();
        all.into_iter().collect()
    }

    /// Masks every text in a value, keys included; a number that is a value is one too.
    pub fn mask_value(&self, value: &mut Value) {
        if self.is_empty() {
            return;
        }
        match value {
            Value::String(text) => *text = self.mask(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_value(item)),
            Value::Object(map) => {
                *map = std::mem::take(map)
                    .into_iter()
                    .map(|(key, mut value)| {
                        self.mask_value(&mut value);
                        (self.mask(&key), value)
                    })
                    .collect();
            }
            Value::Number(number) => {
                let text = number.to_string();
                let same = |(value, _): &&(String, String)| value.len() >= NUMBER && *value == text;
                if let Some((_, shown)) = self.hidden().values.iter().find(same) {
                    *value = Value::String(shown.clone());
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// Digits of a number that isn't some other number by chance.
const NUMBER: usize = 6;

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: BTreeSet<&str> = self.hidden.values.iter().map(|(_, shown)| shown.as_str()).collect();
        f.debug_tuple("Secrets").field(&shown).finish()
    }
}

impl Hidden {
    fn add(&mut self, value: &str, shown: String) {
        if !value.trim().is_empty() && !self.values.iter().any(|(known, _)| known == value) {
            self.values.push((value.to_owned(), shown));
        }
    }

    fn built(mut self) -> Secrets {
        self.needles = self.values.iter().enumerate().flat_map(|(of, (value, _))| needles::of(value, of)).collect();
        let (mut long, short): (Vec<Needle>, Vec<Needle>) =
            self.needles.into_iter().partition(|needle| needle.text.len() >= SHORT);
        // It refuses only more patterns than there can be variables.
        self.finder = AhoCorasick::new(long.iter().map(|needle| &needle.text)).ok().filter(|_| !long.is_empty());
        long.extend(short);
        self.edges = Edges::new(&long);
        self.needles = long;
        Secrets { hidden: Arc::new(self), ..Secrets::default() }
    }

    fn shown(&self, needle: &Needle) -> &str {
        self.values.get(needle.of).map_or(CREDENTIALS, |(_, shown)| shown.as_str())
    }

    /// All that is to be hidden in one layer of a text.
    fn find<'s>(&'s self, layer: &Layer<'_>, finds: &mut Vec<Find<'s>>) {
        let mut add = |needle: &'s Needle, from: usize, to: usize| {
            let (mut from, mut to) = (from, to);
            if needle.shares_its_edges {
                let bytes = &layer.bytes;
                let beside = |at: Option<usize>| {
                    at.and_then(|at| bytes.get(at))
                        .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))
                };
                from -= usize::from(beside(from.checked_sub(1)));
                to += usize::from(beside(Some(to)));
            }
            let (from, to) = layer.origin(from, to);
            finds.push(Find { from, to, shown: self.shown(needle) });
        };
        if let Some(finder) = &self.finder {
            for found in finder.find_overlapping_iter(&*layer.bytes) {
                if let Some(needle) = self.needles.get(found.pattern().as_usize()) {
                    add(needle, found.start(), found.end());
                }
            }
        }
        for needle in self.needles.iter().filter(|needle| needle.text.len() < SHORT) {
            if *needle.text == *layer.bytes {
                add(needle, 0, layer.bytes.len());
            }
        }
        // Whoever shortens a text doesn't know that there is a value at the edge.
        let mut from = 0;
        while let Some(at) = layers::position(&layer.bytes[from..], CUT).map(|at| from + at) {
            let behind = at + CUT.len();
            let (head, tail) = (&layer.bytes[..at], &layer.bytes[behind..]);
            let needle = |part: &Part| self.needles.get(part.of);
            if let Some((part, needle)) = self.edges.before(head, &self.needles).and_then(|p| Some((p, needle(&p)?))) {
                add(needle, at - part.length, at);
            }
            if let Some((part, needle)) = self.edges.behind(tail, &self.needles).and_then(|p| Some((p, needle(&p)?))) {
                add(needle, behind, behind + part.length);
            }
            from = behind;
        }
    }

    /// A field that is told of with each letter holds the beginnings of what is typed.
    fn find_beginning<'s>(&'s self, text: &str, finds: &mut Vec<Find<'s>>) {
        let begun = |(value, _): &&(String, String)| {
            let half = value.len().div_ceil(2).max(SHORT);
            text.len() >= half && text.len() < value.len() && value.starts_with(text)
        };
        if let Some((_, shown)) = self.values.iter().find(begun) {
            finds.push(Find { from: 0, to: text.len(), shown });
        }
    }

    /// `https://me:password@host/` becomes `https://host/`, for the logins that are known.
    fn without_logins(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("://").filter(|_| !self.logins.is_empty()) {
            let (before, after) = rest.split_at(at + 3);
            out.push_str(before);
            rest = after;
            let end = after.find(|c: char| c.is_whitespace() || "/?#\"'<>\\`".contains(c)).unwrap_or(after.len());
            let Some(login) = after[..end].rfind('@') else { continue };
            let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
            let (user, password) = after[..login].split_once(':').unwrap_or((&after[..login], ""));
            if self.logins.contains(&(decoded(user), decoded(password))) {
                rest = &after[login + 1..];
            }
        }
        out.push_str(rest);
        out
    }
}

/// The text with its finds replaced. What overlaps is one find, and shows what the longest of them does.
fn replaced(text: String, mut finds: Vec<Find<'_>>) -> String {
    if finds.is_empty() {
        return text;
    }
    finds.sort_by_key(|find| (find.from, std::cmp::Reverse(find.to)));
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    let mut finds = finds.into_iter().peekable();
    while let Some(mut find) = finds.next() {
        let mut longest = find.to - find.from;
        while let Some(next) = finds.next_if(|next| next.from < find.to) {
            find.to = find.to.max(next.to);
            if next.to - next.from > longest {
                (longest, find.shown) = (next.to - next.from, next.shown);
            }
        }
        let from = (end..=find.from).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(end);
        let to = (find.to..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        out.push_str(text.get(end..from).unwrap_or_default());
        out.push_str(find.shown);
        end = to;
    }
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests;
