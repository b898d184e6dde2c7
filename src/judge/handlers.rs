//! The handlers family: what the page itself listens to. It is about the site, not about the vendor, so nothing of it is
//! a `must` unless the site file's `levels` say so.
//!
//! - `handler.X.in-time`: the page's handler for X is registered before X fires. The commonest real fault: a tag manager
//!   that loads after the widget.
//! - `handler.X.called`: when X fires, the page's handlers for it are called.
//! - `handler.X.returns`: they return, without throwing and without a rejected promise that nobody catches.
//! - `handler.X.once`: no place in a script registers a handler for X twice in one document.
//! - `handlers.registered`: each handler is a function, registered for a constant that exists, and the API takes it.
//! - `handlers.parsed`: where an event has no handler, no script failed to parse that may have been to register it.
//! - `handlers.seen`: the page's own handlers can be seen at all.
//!
//! A page that registers no handler for X breaks nothing: it needn't listen.
//!
//! Example: `tags.js` subscribes three seconds after X was heard. `handler.X.in-time` warns as `too-late`.

use std::collections::{BTreeMap, BTreeSet};

use crate::recording::handlers::{OwnHandler, own_handlers, unparsed};
use crate::recording::{Kind, Observation, Recording};
use crate::spec::{Spec, Statement};
use crate::verdict::{Level, RequirementId};

use super::about::{About, CUT_SHORT, LOST, finding};
use super::case::Case;
use super::cut;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::text::{self, visible};
use super::trace::Occurrence;

const WHY: &str = "it is about the site's own code, of which the vendor's page demands nothing";
const WHY_RECORD: &str = "a site may have its reasons";

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&REGISTERED, &PARSED, &SEEN, &IN_TIME, &CALLED, &RETURNS, &ONCE];

/// What is registered can be called.
const REGISTERED: About = About {
    form: "handlers.registered",
    looks_at: "each call of the subscribe function by the page's own code: what it was registered for, and what was \
               registered",
    why: "a handler for a misspelt constant is never called, and nobody says so",
    findings: &[
        finding(
            "no-constant",
            "it was registered for something that is no constant's value",
            "is the constant's name misspelt?",
        ),
        finding("no-function", "what was registered is no function", "was the callback defined before this line?"),
        finding("refused", "the subscribe function threw", "look at what it says in the browser's console"),
    ],
    example: "`Enum.Events.CONVERSATION_TRIGERED` is undefined, and the page subscribes to it: `no-constant`.",
};

/// Scripts that were to register handlers.
const PARSED: About = About {
    form: "handlers.parsed",
    looks_at: "syntax errors of the page's scripts, where an event was heard for which the page has no handler",
    why: "a script that can't be parsed does nothing at all",
    findings: &[
        finding(
            "syntax-error",
            "a script has a syntax error, and an event has no handler",
            "mend the script, if it is the one that was to subscribe",
        ),
        CUT_SHORT,
    ],
    example: "An example was copied without its last bracket, so no handler is ever registered: `syntax-error`.",
};

/// Whether there is anything to be seen.
const SEEN: About = About {
    form: "handlers.seen",
    looks_at: "whether another function could be put in the place of the API's subscribe function",
    why: "without that nothing is known of the page's own handlers",
    findings: &[finding(
        "unseen",
        "the API can't be stood in front of",
        "nothing, if your handlers needn't be looked at; an API that isn't frozen lets them be seen",
    )],
    example: "The API is frozen, and so is the object that it is found in: `unseen`.",
};

/// The tag manager.
const IN_TIME: About = About {
    form: "handler.X.in-time",
    looks_at: "each firing of X in a document in which the page registers a handler for it: whether one was there by then",
    why: "nothing is kept for those who come late, so what fired before is in no analytics",
    findings: &[
        finding(
            "too-late",
            "X had fired when the page registered its handler",
            "load the script before the widget, or subscribe in the ready handler",
        ),
        CUT_SHORT,
    ],
    example: "A tag manager loads three seconds after the widget, which has shown its conversation by then: `too-late`.",
};

