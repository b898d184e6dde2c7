//! What is said of the page's own handlers.

use chatproof::recording::{Handled, Kind, Registration};
use chatproof::verdict::{Level, Outcome};

use super::support::*;

pub fn registered(x: &str, line: u32) -> Kind {
    Kind::Handler(Box::new(Registration {
        handler: Some(u64::from(line)),
        constant: Some(x.into()),
        value_type: "string".into(),
        value: x.into(),
        callback: "function".into(),
        name: String::new(),
        location: "window.AdobeDX".into(),
        script: "https://shop.example/tags.js".into(),
        line,
        column: 1,
        after_ready: true,
        accepted: true,
    }))
}

pub fn handled(x: &str, line: u32) -> Handled {
    Handled {
        handler: line.into(),
        constant: Some(x.into()),
        by: "registration".into(),
        event: None,
        took_ms: 1.0,
        returned: true,
        promise: false,
        message: String::new(),
        caught: false,
    }
}

fn say(film: &mut Film, at: usize, kind: Kind) {
    film.insert(at, Beat::Say(At::Page, kind));
}

/// Registered when ready, called when ENGAGED fires.
fn film() -> Film {
    let mut film = Film::talk();
    let at = film.begin(1);
    say(&mut film, at, registered(ENGAGED, 7));
    film
}

fn with_call(call: Handled) -> Film {
    let mut film = film();
    let at = film.at(ENGAGED, 0) + 1;
    say(&mut film, at, Kind::Handled(Box::new(call)));
    film
}

fn own(film: &Film) -> Vec<String> {
    film.broken().into_iter().filter(|line| line.contains("handler")).collect()
}

#[test]
fn a_handler_that_does_its_work_passes_and_one_that_isnt_there_is_not_demanded() {
    assert_eq!(Film::talk().judge().iter().filter(|v| v.requirement.starts_with("handler")).count(), 0);
    let film = with_call(handled(ENGAGED, 7));
    assert_eq!(film.broken(), [""; 0]);
    let ids: Vec<_> = film.judge().into_iter().map(|v| v.requirement).filter(|id| id.starts_with("handler")).collect();
    assert_eq!(
        ids,
        ["handlers.registered"]
            .map(str::to_owned)
            .into_iter()
            .chain(["in-time", "called", "returns", "once"].map(|what| format!("handler.{ENGAGED}.{what}")))
            .collect::<Vec<_>>()
    );
}

#[test]
fn one_that_comes_after_the_event_is_named_with_its_script() {
    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0) + 1;
    film.insert(at, Beat::Wait(3_000.0));
    say(&mut film, at + 1, registered(ENGAGED, 7));
    assert_eq!(own(&film), ["~handler.ENGAGED.in-time too-late"]);
    let verdict = film.verdict(&format!("handler.{ENGAGED}.in-time"));
    assert_eq!((verdict.level, verdict.outcome), (Level::Should, Outcome::Warn));
    assert!(
        verdict.actual.contains("`https://shop.example/tags.js:7` registered its handler 3 s later"),
        "{}",
        verdict.actual
    );
    assert_eq!(verdict.step.map(|step| step.index), Some(2));
    // An API that tells those who come late.
    let seq = film.record().observations.iter().find_map(|o| match &o.kind {
        Kind::Event { constant, .. } if constant == ENGAGED => o.seq,
        _ => None,
    });
    say(&mut film, at + 2, Kind::Handled(Box::new(Handled { event: seq, ..handled(ENGAGED, 7) })));
    assert_eq!(own(&film), [""; 0]);
}

#[test]
fn the_site_file_can_make_it_a_must() {
    let mut film = Film::talk();
    let levels = "levels: { 'handler.*.in-time': must }\njourneys:";
    film.site = parse_site(&SITE.replace("journeys:", levels), &film.spec);
    let at = film.at(ENGAGED, 0) + 1;
    say(&mut film, at, registered(ENGAGED, 7));
    assert_eq!(own(&film), ["handler.ENGAGED.in-time too-late"]);
}

#[test]
fn one_that_is_not_called_is_named_unless_it_was_taken_back() {
    assert_eq!(own(&film()), ["~handler.ENGAGED.called not-called"]);
    let mut removed = film();
    let at = removed.begin(2);
    say(&mut removed, at, Kind::HandlerRemoved { handler: 7, constant: Some(ENGAGED.into()), by: "off".into() });
    assert_eq!(own(&removed), [""; 0]);
    // Too much to tell: silence proves nothing.
    let mut flood = film();
    say(&mut flood, at, Kind::HandlersUnsaid { count: 3 });
    assert_eq!(own(&flood), [""; 0]);
    let mut lost = film();
    let at = lost.at(ENGAGED, 0) + 1;
    lost.insert(at, Beat::Lose(2));
    assert_eq!(own(&lost), ["?handler.ENGAGED.called lost"]);
}

