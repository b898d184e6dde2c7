//! What is known of a conversation: its states, what each offers, and what came of taking it.
//!
//! Boundary: plain data. States are told apart by what they offer and say, not by the markup.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::deed::Deed;

/// All that is known.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Graph {
    /// States by what tells them apart, in the order in which they were found.
    pub states: IndexMap<String, State>,
    /// Walks so far.
    pub walks: usize,
    /// Selectors of the chat's parts.
    pub roots: Vec<String>,
    /// What was in the others' windows from the beginning.
    pub before: Vec<String>,
    /// What opens the page, with the events that come by that.
    pub opening: Option<Deed>,
}

/// A moment of the conversation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// The last of what the chat said.
    pub said: Vec<String>,
    /// The page's address.
    pub url: String,
    /// What can be done, by name.
    pub choices: IndexMap<String, Choice>,
    /// What could not be done a moment before, where it was found.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub fresh: BTreeSet<String>,
    /// The shortest known way to it, the opening included.
    pub way: Vec<Deed>,
    /// What the window looked like: JPEG in base64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub picture: String,
}

/// What kind of thing can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// Something is clicked or chosen.
    Take,
    /// A field gets what it asks for.
    Give,
    /// A field gets what it must refuse.
    Wrong,
    /// The page is loaded again.
    Reload,
    /// Nothing is done.
    Wait,
}

/// Something that can be done in a state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Choice {
    /// Of which sort.
    pub sort: Sort,
    /// What to do.
    pub deeds: Vec<Deed>,
    /// What a field asks for: `email`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub asks: String,
    /// What sends a field, should pressing Enter not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub submit: String,
    /// Why it isn't taken; empty: it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub refused: String,
    /// How often it could not be reached again.
    #[serde(default)]
    pub missed: usize,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
}

/// What came of a choice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Taken {
    /// The state that it led to; none if it could not be done.
    pub to: Option<String>,
    /// What was done, with the events that came.
    pub deeds: Vec<Deed>,
    /// In which walk, from 1.
    pub walk: usize,
    /// Why it could not be done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub problem: String,
}

impl Choice {
    /// Who does it.
    pub fn actor(&self) -> &str {
        self.deeds.first().map_or("", |deed| deed.actor.as_str())
    }

    /// What it was called on the page.
    pub fn label(&self) -> &str {
        self.deeds.first().map_or("", |deed| deed.label.as_str())
    }
}

impl Graph {
    /// Every choice that was taken, with the state that it was taken in.
    pub fn taken(&self) -> impl Iterator<Item = (&State, &str, &Choice, &Taken)> {
        self.states.values().flat_map(|state| {
            state
                .choices
                .iter()
                .filter_map(move |(id, choice)| Some((state, id.as_str(), choice, choice.taken.as_ref()?)))
        })
    }

    /// Events that were heard, in the order in which they were found.
    pub fn heard(&self) -> Vec<String> {
        let mut heard: Vec<String> = Vec::new();
        let openings = self.opening.iter().flat_map(|deed| &deed.fires);
        let taken = self.taken().flat_map(|(_, _, _, taken)| taken.deeds.iter().flat_map(|deed| &deed.fires));
        for constant in openings.chain(taken) {
            if !heard.contains(constant) {
                heard.push(constant.clone());
            }
        }
        heard
    }

    /// How often something was taken, in whichever state.
    pub fn times(&self, id: &str) -> usize {
        self.states.values().filter(|state| state.choices.get(id).is_some_and(|choice| choice.taken.is_some())).count()
    }

    /// How many choices of a sort were taken.
    pub fn count(&self, sort: Sort) -> usize {
        self.taken().filter(|(_, _, choice, _)| choice.sort == sort).count()
    }

    /// A state's name for people: `s3`.
    pub fn name(&self, key: &str) -> String {
        self.states.get_index_of(key).map_or_else(|| "?".to_owned(), |at| format!("s{}", at + 1))
    }
}
