//! Journeys by a table: one for each row of `each`.
//!
//! Boundary: a journey with rows -> a journey for each of them, by names of their own.

use indexmap::IndexSet;

use super::values::{Values, is_name, referred};
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Key, Node, Value};

/// What a row calls its journey.
const NAME: &str = "name";

/// The journeys, those with rows written out. No two have the same name.
pub(super) fn expand(checker: &mut Checker<'_>, journeys: &[Entry], left: &mut usize) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    for entry in journeys {
        let written = match &entry.value.value {
            Value::Map(fields) => match fields.iter().find(|field| field.key.text == "each") {
                Some(each) => rows(checker, entry, fields, &each.value, left),
                None => vec![entry.clone()],
            },
            _ => vec![entry.clone()],
        };
        for one in written {
            if let Some(first) = out.iter().find(|other| other.key.text == one.key.text) {
                let line = checker.source.line(first.key.span);
                checker.report(
                    one.key.span,
                    format!("two journeys are called `{}`", one.key.text),
                    format!("the other one stands in {line}"),
                    "give the row a name of its own: `name: ...`",
                );
            } else {
                out.push(one);
            }
        }
    }
    out
}

/// The journeys of one table.
fn rows(checker: &mut Checker<'_>, journey: &Entry, fields: &[Entry], table: &Node, left: &mut usize) -> Vec<Entry> {
    let rows = match &table.value {
        Value::Seq(rows) if !rows.is_empty() => rows,
        Value::Seq(_) => {
            checker.report(
                table.span,
                "`each` has no rows",
                "expected at least one row",
                "for example `[{ plan: free }]`",
            );
            return Vec::new();
        }
        _ => {
            checker.wrong_type(table, "`each`", "a list of rows (`[{ plan: free }, { plan: pro }]`)");
            return Vec::new();
        }
    };
    let own: Vec<Entry> = fields.iter().filter(|field| field.key.text != "each").cloned().collect();
    let pattern = Node { value: Value::Map(own), span: journey.value.span };
    let mut used = IndexSet::new();
    referred(&pattern, &mut used);
    let columns: IndexSet<&str> = rows.iter().flat_map(cells).map(|cell| cell.key.text.as_str()).collect();
    let mut out = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        if checker.entries(row, "a row of `each`").is_none() {
            continue;
        }
        let mut values = Values::default();
        for Entry { key, value } in cells(row) {
            if is_name(&key.text) {
                values.give(checker, &key.text, value);
            } else {
                checker.report(
                    key.span,
                    format!("`{}` can't be the name of a value", key.text),
                    "expected letters, digits, `-` or `_`",
                    "texts refer to it as `${name}`: choose a name that is free for that",
                );
            }
        }
        for column in columns.iter().filter(|column| used.contains(**column) && !values.has(column)) {
            checker.report(
                cells(row).first().map_or(row.span, |cell| cell.key.span),
                format!("row {} of `each` lacks `{column}`", index + 1),
                "other rows have it, and the journey uses it",
                format!("add `{column}: ...`"),
            );
        }
        let span = cells(row).first().map_or(row.span, |cell| cell.key.span);
        let key = Key { text: format!("{}.{}", journey.key.text, name(checker, row, index)), span };
        out.push(Entry { key, value: values.fill(checker, &pattern, left) });
        if *left == 0 {
            break;
        }
    }
    out
}

fn cells(row: &Node) -> &[Entry] {
    match &row.value {
        Value::Map(cells) => cells,
        _ => &[],
    }
}

/// What a row adds to its journey's name: its `name`, else its first value, else its number.
fn name(checker: &mut Checker<'_>, row: &Node, index: usize) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let told = match row.get(NAME) {
        Some(node) => checker.text_or_number(node, "a row's `name`").map(str::to_owned),
        None => cells(row).first().and_then(|cell| match &cell.value.value {
            Value::String(text) => Some(text.clone()),
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => Some(checker.raw(cell.value.span).to_owned()),
            _ => None,
        }),
    };
    let slug: String = told.unwrap_or_default().chars().map(plain).take(60).collect();
    match slug.trim_matches(['-', '.', '_']) {
        "" => (index + 1).to_string(),
        slug => slug.to_owned(),
    }
}
