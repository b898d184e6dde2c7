//! "Could not do the job": failures of the tool, the driver, the browser or the target. A requirement that does not
//! hold is never an [`Error`]; it is a [`crate::verdict::Verdict`].

use std::path::PathBuf;

/// What kept chatproof from doing its job.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The command line asks for something that makes no sense (exit code 2).
    #[error("{0}")]
    Usage(String),
    /// A spec or site file has mistakes (exit code 2). The text is already rendered, one block a mistake.
    #[error("{0}")]
    Mistakes(String),
    /// A file could not be read (exit code 2).
    #[error("can't read {path}: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file could not be written (exit code 3).
    #[error("can't write {path}: {cause}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A driver or browser is missing, too old, could not be started or has died (exit code 3).
    #[error("{message}{}", help.as_ref().map(|h| format!("\n  help: {h}")).unwrap_or_default())]
    Browser {
        /// What happened.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// Anything else that broke on the way (exit code 3).
    #[error("{0}")]
    Other(String),
    /// Interrupted by the user or by a signal (exit code 130).
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// What happened, without what to do about it.
    pub fn message(&self) -> String {
        match self {
            Self::Browser { message, .. } => message.clone(),
            other => other.to_string(),
        }
    }

    /// The same with each of its texts changed: for what must not be shown as it is.
    #[must_use]
    pub fn map_texts(self, change: impl Fn(&str) -> String) -> Self {
        let path = |path: PathBuf| match path.to_str() {
            Some(text) => PathBuf::from(change(text)),
            None => path,
        };
        // The operating system's own words stand in no file and in no variable.
        let cause = |cause: std::io::Error| match cause.raw_os_error() {
            Some(_) => cause,
            None => std::io::Error::new(cause.kind(), change(&cause.to_string())),
        };
        match self {
            Self::Usage(text) => Self::Usage(change(&text)),
            Self::Mistakes(text) => Self::Mistakes(change(&text)),
            Self::Read { path: of, cause: why } => Self::Read { path: path(of), cause: cause(why) },
            Self::Write { path: of, cause: why } => Self::Write { path: path(of), cause: cause(why) },
            Self::Browser { message, help } => {
                Self::Browser { message: change(&message), help: help.map(|help| change(&help)) }
            }
            Self::Other(text) => Self::Other(change(&text)),
            Self::Interrupted => Self::Interrupted,
        }
    }
}

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
