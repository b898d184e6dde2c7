//! The report looked at once, before anything is written: what belongs together, what has an address in the page, and
//! what repeats so often that it is told by number.

use std::collections::{BTreeMap, BTreeSet};

use super::causes::{self, Cause};
use super::clock::Clock;
use super::tone::Tone;
use crate::recording::{Ending, Kind, Moment, Recording};
use crate::report::model::{JourneyReport, Report};
use crate::report::summary::{self, Heard};
use crate::report::text::{self, short};
use crate::verdict::Verdict;

/// Events of one constant that are shown one by one in a step.
const ONE_BY_ONE: usize = 4;
/// Events that are shown one by one in a journey.
const MOST_EVENTS: usize = 250;
/// Errors, dialogs and navigations that are told of a journey.
const MOST_TROUBLES: usize = 120;
/// Characters of all pictures together: mail servers and CI servers refuse what is much larger.
const MOST_PICTURES: usize = 20 << 20;

/// All that the sections need.
pub(super) struct View<'a> {
    pub(super) report: &'a Report,
    pub(super) journeys: Vec<Seen<'a>>,
    pub(super) causes: Vec<Cause<'a>>,
    /// Which cause a verdict belongs to, its own or the one that explains it: number in `causes`.
    pub(super) cause_of: BTreeMap<(usize, &'a str), usize>,
    pub(super) several_browsers: bool,
    /// What all documented constants begin with; left out where room is short.
    pub(super) prefix: String,
}

/// One journey in one browser.
pub(super) struct Seen<'a> {
    /// From 1, in the report's order.
    pub(super) number: usize,
    pub(super) report: &'a JourneyReport,
    pub(super) tone: Tone,
    pub(super) clock: Clock,
    pub(super) events: Vec<Heard<'a>>,
    /// What is told of the events after each step.
    pub(super) entries: BTreeMap<usize, Vec<Entry<'a>>>,
    /// Verdicts by the observation that they rest on.
    pub(super) verdicts_on: BTreeMap<u64, Vec<&'a Verdict>>,
    /// What else was heard, by the step it came after.
    pub(super) troubles: Vec<Trouble>,
    /// How many more there were.
    pub(super) more_troubles: usize,
    /// The sights whose picture is in the report: attempt at the journey, and number of the sight in it.
    pub(super) pictures: BTreeSet<(u32, usize)>,
    shown: BTreeSet<u64>,
}

/// Events as they are told.
#[derive(Clone)]
pub(super) enum Entry<'a> {
    One(Heard<'a>),
    /// Further ones of a constant: the first and the last, and how many.
    More(Heard<'a>, Heard<'a>, usize),
}

/// A page error, a dialog, a navigation: what isn't an event and may explain one.
pub(super) struct Trouble {
    pub(super) arrival: u64,
    pub(super) step: usize,
    pub(super) tone: Tone,
    /// In a word: `page error`.
    pub(super) what: &'static str,
    pub(super) text: String,
    /// How often in a row.
    pub(super) times: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let mut room = MOST_PICTURES;
        let mut journeys: Vec<Seen<'a>> =
            report.journeys.iter().enumerate().map(|(at, journey)| Seen::new(at + 1, journey)).collect();
        // Failures first: if there isn't room for all, the ends are left out.
        for end in [false, true] {
            for seen in &mut journeys {
                let earlier = seen.report.earlier.iter().map(|attempt| &attempt.recording);
                let last = Some(&seen.report.recording).filter(|_| seen.report.folded.is_none());
                for recording in earlier.chain(last) {
                    for (at, sight) in recording.sights.iter().enumerate() {
                        let wanted = (sight.moment == Moment::End) == end;
                        let Some(picture) = sight.picture.as_ref().filter(|_| wanted) else { continue };
                        if picture.data.len() <= room {
                            room -= picture.data.len();
                            seen.pictures.insert((recording.attempt, at));
                        }
                    }
                }
            }
        }
        let causes = causes::of(report);
        let mut cause_of = BTreeMap::new();
        for (at, cause) in causes.iter().enumerate() {
            for (journey, verdict) in cause.verdicts() {
                cause_of.entry((journey, verdict.requirement.as_str())).or_insert(at + 1);
            }
        }
        Self {
            report,
            journeys,
            causes,
            cause_of,
            several_browsers: summary::browsers(report).len() > 1,
            prefix: common_prefix(report),
        }
    }

    /// A constant where room is short.
    pub(super) fn brief(&self, constant: &str) -> String {
        short(constant.strip_prefix(self.prefix.as_str()).filter(|rest| !rest.is_empty()).unwrap_or(constant))
    }
}

