//! Hand-built runs: a good one, and a bad one with all that can go wrong.

use chatproof::recording::{
    BrowserInfo, Ending, FileCopy, Handled, Kind, Observation, Recording, Registration, RunInfo, StepError,
    StepOutcome, StepRecord,
};
use chatproof::report::Format;
use chatproof::report::model::{EventSummary, JourneyReport, Report, RunError, SpecSummary};
use chatproof::report::style::Style;
use chatproof::source::Span;
use chatproof::verdict::{Level, Outcome, SpecRef, StepRef, Verdict};
use serde_json::{Value, json};

use crate::ids::id;

/// A page's attempt to look like something else.
pub const HOSTILE: &str =
    "Ada\u{1b}[32m ✔ passed\u{1b}[0m\n✔ all fine\r\u{202e}drawkcab\u{0}\u{9b}2J\u{fffe}]]></failure><x a=\"'&";

pub fn browser(name: &str) -> BrowserInfo {
    let firefox = name == "firefox";
    BrowserInfo {
        name: name.into(),
        version: if firefox { "153.0" } else { "156.0.1" }.into(),
        driver: if firefox { "geckodriver" } else { "chromedriver" }.into(),
        driver_version: if firefox { "0.37.1" } else { "156.0.1" }.into(),
        platform: "linux".into(),
        headless: true,
    }
}

pub fn step(index: usize, text: &str, began: f64, acted: f64) -> StepRecord {
    StepRecord {
        index,
        actor: "visitor".into(),
        text: text.into(),
        span: Span { line: 10 + index as u32, column: 9, offset: 0, len: 4, file: 0 },
        by: Vec::new(),
        began_ms: Some(began),
        acted_ms: Some(acted),
        outcome: StepOutcome::Done,
    }
}

/// Observations in order, each `(document, page_ms, kind)`.
pub fn observations(list: Vec<(&str, f64, Kind)>) -> Vec<Observation> {
    list.into_iter()
        .enumerate()
        .map(|(at, (document, ms, kind))| Observation {
            arrival: at as u64,
            actor: "visitor".into(),
            context: "w1".into(),
            document: document.into(),
            seq: Some(at as u64),
            page_ms: Some(1_700_000_000_000.0 + ms),
            heard_ms: None,
            kind,
        })
        .collect()
}

pub fn event(constant: &str, data: Value) -> Kind {
    Kind::Event { constant: constant.into(), subscription: 1, data, arguments: 1, notes: Vec::new(), handler: None }
}

/// `tags.js` registers a handler.
pub fn registered(handler: Option<u64>, constant: Option<&str>) -> Kind {
    Kind::Handler(Box::new(Registration {
        handler,
        constant: constant.map(str::to_owned),
        value_type: "undefined".into(),
        value: String::new(),
        callback: "function".into(),
        name: "track".into(),
        location: "window.Chat".into(),
        script: "https://shop.example/tags.js".into(),
        line: 12,
        column: 3,
        after_ready: true,
        accepted: true,
    }))
}

/// It is called; what it throws is empty if it returns.
pub fn handled(handler: u64, message: &str) -> Kind {
    Kind::Handled(Box::new(Handled {
        handler,
        constant: Some("CHAT_SHOWN".into()),
        by: "registration".into(),
        event: Some(4),
        took_ms: 1.25,
        returned: message.is_empty(),
        promise: false,
        message: message.into(),
        caught: false,
    }))
}

