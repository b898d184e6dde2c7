//! A run with every outcome that there is, in every format: what CI servers, dashboards and harnesses rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use build::*;
use chatproof::cli::assemble::{Happened, Terms};
use chatproof::report::model::Report;
use chatproof::report::style::Style;
use chatproof::report::{self, Format, github, markdown, summary};
use chatproof::verdict::RequirementId;
use serde_json::{Value, json};
use tap::{Point, tap};

use crate::judge::support::BOOKED;

pub mod build;
mod tap;

/// The reports that `make validate` shows to other programs, and that there is one of each outcome in them.
#[test]
fn every_outcome_is_there() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every-outcome");
    for (name, report) in [
        ("all", every_outcome()),
        ("lenient", lenient()),
        ("none", assembled(vec![], Happened::default(), &Terms::default())),
    ] {
        for format in Format::ALL {
            let text = format.render_with(&report, Style::OFF, Some("out/shots"));
            report::write(&folder.join(format!("{name}.{}", format.name())), &text).unwrap();
        }
    }
    let totals = summary::totals(&every_outcome());
    let all =
        [totals.pass, totals.fail, totals.warn, totals.noted, totals.inconclusive, totals.not_reached, totals.waived];
    assert!(all.iter().all(|number| *number > 0), "{totals:#?}");
    assert_eq!((totals.known, totals.flaky, totals.retries, totals.errors), (2, 1, 2, 1));
}

#[test]
fn for_a_person_at_a_terminal() {
    insta::assert_snapshot!(render(Format::Terminal, &shown(every_outcome())));
}

#[test]
fn for_a_person_on_github() {
    insta::assert_snapshot!(render(Format::Markdown, &shown(every_outcome())));
}

