//! A run as test cases: what the formats for CI servers (JUnit, CTRF, TAP) say alike.
//!
//! A suite per browser and journey, a case per step and per requirement. What keeps a failure from an error: a failure
//! is a requirement that does not hold, an error is something that kept chatproof from telling. All texts are safe
//! already. No two cases have the same path and name: servers that join on them would show one of the two.

use std::collections::{BTreeSet, HashMap};

use crate::recording::{BrowserInfo, Ending, Moment, Recording, Sight, StepOutcome, StepRecord};
use crate::report::model::{JourneyReport, Report};
use crate::report::pictures;
use crate::report::summary::{self, Conclusion, Counts};
use crate::report::text::{self, LONG, short};
use crate::verdict::{Level, Outcome, Verdict};

/// Cases that belong together.
pub struct Suite<'a> {
    /// `firefox / live-chat`.
    pub name: String,
    /// The browser, unless it is about all of them.
    pub browser: Option<&'a BrowserInfo>,
    /// The journey, unless it is about all of them.
    pub journey: Option<&'a JourneyReport>,
    /// At least one.
    pub cases: Vec<Case>,
}

/// One step or one requirement, as it came out in the last attempt.
#[derive(Debug, Clone)]
pub struct Case {
    /// `firefox`, `live-chat`, `steps`: from the widest to the narrowest, never empty.
    pub path: Vec<String>,
    /// Tells it from the others of its path.
    pub name: String,
    /// How it came out.
    pub result: Result,
    /// How long it took, in milliseconds; requirements take no time of their own.
    pub ms: f64,
    /// Line in the site file, if one is to blame.
    pub line: Option<u32>,
    /// Names of screenshots that show it.
    pub pictures: Vec<String>,
    /// The attempts before the last one in which it did not come out well.
    pub tries: Vec<Try>,
}

/// An attempt that did not come out well.
#[derive(Debug, Clone)]
pub struct Try {
    /// Which, from 1.
    pub attempt: u32,
    /// How it came out.
    pub result: Result,
    /// Names of screenshots that show it.
    pub pictures: Vec<String>,
}

/// How a case came out.
#[derive(Debug, Clone, Default)]
pub struct Result {
    /// What it comes to.
    pub status: Status,
    /// The requirement's outcome or the step's, in kebab case: what was made coarser in `status`.
    pub raw: &'static str,
    /// What was found, in kebab case.
    pub code: String,
    /// One line; may be empty if it came out well.
    pub message: String,
    /// All that a person needs to act, a line each.
    pub details: Vec<String>,
}

/// What a case comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// All is well.
    #[default]
    Pass,
    /// Broken, but not such that it weighs: a warning or a note.
    Warn,
    /// Does not hold.
    Fail,
    /// Could not be told.
    Error,
    /// Was not looked at.
    Skip,
    /// A known failure.
    Waived,
}

impl Result {
    /// Whether it keeps a journey from coming out well.
    fn is_bad(&self) -> bool {
        matches!(self.status, Status::Fail | Status::Error)
    }

    fn pass(raw: &'static str) -> Self {
        Self { raw, ..Self::default() }
    }

    fn skip(raw: &'static str, reason: &str) -> Self {
        Self { status: Status::Skip, raw, code: raw.to_owned(), message: text::line(reason, LONG), details: Vec::new() }
    }

    /// `help` is ours: its line breaks count.
    fn error(code: &str, message: &str, help: &str) -> Self {
        Self {
            status: Status::Error,
            raw: "error",
            code: short(code),
            message: text::line(message.trim(), LONG),
            details: text::lines(help, LONG),
        }
    }
}

/// A run's suites, in the report's order.
pub fn suites(report: &Report) -> Vec<Suite<'_>> {
    let mut out: Vec<Suite<'_>> = report.journeys.iter().map(|journey| of_journey(report, journey)).collect();
    for browser in summary::browsers(report) {
        let path = [segment(&browser.name), "coverage".to_owned()];
        let own = report.coverage.iter().filter(|v| v.browser == browser.name);
        let cases: Vec<Case> = unique(own.map(|verdict| of_verdict(&path, &report.site, verdict)).collect());
        if !cases.is_empty() {
            let name = short(&format!("{} / coverage", browser.name));
            out.push(Suite { name, browser: Some(browser), journey: None, cases });
        }
    }
    let cases = unique(of_run(report));
    if !cases.is_empty() {
        out.push(Suite { name: "chatproof / run".into(), browser: None, journey: None, cases });
    }
    out
}

