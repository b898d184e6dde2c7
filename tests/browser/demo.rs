//! The built-in demo, through the built program: all eleven documented events and the ready event, in both browsers,
//! and in every odd but documented form of the site.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use chatproof::browser::BrowserKind::{self, Chromium, Firefox};
use serde_json::Value;
use tokio::process::Command;

use crate::harness::browsers;

/// Runs the demo in one form of the site and gives its JSON report.
async fn demo(browser: BrowserKind, variant: Option<&str>) -> (Value, tempfile::TempDir) {
    demo_for(browser, variant, &[]).await
}

async fn demo_for(browser: BrowserKind, variant: Option<&str>, more: &[&str]) -> (Value, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatproof"));
    command.current_dir(folder.path()).args(["demo", "--browser", browser.name()]).args(more);
    if let Some(variant) = variant {
        // As few of its journeys as fire all events.
        command.args([
            "--variant",
            variant,
            "--only",
            "{live-chat,book-a-meeting,nobody-accepts,closed-before-the-end}",
        ]);
    }
    let _place = crate::harness::place().await;
    let run = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(300), run).await.expect("it ends").unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let place = format!("{variant:?} in {}", browser.name());
    assert_eq!(output.status.code(), Some(0), "{place}:\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("11 of 11 documented events proved"), "{place}:\n{text}");
    if browser == Firefox && variant.is_none() && more.is_empty() {
        let readme = crate::guide::page("README.md");
        let shown = readme.blocks.iter().find(|block| block.mark().0 == "demo").expect("the README shows how it ends");
        // How many checks there are depends on how often an analytics tag found something to push.
        let uncounted =
            |text: &str| regex::Regex::new("[0-9,]+ (checks|passed)").unwrap().replace_all(text, "N $1").into_owned();
        let (said, shown) = (uncounted(&text), uncounted(&shown.text));
        let mut rest = said.as_str();
        for line in shown.lines().filter(|line| *line != "…") {
            let (_, after) = rest.split_once(line).unwrap_or_else(|| panic!("the README shows `{line}`:\n{text}"));
            rest = after;
        }
    }
    let report = std::fs::read_to_string(folder.path().join("chatproof-demo/report.json")).unwrap();
    (serde_json::from_str(&report).unwrap(), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn proves_every_documented_event_in_both_browsers_and_says_where_the_reports_are() {
    for browser in browsers() {
        let (report, folder) = demo(browser, None).await;
        let journeys = report["journeys"].as_array().unwrap();
        assert!(journeys.len() >= 6);
        // One of them on a phone, beside those on a desktop.
        let columns: BTreeSet<&str> = journeys.iter().filter_map(|journey| journey["browser"].as_str()).collect();
        assert_eq!(columns, BTreeSet::from([browser.name(), &format!("{}+phone", browser.name())]));
        let heard = |journey: &Value| journey["steps"].as_array().unwrap().iter().all(|step| step["outcome"] == "done");
        assert!(journeys.iter().all(heard), "{journeys:#?}");
        let junit = std::fs::read_to_string(folder.path().join("chatproof-demo/junit.xml")).unwrap();
        assert!(!junit.contains("<failure") && !junit.contains("<error"), "{junit}");
        // All that isn't judged is what only the others' journeys are to fire.
        let of_others = junit.matches("each visitor&apos;s journeys are judged for themselves").count();
        assert_eq!(junit.matches("<skipped").count(), of_others, "{junit}");

        // Judged again, without a browser, the recordings give the same verdicts.
        let again = Command::new(env!("CARGO_BIN_EXE_chatproof"))
            .current_dir(folder.path())
            .args(["judge", "chatproof-demo/recordings", "--report", "json=again.json"])
            .output()
            .await
            .unwrap();
        assert_eq!(again.status.code(), Some(0), "{}", String::from_utf8_lossy(&again.stdout));
        let text = std::fs::read_to_string(folder.path().join("again.json")).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["journeys"], report["journeys"], "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_journey_passes_on_a_phone_and_on_a_desktop() {
    for browser in browsers() {
        let (report, _folder) = demo_for(browser, None, &["--visitors", "all"]).await;
        let mut walked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for journey in report["journeys"].as_array().unwrap() {
            assert_eq!(journey["ending"], "complete", "{journey:#?}");
            let (name, column) = (journey["name"].as_str().unwrap(), journey["browser"].as_str().unwrap());
            walked.entry(column).or_default().insert(name);
        }
        let [desktop, phone] = ["desktop", "phone"].map(|visitor| &walked[&*format!("{}+{visitor}", browser.name())]);
        assert_eq!(desktop, phone);
        assert!(desktop.len() >= 8 && walked.len() == 2, "{walked:?}");
    }
}

/// Each form in one of the browsers; of a test that is run in one browser, those of that one.
async fn forms(forms: &[(BrowserKind, &str)]) {
    let browsers = browsers();
    for (browser, form) in forms.iter().filter(|(browser, _)| browsers.contains(browser)) {
        demo(*browser, Some(form)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proves_them_wherever_the_api_lives() {
    forms(&[(Firefox, "api-object"), (Chromium, "api-globals")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proves_them_whenever_the_api_is_ready() {
    forms(&[(Firefox, "ready-sync"), (Chromium, "injected-late")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proves_them_in_frames() {
    forms(&[(Firefox, "cross-origin-frame"), (Chromium, "cross-origin-frame")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn proves_them_under_a_strict_policy() {
    forms(&[(Firefox, "strict-csp"), (Chromium, "strict-csp")]).await;
}
