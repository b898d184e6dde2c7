//! How a browser gets into the network: through a proxy, or to other hosts than its addresses name.
//!
//! Boundary: capabilities; where the wishes come from is others' business.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use url::Url;

use super::BrowserKind;
use super::hosts_proxy;
use super::product::Product;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Routing {
    /// For `http:` addresses.
    pub http: Option<Url>,
    /// For `https:` addresses.
    pub https: Option<Url>,
    /// Hosts that are reached without it, as `NO_PROXY` has them.
    pub without: Vec<String>,
    /// Hosts that others answer for.
    pub hosts: Vec<(String, String)>,
    /// Where a proxy of ours asks those others: [`hosts_proxy::port`]. Only browsers on this machine reach it.
    pub hosts_port: Option<u16>,
}

impl Routing {
    /// Through one proxy for all.
    ///
    /// # Errors
    /// Why there can't be such a proxy.
    pub fn through(address: &str) -> Result<Self, String> {
        let url = proxy(address)?;
        Ok(Self { http: Some(url.clone()), https: Some(url), ..Self::default() })
    }

    /// As the environment says: `HTTPS_PROXY`, `HTTP_PROXY`, also in lower case.
    ///
    /// # Errors
    /// Why there can't be such a proxy, naming the variable.
    pub fn of_environment(env: &BTreeMap<String, String>) -> Result<Self, String> {
        let one = |names: [&str; 2]| {
            let name = names.into_iter().find(|name| env.get(*name).is_some_and(|value| !value.trim().is_empty()));
            let Some(name) = name else { return Ok(None) };
            proxy(env[name].trim()).map(Some).map_err(|why| format!("{name}: {why}"))
        };
        Ok(Self {
            http: one(["http_proxy", "HTTP_PROXY"])?,
            https: one(["https_proxy", "HTTPS_PROXY"])?,
            ..Self::default()
        })
    }

    /// The hosts that `NO_PROXY` names.
    #[must_use]
    pub fn sparing(mut self, env: &BTreeMap<String, String>) -> Self {
        let list = env.get("no_proxy").or_else(|| env.get("NO_PROXY")).map_or("", String::as_str);
        self.without = list.split([',', ' ']).filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
        self
    }
}

