//! Dialogs are answered as the step says, else as nobody in particular would; what chatproof itself waved away is never
//! held against the widget.

use chatproof::recording::Kind;
use chatproof::verdict::Outcome;

use crate::harness::{Heard, Pages, browsers, page, run, with_widget};

fn dialogs(heard: &Heard<'_>) -> Vec<String> {
    heard.observations(|kind| match kind {
        Kind::Dialog { dialog, message, answer, by_step } => {
            Some(format!("{dialog} {message} {answer}{}", if *by_step { " by step" } else { "" }))
        }
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_answers_the_dialogs_that_it_causes() {
    let body = "<script>const say = (id) => acme('SAID', { id: String(id) })</script>
        <button onclick=\"say(confirm('a') + ' ' + confirm('b') + ' ' + prompt('c', 'as it was') + ' ' + alert('d'))\">Several</button>
        <button onclick=\"setTimeout(() => say(confirm('late')), 300)\">Later</button>
        <iframe src=/frame></iframe>
        <button onclick=\"frames[0].postMessage(1, '*'); onmessage = (e) => say(e.data)\">Frame</button>
";
    let frame = "<script>onmessage = () => parent.postMessage(confirm('frame'), '*')</script>";
    let pages = Pages::serve(vec![with_widget("/", body), page("/frame", frame)]).await;
    let text = "journeys:
  j:
    steps:
      - open: /
      - { click: text=Several, answer: accept, fires: { SAID: { id: 'true true as it was undefined' } } }
      - { click: text=Several, answer: { prompt: '${env.CHATPROOF_TEST_SECRET}' }, fires: SAID }
      - { click: text=Several, answer: dismiss, fires: { SAID: { id: 'false false null undefined' } } }
      - { click: text=Several, fires: { SAID: { id: 'false false null undefined' } } }
      - { click: text=Later, answer: accept, fires: { SAID: { id: 'true' } } }
      - { click: text=Frame, answer: accept, fires: { SAID: { id: 'true' } } }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        let heard = ran.journey("j");
        heard.complete().conforms();
        let typed = heard.events()[1].1["id"].clone();
        assert_eq!(typed, "true true ${env.CHATPROOF_TEST_SECRET} undefined", "{browser:?}");
        let told = dialogs(&heard);
        let first = ["confirm a accepted by step", "confirm b accepted by step", "prompt c accepted by step"];
        assert_eq!(told[..3], first, "{browser:?}");
        assert_eq!(told[12..15], ["confirm a dismissed", "confirm b dismissed", "prompt c dismissed"], "{browser:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_may_stay_on_a_page_that_asks_before_it_is_left() {
    let leaving = "<button onclick=\"acme('SAID', { id: 'here' })\">Here</button><a href=/next>Next</a>
        <script>addEventListener('beforeunload', (event) => { event.preventDefault(); event.returnValue = 'x' })</script>";
    let pages = Pages::serve(vec![with_widget("/", leaving), with_widget("/next", "<p>next page")]).await;
    let text = "journeys:
  stays:
    steps:
      - open: /
      - { click: text=Here, fires: SAID }
      - { click: text=Next, answer: dismiss }
      - wait_for: text=Here
      - { click: text=Here, fires: SAID }
  goes:
    steps:
      - open: /
      - { click: text=Here, fires: SAID }
      - { click: text=Next, answer: accept }
      - wait_for: text=next page
  goes-anyway:
    steps:
      - open: /
      - { click: text=Here, fires: SAID }
      - click: text=Next
      - wait_for: text=next page
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        for name in ["stays", "goes", "goes-anyway"] {
            ran.journey(name).complete().conforms();
        }
        let stays = dialogs(&ran.journey("stays"));
        assert!(stays.iter().any(|d| d.ends_with("dismissed by step")), "{browser:?}: {stays:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_for_nobody_is_not_held_against_the_widget() {
    let body = "<button onclick=\"if (confirm('Really?')) acme('CLOSED', { id: 'a' })\">End</button>
        <button onclick=\"alert('Bye')\">Mute</button>
        <button onclick=\"const other = window.open('about:blank'); if (other.confirm('There?')) acme('CLOSED', { id: 'a' }); other.close()\">Other</button>";
    let pages = Pages::serve(vec![with_widget("/", body)]).await;
    let journey = |name: &str, step: &str| {
        format!("  {name}:\n    steps:\n      - open: /\n      - {{ {step}, fires: CLOSED, within: 1s }}\n")
    };
    let text = format!(
        "journeys:\n{}{}{}{}{}",
        journey("silent", "click: text=End"),
        journey("meant", "click: text=End, answer: dismiss"),
        journey("agreed", "click: text=End, answer: accept"),
        journey("alert", "click: text=Mute"),
        journey("popup", "click: text=Other")
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        let verdict = |name| ran.journey(name).complete().verdict("event.CLOSED.fires");
        assert_eq!(verdict("silent"), (Outcome::Inconclusive, "dialog-cancelled".to_owned()), "{browser:?}");
        assert_eq!(verdict("popup").0, Outcome::Inconclusive, "{browser:?}");
        // Cancel is what the visitor wanted, and an `alert` changes nothing.
        assert_eq!(verdict("meant"), (Outcome::Fail, "missing".to_owned()), "{browser:?}");
        assert_eq!(verdict("alert"), (Outcome::Fail, "missing".to_owned()), "{browser:?}");
        ran.journey("agreed").conforms();
        let silent = ran.journey("silent");
        let verdicts = silent.verdicts();
        let told = verdicts.iter().find(|v| v.requirement == "event.CLOSED.fires").unwrap();
        let hint = told.hint.clone().unwrap();
        assert!(hint.contains("chatproof itself pressed Cancel") && hint.contains("`answer: accept`"), "{hint}");
    }
}

/// A site whose `/members` and `/data` want a login.
async fn members() -> String {
    use axum::http::{HeaderMap, StatusCode, header};
    use axum::response::{Html, IntoResponse};
    let asked = |headers: HeaderMap| async move {
        // ada:s3cr3t-value
        let known = headers.get(header::AUTHORIZATION).is_some_and(|given| given == "Basic YWRhOnMzY3IzdC12YWx1ZQ==");
        if known {
            let page = "<!doctype html><script src=/widget.js></script><p>members <button onclick=\"acme('SAID', { id: 'in' })\">In</button><script>addEventListener('load', () => acmeReady())</script>";
            return Html(page).into_response();
        }
        (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"Members\"")], Html("<p>no entry"))
            .into_response()
    };
    let home = "<!doctype html><script src=/widget.js></script><button onclick=\"fetch('/data').then((r) => acme('SAID', { id: String(r.status) }))\">Fetch</button><script>addEventListener('load', () => acmeReady())</script>";
    let app = axum::Router::new()
        .route("/", axum::routing::get(move || async move { Html(home) }))
        .route(
            "/widget.js",
            axum::routing::get(|| async { ([(header::CONTENT_TYPE, "text/javascript")], include_str!("widget.js")) }),
        )
        .route("/members", axum::routing::get(asked))
        .route("/data", axum::routing::get(asked));
    let listener = crate::harness::listener().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_dialog_is_cancelled_or_gets_what_the_step_gives() {
    let pages = Pages { url: members().await };
    let text = "journeys:
  cancelled:
    steps:
      - open: /
      - { click: text=Fetch, answer: dismiss, fires: { SAID: { id: '401' } } }
      - { open: /members, answer: dismiss }
      - wait_for: text=no entry
  wrong:
    steps:
      - { open: /members, answer: { user: ada, password: wrong } }
      - wait_for: text=no entry
  given:
    steps:
      - { open: /members, answer: { user: ada, password: '${env.CHATPROOF_TEST_SECRET}' } }
      - { click: text=In, fires: SAID }
  fetched:
    steps:
      - open: /
      - { click: text=Fetch, answer: { user: ada, password: '${env.CHATPROOF_TEST_SECRET}' }, fires: { SAID: { id: '200' } } }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        for name in ["cancelled", "given", "fetched"] {
            ran.journey(name).complete().conforms();
        }
        ran.journey("wrong").complete();
        let told = dialogs(&ran.journey("given"));
        let want = format!("login {}/members Members accepted by step", pages.url);
        assert_eq!(told, [want], "{browser:?}");
        let text = serde_json::to_string(&ran.outcome.recordings).unwrap();
        assert!(!text.contains("s3cr3t"), "{browser:?}");
    }
}
