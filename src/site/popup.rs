//! `in`: the window of a step, if it's one that the page has opened.
//!
//! Boundary: YAML tree -> [`Popup`], and what people read of it.

use super::parse::template;
use super::template::Template;
use crate::source::read::{Checker, Fields};
use crate::source::yaml::Value;

/// A window that the actor's page has opened: the newest, of those whose address fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Popup {
    /// A glob over whole addresses, if it says one.
    pub address: Option<Template>,
}

impl Popup {
    /// Behind what a step does, as a person reads it.
    pub(super) fn describe(&self) -> String {
        match &self.address {
            None => " in the popup".to_owned(),
            Some(address) => format!(" in the popup {}", address.text),
        }
    }
}

/// Reads `in`: `popup`, or `{ popup: GLOB }`. `Err`: it's a mistake.
pub(super) fn read(checker: &mut Checker<'_>, fields: &Fields<'_>, verb: Option<&str>) -> Result<Option<Popup>, ()> {
    let Some(entry) = fields.entry("in") else { return Ok(None) };
    let node = &entry.value;
    if let Some(verb) = verb.filter(|verb| matches!(*verb, "pause" | "advance")) {
        let help = "leave `in` out";
        checker.report(entry.key.span, format!("`{verb}` happens in no window"), "not needed here", help);
        return Err(());
    }
    if matches!(node.value, Value::Map(_)) {
        let inner = checker.fields(node, "`in`", &["popup"]).ok_or(())?;
        let glob = inner.require(checker, "popup").ok_or(())?;
        let address = template(checker, glob, "`popup`").ok_or(())?;
        return Ok(Some(Popup { address: Some(address) }));
    }
    checker.choice(node, "`in`", &[("popup", ())]).map(|()| Some(Popup { address: None })).ok_or(())
}
