//! Closed shadow roots: the driver hands them out, and the document's sandbox keeps them (`closed.js`).
//!
//! Boundary: takes them there. That there are some which the sandbox doesn't know, it says itself.

use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::{ANSWER, Window};
use crate::page;

impl Window {
    /// Makes the closed roots of a document known to its sandbox, all that there are by now; those in closed roots too.
    ///
    /// # Errors
    /// [`BidiError`]; [`BidiError::is_gone`] if the document went away meanwhile.
    pub(super) async fn adopt_roots(&self, context: &str) -> Result<(), BidiError> {
        // What the parser has made of HTML is only found host by host, and one may stand in another.
        for _ in 0..5 {
            let (before, _) = self.command(context, "unknown_roots", &json!({}), &[], ANSWER).await?;
            if before.get("unknown").and_then(Value::as_bool) != Some(true) {
                return Ok(());
            }
            let scripts = before.get("scripts").and_then(Value::as_bool) == Some(true);
            let mut roots: Vec<String> = Vec::new();
            if scripts {
                let of_listener = [&self.session.token, &self.session.key].map(|text| page::string(text)).to_vec();
                let made = self.serialized(context, page::CLOSED_ROOTS, of_listener, None).await?;
                roots.extend(items(&made).filter_map(shared));
            }
            let attached = roots.len();
            let hosts = vec![page::string("hosts"), page::string(&json!({ "token": self.session.token }).to_string())];
            let hosts = self.serialized(context, &page::commands().ask, hosts, Some(page::SANDBOX)).await?;
            roots.extend(items(&hosts).filter_map(|host| {
                let root = host.pointer("/value/shadowRoot")?;
                let closed = root.pointer("/value/mode").and_then(Value::as_str) == Some("closed");
                closed.then(|| shared(root)).flatten()
            }));
            // Most documents have none: they are asked once.
            if roots.is_empty() && !scripts {
                return Ok(());
            }
            let kept = json!({ "count": before.get("attached"), "parsed": roots.len() == attached });
            self.command(context, "adopt", &kept, &roots, ANSWER).await?;
        }
        self.command(context, "adopt", &json!({ "count": 0, "parsed": true }), &[], ANSWER).await?;
        Ok(())
    }

    /// What a function gives, with the shadow roots of elements in it.
    async fn serialized(
        &self,
        context: &str,
        function: &str,
        arguments: Vec<Value>,
        sandbox: Option<&str>,
    ) -> Result<Value, BidiError> {
        let answer = json!({ "maxDomDepth": 0, "maxObjectDepth": 1, "includeShadowTree": "all" });
        self.call_function_for(answer, context, function, arguments, sandbox, ANSWER).await
    }
}

fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer.get("value").and_then(Value::as_array).into_iter().flatten()
}

fn shared(node: &Value) -> Option<String> {
    node.get("sharedId").and_then(Value::as_str).map(str::to_owned)
}
