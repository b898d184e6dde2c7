//! Pages, frames and scripts that didn't arrive: refused by their server, or never fetched.
//!
//! Boundary: what the browser says of a response; what it means for a widget is the judge's business.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// A page, a frame or a script that didn't arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFailure {
    /// `document`, `frame`, `script`.
    pub what: &'static str,
    /// Its address.
    pub url: String,
    /// HTTP status; 0 if nothing was answered. Below 400, without a reason: it asked for a password, got the right one, and
    /// arrived after all.
    pub status: u16,
    /// The browser's words where there is no answer; or the type that came in a script's place.
    pub reason: String,
}

/// Answers that are remembered at most; then all are forgotten.
const MOST_KEPT: usize = 500;

/// Listens for what doesn't arrive.
///
/// What Chromium keeps from the page, since it isn't what a page of another host may load (opaque response blocking), BiDi
/// says only that it failed, and Chromium's own protocol what was answered. Which of them comes first isn't certain.
#[derive(Debug, Default)]
pub(super) struct LoadFailures {
    answers: HashMap<String, Answer>,
    failed: HashMap<String, (String, LoadFailure)>,
    /// Requests that were answered with a question for a password. Where the address has one, Firefox gives it by the same
    /// request, of which it tells again.
    challenged: HashSet<String>,
}

const STARTED: &str = "network.responseStarted";
const FAILED: &str = "network.fetchError";
const EXTRA: &str = "goog:cdp.Network.responseReceivedExtraInfo";

/// Events that it needs. (Firefox doesn't complete a response that it keeps from the page, so its start is heard.)
pub(super) const EVENTS: [&str; 2] = [STARTED, FAILED];

/// Events that it needs of Chromium besides.
pub(super) const CHROMIUM_EVENTS: [&str; 1] = [EXTRA];

/// A status from 400 on, or a page.
#[derive(Debug, Clone, Copy)]
struct Answer {
    status: u16,
    page: bool,
}

impl Answer {
    fn told(self, failure: LoadFailure) -> Option<LoadFailure> {
        match self {
            Self { status: 400.., .. } => Some(LoadFailure { status: self.status, reason: String::new(), ..failure }),
            Self { page: true, .. } => Some(LoadFailure { reason: "text/html".to_owned(), ..failure }),
            _ => None,
        }
    }
}

impl LoadFailures {
    /// Whether it's one of the events that it reads.
    pub(super) fn reads(method: &str) -> bool {
        EVENTS.contains(&method) || CHROMIUM_EVENTS.contains(&method)
    }

    /// Reads an event; gives the browsing context in which something didn't arrive, and what.
    pub(super) fn heard(&mut self, method: &str, params: &Value) -> Option<(String, LoadFailure)> {
        let context = params.get("context").and_then(Value::as_str).unwrap_or_default().to_owned();
        match method {
            STARTED => Some((context, self.started(params)?)),
            FAILED => Some((context, self.failed(params)?)),
            EXTRA => self.answered(params),
            _ => None,
        }
    }

    fn started(&mut self, params: &Value) -> Option<LoadFailure> {
        let id = params.pointer("/request/request").and_then(Value::as_str).unwrap_or_default();
        let (what, url) = wanted(params)?;
        let failure = of_response(params, what, &url);
        match &failure {
            Some(LoadFailure { status: 401 | 407, .. }) => {
                if self.challenged.len() >= MOST_KEPT {
                    self.challenged.clear();
                }
                if !id.is_empty() {
                    self.challenged.insert(id.to_owned());
                }
            }
            None if self.challenged.remove(id) => {
                let status = status(params).unwrap_or(200);
                return Some(LoadFailure { what, url, status, reason: String::new() });
            }
            _ => {}
        }
        failure
    }

