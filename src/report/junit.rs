//! The report for CI servers: JUnit XML as Jenkins, GitLab and Azure read it.
//!
//! A suite per browser and journey, a test case per requirement and per step. What keeps a *failure* from an *error*:
//! a failure is a requirement that does not hold, an error is something that kept chatproof from telling. No pair of
//! `classname` and `name` occurs twice, since servers that join on it would show one of the two.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::recording::{BrowserInfo, Ending, Recording, StepOutcome, StepRecord};
use crate::report::model::{JourneyReport, Report};
use crate::report::summary::{self, Conclusion};
use crate::report::text::{self, LONG, short};
use crate::verdict::{Level, Outcome, Verdict};

/// Renders the whole report.
pub fn render(report: &Report) -> String {
    let mut names = Names::default();
    let mut out = quick_junit::Report::new("chatproof");
    let mut whole = Duration::ZERO;
    for journey in &report.journeys {
        whole += span(summary::journey_ms(&journey.recording));
        out.add_test_suite(journey_suite(report, journey, &mut names));
    }
    for browser in summary::browsers(report) {
        let own: Vec<&Verdict> = report.coverage.iter().filter(|v| v.browser == browser.name).collect();
        if !own.is_empty() {
            out.add_test_suite(coverage_suite(report, browser, &own, &mut names));
        }
    }
    if let Some(suite) = run_suite(report, &mut names) {
        out.add_test_suite(suite);
    }
    out.set_time(whole);
    if let Some(began) = report.journeys.iter().filter_map(|journey| timestamp(&journey.recording)).min() {
        out.set_timestamp(began);
    }
    // Writing into memory fails only if memory does.
    out.to_string().unwrap_or_default()
}

fn journey_suite(report: &Report, journey: &JourneyReport, names: &mut Names) -> TestSuite {
    let recording = &journey.recording;
    let browser = &recording.browser;
    let class = format!("chatproof.{}.{}", segment(&browser.name), segment(&recording.journey));
    let mut suite = TestSuite::new(short(&format!("{} / {}", browser.name, recording.journey)));
    properties(&mut suite, report, Some(browser));
    suite.add_property(("base_url", short(&recording.run.base_url).as_str()));
    suite.add_property(("run_id", short(&recording.run.id).as_str()));
    suite.set_time(span(summary::journey_ms(recording)));
    if let Some(began) = timestamp(recording) {
        suite.set_timestamp(began);
    }
    let steps = format!("{class}.steps");
    for step in &recording.steps {
        suite.add_test_case(step_case(&steps, step, names));
    }
    let broken = match &recording.ending {
        Ending::Complete | Ending::StepFailed { .. } => None,
        Ending::Interrupted => Some(("interrupted", "the run was interrupted in this journey".to_owned())),
        Ending::Broken { message } => Some(("broken", format!("the journey broke off: {message}"))),
    };
    if let Some((code, message)) = broken {
        suite.add_test_case(case(&class, "journey", error(code, &message, ""), names));
    }
    for verdict in &journey.verdicts {
        suite.add_test_case(verdict_case(&class, verdict, names));
    }
    suite
}

fn coverage_suite(report: &Report, browser: &BrowserInfo, verdicts: &[&Verdict], names: &mut Names) -> TestSuite {
    let class = format!("chatproof.{}.coverage", segment(&browser.name));
    let mut suite = TestSuite::new(short(&format!("{} / coverage", browser.name)));
    properties(&mut suite, report, Some(browser));
    suite.set_time(Duration::ZERO);
    for verdict in verdicts {
        suite.add_test_case(verdict_case(&class, verdict, names));
    }
    suite
}

