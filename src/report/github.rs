//! Annotations as GitHub's runners read them: a workflow command a line, on the lines of the site file.
//!
//! At most ten, the worst first: more than ten of a step are not shown. What is wrong alike in two browsers is one.

use std::collections::BTreeSet;

use crate::recording::{Ending, StepOutcome};
use crate::report::model::{JourneyReport, Report};
use crate::report::summary;
use crate::report::text::{self, LONG};
use crate::verdict::{Level, Outcome, Verdict};

/// How many a step's page shows.
const MOST: usize = 10;

struct Annotation {
    /// 0 for the worst.
    rank: u8,
    /// In this file's line; `None`: in no file that is known.
    place: Option<(String, u32)>,
    title: String,
    /// Lines.
    message: Vec<String>,
    /// `firefox: live-chat`, each once.
    seen: Vec<String>,
}

/// The commands, a line each. `file`: what the repository calls the file of a name; `None` if it is none.
pub fn render(report: &Report, file: &dyn Fn(&str) -> Option<String>) -> String {
    let mut all = Vec::new();
    for journey in &report.journeys {
        of_journey(report, journey, file, &mut all);
    }
    let (others, undeclared) = summary::coverage_apart(report);
    for verdict in others {
        push(&mut all, of_verdict(verdict, file, (report.site.as_str(), 1), &verdict.browser));
    }
    let constants: BTreeSet<&str> = undeclared.iter().map(|v| v.requirement.as_str()).collect();
    if !constants.is_empty() {
        let count = text::count(constants.len(), "documented event is", "documented events are");
        let mut message: Vec<String> = constants.iter().map(|requirement| text::short(requirement)).collect();
        message.push(summary::UNDECLARED_HELP.to_owned());
        let rank = if undeclared.iter().any(|verdict| summary::is_breach(verdict)) { 3 } else { 5 };
        let place = file(&report.site).map(|file| (file, 1));
        let title = format!("chatproof: {count} fired by no journey");
        push(&mut all, Annotation { rank, place, title, message, seen: Vec::new() });
    }
    for error in &report.errors {
        let mut message = text::lines(&error.message, LONG);
        message.extend(text::lines(error.help.as_deref().unwrap_or_default(), LONG));
        let title = format!("chatproof: {} could not be used", error.browser);
        push(&mut all, Annotation { rank: 1, place: None, title, message, seen: Vec::new() });
    }
    if let Some(baseline) = &report.baseline {
        for entry in &baseline.stale {
            let rank = if baseline.strict { 0 } else { 5 };
            let place = file(&baseline.file).map(|file| (file, entry.line));
            let title = "chatproof: a known failure that should go".to_owned();
            let message = vec![text::line(&summary::stale_text(entry), LONG)];
            push(&mut all, Annotation { rank, place, title, message, seen: Vec::new() });
        }
    }
    all.sort_by_key(|annotation| annotation.rank);
    all.iter().take(MOST).map(Annotation::command).collect()
}

fn of_journey(
    report: &Report,
    journey: &JourneyReport,
    file: &dyn Fn(&str) -> Option<String>,
    all: &mut Vec<Annotation>,
) {
    let recording = &journey.recording;
    let seen = format!("{}: {}", recording.browser.name, recording.journey);
    let first = recording.steps.first().map_or(1, |step| step.span.line.max(1));
    let first_file = recording.steps.first().map_or(&report.site, |step| &recording.site.of(step.span).name);
    let own = |rank, (name, line): (&str, u32), title: &str, message: Vec<String>| Annotation {
        rank,
        place: file(name).map(|file| (file, line.max(1))),
        title: format!("chatproof: {title}"),
        message,
        seen: vec![seen.clone()],
    };
    for step in &recording.steps {
        if let StepOutcome::Failed(error) = &step.outcome {
            let mut message = vec![text::line(&format!("`{}`: {}", step.text, error.message), LONG)];
            message.extend(error.candidates.iter().take(5).map(|candidate| format!("- {}", text::short(candidate))));
            push(
                all,
                own(
                    1,
                    (&recording.site.of(step.span).name, step.span.line),
                    &format!("step {} failed", step.index + 1),
                    message,
                ),
            );
        }
    }
    if let Ending::Broken { message } = &recording.ending {
        push(all, own(1, (first_file, first), "the journey broke off", vec![text::line(message, LONG)]));
    }
    for (verdict, _) in summary::headlines(&journey.verdicts) {
        // What the end of a journey left open is explained by that end.
        let left_open = recording.ending != Ending::Complete && verdict.outcome == Outcome::Inconclusive;
        let asserts = verdict.level != Level::Record;
        if asserts && !left_open {
            push(all, of_verdict(verdict, file, (first_file, first), &seen));
        }
    }
    if journey.is_flaky() {
        let rank = if report.fail_on_flaky { 0 } else { 4 };
        let attempts = journey.earlier.len() + 1;
        let failed = journey.failed_attempts();
        let mut message = vec![format!("failed in {failed} of {attempts} attempts, the last one came out well")];
        for earlier in &journey.earlier {
            let why = summary::reasons(&earlier.recording, &earlier.verdicts).into_iter().next();
            message.push(format!("attempt {}: {}", earlier.recording.attempt, why.unwrap_or_default()));
        }
        push(all, own(rank, (first_file, first), "a flaky journey", message));
    }
}

fn of_verdict(
    verdict: &Verdict,
    file: &dyn Fn(&str) -> Option<String>,
    otherwise: (&str, u32),
    seen: &str,
) -> Annotation {
    let rank = match verdict.outcome {
        Outcome::Fail => 0,
        Outcome::Inconclusive => 2,
        Outcome::NotReached if summary::is_breach(verdict) => 3,
        _ => 5,
    };
    let (name, line) = verdict.step.as_ref().map_or(otherwise, |step| (step.file.as_str(), step.line));
    let mut message = vec![text::line(&verdict.statement, LONG)];
    for (label, value) in
        [("expected", Some(&verdict.expected)), ("heard", Some(&verdict.actual)), ("hint", verdict.hint.as_ref())]
    {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            message.push(format!("{label}: {}", text::line(value, LONG)));
        }
    }
    Annotation {
        rank,
        place: file(name).map(|file| (file, line.max(1))),
        title: format!("chatproof: {} ({})", verdict.requirement, verdict.finding),
        message,
        seen: vec![seen.to_owned()],
    }
}

/// Adds one, unless the same stands there already, seen elsewhere.
fn push(all: &mut Vec<Annotation>, new: Annotation) {
    let same = |other: &&mut Annotation| {
        other.rank == new.rank && other.place == new.place && other.title == new.title && !other.seen.is_empty()
    };
    match all.iter_mut().find(same) {
        Some(there) => {
            for seen in new.seen.into_iter().filter(|seen| !seen.is_empty()) {
                if !there.seen.contains(&seen) {
                    there.seen.push(seen);
                }
            }
        }
        None => all.push(new),
    }
}

impl Annotation {
    fn command(&self) -> String {
        let kind = if self.rank < 4 { "error" } else { "warning" };
        let mut properties = Vec::new();
        if let Some((file, line)) = &self.place {
            properties.push(format!("file={}", property(file)));
            properties.push(format!("line={line}"));
        }
        properties.push(format!("title={}", property(&text::short(&self.title))));
        let mut message = self.message.join("\n");
        if !self.seen.is_empty() {
            message = format!("{message}\nseen in {}", text::line(&self.seen.join(", "), LONG));
        }
        format!("::{kind} {}::{}\n", properties.join(","), data(&message))
    }
}

/// What stands behind the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands behind a `=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
