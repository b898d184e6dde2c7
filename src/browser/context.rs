//! One actor's isolated user context, with one window in it: opening, navigating, marking, acting.
//!
//! Boundary: one command each; finding elements is `find.rs`, and in which order things are done is the runner's.

use std::sync::Arc;
use std::time::Duration;

use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::wd::WindowHandle;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::BrowserKind;
use super::bidi::BidiError;
use super::session::{COMMAND, Session, Sink, channel_of};
use crate::page;
use crate::spec::Probe;

/// How long a page may take to answer what needs no waiting; a page in an endless loop never does.
const ANSWER: Duration = Duration::from_secs(10);

/// An actor's window in a user context of its own.
#[derive(Debug)]
pub struct Window {
    /// The browser.
    pub session: Arc<Session>,
    /// BiDi id of the user context.
    pub user_context: String,
    /// BiDi id of the top-level browsing context, and WebDriver's window handle.
    pub context: String,
    /// Counts the changes of windows and frames.
    pub(super) changed: watch::Receiver<u64>,
}

/// Why an act could not be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActError {
    /// The element has changed since it was found: find it again.
    Stale(String),
    /// Another element got in the way: find it again, or say so.
    Covered(String),
    /// It can't be acted on now: find it again, or say so.
    NotInteractable(String),
    /// The element is of a kind with which this can't be done; or what was asked for isn't in it.
    Wrong {
        /// `wrong-element`, `no-such-option`.
        code: &'static str,
        /// A sentence.
        message: String,
        /// What there is instead.
        candidates: Vec<String>,
    },
    /// The page's script threw.
    Script(String),
    /// A navigation failed: `load-failed`, `load-timeout`.
    Load {
        /// Code.
        code: &'static str,
        /// A sentence.
        message: String,
    },
    /// The window has gone.
    PageGone(String),
    /// The browser, the driver or the connection to one has gone.
    BrowserGone(String),
    /// The driver didn't answer in time.
    Timeout(String),
    /// Anything else.
    Other(String),
}

impl From<BidiError> for ActError {
    fn from(error: BidiError) -> Self {
        match &error {
            BidiError::Closed(_) => Self::BrowserGone(error.to_string()),
            BidiError::Timeout { .. } => Self::Timeout(error.to_string()),
            BidiError::Script(_) => Self::Script(error.to_string()),
            BidiError::Remote { code, .. } if code == "no such frame" => Self::PageGone(error.to_string()),
            // The page has replaced or hidden the element since it was found; nothing has been done to it.
            BidiError::Remote { code, .. } if code == "no such element" => Self::Stale(error.to_string()),
            BidiError::Remote { code, .. } if code == "move target out of bounds" => {
                Self::NotInteractable(error.to_string())
            }
            BidiError::Remote { .. } if error.is_gone() => Self::Stale(error.to_string()),
            BidiError::Remote { .. } => Self::Other(error.to_string()),
        }
    }
}

impl From<CmdError> for ActError {
    fn from(error: CmdError) -> Self {
        let CmdError::Standard(said) = &error else {
            return match &error {
                CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => {
                    Self::BrowserGone(format!("the driver has gone: {error}"))
                }
                _ => Self::Other(error.to_string()),
            };
        };
        let message = said.message.lines().next().unwrap_or_default().to_owned();
        match said.error {
            ErrorStatus::ElementClickIntercepted => Self::Covered(message),
            ErrorStatus::ElementNotInteractable
            | ErrorStatus::InvalidElementState
            | ErrorStatus::MoveTargetOutOfBounds => Self::NotInteractable(message),
            ErrorStatus::StaleElementReference
            | ErrorStatus::NoSuchElement
            | ErrorStatus::NoSuchFrame
            | ErrorStatus::UnexpectedAlertOpen
            | ErrorStatus::NoSuchShadowRoot
            | ErrorStatus::DetachedShadowRoot => Self::Stale(message),
            ErrorStatus::NoSuchWindow => Self::PageGone(message),
            ErrorStatus::InvalidSessionId | ErrorStatus::SessionNotCreated => Self::BrowserGone(message),
            ErrorStatus::Timeout | ErrorStatus::ScriptTimeout => Self::Timeout(message),
            _ if message.contains("disconnected")
                || message.contains("Failed to decode response from marionette")
                || message.contains("browser has closed")
                || message.contains("crashed") =>
            {
                Self::BrowserGone(message)
            }
            _ => Self::Other(message),
        }
    }
}

