//! `save_state` of journeys and `state` of visitors: who needs what which journey leaves, and in which order that makes them run.
//!
//! Boundary: names and their order; what a state holds is known in `browser`, and who has one in `runner`.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::visitors::Visitor;
use super::{Actor, Journey, Site, VISITOR};
use crate::source::Span;
use crate::source::read::Checker;

/// The name of a state, where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateName {
    /// The name.
    pub name: String,
    /// Place.
    pub span: Span,
}

impl Site {
    /// The journey that saves a state.
    pub fn saver(&self, state: &str) -> Option<&Journey> {
        self.journeys.values().find(|journey| journey.save_state.as_ref().is_some_and(|saved| saved.name == state))
    }

    /// The states that a journey begins with, run for a visitor: each with the set-up that has it.
    pub fn states_of<'s>(&'s self, journey: &Journey, visitor: Option<&'s str>) -> Vec<(&'s str, &'s str)> {
        needed(&self.visitors, &self.actors, journey, visitor)
    }

    /// How many other journeys have to be run before it, one after the other.
    pub fn wave(&self, journey: &Journey, visitor: Option<&str>) -> usize {
        let savers = self.states_of(journey, visitor).into_iter().filter_map(|(_, state)| self.saver(state));
        // A saver's own are checked when the file is read: there is no circle.
        savers.map(|saver| 1 + self.wave(saver, saver.visitors.first().map(String::as_str))).max().unwrap_or(0)
    }

    /// The selected journeys, and those that save what they need and `is_there` doesn't know of, in the file's order.
    pub fn with_savers(&self, selected: &[String], asked: &[String], is_there: impl Fn(&str) -> bool) -> Vec<String> {
        let mut all: BTreeSet<&str> = selected.iter().map(String::as_str).collect();
        let mut left: Vec<&str> = all.iter().copied().collect();
        while let Some(journey) = left.pop().and_then(|name| self.journeys.get(name)) {
            for saver in self.savers_of(journey, asked, &is_there) {
                if all.insert(saver) {
                    left.push(saver);
                }
            }
        }
        self.journeys.keys().filter(|name| all.contains(name.as_str())).cloned().collect()
    }

    fn savers_of(&self, journey: &Journey, asked: &[String], is_there: &impl Fn(&str) -> bool) -> Vec<&str> {
        let visitors = self.visited(journey, asked);
        let states = visitors.iter().flat_map(|visitor| self.states_of(journey, *visitor));
        let missing = states.filter(|(_, state)| !is_there(state));
        missing.filter_map(|(_, state)| Some(self.saver(state)?.name.as_str())).collect()
    }

    /// For each of these journeys the first one that it shares a state with, by place: they can't be run on different machines.
    pub fn bound_together(&self, journeys: &[String], asked: &[String]) -> Vec<usize> {
        let mut group: Vec<usize> = (0..journeys.len()).collect();
        let place = |name: &str| journeys.iter().position(|journey| journey == name);
        for (at, name) in journeys.iter().enumerate() {
            let Some(journey) = self.journeys.get(name) else { continue };
            for saver in self.savers_of(journey, asked, &|_: &str| false).into_iter().filter_map(place) {
                let (one, other) = (group[at].min(group[saver]), group[at].max(group[saver]));
                group.iter_mut().filter(|of| **of == other).for_each(|of| *of = one);
            }
        }
        group
    }
}

