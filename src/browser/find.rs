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
use super::context::{ANSWER, ActError, Found, Window};
use crate::site::locator::Locator;

/// Until when to wait, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// One match, visible, enabled, still and not covered.
    Actionable,
    /// One match, visible.
    Visible,
    /// One match, visible or not.
    There,
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
#[serde(default)]
struct Look {
    found: usize,
    visible: usize,
    shown: Vec<String>,
    state: String,
    by: String,
    /// Where it is to be clicked, if it never comes to rest.
    point: Option<Point>,
    frames: Vec<FrameLook>,
    /// Closed shadow roots in it that haven't been handed out yet.
    closed: u64,
    /// Frames in it that the browser has not named.
    lost: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct FrameLook {
    stages: Vec<usize>,
    visible: bool,
}

/// A document that is being watched.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Elements of the frames around it, outermost first.
    frames: Vec<String>,
    /// Context of the document around it.
    pub(super) parent: Option<String>,
    /// Address, as far as the browser told.
    url: String,
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
    /// What looking into it threw, which is then all that there is to be said of it.
    threw: Option<String>,
    /// How often closed roots were handed out to it in a row.
    adopted: u8,
    /// Addresses of frames in it that could not be found in it.
    unplaced: Vec<String>,
}

/// How long a frame may leave a question open before it counts as empty: an advertisement's frame that hangs must not
/// hold up what is there for all to see.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long past the deadline the very first answer of the window's own document is waited for.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// When frames that could not be found in their document are looked for again: one that changes process is lost for moments.
const LOST: Duration = Duration::from_millis(250);

/// A frame that could not be found for as long as this is lost for good.
const LOST_FOR_GOOD: Duration = Duration::from_secs(5);

/// How often in a row closed roots are handed out to a document before what it says counts.
const ROUNDS: u8 = 5;

/// Frames of a document.
#[derive(Debug, Default)]
struct Frames {
    /// Context, frame element and address of each.
    placed: Vec<(String, String, String)>,
    /// Addresses of those whose elements could not be told.
    unplaced: Vec<String>,
}

impl Watched {
    /// What it said is void: ask it anew. The question that is still under way ends in the page, where the newest wins.
    fn restart(&mut self) {
        self.said = String::new();
        self.look = None;
        self.threw = None;
        self.asked = false;
        self.turn += 1;
    }

    /// What of it could not be searched, and why.
    fn unsearched(&self) -> Vec<String> {
        let at = if self.url.is_empty() { "without an address" } else { &self.url };
        let own = match (&self.threw, &self.look) {
            (Some(why), _) => Some(format!("the frame {at} could not be searched: {why}")),
            (None, None) => Some(format!("the frame {at} did not answer and was not searched")),
            _ => None,
        };
        let unplaced =
            self.unplaced.iter().map(|url| format!("the browser lost the frame {url}, which was not searched"));
        let lost = self.look.iter().flat_map(|look| &look.lost);
        let lost = lost.map(|frame| format!("the browser did not hand out the frame {frame}, which was not searched"));
        own.into_iter().chain(unplaced).chain(lost).take(3).collect()
    }

    /// Whether an answer may still come that would change what there is.
    fn is_open(&self) -> bool {
        !self.stages.is_empty()
            && self.look.is_none()
            && self.silent_since.is_none_or(|since| since.elapsed() < PATIENCE)
    }
}

impl Window {
    /// Frames of a document: context and frame element of each. A frame that goes away meanwhile is left out.
    pub(super) async fn frames_of(&self, context: &str) -> Result<Vec<(String, String)>, BidiError> {
        let frames = self.frames_within(context, ANSWER).await?;
        Ok(frames.placed.into_iter().map(|(context, element, _)| (context, element)).collect())
    }

