//! Requests: those to analytics are seen before they leave, and answered in the browser in their server's place; what the
//! site file says of others (`rules.rs`) is done to them.
//!
//! Two ways to the same end. WebDriver BiDi's network interception, in every browser: it knows windows and frames, and
//! dedicated workers. Chromium drops what it holds back when a page goes away, so there the browser is asked itself, by
//! its own protocol, where its port can be reached: that misses nothing.
//!
//! Boundary: who is asked for what, and with what it is answered; what a request means is others' business.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::BrowserKind;
use super::answer::{self, Asking};
use super::bidi::{Bidi, BidiError, Event};
use super::routes::{Heard, SharedRoutes, Sink, Whose, is_placed, placed, whose};
use super::rules::{Deed, Rules, with};
use super::session::{COMMAND, Session};
use super::sign_in;
use crate::analytics::Address;

/// More of a body than this nobody reads; tags' own limits are far below.
pub const BODY: usize = 256 * 1024;

/// So many requests are remembered by their names, to know them again when they are redirected.
const REMEMBERED: usize = 10_000;

/// Which requests of a user context are watched, and what becomes of them.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// Those that fit one of these.
    pub addresses: Vec<Address>,
    /// Answered in the browser; else let through.
    pub stub: bool,
    /// All others are told, too, and let through.
    pub everything: bool,
    /// What becomes of others.
    pub rules: Arc<Rules>,
}

impl Watch {
    /// Whether no request has to be held back or told.
    pub(super) fn is_idle(&self) -> bool {
        self.addresses.is_empty() && !self.everything && !self.rules.holds_back()
    }

    /// What has to be held back.
    fn held(&self) -> Vec<Address> {
        let answered = if self.stub { self.addresses.as_slice() } else { &[] };
        answered.iter().cloned().chain(self.rules.addresses()).collect()
    }

    /// Whether a request is meant.
    pub fn wants(&self, url: &str) -> bool {
        self.everything || self.is_meant(url)
    }

    /// Whether a request is answered in the browser.
    pub(super) fn stubs(&self, url: &str) -> bool {
        self.stub && self.is_meant(url)
    }

    fn is_meant(&self, url: &str) -> bool {
        self.addresses.iter().any(|address| address.matches(url))
    }
}

/// How requests are watched in a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watching {
    /// `bidi`, `cdp`, or `none`.
    pub by: &'static str,
    /// What isn't seen, as sentences.
    pub unseen: Vec<String>,
}

/// A request as it was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The browser's name for it.
    pub id: String,
    /// `GET`, `POST`.
    pub method: String,
    /// Whole address.
    pub url: String,
    /// What it is for: `script`, `image`, `data` (of a script of the page's), or empty.
    pub what: &'static str,
    /// Of the body.
    pub content_type: String,
    /// How the body says that it is encoded; empty if it doesn't.
    pub content_encoding: String,
    /// The body, if it is known already.
    pub body: Option<Body>,
    /// By a page that was rendered before its visitor went there; what the browser itself says of it.
    pub beforehand: bool,
}

/// A request's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// As it is sent; not all of it where it is long.
    pub bytes: Option<Vec<u8>>,
    /// `complete`, `truncated`, `unseen`.
    pub state: &'static str,
}

impl Body {
    const NONE: Self = Self { bytes: None, state: "complete" };
    const UNSEEN: Self = Self { bytes: None, state: "unseen" };
    /// Too long for the browser to keep.
    const LONG: Self = Self { bytes: None, state: "truncated" };

    fn of(bytes: &[u8]) -> Self {
        let state = if bytes.len() > BODY { "truncated" } else { "complete" };
        let kept = bytes.get(..BODY).unwrap_or(bytes);
        Self { bytes: (!kept.is_empty()).then(|| kept.to_vec()), state }
    }
}

/// What a session has asked for so far.
#[derive(Default)]
pub(super) struct Traffic {
    asked: tokio::sync::Mutex<Asked>,
    /// BiDi's collector of bodies, once there is one; empty if the browser has none.
    collector: OnceLock<String>,
    /// Which browser it is: the two say different things of a body.
    is_firefox: AtomicBool,
    /// Requests that were told already, by the browser's names for them.
    told: Mutex<Told>,
}

