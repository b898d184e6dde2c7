//! Handing files to a page, as somebody does who chooses or drops them.
//!
//! Boundary: hands over; `runner::files` reads them. Their content goes through the driver's connection, so that it may be on
//! another machine.

use serde_json::{Value, json};

use super::context::{ANSWER, ActError, Found, Window};

/// A file to be handed over.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name, without a folder.
    pub name: String,
    /// Media type, as a system gives it by the name.
    pub media_type: &'static str,
    /// Content, in base64.
    pub base64: String,
    /// When it was changed last, in milliseconds since 1970.
    pub modified_ms: u64,
}

impl Window {
    /// Chooses files in a file input, whether it can be seen or not, or drops them onto another element.
    ///
    /// # Errors
    /// [`ActError::Wrong`] with `wrong-element` if it takes no files, or only one.
    pub async fn upload(&self, found: &Found, files: &[Upload]) -> Result<(), ActError> {
        let files: Vec<Value> = files
            .iter()
            .map(|file| {
                json!({
                    "name": file.name, "type": file.media_type, "base64": file.base64, "modified": file.modified_ms,
                })
            })
            .collect();
        let element = std::slice::from_ref(&found.element);
        let (answer, _) =
            self.command(&found.context, "upload", &json!({ "files": files }), element, ANSWER * 3).await?;
        let text = |key: &str| answer.get(key).and_then(Value::as_str);
        match (text("is"), text("why")) {
            (Some(is), Some(why)) => {
                Err(ActError::Wrong { code: "wrong-element", message: format!("it {why}: {is}"), candidates: vec![] })
            }
            _ => Ok(()),
        }
    }
}
