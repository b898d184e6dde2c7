//! What a window looks like: a screenshot with things outlined and secrets painted over, and its tree as text.
//!
//! Boundary: only looks. Nothing is put into the page for it, so the page can't notice; what is to be seen or not to be
//! seen is painted into the picture afterwards (`paint.rs`).

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::{Found, Window};
use super::paint::{self, Rect};
use crate::page;
use crate::recording::{Picture, Tree};
use crate::site::locator::Locator;

/// How long a page may take to answer; a picture is never worth waiting for.
const ANSWER: Duration = Duration::from_secs(5);
/// How often a picture is taken again because what is to be covered moved meanwhile.
const ATTEMPTS: usize = 3;
/// A page has more frames than this for advertisements only.
const MOST_FRAMES: usize = 40;
/// Lines of a tree.
const MOST_LINES: usize = 400;

/// What to outline and to cover.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look<'a> {
    /// The element that was acted on.
    pub acted: Option<&'a Found>,
    /// A locator whose matches are outlined, if there is no such element.
    pub locator: Option<&'a Locator>,
    /// Texts that must not be seen.
    pub secrets: &'a [&'a str],
    /// Fields that a secret was typed into; covered whatever is in them now.
    pub fields: &'a [&'a Found],
}

/// A place in a document, as its script tells.
#[derive(Debug, Clone, Deserialize)]
struct Place {
    r#box: [f64; 4],
    text: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Places {
    width: f64,
    height: f64,
    scale: f64,
    matches: Vec<Place>,
    covers: Vec<[f64; 4]>,
    frames: Vec<Inner>,
}

/// Where a frame's own window lies in its parent's, and at which scale.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Inner {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    wide: f64,
    high: f64,
}

/// From a document's coordinates to the window's.
#[derive(Debug, Clone, Copy)]
struct Way {
    x: f64,
    y: f64,
    wide: f64,
    high: f64,
    /// What of it can be seen at all.
    clip: Rect,
}

impl Way {
    fn map(&self, [left, top, width, height]: [f64; 4]) -> Option<Rect> {
        let rect = Rect {
            left: self.x + left * self.wide,
            top: self.y + top * self.high,
            right: self.x + (left + width) * self.wide,
            bottom: self.y + (top + height) * self.high,
        };
        rect.within(self.clip)
    }

    fn inside(&self, frame: &Inner) -> Option<Self> {
        let clip = self.map([frame.x, frame.y, frame.width, frame.height])?;
        Some(Self {
            x: self.x + frame.x * self.wide,
            y: self.y + frame.y * self.high,
            wide: self.wide * frame.wide,
            high: self.high * frame.high,
            clip,
        })
    }
}

/// All that was found in a window's documents.
#[derive(Debug, Default, PartialEq)]
struct Survey {
    scale: f64,
    outlined: Vec<(Rect, String)>,
    covers: Vec<Rect>,
}

impl Window {
    /// A screenshot of what the window shows.
    ///
    /// # Errors
    /// A sentence: the browser gave none, or what had to be covered did not hold still.
    pub async fn picture(&self, look: Look<'_>) -> Result<Picture, String> {
        let told = |error: BidiError| error.to_string();
        let mut before = self.survey_sight(&look).await.map_err(told)?;
        for _ in 0..ATTEMPTS {
            let taking = json!({ "context": self.context(), "origin": "viewport" });
            let taken = self.session.bidi.call("browsingContext.captureScreenshot", taking, ANSWER * 2).await;
            let data = match taken.map_err(told)?.get_mut("data").map(Value::take) {
                Some(Value::String(data)) => data,
                _ => return Err("the browser's answer holds no picture".into()),
            };
            if !look.secrets.is_empty() || !look.fields.is_empty() {
                let after = self.survey_sight(&look).await.map_err(told)?;
                if after != before {
                    before = after;
                    continue;
                }
            }
            let (outlines, outlined) = before.outlined.into_iter().unzip();
            let covered = before.covers.len();
            let orders = paint::Orders { scale: before.scale, outlines, covers: before.covers };
            let painted = tokio::task::spawn_blocking(move || {
                let png = STANDARD.decode(data).map_err(|error| format!("the picture is no base64: {error}"))?;
                paint::jpeg(&png, &orders)
            });
            let jpeg = painted.await.map_err(|error| format!("the picture could not be painted: {error}"))??;
            return Ok(Picture {
                media_type: "image/jpeg".to_owned(),
                width: jpeg.width.into(),
                height: jpeg.height.into(),
                data: STANDARD.encode(jpeg.bytes),
                outlined,
                covered,
            });
        }
        Err("left out: what must not be seen in it did not hold still while it was taken".into())
    }