fn needed<'s>(
    visitors: &'s IndexMap<String, Visitor>,
    actors: &'s IndexMap<String, Actor>,
    journey: &Journey,
    visitor: Option<&'s str>,
) -> Vec<(&'s str, &'s str)> {
    let acting = journey.steps.iter().map(|step| step.actor.as_str()).filter(|actor| *actor != VISITOR);
    let others = acting.filter_map(|actor| actors.get(actor)?.is.as_deref());
    let state = |name: &'s str| Some((name, visitors.get(name)?.state.as_ref()?.name.as_str()));
    let mut all: Vec<(&str, &str)> = visitor.into_iter().chain(others).filter_map(state).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether each state that is needed is saved by one journey, which doesn't need it itself.
pub(super) fn check(
    checker: &mut Checker<'_>,
    visitors: &IndexMap<String, Visitor>,
    actors: &IndexMap<String, Actor>,
    journeys: &IndexMap<String, Journey>,
) {
    let mut savers: IndexMap<&str, &Journey> = IndexMap::new();
    for journey in journeys.values() {
        let Some(saved) = &journey.save_state else { continue };
        if let Some(other) = savers.get(saved.name.as_str()) {
            let label = format!("journey `{}` saves it as well", other.name);
            let help = "give it a name of its own; rows of `each` have the row's values in their names";
            checker.report(saved.span, format!("the state `{}` is saved twice", saved.name), label, help);
            continue;
        }
        if journey.visitors.len() > 1 {
            let message = format!("`{}` can't be saved for several visitors", saved.name);
            checker.report(saved.span, message, "expected a journey for one visitor", "name one in its `visitors`");
        }
        savers.insert(&saved.name, journey);
    }
    for state in visitors.values().filter_map(|visitor| visitor.state.as_ref()) {
        if savers.is_empty() {
            let help = format!("add `save_state: {}` to the journey that brings it about", state.name);
            checker.report(state.span, format!("unknown state `{}`", state.name), "no journey saves one", help);
        } else if !savers.contains_key(state.name.as_str()) {
            checker.unknown(state.span, "state", &state.name, savers.keys().copied());
        }
    }
    for (state, journey) in &savers {
        let Some(saved) = &journey.save_state else { continue };
        if let Some(way) = circle(visitors, actors, &savers, state) {
            let label = match way.as_slice() {
                [] => "its own visitor or actor begins with it".to_owned(),
                way => format!("it begins with {}, which begins with it", way.join(", then ")),
            };
            checker.report(
                saved.span,
                format!("journey `{}` needs the state that it saves", journey.name),
                label,
                "run it for a visitor without that `state`",
            );
        }
    }
}

/// By which other states the journey that saves this one needs it itself.
fn circle(
    visitors: &IndexMap<String, Visitor>,
    actors: &IndexMap<String, Actor>,
    savers: &IndexMap<&str, &Journey>,
    state: &str,
) -> Option<Vec<String>> {
    let mut ways: Vec<(&str, Vec<String>)> = vec![(state, Vec::new())];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some((at, way)) = ways.pop() {
        let Some(journey) = savers.get(at) else { continue };
        let names = journey.visitors.iter().map(|name| Some(name.as_str())).chain([None]);
        for (_, next) in names.flat_map(|visitor| needed(visitors, actors, journey, visitor)) {
            if next == state {
                return Some(way);
            }
            if seen.insert(next) {
                let way = way.iter().cloned().chain([format!("`{next}`")]).collect();
                ways.push((next, way));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::site::{Known, Site, parse};
    use crate::source::SourceFile;

    fn site(rest: &str) -> Result<Site, String> {
        let text = format!("spec: s\nbase_url: https://a.example\n{rest}");
        parse(SourceFile::new("s.yaml", text), &Known::default()).map_err(|mistakes| mistakes.to_string())
    }

    const SITE: &str = "visitors: { in: { state: login }, admin: { state: admin }, plain: {} }
actors: { agent: { url: /inbox, is: admin } }
journeys:
  cart: { visitors: in, steps: [{ open: / }] }
  desk: { steps: [{ open: / }, { click: text=a, as: agent }] }
  free: { steps: [{ open: / }] }
  rise: { visitors: in, save_state: admin, steps: [{ open: / }] }
  login: { save_state: login, steps: [{ open: / }] }
";

    #[test]
    fn who_needs_a_state_runs_after_the_one_that_saves_it() {
        let site = site(SITE).unwrap();
        let wave = |name: &str, visitor| site.wave(&site.journeys[name], visitor);
        assert_eq!((wave("cart", Some("in")), wave("cart", Some("plain"))), (1, 0));
        assert_eq!((wave("desk", None), wave("rise", Some("in")), wave("login", None)), (2, 1, 0));
        assert_eq!(site.states_of(&site.journeys["desk"], None), [("admin", "admin")]);
    }

    #[test]
    fn what_saves_is_run_as_well_for_whom_it_says() {
        let site = site(SITE).unwrap();
        let with = |name: &str, asked: &[String]| site.with_savers(&[name.to_owned()], asked, |_| false);
        assert_eq!(with("cart", &[]), ["cart", "login"]);
        assert_eq!(with("desk", &[]), ["desk", "rise", "login"]);
        assert_eq!(with("free", &["in".to_owned()]), ["free", "login"]);
        assert_eq!(site.with_savers(&["cart".to_owned()], &[], |state| state == "login"), ["cart"]);
        assert_eq!(site.visited(&site.journeys["login"], &["in".to_owned()]), [None]);
        let all: Vec<String> = site.journeys.keys().cloned().collect();
        assert_eq!(site.bound_together(&all, &[]), [0, 0, 2, 0, 0]);
    }

    #[test]
    fn every_slip_is_told_where_it_stands() {
        for (rest, told) in [
            ("visitors: { a: { state: login } }\njourneys:\n  j: { steps: [{ open: / }] }\n", "no journey saves one"),
            (
                "visitors: { a: { state: logn } }\njourneys:\n  j: { save_state: login, steps: [{ open: / }] }\n",
                "did you mean `login`?",
            ),
            (
                "visitors: { a: { state: s } }\njourneys:\n  j: { visitors: a, save_state: s, steps: [{ open: / }] }\n",
                "needs the state that it saves",
            ),
            (
                "visitors: { a: { state: s }, b: { state: t } }\njourneys:\n  j: { visitors: b, save_state: s, steps: [{ open: / }] }\n  k: { visitors: a, save_state: t, steps: [{ open: / }] }\n",
                "it begins with `t`, which begins with it",
            ),
            (
                "journeys:\n  j: { save_state: s, steps: [{ open: / }] }\n  k: { save_state: s, steps: [{ open: / }] }\n",
                "is saved twice",
            ),
            (
                "visitors: { a: {}, b: {} }\njourneys:\n  j: { visitors: [a, b], save_state: s, steps: [{ open: / }] }\n",
                "several visitors",
            ),
            ("journeys:\n  j: { save_state: 'a b', steps: [{ open: / }] }\n", "can't be named `a b`"),
        ] {
            let said = site(rest).expect_err(rest);
            assert!(said.contains(told), "{rest}: {said}");
        }
    }
}
