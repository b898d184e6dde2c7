//! `chatproof lint`: spec and site files checked, every mistake of every file told at once.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::args::LintArgs;
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::cli::{exit_code, files, tell};
use crate::error::Result;
use crate::report::style::Ink;
use crate::report::text;
use crate::source::SourceFile;
use crate::spec;

/// Checks the files; the exit code is 2 if there is a mistake in one of them.
///
/// # Errors
/// If standard output can't be written to.
pub fn run(args: &LintArgs, output: Output) -> Result<u8> {
    let mut code = 0;
    for path in &args.files {
        match check(path, output) {
            Ok(fine) => {
                let sign = output.stdout.paint(Ink::Good, "✔");
                print(&format!("{sign} {}: {fine}\n", path.display()))?;
            }
            Err(error) => {
                tell(&error, output);
                code = exit_code(&error).max(code);
            }
        }
    }
    Ok(code)
}

/// What is fine about a file, or all that is wrong in it.
fn check(path: &Path, output: Output) -> Result<String> {
    let source = files::read(path)?;
    if is_spec(&source) {
        let spec = spec::parse(source).map_err(|found| files::mistakes(&found, output.stderr))?;
        let fields: usize = spec.events.values().map(|event| event.fields.len()).sum();
        return Ok(format!(
            "a spec: {}, {}, {} on payload fields, {}",
            spec.title,
            text::count(spec.events.len(), "event", "events"),
            text::count(fields, "requirement", "requirements"),
            text::count(spec.rules.len(), "rule", "rules"),
        ));
    }
    let (spec, site) = files::load(source, path.parent(), output.stderr)?;
    let steps = || site.journeys.values().flat_map(|journey| &journey.steps);
    let declared: BTreeSet<&str> = steps().flat_map(|step| &step.fires).map(|event| event.constant.as_str()).collect();
    Ok(format!(
        "a site file for {}: {}, {}; {} of {} documented events declared{}",
        spec.id,
        text::count(site.journeys.len(), "journey", "journeys"),
        text::count(steps().count(), "step", "steps"),
        declared.len(),
        spec.events.len(),
        match site.not_applicable.len() {
            0 => String::new(),
            number => format!(", {number} not applicable"),
        },
    ))
}

/// A spec says so in its `format`; one whose author forgot it still has a `probe`, which no site file has.
fn is_spec(source: &SourceFile) -> bool {
    let top = |key: &str| source.text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'));
    top("format").is_some_and(|value| value.contains("chatproof-spec")) || top("probe").is_some()
}
