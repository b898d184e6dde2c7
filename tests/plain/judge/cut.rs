//! What breaks off accuses nobody, wherever it does.

use chatproof::judge::judge;
use chatproof::recording::*;
use chatproof::site::Site;
use chatproof::verdict::{Level, Outcome, Verdict};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

use super::forwards::watched;
use super::handlers::{handled, registered};
use super::properties::{config, conforming, interleave};
use super::support::*;

/// The film of a site that has handlers of its own, and sends each event on to two places.
fn busy(mut film: Film) -> Film {
    let events: Vec<String> = film.spec.events.keys().cloned().collect();
    let forwards = |what: &dyn Fn(&str) -> String| -> String { events.iter().map(|x| what(x)).collect() };
    let ga = forwards(&|x| format!("      {x}: {{ name: sent, params: {{ id: '${{payload.id}}', what: {x} }} }}\n"));
    let layer = forwards(&|x| format!("      {x}: {{ event: {x}, fields: {{ id: '${{payload.id}}' }} }}\n"));
    let text = film.site.source.text.replace(
        "journeys:",
        &format!(
            "forwards:\n  ga:\n    kind: ga4\n    property: G-1\n    events:\n{ga}  layer:\n    kind: data_layer\n    \
             events:\n{layer}journeys:"
        ),
    );
    film.site = parse_site(&text, &film.spec);
    let mut beats = vec![Beat::Browser(watched())];
    for beat in std::mem::take(&mut film.beats) {
        beats.push(beat.clone());
        match beat {
            Beat::Say(At::Page, Kind::Api(_)) => {
                beats.extend((1..).zip(&events).map(|(line, x)| Beat::Say(At::Page, registered(x, line))));
            }
            Beat::Say(At::Page, Kind::Event { constant, data, .. }) => {
                let id = data["data"]["payload"]["id"].clone();
                let line = events.iter().position(|x| *x == constant).unwrap() as u32 + 1;
                beats.push(Beat::Say(At::Page, Kind::Handled(Box::new(handled(&constant, line)))));
                let data = json!({ "event": constant, "id": id });
                let (layer, index, found, arguments) = ("dataLayer".into(), 0, false, false);
                beats.push(Beat::Say(At::Page, Kind::Push { layer, index, found, arguments, data, notes: vec![] }));
                let id = id.as_str().map_or(id.to_string(), |id| id.replace(' ', "%20"));
                beats.push(Beat::Browser(Kind::Request(Box::new(Request {
                    content_encoding: String::new(),
                    unreadable: None,
                    id: beats.len().to_string(),
                    forwards: vec!["ga".into()],
                    method: "POST".into(),
                    url: "https://www.google-analytics.com/g/collect?v=2&tid=G-1".into(),
                    content_type: "text/plain".into(),
                    body: Some(format!("en=sent&ep.id={id}&ep.what={constant}")),
                    body_state: "complete".into(),
                    answer: "stubbed".into(),
                    what: String::new(),
                    hits: vec![],
                }))));
            }
            _ => {}
        }
    }
    film.beats = beats;
    film
}

/// What a runner would have kept had it all ended after so many observations.
fn cut(mut recording: Recording, at: usize, way: u8) -> Recording {
    recording.observations.truncate(at);
    let begun = recording.observations.iter().filter_map(|o| match o.kind {
        Kind::Mark { step } => Some(step),
        _ => None,
    });
    let last = begun.max();
    let gone = StepError { code: "browser-gone".into(), message: "the browser has gone".into(), candidates: vec![] };
    for step in &mut recording.steps {
        if Some(step.index) > last {
            (step.began_ms, step.acted_ms, step.outcome) = (None, None, StepOutcome::NotBegun);
        } else if Some(step.index) == last {
            // It was done, and then everything ended; or it ended before that was known.
            if way.is_multiple_of(2) {
                (step.acted_ms, step.outcome) = (None, StepOutcome::Failed(gone.clone()));
            }
        }
    }
    recording.ending = match way % 3 {
        0 if recording.steps.iter().any(|s| matches!(s.outcome, StepOutcome::Failed(_))) => {
            Ending::StepFailed { step: last.unwrap_or(0) }
        }
        1 => Ending::Interrupted,
        _ => Ending::Broken { message: "the browser has gone".into() },
    };
    recording
}

