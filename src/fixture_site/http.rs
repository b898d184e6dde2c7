//! The routes of the reference site: pages and files, the widget's stream and acts, the inbox's stream and acts.
//!
//! Boundary: turns requests into calls on [`super::world::World`] and mailboxes into server-sent events. Reads the clock.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, mpsc, watch};

use crate::changes::Changes;

use super::assets::{self, Embedding};
use super::audience::Traits;
use super::conversation::{Act, Now, Refusal};
use super::world::{Arrival, MAILBOX, Message, World};

/// What every handler shares.
#[derive(Debug, Clone)]
pub(super) struct Server {
    world: Arc<Mutex<World>>,
    /// Told when a deadline may have changed.
    changed: Arc<Notify>,
    /// Becomes true when the server stops: ends the streams.
    stopping: watch::Receiver<bool>,
    embedding: Arc<Embedding>,
    /// Cookies don't know ports; two servers on one host must not take each other's visitors.
    cookie: Arc<str>,
    /// Of every response, over its own.
    headers: Arc<HeaderMap>,
}

/// The headers that changes ask for.
pub(super) fn headers_of(changes: &Changes) -> Result<HeaderMap, axum::http::Error> {
    let mut map = HeaderMap::new();
    for (name, value) in &changes.headers {
        map.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
    }
    Ok(map)
}

impl Server {
    pub fn new(
        world: World,
        embedding: Embedding,
        mut headers: HeaderMap,
        port: u16,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        if embedding.variant.strict_csp {
            let policy = HeaderValue::from_static("default-src 'self'");
            headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
        }
        Self {
            world: Arc::new(Mutex::new(world)),
            changed: Arc::new(Notify::new()),
            stopping,
            embedding: Arc::new(embedding),
            cookie: format!("chat_visitor_{port}").into(),
            headers: Arc::new(headers),
        }
    }

    pub fn router(self) -> Router {
        Router::new()
            .route("/chat/stream", get(chat_stream))
            .route("/chat/start", post(chat_start))
            .route("/chat/act", post(chat_act))
            .route("/inbox/stream", get(inbox_stream))
            .route("/inbox/act", post(inbox_act))
            .fallback(get(page_or_file))
            .layer(middleware::from_fn_with_state(self.clone(), headers))
            .layer(DefaultBodyLimit::max(16 * 1024))
            .with_state(self)
    }

    /// Lets time-outs happen when they are due, until the server stops.
    pub async fn keep_time(self) {
        let mut stopping = self.stopping.clone();
        loop {
            let next = self.world().next_deadline();
            let due = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.changed.notified() => {}
                _ = stopping.wait_for(|stop| *stop) => return,
            }
            self.world().pass_time(now());
        }
    }

    /// The world, for one short call. A handler that panicked has left nothing half done that matters here.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> Now {
    Now { instant: Instant::now(), today: time::OffsetDateTime::now_utc().date() }
}

async fn headers(State(server): State<Server>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // The files are few and local, and another version may be served at the same address a minute later.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    for (name, value) in server.headers.iter() {
        headers.insert(name.clone(), value.clone());
    }
    response
}

async fn page_or_file(State(server): State<Server>, uri: Uri) -> Response {
    let path = uri.path();
    if let Some((kind, bytes)) = assets::file(path, &server.embedding.changes) {
        return ([(header::CONTENT_TYPE, kind)], bytes).into_response();
    }
    match assets::page(path, &server.embedding) {
        Some(html) => Html(html).into_response(),
        None => {
            let html = assets::assemble(assets::NOT_FOUND, &server.embedding).unwrap_or_default();
            (StatusCode::NOT_FOUND, Html(html)).into_response()
        }
    }
}

#[derive(Debug, Deserialize)]
struct ChatQuery {
    visitor: Option<String>,
    #[serde(default)]
    page: String,
    /// `corner,inline`: where the page has room.
    #[serde(default)]
    room: String,
    team: Option<String>,
    accept: Option<String>,
    idle: Option<String>,
    #[serde(default)]
    language: String,
    /// Degrees: `52.52,13.4`.
    place: Option<String>,
    returning: Option<String>,
}

impl ChatQuery {
    fn traits(&self) -> Traits {
        let degrees = |text: &str| text.parse::<f64>().ok().filter(|degrees| degrees.is_finite());
        let place = self.place.as_deref().and_then(|place| place.split_once(','));
        Traits {
            language: self.language.clone(),
            place: place.and_then(|(north, east)| degrees(north).zip(degrees(east))),
            returning: self.returning.is_some(),
        }
    }
}

async fn chat_stream(State(server): State<Server>, Query(query): Query<ChatQuery>, headers: HeaderMap) -> Response {
    let cookie = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == &*server.cookie)
        .map(|(_, value)| value.to_owned());
    let arrival = Arrival {
        traits: query.traits(),
        visitor: query.visitor.filter(|token| !token.is_empty()).or(cookie),
        page: query.page,
        corner: query.room.split(',').any(|room| room == "corner"),
        inline: query.room.split(',').any(|room| room == "inline"),
        team: query.team.and_then(|team| name(&team)),
        accept: query.accept.and_then(|text| duration(&text)),
        idle: query.idle.and_then(|text| duration(&text)),
    };
    let (mailbox, messages) = mpsc::channel(MAILBOX);
    let (page, token) = server.world().page_arrives(arrival, mailbox, now());
    server.changed.notify_one();
    let leave = {
        let server = server.clone();
        OnDrop::new(move || {
            server.world().page_leaves(page, now());
            server.changed.notify_one();
        })
    };
    let mut response = Sse::new(events(messages, server.stopping.clone(), leave))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(10)))
        .into_response();
    let cookie = format!("{}={token}; Path=/; SameSite=Lax; HttpOnly; Max-Age=31536000", server.cookie);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    unbuffered(response)
}

