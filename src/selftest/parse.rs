//! Catalogue files and entries from YAML, every mistake with its place.
//!
//! Boundary: text in, plain data out; which names there are is handed in ([`Names`]).

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::changes::{Changes, Edit, Misfit, Patch};
use crate::fixture_site::Variant;
use crate::source::nearest::suggest;
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{self, Entry as Pair, Node, Value};
use crate::source::{Mistake, Mistakes, SourceFile, Span};

use super::{Declared, Entry, Kind, Ruling, Word};

/// The `format` of catalogues that this version reads.
pub const FORMAT: &str = "chatproof-catalogue/1";
/// What `serve` says for the built-in reference site.
pub const REFERENCE_SITE: &str = "reference-site";

const TOP: &[&str] = &["format", "title", "site", "serve", "faults", "variants", "notes"];
const FAULT: &[&str] =
    &["title", "breaks", "section", "journeys", "shown_by", "embed", "patch", "headers", "expect", "follows"];
const VARIANT: &[&str] = &["title", "keeps", "section", "journeys", "visitors", "embed", "patch", "headers", "notes"];
const PATCH: &[&str] = &["file", "replace", "with", "before", "after", "insert", "whole"];

/// A catalogue file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueFile {
    /// What it is a catalogue of.
    pub title: Option<String>,
    /// Path of the site file with the journeys, relative to this file.
    pub site: String,
    /// Folder of static files to serve; `None`: the built-in reference site.
    pub serve: Option<String>,
    /// Folder of faults.
    pub faults: Option<String>,
    /// Folder of variants.
    pub variants: Option<String>,
    /// Requirements at level `record` that the site as it is gives notes on.
    pub notes: Vec<(String, Span)>,
}

/// The names that an entry may use.
pub struct Names<'a> {
    /// Requirement ids.
    pub requirements: &'a [String],
    /// Headings of the vendor's sections; empty if the spec names none.
    pub sections: &'a BTreeSet<String>,
    /// Journeys.
    pub journeys: Vec<&'a str>,
    /// Set-ups of visitors.
    pub visitors: Vec<&'a str>,
    /// Whether the reference site is served.
    pub reference_site: bool,
    /// A served file as it is.
    pub original: &'a dyn Fn(&str) -> Option<Cow<'static, [u8]>>,
}

/// Reads a catalogue file. `Err` has all its mistakes.
pub fn catalogue(source: &SourceFile) -> Result<CatalogueFile, Mistakes> {
    read(source, |checker, tree| {
        let top = checker.fields(tree, "a catalogue", TOP)?;
        if let Some(node) = top.require(checker, "format")
            && let Some(format) = checker.text(node, "`format`")
            && format != FORMAT
        {
            checker.report(
                node.span,
                format!("`{format}` is no format of catalogues"),
                format!("expected `{FORMAT}`"),
                format!("write `format: {FORMAT}`"),
            );
        }
        let title = text(checker, &top, "title");
        let site = top.require(checker, "site").and_then(|node| checker.text(node, "`site`"));
        let serve = top.require(checker, "serve").and_then(|node| checker.text(node, "`serve`"));
        let (faults, variants) = (text(checker, &top, "faults"), text(checker, &top, "variants"));
        if top.get("faults").is_none() && top.get("variants").is_none() {
            checker.report(
                top.first_key(),
                "a catalogue without faults and variants",
                "expected `faults` or `variants` in this map",
                "add `faults: faults`, a folder of YAML files",
            );
        }
        let mut notes = Vec::new();
        for node in top.get("notes").map(|node| checker.one_or_many(node)).unwrap_or_default() {
            notes.extend(checker.text(node, "a requirement").map(|id| (id.to_owned(), node.span)));
        }
        Some(CatalogueFile {
            title,
            site: site?.to_owned(),
            serve: serve.filter(|serve| *serve != REFERENCE_SITE).map(str::to_owned),
            faults,
            variants,
            notes,
        })
    })
}

