//! What became of requests to analytics.

use crate::recording::{Kind, Recording};
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
    for journey in report.journeys.iter().filter(|journey| journey.recording.browser.name == browser) {
        if let Some(one) = &journey.counts().analytics {
            all.get_or_insert_default().add(one);
        }
    }
    all
}

impl Analytics {
    /// In one journey. `None`: nothing was watched there.
    pub fn of(recording: &Recording) -> Option<Self> {
        let mut all: Option<Self> = None;
        for observation in &recording.observations {
            match &observation.kind {
                Kind::Analytics(watched) => {
                    all.get_or_insert_default().watched(&watched.mode, &watched.unseen);
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

    fn watched(&mut self, mode: &str, unseen: &[String]) {
        mode.clone_into(&mut self.mode);
        for unseen in unseen {
            if !self.unseen.contains(unseen) {
                self.unseen.push(unseen.clone());
            }
        }
    }

    fn add(&mut self, other: &Self) {
        // A recording that was edited may have hits without what was watched.
        if !other.mode.is_empty() {
            self.watched(&other.mode, &other.unseen);
        }
        self.stubbed += other.stubbed;
        self.passed += other.passed;
        self.unanswered += other.unanswered;
        self.pushes += other.pushes;
    }
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
