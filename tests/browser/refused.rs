//! A page or a script that doesn't arrive is no verdict about a widget.

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use chatproof::verdict::Outcome;

use crate::harness::{Pages, browsers, listener, page, run, with_widget};

/// A server that refuses: `/401` is answered with that status, `/html` with a page, `/login` sends to another page, and
/// `/members` wants the password `right`.
async fn refusing() -> String {
    let listener = listener().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let widget = concat!(
        "<!doctype html><title>t</title><script>",
        include_str!("widget.js"),
        "</script><h1>Log in</h1><input type=password>"
    );
    let app = Router::new()
        .route("/html", get(|| async { axum::response::Html("<!doctype html>Who are you?").into_response() }))
        .route("/login", get(|| async { axum::response::Redirect::to("/who") }))
        .route(
            "/members",
            get(|headers: HeaderMap| async move {
                // `qa:right`
                match headers.get(header::AUTHORIZATION) {
                    Some(login) if login == "Basic cWE6cmlnaHQ=" => {
                        axum::response::Html("<!doctype html><title>t</title><button>Go</button>").into_response()
                    }
                    _ => (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"Members\"")], "no")
                        .into_response(),
                }
            }),
        )
        .route("/who", get(move || async move { axum::response::Html(widget) }))
        .fallback(|uri: axum::http::Uri| async move {
            let status = uri.path().trim_matches('/').parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
            (status.unwrap_or(StatusCode::NOT_FOUND), axum::response::Html("<!doctype html><title>No</title>No"))
        });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// A page whose widget is in a script of another server.
