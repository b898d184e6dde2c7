//! A request and a tag -> hits.
//!
//! Boundary: pure; what a page has sent may be anything, and is bounded.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::super::form::{self, json, lines, number, object, pairs, query};
use super::super::{Hit, MOST_BYTES, Sent, bounded, multipart, nested};
use super::place::Scope;
use super::{Body, Tag, Way};
use crate::source::globs::stars;

/// Contexts lie in one another some three deep, and have names of a word.
const DEEPEST: usize = 16;
const LONGEST: usize = 200;

type Pairs = Vec<(String, String)>;

/// The hits of a request, by the first way that fits; none if it is none of the tag's.
pub(in super::super) fn hits(tag: &Tag, sent: &Sent<'_>) -> Vec<Hit> {
    tag.ways.iter().find_map(|way| of(tag, way, sent)).unwrap_or_default()
}

/// What all hits of a request share.
struct Shared<'a> {
    tag: &'a Tag,
    way: &'a Way,
    sent: &'a Sent<'a>,
    query: Map<String, Value>,
    form: Map<String, Value>,
}

fn of(tag: &Tag, way: &Way, sent: &Sent<'_>) -> Option<Vec<Hit>> {
    let method = way.methods.is_empty() || way.methods.iter().any(|one| one.eq_ignore_ascii_case(sent.method));
    if !method || !(way.urls.is_empty() || way.urls.iter().any(|url| url.matches(sent.url))) {
        return None;
    }
    let in_query = pairs(query(sent.url));
    let text = sent.body.unwrap_or_default();
    let form = match multipart::boundary(sent.content_type) {
        Some(boundary) => multipart::pairs(text, &boundary),
        None => pairs(text),
    };
    let whole = json(sent);
    if way.body != Body::Json && whole.is_some() {
        return None;
    }
    let shared = Shared { tag, way, sent, query: object(in_query.iter().cloned()), form: object(form.iter().cloned()) };
    let all = match way.body {
        Body::Json => return shared.json(whole),
        Body::Form => vec![[in_query, form].concat()],
        Body::Path => vec![[in_path(sent.url), in_query].concat()],
        Body::Lines => {
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            match wrapped(way, &in_query, &lines) {
                Some(all) => all,
                None => together(in_query, &lines),
            }
        }
    };
    let found: Vec<Hit> = bounded(all.into_iter().filter_map(|pairs| shared.of_pairs(pairs)));
    (!found.is_empty()).then_some(found)
}

/// Each line with what all of them share.
fn together(shared: Pairs, lines: &[&str]) -> Vec<Pairs> {
    match lines {
        [] => vec![shared],
        lines => {
            // What is told for each line is bounded like hits are.
            let bytes: usize = shared.iter().map(|(key, value)| key.len() + value.len() + 1).sum();
            let most = (MOST_BYTES / bytes.max(1)).max(1);
            lines.iter().take(most.min(super::super::MOST)).map(|line| [shared.clone(), pairs(line)].concat()).collect()
        }
    }
}

/// Proxies that keep blockers away put the whole of a hit's query into one value, in base64.
fn wrapped(way: &Way, shared: &Pairs, lines: &[&str]) -> Option<Vec<Pairs>> {
    let (first, _) = way.wrapped.first()?;
    if shared.iter().any(|(key, _)| key == first) {
        return None;
    }
    let values = shared.iter().map(|(_, value)| value.as_str()).chain(lines.iter().copied());
    values.filter_map(nested::in_base64).find_map(|text| {
        let text = text.split_once('?').map_or(text.as_str(), |(_, query)| query);
        let mut parts = text.lines();
        let head = pairs(parts.next()?);
        let is = |(name, glob): &(String, String)| head.iter().any(|(key, value)| key == name && stars(glob, value));
        if !way.wrapped.iter().all(is) {
            return None;
        }
        let rest: Vec<&str> = parts.map(str::trim).filter(|line| !line.is_empty()).collect();
        Some(together(head, &rest))
    })
}

/// `/activity;src=1;cat=a`
fn in_path(url: &str) -> Pairs {
    let parts = form::path(url).split(';').skip(1);
    parts.flat_map(pairs).collect()
}

/// `c.`, `chat.`, `id=1`, `.chat`, `.c` is `contextData.chat.id`.
fn contexts(way: &Way, all: Pairs) -> Pairs {
    let mut open: Vec<String> = Vec::new();
    // Each variable has the names of all contexts around it.
    let mut bytes = 0;
    let mut out = Vec::new();
    for (key, value) in all {
        if let Some(opened) = key.strip_suffix('.') {
            if open.len() < DEEPEST {
                open.push(opened.chars().take(LONGEST).collect());
            }
        } else if key.starts_with('.') {
            open.pop();
        } else if let Some(outermost) = open.first() {
            let inside = open.iter().skip(1).cloned().chain([key]).collect::<Vec<_>>().join(".");
            bytes += inside.len();
            if bytes > MOST_BYTES {
                break;
            }
            let place = way.contexts.iter().find(|(name, _)| name == outermost).map_or("other", |(_, place)| place);
            out.push((format!("{place}.{inside}"), value));
        } else {
            out.push((key, value));
        }
    }
    out
}