/// Who is told.
const CALLED: About = About {
    form: "handler.X.called",
    looks_at: "whether the page's handlers for X that were there when it fired were called",
    why: "a handler that isn't told sends nothing on",
    findings: &[
        finding(
            "not-called",
            "the listener was told of X, and the handler wasn't",
            "does the widget tell its first subscriber only, or did the page take the handler back?",
        ),
        LOST,
        CUT_SHORT,
    ],
    example: "A widget keeps one listener for each event, the first: the page's own is `not-called`.",
};

/// What becomes of it.
const RETURNS: About = About {
    form: "handler.X.returns",
    looks_at: "each call of the page's handlers for X: whether it threw, or gave a promise that was rejected",
    why: "what comes after the error in the handler isn't done, mostly the sending",
    findings: &[
        finding("threw", "a handler threw", "mend it: its script and line are named"),
        finding(
            "rejected",
            "a handler's promise was rejected, and nobody caught that",
            "mend it, or catch the rejection",
        ),
    ],
    example: "A handler calls `ga()`, which the site has long removed, and throws a ReferenceError: `threw`.",
};

/// Twice.
const ONCE: About = About {
    form: "handler.X.once",
    looks_at: "whether one place in a script registers more than one handler for X in a document",
    why: "what it sends on is counted as often",
    findings: &[finding(
        "twice",
        "one place registered several handlers",
        "is the script included twice, or run at each ready event?",
    )],
    example: "A tag manager's container is in the page twice, and so is its handler: `twice`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    let at = |level: Level, why: &str, place: &Statement| Statement {
        level,
        why: Some(why.to_owned()),
        section: place.section.clone(),
        url: place.url.clone(),
        span: place.span,
    };
    let subscribe = &spec.api.subscribe;
    let sentence = "Each handler of the page's own is a function, registered for a constant that exists";
    catalogue.add(&REGISTERED, "handlers.registered", sentence, &at(Level::Should, WHY, subscribe));
    let sentence = "No script fails to parse that may have been to register a handler";
    catalogue.add(&PARSED, "handlers.parsed", sentence, &at(Level::Should, WHY, subscribe));
    let sentence = "The page's own handlers can be seen";
    catalogue.add(&SEEN, "handlers.seen", sentence, &at(Level::Record, "an API may be fixed in its place", subscribe));
    for (x, event) in &spec.events {
        let mut add = |about, what: &'static str, sentence: String, level, why| {
            catalogue.add(about, RequirementId::handler(x, what), sentence, &at(level, why, &event.fires));
        };
        let sentence = format!("The page's handler for {x} is registered before it fires");
        add(&IN_TIME, "in-time", sentence, Level::Should, WHY);
        add(&CALLED, "called", format!("When {x} fires, the page's handlers for it are called"), Level::Should, WHY);
        add(&RETURNS, "returns", format!("The page's handlers for {x} return without an error"), Level::Should, WHY);
        let sentence = format!("No place in a script registers a handler for {x} twice in a document");
        add(&ONCE, "once", sentence, Level::Record, WHY_RECORD);
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    let handlers = own_handlers(case.recording, |actor| case.site.observes(actor));
    out.extend(seen(case));
    let heard = || case.heard.keys().copied();
    out.extend(registered(case, &handlers).map(|draft| under_forwards(case, draft, heard())));
    let parsed = parsed(case, &handlers).map(|draft| cut::unless_cut(case, draft));
    out.extend(parsed.map(|draft| under_forwards(case, draft, heard())));
    // The same breach of handlers that one place registers is one mistake: the first stands for the others.
    let mut heads: BTreeMap<(usize, String, String), RequirementId> = BTreeMap::new();
    for x in case.spec.events.keys() {
        let own: Vec<&OwnHandler> = handlers
            .iter()
            .filter(|h| h.registration.constant.as_deref() == Some(x) && h.registration.accepted)
            .collect();
        if own.is_empty() {
            continue;
        }
        let heard = firings(case, x);
        let place = own.first().map(|handler| handler.place()).unwrap_or_default();
        let once = Some(once(case, x, &own));
        // That a handler was told later, or was called at all, may have been under way.
        let shown = |draft: Option<Draft>| draft.map(|draft| cut::unless_cut(case, draft));
        let of_x =
            [shown(in_time(case, x, &own, &heard)), shown(called(case, x, &own, &heard)), returns(case, x, &own), once];
        for (kind, draft) in of_x.into_iter().enumerate() {
            let Some(draft) = draft.map(|draft| under_forwards(case, draft, [x.as_str()])) else { continue };
            if !draft.is_broken() {
                out.push(draft);
                continue;
            }
            let id = draft.verdict.requirement.clone();
            let head = heads.entry((kind, draft.verdict.finding.clone(), place.clone())).or_insert_with(|| id.clone());
            out.push(if *head == id { draft } else { draft.explained_by([head.clone()]) });
        }
    }
}

