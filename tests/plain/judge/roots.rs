//! What fails as a whole (an API, its constants, a payload, all listeners) is told once, with the likeliest reason.

use chatproof::recording::*;
use serde_json::json;

use super::support::*;

fn headlines(film: &Film) -> Vec<String> {
    film.broken().into_iter().filter(|l| !l.contains("<-")).collect()
}

/// A film in which no event was heard.
fn silent() -> Film {
    let mut film = Film::talk();
    film.beats.retain(|b| !matches!(b, Beat::Say(_, Kind::Event { .. })));
    film
}

/// A film in which nothing was heard of a widget at all.
fn bare() -> Film {
    let mut film = Film::talk();
    film.beats.retain(|b| !matches!(b, Beat::Say(..)));
    film
}

fn hint(film: &Film, requirement: &str) -> String {
    film.verdict(requirement).hint.unwrap_or_default()
}

#[test]
fn listeners_that_hear_nothing_at_all_are_one_headline() {
    let film = silent();
    assert_eq!(headlines(&film), ["event.TRIGGERED.fires missing (step 1)"]);
    assert!(hint(&film, "event.CONVERSATION_TRIGGERED.fires").contains("`addListener` took the listeners"));
    // Of several events that are missing beside one that was heard each is a headline: there may be several reasons.
    let mut film = Film::talk();
    film.remove(EMAIL).remove(COMPLETED);
    assert_eq!(
        headlines(&film),
        ["event.COMPLETED.fires missing (step 5)", "event.INPUT_EMAIL.fires missing (step 4)"]
    );
}

#[test]
fn a_constant_that_changes_after_it_was_subscribed_with_is_named() {
    let mut film = Film::talk();
    film.remove(EMAIL);
    let mut later = api(&film.spec, "later");
    later.used = None;
    later.subscriptions.clear();
    later.locations[0].constants.iter_mut().find(|c| c.name == EMAIL).unwrap().value = "mail/2".into();
    let at = film.begin(1);
    film.insert(at, Beat::Say(At::Page, Kind::Api(Box::new(later))));
    assert_eq!(film.broken(), ["event.INPUT_EMAIL.fires missing (step 4)"]);
    let hint = hint(&film, "event.CONVERSATION_INPUT_EMAIL.fires");
    assert!(hint.contains("\"conversation_input_email\" in the ready handler and \"mail/2\" later"), "{hint}");
}

#[test]
fn a_ready_event_in_a_frame_without_the_api_is_in_the_wrong_place() {
    let mut film = bare();
    let at = film.begin(1);
    let mut nothing = api(&film.spec, "ready");
    nothing.used = None;
    nothing.subscriptions.clear();
    let mut all = nothing.clone();
    all.when = "later".into();
    for location in &mut nothing.locations {
        location.object = if location.object == "globals" { "globals" } else { "undefined" }.into();
        location.subscribe = "undefined".into();
        location.constants_object = "undefined".into();
        location.constants.clear();
    }
    film.insert(at, Beat::Frame("https://shop.example/loader"));
    film.insert(at + 1, Beat::Say(At::Frame, ready()));
    film.insert(at + 2, Beat::Say(At::Frame, Kind::Api(Box::new(nothing))));
    film.insert(at + 3, Beat::Say(At::Page, Kind::Api(Box::new(all))));
    assert_eq!(headlines(&film), ["ready.fired wrong-frame"]);
    let verdict = film.verdict("ready.fired");
    assert!(verdict.actual.contains("the frame `https://shop.example/loader`"), "{}", verdict.actual);
    assert!(verdict.hint.unwrap().contains("the API is in `https://shop.example/`"));
    // A widget that lives in the frame, API and all, is fine.
    let mut film = bare();
    let at = film.begin(1);
    film.insert(at, Beat::Frame("https://shop.example/loader"));
    film.insert(at + 1, Beat::Say(At::Frame, ready()));
    let usable = api(&film.spec, "ready");
    film.insert(at + 2, Beat::Say(At::Frame, Kind::Api(Box::new(usable))));
    assert!(headlines(&film).iter().all(|l| !l.starts_with("ready.")), "{:#?}", film.broken());
}

#[test]
fn constants_that_are_none_of_those_documented_are_one_headline() {
    let mut film = silent();
    film.change_api(|api| {
        api.locations[0].constants.clear();
        api.subscriptions.iter_mut().for_each(|s| s.result = "no-constant".into());
    });
    assert_eq!(headlines(&film), ["api.constants empty"]);

    let mut film = silent();
    film.change_api(|api| {
        for constant in &mut api.locations[0].constants {
            constant.name = constant.name.replace("CONVERSATION_", "");
        }
        api.subscriptions.iter_mut().for_each(|s| s.result = "no-constant".into());
    });
    assert_eq!(headlines(&film), ["api.constants no-constants", ".constants.undocumented undocumented"]);
    assert_eq!(hint(&film, "api.constants"), "`TRIGGERED` was found, `CONVERSATION_TRIGGERED` is documented");
    // No constant, no call: that the function could be called isn't claimed.
    let verdict = film.verdict("api.subscribe");
    assert_eq!((verdict.finding.as_str(), verdict.caused_by.as_deref()), ("not-tried", Some("api.constants")));
    assert!(verdict.actual.contains("no constant to call it with"), "{}", verdict.actual);
}

