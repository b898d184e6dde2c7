//! The site file: the fewest journeys that cause every event that was heard.
//!
//! Boundary: pure; from a graph to a text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::deed::{Deed, Verb};
use super::graph::Graph;
use crate::report::text::{self, short};
use crate::site::write::{self, scalar};
use crate::site::{Act, Step, VISITOR};
use crate::spec::Spec;

/// What stands above the journeys.
#[derive(Debug, Clone)]
pub struct Head {
    /// How the file names the spec.
    pub spec: String,
    /// Scheme and host.
    pub base_url: String,
    /// Where the agent begins.
    pub agent: Option<String>,
    /// Certificates that can't be verified are accepted.
    pub accept_insecure_certs: bool,
}

/// A journey to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its name in the file.
    pub name: String,
    /// What it's called in reports.
    pub title: String,
    /// Its steps.
    pub deeds: Vec<Deed>,
}

/// Few and short journeys that cause all events that were heard: the one that causes most in the fewest steps comes first.
pub fn cover(graph: &Graph, spoilt: &BTreeSet<usize>) -> Vec<Planned> {
    let mut candidates: Vec<(bool, Vec<Deed>)> = Vec::new();
    if let Some(opening) = &graph.opening {
        candidates.push((false, vec![opening.clone()]));
    }
    for (state, _, _, taken) in graph.taken() {
        let fires = taken.deeds.iter().any(|deed| !deed.fires.is_empty());
        if fires && taken.problem.is_empty() {
            let mut deeds = state.way.clone();
            deeds.extend(taken.deeds.iter().cloned());
            candidates.push((spoilt.contains(&taken.walk), deeds));
        }
    }
    let mut open: BTreeSet<String> = graph.heard().into_iter().collect();
    let mut chosen: Vec<Vec<Deed>> = Vec::new();
    while !open.is_empty() {
        let gain = |deeds: &[Deed]| {
            let fired: BTreeSet<&String> = deeds.iter().flat_map(|deed| &deed.fires).collect();
            fired.into_iter().filter(|constant| open.contains(*constant)).count()
        };
        // What a person wants to read is worth a step more or less, but not ten.
        let worth =
            |deeds: &[Deed]| 4 * i64::try_from(gain(deeds)).unwrap_or(0) - i64::try_from(deeds.len()).unwrap_or(0);
        let best = candidates
            .iter()
            .enumerate()
            .max_by_key(|(at, (spoilt, deeds))| (gain(deeds) > 0, !spoilt, worth(deeds), usize::MAX - at));
        let Some((_, (_, deeds))) = best.filter(|(_, (_, deeds))| gain(deeds) > 0) else { break };
        for constant in deeds.iter().flat_map(|deed| &deed.fires) {
            open.remove(constant);
        }
        chosen.push(deeds.clone());
    }
    // One that causes nothing but what the others cause has become needless.
    let mut at = 0;
    while at < chosen.len() {
        let others: BTreeSet<&String> = chosen
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .flat_map(|(_, deeds)| deeds.iter().flat_map(|deed| &deed.fires))
            .collect();
        if chosen.len() > 1 && chosen[at].iter().flat_map(|deed| &deed.fires).all(|constant| others.contains(constant))
        {
            chosen.remove(at);
        } else {
            at += 1;
        }
    }
    let mut names = BTreeSet::new();
    chosen.into_iter().map(|deeds| planned(deeds, &mut names)).collect()
}

