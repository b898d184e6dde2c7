//! Changes to what a site serves: how a fault or an odd variant is seeded into a site that conforms.
//!
//! Boundary: pure; text in, text out. What serves the files (`fixture_site`, a folder) asks here on the way out, so the
//! widget's own code knows nothing of faults.

use std::borrow::Cow;

use crate::source::Span;

/// What is different from the site as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Changes to files, in the order in which they are made.
    pub patches: Vec<Patch>,
    /// Headers of every response, over those that it has already.
    pub headers: Vec<(String, String)>,
}

/// A change to one served file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// Path below the folder of served files: `chat/payload.js`.
    pub file: String,
    /// What is changed in it.
    pub edit: Edit,
    /// Where the text that is looked for (or the new file) is written down.
    pub span: Span,
}

/// What is changed in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A text that occurs exactly once, and what stands there instead.
    Replace {
        /// The text.
        find: String,
        /// What stands there instead.
        with: String,
    },
    /// The whole file, which may be one that there isn't otherwise.
    Whole(String),
}

/// Why a patch doesn't fit the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// There is no such file.
    NoFile,
    /// The file isn't text.
    NoText,
    /// The text occurs so many times, not once.
    Occurs(usize),
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoFile => f.write_str("there is no such file"),
            Self::NoText => f.write_str("the file is no text in UTF-8"),
            Self::Occurs(0) => f.write_str("the text isn't in the file"),
            Self::Occurs(times) => write!(f, "the text is {times} times in the file"),
        }
    }
}

impl Changes {
    /// A file as it is served. `original`: as it is without changes, if there is such a file.
    ///
    /// # Errors
    /// The index of the patch that doesn't fit, and why.
    pub fn apply<'t>(
        &self,
        file: &str,
        original: Option<Cow<'t, [u8]>>,
    ) -> Result<Option<Cow<'t, [u8]>>, (usize, Misfit)> {
        let mut served = original;
        for (index, patch) in self.patches.iter().enumerate().filter(|(_, patch)| patch.file == file) {
            let changed = match &patch.edit {
                Edit::Whole(text) => text.clone(),
                Edit::Replace { find, with } => {
                    let bytes = served.as_deref().ok_or((index, Misfit::NoFile))?;
                    let text = std::str::from_utf8(bytes).map_err(|_| (index, Misfit::NoText))?;
                    match text.matches(find.as_str()).count() {
                        1 => text.replacen(find.as_str(), with, 1),
                        times => return Err((index, Misfit::Occurs(times))),
                    }
                }
            };
            served = Some(Cow::Owned(changed.into_bytes()));
        }
        Ok(served)
    }

    /// Whether all patches fit. `original`: a file as it is without changes.
    ///
    /// # Errors
    /// The index of the first patch that doesn't, and why.
    pub fn check<'t>(&self, original: impl Fn(&str) -> Option<Cow<'t, [u8]>>) -> Result<(), (usize, Misfit)> {
        for (at, patch) in self.patches.iter().enumerate() {
            // Each file once: its patches are made one after the other.
            if self.patches[..at].iter().all(|earlier| earlier.file != patch.file) {
                self.apply(&patch.file, original(&patch.file))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(file: &str, edit: Edit) -> Patch {
        Patch { file: file.into(), edit, span: Span::default() }
    }

    fn replace(file: &str, find: &str, with: &str) -> Patch {
        patch(file, Edit::Replace { find: find.into(), with: with.into() })
    }

    fn applied(patches: Vec<Patch>, text: Option<&str>) -> Result<Option<String>, (usize, Misfit)> {
        let changes = Changes { patches, headers: vec![] };
        let served = changes.apply("a.js", text.map(|text| Cow::Borrowed(text.as_bytes())))?;
        Ok(served.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    #[test]
    fn patches_are_made_in_order_and_only_to_their_file() {
        let patches = vec![replace("a.js", "one", "two"), replace("b.js", "x", "y"), replace("a.js", "two", "three")];
        assert_eq!(applied(patches, Some("one x")), Ok(Some("three x".into())));
        assert_eq!(applied(vec![patch("a.js", Edit::Whole("new".into()))], None), Ok(Some("new".into())));
        assert_eq!(applied(vec![], None), Ok(None));
    }

    #[test]
    fn a_text_must_be_there_exactly_once() {
        let one = |text| applied(vec![replace("b.js", "", ""), replace("a.js", "one", "two")], text);
        assert_eq!(one(Some("one, one")), Err((1, Misfit::Occurs(2))));
        assert_eq!(one(Some("")), Err((1, Misfit::Occurs(0))));
        assert_eq!(one(None), Err((1, Misfit::NoFile)));
    }
}