/// Names of requests, the latest of them.
#[derive(Default)]
struct Told {
    names: HashSet<String>,
    order: VecDeque<String>,
}

impl Told {
    fn add(&mut self, name: &str) {
        if self.names.insert(name.to_owned()) {
            self.order.push_back(name.to_owned());
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
    }
}

impl Traffic {
    /// Whether a request is told: once, however often it is redirected. What only a redirect leads to analytics is told
    /// there.
    fn is_new(&self, name: &str, before: Option<&str>, wanted: bool) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let again = before.is_some_and(|before| told.names.contains(before));
        if again || wanted {
            told.add(name);
        }
        wanted && !again
    }
}

#[derive(Default)]
struct Asked {
    subscribed: bool,
    patterns: BTreeSet<String>,
    /// Chromium's own protocol: not tried, not to be had, or open.
    cdp: Option<Option<Bidi>>,
}

impl Session {
    /// From now on requests that are wanted are held back until they are answered or let through. What is asked for once
    /// stays so for the whole session; which user context wants it is looked up for each request.
    ///
    /// # Errors
    /// [`BidiError`]: the browser refuses, or has gone.
    pub async fn watch(&self, watch: &Watch) -> Result<Watching, BidiError> {
        sign_in::widen(self, &watch.rules).await?;
        if watch.is_idle() {
            return Ok(Watching { by: "none", unseen: Vec::new() });
        }
        let mut asked = self.traffic.asked.lock().await;
        if self.kind == BrowserKind::Chromium {
            if asked.cdp.is_none() {
                asked.cdp = Some(self.browser_socket().await);
            }
            if let Some(Some(cdp)) = asked.cdp.clone() {
                let before = asked.patterns.len();
                asked.patterns.extend(watch.addresses.iter().chain(&watch.rules.addresses()).map(Address::to_cdp));
                if watch.everything {
                    asked.patterns.insert("*://*/*".to_owned());
                }
                if asked.patterns.len() > before {
                    let patterns: Vec<Value> = asked
                        .patterns
                        .iter()
                        .map(|pattern| json!({ "urlPattern": pattern, "requestStage": "Request" }))
                        .collect();
                    cdp.call("Fetch.enable", json!({ "patterns": patterns }), COMMAND).await?;
                }
                return Ok(Watching { by: "cdp", unseen: Vec::new() });
            }
        }
        self.watch_by_bidi(watch, &mut asked).await
    }

    async fn watch_by_bidi(&self, watch: &Watch, asked: &mut Asked) -> Result<Watching, BidiError> {
        self.traffic.is_firefox.store(self.kind == BrowserKind::Firefox, Ordering::Relaxed);
        if !asked.subscribed {
            self.call("session.subscribe", json!({ "events": ["network.beforeRequestSent"] })).await?;
            asked.subscribed = true;
        }
        if (watch.everything || !watch.addresses.is_empty()) && self.traffic.collector.get().is_none() {
            let wanted = json!({ "dataTypes": ["request"], "maxEncodedDataSize": BODY });
            let made = self.call("network.addDataCollector", wanted).await;
            let id = made.ok().and_then(|made| Some(made.get("collector")?.as_str()?.to_owned())).unwrap_or_default();
            let _ = self.traffic.collector.set(id);
        }
        let held = watch.held();
        if !held.is_empty() {
            let exact: Option<Vec<Value>> = held.iter().map(Address::to_bidi).collect();
            // One that can only be told by a wildcard has us look at every request.
            let wanted: Vec<Option<Value>> = match exact {
                Some(patterns) => patterns.into_iter().map(Some).collect(),
                None => vec![None],
            };
            let everything = asked.patterns.contains("everything");
            let mut new = Vec::new();
            for pattern in wanted {
                let name = pattern.as_ref().map_or_else(|| "everything".to_owned(), Value::to_string);
                if !everything && asked.patterns.insert(name) {
                    new.push(pattern);
                }
            }
            if !new.is_empty() {
                let mut wanted = json!({ "phases": ["beforeRequestSent"] });
                if let Some(patterns) = new.into_iter().collect::<Option<Vec<Value>>>() {
                    wanted["urlPatterns"] = json!(patterns);
                }
                self.call("network.addIntercept", wanted).await?;
            }
        }
        let (leave, leaves) =
            if watch.stub { (", and reach their server", ", and then reaches its server") } else { ("", "") };
        let mut unseen = vec![format!("requests of shared and service workers aren't seen{leave}")];
        match self.kind {
            BrowserKind::Firefox => {
                unseen.push(format!("what a frame sends as it goes away isn't always seen{leaves}"));
            }
            BrowserKind::Chromium => {
                unseen.push(format!("what is sent while a page goes away may not be seen{leaves}"));
                unseen.push("the bodies of workers' requests aren't seen".to_owned());
            }
        }
        if self.traffic.collector.get().is_none_or(String::is_empty) {
            unseen.push("this browser is too old to show the bodies of requests".to_owned());
        }
        Ok(Watching { by: "bidi", unseen })
    }

