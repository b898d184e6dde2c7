//! A look at a page that nothing is known of: what could be a chat's launcher, or a banner that holds it back.
//!
//! Boundary: asks `survey.js`, in the page and in its frames; what is done with the answers is the runner's business. All
//! texts are the page's own.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::Window;
use crate::page;
use crate::site::locator::{self, NoNames};
use crate::site::template::Variables;

/// How long a page may take to answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Frames that are looked into.
pub(super) const FRAMES: usize = 20;

/// What stands in a page, its frames included.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Title of the document.
    pub title: String,
    /// Its address.
    pub url: String,
    /// The button that agrees to what a banner asks for.
    pub consent: Option<Button>,
    /// What could open a chat, likeliest first.
    pub launchers: Vec<Button>,
    /// Controls of what stands in the page like a chat.
    pub inline: Vec<Control>,
    /// Links and buttons of the page itself that may open one.
    pub links: Vec<Control>,
    /// Addresses of visible frames.
    pub frames: Vec<String>,
}

/// Something to click.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Button {
    /// A locator that finds just this.
    pub locator: String,
    /// Accessible name.
    pub name: String,
    /// Why it was taken for what it is.
    pub signs: Vec<String>,
}

/// Something to click or to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// A locator that finds just this.
    pub locator: String,
    /// It takes text.
    pub field: bool,
}

/// What has come since [`Window::remember_controls`].
#[derive(Debug, Clone, Default)]
pub struct Appeared {
    /// What can be clicked or filled now and couldn't be then.
    pub controls: Vec<Control>,
    /// The window has gone to another document, all of which is new.
    pub elsewhere: bool,
}

/// What one document says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    title: String,
    url: String,
    consent: Option<Found>,
    launchers: Vec<Found>,
    inline: Vec<Found>,
    links: Vec<Found>,
    frames: Vec<String>,
    around: Vec<Around>,
}

/// An element, by locators that find just it in its document.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Found {
    locators: Vec<String>,
    name: String,
    signs: Vec<String>,
    field: bool,
    score: i64,
    /// Which of the document's frames it is itself, -1 for none.
    frame: i64,
}

impl Found {
    pub(super) fn by(locators: Vec<String>) -> Self {
        Self { locators, ..Self::default() }
    }
}

/// A frame as its surroundings see it, to be handed to its document.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
struct Around {
    visible: bool,
    locators: Vec<String>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Now {
    known: bool,
    controls: Vec<Found>,
    visible: Vec<bool>,
    locators: Vec<Vec<String>>,
}

/// A document to be asked.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) context: String,
    /// Locators of the frame that it stands in; none for the window's own.
    pub(super) frame: Vec<String>,
    pub(super) around: Value,
}

