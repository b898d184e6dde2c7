//! Several callbacks: at each documented location, at each API that a page sets up, in front of what a page takes off.

use chatproof::recording::Kind;
use chatproof::verdict::{Level, Outcome};

use crate::harness::{Heard, Page, Pages, browsers, page, run};

/// What the pages' widgets are made of: an emitter, its place, the ready event.
const CORE: &str = "
const T = { OPENED: 1, SAID: 2, CLOSED: 3 };
const emitter = (tell) => {
  let list = {};
  const call = tell || ((all, info) => all.forEach((f) => f({ detail: { info: { ...info } } })));
  return {
    on(t, f) { (list[t] ||= []).push(f) },
    forget(t) { delete list[t] },
    reset() { list = {} },
    count: (x) => (list[T[x]] || []).length,
    tell(x, info) { call([...(list[T[x]] || [])], { id: 'c', ...info }) },
  };
};
const ready = () => document.dispatchEvent(new Event('acme:ready'));
const place = (api, more) => { window.Acme = { chat: { Topics: { ...T }, on: (t, f) => api.on(t, f), ...more } } };
const loaded = (run) => addEventListener('load', run);
let api = emitter(), go = () => api.tell('OPENED');
";

struct Trial {
    name: &'static str,
    script: &'static str,
    /// How many events are heard.
    events: usize,
    /// What doesn't hold: requirement and finding.
    broken: &'static [&'static str],
}

fn trial(name: &'static str, script: &'static str, events: usize, broken: &'static [&'static str]) -> Trial {
    Trial { name, script, events, broken }
}

fn served(trial: &Trial) -> Page {
    page(
        format!("/{}", trial.name),
        format!(
            "<!doctype html><title>t</title><script>{CORE}</script><script>{}</script><button onclick=\"go()\">Go</button>",
            trial.script
        ),
    )
}

/// `requirement finding`, of what isn't passed and no mere note.
fn broken(heard: &Heard) -> Vec<String> {
    let all = heard.verdicts();
    let lines = all.iter().filter(|v| v.outcome != Outcome::Pass && v.level != Level::Record);
    lines.map(|v| format!("{} {}", v.requirement, v.finding)).collect()
}

