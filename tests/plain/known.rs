//! Known failures, attempts and CI servers on the command line, without a browser.

use std::path::Path;

use assert_cmd::Command;
use chatproof::baseline::{self, Known};
use chatproof::recording::Recording;
use chatproof::report;
use chatproof::source::{SourceFile, schema, yaml};
use serde_json::Value;

use crate::judge::support::{self, COMPLETED, EMAIL, ENGAGED, Film, TRIGGERED};

const SITE: &str = "\
spec: adobe-dynamic-chat
base_url: https://shop.example
not_applicable:
  CONVERSATION_CLOSED: not here
  CONVERSATION_INPUT_PHONE: not here
  CONVERSATION_MEETING_BOOKED: not here
  CONVERSATION_LIVE_CHAT_REQUESTED: not here
  CONVERSATION_LIVE_CHAT_INITIATED: not here
  CONVERSATION_LIVE_CHAT_ENDED: not here
  CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT: not here
journeys:
  talk:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .launcher
      - click: .pick
        fires: { CONVERSATION_ENGAGED: { name: { type: string } } }
      - fill: .mail
        with: a@b.example
        press: Enter
        fires: CONVERSATION_INPUT_EMAIL
      - click: .end
        fires: CONVERSATION_COMPLETED
";

const SID: &str = "event.CONVERSATION_ENGAGED.payload.sid";

struct Here(tempfile::TempDir);

impl Here {
    /// A folder with the site file, and recordings in `recordings`.
    fn new(recordings: &[Recording]) -> Self {
        let here = Self(tempfile::tempdir().unwrap());
        here.put("chatproof.yaml", SITE);
        for recording in recordings {
            report::save_recording(&here.path("recordings"), recording).unwrap();
        }
        here
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs chatproof here; gives exit code, standard output and standard error.
    fn run(&self, arguments: &[&str], vars: &[(&str, &str)]) -> (i32, String, String) {
        let mut command = Command::cargo_bin("chatproof").unwrap();
        command.env_clear().envs(vars.iter().copied()).current_dir(self.0.path()).args(arguments);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let (ended, out, err) = self.run(arguments, &[]);
        assert_eq!(ended, code, "{arguments:?}\nstandard output:\n{out}\nstandard error:\n{err}");
        format!("{out}{err}")
    }
}

fn film() -> Film {
    let mut film = Film::new(support::adobe(), SITE, "talk");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).step();
    film.step().fire(ENGAGED).step().fire(EMAIL).step().fire(COMPLETED);
    film
}

/// With the copies that a runner puts in.
fn whole(film: &Film) -> Recording {
    let mut recording = film.record();
    recording.spec.text = film.spec.source.text.to_string();
    recording.site.text = SITE.into();
    recording
}

fn without_sid() -> Recording {
    let mut film = film();
    film.change(ENGAGED, |payload| drop(payload.as_object_mut().map(|payload| payload.remove("sid"))));
    whole(&film)
}

fn attempt(mut recording: Recording, attempt: u32) -> Recording {
    recording.attempt = attempt;
    if attempt > 1 {
        recording.run.id = format!("{}-{attempt}", recording.run.id);
    }
    recording
}

#[test]
fn a_known_failure_is_waived_wherever_its_file_is_found() {
    let here = Here::new(&[without_sid()]);
    assert!(here.ends(1, &["judge", "recordings"]).contains("✘ Does not conform"));
    here.put("known.yaml", &format!("- requirement: {SID}\n  reason: the vendor is at it\n  ticket: CHAT-12\n"));
    // Recordings are judged by what they have in them, whatever lies about.
    here.ends(1, &["judge", "recordings"]);
    for arguments in [["--baseline", "known.yaml"], ["--site", "chatproof.yaml"]] {
        let told = here.ends(0, &["judge", "recordings", arguments[0], arguments[1]]);
        assert!(told.contains("the vendor is at it (CHAT-12)") && told.contains("1 known failure is waived"), "{told}");
    }
    here.ends(1, &["judge", "recordings", "--site", "chatproof.yaml", "--no-baseline"]);

    // A copy in the recordings is judged by anywhere.
    let mut recording = without_sid();
    let known = here.text("known.yaml");
    recording.baseline =
        Some(chatproof::recording::FileCopy { name: "known.yaml".into(), text: known, included: Vec::new() });
    let elsewhere = Here::new(&[recording]);
    assert!(elsewhere.ends(0, &["judge", "recordings"]).contains("CHAT-12"));
    elsewhere.ends(1, &["judge", "recordings", "--no-baseline"]);
    here.ends(2, &["judge", "recordings", "--baseline", "nowhere.yaml"]);
}

