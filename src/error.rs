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

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
