//! What each kind of requirement is about: the texts of `chatproof explain`, written down beside the code that judges.
//!
//! Boundary: texts. A family's file holds one [`About`] for each kind of requirement that it judges, and a test holds
//! every finding that the code can give to one of them.

/// One kind of requirement: what is looked at, why it matters, and what can be found.
#[derive(Debug, PartialEq, Eq)]
pub struct About {
    /// The form of its ids: `event.X.payload.FIELD`.
    pub form: &'static str,
    /// What in a recording is looked at.
    pub looks_at: &'static str,
    /// Why a site depends on it.
    pub why: &'static str,
    /// What can be found, besides `ok`.
    pub findings: &'static [Finding],
    /// A failure, told.
    pub example: &'static str,
}

/// A finding's code: what it means and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// As verdicts have it: `too-early`.
    pub code: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

/// A [`Finding`], for tables of them.
pub(super) const fn finding(code: &'static str, means: &'static str, advice: &'static str) -> Finding {
    Finding { code, means, advice }
}

impl About {
    /// What a finding's code means here.
    pub fn finding(&self, code: &str) -> Option<&'static Finding> {
        // A press that was made twice opens verdicts of any family, after the family has judged.
        self.findings.iter().chain([&PRESSED_TWICE]).find(|finding| finding.code == code)
    }
}

// Findings that several families share, in the same words.

pub(super) const LOST: Finding = finding(
    "lost",
    "not heard, but some of what the page said was lost, so that proves nothing",
    "look at what is said beside it: a page without a listener, or one that was left before it had told all; run again",
);
pub(super) const PAGE_REFUSED: Finding = finding(
    "page-refused",
    "the page, or a script of it, didn't arrive: its server refused it, or it could not be fetched, and the widget never spoke",
    "this is no verdict about the widget: have the server let this machine in (a password in `base_url`, an allowed address), make its host reachable, and run again",
);
pub(super) const CUT_SHORT: Finding = finding(
    "cut-short",
    "not heard, but the journey ended before its time was up",
    "mend the step that failed, or let the run end, and run again",
);
pub(super) const PRESSED_TWICE: Finding = finding(
    "pressed-twice",
    "chatproof pressed twice, since the element was no longer under the pointer when that was let go the first time, and both may have had their effect",
    "run again; if it comes again, wait in a step before for what the page shows last",
);
pub(super) const DIALOG_CANCELLED: Finding = finding(
    "dialog-cancelled",
    "not heard, but a dialog of the page came before, and chatproof itself pressed Cancel in it",
    "say what the visitor answers: `answer: accept`, `dismiss` or `{ prompt: TEXT }` in the step that opens the dialog",
);
pub(super) const REFUSED: Finding = finding(
    "refused",
    "not heard, but in that step the page asked for a permission, a file or the like, which chatproof itself refused",
    "an event that needs it can't be tested; if this one doesn't, the vendor has to fire it all the same",
);
pub(super) const NOT_LISTENING: Finding = finding(
    "not-listening",
    "there was no page in which chatproof could listen",
    "does the journey open a page, and does it load? The step's own error says more",
);
pub(super) const NO_API: Finding =
    finding("no-api", "there was no API to look at", "see `ready.fired` and `api.location`: this follows from them");
pub(super) const VALUE_NULL: Finding = finding("null", "it is null", "the vendor has to send a value");
pub(super) const VALUE_EMPTY: Finding = finding(
    "empty",
    "it is an empty text, list or object",
    "the vendor has to send a value; is the conversation set up completely?",
);
pub(super) const VALUE_TYPE: Finding = finding(
    "wrong-type",
    "it is of another type, such as a number where a text is documented",
    "the vendor has to send the documented type; if the documentation leaves it open, weaken it in the site file's `levels`",
);
pub(super) const VALUE_WRONG: Finding = finding(
    "wrong-value",
    "it is of the right type, but not a value that is expected",
    "compare what was heard with what is expected",
);
pub(super) const VALUE_UNCOPYABLE: Finding = finding(
    "not-serialisable",
    "it is a function, a BigInt, an object that contains itself or the like, which no analytics can send on",
    "the vendor has to send plain data",
);
pub(super) const VALUE_TRUNCATED: Finding =
    finding("truncated", "the value was too large to be recorded whole", "is it meant to be that large?");
