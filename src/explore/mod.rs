//! A page -> its whole conversation: walked as visitors that were never there, as long as there is something new.
//!
//! Boundary: decides what is tried, judges what was heard, and makes texts of it; browsers are the runner's business, and
//! where texts go is the command's.

mod choices;
mod deed;
mod fields;
pub mod file;
mod findings;
mod graph;
mod map;
mod page;
mod rank;
mod walk;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::future::join_all;

pub use deed::{Deed, Verb};
pub use file::{Head, Planned};
pub use findings::{Finding, Findings, Weight, reason, told};
pub use graph::{Choice, Graph, Sort, State, Taken};
pub use map::{FORMAT, Map, Unreached};
pub use page::render;
pub use walk::Terms;

use crate::error::{Error, Result};
use crate::judge;
use crate::recording::{Ending, FileCopy, Recording, StepOutcome};
use crate::report::summary;
use crate::runner::{Browser, Subject};
use crate::site::{self, Journey, Known, Site};
use crate::source::SourceFile;
use crate::spec::Spec;
use walk::{Edge, Walker};

/// Walks of one exploration, whatever time there is.
const MOST_WALKS: usize = 400;

/// An exploration under way.
#[derive(Debug)]
pub struct Explorer<'a> {
    /// What is documented.
    pub spec: &'a Spec,
    /// The names that a site file may use.
    pub known: &'a Known,
    /// What stands above the journeys.
    pub head: &'a Head,
    /// How to walk.
    pub terms: &'a Terms,
    /// Walks side by side.
    pub jobs: usize,
    /// What is known by now.
    pub graph: Graph,
    /// What is wrong.
    pub findings: Findings,
    /// Walks in which something documented was broken.
    pub spoilt: BTreeSet<usize>,
    /// The ready event was heard.
    pub ready: bool,
    /// Why the page could not be opened.
    pub failed: Option<String>,
}

/// How the journeys of a file came out.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// How often each was run.
    pub times: usize,
    /// Those that did not pass, by name: what was broken.
    pub broken: BTreeMap<String, Vec<String>>,
}

impl<'a> Explorer<'a> {
    /// A site file of these journeys, as it's run and judged.
    fn site(&self, planned: &[Planned]) -> Result<Site> {
        let mut text = String::new();
        file::head(&mut text, self.head);
        file::journeys(&mut text, self.spec, planned, &BTreeMap::new());
        site::parse(SourceFile::new("explored", text), self.known)
            .map_err(|mistakes| Error::Other(format!("what was explored makes no site file: {mistakes}")))
    }

    /// The least that a subject needs: the page, opened.
    ///
    /// # Errors
    /// If its address makes no site file.
    pub fn stub(&self) -> Result<Site> {
        let opening = Deed::new(site::VISITOR, Verb::Open, &self.terms.path, "");
        self.site(&[Planned { name: "explore".to_owned(), title: "explore".to_owned(), deeds: vec![opening] }])
    }

    /// Walks until there is nothing new, the time is over, or nobody wants to know any more. `told` hears of each walk.
    ///
    /// # Errors
    /// The browser has gone.
    pub async fn explore(&mut self, browser: &Browser, subject: &Subject<'_>, told: &dyn Fn(&str)) -> Result<()> {
        let Some(stub) = subject.site.journeys.values().next() else { return Ok(()) };
        while Instant::now() < self.terms.until && self.graph.walks < MOST_WALKS && !subject.is_cancelled() {
            let targets = self.targets();
            if targets.is_empty() {
                break;
            }
            let first = self.graph.walks + 1;
            let walks = targets.into_iter().enumerate().map(|(nth, target)| {
                let walker = Walker::new(self.spec, self.terms, self.graph.clone(), target);
                let journey = Journey { name: format!("walk-{}", first + nth), steps: Vec::new(), ..stub.clone() };
                async move {
                    let mut walker = walker;
                    let recording = browser.explore(subject, &journey, &mut walker).await;
                    (walker, recording)
                }
            });
            let walked: Vec<_> = join_all(walks).await;
            for (walker, recording) in walked {
                let Some(recording) = recording else { continue };
                self.merge(walker, recording, told)?;
            }
            if browser.has_gone() {
                return Err(browser.loss(true).unwrap_or(Error::Interrupted));
            }
            if !self.ready || self.failed.is_some() {
                break;
            }
        }
        findings::of_graph(&mut self.findings, self.spec, &self.graph);
        Ok(())
    }

