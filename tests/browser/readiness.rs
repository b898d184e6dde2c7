//! What says that a widget can be used: nothing, a function that calls back, a property that holds one callback; stubs, queues,
//! APIs that come late, events of the window.

use chatproof::browser::BrowserKind;
use chatproof::recording::Kind;
use chatproof::source::SourceFile;
use chatproof::spec::{self, Spec};
use chatproof::verdict::Outcome;

use crate::harness::{Pages, Ran, browsers, page, run_with};

fn vendor(probe: &str, payload: &str) -> Spec {
    let text = format!(
        "format: chatproof-spec/1\nid: vendor\ntitle: Vendor\npage: {{ title: Events, url: https://docs.vendor.example/ }}\n\
         probe:\n{probe}\npayloads:\n  chat: {{ id: {{ title: chat ID, schema: {{ type: string, minLength: 1 }} }} }}\n\
         events:\n  opened: {{ name: 'on:opened', section: Opened, cause: the chat is opened, payload: {payload} }}\n  \
         said: {{ section: Said, cause: the visitor says something, payload: none }}\n"
    );
    spec::parse(SourceFile::new("vendor.yaml", text)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A page with the widget's stub in its head, `own` code of the page's, and the vendor's script, which comes late.
fn site(stub: &str, own: &str) -> String {
    format!(
        "<!doctype html><title>t</title><script>{stub}</script><script>{own}</script><button>Go</button>
         <script async src=/vendor.js></script>
         <script>document.querySelector('button').onclick = () => {{ go(); window.page?.(); }}; var go = () => {{}};</script>"
    )
}

const JOURNEYS: &str = "
not_applicable: {}
journeys:
  right: { steps: [{ open: /right }, { click: text=Go, fires: [opened, said] }] }
  renamed: { steps: [{ open: /renamed }, { click: text=Go, fires: [opened, said] }] }
  silent: { steps: [{ open: /silent }, { click: text=Go, fires: [opened, said] }] }
";

/// What the vendor's scripts have in common. `tell` gives each callback what `brings` makes of the chat's ID.
const VENDOR: &str = "
const kept = {};
const keep = (name, callback) => { (kept[name] ??= []).push(callback); };
const tell = (name, brings) => { if (fault !== 'silent' || name !== 'on:opened') (kept[name] || []).forEach((callback) => brings(callback, fault === 'renamed' ? { ID: 'c1' } : { id: 'c1' })); };
go = () => ['on:opened', 'said'].forEach((name) => tell(name, (callback, detail) => callback(detail)));
";

/// Each page has its own vendor's script: what says how it is wrong is in its `fault`.
async fn tried(browser: BrowserKind, spec: Spec, stub: &str, own: &str, script: &str) -> Ran {
    let with = |fault: &str| site(&format!("var fault = '{fault}'; {stub}"), own);
    let pages = Pages::serve(vec![
        page("/right", with("")),
        page("/renamed", with("renamed")),
        page("/silent", with("silent")),
        page("/vendor.js", format!("{VENDOR}{script}")).header("content-type", "text/javascript"),
    ])
    .await;
    run_with(spec, browser, &pages, JOURNEYS).await
}

/// The right page conforms, the page's own code keeps what it had; what is renamed and what is silent is found.
fn holds(ran: &Ran) {
    let right = ran.journey("right");
    let errors = right.observations(|kind| match kind {
        Kind::PageError { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert!(errors.is_empty(), "{errors:?}");
    right.complete().conforms();
    let (outcome, finding) = ran.journey("renamed").verdict("event.opened.payload.id");
    assert!(outcome == Outcome::Fail && finding.contains("missing"), "{outcome:?} {finding}");
    let (outcome, finding) = ran.journey("silent").verdict("event.opened.fires");
    assert!(outcome == Outcome::Fail && finding.contains("missing"), "{outcome:?} {finding}");
    let (outcome, finding) = ran.journey("silent").verdict("event.said.fires");
    assert!(outcome == Outcome::Pass, "{outcome:?} {finding}");
}

fn has_ready(ran: &Ran) -> bool {
    ran.journey("right").verdicts().iter().any(|verdict| verdict.requirement.starts_with("ready."))
}

fn handled(ran: &Ran) -> Vec<Option<String>> {
    ran.journey("right").observations(|kind| match kind {
        Kind::Handled(call) => Some(call.constant.clone()),
        _ => None,
    })
}

/// `vendor("on", event, callback)`: a stub queues calls until the vendor's function takes its place and hands them on.
#[tokio::test(flavor = "multi_thread")]
async fn a_stub_is_subscribed_to_once() {
    let probe = "  api: { locations: [{}], subscribe: vendor, arguments: [on, $event, $callback] }";
    let stub = "if (window.vendor) throw new Error('there already'); window.vendor = function () { (vendor.q ??= []).push(arguments); };
                vendor('on', 'on:opened', (detail) => { window.seen = detail; });";
    let own = "window.page = () => { if (!window.seen) throw new Error('the page heard nothing'); if (vendor.length !== 3) throw new Error('another function'); };";
    let script = "const queue = vendor.q; window.vendor = (verb, name, callback) => { if (verb === 'on') keep(name, callback); };
                  queue.forEach((call) => vendor(...call)); window.most = Math.max(...Object.values(kept).map((list) => list.length));
                  if (kept.said.length !== 2) throw new Error('subscribed to ' + kept.said.length + ' times');";
    for browser in browsers() {
        let ran = tried(browser, vendor(probe, "chat"), stub, own_unless_silent(own).as_str(), script).await;
        holds(&ran);
        assert!(!has_ready(&ran), "{}: nothing is documented to say ready", browser.name());
        assert_eq!(handled(&ran), [Some("opened".to_owned())], "{}", browser.name());
    }
}

/// A page's own check makes no sense where the widget is silent.
fn own_unless_silent(own: &str) -> String {
    format!("if (fault === '') {{ {own} }}")
}

/// `vendor.on(event, callback)`: the object comes with the vendor's script, filled in in a later task.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_comes_late_and_nothing_says_so() {
    let probe = "  api: { locations: [{ path: vendor.chat }], subscribe: on, bound: true }";
    let script = "window.vendor = {}; setTimeout(() => { let ready = false; vendor.chat = { on(name, callback) {
                    if (this !== vendor.chat) throw new Error('whose?'); if (!ready) throw new Error('too early'); keep(name, callback); } };
                    document.body.append(document.createElement('i'));
                    setTimeout(() => { ready = true; document.body.append(document.createElement('i')); }, 50); }, 100);";
    for browser in browsers() {
        let ran = tried(browser, vendor(probe, "chat"), "", "", script).await;
        holds(&ran);
        assert!(!has_ready(&ran), "{}", browser.name());

        // What never lets anybody subscribe, and what isn't there at all, is told as such.
        let never = script.replace("ready = true", "");
        let ran = tried(browser, vendor(probe, "chat"), "", "", &never).await;
        let (outcome, finding) = ran.journey("right").verdict("api.subscribe");
        assert!(outcome == Outcome::Fail && finding.contains("threw"), "{outcome:?} {finding}");
        let ran = tried(browser, vendor(probe, "chat"), "", "", "").await;
        let (outcome, finding) = ran.journey("right").verdict("api.location");
        assert!(outcome == Outcome::Fail && finding.contains("missing"), "{outcome:?} {finding}");
    }
}

