//! YAML tree -> [`Baseline`], all mistakes at once.

use time::Date;
use time::macros::format_description;

use super::{Baseline, Entry};
use crate::source::globs::{self, Names, Pattern};
use crate::source::read::Checker;
use crate::source::yaml::{self, Node, Value};
use crate::source::{Mistakes, SourceFile};

/// The keys of an entry.
pub(super) const ENTRY: &[&str] = &["requirement", "journey", "browser", "reason", "until", "ticket"];

/// What a baseline can name.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// All requirement ids, the spec's and the site file's own.
    pub requirements: Vec<String>,
    /// Constants, for "did you mean".
    pub constants: Vec<String>,
    /// The site file's journeys.
    pub journeys: Vec<String>,
    /// The browsers that there are.
    pub browsers: Vec<String>,
}

/// Parses a baseline. `Err` has all its mistakes, never just the first. A file without entries is one.
pub fn parse(source: SourceFile, known: &Known) -> Result<Baseline, Mistakes> {
    let mut checker = Checker::new(&source);
    let tree = yaml::parse(&source, &mut checker.mistakes);
    let entries = tree.as_ref().map(|tree| read(&mut checker, tree, known)).unwrap_or_default();
    Mistakes::check(&source, checker.mistakes)?;
    Ok(Baseline { source, entries })
}

fn read(checker: &mut Checker<'_>, tree: &Node, known: &Known) -> Vec<Entry> {
    match &tree.value {
        Value::Null => Vec::new(),
        Value::Seq(items) => items.iter().filter_map(|item| entry(checker, item, known)).collect(),
        _ => {
            checker.wrong_type(tree, "a file of known failures", "a list (`- requirement: ...`)");
            Vec::new()
        }
    }
}

fn entry(checker: &mut Checker<'_>, node: &Node, known: &Known) -> Option<Entry> {
    let fields = checker.fields(node, "a known failure", ENTRY)?;
    let names = |noun, all, parts, example, otherwise| Names { noun, all, parts, example, otherwise };
    let requirements = names(
        "requirement",
        &known.requirements,
        &known.constants,
        "event.*.payload.agentName",
        "ids begin with `ready.`, `api.`, `constant.`, `event.`, `site.`, `consistency.`, `order.`, `exclusive.`, \
         `implies.`, `same.`, `handler.`, `handlers.`, `coverage.` or `forward.`: a report names them",
    );
    let all = format!("the journeys are {}", crate::source::nearest::list(&known.journeys));
    let journeys = names("journey", &known.journeys, &[], "live-*", &all);
    let all = format!("the browsers are {}", crate::source::nearest::list(&known.browsers));
    let browsers = names("browser", &known.browsers, &[], "firefox", &all);

    let requirement =
        fields.require(checker, "requirement").and_then(|node| patterns(checker, node, "`requirement`", &requirements));
    // `None` for a key that isn't there, `Some(None)` for one whose value can't be used.
    let journey = fields.get("journey").map(|node| patterns(checker, node, "`journey`", &journeys));
    let browser = fields.get("browser").map(|node| patterns(checker, node, "`browser`", &browsers));
    let reason = fields.require(checker, "reason").and_then(|node| checker.text(node, "`reason`"));
    let until = fields.get("until").map(|node| date(checker, node));
    let ticket = fields.get("ticket").map(|node| ticket(checker, node));
    Some(Entry {
        requirement: requirement?,
        journey: optional(journey)?,
        browser: optional(browser)?,
        reason: reason?.trim().to_owned(),
        until: optional(until)?,
        ticket: optional(ticket)?,
        span: fields.first_key(),
    })
}

/// Lets through what isn't there, and what is there and right.
#[allow(clippy::option_option)]
fn optional<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        Some(None) => None,
        Some(Some(value)) => Some(Some(value)),
        None => Some(None),
    }
}

/// A glob or a list of them.
fn patterns(checker: &mut Checker<'_>, node: &Node, what: &str, names: &Names<'_>) -> Option<Vec<Pattern>> {
    let items = checker.one_or_many(node);
    if items.is_empty() {
        checker.report(node.span, format!("{what} is empty"), "expected a glob", format!("write `{}`", names.example));
        return None;
    }
    let mut out = Vec::new();
    for item in items {
        let text = checker.text(item, what);
        out.push(text.and_then(|text| globs::read(checker, item.span, text, names)));
    }
    out.into_iter().collect()
}

fn date(checker: &mut Checker<'_>, node: &Node) -> Option<Date> {
    let text = match &node.value {
        Value::String(text) => text.as_str(),
        _ => {
            checker.wrong_type(node, "`until`", "a date such as `2027-01-31`");
            return None;
        }
    };
    let parsed = Date::parse(text.trim(), format_description!("[year]-[month]-[day]"));
    if parsed.is_err() {
        checker.report(
            node.span,
            format!("`until` can't be `{text}`"),
            "expected a day of the calendar",
            "write year, month and day: `2027-01-31`",
        );
    }
    parsed.ok()
}

/// Trackers number their tickets, so a number is one too.
fn ticket(checker: &mut Checker<'_>, node: &Node) -> Option<String> {
    match &node.value {
        Value::Int(_) => Some(checker.raw(node.span).to_owned()),
        _ => checker.text(node, "`ticket`").map(|text| text.trim().to_owned()),
    }
}
