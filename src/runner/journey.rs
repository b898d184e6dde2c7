//! Walks one journey in one browser: windows for its actors, then step by step, listening all the while.
//!
//! Boundary: does and records; which event should have come is only looked at to know for how long to wait.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

mod begin;
mod download;
mod dropped;
mod explored;
mod popup;
mod state;
mod steps;
mod whenever;

pub(super) use self::steps::failed;
use self::steps::{looked_for, retryable};
use self::whenever::Hands;
use super::analytics::{Outstanding, Ways};
use super::clock::Clock;
use super::progress::{Event, LaneId};
use super::recorder::{Recorder, bounded};
use super::scout::Scout;
use super::sights::Sights;
use super::states::lacking;
use super::subject::Subject;
use super::visitors::{setup_of, visited};
use crate::browser::bidi::BidiError;
use crate::browser::context::{ActError, Found, Listening, Window};
use crate::browser::find::Until;
use crate::browser::session::Session;
use crate::browser::setup::Setup;
use crate::recording::{Ending, FORMAT, FileCopy, Kind, Recording, RunInfo, StepError, StepOutcome, StepRecord};
use crate::site::place::AddressKind;
use crate::site::template::{Template, Variables};
use crate::site::{Act, Journey, ScrollTo, Step, StepTiming, VISITOR};

/// How long an optional step waits for its element, unless it says so itself.
const OPTIONAL: Duration = Duration::from_secs(2);
/// How much longer than its `within` a late event is waited for at the journey's end, so that late isn't called missing.
const LATE: Duration = Duration::from_secs(5);

/// How long a page's messages may take to arrive: a burst of 20,000 events takes a second or two.
const MARKS: Duration = Duration::from_secs(20);

/// How long what a page sent as it went away may take to be told, if something is still to come. On a busy machine that was
/// up to three seconds.
const PARTING: Duration = Duration::from_secs(5);

/// How long requests that were sent last may take to be answered: milliseconds, in a browser that isn't stuck.
const ANSWERS: Duration = Duration::from_secs(5);

/// How often a press is made at most, if its element moves away from under the pointer each time and nothing comes of it.
const PRESSES: usize = 3;

/// Why a journey can't go on.
enum Stop {
    Step(StepError),
    Skip(String),
}

impl From<StepError> for Stop {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

struct Walk<'a> {
    subject: &'a Subject<'a>,
    session: &'a Arc<Session>,
    lane: LaneId,
    journey: &'a Journey,
    recorder: Arc<Recorder>,
    windows: BTreeMap<String, Arc<Window>>,
    variables: Variables,
    ways: Ways,
    /// Virtual time, if the journey has it.
    clock: Clock,
    sights: Sights<'a>,
    /// The step's window, if it's one that the page has opened.
    popup: Option<Arc<Window>>,
    /// Where the step's element is dropped, if it's dragged.
    drop: Option<Found>,
    /// Documents that were found deaf, so that each is told once.
    deaf: BTreeSet<String>,
    hands: Hands,
}

