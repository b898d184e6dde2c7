//! What an actor does in a window: clicking, typing, choosing, scrolling.
//!
//! Boundary: acts on what `find.rs` has found, at once; waiting and trying again are the runner's.

use std::time::Duration;

use serde_json::{Value, json};

use super::BrowserKind;
use super::arrival::Sign;
use super::bidi::BidiError;
use super::classic::{Classic, ClassicError};
use super::context::{ANSWER, ActError, Found, Window};
use super::session::COMMAND;

/// How long a click keeps the focus for its window while it is not answered.
const FRONT: Duration = Duration::from_secs(2);
/// How long keys wait for the focus to arrive in their frame.
const FOCUS: Duration = Duration::from_secs(2);

impl Window {
    /// One classic act in an element: switches to its window and frame and acts, under the session's one lock.
    pub(super) async fn classic<T, F>(
        &self,
        found: &Found,
        act: impl FnOnce(Classic, String) -> F,
    ) -> Result<T, ActError>
    where
        F: Future<Output = Result<T, ClassicError>>,
    {
        let client = self.session.client();
        let work = async {
            let _turn = self.own_turn().await;
            // From here on the driver answers to nobody else, so the bound begins here: a queue is no hang.
            let pair = async {
                client.switch_to_window(&self.context()).await?;
                if self.session.kind == BrowserKind::Firefox {
                    self.focus_arrives(found).await?;
                }
                client.enter_frames(&self.context(), &found.frames).await?;
                Ok(act(client.clone(), found.element.clone()).await?)
            };
            tokio::time::timeout(COMMAND, pair)
                .await
                .map_err(|_| ActError::Timeout(format!("the driver did not answer within {} s", COMMAND.as_secs())))?
        };
        let mut closed = self.session.bidi.closed();
        tokio::select! {
            result = work => result,
            // A driver whose browser has gone may never answer.
            _ = closed.wait_for(Option::is_some) => Err(ActError::BrowserGone("the browser's connection closed".into())),
        }
    }

    /// Firefox has one window with the focus, and hands it down into nested frames by and by, from process to process: keys
    /// that are there before it go nowhere. What never has the focus (an option of a list) gets its keys or click all the
    /// same after a while.
    async fn focus_arrives(&self, found: &Found) -> Result<(), ActError> {
        self.session.call("browsingContext.activate", json!({ "context": self.context() })).await?;
        let wait = json!({ "wait": FOCUS.as_millis() as u64 });
        self.command(&found.context, "has_focus", &wait, std::slice::from_ref(&found.element), FOCUS + ANSWER).await?;
        Ok(())
    }