/// An element as found: in which frame, and the way there.
#[derive(Debug, Clone)]
pub struct Found {
    /// Browsing context that it stands in.
    pub context: String,
    /// Elements of the frames around it, outermost first; none in the window's own document.
    pub frames: Vec<String>,
    /// BiDi `sharedId` and WebDriver element id.
    pub element: String,
    /// Its middle in the window, if a frame around it is scaled: browsers then miss it by its own frame's coordinates.
    pub point: Option<(f64, f64)>,
}

impl Window {
    /// Makes a user context, puts the listener into it and opens a window there.
    ///
    /// # Errors
    /// [`ActError`] if the browser refuses one of these; it has no BiDi user contexts then, or is going down.
    pub async fn open(
        session: &Arc<Session>,
        probe: &Probe,
        sink: Arc<dyn Sink>,
        viewport: Option<(u32, u32)>,
    ) -> Result<Self, ActError> {
        let made = session.call("browser.createUserContext", json!({})).await?;
        let user_context = made.get("userContext").and_then(Value::as_str).unwrap_or_default().to_owned();
        let changed = session.register(&user_context, sink);
        let mut window = Self { session: session.clone(), user_context, context: String::new(), changed };
        match window.furnish(probe, viewport).await {
            Ok(()) => Ok(window),
            Err(error) => {
                window.close().await;
                Err(error)
            }
        }
    }

    async fn furnish(&mut self, probe: &Probe, viewport: Option<(u32, u32)>) -> Result<(), ActError> {
        let binding = self.session.binding();
        let route = format!("{} ", self.user_context);
        let pushed = binding.as_deref().map(|binding| (binding, route.as_str()));
        self.session
            .call(
                "script.addPreloadScript",
                json!({
                    "functionDeclaration": page::listener(probe, &self.session.token, pushed, page::Limits::default()),
                    "arguments": [{ "type": "channel", "value": { "channel": channel_of(&self.user_context), "ownership": "none" } }],
                    "userContexts": [self.user_context],
                }),
            )
            .await?;
        let made = self
            .session
            .call("browsingContext.create", json!({ "type": "window", "userContext": self.user_context }))
            .await?;
        self.context = made.get("context").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.session.belongs(&self.context, &self.user_context);
        self.session.bind(&self.context).await?;
        if let Some((width, height)) = viewport {
            self.session
                .call(
                    "browsingContext.setViewport",
                    json!({ "context": self.context, "viewport": { "width": width, "height": height } }),
                )
                .await?;
        }
        Ok(())
    }

    /// Closes the user context with all its windows; nothing of it is heard afterwards.
    pub async fn close(&self) {
        let closing = json!({ "userContext": self.user_context });
        if let Err(error) = self.session.bidi.call("browser.removeUserContext", closing, ANSWER).await {
            tracing::debug!("a user context could not be removed: {error}");
        }
        self.session.unregister(&self.user_context);
    }

    /// Closes the window as its visitor would; without the `beforeunload` dialog.
    ///
    /// # Errors
    /// [`ActError::PageGone`] if it has gone already.
    pub async fn close_page(&self) -> Result<(), ActError> {
        self.session.call("browsingContext.close", json!({ "context": self.context })).await?;
        Ok(())
    }

    /// Goes to an address and waits until its document is parsed (not until every image has arrived).
    ///
    /// # Errors
    /// [`ActError::Load`] with `load-failed` or `load-timeout`.
    pub async fn navigate(&self, url: &str, bound: Duration) -> Result<(), ActError> {
        let params = json!({ "context": self.context, "url": url, "wait": "interactive" });
        let answer = self.session.bidi.call("browsingContext.navigate", params, bound).await;
        self.loaded(answer, url, bound).await
    }

