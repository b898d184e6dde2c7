//! The ready family: the event that says that the API can be used.

use crate::recording::{Kind, StepOutcome};
use crate::spec::{Ready, Spec};

use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, LOST, NOT_LISTENING, PAGE_REFUSED, finding};
use super::case::Case;
use super::cut;
use super::draft::Draft;
use super::requirements::Catalogue;
use super::text::{self, visible};
use super::trace::{Document, Trace};

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&FIRED, &ONCE, &API_USABLE];

/// That it is heard.
const FIRED: About = About {
    form: "ready.fired",
    looks_at: "the ready event in every document that the visitor's windows load, on the documented target; one document suffices, since a widget may live in a frame",
    why: "a site subscribes to everything else in this event's handler: without it, it never hears anything",
    findings: &[
        finding(
            "wrong-frame",
            "it was dispatched in a frame that has no API, and not where the API is",
            "the vendor has to dispatch it in the document that has the API",
        ),
        finding(
            "missing",
            "no page and no frame ever dispatched it",
            "is the widget on this page, for this visitor, without a consent first? Does its script load? Then give the first step a longer `within`, or ask the vendor",
        ),
        finding(
            "wrong-target",
            "it was dispatched on `document` where `window` is documented, or the reverse",
            "the vendor has to dispatch it where it is documented: a site that follows the documentation never hears it",
        ),
        PAGE_REFUSED,
        LOST,
        NOT_LISTENING,
        CUT_SHORT,
    ],
    example: "The widget's script is blocked until the visitor accepts cookies, and the journey never does: `missing`. A step that accepts them mends the journey.",
};

/// That it is heard once.
const ONCE: About = About {
    form: "ready.once",
    looks_at: "how often the ready event was dispatched in each document",
    why: "a site that subscribes in its handler, as the documentation shows, subscribes again at each one, and then counts every event as often",
    findings: &[finding(
        "duplicate",
        "it was dispatched more than once in a document",
        "is the widget's script included twice, by the page and by a tag manager? Else the vendor dispatches it twice",
    )],
    example: "A tag manager loads the widget that the page has loaded already. The ready event comes twice, 300 ms apart: `duplicate`.",
};

/// That the API is there by then.
const API_USABLE: About = About {
    form: "ready.api-usable",
    looks_at: "what stands at the documented places at the moment of the ready event, as seen by a handler of it",
    why: "a handler that finds no API throws, and the site hears nothing",
    findings: &[
        finding(
            "too-early",
            "there was no usable API in the handler; there was one later",
            "the vendor has to dispatch the event after the API exists",
        ),
        finding(
            "no-api",
            "there was no usable API in the handler, nor later",
            "see `api.location` and `api.subscribe`, which tell what was there",
        ),
        LOST,
    ],
    example: "A loader dispatches the ready event, then fetches the script that defines the API: `too-early`, and every event is missing because of it.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    if spec.probe.ready == Ready::Subscribing {
        return;
    }
    let (what, target) = (says(spec), Trace::ready_target(spec));
    let fires = match spec.probe.ready {
        Ready::Event { .. } => format!("{what} on `{target}`"),
        _ => what.clone(),
    };
    catalogue.add(&FIRED, "ready.fired", fires, &spec.ready.fired);
    catalogue.add(&ONCE, "ready.once", format!("{what} at most once in a document"), &spec.ready.once);
    catalogue.add(&API_USABLE, "ready.api-usable", format!("When {what}, the API can be used"), &spec.ready.api_usable);
}

