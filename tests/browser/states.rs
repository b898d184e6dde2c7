//! What a journey leaves behind is what others begin with: cookies that no script sees, storage of all origins, frames as well.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chatproof::browser::BrowserKind;
use chatproof::recording::{Ending, Recording};
use chatproof::runner::{self, Options, Retrying, Silent, Subject};
use chatproof::verdict::{Level, Outcome};

use crate::harness::{Pages, Ran, acme, browsers, listener, options, place, site};

/// What a server gives to whoever signs in; what of it comes back is what counts.
const KEY: &str = "k3y-0f-the-session";
const TAB: &str = "t4b-0f-the-session";
const OTHER: &str = "0ther-0rigins-key";

#[derive(Clone)]
struct Sites {
    other: String,
    foreign: String,
}

async fn answer(State(sites): State<Sites>, headers: HeaderMap, uri: Uri) -> Response {
    let page = |body: &str| {
        let body = body.replace("{other}", &sites.other).replace("{foreign}", &sites.foreign);
        let page = format!(
            "<!doctype html><title>t</title><script src=/widget.js></script><body>{body}\
             <script>addEventListener('load', () => acmeReady())</script>"
        );
        ([(header::CONTENT_TYPE, "text/html")], page).into_response()
    };
    let cookies = headers.get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match uri.path() {
        "/widget.js" => {
            ([(header::CONTENT_TYPE, "text/javascript")], include_str!("widget.js").to_owned()).into_response()
        }
        // Storage is this origin's; another origin keeps some by a page of its own, and as a frame here.
        "/login" => {
            let script = format!(
                "<script>localStorage.user = JSON.stringify({{ token: '{KEY}', name: 'Ada' }}); sessionStorage.tab = '{TAB}';\
                 localStorage.mode = 'dark'</script><a href='{{other}}/elsewhere'>On</a>"
            );
            let mut response = page(&script);
            for cookie in
                [format!("sid={KEY}; HttpOnly; SameSite=Lax; Path=/"), "plan=trial; Path=/; Max-Age=3600".into()]
            {
                response.headers_mut().append("set-cookie", cookie.parse().unwrap());
            }
            response
        }
        "/elsewhere" => {
            page(&format!("<script>localStorage.other = '{OTHER}'</script><a href='{{foreign}}/hub'>On</a>"))
        }
        // The frame says what it has found.
        "/hub" => page(
            "<p></p><iframe src='{other}/frame'></iframe>\
             <script>addEventListener('message', ({ data }) => document.querySelector('p').append(data))</script>",
        ),
        "/frame" => page(&format!(
            "<script>const had = 'framed' in localStorage; localStorage.framed = '{OTHER}'; \
             parent.postMessage(had ? 'something' : 'nothing', '*')</script>"
        )),
        "/inside" if !cookies.contains(&format!("sid={KEY}")) => (StatusCode::FORBIDDEN, page("")).into_response(),
        _ => page(""),
    }
}

