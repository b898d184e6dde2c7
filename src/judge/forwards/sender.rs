//! Who was to send a hit: the page's own handler for the event, and what became of it.
//!
//! A handler that threw, came too late, was never called or never parsed explains a missing forward; the requirement that
//! this breaks is the handlers family's. One that returned is named all the same: that is where to look.

use std::collections::BTreeSet;

use crate::recording::handlers::{OwnHandler, own_handlers, unparsed};
use crate::recording::{Kind, Observation};

use crate::verdict::RequirementId;

use super::super::case::Case;
use super::super::text::{self, visible};

/// The page's own handlers, and what could be seen of them.
#[derive(Debug)]
pub(super) struct Senders<'a> {
    handlers: Vec<OwnHandler<'a>>,
    /// Documents in which they could be seen.
    watched: BTreeSet<&'a str>,
}

/// What became of the handler that was to send something.
#[derive(Debug)]
pub(super) struct Fate {
    /// A sentence without its end.
    pub(super) told: String,
    /// The requirement that it breaks, if it does.
    pub(super) breaks: Option<RequirementId>,
    /// Arrivals that show it.
    pub(super) evidence: Vec<u64>,
}

/// An event's observations in its document.
struct Fired<'a> {
    document: &'a str,
    seqs: BTreeSet<u64>,
}

impl<'a> Senders<'a> {
    pub(super) fn new(case: &Case<'a>) -> Self {
        let observes = |actor: &str| case.site.observes(actor);
        let watched = case.recording.observations.iter().filter(|o| match &o.kind {
            Kind::HandlersWatched { state, .. } => state == "watched",
            _ => false,
        });
        let watched = watched.map(|o| o.document.as_str()).collect();
        Self { handlers: own_handlers(case.recording, observes), watched }
    }

    /// The handlers that were called for an event, named; empty if none is known.
    pub(super) fn called_for(&self, case: &Case, occurrence: usize) -> (Vec<String>, Vec<u64>) {
        let Some((constant, fired)) = fired(case, occurrence) else { return Default::default() };
        let mut evidence = Vec::new();
        let mut names = Vec::new();
        for handler in self.of(&constant, fired.document) {
            let calls: Vec<u64> = handler
                .calls
                .iter()
                .filter(|(_, c)| c.event.is_some_and(|e| fired.seqs.contains(&e)))
                .map(|(o, _)| o.arrival)
                .collect();
            if !calls.is_empty() {
                names.push(named(handler));
                evidence.extend(calls);
            }
        }
        names.dedup();
        names.truncate(3);
        (names, evidence)
    }

    /// Why the page's handlers sent nothing for an event, as far as that can be told.
    pub(super) fn fate(&self, case: &Case, occurrence: usize) -> Option<Fate> {
        let (constant, fired) = fired(case, occurrence)?;
        let own: Vec<&OwnHandler> = self.of(&constant, fired.document).collect();
        if own.is_empty() {
            return self.nobody(case, &constant, fired.document);
        }
        failed(&own, &constant, &fired)
            .or_else(|| late(case, &own, &constant, &fired))
            .or_else(|| silent(&own, &constant, &fired))
            .or_else(|| {
                let (names, evidence) = self.called_for(case, occurrence);
                (!names.is_empty()).then(|| Fate {
                    told: format!(
                        "{} was called for it and returned, but sent nothing that fits",
                        text::list(&names, "and")
                    ),
                    breaks: None,
                    evidence,
                })
            })
    }

    fn of<'s>(&'s self, constant: &'s str, document: &'s str) -> impl Iterator<Item = &'s OwnHandler<'a>> {
        self.handlers.iter().filter(move |h| {
            h.observation.document == document
                && h.registration.constant.as_deref() == Some(constant)
                && h.registration.accepted
        })
    }

    /// The page has no handler for the event.
    fn nobody(&self, case: &Case, constant: &str, document: &str) -> Option<Fate> {
        if let Some((arrival, message, place)) =
            unparsed(case.recording, |actor| case.site.observes(actor)).into_iter().next()
        {
            return Some(Fate {
                told: format!(
                    "the page has no handler for {constant}; `{}` could not be parsed: {}",
                    visible(&place),
                    visible(message)
                ),
                breaks: Some(RequirementId::from("handlers.parsed")),
                evidence: vec![arrival],
            });
        }
        let wrong = |h: &&OwnHandler| {
            h.observation.document == document && (h.registration.constant.is_none() || !h.registration.accepted)
        };
        if let Some(handler) = self.handlers.iter().find(wrong) {
            return Some(Fate {
                told: format!(
                    "the page has no handler for {constant}; `{}` registered one for no constant",
                    visible(&handler.place())
                ),
                breaks: Some(RequirementId::from("handlers.registered")),
                evidence: vec![handler.observation.arrival],
            });
        }
        self.watched.contains(document).then(|| Fate {
            told: format!("no script of this page registered a handler for {constant}"),
            breaks: None,
            evidence: Vec::new(),
        })
    }
}