    /// Frames of a document, each of which is told within `bound`. One that goes away meanwhile is left out.
    async fn frames_within(&self, context: &str, bound: Duration) -> Result<Frames, BidiError> {
        let tree =
            self.session.bidi.call("browsingContext.getTree", json!({ "root": context, "maxDepth": 1 }), bound).await?;
        let children = tree.pointer("/contexts/0/children").and_then(Value::as_array).cloned().unwrap_or_default();
        let located = children.into_iter().filter_map(|child| {
            let text = |key: &str| child.get(key).and_then(Value::as_str).map(str::to_owned);
            let (id, url) = (text("context")?, text("url").unwrap_or_default());
            let locate = json!({ "context": context, "locator": { "type": "context", "value": { "context": id } } });
            Some(async move { (id, url, self.session.bidi.call("browsingContext.locateNodes", locate, bound).await) })
        });
        let mut frames = Frames::default();
        for (id, url, answer) in futures_util::future::join_all(located).await {
            let element = match answer {
                Ok(answer) => answer.pointer("/nodes/0/sharedId").and_then(Value::as_str).map(str::to_owned),
                Err(BidiError::Closed(why)) => return Err(BidiError::Closed(why)),
                // A document that hangs says nothing of its frames; lost they aren't.
                Err(BidiError::Timeout { .. }) => continue,
                Err(error) => {
                    tracing::debug!("a frame could not be located: {error}");
                    None
                }
            };
            match element {
                Some(element) => frames.placed.push((id, element, url)),
                None => frames.unplaced.push(url),
            }
        }
        Ok(frames)
    }

    /// Waits until the locator's element is as wanted, for at most `bound`; `None` for [`Until::Gone`].
    ///
    /// # Errors
    /// [`FindError`], naming what was there instead.
    pub async fn find(&self, locator: &Locator, until: Until, bound: Duration) -> Result<Option<Found>, FindError> {
        self.find_in(None, locator, until, bound).await
    }

    /// The same while others look for something else in the window. Whoever looks at a time has a number of their own.
    ///
    /// # Errors
    /// [`FindError`].
    pub async fn find_beside(
        &self,
        beside: usize,
        locator: &Locator,
        until: Until,
        bound: Duration,
    ) -> Result<Option<Found>, FindError> {
        self.find_in(Some(beside), locator, until, bound).await
    }