    /// A socket to the browser itself. `None`: it can't be reached (a remote one's, unless a grid hands it on).
    async fn browser_socket(&self) -> Option<Bidi> {
        let (cdp, events) = self.own_protocol().await.ok()?;
        self.bidi.guard(paused(events, self.routes.clone(), cdp.clone(), self.traffic.clone()));
        Some(cdp)
    }
}

/// Asks Chromium for the address of its own socket.
pub(super) async fn socket_address(address: &str) -> Option<String> {
    let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
    let request = format!("GET /json/version HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    let mut stream = stream.take(64 * 1024);
    // Chromium doesn't always close the connection, whatever it was asked: the answer ends where its JSON does.
    let version: Value = loop {
        if stream.read_buf(&mut answer).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&answer);
        let body = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to));
        if let Some(version) = body.and_then(|body| serde_json::from_str(body).ok()) {
            break version;
        }
    };
    let theirs = url::Url::parse(version.get("webSocketDebuggerUrl")?.as_str()?).ok()?;
    Some(format!("ws://{address}{}", theirs.path()))
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Chromium's own way: each paused request is told and answered.
pub(super) async fn paused(
    mut events: tokio::sync::mpsc::UnboundedReceiver<Event>,
    routes: SharedRoutes,
    cdp: Bidi,
    traffic: Arc<Traffic>,
) {
    while let Some(Event { method, params }) = events.recv().await {
        if method != "Fetch.requestPaused" {
            continue;
        }
        let frame = text(&params, "frameId");
        if is_placed(&routes, &frame) || cdp.is_closed() {
            take(&params, &frame, &routes, &cdp, &traffic);
            continue;
        }
        let (routes, cdp, traffic) = (routes.clone(), cdp.clone(), traffic.clone());
        tokio::spawn(async move {
            placed(&routes, &frame).await;
            take(&params, &frame, &routes, &cdp, &traffic);
        });
    }
}