/// The requirements of a catalogue's `notes`, which can be checked only when its spec is known.
pub fn notes(source: &SourceFile, file: &CatalogueFile, names: &Names<'_>) -> Result<BTreeSet<String>, Mistakes> {
    let mut checker = Checker::new(source);
    for (id, span) in file.notes.iter().filter(|(id, _)| !names.requirements.contains(id)) {
        no_requirement(&mut checker, *span, id, names);
    }
    Mistakes::check(source, checker.mistakes)?;
    Ok(file.notes.iter().map(|(id, _)| id.clone()).collect())
}

/// Reads a fault or a variant. `Err` has all its mistakes, patches that don't fit among them.
pub fn entry(source: &SourceFile, id: &str, kind: Kind, names: &Names<'_>) -> Result<Entry, Mistakes> {
    read(source, |checker, tree| {
        let (what, keys, statement) = match kind {
            Kind::Fault => ("a fault", FAULT, "breaks"),
            Kind::Variant => ("a variant", VARIANT, "keeps"),
        };
        let top = checker.fields(tree, what, keys)?;
        let title = top.require(checker, "title").and_then(|node| checker.text(node, "`title`"));
        let statement = top.require(checker, statement).and_then(|node| checker.text(node, "the statement"));
        let section = section(checker, &top, kind, names);
        let journeys = match top.require(checker, "journeys") {
            Some(node) => chosen(checker, node, "journey", &names.journeys),
            None => Vec::new(),
        };
        let visitors = match top.get(if kind == Kind::Fault { "shown_by" } else { "visitors" }) {
            Some(node) => chosen(checker, node, "visitor", &names.visitors),
            None => Vec::new(),
        };
        let embed = top.get("embed").map(|node| embed(checker, node, names)).unwrap_or_default();
        let changes = changes(checker, &top, names);
        let (expect, follows) = match kind {
            Kind::Fault => {
                let expect = top.require(checker, "expect").map(|node| declared(checker, node, names));
                if expect.as_ref().is_some_and(Declared::is_empty) {
                    checker.report(
                        top.first_key(),
                        "a fault that nothing tells of",
                        "expected a verdict in `expect`",
                        "add `REQUIREMENT: fail FINDING` below `expect`",
                    );
                }
                let follows = top.get("follows").map(|node| declared(checker, node, names));
                (expect.unwrap_or_default(), follows.unwrap_or_default())
            }
            Kind::Variant => {
                let notes = top.get("notes").map(|node| (node.span, declared(checker, node, names)));
                if let Some((span, notes)) = &notes
                    && let Some(other) = notes.values().flatten().find(|ruling| ruling.word != Word::Note)
                {
                    checker.report(
                        *span,
                        format!("a variant that conforms has no `{other}`"),
                        "expected `note FINDING` only",
                        "what breaks a requirement is a fault",
                    );
                }
                (notes.map(|(_, notes)| notes).unwrap_or_default(), Declared::new())
            }
        };
        Some(Entry {
            id: id.to_owned(),
            kind,
            title: title?.trim().to_owned(),
            statement: statement?.trim().to_owned(),
            section,
            journeys,
            visitors,
            embed,
            changes,
            expect,
            follows,
            source: checker.source.clone(),
        })
    })
}