impl<'a> Seen<'a> {
    fn new(number: usize, report: &'a JourneyReport) -> Self {
        let recording = &report.recording;
        // What is left out has no place in the page.
        let events = if report.folded.is_some() { Vec::new() } else { summary::events(recording) };
        let mut verdicts_on: BTreeMap<u64, Vec<&Verdict>> = BTreeMap::new();
        for verdict in report.verdicts.iter().filter(|_| report.folded.is_none()) {
            for arrival in &verdict.evidence {
                verdicts_on.entry(*arrival).or_default().push(verdict);
            }
        }
        let entries = entries(&events, &verdicts_on);
        let one = |entry: &Entry<'_>| match entry {
            Entry::One(event) => Some(event.arrival),
            Entry::More(..) => None,
        };
        let shown = entries.values().flatten().filter_map(one).collect();
        let (troubles, more_troubles) =
            if report.folded.is_some() { (Vec::new(), 0) } else { troubles(recording, &events) };
        Self {
            number,
            report,
            tone: tone(report),
            clock: Clock::new(recording),
            events,
            entries,
            verdicts_on,
            troubles,
            more_troubles,
            pictures: BTreeSet::new(),
            shown,
        }
    }

    pub(super) fn anchor(&self) -> String {
        format!("j{}", self.number)
    }

    pub(super) fn step_anchor(&self, index: usize) -> String {
        if self.report.folded.is_some() {
            return self.anchor();
        }
        format!("j{}-s{}", self.number, index + 1)
    }

    pub(super) fn event_anchor(&self, arrival: u64) -> String {
        format!("j{}-e{arrival}", self.number)
    }

    /// Of the last attempt.
    pub(super) fn sight_anchor(&self, at: usize) -> String {
        format!("j{}-p{}", self.number, at + 1)
    }

    /// Of an attempt before it.
    pub(super) fn earlier_sight_anchor(&self, attempt: u32, at: usize) -> String {
        format!("j{}-a{attempt}-p{}", self.number, at + 1)
    }

    /// Where the event is told: its own entry, else its step's.
    pub(super) fn place_of(&self, arrival: u64) -> String {
        if self.shown.contains(&arrival) {
            return self.event_anchor(arrival);
        }
        let event = self.events.iter().find(|event| event.arrival == arrival);
        event.map_or_else(|| self.anchor(), |event| self.step_anchor(event.step.unwrap_or(0)))
    }

    /// Where a verdict's evidence is: the event, else the step that should have caused it, else the journey.
    pub(super) fn evidence_of(&self, verdict: &Verdict) -> String {
        let heard = |arrival: &&u64| self.shown.contains(arrival);
        match (verdict.evidence.iter().find(heard).or(verdict.evidence.first()), &verdict.step) {
            (Some(arrival), _) if self.shown.contains(arrival) => self.event_anchor(*arrival),
            (_, Some(step)) if step.index < self.report.recording.steps.len() => self.step_anchor(step.index),
            (Some(arrival), _) => self.place_of(*arrival),
            (None, _) => self.anchor(),
        }
    }

    /// The first sight that was taken for a step.
    pub(super) fn sight_of_step(&self, index: usize) -> Option<usize> {
        let shown = self.report.recording.sights.iter().filter(|_| self.report.folded.is_none());
        shown.enumerate().find(|(_, sight)| sight.step == Some(index)).map(|(at, _)| at)
    }
}

/// How a journey went as a whole.
fn tone(journey: &JourneyReport) -> Tone {
    let any = |test: fn(&Verdict) -> bool| journey.verdicts.iter().any(test);
    if any(summary::is_breach) {
        Tone::Bad
    } else if journey.recording.ending != Ending::Complete || any(summary::is_doubt) {
        Tone::Doubt
    } else if journey.is_flaky() || any(|verdict| Tone::from(verdict) == Tone::Warn) {
        Tone::Warn
    } else {
        Tone::Good
    }
}

