//! Steps: one verb each, with what the verb needs and what every step may have.
//!
//! Boundary: YAML tree -> [`Step`]s.

use super::locator::{Part, css_kind};
use super::names::ShortNames;
use super::parse::{Known, address, duration, template};
use super::reference::{KEYS, STEP_KEYS, VERB_NAMES};
use super::template::{Piece, Template};
use super::{Act, Answer, Keys, ScrollTo, Step, Target, VISITOR, download, expect, gestures, keys, narrowed, popup};
use crate::source::Call;
use crate::source::nearest::{list, nearest};
use crate::source::read::{Checker, Fields};
use crate::source::yaml::{Node, Value};

/// What steps may refer to.
pub(super) struct Context<'c, 'a> {
    /// What the spec documents.
    pub known: &'c Known,
    /// Short names.
    pub names: &'c mut ShortNames<'a>,
    /// Actors' names, the visitor's included.
    pub actors: &'a [String],
    /// Actors who have a page by now.
    pub loaded: Vec<String>,
    /// The journey has a virtual clock.
    pub virtual_clock: bool,
    /// By which `do` each of its steps came.
    pub by: Vec<Vec<Call>>,
}

/// Reads the steps of one journey.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node, context: &mut Context<'_, '_>) -> Vec<Step> {
    let Value::Seq(items) = &node.value else { return Vec::new() };
    items.iter().enumerate().filter_map(|(index, item)| step(checker, index, item, context)).collect()
}

fn step(checker: &mut Checker<'_>, index: usize, node: &Node, context: &mut Context<'_, '_>) -> Option<Step> {
    if let Some(verb) = node.as_str() {
        let help = match verb {
            "reload" | "back" | "close_page" => format!("write `{verb}: true`"),
            _ => "write `- open: /`, `- click: LOCATOR` and the like".to_owned(),
        };
        checker.report(node.span, "a step must be a map, not a text", "expected `VERB: ...`", help);
        return None;
    }
    let fields = checker.fields(node, "a step", &STEP_KEYS)?;
    if fields.get("do").is_some() {
        // Told as a mistake already; who knows who has a page by now.
        context.loaded.extend(context.actors.iter().cloned());
        return None;
    }
    let verb = verb(checker, &fields);
    let actor = match fields.get("as") {
        Some(node) => checker.text(node, "`as`").and_then(|name| {
            let known = context.actors.iter().any(|actor| actor == name);
            if !known {
                let near = nearest(name, context.actors.iter().map(String::as_str));
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "declare it above the journeys: `actors: {{ {name}: {{ url: ... }} }}`; known so far: {}",
                        list(context.actors)
                    ),
                };
                checker.report(node.span, format!("unknown actor `{name}`"), "no such actor", help);
            }
            known.then(|| name.to_owned())
        }),
        None => Some(VISITOR.to_owned()),
    };
    let act = verb.and_then(|verb| {
        strangers(checker, &fields, verb);
        let act = act(checker, &fields, verb, context);
        narrowed::read(checker, &fields, verb, act, context.names)
    });
    match (verb, &actor) {
        (Some(verb), Some(actor)) => has_page(checker, &fields, verb, actor, context),
        // Who knows what it was to do: perhaps open a page.
        (None, Some(actor)) => context.loaded.push(actor.clone()),
        _ => {}
    }
    let fires =
        fields.get("fires").map(|node| expect::read(checker, node, "`fires`", context.known)).unwrap_or_default();
    let may_fire =
        fields.get("may_fire").map(|node| expect::read(checker, node, "`may_fire`", context.known)).unwrap_or_default();
    for expected in &may_fire {
        if fires.iter().any(|other| other.constant == expected.constant) {
            checker.report(
                expected.span,
                format!("`{}` must fire and may fire", expected.constant),
                "already in `fires`",
                "leave it in one of the two",
            );
        }
    }
    let within = duration(checker, &fields, "within");
    let timeout = duration(checker, &fields, "timeout");
    let optional = fields.get("optional").and_then(|node| checker.boolean(node, "`optional`")).unwrap_or(false);
    let answer = fields.get("answer").map(|node| answer(checker, node));
    let popup = popup::read(checker, &fields, verb);
    let name = fields.get("name").and_then(|node| checker.text(node, "`name`")).map(str::to_owned);
    let span = fields.first_key();
    Some(Step {
        index,
        act: act?,
        actor: actor?,
        name,
        fires,
        may_fire,
        within,
        timeout,
        answer: answer.flatten(),
        optional,
        popup: popup.ok()?,
        span,
        by: context.by.get(index).cloned().unwrap_or_default(),
    })
}

