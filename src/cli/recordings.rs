//! Recordings from files: which they are, and what is wrong with one that can't be read.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::recording::{self, Recording};
use crate::report::text;

/// Loads files, and directories of files, in the order given; a directory's are sorted by name. Other JSON files in a
/// directory (a report beside its recordings) are passed over; one that is named must be a recording.
///
/// # Errors
/// [`Error::Read`], or [`Error::Usage`] saying what is wrong where.
pub fn load(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Recording)>> {
    let mut out: Vec<(PathBuf, Recording)> = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = out.len();
            for file in json_files(path)? {
                if let Some(recording) = read(&file, true)? {
                    out.push((file, recording));
                }
            }
            if out.len() == before {
                let help = "recordings are what `chatproof run --save-recordings DIR` writes";
                return Err(Error::Usage(format!("there is no recording in {}\n  help: {help}", path.display())));
            }
        } else if let Some(recording) = read(path, false)? {
            out.push((path.clone(), recording));
        }
    }
    for (at, (path, recording)) in out.iter().enumerate() {
        let of_journey = |(_, other): &&(PathBuf, Recording)| {
            other.journey == recording.journey && other.browser.name == recording.browser.name
        };
        for (other_path, other) in out[..at].iter().filter(of_journey) {
            let why = if other.attempt == recording.attempt {
                "are both of"
            } else if run(other) != run(recording) {
                "are attempts of two runs at"
            } else {
                continue;
            };
            return Err(Error::Usage(format!(
                "{} and {} {why} journey `{}` in {}: judge one of them",
                other_path.display(),
                path.display(),
                text::short(&recording.journey),
                text::short(&recording.browser.name),
            )));
        }
    }
    Ok(out)
}

/// The run that a recording belongs to: further attempts have their number after its name.
fn run(recording: &Recording) -> &str {
    let id = recording.run.id.as_str();
    if recording.attempt > 1 { id.strip_suffix(&format!("-{}", recording.attempt)).unwrap_or(id) } else { id }
}

fn json_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause| Error::Read { path: directory.to_owned(), cause };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "json") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// `None`: it is another kind of file, and `lenient` allows that.
fn read(path: &Path, lenient: bool) -> Result<Option<Recording>> {
    let failed = |cause| Error::Read { path: path.to_owned(), cause };
    let bytes = std::fs::read(path).map_err(failed)?;
    let broken = |cause: serde_json::Error| {
        // The position is told in front; serde_json tells it at the end as well.
        let (line, column) = (cause.line(), cause.column());
        let why = cause.to_string();
        let why = why.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&why);
        let (what, help) = match cause.classify() {
            serde_json::error::Category::Eof => {
                ("it ends too early".to_owned(), "was it cut off, or still being written?")
            }
            serde_json::error::Category::Syntax => {
                (format!("it is no JSON: {}", text::short(why)), "is it the right file?")
            }
            _ => (text::short(why), "was it edited? Record it again, or use the version of chatproof that wrote it"),
        };
        let place = path.display();
        Error::Usage(format!("{place}:{line}:{column}: this recording can't be judged: {what}\n  help: {help}"))
    };
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(broken)?;
    let format = value.get("format").and_then(serde_json::Value::as_str).unwrap_or_default();
    if format != recording::FORMAT {
        if lenient && !format.starts_with("chatproof-recording/") {
            return Ok(None);
        }
        let record = "recordings are what `chatproof run --save-recordings DIR` writes";
        let (what, help) = match format {
            "" => ("it says no `format`".to_owned(), record),
            other if other.starts_with("chatproof-recording/") => (
                format!("its format is `{}`, written by another version of chatproof", text::short(other)),
                "judge it with that version, or run the journey again with this one",
            ),
            other => (format!("its format is `{}`", text::short(other)), record),
        };
        return Err(Error::Usage(format!(
            "{} can't be judged: {what}; this version reads `{}`\n  help: {help}",
            path.display(),
            recording::FORMAT
        )));
    }
    // From the text again, since only that way a wrong field is told with its line.
    serde_json::from_slice(&bytes).map(Some).map_err(broken)
}
