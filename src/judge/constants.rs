//! The constants family: the names that a site subscribes with.
//!
//! Of several constants with one value the first in the spec is the headline, the others follow from it. An alias of a
//! documented constant is fine.

use std::collections::BTreeMap;

use crate::recording::{ApiLocation, Constant};
use crate::spec::Spec;

use crate::verdict::RequirementId;

use super::about::{About, finding};
use super::api::{Found, found};
use super::case::Case;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::text::{self, visible};
use super::trace::Trace;

/// How many constants a recording holds at most; a longer list was cut.
const MOST: usize = 500;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&PRESENT, &USABLE, &DISTINCT, &UNDOCUMENTED];

/// That a constant is there.
const PRESENT: About = About {
    form: "constant.X.present",
    looks_at: "the object with the constants, as found in the ready handler",
    why: "without it a site subscribes to `undefined`, and never hears the event",
    findings: &[
        finding("null", "it is there, but null", "the vendor has to give it a value"),
        finding("throws", "reading it throws", "the vendor has to mend the getter"),
        finding(
            "missing",
            "there is no constant of this name, or it is `undefined`; a similar one is told",
            "did the vendor rename it?",
        ),
        finding(
            "no-api",
            "there was no object with constants to look at",
            "see `ready.fired` and `api.constants`: this follows from them",
        ),
        finding(
            "truncated",
            "there are more constants than are recorded, and it is not among those",
            "the vendor's object holds hundreds of names: is it the right one?",
        ),
    ],
    example: "A new version calls it `CONVERSATION_FINISHED`: `missing`, and the event is never heard under its documented name.",
};

/// That its value can be subscribed with.
const USABLE: About = About {
    form: "constant.X.usable",
    looks_at: "the type and the value of the constant",
    why: "an empty or missing value makes the subscription one for nothing, or for everything",
    findings: &[
        finding("empty", "it is an empty text", "the vendor has to give it a value"),
        finding("wrong-value", "it is a number that is none (NaN, Infinity)", "the vendor has to give it a value"),
        finding(
            "wrong-type",
            "it is neither a text, a number nor a symbol",
            "the vendor has to give it a value that can be compared",
        ),
    ],
    example: "A constant is an object in a new version: `wrong-type`.",
};

/// That its value is its own.
const DISTINCT: About = About {
    form: "constant.X.distinct",
    looks_at: "the values of all documented constants, compared with each other",
    why: "of two constants with one value, a listener of one hears the other's event too",
    findings: &[finding(
        "not-distinct",
        "another documented constant has the same value",
        "the vendor has to give each its own; events that are heard as both follow from this",
    )],
    example: "`INPUT_PHONE` and `INPUT_EMAIL` are both `input`: `not-distinct`, and each event is heard twice, once under each name.",
};

/// What else is there.
const UNDOCUMENTED: About = About {
    form: "constants.undocumented",
    looks_at: "the names in the object with the constants that the spec doesn't have",
    why: "for information only: a new constant may be a new event that the documentation will tell of",
    findings: &[finding(
        "undocumented",
        "there are more constants than are documented",
        "nothing, unless you want to listen to one of them",
    )],
    example: "`CONVERSATION_RATED` is there and nowhere documented: told, never a failure.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    if spec.probe.constants.is_empty() {
        return;
    }
    let object = spec.probe.constants.join(".");
    for x in spec.events.keys() {
        catalogue.add(
            &PRESENT,
            RequirementId::constant(x, "present"),
            format!("`{object}.{x}` is there"),
            &spec.constants.present,
        );
        let usable = format!("`{object}.{x}` is a non-empty string, a finite number or a symbol");
        catalogue.add(&USABLE, RequirementId::constant(x, "usable"), usable, &spec.constants.usable);
        let distinct = format!("`{object}.{x}` has a value of its own");
        catalogue.add(&DISTINCT, RequirementId::constant(x, "distinct"), distinct, &spec.constants.distinct);
    }
    let undocumented = format!("`{object}` holds the documented constants only");
    catalogue.add(&UNDOCUMENTED, "constants.undocumented", undocumented, &spec.constants.undocumented);
}

