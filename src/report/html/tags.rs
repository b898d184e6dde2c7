//! What tags have sent, a table for each browser.

use maud::{Markup, html};

use crate::report::model::Report;
use crate::report::summary;
use crate::report::text::{self, short};

/// Rows told one by one.
const LISTED: usize = 500;

/// Empty if nothing of it was watched.
pub(super) fn section(report: &Report) -> Markup {
    let all: Vec<_> = summary::browsers(report)
        .into_iter()
        .filter_map(|browser| Some((browser.name.clone(), summary::tags(report, &browser.name)?)))
        .collect();
    html! {
        @if !all.is_empty() {
            section #tags {
                h2 { "Tags" }
                @for (browser, tags) in &all {
                    h3 { (short(browser)) }
                    @if tags.sent.is_empty() { p { "No known tag has sent anything." } } @else {
                        div.scroll { table {
                            thead { tr { @for head in ["Tag", "Event", "Property", "Consent", "Count", "First sent", "Personal fields"] { th scope="col" { (head) } } } }
                            tbody {
                                @for one in tags.sent.iter().take(LISTED) {
                                    tr {
                                        th scope="row" { (short(&one.title)) " " code { (short(&one.tag)) } }
                                        td { (short(&one.name)) }
                                        td { (short(&one.property)) }
                                        td { (short(&one.consent)) }
                                        td { (text::grouped(one.count)) }
                                        td { (short(&one.journey)) ": " (short(&one.first)) }
                                        td { (one.personal.iter().map(|field| short(field)).collect::<Vec<_>>().join(", ")) }
                                    }
                                }
                            }
                        } }
                    }
                    @let silent: Vec<String> = tags.silent().map(|(_, title)| short(title)).collect();
                    @if !silent.is_empty() { p { "Loaded, and sent nothing: " (silent.join(", ")) "." } }
                    @if !tags.unknown.is_empty() {
                        p { "Not known, and looks like a beacon:" }
                        ul {
                            @for (host, (count, first)) in tags.unknown.iter().take(LISTED) {
                                li { code { (short(host)) } ": " (text::count(*count, "request", "requests")) ", first " code { (short(first)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
