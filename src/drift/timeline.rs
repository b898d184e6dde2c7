//! What many runs have shown of each requirement and event, over time.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use crate::report::style::{Ink, Style};
use crate::report::text::{self, short};

use super::history::{Column, Entry, Latency};

/// The `format` of the JSON that this version writes.
pub const FORMAT: &str = "chatproof-timeline/1";

/// So many of the latest runs are drawn.
const DRAWN: usize = 40;

/// What a run says of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It held wherever it was looked at.
    Held,
    /// It was broken: `fail`, `warn` or `not-reached`.
    Broken,
    /// It couldn't be told.
    Doubt,
    /// It wasn't looked at: the browser or its journey wasn't run.
    Unseen,
}

impl State {
    pub(super) fn mark(self) -> char {
        match self {
            Self::Held => '✔',
            Self::Broken => '✘',
            Self::Doubt => '?',
            Self::Unseen => '·',
        }
    }
}

/// A requirement in a column, over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its id.
    pub requirement: String,
    /// Browser, or browser with a visitor.
    pub column: String,
    /// What each run says, the oldest first.
    pub states: Vec<State>,
    /// What the last run that looked at it says.
    pub now: State,
    /// If it is broken now: when the first run of that time began.
    pub since: Option<String>,
    /// In how many runs it was looked at and told.
    pub told: usize,
    /// In how many of these it was broken.
    pub broken: usize,
    /// How often it turned from held to broken or back.
    pub turns: usize,
    /// What was found when it was broken last.
    pub findings: BTreeSet<String>,
    /// The requirement whose breach explained that.
    pub caused_by: Option<String>,
}

impl Row {
    /// It held and broke by turns, more than once.
    pub fn is_flaky(&self) -> bool {
        self.turns >= 3
    }

    /// How it went, in words.
    pub fn told(&self) -> String {
        let share = format!("broken in {} of {}", self.broken, text::count(self.told, "run", "runs"));
        let turns = if self.is_flaky() { format!(", flaky: turned {} times", self.turns) } else { String::new() };
        match (&self.since, self.now) {
            (Some(since), _) => format!("broken since {} ({share}{turns})", day(since)),
            (None, State::Doubt) => format!("can't be told now ({share}{turns})"),
            (None, _) => format!("holds now ({share}{turns})"),
        }
    }
}

/// An event in a column, over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pace {
    /// Its constant.
    pub event: String,
    /// Browser, or browser with a visitor.
    pub column: String,
    /// Median latency of each run in milliseconds, the oldest first; `null` where it wasn't heard.
    pub medians_ms: Vec<Option<f64>>,
    /// The median of these.
    pub median_ms: f64,
    /// The last one.
    pub last_ms: f64,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunAt {
    /// When it began.
    pub at: String,
    /// What `${run.id}` was.
    pub run: String,
    /// What it ended with.
    pub exit_code: u8,
    /// Journeys that were flaky in it, `browser: journey`.
    pub flaky: Vec<String>,
}

/// What many runs have shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The runs, the oldest first.
    pub runs: Vec<RunAt>,
    /// Requirements that were ever broken or inconclusive: those that are now first, then the flaky ones.
    pub requirements: Vec<Row>,
    /// How many others always held, each column's counted for itself.
    pub always_held: usize,
    /// How long events took.
    pub events: Vec<Pace>,
    /// What could not be read, a sentence each.
    pub notes: Vec<String>,
}

