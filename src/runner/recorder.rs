//! Takes what the socket brings for one journey and keeps it, in order and bounded, as it is: it's the whole recording that
//! is masked, before anybody else sees it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::analytics::Ways;
use super::beforehand;
use super::{BrowserKind, Progress, stack, weight};
use crate::analytics;
use crate::browser::routes::{Heard, Sink};
use crate::browser::traffic::{Body, Seen};
use crate::recording::{
    ApiLocation, ApiSnapshot, CopyNote, Handled, Kind, Observation, Place, Registration, Request, Silent, Subscription,
    Unheard,
};
use crate::site::VISITOR;

/// A journey that hears more than this has told enough: what comes later is only counted.
const MOST: usize = 250_000;

/// The same in bytes, of all documents together: a page may make as many of those as it likes.
const MOST_BYTES: usize = 128 << 20;

/// Errors, dialogs and navigations of a page are told for a diagnosis; one that makes more of them than this must not
/// crowd out what its widget fires.
const MOST_NOTES: usize = 2_000;

/// Characters of an address; browsers cut theirs off at some such length.
const MOST_URL: usize = 64 * 1024;

/// Bytes of all requests' bodies of one journey.
const MOST_BODIES: usize = 64 << 20;

/// Why a long body isn't read to its end.
const LONG: &str = "is longer than the 256 KiB that are kept of one";

/// A request's body as the recording keeps it.
struct ReadBody {
    text: Option<String>,
    state: String,
    problem: Option<String>,
}

/// One journey's ear.
pub struct Recorder {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    progress: Arc<dyn Progress>,
    browser: BrowserKind,
    journey: String,
    ways: Ways,
    began: Instant,
}

#[derive(Default)]
struct State {
    observations: Vec<Observation>,
    /// Latest document of each context, with the arrival of the first that was heard of it.
    documents: HashMap<String, (String, u64)>,
    /// The context of each document, and the arrival of the first that was heard of it.
    contexts: HashMap<String, (String, u64)>,
    /// Next number of each document: a message may come twice, by the channel and by way of rescue.
    next: HashMap<String, u64>,
    /// Latest mark of each document.
    marks: HashMap<String, usize>,
    dropped: u64,
    /// Bytes of all observations.
    bytes: usize,
    notes: usize,
    /// Where each request stands, by the browser's name for it.
    requests: HashMap<String, usize>,
    /// Characters of all bodies together.
    bodies: usize,
    /// Documents that were rendered before anybody was on them, each with the arrival of its being shown.
    beforehand: HashMap<String, Option<u64>>,
    /// The journey is over: only what is sent while its pages go away is still taken.
    over: bool,
}

/// A batch of the listener's: `{"d": document, "m": [messages]}`.
#[derive(Deserialize)]
struct Batch {
    d: String,
    m: Vec<Said>,
}

