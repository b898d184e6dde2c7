//! Calls in samples that look like subscriptions: something that may name an event, and behind it a callback.
//!
//! Boundary: tokens -> [`Call`]s, with names resolved as far as the sample itself says what they stand for.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::names::{Function, Names, aliases, function, functions, parameters, pattern};
use super::script::{Kind, Script};

/// How deep arguments are looked into.
const DEEP: usize = 6;
/// Calls of a sample that are kept.
const CALLS: usize = 1000;
/// Tokens of a callback in which is looked for what it reads.
const BODY: usize = 2000;

/// What an event is named by in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A text.
    Text(String),
    /// A constant: its whole path.
    Constant(Vec<String>),
    /// A variable that the sample doesn't explain: it stands for each event.
    Any,
}

/// What a sample reads of a callback's argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    /// Which argument, from 1.
    pub argument: usize,
    /// What of it.
    pub path: Vec<String>,
    /// Where, in the sample.
    pub at: usize,
}

/// A call with an event and a callback.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// What is called, from `window` on: `AdobeDX.addListener`.
    pub path: Vec<String>,
    /// As the sample writes it, which may be shorter.
    pub written: usize,
    /// The arguments, with `$event` and `$callback`; without what follows the callback.
    pub arguments: Vec<Json>,
    pub event: Named,
    /// Where the event stands in the sample, and how long it is.
    pub at: usize,
    pub len: usize,
    /// The callback's body, in tokens.
    pub body: (usize, usize),
    /// The callback's first parameter.
    pub parameter: Option<String>,
    /// What is read of the callback's arguments.
    pub reads: Vec<Read>,
    /// Where the call's name stands, as a token.
    pub token: usize,
}

/// The calls of a sample, from top to bottom.
pub(super) fn calls(script: &Script<'_>) -> Vec<Call> {
    let names = aliases(script);
    let functions = functions(script);
    let mut found = Vec::new();
    let mut at = 0;
    while at < script.tokens.len() && found.len() < CALLS {
        let Some((written, next)) = script.path(at) else {
            at += 1;
            continue;
        };
        // `.on(...)` of what another call gave: nobody knows what that is.
        let of_another = at > 0 && script.is(at - 1, '.');
        let defined = at > 0 && script.name(at - 1) == Some("function");
        if script.is(next, '(') && !of_another && !defined {
            let call = Reader { script, functions: &functions, names: &names }.call(&written, at, next);
            found.extend(call);
        }
        at = next;
    }
    found
}

/// An argument.
enum Value {
    Text(String),
    Path(Vec<String>),
    Function(Function),
    Plain(Json),
    List(Vec<Place>),
    Map(Vec<(String, Place)>),
    Other,
}

struct Place {
    value: Value,
    token: usize,
}

struct Reader<'r, 's> {
    script: &'r Script<'s>,
    functions: &'r HashMap<String, Function>,
    names: &'r Names,
}

/// What of the arguments is the event and what the callback.
#[derive(Default)]
struct Slots<'p> {
    event: Option<&'p Place>,
    callback: Option<&'p Place>,
}

impl Reader<'_, '_> {
    fn call(&self, written: &[String], token: usize, open: usize) -> Option<Call> {
        let parts = self.script.parts(open + 1, self.script.close(open));
        let places: Vec<Place> = parts.into_iter().take(9).map(|part| self.value(part, DEEP)).collect();
        let mut slots = Slots::default();
        let last = places.len().saturating_sub(1);
        for (at, place) in places.iter().enumerate() {
            self.find(place, at == last, &mut slots);
        }
        let (event, callback) = (slots.event?, slots.callback?);
        let function = self.function(&callback.value);
        let mut arguments = Vec::new();
        let mut done = false;
        for place in &places {
            match self.written(place, event, callback, &mut done) {
                Some(json) => arguments.push(json),
                // What follows the callback can be left out.
                None if done => break,
                None => return None,
            }
        }
        let (named, len) = match &event.value {
            Value::Text(text) => (Named::Text(text.clone()), text.len() + 2),
            Value::Path(path) => {
                let resolved = self.resolve(path);
                let written = self.script.tokens.get(event.token).map_or(0, |token| token.raw.len());
                let len =
                    if path.len() > 1 { path.iter().map(|piece| piece.len() + 1).sum::<usize>() - 1 } else { written };
                if resolved.len() > 1 { (Named::Constant(resolved), len) } else { (Named::Any, len) }
            }
            _ => return None,
        };
        let path = self.resolve(written);
        Some(Call {
            path,
            written: written.len(),
            arguments,
            event: named,
            at: self.script.tokens.get(event.token)?.at,
            len,
            reads: function.map(|function| self.reads(function)).unwrap_or_default(),
            parameter: function.and_then(|function| Some(function.parameters.first()?.first()?.0.clone())),
            body: function.map_or((0, 0), |function| function.body),
            token,
        })
    }

