//! What a pointer does besides clicking and hovering: twice, with the other button, for a while, to another place.
//!
//! Boundary: YAML tree -> [`Gesture`]s, and what people read of them.

use std::time::Duration;

use super::Target;
use super::parse::duration;
use super::steps::Context;
use crate::source::read::{Checker, Fields};

/// The verbs that are read here.
pub(super) const VERBS: [&str; 5] = ["double_click", "right_click", "press_and_hold", "drag", "swipe"];

/// How long a press is held, unless the step says so: phones take half a second for a long press.
const HELD: Duration = Duration::from_secs(1);

/// The longest hold. A driver's answer is waited for until it's over.
const LONGEST: Duration = Duration::from_secs(20);

/// What is done at an element.
#[derive(Debug, Clone)]
pub enum Gesture {
    /// `double_click`
    Double,
    /// `right_click`
    Right,
    /// `press_and_hold` ... `for`
    Hold(Duration),
    /// `drag` ... `to`
    Drag(Target),
    /// `swipe` ... `toward`: with a finger.
    Swipe(Toward),
}

/// Where a finger goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

impl Toward {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Up => "up",
            Self::Down => "down",
        }
    }

    /// One step to there, right and down.
    pub fn step(self) -> (f64, f64) {
        match self {
            Self::Left => (-1.0, 0.0),
            Self::Right => (1.0, 0.0),
            Self::Up => (0.0, -1.0),
            Self::Down => (0.0, 1.0),
        }
    }
}

impl Gesture {
    /// What is done at an element of this name, as a person reads it.
    pub(super) fn describe(&self, target: &str) -> String {
        match self {
            Self::Double => format!("double-click {target}"),
            Self::Right => format!("right-click {target}"),
            Self::Hold(time) => format!("press and hold {target} for {}", super::describe::duration(*time)),
            Self::Drag(to) => format!("drag {target} to {}", to.text),
            Self::Swipe(toward) => format!("swipe {target} {}", toward.name()),
        }
    }
}

/// Reads what stands beside a gesture's verb.
pub(super) fn read(
    checker: &mut Checker<'_>,
    fields: &Fields<'_>,
    verb: &str,
    context: &mut Context<'_, '_>,
) -> Option<Gesture> {
    match verb {
        "double_click" => Some(Gesture::Double),
        "right_click" => Some(Gesture::Right),
        "press_and_hold" => {
            let node = fields.get("for");
            let Some(node) = node else { return Some(Gesture::Hold(HELD)) };
            let time = duration(checker, fields, "for")?;
            if time > LONGEST {
                let help = format!("write `{}s` at most", LONGEST.as_secs());
                checker.report(node.span, "`for` is too long", "nobody presses for that long", help);
                return None;
            }
            Some(Gesture::Hold(time))
        }
        "drag" => {
            let to = fields.require(checker, "to")?;
            context.names.target(checker, to, "`to`").map(Gesture::Drag)
        }
        "swipe" => {
            let words = [Toward::Left, Toward::Right, Toward::Up, Toward::Down].map(|toward| (toward.name(), toward));
            let toward = fields.require(checker, "toward")?;
            checker.choice(toward, "`toward`", &words).map(Gesture::Swipe)
        }
        _ => None,
    }
}
