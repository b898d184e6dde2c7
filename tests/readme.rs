//! What the README promises is so: its files lint, its tables agree with the code, its flags exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use assert_cmd::Command;
use chatproof::site::{self, Known};
use chatproof::source::SourceFile;
use chatproof::spec::{self, Spec};

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).unwrap()
}

/// A fenced block: the words after the fence, and what is in it.
struct Block {
    info: String,
    text: String,
}

impl Block {
    fn language(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }

    /// What the block is marked as, `site` of `yaml site=chatproof.yaml`, and the name of its file.
    fn mark(&self) -> (&str, Option<&str>) {
        let mark = self.info.split_whitespace().nth(1).unwrap_or_default();
        mark.split_once('=').map_or((mark, None), |(kind, name)| (kind, Some(name)))
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(Block { info: info.to_owned(), text: inside.join("\n") + "\n" });
    }
    blocks
}

fn known(spec: &Spec) -> Known {
    let fields =
        |constant: &String| (constant.clone(), spec.payload_fields(constant).into_iter().map(str::to_owned).collect());
    Known {
        constants: spec.events.keys().cloned().collect(),
        payload_fields: spec.events.keys().map(fields).collect(),
        requirements: spec.requirement_ids(),
    }
}

/// The first cells of the table below a heading, without code marks.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, below) = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading:?}"));
    below
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// Words in backquotes, up to the colon of `open: /pricing`.
fn codes(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(|code| code.split(':').next().unwrap_or_default().to_owned()).collect()
}

fn help(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("chatproof").unwrap().args(arguments).arg("--help").output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_yaml_block_is_what_it_is_marked_as() {
    let text = readme();
    let blocks = blocks(&text);
    let mut specs = BTreeMap::new();
    for block in blocks.iter().filter(|block| block.mark().0 == "spec") {
        let name = block.mark().1.expect("a spec block has a file's name");
        let parsed = spec::parse(SourceFile::new(name, block.text.clone())).unwrap_or_else(|found| panic!("{found}"));
        specs.insert(name, parsed);
    }
    assert!(!specs.is_empty(), "the README has lost its spec");
    let mut sites = 0;
    for block in blocks.iter().filter(|block| block.language() == "yaml") {
        match block.mark().0 {
            "site" => {
                let source = SourceFile::new("README.md", block.text.clone());
                let (reference, _) = site::spec_reference(&source).expect("a site file names its spec");
                let built_in = spec::load(&reference, None).ok();
                let spec = specs.get(reference.as_str()).or(built_in.as_ref()).unwrap_or_else(|| panic!("{reference}"));
                site::parse(source, &known(spec)).unwrap_or_else(|found| panic!("{found}"));
                sites += 1;
            }
            "known" => {
                let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
                let known = chatproof::baseline::Known {
                    requirements: spec::load("adobe-dynamic-chat", None).unwrap().requirement_ids(),
                    constants: Vec::new(),
                    journeys: names(&["live-chat"]),
                    browsers: names(&["firefox", "chromium"]),
                };
                let source = SourceFile::new("README.md", block.text.clone());
                chatproof::baseline::parse(source, &known).unwrap_or_else(|found| panic!("{found}"));
            }
            // A CI server's own format: that it is YAML at all is what can be told here.
            "github" | "gitlab" => {
                serde_saphyr::from_str::<serde_json::Value>(&block.text).unwrap_or_else(|error| panic!("{error}"));
            }
            "spec" => {}
            other => panic!("a YAML block that no test reads: {other:?}"),
        }
    }
    assert!(sites >= 3, "the README has lost a site file");
}

#[test]
fn the_exit_codes_are_those_that_help_tells() {
    let help = help(&[]);
    let told: Vec<(String, String)> =
        table(&readme(), "## Exit codes").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(told.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["0", "1", "2", "3", "130"]);
    for (code, meaning) in told {
        let line = format!("  {code:<4} {meaning}");
        assert!(help.lines().any(|other| other == line), "{line:?} is not in --help:\n{help}");
    }
}

#[test]
fn every_flag_and_command_exists() {
    let text = readme();
    let commands = [
        "run",
        "init",
        "steps",
        "explain",
        "schema",
        "man",
        "demo",
        "judge",
        "lint",
        "serve",
        "selftest",
        "doctor",
        "completions",
    ];
    let helps: Vec<(&str, String)> = commands.iter().map(|command| (*command, help(&[command]))).collect();
    let is_flag = |c: char| c.is_ascii_lowercase() || c == '-';
    let has = |help: &str, flag: &str| help.split(|c| !is_flag(c)).any(|word| word == flag);
    // Lines that call another program name that program's flags.
    let of_others = ["--path", "--locked", "--shm-size", "--websocket-port", "--no-install-recommends"];
    let flags: BTreeSet<&str> = text
        .split(|c| !is_flag(c))
        .filter(|word| word.strip_prefix("--").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())))
        .collect();
    assert!(flags.len() > 10, "{flags:?}");
    for flag in flags.iter().filter(|flag| !of_others.contains(flag)) {
        assert!(helps.iter().any(|(_, help)| has(help, flag)), "{flag} is in the README and in no --help");
    }
    // A whole command line: its flags are that command's own.
    for line in text.lines().filter_map(|line| line.trim_start().strip_prefix("chatproof ")) {
        let line = line.split(" | ").next().unwrap_or_default().split("  ").next().unwrap_or_default();
        let Some((_, help)) = helps.iter().find(|(command, _)| line.split(' ').next() == Some(command)) else {
            continue;
        };
        for flag in line.split_whitespace().filter(|word| word.starts_with("--")) {
            assert!(has(help, flag), "`chatproof {line}`: no such flag {flag}");
        }
    }
}

