//! The site file's `levels`: other levels for some requirements.
//!
//! Boundary: YAML tree -> [`LevelOverride`]s; which one applies is the judge's business.

use super::LevelOverride;
use super::parse::Known;
use crate::source::Span;
use crate::source::globs::{self, Names};
use crate::source::read::Checker;
use crate::source::yaml::{Node, Value};
use crate::verdict::Level;

pub(super) const ENTRY: &[&str] = &["requirement", "level", "why"];
pub(super) const OVERRIDE: &[&str] = &["level", "why"];
const LEVELS: &[(&str, Level)] = &[("must", Level::Must), ("should", Level::Should), ("record", Level::Record)];

/// Reads `levels`: a map of glob to level or `{level, why}`, or a list of `{requirement, level, why}`.
pub(super) fn read(checker: &mut Checker<'_>, node: &Node, known: &Known) -> Vec<LevelOverride> {
    match &node.value {
        Value::Map(entries) => entries
            .iter()
            .filter_map(|entry| {
                let glob = glob(checker, entry.key.span, &entry.key.text, known);
                let (level, reason) = match &entry.value.value {
                    Value::Map(_) => {
                        let fields = checker.fields(&entry.value, "a level", OVERRIDE)?;
                        let level =
                            fields.require(checker, "level").and_then(|node| checker.choice(node, "`level`", LEVELS));
                        let reason = fields.get("why").and_then(|node| checker.text(node, "`why`"));
                        (level, reason)
                    }
                    _ => (checker.choice(&entry.value, "a level", LEVELS), None),
                };
                Some(LevelOverride {
                    requirement: glob?,
                    level: level?,
                    reason: reason.map(str::to_owned),
                    span: entry.key.span,
                })
            })
            .collect(),
        Value::Seq(items) => items
            .iter()
            .filter_map(|item| {
                let fields = checker.fields(item, "a level", ENTRY)?;
                let glob = fields.require(checker, "requirement").and_then(|node| {
                    let text = checker.text(node, "`requirement`")?;
                    glob(checker, node.span, text, known)
                });
                let level = fields.require(checker, "level").and_then(|node| checker.choice(node, "`level`", LEVELS));
                let reason = fields.get("why").and_then(|node| checker.text(node, "`why`"));
                Some(LevelOverride {
                    requirement: glob?,
                    level: level?,
                    reason: reason.map(str::to_owned),
                    span: fields.first_key(),
                })
            })
            .collect(),
        _ => {
            checker.wrong_type(node, "`levels`", "a map (`event.*.payload.type.spelling: record`)");
            Vec::new()
        }
    }
}

fn glob(checker: &mut Checker<'_>, span: Span, text: &str, known: &Known) -> Option<String> {
    globs::read(checker, span, text, &requirements(&known.requirements, &known.constants))?;
    Some(text.to_owned())
}

/// What globs over requirements may match.
fn requirements<'a>(ids: &'a [String], constants: &'a [String]) -> Names<'a> {
    Names {
        noun: "requirement",
        all: ids,
        parts: constants,
        example: "event.*.payload.agentName",
        otherwise: "ids begin with `ready.`, `api.`, `constant.`, `event.`, `consistency.`, `order.`, `exclusive.`, `implies.`, `same.`, `handler.`, `handlers.`, `coverage.` or `forward.`",
    }
}