#[test]
fn for_a_harness() {
    // Hundreds of points that say nothing are left out.
    let text = stable(&render(Format::Tap, &lenient()));
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("    ok ") || line.contains(" # ")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Every format says the same as the exit code.
#[test]
fn the_conclusion_has_one_voice() {
    let strict = |mut report: Report| {
        report.baseline.as_mut().expect("a baseline").strict = true;
        report
    };
    let flaky = |mut report: Report| {
        report.fail_on_flaky = true;
        report
    };
    for (report, code) in [(every_outcome(), 1), (lenient(), 0), (strict(lenient()), 1), (flaky(lenient()), 1)] {
        assert_eq!(report::exit_code(&report), code);
        let sentence = summary::sentence(&report);
        assert!(sentence.starts_with(if code == 0 { "Conforms: " } else { "Does not conform: " }), "{sentence}");
        let fine = code == 0;
        assert_eq!(json_of(Format::Json, &report)["conclusion"]["exit_code"], code);
        let junit = quick_junit::Report::deserialize_from_str(&render(Format::Junit, &report)).unwrap();
        assert_eq!(junit.failures + junit.errors == 0, fine, "JUnit: {sentence}");
        let ctrf = json_of(Format::Ctrf, &report);
        let bad = ctrf["results"]["summary"]["failed"].as_u64().unwrap()
            + ctrf["results"]["summary"]["other"].as_u64().unwrap();
        assert_eq!(bad == 0, fine, "CTRF: {sentence}");
        assert_eq!(ctrf["results"]["environment"]["healthy"], fine);
        assert_eq!(
            tap(&render(Format::Tap, &report)).iter().all(|point| point.ok || point.todo),
            fine,
            "TAP: {sentence}"
        );
        let sign = if fine { "## ✅ " } else { "## ❌ " };
        assert!(render(Format::Markdown, &report).starts_with(sign));
        assert_eq!(annotations(&report).iter().all(|line| line.starts_with("::warning ")), fine, "GitHub: {sentence}");
    }
}

#[test]
fn json_keeps_its_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for report in [every_outcome(), lenient()] {
        let value = json_of(Format::Json, &report);
        let errors: Vec<String> = schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let value = json_of(Format::Json, &every_outcome());
    let flaky = value["journeys"].as_array().unwrap().iter().find(|journey| journey["name"] == "flaky").unwrap();
    assert_eq!((flaky["flaky"].clone(), flaky["attempt"].clone()), (json!(true), json!(2)));
    assert!(flaky["earlier"][0]["reasons"][0].as_str().unwrap().contains("COMPLETED"), "{flaky:#}");
    assert_eq!(value["baseline"]["stale"][0]["why"], "expired");
    assert_eq!(value["baseline"]["stale"][1]["why"], "unneeded");
}

/// A known failure with its reason, ticket and last day, in each format.
#[test]
fn nothing_that_is_waived_is_hidden() {
    let report = every_outcome();
    // Numbers and times have no reasons.
    let silent = |format: &Format| matches!(format, Format::Openmetrics | Format::Otlp);
    for format in Format::ALL.into_iter().filter(|format| !silent(format)) {
        let text = render(format, &report);
        for part in ["the vendor is at it", "CHAT-12", "2026-12-31", "no calendar on staging yet"] {
            assert!(text.contains(part), "{}: {part} is not told:\n{text}", format.name());
        }
    }
}

fn cases(report: &Report) -> Vec<quick_junit::TestCase> {
    let parsed = quick_junit::Report::deserialize_from_str(&render(Format::Junit, report)).unwrap();
    parsed.test_suites.into_iter().flat_map(|suite| suite.test_cases).collect()
}

/// A case with this end of its class name and this beginning of its name.
fn case(report: &Report, class: &str, name: &str) -> quick_junit::TestCase {
    let is = |case: &quick_junit::TestCase| {
        case.classname.as_ref().is_some_and(|own| own.as_str().ends_with(class)) && case.name.as_str().starts_with(name)
    };
    cases(report).into_iter().find(is).unwrap_or_else(|| panic!("no case {class} {name}"))
}

#[test]
fn junit_tells_what_was_tried_again() {
    use quick_junit::{NonSuccessKind, TestCaseStatus};
    let report = every_outcome();
    for name in ["event.CONVERSATION_COMPLETED.fires", "journey is not flaky"] {
        match case(&report, ".flaky", name).status {
            TestCaseStatus::Success { flaky_runs } => {
                assert_eq!(flaky_runs.len(), 1, "{name}");
                assert_eq!(flaky_runs[0].kind, NonSuccessKind::Failure);
                assert!(flaky_runs[0].message.as_ref().unwrap().as_str().starts_with("attempt 1: "), "{flaky_runs:?}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    match case(&report, ".broken", "event.CONVERSATION_ENGAGED.fires").status {
        TestCaseStatus::NonSuccess { kind, reruns, .. } => {
            assert_eq!((kind, reruns.runs.len()), (NonSuccessKind::Failure, 1));
        }
        other => panic!("{other:?}"),
    }
    match case(&report, ".known", "event.CONVERSATION_ENGAGED.payload.sid").status {
        TestCaseStatus::Skipped { message, .. } => {
            assert_eq!(message.unwrap().as_str(), "known failure: the vendor is at it (CHAT-12, until 2026-12-31)")
        }
        other => panic!("{other:?}"),
    }
    let names: BTreeSet<_> = cases(&report).iter().map(|c| (c.classname.clone(), c.name.clone())).collect();
    assert_eq!(names.len(), cases(&report).len(), "no two cases share a name");
}

/// Where Jenkins and GitLab look for them: in the output of the case that they show.
#[test]
fn screenshots_are_named_where_servers_look() {
    let report = every_outcome();
    let junit = Format::Junit.render_with(&report, Style::OFF, Some("out/shots"));
    let parsed = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    let mut named = BTreeMap::new();
    for case in parsed.test_suites.iter().flat_map(|suite| &suite.test_cases) {
        let reruns = match &case.status {
            quick_junit::TestCaseStatus::Success { flaky_runs } => flaky_runs.as_slice(),
            _ => &[],
        };
        let outputs = reruns.iter().map(|rerun| &rerun.system_out).chain([&case.system_out]).flatten();
        for line in outputs.flat_map(|output| output.as_str().lines()) {
            if let Some(path) = line.strip_prefix("[[ATTACHMENT|").and_then(|rest| rest.strip_suffix("]]")) {
                let class = case.classname.as_ref().unwrap().as_str();
                named.insert(path.to_owned(), format!("{class} {}", case.name.as_str()));
            }
        }
    }
    let told: Vec<(&str, &str)> = named.iter().map(|(path, case)| (path.as_str(), case.as_str())).collect();
    assert_eq!(
        told,
        [
            (
                "out/shots/firefox-flaky-01-step-5-event-missing.jpg",
                "chatproof.firefox.flaky event.CONVERSATION_COMPLETED.fires [step 5]"
            ),
            ("out/shots/firefox-stuck-01-step-3-failed.jpg", "chatproof.firefox.stuck.steps step 03: visitor: act 3"),
        ]
    );
    let ctrf: Value = serde_json::from_str(&Format::Ctrf.render_with(&report, Style::OFF, Some("out/shots"))).unwrap();
    let tests = ctrf["results"]["tests"].as_array().unwrap();
    let stuck = tests.iter().find(|test| test["testId"] == "firefox/stuck/steps/step 03: visitor: act 3").unwrap();
    assert_eq!(stuck["attachments"][0]["path"], "out/shots/firefox-stuck-01-step-3-failed.jpg");
    assert_eq!(stuck["attachments"][0]["contentType"], "image/jpeg");

    // Without files there is nothing to name.
    assert!(!render(Format::Junit, &report).contains("ATTACHMENT"));
    let folder = tempfile::tempdir().unwrap();
    let written = report::write_pictures(&folder.path().join("out/junit.xml"), &report).unwrap().unwrap();
    let bytes = std::fs::read(written.join("firefox-stuck-01-step-3-failed.jpg")).unwrap();
    assert_eq!(bytes, [0xff, 0xd8, 0xff]);
    assert_eq!(
        report::write_pictures(folder.path(), &assembled(vec![], Happened::default(), &Terms::default())).unwrap(),
        None
    );
}

/// What the format's schema demands, as far as it can be told without it; `make validate` asks the schema itself.
#[test]
fn ctrf_counts_and_names() {
    let report = every_outcome();
    let ctrf = json_of(Format::Ctrf, &report);
    let tests = ctrf["results"]["tests"].as_array().unwrap();
    let sum = &ctrf["results"]["summary"];
    let count = |status: &str| tests.iter().filter(|test| test["status"] == status).count();
    for status in ["passed", "failed", "skipped", "pending", "other"] {
        assert_eq!(sum[status], count(status), "{status}");
    }
    assert_eq!(sum["tests"], tests.len());
    assert_eq!(sum["flaky"], tests.iter().filter(|test| test["flaky"] == true).count());
    assert!(count("failed") > 0 && count("other") > 0 && count("skipped") > 0);
    let ids: BTreeSet<&str> = tests.iter().map(|test| test["testId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), tests.len(), "ids are unique");
    let raw: BTreeMap<&str, &str> =
        tests.iter().map(|test| (test["rawStatus"].as_str().unwrap(), test["status"].as_str().unwrap())).collect();
    for (outcome, status) in [
        ("pass", "passed"),
        ("warn", "passed"),
        ("noted", "passed"),
        ("fail", "failed"),
        ("not-reached", "failed"),
        ("inconclusive", "other"),
        ("error", "other"),
        ("waived", "skipped"),
        ("not-begun", "skipped"),
        ("flaky", "passed"),
    ] {
        assert_eq!(raw.get(outcome), Some(&status), "{outcome}");
    }
    let start = sum["start"].as_i64().unwrap();
    assert_eq!(start, 1_893_456_000_000, "2030-01-01T00:00:00Z");
    assert!(sum["stop"].as_i64().unwrap() > start);
}

#[test]
fn tap_is_as_specified() {
    let report = every_outcome();
    let points = tap(&render(Format::Tap, &report));
    let inner: Vec<&Point> = points.iter().filter(|point| point.depth == 4).collect();
    assert_eq!(inner.len(), cases(&report).len(), "as many as in JUnit");
    assert!(inner.iter().any(|point| point.todo && !point.ok), "what is known is `not ok # TODO`");
}

fn annotations(report: &Report) -> Vec<String> {
    let file = |name: &str| (!name.contains("built in")).then(|| format!("tools/{name}"));
    github::render(report, &file).lines().map(str::to_owned).collect()
}

#[test]
fn annotations_are_few_and_the_worst_come_first() {
    insta::assert_snapshot!(annotations(&shown(every_outcome())).join("\n"));
    // Thirty journeys that are broken in ways of their own, and one that could not be judged.
    let mut report = every_outcome();
    let broken = report.journeys.iter().find(|journey| journey.recording.journey == "broken").unwrap().clone();
    for number in 0..30 {
        let mut more = broken.clone();
        for verdict in &mut more.verdicts {
            verdict.requirement = RequirementId::payload("X", &format!("{}.{number}", verdict.requirement), None);
        }
        report.journeys.push(more);
    }
    let lines = annotations(&report);
    assert_eq!(lines.len(), 10);
    assert!(lines.iter().all(|line| line.starts_with("::error file=tools/chatproof.yaml,line=")), "{lines:#?}");
}

/// In a command, `%`, line breaks, and in properties `:` and `,` have meanings.
#[test]
fn no_page_writes_annotations() {
    let mut report = every_outcome();
    report.journeys.retain(|journey| journey.recording.journey == "broken");
    report.coverage.clear();
    report.errors.clear();
    report.baseline = None;
    for verdict in report.journeys.iter_mut().flat_map(|journey| &mut journey.verdicts) {
        verdict.actual = "100%\n::error::forged\r::add-mask::x".into();
        verdict.requirement = "a,line=1::b%0A".into();
        verdict.caused_by = None;
    }
    let lines = annotations(&report);
    assert!(!lines.is_empty() && lines.len() <= 10);
    for line in lines {
        let (command, message) = line.strip_prefix("::error ").expect("one command").split_once("::").unwrap();
        let properties: Vec<&str> = command.split(',').map(|property| property.split('=').next().unwrap()).collect();
        assert_eq!(properties, ["file", "line", "title"], "{command}");
        assert!(command.contains("a%2Cline=1%3A%3Ab%250A"), "{command}");
        assert!(message.contains("100%25\\n::error::forged"), "{message}");
    }
}

/// In a summary that is nearly full, what weighs most stays.
#[test]
fn a_summary_keeps_within_its_size() {
    let report = every_outcome();
    let whole = markdown::render(&report);
    for bytes in [0, 100, 1000, 2000, 4000, whole.len(), 1 << 20] {
        let text = markdown::within(&report, bytes);
        assert!(text.len() <= bytes, "{} > {bytes}", text.len());
        assert!(text.is_empty() || text.starts_with("## ❌ "));
    }
    assert!(markdown::within(&report, 2000).contains("left out"));
    assert_eq!(markdown::within(&report, 1 << 20), whole);
    let mut large = report;
    let broken = large.journeys.iter().find(|journey| journey.recording.journey == "broken").unwrap().clone();
    large.journeys = (0..300)
        .map(|number| {
            let mut journey = broken.clone();
            for verdict in &mut journey.verdicts {
                verdict.requirement = RequirementId::payload("X", &format!("{}.{number}", verdict.requirement), None);
                verdict.actual = "x".repeat(5000);
            }
            journey
        })
        .collect();
    let text = markdown::within(&large, 100_000);
    assert!(text.len() <= 100_000 && text.len() > 90_000 && text.contains("left out"), "{} bytes", text.len());
}

/// What a page sent is only in code spans, whatever it has in it.
#[test]
fn no_page_writes_markdown() {
    let hostile = ["``` `` ` <img src=x> | @team #12 [x](http://evil.example) **b** \\", "`", "\\`", "a``b`"];
    for text in hostile {
        let mut report = every_outcome();
        for verdict in report.journeys.iter_mut().flat_map(|journey| &mut journey.verdicts) {
            verdict.actual = text.into();
        }
        report.coverage.clear();
        for line in render(Format::Markdown, &report).lines().filter(|line| line.starts_with("- **heard** ")) {
            let span = line.strip_prefix("- **heard** ").unwrap();
            let fence = span.len() - span.trim_start_matches('`').len();
            let inside = &span[fence..span.len() - fence];
            // Only a run of just as many backquotes could end it.
            assert!(inside.split(|c| c != '`').all(|run| run.len() != fence), "{line}");
            assert_eq!(inside.trim(), text, "{line}");
        }
    }
}

/// A journey named otherwise, an event booked: nothing here depends on the reference contract's names.
#[test]
fn what_needs_no_baseline_has_none() {
    let report = assembled(vec![film("fine").record()], Happened::default(), &Terms::default());
    assert!(json_of(Format::Json, &report).get("baseline").is_none());
    assert!(
        render(Format::Terminal, &report).contains("not reached")
            && !render(Format::Terminal, &report).contains("known")
    );
    assert!(render(Format::Markdown, &report).contains(BOOKED));
}
