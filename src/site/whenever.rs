//! `whenever`: what may come at any time (a newsletter box, a survey), and what is done about it.
//!
//! Boundary: YAML tree -> [`Whenever`]s. When it is looked for is the runner's business, what its events mean the judge's.

use std::time::Duration;

use super::names::ShortNames;
use super::parse::Known;
use super::steps::keys;
use super::{Expected, Keys, Target, VISITOR, expect};
use crate::source::Span;
use crate::source::nearest::{list, nearest};
use crate::source::read::Checker;
use crate::source::yaml::{Node, Value};

pub(super) const WHENEVER: &[&str] = &["see", "click", "press", "as", "at_most", "may_fire"];

/// How often one of them is done in a journey, unless it says so itself: what comes again each time would never end.
const AT_MOST: u64 = 10;
/// More than that is a page that can't be used.
const MOST: u64 = 1000;

/// What is done as soon as something can be seen.
#[derive(Debug, Clone)]
pub struct Whenever {
    /// What is looked for all the time.
    pub see: Target,
    /// What is done then.
    pub react: React,
    /// In whose window.
    pub actor: String,
    /// At most so often in a journey.
    pub at_most: u64,
    /// Events that it may cause: neither missing nor unexpected.
    pub may_fire: Vec<Expected>,
    /// Place.
    pub span: Span,
}

/// What is done about something that has come.
#[derive(Debug, Clone)]
pub enum React {
    /// `click: true`: it is clicked. `click: LOCATOR`: that is.
    Click(Option<Target>),
    /// `press`: keys to what has the focus.
    Press(Keys),
}

impl Whenever {
    /// How long after it was done the events may come that it causes.
    pub const WITHIN: Duration = Duration::from_secs(2);

    /// As reports say it, without values of the environment.
    pub fn describe(&self) -> String {
        let see = &self.see.text;
        match &self.react {
            React::Click(None) => format!("click {see}"),
            React::Click(Some(other)) => format!("click {} when {see} is there", other.text),
            React::Press(keys) => format!("press {} when {see} is there", keys.text),
        }
    }
}

/// What an entry may refer to.
pub(super) struct Context<'c, 'a> {
    pub known: &'c Known,
    pub names: &'c mut ShortNames<'a>,
    pub actors: &'a [String],
}

/// Reads `whenever`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node, context: &mut Context<'_, '_>) -> Vec<Whenever> {
    let Value::Seq(items) = &node.value else {
        checker.wrong_type(node, "`whenever`", "a list (`- { see: LOCATOR, click: true }`)");
        return Vec::new();
    };
    items.iter().filter_map(|item| one(checker, item, context)).collect()
}

fn one(checker: &mut Checker<'_>, node: &Node, context: &mut Context<'_, '_>) -> Option<Whenever> {
    let fields = checker.fields(node, "an entry of `whenever`", WHENEVER)?;
    let see = fields.require(checker, "see").and_then(|node| context.names.target(checker, node, "`see`"));
    let react = match (fields.entry("click"), fields.entry("press")) {
        (Some(_), Some(press)) => {
            checker.report(
                press.key.span,
                "`click` and `press` in one entry of `whenever`",
                "one too many",
                "leave one of the two",
            );
            None
        }
        (Some(click), None) => match &click.value.value {
            Value::Bool(true) => Some(React::Click(None)),
            Value::String(_) => {
                context.names.target(checker, &click.value, "`click`").map(|other| React::Click(Some(other)))
            }
            _ => {
                checker.wrong_type(&click.value, "`click`", "`true` or a locator");
                None
            }
        },
        (None, Some(press)) => keys(checker, &press.value).map(React::Press),
        (None, None) => {
            // A slip in the key was told already.
            if fields.unknown().next().is_none() {
                checker.report(
                    fields.first_key(),
                    "an entry of `whenever` without `click` or `press`",
                    "expected what to do about it",
                    "add `click: true`, `click: LOCATOR` or `press: Escape`",
                );
            }
            None
        }
    };
    let actor = match fields.get("as") {
        None => Some(VISITOR.to_owned()),
        Some(node) => checker.text(node, "`as`").and_then(|name| {
            if context.actors.iter().any(|actor| actor == name) {
                return Some(name.to_owned());
            }
            let help = match nearest(name, context.actors.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known so far: {}", list(context.actors)),
            };
            checker.report(node.span, format!("unknown actor `{name}`"), "no such actor", help);
            None
        }),
    };
    let at_most = match fields.get("at_most") {
        None => AT_MOST,
        Some(node) => {
            let count = checker.count(node, "`at_most`")?;
            if !(1..=MOST).contains(&count) {
                let help = "leave the entry out if it is never to be done";
                checker.report(node.span, format!("`at_most` can't be {count}"), format!("expected 1 to {MOST}"), help);
            }
            count
        }
    };
    let may_fire =
        fields.get("may_fire").map(|node| expect::read(checker, node, "`may_fire`", context.known)).unwrap_or_default();
    Some(Whenever { see: see?, react: react?, actor: actor?, at_most, may_fire, span: fields.first_key() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Site, parse};
    use crate::source::SourceFile;

    fn site(top: &str, journey: &str) -> Result<Site, String> {
        let text = format!(
            "spec: s\nbase_url: https://a.example\nactors: {{ agent: {{}} }}\nnames: {{ box: '#box' }}\n{top}journeys:\n  j:\n    {journey}steps: [{{ open: / }}]\n"
        );
        let known = Known { constants: vec!["A".into()], ..Known::default() };
        parse(SourceFile::new("s.yaml", text), &known).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn those_of_the_file_come_before_those_of_the_journey() {
        let site = site(
            "whenever:\n  - { see: box, click: true }\n  - { see: .survey, press: Escape, at_most: 2, as: agent }\n",
            "whenever: [{ see: .late, click: .late .close, may_fire: A }]\n    ",
        )
        .unwrap();
        let all: Vec<_> = site.whenever_in(&site.journeys["j"]).map(|one| (one.describe(), one.at_most)).collect();
        assert_eq!(
            all,
            [
                ("click box".to_owned(), 10),
                ("press Escape when .survey is there".to_owned(), 2),
                ("click .late .close when .late is there".to_owned(), 10)
            ]
        );
        let actors: Vec<_> = site.whenever.iter().map(|one| one.actor.as_str()).collect();
        assert_eq!(actors, ["visitor", "agent"]);
        assert_eq!(site.journeys["j"].whenever[0].may_fire[0].constant, "A");
    }

    #[test]
    fn every_slip_is_told_where_it_stands() {
        for (entry, told) in [
            ("{ click: true }", "lacks `see`"),
            ("{ see: box }", "without `click` or `press`"),
            ("{ see: box, clik: true }", "did you mean `click`?"),
            ("{ see: box, click: false }", "`true` or a locator"),
            ("{ see: box, click: true, press: Escape }", "one too many"),
            ("{ see: box, press: Escap }", "unknown key `Escap`"),
            ("{ see: box, click: true, as: agnet }", "did you mean `agent`?"),
            ("{ see: box, click: true, at_most: 0 }", "expected 1 to 1000"),
            ("{ see: box, click: true, may_fire: B }", "unknown event `B`"),
            ("{ see: 'role=', click: true }", "role"),
        ] {
            let said = site(&format!("whenever: [{entry}]\n"), "").expect_err(entry);
            assert!(said.contains(told), "{entry}: {said}");
        }
        assert!(site("whenever: { see: box, click: true }\n", "").unwrap_err().contains("a list"));
    }
}
