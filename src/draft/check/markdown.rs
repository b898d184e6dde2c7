//! A check as Markdown: the text of a ticket.

use std::fmt::Write as _;

use super::told::line;
use super::{Checked, Finding};
use crate::source::{SourceFile, Span};

/// Each difference with the lines of both sides. What pages say is quoted as code, so that it can't be anything else.
pub fn markdown(checked: &Checked) -> String {
    let mut out = String::new();
    let count = checked.drift().count();
    let head = match count {
        0 => "The spec says what the pages say".to_owned(),
        1 => "1 difference between the spec and the pages".to_owned(),
        more => format!("{more} differences between the spec and the pages"),
    };
    let _ = writeln!(out, "## {head}\n");
    let pages: Vec<String> = checked.pages.iter().map(|page| code(&page.name)).collect();
    let _ = writeln!(out, "Spec: {}. Pages: {}.\n", code(&checked.spec.name), pages.join(", "));
    for finding in checked.drift() {
        told(checked, finding, &mut out);
    }
    let decided: Vec<&Finding> = checked.decided().collect();
    if !decided.is_empty() {
        let _ = writeln!(out, "### Decided\n");
        for finding in decided {
            let why = plain(finding.decided.as_deref().unwrap_or_default());
            let _ = writeln!(out, "- {}: {why}", code(&finding.id));
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

fn told(checked: &Checked, finding: &Finding, out: &mut String) {
    let _ = writeln!(out, "### {}\n\n{}\n", code(&finding.id), sentence(&finding.what));
    let mut side = |source: &SourceFile, span: Span| {
        let place = format!("{}:{}", source.name, span.line);
        let _ = writeln!(out, "- {}: {}", code(&place), code(line(source, span)));
    };
    if let Some(spec) = &finding.spec {
        side(&checked.spec, spec.place);
    }
    for page in finding.pages.iter().take(6) {
        if let Some(source) = checked.pages.get(page.place.page) {
            side(source, page.place.span);
        }
    }
    if !finding.also.is_empty() {
        let also: Vec<String> = finding.also.iter().take(30).map(|id| code(id)).collect();
        let _ = writeln!(out, "\nThe same for {}.", also.join(", "));
    }
    out.push('\n');
}

/// What is in backquotes stays code, all else becomes text.
fn sentence(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) });
    parts.collect::<String>() + "."
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_control() => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '!' | '@' | '&' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// A text as code, whatever backquotes it has.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let marks = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{marks}{pad}{text}{pad}{marks}")
}
