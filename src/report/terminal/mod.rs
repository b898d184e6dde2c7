//! The report for a person at a terminal: what was done, what was heard, what is wrong and where to look.
//!
//! Boundary: pure; colour is a parameter. Readable at 80 to 100 columns. All text from the page or the files passes
//! [`super::text`] first.

mod coverage;
mod handlers;
mod known;
pub mod tags;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use crate::recording::{Ending, Kind, Recording, StepOutcome, StepRecord};
use crate::report::model::{JourneyReport, Report};
use crate::report::style::{Ink, Style};
use crate::report::summary::{self, Conclusion, Heard};
use crate::report::text::{self, short};
use crate::verdict::Outcome;

/// Columns that lines are wrapped at.
const WIDTH: usize = 98;

/// After so many events in one step, they are told by constant and number.
const LISTED_EVENTS: usize = 12;

/// Renders the whole report.
pub fn render(report: &Report, style: Style) -> String {
    let mut page = Page { out: String::new(), style };
    head(&mut page, report);
    let mut told = verdicts::Told::default();
    let mut browser = "";
    for journey in &report.journeys {
        if journey.recording.browser.name != browser {
            browser = &journey.recording.browser.name;
            browser_line(&mut page, &journey.recording);
            told = verdicts::Told::default();
        }
        one_journey(&mut page, journey, &mut told);
    }
    for error in &report.errors {
        page.blank();
        let begun = report.journeys.iter().any(|journey| journey.recording.browser.name == error.browser);
        let what = if begun { "did not get to the end" } else { "could not be used" };
        let head = format!("✘ {} {what}", short(&error.browser));
        page.line(0, &page.style.paint(Ink::Bad, &head));
        for line in error.message.lines() {
            page.wrapped(2, Ink::Strong, &text::line(line, text::LONG));
        }
        page.help(2, error.help.as_deref());
    }
    for lost in &report.lost {
        page.blank();
        page.wrapped(0, Ink::Warn, &format!("! {}", text::line(&summary::lost_text(lost), text::LONG)));
    }
    coverage::table(&mut page, report);
    let (others, undeclared) = summary::coverage_apart(report);
    for verdict in others {
        verdicts::block(&mut page, 2, verdict, &[], &mut told);
    }
    coverage::undeclared(&mut page, &undeclared);
    for browser in summary::browsers(report) {
        let Some(all) = summary::tags(report, &browser.name) else { continue };
        for line in tags::lines(&all, &browser.name, page.style) {
            page.line(0, &line);
        }
    }
    known::waived(&mut page, report);
    known::stale(&mut page, report);
    conclusion(&mut page, report);
    page.out
}

fn head(page: &mut Page, report: &Report) {
    let title = short(&report.spec.title);
    let line = format!("{} against {}", page.style.paint(Ink::Strong, &short(&report.site)), title);
    page.line(0, &line);
    page.line(0, &page.style.paint(Ink::Dim, &short(&report.spec.url)));
}

fn browser_line(page: &mut Page, recording: &Recording) {
    let browser = &recording.browser;
    let mut about = vec![short(format!("{} {}", browser.driver, browser.driver_version).trim_end())];
    if !browser.platform.is_empty() {
        about.push(short(&browser.platform));
    }
    about.push(if browser.headless { "headless" } else { "with a window" }.into());
    about.push(short(&recording.run.base_url));
    page.blank();
    let name = page.style.paint(Ink::Strong, &short(&format!("{} {}", browser.name, browser.version)));
    let about = page.style.paint(Ink::Dim, &about.join(" · "));
    page.line(0, &format!("{name}  {about}"));
}

