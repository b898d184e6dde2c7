//! A journey that fails is walked again with a fresh visitor in the same browser, and what is known is not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::response::Html;
use axum::routing::get;
use chatproof::browser::BrowserKind;
use serde_json::Value;

use crate::failures::{Case, Running, end_one};
use crate::harness::{browsers, listener};

/// How often each page was asked for by a visitor, by the name in its address.
type Visits = Arc<Mutex<BTreeMap<String, u32>>>;

/// A page whose widget works from a visitor's visit on that the address names: `/?page=x&from=2`. A visitor who was
/// there before is told apart by the browser, and then nothing works.
async fn page(State(visits): State<Visits>, Query(asked): Query<BTreeMap<String, String>>) -> Html<String> {
    let name = asked.get("page").cloned().unwrap_or_default();
    let visit = {
        let mut visits = visits.lock().unwrap();
        let visit = visits.entry(name).or_default();
        *visit += 1;
        *visit
    };
    let works = asked.get("from").and_then(|from| from.parse::<u32>().ok()).is_some_and(|from| visit >= from);
    Html(format!(
        "<!doctype html><title>t</title><script src=/widget.js></script>\
         <button onclick=\"if ({works} && !known) acme('OPENED', {{ id: 'a' }})\">open</button>\
         <script>const known = document.cookie.includes('seen'); document.cookie = 'seen=1';\
         addEventListener('load', () => acmeReady())</script>"
    ))
}

