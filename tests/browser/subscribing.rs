//! How vendors' subscribe functions are called: each a small widget, its spec, and what is heard, amiss ones included.

use chatproof::browser::BrowserKind;
use chatproof::source::SourceFile;
use chatproof::spec::{self, Spec};
use chatproof::verdict::Outcome;

use crate::harness::{Pages, Ran, browsers, page, run_with};

fn vendor(probe: &str, events: &str) -> Spec {
    let text = format!(
        "format: chatproof-spec/1\nid: vendor\ntitle: Vendor\npage: {{ title: Events, url: https://docs.vendor.example/ }}\n\
         probe:\n  ready: {{ event: vendor-ready }}\n{probe}\npayloads:\n  chat: {{ id: {{ title: chat ID, schema: {{ type: string, minLength: 1 }} }} }}\n\
         events:\n{events}\n"
    );
    spec::parse(SourceFile::new("vendor.yaml", text)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

const EVENTS: &str = "  opened: { name: 'on:opened', section: Opened, cause: the chat is opened, payload: chat }
  said: { section: Said, cause: the visitor says something, payload: none }";
const JOURNEYS: &str = "
not_applicable: {}
journeys:
  right: { steps: [{ open: /right }, { click: text=Go, fires: [opened, said] }] }
  wrong: { steps: [{ open: /wrong }, { click: text=Go, fires: [opened, said] }] }
";

/// A widget whose API is made by `api`, whose `tell` gives each callback what `brings` says, and a page's own handler.
fn widget(api: &str, own: &str, brings: &str) -> String {
    format!(
        "<!doctype html><title>t</title><button>Go</button><script>
         const kept = {{}};
         const keep = (name, callback) => {{ (kept[name] ??= []).push(callback) }};
         const tell = (name, id) => (kept[name] || []).forEach((callback) => callback({brings}));
         {api}
         addEventListener('vendor-ready', () => {{ {own} }});
         addEventListener('load', () => dispatchEvent(new Event('vendor-ready')));
         document.querySelector('button').onclick = () => {{ tell('on:opened', 'c1'); tell('said', 'c1'); window.page?.(); }};
         </script>"
    )
}

async fn tried(browser: BrowserKind, spec: Spec, right: String, wrong: String) -> Ran {
    let pages = Pages::serve(vec![page("/right", right), page("/wrong", wrong)]).await;
    run_with(spec, browser, &pages, JOURNEYS).await
}

fn fails(ran: &Ran, requirement: &str, part: &str) {
    let (outcome, finding) = ran.journey("wrong").verdict(requirement);
    assert!(outcome == Outcome::Fail && finding.contains(part), "{requirement}: {outcome:?} {finding}");
}

/// `vendor("subscribe", event, callback)`: a function that does other things as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_verb_stands_before_the_event() {
    let probe =
        "  api: { locations: [{}], subscribe: vendor, arguments: [subscribe, $event, $callback] }\n  payload: data";
    let api = "window.vendor = (verb, name, callback) => { if (verb === 'subscribe') keep(name, callback); else window.asked = verb + name };";
    let own = "vendor('subscribe', 'on:opened', (event) => { window.seen = event.data.id }); vendor('open', 'now');
               window.page = () => { document.title = window.seen + window.asked };";
    for browser in browsers() {
        let ran = tried(
            browser,
            vendor(probe, EVENTS),
            widget(api, own, "{ data: { id } }"),
            widget(api, own, "{ data: { ID: id } }"),
        )
        .await;
        ran.journey("right").complete().conforms();
        let handled = ran.journey("right").observations(|kind| match kind {
            chatproof::recording::Kind::Handled(call) => Some(call.constant.clone()),
            _ => None,
        });
        assert_eq!(handled, [Some("opened".to_owned())], "{}: the page's own handler is seen", browser.name());
        fails(&ran, "event.opened.payload.id", "missing");
        // Nothing is demanded of what has no payload.
        assert!(ran.journey("wrong").verdicts().iter().all(|verdict| verdict.requirement != "event.said.payload"));
    }
}

/// `vendor.hooks.on({ type: event, handler: callback })`, called on its object, the payload as JSON in the second argument.
#[tokio::test(flavor = "multi_thread")]
async fn a_method_takes_a_map_and_gives_json_in_the_second_argument() {
    let probe = "  api: { locations: [{ path: vendor }], subscribe: hooks.on, bound: true, arguments: [{ type: $event, handler: $callback }] }
  payload: { argument: 2, path: body, parse: json }";
    let api = |this: &str| {
        format!(
            "window.vendor = {{ hooks: {{ mine: true, on(entry) {{ if (!{this}.mine) throw new TypeError('whose?'); keep(entry.type, entry.handler); }} }} }};"
        )
    };
    let own = "const entry = { type: 'on:opened', handler: (_, event) => { window.seen = event.body } }; vendor.hooks.on(entry);
               window.page = () => { if (typeof entry.handler !== 'function' || /native code/.test(String(entry.handler))) throw new Error('the entry was changed') };";
    for browser in browsers() {
        let ran = tried(
            browser,
            vendor(probe, EVENTS),
            widget(&api("this"), own, "name, { body: JSON.stringify({ id }) }"),
            widget(&api("this"), own, "{ body: JSON.stringify({ id }) }"),
        )
        .await;
        ran.journey("right").complete().conforms();
        let errors = ran.journey("right").observations(|kind| match kind {
            chatproof::recording::Kind::PageError { message, .. } => Some(message.clone()),
            _ => None,
        });
        assert!(errors.is_empty(), "{}: {errors:?}", browser.name());
        fails(&ran, "event.opened.payload", "missing");
        let verdicts = ran.journey("wrong").verdicts();
        let hint =
            verdicts.iter().find(|one| one.requirement == "event.opened.payload").and_then(|one| one.hint.clone());
        assert!(hint.as_deref().is_some_and(|hint| hint.contains("argument 2")), "{hint:?}");

        // What isn't called on its object in another vendor's way is that vendor's fault.
        let unbound = vendor(&probe.replace("bound: true, ", ""), EVENTS);
        let ran =
            tried(browser, unbound, widget(&api("this"), "", "name, {}"), widget(&api("this"), "", "name, {}")).await;
        fails(&ran, "api.subscribe", "threw");
    }
}

/// `vendor.push(["on", event, callback])`: a list in the place of a call.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_pushed() {
    let probe =
        "  api: { locations: [{ path: $vendor }], subscribe: push, bound: true, arguments: [[on, $event, $callback]] }";
    let api =
        "window.$vendor = []; $vendor.push = ([verb, name, callback]) => { if (verb === 'on') keep(name, callback); };";
    let own = "$vendor.push(['do', 'chat:show']); $vendor.push(['on', 'on:opened', () => {}]);";
    for browser in browsers() {
        let ran =
            tried(browser, vendor(probe, EVENTS), widget(api, own, "{ id }"), widget(api, own, "{ id: '' }")).await;
        ran.journey("right").complete().conforms();
        fails(&ran, "event.opened.payload.id", "empty");
    }
}
