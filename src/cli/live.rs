//! Live progress on a terminal: a line for each journey under way, drawn anew as steps begin and events come in.
//!
//! Boundary: indicatif knows the terminal; here is what the lines say. Whoever else writes to standard error meanwhile
//! goes through [`Screen::around`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::progress::{again, finished, lost, lost_frame, named, started};
use crate::recording::Recording;
use crate::report::style::{Ink, Style};
use crate::report::text::{self, short};
use crate::runner::{Event, LaneId, Progress};

/// How often a line is drawn anew while nothing happens: its time goes on.
const TICK: Duration = Duration::from_millis(120);

/// What is drawn at the bottom of the terminal, if anything is.
#[derive(Debug, Clone, Default)]
pub struct Screen(Arc<Mutex<Option<MultiProgress>>>);

impl Screen {
    /// Begins to draw on a target.
    fn open(&self, target: ProgressDrawTarget) -> MultiProgress {
        let lines = MultiProgress::with_draw_target(target);
        *self.lock() = Some(lines.clone());
        lines
    }

    /// Takes away what is drawn while something else is written to the terminal.
    pub fn around<T>(&self, write: impl FnOnce() -> T) -> T {
        let drawn = self.lock().clone();
        match drawn {
            Some(lines) => lines.suspend(write),
            None => write(),
        }
    }

