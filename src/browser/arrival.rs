//! Whether what was done arrived at the element that it was meant for.
//!
//! Boundary: arms the documents around the element (`arrival.js`) before an act and asks them afterwards; what follows
//! from an act that went astray, the runner decides.

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::{ANSWER, ActError, Found, Window};
use super::session::COMMAND;

/// What an act shows itself by. Touch is a press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A pointer or finger that comes down.
    Press,
    /// The same, and it's let go elsewhere, or over what the page has made of it.
    Gesture,
    /// A pointer that comes over.
    Hover,
    /// A key that comes down, or text that comes in.
    Keys,
    /// The same in whatever has the focus.
    KeysAnywhere,
}

impl Sign {
    fn name(self) -> &'static str {
        match self {
            Self::Press | Self::Gesture => "press",
            Self::Hover => "hover",
            Self::Keys | Self::KeysAnywhere => "keys",
        }
    }
}

/// Where an act arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Landed {
    /// At the element.
    There,
    /// At the element, which was no longer under the pointer when that was let go, by no doing of the page in answer to it.
    Torn {
        /// Over what it was let go.
        by: String,
        /// The element has moved, and is still to be seen.
        moved: bool,
    },
    /// At another one, which has been kept from hearing of it.
    Elsewhere {
        /// That one.
        by: String,
        /// Where, if it was in the element's document.
        at: Option<(f64, f64)>,
    },
    /// Nowhere that could be seen.
    Nowhere {
        /// The frame of another document that may have got it.
        by: String,
    },
}

/// What a document says.
#[derive(Debug, Default)]
struct Said {
    seen: String,
    by: String,
    foreign: String,
    torn: String,
    moved: bool,
    /// It was pressed here, and not let go here.
    open: bool,
    /// What was pressed elsewhere was let go over this.
    up: String,
    at: Option<(f64, f64)>,
    /// It's another document than the one that was armed.
    gone: bool,
}

impl Said {
    fn of(answer: &Value) -> Self {
        let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |key: &str| answer.get(key).and_then(Value::as_f64);
        let flag = |key: &str| answer.get(key).and_then(Value::as_bool) == Some(true);
        Self {
            seen: text("seen"),
            by: text("by"),
            foreign: text("foreign"),
            torn: text("torn"),
            moved: flag("moved"),
            open: flag("open"),
            up: text("up"),
            at: number("x").zip(number("y")),
            gone: flag("gone"),
        }
    }
}

