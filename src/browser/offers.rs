//! What a chat offers its visitor in a window, and when it has answered.
//!
//! Boundary: asks `explore.js`, in the page and in its frames; what to take is for those who explore. All texts are the page's.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::Window;
use super::survey::{FRAMES, Found, Place};
use crate::page;
use crate::site::locator::Locator;

/// How long a page may take to say what it offers.
const ANSWER: Duration = Duration::from_secs(10);

/// What to look for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// All of the page is looked at, as for somebody whose page it is.
    pub whole: bool,
    /// Selectors of what was the chat's before.
    pub known: &'a [String],
    /// What the chat is known to be opened by.
    pub launchers: &'a [Locator],
    /// What isn't to be taken.
    pub avoid: &'a [Locator],
}

/// When a chat counts as having answered.
#[derive(Debug, Clone, Copy)]
pub struct Patience<'a> {
    /// What it said before.
    pub before: &'a [String],
    /// What its visitor has just done: to be seen there isn't an answer.
    pub echo: &'a [String],
    /// How long it has to be still.
    pub quiet: Duration,
    /// How long it may say nothing at all.
    pub idle: Duration,
    /// How long to wait at most.
    pub most: Duration,
}

/// What there is in a window.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Title of the page.
    pub title: String,
    /// Its address.
    pub url: String,
    /// What can be done in the chat, in the page's order.
    pub offers: Vec<Offer>,
    /// What the page itself offers that may open one.
    pub page: Vec<Offer>,
    /// The button that agrees to what a banner asks for.
    pub consent: Option<Offer>,
    /// What the chat says: its texts in order, buttons' included.
    pub lines: Vec<String>,
    /// The last of what the chat said, alerts included.
    pub said: Vec<String>,
    /// Selectors of the chat's parts.
    pub roots: Vec<String>,
}

/// Something that can be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Offer {
    /// A locator that finds just this.
    #[serde(skip_deserializing)]
    pub locator: String,
    /// It finds it by its place among others.
    pub brittle: bool,
    /// `click`, `fill` or `select`.
    pub act: String,
    /// ARIA role.
    pub role: String,
    /// Accessible name, or its text.
    pub name: String,
    /// Its name is a day or a time.
    pub volatile: bool,
    /// Those of one calendar or list of times.
    pub group: String,
    /// Fields of one form.
    pub form: String,
    /// What sends a field: a locator, or none.
    pub submit: Vec<String>,
    /// A field's `type`.
    pub r#type: String,
    /// What a field says of itself: `autocomplete`, `name`, placeholder and the like.
    pub hints: Vec<String>,
    /// Something is in the field already.
    pub filled: bool,
    /// Labels of a select's options.
    pub options: Vec<String>,
    /// Why it isn't taken; empty: it is.
    pub refused: String,
    /// Locators that find it in its document, the best first.
    #[serde(skip_serializing)]
    pub(crate) locators: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    title: String,
    url: String,
    offers: Vec<Offer>,
    page: Vec<Offer>,
    consent: Vec<Offer>,
    lines: Vec<String>,
    said: Vec<String>,
    roots: Vec<String>,
    visible: Vec<bool>,
    inside: Vec<bool>,
    locators: Vec<Vec<String>>,
}

