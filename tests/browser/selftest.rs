//! The whole catalogue in both browsers, through the built program: every fault caught for its declared reason, no
//! conforming variant accused. And a catalogue of somebody else's, for a vendor that doesn't exist.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use chatproof::browser::BrowserKind::{self, Chromium, Firefox};
use serde_json::Value;
use tokio::process::Command;

async fn selftest(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatproof"));
    command.current_dir(folder).arg("selftest").args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let _place = crate::harness::alone().await;
    tokio::time::timeout(Duration::from_secs(1800), command.output()).await.expect("it ends").unwrap()
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn all(browser: BrowserKind) {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["--browser", browser.name(), "--jobs", "6", "--report", "terminal", "--report", "json=selftest.json"];
    let output = selftest(folder.path(), &arguments).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let text = std::fs::read_to_string(folder.path().join("selftest.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let counts = &report["browsers"][0];
    assert_eq!(counts["caught"], counts["faults"], "{counts}");
    assert_eq!(counts["clear"], counts["variants"], "{counts}");
    let entries = report["entries"].as_array().unwrap();
    assert_eq!(
        Some(entries.len() as u64),
        counts["faults"].as_u64().and_then(|faults| Some(faults + counts["variants"].as_u64()?))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_caught_and_no_variant_accused_in_firefox() {
    all(Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_caught_and_no_variant_accused_in_chromium() {
    all(Chromium).await;
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A catalogue for the tests' own vendor, with a widget in a folder.
fn acme(folder: &Path) {
    write(
        folder,
        &[
            ("acme.yaml", include_str!("acme.yaml")),
            ("site/widget.js", include_str!("widget.js")),
            (
                "site/shop.html",
                "<!doctype html><title>Shop</title><script src=/widget.js></script>\
                 <button onclick=\"acme('OPENED', { id: 'x' })\">Open</button>\
                 <script>addEventListener('load', () => acmeReady())</script>",
            ),
            (
                "journeys.yaml",
                "spec: acme.yaml\nbase_url: http://127.0.0.1\njourneys:\n  open:\n    steps:\n      - open: /shop\n      \
                 - click: role=button\n        fires: OPENED\n",
            ),
            (
                "catalogue.yaml",
                "format: chatproof-catalogue/1\nsite: journeys.yaml\nserve: site\nfaults: faults\nvariants: variants\n\
                 notes: constants.undocumented\n",
            ),
            (
                "faults/silent.yaml",
                "title: OPENED is silent\nbreaks: It fires when the panel opens.\nsection: Opened\njourneys: open\npatch:\n  \
                 - { file: shop.html, replace: \"acme('OPENED', { id: 'x' })\", with: \"\" }\n\
                 expect:\n  event.OPENED.fires: fail missing\n",
            ),
            ("variants/plain.yaml", "title: As it is\nkeeps: Nothing is changed.\njourneys: open\n"),
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_of_ones_own_is_walked_and_told_when_it_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    acme(folder.path());
    let output = selftest(folder.path(), &["catalogue.yaml", "--browser", "chromium", "--save-golden", "golden"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("2 entries in "), "{}", told(&output));

    // A fault that changes nothing is missed, and a variant that breaks something is accused.
    let broken = "title: Too quiet\nkeeps: It doesn't.\njourneys: open\npatch:\n  \
                  - { file: shop.html, replace: \"acme('OPENED', { id: 'x' })\", with: \"\" }\n";
    let missed = "title: Nothing\nbreaks: Nothing.\nsection: Opened\njourneys: open\nexpect:\n  event.OPENED.fires: fail missing\n";
    write(folder.path(), &[("variants/quiet.yaml", broken), ("faults/nothing.yaml", missed)]);
    let arguments = ["catalogue.yaml", "--browser", "chromium", "--report", "json=-"];
    let output = selftest(folder.path(), &arguments).await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let conclusions: Vec<(&str, &str)> = report["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["id"].as_str().unwrap(), entry["results"][0]["conclusion"].as_str().unwrap()))
        .collect();
    assert_eq!(
        conclusions,
        [("nothing", "missed"), ("silent", "caught"), ("plain", "clear"), ("quiet", "false-alarm")]
    );

    // What was kept is judged again without a browser.
    let output = selftest(folder.path(), &["catalogue.yaml", "--golden", "golden", "--only", "{silent,plain}"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}
