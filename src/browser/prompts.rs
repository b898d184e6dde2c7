//! Dialogs of a page's scripts: who answers them, and how.
//!
//! Boundary: one dialog at a time; which step a reply belongs to is the runner's business.

use serde_json::{Value, json};

/// What a step answers to the dialogs that it causes.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// OK; a `prompt` keeps what it suggests.
    Accept,
    /// Cancel.
    Dismiss,
    /// OK, with this text in a `prompt`.
    Text(String),
    /// This to the login dialog of HTTP authentication; to others, nothing in particular.
    SignIn {
        /// User name.
        user: String,
        /// Password.
        password: String,
    },
}

/// The texts may be secrets.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Accept => "Accept",
            Self::Dismiss => "Dismiss",
            Self::Text(_) => "Text",
            Self::SignIn { .. } => "SignIn",
        })
    }
}

/// An answer to `browsingContext.userPromptOpened`.
pub(super) struct Answer {
    /// For `browsingContext.handleUserPrompt`.
    pub(super) command: Value,
    /// `accepted`, `dismissed`.
    pub(super) told: &'static str,
}

/// Answers as the step says, else as a visitor would who has nothing to do with it: leaving a page is what the journey
/// asked for, an `alert` has but one answer, everything else is waved away.
pub(super) fn answer(opened: &Value, reply: Option<&Reply>) -> Answer {
    let text = |key: &str| opened.get(key).and_then(Value::as_str).unwrap_or_default();
    let dialog = text("type");
    let accept = match reply {
        _ if dialog == "alert" => true,
        Some(Reply::Accept | Reply::Text(_)) => true,
        Some(Reply::Dismiss) => false,
        Some(Reply::SignIn { .. }) | None => dialog == "beforeunload",
    };
    let mut command = json!({ "context": text("context"), "accept": accept });
    if accept && dialog == "prompt" {
        command["userText"] = match reply {
            Some(Reply::Text(typed)) => json!(typed),
            _ => json!(text("defaultValue")),
        };
    }
    Answer { command, told: if accept { "accepted" } else { "dismissed" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_answers_its_dialogs_and_nobody_else_agrees_to_anything() {
        let opened = |dialog: &str| json!({ "context": "c", "type": dialog, "defaultValue": "as it was" });
        let told = |dialog, reply: Option<Reply>| answer(&opened(dialog), reply.as_ref()).told;
        for dialog in ["alert", "beforeunload"] {
            assert_eq!(told(dialog, None), "accepted");
        }
        for dialog in ["confirm", "prompt", "something new"] {
            assert_eq!(told(dialog, None), "dismissed");
            assert_eq!(told(dialog, Some(Reply::Accept)), "accepted");
            assert_eq!(told(dialog, Some(Reply::Dismiss)), "dismissed");
        }
        assert_eq!(told("alert", Some(Reply::Dismiss)), "accepted");
        assert_eq!(told("beforeunload", Some(Reply::Dismiss)), "dismissed");
        let text = |reply| answer(&opened("prompt"), Some(&reply)).command["userText"].clone();
        assert_eq!(text(Reply::Accept), "as it was");
        assert_eq!(text(Reply::Text("Ada".into())), "Ada");
        assert!(answer(&opened("confirm"), Some(&Reply::Text("Ada".into()))).command.get("userText").is_none());
    }
}
