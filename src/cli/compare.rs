//! `chatproof compare`: what two runs differ in.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use crate::cli::args::CompareArgs;
use crate::cli::files;
use crate::cli::recordings::{self, Files};
use crate::cli::run::print_by;
use crate::cli::settings::{self, Output};
use crate::cli::{exit_code, tell};
use crate::drift::{self, Comparison, Gather, Keep, Run};
use crate::error::{Error, Result};
use crate::judge::Judge;
use crate::recording::{FileCopy, Recording};
use crate::report::style::Style;
use crate::report::{self, Format, text};
use crate::site::Site;
use crate::source::SourceFile;
use crate::spec::{self, Spec};

/// The formats that a comparison can be written in.
const FORMATS: [Format; 4] = [Format::Terminal, Format::Html, Format::Markdown, Format::Json];

/// Reports are read as a whole.
const MOST_BYTES: u64 = 1 << 30;

/// Compares two sides and reports; gives the exit code.
///
/// # Errors
/// What can't be read, and sides that have nothing in common.
pub fn run(args: &CompareArgs, output: Output) -> Result<u8> {
    let requests = settings::reports(&args.report, output.quiet)?;
    if let Some(other) = requests.iter().find(|request| !FORMATS.contains(&request.format)) {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        let name = other.format.name();
        return Err(Error::Usage(format!(
            "a comparison can't be written as {name}; the formats are {}",
            names.join(", ")
        )));
    }
    let keep = if args.show_values { Keep::Values } else { Keep::Shapes };
    let (before, after) = (side(&args.before, keep, output.stderr)?, side(&args.after, keep, output.stderr)?);
    let comparison = drift::compare(&before, &after).map_err(|drift::NothingAlike| {
        let names = |run: &Run| {
            let names: Vec<String> =
                run.columns.values().flat_map(|column| column.keys()).map(|n| text::short(n)).collect();
            names.iter().take(10).cloned().collect::<Vec<_>>().join(", ")
        };
        Error::Usage(format!(
            "no journey is in both, so there is nothing to compare\n  help: {} has {}\n        {} has {}",
            before.name,
            names(&before),
            after.name,
            names(&after)
        ))
    })?;
    let mut code = comparison.exit_code(args.strict);
    for request in &requests {
        let written = match &request.path {
            Some(path) => report::write_by(path, &|out| write(&comparison, request.format, Style::OFF, code, out)),
            None => print_by(&|out| write(&comparison, request.format, output.stdout, code, out)),
        };
        if let Err(error) = written {
            tell(&error, output);
            code = if code == 0 { exit_code(&error) } else { code };
        }
    }
    Ok(code)
}

fn write(
    comparison: &Comparison,
    format: Format,
    style: Style,
    code: u8,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let text = match format {
        Format::Json => return drift::json::write(comparison, code, out),
        Format::Html => drift::html::render(comparison),
        Format::Markdown => drift::markdown::render(comparison),
        _ => drift::terminal::render(comparison, style),
    };
    out.write_all(text.as_bytes())
}

