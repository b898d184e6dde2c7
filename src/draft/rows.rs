//! Tables and lists: which of them list events, which fields; and in which column.

use std::collections::BTreeSet;

use super::page::{Cell, Rows, Said};

/// Types as pages write them, and as JSON Schema does.
const TYPES: &[(&str, &str)] = &[
    ("string", "string"),
    ("number", "number"),
    ("integer", "integer"),
    ("int", "integer"),
    ("float", "number"),
    ("boolean", "boolean"),
    ("bool", "boolean"),
    ("object", "object"),
    ("array", "array"),
];

/// The JSON Schema type that a text names.
fn kind(text: &str) -> Option<&'static str> {
    let text = text.trim().to_ascii_lowercase();
    if text.ends_with("[]") || text.starts_with("array<") {
        return Some("array");
    }
    TYPES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind)
}

/// A text as a dotted path of names, and whether a `?` marks it as one that may be missing.
pub(super) fn path(text: &str) -> Option<(Vec<String>, bool)> {
    let text = text.trim().trim_end_matches(['*', ':']);
    let optional = text.ends_with('?');
    let text = text.trim_end_matches('?').trim_end_matches("[]");
    let named = |piece: &str| {
        piece.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
            && piece.chars().all(|c| c.is_alphanumeric() || "_$-".contains(c))
    };
    let pieces: Vec<&str> = text.split('.').collect();
    (pieces.len() <= 12 && pieces.iter().all(|piece| named(piece)))
        .then(|| (pieces.into_iter().map(str::to_owned).collect(), optional))
}

/// A name that could be an event's: one word, or one piece of code.
pub(super) fn event(cell: &Cell) -> Option<&Said> {
    let said = match cell.codes.first() {
        Some(code) if cell.codes.len() == 1 && cell.said.text.starts_with(&code.text) => code,
        _ => &cell.said,
    };
    let fits =
        !said.text.is_empty() && said.text.len() <= 200 && !said.text.contains(|c: char| "(){}`\\\"'".contains(c));
    (fits && (cell.codes.len() == 1 || !said.text.contains(' '))).then_some(said)
}

/// The columns of rows.
fn columns(rows: &Rows) -> usize {
    rows.rows.iter().map(Vec::len).max().unwrap_or(0).min(32)
}

fn column(rows: &Rows, at: usize) -> impl Iterator<Item = &Cell> {
    rows.rows.iter().filter_map(move |row| row.get(at))
}

/// The column that has one of the known events in it.
pub(super) fn event_column(rows: &Rows, known: &BTreeSet<String>) -> Option<usize> {
    let matches = |cell: &Cell| event(cell).is_some_and(|said| known.contains(last(&said.text)));
    (0..columns(rows)).find(|at| {
        let all = column(rows, *at).count();
        column(rows, *at).any(matches) && column(rows, *at).filter(|cell| event(cell).is_some()).count() * 2 > all
    })
}

/// The event's own name in `Bell.Events.OPENED`; other names are theirs, with dots and all.
pub(super) fn last(text: &str) -> &str {
    let constant = |piece: &str| piece.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    match text.rsplit_once('.') {
        Some((_, end)) if !end.is_empty() && constant(end) => end,
        _ => text,
    }
}

/// The first column, if all of it is code: which may be events where a page doesn't say what is.
pub(super) fn all_code(rows: &Rows) -> bool {
    !rows.rows.is_empty()
        && rows.rows.iter().all(|row| row.first().is_some_and(|cell| cell.codes.len() == 1 && event(cell).is_some()))
}

/// A row about a field.
pub(super) struct FieldRow<'r> {
    pub path: Vec<String>,
    pub optional: bool,
    pub said: &'r Said,
    pub title: Option<String>,
    pub kind: Option<&'static str>,
}

/// Rows about fields: one column is names and nothing else.
pub(super) fn fields(rows: &Rows) -> Option<Vec<FieldRow<'_>>> {
    let typed =
        |at: &usize| column(rows, *at).count() > 0 && column(rows, *at).all(|cell| kind(&cell.said.text).is_some());
    let types = (0..columns(rows)).find(typed);
    let named = |at: &usize| {
        Some(*at) != types
            && column(rows, *at).count() == rows.rows.len()
            && column(rows, *at).all(|cell| name(cell).is_some())
    };
    let score = |at: usize| {
        let code = column(rows, at).all(|cell| !cell.codes.is_empty());
        let dotted = column(rows, at).any(|cell| cell.said.text.contains('.'));
        (code, dotted, usize::MAX - at)
    };
    let at = (0..columns(rows)).filter(named).max_by_key(|at| score(*at)).filter(|_| !rows.rows.is_empty())?;
    rows.rows
        .iter()
        .map(|row| {
            let (path, optional) = path(&name(row.get(at)?)?.text)?;
            let others = row.iter().enumerate().filter(|(other, _)| *other != at && Some(*other) != types);
            let title = others.map(|(_, cell)| cell.said.text.trim()).max_by_key(|text| text.len());
            let title = title.filter(|title| title.chars().count() > 3).map(shortened);
            let kind = types.and_then(|types| kind(&row.get(types)?.said.text));
            Some(FieldRow { path, optional, said: name(row.get(at)?)?, title, kind })
        })
        .collect()
}

/// A cell that is a field's name and at most something in brackets behind it.
fn name(cell: &Cell) -> Option<&Said> {
    if path(&cell.said.text).is_some() {
        return Some(cell.codes.first().filter(|code| code.text == cell.said.text).unwrap_or(&cell.said));
    }
    let code = cell.codes.first().filter(|_| cell.codes.len() == 1)?;
    let rest = cell.said.text.strip_prefix(&code.text)?.trim();
    (path(&code.text).is_some() && (rest.is_empty() || rest.starts_with('('))).then_some(code)
}

/// The names of a cell that lists fields: all of it, or what is code in a sentence.
pub(super) fn listed(cell: &Cell) -> Vec<&Said> {
    cell.codes.iter().filter(|code| path(&code.text).is_some() && kind(&code.text).is_none()).take(50).collect()
}

/// Whether a cell lists fields and says nothing else.
pub(super) fn only_lists(cell: &Cell) -> bool {
    let mut rest = cell.said.text.as_str();
    for code in &cell.codes {
        let Some(at) = rest.find(&code.text) else { return false };
        if rest[..at].chars().any(char::is_alphabetic) {
            return false;
        }
        rest = &rest[at + code.text.len()..];
    }
    !rest.chars().any(char::is_alphabetic)
}

/// A text that fits a line of a report.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim().trim_end_matches(['.', '。', ':', '：']);
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
