//! A bounded run of the fuzz targets: their corpus, the project's own files, and changes of both, always the same ones.
//! `cargo fuzz run TARGET` searches without an end; see CONTRIBUTING.md.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

#[path = "../../fuzz/src/lib.rs"]
mod targets;

/// How many changed inputs each target gets, besides what is on disk; fewer where one is judged and reported.
const CHANGED: usize = 1500;
const CHANGED_BODIES: usize = 600;
const CHANGED_JUDGED: usize = 150;
/// Larger files are cut before they are changed: what breaks a parser is small.
const MOST: usize = 16 * 1024;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        match path.is_dir() {
            true => files(&path, extension, into),
            false if extension.is_empty() || path.extension().is_some_and(|e| e == extension) => into.push(path),
            false => {}
        }
    }
}

/// What a target begins with: its corpus, and files of the project that it reads. Sorted, so that every run is the same.
/// `changes`: those that are worth changing. What unpacks to a megabyte takes a second, and most changes only damage it.
fn seeds(target: &str, changes: bool) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    files(&root().join("fuzz/corpus").join(target), "", &mut paths);
    let own: &[(&str, &str)] = match target {
        "spec" => &[("specs", "yaml"), ("fuzz/src", "yaml"), ("tests/data/mistakes", "yaml")],
        "site" => &[("fuzz/src", "yaml"), ("tests/data/lint", "yaml"), ("tests/data/mistakes", "yaml")],
        "recording" => &[("tests/golden/variants", "json"), ("tests/data/guide", "json")],
        _ => &[],
    };
    for (folder, extension) in own {
        files(&root().join(folder), extension, &mut paths);
    }
    paths.retain(|path| !changes || !path.to_string_lossy().contains("bomb-"));
    paths.sort();
    assert!(!paths.is_empty(), "{target} has no corpus");
    paths.iter().map(|path| std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).collect()
}

/// Numbers that look random and are the same in every run (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % below.max(1)
    }
}

/// Texts that parsers have stumbled over before.
const ODD: &[&[u8]] = &[
    b"\0",
    b"\xEF\xBB\xBF",
    b"\r\n",
    b"\t",
    "\u{2028}".as_bytes(),
    "\u{202E}".as_bytes(),
    "👋🏽".as_bytes(),
    b"\xF0\x9F",
    b"${env.SECRET}",
    b"${",
    b"*a",
    b"&a",
    b"<<: ",
    b"!!binary ",
    b": ",
    b"- ",
    b"#",
    b"\"",
    b"'",
    b"[",
    b"{",
    b"|-\n",
    b"~",
    b"1e999",
    b"-0",
    b"18446744073709551616",
    b"NaN",
    b"null",
    b"\\ud800",
    b"..",
    b"/",
    b"@",
    b"%zz",
    b"%F0%9F",
    b">>",
    b"role=",
    b"**",
    b"[!a",
    b"(((((((((((((((",
    b"9999999999h",
];

fn changed(numbers: &mut Numbers, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut data: Vec<u8> = seeds[numbers.next(seeds.len())].iter().copied().take(MOST).collect();
    for _ in 0..=numbers.next(6) {
        let at = numbers.next(data.len() + 1);
        let to = (at + numbers.next(40)).min(data.len());
        match numbers.next(6) {
            0 => drop(data.splice(at..at, ODD[numbers.next(ODD.len())].iter().copied())),
            1 => drop(data.splice(at..to, ODD[numbers.next(ODD.len())].iter().copied())),
            2 => drop(data.drain(at..to)),
            // A line, or what looks like one, from somewhere else.
            3 => {
                let other = &seeds[numbers.next(seeds.len())];
                let from = numbers.next(other.len() + 1);
                let piece: Vec<u8> = other.iter().copied().skip(from).take(numbers.next(200)).collect();
                drop(data.splice(at..to, piece));
            }
            4 => {
                if let Some(byte) = data.get_mut(at) {
                    *byte = u8::try_from(numbers.next(256)).unwrap_or(0);
                }
            }
            _ => data.extend_from_within(at..to),
        }
    }
    data
}

fn run(target: &str) {
    let (_, act) = targets::TARGETS.iter().find(|(name, _)| *name == target).unwrap_or_else(|| panic!("no {target}"));
    let (inputs, seeds) = (seeds(target, false), seeds(target, true));
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let count = match target {
        "recording" | "messages" => CHANGED_JUDGED,
        "bodies" => CHANGED_BODIES,
        _ => CHANGED,
    };
    let more = (0..count).map(|_| changed(&mut numbers, &seeds));
    for data in inputs.into_iter().chain(more) {
        if catch_unwind(AssertUnwindSafe(|| act(&data))).is_err() {
            panic!("{target} fails, see above, on:\n{}\n{}", String::from_utf8_lossy(&data), data.escape_ascii());
        }
    }
}

#[test]
fn specs() {
    run("spec");
}

#[test]
fn site_files() {
    run("site");
}

#[test]
fn known_failures() {
    run("known");
}

#[test]
fn recordings() {
    run("recording");
}

#[test]
fn messages_of_browsers_and_pages() {
    run("messages");
}

#[test]
fn bodies_of_requests() {
    run("bodies");
}

#[test]
fn every_target_can_be_run_by_cargo_fuzz_and_is_run_here() {
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let here = std::fs::read_to_string(root().join("tests/plain/fuzz.rs")).unwrap();
    for (name, _) in targets::TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "fuzz/Cargo.toml lacks {name}");
        assert!(here.contains(&format!("run(\"{name}\")")), "{name} isn't run");
    }
}
