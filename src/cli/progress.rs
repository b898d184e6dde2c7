//! Progress on standard error: plain lines, fit for a CI server's log; live where there is a terminal (`live.rs`).

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::live::{Live, Screen};
use crate::cli::settings::Output;
use crate::error::Error;
use crate::recording::{Ending, Kind, Recording, StepOutcome};
use crate::report::style::Ink;
use crate::report::summary;
use crate::report::text::{self, short};
use crate::runner::{Event, LaneId, Progress, Silent, Timing};

/// The progress that fits: nothing if quiet, live on a terminal, else lines. With `-v` it is lines too: a log of steps
/// is to be read afterwards.
pub fn fitting(output: Output, screen: &Screen, journeys: usize) -> Arc<dyn Progress> {
    if output.quiet {
        Arc::new(Silent)
    } else if output.live && !output.verbose {
        Arc::new(Live::new(output.stderr, screen, journeys))
    } else {
        Arc::new(Lines::new(output))
    }
}

/// Tells on standard error what happens, a line each.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    output: Output,
}

impl Lines {
    /// Steps and events too, if `output` is verbose.
    pub fn new(output: Output) -> Self {
        Self { output }
    }

    fn say(&self, ink: Ink, lane: &LaneId, text: &str) {
        let style = self.output.stderr;
        let line = format!("{}  {}", style.paint(Ink::Dim, &format!("{:<8}", named(lane))), style.paint(ink, text));
        // Whoever closed standard error doesn't want to know.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

/// A session as people are shown it: by its number only where there are several of its browser.
pub(super) fn named(lane: &LaneId) -> String {
    let browser = lane.browser.name();
    if lane.nth > 1 { format!("{browser}#{}", lane.nth) } else { browser.to_owned() }
}

impl Progress for Lines {
    fn heard(&self, lane: &LaneId, event: Event<'_>) {
        if let Some((ink, text)) = in_words(event, self.output.verbose) {
            self.say(ink, lane, &text);
        }
    }
}

/// What happened, in a line, if it's worth one; steps and events only if `verbose`.
pub(super) fn in_words(event: Event<'_>, verbose: bool) -> Option<(Ink, String)> {
    Some(match event {
        Event::BrowserStarting => (Ink::Dim, "is being started".to_owned()),
        Event::BrowserWaiting { what } => (Ink::Dim, short(what)),
        Event::BrowserStarted { version } => (Ink::Plain, started(version)),
        Event::LaneLost { why, returned } => (Ink::Warn, lost(why, returned)),
        Event::FrameLost { why } => (Ink::Warn, lost_frame(why)),
        Event::JourneyStarted { journey, steps } => {
            (Ink::Dim, format!("{} … {}", short(journey), text::count(steps, "step", "steps")))
        }
        Event::StepStarted { journey, index, text } if verbose => {
            (Ink::Dim, format!("{} {:>2}  {}", short(journey), index + 1, short(text)))
        }
        Event::EventHeard { journey, constant } if verbose => {
            (Ink::Name, format!("{}  → {}", short(journey), short(constant)))
        }
        Event::JourneyFinished { recording, next: None } => finished(recording),
        Event::JourneyFinished { recording, next: Some(attempt) } => (Ink::Warn, again(&recording.journey, attempt)),
        _ => return None,
    })
}

/// A session that can be used.
pub(super) fn started(version: &str) -> String {
    format!("{} has started", short(version))
}

/// A frame that the driver has lost, and what becomes of its journey.
pub(super) fn lost_frame(why: &Error) -> String {
    format!("{}; journeys are run again where frames share one process", short(&why.message()))
}

/// A session that has gone, and what becomes of its journeys.
pub(super) fn lost(why: &Error, returned: usize) -> String {
    let why = why.message();
    let again = match returned {
        0 => "nothing was lost with it".to_owned(),
        some => format!("{} run again in a new session", text::count(some, "journey is", "journeys are")),
    };
    format!("{}; {again}", short(&why))
}

/// A journey that failed and gets another attempt.
pub(super) fn again(journey: &str, attempt: u32) -> String {
    format!("{} … failed; attempt {attempt} with a fresh visitor", short(journey))
}

/// How a journey ended, in a line.
pub(super) fn finished(recording: &Recording) -> (Ink, String) {
    let journey = short(&recording.journey);
    match &recording.ending {
        Ending::Complete => {
            let events = recording.observations.iter().filter(|o| matches!(o.kind, Kind::Event { .. })).count();
            let took = text::duration(summary::journey_ms(recording));
            (Ink::Plain, format!("{journey} … done in {took}, {}", text::count(events, "event", "events")))
        }
        Ending::StepFailed { step } => {
            let outcome = recording.steps.get(*step).map(|step| &step.outcome);
            let why =
                if let Some(StepOutcome::Failed(error)) = outcome { short(&error.message) } else { String::new() };
            (Ink::Bad, format!("{journey} … step {} failed: {why}", step + 1))
        }
        Ending::Interrupted => (Ink::Warn, format!("{journey} … interrupted")),
        Ending::Broken { message } => (Ink::Bad, format!("{journey} … broke off: {}", short(message))),
    }
}

/// `--timings`: where the time of a run went.
pub fn timings(timings: &[Timing], whole: Duration, own: Duration) -> String {
    let text = |duration: Duration| text::duration(duration.as_secs_f64() * 1000.0);
    let mut out = String::new();
    for timing in timings {
        out.push_str(&format!(
            "{:<8}  start {} · journeys {} · end {}\n",
            named(&timing.lane),
            text(timing.start),
            text(timing.journeys),
            text(timing.end)
        ));
    }
    let share = if whole.is_zero() { 0.0 } else { own.as_secs_f64() / whole.as_secs_f64() * 100.0 };
    out.push_str(&format!("all       {}; chatproof's own CPU time {} ({share:.1} %)\n", text(whole), text(own)));
    out
}

/// CPU time that this process itself has used so far.
pub fn own_cpu_time() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}
