//! The site file's top: what is tested, by whom, with which exceptions.
//!
//! Boundary: YAML tree -> [`Site`], all mistakes at once. Steps are read in `steps.rs`, `fires` in `expect.rs`. What
//! the spec documents comes in as plain lists of names, [`Known`].

use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;

use super::browsers;
use super::forwards;
use super::forwards_parse;
use super::include;
use super::levels;
use super::names::ShortNames;
use super::net;
use super::reuse;
use super::route;
use super::states;
use super::steps;
use super::template::Template;
use super::visitors_parse;
use super::whenever;
use super::{Actor, Journey, NotApplicable, Site, Timeouts, VISITOR};
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{self, Entry, Node, Value};
use crate::source::{Call, Mistakes, SourceFile, Span};

/// What a spec documents, as far as a site file can name it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The constants, in the spec's order.
    pub constants: Vec<String>,
    /// The documented payload fields of each constant.
    pub payload_fields: IndexMap<String, Vec<String>>,
    /// All requirement ids, for globs in `levels`.
    pub requirements: Vec<String>,
}

pub(super) const TOP: &[&str] = &[
    "include",
    "spec",
    "base_url",
    "browsers",
    "visitors",
    "actors",
    "names",
    "steps",
    "not_applicable",
    "levels",
    "forwards",
    "defaults",
    "viewport",
    "whenever",
    "headers",
    "logins",
    "block",
    "stub",
    "hosts",
    "proxy",
    "accept_insecure_certs",
    "watch_handlers",
    "journeys",
    "x-",
];
pub(super) const ACTOR: &[&str] = &["url", "observe", "is"];
pub(super) const TIMEOUTS: &[&str] = &["within", "timeout", "load", "settle"];
pub(super) const VIEWPORT: &[&str] = &["width", "height"];
pub(super) const JOURNEY: &[&str] =
    &["title", "visitors", "save_state", "clock", "callbacks", "whenever", "defaults", "each", "steps"];
/// A journey's clocks: whether it is a virtual one.
const CLOCKS: &[(&str, bool)] = &[("real", false), ("virtual", true)];
/// What chatproof's own callbacks do in a journey: whether one of them throws.
const CALLBACKS: &[(&str, bool)] = &[("listen", false), ("throw", true)];

/// Which spec a site file names, and where: to be asked before [`parse`], which needs to know what that spec
/// documents. `None` if the file has no usable `spec`; [`parse`] says why.
pub fn spec_reference(source: &SourceFile) -> Option<(String, Span)> {
    let tree = include::tree(&mut Checker::new(source))?;
    let node = tree.get("spec")?;
    Some((node.as_str().filter(|text| !text.trim().is_empty())?.to_owned(), node.span))
}

/// Parses a site file. `Err` has all its mistakes, never just the first.
pub fn parse(source: SourceFile, known: &Known) -> Result<Site, Mistakes> {
    let mut checker = Checker::new(&source);
    let tree = include::tree(&mut checker);
    let expanded = tree.as_ref().map(|tree| reuse::expand(&mut checker, tree));
    let site = expanded.and_then(|expanded| read(&mut checker, &expanded, known));
    Mistakes::check(&source, checker.mistakes)?;
    site.ok_or_else(|| Mistakes {
        source: source.clone(),
        // Unreachable as long as every reader notes why it gave up; still better said than panicked.
        list: vec![crate::source::Mistake {
            span: yaml::place(&source.text, 0),
            message: "not a site file".into(),
            label: "expected a site file".into(),
            help: None,
        }],
    })
}

