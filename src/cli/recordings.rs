//! Recordings from files: which they are, and what is wrong with one that can't be read.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::recording::{self, Recording};
use crate::report::text;

/// Files that are recordings, or may be.
#[derive(Debug, Default)]
pub struct Files {
    list: Vec<File>,
    /// The directories among what was named.
    directories: Vec<PathBuf>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    /// It lies in a directory that was named, where other JSON files may lie as well: a report beside its recordings. One
    /// that is named itself must be a recording.
    lenient: bool,
}

impl Files {
    /// Files, and directories of files, in the order given; a directory's are sorted by name.
    ///
    /// # Errors
    /// [`Error::Read`] for a directory that can't be listed.
    pub fn of(paths: &[PathBuf]) -> Result<Self> {
        let mut files = Self::default();
        for path in paths {
            if path.is_dir() {
                files.list.extend(json_files(path)?.into_iter().map(|path| File { path, lenient: true }));
                files.directories.push(path.clone());
            } else {
                files.list.push(File { path: path.clone(), lenient: false });
            }
        }
        Ok(files)
    }

    /// The first recording, with its path.
    ///
    /// # Errors
    /// As [`Files::each`]; and if there is none.
    pub fn first(&self) -> Result<(&Path, Recording)> {
        for file in &self.list {
            if let Some(recording) = read(&file.path, file.lenient)? {
                return Ok((&file.path, recording));
            }
        }
        Err(self
            .directories
            .first()
            .map_or_else(|| Error::Usage("there is nothing to judge".into()), |path| none_in(path)))
    }

    /// Reads all of them, on as many cores as there are, and lets go of each when it has been looked at. Gives what came of
    /// it in the order of the files, whichever was done first.
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Usage`] saying what is wrong where: of the first file that can't be read.
    pub fn each<T: Send>(&self, look: impl Fn(&Path, Recording) -> T + Sync) -> Result<Vec<T>> {
        let look = |file: &File| -> Result<Option<T>> {
            let recording = read(&file.path, file.lenient)?;
            Ok(recording.map(|recording| look(&file.path, recording)))
        };
        let looked: Vec<Option<T>> = on_all_cores(&self.list, look).into_iter().collect::<Result<_>>()?;
        Ok(looked.into_iter().flatten().collect())
    }

    /// Each directory that was named holds one recording at least. `held`: the paths of all that were found.
    ///
    /// # Errors
    /// [`Error::Usage`] naming one that doesn't.
    pub fn check_directories<'p>(&self, held: impl Iterator<Item = &'p Path>) -> Result<()> {
        let some: HashSet<&Path> = held.filter_map(Path::parent).collect();
        self.directories
            .iter()
            .find(|directory| !some.contains(directory.as_path()))
            .map_or(Ok(()), |none| Err(none_in(none)))
    }
}

fn none_in(directory: &Path) -> Error {
    let help = "recordings are what `chatproof run --save-recordings DIR` writes";
    Error::Usage(format!("there is no recording in {}\n  help: {help}", directory.display()))
}

/// Room for what a page's payload nests, as the main thread has it.
const STACK: usize = 8 << 20;

/// What comes of each, in their order.
fn on_all_cores<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let helper = |_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, some).ok();
        // One that can't be had leaves more to the others.
        let helpers: Vec<_> = (1..cores).filter_map(helper).collect();
        let mut done = some();
        for helper in helpers {
            done.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}

/// Which attempt at which journey a recording is of.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its file.
    pub path: PathBuf,
    /// The browser's name.
    pub browser: String,
    /// The journey.
    pub journey: String,
    /// Which attempt.
    pub attempt: u32,
    /// The run that it belongs to.
    pub run: String,
}

impl Identity {
    /// Of a recording in a file.
    pub fn of(path: &Path, recording: &Recording) -> Self {
        Self {
            path: path.to_owned(),
            browser: recording.browser.name.clone(),
            journey: recording.journey.clone(),
            attempt: recording.attempt,
            run: recording.own_run().to_owned(),
        }
    }
}

/// No two of the same attempt, and all attempts at a journey from one run.
///
/// # Errors
/// [`Error::Usage`] naming two that don't go together.
pub fn check_apart<'i>(all: impl IntoIterator<Item = &'i Identity>) -> Result<()> {
    let mut known: HashMap<(&str, &str), Vec<&Identity>> = HashMap::new();
    for one in all {
        let others = known.entry((&one.browser, &one.journey)).or_default();
        for other in others.iter() {
            let why = if other.attempt == one.attempt {
                "are both of"
            } else if other.run != one.run {
                "are attempts of two runs at"
            } else {
                continue;
            };
            return Err(Error::Usage(format!(
                "{} and {} {why} journey `{}` in {}: judge one of them",
                other.path.display(),
                one.path.display(),
                text::short(&one.journey),
                text::short(&one.browser),
            )));
        }
        others.push(one);
    }
    Ok(())
}

/// What is in a directory, sorted.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause| Error::Read { path: directory.to_owned(), cause };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The JSON files in a directory, sorted.
///
/// # Errors
/// [`Error::Read`] if it can't be listed.
pub fn json_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = entries(directory)?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json") && path.is_file());
    Ok(files)
}

/// A directory and those in it; none, if it isn't there.
///
/// # Errors
/// [`Error::Read`] if one can't be listed.
pub fn directories(directory: &Path) -> Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut all = vec![directory.to_owned()];
    all.extend(entries(directory)?.into_iter().filter(|path| path.is_dir()));
    Ok(all)
}

/// What says which kind of file it is. The rest isn't held: a report may be large.
#[derive(Default, Deserialize)]
struct Head {
    #[serde(default)]
    format: Value,
}

/// `None`: it is another kind of file, and `lenient` allows that.
fn read(path: &Path, lenient: bool) -> Result<Option<Recording>> {
    let failed = |cause| Error::Read { path: path.to_owned(), cause };
    let bytes = std::fs::read(path).map_err(failed)?;
    if let Ok(recording) = serde_json::from_slice::<Recording>(&bytes)
        && recording.format == recording::FORMAT
    {
        return Ok(Some(recording));
    }
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
    let head = match serde_json::from_slice::<Head>(&bytes) {
        Err(cause) if cause.classify() != serde_json::error::Category::Data => return Err(broken(cause)),
        head => head.unwrap_or_default(),
    };
    let format = head.format.as_str().unwrap_or_default();
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
    serde_json::from_slice(&bytes).map(Some).map_err(broken)
}