    /// Where the next walks go, side by side: each to another choice.
    fn targets(&self) -> Vec<Option<(String, String)>> {
        if self.graph.opening.is_none() {
            return vec![None];
        }
        let open = rank::open(self.spec, &self.graph);
        let mut targets: Vec<Option<(String, String)>> = Vec::new();
        let mut ids = BTreeSet::new();
        // What has the same name in several states is tried in one of them at a time.
        for (_, key, id) in open {
            if targets.len() < self.jobs.max(1) && ids.insert(id.clone()) {
                targets.push(Some((key, id)));
            }
        }
        targets
    }

    /// Takes over what a walk has found out, and judges it.
    fn merge(&mut self, walker: Walker<'_>, mut recording: Recording, told: &dyn Fn(&str)) -> Result<()> {
        self.graph.walks += 1;
        let walk = self.graph.walks;
        self.ready |= walker.ready;
        let target = walker.goal.clone();
        let interrupted = matches!(recording.ending, Ending::Interrupted | Ending::Broken { .. });
        let problem = recording.steps.last().and_then(|step| match &step.outcome {
            StepOutcome::Failed(error) => Some(error.message.clone()),
            _ => None,
        });
        if self.graph.opening.is_none() {
            if let Some(problem) = &problem
                && walker.done.len() <= 1
            {
                self.failed = Some(problem.clone());
                return Ok(());
            }
            self.graph.opening.clone_from(&walker.graph.opening);
            self.graph.before.clone_from(&walker.graph.before);
        }
        for root in &walker.graph.roots {
            if !self.graph.roots.contains(root) {
                self.graph.roots.push(root.clone());
            }
        }
        for (key, state) in &walker.graph.states {
            match self.graph.states.get_mut(key) {
                None => {
                    self.graph.states.insert(key.clone(), untaken(state));
                }
                Some(known) => {
                    if state.way.len() < known.way.len() {
                        known.way.clone_from(&state.way);
                    }
                    if known.picture.is_empty() {
                        known.picture.clone_from(&state.picture);
                    }
                }
            }
        }
        for Edge { from, choice, deeds, to, .. } in &walker.edges {
            let Some(choice) = self.graph.states.get_mut(from).and_then(|state| state.choices.get_mut(choice)) else {
                continue;
            };
            if choice.taken.is_none() {
                let problem = if to.is_none() { "nothing came of it".to_owned() } else { String::new() };
                let taken = Taken { to: to.clone(), deeds: deeds.clone(), walk, problem };
                choice.taken = Some(taken);
            }
        }
        let failed = walker.failed();
        if let (Some(problem), Some((from, id, deeds)), false) = (&problem, &failed, interrupted) {
            if let Some(choice) = self.graph.states.get_mut(from).and_then(|state| state.choices.get_mut(id)) {
                let taken = Taken { to: None, deeds: deeds.clone(), walk, problem: problem.clone() };
                choice.taken.get_or_insert(taken);
            }
        } else if let Some((key, id)) = target.filter(|_| !walker.arrived || problem.is_some()) {
            // The known way has led elsewhere, or to nowhere at all.
            if let Some(choice) = self.graph.states.get_mut(&key).and_then(|state| state.choices.get_mut(&id)) {
                choice.missed += 1;
            }
        }
        if interrupted {
            return Ok(());
        }
        let deeds = self.judge(&walker, &mut recording, walk)?;
        let heard: Vec<&str> = deeds.iter().flat_map(|deed| deed.fires.iter().map(String::as_str)).collect();
        let fired = if heard.is_empty() { String::new() } else { format!(" → {}", heard.join(", ")) };
        told(&format!("walk {walk}: {}{fired}", findings::told(&deeds)));
        Ok(())
    }

    /// Judges a walk as the journey that it was; gives its deeds.
    fn judge(&mut self, walker: &Walker<'_>, recording: &mut Recording, walk: usize) -> Result<Vec<Deed>> {
        let mut deeds = walker.all_done();
        deeds.truncate(recording.steps.len());
        recording.steps.truncate(deeds.len());
        for (at, deed) in deeds.iter_mut().enumerate() {
            // Nothing may come of what had to be refused but what belongs to any answer.
            if walker.wrong.contains(&at) {
                let subjects = ["email", "phone"];
                let about = |constant: &String| {
                    self.spec
                        .events
                        .get(constant)
                        .is_some_and(|event| words::subjects(event).iter().any(|subject| subjects.contains(subject)))
                };
                deed.fires.retain(|constant| !about(constant));
            }
        }
        if deeds.is_empty() || deeds.iter().any(|deed| deed.step().is_none()) {
            return Ok(deeds);
        }
        let planned = [Planned { name: recording.journey.clone(), title: "a walk".to_owned(), deeds: deeds.clone() }];
        let site = self.site(&planned)?;
        recording.site = FileCopy::from(&site.source);
        if let Some(journey) = site.journeys.get(&recording.journey) {
            for (record, step) in recording.steps.iter_mut().zip(&journey.steps) {
                record.span = step.span;
                record.text = step.describe();
            }
        }
        let verdicts = judge::judge(self.spec, &site, recording);
        if findings::of_walk(&mut self.findings, recording, &verdicts, &deeds) {
            self.spoilt.insert(walk);
        }
        Ok(deeds)
    }

