//! What kind of session is asked for.
//!
//! Boundary: capabilities, chatproof's own and those that the user adds; asking for them is `begin.rs`'s.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::product::Product;
use super::{BrowserKind, chromium, firefox, refusals};
use crate::site::browsers::STANDARD;
use crate::source::nearest::nearest;

/// How to open a session.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which browser.
    pub product: Product,
    /// Its program; `None` leaves it to the driver (a remote one).
    pub binary: Option<std::path::PathBuf>,
    /// Where files that pages have saved go; `None`: nowhere (a remote browser).
    pub downloads: Option<std::path::PathBuf>,
    /// With a window.
    pub headed: bool,
    /// Whether certificates that can't be verified are accepted.
    pub accept_insecure_certs: bool,
    /// Frames of other sites share the process of the page around them, so that the driver loses none.
    pub one_process: bool,
    /// Where it will run.
    pub machine: Machine,
    /// What a grid's page calls the session; `None` where there is no such page.
    pub label: Option<String>,
    /// How long it may take until there is one.
    pub timeout: Duration,
}

/// The machine that a browser runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// This one.
    This {
        /// Chromium refuses its sandbox to root.
        is_root: bool,
    },
    /// Some other one, of which nothing is known: what holds here says nothing about it.
    Other {
        /// Its browser didn't start as on any machine, so it is asked to start as in a container: without a sandbox, and
        /// with little shared memory.
        contained: bool,
    },
}

/// The capability that says what becomes of dialogs that nobody answers.
pub(super) const PROMPTS: &str = "unhandledPromptBehavior";

/// What a grid's page calls a session.
const LABEL: &str = "se:name";

/// Capabilities that only chatproof sets, each with what to do instead.
const OWN: [(&str, &str); 5] = [
    ("browserName", "`--browser` says which browser it is"),
    ("webSocketUrl", "chatproof listens through WebDriver BiDi"),
    ("acceptInsecureCerts", "set `accept_insecure_certs` in the site file"),
    ("pageLoadStrategy", "chatproof itself waits for pages to load"),
    (PROMPTS, "chatproof itself answers dialogs: see the step's `answer`"),
];

/// A switch with a list, to which the user's own list is added.
const FEATURES: &str = "disable-features";

/// A switch without the dashes in front, which drivers don't ask for.
fn switch(value: &Value) -> Option<&str> {
    Some(value.as_str()?.trim_start_matches('-'))
}

/// The capabilities to ask for (WebDriver, section "Capabilities"): chatproof's own, and what the product asks for beside
/// them. What [`refuse`] would refuse is left out.
pub(super) fn capabilities(wanted: &Wanted) -> Map<String, Value> {
    let mut capabilities = own(wanted);
    for (name, value) in wanted.product.capabilities() {
        match capabilities.get_mut(name) {
            Some(own) => add(own, value),
            None => _ = capabilities.insert(name.clone(), value.clone()),
        }
    }
    if let Some(label) = &wanted.label {
        capabilities.entry(LABEL).or_insert_with(|| json!(label));
    }
    capabilities
}

/// Adds what the user asks for to what chatproof asks for, which stays.
fn add(own: &mut Value, more: &Value) {
    match (own, more) {
        (Value::Object(own), Value::Object(more)) => {
            for (name, value) in more {
                match own.get_mut(name) {
                    Some(own) => add(own, value),
                    None => _ = own.insert(name.clone(), value.clone()),
                }
            }
        }
        (Value::Array(own), Value::Array(more)) => {
            for value in more {
                let features =
                    |value: &Value| Some(switch(value)?.strip_prefix(FEATURES)?.strip_prefix('=')?.to_owned());
                let place = own.iter().position(|known| features(known).is_some());
                match features(value).zip(place) {
                    Some((list, place)) => {
                        let both = format!("{},{list}", own[place].as_str().unwrap_or_default());
                        own[place] = json!(both);
                    }
                    None if own.contains(value) => {}
                    None => own.push(value.clone()),
                }
            }
        }
        _ => {}
    }
}

/// Why a product can't be asked for: a capability that nobody knows, or one that chatproof itself needs to be otherwise.
/// `remote`: its driver is on another machine, or started by others.
pub fn refuse(product: &Product, remote: bool) -> Option<String> {
    let wanted = Wanted {
        product: product.clone(),
        binary: (!remote).then(|| std::path::PathBuf::from("found here")),
        downloads: (!remote).then(|| std::path::PathBuf::from("found here")),
        headed: false,
        accept_insecure_certs: false,
        one_process: false,
        machine: Machine::Other { contained: false },
        label: None,
        timeout: Duration::ZERO,
    };
    let own = own(&wanted);
    product.capabilities().iter().find_map(|(name, value)| {
        if let Some((_, instead)) = OWN.iter().find(|(own, _)| own == name) {
            return Some(format!("`{name}` is chatproof's own to set: {instead}"));
        }
        if !name.contains(':') && !STANDARD.contains(&name.as_str()) {
            let known = STANDARD.iter().copied().chain(own.keys().map(String::as_str));
            let help = match nearest(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a vendor's own have a prefix, such as `vendor:{name}`"),
            };
            return Some(format!("`{name}` is no capability: {help}"));
        }
        contradiction(own.get(name)?, value, name)
    })
}

