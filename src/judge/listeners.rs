//! The listeners family: what holds for each of several callbacks that are subscribed, whoever subscribes them.
//!
//! - `listeners.everywhere`: each documented location of the API that is there tells every event.
//! - `listeners.independent`: a callback hears every event, whatever other callbacks there are, and whatever they do.
//! - `payload.kept`: what a callback was given stays what it was.
//!
//! chatproof subscribes with two callbacks of its own at each location, and the listener in the page says which of them
//! didn't hear a firing that another heard. Recordings of older listeners don't say, so they have no verdict on these.
//!
//! Example: `window.on` is a copy of the API's function that has lost its list of callbacks. What is subscribed there is
//! never called: `listeners.everywhere` fails as `deaf`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::recording::{Constant, Ear, Kind, Observation, Place};
use crate::spec::{Spec, Statement};
use crate::verdict::{Level, RequirementId};

use super::about::{About, finding};
use super::case::Case;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::text::{self, visible};
use super::trace::Document;

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&EVERYWHERE, &INDEPENDENT, &KEPT];

/// All documented places.
const EVERYWHERE: About = About {
    form: "listeners.everywhere",
    looks_at: "each documented location at which the API can be used: chatproof subscribes at all of them, unless they have the very same function and constants",
    why: "each is documented, so a site may use either; one that uses the deaf one hears nothing",
    findings: &[
        finding(
            "deaf",
            "callbacks were taken at a location and not called for an event that was heard at another",
            "the vendor has to tell the event to callbacks of every documented location",
        ),
        finding(
            "refused",
            "subscribing threw at one location and not at another",
            "the vendor has to make the locations alike; the error is quoted",
        ),
        finding(
            "no-constant",
            "a constant is at one location and not at another",
            "the vendor has to make the locations alike",
        ),
        finding(
            "other-payload",
            "for the same firing, documented fields were different at two locations",
            "the vendor has to give callbacks of every location the same payload",
        ),
    ],
    example: "A widget offers `Bell.on` and, for old sites, a global `on` that keeps its callbacks in a list nobody reads: `deaf`.",
};

/// Whoever else listens.
const INDEPENDENT: About = About {
    form: "listeners.independent",
    looks_at: "two callbacks of chatproof's for each event, and a further one in front of each handler that the page registers: whether each of them hears every firing that another hears",
    why: "analytics, ads and the site's own scripts each register a callback; each has to hear every event, or one of them loses its numbers without a word",
    findings: &[
        finding(
            "only-first",
            "a callback that was subscribed earlier heard an event, a later one did not",
            "the widget seems to keep one callback for each event, the first: the vendor has to keep all",
        ),
        finding(
            "only-last",
            "a callback that was subscribed later heard an event, an earlier one did not",
            "the widget seems to keep one callback for each event, the last: the vendor has to keep all",
        ),
        finding(
            "one-of-two",
            "some firings were heard by one callback only, others by another only",
            "the vendor has to call all callbacks for each firing",
        ),
        finding(
            "silenced",
            "a callback threw an error, and others did not hear the event",
            "the vendor has to catch what callbacks throw, and go on with the next",
        ),
        finding(
            "refused",
            "a second callback for the same event was refused with an error",
            "the vendor has to take more than one callback for an event",
        ),
        finding(
            "other-payload",
            "two callbacks were given different documented fields for the same firing",
            "the vendor has to give each callback the same payload, one that no other can have changed before",
        ),
    ],
    example: "A widget keeps its callbacks in an object by event name, so a tag manager's callback takes the place of the site's own: `only-last`.",
};

