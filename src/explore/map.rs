//! The map of a conversation as a file, and as what goes on from one.
//!
//! Boundary: plain data; `specs/map.schema.json` describes it.

use serde::{Deserialize, Serialize};

use super::findings::Findings;
use super::graph::Graph;

/// The format's name and version.
pub const FORMAT: &str = "chatproof-map/1";

/// Everything that was found out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Map {
    /// [`FORMAT`].
    pub format: String,
    /// Version of chatproof that wrote it.
    pub chatproof: String,
    /// The spec, as a site file names it.
    pub spec: String,
    /// Scheme and host.
    pub base_url: String,
    /// The page, below that.
    pub path: String,
    /// Where the agent begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Name and version of the browser.
    pub browser: String,
    /// Events that were heard.
    pub heard: Vec<String>,
    /// Those that weren't.
    pub unreached: Vec<Unreached>,
    /// What is wrong.
    pub findings: Findings,
    /// The conversation.
    pub graph: Graph,
}

/// An event that was not heard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unreached {
    /// Which.
    pub event: String,
    /// Why, most likely.
    pub why: String,
}
