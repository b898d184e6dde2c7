//! What names in a sample stand for: parts of objects, functions.

use std::collections::HashMap;

use super::script::{Kind, Script};

/// A function: its parameters and its body.
#[derive(Debug, Clone, Default)]
pub(super) struct Function {
    pub parameters: Vec<Vec<(String, Vec<String>)>>,
    /// In tokens.
    pub body: (usize, usize),
}

/// Names, and the paths that they stand for.
pub(super) type Names = HashMap<String, Vec<String>>;

/// What names stand for: `const { addListener, Enum } = window.AdobeDX`, `const api = window.Bell`.
pub(super) fn aliases(script: &Script<'_>) -> Names {
    let mut names = Names::new();
    for at in 0..script.tokens.len() {
        if !matches!(script.name(at), Some("const" | "let" | "var")) {
            continue;
        }
        if script.is(at + 1, '{') {
            let close = script.close(at + 1);
            if script.is(close + 1, '=')
                && let Some((path, next)) = script.path(close + 2)
                && !script.is(next, '(')
            {
                for (name, of) in pattern(script, at + 1) {
                    names.insert(name, [path.clone(), of].concat());
                }
            }
        } else if let Some(name) = script.name(at + 1)
            && script.is(at + 2, '=')
            && let Some((path, next)) = script.path(at + 3)
            && !script.is(next, '(')
            && script.kind(next) != Some(&Kind::Arrow)
            && !["new", "await", "async", "function"].contains(&path.first().map_or("", String::as_str))
        {
            names.insert(name.to_owned(), path);
        }
    }
    names
}

/// The names of `{ a, b: c }`, each with what it is called in the object.
pub(super) fn pattern(script: &Script<'_>, open: usize) -> Vec<(String, Vec<String>)> {
    let named = |(start, end): (usize, usize)| {
        let key = script.name(start)?;
        let own = if script.is(start + 1, ':') && start + 2 < end { script.name(start + 2)? } else { key };
        Some((own.to_owned(), vec![key.to_owned()]))
    };
    script.parts(open + 1, script.close(open)).into_iter().filter_map(named).collect()
}

/// `function onOpened(event) {...}`, `const onOpened = (event) => ...`
pub(super) fn functions(script: &Script<'_>) -> HashMap<String, Function> {
    let mut functions = HashMap::new();
    for at in 0..script.tokens.len() {
        if script.name(at) == Some("function")
            && let Some(name) = script.name(at + 1)
        {
            functions.extend(function(script, at, script.tokens.len()).map(|function| (name.to_owned(), function)));
        } else if script.is(at + 1, '=')
            && let Some(name) = script.name(at)
        {
            // Its body may reach further than its statement; what isn't about its parameters isn't looked at anyway.
            functions.extend(function(script, at + 2, script.tokens.len()).map(|function| (name.to_owned(), function)));
        }
    }
    functions
}

/// A function that begins at a token and ends before another one at the latest.
pub(super) fn function(script: &Script<'_>, start: usize, end: usize) -> Option<Function> {
    let mut at = start;
    if script.name(at) == Some("async") {
        at += 1;
    }
    let (parameters, body) = if script.name(at) == Some("function") {
        let open = (at + 1..at + 4).find(|at| script.is(*at, '('))?;
        (parameters(script, open), script.close(open) + 1)
    } else if script.is(at, '(') && script.kind(script.close(at) + 1) == Some(&Kind::Arrow) {
        (parameters(script, at), script.close(at) + 2)
    } else if let Some(name) = script.name(at).filter(|_| script.kind(at + 1) == Some(&Kind::Arrow)) {
        (vec![vec![(name.to_owned(), Vec::new())]], at + 2)
    } else {
        return None;
    };
    let close = if script.is(body, '{') { script.close(body) } else { end };
    Some(Function { parameters, body: (body, close.min(end)) })
}

/// Of each parameter the names that it brings: itself, or those of a pattern.
pub(super) fn parameters(script: &Script<'_>, open: usize) -> Vec<Vec<(String, Vec<String>)>> {
    let names = |(start, _): (usize, usize)| match script.name(start) {
        Some(name) => vec![(name.to_owned(), Vec::new())],
        None if script.is(start, '{') => pattern(script, start),
        None => Vec::new(),
    };
    script.parts(open + 1, script.close(open)).into_iter().take(9).map(names).collect()
}
