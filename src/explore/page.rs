//! The map as one HTML page: every state with its picture, what it offers, and what came of it.
//!
//! Boundary: pure. Text from the page passes `report::text` first, then maud, which escapes it; the file loads nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::findings::{Finding, Weight, told};
use super::graph::{Choice, Sort, State};
use super::map::Map;
use crate::report::text::{self, short};

const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Renders the map.
pub fn render(map: &Map) -> String {
    let title = format!("{}{}", map.base_url, map.path);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Map of the conversation – " (short(&title)) }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body {
                header {
                    h1 { "Map of the conversation" }
                    p { (short(&title)) " · " (short(&map.browser)) " · "
                        (text::count(map.graph.states.len(), "state", "states")) " · "
                        (text::count(map.graph.walks, "walk", "walks")) }
                }
                main {
                    section {
                        h2 { "Events" }
                        ul.events {
                            @for event in &map.heard { li.heard { "✔ " code { (short(event)) } } }
                            @for one in &map.unreached {
                                li.unheard { "– " code { (short(&one.event)) } " " span { (short(&one.why)) } }
                            }
                        }
                    }
                    @if !map.findings.list.is_empty() {
                        section {
                            h2 { "Findings" }
                            ol { @for finding in map.findings.sorted() { (found(finding)) } }
                        }
                    }
                    section {
                        h2 { "States" }
                        @for (at, (key, state)) in map.graph.states.iter().enumerate() { (of_state(map, at, key, state)) }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn found(finding: &Finding) -> Markup {
    let (class, word) = match finding.weight {
        Weight::Broken => ("bad", "broken"),
        Weight::Warning => ("warn", "warning"),
        Weight::Noted => ("note", "noted"),
    };
    html! {
        li class=(class) {
            b { (word) } " " code { (short(&finding.what)) }
            @if !finding.finding.is_empty() { " " (short(&finding.finding)) }
            p { (short(&finding.statement)) }
            @if !finding.expected.is_empty() { p { "expected " (short(&finding.expected)) } }
            @if !finding.heard.is_empty() { p { "heard " (short(&finding.heard)) } }
            p.way { "way: " (short(&told(&finding.way))) }
        }
    }
}

fn of_state(map: &Map, at: usize, key: &str, state: &State) -> Markup {
    let name = map.graph.name(key);
    html! {
        article id=(name) {
            h3 { (name) " " span { (short(&state.said.last().cloned().unwrap_or_default())) } }
            @if !state.picture.is_empty() {
                img src={ "data:image/jpeg;base64," (state.picture) } alt={ "the window in state " (at + 1) } loading="lazy";
            }
            p.way { "way: " (short(&told(&state.way))) }
            ul {
                @for choice in state.choices.values().filter(|choice| is_shown(choice)) { (of_choice(map, choice)) }
            }
        }
    }
}

/// What is possible everywhere is shown only where it was tried.
fn is_shown(choice: &Choice) -> bool {
    !matches!(choice.sort, Sort::Reload | Sort::Wait) || choice.taken.is_some()
}

fn of_choice(map: &Map, choice: &Choice) -> Markup {
    let told = choice.deeds.first().map(|deed| deed.describe()).unwrap_or_default();
    let told = if choice.sort == Sort::Wait { "do nothing".to_owned() } else { told };
    html! {
        @match &choice.taken {
            Some(taken) if taken.problem.is_empty() => {
                li {
                    (short(&told))
                    @if choice.sort == Sort::Wrong { " (must be refused)" }
                    @if let Some(to) = &taken.to { " → " a href={ "#" (map.graph.name(to)) } { (map.graph.name(to)) } }
                    @for event in taken.deeds.iter().flat_map(|deed| &deed.fires) { " " code { (short(event)) } }
                }
            }
            Some(taken) => { li.bad { (short(&told)) ": " (short(&taken.problem)) } }
            None if !choice.refused.is_empty() => { li.note { (short(&told)) ": not taken, " (short(&choice.refused)) } }
            None if choice.missed > 0 => { li.note { (short(&told)) ": not taken, its way has led elsewhere" } }
            None => { li.note { (short(&told)) ": not taken" } }
        }
    }
}