/// Runs one journey; whatever goes wrong is in the recording. Which attempt it is, from 1, and how many sessions were lost
/// with it before.
pub(super) async fn run(
    subject: &Subject<'_>,
    session: &Arc<Session>,
    lane: &LaneId,
    journey: &Journey,
    (attempt, losses): (u32, usize),
    started_at: String,
    scout: Option<&mut dyn Scout>,
) -> Recording {
    // A site may know the address that was typed in before, and then isn't met as a stranger.
    let mut run_id = subject.options.run_id.clone();
    if attempt > 1 {
        run_id.push_str(&format!("-{attempt}"));
    }
    if losses > 0 {
        run_id.push_str(&format!("-again{losses}"));
    }
    let variables =
        Variables { env: subject.options.env.clone(), run_id: run_id.clone(), journey: journey.name.clone() };
    let ways = Ways::new(subject, &variables);
    let recorder = Recorder::new(subject.progress.clone(), lane.clone(), &journey.name, ways.clone());
    let mut walk = Walk {
        subject,
        session,
        lane: lane.clone(),
        journey,
        recorder: recorder.clone(),
        windows: BTreeMap::new(),
        variables,
        ways,
        clock: Clock::default(),
        sights: Sights::new(subject, recorder.clone()),
        popup: None,
        drop: None,
        deaf: BTreeSet::new(),
        hands: Hands::default(),
    };
    let begun = Event::JourneyStarted { journey: &journey.name, steps: journey.steps.len() };
    subject.progress.heard(lane, begun);
    walk.begin_state();
    let mut steps: Vec<StepRecord> = journey.steps.iter().map(not_begun).collect();

    let mut cancel = subject.cancel.clone();
    let mut closed = session.bidi.closed();
    let ending = tokio::select! {
        biased;
        _ = cancel.wait_for(|cancelled| *cancelled) => Ending::Interrupted,
        reason = closed.wait_for(Option::is_some) => {
            let reason = reason.ok().and_then(|reason| reason.clone()).unwrap_or_default();
            Ending::Broken { message: format!("the browser has gone: {reason}") }
        }
        url = recorder.lost_frame() => Ending::Broken { message: lost_frame(session, &url) },
        ending = walk.walk(&mut steps, scout) => ending,
    };
    let took_ms = walk.since();
    if ending == Ending::Complete {
        // What is heard while a picture is taken is heard too late to be judged, as without one.
        recorder.end();
        tokio::select! {
            biased;
            _ = cancel.wait_for(|cancelled| *cancelled) => {}
            _ = closed.wait_for(Option::is_some) => {}
            () = walk.sights.end(&walk.windows) => {}
        }
        walk.save_state(&started_at).await;
    }
    // A step that was under way when the end came from outside.
    if let Some(step) = steps.iter_mut().find(|step| step.began_ms.is_some() && step.outcome == StepOutcome::NotBegun) {
        let (code, message) = match &ending {
            Ending::Interrupted => ("interrupted", "interrupted".to_owned()),
            Ending::Broken { message } if session.bidi.closed().borrow().is_none() => ("frame-lost", message.clone()),
            Ending::Broken { message } => ("browser-gone", message.clone()),
            _ => ("internal", "did not end".to_owned()),
        };
        step.outcome = StepOutcome::Failed(StepError { code: code.to_owned(), message, candidates: vec![] });
    }
    // What a person does in the page from here on is none of the journey's.
    recorder.end();
    // What is run again because the driver lost a frame is nothing to look at.
    let again = recorder.look(|all| all.iter().any(|one| one.lost_frame().is_some())) && !session.loses_no_frame();
    tokio::select! {
        () = subject.looking.hold(&journey.name, &ending, &steps, &subject.secrets), if !again => {}
        () = std::future::ready(()), if again => {}
        _ = cancel.wait_for(|cancelled| *cancelled) => {}
        _ = closed.wait_for(Option::is_some) => {}
    }
    if session.bidi.closed().borrow().is_none() {
        if !walk.ways.is_empty() {
            // What a page sends when it goes away is held back only while its window is still there.
            recorder.end();
            futures_util::future::join_all(walk.windows.values().map(|window| window.leave())).await;
            // The page has gone, but what it sent in parting may still be on its way.
            if ending == Ending::Complete {
                walk.wait_for_parting().await;
            }
            recorder.wait_for_answers(ANSWERS).await;
        }
        futures_util::future::join_all(walk.windows.values().map(|window| window.close())).await;
    }
    Recording {
        format: FORMAT.to_owned(),
        chatproof: env!("CARGO_PKG_VERSION").to_owned(),
        run: RunInfo { id: run_id, started_at, base_url: subject.base_url.to_string() },
        spec: FileCopy::from(&subject.spec.source),
        site: FileCopy::from(&subject.site.source),
        baseline: subject.baseline.clone(),
        browser: session.info.clone(),
        visitor: visited(subject, lane, session, &walk.variables),
        journey: journey.name.clone(),
        attempt,
        steps,
        observations: recorder.take(),
        ending,
        took_ms,
        sights: walk.sights.take(),
    }
    .masked(&subject.secrets)
}

fn not_begun(step: &Step) -> StepRecord {
    StepRecord {
        index: step.index,
        actor: step.actor.clone(),
        text: step.describe(),
        span: step.span,
        by: step.by.clone(),
        began_ms: None,
        acted_ms: None,
        outcome: StepOutcome::NotBegun,
    }
}