async fn try_all(trials: &[Trial]) {
    let mut all: Vec<Page> = trials.iter().map(served).collect();
    all.push(page("/nothing.js", ""));
    let pages = Pages::serve(all).await;
    let steps = "[{ open: '/${journey}' }, { click: text=Go, fires: OPENED, within: 3s }]";
    let journeys: String = trials.iter().map(|t| format!("  {}: {{ steps: {steps} }}\n", t.name)).collect();
    for browser in browsers() {
        let ran = run(browser, &pages, &format!("journeys:\n{journeys}")).await;
        for trial in trials {
            let heard = ran.journey(trial.name);
            heard.complete().no_gaps();
            let place = format!("{} in {}", trial.name, browser.name());
            assert_eq!(broken(&heard), trial.broken, "{place}: {:#?}", heard.recording.observations);
            assert_eq!(heard.events().len(), trial.events, "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_set_up_anew_is_subscribed_to_and_nothing_is_counted_twice() {
    const ONCE: &[&str] = &["ready.once duplicate"];
    try_all(&[
        trial("remounted", "place(api); loaded(() => { ready(); api = emitter(); place(api); ready() })", 1, ONCE),
        trial(
            "mounted-thrice",
            "document.addEventListener('acme:ready', () => Acme.chat.on(Acme.chat.Topics.OPENED, () => {}));
             loaded(() => { for (let i = 0; i < 3; i++) { api = emitter(); place(api); ready() } history.pushState({}, '', 'elsewhere') })",
            1,
            ONCE,
        ),
        trial("taken-down", "place(api); loaded(() => { ready(); delete window.Acme; api = emitter(); place(api); ready() })", 1, ONCE),
        trial(
            "same-function",
            "const on = (t, f) => api.on(t, f); const put = () => { window.Acme = { chat: { Topics: { ...T }, on } } };
             put(); loaded(() => { ready(); put(); ready() })",
            1,
            ONCE,
        ),
        trial(
            "new-constants",
            "place(api); loaded(() => { ready(); T.OPENED = 11; api.reset(); Acme.chat.Topics = { ...T }; ready() })",
            1,
            ONCE,
        ),
        trial("one-emitter", "place(api); loaded(() => { ready(); place(api); ready() })", 1, ONCE),
        // What is told to callbacks of both APIs in turns of their own is one firing still.
        trial(
            "one-emitter-later",
            "api = emitter((all, info) => all.forEach((f, i) => setTimeout(() => f({ detail: { info } }), i)));
             place(api); loaded(() => { ready(); place(api); ready() })",
            1,
            ONCE,
        ),
        trial(
            "replaced-and-used",
            "place(api); loaded(() => { ready(); api = emitter(); place(api);
               const s = document.createElement('script'); s.src = '/nothing.js';
               s.onload = () => Acme.chat.on(Acme.chat.Topics.OPENED, () => {}); document.head.append(s) })",
            1,
            &[],
        ),
        // Documented is that it may be used after a ready event; without one nobody knows of it.
        trial("replaced", "place(api); loaded(() => { ready(); api = emitter(); place(api) })", 0, &["event.OPENED.fires missing"]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_was_there_before_is_not_subscribed_to_twice() {
    let pages = Pages::serve(vec![
        served(&trial("again", "place(api); loaded(() => { ready(); ready() }); go = () => api.tell('OPENED', { n: api.count('OPENED') })", 1, &[])),
        served(&trial("alias", "place(api); window.on = Acme.chat.on; window.Topics = Acme.chat.Topics; loaded(ready); go = () => api.tell('OPENED', { n: api.count('OPENED') })", 1, &[])),
        served(&trial("bound", "class Chat { Topics = T; get on() { return (t, f) => api.on(t, f) } } window.Acme = { chat: new Chat() }; loaded(() => { ready(); ready() }); go = () => api.tell('OPENED', { n: api.count('OPENED') })", 1, &[])),
    ])
    .await;
    let steps = "[{ open: '/${journey}' }, { click: text=Go, fires: OPENED }]";
    for browser in browsers() {
        let text = format!(
            "levels: {{ ready.once: record }}\njourneys: {{ again: {{ steps: {steps} }}, alias: {{ steps: {steps} }}, bound: {{ steps: {steps} }} }}"
        );
        let ran = run(browser, &pages, &text).await;
        for name in ["again", "alias", "bound"] {
            let heard = ran.journey(name);
            heard.complete().no_gaps().conforms();
            let [(_, info)] = &heard.events()[..] else { panic!("{name} in {}: {:?}", browser.name(), heard.events()) };
            assert_eq!(info["n"], 2, "{name} in {}: two callbacks of chatproof's, no more", browser.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_takes_off_is_subscribed_to_again() {
    try_all(&[
        trial(
            "off-then-on",
            "place(api, { forget: (t) => api.forget(t) });
             loaded(() => { ready(); Acme.chat.forget(T.OPENED); Acme.chat.on(T.OPENED, () => {}) })",
            1,
            &[],
        ),
        // As a framework's strict mode does.
        trial(
            "off-and-on-twice",
            "let mine = () => {};
             place(api, { forget: (t) => api.forget(t) });
             loaded(() => { ready(); for (let i = 0; i < 2; i++) { Acme.chat.forget(T.OPENED); Acme.chat.on(T.OPENED, mine) } })",
            1,
            &[],
        ),
        // Everything is taken off, and something else subscribed to.
        trial(
            "reset",
            "place(api, { reset: () => api.reset() }); loaded(ready);
             go = () => { Acme.chat.reset(); Acme.chat.on(T.CLOSED, () => {}); api.tell('OPENED') }",
            1,
            &[],
        ),
        // A function with a name that says so is followed at once.
        trial("off-alone", "place(api, { off: (t) => api.forget(t) }); loaded(ready); go = () => { Acme.chat.off(T.OPENED); api.tell('OPENED') }", 1, &[]),
        trial("remove-all", "place(api, { removeAllListeners: () => api.reset() }); loaded(ready); go = () => { Acme.chat.removeAllListeners(); api.tell('OPENED') }", 1, &[]),
        // Ours are gone and can't be subscribed again: the API takes none but the page's.
        trial(
            "only-the-pages",
            "let closed = false; const mine = () => {};
             place({ on(t, f) { if (closed && String(f) !== String(mine)) throw new Error('closed'); api.on(t, f) } });
             loaded(() => { ready(); api.reset(); closed = true; Acme.chat.on(T.OPENED, mine) })",
            1,
            &[],
        ),
        // Callbacks that come late are told what has been.
        trial(
            "replays",
            "const told = []; place({ on(t, f) { api.on(t, f); for (const [x, info] of told) if (T[x] === t) f({ detail: { info } }) } });
             loaded(ready);
             go = () => { told.push(['OPENED', { id: 'c' }]); api.tell('OPENED'); Acme.chat.on(T.OPENED, () => {}); Acme.chat.on(T.CLOSED, () => {}) }",
            1,
            &[],
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_location_and_every_callback_hears_every_event() {
    const LATER: &str = "api = emitter((all, info) => all.forEach((f, i) => setTimeout(() => f({ detail: { info } }), 40 * i))); place(api); loaded(ready)";
    try_all(&[
        trial("deaf", "place(api); window.on = () => {}; window.Topics = T; loaded(ready)", 1, &["listeners.everywhere deaf"]),
        trial("first-deaf", "place({ on() {} }); window.on = (t, f) => api.on(t, f); window.Topics = T; loaded(ready)", 1, &["listeners.everywhere deaf"]),
        trial("both", "place(api); window.on = (t, f) => api.on(t, f); window.Topics = { ...T }; loaded(ready)", 1, &[]),
        trial("in-turn", "place(api); window.on = (t, f) => Acme.chat.on(t, f); window.Topics = { ...T }; loaded(ready)", 1, &[]),
        trial(
            "otherwise",
            "place(api); window.on = (t, f) => api.on(t, () => f({ detail: { info: { id: 'other' } } })); window.Topics = { ...T }; loaded(ready)",
            1,
            &["listeners.everywhere other-payload"],
        ),
        trial("first", "place({ on: (t, f) => { if (!api.count('OPENED') || t !== T.OPENED) api.on(t, f) } }); loaded(ready)", 1, &["listeners.independent only-first"]),
        trial("last", "place({ on: (t, f) => { api.forget(t); api.on(t, f) } }); loaded(ready)", 1, &["listeners.independent only-last"]),
        trial(
            "last-and-the-pages",
            "place({ on: (t, f) => { api.forget(t); api.on(t, f) } }); loaded(() => { ready(); Acme.chat.on(T.OPENED, () => {}) })",
            1,
            &["listeners.independent only-last"],
        ),
        trial(
            "turns",
            "let n = 0; api = emitter((all, info) => all[n++ % all.length]({ detail: { info } })); place(api); loaded(ready);
             go = () => { api.tell('OPENED'); setTimeout(() => { n = 1; api.tell('CLOSED', { id: 'c', at: 1 }) }) }",
            2,
            &["event.CLOSED.unexpected unexpected", "listeners.independent one-of-two"],
        ),
        trial("one-only", "place({ on: (t, f) => { if (t === T.OPENED && api.count('OPENED')) throw new Error('one only'); api.on(t, f) } }); loaded(ready)", 1, &["listeners.independent refused"]),
        trial(
            "silenced",
            "api = emitter((all, info) => all.reverse().forEach((f) => f({ detail: { info } }))); place(api);
             loaded(() => { ready(); Acme.chat.on(T.OPENED, () => { throw new Error('mine') }) })",
            1,
            &["listeners.independent silenced", "handler.OPENED.returns threw"],
        ),
        // What is right, though odd.
        trial("deduplicated", "const all = new Set(); place({ on: (t, f) => { if (t === T.OPENED && !all.has(f)) { all.add(f); api.on(t, f) } } }); loaded(ready)", 1, &[]),
        trial("one-by-one", LATER, 1, &[]),
        trial("microtasks", "api = emitter((all, info) => all.forEach((f) => Promise.resolve().then(() => f({ detail: { info } })))); place(api); loaded(ready)", 1, &[]),
        trial("own-times", "let n = 0; api = emitter((all, info) => all.forEach((f) => f({ detail: { info: { ...info, n: n++ } } }))); place(api); loaded(ready)", 1, &[]),
        trial("own-ids", "let n = 0; api = emitter((all, info) => all.forEach((f) => f({ detail: { info: { id: 'c' + n++ } } }))); place(api); loaded(ready)", 1, &["listeners.independent other-payload"]),
        trial("twice", "place(api); loaded(ready); go = () => { api.tell('OPENED', { id: 'a' }); api.tell('OPENED', { id: 'b' }) }", 2, &["event.OPENED.unexpected unexpected"]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_handler_was_given_stays_as_it_was() {
    try_all(&[
        trial(
            "emptied",
            "api = emitter((all, info) => { all.forEach((f) => f({ detail: { info } })); delete info.id }); place(api); loaded(ready)",
            1,
            &["payload.kept emptied"],
        ),
        trial(
            "changed-later",
            "api = emitter((all, info) => { all.forEach((f) => f({ detail: { info } })); setTimeout(() => { info.id = 'later' }) }); place(api); loaded(ready)",
            1,
            &["payload.kept changed"],
        ),
        trial(
            "reused",
            "const one = {}; api = emitter((all, info) => { Object.assign(one, info); all.forEach((f) => f({ detail: { info: one } })) });
             place(api); loaded(ready); go = () => { api.tell('OPENED'); api.tell('CLOSED', { id: 'd' }) }",
            2,
            &["event.CLOSED.unexpected unexpected", "payload.kept reused"],
        ),
        // The page did it.
        trial(
            "by-the-page",
            "api = emitter((all, info) => all.forEach((f) => f({ detail: { info } }))); place(api);
             loaded(() => { ready(); Acme.chat.on(T.OPENED, (event) => { delete event.detail.info.id }) })",
            1,
            &[],
        ),
        // What is computed anew at each look is nobody's to keep, and what looks is not to change it.
        trial(
            "computed",
            "let looks = 0; api = emitter((all) => { const info = { get id() { return 'c' + looks++ } }; all.forEach((f) => f({ detail: { info } })) });
             place(api); loaded(ready); go = () => api.tell('OPENED')",
            1,
            &[],
        ),
        trial("frozen", "api = emitter((all, info) => all.forEach((f) => f(Object.freeze({ detail: Object.freeze({ info: Object.freeze(info) }) })))); place(api); loaded(ready)", 1, &[]),
        trial("a-node", "api = emitter((all, info) => all.forEach((f) => f({ detail: { info: { ...info, node: document.body } } }))); place(api); loaded(ready); const then = go; go = () => { then(); document.body.append('more') }", 1, &[]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_ready_events_stays_small() {
    let flood = trial(
        "flood",
        "place(api); loaded(() => { for (let i = 0; i < 3000; i++) { Acme.chat.Topics['X' + i % 400] = 'x'.repeat(150) + i; ready() } })",
        1,
        &[],
    );
    let pages = Pages::serve(vec![served(&flood)]).await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "journeys: { flood: { steps: [{ open: /flood }, { click: text=Go, fires: OPENED }] } }",
        )
        .await;
        let heard = ran.journey("flood");
        heard.complete().no_gaps();
        let text = serde_json::to_string(heard.recording).unwrap();
        assert!(text.len() < 12 << 20, "{}: {} bytes", browser.name(), text.len());
        let ready = heard.observations(|kind| match kind {
            Kind::Ready { nth, .. } => Some(*nth),
            _ => None,
        });
        assert!(ready.len() < 1_100 && ready.last() == Some(&3_000), "{}: {:?}", browser.name(), ready.last());
        assert_eq!(heard.events().len(), 1, "{}", browser.name());
        assert_eq!(heard.verdict("event.OPENED.fires").0, Outcome::Pass, "{}", browser.name());
    }
}