/// Events by step; what comes in great numbers is told by number, but for its first ones and those that are wrong.
fn entries<'a>(events: &[Heard<'a>], on: &BTreeMap<u64, Vec<&Verdict>>) -> BTreeMap<usize, Vec<Entry<'a>>> {
    let wrong = |event: &Heard<'_>| {
        on.get(&event.arrival).is_some_and(|list| list.iter().any(|verdict| Tone::from(*verdict) == Tone::Bad))
    };
    let mut out: BTreeMap<usize, Vec<Entry<'a>>> = BTreeMap::new();
    // Of each step and constant: how many were shown, and of those how many wrong ones; and where the rest is counted.
    let mut counts: BTreeMap<(usize, &str), (usize, usize, Option<usize>)> = BTreeMap::new();
    let mut shown = 0;
    for event in events {
        let step = event.step.unwrap_or(0);
        let list = out.entry(step).or_default();
        let (told, broken, rest) = counts.entry((step, event.constant)).or_default();
        let special = wrong(event) && *broken < ONE_BY_ONE;
        if shown < MOST_EVENTS && (*told < ONE_BY_ONE || special) {
            shown += 1;
            *told += 1;
            *broken += usize::from(wrong(event));
            list.push(Entry::One(*event));
            continue;
        }
        match rest.and_then(|at| list.get_mut(at)) {
            Some(Entry::More(_, last, count)) => {
                *last = *event;
                *count += 1;
            }
            _ => {
                *rest = Some(list.len());
                list.push(Entry::More(*event, *event, 1));
            }
        }
    }
    out
}

/// What else was heard; the same thing over and over is told once.
fn troubles(recording: &Recording, events: &[Heard<'_>]) -> (Vec<Trouble>, usize) {
    let mut out: Vec<Trouble> = Vec::new();
    let mut more = 0;
    let mut step = 0;
    let mut arrived = events.iter().peekable();
    for observation in &recording.observations {
        while let Some(event) = arrived.next_if(|event| event.arrival <= observation.arrival) {
            step = event.step.unwrap_or(step);
        }
        if let Kind::Mark { step: begun } = &observation.kind {
            step = step.max((*begun).min(recording.steps.len().saturating_sub(1)));
        }
        let (tone, what, said) = match &observation.kind {
            Kind::PageError { message, source, line } => {
                let place = if source.is_empty() { String::new() } else { format!(" ({source}:{line})") };
                (Tone::Warn, "page error", format!("{message}{place}"))
            }
            Kind::Dialog { dialog, message, answer, .. } => {
                (Tone::Warn, "dialog", format!("{dialog} {answer}: {message}"))
            }
            Kind::WebdriverRead => (Tone::Dim, "driven", "a script of the page read `navigator.webdriver`".to_owned()),
            Kind::Asked { what, answer } => (Tone::Dim, "asked", Kind::asked(what, answer)),
            Kind::Whenever { what, problem, .. } => {
                let tone = if problem.is_empty() { Tone::Dim } else { Tone::Warn };
                (tone, "in between", Kind::whenever(what, problem))
            }
            Kind::PressedAgain { .. } => (Tone::Warn, "pressed again", Kind::PRESSED_AGAIN.to_owned()),
            Kind::Dropped { count } => {
                (Tone::Doubt, "messages lost", format!("the listener dropped {count}: there were too many"))
            }
            Kind::Deaf { url, message } => (Tone::Doubt, "not listened", format!("in {url}: {message}")),
            Kind::Navigation { url, phase } if phase == "failed" || phase.starts_with("http-") => {
                let status = phase.strip_prefix("http-").map_or("did not load".to_owned(), |s| format!("answered {s}"));
                (Tone::Warn, "navigation", format!("{url} {status}"))
            }
            _ => continue,
        };
        let text = short(&said);
        let full = out.len() >= MOST_TROUBLES;
        match out.last_mut() {
            Some(last) if last.what == what && last.text == text && last.step == step => last.times += 1,
            _ if full => more += 1,
            _ => out.push(Trouble { arrival: observation.arrival, step, tone, what, text, times: 1 }),
        }
    }
    (out, more)
}

/// `CONVERSATION_` of `CONVERSATION_TRIGGERED` and `CONVERSATION_ENGAGED`.
fn common_prefix(report: &Report) -> String {
    let mut names = report.events.iter().map(|event| event.constant.as_str());
    let Some(first) = names.next().filter(|_| report.events.len() > 1) else { return String::new() };
    let mut length = first.len();
    for name in names {
        length = first.bytes().zip(name.bytes()).take(length).take_while(|(a, b)| a == b).count();
    }
    // A part of a word is no prefix.
    let end = first.as_bytes().get(..length).and_then(|part| part.iter().rposition(|b| b"_:.-/ ".contains(b)));
    end.map(|at| first.get(..=at).unwrap_or_default().to_owned()).unwrap_or_default()
}

/// `1.24 s`, with a sign in front where it is a distance.
pub(super) fn after(ms: Option<f64>) -> String {
    ms.map(|ms| format!("+{}", text::duration(ms))).unwrap_or_default()
}
