//! A part of the catalogue in real browsers, through the built program: its faults break every requirement that the whole
//! catalogue breaks, and each is caught for its declared reason. And a catalogue of somebody else's, for a vendor that
//! doesn't exist.
//!
//! `make selftest` walks all of it in both browsers; `tests/plain/golden.rs` judges what was once heard of all of it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use chatproof::browser::BrowserKind::{self, Chromium, Firefox};
use chatproof::cli::catalogue::load;
use chatproof::report::style::Style;
use chatproof::selftest::{Catalogue, Entry};
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

fn catalogue() -> Catalogue {
    load(None, Style::OFF).unwrap_or_else(|error| panic!("{error}"))
}

/// The requirements that an entry is declared to break.
fn breaks<'a>(catalogue: &'a Catalogue, entry: &Entry) -> BTreeSet<&'a str> {
    let broken = catalogue.broken().into_iter();
    broken.filter(|(_, by)| by.contains(entry.id.as_str())).map(|(requirement, _)| requirement).collect()
}

/// As few faults as a greedy choice finds that together break all that any fault breaks: every third one in Firefox, which
/// takes twice as long, and the others in Chromium. By the entries' declarations, so a new requirement has its fault in here by itself.
fn parts(catalogue: &Catalogue) -> [(BrowserKind, Vec<String>); 2] {
    let all: Vec<(&Entry, BTreeSet<&str>)> =
        catalogue.entries.iter().map(|entry| (entry, breaks(catalogue, entry))).collect();
    let mut chosen: Vec<&(&Entry, BTreeSet<&str>)> = Vec::new();
    let mut left: BTreeSet<&str> = catalogue.broken().into_keys().collect();
    while !left.is_empty() {
        let new = |(entry, breaks): &&(&Entry, BTreeSet<&str>)| {
            let walks = entry.journeys.len() * entry.visited().len();
            (breaks.intersection(&left).count(), Reverse(walks), Reverse(entry.id.clone()))
        };
        let next = all.iter().max_by_key(new).expect("a fault");
        left.retain(|requirement| !next.1.contains(requirement));
        chosen.push(next);
    }
    // What was chosen early may be needless by now.
    for one in chosen.clone() {
        let others = || chosen.iter().filter(|(entry, _)| entry.id != one.0.id);
        if one.1.iter().all(|requirement| others().any(|(_, breaks)| breaks.contains(requirement))) {
            chosen = others().copied().collect();
        }
    }
    let part = |in_firefox: bool| {
        let those = chosen.iter().enumerate().filter(|(nth, _)| (nth % 3 == 0) == in_firefox);
        let mut ids: Vec<String> = those.map(|(_, (entry, _))| entry.id.clone()).collect();
        ids.sort();
        ids
    };
    [(Firefox, part(true)), (Chromium, part(false))]
}

#[test]
fn each_requirement_that_a_fault_breaks_is_broken_in_one_of_the_browsers() {
    let catalogue = catalogue();
    let [(_, one), (_, other)] = parts(&catalogue);
    let walked: Vec<&Entry> =
        catalogue.entries.iter().filter(|entry| one.contains(&entry.id) || other.contains(&entry.id)).collect();
    let broken: BTreeSet<&str> = walked.iter().flat_map(|entry| breaks(&catalogue, entry)).collect();
    let unbroken: Vec<&str> =
        catalogue.broken().into_keys().filter(|requirement| !broken.contains(requirement)).collect();
    assert!(unbroken.is_empty(), "walked nowhere: {unbroken:#?}");
    // A fault for each, as the golden recordings' tests demand; nothing of the spec is left out here.
    let ids = catalogue.spec.requirement_ids();
    let missed: Vec<_> = ids.iter().filter(|id| !broken.contains(id.as_str())).collect();
    assert!(missed.is_empty(), "walked nowhere: {missed:#?}");
    assert!(!one.is_empty() && one.iter().all(|id| !other.contains(id)), "{one:?} {other:?}");
}

async fn part(browser: BrowserKind) {
    let catalogue = catalogue();
    let (_, chosen) = parts(&catalogue).into_iter().find(|(kind, _)| *kind == browser).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut arguments =
        vec!["--browser", browser.name(), "--jobs", "6", "--report", "terminal", "--report", "json=selftest.json"];
    arguments.extend(chosen.iter().flat_map(|id| ["--only", id]));
    let output = selftest(folder.path(), &arguments).await;
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let text = std::fs::read_to_string(folder.path().join("selftest.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    let caught: BTreeSet<String> = report["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["results"][0]["conclusion"] == "caught")
        .map(|entry| entry["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(caught, chosen.into_iter().collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn its_part_of_the_faults_is_caught_in_firefox() {
    part(Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_part_of_the_faults_is_caught_in_chromium() {
    part(Chromium).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_phone_or_a_language_shows_is_caught_there_and_nowhere_else() {
    for browser in crate::harness::browsers() {
        let folder = tempfile::tempdir().unwrap();
        let only = ["--only", "phone-engaged-silent", "--only", "german-email-silent", "--only", "phone-in-frame"];
        let arguments = [&["--browser", browser.name(), "--report", "json=selftest.json"][..], &only].concat();
        let output = selftest(folder.path(), &arguments).await;
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let text = std::fs::read_to_string(folder.path().join("selftest.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        let mut came: Vec<String> = Vec::new();
        for entry in report["entries"].as_array().unwrap() {
            for result in entry["results"].as_array().unwrap() {
                let column = result["browser"].as_str().unwrap().replace(browser.name(), "");
                came.push(format!(
                    "{}{column}: {}",
                    entry["id"].as_str().unwrap(),
                    result["conclusion"].as_str().unwrap()
                ));
            }
        }
        let wanted = [
            "german-email-silent+german: caught",
            "german-email-silent: unseen",
            "phone-engaged-silent+phone: caught",
            "phone-engaged-silent: unseen",
            "phone-in-frame+phone: clear",
        ];
        assert_eq!(came, wanted);
    }
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
    let arguments = ["catalogue.yaml", "--browser", "chromium", "--report", "json=out.json", "--report", "terminal"];
    let output = selftest(folder.path(), &arguments).await;
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    // Whoever sees only the end of a log learns which.
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.ends_with("  ✘ nothing  chromium missed\n  ✘ quiet  chromium false alarm\n"), "{text}");
    let report: Value = serde_json::from_slice(&std::fs::read(folder.path().join("out.json")).unwrap()).unwrap();
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
