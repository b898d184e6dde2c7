//! Fragments of steps by name, and the `do` steps that they stand in for.
//!
//! Boundary: a list of steps with `do` in it -> the list without.

use indexmap::{IndexMap, IndexSet};

use super::values::{Values, is_name, referred};
use crate::site::parse::plain_name;
use crate::source::nearest::list;
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Key, Node, Value};
use crate::source::{Call, Span};

/// What a `do` step may have.
pub(in crate::site) const DO: &[&str] = &["do", "with", "as"];
/// What a fragment has that says what its values are if nothing else is given.
pub(in crate::site) const FRAGMENT: &[&str] = &["with", "steps"];

/// Fragments do one another this deep at most.
const DEEPEST: usize = 16;

/// Steps by name.
#[derive(Debug, Default)]
pub(super) struct Fragments<'n> {
    all: IndexMap<&'n str, Fragment<'n>>,
}

#[derive(Debug)]
struct Fragment<'n> {
    /// `None` if its definition is a mistake, which was noted.
    steps: Option<&'n [Node]>,
    /// Values for parameters that a `do` needn't give.
    defaults: Vec<(&'n str, &'n Node)>,
    /// What its steps refer to.
    parameters: IndexSet<String>,
}

/// How a step is come to.
struct Way<'w> {
    calls: &'w [Call],
    /// Who does what doesn't say who does it.
    actor: Option<&'w Node>,
}

impl<'n> Fragments<'n> {
    /// Reads the fragments. One that does itself is a mistake, used or not.
    pub fn read(checker: &mut Checker<'_>, node: Option<&'n Node>) -> Self {
        let mut fragments = Self::default();
        let Some(node) = node else { return fragments };
        if matches!(node.value, Value::Seq(_)) {
            checker.report(
                node.span,
                "`steps` above the journeys must be a map of name to steps",
                "expected a name for these steps",
                "write `steps: { open-chat: [ ... ] }`, and `- do: open-chat` in a journey; a journey's own steps stand in it",
            );
            return fragments;
        }
        for Entry { key, value } in checker.entries(node, "`steps`").unwrap_or_default() {
            plain_name(checker, key.span, &key.text, "a fragment of steps");
            let fragment = fragment(checker, key, value);
            fragments.all.insert(&key.text, fragment);
        }
        fragments.refuse_circles(checker);
        fragments
    }

    fn refuse_circles(&mut self, checker: &mut Checker<'_>) {
        let mut seen = IndexSet::new();
        let mut broken = Vec::new();
        for name in self.all.keys() {
            self.circle(checker, name, &mut Vec::new(), &mut seen, &mut broken);
        }
        for name in broken {
            if let Some(fragment) = self.all.get_mut(name.as_str()) {
                fragment.steps = None;
            }
        }
    }

