//! What a recording shows of one forward: hits, where they stand, and what can't be told.

use crate::analytics::body::is_opaque;
use crate::analytics::{self, Address, Hit, Sent};
use crate::recording::{Kind, Observation, Request, Watched};
use crate::site::forwards::Forward;
use crate::site::template::{Piece, Template, Variables};

use super::super::case::Case;
use super::super::text::visible;
use super::super::trace::{Position, finite};

/// One hit, placed.
#[derive(Debug, Clone)]
pub(super) struct Sighting<'a> {
    pub(super) hit: Hit,
    pub(super) arrival: u64,
    pub(super) step: Position,
    /// On the page's clock, for what the page itself has told.
    pub(super) page_ms: Option<f64>,
    /// From the journey's start on chatproof's clock, for what the browser has told.
    pub(super) heard_ms: Option<f64>,
    /// It was in the array before it was looked at: when it came can't be told.
    pub(super) found: bool,
    /// It was sent when the journey's windows were closed.
    pub(super) after_end: bool,
    /// The whole of what was sent, to be searched.
    pub(super) raw: Vec<&'a str>,
    /// Why not all of it could be read.
    pub(super) unread: Option<Unread>,
}

/// Why not all of what was sent could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    /// The finding.
    pub(super) code: &'static str,
    /// A clause whose subject is the body.
    why: String,
}

impl Unread {
    pub(super) fn sentence(&self) -> String {
        format!("a request was sent there whose body {}", visible(&self.why))
    }
}

impl Sighting<'_> {
    /// Why a field can't be told, if it may be in what couldn't be read.
    pub(super) fn unread_at(&self, field: &str) -> Option<&Unread> {
        self.unread.as_ref().filter(|_| !field.starts_with("query."))
    }
}

/// All of one forward.
#[derive(Debug, Default)]
pub(super) struct Sightings<'a> {
    /// In order.
    pub(super) all: Vec<Sighting<'a>>,
    /// To another property than the site file's.
    pub(super) foreign: Vec<Sighting<'a>>,
    /// Whose they were isn't known.
    pub(super) unplaced: Vec<Sighting<'a>>,
    /// What was sent in requests that couldn't be read to their end.
    pub(super) unread: Vec<Sighting<'a>>,
    /// The properties that the site file names.
    pub(super) properties: Vec<String>,
    /// Why nothing can be told.
    pub(super) blind: Option<(&'static str, String)>,
    /// How the browser was asked, see [`Watched::by`].
    pub(super) by: Option<&'a str>,
}

impl Sightings<'_> {
    /// The first error of the page after an event, before anything else was heard of it for a while.
    pub(super) fn error_after<'c>(&self, case: &Case<'c>, occurrence: usize) -> Option<&'c str> {
        let arrival = *case.occurrence(occurrence)?.arrivals.first()?;
        // A handler throws in the very call: its error comes right before or after the event.
        let near = arrival.saturating_sub(3)..=arrival.saturating_add(6);
        case.trace.browser.iter().find_map(|(_, o)| match &o.kind {
            Kind::PageError { message, .. } if near.contains(&o.arrival) => Some(message.as_str()),
            _ => None,
        })
    }
}

/// Collects a forward's hits.
pub(super) fn of<'a>(case: &Case<'a>, forward: &'a Forward) -> Sightings<'a> {
    let mut seen = Sightings::default();
    let watched = case.recording.observations.iter().find_map(|o| match &o.kind {
        Kind::Analytics(watched) => Some(watched.as_ref()),
        _ => None,
    });
    let variables = masked(forward, case);
    seen.by = watched.map(|watched| watched.by.as_str());
    // Older recordings know nothing of hits that go elsewhere.
    seen.blind = blind(watched, forward, &forward.addresses(&variables));
    let addresses = forward.watched(&variables);
    if seen.blind.is_some() {
        return seen;
    }
    let properties: Vec<String> = forward.properties.iter().map(|p| p.render(&masked(forward, case))).collect();
    seen.properties.clone_from(&properties);
    let place = |seen: &mut Sightings<'a>, sighting: Sighting<'a>, known: bool| {
        let own = properties.is_empty()
            || sighting.hit.property.is_none()
            || sighting.hit.properties().any(|one| properties.iter().any(|own| own == one));
        match (known, own) {
            (false, _) => seen.unplaced.push(sighting),
            (true, true) => {
                if sighting.unread.is_some() {
                    seen.unread.push(sighting.clone());
                }
                seen.all.push(sighting);
            }
            (true, false) => seen.foreign.push(sighting),
        }
    };
    if forward.product.is_layer() {
        for (step, o) in case.trace.documents.iter().flat_map(|d| &d.entries).map(|e| (e.step, e.observation)) {
            let Kind::Push { layer, data, arguments, found, .. } = &o.kind else { continue };
            if *layer != forward.layer {
                continue;
            }
            let sighting = Sighting {
                hit: analytics::pushed(data, *arguments),
                arrival: o.arrival,
                step,
                page_ms: finite(o.page_ms),
                heard_ms: None,
                found: *found,
                after_end: step >= Some(case.steps()),
                raw: Vec::new(),
                unread: None,
            };
            place(&mut seen, sighting, true);
        }
        seen.all.sort_by_key(|s| s.arrival);
        return seen;
    }
    for (step, o) in &case.trace.browser {
        requests(case, forward, &addresses, *step, o, &mut seen, &place);
    }
    seen
}