/// When each document's API was another one, and which subscriptions were made then: what a page registered with the API
/// before isn't told by the new one, and what it registers with the new one isn't registered twice.
struct Apis<'a>(BTreeMap<&'a str, Vec<(u64, BTreeSet<u64>)>>);

impl<'a> Apis<'a> {
    fn of(recording: &'a Recording) -> Self {
        let mut all: BTreeMap<&str, Vec<(u64, BTreeSet<u64>)>> = BTreeMap::new();
        for o in &recording.observations {
            let (Kind::Api(api), Some(seq)) = (&o.kind, o.seq) else { continue };
            let made: BTreeSet<u64> = api.places.iter().map(|place| place.subscription).collect();
            if !made.is_empty() {
                all.entry(&o.document).or_default().push((seq, made));
            }
        }
        Self(all)
    }

    /// Which of a document's APIs a page registers with, from 0.
    fn at(&self, document: &str, seq: Option<u64>) -> usize {
        let made = self.0.get(document).map(Vec::as_slice).unwrap_or_default();
        made.iter().filter(|(at, _)| Some(*at) < seq).count().saturating_sub(1)
    }

    /// Which of a document's APIs an event was heard of.
    fn heard(&self, observation: &Observation) -> usize {
        let Kind::Event { subscription, .. } = &observation.kind else { return 0 };
        let made = self.0.get(observation.document.as_str()).map(Vec::as_slice).unwrap_or_default();
        made.iter().rposition(|(_, numbers)| numbers.contains(subscription)).unwrap_or(0)
    }
}

/// A firing of an event, and the listener's observation of it.
struct Firing<'c, 'a> {
    occurrence: &'c Occurrence<'a>,
    observation: &'a Observation,
}

fn firings<'c, 'a>(case: &'c Case<'a>, x: &str) -> Vec<Firing<'c, 'a>> {
    let is_it = |o: &&Observation| matches!(&o.kind, Kind::Event { constant, .. } if constant == x);
    let by_arrival: BTreeMap<u64, &Observation> =
        case.recording.observations.iter().filter(is_it).map(|o| (o.arrival, o)).collect();
    let find = |o: &'c Occurrence<'a>| {
        let observation = o.arrivals.first().and_then(|arrival| by_arrival.get(arrival))?;
        Some(Firing { occurrence: o, observation })
    };
    case.trace.occurrences.iter().filter(|o| o.constant == x).filter_map(find).collect()
}

/// Where what should have been sent on is missing, and that weighs more, a handler's breach is told under it.
fn under_forwards<'x>(case: &Case, draft: Draft, constants: impl IntoIterator<Item = &'x str>) -> Draft {
    let own = draft.level();
    let mut over = Vec::new();
    for x in constants {
        for forward in case.site.forwards_of(&case.recording.journey).filter(|f| f.events.contains_key(x)) {
            let id = RequirementId::forwarded(&forward.name, x, "sent");
            if case.forward_level(&id) < own {
                over.push(id);
            }
        }
    }
    draft.explained_by(over)
}

/// `1 call`, `2 calls`
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// ``the handler of `app.js:12` ``
fn named(handler: &OwnHandler) -> String {
    format!("the handler that `{}` registered", visible(&handler.place()))
}

