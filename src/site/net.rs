//! What a site file says of requests: `headers`, `logins`, `block`, `stub`.
//!
//! Boundary: YAML tree -> [`Net`]. What browsers are asked for is known in `browser`; values of references are put in by the
//! runner.

use std::path::{Path, PathBuf};

use super::parse::template;
use super::template::{Piece, Template};
use crate::analytics::Address;
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Node, Value};
use crate::source::{SourceFile, Span};

/// What becomes of requests.
#[derive(Debug, Clone, Default)]
pub struct Net {
    /// Headers that are added to requests.
    pub headers: Vec<Header>,
    /// What servers get that ask who somebody is.
    pub logins: Vec<Login>,
    /// What is never asked for.
    pub block: Vec<Template>,
    /// What is answered in its server's place.
    pub stub: Vec<Stub>,
}

/// A header of requests.
#[derive(Debug, Clone)]
pub struct Header {
    /// The host, with a port unless that is the scheme's own; `None`: the base URL's origin.
    pub host: Option<String>,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Template,
    /// Place of its name.
    pub span: Span,
}

/// A user and a password for an origin.
#[derive(Debug, Clone)]
pub struct Login {
    /// As browsers write it: `https://assets.example.com`.
    pub origin: String,
    /// User name.
    pub user: Template,
    /// Password.
    pub password: Template,
}

/// An answer in a server's place.
#[derive(Debug, Clone)]
pub struct Stub {
    /// Which addresses.
    pub url: Template,
    /// HTTP status.
    pub status: u16,
    /// Names and values, as the page's own server could give them.
    pub headers: Vec<(String, Template)>,
    /// What is sent.
    pub body: StubBody,
}

/// An answer's body.
#[derive(Debug, Clone)]
pub enum StubBody {
    /// A text.
    Text(Template),
    /// A file's content, read when a run begins; as written, relative to the site file.
    File(String, Span),
}

impl Net {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.logins.is_empty() && self.block.is_empty() && self.stub.is_empty()
    }
}

/// Where a file of `stub` is.
pub fn beside(source: &SourceFile, file: &str) -> PathBuf {
    super::directory(source).map_or_else(|| PathBuf::from(file), |directory| directory.join(Path::new(file)))
}

pub(super) const LOGIN: &[&str] = &["user", "password"];
pub(super) const STUB: &[&str] = &["url", "status", "headers", "body", "file"];

/// Headers that the browser has to make itself, since they say how a message is sent (Fetch, "forbidden request-header").
const OWN: [&str; 11] = [
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "cookie",
];

/// Reads all of them.
pub(super) fn read(
    checker: &mut Checker<'_>,
    headers: Option<&Node>,
    logins: Option<&Node>,
    block: Option<&Node>,
    stub: Option<&Node>,
) -> Net {
    Net {
        headers: headers.map(|node| read_headers(checker, node)).unwrap_or_default(),
        logins: logins.map(|node| read_logins(checker, node)).unwrap_or_default(),
        block: block.map(|node| read_block(checker, node)).unwrap_or_default(),
        stub: stub.map(|node| read_stubs(checker, node)).unwrap_or_default(),
    }
}

fn read_headers(checker: &mut Checker<'_>, node: &Node) -> Vec<Header> {
    let mut all = Vec::new();
    for Entry { key, value } in checker.entries(node, "`headers`").unwrap_or_default() {
        if !matches!(value.value, Value::Map(_)) {
            all.extend(header(checker, None, key.span, &key.text, value));
            continue;
        }
        let Some(host) = host(checker, key.span, &key.text) else { continue };
        for Entry { key, value } in checker.entries(value, "a host's headers").unwrap_or_default() {
            all.extend(header(checker, Some(host.clone()), key.span, &key.text, value));
        }
    }
    all
}

fn header(checker: &mut Checker<'_>, host: Option<String>, span: Span, name: &str, node: &Node) -> Option<Header> {
    let named = header_name(checker, span, name);
    let value = header_value(checker, node, name)?;
    named.then(|| Header { host, name: name.to_owned(), value, span })
}

fn header_name(checker: &mut Checker<'_>, span: Span, name: &str) -> bool {
    // RFC 9110, "token".
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        checker.report(
            span,
            format!("`{name}` can't be a header's name"),
            "expected a header's name",
            "for example `X-Staging-Token`; a host has a map of headers: `HOST: { NAME: VALUE }`",
        );
        return false;
    }
    if OWN.contains(&name.to_ascii_lowercase().as_str()) {
        checker.report(
            span,
            format!("`{name}` is the browser's own to set"),
            "expected another header",
            "it says how a message is sent, or what the browser keeps",
        );
        return false;
    }
    true
}

