//! A tag's file: YAML -> [`Tag`], all mistakes at once.

use super::place::HEADS;
use super::{Body, Consent, Part, Place, Retired, Spread, Tag, Way};
use crate::analytics::{Address, Each};
use crate::source::nearest::list;
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{self, Entry, Node, Value};
use crate::source::{Mistake, Mistakes, SourceFile};

/// What the first line of such a file says.
const FORMAT: &str = "chatproof-tag/1";

/// The keys of a tag's file.
pub const KEYS: &[&str] = &[
    "format",
    "tag",
    "title",
    "sources",
    "addresses",
    "anywhere",
    "shared",
    "scripts",
    "endpoint",
    "own_server",
    "named_by",
    "consent",
    "retired",
    "personal",
    "layer",
    "hits",
    "x-",
];
/// The keys of each of its `hits`.
pub const WAY: &[&str] = &[
    "methods",
    "urls",
    "body",
    "in",
    "each",
    "wrapped",
    "contexts",
    "when",
    "name",
    "names",
    "otherwise",
    "property",
    "user",
    "fields",
    "keep",
    "rename",
    "numbers",
];
const PART: &[&str] = &["of", "keys", "text", "split", "after", "until", "when", "unless"];
const SPREAD: &[&str] = &["from", "as"];
const CONSENT: &[&str] = &["field", "denied", "told"];
const RETIRED: &[&str] = &["what", "hint"];
const BODIES: &[(&str, Body)] =
    &[("form", Body::Form), ("lines", Body::Lines), ("json", Body::Json), ("path", Body::Path)];
const NAMED_BY: &[(&str, bool)] = &[("name", false), ("category", true)];
const GLOB: &str = "`*` stands for any text: `G-*`";

/// Reads a tag from a file of its own.
///
/// # Errors
/// All its mistakes.
pub fn parse(source: SourceFile) -> Result<Tag, Mistakes> {
    let mut checker = Checker::new(&source);
    let tag = yaml::parse(&source, &mut checker.mistakes).and_then(|tree| read(&mut checker, &tree));
    Mistakes::check(&source, checker.mistakes)?;
    tag.ok_or_else(|| Mistakes {
        source: source.clone(),
        list: vec![Mistake {
            span: yaml::place(&source.text, 0),
            message: "not a tag file".into(),
            label: format!("expected `format: {FORMAT}`"),
            help: None,
        }],
    })
}

/// Reads a tag.
pub fn read(checker: &mut Checker<'_>, tree: &Node) -> Option<Tag> {
    let top = checker.fields(tree, "a tag file", KEYS)?;
    if let Some(node) = top.require(checker, "format")
        && node.as_str() != Some(FORMAT)
    {
        let label = format!("expected `{FORMAT}`");
        checker.report(node.span, "not the format of a tag file", label, format!("write `format: {FORMAT}`"));
    }
    let text = |checker: &mut Checker<'_>, key: &'static str| {
        top.require(checker, key).and_then(|node| checker.text(node, &format!("`{key}`"))).map(str::to_owned)
    };
    let (id, title) = (text(checker, "tag"), text(checker, "title"));
    let optional = |checker: &mut Checker<'_>, key: &'static str| {
        top.get(key).and_then(|node| checker.text(node, &format!("`{key}`"))).map(str::to_owned)
    };
    let [addresses, anywhere, shared, scripts] =
        ["addresses", "anywhere", "shared", "scripts"].map(|key| addresses(checker, &top, key));
    let layer = optional(checker, "layer");
    let ways = top.get("hits").map(|node| ways(checker, node)).unwrap_or_default();
    if layer.is_none() {
        top.require(checker, "hits");
    }
    if layer.is_none() && addresses.is_empty() && anywhere.is_empty() && top.get("addresses").is_none() {
        top.require(checker, "addresses");
    }
    let tag = Tag {
        id: id.clone().unwrap_or_default(),
        title: title.clone().unwrap_or_default(),
        sources: texts(checker, &top, "sources"),
        addresses,
        anywhere,
        shared,
        scripts,
        endpoint: optional(checker, "endpoint").unwrap_or_else(|| "/*".to_owned()),
        own_server: top.get("own_server").and_then(|node| checker.boolean(node, "`own_server`")).unwrap_or(false),
        by_category: top.get("named_by").and_then(|node| checker.choice(node, "`named_by`", NAMED_BY)).unwrap_or(false),
        consent: top.get("consent").and_then(|node| consent(checker, node)),
        retired: top.get("retired").and_then(|node| retired(checker, node)),
        personal: texts(checker, &top, "personal"),
        layer,
        ways,
    };
    id.and(title).map(|_| tag)
}

