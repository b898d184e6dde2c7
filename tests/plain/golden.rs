//! The built-in catalogue without a browser: golden recordings of every entry, judged by what the entry declares.
//!
//! A judge that grew deaf, or that began to see ghosts, fails here in a second. What real browsers say is tested in
//! `tests/browser/selftest.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use chatproof::cli::catalogue::load;
use chatproof::cli::selftest::{judged, orphans};
use chatproof::judge;
use chatproof::report::style::Style;
use chatproof::selftest::check::{Checked, Conclusion};
use chatproof::selftest::{Catalogue, Kind, matrix};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    root().join("tests/golden")
}

/// From disk: what is being worked on needs no second build.
fn catalogue() -> Catalogue {
    load(Some(&root().join("fixtures/catalogue.yaml")), Style::OFF).unwrap_or_else(|error| panic!("{error}"))
}

fn all(catalogue: &Catalogue) -> Vec<String> {
    catalogue.entries.iter().map(|entry| entry.id.clone()).collect()
}

#[test]
fn every_golden_recording_gives_the_declared_verdicts() {
    let catalogue = catalogue();
    let checked = judged(&catalogue, &all(&catalogue), &folder())
        .unwrap_or_else(|error| panic!("{error}\n`make golden` records what is missing"));
    let wrong: Vec<Checked> = checked.iter().filter(|one| !one.conclusion.as_declared()).cloned().collect();
    assert!(wrong.is_empty(), "{}", matrix::render(&catalogue, &wrong, Style::OFF, true));
    let visits: usize = catalogue.entries.iter().map(|entry| entry.visited().len()).sum();
    assert_eq!(checked.len(), visits);
}

#[test]
fn no_golden_recording_is_left_behind() {
    let found = orphans(&catalogue(), &folder());
    assert!(found.is_empty(), "no entry has these any more: {found:#?}");
}

#[test]
fn every_requirement_of_the_spec_is_broken_by_a_fault() {
    let catalogue = catalogue();
    let broken = catalogue.broken();
    let unbroken: Vec<_> =
        catalogue.spec.requirement_ids().into_iter().filter(|id| !broken.contains_key(id.as_str())).collect();
    assert!(unbroken.is_empty(), "no fault breaks {unbroken:#?}");
}

#[test]
fn the_catalogue_is_as_large_as_is_promised() {
    let catalogue = catalogue();
    let count = |kind| catalogue.entries.iter().filter(|entry| entry.kind == kind).count();
    assert!(count(Kind::Fault) >= 80, "{}", count(Kind::Fault));
    assert!(count(Kind::Variant) >= 20, "{}", count(Kind::Variant));
}

#[test]
fn what_is_compiled_in_is_what_is_on_disk() {
    let built_in = load(None, Style::OFF).unwrap_or_else(|error| panic!("{error}"));
    let text = |catalogue: &Catalogue| -> BTreeSet<String> {
        catalogue.entries.iter().map(|entry| format!("{} {}", entry.id, entry.source.text)).collect()
    };
    assert_eq!(text(&built_in), text(&catalogue()));
}

/// A declaration that no judge could break would prove nothing: each golden recording is judged by its neighbour's.
#[test]
fn a_recording_of_another_fault_is_not_taken_for_this_one() {
    let catalogue = catalogue();
    let faults: Vec<_> = catalogue.entries.iter().filter(|entry| entry.kind == Kind::Fault).collect();
    for (one, other) in faults.iter().zip(faults.iter().skip(1)) {
        if one.expect == other.expect && one.follows == other.follows {
            continue;
        }
        let text = std::fs::read_to_string(folder().join(chatproof::selftest::golden::path(other))).unwrap();
        let recordings = chatproof::selftest::golden::read(&text).unwrap();
        let browser = recordings[0].browser.name.clone();
        let checked = chatproof::selftest::check::check(&catalogue, one, &browser, &recordings);
        assert_ne!(checked.conclusion, Conclusion::Caught, "{} was declared by {}", other.id, one.id);
    }
}

