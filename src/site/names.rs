//! The site file's `names`: short names for locators, which may refer to one another and take values.
//!
//! Boundary: resolves each name once; mistakes are told where the name is defined.

use indexmap::IndexMap;

use super::Target;
use super::locator::{self, Locator, LocatorError, Named, Names, Part};
use super::reuse::values::{LONGEST, Place, Values, is_name};
use crate::source::Span;
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Node};

/// Names may refer to names this often; deeper chains are cut before they cost the stack.
const DEEPEST: usize = 32;

/// What may stand in the place of any value: an index, or a role.
const STAND_INS: [&str; 2] = ["1", "button"];

/// What a name stands for, as written.
#[derive(Debug, Clone)]
struct Definition<'n> {
    node: &'n Node,
    text: String,
    /// The names of the values that it takes.
    parameters: Vec<String>,
}

impl Definition<'_> {
    /// The locator's text with values in it.
    fn with(&self, values: &[String]) -> Result<String, String> {
        let mut given = Values::default();
        self.parameters.iter().zip(values).for_each(|(name, value)| given.give_text(name, value));
        given.fill_text(&self.text, Place::Locator).map_err(|_| format!("it gets longer than {LONGEST} bytes"))
    }

    /// The same with something in the place of each value, to see whether it is a locator at all.
    fn tried(&self, names: &mut dyn Names) -> Result<Locator, Vec<LocatorError>> {
        let mut first = None;
        for value in STAND_INS {
            let tried = match self.with(&vec![value.to_owned(); self.parameters.len()]) {
                Ok(text) => locator::parse(&text, names),
                Err(message) => {
                    let (label, help) = ("too long".to_owned(), "shorten it".to_owned());
                    Err(vec![LocatorError { range: 0..0, message, label, help }])
                }
            };
            match tried {
                Err(errors) if !self.parameters.is_empty() => _ = first.get_or_insert(errors),
                tried => return tried,
            }
        }
        Err(first.unwrap_or_default())
    }

    /// What it stands for with these values.
    fn called(&self, values: &[String], names: &mut dyn Names) -> Named {
        if values.len() != self.parameters.len() {
            return Named::Needs(self.parameters.clone());
        }
        match self.with(values).map(|text| locator::parse(&text, names)) {
            Ok(Ok(Locator { parts, .. })) => Named::Parts(parts),
            Ok(Err(errors)) => errors.into_iter().next().map_or(Named::Broken, |error| Named::Wrong(error.message)),
            Err(why) => Named::Wrong(why),
        }
    }
}

/// The names with what they stand for; `None` if the definition is broken.
#[derive(Debug, Default)]
pub(super) struct ShortNames<'n> {
    resolved: IndexMap<String, Option<Vec<Part>>>,
    with_values: IndexMap<String, Definition<'n>>,
}

impl<'n> ShortNames<'n> {
    /// Reads `names` and resolves them all.
    pub fn read(checker: &mut Checker<'_>, node: Option<&'n Node>) -> Self {
        let mut texts: IndexMap<String, Option<Definition<'n>>> = IndexMap::new();
        for Entry { key, value } in node.and_then(|node| checker.entries(node, "`names`")).unwrap_or_default() {
            let (name, parameters) = head(checker, &key.text, key.span);
            let text = checker.text(value, "a locator").map(|text| text.trim().to_owned());
            let definition = text.map(|text| Definition { node: value, text, parameters });
            for unused in definition.iter().flat_map(unused) {
                let help = format!("write `${{{unused}}}` where it is to stand, or leave it out of the name");
                checker.report(key.span, format!("`{name}` doesn't use `{unused}`"), "named here", help);
            }
            if texts.contains_key(&name) {
                let help = "one name is one locator: choose another for one of them";
                checker.report(key.span, format!("the short name `{name}` stands twice"), "already there", help);
                continue;
            }
            texts.insert(name, definition);
        }
        let mut resolver = Resolver { texts: &texts, done: IndexMap::new(), way: Vec::new(), errors: IndexMap::new() };
        for name in texts.keys() {
            resolver.resolve(name);
        }
        let Resolver { mut done, errors, .. } = resolver;
        for (name, errors) in errors {
            let Some(Some(Definition { node, parameters, .. })) = texts.get(&name) else { continue };
            if parameters.is_empty() {
                report(checker, node, errors);
            } else {
                // Where it stands in the text without its values isn't where it stands in the file.
                for error in errors {
                    checker.report(node.span, error.message, error.label, error.help);
                }
            }
        }
        // Back in the file's order, for suggestions.
        let resolved = texts.keys().map(|name| (name.clone(), done.shift_remove(name).flatten())).collect();
        let takes = |(name, one): (String, Option<Definition<'n>>)| {
            one.filter(|one| !one.parameters.is_empty()).map(|one| (name, one))
        };
        ShortNames { resolved, with_values: texts.into_iter().filter_map(takes).collect() }
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

/// The values that a definition names and doesn't use.
fn unused(definition: &Definition<'_>) -> Vec<String> {
    let used = |name: &String| definition.text.contains(&format!("${{{name}}}"));
    definition.parameters.iter().filter(|name| !used(name)).cloned().collect()
}

/// A key of `names`: `launcher`, `choice(text)`, `cell(row, column)`.
fn head(checker: &mut Checker<'_>, key: &str, span: Span) -> (String, Vec<String>) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let (name, inside) = match key.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.trim().strip_suffix(')')),
        None => (key, Some("")),
    };
    let parameters: Vec<String> = inside
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if inside.is_none() || (key.contains('(') && parameters.is_empty()) {
        let help = "for example `choice(text)`, and `${text}` in its locator";
        checker.report(
            span,
            format!("`{key}` can't be a short name"),
            "expected the names of its values in `(` and `)`",
            help,
        );
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || !name.chars().all(word) {
        let slug: String = name.chars().map(|c| if word(c) { c } else { '-' }).collect();
        checker.report(
            span,
            format!("`{key}` can't be a short name"),
            "expected letters, digits, `-` or `_`",
            format!("for example `{}`", slug.trim_matches('-')),
        );
    }
    for (index, parameter) in parameters.iter().enumerate() {
        if !is_name(parameter) || parameters[..index].contains(parameter) {
            let help = "each value has a name of its own, such as `text`; `journey` is taken";
            checker.report(
                span,
                format!("`{parameter}` can't be the name of a value"),
                "expected letters, digits, `-` or `_`",
                help,
            );
        }
    }
    (name.to_owned(), parameters)
}

impl Names for ShortNames<'_> {
    fn find(&mut self, name: &str) -> Named {
        match self.resolved.get(name) {
            Some(None) => Named::Broken,
            None => Named::Unknown,
            Some(Some(parts)) => match self.with_values.get(name) {
                Some(definition) => Named::Needs(definition.parameters.clone()),
                None => Named::Parts(parts.clone()),
            },
        }
    }