impl Window {
    /// Does something to an element, and looks where it arrives.
    ///
    /// # Errors
    /// What the act gave, if nothing of it is known to have arrived.
    pub(super) async fn arriving(
        &self,
        found: &Found,
        sign: Sign,
        act: impl Future<Output = Result<(), ActError>>,
    ) -> Result<Landed, ActError> {
        let arming = json!({
            "sign": sign.name(), "anywhere": sign == Sign::KeysAnywhere, "apart": sign == Sign::Gesture,
        });
        let element: &[String] = match sign {
            Sign::KeysAnywhere => &[],
            _ => std::slice::from_ref(&found.element),
        };
        self.command(&found.context, "arm", &arming, element, ANSWER).await?;
        // In the documents around it, all that isn't for anywhere goes astray. (One that can't be asked has gone, and its
        // frames with it.)
        let around = &found.around;
        join_all(around.iter().map(|context| self.command(context, "arm", &arming, &[], ANSWER))).await;

        // What comes of it may be the end of its document, so the arrival is told at once.
        let nothing = json!({});
        let mut arrival = std::pin::pin!(self.command(&found.context, "arrival", &nothing, &[], COMMAND * 2).fuse());
        let mut act = std::pin::pin!(act.fuse());
        let mut told: Option<Result<Said, BidiError>> = None;
        let done = loop {
            tokio::select! {
                biased;
                answer = &mut arrival, if told.is_none() => {
                    told = Some(answer.map(|(answer, _)| Said::of(&answer)));
                }
                done = &mut act => break done,
            }
        };
        let there = |told: &Option<Result<Said, BidiError>>| matches!(told, Some(Ok(said)) if said.seen == "there");
        if matches!(done, Err(ActError::Timeout(_) | ActError::BrowserGone(_))) {
            return done.map(|()| Landed::There);
        }
        if done.is_err() {
            // It may have been done all the same: a window that closes itself under the pointer leaves no answer.
            if told.is_none() {
                told = arrival.as_mut().now_or_never().map(|answer| answer.map(|(answer, _)| Said::of(&answer)));
            }
            if there(&told) {
                return Ok(Landed::There);
            }
        }
        let asked = std::iter::once(&found.context).chain(around);
        let said = join_all(asked.map(|context| self.command(context, "disarm", &nothing, &[], ANSWER))).await;
        done?;
        let mut said = said.into_iter();
        let own = match said.next() {
            Some(Ok((answer, _))) => Some(Said::of(&answer)).filter(|own| !own.gone),
            Some(Err(BidiError::Closed(why))) => return Err(ActError::BrowserGone(why)),
            Some(Err(_)) | None => None,
        };
        if own.is_none() && told.is_none() {
            // With the document goes the question, answered or not.
            told = Some(arrival.await.map(|(answer, _)| Said::of(&answer)));
        }
        let around: Vec<Said> = said.filter_map(|answer| answer.ok().map(|(answer, _)| Said::of(&answer))).collect();
        if there(&told) || own.iter().chain(&around).any(|said| said.seen == "there") {
            let outside = around.iter().map(|said| &said.up).find(|up| !up.is_empty());
            return Ok(match (own, outside) {
                (Some(own), _) if !own.torn.is_empty() => Landed::Torn { by: own.torn, moved: own.moved },
                (Some(own), Some(up)) if own.open => Landed::Torn { by: up.clone(), moved: false },
                _ => Landed::There,
            });
        }
        if let Some(outer) = around.iter().find(|said| said.seen == "elsewhere") {
            return Ok(Landed::Elsewhere { by: outer.by.clone(), at: None });
        }
        let Some(own) = own else {
            return Err(ActError::Stale("its document went away before the act arrived in it".into()));
        };
        if own.seen == "elsewhere" {
            return Ok(Landed::Elsewhere { by: own.by, at: own.at });
        }
        let foreign = std::iter::once(&own).chain(&around).map(|said| &said.foreign).find(|by| !by.is_empty());
        Ok(Landed::Nowhere { by: foreign.cloned().unwrap_or_default() })
    }

    /// The same for an act that has to arrive at its element.
    ///
    /// # Errors
    /// [`ActError`]; [`ActError::Missed`] if it did not arrive.
    pub(super) async fn arrives(
        &self,
        found: &Found,
        sign: Sign,
        act: impl Future<Output = Result<(), ActError>>,
    ) -> Result<(), ActError> {
        let what = match sign {
            Sign::Press | Sign::Gesture => "the press",
            Sign::Hover => "the pointer",
            Sign::Keys | Sign::KeysAnywhere => "what was typed",
        };
        let (message, by, again) = match self.arriving(found, sign, act).await? {
            Landed::There => return Ok(()),
            Landed::Torn { by, moved } => {
                let message = match moved {
                    true => "it moved away from under the pointer while that was down",
                    false => "something else came under the pointer while that was down",
                };
                let message = message.to_owned();
                return Err(ActError::Torn { message, candidates: vec![by], moved });
            }
            // It was stopped there.
            Landed::Elsewhere { by, .. } => (format!("{what} hit something else, which has come in between"), by, true),
            Landed::Nowhere { by } if by.is_empty() => (format!("{what} reached nothing on the page"), by, true),
            Landed::Nowhere { by } => (format!("{what} hit the document of another frame"), by, false),
        };
        let candidates = if by.is_empty() { vec![] } else { vec![by] };
        Err(ActError::Missed { message, candidates, again })
    }
}
