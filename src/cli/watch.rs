//! `chatproof run --watch`: runs again when the site file or its spec changes, in the browser that is already open.
//!
//! Only what has to is run again: journeys whose definition changed, or all of them when what they share did. What was
//! heard in the others is judged anew, which costs nothing. An edit while journeys are under way breaks them off. What a browser
//! couldn't be used for, or not to the end, the next round runs.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::{mpsc, watch};

use crate::baseline::FILE_NAME;
use crate::browser::product::Product;
use crate::cli::args::RunArgs;
use crate::cli::assemble::{self, Happened};
use crate::cli::run::{self, Plan};
use crate::cli::settings::{Output, Surroundings};
use crate::cli::signals::Signals;
use crate::cli::{files, kept_states, pause, progress, say, tell};
use crate::error::{Error, Result};
use crate::recording::{FileCopy, Recording};
use crate::report::style::Ink;
use crate::report::{Format, Request, summary, text};
use crate::runner::{self, Lanes, Looking, Outcome, Progress, Retrying, States, Subject};
use crate::secrets::Learned;
use crate::site::Journey;
use crate::source::SourceFile;

mod kept;

use kept::{Kept, definitions};

/// How long a file must have been left alone: an editor saves in several strokes.
const QUIET: Duration = Duration::from_millis(80);

/// Runs until a signal ends it.
///
/// # Errors
/// What keeps it from watching at all; [`Error::Interrupted`] at a second signal.
pub async fn run(args: &RunArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    // A mistake in what can't be mended while watching: told once, at once.
    files::read(&args.site).map_err(|error| run::no_site_file(error, &args.site))?;
    let looking = pause::looking(&args.flags, output, surroundings)?;
    let signals = Signals::listen().map_err(|cause| Error::Other(format!("can't listen for signals: {cause}")))?;
    let mut changes = Changes::new()?;
    changes.follow(&args.site)?;
    let mut rounds =
        Rounds { args, output, surroundings, looking, lanes: Lanes::kept(), kept: Kept::default(), states: None };
    let watching = rounds.watch(&mut changes, &signals);
    let ended = run::until_second_signal(watching, &signals, output, &surroundings.screen).await;
    surroundings.screen.close();
    ended??;
    rounds.lanes.close().await;
    Ok(130)
}

/// Tells of changes of files, by way of their directories: many editors put a new file in an old one's place.
struct Changes {
    watcher: RecommendedWatcher,
    heard: mpsc::UnboundedReceiver<Vec<PathBuf>>,
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Changes {
    fn new() -> Result<Self> {
        let (sender, heard) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let paths = match event {
                // Somebody reads it: we do.
                Ok(event) if event.kind.is_access() => return,
                Ok(event) => event.paths,
                // A watcher in trouble had better cause a look too many than one too few.
                Err(_) => Vec::new(),
            };
            let _ = sender.send(paths);
        })
        .map_err(|cause| Error::Other(format!("can't watch files: {cause}")))?;
        Ok(Self { watcher, heard, directories: Vec::new(), files: Vec::new() })
    }

    /// From now on changes of this file are told too.
    fn follow(&mut self, file: &Path) -> Result<()> {
        let failed = |why: String| Error::Other(format!("can't watch {}: {why}", file.display()));
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let directory = parent.canonicalize().map_err(|cause| failed(cause.to_string()))?;
        let path = directory.join(file.file_name().unwrap_or_default());
        // What an editor writes through a link is the file behind it.
        for path in [path.canonicalize().ok(), Some(path)].into_iter().flatten() {
            if let (false, Some(directory)) = (self.files.contains(&path), path.parent()) {
                if !self.directories.iter().any(|known| known == directory) {
                    self.watcher
                        .watch(directory, RecursiveMode::NonRecursive)
                        .map_err(|cause| failed(cause.to_string()))?;
                    self.directories.push(directory.to_owned());
                }
                self.files.push(path);
            }
        }
        Ok(())
    }

    /// What the files say, as far as they can be read.
    fn texts(&self) -> Vec<Option<String>> {
        self.files.iter().map(|file| std::fs::read_to_string(file).ok()).collect()
    }

    /// Waits for a change of one of the files, and until they are left alone again.
    async fn next(&mut self) {
        loop {
            match self.heard.recv().await {
                Some(paths) if paths.is_empty() || paths.iter().any(|path| self.files.contains(path)) => break,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
        while let Ok(Some(_)) = tokio::time::timeout(QUIET, self.heard.recv()).await {}
    }
}

/// Waits until the files say something else. One that was touched, or saved as it was, is no news.
async fn news(changes: &mut Changes, known: &[Option<String>]) {
    loop {
        changes.next().await;
        if changes.texts() != known {
            return;
        }
    }
}

struct Rounds<'a> {
    args: &'a RunArgs,
    output: Output,
    surroundings: &'a Surroundings,
    looking: Looking,
    /// The browsers that are open.
    lanes: Lanes,
    kept: Kept,
    /// What journeys have left behind in earlier rounds.
    states: Option<(States, Learned)>,
}

