//! A first look at a page: is the widget there, where is its API, what opens it, and what fires when it is opened.
//!
//! Boundary: looks, clicks at most a consent and the likeliest launcher, and tells; what a journey makes of that is the
//! command's business. Every wait is for something that may never come, and ends with that as its answer.

use std::sync::Arc;
use std::time::Duration;

use super::analytics::Ways;
use super::journey;
use super::opened::Browser;
use super::recorder::Recorder;
use super::subject::Subject;
use super::visitors::setup_of;
use crate::browser::context::{ActError, Listening, Window};
use crate::browser::find::{FindError, Until};
use crate::browser::survey::{Button, Control, Look};
use crate::recording::{ApiSnapshot, Kind, Observation};
use crate::site::VISITOR;
use crate::site::locator::{self, NoNames};
use crate::site::template::Variables;
use crate::spec::Spec;

/// How long a page is given before a banner that may hold the widget back is clicked away.
const BEFORE_CONSENT: Duration = Duration::from_secs(3);
/// How long nothing more may come before what was waited for counts as all of it.
const SETTLE: Duration = Duration::from_secs(1);
/// How long what comes after the first event may go on.
const ALL: Duration = Duration::from_secs(5);
/// How long to listen after a launcher was clicked: the default of a step's `within`.
const CLICK: Duration = Duration::from_secs(2);
/// The sign of a launcher that the spec names.
const KNOWN: &str = "the spec knows it";
/// How long an element may take to be there and still.
const ELEMENT: Duration = Duration::from_secs(5);

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Why the page could not be opened; all else is empty then.
    pub failed: Option<String>,
    /// The server's status, if the browser tells.
    pub status: Option<u16>,
    /// The page, as it looked at the end of the first wait.
    pub page: Look,
    /// The ready event: on which target, and how many milliseconds after the document began.
    pub ready: Option<(String, f64)>,
    /// The API as found, in the ready handler or without one.
    pub api: Option<ApiSnapshot>,
    /// The button of a banner that was clicked.
    pub consented: Option<Button>,
    /// The widget came only after that.
    pub held_back: bool,
    /// Constants heard without anything being clicked, in order.
    pub loaded: Vec<String>,
    /// When the last of them came: milliseconds after its document began.
    pub loaded_ms: f64,
    /// What came of clicking the likeliest launcher.
    pub clicked: Option<Clicked>,
    /// Globals of the page that look like APIs; looked for only if the documented one isn't there.
    pub globals: Vec<String>,
    /// The first uncaught errors of the page.
    pub errors: Vec<String>,
}

/// What came of a click.
#[derive(Debug, Clone, Default)]
pub struct Clicked {
    /// What was clicked.
    pub button: Button,
    /// Why it could not be clicked.
    pub failed: Option<String>,
    /// Constants heard after it, in order.
    pub events: Vec<String>,
    /// What could be clicked or filled afterwards, and not before.
    pub controls: Vec<Control>,
    /// It led to another page.
    pub elsewhere: bool,
}

impl Clicked {
    /// Whether a chat was opened, as far as that can be seen: an event was heard that begins a conversation, or there is
    /// something to type into that wasn't there before, or something else is new and there was an event, or the spec knows
    /// the launcher.
    pub fn opened(&self, spec: &Spec) -> bool {
        let begun = self.events.iter().any(|constant| spec.conversation.begins.contains(constant));
        let field = self.controls.iter().any(|control| control.field);
        // What the spec knows to be the launcher needs no event to be believed.
        let known = self.button.signs.first().is_some_and(|sign| sign == KNOWN);
        let both = (known || !self.events.is_empty()) && !self.controls.is_empty();
        self.failed.is_none() && !self.elsewhere && (begun || field || both)
    }
}

