//! What was heard in a journey, as spans have it: held small where a journey's details are let go.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{JOURNEY, step_id};
use crate::recording::{Kind, Observation, PageClock, Recording, Request};
use crate::report::summary;

/// At most so many of a journey.
const LISTED: usize = 2000;

/// An event, a call of one of the page's handlers, or a hit. Times are milliseconds from the journey's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Unlike any other's in the journey.
    pub id: String,
    /// The id of what it belongs to.
    pub parent: String,
    /// What it is.
    pub name: String,
    /// When it began.
    pub start_ms: f64,
    /// When it was over: for an event, when the last of the page's handlers had returned.
    pub end_ms: f64,
    /// A handler threw, or a request came to nothing.
    pub failed: bool,
    /// More about it; no values.
    pub told: Vec<(String, String)>,
}

/// All of a recording, events before what belongs to them.
pub fn moments(recording: &Recording) -> Vec<Moment> {
    let clock = PageClock::new(recording);
    let time = |o: &Observation| {
        let at = o.page_ms.and_then(|page| clock.place(&o.document, page)).or(o.heard_ms)?;
        at.is_finite().then(|| at.max(0.0))
    };
    let by_arrival: BTreeMap<u64, &Observation> = recording.observations.iter().map(|o| (o.arrival, o)).collect();
    // Where the event is that a handler was called for.
    let mut places: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    let mut out: Vec<Moment> = Vec::new();
    for event in summary::events(recording) {
        let Some(observation) = by_arrival.get(&event.arrival) else { continue };
        let Some(at) = time(observation) else { continue };
        if let Some(seq) = observation.seq {
            places.insert((&observation.document, seq), out.len());
        }
        out.push(Moment {
            id: format!("event {}", event.arrival),
            parent: event.step.map_or_else(|| JOURNEY.to_owned(), step_id),
            name: format!("event {}", event.constant),
            start_ms: at,
            end_ms: at,
            failed: false,
            told: told(&[("chatproof.event", event.constant), ("chatproof.actor", event.actor)]),
        });
    }
    for observation in &recording.observations {
        let Some(at) = time(observation) else { continue };
        let step = || {
            let before = recording.steps.iter().rev().find(|step| step.began_ms.is_some_and(|began| began <= at));
            before.map_or_else(|| JOURNEY.to_owned(), |step| step_id(step.index))
        };
        match &observation.kind {
            Kind::Handled(call) => {
                let took = if call.took_ms.is_finite() { call.took_ms.max(0.0) } else { 0.0 };
                let event = call.event.and_then(|seq| places.get(&(observation.document.as_str(), seq)).copied());
                let parent = event.and_then(|event| out.get_mut(event)).map(|event| {
                    event.end_ms = event.end_ms.max(at);
                    (event.id.clone(), event.start_ms)
                });
                // The handler was called after its event was heard, however the clock is rounded.
                let (parent, since) = parent.unwrap_or_else(|| (step(), 0.0));
                out.push(Moment {
                    id: format!("handler {}", observation.arrival),
                    parent,
                    name: format!("handler {}", call.handler),
                    start_ms: (at - took).max(since).min(at),
                    end_ms: at,
                    failed: !call.returned,
                    told: told(&[("chatproof.event", call.constant.as_deref().unwrap_or_default())]),
                });
            }
            Kind::Request(request) if request.what != "script" => hits(request, observation, &step(), at, &mut out),
            _ => {}
        }
    }
    out.truncate(LISTED);
    out
}

/// A span for each event that a request tells, or one if none can be read in it.
fn hits(request: &Request, observation: &Observation, parent: &str, at: f64, out: &mut Vec<Moment>) {
    // The rest of an address carries values.
    let host = Url::parse(&request.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let mut add = |nth: usize, name: String, forward: &str| {
        out.push(Moment {
            id: format!("hit {} {nth}", observation.arrival),
            parent: parent.to_owned(),
            name,
            start_ms: at,
            end_ms: at,
            failed: request.answer == "failed",
            told: told(&[
                ("chatproof.forward", forward),
                ("chatproof.answer", &request.answer),
                ("server.address", &host),
                ("http.request.method", &request.method),
            ]),
        });
    };
    for (nth, hit) in request.hits.iter().enumerate() {
        add(nth, format!("hit {}", hit.names.join(", ")), &hit.forward);
    }
    if request.hits.is_empty() {
        add(0, format!("hit to {host}"), &request.forwards.join(", "));
    }
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let said = pairs.iter().filter(|(_, value)| !value.is_empty());
    said.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
