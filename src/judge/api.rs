//! The API family: the place and shape of what a site calls.

use crate::recording::{ApiLocation, ApiSnapshot, Subscription};
use crate::spec::{Ready, Spec};

use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, LOST, NO_API, NOT_LISTENING, PAGE_REFUSED, finding};
use super::case::Case;
use super::constants::{has_value, near};
use super::cut;
use super::draft::Draft;
use super::ready;
use super::requirements::Catalogue;
use super::text::{self, visible};
use super::trace::{Entry, Trace};

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&LOCATION, &SUBSCRIBE, &CONSTANTS];

/// That there is an API.
const LOCATION: About = About {
    form: "api.location",
    looks_at: "the documented places (an object of `window`, or bare globals), in each document where the ready event was heard, and again later",
    why: "the documented code takes the API from there",
    findings: &[
        finding(
            "missing",
            "the ready event was heard, but there is nothing at any documented place",
            "did the vendor move it? What stands at each place is told",
        ),
        finding("not-ready", "the ready event was not heard, so nothing was looked for", "see `ready.fired`"),
        PAGE_REFUSED,
        LOST,
        NOT_LISTENING,
        CUT_SHORT,
    ],
    example: "A new version of a widget calls its object `Chat2`. The ready event still comes: `missing`.",
};

/// That one can subscribe.
const SUBSCRIBE: About = About {
    form: "api.subscribe",
    looks_at: "the subscribe function, taken off its object and called by itself with each constant and a callback, inside the ready handler",
    why: "the documentation's own examples call it by its bare name; a function that needs its object fails in every site that copied them",
    findings: &[
        finding("missing", "there is no such function", "did the vendor rename it?"),
        finding(
            "wrong-type",
            "there is something of that name that is no function",
            "the vendor has to provide a function",
        ),
        finding(
            "threw",
            "calling it threw an error",
            "the error is told; `this is undefined` and the like mean that it can't be called by itself",
        ),
        finding("not-tried", "it is a function, but there was no ready event in which to call it", "see `ready.fired`"),
        NO_API,
    ],
    example: "`addListener` is a method that needs its `this`. Called by its bare name it throws \"this is undefined\": `threw`, and every event is missing because of it.",
};

/// That there are constants.
const CONSTANTS: About = About {
    form: "api.constants",
    looks_at: "the object that is documented to hold the constants",
    why: "a site subscribes with `Events.X`; without the object that throws",
    findings: &[
        finding(
            "empty",
            "the object is there, but has no constants at all",
            "are the constants filled in after the ready event? A page that subscribes in its handler subscribes to `undefined`",
        ),
        finding(
            "no-constants",
            "there is something in the object, but none of the documented constants",
            "did the vendor rename them? What is there is told",
        ),
        finding("missing", "there is no such object", "did the vendor rename it?"),
        finding(
            "wrong-type",
            "there is something of that name that is no object",
            "the vendor has to provide an object",
        ),
        NO_API,
    ],
    example: "The constants were moved into a module that pages don't see: `missing`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    let subscribe = spec.probe.subscribe.join(".");
    catalogue.add(&LOCATION, "api.location", format!("The API is found at {}", locations(spec)), &spec.api.location);
    catalogue.add(
        &SUBSCRIBE,
        "api.subscribe",
        match spec.probe.bound {
            true => format!("`{subscribe}` is a function that can be called on its object"),
            false => format!("`{subscribe}` is a function that can be called by itself, without its object"),
        },
        &spec.api.subscribe,
    );
    if !spec.probe.constants.is_empty() {
        let sentence = format!("`{}` is an object that holds the constants", spec.probe.constants.join("."));
        catalogue.add(&CONSTANTS, "api.constants", sentence, &spec.api.constants);
    }
}

fn locations(spec: &Spec) -> String {
    let names: Vec<String> = spec.probe.locations.iter().map(|l| format!("`{}`", l.name)).collect();
    text::list(&names, "or")
}

/// An API as found, and the location in it that counts.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) arrival: u64,
    pub(super) api: &'a ApiSnapshot,
    pub(super) location: Option<&'a ApiLocation>,
}

