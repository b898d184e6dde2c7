//! `chatproof run`, and the way from a spec and a site to reports that `demo` shares.

use std::future::Future;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::browser::product::Product;
use crate::cli::args::{RunArgs, RunFlags};
use crate::cli::assemble::{Assembler, Bench, Happened, Keep, Ready};
use crate::cli::ci::Ci;
use crate::cli::collector::Collector;
use crate::cli::conclude::{self, Judging, Recorded};
use crate::cli::files;
use crate::cli::known::Places;
use crate::cli::live::Screen;
use crate::cli::lookout::Lookout;
use crate::cli::manifest::{self, Kept, Manifest, State};
use crate::cli::progress;
use crate::cli::settings::{self, Output, Surroundings};
use crate::cli::shard::{self, Part, Shard, Times};
use crate::cli::signals::Signals;
use crate::cli::{exit_code, kept_states, pause, say, tell, watch};
use crate::error::{Error, Result};
use crate::recording::{FileCopy, Recording};
use crate::report::model::{LostSession, Report};
use crate::report::style::{Ink, Style};
use crate::report::{self, Format, Request, text};
use crate::runner::{self, Looking, Lost, Options, Retrying, Subject};
use crate::secrets::Learned;
use crate::site::{Needs, Site};
use crate::source::SourceFile;
use crate::spec::Spec;

/// Runs the journeys of a site file.
///
/// # Errors
/// What kept it from running or from writing.
pub async fn run(args: RunArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    if args.watch {
        return watch::run(&args, output, surroundings).await;
    }
    // A wrong flag is told even where there is no site file yet.
    settings::reports(&args.flags.reports.list, output.quiet)?;
    let source = files::read_site(&args.site).map_err(|error| no_site_file(error, &args.site))?;
    let plan = plan(&args, source, output, surroundings)?;
    let looking = pause::looking(&args.flags, output, surroundings)?;
    if let Some(shard) = &plan.shard {
        say(output, Ink::Plain, &shard.told());
    }
    execute(plan, looking, args.flags.timings, output, &surroundings.screen).await
}

/// What there is to run, by a site file's text. The log hides that file's secrets from now on.
///
/// # Errors
/// Whatever is wrong with the flags, the site file or its spec, before anything was started.
pub fn plan(args: &RunArgs, source: SourceFile, output: Output, surroundings: &Surroundings) -> Result<Plan> {
    let reports = settings::reports(&args.flags.reports.list, output.quiet)?;
    let (spec, site) = files::load(source, args.site.parent(), output.stderr)?;
    let selected = settings::select(site.journeys.keys().map(String::as_str), &args.flags.only)?;
    let listed = settings::listed(&args.flags, &site);
    let check = |journeys: &[String]| {
        let needs = Needs { base_url: args.flags.base_url.is_none(), browsers: &listed, journeys };
        files::check_variables(&site, &surroundings.vars, &needs, output.stderr)
    };
    check(&selected)?;
    check_display(&args.flags, surroundings)?;
    let times = args.shard_times.as_deref().map(shard::times).transpose()?.unwrap_or_default();
    let mut options = options(&args.flags, &site, selected.clone(), surroundings)?;
    if let Some(path) = &args.keep_state {
        kept_states::read(path, &options.states)?;
        kept_states::git_warning(path).iter().for_each(|warning| say(output, Ink::Warn, warning));
    }
    let asked = selected.len();
    let selected = with_savers(&site, selected, &options, output)?;
    if selected.len() > asked {
        check(&selected)?;
        options.journeys.clone_from(&selected);
    }
    let part = part(args, &site, &options, &times, output)?;
    // Those of all shards: one in which this shard has nothing to do is no gap.
    let columns = runner::columns(&site, &options).iter().map(|column| column.name().to_owned()).collect();
    options.journeys = part.as_ref().map_or_else(|| selected.clone(), |part| part.names.clone());
    if !times.is_empty() {
        options.times = times;
    }
    surroundings.hide(options.secrets(&spec, &site));
    // Whose references are replaced only now: a wrong address is a mistake of the site file, not of a browser.
    runner::check_addresses(&site, &options)?;
    runner::check_visitors(&site, &options)?;
    runner::check_files(&site, &options)?;
    let places = Places::beside(&args.site);
    let judging = Judging::new(&args.flags.terms, places, (&spec, &site), surroundings, output.stderr)?;
    let kept = |(part, shard): (Part, Shard)| {
        let copy = |source: &SourceFile| FileCopy::from(source);
        let manifest = Manifest {
            format: manifest::FORMAT.to_owned(),
            chatproof: env!("CARGO_PKG_VERSION").to_owned(),
            shard: shard.number,
            of: shard.of,
            run: options.run_id.clone(),
            browsers: columns,
            visitors: options.visitors.clone(),
            selected,
            journeys: part.names,
            state: State::Running,
            errors: Vec::new(),
            lost: Vec::new(),
            spec: copy(&spec.source),
            site: copy(&site.source),
            baseline: judging.baseline(),
        };
        Some(Kept { manifest, folder: options.save_recordings.clone()?, share: part.share })
    };
    let shard = part.zip(args.shard).and_then(kept);
    let keep = settings::keep(&args.flags.reports);
    let lookout = Lookout::new(&args.flags.reports)?;
    let (retries, keep_state) = (args.flags.retries.into(), args.keep_state.clone());
    Ok(Plan { spec, site, options, reports, keep, judging, retries, shard, keep_state, lookout })
}

