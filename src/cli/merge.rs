//! `chatproof merge`: the recordings of all shards judged as one run.
//!
//! A shard that is missing, that broke off or whose browser could not be used is an error of that run, as a browser that
//! could not be used is of one that wasn't shared out: it is never a pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::cli::args::MergeArgs;
use crate::cli::assemble::{Assembler, Happened, Judged, Ready};
use crate::cli::conclude::{self, Judging, Recorded};
use crate::cli::known::Places;
use crate::cli::lookout::Lookout;
use crate::cli::manifest::{self, Found, Manifest, State};
use crate::cli::recordings::{self, Files, Identity};
use crate::cli::settings::{self, Output, Surroundings};
use crate::cli::{files, say};
use crate::error::{Error, Result};
use crate::judge::Judge;
use crate::recording::{Ending, FileCopy, Recording};
use crate::report::style::Ink;
use crate::report::text;
use crate::site::Site;
use crate::site::visitors::browser_of;
use crate::source::SourceFile;
use crate::spec;

/// As many names as a person reads.
const NAMES: usize = 20;

/// Judges what all shards have recorded, as one run.
///
/// # Errors
/// What can't be read, and shards that are no parts of one run.
pub fn run(args: &MergeArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let reports = settings::reports(&args.reports.list, output.quiet)?;
    let lookout = Lookout::new(&args.reports)?;
    let shards = find(&args.folders, output)?;
    let Some(first) = shards.first() else {
        return Err(Error::Usage(
            "there is no shard in any of these folders\n  help: shards are what `chatproof run --shard K/N \
             --save-recordings DIR` writes; recordings of a whole run are judged by `chatproof judge`"
                .into(),
        ));
    };
    check_alike(&shards, first)?;
    let source = |copy: &FileCopy| SourceFile::from(copy);
    let of = &first.manifest;
    let spec = spec::parse(source(&of.spec)).map_err(|found| files::mistakes(&found, output.stderr))?;
    let site = files::parse_site(source(&of.site), &spec, output.stderr)?;
    // A file that is named holds instead, also one that is only to be written.
    let copy = of.baseline.clone().filter(|_| !args.terms.no_baseline && args.terms.baseline.is_none());
    let judging = Judging::new(&args.terms, Places { site: None, copy }, (&spec, &site), surroundings, output.stderr)?;
    let folders: BTreeSet<PathBuf> = shards.iter().map(|shard| shard.folder().to_owned()).collect();
    let judge = Judge::new(&spec, &site);
    let journeys = Mutex::new(Assembler::new(&spec, &site, &judging.terms).keeping(settings::keep(&args.reports)));
    let looked = Files::of(&folders.into_iter().collect::<Vec<_>>())?.each(|path, recording| {
        let looked = Looked::at(path, &recording, &shards);
        if looked.shard.is_some() && !looked.other_rules {
            let judged = Judged::new(&judge, recording);
            lookout.take(&judged);
            let ready = Ready::new(&site, &judging.terms, judged);
            journeys.lock().unwrap_or_else(PoisonError::into_inner).take(ready);
        }
        looked
    })?;
    let (own, strays): (Vec<Looked>, Vec<Looked>) = looked.into_iter().partition(|one| one.shard.is_some());
    recordings::check_apart(own.iter().map(|one| &one.identity))?;
    if let Some(other) = own.iter().find(|one| one.other_rules) {
        let path = other.identity.path.display();
        return Err(Error::Usage(format!("{path} was made with another site file or spec than its shard says")));
    }
    if !strays.is_empty() {
        let what = text::count(strays.len(), "recording is", "recordings are");
        say(output, Ink::Warn, &format!("{what} of another run than these shards, and left out"));
    }
    let interrupted = shards.iter().any(|shard| shard.manifest.state == State::Interrupted);
    let mut happened =
        Happened { interrupted: interrupted || own.iter().any(|one| one.interrupted), ..Happened::default() };
    happened.lost = shards.iter().flat_map(|shard| shard.manifest.lost.iter().cloned()).collect();
    let recorded: BTreeSet<(usize, &str, &str)> = own.iter().filter_map(Looked::place).collect();
    for browser in browsers(&shards) {
        let gaps = gaps(&shards, &site, browser, &recorded);
        happened.errors.extend(gaps.into_iter().map(|error| (browser.to_owned(), error)));
    }
    let there = browsers(&shards);
    let is_there = |wanted: &str| there.iter().any(|column| *column == wanted || browser_of(column) == wanted);
    for browser in args.browser.iter().filter(|wanted| !is_there(wanted)) {
        let message = "none of its shards is there".to_owned();
        let help = Some("see whether its jobs ran, and kept what `--save-recordings` wrote".to_owned());
        happened.errors.push((browser.clone(), Error::Browser { message, help }));
    }
    let selected = site.journeys.keys().filter(|name| of.selected.contains(name)).cloned().collect();
    let journeys = journeys.into_inner().unwrap_or_else(PoisonError::into_inner);
    let whole = !happened.interrupted;
    let recorded = Recorded { journeys, selected, happened };
    let code = conclude::conclude(&spec, &site, recorded, &judging, &reports, output);
    Ok(lookout.finish(whole, code, output))
}

