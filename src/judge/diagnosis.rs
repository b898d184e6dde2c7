//! Likely causes: what in a recording explains a breach, as a hint for a person and as the id of the breach behind it.
//!
//! Nothing here decides an outcome. A hint says what was seen ("`agentId` was heard, `agentID` is documented"), never more
//! than the recording shows.

use serde_json::Value;

use crate::recording::Kind;
use crate::site::Act;
use crate::spec::{EventSpec, Spec};

use crate::verdict::RequirementId;

use super::case::Case;
use super::matching::{Expectation, Fate, Met};
use super::text::{self, duration, visible};
use super::trace::{Occurrence, Position, Trace};

/// The documented payload, heard elsewhere: at another place, as a JSON string, or both.
pub(super) fn payload_elsewhere(spec: &Spec, event: &EventSpec, occurrence: &Occurrence) -> Option<String> {
    let fields: Vec<&str> = event
        .fields
        .iter()
        .filter(|f| f.required && f.id.is_none())
        .filter_map(|f| f.field.split('.').next())
        .collect();
    let found = search(occurrence.data, &fields, &spec.probe.payload)?;
    let documented = text::payload(&spec.probe);
    let heard = visible(&text::path(&found.path));
    Some(match (found.in_string, heard == documented) {
        (true, true) => {
            format!("`{heard}` is a JSON string: the documented fields are in its text, and should be an object")
        }
        (true, false) => {
            format!("the documented fields were heard in a JSON string at `{heard}`, documented at `{documented}`")
        }
        (false, _) => format!("the documented fields were heard at `{heard}`, documented at `{documented}`"),
    })
}

struct Place {
    path: Vec<String>,
    in_string: bool,
}

/// The object nearest to the root that holds most of some fields; a bounded breadth-first search, the data being hostile.
fn search(data: &Value, fields: &[&str], documented: &[String]) -> Option<Place> {
    const MOST_NODES: usize = 2000;
    const LONGEST: usize = 64 * 1024;
    if fields.is_empty() {
        return None;
    }
    let mut queue = std::collections::VecDeque::from([(Vec::new(), data)]);
    let mut seen = 0;
    while let Some((path, value)) = queue.pop_front() {
        seen += 1;
        if seen > MOST_NODES {
            return None;
        }
        match value {
            Value::Object(object) => {
                let holds = fields.iter().filter(|f| object.contains_key(**f)).count();
                if holds * 2 >= fields.len() && holds > 0 && path != documented {
                    return Some(Place { path, in_string: false });
                }
                for (key, inner) in object {
                    let mut path: Vec<String> = path.clone();
                    path.push(key.clone());
                    queue.push_back((path, inner));
                }
            }
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    let mut path: Vec<String> = path.clone();
                    path.push(index.to_string());
                    queue.push_back((path, inner));
                }
            }
            Value::String(text) if text.len() <= LONGEST && text.trim_start().starts_with('{') => {
                let Ok(Value::Object(object)) = serde_json::from_str(text) else { continue };
                let holds = fields.iter().filter(|f| object.contains_key(**f)).count();
                if holds * 2 >= fields.len() && holds > 0 {
                    return Some(Place { path, in_string: true });
                }
            }
            _ => {}
        }
    }
    None
}

/// The path within a payload of the object in which a field is that the payload itself lacks. What is documented to be in
/// the payload is not searched: it may have fields of that name of its own.
pub(super) fn nested(event: &EventSpec, payload: &Value, field: &str) -> Option<String> {
    payload.as_object()?.iter().take(500).find_map(|(key, inner)| {
        let holds = inner.as_object().is_some_and(|o| o.contains_key(field));
        (holds && !event.fields.iter().any(|f| f.field == *key)).then(|| key.clone())
    })
}

