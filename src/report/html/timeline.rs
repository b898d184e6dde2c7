//! A journey along its time: a lane for each actor's steps, one for the events heard, one for what the pages did.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::forwards;
use super::payload::Payload;
use super::svg::{Chart, Item, Join, Lane, Shape};
use super::tone::Tone;
use super::view::{Entry, Seen, View, after};
use crate::recording::{Kind, Recording, StepOutcome, StepRecord};
use crate::report::summary::Heard;
use crate::report::text::{self, short};
use crate::site::VISITOR;
use crate::verdict::{Outcome, Verdict};

/// Things in one lane: more of them can't be told apart.
const MOST: usize = 160;

pub(super) fn figure(view: &View<'_>, seen: &Seen<'_>) -> Markup {
    let recording = &seen.report.recording;
    if !recording.steps.iter().any(|step| step.began_ms.is_some()) {
        return html! {};
    }
    let title = format!("Timeline of {} in {}", short(&recording.journey), short(&recording.browser.name));
    let mut chart = Chart {
        title: title.clone(),
        end: seen.clock.end,
        lanes: Vec::new(),
        joins: Vec::new(),
        hint: "Point at an event, or reach it with the Tab key, to see its payload here; follow it to where it is told in full.",
    };
    let mut step_at: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for actor in actors(recording) {
        let lane = chart.lanes.len();
        let items: Vec<(usize, Item)> = steps(seen, actor);
        step_at.extend(items.iter().enumerate().map(|(at, (step, _))| (*step, (lane, at))));
        let name =
            if actor == VISITOR { "visitor’s steps".to_owned() } else { format!("{}’s steps", short(actor)) };
        chart.lanes.push(Lane { name, rows: 3, items: items.into_iter().map(|(_, item)| item).collect() });
    }
    let lane = chart.lanes.len();
    let events = events(view, seen);
    for (at, (cause, _)) in events.iter().enumerate() {
        chart.joins.extend(cause.and_then(|step| step_at.get(&step)).map(|from| Join { from: *from, to: (lane, at) }));
    }
    let places = events.iter().enumerate().filter_map(|(at, (_, item))| {
        let arrival = seen.events.iter().find(|event| item.target == seen.event_anchor(event.arrival))?.arrival;
        Some((arrival, (lane, at)))
    });
    let places: BTreeMap<u64, (usize, usize)> = places.collect();
    let items = events.into_iter().map(|(_, item)| item).collect();
    chart.lanes.push(Lane { name: "events heard".into(), rows: 6, items });
    forwards::lanes(view, seen, &places, &mut chart);
    let pages = pages(seen);
    if !pages.is_empty() {
        chart.lanes.push(Lane { name: "pages: navigation, errors, dialogs".into(), rows: 4, items: pages });
    }
    html! {
        figure.timeline {
            figcaption.unseen { (title) "; the list below it tells the same" }
            div.scroll role="region" aria-label=(title) tabindex="0" { div.wide { (chart.draw()) } }
        }
    }
}

/// In the order of their first steps.
fn actors(recording: &Recording) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    recording.steps.iter().map(|step| step.actor.as_str()).filter(|actor| seen.insert(*actor)).take(12).collect()
}

fn steps(seen: &Seen<'_>, actor: &str) -> Vec<(usize, Item)> {
    let recording = &seen.report.recording;
    let begun: Vec<&StepRecord> = recording.steps.iter().filter(|step| step.began_ms.is_some()).collect();
    let mut items = Vec::new();
    for (at, step) in begun.iter().enumerate().filter(|(_, step)| step.actor == actor).take(MOST) {
        let begin = step.began_ms.unwrap_or_default();
        let acted = step.acted_ms.unwrap_or(begin).max(begin);
        let next = begun.get(at + 1).and_then(|next| next.began_ms).unwrap_or(seen.clock.end);
        let (tone, how) = match &step.outcome {
            StepOutcome::Failed(_) => (Tone::Bad, "failed after"),
            StepOutcome::Skipped { .. } | StepOutcome::NotBegun => (Tone::Dim, "skipped after"),
            StepOutcome::Done => (Tone::Plain, "took"),
        };
        let text = text::clip(&step.text, 70);
        let spoken =
            format!("step of {}, at {}, {how} {}", short(actor), text::duration(begin), text::duration(acted - begin));
        let item = Item {
            shape: Shape::Bar(acted, next.max(acted)),
            begin,
            tone,
            label: format!("{} {text}", step.index + 1),
            spoken,
            target: seen.step_anchor(step.index),
            panel: None,
        };
        items.push((step.index, item));
    }
    items
}