    /// Reads `Network.responseReceivedExtraInfo`; gives what had failed for that answer, and in which context.
    fn answered(&mut self, params: &Value) -> Option<(String, LoadFailure)> {
        let told = params.get("params")?;
        let id = told.get("requestId")?.as_str()?;
        let status = told.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())?;
        let page = told.get("headers").and_then(Value::as_object).is_some_and(|headers| {
            let mut types = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            types.any(|(_, value)| value.as_str().is_some_and(|t| t.to_ascii_lowercase().starts_with("text/html")))
        });
        let answer = Answer { status, page };
        if let Some((context, failure)) = self.failed.remove(id) {
            return Some((context, answer.told(failure)?));
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
    fn failed(&mut self, params: &Value) -> Option<LoadFailure> {
        let (what, url) = wanted(params)?;
        let reason = text(params, "errorText");
        // Its page went away, or the page itself gave it up.
        if reason.to_ascii_uppercase().contains("ABORTED") {
            return None;
        }
        let failure = LoadFailure { what, url, status: 0, reason };
        let id = params.pointer("/request/request").and_then(Value::as_str).unwrap_or_default();
        if !failure.reason.contains("BLOCKED_BY_ORB") || id.is_empty() {
            return Some(failure);
        }
        if let Some(told) = self.answers.remove(id).and_then(|answer| answer.told(failure.clone())) {
            return Some(told);
        }
        if self.failed.len() >= MOST_KEPT {
            self.failed.clear();
        }
        self.failed.insert(id.to_owned(), (text(params, "context"), failure.clone()));
        Some(failure)
    }
}

/// What was asked for, and its address; `None` for what nobody misses.
fn wanted(params: &Value) -> Option<(&'static str, String)> {
    let request = params.get("request")?;
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
    Some((what, text(request, "url")))
}

/// A response that isn't what was asked for.
fn of_response(params: &Value, what: &'static str, url: &str) -> Option<LoadFailure> {
    let status = status(params)?;
    let failure =
        |status: u16, reason: &str| LoadFailure { what, url: url.to_owned(), status, reason: reason.to_owned() };
    if status >= 400 {
        return Some(failure(status, ""));
    }
    // A page that asks who one is, in place of a script.
    let mime = text(params.get("response")?, "mimeType").to_ascii_lowercase();
    let page = what == "script" && (200..300).contains(&status) && mime.starts_with("text/html");
    page.then(|| failure(status, "text/html"))
}

fn status(params: &Value) -> Option<u16> {
    params.pointer("/response/status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok())
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn started(destination: &str, status: u16, mime: &str) -> Value {
        json!({
            "context": "c",
            "request": { "request": "7", "url": "http://x/a", "destination": destination },
            "response": { "status": status, "mimeType": mime },
        })
    }

    fn failed(reason: &str) -> Value {
        json!({
            "context": "c",
            "request": { "request": "7", "url": "http://x/a", "destination": "script" },
            "errorText": reason,
        })
    }

    fn heard(method: &str, params: &Value) -> Option<LoadFailure> {
        LoadFailures::default().heard(method, params).map(|(_, failure)| failure)
    }

    #[test]
    fn what_a_server_refuses_is_told_by_its_status() {
        let answered = |kind: &str, status: u16, mime: &str| heard(STARTED, &started(kind, status, mime));
        assert_eq!(answered("script", 200, "text/javascript"), None);
        assert_eq!(answered("document", 304, "text/html"), None);
        assert_eq!(answered("image", 403, "text/html"), None);
        assert_eq!(answered("document", 403, "text/html").map(|r| (r.what, r.status)), Some(("document", 403)));
        assert_eq!(answered("script", 200, "text/html").map(|r| r.reason), Some("text/html".to_owned()));
        assert_eq!(heard(FAILED, &failed("net::ERR_ABORTED")), None);
        let unresolved = heard(FAILED, &failed("net::ERR_NAME_NOT_RESOLVED"));
        assert_eq!(unresolved.map(|r| (r.what, r.status)), Some(("script", 0)));
    }

    #[test]
    fn what_gets_its_password_has_arrived_after_all() {
        let mut failures = LoadFailures::default();
        let mut status =
            |status: u16| failures.heard(STARTED, &started("document", status, "text/html")).map(|r| r.1.status);
        assert_eq!((status(401), status(401), status(200), status(200)), (Some(401), Some(401), Some(200), None));
    }

    #[test]
    fn what_is_kept_from_a_page_is_told_with_its_answer_whichever_comes_first() {
        let failure = failed("net::ERR_BLOCKED_BY_ORB");
        let answer = |status: u16, mime: &str| {
            let headers = json!({ "Content-Type": mime });
            json!({ "params": { "requestId": "7", "statusCode": status, "headers": headers } })
        };
        let mut failures = LoadFailures::default();
        let mut reason =
            |method: &str, params: &Value| failures.heard(method, params).map(|(_, r)| (r.status, r.reason));
        let unknown = Some((0, "net::ERR_BLOCKED_BY_ORB".to_owned()));
        assert_eq!(reason(EXTRA, &answer(403, "text/html")), None);
        assert_eq!(reason(FAILED, &failure), Some((403, String::new())));
        assert_eq!(reason(FAILED, &failure), unknown);
        assert_eq!(reason(EXTRA, &answer(200, "text/html; charset=utf-8")), Some((0, "text/html".to_owned())));
        // A page on the way to something else isn't the answer.
        reason(EXTRA, &answer(302, "text/html"));
        reason(EXTRA, &answer(200, "text/javascript"));
        assert_eq!(reason(FAILED, &failure), unknown);
    }
}