fn read(checker: &mut Checker<'_>, expanded: &reuse::Expanded, known: &Known) -> Option<Site> {
    let top = checker.fields(&expanded.tree, "a site file", TOP)?;
    let spec =
        top.require(checker, "spec").and_then(|node| Some((checker.text(node, "`spec`")?.to_owned(), node.span)));
    let base_url = top.require(checker, "base_url").and_then(|node| base_url(checker, node));
    let browsers = top.get("browsers").map(|node| browsers::read(checker, node)).unwrap_or_default();
    let visitors = top.get("visitors").map(|node| visitors_parse::read(checker, node)).unwrap_or_default();
    let actors = top.get("actors").map(|node| actors(checker, node, top.get("visitors"))).unwrap_or_default();
    let mut names = ShortNames::read(checker, top.get("names"));
    let not_applicable = top.get("not_applicable").map(|node| not_applicable(checker, node, known)).unwrap_or_default();
    let mut forwards = top.get("forwards").map(|node| forwards_parse::read(checker, node, known)).unwrap_or_default();
    // What a site's own forwards demand can be weighed like what the vendor documents.
    let mut weighed = known.clone();
    weighed.requirements.extend(forwards::requirement_ids(&forwards).iter().map(ToString::to_string));
    let levels = top.get("levels").map(|node| levels::read(checker, node, &weighed)).unwrap_or_default();
    let defaults = top.get("defaults").map(|node| timeouts(checker, node)).unwrap_or_default();
    let viewport = top.get("viewport").and_then(|node| viewport(checker, node));
    let accept_insecure_certs = top
        .get("accept_insecure_certs")
        .and_then(|node| checker.boolean(node, "`accept_insecure_certs`"))
        .unwrap_or(false);
    let watch_handlers =
        top.get("watch_handlers").and_then(|node| checker.boolean(node, "`watch_handlers`")).unwrap_or(true);
    let [headers, logins, block, stub] = ["headers", "logins", "block", "stub"].map(|key| top.get(key));
    let net = net::read(checker, headers, logins, block, stub);
    let route = route::read(checker, top.get("proxy"), top.get("hosts"));
    let journeys_node = top.require(checker, "journeys");
    if let Some(span) = expanded.without_journeys {
        checker.report(span, "no journeys", "expected at least one journey", "add `NAME: { steps: [...] }`");
    }
    let all_actors = actor_names(top.get("actors"));
    let mut context = whenever::Context { known, names: &mut names, actors: &all_actors };
    let whenever = top.get("whenever").map(|node| whenever::read(checker, node, &mut context)).unwrap_or_default();
    let mut context = steps::Context {
        known,
        names: &mut names,
        actors: &all_actors,
        loaded: Vec::new(),
        virtual_clock: false,
        by: Vec::new(),
    };
    let mut journeys =
        journeys_node.map(|node| journeys(checker, node, &mut context, &actors, &expanded.by)).unwrap_or_default();
    for journey in journeys.values_mut() {
        let named = journeys_node.and_then(|all| all.get(&journey.name)?.get("visitors"));
        journey.visitors =
            named.map(|node| visitors_parse::names(checker, node, top.get("visitors"))).unwrap_or_default();
    }
    states::check(checker, &visitors, &actors, &journeys);
    contradictions(checker, &not_applicable, &journeys);
    if let Some(node) = top.get("forwards") {
        forwards_parse::check_names(checker, node, &mut forwards, &journeys);
    }

    let (spec, spec_span) = spec?;
    Some(Site {
        source: checker.source.clone(),
        spec,
        spec_span,
        base_url: base_url?,
        browsers,
        visitors,
        actors,
        not_applicable,
        levels,
        forwards,
        defaults,
        viewport,
        whenever,
        net,
        route,
        accept_insecure_certs,
        watch_handlers,
        journeys,
    })
}

/// A text with references; mistakes in them are noted where they stand.
pub(super) fn template(checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<Template> {
    let Some(text) = node.as_str() else {
        checker.wrong_type(node, what, "a text");
        return None;
    };
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(errors) => {
            for error in errors {
                let span = checker.part(node, error.range.start, error.range.end);
                checker.report(span, error.message, error.label, error.help);
            }
            None
        }
    }
}

