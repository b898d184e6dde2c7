//! A visitor's set-up is what pages find out, in frames and workers too; where it isn't, the guide says so.

use std::collections::BTreeMap;

use chatproof::browser::BrowserKind;
use chatproof::recording::{Kind, StepOutcome};
use serde_json::{Value, json};

use crate::harness::{Page, Pages, Ran, acme, browsers, options, page, run_apart, site, with_widget};

/// Places that a page can look from, as they report themselves.
const PLACES: [&str; 6] = ["page", "frame", "frame of another site", "worker", "shared worker", "service worker"];

fn site_pages() -> Vec<Page> {
    let frame = |title: &str| format!("<!doctype html><title>{title}</title><script src=/visitors.js></script>");
    vec![
        with_widget(
            "/",
            "<script src=/visitors.js></script><iframe src=/frame></iframe><iframe src='{foreign}/foreign' allow='geolocation *'></iframe>",
        )
        .header("accept-ch", "Sec-CH-UA-Model"),
        page("/frame", frame("frame")),
        page("/foreign", frame("frame of another site")),
        page("/visitors.js", include_str!("visitors.js")),
    ]
}

const SETUPS: &str = "
visitors:
  phone:
    device: phone
    locale: de-DE
    timezone: Asia/Tokyo
    color_scheme: dark
    reduced_motion: true
    geolocation: { latitude: 52.5, longitude: 13.4 }
    permissions: { notifications: granted }
    cookies: { plan: trial }
    local_storage: { '{url}': { seen: '1' } }
  forced: { forced_colors: true }
journeys:
  told: { visitors: [phone, forced], steps: [{ open: / }, { eval: await report(), timeout: 30s }] }
";

/// What each place of a page found out.
fn found(ran: &Ran, column: &str) -> BTreeMap<String, Value> {
    let recording = ran.outcome.recordings.iter().find(|one| one.browser.name == column).unwrap();
    for step in &recording.steps {
        assert_eq!(step.outcome, StepOutcome::Done, "{column}: {}", step.text);
    }
    let said = recording.observations.iter().filter_map(|one| match &one.kind {
        Kind::Event { constant, data, .. } if constant == "SAID" => Some(data.clone()),
        _ => None,
    });
    let all: BTreeMap<String, Value> = said
        .map(|data| {
            let info = data.pointer("/detail/info").unwrap_or(&data).clone();
            let text = |key: &str| info[key].as_str().unwrap_or_else(|| panic!("no {key} in {data}")).to_owned();
            (text("id"), serde_json::from_str(&text("all")).unwrap())
        })
        .collect();
    let missing: Vec<&str> = PLACES.into_iter().filter(|place| !all.contains_key(*place)).collect();
    assert!(missing.is_empty(), "{column}: nothing of {missing:?} in {:#?}", recording.observations);
    all
}

