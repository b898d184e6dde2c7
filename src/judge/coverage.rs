//! `coverage.X`: some journey was to fire each documented event, and did.
//!
//! A run that never caused an event proves nothing of it, so an event that no journey reaches keeps the run from
//! conforming, unless the site file says with a reason that it doesn't apply. Judged for each browser over all its
//! journeys. When only some journeys were selected, what no journey declares is told only (level `record`): the run was
//! never meant to cover all.

use std::collections::{BTreeMap, BTreeSet};

use crate::recording::{Recording, StepOutcome};
use crate::site::{Journey, Site, Step};
use crate::spec::{EventSpec, Spec};
use crate::verdict::{Level, Outcome, RequirementId, StepRef, Verdict};

use super::about::{About, CUT_SHORT, DIALOG_CANCELLED, LOST, NOT_LISTENING, REFUSED, finding};
use super::case;
use super::requirements::{Catalogue, Levels, Requirement, breach_at};
use super::text;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&COVERAGE];

/// That a run proves something of each event.
const COVERAGE: About = About {
    form: "coverage.X",
    looks_at: "the verdicts on the event in all journeys of a run, for each browser: one journey that proves it suffices",
    why: "an event that no journey causes is proved by nobody; it may have stopped firing long ago",
    findings: &[
        finding(
            "not-applicable",
            "the site file says that it doesn't apply here: waived, with the reason",
            "nothing; take it out of `not_applicable` when a journey causes it",
        ),
        finding(
            "not-declared",
            "no step of any journey declares it; not reached",
            "let a journey cause it, and declare it there; or say under `not_applicable` why this site never does",
        ),
        finding(
            "not-heard",
            "it stands only in a `may_fire`, and was not heard; not reached",
            "put it into `fires` of the step that causes it",
        ),
        finding(
            "skipped",
            "only an optional step declares it, which was skipped; not reached",
            "let a journey reach it for certain",
        ),
        finding(
            "not-selected",
            "a journey declares it that wasn't selected, or is run for other visitors only; told only",
            "run all journeys",
        ),
        finding(
            "failed",
            "a journey was to fire it, and it did not fire as it should",
            "see that journey: the event's own verdict says more",
        ),
        finding(
            "not-run",
            "a journey that declares it was to be run, and wasn't",
            "see the error that kept it from being run",
        ),
        finding(
            "step-failed",
            "the step that was to cause it could not be done",
            "mend the step: its own error says what was there",
        ),
        finding(
            "step-not-begun",
            "the journey ended before the step that was to cause it",
            "mend the step that failed",
        ),
        LOST,
        DIALOG_CANCELLED,
        REFUSED,
        NOT_LISTENING,
        CUT_SHORT,
    ],
    example: "No journey books a meeting: `not-declared`, and the hint says what to add.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for (x, event) in &spec.events {
        catalogue.add(&COVERAGE, RequirementId::coverage(x), format!("Some journey makes {x} fire"), &event.coverage);
    }
}

/// What one journey says about coverage: all that has to be kept of a recording for it, once that has been judged.
#[derive(Debug, Clone)]
pub struct Contribution {
    browser: String,
    journey: String,
    broke_off: bool,
    /// By index.
    steps: BTreeMap<usize, Done>,
    fires: Vec<Said>,
    unexpected: Vec<Said>,
}

/// A step as it went.
#[derive(Debug, Clone)]
struct Done {
    text: String,
    done: bool,
}

/// What is needed of a verdict.
#[derive(Debug, Clone)]
struct Said {
    requirement: RequirementId,
    outcome: Outcome,
    finding: String,
    actual: String,
    hint: Option<String>,
    caused_by: Option<RequirementId>,
    step: Option<StepRef>,
}

