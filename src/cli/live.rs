//! Live progress on a terminal: a line for each journey under way, drawn anew as steps begin and events come in.
//!
//! Boundary: indicatif knows the terminal; here is what the lines say. Whoever else writes to standard error meanwhile
//! goes through [`Screen::around`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::browser::BrowserKind;
use crate::cli::progress::finished;
use crate::recording::Recording;
use crate::report::style::{Ink, Style};
use crate::report::text::{self, short};
use crate::runner::Progress;

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
    browsers: HashMap<BrowserKind, (ProgressBar, String)>,
    walking: HashMap<(BrowserKind, String), Line>,
    done: usize,
    events: usize,
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
    fn say(&self, ink: Ink, browser: BrowserKind, text: &str) {
        let name = self.style.paint(Ink::Dim, &format!("{:<8}", browser.name()));
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
    fn summarise(&self, state: &State, browser: BrowserKind) {
        let Some((bar, version)) = state.browsers.get(&browser) else { return };
        let done = format!("{} of {} done", state.done, text::count(self.journeys, "journey", "journeys"));
        let heard = text::count(state.events, "event", "events");
        bar.set_message(self.style.paint(Ink::Dim, &format!("{} {version}: {done}, {heard} heard", browser.name())));
    }
}

impl Progress for Live {
    fn browser_starting(&self, browser: BrowserKind) {
        let bar = self.lines.add(self.bar());
        bar.set_message(self.style.paint(Ink::Dim, &format!("{} is being started", browser.name())));
        bar.enable_steady_tick(TICK);
        let mut state = self.lock();
        // One browser after the other: the former one's line has had its day.
        for (_, (old, _)) in state.browsers.drain() {
            old.finish_and_clear();
        }
        (state.done, state.events) = (0, 0);
        state.browsers.insert(browser, (bar, String::new()));
    }

    fn browser_started(&self, browser: BrowserKind, version: &str) {
        let version = short(version);
        self.say(Ink::Plain, browser, &format!("{version} has started"));
        let mut state = self.lock();
        if let Some((_, known)) = state.browsers.get_mut(&browser) {
            *known = version;
        }
        self.summarise(&state, browser);
    }

    fn journey_started(&self, browser: BrowserKind, journey: &str, steps: usize) {
        let mut state = self.lock();
        let bar = match state.browsers.get(&browser) {
            Some((below, _)) => self.lines.insert_before(below, self.bar()),
            None => self.lines.add(self.bar()),
        };
        let line = Line { bar, steps, index: 0, step: "opening its windows".to_owned(), events: Vec::new() };
        self.draw(&line, journey);
        line.bar.enable_steady_tick(TICK);
        state.walking.insert((browser, journey.to_owned()), line);
    }

    fn step_started(&self, browser: BrowserKind, journey: &str, index: usize, what: &str) {
        if let Some(line) = self.lock().walking.get_mut(&(browser, journey.to_owned())) {
            line.index = index + 1;
            line.step = short(what);
            self.draw(line, journey);
        }
    }

    fn event_heard(&self, browser: BrowserKind, journey: &str, constant: &str) {
        let mut state = self.lock();
        state.events += 1;
        if let Some(line) = state.walking.get_mut(&(browser, journey.to_owned())) {
            line.events.push(short(constant));
            self.draw(line, journey);
        }
        self.summarise(&state, browser);
    }

    fn journey_retried(&self, browser: BrowserKind, journey: &str, attempt: u32) {
        self.say(Ink::Warn, browser, &format!("{} … failed; attempt {attempt} with a fresh visitor", short(journey)));
        let mut state = self.lock();
        // It isn't done yet.
        state.done = state.done.saturating_sub(1);
        self.summarise(&state, browser);
    }

    fn journey_finished(&self, browser: BrowserKind, recording: &Recording) {
        let (ink, text) = finished(recording);
        let mut state = self.lock();
        if let Some(line) = state.walking.remove(&(browser, recording.journey.clone())) {
            line.bar.finish_and_clear();
        }
        state.done += 1;
        self.summarise(&state, browser);
        drop(state);
        self.say(ink, browser, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::InMemoryTerm;

    #[test]
    fn a_line_for_each_journey_tells_its_step_and_its_events_and_gives_way() {
        let term = InMemoryTerm::new(12, 72);
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let live = Live::on(target, Style::OFF, &screen, 2);
        let firefox = BrowserKind::Firefox;
        live.browser_starting(firefox);
        live.browser_started(firefox, "153.0");
        live.journey_started(firefox, "live-chat", 3);
        live.journey_started(firefox, "booking", 9);
        live.step_started(firefox, "live-chat", 1, "click \u{1b}[31mlauncher");
        live.event_heard(firefox, "live-chat", "OPENED");
        live.event_heard(firefox, "live-chat", "SAID");
        live.step_started(firefox, "booking", 0, &"x".repeat(200));
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