impl Window {
    /// Keeps count of what scripts put into the pages that are opened from now on; gives the script's identifier, for
    /// [`Window::stop_counting`].
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn count_additions(&self) -> Result<String, BidiError> {
        let params = json!({
            "functionDeclaration": page::ADDITIONS,
            "userContexts": [self.user_context],
            "sandbox": page::SANDBOX,
        });
        let added = self.session.call("script.addPreloadScript", params).await?;
        Ok(added.get("script").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// Browsers keep such scripts when their user context has gone, and hand them to every process.
    pub async fn stop_counting(&self, script: &str) {
        if let Err(error) = self.session.call("script.removePreloadScript", json!({ "script": script })).await {
            tracing::debug!("a script that counts additions could not be removed: {error}");
        }
    }

    /// Looks at the page and into its frames.
    ///
    /// # Errors
    /// [`BidiError`]: the page itself can't be asked. A frame that can't is left out.
    pub async fn look(&self) -> Result<Look, BidiError> {
        let mut look = Look::default();
        let mut places = vec![self.top()];
        let mut launchers: Vec<(usize, Found)> = Vec::new();
        let (mut consent, mut inline, mut links) = (None, Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(place) = places.get(at).cloned() {
            let children = if at < FRAMES { self.frames_of(&place.context).await.unwrap_or_default() } else { vec![] };
            let elements: Vec<String> = children.iter().map(|(_, element)| element.clone()).collect();
            let asked: Result<Document, _> =
                self.ask(&place.context, "survey", &json!({ "frame": place.around }), &elements).await;
            let document = match asked {
                Ok(document) => document,
                Err(error) if at == 0 => return Err(error),
                Err(error) => {
                    tracing::debug!("a frame can't be looked at: {error}");
                    at += 1;
                    continue;
                }
            };
            if at == 0 {
                (look.title, look.url, look.frames) = (document.title, document.url, document.frames);
            }
            let first = places.len();
            let mut inside = vec![None; children.len()];
            for (index, ((context, _), around)) in children.into_iter().zip(document.around).enumerate() {
                if around.visible && places.len() <= FRAMES {
                    inside[index] = Some(first + inside.iter().flatten().count());
                    places.push(Place { context, frame: around.locators, around: Value::Object(around.rest) });
                }
            }
            consent = consent.or(document.consent.map(|found| (at, found)));
            launchers.extend(document.launchers.into_iter().map(|mut found| {
                // From here on: which document it is the frame of.
                let of = usize::try_from(found.frame).ok().and_then(|index| inside.get(index).copied().flatten());
                found.frame = of.and_then(|place| i64::try_from(place).ok()).unwrap_or(-1);
                (at, found)
            }));
            inline.extend(document.inline.into_iter().map(|found| (at, found)));
            links.extend(document.links.into_iter().map(|found| (at, found)));
            at += 1;
        }
        // A launcher in a frame is clicked itself, not its frame's middle.
        let within: Vec<i64> = launchers.iter().filter_map(|(at, _)| i64::try_from(*at).ok()).collect();
        launchers.retain(|(_, found)| !within.contains(&found.frame));
        launchers.sort_by_key(|(at, found)| (-found.score, *at));
        launchers.truncate(3);
        inline.truncate(8);
        links.truncate(3);
        let wanted = consent.iter().chain(&launchers).chain(&inline).chain(&links);
        let names = self.told_apart(&places, wanted).await;
        let mut names = names.into_iter();
        let mut button = |(_, found): (usize, Found)| {
            let locator = names.next().flatten()?;
            Some(Button { locator, name: found.name, signs: found.signs })
        };
        look.consent = consent.and_then(&mut button);
        look.launchers = launchers.into_iter().filter_map(&mut button).collect();
        let mut controls = |found: Vec<(usize, Found)>| -> Vec<Control> {
            let control = |(_, found): (usize, Found)| {
                let locator = names.next().flatten()?;
                Some(Control { locator, field: found.field })
            };
            found.into_iter().filter_map(control).collect()
        };
        look.inline = controls(inline);
        look.links = controls(links);
        Ok(look)
    }

    /// Remembers what can be clicked or filled now, in the page and its frames.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn remember_controls(&self) -> Result<(), BidiError> {
        let mut todo = vec![(self.context(), true)];
        let mut asked = 0;
        while let Some((context, visible)) = todo.pop() {
            asked += 1;
            let children = if asked <= FRAMES { self.frames_of(&context).await.unwrap_or_default() } else { vec![] };
            let elements: Vec<String> = children.iter().map(|(_, element)| element.clone()).collect();
            match self.ask::<Now>(&context, "remember", &json!({ "visible": visible }), &elements).await {
                Ok(now) => {
                    let seen = children.into_iter().zip(now.visible);
                    todo.extend(seen.map(|((child, _), shown)| (child, visible && shown)).take(FRAMES));
                }
                Err(error) if asked == 1 => return Err(error),
                Err(error) => tracing::debug!("a frame can't be looked at: {error}"),
            }
        }
        Ok(())
    }

    /// What has come since then.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn new_controls(&self) -> Result<Appeared, BidiError> {
        let mut places = vec![self.top()];
        let mut found: Vec<(usize, Found)> = Vec::new();
        let mut elsewhere = false;
        let mut at = 0;
        while let Some(place) = places.get(at).cloned() {
            let children = if at < FRAMES { self.frames_of(&place.context).await.unwrap_or_default() } else { vec![] };
            let elements: Vec<String> = children.iter().map(|(_, element)| element.clone()).collect();
            match self.ask::<Now>(&place.context, "appeared", &json!({}), &elements).await {
                Ok(now) => {
                    elsewhere |= at == 0 && !now.known;
                    found.extend(now.controls.into_iter().map(|one| (at, one)));
                    let shown = children.into_iter().zip(now.visible).zip(now.locators);
                    places.extend(
                        shown
                            .filter(|((_, visible), _)| *visible)
                            .take(FRAMES)
                            .map(|(((context, _), _), frame)| Place { context, frame, around: Value::Null }),
                    );
                }
                Err(error) if at == 0 => return Err(error),
                Err(error) => tracing::debug!("a frame can't be looked at: {error}"),
            }
            at += 1;
        }
        found.truncate(8);
        let names = self.told_apart(&places, found.iter()).await;
        let controls = found
            .iter()
            .zip(names)
            .filter_map(|((_, found), locator)| Some(Control { locator: locator?, field: found.field }))
            .collect();
        Ok(Appeared { controls, elsewhere })
    }

    /// Globals of the page at which events could be listened to, as `Name.on`.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn globals(&self) -> Result<Vec<String>, BidiError> {
        let answer = self.call_function(&self.context(), page::GLOBALS, vec![], None, ANSWER).await?;
        let text = answer.get("value").and_then(Value::as_str).unwrap_or("[]");
        serde_json::from_str(text).map_err(|error| BidiError::Script(error.to_string()))
    }

