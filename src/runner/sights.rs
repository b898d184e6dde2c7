//! When windows are looked at, and what of them is kept for a person: screenshots, and the tree where a locator failed.
//!
//! Boundary: takes and bounds; what a window looks like is `browser::sight`'s business. Nothing here can fail a journey.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::recorder::Recorder;
use super::subject::Subject;
use crate::browser::context::{Found, Window};
use crate::browser::sight::Look;
use crate::recording::{Moment, Sight};
use crate::site::locator::Locator;
use crate::site::{Step, VISITOR};

/// Which screenshots are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Screenshots {
    /// None.
    #[default]
    Off,
    /// Where a step fails, or an event that a step declares does not come.
    Failures,
    /// There, and at the end of each journey.
    On,
}

/// How long a window may take to show itself; on a busy machine Firefox takes a second.
const PATIENCE: Duration = Duration::from_secs(15);
/// Pictures of one journey before its end: what goes wrong ten times looks the same ten times.
const MOST: usize = 8;
/// Characters of a tree.
const MOST_TEXT: usize = 32 * 1024;

/// One journey's eyes.
pub(super) struct Sights<'a> {
    subject: &'a Subject<'a>,
    recorder: Arc<Recorder>,
    /// The element that each actor acted on last.
    acted: BTreeMap<String, Found>,
    /// Fields that a value from the environment was typed into, by actor.
    fields: Vec<(String, Found)>,
    taken: Vec<Sight>,
}

impl<'a> Sights<'a> {
    pub(super) fn new(subject: &'a Subject<'a>, recorder: Arc<Recorder>) -> Self {
        Self { subject, recorder, acted: BTreeMap::new(), fields: vec![], taken: vec![] }
    }

    /// An element is about to be acted on. `secret`: a value from the environment is typed into it.
    pub(super) fn acting(&mut self, actor: &str, found: &Found, secret: bool) {
        self.acted.insert(actor.to_owned(), found.clone());
        if secret {
            self.fields.push((actor.to_owned(), found.clone()));
        }
    }

    /// A step failed: everybody's window, and what is there in the window of the one who should have acted.
    /// `locator`: what was to be found, if that is what failed.
    pub(super) async fn step_failed(
        &mut self,
        windows: &BTreeMap<String, Arc<Window>>,
        step: &Step,
        locator: Option<&Locator>,
    ) {
        // The one who should have acted first: that is the window that a person wants to see.
        let (own, others): (Vec<_>, Vec<_>) = windows.iter().partition(|(actor, _)| **actor == step.actor);
        for (actor, window) in own.into_iter().chain(others) {
            let locator = locator.filter(|_| *actor == step.actor);
            self.look(Moment::StepFailed, Some(step.index), actor, window, locator).await;
        }
    }

    /// An event that the step declares did not come in time.
    pub(super) async fn event_missing(&mut self, windows: &BTreeMap<String, Arc<Window>>, step: &Step) {
        if self.taken.len() < MOST
            && let Some(window) = windows.get(&step.actor)
        {
            self.look(Moment::EventMissing, Some(step.index), &step.actor, window, None).await;
        }
    }

    /// The journey is over, and listened to no more.
    pub(super) async fn end(&mut self, windows: &BTreeMap<String, Arc<Window>>) {
        if self.subject.options.screenshots == Screenshots::On
            && let Some(window) = windows.get(VISITOR)
        {
            self.look(Moment::End, None, VISITOR, window, None).await;
        }
    }

    pub(super) fn take(&mut self) -> Vec<Sight> {
        std::mem::take(&mut self.taken)
    }

    async fn look(
        &mut self,
        moment: Moment,
        step: Option<usize>,
        actor: &str,
        window: &Window,
        locator: Option<&Locator>,
    ) {
        let pictures = self.subject.options.screenshots != Screenshots::Off;
        if !pictures && locator.is_none() {
            return;
        }
        let mut sight = Sight {
            moment,
            step,
            actor: actor.to_owned(),
            at_ms: self.recorder.since(),
            url: String::new(),
            picture: None,
            tree: None,
            note: String::new(),
        };
        // What was done in another window is nothing to be seen in this one.
        let context = window.context();
        let acted = self.acted.get(actor).filter(|found| found.window() == context);
        let secrets = self.subject.secrets.shown();
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        let seeing = async {
            // The picture first: the moment passes.
            if pictures {
                let fields: Vec<&Found> = self
                    .fields
                    .iter()
                    .filter(|(who, found)| who == actor && found.window() == context)
                    .map(|(_, found)| found)
                    .collect();
                let look = acted.filter(|_| locator.is_none());
                match window.picture(Look { acted: look, locator, secrets: &secrets, fields: &fields }).await {
                    Ok(picture) => {
                        if look.is_some() && picture.outlined.is_empty() {
                            sight.note = "the element that was acted on has gone since, or can't be seen".to_owned();
                        }
                        sight.picture = Some(picture);
                    }
                    Err(why) => sight.note = why,
                }
            }
            match window.tree(locator, acted, &secrets).await {
                Ok((mut tree, url)) => {
                    sight.url = url;
                    if locator.is_some() {
                        if let Some((end, _)) = tree.text.char_indices().nth(MOST_TEXT) {
                            tree.text.truncate(end);
                            tree.cut = true;
                        }
                        sight.tree = Some(tree);
                    }
                }
                Err(error) => tracing::debug!("no tree of {actor}'s page: {error}"),
            }
        };
        if tokio::time::timeout(PATIENCE, seeing).await.is_err() && sight.note.is_empty() {
            sight.note = "left out: the page did not answer".to_owned();
        }
        self.taken.push(sight);
    }
}