/// Tells and answers a paused request.
fn take(params: &Value, frame: &str, routes: &SharedRoutes, cdp: &Bidi, traffic: &Traffic) {
    let (id, request) = (text(params, "requestId"), params.get("request").cloned().unwrap_or_default());
    let (url, verb) = (text(&request, "url"), text(&request, "method"));
    let whose = whose(routes, frame, &url);
    let header = |name: &str| {
        let headers = request.get("headers").and_then(Value::as_object)?;
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1.as_str().map(str::to_owned)
    };
    let entries = request.get("postDataEntries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let body = if !entries.is_empty() {
        let bytes: Option<Vec<u8>> = entries
            .iter()
            .map(|entry| STANDARD.decode(entry.get("bytes")?.as_str()?).ok())
            .collect::<Option<Vec<_>>>()
            .map(|parts| parts.concat());
        bytes.map_or(Body::UNSEEN, |bytes| Body::of(&bytes))
    } else if request.get("hasPostData").and_then(Value::as_bool).unwrap_or(false) {
        Body::UNSEEN
    } else {
        Body::NONE
    };
    let seen = Seen {
        id: id.clone(),
        content_type: header("content-type").unwrap_or_default(),
        content_encoding: header("content-encoding").unwrap_or_default(),
        method: verb.clone(),
        url: url.clone(),
        what: match text(params, "resourceType").as_str() {
            "Script" => "script",
            "Image" => "image",
            "XHR" | "Fetch" | "Ping" => "data",
            _ => "",
        },
        body: Some(body),
        beforehand: is_beforehand(header("sec-purpose")),
    };
    let before = params.get("redirectedRequestId").and_then(Value::as_str);
    if traffic.is_new(&id, before, !whose.sinks.is_empty()) {
        tell(&whose.sinks, &whose.context, seen);
    }
    let image = text(params, "resourceType") == "Image";
    let asked = Asking { url: &url, method: &verb, image, header: &header };
    let listed = |headers: Vec<(String, String)>| -> Vec<Value> {
        headers.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
    };
    let (method, params) = match fate(&whose, &asked) {
        Fate::Pass => ("Fetch.continueRequest", json!({ "requestId": id })),
        Fate::Headers(more) => {
            let own = request.get("headers").and_then(Value::as_object).into_iter().flatten();
            let own = own.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
            ("Fetch.continueRequest", json!({ "requestId": id, "headers": listed(with(own, more)) }))
        }
        Fate::Block => ("Fetch.failRequest", json!({ "requestId": id, "errorReason": "BlockedByClient" })),
        Fate::Answer((status, headers, body)) => {
            let params = json!({
                "requestId": id, "responseCode": status, "responseHeaders": listed(headers), "body": STANDARD.encode(body),
            });
            ("Fetch.fulfillRequest", params)
        }
    };
    let cdp = cdp.clone();
    tokio::spawn(async move {
        let answered = cdp.call(method, params, COMMAND).await;
        whose.answered(&id, answered.map(drop));
    });
}

