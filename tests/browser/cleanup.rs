//! Whatever ends a run, nothing of it is left: no driver, no browser, no profile; and what was heard is saved.

use rustix::process::Signal;

use crate::failures::{Case, Running, long_journey, processes_with, signal};
use crate::harness::{Pages, browsers};

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_saves_what_it_has_and_leaves_nothing() {
    let (pages, text) = long_journey();
    let pages = Pages::serve(pages).await;
    for browser in browsers() {
        for by in [Signal::INT, Signal::TERM, Signal::HUP] {
            let case = Case::new(&pages.url, text);
            let mut run = Running::start(
                &case,
                &["run", "--browser", browser.name(), "--save-recordings", "rec", "--report", "json=report.json"],
            )
            .await;
            run.until("first … done").await;
            assert!(processes_with(&case.path("tmp")).len() > 2, "the test sees driver and browser");
            signal(run.child.id().unwrap(), by);
            let (code, said) = run.end().await;
            assert_eq!(code, 130, "{said}");
            for journey in ["first", "long"] {
                let saved =
                    std::fs::read_to_string(case.path(&format!("rec/{}-{journey}.json", browser.name()))).unwrap();
                assert!(saved.contains("SAID"), "{journey}");
            }
            let report = std::fs::read_to_string(case.path("report.json")).unwrap();
            assert!(report.contains("\"exit_code\": 130"), "{report}");
            case.nothing_left();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_interrupted_while_its_browser_starts_leaves_nothing() {
    let (pages, text) = long_journey();
    let pages = Pages::serve(pages).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, text);
        let mut run = Running::start(&case, &["run", "--browser", browser.name()]).await;
        run.until("is being started").await;
        signal(run.child.id().unwrap(), Signal::TERM);
        let (code, said) = run.end().await;
        assert_eq!(code, 130, "{said}");
        case.nothing_left();
    }
}

/// The identifier that a message gives its script.
fn script_in(message: &str) -> Option<&str> {
    message.split_once("\"script\":\"")?.1.split('"').next()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_listener_outlives_its_window() {
    let (pages, _) = long_journey();
    let pages = Pages::serve(pages).await;
    let journey = "    steps:\n      - open: /\n      - { click: text=Say, fires: SAID }\n";
    let text = format!(
        "not_applicable: {{ OPENED: not here, CLOSED: not here }}\njourneys:\n  first:\n{journey}  second:\n{journey}"
    );
    for browser in browsers() {
        let case = Case::new(&pages.url, &text);
        let (code, said) = case.run(&["run", "--browser", browser.name(), "-vv"]).await;
        assert_eq!(code, 0, "{said}");
        let sent = |command: &str| -> Vec<&str> {
            said.lines().filter(|line| line.contains("-> ") && line.contains(command)).collect()
        };
        assert_eq!(sent("\"script.addPreloadScript\"").len(), 2, "{said}");
        let removed: Vec<&str> = sent("\"script.removePreloadScript\"").into_iter().filter_map(script_in).collect();
        assert_eq!(removed.len(), 2, "{said}");
        assert_ne!(removed[0], removed[1], "{said}");
    }
}
