//! A comparison as one HTML page, in the report's style: no script, nothing from outside.

use maud::{Markup, html};

use crate::report::html::{frame, rich};
use crate::report::text::{self, short};

use super::terminal::side;
use super::{Change, Comparison, Weight};

/// Renders the whole comparison.
pub fn render(comparison: &Comparison) -> String {
    let worst = comparison.changes.first().map(|change| change.weight);
    let groups = comparison.groups();
    let body = html! {
        a.skip href="#comparison" { "Skip to the comparison" }
        header class={ "banner " (worst.map_or("good", class)) } {
            div.inner {
                p.against { "Two runs compared by chatproof" }
                h1 {
                    span.sign aria-hidden="true" { (worst.map_or("✔", Weight::mark)) "\u{fe0e}" } " "
                    (comparison.sentence())
                }
                ul.numbers {
                    li.plain {
                        b { (text::grouped(comparison.journeys)) }
                        (if comparison.journeys == 1 { " journey compared" } else { " journeys compared" })
                    }
                    @for weight in Weight::ALL {
                        @if comparison.count(weight) > 0 {
                            li class=(class(weight)) { b { (comparison.count(weight)) } " " (weight.heading()) }
                        }
                    }
                }
                dl.facts {
                    div { dt { "Before" } dd { (side(&comparison.before)) } }
                    div { dt { "After" } dd { (side(&comparison.after)) } }
                }
            }
        }
        main id="comparison" tabindex="-1" {
            @if groups.is_empty() { p.none { "Nothing differs." } }
            @for weight in Weight::ALL {
                @if groups.iter().any(|(root, _)| root.weight == weight) {
                    section aria-labelledby=(weight.name()) {
                        h2 id=(weight.name()) { (weight.heading()) }
                        @for (root, hence) in groups.iter().filter(|(root, _)| root.weight == weight) {
                            (card(root, hence))
                        }
                    }
                }
            }
            @for note in &comparison.notes { p.none { (rich(note, text::LONG)) } }
        }
        footer { div.inner { p { "Made by chatproof " (env!("CARGO_PKG_VERSION")) ". This file loads nothing and runs no script." } } }
    };
    frame(&format!("{} – chatproof compare", comparison.sentence()), &body)
}

fn class(weight: Weight) -> &'static str {
    match weight {
        Weight::Worse => "bad",
        Weight::Doubt => "doubt",
        Weight::Changed => "warn",
        Weight::Better => "good",
    }
}

fn card(change: &Change, hence: &[&Change]) -> Markup {
    html! {
        article class={ "card " (class(change.weight)) } {
            h3 {
                span.mark aria-hidden="true" { (change.weight.mark()) } " "
                code { (short(&change.subject)) } " " (rich(&change.sentence, text::LONG))
            }
            dl.what {
                div { dt { "before" } dd { bdi { (short(&change.before)) } } }
                div { dt { "after" } dd.heard { bdi { (short(&change.after)) } } }
                div { dt { "in" } dd { (places(change)) } }
            }
            @if !hence.is_empty() {
                details.hence {
                    summary { "explains " (text::count(hence.len(), "other change", "other changes")) }
                    ul {
                        @for change in hence {
                            li {
                                code { (short(&change.subject)) } " " (rich(&change.sentence, text::LONG)) ": "
                                bdi { (short(&change.before)) } " → " bdi { (short(&change.after)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn places(change: &Change) -> Markup {
    const MOST: usize = 50;
    let more = change.places.len().saturating_sub(MOST);
    html! {
        @for (at, place) in change.places.iter().take(MOST).enumerate() {
            @if at > 0 { ", " } (short(place))
        }
        @if more > 0 { " and " (more) " more" }
    }
}