/// `accept`, `dismiss`, `{ prompt: TEXT }` or `{ user: NAME, password: TEXT }`.
fn answer(checker: &mut Checker<'_>, node: &Node) -> Option<Answer> {
    if matches!(node.value, Value::Map(_)) {
        let fields = checker.fields(node, "`answer`", &["prompt", "user", "password"])?;
        if fields.get("user").is_some() || fields.get("password").is_some() {
            if let Some(entry) = fields.entry("prompt") {
                let help = "a step answers with a text or with a login, not with both";
                checker.report(entry.key.span, "`prompt` beside a login", "one too many", help);
            }
            let user = fields.require(checker, "user").and_then(|node| typed(checker, node, "`user`"));
            let password = fields.require(checker, "password").and_then(|node| typed(checker, node, "`password`"));
            return Some(Answer::SignIn { user: user?, password: password? });
        }
        let text = fields.require(checker, "prompt").and_then(|node| typed(checker, node, "`prompt`"));
        return text.map(Answer::Prompt);
    }
    if node.as_str() == Some("prompt") {
        let help = "write `answer: { prompt: TEXT }`, or `accept` to keep what it suggests";
        checker.report(node.span, "`prompt` needs a text", "expected the text to type", help);
        return None;
    }
    let accepts = checker.choice(node, "`answer`", &[("accept", true), ("dismiss", false)])?;
    Some(if accepts { Answer::Accept } else { Answer::Dismiss })
}

/// The one verb of a step.
fn verb(checker: &mut Checker<'_>, fields: &Fields<'_>) -> Option<&'static str> {
    let mut verbs: Vec<&'static str> = VERB_NAMES.iter().copied().filter(|verb| fields.get(verb).is_some()).collect();
    // `press` also belongs to `fill`: keys to press when the text is in.
    if verbs.contains(&"fill") {
        verbs.retain(|verb| *verb != "press");
    }
    match verbs.as_slice() {
        [verb] => Some(verb),
        // A slip in the verb was told as an unknown key already.
        [] if fields.unknown().next().is_some() => None,
        [] => {
            checker.report(
                fields.first_key(),
                "a step without a verb",
                "expected one verb in this step",
                format!("verbs: {}", list(&VERB_NAMES)),
            );
            None
        }
        [first, rest @ ..] => {
            for verb in rest {
                let span = fields.entry(verb).map_or(fields.span, |entry| entry.key.span);
                checker.report(
                    span,
                    format!("a step with two verbs, `{first}` and `{verb}`"),
                    "a second verb",
                    format!("make a step of its own: `- {verb}: ...`"),
                );
            }
            None
        }
    }
}

/// Keys that belong to another verb.
fn strangers(checker: &mut Checker<'_>, fields: &Fields<'_>, verb: &str) {
    for (key, owner) in KEYS.iter().filter_map(|key| Some((key.name, key.of?))) {
        if verb != owner
            && let Some(entry) = fields.entry(key)
        {
            checker.report(
                entry.key.span,
                format!("`{key}` doesn't belong to `{verb}`"),
                format!("belongs to `{owner}`"),
                "leave it out",
            );
        }
    }
}

/// Nothing can be clicked before a page was opened.
fn has_page(checker: &mut Checker<'_>, fields: &Fields<'_>, verb: &str, actor: &str, context: &mut Context<'_, '_>) {
    let loaded = context.loaded.iter().any(|name| name == actor);
    if loaded || matches!(verb, "pause" | "advance") {
        return;
    }
    // `eval` may navigate.
    if verb != "open" && verb != "eval" {
        let help = if actor == VISITOR {
            "begin with `- open: /`".to_owned()
        } else {
            format!("give `{actor}` a `url`, or begin with `- open: ...` and `as: {actor}`")
        };
        checker.report(fields.first_key(), format!("`{actor}` has no page yet"), "expected `open` before this", help);
    }
    // Told once.
    context.loaded.push(actor.to_owned());
}