pub(super) const VALUE_SCHEMA: Finding = finding(
    "bad-schema",
    "its schema in the spec or the site file can't be used",
    "`chatproof lint` says what is wrong with it",
);

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that a family's code gives, by the calls that give them; those of `schema.rs` (`Wrong`, `Unknown`) reach
    /// a family through a variable, and are seen by the judge's other tests.
    fn given(source: &str) -> Vec<&str> {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let calls = [".breach(", ".inconclusive(", "set(verdict, Outcome::Inconclusive, ", "Err(", "Open(", "Some(("];
        let mut codes = Vec::new();
        for call in calls {
            for rest in code.split(call).skip(1) {
                let Some(quoted) = rest.trim_start().strip_prefix('"') else { continue };
                codes
                    .extend(quoted.split('"').next().filter(|c| c.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
            }
        }
        codes.extend(
            code.split(".clone_into(&mut verdict.finding)")
                .filter_map(|before| before.trim_end().strip_suffix('"').and_then(|before| before.rsplit('"').next())),
        );
        codes
    }

    #[test]
    fn every_code_that_a_family_gives_is_explained() {
        let families = [
            ("ready", include_str!("ready.rs")),
            ("api", include_str!("api.rs")),
            ("constants", include_str!("constants.rs")),
            ("events", include_str!("fires.rs")),
            ("events", include_str!("matching.rs")),
            ("unexpected", include_str!("unexpected.rs")),
            ("cardinality", include_str!("cardinality.rs")),
            ("payload", include_str!("payload.rs")),
            ("site", include_str!("site_fields.rs")),
            ("consistency", include_str!("consistency.rs")),
            ("order", include_str!("order.rs")),
            ("exclusive", include_str!("exclusive.rs")),
            ("implies", include_str!("implies.rs")),
            ("same", include_str!("same.rs")),
            ("site", include_str!("in_order.rs")),
            ("forward", include_str!("forwards.rs")),
            ("forward", include_str!("forwards/rules.rs")),
            ("forward", include_str!("forwards/sightings.rs")),
            ("forward", include_str!("forwards/values.rs")),
            ("listeners", include_str!("listeners.rs")),
            ("handlers", include_str!("handlers.rs")),
            ("coverage", include_str!("coverage.rs")),
        ];
        for family in super::super::FAMILIES {
            let sources: Vec<&str> =
                families.iter().filter(|(name, _)| *name == family.name).map(|(_, s)| *s).collect();
            let codes: Vec<&str> =
                sources.iter().flat_map(|source| given(source)).filter(|code| *code != "ok").collect();
            assert!(!codes.is_empty(), "{}", family.name);
            for code in codes {
                let explained = family.about.iter().any(|about| about.finding(code).is_some());
                assert!(explained, "{}: `{code}` isn't explained", family.name);
            }
        }
    }

    #[test]
    fn texts_are_sentences_for_people() {
        for about in super::super::kinds() {
            assert!(!about.findings.is_empty() && about.example.ends_with('.'), "{}", about.form);
            for text in [about.looks_at, about.why] {
                assert!(!text.is_empty() && !text.ends_with('.') && !text.contains("  "), "{}: {text}", about.form);
            }
            for Finding { code, means, advice } in about.findings {
                assert!(
                    ![means, advice].iter().any(|t| t.is_empty() || t.ends_with('.') || t.contains("  ")),
                    "{code}"
                );
                assert_eq!(about.findings.iter().filter(|f| f.code == *code).count(), 1, "{}: {code}", about.form);
            }
        }
    }
}