/// The shards of all folders, each once, by number.
fn find(folders: &[PathBuf], output: Output) -> Result<Vec<Found>> {
    let mut shards: Vec<Found> = Vec::new();
    for folder in folders {
        let found = manifest::find(folder)?;
        if found.is_empty() {
            say(output, Ink::Warn, &format!("there is no shard in {}", folder.display()));
        }
        for shard in found {
            if !shards.iter().any(|other| other.path == shard.path) {
                shards.push(shard);
            }
        }
    }
    shards.sort_by(|a, b| (a.manifest.shard, &a.path).cmp(&(b.manifest.shard, &b.path)));
    Ok(shards)
}

/// The names of the browsers that any shard was to run in.
fn browsers(shards: &[Found]) -> BTreeSet<&str> {
    shards.iter().flat_map(|shard| &shard.manifest.browsers).map(String::as_str).collect()
}

/// The shards are of one run: of the same files and journeys, and no two of them have one journey in one browser.
fn check_alike(shards: &[Found], first: &Found) -> Result<()> {
    type Same = fn(&Manifest, &Manifest) -> bool;
    let alike: [(&str, Same); 4] = [
        ("were made with different versions of their site file", |a, b| a.site.says_the_same_as(&b.site)),
        ("were made with different versions of their spec", |a, b| a.spec.text == b.spec.text),
        ("were made with different known failures", |a, b| {
            a.baseline.as_ref().map(|copy| &copy.text) == b.baseline.as_ref().map(|copy| &copy.text)
        }),
        ("were to share out different journeys (--only)", |a, b| a.selected == b.selected),
    ];
    for shard in shards {
        for (what, same) in alike {
            if !same(&first.manifest, &shard.manifest) {
                return Err(apart(first, shard, what, "merge shards of one run; run those of another again"));
            }
        }
    }
    for browser in browsers(shards) {
        let mut owner: BTreeMap<&str, &Found> = BTreeMap::new();
        let mut numbers: BTreeMap<usize, &Found> = BTreeMap::new();
        let mut some: Option<&Found> = None;
        for shard in in_browser(shards, browser) {
            let Manifest { shard: number, of, journeys, .. } = &shard.manifest;
            if let Some(other) = some.replace(shard).filter(|other| other.manifest.of != *of) {
                let what = "are not of as many shards";
                return Err(apart(other, shard, what, "take away what an earlier run left in the folder"));
            }
            if let Some(other) = numbers.insert(*number, shard) {
                let what = format!("are the same one in {}", text::short(browser));
                return Err(apart(other, shard, &what, "merge one of them"));
            }
            for journey in journeys {
                if let Some(other) = owner.insert(journey, shard) {
                    let what = format!("both have journey `{}` in {}", text::short(journey), text::short(browser));
                    return Err(apart(other, shard, &what, ALIKE));
                }
            }
        }
    }
    Ok(())
}

const ALIKE: &str =
    "journeys weren't shared out alike: give all shards the same `--shard-times` folder, or none of them any";

fn apart(one: &Found, other: &Found, what: &str, help: &str) -> Error {
    Error::Usage(format!("{} and {} {what}\n  help: {help}", one.told(), other.told()))
}

fn in_browser<'s>(shards: &'s [Found], browser: &'s str) -> impl Iterator<Item = &'s Found> {
    shards.iter().filter(move |shard| shard.manifest.browsers.iter().any(|name| name == browser))
}

/// What is to be known of a recording, once it has been let go.
#[derive(Debug)]
struct Looked {
    identity: Identity,
    /// The shard that made it, by index.
    shard: Option<usize>,
    other_rules: bool,
    interrupted: bool,
}

