//! Files that people write, with positions in them, and the mistakes found there.
//!
//! Boundary: knows text and lines, nothing of what the text means.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub mod globs;
pub mod hostile;
pub mod nearest;
pub mod read;
mod render;
pub mod schema;
pub mod yaml;

/// A file's text together with the name to show for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// What to print as the file's name: a path as the user gave it, or `adobe-dynamic-chat (built in)`.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// The files that it includes, by way of others too. [`Span::file`] counts them from 1.
    pub included: Vec<SourceFile>,
    /// Why it couldn't be read.
    pub unread: Option<String>,
}

impl SourceFile {
    /// Wraps a text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into(), included: Vec::new(), unread: None }
    }

    /// The file that a place is in: itself, or one that it includes.
    pub fn of(&self, span: Span) -> &SourceFile {
        usize::from(span.file).checked_sub(1).and_then(|at| self.included.get(at)).unwrap_or(self)
    }

    /// `line 4`, or `line 4 of names.yaml` in a file that it includes.
    pub fn line(&self, span: Span) -> String {
        match span.file {
            0 => format!("line {}", span.line),
            _ => format!("line {} of {}", span.line, self.of(span).name),
        }
    }
}

/// A place in a [`SourceFile`]: byte offset and length for carets, line and column (both from 1) for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Line, from 1; 0 if unknown.
    pub line: u32,
    /// Column in characters, from 1; 0 if unknown.
    pub column: u32,
    /// Byte offset from the start of the text.
    pub offset: usize,
    /// Length in bytes.
    pub len: usize,
    /// In which file: 0 for the one itself, else which of those that it includes, from 1.
    #[serde(default, skip_serializing_if = "is_itself")]
    pub file: u16,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
fn is_itself(file: &u16) -> bool {
    *file == 0
}

/// What something was called by, and where: the `do` of a step that came from a fragment of steps.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    /// The fragment's name.
    pub name: String,
    /// Place of the `do`.
    pub span: Span,
}

/// One mistake in a file: where, what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it stands.
    pub span: Span,
    /// What is wrong, as a sentence without a full stop: "unknown event `CONVERSATION_TRIGERED`".
    pub message: String,
    /// Stands at the caret: what was expected there.
    pub label: String,
    /// How to mend it: "did you mean `CONVERSATION_TRIGGERED`?"
    pub help: Option<String>,
}

/// All the mistakes of one file, in the order in which they stand there. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    /// The file they stand in.
    pub source: SourceFile,
    /// The mistakes.
    pub list: Vec<Mistake>,
}
