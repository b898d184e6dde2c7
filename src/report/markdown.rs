//! The report for a person on a CI server's page: GitHub-flavoured Markdown.
//!
//! What a page sent only ever stands in code spans, which nothing in it can end; everything else has its marks escaped.
//! A report that would be too long leaves out what weighs least, and says so.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::recording::{Ending, StepOutcome};
use crate::report::model::{JourneyReport, Report};
use crate::report::summary::{self, Conclusion, Status};
use crate::report::text::{self, short};
use crate::verdict::{Level, Outcome, Verdict};

/// GitHub shows no summary of more than a mebibyte; a report of that size is for nobody to read anyhow.
const MOST: usize = 1024 * 1024;

/// What is kept free for saying that something was left out.
const RESERVE: usize = 300;

/// How many verdicts are named in a list.
const LISTED: usize = 20;

/// Renders the whole report.
pub fn render(report: &Report) -> String {
    within(report, MOST)
}

/// The report in at most so many bytes; nothing at all if not even its head has room.
pub fn within(report: &Report, bytes: usize) -> String {
    let parts = parts(report);
    let mut out = String::new();
    let mut left_out = 0;
    for part in &parts {
        if left_out == 0 && out.len() + part.len() + RESERVE <= bytes {
            out.push_str(part);
        } else {
            left_out += 1;
        }
    }
    if out.is_empty() {
        return out;
    }
    if left_out > 0 {
        let more = text::count(left_out, "more part was", "more parts were");
        out.push_str(&format!("*{more} left out, since a summary may not be longer. Other reports have it all.*\n\n"));
    }
    out
}

/// The parts in the order of their weight, each ending with an empty line.
fn parts(report: &Report) -> Vec<String> {
    let mut out = vec![head(report)];
    out.extend(errors(report));
    out.extend(broken(report));
    out.extend(open(report));
    out.extend(coverage(report));
    out.extend(flaky(report));
    out.extend(stale(report));
    out.extend(waived(report));
    out.extend(warnings(report));
    out.extend(journeys(report));
    out
}

fn head(report: &Report) -> String {
    let totals = summary::totals(report);
    let sign = match summary::conclusion(report) {
        Conclusion::Conforms => "✅",
        Conclusion::DoesNotConform => "❌",
        Conclusion::CouldNotJudge => "❔",
        Conclusion::Interrupted => "⏹️",
    };
    let mut numbers = vec![
        text::count(totals.journeys, "journey", "journeys"),
        format!("{} heard", text::count(totals.events, "event", "events")),
        text::count(totals.checks, "check", "checks"),
        format!("{} passed", text::grouped(totals.pass)),
    ];
    for (number, word) in [
        (totals.fail, "failed"),
        (totals.warn, "with a warning"),
        (totals.noted, "noted"),
        (totals.inconclusive, "inconclusive"),
        (totals.not_reached, "not reached"),
        (totals.waived, "waived"),
        (totals.flaky, "flaky"),
    ] {
        if number > 0 {
            numbers.push(format!("{} {word}", text::grouped(number)));
        }
    }
    let spec = link(&report.spec.title, Some(&report.spec.url));
    format!(
        "## {sign} {}\n\n{} against {spec}\n\n{}\n\n",
        prose(&summary::sentence(report)),
        code(&report.site),
        numbers.join(" · ")
    )
}

fn errors(report: &Report) -> Vec<String> {
    let mut out: Vec<String> = report
        .errors
        .iter()
        .map(|error| {
            let mut part = format!("### ❌ {} could not be used\n\n{}\n", prose(&error.browser), prose(&error.message));
            if let Some(help) = &error.help {
                part.push_str(&format!("\n{}\n", block(help)));
            }
            part.push('\n');
            part
        })
        .collect();
    if !report.lost.is_empty() {
        let lines: Vec<String> =
            report.lost.iter().map(|lost| format!("- {}\n", prose(&summary::lost_text(lost)))).collect();
        out.push(format!("{}\n", lines.concat()));
    }
    if report.interrupted {
        out.insert(0, "### ⏹️ The run was interrupted\n\n".into());
    }
    out
}