fn read<T>(source: &SourceFile, with: impl FnOnce(&mut Checker<'_>, &Node) -> Option<T>) -> Result<T, Mistakes> {
    let mut checker = Checker::new(source);
    let tree = yaml::parse(source, &mut checker.mistakes);
    let found = tree.as_ref().and_then(|tree| with(&mut checker, tree));
    Mistakes::check(source, checker.mistakes)?;
    found.ok_or_else(|| Mistakes {
        source: source.clone(),
        // As in site files: every reader notes why it gave up, so this is only to say it rather than panic.
        list: vec![Mistake {
            span: yaml::place(&source.text, 0),
            message: "not a file of a catalogue".into(),
            label: "expected a map".into(),
            help: None,
        }],
    })
}

fn text(checker: &mut Checker<'_>, fields: &Fields<'_>, key: &'static str) -> Option<String> {
    fields.get(key).and_then(|node| checker.text(node, &format!("`{key}`"))).map(str::to_owned)
}

fn section(checker: &mut Checker<'_>, top: &Fields<'_>, kind: Kind, names: &Names<'_>) -> Option<String> {
    let node = match kind {
        Kind::Fault if !names.sections.is_empty() => top.require(checker, "section"),
        _ => top.get("section"),
    }?;
    let section = checker.text(node, "`section`")?;
    if !names.sections.is_empty() && !names.sections.contains(section) {
        checker.unknown(node.span, "section", section, names.sections.iter().map(String::as_str));
    }
    Some(section.to_owned())
}

/// One of what the site file has, or a list of those.
fn chosen(checker: &mut Checker<'_>, node: &Node, what: &str, known: &[&str]) -> Vec<String> {
    let mut chosen = Vec::new();
    for item in checker.one_or_many(node) {
        let Some(name) = checker.text(item, &format!("a {what}")) else { continue };
        if !known.contains(&name) {
            checker.unknown(item.span, what, name, known.iter().copied());
        } else if !chosen.iter().any(|other| other == name) {
            chosen.push(name.to_owned());
        }
    }
    chosen
}

fn embed(checker: &mut Checker<'_>, node: &Node, names: &Names<'_>) -> Variant {
    let mut embed = Variant::default();
    if !names.reference_site {
        checker.report(
            node.span,
            "`embed` is for the reference site only",
            "this catalogue serves a folder",
            "patch the files instead",
        );
        return embed;
    }
    for item in checker.one_or_many(node) {
        let Some(name) = checker.text(item, "a way to embed") else { continue };
        match embed.clone().and(name) {
            Some(both) => embed = both,
            None => checker.unknown(item.span, "way to embed", name, Variant::NAMES.iter().map(|(name, _)| *name)),
        }
    }
    embed
}

fn changes(checker: &mut Checker<'_>, top: &Fields<'_>, names: &Names<'_>) -> Changes {
    let mut changes = Changes::default();
    if let Some(node) = top.get("patch") {
        changes.patches = checker.one_or_many(node).iter().filter_map(|item| patch(checker, item)).collect();
    }
    if let Some(node) = top.get("headers") {
        for Pair { key, value } in checker.entries(node, "`headers`").unwrap_or_default() {
            let Some(text) = checker.text(value, "a header's value") else { continue };
            let known = axum::http::HeaderName::from_bytes(key.text.as_bytes()).is_ok();
            if !known || axum::http::HeaderValue::from_str(text).is_err() {
                checker.report(
                    if known { value.span } else { key.span },
                    format!("`{}: {text}` is no header", key.text),
                    "expected a header's name and value",
                    "for example `Content-Security-Policy: \"default-src 'self'\"`",
                );
            }
            changes.headers.push((key.text.clone(), text.to_owned()));
        }
    }
    if let Err((index, misfit)) = changes.check(names.original) {
        let Patch { file, span, .. } = &changes.patches[index];
        let (label, help) = match misfit {
            Misfit::NoFile => ("no such file", "a path below the served folder, or `whole: ...` for a new file"),
            Misfit::NoText => ("no text", "give it `whole`"),
            Misfit::Occurs(0) => ("not found", "copy it from the file as it is, with its blanks"),
            Misfit::Occurs(_) => ("found more than once", "take more of what stands around it"),
        };
        checker.report(*span, format!("this doesn't fit {file}: {misfit}"), label, help);
    }
    changes
}

fn patch(checker: &mut Checker<'_>, node: &Node) -> Option<Patch> {
    let fields = checker.fields(node, "a patch", PATCH)?;
    let file = fields.require(checker, "file").and_then(|node| checker.text(node, "`file`"));
    let asked: Vec<(&'static str, &Node)> =
        ["replace", "before", "after", "whole"].into_iter().filter_map(|key| Some((key, fields.get(key)?))).collect();
    let [(key, node)] = asked[..] else {
        let message = if asked.is_empty() { "a patch that changes nothing" } else { "a patch can do one thing only" };
        checker.report(
            fields.first_key(),
            message,
            "expected one of `replace`, `before`, `after`, `whole`",
            "`replace: TEXT` with `with: TEXT`, `after: TEXT` with `insert: TEXT`, or `whole: TEXT`",
        );
        return None;
    };
    // What is put in may be empty or blank; what is looked for may not.
    let other = match key {
        "whole" => {
            return Some(Patch {
                file: file?.to_owned(),
                edit: Edit::Whole(given(checker, node, key)?),
                span: node.span,
            });
        }
        "replace" => "with",
        _ => "insert",
    };
    let find = checker.text(node, &format!("`{key}`")).map(str::to_owned);
    let put = fields.require(checker, other).and_then(|node| given(checker, node, other));
    let (find, put) = (find?, put?);
    let with = match key {
        "before" => format!("{put}{find}"),
        "after" => format!("{find}{put}"),
        _ => put,
    };
    Some(Patch { file: file?.to_owned(), edit: Edit::Replace { find, with }, span: node.span })
}

/// A text that may be empty.
fn given(checker: &mut Checker<'_>, node: &Node, key: &str) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some(String::new()),
        _ => {
            checker.wrong_type(node, &format!("`{key}`"), "a text");
            None
        }
    }
}

/// `REQUIREMENT: WORD FINDING`, or a list of those; `{a,b}` in a requirement stands for each of them.
fn declared(checker: &mut Checker<'_>, node: &Node, names: &Names<'_>) -> Declared {
    let mut declared = Declared::new();
    for Pair { key, value } in checker.entries(node, "verdicts").unwrap_or_default() {
        let rulings: Vec<Ruling> = checker.one_or_many(value).iter().filter_map(|item| ruling(checker, item)).collect();
        for id in expand(&key.text) {
            if !names.requirements.contains(&id) && !id.starts_with("site.") {
                no_requirement(checker, key.span, &id, names);
            }
            declared.entry(id).or_default().extend(rulings.iter().cloned());
        }
    }
    declared
}

fn no_requirement(checker: &mut Checker<'_>, span: Span, id: &str, names: &Names<'_>) {
    let help = suggest(id, "ids begin with", ["ready.", "api.", "constant.", "event.", "consistency.", "order."]);
    let help = crate::source::nearest::nearest(id, names.requirements.iter().map(String::as_str))
        .map_or(help, |near| format!("did you mean `{near}`?"));
    checker.report(span, format!("unknown requirement `{id}`"), "no such requirement", help);
}

fn ruling(checker: &mut Checker<'_>, node: &Node) -> Option<Ruling> {
    let text = checker.text(node, "a verdict")?;
    let words: Vec<&str> = Word::NAMES.iter().map(|(name, _)| *name).collect();
    let Some((word, finding)) = text.split_once(' ') else {
        checker.report(
            node.span,
            format!("`{text}` is no verdict"),
            "expected an outcome and a finding",
            "for example `fail missing`",
        );
        return None;
    };
    let Some((_, known)) = Word::NAMES.iter().find(|(name, _)| *name == word) else {
        checker.unknown(node.span, "outcome", word, words);
        return None;
    };
    let finding = finding.trim();
    if finding.is_empty() || !finding.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        checker.report(
            node.span,
            format!("`{finding}` is no finding"),
            "expected one word",
            "for example `fail missing`",
        );
        return None;
    }
    Some(Ruling { word: *known, finding: finding.to_owned() })
}

/// `a{b,c}d` -> `abd`, `acd`.
fn expand(text: &str) -> Vec<String> {
    let Some((before, rest)) = text.split_once('{') else { return vec![text.to_owned()] };
    let Some((inside, after)) = rest.split_once('}') else { return vec![text.to_owned()] };
    inside
        .split(',')
        .flat_map(|one| expand(after).into_iter().map(move |after| format!("{before}{}{after}", one.trim())))
        .collect()
}
