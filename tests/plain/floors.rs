//! Imports go down only. The floors are read from the table in `src/lib.rs`, so that table can't lie.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Modules that must not know each other, though their floors would allow it.
const STRANGERS: [(&str, &str); 3] = [("judge", "report"), ("browser", "fixture_site"), ("page", "fixture_site")];

/// Crates that a floor has no business with.
const FOREIGN: [(&str, &[&str]); 2] = [
    ("judge", &["tokio", "hyper", "tokio_tungstenite", "std::fs", "std::env"]),
    ("report", &["tokio", "hyper", "tokio_tungstenite", "std::env", "anstream"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Module -> floor, from the rows `//! | 5 | [`cli`] | ... |`.
fn floors() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(source().join("lib.rs")).unwrap();
    let mut floors = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Ok(floor) = cells[0].parse::<u32>() else { continue };
        for name in cells[1].split(',') {
            floors.insert(name.trim().trim_matches(['[', ']', '`']).to_owned(), floor);
        }
    }
    floors
}

fn rust_files(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    into.sort();
}

/// The top-level module that a file belongs to; `None` for `lib.rs` and `main.rs`.
fn module_of(file: &Path) -> Option<String> {
    let below = file.strip_prefix(source()).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    let name = first.trim_end_matches(".rs").to_owned();
    (name != "lib" && name != "main").then_some(name)
}

/// Code without comments. What follows `//` inside a string is lost too, which hides no import.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Modules named after `crate::`, also in `use crate::{a, b::c}`.
fn imports(code: &str) -> Vec<String> {
    let mut out = Vec::new();
    for after in code.split("crate::").skip(1) {
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(group) = after.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && !c.is_whitespace() => {
                        out.push(word(&group[at..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            out.push(word(after));
        }
    }
    out
}

#[test]
fn the_table_names_every_module() {
    let floors = floors();
    let text = std::fs::read_to_string(source().join("lib.rs")).unwrap();
    for line in code(&text).lines() {
        if let Some(name) = line.trim().strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            assert!(floors.contains_key(name), "`{name}` stands on no floor: add it to the table in src/lib.rs");
        }
    }
    assert!(floors.len() >= 10, "the table could not be read: {floors:?}");
}

#[test]
fn imports_go_down_only() {
    let floors = floors();
    let mut files = Vec::new();
    rust_files(&source(), &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let Some(own) = module_of(file) else { continue };
        let Some(floor) = floors.get(&own) else { continue };
        let code = code(&std::fs::read_to_string(file).unwrap());
        for other in imports(&code).into_iter().filter(|other| *other != own) {
            let strangers = STRANGERS.iter().any(|(a, b)| (*a == own && *b == other) || (*b == own && *a == other));
            if floors.get(&other).is_some_and(|below| below > floor) || strangers {
                wrong.push(format!("{}: `{own}` must not know `{other}`", file.display()));
            }
        }
        for (module, crates) in FOREIGN {
            for name in crates.iter().filter(|name| module == own && code.contains(&format!("{name}::"))) {
                wrong.push(format!("{}: `{own}` must not know `{name}`", file.display()));
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn imports_are_found_however_they_are_written() {
    let found = imports("use crate::a::B;\nuse crate::{c, d::{E, f}, g};\nlet x = crate::h::i();");
    assert_eq!(found, ["a", "c", "d", "g", "h"]);
}
