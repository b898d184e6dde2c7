//! Acts in closed shadow roots, which chromedriver takes for elements without the focus or out of sight, and refuses.
//!
//! Boundary: what is done instead, once the driver has refused without doing anything.

use serde_json::{Value, json};

use super::BrowserKind;
use super::context::{ANSWER, ActError, Found, Window};

impl Window {
    /// Element Send Keys; in a closed root of Chromium keys to what has the focus.
    pub(super) async fn send_keys(&self, found: &Found, keys: &str) -> Result<(), ActError> {
        let sent = self.classic(found, |client, element| async move { client.send_keys(&element, keys).await }).await;
        self.or_in_closed_root(found, sent, self.key_actions(found, keys)).await
    }

    /// Does the same in another way, if it was refused for the element standing in a closed root.
    pub(super) async fn or_in_closed_root(
        &self,
        found: &Found,
        done: Result<(), ActError>,
        other: impl Future<Output = Result<(), ActError>>,
    ) -> Result<(), ActError> {
        if self.session.kind != BrowserKind::Chromium
            || !matches!(done, Err(ActError::NotInteractable(_) | ActError::Covered(_) | ActError::Stale(_)))
        {
            return done;
        }
        let element = std::slice::from_ref(&found.element);
        match self.command(&found.context, "in_closed_root", &json!({}), element, ANSWER).await {
            Ok((Value::Bool(true), _)) => other.await,
            _ => done,
        }
    }

    /// Presses keys, as Element Send Keys takes them, in what has the focus.
    pub(super) async fn key_actions(&self, found: &Found, keys: &str) -> Result<(), ActError> {
        let key = |what: &str, key: char| json!({ "type": what, "value": key.to_string() });
        let (mut actions, mut held) = (Vec::new(), Vec::new());
        for char in keys.chars() {
            match char {
                '\u{E000}' => actions.extend(held.drain(..).rev().map(|held| key("keyUp", held))),
                // Shift, Control, Alt, Meta.
                '\u{E008}' | '\u{E009}' | '\u{E00A}' | '\u{E03D}' => {
                    actions.push(key("keyDown", char));
                    held.push(char);
                }
                _ => actions.extend([key("keyDown", char), key("keyUp", char)]),
            }
        }
        actions.extend(held.drain(..).rev().map(|held| key("keyUp", held)));
        let source = json!({ "type": "key", "id": "keyboard", "actions": actions });
        let actions = json!({ "context": found.context, "actions": [source] });
        self.in_front(self.session.call("input.performActions", actions)).await?;
        Ok(())
    }

    /// Chooses an option by script, as chromedriver does.
    pub(super) async fn choose(&self, option: &Found) -> Result<(), ActError> {
        let element = std::slice::from_ref(&option.element);
        self.command(&option.context, "choose", &json!({}), element, ANSWER).await?;
        Ok(())
    }
}
