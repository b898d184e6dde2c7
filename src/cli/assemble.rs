//! Recordings and verdicts put together to a report: the one way, for `run`, `demo` and `judge` alike.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use time::Date;

use crate::baseline::{self, Baseline, Ran};
use crate::error::Error;
use crate::judge;
use crate::recording::{Ending, Recording};
use crate::report::model::{Attempt, BaselineSummary, EventSummary, JourneyReport, Report, RunError, SpecSummary};
use crate::report::summary;
use crate::site::Site;
use crate::spec::Spec;
use crate::verdict::Verdict;

/// What happened, besides what was recorded.
#[derive(Debug, Default)]
pub struct Happened {
    /// Browsers that could not be used, by name, and why.
    pub errors: Vec<(String, Error)>,
    /// The user stopped it.
    pub interrupted: bool,
}

/// On which terms a run is judged: what is known, and how strictly.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Known failures, which are waived.
    pub baseline: Option<Baseline>,
    /// The day on which it is judged.
    pub today: Date,
    /// Entries of the baseline that should go keep the run from conforming, and one that has expired waives nothing.
    pub strict_baseline: bool,
    /// So does a journey that fails and comes out well when it is tried again.
    pub fail_on_flaky: bool,
}

impl Default for Terms {
    /// Nothing is known. Without a baseline the day means nothing.
    fn default() -> Self {
        Self { baseline: None, today: Date::MIN, strict_baseline: false, fail_on_flaky: false }
    }
}

impl Terms {
    fn waive(&self, verdicts: Vec<Verdict>, elsewhere: &[Verdict]) -> Vec<Verdict> {
        match &self.baseline {
            Some(known) => baseline::waive(known, self.today, self.strict_baseline, verdicts, elsewhere),
            None => verdicts,
        }
    }

    /// Judges one recording, and waives what is known.
    pub fn judge(&self, spec: &Spec, site: &Site, recording: &Recording) -> Vec<Verdict> {
        self.waive(judge::judge(spec, site, recording), &[])
    }

    /// Whether a journey came to nothing, so that another attempt is worth its time.
    pub fn failed(&self, spec: &Spec, site: &Site, recording: &Recording) -> bool {
        summary::failed(recording, &self.judge(spec, site, recording))
    }
}

/// Judges the recordings and puts the report together. `selected`: names of the journeys that were to be run. Of several
/// attempts at one journey the last one counts.
pub fn report(
    spec: &Spec,
    site: &Site,
    mut recordings: Vec<Recording>,
    selected: &[String],
    happened: Happened,
    terms: &Terms,
) -> Report {
    let place = |recording: &Recording| {
        let journey = site.journeys.get_index_of(&recording.journey).unwrap_or(usize::MAX);
        (recording.browser.name.clone(), journey, recording.attempt)
    };
    recordings.sort_by_cached_key(place);
    let mut attempts: IndexMap<(String, String), Vec<Recording>> = IndexMap::new();
    for recording in recordings {
        attempts.entry((recording.browser.name.clone(), recording.journey.clone())).or_default().push(recording);
    }
    let (last, earlier): (Vec<Recording>, Vec<Vec<Recording>>) =
        attempts.into_values().filter_map(|mut all| Some((all.pop()?, all))).unzip();
    let judged: Vec<Vec<Verdict>> = last.iter().map(|recording| judge::judge(spec, site, recording)).collect();
    let pairs: Vec<(&Recording, &[Verdict])> = last.iter().zip(judged.iter().map(Vec::as_slice)).collect();
    let coverage = judge::coverage_of(spec, site, &pairs, selected);
    let attempt = |recording: Recording| Attempt { verdicts: terms.judge(spec, site, &recording), recording };
    let journeys: Vec<JourneyReport> = last
        .into_iter()
        .zip(judged)
        .zip(earlier)
        .map(|((recording, verdicts), earlier)| JourneyReport {
            title: site.journeys.get(&recording.journey).map_or(&recording.journey, |journey| &journey.title).clone(),
            verdicts: terms.waive(verdicts, &[]),
            recording,
            earlier: earlier.into_iter().map(attempt).collect(),
        })
        .collect();
    let own: Vec<Verdict> = journeys.iter().flat_map(|journey| journey.verdicts.clone()).collect();
    let coverage = terms.waive(coverage, &own);
    let mut report = Report {
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
        baseline: None,
        fail_on_flaky: terms.fail_on_flaky,
    };
    report.baseline = terms.baseline.as_ref().map(|known| BaselineSummary {
        file: known.source.name.clone(),
        entries: known.entries.len(),
        stale: baseline::stale(
            known,
            terms.today,
            &ran(site, &report),
            &summary::verdicts(&report).cloned().collect::<Vec<_>>(),
        ),
        strict: terms.strict_baseline,
    });
    report
}

/// What a run has looked at, for those who look after the baseline.
pub fn ran(site: &Site, report: &Report) -> Ran {
    let ended = |journey: &&JourneyReport| journey.recording.ending == Ending::Complete;
    let name = |journey: &JourneyReport| (journey.recording.browser.name.clone(), journey.recording.journey.clone());
    Ran {
        walked: report.journeys.iter().filter(ended).map(name).collect::<BTreeSet<_>>(),
        journeys: site.journeys.keys().cloned().collect(),
        whole: report.errors.is_empty() && !report.interrupted,
    }
}

fn run_error(browser: String, error: Error) -> RunError {
    match error {
        Error::Browser { message, help } => RunError { browser, message, help },
        other => RunError { browser, message: other.to_string(), help: None },
    }
}
