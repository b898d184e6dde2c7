//! A payload field by field, each with what was judged of it. What is documented and isn't there is a row as well.

use maud::{Markup, html};
use serde_json::Value;

use super::rich;
use super::tone::{Tone, word};
use crate::report::summary::Heard;
use crate::report::text::{self, SHORT, short};
use crate::verdict::Verdict;

/// Rows of one payload.
const MOST_ROWS: usize = 60;
/// How deep objects in a payload are taken apart.
const DEEPEST: usize = 4;
/// Rows where room is short.
const BRIEF_ROWS: usize = 10;
/// Characters of one value.
const MOST_TEXT: usize = 400;

/// A payload as it is shown.
pub(super) struct Payload<'a> {
    rows: Vec<Row<'a>>,
    /// Fields that are not shown.
    more: usize,
}

struct Row<'a> {
    name: String,
    /// `None`: not there.
    value: Option<String>,
    /// An object whose fields have rows of their own.
    inner: bool,
    verdicts: Vec<&'a Verdict>,
}

impl Row<'_> {
    fn tone(&self) -> Tone {
        Tone::worst(self.verdicts.iter().map(|verdict| Tone::from(*verdict)))
    }
}

impl<'a> Payload<'a> {
    /// `path`: where in the callback's argument the payload is; `on`: the verdicts that rest on the event.
    pub(super) fn new(event: &Heard<'a>, path: &[String], on: &[&'a Verdict]) -> Self {
        let place = if path.is_empty() { "the argument".to_owned() } else { path.join(".") };
        let found = path.iter().try_fold(event.data, |value, key| value.get(key));
        let mut rows = Vec::new();
        let mut more = 0;
        match found {
            Some(Value::Object(fields)) => {
                for (key, value) in fields {
                    take_apart(key, value, 1, &mut rows, &mut more);
                }
            }
            Some(other) => rows.push(row(&place, Some(show(other)))),
            None => {
                rows.push(row(&place, None));
                rows.push(row("the whole argument", Some(show(event.data))));
            }
        }
        let mut object: Vec<&Verdict> = Vec::new();
        for verdict in on {
            if !is_of_payload(verdict, event.constant) {
                continue;
            }
            let Some(field) = verdict.requirement.field() else {
                object.push(verdict);
                continue;
            };
            let fits =
                |name: &str| field.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            let at = (0..rows.len())
                .filter(|at| rows.get(*at).is_some_and(|row: &Row<'_>| fits(&row.name)))
                .max_by_key(|at| rows.get(*at).map(|row| row.name.len()));
            match at.and_then(|at| rows.get_mut(at)) {
                Some(row) => row.verdicts.push(verdict),
                // What was cut away is there, though not shown.
                None if more > 0 && Tone::from(*verdict) == Tone::Good => {}
                None => rows.push(Row { verdicts: vec![verdict], ..row(field, None) }),
            }
        }
        rows.retain(|row| !row.inner || !row.verdicts.is_empty());
        if Tone::worst(object.iter().map(|verdict| Tone::from(*verdict))) < Tone::Good {
            match rows.iter_mut().find(|row| row.name == place) {
                Some(row) => row.verdicts = object,
                None => rows.insert(0, Row { verdicts: object, ..row(&place, Some("an object".into())) }),
            }
        }
        Self { rows, more }
    }

    /// The gravest of all fields.
    pub(super) fn tone(&self) -> Tone {
        Tone::worst(self.rows.iter().map(Row::tone))
    }

    /// The whole of it.
    pub(super) fn table(&self, event: &Heard<'_>) -> Markup {
        html! {
            @if self.rows.is_empty() { p.none { "An empty object." } } @else {
                div.scroll role="group" aria-label="Payload" tabindex="0" {
                    table.payload {
                        thead { tr { th scope="col" { "Field" } th scope="col" { "Heard" } th scope="col" { "Judged" } } }
                        tbody {
                            @for row in &self.rows {
                                tr.(row.tone().class()) {
                                    th scope="row" { code { (short(&row.name)) } }
                                    td { (value(row)) }
                                    td.judged { (judged(row)) }
                                }
                            }
                        }
                    }
                }
            }
            @if self.more > 0 { p.cut { "and " (text::count(self.more, "more field", "more fields")) ", which the recording has" } }
            @if !event.notes.is_empty() {
                p.cut {
                    "Could not be copied: "
                    @for (at, note) in event.notes.iter().take(5).enumerate() {
                        @if at > 0 { ", " }
                        code { (short(&note.path)) } " (" (short(&note.what)) ")"
                    }
                }
            }
        }
    }

    /// What fits beside a timeline: what is wrong first.
    pub(super) fn brief(&self) -> Markup {
        let mut rows: Vec<&Row<'_>> = self.rows.iter().collect();
        rows.sort_by_key(|row| if row.tone() < Tone::Dim { row.tone() } else { Tone::Plain });
        html! {
            dl.brief {
                @for row in rows.iter().take(BRIEF_ROWS) {
                    div.(row.tone().class()) { dt { (row.tone().mark()) " " (text::clip(&row.name, 40)) } dd { (value(row)) } }
                }
            }
            @let left = rows.len().saturating_sub(BRIEF_ROWS) + self.more;
            @if left > 0 { p.cut { "and " (text::grouped(left)) " more in the list below" } }
        }
    }
}

fn row<'a>(name: &str, value: Option<String>) -> Row<'a> {
    Row { name: name.to_owned(), value, inner: false, verdicts: Vec::new() }
}

fn take_apart(name: &str, value: &Value, depth: usize, rows: &mut Vec<Row<'_>>, more: &mut usize) {
    if rows.len() >= MOST_ROWS {
        *more += 1;
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() && depth < DEEPEST => {
            rows.push(Row { inner: true, ..row(name, Some("an object".into())) });
            for (key, inner) in fields {
                take_apart(&format!("{name}.{key}"), inner, depth + 1, rows, more);
            }
        }
        other => rows.push(row(name, Some(show(other)))),
    }
}

/// A value as JSON, cut, and made safe to show.
fn show(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{}\"", text::line(text, MOST_TEXT)),
        other => text::line(&other.to_string(), MOST_TEXT),
    }
}

fn value(row: &Row<'_>) -> Markup {
    html! {
        @match &row.value {
            Some(value) => bdi { code { (value) } },
            None => em.absent { "not there" },
        }
    }
}

fn judged(row: &Row<'_>) -> Markup {
    let tone = row.tone();
    let wrong: Vec<&&Verdict> = row.verdicts.iter().filter(|verdict| Tone::from(**verdict) != Tone::Good).collect();
    html! {
        @if row.verdicts.is_empty() { span.in { "not documented" } }
        @else if wrong.is_empty() { (tone.mark()) }
        @else {
            @for verdict in wrong.iter().take(3) {
                div {
                    (super::tone::mark(Tone::from(**verdict), word(verdict))) " "
                    @if verdict.expected.is_empty() { (short(&verdict.finding)) } @else { "expected " (rich(&verdict.expected, SHORT)) }
                }
            }
        }
    }
}

/// Whether a verdict is about an event's payload, and so is told in the payload's own rows.
pub(super) fn is_of_payload(verdict: &Verdict, constant: &str) -> bool {
    let id = &verdict.requirement;
    (id.is("event", "payload") || id.is("site", "payload")) && id.event_name() == Some(constant)
}
