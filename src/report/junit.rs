//! The report for CI servers: JUnit XML as Jenkins, GitLab and Azure read it.
//!
//! An attempt before the last one is a `flakyFailure` or `flakyError` where the last one came out well, else a
//! `rerunFailure` or `rerunError`, as Maven's Surefire writes them and Jenkins reads them. A known failure is `skipped`,
//! with the reason.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestRerun, TestSuite};

use crate::recording::{BrowserInfo, Recording};
use crate::report::cases::{self, Case, Status, Suite};
use crate::report::model::Report;
use crate::report::summary;
use crate::report::text::{self, LONG, short};

/// Renders the whole report. `pictures`: the folder with the screenshots as servers find it; they are named where Jenkins
/// (its JUnit Attachments plugin) and GitLab look for them, in the output of a case.
pub fn render(report: &Report, pictures: Option<&str>) -> String {
    let mut out = quick_junit::Report::new("chatproof");
    let mut whole = Duration::ZERO;
    for suite in cases::suites(report) {
        if let Some(journey) = suite.journey {
            whole += span(summary::journey_ms(&journey.recording));
        }
        out.add_test_suite(test_suite(report, suite, pictures));
    }
    out.set_time(whole);
    // Writing into memory fails only if memory does.
    let text = out.to_string().unwrap_or_default();
    // Jenkins' schema knows no such sum on the root, and nobody reads it: each suite has its own.
    match text.split_once("<testsuites ").and_then(|(head, rest)| Some((head, rest.split_once('>')?))) {
        Some((head, (root, rest))) => {
            let kept: Vec<&str> = root.split(' ').filter(|attribute| !attribute.starts_with("skipped=")).collect();
            format!("{head}<testsuites {}>{rest}", kept.join(" "))
        }
        None => text,
    }
}

fn test_suite(report: &Report, suite: Suite<'_>, pictures: Option<&str>) -> TestSuite {
    let mut out = TestSuite::new(suite.name);
    properties(&mut out, report, suite.browser);
    out.set_time(Duration::ZERO);
    if let Some(journey) = suite.journey {
        let recording = &journey.recording;
        out.add_property(("base_url", short(&recording.run.base_url).as_str()));
        out.add_property(("run_id", short(&recording.run.id).as_str()));
        if !journey.earlier.is_empty() {
            out.add_property(("attempts", (journey.earlier.len() + 1).to_string().as_str()));
        }
        out.set_time(span(summary::journey_ms(recording)));
        if let Some(began) = timestamp(recording) {
            out.set_timestamp(began);
        }
    }
    for case in suite.cases {
        out.add_test_case(test_case(case, pictures));
    }
    out
}

fn properties(suite: &mut TestSuite, report: &Report, browser: Option<&BrowserInfo>) {
    if let Some(browser) = browser {
        for (name, value) in [
            ("browser", &browser.name),
            ("browser_version", &browser.version),
            ("driver", &browser.driver),
            ("driver_version", &browser.driver_version),
            ("platform", &browser.platform),
        ] {
            suite.add_property((name, short(value).as_str()));
        }
        suite.add_property(("headless", if browser.headless { "true" } else { "false" }));
    }
    suite.add_property(("spec", short(&report.spec.id).as_str()));
    suite.add_property(("site", short(&report.site).as_str()));
    suite.add_property(("chatproof", env!("CARGO_PKG_VERSION")));
}

/// A line a picture.
fn attached(folder: Option<&str>, names: &[String]) -> Option<String> {
    let folder = folder.filter(|_| !names.is_empty())?;
    Some(names.iter().map(|name| format!("[[ATTACHMENT|{folder}/{name}]]")).collect::<Vec<_>>().join("\n"))
}

fn test_case(case: Case, folder: Option<&str>) -> TestCase {
    let Case { path, name, result, ms, tries, pictures, .. } = case;
    let mut output = None;
    let mut status = match result.status {
        Status::Pass => TestCaseStatus::success(),
        Status::Warn => {
            let word = if result.raw == "noted" { "noted" } else { "warning" };
            output = Some(format!("{word}: {}\n{}", result.message, result.details.join("\n")));
            TestCaseStatus::success()
        }
        Status::Fail | Status::Error => {
            let (message, description) = texts(&result);
            let mut status = TestCaseStatus::non_success(kind(&result));
            status.set_description(description);
            status.set_type(result.code.as_str());
            status.set_message(message);
            status
        }
        Status::Skip | Status::Waived => {
            if result.status == Status::Waived {
                output = Some(result.details.join("\n"));
            }
            let mut status = TestCaseStatus::skipped();
            status.set_message(result.message.as_str());
            status
        }
    };
    for earlier in tries {
        let (message, description) = texts(&earlier.result);
        let mut rerun = TestRerun::new(kind(&earlier.result));
        rerun.set_type(earlier.result.code.as_str());
        rerun.set_message(text::line(&format!("attempt {}: {message}", earlier.attempt), LONG));
        rerun.set_stack_trace(description);
        if let Some(output) = attached(folder, &earlier.pictures) {
            rerun.set_system_out(output);
        }
        status.add_rerun(rerun);
    }
    let mut out = TestCase::new(name, status);
    out.set_classname(format!("chatproof.{}", path.join(".")));
    out.set_time(span(ms));
    let output: Vec<String> = output.into_iter().chain(attached(folder, &pictures)).collect();
    if !output.is_empty() {
        let output = output.join("\n");
        out.set_system_out(output);
    }
    out
}

fn kind(result: &cases::Result) -> NonSuccessKind {
    if result.status == Status::Fail { NonSuccessKind::Failure } else { NonSuccessKind::Error }
}

/// Message and description. Some servers show the attribute only, others the body only.
fn texts(result: &cases::Result) -> (String, String) {
    let message = if result.message.is_empty() { result.code.clone() } else { result.message.clone() };
    let body = format!("{message}\n{}", result.details.join("\n"));
    (message, body.trim_end().to_owned())
}

fn span(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

fn timestamp(recording: &Recording) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(&recording.run.started_at).ok()
}
