//! What Firefox is asked to be: one that listens well, reaches for no network, and does without its own extras, which
//! take a tenth of its time or more when journeys are walked side by side.
//!
//! Boundary: what is here for speed must not change what a page can find out. So animations of Firefox's own windows are switched off by
//! a style sheet and not by `ui.prefersReducedMotion`, which pages see.

use std::io::{Cursor, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::refusals;

/// For Firefox's own windows; no page sees it. A tab that slides in and shows that it loads is painted sixty times a
/// second; and the toolbars, which nobody sees either, are laid out and painted anew with each tab that opens, loads or
/// gets a title. They keep their height, so that a page has the same room below them. A window that a page opens has
/// lower ones, and is left as it is.
const OWN_WINDOWS: &str = "*, *::before, *::after { animation: none !important; transition: none !important; }\n\
    :root:not([chromehidden~=\"toolbar\"]) #navigator-toolbox \
    { height: 86px !important; content-visibility: hidden !important; }\n";

/// Options of a session (geckodriver, "Capabilities", `moz:firefoxOptions`). `headed`: with windows that somebody looks at.
/// `downloads`: the folder that files go to.
pub(super) fn options(headed: bool, downloads: Option<&Path>) -> Value {
    let mut options = json!({
        "args": [],
        "prefs": {
            // A page that is hidden for the operating system's window manager keeps running at full speed.
            "widget.windows.window_occlusion_tracking.enabled": false,
            // A page that comes back from the back/forward cache can't be listened to any more: so, none does.
            "browser.sessionhistory.max_total_viewers": 0,
            "fission.bfcacheInParent": false,
            // A site may open its chat in a window of its own.
            "dom.disable_open_during_load": false,
            // An emoji that is typed arrives as one character, as from any keyboard, and not in two halves.
            "dom.event.keypress.dispatch_once_per_surrogate_pair": true,
            // Nothing but the page under test reaches for the network.
            "services.settings.server": "data:,#remote-settings-dummy/v1",
            "app.normandy.enabled": false,
            "browser.newtabpage.enabled": false,
            "browser.safebrowsing.update.enabled": false,
            // Every user context is new, so its cache is of use only for as long as it is open: memory will do.
            "browser.cache.disk.enable": false,
            // Looks at each page, in its process: is it in a foreign language, an article, a form to be filled?
            "browser.translations.enable": false,
            "browser.ml.enable": false,
            "reader.parse-on-load.enabled": false,
            "browser.formfill.enable": false,
            "signon.rememberSignons": false,
            "signon.autofillForms": false,
            "extensions.formautofill.addresses.enabled": false,
            "extensions.formautofill.creditCards.enabled": false,
            // Keeps what will never be asked for: where somebody was, what was open, how Firefox fares.
            "places.history.enabled": false,
            "browser.sessionstore.interval": 600_000,
            "browser.sessionstore.max_tabs_undo": 0,
            "datareporting.healthreport.uploadEnabled": false,
            "toolkit.telemetry.unified": false,
        },
    });
    for (name, value) in refusals::firefox(downloads) {
        options["prefs"][name] = value;
    }
    if !headed {
        options["args"] = json!(["-headless"]);
        // Nobody sees a tab's icon; to fetch and draw it takes as long as a small page.
        options["prefs"]["browser.chrome.site_icons"] = json!(false);
        options["prefs"]["browser.chrome.favicons"] = json!(false);
        if let Some(profile) = profile() {
            options["prefs"]["toolkit.legacyUserProfileCustomizations.stylesheets"] = json!(true);
            options["profile"] = json!(profile);
        }
    }
    options
}

/// A profile with nothing in it but the style sheet of Firefox's own windows, as drivers take it: a ZIP file in Base64.
fn profile() -> Option<String> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("chrome/userChrome.css", stored).ok()?;
    zip.write_all(OWN_WINDOWS.as_bytes()).ok()?;
    Some(STANDARD.encode(zip.finish().ok()?.into_inner()))
}
