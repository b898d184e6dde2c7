//! A panic in the middle of a run leaves no driver, no browser and no profile.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use chatproof::runner::{self, Event, LaneId, Options, Progress};
use chatproof::site::{self, Known};
use chatproof::source::SourceFile;
use chatproof::spec;

use crate::harness::place;

#[derive(Default)]
struct Bomb {
    folders: Mutex<Vec<PathBuf>>,
}

impl Progress for Bomb {
    fn heard(&self, _: &LaneId, event: Event<'_>) {
        if !matches!(event, Event::StepStarted { .. }) {
            return;
        }
        assert!(children().len() > 2, "the browser is running");
        *self.folders.lock().unwrap() = folders();
        panic!("boom");
    }
}

/// Living processes below this one.
fn children() -> Vec<(u32, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        if let [state, parent, ..] = fields.as_slice()
            && *state != "Z"
        {
            all.push((id, parent.parse::<u32>().unwrap(), stat.clone()));
        }
    }
    let mut below = vec![std::process::id()];
    let mut found = Vec::new();
    while let Some(parent) = below.pop() {
        for (id, _, stat) in all.iter().filter(|(_, of, _)| *of == parent) {
            below.push(*id);
            found.push((*id, stat.clone()));
        }
    }
    found
}

/// Temporary folders that the living processes below this one were given.
fn folders() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (id, _) in children() {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        found.extend(environment.split('\0').filter_map(|one| one.strip_prefix("TMPDIR=")).map(PathBuf::from));
    }
    found.retain(|folder| folder.to_string_lossy().contains("/chatproof-"));
    found
}

/// Set in the process that has this test to itself.
const ALONE: &str = "CHATPROOF_TEST_ALONE";

/// In a process of its own, where every child process is this run's.
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_leaves_nothing_behind() {
    if std::env::var_os(ALONE).is_some() {
        return panics_leave_nothing().await;
    }
    let _place = place().await;
    let mut alone = tokio::process::Command::new(std::env::current_exe().unwrap());
    alone.args(["panic::a_panic_leaves_nothing_behind", "--exact"]).env(ALONE, "1").kill_on_drop(true);
    let output = alone.output().await.unwrap();
    let told = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

async fn panics_leave_nothing() {
    let spec = spec::load("adobe-dynamic-chat", None).unwrap();
    let known = Known { constants: spec.events.keys().cloned().collect(), ..Known::default() };
    let text = "spec: adobe-dynamic-chat\nbase_url: http://127.0.0.1:9\njourneys:\n  j: { steps: [{ open: / }] }\n";
    let site = site::parse(SourceFile::new("site.yaml", text), &known).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    for browser in crate::harness::browsers() {
        let (spec, site) = (spec.clone(), site.clone());
        let bomb = Arc::new(Bomb::default());
        let progress = bomb.clone();
        let run = tokio::spawn(async move {
            let options = Options {
                browsers: vec![browser.into()],
                jobs: 1,
                journeys: vec!["j".into()],
                run_id: "run".into(),
                env: std::env::vars().collect(),
                ..Options::default()
            };
            let (_keep, cancel) = tokio::sync::watch::channel(false);
            runner::run(&spec, &site, &options, progress, cancel).await
        });
        let panicked = run.await.unwrap_err();
        let why = panicked.into_panic();
        assert_eq!(why.downcast_ref::<&str>(), Some(&"boom"), "{}", browser.name());
        assert_eq!(children(), vec![], "{}", browser.name());
        let used = bomb.folders.lock().unwrap().clone();
        assert!(!used.is_empty() && used.iter().all(|folder| !folder.exists()), "{}: {used:?}", browser.name());
    }
}
