//! What the README and the guide promise is so: their commands print what is shown, their files lint, their tables agree
//! with the code, their links lead somewhere. Pages that need a browser are walked by `tests/browser/docs.rs`.

use std::collections::BTreeSet;

use assert_cmd::Command;
use chatproof::cli::args::Cli;
use clap::Parser as _;
use clap::error::ErrorKind;

use crate::guide::{self, Block, Page, Session, page, pages, root};

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

#[test]
fn every_page_without_a_browser_is_so() {
    let mut walked = 0;
    for page in pages().iter().filter(|page| !page.needs_a_browser() && page.name != "README.md") {
        let mut session = Session::new();
        if page.name == "docs/reports.md" {
            session.continues(&guide::page("docs/another-widget.md"));
            let recordings = session.folder().join("recordings");
            std::fs::create_dir(&recordings).unwrap();
            let kept = root().join("tests/data/guide/firefox-question.json");
            std::fs::copy(kept, recordings.join("firefox-question.json")).unwrap();
        }
        if page.name == "docs/drift.md" {
            let kept = std::fs::read_to_string(root().join("tests/data/guide/firefox-question.json")).unwrap();
            // As it was a day before, when the field had its documented name.
            let before = kept.replace("chatId", "chat").replace("\"2026-11-25T", "\"2026-11-24T");
            for (folder, text) in [("before", before), ("after", kept)] {
                std::fs::create_dir(session.folder().join(folder)).unwrap();
                std::fs::write(session.folder().join(folder).join("firefox-question.json"), text).unwrap();
            }
        }
        session.walk(page);
        walked += page.blocks.len();
    }
    assert!(walked > 20, "the guide has lost its blocks");
}

#[test]
fn the_readme_shows_what_the_guide_is_held_to() {
    let guide: Vec<Page> = pages().into_iter().filter(|page| page.name.starts_with("docs/")).collect();
    let shown: Vec<_> = guide
        .iter()
        .flat_map(|page| page.blocks.iter().filter(|block| block.language() == "console").flat_map(Block::commands))
        .collect();
    let readme = page("README.md");
    let mut outputs = 0;
    for block in &readme.blocks {
        match (block.language(), block.mark().0) {
            ("console", "") => {
                for mine in block.commands() {
                    let there =
                        |other: &guide::Shown| other.command == mine.command && other.output.contains(&mine.output);
                    assert!(shown.iter().any(there), "{}: no page of the guide runs {}", block.place, mine.command);
                }
            }
            ("text", "output") => {
                let there = shown.iter().any(|shown| guide::plain(&shown.output) == guide::plain(&block.text));
                assert!(there, "{}: no command of the guide prints this", block.place);
                outputs += 1;
            }
            // `tests/browser/demo.rs` holds the demo to it.
            ("text", "demo") | ("console", "by-hand") => {}
            ("yaml", "part") => {}
            other => panic!("{}: a block that no test reads: {other:?}", block.place),
        }
    }
    assert_eq!(outputs, 1, "the README has lost its output");
    let mut session = Session::new();
    session.continues(&readme);
    session.lint();
}

#[test]
fn every_block_says_what_it_is() {
    for page in pages() {
        for block in &page.blocks {
            let known = match (block.language(), block.mark()) {
                ("console", ("" | "browser" | "by-hand", None)) => true,
                (
                    "yaml",
                    ("site" | "spec" | "tag" | "known" | "catalogue" | "fault" | "wrong" | "included", Some(_)),
                ) => true,
                ("yaml", ("steps" | "part" | "github" | "gitlab" | "azure", None)) => true,
                ("html", ("page", Some(_))) | ("diff", ("of", Some(_))) => true,
                ("text", ("output" | "demo", None)) => page.name == "README.md",
                // The floor plan, which `the_floor_plan_is_that_of_the_library` reads.
                ("text", ("", None)) => page.name == "CONTRIBUTING.md",
                ("dockerfile", ("", None)) | ("groovy", ("jenkins", None)) => page.name == "docs/ci.md",
                // A script for the page, not for us.
                ("js", ("", None)) => page.name == "docs/trust.md",
                _ => false,
            };
            assert!(known, "{}: no test knows what this is: {:?}", block.place, block.words);
        }
    }
}

/// Commands that the tests can't run: what they are of, and why.
const OF_OTHERS: &[(&str, &str)] = &[
    ("cargo install", "builds for minutes; that the package is whole is what `cargo package` shows"),
    ("cargo test", "is what runs this"),
    ("cargo insta", "is for a person who looks"),
    ("make ", "the targets call what other tests run; the Makefile is checked below"),
    ("UPDATE_DOCS=1 ", "is this test's own"),
];

/// Every string in a YAML value.
fn strings(value: &serde_json::Value, into: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => into.push(text.clone()),
        serde_json::Value::Array(list) => list.iter().for_each(|value| strings(value, into)),
        serde_json::Value::Object(map) => map.values().for_each(|value| strings(value, into)),
        _ => {}
    }
}

