//! Entries from YAML, and what they come to: without a browser, on recordings that were kept.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::parse::{Names, catalogue, entry};
use super::{Entry, Kind, Ruling, Word};
use crate::changes::Edit;
use crate::fixture_site::{ApiPlace, FramePlace};
use crate::source::{Mistakes, SourceFile};

fn read(kind: Kind, text: &str) -> Result<Entry, Mistakes> {
    let requirements: Vec<String> =
        ["ready.fired", "event.A.fires", "event.B.fires", "constants.undocumented"].map(str::to_owned).into();
    let sections = BTreeSet::from(["Events".to_owned()]);
    let original = |file: &str| (file == "a.js").then_some(Cow::Borrowed(&b"one two two"[..]));
    let names = Names {
        requirements: &requirements,
        sections: &sections,
        journeys: vec!["start", "agent"],
        visitors: vec!["phone", "german"],
        reference_site: true,
        original: &original,
    };
    entry(&SourceFile::new("x.yaml", text), "x", kind, &names)
}

const FAULT: &str = "title: T\nbreaks: B\nsection: Events\njourneys: start\n";

#[test]
fn a_fault_is_read_with_its_patches_and_verdicts() {
    let text = format!(
        "{FAULT}embed: [api-object, same-origin-frame]\nheaders: {{ X-Y: z }}\npatch:\n  \
         - {{ file: a.js, after: one, insert: ! \" and\" }}\n  - {{ file: new.js, whole: x }}\n\
         expect:\n  event.{{A, B}}.fires: [fail missing, warn late]\nfollows:\n  ready.fired: inconclusive x\n"
    )
    .replace("insert: ! ", "insert: ");
    let fault = read(Kind::Fault, &text).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!((fault.embed.api, fault.embed.frame), (ApiPlace::Object, FramePlace::SameOrigin));
    assert_eq!(fault.changes.headers, [("X-Y".to_owned(), "z".to_owned())]);
    let edits: Vec<&Edit> = fault.changes.patches.iter().map(|patch| &patch.edit).collect();
    assert_eq!(edits, [&Edit::Replace { find: "one".into(), with: "one and".into() }, &Edit::Whole("x".into())]);
    let rulings = |word, finding: &str| Ruling { word, finding: finding.into() };
    let both = BTreeSet::from([rulings(Word::Fail, "missing"), rulings(Word::Warn, "late")]);
    assert_eq!(fault.expect.get("event.A.fires"), Some(&both));
    assert_eq!(fault.expect.get("event.B.fires"), Some(&both));
    assert_eq!(fault.follows.len(), 1);
}

#[test]
fn every_mistake_of_an_entry_is_told_where_it_stands() {
    for (text, told) in [
        (format!("{FAULT}expect:\n  event.A.fire: fail missing\n"), "did you mean `event.A.fires`?"),
        (format!("{FAULT}expect:\n  event.A.fires: broken missing\n"), "unknown outcome `broken`"),
        (format!("{FAULT}expect:\n  event.A.fires: fail\n"), "for example `fail missing`"),
        (FAULT.to_owned(), "a fault lacks `expect`"),
        (format!("{FAULT}expect: {{}}\n"), "a fault that nothing tells of"),
        (format!("{FAULT}pach: []\nexpect:\n  ready.fired: fail x\n"), "did you mean `patch`?"),
        (
            format!("{FAULT}expect: {{ ready.fired: fail x }}\npatch: [{{ file: a.js, replace: two, with: x }}]\n"),
            "the text is 2 times in the file",
        ),
        (
            format!("{FAULT}expect: {{ ready.fired: fail x }}\npatch: [{{ file: a.js, replace: six, with: x }}]\n"),
            "the text isn't in the file",
        ),
        (
            format!("{FAULT}expect: {{ ready.fired: fail x }}\npatch: [{{ file: b.js, replace: six, with: x }}]\n"),
            "there is no such file",
        ),
        (
            format!("{FAULT}expect: {{ ready.fired: fail x }}\npatch: [{{ file: a.js, replace: one }}]\n"),
            "a patch lacks `with`",
        ),
        (
            format!("{FAULT}expect: {{ ready.fired: fail x }}\npatch: [{{ file: a.js }}]\n"),
            "a patch that changes nothing",
        ),
        (FAULT.replace("start", "begin"), "unknown journey `begin`"),
        (FAULT.replace("Events", "Event"), "did you mean `Events`?"),
        (format!("{FAULT}shown_by: fone\nexpect: {{ ready.fired: fail x }}\n"), "known visitors: `phone`, `german`"),
        (format!("{FAULT}visitors: phone\nexpect: {{ ready.fired: fail x }}\n"), "unknown key `visitors` in a fault"),
        (format!("{FAULT}headers: {{ \"X Y\": z }}\n"), "is no header"),
        (format!("{FAULT}embed: nowhere\n"), "unknown way to embed `nowhere`"),
    ] {
        let found = read(Kind::Fault, &text).expect_err(&text).to_string();
        assert!(found.contains(told), "{told:?} is not in\n{found}");
        assert!(found.contains("x.yaml:"), "{found}");
    }
}

