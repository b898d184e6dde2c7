//! Places in a hit: `en`, `properties.token`, `query.configId`, `path.1`; and texts that are made of what stands there.
//!
//! A place is looked up in the hit itself, unless it begins with one of [`HEADS`].

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::super::form;
use super::super::{Sent, find};
use crate::source::globs::stars;

/// More names than this no hit has.
const MOST: usize = 100;

/// What a place can begin with, and what it stands for then.
pub(super) const HEADS: &[&str] = &["hit", "query", "form", "body", "path", "host", "method"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Hit,
    Query,
    Form,
    Body,
    Path,
    Host,
    Method,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As written.
    pub text: String,
    head: Head,
    keys: String,
}

/// All that can be asked for of a hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) sent: &'a Sent<'a>,
    pub(super) hit: &'a Map<String, Value>,
    pub(super) query: &'a Map<String, Value>,
    pub(super) form: &'a Map<String, Value>,
    pub(super) body: Option<&'a Value>,
}

impl Place {
    /// Reads a place.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = text.trim();
        if plain.is_empty() || plain.split('.').any(str::is_empty) {
            return Err("write keys with a dot between each two, such as `properties.token`".into());
        }
        let (first, rest) = plain.split_once('.').unwrap_or((plain, ""));
        let (head, keys) = match first {
            "hit" => (Head::Hit, rest),
            "query" if !rest.is_empty() => (Head::Query, rest),
            "form" if !rest.is_empty() => (Head::Form, rest),
            "body" => (Head::Body, rest),
            "path" if rest.is_empty() || rest.parse::<usize>().is_ok() => (Head::Path, rest),
            "path" => return Err("write `path.1` for the second segment of the path, or `path` for all of it".into()),
            "host" if rest.is_empty() => (Head::Host, rest),
            "method" if rest.is_empty() => (Head::Method, rest),
            _ => (Head::Hit, plain),
        };
        Ok(Self { text: plain.to_owned(), head, keys: keys.to_owned() })
    }

    /// Its last key: the name of what stands there.
    pub(super) fn last(&self) -> &str {
        self.text.rsplit('.').next().unwrap_or(&self.text)
    }

    /// Whether it is the hit itself.
    pub(super) fn is_hit(&self) -> bool {
        self.head == Head::Hit && self.keys.is_empty()
    }

    pub(super) fn of<'a>(&self, scope: &Scope<'a>) -> Option<Cow<'a, Value>> {
        let inside = |object: &'a Map<String, Value>| match self.keys.as_str() {
            "" => Some(Cow::Owned(Value::Object(object.clone()))),
            keys => find(object, keys),
        };
        let text = |text: &str| Some(Cow::Owned(Value::String(text.to_owned())));
        match self.head {
            Head::Hit => inside(scope.hit),
            Head::Query => inside(scope.query),
            Head::Form => inside(scope.form),
            Head::Body => match (scope.body?, self.keys.as_str()) {
                (body, "") => Some(Cow::Borrowed(body)),
                (body, keys) => find(body.as_object()?, keys),
            },
            Head::Path => match self.keys.parse::<usize>() {
                Ok(n) => text(form::path(scope.sent.url).split('/').filter(|part| !part.is_empty()).nth(n)?),
                Err(_) => text(form::path(scope.sent.url)),
            },
            Head::Host => text(form::host(scope.sent.url)),
            Head::Method => text(scope.sent.method),
        }
    }

    /// The texts that stand there: of a list each.
    pub(super) fn texts(&self, scope: &Scope<'_>) -> Vec<String> {
        match self.of(scope).as_deref() {
            Some(Value::Array(all)) => all.iter().take(MOST).filter_map(text).collect(),
            Some(one) => text(one).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Whether what stands there fits a glob.
    pub(super) fn fits(&self, glob: &str, scope: &Scope<'_>) -> bool {
        match self.of(scope).as_deref() {
            Some(Value::Null) | None => false,
            Some(Value::Object(_) | Value::Array(_)) => glob == "*",
            Some(one) => text(one).is_some_and(|text| stars(glob, &text)),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Of(Place),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Made {
    /// `en`, or `{ec}/{ea}`.
    Pieces(Vec<Piece>),
    /// The keys of an object that fit a glob.
    Keys(Place, String),
}

/// A text that is made of what stands in a hit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    made: Made,
    pub(super) split: Option<String>,
    pub(super) after: Option<String>,
    pub(super) until: Vec<String>,
    pub(super) when: Vec<(Place, String)>,
    pub(super) unless: Vec<Place>,
}

impl Part {
    fn new(made: Made) -> Self {
        Self { made, split: None, after: None, until: Vec::new(), when: Vec::new(), unless: Vec::new() }
    }

    /// Reads `en`, or `{ec}/{ea}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.contains('{') {
            return Ok(Self::new(Made::Pieces(vec![Piece::Of(Place::parse(text)?)])));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, inside)) = rest.split_once('{') {
            let (place, after) = inside.split_once('}').ok_or("close each `{` by a `}`")?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Of(Place::parse(place)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self::new(Made::Pieces(pieces)))
    }

    /// A text as it is.
    pub(super) fn plain(text: &str) -> Self {
        Self::new(Made::Pieces(vec![Piece::Text(text.to_owned())]))
    }

    /// The keys of an object: `xdm.events.event*`, in which the last is a glob.
    pub(super) fn keys(text: &str) -> Result<Self, String> {
        let (place, glob) = text.rsplit_once('.').unwrap_or(("hit", text));
        Ok(Self::new(Made::Keys(Place::parse(place)?, glob.to_owned())))
    }

    /// The texts that it comes to; none if what it is made of isn't there.
    pub(super) fn texts(&self, scope: &Scope<'_>) -> Vec<String> {
        if !self.when.iter().all(|(place, glob)| place.fits(glob, scope))
            || self.unless.iter().any(|place| place.of(scope).is_some())
        {
            return Vec::new();
        }
        let made = match &self.made {
            Made::Pieces(pieces) => match pieces.as_slice() {
                [Piece::Of(place)] => place.texts(scope),
                pieces => {
                    let text = |piece: &Piece| match piece {
                        Piece::Text(text) => Some(text.clone()),
                        Piece::Of(place) => place.texts(scope).into_iter().next(),
                    };
                    pieces
                        .iter()
                        .map(text)
                        .collect::<Option<Vec<String>>>()
                        .map(|all| all.concat())
                        .into_iter()
                        .collect()
                }
            },
            Made::Keys(place, glob) => match place.of(scope).as_deref() {
                Some(Value::Object(object)) => object
                    .iter()
                    .filter(|(key, value)| stars(glob, key) && value.is_object())
                    .flat_map(|(_, value)| {
                        value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).take(MOST)
                    })
                    .collect(),
                _ => Vec::new(),
            },
        };
        if self.split.is_none() && self.after.is_none() && self.until.is_empty() {
            return made;
        }
        let split = |text: String| match &self.split {
            Some(by) => text.split(by.as_str()).map(str::to_owned).collect(),
            None => vec![text],
        };
        made.into_iter().flat_map(split).filter_map(|text| self.cut(&text)).filter(|text| !text.is_empty()).collect()
    }

    /// What stands between `after` and `until`.
    fn cut(&self, text: &str) -> Option<String> {
        let text = match &self.after {
            Some(after) => text.split_once(after.as_str())?.1,
            None => text,
        };
        let end = self.until.iter().filter_map(|until| text.find(until.as_str())).min().unwrap_or(text.len());
        Some(text.get(..end)?.trim().to_owned())
    }
}
