//! A site with an entry's changes, served on loopback while its journeys are walked.
//!
//! Boundary: starts and stops; what is served is the reference site's or the folder's business.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::changes::Changes;
use crate::fixture_site::FixtureSite;

use super::origin::Origin;
use super::{Entry, Served};

/// A site that is served. Dropped, it is gone.
#[derive(Debug)]
pub enum Site {
    /// The reference site.
    Reference(FixtureSite),
    /// A folder.
    Folder(FolderSite),
}

impl Site {
    /// Serves what a catalogue serves, with an entry's changes, on a port of its own.
    ///
    /// # Errors
    /// If no port can be had or a change doesn't fit.
    pub async fn start(served: &Served, entry: &Entry) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        match served {
            Served::ReferenceSite => {
                let (embed, changes) = (entry.embed.clone(), entry.changes.clone());
                FixtureSite::start_changed(listener, embed, changes).await.map(Self::Reference)
            }
            Served::Folder(folder) => {
                FolderSite::start(listener, folder.clone(), entry.changes.clone()).map(Self::Folder)
            }
        }
    }

    /// Base address.
    pub fn url(&self) -> &str {
        match self {
            Self::Reference(site) => site.url(),
            Self::Folder(site) => &site.url,
        }
    }

    /// Stops serving.
    pub async fn stop(self) {
        if let Self::Reference(site) = self {
            site.stop().await;
        }
    }
}

/// A folder of static files, served with changes.
#[derive(Debug)]
pub struct FolderSite {
    url: String,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Folder {
    files: Origin,
    changes: Changes,
}

impl FolderSite {
    fn start(listener: TcpListener, files: Origin, changes: Changes) -> io::Result<Self> {
        changes.check(|file| files.served(file)).map_err(|(index, misfit)| {
            io::Error::other(format!("the change to {}: {misfit}", changes.patches[index].file))
        })?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = Router::new().fallback(answer).with_state(Arc::new(Folder { files, changes }));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(%error, "a folder is no longer served");
            }
        });
        Ok(Self { url, task })
    }
}

impl Drop for FolderSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Folder {
    /// The file at an address: itself, with `.html`, or a folder's `index.html`.
    fn find(&self, path: &str) -> Option<(String, Vec<u8>)> {
        let path = path.trim_matches('/');
        let index = if path.is_empty() { "index.html".to_owned() } else { format!("{path}/index.html") };
        [path.to_owned(), format!("{path}.html"), index].into_iter().find_map(|file| {
            let served = self.changes.apply(&file, self.files.served(&file)).ok().flatten()?;
            Some((file, served.into_owned()))
        })
    }
}

async fn answer(State(folder): State<Arc<Folder>>, uri: Uri) -> Response {
    let path = percent_decoded(uri.path());
    let found = tokio::task::spawn_blocking({
        let folder = folder.clone();
        move || folder.find(&path)
    });
    let mut response = match found.await {
        Ok(Some((file, bytes))) => ([(header::CONTENT_TYPE, kind(&file))], bytes).into_response(),
        _ => (StatusCode::NOT_FOUND, "there is no such file in the served folder\n").into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in &folder.changes.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    response
}

/// A text's content type says its encoding, without which a page's own scripts may be read in another one.
fn kind(file: &str) -> String {
    let kind = mime_guess::from_path(file).first_or_octet_stream();
    if kind.type_() == mime_guess::mime::TEXT { format!("{kind}; charset=utf-8") } else { kind.to_string() }
}

fn percent_decoded(path: &str) -> String {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned()
}