    /// Clicks the middle of an element's visible part, as a visitor's mouse does.
    ///
    /// BiDi's pointer actions rather than the classic Element Click, which waits in Firefox for a navigation that may
    /// never come. What Element Click checks (in view, not covered) has just been checked by `find`.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn click(&self, found: &Found) -> Result<(), ActError> {
        self.pointer(found, true).await
    }

    /// Moves the pointer over an element.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn hover(&self, found: &Found) -> Result<(), ActError> {
        self.pointer(found, false).await
    }

    async fn pointer(&self, found: &Found, press: bool) -> Result<(), ActError> {
        let sign = if press { Sign::Press } else { Sign::Hover };
        // What stands in frames is aimed at first: the pointer's way there is the visitor's, too.
        let aim = if found.frames.is_empty() { None } else { Some(self.train(found).await?) };
        if aim.is_some() && !press {
            return Ok(());
        }
        self.arrives(found, sign, self.point_at(aim.as_ref(), found, press)).await
    }

    /// An act in the window that has the focus. Of all windows of one Firefox only one has it, and in the others what is
    /// clicked gets its `focus` event when they have their turn, maybe seconds later. (Chromium gives it to each.)
    pub(super) async fn in_front<T>(&self, act: impl Future<Output = Result<T, BidiError>>) -> Result<T, BidiError> {
        let turn = self.own_turn().await;
        self.session.call("browsingContext.activate", json!({ "context": self.context() })).await?;
        let mut act = std::pin::pin!(act);
        tokio::select! {
            done = &mut act => return done,
            () = tokio::time::sleep(FRONT) => {}
        }
        // A page that hangs has had its click; it must not hold up the others.
        drop(turn);
        self.end_turn();
        act.await
    }

    /// Sends key presses to an element (WebDriver, section "Element Send Keys").
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn type_keys(&self, found: &Found, keys: &str) -> Result<(), ActError> {
        self.arrives(found, Sign::Keys, self.send_keys(found, keys)).await
    }

    /// Gives an element the focus.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn focus(&self, found: &Found) -> Result<(), ActError> {
        self.command(&found.context, "focus", &json!({}), std::slice::from_ref(&found.element), ANSWER).await?;
        Ok(())
    }

    /// Chooses options of a native select, by label or else by value.
    ///
    /// # Errors
    /// [`ActError::Wrong`] if it is no select (`wrong-element`) or has no such option (`no-such-option`).
    pub async fn select(&self, found: &Found, options: &[String]) -> Result<(), ActError> {
        let (answer, clicks) = self
            .command(
                &found.context,
                "options",
                &json!({ "options": options }),
                std::slice::from_ref(&found.element),
                ANSWER,
            )
            .await?;
        let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
        if answer.get("ok").and_then(Value::as_bool) != Some(true) {
            let candidates = answer
                .get("options")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            let (code, message) = if let Some(is) = text("is") {
                ("wrong-element", format!("this is no native select: {is}"))
            } else if let Some(missing) = text("missing") {
                ("no-such-option", format!("it has no option {missing:?}"))
            } else if let Some(disabled) = text("disabled") {
                ("no-such-option", format!("its option {disabled:?} is disabled"))
            } else {
                ("wrong-element", "it takes one option only".to_owned())
            };
            return Err(ActError::Wrong { code, message, candidates });
        }
        for element in clicks {
            // Options of a closed list have no place on the page: Element Click knows them, a pointer doesn't.
            let option = Found { element, ..found.clone() };
            let clicked = self.classic(&option, |client, element| async move { client.click(&element).await }).await;
            self.or_in_closed_root(&option, clicked, self.choose(&option)).await?;
        }
        Ok(())
    }

    /// Scrolls an element to the middle of its window.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn scroll_to(&self, found: &Found) -> Result<(), ActError> {
        self.command(&found.context, "scroll_to", &json!({}), std::slice::from_ref(&found.element), ANSWER).await?;
        Ok(())
    }

    /// Scrolls the page to a share of its height, 0 to 100.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn scroll_page(&self, percent: f64) -> Result<(), ActError> {
        self.command(&self.context(), "scroll_page", &json!({ "percent": percent }), &[], ANSWER).await?;
        Ok(())
    }

    /// Presses keys in what has the focus, as [`Window::type_keys`] takes them; also where that is in a closed shadow root.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn press(&self, keys: &str) -> Result<(), ActError> {
        let (found, closed) = self.focused().await?;
        if !closed {
            return self.arrives(&found, Sign::KeysAnywhere, self.send_keys(&found, keys)).await;
        }
        // What hasn't been handed out, and Element Send Keys refuses its host, which can't have the focus.
        self.arrives(&found, Sign::KeysAnywhere, self.key_actions(&found, keys)).await
    }

    /// The element that has the focus, in the innermost frame; or the host of a closed shadow root that has it.
    async fn focused(&self) -> Result<(Found, bool), ActError> {
        let mut found = Found {
            context: self.context(),
            frames: vec![],
            around: vec![],
            element: String::new(),
            point: None,
            aims: vec![],
        };
        loop {
            let (answer, mut elements) = self.command(&found.context, "focused", &json!({}), &[], ANSWER).await?;
            let Some(element) = elements.pop() else { return Err(ActError::Other("nothing has the focus".into())) };
            let flag = |key: &str| answer.get(key).and_then(Value::as_bool) == Some(true);
            let child = if flag("frame") {
                self.frames_of(&found.context).await?.into_iter().find(|(_, frame)| *frame == element)
            } else {
                None
            };
            let Some(child) = child else { return Ok((Found { element, ..found }, flag("closed"))) };
            found.around.insert(0, std::mem::replace(&mut found.context, child.0));
            found.frames.push(element);
        }
    }
}
