//! Several callbacks: at several locations, beside each other, and what they keep.

use chatproof::recording::*;
use chatproof::verdict::{Level, Outcome};
use serde_json::{Value, json};

use super::support::*;

fn place(location: &str, subscription: u64) -> Place {
    Place {
        location: location.into(),
        subscription,
        callbacks: 2,
        same_as: None,
        subscriptions: vec![],
        refused: vec![],
    }
}

/// The conforming film, as a listener with two callbacks at each location records it.
fn film(places: &[Place]) -> Film {
    let mut film = Film::talk();
    film.change_api(|api| api.places = places.to_vec());
    film
}

fn two() -> Film {
    film(&[place("window.AdobeDX", 1), place("bare globals", 2)])
}

fn alone() -> Film {
    film(&[place("window.AdobeDX", 1)])
}

/// The number of the n-th observation of an event within its document.
fn seq(film: &Film, x: &str, n: usize) -> u64 {
    let recording = film.record();
    let mut events =
        recording.observations.iter().filter(|o| matches!(&o.kind, Kind::Event { constant, .. } if constant == x));
    events.nth(n).and_then(|o| o.seq).unwrap()
}

/// Says at the end of the film which callbacks did not hear an event.
fn unheard(film: &mut Film, x: &str, silent: &[(u64, Ear)]) {
    let silent = silent.iter().map(|(subscription, which)| Silent { subscription: *subscription, which: *which });
    let kind = Unheard { constant: x.into(), event: seq(film, x, 0), silent: silent.collect(), after_all: vec![] };
    film.say(Kind::Unheard(Box::new(kind)));
}

fn changed(film: &mut Film, x: &str, payload: Value) {
    film.say(Kind::PayloadChanged {
        constant: x.into(),
        event: seq(film, x, 0),
        data: json!({ "data": { "payload": payload } }),
        notes: vec![],
    });
}

#[test]
fn recordings_of_older_listeners_have_no_verdict_on_what_they_did_not_look_at() {
    let verdicts = Film::talk().judge();
    assert!(!verdicts.iter().any(|v| v.requirement.starts_with("listeners.") || v.requirement == "payload.kept"));
    // One location only: there is nothing to compare.
    let one = alone();
    assert_eq!(one.broken(), [""; 0]);
    assert!(!one.judge().iter().any(|v| v.requirement == "listeners.everywhere"));
    assert_eq!(one.verdict("listeners.independent").finding, "ok");
    assert_eq!(one.verdict("payload.kept").finding, "ok");
}

#[test]
fn a_location_that_hears_nothing_is_named() {
    let mut film = two();
    assert_eq!(film.broken(), [""; 0]);
    assert!(film.verdict("listeners.everywhere").actual.contains("2 locations"));
    unheard(&mut film, ENGAGED, &[(2, Ear::Place)]);
    let verdict = film.verdict("listeners.everywhere");
    assert_eq!((verdict.outcome, verdict.level, verdict.finding.as_str()), (Outcome::Fail, Level::Must, "deaf"));
    assert!(verdict.actual.contains("`bare globals`") && verdict.actual.contains("`window.AdobeDX`"));
    assert_eq!(verdict.step.unwrap().index, 2);
    assert_eq!(film.broken(), ["listeners.everywhere deaf"]);
}

#[test]
fn a_location_with_the_same_function_is_the_same_api() {
    let alias = Place { same_as: Some("window.AdobeDX".into()), callbacks: 0, ..place("bare globals", 1) };
    let film = film(&[place("window.AdobeDX", 1), alias]);
    assert_eq!(film.broken(), [""; 0]);
    assert!(film.verdict("listeners.everywhere").actual.contains("very same function"));
}

