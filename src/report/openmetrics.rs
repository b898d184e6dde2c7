//! The report for monitoring: OpenMetrics 1.0, which Prometheus, its push gateway and node_exporter's textfile collector
//! read. Gauges and histograms only, and no timestamps: the textfile collector takes nothing else.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::recording::Recording;
use crate::report::json;
use crate::report::model::Report;
use crate::report::summary::{self, Conclusion, Counts};
use crate::report::text;
use crate::verdict::{Level, Outcome};

/// Upper bounds of the latencies' buckets, in seconds.
const BUCKETS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0];

/// Renders the whole report.
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    let run = [("spec", report.spec.id.as_str()), ("site", report.site.as_str())];
    let conclusion = summary::conclusion(report);
    let totals = summary::totals(report);

    family(&mut out, "conforms", "gauge", "", "1 if all that was checked holds, else 0.");
    sample(&mut out, "conforms", &run, f64::from(u8::from(conclusion == Conclusion::Conforms)));
    family(
        &mut out,
        "exit_code",
        "gauge",
        "",
        "What the run ended with: 0 conforms, 1 does not, 3 could not be judged.",
    );
    sample(&mut out, "exit_code", &run, f64::from(conclusion.exit_code()));
    if let Some(ended) = ended(report) {
        let help = "When the last journey of the run ended, since the Unix epoch.";
        family(&mut out, "last_run_timestamp_seconds", "gauge", "seconds", help);
        sample(&mut out, "last_run_timestamp_seconds", &run, ended);
    }

    family(&mut out, "checks", "gauge", "", "Requirements by outcome.");
    for ((browser, outcome), count) in checks(report) {
        let labels = [run[0], run[1], ("browser", browser.as_str()), ("outcome", outcome)];
        sample(&mut out, "checks", &labels, count as f64);
    }
    family(
        &mut out,
        "journeys",
        "gauge",
        "",
        "Journeys by how they went: a flaky one failed, and came out well at another attempt.",
    );
    let broken = totals.broken;
    let whole = totals.journeys.saturating_sub(broken + totals.flaky);
    for (state, count) in [("complete", whole), ("flaky", totals.flaky), ("unfinished", broken)] {
        sample(&mut out, "journeys", &[run[0], run[1], ("state", state)], count as f64);
    }
    family(&mut out, "errors", "gauge", "", "Browsers that could not be used, or journeys that were not run.");
    sample(&mut out, "errors", &run, totals.errors as f64);

    let help = "How long documented events took after their step began to act, in the last run.";
    family(&mut out, "event_latency_seconds", "histogram", "seconds", help);
    for ((browser, event), seconds) in latencies(report) {
        let labels = [run[0], run[1], ("browser", browser.as_str()), ("event", event.as_str())];
        histogram(&mut out, "event_latency_seconds", &labels, &seconds);
    }
    out.push_str("# EOF\n");
    out
}

fn family(out: &mut String, name: &str, kind: &str, unit: &str, help: &str) {
    let _ = writeln!(out, "# HELP chatproof_{name} {help}\n# TYPE chatproof_{name} {kind}");
    if !unit.is_empty() {
        let _ = writeln!(out, "# UNIT chatproof_{name} {unit}");
    }
}

fn sample(out: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    let _ = writeln!(out, "chatproof_{name}{{{}}} {value}", labels.join(","));
}

/// A label's value on its line: what isn't ours is made safe first.
fn escaped(value: &str) -> String {
    text::short(value).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn histogram(out: &mut String, name: &str, labels: &[(&str, &str)], seconds: &[f64]) {
    let bucket = |out: &mut String, bound: &str, count: usize| {
        let labels: Vec<(&str, &str)> = labels.iter().copied().chain([("le", bound)]).collect();
        sample(out, &format!("{name}_bucket"), &labels, count as f64);
    };
    for bound in BUCKETS {
        // As OpenMetrics writes them, so that a bound is the same text everywhere: `1.0`.
        bucket(out, &format!("{bound:?}"), seconds.iter().filter(|one| **one <= bound).count());
    }
    bucket(out, "+Inf", seconds.len());
    sample(out, &format!("{name}_count"), labels, seconds.len() as f64);
    sample(out, &format!("{name}_sum"), labels, (seconds.iter().sum::<f64>() * 1e4).round() / 1e4);
}

/// Seconds since the epoch at which the last journey ended.
fn ended(report: &Report) -> Option<f64> {
    let of = |recording: &Recording| {
        let began = OffsetDateTime::parse(&recording.run.started_at, &Rfc3339).ok()?;
        let ms = began.unix_timestamp_nanos() as f64 / 1e6 + summary::journey_ms(recording);
        Some((ms / 1000.0 * 1000.0).round() / 1000.0)
    };
    report.journeys.iter().filter_map(|journey| of(&journey.recording)).reduce(f64::max)
}

fn checks(report: &Report) -> BTreeMap<(String, &'static str), usize> {
    const OUTCOMES: [&str; 7] = ["pass", "fail", "warn", "noted", "inconclusive", "not-reached", "waived"];
    let mut counts = BTreeMap::new();
    // What there is none of is 0, not missing: an alert can rest on it.
    for browser in summary::browsers(report) {
        counts.extend(OUTCOMES.map(|outcome| ((browser.name.clone(), outcome), 0)));
    }
    for verdict in summary::verdicts(report) {
        let outcome = match (verdict.outcome, verdict.level) {
            (Outcome::Pass, _) => "pass",
            (Outcome::Fail, _) => "fail",
            (Outcome::Warn, Level::Record) => "noted",
            (Outcome::Warn, _) => "warn",
            (Outcome::Inconclusive, _) => "inconclusive",
            (Outcome::NotReached, _) => "not-reached",
            (Outcome::Waived, _) => "waived",
        };
        *counts.entry((verdict.browser.clone(), outcome)).or_default() += 1;
    }
    for journey in &report.journeys {
        let let_go = journey.folded.as_ref().map_or(0, Counts::all_passed);
        *counts.entry((journey.recording.browser.name.clone(), "pass")).or_default() += let_go;
    }
    counts
}

/// Seconds, by browser and event; of events that are documented and weren't heard there are none.
fn latencies(report: &Report) -> BTreeMap<(String, String), Vec<f64>> {
    let mut all: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for browser in summary::browsers(report) {
        for event in &report.events {
            all.insert((browser.name.clone(), event.constant.clone()), Vec::new());
        }
    }
    for journey in &report.journeys {
        for (event, ms) in json::latencies(journey) {
            // Only documented ones: a page can't make a monitoring system keep any names.
            if let Some(times) = all.get_mut(&(journey.recording.browser.name.clone(), event)) {
                times.push(ms / 1000.0);
            }
        }
    }
    all
}
