//! A thin classic WebDriver client: commands as JSON over HTTP, as far as there is no WebDriver BiDi for them.
//!
//! Boundary: requests and answers; what they are for is others' concern. User and password of an address go into the
//! `Authorization` header and nowhere else: into no body, no log, no message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};
use url::Url;

/// The property that stands for an element (WebDriver, section "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Bytes of an answer. Screenshots come by another way.
const MOST: usize = 64 << 20;

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassicError {
    /// The remote end answered with an error (WebDriver, section "Errors").
    #[error("{message} ({code})")]
    Said {
        /// Error code: `no such element`.
        code: String,
        /// The remote end's words.
        message: String,
    },
    /// There was no connection, so nothing was sent. It says nothing about the session.
    #[error("{0}")]
    Unreachable(String),
    /// It was sent, and no answer came back, or only a gateway's: whether it was done isn't known. It says nothing about the
    /// session either.
    #[error("{0}")]
    Cut(String),
    /// A driver of our own has ended, and its session with it.
    #[error("{0}")]
    Ended(String),
    /// It wants a user and a password, or others.
    #[error("it answers {0}")]
    Refused(StatusCode),
    /// An answer that isn't WebDriver's.
    #[error("{0}")]
    Foreign(String),
}

/// How long a command to a session on another machine is sent again, while nobody takes it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often.
const PAUSE: Duration = Duration::from_millis(250);

/// A driver or grid. Cheap to clone; clones share their connections, and what was found out about the server.
#[derive(Debug, Clone)]
pub struct Remote {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Without user and password; its path ends in `/`.
    base: Url,
    authorization: Option<HeaderValue>,
    /// It was started by chatproof.
    own: bool,
    /// See [`Remote::rehosts`].
    rehosts: Arc<AtomicBool>,
}

impl Remote {
    /// One at an address, which may have a user and a password.
    ///
    /// # Errors
    /// A sentence, if TLS can't be set up or it is no address.
    pub fn new(address: &str) -> Result<Self, String> {
        let mut base = Url::parse(address).map_err(|error| format!("{address} is no address: {error}"))?;
        let authorization = authorization(&base);
        let _ = base.set_username("");
        let _ = base.set_password(None);
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| format!("can't set up TLS: {error}"))?
            .https_or_http()
            .enable_http1()
            .build();
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { http, base, authorization, own: false, rehosts: Arc::default() })
    }

    /// It was started by chatproof, on this machine: who doesn't answer there has ended.
    #[must_use]
    pub fn own(self) -> Self {
        Self { own: true, ..self }
    }

    /// Whether its sockets are at its own address, whatever address it says they have. Found out with the first one.
    pub(super) fn rehosts(&self) -> bool {
        self.rehosts.load(Ordering::Relaxed)
    }

    /// Remembers it for the next one.
    pub(super) fn set_rehosts(&self, rehosts: bool) {
        self.rehosts.store(rehosts, Ordering::Relaxed);
    }

    /// Its address as it may be shown.
    pub fn shown(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Its address, without user and password.
    pub fn address(&self) -> &Url {
        &self.base
    }

    /// What a request has to say to be let in.
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// A new session, and the capabilities that it was given. Dropping this closes the connection, upon which a grid takes
    /// the request out of its queue.
    ///
    /// # Errors
    /// [`ClassicError`].
    pub async fn new_session(
        &self,
        wanted: &Map<String, Value>,
    ) -> Result<(Classic, Map<String, Value>), ClassicError> {
        let asked = json!({ "capabilities": { "alwaysMatch": wanted, "firstMatch": [{}] } });
        let mut given = self.request(Method::POST, &["session"], Some(&asked)).await?;
        let id = given.get("sessionId").and_then(Value::as_str).map(str::to_owned);
        match (id, given.get_mut("capabilities").map(Value::take)) {
            (Some(id), Some(Value::Object(capabilities))) => Ok((Classic { remote: self.clone(), id }, capabilities)),
            _ => Err(ClassicError::Foreign(shortened(&given.to_string()))),
        }
    }

    /// What stands at a path below its address; `None` if that isn't told within a few seconds.
    pub async fn look(&self, path: &[&str]) -> Option<Value> {
        const BOUND: Duration = Duration::from_secs(5);
        tokio::time::timeout(BOUND, self.request(Method::GET, path, None)).await.ok()?.ok()
    }

    /// The `value` of an answer.
    async fn request(&self, method: Method, path: &[&str], body: Option<&Value>) -> Result<Value, ClassicError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut request = Request::builder().method(method).uri(url.as_str());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let bytes = match body {
            Some(body) => {
                // Selenium Grid wants the character set to be named.
                request = request.header(CONTENT_TYPE, "application/json; charset=utf-8");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        let request = request.body(Full::new(bytes)).map_err(|error| ClassicError::Unreachable(error.to_string()))?;
        let answer = self.http.request(request).await.map_err(|error| match error.is_connect() {
            true => ClassicError::Unreachable(deepest(&error)),
            false => ClassicError::Cut(deepest(&error)),
        })?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST).collect().await;
        let body = body.map_err(|error| ClassicError::Cut(deepest(&*error)))?.to_bytes();
        read(status, &body)
    }
}

