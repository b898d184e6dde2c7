//! `--learn`, `--profile` and `--history`: what a run saw is kept, and compared with what earlier runs saw.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::cli::args::ReportFlags;
use crate::cli::assemble::Judged;
use crate::cli::settings::Output;
use crate::cli::{compare, exit_code, files, history, say, tell};
use crate::drift::{self, Gather, Run, profile};
use crate::error::{Error, Result};
use crate::report::style::Ink;
use crate::report::{self, text};

/// So many warnings are read.
const WARNINGS: usize = 20;

/// Looks at what is recorded, if that is asked for.
#[derive(Debug, Default)]
pub struct Lookout {
    gather: Option<Mutex<Gather>>,
    /// The profile that is compared with.
    known: Option<Run>,
    learn: Option<PathBuf>,
    /// The folder of the history, and how many runs it keeps.
    history: Option<(PathBuf, usize)>,
}

impl Lookout {
    /// As the flags ask for it.
    ///
    /// # Errors
    /// A profile that isn't there, or can't be read: before anything is run.
    pub fn new(flags: &ReportFlags) -> Result<Self> {
        let known = flags.profile.as_deref().map(read).transpose()?;
        if let Some(path) = flags.learn.as_deref().filter(|path| path.exists()) {
            read(path)?;
        }
        let most = usize::try_from(flags.history_keep).unwrap_or(usize::MAX);
        let history = flags.history.clone().map(|folder| (folder, most));
        let gather = match &history {
            Some(_) => Some(Gather::default().with_held()),
            None => (known.is_some() || flags.learn.is_some()).then(Gather::default),
        };
        Ok(Self { gather: gather.map(Mutex::new), known, learn: flags.learn.clone(), history })
    }

    /// Takes what was recorded and judged.
    pub fn take(&self, judged: &Judged) {
        if let Some(gather) = &self.gather {
            gather.lock().unwrap_or_else(PoisonError::into_inner).take(&judged.recording, &judged.verdicts);
        }
    }

    /// Warns about what is new, then learns it. `whole`: the run wasn't interrupted. Gives the exit code: what can't be
    /// written turns success into failure.
    pub fn finish(self, whole: bool, code: u8, output: Output) -> u8 {
        let Some(gather) = self.gather else { return code };
        let gather = gather.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut code = code;
        if let Some(((folder, most), entry)) = self.history.filter(|_| whole).zip(gather.summary(code))
            && let Err(error) = history::keep(&folder, &entry, most)
        {
            tell(&error, output);
            code = if code == 0 { exit_code(&error) } else { code };
        }
        let run = gather.finish("this run");
        if let Some(known) = &self.known {
            warn(known, &run, output);
        }
        let Some(path) = self.learn.filter(|_| whole) else { return code };
        match learn(&path, &run) {
            Ok(journeys) => {
                let what = text::count(journeys, "journey", "journeys");
                say(output, Ink::Plain, &format!("{} has learnt what {what} showed", path.display()));
                code
            }
            Err(error) => {
                tell(&error, output);
                if code == 0 { exit_code(&error) } else { code }
            }
        }
    }
}

fn read(path: &Path) -> Result<Run> {
    let source = files::read(path)?;
    compare::profile(&source.text, &path.display().to_string()).map_err(|why| {
        let help = "a profile is what `--learn` writes";
        Error::Usage(format!("{}: this profile can't be read: {why}\n  help: {help}", path.display()))
    })
}

fn warn(known: &Run, run: &Run, output: Output) {
    let Ok(comparison) = drift::compare(known, run) else {
        say(output, Ink::Warn, &format!("{} knows none of these journeys", known.name));
        return;
    };
    let new: Vec<_> = profile::warnings(&comparison.changes).collect();
    if new.is_empty() {
        say(output, Ink::Good, &format!("nothing is new against {}", known.name));
        return;
    }
    let what = text::count(new.len(), "thing is", "things are");
    say(output, Ink::Warn, &format!("{what} otherwise than {} knows:", known.name));
    for line in drift::terminal::warnings(new.into_iter(), WARNINGS) {
        say(output, Ink::Warn, &format!("  {line}"));
    }
}

/// Adds a run to the file; gives how many journeys it has learnt from.
fn learn(path: &Path, run: &Run) -> Result<usize> {
    // Read again: another job may have learnt meanwhile.
    let mut known = if path.exists() { read(path)? } else { Run::default() };
    profile::learn(&mut known, run);
    let written =
        profile::write(&known).map_err(|cause| Error::Other(format!("a profile can't be written: {cause}")))?;
    report::write(path, &written)?;
    Ok(run.columns.values().flat_map(|column| column.values()).filter(|seen| seen.unfinished == 0).count())
}
