//! What may come at any time: looked for beside the steps, and done between two acts of theirs.
//!
//! Boundary: sees and does; what comes of it is heard like all else, and judged by the note that stands before it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::{Recorder, Walk, bounded, failed};
use crate::browser::context::{ActError, Window};
use crate::browser::find::{FindError, Until};
use crate::recording::Kind;
use crate::site::locator::Locator;
use crate::site::whenever::React;
use crate::site::{Act, Step};

/// Held by whoever acts: a step, or what came in between.
pub(super) type Hands = Arc<Mutex<()>>;

/// How long one question in the page lasts; then it's asked anew.
const LOOK: Duration = Duration::from_secs(60);
/// How long what is there may take to be ready for a click; then that it isn't is noted.
const READY: Duration = Duration::from_secs(5);
/// The same when it was ready a moment ago.
const STILL_READY: Duration = Duration::from_secs(1);
/// How long what was clicked away may take to be gone, until that counts for nothing.
const GONE: Duration = Duration::from_secs(2);
/// How long to wait with a page that can't be asked, unless it changes first.
const BACKOFF: Duration = Duration::from_secs(1);

/// Looks for one thing.
struct Guard {
    window: Arc<Window>,
    recorder: Arc<Recorder>,
    hands: Hands,
    /// Its place among all, in recordings too.
    entry: usize,
    actor: String,
    what: String,
    see: Locator,
    does: Does,
    at_most: u64,
    told: BTreeSet<String>,
}

enum Does {
    Click(Locator),
    Press(String),
}

/// Whether to go on looking.
enum Next {
    Look,
    Stop,
}

impl Walk<'_> {
    /// Looks for all that may come, for as long as this is awaited.
    pub(super) fn guards(&self) -> impl Future<Output = ()> + use<> {
        let mut guards = Vec::new();
        for (entry, one) in self.subject.site.whenever_in(self.journey).enumerate() {
            // An actor who does nothing in this journey has no window.
            let Some(window) = self.windows.get(&one.actor) else { continue };
            let see = one.see.locator.render(&self.variables);
            let does = match &one.react {
                React::Click(None) => Does::Click(see.clone()),
                React::Click(Some(other)) => Does::Click(other.locator.render(&self.variables)),
                React::Press(keys) => Does::Press(super::steps::typed(&keys.chords)),
            };
            guards.push(Guard {
                window: window.clone(),
                recorder: self.recorder.clone(),
                hands: self.hands.clone(),
                entry,
                actor: one.actor.clone(),
                what: one.describe(),
                see,
                does,
                at_most: one.at_most,
                told: BTreeSet::new(),
            });
        }
        async move {
            futures_util::future::join_all(guards.into_iter().map(Guard::keep)).await;
            std::future::pending().await
        }
    }

    /// Whether nothing else may be done during a step: it acts, and doesn't just wait.
    pub(super) fn acts(step: &Step) -> bool {
        !matches!(
            step.act,
            Act::WaitFor(_)
                | Act::WaitUntilGone(_)
                | Act::Pause(_)
                | Act::Eval(_)
                | Act::Open(_)
                | Act::Reload
                | Act::Back
        )
    }
}

impl Guard {
    async fn keep(mut self) {
        let mut done = 0;
        loop {
            match self.window.find_beside(self.entry, &self.see, Until::Present, LOOK).await {
                Ok(_) if done < self.at_most => {
                    if let Next::Stop = self.react(&mut done).await {
                        return;
                    }
                }
                Ok(_) => {
                    let times = if done == 1 { "once".to_owned() } else { format!("{done} times") };
                    return self.problem(format!("it came again after that was done {times}, and was left alone"));
                }
                Err(error) => {
                    if let Next::Stop = self.unseen(error).await {
                        return;
                    }
                }
            }
        }
    }

    /// It's there.
    async fn react(&mut self, done: &mut u64) -> Next {
        if let Does::Click(target) = &self.does {
            // Before anybody is held up.
            match self.window.find_beside(self.entry, target, Until::Actionable, READY).await {
                Ok(_) => {}
                Err(FindError::Wait { code, message, .. }) => {
                    if code != "no-match" || !self.is_gone().await {
                        self.problem(message);
                    }
                    return Next::Look;
                }
                Err(error) => return self.unseen(error).await,
            }
        }
        let hands = self.hands.clone();
        let hands = hands.lock().await;
        // It may have gone meanwhile, or moved.
        let (target, until) = match &self.does {
            Does::Click(target) => (target, Until::Actionable),
            Does::Press(_) => (&self.see, Until::Present),
        };
        let found = match self.window.find_beside(self.entry, target, until, STILL_READY).await {
            Ok(found) => found,
            Err(FindError::Wait { .. }) => return Next::Look,
            Err(error) => return self.unseen(error).await,
        };
        // Before what comes of it.
        self.note(String::new());
        *done += 1;
        let acted = match (&self.does, &found) {
            (Does::Click(_), Some(found)) => self.window.click(found).await,
            (Does::Press(keys), _) => self.window.press(keys).await,
            (Does::Click(_), None) => Ok(()),
        };
        drop(hands);
        match acted {
            Ok(()) => {}
            Err(ActError::BrowserGone(_) | ActError::PageGone(_)) => return Next::Stop,
            Err(error) => self.problem(failed(error, "").message),
        }
        match self.window.find_beside(self.entry, &self.see, Until::Gone, GONE).await {
            Ok(_) | Err(FindError::Wait { .. }) => Next::Look,
            Err(error) => self.unseen(error).await,
        }
    }

    async fn is_gone(&self) -> bool {
        self.window.find_beside(self.entry, &self.see, Until::Gone, Duration::ZERO).await.is_ok()
    }

    /// The page couldn't be asked.
    async fn unseen(&self, error: FindError) -> Next {
        match error {
            FindError::Act(ActError::BrowserGone(_) | ActError::PageGone(_)) => Next::Stop,
            FindError::Wait { .. } => Next::Look,
            FindError::Act(error) => {
                tracing::debug!("`{}` could not be looked for: {error:?}", self.what);
                let _ = tokio::time::timeout(BACKOFF, self.window.changes()).await;
                Next::Look
            }
        }
    }

    fn problem(&mut self, problem: String) {
        // Each once, however often it is tried.
        if self.told.insert(problem.clone()) {
            self.note(bounded(&problem));
        }
    }

    fn note(&self, problem: String) {
        let kind = Kind::Whenever { entry: self.entry, what: self.what.clone(), problem };
        self.recorder.note(&self.actor, &self.window.context(), kind);
    }
}
