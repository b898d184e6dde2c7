//! The timeline's lanes of what became of events: the page's handlers that were called for them, and what was sent on.
//! Each thing is joined to what caused it, as far as the judge has paired them.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::Value;

use super::svg::{Chart, Item, Join, Lane, Shape};
use super::tone::Tone;
use super::view::{Seen, View};
use crate::recording::handlers::{OwnHandler, own_handlers, place};
use crate::recording::{Kind, Observation, Request};
use crate::report::text::{self, LONG, short};
use crate::verdict::Verdict;

/// Things in one lane: more of them can't be told apart.
const MOST: usize = 160;
/// Fields of a hit where room is short.
const FIELDS: usize = 10;

/// An item, and the items that caused it, by the arrival of what they stand for.
struct Caused {
    item: Item,
    /// What it stands for; `None`: something that isn't there.
    arrival: Option<u64>,
    /// Likeliest first: the first that is drawn gets the line.
    causes: Vec<Vec<u64>>,
}

/// Adds the lanes. `events`: where each event is drawn, by arrival.
pub(super) fn lanes(view: &View<'_>, seen: &Seen<'_>, events: &BTreeMap<u64, (usize, usize)>, chart: &mut Chart) {
    let mut at = events.clone();
    let own = own_handlers(&seen.report.recording, |_| true);
    let (handlers, calls) = handled(view, seen, &own);
    lane(chart, "the page’s own handlers", 3, handlers, &mut at);
    lane(chart, "sent on to analytics", 5, sent(view, seen, &calls), &mut at);
}

fn lane(chart: &mut Chart, name: &str, rows: usize, mut all: Vec<Caused>, at: &mut BTreeMap<u64, (usize, usize)>) {
    if all.is_empty() {
        return;
    }
    all.sort_by(|a, b| a.item.begin.total_cmp(&b.item.begin));
    all.truncate(MOST);
    let number = chart.lanes.len();
    for (index, caused) in all.iter().enumerate() {
        for cause in &caused.causes {
            let from: Option<(usize, usize)> = cause.iter().find_map(|arrival| at.get(arrival)).copied();
            chart.joins.extend(from.map(|from| Join { from, to: (number, index) }));
        }
    }
    at.extend(all.iter().enumerate().filter_map(|(index, caused)| Some((caused.arrival?, (number, index)))));
    chart.lanes.push(Lane { name: name.to_owned(), rows, items: all.into_iter().map(|caused| caused.item).collect() });
}

/// `tags.js:12`
fn brief_place(handler: &OwnHandler) -> String {
    let script = handler.registration.script.split(['?', '#']).next().unwrap_or_default();
    let name = script.trim_end_matches('/').rsplit('/').next().unwrap_or(script);
    text::clip(&place(name, handler.registration.line), 40)
}

/// Calls of the page's handlers, and registrations that came too late. Also: which calls were made for each event.
fn handled(view: &View<'_>, seen: &Seen<'_>, own: &[OwnHandler]) -> (Vec<Caused>, BTreeMap<u64, Vec<u64>>) {
    let mut by_seq: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    for observation in &seen.report.recording.observations {
        if let (Kind::Event { .. }, Some(seq)) = (&observation.kind, observation.seq) {
            by_seq.insert((&observation.document, seq), observation.arrival);
        }
    }
    let mut out = Vec::new();
    let mut calls: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for handler in own {
        for (observation, call) in handler.calls.iter().take(MOST) {
            let event = call.event.and_then(|seq| by_seq.get(&(observation.document.as_str(), seq)));
            if let Some(event) = event {
                calls.entry(*event).or_default().push(observation.arrival);
            }
            let end = seen.clock.of(observation.arrival);
            let took = if call.took_ms.is_finite() { call.took_ms.clamp(0.0, end) } else { 0.0 };
            let constant = call.constant.as_deref().map(|constant| view.brief(constant)).unwrap_or_default();
            let (tone, how) = match call.returned {
                true => (worst(seen, observation.arrival, Tone::Plain), "returned"),
                false => (worst(seen, observation.arrival, Tone::Warn), "threw"),
            };
            let threw = if call.returned { String::new() } else { format!(" {how}") };
            let label = format!("{}{threw}", brief_place(handler));
            let panel = html! {
                p.what { (tone.mark()) " " b { (short(&handler.place())) } " " span.in {
                    "called for " (constant) " at " (text::duration(end - took)) ", " (how) " after " (text::duration(took))
                } }
                @if !call.message.is_empty() { p { (text::line(&call.message, LONG)) } }
            };
            out.push(Caused {
                item: Item {
                    shape: Shape::Bar(end, end),
                    begin: end - took,
                    tone,
                    spoken: format!("{label}, handler of {constant}, {how} after {}", text::duration(took)),
                    label,
                    target: seen.anchor(),
                    panel: Some(panel),
                },
                arrival: Some(observation.arrival),
                causes: event.map(|event| vec![*event]).into_iter().collect(),
            });
        }
        out.extend(too_late(seen, handler));
    }
    (out, calls)
}

