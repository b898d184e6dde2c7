//! The report as traces: what a collector gets is the run as it was. `make validate` shows it to OpenTelemetry's own types.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use axum::extract::{Request as Asked, State};
use axum::http::{HeaderMap, StatusCode};
use chatproof::cli::args::Details;
use chatproof::cli::assemble::{Assembler, Happened, Judged, Keep, Terms};
use chatproof::cli::collector::Collector;
use chatproof::recording::{DecodedHit, Handled, Kind, Observation, Recording, Request};
use chatproof::report::otlp;
use chatproof::report::style::Style;
use chatproof::report::{Format, save_recording};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode as Code;
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::cli::conforming;
use crate::formats::build::{assembled, every_outcome};

/// What a collector got: path, headers, body.
type Got = (String, HeaderMap, Vec<u8>);

/// A collector on the loopback that answers all with one status and body.
struct Loopback {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Loopback {
    fn answering(status: u16, body: Vec<u8>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let answer = move |State(got): State<Arc<Mutex<Vec<Got>>>>, asked: Asked| async move {
            let (parts, sent) = asked.into_parts();
            let sent = axum::body::to_bytes(sent, 1 << 26).await.unwrap().to_vec();
            got.lock().unwrap().push((parts.uri.to_string(), parts.headers, sent));
            (StatusCode::from_u16(status).unwrap(), body)
        };
        let app = axum::Router::new().fallback(answer).with_state(got.clone());
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { url, got, _runtime: runtime }
    }

    fn spans(&self) -> Vec<Span> {
        let got = self.got.lock().unwrap();
        got.iter().flat_map(|(_, _, body)| all(&ExportTraceServiceRequest::decode(&body[..]).unwrap())).collect()
    }
}

fn all(request: &ExportTraceServiceRequest) -> Vec<Span> {
    let scopes = request.resource_spans.iter().flat_map(|one| &one.scope_spans);
    scopes.flat_map(|scope| scope.spans.clone()).collect()
}

fn told(attributes: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |one: &KeyValue| match one.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => panic!("{other:?}"),
    };
    attributes.iter().map(|one| (one.key.as_str(), text(one))).collect()
}

fn code(span: &Span) -> Code {
    span.status.as_ref().map_or(Code::Unset, |status| Code::try_from(status.code).unwrap())
}

/// An event without its `sid`, whose handler throws after two milliseconds, and a hit.
fn broken() -> Recording {
    let mut recording = conforming();
    recording.took_ms = 1600.0;
    let mark = recording.observations.pop().unwrap();
    for observation in &mut recording.observations {
        if let Kind::Event { data, .. } = &mut observation.kind {
            data["data"]["payload"].as_object_mut().unwrap().remove("sid");
        }
    }
    let handled = Handled {
        handler: 1,
        constant: Some("CONVERSATION_TRIGGERED".into()),
        by: "argument".into(),
        event: Some(3),
        took_ms: 2.0,
        returned: false,
        promise: false,
        message: "value-of-an-error".into(),
        caught: false,
    };
    let hit = Request {
        method: "POST".into(),
        url: "https://stats.example/collect?v=value-of-a-hit".into(),
        answer: "stubbed".into(),
        hits: vec![DecodedHit {
            forward: "ga4".into(),
            names: vec!["chat_shown".into()],
            property: None,
            fields: [("name".to_owned(), "value-of-a-hit".into())].into_iter().collect(),
        }],
        ..Request::default()
    };
    let said = |arrival, seq, ms, kind| Observation {
        arrival,
        seq: Some(seq),
        page_ms: Some(1_767_323_045_000.0 + ms),
        kind,
        ..mark.clone()
    };
    let handled = said(6, 4, 525.0, Kind::Handled(Box::new(handled)));
    let sent = Observation {
        seq: None,
        page_ms: None,
        heard_ms: Some(600.0),
        document: String::new(),
        ..said(7, 0, 0.0, Kind::Request(Box::new(hit)))
    };
    recording.observations.extend([handled, sent, said(8, 5, 1500.0, Kind::Mark { step: 1 })]);
    recording
}

