//! A thin WebDriver BiDi client: socket -> ids and pending commands -> typed calls.
//!
//! Boundary: knows messages, not their meaning. Commands are answered by id; events go, in the order in which the socket
//! delivered them, to one receiver. A closing socket fails all that is pending, with the reason, and every later call.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::header::{AUTHORIZATION, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BidiError {
    /// The remote end answered with an error (WebDriver BiDi, section "Errors").
    #[error("{message} ({code})")]
    Remote {
        /// Error code: `no such frame`.
        code: String,
        /// The remote end's words.
        message: String,
    },
    /// The script threw, or its promise was rejected.
    #[error("{0}")]
    Script(String),
    /// The socket is closed: the browser or driver has gone.
    #[error("the browser's connection closed: {0}")]
    Closed(String),
    /// No answer within the bound.
    #[error("no answer to {method} within {} s", after.as_secs_f32())]
    Timeout {
        /// Command.
        method: String,
        /// Bound.
        after: Duration,
    },
}

impl BidiError {
    /// Whether the browsing context or document that was asked has gone meanwhile.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Remote { code, message } if code == "no such frame"
        || code == "no such node"
        || code == "discarded browsing context"
        || code == "stale element reference"
        // What both browsers say of a script whose document was replaced while it ran is "unknown error".
        || (code == "unknown error" && {
            let message = message.to_lowercase();
            ["destroyed", "navigat", "cannot find context", "inspected target", "actor", "aborterror", "detached", "context with specified id"]
                .iter().any(|part| message.contains(part))
        }))
    }
}

/// An event as the socket delivered it.
#[derive(Debug)]
pub struct Event {
    /// `script.message`
    pub method: String,
    /// Its parameters.
    pub params: Value,
}

type Pending = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, BidiError>>>>>;

/// One socket. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bidi {
    outgoing: mpsc::UnboundedSender<Message>,
    pending: Pending,
    next: Arc<AtomicU64>,
    closed: watch::Receiver<Option<String>>,
    close: watch::Sender<Option<String>>,
}

#[derive(Deserialize)]
struct Incoming {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<u64>,
    result: Option<Value>,
    method: Option<String>,
    params: Option<Value>,
    /// A code; in Chromium's own protocol, whose messages are of the same shape, an object with code and message.
    error: Option<Value>,
    message: Option<String>,
}

/// A burst of a page's events is one message; a hostile one is bounded by the listener long before this.
const MAX_MESSAGE: usize = 256 << 20;

/// Nothing more comes. First the reason, then the pending ones: a call made in between sees the reason.
fn end(close: &watch::Sender<Option<String>>, pending: &Pending, why: &str) {
    close.send_modify(|closed| _ = closed.get_or_insert_with(|| why.to_owned()));
    for (_, sender) in lock(pending).drain() {
        let _ = sender.send(Err(BidiError::Closed(why.to_owned())));
    }
}

impl Bidi {
    /// Opens the socket; `authorization` lets it in. Events arrive at the receiver, which must be read: nothing is dropped.
    ///
    /// # Errors
    /// A sentence if the address can't be reached within ten seconds.
    pub async fn connect(
        url: &str,
        authorization: Option<&HeaderValue>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Event>), String> {
        let mut request = url.into_client_request().map_err(|error| error.to_string())?;
        if let Some(authorization) = authorization {
            request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        }
        let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
        let connecting = tokio_tungstenite::connect_async_with_config(request, Some(config), true);
        let (socket, _) = tokio::time::timeout(Duration::from_secs(10), connecting)
            .await
            .map_err(|_| "no answer within 10 s".to_owned())?
            .map_err(|error| error.to_string())?;
        let (mut sink, mut stream) = socket.split();
        let (outgoing, mut to_send) = mpsc::unbounded_channel::<Message>();
        let (events, received) = mpsc::unbounded_channel();
        let (close, closed) = watch::channel(None);
        let pending = Pending::default();

        tokio::spawn(async move {
            while let Some(message) = to_send.recv().await {
                if sink.send(message).await.is_err() {
                    break; // the reading half tells why
                }
            }
            let _ = sink.close().await;
        });
        let (waiting, closing) = (pending.clone(), close.clone());
        tokio::spawn(async move {
            let why = loop {
                match stream.next().await {
                    Some(Ok(Message::Text(text))) => deliver(&text, &waiting, &events),
                    Some(Ok(Message::Close(frame))) => {
                        break frame
                            .map(|f| f.reason.to_string())
                            .filter(|r| !r.is_empty())
                            .unwrap_or_else(|| "closed by the browser".into());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => break error.to_string(),
                    None => break "the browser has gone".to_owned(),
                }
            };
            tracing::debug!(target: "chatproof::bidi", "socket closed: {why}");
            end(&closing, &waiting, &why);
        });
        Ok((Self { outgoing, pending, next: Arc::new(AtomicU64::new(1)), closed, close }, received))
    }

    /// Runs what listens for a session. Should it panic, the session is deaf: it ends, rather than hear nothing and go on.
    pub(super) fn guard(&self, task: impl Future<Output = ()> + Send + 'static) {
        let (close, pending) = (self.close.clone(), self.pending.clone());
        tokio::spawn(async move {
            if tokio::spawn(task).await.is_err_and(|error| error.is_panic()) {
                end(&close, &pending, "what the browser said could not be taken in; this is a defect in chatproof");
            }
        });
    }

    /// Takes it for closed: nothing more is expected of it.
    pub(super) fn give_up(&self, why: &str) {
        tracing::debug!(target: "chatproof::bidi", "socket given up: {why}");
        end(&self.close, &self.pending, why);
    }

    /// Whether nothing can be asked any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.borrow().is_some()
    }