pub fn recording(browser_name: &str, journey: &str) -> Recording {
    Recording {
        format: chatproof::recording::FORMAT.into(),
        chatproof: "0.1.0".into(),
        run: RunInfo {
            id: "r1".into(),
            started_at: "2026-01-02T03:04:05.678Z".into(),
            base_url: "https://staging.example.com".into(),
        },
        spec: FileCopy {
            name: "example-chat (built in)".into(),
            text: "id: example-chat\n".into(),
            included: Vec::new(),
        },
        site: FileCopy { name: "chatproof.yaml".into(), text: "spec: example-chat\n".into(), included: Vec::new() },
        baseline: None,
        browser: browser(browser_name),
        visitor: None,
        journey: journey.into(),
        attempt: 1,
        steps: vec![
            step(0, "open /pricing", 0.0, 612.0),
            step(1, "click launcher", 950.0, 1010.0),
            step(2, "click role=button[name=\"Talk to sales\"]", 1020.0, 1100.0),
        ],
        observations: observations(vec![
            ("d0", 0.0, Kind::Mark { step: 0 }),
            ("d1", 40.0, Kind::Alive { url: "https://staging.example.com/pricing".into(), top: true }),
            ("d1", 200.0, Kind::Ready { target: "window".into(), nth: 1 }),
            ("d1", 512.0, event("CHAT_SHOWN", json!({"data": {"payload": {"sid": "s1"}}}))),
            ("d1", 950.0, Kind::Mark { step: 1 }),
            ("d1", 1020.0, Kind::Mark { step: 2 }),
            ("d1", 1054.4, event("CHAT_ENGAGED", json!({"data": {"payload": {"sid": "s1"}}}))),
            ("d1", 2600.0, Kind::Mark { step: 3 }),
        ]),
        ending: Ending::Complete,
        took_ms: 0.0,
        sights: Vec::new(),
    }
}

pub fn verdict(browser: &str, journey: &str, requirement: &str, outcome: Outcome) -> Verdict {
    Verdict {
        requirement: id(requirement),
        level: Level::Must,
        outcome,
        finding: "ok".into(),
        statement: format!("{requirement} holds"),
        journey: journey.into(),
        browser: browser.into(),
        subject: String::new(),
        expected: String::new(),
        actual: String::new(),
        hint: None,
        reason: None,
        evidence: vec![3],
        step: None,
        spec: SpecRef {
            file: "example-chat (built in)".into(),
            line: 57,
            section: Some("Conversation engaged".into()),
            url: Some("https://docs.example.com/events#engaged".into()),
        },
        caused_by: None,
        waiver: None,
    }
}

pub fn passing(browser: &str, journey: &str) -> Vec<Verdict> {
    ["ready.fired", "event.CHAT_SHOWN.fires", "event.CHAT_ENGAGED.fires", "event.CHAT_ENGAGED.payload.sid"]
        .map(|requirement| verdict(browser, journey, requirement, Outcome::Pass))
        .to_vec()
}

pub fn report(journeys: Vec<JourneyReport>) -> Report {
    let events = ["CHAT_SHOWN", "CHAT_ENGAGED", "CHAT_PHONE"];
    Report {
        spec: SpecSummary {
            id: "example-chat".into(),
            title: "Example Chat events".into(),
            url: "https://docs.example.com/events".into(),
            ready: true,
            payload: ["data", "payload"].map(Into::into).into(),
        },
        site: "chatproof.yaml".into(),
        partial: false,
        journeys,
        coverage: Vec::new(),
        events: events
            .map(|constant| EventSummary {
                constant: constant.into(),
                not_applicable: (constant == "CHAT_PHONE").then(|| "we never ask for a phone number".into()),
            })
            .to_vec(),
        errors: Vec::new(),
        interrupted: false,
        lost: vec![],
        baseline: None,
        fail_on_flaky: false,
    }
}

pub fn journey(browser: &str, name: &str, verdicts: Vec<Verdict>) -> JourneyReport {
    JourneyReport {
        title: "A visitor talks to sales".into(),
        recording: recording(browser, name),
        verdicts,
        earlier: Vec::new(),
        folded: None,
        held: None,
    }
}

/// All is well, in two browsers.
pub fn good() -> Report {
    report(vec![
        journey("chromium", "talk", passing("chromium", "talk")),
        journey("firefox", "talk", passing("firefox", "talk")),
    ])
}