    fn call(&mut self, name: &str, values: &[String]) -> Named {
        match self.resolved.get(name) {
            Some(None) => Named::Broken,
            None => Named::Unknown,
            Some(Some(_)) => match self.with_values.get(name).cloned() {
                Some(definition) => definition.called(values, self),
                None => Named::Needs(Vec::new()),
            },
        }
    }

    fn all(&self) -> Vec<String> {
        self.resolved.keys().cloned().collect()
    }
}

fn report(checker: &mut Checker<'_>, node: &Node, errors: Vec<LocatorError>) {
    // Where a locator begins in a value with blanks before it.
    let blank = node.as_str().map_or(0, |text| text.len() - text.trim_start().len());
    for error in errors {
        let span = checker.part(node, blank + error.range.start, blank + error.range.end);
        checker.report(span, error.message, error.label, error.help);
    }
}

struct Resolver<'r, 'n> {
    texts: &'r IndexMap<String, Option<Definition<'n>>>,
    done: IndexMap<String, Option<Vec<Part>>>,
    way: Vec<String>,
    errors: IndexMap<String, Vec<LocatorError>>,
}

impl Resolver<'_, '_> {
    /// What a name stands for, with something in the place of its values.
    fn resolve(&mut self, name: &str) -> Named {
        match self.done.get(name) {
            Some(Some(parts)) => return Named::Parts(parts.clone()),
            Some(None) => return Named::Broken,
            None => {}
        }
        let Some(definition) = self.texts.get(name) else { return Named::Unknown };
        let Some(definition) = definition else { return Named::Broken };
        if let Some(begin) = self.way.iter().position(|on_the_way| on_the_way == name) {
            let way = self.way[begin..].iter().chain([&self.way[begin]]).cloned().collect();
            return Named::Cycle(way);
        }
        if self.way.len() >= DEEPEST {
            return Named::Cycle(self.way.clone());
        }
        self.way.push(name.to_owned());
        let parsed = definition.tried(self);
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
}

impl Names for Resolver<'_, '_> {
    fn find(&mut self, name: &str) -> Named {
        let found = self.resolve(name);
        match (self.texts.get(name), found) {
            (Some(Some(Definition { parameters, .. })), Named::Parts(_)) if !parameters.is_empty() => {
                Named::Needs(parameters.clone())
            }
            (_, found) => found,
        }
    }

    fn call(&mut self, name: &str, values: &[String]) -> Named {
        match (self.texts.get(name), self.resolve(name)) {
            (Some(Some(definition)), Named::Parts(_)) => {
                if self.way.len() >= DEEPEST {
                    return Named::Cycle(self.way.clone());
                }
                let definition = definition.clone();
                self.way.push(name.to_owned());
                let called = definition.called(values, self);
                self.way.pop();
                called
            }
            (_, found) => found,
        }
    }

    fn all(&self) -> Vec<String> {
        self.texts.keys().cloned().collect()
    }
}
