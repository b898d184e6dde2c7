//! Doing one step: its element is found, its act is done, and what went wrong is said.
//!
//! Boundary: no listening, no waiting for events; that's the walk's.

use tokio::time::Instant;

use super::{Stop, Walk};
use crate::browser::context::{ActError, Found};
use crate::browser::find::{FindError, Until};
use crate::browser::prompts::Reply;
use crate::recording::StepError;
use crate::runner::files;
use crate::site::{Act, Answer, ScrollTo, Step, StepTiming, Target};

impl Walk<'_> {
    pub(super) async fn find(
        &self,
        step: &Step,
        target: &Target,
        until: Until,
        deadline: Instant,
    ) -> Result<Option<Found>, Stop> {
        let left = deadline.saturating_duration_since(Instant::now());
        let locator = target.locator.render(&self.variables);
        match self.window_of(step)?.find(&locator, until, left).await {
            Ok(found) => Ok(found),
            Err(FindError::Act(why)) => Err(failed(why, "").into()),
            Err(FindError::Wait { code, message, candidates }) => {
                // The one without a match names its locator itself.
                let message =
                    if code == "no-match" { message } else { format!("{}: {message}", target.locator.told()) };
                if step.optional && matches!(code, "no-match" | "not-visible") {
                    return Err(Stop::Skip(message));
                }
                Err(Stop::Step(StepError { code: code.to_owned(), message, candidates }))
            }
        }
    }

    /// From now on the step's actor answers dialogs as the step says, and the others as nobody in particular would. `None`:
    /// all of them. A step that only waits changes nothing: it waits for what the one before it causes, whose dialog may
    /// still be on its way.
    pub(super) fn answer_dialogs(&self, step: Option<&Step>) {
        let waits = |step: &Step| matches!(step.act, Act::WaitFor(_) | Act::WaitUntilGone(_) | Act::Pause(_));
        if step.is_some_and(|step| waits(step) && step.answer.is_none()) {
            return;
        }
        for (actor, window) in &self.windows {
            let answer = step.filter(|step| step.actor == *actor).and_then(|step| step.answer.as_ref());
            window.reply(answer.map(|answer| match answer {
                Answer::Accept => Reply::Accept,
                Answer::Dismiss => Reply::Dismiss,
                Answer::Prompt(text) => Reply::Text(self.render(text)),
                Answer::SignIn { user, password } => {
                    Reply::SignIn { user: self.render(user), password: self.render(password) }
                }
            }));
        }
    }

    pub(super) async fn act_on(&self, step: &Step, found: &Found, deadline: Instant) -> Result<(), ActError> {
        let window = self.window_of(step).map_err(|error| ActError::Other(error.message))?;
        match &step.act {
            Act::Click(_) | Act::Download { .. } => window.click(found).await,
            Act::Gesture { gesture, .. } => window.gesture(found, gesture, self.drop.as_ref()).await,
            Act::Fill { with, press, .. } => {
                window.fill(found, &self.render(with)).await?;
                match press {
                    Some(keys) => window.type_keys(found, &typed(&keys.chords)).await,
                    None => Ok(()),
                }
            }
            Act::Select { options, .. } => {
                let options: Vec<String> = options.iter().map(|option| self.render(option)).collect();
                window.select(found, &options).await
            }
            Act::Upload { files, .. } => {
                let files = files::read(self.subject.site, files, &self.variables)?;
                window.upload(found, &files).await
            }
            Act::Hover(_) => window.hover(found).await,
            Act::Press { keys, .. } => {
                window.focus(found).await?;
                window.type_keys(found, &typed(&keys.chords)).await
            }
            Act::Scroll(ScrollTo::Until { seen, .. }) => {
                let left = deadline.saturating_duration_since(Instant::now());
                window.scroll_until(found, &seen.locator.render(&self.variables), left).await
            }
            Act::Scroll(_) => window.scroll_to(found).await,
            _ => Err(ActError::Other("this step has no element".into())),
        }
    }

    /// Acts that have no element to be found first.
    pub(super) async fn act(
        &self,
        step: &Step,
        timing: &StepTiming,
        deadline: Instant,
    ) -> Result<Result<(), ActError>, Stop> {
        let window = self.window_of(step)?;
        Ok(match &step.act {
            Act::Open(url) => window.navigate(&self.address(url)?, timing.load).await,
            Act::Reload => window.reload(timing.load).await,
            Act::Back => window.back(timing.load).await,
            Act::WaitFor(target) => return self.find(step, target, Until::Present, deadline).await.map(|_| Ok(())),
            Act::WaitUntilGone(_) if step.popup.is_some() && self.popup.is_none() => Ok(()),
            Act::WaitUntilGone(target) => match self.find(step, target, Until::Gone, deadline).await {
                // With its window.
                Err(Stop::Step(error)) if error.code == "page-gone" && step.popup.is_some() => Ok(()),
                waited => return waited.map(|_| Ok(())),
            },
            Act::Pause(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
            Act::Eval(body) => window.eval(&self.render(body), timing.timeout).await,
            Act::ClosePage => {
                // What the page sends in parting is seen only while its window is there.
                if window.leave_watched().await {
                    self.wait_for_parting().await;
                }
                window.close_page().await
            }
            Act::Scroll(ScrollTo::Top) => window.scroll_page(0.0).await,
            Act::Scroll(ScrollTo::Bottom) => window.scroll_page(100.0).await,
            Act::Scroll(ScrollTo::Percent(share)) => window.scroll_page(*share).await,
            Act::Press { keys, .. } => window.press(&typed(&keys.chords)).await,
            _ => Err(ActError::Other("this step has no element".into())),
        })
    }
}

