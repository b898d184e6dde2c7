//! One root cause, one headline: what explains what, and what is nobody's fault but the first mistake's.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use chatproof::recording::Kind;

use super::support::*;

const REQUESTED: &str = "CONVERSATION_LIVE_CHAT_REQUESTED";
const TIMEOUT: &str = "CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT";

/// A request that nobody accepts; the last step is an act, and waits for what comes by itself in `wait_for`.
fn nobody_accepts(last: &str) -> Film {
    let site = format!(
        "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  nobody:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .agent
        fires: [CONVERSATION_ENGAGED, CONVERSATION_LIVE_CHAT_REQUESTED]
      - {last}: .sorry
        fires: CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT
"
    );
    let mut film = Film::new(adobe(), &site, "nobody");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).step().fire(ENGAGED).fire(REQUESTED);
    film
}

#[test]
fn what_came_by_itself_while_a_step_waited_in_vain_is_not_too_early() {
    let mut film = nobody_accepts("wait_for");
    film.remove(REQUESTED).wait(1000.0).fire(TIMEOUT).wait(4000.0).step();
    assert_eq!(
        film.broken(),
        [
            "event.LIVE_CHAT_REQUESTED.fires missing (step 2)",
            "?event.LIVE_CHAT_REQUEST_TIMEOUT.fires overtaken (step 3) <- event.LIVE_CHAT_REQUESTED.fires",
            "order.timeout-after-requested not-preceded <- event.LIVE_CHAT_REQUESTED.fires",
        ]
    );
    let verdict = film.verdict("event.CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT.fires");
    assert!(verdict.actual.contains("waited for in vain"), "{}", verdict.actual);

    // Nothing was waited for in vain: then it came before its time.
    let mut film = nobody_accepts("wait_for");
    film.fire(TIMEOUT).step();
    assert_eq!(film.broken(), ["event.LIVE_CHAT_REQUEST_TIMEOUT.fires too-early (step 3)"]);
    // What the visitor is to cause can't come before they act.
    let mut film = nobody_accepts("click");
    film.remove(REQUESTED).fire(TIMEOUT).wait(4000.0).step();
    assert!(film.broken().contains(&"event.LIVE_CHAT_REQUEST_TIMEOUT.fires too-early (step 3)".to_owned()));
}

/// Two conversations: one on a first page, and another one on the next. `of` makes the payload of the second one's events.
fn two(of: impl Fn(&str, &mut Value)) -> Film {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  two:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .pick
        fires: CONVERSATION_ENGAGED
      - open: /product
        fires: CONVERSATION_TRIGGERED
      - click: .flow
        fires: CONVERSATION_ENGAGED
      - click: .end
        fires: CONVERSATION_COMPLETED
";
    let mut film = Film::new(adobe(), site, "two");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).step().fire(ENGAGED);
    film.step().load("https://shop.example/product").widget();
    for (nth, x) in [TRIGGERED, ENGAGED, COMPLETED].into_iter().enumerate() {
        if nth > 0 {
            film.step();
        }
        let mut second = payload(&film.spec, x);
        second["id"] = json!("the second");
        second["name"] = json!("Fleet check");
        second["type"] = json!("conversation flow");
        second["uiType"] = json!("popup");
        of(x, &mut second);
        film.say(event(x, second));
    }
    film
}

#[test]
fn an_event_with_another_conversations_id_is_no_duplicate_and_no_change_of_name() {
    assert_eq!(two(|_, _| ()).broken(), [""; 0]);

    let borrowed = two(|x, payload| {
        if x == ENGAGED {
            payload["id"] = json!("the id");
        }
    });
    assert_eq!(borrowed.broken(), ["consistency.id changed (conversation 2)"]);
    let verdicts = borrowed.judge();
    let verdict = verdicts.iter().find(|v| v.requirement == "consistency.id" && v.finding == "changed").unwrap();
    let hint = verdict.hint.as_deref().unwrap();
    assert!(hint.contains("carries the value of conversation 1"), "{hint}");
}

#[test]
fn a_second_conversation_under_the_first_ones_id_is_told_as_that() {
    let film = two(|_, payload| payload["id"] = json!("the id"));
    assert_eq!(film.broken(), ["consistency.id not-its-own (conversation 2)"]);
}

#[test]
fn a_flow_may_have_one_id_in_two_places() {
    let film = two(|_, payload| {
        payload["id"] = json!("the id");
        payload["name"] = json!("the name");
        payload["type"] = json!("dialogue");
        payload["sid"] = json!("another session");
    });
    // Engaged once more: that is all there is to say, but for what merely should stay the same.
    let broken = film.broken();
    assert!(!broken.iter().any(|l| l.contains("consistency.id")), "{broken:#?}");
}

#[test]
fn an_event_that_is_fired_again_by_the_next_page_is_unexpected_there_however_soon_it_comes() {
    let mut film = two(|_, _| ());
    let email = payload(&film.spec, EMAIL);
    let at = film.at(TRIGGERED, 1);
    film.insert(at, Beat::Say(At::Page, event(EMAIL, email.clone())));
    let site = film.site.source.text.replacen(
        "fires: CONVERSATION_ENGAGED",
        "fires: [CONVERSATION_ENGAGED, CONVERSATION_INPUT_EMAIL]",
        1,
    );
    film.site = parse_site(&site, &film.spec);
    let at = film.at(ENGAGED, 0) + 1;
    film.insert(at, Beat::Say(At::Page, event(EMAIL, email)));
    assert_eq!(film.broken(), ["event.INPUT_EMAIL.unexpected unexpected (2nd occurrence)"]);
    let hint = film.verdict("event.CONVERSATION_INPUT_EMAIL.unexpected").hint.unwrap();
    assert!(hint.contains("fired again when a page is loaded"), "{hint}");
}

