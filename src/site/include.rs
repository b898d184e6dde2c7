//! `include`: a site file in several files.
//!
//! Boundary: files' texts -> one tree, in which every place knows its file. Reading the files is for those who may: a recording
//! has them in it.

use std::path::{Component, Path, PathBuf};

use crate::analytics::tag::{self, Tag};
use crate::source::read::Checker;
use crate::source::yaml::{self, Entry, Node, Value};
use crate::source::{SourceFile, Span};

/// The key.
const INCLUDE: &str = "include";

/// More files than any site needs.
const MOST: usize = 100;

/// A site file with all that it includes, by way of others too. `read` gives a file's text, or says why it can't; what is
/// wrong is told when the whole is parsed.
pub fn gather(mut source: SourceFile, read: &mut dyn FnMut(&str) -> Result<String, String>) -> SourceFile {
    let mut at = 0;
    let mut files = vec![SourceFile::new(source.name.clone(), source.text.clone())];
    while let Some(file) = files.get(at) {
        at += 1;
        let tree = yaml::parse(file, &mut Vec::new());
        let tags = tree.iter().flat_map(tags).collect::<Vec<_>>();
        for path in tree.iter().flat_map(paths).filter_map(Node::as_str).chain(tags) {
            let name = beside(&files[at - 1].name, path);
            if files.len() <= MOST && !files.iter().any(|known| known.name == name) {
                files.push(match read(&name) {
                    Ok(text) => SourceFile::new(name, text),
                    Err(why) => SourceFile { unread: Some(why), ..SourceFile::new(name, "") },
                });
            }
        }
    }
    source.included = files.split_off(1);
    source
}

/// The tree of a site file and of what it includes.
pub(super) fn tree(checker: &mut Checker<'_>) -> Option<Node> {
    let source = checker.source;
    let tree = yaml::parse(source, &mut checker.mistakes)?;
    let Value::Map(entries) = &tree.value else { return Some(tree) };
    let mut merged = Merged { entries: Vec::new(), done: Vec::new(), way: vec![source.name.clone()] };
    merged.add(checker, entries);
    merged.include(checker, &source.name, &tree);
    Some(Node { value: Value::Map(merged.entries), span: tree.span })
}

struct Merged {
    entries: Vec<Entry>,
    /// Names of the files that are in.
    done: Vec<String>,
    /// Names of those that led to the file at hand, and its own.
    way: Vec<String>,
}

impl Merged {
    /// Adds what a file includes.
    fn include(&mut self, checker: &mut Checker<'_>, name: &str, tree: &Node) {
        let given = tree.get(INCLUDE);
        let texts = given.is_none_or(|node| match &node.value {
            Value::Seq(items) => items.iter().all(|item| item.as_str().is_some()),
            value => matches!(value, Value::String(_)),
        });
        if let (false, Some(node)) = (texts, given) {
            checker.wrong_type(node, "`include`", "a text, or a list of texts: paths of files");
        }
        for node in paths(tree) {
            let Some(path) = checker.text(node, "a path") else { continue };
            self.file(checker, node.span, &beside(name, path), path);
        }
    }

    fn file(&mut self, checker: &mut Checker<'_>, span: Span, name: &str, path: &str) {
        if let Some(begin) = self.way.iter().position(|one| one == name) {
            let way: Vec<String> =
                self.way[begin..].iter().chain([&self.way[begin]]).map(|one| format!("`{one}`")).collect();
            let label = format!("by way of {}", way.join(" -> "));
            checker.report(span, format!("`{path}` includes itself"), label, "leave one of them out");
            return;
        }
        if self.done.iter().any(|done| done == name) {
            return;
        }
        self.done.push(name.to_owned());
        let source = checker.source;
        let found = source.included.iter().position(|file| file.name == name);
        let Some((index, file)) = found.and_then(|at| Some((u16::try_from(at + 1).ok()?, source.included.get(at)?)))
        else {
            let label = format!("there is no `{name}`, or more than {MOST} files");
            checker.report(
                span,
                format!("`{path}` can't be read"),
                label,
                "a path is relative to the file that it stands in",
            );
            return;
        };
        if let Some(why) = &file.unread {
            let help = "a path is relative to the file that it stands in";
            checker.report(span, format!("`{path}` can't be read: {why}"), format!("looked for `{name}`"), help);
            return;
        }
        let Some(tree) = yaml::parse_included(file, index, &mut checker.mistakes) else { return };
        let Some(entries) = checker.entries(&tree, "an included file") else { return };
        self.add(checker, entries);
        self.way.push(name.to_owned());
        self.include(checker, name, &tree);
        self.way.pop();
    }

