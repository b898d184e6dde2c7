//! `event.X.fires`: an event fires for its documented cause.
//!
//! The steps of a journey are the causes: each event in a step's `fires` must be heard after the step began and within
//! its time. Findings: `missing`, `too-early` (before the step began), `too-late` (after its time), and `only-in-frame`
//! (the page itself subscribed and heard nothing, while a frame in it heard everything: the site's own code, which is in
//! the page, never hears the event). `overtaken` (inconclusive): it came by itself while a step before waited in vain.
//!
//! Example: a widget fires ENGAGED when its panel is opened. The step that opens it declares nothing, the step that picks
//! an option declares ENGAGED: `event.ENGAGED.fires` fails as `too-early`.

use crate::site::Act;
use crate::spec::Spec;

use super::case::Case;
use super::draft::Draft;
use super::matching::{Expectation, Met};
use super::requirements::Catalogue;
use super::text;
use super::{diagnosis, trace::Occurrence};

/// Puts the family's requirements into the catalogue.
pub(super) fn requirements(spec: &Spec, catalogue: &mut Catalogue) {
    for (x, event) in &spec.events {
        catalogue.add(format!("event.{x}.fires"), format!("{x} fires for its cause: {}", event.cause), &event.fires);
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
        .draft(&format!("event.{x}.fires"))
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
        Met::Open(code, why) => draft.inconclusive(code, why.clone()),
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
            .explained_by([format!("event.{x}.fires")]);
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
fn first_in_frame(case: &Case) -> Option<String> {
    case.trace.occurrences.iter().find(|o| only_in_frame(case, o)).map(|o| format!("event.{}.fires", o.constant))
}