/// `vendorReady.then(api => api.on(event, callback))`.
#[tokio::test(flavor = "multi_thread")]
async fn a_promise_brings_the_api() {
    let probe =
        "  ready: { subscribe: vendorReady.then }\n  api: { locations: [{ ready: 1 }], subscribe: on, bound: true }";
    let script = "const api = { mine: true, on(name, callback) { if (!this.mine) throw new Error('whose?'); keep(name, callback); } };
                  window.vendorReady = new Promise((resolve) => setTimeout(resolve, 50, api));
                  vendorReady.then((api) => { api.on('said', () => { window.seen = true; }); window.page = () => { if (!window.seen) throw new Error('the page heard nothing'); }; });";
    for browser in browsers() {
        let ran = tried(browser, vendor(probe, "chat"), "", "", script).await;
        holds(&ran);
        assert!(
            has_ready(&ran) && handled(&ran) == [Some("said".to_owned())],
            "{}: {:?}",
            browser.name(),
            handled(&ran)
        );
        let never = script.replace("setTimeout(resolve, 50, api)", "undefined");
        let ran = tried(browser, vendor(probe, "chat"), "", "", &never).await;
        let (outcome, finding) = ran.journey("right").verdict("ready.fired");
        assert!(outcome == Outcome::Fail && finding.contains("missing"), "{outcome:?} {finding}");
    }
}

/// `vendorOnReady.push(callback)`: an array of the page's, whose functions the vendor calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_functions_calls_back() {
    let probe = "  ready: { subscribe: vendorOnReady.push }\n  api: { locations: [{ path: vendor }], subscribe: on, bound: true }";
    let own = "window.vendorOnReady = window.vendorOnReady || []; vendorOnReady.push(() => vendor.on('said', () => { window.seen = true; }));
               window.page = () => { if (!window.seen) throw new Error('the page heard nothing'); };";
    let script = "window.vendor = { on: keep }; (window.vendorOnReady || []).forEach((callback) => callback());";
    for browser in browsers() {
        let ran = tried(browser, vendor(probe, "chat"), "", own, script).await;
        holds(&ran);
        assert!(has_ready(&ran), "{}", browser.name());
        let early =
            script.replace("window.vendor = { on: keep };", "setTimeout(() => { window.vendor = { on: keep }; }, 50);");
        let ran = tried(browser, vendor(probe, "chat"), "", "window.vendorOnReady = [];", &early).await;
        let (outcome, finding) = ran.journey("right").verdict("ready.api-usable");
        assert!(outcome == Outcome::Fail && finding.contains("too-early"), "{outcome:?} {finding}");
    }
}