/// For those who read it later.
const KEPT: About = About {
    form: "payload.kept",
    looks_at: "what a callback was given, compared at the next step with what it was when the callback was called; changes that handlers of the page's own made while they ran don't count",
    why: "tags that send in batches keep the payload and read it later: they send what it has become",
    findings: &[
        finding(
            "emptied",
            "the payload was gone, or had lost its documented fields",
            "the vendor has to give each callback an object that it leaves alone from then on",
        ),
        finding(
            "reused",
            "the object had become the payload of a later event",
            "the vendor has to make a new object for each event",
        ),
        finding(
            "changed",
            "documented fields had other values",
            "the vendor has to give each callback an object that it leaves alone from then on; does one of the page's handlers change it after an `await`?",
        ),
    ],
    example: "A widget fills one object for all events and empties it afterwards. A tag that sends once a second sends empty conversations: `emptied`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    if spec.probe.locations.len() > 1 {
        let names: Vec<String> = spec.probe.locations.iter().map(|l| format!("`{}`", l.name)).collect();
        let sentence = format!("Every event is heard at each location: {}", text::list(&names, "and"));
        catalogue.add(&EVERYWHERE, "listeners.everywhere", sentence, &spec.api.location);
    }
    let at = |why: &str, place: &Statement| Statement {
        level: Level::Should,
        why: Some(why.to_owned()),
        section: place.section.clone(),
        url: place.url.clone(),
        span: place.span,
    };
    catalogue.add(
        &INDEPENDENT,
        "listeners.independent",
        "Each callback hears every event, whatever other callbacks there are",
        &at("the page shows one callback for each event, and doesn't say that there may be more", &spec.api.subscribe),
    );
    catalogue.add(
        &KEPT,
        "payload.kept",
        "What a callback was given stays what it was",
        &at("the page doesn't say how long what a callback was given may be kept", &spec.api.subscribe),
    );
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    let pages: Vec<Page> = case.trace.documents.iter().filter(|d| d.hosts() && d.joined()).map(Page::new).collect();
    if case.spec.probe.locations.len() > 1 {
        out.extend(everywhere(case, &pages));
    }
    out.extend(independent(case, &pages));
    out.extend(kept(case, &pages));
}

/// A document, and what its listener says of callbacks.
struct Page<'a> {
    entries: Vec<&'a Observation>,
    /// Where each subscription was made, by number.
    places: BTreeMap<u64, &'a Place>,
    /// Locations that have the same function as another.
    aliases: Vec<&'a Place>,
    /// Events as they were first heard, by number.
    events: BTreeMap<u64, (&'a Observation, &'a str, &'a Value)>,
    /// Which callbacks did not hear an event: its number, the subscription's, which.
    silent: BTreeSet<(u64, u64, Ear)>,
}

impl<'a> Page<'a> {
    fn new(document: &Document<'a>) -> Self {
        let entries: Vec<&Observation> = document.entries.iter().map(|e| e.observation).collect();
        let mut page = Self {
            entries,
            places: BTreeMap::new(),
            aliases: Vec::new(),
            events: BTreeMap::new(),
            silent: BTreeSet::new(),
        };
        for (_, api) in document.apis() {
            for place in &api.places {
                match place.same_as {
                    Some(_) => page.aliases.push(place),
                    None => _ = page.places.insert(place.subscription, place),
                }
            }
        }
        for observation in &page.entries {
            match &observation.kind {
                Kind::Event { constant, data, .. } => {
                    if let Some(seq) = observation.seq {
                        page.events.insert(seq, (observation, constant, data));
                    }
                }
                Kind::Unheard(unheard) => {
                    for one in &unheard.silent {
                        page.silent.insert((unheard.event, one.subscription, one.which));
                    }
                    for one in &unheard.after_all {
                        page.silent.remove(&(unheard.event, one.subscription, one.which));
                    }
                }
                _ => {}
            }
        }
        // What nobody was there to hear counts for nothing here, either.
        let Self { events, silent, .. } = &mut page;
        silent.retain(|(event, ..)| events.contains_key(event));
        page
    }

    /// Whether its constants are those of another location: then its function is this vendor's as well.
    fn shares_constants(&self, place: &Place) -> bool {
        let apis = self.entries.iter().filter_map(|o| if let Kind::Api(api) = &o.kind { Some(api) } else { None });
        apis.filter(|api| api.places.contains(place)).any(|api| {
            let (own, others): (Vec<_>, Vec<_>) = api.locations.iter().partition(|l| l.name == place.location);
            let constants = own.iter().flat_map(|l| &l.constants).filter(|c| !c.value.is_empty());
            let same = |a: &Constant, b: &Constant| a.name == b.name && a.type_ == b.type_ && a.value == b.value;
            let there = |c: &Constant| others.iter().flat_map(|l| &l.constants).any(|o| same(o, c));
            constants.into_iter().any(there)
        })
    }

