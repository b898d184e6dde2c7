//! Globs over names: requirement ids, journeys, browsers.
//!
//! Boundary: what a glob may match is a list of names; who asks knows what they stand for.

use globset::{Glob, GlobMatcher};

use super::Span;
use super::nearest::nearest;
use super::read::Checker;

/// A glob. It matches itself, too, whatever it holds: a name may hold signs that mean something in globs.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// A glob that doesn't compile is `lint`'s business.
    glob: Option<GlobMatcher>,
}

impl Pattern {
    /// The glob that a text is.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), glob: Glob::new(text).ok().map(|glob| glob.compile_matcher()) }
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a name is meant.
    pub fn is_match(&self, name: &str) -> bool {
        self.text == name || self.glob.as_ref().is_some_and(|glob| glob.is_match(name))
    }
}

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
pub fn read(checker: &mut Checker<'_>, span: Span, text: &str, names: &Names<'_>) -> Option<Pattern> {
    let Names { noun, all, parts, example, otherwise } = *names;
    let pattern = Pattern::new(text);
    if all.iter().any(|name| pattern.is_match(name)) {
        return Some(pattern);
    }
    match Glob::new(text) {
        Ok(_) => {}
        Err(error) => {
            checker.report(
                span,
                format!("`{text}` is no glob: {}", error.kind()),
                format!("expected {}, with `*` for any part", name_of(noun)),
                format!("for example `{example}`"),
            );
            return None;
        }
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
