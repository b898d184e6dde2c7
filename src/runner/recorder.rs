//! Takes what the socket brings for one journey and keeps it, in order and bounded, as it is: it's the whole recording that
//! is masked, before anybody else sees it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

mod state;

use self::state::State;
use super::analytics::Ways;
use super::beforehand;
use super::messages::Batch;
use super::progress::{Event, LaneId, Progress};
use super::weight;
use crate::analytics;
use crate::browser::routes::{Heard, Sink};
use crate::browser::traffic::{Body, Seen};
use crate::recording::{Kind, Observation, Request};
use crate::site::VISITOR;

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
    lane: LaneId,
    journey: String,
    ways: Ways,
    began: Instant,
}

impl Recorder {
    pub(super) fn new(progress: Arc<dyn Progress>, lane: LaneId, journey: &str, ways: Ways) -> Arc<Self> {
        let (changed, _) = watch::channel(0);
        let (state, journey, began) = (Mutex::default(), journey.to_owned(), Instant::now());
        Arc::new(Self { state, changed, progress, lane, journey, ways, began })
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

    /// Whether anything was heard of a page from a position on, be it an event, a request, a push, a dialog or a new document.
    pub(super) fn stirred_since(&self, position: usize) -> bool {
        let own = |kind: &Kind| {
            matches!(
                kind,
                Kind::Mark { .. }
                    | Kind::Void { .. }
                    | Kind::PressedAgain { .. }
                    | Kind::Whenever { .. }
                    | Kind::Deaf { .. }
                    | Kind::Dropped { .. }
                    | Kind::HandlersWatched { .. }
                    | Kind::WebdriverRead
                    | Kind::Unseen { .. }
            )
        };
        self.lock().observations.get(position..).unwrap_or_default().iter().any(|observation| !own(&observation.kind))
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
        let besides = self.ways.besides(&seen.url, seen.what, &seen.method);
        if forwards.is_empty() && besides.is_none() {
            return;
        }
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
            what: besides.unwrap_or_default().to_owned(),
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

    /// Where a browsing context went last, as far as was heard.
    fn address_of(&self, context: &str) -> String {
        let was_at = |observation: &Observation| match &observation.kind {
            Kind::Navigation { url, phase } if observation.context == context && phase == "committed" => {
                Some(url.clone())
            }
            _ => None,
        };
        self.look(|all| all.iter().rev().find_map(was_at)).unwrap_or_default()
    }

    /// Waits until the driver loses a frame; gives its address, empty if that isn't known.
    pub(super) async fn lost_frame(&self) -> String {
        let mut changed = self.changed();
        let mut seen = 0;
        loop {
            changed.borrow_and_update();
            let lost = self.look(|all| {
                let new = all.get(seen..).unwrap_or_default();
                seen = all.len();
                new.iter().find_map(Observation::lost_frame).map(str::to_owned)
            });
            if let Some(url) = lost {
                return url;
            }
            if changed.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
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
        let added = self.lock().add(actor, context, document, seq, page_ms, kind, self.since());
        self.announce(added.as_slice());
    }

    /// After the lock was let go: whoever waits looks again, and people who look on see that the page is alive.
    fn announce(&self, events: &[String]) {
        for constant in events {
            self.progress.heard(&self.lane, Event::EventHeard { journey: &self.journey, constant });
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
        let mut events = Vec::new();
        {
            // Under one lock: a message that comes twice, and a journey that ends at its mark, find all of it or nothing.
            let mut state = self.lock();
            for said in batch.m {
                let next = state.next.entry(batch.d.clone()).or_default();
                if said.s < *next {
                    continue;
                }
                *next = said.s + 1;
                let (seq, at) = (Some(said.s), Some(said.t));
                events.extend(state.add(actor, context, Some(&batch.d), seq, at, said.what.kind(), self.since()));
            }
            if !context.is_empty() {
                state.place(context, &batch.d);
            }
        }
        self.announce(&events);
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
            Heard::FrameLost => Kind::FrameLost { url: self.recorder.address_of(context) },
        };
        self.recorder.note(&self.actor, context, kind);
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
    use crate::browser::BrowserKind;
    use crate::runner::Silent;

    fn lane() -> LaneId {
        LaneId { browser: BrowserKind::Firefox.into(), nth: 1 }
    }

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
        let new = || Recorder::new(Arc::new(Silent), lane(), "j", Ways::default());
        let recorder = new();
        heard(&recorder, 20, 1_000);
        assert!(recorder.take().iter().all(|o| matches!(o.kind, Kind::Event { .. })));
        // A few megabytes of text, and many times that as values.
        let recorder = new();
        heard(&recorder, 20, 200_000);
        let all = recorder.take();
        let bytes: usize = all.iter().map(|o| weight::of(&o.kind)).sum();
        assert!(bytes < state::MOST_BYTES + state::MOST_BYTES / 4, "{bytes}");
        let Some(Kind::Dropped { count }) = all.last().map(|o| &o.kind) else { panic!("nothing was dropped") };
        assert_eq!(usize::try_from(*count).unwrap() + all.len() - 1, 20);
    }

    /// A journey ends as soon as its last mark is there; what is said with that mark is then in its recording.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_journey_that_ends_at_its_mark_has_it() {
        for round in 0..500 {
            let recorder = Recorder::new(Arc::new(Silent), lane(), "j", Ways::default());
            let sink = recorder.sink(VISITOR);
            let said = r#"{"d":"d","m":[{"k":"alive","s":0,"t":1,"u":"http://a/","top":true},{"k":"mark","s":1,"t":2,"p":3}]}"#;
            // From another thread, as the socket's.
            let saying = std::thread::spawn(move || sink.heard("c", Heard::Message(said.to_owned())));
            let bound = Duration::from_secs(60);
            // Looks all the time, so that nothing has to come in between by chance.
            while !recorder.wait_for_marks(3, vec![("c".into(), "d".into())], Duration::ZERO).await.is_empty() {
                assert!(recorder.began.elapsed() < bound, "no mark came");
            }
            recorder.end();
            saying.join().unwrap();
            let heard = recorder.take();
            assert!(heard.iter().any(|o| o.kind == Kind::Mark { step: 3 }), "round {round}: {heard:?}");
        }
    }
}