fn accused(verdicts: &[Verdict]) -> Vec<String> {
    let breach = |v: &&Verdict| {
        v.outcome == Outcome::Fail
            || (matches!(v.outcome, Outcome::Warn | Outcome::NotReached) && v.level != Level::Record)
    };
    verdicts.iter().filter(breach).map(|v| format!("{} {}: {}", v.requirement, v.finding, v.actual)).collect()
}

fn over_all(site: &Site, recording: &Recording) -> Vec<String> {
    accused(&coverage(&ADOBE, site, std::slice::from_ref(recording), std::slice::from_ref(&recording.journey)))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_cut_of_a_conforming_recording_accuses(
        film in conforming(),
        seed in prop::collection::vec(any::<u8>(), 8..64),
        cuts in prop::collection::vec((any::<Index>(), any::<u8>()), 8),
    ) {
        let film = busy(film);
        let whole = interleave(&film.record(), &seed);
        prop_assert_eq!(accused(&judge(&film.spec, &film.site, &whole)), [""; 0]);
        let unreached = over_all(&film.site, &whole);
        for (at, way) in cuts {
            let part = cut(whole.clone(), at.index(whole.observations.len() + 1), way);
            let verdicts = judge(&film.spec, &film.site, &part);
            explained(&film.spec, &verdicts);
            prop_assert_eq!(accused(&verdicts), [""; 0]);
            let more: Vec<String> = over_all(&film.site, &part).into_iter().filter(|line| !unreached.contains(line)).collect();
            prop_assert_eq!(more, [""; 0]);
        }
    }
}

/// A hit was seen, and its event was still under way on the other socket.
#[test]
fn a_hit_ahead_of_its_event_is_open() {
    let mut film = busy(Film::talk());
    let whole = film.record();
    assert_eq!(accused(&judge(&film.spec, &film.site, &whole)), [""; 0]);
    let at = film.at(ENGAGED, 0);
    film.beats.remove(at);
    let broken = Ending::Broken { message: "chromedriver exited".into() };
    let of = |film: &Film| -> Vec<String> { film.broken().into_iter().filter(|l| l.contains("unprompted")).collect() };
    assert_eq!(
        of(&film),
        [
            "forward.ga.unprompted unprompted (1st hit) <- event.ENGAGED.fires",
            "forward.layer.unprompted unprompted (1st hit) <- event.ENGAGED.fires"
        ]
    );
    film.ending = broken;
    assert_eq!(
        of(&film),
        ["?forward.ga.unprompted cut-short (1st hit)", "?forward.layer.unprompted cut-short (1st hit)"]
    );
}

/// Where the listener wasn't alive an event may have been missed, and its hit has it all the same.
#[test]
fn a_hit_whose_event_may_have_been_lost_is_open() {
    let mut film = busy(Film::talk());
    let at = film.at(ENGAGED, 0);
    film.beats[at] = Beat::Lose(1);
    let of: Vec<String> = film.broken().into_iter().filter(|l| l.contains("unprompted")).collect();
    assert_eq!(of, ["?forward.ga.unprompted lost (1st hit)", "?forward.layer.unprompted lost (1st hit)"]);
}

/// The journey went through, but no document was there to say so at its end.
#[test]
fn an_end_that_no_document_told_proves_no_absence() {
    let mut film = Film::talk();
    film.remove(COMPLETED);
    assert_eq!(film.broken(), ["event.COMPLETED.fires missing (step 5)"]);
    film.closes = false;
    assert_eq!(film.broken(), ["?event.COMPLETED.fires lost (step 5)"]);
}