fn in_time(case: &Case, x: &str, own: &[&OwnHandler], heard: &[Firing]) -> Option<Draft> {
    let draft =
        case.draft(RequirementId::handler(x, "in-time")).expected(format!("a handler that is there when {x} fires"));
    let mut missed: Vec<(&Firing, &OwnHandler)> = Vec::new();
    let mut met: u64 = 0;
    // Some APIs tell those who come late what they have missed.
    let told: BTreeSet<(&str, u64)> = own
        .iter()
        .flat_map(|h| h.calls.iter().filter_map(|(o, call)| Some((o.document.as_str(), call.event?))))
        .collect();
    // The first of each document.
    let mut first: BTreeMap<&str, &OwnHandler> = BTreeMap::new();
    for handler in own {
        let known = first.entry(handler.observation.document.as_str()).or_insert(handler);
        if handler.observation.seq < known.observation.seq {
            *known = handler;
        }
    }
    for firing in heard {
        let document = firing.observation.document.as_str();
        let Some(handler) = first.get(document) else { continue };
        let told = firing.observation.seq.is_some_and(|seq| told.contains(&(document, seq)));
        if told || handler.observation.seq < firing.observation.seq {
            met += 1;
        } else {
            missed.push((firing, handler));
        }
    }
    let Some((firing, handler)) = missed.first() else {
        return (met > 0).then(|| draft.pass(format!("a handler was there each time ({})", text::times(met))));
    };
    let after = match (handler.observation.page_ms, firing.observation.page_ms) {
        (Some(registered), Some(fired)) if registered >= fired => text::duration(registered - fired),
        _ => "some time".to_owned(),
    };
    let ready = if handler.registration.after_ready { ", after the ready event" } else { "" };
    let how_often = if met + missed.len() as u64 > 1 {
        format!(" ({} of {} firings missed)", missed.len(), met + missed.len() as u64)
    } else {
        String::new()
    };
    let evidence = missed
        .iter()
        .take(50)
        .flat_map(|(f, h)| [f.observation.arrival, h.observation.arrival])
        .collect::<BTreeSet<_>>();
    Some(
        draft
            .breach(
                "too-late",
                format!(
                    "{x} was heard {}; `{}` registered its handler {after} later{ready}{how_often}",
                    case.when(firing.occurrence),
                    visible(&handler.place()),
                ),
            )
            .hint(
                "the event had fired by then, and nothing is kept for those who come late: does a tag manager load this \
                 script after the widget? Load it before, or subscribe in the ready handler"
                    .to_owned(),
            )
            .step(case.heard_in(firing.occurrence).and_then(|step| case.step_ref(step)))
            .evidence(evidence),
    )
}

fn called(case: &Case, x: &str, own: &[&OwnHandler], heard: &[Firing]) -> Option<Draft> {
    let draft =
        case.draft(RequirementId::handler(x, "called")).expected(format!("each handler for {x} called when it fires"));
    // Calls of which there were too many to tell are in no list.
    let unsaid: BTreeSet<&str> = case
        .recording
        .observations
        .iter()
        .filter(|o| matches!(o.kind, Kind::HandlersUnsaid { .. }))
        .map(|o| o.document.as_str())
        .collect();
    let apis = Apis::of(case.recording);
    let mut calls = 0;
    let mut silent: Option<(&OwnHandler, &Firing)> = None;
    let mut evidence = BTreeSet::new();
    for handler in own.iter().filter(|h| h.registration.handler.is_some() && !h.repeated) {
        let after = heard.iter().find(|f| {
            f.observation.document == handler.observation.document
                && f.observation.seq > handler.observation.seq
                && apis.heard(f.observation) <= apis.at(&handler.observation.document, handler.observation.seq)
                && handler.removed.is_none_or(|removed| removed.seq > f.observation.seq)
        });
        calls += handler.calls.len() as u64;
        let Some(firing) = after else { continue };
        if handler.calls.is_empty() && handler.unplaced == 0 && !unsaid.contains(handler.observation.document.as_str())
        {
            silent.get_or_insert((handler, firing));
            evidence.extend([handler.observation.arrival, firing.observation.arrival]);
        }
    }
    let Some((handler, firing)) = silent else {
        return (calls > 0).then(|| draft.pass(text::times(calls)));
    };
    let step = case.heard_in(firing.occurrence);
    if let Some(hole) = case.trace.certain_hole(firing.occurrence.step, firing.occurrence.step) {
        return Some(
            draft
                .inconclusive("lost", format!("no call of {} was seen, but {}", named(handler), hole.why))
                .evidence(evidence),
        );
    }
    Some(
        draft
            .breach(
                "not-called",
                format!("{x} was heard {}; {} was not called", case.when(firing.occurrence), named(handler)),
            )
            .hint(
                "the listener was told and the handler wasn't: does the widget tell its first subscriber only, or did the \
                 page take the handler back in a way that can't be seen (a function that the subscription gave it)?"
                    .to_owned(),
            )
            .step(step.and_then(|step| case.step_ref(step)))
            .explained_by([RequirementId::from("listeners.independent")])
            .evidence(evidence),
    )
}

