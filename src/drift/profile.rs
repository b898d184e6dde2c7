//! `profile.yaml`: what was seen over many runs, kept in a file and compared with new runs.

use serde::{Deserialize, Serialize};

use super::{About, Change, Run, Weight, yaml};

/// The `format` that this version writes.
pub const FORMAT: &str = "chatproof-profile/1";

/// A profile that is larger is none that chatproof wrote.
pub const MOST_BYTES: u64 = 20_000_000;

/// More columns and journeys are not kept.
const MOST: usize = 1000;

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    #[serde(flatten)]
    run: Run,
}

/// Reads a profile.
///
/// # Errors
/// What is wrong with it, for a person.
pub fn read(text: &str, name: &str) -> Result<Run, String> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        format: String,
    }
    let said = |error: serde_saphyr::Error| {
        let error = error.to_string();
        error.lines().next().unwrap_or("it can't be read").to_owned()
    };
    let head: Head = serde_saphyr::from_str(text).map_err(said)?;
    match head.format.as_str() {
        FORMAT => {}
        "" => return Err(format!("it says no `format`; this version reads `{FORMAT}`")),
        other => {
            let other = crate::report::text::short(other);
            return Err(format!("its format is `{other}`; this version reads `{FORMAT}`"));
        }
    }
    let file: File = serde_saphyr::from_str(text).map_err(said)?;
    Ok(Run { name: name.to_owned(), ..file.run })
}

/// Writes a profile.
///
/// # Errors
/// None that can happen: all keys are texts.
pub fn write(run: &Run) -> Result<String, serde_json::Error> {
    let file = serde_json::to_value(File { format: FORMAT.to_owned(), run: run.clone() })?;
    let head = "# What chatproof saw over many runs: shapes, counts and times, no values. `--learn` adds to it, `--profile`\n\
                # warns about what isn't in it. Delete what should be learnt anew.\n";
    Ok(format!("{head}{}", yaml::render(&file)))
}

/// Adds what a run saw. What broke isn't learnt, nor what a journey saw that broke off: it would pass for usual.
pub fn learn(profile: &mut Run, run: &Run) {
    for (column, journeys) in &run.columns {
        if profile.columns.len() >= MOST && !profile.columns.contains_key(column) {
            continue;
        }
        let own = profile.columns.entry(column.clone()).or_default();
        for (name, seen) in journeys {
            if seen.unfinished > 0 || (own.len() >= MOST && !own.contains_key(name)) {
                continue;
            }
            let mut seen = seen.clone();
            seen.broken.clear();
            own.entry(name.clone()).or_default().join(seen);
        }
    }
    profile.columns.retain(|_, journeys| !journeys.is_empty());
}

/// What of a comparison with a profile is worth a warning: what is new, gone or otherwise. What a run judges itself isn't.
pub fn warnings(changes: &[Change]) -> impl Iterator<Item = &Change> {
    changes.iter().filter(|change| {
        change.weight != Weight::Better && !matches!(change.about, About::Requirement | About::Journey)
    })
}