/// `Vendor_API.onLoad = callback`: one property, which the page sets as well, before and after.
#[tokio::test(flavor = "multi_thread")]
async fn a_property_holds_the_ready_callback() {
    let probe = "  ready: { slot: Vendor_API.onLoad }\n  api: { locations: [{ path: Vendor_API }], subscribe: on, bound: true }";
    let own = "var Vendor_API = Vendor_API || {}; const first = function (a) { window.got = [this, a, arguments.length]; return 'mine'; };
               Vendor_API.onLoad = first; const before = Vendor_API.onLoad;
               Vendor_API.onLoad = function () { return before.apply(this, arguments) + '!'; };
               if (String(before) !== String(first) || before.length !== 1) throw new Error('another function');
               window.page = () => { if (got[0] !== Vendor_API || got[1] !== 1 || got[2] !== 2 || result !== 'mine!') throw new Error(String([got, result])); };";
    let script = "Vendor_API.on = keep; var result = Vendor_API.onLoad(1, 2);";
    for browser in browsers() {
        let ran = tried(browser, vendor(probe, "chat"), "", own, script).await;
        holds(&ran);
        assert!(has_ready(&ran), "{}", browser.name());
        // On a page that sets nothing the widget finds a callback all the same.
        let ran = tried(browser, vendor(probe, "chat"), "", "var Vendor_API = {};", script).await;
        holds(&ran);
        let twice = format!("{script} setTimeout(() => Vendor_API.onLoad(1, 2), 50);");
        let ran = tried(browser, vendor(probe, "chat"), "", own, &twice).await;
        let (outcome, finding) = ran.journey("right").verdict("ready.once");
        assert!(outcome == Outcome::Fail && finding.contains("duplicate"), "{outcome:?} {finding}");
    }
}

/// `vendor("subscribe", "ready", callback)`: the same function says ready and tells events.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_the_api_says_ready() {
    let probe = "  ready: { subscribe: vendor, arguments: [subscribe, vendor.ready, $callback] }
  api: { locations: [{}], subscribe: vendor, arguments: [subscribe, $event, $callback] }";
    let stub = "window.vendor = (...call) => { (vendor.q ??= []).push(call); };";
    let own = "vendor('subscribe', 'vendor.ready', () => vendor('subscribe', 'said', () => {}));";
    let script = "const queue = vendor.q || []; window.vendor = (verb, name, callback) => { if (verb === 'subscribe') keep(name, callback); };
                  queue.forEach((call) => vendor(...call)); setTimeout(() => tell('vendor.ready', (callback) => callback({})), 50);";
    for browser in browsers() {
        let ran = tried(browser, vendor(probe, "chat"), stub, own, script).await;
        holds(&ran);
        assert!(has_ready(&ran), "{}", browser.name());
    }
}

/// Events of the window: heard from the first moment on, at nobody's cost.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_the_window_are_heard_at_once() {
    let api = "  api: { locations: [{}], subscribe: addEventListener }\n  payload: detail";
    let own = "let clicks = 0, heard = 0; const hear = () => { heard++; }, click = () => { clicks++; };
               addEventListener('on:opened', hear); addEventListener('click', hear); removeEventListener('click', hear);
               addEventListener('said', click); removeEventListener('said', click); addEventListener('click', click, { once: true });
               window.page = () => { if (heard !== 1 || clicks !== 0) throw new Error(heard + ' ' + clicks); };";
    let script = "go = () => ['on:opened', 'said'].forEach((name) => { if (fault !== 'silent' || name !== 'on:opened') dispatchEvent(new CustomEvent(name, { detail: fault === 'renamed' ? { ID: 1 } : { id: 'c1' } })); });
                  setTimeout(() => dispatchEvent(new Event('vendor-ready')), 50);";
    for browser in browsers() {
        for ready in ["", "  ready: { event: vendor-ready }\n"] {
            let own = own_unless_silent(own);
            let ran = tried(browser, vendor(&format!("{ready}{api}"), "chat"), "", &own, script).await;
            holds(&ran);
            assert_eq!(has_ready(&ran), !ready.is_empty(), "{}", browser.name());
            assert_eq!(handled(&ran), [Some("opened".to_owned())], "{}", browser.name());
        }
    }
}
