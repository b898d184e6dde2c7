//! What a request or a push tells an analytics product, decoded to hits: a name and fields.
//!
//! Boundary: pure, and no product's journeys or expectations; what comes in was sent by a page, so any text will do and
//! nothing panics. What is known of each product is a file of `specs/tags/`, with the source that it was taken from.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

pub mod address;
pub mod body;
#[cfg(test)]
mod bounds_tests;
pub mod each;
mod form;
mod layer;
mod multipart;
pub mod nested;
pub mod pii;
mod request;
pub mod tag;
#[cfg(test)]
mod tests;

pub use address::Address;
pub use each::Each;
pub use layer::pushed;
pub use tag::Tag;

/// What a page forwards its events to.
#[derive(Debug, Clone, PartialEq)]
pub enum Product {
    /// A tag, built in or of the user's own.
    Tag(Arc<Tag>),
    /// Any request.
    Request,
}

impl Product {
    /// The word for any request in site files.
    pub const REQUEST: &str = "request";

    /// One that comes with the program, by its name in site files.
    pub fn named(kind: &str) -> Option<Self> {
        if kind == Self::REQUEST { Some(Self::Request) } else { tag::builtin(kind).map(Self::Tag) }
    }

    /// The names of all that come with the program.
    pub fn names() -> Vec<&'static str> {
        tag::builtin_ids().into_iter().chain([Self::REQUEST]).collect()
    }

    /// What is known of it, if it isn't any request.
    pub fn tag(&self) -> Option<&Tag> {
        match self {
            Self::Tag(tag) => Some(tag),
            Self::Request => None,
        }
    }

    /// Whether it is an array in the page, and not a request.
    pub fn is_layer(&self) -> bool {
        self.tag().is_some_and(|tag| tag.layer.is_some())
    }

    /// Whether values come as text, so that a number can't be told from its digits.
    pub fn is_text(&self) -> bool {
        !self.is_layer()
    }

    /// Where it is known to listen, besides what a site file names.
    pub fn addresses(&self) -> &[Address] {
        self.tag().map(|tag| tag.addresses.as_slice()).unwrap_or_default()
    }

    /// What its hits look like wherever they go: to a server of the site's own, below a path that somebody chose.
    pub fn anywhere(&self) -> impl Iterator<Item = &Address> {
        self.tag().into_iter().flat_map(|tag| tag.anywhere.iter().chain(&tag.shared))
    }

    /// Where a hit says what the visitor has agreed to, if it does.
    pub fn consent(&self) -> Option<&tag::Consent> {
        self.tag().and_then(|tag| tag.consent.as_ref())
    }
}

/// A request as far as it was seen.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// `GET`, `POST`.
    pub method: &'a str,
    /// Whole address.
    pub url: &'a str,
    /// Of the body; empty if not said.
    pub content_type: &'a str,
    /// Its text; `None` if it has none, or it could not be seen.
    pub body: Option<&'a str>,
}

/// One thing told: an event of an analytics product.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hit {
    /// The names it goes by: one for most products; some send a list.
    pub names: Vec<String>,
    /// Property, tracking id or report suite.
    pub property: Option<String>,
    /// The visitor, as the product knows them.
    pub user: Option<String>,
    /// What the visitor has agreed to, as it says it.
    pub consent: Option<String>,
    /// What it carries.
    pub fields: Map<String, Value>,
    /// Its JSON is lines, each of which tells something.
    pub lines: bool,
    /// It is one of a list in what was sent.
    pub member: Option<each::Member>,
}

impl Hit {
    /// A field by its name, or by a dotted path into it. For a product whose fields lie in several places, all of them
    /// are looked through.
    pub fn field(&self, path: &str) -> Option<Cow<'_, Value>> {
        field(&self.fields, path)
    }

    /// The properties that it is for: some products take a list.
    pub fn properties(&self) -> impl Iterator<Item = &str> {
        self.property.iter().flat_map(|all| all.split(',')).map(str::trim).filter(|one| !one.is_empty())
    }
}

/// A field of a hit, see [`Hit::field`].
pub fn field<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<Cow<'a, Value>> {
    let inside = |key: &str| match fields.get(key)? {
        Value::Object(object) => find(object, path),
        // Lines of JSON: the first that has it.
        Value::Array(lines) if key == "json" => lines.iter().find_map(|line| find(line.as_object()?, path)),
        _ => None,
    };
    find(fields, path).or_else(|| ["json", "form", "query", "xdm", "data"].into_iter().find_map(inside))
}

/// A key may itself have dots: the longest that is there wins. A text that is JSON is looked into.
fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<Cow<'a, Value>> {
    if let Some(value) = object.get(path) {
        return Some(Cow::Borrowed(value));
    }
    path.rmatch_indices('.').find_map(|(dot, _)| {
        let (head, tail) = (path.get(..dot)?, path.get(dot + 1..)?);
        match object.get(head)? {
            Value::String(text) => {
                let held = Map::from_iter([("held".to_owned(), form::held(text)?)]);
                find(&held, &format!("held.{tail}")).map(|value| Cow::Owned(value.into_owned()))
            }
            Value::Object(inner) => find(inner, tail),
            Value::Array(items) => {
                let (index, rest) = tail.split_once('.').unwrap_or((tail, ""));
                let item = items.get(index.parse::<usize>().ok()?)?;
                if rest.is_empty() { Some(Cow::Borrowed(item)) } else { find(item.as_object()?, rest) }
            }
            _ => None,
        }
    })
}

/// What a field's text holds, where it is JSON (as it is, or in base64).
pub fn held(text: &str) -> Option<Value> {
    form::held(text)
}

/// The hits of a request. Empty where it is none of the product's. `each`: they are the members of a list, for any request.
pub fn hits(product: &Product, each: Option<&Each>, sent: &Sent<'_>) -> Vec<Hit> {
    // A server that is asked whether it may be asked has been told nothing yet.
    if sent.method.eq_ignore_ascii_case("OPTIONS") {
        return Vec::new();
    }
    let mut hits = match product {
        Product::Tag(tag) => tag::hits(tag, sent),
        Product::Request => request::hits(sent, each),
    };
    hits.truncate(MOST);
    hits
}

/// One request holds a few dozen events at most; what holds more is no analytics.
const MOST: usize = 500;

/// All that one request tells takes no more bytes than this. What its hits have in common is said once and told for each: a
/// thousand lines that share a thousand parameters are a million of them.
const MOST_BYTES: usize = 4 << 20;

/// As many hits as are within the bounds; the first in any case.
fn bounded(hits: impl Iterator<Item = Hit>) -> Vec<Hit> {
    let mut bytes = 0;
    hits.take(MOST)
        .take_while(|hit| {
            let within = bytes < MOST_BYTES;
            bytes += hit.property.as_ref().map_or(0, String::len);
            bytes += hit.fields.iter().map(|(key, value)| key.len() + weight(value)).sum::<usize>();
            within
        })
        .collect()
}

/// About how many bytes a value takes.
fn weight(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(all) => all.iter().map(weight).sum(),
            Value::Object(all) => all.iter().map(|(key, value)| key.len() + weight(value)).sum(),
            _ => 0,
        }
}
