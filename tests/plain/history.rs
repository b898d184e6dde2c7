//! What many runs have shown, over time: kept by `--history`, shown by `chatproof history`.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use chatproof::report;
use serde_json::Value;

use crate::judge::support::{self, ENGAGED, Film};

struct Here(tempfile::TempDir);

impl Here {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A run on a day of January, as it is saved.
    fn save(&self, day: u32, film: &Film) -> String {
        let mut recording = film.record();
        recording.run.id = format!("run{day}");
        recording.run.started_at = format!("2027-01-{day:02}T09:30:00.000Z");
        recording.spec.text = film.spec.source.text.to_string();
        recording.site.text = support::SITE.into();
        let folder = format!("day{day}");
        report::save_recording(&self.path(&folder), &recording).unwrap();
        folder
    }

    /// The same, and judged.
    fn day(&self, day: u32, film: &Film) -> (Option<i32>, String, String) {
        let folder = self.save(day, film);
        self.run(&["judge", &folder, "--quiet", "--history", "history"])
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        chatproof(self.0.path(), arguments)
    }

    fn kept(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.path("history")).unwrap().flatten();
        let mut names: Vec<String> = names.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(schema);
    let schema = std::fs::read_to_string(path).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let errors: Vec<String> = schema.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn broken() -> Film {
    let mut film = Film::talk();
    film.remove(ENGAGED);
    film
}

#[test]
fn each_requirement_is_shown_over_time() {
    let here = Here::new();
    let (good, bad) = (Film::talk(), broken());
    for (day, film) in [(1, &good), (2, &good), (3, &bad), (4, &good), (5, &bad), (6, &bad)] {
        let (_, _, err) = here.day(day, film);
        assert_eq!(err, "");
    }
    let (code, out, err) = here.run(&["history", "history"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    for part in [
        "6 runs, 2027-01-01 to 2027-01-06",
        "Broken now",
        "✘ event.CONVERSATION_ENGAGED.fires  firefox",
        "✔✔✘✔✘✘  broken since 2027-01-05 (broken in 3 of 6 runs, flaky: turned 3 times); last found: missing",
        "requirements always held",
        "CONVERSATION_TRIGGERED",
    ] {
        assert!(out.contains(part), "no {part:?} in {out}");
    }
    assert!(!out.contains('\u{1b}'), "{out}");
    let (_, json, _) = here.run(&["history", "history", "--report", "json"]);
    let value: Value = serde_json::from_str(&json).unwrap();
    valid("timeline.schema.json", &value);
    let rows = value["requirements"].as_array().unwrap();
    let row = rows.iter().find(|row| row["requirement"] == "event.CONVERSATION_ENGAGED.fires").unwrap();
    assert_eq!(row["since"], "2027-01-05T09:30:00.000Z");
    assert_eq!((&row["now"], &row["turns"]), (&Value::from("broken"), &Value::from(3)));
    let (_, html, _) = here.run(&["history", "history", "--report", "html"]);
    for part in ["default-src 'none'", "broken since 2027-01-05", "role=\"img\"", "2 good, 3 broken"] {
        assert!(html.contains(part) || part.starts_with('2'), "no {part:?} in {html}");
    }
    let (_, out, _) = here.run(&["history", "history", "--last", "2"]);
    assert!(out.contains("2 runs, 2027-01-05") && out.contains("✘✘  broken since 2027-01-05"), "{out}");
}

#[test]
fn summaries_are_small_keep_their_schema_and_make_room() {
    let here = Here::new();
    for day in 1..=4 {
        here.day(day, &Film::talk());
    }
    // The same run again is the same run.
    here.run(&["judge", "day4", "--quiet", "--history", "history"]);
    assert_eq!(here.kept().len(), 4, "{:?}", here.kept());
    for name in here.kept() {
        let text = std::fs::read_to_string(here.path("history").join(name)).unwrap();
        assert!(text.len() < 20_000 && !text.contains("the sid"), "{}", text.len());
        valid("history.schema.json", &serde_json::from_str(&text).unwrap());
    }
    // What isn't a summary stays.
    std::fs::write(here.path("history").join("0-mine.json"), "{}").unwrap();
    here.save(5, &Film::talk());
    here.run(&["judge", "day5", "--quiet", "--history", "history", "--history-keep", "2"]);
    let kept = here.kept();
    assert!(kept.len() == 3 && kept[0] == "0-mine.json" && kept[1].starts_with("2027-01-04T09-30"), "{kept:?}");
    let (code, out, _) = here.run(&["history", "history"]);
    assert!(code == Some(0) && out.contains("0-mine.json is left out: its format is"), "{out}");
}

#[test]
fn jobs_that_write_at_once_lose_nothing() {
    let here = Here::new();
    for day in 1..=8 {
        here.save(day, &Film::talk());
    }
    std::thread::scope(|scope| {
        for day in 1..=8 {
            let here = &here;
            scope.spawn(move || {
                let (_, _, err) = here.run(&[
                    "judge",
                    &format!("day{day}"),
                    "--quiet",
                    "--history",
                    "history",
                    "--history-keep",
                    "5",
                ]);
                assert_eq!(err, "");
            });
        }
    });
    let kept = here.kept();
    assert!(kept.len() >= 5 && kept.iter().all(|name| name.ends_with(".json")), "{kept:?}");
    let (_, json, _) = here.run(&["history", "history", "--report", "json"]);
    let value: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["notes"], serde_json::json!([]), "{json}");
}

#[test]
fn what_is_no_history_says_why() {
    let here = Here::new();
    std::fs::create_dir(here.path("empty")).unwrap();
    std::fs::create_dir(here.path("odd")).unwrap();
    std::fs::write(here.path("odd/a.json"), "{\"format\": \"chatproof-history/9\"}").unwrap();
    for (folder, says) in
        [("nowhere", "can't read nowhere"), ("empty", "there is no run in empty"), ("odd", "chatproof-history/9")]
    {
        let (code, _, err) = here.run(&["history", folder]);
        assert!(code == Some(2) && err.contains(says), "{folder}: {err}");
    }
    let (code, _, err) = here.run(&["history", "empty", "--report", "junit"]);
    assert!(code == Some(2) && err.contains("can't be written as junit"), "{err}");
}