/// An address that isn't blank.
pub(super) fn address(checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<Template> {
    checker.text(node, what)?;
    template(checker, node, what)
}

fn base_url(checker: &mut Checker<'_>, node: &Node) -> Option<Template> {
    let template = address(checker, node, "`base_url`")?;
    // One with references can be checked only when they are replaced.
    if !template.text.contains("${") {
        let problem = match url::Url::parse(&template.text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => None,
            Ok(url) => Some(format!("`{}:` addresses can't be tested", url.scheme())),
            Err(_) => Some(format!("`{}` is no address", template.text)),
        };
        if let Some(problem) = problem {
            let help = if template.text.contains(':') {
                "for example `https://staging.example.com`".to_owned()
            } else {
                format!("write `https://{}`", template.text.trim_start_matches('/'))
            };
            checker.report(node.span, problem, "expected an absolute http(s) address", help);
        }
    }
    Some(template)
}

fn actor_names(node: Option<&Node>) -> Vec<String> {
    let declared = match node.map(|node| &node.value) {
        Some(Value::Map(entries)) => entries.iter().map(|entry| entry.key.text.clone()).collect(),
        _ => Vec::new(),
    };
    std::iter::once(VISITOR.to_owned()).chain(declared.into_iter().filter(|name| name != VISITOR)).collect()
}

fn actors(checker: &mut Checker<'_>, node: &Node, visitors: Option<&Node>) -> IndexMap<String, Actor> {
    let mut actors = IndexMap::new();
    for Entry { key, value } in checker.entries(node, "`actors`").unwrap_or_default() {
        plain_name(checker, key.span, &key.text, "an actor");
        let visitor = key.text == VISITOR;
        let mut actor = Actor { url: None, observe: visitor, is: None, span: key.span };
        match &value.value {
            Value::Null => {}
            Value::String(_) => actor.url = address(checker, value, "an actor's address"),
            _ => {
                let Some(fields) = checker.fields(value, "an actor", ACTOR) else { continue };
                actor.url = fields.get("url").and_then(|node| address(checker, node, "`url`"));
                if let Some(node) = fields.get("is") {
                    actor.is = visitors_parse::name(checker, node, visitors);
                    if visitor {
                        checker.report(
                            node.span,
                            "who the visitor is, each journey says",
                            "can't stand here",
                            "write `visitors: [NAME]` in the journey",
                        );
                    }
                }
                if let Some(node) = fields.get("observe") {
                    let observe = checker.boolean(node, "`observe`").unwrap_or(actor.observe);
                    if visitor && !observe {
                        checker.report(
                            node.span,
                            "the visitor is always observed",
                            "can't be `false` here",
                            "leave it out, or let another actor do these steps",
                        );
                    }
                    actor.observe = observe || visitor;
                }
            }
        }
        actors.insert(key.text.clone(), actor);
    }
    actors
}

/// A name that stands in reports, file names and on command lines.
pub(super) fn plain_name(checker: &mut Checker<'_>, span: Span, name: &str, what: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let fits = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain);
    if !fits {
        let slug: String = name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
        let slug = slug.trim_matches(['-', '.', '_']);
        let help = if slug.is_empty() {
            "for example `live-chat`".to_owned()
        } else {
            format!("write `{slug}`, and the rest as `title`")
        };
        checker.report(
            span,
            format!("{what} can't be named `{name}`"),
            "expected letters, digits, `-`, `_` or `.`",
            help,
        );
    }
    fits
}

fn not_applicable(checker: &mut Checker<'_>, node: &Node, known: &Known) -> IndexMap<String, NotApplicable> {
    let mut all = IndexMap::new();
    if let Value::Seq(items) = &node.value {
        let first = items.iter().find_map(Node::as_str).unwrap_or("EVENT");
        checker.report(
            node.span,
            "`not_applicable` must say a reason for each event",
            "expected a map of event to reason",
            format!("write each as `{first}: the reason`"),
        );
        return all;
    }
    for Entry { key, value } in checker.entries(node, "`not_applicable`").unwrap_or_default() {
        let is_known = known.constants.contains(&key.text);
        if !is_known {
            checker.unknown(key.span, "event", &key.text, known.constants.iter().map(String::as_str));
        }
        if value.value == Value::Null {
            checker.report(
                key.span,
                format!("no reason why `{}` isn't applicable", key.text),
                "expected a reason behind it",
                "say it in a few words: reports show it",
            );
        } else if let (Some(reason), true) = (checker.text(value, "the reason"), is_known) {
            all.insert(key.text.clone(), NotApplicable { reason: reason.trim().to_owned(), span: key.span });
        }
    }
    all
}

/// An event can't both be caused by a journey and be one that the site never causes.
fn contradictions(
    checker: &mut Checker<'_>,
    not_applicable: &IndexMap<String, NotApplicable>,
    journeys: &IndexMap<String, Journey>,
) {
    for (constant, entry) in not_applicable {
        let fired = journeys.values().find_map(|journey| {
            let step =
                journey.steps.iter().find(|step| step.fires.iter().any(|expected| expected.constant == *constant));
            step.map(|step| (journey, step))
        });
        if let Some((journey, step)) = fired {
            checker.report(
                entry.span,
                format!("`{constant}` is not applicable, but a journey fires it"),
                format!("fired by `{}` in {}", journey.name, checker.source.line(step.span)),
                "take it out of `not_applicable`, or out of the step's `fires`",
            );
        }
    }
}

/// Reads `defaults`.
fn timeouts(checker: &mut Checker<'_>, node: &Node) -> Timeouts {
    let Some(fields) = checker.fields(node, "`defaults`", TIMEOUTS) else { return Timeouts::default() };
    let mut one = |key| fields.get(key).and_then(|node| checker.duration(node, &format!("`{key}`")));
    Timeouts { within: one("within"), timeout: one("timeout"), load: one("load"), settle: one("settle") }
}

pub(super) fn viewport(checker: &mut Checker<'_>, node: &Node) -> Option<(u32, u32)> {
    const FORM: &str = "expected a width and a height in pixels";
    let (width, height) = match &node.value {
        Value::String(text) => {
            let sides = text.split_once(['x', 'X', '×']).map(|(w, h)| (w.trim().parse().ok(), h.trim().parse().ok()));
            let Some((Some(width), Some(height))) = sides else {
                checker.report(node.span, format!("`{text}` is no window size"), FORM, "write `1280x800`");
                return None;
            };
            (width, height)
        }
        Value::Map(_) => {
            let fields = checker.fields(node, "`viewport`", VIEWPORT)?;
            let mut side = |key| fields.require(checker, key).and_then(|node| checker.count(node, &format!("`{key}`")));
            let (width, height) = (side("width"), side("height"));
            (width?, height?)
        }
        _ => {
            checker.wrong_type(node, "`viewport`", "a size such as `1280x800`");
            return None;
        }
    };
    // Smaller ones no browser's window can have; larger ones no machine can paint.
    if !(200..=10_000).contains(&width) || !(200..=10_000).contains(&height) {
        checker.report(node.span, format!("no window is {width}x{height}"), FORM, "each side from 200 to 10000");
        return None;
    }
    Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?))
}

