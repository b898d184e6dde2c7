//! Login dialogs of HTTP authentication: answered with what the step says, else cancelled. A browser asks only where the
//! address itself has no credentials, or wrong ones; and while it asks, page and driver stand still.
//!
//! Two ways to the same end, as for requests (`traffic.rs`): Firefox tells by WebDriver BiDi. By that way Chromium would
//! hold back every request, and drop those of a page that goes away; so it is asked by its own protocol, for documents
//! and for what scripts ask for, where its port can be reached.
//!
//! Boundary: one challenge at a time; which step a reply belongs to is the runner's business.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::BrowserKind;
use super::bidi::{Bidi, Event};
use super::prompts::Reply;
use super::routes::{Heard, SharedRoutes, answering};
use super::session::{COMMAND, Session};

/// Requests that were given credentials: who asks for them again says that they are wrong.
#[derive(Debug, Default)]
pub(super) struct Given(Mutex<HashSet<String>>);

/// From now on login dialogs are answered. Where that can't be, they stay open.
pub(super) async fn watch(session: &Session) {
    let watched = match session.kind {
        BrowserKind::Firefox => by_bidi(session).await,
        BrowserKind::Chromium => by_cdp(session).await,
    };
    if let Err(why) = watched {
        tracing::debug!("login dialogs can't be answered: {why}");
    }
}

async fn by_bidi(session: &Session) -> Result<(), String> {
    session
        .call("session.subscribe", json!({ "events": ["network.authRequired"] }))
        .await
        .map_err(|e| e.to_string())?;
    session.call("network.addIntercept", json!({ "phases": ["authRequired"] })).await.map_err(|e| e.to_string())?;
    Ok(())
}

async fn by_cdp(session: &Session) -> Result<(), String> {
    let (cdp, events) = session.own_protocol().await?;
    session.bidi.guard(paused(events, session.routes.clone(), cdp.clone()));
    let patterns: Vec<Value> = ["Document", "XHR", "Fetch"]
        .iter()
        .map(|kind| json!({ "urlPattern": "*", "resourceType": kind, "requestStage": "Request" }))
        .collect();
    let enable = json!({ "handleAuthRequests": true, "patterns": patterns });
    cdp.call("Fetch.enable", enable, COMMAND).await.map(drop).map_err(|error| error.to_string())
}

/// Chromium's own way. What is paused goes on at once.
async fn paused(mut events: UnboundedReceiver<Event>, routes: SharedRoutes, cdp: Bidi) {
    let given = Given::default();
    while let Some(Event { method, params }) = events.recv().await {
        let id = text(&params, "requestId");
        let (method, answer) = match method.as_str() {
            "Fetch.requestPaused" => ("Fetch.continueRequest", json!({ "requestId": id })),
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
    /// User and password, if the step gives any and they weren't refused; tells the dialog.
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