impl Looked {
    fn at(path: &Path, recording: &Recording, shards: &[Found]) -> Self {
        let identity = Identity::of(path, recording);
        let made = |shard: &Found| {
            let Manifest { run, browsers, journeys, .. } = &shard.manifest;
            path.parent() == Some(shard.folder())
                && *run == identity.run
                && browsers.contains(&identity.browser)
                && journeys.contains(&identity.journey)
        };
        let shard = shards.iter().position(made);
        let rules = |shard: &Found| {
            let Manifest { site, spec, .. } = &shard.manifest;
            !site.says_the_same_as(&recording.site) || spec.text != recording.spec.text
        };
        let other_rules = shard.and_then(|at| shards.get(at)).is_some_and(rules);
        Self { identity, shard, other_rules, interrupted: recording.ending == Ending::Interrupted }
    }

    /// Of which shard, in which browser, which journey.
    fn place(&self) -> Option<(usize, &str, &str)> {
        Some((self.shard?, &self.identity.browser, &self.identity.journey))
    }
}

/// What of a run is missing in a browser, and why, as far as it is known.
fn gaps(shards: &[Found], site: &Site, browser: &str, recorded: &BTreeSet<(usize, &str, &str)>) -> Vec<Error> {
    // A journey of other visitors' isn't missing here.
    let belongs = |manifest: &Manifest, name: &str| {
        site.journeys.get(name).is_none_or(|journey| site.is_in_column(journey, browser, &manifest.visitors))
    };
    let mut errors = Vec::new();
    let there: Vec<&Manifest> = in_browser(shards, browser).map(|shard| &shard.manifest).collect();
    let Some(one) = there.first() else { return errors };
    let missing: Vec<usize> = (1..=one.of).filter(|number| !there.iter().any(|m| m.shard == *number)).collect();
    let shared: BTreeSet<&String> = there.iter().flat_map(|manifest| &manifest.journeys).collect();
    let left = one.selected.iter().filter(|name| !shared.contains(name) && belongs(one, name));
    let left: Vec<&str> = left.map(String::as_str).collect();
    if !missing.is_empty() {
        let names: Vec<String> = missing.iter().map(|number| format!("{number}/{}", one.of)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (what, them) = if names.len() == 1 {
            ("shard", "is missing, and with it")
        } else {
            ("shards", "are missing, and with them")
        };
        let message = format!("{what} {} {them} these journeys: {}", listed(&names), listed(&left));
        let help =
            "see whether its job ran, and kept what `--save-recordings` wrote; run it again, and merge all of them";
        errors.push(Error::Browser { message, help: Some(help.into()) });
    } else if !left.is_empty() {
        let message = format!("these journeys are in no shard: {}", listed(&left));
        errors.push(Error::Browser { message, help: Some(ALIKE.into()) });
    }
    for (at, shard) in shards.iter().enumerate() {
        let Manifest { browsers, journeys, state, errors: told, .. } = &shard.manifest;
        if !browsers.iter().any(|name| name == browser) {
            continue;
        }
        let number = shard.manifest.shard();
        let own = journeys.iter().map(String::as_str).filter(|name| belongs(&shard.manifest, name));
        let open: Vec<&str> = own.filter(|name| !recorded.contains(&(at, browser, *name))).collect();
        let told: Vec<_> = told.iter().filter(|failure| failure.browser == browser).collect();
        for failure in &told {
            let message = format!("shard {number}: {}", failure.message);
            errors.push(Error::Browser { message, help: failure.help.clone() });
        }
        let why = match state {
            State::Running => "broke off",
            State::Interrupted => continue,
            State::Ended if open.is_empty() || !told.is_empty() => continue,
            State::Ended => "came to its end",
        };
        let what = match open.as_slice() {
            [] => "all its journeys are there, but it didn't come to its end".to_owned(),
            open => format!("it {why}, and of these journeys there is no recording: {}", listed(open)),
        };
        let help = "see what its job's log says; run it again, and merge all of them";
        errors.push(Error::Browser { message: format!("shard {number}: {what}"), help: Some(help.into()) });
    }
    errors
}

fn listed(names: &[&str]) -> String {
    let mut out: Vec<String> = names.iter().take(NAMES).map(|name| text::short(name)).collect();
    if names.len() > NAMES {
        out.push(format!("and {} more", text::grouped(names.len() - NAMES)));
    }
    out.join(", ")
}