fn header_value(checker: &mut Checker<'_>, node: &Node, name: &str) -> Option<Template> {
    let text = checker.text_or_number(node, &format!("the header `{name}`"))?;
    if text.chars().any(char::is_control) {
        let help = "a header has one line";
        checker.report(node.span, format!("the header `{name}` has several lines"), "expected one line", help);
        return None;
    }
    if node.as_str().is_some() { template(checker, node, "a header") } else { Some(Template::literal(text)) }
}

/// A host's name, with or without a port, as browsers write it.
pub(super) fn host(checker: &mut Checker<'_>, span: Span, text: &str) -> Option<String> {
    let url = url::Url::parse(&format!("http://{text}/")).ok().filter(|_| !text.contains(['/', '@', '?', '#', '*']));
    let Some(url) = url else {
        let help = "write its name, such as `assets.example.com` or `localhost:8602`";
        checker.report(span, format!("`{text}` is no host"), "expected a host", help);
        return None;
    };
    let name = url.host_str().unwrap_or_default();
    Some(url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
}

fn read_logins(checker: &mut Checker<'_>, node: &Node) -> Vec<Login> {
    let mut all = Vec::new();
    for Entry { key, value } in checker.entries(node, "`logins`").unwrap_or_default() {
        let url = url::Url::parse(&key.text).ok().filter(|url| {
            let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            matches!(url.scheme(), "http" | "https") && bare && url.username().is_empty() && url.password().is_none()
        });
        if url.is_none() {
            let help = match key.text.contains("://") {
                true => "write scheme and host, and nothing else: `https://assets.example.com`".to_owned(),
                false => format!("write `https://{}`", key.text.trim_start_matches('/')),
            };
            checker.report(key.span, format!("`{}` is no origin", key.text), "expected an origin", help);
        }
        let Some(fields) = checker.fields(value, "a login", LOGIN) else { continue };
        let user = fields.require(checker, "user").and_then(|node| typed(checker, node, "`user`"));
        let password = fields.require(checker, "password").and_then(|node| typed(checker, node, "`password`"));
        if let (Some(url), Some(user), Some(password)) = (url, user, password) {
            all.push(Login { origin: url.origin().ascii_serialization(), user, password });
        }
    }
    all
}

fn typed(checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<Template> {
    let text = checker.text_or_number(node, what)?;
    if node.as_str().is_some() { template(checker, node, what) } else { Some(Template::literal(text)) }
}

fn read_block(checker: &mut Checker<'_>, node: &Node) -> Vec<Template> {
    let Value::Seq(items) = &node.value else {
        checker.wrong_type(node, "`block`", "a list (`- https://ads.example.net/*`)");
        return Vec::new();
    };
    items.iter().filter_map(|item| pattern(checker, item, "an address of `block`")).collect()
}

/// A pattern of addresses. One with references can be checked only when they are replaced.
fn pattern(checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<Template> {
    checker.text(node, what)?;
    let template = template(checker, node, what)?;
    if template.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
        && let Err(help) = Address::parse(&template.text)
    {
        checker.report(node.span, format!("`{}` is no address", template.text), "expected an address", help);
        return None;
    }
    Some(template)
}

fn read_stubs(checker: &mut Checker<'_>, node: &Node) -> Vec<Stub> {
    let Value::Seq(items) = &node.value else {
        checker.wrong_type(node, "`stub`", "a list (`- { url: ADDRESS, status: 503 }`)");
        return Vec::new();
    };
    items.iter().filter_map(|item| stub(checker, item)).collect()
}

fn stub(checker: &mut Checker<'_>, node: &Node) -> Option<Stub> {
    let fields = checker.fields(node, "an entry of `stub`", STUB)?;
    let url = fields.require(checker, "url").and_then(|node| pattern(checker, node, "`url`"));
    let status = match fields.get("status") {
        None => Some(200),
        Some(node) => checker.count(node, "`status`").and_then(|status| {
            let fits = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
            if fits.is_none() {
                let message = format!("a page can't be answered with {status}");
                checker.report(node.span, message, "expected 200 to 599", "for example `404` or `503`");
            }
            fits
        }),
    };
    let mut headers = Vec::new();
    if let Some(node) = fields.get("headers") {
        for Entry { key, value } in checker.entries(node, "`headers`").unwrap_or_default() {
            if header_name(checker, key.span, &key.text)
                && let Some(value) = header_value(checker, value, &key.text)
            {
                headers.push((key.text.clone(), value));
            }
        }
    }
    let body = match (fields.entry("body"), fields.entry("file")) {
        (Some(_), Some(file)) => {
            let help = "leave one of the two";
            checker.report(file.key.span, "`body` and `file` in one entry of `stub`", "one too many", help);
            None
        }
        (Some(body), None) => template(checker, &body.value, "`body`").map(StubBody::Text),
        (None, Some(file)) => {
            checker.text(&file.value, "`file`").map(|text| StubBody::File(text.to_owned(), file.value.span))
        }
        (None, None) => Some(StubBody::Text(Template::literal(""))),
    };
    Some(Stub { url: url?, status: status?, headers, body: body? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Known, Site, parse};

    fn site(keys: &str) -> Result<Site, String> {
        let text =
            format!("spec: s\nbase_url: https://a.example\n{keys}journeys:\n  j: {{ steps: [{{ open: / }}] }}\n");
        parse(SourceFile::new("d/s.yaml", text), &Known::default()).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn headers_are_the_base_urls_or_a_hosts() {
        let text = "headers:\n  X-Token: '${env.TOKEN}'\n  X-Number: 7\n  Assets.example.com:8443: { X-Other: a }\n  b.example:80: { X-B: b }\n";
        let net = site(text).unwrap().net;
        let all: Vec<_> =
            net.headers.iter().map(|h| (h.host.as_deref(), h.name.as_str(), h.value.text.as_str())).collect();
        assert_eq!(
            all,
            [
                (None, "X-Token", "${env.TOKEN}"),
                (None, "X-Number", "7"),
                (Some("assets.example.com:8443"), "X-Other", "a"),
                (Some("b.example"), "X-B", "b")
            ]
        );
    }

    #[test]
    fn a_login_is_an_origins() {
        let text = "logins: { 'HTTPS://Assets.example.com:443/': { user: qa, password: '${env.PW}' } }\n";
        let site = site(text).unwrap();
        assert_eq!(site.net.logins[0].origin, "https://assets.example.com");
        assert!(crate::site::env_references(&site).iter().any(|(name, _)| name == "PW"));
    }

    #[test]
    fn what_is_stubbed_has_a_status_headers_and_a_body() {
        let text = "block: ['https://ads.example.net/*', /pixel]\nstub:\n  - { url: 'https://api.example.com/*', status: 503, headers: { Retry-After: 5 }, body: 'down ${run.id}' }\n  - { url: /plan, file: plan.json }\n";
        let site = site(text).unwrap();
        assert_eq!(site.net.block.len(), 2);
        let [first, second] = site.net.stub.as_slice() else { panic!() };
        assert_eq!((first.status, first.headers[0].1.text.as_str()), (503, "5"));
        assert!(matches!(&first.body, StubBody::Text(body) if body.text == "down ${run.id}"));
        let StubBody::File(file, _) = &second.body else { panic!() };
        assert_eq!((second.status, beside(&site.source, file)), (200, PathBuf::from("d/plan.json")));
    }

    #[test]
    fn every_slip_is_told_where_it_stands() {
        for (keys, told) in [
            ("headers: [a]\n", "a map"),
            ("headers: { 'X Token': a }\n", "can't be a header's name"),
            ("headers: { Host: a }\n", "browser's own"),
            ("headers: { X-A: \"a\\nb\" }\n", "several lines"),
            ("headers: { 'https://a.example/': { X-A: a } }\n", "is no host"),
            ("headers: { X-A: '${env.}' }\n", "reference"),
            ("logins: { assets.example.com: { user: a, password: b } }\n", "write `https://assets.example.com`"),
            ("logins: { 'https://a.example/path': { user: a, password: b } }\n", "is no origin"),
            ("logins: { 'https://a.example': { user: a } }\n", "lacks `password`"),
            ("logins: { 'https://a.example': { user: a, pasword: b } }\n", "did you mean `password`?"),
            ("block: https://a.example/*\n", "a list"),
            ("block: ['ftp://a.example/']\n", "can't be watched"),
            ("stub: [{ status: 200 }]\n", "lacks `url`"),
            ("stub: [{ url: /a, status: 99 }]\n", "expected 200 to 599"),
            ("stub: [{ url: /a, body: a, file: b }]\n", "one too many"),
            ("stub: [{ url: /a, headers: { Content-Length: 1 } }]\n", "browser's own"),
        ] {
            let said = site(keys).expect_err(keys);
            assert!(said.contains(told), "{keys}: {said}");
        }
    }
}
