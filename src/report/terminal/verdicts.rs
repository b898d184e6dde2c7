//! One block per root cause: what was demanded, what was heard, where it is written, what to do.

use std::collections::BTreeMap;

use super::Page;
use crate::report::style::Ink;
use crate::report::text::{self, short};
use crate::verdict::{Level, Outcome, Verdict};

/// How many explained verdicts are named under their headline.
const LISTED: usize = 6;

/// What was told in full already, and in which journey: a constant that is missing is missing in each journey.
#[derive(Default)]
pub(super) struct Told(BTreeMap<[String; 4], String>);

impl Told {
    /// Where the same was told before. Remembers it if nowhere.
    fn before(&mut self, verdict: &Verdict) -> Option<String> {
        if verdict.step.is_some() || verdict.journey.is_empty() {
            return None;
        }
        let key =
            [verdict.requirement.as_str(), &verdict.finding, &verdict.expected, &verdict.actual].map(str::to_owned);
        match self.0.get(&key) {
            Some(journey) if *journey != verdict.journey => Some(journey.clone()),
            Some(_) => None,
            None => {
                self.0.insert(key, verdict.journey.clone());
                None
            }
        }
    }
}

/// Sign, word and colour of an outcome.
fn sign(verdict: &Verdict) -> (&'static str, &'static str, Ink) {
    match (verdict.outcome, verdict.level) {
        (Outcome::Fail, _) => ("✘", "failed", Ink::Bad),
        (Outcome::Inconclusive, _) => ("?", "inconclusive", Ink::Doubt),
        (Outcome::NotReached, _) => ("○", "not reached", Ink::Bad),
        (Outcome::Warn, Level::Record) => ("·", "noted", Ink::Dim),
        (Outcome::Warn, _) => ("▲", "warning", Ink::Warn),
        (Outcome::Waived, _) => ("–", "waived", Ink::Dim),
        (Outcome::Pass, _) => ("✔", "passed", Ink::Good),
    }
}

/// A root cause with what it explains.
pub(super) fn block(page: &mut Page, indent: usize, verdict: &Verdict, explained: &[&Verdict], told: &mut Told) {
    let (sign, _, ink) = sign(verdict);
    let label = format!("{} ", page.style.paint(ink, sign));
    if let Some(journey) = told.before(verdict) {
        let line = format!("{} — {}, as in {}", short(&verdict.statement), short(&verdict.finding), short(&journey));
        page.wrapped_after(indent, &label, 2, Ink::Dim, &line);
        return;
    }
    if verdict.outcome == Outcome::Warn && verdict.level == Level::Record {
        // Nothing is asserted, so a line is enough.
        page.wrapped_after(
            indent,
            &label,
            2,
            Ink::Dim,
            &format!("{}: {}", short(&verdict.statement), short(&verdict.actual)),
        );
        return;
    }
    page.blank();
    page.wrapped_after(indent, &label, 2, ink, &short(&verdict.statement));
    field(page, indent + 2, "expected", &short(&verdict.expected));
    field(page, indent + 2, "heard", &short(&verdict.actual));
    if let Some(step) = &verdict.step {
        let place = format!("{} `{}`  {}", step.index + 1, step.text, step.place());
        field(page, indent + 2, "step", &short(&place));
    }
    let mut spec = format!("{}:{}", verdict.spec.file, verdict.spec.line);
    if let Some(section) = &verdict.spec.section {
        spec = format!("{spec}  “{section}”");
    }
    field(page, indent + 2, "spec", &short(&spec));
    if let Some(url) = &verdict.spec.url {
        // Never wrapped: a terminal opens an address only if it is in one piece.
        let line = format!("{}{}", page.style.paint(Ink::Dim, "vendor    "), text::line(url, 500));
        page.line(indent + 2, &line);
    }
    let subject = if verdict.subject.is_empty() { String::new() } else { format!(" ({})", verdict.subject) };
    field(page, indent + 2, "rule", &short(&format!("{}{subject}: {}", verdict.requirement, verdict.finding)));
    if let Some(reason) = &verdict.reason {
        field(page, indent + 2, "weight", &short(&format!("{}: {reason}", level(verdict.level))));
    }
    for (at, hint) in verdict.hint.iter().flat_map(|hint| text::lines(hint, text::LONG)).enumerate() {
        field(page, indent + 2, if at == 0 { "hint" } else { "" }, &hint);
    }
    consequences(page, indent + 2, explained);
}

/// A label, and a text that is wrapped beside it; nothing if the text is empty.
fn field(page: &mut Page, indent: usize, name: &str, value: &str) {
    if !value.is_empty() {
        let label = page.style.paint(Ink::Dim, &format!("{name:<9} "));
        let ink = if name == "heard" { Ink::Strong } else { Ink::Plain };
        page.wrapped_after(indent, &label, 10, ink, value);
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Should => "should",
        Level::Record => "record",
    }
}

/// What could not be told because the journey ended early: a line each, and a number for the rest.
pub(super) fn left_open(page: &mut Page, indent: usize, open: &[&Verdict]) {
    if open.is_empty() {
        return;
    }
    page.blank();
    let head = text::count(
        open.len(),
        "requirement could not be told, since the journey ended early:",
        "requirements could not be told, since the journey ended early:",
    );
    page.line(indent, &format!("{} {head}", page.style.paint(Ink::Doubt, "?")));
    for verdict in open.iter().take(LISTED) {
        let step = verdict.step.as_ref().map(|step| format!("  step {}", step.index + 1)).unwrap_or_default();
        page.wrapped_after(indent + 2, "· ", 2, Ink::Dim, &format!("{}{step}", short(&verdict.requirement)));
    }
    if open.len() > LISTED {
        let rest = format!("and {} more", text::grouped(open.len() - LISTED));
        page.line(indent + 4, &page.style.paint(Ink::Dim, &rest));
    }
}

/// What a root cause explains: a line each, and a number for the rest.
fn consequences(page: &mut Page, indent: usize, explained: &[&Verdict]) {
    if explained.is_empty() {
        return;
    }
    let label = page.style.paint(Ink::Dim, "hence     ");
    for (at, verdict) in explained.iter().take(LISTED).enumerate() {
        let (sign, word, _) = sign(verdict);
        let line = format!("{sign} {} {word}: {}", short(&verdict.requirement), short(&verdict.finding));
        let label = if at == 0 { label.as_str() } else { "          " };
        page.wrapped_after(indent, label, 10, Ink::Dim, &line);
    }
    if explained.len() > LISTED {
        let rest = text::count(explained.len() - LISTED, "more for the same reason", "more for the same reason");
        page.line(indent + 10, &page.style.paint(Ink::Dim, &format!("and {rest}")));
    }
}
