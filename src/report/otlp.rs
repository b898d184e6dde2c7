//! The report as traces: OTLP, the OpenTelemetry protocol (1.x). Each attempt at a journey is a trace, its steps, events, the
//! page's handlers and hits are spans. Names are told, never what an event or a hit carries.
//!
//! Boundary: makes messages of the protocol; who sends them is [`crate::cli`].

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::recording::{Ending, Recording, StepOutcome};
use crate::report::model::Report;
use crate::report::{json, summary, text};
use crate::verdict::Verdict;

mod moments;

pub use moments::Moment;
pub(super) use moments::moments;

/// A request that has so many spans is sent before more are added: collectors bound the size of one.
const AT_ONCE: usize = 2000;

/// Renders the whole report as the protocol's files have it: one line of JSON (OpenTelemetry Protocol File Exporter).
pub fn render(report: &Report) -> String {
    let request = ExportTraceServiceRequest { resource_spans: traces(report).collect() };
    // None of the types has a map or fails by itself.
    let mut line = serde_json::to_string(&request).unwrap_or_default();
    line.push('\n');
    line
}

/// The same as requests to a collector, none of them large.
pub fn requests(report: &Report) -> impl Iterator<Item = ExportTraceServiceRequest> {
    let mut traces = traces(report);
    std::iter::from_fn(move || {
        let mut resource_spans: Vec<ResourceSpans> = Vec::new();
        let mut spans = 0;
        while spans < AT_ONCE
            && let Some(trace) = traces.next()
        {
            spans += trace.scope_spans.iter().map(|scope| scope.spans.len()).sum::<usize>();
            resource_spans.push(trace);
        }
        (!resource_spans.is_empty()).then_some(ExportTraceServiceRequest { resource_spans })
    })
}

/// A trace for each attempt at each journey.
fn traces(report: &Report) -> impl Iterator<Item = ResourceSpans> {
    report.journeys.iter().flat_map(move |journey| {
        let earlier = journey.earlier.iter().map(move |attempt| {
            let heard = moments(&attempt.recording);
            trace(report, &journey.title, &attempt.recording, &attempt.verdicts, heard)
        });
        let last = std::iter::once_with(move || {
            let heard = json::moments(journey);
            trace(report, &journey.title, &journey.recording, &journey.verdicts, heard)
        });
        earlier.chain(last)
    })
}

fn trace(
    report: &Report,
    title: &str,
    recording: &Recording,
    verdicts: &[Verdict],
    heard: Vec<Moment>,
) -> ResourceSpans {
    let browser = &recording.browser;
    let resource = vec![
        named("service.name", "chatproof"),
        named("service.version", env!("CARGO_PKG_VERSION")),
        named("chatproof.browser.name", &browser.name),
        named("chatproof.browser.version", &browser.version),
        named("chatproof.site", &report.site),
        named("chatproof.spec.id", &report.spec.id),
    ];
    let scope = InstrumentationScope {
        name: "chatproof".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    ResourceSpans {
        resource: Some(Resource { attributes: resource, ..Resource::default() }),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope),
            spans: spans(title, recording, verdicts, heard),
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    }
}