/// What an answer says.
fn read(status: StatusCode, body: &[u8]) -> Result<Value, ClassicError> {
    let value = serde_json::from_slice::<Value>(body).ok().and_then(|mut said| said.get_mut("value").map(Value::take));
    match value {
        Some(value) if status.is_success() => Ok(value),
        Some(Value::Object(said)) if said.contains_key("error") => {
            let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            Err(ClassicError::Said { code: text("error"), message: text("message") })
        }
        _ if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::PROXY_AUTHENTICATION_REQUIRED]
            .contains(&status) =>
        {
            Err(ClassicError::Refused(status))
        }
        // What stands in front of a grid says that the grid didn't answer.
        _ if [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT]
            .contains(&status) =>
        {
            Err(ClassicError::Cut(format!("it answers {status}")))
        }
        _ => {
            let text = shortened(&String::from_utf8_lossy(body));
            Err(ClassicError::Foreign(if text.is_empty() { format!("it answers {status}") } else { text }))
        }
    }
}

/// A session. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Classic {
    remote: Remote,
    id: String,
}

impl Classic {
    /// Where it runs.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Asks for something that changes nothing (section "Get Timeouts").
    ///
    /// # Errors
    /// [`ClassicError`].
    pub async fn look(&self) -> Result<(), ClassicError> {
        self.remote.request(Method::GET, &["session", &self.id, "timeouts"], None).await.map(drop)
    }

    /// The window that the next commands are for.
    ///
    /// # Errors
    /// [`ClassicError`].
    pub async fn switch_to_window(&self, handle: &str) -> Result<(), ClassicError> {
        self.send(Method::POST, &["window"], Some(json!({ "handle": handle })), Again::Always).await
    }