/// The candidate that is the same name but for case, separators or a slip.
pub(super) fn misspelt<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |s: &str| s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let folded = fold(name);
    let mut best: Option<(usize, &str)> = None;
    // A page may send thousands of long keys.
    for candidate in candidates.take(500).filter(|c| c.len() <= 4 * name.len() + 8) {
        let distance = match fold(candidate) {
            same if same == folded => 0,
            other => strsim::osa_distance(&folded, &other),
        };
        // One slip in four letters: two short names are rarely slips of each other.
        if distance * 4 <= folded.chars().count() && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// That the page's scripts look at whether a program drives the browser: a widget may keep silent for one.
pub(super) fn reads_webdriver(case: &Case) -> Option<String> {
    let read = |d: &super::trace::Document| d.entries.iter().any(|e| matches!(e.observation.kind, Kind::WebdriverRead));
    case.trace.documents.iter().any(read).then(|| {
        "a script of the page read `navigator.webdriver`: the widget may keep silent for a browser that is driven, which \
         chatproof doesn't hide; have it let in (the vendor's test mode, or an allow list)"
            .to_owned()
    })
}

/// A page that the server answered with an error: a widget is rarely on it.
pub(super) fn http_error(case: &Case) -> Option<(u64, String)> {
    case.trace.browser.iter().find_map(|(_, observation)| match &observation.kind {
        Kind::Navigation { url, phase } => {
            let status = phase.strip_prefix("http-")?;
            let hint = format!(
                "the server answered {} with status {}: is this the right address?",
                visible(url),
                visible(status)
            );
            Some((observation.arrival, hint))
        }
        _ => None,
    })
}

/// The first uncaught error of a page between two steps, as a sentence, and its arrival.
pub(super) fn page_errors(case: &Case, from: Position, to: Position) -> Option<(u64, String)> {
    // Told by the browser, so they have no number of the listener's and no time of the page's.
    let errors = case.trace.browser.iter().filter(|(step, _)| from <= *step && *step <= to);
    let (arrival, message, source, line) = errors.into_iter().find_map(|(_, observation)| match &observation.kind {
        Kind::PageError { message, source, line } => Some((observation.arrival, message, source, line)),
        _ => None,
    })?;
    let place = match (source.is_empty(), line) {
        (true, _) => String::new(),
        (false, 0) => format!(" ({})", visible(source)),
        (false, line) => format!(" ({}:{line})", visible(source)),
    };
    Some((arrival, format!("the page threw an error: {}{place}", visible(message))))
}

/// What speaks for why an event was not heard; the two likeliest.
pub(super) fn why_missing(case: &Case, e: &Expectation) -> Option<String> {
    let x = &e.expected.constant;
    let step = e.step.index;
    let hints = [
        shares_value(case, x),
        constant_changed(case, x),
        replaced(case, e),
        silent_for_robots(case),
        nothing_at_all(case),
        instead(case, step),
        real_time(case, e),
        left(case, e),
        page_errors(case, Some(step), Some(step)).map(|(_, error)| error),
        dialog(case, step),
        earlier_permitted(case, e),
        unobserved(case, x),
        waived(case, x),
    ];
    let likeliest: Vec<String> = hints.into_iter().flatten().take(2).collect();
    let likeliest = if likeliest.is_empty() {
        [not_fired(case, e), ready_in_step(case, e)].into_iter().flatten().collect()
    } else {
        likeliest
    };
    (!likeliest.is_empty()).then(|| likeliest.join("; "))
}

/// That nothing but the widget's silence is left: the page listened, and heard other events.
fn not_fired(case: &Case, e: &Expectation) -> Option<String> {
    let x = &e.expected.constant;
    let fired_for = case.matching.expectations.iter().find(|other| {
        other.expected.constant == *x && matches!(other.met, Met::InTime(_)) && other.step.index != e.step.index
    });
    if let Some(other) = fired_for {
        return Some(format!(
            "it was heard for {}, so the widget fires it for some causes only",
            case.step_name(other.step.index)
        ));
    }
    let listened = |index: usize| {
        case.trace.documents.get(index).is_some_and(|d| {
            d.apis().any(|(_, api)| {
                api.when == "ready" && api.subscriptions.iter().any(|s| s.constant == *x && s.result == "ok")
            })
        })
    };
    let other = case.trace.occurrences.iter().rfind(|o| o.constant != x.as_str() && listened(o.document))?;
    Some(format!(
        "the page subscribed to it without an error and heard other events ({} last): the widget doesn't seem to \
         fire it, or not to every listener",
        other.constant
    ))
}

/// That an event was heard in a step that made its page go away: fired for the leaving?
pub(super) fn fired_by_leaving(case: &Case, index: usize) -> Option<String> {
    let occurrence = case.occurrence(index)?;
    let document = case.trace.documents.get(occurrence.document)?;
    let unload = document
        .entries
        .iter()
        .find(|entry| entry.step == occurrence.step && matches!(entry.observation.kind, Kind::Unload))?;
    let before = unload.observation.page_ms? - occurrence.page_ms?;
    (before >= 0.0).then(|| {
        format!("the page went away {} later: does the widget fire it whenever a page is left?", duration(before))
    })
}

fn shares_value(case: &Case, x: &str) -> Option<String> {
    let group = case.shared.iter().find(|g| g.contains(&x))?;
    let others: Vec<String> = group.iter().filter(|o| **o != x).map(|o| format!("`{o}`")).collect();
    Some(format!("its constant has the same value as {}", text::list(&others, "and")))
}

/// The constant had one value when it was subscribed with, and later another.
fn constant_changed(case: &Case, x: &str) -> Option<String> {
    let value = |api: &crate::recording::ApiSnapshot, location: &str| {
        let found = api.locations.iter().find(|l| l.name == location)?;
        let constant = found.constants.iter().find(|c| c.name == x)?;
        Some((constant.type_.clone(), constant.value.clone()))
    };
    case.trace.documents.iter().filter(|d| d.hosts()).find_map(|document| {
        let (_, ready) = document.apis().find(|(_, api)| api.used.is_some())?;
        let used = ready.used.as_deref()?;
        let before = value(ready, used)?;
        let after = document.apis().filter_map(|(_, api)| value(api, used)).find(|after| *after != before)?;
        Some(format!(
            "its constant was \"{}\" in the ready handler and \"{}\" later: who subscribed with the first hears nothing",
            visible(&before.1),
            visible(&after.1)
        ))
    })
}

/// Another API stands where the one was that was subscribed to, and no ready event came with it.
fn replaced(case: &Case, e: &Expectation) -> Option<String> {
    let step = Some(e.step.index);
    let documents = case.trace.documents.iter().filter(|d| d.hosts() && d.born() <= step && step <= d.last());
    let location = documents.flat_map(|d| d.apis().last()).find_map(|(_, api)| api.replaced.first())?;
    Some(format!(
        "another API stands at `{}` than at the ready event, and none came with it: what was subscribed to is gone, and a \
         site that subscribes in its ready handler hears nothing",
        visible(location)
    ))
}

/// No event was heard at all, and somebody looked at who drives.
fn silent_for_robots(case: &Case) -> Option<String> {
    reads_webdriver(case).filter(|_| case.trace.occurrences.is_empty())
}

/// That several events were to be heard and none was, though the listeners were taken: one reason, most likely.
fn nothing_at_all(case: &Case) -> Option<String> {
    silence_headline(case)?;
    let subscribe = case.spec.probe.subscribe.join(".");
    let taken = case.trace.documents.iter().filter(|d| d.hosts()).flat_map(|d| d.apis());
    taken.flat_map(|(_, api)| &api.subscriptions).any(|s| s.result == "ok").then(|| {
        format!(
            "`{subscribe}` took the listeners without an error, but no event at all was heard: does it keep them, and are \
             events fired under the constants' values?"
        )
    })
}

/// If a journey was to fire several events and none at all was heard: the first one's requirement, the headline.
pub(super) fn silence_headline(case: &Case) -> Option<RequirementId> {
    let missing = || case.matching.expectations.iter().filter(|e| e.met == Met::Missing);
    let several = case.trace.occurrences.is_empty() && missing().count() > 1;
    missing().next().filter(|_| several).map(|e| RequirementId::event(&e.expected.constant, "fires"))
}

/// Another event, which no step declares, in the step that was to cause this one.
fn instead(case: &Case, step: usize) -> Option<String> {
    let other =
        case.trace.occurrences.iter().enumerate().find(|(index, o)| {
            o.step == Some(step) && matches!(case.matching.fates.get(*index), Some(Fate::Unexpected))
        });
    other.map(|(_, o)| format!("{} was heard instead, {}: is it fired in its place?", o.constant, case.when(o)))
}

/// The pages' time was advanced, but not everything goes by it.
fn real_time(case: &Case, e: &Expectation) -> Option<String> {
    if !matches!(e.step.act, Act::Advance(_)) {
        return None;
    }
    let kept: Vec<String> = case
        .trace
        .browser
        .iter()
        .filter(|(at, _)| *at == Some(e.step.index))
        .filter_map(|(_, observation)| match &observation.kind {
            Kind::Advanced { kept, .. } => Some(kept.iter().map(|one| visible(one))),
            _ => None,
        })
        .flatten()
        .collect();
    let server = "timers of the server's own can't be advanced";
    Some(match kept.as_slice() {
        [] => server.to_owned(),
        kept => format!("{} of the page keep the real time, and {server}", text::list(kept, "and")),
    })
}

/// The page went away in the step.
fn left(case: &Case, e: &Expectation) -> Option<String> {
    let step = e.step.index;
    if matches!(e.step.act, Act::Open(_) | Act::Reload | Act::Back | Act::ClosePage) {
        return None;
    }
    case.trace.documents.iter().enumerate().filter(|(_, d)| d.top && d.hosts()).find_map(|(index, document)| {
        let unload = document
            .entries
            .iter()
            .find(|entry| entry.step == Some(step) && matches!(entry.observation.kind, Kind::Unload))?;
        let after = unload.observation.page_ms? - case.trace.mark_ms(step, Some(index))?;
        Some(format!("the page navigated {} after the step began: the event may have been lost", duration(after)))
    })
}

/// The ready event came in the step that was to cause the event: one that was fired before it is heard by nobody.
fn ready_in_step(case: &Case, e: &Expectation) -> Option<String> {
    let step = e.step.index;
    let target = Trace::ready_target(case.spec);
    case.trace.documents.iter().enumerate().filter(|(_, d)| d.hosts()).find_map(|(index, document)| {
        let ready = document.ready_on(target).next().filter(|entry| entry.step == Some(step))?;
        let after = ready.observation.page_ms? - case.trace.mark_ms(step, Some(index))?;
        Some(format!(
            "what is fired before the ready event, which was heard {} after the step began, is heard by no page",
            duration(after)
        ))
    })
}

fn dialog(case: &Case, step: usize) -> Option<String> {
    case.trace.browser.iter().find_map(|(at, observation)| match &observation.kind {
        Kind::Dialog { dialog, message, .. } if *at == Some(step) => Some(format!(
            "the page opened a dialog ({}: \"{}\"), which stops its scripts",
            visible(dialog),
            visible(message)
        )),
        _ => None,
    })
}

fn earlier_permitted(case: &Case, e: &Expectation) -> Option<String> {
    case.trace.occurrences.iter().enumerate().find_map(|(index, o)| {
        let before = o.constant == e.expected.constant
            && o.step < Some(e.step.index)
            && matches!(case.matching.fates.get(index), Some(Fate::Permitted(..)));
        before.then(|| format!("it was heard {}, where `may_fire` allows it", case.when(o)))
    })
}

fn unobserved(case: &Case, x: &str) -> Option<String> {
    let (_, actor, _) = case.trace.elsewhere.iter().find(|(constant, ..)| *constant == x)?;
    let actor = visible(actor);
    Some(format!("it was heard in the window of `{actor}`, which is not observed (`observe: true` would judge it)"))
}

fn waived(case: &Case, x: &str) -> Option<String> {
    let waived = case.site.not_applicable.get(x)?;
    Some(format!("the site file also says that it doesn't apply: {}", waived.reason))
}

/// The breaches that would explain why an event was never heard: a bad constant, or an API that nothing could subscribe
/// to. If the subscription is known to have worked, only the constant's value is left.
pub(super) fn causes_of_silence(case: &Case, x: &str) -> Vec<RequirementId> {
    let mut causes = vec![RequirementId::constant(x, "present"), RequirementId::constant(x, "usable")];
    let subscribed =
        case.trace.documents.iter().filter(|d| d.hosts()).flat_map(|d| d.apis()).any(|(_, api)| {
            api.when == "ready" && api.subscriptions.iter().any(|s| s.constant == x && s.result == "ok")
        });
    if !subscribed {
        causes.extend(
            ["ready.fired", "api.location", "api.subscribe", "api.constants", "ready.api-usable"]
                .map(RequirementId::from),
        );
    }
    causes.extend(
        case.shared
            .iter()
            .find(|g| g.contains(&x))
            .and_then(|g| g.first())
            .map(|f| RequirementId::constant(f, "distinct")),
    );
    causes
}

/// The expectation that an occurrence seems swapped with: each was heard in the other's step.
fn swap<'c, 'a>(case: &'c Case<'a>, e: &Expectation, at: usize) -> Option<&'c Expectation<'a>> {
    let heard = case.occurrence(at)?.step?;
    case.matching.expectations.iter().find(|other| {
        other.expected.constant != e.expected.constant
            && other.step.index == heard
            && match other.met {
                Met::TooEarly(o) | Met::TooLate(o) => case.occurrence(o).is_some_and(|o| o.step == Some(e.step.index)),
                _ => false,
            }
    })
}

/// That an event and another seem to be fired under each other's constants.
pub(super) fn swapped(case: &Case, e: &Expectation, at: usize) -> Option<String> {
    let other = swap(case, e, at)?;
    Some(format!(
        "{} and {} seem to be swapped: each was heard in the step that was to cause the other",
        e.expected.constant, other.expected.constant
    ))
}

/// Of two swapped events the one whose step comes first is the headline.
pub(super) fn swap_headline(case: &Case, e: &Expectation, at: usize) -> Option<RequirementId> {
    let other = swap(case, e, at)?;
    let first =
        if (other.step.index, &other.expected.constant) < (e.step.index, &e.expected.constant) { other } else { e };
    Some(RequirementId::event(&first.expected.constant, "fires"))
}

/// That an event was heard in the step that loaded its page, and before on another page of the conversation.
pub(super) fn heard_before_load(case: &Case, index: usize) -> Option<String> {
    let occurrence = case.occurrence(index)?;
    let document = case.trace.documents.get(occurrence.document)?;
    let talk = case.talks.all.get(case.talks.of(index))?;
    let before =
        talk.occurrences.iter().filter_map(|i| case.occurrence(*i)).find(|o| {
            o.constant == occurrence.constant && o.step < document.born() && o.document != occurrence.document
        })?;
    (document.born() == occurrence.step).then(|| {
        format!(
            "it was heard {} already: it seems to be fired again when a page is loaded in which the conversation goes on",
            case.when(before)
        )
    })
}

/// The missing expectation that an unexpected event stands in for: heard in the very step that was to cause it.
fn stood_in<'c, 'a>(case: &'c Case<'a>, index: usize) -> Option<&'c Expectation<'a>> {
    let heard = case.occurrence(index)?;
    case.matching
        .expectations
        .iter()
        .find(|e| e.met == Met::Missing && Some(e.step.index) == heard.step && e.expected.constant != heard.constant)
}

/// That an unexpected event was heard in place of a missing one.
pub(super) fn stands_in_for(case: &Case, index: usize) -> Option<String> {
    let e = stood_in(case, index)?;
    Some(format!(
        "the step was to cause {}, which was not heard: is this event fired in its place?",
        e.expected.constant
    ))
}

/// Its requirement, which is the headline.
pub(super) fn stands_in_headline(case: &Case, index: usize) -> Option<RequirementId> {
    stood_in(case, index).map(|e| RequirementId::event(&e.expected.constant, "fires"))
}
