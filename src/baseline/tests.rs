use std::collections::BTreeSet;

use time::macros::date;

use super::*;
use crate::verdict::{Level, Outcome, RequirementId, SpecRef, Verdict};

fn known() -> Known {
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Known {
        requirements: list(&[
            "ready.fired",
            "event.SHOWN.fires",
            "event.SHOWN.payload.sid",
            "event.CLOSED.fires",
            "coverage.SHOWN",
        ]),
        constants: list(&["SHOWN", "CLOSED"]),
        journeys: list(&["talk", "talk-late", "book"]),
        browsers: list(&["firefox", "chromium"]),
    }
}

fn baseline(text: &str) -> Baseline {
    parse(SourceFile::new("known.yaml", text), &known()).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// An id by its text, which is all that a baseline looks at.
fn id(text: &str) -> RequirementId {
    RequirementId::from(&*text.to_owned().leak())
}

fn verdict(requirement: &str, journey: &str, browser: &str, outcome: Outcome) -> Verdict {
    Verdict {
        requirement: id(requirement),
        level: Level::Must,
        outcome,
        finding: "missing".into(),
        statement: String::new(),
        journey: journey.into(),
        browser: browser.into(),
        subject: String::new(),
        expected: String::new(),
        actual: String::new(),
        hint: None,
        reason: None,
        evidence: Vec::new(),
        step: None,
        spec: SpecRef::default(),
        caused_by: None,
        waiver: None,
    }
}

fn because(cause: &str, verdict: Verdict) -> Verdict {
    Verdict { caused_by: Some(id(cause)), ..verdict }
}

fn outcomes(verdicts: &[Verdict]) -> Vec<Outcome> {
    verdicts.iter().map(|verdict| verdict.outcome).collect()
}

const SHOWN: &str = "- requirement: event.SHOWN.fires\n  reason: the vendor is at it\n";
const TODAY: Date = date!(2026 - 11 - 25);

#[test]
fn what_is_known_is_waived_with_what_follows_from_it() {
    use Outcome::*;
    let verdicts = vec![
        verdict("event.SHOWN.fires", "talk", "firefox", Fail),
        because("event.SHOWN.fires", verdict("event.SHOWN.payload.sid", "talk", "firefox", Inconclusive)),
        because("event.SHOWN.payload.sid", verdict("ready.fired", "talk", "firefox", Fail)),
        // Of another journey's breach, and of none.
        because("event.CLOSED.fires", verdict("event.SHOWN.payload.sid", "book", "firefox", Fail)),
        verdict("event.CLOSED.fires", "talk", "firefox", Fail),
        // Nobody knows what it would have been.
        verdict("event.SHOWN.fires", "book", "firefox", Inconclusive),
        verdict("event.SHOWN.fires", "book", "chromium", Pass),
    ];
    let own = waive(&baseline(SHOWN), TODAY, false, verdicts, &[]);
    assert_eq!(outcomes(&own), [Waived, Waived, Waived, Fail, Fail, Inconclusive, Pass]);
    let waiver = own[1].waiver.as_ref().unwrap();
    assert_eq!((waiver.reason.as_str(), waiver.was, waiver.line), ("the vendor is at it", Inconclusive, 1));
    assert_eq!(own[0].reason.as_deref(), Some("the vendor is at it"));

    let coverage = |browser: &str| because("event.SHOWN.fires", verdict("coverage.SHOWN", "", browser, Fail));
    let over_all = waive(&baseline(SHOWN), TODAY, false, vec![coverage("firefox"), coverage("chromium")], &own);
    assert_eq!(outcomes(&over_all), [Waived, Fail], "its cause was waived in Firefox only");
}

/// A cause that is broken in a second way, unknown, explains what follows; so does one in another journey.
#[test]
fn what_has_another_cause_too_is_not_waived() {
    use Outcome::*;
    let one = baseline("- { requirement: event.SHOWN.fires, journey: talk, reason: r }");
    let verdicts = vec![
        verdict("event.SHOWN.fires", "talk", "firefox", Fail),
        verdict("event.SHOWN.fires", "book", "firefox", Fail),
    ];
    let own = waive(&one, TODAY, false, verdicts, &[]);
    assert_eq!(outcomes(&own), [Waived, Fail]);
    let coverage = because("event.SHOWN.fires", verdict("coverage.SHOWN", "", "firefox", Fail));
    assert_eq!(outcomes(&waive(&one, TODAY, false, vec![coverage], &own)), [Fail]);
}

#[test]
fn an_entry_holds_where_it_says() {
    let entries = baseline(
        "- { requirement: [event.*.fires, ready.*], journey: talk*, browser: firefox, reason: r }\n- { requirement: coverage.*, reason: r }",
    )
    .entries;
    assert!(entries[0].matches("event.SHOWN.fires", "talk-late", "firefox"));
    assert!(entries[0].matches("ready.fired", "talk", "firefox"));
    assert!(!entries[0].matches("event.SHOWN.fires", "book", "firefox"));
    assert!(!entries[0].matches("event.SHOWN.fires", "talk", "chromium"));
    assert!(!entries[0].matches("event.SHOWN.fires", "", "firefox"), "what is judged over all journeys is in none");
    assert!(entries[1].matches("coverage.SHOWN", "", "chromium"));
}

#[test]
fn notes_assert_nothing_so_there_is_nothing_to_waive() {
    let mut note = verdict("event.SHOWN.fires", "talk", "firefox", Outcome::Warn);
    note.level = Level::Record;
    assert_eq!(outcomes(&waive(&baseline(SHOWN), TODAY, false, vec![note], &[])), [Outcome::Warn]);
}

#[test]
fn an_expired_entry_warns_and_waives_nothing_where_that_is_strict() {
    let entry = |until: &str| baseline(&format!("- {{ requirement: event.SHOWN.fires, reason: r, until: {until} }}"));
    let judged = |until: &str, strict| {
        let broken = vec![verdict("event.SHOWN.fires", "talk", "firefox", Outcome::Fail)];
        let verdicts = waive(&entry(until), TODAY, strict, broken, &[]);
        let found = stale(&entry(until), TODAY, &ran(&[("firefox", "talk")]), &verdicts);
        (verdicts[0].outcome, found.into_iter().map(|entry| entry.why).collect::<Vec<_>>())
    };
    assert_eq!(judged("2026-11-25", false), (Outcome::Waived, vec![]), "its last day is today");
    assert_eq!(judged("2026-11-24", false), (Outcome::Waived, vec![Stale::Expired]));
    assert_eq!(judged("2026-11-24", true), (Outcome::Fail, vec![Stale::Expired]));
}

fn pairs(some: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    some.iter().map(|(column, journey)| ((*column).to_owned(), (*journey).to_owned())).collect()
}

/// All journeys, for nobody in particular, in the browsers of some.
fn every(some: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let of = |(browser, _): &(&str, &str)| {
        let browser = (*browser).to_owned();
        known().journeys.into_iter().map(move |journey| (browser.clone(), journey))
    };
    some.iter().flat_map(of).collect()
}

fn ran(walked: &[(&str, &str)]) -> Ran {
    Ran { walked: pairs(walked), all: every(walked), whole: true }
}

#[test]
fn an_entry_is_unneeded_only_where_all_of_it_was_seen_to_hold() {
    let whole = ran(&[("firefox", "talk"), ("firefox", "talk-late"), ("firefox", "book")]);
    let part = ran(&[("firefox", "talk")]);
    let is_stale = |text: &str, ran: &Ran, outcome: Outcome| {
        let verdicts = [verdict("event.SHOWN.fires", "talk", "firefox", outcome)];
        let verdicts = waive(&baseline(text), TODAY, false, verdicts.to_vec(), &[]);
        !stale(&baseline(text), TODAY, ran, &verdicts).is_empty()
    };
    let of_talk = "- { requirement: event.SHOWN.fires, journey: talk, reason: r }";
    let in_chromium = "- { requirement: event.SHOWN.fires, browser: chromium, reason: r }";
    assert!(is_stale(SHOWN, &whole, Outcome::Pass));
    assert!(!is_stale(SHOWN, &whole, Outcome::Fail));
    assert!(!is_stale(SHOWN, &whole, Outcome::Inconclusive), "nobody knows");
    assert!(!is_stale(SHOWN, &part, Outcome::Pass), "another journey may need it");
    assert!(is_stale(of_talk, &part, Outcome::Pass));
    assert!(!is_stale(in_chromium, &whole, Outcome::Pass), "it was not run there");
    assert!(!is_stale(SHOWN, &Ran { whole: false, ..whole }, Outcome::Pass));
}

fn for_visitors(text: &str) -> Baseline {
    let browsers = ["firefox", "firefox+phone", "firefox+desktop"].map(str::to_owned).into();
    parse(SourceFile::new("known.yaml", text), &Known { browsers, ..known() }).unwrap_or_else(|found| panic!("{found}"))
}

/// `talk` is run on a phone and on a desktop, `book` on a phone only.
fn visited(walked: &[(&str, &str)]) -> Ran {
    let all = pairs(&[("firefox+phone", "talk"), ("firefox+desktop", "talk"), ("firefox+phone", "book")]);
    Ran { walked: pairs(walked), all, whole: true }
}

#[test]
fn an_entry_that_one_visitor_needs_is_needed_and_one_that_none_needs_is_told_by_column() {
    let everything = [("firefox+phone", "talk"), ("firefox+desktop", "talk"), ("firefox+phone", "book")];
    let stale_in = |text: &str, walked: &[(&str, &str)], broken: &str| {
        let outcome = |column: &str| if column == broken { Outcome::Fail } else { Outcome::Pass };
        let of = |(column, journey): &(&str, &str)| verdict("event.SHOWN.fires", journey, column, outcome(column));
        let verdicts = waive(&for_visitors(text), TODAY, false, walked.iter().map(of).collect(), &[]);
        let mut found = stale(&for_visitors(text), TODAY, &visited(walked), &verdicts);
        found.pop().map(|entry| entry.browsers.join(" ")).unwrap_or_default()
    };
    let on_phone = "- { requirement: event.SHOWN.fires, browser: firefox+phone, reason: r }";
    let on_desktop = "- { requirement: event.SHOWN.fires, browser: firefox+desktop, reason: r }";
    let in_firefox = "- { requirement: event.SHOWN.fires, browser: firefox, reason: r }";
    for all in [SHOWN, in_firefox] {
        assert_eq!(stale_in(all, &everything, "firefox+phone"), "", "{all}");
        assert_eq!(stale_in(all, &everything, "firefox+desktop"), "", "{all}");
        assert_eq!(stale_in(all, &everything, ""), "firefox+desktop firefox+phone", "no journey is missing: {all}");
        assert_eq!(stale_in(all, &everything[1..2], ""), "", "the phone was not asked: {all}");
    }
    assert_eq!(stale_in(on_phone, &everything, "firefox+phone"), "");
    assert_eq!(stale_in(on_phone, &everything, "firefox+desktop"), "firefox+phone");
    assert_eq!(stale_in(on_phone, &everything[1..2], ""), "", "it was not run for it");
    assert_eq!(stale_in(on_desktop, &everything[1..2], ""), "firefox+desktop");
}

#[test]
fn an_entry_is_written_for_the_visitors_who_need_it() {
    let walked = [("firefox+phone", "talk"), ("firefox+desktop", "talk"), ("firefox+phone", "book")];
    let written = |walked: &[(&str, &str)], broken: &[(&str, &str)]| -> Vec<String> {
        let of = |(column, journey): &(&str, &str)| verdict("event.SHOWN.fires", journey, column, Outcome::Fail);
        let verdicts: Vec<Verdict> = broken.iter().map(of).collect();
        let new = new_entries(&visited(walked), &verdicts).into_iter();
        new.map(|entry| format!("{} {}", entry.journey.unwrap_or("*".into()), entry.browsers.join("+"))).collect()
    };
    assert_eq!(written(&walked, &walked), ["* "]);
    assert_eq!(written(&walked, &walked[..1]), ["talk firefox+phone"]);
    assert_eq!(written(&walked, &walked[..2]), ["talk "]);
    assert_eq!(written(&walked, &walked[2..]), ["book "], "nobody else does it");
    assert_eq!(written(&walked[..1], &walked[..1]), ["talk firefox+phone"], "what wasn't run may be right");
}

#[test]
fn every_mistake_is_told() {
    let text = "\
- requirement: event.SHOWN.firs
  reason: r
- requirement: event.*.fires
  jorney: talk
  reason: \"\"
- requirement: [ready.fired, 'event.{']
  journey: tlak
  browser: safari
  until: 2026-02-30
  reason: r
  ticket: 12
- reason: r
- just a text
";
    let told = |text: &str| match parse(SourceFile::new("known.yaml", text), &known()) {
        Ok(_) => panic!("{text} has no mistakes"),
        Err(mistakes) => mistakes.to_string(),
    };
    insta::assert_snapshot!(told(text));
    assert!(told("known: []").contains("must be a list"));
}

#[test]
fn an_empty_file_knows_nothing() {
    assert!(baseline("").entries.is_empty());
    assert!(baseline("# nothing yet\n").entries.is_empty());
    assert!(baseline("[]").entries.is_empty());
}

#[test]
fn tickets_may_be_numbers() {
    assert_eq!(
        baseline("- { requirement: ready.*, reason: r, ticket: 0042 }").entries[0].ticket.as_deref(),
        Some("0042")
    );
    assert_eq!(baseline("- { requirement: ready.*, reason: r, ticket: 42 }").entries[0].ticket.as_deref(), Some("42"));
}

fn new(verdicts: &[Verdict], walked: &[(&str, &str)]) -> Vec<String> {
    new_entries(&ran(walked), verdicts)
        .into_iter()
        .map(|entry| {
            format!("{} {} {}", entry.requirement, entry.journey.as_deref().unwrap_or("*"), entry.browsers.join("+"))
                .trim_end()
                .to_owned()
        })
        .collect()
}

#[test]
fn an_entry_is_written_for_each_root_cause_and_no_wider_than_it() {
    use Outcome::*;
    let both = [("firefox", "talk"), ("firefox", "book"), ("chromium", "talk"), ("chromium", "book")];
    let shown = |journey, browser| verdict("event.SHOWN.fires", journey, browser, Fail);
    let all: Vec<Verdict> = both.iter().map(|(browser, journey)| shown(journey, browser)).collect();
    assert_eq!(new(&all, &both), ["event.SHOWN.fires *"]);
    assert_eq!(new(&[shown("talk", "firefox"), shown("talk", "chromium")], &both), ["event.SHOWN.fires talk"]);
    assert_eq!(new(&[shown("talk", "firefox")], &both), ["event.SHOWN.fires talk firefox"]);
    assert_eq!(new(&[shown("talk", "firefox")], &[("firefox", "talk")]), ["event.SHOWN.fires talk"]);
    let others = [
        shown("talk", "firefox"),
        because("event.SHOWN.fires", verdict("event.SHOWN.payload.sid", "talk", "firefox", Fail)),
        because("event.SHOWN.fires", verdict("coverage.SHOWN", "", "firefox", Fail)),
        verdict("event.CLOSED.fires", "talk", "firefox", Inconclusive),
        verdict("ready.fired", "talk", "firefox", Warn),
        verdict("event.CLOSED.fires", "book", "firefox", Waived),
        verdict("coverage.CLOSED", "", "firefox", NotReached),
    ];
    assert_eq!(new(&others, &both), ["event.SHOWN.fires talk firefox", "coverage.CLOSED * firefox"]);
}

#[test]
fn what_is_in_the_file_stays_as_it_is() {
    let entry = |requirement: &str| NewEntry {
        requirement: requirement.into(),
        journey: Some("talk".into()),
        browsers: vec!["chromium".into(), "firefox".into()],
        finding: "too-late".into(),
    };
    let new = [entry("event.SHOWN.fires"), entry("event.CLOSED.fires")];
    let fresh = append(None, &new, TODAY).unwrap();
    insta::assert_snapshot!(fresh);
    assert_eq!(baseline(&fresh).entries.len(), 2);

    let hand = "# ours\n  - requirement: ready.fired   # since May\n    reason: r";
    let both = append(Some(&SourceFile::new("known.yaml", hand)), &new, TODAY).unwrap();
    assert!(both.starts_with(hand) && both.contains("\n  - requirement: event.SHOWN.fires\n"), "{both}");
    assert_eq!(baseline(&both).entries.len(), 3);

    for closed in
        ["[{ requirement: ready.fired, reason: r }]\n", "- requirement: ready.fired\n  reason: |\n    r\n...\n"]
    {
        let told = append(Some(&SourceFile::new("known.yaml", closed)), &new, TODAY).unwrap_err();
        assert!(told.starts_with("- requirement: event.SHOWN.fires\n"), "{told}");
    }
}

/// Ids may have any characters: a glob's and YAML's own must mean nothing.
#[test]
fn what_is_written_means_what_was_broken() {
    for id in ["event.a*b.fires", "event.[x]{y}.fires", "event.\"q\": '.fires", "event. # .fires", "yes", "- x"] {
        let new = [NewEntry { requirement: id.into(), journey: None, browsers: vec![], finding: "f".into() }];
        let text = append(None, &new, TODAY).unwrap();
        let known = Known { requirements: vec![id.into(), "event.ab.fires".into()], ..known() };
        let read = parse(SourceFile::new("known.yaml", text.as_str()), &known).unwrap_or_else(|m| panic!("{m}"));
        assert!(read.entries[0].matches(id, "talk", "firefox"), "{text}");
        assert!(!read.entries[0].matches("event.ab.fires", "talk", "firefox"), "{text}");
    }
}
