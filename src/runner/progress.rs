//! What happens in a run, while it happens: one stream of typed events, from which live lines, logs and counts are made.
//!
//! Boundary: says what happened; how it's shown is for those who listen.

use std::sync::Arc;

use crate::browser::product::Product;
use crate::error::Error;
use crate::recording::Recording;
use crate::secrets::Secrets;

/// One session of one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneId {
    /// Of which browser.
    pub browser: Product,
    /// The how-manieth session of it that is open at once, from 1.
    pub nth: usize,
}

/// What happened.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A session is being started.
    BrowserStarting,
    /// There is none to be had yet.
    BrowserWaiting {
        /// What is waited for, and for how long already.
        what: &'a str,
    },
    /// It can be used; name and version.
    BrowserStarted {
        /// As the browser names itself.
        version: &'a str,
    },
    /// The session has gone in the middle of the run. Its journeys are run in another one.
    LaneLost {
        /// Why, as far as that is known.
        why: &'a Error,
        /// How many journeys are run again.
        returned: usize,
    },
    /// The driver has lost a frame. What needs it is run again later, in a session in which that doesn't happen.
    FrameLost {
        /// Why, as far as that is known.
        why: &'a Error,
    },
    /// A journey began.
    JourneyStarted {
        /// Its name.
        journey: &'a str,
        /// How many steps it has.
        steps: usize,
    },
    /// A step began.
    StepStarted {
        /// The journey's name.
        journey: &'a str,
        /// The step's index, from 0.
        index: usize,
        /// The step as a person reads it.
        text: &'a str,
    },
    /// An event was heard.
    EventHeard {
        /// The journey's name.
        journey: &'a str,
        /// Which event.
        constant: &'a str,
    },
    /// A journey ended.
    JourneyFinished {
        /// All of it.
        recording: &'a Recording,
        /// The attempt that follows with a fresh visitor, from 2; `None` if this one counts.
        next: Option<u32>,
    },
}

/// Hears what happens. Calls come from several tasks; they must not block.
pub trait Progress: Send + Sync {
    /// Something happened in a lane.
    fn heard(&self, lane: &LaneId, event: Event<'_>);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn heard(&self, _: &LaneId, _: Event<'_>) {}
}

/// Progress is shown while a journey is still under way, so it's masked as it comes. (Recordings and errors are masked where
/// they're made.)
pub(super) struct Masked {
    pub(super) progress: Arc<dyn Progress>,
    pub(super) secrets: Secrets,
}

impl Progress for Masked {
    fn heard(&self, lane: &LaneId, event: Event<'_>) {
        match event {
            Event::BrowserWaiting { what } => {
                let what = &*self.secrets.mask(what);
                self.progress.heard(lane, Event::BrowserWaiting { what });
            }
            Event::StepStarted { journey, index, text } => {
                let text = &*self.secrets.mask(text);
                self.progress.heard(lane, Event::StepStarted { journey, index, text });
            }
            Event::EventHeard { journey, constant } => {
                let constant = &*self.secrets.mask(constant);
                self.progress.heard(lane, Event::EventHeard { journey, constant });
            }
            other => self.progress.heard(lane, other),
        }
    }
}