/// Groups of documented constants that share a value with each other, each in the spec's order.
pub(super) fn shared<'a>(spec: &'a Spec, trace: &Trace) -> Vec<Vec<&'a str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for location in found(spec, trace).iter().filter_map(|f| f.location) {
        let mut by_value: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for x in spec.events.keys() {
            if let Some((value, _)) = lookup(location, x).filter(|(_, c)| usable(c).is_ok()) {
                by_value.entry(value).or_default().push(x);
            }
        }
        groups.extend(by_value.into_values().filter(|g| g.len() > 1));
    }
    groups.sort();
    groups.dedup();
    // The first in the spec's order leads, so that the headline doesn't depend on values.
    groups
}

/// A constant and what stands for its value: the number of the first constant with that value.
fn lookup<'a>(location: &'a ApiLocation, name: &str) -> Option<(usize, &'a Constant)> {
    let at = location.constants.iter().position(|c| c.name == name)?;
    let constant = location.constants.get(at)?;
    // A number beyond the list, in a file edited by hand, stands for itself.
    Some((Some(constant.same_as).filter(|n| *n < location.constants.len()).unwrap_or(at), constant))
}

/// Whether a listener can be registered under this value; else what is wrong with it.
fn usable(constant: &Constant) -> Result<(), &'static str> {
    match constant.type_.as_str() {
        "string" if constant.value.is_empty() => Err("empty"),
        "number" if constant.value.parse::<f64>().is_ok_and(f64::is_finite) => Ok(()),
        "number" => Err("wrong-value"),
        "string" | "symbol" => Ok(()),
        _ => Err("wrong-type"),
    }
}

/// What `Events.X` gives instead of a value, if it doesn't: a finding, and what was heard.
fn without_value(constant: &Constant) -> Option<(&'static str, &'static str)> {
    match constant.type_.as_str() {
        "undefined" => Some(("missing", "its name is there, but its value is undefined")),
        "null" => Some(("null", "its name is there, but its value is null")),
        "throws" => Some(("throws", "its name is there, but reading its value throws an error")),
        _ => None,
    }
}

/// Whether a page that reads the constant gets a value.
pub(super) fn has_value(location: &ApiLocation, x: &str) -> bool {
    lookup(location, x).is_some_and(|(_, c)| without_value(c).is_none())
}

