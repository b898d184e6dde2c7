//! Which label leads to which event, by words of several languages.
//!
//! Boundary: guesses, which decide on nothing but the order in which things are tried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::spec::EventSpec;

#[derive(Debug, Deserialize)]
struct Subject {
    /// Words of an event's name or its documented cause, in English as specs are.
    causes: Vec<String>,
    /// Beginnings of words on what leads there.
    labels: Vec<String>,
}

static WORDS: LazyLock<BTreeMap<String, Subject>> =
    LazyLock::new(|| serde_json::from_str(include_str!("words.json")).unwrap_or_default());

/// Words of causes that come with time, when nobody does anything.
const TIMELY: [&str; 8] = ["timeout", "idle", "expires", "expired", "inactivity", "silent", "nobody", "times"];

fn words(event: &EventSpec) -> BTreeSet<String> {
    let text = format!("{} {} {}", event.constant, event.name.as_deref().unwrap_or_default(), event.cause);
    text.to_lowercase().split(|c: char| !c.is_alphabetic() && c != '-').map(str::to_owned).collect()
}

/// What an event is about: `email`, `meeting`.
pub fn subjects(event: &EventSpec) -> Vec<&'static str> {
    let words = words(event);
    let about = WORDS.iter().filter(|(_, subject)| subject.causes.iter().any(|cause| words.contains(cause)));
    about.map(|(name, _)| name.as_str()).collect()
}

/// Whether an event comes by itself, when time passes.
pub fn comes_with_time(event: &EventSpec) -> bool {
    let words = words(event);
    TIMELY.iter().any(|word| words.contains(*word))
}

/// Whether an event's name is another's, but for what says that it comes with time: `CHAT_REQUESTED`, and
/// `CHAT_REQUEST_TIMEOUT`.
pub fn precedes(one: &str, timely: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let lower = name.to_lowercase();
        lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let known = words(one);
    let alike = |a: &str, b: &str| a == b || (a.len() > 4 && b.starts_with(a)) || (b.len() > 4 && a.starts_with(b));
    let rest = words(timely).into_iter().filter(|word| !TIMELY.contains(&word.as_str()));
    rest.into_iter().all(|word| known.iter().any(|other| alike(&word, other)))
}

/// Whether a label speaks of one of these.
pub fn speaks_of(label: &str, subjects: &[&str]) -> bool {
    let label = format!(" {} ", label.to_lowercase());
    let begins = |stem: &str| {
        // Scripts without blanks have no beginnings of words.
        if stem.is_ascii() { label.contains(&format!(" {stem}")) } else { label.contains(stem) }
    };
    subjects.iter().filter_map(|name| WORDS.get(*name)).any(|subject| subject.labels.iter().any(|stem| begins(stem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_any_language_speak_of_their_subject() {
        for (label, subject) in [
            ("Talk to sales", "person"),
            ("Mit einem Mitarbeiter sprechen", "person"),
            ("Prendre rendez-vous", "meeting"),
            ("閉じる", "close"),
            ("End session", "end"),
            ("Přijmout / Accept", "accept"),
        ] {
            assert!(speaks_of(label, &[subject]), "{label}");
        }
        assert!(!speaks_of("Legend", &["end"]));
        assert!(!WORDS.is_empty());
        assert!(precedes("CONVERSATION_LIVE_CHAT_REQUESTED", "CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT"));
        assert!(!precedes("CONVERSATION_LIVE_CHAT_INITIATED", "CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT"));
    }
}
