//! What holds for all of a forward, whichever event it is for.
//!
//! - `forward.NAME.pii`: nothing that a visitor typed and that tells who it is: an e-mail address or a phone number, as it
//!   is, encoded or hashed. Finding: `personal-data`. A warning, or a failure with `pii: forbid`.
//! - `forward.NAME.consent`: nothing before the step that gives consent. Finding: `before-consent`.
//! - `forward.NAME.retired`: the product still takes what it is sent. Finding: `retired`; a warning.

use crate::analytics::Product;
use crate::analytics::pii::Personal;
use crate::recording::StepOutcome;
use crate::site::Act;
use crate::site::forwards::Pii;
use crate::site::template::{Piece, Template, Variables};
use crate::verdict::{Level, RequirementId};

use super::super::draft::Draft;
use super::super::matching::record;
use super::super::text::{self, visible};
use super::sightings::Sighting;
use super::{Way, Ways};

/// Judges a journey.
pub(super) fn judge(way: &Way, prompted: bool, ways: &Ways, out: &mut Vec<Draft>) {
    pii(way, out);
    consent(way, ways, out);
    if way.forward.product == Product::UniversalAnalytics && (prompted || !way.seen.all.is_empty()) {
        let sentence = format!("{} goes to a product that still takes it", way.forward.name);
        out.push(
            way.draft("retired", sentence, Level::Should, way.forward.span.line)
                .expected("a product that still takes what it is sent".to_owned())
                .subject("", super::LAST)
                .breach("retired", "Universal Analytics")
                .hint(
                    "Google has switched it off: what is sent there is thrown away; send it to Google Analytics 4"
                        .to_owned(),
                ),
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
        way.draft("pii", sentence, level, way.forward.span.line)
            .expected("no e-mail address and no phone number that was typed, in any form".to_owned())
    };
    let before = out.len();
    for (n, personal) in typed.iter().enumerate() {
        let hits: Vec<(&Sighting, &str)> = way.seen.all.iter().filter_map(|s| Some((s, found(personal, s)?))).collect();
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
        out.push(draft().subject("", super::LAST).pass("none"));
    }
}

fn found(personal: &Personal, sighting: &Sighting) -> Option<&'static str> {
    if sighting.raw.is_empty() {
        return sighting.hit.fields.values().find_map(|value| personal.found_in(&value.to_string()));
    }
    sighting.raw.iter().find_map(|text| personal.found_in(text))
}

/// What was typed in this journey by anybody, as far as it is personal. A value of the environment isn't in a recording;
/// its reference stands there for every form of it.
fn typed(way: &Way) -> Vec<Personal> {
    let mut all: Vec<Personal> = Vec::new();
    let mut add = |personal: Option<Personal>| {
        if let Some(personal) = personal.filter(|p| !all.contains(p)) {
            all.push(personal);
        }
    };
    for step in way.case.journey.iter().flat_map(|journey| &journey.steps) {
        let Act::Fill { with, .. } = &step.act else { continue };
        match with.pieces.as_slice() {
            [Piece::Env(name)] => add(Some(Personal::masked(&format!("${{env.{name}}}")))),
            _ => add(Personal::of(&rendered(way, with))),
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
    let Some(name) = &way.forward.consent else { return };
    let steps = way.case.journey.iter().flat_map(|journey| &journey.steps);
    let Some(step) = steps.into_iter().find(|step| step.name.as_ref() == Some(name)) else { return };
    // A banner that wasn't there asked for nothing.
    if matches!(record(way.case.recording, step.index).map(|r| &r.outcome), Some(StepOutcome::Skipped { .. }) | None) {
        return;
    }
    let sentence = format!("{} is sent nothing before {}", way.forward.name, way.case.step_name(step.index));
    let draft = way
        .draft("consent", sentence, Level::Must, way.forward.span.line)
        .expected(format!("nothing before {}", way.case.step_name(step.index)))
        .subject("", super::LAST)
        .step(way.case.step_ref(step.index));
    let early = before(way, step.index);
    out.push(match early.first() {
        None => draft.pass("nothing"),
        Some(first) => {
            let names: Vec<String> = first.hit.names.iter().map(|name| format!("`{}`", visible(name))).collect();
            let what = if names.is_empty() { "a request".to_owned() } else { text::list(&names, "and") };
            let more = if early.len() > 1 { format!(", and {} more", early.len() - 1) } else { String::new() };
            // A page that doesn't wait for one of them waits for none.
            let first = ways.iter().take_while(|(other, _)| other.place < way.place).find(|(other, _)| {
                other.forward.consent.as_ref() == Some(name) && !before(other, step.index).is_empty()
            });
            draft
                .breach("before-consent", format!("{what} was sent before it{more}"))
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
