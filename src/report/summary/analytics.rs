//! What became of requests to analytics.

use crate::recording::Kind;
use crate::report::model::Report;
use crate::report::text;

/// In one browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Analytics {
    /// `stub` or `pass`.
    pub mode: String,
    /// Answered in the browser.
    pub stubbed: usize,
    /// Let through.
    pub passed: usize,
    /// Held back until their page went away, or not answered when the journey ended.
    pub unanswered: usize,
    /// Pushes to data layers.
    pub pushes: usize,
    /// What the browser didn't show, as sentences.
    pub unseen: Vec<String>,
}

/// By the name of a browser. `None`: nothing was watched there.
pub fn analytics(report: &Report, browser: &str) -> Option<Analytics> {
    let mut all: Option<Analytics> = None;
    let recordings = report.journeys.iter().map(|journey| &journey.recording).filter(|r| r.browser.name == browser);
    for observation in recordings.flat_map(|recording| &recording.observations) {
        match &observation.kind {
            Kind::Analytics(watched) => {
                let all = all.get_or_insert_default();
                all.mode.clone_from(&watched.mode);
                for unseen in &watched.unseen {
                    if !all.unseen.contains(unseen) {
                        all.unseen.push(unseen.clone());
                    }
                }
            }
            Kind::Request(request) => {
                let all = all.get_or_insert_default();
                let count = match request.answer.as_str() {
                    "stubbed" => &mut all.stubbed,
                    "passed" => &mut all.passed,
                    _ => &mut all.unanswered,
                };
                *count += 1;
            }
            Kind::Push { .. } => all.get_or_insert_default().pushes += 1,
            _ => {}
        }
    }
    all
}

/// A line for each browser in which something was watched.
pub fn analytics_lines(report: &Report) -> Vec<String> {
    super::browsers(report)
        .into_iter()
        .filter_map(|browser| {
            let all = analytics(report, &browser.name)?;
            let (count, what) = match all.mode.as_str() {
                "pass" => (all.passed, "let through"),
                _ => (all.stubbed, "answered in the browser"),
            };
            let mut parts = vec![format!("{} {what}", text::count(count, "request", "requests"))];
            if all.unanswered > 0 {
                parts.push(format!("{} not answered", all.unanswered));
            }
            parts.push(text::count(all.pushes, "push", "pushes"));
            let unseen: String = all.unseen.iter().map(|one| format!("; {}", text::short(one))).collect();
            Some(format!("analytics in {}: {}{unseen}", browser.name, parts.join(" · ")))
        })
        .collect()
}