/// What was asked for, by the report's names.
fn asked(browser: BrowserKind, version: &str) -> Vec<(&'static str, Value)> {
    let major = version.split('.').next().unwrap();
    let firefox = browser == BrowserKind::Firefox;
    let user_agent = if firefox {
        format!("Mozilla/5.0 (Android 14; Mobile; rv:{major}.0) Gecko/{major}.0 Firefox/{major}.0")
    } else {
        format!(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Mobile Safari/537.36"
        )
    };
    vec![
        ("user agent", json!(user_agent)),
        ("`User-Agent` as sent", json!(user_agent)),
        ("`navigator.platform`", json!("Linux armv81")),
        ("client hints", json!([true, "Android", "14.0.0", "Pixel 8"])),
        ("`Sec-CH-UA-Mobile`, `-Platform` as sent", json!(["?1", "\"Android\""])),
        ("languages", json!(["de-DE"])),
        ("`Accept-Language` as sent", json!("de-DE")),
        ("`Intl`'s locale", json!("de-DE")),
        ("time zone", json!("Asia/Tokyo")),
        ("touch points", json!(5)),
        ("`ontouchstart`", json!(true)),
        ("`pointer: coarse`, `hover: none`", json!([true, false, true])),
        ("`prefers-color-scheme`", json!(true)),
        ("`prefers-reduced-motion`", json!(true)),
        ("screen", json!([412, 915])),
        ("pixel ratio", json!(2.625)),
        ("orientation", json!("portrait-primary")),
        ("width of a page without `<meta name=viewport>`", json!(true)),
        ("geolocation", json!([52.5, 13.4])),
        ("permissions", json!(["granted", "granted"])),
        ("cookies", json!(true)),
        ("local storage", json!("1")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_is_what_pages_find_out_as_the_guide_says() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/visitors.md")).unwrap();
    let pages = Pages::serve(site_pages()).await;
    let text = SETUPS.replace("{url}", &pages.url);
    for browser in browsers() {
        let ran = run_apart(browser, &pages, &text).await;
        let version = ran.outcome.recordings[0].browser.version.clone();
        let found_out = found(&ran, &format!("{}+phone", browser.name()));
        let row = |name: &str, wanted: &Value, found_out: &BTreeMap<String, Value>| {
            let cells = PLACES.map(|place| match &found_out[place][name] {
                value if value == wanted => "✔",
                Value::Null => "–",
                Value::Array(items) if items.iter().all(Value::is_null) => "–",
                _ => "no",
            });
            format!("| {name} | {} |", cells.join(" | "))
        };
        let mut table: Vec<String> =
            asked(browser, &version).iter().map(|(name, wanted)| row(name, wanted, &found_out)).collect();
        let forced = found(&ran, &format!("{}+forced", browser.name()));
        table.push(row("`forced-colors`", &json!(true), &forced));
        let missing: Vec<&String> = table.iter().filter(|row| !guide.contains(row.as_str())).collect();
        let heading = format!("\n### {}\n", if browser == BrowserKind::Firefox { "Firefox" } else { "Chromium" });
        let table = table.join("\n");
        assert!(
            missing.is_empty() && guide.split(&heading).nth(1).is_some_and(|rest| rest.contains(&table)),
            "{}: the guide's table doesn't say\n{table}\n{found_out:#?}",
            browser.name()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_a_touch_screen_is_a_tap_also_in_frames() {
    let script = "for (const type of ['touchstart', 'touchend', 'click']) b.addEventListener(type, (e) => {
        window.said = (window.said ?? '') + type + (e.pointerType ?? '') + ' ';
        if (type === 'click') (window.acme ? acme('SAID', { id: said.trim() }) : parent.postMessage(said.trim(), '*')) })";
    let button = format!("<button id=b>Tap</button><script>{script}</script>");
    let pages = Pages::serve(vec![
        with_widget("/", &format!("<meta name=viewport content='width=device-width'>{button}")),
        with_widget(
            "/framed",
            "<meta name=viewport content='width=device-width'><iframe src='{foreign}/frame'></iframe>
             <script>addEventListener('message', (e) => acme('SAID', { id: e.data }))</script>",
        ),
        page("/frame", format!("<!doctype html>{button}")),
    ])
    .await;
    let step = "{ click: 'role=button[name=\"Tap\"]', fires: { SAID: { id: touchstart touchend clicktouch } } }";
    let text = format!(
        "visitors: {{ phone: {{ device: phone }}, desk: {{ device: laptop }} }}\njourneys:\n  plain: {{ visitors: phone, steps: [{{ open: / }}, {step}] }}\n  framed: {{ visitors: phone, steps: [{{ open: /framed }}, {step}] }}\n  mouse:\n    visitors: [desk]\n    steps: [{{ open: / }}, {{ click: 'role=button[name=\"Tap\"]', fires: {{ SAID: {{ id: clickmouse }} }} }}]\n"
    );
    for browser in browsers() {
        let ran = run_apart(browser, &pages, &text).await;
        for name in ["plain", "framed", "mouse"] {
            ran.journey(name).complete().conforms();
        }
        let phone = ran.journey("plain").recording.visitor.clone().unwrap();
        assert_eq!((phone.name.as_str(), &phone.set["viewport"]), ("phone", &json!("412x915")));
        assert_eq!(ran.journey("mouse").recording.browser.name, format!("{}+desk", browser.name()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_keeps_what_it_takes_away_and_another_actor_has_a_set_up_of_their_own() {
    let pages = Pages::serve(vec![with_widget("/", "")]).await;
    let language = |wanted: &str| format!("if (navigator.language !== '{wanted}') throw new Error(navigator.language)");
    let text = format!(
        "visitors:
  returning: {{ local_storage: {{ '{url}': {{ seen: '1' }} }}, cookies: {{ plan: '${{env.CHATPROOF_TEST_SECRET}}' }}, locale: fr-FR }}
  german: {{ locale: de-DE }}
actors: {{ agent: {{ url: /, is: german }} }}
journeys:
  back:
    visitors: [returning]
    steps:
      - open: /
      - eval: \"if (localStorage.seen !== '1') throw new Error('nothing seen'); localStorage.removeItem('seen')\"
      - reload: true
      - eval: \"if ('seen' in localStorage) throw new Error('seen again')\"
      - eval: \"if (document.cookie !== 'plan=s3cr3t-value') throw new Error(document.cookie)\"
      - eval: \"{french}\"
      - {{ eval: \"{german}\", as: agent }}
",
        url = pages.url,
        french = language("fr-FR"),
        german = language("de-DE"),
    );
    for browser in browsers() {
        let ran = run_apart(browser, &pages, &text).await;
        ran.journey("back").complete();
        let told = serde_json::to_string(&ran.journey("back").recording.visitor).unwrap();
        assert!(told.contains("fr-FR") && told.contains("plan") && !told.contains("s3cr3t-value"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_offline_reaches_nothing() {
    let pages = Pages::serve(vec![with_widget("/", "")]).await;
    let text = "visitors: { away: { offline: true } }\njourneys: { away: { visitors: away, steps: [{ open: / }] } }\n";
    for browser in browsers() {
        let ran = run_apart(browser, &pages, text).await;
        assert_eq!(ran.journey("away").failure().0, "load-failed", "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_network_is_slow_for_pages_frames_and_workers() {
    // How long each of them waits for an answer, at least; `latency` is a lower bound.
    let waits =
        "const t = performance.now(); await (await fetch('/headers')).text(); const took = performance.now() - t";
    let pages = Pages::serve(vec![
        with_widget("/", "<iframe src='{foreign}/frame'></iframe>"),
        page("/frame", format!("<!doctype html><script>addEventListener('message', async () => {{ {waits}; parent.postMessage(took, '*') }})</script>")),
        page("/worker.js", format!("onmessage = async () => {{ {waits}; postMessage(took) }}")),
    ])
    .await;
    let slow = |what: &str, took: &str| {
        format!("      - eval: \"{took}; if (!(took >= 290)) throw new Error('{what} ' + took)\"\n")
    };
    let asked = |made: &str| format!("const took = await new Promise((done) => {{ {made} }})");
    let text = format!(
        "visitors: {{ away: {{ network: {{ latency: 300ms }} }} }}\njourneys:\n  slow:\n    visitors: away\n    steps:\n      - open: /\n{}{}{}",
        slow("page", waits),
        slow(
            "worker",
            &asked("const w = new Worker('/worker.js'); w.onmessage = (e) => done(e.data); w.postMessage(1)")
        ),
        slow("frame", &asked("onmessage = (e) => done(e.data); frames[0].postMessage(1, '*')")),
    );
    for browser in browsers() {
        if browser == BrowserKind::Firefox {
            let site = site(&acme(), &format!("spec: acme\nbase_url: {}\n{text}", pages.url));
            let said = chatproof::runner::check_visitors(&site, &options(browser, &site)).unwrap_err().to_string();
            assert!(said.contains("chromium can"), "{said}");
            continue;
        }
        let ran = run_apart(browser, &pages, &text).await;
        ran.journey("slow").complete();
        let told = ran.journey("slow").recording.visitor.clone().unwrap();
        assert_eq!(told.set["network"], json!({ "latency": "300ms" }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_cannot_have_is_refused_before_the_run() {
    let pages = Pages::serve(vec![with_widget("/", "")]).await;
    let refused = |browser: BrowserKind, text: &str| {
        let site = site(&acme(), &format!("spec: acme\nbase_url: {}\n{text}", pages.url));
        let said = chatproof::runner::check_visitors(&site, &options(browser, &site));
        said.err().map(|error| error.to_string()).unwrap_or_default()
    };
    let hints =
        "visitors: { a: { client_hints: { model: x } } }\njourneys: { j: { visitors: a, steps: [{ open: / }] } }\n";
    let dark = "visitors: { a: { color_scheme: dark } }\nactors: { agent: { is: a } }\njourneys: { j: { steps: [{ open: /, as: agent }] } }\n";
    let hover = "visitors: { a: { device: phone } }\njourneys: { j: { visitors: a, steps: [{ open: / }, { hover: button }] } }\n";
    let unknown =
        "visitors: { a: { timezone: Mars/Olympus } }\njourneys: { j: { visitors: a, steps: [{ open: / }] } }\n";
    for browser in browsers() {
        let firefox = browser == BrowserKind::Firefox;
        assert_eq!(refused(browser, hints).contains("chromium does"), firefox);
        assert_eq!(refused(browser, dark).contains("chromium can have them for one"), firefox);
        assert!(refused(browser, hover).contains("over which nothing hovers"));
        // Only the browser knows that there is no such place.
        let site = site(&acme(), &format!("spec: acme\nbase_url: {}\n{unknown}", pages.url));
        let (_keep, cancel) = tokio::sync::watch::channel(false);
        let _place = crate::harness::place().await;
        let (spec, options) = (acme(), options(browser, &site));
        let outcome =
            chatproof::runner::run(&spec, &site, &options, std::sync::Arc::new(chatproof::runner::Silent), cancel)
                .await;
        let said = outcome.errors.iter().map(|(_, error)| error.to_string()).collect::<String>();
        assert!(said.contains("can't be given `timezone` of visitor `a`"), "{}: {said}", browser.name());
        assert!(outcome.recordings.is_empty());
    }
}

/// A permission is an origin's: what another one is refused is said, so that nobody is blamed for it.
#[tokio::test(flavor = "multi_thread")]
async fn another_origin_is_refused_what_the_visitor_grants_to_the_site() {
    let pages = Pages::serve(vec![
        page("/go", "<!doctype html><script>location.replace('{foreign}/asks')</script>"),
        page(
            "/asks",
            "<!doctype html><p id=answer></p><script>
             navigator.geolocation.getCurrentPosition(() => answer.textContent = 'given', () => answer.textContent = 'kept')</script>",
        ),
    ])
    .await;
    let text = "visitors: { near: { geolocation: { latitude: 52.5, longitude: 13.4 } } }
journeys:
  here: { visitors: near, steps: [{ open: /asks }, { wait_for: text=given }] }
  away: { visitors: near, steps: [{ open: /go }, { wait_for: text=kept }] }
";
    for browser in browsers() {
        let ran = run_apart(browser, &pages, text).await;
        let asked = |journey: &str| {
            ran.journey(journey).complete().observations(|kind| match kind {
                Kind::Asked { what, answer } => Some(format!("{what} {answer}")),
                _ => None,
            })
        };
        assert_eq!(asked("away"), ["getCurrentPosition() refused"], "{browser:?}");
        assert!(asked("here").is_empty(), "{browser:?}: what was granted is refused by nobody: {:?}", asked("here"));
    }
}