/// The address of a proxy: host and port.
fn proxy(address: &str) -> Result<Url, String> {
    let text = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let url = Url::parse(&text).map_err(|why| format!("the proxy's address isn't valid: {why}"))?;
    if !matches!(url.scheme(), "http" | "socks5") {
        return Err(format!("a proxy of the kind `{}:` can't be had: use `http://` or `socks5://`", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a proxy that asks for a password can't be had: WebDriver has no place for one".to_owned());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("the proxy's address has no host: write `http://proxy.example.com:3128`".to_owned());
    }
    Ok(url)
}

/// The product with capabilities for that. One that has a `proxy` of its own keeps it.
///
/// # Errors
/// What the browser can't do, naming the one that can.
pub fn routed(product: &Product, routing: &Routing) -> Result<Product, String> {
    let mut more = Map::new();
    let direct = routing.without.iter().any(|entry| entry == "*");
    if !direct && !product.capabilities().contains_key("proxy") {
        more.extend(capability(product.kind(), routing).map(|proxy| ("proxy".to_owned(), proxy)));
    }
    if !routing.hosts.is_empty() {
        if product.kind() == BrowserKind::Firefox {
            let own = product.capabilities().contains_key("proxy") || more.contains_key("proxy");
            let port = routing.hosts_port.filter(|_| !own);
            let port = port.ok_or_else(|| not_in_firefox(own).to_owned())?;
            let script = hosts_proxy::script(&routing.hosts, port);
            more.insert("proxy".to_owned(), json!({ "proxyType": "pac", "proxyAutoconfigUrl": script }));
            let mut options = product.capabilities().get(FIREFOX).cloned().unwrap_or_else(|| json!({}));
            // A name of this machine's can be another host's as well.
            options["prefs"]["network.proxy.allow_hijacking_localhost"] = json!(true);
            more.insert(FIREFOX.to_owned(), options);
            return Ok(product.with(&more));
        }
        let rules: Vec<String> = routing.hosts.iter().map(|(name, other)| format!("MAP {name} {other}")).collect();
        let rule = json!(format!("--host-resolver-rules={}", rules.join(",")));
        let mut options = product.capabilities().get("goog:chromeOptions").cloned().unwrap_or_else(|| json!({}));
        match options.get_mut("args").and_then(Value::as_array_mut) {
            Some(args) => args.push(rule),
            None => options["args"] = json!([rule]),
        }
        more.insert("goog:chromeOptions".to_owned(), options);
    }
    Ok(if more.is_empty() { product.clone() } else { product.with(&more) })
}

const FIREFOX: &str = "moz:firefoxOptions";

/// Why hosts can't be others' in Firefox, which looks up each name itself. `own`: there is a proxy already.
fn not_in_firefox(own: bool) -> &'static str {
    if own {
        return "`hosts` can't be had together with a proxy in Firefox: run it in Chromium (`--browser chromium`), or take out \
                `proxy` (or HTTPS_PROXY and HTTP_PROXY)";
    }
    "`hosts` can't be had in a Firefox on another machine: run it in Chromium (`--browser chromium`), or in a Firefox here"
}

/// WebDriver's `proxy` (section "Proxy"). Hosts of this machine are never reached by one.
fn capability(kind: BrowserKind, routing: &Routing) -> Option<Value> {
    let place =
        |url: &Url, default: u16| format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(default));
    let mut proxy = json!({ "proxyType": "manual" });
    for (key, url) in [("httpProxy", &routing.http), ("sslProxy", &routing.https)] {
        match url {
            Some(url) if url.scheme() == "socks5" => {
                proxy["socksProxy"] = json!(place(url, 1080));
                proxy["socksVersion"] = json!(5);
            }
            Some(url) => proxy[key] = json!(place(url, 80)),
            None => {}
        }
    }
    proxy.as_object().filter(|keys| keys.len() > 1)?;
    let mut without = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    for entry in &routing.without {
        let name = entry.trim_start_matches('*').trim_start_matches('.');
        // In `NO_PROXY` a name stands for all below it as well.
        let plain = name.parse::<std::net::IpAddr>().is_ok() || name.contains('/') || name.contains(':');
        without.push(name.to_owned());
        if !plain {
            without.push(if kind == BrowserKind::Firefox { format!(".{name}") } else { format!("*.{name}") });
        }
    }
    proxy["noProxy"] = json!(without);
    Some(proxy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_proxy_is_asked_for_but_never_for_this_machine() {
        let routing = Routing::through("http://proxy.example.com:3128").unwrap();
        let routing = routing.sparing(&env(&[("NO_PROXY", "intra.example, 10.0.0.1")]));
        let asked = |kind: BrowserKind| routed(&kind.into(), &routing).unwrap().capabilities()["proxy"].clone();
        assert_eq!(
            asked(BrowserKind::Chromium),
            json!({
                "proxyType": "manual", "httpProxy": "proxy.example.com:3128", "sslProxy": "proxy.example.com:3128",
                "noProxy": ["localhost", "127.0.0.1", "intra.example", "*.intra.example", "10.0.0.1"],
            })
        );
        assert_eq!(asked(BrowserKind::Firefox)["noProxy"][3], ".intra.example");
        let socks = routed(&BrowserKind::Firefox.into(), &Routing::through("socks5://p").unwrap()).unwrap();
        assert_eq!(socks.capabilities()["proxy"]["socksProxy"], "p:1080");
        let none = routing.sparing(&env(&[("no_proxy", "*")]));
        assert!(routed(&BrowserKind::Firefox.into(), &none).unwrap().capabilities().is_empty());
    }

    #[test]
    fn the_environment_says_it_for_each_scheme() {
        let routing = Routing::of_environment(&env(&[("HTTPS_PROXY", "proxy:8080"), ("http_proxy", " ")])).unwrap();
        assert_eq!((routing.http, routing.https.map(|url| url.to_string())), (None, Some("http://proxy:8080/".into())));
        for (value, told) in
            [("https://p", "can't be had"), ("http://u:p@p", "asks for a password"), ("http://", "isn't valid")]
        {
            let why = Routing::of_environment(&env(&[("HTTPS_PROXY", value)])).unwrap_err();
            assert!(why.starts_with("HTTPS_PROXY: ") && why.contains(told), "{why}");
        }
        assert!(Routing::of_environment(&BTreeMap::new()).unwrap().https.is_none());
    }

    #[test]
    fn chromium_maps_hosts_itself() {
        let routing = Routing { hosts: vec![("a.example".into(), "b.example:8443".into())], ..Routing::default() };
        let own = Map::from_iter([("goog:chromeOptions".to_owned(), json!({ "args": ["--lang=de"], "prefs": {} }))]);
        let product = routed(&Product::new("p", BrowserKind::Chromium, own), &routing).unwrap();
        let args = ["--lang=de", "--host-resolver-rules=MAP a.example b.example:8443"];
        assert_eq!(product.capabilities()["goog:chromeOptions"], json!({ "args": args, "prefs": {} }));
        assert!(routed(&BrowserKind::Firefox.into(), &routing).unwrap_err().contains("Chromium"));
    }

    #[test]
    fn firefox_asks_a_proxy_on_this_machine_for_them() {
        let hosts = vec![("a.example".into(), "b.example:8443".into())];
        let routing = Routing { hosts, hosts_port: Some(8000), ..Routing::default() };
        let own = Map::from_iter([(FIREFOX.to_owned(), json!({ "prefs": { "a": 1 } }))]);
        let product = routed(&Product::new("p", BrowserKind::Firefox, own), &routing).unwrap();
        assert_eq!(product.capabilities()["proxy"]["proxyType"], "pac");
        let prefs = &product.capabilities()[FIREFOX]["prefs"];
        assert_eq!((&prefs["a"], &prefs["network.proxy.allow_hijacking_localhost"]), (&json!(1), &json!(true)));
        let proxied = Routing { http: Url::parse("http://proxy:1").ok(), ..routing.clone() };
        assert!(routed(&BrowserKind::Firefox.into(), &proxied).unwrap_err().contains("together with a proxy"));
        assert!(routed(&BrowserKind::Chromium.into(), &proxied).is_ok());
        let remote = Routing { hosts_port: None, ..routing };
        assert!(routed(&BrowserKind::Firefox.into(), &remote).unwrap_err().contains("on another machine"));
    }
}