fn returns(case: &Case, x: &str, own: &[&OwnHandler]) -> Option<Draft> {
    let draft = case.draft(RequirementId::handler(x, "returns")).expected(format!("handlers for {x} that don't fail"));
    let calls: usize = own.iter().map(|h| h.calls.len()).sum();
    let Some(worst) = own.iter().filter(|h| h.failures() > 0).max_by_key(|h| h.failures()) else {
        return (calls > 0).then(|| draft.pass(text::times(calls as u64)));
    };
    let threw = worst.calls.iter().find(|(_, call)| !call.returned);
    let (finding, what) = match (threw, worst.rejections.first()) {
        (Some((_, call)), _) if call.message.is_empty() => {
            ("threw", "threw, which its caller caught before it could be seen".to_owned())
        }
        (Some((_, call)), _) => {
            let caught = if call.caught { ", which its caller caught" } else { "" };
            ("threw", format!("threw {}{caught}", visible(&call.message)))
        }
        (None, Some((_, message))) => {
            ("rejected", format!("gave a promise that was rejected with {}, which nobody caught", visible(message)))
        }
        (None, None) => return None,
    };
    let others: Vec<String> = own
        .iter()
        .filter(|h| h.failures() > 0 && !std::ptr::eq(**h, *worst))
        .map(|h| format!("`{}`", visible(&h.place())))
        .collect();
    let others = if others.is_empty() { String::new() } else { format!("; so did {}", text::list(&others, "and")) };
    let arrivals = own.iter().flat_map(|h| {
        h.calls
            .iter()
            .filter(|(_, call)| !call.returned)
            .map(|(o, _)| o.arrival)
            .chain(h.rejections.iter().map(|(o, _)| o.arrival))
    });
    let evidence: BTreeSet<u64> = arrivals.take(50).collect();
    Some(
        draft
            .breach(
                finding,
                format!(
                    "{} {what} ({} of {}){others}",
                    named(worst),
                    worst.failures(),
                    count(worst.calls.len(), "call")
                ),
            )
            .hint("what it was to do with the event, it may not have done".to_owned())
            .evidence(evidence),
    )
}

fn once(case: &Case, x: &str, own: &[&OwnHandler]) -> Draft {
    let draft =
        case.draft(RequirementId::handler(x, "once")).expected("each place registers its handler once".to_owned());
    let apis = Apis::of(case.recording);
    let mut places: BTreeMap<(&str, usize, &str, u32, u32), Vec<&OwnHandler>> = BTreeMap::new();
    for handler in own.iter().filter(|h| !h.registration.script.is_empty()) {
        let r = handler.registration;
        let document = handler.observation.document.as_str();
        let api = apis.at(document, handler.observation.seq);
        let list = places.entry((document, api, &r.script, r.line, r.column)).or_default();
        // One that was taken back before the next is registered counts no more.
        list.retain(|h| h.removed.is_none_or(|removed| removed.seq > handler.observation.seq));
        list.push(handler);
    }
    let Some((_, twice)) = places.into_iter().filter(|(_, list)| list.len() > 1).max_by_key(|(_, list)| list.len())
    else {
        return draft.pass("once");
    };
    let first = twice.first().map(|h| h.place()).unwrap_or_default();
    draft
        .breach("twice", format!("`{}` registered a handler {}", visible(&first), text::times(twice.len() as u64)))
        .hint("what it sends on is sent as often: is the script included twice, or run at each ready event?".to_owned())
        .evidence(twice.iter().map(|h| h.observation.arrival))
        .explained_by([RequirementId::from("ready.once")])
}