/// What only a phone shows isn't to be seen without one, and a fault that is to be seen without one needs none.
#[test]
fn a_fault_that_only_some_visitors_show_is_judged_by_their_column() {
    let catalogue = catalogue();
    let shown: Vec<_> =
        catalogue.entries.iter().filter(|one| one.kind == Kind::Fault && !one.visitors.is_empty()).collect();
    assert!(shown.len() >= 8, "{}", shown.len());
    let kinds: BTreeSet<&str> = shown.iter().flat_map(|entry| &entry.visitors).map(String::as_str).collect();
    assert!(["phone", "german", "nearby", "returning"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    for entry in shown {
        let text = std::fs::read_to_string(folder().join(chatproof::selftest::golden::path(entry))).unwrap();
        let mut recordings = chatproof::selftest::golden::read(&text).unwrap();
        let column = format!("chromium+{}", entry.visitors[0]);
        let conclusion = |column: &str, recordings: &[chatproof::recording::Recording]| {
            chatproof::selftest::check::check(&catalogue, entry, column, recordings).conclusion
        };
        assert_eq!(conclusion(&column, &recordings), Conclusion::Caught, "{}", entry.id);
        assert_eq!(conclusion("chromium", &recordings), Conclusion::Unseen, "{}", entry.id);
        // The other way round: as if the desktop showed it, and the visitor didn't.
        for recording in &mut recordings {
            let name = &mut recording.browser.name;
            *name = if *name == column { "chromium".to_owned() } else { column.clone() };
        }
        assert_eq!(conclusion("chromium", &recordings), Conclusion::SeenByAll, "{}", entry.id);
        assert_eq!(conclusion(&column, &recordings), Conclusion::Missed, "{}", entry.id);
    }
}

#[test]
fn golden_files_are_small_and_have_nothing_of_the_machine_they_were_made_on() {
    fn files(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => files(&path, into),
                path => into.push(path),
            }
        }
    }
    let mut all = Vec::new();
    files(&folder(), &mut all);
    for path in all {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() < 200_000, "{}: {} bytes", path.display(), text.len());
        assert!(!text.contains("127.0.0.1:"), "{} has a port", path.display());
    }
}

fn schema(name: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join("specs").join(name)).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn assert_valid(schema: &jsonschema::Validator, name: &str, value: &serde_json::Value) {
    let errors: Vec<String> = schema.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

#[test]
fn the_published_schemas_are_kept() {
    let catalogue = catalogue();
    let files = schema("catalogue.schema.json");
    for entry in &catalogue.entries {
        assert_valid(&files, &entry.source.name, &serde_saphyr::from_str(&entry.source.text).unwrap());
    }
    let text = std::fs::read_to_string(root().join("fixtures/catalogue.yaml")).unwrap();
    assert_valid(&files, "catalogue.yaml", &serde_saphyr::from_str(&text).unwrap());

    let mut checked = judged(&catalogue, &all(&catalogue), &folder()).unwrap();
    // One that isn't as declared, and one that could not be told, have more to say.
    let (line, last) = (checked[0].lines[0].clone(), checked.len() - 1);
    checked[1].lines.push(chatproof::selftest::check::Line {
        declared: BTreeSet::new(),
        hint: Some("why".into()),
        ..line
    });
    checked[1].conclusion = Conclusion::OtherReason;
    checked[last].conclusion = Conclusion::Open("the browser has gone".into());
    let errors = [("firefox".to_owned(), "has gone".to_owned())];
    let text = chatproof::selftest::json::render(&catalogue, &checked, &errors, 1);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["entries"][1]["results"][0]["conclusion"], "other-reason");
    assert_valid(&schema("selftest.schema.json"), "the report", &value);
}

/// Findings that no fault of a widget leads to: something was lost, was chatproof's own doing, or couldn't be told.
const UNTOLD: [&str; 20] = [
    "whenever",
    "pressed-twice",
    "lost",
    "no-value",
    "callbacks-gone",
    "page-refused",
    "beforehand",
    "dialog-cancelled",
    "refused",
    "cut-short",
    "frame-gone",
    "not-listening",
    "not-ready",
    "truncated",
    "not-serialisable",
    "step-failed",
    "step-not-begun",
    "bad-schema",
    "unknown-journey",
    "unknown-variable",
];

