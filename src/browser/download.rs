//! Files that pages save: where they go, and which have come.
//!
//! Boundary: waits for them; what is in them is the runner's to read.

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::context::Window;
use super::routes::{Heard, Route, lock};

/// Files that are remembered of a user context; a page may save for ever.
const MOST: usize = 1000;

/// Files of a user context.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// A step waits for one.
    wanted: bool,
    ended: Vec<Ended>,
}

/// A download that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Where the file is; `None`: it didn't arrive.
    pub path: Option<PathBuf>,
    /// Where it came from.
    pub url: String,
}

impl Files {
    /// Takes an event of the browser's; whether a download has begun, what is to be told of it.
    pub(super) fn heard(&mut self, method: &str, params: &Value) -> Option<Heard> {
        let text = |key: &str| params.get(key).and_then(Value::as_str).unwrap_or_default();
        if method == "browsingContext.downloadWillBegin" {
            let what = format!("download of {}", text("suggestedFilename"));
            return Some(Heard::Asked { what, answer: if self.wanted { "kept" } else { "discarded" } });
        }
        if self.ended.len() < MOST {
            let complete = text("status") == "complete";
            let path = params.get("filepath").and_then(Value::as_str).filter(|_| complete).map(PathBuf::from);
            self.ended.push(Ended { path, url: text("url").to_owned() });
        }
        None
    }
}

impl Window {
    /// Gives the files of its pages a folder of their own, in the one that goes with the browser.
    pub(super) async fn keep_files(&self) {
        let Some(folder) = &self.session.downloads else { return };
        let folder = folder.join(&self.user_context);
        let wanted = json!({
            "downloadBehavior": { "type": "allowed", "destinationFolder": folder.to_string_lossy() },
            "userContexts": [self.user_context],
        });
        if let Err(error) = self.session.call("browser.setDownloadBehavior", wanted).await {
            tracing::debug!("files of all journeys go to one folder: {error}");
        }
    }

    /// A file is waited for from now on, or not any more; how many have come so far.
    pub fn expect_file(&self, wanted: bool) -> usize {
        self.files(|files| {
            files.wanted = wanted;
            files.ended.len()
        })
        .unwrap_or_default()
    }

    /// The first file after so many others; waits for it.
    pub async fn file_after(&self, count: usize, deadline: Instant) -> Option<Ended> {
        let mut changed = self.changed.clone();
        let come = async {
            loop {
                changed.borrow_and_update();
                if let Some(ended) = self.files(|files| files.ended.get(count).cloned()).flatten() {
                    return Some(ended);
                }
                changed.changed().await.ok()?;
            }
        };
        tokio::time::timeout_at(deadline, come).await.ok().flatten()
    }

    fn files<T>(&self, look: impl FnOnce(&mut Files) -> T) -> Option<T> {
        let mut routes = lock(&self.session.routes);
        let route: &mut Route = routes.by_user_context.get_mut(&self.user_context)?;
        Some(look(&mut route.files))
    }
}

/// By which the browser tells of them.
pub(super) const EVENTS: [&str; 2] = ["browsingContext.downloadWillBegin", "browsingContext.downloadEnd"];