/// Runs `judge` on a recording with its traces sent to an address.
fn judged(recording: &Recording, address: &str, headers: &str) -> Output {
    let here = tempfile::tempdir().unwrap();
    save_recording(&here.path().join("recordings"), recording).unwrap();
    let mut command = assert_cmd::Command::cargo_bin("chatproof").unwrap();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("OTEL_EXPORTER_OTLP_HEADERS", headers).current_dir(here.path());
    command.args(["judge", "recordings", "--report", &format!("otlp={address}")]).output().unwrap()
}

#[test]
fn a_journey_is_a_trace_with_its_own_times() {
    let collector = Loopback::answering(200, Vec::new());
    let address = collector.url.replace("http://", "http://me:pass%20word@");
    let ran = judged(&broken(), &address, "api-key=s%65cret-key, x-team = chat");
    let log = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{log}");

    let (path, headers, body) = collector.got.lock().unwrap()[0].clone();
    assert_eq!(path, "/v1/traces");
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert_eq!((&headers["api-key"], &headers["x-team"]), (&"secret-key".parse().unwrap(), &"chat".parse().unwrap()));
    assert_eq!(headers["authorization"], "Basic bWU6cGFzcyB3b3Jk");
    for value in ["value-of", "Pricing", "dialogue", "chatbot"] {
        assert!(!body.windows(value.len()).any(|part| part == value.as_bytes()), "{value} is sent");
    }

    let request = ExportTraceServiceRequest::decode(&body[..]).unwrap();
    let resource = told(&request.resource_spans[0].resource.as_ref().unwrap().attributes).into_iter();
    let resource: BTreeMap<&str, String> = resource.filter(|(key, _)| *key != "service.version").collect();
    let expected = [
        ("chatproof.browser.name", "firefox"),
        ("chatproof.browser.version", "153.0"),
        ("chatproof.site", "chatproof.yaml"),
        ("chatproof.spec.id", "adobe-dynamic-chat"),
        ("service.name", "chatproof"),
    ];
    assert_eq!(resource, expected.map(|(key, value)| (key, value.to_owned())).into());

    let spans = all(&request);
    let names: BTreeMap<&[u8], &str> = spans.iter().map(|span| (&span.span_id[..], span.name.as_str())).collect();
    let began = 1_767_323_045_678_000_000;
    let told_of: Vec<_> = spans
        .iter()
        .map(|span| {
            let parent = names.get(&span.parent_span_id[..]).copied().unwrap_or_default();
            let ms = |nanos: u64| (nanos - began) / 1_000_000;
            (span.name.as_str(), parent, ms(span.start_time_unix_nano), ms(span.end_time_unix_nano), code(span))
        })
        .collect();
    let event = "event CONVERSATION_TRIGGERED";
    let step = "step 1: open /pricing";
    // The page was at 10 when the step began, at 5 of the journey.
    assert_eq!(
        told_of,
        [
            ("journey shown", "", 0, 1600, Code::Error),
            (step, "journey shown", 5, 400, Code::Unset),
            (event, step, 517, 520, Code::Unset),
            ("handler 1", event, 518, 520, Code::Error),
            ("hit chat_shown", step, 600, 600, Code::Unset),
        ]
    );
    let why = &spans[0].status.as_ref().unwrap().message;
    assert!(why.contains("payload.sid"), "{why}");
    let own = told(&spans[0].attributes);
    assert_eq!((own["chatproof.run.id"].as_str(), own["chatproof.attempt"].as_str()), ("r1", "1"));
    // As the guide says.
    let id = &Sha256::digest(b"r1\nfirefox\nshown\n1\n")[..16];
    assert!(spans.iter().all(|span| span.trace_id == id));
}

#[test]
fn a_journey_that_conforms_is_ok_and_an_address_is_used_as_it_is() {
    let collector = Loopback::answering(202, b"{}".to_vec());
    let ran = judged(&conforming(), &format!("{}/own/path?tenant=7", collector.url), "");
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(collector.got.lock().unwrap()[0].0, "/own/path?tenant=7");
    assert_eq!(code(&collector.spans()[0]), Code::Ok);
}