    /// Follows what a fragment does; `way` led to it.
    fn circle<'s>(
        &'s self,
        checker: &mut Checker<'_>,
        name: &'s str,
        way: &mut Vec<&'s str>,
        seen: &mut IndexSet<&'s str>,
        broken: &mut Vec<String>,
    ) {
        if !seen.insert(name) {
            return;
        }
        way.push(name);
        let steps = self.all.get(name).and_then(|fragment| fragment.steps).unwrap_or_default();
        for node in steps.iter().filter_map(|step| step.get("do")) {
            let Some(next) = node.as_str() else { continue };
            if let Some(begin) = way.iter().position(|one| *one == next) {
                let circle: Vec<String> = way[begin..].iter().chain([&next]).map(|name| format!("`{name}`")).collect();
                checker.report(
                    node.span,
                    format!("the steps `{next}` do themselves"),
                    format!("by way of {}", circle.join(" -> ")),
                    "a journey has an end: write the steps out as often as they are to be done",
                );
                broken.extend(way[begin..].iter().map(|name| (*name).to_owned()));
            } else if self.all.contains_key(next) {
                self.circle(checker, next, way, seen, broken);
            } else if !next.contains("${") {
                self.unknown(checker, node.span, next);
            }
        }
        way.pop();
    }

    fn unknown(&self, checker: &mut Checker<'_>, span: Span, name: &str) {
        if self.all.is_empty() {
            checker.report(
                span,
                format!("no steps are named `{name}`"),
                "no such steps",
                format!("write them above the journeys: `steps: {{ {name}: [ ... ] }}`"),
            );
        } else {
            checker.unknown(span, "fragment", name, self.all.keys().copied());
        }
    }

    /// The steps with those that `do` stands for, and by which `do` each came.
    pub fn written_out(&self, checker: &mut Checker<'_>, items: &[Node], left: &mut usize) -> Vec<(Node, Vec<Call>)> {
        let mut out = Vec::new();
        self.write(checker, items, &Way { calls: &[], actor: None }, left, &mut out);
        out
    }

    fn write(
        &self,
        checker: &mut Checker<'_>,
        items: &[Node],
        way: &Way<'_>,
        left: &mut usize,
        out: &mut Vec<(Node, Vec<Call>)>,
    ) {
        for item in items {
            if *left == 0 {
                return;
            }
            let Some(node) = item.get("do") else {
                out.push((by(item, way.actor), way.calls.to_vec()));
                continue;
            };
            // One that can't be done stays where it is: who knows what it was to do.
            if self.call(checker, item, node, way, left, out).is_none() {
                out.push((item.clone(), way.calls.to_vec()));
            }
        }
    }

    /// One `do`. `None` if it can't be done, which was noted.
    fn call(
        &self,
        checker: &mut Checker<'_>,
        item: &Node,
        node: &Node,
        way: &Way<'_>,
        left: &mut usize,
        out: &mut Vec<(Node, Vec<Call>)>,
    ) -> Option<()> {
        let fields = checker.fields(item, "a `do` step", DO)?;
        let name = checker.text(node, "`do`")?;
        let Some(fragment) = self.all.get(name) else {
            self.unknown(checker, node.span, name);
            return None;
        };
        let steps = fragment.steps?;
        if way.calls.len() >= DEEPEST || way.calls.iter().any(|call| call.name == name) {
            let message = format!("`{name}` is done within itself, or too deep");
            checker.report(node.span, message, format!("at most {DEEPEST} deep"), "write the steps out here");
            return None;
        }
        let mut values = Values::default();
        for (name, node) in &fragment.defaults {
            values.give(checker, name, node);
        }
        let mut fits = true;
        for Entry { key, value } in
            fields.get("with").and_then(|node| checker.entries(node, "`with`")).unwrap_or_default()
        {
            if fragment.parameters.contains(&key.text) {
                values.give(checker, &key.text, value);
                continue;
            }
            fits = false;
            if fragment.parameters.is_empty() {
                let message = format!("`{name}` takes no values");
                checker.report(
                    key.span,
                    message,
                    "its steps refer to none",
                    format!("write `${{{}}}` there, or leave it out", key.text),
                );
            } else {
                let known = fragment.parameters.iter().map(String::as_str);
                checker.unknown(key.span, &format!("value of `{name}`"), &key.text, known);
            }
        }
        let missing: Vec<&String> = fragment.parameters.iter().filter(|name| !values.has(name)).collect();
        // A slip in its name was told as such.
        if let (false, true) = (missing.is_empty(), fits) {
            let with: Vec<String> = missing.iter().map(|name| format!("{name}: ...")).collect();
            checker.report(
                node.span,
                format!("`{name}` needs {}", list(&missing)),
                "its steps refer to it",
                format!("add `with: {{ {} }}`", with.join(", ")),
            );
        }
        if !fits || !missing.is_empty() {
            return None;
        }
        let filled: Vec<Node> = steps.iter().map(|step| values.fill(checker, step, left)).collect();
        let mut calls = way.calls.to_vec();
        calls.push(Call { name: name.to_owned(), span: fields.first_key() });
        let actor = fields.get("as").or(way.actor);
        self.write(checker, &filled, &Way { calls: &calls, actor }, left, out);
        Some(())
    }
}

/// A step, done by somebody unless it says by whom. Time passes for everybody.
fn by(item: &Node, actor: Option<&Node>) -> Node {
    let mut item = item.clone();
    if let (Some(actor), Value::Map(fields)) = (actor, &mut item.value)
        && !fields.iter().any(|field| matches!(field.key.text.as_str(), "as" | "advance"))
    {
        fields.push(Entry { key: Key { text: "as".to_owned(), span: actor.span }, value: actor.clone() });
    }
    item
}

fn fragment<'n>(checker: &mut Checker<'_>, key: &Key, node: &'n Node) -> Fragment<'n> {
    let mut defaults = Vec::new();
    let mut list = Some(node);
    if let Value::Map(_) = &node.value
        && let Some(fields) = checker.fields(node, "a fragment of steps", FRAGMENT)
    {
        list = fields.require(checker, "steps");
        for Entry { key, value } in
            fields.get("with").and_then(|node| checker.entries(node, "`with`")).unwrap_or_default()
        {
            if is_name(&key.text) {
                defaults.push((key.text.as_str(), value));
            } else {
                checker.report(
                    key.span,
                    format!("`{}` can't be the name of a value", key.text),
                    "expected letters, digits, `-` or `_`",
                    "steps refer to it as `${name}`: choose a name that is free for that",
                );
            }
        }
    }
    let mut parameters = IndexSet::new();
    let steps = list.and_then(|list| match &list.value {
        Value::Seq(items) if !items.is_empty() => Some(items.as_slice()),
        Value::Seq(_) | Value::Null => {
            checker.report(key.span, "a fragment without steps", "expected at least one step", "add `- click: ...`");
            None
        }
        _ => {
            checker.wrong_type(list, "a fragment", "a list of steps (`- click: LOCATOR`)");
            None
        }
    });
    steps.unwrap_or_default().iter().for_each(|step| referred(step, &mut parameters));
    if steps.is_some() {
        for (name, node) in &defaults {
            if !parameters.contains(*name) {
                let help = format!("write `${{{name}}}` where it is to stand, or leave it out");
                checker.report(node.span, format!("`{name}` is never used"), "its steps don't refer to it", help);
            }
        }
    }
    Fragment { steps, defaults, parameters }
}
