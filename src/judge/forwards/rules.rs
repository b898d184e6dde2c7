//! What holds for all of a forward, whichever event it is for.
//!
//! - `forward.NAME.pii`: nothing that a visitor typed and that tells who it is: an e-mail address or a phone number, as it
//!   is, encoded or hashed. Finding: `personal-data`. A warning, or a failure with `pii: forbid`.
//! - `forward.NAME.consent`: nothing before the step that gives consent. Finding: `before-consent`.
//! - `forward.NAME.retired`: the product still takes what it is sent. Finding: `retired`; a warning.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::analytics::Product;
use crate::analytics::nested::{Layer, layers};
use crate::analytics::pii::Personal;
use crate::analytics::tag::Consent;
use crate::recording::StepOutcome;
use crate::site::Act;
use crate::site::forwards::{Pii, plain};
use crate::site::template::{Piece, Template, Variables};
use crate::verdict::{Level, RequirementId};

use super::super::draft::Draft;
use super::super::matching::record;
use super::super::schema::Found;
use super::super::text::{self, visible};
use super::sightings::{Sighting, Unread};
use super::values;
use super::{Way, Ways};

/// Judges a journey.
pub(super) fn judge(way: &Way, prompted: bool, ways: &Ways, out: &mut Vec<Draft>) {
    pii(way, out);
    consent(way, ways, out);
    let retired = way.forward.product.tag().and_then(|tag| tag.retired.as_ref());
    if let Some(retired) = retired.filter(|_| prompted || !way.seen.all.is_empty()) {
        let sentence = format!("{} goes to a product that still takes it", way.forward.name);
        out.push(
            way.draft("retired", sentence, Level::Should, way.forward.span)
                .expected("a product that still takes what it is sent".to_owned())
                .subject("", super::LAST)
                .breach("retired", retired.what.clone())
                .hint(retired.hint.clone()),
        );
    }
}

fn pii(way: &Way, out: &mut Vec<Draft>) {
    let level = match way.forward.pii {
        Pii::Allow => return,
        Pii::Warn => Level::Should,
        Pii::Forbid => Level::Must,
    };
    let typed = typed(way);
    if typed.is_empty() || way.seen.all.is_empty() {
        return;
    }
    let draft = || {
        let sentence = format!("{} is sent nothing by which a visitor can be told", way.forward.name);
        way.draft("pii", sentence, level, way.forward.span)
            .expected("no e-mail address and no phone number that was typed, in any form".to_owned())
    };
    let before = out.len();
    let sent = taken_apart(way);
    for (n, personal) in typed.iter().enumerate() {
        // Of each request once, however many hits it holds.
        let found: BTreeMap<u64, &str> =
            sent.iter().filter_map(|(arrival, layers)| Some((*arrival, personal.found_among(layers)?))).collect();
        let hits: Vec<(&Sighting, &str)> = searched(way).filter_map(|s| Some((s, *found.get(&s.arrival)?))).collect();
        let Some((first, how)) = hits.first() else { continue };
        let field = first.hit.fields.iter().find(|(_, value)| personal.found_in(&value.to_string()).is_some());
        let place = field.map_or_else(String::new, |(name, _)| format!(" in `{}`", visible(name)));
        let times = if hits.len() > 1 { format!(", in {} hits", hits.len()) } else { String::new() };
        let step = first.step.map(|step| step.min(way.case.steps().saturating_sub(1)));
        out.push(
            draft()
                .subject(visible(&personal.text), super::LAST + n)
                .breach("personal-data", format!("the {} {} was sent {how}{place}{times}", personal.what, visible(&personal.text)))
                .hint("analytics products forbid it in their terms; send an id of your own, or say `pii: allow` if it is meant".to_owned())
                .step(step.and_then(|step| way.case.step_ref(step)))
                .evidence(hits.iter().map(|(s, _)| s.arrival)),
        );
    }
    if out.len() == before {
        let draft = draft().subject("", super::LAST);
        // What was sent before anything was typed holds nothing of it.
        let since =
            way.case.journey.iter().flat_map(|journey| &journey.steps).find(|s| matches!(s.act, Act::Fill { .. }));
        let since = since.map(|step| step.index);
        let later = way.seen.unread.iter().filter(|s| s.step >= since);
        let unread = later.into_iter().find_map(|s| Some((s, s.unread.as_ref()?)));
        out.push(match unread {
            Some((s, unread)) => draft.inconclusive(unread.code, unread.sentence()).evidence([s.arrival]),
            None => draft.pass("none"),
        });
    }
}

