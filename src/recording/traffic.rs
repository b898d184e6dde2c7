//! What was sent to analytics, as far as the browser shows it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is watched of the way to analytics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// `stub`: requests are answered in the browser and never leave it. `pass`: they are let through.
    pub mode: String,
    /// How: `bidi`, `cdp`; `none` where no request is watched, or none can be.
    pub by: String,
    /// The patterns of the addresses.
    pub addresses: Vec<String>,
    /// The names of the data layers.
    pub layers: Vec<String>,
    /// What this browser doesn't show, each as a sentence.
    pub unseen: Vec<String>,
    /// Requests of all known tags are in the recording, and what else looks like a beacon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tags: bool,
}

/// A request to an analytics product.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Request {
    /// The browser's name for it.
    pub id: String,
    /// The forwards whose addresses it fits.
    pub forwards: Vec<String>,
    /// `GET`, `POST`.
    pub method: String,
    /// Whole address, secrets masked.
    pub url: String,
    /// Content type of the body; empty if not said.
    pub content_type: String,
    /// How the body says that it is encoded (`gzip`); empty if it doesn't.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub content_encoding: String,
    /// The body as text, unpacked, bounded, secrets masked; `None` if it has none or it could not be seen.
    pub body: Option<String>,
    /// `complete`, `truncated`, `unseen` (there may be one, but the browser doesn't give it), `unreadable`.
    pub body_state: String,
    /// Why not all of the body could be read, as a clause without a subject: "isn't text".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// `stubbed`, `passed`, `pending` (the journey ended before it was answered), `failed`.
    pub answer: String,
    /// `script`: it is one of a tag's own scripts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// What it tells, decoded, for each forward that it fits.
    pub hits: Vec<DecodedHit>,
}

/// What a request tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecodedHit {
    /// The forward by whose product it was decoded.
    pub forward: String,
    /// The event's names there.
    pub names: Vec<String>,
    /// Property, tracking id or report suites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// What it carries.
    pub fields: serde_json::Map<String, Value>,
}
