//! Finding a locator's one element, in all frames of a window, waiting in the page for it.
//!
//! Boundary: decides from what the documents' own scripts (`watch.js`) say; never polls: each document is asked once and
//! answers when there is something new.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::bidi::BidiError;
use super::context::{ActError, Found, Window};
use crate::site::locator::Locator;

/// Until when to wait, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// One match, visible, enabled, still and not covered.
    Actionable,
    /// One match, visible.
    Visible,
    /// At least one visible match.
    Present,
    /// No visible match.
    Gone,
}

/// Why no element was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FindError {
    /// What there was instead; `code` as in [`crate::recording::StepError`].
    Wait {
        /// `no-match`, `several-matches`, `covered`, `not-visible`, `disabled`, `unstable`, `still-there`.
        code: &'static str,
        /// A sentence.
        message: String,
        /// Elements that were there.
        candidates: Vec<String>,
    },
    /// Window, browser or driver failed.
    Act(ActError),
}

/// What a document says of a locator.
#[derive(Debug, Clone, Default, Deserialize)]
struct Look {
    found: usize,
    visible: usize,
    shown: Vec<String>,
    state: String,
    by: String,
    frames: Vec<FrameLook>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct FrameLook {
    stages: Vec<usize>,
    visible: bool,
}

/// A document that is being watched.
#[derive(Debug, Default)]
struct Watched {
    /// Elements of the frames around it, outermost first.
    frames: Vec<String>,
    /// Context of the document around it.
    parent: Option<String>,
    /// Frames in it: context and element.
    children: Vec<(String, String)>,
    stages: Vec<usize>,
    visible: bool,
    said: String,
    look: Option<Look>,
    element: Option<String>,
    asked: bool,
    /// Counts the questions that have become void: an answer to one of them is not listened to.
    turn: u64,
    /// When it was first asked without having answered yet.
    silent_since: Option<Instant>,
}

/// How long a frame may leave a question open before it counts as empty: an advertisement's frame that hangs must not
/// hold up what is there for all to see.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long past the deadline a document's very first answer is waited for.
const FIRST_LOOK: Duration = Duration::from_secs(5);

impl Watched {
    /// What it said is void: ask it anew. The question that is still under way ends in the page, where the newest wins.
    fn restart(&mut self) {
        self.said = String::new();
        self.look = None;
        self.asked = false;
        self.turn += 1;
    }
}

impl Window {
    /// Frames of a document: context and frame element of each. A frame that goes away meanwhile is left out.
    pub(super) async fn frames_of(&self, context: &str) -> Result<Vec<(String, String)>, BidiError> {
        let bound = Duration::from_secs(10);
        let tree =
            self.session.bidi.call("browsingContext.getTree", json!({ "root": context, "maxDepth": 1 }), bound).await?;
        let children = tree.pointer("/contexts/0/children").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut found = Vec::new();
        for child in children {
            let Some(id) = child.get("context").and_then(Value::as_str) else { continue };
            let locate = json!({ "context": context, "locator": { "type": "context", "value": { "context": id } } });
            match self.session.bidi.call("browsingContext.locateNodes", locate, bound).await {
                Ok(answer) => {
                    if let Some(element) = answer.pointer("/nodes/0/sharedId").and_then(Value::as_str) {
                        found.push((id.to_owned(), element.to_owned()));
                    }
                }
                Err(BidiError::Closed(why)) => return Err(BidiError::Closed(why)),
                Err(error) => tracing::debug!("a frame could not be located: {error}"),
            }
        }
        Ok(found)
    }