    /// Takes away what is drawn, for good.
    pub fn close(&self) {
        if let Some(lines) = self.lock().take() {
            let _ = lines.clear();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<MultiProgress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A journey's line.
struct Line {
    bar: ProgressBar,
    steps: usize,
    index: usize,
    step: String,
    events: Vec<String>,
}

/// Draws what happens.
pub struct Live {
    style: Style,
    lines: MultiProgress,
    /// How many journeys there are to walk in each browser.
    journeys: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By name.
    browsers: BTreeMap<String, Browser>,
    /// A line for each journey under way; of two sessions only one runs it.
    walking: HashMap<(String, String), Line>,
}

/// How far the whole is in one browser.
struct Browser {
    bar: ProgressBar,
    version: String,
    /// Sessions of it that are open, or being opened.
    lanes: BTreeSet<usize>,
    done: usize,
    events: usize,
}

/// A journey under way, by its browser's name and its own.
fn walking(lane: &LaneId, journey: &str) -> (String, String) {
    (lane.browser.name().to_owned(), journey.to_owned())
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

impl Live {
    /// Draws on standard error.
    pub fn new(style: Style, screen: &Screen, journeys: usize) -> Self {
        Self::on(ProgressDrawTarget::stderr(), style, screen, journeys)
    }

    fn on(target: ProgressDrawTarget, style: Style, screen: &Screen, journeys: usize) -> Self {
        Self { style, lines: screen.open(target), journeys, state: Mutex::default() }
    }

    fn bar(&self) -> ProgressBar {
        // The elapsed time stands in front, where no long step pushes it off the line.
        let style = ProgressStyle::with_template("{spinner} {elapsed:>4}  {wide_msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        ProgressBar::new_spinner().with_style(style)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line that stays, above those that are drawn anew.
    fn say(&self, ink: Ink, lane: &LaneId, text: &str) {
        let name = self.style.paint(Ink::Dim, &format!("{:<8}", named(lane)));
        let _ = self.lines.println(format!("{name}  {}", self.style.paint(ink, text)));
    }

    fn draw(&self, line: &Line, journey: &str) {
        let mut text = self.style.paint(Ink::Strong, &short(journey));
        if line.steps > 0 {
            text.push_str(&self.style.paint(Ink::Dim, &format!(" {}/{}", line.index, line.steps)));
        }
        text.push_str(&format!("  {}", line.step));
        if let Some(last) = line.events.last() {
            let count = if line.events.len() > 1 { format!(" ({} events)", line.events.len()) } else { String::new() };
            text.push_str(&format!(
                "  {}{}",
                self.style.paint(Ink::Name, &format!("→ {last}")),
                self.style.paint(Ink::Dim, &count)
            ));
        }
        line.bar.set_message(text);
    }

    /// The browser's own line, below its journeys: how far the whole is.
    fn summarise(&self, name: &str, browser: &Browser) {
        let done = format!("{} of {} done", browser.done, text::count(self.journeys, "journey", "journeys"));
        let heard = text::count(browser.events, "event", "events");
        let sessions = match browser.lanes.len() {
            0 | 1 => String::new(),
            several => format!(", {several} sessions"),
        };
        let text = format!("{} {}: {done}, {heard} heard{sessions}", name, browser.version);
        browser.bar.set_message(self.style.paint(Ink::Dim, &text));
    }

    fn starting(&self, lane: &LaneId) {
        let mut state = self.lock();
        let browser = state.browsers.entry(lane.browser.name().to_owned()).or_insert_with(|| {
            let bar = self.lines.add(self.bar());
            bar.set_message(self.style.paint(Ink::Dim, &format!("{} is being started", lane.browser.name())));
            bar.enable_steady_tick(TICK);
            Browser { bar, version: String::new(), lanes: BTreeSet::new(), done: 0, events: 0 }
        });
        browser.lanes.insert(lane.nth);
    }

    fn began(&self, lane: &LaneId, journey: &str, steps: usize) {
        let mut state = self.lock();
        let bar = match state.browsers.get(lane.browser.name()) {
            Some(browser) => self.lines.insert_before(&browser.bar, self.bar()),
            None => self.lines.add(self.bar()),
        };
        let line = Line { bar, steps, index: 0, step: "opening its windows".to_owned(), events: Vec::new() };
        self.draw(&line, journey);
        line.bar.enable_steady_tick(TICK);
        // One that broke off with its session begins anew.
        if let Some(old) = state.walking.insert(walking(lane, journey), line) {
            old.bar.finish_and_clear();
        }
    }

    fn finished(&self, lane: &LaneId, recording: &Recording, next: Option<u32>) {
        let mut state = self.lock();
        if let Some(line) = state.walking.remove(&walking(lane, &recording.journey)) {
            line.bar.finish_and_clear();
        }
        if let (Some(browser), None) = (state.browsers.get_mut(lane.browser.name()), next) {
            browser.done += 1;
            self.summarise(lane.browser.name(), browser);
        }
        drop(state);
        let (ink, text) = match next {
            Some(attempt) => (Ink::Warn, again(&recording.journey, attempt)),
            None => finished(recording),
        };
        self.say(ink, lane, &text);
    }
}

impl Progress for Live {
    fn heard(&self, lane: &LaneId, event: Event<'_>) {
        match event {
            Event::BrowserStarting => self.starting(lane),
            Event::BrowserWaiting { what } => self.say(Ink::Dim, lane, &short(what)),
            Event::BrowserStarted { version } => {
                self.say(Ink::Plain, lane, &started(version));
                if let Some(browser) = self.lock().browsers.get_mut(lane.browser.name()) {
                    browser.version = short(version);
                    self.summarise(lane.browser.name(), browser);
                }
            }
            Event::LaneLost { why, returned } => {
                self.say(Ink::Warn, lane, &lost(why, returned));
                if let Some(browser) = self.lock().browsers.get_mut(lane.browser.name()) {
                    browser.lanes.remove(&lane.nth);
                    browser.done = browser.done.saturating_sub(returned);
                    self.summarise(lane.browser.name(), browser);
                }
            }
            Event::FrameLost { why } => {
                self.say(Ink::Warn, lane, &lost_frame(why));
                if let Some(browser) = self.lock().browsers.get_mut(lane.browser.name()) {
                    browser.done = browser.done.saturating_sub(1);
                    self.summarise(lane.browser.name(), browser);
                }
            }
            Event::JourneyStarted { journey, steps } => self.began(lane, journey, steps),
            Event::StepStarted { journey, index, text } => {
                if let Some(line) = self.lock().walking.get_mut(&walking(lane, journey)) {
                    line.index = index + 1;
                    line.step = short(text);
                    self.draw(line, journey);
                }
            }
            Event::EventHeard { journey, constant } => {
                let mut state = self.lock();
                if let Some(line) = state.walking.get_mut(&walking(lane, journey)) {
                    line.events.push(short(constant));
                    self.draw(line, journey);
                }
                if let Some(browser) = state.browsers.get_mut(lane.browser.name()) {
                    browser.events += 1;
                    self.summarise(lane.browser.name(), browser);
                }
            }
            Event::JourneyFinished { recording, next } => self.finished(lane, recording, next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::drawn::Drawn;

    #[test]
    fn a_line_for_each_journey_tells_its_step_and_its_events_and_gives_way() {
        let term = Drawn::new(12, 72);
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let live = Live::on(target, Style::OFF, &screen, 2);
        let firefox = LaneId { browser: crate::browser::BrowserKind::Firefox.into(), nth: 1 };
        live.heard(&firefox, Event::BrowserStarting);
        live.heard(&firefox, Event::BrowserStarted { version: "153.0" });
        live.heard(&firefox, Event::JourneyStarted { journey: "live-chat", steps: 3 });
        live.heard(&firefox, Event::JourneyStarted { journey: "booking", steps: 9 });
        let text = "click \u{1b}[31mlauncher";
        live.heard(&firefox, Event::StepStarted { journey: "live-chat", index: 1, text });
        live.heard(&firefox, Event::EventHeard { journey: "live-chat", constant: "OPENED" });
        live.heard(&firefox, Event::EventHeard { journey: "live-chat", constant: "SAID" });
        live.heard(&firefox, Event::StepStarted { journey: "booking", index: 0, text: &"x".repeat(200) });
        let drawn = term.contents();
        assert!(drawn.contains("firefox   153.0 has started"), "{drawn}");
        assert!(drawn.contains("live-chat 2/3  click \\u{1b}[31mlauncher  → SAID (2 events)"), "{drawn}");
        assert!(drawn.contains("booking 1/9  xxx"), "{drawn}");
        assert!(drawn.contains("0 of 2 journeys done, 2 events heard"), "{drawn}");
        // A step that is too long for its line is cut, so that what is drawn anew stays where it is.
        assert_eq!(drawn.lines().count(), 4, "{drawn}");

        let written = screen.around(|| {
            let drawn = term.contents();
            assert!(!drawn.contains("live-chat"), "a log line would be drawn over: {drawn}");
            true
        });
        assert!(written);
        screen.close();
        let left = term.contents();
        assert!(left.contains("has started") && !left.contains("booking"), "{left}");
    }
}