#[test]
fn the_first_baseline_is_written_and_only_added_to() {
    let mut more = film();
    more.change(ENGAGED, |payload| drop(payload.as_object_mut().map(|payload| payload.remove("sid"))));
    more.remove(COMPLETED);
    let here = Here::new(&[without_sid()]);
    let told = here.ends(0, &["judge", "recordings", "--site", "chatproof.yaml", "--write-baseline"]);
    assert!(told.contains("1 known failure written to known.yaml") && told.contains(SID), "{told}");
    assert!(
        here.text("known.yaml").contains(&format!("- requirement: {SID}\n  journey: talk\n  reason: not explained"))
    );
    here.ends(0, &["judge", "recordings", "--site", "chatproof.yaml"]);
    let told = here.ends(0, &["judge", "recordings", "--site", "chatproof.yaml", "--write-baseline"]);
    assert!(told.contains("nothing to add to known.yaml"), "{told}");

    report::save_recording(&here.path("recordings"), &whole(&more)).unwrap();
    let mine = format!("# by hand\n- requirement: '{SID}'\n  reason: the vendor is at it # since May");
    here.put("known.yaml", &mine);
    let told = here.ends(0, &["judge", "recordings", "--site", "chatproof.yaml", "--write-baseline"]);
    assert!(told.contains("1 known failure added to known.yaml"), "{told}");
    assert!(here.text("known.yaml").starts_with(&mine), "{}", here.text("known.yaml"));
    assert!(here.text("known.yaml").contains("- requirement: event.CONVERSATION_COMPLETED.fires\n"));

    here.put("known.yaml", "[]\n");
    let told = here.ends(1, &["judge", "recordings", "--site", "chatproof.yaml", "--write-baseline"]);
    assert!(told.contains("add by hand:\n- requirement: "), "{told}");
    assert_eq!(here.text("known.yaml"), "[]\n");
    assert!(
        here.ends(1, &["judge", "recordings", "--write-baseline"]).contains("--write-baseline needs to know where to")
    );
}

#[test]
fn entries_that_should_go_warn_and_fail_where_that_is_strict() {
    let here = Here::new(&[without_sid()]);
    let judge = ["judge", "recordings", "--baseline", "known.yaml"];
    let strict = ["judge", "recordings", "--baseline", "known.yaml", "--strict-baseline"];
    here.put("known.yaml", &format!("- {{ requirement: {SID}, reason: r, until: 2020-01-31 }}\n"));
    assert!(here.ends(0, &judge).contains("was to be let pass until 2020-01-31 only"));
    assert!(
        here.ends(1, &strict).contains("1 requirement is broken in firefox, 1 known failure should go from its file")
    );
    here.put(
        "known.yaml",
        &format!("- {{ requirement: '{SID}', reason: r }}\n- {{ requirement: ready.once, reason: r }}\n"),
    );
    assert!(here.ends(0, &judge).contains("ready.once: nothing of it is broken any more in firefox"));
    assert!(here.ends(1, &strict).contains("Does not conform: 1 known failure should go from its file."));
}

#[test]
fn mistakes_are_told_with_their_place_by_run_judge_and_lint() {
    let here = Here::new(&[without_sid()]);
    here.put("known.yaml", "- requirement: event.CONVERSATION_ENGAGED.payload.sidd\n  journey: tlak\n  reson: r\n");
    for arguments in
        [&["run"][..], &["judge", "recordings", "--baseline", "known.yaml"], &["lint", "chatproof.yaml", "known.yaml"]]
    {
        let told = here.ends(2, arguments);
        assert!(told.contains("known.yaml:1:16") && told.contains(&format!("did you mean `{SID}`?")), "{told}");
        assert!(told.contains("did you mean `talk`?") && told.contains("did you mean `reason`?"), "{told}");
    }
    here.put("known.yaml", "- { requirement: site.CONVERSATION_ENGAGED.payload.name, reason: r, until: 2027-01-31 }\n");
    let told = here.ends(0, &["lint", "known.yaml"]);
    assert!(told.contains("known failures of chatproof.yaml: 1 entry, 1 with a last day"), "{told}");
    std::fs::rename(here.path("chatproof.yaml"), here.path("site.yaml")).unwrap();
    assert!(here.ends(2, &["lint", "known.yaml"]).contains("name its site file: --site FILE"));
    here.ends(0, &["lint", "known.yaml", "--site", "site.yaml"]);
}

