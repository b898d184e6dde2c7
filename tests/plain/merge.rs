//! Shards on the command line, without a browser: what several machines have recorded is judged as one run.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use chatproof::cli::args::Details;
use chatproof::cli::assemble::{Assembler, Happened, Judged, Keep, Terms};
use chatproof::cli::manifest::{self, Failure, Manifest, State};
use chatproof::judge::Judge;
use chatproof::recording::{Ending, FileCopy, Recording};
use chatproof::report::model::Report;
use chatproof::report::style::Style;
use chatproof::report::{self, Format, markdown, summary};
use serde_json::Value;

use crate::judge::support::{self, COMPLETED, EMAIL, ENGAGED, Film, TRIGGERED};

/// Events that only one journey causes each.
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
  look: { steps: [{ open: /, fires: CONVERSATION_TRIGGERED }] }
  talk: { steps: [{ open: /, fires: CONVERSATION_TRIGGERED }, { click: .pick, fires: CONVERSATION_ENGAGED }] }
  mail:
    steps:
      - { open: /, fires: CONVERSATION_TRIGGERED }
      - { click: .pick, fires: CONVERSATION_ENGAGED }
      - { fill: .mail, with: a@b.example, fires: CONVERSATION_INPUT_EMAIL }
      - { click: .end, fires: CONVERSATION_COMPLETED }
";

const ALL: [&str; 3] = ["look", "talk", "mail"];

fn film(journey: &str) -> Film {
    let mut film = Film::new(support::adobe(), SITE, journey);
    film.step().load("https://shop.example/").widget().fire(TRIGGERED);
    let events: &[&str] = match journey {
        "look" => &[],
        "talk" => &[ENGAGED],
        _ => &[ENGAGED, EMAIL, COMPLETED],
    };
    for event in events {
        film.step().fire(event);
    }
    film
}

/// With the copies that a runner puts in.
fn whole(film: &Film, run: &str) -> Recording {
    let mut recording = film.record();
    recording.run.id = run.into();
    recording.spec.text = film.spec.source.text.to_string();
    recording.site.text = SITE.into();
    recording
}

fn recording(journey: &str, run: &str) -> Recording {
    whole(&film(journey), run)
}

fn manifest((shard, of): (usize, usize), journeys: &[&str]) -> Manifest {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let like = recording("look", "any");
    Manifest {
        format: manifest::FORMAT.into(),
        chatproof: "1".into(),
        shard,
        of,
        run: format!("run{shard}"),
        browsers: vec!["firefox".into()],
        visitors: vec![],
        selected: owned(&ALL),
        journeys: owned(journeys),
        state: State::Ended,
        errors: vec![],
        spec: like.spec,
        site: like.site,
        lost: vec![],
        baseline: None,
    }
}

struct Here(tempfile::TempDir);

impl Here {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Two shards that have both come to their end.
    fn with_both() -> Self {
        let here = Self::new();
        here.shard("shards/1", &manifest((1, 2), &["mail"]));
        here.shard("shards/2", &manifest((2, 2), &["look", "talk"]));
        here
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A shard with all that it was to record.
    fn shard(&self, folder: &str, manifest: &Manifest) {
        manifest.write(&self.path(folder)).unwrap();
        for browser in &manifest.browsers {
            for journey in &manifest.journeys {
                let mut recording = recording(journey, &manifest.run);
                recording.browser.name.clone_from(browser);
                self.save(folder, &recording);
            }
        }
    }

    fn save(&self, folder: &str, recording: &Recording) -> PathBuf {
        report::save_recording(&self.path(folder), recording).unwrap()
    }

    #[track_caller]
    fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let mut command = Command::cargo_bin("chatproof").unwrap();
        let output = command.env_clear().current_dir(self.0.path()).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let all = format!("{}{}", text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{all}");
        all
    }

    /// The JSON report of a command that ends so.
    #[track_caller]
    fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let file = self.path("report.json");
        let path = format!("json={}", file.display());
        self.ends(code, &[arguments, &["--quiet", "--report", &path]].concat());
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap()
    }
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} isn't in\n{text}");
    }
}

/// What became of an event, in the first browser.
fn status<'r>(report: &'r Value, constant: &str) -> &'r str {
    let events = report["browsers"][0]["events"].as_array().unwrap();
    events.iter().find(|event| event["constant"] == constant).unwrap()["status"].as_str().unwrap()
}

