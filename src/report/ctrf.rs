//! The report for test dashboards: the Common Test Report Format, valid against its published JSON Schema.
//!
//! A test per step and per requirement. CTRF knows five outcomes: what does not hold is `failed`, what could not be told
//! is `other`, what is known or was not looked at is `skipped`, a warning is `passed`; `rawStatus` says it exactly.
//! `environment.healthy` is true if the exit code is 0.

use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::recording::Recording;
use crate::report::cases::{self, Case, Status, Suite, Try};
use crate::report::json;
use crate::report::model::Report;
use crate::report::summary::{self, Conclusion};
use crate::report::text::short;

/// The version of the format that is written.
const VERSION: &str = "0.0.0";

/// Renders the whole report, with a line feed at the end. `pictures`: the folder with the screenshots.
pub fn render(report: &Report, pictures: Option<&str>) -> String {
    json::text(&convert(report, pictures))
}

fn convert(report: &Report, pictures: Option<&str>) -> Value {
    let suites = cases::suites(report);
    let tests: Vec<Value> = suites.iter().flat_map(|s| s.cases.iter().map(|c| test(report, s, c, pictures))).collect();
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let count = |status: &str| all().filter(|case| self::status(case.result.status) == status).count();
    let times: Vec<(i64, i64)> = report.journeys.iter().filter_map(|journey| times(&journey.recording)).collect();
    let start = times.iter().map(|(start, _)| *start).min().unwrap_or(0);
    let stop = times.iter().map(|(_, stop)| *stop).max().unwrap_or(0);
    let browsers = summary::browsers(report);
    let mut environment = json!({
        "reportName": "chatproof",
        "appName": short(&report.site),
        "healthy": summary::conclusion(report) == Conclusion::Conforms,
        "extra": {
            "spec": short(&report.spec.id),
            "conclusion": summary::conclusion(report).name(),
            "exitCode": summary::conclusion(report).exit_code(),
            "sentence": short(&summary::sentence(report)),
        },
    });
    if let Some(browser) = browsers.first() {
        environment["osPlatform"] = short(&browser.platform).into();
    }
    if let Some(journey) = report.journeys.first() {
        environment["testEnvironment"] = short(&journey.recording.run.base_url).into();
    }
    json!({
        "reportFormat": "CTRF",
        "specVersion": VERSION,
        "generatedBy": concat!("chatproof ", env!("CARGO_PKG_VERSION")),
        "results": {
            "tool": { "name": "chatproof", "version": env!("CARGO_PKG_VERSION") },
            "summary": {
                "tests": tests.len(),
                "passed": count("passed"),
                "failed": count("failed"),
                "skipped": count("skipped"),
                "pending": 0,
                "other": count("other"),
                "flaky": all().filter(|case| is_flaky(case)).count(),
                "suites": suites.len(),
                "start": start,
                "stop": stop,
                "duration": stop - start,
            },
            "tests": tests,
            "environment": environment,
        },
    })
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pass | Status::Warn => "passed",
        Status::Fail => "failed",
        Status::Error => "other",
        Status::Skip | Status::Waived => "skipped",
    }
}

/// Passed after an attempt that did not.
fn is_flaky(case: &Case) -> bool {
    !case.tries.is_empty() && status(case.result.status) == "passed"
}

fn test(report: &Report, suite: &Suite<'_>, case: &Case, pictures: Option<&str>) -> Value {
    let mut out = Map::new();
    let mut set = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
    set("testId", format!("{}/{}", case.path.join("/"), case.name).into());
    set("name", case.name.clone().into());
    set("status", status(case.result.status).into());
    set("rawStatus", case.result.raw.into());
    set("duration", whole(case.ms).into());
    set("suite", case.path.clone().into());
    if !case.result.message.is_empty() {
        set("message", case.result.message.clone().into());
    }
    if !case.result.details.is_empty() {
        set("trace", case.result.details.join("\n").into());
    }
    if let Some(line) = case.line {
        set("filePath", short(&report.site).into());
        set("line", line.into());
    }
    set("type", "e2e".into());
    if let Some(browser) = suite.browser {
        set("browser", short(format!("{} {}", browser.name, browser.version).trim_end()).into());
    }
    if !case.tries.is_empty() {
        set("retries", suite.journey.map_or(case.tries.len(), |journey| journey.earlier.len()).into());
        set("retryAttempts", case.tries.iter().map(|earlier| attempt(earlier, pictures)).collect());
        set("flaky", is_flaky(case).into());
    }
    if let Some(attached) = attached(pictures, &case.pictures) {
        set("attachments", attached);
    }
    if !case.result.code.is_empty() {
        set("extra", json!({ "finding": case.result.code }));
    }
    Value::Object(out)
}

fn attached(folder: Option<&str>, names: &[String]) -> Option<Value> {
    let folder = folder.filter(|_| !names.is_empty())?;
    let one = |name: &String| {
        let kind = if name.ends_with(".png") { "image/png" } else { "image/jpeg" };
        json!({ "name": name, "contentType": kind, "path": format!("{folder}/{name}") })
    };
    Some(names.iter().map(one).collect())
}

fn attempt(earlier: &Try, pictures: Option<&str>) -> Value {
    let mut out = json!({
        "attempt": earlier.attempt,
        "status": status(earlier.result.status),
        "message": earlier.result.message,
        "trace": earlier.result.details.join("\n"),
    });
    if let Some(attached) = attached(pictures, &earlier.pictures) {
        out["attachments"] = attached;
    }
    out
}

/// Start and end of a journey, in milliseconds since the Unix epoch.
fn times(recording: &Recording) -> Option<(i64, i64)> {
    let start = DateTime::parse_from_rfc3339(&recording.run.started_at).ok()?.timestamp_millis();
    Some((start, start.saturating_add(whole(summary::journey_ms(recording)))))
}

#[allow(clippy::cast_possible_truncation)] // saturates, which is what is wanted
fn whole(ms: f64) -> i64 {
    ms.max(0.0).round() as i64
}