#[test]
fn a_fault_is_walked_without_those_to_whom_it_shows_as_well() {
    let fault = format!("{FAULT}shown_by: [phone, german]\nexpect: {{ ready.fired: fail x }}\n");
    let fault = read(Kind::Fault, &fault).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(fault.visited(), [Some("phone"), Some("german"), None]);
    assert!(fault.shows_in("firefox+german") && !fault.shows_in("firefox") && !fault.shows_in("firefox+other"));

    let variant = "title: T\nkeeps: K\njourneys: start\nvisitors: phone\n";
    let variant = read(Kind::Variant, variant).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(variant.visited(), [Some("phone")]);
    let everybodys = read(Kind::Fault, &format!("{FAULT}expect: {{ ready.fired: fail x }}\n")).unwrap();
    assert!(everybodys.visited() == [None] && everybodys.shows_in("firefox"));
}

#[test]
fn a_variant_declares_notes_only() {
    let text = "title: T\nkeeps: K\njourneys: [start, agent]\nnotes:\n  constants.undocumented: ";
    let variant = read(Kind::Variant, &format!("{text}note undocumented\n")).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(variant.journeys, ["start", "agent"]);
    let found = read(Kind::Variant, &format!("{text}fail undocumented\n")).expect_err("a failure").to_string();
    assert!(found.contains("what breaks a requirement is a fault"), "{found}");
    assert!(read(Kind::Variant, "title: T\nbreaks: K\njourneys: start\n").is_err());
}

#[test]
fn a_catalogue_names_what_it_needs() {
    let read = |text: &str| catalogue(&SourceFile::new("c.yaml", text));
    let file = read("format: chatproof-catalogue/1\nsite: s.yaml\nserve: pages\nfaults: f\n").unwrap();
    assert_eq!((file.serve.as_deref(), file.faults.as_deref(), file.variants), (Some("pages"), Some("f"), None));
    let file = read("format: chatproof-catalogue/1\nsite: s.yaml\nserve: reference-site\nvariants: v\n").unwrap();
    assert_eq!(file.serve, None);
    for (text, told) in [
        ("format: chatproof-catalogue/2\nsite: s\nserve: p\nfaults: f\n", "expected `chatproof-catalogue/1`"),
        ("format: chatproof-catalogue/1\nsite: s\nserve: p\n", "without faults and variants"),
        ("format: chatproof-catalogue/1\nserve: p\nfaults: f\n", "lacks `site`"),
        ("format: chatproof-catalogue/1\nsite: s\nserve: p\nfaults: f\nnotes: 3\n", "must be a text"),
        ("- x\n", "must be a map"),
    ] {
        let found = read(text).expect_err(text).to_string();
        assert!(found.contains(told), "{told:?} is not in\n{found}");
    }
}
