//! What was done and what was heard, step by step: the timeline for those who read.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::payload::{Payload, is_of_payload};
use super::rich;
use super::tone::{Tone, mark, word};
use super::view::{Entry, Seen, Trouble, View, after};
use crate::recording::{StepOutcome, StepRecord};
use crate::report::summary::Heard;
use crate::report::text::{self, LONG, short};
use crate::site::VISITOR;
use crate::verdict::Verdict;

/// Findings that are told with one event or step.
const MOST_FINDINGS: usize = 8;
/// Steps; a generated site file may have thousands.
const MOST_STEPS: usize = 500;

pub(super) fn list(view: &View<'_>, seen: &Seen<'_>) -> Markup {
    let steps = &seen.report.recording.steps;
    html! {
        ol.steps {
            @for step in steps.iter().take(MOST_STEPS) { (one(view, seen, step)) }
            @if steps.len() > MOST_STEPS { li.cut { "and " (text::grouped(steps.len() - MOST_STEPS)) " more steps" } }
        }
        @if seen.more_troubles > 0 {
            p.cut { "The pages made " (text::grouped(seen.more_troubles)) " more errors, dialogs or navigations." }
        }
    }
}

fn one(view: &View<'_>, seen: &Seen<'_>, step: &StepRecord) -> Markup {
    let took = step.began_ms.zip(step.acted_ms).map(|(began, acted)| text::duration(acted - began));
    let (class, word) = match &step.outcome {
        StepOutcome::Done => ("done", None),
        StepOutcome::Skipped { .. } => ("skipped", Some("skipped")),
        StepOutcome::Failed(_) => ("failed", Some("could not be done")),
        StepOutcome::NotBegun => ("skipped", Some("not begun")),
    };
    let none = Vec::new();
    let entries = seen.entries.get(&step.index).unwrap_or(&none);
    let troubles: Vec<&Trouble> = seen.troubles.iter().filter(|trouble| trouble.step == step.index).collect();
    let findings = findings_of_step(seen, step.index);
    html! {
        li.step.(class) id=(seen.step_anchor(step.index)) {
            div.line {
                @if step.actor != VISITOR { span.who { (short(&step.actor)) } " " }
                @if !step.by.is_empty() { span.in { (short(&step.within())) } }
                code { (short(&step.text)) }
                span.side {
                    @if let Some(word) = word { strong { (word) } " " }
                    @if let Some(took) = took { (took) " " }
                    span.in { (short(&seen.report.recording.site.of(step.span).name)) ":" (step.span.line) }
                }
            }
            @match &step.outcome {
                StepOutcome::Skipped { message } => p.in { (short(message)) },
                StepOutcome::Failed(error) => {
                    div.trouble.bad {
                        p { (mark(Tone::Bad, "failed")) " " (rich(&error.message, LONG)) }
                        @if !error.candidates.is_empty() {
                            ul.plain { @for one in error.candidates.iter().take(8) { li { code { (short(one)) } } } }
                        }
                    }
                }
                StepOutcome::Done | StepOutcome::NotBegun => {}
            }
            @if let Some(at) = seen.sight_of_step(step.index) {
                p.look { a href={ "#" (seen.sight_anchor(at)) } { "What the window showed" } }
            }
            @if !entries.is_empty() || !troubles.is_empty() || !findings.is_empty() {
                ul.events {
                    @for verdict in findings.iter().take(MOST_FINDINGS) { li { (finding(view, seen, verdict)) } }
                    @for entry in entries { (entry_markup(view, seen, entry)) }
                    @for trouble in troubles.iter().take(20) {
                        li.trouble.(trouble.tone.class()) {
                            (mark(trouble.tone, trouble.what)) " " span.in { (trouble.what) } " "
                            @if trouble.times > 1 { (text::grouped(trouble.times)) " × " }
                            bdi { (trouble.text) }
                        }
                    }
                    @if troubles.len() > 20 { li.cut { "and " (troubles.len() - 20) " more of that kind" } }
                }
            }
        }
    }
}

/// What is wrong at a step and rests on no event that is shown: mostly an event that did not come.
fn findings_of_step<'a>(seen: &Seen<'a>, index: usize) -> Vec<&'a Verdict> {
    let mut told = BTreeSet::new();
    let own = |verdict: &&Verdict| {
        verdict.step.as_ref().is_some_and(|step| step.index == index)
            && Tone::from(*verdict) < Tone::Dim
            && seen.evidence_of(verdict) == seen.step_anchor(index)
    };
    let mut out: Vec<&Verdict> =
        seen.report.verdicts.iter().filter(own).filter(|v| told.insert((&v.requirement, &v.finding))).collect();
    out.sort_by_key(|verdict| (verdict.caused_by.is_some(), Tone::from(*verdict)));
    out
}

/// One line on a finding, with the way to its card.
fn finding(view: &View<'_>, seen: &Seen<'_>, verdict: &Verdict) -> Markup {
    let tone = Tone::from(verdict);
    let card = view.cause_of.get(&(seen.number - 1, verdict.requirement.as_str()));
    let said = html! { (rich(&verdict.statement, 200)) ": " (short(&verdict.finding)) };
    html! {
        span.finding.(tone.class()) {
            (mark(tone, word(verdict))) " "
            @if let Some(card) = card { a href={ "#f" (card) } { (said) } } @else { (said) }
        }
    }
}

fn entry_markup(view: &View<'_>, seen: &Seen<'_>, entry: &Entry<'_>) -> Markup {
    match entry {
        Entry::One(event) => one_event(view, seen, event),
        Entry::More(first, last, count) => html! {
            li.more {
                "and " (text::grouped(*count)) " more " code { (short(first.constant)) } " "
                span.in { (after(first.latency_ms)) @if *count > 1 { " … " (after(last.latency_ms)) } }
            }
        },
    }
}

fn one_event(view: &View<'_>, seen: &Seen<'_>, event: &Heard<'_>) -> Markup {
    let none = Vec::new();
    let on = seen.verdicts_on.get(&event.arrival).unwrap_or(&none);
    let tone = Tone::worst(on.iter().map(|verdict| Tone::from(*verdict)));
    let payload = Payload::new(event, &view.report.spec.payload, on);
    let mut told = BTreeSet::new();
    let others: Vec<&&Verdict> = on
        .iter()
        .filter(|verdict| Tone::from(**verdict) < Tone::Good)
        // Fields are told in the payload's own rows.
        .filter(|verdict| !is_of_payload(verdict, event.constant))
        .filter(|verdict| told.insert((&verdict.requirement, &verdict.finding)))
        .collect();
    html! {
        li.event.(tone.class()) id=(seen.event_anchor(event.arrival)) {
            details open[payload.tone() < Tone::Dim] {
                summary {
                    (tone.mark()) " " code { (short(event.constant)) } " "
                    span.in {
                        (after(event.latency_ms))
                        @if event.actor != VISITOR { " in " (short(event.actor)) "’s window" }
                    }
                }
                (payload.table(event))
            }
            @if !others.is_empty() {
                ul.plain { @for verdict in others.iter().take(MOST_FINDINGS) { li { (finding(view, seen, verdict)) } } }
            }
        }
    }
}
