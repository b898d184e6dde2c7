//! What is wrong, by root cause: one card for each, with everything that follows from it, wherever it happened. The same
//! requirement broken in five journeys and two browsers is one thing to mend.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::rich;
use super::tone::{Tone, mark, word};
use super::view::View;
use crate::recording::{Ending, StepError, StepOutcome};
use crate::report::model::{Report, RunError};
use crate::report::summary;
use crate::report::text::{self, LONG, SHORT, short};
use crate::verdict::{Level, Outcome, Verdict};

/// Places that are listed of one cause.
const MOST_PLACES: usize = 40;
/// Consequences that are named of one cause.
const MOST_CONSEQUENCES: usize = 40;
/// Cards; a spec has hundreds of requirements, and each can be broken.
const MOST_CAUSES: usize = 300;

/// A root cause.
pub(super) struct Cause<'a> {
    pub(super) tone: Tone,
    what: What<'a>,
}

enum What<'a> {
    /// A browser that could not be used.
    Browser(&'a RunError),
    /// A step that could not be done, and what could not be told because of it.
    Step { text: &'a str, error: &'a StepError, places: Vec<Place<'a>> },
    /// A journey that broke off.
    Ended { message: String, places: Vec<Place<'a>> },
    /// A requirement.
    Requirement { places: Vec<Place<'a>> },
    /// Documented events that no journey was to fire.
    Undeclared(Vec<&'a Verdict>),
}

/// Where it happened.
struct Place<'a> {
    /// Number of the journey from 0; `None`: in no journey, as with coverage.
    journey: Option<usize>,
    /// Of the step that failed.
    step: Option<usize>,
    verdict: Option<&'a Verdict>,
    explained: Vec<&'a Verdict>,
}

impl<'a> Cause<'a> {
    /// Every verdict in it that belongs to a journey: number of the journey from 0, and the verdict.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = (usize, &'a Verdict)> {
        let places = match &self.what {
            What::Step { places, .. } | What::Ended { places, .. } | What::Requirement { places } => places.as_slice(),
            What::Browser(_) | What::Undeclared(_) => &[],
        };
        places.iter().flat_map(|place| {
            let own = place.verdict.into_iter().chain(place.explained.iter().copied());
            own.filter_map(|verdict| Some((place.journey?, verdict)))
        })
    }
}

/// The causes of a report, the gravest first.
pub(super) fn of(report: &Report) -> Vec<Cause<'_>> {
    let mut out: Vec<Cause<'_>> =
        report.errors.iter().map(|error| Cause { tone: Tone::Doubt, what: What::Browser(error) }).collect();
    let mut steps: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    let mut requirements: BTreeMap<(&str, Tone), usize> = BTreeMap::new();
    for (number, journey) in report.journeys.iter().enumerate() {
        let ending = &journey.recording.ending;
        let (open, headlines): (Vec<_>, Vec<_>) = summary::headlines(&journey.verdicts)
            .into_iter()
            .partition(|(verdict, _)| *ending != Ending::Complete && verdict.outcome == Outcome::Inconclusive);
        let open =
            open.into_iter().flat_map(|(verdict, explained)| std::iter::once(verdict).chain(explained)).collect();
        let failed = journey.recording.steps.iter().find_map(|step| match &step.outcome {
            StepOutcome::Failed(error) if error.code != "interrupted" => Some((step, error)),
            _ => None,
        });
        let mut place = Place { journey: Some(number), step: None, verdict: None, explained: open };
        if let Some((step, error)) = failed {
            place.step = Some(step.index);
            let what = |places| What::Step { text: &step.text, error, places };
            put(&mut out, steps.entry((&step.text, &error.code)), Tone::Doubt, what, place);
        } else if let Some(message) = broke_off(ending) {
            let what = |places| What::Ended { message: message.clone(), places };
            put(&mut out, ends.entry(message.clone()), Tone::Doubt, what, place);
        }
        for (verdict, explained) in headlines {
            let place = Place { journey: Some(number), step: None, verdict: Some(verdict), explained };
            let entry = requirements.entry((&verdict.requirement, verdict.into()));
            put(&mut out, entry, verdict.into(), |places| What::Requirement { places }, place);
        }
        for verdict in journey.verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Waived) {
            let place = Place { journey: Some(number), step: None, verdict: Some(verdict), explained: vec![] };
            let entry = requirements.entry((&verdict.requirement, Tone::Waived));
            put(&mut out, entry, Tone::Waived, |places| What::Requirement { places }, place);
        }
    }
    let waived = report.coverage.iter().filter(|verdict| verdict.outcome == Outcome::Waived);
    let (undeclared, others): (Vec<&Verdict>, Vec<&Verdict>) =
        summary::coverage_headlines(report).into_iter().partition(|verdict| verdict.finding == "not-declared");
    for verdict in others.into_iter().chain(waived) {
        let place = Place { journey: None, step: None, verdict: Some(verdict), explained: vec![] };
        let entry = requirements.entry((&verdict.requirement, verdict.into()));
        put(&mut out, entry, verdict.into(), |places| What::Requirement { places }, place);
    }
    if !undeclared.is_empty() {
        out.push(Cause { tone: Tone::Bad, what: What::Undeclared(undeclared) });
    }
    // What kept chatproof from telling, then what is broken: in one file the first explains gaps in the second.
    out.sort_by_key(|cause| match (&cause.what, cause.tone) {
        (What::Browser(_), _) => 0,
        (What::Step { .. } | What::Ended { .. }, _) => 1,
        (What::Requirement { .. }, Tone::Bad) => 2,
        (What::Undeclared(_), _) => 3,
        (_, tone) => 4 + tone as u8,
    });
    out.truncate(MOST_CAUSES);
    out
}