/// One of everything that can go wrong, with a hostile page.
pub fn bad() -> Report {
    let name = "talk";
    let mut broken = journey("firefox", name, passing("firefox", name));
    let own = |requirement: &str, outcome, finding: &str| Verdict {
        finding: finding.into(),
        ..verdict("firefox", name, requirement, outcome)
    };
    broken.verdicts.retain(|verdict| verdict.requirement != "event.CHAT_ENGAGED.fires");
    broken.verdicts.extend([
        Verdict {
            statement: "CHAT_ENGAGED fires when the visitor first responds".into(),
            expected: "CHAT_ENGAGED within 2 s of step 3".into(),
            actual: format!("nothing; the page said {HOSTILE}"),
            hint: Some("It came 3.1 s after the step: raise `within`, or find out what delays it.".into()),
            step: Some(StepRef {
                index: 2,
                text: "click sales".into(),
                file: "chatproof.yaml".into(),
                line: 12,
                by: Vec::new(),
            }),
            ..own("event.CHAT_ENGAGED.fires", Outcome::Fail, "missing")
        },
        Verdict {
            caused_by: Some(id("event.CHAT_ENGAGED.fires")),
            ..own("event.CHAT_ENGAGED.payload.id", Outcome::Inconclusive, "no-event")
        },
        Verdict {
            caused_by: Some(id("event.CHAT_ENGAGED.payload.id")),
            ..own("consistency.id", Outcome::Inconclusive, "no-event")
        },
        Verdict {
            level: Level::Should,
            reason: Some("the page names the field but not its spellings".into()),
            expected: "one of \"dialogue\", \"flow\"".into(),
            actual: "\"Dialog\"".into(),
            ..own("event.CHAT_SHOWN.payload.type.spelling", Outcome::Warn, "unknown-spelling")
        },
        Verdict {
            level: Level::Record,
            actual: "CHAT_SECRET, CHAT_OTHER".into(),
            ..own("constants.undocumented", Outcome::Warn, "undocumented")
        },
        Verdict { subject: "step 2".into(), ..own("events.unexpected", Outcome::Fail, "unexpected") },
        Verdict { subject: "step 2".into(), ..own("events.unexpected", Outcome::Fail, "unexpected") },
        Verdict {
            reason: Some("we never ask for a phone number".into()),
            ..own("event.CHAT_PHONE.coverage", Outcome::Waived, "not-applicable")
        },
    ]);
    let observed = &mut broken.recording.observations;
    let more = observations(vec![
        ("d1", 2650.0, Kind::PageError { message: HOSTILE.into(), source: "https://x.example/a.js".into(), line: 7 }),
        (
            "d1",
            2660.0,
            Kind::Dialog { dialog: "alert".into(), message: HOSTILE.into(), answer: "accepted".into(), by_step: false },
        ),
    ]);
    observed.extend(more);
    for (at, observation) in observed.iter_mut().enumerate() {
        observation.arrival = at as u64;
    }
    let mut stuck = journey(
        "firefox",
        "book a meeting",
        vec![Verdict {
            hint: Some("The journey ended at step 2.".into()),
            journey: "book a meeting".into(),
            ..own("event.CHAT_ENGAGED.fires", Outcome::Inconclusive, "step-not-begun")
        }],
    );
    stuck.recording.steps[1].outcome = StepOutcome::Failed(StepError {
        code: "covered".into(),
        message: format!("`launcher` is covered by <div class=\"{HOSTILE}\">"),
        candidates: vec!["<div id=\"consent\">".into()],
    });
    stuck.recording.steps[2].outcome = StepOutcome::NotBegun;
    stuck.recording.steps[2].began_ms = None;
    stuck.recording.steps[2].acted_ms = None;
    stuck.recording.ending = Ending::StepFailed { step: 1 };
    stuck.recording.observations.truncate(5);
    let mut report = report(vec![broken, stuck]);
    report.coverage.push(Verdict {
        statement: "some journey fires CHAT_PHONE".into(),
        journey: String::new(),
        ..own("coverage.CHAT_PHONE", Outcome::NotReached, "not-reached")
    });
    report.events[2].not_applicable = None;
    report.errors.push(RunError {
        browser: "chromium".into(),
        message: "chromedriver was not found on this machine".into(),
        help: Some("to get chromedriver:\nDebian:  sudo apt-get install chromium-driver".into()),
    });
    report
}

pub fn terminal(report: &Report) -> String {
    Format::Terminal.render(report, Style::OFF)
}

pub fn junit(report: &Report) -> String {
    Format::Junit.render(report, Style::OFF)
}

pub fn as_json(report: &Report) -> String {
    Format::Json.render(report, Style::OFF)
}

pub fn stable(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "[version]")
}
