//! `browsers` in a site file: which browsers a run asks a grid for, each under a name of its own.
//!
//! Boundary: names and capabilities as they are written. Which of them chatproof itself needs to be otherwise is known
//! where sessions are asked for.

use serde_json::{Map, Value as Json};

use super::parse::{plain_name, template};
use super::template::{Piece, Template, Variables};
use crate::source::Span;
use crate::source::nearest::nearest;
use crate::source::read::Checker;
use crate::source::yaml::{Entry, Node, Value};

/// The capabilities that need no vendor's prefix (WebDriver, section "Capabilities") and are the user's to set.
pub const STANDARD: [&str; 6] =
    ["browserVersion", "platformName", "proxy", "setWindowRect", "timeouts", "strictFileInteractability"];

/// The browsers by the names that drivers give them, each with the name that people know it by. On a grid Chrome is what stands
/// for Chromium, too.
const PRODUCTS: [(&str, &str); 4] =
    [("firefox", "firefox"), ("chrome", "chromium"), ("chromium", "chromium"), ("MicrosoftEdge", "edge")];

/// A browser that a run may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Browser {
    /// Its name in reports and on the command line.
    pub name: String,
    /// Which browser it is: `firefox`, `chromium` or `edge`.
    pub brand: &'static str,
    /// What it must be besides; texts may have references.
    wanted: Map<String, Json>,
}

impl Browser {
    /// The capabilities to ask for.
    pub fn capabilities(&self, variables: &Variables) -> Map<String, Json> {
        self.wanted.iter().map(|(name, value)| (name.clone(), rendered(value, variables))).collect()
    }
}

fn rendered(value: &Json, variables: &Variables) -> Json {
    match value {
        Json::String(text) => {
            Json::String(Template::parse(text).map_or_else(|_| text.clone(), |template| template.render(variables)))
        }
        Json::Array(items) => items.iter().map(|item| rendered(item, variables)).collect(),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(name, value)| (name.clone(), rendered(value, variables))).collect())
        }
        other => other.clone(),
    }
}

/// Reads `browsers`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node) -> Vec<Browser> {
    let Value::Seq(items) = &node.value else {
        checker.wrong_type(node, "`browsers`", "a list");
        return Vec::new();
    };
    let mut all: Vec<Browser> = Vec::new();
    for item in items {
        let Some(browser) = one(checker, item) else { continue };
        if all.iter().any(|other| other.name == browser.name) {
            let span = item.get("name").map_or(item.span, |name| name.span);
            checker.report(
                span,
                format!("two browsers are named `{}`", browser.name),
                "expected a name of its own",
                "reports have a column for each name",
            );
            continue;
        }
        all.push(browser);
    }
    all
}

fn one(checker: &mut Checker<'_>, node: &Node) -> Option<Browser> {
    let entries = checker.entries(node, "a browser")?;
    let (mut name, mut brand, mut wanted) = (None, None, Map::new());
    for Entry { key, value } in entries {
        match key.text.as_str() {
            "name" => {
                name = checker
                    .text(value, "`name`")
                    .filter(|name| plain_name(checker, value.span, name, "a browser"))
                    .map(str::to_owned);
            }
            "browserName" => brand = checker.choice(value, "`browserName`", &PRODUCTS),
            "browserVersion" | "platformName" => {
                // A version that looks like a number is one to YAML, and a text to WebDriver.
                if let Some(text) = checker.text_or_number(value, &format!("`{}`", key.text)) {
                    wanted.insert(key.text.clone(), Json::String(text.to_owned()));
                }
                texts(checker, value);
            }
            other => {
                known(checker, key.span, other);
                texts(checker, value);
                wanted.insert(other.to_owned(), value.to_json());
            }
        }
    }
    for (key, help) in
        [("name", "its name in reports and for `--browser`"), ("browserName", "`firefox`, `chrome` or `MicrosoftEdge`")]
    {
        if node.get(key).is_none() {
            checker.report(node.span, format!("a browser without `{key}`"), format!("expected `{key}`"), help);
        }
    }
    Some(Browser { name: name?, brand: brand?, wanted })
}