#[test]
fn what_it_throws_is_told() {
    let threw = Handled { returned: false, message: "TypeError: ga is undefined".into(), ..handled(ENGAGED, 7) };
    let film = with_call(threw.clone());
    assert_eq!(own(&film), ["~handler.ENGAGED.returns threw"]);
    let actual = film.verdict(&format!("handler.{ENGAGED}.returns")).actual;
    assert!(actual.contains("tags.js:7` registered threw TypeError: ga is undefined (1 of 1 call)"), "{actual}");
    let unseen = with_call(Handled { message: String::new(), caught: true, ..threw });
    assert!(unseen.verdict(&format!("handler.{ENGAGED}.returns")).actual.contains("caught before it could be seen"));

    let mut rejected = with_call(Handled { promise: true, ..handled(ENGAGED, 7) });
    let at = rejected.at(ENGAGED, 0) + 2;
    let rejection =
        Kind::HandlerRejected { handler: 7, constant: Some(ENGAGED.into()), message: "Error: offline".into() };
    say(&mut rejected, at, rejection);
    assert_eq!(own(&rejected), ["~handler.ENGAGED.returns rejected"]);
}

#[test]
fn two_of_one_place_are_noted() {
    let mut film = with_call(handled(ENGAGED, 7));
    let at = film.begin(1);
    let Kind::Handler(mut again) = registered(ENGAGED, 7) else { unreachable!() };
    again.handler = Some(99);
    say(&mut film, at, Kind::Handler(again));
    let called = film.at(ENGAGED, 0) + 1;
    say(&mut film, called, Kind::Handled(Box::new(handled(ENGAGED, 99))));
    assert_eq!(own(&film), [".handler.ENGAGED.once twice"]);
}

#[test]
fn what_can_never_be_called_is_told() {
    for (change, finding) in [
        (
            Box::new(|r: &mut Registration| {
                r.constant = None;
                r.value_type = "undefined".into();
                r.value = String::new()
            }) as Box<dyn Fn(&mut Registration)>,
            "no-constant",
        ),
        (
            Box::new(|r: &mut Registration| {
                r.handler = None;
                r.callback = "undefined".into()
            }),
            "no-function",
        ),
        (Box::new(|r: &mut Registration| r.accepted = false), "refused"),
    ] {
        let mut film = Film::talk();
        let at = film.begin(1);
        let Kind::Handler(mut registration) = registered(ENGAGED, 7) else { unreachable!() };
        change(&mut registration);
        say(&mut film, at, Kind::Handler(registration));
        assert_eq!(own(&film), [format!("~handlers.registered {finding}")]);
    }
}

#[test]
fn a_script_that_does_not_parse_is_named_where_an_event_has_no_handler() {
    let error = Kind::PageError {
        message: "SyntaxError: missing ) after argument list".into(),
        source: "https://shop.example/tags.js".into(),
        line: 12,
    };
    let mut film = Film::talk();
    let at = film.begin(1);
    film.insert(at, Beat::Browser(error.clone()));
    assert_eq!(own(&film), ["~handlers.parsed syntax-error"]);
    let actual = film.verdict("handlers.parsed").actual;
    assert!(actual.contains("`https://shop.example/tags.js:12`: SyntaxError: missing )"), "{actual}");
    // Where everything that fires has a handler, the script was for something else.
    for (line, x) in [TRIGGERED, ENGAGED, EMAIL, COMPLETED].into_iter().enumerate() {
        let at = film.begin(0) + 2;
        say(&mut film, at, registered(x, line as u32 + 20));
        let at = film.at(x, 0) + 1;
        say(&mut film, at, Kind::Handled(Box::new(handled(x, line as u32 + 20))));
    }
    assert_eq!(own(&film), [""; 0]);
}

#[test]
fn what_can_not_be_seen_is_noted() {
    let mut film = Film::talk();
    let at = film.begin(1);
    let state = Kind::HandlersWatched { location: "bare globals".into(), state: "lexical".into(), after_ready: true };
    say(&mut film, at, state);
    assert_eq!(own(&film), [".handlers.seen unseen"]);
}
