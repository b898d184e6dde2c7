//! What a CI server is told by itself: a summary and annotations, in the way that GitHub's runners (and those that do as
//! they do) read.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::settings::{Output, Surroundings};
use crate::cli::tell;
use crate::error::Error;
use crate::report::model::Report;
use crate::report::{Format, Request, github, markdown};

/// A step's summary may have so many bytes: a larger one isn't shown at all.
const SUMMARY: u64 = 1024 * 1024;

/// What the environment says about a CI server.
#[derive(Debug, Clone, Default)]
pub struct Ci {
    /// Where the summary goes.
    summary: Option<PathBuf>,
    /// Whether annotations are read.
    annotations: bool,
    /// What its paths are relative to.
    workspace: Option<PathBuf>,
    /// What ours are relative to.
    directory: PathBuf,
}

impl Ci {
    /// As the environment says.
    pub fn of(surroundings: &Surroundings) -> Self {
        Self {
            summary: surroundings.var("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            annotations: surroundings.var("GITHUB_ACTIONS") == Some("true"),
            // GitHub's and those that do as it does, GitLab's, Jenkins'.
            workspace: ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"]
                .iter()
                .find_map(|name| surroundings.var(name).map(PathBuf::from)),
            directory: surroundings.directory.clone(),
        }
    }

    /// The reports to write besides: the summary is appended to what other commands of the step have written there, so
    /// it must not be written over.
    pub fn others(&self, requests: &[Request]) -> Vec<Request> {
        let own = |request: &&Request| {
            !(request.format == Format::Markdown && request.path.is_some() && request.path == self.summary)
        };
        requests.iter().filter(own).cloned().collect()
    }

    /// Tells a report. What can't be told is no failure of the run.
    pub fn tell(&self, report: &Report, output: Output) {
        if self.annotations {
            // On standard error, which runners read as well: standard output may be another program's input.
            let _ = std::io::stderr().lock().write_all(github::render(report, &|name| self.place(name)).as_bytes());
        }
        if let Some(path) = &self.summary
            && let Err(cause) = append(path, report)
        {
            tell(&Error::Write { path: path.clone(), cause }, output);
        }
    }

    /// A file's path in the repository; `None`: it is no file, but built in.
    fn place(&self, name: &str) -> Option<String> {
        let path = self.directory.join(name);
        if !path.is_file() {
            return None;
        }
        Some(self.name(Path::new(name)))
    }

    /// A file or folder as the CI server names it: relative to its workspace, if it lies there.
    pub fn name(&self, path: &Path) -> String {
        let whole = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let there = whole(&self.directory.join(path));
        let below = self.workspace.as_ref().and_then(|root| there.strip_prefix(whole(root)).ok());
        below.unwrap_or(path).display().to_string()
    }
}

fn append(path: &Path, report: &Report) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    let left = SUMMARY.saturating_sub(file.metadata()?.len());
    let text = markdown::within(report, usize::try_from(left).unwrap_or(usize::MAX));
    file.write_all(text.as_bytes())
}
