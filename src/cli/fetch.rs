//! A vendor's page from a file or an address: bounded in size, time and redirects.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, LOCATION, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use url::Url;

use crate::draft::MOST;
use crate::error::{Error, Result};
use crate::source::SourceFile;

/// How long an address may take, redirects included.
const LONGEST: Duration = Duration::from_secs(30);
/// How often an address may lead to another one.
const REDIRECTS: usize = 5;

/// A page's text.
///
/// # Errors
/// [`Error::Read`] or [`Error::Usage`] for a file, [`Error::Other`] for an address.
pub async fn page(reference: &str) -> Result<SourceFile> {
    let address = Url::parse(reference).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(address) = address else { return file(Path::new(reference)) };
    let shown = shown(&address);
    if !address.username().is_empty() || address.password().is_some() {
        return Err(Error::Usage(format!("{shown}: a page behind a login isn't read\n  help: save it to a file")));
    }
    let read = tokio::time::timeout(LONGEST, get(address));
    let text = read.await.unwrap_or_else(|_| Err(format!("no whole answer within {} s", LONGEST.as_secs())));
    let text = text.map_err(|why| Error::Other(format!("can't read {shown}: {why}")))?;
    Ok(SourceFile::new(shown, text))
}

fn shown(address: &Url) -> String {
    let mut address = address.clone();
    let _ = (address.set_username(""), address.set_password(None));
    address.set_fragment(None);
    address.to_string()
}

fn file(path: &Path) -> Result<SourceFile> {
    let failed = |cause| Error::Read { path: path.to_owned(), cause };
    let mut text = String::new();
    let most = u64::try_from(MOST).unwrap_or(u64::MAX);
    std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_string(&mut text)).map_err(failed)?;
    if text.len() > MOST {
        return Err(Error::Usage(format!(
            "{} is longer than {} MiB\n  help: name the page that documents the events",
            path.display(),
            MOST >> 20
        )));
    }
    Ok(SourceFile::new(path.display().to_string(), text))
}

async fn get(mut address: Url) -> std::result::Result<String, String> {
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("can't set up TLS: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    for _ in 0..=REDIRECTS {
        address.set_fragment(None);
        let request = Request::builder()
            .method(Method::GET)
            .uri(address.as_str())
            .header(ACCEPT, "text/html, text/markdown, text/plain;q=0.9")
            .header(USER_AGENT, concat!("chatproof/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|error| error.to_string())?;
        let answer = client.request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("{error}{cause}")
        })?;
        if answer.status().is_redirection()
            && let Some(to) = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok())
        {
            let next = address.join(to).map_err(|error| format!("it redirects to no address: {error}"))?;
            if !matches!(next.scheme(), "http" | "https") {
                return Err(format!("it redirects to an address of the scheme {}", next.scheme()));
            }
            if address.scheme() == "https" && next.scheme() == "http" {
                return Err("it redirects from https to http".to_owned());
            }
            address = next;
            continue;
        }
        if !answer.status().is_success() {
            return Err(format!("HTTP status {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), MOST).collect().await;
        let body = body.map_err(|error| match error.is::<http_body_util::LengthLimitError>() {
            true => format!("it is longer than {} MiB", MOST >> 20),
            false => error.to_string(),
        })?;
        return Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned());
    }
    Err(format!("it redirects more than {REDIRECTS} times"))
}
