//! A press that was made twice accuses nobody.

use chatproof::cli::assemble::{self, Happened, Terms};
use chatproof::recording::Kind;
use chatproof::report::Format;
use chatproof::report::style::Style;
use serde_json::Value;

use super::support::*;

/// The step with the second press, which fires ENGAGED.
const STEP: usize = 2;

/// A talk in which `STEP` was pressed twice, and what is heard between both presses.
fn twice(between: &[&str]) -> Film {
    let mut film = Film::talk();
    let mut at = film.begin(STEP);
    let mut put = |beat: Beat| {
        film.beats.insert(at, beat);
        at += 1;
    };
    put(Beat::Say(At::Page, Kind::Void { step: STEP }));
    put(Beat::Browser(Kind::PressedAgain { step: STEP }));
    let spec = adobe();
    for x in between {
        put(Beat::Say(At::Page, event(x, payload(&spec, x))));
    }
    film
}

/// The same, pressed once.
fn once(mut film: Film) -> Film {
    film.beats.retain(|beat| !matches!(beat, Beat::Browser(Kind::PressedAgain { .. })));
    film
}

#[test]
fn an_event_that_comes_of_both_presses_is_open() {
    assert_eq!(twice(&[]).broken(), Vec::<String>::new());
    let mut film = twice(&[]);
    let at = film.at(ENGAGED, 0);
    film.beats.insert(at, film.beats[at].clone());
    assert_eq!(film.broken(), ["?event.ENGAGED.at-most pressed-twice"]);
    assert!(film.verdict("event.CONVERSATION_ENGAGED.at-most").actual.contains("the press of step 3 was made twice"));
    assert_eq!(once(film).broken(), ["event.ENGAGED.at-most duplicate"]);
}

#[test]
fn what_comes_of_the_first_press_as_the_second_begins_is_open() {
    let film = twice(&[ENGAGED]);
    let unexpected = "?event.ENGAGED.unexpected pressed-twice (1st occurrence)";
    assert_eq!(film.broken(), [unexpected, "?event.ENGAGED.at-most pressed-twice"]);
    let mut alone = film.clone();
    let at = alone.at(ENGAGED, 1);
    alone.beats.remove(at);
    assert_eq!(alone.broken(), ["?event.ENGAGED.fires pressed-twice (step 3)"]);
    assert_eq!(once(alone).broken(), ["event.ENGAGED.fires too-early (step 3)"]);
}

#[test]
fn what_came_before_and_what_came_once_is_judged_as_ever() {
    let mut film = twice(&[]);
    film.change(ENGAGED, |payload| payload["sid"] = Value::Null);
    film.change(TRIGGERED, |payload| payload["id"] = Value::Null);
    let lost: Vec<String> = film.broken();
    assert_eq!(once(film.clone()).broken(), lost);
    assert!(lost.iter().all(|line| !line.starts_with('?')), "{lost:?}");
    // Also where the second press is why something else is open.
    let at = film.at(ENGAGED, 0);
    film.beats.insert(at, film.beats[at].clone());
    assert!(film.broken().iter().any(|line| line == "event.TRIGGERED.payload.id null"), "{:?}", film.broken());

    film = twice(&[]);
    film.remove(ENGAGED);
    assert_eq!(film.broken(), once(film.clone()).broken());
    assert!(film.broken().iter().any(|line| line.starts_with("event.ENGAGED.fires missing")), "{:?}", film.broken());
}

#[test]
fn each_report_says_that_a_press_was_made_again() {
    let film = twice(&[]);
    let names: Vec<String> = film.site.journeys.keys().cloned().collect();
    let report =
        assemble::report(&film.spec, &film.site, vec![film.record()], &names, Happened::default(), &Terms::default());
    for format in [Format::Terminal, Format::Html, Format::Json] {
        let text = format.render(&report, Style::OFF);
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(
            words.join(" ").contains("the press was made again: the element was no longer under"),
            "{format:?}: {text}"
        );
    }
    let text = Format::Json.render(&report, Style::OFF);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json.pointer("/journeys/0/notes/0/kind"), Some(&"pressed-again".into()));
}
