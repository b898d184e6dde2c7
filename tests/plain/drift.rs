//! What two runs differ in: by the golden recordings of the whole catalogue, by films, and on the command line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use chatproof::cli::catalogue::load;
use chatproof::drift::{self, About, Comparison, Gather, Keep, Run, Weight, profile};
use chatproof::judge::Judge;
use chatproof::recording::{Kind, Recording};
use chatproof::report;
use chatproof::report::style::Style;
use chatproof::selftest::{Catalogue, Entry, Kind as EntryKind, Word, golden};
use serde_json::{Value, json};

use crate::judge::support::{self, COMPLETED, ENGAGED, Film, TRIGGERED};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn catalogue() -> Catalogue {
    load(Some(&root().join("fixtures/catalogue.yaml")), Style::OFF).unwrap_or_else(|error| panic!("{error}"))
}

fn text(entry: &Entry) -> String {
    std::fs::read_to_string(root().join("tests/golden").join(golden::path(entry))).unwrap()
}

fn seen(judge: &Judge, recordings: &[Recording], name: &str) -> Run {
    let mut gather = Gather::new(Keep::Shapes);
    for recording in recordings {
        gather.take(recording, &judge.judge(recording));
    }
    gather.finish(name)
}

fn kept(judge: &Judge, entry: &Entry) -> Run {
    seen(judge, &golden::read(&text(entry)).unwrap(), &entry.id)
}

fn requirements(comparison: &Comparison, weights: &[Weight]) -> BTreeSet<String> {
    let of = |change: &&drift::Change| change.about == About::Requirement && weights.contains(&change.weight);
    comparison.changes.iter().filter(of).map(|change| change.subject.clone()).collect()
}

#[test]
fn each_fault_of_the_catalogue_is_told_as_worse_for_its_reason() {
    let catalogue = catalogue();
    let judge = Judge::new(&catalogue.spec, &catalogue.site);
    let of_kind = |kind| catalogue.entries.iter().filter(move |entry| entry.kind == kind);
    // The reference site as it is, else the first variant that was walked that way.
    let mut conforming: Vec<Run> = of_kind(EntryKind::Variant).map(|entry| kept(&judge, entry)).collect();
    conforming.sort_by_key(|run| run.name != "plain");
    let mut told = 0;
    for fault in of_kind(EntryKind::Fault) {
        let after = kept(&judge, fault);
        let mut before = Run { name: "conforming".into(), ..Run::default() };
        for (column, journeys) in &after.columns {
            for (name, own) in journeys {
                let known = conforming.iter().find_map(|run| run.columns.get(column)?.get(name)).cloned();
                // No variant is walked some ways: there the run itself, as if it had conformed.
                let known = known.unwrap_or_else(|| drift::Seen { broken: Default::default(), ..own.clone() });
                before.columns.entry(column.clone()).or_default().insert(name.clone(), known);
            }
        }
        let comparison = drift::compare(&before, &after).unwrap();
        let declared = |words: &[Word]| -> BTreeSet<String> {
            let has = |(_, rulings): &(&String, &BTreeSet<_>)| {
                rulings.iter().any(|ruling: &chatproof::selftest::Ruling| words.contains(&ruling.word))
            };
            let all = fault.expect.iter().chain(&fault.follows).filter(has).map(|(id, _)| id.clone());
            // Coverage is about a whole run.
            all.filter(|id| !id.starts_with("coverage.")).collect()
        };
        let broken = declared(&[Word::Fail, Word::Warn, Word::NotReached]);
        let (id, shown) = (&fault.id, drift::terminal::render(&comparison, Style::OFF));
        let worse = requirements(&comparison, &[Weight::Worse]);
        assert_eq!(worse, broken, "{id}:\n{shown}");
        if !broken.is_empty() {
            assert_eq!(comparison.exit_code(false), 1, "{id}");
            told += 1;
        }
        let doubts = requirements(&comparison, &[Weight::Doubt, Weight::Worse]);
        let open = declared(&[Word::Inconclusive]);
        assert!(open.is_subset(&doubts), "{id}: {open:?}\n{shown}");
        // The other way round it is mended.
        let back = drift::compare(&after, &before).unwrap();
        assert_eq!(requirements(&back, &[Weight::Better]).intersection(&broken).count(), broken.len(), "{id}");
    }
    assert!(told > 150, "{told}");
}

