//! Each family on what keeps its statements and on what breaks them.

use chatproof::recording::*;
use chatproof::verdict::{Level, Outcome};
use serde_json::json;

use super::support::*;

#[test]
fn a_conforming_journey_has_nothing_to_tell() {
    let film = Film::talk();
    assert_eq!(film.broken(), [""; 0]);
    let verdicts = film.judge();
    assert!(verdicts.len() > 60, "{}", verdicts.len());
    assert!(verdicts.iter().all(|v| v.finding == "ok" && !v.statement.is_empty() && !v.expected.is_empty()));
    assert!(verdicts.iter().all(|v| v.spec.line > 0 && v.caused_by.is_none()));
}

#[test]
fn every_requirement_of_the_spec_is_in_the_catalogue() {
    let spec = adobe();
    let mut ids: Vec<String> = chatproof::judge::requirements(&spec).into_iter().map(|r| r.id).collect();
    let mut known = spec.requirement_ids();
    ids.sort();
    known.sort();
    assert_eq!(ids, known);
}

// Ready.

#[test]
fn a_ready_event_that_never_comes_explains_all_silence() {
    let mut film = Film::talk();
    film.beats.retain(|b| !matches!(b, Beat::Say(..)));
    let broken = film.broken();
    assert_eq!(broken[0], "ready.fired missing");
    assert!(broken[1..].iter().all(|l| l.ends_with("<- ready.fired")), "{broken:#?}");
    let missing: Vec<&String> = broken.iter().filter(|l| l.contains(".fires missing")).collect();
    assert_eq!(missing.len(), 4, "{broken:#?}");
    assert!(film.verdict("ready.fired").hint.unwrap().contains("no API"));
}