    /// A socket that is closed already: what it brought is delivered by hand, and nothing can be asked. For fuzzing.
    pub(super) fn of_messages<'m>(messages: impl Iterator<Item = &'m str>) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (outgoing, _) = mpsc::unbounded_channel();
        let (events, received) = mpsc::unbounded_channel();
        let (close, closed) = watch::channel(Some("there is no browser".to_owned()));
        let bidi = Self { outgoing, pending: Pending::default(), next: Arc::new(AtomicU64::new(1)), closed, close };
        for message in messages {
            deliver(message, &bidi.pending, &events);
        }
        (bidi, received)
    }

    /// Sends a command and waits for its answer, for at most `bound`.
    ///
    /// # Errors
    /// [`BidiError`]: refused by the remote end, the socket closed, or no answer in time.
    pub async fn call(&self, method: &str, params: Value, bound: Duration) -> Result<Value, BidiError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        lock(&self.pending).insert(id, sender);
        // A caller that stops waiting leaves nothing behind.
        let _guard = Forget { id, pending: &self.pending };
        if let Some(why) = self.closed.borrow().clone() {
            return Err(BidiError::Closed(why));
        }
        let text = json!({ "id": id, "method": method, "params": params }).to_string();
        tracing::trace!(target: "chatproof::bidi", "-> {}", clip(&text));
        if self.outgoing.send(Message::text(text)).is_err() {
            return Err(BidiError::Closed("closed".into()));
        }
        match tokio::time::timeout(bound, receiver).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(BidiError::Closed("closed".into())),
            Err(_) => Err(BidiError::Timeout { method: method.to_owned(), after: bound }),
        }
    }

    /// Becomes `Some(reason)` when the socket has closed.
    pub fn closed(&self) -> watch::Receiver<Option<String>> {
        self.closed.clone()
    }
}

struct Forget<'a> {
    id: u64,
    pending: &'a Pending,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        lock(self.pending).remove(&self.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The beginning of a message, for the log. The mark at its end says that it was cut: a secret may have been, too.
fn clip(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= 600 {
        return text.into();
    }
    let end = (0..=600).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end]).into()
}

fn deliver(text: &str, pending: &Pending, events: &mpsc::UnboundedSender<Event>) {
    tracing::trace!(target: "chatproof::bidi", "<- {}", clip(text));
    let message: Incoming = match serde_json::from_str(text) {
        Ok(message) => message,
        Err(error) => {
            tracing::warn!(target: "chatproof::bidi", "a message that is no BiDi message: {error}");
            return;
        }
    };
    match (message.kind.as_deref(), message.id) {
        (Some("event"), _) | (None, None) => {
            if let (Some(method), Some(params)) = (message.method, message.params) {
                let _ = events.send(Event { method, params });
            }
        }
        (_, Some(id)) => {
            let Some(sender) = lock(pending).remove(&id) else { return };
            let _ = sender.send(match message.error {
                Some(Value::String(code)) => {
                    Err(BidiError::Remote { code, message: message.message.unwrap_or_default() })
                }
                Some(error) => Err(BidiError::Remote {
                    code: error.get("code").map(Value::to_string).unwrap_or_default(),
                    message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
                }),
                None => Ok(message.result.unwrap_or(Value::Null)),
            });
        }
        (_, None) => tracing::warn!(target: "chatproof::bidi", "an error without a command: {}", clip(text)),
    }
}
