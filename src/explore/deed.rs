//! What was done in a walk: one step each, as it can be done again and written down.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::site::template::Template;
use crate::site::{Act, Step, Target, VISITOR};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// The page is opened.
    Open,
    /// Something is clicked.
    Click,
    /// Something is typed in.
    Fill,
    /// An option is chosen.
    Select,
    /// The page is loaded again.
    Reload,
    /// Nothing is done until something appears.
    Wait,
}

/// One step of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Who does it.
    pub actor: String,
    /// What is done.
    pub verb: Verb,
    /// The element's locator, the address, or nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub on: String,
    /// The text, or the option's label.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub with: String,
    /// A key that is pressed afterwards.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub press: String,
    /// What it was called on the page.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Events that it has fired, in order, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fires: Vec<String>,
    /// How long they took to come, or what was waited for: milliseconds.
    #[serde(default)]
    pub took_ms: u64,
    /// What was guessed, for whoever reads it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Deed {
    /// A deed that has fired nothing yet.
    pub fn new(actor: &str, verb: Verb, on: &str, label: &str) -> Self {
        Self {
            actor: actor.to_owned(),
            verb,
            on: on.to_owned(),
            with: String::new(),
            press: String::new(),
            label: label.to_owned(),
            fires: Vec::new(),
            took_ms: 0,
            note: String::new(),
        }
    }

    /// The step that does it; `None` if a locator isn't one.
    pub fn step(&self) -> Option<Step> {
        let act = match self.verb {
            Verb::Open => Act::Open(Template::parse(&self.on).ok()?),
            Verb::Click => Act::Click(Target::of(&self.on)?),
            Verb::Fill => Act::fill(&self.on, &self.with, Some(self.press.as_str()).filter(|keys| !keys.is_empty()))?,
            Verb::Select => Act::Select { target: Target::of(&self.on)?, options: vec![Template::literal(&self.with)] },
            Verb::Reload => Act::Reload,
            Verb::Wait => Act::WaitFor(Target::of(&self.on)?),
        };
        let step = Step::of(act).firing(self.fires.iter().map(String::as_str));
        Some(Step { actor: self.actor.clone(), within: self.within(), timeout: self.timeout(), ..step })
    }

    /// How long its events are given, if that is longer than usual: twice what they took.
    fn within(&self) -> Option<Duration> {
        let usual = if matches!(self.verb, Verb::Open | Verb::Reload) { 4_000 } else { 1_000 };
        (!self.fires.is_empty() && self.took_ms > usual).then(|| round(self.took_ms * 2))
    }

    /// How long its element is waited for, if that is longer than usual.
    fn timeout(&self) -> Option<Duration> {
        (self.verb == Verb::Wait && self.took_ms > 4_000).then(|| round(self.took_ms * 2))
    }

    /// As a person reads it.
    pub fn describe(&self) -> String {
        let who = if self.actor == VISITOR { String::new() } else { format!("{}: ", self.actor) };
        let label = if self.label.is_empty() { self.on.as_str() } else { self.label.as_str() };
        let what = match self.verb {
            Verb::Open => format!("open {}", self.on),
            Verb::Click => format!("“{label}”"),
            Verb::Fill => format!("“{}” into “{label}”", self.with),
            Verb::Select => format!("“{}” in “{label}”", self.with),
            Verb::Reload => "reload".to_owned(),
            Verb::Wait => format!("wait for “{label}”"),
        };
        format!("{who}{what}")
    }
}

/// The next length that a person would write.
fn round(ms: u64) -> Duration {
    let seconds = [3, 5, 10, 20, 30, 60, 120, 180, 300, 600];
    Duration::from_secs(seconds.into_iter().find(|seconds| seconds * 1000 >= ms).unwrap_or(900))
}
