//! `event.X.fires`: an event fires for its documented cause.
//!
//! The steps of a journey are the causes: each event in a step's `fires` must be heard after the step began and within
//! its time.

use crate::site::Act;
use crate::spec::Spec;

use crate::verdict::RequirementId;

use super::about::{About, CUT_SHORT, DIALOG_CANCELLED, LOST, NOT_LISTENING, PAGE_REFUSED, REFUSED, finding};
use super::case::Case;
use super::draft::Draft;
use super::matching::{Expectation, Met};
use super::requirements::Catalogue;
use super::text;
use super::{diagnosis, trace::Occurrence};

/// What the family's requirements are about.
pub(super) const ABOUT: &[&About] = &[&FIRES];

/// That an event comes for its cause, in time.
const FIRES: About = About {
    form: "event.X.fires",
    looks_at: "each step that declares the event in `fires`: it has to be heard after the step began to act and within its `within`. Each occurrence meets one step",
    why: "this is what the vendor documents, and what analytics count; an event that comes for something else counts something else",
    findings: &[
        finding(
            "overtaken",
            "it came by itself, while a step before this one waited in vain for another event",
            "see that other event: this can't be told until it comes",
        ),
        finding(
            "missing",
            "it was not heard at all",
            "did the step cause what you think? Watch it: `--headed --slow 500ms --only JOURNEY`. The hint tells what the recording shows: a page error, another event in its place, a page that was left",
        ),
        finding(
            "too-early",
            "it was heard before the step that declares it began",
            "it fires for an earlier step. If that is its documented cause, move `fires` there; else the widget fires it for the wrong thing",
        ),
        finding(
            "too-late",
            "it was heard, but after its time",
            "if the site is only slow, raise the step's `within`; else the widget fires it for something later",
        ),
        finding(
            "only-in-frame",
            "it was heard in a frame of the page, while the page itself subscribed and heard nothing",
            "the vendor has to tell the page too: the site's own code is in the page",
        ),
        finding(
            "step-failed",
            "the step itself could not be done, so nothing can be said",
            "mend the step: its own error says what was there",
        ),
        finding(
            "beforehand",
            "it fired while the browser rendered the page before the visitor went there (speculation rules), and not again when they did",
            "the vendor has to fire it when the visitor is there (`prerenderingchange`); to judge the rest, take the page out of the site's speculation rules for the test",
        ),
        finding(
            "whenever",
            "it was heard once, soon after something was done in between (`whenever`) that may cause it, too",
            "take it out of that entry's `may_fire` if that doesn't cause it; else have the step wait until what comes in between has gone",
        ),
        finding("step-not-begun", "the journey ended before this step", "mend the step that failed"),
        finding(
            "callbacks-gone",
            "it was not heard, but the page seems to have taken off all callbacks, chatproof's among them",
            "does the page call a function that takes off more than its own callbacks? Take off only those, by function",
        ),
        PAGE_REFUSED,
        LOST,
        DIALOG_CANCELLED,
        REFUSED,
        NOT_LISTENING,
        CUT_SHORT,
    ],
    example: "A widget fires ENGAGED when its panel is opened, though its documentation says \"the visitor's first response\". The step that opens it declares nothing, the step that picks an option declares ENGAGED: `too-early`.",
};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for (x, event) in &spec.events {
        let sentence = format!("{x} fires for its cause: {}", event.cause);
        catalogue.add(&FIRES, RequirementId::event(x, "fires"), sentence, &event.fires);
    }
}

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    for expectation in &case.matching.expectations {
        out.push(one(case, expectation));
    }
}

fn one(case: &Case, e: &Expectation) -> Draft {
    let x = &e.expected.constant;
    let step = e.step.index;
    let mut subject = format!("step {}", step + 1);
    if e.nth > 1 {
        subject.push_str(&format!(", {} time", text::nth(e.nth)));
    }
    let draft = case
        .draft(RequirementId::event(x, "fires"))
        .subject(subject, step * 1000 + e.nth)
        .expected(format!("{x} within {} after {}", text::duration(e.within), case.step_name(step)))
        .step(case.step_ref(step));
    match &e.met {
        Met::InTime(at) => match case.occurrence(*at) {
            Some(o) if only_in_frame(case, o) => draft
                .breach("only-in-frame", format!("heard {}, but only in a frame of the page", case.when(o)))
                .hint("the page itself subscribed without an error and heard nothing: a site's own code would miss the event".to_owned())
                .evidence(o.arrivals.clone())
                .explained_by(first_in_frame(case)),
            Some(o) => {
                let heard = match case.trace.latency(o, step) {
                    Some(ms) => format!("heard {} after the step began", text::duration(ms)),
                    None => "heard after the step began".to_owned(),
                };
                draft.pass(heard).evidence(o.arrivals.clone())
            }
            None => draft,
        },
        Met::TooEarly(at) => early(case, e, *at, draft),
        Met::TooLate(at) => late(case, e, *at, draft),
        Met::Missing => {
            let hint = diagnosis::why_missing(case, e);
            draft
                .breach("missing", "not heard")
                .hint(hint)
                .explained_by(diagnosis::causes_of_silence(case, x))
                .explained_by(diagnosis::silence_headline(case))
        }
        Met::Open("page-refused", why) => {
            let refusal = case.trace.refusals.behind(why);
            draft
                .inconclusive("page-refused", why.clone())
                .hint(refusal.map(|refusal| refusal.advice.clone()))
                .evidence(refusal.map(|refusal| refusal.arrivals.clone()).unwrap_or_default())
        }
        Met::Open(code, why) => {
            let answered = case.trace.answered(Some(step), Some(step)).filter(|answered| answered.code == *code);
            draft
                .inconclusive(code, why.clone())
                .hint(answered.map(|answered| answered.advice.clone()))
                .evidence(answered.map(|answered| answered.arrival))
        }
    }
}

