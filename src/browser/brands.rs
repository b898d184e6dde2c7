//! The browsers that people know by name, and what is particular to each: two engines, and a table.
//!
//! Boundary: data. Looking for their programs is `discover.rs`'s, asking for a session `wanted.rs`'s.

use std::hash::{Hash, Hasher};

use super::BrowserKind;

/// A browser by the name that people know it by.
#[derive(Debug)]
pub struct Brand {
    /// The name used in every output and on the command line.
    pub name: &'static str,
    /// How it is driven.
    pub engine: BrowserKind,
    /// What its driver and grids call it (WebDriver, capability `browserName`).
    pub browser_name: &'static str,
    /// The capability that its own options stand in.
    pub options: &'static str,
    /// The browser's program.
    pub browser: Program,
    /// Its driver's.
    pub driver: Program,
}

/// All that differs between programs.
#[derive(Debug)]
pub struct Program {
    /// For messages; a driver's name.
    pub title: &'static str,
    /// Overrides all else.
    pub variable: &'static str,
    /// Names on `PATH`, the best first.
    pub names: &'static [&'static str],
    /// A variable that names a directory, as on hosted CI machines.
    pub directory_variable: Option<&'static str>,
    /// Where it stands when it isn't on `PATH`.
    pub places: &'static [&'static str],
    /// The oldest usable version.
    pub oldest: (u32, u32),
    /// How to get it: a line per system.
    pub install: &'static str,
}

/// All of them, the best known to chatproof first.
pub static BRANDS: [Brand; 4] = [
    Brand {
        name: "firefox",
        engine: BrowserKind::Firefox,
        browser_name: "firefox",
        options: "moz:firefoxOptions",
        browser: FIREFOX,
        driver: GECKODRIVER,
    },
    Brand {
        name: "chromium",
        engine: BrowserKind::Chromium,
        // Its driver is Chrome's.
        browser_name: "chrome",
        options: "goog:chromeOptions",
        browser: CHROMIUM,
        driver: CHROMEDRIVER,
    },
    Brand {
        name: "chrome",
        engine: BrowserKind::Chromium,
        browser_name: "chrome",
        options: "goog:chromeOptions",
        browser: CHROME,
        driver: CHROMEDRIVER,
    },
    Brand {
        name: "edge",
        engine: BrowserKind::Chromium,
        browser_name: "MicrosoftEdge",
        options: "ms:edgeOptions",
        browser: EDGE,
        driver: MSEDGEDRIVER,
    },
];

impl Brand {
    /// The one with a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        BRANDS.iter().find(|brand| brand.name == name)
    }

    /// Whether its driver drives only browsers of its own major version.
    pub fn wants_own_driver(&self) -> bool {
        self.engine == BrowserKind::Chromium
    }
}

/// Any browser of an engine.
impl From<BrowserKind> for &'static Brand {
    fn from(engine: BrowserKind) -> Self {
        match engine {
            BrowserKind::Firefox => &BRANDS[0],
            BrowserKind::Chromium => &BRANDS[1],
        }
    }
}