/// All that is searched: what was sent, and what of it couldn't be read.
fn searched<'w, 'a>(way: &'w Way<'a, '_>) -> impl Iterator<Item = &'w Sighting<'a>> {
    let known: BTreeSet<u64> = way.seen.all.iter().map(|s| s.arrival).collect();
    way.seen.all.iter().chain(way.seen.unread.iter().filter(move |s| !known.contains(&s.arrival)))
}

/// All texts that lie in what was sent, by its arrival. What came by one request is searched as a whole.
fn taken_apart(way: &Way) -> BTreeMap<u64, Vec<Layer>> {
    let mut requests = BTreeMap::new();
    for s in searched(way) {
        requests.entry(s.arrival).or_insert_with(|| match s.raw.is_empty() {
            true => s.hit.fields.values().flat_map(|value| layers(&value.to_string())).collect(),
            false => s.raw.iter().flat_map(|text| layers(text)).collect(),
        });
    }
    requests
}

/// What was typed in this journey by anybody, as far as it is personal. A value of the environment isn't in a recording;
/// its reference stands there for every form of it.
fn typed(way: &Way) -> Vec<Rc<Personal>> {
    let mut all: Vec<Rc<Personal>> = Vec::new();
    let mut add = |personal: Option<Rc<Personal>>| {
        if let Some(personal) = personal.filter(|p| !all.contains(p)) {
            all.push(personal);
        }
    };
    for step in way.case.journey.iter().flat_map(|journey| &journey.steps) {
        let Act::Fill { with, .. } = &step.act else { continue };
        match with.pieces.as_slice() {
            [Piece::Env(name)] => add(Some(Rc::new(Personal::masked(&format!("${{env.{name}}}"))))),
            _ => add(Personal::known(&rendered(way, with))),
        }
    }
    all
}

fn rendered(way: &Way, template: &Template) -> String {
    template.render(&Variables {
        env: template.env().map(|name| (name.to_owned(), format!("${{env.{name}}}"))).collect(),
        run_id: way.case.recording.run.id.clone(),
        journey: way.case.recording.journey.clone(),
    })
}