/// What says ready, as the beginning of a sentence.
fn says(spec: &Spec) -> String {
    let name = spec.probe.ready.name();
    match spec.probe.ready {
        Ready::Callback { .. } => format!("`{name}` calls back"),
        Ready::Slot { .. } => format!("`{name}` is called"),
        Ready::Event { .. } | Ready::Subscribing => format!("`{name}` fires"),
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    if case.spec.probe.ready == Ready::Subscribing {
        return;
    }
    let target = Trace::ready_target(case.spec);
    let documents: Vec<&Document> = case.trace.documents.iter().filter(|d| d.hosts()).collect();
    let ready: Vec<&Document> = documents.iter().copied().filter(|d| d.ready_on(target).next().is_some()).collect();
    out.push(fired(case, target, &documents, &ready));
    if !ready.is_empty() {
        out.push(once(case, target, &ready));
        out.push(api_usable(case, target, &ready));
    }
}

fn fired(case: &Case, target: &str, documents: &[&Document], ready: &[&Document]) -> Draft {
    let what = match &case.spec.probe.ready {
        Ready::Event { event, .. } => format!("`{event}` on `{target}`"),
        _ => says(case.spec),
    };
    let draft = case.draft("ready.fired").expected(format!("{what} once the widget's scripts are loaded"));
    if let Some(elsewhere) = api_elsewhere(documents, ready) {
        let draft = draft
            .breach("wrong-frame", format!("heard in {}, which has no API", places(ready)))
            .hint(format!(
                "the API is in {}, where the ready event was not heard: it has to be fired there",
                places(&[elsewhere])
            ))
            .evidence(ready.iter().filter_map(|d| d.ready_on(target).next()).map(|e| e.observation.arrival));
        return cut::unless_cut(case, draft);
    }
    if !ready.is_empty() {
        let arrivals = ready.iter().filter_map(|d| d.ready_on(target).next()).map(|e| e.observation.arrival);
        let heard = match case.spec.probe.ready {
            Ready::Event { .. } => format!("heard on `{target}`"),
            _ => "called".to_owned(),
        };
        return draft.pass(heard).evidence(arrivals);
    }
    let other = if target == "window" { "document" } else { "window" };
    let misplaced: Vec<u64> = documents.iter().flat_map(|d| d.ready_on(other)).map(|e| e.observation.arrival).collect();
    if !misplaced.is_empty() {
        let draft = draft
            .breach("wrong-target", format!("heard on `{other}`, not on `{target}`"))
            .hint(format!(
                "it was heard on `{other}`, it is documented on `{target}`: a site that follows the documentation never hears it"
            ))
            .evidence(misplaced);
        return cut::unless_cut(case, draft);
    }
    let (told, draft) = untold(case, documents, draft, "not heard");
    if told {
        return draft;
    }
    let found_later =
        documents.iter().any(|d| d.apis().any(|(_, api)| api.locations.iter().any(|l| l.subscribe == "function")));
    let hint = if found_later {
        let hint = "the API is there all the same: the widget was loaded, but never said so, or under another name";
        with_robots(case, hint.to_owned())
    } else {
        not_loaded(case, "there is no API either")
    };
    draft.breach("missing", format!("not heard in {}", pages(documents))).hint(hint)
}

/// The pages that were open, as part of a sentence.
pub(super) fn pages(documents: &[&Document]) -> String {
    let pages: Vec<String> =
        documents.iter().filter(|d| d.top).filter_map(|d| d.url).map(|u| format!("`{}`", visible(u))).collect();
    text::list(&pages, "or")
}

/// Why nothing can be said of a widget of which nothing was heard or found, and whether that is so; else the draft as it
/// was. `not`: what wasn't.
pub(super) fn untold(case: &Case, documents: &[&Document], draft: Draft, not: &str) -> (bool, Draft) {
    if let Some(refusal) = case.trace.refusals.everywhere() {
        return (
            true,
            draft
                .inconclusive("page-refused", format!("{not}, but {}", refusal.why))
                .hint(refusal.advice.clone())
                .evidence(refusal.arrivals.clone()),
        );
    }
    if let Some(hole) = case.trace.hole(None, Some(usize::MAX)) {
        return (true, draft.inconclusive("lost", format!("{not}, but {}", hole.why)).evidence(hole.arrivals.clone()));
    }
    if !documents.iter().any(|d| d.url.is_some()) {
        return (true, draft.inconclusive("not-listening", "no page with a listener was ever open"));
    }
    // A step that was done after a page had opened means that there was time for it.
    let went_on = case.recording.steps.iter().any(|s| s.outcome == StepOutcome::Done);
    if case.broke_off() || (!case.is_complete() && !went_on) {
        return (true, draft.inconclusive("cut-short", format!("{not}, but the journey was cut short")));
    }
    (false, draft)
}

/// What may have kept a widget away. `otherwise`: what is to be said before the question, if nothing is known.
pub(super) fn not_loaded(case: &Case, otherwise: &str) -> String {
    let hint = if let Some((_, error)) = super::diagnosis::http_error(case) {
        error
    } else if let Some((_, error)) = super::diagnosis::page_errors(case, None, Some(usize::MAX)) {
        error
    } else {
        format!(
            "{otherwise}: was the widget's script loaded at all (blocked, not allowed on this domain, waiting for consent)?"
        )
    };
    with_robots(case, hint)
}

/// A page that looks at who drives may have done so for a reason.
fn with_robots(case: &Case, hint: String) -> String {
    match super::diagnosis::reads_webdriver(case) {
        Some(read) => format!("{hint}; {read}"),
        None => hint,
    }
}

/// The document that has the API, if the ready event was only heard in others, none of which has any.
fn api_elsewhere<'d, 'a>(documents: &[&'d Document<'a>], ready: &[&'d Document<'a>]) -> Option<&'d Document<'a>> {
    let has_api = |d: &Document| d.apis().any(|(_, api)| api.locations.iter().any(|l| l.subscribe == "function"));
    if ready.is_empty() || ready.iter().any(|d| has_api(d)) {
        return None;
    }
    let begun = ready.iter().map(|d| d.born()).min();
    documents.iter().copied().find(|d| has_api(d) && Some(d.last()) >= begun)
}

fn places(documents: &[&Document]) -> String {
    let mut names: Vec<String> = documents
        .iter()
        .map(|d| format!("{}`{}`", if d.top { "" } else { "the frame " }, visible(d.url.unwrap_or("a document"))))
        .collect();
    names.sort();
    names.dedup();
    text::list(&names, "and")
}

fn once(case: &Case, target: &str, ready: &[&Document]) -> Draft {
    let draft = case.draft("ready.once").expected(format!("`{}` once in each document", case.spec.probe.ready.name()));
    let count = |d: &Document| {
        let numbers = d.ready_on(target).map(|e| match e.observation.kind {
            Kind::Ready { nth, .. } => nth,
            _ => 0,
        });
        let (heard, highest) = numbers.fold((0_u64, 0), |(heard, highest), nth| (heard + 1, nth.max(highest)));
        heard.max(highest)
    };
    let Some(worst) = ready.iter().filter(|d| count(d) > 1).max_by_key(|d| (count(d), d.url)) else {
        return draft.pass(match ready.len() {
            1 => "once".to_owned(),
            n => format!("once in each of {n} documents"),
        });
    };
    let at: Vec<f64> = worst.ready_on(target).filter_map(|e| e.observation.page_ms).collect();
    let gap = match at.as_slice() {
        [first, second, ..] => format!(", again after {}", text::duration(second - first)),
        _ => String::new(),
    };
    draft
        .breach(
            "duplicate",
            format!("{}{gap}, in `{}`", text::times(count(worst)), visible(worst.url.unwrap_or("a document"))),
        )
        .hint(
            "a site that subscribes in its ready handler hears every event as often: is the script included twice?"
                .to_owned(),
        )
        .evidence(worst.ready_on(target).map(|e| e.observation.arrival))
}

fn api_usable(case: &Case, target: &str, ready: &[&Document]) -> Draft {
    let draft = case
        .draft("ready.api-usable")
        .expected("a subscribe function and its constants at a documented location, in the ready handler")
        .explained_by(["ready.fired", "api.location", "api.subscribe", "api.constants"].map(RequirementId::from));
    let mut unseen = None;
    for document in ready {
        let snapshots: Vec<_> = document.apis().filter(|(_, api)| api.when == "ready").collect();
        if snapshots.is_empty() {
            unseen = document.ready_on(target).next().map(|e| e.observation.arrival);
        }
        // Once subscribed, the listener doesn't try again at a further ready event.
        let Some((entry, _)) = snapshots.first().filter(|(_, api)| api.used.is_none()) else { continue };
        let later = document
            .apis()
            .find(|(e, api)| {
                e.observation.seq > entry.observation.seq
                    && (api.used.is_some() || api.locations.iter().any(|l| l.subscribe == "function"))
            })
            .map(|(e, _)| e.observation.arrival);
        let draft = draft.evidence([entry.observation.arrival]).evidence(later);
        return if later.is_some() {
            draft.breach("too-early", "no usable API in the ready handler; there was one later").hint(
                "the ready event fired before the API existed: a site that subscribes in its handler gets an error and \
                 hears nothing"
                    .to_owned(),
            )
        } else {
            draft.breach("no-api", "no usable API in the ready handler, nor later")
        };
    }
    match unseen {
        Some(arrival) => {
            draft.inconclusive("lost", "what was found in the ready handler was not recorded").evidence([arrival])
        }
        None => draft.pass("the API could be used in the ready handler"),
    }
}