/// Events, ready events, and events that should have come; each with the step that it was declared for.
fn events(view: &View<'_>, seen: &Seen<'_>) -> Vec<(Option<usize>, Item)> {
    let mut out: Vec<(Option<usize>, Item)> = Vec::new();
    for entry in seen.entries.values().flatten().take(MOST) {
        match entry {
            Entry::One(event) => out.push(one_event(view, seen, event)),
            Entry::More(first, last, count) => {
                let (begin, end) = (seen.clock.of(first.arrival), seen.clock.of(last.arrival));
                let label = format!("{} × {}", text::grouped(*count), view.brief(first.constant));
                let item = Item {
                    shape: Shape::Bar(end.max(begin), end.max(begin)),
                    begin,
                    tone: Tone::Plain,
                    spoken: format!("more of them, from {} on", text::duration(begin)),
                    label,
                    target: seen.step_anchor(first.step.unwrap_or(0)),
                    panel: None,
                };
                out.push((None, item));
            }
        }
    }
    for observation in &seen.report.recording.observations {
        let Kind::Ready { target, nth } = &observation.kind else { continue };
        if out.len() >= MOST * 2 {
            break;
        }
        let begin = seen.clock.of(observation.arrival);
        let item = Item {
            shape: Shape::Mark,
            begin,
            tone: Tone::Plain,
            label: "ready".into(),
            spoken: format!("the ready event on {}, number {nth}, at {}", short(target), text::duration(begin)),
            target: seen.anchor(),
            panel: None,
        };
        out.push((None, item));
    }
    out.extend(seen.report.verdicts.iter().filter(|verdict| is_missing(verdict)).take(MOST).filter_map(|verdict| {
        let step = seen.report.recording.steps.get(verdict.step.as_ref()?.index)?;
        let constant = verdict.requirement.event_name()?;
        // It was waited for until the next step began.
        let later = seen.report.recording.steps.iter().filter(|other| other.index > step.index);
        let begin = later.filter_map(|other| other.began_ms).next().unwrap_or(seen.clock.end);
        let item = Item {
            shape: Shape::Ghost,
            begin,
            tone: verdict.into(),
            label: format!("{} not heard", view.brief(constant)),
            spoken: format!("{} was not heard in time after step {}", short(constant), step.index + 1),
            target: seen.step_anchor(step.index),
            panel: None,
        };
        Some((Some(step.index), item))
    }));
    out.sort_by(|a, b| a.1.begin.total_cmp(&b.1.begin));
    out
}

/// An event that was declared and never came.
pub(super) fn is_missing(verdict: &Verdict) -> bool {
    verdict.finding == "missing"
        && verdict.requirement.is("event", "fires")
        && matches!(verdict.outcome, Outcome::Fail | Outcome::Warn | Outcome::Waived)
}