fn act(
    checker: &mut Checker<'_>,
    fields: &Fields<'_>,
    verb: &'static str,
    context: &mut Context<'_, '_>,
) -> Option<Act> {
    let node = fields.get(verb)?;
    match verb {
        "open" => address(checker, node, "`open`").map(Act::Open),
        "reload" => bare(checker, node, verb).then_some(Act::Reload),
        "back" => bare(checker, node, verb).then_some(Act::Back),
        "close_page" => bare(checker, node, verb).then_some(Act::ClosePage),
        "click" => context.names.target(checker, node, "`click`").map(Act::Click),
        verb if gestures::VERBS.contains(&verb) => {
            let target = context.names.target(checker, node, &format!("`{verb}`"));
            let gesture = gestures::read(checker, fields, verb, context);
            Some(Act::Gesture { target: target?, gesture: gesture? })
        }
        "hover" => context.names.target(checker, node, "`hover`").map(Act::Hover),
        "wait_for" => context.names.target(checker, node, "`wait_for`").map(Act::WaitFor),
        "wait_until_gone" => context.names.target(checker, node, "`wait_until_gone`").map(Act::WaitUntilGone),
        "pause" => checker.duration(node, "`pause`").map(Act::Pause),
        "advance" => {
            if !context.virtual_clock {
                checker.report(
                    fields.entry(verb).map_or(node.span, |entry| entry.key.span),
                    "`advance` needs a virtual clock",
                    "this journey's time is real",
                    "write `clock: virtual` above its `steps`",
                );
            }
            if let Some(entry) = fields.entry("as") {
                checker.report(
                    entry.key.span,
                    "`advance` is nobody's act",
                    "time passes for everybody",
                    "leave `as` out",
                );
            }
            checker.duration(node, "`advance`").map(Act::Advance)
        }
        "eval" => address(checker, node, "`eval`").map(Act::Eval),
        "fill" => {
            let target = context.names.target(checker, node, "`fill`");
            if fields.get("with").is_none() && fields.unknown().next().is_none() {
                checker.report(
                    fields.first_key(),
                    "`fill` lacks `with`",
                    "expected the text to fill in beside this",
                    "add below it `with: TEXT`",
                );
                return None;
            }
            let with = fields.require(checker, "with").and_then(|node| typed(checker, node, "`with`"));
            if let (Some(target), Some(with), Some(node)) = (&target, &with, fields.get("with")) {
                one_line(checker, target, with, node);
            }
            let press = fields.get("press").map(|node| keys(checker, node));
            let press = match press {
                Some(None) => return None,
                other => other.flatten(),
            };
            Some(Act::Fill { target: target?, with: with?, press })
        }
        "press" => {
            let keys = keys(checker, node);
            let on = fields.get("on").map(|node| context.names.target(checker, node, "`on`"));
            let on = match on {
                Some(None) => return None,
                other => other.flatten(),
            };
            Some(Act::Press { keys: keys?, on })
        }
        "select" => {
            let target = context.names.target(checker, node, "`select`");
            let options = fields.require(checker, "option").map(|node| options(checker, node));
            Some(Act::Select { target: target?, options: options? })
        }
        "upload" => {
            let target = context.names.target(checker, node, "`upload`");
            let files = fields.require(checker, "files").map(|node| files(checker, node));
            Some(Act::Upload { target: target?, files: files? })
        }
        "download" => {
            let target = context.names.target(checker, node, "`download`");
            let file = download::read(checker, fields);
            Some(Act::Download { target: target?, file: file? })
        }
        "scroll" => {
            let to = scroll(checker, node, context);
            let Some(until) = fields.get("until") else { return to.map(Act::Scroll) };
            let seen = context.names.target(checker, until, "`until`");
            match to? {
                ScrollTo::Element(list) => Some(Act::Scroll(ScrollTo::Until { list, seen: seen? })),
                _ => {
                    let help = "name the list that is scrolled, for example `role=list`; the page itself is `html`";
                    checker.report(node.span, "`until` needs a list", "expected a locator", help);
                    None
                }
            }
        }
        _ => None,
    }
}

/// A verb that needs nothing: `reload: true`.
fn bare(checker: &mut Checker<'_>, node: &Node, verb: &str) -> bool {
    let fits = node.value == Value::Bool(true);
    if !fits {
        checker.report(
            node.span,
            format!("`{verb}` takes `true` and nothing else"),
            "expected `true`",
            format!("write `{verb}: true`"),
        );
    }
    fits
}