#[test]
fn ready_on_the_document_is_at_the_wrong_target() {
    let mut film = Film::talk();
    film.beats.retain(|b| !matches!(b, Beat::Say(..)));
    let at = film.begin(1);
    film.insert(at, Beat::Say(At::Page, Kind::Ready { target: "document".into(), nth: 1 }));
    let verdict = film.verdict("ready.fired");
    assert_eq!((verdict.outcome, verdict.finding.as_str()), (Outcome::Fail, "wrong-target"));
    assert!(verdict.hint.unwrap().contains("heard on `document`"));
    // Both are fine: the documented one counts.
    let mut film = Film::talk();
    let at = film.begin(1);
    film.insert(at, Beat::Say(At::Page, Kind::Ready { target: "document".into(), nth: 1 }));
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn ready_in_the_first_blank_document_does_not_count() {
    let mut film = Film::talk();
    film.beats.retain(|b| !matches!(b, Beat::Say(..)));
    film.insert(1, Beat::Say(At::Page, ready()));
    assert_eq!(film.broken()[0], "ready.fired missing");
}

#[test]
fn ready_in_a_frame_suffices() {
    let mut film = Film::new(adobe(), SITE, "talk");
    film.step().load("https://shop.example/").push(Beat::Frame("https://chat.example/"));
    let snapshot = api(&film.spec, "ready");
    film.push(Beat::Say(At::Frame, ready())).push(Beat::Say(At::Frame, Kind::Api(Box::new(snapshot))));
    for x in ["", TRIGGERED, "step", "step", ENGAGED, "step", EMAIL, "step", COMPLETED] {
        match x {
            "" => {}
            "step" => drop(film.step()),
            x => {
                let payload = payload(&film.spec, x);
                film.push(Beat::Say(At::Frame, event(x, payload)));
            }
        }
    }
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn ready_twice_is_told_with_the_gap_and_is_no_duplicate_of_events() {
    let mut film = Film::talk();
    let at = film.at(TRIGGERED, 0);
    let mut snapshot = api(&film.spec, "ready");
    snapshot.when = "ready".into();
    film.insert(at, Beat::Say(At::Page, Kind::Api(Box::new(snapshot))));
    film.insert(at, Beat::Say(At::Page, Kind::Ready { target: "window".into(), nth: 2 }));
    film.insert(at, Beat::Wait(400.0));
    // Each firing is heard by both subscriptions.
    let twice: Vec<Beat> = film
        .beats
        .iter()
        .flat_map(|b| {
            let mut again = b.clone();
            match &mut again {
                Beat::Say(_, Kind::Event { subscription, .. }) => {
                    *subscription = 2;
                    vec![b.clone(), again]
                }
                _ => vec![again],
            }
        })
        .collect();
    film.beats = twice;
    assert_eq!(film.broken(), ["~ready.once duplicate"]);
    assert!(film.verdict("ready.once").actual.starts_with("twice, again after 4"));
}

#[test]
fn ready_before_the_api_is_too_early_and_explains_the_silence() {
    let mut film = Film::talk();
    let late = api(&film.spec, "later");
    film.change_api(|api| {
        api.used = None;
        api.subscriptions.clear();
        api.locations.iter_mut().for_each(|l| {
            l.object = "undefined".into();
            l.subscribe = "undefined".into();
            l.constants_object = "undefined".into();
            l.constants.clear();
        });
    });
    film.beats.retain(|b| !matches!(b, Beat::Say(_, Kind::Event { .. })));
    let at = film.begin(1);
    film.insert(at, Beat::Say(At::Page, Kind::Api(Box::new(ApiSnapshot { used: None, subscriptions: vec![], ..late }))));
    assert_eq!(
        film.broken(),
        [
            "ready.api-usable too-early",
            "?api.subscribe not-tried <- ready.api-usable",
            "event.TRIGGERED.fires missing (step 1) <- ready.api-usable",
            "event.ENGAGED.fires missing (step 3) <- ready.api-usable",
            "event.COMPLETED.fires missing (step 5) <- ready.api-usable",
            "event.INPUT_EMAIL.fires missing (step 4) <- ready.api-usable",
        ]
    );
}

// API.

fn silent(mut film: Film) -> Film {
    film.beats.retain(|b| !matches!(b, Beat::Say(_, Kind::Event { .. })));
    film
}

#[test]
fn an_api_at_no_documented_location_is_one_headline() {
    let mut film = silent(Film::talk());
    film.change_api(|api| {
        api.used = None;
        api.subscriptions.clear();
        api.locations[0].object = "undefined".into();
    });
    let broken = film.broken();
    let headlines: Vec<&String> = broken.iter().filter(|l| !l.contains("<-")).collect();
    assert_eq!(headlines, ["api.location missing"]);
    assert!(broken.iter().any(|l| l == "ready.api-usable no-api <- api.location"));
    assert!(broken.iter().any(|l| l == "event.ENGAGED.fires missing (step 3) <- api.location"));
}

#[test]
fn a_subscribe_function_that_needs_its_this_is_told() {
    let mut film = silent(Film::talk());
    film.change_api(|api| {
        for s in &mut api.subscriptions {
            s.result = "threw".into();
            s.message = "TypeError: this is undefined".into();
        }
    });
    let broken = film.broken();
    let headlines: Vec<&String> = broken.iter().filter(|l| !l.contains("<-")).collect();
    assert_eq!(headlines, ["api.subscribe threw"]);
    let verdict = film.verdict("api.subscribe");
    assert!(verdict.actual.contains("this is undefined") && verdict.hint.unwrap().contains("`this`"));
}

#[test]
fn a_subscribe_that_is_no_function_and_constants_that_are_no_object() {
    let mut film = silent(Film::talk());
    film.change_api(|api| {
        api.used = None;
        api.subscriptions.clear();
        api.locations[0].subscribe = "object".into();
    });
    let headlines: Vec<String> = film.broken().into_iter().filter(|l| !l.contains("<-")).collect();
    assert_eq!(headlines, ["api.subscribe wrong-type"]);

    let mut film = silent(Film::talk());
    film.change_api(|api| {
        api.used = None;
        api.subscriptions.clear();
        api.locations[0].constants_object = "undefined".into();
        api.locations[0].constants.clear();
    });
    let headlines: Vec<String> = film.broken().into_iter().filter(|l| !l.contains("<-")).collect();
    assert_eq!(headlines, ["api.constants missing"]);
}

// Constants.

#[test]
fn a_missing_constant_is_the_headline_of_its_missing_event() {
    let mut film = Film::talk();
    film.remove(EMAIL);
    film.change_api(|api| {
        let email = api.locations[0].constants.iter_mut().find(|c| c.name == EMAIL).unwrap();
        email.name = "CONVERSATION_INPUT_E_MAIL".into();
        api.subscriptions.iter_mut().find(|s| s.constant == EMAIL).unwrap().result = "no-constant".into();
    });
    assert_eq!(
        film.broken(),
        [
            "constant.INPUT_EMAIL.present missing",
            ".constants.undocumented undocumented",
            "event.INPUT_EMAIL.fires missing (step 4) <- constant.INPUT_EMAIL.present",
        ]
    );
    let hint = film.verdict("constant.CONVERSATION_INPUT_EMAIL.present").hint.unwrap();
    assert!(hint.contains("`CONVERSATION_INPUT_E_MAIL` was found"), "{hint}");
}

#[test]
fn constants_may_be_strings_finite_numbers_and_symbols() {
    for (type_, value, finding) in [
        ("string", "", Some("empty")),
        ("string", "x", None),
        ("number", "0", None),
        ("number", "NaN", Some("wrong-value")),
        ("number", "Infinity", Some("wrong-value")),
        ("symbol", "Symbol()", None),
        ("undefined", "", Some("wrong-type")),
        ("object", "[object Object]", Some("wrong-type")),
        ("null", "null", Some("null")),
        ("throws", "no", Some("throws")),
    ] {
        let mut film = Film::talk();
        film.change_api(|api| {
            let phone = api.locations[0].constants.iter_mut().find(|c| c.name == PHONE).unwrap();
            phone.type_ = type_.into();
            phone.value = value.into();
        });
        let expected: Vec<String> =
            finding.map(|f| format!("~constant.INPUT_PHONE.usable {f}")).into_iter().collect();
        assert_eq!(film.broken(), expected, "{type_} {value}");
    }
}

#[test]
fn two_constants_of_one_value_name_the_pair_and_explain_the_twins() {
    let mut film = Film::talk();
    film.change_api(|api| {
        let list = &mut api.locations[0].constants;
        let phone = list.iter().position(|c| c.name == PHONE).unwrap();
        let email = list.iter_mut().find(|c| c.name == EMAIL).unwrap();
        email.same_as = phone;
    });
    let at = film.at(EMAIL, 0);
    let payload = payload(&film.spec, EMAIL);
    film.insert(at, Beat::Say(At::Page, event(PHONE, payload)));
    assert_eq!(
        film.broken(),
        [
            "constant.INPUT_PHONE.distinct not-distinct",
            "constant.INPUT_EMAIL.distinct not-distinct <- constant.INPUT_PHONE.distinct",
            "event.INPUT_PHONE.unexpected unexpected <- constant.INPUT_PHONE.distinct",
        ]
    );
    let actual = film.verdict("constant.CONVERSATION_INPUT_PHONE.distinct").actual;
    assert!(actual.contains(PHONE) && actual.contains(EMAIL));
}

#[test]
fn an_undocumented_constant_is_a_note() {
    let mut film = Film::talk();
    film.change_api(|api| {
        let alias = Constant { name: "LEGACY".into(), type_: "string".into(), value: "x".into(), same_as: 0 };
        api.locations[0].constants.push(alias);
    });
    assert_eq!(film.broken(), [".constants.undocumented undocumented"]);
    assert!(film.verdict("constants.undocumented").actual.contains("`LEGACY`"));
}

// Events.

#[test]
fn missing_early_and_late_are_different_verdicts() {
    let mut film = Film::talk();
    film.remove(EMAIL);
    assert_eq!(film.broken(), ["event.INPUT_EMAIL.fires missing (step 4)"]);

    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    let engaged = film.beats.remove(at);
    let before = film.begin(2);
    film.insert(before, engaged);
    assert_eq!(film.broken(), ["event.ENGAGED.fires too-early (step 3)"]);
    let verdict = film.verdict("event.CONVERSATION_ENGAGED.fires");
    assert!(verdict.actual.contains("before the step began"), "{}", verdict.actual);
    assert!(verdict.hint.unwrap().contains("step 2"));
    assert_eq!(verdict.step.as_ref().map(|s| (s.index, s.line)), Some((2, 12)));

    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    film.insert(at, Beat::Wait(3000.0));
    assert_eq!(film.broken(), ["event.ENGAGED.fires too-late (step 3)"]);
    let actual = film.verdict("event.CONVERSATION_ENGAGED.fires").actual;
    assert_eq!(actual, "fired 3.1 s after its cause; allowed 2 s");
}

#[test]
fn an_event_may_come_in_a_later_step_if_it_is_in_time() {
    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    let engaged = film.beats.remove(at);
    film.insert(film.at(EMAIL, 0), engaged);
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn waiting_for_the_element_is_not_held_against_the_widget() {
    let mut film = Film::talk();
    let at = film.begin(2);
    film.beats[at] = Beat::Step(StepOutcome::Done, 9000.0);
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn of_two_steps_that_wait_the_more_urgent_is_served_first() {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  two:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .a
        within: 60s
        fires: CONVERSATION_MEETING_BOOKED
      - click: .b
        fires: CONVERSATION_MEETING_BOOKED
      - pause: 5s
";
    let mut film = Film::new(adobe(), site, "two");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).fire(ENGAGED);
    film.beats.pop();
    film.step().step().fire(BOOKED).step().wait(4000.0).fire(BOOKED);
    let broken: Vec<String> = film.broken().into_iter().filter(|l| l.starts_with("event.")).collect();
    assert_eq!(broken, [""; 0]);
}

#[test]
fn what_failed_was_skipped_or_never_begun_is_not_the_widgets_fault() {
    let error = StepError { code: "no-match".into(), message: "no such element".into(), candidates: vec![] };
    let mut film = Film::talk();
    let at = film.begin(3);
    film.beats.truncate(at);
    film.push(Beat::Step(StepOutcome::Failed(error), 50.0));
    film.ending = Ending::StepFailed { step: 3 };
    assert_eq!(
        film.broken(),
        ["?event.COMPLETED.fires step-not-begun (step 5)", "?event.INPUT_EMAIL.fires step-failed (step 4)"]
    );

    let mut film = Film::talk();
    let at = film.begin(3);
    film.beats[at] = Beat::Step(StepOutcome::Skipped { message: "not there".into() }, 5.0);
    film.remove(EMAIL);
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn an_event_heard_in_a_step_that_failed_is_tolerated_but_proves_nothing() {
    let error = StepError { code: "page-gone".into(), message: "gone".into(), candidates: vec![] };
    let mut film = Film::talk();
    let at = film.begin(4);
    film.beats[at] = Beat::Step(StepOutcome::Failed(error), 50.0);
    film.ending = Ending::StepFailed { step: 4 };
    assert_eq!(film.broken(), ["?event.COMPLETED.fires step-failed (step 5)"]);
}

#[test]
fn a_journey_that_was_cut_short_leaves_open_what_had_time_left() {
    let mut film = Film::talk();
    film.remove(COMPLETED);
    film.ending = Ending::Interrupted;
    film.closes = false;
    assert_eq!(film.broken(), ["?event.COMPLETED.fires cut-short (step 5)"]);
    // What had had its time is judged.
    let mut film = Film::talk();
    film.remove(ENGAGED);
    let at = film.begin(3);
    film.insert(at, Beat::Wait(2000.0));
    film.ending = Ending::Broken { message: "the browser died".into() };
    film.closes = false;
    assert_eq!(
        film.broken(),
        ["event.ENGAGED.fires missing (step 3)", "?implies.response-engages cut-short"]
    );
}

#[test]
fn absence_proves_nothing_where_messages_may_be_lost() {
    let lose: Vec<(&str, Beat)> = vec![
        ("gap", Beat::Lose(1)),
        ("dropped", Beat::Say(At::Page, Kind::Dropped { count: 3 })),
        ("deaf", Beat::Browser(Kind::Deaf { url: "https://shop.example/x".into(), message: "worker".into() })),
    ];
    for (what, beat) in lose {
        let mut film = Film::talk();
        let at = film.at(ENGAGED, 0);
        film.beats[at] = beat.clone();
        let broken = film.broken();
        assert!(broken.iter().any(|l| l == "?event.ENGAGED.fires lost (step 3)"), "{what}: {broken:#?}");
        assert!(broken.iter().all(|l| l.starts_with('?')), "{what}: {broken:#?}");
        // Presence is told all the same.
        let mut film = Film::talk();
        let at = film.at(ENGAGED, 0);
        film.insert(at, beat);
        film.change(ENGAGED, |p| p["sid"] = json!(null));
        let broken = film.broken();
        assert!(broken.contains(&"event.ENGAGED.payload.sid null".to_owned()), "{what}: {broken:#?}");
        assert!(!broken.iter().any(|l| l.contains("ENGAGED.fires")), "{what}: {broken:#?}");
    }
}

#[test]
fn a_loss_long_before_does_not_excuse_a_missing_event() {
    let mut film = Film::talk();
    film.remove(COMPLETED);
    let at = film.begin(2);
    film.insert(at, Beat::Lose(2));
    let broken = film.broken();
    assert!(broken.contains(&"event.COMPLETED.fires missing (step 5)".to_owned()), "{broken:#?}");
}

#[test]
fn nothing_can_be_missed_where_nobody_listened() {
    let mut film = Film::talk();
    film.beats.retain(|b| matches!(b, Beat::Step(..)));
    let broken = film.broken();
    assert!(broken.iter().all(|l| l.starts_with('?')), "{broken:#?}");
    assert!(broken.contains(&"?ready.fired not-listening".to_owned()));
}

#[test]
fn a_page_that_left_without_a_word_may_have_taken_the_event_along() {
    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    film.beats[at] = Beat::Vanish("https://shop.example/thanks");
    assert!(film.broken().contains(&"?event.ENGAGED.fires lost (step 3)".to_owned()));
    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    film.beats[at] = Beat::Load("https://shop.example/thanks");
    let verdict = film.verdict("event.CONVERSATION_ENGAGED.fires");
    assert_eq!(verdict.finding, "missing");
    assert!(verdict.hint.unwrap().contains("the page navigated"));
}

#[test]
fn events_that_only_a_frame_hears_are_missed_by_the_page() {
    let mut film = Film::talk();
    let at = film.at(TRIGGERED, 0);
    film.insert(at, Beat::Frame("https://shop.example/frame"));
    for beat in &mut film.beats {
        if let Beat::Say(at, Kind::Event { .. }) = beat {
            *at = At::Frame;
        }
    }
    let broken = film.broken();
    assert_eq!(broken[0], "event.TRIGGERED.fires only-in-frame (step 1)");
    assert_eq!(broken.len(), 4, "{broken:#?}");
    assert!(broken[1..].iter().all(|l| l.ends_with("<- event.TRIGGERED.fires")), "{broken:#?}");
}

// Unexpected.

#[test]
fn an_undeclared_event_names_the_step_after_which_it_was_heard() {
    let mut film = Film::talk();
    let at = film.begin(2);
    let phone = payload(&film.spec, PHONE);
    film.insert(at, Beat::Say(At::Page, event(PHONE, phone)));
    assert_eq!(film.broken(), ["event.INPUT_PHONE.unexpected unexpected"]);
    let verdict = film.verdict("event.CONVERSATION_INPUT_PHONE.unexpected");
    assert_eq!(verdict.step.unwrap().index, 1);
    assert!(verdict.actual.contains("step 2"));
    assert!(verdict.hint.unwrap().contains("fires: CONVERSATION_INPUT_PHONE"));
}

#[test]
fn an_event_that_does_not_apply_is_unexpected_when_heard() {
    let site = SITE.replace("journeys:", "not_applicable: { CONVERSATION_INPUT_PHONE: we never ask }\njourneys:");
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    film.fire(PHONE);
    assert_eq!(film.broken(), ["event.INPUT_PHONE.unexpected unexpected"]);
    assert!(film.verdict("event.CONVERSATION_INPUT_PHONE.unexpected").hint.unwrap().contains("we never ask"));
}

#[test]
fn what_a_step_may_fire_is_neither_missing_nor_unexpected() {
    let site = SITE.replace("- click: .launcher", "- click: .launcher\n        may_fire: CONVERSATION_INPUT_PHONE");
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    assert_eq!(film.broken(), [""; 0]);
    let at = film.begin(2);
    let phone = payload(&film.spec, PHONE);
    film.insert(at, Beat::Say(At::Page, event(PHONE, phone.clone())));
    assert_eq!(film.broken(), [""; 0]);
    // Before that step it is still unexpected.
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    let at = film.begin(1);
    film.insert(at, Beat::Say(At::Page, event(PHONE, phone)));
    assert_eq!(film.broken(), ["event.INPUT_PHONE.unexpected unexpected"]);
}

#[test]
fn events_in_windows_that_are_not_observed_are_not_judged() {
    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    if let Beat::Say(place, _) = &mut film.beats[at] {
        *place = At::Agent;
    }
    assert_eq!(film.broken()[0], "event.ENGAGED.fires missing (step 3)");
    assert!(film.verdict("event.CONVERSATION_ENGAGED.fires").hint.unwrap().contains("window of `agent`"));
}

#[test]
fn swapped_events_are_told_as_one_swap() {
    let mut film = Film::talk();
    let (email, completed) = (film.at(EMAIL, 0), film.at(COMPLETED, 0));
    film.beats.swap(email, completed);
    // The runner waits in vain for the event of the first of the two steps.
    let at = film.begin(4);
    film.insert(at, Beat::Wait(2500.0));
    let broken = film.broken();
    let headlines: Vec<&String> = broken.iter().filter(|l| !l.contains("<-")).collect();
    assert_eq!(headlines.len(), 1, "{broken:#?}");
    assert!(film.judge().iter().any(|v| v.hint.as_deref().is_some_and(|h| h.contains("seem to be swapped"))));
}

#[test]
fn an_event_fired_under_another_constant_is_one_headline() {
    let mut film = Film::talk();
    let at = film.at(EMAIL, 0);
    let email = payload(&film.spec, EMAIL);
    film.beats[at] = Beat::Say(At::Page, event(PHONE, email));
    assert_eq!(
        film.broken(),
        [
            "event.INPUT_EMAIL.fires missing (step 4)",
            "event.INPUT_PHONE.unexpected unexpected <- event.INPUT_EMAIL.fires"
        ]
    );
    assert!(film.verdict("event.CONVERSATION_INPUT_EMAIL.fires").hint.unwrap().contains("heard instead"));
}

#[test]
fn page_errors_and_dialogs_are_told_where_an_event_is_missing() {
    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    let error = Kind::PageError { message: "x is null\u{202e}".into(), source: "chat.js".into(), line: 7 };
    film.beats[at] = Beat::Say(At::Page, error);
    let dialog = Kind::Dialog { dialog: "alert".into(), message: "hi".into(), answer: "dismissed".into() };
    film.insert(at, Beat::Browser(dialog));
    let hint = film.verdict("event.CONVERSATION_ENGAGED.fires").hint.unwrap();
    assert!(hint.contains("x is null\\u{202e} (chat.js:7)") && hint.contains("alert"), "{hint}");
}

// Cardinality.

#[test]
fn a_duplicate_is_told_once_with_its_gap() {
    let mut film = Film::talk();
    let at = film.at(COMPLETED, 0);
    let again = film.beats[at].clone();
    film.push(Beat::Wait(395.0)).push(again);
    assert_eq!(film.broken(), ["event.COMPLETED.at-most duplicate"]);
    assert!(film.verdict("event.CONVERSATION_COMPLETED.at-most").actual.contains("again after 400 ms"));
}

#[test]
fn once_per_document_allows_again_after_a_reload_but_once_per_conversation_does_not() {
    let mut film = Film::talk();
    let at = film.at(EMAIL, 0);
    let site = SITE.replace("        fires: CONVERSATION_COMPLETED", "        fires: CONVERSATION_COMPLETED\n      - reload: true\n        fires: CONVERSATION_TRIGGERED");
    film.site = parse_site(&site, &film.spec);
    film.step().load("https://shop.example/").widget().fire(TRIGGERED);
    assert_eq!(film.broken(), [""; 0]);
    let _ = at;
    film.fire(COMPLETED);
    assert_eq!(film.broken(), ["event.COMPLETED.at-most duplicate"]);
    assert!(film.verdict("event.CONVERSATION_COMPLETED.at-most").actual.contains("on another page load"));
}

#[test]
fn what_is_heard_before_its_cause_and_again_for_it_is_unexpected_first() {
    let mut film = Film::talk();
    let at = film.begin(2);
    let engaged = payload(&film.spec, ENGAGED);
    film.insert(at, Beat::Say(At::Page, event(ENGAGED, engaged)));
    assert_eq!(
        film.broken(),
        [
            "event.ENGAGED.unexpected unexpected (1st occurrence)",
            "event.ENGAGED.at-most duplicate <- event.ENGAGED.unexpected"
        ]
    );
}

// Order, exclusion, implication.

#[test]
fn an_event_before_the_one_it_follows_is_out_of_order() {
    let mut film = Film::talk();
    let (triggered, engaged) = (film.at(TRIGGERED, 0), film.at(ENGAGED, 0));
    let engaged = film.beats.remove(engaged);
    film.insert(triggered, engaged);
    assert_eq!(
        film.broken(),
        [
            "event.ENGAGED.fires too-early (step 3)",
            "order.engaged-after-triggered out-of-order <- event.ENGAGED.fires"
        ]
    );
}

#[test]
fn a_missing_beginning_explains_the_order() {
    let mut film = Film::talk();
    film.remove(TRIGGERED);
    assert_eq!(
        film.broken(),
        [
            "event.TRIGGERED.fires missing (step 1)",
            "order.engaged-after-triggered not-preceded <- event.TRIGGERED.fires",
            "order.all-after-triggered not-preceded <- event.TRIGGERED.fires",
        ]
    );
}

#[test]
fn a_missing_implied_event_is_explained_by_its_own_absence() {
    let mut film = Film::talk();
    film.remove(ENGAGED);
    assert_eq!(
        film.broken(),
        ["event.ENGAGED.fires missing (step 3)", "implies.response-engages missing <- event.ENGAGED.fires"]
    );
}

#[test]
fn nothing_comes_after_the_end() {
    let site = SITE.replace("fires: CONVERSATION_COMPLETED", "fires: [CONVERSATION_COMPLETED, CONVERSATION_CLOSED]");
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    film.fire(CLOSED);
    assert_eq!(film.broken(), ["order.closed-not-after-completed after-the-end"]);
    // Undeclared, it is unexpected as well: a warning, which a failure is not put under.
    film.site = parse_site(SITE, &film.spec);
    assert_eq!(
        film.broken(),
        ["~event.CLOSED.unexpected unexpected", "order.closed-not-after-completed after-the-end"]
    );
}

// Consistency and conversations.

#[test]
fn a_field_that_changes_is_told_with_who_said_what() {
    let mut film = Film::talk();
    film.change(EMAIL, |p| p["name"] = json!("another"));
    assert_eq!(film.broken(), ["consistency.name changed"]);
    let verdict = film.verdict("consistency.name");
    assert!(verdict.actual.contains("\"another\" on CONVERSATION_INPUT_EMAIL"), "{}", verdict.actual);
    assert_eq!(verdict.step.unwrap().index, 3);
}

#[test]
fn another_conversations_identity_is_one_inconsistency() {
    let mut film = Film::talk();
    film.change(EMAIL, |p| p["id"] = json!("other"));
    assert_eq!(film.broken(), ["consistency.id changed"]);
}

#[test]
fn two_conversations_on_one_page_are_told_apart() {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  two:
    steps:
      - open: /
        fires: [CONVERSATION_TRIGGERED, CONVERSATION_TRIGGERED]
      - click: .popup
        fires: CONVERSATION_ENGAGED
      - click: .bot
        fires: CONVERSATION_ENGAGED
      - click: .popup
        fires: CONVERSATION_COMPLETED
      - click: .bot
        fires: CONVERSATION_CLOSED
";
    let mut film = Film::new(adobe(), site, "two");
    let of = |film: &Film, x: &str, id: &str| {
        let mut p = payload(&film.spec, x);
        for field in ["id", "name", "uiType"] {
            p[field] = json!(format!("popup{id}"));
        }
        p["uiType"] = json!(if id == "1" { "popup" } else { "chatbot" });
        event(x, p)
    };
    film.step().load("https://shop.example/").widget();
    for (x, id) in [(TRIGGERED, "1"), (TRIGGERED, "2"), ("", ""), (ENGAGED, "1"), ("", ""), (ENGAGED, "2"), ("", ""), (COMPLETED, "1"), ("", ""), (CLOSED, "2")]
    {
        if x.is_empty() {
            film.step();
        } else {
            let kind = of(&film, x, id);
            film.say(kind);
        }
    }
    // TRIGGERED is announced for both in one document, once for each.
    assert_eq!(film.broken(), [""; 0]);
    let subjects: Vec<String> =
        film.judge().into_iter().filter(|v| v.requirement == "consistency.id").map(|v| v.subject).collect();
    assert_eq!(subjects, ["conversation 1", "conversation 2"]);
}

// Levels.

#[test]
fn a_site_file_overrides_levels_with_a_reason() {
    let site = SITE.replace(
        "journeys:",
        "levels:\n  - { requirement: \"event.*.fires\", level: should, why: known bug }\njourneys:",
    );
    let mut film = Film::talk();
    film.remove(EMAIL);
    film.site = parse_site(&site, &film.spec);
    assert_eq!(film.broken(), ["~event.INPUT_EMAIL.fires missing (step 4)"]);
    let verdict = film.verdict("event.CONVERSATION_INPUT_EMAIL.fires");
    assert_eq!((verdict.level, verdict.reason.as_deref()), (Level::Should, Some("known bug")));
}
