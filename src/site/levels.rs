//! The site file's `levels`: other levels for some requirements.
//!
//! Boundary: YAML tree -> [`LevelOverride`]s; which one applies is the judge's business.

use super::LevelOverride;
use super::parse::Known;
use crate::source::Span;
use crate::source::nearest::nearest;
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

/// A glob that matches at least one requirement: one that matches none would silently change nothing.
fn glob(checker: &mut Checker<'_>, span: Span, text: &str, known: &Known) -> Option<String> {
    let matcher = match globset::Glob::new(text) {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            checker.report(
                span,
                format!("`{text}` is no glob: {}", error.kind()),
                "expected a requirement's id, with `*` for any part",
                "for example `event.*.payload.agentName`",
            );
            return None;
        }
    };
    if known.requirements.iter().any(|id| matcher.is_match(id)) {
        return Some(text.to_owned());
    }
    let ids = known.requirements.iter().map(String::as_str);
    // A star stands for some constant: comparing with ids in which all are stars finds what was meant.
    let starred: Vec<String> = known
        .requirements
        .iter()
        .map(|id| {
            known
                .constants
                .iter()
                .find(|c| id.contains(c.as_str()))
                .map_or_else(|| id.clone(), |c| id.replacen(c.as_str(), "*", 1))
        })
        .collect();
    let near = if text.contains('*') { nearest(text, starred.iter().map(String::as_str)) } else { nearest(text, ids) };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "ids begin with `ready.`, `api.`, `constant.`, `event.`, `consistency.`, `order.`, `exclusive.`, `implies.`, `handler.`, `handlers.` or `coverage.`".to_owned(),
    };
    checker.report(span, format!("`{text}` matches no requirement"), "no such requirement", help);
    None
}
