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
    how: How,
}

/// How names are compared. To compile a glob takes longer than to compare it with all the names of a spec, and hardly any
/// has more in it than stars.
#[derive(Debug, Clone)]
enum How {
    /// There is nothing in it that means anything but itself.
    Plain,
    /// Stars only.
    Stars,
    /// A glob that doesn't compile is `lint`'s business.
    Glob(Option<Box<GlobMatcher>>),
}

impl Pattern {
    /// The glob that a text is.
    pub fn new(text: &str) -> Self {
        let how = match text {
            _ if text.contains(['?', '[', ']', '{', '}', '\\']) || text.contains("**") => {
                How::Glob(Glob::new(text).ok().map(|glob| Box::new(glob.compile_matcher())))
            }
            _ if text.contains('*') => How::Stars,
            _ => How::Plain,
        };
        Self { text: text.to_owned(), how }
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a name is meant.
    pub fn is_match(&self, name: &str) -> bool {
        self.text == name
            || match &self.how {
                How::Plain => false,
                How::Stars => stars(&self.text, name),
                How::Glob(glob) => glob.as_ref().is_some_and(|glob| glob.is_match(name)),
            }
    }
}

/// Whether a text fits a pattern in which `*` stands for any text. Linear in practice and never worse than the product of
/// both lengths.
pub fn stars(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(a), Some(b)) if a == b => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_pattern_matches_anything_else_than_its_glob(text in "[a.*?{},/\\[\\]b-]{0,8}", name in "[a.*b/é\n-]{0,8}") {
            let glob = Glob::new(&text).ok().map(|glob| glob.compile_matcher());
            let is_match = text == name || glob.is_some_and(|glob| glob.is_match(&name));
            prop_assert_eq!(Pattern::new(&text).is_match(&name), is_match);
        }
    }
}
