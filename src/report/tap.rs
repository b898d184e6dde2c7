//! The report for harnesses: the Test Anything Protocol, version 14, with YAML diagnostics.
//!
//! A subtest per suite. A known failure is `not ok` with `# TODO`, which TAP has for what is known not to work yet; what
//! was not looked at is `ok` with `# SKIP`; a warning is `ok` with a diagnostic.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::report::cases::{self, Case, Result, Status, Try};
use crate::report::model::Report;
use crate::report::summary;
use crate::report::text::short;

/// Renders the whole report.
pub fn render(report: &Report) -> String {
    let suites = cases::suites(report);
    let mut out = format!("TAP version 14\n# chatproof {}\n", env!("CARGO_PKG_VERSION"));
    // Writing into a String doesn't fail.
    let _ = writeln!(out, "1..{}", suites.len());
    for (at, suite) in suites.iter().enumerate() {
        let name = escaped(&suite.name);
        let _ = writeln!(out, "# Subtest: {name}");
        let _ = writeln!(out, "    1..{}", suite.cases.len());
        for (number, case) in suite.cases.iter().enumerate() {
            point(&mut out, number + 1, case);
        }
        let ok = suite.cases.iter().all(|case| is_ok(&case.result) || case.result.status == Status::Waived);
        let _ = writeln!(out, "{}ok {} - {name}", if ok { "" } else { "not " }, at + 1);
    }
    let _ = writeln!(out, "# {}", short(&summary::sentence(report)));
    out
}

fn is_ok(result: &Result) -> bool {
    matches!(result.status, Status::Pass | Status::Warn | Status::Skip)
}

fn point(out: &mut String, number: usize, case: &Case) {
    let result = &case.result;
    let word = if is_ok(result) { "ok" } else { "not ok" };
    let directive = match result.status {
        Status::Skip => format!(" # SKIP {}", escaped(&result.message)),
        Status::Waived => format!(" # TODO {}", escaped(&result.message)),
        _ => String::new(),
    };
    let _ = writeln!(out, "    {word} {number} - {}{directive}", escaped(&case.name));
    diagnostic(out, case);
}

/// A YAML block of JSON values, which YAML 1.2 reads as they are.
fn diagnostic(out: &mut String, case: &Case) {
    let result = &case.result;
    if matches!(result.status, Status::Pass | Status::Skip) && case.tries.is_empty() {
        return;
    }
    let severity = match result.status {
        Status::Pass | Status::Skip => "comment",
        Status::Warn if result.raw == "noted" => "comment",
        Status::Warn => "warning",
        Status::Fail => "fail",
        Status::Error => "error",
        Status::Waived => "todo",
    };
    let mut fields: Vec<(&str, Value)> = vec![("severity", severity.into()), ("outcome", result.raw.into())];
    if !result.message.is_empty() {
        fields.push(("message", result.message.clone().into()));
    }
    if !result.code.is_empty() {
        fields.push(("finding", result.code.clone().into()));
    }
    if let Some(line) = case.line {
        fields.push(("line", line.into()));
    }
    if !result.details.is_empty() {
        fields.push(("details", result.details.clone().into()));
    }
    if !case.tries.is_empty() {
        fields.push(("flaky", is_ok(result).into()));
        fields.push(("earlier_attempts", case.tries.iter().map(attempt).collect()));
    }
    out.push_str("      ---\n");
    for (name, value) in fields {
        let _ = writeln!(out, "      {name}: {value}");
    }
    out.push_str("      ...\n");
}

fn attempt(earlier: &Try) -> Value {
    json!({
        "attempt": earlier.attempt,
        "outcome": earlier.result.raw,
        "finding": earlier.result.code,
        "message": earlier.result.message,
    })
}

/// A description or a directive's reason: `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}
