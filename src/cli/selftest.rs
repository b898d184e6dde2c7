//! `chatproof selftest`: every fault of a catalogue seeded, caught and named; no conforming variant accused.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::browser::product::Product;
use crate::cli::args::SelftestArgs;
use crate::cli::run::{self, print};
use crate::cli::settings::{self, Output, Surroundings};
use crate::cli::signals::Signals;
use crate::cli::{catalogue, exit_code, files, progress, shard, tell};
use crate::error::{Error, Result};
use crate::report::style::{Ink, Style};
use crate::report::text::{count, duration, short};
use crate::report::{self, Format, Request};
use crate::runner::{self, LaneId, Options};
use crate::selftest::check::{Checked, Conclusion, check};
use crate::selftest::run::{Event, Plan, Progress};
use crate::selftest::{Catalogue, golden, json, list, matrix};
use crate::site::Needs;
use crate::site::visitors::{browser_of, column};

/// Walks the catalogue, or judges golden recordings of it, or lists it.
///
/// # Errors
/// What kept it from running or from writing.
pub async fn run(args: SelftestArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let reports = reports(&args.report, output.quiet)?;
    let catalogue = catalogue::load(args.catalogue.as_deref(), output.stderr)?;
    let ids: Vec<&str> = catalogue.entries.iter().map(|entry| entry.id.as_str()).collect();
    let mut chosen = settings::select_from(("entry", "entries"), ids, &args.only)?;
    if let Some(shard) = args.shard {
        chosen = shard::part(shard, ("entry", "entries"), &chosen, &weights(&catalogue, &chosen))?.names;
    }
    if args.list {
        return print(&list::render(&catalogue, &chosen, output.stdout)).map(|()| 0);
    }
    let (checked, errors, interrupted) = match &args.golden {
        Some(folder) => (judged(&catalogue, &chosen, folder)?, Vec::new(), false),
        None => walked(&args, &catalogue, chosen, output, surroundings).await?,
    };
    for (browser, message) in &errors {
        tell(&Error::Other(format!("{browser}: {message}")), output);
    }
    let code = conclude(&checked, &errors, interrupted);
    let mut ended = code;
    for request in &reports {
        let text = |style| match request.format {
            Format::Json => json::render(&catalogue, &checked, &errors, code),
            _ => matrix::render(&catalogue, &checked, style, output.verbose),
        };
        let written = match &request.path {
            Some(path) => report::write(path, &text(Style::OFF)),
            None => print(&text(output.stdout)),
        };
        if let Err(error) = written {
            tell(&error, output);
            if ended == 0 {
                ended = exit_code(&error);
            }
        }
    }
    Ok(ended)
}

/// How long each entry takes in one browser, in milliseconds.
fn weights(catalogue: &Catalogue, chosen: &[String]) -> Vec<u64> {
    let of = |id: &String| {
        let entry = catalogue.entries.iter().find(|entry| entry.id == *id);
        let journeys = entry.map(|entry| entry.journeys.as_slice()).unwrap_or_default();
        let once = journeys.iter().fold(0_u64, |sum, name| sum.saturating_add(shard::estimate(&catalogue.site, name)));
        once.saturating_mul(entry.map_or(1, |entry| entry.visited().len()) as u64)
    };
    chosen.iter().map(of).collect()
}

/// Not as declared (1) wins over what could not be told (3), and both over an interruption.
fn conclude(checked: &[Checked], errors: &[(String, String)], interrupted: bool) -> u8 {
    let open = |one: &Checked| matches!(one.conclusion, Conclusion::Open(_));
    if checked.iter().any(|one| !one.conclusion.as_declared() && !open(one)) {
        1
    } else if interrupted {
        130
    } else if checked.is_empty() || !errors.is_empty() || checked.iter().any(open) {
        3
    } else {
        0
    }
}

fn reports(asked: &[Request], quiet: bool) -> Result<Vec<Request>> {
    if asked.iter().any(|request| request.format == Format::Junit) {
        return Err(Error::Usage("selftest writes `terminal` and `json` only, no `junit`".into()));
    }
    settings::reports(asked, quiet)
}

type Walked = (Vec<Checked>, Vec<(String, String)>, bool);

async fn walked(
    args: &SelftestArgs,
    catalogue: &Catalogue,
    chosen: Vec<String>,
    output: Output,
    surroundings: &Surroundings,
) -> Result<Walked> {
    run::check_headed(args.headed && args.webdriver.is_none(), surroundings)?;
    let all: Vec<String> = catalogue.site.journeys.keys().cloned().collect();
    // Which browsers it runs in, and where its pages are, isn't the site file's to say.
    let needs = Needs { base_url: false, browsers: &[], journeys: &all };
    files::check_variables(&catalogue.site, &surroundings.vars, &needs, output.stderr)?;
    let options = Options {
        browsers: settings::kinds(&args.browser, &args.sessions_of, args.webdriver.is_some())?,
        headed: args.headed,
        jobs: usize::from(args.jobs),
        webdriver: args.webdriver.clone(),
        session_timeout: args.sessions_of.session_timeout,
        run_id: surroundings.run_id.clone(),
        env: surroundings.vars.clone(),
        save_recordings: args.save_recordings.clone(),
        ..Options::default()
    };
    for entry in catalogue.entries.iter().filter(|entry| chosen.contains(&entry.id) && !entry.visitors.is_empty()) {
        let (journeys, visitors) = (entry.journeys.clone(), entry.visitors.clone());
        let unfit = runner::check_visitors(&catalogue.site, &Options { journeys, visitors, ..options.clone() });
        unfit.map_err(|error| Error::Usage(format!("{}: {error}", entry.source.name)))?;
    }
    let plan = Plan { options, entries: chosen, keep: args.save_golden.is_some() };
    let signals = Signals::listen().map_err(|cause| Error::Other(format!("can't listen for signals: {cause}")))?;
    let progress = Arc::new(Lines { output });
    let running = crate::selftest::run::run(catalogue, &plan, progress, signals.cancel.clone());
    let outcome = run::until_second_signal(running, &signals, output, &surroundings.screen).await?;
    let interrupted = outcome.interrupted || *signals.cancel.borrow();
    if let (Some(folder), false) = (&args.save_golden, interrupted) {
        save_golden(folder, catalogue, &outcome.recordings, &plan.options.browsers)?;
    }
    // What was only begun, or not even that, says nothing.
    let done = |one: &Checked| !interrupted || !matches!(one.conclusion, Conclusion::Open(_));
    let checked = outcome.checked.into_iter().filter(done).collect();
    let errors =
        outcome.errors.into_iter().map(|(browser, error)| (browser.name().to_owned(), error.to_string())).collect();
    Ok((checked, errors, interrupted))
}

