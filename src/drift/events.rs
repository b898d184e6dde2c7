//! Events that come oftener, later or no more; handlers, hits and the API gained or lost.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::text;

use super::compare::{Changes, Pair};
use super::timing::{differ, middle};
use super::{About, Count, EventSeen, Place, Weight};

/// Compares everything but payloads.
pub(super) fn compare(pair: &Pair<'_>, broke: &BTreeSet<String>, changes: &mut Changes) {
    let (before, after) = (&pair.before.events, &pair.after.events);
    let count = |events: &BTreeMap<String, EventSeen>| -> BTreeMap<String, Count> {
        events.iter().map(|(name, event)| (name.clone(), event.count)).collect()
    };
    let words = Words {
        about: About::Event,
        gone: "comes no more",
        new: "comes, and didn't before",
        some: "doesn't come each time any more",
        often: "comes oftener",
        rare: "comes more rarely",
    };
    counted(&words, &count(before), &count(after), pair, changes, |constant| cause(broke, constant));
    for (constant, after) in after {
        if let Some(before) = before.get(constant) {
            moved(constant, before, after, pair, broke, changes);
            later(constant, before, after, changes);
        }
    }
    let words = Words {
        about: About::Handler,
        gone: "has no handler of the page's any more",
        new: "has a handler of the page's, and had none before",
        some: "doesn't have a handler of the page's each time any more",
        often: "has more handlers of the page's",
        rare: "has fewer handlers of the page's",
    };
    counted(&words, &pair.before.handlers, &pair.after.handlers, pair, changes, |_| None);
    if pair.full {
        let words = Words {
            about: About::Hit,
            gone: "is sent no more",
            new: "is sent, and wasn't before",
            some: "isn't sent each time any more",
            often: "is sent oftener",
            rare: "is sent more rarely",
        };
        counted(&words, &pair.before.hits, &pair.after.hits, pair, changes, |_| None);
        api(&pair.before.api, &pair.after.api, changes);
    }
}

/// The requirement on an event that explains what became of it.
pub(super) fn cause(broke: &BTreeSet<String>, constant: &str) -> Option<String> {
    let of = |id: &&String| ["event", "constant"].iter().any(|family| id.starts_with(&format!("{family}.{constant}.")));
    let first = format!("event.{constant}.fires");
    broke.get(&first).or_else(|| broke.iter().find(of)).cloned()
}

struct Words {
    about: About,
    gone: &'static str,
    new: &'static str,
    some: &'static str,
    often: &'static str,
    rare: &'static str,
}

fn counted(
    words: &Words,
    before: &BTreeMap<String, Count>,
    after: &BTreeMap<String, Count>,
    pair: &Pair<'_>,
    changes: &mut Changes,
    cause: impl Fn(&str) -> Option<String>,
) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let whole = pair.whole();
    let (all_before, all_after) = (pair.before.recordings, pair.after.recordings);
    for name in names {
        let was = before.get(name).copied().unwrap_or_default();
        let is = after.get(name).copied().unwrap_or_default();
        let (was_least, is_least) = (was.at_least(all_before), is.at_least(all_after));
        // A journey that broke off hears less.
        let (weight, what, clause) = match (was, is) {
            _ if was.most == 0 && is.most > 0 && pair.before.unfinished == 0 => (Weight::Changed, "new", words.new),
            _ if !whole => continue,
            _ if was_least > 0 && is.most == 0 => (Weight::Worse, "gone", words.gone),
            _ if was_least > 0 && is_least == 0 => (Weight::Worse, "sometimes-gone", words.some),
            _ if is_least > was.most => (Weight::Changed, "oftener", words.often),
            _ if is.most < was_least => (Weight::Changed, "rarer", words.rare),
            _ => continue,
        };
        let change = changes.add(weight, words.about, name, what);
        change.says(clause, was.told(all_before), is.told(all_after));
        change.caused_by = cause(name);
    }
}

/// It comes after another step, in a journey whose steps are the same.
fn moved(
    constant: &str,
    before: &EventSeen,
    after: &EventSeen,
    pair: &Pair<'_>,
    broke: &BTreeSet<String>,
    changes: &mut Changes,
) {
    let same = pair.before.steps.is_empty() || pair.before.steps == pair.after.steps;
    if !same || !pair.whole() || !before.steps.is_disjoint(&after.steps) || after.steps.is_empty() {
        return;
    }
    let told = |steps: &BTreeSet<u32>| {
        let numbers: Vec<String> = steps.iter().map(u32::to_string).collect();
        if steps.contains(&0) { "before all steps".to_owned() } else { format!("after step {}", numbers.join(", ")) }
    };
    let change = changes.add(Weight::Changed, About::Event, constant, "moved");
    change.says("comes after another step", told(&before.steps), told(&after.steps));
    change.caused_by = cause(broke, constant);
}

fn later(constant: &str, before: &EventSeen, after: &EventSeen, changes: &mut Changes) {
    let (Some(was), Some(is)) = (middle(&before.times), middle(&after.times)) else { return };
    if !differ(was, is) {
        return;
    }
    let told = |m: super::timing::Middle| {
        let spread = if m.of > 1 { format!(" ± {}", text::duration(m.spread)) } else { String::new() };
        format!("{}{spread}, of {}", text::duration(m.median), text::count(m.of, "time", "times"))
    };
    let (what, clause) = if is.median > was.median {
        ("later", "comes later after its step")
    } else {
        ("sooner", "comes sooner after its step")
    };
    changes.add(Weight::Changed, About::Time, constant, what).says(clause, told(was), told(is));
}

fn api(before: &BTreeMap<String, Place>, after: &BTreeMap<String, Place>, changes: &mut Changes) {
    for (location, after) in after {
        let Some(before) = before.get(location) else { continue };
        let listed = |place: &Place| place.parts.iter().cloned().collect::<Vec<_>>().join(", ");
        let usable = |place: &Place| place.parts.contains("subscribe: function");
        if before.parts != after.parts {
            let (weight, what, clause) = match (usable(before), usable(after)) {
                (true, false) => (Weight::Worse, "gone", "can't be subscribed at any more"),
                (false, true) => (Weight::Changed, "new", "can be subscribed at, and couldn't before"),
                _ => (Weight::Changed, "type", "is of other types"),
            };
            changes.add(weight, About::Api, location, what).says(clause, listed(before), listed(after));
        }
        let names: BTreeSet<&String> = before.constants.keys().chain(after.constants.keys()).collect();
        for name in names {
            let subject = format!("{location} {name}");
            let shapes = |shapes: &BTreeSet<String>| shapes.iter().cloned().collect::<Vec<_>>().join(" or ");
            match (before.constants.get(name), after.constants.get(name)) {
                (Some(was), Some(is)) if was.shapes.is_disjoint(&is.shapes) => {
                    let change = changes.add(Weight::Changed, About::Constant, &subject, "type");
                    change.says("has a value of another kind", shapes(&was.shapes), shapes(&is.shapes));
                }
                // All went with the place.
                (Some(was), None) if was.recordings == before.recordings && usable(before) == usable(after) => {
                    changes.add(Weight::Worse, About::Constant, &subject, "gone").says(
                        "isn't there any more",
                        shapes(&was.shapes),
                        "not there",
                    );
                }
                (None, Some(is)) if usable(before) == usable(after) => {
                    changes.add(Weight::Changed, About::Constant, &subject, "new").says(
                        "is there, and wasn't before",
                        "not there",
                        shapes(&is.shapes),
                    );
                }
                _ => {}
            }
        }
    }
}