    /// The first function is the callback; the last text or constant before it is the event.
    fn find<'p>(&self, place: &'p Place, last: bool, slots: &mut Slots<'p>) {
        if slots.callback.is_some() {
            return;
        }
        match &place.value {
            Value::Function(_) => slots.callback = Some(place),
            Value::Text(_) => slots.event = Some(place),
            Value::Path(path) => {
                let callback = |name: &String| {
                    self.functions.contains_key(name) || (last && !self.names.contains_key(name) && is_callback(name))
                };
                if let (true, [name]) = (slots.event.is_some(), path.as_slice())
                    && callback(name)
                {
                    slots.callback = Some(place);
                } else {
                    slots.event = Some(place);
                }
            }
            Value::List(items) => {
                let end = items.len().saturating_sub(1);
                for (at, item) in items.iter().enumerate() {
                    self.find(item, at == end, slots);
                }
            }
            Value::Map(entries) => {
                let end = entries.len().saturating_sub(1);
                for (at, (_, item)) in entries.iter().enumerate() {
                    self.find(item, at == end, slots);
                }
            }
            Value::Plain(_) | Value::Other => {}
        }
    }

    fn function<'f>(&'f self, value: &'f Value) -> Option<&'f Function> {
        match value {
            Value::Function(function) => Some(function),
            Value::Path(path) => self.functions.get(path.first()?),
            _ => None,
        }
    }

    /// An argument as a spec writes it.
    fn written(&self, place: &Place, event: &Place, callback: &Place, done: &mut bool) -> Option<Json> {
        if std::ptr::eq(place, event) {
            return Some(Json::from("$event"));
        }
        if std::ptr::eq(place, callback) {
            *done = true;
            return Some(Json::from("$callback"));
        }
        match &place.value {
            Value::Text(text) if !text.starts_with('$') => Some(Json::from(text.as_str())),
            Value::Plain(json) if !*done => Some(json.clone()),
            Value::List(items) => items.iter().map(|item| self.written(item, event, callback, done)).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, item)| Some((key.clone(), self.written(item, event, callback, done)?)))
                .collect(),
            _ => None,
        }
    }

    fn value(&self, (start, end): (usize, usize), deep: usize) -> Place {
        let script = self.script;
        let one = end == start + 1;
        let value = if let Some(function) = function(script, start, end) {
            Value::Function(function)
        } else if let Some(text) = script.text(start).filter(|_| one) {
            Value::Text(text.to_owned())
        } else if script.is(start, '[') && script.close(start) + 1 == end && deep > 0 {
            let parts = script.parts(start + 1, end - 1).into_iter().take(32);
            Value::List(parts.map(|part| self.value(part, deep - 1)).collect())
        } else if script.is(start, '{') && script.close(start) + 1 == end && deep > 0 {
            let parts = script.parts(start + 1, end - 1).into_iter().take(32);
            Value::Map(parts.filter_map(|part| self.entry(part, deep - 1)).collect())
        } else {
            match (script.tokens.get(start), script.path(start)) {
                (Some(token), _) if one && ["true", "false", "null"].contains(&token.raw) => {
                    Value::Plain(serde_json::from_str(token.raw).unwrap_or_default())
                }
                (_, Some((path, next))) if next == end => Value::Path(path),
                (Some(token), _) if one && token.kind == Kind::Number => {
                    serde_json::from_str(token.raw).map_or(Value::Other, Value::Plain)
                }
                _ => Value::Other,
            }
        };
        Place { value, token: start }
    }

    fn entry(&self, (start, end): (usize, usize), deep: usize) -> Option<(String, Place)> {
        let key = script_key(self.script, start)?;
        if self.script.is(start + 1, ':') {
            return Some((key, self.value((start + 2, end), deep)));
        }
        // `handler(event) {...}`, a method.
        if self.script.is(start + 1, '(') {
            let body = self.script.close(start + 1) + 1;
            let function = Function { parameters: parameters(self.script, start + 1), body: (body, end) };
            return Some((key, Place { value: Value::Function(function), token: start }));
        }
        (end == start + 1).then(|| (key.clone(), Place { value: Value::Path(vec![key]), token: start }))
    }

    /// A path from `window` on.
    fn resolve(&self, path: &[String]) -> Vec<String> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let Some(stands_for) = path.first().and_then(|first| self.names.get(first)) else { break };
            if stands_for.first() == path.first() || stands_for.len() > 16 {
                break;
            }
            path.splice(..1, stands_for.iter().cloned());
        }
        let global = |name: &String| matches!(name.as_str(), "window" | "globalThis" | "self");
        if path.len() > 1 && path.first().is_some_and(global) {
            path.remove(0);
        }
        path
    }

    /// What a function reads of its parameters, directly or by names that it gives to parts of them.
    fn reads(&self, function: &Function) -> Vec<Read> {
        let script = self.script;
        let (start, end) = function.body;
        let end = end.min(start + BODY).min(script.tokens.len());
        let mut reads = Vec::new();
        for (nth, names) in function.parameters.iter().enumerate() {
            let mut known: HashMap<&str, Vec<String>> =
                names.iter().map(|(name, path)| (name.as_str(), path.clone())).collect();
            let read = |path: Vec<String>, at: usize| Read { argument: nth + 1, path, at };
            let here = script.tokens.get(start).map_or(0, |token| token.at);
            reads.extend(names.iter().filter(|(_, path)| !path.is_empty()).map(|(_, path)| read(path.clone(), here)));
            let mut at = start;
            while at < end {
                let Some((path, next)) = script.path(at) else {
                    at += 1;
                    continue;
                };
                let of_another = at > 0 && script.is(at - 1, '.');
                if let Some(base) = path.first().and_then(|first| known.get(first.as_str())).filter(|_| !of_another) {
                    let mut whole = [base.as_slice(), path.get(1..).unwrap_or_default()].concat();
                    // Neither a method nor how long a text is is a field.
                    if script.is(next, '(') || whole.last().is_some_and(|last| last == "length") {
                        whole.pop();
                    }
                    let place = script.tokens.get(at).map_or(0, |token| token.at);
                    // `const { chatId } = event.detail`
                    if at >= 2 && script.is(at - 1, '=') && script.is(at - 2, '}') {
                        let opened =
                            (start..at - 1).rev().find(|open| script.is(*open, '{') && script.close(*open) == at - 2);
                        for (name, of) in opened.map(|open| pattern(script, open)).unwrap_or_default() {
                            let of = [whole.as_slice(), &of].concat();
                            reads.push(read(of.clone(), place));
                            if let Some(token) = script
                                .tokens
                                .get(start..at)
                                .and_then(|body| body.iter().find(|token| token.raw == name))
                            {
                                known.insert(token.raw, of);
                            }
                        }
                    } else if at >= 2
                        && script.is(at - 1, '=')
                        && let Some(name) = script.name(at - 2)
                    {
                        known.insert(name, whole.clone());
                    }
                    if !whole.is_empty() {
                        reads.push(read(whole, place));
                    }
                }
                at = next;
            }
        }
        reads.truncate(256);
        reads
    }
}

/// What samples call a function that they don't show.
fn is_callback(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let on = name.strip_prefix("on").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    on || ["fn", "cb"].contains(&lower.as_str())
        || ["callback", "handler", "listener", "function"].iter().any(|part| lower.contains(part))
}

fn script_key(script: &Script<'_>, at: usize) -> Option<String> {
    script.name(at).map(str::to_owned).or_else(|| script.text(at).map(str::to_owned))
}