impl Window {
    /// What there is in the window now, frames included.
    ///
    /// # Errors
    /// [`BidiError`]: the page itself can't be asked. A frame that can't is left out.
    pub async fn offers(&self, ask: Ask<'_>) -> Result<Seen, BidiError> {
        let mut places = vec![(self.top(), ask.whole)];
        let mut seen = Seen::default();
        let mut found: Vec<(usize, Kind, Offer)> = Vec::new();
        let mut at = 0;
        while let Some((place, whole)) = places.get(at).cloned() {
            let children = if at < FRAMES { self.frames_of(&place.context).await.unwrap_or_default() } else { vec![] };
            let elements: Vec<String> = children.iter().map(|(_, element)| element.clone()).collect();
            let mut request = request(ask, whole, at);
            // A frame of the chat's is looked at as a whole, but is nobody's own window.
            request["inside"] = json!(!ask.whole);
            let document = match self.explore::<Document>(&place.context, "offers", &request, &elements, ANSWER).await {
                Ok(document) => document,
                Err(error) if at == 0 => return Err(error),
                Err(error) => {
                    tracing::debug!("a frame can't be looked at: {error}");
                    at += 1;
                    continue;
                }
            };
            if at == 0 {
                (seen.title, seen.url) = (document.title, document.url);
                seen.roots = document.roots;
            }
            seen.lines.extend(document.lines);
            seen.said.extend(document.said);
            found.extend(document.offers.into_iter().map(|offer| (at, Kind::Chat, offer)));
            found.extend(document.page.into_iter().map(|offer| (at, Kind::Page, offer)));
            found.extend(document.consent.into_iter().map(|offer| (at, Kind::Consent, offer)));
            let shown = children.into_iter().zip(document.visible).zip(document.inside).zip(document.locators);
            for ((((context, _), visible), inside), frame) in shown {
                if visible && (inside || whole) && places.len() <= FRAMES {
                    places.push((Place { context, frame, around: Value::Null }, true));
                }
            }
            at += 1;
        }
        let places: Vec<Place> = places.into_iter().map(|(place, _)| place).collect();
        let locators: Vec<(usize, Found)> =
            found.iter().map(|(at, _, offer)| (*at, Found::by(offer.locators.clone()))).collect();
        let names = self.told_apart(&places, locators.iter()).await;
        for ((_, kind, offer), locator) in found.into_iter().zip(names) {
            let Some(locator) = locator else { continue };
            let offer = Offer { locator, ..offer };
            match kind {
                Kind::Chat => seen.offers.push(offer),
                Kind::Page => seen.page.push(offer),
                Kind::Consent => seen.consent = seen.consent.or(Some(offer)),
            }
        }
        Ok(seen)
    }

    /// Waits until the chat has answered, in the page and in the frames that are the chat's.
    pub async fn answered(&self, ask: Ask<'_>, patience: Patience<'_>) {
        let bound = patience.most + ANSWER;
        let mut contexts = vec![(self.context(), ask.whole)];
        let mut at = 0;
        let mut seen = BTreeSet::new();
        // A frame of the chat's is a document of its own, which is asked at the same time.
        while let Some((context, whole)) = contexts.get(at).cloned() {
            at += 1;
            if !seen.insert(context.clone()) || at > FRAMES {
                continue;
            }
            let children = self.frames_of(&context).await.unwrap_or_default();
            if children.is_empty() {
                continue;
            }
            let elements: Vec<String> = children.iter().map(|(_, element)| element.clone()).collect();
            let request = request(ask, whole, 0);
            let Ok(document) = self.explore::<Document>(&context, "offers", &request, &elements, ANSWER).await else {
                continue;
            };
            let inner = children.into_iter().zip(document.visible).zip(document.inside);
            contexts.extend(
                inner
                    .filter(|((_, visible), inside)| *visible && (*inside || whole))
                    .map(|(((context, _), _), _)| (context, true)),
            );
        }
        let waits = contexts.iter().map(|(context, whole)| async move {
            let mut request = request(ask, *whole, 0);
            let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            request["before"] = json!(patience.before);
            request["count"] = json!(patience.before.len());
            request["echo"] = json!(patience.echo);
            request["quiet"] = json!(ms(patience.quiet));
            request["idle"] = json!(ms(patience.idle));
            request["most"] = json!(ms(patience.most));
            // A page that goes away while it's asked is asked again once it's there.
            for _ in 0..3 {
                match self.explore::<Value>(context, "answered", &request, &[], bound).await {
                    Err(error) if error.is_gone() => tokio::task::yield_now().await,
                    _ => return,
                }
            }
        });
        futures_util::future::join_all(waits).await;
    }

    async fn explore<T: for<'de> Deserialize<'de>>(
        &self,
        context: &str,
        command: &str,
        request: &Value,
        elements: &[String],
        bound: Duration,
    ) -> Result<T, BidiError> {
        if let Err(error) = self.adopt_roots(context).await {
            tracing::debug!("closed roots of {context} can't be handed out: {error}");
        }
        let (data, _) = self.run_command(page::explores(), context, command, request, elements, bound).await?;
        serde_json::from_value(data)
            .map_err(|error| BidiError::Script(format!("the page's answer makes no sense: {error}")))
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Chat,
    Page,
    Consent,
}

fn request(ask: Ask<'_>, whole: bool, place: usize) -> Value {
    let parts = |locators: &[Locator]| locators.iter().map(|locator| json!(locator.parts)).collect::<Vec<_>>();
    json!({
        "whole": whole,
        "known": ask.known,
        "launchers": parts(ask.launchers),
        "avoid": parts(ask.avoid),
        "place": place.to_string(),
    })
}
