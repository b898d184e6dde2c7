//! The report for a person with a browser: one file that shows everything and asks for nothing.
//!
//! Boundary: pure, like every format; no script at all. A server that forbids styles and pictures as well (Jenkins does)
//! leaves a plain page that can be read from top to bottom, so the order of the markup is the order of reading. Text from
//! the page passes [`super::text`] first, then maud, which escapes it; and the file forbids itself to load anything.
//!
//! Sizes are bounded everywhere: what repeats is told by number, what is long is cut with a note.

mod causes;
mod checks;
mod clock;
mod forwards;
mod journey;
mod known;
mod matrix;
mod payload;
mod sights;
mod steps;
mod svg;
mod tags;
mod timeline;
mod tone;
mod view;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::model::Report;
use crate::report::summary::{self, Conclusion};
use crate::report::text::{self, short};
use crate::verdict::Outcome;
use tone::Tone;
use view::View;

const STYLE: &str = include_str!("report.css");

/// No script, nothing from outside, no form, no base: whatever a payload might smuggle in, it could do nothing.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Renders the whole report.
pub fn render(report: &Report) -> String {
    let view = View::new(report);
    let body = html! {
        a.skip href="#report" { "Skip to the report" }
        (banner(report, &view))
        main id="report" tabindex="-1" {
            (matrix::section(&view))
            @for lost in &report.lost { p.none { (text::line(&summary::lost_text(lost), text::LONG)) } }
            (causes::section(&view))
            (known::stale(report))
            (tags::section(report))
            section.journeys aria-labelledby="journeys" {
                h2 id="journeys" { "Journeys" }
                @if view.journeys.is_empty() { p.none { "No journey was run." } }
                @for seen in &view.journeys { (journey::section(&view, seen)) }
            }
        }
        (footer(report))
    };
    frame(&format!("{} – {}", headline(report), short(&report.site)), &body)
}

/// A page of its own, of a title and a body, that loads nothing and runs nothing.
pub(crate) fn frame(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

/// The conclusion in two or three words, for the window's title.
fn headline(report: &Report) -> &'static str {
    match summary::conclusion(report) {
        Conclusion::Conforms => "✔ Conforms",
        Conclusion::DoesNotConform => "✘ Does not conform",
        Conclusion::CouldNotJudge => "? Could not judge",
        Conclusion::Interrupted => "■ Interrupted",
    }
}

fn tone_of(conclusion: Conclusion) -> Tone {
    match conclusion {
        Conclusion::Conforms => Tone::Good,
        Conclusion::DoesNotConform => Tone::Bad,
        Conclusion::CouldNotJudge => Tone::Doubt,
        Conclusion::Interrupted => Tone::Warn,
    }
}

fn banner(report: &Report, view: &View<'_>) -> Markup {
    let conclusion = summary::conclusion(report);
    let tone = tone_of(conclusion);
    let sign = headline(report).split(' ').next().unwrap_or_default();
    let first = report.journeys.first().map(|journey| &journey.recording);
    let began = report.journeys.iter().map(|journey| journey.recording.run.started_at.as_str()).min();
    html! {
        header class={ "banner " (tone.class()) } {
            div.inner {
                p.against {
                    strong { (short(&report.site)) } " against " (link(&report.spec.url, &report.spec.title))
                }
                h1 { span.sign aria-hidden="true" { (sign) "\u{fe0e}" } " " (summary::sentence(report)) }
                (numbers(report))
                @if let Some(recording) = first {
                    dl.facts {
                        div { dt { "Site" } dd { (link(&recording.run.base_url, &recording.run.base_url)) } }
                        @if let Some(began) = began { div { dt { "Began" } dd { (moment(began)) } } }
                        @for browser in summary::browsers(report) {
                            div {
                                dt { (short(&browser.name)) }
                                dd {
                                    (short(&browser.version)) ", " (short(&browser.driver)) " " (short(&browser.driver_version))
                                    @if !browser.platform.is_empty() { ", " (short(&browser.platform)) }
                                    @if browser.headless { ", headless" }
                                }
                            }
                        }
                        div { dt { "Run" } dd { code { (short(&recording.run.id)) } } }
                    }
                }
                (contents(view))
            }
        }
    }
}

