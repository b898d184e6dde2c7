//! The listener hears everything, in order, whatever the page does, and changes nothing.

use chatproof::recording::Kind;
use chatproof::verdict::Outcome;
use serde_json::json;

use crate::harness::{Pages, browsers, page, run, with_widget};

const BURST: &str = "for (let i = 0; i < 20000; i++) acme('SAID', { id: 'c', i })";

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_events_in_one_loop_arrive_whole_and_in_order() {
    let pages = Pages::serve(vec![
        with_widget("/", &format!("<button onclick=\"{BURST}\">Burst</button>")),
        // The worst case: the page goes away in the very task that fired.
        with_widget("/leave", "<button onclick=\"for (let i = 0; i < 500; i++) acme('SAID', { id: 'c', i }); location.href = '/gone'\">Leave</button>"),
        page("/gone", "<p>gone"),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  burst:
    defaults: { settle: 10ms }
    steps:
      - open: /
      - click: role=button[name=Burst]
        may_fire: SAID
  leave:
    steps:
      - open: /leave
      - click: text=Leave
        may_fire: SAID
      - wait_for: text=gone
",
        )
        .await;
        for (journey, count) in [("burst", 20_000), ("leave", 500)] {
            let heard = ran.journey(journey);
            let events = heard.complete().no_gaps().events();
            assert_eq!(events.len(), count, "{journey} in {}", browser.name());
            assert!(
                events.iter().enumerate().all(|(i, (_, info))| info["i"] == json!(i)),
                "{journey} in {}: out of order",
                browser.name()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_payloads_are_noted_and_copied_at_once() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        r#"<button onclick="hostile()">Fire</button><script>
        function hostile() {
          const later = { id: 'before' };
          acme('SAID', later);
          later.id = 'after';
          const cycle = { id: 'c' }; cycle.self = cycle;
          acme('SAID', cycle);
          acme('SAID', { id: 'f', f() {}, big: 10n, symbol: Symbol('s'), nothing: undefined, node: document.body, nan: NaN, get bad() { throw 1 } });
          acme('SAID', new Proxy({}, { ownKeys() { throw 1 } }));
          acme('SAID', 'just text \u202e <\/script> \u0000 ');
          acme('SAID', { id: 'x'.repeat(200000) });
          let deep = {}; let at = deep; for (let i = 0; i < 1000; i++) at = at.down = {};
          acme('SAID', deep);
          acme('SAID', Array.from({ length: 100000 }, () => ({})));
          class Info { #id = 'private'; get id() { return this.#id } toJSON() { throw new Error('never called') } }
          acme('SAID', new Info());
          acme('SAID', { id: '\ud800 lone' });
        }
        </script>"#,
    )])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "journeys:\n  j:\n    steps:\n      - open: /\n      - { click: text=Fire, may_fire: SAID }\n",
        )
        .await;
        let heard = ran.journey("j");
        heard.complete().no_gaps();
        let events: Vec<(serde_json::Value, Vec<(String, String)>)> = heard.observations(|kind| match kind {
            Kind::Event { data, notes, .. } => {
                Some((data["detail"]["info"].clone(), notes.iter().map(|n| (n.path.clone(), n.what.clone())).collect()))
            }
            _ => None,
        });
        assert_eq!(events.len(), 10, "{}", browser.name());
        let noted = |index: usize, path: &str, what: &str| {
            assert!(events[index].1.contains(&(path.into(), what.into())), "{}: {:?}", browser.name(), events[index].1);
        };
        assert_eq!(events[0].0["id"], "before", "a payload is copied before the page can change it");
        noted(1, "detail.info.self", "cycle");
        for (key, what) in [
            ("f", "function"),
            ("big", "bigint"),
            ("symbol", "symbol"),
            ("nothing", "undefined"),
            ("node", "node"),
            ("bad", "throws"),
            ("nan", "number NaN"),
        ] {
            noted(2, &format!("detail.info.{key}"), what);
        }
        noted(3, "detail.info", "throws");
        assert!(events[4].0.as_str().unwrap().starts_with("just text \u{202e} </script> \0"));
        noted(5, "detail.info.id", "truncated");
        // And the mark of the cut.
        assert_eq!(events[5].0["id"].as_str().unwrap().chars().filter(|c| *c != 'x').collect::<String>(), "…");
        assert!(events[5].0["id"].as_str().unwrap().chars().count() <= 65_537);
        assert!(events[6].1.iter().any(|(_, what)| what == "truncated"));
        assert!(events[7].0.as_array().unwrap().len() <= 5_001);
        assert_eq!(events[8].0["id"], "private", "an accessor of a class is read");
        assert!(events[9].0["id"].as_str().unwrap().ends_with(" lone"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hears_in_every_place_and_under_every_policy() {
    let fire = "addEventListener('load', () => { acmeReady(); acme('OPENED', { id: 'c' }) })";
    let lexical = "<script>
        let subscribers = {}; const Topics = { OPENED: Symbol('o'), SAID: Symbol('s'), CLOSED: Symbol('c') };
        const on = (topic, callback) => { (subscribers[topic] ||= []).push(callback) };
        addEventListener('load', () => { document.dispatchEvent(new Event('acme:ready')); for (const f of subscribers[Topics.OPENED]) f({ detail: { info: { id: 'c' } } }) });
      </script>";
    let pages = Pages::serve(vec![
        page("/first", "<!doctype html><head><script src=/widget.js></script><script>acmeReady(); acme('OPENED', { id: 'c' })</script>"),
        page("/lexical", lexical),
        page("/policy", "<!doctype html><script src=/widget.js></script><script src=/fire.js></script>").header(
            "content-security-policy",
            "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
        ),
        page("/fire.js", fire),
        page("/framed", "<!doctype html><p>host</p><iframe src='{other}/inner'></iframe>"),
        page("/sandboxed", "<!doctype html><iframe sandbox='allow-scripts' src='{other}/inner'></iframe>"),
        page("/made", "<!doctype html><script>addEventListener('load', () => { const f = document.createElement('iframe'); f.src = '/inner'; document.body.append(f) })</script>"),
        page("/inner", format!("<!doctype html><script src=/widget.js></script><script>{fire}</script>")),
        page(
            "/replaced",
            "<!doctype html><script>
                JSON.stringify = () => 'broken'; Array.prototype.push = () => { throw 1 }; Array.prototype.join = () => 'x';
                Promise = class {}; Promise.prototype = null; Object.defineProperty = () => {}; performance.now = () => 7;
                EventTarget.prototype.addEventListener = new Proxy(EventTarget.prototype.addEventListener, {});
                Object.prototype.toJSON = () => 'hijacked'; String.prototype.toJSON = () => 'hijacked'; setTimeout = queueMicrotask = () => {};
                Map.prototype.get = WeakSet.prototype.has = () => { throw 1 }; console = null; Reflect.apply = null;
                </script><script>
                const handlers = []; const Topics = { OPENED: 'o', SAID: 's', CLOSED: 'c' };
                window.Acme = { chat: { Topics, on(topic, callback) { handlers[handlers.length] = [topic, callback] } } };
                window.addEventListener('load', () => { document.dispatchEvent(new Event('acme:ready')); for (let i = 0; i < handlers.length; i++) if (handlers[i][0] === 'o') handlers[i][1]({ detail: { info: { id: 'c' } } }) });
                </script>",

        ),
    ])
    .await;
    let names = ["first", "lexical", "policy", "framed", "sandboxed", "made", "replaced"];
    let journeys: String = names
        .iter()
        .map(|name| format!("  {name}:\n    steps:\n      - {{ open: /{name}, fires: OPENED }}\n"))
        .collect();
    for browser in browsers() {
        let ran = run(browser, &pages, &format!("journeys:\n{journeys}")).await;
        for name in names {
            let heard = ran.journey(name);
            heard.complete().no_gaps().conforms();
            assert_eq!(heard.events(), [("OPENED".to_owned(), json!({ "id": "c" }))], "{name} in {}", browser.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_the_api_as_found_page_errors_and_navigations() {
    let pages = Pages::serve(vec![
        with_widget("/", "<a href=/next>Next</a><script>setTimeout(() => nothing.here, 0)</script>"),
        page("/next", "<p>next<script>this is no script</script>"),
        page(
            "/unbound",
            "<!doctype html><script>
            window.Acme = { chat: { Topics: { OPENED: 1, SAID: 1, CLOSED: null }, subscribers: [], on(topic, callback) { this.subscribers.push(callback) } } };
            addEventListener('load', () => document.dispatchEvent(new Event('acme:ready')))</script>",
        ),
        page("/window", "<!doctype html><script src=/widget.js></script><script>addEventListener('load', () => dispatchEvent(new Event('acme:ready')))</script>"),
        page("/none", "<p>no widget here"),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  found: { steps: [{ open: / }, { click: text=Next }, { wait_for: text=next }] }
  unbound: { steps: [{ open: /unbound }] }
  window: { steps: [{ open: /window }] }
  none: { steps: [{ open: /none }] }
  missing: { steps: [{ open: /missing }] }
",
        )
        .await;
        let name = browser.name();
        let heard = ran.journey("found");
        heard.complete().no_gaps();
        let constants: Vec<String> = heard
            .observations(|kind| match kind {
                Kind::Api(api) if api.when == "ready" => Some(
                    api.locations[0]
                        .constants
                        .iter()
                        .map(|c| format!("{}={} {}", c.name, c.value, c.type_))
                        .collect::<Vec<_>>(),
                ),
                _ => None,
            })
            .remove(0);
        assert_eq!(
            constants,
            ["CLOSED=3 number", "OPENED=1 number", "SAID=2 number", "UNDOCUMENTED=4 number"],
            "{name}"
        );
        assert_eq!(heard.verdict("constants.undocumented").1, "undocumented", "{name}");
        let errors = heard.observations(|kind| match kind {
            Kind::PageError { message, .. } => Some(message.clone()),
            _ => None,
        });
        assert!(
            errors.iter().any(|m| m.contains("nothing"))
                && errors.iter().any(|m| m.contains("SyntaxError") || m.contains("Unexpected identifier")),
            "{name}: {errors:?}"
        );
        let urls = heard.observations(|kind| match kind {
            Kind::Navigation { url, phase } if phase == "started" => Some(url.clone()),
            _ => None,
        });
        assert_eq!(urls, [format!("{}/", pages.url), format!("{}/next", pages.url)], "{name}");

        let unbound = ran.journey("unbound");
        assert_eq!(unbound.verdict("api.subscribe").0, Outcome::Fail, "{name}");
        assert_eq!(unbound.verdict("constant.SAID.distinct").0, Outcome::Fail, "{name}");
        assert_eq!(unbound.verdict("constant.CLOSED.present"), (Outcome::Fail, "null".to_owned()), "{name}");
        assert_eq!(ran.journey("window").verdict("ready.fired").0, Outcome::Fail, "{name}");
        assert_eq!(ran.journey("none").verdict("ready.fired").0, Outcome::Fail, "{name}");
        let status = ran.journey("missing").observations(|kind| match kind {
            Kind::Navigation { phase, .. } if phase.starts_with("http-") => Some(phase.clone()),
            _ => None,
        });
        assert_eq!(status, ["http-404"], "{name}");
        let verdicts = ran.journey("missing").verdicts();
        let hint = verdicts.iter().find(|v| v.requirement == "ready.fired").and_then(|v| v.hint.clone()).unwrap();
        assert!(hint.contains("status 404"), "{name}: {hint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_notices_nothing() {
    let probe = "<script>
        const seen = []; const before = Object.getOwnPropertyNames(window).length;
        addEventListener('load', () => {
          acmeReady();
          document.title = JSON.stringify({ keys: Object.keys(window).filter((key) => key.startsWith('__')), on: Acme.chat.on.toString().length > 0 });
          acme('OPENED', { id: document.title });
        })</script>";
    let pages = Pages::serve(vec![page("/", format!("<!doctype html><script src=/widget.js></script>{probe}"))]).await;
    for browser in browsers() {
        let ran = run(browser, &pages, "journeys:\n  j:\n    steps:\n      - { open: /, fires: OPENED }\n").await;
        let heard = ran.journey("j");
        heard.complete();
        assert_eq!(heard.events()[0].1["id"], json!(r#"{"keys":[],"on":true}"#), "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_says_in_parting_is_heard_also_if_it_comes_back() {
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<a href=/away>Away</a><script>addEventListener('pagehide', () => acme('SAID', { id: 'c' }))</script>",
        ),
        page("/away", "<p>away"),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  there-and-back:
    steps:
      - open: /
      - click: text=Away
        fires: SAID
      - wait_for: text=away
      - back: true
      - wait_for: text=Away
",
        )
        .await;
        let heard = ran.journey("there-and-back");
        // Once more at the end, if the browser still says so when its window is closed.
        assert!(!heard.complete().no_gaps().events().is_empty(), "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_meets_a_browser_that_moves_and_caches_as_a_visitors_does() {
    let say = "<script>const say = (text) => document.body.insertAdjacentHTML('beforeend', `<p>${text}</p>`)</script>";
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            &format!(
                "<style>@keyframes fade {{ to {{ opacity: .5 }} }} #box {{ animation: fade 50ms }}</style>{say}
                 <script src=/library.js></script>
                 <div id=box onanimationend=\"say(matchMedia('(prefers-reduced-motion: reduce)').matches ? 'asked to be calm' : 'moved')\">Box</div>"
            ),
        ),
        with_widget(
            "/again",
            &format!(
                "{say}<script src=/library.js onload=\"
                 const [entry] = performance.getEntriesByName(this.src);
                 say(entry.transferSize === 0 ? 'kept' : 'fetched again')\"></script>"
            ),
        ),
        page("/library.js", "window.library = true").header("cache-control", "max-age=3600"),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  j:
    steps:
      - open: /
      - wait_for: text=moved
      - open: /again
      - wait_for: text=kept
",
        )
        .await;
        ran.journey("j").complete();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_can_t_pass_its_own_things_off_as_what_looks_for_elements() {
    // A window has its frames and elements under their names.
    let name = "chatproof watch.js";
    let pages = Pages::serve(vec![
        page(
            "/",
            format!(
            "<!doctype html><title>t</title><form id='{name}'></form><embed name='{name}'><object id='{name}'></object>
             <iframe name='{name}' src=/frame></iframe><iframe srcdoc='<p>x' id='{name}'></iframe>
             <script>Object.defineProperty(window, '{name}', {{ value: () => null }})</script><p>Here</p>"
        ),
        ),
        page("/frame", "<p>In a frame"),
    ])
    .await;
    for browser in browsers() {
        let text = "journeys:\n  j:\n    steps:\n      - open: /\n      - wait_for: text=Here\n      - wait_for: text=In a frame\n";
        run(browser, &pages, text).await.journey("j").complete();
    }
}