/// How a journey went as a whole.
fn sign(journey: &JourneyReport) -> (&'static str, Ink) {
    let any = |test: fn(&crate::verdict::Verdict) -> bool| journey.verdicts.iter().any(test);
    if any(summary::is_breach) {
        ("✘", Ink::Bad)
    } else if journey.recording.ending != Ending::Complete || any(summary::is_doubt) {
        ("?", Ink::Doubt)
    } else if journey.is_flaky()
        || any(|verdict| verdict.outcome == Outcome::Warn && verdict.level != crate::verdict::Level::Record)
    {
        ("▲", Ink::Warn)
    } else {
        ("✔", Ink::Good)
    }
}

fn one_journey(page: &mut Page, journey: &JourneyReport, told: &mut verdicts::Told) {
    let recording = &journey.recording;
    let (sign, ink) = sign(journey);
    let events = summary::events(recording);
    let checks = journey.checks();
    page.blank();
    let mut line =
        format!("{} {}", page.style.paint(ink, sign), page.style.paint(Ink::Strong, &short(&recording.journey)));
    if journey.title != recording.journey {
        line.push_str("  ");
        line.push_str(&short(&journey.title));
    }
    page.line(2, &line);
    let mut numbers = vec![
        text::count(recording.steps.len(), "step", "steps"),
        text::count(journey.counts().events, "event", "events"),
        text::count(checks, "check", "checks"),
        text::duration(summary::journey_ms(recording)),
    ];
    if !journey.earlier.is_empty() {
        numbers.push(format!("attempt {}", journey.earlier.len() + 1));
    }
    page.line(4, &page.style.paint(Ink::Dim, &numbers.join(" · ")));
    known::attempts(page, 4, journey);
    if journey.folded.is_none() {
        let trouble = troubles(recording, &events);
        let brief = ink == Ink::Good && trouble.is_empty();
        steps(page, recording, &events, &trouble, brief);
        handlers::section(page, recording, brief);
    }
    ending(page, &recording.ending);
    // What the end of a journey left open is explained by that end, unless it has a reason of its own, and says what to do.
    let ended = recording.ending != Ending::Complete;
    let (open, headlines): (Vec<_>, Vec<_>) =
        summary::headlines(&journey.verdicts).into_iter().partition(|(verdict, _)| {
            ended && verdict.outcome == Outcome::Inconclusive && verdict.finding != "page-refused"
        });
    for (verdict, explained) in headlines {
        verdicts::block(page, 4, verdict, &explained, told);
    }
    let open: Vec<_> =
        open.into_iter().flat_map(|(verdict, explained)| std::iter::once(verdict).chain(explained)).collect();
    verdicts::left_open(page, 4, &open);
}

