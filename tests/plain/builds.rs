//! What `cargo run` has built, `cargo test` doesn't build once more: the tests' own dependencies ask for no other features
//! of what the program rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Package -> the features that it is built with.
fn features(kinds: &str) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p} | {f}", "--edges", kinds])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (package, features) = line.trim_end_matches(" (*)").split_once(" | ").unwrap_or((line, ""));
        found
            .entry(package.to_owned())
            .or_default()
            .extend(features.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned));
    }
    found
}

#[test]
fn the_tests_ask_for_no_other_features_of_what_the_program_rests_on() {
    let (program, tests) = (features("normal,build"), features("normal,build,dev"));
    assert!(program.len() > 100, "{program:?}");
    let other: Vec<String> = program
        .iter()
        .filter(|(package, features)| tests.get(*package) != Some(features))
        .map(|(package, features)| format!("{package}: {features:?}, in tests {:?}", tests.get(package)))
        .collect();
    assert!(other.is_empty(), "ask for the same ones in [dependencies]: {other:#?}");
}