#[test]
fn a_location_that_refuses_or_lacks_something_is_named() {
    let result = |result: &str| Subscription { constant: ENGAGED.into(), result: result.into(), message: "no".into() };
    for (what, finding) in [("threw", "refused"), ("no-constant", "no-constant")] {
        let taken = Subscription { constant: COMPLETED.into(), ..result("ok") };
        let second = Place { subscriptions: vec![taken, result(what)], ..place("bare globals", 2) };
        let broken = film(&[place("window.AdobeDX", 1), second]).broken();
        assert_eq!(broken, [format!("listeners.everywhere {finding}")]);
        // Another vendor's function of the same name takes none.
        let second = Place { subscriptions: vec![result(what)], ..place("bare globals", 2) };
        assert_eq!(film(&[place("window.AdobeDX", 1), second]).broken(), [""; 0]);
    }
    let second = Place { refused: vec![result("threw")], ..place("window.AdobeDX", 1) };
    assert_eq!(film(&[second]).broken(), ["~listeners.independent refused"]);
}

#[test]
fn which_of_several_callbacks_is_told_says_what_the_widget_keeps() {
    let first = (1, Ear::First);
    let second = (1, Ear::Second);
    let again = (1, Ear::Again);
    type Heard<'a> = &'a [(&'a str, (u64, Ear))];
    let cases: [(Heard<'_>, &str); 4] = [
        (&[(TRIGGERED, second), (ENGAGED, second)], "only-first"),
        (&[(TRIGGERED, first), (ENGAGED, first)], "only-last"),
        (&[(TRIGGERED, second), (ENGAGED, first)], "one-of-two"),
        (&[(ENGAGED, again)], "only-first"),
    ];
    for (silent, finding) in cases {
        let mut film = alone();
        for (x, ear) in silent {
            unheard(&mut film, x, &[*ear]);
        }
        assert_eq!(film.broken(), [format!("~listeners.independent {finding}")]);
    }
    // The youngest of ours did not hear what the page's own handler, which came after it, heard.
    let mut film = alone();
    heard_by_page(&mut film, ENGAGED);
    unheard(&mut film, ENGAGED, &[again]);
    assert_eq!(film.broken(), ["~listeners.independent only-last"]);
    // One that throws, where the journey asks for it.
    let mut film = self::film(&[Place { callbacks: 3, ..place("window.AdobeDX", 1) }]);
    unheard(&mut film, ENGAGED, &[second]);
    assert_eq!(film.broken(), ["~listeners.independent silenced"]);
    // What was heard after all is no breach.
    let mut film = alone();
    unheard(&mut film, ENGAGED, &[second]);
    let event = seq(&film, ENGAGED, 0);
    let after_all = vec![Silent { subscription: 1, which: Ear::Second }];
    film.say(Kind::Unheard(Box::new(Unheard { constant: ENGAGED.into(), event, silent: vec![], after_all })));
    assert_eq!(film.broken(), [""; 0]);
}

fn heard_by_page(film: &mut Film, x: &str) {
    for beat in &mut film.beats {
        if let Beat::Say(_, Kind::Event { constant, handler, .. }) = beat
            && constant == x
        {
            *handler = Some(1);
        }
    }
}

#[test]
fn what_callbacks_are_given_for_one_firing_is_compared_in_what_is_documented() {
    let otherwise = |film: &mut Film, subscription, change: &dyn Fn(&mut Value)| {
        let mut payload = payload(&adobe(), ENGAGED);
        change(&mut payload);
        film.say(Kind::HeardOtherwise {
            constant: ENGAGED.into(),
            event: seq(film, ENGAGED, 0),
            subscription,
            data: json!({ "data": { "payload": payload } }),
            notes: vec![],
        });
    };
    let mut film = two();
    otherwise(&mut film, 2, &|payload| payload["at"] = json!(12));
    assert_eq!(film.broken(), [""; 0], "a time that isn't documented may be each callback's own");
    otherwise(&mut film, 2, &|payload| payload["sid"] = json!("another"));
    assert_eq!(film.broken(), ["listeners.everywhere other-payload"]);
    let mut film = two();
    otherwise(&mut film, 1, &|payload| payload["sid"] = json!("another"));
    assert_eq!(film.broken(), ["~listeners.independent other-payload"]);
}

#[test]
fn a_payload_that_does_not_stay_is_a_warning() {
    let mut film = alone();
    changed(&mut film, ENGAGED, json!({}));
    let verdict = film.verdict("payload.kept");
    assert_eq!((verdict.outcome, verdict.level, verdict.finding.as_str()), (Outcome::Warn, Level::Should, "emptied"));
    assert_eq!(film.broken(), ["~payload.kept emptied"]);

    let other = |name: &str| {
        let mut payload = payload(&adobe(), ENGAGED);
        payload["name"] = json!(name);
        payload
    };
    let mut film = alone();
    changed(&mut film, ENGAGED, other("another"));
    assert_eq!(film.broken(), ["~payload.kept changed"]);

    let mut film = alone();
    film.change(COMPLETED, |payload| payload["further"] = json!(1));
    let mut later = payload(&adobe(), COMPLETED);
    later["further"] = json!(1);
    changed(&mut film, ENGAGED, later);
    assert_eq!(film.broken(), ["~payload.kept reused"]);

    // What is around the payload is nobody's, and what was never there can't be lost.
    let mut film = alone();
    changed(&mut film, ENGAGED, payload(&adobe(), ENGAGED));
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn what_only_the_page_heard_was_fired_and_nothing_is_missing_after_callbacks_were_taken_off() {
    let mut film = alone();
    heard_by_page(&mut film, ENGAGED);
    assert_eq!(film.broken(), [""; 0]);
    assert_eq!(film.verdict("event.CONVERSATION_ENGAGED.fires").outcome, Outcome::Pass);
    // No other event was heard from then on: nobody could hear it.
    film.remove(COMPLETED).remove(EMAIL);
    let verdict = film.verdict("event.CONVERSATION_COMPLETED.fires");
    assert_eq!((verdict.outcome, verdict.finding.as_str()), (Outcome::Inconclusive, "callbacks-gone"));
    // A widget that tells some callbacks only is another matter.
    unheard(&mut film, TRIGGERED, &[(1, Ear::First)]);
    assert_eq!(film.verdict("event.CONVERSATION_COMPLETED.fires").finding, "missing");
}

#[test]
fn an_api_that_was_replaced_without_a_ready_event_is_hinted_at() {
    let mut film = alone();
    film.remove(COMPLETED);
    let mut later = api(&film.spec, "later");
    later.used = None;
    later.replaced = vec!["window.AdobeDX".into()];
    let at = film.begin(4);
    film.insert(at, Beat::Say(At::Page, Kind::Api(Box::new(later))));
    let verdict = film.verdict("event.CONVERSATION_COMPLETED.fires");
    assert_eq!(verdict.finding, "missing");
    assert!(verdict.hint.clone().unwrap().contains("another API stands at `window.AdobeDX`"), "{:?}", verdict.hint);
}

#[test]
fn an_event_of_another_api_is_another_firing_though_it_says_the_same() {
    let mut film = alone();
    let mut second = api(&film.spec, "ready");
    second.places = vec![place("window.AdobeDX", 2)];
    film.say(Kind::Ready { target: "window".into(), nth: 2 });
    film.say(Kind::Api(Box::new(second)));
    let data = json!({ "data": { "payload": payload(&film.spec, COMPLETED) } });
    film.say(Kind::Event {
        constant: COMPLETED.into(),
        subscription: 2,
        data,
        arguments: 1,
        notes: vec![],
        handler: None,
    });
    assert!(film.broken().iter().any(|l| l.starts_with("event.COMPLETED.")), "{:#?}", film.broken());
}

#[test]
fn twenty_thousand_events_of_two_subscriptions_are_joined_in_no_time() {
    let mut film = Film::talk();
    film.say(ready()).say(Kind::Api(Box::new(api(&adobe(), "ready"))));
    let say = |film: &mut Film, subscription| {
        let data = json!({ "data": { "payload": payload(&adobe(), COMPLETED) } });
        let constant = COMPLETED.into();
        film.say(Kind::Event { constant, subscription, data, arguments: 1, notes: vec![], handler: None });
    };
    for _ in 0..10_000 {
        say(&mut film, 1);
    }
    for _ in 0..10_000 {
        say(&mut film, 2);
    }
    let recording = film.record();
    let heard = chatproof::report::summary::events(&recording);
    assert_eq!(heard.iter().filter(|h| h.constant == COMPLETED).count(), 10_001);
    let most = film.verdict("event.CONVERSATION_COMPLETED.at-most");
    assert!(most.actual.replace(',', "").contains("10001"), "{}", most.actual);
}