    /// Waits until the locator's element is as wanted, for at most `bound`; `None` for [`Until::Gone`].
    ///
    /// # Errors
    /// [`FindError`], naming what was there instead.
    pub async fn find(&self, locator: &Locator, until: Until, bound: Duration) -> Result<Option<Found>, FindError> {
        let deadline = Instant::now() + bound;
        let mut changed = self.changed.clone();
        let mut documents: HashMap<String, Watched> = HashMap::new();
        let mut asked = FuturesUnordered::new();
        let mut last = Verdict::Wait { code: "no-match", message: String::new(), candidates: vec![] };
        let mut rebuild = true;
        let mut top = self.context();
        loop {
            if rebuild {
                changed.borrow_and_update();
                top = self.context();
                match self.survey(&top, &mut documents).await {
                    Ok(()) => {}
                    Err(error) if error.is_gone() && !self.exists(&top).await && self.replaced(&top).await => continue,
                    Err(error) => return Err(FindError::Act(error.into())),
                }
                rebuild = false;
            }
            spread(&top, &mut documents);
            last = decide(&top, &documents, until, last);
            if let Verdict::Ready(found) = &last {
                let Some(mut found) = found.clone().filter(|_| until == Until::Actionable) else {
                    return Ok(found.clone());
                };
                match self.through_frames(&found, &documents).await {
                    Ok(point) => {
                        found.point = point;
                        return Ok(Some(found));
                    }
                    Err(by) => {
                        last = Verdict::Wait {
                            code: "covered",
                            message: "another element covers the frame that it stands in".into(),
                            candidates: vec![by],
                        };
                    }
                }
            }
            let mut left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                // However busy the machine is, at least one look has been taken before there is said to be nothing.
                let looked = documents.values().all(|document| document.stages.is_empty() || document.look.is_some());
                if looked || Instant::now() >= deadline + FIRST_LOOK {
                    break;
                }
                left = Duration::from_millis(1);
            }
            // Ask each document that has nothing under way; it answers when it has news.
            for (context, document) in &mut documents {
                if document.asked || document.stages.is_empty() {
                    continue;
                }
                document.asked = true;
                document.silent_since.get_or_insert_with(Instant::now);
                let request = json!({
                    "parts": locator.parts, "stages": document.stages, "act": until == Until::Actionable,
                    "said": document.said, "wait": u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
                });
                let elements: Vec<String> = document.children.iter().map(|(_, element)| element.clone()).collect();
                let (context, turn) = (context.clone(), document.turn);
                asked.push(async move {
                    let answer =
                        self.command(&context, "watch", &request, &elements, left + Duration::from_secs(5)).await;
                    (context, turn, answer)
                });
            }
            tokio::select! {
                biased;
                Some((context, turn, answer)) = asked.next(), if !asked.is_empty() => {
                    let Some(document) = documents.get_mut(&context).filter(|document| document.turn == turn) else { continue };
                    document.asked = false;
                    match answer {
                        Ok((data, found)) => {
                            document.silent_since = None;
                            document.said = data.to_string();
                            document.look = serde_json::from_value(data).ok();
                            document.element = found.into_iter().next();
                        }
                        Err(BidiError::Closed(why)) => return Err(FindError::Act(ActError::BrowserGone(why))),
                        Err(error @ BidiError::Timeout { .. }) => return Err(FindError::Act(error.into())),
                        Err(BidiError::Script(message)) => {
                            return Err(FindError::Act(ActError::Other(format!("the locator {} could not be looked for: {message}", locator.told()))));
                        }
                        // The document was replaced: what it said is void, and the new one is asked.
                        Err(error) => {
                            tracing::debug!("{context} went away while it was watched: {error}");
                            document.restart();
                            if context == top && !self.exists(&top).await && !self.replaced(&top).await {
                                return Err(FindError::Act(ActError::PageGone("the window was closed".into())));
                            }
                            rebuild = true;
                        }
                    }
                }
                _ = changed.changed() => rebuild = true,
                () = tokio::time::sleep_until(wake(&documents, deadline)) => {}
            }
        }
        drop(asked);
        Err(self.explain(locator, last, &documents).await)
    }

    async fn exists(&self, context: &str) -> bool {
        self.session
            .bidi
            .call("browsingContext.getTree", json!({ "root": context, "maxDepth": 0 }), Duration::from_secs(10))
            .await
            .is_ok()
    }

    /// Brings the watched documents up to date with the frames that there are.
    async fn survey(&self, top: &str, documents: &mut HashMap<String, Watched>) -> Result<(), BidiError> {
        let mut there = Vec::new();
        let mut todo = vec![(top.to_owned(), None::<String>, Vec::<String>::new())];
        while let Some((context, parent, frames)) = todo.pop() {
            let children = match self.frames_of(&context).await {
                Ok(children) => children,
                Err(error) if error.is_gone() && parent.is_some() => continue,
                Err(error) => return Err(error),
            };
            for (child, element) in &children {
                let mut way = frames.clone();
                way.push(element.clone());
                todo.push((child.clone(), Some(context.clone()), way));
            }
            let document = documents.entry(context.clone()).or_default();
            if document.children != children {
                // It has to be asked again, with these frames.
                document.children = children;
                document.restart();
            }
            document.frames = frames;
            document.parent = parent;
            there.push(context);
        }
        documents.retain(|context, _| there.contains(context));
        Ok(())
    }