/// The selected journeys, and those that save the states that they begin with.
fn with_savers(site: &Site, selected: Vec<String>, options: &Options, output: Output) -> Result<Vec<String>> {
    if site.journeys.values().all(|journey| journey.save_state.is_none()) {
        return Ok(selected);
    }
    let base_url = runner::base_url(site, options)?;
    let is_there = |state: &str| options.states.is_there(&options.browsers, &base_url, state);
    let all = site.with_savers(&selected, &options.visitors, is_there);
    let added: Vec<&str> = all.iter().filter(|name| !selected.contains(name)).map(String::as_str).collect();
    if !added.is_empty() {
        let what = text::short(&added.join(", "));
        say(output, Ink::Plain, &format!("run as well, for the states that others begin with: {what}"));
    }
    Ok(all)
}

/// The part of the journeys that is this machine's, if others have theirs.
fn part(args: &RunArgs, site: &Site, options: &Options, times: &Times, output: Output) -> Result<Option<Part>> {
    let Some(shard) = args.shard else { return Ok(None) };
    if let Some(folder) = args.shard_times.as_ref().filter(|_| times.is_empty()) {
        let none =
            format!("no recording in {} tells how long journeys take: shared out by their steps", folder.display());
        say(output, Ink::Warn, &none);
    }
    let columns = runner::columns(site, options);
    let columns: Vec<&str> = columns.iter().map(Product::name).collect();
    let selected = &options.journeys;
    let weights = shard::weights(site, selected, (&columns, &options.visitors), times);
    shard::part_bound(shard, selected, &weights, &site.bound_together(selected, &options.visitors)).map(Some)
}

/// The default file is missing for everyone who starts here for the first time.
pub(super) fn no_site_file(error: Error, path: &Path) -> Error {
    match &error {
        Error::Read { cause, .. } if cause.kind() == std::io::ErrorKind::NotFound => Error::Usage(format!(
            "there is no site file {}\n  help: `chatproof init URL` writes one; `chatproof run SITE.yaml` takes another; `chatproof demo` needs none",
            path.display()
        )),
        _ => error,
    }
}

/// A browser that is to show windows where none can be shown dies with a message about anything else.
///
/// # Errors
/// [`Error::Browser`] for `--headed` without a display; a remote driver has one of its own, or not.
pub fn check_display(flags: &RunFlags, surroundings: &Surroundings) -> Result<()> {
    check_headed(flags.headed && flags.webdriver.is_none(), surroundings)
}

/// The same for any command: `headed` if windows are to be shown here.
///
/// # Errors
/// As [`check_display`].
pub fn check_headed(headed: bool, surroundings: &Surroundings) -> Result<()> {
    if !headed || surroundings.has_display() {
        return Ok(());
    }
    Err(Error::Browser {
        message: "--headed needs a display, and there is none (neither DISPLAY nor WAYLAND_DISPLAY is set)".into(),
        help: Some("leave out --headed, or run under `xvfb-run`".into()),
    })
}

/// The flags as the runner wants them.
///
/// # Errors
/// As [`settings::browsers`].
pub fn options(flags: &RunFlags, site: &Site, journeys: Vec<String>, surroundings: &Surroundings) -> Result<Options> {
    Ok(Options {
        browsers: settings::browsers(flags, site, surroundings)?,
        visitors: settings::visitors(&flags.visitors, site)?,
        headed: flags.headed,
        jobs: usize::from(flags.jobs),
        sessions: flags.sessions.map(usize::from),
        webdriver: flags.webdriver.clone(),
        session_timeout: flags.sessions_of.session_timeout,
        times: flags.save_recordings.as_deref().map(shard::last_times).unwrap_or_default(),
        journeys,
        base_url: flags.base_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        run_id: surroundings.run_id.clone(),
        env: surroundings.vars.clone(),
        analytics: flags.analytics.into(),
        tags: flags.tags,
        save_recordings: flags.save_recordings.clone(),
        screenshots: settings::screenshots(flags),
        states: runner::States::default(),
        learned: Learned::default(),
    })
}

