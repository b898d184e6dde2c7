//! What a recorder holds: observations in order, bounded, each with the document and the context that it belongs to.

use std::collections::HashMap;

use super::super::{beforehand, weight};
use crate::recording::{Kind, Observation, Request};

/// A journey that hears more than this has told enough: what comes later is only counted.
const MOST: usize = 250_000;

/// The same in bytes, of all documents together: a page may make as many of those as it likes.
pub(super) const MOST_BYTES: usize = 128 << 20;

/// Errors, dialogs and navigations of a page are told for a diagnosis; one that makes more of them than this must not
/// crowd out what its widget fires.
const MOST_NOTES: usize = 2_000;

#[derive(Default)]
pub(super) struct State {
    pub(super) observations: Vec<Observation>,
    /// Latest document of each context, with the arrival of the first that was heard of it.
    pub(super) documents: HashMap<String, (String, u64)>,
    /// The context of each document, and the arrival of the first that was heard of it.
    pub(super) contexts: HashMap<String, (String, u64)>,
    /// Next number of each document: a message may come twice, by the channel and by way of rescue.
    pub(super) next: HashMap<String, u64>,
    /// Latest mark of each document.
    pub(super) marks: HashMap<String, usize>,
    pub(super) dropped: u64,
    /// Bytes of all observations.
    pub(super) bytes: usize,
    pub(super) notes: usize,
    /// Where each request stands, by the browser's name for it.
    pub(super) requests: HashMap<String, usize>,
    /// Characters of all bodies together.
    pub(super) bodies: usize,
    /// Documents that were rendered before anybody was on them, each with the arrival of its being shown.
    pub(super) beforehand: HashMap<String, Option<u64>>,
    /// The journey is over: only what is sent while its pages go away is still taken.
    pub(super) over: bool,
}

impl State {
    /// Keeps an observation, if it's to be kept; gives the event that it is.
    #[expect(clippy::too_many_arguments, reason = "they are the parts of one observation")]
    pub(super) fn add(
        &mut self,
        actor: &str,
        context: &str,
        document: Option<&str>,
        seq: Option<u64>,
        page_ms: Option<f64>,
        kind: Kind,
        since: f64,
    ) -> Option<String> {
        let event = |kind: &Kind| if let Kind::Event { constant, .. } = kind { Some(constant.clone()) } else { None };
        if self.over && request_in(&kind).is_none() {
            return event(&kind);
        }
        let arrival = self.observations.len() as u64;
        if matches!(kind, Kind::ContextGone) {
            // Nothing will come from there any more.
            self.documents.insert(context.to_owned(), (String::new(), arrival));
        }
        // Whoever waits for it goes on, also where it's too much to be kept.
        if let (Kind::Mark { step }, Some(document)) = (&kind, document) {
            self.marks.insert(document.to_owned(), *step);
        }
        if matches!(
            kind,
            Kind::PageError { .. }
                | Kind::Dialog { .. }
                | Kind::Navigation { .. }
                | Kind::Asked { .. }
                | Kind::Refused { .. }
                | Kind::WebdriverRead
        ) {
            self.notes += 1;
            if self.notes > MOST_NOTES {
                return None;
            }
        }
        if self.observations.len() >= MOST || self.bytes >= MOST_BYTES {
            self.dropped += 1;
            return None;
        }
        // The one that fills it is still taken: what follows is incomplete as a whole, not here and there.
        self.bytes = self.bytes.saturating_add(weight::of(&kind));
        let (context, document) = match document {
            Some(id) => {
                let known = self.contexts.entry(id.to_owned()).or_insert_with(|| (String::new(), arrival)).0.clone();
                (if known.is_empty() { context.to_owned() } else { known }, id.to_owned())
            }
            None => (context.to_owned(), self.documents.get(context).map(|(id, _)| id.clone()).unwrap_or_default()),
        };
        let kind = self.seen(&document, arrival, kind);
        let heard = event(&kind);
        // Under the same lock: its answer may be on its way, and events come by another socket.
        if let Some(id) = request_in(&kind).map(|request| request.id.clone()) {
            self.requests.insert(id, usize::try_from(arrival).unwrap_or(usize::MAX));
        }
        self.observations.push(Observation {
            arrival,
            actor: actor.to_owned(),
            context,
            document,
            seq,
            page_ms,
            heard_ms: page_ms.is_none().then_some(since),
            kind,
        });
        heard
    }

    /// What is heard in a document that nobody is on yet is set apart.
    fn seen(&mut self, document: &str, arrival: u64, kind: Kind) -> Kind {
        match (&kind, self.beforehand.get_mut(document)) {
            (Kind::Beforehand, _) => {
                self.beforehand.insert(document.to_owned(), None);
                kind
            }
            (Kind::Shown, Some(shown)) => {
                shown.get_or_insert(arrival);
                kind
            }
            (_, Some(None)) if beforehand::is_act(&kind) => Kind::Unseen { heard: Box::new(kind) },
            _ => kind,
        }
    }

    /// A document's context has become known: fills it in where it was still missing.
    pub(super) fn place(&mut self, context: &str, document: &str) {
        let arrival = self.observations.len() as u64;
        let (known, first) = self.contexts.entry(document.to_owned()).or_insert_with(|| (String::new(), arrival));
        let first = *first;
        if known.is_empty() {
            context.clone_into(known);
            let since = self.observations.iter_mut().skip(usize::try_from(first).unwrap_or(0));
            for observation in since.filter(|o| o.document == document && o.context.is_empty()) {
                context.clone_into(&mut observation.context);
            }
        }
        // A former document's first message may arrive after the next document's.
        if self.documents.get(context).is_none_or(|(_, latest)| first >= *latest) {
            self.documents.insert(context.to_owned(), (document.to_owned(), first));
        }
    }
}

fn request_in(kind: &Kind) -> Option<&Request> {
    match kind {
        Kind::Request(request) => Some(request),
        Kind::Unseen { heard } => request_in(heard),
        _ => None,
    }
}
