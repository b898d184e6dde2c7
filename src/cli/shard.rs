//! `--shard K/N`: which journeys are this machine's. Each machine finds out alone, and all come to the same.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::cli::recordings;
use crate::error::{Error, Result};
use crate::report::text;
use crate::site::Site;

/// One part of several: `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
}

/// More parts than that are a slip of the keyboard.
const MOST: usize = 10_000;

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        let Some((number, of)) = parts else { return Err("it's K/N, such as 2/4: the second of four".into()) };
        match (number, of) {
            (0, _) | (_, 0) => Err("shards are counted from 1: the first of four is 1/4".into()),
            (_, of) if of > MOST => Err(format!("there are at most {MOST} shards")),
            (number, of) if number > of => Err(format!("there is no shard {number} of {of}; the last is {of}/{of}")),
            (number, of) => Ok(Self { number, of }),
        }
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// How long journeys took, in milliseconds, by browser and journey.
pub type Times = BTreeMap<(String, String), u64>;

/// What a recording says about its time.
#[derive(Deserialize)]
struct Timed {
    browser: Named,
    journey: String,
    #[serde(default)]
    took_ms: f64,
    #[serde(default)]
    steps: Vec<Acted>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Acted {
    acted_ms: Option<f64>,
}

/// The times of the recordings in a folder, or in folders in it: of several of one journey the longest. None, if there is
/// no such folder: a CI server's cache is empty at first.
///
/// # Errors
/// What can't be read.
pub fn times(folder: &Path) -> Result<Times> {
    let mut times = Times::new();
    let mut files = Vec::new();
    for directory in recordings::directories(folder)? {
        files.extend(recordings::json_files(&directory)?);
    }
    for file in files {
        let failed = |cause| Error::Read { path: file.clone(), cause };
        let bytes = std::fs::read(&file).map_err(failed)?;
        // What isn't a recording has no time to tell.
        let Ok(timed) = serde_json::from_slice::<Timed>(&bytes) else { continue };
        let took = timed.steps.iter().filter_map(|step| step.acted_ms).fold(timed.took_ms, f64::max);
        if took.is_finite() && took > 0.0 {
            let known = times.entry((timed.browser.name, timed.journey)).or_default();
            *known = (*known).max(took.ceil() as u64);
        }
    }
    Ok(times)
}

/// The times of the last run's recordings, where they are to give way to new ones. They only say what is begun first: what
/// can't be read says nothing, and no more is read than takes a moment.
pub fn last_times(folder: &Path) -> Times {
    /// In bytes.
    const MOST: u64 = 100_000_000;
    let of_file = |path: &PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
    let folders = recordings::directories(folder).unwrap_or_default();
    let files = folders.iter().flat_map(|folder| recordings::json_files(folder).unwrap_or_default());
    if files.map(|file| of_file(&file)).sum::<u64>() > MOST {
        return Times::new();
    }
    times(folder).unwrap_or_default()
}

/// How long a journey takes in one browser, in milliseconds, as far as the site file tells.
pub fn estimate(site: &Site, name: &str) -> u64 {
    let millis = site.journeys.get(name).map_or(0, |journey| site.estimate(journey).as_millis());
    u64::try_from(millis).unwrap_or(u64::MAX).clamp(1, 1 << 40)
}

/// How long each of these journeys takes in all of its columns together, in milliseconds. One that was never timed is taken to
/// differ from its estimate as the others do.
pub fn weights(site: &Site, journeys: &[String], (columns, visitors): (&[&str], &[String]), times: &Times) -> Vec<u64> {
    let estimate = |name: &String| estimate(site, name);
    let known = |browser: &str, name: &String| times.get(&(browser.to_owned(), name.clone())).copied();
    let of_journey = |name: &String| {
        let journey = site.journeys.get(name);
        let fits = move |column: &&&str| journey.is_none_or(|journey| site.is_in_column(journey, column, visitors));
        columns.iter().filter(fits).copied()
    };
    let (mut timed, mut estimated) = (0_u128, 0_u128);
    for name in journeys {
        for time in of_journey(name).filter_map(|browser| known(browser, name)) {
            timed += u128::from(time);
            estimated += u128::from(estimate(name));
        }
    }
    let scaled = |name: &String| match (timed, estimated) {
        (0, _) | (_, 0) => estimate(name),
        (timed, estimated) => u64::try_from(u128::from(estimate(name)) * timed / estimated).unwrap_or(u64::MAX).max(1),
    };
    let of = |name: &String| {
        of_journey(name)
            .fold(0_u64, |sum, browser| sum.saturating_add(known(browser, name).unwrap_or_else(|| scaled(name))))
    };
    journeys.iter().map(of).collect()
}

/// Shares them out: the heaviest first, each to the shard that has least. Gives the shard of each, from 0.
pub fn split(weights: &[u64], shards: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| (Reverse(weights.get(*at).copied()), *at));
    let mut loads = vec![(0_u64, 0_usize); shards.max(1)];
    let mut out = vec![0; weights.len()];
    for at in order {
        let least = loads.iter().enumerate().min_by_key(|(shard, load)| (**load, *shard)).map_or(0, |(shard, _)| shard);
        if let (Some(load), Some(weight), Some(place)) = (loads.get_mut(least), weights.get(at), out.get_mut(at)) {
            *load = (load.0.saturating_add(*weight), load.1 + 1);
            *place = least;
        }
    }
    out
}

