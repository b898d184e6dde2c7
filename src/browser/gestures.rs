//! What a pointer does besides clicking and hovering: two clicks, the other button, a long press, dragging, swiping.
//!
//! Boundary: acts on what `find.rs` has found, at once, as `act.rs` does.

use std::time::Duration;

use serde_json::{Value, json};

use super::BrowserKind;
use super::aim::Aim;
use super::arrival::Sign;
use super::context::{ANSWER, ActError, Found, Window};
use crate::site::gestures::{Gesture, Toward};
use crate::site::locator::Locator;

/// How far a finger goes at least, in CSS pixels: less is no swipe to most pages.
const FARTHEST: f64 = 100.0;

/// Steps of a way: what follows a pointer looks at how it moves, not only at where it ends.
const STEPS: usize = 6;

/// Milliseconds of each.
const STEP: u64 = 40;

/// How long what is dragged stays over its place before it's let go, in milliseconds: pages move things out of its way.
const OVER: u64 = 150;

/// What is known of an element's place in its own document.
#[derive(Debug, Clone, Copy)]
struct Reach {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    wide: f64,
    high: f64,
}

impl Reach {
    /// How far a finger goes from its middle, staying in the window.
    fn swipe(&self, toward: Toward) -> (f64, f64) {
        let (right, down) = toward.step();
        let far = (self.width * right.abs() + self.height * down.abs()) / 2.0;
        let room = match toward {
            Toward::Left => self.x,
            Toward::Right => self.wide - self.x,
            Toward::Up => self.y,
            Toward::Down => self.high - self.y,
        };
        let far = far.max(FARTHEST).min(room - 2.0).max(1.0);
        (right * far, down * far)
    }
}

impl Window {
    /// Does what a pointer does at an element; `to`: where it's dropped, for a drag.
    ///
    /// # Errors
    /// [`ActError`]; with `wrong-element` if what is dragged and where it's dropped can't be reached from one another.
    pub async fn gesture(&self, found: &Found, gesture: &Gesture, to: Option<&Found>) -> Result<(), ActError> {
        // What stands in frames is aimed at first, as for a click.
        let aim = if found.frames.is_empty() { None } else { Some(self.train(found).await?) };
        let (context, place) = pointing(aim.as_ref(), found);
        let button = |what: &str, button: u8| json!({ "type": what, "button": button });
        let (down, up) = (button("pointerDown", 0), button("pointerUp", 0));
        let pause = |ms: u64| json!({ "type": "pause", "duration": ms });
        let mut pointer = if self.touch { "touch" } else { "mouse" };
        let mut sign = Sign::Press;
        let actions = match gesture {
            Gesture::Double => vec![place, down.clone(), up.clone(), down, up],
            Gesture::Right => vec![place, button("pointerDown", 2), button("pointerUp", 2)],
            Gesture::Hold(time) => {
                sign = Sign::Gesture;
                vec![place, down, pause(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)), up]
            }
            Gesture::Swipe(toward) => {
                (pointer, sign) = ("touch", Sign::Gesture);
                let (right, below) = self.reach(found).await?.swipe(*toward);
                let mut way = vec![place, down];
                way.extend(relative(right, below));
                way.push(up);
                way
            }
            Gesture::Drag(_) => {
                sign = Sign::Gesture;
                let Some(to) = to else { return Err(ActError::Other("nowhere to drop it".into())) };
                let (from, there) = self.way(&context, found, to).await?;
                let mut way = vec![place, down];
                // The first few pixels make a drag of a press.
                way.extend(relative((there.0 - from.0).clamp(-8.0, 8.0), (there.1 - from.1).clamp(-8.0, 8.0)));
                way.extend(between(from, there));
                way.extend([pause(OVER), up]);
                way
            }
        };
        let source = json!({
            "type": "pointer", "id": pointer, "parameters": { "pointerType": pointer }, "actions": actions,
        });
        let actions = json!({ "context": context, "actions": [source] });
        let act = async {
            if self.session.kind == BrowserKind::Firefox {
                self.in_front(self.session.call("input.performActions", actions)).await?;
            } else {
                self.session.call("input.performActions", actions).await?;
            }
            Ok(())
        };
        // Firefox's driver can't lead HTML's drag and drop: its parts are made in the page (`drag.js`).
        let Some(to) = to.filter(|_| self.session.kind == BrowserKind::Firefox) else {
            return self.arrives(found, sign, act).await;
        };
        self.command(&found.context, "carry", &json!({}), &[], ANSWER).await?;
        let done = self.arrives(found, sign, act).await;
        let carried = self.command(&found.context, "carried", &json!({}), &[], ANSWER).await;
        done?;
        let began = carried.is_ok_and(|(state, _)| state.get("began").and_then(Value::as_bool) == Some(true));
        if began && found.context != to.context {
            return Err(apart("in Firefox, what a page makes draggable can't be dropped in another frame"));
        }
        Ok(())
    }

    async fn reach(&self, found: &Found) -> Result<Reach, ActError> {
        let element = std::slice::from_ref(&found.element);
        let (answer, _) = self.command(&found.context, "reach", &json!({}), element, ANSWER).await?;
        let number = |key: &str| answer.get(key).and_then(Value::as_f64).unwrap_or_default();
        Ok(Reach {
            x: number("x"),
            y: number("y"),
            width: number("width"),
            height: number("height"),
            wide: number("wide"),
            high: number("high"),
        })
    }

    /// Where two elements are in the document by whose coordinates the pointer moves.
    async fn way(&self, context: &str, from: &Found, to: &Found) -> Result<((f64, f64), (f64, f64)), ActError> {
        let mut places = Vec::new();
        for found in [from, to] {
            let own = self.reach(found).await?;
            let aim = found.aims.iter().find(|aim| aim.context == context);
            let place = match aim {
                _ if found.context == context => Some((own.x, own.y)),
                Some(aim) => Some((aim.x, aim.y)),
                None => None,
            };
            places.extend(place);
        }
        let [from, to] = places[..] else {
            return Err(apart("it can't be dragged there: the two stand in frames that don't reach one another"));
        };
        Ok((from, to))
    }

    /// Scrolls through a list until a match can be seen.
    ///
    /// # Errors
    /// [`ActError::Wrong`] with `no-match` if none came until the list's end, or until the time is over.
    pub async fn scroll_until(&self, list: &Found, seen: &Locator, bound: Duration) -> Result<(), ActError> {
        let wait = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        let request = json!({ "parts": seen.parts, "wait": wait });
        let element = std::slice::from_ref(&list.element);
        let (answer, _) = self.command(&list.context, "scroll_until", &request, element, bound + ANSWER).await?;
        let flag = |key: &str| answer.get(key).and_then(Value::as_bool) == Some(true);
        if flag("found") {
            return Ok(());
        }
        if flag("gone") {
            return Err(ActError::Stale("the list was replaced while it was scrolled".into()));
        }
        let how_far = if flag("through") { "in the whole list" } else { "as far as the list was scrolled in time" };
        let message = format!("nothing matches {} {how_far}", seen.told());
        Err(ActError::Wrong { code: "no-match", message, candidates: vec![] })
    }
}

