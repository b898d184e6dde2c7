//! What is left of a value where a text was cut: its beginning before the cut, its end behind it.
//!
//! Boundary: finds the longest part that stands there. A page may cut a text thousands of times over, and a value is looked
//! for in a hundred forms; so parts are kept by the one byte that stands next to the cut.

use std::collections::BTreeMap;

use super::SHORT;
use super::needles::Needle;

/// The parts of all needles, the longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Edges {
    /// Beginnings by their last byte: which needle's, and how long.
    beginnings: Parts,
    /// Ends by their first byte.
    ends: Parts,
}

type Parts = BTreeMap<u8, Vec<Part>>;

/// A part of a needle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    /// How many bytes.
    pub(super) length: usize,
    /// Which needle's.
    pub(super) of: usize,
}

impl Edges {
    pub(super) fn new(needles: &[Needle]) -> Self {
        let mut edges = Self::default();
        for (of, needle) in needles.iter().enumerate().filter(|(_, needle)| needle.text.len() >= SHORT) {
            // The whole of it is found elsewhere.
            for length in needle.edge..needle.text.len() {
                let part = Part { length, of };
                let (beginning, end) = (beginning(needle, length), end(needle, length));
                beginning.last().into_iter().for_each(|last| edges.beginnings.entry(*last).or_default().push(part));
                end.first().into_iter().for_each(|first| edges.ends.entry(*first).or_default().push(part));
            }
        }
        for parts in edges.beginnings.values_mut().chain(edges.ends.values_mut()) {
            parts.sort_unstable_by(|a, b| b.cmp(a));
        }
        edges
    }

    /// The longest beginning of a needle with which a text ends.
    pub(super) fn before(&self, text: &[u8], needles: &[Needle]) -> Option<Part> {
        let parts = self.beginnings.get(text.last()?)?;
        let is = |part: &Part| needles.get(part.of).is_some_and(|n| text.ends_with(beginning(n, part.length)));
        parts.iter().copied().find(is)
    }

    /// The longest end of a needle with which a text begins.
    pub(super) fn behind(&self, text: &[u8], needles: &[Needle]) -> Option<Part> {
        let parts = self.ends.get(text.first()?)?;
        let is = |part: &Part| needles.get(part.of).is_some_and(|n| text.starts_with(end(n, part.length)));
        parts.iter().copied().find(is)
    }
}

fn beginning(needle: &Needle, length: usize) -> &[u8] {
    needle.text.get(..length).unwrap_or_default()
}

fn end(needle: &Needle, length: usize) -> &[u8] {
    needle.text.get(needle.text.len() - length..).unwrap_or_default()
}