    /// Loads the document again.
    ///
    /// # Errors
    /// As [`Window::navigate`].
    pub async fn reload(&self, bound: Duration) -> Result<(), ActError> {
        let params = json!({ "context": self.context, "wait": "interactive" });
        let answer = self.session.bidi.call("browsingContext.reload", params, bound).await;
        self.loaded(answer, "the page", bound).await
    }

    /// Goes one entry back in the history.
    ///
    /// # Errors
    /// As [`Window::navigate`]; `load-failed` if there is no such entry.
    pub async fn back(&self, bound: Duration) -> Result<(), ActError> {
        let params = json!({ "context": self.context, "delta": -1 });
        let answer = self.session.bidi.call("browsingContext.traverseHistory", params, bound).await;
        if let Err(BidiError::Remote { code, .. }) = &answer
            && code == "no such history entry"
        {
            return Err(ActError::Load { code: "load-failed", message: "there is no page to go back to".into() });
        }
        self.loaded(answer, "the page before", bound).await?;
        self.parsed(bound).await
    }

    async fn loaded(&self, answer: Result<Value, BidiError>, what: &str, bound: Duration) -> Result<(), ActError> {
        match answer {
            Ok(_) => Ok(()),
            Err(BidiError::Timeout { .. }) => Err(ActError::Load {
                code: "load-timeout",
                message: format!("{what} did not finish loading within {} s", bound.as_secs_f32()),
            }),
            Err(BidiError::Remote { message, .. }) => {
                let lower = message.to_lowercase();
                // The page went elsewhere while it loaded (a redirect by script): what counts is that it arrives.
                if ["abort", "cancel", "interrupted", "another navigation"].iter().any(|word| lower.contains(word)) {
                    return self.parsed(bound).await;
                }
                Err(ActError::Load {
                    code: "load-failed",
                    message: format!("{what} could not be loaded: {}", message.lines().next().unwrap_or_default()),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Waits, in the page, until the document is parsed.
    async fn parsed(&self, bound: Duration) -> Result<(), ActError> {
        let wait = async {
            loop {
                let function = "() => document.readyState !== 'loading' || new Promise((done) => document.addEventListener('DOMContentLoaded', () => done(true)))";
                match self.call_function(&self.context, function, vec![], Some(page::SANDBOX), bound).await {
                    Err(error) if error.is_gone() => tokio::task::yield_now().await, // the document was replaced once more
                    other => return other.map(drop),
                }
            }
        };
        match tokio::time::timeout(bound, wait).await {
            Ok(result) => result.map_err(ActError::from),
            Err(_) => Err(ActError::Load {
                code: "load-timeout",
                message: format!("the page did not finish loading within {} s", bound.as_secs_f32()),
            }),
        }
    }

    /// The HTTP status and address of the window's document; status 0 where the browser doesn't tell.
    pub async fn status(&self) -> Option<(u16, String)> {
        let (answer, _) = self.command(&self.context, "status", &json!({}), &[], ANSWER).await.ok()?;
        Some((answer.get("status")?.as_u64()?.try_into().ok()?, answer.get("url")?.as_str()?.to_owned()))
    }

    /// All browsing contexts of this user context, frames and pop-ups included, with their addresses.
    ///
    /// # Errors
    /// [`BidiError`]: the browser has gone or doesn't answer.
    pub async fn contexts(&self) -> Result<Vec<(String, String)>, BidiError> {
        let tree = self.session.bidi.call("browsingContext.getTree", json!({}), ANSWER).await?;
        let mut found = Vec::new();
        for top in tree.get("contexts").and_then(Value::as_array).into_iter().flatten() {
            if top.get("userContext").and_then(Value::as_str) == Some(&self.user_context) {
                flatten(top, &mut found);
            }
        }
        Ok(found)
    }

    /// Asks the listener of a document for a mark, which arrives as a message like all others; gives the document's id.
    /// `None`: no listener is alive there.
    ///
    /// # Errors
    /// [`BidiError`]; [`BidiError::is_gone`] if the document went away meanwhile, which is nothing to worry about.
    pub async fn mark(&self, context: &str, step: usize) -> Result<Option<String>, BidiError> {
        let arguments = vec![page::string(&self.session.token), json!({ "type": "number", "value": step })];
        let answer = self.call_function(context, page::MARK, arguments, None, ANSWER).await?;
        Ok(answer.get("value").and_then(Value::as_str).map(str::to_owned))
    }

    /// Runs a site file's script in the page's own realm.
    ///
    /// # Errors
    /// [`ActError::Script`] with what it threw; [`ActError::Timeout`] if it is not done in time.
    pub async fn eval(&self, body: &str, bound: Duration) -> Result<(), ActError> {
        match self.call_function(&self.context, &page::eval_body(body), vec![], None, bound).await {
            Ok(answer) => match answer.get("value").and_then(Value::as_str) {
                Some(threw) if !threw.is_empty() => Err(ActError::Script(threw.to_owned())),
                _ => Ok(()),
            },
            Err(BidiError::Timeout { .. }) => {
                Err(ActError::Timeout(format!("the script was not done within {} s", bound.as_secs_f32())))
            }
            // A script that navigates away never answers: its document has gone, and that was its effect.
            Err(error) if error.is_gone() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn call_function(
        &self,
        context: &str,
        function: &str,
        arguments: Vec<Value>,
        sandbox: Option<&str>,
        bound: Duration,
    ) -> Result<Value, BidiError> {
        let mut target = json!({ "context": context });
        if let Some(sandbox) = sandbox {
            target["sandbox"] = json!(sandbox);
        }
        let params = json!({
            "functionDeclaration": function,
            "awaitPromise": true,
            "target": target,
            "arguments": arguments,
            "resultOwnership": "none",
            "serializationOptions": { "maxDomDepth": 0, "maxObjectDepth": 2 },
            "userActivation": true,
        });
        let mut answer = self.session.bidi.call("script.callFunction", params, bound).await?;
        if answer.get("type").and_then(Value::as_str) == Some("exception") {
            let details = answer.get("exceptionDetails");
            let text = details.and_then(|d| d.get("text")).and_then(Value::as_str).unwrap_or("the script threw");
            return Err(BidiError::Script(text.to_owned()));
        }
        Ok(answer.get_mut("result").map(Value::take).unwrap_or(Value::Null))
    }

    /// Runs a command of `watch.js` in a document; gives its data and the `sharedId`s of its elements.
    pub(super) async fn command(
        &self,
        context: &str,
        name: &str,
        request: &Value,
        elements: &[String],
        bound: Duration,
    ) -> Result<(Value, Vec<String>), BidiError> {
        self.run_command(page::command(), context, name, request, elements, bound).await
    }

    /// The same for a command of another file.
    pub(super) async fn run_command(
        &self,
        function: &str,
        context: &str,
        name: &str,
        request: &Value,
        elements: &[String],
        bound: Duration,
    ) -> Result<(Value, Vec<String>), BidiError> {
        let mut arguments = vec![page::string(name), page::string(&request.to_string())];
        arguments.extend(elements.iter().map(|id| json!({ "type": "node", "sharedId": id })));
        let answer = self.call_function(context, function, arguments, Some(page::SANDBOX), bound).await?;
        let items = answer.get("value").and_then(Value::as_array).cloned().unwrap_or_default();
        let data = items.first().and_then(|item| item.get("value")).and_then(Value::as_str).unwrap_or("null");
        let data = serde_json::from_str(data)
            .map_err(|error| BidiError::Script(format!("the page's answer makes no sense: {error}")))?;
        let elements = items
            .iter()
            .skip(1)
            .filter_map(|item| item.get("sharedId").and_then(Value::as_str))
            .map(str::to_owned)
            .collect();
        Ok((data, elements))
    }

    /// One classic act in an element: switches to its window and frame and acts, under the session's one lock.
    async fn classic<T, F>(&self, found: &Found, act: impl FnOnce(Element) -> F) -> Result<T, ActError>
    where
        F: Future<Output = Result<T, CmdError>>,
    {
        let client = self.session.client();
        let work = async {
            let _pair = self.session.classic.lock().await;
            // From here on the driver answers to nobody else, so the bound begins here: a queue is no hang.
            let pair = async {
                let handle = WindowHandle::try_from(self.context.clone())
                    .map_err(|_| ActError::PageGone("the window has no handle".into()))?;
                client.switch_to_window(handle).await?;
                for frame in &found.frames {
                    Element::from_element_id(client.clone(), ElementRef::from(frame.clone())).enter_frame().await?;
                }
                Ok(act(Element::from_element_id(client.clone(), ElementRef::from(found.element.clone()))).await?)
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

    /// Clicks the middle of an element's visible part, as a visitor's mouse does.
    ///
    /// BiDi's pointer actions rather than the classic Element Click: they need neither the one lock nor the focus of the
    /// window, and classic clicks wait in Firefox for a navigation that may never come. What Element Click checks
    /// (in view, not covered) has just been checked by `find`.
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
        let (context, to) = match found.point {
            Some((x, y)) => (&self.context, json!({ "type": "pointerMove", "x": x.round(), "y": y.round() })),
            None => {
                let origin = json!({ "type": "element", "element": { "sharedId": found.element } });
                (&found.context, json!({ "type": "pointerMove", "x": 0, "y": 0, "origin": origin }))
            }
        };
        let mut actions = vec![to];
        if press {
            actions.push(json!({ "type": "pointerDown", "button": 0 }));
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        let source =
            json!({ "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions });
        self.session.call("input.performActions", json!({ "context": context, "actions": [source] })).await?;
        Ok(())
    }

    /// Replaces what is in a field by typing.
    ///
    /// # Errors
    /// [`ActError::Wrong`] if it is no field that can be typed into.
    pub async fn fill(&self, found: &Found, text: &str) -> Result<(), ActError> {
        let request = json!({ "text": text });
        let (answer, _) =
            self.command(&found.context, "focus_all", &request, std::slice::from_ref(&found.element), ANSWER).await?;
        let flag = |key: &str| answer.get(key).and_then(Value::as_bool).unwrap_or(false);
        if flag("done") {
            return Ok(());
        }
        if !flag("ok") {
            let is = answer.get("is").and_then(Value::as_str).unwrap_or_default().to_owned();
            return Err(ActError::Wrong {
                code: "wrong-element",
                message: format!("this is nothing to type into: {is}"),
                candidates: vec![],
            });
        }
        // Typing replaces the selection; an empty text has to delete it.
        let keys = match (text.is_empty(), flag("empty")) {
            (true, true) => return Ok(()),
            (true, false) => "\u{E003}", // Backspace
            _ => text,
        };
        // chromedriver takes a field in a shadow root for one without the focus, and puts the caret to its end.
        if flag("rooted") && !flag("empty") && self.session.kind == BrowserKind::Chromium {
            let modifier = if self.session.info.platform.starts_with("mac") { '\u{E03D}' } else { '\u{E009}' };
            return self.type_keys(found, &format!("{modifier}a\u{E000}{keys}")).await;
        }
        self.type_keys(found, keys).await
    }

    /// Sends key presses to an element (WebDriver, section "Element Send Keys").
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn type_keys(&self, found: &Found, keys: &str) -> Result<(), ActError> {
        self.classic(found, |element| async move { element.send_keys(keys).await }).await
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
            self.classic(&option, |element| async move { element.click().await }).await?;
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
        self.command(&self.context, "scroll_page", &json!({ "percent": percent }), &[], ANSWER).await?;
        Ok(())
    }

    /// The element that has the focus, in the innermost frame.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn focused(&self) -> Result<Found, ActError> {
        let mut found = Found { context: self.context.clone(), frames: vec![], element: String::new(), point: None };
        loop {
            let (answer, mut elements) = self.command(&found.context, "focused", &json!({}), &[], ANSWER).await?;
            let Some(element) = elements.pop() else { return Err(ActError::Other("nothing has the focus".into())) };
            if answer.get("frame").and_then(Value::as_bool) != Some(true) {
                return Ok(Found { element, ..found });
            }
            let children = self.frames_of(&found.context).await?;
            let Some(child) = children.into_iter().find(|(_, frame)| *frame == element) else {
                return Ok(Found { element, ..found });
            };
            found.context = child.0;
            found.frames.push(element);
        }
    }
}

fn flatten(node: &Value, into: &mut Vec<(String, String)>) {
    let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    into.push((text("context"), text("url")));
    for child in node.get("children").and_then(Value::as_array).into_iter().flatten() {
        flatten(child, into);
    }
}