#[test]
fn shards_come_to_what_one_machine_comes_to() {
    let here = Here::with_both();
    let shards = here.json(0, &["merge", "shards"]);
    for journey in ALL {
        here.save("whole", &recording(journey, if journey == "mail" { "run1" } else { "run2" }));
    }
    assert_eq!(shards, here.json(0, &["judge", "whole"]));
    assert_eq!(shards["partial"], false);
    // However the folders are named.
    assert_eq!(shards, here.json(0, &["merge", "shards/2", "shards/1"]));
    assert_eq!(shards, here.json(0, &["merge", "shards", "shards/1"]));
    // One folder may hold all of them.
    let one = Here::new();
    one.shard("all", &manifest((1, 2), &["mail"]));
    one.shard("all", &manifest((2, 2), &["look", "talk"]));
    assert_eq!(shards, one.json(0, &["merge", "all"]));
}

#[test]
fn a_shard_alone_is_not_held_to_what_others_prove() {
    let here = Here::with_both();
    has(&here.ends(0, &["judge", "shards/2"]), &["`chatproof merge` says which of them are missing"]);
    let part = here.json(0, &["judge", "shards/2"]);
    assert_eq!(status(&part, "CONVERSATION_INPUT_EMAIL"), "not-selected");
    assert_eq!(status(&part, "CONVERSATION_ENGAGED"), "proved");
}

#[test]
fn a_shard_that_is_missing_is_named_and_never_a_pass() {
    let here = Here::with_both();
    let text = here.ends(3, &["merge", "shards/2"]);
    has(&text, &["shard 1/2 is missing, and with it these journeys: mail", "Could not judge"]);
    let report = here.json(3, &["merge", "shards/2", "shards/1-was-never-kept"]);
    assert_eq!(status(&report, "CONVERSATION_INPUT_EMAIL"), "inconclusive");
    assert_eq!(status(&report, "CONVERSATION_ENGAGED"), "proved");
    has(&here.ends(3, &["merge", "shards/2", "nowhere"]), &["there is no shard in nowhere"]);
    // A breach that was seen stays one.
    let mut film = film("talk");
    film.remove(ENGAGED);
    here.save("shards/2", &whole(&film, "run2"));
    has(&here.ends(1, &["merge", "shards/2"]), &["shard 1/2 is missing", "Does not conform"]);
    std::fs::remove_dir_all(here.path("shards")).unwrap();
    here.shard("shards/4", &manifest((4, 5), &["look"]));
    let text = here.ends(3, &["merge", "shards"]);
    has(&text, &["shards 1/5, 2/5, 3/5, 5/5 are missing, and with them these journeys: talk, mail"]);
}

#[test]
fn a_shard_that_broke_off_is_named_and_never_a_pass() {
    let here = Here::with_both();
    let running = Manifest { state: State::Running, ..manifest((2, 2), &["look", "talk"]) };
    running.write(&here.path("shards/2")).unwrap();
    has(&here.ends(3, &["merge", "shards"]), &["shard 2/2: all its journeys are there, but it didn't come to its end"]);
    std::fs::remove_file(here.path("shards/2/firefox-talk.json")).unwrap();
    has(
        &here.ends(3, &["merge", "shards"]),
        &["shard 2/2: it broke off, and of these journeys there is no recording: talk"],
    );
    manifest((2, 2), &["look", "talk"]).write(&here.path("shards/2")).unwrap();
    has(
        &here.ends(3, &["merge", "shards"]),
        &["shard 2/2: it came to its end, and of these journeys there is no recording: talk"],
    );
}

#[test]
fn a_browser_that_could_not_be_used_in_a_shard_could_not_be_used() {
    let here = Here::with_both();
    let failure = Failure {
        browser: "firefox".into(),
        message: "geckodriver was not found".into(),
        help: Some("install it".into()),
    };
    let failed = Manifest { errors: vec![failure], ..manifest((1, 2), &["mail"]) };
    failed.write(&here.path("shards/1")).unwrap();
    std::fs::remove_file(here.path("shards/1/firefox-mail.json")).unwrap();
    let text = here.ends(3, &["merge", "shards"]);
    has(&text, &["shard 1/2: geckodriver was not found", "install it"]);
    // Told once: it is why there is no recording.
    assert!(!text.contains("no recording"), "{text}");
}

#[test]
fn an_interrupted_shard_interrupts_the_run() {
    let here = Here::with_both();
    let stopped = Manifest { state: State::Interrupted, ..manifest((1, 2), &["mail"]) };
    stopped.write(&here.path("shards/1")).unwrap();
    let mut cut = film("mail");
    cut.ending = Ending::Interrupted;
    here.save("shards/1", &whole(&cut, "run1"));
    here.ends(130, &["merge", "shards"]);
}