/// A rule that could be taken out of the judge without any entry noticing isn't shown to work.
#[test]
fn every_finding_that_a_fault_can_lead_to_is_declared_by_one() {
    let catalogue = catalogue();
    let about = |id: &str| judge::about(&catalogue.spec, id).map(|about| about.form);
    let declared: BTreeSet<(&str, &str)> = catalogue
        .entries
        .iter()
        .flat_map(|entry| entry.expect.iter().chain(&entry.follows))
        .filter_map(|(id, rulings)| Some((about(id)?, rulings)))
        .flat_map(|(form, rulings)| rulings.iter().map(move |ruling| (form, ruling.finding.as_str())))
        .collect();
    // Kinds of rules that the spec doesn't have can't be broken. Coverage is about what a run walks.
    let ids = catalogue.spec.requirement_ids();
    let forms: BTreeSet<&str> = ids.iter().filter_map(|id| about(id)).chain(["site.X.payload.FIELD"]).collect();
    let undeclared: Vec<String> = judge::kinds()
        .filter(|about| forms.contains(about.form) && about.form != "coverage.X")
        .flat_map(|about| about.findings.iter().map(|finding| (about.form, finding.code)))
        .filter(|(_, code)| !UNTOLD.contains(code))
        // Looked for as in the spec's own fields, whose faults show it.
        .filter(|(form, code)| *form != "site.X.payload.FIELD" || !declared.contains(&("event.X.payload.FIELD", *code)))
        .filter(|one| !declared.contains(one))
        .map(|(form, code)| format!("{form}: {code}"))
        .collect();
    assert_eq!(undeclared, Vec::<String>::new());
}

/// Exit code, standard output and standard error of a command in a directory.
fn chatproof(directory: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::cargo_bin("chatproof").unwrap().args(arguments).current_dir(directory).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn lint_knows_catalogues_and_their_entries() {
    let fixtures = root().join("fixtures");
    let files = ["catalogue.yaml", "faults/engaged-twice.yaml", "variants/api-frozen.yaml"];
    let (code, out, err) = chatproof(&fixtures, &["lint", files[0], files[1], files[2]]);
    assert_eq!(code, Some(0), "{err}");
    for part in [
        "✔ catalogue.yaml: a catalogue for adobe-dynamic-chat: ",
        "✔ faults/engaged-twice.yaml: a fault of catalogue.yaml: ",
        "✔ variants/api-frozen.yaml: a variant of catalogue.yaml: ",
    ] {
        assert!(out.contains(part), "no {part:?} in {out}");
    }
    // From within the folder it is the same file.
    let (code, out, err) = chatproof(&fixtures.join("faults"), &["lint", "engaged-twice.yaml"]);
    assert!(code == Some(0) && out.contains("a fault of ../catalogue.yaml"), "{out}{err}");
}

#[test]
fn lint_tells_the_mistakes_of_a_catalogue_as_what_they_are() {
    let here = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = here.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let fault = "title: t\nbreaks: b\nsection: Ready\njourneys: nowhere\nexpect: { ready.fird: fail missing }\n";
    put("faults/f.yaml", fault);
    // Of no catalogue yet: it is said what it is.
    let (code, _, err) = chatproof(here.path(), &["lint", "faults/f.yaml"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("is a fault or a variant of a catalogue") && err.contains("lint CATALOGUE.yaml"), "{err}");

    std::fs::copy(root().join("fixtures/selftest.yaml"), here.path().join("site.yaml")).unwrap();
    put("all.yaml", "format: chatproof-catalogue/1\nsite: site.yaml\nserve: reference-site\nfaults: faults\n");
    for files in [&["faults/f.yaml"][..], &["all.yaml"][..]] {
        let (code, _, err) = chatproof(here.path(), &[&["lint"], files].concat());
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains("unknown journey `nowhere`") && err.contains("did you mean `ready.fired`?"), "{err}");
    }
    put("all.yaml", "format: chatproof-catalogue/1\nsite: site.yaml\nfolts: faults\n");
    let (code, _, err) = chatproof(here.path(), &["lint", "all.yaml"]);
    assert!(code == Some(2) && err.contains("unknown key `folts` in a catalogue"), "{err}");
}

#[test]
fn selftest_says_what_was_not_chosen() {
    let golden = ["selftest", "--golden", "tests/golden"];
    for (only, code, told) in [
        ("api-frozen", 0, "No variant was accused. No fault was chosen"),
        ("engaged-twice", 0, "Every fault was caught for its declared reason. No variant was chosen."),
        ("*", 0, "Every fault was caught for its declared reason, and no variant was accused."),
        ("engaged-thrice", 2, "matches no entry"),
    ] {
        let (ended, out, err) = chatproof(&root(), &[&golden[..], &["--only", only]].concat());
        assert_eq!(ended, Some(code), "{out}{err}");
        let said = if code == 0 { &out } else { &err };
        assert!(said.contains(told), "{only}: {said}");
    }
}