#[test]
fn what_passes_at_the_second_attempt_is_flaky() {
    let mut unlucky = film();
    unlucky.remove(COMPLETED);
    let attempts = [attempt(whole(&unlucky), 1), attempt(whole(&film()), 2)];
    let here = Here::new(&attempts);
    let told = here.ends(0, &["judge", "recordings"]);
    assert!(told.contains("flaky: failed in 1 of 2 attempts") && told.contains("; 1 journey is flaky."), "{told}");
    assert!(
        here.ends(1, &["judge", "recordings", "--fail-on-flaky"]).contains("Does not conform: 1 journey is flaky.")
    );

    // The last one counts, however it came to be the last.
    let here = Here::new(&[attempt(whole(&film()), 1), attempt(whole(&unlucky), 2)]);
    assert!(here.ends(1, &["judge", "recordings"]).contains("failed in 1 of 2 attempts; this is the last one"));
    let told = here.ends(0, &["judge", "recordings/firefox-talk.json"]);
    assert!(!told.contains("attempt"), "{told}");

    // By a site file that was edited since, the first attempt is none that failed.
    let here = Here::new(&attempts);
    here.put(
        "chatproof.yaml",
        &SITE.replace("        fires: CONVERSATION_COMPLETED", "        may_fire: CONVERSATION_COMPLETED"),
    );
    let told = here.ends(0, &["judge", "recordings", "--site", "chatproof.yaml", "--fail-on-flaky"]);
    assert!(!told.contains("flaky"), "{told}");
}

#[test]
fn attempts_of_two_runs_are_not_mixed() {
    let mut other = attempt(without_sid(), 2);
    other.run.id = "another-2".into();
    let here = Here::new(&[whole(&film()), other]);
    assert!(here.ends(2, &["judge", "recordings"]).contains("are attempts of two runs"));
    // A run that needs no second attempt leaves none of an earlier run's behind.
    report::save_recording(&here.path("recordings"), &whole(&film())).unwrap();
    here.ends(0, &["judge", "recordings"]);
    let twice = ["judge", "recordings/firefox-talk.json", "recordings/firefox-talk.json"];
    assert!(here.ends(2, &twice).contains("are both of journey"));
}

#[test]
fn github_is_told_by_itself() {
    let here = Here::new(&[without_sid()]);
    here.put("summary.md", "what another command said\n");
    let (root, summary) = (here.0.path().to_str().unwrap(), here.path("summary.md"));
    let summary = summary.to_str().unwrap();
    let vars = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary), ("GITHUB_WORKSPACE", root)];
    let markdown = format!("markdown={summary}");
    for (arguments, times) in
        [(&["judge", "recordings", "--report", "json"][..], 1), (&["judge", "recordings", "--report", &markdown], 2)]
    {
        let (code, out, err) = here.run(arguments, &vars);
        assert_eq!(code, 1, "{out}{err}");
        let commands: Vec<&str> = err.lines().filter(|line| line.starts_with("::")).collect();
        assert_eq!(commands.len(), 1, "{err}");
        assert!(commands[0].starts_with("::error file=chatproof.yaml,line=17,title="), "{err}");
        assert!(!out.lines().any(|line| line.trim_start().starts_with("::")), "{out}");
        let text = here.text("summary.md");
        assert!(text.starts_with("what another command said\n"), "nothing is written over");
        assert_eq!(text.matches("## ❌ Does not conform").count(), times, "{text}");
    }
    // In a folder of the repository, paths are the repository's.
    std::fs::create_dir(here.path("deep")).unwrap();
    std::fs::rename(here.path("chatproof.yaml"), here.path("deep/chatproof.yaml")).unwrap();
    let mut command = Command::cargo_bin("chatproof").unwrap();
    command.env_clear().envs(vars).current_dir(here.path("deep")).args(["judge", "../recordings", "--quiet"]);
    let err = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(err.starts_with("::error file=deep/chatproof.yaml,line="), "{err}");
    // One that is full stays as it is.
    here.put("summary.md", &"x".repeat(1024 * 1024));
    here.run(&["judge", "recordings"], &vars);
    assert_eq!(here.text("summary.md").len(), 1024 * 1024);
    let (_, _, err) = here.run(&["judge", "recordings"], &[("GITHUB_ACTIONS", "false")]);
    assert!(!err.contains("::error"), "{err}");
}