/// The root causes, those that are the same in several journeys and browsers once.
fn broken(report: &Report) -> Vec<String> {
    let mut groups = Groups::new();
    for journey in &report.journeys {
        for (verdict, explained) in summary::headlines(&journey.verdicts) {
            if summary::is_breach(verdict) {
                add(&mut groups, verdict, explained);
            }
        }
    }
    let (others, undeclared) = summary::coverage_apart(report);
    for verdict in others.into_iter().filter(|v| summary::is_breach(v)) {
        add(&mut groups, verdict, Vec::new());
    }
    groups.values().map(Group::text).chain(no_journey(&undeclared)).collect()
}

/// Documented events that no step declares: one mistake makes them all.
fn no_journey(verdicts: &[&Verdict]) -> Option<String> {
    let breaches: BTreeMap<&str, &Verdict> =
        verdicts.iter().filter(|v| summary::is_breach(v)).map(|v| (v.requirement.as_str(), *v)).collect();
    let line = |(requirement, verdict): (&&str, &&Verdict)| {
        let section = verdict.spec.section.as_deref().unwrap_or("the vendor's page");
        let place = code(&format!("{}:{}", verdict.spec.file, verdict.spec.line));
        format!("- {} {place} {}\n", code(requirement), link(section, verdict.spec.url.as_deref()))
    };
    let lines: String = breaches.iter().map(line).collect();
    let head = match breaches.len() {
        0 => return None,
        1 => "No journey is to make this documented event fire".to_owned(),
        n => format!("No journey is to make these {n} documented events fire"),
    };
    Some(format!("### ⭕ {head}\n\n{lines}\n{}\n\n", prose(summary::UNDECLARED_HELP)))
}

struct Group<'a> {
    verdict: &'a Verdict,
    places: Vec<String>,
    explained: BTreeMap<&'a str, &'a Verdict>,
}

/// By requirement, finding, what was expected, and the step's line.
type Groups<'a> = IndexMap<(&'a str, &'a str, &'a str, Option<u32>), Group<'a>>;

fn add<'a>(groups: &mut Groups<'a>, verdict: &'a Verdict, explained: Vec<&'a Verdict>) {
    let place = if verdict.journey.is_empty() {
        verdict.browser.clone()
    } else {
        format!("{}: {}", verdict.browser, verdict.journey)
    };
    let line = verdict.step.as_ref().map(|step| step.line);
    let group = groups
        .entry((&verdict.requirement, &verdict.finding, &verdict.expected, line))
        .or_insert_with(|| Group { verdict, places: Vec::new(), explained: BTreeMap::new() });
    if !group.places.contains(&place) {
        group.places.push(place);
    }
    group.explained.extend(explained.into_iter().map(|verdict| (verdict.requirement.as_str(), verdict)));
}

impl Group<'_> {
    fn text(&self) -> String {
        let verdict = self.verdict;
        let mut out = format!("### ❌ {}\n\n", prose(&verdict.statement));
        let mut field = |name: &str, value: String| {
            if !value.is_empty() {
                out.push_str(&format!("- **{name}** {value}\n"));
            }
        };
        field("expected", prose(&verdict.expected));
        field("heard", code(&verdict.actual));
        let places: Vec<String> = self.places.iter().take(LISTED).map(|place| code(place)).collect();
        let more = self.places.len().saturating_sub(LISTED);
        field("in", places.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() });
        if let Some(step) = &verdict.step {
            let place = code(&step.place());
            field("step", format!("{} {} {place}", step.index + 1, code(&step.text)));
        }
        let section = verdict.spec.section.as_deref().unwrap_or("the vendor's page");
        let spec = code(&format!("{}:{}", verdict.spec.file, verdict.spec.line));
        field("spec", format!("{spec} {}", link(section, verdict.spec.url.as_deref())).trim_end().to_owned());
        field("rule", code(&format!("{}: {}", verdict.requirement, verdict.finding)));
        field("hint", prose(verdict.hint.as_deref().unwrap_or_default()));
        let hence: Vec<String> = self.explained.keys().take(6).map(|requirement| code(requirement)).collect();
        let more = self.explained.len().saturating_sub(6);
        field("hence", hence.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() });
        out.push('\n');
        out
    }
}

/// What kept chatproof from telling: steps that failed, journeys that broke off, verdicts that are inconclusive.
fn open(report: &Report) -> Vec<String> {
    report.journeys.iter().filter_map(open_in).collect()
}