/// What was seen on a side: a folder of recordings, a recording, a JSON report or a profile.
fn side(path: &Path, keep: Keep, style: Style) -> Result<Run> {
    if path.is_dir() {
        return of_recordings(&recordings::directories(path)?, path, keep, style);
    }
    let failed = |cause| Error::Read { path: path.to_owned(), cause };
    let mut bytes = Vec::new();
    let mut file = std::fs::File::open(path).map_err(failed)?;
    // By what is read, not by what is said: a pipe has no length.
    file.by_ref().take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let wrong = |what: &str, help: &str| Error::Usage(format!("{}: {what}\n  help: {help}", path.display()));
    if bytes.len() as u64 > MOST_BYTES {
        return Err(wrong("it is larger than 1 GiB", "compare folders of recordings, which are read one by one"));
    }
    let name = path.display().to_string();
    let kinds = "a side is a folder of recordings (`--save-recordings`), a JSON report (`--report json=PATH`) or a profile (`--learn`)";
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'{') {
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is no text in UTF-8", kinds))?;
        return profile(&text, &name).map_err(|why| wrong(&format!("it is neither JSON nor a profile: {why}"), kinds));
    }
    let place = |cause: &serde_json::Error| match cause.classify() {
        serde_json::error::Category::Eof => wrong("it ends too early", "was it cut off, or still being written?"),
        _ => wrong(&format!("it can't be read: {}", text::short(&cause.to_string())), kinds),
    };
    let head: Head = serde_json::from_slice(&bytes).map_err(|cause| place(&cause))?;
    let format = head.format.as_str().unwrap_or_default();
    match format {
        drift::REPORT_FORMAT => drift::of_report(&bytes, &name, keep).map_err(|cause| place(&cause)),
        format if format.starts_with("chatproof-recording/") => {
            drop(bytes);
            of_recordings(&[path.to_owned()], path, keep, style)
        }
        "" => Err(wrong("it says no `format`", kinds)),
        other if other.starts_with("chatproof-report/") => Err(wrong(
            &format!("its format is `{}`, written by another version of chatproof", text::short(other)),
            &format!("this version reads `{}`: make the report again by `chatproof judge`", drift::REPORT_FORMAT),
        )),
        other => Err(wrong(&format!("its format is `{}`", text::short(other)), kinds)),
    }
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: serde_json::Value,
}

/// Reads a profile's text, within bounds.
pub(super) fn profile(text: &str, name: &str) -> Result<Run, String> {
    if text.len() as u64 > drift::profile::MOST_BYTES {
        return Err("it is larger than any profile that chatproof writes".into());
    }
    drift::profile::read(text, name)
}

/// What was seen in recordings. Each is judged by the copies of spec and site file in it, so that runs of different days can
/// be compared.
fn of_recordings(paths: &[PathBuf], named: &Path, keep: Keep, style: Style) -> Result<Run> {
    let files = Files::of(paths)?;
    let (_, first) = files.first().map_err(|error| match error {
        Error::Usage(text) if named.is_dir() => {
            let what = text.lines().next().unwrap_or_default();
            let help =
                "recordings are what `chatproof run --save-recordings DIR` writes; a JSON report is named itself";
            Error::Usage(if text.starts_with("there is no recording") {
                format!("there is no recording in {}\n  help: {help}", named.display())
            } else {
                what.to_owned() + text.strip_prefix(what).unwrap_or_default()
            })
        }
        other => other,
    })?;
    let (spec, site) = rules(&first, style)?;
    let judge = Judge::new(&spec, &site);
    let gather = Mutex::new(Gather::new(keep));
    let take = |recording: &Recording, judge: &Judge| {
        let verdicts = judge.judge(recording);
        let mut gather = gather.lock().unwrap_or_else(PoisonError::into_inner);
        gather.take_rules(&texts(recording));
        gather.take(recording, &verdicts);
    };
    let taken = files.each(|_, recording| {
        if recording.site.says_the_same_as(&first.site) && recording.spec.says_the_same_as(&first.spec) {
            take(&recording, &judge);
            return Ok(());
        }
        let (spec, site) = rules(&recording, style)?;
        take(&recording, &Judge::new(&spec, &site));
        Ok(())
    })?;
    taken.into_iter().collect::<Result<()>>()?;
    Ok(gather.into_inner().unwrap_or_else(PoisonError::into_inner).finish(&named.display().to_string()))
}

fn texts(recording: &Recording) -> String {
    let all = |copy: &FileCopy| -> String {
        std::iter::once(&copy.text).chain(copy.included.iter().map(|file| &file.text)).cloned().collect()
    };
    format!("{}\u{0}{}", all(&recording.spec), all(&recording.site))
}

fn rules(recording: &Recording, style: Style) -> Result<(Spec, Site)> {
    let spec = spec::parse(SourceFile::from(&recording.spec)).map_err(|found| files::mistakes(&found, style))?;
    let site = files::parse_site(SourceFile::from(&recording.site), &spec, style)?;
    Ok((spec, site))
}