    fn location(&self, subscription: u64) -> &'a str {
        self.places.get(&subscription).map_or("", |place| &place.location)
    }

    /// What callbacks got for the same firing that differs in what is documented: the event, the subscription, the field.
    fn otherwise(&self, case: &Case) -> Vec<(u64, u64, String)> {
        let all = self.entries.iter().filter_map(|o| match &o.kind {
            Kind::HeardOtherwise { constant, event, subscription, data, .. } => {
                let (_, _, first) = self.events.get(event)?;
                Some((*event, *subscription, differing(case, constant, first, data)?))
            }
            _ => None,
        });
        all.collect()
    }

    /// Whether a handler of the page's own threw in a call for this event.
    fn threw(&self, event: u64) -> bool {
        let Some((_, constant, _)) = self.events.get(&event) else { return false };
        self.entries.iter().any(|o| match &o.kind {
            Kind::Handled(call) if !call.returned => {
                call.event == Some(event) || (call.event.is_none() && call.constant.as_deref() == Some(*constant))
            }
            _ => false,
        })
    }
}

/// The payload in what a callback was given.
fn payload<'v>(case: &Case, data: &'v Value) -> Option<&'v Value> {
    case.spec.probe.payload.iter().try_fold(data, |value, key| value.get(key))
}

/// A documented field that is another in two payloads; the payload's own place if only one of them is there.
fn differing(case: &Case, constant: &str, one: &Value, other: &Value) -> Option<String> {
    let (one, other) = (payload(case, one), payload(case, other));
    if one == other {
        return None;
    }
    let (Some(one), Some(other)) = (one, other) else { return Some(text::payload(&case.spec.probe)) };
    let field = |value: &'_ Value, field: &str| field.split('.').try_fold(value.clone(), |v, key| v.get(key).cloned());
    let fields = case.spec.payload_fields(constant);
    fields.into_iter().find(|f| field(one, f) != field(other, f)).map(str::to_owned)
}

/// `X`, `X and Y`: bounded by the number of events that a spec has.
fn names<'x>(all: impl Iterator<Item = &'x str>) -> String {
    let names: BTreeSet<&str> = all.collect();
    text::list(&names.into_iter().map(str::to_owned).collect::<Vec<_>>(), "and")
}

fn at_event<'a>(draft: Draft, case: &Case<'a>, page: &Page<'a>, event: u64) -> Draft {
    let Some((observation, ..)) = page.events.get(&event) else { return draft };
    let occurrence = case.trace.occurrences.iter().find(|o| o.arrivals.contains(&observation.arrival));
    let step = occurrence.and_then(|o| case.heard_in(o)).and_then(|step| case.step_ref(step));
    draft.step(step)
}