fn open_in(journey: &JourneyReport) -> Option<String> {
    let recording = &journey.recording;
    let mut lines = Vec::new();
    for step in &recording.steps {
        if let StepOutcome::Failed(error) = &step.outcome {
            lines.push(format!("- step {} {} failed: {}", step.index + 1, code(&step.text), code(&error.message)));
            lines.extend(error.candidates.iter().take(5).map(|candidate| format!("  - {}", code(candidate))));
        }
    }
    match &recording.ending {
        Ending::Broken { message } => lines.push(format!("- broke off: {}", code(message))),
        Ending::Interrupted => lines.push("- interrupted".into()),
        Ending::Complete | Ending::StepFailed { .. } => {}
    }
    let doubts: Vec<&Verdict> = journey.verdicts.iter().filter(|verdict| summary::is_doubt(verdict)).collect();
    for verdict in doubts.iter().take(LISTED) {
        lines.push(format!("- inconclusive: {} {}", code(&verdict.requirement), code(&verdict.actual)));
    }
    if doubts.len() > LISTED {
        lines.push(format!("- and {} more are inconclusive", text::grouped(doubts.len() - LISTED)));
    }
    (!lines.is_empty()).then(|| {
        format!("### ❔ {} in {}\n\n{}\n\n", code(&recording.journey), prose(&recording.browser.name), lines.join("\n"))
    })
}

fn coverage(report: &Report) -> Option<String> {
    let browsers = summary::browsers(report);
    let rows = summary::coverage(report);
    if browsers.is_empty() || rows.is_empty() {
        return None;
    }
    let mut out = String::from("| documented event |");
    for browser in &browsers {
        out.push_str(&format!(" {} |", cell(&format!("{} {}", browser.name, browser.version))));
    }
    out.push_str(&format!("\n| --- |{}\n", " --- |".repeat(browsers.len())));
    let mut row = |name: &str, cells: &[summary::Cell]| {
        out.push_str(&format!("| {} |", cell(name)));
        for cell in cells {
            out.push_str(&format!(" {} |", status(*cell)));
        }
        out.push('\n');
    };
    if let Some(cells) = summary::ready(report) {
        row("the ready event", &cells);
    }
    for event in &rows {
        row(event.constant, &event.cells);
    }
    out.push('\n');
    Some(out)
}

fn status(cell: summary::Cell) -> String {
    let heard = text::grouped(cell.heard);
    match cell.status {
        Status::Proved => format!("✅ proved ×{heard}"),
        Status::Failed if cell.heard == 0 => "❌ failed, not heard".into(),
        Status::Failed => format!("❌ failed ×{heard}"),
        Status::Inconclusive => "❔ inconclusive".into(),
        Status::Waived if cell.heard == 0 => "🏳️ waived, not heard".into(),
        Status::Waived => format!("🏳️ waived ×{heard}"),
        Status::NotReached if cell.heard > 0 => format!("⭕ heard only ×{heard}"),
        Status::NotReached => "⭕ not reached".into(),
        Status::NotSelected => "not selected".into(),
        Status::NotApplicable => "not applicable".into(),
    }
}

fn flaky(report: &Report) -> Option<String> {
    let mut lines = Vec::new();
    for journey in report.journeys.iter().filter(|journey| journey.is_flaky()) {
        let recording = &journey.recording;
        let attempts = journey.earlier.len() + 1;
        lines.push(format!(
            "- {} in {} failed in {} of {attempts} attempts",
            code(&recording.journey),
            prose(&recording.browser.name),
            journey.failed_attempts()
        ));
        for earlier in &journey.earlier {
            for why in summary::reasons(&earlier.recording, &earlier.verdicts).iter().take(3) {
                lines.push(format!("  - attempt {}: {}", earlier.recording.attempt, code(why)));
            }
        }
    }
    (!lines.is_empty()).then(|| format!("### 🎲 Flaky\n\n{}\n\n", lines.join("\n")))
}

fn stale(report: &Report) -> Option<String> {
    let baseline = report.baseline.as_ref().filter(|baseline| !baseline.stale.is_empty())?;
    let sign = if baseline.strict { "❌" } else { "⚠️" };
    let line = |entry| format!("- {}\n", prose(&summary::stale_text(entry)));
    let lines: String = baseline.stale.iter().map(line).collect();
    Some(format!("### {sign} Known failures that should go from {}\n\n{lines}\n", code(&baseline.file)))
}