fn consent(way: &Way, ways: &Ways, out: &mut Vec<Draft>) {
    let Some(consent) = &way.forward.consent else { return };
    let name = &consent.step;
    let steps = way.case.journey.iter().flat_map(|journey| &journey.steps);
    let Some(step) = steps.into_iter().find(|step| step.name.as_ref() == Some(name)) else { return };
    // A banner that wasn't there asked for nothing.
    if matches!(record(way.case.recording, step.index).map(|r| &r.outcome), Some(StepOutcome::Skipped { .. }) | None) {
        return;
    }
    let carries = match values::before(way).as_slice() {
        [] => String::new(),
        all => format!(" but what carries {}", text::list(all, "and")),
    };
    let nothing = format!("nothing before {}{carries}", way.case.step_name(step.index));
    let draft = way
        .draft("consent", format!("{} is sent {nothing}", way.forward.name), Level::Must, way.forward.span)
        .expected(nothing)
        .subject("", super::LAST)
        .step(way.case.step_ref(step.index));
    let pings = before(way, step.index).len();
    let (early, unread) = unconsented(way, step.index);
    if let (Some((sighting, unread)), true) = (unread, early.is_empty()) {
        out.push(draft.inconclusive(unread.code, unread.sentence()).evidence([sighting.arrival]));
        return;
    }
    out.push(match early.first() {
        None if pings > 0 => draft.pass(format!(
            "{}, each as demanded",
            if pings == 1 { "1 hit".to_owned() } else { format!("{pings} hits") }
        )),
        None => draft.pass("nothing"),
        Some(first) => {
            let lacks = values::lacks(way, first).map(|(field, wanted, found)| match found {
                Found::Wrong(_, heard) => format!(" with `{field}` {heard}, and not {wanted}"),
                _ => format!(" without `{field}`"),
            });
            let names: Vec<String> = first.hit.names.iter().map(|name| format!("`{}`", visible(name))).collect();
            let what = if names.is_empty() { "a request".to_owned() } else { text::list(&names, "and") };
            let more = if early.len() > 1 { format!(", and {} more", early.len() - 1) } else { String::new() };
            // A page that doesn't wait for one of them waits for none.
            let first = ways.iter().take_while(|(other, _)| other.place < way.place).find(|(other, _)| {
                let same = other.forward.consent.as_ref().is_some_and(|other| other.step == *name);
                same && !unconsented(other, step.index).0.is_empty()
            });
            draft
                .breach("before-consent", format!("{what} was sent before it{}{more}", lacks.unwrap_or_default()))
                .hint(if_pings(way, &early))
                .evidence(early.iter().map(|s| s.arrival))
                .explained_by(first.map(|(other, _)| RequirementId::forward(&other.forward.name, "consent")))
        }
    });
}

/// What was sent before a step. A data layer is the page's own; what counts there is what is meant to be sent on.
fn before<'w, 'a>(way: &'w Way<'a, '_>, step: usize) -> Vec<&'w Sighting<'a>> {
    let meant =
        |s: &&Sighting| !way.forward.product.is_layer() || way.forward.forwarded().any(|(_, one)| one.is(&s.hit));
    way.seen.all.iter().filter(|s| s.step < Some(step)).filter(meant).collect()
}

/// What was sent before a step and doesn't carry what it has to then; and what can't be told, since it can't be read.
fn unconsented<'w, 'a>(
    way: &'w Way<'a, '_>,
    step: usize,
) -> (Vec<&'w Sighting<'a>>, Option<(&'w Sighting<'a>, &'w Unread)>) {
    let mut early = before(way, step);
    if way.forward.consent.as_ref().is_none_or(|consent| consent.before.is_empty()) {
        return (early, None);
    }
    let mut unread = None;
    early.retain(|s| {
        let Some((field, ..)) = values::lacks(way, s) else { return false };
        let Some(why) = s.unread_at(field) else { return true };
        unread.get_or_insert((*s, why));
        false
    });
    (early, unread)
}

/// Whether a hit says that its visitor hasn't agreed to be counted.
pub(super) fn denies(sighting: &Sighting, consent: &Consent) -> bool {
    sighting.hit.consent.as_ref().is_some_and(|value| consent.denies(value))
}

/// Pings without cookies may be meant: how to say so.
fn if_pings(way: &Way, early: &[&Sighting]) -> Option<String> {
    let consent = way.forward.consent.as_ref()?;
    let stated = way.forward.product.consent();
    let denied = stated.filter(|stated| early.iter().all(|s| denies(s, stated)));
    let denied = denied.map(|stated| stated.field.text.as_str());
    let said = |field: &str| early.first().and_then(|s| s.hit.field(field)).map(|value| plain(&value));
    let before = match denied.and_then(|field| Some((field, said(field)?))) {
        Some((field, value)) => format!("{field}: {}", visible(&value)),
        // They say that the visitor has agreed, or were demanded to carry something else.
        None if stated.is_some() || !consent.before.is_empty() => return None,
        None if way.forward.product == Product::Request => "query: { FIELD: VALUE }".to_owned(),
        None => "FIELD: VALUE".to_owned(),
    };
    Some(format!(
        "if these are pings without cookies (consent mode), say what they carry: `consent: {{ step: {}, before: {{ {before} }} }}`",
        visible(&consent.step)
    ))
}