/// What was found, for each document in which ready was heard: at its last ready event, or later if there was nothing
/// then. If ready was heard nowhere: what was found at all.
pub(super) fn found<'a>(spec: &Spec, trace: &Trace<'a>) -> Vec<Found<'a>> {
    let target = Trace::ready_target(spec);
    let hosts = || trace.documents.iter().filter(|d| d.hosts());
    let look = |(entry, api): (&Entry<'a>, &'a ApiSnapshot)| Found {
        arrival: entry.observation.arrival,
        api,
        location: location(api),
    };
    let silent = spec.probe.ready == Ready::Subscribing;
    let ready: Vec<Found> = hosts()
        .filter(|d| silent || d.ready_on(target).next().is_some())
        .filter_map(|d| {
            let usable = d.apis().filter(|(_, api)| api.used.is_some()).last();
            let anything = || d.apis().filter(|(_, api)| location(api).is_some()).last();
            usable.or_else(anything).or_else(|| d.apis().last()).map(look)
        })
        .collect();
    // A frame in which ready fired without an API says nothing of the page that has one.
    if ready.iter().all(|f| f.location.is_none()) {
        let anywhere: Vec<Found> = hosts().flat_map(|d| d.apis()).map(look).filter(|f| f.location.is_some()).collect();
        if ready.is_empty() || !anywhere.is_empty() {
            return anywhere;
        }
    }
    if silent && ready.iter().any(|f| f.location.is_some()) {
        return ready.into_iter().filter(|f| f.location.is_some()).collect();
    }
    ready
}

/// The location that was used, else the most complete one at which anything was found.
fn location(api: &ApiSnapshot) -> Option<&ApiLocation> {
    let used = api.used.as_ref().and_then(|name| api.locations.iter().find(|l| l.name == *name));
    let there = |l: &&ApiLocation| {
        let is_something = |t: &str| !matches!(t, "" | "undefined" | "null");
        if l.object == "globals" {
            is_something(&l.subscribe) || is_something(&l.constants_object)
        } else {
            matches!(l.object.as_str(), "object" | "function")
        }
    };
    let complete = |l: &&ApiLocation| (l.subscribe == "function") as u8 + (is_object(&l.constants_object)) as u8;
    used.or_else(|| api.locations.iter().filter(there).rev().max_by_key(complete))
}

fn is_object(type_: &str) -> bool {
    matches!(type_, "object" | "function")
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    let found = found(case.spec, &case.trace);
    out.push(at_location(case, &found));
    let located: Vec<(&Found, &ApiLocation)> = found.iter().filter_map(|f| Some((f, f.location?))).collect();
    out.push(subscribe(case, &located));
    if !case.spec.probe.constants.is_empty() {
        out.push(constants(case, &located));
    }
}

/// That nothing was found to look at; no breach of its own.
fn unseen(draft: Draft) -> Draft {
    draft
        .inconclusive("no-api", "there was no API to look at")
        .explained_by(["api.location", "ready.fired"].map(RequirementId::from))
}

fn at_location(case: &Case, found: &[Found]) -> Draft {
    let draft = case.draft("api.location").expected(format!("an API at {}", locations(case.spec)));
    if let Some(Found { arrival, location: Some(location), .. }) = found.iter().find(|f| f.location.is_some()) {
        return draft.pass(format!("found at `{}`", location.name)).evidence([*arrival]);
    }
    let silent = case.spec.probe.ready == Ready::Subscribing;
    let documents: Vec<_> = case.trace.documents.iter().filter(|d| d.hosts()).collect();
    let (told, draft) = match silent {
        true => ready::untold(case, &documents, draft, "not found"),
        false => (false, draft),
    };
    if told {
        return draft;
    }
    let Some(first) = found.first() else {
        if silent {
            return draft.inconclusive("lost", "what stands at the documented places was not recorded");
        }
        let hole = case.trace.hole(None, Some(usize::MAX)).map(|h| format!(": {}", h.why)).unwrap_or_default();
        return draft
            .inconclusive("not-ready", format!("the ready event was not heard, so nothing was looked for{hole}"))
            .explained_by([RequirementId::from("ready.fired")]);
    };
    let subscribe = case.spec.probe.subscribe.join(".");
    let seen = first.api.locations.iter().map(|l| match l.object.as_str() {
        "globals" => format!("among the {} there is no `{subscribe}`", l.name),
        other => format!("`{}` is {}", l.name, text::typeof_(other)),
    });
    let seen: Vec<String> = seen.collect();
    let hint = match silent {
        true => ready::not_loaded(case, &format!("nothing was there in {}", ready::pages(&documents))),
        false => "the ready event was heard, but the API is at none of the documented places".to_owned(),
    };
    let draft = draft.breach("missing", text::list(&seen, "and")).hint(hint).evidence([first.arrival]);
    // A document that has it may have been about to say so.
    cut::unless_cut(case, draft)
}

