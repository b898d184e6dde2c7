//! Sends traces to a collector: OTLP/HTTP with protobuf, bounded in time, and no redirects.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use percent_encoding::percent_decode_str;
use prost::Message as _;
use url::Url;

use crate::cli::settings::Surroundings;
use crate::error::{Error, Result};
use crate::report::model::Report;
use crate::report::{otlp, text};

/// How long one request may take (OpenTelemetry Protocol Exporter, `OTEL_EXPORTER_OTLP_TIMEOUT`: its default).
const LONGEST: Duration = Duration::from_secs(10);
/// How much of an answer is read.
const ANSWER: usize = 64 * 1024;
/// Where headers come from; the first one that is set counts (OpenTelemetry Protocol Exporter, "Configuration Options").
const VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];

/// How collectors are spoken to.
#[derive(Clone, Default)]
pub struct Collector {
    /// A variable's name and its value, which is secret.
    headers: Option<(&'static str, String)>,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("headers", &self.headers.as_ref().map(|(name, _)| name)).finish()
    }
}

impl Collector {
    /// As the environment says.
    pub fn of(surroundings: &Surroundings) -> Self {
        let set = |name| surroundings.var(name).map(|value| (name, value.to_owned()));
        Self { headers: VARIABLES.into_iter().find_map(set) }
    }

    /// Sends a report's traces, and waits until they are taken.
    ///
    /// # Errors
    /// [`Error::Other`] with the address, if the collector can't be reached, or doesn't take all.
    pub fn send(&self, address: &Url, report: &Report) -> Result<()> {
        let failed = |why: String| Error::Other(format!("can't send traces to {}: {why}", shown(address)));
        let headers = self.all_headers(address).map_err(failed)?;
        let address = endpoint(address);
        // On a thread of its own: who reports may be part of another runtime, or of none.
        let sent = std::thread::scope(|scope| {
            let send = || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.map_err(|cause| cause.to_string())?;
                runtime.block_on(async {
                    for request in otlp::requests(report) {
                        let sent = tokio::time::timeout(LONGEST, post(&address, &headers, &request)).await;
                        sent.unwrap_or_else(|_| Err(format!("no whole answer within {} s", LONGEST.as_secs())))?;
                    }
                    Ok(())
                })
            };
            scope.spawn(send).join().unwrap_or_else(|_| Err("the sending broke off".to_owned()))
        });
        sent.map_err(failed)
    }

    fn all_headers(&self, address: &Url) -> Result<HeaderMap, String> {
        let mut all = HeaderMap::new();
        all.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        all.insert(USER_AGENT, HeaderValue::from_static(concat!("chatproof/", env!("CARGO_PKG_VERSION"))));
        if !address.username().is_empty() || address.password().is_some() {
            let [name, password] = [address.username(), address.password().unwrap_or_default()];
            let [name, password] = [name, password].map(|part| percent_decode_str(part).collect::<Vec<u8>>());
            let login = STANDARD.encode([name, b":".to_vec(), password].concat());
            all.insert(AUTHORIZATION, secret(format!("Basic {login}").as_bytes()).ok_or("its login isn't one")?);
        }
        if let Some((variable, value)) = &self.headers {
            for (name, value) in parsed(value).ok_or_else(|| {
                format!("{variable} isn't a list of headers\n  help: write NAME=VALUE, with commas between, values percent-encoded")
            })? {
                all.insert(name, value);
            }
        }
        Ok(all)
    }
}

/// `name=value,other=value`: W3C Baggage's form, without metadata; values are percent-encoded. `None` if it isn't.
fn parsed(list: &str) -> Option<Vec<(HeaderName, HeaderValue)>> {
    let pairs = list.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value: Vec<u8> = percent_decode_str(value.trim()).collect();
            Some((HeaderName::from_bytes(name.trim().as_bytes()).ok()?, secret(&value)?))
        })
        .collect()
}

fn secret(value: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// An address as messages may have it: a login, or a key in its query, is nobody else's business.
pub fn shown(address: &Url) -> String {
    let mut address = endpoint(address);
    address.set_query(None);
    address.to_string()
}

/// Where traces go: an address without a path is that of the collector as a whole (OTLP/HTTP, "Endpoint URLs").
fn endpoint(address: &Url) -> Url {
    let mut address = address.clone();
    let _ = (address.set_username(""), address.set_password(None));
    address.set_fragment(None);
    if matches!(address.path(), "" | "/") {
        address.set_path("/v1/traces");
    }
    address
}

async fn post(address: &Url, headers: &HeaderMap, spans: &ExportTraceServiceRequest) -> Result<(), String> {
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("can't set up TLS: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(address.as_str())
        .body(Full::new(Bytes::from(spans.encode_to_vec())))
        .map_err(|error| error.to_string())?;
    *request.headers_mut() = headers.clone();
    let answer = client.request(request).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    })?;
    // What else it says may repeat what it was sent.
    if !answer.status().is_success() {
        return Err(format!("HTTP status {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), ANSWER).collect().await.map_err(|error| error.to_string())?;
    // Some collectors answer with JSON or nothing: what they have taken is taken.
    let answer = ExportTraceServiceResponse::decode(body.to_bytes()).unwrap_or_default();
    match answer.partial_success.map_or(0, |partial| partial.rejected_spans) {
        refused if refused > 0 => {
            let refused = usize::try_from(refused).unwrap_or(usize::MAX);
            Err(format!("{} refused", text::count(refused, "span was", "spans were")))
        }
        _ => Ok(()),
    }
}