#[test]
fn an_api_in_two_halves_says_where_the_other_half_is() {
    let mut film = silent();
    film.change_api(|api| {
        api.used = None;
        api.subscriptions.clear();
        let constants = std::mem::take(&mut api.locations[0].constants);
        api.locations[0].constants_object = "undefined".into();
        api.locations[1].constants_object = "object".into();
        api.locations[1].constants = constants;
    });
    let headlines = headlines(&film);
    assert_eq!(headlines.len(), 1, "{headlines:#?}");
    let id = headlines[0].split(' ').next().unwrap();
    assert!(hint(&film, id).contains("both are documented at one place"), "{headlines:#?}");
}

#[test]
fn a_payload_without_any_of_its_fields_is_one_headline() {
    for (payload, finding, says) in [
        (json!({}), "empty", "filled in later"),
        (json!({ "field": "email" }), "wrong-fields", ""),
        (json!({ "ID": 7, "SID": 8 }), "wrong-fields", "`ID` was heard, `id` is documented; `SID` was heard, `sid` is"),
    ] {
        let mut film = Film::talk();
        film.change(EMAIL, |p| *p = payload.clone());
        assert_eq!(headlines(&film), [format!("event.INPUT_EMAIL.payload {finding}")], "{payload}");
        let hint = hint(&film, "event.CONVERSATION_INPUT_EMAIL.payload");
        assert!(hint.contains(says), "{payload}: {hint}");
    }
}

#[test]
fn a_map_is_no_object_with_fields() {
    let mut film = Film::talk();
    let at = film.at(EMAIL, 0);
    if let Beat::Say(_, Kind::Event { data, notes, .. }) = &mut film.beats[at] {
        data["data"]["payload"] = json!({ "size": 5 });
        notes.push(CopyNote { path: "data.payload".into(), what: "object [object Map]".into() });
    }
    assert_eq!(headlines(&film), ["event.INPUT_EMAIL.payload wrong-fields"]);
    assert!(film.verdict("event.CONVERSATION_INPUT_EMAIL.payload").actual.contains("a Map"));
}

#[test]
fn a_listener_with_another_number_of_arguments_is_told_so() {
    for (arguments, data, says) in [
        (0, json!(null), "called without an argument"),
        (2, json!("conversation-input-email"), "called with 2 arguments"),
    ] {
        let mut film = Film::talk();
        let at = film.at(EMAIL, 0);
        if let Beat::Say(_, Kind::Event { data: heard, arguments: count, .. }) = &mut film.beats[at] {
            *heard = data;
            *count = arguments;
        }
        assert_eq!(headlines(&film), ["event.INPUT_EMAIL.payload missing"]);
        let hint = hint(&film, "event.CONVERSATION_INPUT_EMAIL.payload");
        assert!(hint.contains(says), "{hint}");
    }
}

#[test]
fn fields_in_an_object_within_the_payload_are_one_headline() {
    let mut film = Film::talk();
    film.change(EMAIL, |p| {
        let fields = p.as_object_mut().unwrap();
        let inner = json!({ "name": fields.remove("name"), "sid": fields.remove("sid") });
        fields.insert("conversation".into(), inner);
    });
    assert_eq!(headlines(&film), ["event.INPUT_EMAIL.payload.name missing"]);
    assert_eq!(
        hint(&film, "event.CONVERSATION_INPUT_EMAIL.payload.sid"),
        "heard as `event.data.payload.conversation.sid`, documented at `event.data.payload.sid`"
    );
}

#[test]
fn a_value_is_called_what_it_was_in_the_page() {
    let mut film = Film::talk();
    let at = film.at(EMAIL, 0);
    if let Beat::Say(_, Kind::Event { data, notes, .. }) = &mut film.beats[at] {
        data["data"]["payload"]["sid"] = json!(null);
        notes.push(CopyNote { path: "data.payload.sid".into(), what: "number NaN".into() });
    }
    let verdict = film.verdict("event.CONVERSATION_INPUT_EMAIL.payload.sid");
    assert_eq!((verdict.finding.as_str(), verdict.actual.as_str()), ("wrong-value", "the number NaN"));
    // None of several permitted types is a wrong type, too.
    let mut film = Film::talk();
    film.change(EMAIL, |p| p["sid"] = json!(true));
    assert_eq!(film.verdict("event.CONVERSATION_INPUT_EMAIL.payload.sid").finding, "wrong-type");
}

#[test]
fn an_event_that_was_due_when_ready_came_may_have_been_fired_before_it() {
    let mut film = Film::talk();
    film.remove(TRIGGERED);
    let hint = hint(&film, "event.CONVERSATION_TRIGGERED.fires");
    assert!(hint.contains("fired before the ready event"), "{hint}");
    // Later steps had a listener from their beginning.
    let mut film = Film::talk();
    film.remove(ENGAGED);
    let other = film.verdict("event.CONVERSATION_ENGAGED.fires").hint.unwrap_or_default();
    assert!(!other.contains("before the ready event"), "{other}");
}
