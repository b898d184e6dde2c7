//! What the report for programs shows of a journey whose details are let go elsewhere: held small, until it is written.

use std::io::Read;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use super::{Event, Handler, Note, Verdict};
use crate::recording::Recording;
use crate::report::otlp::{self, Moment};
use crate::verdict::{self, Outcome};

/// The part of a journey that takes its room, compressed: RFC 1951, "DEFLATE Compressed Data Format Specification".
#[derive(Debug, Clone)]
pub struct Held(Vec<u8>);

/// The same, to be read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Opened {
    pub(super) events: Vec<Event>,
    pub(super) notes: Vec<Note>,
    pub(super) handlers: Vec<Handler>,
    /// What holds, and where it stands among all verdicts.
    pub(super) passed: Vec<(usize, Verdict)>,
    /// What traces have of it.
    pub(super) moments: Vec<Moment>,
}

impl Held {
    /// What was heard, and each requirement that holds.
    pub fn of(recording: &Recording, verdicts: &[verdict::Verdict]) -> Self {
        let passed = verdicts.iter().enumerate().filter(|(_, verdict)| verdict.outcome == Outcome::Pass);
        let opened = Opened {
            passed: passed.map(|(at, verdict)| (at, super::verdict(verdict))).collect(),
            moments: otlp::moments(recording),
            ..Opened::of(recording)
        };
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
        // Neither the types nor memory give an error.
        let _ = serde_json::to_writer(&mut packed, &opened);
        let mut bytes = packed.finish().unwrap_or_default();
        bytes.shrink_to_fit();
        Self(bytes)
    }

    pub(super) fn open(&self) -> Opened {
        let mut text = Vec::new();
        let _ = DeflateDecoder::new(self.0.as_slice()).read_to_end(&mut text);
        serde_json::from_slice(&text).unwrap_or_default()
    }
}

impl Opened {
    /// What was heard.
    pub(super) fn of(recording: &Recording) -> Self {
        Self {
            events: super::listed_events(recording),
            notes: super::listed_notes(recording),
            handlers: super::listed_handlers(recording),
            passed: Vec::new(),
            moments: Vec::new(),
        }
    }
}

/// All verdicts in their order again.
pub(super) fn among(passed: Vec<(usize, Verdict)>, others: Vec<Verdict>) -> Vec<Verdict> {
    let mut others = others.into_iter();
    let mut all = Vec::with_capacity(passed.len() + others.len());
    for (at, verdict) in passed {
        all.extend(others.by_ref().take(at.saturating_sub(all.len())));
        all.push(verdict);
    }
    all.extend(others);
    all
}