/// All that a run needs.
#[derive(Debug)]
pub struct Plan {
    /// What is documented.
    pub spec: Spec,
    /// What is tested.
    pub site: Site,
    /// How.
    pub options: Options,
    /// What to write afterwards.
    pub reports: Vec<Request>,
    /// Of how many journeys the reports show the details.
    pub keep: Keep,
    /// How to judge.
    pub judging: Judging,
    /// How often a journey that fails is walked again.
    pub retries: u32,
    /// It is one of several shards.
    pub shard: Option<Kept>,
    /// What is compared with earlier runs.
    pub lookout: Lookout,
    /// Where states are kept until the next run.
    pub keep_state: Option<PathBuf>,
}

/// Runs, judges, reports; gives the exit code.
///
/// # Errors
/// [`Error::Interrupted`] at a second signal.
pub async fn execute(plan: Plan, looking: Looking, timings: bool, output: Output, screen: &Screen) -> Result<u8> {
    let Plan { spec, site, options, reports, keep, judging, retries, shard, keep_state, lookout } = plan;
    let signals = Signals::listen().map_err(|cause| Error::Other(format!("can't listen for signals: {cause}")))?;
    let began = Instant::now();
    let progress = progress::fitting(output, screen, options.journeys.len());
    let mut subject = Subject::new(&spec, &site, &options, progress, signals.cancel.clone())?;
    let bench = Bench::new(&spec, &site, &judging.terms);
    let failed = |recording: &Recording| bench.failed(recording);
    let journeys = Mutex::new(Assembler::new(&spec, &site, &judging.terms).keeping(keep));
    let take = |recording: Recording| {
        let judged = bench.judged(recording);
        lookout.take(&judged);
        let ready = Ready::new(&site, &judging.terms, judged);
        journeys.lock().unwrap_or_else(PoisonError::into_inner).retake(ready);
    };
    subject.looking = looking;
    subject.retrying = Retrying { times: retries, again: Some(&failed) };
    subject.taking = Some(&take);
    subject.baseline = judging.baseline();
    if let Some(shard) = &shard {
        shard.begin()?;
    }
    let running = runner::run_all(&subject);
    let outcome = until_second_signal(running, &signals, output, screen).await;
    screen.close();
    let outcome = outcome?;
    if timings {
        let text = progress::timings(&outcome.timings, began.elapsed(), progress::own_cpu_time());
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
    drop(subject);
    let journeys = journeys.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut happened = Happened {
        errors: outcome.errors.into_iter().map(|(browser, error)| (browser.name().to_owned(), error)).collect(),
        lost: outcome.lost.into_iter().map(lost_session).collect(),
        interrupted: outcome.interrupted || *signals.cancel.borrow(),
    };
    if !happened.interrupted {
        for column in runner::columns(&site, &options) {
            let selected = runner::journeys_in(&site, &options, column.name());
            let selected: Vec<&str> = selected.iter().map(|journey| journey.name.as_str()).collect();
            let error =
                not_run(column.name(), &selected, &happened.errors, |browser, name| journeys.has(browser, name));
            happened.errors.extend(error);
        }
    }
    let unwritten = shard.and_then(|shard| shard.end(&happened).err());
    let whole = !happened.interrupted;
    let unkept = keep_state.and_then(|path| kept_states::write(&path, &options.states).err());
    let unwritten = unwritten.or(unkept);
    let recorded = Recorded { journeys, selected: options.journeys.clone(), happened };
    let code = conclude::conclude(&spec, &site, recorded, &judging, &reports, output);
    let code = lookout.finish(whole, code, output);
    match unwritten {
        None => Ok(code),
        Some(error) => {
            tell(&error, output);
            Ok(if code == 0 { exit_code(&error) } else { code })
        }
    }
}

/// The error of a browser in which journeys have left no trace: they mustn't pass for some that were never asked for. `None` if
/// there are none, or if another error is why it ran nothing at all.
pub(super) fn not_run(
    browser: &str,
    selected: &[&str],
    errors: &[(String, Error)],
    has: impl Fn(&str, &str) -> bool,
) -> Option<(String, Error)> {
    let missing: Vec<&str> = selected.iter().copied().filter(|journey| !has(browser, journey)).collect();
    let told = missing.len() == selected.len() && errors.iter().any(|(name, _)| name == browser);
    let error = || Error::Other(format!("these journeys were not run: {}", missing.join(", ")));
    (!missing.is_empty() && !told).then(|| (browser.to_owned(), error()))
}

fn lost_session(Lost { lane, why, frame, returned }: Lost) -> LostSession {
    let message = why.message();
    LostSession { browser: lane.browser.name().to_owned(), session: lane.nth, message, frame, returned }
}

/// The first signal asks the run to end well; dropping it at the second one kills what it has started.
pub(super) async fn until_second_signal<T>(
    running: impl Future<Output = T>,
    signals: &Signals,
    output: Output,
    screen: &Screen,
) -> Result<T> {
    let mut running = std::pin::pin!(running);
    tokio::select! {
        outcome = &mut running => return Ok(outcome),
        () = signals.first() => {}
    }
    if !output.quiet {
        let text = "interrupted: browsers are being ended, and what was heard is kept; once more to stop at once";
        let text = output.stderr.paint(Ink::Warn, text);
        let _ = screen.around(|| writeln!(std::io::stderr().lock(), "{text}"));
    }
    tokio::select! {
        outcome = &mut running => Ok(outcome),
        () = signals.second() => Err(Error::Interrupted),
    }
}

/// Writes the reports and gives the exit code. One that can't be written keeps no other from being written, and turns
/// success into 3: the run is not what was asked for.
pub fn finish(collector: &Collector, report: &Report, requests: &[Request], output: Output) -> u8 {
    finish_for(&Ci::default(), collector, report, requests, output)
}

/// The same; screenshots beside the reports are named as the CI server finds them.
pub fn finish_for(ci: &Ci, collector: &Collector, report: &Report, requests: &[Request], output: Output) -> u8 {
    let mut code = report::exit_code(report);
    for request in requests {
        let written = match (&request.path, request.address()) {
            (_, Some(address)) => collector.send(&address, report),
            (Some(path), None) => file(ci, report, request.format, path),
            (None, None) => print_by(&|out| request.format.write(report, output.stdout, None, out)),
        };
        if let Err(error) = written {
            tell(&error, output);
            if code == 0 {
                code = exit_code(&error);
            }
        }
    }
    code
}

/// Writes a report into a file, and beside it the screenshots that it names.
fn file(ci: &Ci, report: &Report, format: Format, path: &Path) -> Result<()> {
    let pictures = if format.names_pictures() { report::write_pictures(path, report)? } else { None };
    let pictures = pictures.map(|folder| ci.name(&folder));
    report::write_by(path, &|out| format.write(report, Style::OFF, pictures.as_deref(), out))
}

/// Writes to standard output. A reader who has gone (`| head`) is no error.
///
/// # Errors
/// [`Error::Write`] for anything else: a full disk behind a redirection.
pub fn print(text: &str) -> Result<()> {
    print_by(&|out| out.write_all(text.as_bytes()))
}

/// The same with what `fill` writes.
///
/// # Errors
/// As [`print`].
pub(super) fn print_by(fill: &dyn Fn(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    match fill(&mut out).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Write { path: "standard output".into(), cause })
        }
        _ => Ok(()),
    }
}

/// Says on standard error where the files are.
pub fn say_where(requests: &[Request], recordings: Option<&PathBuf>, output: Output) {
    if output.quiet {
        return;
    }
    let mut lines: Vec<String> = requests
        .iter()
        .filter_map(|request| settings::place(request).map(|place| (request.format, place)))
        .map(|(format, place)| format!("{:<10}  {place}", name(format)))
        .collect();
    // Interrupted before the first journey, there are none.
    let recordings = recordings.filter(|directory| directory.is_dir());
    lines.extend(recordings.map(|directory| format!("{:<10}  {}", "recordings", directory.display())));
    for line in lines {
        let _ = writeln!(std::io::stderr().lock(), "{}", output.stderr.paint(Ink::Dim, &line));
    }
}

fn name(format: Format) -> &'static str {
    match format {
        Format::Terminal | Format::Html => "report",
        Format::Json => "JSON",
        Format::Junit => "JUnit",
        Format::Markdown => "Markdown",
        Format::Ctrf => "CTRF",
        Format::Tap => "TAP",
        Format::Openmetrics => "metrics",
        Format::Otlp => "traces",
    }
}
