//! What is wrong on any way that was walked: each walk is judged like any journey.
//!
//! Boundary: from recordings to findings, each with the shortest way to it.

use serde::{Deserialize, Serialize};

use super::deed::{Deed, Verb};
use super::graph::{Graph, Sort};
use super::rank;
use crate::recording::{Kind, Recording};
use crate::report::summary;
use crate::spec::Spec;
use crate::verdict::{Outcome, Verdict};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// What is documented is broken.
    Broken,
    /// It's likely to be.
    Warning,
    /// Worth a look.
    Noted,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// The requirement's id, or what it is: `page-error`, `dead-end`, `not-repeatable`, `silent`.
    pub what: String,
    /// What was found: `duplicate`, `missing`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub finding: String,
    /// As a sentence.
    pub statement: String,
    /// What is expected.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What was heard.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub heard: String,
    /// The shortest way to it that is known.
    pub way: Vec<Deed>,
    /// On how many walks it was found.
    pub times: usize,
}

/// All findings, each once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Findings {
    /// In the order in which they were found.
    pub list: Vec<Finding>,
}

impl Findings {
    /// Adds one; of two ways to the same the shorter one is kept.
    pub fn add(&mut self, finding: Finding) {
        let known = self.list.iter_mut().find(|known| {
            known.what == finding.what && known.finding == finding.finding && known.weight == finding.weight
        });
        match known {
            Some(known) => {
                known.times += 1;
                if finding.way.len() < known.way.len() {
                    *known = Finding { times: known.times, ..finding };
                }
            }
            None => self.list.push(finding),
        }
    }

    /// Whether any of them means that something documented is broken.
    pub fn any_broken(&self) -> bool {
        self.list.iter().any(|finding| finding.weight == Weight::Broken)
    }

    /// The gravest first.
    pub fn sorted(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.list.iter().collect();
        all.sort_by(|a, b| (a.weight, &a.what, &a.finding).cmp(&(b.weight, &b.what, &b.finding)));
        all
    }
}

/// What a walk has shown: `deeds` are its steps. Whether anything documented was broken in it.
pub fn of_walk(findings: &mut Findings, recording: &Recording, verdicts: &[Verdict], deeds: &[Deed]) -> bool {
    let way = |step: usize| deeds.iter().take(step + 1).cloned().collect::<Vec<_>>();
    let whole = deeds.len().saturating_sub(1);
    let mut broken = false;
    for (verdict, _) in summary::headlines(verdicts) {
        let weight = match verdict.outcome {
            Outcome::Fail => Weight::Broken,
            Outcome::Warn if verdict.level == crate::verdict::Level::Should => Weight::Warning,
            _ => continue,
        };
        broken |= weight == Weight::Broken;
        findings.add(Finding {
            weight,
            what: verdict.requirement.to_string(),
            finding: verdict.finding.clone(),
            statement: verdict.statement.clone(),
            expected: verdict.expected.clone(),
            heard: verdict.actual.clone(),
            way: way(step_of(verdict, recording).unwrap_or(whole)),
            times: 1,
        });
    }
    for observation in &recording.observations {
        let Kind::PageError { message, .. } = &observation.kind else { continue };
        findings.add(Finding {
            weight: Weight::Noted,
            what: "page-error".to_owned(),
            finding: message.chars().take(120).collect(),
            statement: "the page threw an error that nobody caught".to_owned(),
            expected: String::new(),
            heard: message.clone(),
            way: way(step_at(observation.arrival, recording).unwrap_or(whole)),
            times: 1,
        });
    }
    broken
}

/// The step that a verdict is about.
fn step_of(verdict: &Verdict, recording: &Recording) -> Option<usize> {
    let step = verdict.step.as_ref().map(|step| step.index);
    step.or_else(|| verdict.evidence.iter().filter_map(|arrival| step_at(*arrival, recording)).max())
}

/// The step in which something was heard.
fn step_at(arrival: u64, recording: &Recording) -> Option<usize> {
    let before = recording.observations.iter().take_while(|one| one.arrival <= arrival);
    let marks = before.filter_map(|one| if let Kind::Mark { step } = one.kind { Some(step) } else { None });
    marks.max().map(|step| step.min(recording.steps.len().saturating_sub(1)))
}

/// What the whole map shows: where a conversation stops without an end, and what looked like an event's cause and fired
/// nothing at all.
pub fn of_graph(findings: &mut Findings, spec: &Spec, graph: &Graph) {
    for state in graph.states.values() {
        let taken = state.choices.values().any(|choice| choice.sort != Sort::Wait && choice.sort != Sort::Reload);
        let ended = state.way.iter().flat_map(|deed| &deed.fires).any(|constant| ends(spec, constant));
        let asked = state.way.len() > 2 && !state.said.is_empty();
        if !taken && asked && !ended {
            findings.add(Finding {
                weight: Weight::Noted,
                what: "dead-end".to_owned(),
                finding: state.said.join(" "),
                statement: "the chat offers nothing more, and no event has said that it's over".to_owned(),
                expected: String::new(),
                heard: state.said.join(" "),
                way: state.way.clone(),
                times: 1,
            });
        }
    }
}

fn ends(spec: &Spec, constant: &str) -> bool {
    spec.events.get(constant).is_some_and(|event| {
        super::words::subjects(event).iter().any(|subject| matches!(*subject, "close" | "end" | "complete"))
    })
}

/// Why an event was not heard, as far as that can be told: what looked like its cause, and what became of it.
pub fn reason(spec: &Spec, graph: &Graph, constant: &str, agent: bool) -> String {
    let Some(event) = spec.events.get(constant) else { return String::new() };
    let subjects = super::words::subjects(event);
    let likely = graph.taken().find(|(_, _, choice, taken)| {
        rank::promises(choice, event)
            && taken.problem.is_empty()
            && taken.deeds.iter().all(|deed| deed.fires.is_empty())
    });
    let failed = graph.taken().find(|(_, _, choice, taken)| rank::promises(choice, event) && !taken.problem.is_empty());
    let refused = graph
        .states
        .values()
        .flat_map(|state| state.choices.values())
        .find(|choice| !choice.refused.is_empty() && rank::promises(choice, event));
    let others = !agent && (subjects.contains(&"accept") || subjects.contains(&"person"));
    if others {
        "somebody else has to act: `--agent URL` opens their page".to_owned()
    } else if super::words::comes_with_time(event) {
        "it comes when time passes: `--patience` waits longer".to_owned()
    } else if let Some((_, _, choice, _)) = failed {
        format!("“{}” could not be done", choice.label())
    } else if let Some(choice) = refused {
        format!("“{}” wasn't taken: {}", choice.label(), choice.refused)
    } else if let Some((_, _, choice, _)) = likely {
        format!("“{}” looked like its cause, and fired nothing", choice.label())
    } else {
        "nothing looked like its cause".to_owned()
    }
}

/// The way as people read it.
pub fn told(way: &[Deed]) -> String {
    let acts = way.iter().filter(|deed| deed.verb != Verb::Open || way.len() == 1);
    acts.map(Deed::describe).collect::<Vec<_>>().join(" › ")
}
