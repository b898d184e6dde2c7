//! What the browsers answer by themselves where a page asks its visitor for something: as a visitor who says no, at once.
//! Nobody is there, and a question that waits for an answer blocks the page, or the driver with it.
//!
//! Boundary: data. What a browser has no such setting for is answered in the page, by `asks.js`; dialogs of scripts are
//! answered by `prompts.rs`.

use std::path::Path;

use serde_json::{Value, json};

/// Firefox's preferences. `downloads`: the folder that files go to.
pub(super) fn firefox(downloads: Option<&Path>) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = Vec::new();
    // These refuse when they are asked; until then, and for `navigator.permissions`, nobody has been asked.
    for asked in ["geo", "notification", "dom.storage_access", "dom.storageManager", "midi", "dom.xr"] {
        all.push((format!("{asked}.prompt.testing"), json!(true)));
        all.push((format!("{asked}.prompt.testing.allow"), json!(false)));
    }
    let printer = "print.printer_Mozilla_Save_to_PDF";
    let mut set = |name: &str, value: Value| all.push((name.to_owned(), value));
    // Whoever prints is told that it was printed: in vain, since this path can be nobody's file.
    set("print.always_print_silent", json!(true));
    set("print_printer", json!("Mozilla Save to PDF"));
    set(&format!("{printer}.print_to_file"), json!(true));
    set(&format!("{printer}.print_to_filename"), json!("/dev/null/nowhere.pdf"));
    for device in ["camera", "microphone", "screen", "speaker"] {
        set(&format!("permissions.default.{device}"), json!(2));
    }
    // Only a camera that is there can be refused.
    set("media.navigator.streams.fake", json!(true));
    set("media.navigator.permission.fake", json!(true));
    // Nothing slides over the page that somebody would have to wave away.
    set("full-screen-api.warning.timeout", json!(0));
    set("full-screen-api.warning.delay", json!(-1));
    set("full-screen-api.transition-duration.enter", json!("0 0"));
    set("full-screen-api.transition-duration.leave", json!("0 0"));
    set("browser.download.useDownloadDir", json!(true));
    set("browser.download.always_ask_before_handling_new_types", json!(false));
    set("browser.download.alwaysOpenPanel", json!(false));
    if let Some(folder) = downloads {
        set("browser.download.folderList", json!(2));
        set("browser.download.dir", json!(folder.to_string_lossy()));
    }
    all
}

/// Chromium's switches.
pub(super) const CHROMIUM: [&str; 4] = [
    "--deny-permission-prompts",
    // Only a camera that is there can be refused.
    "--use-fake-device-for-media-stream",
    "--disable-print-preview",
    "--noerrdialogs",
];

/// Preferences of Chromium's profile.
pub(super) fn chromium() -> Value {
    const REFUSED: u8 = 2;
    json!({
        "printing.enabled": false,
        "hardware.screen_capture_enabled": false,
        "download.prompt_for_download": false,
        "profile.default_content_setting_values.usb_guard": REFUSED,
        "profile.default_content_setting_values.serial_guard": REFUSED,
        "profile.default_content_setting_values.hid_guard": REFUSED,
        "profile.default_content_setting_values.bluetooth_guard": REFUSED,
    })
}

/// What to do with files, by WebDriver BiDi: into a folder that goes with the browser; a remote browser keeps none.
pub(super) fn downloads(folder: Option<&Path>) -> Value {
    match folder {
        Some(folder) => {
            json!({ "downloadBehavior": { "type": "allowed", "destinationFolder": folder.to_string_lossy() } })
        }
        None => json!({ "downloadBehavior": { "type": "denied" } }),
    }
}