/// Puts the summaries of runs together.
pub fn of(mut entries: Vec<Entry>, notes: Vec<String>) -> Timeline {
    entries.sort_by(|a, b| (&a.at, &a.run).cmp(&(&b.at, &b.run)));
    let mut keys: BTreeSet<(String, String)> = BTreeSet::new();
    let mut held: BTreeSet<(String, String)> = BTreeSet::new();
    let mut events: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, column) in entries.iter().flat_map(|entry| &entry.columns) {
        let key = |id: &String| (id.clone(), name.clone());
        keys.extend(column.broken.iter().filter(|(_, breach)| breach.outcome != "note").map(|(id, _)| key(id)));
        held.extend(column.held.iter().map(key));
        events.extend(column.events.keys().map(key));
    }
    let always_held = held.difference(&keys).count();
    let mut requirements: Vec<Row> = keys.into_iter().map(|key| row(key, &entries)).collect();
    let place = |row: &Row| (row.now != State::Broken, row.now != State::Doubt, !row.is_flaky());
    requirements.sort_by(|a, b| (place(a), &a.requirement, &a.column).cmp(&(place(b), &b.requirement, &b.column)));
    let flaky = |entry: &Entry| {
        let of = |(name, column): (&String, &Column)| {
            column.flaky.iter().map(|journey| format!("{name}: {journey}")).collect::<Vec<_>>()
        };
        entry.columns.iter().flat_map(of).collect()
    };
    let run = |entry: &Entry| RunAt {
        at: entry.at.clone(),
        run: entry.run.clone(),
        exit_code: entry.exit_code,
        flaky: flaky(entry),
    };
    Timeline {
        format: FORMAT,
        runs: entries.iter().map(run).collect(),
        requirements,
        always_held,
        events: events.into_iter().filter_map(|key| pace(key, &entries)).collect(),
        notes,
    }
}

fn row((requirement, column): (String, String), entries: &[Entry]) -> Row {
    let of = |entry: &Entry| {
        let Some(seen) = entry.columns.get(&column) else { return State::Unseen };
        match seen.broken.get(&requirement).map(|breach| breach.outcome.as_str()) {
            Some("inconclusive") => State::Doubt,
            Some("note") => State::Held,
            Some(_) => State::Broken,
            None if seen.held.contains(&requirement) => State::Held,
            None => State::Unseen,
        }
    };
    let states: Vec<State> = entries.iter().map(of).collect();
    let told: Vec<(usize, State)> =
        states.iter().copied().enumerate().filter(|(_, s)| matches!(s, State::Held | State::Broken)).collect();
    let turns = told.windows(2).filter(|pair| matches!(pair, [(_, a), (_, b)] if a != b)).count();
    let now = states.iter().rev().copied().find(|state| *state != State::Unseen).unwrap_or(State::Unseen);
    let streak = told.iter().rev().take_while(|(_, state)| *state == State::Broken).last();
    let since = streak.filter(|_| now == State::Broken).and_then(|(at, _)| entries.get(*at)).map(|e| e.at.clone());
    let breach = entries.iter().rev().find_map(|entry| {
        entry.columns.get(&column)?.broken.get(&requirement).filter(|breach| breach.outcome != "note")
    });
    Row {
        now,
        since,
        told: told.len(),
        broken: told.iter().filter(|(_, state)| *state == State::Broken).count(),
        turns,
        findings: breach.map(|breach| breach.findings.clone()).unwrap_or_default(),
        caused_by: breach.and_then(|breach| breach.caused_by.clone()),
        requirement,
        column,
        states,
    }
}

fn pace((event, column): (String, String), entries: &[Entry]) -> Option<Pace> {
    let of = |entry: &Entry| -> Option<f64> {
        let Latency { median_ms, .. } = entry.columns.get(&column)?.events.get(&event)?;
        median_ms.filter(|ms| ms.is_finite() && *ms >= 0.0)
    };
    let medians_ms: Vec<Option<f64>> = entries.iter().map(of).collect();
    let mut known: Vec<f64> = medians_ms.iter().copied().flatten().collect();
    let last_ms = known.last().copied()?;
    known.sort_by(f64::total_cmp);
    let median_ms = known.get((known.len() - 1) / 2).copied()?;
    Some(Pace { event, column, medians_ms, median_ms, last_ms })
}

/// `2027-01-31` of a moment.
pub(super) fn day(at: &str) -> String {
    let day = at.get(..10).filter(|_| at.is_ascii()).unwrap_or(at);
    short(day)
}

/// The latest of some.
pub(super) fn latest<T>(all: &[T]) -> &[T] {
    all.get(all.len().saturating_sub(DRAWN)..).unwrap_or(all)
}

pub(super) fn run_state(code: u8) -> State {
    match code {
        0 => State::Held,
        1 => State::Broken,
        _ => State::Doubt,
    }
}

