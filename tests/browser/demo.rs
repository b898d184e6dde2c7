//! The built-in demo, through the built program: all eleven documented events and the ready event, in both browsers,
//! and in every odd but documented form of the site.

use std::process::Stdio;
use std::time::Duration;

use chatproof::browser::BrowserKind::{self, Chromium, Firefox};
use serde_json::Value;
use tokio::process::Command;

use crate::harness::browsers;

/// Runs the demo in one form of the site and gives its JSON report.
async fn demo(browser: BrowserKind, variant: Option<&str>) -> (Value, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatproof"));
    command.current_dir(folder.path()).args(["demo", "--browser", browser.name()]);
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
    if browser == Firefox && variant.is_none() {
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
        let heard = |journey: &Value| journey["steps"].as_array().unwrap().iter().all(|step| step["outcome"] == "done");
        assert!(journeys.iter().all(heard), "{journeys:#?}");
        let junit = std::fs::read_to_string(folder.path().join("chatproof-demo/junit.xml")).unwrap();
        assert!(!junit.contains("<failure") && !junit.contains("<error") && !junit.contains("<skipped"), "{junit}");

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