/// Page errors and dialogs by the step they came after: often the reason for all the rest.
fn troubles(recording: &Recording, events: &[Heard<'_>]) -> BTreeMap<usize, Vec<String>> {
    let mut out: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut step = 0;
    let mut arrived = events.iter().peekable();
    for observation in &recording.observations {
        while let Some(event) = arrived.next_if(|event| event.arrival <= observation.arrival) {
            step = event.step.unwrap_or(step);
        }
        if let Kind::Mark { step: begun } = &observation.kind {
            step = step.max((*begun).min(recording.steps.len().saturating_sub(1)));
        }
        let told = match &observation.kind {
            Kind::PageError { message, source, line } => {
                let place = if source.is_empty() { String::new() } else { format!("  {source}:{line}") };
                format!("page error: {message}{place}")
            }
            Kind::Dialog { dialog, message, answer, .. } => format!("{dialog} dialog {answer}: {message}"),
            Kind::Asked { what, answer } => Kind::asked(what, answer),
            Kind::Whenever { what, problem, .. } => Kind::whenever(what, problem),
            Kind::PressedAgain { .. } => Kind::PRESSED_AGAIN.to_owned(),
            Kind::Dropped { count } => format!("the listener dropped {count} messages: there were too many"),
            Kind::Deaf { url, message } => format!("could not listen in {url}: {message}"),
            _ => continue,
        };
        out.entry(step).or_default().push(short(&told));
    }
    out
}

/// The steps. `brief`: only those that caused something.
fn steps(
    page: &mut Page,
    recording: &Recording,
    events: &[Heard<'_>],
    troubles: &BTreeMap<usize, Vec<String>>,
    brief: bool,
) {
    let none = Vec::new();
    for step in &recording.steps {
        let caused: Vec<&Heard<'_>> = events.iter().filter(|event| event.step.unwrap_or(0) == step.index).collect();
        let notes = troubles.get(&step.index).unwrap_or(&none);
        let plain = matches!(step.outcome, StepOutcome::Done);
        if brief && plain && caused.is_empty() && notes.is_empty() {
            continue;
        }
        step_line(page, step);
        events_of(page, &caused);
        // The same error on each animation frame is one note, not a thousand.
        let mut seen = BTreeSet::new();
        for note in notes.iter().filter(|note| seen.insert(note.as_str())).take(5) {
            page.wrapped_after(9, &format!("{} ", page.style.paint(Ink::Warn, "!")), 2, Ink::Warn, note);
        }
    }
}

fn step_line(page: &mut Page, step: &StepRecord) {
    let took = match (step.began_ms, step.acted_ms) {
        (Some(began), Some(acted)) => text::duration(acted - began),
        _ => String::new(),
    };
    let (ink, after) = match &step.outcome {
        StepOutcome::Done => (None, took),
        StepOutcome::Skipped { .. } => (Some(Ink::Dim), "skipped".into()),
        StepOutcome::Failed(_) => (Some(Ink::Bad), format!("✘ failed {took}").trim_end().to_owned()),
        StepOutcome::NotBegun => (Some(Ink::Dim), "not begun".into()),
    };
    let actor = if step.actor == crate::site::VISITOR { String::new() } else { format!("{}: ", step.actor) };
    // Number, text and time stand in columns: 3, 72 and 14 wide.
    let what = text::clip(&format!("{actor}{}{}", step.within(), step.text), 72);
    let gap = 72_usize.saturating_sub(what.chars().count());
    let painted = ink.map_or_else(|| what.clone(), |ink| page.style.paint(ink, &what));
    let number = page.style.paint(Ink::Dim, &format!("{:>3}", step.index + 1));
    let after = page.style.paint(Ink::Dim, &format!("{:gap$}{after:>14}", ""));
    page.line(4, &format!("{number}  {painted}{after}"));
    match &step.outcome {
        StepOutcome::Skipped { message } => page.wrapped(9, Ink::Dim, &short(message)),
        StepOutcome::Failed(error) => {
            page.wrapped(9, Ink::Bad, &text::line(&error.message, text::LONG));
            for candidate in error.candidates.iter().take(8) {
                page.wrapped_after(9, "· ", 2, Ink::Dim, &short(candidate));
            }
        }
        StepOutcome::Done | StepOutcome::NotBegun => {}
    }
}

/// The events after a step, each on a line with its latency; a burst is told by number.
fn events_of(page: &mut Page, events: &[&Heard<'_>]) {
    let arrow = page.style.paint(Ink::Good, "→");
    let since = |ms: Option<f64>| ms.map(|ms| format!("+{}", text::duration(ms))).unwrap_or_default();
    if events.len() <= LISTED_EVENTS {
        for event in events {
            let name = page.style.paint(Ink::Name, &short(event.constant));
            let mut about = since(event.latency_ms);
            if event.actor != crate::site::VISITOR {
                about = format!("{about}  in {}'s window", short(event.actor));
            }
            let about = page.style.paint(Ink::Dim, about.trim());
            page.line(9, format!("{arrow} {name}  {about}").trim_end());
        }
        return;
    }
    let mut by_constant: Vec<(&str, Vec<&Heard<'_>>)> = Vec::new();
    for event in events {
        match by_constant.iter_mut().find(|(constant, _)| *constant == event.constant) {
            Some((_, list)) => list.push(event),
            None => by_constant.push((event.constant, vec![event])),
        }
    }
    for (constant, list) in by_constant {
        let ends = [list.first(), list.last()].map(|event| since(event.and_then(|event| event.latency_ms)));
        let name = page.style.paint(Ink::Name, &short(constant));
        let about = page.style.paint(Ink::Dim, &format!("× {}  {} … {}", text::grouped(list.len()), ends[0], ends[1]));
        page.line(9, &format!("{arrow} {name}  {about}"));
    }
}

fn ending(page: &mut Page, ending: &Ending) {
    let said = match ending {
        // A failed step has told already.
        Ending::Complete | Ending::StepFailed { .. } => return,
        Ending::Interrupted => "interrupted here".to_owned(),
        Ending::Broken { message } => format!("the journey broke off: {message}"),
    };
    page.wrapped(4, Ink::Bad, &text::line(&said, text::LONG));
}

fn conclusion(page: &mut Page, report: &Report) {
    let totals = summary::totals(report);
    let mut parts =
        vec![text::count(totals.checks, "check", "checks"), format!("{} passed", text::grouped(totals.pass))];
    for (number, word) in [
        (totals.fail, "failed"),
        (totals.warn, "with a warning"),
        (totals.noted, "noted"),
        (totals.inconclusive, "inconclusive"),
        (totals.not_reached, "not reached"),
        (totals.waived, "waived"),
        (totals.flaky, if totals.flaky == 1 { "journey flaky" } else { "journeys flaky" }),
    ] {
        if number > 0 {
            parts.push(format!("{} {word}", text::grouped(number)));
        }
    }
    page.blank();
    let journeys = text::count(totals.journeys, "journey", "journeys");
    let events = text::count(totals.events, "event", "events");
    page.wrapped(0, Ink::Dim, &format!("{journeys} · {events} heard · {}", parts.join(" · ")));
    for line in summary::analytics_lines(report) {
        page.wrapped(0, Ink::Dim, &line);
    }
    let (sign, ink) = match summary::conclusion(report) {
        Conclusion::Conforms => ("✔", Ink::Good),
        Conclusion::DoesNotConform => ("✘", Ink::Bad),
        Conclusion::CouldNotJudge => ("?", Ink::Doubt),
        Conclusion::Interrupted => ("■", Ink::Warn),
    };
    page.line(0, &page.style.paint(ink, &format!("{sign} {}", summary::sentence(report))));
}

/// A text that grows line by line.
struct Page {
    out: String,
    style: Style,
}

impl Page {
    fn blank(&mut self) {
        self.out.push('\n');
    }

    fn line(&mut self, indent: usize, line: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        // A line that begins so is a command to the log of a CI server, also behind blanks.
        match line.trim_start().strip_prefix("::") {
            Some(rest) => self.out.push_str(&format!("\\u{{3a}}:{rest}")),
            None => self.out.push_str(line),
        }
        self.out.push('\n');
    }

    /// A safe text, wrapped, all its lines at the same indent.
    fn wrapped(&mut self, indent: usize, ink: Ink, text: &str) {
        self.wrapped_after(indent, "", 0, ink, text);
    }

    /// A safe text after a painted label that is `taken` columns wide; further lines hang under the text.
    fn wrapped_after(&mut self, indent: usize, label: &str, taken: usize, ink: Ink, text: &str) {
        for (at, part) in text::wrap(text, WIDTH.saturating_sub(indent + taken)).iter().enumerate() {
            let painted = self.style.paint(ink, part);
            if at == 0 {
                self.line(indent, &format!("{label}{painted}"));
            } else {
                self.line(indent + taken, &painted);
            }
        }
    }

    /// A help text of ours, whose line breaks count.
    fn help(&mut self, indent: usize, help: Option<&str>) {
        for line in help.map(|help| text::lines(help, text::LONG)).unwrap_or_default() {
            self.line(indent, &line);
        }
    }
}
