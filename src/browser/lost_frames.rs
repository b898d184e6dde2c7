//! Frames that Chromium's driver loses: one that goes to another site, comes back, and goes to another site again.
//!
//! On another site a frame has a process and a target of its own. The driver takes each target once, by the frame's ID, which
//! stays: the second time it leaves the target alone, and the frame waits for ever for a debugger (chromium-bidi,
//! `CdpTargetManager`). Nothing is heard in there, and the page stands still for its visitor. Nor can it be given back:
//! all that helps is a browser in which frames have no process of their own.
//!
//! Boundary: what the driver's events mean; what is done about it is the runner's business.

use std::collections::HashMap;

use serde_json::Value;

const ATTACHED: &str = "goog:cdp.Target.attachedToTarget";
const DETACHED: &str = "goog:cdp.Target.detachedFromTarget";

/// Events that it needs (Chrome DevTools Protocol, "Target").
pub(super) const EVENTS: [&str; 2] = [ATTACHED, DETACHED];

/// Frames that are remembered at most; then all are forgotten.
const MOST_KEPT: usize = 100_000;

/// A frame that has had a target of its own.
#[derive(Debug)]
struct Known {
    user_context: String,
    /// The session that the driver has taken, as long as it lasts.
    session: Option<String>,
    /// There is another one by now, which the driver has left alone.
    again: bool,
}

/// Listens for frames that are lost.
#[derive(Debug, Default)]
pub(super) struct LostFrames {
    frames: HashMap<String, Known>,
}

impl LostFrames {
    /// Whether it's one of the events that it reads.
    pub(super) fn reads(method: &str) -> bool {
        EVENTS.contains(&method)
    }

    /// Reads an event; gives the user context and the browsing context of a frame that is lost from now on.
    pub(super) fn heard(&mut self, method: &str, params: &Value) -> Option<(String, String)> {
        let params = params.get("params")?;
        let session = params.get("sessionId")?.as_str()?;
        match method {
            ATTACHED => self.attached(session, params.get("targetInfo")?),
            _ => self.detached(session),
        }
    }

    fn attached(&mut self, session: &str, target: &Value) -> Option<(String, String)> {
        let text = |key: &str| target.get(key).and_then(Value::as_str).map(str::to_owned);
        if target.get("type")?.as_str()? != "iframe" {
            return None;
        }
        let frame = text("targetId")?;
        if let Some(known) = self.frames.get_mut(&frame) {
            known.again = true;
            return known.session.is_none().then(|| (known.user_context.clone(), frame));
        }
        if self.frames.len() >= MOST_KEPT {
            self.frames.clear();
        }
        let user_context = text("browserContextId").unwrap_or_default();
        self.frames.insert(frame, Known { user_context, session: Some(session.to_owned()), again: false });
        None
    }

    fn detached(&mut self, session: &str) -> Option<(String, String)> {
        let (frame, known) = self.frames.iter_mut().find(|(_, known)| known.session.as_deref() == Some(session))?;
        known.session = None;
        known.again.then(|| (known.user_context.clone(), frame.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attached(session: &str, frame: &str, kind: &str) -> (&'static str, Value) {
        let target = json!({ "targetId": frame, "type": kind, "browserContextId": "u" });
        (ATTACHED, json!({ "params": { "sessionId": session, "targetInfo": target } }))
    }

    fn detached(session: &str) -> (&'static str, Value) {
        (DETACHED, json!({ "params": { "sessionId": session } }))
    }

    fn lost(events: &[(&'static str, Value)]) -> Vec<String> {
        let mut frames = LostFrames::default();
        events.iter().filter_map(|(method, params)| frames.heard(method, params)).map(|(_, frame)| frame).collect()
    }

    #[test]
    fn a_frame_is_lost_when_its_target_comes_again_in_whatever_order() {
        let (first, again) = (attached("1", "a", "iframe"), attached("2", "a", "iframe"));
        assert_eq!(lost(&[first.clone(), detached("1"), again.clone()]), ["a"]);
        assert_eq!(lost(&[first.clone(), again.clone(), detached("1")]), ["a"]);
    }

    #[test]
    fn a_frame_that_has_one_target_is_not_lost() {
        let first = attached("1", "a", "iframe");
        assert!(lost(&[first.clone(), detached("1")]).is_empty());
        assert!(lost(&[first.clone(), attached("2", "b", "iframe"), detached("1"), detached("2")]).is_empty());
        let pages = [attached("1", "a", "page"), detached("1"), attached("2", "a", "page")];
        assert!(lost(&pages).is_empty());
        // What goes away without having been lost can't be found.
        assert!(lost(&[first, attached("2", "a", "iframe"), detached("2")]).is_empty());
    }
}
