//! The command line as its users meet it: exit codes and messages, without a browser.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use chatproof::recording::{
    ApiLocation, ApiSnapshot, BrowserInfo, Constant, Ending, FileCopy, Kind, Observation, Recording, RunInfo,
    StepError, StepOutcome, StepRecord, Subscription,
};
use chatproof::source::Span;
use serde_json::{Value, json};

/// A site that only shows conversations.
const SITE: &str = r#"spec: adobe-dynamic-chat
base_url: https://staging.example.com
not_applicable:
  CONVERSATION_ENGAGED: shown only
  CONVERSATION_COMPLETED: shown only
  CONVERSATION_CLOSED: shown only
  CONVERSATION_INPUT_PHONE: shown only
  CONVERSATION_INPUT_EMAIL: shown only
  CONVERSATION_MEETING_BOOKED: shown only
  CONVERSATION_LIVE_CHAT_REQUESTED: shown only
  CONVERSATION_LIVE_CHAT_INITIATED: shown only
  CONVERSATION_LIVE_CHAT_ENDED: shown only
  CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT: shown only
journeys:
  shown:
    title: A visitor sees the conversation
    steps:
      - open: /pricing
        fires: CONVERSATION_TRIGGERED
"#;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs chatproof in a directory, with nothing of this machine's environment but `PATH`.
fn chatproof(directory: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("chatproof").unwrap();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.current_dir(directory).args(arguments).output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` isn't in standard error:\n{}", self.err);
        self
    }

    #[track_caller]
    fn prints(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` isn't in standard output:\n{}", self.out);
        self
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn put(directory: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

/// A recording of [`SITE`]'s journey in which all goes as documented.
pub fn conforming() -> Recording {
    let spec = chatproof::spec::load("adobe-dynamic-chat", None).unwrap();
    let payload = json!({
        "name": "Pricing", "id": "42", "type": "dialogue", "uiType": "chatbot", "sid": "s-1",
    });
    let constant = |(at, name): (usize, &String)| Constant {
        name: name.clone(),
        type_: "string".into(),
        value: format!("adobedx.{name}"),
        same_as: at,
    };
    let mut names: Vec<String> = spec.events.keys().cloned().collect();
    names.sort();
    let api = ApiSnapshot {
        when: "ready".into(),
        locations: spec
            .probe
            .locations
            .iter()
            .map(|location| ApiLocation {
                name: location.name.clone(),
                object: if location.path.is_empty() { "globals" } else { "object" }.into(),
                subscribe: "function".into(),
                constants_object: "object".into(),
                constants: names.iter().enumerate().map(constant).collect(),
            })
            .collect(),
        used: Some(spec.probe.locations[0].name.clone()),
        places: vec![],
        replaced: vec![],
        subscriptions: spec
            .events
            .keys()
            .map(|name| Subscription { constant: name.clone(), result: "ok".into(), message: String::new() })
            .collect(),
    };
    let heard: Vec<(&str, u64, f64, Kind)> = vec![
        ("d0", 0, 0.0, Kind::Alive { url: "about:blank".into(), top: true }),
        ("d0", 1, 10.0, Kind::Mark { step: 0 }),
        ("d1", 0, 90.0, Kind::Alive { url: "https://staging.example.com/pricing".into(), top: true }),
        ("d1", 1, 200.0, Kind::Ready { target: "window".into(), nth: 1 }),
        ("d1", 2, 201.0, Kind::Api(Box::new(api))),
        (
            "d1",
            3,
            522.0,
            Kind::Event {
                constant: "CONVERSATION_TRIGGERED".into(),
                subscription: 1,
                data: json!({"data": {"payload": payload}}),
                arguments: 1,
                notes: Vec::new(),
                handler: None,
            },
        ),
        ("d1", 4, 1500.0, Kind::Mark { step: 1 }),
    ];
    Recording {
        format: chatproof::recording::FORMAT.into(),
        chatproof: "0.1.0".into(),
        run: RunInfo {
            id: "r1".into(),
            started_at: "2026-01-02T03:04:05.678Z".into(),
            base_url: "https://staging.example.com".into(),
        },
        spec: FileCopy::from(&spec.source),
        site: FileCopy { name: "chatproof.yaml".into(), text: SITE.into(), included: Vec::new() },
        baseline: None,
        browser: BrowserInfo {
            name: "firefox".into(),
            version: "153.0".into(),
            driver: "geckodriver".into(),
            driver_version: "0.37.1".into(),
            platform: "linux".into(),
            headless: true,
        },
        visitor: None,
        journey: "shown".into(),
        attempt: 1,
        steps: vec![StepRecord {
            index: 0,
            actor: "visitor".into(),
            text: "open /pricing".into(),
            span: Span { line: 18, column: 9, offset: 0, len: 1, file: 0 },
            by: Vec::new(),
            began_ms: Some(5.0),
            acted_ms: Some(400.0),
            outcome: StepOutcome::Done,
        }],
        observations: heard
            .into_iter()
            .enumerate()
            .map(|(arrival, (document, seq, ms, kind))| Observation {
                arrival: arrival as u64,
                actor: "visitor".into(),
                context: "w1".into(),
                document: document.into(),
                seq: Some(seq),
                page_ms: Some(1_767_323_045_000.0 + ms),
                heard_ms: None,
                kind,
            })
            .collect(),
        ending: Ending::Complete,
        took_ms: 0.0,
        sights: Vec::new(),
    }
}

fn save(directory: &tempfile::TempDir, recording: &Recording) -> PathBuf {
    chatproof::report::save_recording(&directory.path().join("recordings"), recording).unwrap()
}

#[test]
fn help_teaches() {
    let here = folder();
    chatproof(here.path(), &["--help"]).ends(0).prints("First steps:").prints("Exit codes:").prints("chatproof demo");
    chatproof(here.path(), &["run", "--help"]).ends(0).prints("Examples:").prints("--only").prints("Exit codes:");
    for command in ["demo", "judge", "lint", "serve", "doctor", "completions"] {
        chatproof(here.path(), &[command, "--help"]).ends(0).prints("Usage: chatproof");
    }
    chatproof(here.path(), &["--version"]).ends(0).prints(env!("CARGO_PKG_VERSION"));
}

#[test]
fn completions_are_for_a_shell() {
    let here = folder();
    chatproof(here.path(), &["completions", "bash"]).ends(0).prints("chatproof");
    chatproof(here.path(), &["completions", "nonsense"]).ends(2);
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let here = folder();
    chatproof(here.path(), &[]).ends(2);
    chatproof(here.path(), &["run", "--brwser", "firefox"]).ends(2).says("--browser");
    chatproof(here.path(), &["demo", "--browser", "netscape"]).ends(2).says("the browsers are: firefox, chromium");
    chatproof(here.path(), &["run", "--report", "xml"]).ends(2).says("the formats are terminal");
    chatproof(here.path(), &["run", "--jobs", "0"]).ends(2);
    chatproof(here.path(), &["run", "--webdriver", "not a url"]).ends(2);
    chatproof(here.path(), &["run", "--report", "json", "--report", "junit"]).ends(2).says("standard output");
    chatproof(here.path(), &["demo", "--variant", "nonsense"]).ends(2);
}

#[test]
fn a_missing_site_file_is_told_with_what_to_do() {
    let here = folder();
    chatproof(here.path(), &["run"]).ends(2).says("no site file chatproof.yaml").says("chatproof demo");
    chatproof(here.path(), &["lint", "nowhere.yaml"]).ends(2).says("nowhere.yaml");
}

#[test]
fn all_mistakes_are_told_at_once_before_anything_is_run() {
    let here = folder();
    let broken = SITE.replace("CONVERSATION_TRIGGERED\n", "CONVERSATION_TRIGERED\n      - clik: launcher\n");
    put(&here, "chatproof.yaml", &broken);
    for command in ["run", "lint"] {
        chatproof(here.path(), &[command, "chatproof.yaml"])
            .ends(2)
            .says("CONVERSATION_TRIGERED")
            .says("CONVERSATION_TRIGGERED")
            .says("clik")
            .says("chatproof.yaml:");
    }
}

#[test]
fn a_spec_that_there_is_not_is_a_mistake_with_its_place() {
    let here = folder();
    put(&here, "a.yaml", &SITE.replace("spec: adobe-dynamic-chat", "spec: adobe-dynamic-chet"));
    chatproof(here.path(), &["lint", "a.yaml"]).ends(2).says("a.yaml:1:").says("did you mean `adobe-dynamic-chat`?");
    put(&here, "b.yaml", &SITE.replace("spec: adobe-dynamic-chat", "spec: ./mine.yaml"));
    chatproof(here.path(), &["lint", "b.yaml"]).ends(2).says("mine.yaml");
    put(&here, "c.yaml", &SITE.replace("spec: adobe-dynamic-chat\n", ""));
    chatproof(here.path(), &["lint", "c.yaml"]).ends(2).says("spec");
}

#[test]
fn lint_says_what_is_fine_and_goes_on_after_a_mistake() {
    let here = folder();
    put(&here, "good.yaml", SITE);
    put(&here, "bad.yaml", "journeys: 3\n");
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/adobe-dynamic-chat.yaml");
    chatproof(here.path(), &["lint", "good.yaml", spec])
        .ends(0)
        .prints("good.yaml: a site file for adobe-dynamic-chat: 1 journey, 1 step; 1 of 11 documented events declared")
        .prints("a spec: Adobe Dynamic Chat callback functions, 11 events");
    chatproof(here.path(), &["lint", "bad.yaml", "good.yaml"]).ends(2).says("bad.yaml").prints("✔ good.yaml");
}

#[test]
fn variables_that_are_not_set_are_mistakes_of_a_run_not_of_the_file() {
    let here = folder();
    put(&here, "chatproof.yaml", &SITE.replace("https://staging", "https://${env.STAGING_HOST}"));
    chatproof(here.path(), &["run"]).ends(2).says("`STAGING_HOST` is not set").says("chatproof.yaml:2:");
    chatproof(here.path(), &["lint", "chatproof.yaml"]).ends(0);
}

#[test]
fn only_must_match_something() {
    let here = folder();
    put(&here, "chatproof.yaml", SITE);
    chatproof(here.path(), &["run", "--only", "showm"]).ends(2).says("matches no journey").says("shown");
}

#[test]
fn headed_needs_a_display() {
    if cfg!(target_os = "macos") {
        return;
    }
    let here = folder();
    put(&here, "chatproof.yaml", SITE);
    chatproof(here.path(), &["run", "--headed"]).ends(3).says("needs a display").says("xvfb-run");
}

#[test]
fn recordings_are_judged_again() {
    let here = folder();
    save(&here, &conforming());
    let ran =
        chatproof(here.path(), &["judge", "recordings", "--report", "json=out/r.json", "--report", "junit=out/j.xml"])
            .ends(0)
            .prints("Conforms: ")
            .prints("CONVERSATION_TRIGGERED  +512 ms");
    assert!(!ran.out.contains('\u{1b}'), "no colour without a terminal");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(here.path().join("out/r.json")).unwrap()).unwrap();
    assert_eq!(report["conclusion"]["result"], "conforms");
    assert!(std::fs::read_to_string(here.path().join("out/j.xml")).unwrap().contains("<testsuites"));
    let again = chatproof(here.path(), &["judge", "recordings", "--report", "json"]).ends(0);
    assert_eq!(serde_json::from_str::<Value>(&again.out).unwrap(), report, "the same recordings give the same report");
    let quiet = chatproof(here.path(), &["judge", "recordings", "--quiet"]).ends(0);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    chatproof(here.path(), &["judge", "recordings", "--color", "always"]).ends(0).prints("\u{1b}[");
}

#[test]
fn a_broken_promise_ends_with_1() {
    let here = folder();
    let mut recording = conforming();
    recording.observations.retain(|o| !matches!(o.kind, Kind::Event { .. }));
    for (at, observation) in recording.observations.iter_mut().enumerate() {
        observation.arrival = at as u64;
    }
    recording.observations.last_mut().unwrap().seq = Some(3);
    save(&here, &recording);
    chatproof(here.path(), &["judge", "recordings"])
        .ends(1)
        .prints("Does not conform: ")
        .prints("event.CONVERSATION_TRIGGERED.fires (step 1): missing")
        .prints("chatproof.yaml:18");
}

#[test]
fn what_broke_off_could_not_be_judged() {
    let here = folder();
    let mut recording = conforming();
    recording.observations.truncate(2);
    recording.steps[0].outcome = StepOutcome::Failed(StepError {
        code: "load-failed".into(),
        message: "https://staging.example.com/pricing could not be loaded: no such host".into(),
        candidates: Vec::new(),
    });
    recording.ending = Ending::StepFailed { step: 0 };
    save(&here, &recording);
    chatproof(here.path(), &["judge", "recordings"]).ends(3).prints("Could not judge: ").prints("no such host");
    recording.ending = Ending::Interrupted;
    recording.steps[0].outcome = StepOutcome::NotBegun;
    save(&here, &recording);
    chatproof(here.path(), &["judge", "recordings"]).ends(130).prints("Interrupted: ");
}

#[test]
fn recordings_are_judged_by_another_site_file() {
    let here = folder();
    save(&here, &conforming());
    put(
        &here,
        "edited.yaml",
        &SITE
            .replace("TRIGGERED\n", "TRIGGERED: { name: { const: Another } }\n")
            .replace("fires: C", "fires:\n          C"),
    );
    chatproof(here.path(), &["judge", "recordings", "--site", "edited.yaml"]).ends(1).prints("Another");
    put(&here, "other.yaml", &SITE.replace("  shown:", "  hidden:"));
    chatproof(here.path(), &["judge", "recordings", "--site", "other.yaml"]).ends(2).says("journey `shown`");
    chatproof(here.path(), &["judge", "recordings", "--spec", "nonsense"]).ends(2).says("no spec `nonsense`");
}

#[test]
fn recordings_that_do_not_fit_together_are_not_mixed() {
    let here = folder();
    let recording = conforming();
    let first = save(&here, &recording);
    std::fs::copy(&first, here.path().join("copy.json")).unwrap();
    chatproof(here.path(), &["judge", "recordings", "copy.json"]).ends(2).says("judge one of them");
    let mut other = recording;
    other.browser.name = "chromium".into();
    other.site.text.push_str("# edited\n");
    save(&here, &other);
    chatproof(here.path(), &["judge", "recordings"]).ends(2).says("--site FILE");
}

#[test]
fn a_broken_recording_is_told_with_its_place() {
    let here = folder();
    put(&here, "cut.json", "{\n  \"format\": \"chatproof-recording/1\",\n  \"steps\": [");
    chatproof(here.path(), &["judge", "cut.json"]).ends(2).says("cut.json:3:").says("this recording can't be judged");
    put(&here, "new.json", r#"{"format": "chatproof-recording/9"}"#);
    chatproof(here.path(), &["judge", "new.json"])
        .ends(2)
        .says("chatproof-recording/9")
        .says("this version reads `chatproof-recording/1`");
    put(&here, "report.json", r#"{"format": "chatproof-report/1"}"#);
    chatproof(here.path(), &["judge", "report.json"]).ends(2).says("its format is `chatproof-report/1`");
    put(&here, "missing.json", "{\"format\": \"chatproof-recording/1\",\n\"chatproof\": 3}");
    chatproof(here.path(), &["judge", "missing.json"]).ends(2).says("missing.json:2:");
    put(&here, "empty/report.json", r#"{"format": "chatproof-report/1"}"#);
    chatproof(here.path(), &["judge", "empty"]).ends(2).says("there is no recording in empty");
    chatproof(here.path(), &["judge", "nowhere"]).ends(2).says("can't read nowhere");
}

#[test]
fn a_report_that_can_not_be_written_is_no_success() {
    let here = folder();
    save(&here, &conforming());
    put(&here, "file", "");
    chatproof(here.path(), &["judge", "recordings", "--report", "json=file/r.json"])
        .ends(3)
        .says("can't write file/r.json");
}

/// A machine without any browser; the shell is there, since it runs no test otherwise.
#[test]
fn doctor_says_what_is_missing_and_how_to_get_it() {
    let here = folder();
    let nowhere = here.path().join("nowhere").display().to_string();
    let doctor = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("chatproof").unwrap();
        command.env_clear().env("PATH", here.path());
        for name in ["FIREFOX", "GECKODRIVER", "CHROMIUM", "CHROMEDRIVER"] {
            command.env(format!("CHATPROOF_{name}"), &nowhere);
        }
        let output = command.arg("doctor").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = doctor(&[]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("CHATPROOF_FIREFOX is ") && text.contains("Not ready"), "{text}");
    let (code, text) = doctor(&["--json"]);
    assert_eq!(code, Some(3));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["format"], "chatproof-doctor/1");
    assert_eq!(value["browsers"].as_array().unwrap().len(), 2);
    assert_eq!(value["usable"], false);
}

/// A run with a driver that isn't there ends with 3, says what to do, and still writes its reports.
#[test]
fn a_missing_driver_is_no_verdict() {
    let here = folder();
    put(&here, "chatproof.yaml", SITE);
    let mut command = Command::cargo_bin("chatproof").unwrap();
    command.env_clear().env("PATH", "/usr/bin:/bin").env("CHATPROOF_GECKODRIVER", "/nowhere/geckodriver");
    let output = command.current_dir(here.path()).args(["run", "--report", "junit=j.xml"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("/nowhere/geckodriver"), "{text}");
    assert!(std::fs::read_to_string(here.path().join("j.xml")).unwrap().contains("<error"));
}

/// The reference site is served until a signal, which is no failure.
#[cfg(unix)]
#[test]
fn serve_tells_its_address_and_ends_with_a_signal() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("chatproof"))
        .args(["serve", "--port", "0", "--quiet"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let address = url.trim().strip_prefix("http://").unwrap().to_owned();
    let mut socket = std::net::TcpStream::connect(&address).unwrap();
    write!(socket, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_without_its_scheme_is_told_with_how_to_write_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chatproof.yaml"), SITE).unwrap();
    for (flag, value, help) in [
        ("--webdriver", "localhost:4444", "such as http://localhost:4444"),
        ("--base-url", "staging.example.com", "such as http://staging.example.com"),
        ("--base-url", "ftp://x", "its scheme is ftp"),
    ] {
        let ran = chatproof(folder.path(), &["run", flag, value]).ends(2);
        assert!(ran.err.contains(help), "{}", ran.err);
    }
    // One that is complete only when its references are replaced is no browser's fault either.
    std::fs::write(folder.path().join("chatproof.yaml"), SITE.replace("https://staging.example.com", "${env.PATH}"))
        .unwrap();
    let ran = chatproof(folder.path(), &["run"]).ends(2);
    assert!(ran.err.contains("base_url `${env.PATH}` isn't a valid http(s) address"), "{}", ran.err);
    // A value is one part of the address, and never its host; nothing says what it is.
    std::fs::write(folder.path().join("chatproof.yaml"), SITE.replace("staging.example.com", "${env.PATH}")).unwrap();
    let ran = chatproof(folder.path(), &["run"]).ends(2);
    let path = std::env::var("PATH").unwrap();
    assert!(ran.err.contains("${env.PATH} stands for its host") && !ran.err.contains(&path), "{}", ran.err);
}

#[test]
fn what_an_address_on_the_command_line_holds_of_credentials_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chatproof.yaml"), SITE).unwrap();
    for (arguments, code, said) in [
        // It can't be read; there is nobody; it isn't needed for anything.
        (vec!["--webdriver", "me:gr1dkey@grid:4444"], 2, "***@grid:4444"),
        (vec!["--webdriver", "http://me:gr1dkey@[grid"], 2, "***@[grid"),
        (vec!["--webdriver", "http://me:gr1dkey@127.0.0.1:1", "-vv"], 3, "no driver answers at http://127.0.0.1:1/: "),
        (vec!["--webdriver", "http://gr1dkey@127.0.0.1:1", "-vv"], 3, "no driver answers at http://127.0.0.1:1/: "),
        (
            vec!["--webdriver", "http://127.0.0.1:1", "--base-url", "http://me:gr1dkey@127.0.0.1:1", "-vv"],
            3,
            "no driver answers at http://127.0.0.1:1/: ",
        ),
    ] {
        let mut all = vec!["run", "--report", "json=report.json", "--report", "html=report.html"];
        all.extend(&arguments);
        let ran = chatproof(folder.path(), &all).ends(code);
        let files = ["report.json", "report.html"]
            .map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default());
        assert!(ran.err.contains(said) || ran.out.contains(said), "{arguments:?}: {} {}", ran.err, ran.out);
        for text in [&ran.err, &ran.out, &files[0], &files[1]] {
            assert!(!text.contains("gr1dkey"), "{arguments:?}: {text}");
        }
    }
}

#[test]
fn another_base_url_needs_nothing_of_the_one_that_it_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let site = SITE.replace("https://staging", "https://me:${env.CHATPROOF_TEST_UNSET}@staging");
    std::fs::write(folder.path().join("chatproof.yaml"), &site).unwrap();
    let nobody = ["run", "--webdriver", "http://127.0.0.1:1"];
    let ran = chatproof(folder.path(), &nobody).ends(2);
    assert!(ran.err.contains("`CHATPROOF_TEST_UNSET` is not set"), "{}", ran.err);
    let ran = chatproof(folder.path(), &[&nobody[..], &["--base-url", "http://127.0.0.1:1"]].concat()).ends(3);
    assert!(ran.out.contains("no driver answers"), "{}", ran.out);
}

#[test]
fn a_run_needs_the_variables_of_its_own_browsers_and_journeys_only() {
    let here = folder();
    let browsers = "browsers:\n  - { name: local, browserName: firefox }\n  - name: hosted\n    browserName: chrome\n    \
                    vendor:options: { key: '${env.CHATPROOF_TEST_KEY}' }\njourneys:";
    let more = "  login:\n    steps:\n      - open: /${env.CHATPROOF_TEST_PAGE}\n";
    put(&here, "chatproof.yaml", &(SITE.replacen("journeys:", browsers, 1) + more));
    let (key, page) = ("`CHATPROOF_TEST_KEY` is not set", "`CHATPROOF_TEST_PAGE` is not set");
    let run = |flags: &[&str], code: i32| {
        let ran = chatproof(here.path(), &[&["run", "--webdriver", "http://127.0.0.1:1"], flags].concat()).ends(code);
        [key, page].map(|told| ran.err.contains(told))
    };
    // Without `--browser` it's all that are listed; without `--only` all journeys.
    assert_eq!(run(&[], 2), [true, true]);
    assert_eq!(run(&["--browser", "local"], 2), [false, true]);
    assert_eq!(run(&["--browser", "local", "--browser", "hosted", "--only", "shown"], 2), [true, false]);
    assert_eq!(run(&["--browser", "local", "--only", "shown"], 3), [false, false]);
    assert_eq!(run(&["--browser", "chromium", "--only", "shown"], 3), [false, false]);
}

#[test]
fn errors_are_told_even_if_all_else_is_quiet() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chatproof.yaml"), SITE).unwrap();
    let ran = chatproof(folder.path(), &["run", "--quiet", "--webdriver", "http://127.0.0.1:1"]).ends(3);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("no driver answers at http://127.0.0.1:1/: ") && ran.err.contains("is it running"));
    assert!(ran.err.lines().next().is_some_and(|line| line.to_lowercase().contains("refused")), "{}", ran.err);
}

