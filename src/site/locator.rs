//! Locators: CSS by default; `role=`, `text=`, `label=`, `placeholder=`, `testid=`; `A >> B` nests.

use serde::Serialize;

/// A parsed locator: each part is searched inside what the former one found. Serialises for the page's script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Locator {
    /// As written.
    #[serde(skip)]
    pub text: String,
    /// At least one.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub enum Part {
    /// A CSS selector; each compound may match in any open shadow root or frame.
    Css {
        /// The selector.
        selector: String,
    },
    /// An ARIA role with an accessible name.
    Role {
        /// Role: `button`.
        role: String,
        /// Accessible name.
        name: Option<TextMatch>,
    },
    /// An element with this text, the innermost one.
    Text {
        /// The text.
        text: TextMatch,
    },
    /// A form control with this label (`label`, `aria-label`, `aria-labelledby`).
    Label {
        /// The label.
        text: TextMatch,
    },
    /// A form control with this placeholder.
    Placeholder {
        /// The placeholder.
        text: TextMatch,
    },
    /// `data-testid`
    Testid {
        /// Its value.
        id: String,
    },
    /// `nth=0`: that one of the former part's matches; negative from the end.
    Nth {
        /// Index from 0.
        index: i64,
    },
}

/// How a text is compared: white space folded; quoted texts exactly, unquoted ones as a case-insensitive substring,
/// `/re/i` as a JavaScript regular expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "lowercase")]
pub enum TextMatch {
    /// Exactly.
    Exact {
        /// The text, white space folded.
        value: String,
    },
    /// Case-insensitive substring.
    Contains {
        /// The text, white space folded.
        value: String,
    },
    /// Regular expression.
    Regex {
        /// Between the slashes.
        pattern: String,
        /// After them.
        flags: String,
    },
}
