//! A check as text for a terminal, and as JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Checked, Finding, Kind};
use crate::source::{Mistake, Mistakes, SourceFile, Span};

/// What the first key of the JSON says.
const FORMAT: &str = "chatproof-spec-check/1";
/// Places of one page's side that a terminal shows.
const SHOWN: usize = 3;

/// Each difference with the lines of both sides, and what is decided in a line each.
pub fn terminal(checked: &Checked, color: bool, width: usize) -> String {
    let mut out = String::new();
    for finding in checked.drift() {
        let _ = write!(out, "{}", block(checked, finding, color, width));
        out.push('\n');
    }
    for finding in checked.decided() {
        let why = finding.decided.as_deref().unwrap_or_default();
        let text = format!("{}: {}\n{why}", finding.id, finding.what);
        for (at, line) in text.lines().enumerate() {
            // Pages can't command a terminal.
            let line: String = line.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
            let _ = writeln!(out, "  {:8} {line}", if at == 0 { "decided" } else { "" });
        }
    }
    out
}

/// The sides one below the other, each as a mistake in a file is shown.
fn block(checked: &Checked, finding: &Finding, color: bool, width: usize) -> String {
    let mut out = String::new();
    let mut head = Some(format!("{}: {}", finding.id, finding.what));
    let also = finding.also.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    let decide = || format!("change the spec; or, if it's right, write why: `decided: {{ \"{}\": … }}`", finding.id);
    let mut help = finding.spec.as_ref().map(|_| decide());
    if !also.is_empty() {
        let more = finding.also.len().saturating_sub(12);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text = format!("the same for {also}{more}");
        help = Some(help.map_or(text.clone(), |help| format!("{text}\n{help}")));
    }
    let spec = finding.spec.iter().map(|side| (&checked.spec, side.place, side.label.as_str()));
    let pages = finding
        .pages
        .iter()
        .take(SHOWN)
        .filter_map(|side| Some((checked.pages.get(side.place.page)?, side.place.span, side.label.as_str())));
    let sides: Vec<(&SourceFile, Span, &str)> = spec.chain(pages).collect();
    for (at, (source, span, label)) in sides.iter().enumerate() {
        let message = head.take().unwrap_or_else(|| {
            if at > 1 || finding.spec.is_none() { "and here".to_owned() } else { "and the page".to_owned() }
        });
        let help = if at + 1 == sides.len() { help.take() } else { None };
        let list = vec![Mistake { span: *span, message, label: (*label).to_owned(), help }];
        out += &Mistakes { source: (*source).clone(), list }.render(color, width);
    }
    out
}

#[derive(Serialize)]
struct Told<'c> {
    format: &'static str,
    spec: &'c str,
    pages: Vec<&'c str>,
    versions: bool,
    compared: usize,
    drift: usize,
    findings: Vec<One<'c>>,
}

#[derive(Serialize)]
struct One<'c> {
    id: &'c str,
    kind: Kind,
    what: &'c str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    also: &'c [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    spec: Option<At<'c>>,
    pages: Vec<At<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<&'c str>,
}

#[derive(Serialize)]
struct At<'c> {
    file: &'c str,
    line: u32,
    text: &'c str,
}

/// The line that a place is in.
pub(super) fn line(source: &SourceFile, span: Span) -> &str {
    let at = span.offset.min(source.text.len());
    let start = source.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line = source.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default().trim();
    line.char_indices().nth(300).map_or(line, |(end, _)| &line[..end])
}

fn at(source: &SourceFile, span: Span) -> At<'_> {
    At { file: &source.name, line: span.line, text: line(source, span) }
}

/// As JSON; `chatproof schema check` is its schema.
///
/// # Errors
/// None that can happen: all of it is text and numbers.
pub fn json(checked: &Checked) -> serde_json::Result<String> {
    let one = |finding: &'_ Finding| -> (Option<Span>, Vec<(usize, Span)>) {
        let pages = finding.pages.iter().map(|side| (side.place.page, side.place.span)).collect();
        (finding.spec.as_ref().map(|side| side.place), pages)
    };
    let findings = checked.findings.iter().map(|finding| {
        let (spec, pages) = one(finding);
        One {
            id: &finding.id,
            kind: finding.kind,
            what: &finding.what,
            also: &finding.also,
            spec: spec.map(|span| at(&checked.spec, span)),
            pages: pages.into_iter().filter_map(|(page, span)| Some(at(checked.pages.get(page)?, span))).collect(),
            decided: finding.decided.as_deref(),
        }
    });
    let told = Told {
        format: FORMAT,
        spec: &checked.spec.name,
        pages: checked.pages.iter().map(|page| page.name.as_str()).collect(),
        versions: checked.versions,
        compared: checked.compared,
        drift: checked.drift().count(),
        findings: findings.collect(),
    };
    Ok(serde_json::to_string_pretty(&told)? + "\n")
}
