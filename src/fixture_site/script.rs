//! What the widget says: the dialogues, documents and canned answers of `fixtures/dialogues.json`, and the dialogues for some
//! visitors of `fixtures/dialogues/`.
//!
//! Boundary: parsed data only. [`super::conversation`] walks it.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::audience::{Audience, Traits};

/// The whole file.
#[derive(Debug, Deserialize)]
pub(super) struct Script {
    /// Agents who are resolved for a team when nobody is on duty there.
    pub team_agents: Vec<String>,
    /// By key; the first that targets a page and is for its visitor wins.
    pub dialogues: IndexMap<String, Dialogue>,
    /// By key.
    pub documents: BTreeMap<String, Document>,
    /// What generated answers are drawn from.
    pub answers: Vec<Answer>,
    /// Said when no answer fits.
    pub no_answer: String,
}

/// One conversation as designed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Dialogue {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub ui: Ui,
    pub targets: Vec<String>,
    /// Whom it is for.
    #[serde(default)]
    pub when: Audience,
    /// What notes of its conversations say, where that isn't English.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
    pub first: String,
    pub cards: BTreeMap<String, Card>,
}

/// Where a conversation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ui {
    Chatbot,
    Popup,
    Inline,
}

/// One card. A card without `next` ends its branch.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Card {
    /// Says something and goes on.
    Message { text: String, next: Option<String> },
    /// Asks for one of its options.
    Question { text: String, options: Vec<ChoiceOption> },
    /// Asks for a value, unless it is known.
    Capture {
        text: String,
        field: String,
        label: String,
        send: String,
        placeholder: String,
        #[serde(default)]
        choices: Vec<String>,
        next: Option<String>,
    },
    /// Offers a document.
    Document { text: String, document: String, decline: String, next: Option<String> },
    /// Offers a calendar.
    Meeting { text: String, title: String, decline: Option<String>, next: Option<String> },
    /// Answers questions from the documentation until the visitor has had enough.
    Answers { text: String, label: String, placeholder: String, done: String, next: Option<String> },
    /// Routes to an agent at once; `fallback` when nobody accepts.
    LiveChat { text: String, fallback: String, next: Option<String> },
    /// Marks a success for the marketer. Invisible.
    Goal {
        #[allow(dead_code)]
        name: String,
        next: Option<String>,
    },
    /// Branches on whether a value is known. Invisible.
    Condition { known: String, then: String, otherwise: String },
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ChoiceOption {
    pub label: String,
    /// What is stored, which may differ from what the visitor reads.
    pub value: String,
    pub next: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Document {
    pub title: String,
    pub kind: String,
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Section {
    pub heading: String,
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Answer {
    pub words: Vec<String>,
    pub text: String,
    pub source: String,
}

impl Script {
    /// The agent who is resolved for a team where nobody is on duty: always the same for one team.
    pub fn team_agent(&self, team: &str) -> &str {
        let sum: usize = team.bytes().map(usize::from).sum();
        self.team_agents.get(sum % self.team_agents.len().max(1)).map_or("Sales", String::as_str)
    }

    /// The dialogue of this kind of interface that is targeted at a page for such a visitor.
    pub fn targeted(&self, page: &str, ui: Ui, visitor: &Traits) -> Option<(&str, &Dialogue)> {
        self.dialogues
            .iter()
            .find(|(_, d)| d.ui == ui && d.targets.iter().any(|t| t == page) && d.when.includes(visitor))
            .map(|(key, d)| (key.as_str(), d))
    }

    /// An answer "generated" from the documentation, and the page it rests on.
    pub fn answer(&self, question: &str) -> (&str, Option<&str>) {
        let question = question.to_lowercase();
        self.answers
            .iter()
            .find(|a| a.words.iter().any(|w| question.contains(w.as_str())))
            .map_or((self.no_answer.as_str(), None), |a| (a.text.as_str(), Some(a.source.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture_site::assets;

    #[test]
    fn every_reference_in_the_script_leads_somewhere() {
        let script = assets::script(&crate::changes::Changes::default()).expect("dialogues.json parses");
        for (key, dialogue) in &script.dialogues {
            let mut wanted = vec![&dialogue.first];
            for card in dialogue.cards.values() {
                match card {
                    Card::Question { options, .. } => wanted.extend(options.iter().map(|o| &o.next)),
                    Card::Condition { then, otherwise, .. } => wanted.extend([then, otherwise]),
                    Card::LiveChat { fallback, next, .. } => {
                        wanted.push(fallback);
                        wanted.extend(next);
                    }
                    Card::Document { document, next, .. } => {
                        assert!(script.documents.contains_key(document), "{key}: no document {document}");
                        wanted.extend(next);
                    }
                    Card::Message { next, .. }
                    | Card::Capture { next, .. }
                    | Card::Meeting { next, .. }
                    | Card::Answers { next, .. }
                    | Card::Goal { next, .. } => wanted.extend(next),
                }
            }
            for card in wanted {
                assert!(dialogue.cards.contains_key(card), "{key}: no card {card}");
            }
        }
    }
}