/// BiDi's way: `network.beforeRequestSent`. What nobody wants goes on.
pub(super) fn before_request(params: &Value, routes: &SharedRoutes, bidi: &Bidi, traffic: &Arc<Traffic>) {
    let request = params.get("request").cloned().unwrap_or_default();
    let (id, url, verb) = (text(&request, "request"), text(&request, "url"), text(&request, "method"));
    let blocked = params.get("isBlocked").and_then(Value::as_bool).unwrap_or(false);
    let redirected = params.get("redirectCount").and_then(Value::as_u64).unwrap_or(0) > 0;
    let whose = whose(routes, &text(params, "context"), &url);
    if whose.sinks.is_empty() && !blocked {
        return;
    }
    let headers: Vec<(String, String)> = request
        .get("headers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|header| Some((text(header, "name"), header.get("value")?.get("value")?.as_str()?.to_owned())))
        .collect();
    let header =
        |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
    let size = request.get("bodySize").and_then(Value::as_u64);
    let content_type = header("content-type").unwrap_or_default();
    let has_body = match size {
        Some(size) if size > 0 => true,
        // Firefox measures every body. Chromium doesn't, but says of what kind it is.
        Some(_) if traffic.is_firefox.load(Ordering::Relaxed) => false,
        _ => !matches!(verb.as_str(), "GET" | "HEAD") && (size.is_none() || !content_type.is_empty()),
    };
    let seen = Seen {
        id: id.clone(),
        content_type,
        content_encoding: header("content-encoding").unwrap_or_default(),
        method: verb.clone(),
        url: url.clone(),
        what: match text(&request, "destination").as_str() {
            "script" => "script",
            "image" => "image",
            "" => "data",
            _ => "",
        },
        body: (!has_body).then_some(Body::NONE),
        beforehand: is_beforehand(header("sec-purpose")),
    };
    let (content_type, content_encoding) = (seen.content_type.clone(), seen.content_encoding.clone());
    let is_new = traffic.is_new(&id, redirected.then_some(id.as_str()), !whose.sinks.is_empty());
    if is_new {
        tell(&whose.sinks, &whose.context, seen);
    }
    let image = matches!(text(&request, "destination").as_str(), "image");
    let asked = Asking { url: &url, method: &verb, image, header: &header };
    let listed = |headers: Vec<(String, String)>| -> Vec<Value> {
        let one = |(name, value)| json!({ "name": name, "value": { "type": "string", "value": value } });
        headers.into_iter().map(one).collect()
    };
    let answer = blocked.then(|| match fate(&whose, &asked) {
        Fate::Pass => ("network.continueRequest", json!({ "request": id })),
        Fate::Headers(more) => {
            ("network.continueRequest", json!({ "request": id, "headers": listed(with(headers.clone(), more)) }))
        }
        Fate::Block => ("network.failRequest", json!({ "request": id })),
        Fate::Answer((status, headers, body)) => {
            let params = json!({
                "request": id, "statusCode": status, "reasonPhrase": answer::phrase(status),
                "headers": listed(headers), "body": { "type": "base64", "value": STANDARD.encode(body) },
            });
            ("network.provideResponse", params)
        }
    });
    let (bidi, traffic) = (bidi.clone(), traffic.clone());
    tokio::spawn(async move {
        if has_body && is_new {
            let body = body_of(&bidi, &traffic, &id, size).await;
            for sink in &whose.sinks {
                let (content_type, content_encoding) = (content_type.clone(), content_encoding.clone());
                let (id, body) = (id.clone(), body.clone());
                sink.heard(&whose.context, Heard::RequestBody { id, content_type, content_encoding, body });
            }
        }
        let answered = match answer {
            Some((method, params)) => bidi.call(method, params, COMMAND).await.map(drop),
            None => Ok(()),
        };
        whose.answered(&id, answered);
        if has_body && let Some(collector) = traffic.collector.get().filter(|collector| !collector.is_empty()) {
            // Not before it was answered: Chromium then forgets that there was a request.
            let done = json!({ "dataType": "request", "collector": collector, "request": id });
            let _ = bidi.call("network.disownData", done, COMMAND).await;
        }
    });
}

/// What is done to a request that is held back.
enum Fate {
    Pass,
    Headers(Vec<(String, String)>),
    Block,
    Answer(answer::Reply),
}

fn fate(whose: &Whose, asked: &Asking<'_>) -> Fate {
    match &whose.deed {
        _ if whose.stub => Fate::Answer(answer::analytics(asked)),
        Deed::Pass => Fate::Pass,
        Deed::Headers(headers) => Fate::Headers(headers.clone()),
        Deed::Block => Fate::Block,
        Deed::Answer(answer) => Fate::Answer(answer::stubbed(asked, answer)),
    }
}

async fn body_of(bidi: &Bidi, traffic: &Traffic, id: &str, size: Option<u64>) -> Body {
    let collector = traffic.collector.get().map_or("", String::as_str);
    if collector.is_empty() {
        return Body::UNSEEN;
    }
    let wanted = json!({ "dataType": "request", "collector": collector, "request": id, "disown": false });
    let Ok(data) = bidi.call("network.getData", wanted, COMMAND).await else {
        // The collector keeps nothing of what is longer than it was asked for.
        return if size.is_some_and(|size| size > BODY as u64) { Body::LONG } else { Body::UNSEEN };
    };
    let bytes = data.get("bytes").cloned().unwrap_or_default();
    let value = text(&bytes, "value");
    match bytes.get("type").and_then(Value::as_str) {
        Some("base64") => STANDARD.decode(value).map_or(Body::UNSEEN, |bytes| Body::of(&bytes)),
        // Firefox gives text as such, and what isn't in base64.
        Some("string") if traffic.is_firefox.load(Ordering::Relaxed) => Body::of(value.as_bytes()),
        // Chromium gives a byte for each character.
        Some("string") => match value.chars().map(|c| u8::try_from(u32::from(c))).collect::<Result<Vec<u8>, _>>() {
            Ok(bytes) => Body::of(&bytes),
            Err(_) => Body::of(value.as_bytes()),
        },
        _ => Body::UNSEEN,
    }
}

/// Whether a request is one of a page that nobody is on yet (`Sec-Purpose`, which no script can set).
fn is_beforehand(purpose: Option<String>) -> bool {
    purpose.is_some_and(|purpose| purpose.split(';').any(|part| part.trim().eq_ignore_ascii_case("prerender")))
}

fn tell(sinks: &[Arc<dyn Sink>], context: &str, seen: Seen) {
    // The question whether one may ask isn't a hit.
    if seen.method == "OPTIONS" {
        return;
    }
    for sink in sinks {
        sink.heard(context, Heard::Request(Box::new(seen.clone())));
    }
}