/// What CI servers put in the place of the number of a job, and of how many there are.
const NUMBERS: [(&str, &str); 4] =
    [("${{ matrix.shard }}", "1"), ("$CI_NODE_INDEX", "1"), ("$CI_NODE_TOTAL", "4"), ("$SHARD", "1")];

/// Command lines of a shell script that call chatproof, without what sets variables before it or takes its output.
fn calls(script: &str) -> Vec<Vec<String>> {
    let script = NUMBERS.iter().fold(script.replace("\\\n", " "), |text, (name, number)| text.replace(name, number));
    let mut calls = Vec::new();
    for line in script.lines().flat_map(|line| line.split("&&")).flat_map(|line| line.split(['|', ';'])) {
        if !line.contains("chatproof ") {
            continue;
        }
        let line = line.trim();
        let line = line.strip_prefix("sh '").and_then(|line| line.strip_suffix('\'')).unwrap_or(line);
        let line = line.strip_prefix("RUN ").unwrap_or(line);
        let words = shlex::split(line.split(" > ").next().unwrap_or_default()).unwrap_or_else(|| panic!("{line}"));
        let words: Vec<String> =
            words.into_iter().skip_while(|word| word.contains('=') && !word.starts_with('-')).collect();
        // Alone it is a name: of a job, of an artifact.
        if words.len() > 1 && words[0] == "chatproof" {
            calls.push(words);
        }
    }
    calls
}

#[track_caller]
fn assert_parses(place: &str, words: &[String]) {
    match Cli::try_parse_from(words) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {}
        Err(error) => panic!("{place}: `{}`: {error}", words.join(" ")),
    }
}

#[test]
fn every_command_line_is_right() {
    let mut servers = BTreeSet::new();
    for page in pages() {
        for block in &page.blocks {
            let scripts: Vec<String> = match (block.language(), block.mark().0) {
                ("console", _) => block.commands().into_iter().map(|shown| shown.command).collect(),
                ("yaml", server @ ("github" | "gitlab" | "azure")) => {
                    let value = serde_saphyr::from_str(&block.text).unwrap_or_else(|e| panic!("{}: {e}", block.place));
                    servers.insert(server.to_owned());
                    let mut found = Vec::new();
                    strings(&value, &mut found);
                    found
                }
                ("groovy" | "dockerfile", _) => {
                    servers.insert(block.language().to_owned());
                    vec![block.text.replace("'''", "")]
                }
                _ => continue,
            };
            let mut found = 0;
            for script in &scripts {
                for words in calls(script) {
                    assert_parses(&block.place, &words);
                    found += 1;
                }
                let by_hand = (block.language(), block.mark().0) == ("console", "by-hand");
                if by_hand && calls(script).is_empty() {
                    let known = OF_OTHERS.iter().any(|(start, _)| script.starts_with(start));
                    assert!(known, "{}: who runs `{script}`?", block.place);
                }
            }
            assert!(found > 0 || block.language() == "console", "{}: it never calls chatproof", block.place);
        }
        // In running text a command may lack what must be there, and have a word for a value.
        for code in page.codes() {
            for words in calls(&code) {
                if let Err(error) = Cli::try_parse_from(&words) {
                    let wrong = matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand);
                    assert!(!wrong, "{}: `{code}`: {error}", page.name);
                }
            }
        }
    }
    assert_eq!(
        servers.iter().map(String::as_str).collect::<Vec<_>>(),
        ["azure", "dockerfile", "github", "gitlab", "groovy"]
    );
}

#[test]
fn every_flag_in_the_text_exists() {
    fn flags(command: &clap::Command, into: &mut BTreeSet<String>) {
        into.extend(command.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?))));
        command.get_subcommands().for_each(|command| flags(command, into));
    }
    let mut known = BTreeSet::from(["--help".to_owned(), "--version".to_owned()]);
    flags(&<Cli as clap::CommandFactory>::command(), &mut known);
    // Another program's: cargo's, Docker's, geckodriver's.
    let of_others =
        ["--shm-size", "--security-opt", "--websocket-port", "--test", "--lib", "--all-targets", "--locked", "--git"];
    for page in pages() {
        for code in page.codes() {
            for flag in code.split(|c: char| !c.is_ascii_lowercase() && c != '-').filter(|word| word.starts_with("--"))
            {
                let fine = flag == "--" || known.contains(flag) || of_others.contains(&flag);
                assert!(fine, "{}: `{code}`: there is no flag {flag}", page.name);
            }
        }
    }
}