#[test]
fn what_conforms_breaks_nothing_against_what_conforms() {
    let catalogue = catalogue();
    let judge = Judge::new(&catalogue.spec, &catalogue.site);
    let variants: Vec<&Entry> = catalogue.entries.iter().filter(|entry| entry.kind == EntryKind::Variant).collect();
    // What can't be told of a variant is declared by it.
    let open = |entry: &Entry| entry.expect.values().flatten().any(|ruling| ruling.word == Word::Inconclusive);
    let runs: Vec<Run> = variants.iter().filter(|entry| !open(entry)).map(|entry| kept(&judge, entry)).collect();
    let mut compared = 0;
    for before in &runs {
        for after in runs.iter().filter(|after| after.name != before.name) {
            let Ok(comparison) = drift::compare(before, after) else { continue };
            let worse = requirements(&comparison, &[Weight::Worse, Weight::Doubt]);
            assert!(worse.is_empty(), "{} and {}: {worse:?}", before.name, after.name);
            compared += 1;
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// The same with other conversations, other times and another order of nothing.
fn another_day(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        let id = word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit());
        let turned = |c: char| c.to_digit(16).and_then(|digit| char::from_digit((digit + 7) % 16, 16)).unwrap_or(c);
        out.extend(word.drain(..).map(|c| if id { turned(c) } else { c }));
        out.push(c);
    }
    out
}

#[test]
fn the_same_run_again_differs_in_nothing() {
    let catalogue = catalogue();
    let judge = Judge::new(&catalogue.spec, &catalogue.site);
    let mut ids = 0;
    for entry in catalogue.entries.iter().filter(|entry| entry.kind == EntryKind::Variant) {
        let text = text(entry);
        let other = another_day(&text);
        ids += usize::from(other.trim_end() != text.trim_end());
        let mut recordings = golden::read(&other).unwrap();
        for recording in &mut recordings {
            // Each event a little later than then.
            let mut by = 0.0;
            for observation in &mut recording.observations {
                by += 1.0;
                if let (Kind::Event { .. }, Some(ms)) = (&observation.kind, &mut observation.page_ms) {
                    *ms += f64::min(by, 20.0);
                }
            }
        }
        let comparison = drift::compare(&kept(&judge, entry), &seen(&judge, &recordings, "again")).unwrap();
        let shown = drift::terminal::render(&comparison, Style::OFF);
        assert!(comparison.changes.is_empty() && comparison.notes.is_empty(), "{}:\n{shown}", entry.id);
        assert_eq!(comparison.exit_code(true), 0);
    }
    assert!(ids > 30, "{ids}");
}

fn films(before: &Film, after: &Film) -> Comparison {
    let run = |film: &Film, name: &str| {
        let mut gather = Gather::new(Keep::Shapes);
        gather.take(&film.record(), &film.judge());
        gather.finish(name)
    };
    drift::compare(&run(before, "before"), &run(after, "after")).unwrap()
}

fn told(comparison: &Comparison) -> Vec<String> {
    let line = |change: &drift::Change| {
        format!("{} {} {}: {} → {}", change.weight.name(), change.subject, change.what, change.before, change.after)
    };
    comparison.changes.iter().map(line).collect()
}

#[test]
fn payload_fields_are_told_by_their_shapes() {
    let before = Film::talk();
    let mut after = before.clone();
    after.change(ENGAGED, |payload| {
        payload["extra"] = json!({ "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "list": [1, 2] });
        payload["uiType"] = json!(7);
        payload["name"] = json!("");
    });
    let lines = told(&films(&before, &after));
    for line in [
        "worse CONVERSATION_ENGAGED data.payload.uiType type: text → integer",
        "worse CONVERSATION_ENGAGED data.payload.name empty: text → text, empty",
        "changed CONVERSATION_ENGAGED data.payload.extra new: not there → object",
    ] {
        assert!(lines.iter().any(|other| other == line), "{line:?} is not in {lines:#?}");
    }
    // What is in it is told with it.
    assert!(!lines.iter().any(|line| line.contains("extra.id")), "{lines:#?}");
    assert!(!lines.concat().contains("6ba7b810"), "{lines:#?}");
    let lines = told(&films(&after, &before));
    assert!(
        lines.iter().any(|line| line.starts_with("worse CONVERSATION_ENGAGED data.payload.extra gone")),
        "{lines:#?}"
    );
}

#[test]
fn events_are_told_that_come_oftener_or_no_more_or_much_later() {
    let before = Film::talk();
    let mut twice = before.clone();
    twice.fire(COMPLETED);
    let lines = told(&films(&before, &twice));
    assert!(lines.contains(&"changed CONVERSATION_COMPLETED oftener: once → 2 times".to_owned()), "{lines:#?}");
    let mut silent = before.clone();
    silent.remove(ENGAGED);
    let comparison = films(&before, &silent);
    let lines = told(&comparison);
    assert!(lines.contains(&"worse CONVERSATION_ENGAGED gone: once → never".to_owned()), "{lines:#?}");
    // It stands under the requirement that explains it.
    let groups = comparison.groups();
    let (_, hence) = groups.iter().find(|(root, _)| root.subject == "event.CONVERSATION_ENGAGED.fires").unwrap();
    assert!(hence.iter().any(|change| change.subject == ENGAGED), "{lines:#?}");
    let mut late = before.clone();
    late.insert(before.at(TRIGGERED, 0), support::Beat::Wait(9000.0));
    let lines = told(&films(&before, &late));
    assert!(lines.iter().any(|line| line.starts_with("changed CONVERSATION_TRIGGERED later: ")), "{lines:#?}");
}

// --- the command line -------------------------------------------------------------------------------------------------

struct Here(tempfile::TempDir);

impl Here {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn save(&self, folder: &str, film: &Film, run: &str) {
        let mut recording = film.record();
        recording.run.id = run.into();
        recording.spec.text = film.spec.source.text.to_string();
        recording.site.text = support::SITE.into();
        report::save_recording(&self.path(folder), &recording).unwrap();
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        chatproof(self.0.path(), arguments)
    }
}

fn chatproof(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("chatproof").unwrap();
    let output = command.args(arguments).current_dir(directory).env_remove("CI").env_remove("GITHUB_ACTIONS");
    let output = output.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn valid(schema: &str, value: &Value) {
    let text = std::fs::read_to_string(root().join("specs").join(schema)).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let errors: Vec<String> = schema.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// As the widget was, and as it came back: an event less, and a value where nobody may see it.
fn broken() -> Film {
    let mut film = Film::talk();
    film.remove(COMPLETED);
    film.change(ENGAGED, |payload| payload["note"] = json!("ada@private.example"));
    film
}

#[test]
fn folders_and_reports_tell_the_same() {
    let here = Here::new();
    here.save("before", &Film::talk(), "r1");
    here.save("after", &broken(), "r2");
    for side in ["before", "after"] {
        let report = format!("json={side}.json");
        here.run(&["judge", side, "--quiet", "--report", &report]);
    }
    let (code, by_folders, err) = here.run(&["compare", "before", "after", "--report", "json"]);
    assert_eq!((code, err.as_str()), (Some(1), ""), "{by_folders}");
    let (code, by_reports, _) = here.run(&["compare", "before.json", "after.json", "--format", "json"]);
    assert_eq!(code, Some(1));
    let (folders, reports): (Value, Value) =
        (serde_json::from_str(&by_folders).unwrap(), serde_json::from_str(&by_reports).unwrap());
    assert_eq!(folders["changes"], reports["changes"], "{by_reports}");
    assert!(reports["notes"][0].as_str().unwrap().contains("JSON report"), "{by_reports}");
    valid("comparison.schema.json", &folders);
    assert!(!by_folders.contains("private.example"), "{by_folders}");
    let (_, shown, _) = here.run(&["compare", "before", "after.json", "--show-values"]);
    assert!(shown.contains("ada@private.example"), "{shown}");

    for (format, parts) in [
        ("terminal", &["✘ event.CONVERSATION_COMPLETED.fires", "before  holds", "Differs: "][..]),
        ("markdown", &["## ❌ Differs", "### Worse", "- `event.CONVERSATION_COMPLETED.fires`"][..]),
        ("html", &["<h2 id=\"worse\">Worse</h2>", "default-src 'none'"][..]),
    ] {
        let (code, out, _) = here.run(&["compare", "before", "after", "--report", format]);
        assert_eq!(code, Some(1));
        assert!(parts.iter().all(|part| out.contains(part)), "{out}");
        assert!(!out.contains("private.example"), "{out}");
    }
    let (code, out, _) = here.run(&["compare", "before", "before"]);
    assert!(code == Some(0) && out.contains("✔ Nothing has changed."), "{out}");
    // What is only new isn't worse, unless anything is to be told.
    here.save("more", Film::talk().change(ENGAGED, |payload| payload["extra"] = json!(1)), "r3");
    assert_eq!(here.run(&["compare", "before", "more"]).0, Some(0));
    assert_eq!(here.run(&["compare", "before", "more", "--strict"]).0, Some(1));
}

#[test]
fn one_browser_is_compared_with_another() {
    let here = Here::new();
    here.save("firefox", &Film::talk(), "r1");
    let mut film = broken();
    film.browser = "chromium".into();
    here.save("chromium", &film, "r2");
    let (code, out, _) = here.run(&["compare", "firefox", "chromium"]);
    assert!(code == Some(1) && out.contains("No browser is on both sides"), "{out}");
}

#[test]
fn what_cannot_be_compared_says_why() {
    let here = Here::new();
    here.save("run", &Film::talk(), "r1");
    std::fs::create_dir(here.path("empty")).unwrap();
    here.put("text.txt", "hello");
    here.put("cut.json", "{\"format\": \"chatproof-report/1\", \"journeys\": [");
    here.put("other.json", "{\"format\": \"chatproof-report/9\"}");
    here.put("none.json", "{}");
    here.put("typed.json", "{\"format\": \"chatproof-report/1\", \"journeys\": [7]}");
    here.put("bare.json", "{\"format\": \"chatproof-report/1\", \"journeys\": []}");
    here.put("future.yaml", "format: chatproof-profile/9\n");
    here.put("bomb.yaml", &format!("format: chatproof-profile/1\nx: {}\n", "[".repeat(5000)));
    for (side, says) in [
        ("missing", "can't read missing"),
        ("empty", "there is no recording in empty"),
        ("text.txt", "neither JSON nor a profile"),
        ("cut.json", "ends too early"),
        ("other.json", "another version of chatproof"),
        ("none.json", "says no `format`"),
        ("typed.json", "can't be read"),
        ("bare.json", "no journey is in both"),
        ("future.yaml", "chatproof-profile/9"),
        ("bomb.yaml", "neither JSON nor a profile"),
    ] {
        let (code, _, err) = here.run(&["compare", "run", side]);
        assert!(code == Some(2) && err.contains(says), "{side}: {err}");
    }
    let (code, _, err) = here.run(&["compare", "run", "run", "--report", "junit"]);
    assert!(code == Some(2) && err.contains("can't be written as junit"), "{err}");
}

#[test]
fn a_profile_knows_what_many_runs_have_shown() {
    let here = Here::new();
    here.save("one", &Film::talk(), "r1");
    here.save("two", &Film::talk(), "r2");
    for side in ["one", "two", "one"] {
        let (code, _, err) = here.run(&["judge", side, "--learn", "profile.yaml"]);
        assert!(code.is_some() && err.contains("profile.yaml has learnt"), "{err}");
    }
    let text = std::fs::read_to_string(here.path("profile.yaml")).unwrap();
    let value: Value = serde_saphyr::from_str(&text).unwrap();
    valid("profile.schema.json", &value);
    assert_eq!(value["columns"]["firefox"]["talk"]["recordings"], 3, "{text}");
    assert!(!text.contains("the sid"), "{text}");
    // What is written is what was read.
    let run = profile::read(&text, "x").unwrap();
    assert_eq!(profile::write(&run).unwrap(), text);

    let (_, _, err) = here.run(&["judge", "two", "--profile", "profile.yaml"]);
    assert!(err.contains("nothing is new against profile.yaml"), "{err}");
    here.save("new", &broken(), "r4");
    let (with, _, err) = here.run(&["judge", "new", "--profile", "profile.yaml"]);
    let (without, ..) = here.run(&["judge", "new"]);
    assert_eq!(with, without, "a warning changes no exit code");
    assert!(
        err.contains("CONVERSATION_ENGAGED data.payload.note is there, and wasn't before: not there → text, email"),
        "{err}"
    );
    assert!(err.contains("CONVERSATION_COMPLETED comes no more: once → never"), "{err}");
    assert!(!err.contains("private.example"), "{err}");
    // A side of a comparison, too.
    let (code, out, _) = here.run(&["compare", "profile.yaml", "new"]);
    assert!(code == Some(1) && out.contains("3 recordings"), "{out}");

    here.put("broken.yaml", "format: [");
    for flag in ["--profile", "--learn"] {
        let (code, _, err) = here.run(&["judge", "new", flag, "broken.yaml"]);
        assert!(code == Some(2) && err.contains("broken.yaml: this profile can't be read"), "{err}");
    }
    let (code, _, err) = here.run(&["judge", "new", "--profile", "nowhere.yaml"]);
    assert!(code == Some(2) && err.contains("can't read nowhere.yaml"), "{err}");
}

#[test]
fn a_page_cannot_make_a_profile_or_a_comparison_grow_or_lie() {
    let mut film = Film::talk();
    film.change(ENGAGED, |payload| {
        for at in 0..5000 {
            payload[format!("k{at}")] = json!(at);
        }
        payload["\u{1b}[32m: ok\n- x: \u{202e}&a *b"] = json!("v");
        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        payload["deep"] = deep;
    });
    let here = Here::new();
    here.save("before", &Film::talk(), "r1");
    here.save("after", &film, "r2");
    here.run(&["judge", "after", "--quiet", "--learn", "profile.yaml"]);
    let text = std::fs::read_to_string(here.path("profile.yaml")).unwrap();
    assert!(text.len() < 100_000 && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{}", text.len());
    profile::read(&text, "x").unwrap();
    for format in ["terminal", "markdown", "html", "json"] {
        let (_, out, _) = here.run(&["compare", "before", "after", "--report", format]);
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}') && out.len() < 500_000, "{format}");
    }
}