/// Where what the user asks for contradicts what chatproof asks for.
fn contradiction(own: &Value, more: &Value, place: &str) -> Option<String> {
    match (own, more) {
        (Value::Object(own), Value::Object(more)) => {
            more.iter().find_map(|(name, value)| contradiction(own.get(name)?, value, &format!("{place}.{name}")))
        }
        (Value::Array(own), Value::Array(more)) => {
            let name = |value: &Value| {
                let switch = switch(value)?;
                Some(switch.split_once('=').map_or(switch, |(name, _)| name).to_owned())
            };
            let taken = |value: &&Value| {
                let wanted = name(value).filter(|name| name != FEATURES);
                wanted.is_some() && own.iter().any(|known| known != *value && name(known) == wanted)
            };
            let value = more.iter().find(taken)?;
            Some(format!("`{place}`: chatproof itself sets --{}", name(value).unwrap_or_default()))
        }
        (own, more) if own == more => None,
        (own, _) if own.is_object() || own.is_array() => {
            let what = if own.is_object() { "an object" } else { "a list" };
            Some(format!("`{place}` must be {what}, to which chatproof adds its own"))
        }
        (own, _) => {
            let value = own.to_string();
            let value = if value.len() <= 60 { format!(" (to {})", value.trim_matches('"')) } else { String::new() };
            Some(format!("`{place}` is chatproof's own to set{value}"))
        }
    }
}

