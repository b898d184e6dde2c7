//! The page's own handlers: seen, and left as they are.

use chatproof::browser::BrowserKind;
use chatproof::recording::{Handled, Kind, Registration};
use chatproof::verdict::{Level, Outcome};

use crate::harness::{Heard, Page, Pages, browsers, page, run};

/// A page whose API is placed by `place`, and whose code subscribes when ready. The button tells it all.
fn site_with(name: &str, place: &str) -> Page {
    site_that(name, place, "document.addEventListener('acme:ready', () => site(window.Acme ? Acme.chat : window))")
}

fn site_that(name: &str, place: &str, code: &str) -> Page {
    page(
        format!("/{name}"),
        format!(
            "<!doctype html><title>t</title><script src=/core.js></script>
<script>
const quiet = [];
{place}
</script>
<script>
{code}
</script>
<button onclick=\"everything(() => tell('straight'))\">Go</button>
<script>addEventListener('load', () => {{ ready(); document.title = 'ready' }})</script>"
        ),
    )
}

const ON: &str = "on(topic, callback, ...rest) { return core.add(topic, callback, rest) }";
const OFF: &str = "off(topic, callback) { return core.remove(topic, callback) }";

/// Ways to place an API, and whether what is registered there can be seen.
fn places() -> Vec<(&'static str, String, Option<&'static str>)> {
    let plain = format!("{{ Topics, {ON}, {OFF} }}");
    vec![
        ("plain", format!("window.Acme = {{ chat: {plain} }}"), None),
        ("frozen", format!("window.Acme = {{ chat: Object.freeze({plain}) }}"), None),
        ("frozen-twice", format!("window.Acme = Object.freeze({{ chat: Object.freeze({plain}) }})"), Some("frozen")),
        ("sealed", format!("window.Acme = {{ chat: Object.seal({plain}) }}"), None),
        (
            "fixed",
            format!("window.Acme = {{ chat: {plain} }}; for (const f of ['on', 'off']) Object.defineProperty(Acme.chat, f, {{ writable: false, enumerable: false }})"),
            None,
        ),
        (
            "getters",
            format!("{{ const api = {plain}; window.Acme = {{ get chat() {{ return api }} }}; const {{ on, off }} = api; Object.defineProperties(api, {{ on: {{ get() {{ return on }} }}, off: {{ get() {{ return off }} }} }}) }}")
                .replace("get() { return on } }", "get() { return on }, configurable: true }")
                .replace("get() { return off } }", "get() { return off }, configurable: true }"),
            None,
        ),
        (
            "class",
            format!("class Chat {{ #own = 1; Topics = Topics; on(topic, callback, ...rest) {{ if (this && this !== window) this.#own++; return core.add(topic, callback, rest) }} {OFF} }} window.Acme = {{ chat: new Chat() }}"),
            None,
        ),
        ("bare-prototype", format!("window.Acme = {{ chat: Object.assign(Object.create(null), {plain}) }}").replace("Object.getPrototypeOf", ""), None),
        ("proxy", format!("window.Acme = {{ chat: new Proxy({plain}, {{}}) }}"), None),
        (
            "refusing-proxy",
            format!("window.Acme = {{ chat: new Proxy({plain}, {{ defineProperty() {{ return false }} }}) }}"),
            Some("refused"),
        ),
        ("functions", "function on(topic, callback, ...rest) { return core.add(topic, callback, rest) } function off(topic, callback) { return core.remove(topic, callback) }".to_owned(), None),
        ("strict", format!("{{ 'use strict'; const api = {plain}; window.on = api.on; window.off = api.off }}"), None),
    ]
}

fn pages() -> Vec<Page> {
    let mut pages: Vec<Page> = places().iter().map(|(name, place, _)| site_with(name, place)).collect();
    pages.push(page("/core.js", include_str!("handlers.js").replace("const Topics", "var Topics")));
    pages
}

fn journeys<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let steps = "[{ open: '/${journey}' }, { click: text=Go, fires: SAID, within: 20s }]";
    names.map(|name| format!("  {name}: {{ defaults: {{ settle: 10ms }}, steps: {steps} }}\n")).collect()
}