/// What is this shard's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Names of what it is to run, in their own order.
    pub names: Vec<String>,
    /// How much of the time of all that takes, in percent.
    pub share: u64,
}

/// This shard's part of journeys of which some have to stay together: `bound` gives for each the first one that it stays with, by
/// place.
///
/// # Errors
/// As [`part`].
pub fn part_bound(shard: Shard, all: &[String], weights: &[u64], bound: &[usize]) -> Result<Part> {
    let firsts: Vec<usize> = (0..all.len()).filter(|at| bound.get(*at) == Some(at)).collect();
    let weight = |first: &usize| {
        let own = bound.iter().zip(weights).filter(|(of, _)| *of == first);
        own.fold(0_u64, |sum, (_, weight)| sum.saturating_add(*weight))
    };
    let grouped: Vec<u64> = firsts.iter().map(weight).collect();
    let named: Vec<String> = firsts.iter().filter_map(|at| all.get(*at).cloned()).collect();
    let noun = match firsts.len() == all.len() {
        true => ("journey", "journeys"),
        false => ("journey or group that shares a state", "journeys or groups that share a state"),
    };
    let Part { names, share } = part(shard, noun, &named, &grouped)?;
    let is_own = |at: &usize| all.get(*at).is_some_and(|first| names.contains(first));
    let names = all.iter().zip(bound).filter(|(_, first)| is_own(first)).map(|(name, _)| name.clone()).collect();
    Ok(Part { names, share })
}

