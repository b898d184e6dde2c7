//! Typing a text into a field, and making sure that it got there.
//!
//! Boundary: acts on what `find.rs` has found; `typing.rs` says what is pressed and what is handed over.

use serde_json::{Value, json};

use super::BrowserKind;
use super::bidi::BidiError;
use super::context::{ANSWER, ActError, Found, Window};
use super::typing::{self, Piece};

/// Shift+Enter, as Element Send Keys takes it.
const BREAK: &str = "\u{E008}\u{E007}\u{E000}";
const BACKSPACE: &str = "\u{E003}";

impl Window {
    /// Replaces what is in a field by typing.
    ///
    /// # Errors
    /// [`ActError::Wrong`] with `wrong-element` if it can't be typed into, or takes one line only and the text has several;
    /// with `text-lost` if what was typed didn't reach it.
    pub async fn fill(&self, found: &Found, text: &str) -> Result<(), ActError> {
        let text = typing::folded(text);
        let breaks = text.matches('\n').count();
        let request = json!({ "text": text, "breaks": breaks });
        let (answer, _) =
            self.command(&found.context, "focus_all", &request, std::slice::from_ref(&found.element), ANSWER).await?;
        let flag = |key: &str| answer.get(key).and_then(Value::as_bool).unwrap_or(false);
        if flag("done") {
            return Ok(());
        }
        if !flag("ok") {
            let is = answer.get("is").and_then(Value::as_str).unwrap_or_default();
            return Err(wrong(if flag("one") {
                format!("the text has {} lines, but this field takes one: {is}", breaks + 1)
            } else {
                format!("this can't be typed into: {is}")
            }));
        }
        // Typing replaces the selection; an empty text has to delete it.
        let mut pieces = match (text.is_empty(), flag("empty")) {
            (true, true) => return Ok(()),
            (true, false) => vec![Piece::Keys(BACKSPACE.to_owned())],
            _ => typing::pieces(&text, self.session.kind),
        };
        // chromedriver takes a field in a shadow root for one without the focus, and puts the caret to its end.
        if flag("rooted") && !flag("empty") && self.session.kind == BrowserKind::Chromium {
            let modifier = if self.session.info.platform.starts_with("mac") { '\u{E03D}' } else { '\u{E009}' };
            let all = format!("{modifier}a\u{E000}");
            match pieces.first_mut() {
                Some(Piece::Keys(keys)) => keys.insert_str(0, &all),
                Some(Piece::Break) => pieces.insert(0, Piece::Keys(all)),
                _ => {}
            }
        }
        for piece in &pieces {
            match piece {
                Piece::Keys(keys) => self.type_keys(found, keys).await?,
                // On its own: geckodriver doesn't release Shift before the rest of its text.
                Piece::Break => self.type_keys(found, BREAK).await?,
                Piece::Insert(text) => self.insert(found, text, false).await?,
                Piece::Compose(text) => self.insert(found, text, true).await?,
            }
        }
        if text.is_empty() { Ok(()) } else { self.arrived(found, &text, breaks).await }
    }

    /// Hands a text over as a whole: in Chromium as a keyboard or an input method does, in Firefox, which has nothing of
    /// the kind, as a page's own script would.
    async fn insert(&self, found: &Found, text: &str, compose: bool) -> Result<(), ActError> {
        if self.session.kind == BrowserKind::Firefox {
            self.command(
                &found.context,
                "insert",
                &json!({ "text": text }),
                std::slice::from_ref(&found.element),
                ANSWER,
            )
            .await?;
            return Ok(());
        }
        // The window's own session: it has the frames of other sites served as well.
        let target = self.session.call("goog:cdp.getSession", json!({ "context": self.context() })).await;
        let handed = match target {
            Ok(target) => self.hand_over(&target["session"], text, compose).await,
            Err(error) => Err(error),
        };
        match handed {
            // A driver without Chromium's own protocol, such as some grids'. It takes what isn't a key to it as a character.
            Err(BidiError::Remote { .. })
                if !text.chars().any(|c| c.is_control() || matches!(c, '\u{E000}'..='\u{F8FF}')) =>
            {
                self.type_keys(found, text).await
            }
            other => Ok(other?),
        }
    }

    async fn hand_over(&self, session: &Value, text: &str, compose: bool) -> Result<(), BidiError> {
        let send = async |method: &str, params: Value| {
            let command = json!({ "method": method, "params": params, "session": session });
            self.session.call("goog:cdp.sendCommand", command).await
        };
        if compose {
            let end = text.encode_utf16().count();
            send("Input.imeSetComposition", json!({ "text": text, "selectionStart": end, "selectionEnd": end }))
                .await?;
        }
        send("Input.insertText", json!({ "text": text })).await.map(drop)
    }

    /// What was typed is in the field, or the page has made something else of it. A page that swallows keys isn't told from
    /// keys that went nowhere, so both fail the step: no event may be found missing for it.
    async fn arrived(&self, found: &Found, text: &str, breaks: usize) -> Result<(), ActError> {
        let request = json!({ "text": text, "breaks": breaks });
        let asked = self.command(&found.context, "typed", &request, std::slice::from_ref(&found.element), ANSWER).await;
        let answer = match asked {
            Ok((answer, _)) => answer,
            // The page went on by itself as soon as the text was complete.
            Err(error) if error.is_gone() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let is = answer.get("is").and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
        let message = match answer.get("lost").and_then(Value::as_str) {
            None => return Ok(()),
            Some("breaks") => format!(
                "of the text's {breaks} line breaks {} stayed in the field: Shift+Enter doesn't break the line in {is}",
                number("breaks")
            ),
            Some(_) => format!(
                "of the text's {} characters {} reached the page: something took the focus away from {is}",
                text.chars().count(),
                number("arrived")
            ),
        };
        Err(ActError::Wrong { code: "text-lost", message, candidates: vec![] })
    }
}

fn wrong(message: String) -> ActError {
    ActError::Wrong { code: "wrong-element", message, candidates: vec![] }
}
