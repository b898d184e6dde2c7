//! References in an address: what stands for one is a single value in its place, whatever it holds. A password with a slash,
//! an at sign or a question mark in it stays a password, and no value makes another host of an address.
//!
//! A reference in front of an address is the address itself, or its beginning, and is taken as it is:
//! `base_url: ${env.BASE_URL}`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::template::{Piece, Template, Variables};

/// All but what means nothing anywhere in an address (RFC 3986, section 2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What kind of text is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressKind {
    /// An address that may be relative to another one.
    Reference,
    /// A pattern of addresses: without a scheme it begins with a host, and what is put into it is no wildcard.
    Pattern,
}

impl Template {
    /// Replaces the references of an address.
    ///
    /// # Errors
    /// What is wrong with a reference in its place. The text names it, never its value.
    pub fn render_address(&self, variables: &Variables, kind: AddressKind) -> Result<String, String> {
        let mut out = String::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            let (value, name) = match piece {
                Piece::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Piece::Env(name) => (variables.env.get(name).map_or("", String::as_str), format!("${{env.{name}}}")),
                Piece::RunId => (variables.run_id.as_str(), "${run.id}".to_owned()),
                Piece::Journey => (variables.journey.as_str(), "${journey}".to_owned()),
            };
            // A recording has references where its values were; they stand for themselves.
            if value == name {
                out.push_str(value);
                continue;
            }
            match place(&out, &self.pieces[at + 1..], kind) {
                Place::Front => {
                    if leads_elsewhere(value) {
                        return Err(format!(
                            "{name} stands in front of it, and its value is neither a path nor a whole http(s) address"
                        ));
                    }
                    out.push_str(value);
                }
                Place::Host => {
                    let plain = |c: char| c.is_alphanumeric() || "-._:[]".contains(c);
                    if value.is_empty() || !value.chars().all(plain) {
                        return Err(format!(
                            "{name} stands for its host, and its value isn't a host's name (with or without a port)"
                        ));
                    }
                    out.push_str(value);
                }
                Place::Inside => out.extend(utf8_percent_encode(value, ENCODED)),
            }
        }
        Ok(out)
    }
}

enum Place {
    /// Nothing stands before it.
    Front,
    Host,
    /// User, password, path, query or fragment: the value is one part of it.
    Inside,
}

/// Where in an address a reference stands, by what stands before it and behind it.
fn place(before: &str, behind: &[Piece], kind: AddressKind) -> Place {
    if before.is_empty() {
        return match (kind, behind.first()) {
            // `${env.ID}.example.com/collect`
            (AddressKind::Pattern, Some(Piece::Text(text))) if !text.starts_with("://") => Place::Host,
            _ => Place::Front,
        };
    }
    let authority = match before.split_once("://") {
        Some((scheme, after)) if !scheme.contains(['/', '?', '#']) => after,
        _ if before.starts_with("//") => &before[2..],
        _ if kind == AddressKind::Pattern => before,
        _ => return Place::Inside,
    };
    if authority.contains(['/', '?', '#', '\\']) {
        return Place::Inside;
    }
    // What comes before an `@` is no host yet.
    for piece in behind {
        let Piece::Text(text) = piece else { continue };
        match text.find(['/', '?', '#', '\\', '@']).and_then(|at| text[at..].chars().next()) {
            Some('@') => return Place::Inside,
            Some(_) => return Place::Host,
            None => {}
        }
    }
    Place::Host
}