fn everywhere(case: &Case, pages: &[Page]) -> Option<Draft> {
    let draft = case.draft("listeners.everywhere").expected("each event heard at every location that has the API");
    let subscribe = case.spec.probe.subscribe.join(".");
    for page in pages {
        // The location that was used is looked at by the API's own requirements.
        for (number, place) in &page.places {
            // What takes no callback at all, for constants of its own, is somebody else's function of the same name.
            if !place.subscriptions.iter().any(|s| s.result == "ok") && !page.shares_constants(place) {
                continue;
            }
            let Some(one) = place.subscriptions.iter().find(|s| s.result != "ok") else { continue };
            let works = page.places.iter().any(|(other, _)| other != number);
            if !works {
                continue;
            }
            let evidence =
                page.entries.iter().filter(|o| matches!(&o.kind, Kind::Api(api) if api.places.contains(place)));
            let draft = draft.clone().evidence(evidence.map(|o| o.arrival));
            let at = format!("at `{}`", visible(&place.location));
            return Some(match one.result.as_str() {
                "threw" => draft.breach(
                    "refused",
                    format!("{at} `{subscribe}` threw for {}: {}", one.constant, visible(&one.message)),
                ),
                _ => draft.breach("no-constant", format!("{at} there is no {}", one.constant)),
            })
            .map(|draft| {
                draft
                    .explained_by(["api.constants", "api.subscribe"].map(RequirementId::from))
                    .explained_by([RequirementId::constant(&one.constant, "present")])
            });
        }
        let deaf: Vec<(u64, u64)> = page
            .silent
            .iter()
            .filter(|(.., ear)| *ear == Ear::Place)
            .map(|(event, place, _)| (*event, *place))
            .collect();
        if let Some((event, place)) = deaf.first() {
            let heard_at = page.events.get(event).and_then(|(o, ..)| match o.kind {
                Kind::Event { subscription, .. } => Some(page.location(subscription)),
                _ => None,
            });
            let constants =
                deaf.iter().filter(|(_, p)| p == place).filter_map(|(e, _)| page.events.get(e)).map(|(_, x, _)| *x);
            let evidence = deaf.iter().filter_map(|(e, _)| page.events.get(e)).map(|(o, ..)| o.arrival).take(50);
            let name = visible(page.location(*place));
            return Some(
                at_event(draft, case, page, *event)
                    .breach(
                        "deaf",
                        format!(
                            "`{name}` took callbacks and did not call them for {}, which was heard at `{}`",
                            names(constants),
                            visible(heard_at.unwrap_or_default())
                        ),
                    )
                    .hint(format!("a site that takes `{subscribe}` from `{name}`, as documented, never hears it"))
                    .evidence(evidence),
            );
        }
        let other =
            page.otherwise(case).into_iter().find(|(event, place, _)| first_at(page, *event) != page.location(*place));
        if let Some((event, place, field)) = other {
            let what = format!(
                "for the same firing `{field}` was another at `{}` than at `{}`",
                visible(page.location(place)),
                visible(first_at(page, event))
            );
            return Some(
                at_event(draft, case, page, event)
                    .breach("other-payload", what)
                    .evidence(page.events.get(&event).map(|(o, ..)| o.arrival)),
            );
        }
    }
    let several = |page: &&Page| {
        page.aliases.len() + page.places.values().map(|p| &p.location).collect::<BTreeSet<_>>().len() > 1
    };
    let page = pages.iter().find(several)?;
    if let Some(alias) = page.aliases.first() {
        let same = alias.same_as.as_deref().unwrap_or_default();
        return Some(draft.pass(format!(
            "`{}` has the very same function and constants as `{}`",
            visible(&alias.location),
            visible(same)
        )));
    }
    (!page.events.is_empty()).then(|| draft.pass(format!("heard at {} locations", page.places.len())))
}

fn first_at<'a>(page: &Page<'a>, event: u64) -> &'a str {
    match page.events.get(&event).map(|(o, ..)| &o.kind) {
        Some(Kind::Event { subscription, .. }) => page.location(*subscription),
        _ => "",
    }
}

fn independent(case: &Case, pages: &[Page]) -> Option<Draft> {
    let draft = case.draft("listeners.independent").expected("each of several callbacks hears every event");
    let subscribe = case.spec.probe.subscribe.join(".");
    for page in pages {
        if let Some((place, one)) = page.places.values().find_map(|p| Some((p, p.refused.first()?))) {
            return Some(
                draft
                    .breach(
                        "refused",
                        format!(
                            "`{subscribe}` at `{}` took one callback for {} and threw at the second: {}",
                            visible(&place.location),
                            one.constant,
                            visible(&one.message)
                        ),
                    )
                    .hint(
                        "whoever subscribes later than the first isn't told; on a site that is often its analytics"
                            .to_owned(),
                    ),
            );
        }
        let pair: Vec<&(u64, u64, Ear)> =
            page.silent.iter().filter(|(.., ear)| matches!(ear, Ear::First | Ear::Second | Ear::Again)).collect();
        if let Some((event, place, _)) = pair.first() {
            let has = |which: Ear| pair.iter().any(|(.., ear)| *ear == which);
            let by_handler = |event: &u64| {
                matches!(page.events.get(event).map(|(o, ..)| &o.kind), Some(Kind::Event { handler: Some(_), .. }))
            };
            let throws = page.places.get(place).is_some_and(|place| place.callbacks > 2);
            let threw = pair.iter().any(|(event, ..)| page.threw(*event));
            let late = has(Ear::First) || pair.iter().any(|(event, _, ear)| *ear == Ear::Again && by_handler(event));
            let early = has(Ear::Second) || pair.iter().any(|(event, _, ear)| *ear == Ear::Again && !by_handler(event));
            let constants = || names(pair.iter().filter_map(|(e, ..)| page.events.get(e)).map(|(_, x, _)| *x));
            let (code, what) = if throws || threw {
                let who = if throws { "a callback of chatproof's" } else { "a handler of the page's own" };
                ("silenced", format!("{who} threw, and another callback did not hear {}", constants()))
            } else if late && early {
                (
                    "one-of-two",
                    format!(
                        "of several callbacks only one heard each firing of {}, and not always the same",
                        constants()
                    ),
                )
            } else if late {
                ("only-last", format!("of several callbacks only one that was subscribed later heard {}", constants()))
            } else {
                (
                    "only-first",
                    format!("of several callbacks only one that was subscribed earlier heard {}", constants()),
                )
            };
            let evidence = pair.iter().filter_map(|(e, ..)| page.events.get(e)).map(|(o, ..)| o.arrival).take(50);
            return Some(
                at_event(draft, case, page, *event)
                    .breach(code, what)
                    .hint(
                        "a site's scripts each register a callback of their own: one of them hears nothing".to_owned(),
                    )
                    .evidence(evidence),
            );
        }
        let other =
            page.otherwise(case).into_iter().find(|(event, place, _)| first_at(page, *event) == page.location(*place));
        if let Some((event, _, field)) = other {
            let constant = page.events.get(&event).map_or("", |(_, x, _)| x);
            let what = format!("for one firing of {constant} two callbacks were given different values of `{field}`");
            return Some(
                at_event(draft, case, page, event)
                    .breach("other-payload", what)
                    .hint(
                        "do the callbacks share one object, and does something change it between two calls?".to_owned(),
                    )
                    .evidence(page.events.get(&event).map(|(o, ..)| o.arrival)),
            );
        }
    }
    let heard: usize = pages.iter().map(|page| page.events.len()).sum();
    (heard > 0).then(|| draft.pass(format!("each of them heard {}", text::times(heard as u64))))
}