#[test]
fn traces_that_are_not_taken_change_no_verdict() {
    let partial = ExportTracePartialSuccess { rejected_spans: 2, error_message: "secret-key".into() };
    let partial = ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec();
    // Nobody listens there any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        (Some(Loopback::answering(401, b"secret-key".to_vec())), "HTTP status 401"),
        (Some(Loopback::answering(503, b"secret-key".to_vec())), "HTTP status 503"),
        (Some(Loopback::answering(307, Vec::new())), "HTTP status 307"),
        (Some(Loopback::answering(200, partial)), "2 spans were refused"),
        (None, "onnect"),
    ];
    for (collector, why) in cases {
        let url = collector.as_ref().map_or_else(|| format!("http://{gone}"), |collector| collector.url.clone());
        let address = format!("{}/v1/traces?key=secret-key", url.replace("http://", "http://me:secret-key@"));
        for (recording, code) in [(conforming(), 3), (broken(), 1)] {
            let ran = judged(&recording, &address, "api-key=secret-key");
            let (out, log) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
            assert_eq!(ran.status.code(), Some(code), "{why}: {log}");
            assert!(log.contains(&format!("can't send traces to {url}/v1/traces: ")) && log.contains(why), "{log}");
            assert!(!log.contains("secret-key") && !out.contains("secret-key"), "{log}");
            assert_eq!(out.contains("Conforms: "), code == 3, "{out}");
        }
    }
}

#[test]
fn headers_and_addresses_that_are_none_are_told() {
    let ran = judged(&conforming(), "http://127.0.0.1:9", "no-value");
    let log = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(3), "{log}");
    assert!(log.contains("OTEL_EXPORTER_OTLP_HEADERS isn't a list of headers") && !log.contains("no-value"), "{log}");
    let ran = judged(&conforming(), "grpc://127.0.0.1:4317", "");
    let log = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{log}");
    assert!(log.contains("otlp=http://localhost:4318"), "{log}");
}

/// What `make validate` shows to another implementation.
#[test]
fn a_collector_gets_every_outcome() {
    let collector = Loopback::answering(200, Vec::new());
    let report = every_outcome();
    Collector::default().send(&Url::parse(&collector.url).unwrap(), &report).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("every-outcome");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("all.binpb"), &collector.got.lock().unwrap()[0].2).unwrap();
    let spans = collector.spans();
    let journeys: Vec<&Span> = spans.iter().filter(|span| span.parent_span_id.is_empty()).collect();
    let attempts: usize = report.journeys.iter().map(|journey| 1 + journey.earlier.len()).sum();
    assert_eq!(journeys.len(), attempts, "each attempt is a trace of its own");
    // The file says the same.
    let file: ExportTraceServiceRequest =
        serde_json::from_str(&Format::Otlp.render(&report, Style::OFF)).expect("OTLP JSON");
    assert_eq!(all(&file), spans);
}

#[test]
fn a_large_run_loses_no_span() {
    let recording = broken();
    let mut report = assembled(vec![], Happened::default(), &Terms::default());
    let made = |keep: Keep| {
        let spec = chatproof::spec::load("adobe-dynamic-chat", None).unwrap();
        let source = chatproof::source::SourceFile::from(&recording.site);
        let site = chatproof::cli::files::parse_site(source, &spec, Style::OFF).unwrap();
        let terms = Terms::default();
        let judge = chatproof::judge::Judge::new(&spec, &site);
        let mut assembler = Assembler::new(&spec, &site, &terms).keeping(keep);
        assembler.add(Judged::new(&judge, recording.clone()));
        assembler.finish(&["shown".to_owned()], Happened::default())
    };
    let [folded, whole] = [made(Keep { others: 0, ..Details::Some.keep([Format::Otlp]) }), made(Keep::ALL)];
    assert!(folded.journeys[0].folded.is_some());
    let spans = |report| otlp::requests(report).flat_map(|request| all(&request)).count();
    assert_eq!((spans(&folded), spans(&whole)), (5, 5));
    // A request holds no more journeys than a collector takes.
    report.journeys = vec![whole.journeys[0].clone(); 900];
    assert_eq!(
        otlp::requests(&report).map(|request| request.resource_spans.len()).collect::<Vec<_>>(),
        [400, 400, 100]
    );
}
