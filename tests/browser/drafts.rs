//! Specs that are drafted from pages, run against the widgets that the pages are about: they conform as they are.

use std::process::Stdio;
use std::time::Duration;

use chatproof::browser::BrowserKind;
use chatproof::draft::{self, Wanted};
use chatproof::fixture_site::{DEMO, FixtureSite, Variant};
use chatproof::recording::Kind;
use chatproof::source::SourceFile;
use chatproof::spec::{self, Spec};
use tokio::process::Command;

use crate::harness::{Pages, browsers, listener, page, place, run_with};

fn drafted(names: &[&str]) -> String {
    let read = |name: &&str| {
        let path = format!("{}/tests/data/pages/{name}", env!("CARGO_MANIFEST_DIR"));
        draft::read(&SourceFile::new(*name, std::fs::read_to_string(path).unwrap()))
    };
    let pages: Vec<_> = names.iter().map(read).collect();
    draft::draft(&draft::facts(&pages), &Wanted::default()).expect("the pages show events")
}

fn parsed(text: &str) -> Spec {
    spec::parse(SourceFile::new("draft.yaml", text)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Either language of the page, at the reference site: all documented events are proved.
#[tokio::test(flavor = "multi_thread")]
async fn either_language_of_a_page_conforms_at_the_reference_site() {
    for browser in browsers() {
        let site =
            FixtureSite::start(listener().await, Variant { analytics: true, ..Variant::default() }).await.unwrap();
        for name in ["dynamic-chat.en.md", "dynamic-chat.fr.md"] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("draft.yaml"), drafted(&[name])).unwrap();
            let text = DEMO.replacen("spec: adobe-dynamic-chat", "spec: draft.yaml", 1);
            std::fs::write(folder.path().join("chatproof.yaml"), text).unwrap();
            let _place = place().await;
            let run = Command::new(env!("CARGO_BIN_EXE_chatproof"))
                .current_dir(folder.path())
                .args(["run", "--browser", browser.name(), "--base-url", site.url()])
                // As few journeys as fire all events.
                .args(["--only", "{live-chat,book-a-meeting,nobody-accepts,closed-before-the-end}"])
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output();
            let output = tokio::time::timeout(Duration::from_secs(300), run).await.expect("it ends").unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            let place = format!("{name} in {}", browser.name());
            assert_eq!(output.status.code(), Some(0), "{place}:\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
            assert!(said.contains("11 of 11 documented events proved"), "{place}:\n{said}");
        }
        site.stop().await;
    }
}

const JOURNEY: &str = "
journeys:
  all: { steps: [{ open: / }, { click: text=Go, fires: [EVENTS] }] }
";

/// A widget of a few lines conforms to the spec that its page gives, and was heard with what it carries.
async fn conforms(browser: BrowserKind, pages: &[&str], events: &str, script: &str, carried: &str) {
    let spec = parsed(&drafted(pages));
    let html = format!("<!doctype html><title>t</title><button>Go</button><script>{script}</script>");
    let site = Pages::serve(vec![page("/", html)]).await;
    let ran = run_with(spec, browser, &site, &JOURNEY.replace("EVENTS", events)).await;
    let heard = ran.journey("all");
    heard.complete().conforms();
    let data = heard.observations(|kind| match kind {
        Kind::Event { data, .. } => Some(data.to_string()),
        _ => None,
    });
    assert!(data.iter().any(|data| data.contains(carried)), "{}: {data:?}", browser.name());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_events_conforms_at_its_widget() {
    let script = "const kept = {};
        window.Bell = { kept, on(name, callback) { (this.kept[name] ??= []).push(callback) } };
        const tell = (name, detail) => (kept[name] || []).forEach((callback) => callback({ detail }));
        addEventListener('load', () => dispatchEvent(new Event('bell:ready')));
        document.querySelector('button').onclick = () => { tell('chat:opened', { chat: 'c1' }); tell('chat:asked', { chat: 'c1', text: 'how?' }); tell('chat:closed') };";
    for browser in browsers() {
        conforms(browser, &["bell.html"], "'chat:opened', 'chat:asked', 'chat:closed'", script, "how?").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_list_of_dispatched_events_conforms_at_its_widget() {
    let script = "const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
        addEventListener('load', () => document.dispatchEvent(new Event('gong-init')));
        document.querySelector('button').onclick = () => { tell('gong-message', { author: 'Ada', body: 'hello' }); tell('gong-rated', { stars: 5 }) };";
    for browser in browsers() {
        conforms(browser, &["gong.md"], "gong-message, gong-rated", script, "hello").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_for_each_event_conforms_at_its_widget() {
    let script = "const kept = {};
        window.horn = (verb, name, callback) => { if (verb === 'subscribe') (kept[name] ??= []).push(callback) };
        const tell = (name, data) => (kept[name] || []).forEach((callback) => callback({ data }));
        addEventListener('load', () => dispatchEvent(new Event('horn-loaded')));
        document.querySelector('button').onclick = () => { tell('opened', { chatId: 'c1' }); tell('rated', { chatId: 'c1', stars: 4 }) };";
    for browser in browsers() {
        conforms(browser, &["horn-opened.md", "horn-rated.md"], "opened, rated", script, "c1").await;
    }
}