    /// The journeys of the site file.
    pub fn planned(&self) -> Vec<Planned> {
        file::cover(&self.graph, &self.spoilt)
    }

    /// The text of the site file.
    pub fn text(&self, planned: &[Planned], above: &[String], tried: &Tried) -> String {
        let mut out = String::new();
        for line in above {
            site::write::comment(&mut out, 0, line);
        }
        file::head(&mut out, self.head);
        let heard = self.graph.heard();
        let unheard: Vec<&String> = self.spec.events.keys().filter(|constant| !heard.contains(constant)).collect();
        if !unheard.is_empty() {
            out.push_str("not_applicable:\n");
            for constant in unheard {
                let why = reason(self.spec, &self.graph, constant, self.head.agent.is_some());
                out.push_str(&format!(
                    "  {}: {}   # {}\n",
                    site::write::scalar(constant),
                    site::write::scalar(&self.not_reached()),
                    crate::report::text::short(&why)
                ));
            }
            out.push('\n');
        }
        let comments = tried
            .broken
            .iter()
            .map(|(name, why)| {
                let mut lines = vec!["This journey did not pass when it was tried:".to_owned()];
                lines.extend(why.iter().map(|line| format!("  {line}")));
                (name.clone(), lines)
            })
            .collect();
        file::journeys(&mut out, self.spec, planned, &comments);
        out
    }

    /// Why an event isn't applicable, for reports.
    pub fn not_reached(&self) -> String {
        let count = crate::report::text::count;
        format!(
            "not reached by exploring ({}, {})",
            count(self.graph.states.len(), "state", "states"),
            count(self.graph.walks, "walk", "walks")
        )
    }

    /// Runs a file's journeys, each so many times.
    pub async fn try_out(&self, browser: &Browser, subject: &Subject<'_>, times: usize) -> Tried {
        let mut tried = Tried::default();
        let agent = |journey: &Journey| journey.steps.iter().any(|step| step.actor != site::VISITOR);
        // Of one journey with an agent one run at a time: they'd have the same one.
        let runs = subject.site.journeys.values().flat_map(|journey| {
            let apart = !agent(journey);
            std::iter::repeat_n((journey, if apart { 1 } else { times }), if apart { times } else { 1 })
        });
        let runs = runs.map(|(journey, times)| async move {
            let mut recordings = Vec::new();
            for _ in 0..times {
                recordings.extend(browser.walk(subject, journey).await);
            }
            recordings
        });
        let recordings: Vec<Recording> = futures_util::stream::iter(runs).buffered(self.jobs.max(1)).concat().await;
        for recording in &recordings {
            let verdicts = judge::judge(self.spec, subject.site, recording);
            if summary::failed(recording, &verdicts) {
                let why: Vec<String> = summary::headlines(&verdicts)
                    .into_iter()
                    .filter(|(verdict, _)| summary::is_breach(verdict) || summary::is_doubt(verdict))
                    .map(|(verdict, _)| format!("{}: {} ({})", verdict.requirement, verdict.actual, verdict.finding))
                    .collect();
                let known = tried.broken.entry(recording.journey.clone()).or_default();
                known.extend(why.into_iter().take(4));
                known.sort();
                known.dedup();
            }
        }
        if recordings.len() == subject.site.journeys.len() * times && !subject.is_cancelled() {
            tried.times = times;
        }
        tried
    }

    /// Everything that was found out, to be kept.
    pub fn map(&self, browser: &str) -> Map {
        let heard = self.graph.heard();
        let unreached = self.spec.events.keys().filter(|constant| !heard.contains(constant));
        Map {
            format: FORMAT.to_owned(),
            chatproof: env!("CARGO_PKG_VERSION").to_owned(),
            spec: self.head.spec.clone(),
            base_url: self.head.base_url.clone(),
            path: self.terms.path.clone(),
            agent: self.head.agent.clone(),
            browser: browser.to_owned(),
            unreached: unreached
                .map(|constant| Unreached {
                    event: constant.clone(),
                    why: reason(self.spec, &self.graph, constant, self.head.agent.is_some()),
                })
                .collect(),
            heard,
            findings: self.findings.clone(),
            graph: self.graph.clone(),
        }
    }
}

/// A state as somebody else found it, without what came of its choices there: that is taken over one by one.
fn untaken(state: &State) -> State {
    let mut state = state.clone();
    for choice in state.choices.values_mut() {
        choice.taken = None;
    }
    state
}
