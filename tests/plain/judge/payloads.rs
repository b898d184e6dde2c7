//! What events carry: the payload's place, its fields, the site file's own demands, and likely causes.

use chatproof::recording::{CopyNote, Kind};
use chatproof::verdict::Outcome;
use serde_json::{Value, json};

use super::support::*;

/// What is broken with one event's payload changed, but for what follows from it.
fn headlines(film: &Film) -> Vec<String> {
    film.broken().into_iter().filter(|l| !l.contains("<-")).collect()
}

#[test]
fn each_defect_of_a_field_has_its_own_finding() {
    for (value, finding) in [
        (None, "missing"),
        (Some(json!(null)), "null"),
        (Some(json!("")), "empty"),
        (Some(json!("  ")), "empty"),
        (Some(json!([])), "empty"),
        (Some(json!(["x"])), "wrong-type"),
        (Some(json!(7)), "wrong-type"),
    ] {
        let mut film = Film::talk();
        let described = format!("{value:?}");
        film.change(EMAIL, |p| match value {
            Some(value) => p["name"] = value,
            None => drop(p.as_object_mut().unwrap().remove("name")),
        });
        let broken = film.broken();
        // A value that was heard and differs is inconsistent as well, which says no more.
        let expected = format!("event.INPUT_EMAIL.payload.name {finding}");
        assert_eq!(broken[0], expected, "{described}");
        assert!(broken[1..].iter().all(|l| l.starts_with("consistency.name changed <-")), "{broken:#?}");
    }
}

#[test]
fn a_number_is_an_id_and_more_fields_are_fine() {
    let mut film = Film::talk();
    for beat in &mut film.beats {
        if let Beat::Say(_, Kind::Event { data, .. }) = beat {
            data["data"]["payload"]["id"] = json!(4711);
            data["data"]["payload"]["extra"] = json!({ "deep": [1, 2] });
            data["type"] = json!("conversation");
        }
    }
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn an_undocumented_spelling_is_a_warning() {
    let mut film = Film::talk();
    for beat in &mut film.beats {
        if let Beat::Say(_, Kind::Event { data, .. }) = beat {
            data["data"]["payload"]["uiType"] = json!("bubble");
        }
    }
    let broken = film.broken();
    assert_eq!(broken[0], "~event.TRIGGERED.payload.uiType.spelling wrong-value");
    assert!(broken.iter().all(|l| l.starts_with('~')), "{broken:#?}");
    assert_eq!(headlines(&film).len(), 1);
}

#[test]
fn a_payload_that_is_not_there_explains_its_fields() {
    for (data, finding, hint) in [
        (
            json!({ "payload": "PAYLOAD" }),
            "missing",
            Some("heard at `event.payload`, documented at `event.data.payload`"),
        ),
        (json!({ "detail": "PAYLOAD" }), "missing", Some("at `event.detail`")),
        (json!({ "detail": { "payload": "PAYLOAD" } }), "missing", Some("at `event.detail.payload`")),
        (json!({ "data": "PAYLOAD" }), "missing", Some("at `event.data`")),
        (json!("PAYLOAD"), "missing", Some("at `event`,")),
        (json!({ "data": { "payload": { "inner": ["PAYLOAD"] } } }), "misplaced", Some("`event.data.payload.inner.0`")),
        (json!({ "data": { "payload": null } }), "null", None),
        (json!({ "data": { "payload": [] } }), "wrong-type", None),
        (json!({ "data": { "payload": "text" } }), "wrong-type", None),
        (json!({ "data": { "payload": "STRING" } }), "wrong-type", Some("is a JSON string")),
        (json!({ "detail": "STRING" }), "missing", Some("in a JSON string at `event.detail`")),
        (json!(null), "missing", None),
    ] {
        let mut film = Film::talk();
        let real = payload(&film.spec, EMAIL);
        let data = fill(data, &real);
        film.change_data(EMAIL, |d| *d = data.clone());
        assert_eq!(headlines(&film), [format!("event.INPUT_EMAIL.payload {finding}")], "{data}");
        let fields = film.broken().iter().filter(|l| l.ends_with("missing <- event.INPUT_EMAIL.payload")).count();
        assert_eq!(fields, 5, "{data}");
        let verdict = film.verdict("event.CONVERSATION_INPUT_EMAIL.payload");
        match hint {
            Some(hint) => {
                assert!(verdict.hint.as_ref().is_some_and(|h| h.contains(hint)), "{data}: {:?}", verdict.hint)
            }
            None => assert_eq!(verdict.hint, None, "{data}"),
        }
    }
}

/// Puts a payload in the place of a word.
fn fill(data: Value, payload: &Value) -> Value {
    match data {
        Value::String(text) if text == "PAYLOAD" => payload.clone(),
        Value::String(text) if text == "STRING" => json!(payload.to_string()),
        Value::Array(items) => items.into_iter().map(|i| fill(i, payload)).collect(),
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(k, v)| (k, fill(v, payload))).collect()),
        other => other,
    }
}

