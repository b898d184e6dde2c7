//! What a site file says once and uses often: fragments of steps (`steps`, `do`), and journeys by a table (`each`).
//!
//! Boundary: a tree with these in it -> the tree without them that somebody would have written out by hand. Whoever reads a
//! site file reads that one. Places stay those of what was written.

use indexmap::IndexMap;

use crate::site::include;
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Node, Value};
use crate::source::{Call, SourceFile, Span};

mod fragments;
mod rows;
#[cfg(test)]
mod tests;
pub(super) mod values;

#[cfg(test)]
pub(super) use fragments::{DO, FRAGMENT};

use fragments::Fragments;

/// As many nodes as a parsed file may have at most, twice; a few lines that do one another could ask for billions.
const MOST_NODES: usize = 200_000;

/// A site file's tree, written out.
#[derive(Debug)]
pub(super) struct Expanded {
    /// Without `steps` at its top, `each` and `do`, except for those that are mistakes.
    pub tree: Node,
    /// By which `do` each step came, outermost first: by journey, in the order of its steps.
    pub by: IndexMap<String, Vec<Vec<Call>>>,
    /// Where `journeys` stands, if the file has none in it.
    pub without_journeys: Option<Span>,
}

impl Expanded {
    /// A tree that has nothing to write out.
    fn of(tree: Node) -> Self {
        Self { tree, by: IndexMap::new(), without_journeys: None }
    }
}

/// Writes a tree out; mistakes are noted.
pub(super) fn expand(checker: &mut Checker<'_>, tree: &Node) -> Expanded {
    let Value::Map(top) = &tree.value else { return Expanded::of(tree.clone()) };
    let mut left = MOST_NODES;
    let fragments = Fragments::read(checker, tree.get("steps"));
    let mut by = IndexMap::new();
    let mut without_journeys = None;
    let mut out = Vec::new();
    for Entry { key, value } in top.iter().filter(|entry| entry.key.text != "steps") {
        let value = match &value.value {
            Value::Map(journeys) if key.text == "journeys" => {
                without_journeys = journeys.is_empty().then_some(value.span);
                let mut journeys = rows::expand(checker, journeys, &mut left);
                for Entry { key, value } in &mut journeys {
                    by.insert(key.text.clone(), steps(checker, value, &fragments, &mut left));
                }
                Node { value: Value::Map(journeys), span: value.span }
            }
            _ => value.clone(),
        };
        out.push(Entry { key: key.clone(), value });
    }
    if left == 0 {
        checker.report(
            tree.get("journeys").map_or(tree.span, |node| node.span),
            "the journeys get too large",
            "written out they have too many steps",
            "use fewer rows, or fragments that do less",
        );
    }
    Expanded { tree: Node { value: Value::Map(out), span: tree.span }, by, without_journeys }
}

/// Writes a journey's steps out in their place; gives by which `do` each of them came.
fn steps(checker: &mut Checker<'_>, journey: &mut Node, fragments: &Fragments<'_>, left: &mut usize) -> Vec<Vec<Call>> {
    let Value::Map(fields) = &mut journey.value else { return Vec::new() };
    let Some(steps) = fields.iter_mut().find(|field| field.key.text == "steps") else { return Vec::new() };
    let Value::Seq(items) = &steps.value.value else { return Vec::new() };
    let mut by = Vec::new();
    let mut out = Vec::new();
    for (step, calls) in fragments.written_out(checker, items, left) {
        out.push(step);
        by.push(calls);
    }
    steps.value.value = Value::Seq(out);
    by
}

/// A site file's tree, written out, as far as it can be read.
pub fn expanded(source: &SourceFile) -> Option<Node> {
    let mut checker = Checker::new(source);
    let tree = include::tree(&mut checker)?;
    Some(expand(&mut checker, &tree).tree)
}
