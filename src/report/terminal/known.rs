//! What did not come out well and is let pass: earlier attempts at a journey, known failures, and what is to be said of
//! the file of these.

use super::Page;
use crate::report::model::{JourneyReport, Report};
use crate::report::style::Ink;
use crate::report::summary;
use crate::report::text::{self, short};

/// How many verdicts of one known failure are named.
const LISTED: usize = 6;

/// The attempts before the last one, with the first reason why each failed.
pub(super) fn attempts(page: &mut Page, indent: usize, journey: &JourneyReport) {
    if journey.earlier.is_empty() {
        return;
    }
    let attempts = journey.earlier.len() + 1;
    if journey.is_flaky() {
        let failed = journey.failed_attempts();
        let head = format!("flaky: failed in {failed} of {attempts} attempts, the last one came out well");
        page.wrapped_after(indent, &format!("{} ", page.style.paint(Ink::Warn, "▲")), 2, Ink::Warn, &head);
    } else {
        let head = format!("failed in {} of {attempts} attempts; this is the last one", journey.failed_attempts());
        page.wrapped(indent, Ink::Dim, &head);
    }
    for earlier in &journey.earlier {
        let reasons = summary::reasons(&earlier.recording, &earlier.verdicts);
        let more = reasons.len().saturating_sub(1);
        let first = reasons.first().map_or("came out well", String::as_str);
        let mut why = format!("attempt {}: {first}", earlier.recording.attempt);
        if more > 0 {
            why = format!("{why} (and {more} more)");
        }
        page.wrapped_after(indent + 2, "· ", 2, Ink::Dim, &short(&why));
    }
}

/// The known failures: reason, ticket, last day, and what each lets pass.
pub(super) fn waived(page: &mut Page, report: &Report) {
    let groups = summary::waived(report);
    if groups.is_empty() {
        return;
    }
    page.blank();
    let head = text::count(groups.len(), "known failure is let pass", "known failures are let pass");
    page.line(2, &page.style.paint(Ink::Warn, &format!("– {head}")));
    for (waiver, verdicts) in groups {
        let why = format!("{}  {}:{}", summary::why_waived(waiver), waiver.file, waiver.line);
        page.wrapped_after(4, "· ", 2, Ink::Plain, &short(&why));
        let mut lines: Vec<String> = Vec::new();
        for verdict in verdicts {
            let journey = if verdict.journey.is_empty() { String::new() } else { format!(" in {}", verdict.journey) };
            let line = format!("{}{journey} ({}): {}", verdict.requirement, verdict.browser, verdict.finding);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        for line in lines.iter().take(LISTED) {
            page.wrapped(6, Ink::Dim, &short(line));
        }
        if lines.len() > LISTED {
            page.line(6, &page.style.paint(Ink::Dim, &format!("and {} more", text::grouped(lines.len() - LISTED))));
        }
    }
}

/// Entries of the file that should go.
pub(super) fn stale(page: &mut Page, report: &Report) {
    let Some(baseline) = report.baseline.as_ref().filter(|baseline| !baseline.stale.is_empty()) else { return };
    page.blank();
    let (sign, ink) = if baseline.strict { ("✘", Ink::Bad) } else { ("▲", Ink::Warn) };
    let count = text::count(baseline.stale.len(), "known failure should go", "known failures should go");
    page.line(2, &page.style.paint(ink, &short(&format!("{sign} {count} from {}", baseline.file))));
    for entry in &baseline.stale {
        page.wrapped_after(
            4,
            "· ",
            2,
            Ink::Plain,
            &short(&format!("line {}: {}", entry.line, summary::stale_text(entry))),
        );
    }
}