fn subscribe(case: &Case, located: &[(&Found, &ApiLocation)]) -> Draft {
    let name = case.spec.probe.subscribe.join(".");
    let how = if case.spec.probe.bound { "on its object" } else { "by itself" };
    let draft = case.draft("api.subscribe").expected(format!("`{name}` is a function; calling it {how} subscribes"));
    if located.is_empty() {
        return unseen(draft);
    }
    for (found, location) in located {
        if location.subscribe != "function" {
            let finding = if location.subscribe == "undefined" { "missing" } else { "wrong-type" };
            return draft
                .breach(finding, format!("`{name}` at `{}` is {}", location.name, text::typeof_(&location.subscribe)))
                .hint(other_half(found.api, location, |l| l.subscribe == "function", &name))
                .evidence([found.arrival]);
        }
        let threw: Vec<&Subscription> = found.api.subscriptions.iter().filter(|s| s.result == "threw").collect();
        if let Some(first) = threw.first() {
            let which = if threw.len() == found.api.subscriptions.len() {
                "for every constant".to_owned()
            } else {
                let names: Vec<String> = threw.iter().map(|s| visible(&s.constant)).collect();
                format!("for {}", text::list(&names, "and"))
            };
            let message = visible(&first.message);
            return draft
                .breach("threw", format!("`{name}` was called {how} and threw {which}: {message}"))
                .hint(needs_this(&name, &first.message).filter(|_| !case.spec.probe.bound))
                .evidence([found.arrival]);
        }
    }
    // Only calling it shows that it can be called.
    match located.iter().find(|(f, _)| f.api.subscriptions.iter().any(|s| s.result == "ok")) {
        Some((found, location)) => {
            draft.pass(format!("`{name}` at `{}` could be called {how}", location.name)).evidence([found.arrival])
        }
        None => {
            let why = if located.iter().any(|(f, _)| f.api.when == "ready") {
                "there was no constant to call it with"
            } else {
                "there was no ready event in which to call it"
            };
            draft
                .inconclusive("not-tried", format!("`{name}` is a function, but {why}"))
                .explained_by(["ready.fired", "api.constants", "ready.api-usable"].map(RequirementId::from))
        }
    }
}

/// What browsers say when a method is called without its object.
fn needs_this(name: &str, message: &str) -> Option<String> {
    let signs = ["this", "undefined", "null", "Illegal invocation", "not a function"];
    signs.iter().any(|sign| message.contains(sign)).then(|| {
        format!("`{name}` seems to need its `this`; the documented usage calls it by its bare name, so it has to work unbound")
    })
}

fn constants(case: &Case, located: &[(&Found, &ApiLocation)]) -> Draft {
    let name = case.spec.probe.constants.join(".");
    let draft = case.draft("api.constants").expected(format!("`{name}` is an object"));
    if located.is_empty() {
        return unseen(draft);
    }
    match located.iter().find(|(_, l)| !is_object(&l.constants_object)) {
        Some((found, location)) => {
            let finding = if location.constants_object == "undefined" { "missing" } else { "wrong-type" };
            draft
                .breach(
                    finding,
                    format!("`{name}` at `{}` is {}", location.name, text::typeof_(&location.constants_object)),
                )
                .hint(other_half(found.api, location, |l| is_object(&l.constants_object), &name))
                .evidence([found.arrival])
        }
        None => holds_constants(case, located, draft),
    }
}

/// That a part of the API which a location lacks is at another one.
fn other_half(
    api: &ApiSnapshot,
    lacks: &ApiLocation,
    has: impl Fn(&ApiLocation) -> bool,
    part: &str,
) -> Option<String> {
    let other = api.locations.iter().find(|l| l.name != lacks.name && has(l))?;
    Some(format!(
        "`{part}` was found at `{}`, the rest at `{}`: both are documented at one place",
        other.name, lacks.name
    ))
}

/// Whether an object of constants has any of those documented. With a single one it can't be told from one missing.
fn holds_constants(case: &Case, located: &[(&Found, &ApiLocation)], draft: Draft) -> Draft {
    let events = &case.spec.events;
    let has_none = |l: &ApiLocation| events.len() > 1 && !events.keys().any(|x| has_value(l, x));
    let Some((found, location)) = located.iter().find(|(_, l)| has_none(l)) else {
        return draft.pass("it is an object").evidence(located.first().map(|(f, _)| f.arrival));
    };
    let names: Vec<String> = location.constants.iter().map(|c| format!("`{}`", visible(&c.name))).collect();
    if names.is_empty() {
        return draft
            .breach("empty", format!("an object without any constants, at `{}`", location.name))
            .hint("a page that subscribes with its constants subscribes to `undefined`".to_owned())
            .evidence([found.arrival]);
    }
    draft
        .breach("no-constants", format!("none of the documented constants, but {}", text::list(&names, "and")))
        .hint(events.keys().find_map(|x| near(case.spec, location, x)))
        .evidence([found.arrival])
}
