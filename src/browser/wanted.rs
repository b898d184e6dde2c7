//! What kind of session is asked for, and what it means if there is none to be had.

use fantoccini::error::{CmdError, NewSessionError};
use serde_json::{Map, Value, json};

use super::{BrowserKind, chromium, firefox, refusals};
use crate::error::Error;

/// How to open a session.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which browser.
    pub kind: BrowserKind,
    /// Its program; `None` leaves it to the driver (a remote one).
    pub binary: Option<std::path::PathBuf>,
    /// Where files that pages have saved go; `None`: nowhere (a remote browser).
    pub downloads: Option<std::path::PathBuf>,
    /// With a window.
    pub headed: bool,
    /// Whether certificates that can't be verified are accepted.
    pub accept_insecure_certs: bool,
    /// Where it will run.
    pub machine: Machine,
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

/// The capabilities to ask for (WebDriver, section "Capabilities").
pub(super) fn capabilities(wanted: &Wanted) -> Map<String, Value> {
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
    let options = match wanted.kind {
        BrowserKind::Firefox => {
            capabilities["browserName"] = json!("firefox");
            let mut options = firefox::options(wanted.headed, wanted.downloads.as_deref());
            if let Some(binary) = binary {
                options["binary"] = json!(binary);
            }
            ("moz:firefoxOptions", options)
        }
        BrowserKind::Chromium => {
            capabilities["browserName"] = json!("chrome");
            let mut options = json!({ "args": chromium::arguments(wanted), "prefs": refusals::chromium() });
            if let Some(binary) = binary {
                options["binary"] = json!(binary);
            }
            ("goog:chromeOptions", options)
        }
    };
    capabilities[options.0] = options.1;
    match capabilities {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Whether there is a browser to be had that didn't start.
pub(super) fn did_not_start(error: &NewSessionError) -> bool {
    matches!(error, NewSessionError::SessionNotCreated(said) if !said.message.to_lowercase().contains("capabilities"))
}

/// Whether it is an older driver (geckodriver 0.34), which knows only one word for all kinds of dialogs.
pub(super) fn knows_one_word(error: &NewSessionError) -> bool {
    error.to_string().contains(PROMPTS)
}

/// What to say and to do about a session that could not be had.
pub(super) fn new_session_error(driver_url: &str, wanted: &Wanted, error: &NewSessionError) -> Error {
    let name = wanted.kind.name();
    let (message, help) = match error {
        NewSessionError::SessionNotCreated(said) if said.message.to_lowercase().contains("capabilities") => (
            format!("the driver at {driver_url} has no {name} to offer: {}", said.message),
            "geckodriver drives firefox, chromedriver chromium: say which one it is with `--browser`",
        ),
        NewSessionError::SessionNotCreated(said) => (
            format!("{name} could not be started: {}", said.message),
            if wanted.headed {
                "with `--headed` a display is needed: run without it, or under `xvfb-run`"
            } else {
                "`chatproof doctor` shows which browsers and drivers fit together"
            },
        ),
        NewSessionError::BadWebdriverUrl(error) => {
            (format!("{driver_url} is no address: {error}"), "give an address such as http://127.0.0.1:4444")
        }
        NewSessionError::Failed(why) => no_answer(driver_url, why),
        NewSessionError::FailedC(why) => no_answer(driver_url, why),
        NewSessionError::Lost(why) => no_answer(driver_url, why),
        NewSessionError::NotW3C(said) => (
            format!("what answers at {driver_url} is no WebDriver: {said}"),
            "check the address; a Selenium Grid's is http://HOST:4444",
        ),
        NewSessionError::UnexpectedError(CmdError::NotJson(said)) => (
            format!("what answers at {driver_url} is no WebDriver: {}", said.chars().take(200).collect::<String>()),
            "check the address; a Selenium Grid's is http://HOST:4444",
        ),
        NewSessionError::UnexpectedError(other) => (
            format!("{name} could not be started: {other}"),
            "`chatproof doctor` shows which browsers and drivers fit together",
        ),
    };
    Error::Browser { message, help: Some(help.to_owned()) }
}

/// The root of an error: "Connection refused" says it all, what stands above it in the HTTP client's words doesn't.
fn no_answer(driver_url: &str, error: &dyn std::error::Error) -> (String, &'static str) {
    let mut deepest = error;
    while let Some(inner) = deepest.source() {
        deepest = inner;
    }
    (
        format!("no driver answers at {driver_url}: {deepest}"),
        "is it running, and is that its address? Without `--webdriver` chatproof starts one itself",
    )
}
