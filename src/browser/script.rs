//! Scripts in a window's documents: a site file's own, and the commands of `page`.
//!
//! Boundary: one command each, in the page's realm or in the sandbox; what the answers mean is the caller's.

use std::time::Duration;

use serde_json::{Value, json};

use super::bidi::BidiError;
use super::context::{ActError, Window};
use crate::page;

impl Window {
    /// Runs a site file's script in the page's own realm.
    ///
    /// # Errors
    /// [`ActError::Script`] with what it threw; [`ActError::Timeout`] if it is not done in time.
    pub async fn eval(&self, body: &str, bound: Duration) -> Result<(), ActError> {
        match self.call_function(&self.context(), &page::eval_body(body), vec![], None, bound).await {
            Ok(answer) => match answer.get("value").and_then(Value::as_str) {
                Some(threw) if !threw.is_empty() => Err(ActError::Script(threw.to_owned())),
                _ => Ok(()),
            },
            Err(BidiError::Timeout { .. }) => {
                Err(ActError::Timeout(format!("the script was not done within {} s", bound.as_secs_f32())))
            }
            // A script that navigates away never answers: its document has gone, and that was its effect.
            Err(error) if error.is_gone() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn call_function(
        &self,
        context: &str,
        function: &str,
        arguments: Vec<Value>,
        sandbox: Option<&str>,
        bound: Duration,
    ) -> Result<Value, BidiError> {
        let answer = json!({ "maxDomDepth": 0, "maxObjectDepth": 2 });
        self.call_function_for(answer, context, function, arguments, sandbox, bound).await
    }

    /// The same with an answer of another form: BiDi's `script.SerializationOptions`.
    pub(super) async fn call_function_for(
        &self,
        answer: Value,
        context: &str,
        function: &str,
        arguments: Vec<Value>,
        sandbox: Option<&str>,
        bound: Duration,
    ) -> Result<Value, BidiError> {
        let mut target = json!({ "context": context });
        if let Some(sandbox) = sandbox {
            target["sandbox"] = json!(sandbox);
        }
        let params = json!({
            "functionDeclaration": function,
            "awaitPromise": true,
            "target": target,
            "arguments": arguments,
            "resultOwnership": "none",
            "serializationOptions": answer,
            "userActivation": true,
        });
        script_result(self.session.bidi.call("script.callFunction", params, bound).await?)
    }

    /// Runs a command of `watch.js` in a document; gives its data and the `sharedId`s of its elements.
    pub(super) async fn command(
        &self,
        context: &str,
        name: &str,
        request: &Value,
        elements: &[String],
        bound: Duration,
    ) -> Result<(Value, Vec<String>), BidiError> {
        self.run_command(page::commands(), context, name, request, elements, bound).await
    }

    /// The same for a command of another file. A document that has been replaced hasn't got the commands any more.
    pub(super) async fn run_command(
        &self,
        commands: &page::Commands,
        context: &str,
        name: &str,
        request: &Value,
        elements: &[String],
        bound: Duration,
    ) -> Result<(Value, Vec<String>), BidiError> {
        let mut request = request.clone();
        if let Some(request) = request.as_object_mut() {
            request.insert("token".to_owned(), json!(self.session.token));
        }
        let mut arguments = vec![page::string(name), page::string(&request.to_string())];
        arguments.extend(elements.iter().map(|id| json!({ "type": "node", "sharedId": id })));
        let sandbox = Some(page::SANDBOX);
        let mut answer = self.call_function(context, &commands.ask, arguments.clone(), sandbox, bound).await?;
        if answer.get("type").and_then(Value::as_str) == Some("null") {
            answer = self.call_function(context, &commands.bring, arguments, sandbox, bound).await?;
        }
        let items = answer.get("value").and_then(Value::as_array).cloned().unwrap_or_default();
        let data = items.first().and_then(|item| item.get("value")).and_then(Value::as_str).unwrap_or("null");
        let data = serde_json::from_str(data)
            .map_err(|error| BidiError::Script(format!("the page's answer makes no sense: {error}")))?;
        let elements = items
            .iter()
            .skip(1)
            .filter_map(|item| item.get("sharedId").and_then(Value::as_str))
            .map(str::to_owned)
            .collect();
        Ok((data, elements))
    }
}

/// What a script gave; what it threw is an error.
pub(super) fn script_result(mut answer: Value) -> Result<Value, BidiError> {
    if answer.get("type").and_then(Value::as_str) == Some("exception") {
        let details = answer.get("exceptionDetails");
        let text = details.and_then(|d| d.get("text")).and_then(Value::as_str).unwrap_or("the script threw");
        return Err(BidiError::Script(text.to_owned()));
    }
    Ok(answer.get_mut("result").map(Value::take).unwrap_or(Value::Null))
}