#[test]
fn the_same_defect_everywhere_is_one_headline() {
    let mut film = Film::talk();
    for beat in &mut film.beats {
        if let Beat::Say(_, Kind::Event { data, .. }) = beat {
            *data = json!({ "payload": data["data"]["payload"].clone() });
        }
    }
    assert_eq!(headlines(&film), ["event.TRIGGERED.payload missing"]);
}

#[test]
fn a_misspelt_field_is_recognised() {
    for (heard, known) in [("sID", true), ("s_id", true), ("session", false), ("SID", true)] {
        let mut film = Film::talk();
        film.change(EMAIL, |p| {
            let value = p.as_object_mut().unwrap().remove("sid").unwrap();
            p[heard] = value;
        });
        assert_eq!(film.broken(), ["event.INPUT_EMAIL.payload.sid missing"]);
        let hint = film.verdict("event.CONVERSATION_INPUT_EMAIL.payload.sid").hint;
        let told = format!("`{heard}` was heard, `sid` is documented");
        assert_eq!(hint, known.then_some(told), "{heard}");
    }
}

#[test]
fn what_could_not_be_copied_is_told_as_that() {
    for (path, what, broken) in [
        ("data.payload.sid", "function", vec!["event.INPUT_EMAIL.payload.sid not-serialisable"]),
        ("data.payload.sid", "undefined", vec!["event.INPUT_EMAIL.payload.sid missing"]),
        ("data.payload.sid", "bigint", vec!["event.INPUT_EMAIL.payload.sid not-serialisable"]),
        ("data.payload.sid", "truncated", vec!["?event.INPUT_EMAIL.payload.sid truncated"]),
        ("data.payload.other", "cycle", vec!["event.INPUT_EMAIL.payload.sid null"]),
        ("data.payload.sid.x", "cycle", vec!["event.INPUT_EMAIL.payload.sid null"]),
    ] {
        let mut film = Film::talk();
        film.change(EMAIL, |p| p["sid"] = json!(null));
        let at = film.at(EMAIL, 0);
        if let Beat::Say(_, Kind::Event { notes, .. }) = &mut film.beats[at] {
            notes.push(CopyNote { path: path.into(), what: what.into() });
        }
        assert_eq!(film.broken(), broken, "{path} {what}");
    }
    // A value that was cut is still a value.
    let mut film = Film::talk();
    let at = film.at(EMAIL, 0);
    if let Beat::Say(_, Kind::Event { notes, .. }) = &mut film.beats[at] {
        notes.push(CopyNote { path: "data.payload.name".into(), what: "truncated".into() });
    }
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn occurrences_are_judged_one_by_one() {
    let mut film = Film::talk();
    let site =
        SITE.replace("fires: CONVERSATION_COMPLETED", "fires: [CONVERSATION_COMPLETED, CONVERSATION_INPUT_EMAIL]");
    film.site = parse_site(&site, &film.spec);
    let mut second = payload(&film.spec, EMAIL);
    second["sid"] = json!("");
    film.say(event(EMAIL, second));
    assert_eq!(
        film.broken(),
        [
            "event.INPUT_EMAIL.payload.sid empty (2nd occurrence)",
            "~consistency.sid changed <- event.INPUT_EMAIL.payload.sid"
        ]
    );
}

#[test]
fn a_site_file_demands_more_of_a_field() {
    let site = SITE.replace(
        "fires: CONVERSATION_INPUT_EMAIL",
        "fires:\n          CONVERSATION_INPUT_EMAIL:\n            name: { const: \"${journey} ${run.id}\" }\n            sid: { pattern: \"^the\" }",
    );
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    for x in [TRIGGERED, ENGAGED, EMAIL, COMPLETED] {
        film.change(x, |p| p["name"] = json!("talk run-1"));
    }
    assert_eq!(film.broken(), [""; 0]);
    // What stands in the environment isn't in a recording. (Files are checked for it; values made by hand aren't.)
    let mut by_hand = film.clone();
    let fields = &mut by_hand.site.journeys["talk"].steps[3].fires[0].fields;
    fields["sid"].schema = json!({ "const": "${env.ID}" });
    assert_eq!(by_hand.broken(), ["?site.INPUT_EMAIL.payload.sid unknown-variable"]);
    let verdict = film.verdict("site.CONVERSATION_INPUT_EMAIL.payload.name");
    assert_eq!((verdict.outcome, verdict.spec.file.as_str()), (Outcome::Pass, "chatproof.yaml"));
    assert!(verdict.spec.line > 14, "{}", verdict.spec.line);

    for x in [TRIGGERED, ENGAGED, EMAIL, COMPLETED] {
        film.change(x, |p| p["name"] = json!("talk run-2"));
    }
    assert_eq!(film.broken()[0], "site.INPUT_EMAIL.payload.name wrong-value");
    film.change(EMAIL, |p| drop(p.as_object_mut().unwrap().remove("sid")));
    assert!(
        film.broken().contains(&"site.INPUT_EMAIL.payload.sid missing <- event.INPUT_EMAIL.payload.sid".to_owned())
    );
}

#[test]
fn a_pages_text_cannot_fool_its_reader() {
    let mut film = Film::talk();
    film.change(EMAIL, |p| p["name"] = json!(["\u{1b}[2J\u{202e}".repeat(1000)]));
    for verdict in film.judge() {
        for text in [&verdict.actual, &verdict.expected, verdict.hint.as_ref().unwrap_or(&String::new())] {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
            assert!(text.chars().count() < 1300, "{text}");
        }
    }
}

#[test]
fn a_flood_is_bounded_and_counted() {
    let mut film = Film::talk();
    for _ in 0..300 {
        film.fire(PHONE);
    }
    let verdicts = film.judge();
    let of = |id: &str| verdicts.iter().filter(|v| v.requirement == id).collect::<Vec<_>>();
    let payloads = of("event.CONVERSATION_INPUT_PHONE.payload.sid");
    assert_eq!(payloads.len(), 20);
    assert!(payloads[19].actual.contains("and 280 more"), "{}", payloads[19].actual);
    assert_eq!(of("event.CONVERSATION_INPUT_PHONE.at-most").len(), 1);
}

#[test]
fn the_gravest_of_the_same_defects_is_the_headline() {
    // At REQUESTED the agent's fields are a `should`, and it comes first.
    let site = "\
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  talk:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .sales
        fires: [CONVERSATION_ENGAGED, CONVERSATION_LIVE_CHAT_REQUESTED]
      - wait_for: .agent
        fires: [CONVERSATION_LIVE_CHAT_INITIATED, CONVERSATION_LIVE_CHAT_ENDED]
";
    let mut film = Film::new(adobe(), site, "talk");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).step().fire(ENGAGED);
    film.fire("CONVERSATION_LIVE_CHAT_REQUESTED").step().fire("CONVERSATION_LIVE_CHAT_INITIATED");
    film.fire("CONVERSATION_LIVE_CHAT_ENDED");
    assert_eq!(film.broken(), [""; 0]);
    for beat in &mut film.beats {
        if let Beat::Say(_, Kind::Event { data, .. }) = beat {
            data["data"]["payload"].as_object_mut().unwrap().remove("agentID");
        }
    }
    assert_eq!(
        film.broken(),
        [
            "~event.LIVE_CHAT_REQUESTED.payload.agentID missing <- event.LIVE_CHAT_INITIATED.payload.agentID",
            "event.LIVE_CHAT_INITIATED.payload.agentID missing",
            "event.LIVE_CHAT_ENDED.payload.agentID missing <- event.LIVE_CHAT_INITIATED.payload.agentID",
        ]
    );
}