fn spans(title: &str, recording: &Recording, verdicts: &[Verdict], heard: Vec<Moment>) -> Vec<Span> {
    let ids = Ids::of(recording);
    let began = OffsetDateTime::parse(&recording.run.started_at, &Rfc3339).map_or(0, |at| at.unix_timestamp_nanos());
    let at = |ms: f64| u64::try_from(began.saturating_add((ms * 1e6).round() as i128)).unwrap_or(0);
    let span = |id: &str, parent: &str, (start, end): (f64, f64), name: String| Span {
        trace_id: ids.trace.clone(),
        span_id: ids.span(id),
        parent_span_id: if parent.is_empty() { Vec::new() } else { ids.span(parent) },
        name: text::short(&name),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: at(start),
        end_time_unix_nano: at(end.max(start)),
        ..Span::default()
    };
    let mut all = vec![Span {
        attributes: vec![
            named("chatproof.journey", &recording.journey),
            named("chatproof.title", title),
            named("chatproof.run.id", recording.own_run()),
            number("chatproof.attempt", i64::from(recording.attempt)),
        ],
        status: Some(conclusion(recording, verdicts)),
        ..span(JOURNEY, "", (0.0, summary::journey_ms(recording)), format!("journey {}", recording.journey))
    }];
    for step in &recording.steps {
        let Some(start) = step.began_ms else { continue };
        let status = match &step.outcome {
            StepOutcome::Failed(error) => Some(Status { code: StatusCode::Error.into(), message: error.code.clone() }),
            _ => None,
        };
        all.push(Span {
            attributes: vec![
                number("chatproof.step", as_number(step.index + 1)),
                named("chatproof.actor", &step.actor),
                number("code.line.number", i64::from(step.span.line)),
            ],
            status,
            ..span(
                &step_id(step.index),
                JOURNEY,
                (start, step.acted_ms.unwrap_or(start)),
                format!("step {}: {}", step.index + 1, step.text),
            )
        });
    }
    // What came before the first step, or after one that never began, is the journey's.
    let begun = recording.steps.iter().filter(|step| step.began_ms.is_some());
    let mut known: BTreeSet<String> = begun.map(|step| step_id(step.index)).collect();
    for Moment { id, parent, name, start_ms, end_ms, failed, told } in heard {
        let parent = if known.contains(&parent) { parent.as_str() } else { JOURNEY };
        all.push(Span {
            attributes: told.iter().map(|(key, value)| named(key, value)).collect(),
            status: failed.then(|| Status { code: StatusCode::Error.into(), message: String::new() }),
            ..span(&id, parent, (start_ms, end_ms), name)
        });
        known.insert(id);
    }
    all
}

const JOURNEY: &str = "journey";

fn step_id(index: usize) -> String {
    format!("step {index}")
}

/// Whether it failed, and by what: requirements by their names, as what was heard may be in sentences about them.
fn conclusion(recording: &Recording, verdicts: &[Verdict]) -> Status {
    if !summary::failed(recording, verdicts) {
        return Status { code: StatusCode::Ok.into(), message: String::new() };
    }
    let mut why = Vec::new();
    for step in &recording.steps {
        if let StepOutcome::Failed(error) = &step.outcome {
            why.push(format!("step {} failed: {}", step.index + 1, error.code));
        }
    }
    match &recording.ending {
        Ending::Interrupted => why.push("interrupted".to_owned()),
        Ending::Broken { .. } => why.push("broke off".to_owned()),
        Ending::Complete | Ending::StepFailed { .. } => {}
    }
    let causes = summary::headlines(verdicts);
    let causes = causes.iter().filter(|(verdict, _)| summary::is_breach(verdict) || summary::is_doubt(verdict));
    why.extend(causes.map(|(verdict, _)| verdict.requirement.to_string()));
    Status { code: StatusCode::Error.into(), message: text::line(&why.join(", "), text::LONG) }
}

/// The same in each report of a run, so that a trace can be found again: the first 16 bytes of SHA-256 of the run's id, the
/// browser, the journey and the attempt, a line each.
struct Ids {
    trace: Vec<u8>,
}

impl Ids {
    fn of(recording: &Recording) -> Self {
        let Recording { journey, browser, attempt, .. } = recording;
        let what = format!("{}\n{}\n{journey}\n{attempt}\n", recording.own_run(), browser.name);
        Self { trace: Sha256::digest(what.as_bytes())[..16].to_vec() }
    }

    fn span(&self, id: &str) -> Vec<u8> {
        Sha256::new().chain_update(&self.trace).chain_update(id.as_bytes()).finalize()[..8].to_vec()
    }
}

fn named(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(text::line(value, text::LONG)))
}

fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn as_number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