/// What chatproof itself needs.
fn own(wanted: &Wanted) -> Map<String, Value> {
    let mut capabilities = json!({
        "webSocketUrl": true,
        "acceptInsecureCerts": wanted.accept_insecure_certs,
        // A click that navigates must not hold the one lock of all journeys until the page has loaded.
        "pageLoadStrategy": "none",
        // Dialogs are answered by `route`, which also records them; also the one that asks before a page is left, which a
        // single word for all of them leaves to the browser: that agrees at once.
        PROMPTS: { "default": "ignore", "beforeUnload": "ignore" },
    });
    let binary = wanted.binary.as_ref().map(|path| path.to_string_lossy().into_owned());
    let options = match wanted.product.kind() {
        BrowserKind::Firefox => {
            let mut options = firefox::options(wanted.headed, wanted.downloads.as_deref());
            for (name, value) in wanted.product.preferences() {
                options["prefs"][name] = value.clone();
            }
            if let Some(binary) = binary {
                options["binary"] = json!(binary);
            }
            options
        }
        BrowserKind::Chromium => {
            let mut options = json!({ "args": chromium::arguments(wanted), "prefs": refusals::chromium() });
            if let Some(binary) = binary {
                options["binary"] = json!(binary);
            }
            options
        }
    };
    let brand = wanted.product.brand();
    capabilities["browserName"] = json!(brand.browser_name);
    capabilities[brand.options] = options;
    match capabilities {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(kind: BrowserKind, capabilities: Value) -> Product {
        let Value::Object(capabilities) = capabilities else { panic!("no object") };
        Product::new("p", kind, capabilities)
    }

    fn wanted(product: Product) -> Wanted {
        Wanted {
            product,
            binary: None,
            downloads: None,
            headed: false,
            accept_insecure_certs: false,
            one_process: false,
            machine: Machine::Other { contained: false },
            label: Some("run 1".into()),
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn what_the_user_asks_for_is_added_to_what_chatproof_needs() {
        let asked = json!({
            "browserVersion": "150", "vendor:options": { "key": 1 },
            "goog:chromeOptions": { "args": ["--lang=de", "--disable-features=Mine"], "prefs": { "a": 1 }, "mobileEmulation": {} },
        });
        let own = own(&wanted(BrowserKind::Chromium.into()));
        let both = capabilities(&wanted(product(BrowserKind::Chromium, asked)));
        assert_eq!((&both["browserVersion"], &both["vendor:options"]["key"]), (&json!("150"), &json!(1)));
        assert_eq!(both["se:name"], json!("run 1"));
        let options = &both["goog:chromeOptions"];
        let arguments = |of: &Value| of["args"].as_array().cloned().unwrap_or_default();
        let (args, before) = (arguments(options), arguments(&own["goog:chromeOptions"]));
        assert_eq!(args.len(), before.len() + 1, "{args:?}");
        assert!(args.contains(&json!("--lang=de")) && args[0].as_str().unwrap().ends_with(",Mine"), "{args:?}");
        assert_eq!((&options["prefs"]["a"], &options["prefs"]["printing.enabled"]), (&json!(1), &json!(false)));
        assert!(options["mobileEmulation"].is_object());
        for (name, value) in own.iter().filter(|(name, _)| *name != "goog:chromeOptions") {
            assert_eq!(&both[name], value, "{name}");
        }
    }

    #[test]
    fn a_switch_is_the_same_with_its_dashes_and_without() {
        let refused = |args: Value| {
            refuse(&product(BrowserKind::Chromium, json!({ "goog:chromeOptions": { "args": args } })), true)
        };
        for args in [json!(["headless=old"]), json!(["--headless"]), json!(["-headless=old"])] {
            let why = refused(args.clone());
            assert!(why.as_deref().is_some_and(|why| why.contains("--headless")), "{args}: {why:?}");
        }
        assert_eq!(refused(json!(["lang=de", "disable-features=Mine"])), None);
        let asked = json!({ "goog:chromeOptions": { "args": ["disable-features=Mine"] } });
        let both = capabilities(&wanted(product(BrowserKind::Chromium, asked)));
        let args = both["goog:chromeOptions"]["args"].as_array().cloned().unwrap_or_default();
        let features = args.iter().filter(|arg| arg.as_str().is_some_and(|arg| arg.contains(FEATURES)));
        assert_eq!(features.count(), 1, "{args:?}");
    }

    #[test]
    fn each_browser_is_asked_for_by_its_own_name_and_options() {
        for (name, browser_name, options) in [
            ("firefox", "firefox", "moz:firefoxOptions"),
            ("chromium", "chrome", "goog:chromeOptions"),
            ("chrome", "chrome", "goog:chromeOptions"),
            ("edge", "MicrosoftEdge", "ms:edgeOptions"),
        ] {
            let asked = capabilities(&wanted(super::super::brands::Brand::named(name).unwrap().into()));
            assert_eq!(asked["browserName"], json!(browser_name));
            let own: Vec<&String> = asked.keys().filter(|key| key.ends_with("Options")).collect();
            assert_eq!(own, [options], "{name}");
            assert!(asked[options]["args"].is_array(), "{name}");
        }
    }

    #[test]
    fn a_name_of_the_users_own_stays() {
        let asked = json!({ "se:name": "mine" });
        assert_eq!(capabilities(&wanted(product(BrowserKind::Firefox, asked)))["se:name"], json!("mine"));
    }

    #[test]
    fn what_chatproof_needs_is_not_overridden_in_silence() {
        let why = |kind, remote, asked: Value| refuse(&product(kind, asked), remote).unwrap_or_default();
        let firefox = |asked| why(BrowserKind::Firefox, true, asked);
        let chromium = |asked| why(BrowserKind::Chromium, true, asked);
        assert_eq!(firefox(json!({ "browserVersion": "150", "platformName": "linux", "a:b": 1 })), "");
        for (name, _) in OWN {
            assert!(firefox(json!({ name: true })).contains("chatproof's own to set"), "{name}");
        }
        assert!(firefox(json!({ "platform": "linux" })).contains("did you mean `platformName`?"));
        assert!(firefox(json!({ "build": 1 })).contains("such as `vendor:build`"));
        let cache = json!({ "moz:firefoxOptions": { "prefs": { "fission.bfcacheInParent": true } } });
        assert!(firefox(cache).contains("`moz:firefoxOptions.prefs.fission.bfcacheInParent` is chatproof's own"));
        let same = json!({ "moz:firefoxOptions": { "prefs": { "fission.bfcacheInParent": false, "a": 1 } } });
        assert_eq!(firefox(same), "");
        assert!(firefox(json!({ "moz:firefoxOptions": 1 })).contains("must be an object"));
        assert!(chromium(json!({ "goog:chromeOptions": { "args": "--lang=de" } })).contains("must be a list"));
        assert_eq!(chromium(json!({ "goog:chromeOptions": { "args": ["--headless=new", "--lang=de"] } })), "");
        let old = chromium(json!({ "goog:chromeOptions": { "args": ["--headless=old"] } }));
        assert!(old.contains("chatproof itself sets --headless"), "{old}");
        let binary = json!({ "moz:firefoxOptions": { "binary": "/opt/firefox" } });
        assert_eq!(firefox(binary.clone()), "");
        assert!(why(BrowserKind::Firefox, false, binary).contains("`moz:firefoxOptions.binary`"));
    }
}