/// The totals, each with its word; what is zero is left out.
fn numbers(report: &Report) -> Markup {
    let totals = summary::totals(report);
    // Of a part of the journeys nobody expects all events.
    let reached = summary::verdicts(report).any(|v| v.outcome == Outcome::NotReached && summary::is_breach(v));
    let told = [
        (Tone::Plain, totals.journeys, "journey", "journeys"),
        (Tone::Plain, totals.events, "event heard", "events heard"),
        (Tone::Good, totals.pass, "check passed", "checks passed"),
        (Tone::Bad, totals.fail, "failed", "failed"),
        (if reached { Tone::Bad } else { Tone::Dim }, totals.not_reached, "not reached", "not reached"),
        (Tone::Doubt, totals.inconclusive, "inconclusive", "inconclusive"),
        (Tone::Warn, totals.warn, "warning", "warnings"),
        (Tone::Waived, totals.waived, "waived", "waived"),
        (Tone::Warn, totals.flaky, "journey flaky", "journeys flaky"),
        (Tone::Dim, totals.noted, "noted", "noted"),
    ];
    html! {
        ul.numbers {
            @for (tone, number, one, many) in told.iter().filter(|(_, number, ..)| *number > 0) {
                li class=(tone.class()) {
                    b { (text::grouped(*number)) } " " (if *number == 1 { one } else { many })
                }
            }
        }
    }
}

/// The way to each part.
fn contents(view: &View<'_>) -> Markup {
    html! {
        nav aria-label="Parts of this report" {
            ul.contents {
                li { a href="#coverage" { "Coverage" } }
                @if !view.causes.is_empty() { li { a href="#findings" { "Findings" } } }
                @for journey in view.journeys.iter().filter(|journey| journey.report.folded.is_none()) {
                    li {
                        a class=(journey.tone.class()) href={ "#" (journey.anchor()) } {
                            (journey.tone.mark()) " " (text::clip(&journey.report.recording.journey, 40))
                            @if view.several_browsers { span.in { " " (short(&journey.report.recording.browser.name)) } }
                        }
                    }
                }
                @if view.journeys.iter().any(|journey| journey.report.folded.is_some()) {
                    li { a href="#journeys" { "All journeys" } }
                }
            }
        }
    }
}

fn footer(report: &Report) -> Markup {
    let version = report.journeys.first().map(|journey| journey.recording.chatproof.as_str());
    html! {
        footer {
            div.inner {
                p {
                    "Times count from the journey's start; the time behind an event counts from the moment its step began \
                     to act. An event that a step declares is judged by documentation and site file, line by line: each \
                     finding names both."
                }
                p {
                    "Made by chatproof" @if let Some(version) = version { " " (short(version)) } ". \
                     This file loads nothing and runs no script; it can be sent and kept as it is."
                }
            }
        }
    }
}

/// A link to the outside if it is one that a browser may open; else just its text.
fn link(url: &str, words: &str) -> Markup {
    let safe = url.len() < 2000
        && (url.starts_with("https://") || url.starts_with("http://"))
        && !url.chars().any(|c| c.is_whitespace() || text::is_hostile(c));
    html! {
        @if safe { a href=(url) rel="noreferrer noopener" { (short(words)) } } @else { (short(words)) }
    }
}

/// A sentence of ours, made safe, with what it has in backticks set as code.
pub(crate) fn rich(text: &str, most: usize) -> Markup {
    let safe = text::line(text, most);
    let parts: Vec<&str> = safe.split('`').collect();
    // An odd one is no pair: a page's text may have any.
    let paired = parts.len() % 2 == 1;
    html! {
        bdi {
            @if paired {
                @for (at, part) in parts.iter().enumerate() { @if at % 2 == 1 { code { (part) } } @else { (part) } }
            } @else { (safe) }
        }
    }
}

/// `2026-01-02T03:04:05.678Z` as people read it.
fn moment(rfc3339: &str) -> Markup {
    let plain = rfc3339.get(..19).filter(|_| rfc3339.is_ascii() && rfc3339.ends_with('Z'));
    html! {
        @match plain {
            Some(plain) => time datetime=(rfc3339) { (plain.replace('T', " ")) " UTC" },
            None => (short(rfc3339)),
        }
    }
}