/// The log that the page said at the end.
fn log(heard: &Heard) -> Vec<String> {
    let said = heard.events().into_iter().find(|(constant, _)| constant == "SAID").expect("the page's log").1;
    said["log"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

fn registrations(heard: &Heard) -> Vec<Registration> {
    heard.observations(|kind| match kind {
        Kind::Handler(registration) => Some((**registration).clone()),
        _ => None,
    })
}

fn calls(heard: &Heard) -> Vec<Handled> {
    heard.observations(|kind| match kind {
        Kind::Handled(handled) => Some((**handled).clone()),
        _ => None,
    })
}

async fn logs(browser: BrowserKind, pages: &Pages, watch: bool) -> Vec<(String, Vec<String>, Option<String>, usize)> {
    let places = places();
    let journeys = journeys(places.iter().map(|(name, ..)| *name));
    let ran = run(browser, pages, &format!("watch_handlers: {watch}\njourneys:\n{journeys}")).await;
    places
        .iter()
        .map(|(name, ..)| {
            let heard = ran.journey(name);
            heard.complete().no_gaps();
            let state = heard.observations(|kind| match kind {
                Kind::HandlersWatched { state, .. } => Some(state.clone()),
                _ => None,
            });
            ((*name).to_owned(), log(&heard), state.into_iter().next(), registrations(&heard).len())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_and_its_widget_see_the_same_as_without_chatproof() {
    let pages = Pages::serve(pages()).await;
    for browser in browsers() {
        let alone = logs(browser, &pages, false).await;
        let watched = logs(browser, &pages, true).await;
        for ((name, alone, ..), ((_, watched, state, seen), (_, _, unseen))) in
            alone.iter().zip(watched.iter().zip(places()))
        {
            let place = format!("{name} in {}", browser.name());
            pretty_assertions(&place, alone, watched);
            assert!(alone.len() > 60, "{place}: {alone:#?}");
            assert_eq!(state.as_deref(), Some(unseen.unwrap_or("watched")), "{place}");
            assert_eq!(*seen > 20, unseen.is_none(), "{place}: {seen} registrations");
        }
    }
}

/// The first line that differs, with those before it.
fn pretty_assertions(place: &str, alone: &[String], watched: &[String]) {
    for (at, line) in alone.iter().enumerate() {
        assert_eq!(Some(line), watched.get(at), "{place}, line {at}, after {:#?}", &alone[at.saturating_sub(3)..at]);
    }
    assert_eq!(alone.len(), watched.len(), "{place}: {:#?}", watched.last());
}

/// `OPENED /early.js 2 before` for each registration.
fn told(heard: &Heard) -> Vec<String> {
    let told = |r: Registration| {
        let script = r.script.rsplit_once('/').map_or("", |(_, script)| script).to_owned();
        let when = if r.after_ready { "after" } else { "before" };
        format!("{} /{script} {} {when}", r.constant.unwrap_or(r.value_type), r.line)
    };
    registrations(heard).into_iter().map(told).collect()
}

fn scripts(name: &str, scripts: &str) -> Page {
    page(
        format!("/{name}"),
        format!(
            "<!doctype html><title>t</title><script src=/widget.js></script>
{scripts}
<script>addEventListener('load', () => {{ acmeReady(); acme('OPENED', {{ id: 'c' }}) }})</script>"
        ),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn each_registration_and_call_is_told_with_its_place_and_its_end() {
    let pages = Pages::serve(vec![
        // Before the ready event: between the widget's script and the next.
        scripts("early", "<script src=/early.js></script>\n<script>\nAcme.chat.on(Acme.chat.Topics.SAID, function inline() {})</script>"),
        page("/early.js", "\nAcme.chat.on(Acme.chat.Topics.OPENED, () => {})"),
        // As documented: in the ready handler; from a module and a script that is loaded by a script.
        scripts(
            "ready",
            "<script>document.addEventListener('acme:ready', () => {\nconst { on, Topics } = Acme.chat;\non(Topics.OPENED, () => {}) })</script>
<script type=module src=/module.js></script>",
        ),
        page("/module.js", "document.addEventListener('acme:ready', () => {\n\nAcme.chat.on(Acme.chat.Topics.OPENED, () => {}) })"),
        // A tag manager that loads after the widget: the event has gone.
        scripts("late", "<script>addEventListener('load', () => setTimeout(() => { const s = document.createElement('script'); s.src = '/tag.js'; document.head.append(s) }, 200))</script><p hidden>"),
        page("/tag.js", "Acme.chat.on(Acme.chat.Topics.OPENED, () => {}); document.body.append('tagged')"),
        // One function for everything, told apart by what it is told; a name that is misspelt.
        scripts(
            "all",
            "<script>document.addEventListener('acme:ready', () => { const all = () => {}; for (const topic of Object.values(Acme.chat.Topics)) Acme.chat.on(topic, all);\nAcme.chat.on(Acme.chat.Topics.CLOSE, all) })</script>",
        ),
        // What they throw: seen by all, caught by the widget, in a promise.
        scripts(
            "throws",
            "<script>document.addEventListener('acme:ready', () => { const { on, Topics } = Acme.chat;
on(Topics.OPENED, () => { nothing.here });
on(Topics.SAID, () => { throw new TypeError('caught') });
on(Topics.CLOSED, async () => { throw new RangeError('later') });
setTimeout(() => { acme('CLOSED', { id: 'c' }); for (let i = 0; i < 2; i++) try { acme('SAID', { id: 'c' }) } catch {} }) })</script>",
        ),
        // Another API in the place of the first.
        scripts(
            "replaced",
            "<script>document.addEventListener('acme:ready', () => { const before = Acme.chat; window.Acme = { chat: { Topics: before.Topics, on: (topic, callback) => before.on(topic, callback) } };
const s = document.createElement('script'); s.src = '/nothing.js'; s.onload = () => { Acme.chat.on(Acme.chat.Topics.SAID, () => {}); acme('SAID', { id: 'c' }) }; document.head.append(s) })</script>",
        ),
        page("/nothing.js", ""),
        // A copied example with a typing error.
        scripts("unparsed", "<script src=/unparsed.js></script>"),
        page("/unparsed.js", "document.addEventListener('acme:ready', () => {\n  Acme.chat.on(Acme.chat.Topics.OPENED, () => {};\n})"),
    ])
    .await;
    let names = ["early", "ready", "all", "throws", "replaced", "unparsed"];
    let journeys: String = names
        .iter()
        .map(|name| format!("  {name}: {{ steps: [{{ open: /{name}, fires: OPENED, may_fire: [SAID, CLOSED] }}] }}\n"))
        .collect();
    let late = "  late: { steps: [{ open: /late, fires: OPENED }, { wait_for: text=tagged }] }\n";
    for browser in browsers() {
        let name = browser.name();
        let ran = run(browser, &pages, &format!("journeys:\n{journeys}{late}")).await;
        let heard = |journey: &str| {
            let heard = ran.journey(journey);
            heard.complete().no_gaps();
            heard
        };
        assert_eq!(told(&heard("early")), ["OPENED /early.js 2 before", "SAID /early 4 before"], "{name}");
        assert_eq!(told(&heard("ready")), ["OPENED /ready 4 after", "OPENED /module.js 3 after"], "{name}");
        for journey in ["early", "ready"] {
            assert_eq!(heard(journey).verdict("handler.OPENED.called"), (Outcome::Pass, "ok".into()), "{name}");
            heard(journey).conforms();
        }
        let event = heard("ready").observations(|kind| matches!(kind, Kind::Event { .. }).then_some(()));
        assert_eq!(event.len(), 1, "{name}: the page's handlers are no listeners of chatproof's");

        assert_eq!(told(&heard("late")), ["OPENED /tag.js 1 after"], "{name}");
        assert_eq!(heard("late").verdict("handler.OPENED.in-time"), (Outcome::Warn, "too-late".into()), "{name}");

        let all = heard("all");
        assert_eq!(
            told(&all),
            ["OPENED", "SAID", "CLOSED", "UNDOCUMENTED", "undefined"]
                .map(|x| { format!("{x} /all {} after", if x == "undefined" { 3 } else { 2 }) }),
            "{name}"
        );
        let [call] = &calls(&all)[..] else { panic!("{name}: {:?}", calls(&all)) };
        assert_eq!((call.constant.as_deref(), call.by.as_str()), (Some("OPENED"), "latest"), "{name}");
        assert_eq!(all.verdict("handlers.registered"), (Outcome::Warn, "no-constant".into()), "{name}");

        let throws = heard("throws");
        let ends: Vec<(String, bool)> =
            calls(&throws).into_iter().filter(|c| !c.returned).map(|c| (c.message, c.caught)).collect();
        let unseen = ends.iter().find(|(message, _)| message.contains("here") || message.contains("nothing"));
        assert!(unseen.is_some_and(|(_, caught)| !caught), "{name}: {ends:?}");
        assert!(ends.contains(&(String::new(), true)), "{name}: what a widget catches first is not seen: {ends:?}");
        assert!(ends.contains(&("TypeError: caught".into(), true)), "{name}: from then on it is: {ends:?}");
        assert_eq!(throws.verdict("handler.OPENED.returns"), (Outcome::Warn, "threw".into()), "{name}");
        assert_eq!(throws.verdict("handler.SAID.returns"), (Outcome::Warn, "threw".into()), "{name}");
        assert_eq!(throws.verdict("handler.CLOSED.returns"), (Outcome::Warn, "rejected".into()), "{name}");

        assert_eq!(told(&heard("replaced")), ["SAID /replaced 3 after"], "{name}");
        assert_eq!(heard("replaced").verdict("handler.SAID.called"), (Outcome::Pass, "ok".into()), "{name}");

        let unparsed = heard("unparsed");
        assert_eq!(unparsed.verdict("handlers.parsed"), (Outcome::Warn, "syntax-error".into()), "{name}");
        let verdict = unparsed.verdicts().into_iter().find(|v| v.requirement == "handlers.parsed").unwrap();
        assert_eq!(verdict.level, Level::Should);
        assert!(verdict.actual.contains("/unparsed.js:2`"), "{name}: {}", verdict.actual);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_handlers_is_bounded_and_takes_no_event_away() {
    let pages = Pages::serve(vec![scripts(
        "flood",
        "<script>document.addEventListener('acme:ready', () => { for (let i = 0; i < 2000; i++) Acme.chat.on(Acme.chat.Topics.SAID, () => { throw 1 }); const told = () => {}; Acme.chat.on(Acme.chat.Topics.CLOSED, told) })</script>
<button onclick=\"for (let i = 0; i < 20; i++) try { acme('SAID', { id: 'c' }) } catch {}; for (let i = 0; i < 8000; i++) acme('CLOSED', { id: 'c', i })\">Go</button>",
    )])
    .await;
    for browser in browsers() {
        let journey = "journeys: { flood: { steps: [{ open: /flood, fires: OPENED }, { click: text=Go, may_fire: [SAID, CLOSED] }] } }";
        let ran = run(browser, &pages, journey).await;
        let heard = ran.journey("flood");
        heard.complete().no_gaps();
        let name = browser.name();
        assert_eq!(registrations(&heard).len(), 500, "{name}");
        assert_eq!(calls(&heard).len(), 5_000, "{name}");
        let unsaid: u64 = heard
            .observations(|kind| match kind {
                Kind::HandlersUnsaid { count } => Some(*count),
                _ => None,
            })
            .iter()
            .sum();
        assert_eq!(unsaid, 1_501 + 3_020, "{name}");
        assert_eq!(heard.events().iter().filter(|(x, _)| x == "CLOSED").count(), 8_000, "{name}");
        let dropped = heard.observations(|kind| matches!(kind, Kind::Dropped { .. }).then_some(()));
        assert!(dropped.is_empty(), "{name}: what handlers do is no loss of an event");
    }
}
