//! What a page sends to analytics: one request, as the browser shows it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chatproof::browser::traffic::{BODY, Body, Seen};
use chatproof::cli::files;
use chatproof::judge;
use chatproof::report::style::Style;
use chatproof::runner::rehearsal::Stage;
use chatproof::site::Site;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::{OWN_SPEC, PLACE, SECRET, keeps_it, source, stage};

/// A forward of every kind, each at a host of its own, and a journey for each.
const SITE: &str = include_str!("bodies.yaml");

static OWN_SITE: LazyLock<Site> = LazyLock::new(|| {
    files::parse_site(source("bodies.yaml", SITE), &OWN_SPEC, Style::OFF).unwrap_or_else(|error| panic!("{error}"))
});
static STAGES: LazyLock<BTreeMap<&str, Stage<'static>>> =
    LazyLock::new(|| OWN_SITE.journeys.keys().map(|name| (name.as_str(), stage(&OWN_SITE, name))).collect());

/// The visitor is on the page.
const THERE: &str = r#"{"d":"d","m":[{"k":"alive","s":0,"t":1,"u":"https://shop.example/","top":true},{"k":"mark","s":1,"t":2,"p":0}]}"#;
/// What the page fires by the last step, and what the journey does before it.
const FIRED: &str = r#"{"d":"d","m":[{"k":"mark","s":2,"t":3,"p":5},{"k":"event","s":3,"t":4,"c":"chat:opened","n":1,"a":1,"v":{"detail":{"chat":"c-1"}},"x":[]}]}"#;

/// One request may take so much of a recording, in bytes of JSON. A body is 1 MiB at most, unpacked.
const MOST: usize = 32 << 20;
/// Whoever waits longer has lost: a page sends hundreds of requests. This is for a debug build beside other work.
const LONGEST: Duration = Duration::from_secs(60);

/// Four lines, and the body:
///
/// - method and address. `<` before them: sent before the visitor has agreed; `~`: not all of the body is shown; `=`: it is
///   shown later
/// - `Content-Type`
/// - `Content-Encoding`
/// - in what the body is packed before it is sent, the innermost first, so that a search can change what lies in it
struct Input<'a> {
    early: bool,
    cut: bool,
    later: bool,
    method: &'a str,
    url: &'a str,
    content_type: &'a str,
    content_encoding: &'a str,
    packings: &'a str,
    body: &'a [u8],
}

impl<'a> Input<'a> {
    fn of(data: &'a [u8]) -> Option<Self> {
        let mut lines = data.splitn(5, |byte| *byte == b'\n');
        let mut line = || std::str::from_utf8(lines.next().unwrap_or_default()).ok();
        let request = line()?;
        let sent = request.trim_start_matches(['<', '~', '=']);
        let marks = request.get(..request.len() - sent.len())?;
        let (method, url) = sent.split_once(' ')?;
        let (content_type, content_encoding, packings) = (line()?, line()?, line()?);
        let body = lines.next().unwrap_or_default();
        Some(Self {
            early: marks.contains('<'),
            cut: marks.contains('~'),
            later: marks.contains('='),
            method,
            url,
            content_type,
            content_encoding,
            packings,
            body,
        })
    }

    /// The journey in which the forward at its host is looked at, and no other: eight times fewer things are judged. What is
    /// sent elsewhere may be anybody's.
    fn stage(&self) -> Option<&'static Stage<'static>> {
        let host = self.url.split_once("://").map_or(self.url, |(_, after)| after);
        let name = host.split('.').next().unwrap_or_default();
        STAGES.get(name).or_else(|| STAGES.get("all"))
    }

    fn seen(&self) -> Seen {
        let mut bytes = self.body.to_vec();
        for packing in self.packings.split(',').take(4) {
            bytes = packed(packing.trim(), bytes);
        }
        let state = if self.cut || bytes.len() > BODY { "truncated" } else { "complete" };
        bytes.truncate(BODY);
        Seen {
            what: "",
            id: "r".to_owned(),
            method: self.method.to_owned(),
            url: self.url.to_owned(),
            content_type: self.content_type.to_owned(),
            content_encoding: self.content_encoding.to_owned(),
            body: Some(Body { bytes: (!bytes.is_empty()).then_some(bytes), state }),
            beforehand: false,
        }
    }
}

fn packed(packing: &str, bytes: Vec<u8>) -> Vec<u8> {
    let by = |result: std::io::Result<Vec<u8>>| result.unwrap_or_else(|error| panic!("{error}"));
    let level = Compression::fast();
    match packing {
        "gzip" => {
            let mut encoder = GzEncoder::new(Vec::new(), level);
            by(encoder.write_all(&bytes).and_then(|()| encoder.finish()))
        }
        "zlib" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            by(encoder.write_all(&bytes).and_then(|()| encoder.finish()))
        }
        "deflate" => {
            let mut encoder = DeflateEncoder::new(Vec::new(), level);
            by(encoder.write_all(&bytes).and_then(|()| encoder.finish()))
        }
        "base64" => STANDARD.encode(bytes).into_bytes(),
        "base64url" => URL_SAFE_NO_PAD.encode(bytes).into_bytes(),
        // As the value of a field.
        "field" => [b"type=opened&data=", bytes.as_slice()].concat(),
        "percent" => bytes.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect(),
        "json" => match serde_json::to_vec(&serde_json::json!({ "type": String::from_utf8_lossy(&bytes) })) {
            Ok(text) => text,
            Err(error) => panic!("{error}"),
        },
        _ => bytes,
    }
}

/// The input with the secret in its places; as it is, if there are none.
fn with_secret(data: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(PLACE.len()).position(|part| part == PLACE.as_bytes()) {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(SECRET.as_bytes());
        rest = rest.get(at + PLACE.len()..).unwrap_or_default();
    }
    if out.is_empty() && rest.len() == data.len() {
        return Cow::Borrowed(data);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// A request: read, unpacked, decoded for every product, searched, masked and judged, in bounds and without the secret.
pub fn bodies(data: &[u8]) {
    let began = Instant::now();
    let data = with_secret(data);
    let Some(input) = Input::of(&data) else { return };
    let both = format!("{THERE}\n{FIRED}");
    let said = if input.early { [THERE, FIRED] } else { [both.as_str(), ""] };
    let Some(stage) = input.stage() else { panic!("there is no journey for all") };
    let recording = stage.sends(said, input.seen(), input.later);
    // All else in it is the same for every input.
    let saved =
        serde_json::to_string(&recording.observations).unwrap_or_else(|error| panic!("it can't be saved: {error}"));
    assert!(saved.len() < MOST, "one request takes {} bytes of a recording", saved.len());
    keeps_it(&saved);
    for verdict in judge::judge(&OWN_SPEC, &OWN_SITE, &recording) {
        for said in [&verdict.subject, &verdict.expected, &verdict.actual].into_iter().chain(&verdict.hint) {
            keeps_it(said);
        }
    }
    assert!(began.elapsed() < LONGEST, "it took {:?}", began.elapsed());
}
