//! What an outcome looks like: a class of the style sheet, a sign, and the word for those who see neither.

use maud::{Markup, html};

use crate::report::summary::Status;
use crate::verdict::{Level, Outcome, Verdict};

/// How good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    Bad,
    Doubt,
    Warn,
    Waived,
    Dim,
    Good,
    Plain,
}

impl Tone {
    /// The gravest of some; `Plain` if there is none.
    pub(super) fn worst(tones: impl Iterator<Item = Self>) -> Self {
        tones.min().unwrap_or(Self::Plain)
    }

    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Doubt => "doubt",
            Self::Warn => "warn",
            Self::Waived => "waived",
            Self::Dim => "dim",
            Self::Good => "good",
            Self::Plain => "plain",
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Bad => "✘",
            Self::Doubt => "?",
            Self::Warn => "▲",
            Self::Waived => "◇",
            Self::Dim => "·",
            // The selector behind it keeps phones from making a picture of it.
            Self::Good => "✔\u{fe0e}",
            Self::Plain => "•",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bad => "failed",
            Self::Doubt => "inconclusive",
            Self::Warn => "warning",
            Self::Waived => "waived",
            Self::Dim => "noted",
            Self::Good => "passed",
            Self::Plain => "not checked",
        }
    }

    /// The sign to be seen, the word to be heard.
    pub(super) fn mark(self) -> Markup {
        mark(self, self.word())
    }
}

/// A sign with a word of one's own.
pub(super) fn mark(tone: Tone, word: &str) -> Markup {
    html! {
        span class={ "mark " (tone.class()) } {
            span aria-hidden="true" { (tone.sign()) } span.unseen { (word) }
        }
    }
}

impl From<&Verdict> for Tone {
    fn from(verdict: &Verdict) -> Self {
        match (verdict.outcome, verdict.level) {
            (Outcome::Fail, _) => Self::Bad,
            (Outcome::Inconclusive, _) => Self::Doubt,
            (Outcome::NotReached, Level::Must) => Self::Bad,
            (Outcome::Warn, Level::Record) | (Outcome::NotReached, _) => Self::Dim,
            (Outcome::Warn, _) => Self::Warn,
            (Outcome::Waived, _) => Self::Waived,
            (Outcome::Pass, _) => Self::Good,
        }
    }
}

/// The word for one verdict: unlike its tone it tells a failure from an event that nobody was to fire.
pub(super) fn word(verdict: &Verdict) -> &'static str {
    match verdict.outcome {
        Outcome::NotReached => "not reached",
        _ => Tone::from(verdict).word(),
    }
}

impl From<Status> for Tone {
    fn from(status: Status) -> Self {
        match status {
            Status::Proved => Self::Good,
            Status::Failed | Status::NotReached => Self::Bad,
            Status::Inconclusive => Self::Doubt,
            Status::Waived => Self::Waived,
            Status::NotSelected | Status::NotApplicable => Self::Plain,
        }
    }
}
