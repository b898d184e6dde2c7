//! What is answered in the browser in a server's place.
//!
//! Boundary: from a request and a wish to status, headers and body; sending them is `traffic.rs`'s.

use hyper::StatusCode;

use super::rules::Answer;

/// A transparent pixel: what an image that was sent as a beacon expects.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// A request that is answered.
pub(super) struct Asking<'a> {
    pub(super) url: &'a str,
    pub(super) method: &'a str,
    pub(super) image: bool,
    pub(super) header: &'a dyn Fn(&str) -> Option<String>,
}

/// Status, headers and body.
pub(super) type Reply = (u16, Vec<(String, String)>, Vec<u8>);

/// What an analytics server would answer, as far as a page can tell: done, and any origin may know it.
pub(super) fn analytics(asking: &Asking<'_>) -> Reply {
    let mut headers = shared(asking);
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    if asking.method == "OPTIONS" {
        return (204, headers, Vec::new());
    }
    let path = path(asking.url);
    if asking.image || path.contains("/b/ss/") {
        add("Content-Type", "image/gif");
        return (200, headers, PIXEL.to_vec());
    }
    // Some tags wait for a list of what to do next.
    if path.contains("/ee/") && path.ends_with("/interact") {
        add("Content-Type", "application/json");
        return (200, headers, br#"{"requestId":"stubbed","handle":[]}"#.to_vec());
    }
    (204, headers, Vec::new())
}

/// What the site file says (`stub`); any origin may know it, and the question whether it may is answered with yes.
pub(super) fn stubbed(asking: &Asking<'_>, answer: &Answer) -> Reply {
    let mut headers = shared(asking);
    if asking.method == "OPTIONS" && (asking.header)("access-control-request-method").is_some() {
        return (204, headers, Vec::new());
    }
    if !answer.body.is_empty() {
        headers.push(("Content-Type".to_owned(), content_type(path(asking.url), &answer.body).to_owned()));
    }
    (answer.status, super::rules::with(headers, answer.headers.clone()), answer.body.clone())
}

/// The words that belong to a status.
pub(super) fn phrase(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Answered")
}

fn path(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// By the address, else by how the body begins.
fn content_type(path: &str, body: &[u8]) -> &'static str {
    let file = path.rsplit('/').next().unwrap_or_default();
    let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("js" | "mjs") => return "text/javascript; charset=utf-8",
        Some("css") => return "text/css; charset=utf-8",
        Some("html" | "htm") => return "text/html; charset=utf-8",
        Some("json") => return "application/json",
        Some("svg") => return "image/svg+xml",
        Some("png") => return "image/png",
        Some("gif") => return "image/gif",
        Some("jpg" | "jpeg") => return "image/jpeg",
        Some("webp") => return "image/webp",
        _ => {}
    }
    match body.trim_ascii_start().first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "text/html; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

/// Any origin may know the answer.
fn shared(asking: &Asking<'_>) -> Vec<(String, String)> {
    let header = asking.header;
    let mut headers = Vec::new();
    let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    // Chromium doesn't always say the origin beforehand; what referred is nearly always as good.
    let referrer = || Some(url::Url::parse(&header("referer")?).ok()?.origin().ascii_serialization());
    match header("origin").or_else(referrer) {
        Some(origin) => {
            add("Access-Control-Allow-Origin", &origin);
            add("Access-Control-Allow-Credentials", "true");
        }
        None => add("Access-Control-Allow-Origin", "*"),
    }
    add("Cross-Origin-Resource-Policy", "cross-origin");
    add("Timing-Allow-Origin", "*");
    add("Cache-Control", "no-store");
    if asking.method == "OPTIONS" {
        let methods = header("access-control-request-method").unwrap_or_else(|| "GET, POST, PUT".to_owned());
        add("Access-Control-Allow-Methods", &methods);
        if let Some(wanted) = header("access-control-request-headers") {
            add("Access-Control-Allow-Headers", &wanted);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_says_of_what_kind_it_is_unless_it_is_told() {
        let kind = |url: &str, body: &str, headers: Vec<(String, String)>| {
            let asking = Asking { url, method: "GET", image: false, header: &|_| None };
            let answer = Answer { status: 200, headers, body: body.as_bytes().to_vec() };
            let (_, headers, _) = stubbed(&asking, &answer);
            headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, value)| value)
        };
        let guessed = |url: &str, body: &str| kind(url, body, vec![]).unwrap_or_default();
        assert_eq!(guessed("https://a/x.js?v=1.css", "let a"), "text/javascript; charset=utf-8");
        assert_eq!(guessed("https://a/api", " {}"), "application/json");
        assert_eq!(guessed("https://a/", "<p>"), "text/html; charset=utf-8");
        assert_eq!(guessed("https://a.png/", "no"), "text/plain; charset=utf-8");
        assert_eq!(kind("https://a/", "", vec![]), None);
        let own = vec![("content-type".to_owned(), "text/x".to_owned())];
        assert_eq!(kind("https://a/x.js", "a", own), Some("text/x".to_owned()));
    }
}
