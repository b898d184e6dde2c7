//! How browsers get into the network: `proxy` and `hosts`.
//!
//! Boundary: YAML tree -> [`Route`]; what browsers are asked for is known in `browser`.

use super::net::host;
use super::parse::address;
use super::template::Template;
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Node};

/// How browsers get into the network.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// The proxy's address.
    pub proxy: Option<Template>,
    /// Hosts by name, each with the one that answers in its place, with a port or without.
    pub hosts: Vec<(String, String)>,
}

/// Reads both.
pub(super) fn read(checker: &mut Checker<'_>, proxy: Option<&Node>, hosts: Option<&Node>) -> Route {
    Route {
        proxy: proxy.and_then(|node| address(checker, node, "`proxy`")),
        hosts: hosts.map(|node| read_hosts(checker, node)).unwrap_or_default(),
    }
}

fn read_hosts(checker: &mut Checker<'_>, node: &Node) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for Entry { key, value } in checker.entries(node, "`hosts`").unwrap_or_default() {
        let name = host(checker, key.span, &key.text);
        if name.as_deref().is_some_and(|name| name.contains(':')) {
            let help = "write its name alone: all its ports are answered by the other one";
            checker.report(key.span, format!("`{}` has a port", key.text), "expected a host's name", help);
            continue;
        }
        let text = checker.text(value, "the other host");
        let other = text.and_then(|text| Some((text, host(checker, value.span, text)?)));
        // Which scheme a port is the usual one of isn't known here: it's kept as it's written.
        let other = other.map(|(text, host)| if text.ends_with(":80") { format!("{host}:80") } else { host });
        all.extend(name.zip(other));
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::site::{Known, Site, parse};
    use crate::source::SourceFile;

    fn site(keys: &str) -> Result<Site, String> {
        let text =
            format!("spec: s\nbase_url: https://a.example\n{keys}journeys:\n  j: {{ steps: [{{ open: / }}] }}\n");
        parse(SourceFile::new("s.yaml", text), &Known::default()).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn a_proxy_is_an_address_and_hosts_are_names() {
        let read = site("proxy: 'http://${env.PROXY}:3128'\nhosts: { WWW.example.com: 'localhost:8443' }\n").unwrap();
        assert_eq!(read.route.proxy.as_ref().map(|proxy| proxy.text.as_str()), Some("http://${env.PROXY}:3128"));
        assert_eq!(read.route.hosts, [("www.example.com".to_owned(), "localhost:8443".to_owned())]);
        assert!(crate::site::env_references(&read).iter().any(|(name, _)| name == "PROXY"));
        assert_eq!(site("hosts: { a.example: 'b.example:80' }\n").unwrap().route.hosts[0].1, "b.example:80");
        for (keys, told) in [
            ("proxy: {}\n", "a text"),
            ("hosts: [a]\n", "a map"),
            ("hosts: { 'https://a.example': b.example }\n", "is no host"),
            ("hosts: { 'a.example:8443': b.example }\n", "has a port"),
            ("hosts: { a.example: 'b.example/x' }\n", "is no host"),
        ] {
            let said = site(keys).expect_err(keys);
            assert!(said.contains(told), "{keys}: {said}");
        }
    }
}
