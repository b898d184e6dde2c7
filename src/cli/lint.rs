//! `chatproof lint`: specs, tags, site files, files of known failures, and catalogues with their faults and variants checked,
//! every mistake of every file told at once.

use std::collections::BTreeSet;
use std::path::Path;

use crate::analytics::tag;
use crate::baseline::FILE_NAME;
use crate::cli::args::LintArgs;
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::cli::{catalogue, exit_code, files, known, tell};
use crate::error::{Error, Result};
use crate::report::style::Ink;
use crate::report::text;
use crate::selftest::{Catalogue, Kind};
use crate::source::SourceFile;
use crate::source::yaml::{self, Value};
use crate::spec;

/// The default name of site files.
const SITE: &str = "chatproof.yaml";

/// Checks the files; the exit code is 2 if there is a mistake in one of them.
///
/// # Errors
/// If standard output can't be written to.
pub fn run(args: &LintArgs, output: Output) -> Result<u8> {
    let mut code = 0;
    for path in &args.files {
        match check(path, args.site.as_deref(), output) {
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
fn check(path: &Path, site: Option<&Path>, output: Output) -> Result<String> {
    let source = files::read(path)?;
    if is_baseline(&source, path) {
        return check_baseline(source, path, site, output);
    }
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
    if top(&source, "format").is_some_and(|value| value.contains("chatproof-tag")) {
        let tag = tag::parse(source).map_err(|found| files::mistakes(&found, output.stderr))?;
        return Ok(format!(
            "a tag: {}, {}",
            tag.title,
            match &tag.layer {
                Some(layer) => format!("the data layer `{layer}`"),
                None => text::count(tag.ways.len(), "form of hits", "forms of hits"),
            }
        ));
    }
    if catalogue::is_catalogue(&source) {
        return catalogue::load(Some(path), output.stderr).map(|catalogue| catalogue_told(&catalogue));
    }
    if is_entry(&source) {
        return check_entry(&source, path, output);
    }
    let (spec, site) = files::load(files::with_included(source), path.parent(), output.stderr)?;
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

fn catalogue_told(catalogue: &Catalogue) -> String {
    let count = |kind| catalogue.entries.iter().filter(|entry| entry.kind == kind).count();
    format!(
        "a catalogue for {}: {}, {}",
        catalogue.spec.id,
        text::count(count(Kind::Fault), "fault", "faults"),
        text::count(count(Kind::Variant), "variant", "variants"),
    )
}

/// A fault or a variant, against the catalogue that its folder belongs to.
fn check_entry(source: &SourceFile, path: &Path, output: Output) -> Result<String> {
    let Some((entry, catalogue)) = catalogue::entry(source, path, output.stderr)? else {
        return Err(Error::Usage(format!(
            "{} is a fault or a variant of a catalogue, and no catalogue beside its folder names this folder\n  help: check the whole catalogue: chatproof lint CATALOGUE.yaml",
            path.display()
        )));
    };
    Ok(format!(
        "a {} of {}: {}, {}",
        entry.kind.name(),
        catalogue.display(),
        text::count(entry.journeys.len(), "journey", "journeys"),
        text::count(entry.expect.len(), "requirement declared", "requirements declared"),
    ))
}

/// A file of known failures, against the site file that it belongs to.
fn check_baseline(source: SourceFile, path: &Path, site: Option<&Path>, output: Output) -> Result<String> {
    let beside = path.with_file_name(SITE);
    let site_path = site.unwrap_or(&beside);
    let site_source = files::read_site(site_path).map_err(|error| match error {
        Error::Read { cause, .. } if site.is_none() && cause.kind() == std::io::ErrorKind::NotFound => {
            Error::Usage(format!(
                "{} is a file of known failures, and there is no {SITE} beside it to check it against\n  help: name its site file: --site FILE",
                path.display()
            ))
        }
        other => other,
    })?;
    let (spec, site) = files::load(site_source, site_path.parent(), output.stderr)?;
    let baseline = known::parse(source, &spec, &site, output.stderr)?;
    let dated = baseline.entries.iter().filter(|entry| entry.until.is_some()).count();
    Ok(format!(
        "known failures of {}: {}, {dated} with a last day",
        site.source.name,
        text::count(baseline.entries.len(), "entry", "entries"),
    ))
}

/// It is the only one of our files that is a list; one that is empty yet is told by its name.
fn is_baseline(source: &SourceFile, path: &Path) -> bool {
    match yaml::parse(source, &mut Vec::new()).map(|tree| tree.value) {
        Some(Value::Seq(_)) => true,
        Some(Value::Map(_)) => false,
        _ => path.file_name().is_some_and(|name| name == FILE_NAME),
    }
}

/// A fault or a variant has one of these at its top level, even if its author forgot some; no other file of ours has.
fn is_entry(source: &SourceFile) -> bool {
    ["breaks", "keeps", "expect", "follows", "patch"].into_iter().any(|key| top(source, key).is_some())
}

/// A key of the file's top level, and what follows its colon; found even where the YAML is broken.
fn top<'s>(source: &'s SourceFile, key: &str) -> Option<&'s str> {
    source.text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))
}

/// A spec says so in its `format`; one whose author forgot it still has a `probe`, which no site file has.
fn is_spec(source: &SourceFile) -> bool {
    top(source, "format").is_some_and(|value| value.contains("chatproof-spec")) || top(source, "probe").is_some()
}
