//! A history as one HTML page, in the report's style.

use maud::{Markup, html};

use crate::report::html::frame;
use crate::report::text::{self, short};

use super::timeline::{Pace, Row, State, Timeline, latest, run_state};

/// Size of a chart, in pixels.
const CHART: (f64, f64) = (240.0, 36.0);

/// Renders the whole history.
pub fn render(timeline: &Timeline) -> String {
    let now = timeline.requirements.iter().map(|row| row.now);
    let tone = now.map(tone).min_by_key(|tone| ["bad", "doubt", "good"].iter().position(|one| one == tone));
    let body = html! {
        a.skip href="#history" { "Skip to the history" }
        header class={ "banner " (tone.unwrap_or("good")) } {
            div.inner {
                p.against { "A history by chatproof" }
                h1 { (timeline.sentence()) }
                p { "Runs, the latest last: " (states(timeline.runs.iter().map(|run| run_state(run.exit_code)).collect())) }
            }
        }
        main id="history" tabindex="-1" {
            section aria-labelledby="requirements" {
                h2 id="requirements" { "Requirements" }
                @if timeline.requirements.is_empty() { p.none { "No requirement was ever broken." } }
                @else {
                    div.scroll {
                        table.matrix {
                            thead { tr { th scope="col" { "requirement" } th scope="col" { "in" } th scope="col" { "over time" } th scope="col" { "how it stands" } } }
                            tbody { @for row in &timeline.requirements { (requirement(row)) } }
                        }
                    }
                }
                p.legend {
                    "✔ held, ✘ broken, ? couldn't be told, · wasn't looked at. "
                    (text::count(timeline.always_held, "other requirement", "other requirements")) " always held."
                }
            }
            section aria-labelledby="events" {
                h2 id="events" { "How long events take" }
                @if timeline.events.is_empty() { p.none { "No event was heard." } }
                @else {
                    div.scroll {
                        table.matrix {
                            thead { tr { th scope="col" { "event" } th scope="col" { "in" } th scope="col" { "median of each run" } th scope="col" { "usually" } th scope="col" { "last" } } }
                            tbody { @for pace in &timeline.events { (event(pace)) } }
                        }
                    }
                }
            }
            section aria-labelledby="runs" {
                h2 id="runs" { "Runs" }
                ol reversed {
                    @for run in latest(&timeline.runs).iter().rev() {
                        li class=(tone_of(run.exit_code)) {
                            span.mark aria-hidden="true" { (run_state(run.exit_code).mark()) } " "
                            time datetime=(short(&run.at)) { (moment(&run.at)) } " " code { (short(&run.run)) } " "
                            (word(run.exit_code))
                            @if !run.flaky.is_empty() { ", flaky: " (text::line(&run.flaky.join(", "), text::SHORT)) }
                        }
                    }
                }
            }
            @for note in &timeline.notes { p.none { (text::line(note, text::LONG)) } }
        }
        footer { div.inner { p { "Made by chatproof " (env!("CARGO_PKG_VERSION")) ". This file loads nothing and runs no script." } } }
    };
    frame("chatproof history", &body)
}

fn tone(state: State) -> &'static str {
    match state {
        State::Broken => "bad",
        State::Doubt => "doubt",
        State::Held | State::Unseen => "good",
    }
}

fn tone_of(code: u8) -> &'static str {
    tone(run_state(code))
}

fn word(code: u8) -> &'static str {
    match code {
        0 => "conforms",
        1 => "does not conform",
        130 => "was interrupted",
        _ => "could not be judged",
    }
}

fn moment(at: &str) -> String {
    let plain = at.get(..16).filter(|_| at.is_ascii()).map(|at| format!("{} UTC", at.replace('T', " ")));
    plain.unwrap_or_else(|| short(at))
}

/// Marks for those who see them, words for those who don't.
fn states(all: Vec<State>) -> Markup {
    let shown = latest(&all);
    let count = |state: State| shown.iter().filter(|other| **other == state).count();
    let words = format!(
        "of the latest {}: {} good, {} broken, {} not told",
        text::count(shown.len(), "run", "runs"),
        count(State::Held),
        count(State::Broken),
        count(State::Doubt)
    );
    html! {
        span aria-hidden="true" { @for state in shown { span class={ "mark " (tone(*state)) } { (state.mark()) "\u{fe0e}" } } }
        span.unseen { (words) }
    }
}

fn requirement(row: &Row) -> Markup {
    let findings: Vec<String> = row.findings.iter().map(|finding| short(finding)).collect();
    html! {
        tr class=(tone(row.now)) {
            th scope="row" { span.mark aria-hidden="true" { (row.now.mark()) } " " code { (short(&row.requirement)) } }
            td { (short(&row.column)) }
            td { (states(row.states.clone())) }
            td.spared {
                (row.told()) "; last found: " (findings.join(", "))
                @if let Some(cause) = &row.caused_by { ", explained by " code { (short(cause)) } }
            }
        }
    }
}

fn event(pace: &Pace) -> Markup {
    let shown = latest(&pace.medians_ms);
    html! {
        tr {
            th scope="row" { code { (short(&pace.event)) } }
            td { (short(&pace.column)) }
            td { (chart(pace, shown)) }
            td { (text::duration(pace.median_ms)) }
            td { (text::duration(pace.last_ms)) }
        }
    }
}

/// A line through the medians, from zero.
fn chart(pace: &Pace, shown: &[Option<f64>]) -> Markup {
    let (wide, high) = CHART;
    let most = shown.iter().copied().flatten().fold(1.0, f64::max);
    let step = wide / shown.len().saturating_sub(1).max(1) as f64;
    let at = |(at, ms): (usize, f64)| (at as f64 * step, high - 3.0 - ms / most * (high - 6.0));
    let points: Vec<(f64, f64)> = shown.iter().enumerate().filter_map(|(n, ms)| ms.map(|ms| at((n, ms)))).collect();
    let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let label = format!(
        "{}: {} medians, the highest {}, the last {}",
        short(&pace.event),
        points.len(),
        text::duration(most),
        text::duration(pace.last_ms)
    );
    html! {
        svg role="img" aria-label=(label) width=(wide) height=(high) viewBox={ "-4 0 " (wide + 8.0) " " (high) } {
            polyline points=(line.join(" ")) fill="none" stroke="currentColor" stroke-width="1.5" {}
            @if let Some((x, y)) = points.last() { circle cx={ (format!("{x:.1}")) } cy={ (format!("{y:.1}")) } r="3" fill="currentColor" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_people_read_them() {
        assert_eq!(moment("2027-01-31T09:30:00.000Z"), "2027-01-31 09:30 UTC");
        assert_eq!(moment("ü"), "ü");
    }
}
