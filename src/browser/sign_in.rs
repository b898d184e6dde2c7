//! Login dialogs of HTTP authentication: answered with what the step says, else cancelled. A browser asks only where the
//! address itself has no credentials, or wrong ones; and while it asks, page and driver stand still.
//!
//! Two ways to the same end, as for requests (`traffic.rs`): Firefox tells by WebDriver BiDi. By that way Chromium would
//! hold back every request, and drop those of a page that goes away; so it is asked by its own protocol, for documents
//! and for what scripts ask for, where its port can be reached.
//!
//! Where the site file has a login for the server (`logins`), that is sent at once, unless the step itself answers.
//!
//! Boundary: one challenge at a time; which step a reply belongs to is the runner's business.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::BrowserKind;
use super::bidi::{Bidi, BidiError, Event};
use super::prompts::Reply;
use super::routes::{Heard, SharedRoutes, answering, login};
use super::rules::{Rules, with};
use super::session::{COMMAND, Session};

/// Requests that were given credentials: who asks for them again says that they are wrong.
#[derive(Debug, Default)]
pub(super) struct Given(Mutex<HashSet<String>>);

/// What a session was asked for.
#[derive(Default)]
pub(super) struct Asked(tokio::sync::Mutex<State>);

#[derive(Default)]
struct State {
    /// Chromium's own protocol.
    cdp: Option<Bidi>,
    /// Addresses of which all requests are held back, whatever they are for.
    patterns: BTreeSet<String>,
    by_bidi: bool,
}

/// What Chromium is asked to hold back.
fn patterns(more: &BTreeSet<String>) -> Value {
    let kinds = ["Document", "XHR", "Fetch"]
        .iter()
        .map(|kind| json!({ "urlPattern": "*", "resourceType": kind, "requestStage": "Request" }));
    kinds.chain(more.iter().map(|url| json!({ "urlPattern": url, "requestStage": "Request" }))).collect()
}

/// Has what these logins are for be asked for them, scripts and images too: Chromium is told of each kind.
///
/// # Errors
/// [`BidiError`]: the browser refuses, or has gone.
pub(super) async fn widen(session: &Session, rules: &Rules) -> Result<(), BidiError> {
    if rules.logins.is_empty() || session.kind == BrowserKind::Firefox {
        return Ok(());
    }
    let mut asked = session.sign_in.0.lock().await;
    let Some(cdp) = asked.cdp.clone() else {
        // Slower, and what a page sends as it goes away may be lost; but the pages are there.
        if !asked.by_bidi {
            by_bidi(session).await?;
            asked.by_bidi = true;
        }
        return Ok(());
    };
    let before = asked.patterns.len();
    asked.patterns.extend(rules.logins.iter().map(|(origin, _, _)| format!("{origin}/*")));
    if asked.patterns.len() > before {
        let enable = json!({ "handleAuthRequests": true, "patterns": patterns(&asked.patterns) });
        cdp.call("Fetch.enable", enable, COMMAND).await?;
    }
    Ok(())
}

/// From now on login dialogs are answered. Where that can't be, they stay open.
pub(super) async fn watch(session: &Session) {
    let watched = match session.kind {
        BrowserKind::Firefox => by_bidi(session).await.map_err(|error| error.to_string()),
        BrowserKind::Chromium => by_cdp(session).await,
    };
    if let Err(why) = watched {
        tracing::debug!("login dialogs can't be answered: {why}");
    }
}

async fn by_bidi(session: &Session) -> Result<(), BidiError> {
    session.call("session.subscribe", json!({ "events": ["network.authRequired"] })).await?;
    session.call("network.addIntercept", json!({ "phases": ["authRequired"] })).await?;
    Ok(())
}

async fn by_cdp(session: &Session) -> Result<(), String> {
    let (cdp, events) = session.own_protocol().await?;
    session.bidi.guard(paused(events, session.routes.clone(), cdp.clone()));
    let enable = json!({ "handleAuthRequests": true, "patterns": patterns(&BTreeSet::new()) });
    cdp.call("Fetch.enable", enable, COMMAND).await.map_err(|error| error.to_string())?;
    session.sign_in.0.lock().await.cdp = Some(cdp);
    Ok(())
}