fn save_golden(
    folder: &Path,
    catalogue: &Catalogue,
    recordings: &[(String, Vec<crate::recording::Recording>)],
    browsers: &[Product],
) -> Result<()> {
    let first = browsers.first().map(|browser| browser.name());
    for (id, recordings) in recordings {
        let mine = recordings.first().is_some_and(|recording| Some(browser_of(&recording.browser.name)) == first);
        let Some(entry) = catalogue.entries.iter().find(|entry| entry.id == *id).filter(|_| mine) else { continue };
        let path = folder.join(golden::path(entry));
        let text =
            golden::write(recordings).map_err(|cause| Error::Write { path: path.clone(), cause: cause.into() })?;
        report::write(&path, &text)?;
    }
    Ok(())
}

/// Golden recordings judged by the catalogue as it is now.
///
/// # Errors
/// A file that is missing or that can't be read.
pub fn judged(catalogue: &Catalogue, chosen: &[String], folder: &Path) -> Result<Vec<Checked>> {
    let mut all = Vec::new();
    for entry in catalogue.entries.iter().filter(|entry| chosen.contains(&entry.id)) {
        let path = folder.join(golden::path(entry));
        let source = files::read(&path)?;
        let recordings = golden::read(&source.text).map_err(|why| {
            let help = "record it again: `chatproof selftest --save-golden DIR`";
            Error::Usage(format!("{} can't be judged: {why}\n  help: {help}", path.display()))
        })?;
        let first = recordings.first().map(|recording| browser_of(&recording.browser.name)).unwrap_or_default();
        for visitor in entry.visited() {
            all.push(check(catalogue, entry, &column(first, visitor), &recordings));
        }
    }
    Ok(all)
}

/// One line for each entry that is done.
struct Lines {
    output: Output,
}

impl Lines {
    fn say(&self, ink: Ink, lane: &LaneId, text: &str) {
        if !self.output.quiet {
            let style = self.output.stderr;
            let line = format!(
                "{}  {}",
                style.paint(Ink::Dim, &format!("{:<8}", progress::named(lane))),
                style.paint(ink, text)
            );
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }
}

impl Progress for Lines {
    fn heard(&self, lane: &LaneId, event: Event<'_>) {
        match event {
            Event::Session(event) => {
                if let Some((ink, text)) = progress::in_words(event, false) {
                    self.say(ink, lane, &text);
                }
            }
            Event::EntryFinished { entry, checked, nth, of } => {
                let (ink, what) = match &checked.conclusion {
                    Conclusion::Caught => (Ink::Plain, "caught".to_owned()),
                    Conclusion::Clear => (Ink::Plain, "not accused".to_owned()),
                    Conclusion::Missed => (Ink::Bad, "missed".to_owned()),
                    Conclusion::OtherReason => (Ink::Bad, "caught for another reason".to_owned()),
                    Conclusion::Unseen => (Ink::Plain, "not to be seen without its visitor".to_owned()),
                    Conclusion::SeenByAll => (Ink::Bad, "to be seen without its visitor".to_owned()),
                    Conclusion::FalseAlarm => (Ink::Bad, "false alarm".to_owned()),
                    Conclusion::Open(why) => (Ink::Doubt, format!("could not be told: {}", short(why))),
                };
                self.say(ink, lane, &format!("{nth:>3}/{of}  {} {} … {what}", entry.kind.name(), entry.id));
            }
            Event::BrowserFinished { entries, took } => {
                let (walked, took) = (count(entries, "entry", "entries"), duration(took.as_secs_f64() * 1000.0));
                self.say(Ink::Plain, lane, &format!("{walked} in {took}"));
            }
        }
    }
}

/// The folders of a golden directory that no entry has: left behind by one that was renamed.
pub fn orphans(catalogue: &Catalogue, folder: &Path) -> Vec<PathBuf> {
    let known: Vec<PathBuf> = catalogue.entries.iter().map(|entry| folder.join(golden::path(entry))).collect();
    let mut found = Vec::new();
    for kind in ["faults", "variants"] {
        let Ok(files) = std::fs::read_dir(folder.join(kind)) else { continue };
        found.extend(files.flatten().map(|file| file.path()).filter(|path| !known.contains(path)));
    }
    found.sort();
    found
}
