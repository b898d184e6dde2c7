//! What holds between two events: their order within one step, what one carries on from the other, and repeats.

use chatproof::site::{self, Known};
use chatproof::source::SourceFile;
use serde_json::json;

use super::support::*;

const REQUESTED: &str = "CONVERSATION_LIVE_CHAT_REQUESTED";
const INITIATED: &str = "CONVERSATION_LIVE_CHAT_INITIATED";
const ENDED: &str = "CONVERSATION_LIVE_CHAT_ENDED";

const CHAT: &str = r"
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  chat:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .sales
        fires: [CONVERSATION_ENGAGED, CONVERSATION_LIVE_CHAT_REQUESTED]
      - click: .accept
        fires: CONVERSATION_LIVE_CHAT_INITIATED
      - click: .end
        fires: [CONVERSATION_LIVE_CHAT_ENDED, CONVERSATION_COMPLETED]
";

/// A live chat from its request to its end, by such a site file.
fn chat(site: &str) -> Film {
    let mut film = Film::new(adobe(), site, "chat");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED);
    film.step().fire(ENGAGED).fire(REQUESTED).step().fire(INITIATED).step().fire(ENDED).fire(COMPLETED);
    film
}

fn swapped(site: &str, one: &str, other: &str) -> Film {
    let mut film = chat(site);
    let (a, b) = (film.at(one, 0), film.at(other, 0));
    film.beats.swap(a, b);
    film
}

#[test]
fn what_one_step_causes_has_its_order() {
    assert_eq!(chat(CHAT).broken(), [""; 0]);
    assert_eq!(swapped(CHAT, ENDED, COMPLETED).broken(), ["~order.live-chat-not-after-completed after-the-end"]);
    assert_eq!(swapped(CHAT, ENGAGED, REQUESTED).broken(), ["~order.engaged-not-after-request after-the-end"]);
    let booked = |events: [&str; 2]| {
        let site = CHAT.replace("[CONVERSATION_ENGAGED, CONVERSATION_LIVE_CHAT_REQUESTED]", "CONVERSATION_ENGAGED");
        let site =
            site.replace("CONVERSATION_LIVE_CHAT_INITIATED", "[CONVERSATION_MEETING_BOOKED, CONVERSATION_COMPLETED]");
        let site: String = site.split("      - click: .end").next().unwrap().to_owned();
        let mut film = Film::new(adobe(), &site, "chat");
        film.step().load("https://shop.example/").widget().fire(TRIGGERED).step().fire(ENGAGED).step();
        film.fire(events[0]).fire(events[1]);
        film.broken()
    };
    assert_eq!(booked([BOOKED, COMPLETED]), [""; 0]);
    assert_eq!(booked([COMPLETED, BOOKED]), ["order.booked-not-after-completed after-the-end"]);
}

