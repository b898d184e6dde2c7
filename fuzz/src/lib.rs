//! What each fuzz target does with its input. `tests/plain/fuzz.rs` includes this file and runs it on the corpus, and on
//! changes of it, with a stable compiler; `cargo fuzz run TARGET` searches on.
//!
//! A target panics where chatproof would be wrong: on a panic of its own, on a mistake without a place, on a recording that
//! is judged differently twice, on a secret in an output.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chatproof::baseline;
use chatproof::browser::BrowserKind;
use chatproof::cli::assemble::{self, Happened, Terms};
use chatproof::cli::files;
use chatproof::judge;
use chatproof::recording::{FileCopy, Recording};
use chatproof::report::Format;
use chatproof::report::style::Style;
use chatproof::runner::Options;
use chatproof::runner::rehearsal::Stage;
use chatproof::selftest::golden;
use chatproof::site::Site;
use chatproof::source::{Mistakes, SourceFile};
use chatproof::spec::{self, Spec};

pub mod bodies;

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All targets: the binaries in `fuzz_targets/` have their names.
pub const TARGETS: &[Target] = &[
    ("spec", spec),
    ("site", site),
    ("known", known),
    ("recording", recording),
    ("messages", messages),
    ("bodies", bodies::bodies),
];

/// A spec that is none of the built-in ones: names with dots and colons, every kind of level.
const SPEC: &str = include_str!("spec.yaml");
/// A site file for it, with every kind of step.
const SITE: &str = include_str!("site.yaml");

/// Text of a file as [`files::read`] takes it; anything else it refuses before it's parsed.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

fn source(name: &str, text: &str) -> SourceFile {
    SourceFile::new(name, text)
}

static OWN_SPEC: LazyLock<Spec> = LazyLock::new(|| parsed(spec::parse(source("spec.yaml", SPEC))));
static OWN_SITE: LazyLock<Site> = LazyLock::new(|| {
    files::parse_site(source("site.yaml", SITE), &OWN_SPEC, Style::OFF).unwrap_or_else(|error| panic!("{error}"))
});
static ADOBE_SPEC: LazyLock<Spec> = LazyLock::new(|| {
    parsed(spec::parse(source("adobe-dynamic-chat.yaml", include_str!("../../specs/adobe-dynamic-chat.yaml"))))
});
static ADOBE_SITE: LazyLock<Site> = LazyLock::new(|| {
    let site = source("selftest.yaml", include_str!("../../fixtures/selftest.yaml"));
    files::parse_site(site, &ADOBE_SPEC, Style::OFF).unwrap_or_else(|error| panic!("{error}"))
});
static IN_SITE_FILES: LazyLock<chatproof::site::Known> = LazyLock::new(|| files::known(&OWN_SPEC));
static IN_BASELINES: LazyLock<baseline::Known> = LazyLock::new(|| baseline::Known {
    requirements: OWN_SPEC.requirement_ids().iter().map(ToString::to_string).collect(),
    constants: OWN_SPEC.events.keys().cloned().collect(),
    journeys: OWN_SITE.journeys.keys().cloned().collect(),
    browsers: vec!["firefox".to_owned(), "chromium".to_owned()],
});

fn parsed<T>(result: Result<T, Mistakes>) -> T {
    result.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false, 100)))
}

/// Mistakes stand in the file, and can be shown.
fn check(mistakes: &Mistakes) {
    assert!(!mistakes.list.is_empty(), "refused without a reason");
    for mistake in &mistakes.list {
        let (start, end) = (mistake.span.offset, mistake.span.offset + mistake.span.len);
        assert!(end <= mistakes.source.text.len(), "{mistake:?} stands behind the file's end");
        assert!(mistakes.source.text.is_char_boundary(start), "{mistake:?} begins inside a character");
        assert!(mistakes.source.text.is_char_boundary(end), "{mistake:?} ends inside a character");
        assert!(!mistake.message.is_empty(), "{mistake:?} says nothing");
    }
    assert!(!mistakes.render(false, 100).is_empty());
    mistakes.render(true, 40);
}

/// A spec: parsed, or refused with all its mistakes. One that is parsed names its requirements, each once.
pub fn spec(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match spec::parse(source("spec.yaml", text)) {
        Err(mistakes) => check(&mistakes),
        Ok(spec) => {
            spec.requirement_ids();
            let all = judge::requirements(&spec);
            let mut ids: Vec<String> = all.iter().map(|one| one.id.to_string()).collect();
            for (one, id) in all.iter().zip(&ids) {
                assert!(one.id == **id, "{id} isn't found by its name");
            }
            ids.sort();
            ids.dedup();
            assert_eq!(all.len(), ids.len(), "two requirements have one id");
            // It goes through all of them.
            if let Some(id) = ids.last() {
                assert!(judge::about(&spec, id).is_some(), "{id} is about nothing");
            }
        }
    }
}