/// One message. See `listener.js` for the meaning of the letters.
#[derive(Deserialize)]
struct Said {
    s: u64,
    t: f64,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
enum What {
    Alive {
        u: String,
        top: bool,
    },
    Mark {
        p: usize,
    },
    Ready {
        o: String,
        n: u64,
    },
    Api {
        w: String,
        l: Vec<ApiLocation>,
        u: Option<String>,
        r: Vec<Subscription>,
        #[serde(default)]
        p: Vec<Place>,
        #[serde(default)]
        g: Vec<String>,
    },
    Event {
        c: String,
        n: u64,
        a: u64,
        v: Value,
        x: Vec<CopyNote>,
        h: Option<u64>,
    },
    Unheard {
        c: String,
        ev: u64,
        m: Vec<(u64, u8)>,
        #[serde(default)]
        y: Vec<(u64, u8)>,
    },
    Differs {
        c: String,
        ev: u64,
        n: u64,
        v: Value,
        x: Vec<CopyNote>,
    },
    Changed {
        c: String,
        ev: u64,
        v: Value,
        x: Vec<CopyNote>,
    },
    Push {
        l: String,
        i: u64,
        f: bool,
        a: bool,
        v: Value,
        x: Vec<CopyNote>,
    },
    Dropped {
        n: u64,
    },
    Unload,
    Shown,
    Beforehand,
    Refused {
        u: String,
        y: String,
    },
    Handler(Box<SaidHandler>),
    Handled {
        h: u64,
        c: Option<String>,
        by: String,
        ev: Option<u64>,
        ms: f64,
        ok: bool,
        e: String,
        ca: bool,
        p: bool,
    },
    Rejected {
        h: u64,
        c: Option<String>,
        e: String,
    },
    Removed {
        h: u64,
        c: Option<String>,
        by: String,
    },
    Watched {
        l: String,
        st: String,
        r: bool,
    },
    Unsaid {
        n: u64,
    },
    Unparsed {
        u: String,
        ln: u32,
        e: String,
    },
    Asked {
        w: String,
        a: String,
    },
    Webdriver,
}

/// A registration of the page's own. See `handlers.js`.
#[derive(Deserialize)]
struct SaidHandler {
    h: Option<u64>,
    c: Option<String>,
    y: String,
    v: String,
    b: String,
    f: String,
    l: String,
    st: String,
    r: bool,
    ok: bool,
}

impl Recorder {
    pub(super) fn new(progress: Arc<dyn Progress>, browser: BrowserKind, journey: &str, ways: Ways) -> Arc<Self> {
        let (changed, _) = watch::channel(0);
        let (state, journey, began) = (Mutex::default(), journey.to_owned(), Instant::now());
        Arc::new(Self { state, changed, progress, browser, journey, ways, began })
    }

    /// Milliseconds since the journey began.
    pub(super) fn since(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1000.0
    }

    /// The ear in one actor's windows.
    pub(super) fn sink(self: &Arc<Self>, actor: &str) -> Arc<dyn Sink> {
        Arc::new(Ear { recorder: self.clone(), actor: actor.to_owned() })
    }

    /// Counts what is heard; changes with each observation.
    pub(super) fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// How many observations there are: a position to count from.
    pub(super) fn position(&self) -> usize {
        self.lock().observations.len()
    }

    /// The events heard from a position on, in order, each constant once.
    pub(super) fn constants_since(&self, position: usize) -> Vec<String> {
        let mut heard: Vec<String> = Vec::new();
        for observation in self.lock().observations.get(position..).unwrap_or_default() {
            if let Kind::Event { constant, .. } = &observation.kind
                && !heard.contains(constant)
            {
                heard.push(constant.clone());
            }
        }
        heard
    }

    /// Waits until `done` holds of what was heard, for at most `bound`; whether it does.
    pub(super) async fn wait_until(&self, bound: Duration, done: impl Fn(&[Observation]) -> bool) -> bool {
        let mut changed = self.changed();
        let waiting = async {
            loop {
                changed.borrow_and_update();
                if done(&self.lock().observations) {
                    return true;
                }
                if changed.changed().await.is_err() {
                    return false;
                }
            }
        };
        tokio::time::timeout(bound, waiting).await.unwrap_or(false)
    }

    /// How often each event was heard from a position on, in the windows of actors for whom `observes` holds.
    pub(super) fn heard_since(&self, position: usize, observes: impl Fn(&str) -> bool) -> HashMap<String, usize> {
        let state = self.lock();
        let mut counts = HashMap::new();
        for observation in state.observations.get(position..).unwrap_or_default() {
            if let Kind::Event { constant, .. } = &observation.kind
                && observes(&observation.actor)
            {
                *counts.entry(constant.clone()).or_default() += 1;
            }
        }
        counts
    }