fn of_journey<'a>(report: &Report, journey: &'a JourneyReport) -> Suite<'a> {
    let browser = &journey.recording.browser;
    let path = [segment(&browser.name), segment(&journey.recording.journey)];
    let mut cases = match &journey.folded {
        None => of_attempt(&path, &journey.recording, &journey.verdicts),
        Some(counts) => folded(&path, journey, counts),
    };
    for earlier in &journey.earlier {
        let attempt = earlier.recording.attempt;
        for case in of_attempt(&path, &earlier.recording, &earlier.verdicts).into_iter().filter(|c| c.result.is_bad()) {
            let again = Try { attempt, result: case.result, pictures: case.pictures };
            match cases.iter_mut().find(|other| other.path == case.path && other.name == case.name) {
                Some(last) => last.tries.push(again),
                // What was only wrong then: an event that came where none should, a journey that broke off.
                None => {
                    let result = Result::pass("pass");
                    cases.push(Case { result, tries: vec![again], pictures: Vec::new(), ..case });
                }
            }
        }
    }
    if journey.is_flaky() {
        cases.insert(0, flaky(report, journey, &path));
    }
    let name = short(&format!("{} / {}", browser.name, journey.recording.journey));
    Suite { name, browser: Some(browser), journey: Some(journey), cases: unique(cases) }
}

/// Of a journey whose details are left out, all that holds of a family is one case.
fn folded(path: &[String], journey: &JourneyReport, counts: &Counts) -> Vec<Case> {
    let (held, rest): (Vec<&Verdict>, Vec<&Verdict>) =
        journey.verdicts.iter().partition(|verdict| verdict.outcome == Outcome::Pass);
    let rest: Vec<Verdict> = rest.into_iter().cloned().collect();
    let mut cases = of_attempt(path, &journey.recording, &rest);
    let held: BTreeSet<&str> = held.into_iter().map(|verdict| verdict.requirement.family()).collect();
    let families: BTreeSet<&str> = held.into_iter().chain(counts.passed.keys().map(String::as_str)).collect();
    cases.extend(
        families.into_iter().map(|family| case(path, &format!("what holds of {family}"), Result::pass("pass"))),
    );
    unique(cases)
}

/// The journey as a whole, which is flaky.
fn flaky(report: &Report, journey: &JourneyReport, path: &[String]) -> Case {
    let attempts = journey.earlier.len() + 1;
    let failed = journey.failed_attempts();
    let message = format!("flaky: failed in {failed} of {attempts} attempts, the last one came out well");
    let bad = journey.earlier.iter().filter(|earlier| summary::failed(&earlier.recording, &earlier.verdicts));
    let tries = bad.map(|earlier| {
        let details: Vec<String> = summary::reasons(&earlier.recording, &earlier.verdicts);
        let broken = earlier.verdicts.iter().any(summary::is_breach);
        let result = Result {
            status: if broken { Status::Fail } else { Status::Error },
            raw: if broken { "fail" } else { "error" },
            code: "attempt-failed".into(),
            message: details.first().cloned().unwrap_or_default(),
            details,
        };
        Try { attempt: earlier.recording.attempt, result, pictures: Vec::new() }
    });
    let status = if report.fail_on_flaky { Status::Fail } else { Status::Pass };
    let code = "flaky".to_owned();
    Case {
        path: path.to_vec(),
        name: "journey is not flaky".into(),
        result: Result { status, raw: "flaky", code, message, details: Vec::new() },
        ms: 0.0,
        line: first_line(&journey.recording),
        pictures: Vec::new(),
        tries: tries.collect(),
    }
}

fn first_line(recording: &Recording) -> Option<u32> {
    recording.steps.first()?.own_line()
}