/// A site file, against a spec of its own and the built-in one.
pub fn site(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let site = source("site.yaml", text);
    let _ = chatproof::site::spec_reference(&site);
    match chatproof::site::parse(site, &IN_SITE_FILES) {
        Err(mistakes) => check(&mistakes),
        Ok(site) => {
            chatproof::site::env_references(&site);
            for step in site.journeys.values().flat_map(|journey| &journey.steps) {
                assert!(!step.describe().is_empty(), "a step says nothing");
            }
        }
    }
}

/// A file of known failures.
pub fn known(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Err(mistakes) = baseline::parse(source("known.yaml", text), &IN_BASELINES) {
        check(&mistakes);
    }
}

/// A recording, as a user may have edited it, or a file of golden ones: judged twice alike, and written in every format.
pub fn recording(data: &[u8]) {
    let recordings = match (serde_json::from_slice::<Recording>(data), text(data).map(golden::read)) {
        (Ok(recording), _) => vec![recording],
        (_, Some(Ok(recordings))) => recordings,
        _ => return,
    };
    for mut recording in recordings {
        // A fuzzer can't be expected to keep a file inside of a file whole, and golden recordings have none.
        let own = |copy: &mut FileCopy, name: &str, text: &str| {
            if copy.text.is_empty() {
                *copy = FileCopy { name: name.to_owned(), text: text.to_owned(), included: Vec::new() };
            }
        };
        let (spec, site): (&Spec, &Site) = match recording.journey == "talk" {
            true => (&OWN_SPEC, &OWN_SITE),
            false => (&ADOBE_SPEC, &ADOBE_SITE),
        };
        own(&mut recording.spec, &spec.source.name, &spec.source.text);
        own(&mut recording.site, &site.source.name, &site.source.text);
        // Parsed once for all inputs that have these.
        let is = |copy: &FileCopy, file: &SourceFile| copy.name == file.name && *copy.text == *file.text;
        if is(&recording.spec, &spec.source) && is(&recording.site, &site.source) {
            written(spec, site, recording);
            continue;
        }
        let copy = |copy: &FileCopy| source(&copy.name, &copy.text);
        let Ok(spec) = spec::parse(copy(&recording.spec)) else { return };
        let Ok(site) = files::parse_site(copy(&recording.site), &spec, Style::OFF) else { return };
        written(&spec, &site, recording);
    }
}

/// Judges, and gives all that a user could get of it.
fn written(spec: &Spec, site: &Site, recording: Recording) -> Vec<String> {
    let verdicts = judge::judge(spec, site, &recording);
    assert_eq!(verdicts, judge::judge(spec, site, &recording), "judged differently twice");
    let again = serde_json::to_string(&recording).unwrap_or_else(|error| panic!("it can't be saved: {error}"));
    let selected: Vec<String> = site.journeys.keys().cloned().collect();
    let happened = Happened::default();
    let report = assemble::report(spec, site, vec![recording], &selected, happened, &Terms::default());
    let formats =
        [Format::Terminal, Format::Html, Format::Json, Format::Junit, Format::Markdown, Format::Ctrf, Format::Tap];
    let mut outputs: Vec<String> = formats.iter().map(|format| format.render(&report, Style::OFF)).collect();
    let json: Result<serde_json::Value, _> = outputs.get(2).map_or("", String::as_str).parse();
    assert!(json.is_ok(), "the JSON report is no JSON");
    outputs.push(again);
    outputs
}

/// What must be in no output.
const SECRET: &str = "Zq7/p@s:w%41rd";
/// Where the input has it.
const PLACE: &str = "${env.SECRET}";

static OPTIONS: LazyLock<Options> = LazyLock::new(|| Options {
    browsers: vec![BrowserKind::Chromium.into()],
    jobs: 1,
    journeys: vec!["talk".to_owned()],
    run_id: "1".to_owned(),
    env: BTreeMap::from([("SECRET".to_owned(), SECRET.to_owned())]),
    ..Options::default()
});

thread_local! {
    static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
}

static TALK: LazyLock<Stage<'static>> = LazyLock::new(|| stage(&OWN_SITE, "talk"));

fn stage(site: &'static Site, journey: &str) -> Stage<'static> {
    Stage::new(&OWN_SPEC, site, &OPTIONS, journey).unwrap_or_else(|error| panic!("{error}"))
}

/// What a browser sends: recorded, judged, and reported without the secret in it.
pub fn messages(data: &[u8]) {
    let Some(text) = text(data) else { return };
    // As text, in JSON, and in JSON in JSON it reads alike.
    let text = text.replace(PLACE, SECRET);
    let recording = RUNTIME.with(|runtime| runtime.block_on(TALK.hears(&text)));
    for output in written(&OWN_SPEC, &OWN_SITE, recording) {
        keeps_it(&output);
    }
}

/// The secret is in no output, nor anything that everybody can read it from.
fn keeps_it(output: &str) {
    for form in [SECRET, "Zq7%2Fp%40s%3Aw%2541rd", "Zq7/p%40s%3Aw%2541rd", "WnE3L3BAczp3JTQxcm"] {
        assert!(!output.contains(form), "{form} is in an output");
    }
}