    /// The tree of the window's page, or of what the first parts of the locator match where the rest matches nothing;
    /// of a page that is too long, what is around the element that was acted on last. And the address of the page.
    ///
    /// # Errors
    /// [`BidiError`]: the page has gone or doesn't answer.
    pub async fn tree(
        &self,
        locator: Option<&Locator>,
        acted: Option<&Found>,
        secrets: &[&str],
    ) -> Result<(Tree, String), BidiError> {
        let mut answers: HashMap<String, (TreeAnswer, Vec<String>)> = HashMap::new();
        let mut todo = vec![self.context()];
        while let Some(context) = todo.pop() {
            if answers.len() > MOST_FRAMES {
                break;
            }
            let own = context == self.context();
            let asked = async {
                let frames = self.frames_of(&context).await?;
                let mut elements: Vec<String> = frames.iter().map(|(_, element)| element.clone()).collect();
                let parts = locator.map(|locator| &locator.parts).filter(|_| own);
                let request = json!({ "parts": parts, "frames": frames.len(), "secrets": secrets, "most": MOST_LINES });
                elements.extend(acted.filter(|found| found.context == context).map(|found| found.element.clone()));
                let mut answer = self.sight::<TreeAnswer>(&context, "tree", &request, &elements).await;
                if elements.len() > frames.len() && matches!(answer, Err(BidiError::Remote { .. })) {
                    // The element that was acted on has gone since.
                    elements.truncate(frames.len());
                    answer = self.sight(&context, "tree", &request, &elements).await;
                }
                let answer = answer?;
                Ok((answer, frames.into_iter().map(|(child, _)| child).collect::<Vec<_>>()))
            };
            match asked.await {
                Ok((answer, children)) => {
                    todo.extend(children.iter().cloned());
                    answers.insert(context, (answer, children));
                }
                Err(error) if own => return Err(error),
                Err(error) => tracing::debug!("no tree of the frame {context}: {error}"),
            }
        }
        let mut lines = Vec::new();
        let mut cut = false;
        write_tree(&self.context(), 0, &answers, &mut lines, &mut cut);
        let top = answers.remove(&self.context()).map(|(answer, _)| answer).unwrap_or_default();
        let within = match locator {
            Some(locator) if top.matched > 0 => {
                locator.parts.iter().take(top.matched).map(ToString::to_string).collect::<Vec<_>>().join(" >> ")
            }
            _ => top.around,
        };
        Ok((Tree { text: lines.join("\n"), within, cut }, top.url))
    }

