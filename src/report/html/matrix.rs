//! The coverage matrix: each documented event in each journey and browser, and the way to what shows it.

use maud::{Markup, html};

use super::tone::{Tone, mark};
use super::view::{Seen, View};
use crate::recording::Kind;
use crate::report::summary::{self, Cell, Status};
use crate::report::text::{self, short};
use crate::verdict::Verdict;

pub(super) fn section(view: &View<'_>) -> Markup {
    let browsers = summary::browsers(view.report);
    let rows = summary::coverage(view.report);
    let columns = |browser: &str| -> Vec<&Seen<'_>> {
        let shown = view.journeys.iter().filter(|seen| seen.report.folded.is_none());
        shown.filter(|seen| seen.report.recording.browser.name == browser).collect()
    };
    let folded = view.journeys.iter().filter(|seen| seen.report.folded.is_some()).count();
    html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { "Coverage" }
            @if browsers.is_empty() { p.none { "Nothing was recorded." } } @else {
                div.scroll role="region" aria-label="Coverage, as a table" tabindex="0" {
                    table.matrix {
                        caption.unseen { "What became of each documented event, by browser and journey" }
                        thead {
                            tr {
                                th scope="col" rowspan="2" { "Documented event" }
                                @for browser in &browsers {
                                    th.browser scope="colgroup" colspan=(columns(&browser.name).len() + 1) { (short(&browser.name)) }
                                }
                            }
                            tr {
                                @for browser in &browsers {
                                    th.all scope="col" { "all" }
                                    @for seen in columns(&browser.name) {
                                        th scope="col" {
                                            a.tilt href={ "#" (seen.anchor()) } title=(short(&seen.report.title)) {
                                                (text::clip(&seen.report.recording.journey, 28))
                                            }
                                        }
                                    }
                                }
                            }
                        }
                        tbody {
                            @if let Some(ready) = summary::ready(view.report) {
                                tr {
                                    th scope="row" { "the ready event" }
                                    @for (browser, all) in browsers.iter().zip(ready) {
                                        (all_cell(all))
                                        @for seen in columns(&browser.name) { (ready_cell(seen)) }
                                    }
                                }
                            }
                            @for row in &rows {
                                tr {
                                    th scope="row" { code { (short(row.constant)) } }
                                    @if let Some(reason) = row.not_applicable {
                                        td.spared colspan=(browsers.len() + view.journeys.len() - folded) { "not applicable: " (short(reason)) }
                                    } @else {
                                        @for (browser, all) in browsers.iter().zip(&row.cells) {
                                            (all_cell(*all))
                                            @for seen in columns(&browser.name) { (event_cell(seen, row.constant)) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                p.legend {
                    (Tone::Good.mark()) " proved  " (Tone::Bad.mark()) " broken, or fired by no journey  "
                    (Tone::Doubt.mark()) " could not be told  " (Tone::Warn.mark()) " with a warning  "
                    (Tone::Waived.mark()) " waived  " (mark(Tone::Plain, "heard")) " heard, undeclared or only permitted. "
                    "A number says how often it was heard; each sign leads to its evidence."
                    @if folded > 0 {
                        " The columns “all” count " (text::count(folded, "journey", "journeys")) " more, whose details are left out."
                    }
                }
            }
        }
    }
}

/// A browser's journeys together.
fn all_cell(cell: Cell) -> Markup {
    let word = match cell.status {
        Status::Proved => "proved",
        Status::Failed => "failed",
        Status::Inconclusive => "inconclusive",
        Status::Waived => "waived",
        Status::NotReached => "not reached",
        Status::NotSelected => "not selected",
        Status::NotApplicable => "not applicable",
    };
    let tone = Tone::from(cell.status);
    html! {
        td.all.(tone.class()) {
            @if tone == Tone::Plain { span.unseen { (word) } span aria-hidden="true" { "–" } } @else { (mark(tone, word)) (times(cell.heard)) }
        }
    }
}

fn times(heard: usize) -> Markup {
    html! { @if heard > 1 { " " span.times { "×" (text::grouped(heard)) } } }
}

fn ready_cell(seen: &Seen<'_>) -> Markup {
    let about = seen.report.verdicts.iter().filter(|verdict| verdict.requirement.family() == "ready");
    let heard = seen.report.recording.observations.iter().filter(|o| matches!(o.kind, Kind::Ready { .. })).count();
    cell(seen, about, |verdict| verdict.requirement == "ready.fired", heard, None)
}

fn event_cell(seen: &Seen<'_>, constant: &str) -> Markup {
    let about = seen.report.verdicts.iter().filter(|verdict| verdict.requirement.event_name() == Some(constant));
    let mut heard = seen.events.iter().filter(|event| event.constant == constant).peekable();
    let first = heard.peek().map(|event| event.arrival);
    cell(seen, about, |verdict| verdict.requirement.is("event", "fires"), heard.count(), first)
}

/// What verdicts about one event in one journey come to, and the way to what shows it.
fn cell<'a>(
    seen: &Seen<'_>,
    about: impl Iterator<Item = &'a Verdict>,
    proof: impl Fn(&Verdict) -> bool,
    heard: usize,
    first: Option<u64>,
) -> Markup {
    let mut worst: Option<(Tone, &Verdict)> = None;
    let mut proved = false;
    for verdict in about {
        let tone = Tone::from(verdict);
        proved |= tone == Tone::Good && proof(verdict);
        // Of the breaches of one event that others follow from the headline is shown.
        let rank = |tone: Tone, verdict: &Verdict| (tone, verdict.caused_by.is_some());
        let graver = worst.is_none_or(|(known, other)| rank(tone, verdict) < rank(known, other));
        let counts = tone < Tone::Dim && (tone != Tone::Doubt || summary::is_doubt(verdict));
        if counts && graver {
            worst = Some((tone, verdict));
        }
    }
    let (tone, target, word) = match (worst, first) {
        (Some((tone, verdict)), _) => (tone, seen.evidence_of(verdict), super::tone::word(verdict)),
        (None, Some(arrival)) if proved => (Tone::Good, seen.place_of(arrival), "proved"),
        (None, None) if proved => (Tone::Good, seen.anchor(), "proved"),
        (None, Some(arrival)) => (Tone::Plain, seen.place_of(arrival), "heard"),
        (None, None) => return html! { td.nothing { span.unseen { "nothing" } } },
    };
    html! {
        td.(tone.class()) { a href={ "#" (target) } { (mark(tone, word)) (times(heard)) } }
    }
}
