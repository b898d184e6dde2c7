//! `has` and `near`: which of several matches a step means.
//!
//! Boundary: puts the further locator behind the step's own one.

use super::locator::Part;
use super::names::ShortNames;
use super::{Act, ScrollTo, Target};
use crate::source::read::{Checker, Fields};

/// Reads `has` and `near` into the locator of a step's act.
pub(super) fn read(
    checker: &mut Checker<'_>,
    fields: &Fields<'_>,
    verb: &str,
    act: Option<Act>,
    names: &mut ShortNames<'_>,
) -> Option<Act> {
    let mut act = act;
    let mut whole = true;
    for key in ["has", "near"] {
        let Some(entry) = fields.entry(key) else { continue };
        let other = names.target(checker, &entry.value, &format!("`{key}`"));
        whole &= other.is_some();
        let Some(done) = act.as_mut() else { continue };
        let Some(target) = own(done) else {
            checker.report(
                entry.key.span,
                format!("`{key}` doesn't belong to this `{verb}`"),
                "the step has no locator",
                "leave it out",
            );
            continue;
        };
        let Some(other) = other else { continue };
        target.text = format!("{} {key} {}", target.text, other.text);
        target.locator.text = target.text.clone();
        let parts = other.locator.parts;
        target.locator.parts.push(if key == "has" { Part::Has { parts } } else { Part::Near { parts } });
    }
    act.filter(|_| whole)
}

/// The locator of the element that an act is about.
fn own(act: &mut Act) -> Option<&mut Target> {
    match act {
        Act::Click(target)
        | Act::Gesture { target, .. }
        | Act::Fill { target, .. }
        | Act::Press { on: Some(target), .. }
        | Act::Select { target, .. }
        | Act::Upload { target, .. }
        | Act::Download { target, .. }
        | Act::Hover(target)
        | Act::WaitFor(target)
        | Act::WaitUntilGone(target)
        | Act::Scroll(ScrollTo::Element(target) | ScrollTo::Until { list: target, .. }) => Some(target),
        _ => None,
    }
}