impl Rounds<'_> {
    /// Round after round, until the first signal.
    async fn watch(&mut self, changes: &mut Changes, signals: &Signals) -> Result<()> {
        loop {
            // Files that there is no telling of before it is read are followed first, so that none changes unseen.
            self.follow(changes);
            let walked = changes.texts();
            match self.load() {
                Ok(plan) => {
                    let (stop, cancel) = watch::channel(false);
                    let mut round = std::pin::pin!(self.round(&plan, cancel));
                    let broken_off = tokio::select! {
                        () = &mut round => false,
                        () = news(changes, &walked) => true,
                        () = signals.first() => true,
                    };
                    if broken_off {
                        stop.send_replace(true);
                        round.await;
                        if *signals.cancel.borrow() {
                            return Ok(());
                        }
                        continue;
                    }
                }
                Err(error) => tell(&error.map_texts(|text| self.surroundings.mask(text)), self.output),
            }
            self.say_waiting(changes);
            tokio::select! {
                () = news(changes, &walked) => {}
                () = signals.first() => return Ok(()),
            }
        }
    }

    /// The spec that the site file names, and the known failures: files that don't exist yet may well come.
    fn follow(&self, changes: &mut Changes) {
        let site = &self.args.site;
        let source = files::read_site(site).ok();
        let included = source.iter().flat_map(|source| &source.included).map(|file| PathBuf::from(&file.name));
        let reference = source.as_ref().and_then(crate::site::spec_reference);
        let spec =
            reference.filter(|(reference, _)| crate::spec::builtin(reference).is_none()).map(|(reference, span)| {
                let named_in =
                    source.as_ref().map_or_else(|| site.clone(), |source| PathBuf::from(&source.of(span).name));
                named_in.parent().map_or_else(|| PathBuf::from(&reference), |base| base.join(&reference))
            });
        let known = self.args.flags.terms.baseline.clone().unwrap_or_else(|| site.with_file_name(FILE_NAME));
        for path in included.chain(spec).chain([known]) {
            if let Err(error) = changes.follow(&path) {
                tracing::debug!("{error}");
            }
        }
    }

    /// What `run` does before it runs.
    fn load(&mut self) -> Result<Plan> {
        let mut plan = run::plan(self.args, files::read_site(&self.args.site)?, self.output, self.surroundings)?;
        let options = &mut plan.options;
        let own = || (options.states.clone(), options.learned.clone());
        let (states, learned) = self.states.get_or_insert_with(own).clone();
        (options.states, options.learned) = (states, learned);
        self.surroundings.hide(plan.options.secrets(&plan.spec, &plan.site));
        Ok(plan)
    }

    /// Walks what has to be walked again, and reports.
    async fn round(&mut self, plan: &Plan, cancel: watch::Receiver<bool>) {
        let definitions = definitions(&plan.spec, &plan.site);
        let stale = |kept: &Kept, kind: &Product| {
            let selected = runner::journeys_in(&plan.site, &plan.options, kind.name());
            selected.into_iter().filter(|one| kept.is_stale(kind, &one.name, &definitions)).collect()
        };
        let columns = runner::columns(&plan.site, &plan.options);
        let again: Vec<(Product, Vec<&Journey>)> =
            columns.into_iter().map(|kind| (kind.clone(), stale(&self.kept, &kind))).collect();
        let names: Vec<(Product, Vec<&str>)> = again
            .iter()
            .map(|(kind, journeys)| (kind.clone(), journeys.iter().map(|journey| journey.name.as_str()).collect()))
            .collect();
        let count = again.iter().map(|(_, journeys)| journeys.len()).max().unwrap_or(0);
        let progress = progress::fitting(self.output, &self.surroundings.screen, count);
        let mut errors = Vec::new();
        let recordings = match self.walk(plan, &again, &progress, &cancel).await {
            Ok(outcome) => {
                for (kind, error) in outcome.errors {
                    match error {
                        Error::Write { .. } => tell(&error, self.output),
                        error => errors.push((kind.name().to_owned(), error)),
                    }
                }
                outcome.recordings
            }
            Err(error) => {
                errors.extend(again.first().map(|(kind, _)| (kind.name().to_owned(), error)));
                Vec::new()
            }
        };
        self.kept.take(&names, &definitions, &recordings);
        if let Some(error) =
            plan.keep_state.as_deref().and_then(|path| kept_states::write(path, &plan.options.states).err())
        {
            tell(&error, self.output);
        }
        self.surroundings.screen.close();
        if *cancel.borrow() {
            return;
        }
        let has = |browser: &str, journey: &str| {
            recordings.iter().any(|one| one.browser.name == browser && one.journey == journey)
        };
        for (kind, journeys) in &names {
            errors.extend(run::not_run(kind.name(), journeys, &errors, has));
        }
        self.report(plan, &again, errors);
        let unfinished = self.kept.forget_unfinished(&names);
        for (kind, journeys) in unfinished {
            let line = format!("the next round runs again in {}: {}", kind.name(), journeys.join(", "));
            say(self.output, Ink::Warn, &text::short(&line));
        }
    }

    async fn walk(
        &self,
        plan: &Plan,
        again: &[(Product, Vec<&Journey>)],
        progress: &Arc<dyn Progress>,
        cancel: &watch::Receiver<bool>,
    ) -> Result<Outcome> {
        let mut subject = Subject::new(&plan.spec, &plan.site, &plan.options, progress.clone(), cancel.clone())?;
        subject.looking = self.looking.clone();
        let failed = |recording: &Recording| plan.judging.terms.failed(&plan.spec, &plan.site, recording);
        subject.retrying = Retrying { times: plan.retries, again: Some(&failed) };
        subject.baseline = plan.judging.baseline();
        let work = again.iter().flat_map(|(kind, journeys)| journeys.iter().map(|journey| (kind.clone(), *journey)));
        Ok(runner::run_in(&self.lanes, &subject, &work.collect::<Vec<_>>()).await)
    }

    /// Judges all that there is; the terminal shows the journeys that were walked now, the files have all.
    fn report(&self, plan: &Plan, again: &[(Product, Vec<&Journey>)], errors: Vec<(String, Error)>) {
        let copy = |source: &SourceFile| FileCopy::from(source);
        let mut recordings = Vec::new();
        for kind in runner::columns(&plan.site, &plan.options) {
            for journey in runner::journeys_in(&plan.site, &plan.options, kind.name()) {
                for recording in self.kept.of(&kind, &journey.name) {
                    let mut recording = recording.clone();
                    // Its steps may stand in other lines by now.
                    recording.site = copy(&plan.site.source);
                    recording.spec = copy(&plan.spec.source);
                    for (record, step) in recording.steps.iter_mut().zip(&journey.steps) {
                        record.span = step.span;
                        record.by.clone_from(&step.by);
                    }
                    recordings.push(recording);
                }
            }
        }
        let happened = Happened { errors, ..Happened::default() };
        let terms = &plan.judging.terms;
        let report = assemble::report(&plan.spec, &plan.site, recordings, &plan.options.journeys, happened, terms);
        let (shown, files): (Vec<Request>, Vec<Request>) = plan
            .reports
            .iter()
            .cloned()
            .partition(|request| request.format == Format::Terminal && request.path.is_none());
        run::finish(&plan.judging.collector, &report, &files, self.output);
        let walked = |name: &str, journey: &str| {
            again.iter().any(|(kind, journeys)| kind.name() == name && journeys.iter().any(|j| j.name == journey))
        };
        let mut part = report.clone();
        part.journeys.retain(|journey| walked(&journey.recording.browser.name, &journey.recording.journey));
        let others = report.journeys.len() - part.journeys.len();
        if part.journeys.is_empty() || others == 0 {
            run::finish(&plan.judging.collector, &report, &shown, self.output);
            return;
        }
        part.partial = true;
        run::finish(&plan.judging.collector, &part, &shown, self.output);
        if !shown.is_empty() {
            let kept = text::count(others, "journey is", "journeys are");
            let line = format!("With what was heard before ({kept} as before): {}\n", summary::sentence(&report));
            if let Err(error) = run::print(&line) {
                tell(&error, self.output);
            }
        }
    }

    fn say_waiting(&self, changes: &Changes) {
        if self.output.quiet {
            return;
        }
        let mut names: Vec<String> = changes
            .files
            .iter()
            .filter(|file| file.is_file())
            .filter_map(|file| Some(file.file_name()?.to_string_lossy().into_owned()))
            .collect();
        names.dedup();
        let line = format!("watching {}; Ctrl-C ends", text::short(&names.join(", ")));
        let _ = writeln!(std::io::stderr().lock(), "{}", self.output.stderr.paint(Ink::Dim, &line));
    }
}