/// A slip in a capability's name would be refused by the driver, or overlooked by the grid.
fn known(checker: &mut Checker<'_>, span: Span, name: &str) {
    if name.contains(':') || STANDARD.contains(&name) {
        return;
    }
    let help = match nearest(name, STANDARD.iter().copied().chain(["name", "browserName"])) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("a vendor's own have a prefix, such as `vendor:{name}`"),
    };
    checker.report(span, format!("`{name}` is no capability"), "expected one of WebDriver's, or a vendor's", help);
}

/// References in texts, wherever they stand. A session runs many journeys, so none of them can name it.
fn texts(checker: &mut Checker<'_>, node: &Node) {
    match &node.value {
        Value::String(text) => {
            let of_journey =
                template(checker, node, "a text").is_some_and(|read| read.pieces.contains(&Piece::Journey));
            if of_journey {
                let at = text.find("${journey}").unwrap_or(0);
                let span = checker.part(node, at, at + "${journey}".len());
                checker.report(
                    span,
                    "a browser runs many journeys",
                    "`${journey}` means nothing here",
                    "use `${run.id}` or `${env.NAME}`",
                );
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| texts(checker, item)),
        Value::Map(entries) => entries.iter().for_each(|entry| texts(checker, &entry.value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::site::{Known, Site, parse};
    use crate::source::SourceFile;

    fn site(browsers: &str) -> Result<Site, String> {
        let text = format!(
            "spec: s\nbase_url: https://a.example\nbrowsers:\n{browsers}journeys:\n  j: {{ steps: [{{ open: / }}] }}\n"
        );
        parse(SourceFile::new("s.yaml", text), &Known::default()).map_err(|mistakes| mistakes.to_string())
    }

    #[test]
    fn each_has_its_name_its_engine_and_what_it_must_be() {
        let text = "  - { name: old, browserName: firefox, browserVersion: 140, platformName: linux }\n  - name: phone\n    browserName: chrome\n    vendor:options: { key: '${env.KEY}', build: 'b ${run.id}', deep: [{ a: 1 }] }\n";
        let site = site(text).unwrap();
        let variables = Variables {
            env: BTreeMap::from([("KEY".to_owned(), "s3cret".to_owned())]),
            run_id: "r1".into(),
            journey: String::new(),
        };
        let all: Vec<_> =
            site.browsers.iter().map(|one| (one.name.as_str(), one.brand, one.capabilities(&variables))).collect();
        let map = |value: Json| value.as_object().cloned().unwrap();
        assert_eq!(
            all,
            [
                ("old", "firefox", map(json!({ "browserVersion": "140", "platformName": "linux" }))),
                (
                    "phone",
                    "chromium",
                    map(json!({ "vendor:options": { "key": "s3cret", "build": "b r1", "deep": [{ "a": 1 }] } }))
                ),
            ]
        );
        // What stands for a secret is looked for, so that it's in no output.
        assert!(crate::site::env_references(&site).iter().any(|(name, _)| name == "KEY"));
    }

    #[test]
    fn every_slip_is_told_where_it_stands() {
        for (text, told) in [
            ("  a: b\n", "a list"),
            ("  - { browserName: firefox }\n", "a browser without `name`"),
            ("  - { name: a }\n", "a browser without `browserName`"),
            ("  - { name: a b, browserName: firefox }\n", "write `a-b`"),
            ("  - { name: a, browserName: opera }\n", "`chrome`"),
            ("  - { name: a, browserName: chrome, version: 1 }\n", "`version` is no capability"),
            ("  - { name: a, browserName: chrome, platform: linux }\n", "did you mean `platformName`?"),
            ("  - { name: a, browserName: chrome, a:b: '${env.}' }\n", "unknown reference"),
            ("  - { name: a, browserName: chrome, a:b: ['x ${journey}'] }\n", "a browser runs many journeys"),
            (
                "  - { name: a, browserName: chrome }\n  - { name: a, browserName: firefox }\n",
                "two browsers are named `a`",
            ),
        ] {
            let said = site(text).expect_err(text);
            assert!(said.contains(told), "{text}: {said}");
        }
    }
}
