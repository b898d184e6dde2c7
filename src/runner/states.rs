//! What journeys leave behind (`save_state`), for others to begin with (`state`): who has what, and what of it is a secret.
//!
//! Boundary: kept in memory while a run lasts; the file between runs is read and written by the command line.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::options::Options;
use super::subject::Subject;
use super::visitors::name_of;
use crate::browser::product::Product;
use crate::browser::state::State;
use crate::error::{Error, Result};
use crate::site::visitors::browser_of;
use crate::site::{Journey, Site};
use crate::spec::Spec;

/// The file's format.
const FORMAT: &str = "chatproof-states/1";

/// Shorter values are no key to anything, and would make a report unreadable.
const SHORTEST: usize = 8;
/// The same for numbers: times and counters are shorter.
const SHORTEST_NUMBER: usize = 16;

/// The states of a run, by browser and name. Its clones are the same.
#[derive(Clone, Default)]
pub struct States(Arc<Mutex<BTreeMap<(String, String), Kept>>>);

/// One that is there.
#[derive(Clone)]
struct Kept {
    base_url: String,
    saved_at: String,
    state: Arc<State>,
}

/// How they are kept between runs.
#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    states: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    browser: String,
    /// Origin of the base URL.
    base_url: String,
    saved_at: String,
    #[serde(flatten)]
    state: State,
}

impl States {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, String), Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes those that a file has, in place of its own.
    ///
    /// # Errors
    /// What is wrong with the file, without a word of what is in it.
    pub fn read(&self, text: &str) -> std::result::Result<(), String> {
        let place = |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("it isn't valid JSON ({})", place(&error)))?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with("chatproof-states/") => {
                return Err(format!("its format is {other}, and this version of chatproof reads {FORMAT}"));
            }
            _ => return Err("it isn't a file of states".to_owned()),
        }
        let file: File = serde_json::from_str(text)
            .map_err(|error| format!("it isn't a complete file of states ({})", place(&error)))?;
        *self.lock() = file
            .states
            .into_iter()
            .map(|Entry { name, browser, base_url, saved_at, state }| {
                ((browser, name), Kept { base_url, saved_at, state: Arc::new(state) })
            })
            .collect();
        Ok(())
    }

    /// The text of a file with all of them.
    pub fn text(&self) -> String {
        let states = self.lock();
        let entry = |((browser, name), kept): (&(String, String), &Kept)| Entry {
            name: name.clone(),
            browser: browser.clone(),
            base_url: kept.base_url.clone(),
            saved_at: kept.saved_at.clone(),
            state: (*kept.state).clone(),
        };
        let file = File { format: FORMAT.to_owned(), states: states.iter().map(entry).collect() };
        serde_json::to_string_pretty(&file).unwrap_or_default()
    }

    /// Whether there is one in each of these browsers for a site at this address.
    pub fn is_there(&self, browsers: &[Product], base_url: &url::Url, name: &str) -> bool {
        browsers.iter().all(|browser| self.get(browser, base_url, name).is_some())
    }

    /// The state that a column's browser has under this name.
    pub(super) fn get(&self, column: &Product, base_url: &url::Url, name: &str) -> Option<Arc<State>> {
        let key = (browser_of(column.name()).to_owned(), name.to_owned());
        let states = self.lock();
        let kept = states.get(&key).filter(|kept| kept.base_url == base_url.origin().ascii_serialization())?;
        Some(kept.state.clone())
    }

    /// A journey is run that saves it: what was there before doesn't hold any more.
    pub(super) fn forget(&self, column: &Product, name: &str) {
        self.lock().remove(&(browser_of(column.name()).to_owned(), name.to_owned()));
    }

    pub(super) fn put(&self, column: &Product, base_url: &url::Url, name: &str, state: State, saved_at: &str) {
        let base_url = base_url.origin().ascii_serialization();
        let kept = Kept { base_url, saved_at: saved_at.to_owned(), state: Arc::new(state) };
        self.lock().insert((browser_of(column.name()).to_owned(), name.to_owned()), kept);
    }

    /// Hides what is in them. What stands in the site file or the spec is no secret, and would be missing in what is judged.
    pub fn hide(&self, options: &Options, (spec, site): (&Spec, &Site)) {
        let sources = [&spec.source, &site.source].into_iter().chain(&site.source.included);
        let public: Vec<&str> = sources.map(|source| &*source.text).collect();
        for ((_, name), kept) in self.lock().iter() {
            let shown = format!("${{state.{name}}}");
            for value in kept.state.values().flat_map(secrets_in) {
                if !public.iter().any(|text| text.contains(&value)) {
                    options.learned.add(&value, &shown);
                }
            }
        }
    }
}

