//! What happens in a conversation: causes, cardinality, order, consistency, levels.

use chatproof::recording::*;
use chatproof::verdict::{Level, Outcome};
use serde_json::json;

use super::support::*;

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
    // What had had its time may have been under way, too.
    let mut film = Film::talk();
    film.remove(ENGAGED);
    let at = film.begin(3);
    film.insert(at, Beat::Wait(2000.0));
    film.ending = Ending::Broken { message: "the browser died".into() };
    film.closes = false;
    assert_eq!(film.broken(), ["?event.ENGAGED.fires cut-short (step 3)", "?implies.response-engages cut-short"]);
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
    // The visitor engages in the next step only.
    let order = "~order.engaged-not-after-response after-the-end <- event.INPUT_PHONE.unexpected";
    assert_eq!(film.broken(), ["event.INPUT_PHONE.unexpected unexpected", order]);
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
    // The visitor engages in the next step only; that is all there is to say of it.
    assert_eq!(film.broken(), ["~order.engaged-not-after-response after-the-end"]);
    // Before that step it is still unexpected.
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    let at = film.begin(1);
    film.insert(at, Beat::Say(At::Page, event(PHONE, phone)));
    assert_eq!(film.broken().first().map(String::as_str), Some("event.INPUT_PHONE.unexpected unexpected"));
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
    film.beats[at] = Beat::Browser(error);
    let dialog =
        Kind::Dialog { dialog: "alert".into(), message: "hi".into(), answer: "dismissed".into(), by_step: false };
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
    let site = SITE.replace(
        "        fires: CONVERSATION_COMPLETED",
        "        fires: CONVERSATION_COMPLETED\n      - reload: true\n        fires: CONVERSATION_TRIGGERED",
    );
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
        ["event.ENGAGED.fires too-early (step 3)", "order.engaged-after-triggered out-of-order <- event.ENGAGED.fires"]
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
    // Undeclared, it is unexpected as well: a warning, which is put under the failure that says why.
    film.site = parse_site(SITE, &film.spec);
    assert_eq!(
        film.broken(),
        [
            "~event.CLOSED.unexpected unexpected <- order.closed-not-after-completed",
            "order.closed-not-after-completed after-the-end"
        ]
    );
    // Where both weigh the same, what no step declares comes first.
    let levels = "levels:\n  - { requirement: event.*.unexpected, level: must, why: sure }\njourneys:";
    film.site = parse_site(&SITE.replace("journeys:", levels), &film.spec);
    assert_eq!(
        film.broken(),
        [
            "event.CLOSED.unexpected unexpected",
            "order.closed-not-after-completed after-the-end <- event.CLOSED.unexpected"
        ]
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
    for (x, id) in [
        (TRIGGERED, "1"),
        (TRIGGERED, "2"),
        ("", ""),
        (ENGAGED, "1"),
        ("", ""),
        (ENGAGED, "2"),
        ("", ""),
        (COMPLETED, "1"),
        ("", ""),
        (CLOSED, "2"),
    ] {
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

#[test]
fn a_window_that_closed_itself_without_a_word_may_have_taken_the_event_along() {
    // Its page is the only one, so nobody goes on without it; all that tells is that the browser says so.
    let closes = |unload: bool| {
        let mut film = Film::talk();
        film.remove(COMPLETED);
        film.closes = false;
        if unload {
            film.beats.push(Beat::Say(At::Page, Kind::Unload));
        }
        film.beats.push(Beat::Browser(Kind::ContextGone));
        film.broken()
    };
    assert!(closes(false).contains(&"?event.COMPLETED.fires lost (step 5)".to_owned()), "{:#?}", closes(false));
    assert!(closes(true).contains(&"event.COMPLETED.fires missing (step 5)".to_owned()), "{:#?}", closes(true));
}

// What chatproof answered itself.

fn cancelled(by_step: bool) -> Beat {
    let message = "Really?".to_owned();
    Beat::Browser(Kind::Dialog { dialog: "confirm".into(), message, answer: "dismissed".into(), by_step })
}

#[test]
fn what_is_missing_in_or_after_a_dialog_that_nobody_cancelled_is_open() {
    for (missing, other) in
        [(ENGAGED, "event.CONVERSATION_ENGAGED.fires"), (COMPLETED, "event.CONVERSATION_COMPLETED.fires")]
    {
        let mut film = Film::talk();
        let dialog = film.at(ENGAGED, 0);
        film.insert(dialog, cancelled(false));
        film.remove(missing);
        let verdict = film.verdict(other);
        assert_eq!(
            (verdict.outcome, verdict.finding.as_str()),
            (Outcome::Inconclusive, "dialog-cancelled"),
            "{missing}"
        );
        assert!(verdict.hint.unwrap().contains("in step 3"));
        // Nothing that rests on it is held against the widget either.
        assert!(film.judge().iter().all(|v| v.outcome != Outcome::Fail), "{missing}");
    }
    let mut film = Film::talk();
    let dialog = film.at(COMPLETED, 0);
    film.insert(dialog, cancelled(false));
    film.remove(ENGAGED);
    assert_eq!(film.verdict("event.CONVERSATION_ENGAGED.fires").finding, "missing", "it came later");
    let mut film = Film::talk();
    let dialog = film.at(ENGAGED, 0);
    film.insert(dialog, cancelled(true));
    film.remove(ENGAGED);
    assert_eq!(film.verdict("event.CONVERSATION_ENGAGED.fires").finding, "missing", "the step says Cancel");
}

#[test]
fn a_refusal_excuses_its_own_step_and_printing_none() {
    for (what, answer, at, finding) in [
        ("getUserMedia()", "refused", ENGAGED, "refused"),
        ("file dialog", "cancelled", ENGAGED, "refused"),
        ("getUserMedia()", "refused", EMAIL, "missing"),
        ("getUserMedia()", "refused", TRIGGERED, "missing"),
        ("print()", "cancelled", ENGAGED, "missing"),
        ("full screen", "allowed", ENGAGED, "missing"),
    ] {
        let mut film = Film::talk();
        let asked = film.at(at, 0);
        film.insert(asked, Beat::Browser(Kind::Asked { what: what.into(), answer: answer.into() }));
        film.remove(ENGAGED);
        assert_eq!(film.verdict("event.CONVERSATION_ENGAGED.fires").finding, finding, "{what} at {at}");
    }
}

// Pages and scripts that didn't arrive.

fn missed(what: &str, status: u16, reason: &str) -> Kind {
    Kind::Refused { what: what.into(), url: "https://widget.example/w.js".into(), status, reason: reason.into() }
}

/// A journey on a page that never hears a widget: `told` comes after the page is there.
fn without_a_widget(told: Vec<Beat>) -> Film {
    let mut film = Film::new(adobe(), SITE, "talk");
    film.step().load("https://shop.example/");
    film.beats.extend(told);
    film.step().step().step().step();
    film
}

#[test]
fn a_widget_whose_script_was_refused_is_not_to_blame_for_its_silence() {
    let refused = |status, reason: &str| vec![Beat::Browser(missed("script", status, reason))];
    for (told, words) in [
        (refused(403, ""), "the script https://widget.example/w.js was answered with status 403"),
        (refused(503, ""), "status 503"),
        (refused(0, "text/html"), "with a page (text/html) instead of a script"),
        (refused(0, "net::ERR_NAME_NOT_RESOLVED"), "could not be fetched: net::ERR_NAME_NOT_RESOLVED"),
        (vec![Beat::Say(At::Page, missed("script", 0, "csp"))], "the page's own Content-Security-Policy"),
        // The page says that it wasn't run, the browser what was answered, once as failed: that's one script.
        (
            vec![
                Beat::Browser(missed("script", 0, "net::ERR_BLOCKED_BY_ORB")),
                Beat::Say(At::Page, missed("script", 0, "")),
                Beat::Browser(missed("script", 401, "")),
            ],
            "not heard, but the script https://widget.example/w.js was answered with status 401",
        ),
    ] {
        let film = without_a_widget(told);
        let ready = film.verdict("ready.fired");
        assert_eq!((ready.outcome, ready.finding.as_str()), (Outcome::Inconclusive, "page-refused"), "{ready:#?}");
        assert!(ready.actual.contains(words), "{words}: {}", ready.actual);
        assert!(!ready.actual.contains("ORB"), "{}", ready.actual);
        assert!(ready.hint.is_some() && !ready.evidence.is_empty(), "{ready:#?}");
        let broken = film.broken();
        assert!(broken.iter().all(|l| l.starts_with('?') || l.starts_with('.')), "{words}: {broken:#?}");
        assert!(broken.contains(&"?event.ENGAGED.fires page-refused (step 3)".to_owned()), "{words}: {broken:#?}");
    }
}

#[test]
fn what_is_not_there_is_refused_by_nobody() {
    for told in [vec![], vec![Beat::Browser(missed("script", 404, ""))]] {
        let verdict = without_a_widget(told).verdict("ready.fired");
        assert_eq!((verdict.outcome, verdict.finding.as_str()), (Outcome::Fail, "missing"), "{verdict:#?}");
    }
}

#[test]
fn a_page_that_was_refused_excuses_no_other_that_is_silent() {
    for what in ["login", "script"] {
        let mut refused = missed(what, 0, if what == "script" { "csp" } else { "" });
        if let Kind::Refused { url, .. } = &mut refused
            && what == "login"
        {
            "https://shop.example/".clone_into(url);
        }
        let alone = vec![Beat::Browser(refused.clone())];
        assert_eq!(without_a_widget(alone).verdict("ready.fired").finding, "page-refused", "{what}");
        let signed_in = vec![Beat::Browser(refused), Beat::Load("https://shop.example/account")];
        let verdict = without_a_widget(signed_in).verdict("ready.fired");
        assert_eq!((verdict.outcome, verdict.finding.as_str()), (Outcome::Fail, "missing"), "{what}: {verdict:#?}");
    }
}

#[test]
fn a_refused_script_excuses_no_widget_that_spoke() {
    for beat in [
        Beat::Browser(missed("script", 403, "")),
        Beat::Say(At::Page, missed("script", 0, "csp")),
        Beat::Browser(missed("script", 0, "net::ERR_CONNECTION_REFUSED")),
    ] {
        let mut film = Film::talk();
        let at = film.at(ENGAGED, 0);
        // Refused before the widget was there, and while its event was awaited.
        film.beats[at] = beat.clone();
        film.insert(film.begin(1), beat.clone());
        let broken = film.broken();
        assert!(broken.contains(&"event.ENGAGED.fires missing (step 3)".to_owned()), "{beat:?}: {broken:#?}");
        assert!(!broken.iter().any(|l| l.contains("page-refused")), "{beat:?}: {broken:#?}");
    }
}

#[test]
fn a_page_that_is_refused_after_the_widget_spoke_on_another_is_told() {
    let mut film = Film::talk();
    let at = film.at(ENGAGED, 0);
    film.beats[at] = Beat::Load("https://shop.example/members");
    film.insert(
        at + 1,
        Beat::Browser(Kind::Refused {
            what: "document".into(),
            url: "https://shop.example/members".into(),
            status: 403,
            reason: String::new(),
        }),
    );
    film.remove(EMAIL).remove(COMPLETED);
    assert_eq!(film.verdict("ready.fired").outcome, Outcome::Pass);
    for at in [EMAIL, COMPLETED] {
        let verdict = film.verdict(&format!("event.{at}.fires"));
        assert_eq!(
            (verdict.outcome, verdict.finding.as_str()),
            (Outcome::Inconclusive, "page-refused"),
            "{verdict:#?}"
        );
        assert!(verdict.hint.unwrap().contains("keeps this machine out"));
    }
}
