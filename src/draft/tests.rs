//! What pages of every kind give, in the words of the spec that is made of them.

use proptest::prelude::*;

use super::{Wanted, draft, facts, read};
use crate::source::SourceFile;
use crate::spec::{self, Spec};

pub(super) fn page(name: &str) -> SourceFile {
    let path = format!("{}/tests/data/pages/{name}", env!("CARGO_MANIFEST_DIR"));
    SourceFile::new(name, std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn text(sources: &[SourceFile]) -> String {
    let pages: Vec<_> = sources.iter().map(read).collect();
    let facts = facts(&pages);
    draft(&facts, &Wanted::default()).unwrap_or_else(|| panic!("no spec: {facts:#?}"))
}

fn parsed(text: &str) -> Spec {
    spec::parse(SourceFile::new("draft.yaml", text)).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

fn of(sources: &[SourceFile]) -> Spec {
    parsed(&text(sources))
}

/// The event that says ready; empty if none does.
fn ready(spec: &Spec) -> &str {
    match &spec.probe.ready {
        spec::Ready::Event { event, .. } => event,
        _ => "",
    }
}

fn md(text: &str) -> SourceFile {
    SourceFile::new("page.md", text)
}

fn fields<'s>(spec: &'s Spec, event: &str) -> Vec<&'s str> {
    spec.events[event].fields.iter().map(|field| field.field.as_str()).collect()
}

#[test]
fn two_languages_of_a_page_give_the_same_spec_but_for_the_location() {
    let (en, fr) = (of(&[page("dynamic-chat.en.md")]), of(&[page("dynamic-chat.fr.md")]));
    let locations = |spec: &Spec| spec.probe.locations.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!((locations(&en), locations(&fr)), (vec!["window.AdobeDX".to_owned()], vec!["bare globals".to_owned()]));
    for spec in [&en, &fr] {
        let probe = &spec.probe;
        assert_eq!(ready(spec), "adobedx.conversations.ready");
        assert_eq!(
            (probe.subscribe.join("."), probe.constants.join(".")),
            ("addListener".into(), "Enum.Events".into())
        );
        assert_eq!((probe.payload.join("."), probe.argument, probe.bound), ("data.payload".into(), 1, false));
    }
    let told = |spec: &Spec| -> Vec<_> {
        let anchor = |url: &Option<String>| {
            url.as_deref().and_then(|url| url.split_once('#')).map(|(_, anchor)| anchor.to_owned())
        };
        let field = |field: &spec::FieldSpec| (field.field.clone(), field.required, field.statement.level);
        spec.events
            .values()
            .map(|event| {
                (event.constant.clone(), anchor(&event.fires.url), event.fields.iter().map(field).collect::<Vec<_>>())
            })
            .collect()
    };
    assert_eq!(told(&en), told(&fr));
    // The built-in spec, which a person wrote, has the same events with the same fields.
    let built_in = spec::load("adobe-dynamic-chat", None).unwrap();
    assert!(en.events.keys().eq(built_in.events.keys()), "{:?}", en.events.keys());
    for event in built_in.events.keys() {
        let own: Vec<&str> = built_in.events[event]
            .fields
            .iter()
            .filter(|field| field.id.is_none())
            .map(|field| field.field.as_str())
            .collect();
        assert_eq!(fields(&en, event), own, "{event}");
    }
    assert_eq!(built_in.probe.payload, en.probe.payload);

    let both = of(&[page("dynamic-chat.en.md"), page("dynamic-chat.fr.md")]);
    assert_eq!(locations(&both), ["window.AdobeDX", "bare globals"]);
    assert_eq!(both.events.len(), 11);
}

#[test]
fn each_statement_has_its_line_and_each_choice_its_comment() {
    let source = page("dynamic-chat.en.md");
    let text = text(std::slice::from_ref(&source));
    let line = |part: &str| source.text.lines().position(|line| line.contains(part)).unwrap() + 1;
    for (written, part) in [
        ("ready: { event: adobedx.conversations.ready }", "'adobedx.conversations.ready'"),
        ("CONVERSATION_ENGAGED:", "CONVERSATION_ENGAGED"),
        ("cause: The visitor answers for the first time", "answers for the first time"),
        ("meetingInfo: {", "payload.meetingInfo"),
    ] {
        let found =
            text.lines().find(|line| line.trim_start().starts_with(written)).unwrap_or_else(|| panic!("{text}"));
        assert!(found.ends_with(&format!("# line {}", line(part))), "{found} has not line {}", line(part));
    }
    assert!(text.contains("# The table at line"), "{text}");
    assert!(text.contains("the page doesn't say where it is published"), "{text}");
}

#[test]
fn a_table_of_events_with_a_column_of_parameters() {
    let spec = of(&[page("bell.html")]);
    assert_eq!((spec.title.as_str(), spec.page.url.as_str()), ("Events", "https://docs.bell.example/events"));
    assert_eq!(spec.events.keys().collect::<Vec<_>>(), ["chat:opened", "chat:asked", "chat:closed"]);
    assert_eq!((ready(&spec), spec.probe.payload.join(".").as_str(), spec.probe.bound), ("bell:ready", "detail", true));
    assert_eq!(spec.probe.locations[0].name, "window.Bell");
    assert_eq!(fields(&spec, "chat:asked"), ["chat", "text"]);
    assert!(spec.events["chat:closed"].no_payload);
    assert_eq!(spec.events["chat:opened"].cause, "The visitor opens the chat & sees it");
    assert!(spec.events["chat:asked"].fires.url.as_deref().is_some_and(|url| url.ends_with("#all")));
}

#[test]
fn a_definition_list_of_events_that_the_browser_dispatches() {
    let spec = of(&[page("gong.md")]);
    assert_eq!(spec.events.keys().collect::<Vec<_>>(), ["gong-message", "gong-rated"]);
    assert_eq!((ready(&spec), spec.probe.payload.join(".").as_str()), ("gong-init", "detail"));
    assert!(matches!(spec.probe.ready, spec::Ready::Event { target: spec::ReadyTarget::Document, .. }));
    assert_eq!(
        (spec.probe.locations[0].path.join("."), spec.probe.subscribe.join(".")),
        ("document".into(), "addEventListener".into())
    );
    assert_eq!(fields(&spec, "gong-message"), ["author", "body"]);
    assert_eq!(fields(&spec, "gong-rated"), ["stars"]);
    // Only sentences have them.
    let levels: Vec<_> = spec.events["gong-rated"].fields.iter().map(|field| field.statement.level).collect();
    assert_eq!(levels, [crate::verdict::Level::Should]);
}

#[test]
fn one_page_for_each_event() {
    let spec = of(&[page("horn-opened.md"), page("horn-rated.md")]);
    assert_eq!(spec.events.keys().collect::<Vec<_>>(), ["opened", "rated"]);
    assert_eq!(ready(&spec), "horn-loaded");
    assert_eq!(serde_json::json!(spec.probe.arguments), serde_json::json!(["subscribe", "$event", "$callback"]));
    assert_eq!(spec.probe.payload.join("."), "data");
    assert_eq!(fields(&spec, "opened"), ["chatId", "page"]);
    assert_eq!(fields(&spec, "rated"), ["chatId", "stars"]);
    let opened = &spec.events["opened"].fields;
    assert_eq!((opened[0].required, opened[1].required), (true, false));
    assert_eq!(opened[0].schema, serde_json::json!({ "type": "string" }));
}

#[test]
fn ways_to_subscribe() {
    for (sample, written) in [
        ("bell.push(['on', 'opened', (e) => e.chat]);", r#"[["on","$event","$callback"]]"#),
        ("bell.on({ type: 'opened', handler(e) { use(e.chat) } });", r#"[{"type":"$event","handler":"$callback"}]"#),
        ("const b = window.bell; b.on('opened', async function (e) { use(e.chat) }, { once: true });", "null"),
        ("bell?.on(`opened`, e => { const { chat } = e; }) // bell.off('nothing', x => 1)", "null"),
        ("function heard(e) { use(e.chat) }\nbell.on('opened', heard)", "null"),
    ] {
        let spec = of(&[md(&format!("# Opened\n\nWhen it opens.\n\n```js\n{sample}\n```\n"))]);
        assert_eq!(serde_json::json!(spec.probe.arguments).to_string(), written, "{sample}");
        assert_eq!(spec.probe.locations[0].path, ["bell"], "{sample}");
        assert_eq!(fields(&spec, "opened"), ["chat"], "{sample}");
        // No ready event is shown.
        assert_eq!(ready(&spec), "");
    }
    let second = of(&[md("# Opened\n\n```js\nbell.on('opened', (name, data) => data.chat.id);\n```\n")]);
    assert_eq!((second.probe.argument, second.probe.payload.join(".")), (2, "chat".into()));
    let variable = of(&[md(
        "# Listen\n\n```js\nbell.on(name, callback);\n```\n\n| Event | When |\n|---|---|\n| `opened` | It opens |\n| `shut` | It shuts |\n",
    )]);
    assert_eq!(variable.events.keys().collect::<Vec<_>>(), ["opened", "shut"]);
}

#[test]
fn what_says_nothing_gives_nothing() {
    for text in [
        "",
        "# Events\n\nNothing yet.\n",
        "```js\nbell.open();\nsetTimeout(() => {}, 10);\n```\n",
        "```json\n{\"a\": \"b\"}\n```\n",
    ] {
        assert!(draft(&facts(&[read(&md(text))]), &Wanted::default()).is_none(), "{text}");
    }
}

#[test]
fn pages_that_are_nested_without_an_end_are_read() {
    let deep = 100_000;
    let ends = "\n\n```js\nbell.on('opened', (e) => e.chat);\n```\n";
    for text in [
        "<div>".repeat(deep),
        "<table><tr><td>".repeat(deep / 2),
        "> ".repeat(deep / 10),
        "- ".repeat(deep / 10),
        "[".repeat(deep),
        format!("```js\n{}\n```", "a('b', () => {".repeat(deep / 10)),
        format!("```js\n{}\n```", "a([{b: [".repeat(deep / 10)),
        "<script>".repeat(deep / 10),
        "# a\n".repeat(deep / 4),
        "&amp;".repeat(deep / 4),
    ] {
        let _ = facts(&[read(&md(&text)), read(&SourceFile::new("page.html", text.as_str())), read(&md(ends))]);
    }
}

const SEEDS: &[&str] = &["dynamic-chat.en.md", "dynamic-chat.fr.md", "bell.html", "gong.md", "horn-opened.md"];
const ODD: &[&str] = &[
    "\0",
    "\u{feff}",
    "\r",
    "\u{202e}",
    "👋🏽",
    "<!--",
    "-->",
    "<table>",
    "</td>",
    "<dl><dt>",
    "```",
    "`",
    "{#",
    "}",
    "(",
    "[",
    "=>",
    "'",
    "\"",
    "\\",
    "|",
    "---",
    "<script>",
    "</pre>",
    "&#x0;",
    "&lt",
    "<h2 id=x>",
    "# `a b`\n",
    "window.",
    "${",
    "event.",
    "{a: [",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever becomes of a page: it's read, and what is drafted of it is a spec.
    #[test]
    fn a_mangled_page_never_breaks_it(
        seed in 0..SEEDS.len(),
        html in any::<bool>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..60_usize, 0..ODD.len()), 1..12),
    ) {
        let mut text: Vec<char> = page(SEEDS[seed]).text.chars().collect();
        for (at, len, odd) in cuts {
            let start = at.index(text.len() + 1);
            let end = (start + len).min(text.len());
            text.splice(start..end, ODD[odd].chars());
        }
        let text: String = text.into_iter().collect();
        let facts = facts(&[read(&SourceFile::new(if html { "page.html" } else { "page.md" }, text))]);
        if let Some(text) = draft(&facts, &Wanted::default()) {
            let spec = spec::parse(SourceFile::new("draft.yaml", text.as_str()));
            prop_assert!(spec.is_ok(), "{}\n{text}", spec.map(|_| String::new()).unwrap_or_else(|mistakes| mistakes.to_string()));
        }
    }
}