fn planned(deeds: Vec<Deed>, names: &mut BTreeSet<String>) -> Planned {
    let told: Vec<&Deed> = deeds.iter().filter(|deed| !deed.label.is_empty() && deed.verb != Verb::Wait).collect();
    // What opens the chat says nothing about one journey.
    let opens = told.len() > 1 && told.first().is_some_and(|deed| deed.fires.is_empty());
    let own = if opens { &told[1..] } else { &told[..] };
    let last = deeds.iter().rev().find_map(|deed| deed.fires.last());
    let base = own
        .first()
        .map(|deed| slug(&deed.label))
        .filter(|name| !name.is_empty())
        .or_else(|| last.map(|constant| slug(constant)))
        .unwrap_or_else(|| "open".to_owned());
    let mut name = base.clone();
    if names.contains(&name)
        && let Some(end) = own.last().map(|deed| slug(&deed.label)).filter(|end| !end.is_empty() && *end != base)
    {
        name = format!("{base}-{end}");
    }
    let stem = name.clone();
    let mut nth = 2;
    while !names.insert(name.clone()) {
        name = format!("{stem}-{nth}");
        nth += 1;
    }
    let mut title: Vec<String> = own.iter().map(|deed| text::clip(&short(&deed.label), 30)).collect();
    title.dedup();
    let title = match title.as_slice() {
        [] => "A visitor opens the page".to_owned(),
        labels => format!("A visitor: {}", labels.join(" › ")),
    };
    Planned { name, title, deeds }
}

/// A label as a journey's name.
fn slug(label: &str) -> String {
    let lower = label.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.take(5).collect::<Vec<_>>().join("-");
    slug.truncate(40);
    slug.trim_matches('-').to_owned()
}

/// The file's beginning.
pub fn head(out: &mut String, head: &Head) {
    let _ = writeln!(out, "spec: {}", scalar(&head.spec));
    let _ = writeln!(out, "base_url: {}", scalar(&head.base_url));
    if head.accept_insecure_certs {
        let _ = writeln!(out, "accept_insecure_certs: true");
    }
    if let Some(agent) = &head.agent {
        let _ = writeln!(out, "\nactors:\n  agent:\n    url: {}", scalar(agent));
    }
    out.push('\n');
}

/// The journeys. `comments`: what is said above some of them.
pub fn journeys(out: &mut String, spec: &Spec, planned: &[Planned], comments: &BTreeMap<String, Vec<String>>) {
    let launcher = launcher(planned);
    if let Some(launcher) = &launcher {
        let _ = writeln!(out, "names:\n  launcher: {}\n", scalar(launcher));
    }
    let _ = writeln!(out, "journeys:");
    let cause = |constant: &str| {
        let cause = spec.events.get(constant).map(|event| event.cause.as_str()).unwrap_or_default();
        if cause.is_empty() { String::new() } else { format!("documented: {}", text::clip(cause, 90)) }
    };
    let mut told = BTreeSet::new();
    for (at, journey) in planned.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        for line in comments.get(&journey.name).into_iter().flatten() {
            write::comment(out, 2, &short(line));
        }
        let _ = writeln!(out, "  {}:\n    title: {}\n    steps:", scalar(&journey.name), scalar(&journey.title));
        for deed in &journey.deeds {
            let Some(step) = deed.step() else { continue };
            if !deed.note.is_empty() {
                write::comment(out, 6, &deed.note);
            }
            let step = named(step, launcher.as_deref());
            // Each cause once.
            let mut first = BTreeSet::new();
            for event in &step.fires {
                if told.insert(event.constant.clone()) {
                    first.insert(event.constant.clone());
                }
            }
            write::step(out, 6, &step, &|constant| {
                if first.contains(constant) { cause(constant) } else { String::new() }
            });
        }
    }
}

/// A step under the short name of the launcher, if it clicks that.
fn named(step: Step, launcher: Option<&str>) -> Step {
    match step.act {
        Act::Click(target) if Some(target.text.as_str()) == launcher && step.actor == VISITOR => {
            Step { act: Act::Click(target.named("launcher")), ..step }
        }
        act => Step { act, ..step },
    }
}

/// What several journeys click first, if it does nothing but open the chat.
fn launcher(planned: &[Planned]) -> Option<String> {
    let first = |journey: &Planned| {
        journey
            .deeds
            .get(1)
            .filter(|deed| deed.verb == Verb::Click && deed.fires.is_empty())
            .map(|deed| deed.on.clone())
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for locator in planned.iter().filter_map(first) {
        *counts.entry(locator).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).max_by_key(|(_, count)| *count).map(|(locator, _)| locator)
}