pub(super) fn keys(checker: &mut Checker<'_>, node: &Node) -> Option<Keys> {
    let mut all: Option<Keys> = None;
    let mut fits = true;
    for item in checker.one_or_many(node) {
        // A digit is a key like any other, and needs no quotes for that.
        let digit = matches!(item.value, Value::Int(0..=9)).then(|| checker.raw(item.span));
        let Some(text) = digit.or(item.as_str()) else {
            checker.wrong_type(item, "`press`", "a text that names keys");
            fits = false;
            continue;
        };
        match keys::parse(text) {
            Ok(keys) => match &mut all {
                Some(all) => {
                    all.text = format!("{} {}", all.text, keys.text);
                    all.chords.extend(keys.chords);
                }
                None => all = Some(keys),
            },
            Err(errors) => {
                fits = false;
                for error in errors {
                    let span = checker.part(item, error.range.start, error.range.end);
                    checker.report(span, format!("unknown key `{}`", error.wrong), "expected a key's name", error.help);
                }
            }
        }
    }
    if all.is_none() && fits {
        checker.report(node.span, "no keys to press", "expected a key's name", "for example `Enter`");
    }
    all.filter(|_| fits)
}

/// An `input` has one line, and a browser drops what would make more of it. (Breaks at the end aren't typed.)
fn one_line(checker: &mut Checker<'_>, target: &Target, with: &Template, node: &Node) {
    let text: String = with.pieces.iter().map(|piece| if let Piece::Text(text) = piece { text } else { "x" }).collect();
    let lines = text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').split('\n').count();
    let input = target.locator.parts.iter().rev().find(|part| !matches!(part, Part::Nth { .. }));
    if lines > 1 && matches!(input, Some(Part::Css { selector }) if css_kind(selector) == Some("input")) {
        checker.report(
            node.span,
            format!("`with` has {lines} lines, but an `input` takes one"),
            "expected one line",
            "leave the line breaks out, or fill a `textarea`",
        );
    }
}

/// What is typed in or chosen: a text, or a number as it is written.
fn typed(checker: &mut Checker<'_>, node: &Node, what: &str) -> Option<Template> {
    match checker.text_or_number(node, what) {
        Some(_) if node.as_str().is_some() => template(checker, node, what),
        Some(number) => Some(Template::literal(number)),
        None => None,
    }
}

fn files(checker: &mut Checker<'_>, node: &Node) -> Vec<Template> {
    let nodes = checker.one_or_many(node);
    if nodes.is_empty() {
        checker.report(node.span, "no file to upload", "expected a path", "name one file or more");
    }
    nodes.iter().filter_map(|node| address(checker, node, "`files`")).collect()
}

fn options(checker: &mut Checker<'_>, node: &Node) -> Vec<Template> {
    let nodes = checker.one_or_many(node);
    if nodes.is_empty() {
        checker.report(node.span, "no option to choose", "expected a label or value", "name one option or more");
    }
    nodes.iter().filter_map(|node| typed(checker, node, "`option`")).collect()
}

fn scroll(checker: &mut Checker<'_>, node: &Node, context: &mut Context<'_, '_>) -> Option<ScrollTo> {
    if matches!(node.value, Value::Int(_) | Value::Float(_)) {
        let raw = checker.raw(node.span);
        checker.report(
            node.span,
            "`scroll` has no unit",
            "expected a share of the page, or a locator",
            format!("write `{raw}%`"),
        );
        return None;
    }
    let text = node.as_str().unwrap_or("").trim();
    match text {
        "top" => return Some(ScrollTo::Top),
        "bottom" => return Some(ScrollTo::Bottom),
        _ => {}
    }
    if let Some(number) = text.strip_suffix('%') {
        let share: Option<f64> = number.trim().parse().ok();
        let share = share.filter(|share| (0.0..=100.0).contains(share));
        if share.is_none() {
            checker.report(
                node.span,
                format!("`{text}` is no share of a page"),
                "expected `0%` to `100%`",
                "for example `50%`",
            );
        }
        return share.map(ScrollTo::Percent);
    }
    let near = nearest(text, ["top", "bottom"]).filter(|_| !text.contains(['.', '#', '=', ' ']));
    if let Some(near) = near
        && matches!(super::locator::Names::find(context.names, text), super::locator::Named::Unknown)
    {
        checker.report(
            node.span,
            format!("can't scroll to `{text}`"),
            "expected `top`, `bottom`, `50%` or a locator",
            format!("did you mean `{near}`?"),
        );
        return None;
    }
    context.names.target(checker, node, "`scroll`").map(ScrollTo::Element)
}
