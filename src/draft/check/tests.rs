//! One thing changed, on the page or in the spec: told, with the lines of both.

use proptest::prelude::*;

use super::{Checked, Kind, check, json, markdown, terminal};
use crate::draft::{read, tests::page};
use crate::source::SourceFile;
use crate::spec::{self, Spec};

fn adobe() -> SourceFile {
    spec::builtin("adobe-dynamic-chat").unwrap()
}

fn parsed(source: SourceFile) -> Spec {
    spec::parse(source).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn against(spec: SourceFile, pages: &[SourceFile]) -> Checked {
    let pages: Vec<_> = pages.iter().map(read).collect();
    check(&parsed(spec), &pages)
}

fn english() -> SourceFile {
    page("dynamic-chat.en.md")
}

fn french() -> SourceFile {
    page("dynamic-chat.fr.md")
}

/// The same text with one thing changed: the nth place where it stands, from 0.
fn changed(source: &SourceFile, from: &str, to: &str, nth: usize) -> SourceFile {
    let (at, _) = source.text.match_indices(from).nth(nth).unwrap_or_else(|| panic!("no {from} in {}", source.name));
    SourceFile::new(source.name.clone(), format!("{}{to}{}", &source.text[..at], &source.text[at + from.len()..]))
}

fn drift(checked: &Checked) -> Vec<(String, Kind)> {
    checked.drift().map(|finding| (finding.id.clone(), finding.kind)).collect()
}

/// The only difference, with the lines that it names.
#[track_caller]
fn only(checked: &Checked, id: &str, spec: &str, pages: &str) {
    let found: Vec<_> = checked.drift().collect();
    assert_eq!(
        drift(checked).iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
        [id],
        "{}",
        terminal(checked, false, 100)
    );
    let line = |source: &SourceFile, at: u32| source.text.lines().nth(at as usize - 1).unwrap_or_default().to_owned();
    let own = found[0].spec.as_ref().map(|side| line(&checked.spec, side.place.line)).unwrap_or_default();
    assert!(own.contains(spec), "{own}");
    let theirs: Vec<String> =
        found[0].pages.iter().map(|side| line(&checked.pages[side.place.page], side.place.span.line)).collect();
    assert!(theirs.iter().any(|line| line.contains(pages)), "{theirs:?}");
}

#[test]
fn the_built_in_spec_differs_only_where_a_person_has_decided() {
    for pages in [vec![english()], vec![french()], vec![english(), french()]] {
        let checked = against(adobe(), &pages);
        assert!(drift(&checked).is_empty(), "{}", terminal(&checked, false, 100));
        let decided: Vec<&str> = checked.decided().map(|finding| finding.id.as_str()).collect();
        assert!(!decided.is_empty() && decided.iter().all(|id| id.starts_with("api.location.")), "{decided:?}");
        assert_eq!(checked.versions, pages.len() > 1);
    }
}

#[test]
fn one_thing_changed_on_the_page() {
    let page = english();
    for (from, to, nth, id, spec) in [
        ("CONVERSATION_ENGAGED", "CONVERSATION_BEGUN", 0, "event.CONVERSATION_ENGAGED", "CONVERSATION_ENGAGED:"),
        ("payload.sid", "payload.session", 0, "event.CONVERSATION_TRIGGERED.payload.sid", "sid:"),
        (
            "payload.meetingInfo",
            "payload.meeting",
            0,
            "event.CONVERSATION_MEETING_BOOKED.payload.meetingInfo",
            "meetingInfo:",
        ),
        ("{#phone-number}", "{#phone}", 0, "event.CONVERSATION_INPUT_PHONE.anchor", "anchor: phone-number"),
        ("### Email ID", "### Email address", 0, "event.CONVERSATION_INPUT_EMAIL.section", "section: Email ID"),
    ] {
        let checked = against(adobe(), &[changed(&page, from, to, nth)]);
        only(&checked, id, spec, to.trim_matches(['{', '}', '#', ' ']));
    }
    let ready = SourceFile::new("page.md", page.text.replace("adobedx.conversations.ready", "adobedx.ready"));
    only(&against(adobe(), &[ready]), "ready.event", "adobedx.conversations.ready", "adobedx.ready");
    let gone = SourceFile::new("page.md", page.text.replace("{#getting-started}", "{#start}"));
    only(&against(adobe(), &[gone]), "section.getting-started", "getting-started", "{#start}");
}

#[test]
fn one_thing_changed_in_the_spec() {
    let own = adobe();
    for (from, to, nth, id, page) in [
        ("    sid:\n", "    session:\n", 0, "event.CONVERSATION_TRIGGERED.payload.session", "payload.sid"),
        ("anchor: email-id", "anchor: email", 0, "event.CONVERSATION_INPUT_EMAIL.anchor", "{#email-id}"),
        ("section: Phone Number", "section: Telephone", 0, "event.CONVERSATION_INPUT_PHONE.section", "Phone Number"),
        ("constants: Enum.Events", "constants: Enum.Names", 0, "api.constants", "CONVERSATION_TRIGGERED"),
        (
            "payload: [base, agent, meeting]",
            "payload: [base, agent]",
            0,
            "event.CONVERSATION_MEETING_BOOKED.payload.meetingInfo",
            "meetingInfo",
        ),
    ] {
        let mut spec = changed(&own, from, to, nth);
        if to.contains("session:") {
            spec = changed(&spec, "    sid:\n      level", "    session:\n      level", 0);
        }
        only(&against(spec, &[english()]), id, to.trim().split('\n').next().unwrap_or_default(), page);
    }
    let renamed =
        SourceFile::new("spec.yaml", own.text.replace("CONVERSATION_LIVE_CHAT_ENDED", "CONVERSATION_LIVE_CHAT_OVER"));
    only(
        &against(renamed, &[english()]),
        "event.CONVERSATION_LIVE_CHAT_OVER",
        "CONVERSATION_LIVE_CHAT_OVER:",
        "CONVERSATION_LIVE_CHAT_ENDED",
    );
}

#[test]
fn what_only_one_side_has() {
    let page = english();
    let (start, _) = page.text.match_indices("### Email ID").next().unwrap();
    let (end, _) = page.text[start..].match_indices("The `event`").next().unwrap();
    let without = SourceFile::new("page.md", format!("{}{}", &page.text[..start], &page.text[start + end..]));
    let checked = against(adobe(), &[without]);
    assert_eq!(drift(&checked), [("event.CONVERSATION_INPUT_EMAIL".to_owned(), Kind::OnlySpec)]);
    let more = changed(
        &page,
        "### Email ID",
        "### Fax\n\n```js\nconst {addListener, Enum} = window.AdobeDX;\naddListener(Enum.Events.CONVERSATION_INPUT_FAX, () => {});\n```\n\n### Email ID",
        0,
    );
    let checked = against(adobe(), &[more]);
    assert_eq!(drift(&checked), [("event.CONVERSATION_INPUT_FAX".to_owned(), Kind::OnlyPage)]);
}

#[test]
fn pages_that_differ_among_themselves() {
    let other = changed(&french(), "{#live-chat-ended}", "{#fini}", 0);
    let checked = against(adobe(), &[english(), other]);
    assert_eq!(drift(&checked), [("event.CONVERSATION_LIVE_CHAT_ENDED.anchor".to_owned(), Kind::Differs)]);

    // Parts of one description are no versions of it.
    let (opened, rated) = (page("horn-opened.md"), page("horn-rated.md"));
    let facts = crate::draft::facts(&[read(&opened), read(&rated)]);
    let drafted = crate::draft::draft(&facts, &crate::draft::Wanted::default()).unwrap();
    let checked = against(SourceFile::new("horn.yaml", drafted), &[opened, rated]);
    assert!(!checked.versions && checked.findings.is_empty(), "{}", terminal(&checked, false, 100));
}

#[test]
fn a_draft_says_what_its_page_says() {
    for name in ["dynamic-chat.en.md", "dynamic-chat.fr.md", "bell.html", "gong.md"] {
        let page = page(name);
        let drafted =
            crate::draft::draft(&crate::draft::facts(&[read(&page)]), &crate::draft::Wanted::default()).unwrap();
        let checked = against(SourceFile::new("draft.yaml", drafted.as_str()), &[page]);
        assert!(checked.findings.is_empty(), "{}\n{drafted}", terminal(&checked, false, 100));
    }
}

#[test]
fn formats() {
    let page = changed(&english(), "payload.sid", "payload.<b>session</b>", 0);
    let checked = against(adobe(), &[changed(&page, "CONVERSATION_ENGAGED", "CONVERSATION_BEGUN", 0)]);
    let text = terminal(&checked, false, 100);
    assert!(text.contains("adobe-dynamic-chat (built in):") && text.contains("dynamic-chat.en.md:"), "{text}");
    let value: serde_json::Value = serde_json::from_str(&json(&checked).unwrap()).unwrap();
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../../specs/check.schema.json")).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(value["drift"], 2);
    let ticket = markdown(&checked);
    assert!(ticket.starts_with("## 2 differences") && ticket.contains("CONVERSATION_BEGUN"), "{ticket}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever becomes of a page: it's compared, and what comes of it can be told in every form.
    #[test]
    fn a_mangled_page_is_compared(cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..400_usize, "[\\PC\n]{0,8}"), 1..8)) {
        let mut text: Vec<char> = english().text.chars().collect();
        for (at, len, odd) in cuts {
            let start = at.index(text.len() + 1);
            let end = (start + len).min(text.len());
            text.splice(start..end, odd.chars());
        }
        let mangled = SourceFile::new("page.md", text.into_iter().collect::<String>());
        let checked = against(adobe(), &[mangled, french()]);
        prop_assert!(json(&checked).is_ok() && !markdown(&checked).is_empty());
        let _ = terminal(&checked, false, 100);
    }
}