/// A registration after its event had fired.
fn too_late(seen: &Seen<'_>, handler: &OwnHandler) -> Option<Caused> {
    let arrival = handler.observation.arrival;
    let verdict = seen.verdicts_on.get(&arrival)?.iter().find(|v| v.finding == "too-late")?;
    let begin = seen.clock.of(arrival);
    let label = format!("{} too late", brief_place(handler));
    Some(Caused {
        item: Item {
            shape: Shape::Ghost,
            begin,
            tone: (*verdict).into(),
            spoken: format!("{label}: {}", text::line(&verdict.actual, LONG)),
            label,
            target: seen.evidence_of(verdict),
            panel: None,
        },
        arrival: Some(arrival),
        causes: vec![verdict.evidence.iter().copied().filter(|other| *other != arrival).collect()],
    })
}

fn worst(seen: &Seen<'_>, arrival: u64, at_least: Tone) -> Tone {
    let on = seen.verdicts_on.get(&arrival).into_iter().flatten();
    Tone::worst(on.map(|verdict| Tone::from(*verdict)).chain([at_least]).filter(|tone| *tone != Tone::Plain))
}

/// What a verdict of a forward is about: the forward's name, and the event's.
fn about(verdict: &Verdict) -> Option<(&str, &str)> {
    Some((verdict.requirement.forward_name()?, verdict.requirement.event_name()?))
}

/// Requests, pushes that belong to an event, and what should have been sent.
fn sent(view: &View<'_>, seen: &Seen<'_>, calls: &BTreeMap<u64, Vec<u64>>) -> Vec<Caused> {
    let recording = &seen.report.recording;
    // The events that each hit was sent for: the judge's pairs.
    let heard: BTreeSet<u64> = seen.events.iter().map(|event| event.arrival).collect();
    let mut paired: BTreeMap<u64, Vec<(&str, u64)>> = BTreeMap::new();
    for verdict in &seen.report.verdicts {
        let Some((_, constant)) = about(verdict) else { continue };
        let Some(event) = verdict.evidence.iter().find(|arrival| heard.contains(arrival)) else { continue };
        for hit in verdict.evidence.iter().filter(|arrival| !heard.contains(arrival)) {
            let pairs = paired.entry(*hit).or_default();
            if !pairs.contains(&(constant, *event)) {
                pairs.push((constant, *event));
            }
        }
    }
    let causes = |event: u64| calls.get(&event).cloned().unwrap_or_default().into_iter().chain([event]).collect();
    let mut out = Vec::new();
    for observation in &recording.observations {
        let pairs = paired.get(&observation.arrival).map(Vec::as_slice).unwrap_or_default();
        let (label, panel) = match &observation.kind {
            Kind::Request(request) => (request_label(request), request_panel(seen, observation, request)),
            Kind::Push { layer, data, .. }
                if !pairs.is_empty() || seen.verdicts_on.contains_key(&observation.arrival) =>
            {
                let names: BTreeSet<String> = pairs.iter().map(|(constant, _)| view.brief(constant)).collect();
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                (format!("{} {names}", short(layer)), push_panel(seen, observation, layer, data))
            }
            _ => continue,
        };
        let begin = seen.clock.of(observation.arrival);
        let label = text::clip(label.trim(), 60);
        let mut events: Vec<u64> = pairs.iter().map(|(_, event)| *event).collect();
        events.sort_unstable();
        events.dedup();
        out.push(Caused {
            item: Item {
                shape: Shape::Mark,
                begin,
                tone: worst(seen, observation.arrival, Tone::Plain),
                spoken: format!("{label}, sent on at {}", text::duration(begin)),
                label,
                target: seen.anchor(),
                panel: Some(panel),
            },
            arrival: Some(observation.arrival),
            causes: events.into_iter().map(causes).collect(),
        });
    }
    let missing = seen.report.verdicts.iter().filter(|v| v.finding == "missing" && v.requirement.is("forward", "sent"));
    for verdict in missing.take(MOST) {
        let Some((forward, constant)) = about(verdict) else { continue };
        let Some(event) = verdict.evidence.iter().copied().find(|arrival| heard.contains(arrival)) else { continue };
        let label = format!("{} {} not sent", short(forward), view.brief(constant));
        let hint = verdict.hint.as_ref().map(|hint| format!(": {}", text::line(hint, LONG))).unwrap_or_default();
        out.push(Caused {
            item: Item {
                shape: Shape::Ghost,
                begin: seen.clock.of(event),
                tone: verdict.into(),
                spoken: format!("{label}{hint}"),
                label,
                target: seen.evidence_of(verdict),
                panel: None,
            },
            arrival: None,
            causes: vec![causes(event)],
        });
    }
    out
}