/// Whether a value in front would lead to a host though it isn't written as an address, or to no page at all.
fn leads_elsewhere(value: &str) -> bool {
    let value = value.trim();
    let slash = |c: char| matches!(c, '/' | '\\');
    let mut chars = value.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n'));
    if chars.next().is_some_and(slash) && chars.next().is_some_and(slash) {
        return true;
    }
    match url::Url::parse(value) {
        Ok(url) => !matches!(url.scheme(), "http" | "https"),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn rendered(text: &str, value: &str, kind: AddressKind) -> Result<String, String> {
        let variables = Variables {
            env: BTreeMap::from([
                ("X".to_owned(), value.to_owned()),
                ("HOST".to_owned(), "shop.example:81".to_owned()),
            ]),
            run_id: "r-1".into(),
            journey: "live chat".into(),
        };
        Template::parse(text).unwrap().render_address(&variables, kind)
    }

    fn reference(text: &str, value: &str) -> Result<String, String> {
        rendered(text, value, AddressKind::Reference)
    }

    #[test]
    fn a_value_is_encoded_for_its_place() {
        let value = "p@s/s#w:%41rd";
        let encoded = "p%40s%2Fs%23w%3A%2541rd";
        for (text, want) in [
            ("http://qa:X@host/", "http://qa:E@host/"),
            ("http://X:qa@host", "http://E:qa@host"),
            ("http://X:X@host/X?X=X#X", "http://E:E@host/E?E=E#E"),
            ("/a/X/b?q=X#X", "/a/E/b?q=E#E"),
            ("?X", "?E"),
            ("#X", "#E"),
            ("//a:X@host/", "//a:E@host/"),
        ] {
            let template = text.replace('X', "${env.X}");
            assert_eq!(reference(&template, value), Ok(want.replace('E', encoded)), "{text}");
        }
        assert_eq!(
            reference("http://u:${env.X}@${env.HOST}/", "a@b").as_deref(),
            Ok("http://u:a%40b@shop.example:81/")
        );
        assert_eq!(reference("/${journey}/${run.id}", "").as_deref(), Ok("/live%20chat/r-1"));
    }

    #[test]
    fn a_host_is_a_host() {
        for value in ["a@evil.example", "evil.example/x", "1234/abc", "a?b", "a#b", "a\\b", "a b", "", "a%2fb"] {
            let said = reference("https://${env.X}/", value).unwrap_err();
            assert!(said.contains("${env.X}") && (value.is_empty() || !said.contains(value)), "{said}");
        }
        for value in ["shop.example", "shop.example:8080", "[::1]:80", "münchen.example", "a_b"] {
            assert_eq!(reference("https://${env.X}/", value), Ok(format!("https://{value}/")));
        }
        let pattern = |text: &str, value: &str| rendered(text, value, AddressKind::Pattern);
        assert_eq!(pattern("${env.X}.example.com/b/ss/*", "a"), Ok("a.example.com/b/ss/*".into()));
        assert!(pattern("${env.X}.example.com/b/ss/*", "*").is_err());
        assert_eq!(pattern("/track/${env.X}", "a*b/c"), Ok("/track/a%2Ab%2Fc".into()));
        assert_eq!(pattern("collect.example.com/${env.X}", "1/2"), Ok("collect.example.com/1%2F2".into()));
    }

    #[test]
    fn in_front_it_is_the_address() {
        for (text, value, want) in [
            ("${env.X}", "https://me:p%40ss@shop.example/a", "https://me:p%40ss@shop.example/a"),
            ("${env.X}/pricing", "https://shop.example", "https://shop.example/pricing"),
            ("${env.X}", "/pricing?a=b", "/pricing?a=b"),
            ("${env.X}://shop.example/", "https", "https://shop.example/"),
        ] {
            assert_eq!(reference(text, value).as_deref(), Ok(want));
        }
        for value in
            ["//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "file:///etc/passwd"]
        {
            assert!(reference("${env.X}", value).unwrap_err().contains("${env.X}"), "{value}");
        }
    }

    #[test]
    fn a_reference_stands_for_itself_in_a_recording() {
        assert_eq!(
            reference("http://a:${env.X}@b/${env.X}", "${env.X}").as_deref(),
            Ok("http://a:${env.X}@b/${env.X}")
        );
    }

    proptest! {
        #[test]
        fn any_value_arrives_as_it_is_and_nowhere_else(value in any::<String>()) {
            let url = url::Url::parse(&reference("http://qa:${env.X}@shop.example:81/a/${env.X}x/b?q=${env.X}#${env.X}", &value).unwrap()).unwrap();
            let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(url.host_str(), Some("shop.example"));
            prop_assert_eq!(url.port(), Some(81));
            prop_assert_eq!(url.username(), "qa");
            prop_assert_eq!(decoded(url.password().unwrap_or_default()), value.clone());
            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            prop_assert_eq!(segments.len(), 3);
            prop_assert_eq!(decoded(segments[1]), format!("{value}x"));
            prop_assert_eq!(decoded(url.query().unwrap()), format!("q={value}"));
            prop_assert_eq!(decoded(url.fragment().unwrap()), value.clone());
            let base = url::Url::parse("http://shop.example:81/x/").unwrap();
            for text in ["${env.X}", "/${env.X}", "a/${env.X}", "?${env.X}", "/a/${env.X}/${env.X}"] {
                if let Ok(joined) = reference(text, &value).map(|text| base.join(&text)) && let Ok(joined) = joined {
                    prop_assert!(value.trim().starts_with("http") || joined.host_str() == Some("shop.example"), "{} {}", text, joined);
                }
            }
        }
    }
}
