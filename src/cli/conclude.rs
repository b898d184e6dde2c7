//! From recordings that were judged to an exit code, for `run`, `demo`, `judge` and `merge` alike: known failures written
//! down, reported, told to the CI server.

use crate::cli::args::TermFlags;
use crate::cli::assemble::{self, Assembler, Happened, Terms};
use crate::cli::ci::Ci;
use crate::cli::collector::Collector;
use crate::cli::known::{self, Places};
use crate::cli::settings::{Output, Surroundings};
use crate::cli::{exit_code, run, tell};
use crate::error::Result;
use crate::recording::FileCopy;
use crate::report::Request;
use crate::report::model::RunError;
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
    /// How collectors of traces are spoken to.
    pub collector: Collector,
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
        let (ci, collector) = (Ci::of(surroundings), Collector::of(surroundings));
        Ok(Self { terms, ci, collector, flags: flags.clone(), places })
    }

    /// The known failures as recordings keep them.
    pub fn baseline(&self) -> Option<FileCopy> {
        let source = &self.terms.baseline.as_ref()?.source;
        Some(FileCopy::from(source))
    }
}

/// What was recorded.
#[derive(Debug)]
pub struct Recorded<'a> {
    /// The recordings, all attempts, judged.
    pub journeys: Assembler<'a>,
    /// Names of the journeys that were to be run.
    pub selected: Vec<String>,
    /// What happened besides.
    pub happened: Happened,
}

/// Writes known failures down if that is asked for, reports; gives the exit code. What can't be written is told, and turns
/// success into failure: the run is not what was asked for.
pub fn conclude(
    spec: &Spec,
    site: &Site,
    recorded: Recorded<'_>,
    judging: &Judging,
    requests: &[Request],
    output: Output,
) -> u8 {
    let Recorded { journeys, selected, happened } = recorded;
    let mut report = journeys.finish(&selected, happened);
    let mut failed = None;
    if judging.flags.write_baseline {
        match known::write(&judging.flags, &judging.places, (spec, site), &report, &judging.terms, output) {
            Ok(None) => {}
            Ok(Some(terms)) => report = assemble::with_more_known(site, report, &terms),
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
    let code = run::finish_for(&judging.ci, &judging.collector, &report, &judging.ci.others(requests), output);
    judging.ci.tell(&report, output);
    if code == 0 { failed.unwrap_or(0) } else { code }
}
