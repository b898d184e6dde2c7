//! Much to judge, and no browser.

use std::path::{Path, PathBuf};
use std::time::Instant;

use chatproof::cli::catalogue::load;
use chatproof::judge::Judge;
use chatproof::recording::Recording;
use chatproof::report::style::Style;
use chatproof::selftest::golden;
use chatproof::site::{self, Known};
use chatproof::source::SourceFile;
use chatproof::spec;

use super::Failed;
use super::measured::{Setup, run};
use super::table::Row;

/// Journeys of a large run.
const JOURNEYS: usize = 2_000;
/// Recordings that are judged on all cores.
const RECORDINGS: usize = 10_000;
/// Seconds that one measurement of the judge takes at least.
const AT_LEAST: f64 = 2.0;

fn golden_files() -> Result<Vec<PathBuf>, Failed> {
    let mut all = Vec::new();
    for kind in ["faults", "variants"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(kind);
        for entry in std::fs::read_dir(folder)? {
            all.push(entry?.path());
        }
    }
    all.sort();
    Ok(all)
}

/// Millions of observations that one core judges in a second, round by round.
fn speed(setup: &Setup, recordings: &[Recording], judge: impl Fn(&Recording) -> usize) -> Vec<f64> {
    let observations: usize = recordings.iter().map(|recording| recording.observations.len()).sum();
    let mut all = Vec::new();
    for round in 0..setup.rounds {
        let (began, mut passes, mut verdicts) = (Instant::now(), 0.0, 0);
        while began.elapsed().as_secs_f64() < AT_LEAST {
            verdicts = recordings.iter().map(&judge).sum();
            passes += 1.0;
        }
        all.push(observations as f64 * passes / began.elapsed().as_secs_f64() / 1e6);
        eprintln!(
            "  round {}: {:.3} million a second; {observations} observations, {verdicts} verdicts",
            round + 1,
            all[round]
        );
    }
    all
}

pub fn judge(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let unit = (2, " million a second");
    let catalogue = load(None, Style::OFF)?;
    let mut recordings = Vec::new();
    for path in golden_files()? {
        recordings.extend(golden::read(&std::fs::read_to_string(path)?)?);
    }
    let judge = Judge::new(&catalogue.spec, &catalogue.site);
    let golden = speed(setup, &recordings, |recording| judge.judge(recording).len());
    let what = "observations that one core judges: golden recordings, some dozens of observations each";
    let mut rows = vec![Row::figure(what, &golden, unit, "≥ 1 million a second", |speed| speed >= 1.0)];

    // What `burst` has left.
    let what = "observations that one core judges: one recording of 20,000 events";
    let path = setup.folder.join("burst/rec/chromium-burst.json");
    let Ok(bytes) = std::fs::read(path) else {
        rows.push(Row::not_measured(what, "`--only burst` makes the recording"));
        return Ok(rows);
    };
    let recording: Recording = serde_json::from_slice(&bytes)?;
    let spec = spec::parse(SourceFile::new("acme.yaml", recording.spec.text.to_string()))
        .map_err(|mistakes| mistakes.to_string())?;
    let known = Known { constants: spec.events.keys().cloned().collect(), ..Known::default() };
    let site = site::parse(SourceFile::new("site.yaml", recording.site.text.to_string()), &known)
        .map_err(|mistakes| mistakes.to_string())?;
    let judge = Judge::new(&spec, &site);
    let large = speed(setup, &[recording], |recording| judge.judge(recording).len());
    rows.push(Row::figure(what, &large, unit, "≥ 1 million a second", |speed| speed >= 1.0));
    Ok(rows)
}

/// A site file of many journeys and a recording of each, made of one golden recording of a variant that conforms.
fn many(setup: &Setup, journeys: usize) -> Result<PathBuf, Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("tests/golden/variants/plain.json"))?;
    let first = golden::read(&text)?.into_iter().next().ok_or("the variant `plain` has no recording")?;
    let text = std::fs::read_to_string(root.join("fixtures/selftest.yaml"))?;
    let mut site: serde_json::Value = serde_saphyr::from_str(&text)?;
    let journey = site["journeys"][&first.journey].clone();
    let name = |at: usize| format!("journey-{at:05}");
    let folder = setup.empty("many")?;
    for at in 0..journeys {
        let recording = Recording { journey: name(at), ..first.clone() };
        chatproof::report::save_recording(&folder.join("rec"), &recording)?;
    }
    // Made for other journeys.
    if let Some(keys) = site.as_object_mut() {
        keys.remove("forwards");
    }
    site["journeys"] = (0..journeys).map(|at| (name(at), journey.clone())).collect::<serde_json::Map<_, _>>().into();
    // JSON is YAML.
    std::fs::write(folder.join("site.yaml"), serde_json::to_string_pretty(&site)?)?;
    Ok(folder)
}

pub fn memory(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let folder = many(setup, JOURNEYS)?;
    let (mut peaks, mut times) = (Vec::new(), Vec::new());
    let arguments = [
        "judge",
        "rec",
        "--site",
        "site.yaml",
        "--report",
        "html=out/report.html",
        "--report",
        "junit=out/junit.xml",
        "--report",
        "json=out/report.json",
        "--report",
        "terminal=out/report.txt",
    ];
    for round in 0..setup.rounds {
        // No journey of it fires all events.
        let measured = run(&mut setup.chatproof(&folder, &arguments), &setup.folder.join("many.log"), &[0, 1])?;
        eprintln!("  round {}: {:.0} MiB, {:.2} s", round + 1, measured.memory, measured.wall);
        peaks.push(measured.memory);
        times.push(measured.wall);
    }
    let what = format!("peak memory of `judge`, {JOURNEYS} journeys, HTML, JUnit and JSON");
    let mut rows = vec![Row::figure(&what, &peaks, (0, " MiB"), "< 300 MB", |peak| peak < 286.0)];
    rows.push(Row::figure(&format!("time of the same, {JOURNEYS} journeys"), &times, (1, " s"), "", |_| true));
    for name in ["report.html", "junit.xml"] {
        let size = std::fs::metadata(folder.join("out").join(name))?.len() as f64 / 1e6;
        rows.push(Row::figure(&format!("`{name}` of the same"), &[size], (1, " MB"), "< 30 MB", |size| size < 30.0));
    }
    Ok(rows)
}

/// How many cores the judge keeps at work.
pub fn cores(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let folder = many(setup, RECORDINGS)?;
    let arguments = ["judge", "rec", "--site", "site.yaml", "--report", "terminal=out/report.txt"];
    let (mut cores, mut times) = (Vec::new(), Vec::new());
    for round in 0..setup.rounds {
        let measured = run(&mut setup.chatproof(&folder, &arguments), &setup.folder.join("cores.log"), &[0, 1])?;
        eprintln!("  round {}: {:.2} s of CPU time in {:.2} s", round + 1, measured.cpu, measured.wall);
        cores.push(measured.cpu / measured.wall);
        times.push(measured.wall);
    }
    let there = std::thread::available_parallelism()?.get() as f64;
    let what = format!("cores at work while `judge` judges {RECORDINGS} recordings, of {there}");
    Ok(vec![
        Row::figure(&what, &cores, (2, ""), "all", |busy| busy >= 0.85 * there),
        Row::figure(&format!("time of the same, {RECORDINGS} recordings"), &times, (1, " s"), "", |_| true),
    ])
}
