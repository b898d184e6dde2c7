//! Recordings and verdicts put together to a report: the one way, for `run`, `demo` and `judge` alike.

use crate::error::Error;
use crate::judge;
use crate::recording::Recording;
use crate::report::model::{EventSummary, JourneyReport, Report, RunError, SpecSummary};
use crate::site::Site;
use crate::spec::Spec;

/// What happened, besides what was recorded.
#[derive(Debug, Default)]
pub struct Happened {
    /// Browsers that could not be used, by name, and why.
    pub errors: Vec<(String, Error)>,
    /// The user stopped it.
    pub interrupted: bool,
}

/// Judges the recordings and puts the report together. `selected`: names of the journeys that were to be run.
pub fn report(
    spec: &Spec,
    site: &Site,
    mut recordings: Vec<Recording>,
    selected: &[String],
    happened: Happened,
) -> Report {
    let place = |recording: &Recording| {
        let journey = site.journeys.get_index_of(&recording.journey).unwrap_or(usize::MAX);
        (recording.browser.name.clone(), journey)
    };
    recordings.sort_by_cached_key(place);
    let coverage = judge::coverage(spec, site, &recordings, selected);
    let journeys = recordings
        .into_iter()
        .map(|recording| JourneyReport {
            title: site.journeys.get(&recording.journey).map_or(&recording.journey, |journey| &journey.title).clone(),
            verdicts: judge::judge(spec, site, &recording),
            recording,
        })
        .collect();
    Report {
        spec: SpecSummary {
            id: spec.id.clone(),
            title: spec.title.clone(),
            url: spec.page.url.clone(),
            payload: spec.probe.payload.clone(),
        },
        site: site.source.name.clone(),
        partial: selected.len() < site.journeys.len(),
        journeys,
        coverage,
        events: spec
            .events
            .keys()
            .map(|constant| EventSummary {
                constant: constant.clone(),
                not_applicable: site.not_applicable.get(constant).map(|why| why.reason.clone()),
            })
            .collect(),
        errors: happened.errors.into_iter().map(|(browser, error)| run_error(browser, error)).collect(),
        interrupted: happened.interrupted,
    }
}

fn run_error(browser: String, error: Error) -> RunError {
    match error {
        Error::Browser { message, help } => RunError { browser, message, help },
        other => RunError { browser, message: other.to_string(), help: None },
    }
}
