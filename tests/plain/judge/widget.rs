//! The widget before any conversation: the ready event, the API, the constants.

use chatproof::recording::*;
use chatproof::verdict::Outcome;

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
    let mut ids: Vec<_> = chatproof::judge::requirements(&spec).into_iter().map(|r| r.id).collect();
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
    film.insert(
        at,
        Beat::Say(At::Page, Kind::Api(Box::new(ApiSnapshot { used: None, subscriptions: vec![], ..late }))),
    );
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
        ("object", "[object Object]", Some("wrong-type")),
        ("boolean", "true", Some("wrong-type")),
    ] {
        let mut film = Film::talk();
        film.change_api(|api| {
            let phone = api.locations[0].constants.iter_mut().find(|c| c.name == PHONE).unwrap();
            phone.type_ = type_.into();
            phone.value = value.into();
        });
        let expected: Vec<String> = finding.map(|f| format!("~constant.INPUT_PHONE.usable {f}")).into_iter().collect();
        assert_eq!(film.broken(), expected, "{type_} {value}");
    }
}

#[test]
fn a_constant_without_a_value_is_not_there() {
    for (type_, finding) in [("undefined", "missing"), ("null", "null"), ("throws", "throws")] {
        let mut film = Film::talk();
        film.remove(EMAIL);
        film.change_api(|api| {
            api.locations[0].constants.iter_mut().find(|c| c.name == EMAIL).unwrap().type_ = type_.into();
            api.subscriptions.iter_mut().find(|s| s.constant == EMAIL).unwrap().result = "no-constant".into();
        });
        assert_eq!(
            film.broken(),
            [
                format!("constant.INPUT_EMAIL.present {finding}"),
                "event.INPUT_EMAIL.fires missing (step 4) <- constant.INPUT_EMAIL.present".into(),
            ],
            "{type_}"
        );
    }
}

#[test]
fn the_same_defect_of_several_constants_is_one_headline() {
    let mut film = Film::talk();
    film.change_api(|api| {
        for constant in api.locations[0].constants.iter_mut().filter(|c| [PHONE, EMAIL].contains(&c.name.as_str())) {
            constant.type_ = "object".into();
        }
        api.locations[0].constants.iter_mut().find(|c| c.name == BOOKED).unwrap().value = String::new();
    });
    assert_eq!(
        film.broken(),
        [
            "~constant.INPUT_PHONE.usable wrong-type",
            "~constant.INPUT_EMAIL.usable wrong-type <- constant.INPUT_PHONE.usable",
            "~constant.MEETING_BOOKED.usable empty",
        ]
    );
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