/// Why a journey breaks off in which a frame was lost.
fn lost_frame(session: &Session, url: &str) -> String {
    let driver = &session.info.driver;
    if url.is_empty() {
        return format!("{driver} has lost a frame of the page");
    }
    format!("{driver} has lost the frame that was at {url}, since that went to another site for the second time")
}

impl Walk<'_> {
    fn since(&self) -> f64 {
        self.recorder.since()
    }

    fn render(&self, template: &Template) -> String {
        template.render(&self.variables)
    }

    async fn walk(&mut self, steps: &mut Vec<StepRecord>, scout: Option<&mut dyn Scout>) -> Ending {
        if let Err(error) = self.open_windows(scout.is_some()).await {
            return Ending::Broken { message: error.message };
        }
        let guards = self.guards();
        tokio::select! {
            biased;
            ending = self.walk_steps(steps, scout) => ending,
            () = guards => Ending::Complete,
        }
    }

    async fn walk_steps(&mut self, steps: &mut Vec<StepRecord>, scout: Option<&mut dyn Scout>) -> Ending {
        let mut ending = Ending::Complete;
        let mut expected: HashMap<String, usize> = HashMap::new();
        for (step, record) in self.journey.steps.iter().zip(steps.iter_mut()) {
            if let Some(failed) = self.do_step(step, record, &mut expected).await {
                ending = failed;
                break;
            }
        }
        if let (Some(scout), Ending::Complete) = (scout, &ending) {
            ending = self.explore(steps, scout, &mut expected).await;
        }
        if self.gone(steps) {
            return ending;
        }
        // What is late isn't missing: wait a little longer for what was to come, then for what wasn't.
        self.wait_for_events(0, &expected, Instant::now() + LATE).await;
        self.wait_for_forwards().await;
        tokio::time::sleep(self.subject.site.settle(self.journey)).await;
        let _ = self.mark_all(steps.len()).await;
        self.answer_dialogs(None);
        ending
    }

    /// Whether the last step that was begun failed because the browser has gone.
    fn gone(&self, steps: &[StepRecord]) -> bool {
        let gone =
            |step: &StepRecord| matches!(&step.outcome, StepOutcome::Failed(error) if error.code == "browser-gone");
        steps.iter().any(gone)
    }

    /// Does one step, and keeps how it went; how the journey ends, if it does with this step.
    async fn do_step(
        &mut self,
        step: &Step,
        record: &mut StepRecord,
        expected: &mut HashMap<String, usize>,
    ) -> Option<Ending> {
        let begun = Event::StepStarted { journey: &self.journey.name, index: step.index, text: &record.text };
        self.subject.progress.heard(&self.lane, begun);
        self.subject.looking.before_step().await;
        record.began_ms = Some(self.since());
        self.look_at_storage().await;
        match self.step(step, record).await {
            Ok(()) => {
                record.outcome = StepOutcome::Done;
                for event in &step.fires {
                    *expected.entry(event.constant.clone()).or_default() += 1;
                }
                None
            }
            Err(Stop::Skip(message)) => {
                record.began_ms = None;
                record.outcome = StepOutcome::Skipped { message };
                None
            }
            Err(Stop::Step(error)) => {
                let gone = error.code == "browser-gone";
                let locator = looked_for(step, &error.code).map(|target| target.locator.render(&self.variables));
                record.acted_ms = Some(self.since());
                record.outcome = StepOutcome::Failed(error);
                if !gone {
                    let windows = self.windows_seen(step);
                    self.sights.step_failed(&windows, step, locator.as_ref()).await;
                }
                Some(Ending::StepFailed { step: step.index })
            }
        }
    }

    /// Waits for what is to be sent for the events that were heard, at most for as long as that may take.
    async fn wait_for_forwards(&self) {
        self.forwards_come(|longest| longest).await;
    }

    /// The same after a page has gone: what it sent in parting may still be on its way, however soon it was to be sent.
    async fn wait_for_parting(&self) {
        self.forwards_come(|_| PARTING).await;
    }

    /// What is only slow isn't missing. `bound`: how long to wait, given the longest time that a forward may take.
    async fn forwards_come(&self, bound: impl FnOnce(Duration) -> Duration) {
        let mut waited = Outstanding::new(self.subject.site, &self.journey.name);
        let mut outstanding = || self.recorder.look(|all| waited.longest(all));
        let Some(longest) = outstanding() else { return };
        let mut changed = self.recorder.changed();
        let all_sent = async {
            loop {
                changed.borrow_and_update();
                if outstanding().is_none() || changed.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(bound(longest), all_sent).await;
    }

    /// A window for each actor who has something to do, and for the visitor; then everybody's first page.
    async fn open_windows(&mut self, all: bool) -> Result<(), StepError> {
        let mut actors = vec![VISITOR.to_owned()];
        if all {
            actors.extend(self.subject.site.actors.keys().filter(|actor| *actor != VISITOR).cloned());
        }
        for step in &self.journey.steps {
            if !actors.contains(&step.actor) {
                actors.push(step.actor.clone());
            }
        }
        if let Some(reason) = lacking(self.subject, &self.lane.browser, self.journey) {
            return Err(error("internal", reason));
        }
        if let Some(problem) = &self.ways.problem {
            return Err(error("internal", problem.clone()));
        }
        let watching = self.session.watch(&self.ways.watch).await;
        let watching = watching.map_err(|error| failed(error.into(), "requests can't be watched"))?;
        if !self.ways.is_empty() {
            let watched = self.ways.watched(watching);
            self.recorder.note(VISITOR, "", watched);
        }
        let layers: Vec<&str> = self.ways.layers.iter().map(String::as_str).collect();
        for actor in &actors {
            let sink = self.recorder.sink(actor);
            let setup = setup_of(self.subject, actor, &self.lane.browser, &self.variables);
            let setup = Setup { keeps_state: actor == VISITOR && self.journey.save_state.is_some(), ..setup };
            let window = Window::open(
                self.session,
                listening(self.subject, self.journey, &layers),
                sink,
                &setup,
                &self.ways.watch,
            )
            .await
            .map_err(|error| failed(error, &format!("a window for {actor} could not be opened")))?;
            self.windows.insert(actor.clone(), Arc::new(window));
        }
        for actor in &actors {
            let Some(url) = self.subject.site.actors.get(actor).and_then(|actor| actor.url.as_ref()) else { continue };
            let url = self.address(url)?;
            let load = self.subject.site.load(self.journey);
            let window = self.window(actor)?;
            window
                .navigate(&url, load)
                .await
                .map_err(|error| failed(error, &format!("{actor}'s page could not be opened")))?;
            self.note_status(actor, window, None).await;
        }
        Ok(())
    }

    fn window(&self, actor: &str) -> Result<&Window, StepError> {
        self.windows
            .get(actor)
            .map(Arc::as_ref)
            .ok_or_else(|| error("internal", format!("there is no window for {actor}")))
    }

    fn address(&self, template: &Template) -> Result<String, StepError> {
        let address = template
            .render_address(&self.variables, AddressKind::Reference)
            .and_then(|text| self.subject.base_url.join(&text).map_err(|why| why.to_string()));
        // What was written names what is wrong as well, and no value.
        address
            .map(String::from)
            .map_err(|why| error("load-failed", format!("`{}` isn't a valid address: {why}", template.text)))
    }

    /// An error page is a page, and so is one that asks who somebody is in place of the one that was to be opened (`asked`):
    /// whether a widget belongs on it is not for the runner to say.
    async fn note_status(&self, actor: &str, window: &Window, asked: Option<&str>) {
        let Some(document) = window.status().await else { return };
        let (status, url) = (document.status, bounded(&document.url));
        let place = |url: &str| {
            let url = url::Url::parse(url).ok()?;
            Some((url.host_str().map(str::to_owned), url.path().trim_end_matches('/').to_owned()))
        };
        if document.login && asked.is_some_and(|asked| place(&url) != place(asked)) {
            let kind = Kind::Refused { what: "login".to_owned(), url: url.clone(), status: 0, reason: String::new() };
            self.recorder.note(actor, &window.context(), kind);
        }
        if status >= 400 {
            self.recorder.note(actor, &window.context(), Kind::Navigation { url, phase: format!("http-{status}") });
        }
    }

    async fn step(&mut self, step: &Step, record: &mut StepRecord) -> Result<(), Stop> {
        let timing = self.subject.site.timing(self.journey, step);
        let mut deadline = Instant::now()
            + if step.optional && step.timeout.is_none() { timing.timeout.min(OPTIONAL) } else { timing.timeout };
        self.enter(step, deadline).await?;
        // The element first: what fires while it is waited for wasn't caused by this step.
        let target = match &step.act {
            Act::Click(target) | Act::Fill { target, .. } | Act::Select { target, .. } | Act::Hover(target) => {
                Some((target, Until::Actionable))
            }
            Act::Gesture { target, .. } | Act::Download { target, .. } => Some((target, Until::Actionable)),
            Act::Upload { target, .. } => Some((target, Until::There)),
            Act::Press { on: Some(target), .. }
            | Act::Scroll(ScrollTo::Element(target) | ScrollTo::Until { list: target, .. }) => {
                Some((target, Until::Visible))
            }
            _ => None,
        };
        let mut found = match target {
            Some((target, until)) => self.find_there(step, target, until, deadline).await?,
            None => None,
        };
        let mut expected: HashMap<String, usize> = HashMap::new();
        for event in &step.fires {
            *expected.entry(event.constant.clone()).or_default() += 1;
        }
        let mut position;
        let mut presses = 1;
        let files = self.expect_file(step, true);
        loop {
            let asked = Instant::now();
            let hands = self.hands.clone();
            let hands = if Self::acts(step) { Some(hands.lock().await) } else { None };
            deadline += asked.elapsed();
            // Its turn first, then the mark: what fires while others have theirs wasn't caused by this step either, and the
            // time is none of the widget's.
            let (turn, queued) = self.begin(step).await?;
            deadline += queued;
            position = self.recorder.position();
            record.began_ms = Some(self.since());
            self.answer_dialogs(Some(step));
            let result = match (&found, target) {
                _ if matches!(step.act, Act::Advance(_)) => self.advance(step, &timing).await,
                (Some(element), Some(_)) => {
                    let secret = matches!(&step.act, Act::Fill { with, .. } if with.env().next().is_some());
                    self.sights.acting(&step.actor, element, secret);
                    self.act_on(step, element, deadline).await
                }
                _ => self.act(step, &timing, deadline).await?,
            };
            drop(turn);
            drop(hands);
            let why = match result {
                Ok(()) => break,
                Err(why) => why,
            };
            if let ActError::Torn { moved, .. } = why {
                // A press that ended beside its element may have had its effect all the same. What is to show that, only the
                // step's events tell; without any, only an element that is still there, elsewhere, tells the contrary.
                let pressed = Instant::now();
                let came = match expected.is_empty() {
                    true => !moved,
                    false => self.wait_for_events(position, &expected, pressed + timing.within).await,
                };
                if came {
                    break;
                }
                // Made again only where nothing at all came of it. Else the widget isn't to blame.
                if expected.is_empty() || presses == PRESSES || self.recorder.stirred_since(position) {
                    return Err(failed(why, "").into());
                }
                presses += 1;
                deadline += pressed.elapsed();
                self.recorder.note(&step.actor, "", Kind::PressedAgain { step: step.index });
            } else if !retryable(&why) || Instant::now() >= deadline {
                return Err(failed(why, "").into());
            }
            // The element changed between being found and being acted on: nothing has been done to it yet.
            tracing::debug!("step {}: {why:?}; looking again", step.index + 1);
            let Some((target, until)) = target else { continue };
            found = match self.find_both(step, target, until, deadline).await {
                Ok(found) => found,
                Err(Stop::Step(error)) if error.code == "no-match" => return Err(failed(why, "").into()),
                Err(other) => return Err(other),
            };
        }
        record.acted_ms = Some(self.since());
        self.downloaded(step, files, &timing).await?;
        let window = self.window_of(step)?;
        match &step.act {
            Act::Open(to) => self.note_status(&step.actor, window, Some(&self.address(to)?)).await,
            Act::Reload | Act::Back => self.note_status(&step.actor, window, None).await,
            _ => {}
        }
        if !self.wait_for_events(position, &expected, Instant::now() + timing.within).await {
            let windows = self.windows_seen(step);
            self.sights.event_missing(&windows, step).await;
        }
        Ok(())
    }

    /// Time passes, for everybody.
    async fn advance(&mut self, step: &Step, timing: &StepTiming) -> Result<(), ActError> {
        let Act::Advance(by) = step.act else { return Ok(()) };
        let layers = self.subject.site.layers(&self.journey.name);
        let listening = listening(self.subject, self.journey, &layers);
        self.clock.advance(&self.windows, listening, &self.recorder, by, timing.timeout).await
    }

    /// The barrier before a step: every document says what it has heard so far, and then that it has.
    async fn mark_all(&mut self, step: usize) -> Result<(), StepError> {
        let marks = self.windows.iter().map(|(actor, window)| async move {
            let contexts = match window.contexts().await {
                Ok(contexts) => contexts,
                Err(error @ (BidiError::Closed(_) | BidiError::Timeout { .. })) => return Err(error),
                Err(_) => vec![],
            };
            let marks = contexts.into_iter().map(|(context, url)| async move {
                let said = match window.mark(&context, step).await {
                    Ok(Some(document)) => Ok(document),
                    Ok(None) => Err("no listener is alive in it".to_owned()),
                    Err(BidiError::Closed(why)) => return Err(BidiError::Closed(why)),
                    Err(error @ BidiError::Timeout { .. }) => Err(format!("the page does not answer: {error}")),
                    Err(BidiError::Script(why)) => Err(format!("its listener can't be asked: {why}")),
                    Err(error) => {
                        tracing::debug!("no mark in {context}: {error}");
                        return Ok(None);
                    }
                };
                Ok(Some((actor.clone(), context, url, said)))
            });
            futures_util::future::join_all(marks).await.into_iter().collect::<Result<Vec<_>, _>>()
        });
        let results: Vec<_> = futures_util::future::join_all(marks).await;
        let mut marked = Vec::new();
        let mut silent = Vec::new();
        for result in results {
            for (actor, context, url, said) in result.map_err(|error| failed(error.into(), ""))?.into_iter().flatten() {
                match said {
                    Ok(document) => marked.push((context, document)),
                    Err(message) => silent.push((actor, context, url, message)),
                }
            }
        }
        // An answer may overtake the messages that were sent before it; the mark among them does not.
        for (context, _) in self.recorder.wait_for_marks(step, marked, MARKS).await {
            silent.push((
                VISITOR.to_owned(),
                context,
                "a document".to_owned(),
                "its messages do not arrive".to_owned(),
            ));
        }
        for (actor, context, url, message) in silent {
            // The empty first document of a window or frame, and the browser's own pages, have no widget.
            let own = url.is_empty() || url.starts_with("about:") || url.starts_with("chrome");
            if !own && self.deaf.insert(format!("{context} {url}")) {
                self.recorder.note(&actor, &context, Kind::Deaf { url, message });
            }
        }
        Ok(())
    }

    /// Waits until these events were heard, each as often, since a position; at most until `deadline`. Whether they were.
    async fn wait_for_events(&self, position: usize, expected: &HashMap<String, usize>, deadline: Instant) -> bool {
        if expected.is_empty() {
            return true;
        }
        let mut changed = self.recorder.changed();
        let all_heard = async {
            loop {
                changed.borrow_and_update();
                let heard = self.recorder.heard_since(position, |actor| self.subject.site.observes(actor));
                if expected.iter().all(|(constant, count)| heard.get(constant).is_some_and(|heard| heard >= count)) {
                    return;
                }
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout_at(deadline, all_heard).await.is_ok()
    }
}

/// How to listen in this journey's windows.
fn listening<'s>(subject: &'s Subject<'_>, journey: &Journey, layers: &'s [&'s str]) -> Listening<'s> {
    Listening {
        probe: &subject.spec.probe,
        handlers: subject.site.watch_handlers,
        throws: journey.throws,
        clock: journey.virtual_clock,
        layers,
    }
}

fn error(code: &str, message: String) -> StepError {
    StepError { code: code.to_owned(), message, candidates: vec![] }
}
