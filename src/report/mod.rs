//! Reports: pure, `&Report -> String`, a file per format; only [`write()`] touches the file system.
//!
//! A format has a name on the command line ([`Format`]) and a function here; none of them judges, none of them knows
//! where it is written to.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use url::Url;

use crate::error::{Error, Result};
use crate::recording::Recording;

mod cases;
pub mod ctrf;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod model;
pub mod openmetrics;
pub mod otlp;
mod pictures;
pub mod style;
pub mod summary;
pub mod tap;
pub mod terminal;
pub mod text;

use model::Report;
use style::Style;

/// The formats a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For a person at a terminal.
    Terminal,
    /// For a person with a browser: one file, no script, nothing from outside.
    Html,
    /// For programs: `specs/report.schema.json`.
    Json,
    /// For CI servers.
    Junit,
    /// For a person: a summary, as GitHub shows it.
    Markdown,
    /// For test dashboards: the Common Test Report Format.
    Ctrf,
    /// For harnesses: the Test Anything Protocol, version 14.
    Tap,
    /// For monitoring: OpenMetrics.
    Openmetrics,
    /// For monitoring: OpenTelemetry's traces.
    Otlp,
}

impl Format {
    /// All, for messages.
    pub const ALL: [Self; 9] = [
        Self::Terminal,
        Self::Html,
        Self::Json,
        Self::Junit,
        Self::Markdown,
        Self::Ctrf,
        Self::Tap,
        Self::Openmetrics,
        Self::Otlp,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Html => "html",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Ctrf => "ctrf",
            Self::Tap => "tap",
            Self::Openmetrics => "openmetrics",
            Self::Otlp => "otlp",
        }
    }

    /// The report in this format. Colour only means something on a terminal.
    pub fn render(self, report: &Report, style: Style) -> String {
        self.render_with(report, style, None)
    }

    /// The same into a file or a pipe, without holding a large one as a whole.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(
        self,
        report: &Report,
        style: Style,
        pictures: Option<&str>,
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        match self {
            Self::Json => json::write(report, out),
            other => out.write_all(other.render_with(report, style, pictures).as_bytes()),
        }
    }

    /// Whether it names files with screenshots.
    pub fn names_pictures(self) -> bool {
        matches!(self, Self::Junit | Self::Ctrf)
    }

    /// The same; `pictures`: the folder with the screenshots, as the format should name it.
    pub fn render_with(self, report: &Report, style: Style, pictures: Option<&str>) -> String {
        match self {
            Self::Terminal => terminal::render(report, style),
            Self::Html => html::render(report),
            Self::Json => json::render(report),
            Self::Junit => junit::render(report, pictures),
            Self::Markdown => markdown::render(report),
            Self::Ctrf => ctrf::render(report, pictures),
            Self::Tap => tap::render(report),
            Self::Openmetrics => openmetrics::render(report),
            Self::Otlp => otlp::render(report),
        }
    }
}

/// A report that was asked for: `FORMAT[=PATH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which format.
    pub format: Format,
    /// Where to; `None`: standard output. Traces may go to an [address](Self::address).
    pub path: Option<PathBuf>,
}

impl Request {
    /// The collector that it is sent to.
    pub fn address(&self) -> Option<Url> {
        let place = self.path.as_ref()?.to_str().filter(|_| self.format == Format::Otlp)?;
        Url::parse(place).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
    }
}

impl FromStr for Request {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            Some((_, "")) => return Err("the path after `=` is missing; leave out `=` for standard output".into()),
            Some((name, path)) => (name, (path != "-").then(|| PathBuf::from(path))),
            None => (text, None),
        };
        let format = Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("there is no format `{name}`; the formats are {}", names.join(", "))
        })?;
        let request = Self { format, path };
        let place = request.path.as_ref().and_then(|path| path.to_str()).unwrap_or_default();
        if format == Format::Otlp && place.contains("://") && request.address().is_none() {
            return Err("a collector's address is like `otlp=http://localhost:4318`".into());
        }
        Ok(request)
    }
}

/// What the process should exit with.
pub fn exit_code(report: &Report) -> u8 {
    summary::conclusion(report).exit_code()
}

/// Writes a file whole or not at all: into a temporary file beside it, which then takes its name, so that a full disk
/// or a second reader never sees half a report. Missing directories are made.
///
/// # Errors
/// [`Error::Write`] with the path that was asked for.
pub fn write(path: &Path, text: &str) -> Result<()> {
    write_bytes(path, text.as_bytes())
}

fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    write_by(path, &|out| out.write_all(bytes))
}

/// Writes a report's screenshots into a folder beside it, which is made if there are any; gives its path.
///
/// # Errors
/// [`Error::Write`] with the path of the one that can't be written.
pub fn write_pictures(report_path: &Path, report: &Report) -> Result<Option<PathBuf>> {
    let folder = report_path.with_file_name(pictures::FOLDER);
    let mut any = None;
    for (name, bytes) in pictures::all(report) {
        write_bytes(&folder.join(name), &bytes)?;
        any = Some(folder.clone());
    }
    Ok(any)
}

/// The same with what `fill` writes.
///
/// # Errors
/// As [`write()`].
pub fn write_by(path: &Path, fill: &dyn Fn(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let attempt = || -> std::io::Result<()> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(directory)?;
        if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            // A device or a pipe (`/dev/stdout`) can't be replaced by a file; a directory says so itself.
            return filled(std::fs::OpenOptions::new().write(true).open(path)?, fill).map(drop);
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".chatproof-");
        // A temporary file is for its owner only; a report is read by others: the CI server, a colleague. What the
        // user's umask takes away stays away.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = filled(builder.tempfile_in(directory)?, fill)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|failed| failed.error)
    };
    attempt().map_err(|cause| Error::Write { path: path.to_owned(), cause: plain(cause) })
}

fn filled<W: Write>(file: W, fill: &dyn Fn(&mut dyn Write) -> std::io::Result<()>) -> std::io::Result<W> {
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    out.into_inner().map_err(|failed| failed.into_error())
}

/// The operating system's own words: a temporary file adds its name, which nobody has heard of.
fn plain(cause: std::io::Error) -> std::io::Error {
    let code = cause.get_ref().and_then(|inner| {
        let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(inner);
        std::iter::from_fn(|| {
            let here = inner?;
            inner = here.source();
            Some(here)
        })
        .find_map(|error| error.downcast_ref::<std::io::Error>()?.raw_os_error())
    });
    code.map_or(cause, std::io::Error::from_raw_os_error)
}

/// The name of a recording's file: `firefox-live-chat.json`, `firefox-live-chat@attempt-2.json`. A journey may have any name,
/// so all but letters, digits, `.`, `_` and `-` become `-`, and a name that was changed gets a number of its own, so that no two
/// share a file; so does one with capitals, for where `Live` and `live` are one file, and one in a browser whose name has a
/// `-`, for where `chrome` and `old-chat` are one with `chrome-old` and `chat`.
pub fn recording_name(recording: &Recording) -> String {
    attempt_name(recording, recording.attempt)
}

fn attempt_name(recording: &Recording, attempt: u32) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = recording.journey.chars().map(plain).take(100).collect();
    let own = name == recording.journey && !name.contains(|c: char| c.is_ascii_uppercase());
    let of = &recording.browser.name;
    let mark = match (own, of.contains('-')) {
        (true, false) => String::new(),
        (false, false) => format!("-{:08x}", number(&recording.journey)),
        (_, true) => format!("-{:08x}", number(&format!("{of}/{}", recording.journey))),
    };
    let browser: String = of.chars().map(plain).collect();
    let attempt = if attempt > 1 { format!("@attempt-{attempt}") } else { String::new() };
    format!("{browser}-{name}{mark}{attempt}.json")
}

/// FNV-1a: the same in every version, unlike the standard library's hashes.
fn number(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Saves a recording in a directory, which is made; gives the file's path. Later attempts at the same journey that an
/// earlier run has left there are removed: they are no attempts of this run's.
///
/// # Errors
/// [`Error::Write`] if it can't be written.
pub fn save_recording(directory: &Path, recording: &Recording) -> Result<PathBuf> {
    let path = directory.join(recording_name(recording));
    // A full one is not held a second time, as text.
    write_by(&path, &|out| {
        serde_json::to_writer_pretty(&mut *out, recording)?;
        out.write_all(b"\n")
    })?;
    let later = (recording.attempt + 1..).map(|attempt| directory.join(attempt_name(recording, attempt)));
    for left in later.take_while(|path| path.is_file()) {
        std::fs::remove_file(&left).map_err(|cause| Error::Write { path: left, cause })?;
    }
    Ok(path)
}