type Place<'p, 'a> = dyn Fn(&mut Sightings<'a>, Sighting<'a>, bool) + 'p;

fn requests<'a>(
    case: &Case<'a>,
    forward: &Forward,
    addresses: &[Address],
    step: Position,
    o: &'a Observation,
    seen: &mut Sightings<'a>,
    place: &Place<'_, 'a>,
) {
    let Kind::Request(request) = &o.kind else { return };
    if !request.forwards.contains(&forward.name) && !addresses.iter().any(|address| address.matches(&request.url)) {
        return;
    }
    let sent = Sent {
        method: &request.method,
        url: &request.url,
        content_type: &request.content_type,
        body: request.body.as_deref(),
    };
    let hits = analytics::hits(&forward.product, forward.each.as_ref(), &sent);
    let unread = unread(request, !hits.iter().any(|hit| !hit.names.is_empty()));
    let nothing = hits.is_empty() && unread.is_some();
    for hit in hits.into_iter().chain(nothing.then(Hit::default)) {
        let sighting = Sighting {
            hit,
            unread: unread.clone(),
            arrival: o.arrival,
            step,
            page_ms: None,
            heard_ms: finite(o.heard_ms),
            found: false,
            after_end: step >= Some(case.steps()),
            raw: [Some(request.url.as_str()), request.body.as_deref()].into_iter().flatten().collect(),
        };
        match nothing {
            // It may hold hits, and is none itself.
            true => seen.unread.push(sighting),
            false => place(seen, sighting, !o.context.is_empty()),
        }
    }
}

/// Why a request couldn't be read, if it couldn't. `nameless`: nothing in it has the form of the product's hits.
fn unread(request: &Request, nameless: bool) -> Option<Unread> {
    let why = |code, why: &str| Some(Unread { code, why: why.to_owned() });
    match request.body_state.as_str() {
        "complete" => {
            let body = request.body.as_deref().unwrap_or_default();
            let query = request.url.split_once('?').map_or("", |(_, query)| query);
            let text = if body.is_empty() { query } else { body };
            (nameless && is_opaque(text))
                .then(|| Unread { code: "unreadable", why: "is encrypted, or in a form of its own".to_owned() })
        }
        "truncated" => why("unreadable", request.unreadable.as_deref().unwrap_or("is longer than what is kept of one")),
        "unreadable" => why("unreadable", request.unreadable.as_deref().unwrap_or("isn't text")),
        _ => why("body-unseen", "this browser doesn't show; it may have been in it"),
    }
}

/// Why a recording can't tell of a forward, if it can't.
fn blind(watched: Option<&Watched>, forward: &Forward, addresses: &[Address]) -> Option<(&'static str, String)> {
    let Some(watched) = watched else {
        return Some(("not-watched", "the recording was made without watching what is forwarded".to_owned()));
    };
    if forward.product.is_layer() {
        return (!watched.layers.contains(&forward.layer))
            .then(|| ("not-watched", format!("`{}` was not listened to in this recording", forward.layer)));
    }
    let missing = addresses.iter().find(|address| !watched.addresses.contains(&address.text))?;
    Some(("not-watched", format!("`{}` was not watched in this recording", missing.text)))
}

/// What references are in a recording: a value of the environment is masked, so its reference stands for itself.
fn masked(forward: &Forward, case: &Case) -> Variables {
    let templates = forward.properties.iter().chain(&forward.addresses);
    let names = templates.flat_map(|template: &Template| &template.pieces).filter_map(|piece| match piece {
        Piece::Env(name) => Some((name.clone(), format!("${{env.{name}}}"))),
        _ => None,
    });
    Variables { env: names.collect(), run_id: case.recording.run.id.clone(), journey: case.recording.journey.clone() }
}
