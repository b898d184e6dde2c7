//! The table of documented events: one line an event, one column a browser.

use std::collections::BTreeMap;

use super::Page;
use crate::report::model::Report;
use crate::report::style::Ink;
use crate::report::summary::{self, Cell, Status};
use crate::report::text::{self, short};
use crate::verdict::Verdict;

/// Columns of one browser.
const COLUMN: usize = 20;

pub(super) fn table(page: &mut Page, report: &Report) {
    let browsers = summary::browsers(report);
    let rows = summary::coverage(report);
    if browsers.is_empty() || rows.is_empty() {
        return;
    }
    let (title, ready) = ("documented events", "the ready event");
    let names: Vec<String> = rows.iter().map(|row| text::line(row.constant, 48)).collect();
    let width = names.iter().map(|name| name.chars().count()).chain([title.len()]).max().unwrap_or(0) + 2;
    page.blank();
    let mut head = format!("{title:<width$}");
    for browser in &browsers {
        head.push_str(&format!("{:<COLUMN$}", text::line(&browser.name, COLUMN - 2)));
    }
    page.line(2, &page.style.paint(Ink::Strong, head.trim_end()));
    if let Some(cells) = summary::ready(report) {
        line(page, width, ready, &cells, None);
    }
    for (row, name) in rows.iter().zip(&names) {
        line(page, width, name, &row.cells, row.not_applicable);
    }
    let of = format!("/{}", rows.len());
    let mut sums = String::new();
    for at in 0..browsers.len() {
        let count = |status| rows.iter().filter(|row| row.cells.get(at).is_some_and(|c| c.status == status)).count();
        let mut cell = format!("{}{of} proved", count(Status::Proved));
        if count(Status::NotApplicable) > 0 {
            cell = format!("{cell}, {} n.a.", count(Status::NotApplicable));
        }
        sums.push_str(&format!("{cell:<COLUMN$}"));
    }
    page.line(2, &page.style.paint(Ink::Strong, format!("{:<width$}{}", "", sums.trim_end()).trim_end()));
}

fn line(page: &mut Page, width: usize, name: &str, cells: &[Cell], reason: Option<&str>) {
    let mut line = format!("{name:<width$}");
    for (at, cell) in cells.iter().enumerate() {
        let (text, ink) = match cell.status {
            Status::Proved => (format!("✔ proved ×{}", text::grouped(cell.heard)), Ink::Good),
            Status::Failed if cell.heard == 0 => ("✘ failed, not heard".into(), Ink::Bad),
            Status::Failed => (format!("✘ failed ×{}", text::grouped(cell.heard)), Ink::Bad),
            Status::Inconclusive => ("? inconclusive".into(), Ink::Doubt),
            Status::Waived if cell.heard == 0 => ("– waived, not heard".into(), Ink::Warn),
            Status::Waived => (format!("– waived ×{}", text::grouped(cell.heard)), Ink::Warn),
            Status::NotReached if cell.heard > 0 => (format!("○ heard only ×{}", text::grouped(cell.heard)), Ink::Bad),
            Status::NotReached => ("○ not reached".into(), Ink::Bad),
            Status::NotSelected => ("– not selected".into(), Ink::Dim),
            Status::NotApplicable => ("– n.a.".into(), Ink::Dim),
        };
        let gap = if at + 1 < cells.len() { COLUMN.saturating_sub(text.chars().count()) } else { 0 };
        line.push_str(&page.style.paint(ink, &text));
        line.extend(std::iter::repeat_n(' ', gap));
    }
    if let Some(reason) = reason {
        line.push_str(&page.style.paint(Ink::Dim, &format!("  {}", short(reason))));
    }
    page.line(2, &line);
}

/// Documented events that no step declares: one headline for all of them, since one mistake makes them all.
pub(super) fn undeclared(page: &mut Page, verdicts: &[&Verdict]) {
    if verdicts.is_empty() {
        return;
    }
    page.blank();
    let constants: BTreeMap<&str, &Verdict> = verdicts.iter().map(|v| (v.requirement.as_str(), *v)).collect();
    let head = match constants.len() {
        1 => "○ No journey is to make this documented event fire".to_owned(),
        n => format!("○ No journey is to make these {n} documented events fire"),
    };
    page.line(2, &page.style.paint(Ink::Warn, &head));
    for (requirement, verdict) in constants {
        let place = format!("  {}:{}", verdict.spec.file, verdict.spec.line);
        let line = format!("· {}{}", short(requirement), page.style.paint(Ink::Dim, &short(&place)));
        page.line(4, &line);
    }
    page.help(4, Some(summary::UNDECLARED_HELP));
}