    /// The point to be clicked as the window sees it, through the frames around it; `None` if none of them is scaled or
    /// it can't be told.
    ///
    /// # Errors
    /// What lies over that point outside of the element's frame.
    async fn through_frames(
        &self,
        found: &Found,
        documents: &HashMap<String, Watched>,
    ) -> Result<Option<(f64, f64)>, String> {
        let bound = Duration::from_secs(10);
        if found.frames.is_empty() {
            return Ok(None);
        }
        let element = std::slice::from_ref(&found.element);
        let Ok((mut point, _)) = self.command(&found.context, "point", &json!({}), element, bound).await else {
            return Ok(None);
        };
        let mut context = found.context.clone();
        let mut scaled = false;
        for frame in found.frames.iter().rev() {
            let Some(parent) = documents.get(&context).and_then(|document| document.parent.clone()) else {
                return Ok(None);
            };
            context = parent;
            let asked = self.command(&context, "frame_hit", &point, std::slice::from_ref(frame), bound).await;
            let Ok((answer, _)) = asked else { return Ok(None) };
            if answer.get("ok").and_then(Value::as_bool) == Some(false) {
                return Err(answer.get("by").and_then(Value::as_str).unwrap_or_default().to_owned());
            }
            scaled |= answer.get("scaled").and_then(Value::as_bool) == Some(true);
            point = answer;
        }
        let at = |key: &str| point.get(key).and_then(Value::as_f64);
        Ok(at("x").zip(at("y")).filter(|_| scaled))
    }