/// This shard's part of the journeys, or of anything else that has a name and a weight: `noun` in the singular and the plural.
///
/// # Errors
/// [`Error::Usage`] if there are more shards than journeys: one that runs nothing proves nothing.
pub fn part(shard: Shard, (one, many): (&str, &str), all: &[String], weights: &[u64]) -> Result<Part> {
    if shard.of > all.len() {
        return Err(Error::Usage(format!(
            "--shard {shard}: there are only {} to share out\n  help: use at most {} shards, here and on the other machines",
            text::count(all.len(), one, many),
            all.len()
        )));
    }
    let shards = split(weights, shard.of);
    let own = |at: usize| shards.get(at) == Some(&(shard.number - 1));
    let sum = |only: &dyn Fn(usize) -> bool| -> u128 {
        weights.iter().enumerate().filter(|(at, _)| only(*at)).map(|(_, weight)| u128::from(*weight)).sum()
    };
    let (part, whole) = (sum(&own), sum(&|_| true));
    let names = all.iter().enumerate().filter(|(at, _)| own(*at)).map(|(_, name)| name.clone()).collect();
    let share = (part * 100 + whole / 2).checked_div(whole).unwrap_or(0);
    Ok(Part { names, share: u64::try_from(share).unwrap_or(100) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOUN: (&str, &str) = ("journey", "journeys");

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        assert_eq!("4/4".parse::<Shard>().unwrap().to_string(), "4/4");
        for wrong in ["", "2", "/", "0/4", "5/4", "1/0", "-1/4", "1/2/3", "a/b", "1/10001", "1/99999999999999999999"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_journey_is_in_one_shard_and_the_loads_are_alike() {
        let weights: Vec<u64> = (0..100).map(|at| 1000 + (at * 7919) % 4000).collect();
        for shards in [1, 2, 3, 7, 16] {
            let split = split(&weights, shards);
            let load = |shard: usize| -> u64 {
                split.iter().zip(&weights).filter(|(of, _)| **of == shard).map(|(_, weight)| weight).sum()
            };
            let loads: Vec<u64> = (0..shards).map(load).collect();
            assert_eq!(loads.iter().sum::<u64>(), weights.iter().sum::<u64>());
            let (least, most) = (loads.iter().min().unwrap(), loads.iter().max().unwrap());
            assert!(most - least <= 5000, "{loads:?}");
        }
    }

    #[test]
    fn no_shard_is_empty_while_there_are_journeys() {
        assert_eq!(split(&[9, 1, 1], 3), [0, 1, 2]);
        assert_eq!(split(&[0, 0, 0], 3), [0, 1, 2]);
        assert_eq!(split(&[1, 1, 9, 1], 2), [1, 1, 0, 1]);
        assert_eq!(split(&[], 3), [0; 0]);
    }

    #[test]
    fn a_shard_says_how_much_of_the_time_is_its_own() {
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let part = |number| part(Shard { number, of: 2 }, NOUN, &names, &[100, 900, 50]).unwrap();
        assert_eq!(part(1), Part { names: vec!["b".into()], share: 86 });
        assert_eq!(part(2), Part { names: vec!["a".into(), "c".into()], share: 14 });
        let text = super::part(Shard { number: 1, of: 4 }, NOUN, &names, &[1, 1, 1]).unwrap_err().to_string();
        assert!(text.contains("there are only 3 journeys") && text.contains("at most 3 shards"), "{text}");
    }

    #[test]
    fn what_shares_a_state_stays_together() {
        let names: Vec<String> = ["a", "b", "login", "c"].map(str::to_owned).to_vec();
        let part = |number, of| part_bound(Shard { number, of }, &names, &[100, 100, 100, 50], &[0, 1, 0, 0]);
        assert_eq!(part(1, 2).unwrap(), Part { names: vec!["a".into(), "login".into(), "c".into()], share: 71 });
        assert_eq!(part(2, 2).unwrap().names, ["b"]);
        assert!(part(1, 3).unwrap_err().to_string().contains("only 2 journeys or groups that share a state"));
    }

    #[test]
    fn a_journey_that_was_never_timed_is_taken_to_differ_from_its_estimate_as_the_others_do() {
        let spec = crate::spec::parse(crate::spec::open("adobe-dynamic-chat", None).unwrap()).unwrap();
        let text = "spec: adobe-dynamic-chat\nbase_url: https://x.example\njourneys:\n  \
                    a: { steps: [{ open: /, fires: CONVERSATION_TRIGGERED }] }\n  \
                    b: { steps: [{ open: / }, { pause: 20s }] }\n  \
                    c: { steps: [{ open: / }] }\n";
        let style = crate::report::style::Style::OFF;
        let site = crate::cli::files::parse_site(crate::source::SourceFile::new("s", text), &spec, style).unwrap();
        let names: Vec<String> = site.journeys.keys().cloned().collect();
        let none = weights(&site, &names, (&["firefox"], &[]), &Times::new());
        assert_eq!(none[0], none[2]);
        assert!(none[1] > none[0] + 19_000, "{none:?}");
        let both = weights(&site, &names, (&["firefox", "chromium"], &[]), &Times::new());
        assert_eq!(both[0], 2 * none[0]);
        let timed = Times::from([(("firefox".to_owned(), "a".to_owned()), 3 * none[0])]);
        assert_eq!(
            weights(&site, &names, (&["firefox"], &[]), &timed),
            none.iter().map(|one| 3 * one).collect::<Vec<_>>()
        );
        // Of another browser it says nothing yet.
        assert_eq!(weights(&site, &names, (&["chromium"], &[]), &timed), none);
    }
}