fn of_attempt(path: &[String], recording: &Recording, verdicts: &[Verdict]) -> Vec<Case> {
    let steps = [path, &["steps".to_owned()]].concat();
    let last = recording.steps.iter().rev().find(|step| step.began_ms.is_some()).map(|step| step.index);
    let of_step = |step: &StepRecord| {
        let own = |sight: &Sight| match sight.moment {
            Moment::StepFailed => sight.step == Some(step.index),
            Moment::End => last == Some(step.index),
            Moment::EventMissing => false,
        };
        Case { pictures: pictures::of(recording, own).collect(), ..of_step(&steps, step) }
    };
    let mut cases: Vec<Case> = recording.steps.iter().map(of_step).collect();
    let broken = match &recording.ending {
        Ending::Complete | Ending::StepFailed { .. } => None,
        Ending::Interrupted => Some(("interrupted", "the run was interrupted in this journey".to_owned())),
        Ending::Broken { message } => Some(("broken", format!("the journey broke off: {message}"))),
    };
    if let Some((code, message)) = broken {
        let result = Result::error(code, &message, "");
        cases.push(Case { line: first_line(recording), ..case(path, "journey", result) });
    }
    cases.extend(verdicts.iter().map(|verdict| {
        let mut case = of_verdict(path, &recording.site.name, verdict);
        if case.result.is_bad() && verdict.requirement.is("event", "fires") {
            let step = verdict.step.as_ref().map(|step| step.index);
            let own = |sight: &Sight| sight.moment == Moment::EventMissing && sight.step == step;
            case.pictures = pictures::of(recording, own).collect();
        }
        case
    }));
    unique(cases)
}

/// What concerns no single journey: browsers that could not be used, an interrupt, entries of the baseline that should
/// go, nothing checked at all.
fn of_run(report: &Report) -> Vec<Case> {
    let mut cases = Vec::new();
    for failed in &report.errors {
        let result = Result::error("browser", &failed.message, failed.help.as_deref().unwrap_or_default());
        cases.push(case(&[segment(&failed.browser), "run".to_owned()], "browser", result));
    }
    let run = ["run".to_owned()];
    if report.interrupted {
        cases.push(case(&run, "interrupted", Result::error("interrupted", "the run was interrupted", "")));
    }
    if let Some(baseline) = &report.baseline {
        for entry in &baseline.stale {
            let (raw, code) = match entry.why {
                crate::baseline::Stale::Expired => ("expired", "baseline-expired"),
                crate::baseline::Stale::Unneeded => ("unneeded", "baseline-unneeded"),
            };
            let result = Result {
                status: if baseline.strict { Status::Fail } else { Status::Warn },
                raw,
                code: code.to_owned(),
                message: text::line(&summary::stale_text(entry), LONG),
                details: vec![
                    text::line(&format!("baseline: {}:{}", baseline.file, entry.line), LONG),
                    text::line(
                        &format!(
                            "reason: {}",
                            summary::why(&entry.reason, entry.ticket.as_deref(), entry.until.as_deref())
                        ),
                        LONG,
                    ),
                ],
            };
            let name = short(&format!("{}{} is {raw}", entry.requirement, entry.place));
            cases.push(case(&["baseline".to_owned()], &name, result));
        }
    }
    if cases.is_empty() && summary::totals(report).checks == 0 {
        let result = match summary::conclusion(report) {
            Conclusion::Conforms => Result::pass("pass"),
            _ => Result::error("no-checks", "nothing was checked", ""),
        };
        cases.push(case(&run, "checks", result));
    }
    cases
}

fn case(path: &[String], name: &str, result: Result) -> Case {
    Case {
        path: path.to_vec(),
        name: name.to_owned(),
        result,
        ms: 0.0,
        line: None,
        pictures: Vec::new(),
        tries: Vec::new(),
    }
}