    /// Turns the last state of waiting into an error that says what was there instead.
    async fn explain(&self, locator: &Locator, last: Verdict, documents: &HashMap<String, Watched>) -> FindError {
        let Verdict::Wait { code, mut message, mut candidates } = last else {
            return FindError::Act(ActError::Other("the element was found too late".into()));
        };
        if code == "no-match" {
            message = format!("nothing matches {}", locator.told());
            let mut contexts: Vec<_> = documents.iter().filter(|(_, document)| !document.stages.is_empty()).collect();
            contexts.sort_by_key(|(_, document)| document.frames.len());
            for (context, document) in contexts {
                let request = json!({ "parts": locator.parts });
                let Ok((answer, _)) = self.command(context, "explain", &request, &[], Duration::from_secs(10)).await
                else {
                    continue;
                };
                for note in
                    answer.get("notes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
                {
                    message =
                        format!("{message}; {note}{}", if document.frames.is_empty() { "" } else { " (in a frame)" });
                }
                for near in answer.get("near").and_then(Value::as_array).into_iter().flatten() {
                    let text = near.get("text").and_then(Value::as_str).unwrap_or_default();
                    if candidates.len() < 8 {
                        candidates.push(text.to_owned());
                    }
                }
            }
        }
        FindError::Wait { code, message, candidates }
    }
}

/// Where the waiting stands.
#[derive(Debug, Clone)]
enum Verdict {
    Ready(Option<Found>),
    Wait { code: &'static str, message: String, candidates: Vec<String> },
}

/// Passes down, frame by frame, which parts are to be searched in a document and whether it can be seen.
fn spread(top: &str, documents: &mut HashMap<String, Watched>) {
    let mut todo = vec![(top.to_owned(), vec![0], true)];
    while let Some((context, stages, visible)) = todo.pop() {
        let Some(document) = documents.get_mut(&context) else { continue };
        if document.stages != stages {
            document.stages = stages;
            document.restart();
        }
        document.visible = visible;
        for (index, (child, _)) in document.children.iter().enumerate() {
            let frame = document.look.as_ref().and_then(|look| look.frames.get(index));
            let (stages, shown) = frame.map_or((vec![], false), |frame| (frame.stages.clone(), frame.visible));
            todo.push((child.clone(), stages, visible && shown));
        }
    }
}

fn decide(top: &str, documents: &HashMap<String, Watched>, until: Until, last: Verdict) -> Verdict {
    // A document that hasn't answered yet could still hold a match: with it missing nothing can be said, neither that
    // there is just one nor that there is none.
    let Some(_) = documents.get(top).and_then(|document| document.look.as_ref()) else { return waiting(last) };
    let open = documents
        .values()
        .filter(|document| {
            !document.stages.is_empty()
                && document.look.is_none()
                && document.silent_since.is_none_or(|since| since.elapsed() < PATIENCE)
        })
        .count();
    let looks: Vec<(&String, &Watched, &Look)> = documents
        .iter()
        .filter_map(|(context, document)| {
            document.look.as_ref().filter(|_| !document.stages.is_empty()).map(|look| (context, document, look))
        })
        .collect();
    let visible: usize =
        looks.iter().filter(|(_, document, _)| document.visible).map(|(_, _, look)| look.visible).sum();
    let found: usize = looks.iter().map(|(_, _, look)| look.found).sum();
    let mut shown: Vec<String> = looks.iter().flat_map(|(_, _, look)| look.shown.clone()).collect();
    shown.sort();
    shown.truncate(6);
    let one = looks.iter().find(|(_, document, look)| document.visible && look.visible == 1);
    match until {
        Until::Gone if visible == 0 && open == 0 => return Verdict::Ready(None),
        Until::Gone => {
            return Verdict::Wait {
                code: "still-there",
                message: format!("{visible} visible element{} still match", if visible == 1 { "" } else { "s" }),
                candidates: shown,
            };
        }
        Until::Present if visible > 0 => return Verdict::Ready(None),
        _ => {}
    }
    if open > 0 {
        return waiting(last);
    }
    if found == 0 {
        return Verdict::Wait { code: "no-match", message: String::new(), candidates: vec![] };
    }
    if visible == 0 {
        return Verdict::Wait {
            code: "not-visible",
            message: format!("{found} element{} match, but none can be seen", if found == 1 { "" } else { "s" }),
            candidates: shown,
        };
    }
    let Some((context, document, look)) = one.filter(|_| visible == 1) else {
        return Verdict::Wait {
            code: "several-matches",
            message: format!(
                "{visible} visible elements match, one is wanted; narrow it down, or pick one with `>> nth=0`"
            ),
            candidates: shown,
        };
    };
    let ready = || {
        document.element.clone().map_or(
            Verdict::Wait { code: "no-match", message: String::new(), candidates: vec![] },
            |element| {
                let (context, frames) = ((*context).clone(), document.frames.clone());
                Verdict::Ready(Some(Found { context, frames, element, point: None }))
            },
        )
    };
    match (until, look.state.as_str()) {
        (Until::Visible, _) | (_, "ok") => ready(),
        (_, "covered") => Verdict::Wait {
            code: "covered",
            message: "another element covers it; move or close that one in a step before".into(),
            candidates: vec![look.by.clone()],
        },
        (_, "disabled") => Verdict::Wait { code: "disabled", message: "it is disabled".into(), candidates: shown },
        (_, "off-screen") => {
            Verdict::Wait { code: "not-visible", message: "it can't be scrolled into view".into(), candidates: shown }
        }
        _ => Verdict::Wait { code: "unstable", message: "it does not stop moving".into(), candidates: shown },
    }
}

/// When to look at the clock again: at the deadline, or when the next silent frame counts as empty.
fn wake(documents: &HashMap<String, Watched>, deadline: Instant) -> Instant {
    let now = Instant::now();
    let silence = documents
        .values()
        .filter(|document| document.look.is_none())
        .filter_map(|document| document.silent_since)
        .map(|since| since + PATIENCE);
    silence.chain([deadline, deadline + FIRST_LOOK]).filter(|time| *time > now).min().unwrap_or(now + PATIENCE)
}

/// While it isn't clear, what was clear last is the best explanation.
fn waiting(last: Verdict) -> Verdict {
    match last {
        Verdict::Ready(_) => Verdict::Wait { code: "no-match", message: String::new(), candidates: vec![] },
        wait => wait,
    }
}
