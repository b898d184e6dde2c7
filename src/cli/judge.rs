//! `chatproof judge`: saved recordings judged again, without a browser.

use std::path::{Path, PathBuf};

use crate::baseline::FILE_NAME;
use crate::cli::args::JudgeArgs;
use crate::cli::assemble::Happened;
use crate::cli::conclude::{self, Judging, Recorded};
use crate::cli::known::Places;
use crate::cli::settings::{self, Output, Surroundings};
use crate::cli::{files, recordings};
use crate::error::{Error, Result};
use crate::recording::{Ending, FileCopy, Recording};
use crate::site::Site;
use crate::source::SourceFile;
use crate::spec::{self, Spec};

/// Judges recordings by the copies of spec and site file inside them, or by others.
///
/// # Errors
/// What can't be read or doesn't fit together.
pub fn run(args: JudgeArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let reports = settings::reports(&args.reports.list, output.quiet)?;
    let loaded = recordings::load(&args.recordings)?;
    let (spec, site) = rules(&args, &loaded, output)?;
    for (path, recording) in &loaded {
        if !site.journeys.contains_key(&recording.journey) {
            return Err(Error::Usage(format!(
                "{} is a recording of journey `{}`, which {} doesn't have",
                path.display(),
                crate::report::text::short(&recording.journey),
                site.source.name
            )));
        }
    }
    let copy = match (&args.site, &args.terms.baseline) {
        (None, None) if !args.terms.no_baseline => known_then(&loaded)?,
        _ => None,
    };
    let places = Places { site: args.site.clone(), copy };
    let judging = Judging::new(&args.terms, places, (&spec, &site), surroundings, output.stderr)?;
    let recordings: Vec<Recording> = loaded.into_iter().map(|(_, recording)| recording).collect();
    let selected: Vec<String> =
        site.journeys.keys().filter(|name| recordings.iter().any(|r| r.journey == **name)).cloned().collect();
    let interrupted = recordings.iter().any(|recording| recording.ending == Ending::Interrupted);
    let happened = Happened { errors: Vec::new(), interrupted };
    let recorded = Recorded { recordings, selected, happened };
    Ok(conclude::conclude(&spec, &site, recorded, &judging, &reports, output))
}

/// The known failures that all recordings were made with.
fn known_then(loaded: &[(PathBuf, Recording)]) -> Result<Option<FileCopy>> {
    if loaded.iter().all(|(_, recording)| recording.baseline.is_none()) {
        return Ok(None);
    }
    static NONE: FileCopy = FileCopy { name: String::new(), text: String::new() };
    let flag = format!("--baseline {FILE_NAME} or --no-baseline");
    let copy = common(loaded, "known failures", &flag, |recording| recording.baseline.as_ref().unwrap_or(&NONE))?;
    Ok(Some(FileCopy { name: copy.name, text: copy.text.to_string() }))
}

/// The spec and the site file to judge by: those named, else the copies in the recordings, which must then agree.
fn rules(args: &JudgeArgs, loaded: &[(PathBuf, Recording)], output: Output) -> Result<(Spec, Site)> {
    let site_source = match &args.site {
        Some(path) => files::read(path)?,
        None => common(loaded, "site file", "--site FILE", |recording| &recording.site)?,
    };
    let parse = |source| spec::parse(source).map_err(|found| files::mistakes(&found, output.stderr));
    let spec = match (&args.spec, &args.site) {
        (Some(reference), _) => parse(spec::open(reference, None)?)?,
        // A site file that was edited may name another spec than the recordings were made with.
        (None, Some(path)) => files::load_spec(&site_source, path.parent(), output.stderr)?,
        (None, None) => parse(common(loaded, "spec", "--spec SPEC", |recording| &recording.spec)?)?,
    };
    let site = files::parse_site(site_source, &spec, output.stderr)?;
    Ok((spec, site))
}

/// The copy that all recordings share.
fn common(
    loaded: &[(PathBuf, Recording)],
    what: &str,
    flag: &str,
    copy: impl Fn(&Recording) -> &FileCopy,
) -> Result<SourceFile> {
    let nothing = || Error::Usage("there is nothing to judge".into());
    let (first_path, first) = loaded.first().ok_or_else(nothing)?;
    let other = loaded.iter().find(|(_, recording)| copy(recording).text != copy(first).text);
    if let Some((other, _)) = other {
        let show = |path: &Path| path.display().to_string();
        return Err(Error::Usage(format!(
            "{} and {} were made with different versions of their {what}; say with {flag} which one to judge by",
            show(first_path),
            show(other),
        )));
    }
    let copy = copy(first);
    Ok(SourceFile::new(copy.name.clone(), copy.text.clone()))
}