#[test]
fn files_that_cannot_be_read_or_written_come_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("latin1.yaml"), b"spec: \xe4").unwrap();
    for (arguments, code, help) in [
        (&["run", "."][..], 2, "name a file in it"),
        (&["lint", "latin1.yaml"], 2, "save it as such"),
        (&["judge", "nowhere"], 2, "is the path right?"),
        (&["judge", "latin1.yaml"], 2, "is it the right file?"),
        (&["judge", "."], 2, "--save-recordings"),
    ] {
        let ran = chatproof(folder.path(), arguments).ends(code);
        assert!(ran.err.contains(&format!("help: {help}")) || ran.err.contains(help), "{arguments:?}: {}", ran.err);
        assert!(!ran.err.contains(".chatproof-"), "{}", ran.err);
    }
}

#[test]
fn which_browser_and_what_it_must_be_is_checked_before_one_is_started() {
    let here = folder();
    let browsers = "browsers: [{ name: old, browserName: firefox, browserVersion: 140 }]\njourneys:";
    put(&here, "chatproof.yaml", &SITE.replacen("journeys:", browsers, 1));
    for (flag, value, told) in [
        ("--browser", "ol", "did you mean `old`?"),
        ("--browser", "netscape", "the browsers are: old, firefox, chromium"),
        ("--capability", "browserVersion", "expected NAME=JSON"),
        ("--capability", "browserVersion=v140", "a text needs quotes: 'browserVersion=\"...\"'"),
        ("--capability", "webSocketUrl=false", "old: `webSocketUrl` is chatproof's own to set"),
        ("--capability", "platform=\"linux\"", "did you mean `platformName`?"),
        (
            "--capability",
            "moz:firefoxOptions={\"prefs\":{\"fission.bfcacheInParent\":true}}",
            "fission.bfcacheInParent",
        ),
        ("--session-timeout", "soon", "--session-timeout"),
    ] {
        chatproof(here.path(), &["run", flag, value]).ends(2).says(told);
    }
    // It is asked for under its name.
    let nobody = ["run", "--webdriver", "http://127.0.0.1:1", "--browser", "old"];
    chatproof(here.path(), &nobody).ends(3).says("old");
}
