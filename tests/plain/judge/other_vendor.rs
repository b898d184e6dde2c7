//! Another vendor's contract in the same format: ready on `document`, events by literal name, the payload in the
//! callback's argument itself, conversations without an identity. Nothing of the first vendor may show through.

use chatproof::recording::{ApiLocation, ApiSnapshot, Kind, Subscription};
use serde_json::{Value, json};

use super::support::*;

const SPEC: &str = "
format: chatproof-spec/1
id: bubble
title: Bubble
page: { title: Events, url: https://bubble.example/docs }
probe:
  ready: { event: bubble-ready, target: document }
  api:
    locations: [{ name: window.Bubble, path: Bubble }]
    subscribe: on
payloads:
  chat: { chatId: { title: chat, schema: { type: integer } } }
events:
  start: { section: S, cause: the chat starts, payload: chat }
  won: { section: S, cause: the visitor says yes, payload: chat, at_most: { count: 2, per: conversation } }
  lost: { section: S, cause: the visitor says no, payload: chat }
conversation:
  begins: [start]
rules:
  one-outcome: { title: a chat is won or lost, section: S, exclusive: [won, lost] }
  won-needs-start: { title: won after start, section: S, after: { events: won, earlier: start } }
";

const SITE: &str = "
spec: ./bubble.yaml
base_url: https://shop.example
journeys:
  win:
    steps:
      - open: /
        fires: start
      - click: .yes
        fires: won
";

fn film() -> Film {
    let mut film = Film::new(parse_spec(SPEC), SITE, "win");
    let api = ApiSnapshot {
        when: "ready".into(),
        used: Some("window.Bubble".into()),
        places: vec![],
        replaced: vec![],
        subscriptions: film
            .spec
            .events
            .keys()
            .map(|x| Subscription { constant: x.clone(), result: "ok".into(), message: String::new() })
            .collect(),
        locations: vec![ApiLocation {
            name: "window.Bubble".into(),
            object: "object".into(),
            subscribe: "function".into(),
            constants_object: "undefined".into(),
            constants: vec![],
        }],
    };
    film.step().load("https://shop.example/");
    film.say(Kind::Ready { target: "document".into(), nth: 1 }).say(Kind::Api(Box::new(api)));
    film.say(chat("start")).step().say(chat("won"));
    film
}

fn chat(x: &str) -> Kind {
    heard(x, json!({ "chatId": 7 }))
}

#[test]
fn a_conforming_journey_has_nothing_to_tell_and_no_constants() {
    let film = film();
    assert_eq!(film.broken(), [""; 0]);
    let verdicts = film.judge();
    assert!(!verdicts.iter().any(|v| v.requirement.starts_with("constant") || v.requirement == "api.constants"));
    assert!(verdicts.iter().any(|v| v.requirement == "event.won.payload.chatId"));
}

#[test]
fn at_most_two_means_two() {
    let mut film = film();
    film.site = parse_site(&SITE.replace("fires: won", "fires: [won, won]"), &film.spec);
    film.say(chat("won"));
    assert_eq!(film.broken(), [""; 0]);
    film.say(chat("won"));
    assert_eq!(film.broken(), ["event.won.at-most duplicate"]);
}

#[test]
fn an_argument_that_is_no_object_is_no_payload() {
    for data in [json!("x"), json!(null), Value::Array(vec![])] {
        let mut film = film();
        film.change_data("won", |d| *d = data);
        let headlines: Vec<String> = film.broken().into_iter().filter(|l| !l.contains("<-")).collect();
        assert_eq!(headlines.len(), 1);
        assert!(headlines[0].starts_with("event.won.payload "), "{headlines:?}");
    }
}

#[test]
fn exclusive_events_exclude_each_other_in_one_conversation_only() {
    let mut one = film();
    one.site = parse_site(&SITE.replace("fires: won", "fires: [won, lost]"), &one.spec);
    one.say(chat("lost"));
    assert_eq!(one.broken(), ["exclusive.one-outcome both"]);
    // Without an identity each beginning begins another.
    let mut two = film();
    two.site = parse_site(&SITE.replace("fires: won", "fires: [won, start, lost]"), &two.spec);
    two.say(chat("start")).say(chat("lost"));
    assert_eq!(two.broken(), [""; 0]);
}