impl Contribution {
    /// `verdicts`: what the judge found in the recording, with nothing waived.
    pub fn of(recording: &Recording, verdicts: &[Verdict]) -> Self {
        let said = |what: &str| verdicts.iter().filter(|v| v.requirement.is("event", what)).map(Said::of).collect();
        // Of two records of one step the first one counts, as everywhere.
        let mut steps = BTreeMap::new();
        for record in &recording.steps {
            let done = record.outcome == StepOutcome::Done;
            steps.entry(record.index).or_insert_with(|| Done { text: text::visible(&record.text), done });
        }
        Self {
            browser: recording.browser.name.clone(),
            journey: recording.journey.clone(),
            broke_off: super::cut::broke_off(recording),
            steps,
            fires: said("fires"),
            unexpected: said("unexpected"),
        }
    }
}

impl Said {
    fn of(verdict: &Verdict) -> Self {
        Self {
            requirement: verdict.requirement.clone(),
            outcome: verdict.outcome,
            finding: verdict.finding.clone(),
            actual: verdict.actual.clone(),
            hint: verdict.hint.clone(),
            caused_by: verdict.caused_by.clone(),
            step: verdict.step.clone(),
        }
    }
}

/// Judges all journeys of a run together.
pub(super) fn coverage(spec: &Spec, site: &Site, all: &[Contribution], selected: &[String]) -> Vec<Verdict> {
    let catalogue = Catalogue::new(spec);
    let levels = Levels::new(site);
    let browsers: BTreeSet<&str> = all.iter().map(|one| one.browser.as_str()).collect();
    let mut verdicts = Vec::new();
    for browser in browsers {
        let mut journeys: Vec<&Contribution> = all.iter().filter(|one| one.browser == browser).collect();
        // In the site file's order, however they came in.
        journeys.sort_by_key(|one| (site.journeys.get_index_of(&one.journey), &one.journey));
        let run = journeys.iter().map(|one| one.journey.as_str()).collect();
        let selected = selected.iter().map(String::as_str).collect();
        let scope = Scope { site, selected, browser, journeys, run };
        for (x, event) in &spec.events {
            if let Some(requirement) = catalogue.by_id.get(&RequirementId::coverage(x)) {
                verdicts.push(scope.event(event, requirement, &levels));
            }
        }
    }
    verdicts
}

struct Scope<'a> {
    site: &'a Site,
    selected: BTreeSet<&'a str>,
    browser: &'a str,
    journeys: Vec<&'a Contribution>,
    /// Their names.
    run: BTreeSet<&'a str>,
}

