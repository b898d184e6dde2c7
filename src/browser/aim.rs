//! Where to point at an element that stands in frames: they may be scaled, turned and scrolled, each in its own way.
//!
//! Boundary: asks the documents around the element (`arrival.js`) and moves the pointer; what is pressed is `act.rs`'s.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::BrowserKind;
use super::arrival::{Landed, Sign};
use super::context::{ANSWER, ActError, Found, Window};
use super::find::Watched;
use super::gestures::pointing;

/// How often an aim is corrected by what was hit: with a perspective, each time halves the distance or better.
const CORRECTIONS: usize = 4;

/// The point of an element to act on, as one of the documents around it sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// That document.
    pub context: String,
    /// From its left edge.
    pub x: f64,
    /// From its top.
    pub y: f64,
    /// How a step in the element's own document is seen in this one: the columns of a matrix.
    turn: [f64; 4],
    /// Whether the document within it, on the way to the element, is of the same origin.
    near: bool,
}

impl Aim {
    /// Nearer to `(to)`, given what was hit; both in the element's own document.
    fn corrected(&self, to: (f64, f64), hit: (f64, f64)) -> Self {
        let (x, y) = (to.0 - hit.0, to.1 - hit.1);
        let [a, b, c, d] = self.turn;
        Self { x: self.x + a * x + c * y, y: self.y + b * x + d * y, ..self.clone() }
    }
}

impl Window {
    /// The point to be clicked as the documents around the element see it, its own first; none if it isn't in a frame.
    ///
    /// # Errors
    /// What lies over that point outside of the element's frame.
    pub(super) async fn aim(&self, found: &Found, documents: &HashMap<String, Watched>) -> Result<Vec<Aim>, String> {
        if found.frames.is_empty() {
            return Ok(vec![]);
        }
        let mut hidden = String::new();
        for scrolled in [false, true] {
            if scrolled {
                // The part of the frame that it is in may be out of sight: this goes through all frames.
                let element = std::slice::from_ref(&found.element);
                let _ = self.command(&found.context, "scroll_to", &json!({}), element, ANSWER).await;
            }
            match self.aims(found, documents).await {
                Ok(aims) => return Ok(aims),
                Err(by) => hidden = by,
            }
        }
        Err(hidden)
    }

    async fn aims(&self, found: &Found, documents: &HashMap<String, Watched>) -> Result<Vec<Aim>, String> {
        let number = |from: &Value, key: &str| from.get(key).and_then(Value::as_f64).unwrap_or_default();
        let (x, y) = match found.point {
            Some(point) => point,
            None => {
                let element = std::slice::from_ref(&found.element);
                let Ok((point, _)) = self.command(&found.context, "point", &json!({}), element, ANSWER).await else {
                    return Ok(vec![]);
                };
                (number(&point, "x"), number(&point, "y"))
            }
        };
        let mut aims = vec![Aim { context: found.context.clone(), x, y, turn: [1.0, 0.0, 0.0, 1.0], near: true }];
        for frame in found.frames.iter().rev() {
            let Some(last) = aims.last() else { return Ok(vec![]) };
            let parent = documents.get(&last.context).and_then(|document| document.parent.clone());
            let Some(context) = parent else { return Ok(vec![]) };
            let point = json!({ "x": last.x, "y": last.y });
            let asked = self.command(&context, "frame_point", &point, std::slice::from_ref(frame), ANSWER).await;
            // Frames that can't be asked are gone: the act will say so.
            let Ok((answer, _)) = asked else { return Ok(vec![]) };
            if answer.get("ok").and_then(Value::as_bool) == Some(false) {
                return Err(answer.get("by").and_then(Value::as_str).unwrap_or_default().to_owned());
            }
            let linear: Vec<f64> = answer
                .get("linear")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_f64)
                .collect();
            let Ok([a, b, c, d]) = <[f64; 4]>::try_from(linear) else { return Ok(vec![]) };
            let [e, f, g, h] = last.turn;
            let turn = [a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h];
            let near = answer.get("near").and_then(Value::as_bool) == Some(true);
            aims.push(Aim { context, x: number(&answer, "x"), y: number(&answer, "y"), turn, near });
        }
        Ok(aims)
    }

    /// Moves the pointer over an element in frames, as its visitor's hand does: by the coordinates of a document around it,
    /// by which the browser is found to reach it. Gives that aim.
    ///
    /// Chromium takes a window's coordinates for what they are. Firefox hands them to frames of the same process only, and
    /// takes a frame's for its own process's; which frames share one can't be told.
    ///
    /// # Errors
    /// [`ActError::Missed`] if the element isn't reached by any.
    pub(super) async fn train(&self, found: &Found) -> Result<Aim, ActError> {
        let mut order: Vec<&Aim> = found.aims.iter().rev().collect();
        if self.session.kind == BrowserKind::Firefox {
            // The outermost document of the element's own origin first.
            let inner = found.aims.iter().skip(1).take_while(|aim| aim.near).count();
            let root = order.len().saturating_sub(inner + 1);
            order[..=root].rotate_right(1);
        }
        let Some(own) = found.aims.first() else { return Err(ActError::Stale("its frame has gone".into())) };
        let mut hit = String::new();
        for aim in order {
            let mut aim = aim.clone();
            for _ in 0..=CORRECTIONS {
                let landed = self.arriving(found, Sign::Hover, self.point_at(Some(&aim), found, false)).await?;
                let (by, at) = match landed {
                    Landed::There | Landed::Torn { .. } => return Ok(aim),
                    Landed::Elsewhere { by, at } => (by, at),
                    Landed::Nowhere { by } => (by, None),
                };
                if !by.is_empty() {
                    hit = by;
                }
                // What landed in the element's document beside the element says by how much.
                let Some(at) = at else { break };
                let better = aim.corrected((own.x, own.y), at);
                if (better.x.round(), better.y.round()) == (aim.x.round(), aim.y.round()) {
                    break;
                }
                aim = better;
            }
        }
        let candidates = if hit.is_empty() { vec![] } else { vec![hit] };
        Err(ActError::Missed { message: "the pointer does not reach it in its frame".into(), candidates, again: true })
    }

    /// Moves the pointer to an aim, or to an element by itself; and presses there. On a touch screen that is a tap.
    pub(super) async fn point_at(&self, aim: Option<&Aim>, found: &Found, press: bool) -> Result<(), ActError> {
        let (context, to) = pointing(aim, found);
        let mut actions = vec![to];
        if press {
            actions.push(json!({ "type": "pointerDown", "button": 0 }));
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        let (id, kind) = if press && self.touch { ("finger", "touch") } else { ("mouse", "mouse") };
        let source = json!({ "type": "pointer", "id": id, "parameters": { "pointerType": kind }, "actions": actions });
        let actions = json!({ "context": context, "actions": [source] });
        if press && self.session.kind == BrowserKind::Firefox {
            self.in_front(self.session.call("input.performActions", actions)).await?;
        } else {
            self.session.call("input.performActions", actions).await?;
        }
        Ok(())
    }
}
