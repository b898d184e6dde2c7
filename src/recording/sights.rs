//! How a window looked at one moment: a screenshot, and a tree for those who can't see one.

use serde::{Deserialize, Serialize};

/// One actor's window at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sight {
    /// Why it was looked at.
    pub moment: Moment,
    /// The step that failed, or whose event did not come; `None` at the journey's end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub step: Option<usize>,
    /// Whose window.
    pub actor: String,
    /// Milliseconds from the journey's start, on chatproof's clock.
    pub at_ms: f64,
    /// Address of the window's document, secrets masked.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub url: String,
    /// How it looked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub picture: Option<Picture>,
    /// What was there, as text; where a locator failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tree: Option<Tree>,
    /// Why something is missing here, or isn't as expected.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub note: String,
}

/// Why a window was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// A step could not be done.
    StepFailed,
    /// An event that a step declares did not come within its time.
    EventMissing,
    /// The journey was over.
    End,
}

/// A screenshot. Places that showed a secret are painted over before it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// `image/jpeg`.
    pub media_type: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The file, in base64.
    pub data: String,
    /// What is outlined in it: the element that was acted on, or the locator's matches; as short HTML-like descriptions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub outlined: Vec<String>,
    /// How many places were painted over.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub covered: usize,
}

/// A document as assistive technology sees it: an element a line, indented by depth, frames and open shadow roots
/// included. What was typed into fields is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Lines; secrets masked.
    pub text: String,
    /// What it is a tree of, if not of the whole page: the part of the locator that did match, or an element that is
    /// short enough.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub within: String,
    /// There was more.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub cut: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_zero(count: &usize) -> bool {
    *count == 0
}
