//! Pages, frames and scripts that didn't arrive: refused by their server, or never fetched.
//!
//! Boundary: what the browser says of a response; what it means for a widget is the judge's business.

use std::collections::HashMap;

use serde_json::Value;

/// A page, a frame or a script that didn't arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// `document`, `frame`, `script`.
    pub what: &'static str,
    /// Its address.
    pub url: String,
    /// HTTP status; 0 if nothing was answered.
    pub status: u16,
    /// The browser's words where there is no answer; or the type that came in a script's place.
    pub reason: String,
}

/// Answers that are remembered at most; then all are forgotten.
const MOST_KEPT: usize = 500;

/// What Chromium keeps from the page, since it isn't what a page of another host may load (opaque response blocking): BiDi
/// says only that it failed, and Chromium's own protocol what was answered. Which of them comes first isn't certain.
#[derive(Debug, Default)]
pub(super) struct Kept {
    answers: HashMap<String, Answer>,
    failed: HashMap<String, (String, Refused)>,
}

/// A status from 400 on, or a page.
#[derive(Debug, Clone, Copy)]
struct Answer {
    status: u16,
    page: bool,
}

impl Answer {
    fn told(self, refused: Refused) -> Option<Refused> {
        match self {
            Self { status: 400.., .. } => Some(Refused { status: self.status, reason: String::new(), ..refused }),
            Self { page: true, .. } => Some(Refused { reason: "text/html".to_owned(), ..refused }),
            _ => None,
        }
    }
}

impl Kept {
    /// Hears what was answered, by `Network.responseReceivedExtraInfo`; gives what had failed for it, and in which context.
    pub(super) fn answered(&mut self, params: &Value) -> Option<(String, Refused)> {
        let told = params.get("params")?;
        let id = told.get("requestId")?.as_str()?;
        let status = told.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())?;
        let page = told.get("headers").and_then(Value::as_object).is_some_and(|headers| {
            let mut types = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            types.any(|(_, value)| value.as_str().is_some_and(|t| t.to_ascii_lowercase().starts_with("text/html")))
        });
        let answer = Answer { status, page };
        if let Some((context, refused)) = self.failed.remove(id) {
            return Some((context, answer.told(refused)?));
        }
        if self.answers.len() >= MOST_KEPT {
            self.answers.clear();
        }
        if status >= 400 || page {
            self.answers.insert(id.to_owned(), answer);
        } else {
            // It was sent elsewhere meanwhile.
            self.answers.remove(id);
        }
        None
    }

    /// What failed, with what was answered if that is known already.
    pub(super) fn failed(&mut self, params: &Value, refused: Refused) -> Refused {
        let id = params.pointer("/request/request").and_then(Value::as_str).unwrap_or_default();
        if !refused.reason.contains("BLOCKED_BY_ORB") || id.is_empty() {
            return refused;
        }
        if let Some(told) = self.answers.remove(id).and_then(|answer| answer.told(refused.clone())) {
            return told;
        }
        if self.failed.len() >= MOST_KEPT {
            self.failed.clear();
        }
        let context = params.get("context").and_then(Value::as_str).unwrap_or_default();
        self.failed.insert(id.to_owned(), (context.to_owned(), refused.clone()));
        refused
    }
}

/// Reads `network.responseStarted` and `network.fetchError`; `None` for all that arrived, or that
/// nobody misses. (Firefox doesn't complete a response that it keeps from the page.)
pub(super) fn refused(method: &str, params: &Value) -> Option<Refused> {
    let request = params.get("request")?;
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = match text(request, "destination") {
        kind if kind.is_empty() => text(request, "initiatorType"),
        kind => kind,
    };
    let what = match kind.as_str() {
        "document" => "document",
        "iframe" | "frame" | "embed" | "object" => "frame",
        "script" | "worker" | "sharedworker" => "script",
        _ => return None,
    };
    let url = text(request, "url");
    if method == "network.fetchError" {
        let reason = text(params, "errorText");
        // Its page went away, or the page itself gave it up.
        let given_up = reason.to_ascii_uppercase().contains("ABORTED");
        return (!given_up).then_some(Refused { what, url, status: 0, reason });
    }
    let response = params.get("response")?;
    let status = response.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())?;
    let mime = text(response, "mimeType").to_ascii_lowercase();
    if status >= 400 {
        return Some(Refused { what, url, status, reason: String::new() });
    }
    // A page that asks who one is, in place of a script.
    let page = what == "script" && (200..300).contains(&status) && mime.starts_with("text/html");
    page.then_some(Refused { what, url, status, reason: "text/html".to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn completed(destination: &str, status: u16, mime: &str) -> Option<Refused> {
        let params = json!({
            "request": { "url": "http://x/a", "destination": destination },
            "response": { "status": status, "mimeType": mime },
        });
        refused("network.responseStarted", &params)
    }

    #[test]
    fn what_a_server_refuses_is_told_by_its_status() {
        assert_eq!(completed("script", 200, "text/javascript"), None);
        assert_eq!(completed("document", 304, "text/html"), None);
        assert_eq!(completed("image", 403, "text/html"), None);
        assert_eq!(completed("document", 403, "text/html").map(|r| (r.what, r.status)), Some(("document", 403)));
        assert_eq!(completed("script", 200, "text/html").map(|r| r.reason), Some("text/html".to_owned()));
        let failed = |text: &str| {
            refused(
                "network.fetchError",
                &json!({ "request": { "url": "http://x/a", "destination": "script" }, "errorText": text }),
            )
        };
        assert_eq!(failed("net::ERR_ABORTED"), None);
        assert_eq!(failed("net::ERR_NAME_NOT_RESOLVED").map(|r| (r.what, r.status)), Some(("script", 0)));
    }

    #[test]
    fn what_is_kept_from_a_page_is_told_with_its_answer_whichever_comes_first() {
        let failure = json!({
            "context": "c",
            "request": { "request": "7", "url": "http://x/a", "destination": "script" },
            "errorText": "net::ERR_BLOCKED_BY_ORB",
        });
        let answer = |status: u16, mime: &str| json!({ "params": { "requestId": "7", "statusCode": status, "headers": { "Content-Type": mime } } });
        let failed = || refused("network.fetchError", &failure).unwrap();
        let mut kept = Kept::default();
        assert_eq!(kept.answered(&answer(403, "text/html")), None);
        assert_eq!(kept.failed(&failure, failed()).status, 403);
        assert_eq!(kept.failed(&failure, failed()).reason, "net::ERR_BLOCKED_BY_ORB");
        let (context, told) = kept.answered(&answer(200, "text/html; charset=utf-8")).unwrap();
        assert_eq!((context.as_str(), told.status, told.reason.as_str()), ("c", 0, "text/html"));
        // A page on the way to something else isn't the answer.
        kept.answered(&answer(302, "text/html"));
        kept.answered(&answer(200, "text/javascript"));
        assert_eq!(kept.failed(&failure, failed()).reason, "net::ERR_BLOCKED_BY_ORB");
    }
}
