//! What the judge found: one [`Verdict`] per requirement and subject.
//!
//! Boundary: plain data, made by `judge`, read by `report`. A false assertion is data here, never an error.

mod requirement_id;

use serde::{Deserialize, Serialize};

pub use requirement_id::RequirementId;

/// How much a statement of the spec weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Documented: a breach means that the widget does not conform.
    Must,
    /// Likely meant, but not said outright: a breach is a warning.
    Should,
    /// Undocumented: what is heard is told, nothing is asserted.
    Record,
}

/// A requirement's outcome in one recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Broken, at level `must`.
    Fail,
    /// Could not be told: the listener was not alive, a step did not happen, messages were lost.
    Inconclusive,
    /// A documented event that no journey was to fire.
    NotReached,
    /// Broken, at level `should`; or noted, at level `record`.
    Warn,
    /// Broken, but excused with a reason: by the site file (`not_applicable`), or as a known failure (then there is a
    /// [`Waiver`]).
    Waived,
    /// Holds.
    Pass,
}

/// Where in the spec a requirement is written down, and on which page of the vendor's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
pub struct SpecRef {
    /// The spec file's name.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
    /// Section heading of the vendor's page.
    pub section: Option<String>,
    /// Address of that section.
    pub url: Option<String>,
}

/// The step that should have been the cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepRef {
    /// Index in the journey, from 0.
    pub index: usize,
    /// The step as a person reads it: `click launcher`.
    pub text: String,
    /// Name of the site file.
    pub file: String,
    /// Line in the site file, from 1.
    pub line: u32,
    /// By which `do` it came, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<StepBy>,
}

/// The `do` by which a step came.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepBy {
    /// The fragment's name.
    pub name: String,
    /// Name of the file.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
}

impl StepRef {
    /// The line of one file that is to blame: its own, or that of the `do` by which it came.
    pub fn line_in(&self, file: &str) -> Option<u32> {
        let by = || self.by.iter().find(|by| by.file == file).map(|by| by.line);
        if self.file == file { Some(self.line) } else { by() }
    }

    /// `chatproof.yaml:7, by open-chat in chatproof.yaml:22`
    pub fn place(&self) -> String {
        let by: String =
            self.by.iter().rev().map(|by| format!(", by {} in {}:{}", by.name, by.file, by.line)).collect();
        format!("{}:{}{by}", self.file, self.line)
    }
}

/// One requirement's outcome for one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Stable id: `event.CONVERSATION_ENGAGED.payload.sid`.
    pub requirement: RequirementId,
    /// What it weighs, after the site file's overrides.
    pub level: Level,
    /// The outcome.
    pub outcome: Outcome,
    /// What was found, a kebab-case code that tells outcomes of one requirement apart: `ok`, `missing`, `too-early`,
    /// `too-late`, `duplicate`, `wrong-type`, ... Stable, for machines.
    pub finding: String,
    /// The requirement as a sentence: "CONVERSATION_ENGAGED carries a non-empty `payload.sid`".
    pub statement: String,
    /// Journey's name; empty for verdicts about a whole run (coverage).
    pub journey: String,
    /// Browser's name: `firefox`, `chromium`.
    pub browser: String,
    /// Tells several verdicts of one requirement in one journey apart: `step 3`, `2nd occurrence`; may be empty.
    pub subject: String,
    /// What the spec or the site file expects, for a person.
    pub expected: String,
    /// What was heard, for a person; text from the page, so hostile.
    pub actual: String,
    /// The likely cause, where the recording shows one, and what to do.
    pub hint: Option<String>,
    /// Why the level isn't `must`, or why it was waived.
    pub reason: Option<String>,
    /// `arrival` numbers of the observations it rests on.
    pub evidence: Vec<u64>,
    /// The step that should have caused it.
    pub step: Option<StepRef>,
    /// The line of the spec that demands it.
    pub spec: SpecRef,
    /// Id of the requirement whose breach explains this one: shown under that headline.
    pub caused_by: Option<RequirementId>,
    /// The known failure that it was waived as; the judge itself waives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
}

/// A known failure: what the user has said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Why it is let pass.
    pub reason: String,
    /// Where it is dealt with.
    pub ticket: Option<String>,
    /// The last day on which it is let pass, `2027-01-31`.
    pub until: Option<String>,
    /// That day is over.
    pub expired: bool,
    /// The outcome without it.
    pub was: Outcome,
    /// The baseline's file.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
}
