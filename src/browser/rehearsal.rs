//! What a browser might send, without a browser: for fuzzing.
//!
//! Boundary: the same decoding and routing as in a session; what is asked back is never answered.

use std::sync::Arc;

use super::bidi::Bidi;
use super::routes::Sink;
use super::session::{channel_of, rehearsed, route};
use super::traffic::{Traffic, Watch, paused};

/// The one window that there is.
pub const WINDOW: &str = "w";
const USER_CONTEXT: &str = "u";

/// Has a sink hear messages, a line each: `=` and a message of the listener's in [`WINDOW`], `~` and a message of Chromium's
/// own protocol, or a message of WebDriver BiDi.
pub async fn rehearse(messages: &str, sink: Arc<dyn Sink>, watch: Arc<Watch>) {
    let routes = rehearsed(USER_CONTEXT, WINDOW, sink, watch);
    let bidi: Vec<String> = messages
        .lines()
        .filter(|line| !line.starts_with('~'))
        .map(|line| match line.strip_prefix('=') {
            Some(said) => serde_json::json!({
                "type": "event", "method": "script.message",
                "params": {
                    "channel": channel_of(USER_CONTEXT), "source": { "context": WINDOW },
                    "data": { "type": "string", "value": said },
                },
            })
            .to_string(),
            None => line.to_owned(),
        })
        .collect();
    let (socket, events) = Bidi::of_messages(bidi.iter().map(String::as_str));
    let traffic = Arc::new(Traffic::default());
    route(events, routes.clone(), socket, Some("binding".to_owned()), traffic.clone()).await;
    let (socket, events) = Bidi::of_messages(messages.lines().filter_map(|line| line.strip_prefix('~')));
    paused(events, routes, socket, traffic).await;
    // What was put off for an answer hears now that there is none.
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}