fn hint(film: &Film, requirement: &str) -> String {
    film.verdict(requirement).hint.unwrap_or_default()
}

#[test]
fn a_missing_event_with_no_other_cause_is_said_not_to_be_fired() {
    let mut film = Film::talk();
    film.remove(EMAIL);
    let said = hint(&film, "event.CONVERSATION_INPUT_EMAIL.fires");
    assert!(said.contains("subscribed to it without an error") && said.contains(COMPLETED), "{said}");

    // Fired for one cause and not for another: which one.
    let site = SITE.replacen("click: .launcher", "click: .launcher\n        fires: CONVERSATION_INPUT_EMAIL", 1);
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    film.insert(film.begin(2), Beat::Wait(2500.0));
    let verdicts = film.judge();
    let missing = verdicts.iter().find(|v| v.finding == "missing").unwrap();
    assert!(missing.hint.as_deref().unwrap().contains("heard for step 4"), "{missing:#?}");

    // Nothing at all was heard: then that isn't said.
    let mut film = Film::talk();
    for x in [TRIGGERED, ENGAGED, EMAIL, COMPLETED] {
        film.remove(x);
    }
    let said = hint(&film, "event.CONVERSATION_INPUT_EMAIL.fires");
    assert!(!said.contains("heard other events"), "{said}");
}

#[test]
fn an_event_that_is_fired_whenever_a_page_is_left_says_so() {
    let mut film = Film::talk();
    let closed = payload(&film.spec, CLOSED);
    film.say(event(CLOSED, closed)).load("https://shop.example/next");
    let said = hint(&film, "event.CONVERSATION_CLOSED.unexpected");
    assert!(said.contains("whenever a page is left"), "{said}");
}

#[test]
fn a_late_event_names_the_step_that_it_seems_to_fire_for() {
    for (wait, says) in [(0.0, "fire for that instead"), (1500.0, "a longer `within`")] {
        let mut film = Film::talk();
        let at = film.at(ENGAGED, 0);
        let engaged = film.beats.remove(at);
        let next = film.begin(3);
        film.insert(next, Beat::Wait(2500.0));
        let at = film.begin(3) + 1;
        film.insert(at, engaged);
        film.insert(at, Beat::Wait(wait));
        let said = hint(&film, "event.CONVERSATION_ENGAGED.fires");
        assert!(said.contains("step 4") && said.contains(says), "{said}");
    }
}

#[test]
fn a_repeat_in_another_step_names_that_step() {
    let mut film = Film::talk();
    let engaged = payload(&film.spec, ENGAGED);
    film.insert(film.begin(4), Beat::Say(At::Page, event(ENGAGED, engaged)));
    // A mere repeat may be heard when the next step has begun.
    assert_eq!(hint(&film, "event.CONVERSATION_ENGAGED.at-most"), "");
    film.insert(film.begin(3), Beat::Wait(1000.0));
    let said = hint(&film, "event.CONVERSATION_ENGAGED.at-most");
    assert!(said.contains("2nd was heard") && said.contains("step 4"), "{said}");
}

#[test]
fn a_value_left_over_from_an_earlier_event_names_that_event() {
    let site =
        SITE.replace("fires: CONVERSATION_COMPLETED", "fires: { CONVERSATION_COMPLETED: { name: { const: Grace } } }");
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    film.change(ENGAGED, |p| p["name"] = json!("Ada"));
    film.change(EMAIL, |p| p["name"] = json!("Grace"));
    film.change(COMPLETED, |p| p["name"] = json!("Ada"));
    let said = hint(&film, "site.CONVERSATION_COMPLETED.payload.name");
    assert!(said.contains(ENGAGED) && said.contains(EMAIL), "{said}");
}

#[test]
fn a_duplicate_in_the_wrong_place_is_told_as_a_duplicate() {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  closing:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .pick
        fires: CONVERSATION_ENGAGED
      - click: .close
        fires: CONVERSATION_CLOSED
";
    let mut film = Film::new(adobe(), site, "closing");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).step().fire(ENGAGED);
    film.step().fire(CLOSED).wait(400.0).fire(ENGAGED);
    assert_eq!(
        film.broken(),
        ["event.ENGAGED.at-most duplicate", "~order.no-response-after-closed after-the-end <- event.ENGAGED.at-most"]
    );
    // The evidence is the two events whose order is wrong: the last that were heard.
    let heard: Vec<u64> = film
        .record()
        .observations
        .iter()
        .filter(|o| matches!(o.kind, Kind::Event { .. }))
        .map(|o| o.arrival)
        .skip(2)
        .collect();
    let verdict = film.verdict("order.no-response-after-closed");
    assert_eq!(verdict.evidence.iter().copied().collect::<BTreeSet<_>>(), heard.into_iter().collect());
}
