//! Recordings and verdicts put together to a report: the one way, for `run`, `demo` and `judge` alike.
//!
//! Each recording is judged once ([`Judged`]). An [`Assembler`] takes them one by one as they come, in any order, and makes
//! the report in the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use time::Date;

use crate::baseline::{self, Baseline, Ran};
use crate::error::Error;
use crate::judge::{self, Contribution, Judge};
use crate::recording::{Ending, Recording};
use crate::report::json::Held;
use crate::report::model::{
    Attempt, BaselineSummary, EventSummary, JourneyReport, LostSession, Report, RunError, SpecSummary,
};
use crate::report::summary::{self, Counts};
use crate::site::visitors::{browser_of, column};
use crate::site::{Journey, Site};
use crate::spec::Spec;
use crate::verdict::{Level, Outcome, Verdict};

/// What happened, besides what was recorded.
#[derive(Debug, Default)]
pub struct Happened {
    /// Browsers that could not be used, by name, and why.
    pub errors: Vec<(String, Error)>,
    /// Sessions that were lost, and whose journeys were run again.
    pub lost: Vec<LostSession>,
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

    /// Whether a journey came to nothing, so that another attempt is worth its time.
    pub fn failed(&self, spec: &Spec, site: &Site, recording: &Recording) -> bool {
        self.condemn(recording, &judge::judge(spec, site, recording))
    }

    /// The same by the judge's own verdicts.
    fn condemn(&self, recording: &Recording, verdicts: &[Verdict]) -> bool {
        summary::failed(recording, &self.waive(verdicts.to_vec(), &[]))
    }
}

/// A recording with what the judge found in it; nothing is waived yet.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What was heard.
    pub recording: Recording,
    /// What was judged, sorted.
    pub verdicts: Vec<Verdict>,
}

impl Judged {
    /// Judges a recording.
    pub fn new(judge: &Judge, recording: Recording) -> Self {
        Self { verdicts: judge.judge(&recording), recording }
    }
}

/// Judges the recordings of a run that is under way, each once: the verdicts by which another attempt was decided on are
/// those that are reported.
#[derive(Debug)]
pub struct Bench<'a> {
    judge: Judge<'a>,
    terms: &'a Terms,
    /// Verdicts that were asked for before their recording was handed over.
    early: Mutex<HashMap<Key, Vec<Verdict>>>,
}

/// Browser, journey, attempt, and when it began: an attempt whose session was lost is made again under the same number.
type Key = (String, String, u32, String);

fn key(recording: &Recording) -> Key {
    let Recording { browser, journey, attempt, run, .. } = recording;
    (browser.name.clone(), journey.clone(), *attempt, run.started_at.clone())
}

impl<'a> Bench<'a> {
    /// For a run of this site on these terms.
    pub fn new(spec: &'a Spec, site: &'a Site, terms: &'a Terms) -> Self {
        Self { judge: Judge::new(spec, site), terms, early: Mutex::default() }
    }

    /// Whether a journey came to nothing, so that another attempt is worth its time.
    pub fn failed(&self, recording: &Recording) -> bool {
        let verdicts = self.judge.judge(recording);
        let failed = self.terms.condemn(recording, &verdicts);
        self.early.lock().unwrap_or_else(PoisonError::into_inner).insert(key(recording), verdicts);
        failed
    }

    /// The recording with its verdicts, by now at the latest.
    pub fn judged(&self, recording: Recording) -> Judged {
        let early = self.early.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(&recording));
        match early {
            Some(verdicts) => Judged { recording, verdicts },
            None => Judged::new(&self.judge, recording),
        }
    }
}

/// Takes recordings one by one as they come, in any order, and puts the report together. Of several attempts at one
/// journey the last one counts.
#[derive(Debug)]
pub struct Assembler<'a> {
    spec: &'a Spec,
    site: &'a Site,
    terms: &'a Terms,
    journeys: BTreeMap<Place, BTreeMap<(u32, usize), Ready>>,
    taken: usize,
    keep: Keep,
    /// Whose details are held: of those that came out well, and of the others.
    detailed: [BTreeSet<(Place, (u32, usize))>; 2],
}

/// Where a journey stands in a report: by browser, then in the site file's order.
type Place = (String, usize, String);

/// A recording that was judged, as a report takes it: made wherever there is a core that has nothing to do.
#[derive(Debug)]
pub struct Ready {
    place: Place,
    attempt: Attempt,
    contribution: Contribution,
    folded: Option<Counts>,
    held: Option<Held>,
}