    /// Adds a file's own: maps and lists are joined, all else is said once.
    fn add(&mut self, checker: &mut Checker<'_>, entries: &[Entry]) {
        for entry in entries.iter().filter(|entry| entry.key.text != INCLUDE) {
            let name = &entry.key.text;
            let Some(known) = self.entries.iter_mut().find(|known| known.key.text == *name) else {
                self.entries.push(entry.clone());
                continue;
            };
            match (&mut known.value.value, &entry.value.value) {
                // A place for anchors, which end with their file.
                _ if name.starts_with("x-") => {}
                (_, Value::Null) => {}
                (Value::Null, _) => known.value = entry.value.clone(),
                (Value::Map(known), Value::Map(more)) => {
                    for one in more {
                        match known.iter().find(|known| known.key.text == one.key.text) {
                            Some(first) => twice(checker, &one.key.text, one.key.span, first.key.span),
                            None => known.push(one.clone()),
                        }
                    }
                }
                (Value::Seq(known), Value::Seq(more)) => known.extend(more.iter().cloned()),
                _ => twice(checker, name, entry.key.span, known.key.span),
            }
        }
    }
}

fn twice(checker: &mut Checker<'_>, name: &str, span: Span, first: Span) {
    let label = format!("already in {}", checker.source.line(first));
    checker.report(span, format!("`{name}` stands in two files"), label, "keep one of the two");
}

/// The paths that a file includes.
fn paths(tree: &Node) -> impl Iterator<Item = &Node> {
    let all = match tree.get(INCLUDE) {
        Some(Node { value: Value::Seq(items), .. }) => items.as_slice(),
        Some(node) => std::slice::from_ref(node),
        None => &[],
    };
    all.iter().filter(|node| node.as_str().is_some())
}

/// The paths of the tag files that the forwards of a file name.
fn tags(tree: &Node) -> Vec<&str> {
    let Some(Value::Map(forwards)) = tree.get("forwards").map(|node| &node.value) else { return Vec::new() };
    forwards.iter().filter_map(|entry| tag_path(entry.value.get("kind")?.as_str()?)).collect()
}

/// The path that a `kind` is, if it is one.
pub(super) fn tag_path(kind: &str) -> Option<&str> {
    let path = kind.trim();
    (path.contains(['/', '\\']) || path.ends_with(".yaml") || path.ends_with(".yml")).then_some(path)
}

/// The tag of a file that a site file names at some place; what is wrong with either is noted.
pub(super) fn tag(checker: &mut Checker<'_>, span: Span, path: &str) -> Option<Tag> {
    let source = checker.source;
    let name = beside(&source.of(span).name, path);
    let found = source.included.iter().position(|file| file.name == name);
    let help = "a path is relative to the file that it stands in; `chatproof tags` lists the tags that need no file";
    let Some((index, file)) = found.and_then(|at| Some((u16::try_from(at + 1).ok()?, source.included.get(at)?))) else {
        checker.report(span, format!("`{path}` can't be read"), format!("there is no `{name}`"), help);
        return None;
    };
    if let Some(why) = &file.unread {
        checker.report(span, format!("`{path}` can't be read: {why}"), format!("looked for `{name}`"), help);
        return None;
    }
    let before = checker.mistakes.len();
    let tree = yaml::parse_included(file, index, &mut checker.mistakes)?;
    let tag = tag::read(checker, &tree);
    // Several forwards may name it: what is wrong with it is told once.
    let (known, new) = checker.mistakes.split_at(before);
    let new: Vec<_> = new
        .iter()
        .filter(|one| !known.iter().any(|k| k.span == one.span && k.message == one.message))
        .cloned()
        .collect();
    checker.mistakes.truncate(before);
    checker.mistakes.extend(new);
    tag
}

/// A path that stands in a file, as a name: the same file has one name, by whichever way it is included.
fn beside(file: &str, path: &str) -> String {
    let mut out = PathBuf::new();
    let whole = Path::new(file).parent().unwrap_or(Path::new("")).join(path.trim());
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => _ = out.pop(),
            part => out.push(part),
        }
    }
    out.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::site::{Known, Site, parse, spec_reference};

    fn gathered(files: &[(&str, &str)]) -> SourceFile {
        let texts: BTreeMap<&str, &str> = files.iter().copied().collect();
        let (name, text) = files[0];
        gather(SourceFile::new(name, text), &mut |name| {
            texts.get(name).map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
        })
    }

    fn read(files: &[(&str, &str)]) -> Result<Site, Vec<String>> {
        let known = Known { constants: vec!["A".into()], ..Known::default() };
        parse(gathered(files), &known).map_err(|mistakes| {
            let place = |span: Span| format!("{}:{}:{}", mistakes.source.of(span).name, span.line, span.column);
            mistakes.list.iter().map(|one| format!("{} {}", place(one.span), one.message)).collect()
        })
    }

    const MAIN: &str = "\
include: [parts/names.yaml, parts/steps.yaml]
spec: s
base_url: https://a.example
journeys:
  j:
    steps:
      - open: /
      - do: ask