fn early(case: &Case, e: &Expectation, at: usize, draft: Draft) -> Draft {
    let Some(o) = case.occurrence(at) else { return draft };
    if let Some(missed) = overtaken(case, e, o) {
        let x = &missed.expected.constant;
        let why = format!(
            "heard {}, while that step's {x} was waited for in vain; so it isn't known whether it came for its cause",
            case.when(o)
        );
        return draft
            .inconclusive("overtaken", why)
            .evidence(o.arrivals.clone())
            .explained_by([RequirementId::event(x, "fires")]);
    }
    let before = case
        .trace
        .mark_ms(e.step.index, Some(o.document))
        .zip(o.page_ms)
        .map(|(began, heard)| format!("{} before the step began, ", text::duration((began - heard).max(0.0))))
        .unwrap_or_default();
    let hint = diagnosis::swapped(case, e, at).unwrap_or_else(|| {
        let step = case.heard_in(o).map_or_else(|| "something else".to_owned(), |s| case.step_name(s));
        let cause = case.spec.events.get(o.constant).map_or("its documented cause", |s| &s.cause);
        format!("it seems to fire for {step}; documented is: {cause}")
    });
    draft
        .breach("too-early", format!("heard {before}{}", case.when(o)))
        .hint(hint)
        .evidence(o.arrivals.clone())
        .explained_by(case.alias(at))
        .explained_by(diagnosis::swap_headline(case, e, at))
}

/// The expectation that kept a step from beginning in time. A step that only waits for what comes by itself (a request
/// that nobody accepts) can begin too late for that, if an event of a step before it was waited for in vain.
fn overtaken<'c, 'a>(case: &'c Case<'a>, e: &Expectation, o: &Occurrence) -> Option<&'c Expectation<'a>> {
    if !matches!(e.step.act, Act::WaitFor(_) | Act::WaitUntilGone(_) | Act::Pause(_)) {
        return None;
    }
    case.matching.expectations.iter().find(|other| {
        o.step <= Some(other.step.index)
            && other.step.index < e.step.index
            && matches!(other.met, Met::Missing | Met::TooEarly(_) | Met::TooLate(_))
    })
}

fn late(case: &Case, e: &Expectation, at: usize, draft: Draft) -> Draft {
    let Some(o) = case.occurrence(at) else { return draft };
    let cancelled = case.trace.answered(Some(e.step.index), o.step).filter(|one| one.code == "dialog-cancelled");
    if let Some(cancelled) = cancelled {
        return draft
            .inconclusive("dialog-cancelled", format!("heard {}, after {}", case.when(o), cancelled.why))
            .hint(cancelled.advice.clone())
            .evidence(o.arrivals.iter().copied().chain([cancelled.arrival]));
    }
    let allowed = text::duration(e.within);
    let actual = match case.trace.latency(o, e.step.index) {
        Some(ms) => format!("fired {} after its cause; allowed {allowed}", text::duration(ms)),
        None => format!("fired later than the {allowed} allowed"),
    };
    let hint = diagnosis::swapped(case, e, at).unwrap_or_else(|| {
        let heard = case.when(o);
        match case.heard_in(o).filter(|s| *s > e.step.index && is_prompt(case, o, *s)) {
            Some(_) => format!("heard {heard}: it seems to fire for that instead"),
            None => format!("heard {heard}; if the site is only slow, give the step a longer `within`"),
        }
    });
    draft
        .breach("too-late", actual)
        .hint(hint)
        .evidence(o.arrivals.clone())
        .explained_by(case.alias(at))
        .explained_by(diagnosis::swap_headline(case, e, at))
}

/// Whether an event came so soon after a step that this may well have caused it. Only hints depend on that.
fn is_prompt(case: &Case, o: &Occurrence, step: usize) -> bool {
    const PROMPT: f64 = 1000.0;
    case.trace.latency(o, step).is_some_and(|ms| ms < PROMPT)
}

/// Whether the page around a frame subscribed to the event and heard nothing at all, while the frame heard it.
fn only_in_frame(case: &Case, occurrence: &Occurrence) -> bool {
    let documents = &case.trace.documents;
    let Some(frame) = documents.get(occurrence.document).filter(|d| !d.top) else { return false };
    documents.iter().enumerate().any(|(index, page)| {
        page.top
            && page.actor == frame.actor
            && page.born() <= occurrence.step
            && occurrence.step <= page.last()
            && page.apis().any(|(_, api)| {
                api.when == "ready"
                    && api.subscriptions.iter().any(|s| s.constant == occurrence.constant && s.result == "ok")
            })
            // A page that hears events of its own has a widget of its own: the frame's is another one.
            && !case.trace.occurrences.iter().any(|o| o.document == index)
    })
}

/// The first event that only a frame heard: the headline for all of them.
fn first_in_frame(case: &Case) -> Option<RequirementId> {
    case.trace.occurrences.iter().find(|o| only_in_frame(case, o)).map(|o| RequirementId::event(o.constant, "fires"))
}