impl Ready {
    /// What is known is waived, on the terms that hold.
    pub fn new(site: &Site, terms: &Terms, judged: Judged) -> Self {
        let Judged { mut recording, verdicts } = judged;
        let place = site.journeys.get_index_of(&recording.journey).unwrap_or(usize::MAX);
        // The files are the same in all recordings; a report shows their names.
        for copy in [&mut recording.spec, &mut recording.site].into_iter().chain(&mut recording.baseline) {
            copy.text = String::new();
        }
        Self {
            place: (recording.browser.name.clone(), place, recording.journey.clone()),
            contribution: Contribution::of(&recording, &verdicts),
            attempt: Attempt { recording, verdicts: terms.waive(verdicts, &[]) },
            folded: None,
            held: None,
        }
    }

    /// It came out well, at once.
    fn is_good(&self) -> bool {
        let warns = |verdict: &Verdict| verdict.outcome == Outcome::Warn && verdict.level != Level::Record;
        let Attempt { recording, verdicts } = &self.attempt;
        recording.attempt == 1 && !summary::failed(recording, verdicts) && !verdicts.iter().any(warns)
    }

    /// Lets its details go.
    fn fold(&mut self, keep: Keep) {
        let Attempt { recording, verdicts } = &mut self.attempt;
        self.held = keep.whole.then(|| Held::of(recording, verdicts));
        let mut counts = Counts::of(recording);
        recording.sights = Vec::new();
        recording.observations = Vec::new();
        counts.take_passed(verdicts);
        self.folded = Some(counts);
    }
}

/// Of how many journeys a report shows the details. Large runs are held, and told, by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Of those that come out well.
    pub good: usize,
    /// Of the others.
    pub others: usize,
    /// What was heard, and each requirement that holds, is held also where it isn't shown: the report for programs has it.
    pub whole: bool,
}

impl Keep {
    /// All of all.
    pub const ALL: Self = Self { good: usize::MAX, others: usize::MAX, whole: true };

    /// What fits on a page that a browser shows at once.
    pub const SOME: Self = Self { good: 50, others: 100, whole: false };
}

impl<'a> Assembler<'a> {
    /// For a run of this site on these terms.
    pub fn new(spec: &'a Spec, site: &'a Site, terms: &'a Terms) -> Self {
        let detailed = [BTreeSet::new(), BTreeSet::new()];
        Self { spec, site, terms, journeys: BTreeMap::new(), taken: 0, keep: Keep::ALL, detailed }
    }

    /// The details of no more journeys than that are held: those of the first ones in the report's order, in whatever order
    /// they come.
    #[must_use]
    pub fn keeping(self, keep: Keep) -> Self {
        Self { keep, ..self }
    }

    /// Takes one attempt at a journey.
    pub fn add(&mut self, judged: Judged) {
        self.take(Ready::new(self.site, self.terms, judged));
    }

    /// The same.
    pub fn take(&mut self, ready: Ready) {
        let attempt = (ready.attempt.recording.attempt, self.taken);
        self.taken += 1;
        let [good, others] = &mut self.detailed;
        let (most, detailed) = if ready.is_good() { (self.keep.good, good) } else { (self.keep.others, others) };
        let place = ready.place.clone();
        self.journeys.entry(place.clone()).or_default().insert(attempt, ready);
        detailed.insert((place, attempt));
        if detailed.len() > most
            && let Some((place, attempt)) = detailed.pop_last()
            && let Some(last) = self.journeys.get_mut(&place).and_then(|attempts| attempts.get_mut(&attempt))
        {
            last.fold(self.keep);
        }
    }

    /// Takes an attempt of a run that is under way. If its number was taken before, that attempt's session was lost: neither it
    /// nor what came after it holds any more.
    pub fn retake(&mut self, ready: Ready) {
        let from = (ready.attempt.recording.attempt, 0);
        let lost = self.journeys.get_mut(&ready.place).map(|attempts| attempts.split_off(&from)).unwrap_or_default();
        for attempt in lost.into_keys() {
            let place = (ready.place.clone(), attempt);
            for detailed in &mut self.detailed {
                detailed.remove(&place);
            }
        }
        self.take(ready);
    }

    /// Whether there is any attempt at a journey in a browser.
    pub fn has(&self, browser: &str, journey: &str) -> bool {
        let place = self.site.journeys.get_index_of(journey).unwrap_or(usize::MAX);
        self.journeys.contains_key(&(browser.to_owned(), place, journey.to_owned()))
    }

