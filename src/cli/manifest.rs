//! What a shard was: a file beside its recordings, by which `merge` knows what belongs together, and what is missing.
//!
//! It's written when the shard begins, and again when it has ended: one that broke off says so.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::assemble::Happened;
use crate::cli::recordings;
use crate::cli::shard::Shard;
use crate::error::{Error, Result};
use crate::recording::FileCopy;
use crate::report::model::LostSession;
use crate::report::{self, text};

/// The `format` of the manifests that this version writes.
pub const FORMAT: &str = "chatproof-shard/1";

/// Their names begin with this.
const PREFIX: &str = "shard-";

/// A shard of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Version of chatproof that wrote it.
    pub chatproof: String,
    /// Which shard, from 1.
    pub shard: usize,
    /// Of how many.
    pub of: usize,
    /// What `${run.id}` was in this shard.
    pub run: String,
    /// Names of the browsers that its journeys were to be run in; one for each visitor in each.
    pub browsers: Vec<String>,
    /// Names of the visitors that all its journeys were to be run for, instead of those that they name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub visitors: Vec<String>,
    /// Names of the journeys of all shards.
    pub selected: Vec<String>,
    /// Those of this one.
    pub journeys: Vec<String>,
    /// How it went.
    pub state: State,
    /// What kept it from doing its job, for a browser as a whole; already masked.
    pub errors: Vec<Failure>,
    /// Sessions that were lost, whose journeys were run again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<LostSession>,
    /// The spec as it was.
    pub spec: FileCopy,
    /// The site file as it was.
    pub site: FileCopy,
    /// The known failures as they were, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<FileCopy>,
}

/// How a shard went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is under way, or broke off.
    Running,
    /// The user stopped it.
    Interrupted,
    /// It came to its end.
    Ended,
}

/// A browser that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its name.
    pub browser: String,
    /// What happened.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Manifest {
    /// Which shard.
    pub fn shard(&self) -> Shard {
        Shard { number: self.shard, of: self.of }
    }

    /// The name of its file. Shards that share a folder don't share it, nor do those of several browsers.
    fn name(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "._+".contains(c) { c } else { '-' };
        let browsers: String = self.browsers.join("+").chars().map(plain).take(100).collect();
        format!("{PREFIX}{}-of-{}-{browsers}.json", self.shard, self.of)
    }

    /// The same when it has come to its end.
    #[must_use]
    pub fn ended(mut self, happened: &Happened) -> Self {
        self.state = if happened.interrupted { State::Interrupted } else { State::Ended };
        let failure = |(browser, error): &(String, Error)| {
            let (message, help) = match error {
                Error::Browser { message, help } => (message.clone(), help.clone()),
                other => (other.to_string(), None),
            };
            Failure { browser: browser.clone(), message, help }
        };
        self.errors = happened.errors.iter().map(failure).collect();
        self.lost.clone_from(&happened.lost);
        self
    }

    /// Writes it into the folder of the shard's recordings.
    ///
    /// # Errors
    /// [`Error::Write`]
    pub fn write(&self, folder: &Path) -> Result<()> {
        // Names and texts only: nothing makes this fail.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        report::write(&folder.join(self.name()), &format!("{text}\n"))
    }
}

/// A manifest, and where it lies.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its file.
    pub path: PathBuf,
    /// What it says.
    pub manifest: Manifest,
}

impl Found {
    /// The folder that its recordings are in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// For messages: `shard 2/4 (recordings/shard-2-of-4-firefox.json)`.
    pub fn told(&self) -> String {
        format!("shard {} ({})", self.manifest.shard(), self.path.display())
    }
}

/// The manifests in a folder, or in the folders in it, as a CI server lays down what its jobs have kept.
///
/// # Errors
/// What can't be read.
pub fn find(folder: &Path) -> Result<Vec<Found>> {
    let mut out = Vec::new();
    for directory in recordings::directories(folder)? {
        for path in recordings::json_files(&directory)? {
            let named = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
            if let Some(manifest) = if named { read(&path)? } else { None } {
                out.push(Found { path, manifest });
            }
        }
    }
    Ok(out)
}

/// `None`: it's another kind of file.
fn read(path: &Path) -> Result<Option<Manifest>> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let bytes = std::fs::read(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
    let wrong = |why: &str, help: &str| {
        Error::Usage(format!("{} can't be read as a shard: {}\n  help: {help}", path.display(), text::short(why)))
    };
    match serde_json::from_slice::<Head>(&bytes) {
        Ok(head) if head.format == FORMAT => {}
        Ok(head) if head.format.starts_with("chatproof-shard/") => {
            let help = "merge it with the version of chatproof that wrote it";
            return Err(wrong(&format!("its format is `{}`, this version reads `{FORMAT}`", head.format), help));
        }
        // A journey may be called `1-of-2`, and its browser `shard`.
        Ok(_) => return Ok(None),
        Err(cause) => return Err(wrong(&cause.to_string(), "was it cut off? Run that shard again")),
    }
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|cause| wrong(&cause.to_string(), "was it edited? Run that shard again"))
}

/// The manifest of a shard that is under way, and where it is kept.
#[derive(Debug)]
pub struct Kept {
    /// What it says.
    pub manifest: Manifest,
    /// The folder of the recordings.
    pub folder: PathBuf,
    /// How much of the time of all journeys it takes, in percent.
    pub share: u64,
}

impl Kept {
    /// It begins.
    ///
    /// # Errors
    /// [`Error::Write`]
    pub fn begin(&self) -> Result<()> {
        self.manifest.write(&self.folder)
    }

    /// It has ended.
    ///
    /// # Errors
    /// [`Error::Write`]: to `merge`, the shard has broken off then.
    pub fn end(self, happened: &Happened) -> Result<()> {
        self.manifest.ended(happened).write(&self.folder)
    }

    /// For a person: `shard 2/4: 5 of 18 journeys, about 26% of the time`.
    pub fn told(&self) -> String {
        let Manifest { journeys, selected, .. } = &self.manifest;
        let of = text::count(selected.len(), "journey", "journeys");
        let share = self.share;
        format!("shard {}: {} of {of}, about {share}% of the time", self.manifest.shard(), journeys.len())
    }
}