fn one_event(view: &View<'_>, seen: &Seen<'_>, event: &Heard<'_>) -> (Option<usize>, Item) {
    let none = Vec::new();
    let on = seen.verdicts_on.get(&event.arrival).unwrap_or(&none);
    let tone = Tone::worst(on.iter().map(|verdict| Tone::from(*verdict)));
    let begin = seen.clock.of(event.arrival);
    let payload = Payload::new(event, &view.report.spec.payload, on);
    let declared = on.iter().find(|verdict| verdict.requirement.is("event", "fires"));
    let cause = declared.and_then(|verdict| verdict.step.as_ref()).map(|step| step.index);
    let whose = if event.actor == VISITOR { String::new() } else { format!(" in {}’s window", short(event.actor)) };
    let since = after(event.latency_ms);
    let step = event.step.map(|step| format!(" after step {}", step + 1)).unwrap_or_default();
    let panel = html! {
        p.what { (tone.mark()) " " b { (short(event.constant)) } " " span.in { (since) (step) (whose) " · at " (text::duration(begin)) } }
        (payload.brief())
    };
    let item = Item {
        shape: Shape::Mark,
        begin,
        tone,
        label: format!("{}{}", view.brief(event.constant), if whose.is_empty() { "" } else { " (elsewhere)" }),
        spoken: format!("{}, {}{step}{whose}, {}", short(event.constant), since.trim_start_matches('+'), tone.word()),
        target: seen.place_of(event.arrival),
        panel: Some(panel),
    };
    (cause, item)
}

/// Navigations from start to load, and what went wrong in pages.
fn pages(seen: &Seen<'_>) -> Vec<Item> {
    let recording = &seen.report.recording;
    let tops: BTreeSet<&str> = recording
        .observations
        .iter()
        .filter(|o| matches!(o.kind, Kind::Alive { top: true, .. }))
        .map(|o| o.context.as_str())
        .collect();
    let mut items: Vec<Item> = Vec::new();
    // The navigation that is under way in each window: its item.
    let mut under_way: BTreeMap<&str, usize> = BTreeMap::new();
    let mut step = 0;
    for observation in &recording.observations {
        if let Kind::Mark { step: begun } = &observation.kind {
            step = step.max((*begun).min(recording.steps.len().saturating_sub(1)));
        }
        let Kind::Navigation { url, phase } = &observation.kind else { continue };
        if !tops.is_empty() && !tops.contains(observation.context.as_str()) {
            continue;
        }
        let at = seen.clock.of(observation.arrival);
        if let Some(item) = under_way.get(observation.context.as_str()).and_then(|index| items.get_mut(*index)) {
            item.shape = Shape::Bar(at, at);
            if phase == "failed" || phase.starts_with("http-") {
                item.tone = Tone::Warn;
            }
        }
        match phase.as_str() {
            "started" | "fragment" if items.len() < MOST => {
                let shown =
                    url.strip_prefix(recording.run.base_url.trim_end_matches('/')).filter(|path| !path.is_empty());
                let whose =
                    if observation.actor == VISITOR { String::new() } else { format!("{}: ", observation.actor) };
                let label = text::clip(&format!("{whose}{}", shown.unwrap_or(url)), 60);
                under_way.insert(&observation.context, items.len());
                items.push(Item {
                    shape: Shape::Bar(at, at),
                    begin: at,
                    tone: Tone::Plain,
                    spoken: format!("navigation to {label} at {}", text::duration(at)),
                    label,
                    target: seen.step_anchor(step),
                    panel: None,
                });
            }
            "loaded" | "failed" => {
                under_way.remove(observation.context.as_str());
            }
            _ => {}
        }
    }
    for trouble in seen.troubles.iter().filter(|trouble| trouble.what != "navigation") {
        let begin = seen.clock.of(trouble.arrival);
        let times = if trouble.times > 1 { format!("{} × ", text::grouped(trouble.times)) } else { String::new() };
        items.push(Item {
            shape: Shape::Mark,
            begin,
            tone: trouble.tone,
            label: text::clip(&format!("{times}{}: {}", trouble.what, trouble.text), 60),
            spoken: format!("{times}{} at {}: {}", trouble.what, text::duration(begin), text::clip(&trouble.text, 120)),
            target: seen.step_anchor(trouble.step),
            panel: None,
        });
    }
    items.sort_by(|a, b| a.begin.total_cmp(&b.begin));
    items
}
