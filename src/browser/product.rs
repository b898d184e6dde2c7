//! Which browser is asked for: an engine, and what else a session of it must be.
//!
//! Boundary: data. Its name is its column in every report; what capabilities may say is checked in `wanted.rs`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::BrowserKind;
use super::brands::Brand;
use crate::site::visitors::column;

/// A browser as a run asks for it: under a name of its own, so that several of one kind (versions, platforms, a vendor's
/// devices) stand side by side. Cheap to clone; two that ask for the same under the same name are equal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Product(Arc<Entry>);

#[derive(PartialEq, Eq, Hash)]
struct Entry {
    name: String,
    brand: &'static Brand,
    visitor: Option<String>,
    preferences: Map<String, Value>,
    capabilities: Map<String, Value>,
}

impl Product {
    /// One of a kind, under a name, with capabilities beyond chatproof's own.
    pub fn new(name: &str, brand: impl Into<&'static Brand>, capabilities: Map<String, Value>) -> Self {
        let (name, brand) = (name.to_owned(), brand.into());
        Self(Arc::new(Entry { name, brand, visitor: None, preferences: Map::new(), capabilities }))
    }

    /// The name used in every output and on the command line.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Which driver it has, and what else it speaks beside WebDriver.
    pub fn kind(&self) -> BrowserKind {
        self.0.brand.engine
    }

    /// Which browser it is.
    pub fn brand(&self) -> &'static Brand {
        self.0.brand
    }

    /// What is asked for beyond what chatproof itself needs.
    pub fn capabilities(&self) -> &Map<String, Value> {
        &self.0.capabilities
    }

    /// Who visits in it, if it's somebody in particular: the name of a set-up.
    pub fn visitor(&self) -> Option<&str> {
        self.0.visitor.as_deref()
    }

    /// Firefox's preferences for them.
    pub fn preferences(&self) -> &Map<String, Value> {
        &self.0.preferences
    }

    /// The same for a visitor, under a name of their own. `preferences`: Firefox's, for their sessions.
    #[must_use]
    pub fn visited_by(&self, visitor: Option<&str>, preferences: Map<String, Value>) -> Self {
        let name = column(self.name(), visitor);
        Self(Arc::new(Entry {
            name,
            brand: self.0.brand,
            visitor: visitor.map(str::to_owned),
            preferences,
            capabilities: self.0.capabilities.clone(),
        }))
    }

    /// The same with more capabilities; one that both have is taken from `more`.
    #[must_use]
    pub fn with(&self, more: &Map<String, Value>) -> Self {
        let mut capabilities = self.0.capabilities.clone();
        capabilities.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self::new(self.name(), self.brand(), capabilities)
    }
}

/// Any browser of a kind, under the kind's own name.
impl From<BrowserKind> for Product {
    fn from(kind: BrowserKind) -> Self {
        Self::new(kind.name(), kind, Map::new())
    }
}

/// Any browser that people know by a name, under that name.
impl From<&'static Brand> for Product {
    fn from(brand: &'static Brand) -> Self {
        Self::new(brand.name, brand, Map::new())
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
    fn products_are_told_apart_by_name_kind_and_capabilities() {
        let old = Map::from_iter([("browserVersion".to_owned(), Value::from("140"))]);
        let first = Product::new("old", BrowserKind::Firefox, old.clone());
        assert_eq!(first, Product::new("old", BrowserKind::Firefox, old.clone()));
        assert_ne!(first, Product::new("older", BrowserKind::Firefox, old.clone()));
        assert_ne!(first, Product::new("old", BrowserKind::Chromium, old));
        assert_ne!(first, Product::new("old", BrowserKind::Firefox, Map::new()));
        assert_eq!(Product::from(BrowserKind::Firefox).name(), "firefox");
    }
}
