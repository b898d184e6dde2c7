//! Reports over hand-built runs: what a person reads, what a CI server reads, what a program reads, and that no page
//! can write into any of them.

use chatproof::recording::{CopyNote, Ending, Kind, Moment, Picture, Recording, Sight, StepError, StepOutcome, Tree};
use chatproof::report::model::{LostSession, Report, RunError};
use chatproof::report::style::Style;
use chatproof::report::{self, Format, Request};
use chatproof::verdict::{Level, Outcome, Verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

mod build;

use build::*;

use crate::ids::id;

#[test]
fn what_the_page_listens_to_is_told_for_each_journey() {
    let mut all = good();
    let recording = &mut all.journeys[0].recording;
    recording.run.base_url = "https://shop.example".into();
    let mut more = observations(vec![
        ("d1", 900.0, registered(Some(1), Some("CHAT_SHOWN"))),
        ("d1", 901.0, handled(1, "")),
        ("d1", 902.0, handled(1, "")),
    ]);
    recording.observations.append(&mut more);
    // All is well: a line will do.
    assert!(terminal(&all).contains("the page's own handlers: 1, 2 calls\n"), "{}", terminal(&all));
    assert!(!terminal(&all).contains("tags.js"));
    let mut more = observations(vec![
        ("d1", 903.0, handled(1, "TypeError: \u{1b}[2Jga")),
        ("d1", 904.0, registered(Some(2), None)),
    ]);
    all.journeys[0].recording.observations.append(&mut more);
    let text = terminal(&all);
    for line in [
        "the page's own handlers: 2, 3 calls, 1 failed",
        "CHAT_SHOWN   after ready  ×3  1 ms  ✘ 1  /tags.js:12",
        "(undefined)  after ready  not called     /tags.js:12",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let json: Value = serde_json::from_str(&as_json(&all)).unwrap();
    assert_valid(&schema("report.schema.json"), &json);
    let handler = &json["journeys"][0]["handlers"][0];
    assert_eq!((&handler["calls"], &handler["failures"], &handler["line"]), (&json!(3), &json!(1), &json!(12)));
}

#[test]
fn a_conforming_run_for_a_person() {
    insta::assert_snapshot!(terminal(&good()));
}

#[test]
fn a_broken_run_for_a_person() {
    let text = terminal(&bad());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "a line is wider than a terminal:\n{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_broken_run_for_a_ci_server() {
    insta::assert_snapshot!(stable(&junit(&bad())));
}

#[test]
fn a_broken_run_for_a_program() {
    insta::assert_snapshot!(stable(&as_json(&bad())));
}

#[test]
fn colour_only_adds_escape_codes() {
    for report in [good(), bad()] {
        let coloured = Format::Terminal.render(&report, Style { on: true });
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), terminal(&report));
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for format in Format::ALL {
        assert_eq!(format.render(&bad(), Style::OFF), format.render(&bad(), Style::OFF));
    }
}

/// Twenty thousand events are a number, not twenty thousand lines.
#[test]
fn a_burst_of_events_is_told_by_number() {
    let mut report = good();
    let burst = (0..20_000).map(|at| ("d1", 1100.0 + f64::from(at) / 10.0, event("CHAT_ENGAGED", json!(at))));
    let marks = ["d1"].map(|document| (document, 1020.0, Kind::Mark { step: 2 }));
    report.journeys[0].recording.observations = observations(marks.into_iter().chain(burst).collect());
    let text = terminal(&report);
    assert!(text.contains("CHAT_ENGAGED  × 20,000  +80 ms … +2.08 s"), "{text}");
    assert!(text.lines().count() < 60);
    assert_eq!(
        serde_json::from_str::<Value>(&as_json(&report)).unwrap()["journeys"][0]["events"].as_array().unwrap().len(),
        1000
    );
}

/// An event heard in a document that is younger than the step counts from the step's mark elsewhere.
#[test]
fn events_are_placed_after_their_step() {
    let heard = report::summary::events(&good().journeys[0].recording)
        .iter()
        .map(|event| (event.constant.to_owned(), event.step, event.latency_ms.map(f64::round)))
        .collect::<Vec<_>>();
    assert_eq!(
        heard,
        [("CHAT_SHOWN".to_owned(), Some(0), Some(512.0)), ("CHAT_ENGAGED".to_owned(), Some(2), Some(34.0)),]
    );
}

/// A page that is told "ready" twice subscribes twice; that is one event still.
#[test]
fn an_event_heard_by_two_subscriptions_is_one() {
    let mut recording = recording("firefox", "talk");
    let by = |subscription, data| Kind::Event {
        constant: "CHAT_SHOWN".into(),
        subscription,
        data,
        arguments: 1,
        notes: Vec::new(),
        handler: None,
    };
    recording.observations = observations(vec![
        ("d1", 1.0, by(1, json!(1))),
        ("d1", 1.0, by(2, json!(1))),
        ("d1", 2.0, by(1, json!(1))),
        ("d1", 2.0, by(2, json!(1))),
        ("d1", 3.0, by(2, json!(2))),
    ]);
    assert_eq!(report::summary::events(&recording).len(), 3);
}

/// One root cause, one headline: what is missing in each journey is told once per browser.
#[test]
fn what_was_told_is_not_told_again() {
    let missing = |journey: &str| Verdict {
        finding: "missing".into(),
        hint: Some("A hint that is told once.".into()),
        ..verdict("firefox", journey, "constant.CHAT_PHONE.present", Outcome::Fail)
    };
    let text = terminal(&report(vec![
        journey("firefox", "one", vec![missing("one")]),
        journey("firefox", "two", vec![missing("two")]),
    ]));
    assert_eq!(text.matches("A hint that is told once.").count(), 1, "{text}");
    assert!(text.contains("missing, as in one"), "{text}");
}

/// Verdicts that blame each other, or something that isn't there, are still told.
#[test]
fn no_verdict_is_lost_to_a_circle() {
    let blames = |requirement: &str, cause: &str| Verdict {
        caused_by: Some(id(cause)),
        ..verdict("firefox", "talk", requirement, Outcome::Fail)
    };
    let text = terminal(&report(vec![journey(
        "firefox",
        "talk",
        vec![blames("a.b", "c.d"), blames("c.d", "a.b"), blames("e.f", "e.f"), blames("g.h", "nowhere")],
    )]));
    for id in ["a.b", "c.d", "e.f", "g.h"] {
        assert!(text.contains(&format!("rule      {id}")), "{id} is lost:\n{text}");
    }
}

#[test]
fn exit_codes() {
    let with = |outcome, level| {
        let mut verdicts = passing("firefox", "talk");
        verdicts.push(Verdict { level, ..verdict("firefox", "talk", "a.b", outcome) });
        report(vec![journey("firefox", "talk", verdicts)])
    };
    let code = report::exit_code;
    assert_eq!(code(&good()), 0);
    assert_eq!(code(&bad()), 1);
    assert_eq!(code(&with(Outcome::Fail, Level::Must)), 1);
    assert_eq!(code(&with(Outcome::NotReached, Level::Must)), 1);
    assert_eq!(code(&with(Outcome::NotReached, Level::Record)), 0);
    assert_eq!(code(&with(Outcome::Inconclusive, Level::Must)), 3);
    assert_eq!(code(&with(Outcome::Inconclusive, Level::Record)), 0);
    assert_eq!(code(&with(Outcome::Warn, Level::Should)), 0);
    assert_eq!(code(&with(Outcome::Waived, Level::Must)), 0);
    assert_eq!(code(&report(Vec::new())), 3, "zero checks is never success");
    assert_eq!(code(&report(vec![journey("firefox", "talk", Vec::new())])), 3, "zero checks is never success");

    let mut broken = good();
    broken.journeys[0].recording.ending = Ending::Broken { message: "the browser has gone".into() };
    assert_eq!(code(&broken), 3);
    broken.journeys[1].verdicts.push(verdict("firefox", "talk", "a.b", Outcome::Fail));
    assert_eq!(code(&broken), 1, "a breach wins over a doubt");
    broken.interrupted = true;
    assert_eq!(code(&broken), 130, "an interrupt wins over all");

    let mut failed = good();
    failed.errors.push(RunError { browser: "firefox".into(), message: "it has died".into(), help: None });
    assert_eq!(code(&failed), 3);
}

/// Every format says the same as the exit code.
#[test]
fn the_conclusion_has_one_voice() {
    for (report, said) in
        [(good(), "Conforms: "), (bad(), "Does not conform: "), (report(Vec::new()), "Could not judge: ")]
    {
        assert!(terminal(&report).contains(said), "{said}");
        let value: Value = serde_json::from_str(&as_json(&report)).unwrap();
        assert!(value["conclusion"]["sentence"].as_str().unwrap().starts_with(said));
        assert_eq!(value["conclusion"]["exit_code"], report::exit_code(&report));
        let parsed = quick_junit::Report::deserialize_from_str(&junit(&report)).unwrap();
        assert_eq!(parsed.failures + parsed.errors == 0, report::exit_code(&report) == 0, "{said}");
    }
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = format!("{}/specs/{name}", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(schema: &jsonschema::Validator, value: &Value) {
    let errors: Vec<String> =
        schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_keeps_its_schema() {
    let schema = schema("report.schema.json");
    for report in [good(), bad(), report(Vec::new()), lost()] {
        assert_valid(&schema, &serde_json::from_str(&as_json(&report)).unwrap());
    }
}

/// A run that conforms, though a session was lost.
fn lost() -> Report {
    let message = "the driver has gone".to_owned();
    let of = |session, frame| LostSession {
        browser: "firefox".into(),
        session,
        message: message.clone(),
        frame,
        returned: 2,
    };
    Report { lost: vec![of(2, false), of(1, true)], ..good() }
}

#[test]
fn a_lost_session_is_told_and_costs_no_verdict() {
    for format in [Format::Terminal, Format::Html, Format::Markdown] {
        let text = format.render(&lost(), Style::OFF);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = "session 2 of firefox was lost, and 2 journeys were run again: the driver has gone";
        assert!(text.contains(told), "{format:?}: {text}");
        assert!(
            text.contains("in a session of firefox a frame was lost, and 2 journeys were run again"),
            "{format:?}: {text}"
        );
    }
    let json: Value = serde_json::from_str(&as_json(&lost())).unwrap();
    assert_eq!(json["lost_sessions"][0]["message"], "the driver has gone");
    assert_eq!(json["conclusion"], serde_json::from_str::<Value>(&as_json(&good())).unwrap()["conclusion"]);
    assert!(json.get("lost_sessions").is_some() && !as_json(&good()).contains("lost_sessions"));
}

/// Each kind of observation, step and ending, so that the schema can't lag behind the types.
#[test]
fn recordings_keep_their_schema() {
    use chatproof::recording::{ApiLocation, ApiSnapshot, Constant, Ear, Place, Silent, Subscription, Unheard};
    let schema = schema("recording.schema.json");
    let mut recording = bad().journeys[1].recording.clone();
    recording.steps[0].outcome = StepOutcome::Skipped { message: "no such element".into() };
    let api = ApiSnapshot {
        when: "ready".into(),
        locations: vec![ApiLocation {
            name: "window.Chat".into(),
            object: "object".into(),
            subscribe: "function".into(),
            constants_object: "object".into(),
            constants: vec![Constant {
                name: "CHAT_SHOWN".into(),
                type_: "string".into(),
                value: "chat.shown".into(),
                same_as: 0,
            }],
        }],
        used: Some("window.Chat".into()),
        subscriptions: vec![
            Subscription { constant: "CHAT_SHOWN".into(), result: "ok".into(), message: String::new() },
            Subscription { constant: "CHAT_PHONE".into(), result: "threw".into(), message: "no".into() },
        ],
        places: vec![Place {
            location: "window.Chat".into(),
            subscription: 1,
            callbacks: 2,
            same_as: Some("bare globals".into()),
            subscriptions: vec![],
            refused: vec![Subscription { constant: "CHAT_SHOWN".into(), result: "threw".into(), message: "no".into() }],
        }],
        replaced: vec!["window.Chat".into()],
    };
    recording.observations = observations(vec![
        ("d1", 0.0, Kind::Alive { url: "about:blank".into(), top: true }),
        ("d1", 1.0, Kind::Mark { step: 0 }),
        ("", 1.5, Kind::PressedAgain { step: 0 }),
        ("", 1.7, Kind::FrameLost { url: "https://x.example/".into() }),
        ("d1", 2.0, Kind::Ready { target: "window".into(), nth: 1 }),
        ("d1", 3.0, Kind::Api(Box::new(api))),
        (
            "d1",
            4.0,
            Kind::Event {
                constant: "CHAT_SHOWN".into(),
                subscription: 1,
                data: json!({"data": null}),
                arguments: 2,
                notes: vec![CopyNote { path: "data".into(), what: "cycle".into() }],
                handler: Some(7),
            },
        ),
        ("d1", 5.0, Kind::PageError { message: "x".into(), source: String::new(), line: 0 }),
        ("d1", 6.0, Kind::Navigation { url: "https://x.example/".into(), phase: "committed".into() }),
        ("d1", 7.0, Kind::Unload),
        ("d1", 7.5, Kind::Shown),
        (
            "",
            8.0,
            Kind::Dialog { dialog: "alert".into(), message: "x".into(), answer: "accepted".into(), by_step: false },
        ),
        ("", 9.0, Kind::ContextGone),
        ("", 10.0, Kind::Deaf { url: "https://x.example/".into(), message: "x".into() }),
        ("d1", 11.0, Kind::Dropped { count: 3 }),
        ("d1", 12.0, registered(Some(1), Some("CHAT_SHOWN"))),
        ("d1", 13.0, handled(1, "TypeError: ga is not a function")),
        (
            "d1",
            14.0,
            Kind::HandlerRejected { handler: 1, constant: Some("CHAT_SHOWN".into()), message: "Error: x".into() },
        ),
        ("d1", 15.0, Kind::HandlerRemoved { handler: 1, constant: None, by: "off".into() }),
        (
            "d1",
            16.0,
            Kind::HandlersWatched { location: "window.Chat".into(), state: "watched".into(), after_ready: true },
        ),
        ("d1", 17.0, Kind::HandlersUnsaid { count: 3 }),
        (
            "d1",
            17.1,
            Kind::Unheard(Box::new(Unheard {
                constant: "CHAT_SHOWN".into(),
                event: 4,
                silent: [Ear::First, Ear::Second, Ear::Again, Ear::Place, Ear::Dropped]
                    .map(|which| Silent { subscription: 1, which })
                    .into(),
                after_all: vec![Silent { subscription: 1, which: Ear::Second }],
            })),
        ),
        (
            "d1",
            17.2,
            Kind::HeardOtherwise {
                constant: "CHAT_SHOWN".into(),
                event: 4,
                subscription: 2,
                data: json!({}),
                notes: vec![CopyNote { path: "data".into(), what: "cycle".into() }],
            },
        ),
        ("d1", 17.3, Kind::PayloadChanged { constant: "CHAT_SHOWN".into(), event: 4, data: json!(1), notes: vec![] }),
        ("", 18.0, Kind::Advanced { by_ms: 600_000.0, timers: 1, kept: vec!["1 worker".into()] }),
    ]);
    recording.observations[10].seq = None;
    recording.observations[10].page_ms = None;
    recording.observations[10].heard_ms = Some(10.0);
    recording.sights = [Moment::StepFailed, Moment::EventMissing, Moment::End]
        .map(|moment| Sight {
            moment,
            step: (moment != Moment::End).then_some(1),
            actor: "visitor".into(),
            at_ms: 12.5,
            url: "https://x.example/".into(),
            picture: Some(Picture {
                media_type: "image/jpeg".into(),
                width: 1280,
                height: 800,
                data: "AAAA".into(),
                outlined: vec!["<button>Send</button>".into()],
                covered: 1,
            }),
            tree: Some(Tree { text: "button \"Send\"".into(), within: "#chat".into(), cut: true }),
            note: "x".into(),
        })
        .into();
    for ending in
        [Ending::Complete, Ending::StepFailed { step: 1 }, Ending::Interrupted, Ending::Broken { message: "x".into() }]
    {
        recording.ending = ending;
        let value = serde_json::to_value(&recording).unwrap();
        assert_valid(&schema, &value);
        assert_eq!(serde_json::from_value::<Recording>(value).unwrap(), recording);
    }
    let mut other = serde_json::to_value(&recording).unwrap();
    other["format"] = json!("chatproof-recording/2");
    assert!(!schema.is_valid(&other));
}

/// What servers rely on: it is XML, no two cases share a name, and nothing that went wrong is without a message.
#[test]
fn junit_is_what_servers_read() {
    let parsed = quick_junit::Report::deserialize_from_str(&junit(&bad())).unwrap();
    let mut names = std::collections::HashSet::new();
    for case in parsed.test_suites.iter().flat_map(|suite| &suite.test_cases) {
        assert!(names.insert((case.classname.clone(), case.name.clone())), "twice: {case:?}");
        if let quick_junit::TestCaseStatus::NonSuccess { message, ty, description, .. } = &case.status {
            assert!(message.as_ref().is_some_and(|message| !message.trim().is_empty()), "{case:?}");
            assert!(ty.is_some() && description.is_some(), "{case:?}");
        }
    }
    let suites: Vec<&str> = parsed.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(suites, ["firefox / talk", "firefox / book a meeting", "firefox / coverage", "chatproof / run"]);
    let sums = parsed.test_suites.iter().fold((0, 0, 0), |(t, f, e), s| (t + s.tests, f + s.failures, e + s.errors));
    assert_eq!(sums, (parsed.tests, parsed.failures, parsed.errors));
}

#[test]
fn formats_are_named_on_the_command_line() {
    let request = |text: &str| text.parse::<Request>();
    assert_eq!(request("json"), Ok(Request { format: Format::Json, path: None }));
    assert_eq!(request("junit=-"), Ok(Request { format: Format::Junit, path: None }));
    assert_eq!(request("json=a=b.json"), Ok(Request { format: Format::Json, path: Some("a=b.json".into()) }));
    assert!(request("xml").unwrap_err().contains("terminal, html, json, junit"));
    assert!(request("json=").is_err());
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/report.json");
    report::write(&path, "one").unwrap();
    report::write(&path, "two").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    let error = report::write(&path.join("below-a-file"), "x").unwrap_err();
    assert!(error.to_string().starts_with("can't write "), "{error}");
    assert!(report::write(directory.path(), "x").is_err(), "a directory is no file");
}

#[test]
fn recordings_have_files_of_their_own() {
    let name = |journey: &str| report::recording_name(&recording("firefox", journey));
    assert_eq!(name("live-chat"), "firefox-live-chat.json");
    assert_ne!(name("live chat"), name("live/chat"));
    assert!(!name("../../etc/passwd").contains('/'));
    // Where a disk knows no capitals, they would share one.
    assert_ne!(name("Live").to_lowercase(), name("live").to_lowercase());
    let directory = tempfile::tempdir().unwrap();
    let path = report::save_recording(directory.path(), &recording("firefox", "talk")).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(serde_json::from_str::<Recording>(&text).unwrap(), recording("firefox", "talk"));
}

/// A run in which the page put `text` wherever it can put one.
fn spoiled(text: &str) -> Report {
    let mut report = bad();
    for journey in &mut report.journeys {
        for verdict in &mut journey.verdicts {
            verdict.actual = text.into();
            verdict.subject = text.into();
            verdict.hint = Some(text.into());
        }
        let kinds = vec![
            ("d1", 0.0, Kind::Mark { step: 0 }),
            ("d1", 1.0, event(text, json!({ text: [text] }))),
            ("d1", 2.0, Kind::PageError { message: text.into(), source: text.into(), line: 1 }),
            (
                "d1",
                3.0,
                Kind::Dialog { dialog: text.into(), message: text.into(), answer: text.into(), by_step: false },
            ),
            ("d1", 4.0, Kind::Deaf { url: text.into(), message: text.into() }),
        ];
        journey.recording.observations = observations(kinds);
        journey.recording.ending = Ending::Broken { message: text.into() };
        journey.recording.steps[0].outcome = StepOutcome::Failed(StepError {
            code: "covered".into(),
            message: text.into(),
            candidates: vec![text.into()],
        });
        journey.recording.browser.version = text.into();
        journey.recording.browser.platform = text.into();
    }
    report.errors[0].message = text.into();
    report
}

/// Holds for any text at all; characters that are trouble come often.
fn hostile_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        3 => any::<char>(),
        1 => proptest::char::range('\u{0}', '\u{9f}'),
        1 => proptest::char::range('\u{2000}', '\u{206f}'),
        1 => prop::sample::select(vec!['\u{1b}', '\u{9b}', '\n', '\u{fffe}', '\u{ffff}', '<', '&', ']', '"', '\u{202e}']),
    ];
    prop::collection::vec(character, 0..60).prop_map(|characters| characters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_page_can_write_into_a_report(text in hostile_text()) {
        let report = spoiled(&text);
        let sound = |c: char| c == '\n' || !report::text::is_hostile(c);
        for format in Format::ALL {
            let out = format.render(&report, Style::OFF);
            prop_assert!(out.chars().all(sound), "{}: {:?}", format.name(), out);
        }
        // A line that the page begins would be flush left, or look like one of ours.
        let lines = terminal(&report).lines().count();
        prop_assert!(lines < 400, "{} lines", lines);
        prop_assert!(quick_junit::Report::deserialize_from_str(&junit(&report)).is_ok());
        let value: Value = serde_json::from_str(&as_json(&report)).unwrap();
        prop_assert_eq!(value["journeys"][0]["verdicts"][0]["actual"].as_str(), Some(text.as_str()));
    }
}
