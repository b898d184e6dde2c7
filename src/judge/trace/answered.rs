//! What chatproof answered in the visitor's place. A visitor who answers otherwise may cause what didn't come, so that
//! nobody is accused for it.
//!
//! A dialog that was cancelled bears on all that follows: what the visitor wanted did not happen. A permission that was
//! refused bears on what was asked of the widget in that step; one that a page asks for while it loads, on nothing: that
//! isn't the visitor's doing, and the widget has to do without.

use crate::recording::{Kind, Observation};
use crate::site::{Act, Journey};

use super::super::text::visible;
use super::{Begun, Position};

/// Something that was answered with no.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    at: Position,
    lasting: bool,
    /// `dialog-cancelled`, `refused`.
    pub(crate) code: &'static str,
    /// As part of a sentence: "chatproof itself pressed Cancel in a dialog (confirm: \"Really?\")".
    pub(crate) why: String,
    /// What to do.
    pub(crate) advice: String,
    pub(crate) arrival: u64,
}

impl Answered {
    /// Whether it bears on what was to come between two steps.
    pub(super) fn bears(&self, from: Position, until: Position) -> bool {
        self.at <= until && (self.lasting || from <= self.at)
    }
}

/// All of it, in anybody's window: dialogs first.
pub(super) fn of(sorted: &[&Observation], begun: &Begun, journey: Option<&Journey>) -> Vec<Answered> {
    let mut all: Vec<Answered> = sorted
        .iter()
        .filter_map(|observation| {
            let at = begun.before(observation.arrival);
            let answered = |lasting, code, why, advice| {
                let arrival = observation.arrival;
                Some(Answered { at, lasting, code, why, advice, arrival })
            };
            match &observation.kind {
                // Of an `alert` there is but one way out.
                Kind::Dialog { dialog, message, answer, by_step: false }
                    if answer == "dismissed" && dialog != "alert" =>
                {
                    let (dialog, message) = (visible(dialog), visible(message));
                    let why = format!("chatproof itself pressed Cancel in a dialog ({dialog}: \"{message}\")");
                    let agrees = match dialog.as_str() {
                        "prompt" => "answer: { prompt: \"TEXT\" }",
                        "login" => "answer: { user: NAME, password: \"${env.PASSWORD}\" }",
                        _ => "answer: accept",
                    };
                    let step = at.map_or_else(|| "the first step".to_owned(), |step| format!("step {}", step + 1));
                    let advice = format!(
                        "{why} in {step}, since the site file doesn't say what the visitor answers: give that step \
                         `{agrees}`, or `answer: dismiss` if Cancel is meant"
                    );
                    answered(true, "dialog-cancelled", why, advice)
                }
                Kind::Asked { what, answer } if is_no(what, answer) && !loads(journey, at) => {
                    let what = visible(what);
                    let why = format!("the page asked for something that chatproof itself {answer} ({what})");
                    let advice = format!("{why}: an event that needs it can't be tested");
                    answered(false, "refused", why, advice)
                }
                _ => None,
            }
        })
        .collect();
    all.sort_by_key(|one| !one.lasting);
    all
}

/// Whether anything depends on it. Who prints is told that it was printed, whatever comes of it.
fn is_no(what: &str, answer: &str) -> bool {
    matches!(answer, "refused" | "cancelled") && !matches!(what, "print()" | "requestPointerLock()")
}

fn loads(journey: Option<&Journey>, at: Position) -> bool {
    let Some(at) = at else { return true };
    let step = journey.and_then(|journey| journey.steps.get(at));
    step.is_some_and(|step| matches!(step.act, Act::Open(_) | Act::Reload | Act::Back))
}
