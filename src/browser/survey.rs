//! A look at a page that nothing is known of: what could be a chat's launcher, or a banner that holds it back.
//!
//! Boundary: asks `survey.js`; what is done with the answers is the runner's business. All texts are the page's own.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::Window;
use crate::page;

/// How long a page may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// What stands in a page.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Look {
    /// Title of the document.
    pub title: String,
    /// Its address.
    pub url: String,
    /// The button that agrees to what a banner asks for.
    pub consent: Option<Button>,
    /// What could open a chat, likeliest first.
    pub launchers: Vec<Button>,
    /// Controls of what stands in the page like a chat.
    pub inline: Vec<Control>,
    /// Links and buttons of the page itself that may open one.
    pub links: Vec<Control>,
    /// Addresses of visible frames.
    pub frames: Vec<String>,
}

/// Something to click.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Button {
    /// A locator that finds just this.
    pub locator: String,
    /// Accessible name.
    #[serde(default)]
    pub name: String,
    /// Why it was taken for what it is.
    #[serde(default)]
    pub signs: Vec<String>,
}

/// Something to click or to fill.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Control {
    /// A locator that finds just this.
    pub locator: String,
    /// It takes text.
    pub field: bool,
}

impl Window {
    /// Keeps count of what scripts put into the pages that are opened from now on.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn count_additions(&self) -> Result<(), BidiError> {
        let params = json!({
            "functionDeclaration": page::ADDITIONS,
            "userContexts": [self.user_context],
            "sandbox": page::SANDBOX,
        });
        self.session.call("script.addPreloadScript", params).await.map(drop)
    }

    /// Looks at the page.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn look(&self) -> Result<Look, BidiError> {
        self.ask("survey").await
    }

    /// Remembers what can be clicked or filled now.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn remember_controls(&self) -> Result<(), BidiError> {
        self.ask::<Value>("remember").await.map(drop)
    }

    /// What can be clicked or filled now and couldn't be when it was remembered.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn new_controls(&self) -> Result<Vec<Control>, BidiError> {
        self.ask("appeared").await
    }

    /// Globals of the page at which events could be listened to, as `Name.on`.
    ///
    /// # Errors
    /// [`BidiError`].
    pub async fn globals(&self) -> Result<Vec<String>, BidiError> {
        let answer = self.call_function(&self.context(), page::GLOBALS, vec![], None, ANSWER).await?;
        let text = answer.get("value").and_then(Value::as_str).unwrap_or("[]");
        serde_json::from_str(text).map_err(|error| BidiError::Script(error.to_string()))
    }

    async fn ask<T: for<'de> Deserialize<'de>>(&self, command: &str) -> Result<T, BidiError> {
        let (data, _) = self.run_command(page::surveys(), &self.context(), command, &json!({}), &[], ANSWER).await?;
        serde_json::from_value(data)
            .map_err(|error| BidiError::Script(format!("the page's answer makes no sense: {error}")))
    }
}
