//! Patterns of addresses: `https://www.example.com/collect`, `https://*.example.com/b/ss/*`, `/api/track`.
//!
//! `*` stands for any text. A pattern that begins with `/` matches that path on any host; one without a scheme matches
//! both. The query is only looked at if the pattern has one; a fragment is never sent. A pattern that begins with `?`
//! matches any address whose query has all of its parameters, in whatever order: `?v=2&tid=G-*`.

use serde_json::{Value, json};

use super::form::{pairs, query};
use crate::source::globs::stars as glob;

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// As written.
    pub text: String,
    scheme: String,
    host: String,
    rest: String,
    /// What the query has to have, for a pattern of nothing else.
    parameters: Vec<(String, String)>,
}

impl Address {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = text.trim();
        if plain.is_empty() || plain.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("write an address such as `https://collect.example.com/*`".into());
        }
        if let Some(query) = plain.strip_prefix('?') {
            let parameters = pairs(query);
            if parameters.is_empty() {
                return Err("write the parameters that a query has to have, such as `?v=2&tid=G-*`".into());
            }
            let any = || "*".to_owned();
            return Ok(Self { text: plain.to_owned(), scheme: any(), host: any(), rest: "/*".to_owned(), parameters });
        }
        let (scheme, after) = match plain.split_once("://") {
            Some((scheme @ ("http" | "https" | "*"), after)) => (scheme, after),
            Some((scheme, _)) => return Err(format!("`{scheme}:` can't be watched; write `https://` or `http://`")),
            None => ("*", plain),
        };
        let (host, rest) = match after.find(['/', '?']) {
            Some(0) if after.starts_with('/') => ("*", after),
            Some(at) => after.split_at(at),
            None => (after, "/*"),
        };
        if host.is_empty() || host.contains('@') {
            return Err("it has no host; write an address such as `https://collect.example.com/*`".into());
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        Ok(Self {
            text: plain.to_owned(),
            scheme: scheme.to_owned(),
            host: host.to_ascii_lowercase(),
            rest: rest.to_owned(),
            parameters: Vec::new(),
        })
    }

    /// Whether an address is meant.
    pub fn matches(&self, url: &str) -> bool {
        let Some((scheme, after)) = url.split_once("://") else { return false };
        if !self.parameters.is_empty() {
            let its = pairs(query(url));
            let has = |(key, value): &(String, String)| its.iter().any(|(k, v)| k == key && glob(value, v));
            return matches!(scheme, "http" | "https") && self.parameters.iter().all(has);
        }
        let (host, rest) = after.find(['/', '?', '#']).map_or((after, ""), |at| after.split_at(at));
        let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
        let rest = rest.split('#').next().unwrap_or(rest);
        let rest = if self.rest.contains('?') { rest } else { rest.split('?').next().unwrap_or(rest) };
        let rest = if rest.is_empty() { "/" } else { rest };
        matches!(scheme, "http" | "https")
            && glob(&self.scheme, scheme)
            && glob(&self.host, &host)
            && glob(&self.rest, rest)
    }

    /// A WebDriver BiDi URL pattern that matches at least what this one does: they have no wildcards, but leave out what
    /// may be anything. `None`: only one that matches everything would do.
    pub fn to_bidi(&self) -> Option<Value> {
        let mut pattern = json!({ "type": "pattern" });
        if self.scheme != "*" {
            pattern["protocol"] = json!(self.scheme);
        }
        let literal = |text: &str| !text.contains(['*', '?']);
        if literal(&self.host) {
            let (name, port) = match self.host.rsplit_once(':') {
                Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) && !port.is_empty() => (name, port),
                _ => (self.host.as_str(), ""),
            };
            pattern["hostname"] = json!(name);
            // Without one it means the scheme's own, which has to be said where the scheme is.
            if !port.is_empty() {
                pattern["port"] = json!(port);
            }
        }
        let path = self.rest.split('?').next().unwrap_or_default();
        // The characters that have a meaning of their own in patterns are better left to our own matching.
        if literal(path) && !path.contains(['(', ')', '{', '}', '\\']) {
            pattern["pathname"] = json!(path);
        }
        (pattern.get("hostname").is_some() || pattern.get("pathname").is_some()).then_some(pattern)
    }

    /// A pattern of Chromium's `Fetch` domain that matches at least what this one does.
    pub fn to_cdp(&self) -> String {
        if let Some((key, value)) = self.parameters.iter().max_by_key(|(key, value)| key.len() + value.len()) {
            // All that may be encoded is left to our own matching.
            let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            let value = value.split('*').next().filter(|value| plain(value)).unwrap_or_default();
            let key = if plain(key) { key.as_str() } else { "" };
            return format!("*://*\\?*{key}={value}*");
        }
        let escape = |text: &str| text.replace('\\', "\\\\").replace('?', "\\?");
        format!("{}://{}{}*", self.scheme, escape(&self.host), escape(self.rest.trim_end_matches('*')))
    }
}