fn texts(checker: &mut Checker<'_>, fields: &Fields<'_>, key: &'static str) -> Vec<String> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let what = format!("`{key}`");
    checker.one_or_many(node).iter().filter_map(|item| checker.text(item, &what).map(str::to_owned)).collect()
}

fn addresses(checker: &mut Checker<'_>, fields: &Fields<'_>, key: &'static str) -> Vec<Address> {
    let what = format!("`{key}`");
    each(checker, fields, key, |checker, node| {
        let text = checker.text(node, &what)?;
        fine(checker, node, Address::parse(text), "an address, `*` for any part")
    })
}

fn each<T>(
    checker: &mut Checker<'_>,
    fields: &Fields<'_>,
    key: &'static str,
    read: impl Fn(&mut Checker<'_>, &Node) -> Option<T>,
) -> Vec<T> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    checker.one_or_many(node).iter().filter_map(|item| read(checker, item)).collect()
}

/// What was read; else why it couldn't be is noted.
fn fine<T>(checker: &mut Checker<'_>, node: &Node, read: Result<T, String>, expected: &str) -> Option<T> {
    let wrong = node.as_str().unwrap_or_default().to_owned();
    read.map_err(|help| {
        checker.report(node.span, format!("`{wrong}` can't be used"), format!("expected {expected}"), help)
    })
    .ok()
}

fn place(checker: &mut Checker<'_>, node: &Node) -> Option<Place> {
    let text = checker.text(node, "a place")?;
    fine(checker, node, Place::parse(text), "a place in a hit")
}

fn consent(checker: &mut Checker<'_>, node: &Node) -> Option<Consent> {
    let fields = checker.fields(node, "`consent`", CONSENT)?;
    let field = fields.require(checker, "field").and_then(|node| place(checker, node));
    let told = fields.get("told").and_then(|node| checker.text(node, "`told`"));
    Some(Consent {
        field: field?,
        denied: texts(checker, &fields, "denied"),
        told: told.unwrap_or("the page tells it that the visitor hasn't agreed").to_owned(),
    })
}

fn retired(checker: &mut Checker<'_>, node: &Node) -> Option<Retired> {
    let fields = checker.fields(node, "`retired`", RETIRED)?;
    let [what, hint] = RETIRED else { return None };
    let mut text = |key: &'static str| {
        fields.require(checker, key).and_then(|node| checker.text(node, &format!("`{key}`"))).map(str::to_owned)
    };
    let (what, hint) = (text(what), text(hint));
    Some(Retired { what: what?, hint: hint? })
}

fn ways(checker: &mut Checker<'_>, node: &Node) -> Vec<Way> {
    let all: Vec<Way> = checker.one_or_many(node).iter().filter_map(|item| way(checker, item)).collect();
    if matches!(&node.value, Value::Seq(items) if items.is_empty()) {
        checker.report(node.span, "no hits", "expected at least one form of them", "add `- { name: ... }`");
    }
    all
}

fn way(checker: &mut Checker<'_>, node: &Node) -> Option<Way> {
    let fields = checker.fields(node, "a form of hits", WAY)?;
    if let (Some(_), Some(both)) = (fields.get("name"), fields.entry("names")) {
        checker.report(
            both.key.span,
            "`name` and `names` exclude each other",
            "`name` is the first that is there, `names` are all",
            "keep one of the two",
        );
    }
    let body = fields.get("body").and_then(|node| checker.choice(node, "`body`", BODIES)).unwrap_or_default();
    for key in ["in", "each"] {
        if let (Some(entry), false) = (fields.entry(key), body == Body::Json) {
            let help = "add `body: json`";
            checker.report(entry.key.span, format!("`{key}` is about JSON"), "there is none in this body", help);
        }
    }
    let all_names = fields.get("names").is_some();
    let lists = each(checker, &fields, "each", |checker, node| {
        let text = checker.text(node, "`each`")?;
        fine(checker, node, Each::parse(text), "the path of a list")
    });
    Some(Way {
        methods: texts(checker, &fields, "methods"),
        urls: addresses(checker, &fields, "urls"),
        body,
        inside: texts(checker, &fields, "in"),
        each: lists,
        wrapped: pairs(checker, &fields, "wrapped"),
        contexts: pairs(checker, &fields, "contexts"),
        when: fields.get("when").map(|node| conditions(checker, node)).unwrap_or_default(),
        names: [parts(checker, &fields, "name"), parts(checker, &fields, "names")].concat(),
        all_names,
        otherwise: parts(checker, &fields, "otherwise"),
        property: parts(checker, &fields, "property"),
        user: parts(checker, &fields, "user"),
        fields: each(checker, &fields, "fields", spread),
        keep: each(checker, &fields, "keep", place),
        rename: pairs(checker, &fields, "rename"),
        numbers: texts(checker, &fields, "numbers"),
    })
}

