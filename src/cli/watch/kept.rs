//! What earlier rounds heard, as far as it still holds.
//!
//! Boundary: recordings by browser and journey, each with what it was made of; judging and reporting them is `watch.rs`'s.

use std::collections::HashMap;

use serde_json::Value;

use crate::browser::product::Product;
use crate::recording::{Ending, Recording};
use crate::runner;
use crate::site::{self, Site};
use crate::spec::Spec;

/// What a journey was run with: if none of it has changed, what was heard still holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// What all journeys share, of site file and spec.
    shared: Value,
    own: Value,
}

/// Definitions by the journeys' names.
pub type Definitions = HashMap<String, Definition>;

/// The definitions in a site file. Levels and what isn't applicable only matter to the judge.
pub fn definitions(spec: &Spec, site: &Site) -> Definitions {
    let tree = site::expanded(&site.source);
    let mut shared = tree.map(|tree| tree.to_json()).unwrap_or_default();
    let mut journeys = Value::Null;
    if let Some(map) = shared.as_object_mut() {
        journeys = map.shift_remove("journeys").unwrap_or_default();
        map.retain(|key, _| !matches!(key.as_str(), "levels" | "not_applicable") && !key.starts_with("x-"));
        map.insert("probe".into(), serde_json::to_value(&spec.probe).unwrap_or_default());
    }
    let definition =
        |name: &String| Definition { shared: shared.clone(), own: journeys.get(name).cloned().unwrap_or_default() };
    site.journeys.keys().map(|name| (name.clone(), definition(name))).collect()
}

/// What was heard in each journey, in all its attempts, and what it was run with.
#[derive(Debug, Default)]
pub struct Kept(HashMap<(Product, String), (Definition, Vec<Recording>)>);

impl Kept {
    /// Whether a journey has to be run: it never was, or something else by now.
    pub fn is_stale(&self, browser: &Product, journey: &str, definitions: &Definitions) -> bool {
        let known = self.0.get(&(browser.clone(), journey.to_owned())).map(|(definition, _)| definition);
        known.is_none() || known != definitions.get(journey)
    }

    /// All attempts at a journey.
    pub fn of(&self, browser: &Product, journey: &str) -> &[Recording] {
        self.0.get(&(browser.clone(), journey.to_owned())).map_or(&[], |(_, recordings)| recordings)
    }

    /// Takes what a round gave. Of the journeys that it was to run nothing else holds any more, whether it came to them or not.
    pub fn take(&mut self, again: &[(Product, Vec<&str>)], definitions: &Definitions, recordings: &[Recording]) {
        for (browser, journeys) in again {
            for journey in journeys {
                self.0.remove(&(browser.clone(), (*journey).to_owned()));
            }
            let heard = recordings.iter().filter(|one| one.browser.name == browser.name());
            for recording in heard.filter(|one| one.ending != Ending::Interrupted) {
                let Some(definition) = definitions.get(&recording.journey) else { continue };
                let key = (browser.clone(), recording.journey.clone());
                let kept = self.0.entry(key).or_insert_with(|| (definition.clone(), Vec::new()));
                kept.1.push(recording.clone());
            }
        }
    }

    /// Forgets the journeys that the browser or its driver didn't last for, so that the next round runs them again. Gives their
    /// names, and those of the ones that it didn't come to.
    pub fn forget_unfinished<'j>(&mut self, again: &[(Product, Vec<&'j str>)]) -> Vec<(Product, Vec<&'j str>)> {
        let mut unfinished = Vec::new();
        for (browser, journeys) in again {
            let of_browser: Vec<&str> = journeys
                .iter()
                .copied()
                .filter(|journey| self.of(browser, journey).last().is_none_or(runner::lost_browser))
                .collect();
            for journey in &of_browser {
                self.0.remove(&(browser.clone(), (*journey).to_owned()));
            }
            if !of_browser.is_empty() {
                unfinished.push((browser.clone(), of_browser));
            }
        }
        unfinished
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::browser::BrowserKind;
    use crate::recording::blank;

    fn defined(own: u32) -> Definitions {
        let definition = Definition { shared: Value::Null, own: json!(own) };
        ["a", "b", "c"].map(|name| (name.to_owned(), definition.clone())).into()
    }

    fn recording(journey: &str, run: &str, ending: Ending) -> Recording {
        let mut recording = blank();
        recording.journey = journey.to_owned();
        recording.run.id = run.to_owned();
        recording.ending = ending;
        recording
    }

    #[test]
    fn what_a_round_gave_is_kept_though_its_browser_failed_and_nothing_older_is() {
        let firefox = Product::from(BrowserKind::Firefox);
        let all = [(firefox.clone(), vec!["a", "b", "c"])];
        let mut kept = Kept::default();
        let first = ["a", "b", "c"].map(|name| recording(name, "first", Ending::Complete));
        kept.take(&all, &defined(1), &first);
        assert_eq!(kept.forget_unfinished(&all), []);
        assert!(!kept.is_stale(&firefox, "a", &defined(1)) && kept.is_stale(&firefox, "a", &defined(2)));

        // The second round runs `a`, gives `b` up with its session, and doesn't come to `c`.
        let gone = Ending::Broken { message: "the browser has gone".into() };
        let second = [recording("a", "second", Ending::Complete), recording("b", "second", gone)];
        kept.take(&all, &defined(2), &second);
        let runs = |kept: &Kept| {
            ["a", "b", "c"].map(|name| kept.of(&firefox, name).iter().map(|one| one.run.id.clone()).collect::<String>())
        };
        // What is reported: what this round gave, and nothing from before the edit.
        assert_eq!(runs(&kept), ["second", "second", ""]);
        assert_eq!(kept.forget_unfinished(&all), [(firefox.clone(), vec!["b", "c"])]);
        assert_eq!(runs(&kept), ["second", "", ""]);
        let stale = ["a", "b", "c"].map(|name| kept.is_stale(&firefox, name, &defined(2)));
        assert_eq!(stale, [false, true, true]);
    }
}