fn registered(case: &Case, handlers: &[OwnHandler]) -> Option<Draft> {
    if handlers.is_empty() {
        return None;
    }
    let subscribe = case.spec.probe.subscribe.join(".");
    let draft =
        case.draft("handlers.registered").expected(format!("`{subscribe}` called with a constant and a function"));
    let wrong = |h: &OwnHandler| {
        let r = h.registration;
        let what = if r.constant.is_none() && matches!(r.value_type.as_str(), "undefined" | "null") {
            ("no-constant", format!("for {}, not for a constant: is its name misspelt?", r.value_type))
        } else if r.constant.is_none() {
            ("no-constant", format!("for `{}`, which is the value of no constant", visible(&r.value)))
        } else if !matches!(r.callback.as_str(), "function" | "object") {
            ("no-function", format!("that is {}, not a function", visible(&r.callback)))
        } else if !r.accepted {
            ("refused", format!("with which `{subscribe}` threw"))
        } else {
            return None;
        };
        Some((what, format!("`{}`", visible(&h.place())), h.observation.arrival))
    };
    let found: Vec<_> = handlers.iter().filter_map(wrong).collect();
    let Some(((finding, what), place, _)) = found.first() else {
        return Some(draft.pass(format!("{} registered", count(handlers.len(), "handler"))));
    };
    let more = if found.len() > 1 { format!(" (and {} more)", found.len() - 1) } else { String::new() };
    Some(
        draft
            .breach(finding, format!("{place} registered a handler {what}{more}"))
            .explained_by((*finding == "refused").then(|| RequirementId::from("listeners.independent")))
            .evidence(found.iter().map(|(.., arrival)| *arrival).take(50)),
    )
}

/// A script that can't be parsed does nothing at all, and says so only in the browser's console.
fn parsed(case: &Case, handlers: &[OwnHandler]) -> Option<Draft> {
    let has_handler = |x: &str| handlers.iter().any(|h| h.registration.constant.as_deref() == Some(x));
    let unheard: Vec<&str> = case.heard.keys().copied().filter(|x| !has_handler(x)).collect();
    let errors: Vec<(u64, &str, String)> = unparsed(case.recording, |actor| case.site.observes(actor));
    let (first, unheard) = (errors.first()?, unheard);
    if unheard.is_empty() {
        return None;
    }
    let (_, message, place) = first;
    let names: Vec<&str> = unheard.iter().copied().take(3).collect();
    let more =
        if unheard.len() > names.len() { format!(" and {} more", unheard.len() - names.len()) } else { String::new() };
    let draft =
        case.draft("handlers.parsed").expected("scripts that can be parsed, where events have no handler".to_owned());
    Some(
        draft
            .breach("syntax-error", format!("`{}`: {}; the page has no handler for {}{more}", visible(place), visible(message), names.join(", ")))
            .hint("a script that can't be parsed does nothing at all; if it was to register handlers, that is why there are none".to_owned())
            .evidence(errors.iter().map(|(arrival, ..)| *arrival).take(20)),
    )
}

fn seen(case: &Case) -> Option<Draft> {
    let states =
        case.recording.observations.iter().filter(|o| case.site.observes(&o.actor)).filter_map(|o| match &o.kind {
            Kind::HandlersWatched { location, state, .. } => Some((o.arrival, location, state.as_str())),
            _ => None,
        });
    let states: Vec<_> = states.collect();
    let unseen = states.iter().find(|(_, _, state)| *state != "watched");
    let draft = case.draft("handlers.seen");
    let Some((arrival, location, state)) = unseen else {
        return (!states.is_empty()).then(|| draft.pass("watched"));
    };
    let why = match *state {
        "frozen" => "the API is frozen, and so is its place",
        "lexical" => "its functions are `let`, `const` or `class` bindings, which nobody can stand in front of",
        _ => "the API refuses another function in its place",
    };
    Some(
        draft
            .breach("unseen", format!("what the page registers at `{}` is not seen: {why}", visible(location)))
            .evidence([*arrival]),
    )
}
