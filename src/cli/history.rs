//! `--history DIR`: a summary of each run is kept; `chatproof history DIR` shows them over time.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::cli::args::HistoryArgs;
use crate::cli::recordings::json_files;
use crate::cli::run::print_by;
use crate::cli::settings::{self, Output};
use crate::cli::{exit_code, tell};
use crate::drift::history::{Entry, MOST_BYTES};
use crate::drift::timeline::{self, Timeline};
use crate::drift::timeline_html;
use crate::error::{Error, Result};
use crate::report::style::Style;
use crate::report::{self, Format, text};

/// The formats that a history can be written in.
const FORMATS: [Format; 3] = [Format::Terminal, Format::Html, Format::Json];

/// Shows a history; gives the exit code.
///
/// # Errors
/// A folder that isn't there or holds no run.
pub fn run(args: &HistoryArgs, output: Output) -> Result<u8> {
    let requests = settings::reports(&args.report, output.quiet)?;
    if let Some(other) = requests.iter().find(|request| !FORMATS.contains(&request.format)) {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        let name = other.format.name();
        return Err(Error::Usage(format!(
            "a history can't be written as {name}; the formats are {}",
            names.join(", ")
        )));
    }
    let (mut entries, notes) = read(&args.folder)?;
    if let Some(last) = args.last {
        entries.sort_by(|a, b| a.at.cmp(&b.at));
        entries.drain(..entries.len().saturating_sub(last));
    }
    if entries.is_empty() {
        let why = notes.first().map_or_else(String::new, |note| format!("\n  {note}"));
        return Err(Error::Usage(format!(
            "there is no run in {}{why}\n  help: `chatproof run --history DIR` keeps a summary of each run there",
            args.folder.display()
        )));
    }
    let timeline = timeline::of(entries, notes);
    let mut code = 0;
    for request in &requests {
        let written = match &request.path {
            Some(path) => report::write_by(path, &|out| write(&timeline, request.format, Style::OFF, out)),
            None => print_by(&|out| write(&timeline, request.format, output.stdout, out)),
        };
        if let Err(error) = written {
            tell(&error, output);
            code = exit_code(&error);
        }
    }
    Ok(code)
}

fn write(timeline: &Timeline, format: Format, style: Style, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    match format {
        Format::Json => timeline.write_json(out),
        Format::Html => out.write_all(timeline_html::render(timeline).as_bytes()),
        _ => out.write_all(timeline.render(style).as_bytes()),
    }
}

/// The summaries in a folder, and what is to be said of files that are none.
fn read(folder: &Path) -> Result<(Vec<Entry>, Vec<String>)> {
    let mut entries = Vec::new();
    let mut notes = Vec::new();
    for path in json_files(folder)? {
        let told = match read_one(&path) {
            Ok(entry) => {
                entries.push(entry);
                continue;
            }
            Err(why) => why,
        };
        if notes.len() < 10 {
            notes.push(format!("{} is left out: {}", path.display(), text::short(&told)));
        }
    }
    Ok((entries, notes))
}

fn read_one(path: &PathBuf) -> Result<Entry, String> {
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|cause| cause.to_string())?;
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|cause| cause.to_string())?;
    if text.len() as u64 > MOST_BYTES {
        return Err("it is larger than any summary that chatproof writes".into());
    }
    Entry::read(&text)
}

/// Keeps a run's summary, and lets go of the oldest ones beyond `most`. Each run has a file of its own, which appears whole
/// or not at all: jobs that write at once don't get into each other's way.
///
/// # Errors
/// [`Error::Write`].
pub fn keep(folder: &Path, entry: &Entry, most: usize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(entry)
        .map_err(|cause| Error::Other(format!("a summary can't be written: {cause}")))?;
    text.push('\n');
    report::write(&folder.join(entry.file_name()), &text)?;
    // Of this folder's files only those that are summaries: by their names, which begin with the time.
    let is_own = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(|c: char| c.is_ascii_digit())
            && name.contains('T')
            && name.rfind('-').is_some_and(|at| name.len() - at == 14)
    };
    let files: Vec<PathBuf> = json_files(folder)?.into_iter().filter(is_own).collect();
    for old in files.iter().take(files.len().saturating_sub(most.max(1))) {
        match std::fs::remove_file(old) {
            // Another job was faster.
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::Write { path: old.clone(), cause });
            }
            _ => {}
        }
    }
    Ok(())
}