fn waived(report: &Report) -> Option<String> {
    let groups = summary::waived(report);
    if groups.is_empty() {
        return None;
    }
    let mut out =
        format!("### 🏳️ {}\n\n", text::count(groups.len(), "known failure is let pass", "known failures are let pass"));
    for (waiver, verdicts) in groups {
        let expired = if waiver.expired { " **(expired)**" } else { "" };
        out.push_str(&format!("- {}{expired}\n", prose(&summary::why_waived(waiver))));
        let mut seen = Vec::new();
        for verdict in verdicts {
            let place =
                if verdict.journey.is_empty() { String::new() } else { format!(" in {}", code(&verdict.journey)) };
            let line = format!("  - {}{place} ({})\n", code(&verdict.requirement), prose(&verdict.browser));
            if !seen.contains(&line) {
                seen.push(line);
            }
        }
        out.extend(seen.iter().take(LISTED).map(String::as_str));
        if seen.len() > LISTED {
            out.push_str(&format!("  - and {} more\n", seen.len() - LISTED));
        }
    }
    out.push('\n');
    Some(out)
}

fn warnings(report: &Report) -> Option<String> {
    let warns = |v: &&Verdict| v.outcome == Outcome::Warn && v.level != Level::Record;
    let mut lines: Vec<String> = Vec::new();
    for verdict in summary::verdicts(report).filter(warns) {
        let line =
            format!("- {} {} ({})", prose(&verdict.statement), code(&verdict.actual), code(&verdict.requirement));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let head = text::count(lines.len(), "warning", "warnings");
    let more = lines.len().saturating_sub(100);
    lines.truncate(100);
    if more > 0 {
        lines.push(format!("- and {more} more"));
    }
    (!lines.is_empty()).then(|| folded(&head, &format!("{}\n", lines.join("\n"))))
}

fn journeys(report: &Report) -> Option<String> {
    if report.journeys.is_empty() {
        return None;
    }
    let mut out = String::from(
        "| browser | journey | steps | events | checks | attempts | time |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for journey in &report.journeys {
        let recording = &journey.recording;
        let checks = journey.checks();
        let sign = match summary::failed(recording, &journey.verdicts) {
            true if journey.verdicts.iter().any(summary::is_breach) => "❌",
            true => "❔",
            false => "✅",
        };
        out.push_str(&format!(
            "| {} | {sign} {} | {} | {} | {} | {} | {} |\n",
            cell(&recording.browser.name),
            cell(&recording.journey),
            recording.steps.len(),
            text::grouped(journey.counts().events),
            text::grouped(checks),
            journey.earlier.len() + 1,
            text::duration(summary::journey_ms(recording)),
        ));
    }
    let head = text::count(report.journeys.len(), "journey", "journeys");
    Some(folded(&head, &out))
}

fn folded(head: &str, body: &str) -> String {
    format!("<details><summary>{head}</summary>\n\n{body}\n</details>\n\n")
}

/// A text in which nothing means anything, on one line. Between the fences nothing is Markdown but a fence as long.
pub(crate) fn code(text: &str) -> String {
    let text = short(text);
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Our own sentence, on one line: its code stays code, all other marks are escaped.
pub(crate) fn prose(text: &str) -> String {
    let text = text::line(text.trim(), text::LONG);
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return plain(&text);
    }
    let piece = |(at, piece): (usize, &&str)| if at % 2 == 0 { plain(piece) } else { code(piece) };
    pieces.iter().enumerate().map(piece).collect()
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '@' | '$' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    // An address would become a link by itself.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A name in a table.
fn cell(text: &str) -> String {
    if text.contains(['|', '\\', '`']) { plain(&short(text)) } else { code(text) }
}

fn link(title: &str, url: Option<&str>) -> String {
    let safe = |url: &&str| {
        (url.starts_with("https://") || url.starts_with("http://"))
            && url.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '\\' | '"' | '`'))
    };
    match url.filter(safe) {
        Some(url) => format!("[{}](<{url}>)", prose(title)),
        None => prose(title),
    }
}

/// Our own help text, line breaks kept.
fn block(text: &str) -> String {
    let lines = text::lines(text, text::LONG);
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{}\n{fence}", lines.join("\n"))
}