fn of_step(path: &[String], step: &StepRecord) -> Case {
    let result = match &step.outcome {
        StepOutcome::Done => Result::pass("done"),
        StepOutcome::Skipped { message } => Result::skip("skipped", &format!("optional: {message}")),
        StepOutcome::NotBegun => Result::skip("not-begun", "the journey ended before this step"),
        StepOutcome::Failed(failed) => {
            let details = std::iter::once(format!("site file, line {}", step.span.line))
                .chain(failed.candidates.iter().map(|candidate| format!("- {}", text::line(candidate, LONG))));
            Result { details: details.collect(), ..Result::error(&failed.code, &failed.message, "") }
        }
    };
    let name = short(&format!("step {:02}: {}: {}", step.index + 1, step.actor, step.text));
    let ms = step.began_ms.zip(step.acted_ms).map_or(0.0, |(began, acted)| acted - began);
    Case { ms, line: step.own_line(), ..case(path, &name, result) }
}

fn of_verdict(path: &[String], site: &str, verdict: &Verdict) -> Case {
    let name = match verdict.subject.as_str() {
        "" => verdict.requirement.to_string(),
        subject => format!("{} [{subject}]", verdict.requirement),
    };
    // Servers show lists of messages: what was heard belongs there, since it tells one breach from another.
    let heard = if verdict.actual.is_empty() { String::new() } else { format!(": {}", verdict.actual) };
    let message = text::line(&format!("{} ({}{heard})", verdict.statement, verdict.finding), LONG);
    let reason = verdict.reason.as_deref().unwrap_or(&verdict.statement);
    let result = |status, raw| Result {
        status,
        raw,
        code: short(&verdict.finding),
        message: message.clone(),
        details: details(verdict),
    };
    let result = match (verdict.outcome, verdict.level) {
        (Outcome::Pass, _) => Result::pass("pass"),
        (Outcome::Fail, _) => result(Status::Fail, "fail"),
        (Outcome::NotReached, Level::Must) => result(Status::Fail, "not-reached"),
        (Outcome::Inconclusive, Level::Record) => Result::skip("inconclusive", reason),
        (Outcome::NotReached, Level::Record) => Result::skip("not-reached", reason),
        (Outcome::Inconclusive, _) => result(Status::Error, "inconclusive"),
        (Outcome::Waived, _) => match &verdict.waiver {
            Some(waiver) => {
                let message = text::line(&format!("known failure: {}", summary::why_waived(waiver)), LONG);
                Result { message, ..result(Status::Waived, "waived") }
            }
            None => Result::skip("waived", reason),
        },
        (Outcome::NotReached, _) => result(Status::Warn, "not-reached"),
        (Outcome::Warn, Level::Record) => result(Status::Warn, "noted"),
        (Outcome::Warn, _) => result(Status::Warn, "warn"),
    };
    Case { line: verdict.step.as_ref().and_then(|step| step.line_in(site)), ..case(path, &short(&name), result) }
}

/// All that a person needs to act, a line each.
pub fn details(verdict: &Verdict) -> Vec<String> {
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
        add("step", &format!("{} `{}` ({})", step.index + 1, step.text, step.place()));
    }
    add("spec", &format!("{}:{}", verdict.spec.file, verdict.spec.line));
    add("section", verdict.spec.section.as_deref().unwrap_or_default());
    add("vendor", verdict.spec.url.as_deref().unwrap_or_default());
    add("hint", verdict.hint.as_deref().unwrap_or_default());
    match &verdict.waiver {
        Some(waiver) => {
            add("waived", &summary::why_waived(waiver));
            add("baseline", &format!("{}:{}", waiver.file, waiver.line));
        }
        None => add("reason", verdict.reason.as_deref().unwrap_or_default()),
    }
    add("caused by", verdict.caused_by.as_deref().unwrap_or_default());
    lines
}

/// A part of a path: servers split class names at dots.
fn segment(name: &str) -> String {
    text::line(name, 120).replace('.', "_")
}

/// Gives a case whose path has one of its name already a number.
fn unique(mut cases: Vec<Case>) -> Vec<Case> {
    let mut seen: HashMap<(Vec<String>, String), usize> = HashMap::new();
    for case in &mut cases {
        let name = case.name.clone();
        loop {
            let times = seen.entry((case.path.clone(), case.name.clone())).or_insert(0);
            *times += 1;
            if *times == 1 {
                break;
            }
            case.name = format!("{name} #{times}");
        }
    }
    cases
}