fn put<'a, K: Ord>(
    out: &mut Vec<Cause<'a>>,
    entry: std::collections::btree_map::Entry<'_, K, usize>,
    tone: Tone,
    what: impl FnOnce(Vec<Place<'a>>) -> What<'a>,
    place: Place<'a>,
) {
    let at = *entry.or_insert(out.len());
    match out.get_mut(at).map(|cause| &mut cause.what) {
        Some(What::Step { places, .. } | What::Ended { places, .. } | What::Requirement { places }) => {
            places.push(place)
        }
        _ => out.push(Cause { tone, what: what(vec![place]) }),
    }
}

fn broke_off(ending: &Ending) -> Option<String> {
    match ending {
        Ending::Complete => None,
        Ending::StepFailed { .. } => Some("A step failed".into()),
        Ending::Interrupted => Some("The run was interrupted".into()),
        Ending::Broken { message } => Some(format!("The journey broke off: {message}")),
    }
}

/// All cards; what is only noted or waived stands behind the rest.
pub(super) fn section(view: &View<'_>) -> Markup {
    let numbered: Vec<(usize, &Cause<'_>)> =
        view.causes.iter().enumerate().map(|(at, cause)| (at + 1, cause)).collect();
    let of = |tones: &[Tone]| -> Vec<_> {
        numbered.iter().copied().filter(|(_, cause)| tones.contains(&cause.tone)).collect()
    };
    let open = of(&[Tone::Bad, Tone::Doubt, Tone::Warn]);
    let (waived, noted) = (of(&[Tone::Waived]), of(&[Tone::Dim]));
    html! {
        @if !numbered.is_empty() {
            section aria-labelledby="findings" {
                h2 id="findings" { "Findings" @if !open.is_empty() { " " span.count { (open.len()) } } }
                @if open.is_empty() { p.none { "Nothing is broken." } }
                @for (number, cause) in &open { (card(view, *number, cause)) }
                @if !waived.is_empty() {
                    details.aside open {
                        summary { h3 { "Known and waived " span.count { (waived.len()) } } }
                        @for (number, cause) in &waived { (card(view, *number, cause)) }
                    }
                }
                @if !noted.is_empty() {
                    details.aside {
                        summary { h3 { "Noted, not judged " span.count { (noted.len()) } } }
                        @for (number, cause) in &noted { (card(view, *number, cause)) }
                    }
                }
                @if numbered.len() >= MOST_CAUSES { p.cut { "Only the first " (MOST_CAUSES) " are told here." } }
            }
        }
    }
}

fn card(view: &View<'_>, number: usize, cause: &Cause<'_>) -> Markup {
    let id = format!("f{number}");
    html! {
        article.card.(cause.tone.class()) id=(id) aria-labelledby={ (id) "-h" } {
            @match &cause.what {
                What::Browser(error) => (browser_card(view, &id, error)),
                What::Step { text, error, places } => (step_card(view, &id, text, error, places)),
                What::Ended { message, places } => {
                    h3 id={ (id) "-h" } { (Tone::Doubt.mark()) " " (rich(message, LONG)) }
                    (places_of(view, places))
                    (left_open(places))
                },
                What::Requirement { places } => (requirement_card(view, &id, cause.tone, places)),
                What::Undeclared(verdicts) => (undeclared_card(&id, verdicts)),
            }
        }
    }
}

fn browser_card(view: &View<'_>, id: &str, error: &RunError) -> Markup {
    let begun = view.report.journeys.iter().any(|journey| journey.recording.browser.name == error.browser);
    html! {
        h3 id={ (id) "-h" } {
            (mark(Tone::Doubt, "error")) " " (short(&error.browser))
            @if begun { " did not get to the end" } @else { " could not be used" }
        }
        @for line in text::lines(&error.message, LONG) { p { (line) } }
        @if let Some(help) = &error.help { p.hint { @for (at, line) in help.lines().enumerate() { @if at > 0 { br; } (rich(line, LONG)) } } }
    }
}

fn step_card(view: &View<'_>, id: &str, text: &str, error: &StepError, places: &[Place<'_>]) -> Markup {
    html! {
        h3 id={ (id) "-h" } { (mark(Tone::Doubt, "could not be done")) " Could not " code { (short(text)) } }
        dl.what {
            div { dt { "why" } dd.heard { (rich(&error.message, LONG)) } }
            @if !error.candidates.is_empty() {
                div {
                    dt { "there was" }
                    dd { ul.plain { @for one in error.candidates.iter().take(8) { li { code { (short(one)) } } } } }
                }
            }
            div { dt { "rule" } dd { code { "step: " (short(&error.code)) } } }
        }
        (places_of(view, places))
        (left_open(places))
    }
}