#[test]
fn every_target_of_make_exists() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    for page in pages() {
        let shown = page.blocks.iter().filter(|block| block.language() == "console").flat_map(Block::commands);
        for command in shown.map(|shown| shown.command).chain(page.codes()) {
            if let Some(target) = command.strip_prefix("make ").and_then(|rest| rest.split_whitespace().next()) {
                let there = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
                assert!(there, "{}: `{command}`: there is no such target", page.name);
            }
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    let all = pages();
    let anchors_of = |name: &str| all.iter().find(|page| page.name == name).map(|page| page.links_and_anchors().1);
    let mut followed = 0;
    for page in &all {
        for link in page.links_and_anchors().0 {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let folder = page.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let name = match path {
                "" => page.name.clone(),
                path => match path.strip_prefix("../") {
                    Some(above) => above.to_owned(),
                    None if folder.is_empty() => path.to_owned(),
                    None => format!("{folder}/{path}"),
                },
            };
            assert!(root().join(&name).exists(), "{}: {link} leads nowhere", page.name);
            if let Some(anchor) = anchor {
                let there = anchors_of(&name).is_some_and(|anchors| anchors.iter().any(|other| other == anchor));
                assert!(there, "{}: there is no heading for {link}", page.name);
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "the guide has lost its links");
    // Every page can be reached from the guide's index, and the index from the README.
    let index = page("docs/README.md").links_and_anchors().0;
    for page in all.iter().filter_map(|page| page.name.strip_prefix("docs/")).filter(|name| *name != "README.md") {
        assert!(index.iter().any(|link| link == page), "docs/README.md doesn't lead to {page}");
    }
    assert!(page("README.md").links_and_anchors().0.iter().any(|link| link == "docs/README.md"));
}

#[test]
fn the_readme_is_a_landing_page() {
    let lines = page("README.md").text.lines().count();
    assert!(lines <= 250, "{lines} lines: what explains belongs in docs/");
}

#[test]
fn the_exit_codes_are_those_that_help_tells() {
    let output = Command::cargo_bin("chatproof").unwrap().arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let told: Vec<(String, String)> = table(&page("docs/reports.md").text, "## Exit codes")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    assert_eq!(told.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["0", "1", "2", "3", "130"]);
    for (code, meaning) in told {
        let line = format!("  {code:<4} {meaning}");
        assert!(help.lines().any(|other| other == line), "{line:?} is not in --help:\n{help}");
    }
}

/// Messages that troubleshooting tells of are messages of the program: in its sources, word by word, with `{}` for what
/// is put in.
#[test]
fn the_messages_of_troubleshooting_are_real() {
    fn sources(folder: &std::path::Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => sources(&path, into),
                path => *into += &std::fs::read_to_string(path).unwrap_or_default(),
            }
        }
    }
    let mut all = String::new();
    sources(&root().join("src"), &mut all);
    let text = page("docs/troubleshooting.md").text;
    let symptoms: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with("| `") || line.contains(", `"))
        .flat_map(|line| {
            let first = line.trim_matches('|').split(" | ").next().unwrap_or_default().to_owned();
            first.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|code| code.contains(' '))
        .collect();
    assert!(symptoms.len() > 8, "{symptoms:?}");
    for symptom in symptoms {
        let words = symptom.trim_end_matches('…').split_whitespace().map(|word| {
            let put_in =
                ["Firefox", "geckodriver", "journey"].contains(&word) || word.starts_with(|c: char| c.is_ascii_digit());
            match word {
                "…" => r"\S+".to_owned(),
                _ if put_in => format!(r"({}|\{{[^}}]*\}},?)", regex::escape(word)),
                _ => regex::escape(word),
            }
        });
        let pattern = regex::Regex::new(&words.collect::<Vec<_>>().join(" ")).unwrap();
        assert!(pattern.is_match(&all), "no message of the program is like {symptom:?}");
    }
}

#[test]
fn every_format_of_reports_is_told() {
    let told: Vec<String> =
        table(&page("docs/reports.md").text, "## Formats").iter().flat_map(|row| codes(&row[0])).collect();
    assert_eq!(told, chatproof::report::Format::ALL.map(|format| format.name()));
}

#[test]
fn the_tables_of_steps_and_locators_are_those_of_the_reference() {
    use chatproof::site::reference::{KEYS, LOCATORS, SUBSTITUTIONS, VERBS};
    let text = page("docs/site-files.md").text;
    let lines: Vec<&str> = text.lines().collect();
    let mut rows: Vec<String> = VERBS.iter().map(|verb| format!("| `{}` | {} |", verb.form, verb.what)).collect();
    rows.extend(KEYS.iter().map(|key| {
        let of = key.of.map(|verb| format!(" (with `{verb}`)")).unwrap_or_default();
        format!("| `{}`{of} | {} | {} |", key.name, key.what, key.default)
    }));
    rows.extend(LOCATORS.iter().chain(SUBSTITUTIONS).map(|form| format!("| {} | {} |", form.written, form.what)));
    for row in rows {
        assert!(lines.contains(&row.as_str()), "the guide lacks the row {row}");
    }
}

#[test]
fn the_step_tables_have_every_key() {
    let schema = std::fs::read_to_string(root().join("specs/site.schema.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let keys: BTreeSet<String> =
        schema["$defs"]["step"]["properties"].as_object().expect("a step's keys").keys().cloned().collect();
    let text = page("docs/site-files.md").text;
    let (_, steps) = text.split_once("\n## Steps\n").expect("a heading");
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
    let library = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let plan = page("CONTRIBUTING.md").text;
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