fn kept(case: &Case, pages: &[Page]) -> Option<Draft> {
    let draft = case.draft("payload.kept").expected("a payload that stays what it was until it is looked at later");
    let mut found: Vec<(&Page, u64, &str, &'static str, String)> = Vec::new();
    for page in pages {
        for observation in &page.entries {
            let Kind::PayloadChanged { constant, event, data, .. } = &observation.kind else { continue };
            let Some((_, _, before)) = page.events.get(event) else { continue };
            let (now, then) = (payload(case, data), payload(case, before));
            let fields = case.spec.payload_fields(constant);
            let has = |payload: Option<&Value>, field: &str| {
                payload.and_then(|p| field.split('.').try_fold(p, |value, key| value.get(key))).is_some()
            };
            // What was empty from the start is another requirement's matter.
            if now == then || !fields.iter().any(|f| has(then, f)) {
                continue;
            }
            let later = page.events.range(event + 1..).any(|(_, (_, _, data))| payload(case, data) == now);
            found.push(if !fields.iter().any(|f| has(now, f)) {
                let what = format!("the payload of {constant} had lost its fields by the next step");
                (page, *event, constant, "emptied", what)
            } else if later {
                (page, *event, constant, "reused", format!("the payload of {constant} had become a later event's"))
            } else if let Some(field) = differing(case, constant, before, data) {
                let what = format!("`{}` in the payload of {constant} had changed by the next step", visible(&field));
                (page, *event, constant, "changed", what)
            } else {
                continue;
            });
        }
    }
    let Some((page, event, first, code, what)) = found.first() else {
        let heard = pages.iter().flat_map(|page| page.events.values());
        let heard = heard.filter(|(o, ..)| matches!(o.kind, Kind::Event { handler: None, .. })).count();
        return (heard > 0).then(|| draft.pass("nothing had changed by the next step"));
    };
    let others: Vec<&str> = found.iter().map(|(_, _, x, ..)| *x).filter(|x| x != first).collect();
    let others =
        if others.is_empty() { String::new() } else { format!("; so had that of {}", names(others.into_iter())) };
    let evidence =
        found.iter().filter_map(|(page, event, ..)| page.events.get(event)).map(|(o, ..)| o.arrival).take(50);
    Some(
        at_event(draft, case, page, *event)
            .breach(code, format!("{what}{others}"))
            .hint("a tag that keeps what it was given and sends it later sends something else".to_owned())
            .evidence(evidence),
    )
}