    async fn survey_sight(&self, look: &Look<'_>) -> Result<Survey, BidiError> {
        let request = json!({ "parts": look.locator.map(|locator| &locator.parts), "secrets": look.secrets });
        let hides = !look.secrets.is_empty() || !look.fields.is_empty();
        let everything = Rect { left: 0.0, top: 0.0, right: f64::from(u16::MAX), bottom: f64::from(u16::MAX) };
        let mut ways = HashMap::new();
        let mut survey = Survey::default();
        let mut todo = vec![(self.context(), Way { x: 0.0, y: 0.0, wide: 1.0, high: 1.0, clip: everything })];
        while let Some((context, mut way)) = todo.pop() {
            let asked = async {
                let frames = self.frames_of(&context).await?;
                let elements: Vec<String> = frames.iter().map(|(_, element)| element.clone()).collect();
                let places: Places = self.sight(&context, "places", &request, &elements).await?;
                Ok((places, frames))
            };
            let (places, frames) = match asked.await {
                Ok(answered) => answered,
                Err(error) if context == self.context() => return Err(error),
                // A frame that doesn't answer may show anything.
                Err(error) => {
                    tracing::debug!("a frame could not be asked for what it shows: {error}");
                    survey.covers.extend(hides.then_some(way.clip));
                    continue;
                }
            };
            if context == self.context() {
                survey.scale = places.scale;
                way.clip = Rect { left: 0.0, top: 0.0, right: places.width, bottom: places.height };
            }
            for place in places.matches {
                survey.outlined.extend(way.map(place.r#box).map(|rect| (rect, place.text)));
            }
            survey.covers.extend(places.covers.into_iter().filter_map(|one| way.map(one)));
            for ((child, _), frame) in frames.iter().zip(&places.frames) {
                let Some(inner) = way.inside(frame) else { continue };
                if ways.len() + todo.len() < MOST_FRAMES {
                    todo.push((child.clone(), inner));
                } else {
                    survey.covers.extend(hides.then_some(inner.clip));
                }
            }
            ways.insert(context, way);
        }
        for field in look.fields {
            if let Some((rect, _)) = self.place(field, &ways, look.secrets).await? {
                survey.covers.push(rect);
            }
        }
        if let Some(acted) = look.acted {
            survey.outlined.extend(self.place(acted, &ways, look.secrets).await?);
        }
        Ok(survey)
    }

    /// Where an element is in the window; `None` if it has gone or can't be seen.
    async fn place(
        &self,
        found: &Found,
        ways: &HashMap<String, Way>,
        secrets: &[&str],
    ) -> Result<Option<(Rect, String)>, BidiError> {
        let Some(way) = ways.get(&found.context) else { return Ok(None) };
        let element = std::slice::from_ref(&found.element);
        match self.sight::<Option<Place>>(&found.context, "place", &json!({ "secrets": secrets }), element).await {
            Ok(place) => Ok(place.and_then(|place| way.map(place.r#box).map(|rect| (rect, place.text)))),
            Err(BidiError::Remote { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn sight<T: serde::de::DeserializeOwned>(
        &self,
        context: &str,
        name: &str,
        request: &Value,
        elements: &[String],
    ) -> Result<T, BidiError> {
        if let Err(error) = self.adopt_roots(context).await {
            tracing::debug!("closed roots of {context} can't be handed out: {error}");
        }
        let (data, _) = self.run_command(page::sights(), context, name, request, elements, ANSWER).await?;
        serde_json::from_value(data)
            .map_err(|error| BidiError::Script(format!("the page's answer makes no sense: {error}")))
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
struct TreeAnswer {
    lines: Vec<TreeLine>,
    cut: bool,
    matched: usize,
    around: String,
    url: String,
}

#[derive(Debug, Clone, Deserialize)]
struct TreeLine {
    depth: usize,
    text: String,
    frame: Option<usize>,
}

/// A document's lines, its frames' below theirs.
fn write_tree(
    context: &str,
    depth: usize,
    answers: &HashMap<String, (TreeAnswer, Vec<String>)>,
    into: &mut Vec<String>,
    cut: &mut bool,
) {
    let Some((answer, children)) = answers.get(context).filter(|_| depth < 200) else { return };
    *cut |= answer.cut;
    for line in &answer.lines {
        if into.len() >= MOST_LINES {
            *cut = true;
            return;
        }
        let here = (depth + line.depth).min(40);
        into.push(format!("{}{}", "  ".repeat(here), line.text.replace(['\n', '\r'], " ")));
        if let Some(child) = line.frame.and_then(|frame| children.get(frame)) {
            write_tree(child, depth + line.depth + 1, answers, into, cut);
        }
    }
}
