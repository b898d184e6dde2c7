//! What a request or a push tells an analytics product, decoded to hits: a name and fields.
//!
//! Boundary: pure, and no product's journeys or expectations; what comes in was sent by a page, so any text will do and
//! nothing panics. A file per product: its endpoints and its encoding, with the source that they were taken from.

use serde_json::{Map, Value};

pub mod address;
mod adobe;
mod form;
mod ga4;
mod layer;
pub mod pii;
mod request;
#[cfg(test)]
mod tests;
mod universal;

pub use address::Address;
pub use layer::pushed;

/// What a page forwards its events to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Google Analytics 4.
    Ga4,
    /// Universal Analytics, which Google has retired.
    UniversalAnalytics,
    /// Adobe Analytics, by AppMeasurement or by the Web SDK.
    AdobeAnalytics,
    /// `window.dataLayer`, or one of another name.
    DataLayer,
    /// Adobe Client Data Layer.
    AdobeDataLayer,
    /// Any request.
    Request,
}

impl Product {
    /// All, by the names of site files.
    pub const NAMES: &[(&str, Self)] = &[
        ("ga4", Self::Ga4),
        ("universal_analytics", Self::UniversalAnalytics),
        ("adobe_analytics", Self::AdobeAnalytics),
        ("data_layer", Self::DataLayer),
        ("adobe_data_layer", Self::AdobeDataLayer),
        ("request", Self::Request),
    ];

    /// Whether it is an array in the page, and not a request.
    pub fn is_layer(self) -> bool {
        matches!(self, Self::DataLayer | Self::AdobeDataLayer)
    }

    /// Whether values come as text, so that a number can't be told from its digits.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Ga4 | Self::UniversalAnalytics | Self::AdobeAnalytics | Self::Request)
    }

    /// Where it is known to listen, besides what a site file names.
    pub fn addresses(self) -> Vec<Address> {
        let known: &[&str] = match self {
            Self::Ga4 => ga4::ADDRESSES,
            Self::UniversalAnalytics => universal::ADDRESSES,
            Self::AdobeAnalytics => adobe::ADDRESSES,
            _ => &[],
        };
        known.iter().filter_map(|text| Address::parse(text).ok()).collect()
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
    /// The names it goes by: one for most products; Adobe Analytics sends a list.
    pub names: Vec<String>,
    /// Property, tracking id or report suite.
    pub property: Option<String>,
    /// What it carries.
    pub fields: Map<String, Value>,
}

impl Hit {
    /// A field by its name, or by a dotted path into it. For a product whose fields lie in several places, all of them
    /// are looked through.
    pub fn field(&self, path: &str) -> Option<&Value> {
        let inside = |key: &str| self.fields.get(key).and_then(Value::as_object).and_then(|object| find(object, path));
        find(&self.fields, path).or_else(|| ["json", "form", "query", "xdm", "data"].into_iter().find_map(inside))
    }
}

/// A key may itself have dots: the longest that is there wins.
fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.rmatch_indices('.').find_map(|(dot, _)| {
        let (head, tail) = (path.get(..dot)?, path.get(dot + 1..)?);
        match object.get(head)? {
            Value::Object(inner) => find(inner, tail),
            Value::Array(items) => {
                let (index, rest) = tail.split_once('.').unwrap_or((tail, ""));
                let item = items.get(index.parse::<usize>().ok()?)?;
                if rest.is_empty() { Some(item) } else { find(item.as_object()?, rest) }
            }
            _ => None,
        }
    })
}

/// The hits of a request. Empty where it is none of the product's.
pub fn hits(product: Product, sent: &Sent<'_>) -> Vec<Hit> {
    // A server that is asked whether it may be asked has been told nothing yet.
    if sent.method.eq_ignore_ascii_case("OPTIONS") {
        return Vec::new();
    }
    let mut hits = match product {
        Product::Ga4 => ga4::hits(sent),
        Product::UniversalAnalytics => universal::hits(sent),
        Product::AdobeAnalytics => adobe::hits(sent),
        Product::Request => vec![request::hit(sent)],
        Product::DataLayer | Product::AdobeDataLayer => Vec::new(),
    };
    hits.truncate(MOST);
    hits
}

/// One request holds a few dozen events at most; what holds more is no analytics.
const MOST: usize = 500;