    /// Waits until these documents' marks have arrived (each with its context), and with them all that was heard before.
    /// Gives those that did not arrive in time; one that went away meanwhile is no longer waited for.
    pub(super) async fn wait_for_marks(
        &self,
        step: usize,
        documents: Vec<(String, String)>,
        bound: Duration,
    ) -> Vec<(String, String)> {
        for (context, document) in &documents {
            self.lock().place(context, document);
        }
        let mut changed = self.changed();
        let open = |state: &State| -> Vec<(String, String)> {
            let waits = |context: &String, document: &String| {
                state.marks.get(document) != Some(&step)
                    && state.documents.get(context).is_none_or(|(latest, _)| latest == document)
            };
            documents.iter().filter(|(context, document)| waits(context, document)).cloned().collect()
        };
        let all = async {
            loop {
                changed.borrow_and_update();
                if open(&self.lock()).is_empty() || changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(bound, all).await;
        open(&self.lock())
    }

    /// A step begins anew: what was marked for it before, was for a try that came to nothing.
    pub(super) fn void_marks(&self, step: usize) {
        let mut state = self.lock();
        state.marks.retain(|_, marked| *marked != step);
        for observation in &mut state.observations {
            if observation.kind == (Kind::Mark { step }) {
                observation.kind = Kind::Void { step };
            }
        }
    }

    /// Looks at all that was heard so far.
    pub(super) fn look<T>(&self, look: impl FnOnce(&[Observation]) -> T) -> T {
        look(&self.lock().observations)
    }

    /// From now on only requests are taken: what pages fire because their windows are closed, no visitor caused.
    pub(super) fn end(&self) {
        self.lock().over = true;
    }

    /// Waits until every request has been answered; at most for `bound`.
    pub(super) async fn wait_for_answers(&self, bound: Duration) {
        let mut changed = self.changed();
        let pending = |o: &Observation| matches!(&o.kind, Kind::Request(request) if request.answer == "pending");
        let all = async {
            loop {
                changed.borrow_and_update();
                if !self.look(|all| all.iter().any(pending)) || changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(bound, all).await;
    }

    fn request(&self, actor: &str, context: &str, seen: Seen) {
        let forwards = self.ways.of(&seen.url);
        let read = self.body(seen.body, &seen.content_type, &seen.content_encoding);
        let mut request = Request {
            forwards,
            method: bounded(&seen.method),
            url: cut(&seen.url, MOST_URL),
            content_type: bounded(&seen.content_type),
            content_encoding: bounded(&seen.content_encoding),
            body: read.text,
            body_state: read.state,
            unreadable: read.problem,
            answer: "pending".to_owned(),
            hits: Vec::new(),
            id: seen.id.clone(),
        };
        request.hits = self.ways.decode(&request);
        let sent = Kind::Request(Box::new(request));
        let kind = if seen.beforehand { Kind::Unseen { heard: Box::new(sent) } } else { sent };
        self.push(actor, context, None, None, None, kind);
    }

    /// A request's body, unpacked; beyond the bound of a whole journey none is kept.
    fn body(&self, body: Option<Body>, content_type: &str, content_encoding: &str) -> ReadBody {
        let unseen = || ReadBody { text: None, state: "unseen".to_owned(), problem: None };
        let Some(body) = body else { return unseen() };
        let whole = body.state == "complete";
        let Some(bytes) = body.bytes else {
            let problem = (body.state == "truncated").then(|| LONG.to_owned());
            return ReadBody { text: None, state: body.state.to_owned(), problem };
        };
        let read = analytics::body::read(&bytes, content_type, content_encoding, whole);
        let mut text = read.text;
        if read.cut || !whole {
            // For whoever masks what is left of a secret there.
            text.push('…');
        }
        let mut state = self.lock();
        state.bodies += text.len();
        if state.bodies > MOST_BODIES {
            return unseen();
        }
        let problem = if whole { read.problem } else { Some(LONG.to_owned()) };
        let said = match (&problem, whole) {
            (Some(_), true) => "unreadable",
            _ => body.state,
        };
        ReadBody { text: Some(text), state: said.to_owned(), problem }
    }

    fn change_request(&self, id: &str, change: impl FnOnce(&mut Request)) {
        {
            let mut state = self.lock();
            let Some(position) = state.requests.get(id).copied() else { return };
            let Some(observation) = state.observations.get_mut(position) else { return };
            let kind = match &mut observation.kind {
                Kind::Unseen { heard } => heard.as_mut(),
                kind => kind,
            };
            let Kind::Request(request) = kind else { return };
            let before = weight::of_request(request);
            change(request);
            // A body that came later, and what was read in it.
            let now = weight::of_request(request);
            state.bytes = state.bytes.saturating_add(now.saturating_sub(before));
        }
        self.changed.send_modify(|count| *count += 1);
    }

    /// Adds what the runner itself has to tell.
    pub(super) fn note(&self, actor: &str, context: &str, kind: Kind) {
        self.push(actor, context, None, None, None, kind);
    }

    /// All that was heard; what comes later is not.
    pub(super) fn take(&self) -> Vec<Observation> {
        let mut state = self.lock();
        let dropped = std::mem::take(&mut state.dropped);
        let mut observations = std::mem::take(&mut state.observations);
        beforehand::set_apart(&mut observations, &state.beforehand);
        if dropped > 0 {
            let arrival = observations.len() as u64;
            observations.push(Observation {
                arrival,
                // Whoever it was, what is missing may be the visitor's.
                actor: VISITOR.to_owned(),
                context: String::new(),
                document: String::new(),
                seq: None,
                page_ms: None,
                heard_ms: Some(self.since()),
                kind: Kind::Dropped { count: dropped },
            });
        }
        observations
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(
        &self,
        actor: &str,
        context: &str,
        document: Option<&str>,
        seq: Option<u64>,
        page_ms: Option<f64>,
        kind: Kind,
    ) {
        let weight = weight::of(&kind);
        let mut state = self.lock();
        if state.over && request_in(&kind).is_none() {
            drop(state);
            // Of no account, but people who look on see that the page is still alive.
            if let Kind::Event { constant, .. } = &kind {
                self.progress.event_heard(self.browser, &self.journey, constant);
            }
            return;
        }
        let arrival = state.observations.len() as u64;
        if matches!(kind, Kind::ContextGone) {
            // Nothing will come from there any more.
            state.documents.insert(context.to_owned(), (String::new(), arrival));
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
            state.notes += 1;
            if state.notes > MOST_NOTES {
                return;
            }
        }
        if state.observations.len() >= MOST || state.bytes >= MOST_BYTES {
            state.dropped += 1;
            return;
        }
        // The one that fills it is still taken: what follows is incomplete as a whole, not here and there.
        state.bytes = state.bytes.saturating_add(weight);
        let (context, document) = match document {
            Some(id) => {
                let known = state.contexts.entry(id.to_owned()).or_insert_with(|| (String::new(), arrival)).0.clone();
                (if known.is_empty() { context.to_owned() } else { known }, id.to_owned())
            }
            None => (context.to_owned(), state.documents.get(context).map(|(id, _)| id.clone()).unwrap_or_default()),
        };
        let kind = state.seen(&document, arrival, kind);
        let heard = if let Kind::Event { constant, .. } = &kind { Some(constant.clone()) } else { None };
        // Under the same lock: its answer may be on its way, and events come by another socket.
        if let Some(id) = request_in(&kind).map(|request| request.id.clone()) {
            state.requests.insert(id, usize::try_from(arrival).unwrap_or(usize::MAX));
        }
        state.observations.push(Observation {
            arrival,
            actor: actor.to_owned(),
            context,
            document,
            seq,
            page_ms,
            heard_ms: page_ms.is_none().then(|| self.since()),
            kind,
        });
        drop(state);
        if let Some(constant) = heard {
            self.progress.event_heard(self.browser, &self.journey, &constant);
        }
        self.changed.send_modify(|count| *count += 1);
    }

    fn message(&self, actor: &str, context: &str, text: &str) {
        let batch: Batch = match serde_json::from_str(text) {
            Ok(batch) => batch,
            // The channel's function is the listener's alone, so this is a fault of ours; a page can't forge it.
            Err(error) => {
                tracing::warn!("a message of the listener makes no sense: {error}");
                self.note(
                    actor,
                    context,
                    Kind::Deaf { url: String::new(), message: format!("a message could not be read: {error}") },
                );
                return;
            }
        };
        for said in batch.m {
            {
                let mut state = self.lock();
                let next = state.next.entry(batch.d.clone()).or_default();
                if said.s < *next {
                    continue;
                }
                *next = said.s + 1;
                if let What::Mark { p } = said.what {
                    state.marks.insert(batch.d.clone(), p);
                }
            }
            let kind = match said.what {
                What::Alive { u, top } => Kind::Alive { url: u, top },
                What::Mark { p } => Kind::Mark { step: p },
                What::Ready { o, n } => Kind::Ready { target: o, nth: n },
                What::Api { w, l, u, r, p, g } => Kind::Api(Box::new(ApiSnapshot {
                    when: w,
                    locations: l,
                    used: u,
                    subscriptions: r,
                    places: p,
                    replaced: g,
                })),
                What::Event { c, n, a, v, x, h } => {
                    Kind::Event { constant: c, subscription: n, data: v, arguments: a, notes: x, handler: h }
                }
                What::Unheard { c, ev, m, y } => {
                    let silent = |(subscription, which): (u64, u8)| Silent { subscription, which: which.into() };
                    Kind::Unheard(Box::new(Unheard {
                        constant: c,
                        event: ev,
                        silent: m.into_iter().map(silent).collect(),
                        after_all: y.into_iter().map(silent).collect(),
                    }))
                }
                What::Differs { c, ev, n, v, x } => {
                    Kind::HeardOtherwise { constant: c, event: ev, subscription: n, data: v, notes: x }
                }
                What::Changed { c, ev, v, x } => Kind::PayloadChanged { constant: c, event: ev, data: v, notes: x },
                What::Push { l, i, f, a, v, x } => {
                    Kind::Push { layer: l, index: i, found: f, arguments: a, data: v, notes: x }
                }
                What::Dropped { n } => Kind::Dropped { count: n },
                What::Unload => Kind::Unload,
                What::Shown => Kind::Shown,
                What::Beforehand => Kind::Beforehand,
                What::Refused { u, y } => {
                    Kind::Refused { what: "script".to_owned(), url: bounded(&u), status: 0, reason: bounded(&y) }
                }
                What::Handler(said) => Kind::Handler(Box::new(registration(*said))),
                What::Handled { h, c, by, ev, ms, ok, e, ca, p } => Kind::Handled(Box::new(Handled {
                    handler: h,
                    constant: c,
                    by,
                    event: ev,
                    took_ms: ms,
                    returned: ok,
                    promise: p,
                    message: e,
                    caught: ca,
                })),
                What::Rejected { h, c, e } => Kind::HandlerRejected { handler: h, constant: c, message: e },
                What::Removed { h, c, by } => Kind::HandlerRemoved { handler: h, constant: c, by },
                What::Watched { l, st, r } => Kind::HandlersWatched { location: l, state: st, after_ready: r },
                What::Unsaid { n } => Kind::HandlersUnsaid { count: n },
                What::Webdriver => Kind::WebdriverRead,
                What::Asked { w, a } => Kind::Asked { what: bounded(&w), answer: bounded(&a) },
                What::Unparsed { u, ln, e } => Kind::Unparsed {
                    source: bounded(&u),
                    line: ln,
                    message: e.strip_prefix("Uncaught ").unwrap_or(&e).to_owned(),
                },
            };
            self.push(actor, context, Some(&batch.d), Some(said.s), Some(said.t), kind);
        }
        if !context.is_empty() {
            self.lock().place(context, &batch.d);
        }
    }
}

fn registration(said: SaidHandler) -> Registration {
    let place = stack::caller(&said.st, stack::OWN_FRAMES).unwrap_or_default();
    Registration {
        handler: said.h,
        constant: said.c,
        value_type: said.y,
        value: said.v,
        callback: said.b,
        name: said.f,
        location: said.l,
        script: bounded(&place.script),
        line: place.line,
        column: place.column,
        after_ready: said.r,
        accepted: said.ok,
    }
}

impl State {
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
    fn place(&mut self, context: &str, document: &str) {
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

struct Ear {
    recorder: Arc<Recorder>,
    actor: String,
}

impl Sink for Ear {
    fn heard(&self, context: &str, heard: Heard) {
        let kind = match heard {
            Heard::Message(text) => return self.recorder.message(&self.actor, context, &text),
            Heard::Navigation { phase, url } => Kind::Navigation { url: bounded(&url), phase: phase.to_owned() },
            Heard::Dialog { dialog, message, answer, by_step } => {
                Kind::Dialog { dialog, message: bounded(&message), answer: answer.to_owned(), by_step }
            }
            Heard::Asked { what, answer } => Kind::Asked { what: bounded(&what), answer: answer.to_owned() },
            Heard::PageError { message, source, line } => {
                Kind::PageError { message: bounded(&message), source: bounded(&source), line }
            }
            Heard::Request(seen) => return self.recorder.request(&self.actor, context, *seen),
            Heard::RequestBody { id, content_type, content_encoding, body } => {
                let read = self.recorder.body(Some(body), &content_type, &content_encoding);
                return self.recorder.change_request(&id, |request| {
                    request.body = read.text;
                    request.body_state = read.state;
                    request.unreadable = read.problem;
                    request.hits = self.recorder.ways.decode(request);
                });
            }
            Heard::Answered { id, answer } => {
                return self.recorder.change_request(&id, |request| answer.clone_into(&mut request.answer));
            }
            Heard::Refused(refused) => Kind::Refused {
                what: refused.what.to_owned(),
                url: bounded(&refused.url),
                status: refused.status,
                reason: bounded(&refused.reason),
            },
            Heard::Gone => Kind::ContextGone,
        };
        self.recorder.note(&self.actor, context, kind);
    }
}

fn request_in(kind: &Kind) -> Option<&Request> {
    match kind {
        Kind::Request(request) => Some(request),
        Kind::Unseen { heard } => request_in(heard),
        _ => None,
    }
}

/// A page's text outside of payloads: nobody reads more of it.
pub(super) fn bounded(text: &str) -> String {
    cut(text, 2_000)
}

/// A text cut to so many characters; where that was done is marked, for whoever masks what is left of a secret there.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::Silent;

    /// What documents say, one event each with a list of so many zeros.
    fn heard(recorder: &Arc<Recorder>, documents: usize, zeros: usize) {
        let sink = recorder.sink(VISITOR);
        let list = vec!["0"; zeros].join(",");
        for document in 0..documents {
            let event =
                format!("{{\"k\":\"event\",\"s\":0,\"t\":1,\"c\":\"E\",\"n\":1,\"a\":1,\"v\":[{list}],\"x\":[]}}");
            sink.heard("c", Heard::Message(format!("{{\"d\":\"d{document}\",\"m\":[{event}]}}")));
        }
    }

    #[test]
    fn many_documents_share_one_bound_of_bytes() {
        let new = || Recorder::new(Arc::new(Silent), BrowserKind::Firefox, "j", Ways::default());
        let recorder = new();
        heard(&recorder, 20, 1_000);
        assert!(recorder.take().iter().all(|o| matches!(o.kind, Kind::Event { .. })));
        // A few megabytes of text, and many times that as values.
        let recorder = new();
        heard(&recorder, 20, 200_000);
        let all = recorder.take();
        let bytes: usize = all.iter().map(|o| weight::of(&o.kind)).sum();
        assert!(bytes < MOST_BYTES + MOST_BYTES / 4, "{bytes}");
        let Some(Kind::Dropped { count }) = all.last().map(|o| &o.kind) else { panic!("nothing was dropped") };
        assert_eq!(usize::try_from(*count).unwrap() + all.len() - 1, 20);
    }
}