/// Without what is in them.
impl std::fmt::Debug for States {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.lock().keys()).finish()
    }
}

/// A value as a whole, and the texts in it if it's JSON: a page may send one of them alone.
fn secrets_in(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    add(value, &mut all);
    if value.starts_with(['{', '[', '"'])
        && let Ok(json) = serde_json::from_str::<Value>(value)
    {
        leaves(&json, &mut all);
    }
    all
}

fn leaves(value: &Value, all: &mut Vec<String>) {
    match value {
        // What is read by people is no key to anything.
        Value::String(text) if !text.contains(char::is_whitespace) => add(text, all),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, all)),
        Value::Object(map) => map.values().for_each(|value| leaves(value, all)),
        _ => {}
    }
}

fn add(text: &str, all: &mut Vec<String>) {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if text.len() >= if is_number { SHORTEST_NUMBER } else { SHORTEST } {
        all.push(text.to_owned());
    }
}

/// Whether all states that the selected journeys begin with will be there.
///
/// # Errors
/// [`Error::Usage`] with the journey that isn't selected, though it saves one.
pub fn check_states(site: &Site, options: &Options, base_url: &url::Url) -> Result<()> {
    let there = |name: &str| options.states.is_there(&options.browsers, base_url, name);
    let all = site.with_savers(&options.journeys, &options.visitors, there);
    let Some(missing) = all.iter().find(|name| !options.journeys.contains(name)) else { return Ok(()) };
    Err(Error::Usage(format!("journey `{missing}` saves a state that others begin with, and isn't selected")))
}

/// Why a journey can't be run in a column: a state that it begins with isn't there.
pub(super) fn lacking(subject: &Subject<'_>, column: &Product, journey: &Journey) -> Option<String> {
    let needed = subject.site.states_of(journey, column.visitor()).into_iter();
    let mut missing =
        needed.filter(|(_, state)| subject.options.states.get(column, &subject.base_url, state).is_none());
    let (visitor, state) = missing.next()?;
    let saver = subject.site.saver(state).map_or("", |saver| saver.name.as_str());
    Some(format!(
        "not run: visitor `{visitor}` begins with the state `{state}`, and journey `{saver}`, which saves it, didn't get to its end in {}",
        browser_of(column.name())
    ))
}

/// The state that an actor begins with in a column, with its name.
pub(super) fn state_of(subject: &Subject<'_>, actor: &str, column: &Product) -> Option<(String, Arc<State>)> {
    let visitor = subject.site.visitors.get(name_of(subject.site, actor, column.visitor())?)?;
    let name = &visitor.state.as_ref()?.name;
    Some((name.clone(), subject.options.states.get(column, &subject.base_url, name)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::BrowserKind;

    #[test]
    fn what_is_kept_is_read_again_and_nothing_else() {
        let url: url::Url = "https://a.example/x".parse().unwrap();
        let (firefox, chromium): (Product, Product) = (BrowserKind::Firefox.into(), BrowserKind::Chromium.into());
        let states = States::default();
        states.put(&firefox, &url, "login", State::default(), "2026-01-01T00:00:00Z");
        let text = states.text();
        let again = States::default();
        again.read(&text).unwrap();
        assert!(again.get(&firefox, &url, "login").is_some() && again.get(&chromium, &url, "login").is_none());
        assert!(again.get(&firefox, &"https://b.example".parse().unwrap(), "login").is_none());
        assert!(!again.is_there(&[firefox.clone(), chromium], &url, "login"));
        again.forget(&firefox, "login");
        assert!(again.get(&firefox, &url, "login").is_none());
        for (text, told) in [
            ("{", "line 1"),
            ("{}", "isn't a file of states"),
            (r#"{"format":"chatproof-states/9"}"#, "reads chatproof-states/1"),
            (r#"{"format":"chatproof-states/1","states":[{"name":"s3cr3t"}]}"#, "isn't a complete file"),
        ] {
            let said = States::default().read(text).unwrap_err();
            assert!(said.contains(told) && !said.contains("s3cr3t"), "{said}");
        }
    }

    #[test]
    fn keys_are_secrets_and_what_people_read_is_not() {
        let json = r#"{"token":"abcdefgh12345","user":{"name":"Ada Lovelace","id":1732900000000}}"#;
        assert_eq!(secrets_in(json), [json, "abcdefgh12345"]);
        assert_eq!(secrets_in("1732900000000"), [""; 0]);
        assert_eq!((secrets_in("light").len(), secrets_in("s3cr3t-value").len()), (0, 1));
    }
}