/// GitLab and Jenkins find a screenshot by its path in the project, wherever the command was run.
#[test]
fn screenshots_lie_beside_the_report_and_are_named_as_in_the_project() {
    use chatproof::recording::{Moment, Picture, Sight};
    let mut recording = without_sid();
    recording.sights.push(Sight {
        moment: Moment::End,
        step: None,
        actor: "visitor".into(),
        at_ms: 1.0,
        url: String::new(),
        picture: Some(Picture {
            media_type: "image/png".into(),
            width: 1,
            height: 1,
            data: "iVBORw0KGgo=".into(),
            outlined: vec![],
            covered: 0,
        }),
        tree: None,
        note: String::new(),
    });
    let here = Here::new(&[recording]);
    std::fs::create_dir(here.path("deep")).unwrap();
    for (server, want) in [("CI_PROJECT_DIR", "deep/out/"), ("WORKSPACE", "deep/out/"), ("NO_SERVER", "out/")] {
        let mut command = Command::cargo_bin("chatproof").unwrap();
        command.env_clear().env(server, here.0.path()).current_dir(here.path("deep"));
        command.args(["judge", "../recordings", "--report", "junit=out/junit.xml"]);
        assert_eq!(command.output().unwrap().status.code(), Some(1));
        let want = format!("[[ATTACHMENT|{want}chatproof-screenshots/firefox-talk-01-end.png]]");
        assert!(here.text("deep/out/junit.xml").contains(&want), "{server}: {}", here.text("deep/out/junit.xml"));
        assert!(here.path("deep/out/chatproof-screenshots/firefox-talk-01-end.png").is_file());
    }
}

/// The published schema and the parser say the same of good files and of bad ones.
#[test]
fn the_published_schema_and_the_parser_are_in_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/known.schema.json");
    let published: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = schema::compile(&published).unwrap();
    let known = Known {
        requirements: vec!["a.b".into(), "a.c".into()],
        constants: vec![],
        journeys: vec!["j".into()],
        browsers: vec!["firefox".into()],
    };
    let good = [
        "",
        "[]",
        "- { requirement: a.b, reason: r }",
        "- { requirement: [a.b, a.*], journey: j, browser: [firefox], reason: r, until: 2027-01-31, ticket: 12 }",
        "- { requirement: a.b, reason: r, ticket: https://t.example/1 }",
    ];
    let bad = [
        "known: []",
        "text",
        "- text",
        "- { requirement: a.b }",
        "- { reason: r }",
        "- { requirement: a.b, reason: '' }",
        "- { requirement: a.b, reason: 3 }",
        "- { requirement: [], reason: r }",
        "- { requirement: 3, reason: r }",
        "- { requirement: a.b, reason: r, journey: }",
        "- { requirement: a.b, reason: r, until: soon }",
        "- { requirement: a.b, reason: r, until: 31.1.2027 }",
        "- { requirement: a.b, reason: r, ticket: [] }",
        "- { requirement: a.b, reason: r, step: 3 }",
    ];
    for (text, fine) in good.iter().map(|text| (*text, true)).chain(bad.iter().map(|text| (*text, false))) {
        let source = SourceFile::new("known.yaml", text);
        let json = yaml::parse(&source, &mut Vec::new()).map(|tree| tree.to_json()).unwrap_or_default();
        assert_eq!(schema.is_valid(&json), fine, "the schema on {text:?}");
        let parsed = baseline::parse(source, &known);
        assert_eq!(parsed.is_ok(), fine, "the parser on {text:?}: {:?}", parsed.err().map(|found| found.to_string()));
    }
    let keys: Vec<&String> = published["$defs"]["entry"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["requirement", "journey", "browser", "reason", "until", "ticket"]);
}
