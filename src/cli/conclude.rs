//! From recordings to an exit code, for `run`, `demo` and `judge` alike: judged, known failures waived or written down,
//! reported, told to the CI server.

use crate::cli::args::TermFlags;
use crate::cli::assemble::{self, Happened, Terms};
use crate::cli::ci::Ci;
use crate::cli::known::{self, Places};
use crate::cli::settings::{Output, Surroundings};
use crate::cli::{exit_code, run, tell};
use crate::error::Result;
use crate::recording::{FileCopy, Recording};
use crate::report::Request;
use crate::report::model::{Report, RunError};
use crate::report::style::Style;
use crate::site::Site;
use crate::spec::Spec;

/// How recordings are judged.
#[derive(Debug)]
pub struct Judging {
    /// What is known, and how strictly.
    pub terms: Terms,
    /// The CI server, if there is one.
    pub ci: Ci,
    flags: TermFlags,
    places: Places,
}

impl Judging {
    /// As flags, files and environment say.
    ///
    /// # Errors
    /// A file of known failures that is named and not there, and all mistakes in one.
    pub fn new(
        flags: &TermFlags,
        places: Places,
        of: (&Spec, &Site),
        surroundings: &Surroundings,
        style: Style,
    ) -> Result<Self> {
        let terms = known::terms(flags, &places, of, surroundings, style)?;
        Ok(Self { terms, ci: Ci::of(surroundings), flags: flags.clone(), places })
    }

    /// The known failures as recordings keep them.
    pub fn baseline(&self) -> Option<FileCopy> {
        let source = &self.terms.baseline.as_ref()?.source;
        Some(FileCopy { name: source.name.clone(), text: source.text.to_string() })
    }
}

/// What was recorded.
#[derive(Debug)]
pub struct Recorded {
    /// The recordings, all attempts.
    pub recordings: Vec<Recording>,
    /// Names of the journeys that were to be run.
    pub selected: Vec<String>,
    /// What happened besides.
    pub happened: Happened,
}

/// Judges, writes known failures down if that is asked for, reports; gives the exit code. What can't be written is told,
/// and turns success into failure: the run is not what was asked for.
pub fn conclude(
    spec: &Spec,
    site: &Site,
    recorded: Recorded,
    judging: &Judging,
    requests: &[Request],
    output: Output,
) -> u8 {
    let Recorded { recordings, selected, happened } = recorded;
    let mut report = assemble::report(spec, site, recordings, &selected, happened, &judging.terms);
    let mut failed = None;
    if judging.flags.write_baseline {
        match known::write(&judging.flags, &judging.places, (spec, site), &report, &judging.terms, output) {
            Ok(None) => {}
            Ok(Some(terms)) => report = again(spec, site, report, &selected, &terms),
            Err(error) => {
                tell(&error, output);
                failed = Some(exit_code(&error));
            }
        }
    }
    if output.quiet {
        // Nobody would learn why otherwise: without a terminal report only the files say it, if there are any.
        for error in &report.errors {
            let RunError { browser, message, help } = error;
            let message = format!("{browser}: {message}");
            tell(&crate::error::Error::Browser { message, help: help.clone() }, output);
        }
    }
    let code = run::finish_for(&judging.ci, &report, &judging.ci.others(requests), output);
    judging.ci.tell(&report, output);
    if code == 0 { failed.unwrap_or(0) } else { code }
}

/// The same recordings judged on other terms.
fn again(spec: &Spec, site: &Site, report: Report, selected: &[String], terms: &Terms) -> Report {
    let mut recordings = Vec::new();
    for journey in report.journeys {
        recordings.extend(journey.earlier.into_iter().map(|attempt| attempt.recording));
        recordings.push(journey.recording);
    }
    let mut new = assemble::report(spec, site, recordings, selected, Happened::default(), terms);
    new.errors = report.errors;
    new.interrupted = report.interrupted;
    new
}