impl Timeline {
    /// How it stands, in one sentence.
    pub fn sentence(&self) -> String {
        let now = |state: State| self.requirements.iter().filter(|row| row.now == state).count();
        let flaky = self.requirements.iter().filter(|row| row.is_flaky()).count();
        let mut parts = vec![text::count(self.runs.len(), "run", "runs")];
        if let (Some(first), Some(last)) = (self.runs.first(), self.runs.last()) {
            parts.push(format!("{} to {}", day(&first.at), day(&last.at)));
        }
        parts.push(match now(State::Broken) {
            0 => "nothing is broken now".to_owned(),
            broken => format!("{} broken now", text::count(broken, "requirement is", "requirements are")),
        });
        if now(State::Doubt) > 0 {
            parts.push(format!("{} can't be told", now(State::Doubt)));
        }
        if flaky > 0 {
            parts.push(format!("{flaky} flaky"));
        }
        parts.join(", ")
    }

    /// For a person at a terminal.
    pub fn render(&self, style: Style) -> String {
        let mut out = format!("{}\n\n", style.paint(Ink::Strong, &self.sentence()));
        let states: String = latest(&self.runs).iter().map(|run| run_state(run.exit_code).mark()).collect();
        let last = self.runs.last().map_or("", |run| match run.exit_code {
            0 => "the last one conforms",
            1 => "the last one does not conform",
            _ => "the last one could not be judged",
        });
        out.push_str(&format!("  runs  {states}  {last}\n"));
        let heading = |row: &Row| match row.now {
            State::Broken => "Broken now",
            State::Doubt => "Can't be told now",
            _ if row.is_flaky() => "Flaky",
            _ => "Broken before",
        };
        let mut before = "";
        for row in &self.requirements {
            if heading(row) != before {
                before = heading(row);
                out.push_str(&format!("\n{}\n", style.paint(Ink::Strong, before)));
            }
            let ink = match row.now {
                State::Broken => Ink::Bad,
                State::Doubt => Ink::Doubt,
                _ => Ink::Plain,
            };
            let states: String = latest(&row.states).iter().map(|state| state.mark()).collect();
            let head = format!("{} {}", row.now.mark(), short(&row.requirement));
            let findings: Vec<String> = row.findings.iter().map(|finding| short(finding)).collect();
            out.push_str(&format!("  {}  {}\n", style.paint(ink, &head), short(&row.column)));
            out.push_str(&format!("    {states}  {}; last found: {}\n", row.told(), findings.join(", ")));
            if let Some(cause) = &row.caused_by {
                out.push_str(&format!("    {}\n", style.paint(Ink::Dim, &format!("explained by {}", short(cause)))));
            }
        }
        if self.always_held > 0 {
            out.push_str(&format!("\n{} always held\n", text::count(self.always_held, "requirement", "requirements")));
        }
        if !self.events.is_empty() {
            out.push_str(&format!("\n{}\n", style.paint(Ink::Strong, "How long events take (median of each run)")));
        }
        let wide = self.events.iter().map(|pace| pace.event.chars().count()).max().unwrap_or(0).min(48);
        for pace in &self.events {
            let name = text::clip(&pace.event, 48);
            out.push_str(&format!(
                "  {name:<wide$}  {}  {}  usually {}, last {}\n",
                short(&pace.column),
                bars(latest(&pace.medians_ms)),
                text::duration(pace.median_ms),
                text::duration(pace.last_ms),
            ));
        }
        for note in &self.notes {
            out.push_str(&format!("\n{}\n", style.paint(Ink::Warn, &text::line(note, text::LONG))));
        }
        out
    }

    /// For programs.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        crate::report::json::write_safe(out, self)
    }
}

/// `▁▂█`; a `·` where there is nothing.
fn bars(medians: &[Option<f64>]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = medians.iter().copied().flatten().fold(1.0, f64::max);
    let bar = |ms: f64| BARS.get(((ms / most) * 7.0).round() as usize).copied().unwrap_or('█');
    medians.iter().map(|median| median.map_or('·', bar)).collect()
}
