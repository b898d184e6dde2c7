//! Where specs come from: built in by id, or a file.
//!
//! Boundary: finds and reads the text; parsing is `parse.rs`.

use std::path::Path;

use super::{Spec, parse};
use crate::error::Error;
use crate::source::SourceFile;
use crate::source::nearest::{list, nearest};

/// The specs that come with the program.
const BUILTIN: &[(&str, &str)] = &[("adobe-dynamic-chat", include_str!("../../specs/adobe-dynamic-chat.yaml"))];

/// The text of a built-in spec.
pub fn builtin(id: &str) -> Option<SourceFile> {
    BUILTIN
        .iter()
        .find(|(name, _)| *name == id)
        .map(|(name, text)| SourceFile::new(format!("{name} (built in)"), *text))
}

/// The ids of the built-in specs.
pub fn builtin_ids() -> Vec<&'static str> {
    BUILTIN.iter().map(|(name, _)| *name).collect()
}

/// Finds the text of a spec: the id of a built-in one, or the path of a file. `relative_to`: the directory at which a
/// relative path begins, else the current one.
///
/// # Errors
/// [`Error::Usage`] for a name that is neither; [`Error::Read`] for a file that can't be read as UTF-8 text.
pub fn open(reference: &str, relative_to: Option<&Path>) -> Result<SourceFile, Error> {
    if let Some(source) = builtin(reference) {
        return Ok(source);
    }
    let path = relative_to.map_or_else(|| reference.into(), |base| base.join(reference));
    let looks_like_path =
        reference.contains(['/', '\\']) || reference.ends_with(".yaml") || reference.ends_with(".yml");
    if !looks_like_path && !path.is_file() {
        let ids = builtin_ids();
        let help = nearest(reference, ids.iter().copied())
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(Error::Usage(format!(
            "no spec `{reference}`{help}\nbuilt in: {}; anything else must be the path of a spec file",
            list(&ids)
        )));
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(SourceFile::new(path.display().to_string(), text)),
        Err(cause) => Err(Error::Read { path, cause }),
    }
}

/// Finds and parses a spec; see [`open`].
///
/// # Errors
/// Those of [`open`], and [`Error::Mistakes`], rendered without colour. To render them otherwise, use [`open`] and
/// [`parse`].
pub fn load(reference: &str, relative_to: Option<&Path>) -> Result<Spec, Error> {
    parse(open(reference, relative_to)?).map_err(|mistakes| Error::Mistakes(mistakes.to_string()))
}