async fn serve() -> String {
    let listener = listener().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let widget = || async { ([("content-type", "text/javascript")], include_str!("widget.js")) };
    let app = Router::new().route("/", get(page)).route("/widget.js", get(widget)).with_state(Visits::default());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

const SITE: &str = "
not_applicable: { SAID: not here, CLOSED: not here }
defaults: { within: 300ms }
journeys:
  fine: { steps: [{ open: /?page=fine&from=1 }, { click: button, fires: OPENED }] }
  second: { steps: [{ open: /?page=second&from=2 }, { click: button, fires: OPENED }] }
  never: { steps: [{ open: /?page=never&from=99 }, { click: button, fires: OPENED }] }
";

fn json(case: &Case, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(case.path(name)).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_that_fails_is_walked_again_with_a_fresh_visitor() {
    for browser in browsers() {
        let case = Case::new(&serve().await, SITE);
        let run = |rest: &[&'static str]| {
            [&["run", "--browser", browser.name(), "--retries", "2", "--report", "json=report.json"], rest].concat()
        };
        let (code, said) = case.run(&run(&["--save-recordings", "rec", "--report", "junit=junit.xml"])).await;
        assert_eq!(code, 1, "one is broken, however often it is tried:\n{said}");
        let report = json(&case, "report.json");
        let journeys: BTreeMap<&str, &Value> =
            report["journeys"].as_array().unwrap().iter().map(|j| (j["name"].as_str().unwrap(), j)).collect();
        let told = |name: &str| (journeys[name]["attempt"].clone(), journeys[name]["flaky"].clone());
        assert_eq!(told("fine"), (1.into(), false.into()), "{said}");
        assert_eq!(told("second"), (2.into(), true.into()), "{said}");
        assert_eq!(told("never"), (3.into(), false.into()), "{said}");
        let first = &journeys["second"]["earlier"][0];
        assert_ne!(first["run_id"], journeys["second"]["run_id"], "another visitor has another ${{run.id}}");
        assert!(first["reasons"][0].as_str().unwrap().contains("OPENED"), "{first}");
        assert!(std::fs::read_to_string(case.path("junit.xml")).unwrap().contains("<flakyFailure"));

        // All attempts are kept, and judged again they give the same report.
        for name in ["fine", "second", "second@attempt-2", "never", "never@attempt-2", "never@attempt-3"] {
            assert!(case.path(&format!("rec/{}-{name}.json", browser.name())).is_file(), "{name}: {said}");
        }
        let (code, said) = case.run(&["judge", "rec", "--report", "json=again.json"]).await;
        assert_eq!((code, json(&case, "again.json")), (1, report), "{said}");

        // What is known calls for no other attempt, and what is flaky only for one.
        std::fs::write(
            case.path("known.yaml"),
            "- { requirement: event.OPENED.fires, journey: never, reason: known }\n",
        )
        .unwrap();
        let (code, said) = case.run(&run(&["--only", "never", "--save-recordings", "rec"])).await;
        assert_eq!((code, json(&case, "report.json")["totals"]["retries"].clone()), (0, 0.into()), "{said}");
        assert!(!case.path(&format!("rec/{}-never@attempt-2.json", browser.name())).exists(), "no attempt of this run");
        let recorded = json(&case, &format!("rec/{}-never.json", browser.name()));
        assert!(recorded["baseline"]["text"].as_str().unwrap().contains("reason: known"), "it can be judged alone");
        case.nothing_left();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_baseline_makes_the_next_run_pass() {
    for browser in browsers() {
        let case = Case::new(&serve().await, SITE);
        let run = ["run", "--browser", browser.name(), "--only", "never"];
        let (code, said) = case.run(&run).await;
        assert_eq!(code, 1, "{said}");
        let (code, said) = case.run(&[&run[..], &["--write-baseline"]].concat()).await;
        assert!(
            code == 0 && said.contains("written to known.yaml") && said.contains("event.OPENED.fires in never"),
            "{said}"
        );
        let (code, said) = case.run(&run).await;
        assert!(code == 0 && said.contains("waived"), "{said}");
        let (code, said) = case.run(&[&run[..], &["--no-baseline"]].concat()).await;
        assert_eq!(code, 1, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flaky_is_a_failure_only_where_that_is_asked_for() {
    let case = Case::new(&serve().await, SITE);
    let run = ["run", "--only", "second", "--retries", "1"];
    let (code, said) = case.run(&run).await;
    assert!(code == 0 && said.contains("flaky: failed in 1 of 2 attempts"), "{said}");
    // Another server, since on the first one it now works at once.
    let case = Case::new(&serve().await, SITE);
    let (code, said) = case.run(&[&run[..], &["--fail-on-flaky"]].concat()).await;
    assert!(code == 1 && said.contains("Does not conform: 1 journey is flaky."), "{said}");
}

/// A session that is lost takes the attempt with it that was under way, and none that had come to its end.
#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_failed_is_kept_when_the_next_one_loses_its_session() {
    let text = "
not_applicable: { SAID: not here, CLOSED: not here }
defaults: { within: 300ms }
journeys:
  third: { steps: [{ open: /?page=third&from=3 }, { click: button, fires: OPENED }, { pause: 5s }] }
";
    for browser in browsers() {
        let driver = match browser {
            BrowserKind::Firefox => "geckodriver",
            BrowserKind::Chromium => "chromedriver",
        };
        let case = Case::new(&serve().await, text);
        let arguments =
            ["run", "-v", "--browser", browser.name(), "--retries", "1", "--fail-on-flaky", "--save-recordings", "rec"];
        let mut run = Running::start(&case, &arguments).await;
        // The first one fails by the page, and the second is under way.
        run.until("attempt 2").await;
        run.until("third  2  click").await;
        end_one(&case, &run, |line| line.contains(driver));
        let (code, said) = run.end().await;
        assert!(said.contains("run again in a new session"), "{said}");
        assert!(said.contains("flaky: failed in 1 of 2 attempts"), "{said}");
        assert_eq!(code, 1, "it isn't as if nothing had failed: {said}");
        for name in ["third", "third@attempt-2"] {
            assert!(case.path(&format!("rec/{}-{name}.json", browser.name())).is_file(), "{name}: {said}");
        }
        case.nothing_left();
    }
}