/// What concerns no single journey: browsers that could not be used, an interrupt, nothing checked at all.
fn run_suite(report: &Report, names: &mut Names) -> Option<TestSuite> {
    let mut suite = TestSuite::new("chatproof / run");
    for failed in &report.errors {
        let class = format!("chatproof.{}.run", segment(&failed.browser));
        let help = failed.help.as_deref().unwrap_or_default();
        suite.add_test_case(case(&class, "browser", error("browser", &failed.message, help), names));
    }
    if report.interrupted {
        let status = error("interrupted", "the run was interrupted", "");
        suite.add_test_case(case("chatproof.run", "interrupted", status, names));
    }
    if suite.test_cases.is_empty() && summary::totals(report).checks == 0 {
        let status = match summary::conclusion(report) {
            Conclusion::Conforms => TestCaseStatus::success(),
            _ => error("no-checks", "nothing was checked", ""),
        };
        suite.add_test_case(case("chatproof.run", "checks", status, names));
    }
    properties(&mut suite, report, None);
    suite.set_time(Duration::ZERO);
    (!suite.test_cases.is_empty()).then_some(suite)
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

fn step_case(class: &str, step: &StepRecord, names: &mut Names) -> TestCase {
    let status = match &step.outcome {
        StepOutcome::Done => TestCaseStatus::success(),
        StepOutcome::Skipped { message } => skipped(&format!("optional: {message}")),
        StepOutcome::NotBegun => skipped("the journey ended before this step"),
        StepOutcome::Failed(failed) => {
            let body: Vec<String> = std::iter::once(format!("site file, line {}", step.span.line))
                .chain(failed.candidates.iter().map(|candidate| format!("- {}", text::line(candidate, LONG))))
                .collect();
            error(&failed.code, &failed.message, &body.join("\n"))
        }
    };
    let name = format!("step {:02}: {}: {}", step.index + 1, step.actor, step.text);
    let mut case = case(class, &name, status, names);
    if let (Some(began), Some(acted)) = (step.began_ms, step.acted_ms) {
        case.set_time(span(acted - began));
    }
    case
}

fn verdict_case(class: &str, verdict: &Verdict, names: &mut Names) -> TestCase {
    let name = match verdict.subject.as_str() {
        "" => verdict.requirement.clone(),
        subject => format!("{} [{subject}]", verdict.requirement),
    };
    // Servers show lists of messages: what was heard belongs there, since it tells one breach from another.
    let message = match verdict.actual.as_str() {
        "" => format!("{} ({})", verdict.statement, verdict.finding),
        heard => format!("{} ({}: {heard})", verdict.statement, verdict.finding),
    };
    let details = details(verdict);
    let reason = || verdict.reason.clone().unwrap_or_else(|| verdict.statement.clone());
    let failure = || non_success(NonSuccessKind::Failure, &verdict.finding, &message, &details);
    let mut output = None;
    let status = match (verdict.outcome, verdict.level) {
        (Outcome::Pass, _) => TestCaseStatus::success(),
        (Outcome::Fail, _) | (Outcome::NotReached, Level::Must) => failure(),
        (Outcome::Inconclusive | Outcome::NotReached, Level::Record) => skipped(&reason()),
        (Outcome::Inconclusive, _) => error(&verdict.finding, &message, &details),
        (Outcome::Waived, _) => skipped(&reason()),
        (Outcome::Warn | Outcome::NotReached, _) => {
            let word = if verdict.level == Level::Record { "noted" } else { "warning" };
            output = Some(format!("{word}: {}\n{details}", text::line(&message, LONG)));
            TestCaseStatus::success()
        }
    };
    let mut case = case(class, &name, status, names);
    if let Some(output) = output {
        case.set_system_out(output);
    }
    case
}

/// All that a person needs to act, a line each.
fn details(verdict: &Verdict) -> String {
    let mut lines = Vec::new();
    let mut add = |name: &str, value: &str| {
        if !value.is_empty() {
            lines.push(format!("{name}: {}", text::line(value, LONG)));
        }
    };
    add("requirement", &verdict.requirement);
    add("expected", &verdict.expected);
    add("heard", &verdict.actual);
    if let Some(step) = &verdict.step {
        add("step", &format!("{} `{}` ({}:{})", step.index + 1, step.text, step.file, step.line));
    }
    add("spec", &format!("{}:{}", verdict.spec.file, verdict.spec.line));
    add("section", verdict.spec.section.as_deref().unwrap_or_default());
    add("vendor", verdict.spec.url.as_deref().unwrap_or_default());
    add("hint", verdict.hint.as_deref().unwrap_or_default());
    add("reason", verdict.reason.as_deref().unwrap_or_default());
    add("caused by", verdict.caused_by.as_deref().unwrap_or_default());
    lines.join("\n")
}

fn case(class: &str, name: &str, status: TestCaseStatus, names: &mut Names) -> TestCase {
    let mut case = TestCase::new(names.unique(class, &short(name)), status);
    case.set_classname(class);
    case.set_time(Duration::ZERO);
    case
}

fn error(code: &str, message: &str, body: &str) -> TestCaseStatus {
    non_success(NonSuccessKind::Error, code, message, body)
}

/// `body` is ours: its lines are made safe already.
fn non_success(kind: NonSuccessKind, code: &str, message: &str, body: &str) -> TestCaseStatus {
    let message = match text::line(message.trim(), LONG) {
        empty if empty.is_empty() => short(code),
        message => message,
    };
    let mut status = TestCaseStatus::non_success(kind);
    // Some servers show the attribute only, others the body only.
    let body: Vec<String> = text::lines(body, LONG + 100);
    status.set_description(format!("{message}\n{}", body.join("\n")).trim_end());
    status.set_type(short(code));
    status.set_message(message);
    status
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(text::line(reason, LONG));
    status
}

/// A part of a class name: servers split at dots.
fn segment(name: &str) -> String {
    text::line(name, 120).replace('.', "_")
}

fn span(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

fn timestamp(recording: &Recording) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(&recording.run.started_at).ok()
}

/// The names given so far.
#[derive(Default)]
struct Names(HashMap<(String, String), usize>);

impl Names {
    /// The name, with a number after it if the class has one of that name already.
    fn unique(&mut self, class: &str, name: &str) -> String {
        let mut candidate = name.to_owned();
        loop {
            let times = self.0.entry((class.to_owned(), candidate.clone())).or_insert(0);
            *times += 1;
            if *times == 1 {
                return candidate;
            }
            candidate = format!("{name} #{times}");
        }
    }
}
