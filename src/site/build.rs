//! Steps that nobody wrote: what `init` and `explore` found out, for [`super::write`] to write down.
//!
//! Boundary: from plain texts to steps; what isn't a locator or a key is refused.

use indexmap::IndexMap;

use super::locator::{self, NoNames};
use super::template::Template;
use super::{Act, Expected, Keys, Step, Target, VISITOR, keys};
use crate::source::Span;

impl Step {
    /// A visitor's step, with nothing beside its verb.
    pub fn of(act: Act) -> Self {
        Self {
            index: 0,
            act,
            actor: VISITOR.to_owned(),
            name: None,
            fires: Vec::new(),
            may_fire: Vec::new(),
            within: None,
            timeout: None,
            answer: None,
            optional: false,
            popup: None,
            span: Span::default(),
            by: Vec::new(),
        }
    }

    /// The same, which fires these.
    #[must_use]
    pub fn firing<'c>(self, constants: impl IntoIterator<Item = &'c str>) -> Self {
        Self { fires: constants.into_iter().map(Expected::of).collect(), ..self }
    }
}

impl Expected {
    /// An event of whose payload nothing more is demanded.
    pub fn of(constant: &str) -> Self {
        Self { constant: constant.to_owned(), fields: IndexMap::new(), follows: false, span: Span::default() }
    }
}

impl Target {
    /// An element by its locator; `None` if it isn't one.
    pub fn of(text: &str) -> Option<Self> {
        let locator = locator::parse(text, &mut NoNames).ok()?;
        Some(Self { text: text.to_owned(), locator, span: Span::default() })
    }

    /// The same under a short name of the file's.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { text: name.to_owned(), ..self }
    }
}

impl Act {
    /// `fill`, and a key afterwards; `None` if one of them isn't what it should be.
    pub fn fill(locator: &str, with: &str, press: Option<&str>) -> Option<Self> {
        let press = match press {
            Some(names) => Some(Keys::of(names)?),
            None => None,
        };
        Some(Act::Fill { target: Target::of(locator)?, with: Template::parse(with).ok()?, press })
    }
}

impl Keys {
    /// Keys by their names; `None` if there is another among them.
    pub fn of(names: &str) -> Option<Self> {
        keys::parse(names).ok()
    }
}
