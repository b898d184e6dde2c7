//! Where a catalogue's files come from: a folder on disk, or compiled in.
//!
//! Boundary: reads names and bytes; what is in them is [`super::parse`]'s business.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::fixture_site;
use crate::source::SourceFile;

/// A folder of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in catalogue: `fixtures/`, compiled in.
    BuiltIn,
    /// A folder.
    Disk(PathBuf),
}

impl Origin {
    /// A file's text, under the name to show for it.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn read(&self, path: &str) -> Result<SourceFile> {
        match self {
            Self::BuiltIn => {
                let missing = || Error::Read { path: path.into(), cause: std::io::ErrorKind::NotFound.into() };
                let bytes = fixture_site::original(path).ok_or_else(missing)?;
                Ok(SourceFile::new(format!("{path} (built in)"), String::from_utf8_lossy(&bytes).into_owned()))
            }
            Self::Disk(folder) => {
                let full = folder.join(path);
                match std::fs::read_to_string(&full) {
                    Ok(text) => Ok(SourceFile::new(full.display().to_string(), text)),
                    Err(cause) => Err(Error::Read { path: full, cause }),
                }
            }
        }
    }

    /// The names of the YAML files directly in a folder, without `.yaml`, sorted.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn yaml_files(&self, folder: &str) -> Result<Vec<String>> {
        let names: Vec<String> = match self {
            Self::BuiltIn => fixture_site::files_below(&format!("{folder}/")),
            Self::Disk(parent) => {
                let full = parent.join(folder);
                let failed = |cause| Error::Read { path: full.clone(), cause };
                let mut names = Vec::new();
                for entry in std::fs::read_dir(&full).map_err(failed)? {
                    names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
                }
                names
            }
        };
        let id = |name: String| {
            let id = name.strip_suffix(".yaml").or(name.strip_suffix(".yml"))?;
            (!id.starts_with('.') && !id.contains('/')).then(|| id.to_owned())
        };
        let mut ids: Vec<String> = names.into_iter().filter_map(id).collect();
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// A folder below this one.
    pub fn below(&self, folder: &str) -> Self {
        match self {
            Self::BuiltIn => Self::BuiltIn,
            Self::Disk(parent) => Self::Disk(parent.join(folder)),
        }
    }

    /// A served file as it is, if there is such a file; never one above the folder.
    pub fn served(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        let plain = Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        match self {
            _ if !plain || path.is_empty() => None,
            Self::BuiltIn => fixture_site::original(path),
            Self::Disk(folder) => std::fs::read(folder.join(path)).ok().map(Cow::Owned),
        }
    }
}
