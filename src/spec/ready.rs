//! What says that a widget's API can be used: `probe.ready`.
//!
//! Boundary: YAML tree -> [`Ready`]. Paths and arguments are read as those of `probe.api` are.

use serde_json::Value as Json;

use super::probe::{CALLBACK, arguments, path};
use super::{Ready, ReadyTarget};
use crate::source::Span;
use crate::source::read::{Checker, Fields};
use crate::source::yaml::Node;

pub(super) const READY: &[&str] = &["event", "target", "subscribe", "arguments", "bound", "slot"];
/// The ways of saying it, and what goes with each.
const WAYS: &[(&str, &[&str])] = &[("event", &["target"]), ("subscribe", &["arguments", "bound"]), ("slot", &[])];

/// Reads it; with the place at which statements point that the file doesn't spell out.
pub(super) fn ready(checker: &mut Checker<'_>, node: &Node) -> Option<(Ready, Span)> {
    let fields = checker.fields(node, "`ready`", READY)?;
    let Some((way, others)) = way(checker, &fields) else {
        if fields.unknown().next().is_none() {
            checker.report(
                node.span,
                "`ready` doesn't say what is waited for",
                "expected `event`, `subscribe` or `slot`",
                "leave `ready` out if the vendor documents nothing that says so",
            );
        }
        return None;
    };
    let mut fits = others;
    for (other, own) in WAYS.iter().filter(|(other, _)| *other != way) {
        for key in own.iter().copied() {
            let Some(entry) = fields.entry(key) else { continue };
            let help = format!("leave `{key}` out, or write `{other}` in place of `{way}`");
            checker.report(entry.key.span, format!("`{key}` belongs to `{other}`"), format!("`{way}` has none"), help);
            fits = false;
        }
    }
    let given = fields.get(way)?;
    let ready = match way {
        "event" => {
            let event = checker.text(given, "the ready event's name");
            let words = [("window", ReadyTarget::Window), ("document", ReadyTarget::Document)];
            let target = fields.get("target");
            let target = target.map_or(Some(ReadyTarget::Window), |node| checker.choice(node, "`target`", &words));
            Ready::Event { event: event?.to_owned(), target: target? }
        }
        "subscribe" => {
            let subscribe = path(checker, given, "`subscribe`");
            let arguments = match fields.get("arguments") {
                Some(node) => arguments(checker, node, &[CALLBACK]),
                None => Some(vec![Json::from(CALLBACK)]),
            };
            let bound = fields.get("bound").map_or(Some(true), |node| checker.boolean(node, "`bound`"));
            Ready::Callback { subscribe: subscribe?, arguments: arguments?, bound: bound? }
        }
        _ => Ready::Slot { slot: path(checker, given, "`slot`")? },
    };
    fits.then_some((ready, given.span))
}

/// The first way that is written, and whether it is the only one.
fn way(checker: &mut Checker<'_>, fields: &Fields<'_>) -> Option<(&'static str, bool)> {
    let mut written = WAYS.iter().filter_map(|(way, _)| Some((*way, fields.entry(way)?)));
    let (first, _) = written.next()?;
    let mut alone = true;
    for (other, entry) in written {
        checker.report(
            entry.key.span,
            format!("`{other}` beside `{first}`"),
            "one thing says that the API can be used",
            "leave one of the two out: the one that comes first, if the vendor documents both",
        );
        alone = false;
    }
    Some((first, alone))
}
