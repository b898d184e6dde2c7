//! The reference site: a website that embeds a conforming chat widget, with an agent inbox, served on loopback.
//!
//! It is what `demo`, `serve` and `selftest` open, and what the project's own tests run against. Pages, widget, inbox and
//! dialogues are files in `fixtures/`, compiled in; this module serves them and remembers visitors and agents. Nothing
//! here is used when chatproof tests somebody's site.

use std::io;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::changes::Changes;

mod assets;
mod audience;
mod calendar;
mod conversation;
mod desk;
mod http;
mod script;
mod values;
mod variant;
mod world;

#[cfg(test)]
mod tests;

pub use variant::{ApiPlace, FramePlace, ReadyTime, Variant};

/// A file of the site as it is compiled in, without changes: `chat/payload.js`.
pub fn original(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    assets::original(path)
}

/// The names of the files compiled in below a folder, sorted: `faults/`.
pub fn files_below(folder: &str) -> Vec<String> {
    assets::below(folder)
}

/// The site file of the demo, with journeys for this site.
pub const DEMO: &str = include_str!("../../fixtures/demo.yaml");

/// How long [`FixtureSite::stop`] waits for open connections.
const GRACE: Duration = Duration::from_secs(2);

/// A running reference site. Dropped, it is gone.
#[derive(Debug)]
pub struct FixtureSite {
    url: String,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl FixtureSite {
    /// Serves the site on `listener` until stopped. Frames of another origin are served from a port of their own.
    pub async fn start(listener: TcpListener, variant: Variant) -> io::Result<Self> {
        Self::start_changed(listener, variant, Changes::default()).await
    }

    /// The same with changes to what it serves: a fault, or an odd way to be right.
    pub async fn start_changed(listener: TcpListener, variant: Variant, changes: Changes) -> io::Result<Self> {
        changes.check(assets::original).map_err(|(index, misfit)| {
            io::Error::other(format!("the change to {}: {misfit}", changes.patches[index].file))
        })?;
        let script = assets::script(&changes).map_err(io::Error::other)?;
        let headers = http::headers_of(&changes).map_err(io::Error::other)?;
        let address = listener.local_addr()?;
        let frames = TcpListener::bind("127.0.0.1:0").await?;
        let embedding =
            assets::Embedding { variant, frame_origin: format!("http://{}", frames.local_addr()?), changes };
        let (stop, stopping) = watch::channel(false);
        let server = http::Server::new(world::World::new(script), embedding, headers, address.port(), stopping.clone());

        let mut tasks = vec![tokio::spawn(server.clone().keep_time())];
        for listener in [listener, frames] {
            let mut stopping = stopping.clone();
            let router = server.clone().router();
            // Without this, an event may wait for the acknowledgement of the one before.
            let listener = listener.tap_io(|stream| {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "can't turn off Nagle's algorithm");
                }
            });
            tasks.push(tokio::spawn(async move {
                let stopped = async move {
                    // An error means that the site was dropped.
                    let _ = stopping.wait_for(|stop| *stop).await;
                };
                if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                    tracing::warn!(%error, "the reference site stopped serving");
                }
            }));
        }
        Ok(Self { url: format!("http://{address}"), stop, tasks })
    }

    /// Base address, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all streams, answers what was asked, and stops.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let tasks = std::mem::take(&mut self.tasks);
        let aborts: Vec<_> = tasks.iter().map(JoinHandle::abort_handle).collect();
        if tokio::time::timeout(GRACE, futures_util::future::join_all(tasks)).await.is_err() {
            for task in aborts {
                task.abort();
            }
        }
    }
}

impl Drop for FixtureSite {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
    }
}