#[test]
fn shards_of_several_runs_are_not_mixed() {
    let here = Here::with_both();
    let first = manifest((1, 2), &["mail"]);
    let refused = |change: &dyn Fn(&mut Manifest), says: &str| {
        let mut other = first.clone();
        change(&mut other);
        std::fs::remove_dir_all(here.path("shards/1")).unwrap();
        here.shard("shards/1", &other);
        has(&here.ends(2, &["merge", "shards"]), &[says, "help: "]);
    };
    refused(&|one| one.site.text.push_str("# edited\n"), "different versions of their site file");
    refused(&|one| one.spec.text.push_str("# edited\n"), "different versions of their spec");
    let known = FileCopy { name: "known.yaml".into(), text: "[]".into(), included: Vec::new() };
    refused(&|one| one.baseline = Some(known.clone()), "different known failures");
    refused(&|one| drop(one.selected.pop()), "different journeys (--only)");
    refused(&|one| one.of = 3, "are not of as many shards");
    refused(&|one| one.shard = 2, "are the same one in firefox");
    refused(&|one| one.journeys.push("talk".into()), "both have journey `talk` in firefox");
    has(&here.ends(2, &["merge", "."]), &["there is no shard in"]);
    std::fs::write(here.path("shards/2/shard-2-of-2-firefox.json"), "{\"format\": \"chatproof-shard/9\"}").unwrap();
    has(&here.ends(2, &["merge", "shards"]), &["its format is `chatproof-shard/9`"]);
    std::fs::write(here.path("shards/2/shard-2-of-2-firefox.json"), "{\"form").unwrap();
    has(&here.ends(2, &["merge", "shards"]), &["was it cut off?"]);
}

#[test]
fn journeys_that_no_shard_had_are_named() {
    let here = Here::new();
    here.shard("shards/1", &manifest((1, 2), &["mail"]));
    here.shard("shards/2", &manifest((2, 2), &["look"]));
    has(&here.ends(3, &["merge", "shards"]), &["these journeys are in no shard: talk", "--shard-times"]);
}

#[test]
fn what_an_earlier_run_left_in_a_folder_is_left_out() {
    let here = Here::with_both();
    let mut film = film("mail");
    film.remove(EMAIL);
    here.save("shards/2", &whole(&film, "another"));
    has(&here.ends(0, &["merge", "shards"]), &["1 recording is of another run than these shards, and left out"]);
    // It is no recording of this run either.
    here.save("shards/1", &whole(&film, "another"));
    has(&here.ends(3, &["merge", "shards"]), &["of these journeys there is no recording: mail"]);
}

#[test]
fn further_attempts_belong_to_their_shard() {
    let here = Here::with_both();
    let mut bad = film("mail");
    bad.remove(EMAIL);
    here.save("shards/1", &whole(&bad, "run1"));
    let mut second = recording("mail", "run1-2");
    second.attempt = 2;
    here.save("shards/1", &second);
    // A session was lost in between.
    here.save("shards/2", &recording("talk", "run2-again1"));
    has(&here.ends(0, &["merge", "shards"]), &["1 journey is flaky"]);
    here.ends(1, &["merge", "shards", "--fail-on-flaky"]);
}

#[test]
fn browsers_may_be_shared_out_each_for_itself() {
    let here = Here::with_both();
    let in_chromium = |shard, of, journeys: &[&str]| {
        let browsers = vec!["chromium".to_owned()];
        Manifest { browsers, ..manifest((shard, of), journeys) }
    };
    here.shard("shards/c1", &in_chromium(1, 3, &["look"]));
    here.shard("shards/c2", &in_chromium(2, 3, &["talk"]));
    let text = here.ends(3, &["merge", "shards"]);
    has(&text, &["shard 3/3 is missing, and with it these journeys: mail"]);
    here.shard("shards/c3", &in_chromium(3, 3, &["mail"]));
    let report = here.json(0, &["merge", "shards"]);
    assert_eq!(report["journeys"].as_array().unwrap().len(), 6);

    // One of which no shard is there is known only by being asked for.
    for number in 1..=3 {
        std::fs::remove_dir_all(here.path(&format!("shards/c{number}"))).unwrap();
    }
    here.ends(0, &["merge", "shards", "--browser", "firefox"]);
    let text = here.ends(3, &["merge", "shards", "--browser", "firefox", "--browser", "chromium"]);
    has(&text, &["chromium", "none of its shards is there"]);
}

