//! One journey in one browser: its timeline, its steps and events, what its windows showed, what was checked.

use maud::{Markup, html};

use super::tone::Tone;
use super::view::{Seen, View};
use super::{checks, known, sights, steps, timeline};
use crate::recording::Ending;
use crate::report::text::{self, LONG, short};
use crate::report::{self, summary};

/// Journeys that are open from the start; more of them than this is a list to choose from.
const OPEN: usize = 6;

pub(super) fn section(view: &View<'_>, seen: &Seen<'_>) -> Markup {
    let recording = &seen.report.recording;
    let checks = seen.report.checks();
    let broken = view.journeys.iter().filter(|other| other.tone < Tone::Warn);
    let place = broken.take_while(|other| other.number != seen.number).count();
    let open = (seen.tone < Tone::Warn && place < OPEN) || view.journeys.len() == 1;
    html! {
        details.journey.(seen.tone.class()) id=(seen.anchor()) open[open] {
            summary {
                h3 {
                    (seen.tone.mark()) " " (short(&seen.report.title))
                    @if seen.report.title != recording.journey { " " code.name { (short(&recording.journey)) } }
                }
                span.numbers {
                    span.browser { (short(&recording.browser.name)) } " · "
                    (text::count(recording.steps.len(), "step", "steps")) " · "
                    (text::count(seen.report.counts().events, "event", "events")) " · "
                    (text::count(checks, "check", "checks")) " · "
                    (text::duration(summary::journey_ms(recording)))
                }
            }
            (known::attempts(seen))
            (ending(&recording.ending))
            @if seen.report.folded.is_some() {
                p.cut {
                    "Its details are left out, to keep this report small. To see them: "
                    code { "chatproof judge " (report::recording_name(recording)) " --report html=journey.html" }
                }
            } @else {
                (timeline::figure(view, seen))
                h4 { "Steps and events" }
                (steps::list(view, seen))
                (sights::gallery(seen))
                (checks::table(view, seen))
            }
        }
    }
}

fn ending(ending: &Ending) -> Markup {
    let said = match ending {
        Ending::Complete => return html! {},
        Ending::StepFailed { step } => {
            format!("Ended at step {}, which could not be done; what comes after it could not be told.", step + 1)
        }
        Ending::Interrupted => "Interrupted; nothing is concluded from a part.".to_owned(),
        Ending::Broken { message } => format!("The journey broke off: {message}"),
    };
    html! { p.ending { (Tone::Doubt.mark()) " " bdi { (text::line(&said, LONG)) } } }
}