";
    const NAMES: &str = "include: ../parts/actors.yaml\nnames:\n  launcher: .l\n";
    const ACTORS: &str = "actors: { agent: { url: /a } }\n";
    const STEPS: &str = "include: ./actors.yaml\nsteps:\n  ask:\n    - click: launcher\n    - { click: .a, as: agent }\njourneys:\n  k: { steps: [{ open: /k }] }\n";

    #[test]
    fn several_files_are_one_and_each_place_knows_its_own() {
        let files = [
            ("dir/site.yaml", MAIN),
            ("dir/parts/names.yaml", NAMES),
            ("dir/parts/actors.yaml", ACTORS),
            ("dir/parts/steps.yaml", STEPS),
        ];
        let site = read(&files).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"));
        assert_eq!(site.journeys.keys().collect::<Vec<_>>(), ["j", "k"]);
        let place = |span: Span| format!("{}:{}", site.source.of(span).name, span.line);
        let steps: Vec<String> = site.journeys["j"].steps.iter().map(|step| place(step.span)).collect();
        assert_eq!(steps, ["dir/site.yaml:7", "dir/parts/steps.yaml:4", "dir/parts/steps.yaml:5"]);
        assert_eq!(place(site.journeys["j"].steps[1].by[0].span), "dir/site.yaml:8");
        assert_eq!(place(site.actors["agent"].span), "dir/parts/actors.yaml:1");
    }

    #[test]
    fn what_is_wrong_is_told_in_its_file() {
        let with = |names: &str, steps: &str| {
            let files = [
                ("site.yaml", MAIN),
                ("parts/names.yaml", names),
                ("parts/actors.yaml", ACTORS),
                ("parts/steps.yaml", steps),
            ];
            read(&files).err().unwrap_or_default()
        };
        for (names, steps, want) in [
            ("names:\n  launcher: .l >>\n", STEPS, "parts/names.yaml:2:"),
            (NAMES, "steps:\n  ask:\n    - clik: launcher\n", "parts/steps.yaml:3:7 unknown key `clik`"),
            (
                NAMES,
                "names: { launcher: .x }\nsteps: { ask: [{ click: .b }] }\n",
                "parts/steps.yaml:1:10 `launcher` stands in two files",
            ),
            (NAMES, "spec: t\nsteps: { ask: [{ click: .b }] }\n", "parts/steps.yaml:1:1 `spec` stands in two files"),
            (
                NAMES,
                "include: steps.yaml\nsteps: { ask: [{ click: .b }] }\n",
                "parts/steps.yaml:1:10 `steps.yaml` includes itself",
            ),
            (
                NAMES,
                "include: ../site.yaml\nsteps: { ask: [{ click: .b }] }\n",
                "parts/steps.yaml:1:10 `../site.yaml` includes itself",
            ),
            (
                NAMES,
                "include: gone.yaml\nsteps: { ask: [{ click: .b }] }\n",
                "parts/steps.yaml:1:10 `gone.yaml` can't be read: no such file",
            ),
            (NAMES, "include: { a: b }\nsteps: { ask: [{ click: .b }] }\n", "parts/steps.yaml:1:10 `include` must be"),
            (NAMES, "nam: {}\nsteps: { ask: [{ click: .b }] }\n", "parts/steps.yaml:1:1 unknown key `nam`"),
            (NAMES, "- a\n", "site.yaml:8:13 no steps are named `ask`"),
            (NAMES, "steps: [\n", "site.yaml:8:13 no steps are named `ask`"),
        ] {
            let found = with(names, steps);
            assert!(found.first().is_some_and(|one| one.starts_with(want)), "{steps}: {found:#?}");
        }
    }

    #[test]
    fn the_text_of_a_mistake_is_that_of_its_file() {
        let files = [
            ("site.yaml", MAIN),
            ("parts/names.yaml", "names:\n  launcher: .l\nactors: { agent: { urll: / } }\n"),
            ("parts/steps.yaml", STEPS),
            ("parts/actors.yaml", ""),
        ];
        let known = Known::default();
        let text = parse(gathered(&files), &known).expect_err("a mistake").to_string();
        assert!(
            text.contains("parts/names.yaml:3") && text.contains("urll") && text.contains("did you mean `url`?"),
            "{text}"
        );
    }

    #[test]
    fn a_spec_may_stand_in_an_included_file() {
        let files = [("site.yaml", "include: a/b.yaml\n"), ("a/b.yaml", "\nspec: ours.yaml\n")];
        let (reference, span) = spec_reference(&gathered(&files)).expect("a spec");
        assert_eq!((reference.as_str(), span.file, span.line), ("ours.yaml", 1, 2));
    }

    #[test]
    fn a_name_has_no_detours() {
        for (file, path, want) in [
            ("site.yaml", "a.yaml", "a.yaml"),
            ("d/site.yaml", "./a.yaml", "d/a.yaml"),
            ("d/site.yaml", "../a.yaml", "a.yaml"),
            ("../d/site.yaml", "../../a.yaml", "../../a.yaml"),
            ("d/site.yaml", "/x/../a.yaml", "/a.yaml"),
        ] {
            assert_eq!(beside(file, path), want);
        }
    }
}