fn show(constant: &Constant) -> String {
    match constant.type_.as_str() {
        "string" => format!("\"{}\"", visible(&constant.value)),
        "number" | "symbol" => visible(&constant.value),
        "boolean" => format!("the boolean {}", visible(&constant.value)),
        other => text::typeof_(other),
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    if case.spec.probe.constants.is_empty() {
        return;
    }
    let found = found(case.spec, &case.trace);
    let located: Vec<(&Found, &ApiLocation)> = found
        .iter()
        .filter_map(|f| Some((f, f.location?)))
        .filter(|(_, l)| matches!(l.constants_object.as_str(), "object" | "function"))
        .collect();
    // For each defect the first constant that has it.
    let mut first: BTreeMap<&str, RequirementId> = BTreeMap::new();
    for x in case.spec.events.keys() {
        out.push(present(case, x, &located));
        let there: Vec<(u64, &Constant)> = located
            .iter()
            .filter_map(|(f, l)| Some((f.arrival, lookup(l, x)?.1)))
            .filter(|(_, c)| without_value(c).is_none())
            .collect();
        if !there.is_empty() {
            let draft = is_usable(case, x, &there);
            let defect = there.iter().find_map(|(_, c)| usable(c).err());
            out.push(match defect {
                Some(defect) => {
                    let id = draft.verdict.requirement.clone();
                    draft.explained_by([first.entry(defect).or_insert(id).clone()])
                }
                None => draft,
            });
            out.push(distinct(case, x, &located));
        }
    }
    if !located.is_empty() {
        out.push(undocumented(case, &located));
    }
}

fn present(case: &Case, x: &str, located: &[(&Found, &ApiLocation)]) -> Draft {
    let draft = case.draft(RequirementId::constant(x, "present")).expected(format!("a constant `{x}`"));
    if located.is_empty() {
        return draft
            .inconclusive("no-api", "there was no object with constants to look at")
            .explained_by(["api.location", "api.constants", "ready.fired"].map(RequirementId::from));
    }
    let Some((found, location)) = located.iter().find(|(_, l)| !has_value(l, x)) else {
        return draft.pass("it is there").evidence(located.first().map(|(f, _)| f.arrival));
    };
    let draft = draft.explained_by([RequirementId::from("api.constants")]);
    if let Some((finding, heard)) = lookup(location, x).and_then(|(_, c)| without_value(c)) {
        return draft.breach(finding, heard).evidence([found.arrival]);
    }
    if location.constants.len() >= MOST {
        return draft.inconclusive("truncated", format!("not among the first {MOST} constants; there may be more"));
    }
    draft
        .breach("missing", format!("not among the {} constants at `{}`", location.constants.len(), location.name))
        .hint(near(case.spec, location, x))
        .evidence([found.arrival])
}

/// What is there instead of a constant: its name misspelt, or shortened to its end.
pub(super) fn near(spec: &Spec, location: &ApiLocation, x: &str) -> Option<String> {
    let names = || location.constants.iter().map(|c| c.name.as_str()).filter(|n| !spec.events.contains_key(*n));
    let shortened = || names().filter(|n| n.len() * 4 >= x.len() && x.ends_with(*n)).max_by_key(|n| n.len());
    let name = super::diagnosis::misspelt(x, names()).or_else(shortened)?;
    Some(format!("`{}` was found, `{x}` is documented", visible(name)))
}

fn is_usable(case: &Case, x: &str, there: &[(u64, &Constant)]) -> Draft {
    let draft =
        case.draft(RequirementId::constant(x, "usable")).expected("a non-empty string, a finite number or a symbol");
    match there.iter().find_map(|(arrival, c)| Some((*arrival, *c, usable(c).err()?))) {
        Some((arrival, constant, finding)) => {
            draft.breach(finding, format!("its value is {}", show(constant))).evidence([arrival])
        }
        None => draft.pass(there.first().map(|(_, c)| show(c)).unwrap_or_default()),
    }
}

fn distinct(case: &Case, x: &str, located: &[(&Found, &ApiLocation)]) -> Draft {
    let draft =
        case.draft(RequirementId::constant(x, "distinct")).expected("a value that no other documented constant has");
    let Some(group) = case.shared.iter().find(|g| g.contains(&x)) else {
        return draft.pass("no other constant has its value");
    };
    let names: Vec<String> = group.iter().map(|name| format!("`{name}`")).collect();
    let value = located.iter().find_map(|(_, l)| lookup(l, x)).map(|(_, c)| show(c)).unwrap_or_default();
    let all = if names.len() == 2 { "both" } else { "all" };
    draft
        .breach("not-distinct", format!("{} are {all} {value}", text::list(&names, "and")))
        .hint("a listener of one is called for the event of the other, and the events can't be told apart".to_owned())
        .evidence(located.iter().map(|(f, _)| f.arrival))
        .explained_by(group.first().map(|first| RequirementId::constant(first, "distinct")))
}

fn undocumented(case: &Case, located: &[(&Found, &ApiLocation)]) -> Draft {
    let draft = case.draft("constants.undocumented").expected("no constants but the documented ones");
    let mut names: Vec<String> = located
        .iter()
        .flat_map(|(_, l)| &l.constants)
        .filter(|c| !case.spec.events.contains_key(&c.name))
        .map(|c| format!("`{}`", visible(&c.name)))
        .collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return draft.pass("none");
    }
    draft.breach("undocumented", text::list(&names, "and")).evidence(located.iter().map(|(f, _)| f.arrival))
}
