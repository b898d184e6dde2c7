//! Which browser is asked for: an engine, and what else a session of it must be.
//!
//! Boundary: data. Its name is its column in every report; what capabilities may say is checked in `wanted.rs`.

use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::BrowserKind;

/// A browser as a run asks for it: under a name of its own, so that several of one kind (versions, platforms, a vendor's
/// devices) stand side by side. One value like a [`BrowserKind`], to be copied and compared as such: the same entry is kept
/// once for the whole process, whoever asks for it.
#[derive(Clone, Copy)]
pub struct Product(&'static Entry);

struct Entry {
    /// The how-manieth that was asked for.
    place: usize,
    name: String,
    kind: BrowserKind,
    capabilities: Map<String, Value>,
}

/// All that were ever asked for: as many as site files and command lines name.
static KNOWN: Mutex<Vec<&'static Entry>> = Mutex::new(Vec::new());

impl Product {
    /// One of a kind, under a name, with capabilities beyond chatproof's own.
    pub fn new(name: &str, kind: BrowserKind, capabilities: Map<String, Value>) -> Self {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |entry: &&&Entry| entry.name == name && entry.kind == kind && entry.capabilities == capabilities;
        if let Some(entry) = known.iter().find(same) {
            return Self(entry);
        }
        let entry = Entry { place: known.len(), name: name.to_owned(), kind, capabilities };
        let entry: &'static Entry = Box::leak(Box::new(entry));
        known.push(entry);
        Self(entry)
    }

    /// The name used in every output and on the command line.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// Which driver it has, and what else it speaks beside WebDriver.
    pub fn kind(self) -> BrowserKind {
        self.0.kind
    }

    /// What is asked for beyond what chatproof itself needs.
    pub fn capabilities(self) -> &'static Map<String, Value> {
        &self.0.capabilities
    }

    /// The same with more capabilities; one that both have is taken from `more`.
    #[must_use]
    pub fn with(self, more: &Map<String, Value>) -> Self {
        let mut capabilities = self.0.capabilities.clone();
        capabilities.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self::new(self.name(), self.kind(), capabilities)
    }
}

/// Any browser of a kind, under the kind's own name.
impl From<BrowserKind> for Product {
    fn from(kind: BrowserKind) -> Self {
        Self::new(kind.name(), kind, Map::new())
    }
}

impl PartialEq for Product {
    fn eq(&self, other: &Self) -> bool {
        self.0.place == other.0.place
    }
}

impl Eq for Product {}

impl std::hash::Hash for Product {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.place.hash(state);
    }
}

/// In the order in which they were asked for first.
impl Ord for Product {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.place.cmp(&other.0.place)
    }
}

impl PartialOrd for Product {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Without the capabilities, in which a vendor's access key may stand.
impl std::fmt::Debug for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Product").field("name", &self.name()).field("kind", &self.kind()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_entry_is_one_product_and_another_is_not() {
        let old = Map::from_iter([("browserVersion".to_owned(), Value::from("140"))]);
        let first = Product::new("old", BrowserKind::Firefox, old.clone());
        assert_eq!(first, Product::new("old", BrowserKind::Firefox, old.clone()));
        assert_ne!(first, Product::new("older", BrowserKind::Firefox, old.clone()));
        assert_ne!(first, Product::new("old", BrowserKind::Chromium, old));
        assert_ne!(first, Product::new("old", BrowserKind::Firefox, Map::new()));
        assert_eq!(Product::from(BrowserKind::Firefox).name(), "firefox");
    }
}