fn journeys(
    checker: &mut Checker<'_>,
    node: &Node,
    context: &mut steps::Context<'_, '_>,
    actors: &IndexMap<String, Actor>,
    by: &IndexMap<String, Vec<Vec<Call>>>,
) -> IndexMap<String, Journey> {
    let mut journeys = IndexMap::new();
    let entries = checker.entries(node, "`journeys`").unwrap_or_default();
    for Entry { key, value } in entries {
        plain_name(checker, key.span, &key.text, "a journey");
        let Some(fields) = checker.fields(value, "a journey", JOURNEY) else { continue };
        let title = fields.get("title").and_then(|node| checker.text(node, "`title`"));
        let timeouts = fields.get("defaults").map(|node| timeouts(checker, node)).unwrap_or_default();
        let save_state = fields.get("save_state").and_then(|node| {
            let name = checker.text(node, "`save_state`")?.to_owned();
            plain_name(checker, node.span, &name, "a state");
            Some(states::StateName { name, span: node.span })
        });
        let clock = fields.get("clock").and_then(|node| checker.choice(node, "`clock`", CLOCKS));
        let virtual_clock = clock.unwrap_or(false);
        context.virtual_clock = virtual_clock;
        let throws =
            fields.get("callbacks").and_then(|node| checker.choice(node, "`callbacks`", CALLBACKS)).unwrap_or(false);
        let mut about = whenever::Context { known: context.known, names: context.names, actors: context.actors };
        let whenever = fields.get("whenever").map(|node| whenever::read(checker, node, &mut about)).unwrap_or_default();
        let Some(steps_node) = require_steps(checker, &fields, key.span) else { continue };
        context.loaded = actors.iter().filter(|(_, actor)| actor.url.is_some()).map(|(name, _)| name.clone()).collect();
        context.by = by.get(&key.text).cloned().unwrap_or_default();
        let steps = steps::read(checker, steps_node, context);
        journeys.insert(
            key.text.clone(),
            Journey {
                name: key.text.clone(),
                title: title.unwrap_or(&key.text).to_owned(),
                timeouts,
                visitors: Vec::new(),
                save_state,
                virtual_clock,
                throws,
                whenever,
                steps,
                span: key.span,
            },
        );
    }
    journeys
}

fn require_steps<'n>(checker: &mut Checker<'_>, fields: &Fields<'n>, journey: Span) -> Option<&'n Node> {
    let node = fields.require(checker, "steps")?;
    match &node.value {
        Value::Seq(items) if !items.is_empty() => Some(node),
        Value::Seq(_) | Value::Null => {
            checker.report(journey, "a journey without steps", "expected at least one step", "add `- open: /`");
            None
        }
        _ => {
            match &node.value {
                Value::Map(_) => checker.report(
                    node.span,
                    "`steps` must be a list of steps, not a map",
                    "expected `- ` before each step",
                    "begin each step with `- `, such as `- open: /`; what belongs to it stands below its verb",
                ),
                _ => checker.wrong_type(node, "`steps`", "a list of steps (`- open: /`)"),
            }
            None
        }
    }
}

/// The directory that a site file's relative paths begin at: its own.
pub fn directory(source: &SourceFile) -> Option<&Path> {
    Path::new(&source.name).parent().filter(|path| !path.as_os_str().is_empty())
}

/// A duration at a key, if it is there.
pub(super) fn duration(checker: &mut Checker<'_>, fields: &Fields<'_>, key: &'static str) -> Option<Duration> {
    fields.get(key).and_then(|node| checker.duration(node, &format!("`{key}`")))
}