impl Browser {
    /// Opens an address in a visitor's window of its own and looks around. `launchers`: locators that the widget is known
    /// by, tried before what the page itself suggests. `patience`: how long to wait for the ready event.
    pub async fn survey(&self, subject: &Subject<'_>, address: &str, launchers: &[String], patience: Duration) -> Seen {
        let recorder = Recorder::new(subject.progress.clone(), self.id().clone(), "survey", Ways::default());
        let setup = setup_of(subject, VISITOR, self.product(), &Variables::default());
        // To look at, not to judge: the page's own handlers are left alone.
        let listening =
            Listening { probe: &subject.spec.probe, handlers: false, throws: false, clock: false, layers: &[] };
        let window =
            match Window::open(self.session(), listening, recorder.sink(VISITOR), &setup, &Arc::default()).await {
                Ok(window) => window,
                Err(error) => return failed(subject, error),
            };
        let counting = window.count_additions().await;
        let mut cancel = subject.cancel.clone();
        let survey = Survey { subject, window: &window, recorder };
        let seen = tokio::select! {
            biased;
            _ = cancel.wait_for(|cancelled| *cancelled) => Seen::default(),
            seen = survey.look(address, launchers, patience) => seen,
        };
        match counting {
            Ok(script) => window.stop_counting(&script).await,
            Err(error) => tracing::debug!("additions weren't counted: {error}"),
        }
        window.close().await;
        seen
    }
}

fn failed(subject: &Subject<'_>, error: ActError) -> Seen {
    let message = journey::failed(error, "").message;
    Seen { failed: Some(subject.secrets.mask(&message)), ..Seen::default() }
}

struct Survey<'a> {
    subject: &'a Subject<'a>,
    window: &'a Window,
    recorder: Arc<Recorder>,
}

