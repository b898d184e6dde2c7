//! The virtual clock of one actor's windows: asking it, joining it, advancing it.
//!
//! Boundary: one command each; in which order documents are advanced is the runner's.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::{ANSWER, ActError, Listening, Window};
use crate::page;

/// What a document's virtual clock says before it is advanced.
#[derive(Debug, Clone)]
pub struct ClockState {
    /// Id of the document.
    pub document: String,
    /// By how many milliseconds it was advanced so far.
    pub offset: f64,
    next: Option<f64>,
}

#[derive(Deserialize)]
struct Said {
    d: String,
    s: SaidState,
}

#[derive(Deserialize)]
struct SaidState {
    offset: f64,
    next: Option<f64>,
}

impl ClockState {
    /// By how many milliseconds time has to be advanced, all together, until its first timer is due.
    pub fn next(&self) -> Option<f64> {
        self.next.filter(|next| next.is_finite())
    }
}

/// What became of advancing a document.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ClockAdvanced {
    /// How many timers fired.
    pub fired: u64,
    /// They didn't end in time; the rest of the time was jumped.
    pub cut: bool,
    /// What keeps the real time.
    pub kept: Vec<String>,
}

impl Window {
    async fn ask_clock(
        &self,
        context: &str,
        what: &str,
        offset: f64,
        bound: Duration,
    ) -> Result<Option<String>, BidiError> {
        let number = |value: f64| json!({ "type": "number", "value": value });
        let arguments = vec![
            page::string(&self.session.token),
            page::string(what),
            number(offset),
            number(bound.as_secs_f64() * 1000.0),
        ];
        let answer = self.call_function(context, page::ASK_CLOCK, arguments, None, bound + ANSWER).await?;
        Ok(answer.get("value").and_then(Value::as_str).map(str::to_owned))
    }

    /// The clock of a document; `None` where there is none.
    ///
    /// # Errors
    /// [`BidiError`]; [`BidiError::is_gone`] if the document went away meanwhile.
    pub async fn clock_state(&self, context: &str) -> Result<Option<ClockState>, BidiError> {
        let answer = self.ask_clock(context, "state", 0.0, Duration::ZERO).await?;
        let Some(text) = answer else { return Ok(None) };
        let Said { d, s } = parsed(&text)?;
        Ok(Some(ClockState { document: d, offset: s.offset, next: s.next }))
    }

    /// Brings a document that is new to the others' time. None of its timers fires for it.
    ///
    /// # Errors
    /// As [`Window::clock_state`].
    pub async fn clock_join(&self, context: &str, offset: f64) -> Result<(), BidiError> {
        self.ask_clock(context, "join", offset, Duration::ZERO).await.map(drop)
    }

    /// Advances a document to an offset, for at most `bound`; its timers fire meanwhile.
    ///
    /// # Errors
    /// As [`Window::clock_state`].
    pub async fn clock_advance(&self, context: &str, offset: f64, bound: Duration) -> Result<ClockAdvanced, BidiError> {
        let answer = self.ask_clock(context, "advance", offset, bound).await?;
        answer.map_or_else(|| Ok(ClockAdvanced::default()), |text| parsed(&text))
    }

    /// Documents to come begin at this offset.
    ///
    /// # Errors
    /// [`ActError`] if the browser refuses.
    pub async fn clock_from_now_on(&self, listening: Listening<'_>, offset: f64) -> Result<(), ActError> {
        self.listen(listening, offset).await
    }
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, BidiError> {
    serde_json::from_str(text).map_err(|error| BidiError::Script(format!("the clock's answer makes no sense: {error}")))
}