    /// The report. `selected`: names of the journeys that were to be run.
    pub fn finish(self, selected: &[String], happened: Happened) -> Report {
        let Self { spec, site, terms, journeys: places, .. } = self;
        let mut journeys = Vec::new();
        let mut contributions = Vec::new();
        for ((_, _, name), attempts) in places {
            let mut attempts: Vec<Ready> = attempts.into_values().collect();
            let Some(Ready { attempt: last, contribution, folded, held, .. }) = attempts.pop() else { continue };
            contributions.push(contribution);
            journeys.push(JourneyReport {
                title: site.journeys.get(&name).map_or(&name, |journey| &journey.title).clone(),
                recording: last.recording,
                verdicts: last.verdicts,
                earlier: attempts.into_iter().map(|taken| taken.attempt).collect(),
                folded,
                held,
            });
        }
        let mut report = Report {
            spec: SpecSummary {
                id: spec.id.clone(),
                title: spec.title.clone(),
                url: spec.page.url.clone(),
                payload: spec.probe.payload.clone(),
                ready: spec.probe.ready != crate::spec::Ready::Subscribing,
            },
            site: site.source.name.clone(),
            partial: selected.len() < site.journeys.len(),
            journeys,
            coverage: judge::coverage(spec, site, &contributions, selected),
            events: spec
                .events
                .keys()
                .map(|constant| EventSummary {
                    constant: constant.clone(),
                    not_applicable: site.not_applicable.get(constant).map(|why| why.reason.clone()),
                })
                .collect(),
            errors: happened.errors.into_iter().map(|(browser, error)| run_error(browser, error)).collect(),
            lost: happened.lost,
            interrupted: happened.interrupted,
            baseline: None,
            fail_on_flaky: terms.fail_on_flaky,
        };
        conclude(site, &mut report, terms);
        report
    }
}

/// Judges the recordings and puts the report together. `selected`: names of the journeys that were to be run. Of several
/// attempts at one journey the last one counts.
pub fn report(
    spec: &Spec,
    site: &Site,
    recordings: Vec<Recording>,
    selected: &[String],
    happened: Happened,
    terms: &Terms,
) -> Report {
    let mut assembler = Assembler::new(spec, site, terms);
    let judge = Judge::new(spec, site);
    for recording in recordings {
        assembler.add(Judged::new(&judge, recording));
    }
    assembler.finish(selected, happened)
}

/// The same report where more is known: what was waived stays so.
pub fn with_more_known(site: &Site, mut report: Report, terms: &Terms) -> Report {
    for journey in &mut report.journeys {
        let earlier = journey.earlier.iter_mut().map(|attempt| &mut attempt.verdicts);
        for verdicts in earlier.chain([&mut journey.verdicts]) {
            *verdicts = terms.waive(std::mem::take(verdicts), &[]);
        }
    }
    conclude(site, &mut report, terms);
    report
}

/// What can only be said of all journeys together: what of coverage is waived, and which entries should go.
fn conclude(site: &Site, report: &mut Report, terms: &Terms) {
    let causes: BTreeSet<_> = report.coverage.iter().filter_map(|verdict| verdict.caused_by.clone()).collect();
    let all = report.journeys.iter().flat_map(|journey| &journey.verdicts);
    let elsewhere: Vec<Verdict> = all.filter(|verdict| causes.contains(&verdict.requirement)).cloned().collect();
    report.coverage = terms.waive(std::mem::take(&mut report.coverage), &elsewhere);
    report.baseline = terms.baseline.as_ref().map(|known| BaselineSummary {
        file: known.source.name.clone(),
        entries: known.entries.len(),
        stale: baseline::stale(known, terms.today, &ran(site, report), &summary::verdicts(report).collect::<Vec<_>>()),
        strict: terms.strict_baseline,
    });
}

/// What a run has looked at, for those who look after the baseline.
pub fn ran(site: &Site, report: &Report) -> Ran {
    let ended = |journey: &&JourneyReport| journey.recording.ending == Ending::Complete;
    let name = |journey: &JourneyReport| (journey.recording.browser.name.clone(), journey.recording.journey.clone());
    let begun: BTreeSet<(String, String)> = report.journeys.iter().map(name).collect();
    let browsers: BTreeSet<&str> = begun.iter().map(|(name, _)| browser_of(name)).collect();
    let visits = |browser: &str| {
        let of = |journey: &Journey| {
            let columns = site.visited(journey, &[]).into_iter().map(|visitor| column(browser, visitor));
            columns.map(|column| (column, journey.name.clone())).collect::<Vec<_>>()
        };
        site.journeys.values().flat_map(of).collect::<Vec<_>>()
    };
    Ran {
        walked: report.journeys.iter().filter(ended).map(name).collect(),
        all: browsers.into_iter().flat_map(visits).chain(begun.clone()).collect(),
        whole: report.errors.is_empty() && !report.interrupted,
    }
}

fn run_error(browser: String, error: Error) -> RunError {
    match error {
        Error::Browser { message, help } => RunError { browser, message, help },
        other => RunError { browser, message: other.to_string(), help: None },
    }
}