    /// Goes into the window's frames, one within the other, by their elements.
    ///
    /// # Errors
    /// [`ClassicError`].
    pub async fn enter_frames(&self, handle: &str, frames: &[String]) -> Result<(), ClassicError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.enter(frames).await {
                // Whether it has entered one isn't known, so it begins with the window again.
                Err(ClassicError::Cut(_)) if Instant::now() < until => self.switch_to_window(handle).await?,
                entered => return entered,
            }
        }
    }

    async fn enter(&self, frames: &[String]) -> Result<(), ClassicError> {
        for frame in frames {
            self.send(Method::POST, &["frame"], Some(json!({ "id": { ELEMENT: frame } })), Again::IfUnsent).await?;
        }
        Ok(())
    }

    /// Clicks an element (section "Element Click").
    ///
    /// # Errors
    /// [`ClassicError`].
    pub async fn click(&self, element: &str) -> Result<(), ClassicError> {
        self.send(Method::POST, &["element", element, "click"], Some(json!({})), Again::IfUnsent).await
    }

    /// Types into an element (section "Element Send Keys").
    ///
    /// # Errors
    /// [`ClassicError`].
    pub async fn send_keys(&self, element: &str, keys: &str) -> Result<(), ClassicError> {
        let body = json!({ "text": keys });
        self.send(Method::POST, &["element", element, "value"], Some(body), Again::IfUnsent).await
    }

    /// Ends the session.
    ///
    /// # Errors
    /// [`ClassicError`].
    pub async fn delete(&self) -> Result<(), ClassicError> {
        self.send(Method::DELETE, &[], None, Again::Always).await
    }

    /// Sends a command. Where it goes to another machine it's sent again while nobody takes it: that a grid, or what stands in
    /// front of it, doesn't answer for a moment is no end of its sessions.
    async fn send(&self, method: Method, path: &[&str], body: Option<Value>, again: Again) -> Result<(), ClassicError> {
        let mut whole = vec!["session", self.id.as_str()];
        whole.extend(path);
        let until = Instant::now() + PATIENCE;
        loop {
            let error = match self.remote.request(method.clone(), &whole, body.as_ref()).await {
                Ok(_) => return Ok(()),
                Err(ClassicError::Unreachable(why) | ClassicError::Cut(why)) if self.remote.own => {
                    return Err(ClassicError::Ended(why));
                }
                Err(error) => error,
            };
            let once_more = match error {
                ClassicError::Unreachable(_) => true,
                ClassicError::Cut(_) => again == Again::Always,
                _ => false,
            };
            if !once_more || Instant::now() >= until {
                return Err(error);
            }
            tracing::debug!("{}: {error}; sending it again", self.remote.shown());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Which commands may be sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Those that do the same when they are done twice.
    Always,
    /// Those that would do it twice: only if they were not sent.
    IfUnsent,
}

/// The header that says an address's user and password.
fn authorization(address: &Url) -> Option<HeaderValue> {
    if address.username().is_empty() && address.password().is_none() {
        return None;
    }
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let both = [decoded(address.username()), decoded(address.password().unwrap_or_default())].join(&b':');
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(both))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The root of an error: "Connection refused" says it all, what stands above it in the HTTP client's words doesn't.
fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(inner) = deepest.source() {
        deepest = inner;
    }
    deepest.to_string()
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn credentials_are_in_the_header_and_not_in_the_address() {
        let remote = Remote::new("https://me%40work:p%3Aw%20x@grid.example/wd/hub?x=1").unwrap();
        assert_eq!(remote.shown(), "https://grid.example/wd/hub");
        assert_eq!(remote.address().as_str(), "https://grid.example/wd/hub/");
        let header = remote.authorization().unwrap();
        assert_eq!(header.to_str().unwrap(), format!("Basic {}", STANDARD.encode("me@work:p:w x")));
        let shown = format!("{remote:?}");
        assert!(header.is_sensitive() && !shown.contains("p:w") && !shown.contains("Basic"), "{shown}");
        assert!(Remote::new("http://grid.example:4444").unwrap().authorization().is_none());
    }

    #[test]
    fn an_answer_is_what_it_says_or_why_there_is_none() {
        let said = |status: u16, body: &str| read(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(said(200, r#"{"value":{"a":1}}"#), Ok(json!({ "a": 1 })));
        assert_eq!(said(200, r#"{"value":null}"#), Ok(Value::Null));
        let error = r#"{"value":{"error":"no such element","message":"gone","stacktrace":""}}"#;
        let want = ClassicError::Said { code: "no such element".into(), message: "gone".into() };
        assert_eq!(said(404, error), Err(want));
        assert_eq!(said(401, "<h1>who?</h1>"), Err(ClassicError::Refused(StatusCode::UNAUTHORIZED)));
        assert_eq!(said(200, "<h1>shop</h1>"), Err(ClassicError::Foreign("<h1>shop</h1>".into())));
        assert_eq!(said(500, ""), Err(ClassicError::Foreign("it answers 500 Internal Server Error".into())));
        assert_eq!(said(502, "<h1>x</h1>"), Err(ClassicError::Cut("it answers 502 Bad Gateway".into())));
        let gone = r#"{"value":{"error":"unknown error","message":"no route"}}"#;
        let want = ClassicError::Said { code: "unknown error".into(), message: "no route".into() };
        assert_eq!(said(503, gone), Err(want));
    }

    /// Somewhere that nobody listens yet, and a session there.
    async fn nobody() -> (std::net::SocketAddr, Remote) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (address, Remote::new(&format!("http://{address}")).unwrap())
    }

    /// Closes the first connections without a word and answers what comes by the next; the requests' first lines.
    async fn answers(listener: TcpListener, closed: usize, requests: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for nth in 0..closed + requests {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = vec![0; 4096];
            let count = stream.read(&mut seen).await.unwrap();
            lines.push(String::from_utf8_lossy(&seen[..count]).lines().next().unwrap_or_default().to_owned());
            if nth >= closed {
                let said = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 14\r\n\r\n{\"value\":null}";
                stream.write_all(said.as_bytes()).await.unwrap();
            }
        }
        lines
    }

    #[tokio::test]
    async fn a_grid_that_lets_nobody_in_for_a_moment_still_has_its_sessions() {
        let (address, remote) = nobody().await;
        let session = Classic { remote: remote.clone(), id: "s".into() };
        // A driver of our own that doesn't answer has ended.
        let own = Classic { remote: remote.own(), id: "s".into() };
        assert!(matches!(own.click("e").await, Err(ClassicError::Ended(_))));
        let click = tokio::spawn({
            let session = session.clone();
            async move { session.click("e").await }
        });
        let switch = session.switch_to_window("w");
        let mut switch = std::pin::pin!(switch);
        assert!(tokio::time::timeout(PAUSE, &mut switch).await.is_err() && !click.is_finished());
        let listener = TcpListener::bind(address).await.unwrap();
        let (switched, clicked, lines) = tokio::join!(switch, click, answers(listener, 0, 2));
        assert_eq!((switched, clicked.unwrap()), (Ok(()), Ok(())));
        assert_eq!(lines.len(), 2);
    }

    #[tokio::test]
    async fn what_would_be_done_twice_is_sent_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let remote = Remote::new(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let session = Classic { remote, id: "s".into() };
        let frames = ["f".to_owned()];
        let ((clicked, entered), lines) = tokio::join!(
            async { (session.click("e").await, session.enter_frames("w", &frames).await) },
            answers(listener, 2, 2)
        );
        assert!(matches!(clicked, Err(ClassicError::Cut(_))), "{clicked:?}");
        assert_eq!(entered, Ok(()));
        let paths: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(paths, ["/session/s/element/e/click", "/session/s/frame", "/session/s/window", "/session/s/frame"]);
    }
}