fn apart(message: &str) -> ActError {
    ActError::Wrong { code: "wrong-element", message: message.to_owned(), candidates: vec![] }
}

/// The document by whose coordinates an element is pointed at, and the move to it.
pub(super) fn pointing(aim: Option<&Aim>, found: &Found) -> (String, Value) {
    match (aim, found.point) {
        (Some(aim), _) => {
            (aim.context.clone(), json!({ "type": "pointerMove", "x": aim.x.round(), "y": aim.y.round() }))
        }
        (None, Some((x, y))) => {
            (found.context.clone(), json!({ "type": "pointerMove", "x": x.round(), "y": y.round() }))
        }
        (None, None) => {
            let origin = json!({ "type": "element", "element": { "sharedId": found.element } });
            (found.context.clone(), json!({ "type": "pointerMove", "x": 0, "y": 0, "origin": origin }))
        }
    }
}

/// A way from where the pointer is.
fn relative(right: f64, down: f64) -> Vec<Value> {
    let part = |n: usize, whole: f64| (whole * n as f64 / STEPS as f64).round();
    let step = |n: usize| {
        let (x, y) = (part(n, right) - part(n - 1, right), part(n, down) - part(n - 1, down));
        json!({ "type": "pointerMove", "x": x, "y": y, "origin": "pointer", "duration": STEP })
    };
    (1..=STEPS).map(step).collect()
}

/// A way between two points of a document.
fn between(from: (f64, f64), to: (f64, f64)) -> Vec<Value> {
    let at = |n: usize, from: f64, to: f64| (from + (to - from) * n as f64 / STEPS as f64).round();
    let step = |n: usize| json!({ "type": "pointerMove", "x": at(n, from.0, to.0), "y": at(n, from.1, to.1), "duration": STEP });
    (1..=STEPS).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finger_goes_far_enough_and_stays_in_the_window() {
        let carousel = Reach { x: 195.0, y: 300.0, width: 390.0, height: 200.0, wide: 390.0, high: 800.0 };
        assert_eq!(carousel.swipe(Toward::Left), (-193.0, 0.0));
        assert_eq!(carousel.swipe(Toward::Up), (0.0, -100.0));
        let handle = Reach { x: 195.0, y: 780.0, width: 40.0, height: 8.0, wide: 390.0, high: 800.0 };
        assert_eq!(handle.swipe(Toward::Down), (0.0, 18.0));
        assert_eq!(handle.swipe(Toward::Right), (100.0, 0.0));
    }

    #[test]
    fn the_parts_of_a_way_make_the_whole() {
        let sum = |key: &str| relative(-101.0, 33.0).iter().filter_map(|step| step[key].as_f64()).sum::<f64>();
        assert_eq!((sum("x"), sum("y")), (-101.0, 33.0));
        let last = between((0.0, 10.0), (7.0, -20.0)).pop().unwrap();
        assert_eq!((last["x"].as_f64(), last["y"].as_f64()), (Some(7.0), Some(-20.0)));
    }
}