fn requirement_card(view: &View<'_>, id: &str, tone: Tone, places: &[Place<'_>]) -> Markup {
    let Some(first) = places.first().and_then(|place| place.verdict) else { return html! {} };
    html! {
        h3 id={ (id) "-h" } { (mark(tone, word(first))) " " (rich(&first.statement, LONG)) }
        dl.what {
            (field("expected", &first.expected))
            @if !first.actual.is_empty() { div { dt { "heard" } dd.heard { (rich(&first.actual, SHORT)) } } }
            @if let Some(hint) = &first.hint {
                div { dt { "hint" } dd.hint { @for (at, line) in hint.lines().enumerate() { @if at > 0 { br; } (rich(line, LONG)) } } }
            }
            div {
                dt { "spec" }
                dd {
                    code { (short(&first.spec.file)) ":" (first.spec.line) }
                    @if let Some(section) = &first.spec.section { " “" (short(section)) "”" }
                    @if let Some(url) = &first.spec.url { " · " (super::link(url, "the vendor’s page")) }
                }
            }
            div { dt { "rule" } dd { code { (short(&first.requirement)) ": " (short(&first.finding)) } } }
            @if let Some(reason) = super::known::reason(first) {
                div { dt { (if tone == Tone::Waived { "waived" } else { level(first.level) }) } dd { (short(&reason)) } }
            }
        }
        (places_of(view, places))
        (consequences(places))
    }
}

fn undeclared_card(id: &str, verdicts: &[&Verdict]) -> Markup {
    let mut by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for verdict in verdicts {
        by.entry(verdict.requirement.event_name().unwrap_or(&verdict.requirement)).or_default().push(&verdict.browser);
    }
    html! {
        h3 id={ (id) "-h" } {
            (mark(Tone::Bad, "not reached")) " "
            (text::count(by.len(), "documented event is", "documented events are")) " fired by no journey"
        }
        ul.plain {
            @for (constant, browsers) in &by {
                li {
                    code { (short(constant)) }
                    span.in { " in " (short(&browsers.join(", "))) }
                }
            }
        }
        p.hint {
            "Add " code { "fires" } " to the step that causes it, or say under " code { "not_applicable" }
            " why this site never does."
        }
    }
}

/// Where it happened, each with the ways to its evidence.
fn places_of(view: &View<'_>, places: &[Place<'_>]) -> Markup {
    let first = places.first().and_then(|place| place.verdict).map(|verdict| verdict.actual.as_str());
    html! {
        ul.places {
            @for place in places.iter().take(MOST_PLACES) {
                li { (one_place(view, place, first)) }
            }
            @if places.len() > MOST_PLACES { li.cut { "and in " (text::grouped(places.len() - MOST_PLACES)) " more places" } }
        }
    }
}