impl PartialEq for Brand {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Brand {}

impl Hash for Brand {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

const FIREFOX: Program = Program {
    title: "Firefox",
    variable: "CHATPROOF_FIREFOX",
    names: &["firefox", "firefox-esr"],
    directory_variable: None,
    places: &[
        "/usr/lib/firefox-esr/firefox-esr",
        "/usr/lib/firefox/firefox",
        "/Applications/Firefox.app/Contents/MacOS/firefox",
        "/snap/bin/firefox",
    ],
    oldest: (128, 0),
    install: "\
Debian:  sudo apt-get install firefox-esr
Ubuntu:  sudo snap install firefox
macOS:   brew install --cask firefox
other:   https://www.mozilla.org/firefox/ (128 or later), and put it on PATH or set CHATPROOF_FIREFOX to its path",
};

const GECKODRIVER: Program = Program {
    title: "geckodriver",
    variable: "CHATPROOF_GECKODRIVER",
    names: &["geckodriver"],
    directory_variable: Some("GECKOWEBDRIVER"),
    places: &["/usr/local/bin/geckodriver", "/opt/homebrew/bin/geckodriver", "/snap/bin/geckodriver"],
    oldest: (0, 34),
    install: "\
Debian, Ubuntu:  cargo install geckodriver --locked
macOS:           brew install geckodriver
other:           https://github.com/mozilla/geckodriver/releases (0.34 or later), and put it on PATH or set \
CHATPROOF_GECKODRIVER to its path",
};

const CHROMIUM: Program = Program {
    title: "Chromium",
    variable: "CHATPROOF_CHROMIUM",
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    directory_variable: None,
    places: &[
        "/usr/lib/chromium/chromium",
        "/usr/lib/chromium-browser/chromium-browser",
        "/opt/google/chrome/google-chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/snap/bin/chromium",
    ],
    oldest: (120, 0),
    install: "\
Debian:  sudo apt-get install chromium
Ubuntu:  sudo snap install chromium
macOS:   brew install --cask google-chrome
other:   https://www.google.com/chrome/ (120 or later), and put it on PATH or set CHATPROOF_CHROMIUM to its path",
};

const CHROMEDRIVER: Program = Program {
    title: "chromedriver",
    variable: "CHATPROOF_CHROMEDRIVER",
    names: &["chromedriver", "chromium.chromedriver"],
    directory_variable: Some("CHROMEWEBDRIVER"),
    places: &[
        "/usr/lib/chromium/chromedriver",
        "/usr/lib/chromium-browser/chromedriver",
        "/usr/local/bin/chromedriver",
        "/opt/homebrew/bin/chromedriver",
        "/snap/bin/chromium.chromedriver",
    ],
    oldest: (120, 0),
    install: "\
Debian:  sudo apt-get install chromium-driver
Ubuntu:  sudo snap install chromium (it brings /snap/bin/chromium.chromedriver)
macOS:   brew install --cask chromedriver
other:   https://googlechromelabs.github.io/chrome-for-testing/ (the browser's own major version), and put it on PATH \
or set CHATPROOF_CHROMEDRIVER to its path",
};

const CHROME: Program = Program {
    title: "Chrome",
    variable: "CHATPROOF_CHROME",
    names: &["google-chrome", "google-chrome-stable"],
    directory_variable: None,
    places: &["/opt/google/chrome/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
    oldest: (120, 0),
    install: "\
macOS:   brew install --cask google-chrome
other:   https://www.google.com/chrome/ (120 or later), and put it on PATH or set CHATPROOF_CHROME to its path
Or run in Chromium, which has the same engine: --browser chromium",
};

const EDGE: Program = Program {
    title: "Edge",
    variable: "CHATPROOF_EDGE",
    names: &["microsoft-edge", "microsoft-edge-stable"],
    directory_variable: None,
    places: &["/opt/microsoft/msedge/microsoft-edge", "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"],
    oldest: (120, 0),
    install: "\
macOS:   brew install --cask microsoft-edge
other:   https://www.microsoft.com/edge/ (120 or later), and put it on PATH or set CHATPROOF_EDGE to its path",
};

const MSEDGEDRIVER: Program = Program {
    title: "msedgedriver",
    variable: "CHATPROOF_MSEDGEDRIVER",
    names: &["msedgedriver"],
    directory_variable: Some("EDGEWEBDRIVER"),
    places: &["/usr/local/bin/msedgedriver", "/opt/homebrew/bin/msedgedriver"],
    oldest: (120, 0),
    install: "\
any system:  https://developer.microsoft.com/microsoft-edge/tools/webdriver/ (the browser's own major version), and put \
it on PATH or set CHATPROOF_MSEDGEDRIVER to its path",
};