#[test]
fn known_failures_hold_over_all_shards() {
    let here = Here::new();
    let known = "- requirement: event.CONVERSATION_ENGAGED.payload.sid\n  reason: the vendor is at it\n";
    let baseline = Some(FileCopy { name: "known.yaml".into(), text: known.into(), included: Vec::new() });
    let with = |of, journeys: &[&str]| Manifest { baseline: baseline.clone(), ..manifest(of, journeys) };
    here.shard("shards/1", &with((1, 2), &["mail"]));
    here.shard("shards/2", &with((2, 2), &["look", "talk"]));
    has(&here.ends(0, &["merge", "shards"]), &["known.yaml"]);
    here.ends(1, &["merge", "shards", "--strict-baseline"]);
    let mut film = film("talk");
    film.change(ENGAGED, |payload| drop(payload.as_object_mut().map(|payload| payload.remove("sid"))));
    here.save("shards/2", &whole(&film, "run2"));
    has(&here.ends(0, &["merge", "shards", "--strict-baseline"]), &["1 known failure is waived"]);
    here.ends(1, &["merge", "shards", "--no-baseline"]);
    // Of a part nobody says that it isn't needed any more.
    here.ends(3, &["merge", "shards/1", "--strict-baseline"]);
    here.ends(1, &["merge", "shards", "--no-baseline"]);
    std::fs::write(here.path("none.yaml"), "- requirement: ready.once\n  reason: another\n").unwrap();
    here.ends(1, &["merge", "shards", "--baseline", "none.yaml"]);
    has(
        &here.ends(0, &["merge", "shards", "--baseline", "new.yaml", "--write-baseline"]),
        &["1 known failure written"],
    );
}

#[test]
fn a_report_is_the_same_in_whatever_order_recordings_come() {
    let film_of = film("look");
    let terms = Terms::default();
    let mut all: Vec<Recording> = ALL.iter().map(|journey| recording(journey, "run")).collect();
    let mut second = recording("mail", "run-2");
    second.attempt = 2;
    all.push(second);
    let report = |order: &[usize]| {
        let mut assembler = Assembler::new(&film_of.spec, &film_of.site, &terms);
        for at in order {
            assembler.add(Judged::new(&Judge::new(&film_of.spec, &film_of.site), all[*at].clone()));
        }
        let selected: Vec<String> = ALL.map(str::to_owned).to_vec();
        let report = assembler.finish(&selected, Happened::default());
        Format::ALL.map(|format| format.render(&report, Style::OFF))
    };
    let first = report(&[0, 1, 2, 3]);
    for order in [[3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        assert_eq!(report(&order), first, "{order:?}");
    }
}

/// A run of so many journeys, of which each tenth lacks an event.
fn many(count: usize, keep: Keep, turned: bool) -> Report {
    let (head, _) = SITE.split_once("journeys:\n").unwrap();
    let journey = |n| format!("  j{n:04}: {{ steps: [{{ open: /, fires: CONVERSATION_TRIGGERED }}] }}\n");
    let site = format!("{head}journeys:\n{}", (0..count).map(journey).collect::<String>());
    let mut film = Film::new(support::adobe(), &site, "j0000");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED);
    let good = film.record();
    film.remove(TRIGGERED);
    let bad = film.record();
    let terms = Terms::default();
    let mut assembler = Assembler::new(&film.spec, &film.site, &terms).keeping(keep);
    let mut order: Vec<usize> = (0..count).collect();
    if turned {
        order.reverse();
    }
    for n in order {
        let mut recording = if n % 10 == 9 { bad.clone() } else { good.clone() };
        recording.journey = format!("j{n:04}");
        assembler.add(Judged::new(&Judge::new(&film.spec, &film.site), recording));
    }
    let selected: Vec<String> = film.site.journeys.keys().cloned().collect();
    assembler.finish(&selected, Happened::default())
}

#[test]
fn a_large_report_leaves_out_details_and_no_number() {
    let (few, some, all) = (Keep { good: 5, others: 3, whole: false }, Keep::SOME, Keep::ALL);
    let (folded, whole) = (many(80, few, false), many(80, all, false));
    assert_eq!(folded.journeys.iter().filter(|journey| journey.folded.is_none()).count(), 8);
    assert!(
        folded.journeys.iter().all(|journey| journey.folded.is_none() || journey.recording.observations.is_empty())
    );
    assert_eq!(summary::totals(&folded), summary::totals(&whole));
    assert_eq!(summary::coverage(&folded), summary::coverage(&whole));
    assert_eq!(summary::ready(&folded), summary::ready(&whole));
    assert_eq!(summary::sentence(&folded), summary::sentence(&whole));
    assert_eq!(markdown::render(&folded), markdown::render(&whole));
    // In whatever order they came.
    let turned = many(80, few, true);
    let render = |report: &Report| Format::ALL.map(|format| format.render(report, Style::OFF));
    assert_eq!(render(&turned), render(&folded));
    // A small one is as it was.
    assert_eq!(render(&many(40, some, false)), render(&many(40, all, false)));
    // What is for programs is whole.
    let json = |report: &Report| Format::Json.render(report, Style::OFF);
    assert_eq!(json(&many(80, Keep { whole: true, ..few }, false)), json(&whole));

    let [page, junit] = [Format::Html, Format::Junit].map(|format| format.render(&folded, Style::OFF));
    has(
        &page,
        &["chatproof judge firefox-j0079.json --report html=journey.html", "count 72 journeys more", "All journeys"],
    );
    for (at, _) in page.match_indices("href=\"#") {
        let target = page[at + 7..].split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{target}\"")), "nothing is at #{target}");
    }
    has(&junit, &["\"chatproof.firefox.j0079\"", "\"what holds of ready\"", "event.CONVERSATION_TRIGGERED.fires"]);
    assert!(junit.len() * 2 < Format::Junit.render(&whole, Style::OFF).len());
}