fn pairs(checker: &mut Checker<'_>, fields: &Fields<'_>, key: &'static str) -> Vec<(String, String)> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let what = format!("`{key}`");
    let entries = checker.entries(node, &what).unwrap_or_default();
    let text =
        |Entry { key, value }: &Entry| Some((key.text.clone(), checker.text_or_number(value, &what)?.to_owned()));
    entries.iter().filter_map(text).collect()
}

fn conditions(checker: &mut Checker<'_>, node: &Node) -> Vec<(Place, String)> {
    let mut all = Vec::new();
    for Entry { key, value } in checker.entries(node, "`when`").unwrap_or_default() {
        let glob = checker.text_or_number(value, "what stands there").map(str::to_owned);
        match Place::parse(&key.text) {
            Ok(place) => all.extend(glob.map(|glob| (place, glob))),
            Err(help) => {
                checker.report(key.span, format!("`{}` can't be used", key.text), "expected a place in a hit", help);
            }
        }
    }
    if matches!(&node.value, Value::Map(entries) if entries.is_empty()) {
        checker.report(node.span, "`when` demands nothing", "expected `PLACE: GLOB`", GLOB);
    }
    all
}

fn parts(checker: &mut Checker<'_>, fields: &Fields<'_>, key: &'static str) -> Vec<Part> {
    each(checker, fields, key, part)
}

fn part(checker: &mut Checker<'_>, node: &Node) -> Option<Part> {
    const EXPECTED: &str = "a place such as `properties.token`, or a text such as `{category}/{action}`";
    let Value::Map(_) = &node.value else {
        let text = checker.text(node, "what is sent")?;
        return fine(checker, node, Part::parse(text), EXPECTED);
    };
    let fields = checker.fields(node, "what is sent", PART)?;
    let given: Vec<&'static str> = ["of", "keys", "text"].into_iter().filter(|key| fields.get(key).is_some()).collect();
    let [key] = given.as_slice() else {
        let words = list(&["of", "keys", "text"]);
        let label = format!("expected one of {words}");
        let help = format!(
            "`of` is a place, `keys` are an object's, `text` stands for itself; a place may begin with {}",
            list(HEADS)
        );
        checker.report(fields.first_key(), "it isn't clear what is sent", label, help);
        return None;
    };
    let inner = fields.get(key)?;
    let text = checker.text(inner, &format!("`{key}`"))?;
    let mut part = match *key {
        "of" => fine(checker, inner, Part::parse(text), EXPECTED)?,
        "keys" => fine(checker, inner, Part::keys(text), "the place of an object, and a glob for its keys")?,
        _ => Part::plain(text),
    };
    // A comma, say, which is no word.
    let sign = |checker: &mut Checker<'_>, key: &'static str| {
        fields.get(key).and_then(|node| checker.text(node, &format!("`{key}`"))).map(str::to_owned)
    };
    part.split = sign(checker, "split");
    part.after = sign(checker, "after");
    part.until = texts(checker, &fields, "until");
    part.when = fields.get("when").map(|node| conditions(checker, node)).unwrap_or_default();
    part.unless = each(checker, &fields, "unless", place);
    Some(part)
}

fn spread(checker: &mut Checker<'_>, node: &Node) -> Option<Spread> {
    let Value::Map(_) = &node.value else {
        return Some(Spread { from: place(checker, node)?, prefix: None });
    };
    let fields = checker.fields(node, "what are fields", SPREAD)?;
    let from = fields.require(checker, "from").and_then(|node| place(checker, node));
    let prefix = fields.get("as").and_then(|node| checker.text(node, "`as`")).map(str::to_owned);
    Some(Spread { from: from?, prefix })
}