/// Another conversation's events have an order of their own.
#[test]
fn a_second_conversation_after_the_end_of_the_first_is_no_breach() {
    let site = format!(
        "{CHAT}      - open: /\n        fires: CONVERSATION_TRIGGERED\n      - click: .book\n        fires: [CONVERSATION_ENGAGED, CONVERSATION_MEETING_BOOKED]\n"
    );
    let mut film = chat(&site);
    film.step().load("https://shop.example/").widget();
    for x in [TRIGGERED, ENGAGED, BOOKED] {
        let mut second = payload(&film.spec, x);
        second["id"] = json!("another");
        if x == ENGAGED {
            film.step();
        }
        film.say(event(x, second));
    }
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn a_chat_ends_with_the_agent_with_whom_it_began() {
    for (field, heard) in [("agentID", json!("grace")), ("agentName", json!("Grace")), ("agentID", json!(7))] {
        let mut film = chat(CHAT);
        film.change(ENDED, |payload| payload[field] = heard.clone());
        assert_eq!(film.broken(), ["same.ended-by-the-same-agent changed"], "{field}");
    }
    // Whoever was asked first is another matter, and so is a field that isn't there.
    let mut film = chat(CHAT);
    film.change(REQUESTED, |payload| payload["agentID"] = json!("on duty"));
    assert_eq!(film.broken(), [""; 0]);
    film.change(ENDED, |payload| payload["agentID"] = json!(null));
    assert_eq!(film.broken(), ["event.LIVE_CHAT_ENDED.payload.agentID null"]);
}

#[test]
fn a_site_file_can_demand_an_order() {
    let site = CHAT.replace(
        "[CONVERSATION_LIVE_CHAT_ENDED, CONVERSATION_COMPLETED]",
        "{ in_order: [{ CONVERSATION_LIVE_CHAT_ENDED: { agentName: the agentName } }, CONVERSATION_COMPLETED] }",
    );
    assert_eq!(chat(&site).broken(), [""; 0]);
    assert_eq!(
        swapped(&site, ENDED, COMPLETED).broken(),
        [
            "site.CONVERSATION_COMPLETED.in-order out-of-order (step 4)".replace("CONVERSATION_", ""),
            "~order.live-chat-not-after-completed after-the-end".into()
        ]
    );
    // One that is missing isn't out of order.
    let mut film = chat(&site);
    film.remove(ENDED);
    assert!(!film.broken().iter().any(|line| line.contains("in-order")), "{:#?}", film.broken());
    // As a map, and among others.
    let site = CHAT.replace(
        "[CONVERSATION_ENGAGED, CONVERSATION_LIVE_CHAT_REQUESTED]",
        "[{ in_order: { CONVERSATION_LIVE_CHAT_REQUESTED: , CONVERSATION_ENGAGED: { id: the id } } }]",
    );
    assert_eq!(chat(&site).broken(), ["site.ENGAGED.in-order out-of-order (step 2)"]);
}

#[test]
fn a_site_file_can_demand_what_another_event_carried() {
    let site = CHAT.replace(
        "[CONVERSATION_LIVE_CHAT_ENDED, CONVERSATION_COMPLETED]",
        "{ CONVERSATION_LIVE_CHAT_ENDED: { agentID: { same_as: CONVERSATION_LIVE_CHAT_REQUESTED } }, CONVERSATION_COMPLETED: }",
    );
    assert_eq!(chat(&site).broken(), [""; 0]);
    let mut film = chat(&site);
    film.change(REQUESTED, |payload| payload["agentID"] = json!("on duty"));
    assert_eq!(film.broken(), ["site.LIVE_CHAT_ENDED.payload.agentID wrong-value"]);
    let verdict = film.verdict("site.CONVERSATION_LIVE_CHAT_ENDED.payload.agentID");
    assert_eq!(verdict.actual, "\"the agentID\"; CONVERSATION_LIVE_CHAT_REQUESTED carried \"on duty\"");
    // What can't be compared is open.
    let mut film = chat(&site);
    film.change(REQUESTED, |payload| payload["agentID"] = json!(null));
    assert!(film.broken().iter().any(|l| l.starts_with("?site.LIVE_CHAT_ENDED.payload.agentID no-value")));
    let mut film = chat(&site);
    film.remove(REQUESTED);
    assert!(
        film.broken()
            .contains(&"?site.LIVE_CHAT_ENDED.payload.agentID no-value <- event.LIVE_CHAT_REQUESTED.fires".into()),
        "{:#?}",
        film.broken()
    );
}

#[test]
fn mistakes_in_orders_are_told_with_their_place() {
    let spec = adobe();
    let known = Known {
        constants: spec.events.keys().cloned().collect(),
        payload_fields: spec
            .events
            .keys()
            .map(|x| (x.clone(), spec.payload_fields(x).into_iter().map(str::to_owned).collect()))
            .collect(),
        requirements: vec![],
    };
    let told = |fires: &str| {
        let text =
            format!("spec: s\nbase_url: https://a.example\njourneys: {{ j: {{ steps: [{{ open: /, {fires} }}] }} }}\n");
        site::parse(SourceFile::new("s.yaml", text), &known).err().map(|found| found.to_string()).unwrap_or_default()
    };
    for (fires, says) in [
        ("fires: { in_order: CONVERSATION_CLOSED }", "one event is in order by itself"),
        ("fires: { in_order: [CONVERSATION_CLOSED, CONVERSATION_CLSED] }", "did you mean `CONVERSATION_CLOSED`?"),
        ("may_fire: { in_order: [CONVERSATION_CLOSED, CONVERSATION_ENGAGED] }", "`may_fire` has no order"),
        ("fires: { in_order: { in_order: [CONVERSATION_CLOSED, CONVERSATION_ENGAGED] } }", "`in_order` in itself"),
        ("fires: { in_ordr: [CONVERSATION_CLOSED] }", "unknown event `in_ordr`"),
        (
            "fires: { CONVERSATION_CLOSED: { id: { same_as: CONVERSATION_CLSED } } }",
            "did you mean `CONVERSATION_CLOSED`?",
        ),
        (
            "fires: { CONVERSATION_CLOSED: { id: { same_as: CONVERSATION_ENGAGED, type: string } } }",
            "`same_as` stands alone",
        ),
        ("fires: { CONVERSATION_CLOSED: { id: { same_as: 7 } } }", "`same_as`"),
    ] {
        assert!(told(fires).contains(says), "{fires}: {}", told(fires));
    }
    assert_eq!(told("fires: { in_order: [CONVERSATION_ENGAGED, CONVERSATION_CLOSED] }"), "");
}

/// A repeat is told under one id, however long the widget or the machine takes for it.
#[test]
fn what_comes_again_is_told_alike_on_fast_and_slow_machines() {
    let ids = |after: f64, steps: usize, x: &str| {
        let mut film = Film::talk();
        let mut at = film.at(x, 0) + 1;
        // On a fast machine later steps have begun by then; on a slow one none has.
        for _ in 0..steps {
            at = film
                .beats
                .iter()
                .enumerate()
                .skip(at)
                .find(|(_, b)| matches!(b, Beat::Step(..)))
                .map_or(film.beats.len(), |(n, _)| n + 1);
        }
        let again = Beat::Say(At::Page, event(x, payload(&film.spec, x)));
        film.insert(at, Beat::Wait(after));
        film.insert(at + 1, again);
        let mut broken: Vec<String> =
            film.broken().into_iter().filter(|l| l.contains(x.trim_start_matches("CONVERSATION_"))).collect();
        broken.retain(|line| !line.starts_with('~') && !line.contains("order."));
        broken
    };
    for x in [EMAIL, ENGAGED] {
        let want = [format!("event.{}.at-most duplicate", x.trim_start_matches("CONVERSATION_"))];
        for after in [1.0, 400.0, 1_900.0, 2_500.0, 30_000.0] {
            for steps in 0..2 {
                assert_eq!(ids(after, steps, x), want, "{after} ms, {steps} steps later");
            }
        }
    }
}
