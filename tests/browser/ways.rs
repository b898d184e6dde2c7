//! Many small journeys in one run: each a page of its own and what is to be heard from it.

use std::collections::BTreeMap;

use chatproof::browser::BrowserKind;
use chatproof::recording::Ending;
use chatproof::source::SourceFile;
use chatproof::spec::{self, Spec};
use chatproof::verdict::{Level, Outcome};

use crate::harness::{Page, Pages, Ran, browsers, page, run_with, run_with_apart};

pub fn strict() -> Spec {
    spec::parse(SourceFile::new("strict.yaml", include_str!("strict.yaml")))
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// A journey: its name, which is also the path of its page, and the page's whole text.
#[derive(Clone)]
pub struct Way {
    pub name: &'static str,
    pub pages: Vec<Page>,
    steps: &'static str,
    /// Constants to be heard, in any order.
    pub heard: &'static str,
}

/// A page with the widget in its head; `start()` has still to be called.
pub fn chat(path: impl Into<String>, body: &str) -> Page {
    page(path, format!("<!doctype html><title>t</title><script src=/strict.js></script><body>{body}"))
}

/// What most pages do: start with the page, answer on a click.
pub const START: &str = "<script>start()</script>";
pub const ANSWER: &str = "<button onclick=\"say('ANSWERED')\">Go</button>";
/// And what most journeys do.
pub const OPEN: &str = "[{ open: '/${journey}', fires: STARTED }]";
pub const OPEN_AND_GO: &str = "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }]";

/// A way with the widget and these elements.
pub fn way(name: &'static str, body: &str, steps: &'static str, heard: &'static str) -> Way {
    Way { name, pages: vec![chat(format!("/{name}"), body)], steps, heard }
}

/// A way whose page brings everything itself.
pub fn whole(name: &'static str, text: &str, steps: &'static str, heard: &'static str) -> Way {
    Way { name, pages: vec![page(format!("/{name}"), text)], steps, heard }
}

impl Way {
    pub fn and(mut self, page: Page) -> Self {
        self.pages.push(page);
        self
    }

    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.pages = self.pages.into_iter().map(|page| page.header(name, value)).collect();
        self
    }
}

/// Runs all of them side by side. `keys`: what stands in the site file before its journeys.
pub async fn run_ways(browser: BrowserKind, ways: &[Way], keys: &str) -> Ran {
    let (pages, text) = site_of(ways, keys).await;
    run_with(strict(), browser, &pages, &text).await
}

/// The same in a browser of the test's own.
pub async fn run_ways_apart(browser: BrowserKind, ways: &[Way], keys: &str) -> Ran {
    let (pages, text) = site_of(ways, keys).await;
    run_with_apart(strict(), browser, &pages, &text).await
}

/// The pages, and the site file without its first two keys.
async fn site_of(ways: &[Way], keys: &str) -> (Pages, String) {
    let mut all: Vec<Page> = ways.iter().flat_map(|way| way.pages.clone()).collect();
    all.push(page("/strict.js", include_str!("strict.js")));
    let pages = Pages::serve(all).await;
    let journeys: String =
        ways.iter().map(|way| format!("  {}:\n    steps: {}\n", way.name, way.steps.trim_start())).collect();
    (pages, format!("{keys}\njourneys:\n{journeys}"))
}

/// Each journey goes through to its end, everything is heard, and nothing is held against the widget. How soon events
/// come isn't the question here, so a machine that is short of time has time.
pub async fn all_are_right(ways: Vec<Way>) {
    let mut accused = Vec::new();
    for browser in browsers() {
        let ran = run_ways(browser, &ways, "defaults: { within: 6s }").await;
        for way in &ways {
            let heard = ran.journey(way.name);
            let mut wrong = Vec::new();
            if heard.recording.ending != Ending::Complete {
                let steps = heard.recording.steps.iter().map(|step| format!("{}: {:?}", step.text, step.outcome));
                wrong.push(format!("{:?} {:#?}", heard.recording.ending, steps.collect::<Vec<_>>()));
            }
            let count = |names: Vec<String>| {
                let mut counts = BTreeMap::new();
                names.into_iter().for_each(|name| *counts.entry(name).or_insert(0) += 1);
                counts
            };
            let (is, wanted) = (
                count(heard.events().into_iter().map(|(constant, _)| constant).collect()),
                count(way.heard.split_whitespace().map(str::to_owned).collect()),
            );
            if is != wanted {
                wrong.push(format!("heard {is:?}, not {wanted:?}"));
            }
            for verdict in heard.verdicts() {
                if verdict.outcome != Outcome::Pass && verdict.level != Level::Record {
                    wrong.push(format!(
                        "{} {:?} {}: {} ({:?})",
                        verdict.requirement, verdict.outcome, verdict.finding, verdict.actual, verdict.hint
                    ));
                }
            }
            if !wrong.is_empty() {
                accused.push(format!("{} in {}:\n  {}", way.name, browser.name(), wrong.join("\n  ")));
            }
        }
    }
    assert!(accused.is_empty(), "{} accused:\n{}", accused.len(), accused.join("\n"));
}