impl Shared<'_> {
    fn json(&self, whole: Option<Value>) -> Option<Vec<Hit>> {
        let body = match self.way.inside.as_slice() {
            [] => whole.or_else(|| lines(self.sent).map(Value::Array)),
            inside => inside.iter().find_map(|name| {
                let text = self.form.get(name).or_else(|| self.query.get(name))?;
                form::held(text.as_str()?)
            }),
        }?;
        let members: Vec<Value> = if self.way.each.is_empty() {
            match &body {
                Value::Array(all) => all.clone(),
                one => vec![one.clone()],
            }
        } else {
            let lists: Vec<_> = self.way.each.iter().filter_map(|each| each.members(&body)).collect();
            if lists.is_empty() {
                return None;
            }
            lists.into_iter().flatten().map(|member| member.value().clone()).collect()
        };
        let is_empty = members.is_empty();
        let found = bounded(members.into_iter().filter_map(|member| match member {
            Value::Object(hit) => self.hit(&hit, None, Some(&body)),
            // A hit as its query would be.
            Value::String(text) => self.hit(&object(pairs(&text)), None, Some(&body)),
            _ => None,
        }));
        (is_empty || !found.is_empty()).then_some(found)
    }

    fn of_pairs(&self, pairs: Pairs) -> Option<Hit> {
        let pairs = if self.way.contexts.is_empty() { pairs } else { contexts(self.way, pairs) };
        self.hit(&object(pairs.iter().cloned()), Some(&pairs), None)
    }

    fn hit(&self, hit: &Map<String, Value>, pairs: Option<&Pairs>, body: Option<&Value>) -> Option<Hit> {
        let Self { tag, way, sent, query, form } = self;
        let scope = Scope { sent, hit, query, form, body };
        if !way.when.iter().all(|(place, glob)| place.fits(glob, &scope)) {
            return None;
        }
        let first = |parts: &[super::Part]| parts.iter().find_map(|part| part.texts(&scope).into_iter().next());
        let mut names: Vec<String> = match way.all_names {
            true => way.names.iter().flat_map(|part| part.texts(&scope)).collect(),
            false => {
                way.names.iter().map(|part| part.texts(&scope)).find(|texts| !texts.is_empty()).unwrap_or_default()
            }
        };
        if names.is_empty() {
            names.extend(first(&way.otherwise));
        }
        let mut fields = Map::new();
        if way.fields.is_empty() && way.keep.is_empty() {
            self.spread(&mut fields, hit, pairs, None);
        }
        for spread in &way.fields {
            let prefix = spread.prefix.as_deref();
            if spread.from.is_hit() {
                self.spread(&mut fields, hit, pairs, prefix);
                continue;
            }
            let found = spread.from.of(&scope);
            let held = match found.as_deref() {
                Some(Value::String(text)) => form::held(text).map(Cow::Owned),
                _ => found,
            };
            if let Some(Value::Object(object)) = held.as_deref() {
                self.spread(&mut fields, object, None, prefix);
            }
        }
        for place in &way.keep {
            if let Some(value) = place.of(&scope) {
                fields.insert(place.last().to_owned(), value.into_owned());
            }
        }
        Some(Hit {
            names,
            property: first(&way.property),
            user: first(&way.user),
            consent: tag.consent.as_ref().and_then(|consent| consent.field.texts(&scope).into_iter().next()),
            fields,
            ..Hit::default()
        })
    }

    /// Adds the members of an object to the fields; of pairs in their own order.
    fn spread(
        &self,
        out: &mut Map<String, Value>,
        object: &Map<String, Value>,
        pairs: Option<&Pairs>,
        prefix: Option<&str>,
    ) {
        let mut add = |key: &str, value: Value| {
            let name = self.renamed(key);
            let name = prefix.map_or_else(|| name.to_string(), |prefix| format!("{prefix}.{name}"));
            out.insert(name, value);
        };
        match pairs {
            Some(pairs) => pairs.iter().for_each(|(key, text)| add(key, self.value(key, text))),
            None => object.iter().for_each(|(key, value)| add(key, value.clone())),
        }
    }

    fn value(&self, key: &str, text: &str) -> Value {
        match self.way.numbers.iter().any(|pattern| matched(pattern, key).is_some()) {
            true => number(text),
            false => Value::String(text.to_owned()),
        }
    }

    fn renamed<'k>(&self, key: &'k str) -> Cow<'k, str> {
        let renamed = self.way.rename.iter().find_map(|(pattern, to)| {
            let found = matched(pattern, key)?;
            Some(to.replacen(['*', '#'], found, 1))
        });
        renamed.map_or(Cow::Borrowed(key), Cow::Owned)
    }
}

/// What stands in the place of the `*` or `#` of a pattern; empty if it has none.
fn matched<'k>(pattern: &str, key: &'k str) -> Option<&'k str> {
    let Some(at) = pattern.find(['*', '#']) else { return (pattern == key).then_some("") };
    let (before, after) = (pattern.get(..at)?, pattern.get(at + 1..)?);
    let found = key.strip_prefix(before)?.strip_suffix(after)?;
    let digits = !found.is_empty() && found.len() <= 3 && found.chars().all(|c| c.is_ascii_digit());
    (pattern.get(at..=at) == Some("*") || digits).then_some(found)
}