fn one_place(view: &View<'_>, place: &Place<'_>, first: Option<&str>) -> Markup {
    let Some(seen) = place.journey.and_then(|journey| view.journeys.get(journey)) else {
        let browser = place.verdict.map(|verdict| verdict.browser.as_str()).unwrap_or_default();
        return html! { "all journeys together" @if !browser.is_empty() { " in " (short(browser)) } };
    };
    let step = place.verdict.and_then(|verdict| verdict.step.as_ref());
    let index = place.step.or(step.map(|step| step.index));
    let target = match (place.verdict, place.step) {
        (Some(verdict), _) => seen.evidence_of(verdict),
        (None, Some(step)) => seen.step_anchor(step),
        (None, None) => seen.anchor(),
    };
    let recording = &seen.report.recording;
    html! {
        a href={ "#" (target) } {
            (short(&recording.journey))
            @if let Some(index) = index { ", step " (index + 1) }
        }
        span.in { " in " (short(&recording.browser.name)) }
        @if let Some(step) = step {
            " " code { (text::clip(&step.text, 80)) } " " span.in { (short(&step.place())) }
        } @else if let Some(record) = index.and_then(|index| recording.steps.get(index)) {
            " " span.in { (short(&recording.site.of(record.span).name)) ":" (record.span.line) }
        }
        @if let Some(verdict) = place.verdict {
            @if !verdict.subject.is_empty() { " " span.in { "(" (short(&verdict.subject)) ")" } }
            @if first.is_some_and(|first| !alike(first, &verdict.actual)) { ": " span.heard { (rich(&verdict.actual, 160)) } }
        }
        @if let Some(at) = index.and_then(|index| seen.sight_of_step(index)) {
            " · " a href={ "#" (seen.sight_anchor(at)) } { "what the window showed" }
        }
    }
}

/// The same but for numbers: times differ from run to run, and say nothing.
fn alike(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect::<String>();
    letters(a) == letters(b)
}

/// What follows from a cause.
fn consequences(places: &[Place<'_>]) -> Markup {
    let mut by: BTreeMap<(Tone, &str), (&Verdict, usize)> = BTreeMap::new();
    for verdict in places.iter().flat_map(|place| &place.explained) {
        by.entry(((*verdict).into(), &verdict.requirement)).or_insert((verdict, 0)).1 += 1;
    }
    let total: usize = by.values().map(|(_, count)| count).sum();
    html! {
        @if total > 0 {
            details.hence {
                summary { "Hence " (text::count(total, "more that does not hold", "more that do not hold")) }
                ul.plain {
                    @for ((tone, requirement), (verdict, count)) in by.iter().take(MOST_CONSEQUENCES) {
                        li {
                            (mark(*tone, word(verdict))) " " code { (short(requirement)) ": " (short(&verdict.finding)) }
                            @if *count > 1 { " × " (text::grouped(*count)) }
                        }
                    }
                    @if by.len() > MOST_CONSEQUENCES { li.cut { "and " (text::grouped(by.len() - MOST_CONSEQUENCES)) " more" } }
                }
            }
        }
    }
}

/// What could not be told because a journey ended early.
fn left_open(places: &[Place<'_>]) -> Markup {
    let mut open: Vec<&str> =
        places.iter().flat_map(|place| &place.explained).map(|verdict| verdict.requirement.as_str()).collect();
    let total = open.len();
    open.sort_unstable();
    open.dedup();
    html! {
        @if total > 0 {
            details.hence {
                summary {
                    (text::count(total, "requirement could not be told", "requirements could not be told")) " because of it"
                }
                ul.plain {
                    @for requirement in open.iter().take(MOST_CONSEQUENCES) { li { code { (short(requirement)) } } }
                    @if open.len() > MOST_CONSEQUENCES { li.cut { "and " (text::grouped(open.len() - MOST_CONSEQUENCES)) " more" } }
                }
            }
        }
    }
}

fn field(name: &str, value: &str) -> Markup {
    html! { @if !value.is_empty() { div { dt { (name) } dd { (rich(value, SHORT)) } } } }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::Record => "record",
    }
}