    async fn find_in(
        &self,
        beside: Option<usize>,
        locator: &Locator,
        until: Until,
        bound: Duration,
    ) -> Result<Option<Found>, FindError> {
        let deadline = Instant::now() + bound;
        let mut changed = self.changed.clone();
        let departures = self.shown.left();
        let mut documents: HashMap<String, Watched> = HashMap::new();
        let mut asked = FuturesUnordered::new();
        let mut last = Verdict::Wait { code: "no-match", message: String::new(), candidates: vec![] };
        let mut rebuild = true;
        let mut top = self.context();
        let mut surveyed = Instant::now();
        let mut gone: (u32, Option<Instant>) = (0, None);
        let mut lost_since = None;
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
                surveyed = Instant::now();
            }
            spread(&top, &mut documents);
            last = decide(&top, &documents, until, last);
            let mut hidden = false;
            if let Verdict::Ready(found) = &last {
                let Some(mut found) = found.clone().filter(|_| until == Until::Actionable) else {
                    return Ok(found.clone());
                };
                match self.aim(&found, &documents).await {
                    Ok(aims) => {
                        found.aims = aims;
                        return Ok(Some(found));
                    }
                    Err(by) => {
                        hidden = true;
                        last = Verdict::Wait {
                            code: "covered",
                            message: "another element covers the frame that it stands in".into(),
                            candidates: vec![by],
                        };
                    }
                }
            }
            let mut left = deadline.saturating_duration_since(Instant::now());
            let over = left.is_zero();
            if over {
                // However busy the machine is, at least one look has been taken before there is said to be nothing.
                let answers = documents.get(&top).is_some_and(|top| top.look.is_some());
                let open = !answers || documents.values().any(Watched::is_open);
                if !open || Instant::now() >= deadline + FIRST_LOOK {
                    break;
                }
                left = Duration::from_millis(1);
            }
            // Ask each document that has nothing under way; it answers when it has news. After the deadline only those that
            // were never heard.
            for (context, document) in &mut documents {
                if document.asked || document.stages.is_empty() || (over && document.look.is_some()) {
                    continue;
                }
                document.asked = true;
                document.silent_since.get_or_insert_with(Instant::now);
                let request = json!({
                    "parts": locator.parts, "stages": document.stages, "act": until == Until::Actionable,
                    "said": document.said, "wait": u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
                    "lane": beside,
                });
                let elements: Vec<String> = document.children.iter().map(|(_, element)| element.clone()).collect();
                let (context, turn) = (context.clone(), document.turn);
                asked.push(async move {
                    let bound = left + FIRST_LOOK * 2;
                    let answer = self.command(&context, "watch", &request, &elements, bound).await;
                    (context, turn, answer)
                });
            }
            // A frame that the browser has lost is looked for again, for as long as the element may be in it.
            let lost = documents.values().any(|document| {
                !document.stages.is_empty()
                    && (!document.unplaced.is_empty()
                        || document.look.as_ref().is_some_and(|look| !look.lost.is_empty()))
            });
            lost_since = lost.then(|| lost_since.unwrap_or_else(Instant::now));
            // So is one that something covers: none of the two documents has news when that goes.
            let again =
                if (lost || hidden) && !over { (surveyed + LOST).max(Instant::now()) } else { deadline + FIRST_LOOK };
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
                            let unknown = document.look.as_ref().is_some_and(|look| look.closed > 0);
                            document.adopted = if unknown { document.adopted + 1 } else { 0 };
                            // What is in them may be what is looked for. A page that makes more and more isn't waited for.
                            if unknown && document.adopted <= ROUNDS {
                                document.restart();
                                if let Err(error) = self.adopt_roots(&context).await {
                                    tracing::debug!("closed roots of {context} can't be handed out: {error}");
                                }
                            }
                        }
                        Err(BidiError::Closed(why)) => return Err(FindError::Act(ActError::BrowserGone(why))),
                        // A frame that hangs is none of the step's: it counts as empty, and isn't asked any more.
                        Err(BidiError::Timeout { .. }) => document.asked = true,
                        // Nor is one in which nothing can be looked for.
                        Err(BidiError::Script(message)) if context != top => {
                            tracing::debug!("{context} can't be searched: {message}");
                            document.silent_since = None;
                            document.look = Some(Look::default());
                            document.threw = Some(message);
                            document.asked = true;
                        }
                        Err(BidiError::Script(message)) => {
                            return Err(FindError::Act(ActError::Other(format!("the locator {} could not be looked for: {message}", locator.told()))));
                        }
                        // The document was replaced: what it said is void, and the new one is asked.
                        Err(error) => {
                            tracing::debug!("{context} went away while it was watched: {error}");
                            document.restart();
                            if context == top {
                                gone = (gone.0 + 1, Some(Instant::now()));
                            }
                            if context == top && !self.exists(&top).await && !self.replaced(&top).await {
                                return Err(FindError::Act(ActError::PageGone("the window was closed".into())));
                            }
                            rebuild = true;
                        }
                    }
                }
                _ = changed.changed() => rebuild = true,
                () = tokio::time::sleep_until(wake(&documents, deadline).min(again)) => rebuild |= Instant::now() >= again,
            }
        }
        drop(asked);
        if documents.get(&top).is_none_or(|top| top.look.is_none()) {
            let waited = (bound + FIRST_LOOK).as_secs_f32().round();
            // One that keeps going away isn't one that hangs: that goes nowhere. On a slow machine hardly any of them is asked.
            let (times, last) = gone;
            let leaves = self.shown.left() - departures > 2;
            if (times < 2 || last.is_none_or(|last| last.elapsed() > FIRST_LOOK)) && !leaves {
                return Err(FindError::Act(ActError::Timeout(format!("the page did not answer within {waited} s"))));
            }
            return Err(FindError::Wait {
                code: "no-match",
                message: format!(
                    "the page went away again and again within {waited} s, each time before {} could be looked for in it: \
                     does it reload itself over and over?",
                    locator.told()
                ),
                candidates: vec![],
            });
        }
        if beside.is_none() && lost_since.is_some_and(|since| since.elapsed() >= LOST_FOR_GOOD) {
            self.session.frame_is_lost(&self.user_context);
        }
        Err(self.explain(locator, last, &documents).await)
    }

    /// Waits until windows or frames have changed.
    pub async fn changes(&self) {
        let _ = self.changed.clone().changed().await;
    }

    async fn exists(&self, context: &str) -> bool {
        self.session
            .bidi
            .call("browsingContext.getTree", json!({ "root": context, "maxDepth": 0 }), Duration::from_secs(10))
            .await
            .is_ok()
    }

    /// Brings the watched documents up to date with the frames that there are. A frame that doesn't answer has none.
    async fn survey(&self, top: &str, documents: &mut HashMap<String, Watched>) -> Result<(), BidiError> {
        let mut there = Vec::new();
        let mut level = vec![(top.to_owned(), None::<String>, Vec::<String>::new(), String::new())];
        while !level.is_empty() {
            let asked = level.into_iter().map(|(context, parent, frames, url)| async move {
                let bound = if parent.is_some() { PATIENCE } else { ANSWER };
                let children = self.frames_within(&context, bound).await;
                (context, parent, frames, url, children)
            });
            level = Vec::new();
            for (context, parent, frames, url, children) in futures_util::future::join_all(asked).await {
                let children = match children {
                    Ok(children) => children,
                    Err(error @ BidiError::Closed(_)) => return Err(error),
                    Err(error) if error.is_gone() && parent.is_some() => continue,
                    Err(error) if parent.is_some() => {
                        tracing::debug!("the frames of {context} are not told: {error}");
                        Frames::default()
                    }
                    Err(error) => return Err(error),
                };
                for (child, element, url) in &children.placed {
                    let mut way = frames.clone();
                    way.push(element.clone());
                    level.push((child.clone(), Some(context.clone()), way, url.clone()));
                }
                let placed: Vec<_> = children.placed.into_iter().map(|(child, element, _)| (child, element)).collect();
                let document = documents.entry(context.clone()).or_default();
                if document.children != placed {
                    // It has to be asked again, with these frames.
                    document.children = placed;
                    document.restart();
                }
                document.unplaced = children.unplaced;
                document.frames = frames;
                document.parent = parent;
                document.url = url;
                there.push(context);
            }
        }
        documents.retain(|context, _| there.contains(context));
        Ok(())
    }

    /// Turns the last state of waiting into an error that says what was there instead.
    async fn explain(&self, locator: &Locator, last: Verdict, documents: &HashMap<String, Watched>) -> FindError {
        let Verdict::Wait { code, mut message, mut candidates } = last else {
            return FindError::Act(ActError::Other("the element was found too late".into()));
        };
        if code == "no-match" {
            message = format!("nothing matches {}", locator.told());
            let mut contexts: Vec<_> = documents.iter().filter(|(_, document)| !document.stages.is_empty()).collect();
            contexts.sort_by_key(|(context, document)| (document.frames.len(), *context));
            for why in contexts.iter().flat_map(|(_, document)| document.unsearched()) {
                message = format!("{message}; {why}");
            }
            for (context, document) in contexts {
                if document.look.is_none() || document.threw.is_some() {
                    continue;
                }
                let request = json!({ "parts": locator.parts });
                let Ok((answer, _)) = self.command(context, "explain", &request, &[], PATIENCE * 2).await else {
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
    let open = documents.values().filter(|document| document.is_open()).count();
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
    let hidden = until == Until::There && found == 1;
    if visible == 0 && !hidden {
        return Verdict::Wait {
            code: "not-visible",
            message: format!("{found} element{} match, but none can be seen", if found == 1 { "" } else { "s" }),
            candidates: shown,
        };
    }
    let one = one.filter(|_| visible == 1);
    let one = one.or_else(|| looks.iter().find(|(_, _, look)| hidden && look.found == 1));
    let Some((context, document, look)) = one else {
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
                let point = look.point.map(|point| (point.x, point.y));
                let mut around = Vec::new();
                let mut at = document.parent.as_ref();
                while let Some(parent) = at {
                    around.push(parent.clone());
                    at = documents.get(parent).and_then(|document| document.parent.as_ref());
                }
                Verdict::Ready(Some(Found { context, frames, around, element, point, aims: vec![] }))
            },
        )
    };
    match (until, look.state.as_str()) {
        (Until::Visible | Until::There, _) | (_, "ok") => ready(),
        (_, "covered") => Verdict::Wait {
            code: "covered",
            message: "another element covers it; move or close that one in a step before".into(),
            candidates: vec![look.by.clone()],
        },
        (_, "disabled") => Verdict::Wait { code: "disabled", message: "it is disabled".into(), candidates: shown },
        (_, "off-screen") => {
            Verdict::Wait { code: "not-visible", message: "it can't be scrolled into view".into(), candidates: shown }
        }
        (_, "restless") => Verdict::Wait {
            code: "unstable",
            message: "it never stops moving, and there is no point that it covers all the time; \
                      stop it in a step before (`eval: document.getAnimations().forEach((one) => one.pause())`), \
                      or use the keyboard, which needs no point (`press: Enter` with `on:` this locator)"
                .into(),
            candidates: shown,
        },
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
