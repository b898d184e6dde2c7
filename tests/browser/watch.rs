//! `run --watch`: what an edit leads to, and what it doesn't.

use rustix::process::Signal;

use crate::failures::{Case, Running, signal};
use crate::harness::{Pages, browsers, with_widget};

const SITE: &str = "\
not_applicable: { CLOSED: not here }
journeys:
  a:
    steps:
      - open: /
      - { click: text=Open, fires: OPENED }
  b:
    steps:
      - open: /
      - { click: text=Open, fires: OPENED }
      - { click: text=Say, fires: SAID }
";

/// Edits the site file, and gives what was printed to standard error until the program waits again.
async fn edit(case: &Case, run: &mut Running, from: &str, to: &str) -> String {
    let before = run.seen.len();
    change(case, from, to);
    run.until("watching chatproof.yaml").await;
    run.seen[before..].to_owned()
}

fn change(case: &Case, from: &str, to: &str) {
    let path = case.path("chatproof.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from:?} is not in {text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_walks_what_it_changed_in_the_browser_that_is_open() {
    let buttons = "<button onclick=\"acme('OPENED', { id: 'c' })\">Open</button>\
        <button onclick=\"acme('SAID', { id: 'c' })\">Say</button>";
    let pages = Pages::serve(vec![with_widget("/", buttons)]).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, SITE);
        let arguments =
            ["run", "--watch", "--browser", browser.name(), "--report", "json=report.json", "--report", "terminal"];
        let mut run = Running::start(&case, &arguments).await;
        run.until("watching chatproof.yaml, acme.yaml").await;
        assert!(run.seen.contains("a … done") && run.seen.contains("b … done"), "{}", run.seen);

        let said = edit(&case, &mut run, "text=Say, fires: SAID", "text=Say").await;
        assert!(said.contains("b … done"), "{said}");
        assert!(!said.contains("a … ") && !said.contains("started"), "only what changed, in the open browser: {said}");
        // All journeys are in the files, and each step in its line of the file as it is now.
        let report = std::fs::read_to_string(case.path("report.json")).unwrap();
        assert!(report.contains("event.SAID.unexpected") && report.contains("\"a\""), "{report}");

        let said = edit(&case, &mut run, "text=Say", "text=Say, fire: SAID").await;
        assert!(said.contains("did you mean `fires`?") && !said.contains(" … "), "{said}");
        let said = edit(&case, &mut run, "fire: SAID", "fires: SAID").await;
        assert!(said.contains("b … done") && !said.contains("a … "), "{said}");
        // What journeys share; what only the judge looks at; nothing at all.
        let said = edit(&case, &mut run, "journeys:", "defaults: { within: 3s }\njourneys:").await;
        assert!(said.contains("a … done") && said.contains("b … done"), "{said}");
        let said = edit(&case, &mut run, "CLOSED: not here", "CLOSED: nowhere").await;
        assert!(!said.contains(" … "), "{said}");

        // An edit while a journey is under way breaks it off.
        change(&case, "fires: OPENED }\n  b:", "fires: OPENED }\n      - pause: 10m\n  b:");
        run.until("a … 3 steps").await;
        let said = edit(&case, &mut run, "      - pause: 10m\n", "").await;
        assert!(said.contains("a … interrupted") && said.contains("a … done") && !said.contains("started"), "{said}");

        signal(run.child.id().unwrap(), Signal::INT);
        let (code, said) = run.end().await;
        assert_eq!(code, 130, "{said}");
        case.nothing_left();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_edit_made_stale_is_not_judged_where_its_browser_cannot_be_used() {
    let buttons = "<button onclick=\"acme('OPENED', { id: 'c' })\">Open</button>\
        <button onclick=\"acme('SAID', { id: 'c' })\">Say</button>";
    let pages = Pages::serve(vec![with_widget("/", buttons)]).await;
    for (browser, driver) in [("firefox", "geckodriver"), ("chromium", "chromedriver")] {
        let case = Case::new(&pages.url, SITE);
        let program = case.path(driver);
        let install = || {
            std::fs::write(&program, format!("#!/bin/sh\nexec {driver} \"$@\"\n")).unwrap();
            std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        };
        install();
        let mut command = case.command(&["run", "--watch", "--browser", browser, "--report", "json=report.json"]);
        command.env(format!("CHATPROOF_{}", driver.to_uppercase()), &program);
        let mut run = Running::of(command).await;
        let journeys = || {
            let report = std::fs::read_to_string(case.path("report.json")).unwrap();
            let report: serde_json::Value = serde_json::from_str(&report).unwrap();
            report["journeys"].as_array().unwrap().len()
        };
        run.until("watching chatproof.yaml, acme.yaml").await;
        assert_eq!(journeys(), 2);

        // Another kind of session is needed, and there is no driver for it any more.
        std::fs::remove_file(&program).unwrap();
        let said = edit(&case, &mut run, "journeys:", "accept_insecure_certs: true\njourneys:").await;
        assert!(said.contains(&format!("the next round runs again in {browser}: a, b")), "{said}");
        assert_eq!(journeys(), 0, "what was heard before the edit");

        install();
        let said = edit(&case, &mut run, "CLOSED: not here", "CLOSED: nowhere").await;
        assert!(said.contains("a … done") && said.contains("b … done"), "{said}");
        assert_eq!(journeys(), 2);
        signal(run.child.id().unwrap(), Signal::INT);
        let (code, said) = run.end().await;
        assert_eq!(code, 130, "{said}");
        case.nothing_left();
    }
}
