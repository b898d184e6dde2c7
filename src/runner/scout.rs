//! A journey whose steps aren't written down: somebody decides on each when it's seen what the one before has led to.
//!
//! Boundary: hands out what is to be seen and heard; what is done about it is for the [`Scout`].

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::recorder::Recorder;
use super::subject::Subject;
use crate::browser::context::Window;
use crate::browser::offers::{Ask, Patience, Seen};
use crate::browser::sight::Look;
use crate::recording::{Kind, Picture, StepRecord};
use crate::site::{Step, VISITOR};

/// How long a window may take to show itself.
const PICTURE: Duration = Duration::from_secs(10);

/// What a scout gives back, once it has looked.
pub type Decided<'s, T> = Pin<Box<dyn Future<Output = T> + Send + 's>>;

/// Decides on a journey's further steps.
pub trait Scout: Send {
    /// The next step, after all before it were done; `None`: that's all.
    fn next<'s>(&'s mut self, scene: Scene<'s>) -> Decided<'s, Option<Step>>;

    /// Waits, in place of a step that is a [`crate::site::Act::Pause`], for as long as there is something to wait for.
    fn wait<'s>(&'s mut self, scene: Scene<'s>) -> Decided<'s, ()>;
}

/// What is to be seen and heard in a journey that is under way.
#[derive(Clone, Copy)]
pub struct Scene<'s> {
    pub(super) subject: &'s Subject<'s>,
    pub(super) windows: &'s BTreeMap<String, Arc<Window>>,
    pub(super) recorder: &'s Recorder,
    pub(super) steps: &'s [StepRecord],
}

impl<'s> Scene<'s> {
    /// The steps that were done so far.
    pub fn steps(&self) -> &'s [StepRecord] {
        self.steps
    }

    /// Who acts.
    pub fn actors(&self) -> impl Iterator<Item = &'s str> {
        self.windows.keys().map(String::as_str)
    }

    /// How many observations there are: a position to count from.
    pub fn position(&self) -> usize {
        self.recorder.position()
    }

    /// The events that the visitor's page has heard from a position on, in order, each once.
    pub fn heard_since(&self, position: usize) -> Vec<String> {
        let mut heard: Vec<String> = Vec::new();
        self.recorder.look(|all| {
            for observation in all.get(position..).unwrap_or_default().iter().filter(|one| one.actor == VISITOR) {
                if let Kind::Event { constant, .. } = &observation.kind
                    && !heard.contains(constant)
                {
                    heard.push(constant.clone());
                }
            }
        });
        heard
    }

    /// Waits until the ready event was heard, at most for `bound`; whether it was.
    pub async fn ready(&self, bound: Duration) -> bool {
        self.recorder.wait_until(bound, |all| all.iter().any(|one| matches!(one.kind, Kind::Ready { .. }))).await
    }

    /// Waits until any event is heard from a position on, at most for `bound`; whether one was.
    pub async fn event(&self, position: usize, bound: Duration) -> bool {
        let event = |one: &crate::recording::Observation| matches!(one.kind, Kind::Event { .. });
        self.recorder.wait_until(bound, |all| all.get(position..).unwrap_or_default().iter().any(event)).await
    }

    /// What there is in somebody's window; `None` if it can't be asked.
    pub async fn offers(&self, actor: &str, ask: Ask<'_>) -> Option<Seen> {
        let window = self.windows.get(actor)?;
        // A page that has just gone elsewhere has no document for a moment.
        for _ in 0..3 {
            match window.offers(ask).await {
                Ok(seen) => return Some(seen),
                Err(error) => tracing::debug!("{actor}'s page can't be looked at: {error}"),
            }
        }
        None
    }

    /// Waits until what is in somebody's window has answered.
    pub async fn answered(&self, actor: &str, ask: Ask<'_>, patience: Patience<'_>) {
        if let Some(window) = self.windows.get(actor) {
            window.answered(ask, patience).await;
        }
    }

    /// What somebody's window shows.
    pub async fn picture(&self, actor: &str) -> Option<Picture> {
        let secrets = self.subject.secrets.shown();
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let taking = self.windows.get(actor)?.picture(Look { secrets: &secrets, ..Look::default() });
        tokio::time::timeout(PICTURE, taking).await.ok()?.ok()
    }
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").field("steps", &self.steps.len()).finish_non_exhaustive()
    }
}