#[test]
fn the_tables_of_steps_and_locators_are_those_of_the_reference() {
    use chatproof::site::reference::{KEYS, LOCATORS, SUBSTITUTIONS, VERBS};
    let text = readme();
    let lines: Vec<&str> = text.lines().collect();
    let mut rows: Vec<String> = VERBS.iter().map(|verb| format!("| `{}` | {} |", verb.form, verb.what)).collect();
    rows.extend(KEYS.iter().map(|key| {
        let of = key.of.map(|verb| format!(" (with `{verb}`)")).unwrap_or_default();
        format!("| `{}`{of} | {} | {} |", key.name, key.what, key.default)
    }));
    rows.extend(LOCATORS.iter().chain(SUBSTITUTIONS).map(|form| format!("| {} | {} |", form.written, form.what)));
    for row in rows {
        assert!(lines.contains(&row.as_str()), "the README lacks the row {row}");
    }
}

#[test]
fn the_step_tables_have_every_key() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/site.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let keys: BTreeSet<String> =
        schema["$defs"]["step"]["properties"].as_object().expect("a step's keys").keys().cloned().collect();
    let text = readme();
    let (_, steps) = text.split_once("\n### Steps\n").expect("a heading");
    let (verbs, beside) = steps.split_once("\nand, beside it").expect("two tables");
    let rows = |part: &str| table(&format!("\n#\n{part}"), "#");
    let told: BTreeSet<String> = rows(verbs)
        .iter()
        .flat_map(|row| codes(&row[0]).into_iter().chain(codes(&row[1]).into_iter().filter(|code| keys.contains(code))))
        .chain(rows(beside).iter().flat_map(|row| codes(&row[0])))
        .collect();
    assert_eq!(told, keys);
}

#[test]
fn the_floor_plan_is_that_of_the_library() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = std::fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let plan = std::fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let rows: Vec<String> = library
        .lines()
        .filter_map(|line| line.strip_prefix("//! "))
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| line.replace("[`", "`").replace("`]", "`"))
        .collect();
    assert!(rows.len() > 5);
    for row in rows {
        assert!(plan.lines().any(|line| line == row), "CONTRIBUTING.md lacks the row {row}");
    }
}
