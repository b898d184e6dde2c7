//! The page's own handlers, put together: each registration with what became of it.
//!
//! Boundary: reads a recording, judges nothing. Both the judge and the reports ask here, so that they tell the same.

use std::collections::BTreeMap;

use super::{Handled, Kind, Observation, Recording, Registration};

/// A handler of the page's own, as it was registered for one constant.
#[derive(Debug, Clone)]
pub struct OwnHandler<'a> {
    /// The observation of its registration.
    pub observation: &'a Observation,
    /// How it was registered.
    pub registration: &'a Registration,
    /// The same function was registered for the same constant before, in the same document.
    pub repeated: bool,
    /// Its calls for this constant. Those of a function that was registered more than once are at its first registration.
    pub calls: Vec<(&'a Observation, &'a Handled)>,
    /// Calls of the same function of which it isn't known for which of its constants they were.
    pub unplaced: usize,
    /// Rejections of promises that it gave, which nobody caught, with their messages.
    pub rejections: Vec<(&'a Observation, &'a str)>,
    /// When the page took it back, as far as that can be seen.
    pub removed: Option<&'a Observation>,
}

impl OwnHandler<'_> {
    /// Where it was registered: `https://shop.example/app.js:12`; `a script that isn't known`.
    pub fn place(&self) -> String {
        place(&self.registration.script, self.registration.line)
    }

    /// How many of its calls threw, or gave a promise that was rejected.
    pub fn failures(&self) -> usize {
        self.calls.iter().filter(|(_, call)| !call.returned).count() + self.rejections.len()
    }

    /// The longest that a call took, in milliseconds.
    pub fn longest_ms(&self) -> f64 {
        self.calls.iter().map(|(_, call)| call.took_ms).filter(|ms| ms.is_finite()).fold(0.0, f64::max)
    }
}

/// A place in a script, for people.
pub fn place(script: &str, line: u32) -> String {
    match (script.is_empty(), line) {
        (true, _) => "a script that isn't known".to_owned(),
        (false, 0) => script.to_owned(),
        (false, line) => format!("{script}:{line}"),
    }
}

/// Scripts in the windows of actors for whom `observes` holds that could not be parsed: the arrival of the error, what it says, and where. Browsers themselves don't always
/// say where; then the page's own error event does.
pub fn unparsed(recording: &Recording, observes: impl Fn(&str) -> bool) -> Vec<(u64, &str, String)> {
    let told = |message: &str| {
        recording.observations.iter().find_map(|o| match &o.kind {
            Kind::Unparsed { source, line, message: other } if message.ends_with(other.as_str()) => {
                Some(place(source, *line))
            }
            _ => None,
        })
    };
    let errors = recording.observations.iter().filter(|o| observes(&o.actor)).filter_map(|o| match &o.kind {
        Kind::PageError { message, source, line } if message.contains("SyntaxError") => {
            let own = || place(source, *line);
            let place = if source.is_empty() { told(message).unwrap_or_else(own) } else { own() };
            Some((o.arrival, message.as_str(), place))
        }
        _ => None,
    });
    errors.collect()
}

/// All registrations of the page's own handlers in the windows of actors for whom `observes` holds, in order of arrival.
pub fn own_handlers(recording: &Recording, observes: impl Fn(&str) -> bool) -> Vec<OwnHandler<'_>> {
    let mut found: Vec<OwnHandler> = Vec::new();
    // The first registration of a function for a constant, in a document.
    let mut first: BTreeMap<(&str, u64, Option<&str>), usize> = BTreeMap::new();
    let observed = || recording.observations.iter().filter(|o| observes(&o.actor));
    for observation in observed() {
        let Kind::Handler(registration) = &observation.kind else { continue };
        let index = found.len();
        let repeated = registration.handler.is_some_and(|handler| {
            let key = (observation.document.as_str(), handler, registration.constant.as_deref());
            *first.entry(key).or_insert(index) != index
        });
        found.push(OwnHandler {
            observation,
            registration,
            repeated,
            calls: vec![],
            unplaced: 0,
            rejections: vec![],
            removed: None,
        });
    }
    // A call may arrive before its registration does: an API may call back while it is being subscribed to.
    for observation in observed() {
        let document = observation.document.as_str();
        let at = |handler: u64, constant: &Option<String>| -> Vec<usize> {
            let range =
                first.range((document, handler, None)..).take_while(|((d, h, _), _)| (*d, *h) == (document, handler));
            range.filter(|((_, _, c), _)| constant.is_none() || *c == constant.as_deref()).map(|(_, at)| *at).collect()
        };
        match &observation.kind {
            Kind::Handled(call) => {
                let places = at(call.handler, &call.constant);
                let certain = call.constant.is_some() || places.len() == 1;
                for index in places {
                    if let Some(handler) = found.get_mut(index) {
                        if certain {
                            handler.calls.push((observation, call));
                        } else {
                            handler.unplaced += 1;
                        }
                    }
                }
            }
            Kind::HandlerRejected { handler, constant, message } => {
                if let [index, ..] = at(*handler, constant).as_slice()
                    && let Some(handler) = found.get_mut(*index)
                {
                    handler.rejections.push((observation, message));
                }
            }
            Kind::HandlerRemoved { handler, constant, .. } => {
                for index in at(*handler, constant) {
                    if let Some(handler) = found.get_mut(index) {
                        handler.removed.get_or_insert(observation);
                    }
                }
            }
            _ => {}
        }
    }
    found
}
