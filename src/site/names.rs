//! The site file's `names`: short names for locators, which may refer to one another.
//!
//! Boundary: resolves each name once; mistakes are told where the name is defined.

use indexmap::IndexMap;

use super::Target;
use super::locator::{self, Locator, Named, Names, Part};
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Node};

/// Names may refer to names this often; deeper chains are cut before they cost the stack.
const DEEPEST: usize = 32;

/// The names with what they stand for; `None` if the definition is broken.
#[derive(Debug, Default)]
pub(super) struct ShortNames {
    resolved: IndexMap<String, Option<Vec<Part>>>,
}

impl ShortNames {
    /// Reads `names` and resolves them all.
    pub fn read(checker: &mut Checker<'_>, node: Option<&Node>) -> ShortNames {
        let mut texts = IndexMap::new();
        for Entry { key, value } in node.and_then(|node| checker.entries(node, "`names`")).unwrap_or_default() {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !key.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !key.text.chars().all(word) {
                let slug: String = key.text.chars().map(|c| if word(c) { c } else { '-' }).collect();
                checker.report(
                    key.span,
                    format!("`{}` can't be a short name", key.text),
                    "expected letters, digits, `-` or `_`",
                    format!("for example `{}`", slug.trim_matches('-')),
                );
            }
            texts.insert(key.text.as_str(), checker.text(value, "a locator").map(|text| (text, value)));
        }
        let mut resolver = Resolver { texts: &texts, done: IndexMap::new(), way: Vec::new(), errors: IndexMap::new() };
        for name in texts.keys() {
            resolver.find(name);
        }
        let Resolver { mut done, errors, .. } = resolver;
        for (name, errors) in errors {
            let Some(Some((_, node))) = texts.get(name.as_str()) else { continue };
            report(checker, node, errors);
        }
        // Back in the file's order, for suggestions.
        let resolved = texts.keys().map(|name| ((*name).to_owned(), done.shift_remove(*name).flatten())).collect();
        ShortNames { resolved }
    }

    /// Reads a locator; mistakes are noted.
    pub fn target(&mut self, checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<Target> {
        let text = checker.text(node, what)?.trim();
        match locator::parse(text, self) {
            Ok(locator) => Some(Target { text: text.to_owned(), locator, span: node.span }),
            Err(errors) => {
                report(checker, node, errors);
                None
            }
        }
    }
}

impl Names for ShortNames {
    fn find(&mut self, name: &str) -> Named {
        match self.resolved.get(name) {
            Some(Some(parts)) => Named::Parts(parts.clone()),
            Some(None) => Named::Broken,
            None => Named::Unknown,
        }
    }

    fn all(&self) -> Vec<String> {
        self.resolved.keys().cloned().collect()
    }
}

fn report(checker: &mut Checker<'_>, node: &Node, errors: Vec<locator::LocatorError>) {
    // Where a locator begins in a value with blanks before it.
    let blank = node.as_str().map_or(0, |text| text.len() - text.trim_start().len());
    for error in errors {
        let span = checker.part(node, blank + error.range.start, blank + error.range.end);
        checker.report(span, error.message, error.label, error.help);
    }
}

struct Resolver<'r, 'n> {
    texts: &'r IndexMap<&'n str, Option<(&'n str, &'n Node)>>,
    done: IndexMap<String, Option<Vec<Part>>>,
    way: Vec<String>,
    errors: IndexMap<String, Vec<locator::LocatorError>>,
}

impl Names for Resolver<'_, '_> {
    fn find(&mut self, name: &str) -> Named {
        match self.done.get(name) {
            Some(Some(parts)) => return Named::Parts(parts.clone()),
            Some(None) => return Named::Broken,
            None => {}
        }
        let Some(text) = self.texts.get(name) else { return Named::Unknown };
        let Some((text, _)) = text else { return Named::Broken };
        if let Some(begin) = self.way.iter().position(|on_the_way| on_the_way == name) {
            let way = self.way[begin..].iter().chain([&self.way[begin]]).cloned().collect();
            return Named::Cycle(way);
        }
        if self.way.len() >= DEEPEST {
            return Named::Cycle(self.way.clone());
        }
        self.way.push(name.to_owned());
        let parsed = locator::parse(text.trim(), self);
        self.way.pop();
        let parts = match parsed {
            Ok(Locator { parts, .. }) => Some(parts),
            Err(errors) => {
                if !errors.is_empty() {
                    self.errors.insert(name.to_owned(), errors);
                }
                None
            }
        };
        self.done.insert(name.to_owned(), parts.clone());
        parts.map_or(Named::Broken, Named::Parts)
    }

    fn all(&self) -> Vec<String> {
        self.texts.keys().map(|name| (*name).to_owned()).collect()
    }
}
