//! What a site file says of requests is done to them, and to no others: headers, logins, blocked and stubbed addresses.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use chatproof::browser::BrowserKind;
use chatproof::browser::hosts_proxy;
use chatproof::browser::routing::{self, Routing};
use chatproof::recording::{Ending, Kind};
use chatproof::runner::{self, Options, Silent};
use chatproof::verdict::Outcome;
use serde_json::Value;
use url::Url;

use crate::harness::{Pages, acme, browsers, listener, options, place, run, site, with_widget};

/// What servers were asked for, and the headers that are looked at here.
type Log = Arc<Mutex<Vec<(String, Option<String>, bool)>>>;

#[derive(Clone)]
struct Server {
    log: Log,
    other: String,
}

const TOKEN: &str = "s3cr3t-value";
/// `qa:s3cr3t-value`
const LOGIN: &str = "Basic cWE6czNjcjN0LXZhbHVl";

async fn answer(State(server): State<Server>, headers: HeaderMap, uri: Uri) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (path, token, signed) = (uri.path(), text("x-staging-token"), text("authorization").as_deref() == Some(LOGIN));
    server.log.lock().unwrap().push((format!("{}{path}", text("host").unwrap_or_default()), token.clone(), signed));
    let script = |body: &str| ([(header::CONTENT_TYPE, "text/javascript")], body.to_owned()).into_response();
    let page = |body: &str| {
        let body = format!("<!doctype html><title>t</title>{}", body.replace("{other}", &server.other));
        ([(header::CONTENT_TYPE, "text/html")], body).into_response()
    };
    let open = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    let late = "<script>addEventListener('load', () => { acmeReady(); go() })</script>";
    match path {
        "/gate" if token.as_deref() != Some(TOKEN) => StatusCode::FORBIDDEN.into_response(),
        "/gate" => page(&format!(
            "<script src=/widget.js></script><script src=/own.js></script><script src={{other}}/own.js></script>\
             <iframe src=/framed></iframe><script>go = () => fetch('/away').then(() => acme('OPENED', {{ id: '1' }}))</script>{late}"
        )),
        // Off to the other host.
        "/away" => Redirect::to(&format!("{}/landed", server.other)).into_response(),
        "/landed" => (open, "landed").into_response(),
        "/framed" => page("framed"),
        "/own.js" => script("1"),
        "/locked.js" | "/locked.png" | "/locked" if !signed => {
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"Locked\"")]).into_response()
        }
        "/locked.js" => script("window.locked = 1"),
        "/locked.png" | "/locked" => (open, "let in").into_response(),
        "/asks" => page(&format!(
            "<script src=/widget.js></script><script src={{other}}/locked.js></script><img src={{other}}/locked.png>\
             <script>go = () => acme('OPENED', {{ id: String(window.locked) }})</script>{late}"
        )),
        "/widget.js" => script(include_str!("widget.js")),
        "/stubs" => page(&format!(
            "<script src=/widget.js></script><script src={{other}}/ads/one.js></script>\
             <script>go = async () => {{
               const plan = await fetch('{{other}}/api/plan', {{ method: 'PUT', headers: {{ 'X-Own': '1' }} }});
               const down = await fetch('{{other}}/api/down');
               const file = await (await fetch('/file.json')).json();
               let ads = 'let through';
               try {{ await fetch('{{other}}/ads/two') }} catch {{ ads = 'kept out' }}
               acme('OPENED', {{ id: [(await plan.json()).plan, plan.headers.get('content-type'), down.status, await down.text(), file.of, ads].join(' ') }});
             }}</script>{late}"
        )),
        "/workers" => page(&format!(
            "<script src=/widget.js></script><script>go = () => {{
               new Worker('/worker.js').onmessage = (event) => acme('OPENED', {{ id: event.data }});
             }}</script>{late}"
        )),
        "/worker.js" => script(&r#"
            (async () => {
              let ads = 'let through';
              try { await fetch('{other}/ads/one', { mode: 'no-cors' }) } catch { ads = 'kept out' }
              const { plan } = await (await fetch('{other}/api/plan')).json();
              const own = await (await fetch('/token')).text();
              postMessage([ads, plan, own].join(' '));
            })();"#.replace("{other}", &server.other)),
        "/token" => (open, if token.as_deref() == Some(TOKEN) { "with" } else { "without" }).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A site, the same one at another host, and what both were asked for.
async fn serve() -> (Pages, String, Log) {
    let listeners = [listener().await, listener().await];
    let [url, other] = [0, 1].map(|i| format!("http://{}", listeners[i].local_addr().unwrap()));
    let other = other.replace("127.0.0.1", "localhost");
    let log = Log::default();
    for listener in listeners {
        let app = Router::new().fallback(answer).with_state(Server { log: log.clone(), other: other.clone() });
        tokio::spawn(async move { axum::serve(listener, app).await });
    }
    (Pages { url }, other, log)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_goes_to_its_host_and_to_no_other() {
    for browser in browsers() {
        let (pages, other, log) = serve().await;
        let host = other.trim_start_matches("http://");
        let text = "headers: { X-Staging-Token: '${env.CHATPROOF_TEST_SECRET}' }
journeys:
  gate: { steps: [{ open: /gate, fires: OPENED }] }
";
        let ran = run(browser, &pages, text).await;
        let journey = ran.journey("gate");
        journey.complete().conforms();
        let asked = std::mem::take(&mut *log.lock().unwrap());
        let of = |place: &str| -> Vec<_> {
            asked.iter().filter(|(url, ..)| url.ends_with(place)).map(|(_, token, _)| token.as_deref()).collect()
        };
        let own = pages.url.trim_start_matches("http://");
        for path in ["/gate", "/own.js", "/framed", "/away"] {
            assert_eq!(of(&format!("{own}{path}")), [Some(TOKEN)], "{browser:?} {path} {asked:?}");
        }
        for path in ["/own.js", "/landed"] {
            assert_eq!(of(&format!("{host}{path}")), [None], "{browser:?} {path} {asked:?}");
        }
        assert!(!serde_json::to_string(journey.recording).unwrap().contains(TOKEN));
        // Nor does another journey's site, in the same browser, get it.
        let ran = run(browser, &pages, "journeys:\n  gate: { steps: [{ open: /gate }] }\n").await;
        ran.journey("gate");
        let asked = log.lock().unwrap().clone();
        assert!(asked.iter().all(|(_, token, _)| token.is_none()), "{asked:?}");
        // That of another host.
        let text = format!(
            "headers: {{ '{host}': {{ X-Staging-Token: abc }} }}\njourneys:\n  asks: {{ steps: [{{ open: /asks }}] }}\n"
        );
        log.lock().unwrap().clear();
        run(browser, &pages, &text).await;
        let asked = log.lock().unwrap().clone();
        for (url, token, _) in &asked {
            assert_eq!(token.is_some(), url.starts_with(host), "{browser:?} {asked:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_gets_the_login_of_its_origin() {
    for browser in browsers() {
        let (pages, other, log) = serve().await;
        let text = format!(
            "logins: {{ '{other}': {{ user: qa, password: '${{env.CHATPROOF_TEST_SECRET}}' }} }}
journeys:
  asks: {{ steps: [{{ open: /asks, fires: {{ OPENED: {{ id: '1' }} }} }}] }}
  page: {{ steps: [{{ open: '{other}/locked' }}, {{ wait_for: text=let in }}] }}
"
        );
        let ran = run(browser, &pages, &text).await;
        for name in ["asks", "page"] {
            let journey = ran.journey(name);
            journey.complete();
            // Nobody saw a dialog.
            let dialogs = journey.observations(|kind| matches!(kind, Kind::Dialog { .. }).then_some(())).len();
            assert_eq!(dialogs, 0, "{browser:?}");
            assert!(!serde_json::to_string(journey.recording).unwrap().contains(TOKEN));
        }
        ran.journey("asks").conforms();
        let asked = log.lock().unwrap().clone();
        let let_in = |path: &str| asked.iter().any(|(url, _, signed)| *signed && url.ends_with(path));
        assert!(let_in("/locked.js") && let_in("/locked.png") && let_in("/locked"), "{browser:?} {asked:?}");
        // A wrong one is given once.
        let wrong = text.replace("${env.CHATPROOF_TEST_SECRET}", "wrong");
        let ran = run(browser, &pages, &wrong).await;
        let refused = ran.journey("asks").observations(|kind| match kind {
            Kind::Refused { what, status, .. } if what == "script" => Some(*status),
            _ => None,
        });
        assert!(refused.contains(&401), "{browser:?} {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_blocked_or_stubbed_reaches_no_server() {
    for browser in browsers() {
        let (pages, other, log) = serve().await;
        let text = format!(
            "block: ['{other}/ads/*']
stub:
  - {{ url: '{other}/api/plan', body: '{{ \"plan\": \"${{run.id}}\" }}' }}
  - {{ url: '{other}/api/*', status: 503, headers: {{ Retry-After: 5 }}, body: down }}
  - {{ url: /file.json, file: tests/data/network/file.json }}
journeys:
  stubs: {{ steps: [{{ open: /stubs, fires: OPENED }}] }}
  silent: {{ steps: [{{ open: /stubs, fires: CLOSED, within: 1s, may_fire: OPENED }}] }}
"
        );
        let ran = run(browser, &pages, &text).await;
        let journey = ran.journey("stubs");
        journey.complete().conforms();
        let id = journey.events()[0].1["id"].clone();
        assert_eq!(id, Value::from("run-1 application/json 503 down a file kept out"), "{browser:?}");
        let asked = log.lock().unwrap().clone();
        let reached = |part: &str| asked.iter().any(|(url, ..)| url.contains(part));
        assert!(!reached("/ads/") && !reached("/api/") && !reached("/file.json"), "{browser:?} {asked:?}");
        // A script that was blocked on purpose is no excuse.
        assert_eq!(ran.journey("silent").verdict("event.CLOSED.fires"), (Outcome::Fail, "missing".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_asks_as_its_page_does() {
    for browser in browsers() {
        let (pages, other, log) = serve().await;
        let text = format!(
            "headers: {{ X-Staging-Token: '${{env.CHATPROOF_TEST_SECRET}}' }}
block: ['{other}/ads/*']
stub: [{{ url: '{other}/api/plan', body: '{{ \"plan\": \"pro\" }}' }}]
journeys:
  workers: {{ steps: [{{ open: /workers, fires: OPENED }}] }}
"
        );
        let ran = run(browser, &pages, &text).await;
        let journey = ran.journey("workers");
        let asked = log.lock().unwrap().clone();
        journey.complete().conforms();
        assert_eq!(journey.events()[0].1["id"], "kept out pro with", "{browser:?}");
        assert!(!asked.iter().any(|(url, ..)| url.contains("/ads/") || url.contains("/api/")), "{browser:?} {asked:?}");
    }
}

/// Runs one journey in a browser that gets into the network as it is told; how that ended.
async fn routed(browser: BrowserKind, base_url: &str, routing: &Routing) -> Vec<Ending> {
    let spec = acme();
    let text = "journeys:\n  j: { steps: [{ open: / }, { click: text=Ask us, fires: OPENED }] }\n";
    let site = site(&spec, &format!("spec: {}\nbase_url: {base_url}\n{text}", spec.id));
    let product = routing::routed(&browser.into(), routing).unwrap();
    let options = Options { browsers: vec![product], ..options(browser, &site) };
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let _place = place().await;
    let outcome = runner::run(&spec, &site, &options, Arc::new(Silent), cancel).await;
    outcome.recordings.iter().map(|recording| recording.ending.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_or_another_host_answers() {
    // A proxy is asked for whole addresses, and this one answers by their paths.
    let pages =
        Pages::serve(vec![with_widget("/", "<button onclick=\"acme('OPENED', { id: '1' })\">Ask us</button>")]).await;
    let at = Url::parse(&pages.url).unwrap();
    for browser in browsers() {
        let through = Routing::through(&pages.url).unwrap();
        assert_eq!(routed(browser, "http://shop.example", &through).await, [Ending::Complete], "{browser:?}");
        // This machine itself is reached without it.
        let nowhere = Routing::through("http://127.0.0.1:1").unwrap();
        assert_eq!(routed(browser, &pages.url, &nowhere).await, [Ending::Complete], "{browser:?}");
        let hosts = vec![("shop.example".to_owned(), format!("127.0.0.1:{}", at.port().unwrap()))];
        let hosts_port = hosts_proxy::port(&hosts).ok();
        let other = Routing { hosts, hosts_port, ..Routing::default() };
        assert_eq!(routed(browser, "http://shop.example", &other).await, [Ending::Complete], "{browser:?}");
    }
}