/// What a step was to find or to see gone, if that is what failed.
pub(super) fn looked_for<'s>(step: &'s Step, code: &str) -> Option<&'s Target> {
    let locator = matches!(
        code,
        "no-match"
            | "several-matches"
            | "covered"
            | "not-visible"
            | "disabled"
            | "unstable"
            | "still-there"
            | "wrong-element"
            | "missed"
            | "no-such-option"
            | "text-lost"
    );
    match &step.act {
        _ if !locator => None,
        Act::Click(target) | Act::Hover(target) | Act::WaitFor(target) | Act::WaitUntilGone(target) => Some(target),
        Act::Fill { target, .. } | Act::Select { target, .. } | Act::Gesture { target, .. } => Some(target),
        Act::Upload { target, .. } | Act::Download { target, .. } => Some(target),
        Act::Scroll(ScrollTo::Until { seen, .. }) if code == "no-match" => Some(seen),
        Act::Scroll(ScrollTo::Element(target) | ScrollTo::Until { list: target, .. }) => Some(target),
        Act::Press { on, .. } => on.as_ref(),
        _ => None,
    }
}

/// Chords as Element Send Keys takes them: modifiers stay pressed until the null key.
pub(super) fn typed(chords: &[Vec<char>]) -> String {
    let mut keys = String::new();
    for chord in chords {
        keys.extend(chord);
        if chord.len() > 1 {
            keys.push('\u{E000}');
        }
    }
    keys
}

/// Whether looking for the element again may help.
pub(super) fn retryable(error: &ActError) -> bool {
    matches!(
        error,
        ActError::Stale(_) | ActError::Covered(_) | ActError::NotInteractable(_) | ActError::Missed { again: true, .. }
    )
}

/// Why an act failed, as recordings tell it.
pub(in crate::runner) fn failed(why: ActError, what: &str) -> StepError {
    let (code, message, candidates) = match why {
        ActError::Stale(message) => ("unstable", format!("the element keeps being replaced: {message}"), vec![]),
        ActError::Covered(message) => ("covered", message, vec![]),
        ActError::NotInteractable(message) => ("not-visible", message, vec![]),
        ActError::Wrong { code, message, candidates } => (code, message, candidates),
        ActError::Torn { message, candidates, .. } | ActError::Missed { message, candidates, .. } => {
            ("missed", message, candidates)
        }
        ActError::Script(message) => ("script-error", message, vec![]),
        ActError::Load { code, message } => (code, message, vec![]),
        ActError::PageGone(message) => ("page-gone", format!("the page has gone: {message}"), vec![]),
        ActError::BrowserGone(message) => ("browser-gone", message, vec![]),
        ActError::Timeout(message) => ("driver-timeout", message, vec![]),
        ActError::Other(message) => ("internal", message, vec![]),
    };
    let message = if what.is_empty() { message } else { format!("{what}: {message}") };
    StepError { code: code.to_owned(), message, candidates }
}
