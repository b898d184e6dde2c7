//! Where in a callback's argument the payload is: what samples read of it and what the text says, held against the tables.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Payload, Place};
use super::page::{Block, Page, Places};

/// A path below a callback's argument, with who says so.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub path: Vec<String>,
    pub argument: usize,
    pub place: Place,
    /// A sample's, not the text's.
    pub sample: bool,
}

/// What the text says of callbacks' parameters: `event.data`, marked as code or not.
pub(super) fn mentions(pages: &[Page], parameters: &BTreeSet<String>) -> Vec<Mention> {
    let mut found = Vec::new();
    for (page, read) in pages.iter().enumerate() {
        let places = Places::new(&read.source.text);
        for block in &read.blocks {
            let Block::Text(cell) = block else { continue };
            let coded = cell.codes.iter().map(|code| (code.text.as_str(), code.span, true));
            for (text, span, code) in coded.chain([(cell.said.text.as_str(), cell.said.span, false)]) {
                for parameter in parameters {
                    for path in below(text, parameter, code) {
                        let written = format!("{parameter}.{}", path.join("."));
                        let raw = read.source.text.get(span.offset..span.offset + span.len).unwrap_or_default();
                        let shift = raw.find(&written).unwrap_or(0);
                        let place = Place { page, span: places.span(span.offset + shift, written.len()) };
                        found.push(Mention { path, argument: 1, place, sample: false });
                    }
                }
            }
        }
    }
    found
}

/// The paths that a text has below a name. Out of code, a capital letter begins the next sentence.
fn below(text: &str, name: &str, code: bool) -> Vec<Vec<String>> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut paths = Vec::new();
    for (at, _) in text.match_indices(&format!("{name}.")).take(100) {
        if text[..at].chars().next_back().is_some_and(|c| word(c) || c == '.') {
            continue;
        }
        let rest = &text[at + name.len() + 1..];
        let end = rest.find(|c: char| !word(c) && c != '.').unwrap_or(rest.len());
        let path: Vec<String> = rest[..end].trim_end_matches('.').split('.').map(str::to_owned).collect();
        let fits =
            |piece: &String| piece.starts_with(|c: char| !c.is_ascii_digit() && (code || !c.is_ascii_uppercase()));
        if path.len() <= 12 && path.iter().all(fits) {
            paths.push(path);
        }
    }
    paths
}

/// What comes before the fields that tables name: the way by which most of them are found among what is mentioned.
pub(super) fn base(listed: &[Vec<String>], mentions: &[Mention], dom: bool) -> (Vec<String>, Option<Place>) {
    let mut votes: BTreeMap<Vec<String>, (usize, usize)> = BTreeMap::new();
    for (at, mention) in mentions.iter().enumerate() {
        let fitting: BTreeSet<usize> = listed
            .iter()
            .filter(|field| mention.path.ends_with(field))
            .map(|field| mention.path.len() - field.len())
            .collect();
        for length in fitting {
            votes.entry(mention.path[..length].to_vec()).or_insert((0, at)).0 += 1;
        }
    }
    if let Some((path, (_, at))) = votes.into_iter().max_by_key(|(path, (votes, _))| (*votes, path.len())) {
        return (path, mentions.get(at).map(|mention| mention.place));
    }
    let mut said: BTreeMap<&[String], (usize, usize)> = BTreeMap::new();
    for (at, mention) in mentions.iter().enumerate().filter(|(_, mention)| !mention.sample) {
        said.entry(&mention.path).or_insert((0, at)).0 += 1;
    }
    if let Some((path, (_, at))) = said.into_iter().max_by_key(|(path, (votes, _))| (*votes, usize::MAX - path.len())) {
        return (path.to_vec(), mentions.get(at).map(|mention| mention.place));
    }
    // What DOM events carry is there; elsewhere the argument itself is the nearest.
    (if dom { vec!["detail".to_owned()] } else { Vec::new() }, None)
}

/// A table's path as one below the argument. A table may repeat the end of what comes before: `event.data.payload` and
/// `payload.name`.
pub(super) fn joined(base: &[String], field: &[String]) -> Vec<String> {
    let overlap = (1..=base.len().min(field.len().saturating_sub(1))).rev().find(|len| base.ends_with(&field[..*len]));
    let field = &field[overlap.unwrap_or(0)..];
    [base, field].concat()
}

/// What all paths have in common, short of a field's own name.
pub(super) fn common(paths: &[Vec<String>]) -> Vec<String> {
    let Some(first) = paths.first() else { return Vec::new() };
    let mut common = first[..first.len().saturating_sub(1)].to_vec();
    for path in paths {
        let same = common.iter().zip(&path[..path.len().saturating_sub(1)]).take_while(|(a, b)| a == b).count();
        common.truncate(same);
    }
    common
}

/// The payload's place, if fields are where `paths` say.
pub(super) fn payload(paths: &[Vec<String>], argument: usize, place: Option<Place>) -> Payload {
    Payload { argument, path: common(paths), place }
}