    pub(super) fn top(&self) -> Place {
        Place { context: self.context(), frame: vec![], around: Value::Null }
    }

    /// For each element the first locator that finds nothing in any other document, since a step looks for it in all; where
    /// there is none, the one that names the frame as well.
    pub(super) async fn told_apart<'f>(
        &self,
        places: &[Place],
        found: impl Iterator<Item = &'f (usize, Found)>,
    ) -> Vec<Option<String>> {
        let found: Vec<_> = found.collect();
        let all: Vec<(usize, &String)> =
            found.iter().flat_map(|(at, found)| found.locators.iter().map(move |locator| (*at, locator))).collect();
        let parts: Vec<Value> = all
            .iter()
            .map(|(_, text)| {
                let parsed = locator::parse(text, &mut NoNames).ok();
                parsed.map_or(json!([]), |locator| json!(locator.render(&Variables::default()).parts))
            })
            .collect();
        let mut elsewhere = vec![0_u64; all.len()];
        for (place, _) in places.iter().enumerate().filter(|_| places.len() > 1 && !all.is_empty()) {
            let counted: Result<Vec<u64>, _> =
                self.ask(&places[place].context, "counts", &json!({ "locators": parts }), &[]).await;
            for (index, count) in counted.unwrap_or_default().into_iter().enumerate().take(all.len()) {
                if all[index].0 != place {
                    elsewhere[index] += count;
                }
            }
        }
        let mut counts = elsewhere.into_iter();
        found
            .into_iter()
            .map(|(at, found)| {
                let here: Vec<u64> = counts.by_ref().take(found.locators.len()).collect();
                let alone = found.locators.iter().zip(here).find(|(_, elsewhere)| *elsewhere == 0);
                let framed = || Some(format!("{} >> {}", places.get(*at)?.frame.first()?, found.locators.first()?));
                alone.map(|(locator, _)| locator.clone()).or_else(framed)
            })
            .collect()
    }

    async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        context: &str,
        command: &str,
        request: &Value,
        elements: &[String],
    ) -> Result<T, BidiError> {
        if let Err(error) = self.adopt_roots(context).await {
            tracing::debug!("closed roots of {context} can't be handed out: {error}");
        }
        let (data, _) = self.run_command(page::surveys(), context, command, request, elements, ANSWER).await?;
        serde_json::from_value(data)
            .map_err(|error| BidiError::Script(format!("the page's answer makes no sense: {error}")))
    }
}