fn fired<'a>(case: &Case<'a>, occurrence: usize) -> Option<(String, Fired<'a>)> {
    let o = case.occurrence(occurrence)?;
    let heard: Vec<&Observation> =
        case.recording.observations.iter().filter(|other| o.arrivals.contains(&other.arrival)).collect();
    let document = heard.first()?.document.as_str();
    Some((o.constant.to_owned(), Fired { document, seqs: heard.iter().filter_map(|o| o.seq).collect() }))
}

/// ``the handler that `app.js:12` registered``
fn named(handler: &OwnHandler) -> String {
    format!("the handler that `{}` registered", visible(&handler.place()))
}

/// It threw, or its promise was rejected.
fn failed(own: &[&OwnHandler], constant: &str, fired: &Fired) -> Option<Fate> {
    let breaks = Some(RequirementId::handler(constant, "returns"));
    for handler in own {
        // Where it isn't known which event a call was for, it may have been this one.
        let threw =
            handler.calls.iter().find(|(_, call)| !call.returned && call.event.is_none_or(|e| fired.seqs.contains(&e)));
        if let Some((o, call)) = threw {
            let what = if call.message.is_empty() { String::new() } else { format!(": {}", visible(&call.message)) };
            return Some(Fate {
                told: format!("{} threw{what}", named(handler)),
                breaks,
                evidence: vec![handler.observation.arrival, o.arrival],
            });
        }
        if let Some((o, message)) = handler.rejections.first() {
            let told = format!("{} gave a promise that was rejected: {}", named(handler), visible(message));
            return Some(Fate { told, breaks, evidence: vec![handler.observation.arrival, o.arrival] });
        }
    }
    None
}

/// It was registered when the event had fired.
fn late(case: &Case, own: &[&OwnHandler], constant: &str, fired: &Fired) -> Option<Fate> {
    let first = fired.seqs.first()?;
    let called = |h: &&OwnHandler| h.calls.iter().any(|(_, c)| c.event.is_some_and(|e| fired.seqs.contains(&e)));
    if own.iter().any(|h| h.observation.seq < Some(*first)) || own.iter().any(called) {
        return None;
    }
    let handler = own.iter().min_by_key(|h| h.observation.seq)?;
    let at = case.recording.observations.iter().find(|o| o.document == fired.document && o.seq == Some(*first));
    let later = match (at.and_then(|o| o.page_ms), handler.observation.page_ms) {
        (Some(fired), Some(registered)) if registered >= fired => {
            format!(" {} after it fired", text::duration(registered - fired))
        }
        _ => " after it fired".to_owned(),
    };
    Some(Fate {
        told: format!("`{}` registered its handler{later}", visible(&handler.place())),
        breaks: Some(RequirementId::handler(constant, "in-time")),
        evidence: vec![handler.observation.arrival],
    })
}

/// It was there and was never called.
fn silent(own: &[&OwnHandler], constant: &str, fired: &Fired) -> Option<Fate> {
    let first = fired.seqs.first()?;
    let there = |h: &&&OwnHandler| h.observation.seq < Some(*first) && h.registration.handler.is_some() && !h.repeated;
    let handler = own.iter().find(there)?;
    if own.iter().any(|h| !h.calls.is_empty() || h.unplaced > 0) {
        return None;
    }
    if let Some(removed) = handler.removed {
        return Some(Fate {
            told: format!("the page took back {}", named(handler)),
            breaks: None,
            evidence: vec![handler.observation.arrival, removed.arrival],
        });
    }
    Some(Fate {
        told: format!("{} was not called", named(handler)),
        breaks: Some(RequirementId::handler(constant, "called")),
        evidence: vec![handler.observation.arrival],
    })
}