async fn serve() -> (Pages, Sites) {
    let listeners = [listener().await, listener().await];
    let [url, other] = [0, 1].map(|at| format!("http://{}", listeners[at].local_addr().unwrap()));
    let foreign = url.replace("127.0.0.1", "localhost");
    let sites = Sites { other, foreign };
    for listener in listeners {
        let app = axum::Router::new().fallback(answer).with_state(sites.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
    }
    (Pages { url }, sites)
}

const LOGIN: &str = "  login:
    save_state: login
    steps: [{ open: /login }, { click: text=On }, { click: text=On }, { wait_for: text=nothing }]
";

/// Runs journeys; with attempts, as many of each as that.
async fn run(browser: BrowserKind, pages: &Pages, text: &str, change: impl FnOnce(&mut Options)) -> Ran {
    let spec = acme();
    let site = site(&spec, &format!("spec: acme\nbase_url: {}\n{text}", pages.url));
    let mut options = options(browser, &site);
    change(&mut options);
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let _place = place().await;
    let outcome = {
        let mut subject = Subject::new(&spec, &site, &options, Arc::new(Silent), cancel).unwrap();
        let again = |recording: &Recording| recording.ending != Ending::Complete;
        subject.retrying = Retrying { times: 1, again: Some(&again) };
        runner::run_all(&subject).await
    };
    assert!(outcome.errors.is_empty(), "{}: {:?}", browser.name(), outcome.errors);
    Ran { spec, site, outcome, browser }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_begins_with_what_the_login_left_behind() {
    let (pages, sites) = serve().await;
    let text = format!(
        "visitors: {{ signed-in: {{ state: login }} }}
actors: {{ colleague: {{ is: signed-in }} }}
journeys:
  inside:
    visitors: signed-in
    steps:
      - open: /inside
      - eval: \"if (JSON.parse(localStorage.user).name !== 'Ada' || localStorage.mode !== 'dark') throw new Error('local')\"
      - eval: \"if (!sessionStorage.tab) throw new Error('session')\"
      - eval: \"if (document.cookie !== 'plan=trial') throw new Error(document.cookie)\"
      - eval: \"acme('SAID', {{ id: JSON.parse(localStorage.user).token }}); localStorage.removeItem('user')\"
      - reload: true
      - eval: \"if ('user' in localStorage) throw new Error('again')\"
      - open: '{other}/elsewhere'
      - eval: \"if (!localStorage.other) throw new Error('other')\"
  framed:
    visitors: signed-in
    steps: [{{ open: '{foreign}/hub' }}, {{ wait_for: 'text=something' }}]
  beside: {{ steps: [{{ open: / }}, {{ open: /inside, as: colleague }}, {{ eval: \"if (!localStorage.user) throw new Error('local')\", as: colleague }}] }}
  alone: {{ steps: [{{ open: /inside }}, {{ eval: \"if (localStorage.length) throw new Error('not alone')\" }}] }}
{LOGIN}",
        other = sites.other,
        foreign = sites.foreign,
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text, |_| {}).await;
        for name in ["login", "inside", "framed", "beside", "alone"] {
            ran.journey(name).complete();
        }
        let status = |name: &str, code: &str| {
            let phases = ran.journey(name).observations(|kind| match kind {
                chatproof::recording::Kind::Navigation { phase, .. } => Some(phase.clone()),
                _ => None,
            });
            phases.iter().any(|phase| phase == code)
        };
        assert!(!status("inside", "http-403") && !status("beside", "http-403") && status("alone", "http-403"));
        let told = ran.journey("inside").recording.visitor.clone().unwrap();
        assert_eq!((told.name.as_str(), &told.set["state"]), ("signed-in", &serde_json::json!("login")));
        // What was left behind is in no recording, not even where the page says it.
        for recording in &ran.outcome.recordings {
            let observed = serde_json::to_string(&(&recording.observations, &recording.visitor)).unwrap();
            assert!(!observed.contains(KEY) && !observed.contains(TAB), "{}: {}", browser.name(), recording.journey);
        }
        let said = &ran.journey("inside").events()[0].1["id"];
        assert_eq!(said, "${state.login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_login_nobody_is_signed_in_and_that_is_no_pass() {
    let (pages, _) = serve().await;
    let text = "visitors: { signed-in: { state: login } }
journeys:
  inside: { visitors: signed-in, steps: [{ open: /inside }] }
  login: { save_state: login, steps: [{ open: /login }, { click: text=Nowhere, timeout: 300ms }] }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text, |_| {}).await;
        let of = |name: &str| ran.outcome.recordings.iter().filter(|one| one.journey == name).count();
        assert_eq!((of("login"), of("inside")), (2, 1), "{}: what can't be had isn't tried again", browser.name());
        let inside = ran.journey("inside");
        let Ending::Broken { message } = &inside.recording.ending else { panic!("{:?}", inside.recording.ending) };
        assert!(message.contains("journey `login`, which saves it, didn't get to its end"), "{message}");
        let passed =
            |verdict: &chatproof::verdict::Verdict| verdict.outcome == Outcome::Pass && verdict.level != Level::Record;
        assert!(!inside.verdicts().iter().any(passed), "{:#?}", inside.verdicts());
        assert!(inside.verdicts().iter().any(|verdict| verdict.outcome == Outcome::Inconclusive));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_between_runs_needs_no_login() {
    let (pages, _) = serve().await;
    let text = format!(
        "visitors: {{ signed-in: {{ state: login }} }}\njourneys:\n  inside: {{ visitors: signed-in, steps: [{{ open: /inside }}, {{ eval: \"if (!localStorage.user) throw new Error('local')\" }}] }}\n{LOGIN}"
    );
    for browser in browsers() {
        let states = runner::States::default();
        let first = run(browser, &pages, &text, |options| options.states = states.clone()).await;
        first.journey("inside").complete();
        let kept = states.text();
        assert!(kept.contains(KEY) && kept.contains("\"httpOnly\": true"), "{kept}");
        let again = run(browser, &pages, &text, |options| {
            options.journeys = vec!["inside".to_owned()];
            options.states.read(&kept).unwrap();
        })
        .await;
        again.journey("inside").complete();
        assert_eq!(again.outcome.recordings.len(), 1);
    }
}