impl Survey<'_> {
    async fn look(&self, address: &str, launchers: &[String], patience: Duration) -> Seen {
        if let Err(error) = self.window.navigate(address, Duration::from_secs(30)).await {
            return failed(self.subject, error);
        }
        let mut seen = Seen { status: self.window.status().await.map(|document| document.status), ..Seen::default() };
        let target = self.subject.spec.probe.ready.target();
        let is_ready = |heard: &[Observation]| {
            heard.iter().any(|o| match (&o.kind, target) {
                (Kind::Ready { target: heard, .. }, Some(target)) => heard == target,
                (Kind::Api(api), None) => api.used.is_some(),
                _ => false,
            })
        };
        let mut ready = self.recorder.wait_until(patience.min(BEFORE_CONSENT), is_ready).await;
        if !ready {
            if let Some(button) = self.page().await.consent
                && self.click(&button.locator).await.is_ok()
            {
                seen.consented = Some(button);
            }
            ready = self.recorder.wait_until(patience, is_ready).await;
            seen.held_back = ready && seen.consented.is_some();
        }
        if ready {
            // The dialogue may come seconds after the ready event.
            let begins = &self.subject.spec.conversation.begins;
            let begun = |heard: &[Observation]| events(heard).any(|constant| begins.iter().any(|b| b == constant));
            self.recorder.wait_until(patience, begun).await;
            self.quiet().await;
        }
        self.mark(0).await;
        seen.loaded = self.recorder.constants_since(0);
        seen.page = self.page().await;
        // Still there, it would cover the launcher.
        if seen.consented.is_none()
            && let Some(button) = seen.page.consent.clone()
            && self.click(&button.locator).await.is_ok()
        {
            seen.consented = Some(button);
            seen.page.launchers = self.page().await.launchers;
        }
        if ready {
            seen.clicked = self.open_chat(&seen.page, launchers).await;
        }
        self.mark(1).await;
        self.conclude(&mut seen);
        if seen.api.as_ref().is_none_or(|api| api.used.is_none()) {
            seen.globals = self.window.globals().await.unwrap_or_default();
        }
        seen
    }

    /// Clicks what opens the chat: what the widget is known by, else what looks most like it. What was clicked to no effect
    /// isn't it: the next is tried.
    async fn open_chat(&self, page: &Look, known: &[String]) -> Option<Clicked> {
        let hinted = known.iter().map(|locator| Button {
            locator: locator.clone(),
            name: String::new(),
            signs: vec![KNOWN.into()],
        });
        let mut failed = None;
        let mut idle = None;
        for mut button in hinted.chain(page.launchers.iter().cloned()) {
            let hinted = button.signs.first().is_some_and(|sign| sign == KNOWN);
            let _ = self.window.remember_controls().await;
            let position = self.recorder.position();
            if let Err(why) = self.click(&button.locator).await {
                // A hint holds for most of a vendor's pages, not for each.
                if !hinted && failed.is_none() {
                    failed = Some(Clicked { button, failed: Some(why), ..Clicked::default() });
                }
                continue;
            }
            let heard = |all: &[Observation]| events(all.get(position..).unwrap_or_default()).next().is_some();
            if self.recorder.wait_until(CLICK, heard).await {
                self.quiet().await;
            }
            if hinted && let Some(same) = page.launchers.first() {
                button.name.clone_from(&same.name);
            }
            let now = self.window.new_controls().await.unwrap_or_default();
            let (controls, elsewhere) = (now.controls, now.elsewhere);
            let events = self.recorder.constants_since(position);
            let clicked = Clicked { button, failed: None, events, controls, elsewhere };
            if hinted || elsewhere || !clicked.events.is_empty() || !clicked.controls.is_empty() {
                return Some(clicked);
            }
            idle = idle.or(Some(clicked));
        }
        idle.or(failed)
    }

    /// Waits until nothing more comes.
    async fn quiet(&self) {
        let mut changed = self.recorder.changed();
        let quiet = async {
            loop {
                changed.borrow_and_update();
                match tokio::time::timeout(SETTLE, changed.changed()).await {
                    Ok(Ok(())) => {}
                    _ => return,
                }
            }
        };
        let _ = tokio::time::timeout(ALL, quiet).await;
    }

    async fn page(&self) -> Look {
        self.window.look().await.unwrap_or_else(|error| {
            tracing::debug!("the page can't be looked at: {error}");
            Look::default()
        })
    }

    async fn click(&self, text: &str) -> Result<(), String> {
        let locator = locator::parse(text, &mut NoNames).map_err(|_| format!("`{text}` is no locator"))?;
        let locator = locator.render(&Variables::default());
        match self.window.find(&locator, Until::Actionable, ELEMENT).await {
            Ok(Some(found)) => self.window.click(&found).await.map_err(|error| journey::failed(error, "").message),
            Ok(None) => Err("it has gone".into()),
            Err(FindError::Wait { message, .. }) => Err(message),
            Err(FindError::Act(error)) => Err(journey::failed(error, "").message),
        }
    }

    /// So that all documents tell what they have heard, and what their API is like by now.
    async fn mark(&self, step: usize) {
        for (context, _) in self.window.contexts().await.unwrap_or_default() {
            if let Ok(Some(document)) = self.window.mark(&context, step).await {
                self.recorder.wait_for_marks(step, vec![(context, document)], ELEMENT).await;
            }
        }
    }

    fn conclude(&self, seen: &mut Seen) {
        let observations = self.recorder.take();
        let born = |document: &str| {
            let alive = |o: &&Observation| o.document == document && matches!(o.kind, Kind::Alive { .. });
            observations.iter().find(alive).and_then(|o| o.page_ms)
        };
        let silent = self.subject.spec.probe.ready.target().is_none();
        seen.ready = observations.iter().find_map(|o| match &o.kind {
            Kind::Ready { target, .. } => Some((target.clone(), o.page_ms? - born(&o.document)?)),
            Kind::Api(api) if silent && api.used.is_some() => Some((String::new(), o.page_ms? - born(&o.document)?)),
            _ => None,
        });
        let loaded = observations
            .iter()
            .filter(|o| matches!(&o.kind, Kind::Event { constant, .. } if seen.loaded.contains(constant)));
        seen.loaded_ms = loaded.filter_map(|o| Some(o.page_ms? - born(&o.document)?)).fold(0.0, f64::max);
        let apis =
            || observations.iter().filter_map(|o| if let Kind::Api(api) = &o.kind { Some(&**api) } else { None });
        let something = |api: &&ApiSnapshot| {
            api.locations.iter().any(|l| l.subscribe == "function" || l.constants_object == "object")
        };
        seen.api = apis().find(|api| api.used.is_some()).or_else(|| apis().find(something)).cloned();
        seen.errors = observations
            .iter()
            .filter_map(|o| if let Kind::PageError { message, .. } = &o.kind { Some(message.clone()) } else { None })
            .take(3)
            .collect();
    }
}

fn events(heard: &[Observation]) -> impl Iterator<Item = &str> {
    heard.iter().filter_map(|o| if let Kind::Event { constant, .. } = &o.kind { Some(constant.as_str()) } else { None })
}