impl Scope<'_> {
    fn event(&self, event: &EventSpec, requirement: &Requirement, levels: &Levels) -> Verdict {
        let x = &event.constant;
        let (level, reason) = levels.of(&requirement.id, requirement.level, requirement.why.as_deref());
        let mut verdict = Verdict {
            requirement: requirement.id.clone(),
            level,
            outcome: Outcome::Pass,
            finding: "ok".to_owned(),
            statement: requirement.sentence.clone(),
            journey: String::new(),
            browser: self.browser.to_owned(),
            subject: String::new(),
            expected: format!("a step declares {x}, and it is heard"),
            actual: String::new(),
            hint: None,
            reason,
            evidence: Vec::new(),
            step: None,
            spec: requirement.spec.clone(),
            caused_by: None,
            waiver: None,
        };
        if let Some(waived) = self.site.not_applicable.get(x) {
            verdict.outcome = Outcome::Waived;
            "not-applicable".clone_into(&mut verdict.finding);
            "the site file says that it doesn't apply".clone_into(&mut verdict.actual);
            verdict.reason = Some(waived.reason.clone());
            return verdict;
        }
        self.judged(x, &mut verdict);
        if verdict.outcome == Outcome::NotReached {
            self.unreached(event, &mut verdict);
        }
        verdict
    }

    /// What the journeys that were run say; leaves "not reached" if they say nothing.
    fn judged(&self, x: &str, verdict: &mut Verdict) {
        let fires = RequirementId::event(x, "fires");
        let judged = || self.said(|one| &one.fires, &fires);
        let set = |verdict: &mut Verdict, outcome, finding: &str, actual: String| {
            verdict.outcome = outcome;
            finding.clone_into(&mut verdict.finding);
            verdict.actual = actual;
        };
        if let Some((journey, pass)) = judged().find(|(_, v)| v.outcome == Outcome::Pass) {
            set(verdict, Outcome::Pass, "ok", format!("heard in `{journey}`"));
            verdict.step.clone_from(&pass.step);
        } else if let Some((journey, permitted)) = self.permitted(x) {
            set(verdict, Outcome::Pass, "ok", format!("heard in `{journey}`, where a step may cause it"));
            verdict.step.clone_from(&permitted.step);
        } else if let Some((journey, failed)) =
            judged().find(|(_, v)| matches!(v.outcome, Outcome::Fail | Outcome::Warn))
        {
            let outcome = breach_at(verdict.level);
            set(verdict, outcome, "failed", format!("`{journey}` was to fire it: {}", failed.actual));
            verdict.step.clone_from(&failed.step);
            verdict.hint.clone_from(&failed.hint);
            verdict.caused_by = Some(failed.caused_by.clone().unwrap_or_else(|| fires.clone()));
        } else if let Some((journey, open)) = judged().next() {
            set(verdict, Outcome::Inconclusive, &open.finding, format!("`{journey}` was to fire it: {}", open.actual));
            verdict.step.clone_from(&open.step);
        } else if let Some((journey, step)) = self.declares(x, |j| self.is_selected(j) && !self.was_run(j)) {
            set(verdict, Outcome::Inconclusive, "not-run", format!("`{}` declares it, but wasn't run", journey.name));
            verdict.step = Some(self.planned(step));
        } else {
            verdict.outcome = Outcome::NotReached;
        }
    }

    /// Why nothing was to fire an event, and what to do.
    fn unreached(&self, event: &EventSpec, verdict: &mut Verdict) {
        let x = &event.constant;
        let partial = self.site.journeys.keys().any(|name| !self.selected.contains(name.as_str()));
        let may = |s: &Step| s.may_fire.iter().any(|e| e.constant == *x);
        let own = |j: &Journey| self.is_selected(j) || !self.selected.contains(j.name.as_str());
        let of_others = || self.find(may, |j| !own(j)).filter(|_| self.find(may, own).is_none());
        let elsewhere = self.declares(x, |j| !self.is_selected(j) && !self.was_run(j)).or_else(of_others);
        if let Some((journey, step)) = elsewhere {
            verdict.level = Level::Record;
            "not-selected".clone_into(&mut verdict.finding);
            if self.selected.contains(journey.name.as_str()) {
                verdict.actual = format!("`{}` declares it, which is run for other visitors", journey.name);
                verdict.reason = Some("each visitor's journeys are judged for themselves".to_owned());
            } else {
                verdict.actual = format!("`{}` declares it, but wasn't selected", journey.name);
                verdict.reason = Some("only some of the site file's journeys were selected".to_owned());
            }
            verdict.step = Some(self.planned(step));
            return;
        }
        if let Some((journey, step)) = self.declares(x, |j| self.was_run(j)) {
            "skipped".clone_into(&mut verdict.finding);
            verdict.actual = format!("only an optional step of `{}` declares it, which was skipped", journey.name);
            verdict.hint = Some("the step's element wasn't there; let a journey reach it for certain".to_owned());
            verdict.step = Some(self.planned(step));
        } else if let Some((journey, step)) = self.find(may, own) {
            if self.journeys.iter().any(|one| one.journey == journey.name && one.broke_off) {
                verdict.outcome = Outcome::Inconclusive;
                "cut-short".clone_into(&mut verdict.finding);
                verdict.actual = format!("a step of `{}` may cause it, but that journey broke off", journey.name);
                verdict.step = Some(self.planned(step));
                return;
            }
            "not-heard".clone_into(&mut verdict.finding);
            verdict.actual = format!("a step of `{}` may cause it, but it was not heard", journey.name);
            verdict.hint = Some(format!("put it into `fires` of the step that causes it ({})", event.cause));
            verdict.step = Some(self.planned(step));
        } else {
            "not-declared".clone_into(&mut verdict.finding);
            "no step of any journey declares it".clone_into(&mut verdict.actual);
            let heard = self.heard_undeclared(x);
            verdict.hint = Some(match &heard {
                Some((journey, step)) => format!(
                    "it was heard in `{journey}` after step {} (`{}`): if that is its cause ({}), declare it there: \
                     `fires: {x}`",
                    step.index + 1,
                    step.text,
                    event.cause
                ),
                None => format!(
                    "let a journey cause it ({}), and declare `fires: {x}` at that step; or say under `not_applicable` \
                     why this site never does",
                    event.cause
                ),
            });
            verdict.step = heard.map(|(_, step)| step);
        }
        if partial {
            verdict.level = Level::Record;
            verdict.reason = Some("only some of the site file's journeys were selected".to_owned());
        }
    }

    /// It was to be run in this column: a journey of other visitors' says nothing here.
    fn is_selected(&self, journey: &Journey) -> bool {
        self.selected.contains(journey.name.as_str())
            && (self.site.is_in_column(journey, self.browser, &[]) || self.was_run(journey))
    }

    fn was_run(&self, journey: &Journey) -> bool {
        self.run.contains(journey.name.as_str())
    }

    /// The first step of some journeys that declares an event in `fires`.
    fn declares(&self, x: &str, which: impl Fn(&Journey) -> bool) -> Option<(&Journey, &Step)> {
        self.find(|s| s.fires.iter().any(|e| e.constant == x), which)
    }

    fn find(&self, step: impl Fn(&Step) -> bool, which: impl Fn(&Journey) -> bool) -> Option<(&Journey, &Step)> {
        self.site.journeys.values().filter(|j| which(j)).find_map(|j| Some((j, j.steps.iter().find(|s| step(s))?)))
    }

    /// What the journeys' verdicts on a requirement say, with the journey's name.
    fn said<'s>(
        &'s self,
        of: fn(&Contribution) -> &Vec<Said>,
        requirement: &'s RequirementId,
    ) -> impl Iterator<Item = (&'s str, &'s Said)> {
        self.journeys
            .iter()
            .flat_map(move |one| of(one).iter().map(move |said| (one.journey.as_str(), said)))
            .filter(move |(_, said)| said.requirement == *requirement)
    }

    /// A journey in which a step that may cause an event was done, and the event heard for it.
    fn permitted(&self, x: &str) -> Option<(&str, &Said)> {
        let unexpected = RequirementId::event(x, "unexpected");
        self.journeys.iter().find_map(|one| {
            let journey = self.site.journeys.get(&one.journey)?;
            let done = |s: &&Step| one.steps.get(&s.index).is_some_and(|step| step.done);
            journey.steps.iter().filter(done).find(|s| s.may_fire.iter().any(|e| e.constant == x))?;
            // That requirement passes only if the event was heard, and each time for a step that declares it.
            let heard = one.unexpected.iter().find(|v| v.requirement == unexpected && v.outcome == Outcome::Pass)?;
            Some((one.journey.as_str(), heard))
        })
    }

    /// Where an event was heard that no step there declares.
    fn heard_undeclared(&self, x: &str) -> Option<(String, StepRef)> {
        let unexpected = RequirementId::event(x, "unexpected");
        self.journeys.iter().find_map(|one| {
            let heard = one.unexpected.iter().find(|v| v.requirement == unexpected && v.finding == "unexpected")?;
            Some((one.journey.clone(), heard.step.clone()?))
        })
    }

    fn planned(&self, step: &Step) -> StepRef {
        let holds = |one: &&&Contribution| {
            self.site.journeys.get(&one.journey).is_some_and(|j| j.steps.iter().any(|s| std::ptr::eq(s, step)))
        };
        let known = self.journeys.iter().filter(holds).find_map(|one| one.steps.get(&step.index));
        StepRef {
            index: step.index,
            text: known.map(|known| known.text.clone()).or_else(|| step.name.clone()).unwrap_or_default(),
            file: self.site.source.of(step.span).name.clone(),
            line: step.span.line,
            by: case::called(self.site, &step.by),
        }
    }
}