#[derive(Debug, Deserialize)]
struct Start {
    visitor: String,
    page: u64,
    dialogue: String,
}

async fn chat_start(State(server): State<Server>, Json(start): Json<Start>) -> Response {
    let done = server.world().visitor_starts(&start.visitor, start.page, &start.dialogue, now());
    server.answer(done)
}

#[derive(Debug, Deserialize)]
struct ChatAct {
    visitor: String,
    page: u64,
    conversation: String,
    act: Act,
}

async fn chat_act(State(server): State<Server>, Json(act): Json<ChatAct>) -> Response {
    let done = server.world().visitor_acts(&act.visitor, act.page, &act.conversation, act.act, now());
    server.answer(done)
}

#[derive(Debug, Deserialize)]
struct InboxQuery {
    team: Option<String>,
    name: Option<String>,
}

async fn inbox_stream(State(server): State<Server>, Query(query): Query<InboxQuery>) -> Response {
    let team = query.team.and_then(|team| name(&team)).unwrap_or_else(|| "main".to_owned());
    let who = query.name.and_then(|who| name(&who)).unwrap_or_else(|| "Ada".to_owned());
    let (mailbox, messages) = mpsc::channel(MAILBOX);
    let (agent, inbox) = server.world().agent_arrives(&team, &who, mailbox);
    let leave = {
        let server = server.clone();
        OnDrop::new(move || server.world().agent_leaves(&agent, inbox))
    };
    unbuffered(
        Sse::new(events(messages, server.stopping.clone(), leave))
            .keep_alive(KeepAlive::new().interval(Duration::from_secs(10)))
            .into_response(),
    )
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum AgentAct {
    Available { agent: String, on: bool },
    Accept { agent: String, chat: String },
    Say { agent: String, chat: String, text: String },
    Typing { agent: String, chat: String },
    ShareCalendar { agent: String, chat: String },
    End { agent: String, chat: String },
}

async fn inbox_act(State(server): State<Server>, Json(act): Json<AgentAct>) -> Response {
    let now = now();
    let done = {
        let mut world = server.world();
        match act {
            AgentAct::Available { agent, on } => {
                world.agent_available(&agent, on);
                Ok(())
            }
            AgentAct::Typing { agent, chat } => {
                world.agent_types(&agent, &chat);
                Ok(())
            }
            AgentAct::Accept { agent, chat } => {
                world.agent_acts(&agent, &chat, now, |chat, _, by| chat.accept(by, now.instant))
            }
            AgentAct::Say { agent, chat, text } => world.agent_acts(&agent, &chat, now, |chat, _, _| {
                chat.agent_says(&text, now.instant)?;
                Ok(Vec::new())
            }),
            AgentAct::ShareCalendar { agent, chat } => world.agent_acts(&agent, &chat, now, |chat, _, _| {
                chat.share_calendar(now.instant)?;
                Ok(Vec::new())
            }),
            AgentAct::End { agent, chat } => world.agent_acts(&agent, &chat, now, |chat, around, by| {
                let mut moments = Vec::new();
                chat.end_chat(Some(by), around, &mut moments)?;
                Ok(moments)
            }),
        }
    };
    server.answer(done)
}

impl Server {
    /// A refusal is an answer and no error of the request's: browsers write those to the page's console.
    fn answer(&self, done: Result<(), Refusal>) -> Response {
        self.changed.notify_one();
        Json(match done {
            Ok(()) => json!({ "ok": true }),
            Err(Refusal::Stale) => json!({ "ok": false }),
            Err(Refusal::Invalid(message)) => json!({ "ok": false, "message": message }),
        })
        .into_response()
    }
}

/// A mailbox as server-sent events. Ends with the mailbox, the server or the browser, whichever is first.
fn events(
    messages: mpsc::Receiver<Message>,
    stopping: watch::Receiver<bool>,
    leave: OnDrop,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    futures_util::stream::unfold((messages, stopping, leave), |(mut messages, mut stopping, leave)| async move {
        let message = tokio::select! {
            message = messages.recv() => message?,
            _ = stopping.wait_for(|stop| *stop) => return None,
        };
        let event = Event::default().event(message.event).data(message.data);
        Some((Ok(event), (messages, stopping, leave)))
    })
}

/// Asks proxies in between, if any, to pass on every event at once.
fn unbuffered(mut response: Response) -> Response {
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// Runs something when a stream is dropped, which is how a closed connection shows.
struct OnDrop(Option<Box<dyn FnOnce() + Send>>);

impl OnDrop {
    fn new(run: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(run)))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            run();
        }
    }
}

/// A name from an address: without surrounding white space, and not too long.
fn name(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(100).collect();
    (!text.is_empty()).then_some(text)
}

/// `2s`, `500ms`, `10m`; up to a day.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => number,
        "" | "s" => number.checked_mul(1_000)?,
        "m" => number.checked_mul(60_000)?,
        _ => return None,
    };
    (milliseconds <= 86_400_000).then(|| Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_from_addresses() {
        assert_eq!(duration("2s"), Some(Duration::from_secs(2)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("10m"), Some(Duration::from_secs(600)));
        assert_eq!(duration("3"), Some(Duration::from_secs(3)));
        for bad in ["", "s", "2h", "-1s", "99999999999999999999s", "1000000s", "é"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