#[test]
fn the_details_of_what_came_out_well_can_be_left_out() {
    let failed = Details::Failed.keep([Format::Html]);
    assert_eq!(failed, Keep { good: 0, others: 100, whole: false });
    let report = many(20, failed, false);
    let detailed: Vec<&str> = report
        .journeys
        .iter()
        .filter(|journey| journey.folded.is_none())
        .map(|journey| journey.recording.journey.as_str())
        .collect();
    assert_eq!(detailed, ["j0009", "j0019"]);
    assert_eq!(Details::All.keep([Format::Html]), Keep::ALL);
    assert_eq!(Details::Some.keep([Format::Html, Format::Json]), Keep { whole: true, ..Keep::SOME });
}

#[test]
fn a_wrong_shard_is_told_before_anything_is_run() {
    let here = Here::new();
    std::fs::write(here.path("chatproof.yaml"), SITE).unwrap();
    let run = |arguments: &[&str]| here.ends(2, &[&["run"], arguments].concat());
    has(&run(&["--shard", "1/2"]), &["--save-recordings"]);
    has(&run(&["--shard", "3/2", "--save-recordings", "out"]), &["there is no shard 3 of 2"]);
    has(&run(&["--shard", "2", "--save-recordings", "out"]), &["such as 2/4"]);
    has(&run(&["--shard", "1/4", "--save-recordings", "out"]), &["there are only 3 journeys to share out"]);
    has(&run(&["--shard", "1/2", "--save-recordings", "out", "--watch"]), &["cannot be used with"]);
    has(&run(&["--shard-times", "out"]), &["--shard"]);
    assert!(!Path::new(&here.path("out")).exists());
}

#[test]
fn journeys_of_other_visitors_are_no_gap() {
    let site = SITE
        .replace("journeys:", "visitors: { phone: { device: phone } }\njourneys:")
        .replace("talk: { ", "talk: { visitors: phone, ")
        .replace("  mail:\n", "  mail:\n    visitors: phone\n");
    let here = Here::new();
    let mut talk = PathBuf::new();
    for (shard, journeys) in [(1, vec!["mail"]), (2, vec!["look", "talk"])] {
        let mut manifest = manifest((shard, 2), &journeys);
        manifest.browsers = vec!["firefox".into(), "firefox+phone".into()];
        manifest.site.text.clone_from(&site);
        let folder = format!("shards/{shard}");
        manifest.write(&here.path(&folder)).unwrap();
        for journey in journeys {
            let mut recording = recording(journey, &manifest.run);
            recording.site.text.clone_from(&site);
            if journey != "look" {
                recording.browser.name = "firefox+phone".into();
            }
            talk = here.save(&folder, &recording);
        }
    }
    has(&here.ends(0, &["merge", "shards", "--browser", "firefox"]), &["firefox+phone", "3 journeys"]);
    std::fs::remove_file(talk).unwrap();
    let said = here.ends(3, &["merge", "shards"]);
    has(&said, &["of these journeys there is no recording: talk"]);
    assert!(!said.contains("there is no recording: mail"), "{said}");
}

#[test]
fn visitors_are_named_as_the_site_file_names_them() {
    let here = Here::new();
    std::fs::write(here.path("none.yaml"), SITE).unwrap();
    has(&here.ends(2, &["run", "none.yaml", "--visitors", "phone"]), &["has no `visitors`"]);
    let site = SITE.replace("journeys:", "visitors: { phone: { device: phone } }\njourneys:");
    std::fs::write(here.path("site.yaml"), site).unwrap();
    has(&here.ends(2, &["run", "site.yaml", "--visitors", "phon"]), &["did you mean `phone`?", "`all` means each"]);
}
