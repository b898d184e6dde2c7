//! The tags that come with the program: each file of `specs/tags/`.

use std::sync::{Arc, OnceLock};

use super::{Tag, parse};
use crate::source::SourceFile;

// `FILES`: name and text of each, by `build.rs`.
include!(concat!(env!("OUT_DIR"), "/tags.rs"));

/// All of them, by name.
pub fn builtins() -> &'static [Arc<Tag>] {
    static ALL: OnceLock<Vec<Arc<Tag>>> = OnceLock::new();
    // A test holds that all of them can be read.
    ALL.get_or_init(|| FILES.iter().filter_map(|(id, _)| parse(builtin_source(id)?).ok()).map(Arc::new).collect())
}

/// One of them.
pub fn builtin(id: &str) -> Option<Arc<Tag>> {
    builtins().iter().find(|tag| tag.id == id).cloned()
}

/// Their names.
pub fn builtin_ids() -> Vec<&'static str> {
    FILES.iter().map(|(id, _)| *id).collect()
}

/// The text of one.
pub fn builtin_source(id: &str) -> Option<SourceFile> {
    let (id, text) = FILES.iter().find(|(name, _)| *name == id)?;
    Some(SourceFile::new(format!("{id} (built in)"), *text))
}