/// `ga4 chat_triggered, chat_engaged`
fn request_label(request: &Request) -> String {
    let mut names: Vec<&str> = Vec::new();
    for hit in &request.hits {
        if let Some(name) = hit.names.first().filter(|name| !names.contains(&name.as_str())) {
            names.push(name);
        }
    }
    let what = if names.is_empty() { request.method.clone() } else { names.join(", ") };
    format!("{} {}", request.forwards.join("+"), short(&what))
}

fn request_panel(seen: &Seen<'_>, observation: &Observation, request: &Request) -> Markup {
    let at = text::duration(seen.clock.of(observation.arrival));
    let address = request.url.split(['?', '#']).next().unwrap_or_default();
    let tone = worst(seen, observation.arrival, Tone::Plain);
    html! {
        p.what { (tone.mark()) " " b { (short(&request.method)) " " (text::clip(address, 90)) } " " span.in { "at " (at) " · " (short(&request.answer)) } }
        @let fields: Vec<(&String, &Value)> = request.hits.iter().flat_map(|hit| &hit.fields).collect();
        (brief(&fields))
        (wrong(seen, observation))
    }
}

fn push_panel(seen: &Seen<'_>, observation: &Observation, layer: &str, data: &Value) -> Markup {
    let at = text::duration(seen.clock.of(observation.arrival));
    let tone = worst(seen, observation.arrival, Tone::Plain);
    html! {
        p.what { (tone.mark()) " " b { "pushed to " (short(layer)) } " " span.in { "at " (at) } }
        p { bdi { code { (text::line(&data.to_string(), LONG)) } } }
        (wrong(seen, observation))
    }
}

fn brief(fields: &[(&String, &Value)]) -> Markup {
    html! {
        dl.brief {
            @for (name, value) in fields.iter().take(FIELDS) {
                div.plain { dt { (text::clip(name, 40)) } dd { bdi { code { (text::line(&plain(value), 120)) } } } }
            }
        }
        @if fields.len() > FIELDS { p.cut { "and " (text::grouped(fields.len() - FIELDS)) " more, which the recording has" } }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What is wrong with it.
fn wrong(seen: &Seen<'_>, observation: &Observation) -> Markup {
    let on = seen.verdicts_on.get(&observation.arrival).into_iter().flatten();
    let wrong: Vec<&&Verdict> = on.filter(|verdict| Tone::from(**verdict) < Tone::Dim).collect();
    html! {
        @for verdict in wrong.iter().take(3) {
            p { (Tone::from(**verdict).mark()) " " code { (short(&verdict.requirement)) } " " (text::line(&verdict.actual, LONG)) }
        }
    }
}