/// Chromium's own way. What is paused goes on at once.
async fn paused(mut events: UnboundedReceiver<Event>, routes: SharedRoutes, cdp: Bidi) {
    let given = Given::default();
    while let Some(Event { method, params }) = events.recv().await {
        let id = text(&params, "requestId");
        let (method, answer) = match method.as_str() {
            "Fetch.requestPaused" => ("Fetch.continueRequest", going_on(&params, &id, &routes)),
            "Fetch.authRequired" => {
                let (challenge, url) = (params.get("authChallenge"), params.pointer("/request/url"));
                // A proxy's question is none of the page's.
                let proxy = challenge.is_some_and(|challenge| text(challenge, "source") == "Proxy");
                let realm = challenge.map(|challenge| text(challenge, "realm")).unwrap_or_default();
                let url = url.and_then(Value::as_str).unwrap_or_default();
                let reply =
                    if proxy { None } else { given.reply(&routes, &text(&params, "frameId"), &id, url, &realm) };
                let response = match reply {
                    Some((user, password)) => {
                        json!({ "response": "ProvideCredentials", "username": user, "password": password })
                    }
                    None => json!({ "response": "CancelAuth" }),
                };
                ("Fetch.continueWithAuth", json!({ "requestId": id, "authChallengeResponse": response }))
            }
            _ => continue,
        };
        let cdp = cdp.clone();
        tokio::spawn(async move {
            if let Err(error) = cdp.call(method, answer, COMMAND).await {
                tracing::debug!("a request could not go on: {error}");
            }
        });
    }
}

/// How a paused request goes on. Chromium asks nobody for a script, an image or a style sheet of another site, so these bring
/// their login with them; they are paused only if the site file has one.
fn going_on(params: &Value, id: &str, routes: &SharedRoutes) -> Value {
    let mut answer = json!({ "requestId": id });
    if matches!(text(params, "resourceType").as_str(), "Document" | "XHR" | "Fetch") {
        return answer;
    }
    let request = params.get("request").cloned().unwrap_or_default();
    if let Some((user, password)) = login(routes, &text(params, "frameId"), &text(&request, "url")) {
        let own = request.get("headers").and_then(Value::as_object).into_iter().flatten();
        let own = own.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
        let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        let headers = with(own, vec![("Authorization".to_owned(), basic)]).into_iter();
        answer["headers"] = headers.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    }
    answer
}

/// BiDi's way: `network.authRequired`.
pub(super) fn required(params: &Value, routes: &SharedRoutes, bidi: &Bidi, given: &Arc<Given>) {
    if params.get("isBlocked").and_then(Value::as_bool) != Some(true) {
        return;
    }
    let request = params.get("request").cloned().unwrap_or_default();
    let realm = params.pointer("/response/authChallenges/0/realm").and_then(Value::as_str).unwrap_or_default();
    let (id, url) = (text(&request, "request"), text(&request, "url"));
    let answer = match given.reply(routes, &text(params, "context"), &id, &url, realm) {
        Some((user, password)) => {
            let credentials = json!({ "type": "password", "username": user, "password": password });
            json!({ "request": id, "action": "provideCredentials", "credentials": credentials })
        }
        None => json!({ "request": id, "action": "cancel" }),
    };
    let bidi = bidi.clone();
    tokio::spawn(async move {
        if let Err(error) = bidi.call("network.continueWithAuth", answer, COMMAND).await {
            tracing::debug!("a login dialog could not be answered: {error}");
        }
    });
}

impl Given {
    /// User and password, if the step or the site file gives any and they weren't refused; tells the dialog that a visitor
    /// sees, which nobody does where the site file knows who they are.
    fn reply(
        &self,
        routes: &SharedRoutes,
        context: &str,
        request: &str,
        url: &str,
        realm: &str,
    ) -> Option<(String, String)> {
        let (reply, sink) = answering(routes, context);
        let known = match &reply {
            Some(Reply::SignIn { user, password }) => Some((user.clone(), password.clone())),
            _ => None,
        };
        let new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request.to_owned());
        let of_file = if known.is_none() { login(routes, context, url).filter(|_| new) } else { None };
        if of_file.is_some() {
            return of_file;
        }
        let credentials = known.filter(|_| new);
        if let Some(sink) = sink {
            let answer = if credentials.is_some() { "accepted" } else { "dismissed" };
            let by_step = reply.is_some();
            let message = format!("{url} {realm}").trim_end().to_owned();
            sink.heard(context, Heard::Dialog { dialog: "login".to_owned(), message, answer, by_step });
        }
        credentials
    }
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
