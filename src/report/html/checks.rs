//! Every requirement that was looked at in a journey, in a table: what held as well as what did not.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::rich;
use super::tone::{Tone, mark, word};
use super::view::{Seen, View};
use crate::report::summary;
use crate::report::text::{self, short};
use crate::verdict::Verdict;

/// Rows of one journey.
const MOST: usize = 400;

pub(super) fn table(view: &View<'_>, seen: &Seen<'_>) -> Markup {
    let verdicts = &seen.report.verdicts;
    // Of one requirement that was looked at many times with one result, one row tells.
    let mut by: BTreeMap<(Tone, &str, &str), (&Verdict, usize)> = BTreeMap::new();
    for verdict in verdicts {
        by.entry((verdict.into(), &verdict.requirement, &verdict.finding)).or_insert((verdict, 0)).1 += 1;
    }
    let checks = verdicts.iter().filter(|verdict| summary::is_check(verdict)).count();
    html! {
        @if !by.is_empty() {
            details.checks {
                summary { "All " (text::count(checks, "check", "checks")) }
                div.scroll role="group" aria-label="Checks" tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Requirement" } th scope="col" { "Outcome" } th scope="col" { "Statement" } } }
                        tbody {
                            @for ((tone, requirement, finding), (verdict, count)) in by.iter().take(MOST) {
                                tr.(tone.class()) {
                                    th scope="row" { code { (short(requirement)) } }
                                    td.outcome {
                                        a href={ "#" (target(view, seen, verdict)) } { (mark(*tone, word(verdict))) " " (short(finding)) }
                                        @if *count > 1 { " ×" (text::grouped(*count)) }
                                    }
                                    td { (rich(&verdict.statement, 240)) }
                                }
                            }
                        }
                    }
                }
                @if by.len() > MOST { p.cut { "and " (text::grouped(by.len() - MOST)) " more, which the JSON report has" } }
            }
        }
    }
}

/// What is wrong leads to its card, what holds to its evidence.
fn target(view: &View<'_>, seen: &Seen<'_>, verdict: &Verdict) -> String {
    let card = view.cause_of.get(&(seen.number - 1, verdict.requirement.as_str()));
    match card {
        Some(card) if Tone::from(verdict) != Tone::Good => format!("f{card}"),
        _ => seen.evidence_of(verdict),
    }
}
