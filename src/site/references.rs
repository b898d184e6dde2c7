//! The environment variables that a site file refers to, and those of them that a run needs.
//!
//! Boundary: names and places; whether they are set is for those to look up who know the environment.

use indexmap::IndexSet;

use super::Site;
use super::reuse::values::{Place, Values, referred};
use super::template::Template;
use crate::source::Span;
use crate::source::read::Checker;
use crate::source::yaml::{Node, Value};

/// What a run takes from its site file.
#[derive(Debug, Clone, Copy)]
pub struct Needs<'a> {
    /// The file's own base URL, and no other in its place.
    pub base_url: bool,
    /// These of its `browsers`, by name.
    pub browsers: &'a [&'a str],
    /// These of its journeys, by name.
    pub journeys: &'a [String],
}

/// The environment variables that a site file refers to, each time it does, with the places.
pub fn env_references(site: &Site) -> Vec<(String, Span)> {
    references(site, |_, _| true)
}

/// Those that a run needs, of the same: it complains about those that aren't set. What all journeys share is needed by each.
pub fn env_needed(site: &Site, needs: &Needs<'_>) -> Vec<(String, Span)> {
    references(site, |key, name| match key {
        "base_url" => needs.base_url,
        "browsers" => needs.browsers.contains(&name),
        "journeys" => needs.journeys.iter().any(|journey| journey == name),
        _ => true,
    })
}

/// `wanted`: whether what stands at a key is looked at, and of lists and maps of things with a name whether this thing is.
fn references(site: &Site, wanted: impl Fn(&str, &str) -> bool) -> Vec<(String, Span)> {
    let checker = Checker::new(&site.source);
    let Some(tree) = super::expanded(&site.source) else { return Vec::new() };
    let mut found = Vec::new();
    for key in [
        "base_url", "browsers", "visitors", "actors", "names", "forwards", "whenever", "headers", "logins", "block",
        "stub", "proxy", "journeys",
    ] {
        let Some(node) = tree.get(key) else { continue };
        match &node.value {
            Value::Seq(items) => {
                for item in items {
                    let name = item.get("name").and_then(Node::as_str).unwrap_or_default();
                    if wanted(key, name) {
                        collect(&checker, item, &mut found);
                    }
                }
            }
            Value::Map(entries) => {
                for entry in entries.iter().filter(|entry| wanted(key, &entry.key.text)) {
                    collect(&checker, &entry.value, &mut found);
                }
            }
            _ if wanted(key, "") => collect(&checker, node, &mut found),
            _ => {}
        }
    }
    found.sort_by_key(|(_, span)| (span.file, span.offset));
    found.dedup();
    found
}

fn collect(checker: &Checker<'_>, node: &Node, found: &mut Vec<(String, Span)>) {
    match &node.value {
        Value::String(text) => {
            // What isn't one refers to a value of its own: a short name with values.
            let Ok(template) = Template::parse(text).or_else(|_| Template::parse(&without_values(text))) else {
                return;
            };
            let mut from = 0;
            for name in template.env() {
                let reference = format!("${{env.{name}}}");
                let at = text[from..].find(&reference).map_or(from, |at| from + at);
                from = (at + reference.len()).min(text.len());
                found.push((name.to_owned(), checker.part(node, at, from)));
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| collect(checker, item, found)),
        Value::Map(entries) => entries.iter().for_each(|entry| collect(checker, &entry.value, found)),
        _ => {}
    }
}

/// A text with something in the place of its values, which aren't known here.
fn without_values(text: &str) -> String {
    let mut values = Values::default();
    let node = Node { value: Value::String(text.to_owned()), span: Span::default() };
    let mut names = IndexSet::new();
    referred(&node, &mut names);
    names.iter().for_each(|name| values.give_text(name, "x"));
    values.fill_text(text, Place::Text).unwrap_or_default()
}
