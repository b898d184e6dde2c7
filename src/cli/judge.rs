//! `chatproof judge`: saved recordings judged again, without a browser. They are read, judged and let go one by one, on all
//! cores.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::baseline::FILE_NAME;
use crate::cli::args::JudgeArgs;
use crate::cli::assemble::{Assembler, Happened, Judged, Ready};
use crate::cli::conclude::{self, Judging, Recorded};
use crate::cli::known::Places;
use crate::cli::lookout::Lookout;
use crate::cli::manifest;
use crate::cli::recordings::{self, Files, Identity};
use crate::cli::settings::{self, Output, Surroundings};
use crate::cli::{files, say};
use crate::error::{Error, Result};
use crate::judge::Judge;
use crate::recording::{Ending, FileCopy, Recording};
use crate::report::style::Ink;
use crate::site::Site;
use crate::source::SourceFile;
use crate::spec::{self, Spec};

/// Judges recordings by the copies of spec and site file inside them, or by others.
///
/// # Errors
/// What can't be read or doesn't fit together.
pub fn run(args: JudgeArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let reports = settings::reports(&args.reports.list, output.quiet)?;
    let lookout = Lookout::new(&args.reports)?;
    let files = Files::of(&args.recordings)?;
    let (first_path, first) = files.first()?;
    let (spec, site) = rules(&args, &first, output)?;
    let copy = match (&args.site, &args.terms.baseline) {
        (None, None) if !args.terms.no_baseline => first.baseline.clone(),
        _ => None,
    };
    let places = Places { site: args.site.clone(), copy };
    let judging = Judging::new(&args.terms, places, (&spec, &site), surroundings, output.stderr)?;
    let judge = Judge::new(&spec, &site);
    let journeys = Mutex::new(Assembler::new(&spec, &site, &judging.terms).keeping(settings::keep(&args.reports)));
    let looked = files.each(|path, recording| {
        let looked = Looked::at(path, &recording, &first);
        if site.journeys.contains_key(&recording.journey) {
            let judged = Judged::new(&judge, recording);
            lookout.take(&judged);
            let ready = Ready::new(&site, &judging.terms, judged);
            journeys.lock().unwrap_or_else(PoisonError::into_inner).take(ready);
        }
        looked
    })?;
    files.check_directories(looked.iter().map(|one| one.identity.path.as_path()))?;
    recordings::check_apart(looked.iter().map(|one| &one.identity))?;
    check(&args, first_path, &looked, &site)?;
    hint(&args, output);
    let walked: HashSet<&str> = looked.iter().map(|one| one.identity.journey.as_str()).collect();
    let selected: Vec<String> = site.journeys.keys().filter(|name| walked.contains(name.as_str())).cloned().collect();
    let happened = Happened { interrupted: looked.iter().any(|one| one.interrupted), ..Happened::default() };
    let journeys = journeys.into_inner().unwrap_or_else(PoisonError::into_inner);
    let whole = !happened.interrupted;
    let recorded = Recorded { journeys, selected, happened };
    let code = conclude::conclude(&spec, &site, recorded, &judging, &reports, output);
    Ok(lookout.finish(whole, code, output))
}

/// Whoever judges the recordings of some shards doesn't learn that others are missing.
fn hint(args: &JudgeArgs, output: Output) {
    let of_shard = |path: &&PathBuf| manifest::find(path).is_ok_and(|found| !found.is_empty());
    if let Some(path) = args.recordings.iter().find(of_shard) {
        let path = path.display();
        say(
            output,
            Ink::Plain,
            &format!("{path} holds shards of a run: `chatproof merge` says which of them are missing"),
        );
    }
}

/// What is to be known of a recording, once it has been let go.
#[derive(Debug)]
struct Looked {
    identity: Identity,
    interrupted: bool,
    /// Whether it was made with another site file, spec or other known failures than the first one.
    other_site: bool,
    other_spec: bool,
    other_baseline: bool,
}

impl Looked {
    fn at(path: &Path, recording: &Recording, first: &Recording) -> Self {
        let text = |copy: &Option<FileCopy>| copy.as_ref().map(|copy| copy.text.clone()).unwrap_or_default();
        Self {
            identity: Identity::of(path, recording),
            interrupted: recording.ending == Ending::Interrupted,
            other_site: !recording.site.says_the_same_as(&first.site),
            other_spec: recording.spec.text != first.spec.text,
            other_baseline: text(&recording.baseline) != text(&first.baseline),
        }
    }
}

/// Whether a recording was made with another file than the first one.
type Differs = fn(&Looked) -> bool;

/// Whether all recordings can be judged by one set of rules.
fn check(args: &JudgeArgs, first: &Path, looked: &[Looked], site: &Site) -> Result<()> {
    let baseline = format!("--baseline {FILE_NAME} or --no-baseline");
    let no_site = args.site.is_none();
    let copies: [(bool, Differs, &str, &str); 3] = [
        (no_site, |one| one.other_site, "site file", "--site FILE"),
        // A site file that was edited may name another spec than the recordings were made with.
        (no_site && args.spec.is_none(), |one| one.other_spec, "spec", "--spec SPEC"),
        (
            no_site && args.terms.baseline.is_none() && !args.terms.no_baseline,
            |one| one.other_baseline,
            "known failures",
            &baseline,
        ),
    ];
    for (_, differs, what, flag) in copies.iter().filter(|(used, ..)| *used) {
        if let Some(other) = looked.iter().find(|one| differs(one)) {
            return Err(Error::Usage(format!(
                "{} and {} were made with different versions of their {what}; say with {flag} which one to judge by",
                first.display(),
                other.identity.path.display(),
            )));
        }
    }
    match looked.iter().find(|one| !site.journeys.contains_key(&one.identity.journey)) {
        None => Ok(()),
        Some(Looked { identity, .. }) => Err(Error::Usage(format!(
            "{} is a recording of journey `{}`, which {} doesn't have",
            identity.path.display(),
            crate::report::text::short(&identity.journey),
            site.source.name
        ))),
    }
}

/// The spec and the site file to judge by: those named, else the copies in the recordings.
fn rules(args: &JudgeArgs, first: &Recording, output: Output) -> Result<(Spec, Site)> {
    let copy = |copy: &FileCopy| SourceFile::from(copy);
    let site_source = match &args.site {
        Some(path) => files::read_site(path)?,
        None => copy(&first.site),
    };
    let parse = |source| spec::parse(source).map_err(|found| files::mistakes(&found, output.stderr));
    let spec = match (&args.spec, &args.site) {
        (Some(reference), _) => parse(spec::open(reference, None)?)?,
        // A site file that was edited may name another spec than the recordings were made with.
        (None, Some(path)) => files::load_spec(&site_source, path.parent(), output.stderr)?,
        (None, None) => parse(copy(&first.spec))?,
    };
    let site = files::parse_site(site_source, &spec, output.stderr)?;
    Ok((spec, site))
}