fn depends(path: &'static str, script: &str) -> crate::harness::Page {
    page(path, format!("<!doctype html><title>t</title><body><button>Go</button><script src='{script}'></script>"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_arrive_accuses_no_widget() {
    let other = refusing().await;
    // A port that nobody listens on any more.
    let nowhere = format!("http://{}/widget.js", listener().await.local_addr().unwrap());
    let could_not = format!("{nowhere} could not be fetched");
    let pages = Pages::serve(vec![
        depends("/script-403", &format!("{other}/403")),
        depends("/script-500", &format!("{other}/500")),
        depends("/script-html", &format!("{other}/html")),
        depends("/script-nowhere", &nowhere),
        depends("/script-404", &format!("{other}/404")),
        page("/script-policy", "<!doctype html><title>t</title><meta http-equiv=content-security-policy content=\"script-src 'none'\"><body><button>Go</button><script src=/widget.js></script>"),
        with_widget("/broken", &format!("<button>Go</button><script src='{other}/403'></script>")),
    ])
    .await;
    let names = ["script-403", "script-500", "script-html", "script-nowhere", "script-404", "script-policy", "broken"];
    let mut site = "defaults: { within: 500ms, timeout: 8s }\njourneys:\n".to_owned();
    for name in names {
        site.push_str(&format!("  {name}:\n    steps: [{{ open: /{name} }}, {{ click: text=Go, fires: OPENED }}]\n"));
    }
    for code in ["403", "503", "404", "login"] {
        site.push_str(&format!(
            "  page-{code}:\n    steps: [{{ open: '{other}/{code}' }}, {{ click: text=Go, fires: OPENED }}]\n"
        ));
    }
    for (name, login) in [("let-in", "qa:right@"), ("kept-out", "qa:wrong@"), ("unasked", "")] {
        let members = other.replace("//", &format!("//{login}"));
        site.push_str(&format!(
            "  {name}:\n    steps: [{{ open: '{members}/members' }}, {{ click: text=Go, fires: OPENED }}]\n"
        ));
    }
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        for (name, told) in [
            ("script-403", "/403 was answered with status 403"),
            ("script-500", "/500 was answered with status 500"),
            ("script-html", "text/html"),
            ("script-nowhere", could_not.as_str()),
            ("script-policy", "Content-Security-Policy"),
            ("page-403", "/403 was answered with status 403"),
            ("page-503", "/503 was answered with status 503"),
            ("page-login", "/who, which asks for a password"),
            ("kept-out", "/members was answered with status 401"),
            ("unasked", "/members was answered with status 401"),
        ] {
            let heard = ran.journey(name);
            let verdicts = heard.verdicts();
            let ready = verdicts.iter().find(|v| v.requirement == "ready.fired").unwrap();
            let place = format!("{name} in {}: {ready:#?}", browser.name());
            assert_eq!((ready.outcome, ready.finding.as_str()), (Outcome::Inconclusive, "page-refused"), "{place}");
            assert!(ready.actual.contains(told), "{place}");
            assert!(ready.hint.is_some(), "{place}");
            assert!(
                !verdicts.iter().any(|v| v.outcome == Outcome::Fail),
                "{name} in {}: {verdicts:#?}",
                browser.name()
            );
        }
        // What isn't there is the page's own mistake; and a visitor who gave the right password was let in.
        for name in ["script-404", "page-404", "let-in"] {
            assert_eq!(
                ran.journey(name).verdict("ready.fired"),
                (Outcome::Fail, "missing".to_owned()),
                "{name} in {}",
                browser.name()
            );
        }
        // A widget that was there and said so isn't excused by somebody else's script.
        let broken = ran.journey("broken").verdict("event.OPENED.fires");
        assert_eq!(broken, (Outcome::Fail, "missing".to_owned()), "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widget_that_may_keep_away_from_robots_is_told_as_such() {
    // Also what the page could find out by: all of it is as in a browser that nobody listens in.
    let probe = "(() => {
      const how = (name) => Object.getOwnPropertyDescriptor(Navigator.prototype, name);
      const [driven, other] = [how('webdriver'), how('userAgent')];
      const text = (value) => Function.prototype.toString.call(value);
      let thrown; try { driven.get.call({}) } catch (error) { thrown = error.constructor === TypeError; }
      return [navigator.webdriver, driven.get.name, text(driven.get) === text(other.get).replace('userAgent', 'webdriver'), thrown,
        driven.set === other.set, driven.enumerable, driven.configurable, Object.hasOwn(navigator, 'webdriver')];
    })()";
    let pages = Pages::serve(vec![
        page("/silent", "<!doctype html><title>t</title><button>Go</button><script>if (!navigator.webdriver) document.write('<script src=/widget.js></scr' + 'ipt>')</script>"),
        with_widget("/mute", "<button onclick=\"if (!navigator['web' + 'driver']) acme('OPENED', { id: 'c' })\">Go</button>"),
        with_widget("/dull", "<button>Go</button>"),
        with_widget("/curious", &format!("<button onclick=\"acme('OPENED', {{ id: JSON.stringify({probe}) }})\">Go</button>")),
    ])
    .await;
    let mut site = "defaults: { within: 500ms, timeout: 8s }\njourneys:\n".to_owned();
    for name in ["silent", "mute", "dull", "curious"] {
        site.push_str(&format!("  {name}:\n    steps: [{{ open: /{name} }}, {{ click: text=Go, fires: OPENED }}]\n"));
    }
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        let named = |journey: &str, requirement: &str| {
            let verdicts = ran.journey(journey).verdicts();
            let verdict = verdicts.iter().find(|v| v.requirement == requirement).unwrap();
            assert_eq!(verdict.finding, "missing", "{journey} in {}: {verdict:#?}", browser.name());
            verdict.hint.as_deref().unwrap_or_default().contains("navigator.webdriver")
        };
        assert!(named("silent", "ready.fired"), "{}", browser.name());
        assert!(named("mute", "event.OPENED.fires"), "{}", browser.name());
        assert!(!named("dull", "event.OPENED.fires"), "{}", browser.name());
        let curious = ran.journey("curious");
        assert_eq!(
            curious.complete().events()[0].1["id"],
            serde_json::json!(r#"[true,"get webdriver",true,true,true,true,true,false]"#),
            "{}",
            browser.name()
        );
    }
}
