//! What to look for, for a value: itself, and what it becomes by what can't be taken back layer by layer.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::SHORT;

/// A text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needle {
    /// The text.
    pub(super) text: Vec<u8>,
    /// Which value it stands for.
    pub(super) of: usize,
    /// The characters beside it hold bits of the value too: base64 in the middle of a longer one.
    pub(super) shares_its_edges: bool,
    /// How much of it is hidden where a text was cut. Less than that is found everywhere by chance.
    pub(super) edge: usize,
}

/// Of a value, and of what a computer made of it.
const EDGES: (usize, usize) = (3, 8);

/// A line of a longer value (a private key's) that is long enough to be told from any other line.
const LINE: usize = 8;

/// All that may stand for a value, each once.
pub(super) fn of(value: &str, of: usize) -> Vec<Needle> {
    let folded = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut texts = vec![
        value.to_owned(),
        // As a person reads it in a page; as a field of one line keeps it; as a style sheet shows it.
        folded,
        value.replace(['\r', '\n'], ""),
        value.to_lowercase(),
        value.to_uppercase(),
    ];
    // A log is written line by line.
    texts.extend(value.lines().map(str::trim).filter(|line| line.len() >= LINE).map(str::to_owned));
    let mut needles: Vec<Needle> = Vec::new();
    let mut add = |text: Vec<u8>, edge, shares_its_edges| {
        let known = needles.iter().any(|needle| needle.text == text);
        if !known && !text.trim_ascii().is_empty() {
            needles.push(Needle { text, of, shares_its_edges, edge });
        }
    };
    for text in texts {
        add(text.into_bytes(), EDGES.0, false);
    }
    if value.len() < SHORT {
        return needles;
    }
    add(crate::analytics::pii::hex(value.as_bytes()).into_bytes(), EDGES.1, false);
    add(crate::analytics::pii::hex(value.as_bytes()).to_uppercase().into_bytes(), EDGES.1, false);
    // As analytics products take them: hashed, lower-cased, in base64.
    for disguise in crate::analytics::pii::disguises(value) {
        add(disguise.into_bytes(), EDGES.1, false);
    }
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    let percent = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string();
    // As `encodeURIComponent` has it.
    let component = ["-", "_", ".", "!", "~", "*", "'", "(", ")"]
        .iter()
        .fold(percent.clone(), |text, kept| text.replace(&format!("%{:02X}", kept.as_bytes()[0]), kept));
    for text in [value, json, &percent, &component] {
        for before in 0..3 {
            for middle in base64_in_the_middle(text.as_bytes(), before) {
                if middle.len() >= SHORT {
                    add(middle.into_bytes(), EDGES.1, true);
                }
            }
        }
    }
    needles
}

/// What of a value's base64 is the same whatever stands around it, `before` bytes after a boundary of three; in both
/// alphabets.
fn base64_in_the_middle(value: &[u8], before: usize) -> [String; 2] {
    let mut bytes = vec![0; before];
    bytes.extend(value);
    let skipped = (before * 8).div_ceil(6);
    let whole = bytes.len() * 8 / 6;
    [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
        .map(|text| text.get(skipped..whole).unwrap_or_default().to_owned())
}
