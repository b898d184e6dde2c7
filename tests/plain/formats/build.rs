//! A run with every outcome that there is.

use std::sync::LazyLock;

use chatproof::baseline::{self, Known};
use chatproof::cli::assemble::{self, Happened, Terms};
use chatproof::error::Error;
use chatproof::recording::{Ending, Moment, Picture, Recording, Sight, StepError, StepOutcome};
use chatproof::report::Format;
use chatproof::report::model::Report;
use chatproof::report::style::Style;
use chatproof::source::SourceFile;
use serde_json::{Value, json};
use time::macros::date;

use crate::judge::support::{self, Beat, COMPLETED, EMAIL, ENGAGED, Film, TRIGGERED};

pub const SITE: &str = "
spec: adobe-dynamic-chat
base_url: https://shop.example
not_applicable:
  CONVERSATION_INPUT_PHONE: we never ask for a phone number
x-steps: &steps
  - open: /
    fires: CONVERSATION_TRIGGERED
  - click: .launcher
  - click: .pick
    fires: CONVERSATION_ENGAGED
  - fill: .mail
    with: a@b.example
    press: Enter
    fires: CONVERSATION_INPUT_EMAIL
  - click: .end
    fires: CONVERSATION_COMPLETED
journeys:
  known: { steps: *steps }
  flaky: { steps: *steps }
  broken: { steps: *steps }
  stuck: { steps: *steps }
  fine: { steps: *steps }
";

pub const KNOWN: &str = "\
- requirement: event.*.payload.sid
  journey: known
  reason: the vendor is at it
  ticket: CHAT-12
  until: 2026-12-31
- requirement: coverage.CONVERSATION_MEETING_BOOKED
  reason: no calendar on staging yet
  until: 2026-11-01
- requirement: ready.once
  journey: fine
  reason: mended in the meantime
";

pub fn film(journey: &str) -> Film {
    let mut film = Film::new(support::adobe(), SITE, journey);
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).step();
    film.step().fire(ENGAGED).step().fire(EMAIL).step().fire(COMPLETED);
    film
}

pub fn attempt(mut recording: Recording, attempt: u32) -> Recording {
    recording.attempt = attempt;
    if attempt > 1 {
        recording.run.id = format!("{}-{attempt}", recording.run.id);
    }
    recording
}

/// Fails, could not be done, is let pass, comes out well at the second attempt, and all the rest.
pub fn recordings() -> Vec<Recording> {
    let mut known = film("known");
    known.change(ENGAGED, |payload| drop(payload.as_object_mut().map(|payload| payload.remove("sid"))));
    for event in [TRIGGERED, ENGAGED, EMAIL, COMPLETED] {
        known.change(event, |payload| payload["type"] = json!("no such type"));
    }
    known.change_api(|api| {
        let mut other = api.locations[0].constants[0].clone();
        (other.name, other.value, other.same_as) = ("CONVERSATION_SECRET".into(), "secret".into(), 11);
        api.locations[0].constants.push(other);
    });
    let mut unlucky = film("flaky");
    unlucky.remove(COMPLETED);
    let mut broken = film("broken");
    broken.remove(ENGAGED);
    let mut stuck = film("stuck");
    let failed = StepOutcome::Failed(StepError {
        code: "covered".into(),
        message: "`.pick` is covered by <div id=\"consent\">".into(),
        candidates: vec!["<div id=\"consent\">".into()],
    });
    let at = stuck.begin(2);
    stuck.beats.truncate(at);
    stuck.push(Beat::Step(failed, 10_000.0));
    stuck.ending = Ending::StepFailed { step: 2 };
    let (mut unlucky, mut stuck) = (unlucky.record(), stuck.record());
    unlucky.sights = vec![sight(Moment::EventMissing, Some(4)), sight(Moment::End, None)];
    stuck.sights = vec![sight(Moment::StepFailed, Some(2))];
    vec![
        known.record(),
        attempt(unlucky, 1),
        attempt(film("flaky").record(), 2),
        attempt(broken.record(), 1),
        attempt(broken.record(), 2),
        stuck,
        film("fine").record(),
    ]
}

pub fn sight(moment: Moment, step: Option<usize>) -> Sight {
    // The first bytes of a JPEG file.
    let picture = Picture {
        media_type: "image/jpeg".into(),
        width: 2,
        height: 1,
        data: "/9j/".into(),
        outlined: vec![],
        covered: 0,
    };
    Sight {
        moment,
        step,
        actor: "visitor".into(),
        at_ms: 1.0,
        url: String::new(),
        picture: Some(picture),
        tree: None,
        note: String::new(),
    }
}

pub fn terms(known: &str) -> Terms {
    let film = film("fine");
    let names = Known {
        requirements: film.spec.requirement_ids().iter().map(ToString::to_string).collect(),
        constants: film.spec.events.keys().cloned().collect(),
        journeys: film.site.journeys.keys().cloned().collect(),
        browsers: vec!["firefox".into(), "chromium".into()],
    };
    let parsed =
        baseline::parse(SourceFile::new("known.yaml", known), &names).unwrap_or_else(|found| panic!("{found}"));
    Terms { baseline: Some(parsed), today: date!(2026 - 11 - 25), ..Terms::default() }
}

pub fn assembled(recordings: Vec<Recording>, happened: Happened, terms: &Terms) -> Report {
    let film = film("fine");
    let selected: Vec<String> = film.site.journeys.keys().cloned().collect();
    assemble::report(&film.spec, &film.site, recordings, &selected, happened, terms)
}

pub fn every_outcome() -> Report {
    static ONCE: LazyLock<Report> = LazyLock::new(make_every_outcome);
    ONCE.clone()
}

pub fn make_every_outcome() -> Report {
    let missing = Error::Browser { message: "Chromium was not found".into(), help: Some("install it".into()) };
    let happened = Happened { errors: vec![("chromium".into(), missing)], ..Happened::default() };
    let mut report = assembled(recordings(), happened, &terms(KNOWN));
    // A browser that could not be used says nothing about entries; here one that is not needed is to be seen as well.
    let whole = assembled(recordings(), Happened::default(), &terms(KNOWN));
    report.baseline = whole.baseline;
    report
}

/// A run that conforms, but for what is known and what was flaky.
pub fn lenient() -> Report {
    static ONCE: LazyLock<Report> = LazyLock::new(make_lenient);
    ONCE.clone()
}

pub fn make_lenient() -> Report {
    let mut all: Vec<Recording> =
        recordings().into_iter().filter(|r| r.journey != "broken" && r.journey != "stuck").collect();
    all.extend(["broken", "stuck"].map(|journey| film(journey).record()));
    let known = format!("{KNOWN}- requirement: coverage.*\n  reason: only shown here\n");
    assembled(all, Happened::default(), &terms(&known))
}

pub fn render(format: Format, report: &Report) -> String {
    format.render(report, Style::OFF)
}

pub fn json_of(format: Format, report: &Report) -> Value {
    serde_json::from_str(&render(format, report)).expect("JSON")
}

/// Hints are the judge's; what they say is tried with it.
pub fn shown(mut report: Report) -> Report {
    let of_journeys = report.journeys.iter_mut().flat_map(|journey| &mut journey.verdicts);
    for verdict in of_journeys.chain(&mut report.coverage) {
        verdict.hint = verdict.hint.take().map(|_| "what `may` be done".to_owned());
    }
    report
}

pub fn stable(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "[version]")
}
