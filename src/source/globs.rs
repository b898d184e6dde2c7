//! Globs over names: requirement ids, journeys, browsers.
//!
//! Boundary: what a glob may match is a list of names; who asks knows what they stand for.

use globset::{Glob, GlobMatcher};

use super::Span;
use super::nearest::nearest;
use super::read::Checker;

/// What globs of one kind may match.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// What they are, in the singular.
    pub noun: &'static str,
    /// All of them.
    pub all: &'a [String],
    /// Parts of names that a star is likely to stand for: a constant in a requirement's id.
    pub parts: &'a [String],
    /// A glob as it should be.
    pub example: &'static str,
    /// What to say of names if none is near.
    pub otherwise: &'a str,
}

/// A glob that matches at least one of the names: one that matches none would silently change nothing.
pub fn read(checker: &mut Checker<'_>, span: Span, text: &str, names: &Names<'_>) -> Option<GlobMatcher> {
    let Names { noun, all, parts, example, otherwise } = *names;
    let matcher = match Glob::new(text) {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            checker.report(
                span,
                format!("`{text}` is no glob: {}", error.kind()),
                format!("expected {}, with `*` for any part", name_of(noun)),
                format!("for example `{example}`"),
            );
            return None;
        }
    };
    if all.iter().any(|name| matcher.is_match(name)) {
        return Some(matcher);
    }
    // Comparing with names in which all such parts are stars finds what was meant.
    let starred = |name: &String| {
        let part = parts.iter().find(|part| name.contains(part.as_str()));
        part.map_or_else(|| name.clone(), |part| name.replacen(part.as_str(), "*", 1))
    };
    let starred: Vec<String> = if text.contains('*') { all.iter().map(starred).collect() } else { all.to_vec() };
    let help = match nearest(text, starred.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    };
    checker.report(span, format!("`{text}` matches no {noun}"), format!("no such {noun}"), help);
    None
}

fn name_of(noun: &str) -> &str {
    match noun {
        "requirement" => "a requirement's id",
        "journey" => "a journey's name",
        _ => "a browser's name",
    }
}
