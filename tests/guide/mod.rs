//! Reads the README and the guide in `docs/`, and does what they tell a reader to do.
//!
//! A page is a session in a folder of its own. Its fenced blocks are taken in their order; the words after a block's
//! language say what the block is:
//!
//! | block | what is done with it |
//! | --- | --- |
//! | `yaml site=FILE`, `spec=`, `tag=`, `known=`, `catalogue=`, `fault=` | written to FILE; must pass `chatproof lint` |
//! | `yaml wrong=FILE` | written to FILE; a console block shows its mistakes |
//! | `yaml steps`, `yaml part` | a fragment: completed by [`whole`], and must then pass `chatproof lint` |
//! | `yaml github`, `gitlab`, `azure` | must be YAML; command lines in it must be right |
//! | `yaml included=FILE` | written to FILE; another file includes it |
//! | `html page=FILE`, `text file=FILE` | written to FILE |
//! | `diff of=FILE` | each line with `-` is replaced by those with `+` below it; FILE must still pass what it passed |
//! | `console` | run by `sh` in the folder; what is printed must be what is shown |
//! | `console browser` | the same, and the page needs a browser: it is walked by `tests/browser/docs.rs` |
//! | `console by-hand` | needs a person, a display or a network: its command lines must be right |
//! | `text output` | an output that is shown once more: it must stand below a command of another page too |
//!
//! What is shown of a command is its standard output, then its standard error without progress, as on a terminal, where
//! progress is gone at the end. Times, versions and ids may differ ([`plain`]); a line with nothing but `…` stands for any
//! lines. A command ends with 0 unless the next one is `echo $?`. `UPDATE_DOCS=1` writes what was printed into the page;
//! look at the difference before you keep it.

// Two test programs share this, and each needs its half.
#![allow(dead_code)]

use std::io::{BufRead as _, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

/// Where `chatproof serve` is in the guide; each session has a port of its own.
const REFERENCE_SITE: &str = "http://127.0.0.1:8000";

/// A Markdown file of the project.
pub struct Page {
    /// Relative to the repository: `docs/ci.md`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Its fenced blocks.
    pub blocks: Vec<Block>,
}

/// A fenced block.
pub struct Block {
    /// Where it stands: `docs/ci.md:12`.
    pub place: String,
    /// The words after the fence.
    pub words: Vec<String>,
    /// What is in it.
    pub text: String,
    /// Where that is in the page.
    pub range: Range<usize>,
}

impl Block {
    /// `yaml` of `yaml site=chatproof.yaml`.
    pub fn language(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// `("site", Some("chatproof.yaml"))` of that.
    pub fn mark(&self) -> (&str, Option<&str>) {
        let mark = self.words.get(1).map_or("", String::as_str);
        mark.split_once('=').map_or((mark, None), |(kind, file)| (kind, Some(file)))
    }

    /// The commands of a console block, each with what is shown below it.
    pub fn commands(&self) -> Vec<Shown> {
        let mut commands: Vec<Shown> = Vec::new();
        for line in self.text.lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push(Shown { command: command.to_owned(), output: String::new() }),
                (None, Some(last)) if last.output.is_empty() && last.command.ends_with('\\') => {
                    last.command.push('\n');
                    last.command.push_str(line);
                }
                (None, Some(last)) => last.output += &format!("{line}\n"),
                (None, None) => panic!("{}: output without a command: {line}", self.place),
            }
        }
        commands
    }
}

/// A command of a console block.
pub struct Shown {
    /// As typed after `$ `.
    pub command: String,
    /// What is shown below it.
    pub output: String,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README, CHANGELOG, CONTRIBUTING and the guide.
pub fn pages() -> Vec<Page> {
    let mut names: Vec<String> = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(str::to_owned).into();
    let mut guide: Vec<String> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    guide.sort();
    names.extend(guide);
    names.into_iter().map(page).collect()
}

/// One of them.
pub fn page(name: impl Into<String>) -> Page {
    let name = name.into();
    let text = std::fs::read_to_string(root().join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (event, range) in Parser::new_ext(&text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let line = text[..range.start].matches('\n').count() + 1;
                open = Some(Block {
                    place: format!("{name}:{line}"),
                    words: info.split_whitespace().map(str::to_owned).collect(),
                    text: String::new(),
                    range: range.start..range.start,
                });
            }
            Event::Text(inside) => {
                if let Some(block) = &mut open {
                    let start = if block.text.is_empty() { range.start } else { block.range.start };
                    block.range = start..range.end;
                    block.text.push_str(&inside);
                }
            }
            Event::End(TagEnd::CodeBlock) => blocks.extend(open.take()),
            _ => {}
        }
    }
    Page { name, text, blocks }
}

impl Page {
    /// Whether it is walked where the browsers are.
    pub fn needs_a_browser(&self) -> bool {
        self.blocks.iter().any(|block| block.language() == "console" && block.mark().0 == "browser")
    }

    /// Destinations of its links and the texts of its headings, as GitHub makes anchors of them.
    pub fn links_and_anchors(&self) -> (Vec<String>, Vec<String>) {
        let (mut links, mut anchors) = (Vec::new(), Vec::new());
        let mut heading: Option<String> = None;
        for event in Parser::new_ext(&self.text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.to_string())
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|text| anchor(&text))),
                _ => {}
            }
        }
        (links, anchors)
    }

    /// Texts in backquotes.
    pub fn codes(&self) -> Vec<String> {
        let parser = Parser::new_ext(&self.text, Options::ENABLE_TABLES);
        parser.filter_map(|event| if let Event::Code(code) = event { Some(code.to_string()) } else { None }).collect()
    }
}

fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A fragment of a site file as a whole one: `steps` becomes a journey's steps, after one that opens a page; `part` gets
/// the keys that it lacks.
pub fn whole(kind: &str, fragment: &str) -> String {
    let has = |key: &str| fragment.lines().any(|line| line.starts_with(&format!("{key}:")));
    let mut text = String::new();
    for (key, line) in [
        ("spec", "spec: adobe-dynamic-chat\n"),
        ("base_url", "base_url: https://staging.example.com\n"),
        ("names", "names: { launcher: \"#chat-root .launcher\" }\n"),
        ("actors", "actors: { agent: { url: \"https://inbox.example.com/\" } }\n"),
    ] {
        if kind == "steps" || !has(key) {
            text += line;
        }
    }
    if kind == "steps" {
        text += "journeys:\n  example:\n    steps:\n";
        if !fragment.starts_with("- open:") {
            text += "      - open: /\n";
        }
        return fragment.lines().fold(text, |text, line| format!("{text}      {line}\n"));
    }
    text += fragment;
    if !has("journeys") {
        text += "journeys:\n  example:\n    steps:\n      - open: /\n        fires: CONVERSATION_TRIGGERED\n";
    }
    text
}

/// A text without what differs from run to run: times, versions, ids, blanks that fit columns to them.
pub fn plain(text: &str) -> String {
    static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"\b\d+(\.\d+)? (ms|s)\b", "TIME"),
            (r"\b(firefox|chromium|geckodriver|chromedriver|chatproof) \d+(\.\d+)*(esr)?\b", "$1 VERSION"),
            (r"\b\d+(\.\d+){2,}(esr)?\b", "VERSION"),
            (r"\b20\d\d-\d\d-\d\d\b", "DATE"),
            (r"\b[0-9a-f]{11}-[0-9a-f]+\b", "RUN"),
            (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
            (r"· (linux|macos) ·", "· SYSTEM ·"),
            (r"[ \t]+", " "),
        ]
        .map(|(rule, with)| (Regex::new(rule).unwrap(), with))
        .into()
    });
    let text = RULES.iter().fold(text.to_owned(), |text, (rule, with)| rule.replace_all(&text, *with).into_owned());
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Whether an output is the one that is shown; lines of `…` stand for any lines.
pub fn same(shown: &str, printed: &str) -> bool {
    fn fits(shown: &[&str], printed: &[&str]) -> bool {
        match shown.split_first() {
            None => printed.is_empty(),
            Some((first, rest)) if first.trim() == "…" => (0..=printed.len()).any(|at| fits(rest, &printed[at..])),
            Some((first, rest)) => printed.first() == Some(first) && fits(rest, &printed[1..]),
        }
    }
    let (shown, printed) = (plain(shown), plain(printed));
    fits(&shown.lines().collect::<Vec<_>>(), &printed.lines().collect::<Vec<_>>())
}

/// A reader at work: a folder, a shell, servers that run beside it.
pub struct Session {
    folder: tempfile::TempDir,
    /// Exit code of the last command.
    last: i32,
    /// Files of ours in the folder, and what they are.
    files: Vec<(String, String)>,
    /// Addresses as shown, and as they are here.
    served: Vec<(String, String)>,
    servers: Vec<Child>,
}

impl Drop for Session {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Session {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            last: 0,
            files: Vec::new(),
            served: Vec::new(),
            servers: Vec::new(),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What is shown as at one address is at another one.
    pub fn serves(&mut self, shown: &str, here: &str) {
        self.served.push((shown.to_owned(), here.to_owned()));
    }

    fn here(&self, text: &str) -> String {
        self.served.iter().fold(text.to_owned(), |text, (shown, here)| text.replace(shown, here))
    }

    fn shown(&self, text: &str) -> String {
        self.served.iter().fold(text.to_owned(), |text, (shown, here)| text.replace(here, shown))
    }

    /// Begins where another page ends: with its files, as they are before they are edited.
    pub fn continues(&mut self, page: &Page) {
        for block in page.blocks.iter().filter(|block| block.mark().0 != "of") {
            self.put(block);
        }
    }

    /// Every file of ours is fine.
    pub fn lint(&mut self) {
        for (file, kind) in std::mem::take(&mut self.files) {
            if kind == "known" && !self.folder().join(&file).with_file_name("chatproof.yaml").exists() {
                let site = whole("part", "journeys:\n  live-chat:\n    steps:\n      - open: /\n");
                std::fs::write(self.folder().join(&file).with_file_name("chatproof.yaml"), site).unwrap();
            }
            self.run(&format!("chatproof lint {file}"), "", false, &file);
        }
    }

    /// Walks a page from top to bottom, and holds its outputs to what is printed.
    pub fn walk(&mut self, page: &Page) {
        let mut text = page.text.clone();
        let mut wrong: Vec<String> = Vec::new();
        // From the page's end, ranges before an edit stay right: edits are collected first.
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for block in &page.blocks {
            if block.language() != "console" || block.mark().0 == "by-hand" {
                self.put(block);
                continue;
            }
            let mut rewritten = String::new();
            let commands = block.commands();
            for (at, Shown { command, output }) in commands.iter().enumerate() {
                let told = commands.get(at + 1).is_some_and(|next| next.command.starts_with("echo $?"));
                let printed = self.run(command, output, told, &block.place);
                let fits = same(output, &printed);
                if !fits {
                    wrong.push(format!("{}: $ {command}\n--- shown\n{output}--- printed\n{printed}", block.place));
                }
                rewritten += &format!("$ {command}\n{}", if fits { output } else { &printed });
            }
            edits.push((block.range.clone(), rewritten));
        }
        if !wrong.is_empty() && std::env::var_os("UPDATE_DOCS").is_some() {
            for (range, with) in edits.into_iter().rev() {
                text.replace_range(range, &with);
            }
            std::fs::write(root().join(&page.name), text).unwrap();
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        self.lint();
    }

    /// A file of the page.
    fn put(&mut self, block: &Block) {
        if matches!(block.mark().0, "steps" | "part") {
            let name = format!("fragment-{}.yaml", self.files.len());
            std::fs::write(self.folder().join(&name), whole(block.mark().0, &block.text)).unwrap();
            self.files.push((name, block.mark().0.to_owned()));
        }
        let (kind, Some(file)) = block.mark() else { return };
        let path = self.folder().join(file);
        let text = if kind == "of" {
            patched(&std::fs::read_to_string(&path).unwrap(), &block.text, &block.place)
        } else {
            block.text.clone()
        };
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.here(&text)).unwrap();
        if matches!(kind, "site" | "spec" | "tag" | "known" | "catalogue" | "fault") {
            assert!(!self.files.iter().any(|(other, _)| other == file), "{}: {file} is there already", block.place);
            self.files.push((file.to_owned(), kind.to_owned()));
        }
    }

    /// Runs a command; gives what it printed.
    fn run(&mut self, command: &str, output: &str, told: bool, place: &str) -> String {
        if command == "chatproof serve" {
            return self.serve(output.lines().count());
        }
        if command.starts_with("python3 -m http.server") {
            // Whoever walks this page serves its folder.
            assert!(!self.served.is_empty(), "{place}: nothing serves the folder");
            return output.to_owned();
        }
        let program = Path::new(env!("CARGO_BIN_EXE_chatproof"));
        let others = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(
            std::iter::once(program.parent().unwrap().to_owned()).chain(std::env::split_paths(&others)),
        );
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("(exit {}); {}", self.last, self.here(command)));
        shell.current_dir(self.folder()).stdin(Stdio::null()).env("PATH", path.unwrap());
        for name in [
            "CI",
            "GITHUB_ACTIONS",
            "GITHUB_STEP_SUMMARY",
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "RUST_LOG",
            "STAGING_PASSWORD",
        ] {
            shell.env_remove(name);
        }
        let ran = shell.output().unwrap();
        self.last = ran.status.code().unwrap_or(-1);
        let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(told || self.last == 0, "{place}: `{command}` ended with {}:\n{errors}", self.last);
        let progress =
            |line: &&str| ["firefox   ", "chromium  ", "looking at "].iter().any(|start| line.starts_with(start));
        let errors: String = errors.lines().filter(|line| !progress(line)).map(|line| format!("{line}\n")).collect();
        let printed = self.shown(&(String::from_utf8_lossy(&ran.stdout).into_owned() + &errors));
        printed.replace(&format!("{}/", self.folder().display()), "")
    }

    /// The reference site, at a port of its own.
    fn serve(&mut self, lines: usize) -> String {
        let mut server = Command::new(env!("CARGO_BIN_EXE_chatproof"))
            .args(["serve", "--port", "0"])
            .current_dir(self.folder())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told: Vec<String> =
            BufReader::new(server.stdout.take().unwrap()).lines().take(lines.max(1)).map(Result::unwrap).collect();
        self.servers.push(server);
        let address = Regex::new(r"http://127\.0\.0\.1:\d+").unwrap();
        let here = told.iter().find_map(|line| address.find(line)).unwrap().as_str().to_owned();
        self.serves(REFERENCE_SITE, &here);
        self.shown(&(told.join("\n") + "\n"))
    }
}

/// A text after a diff without line numbers: what stands with `-` (and ` `) must be there once.
fn patched(text: &str, diff: &str, place: &str) -> String {
    let side = |sign: char| -> String {
        let mine = diff.lines().filter(|line| line.starts_with(sign) || line.starts_with(' '));
        mine.map(|line| format!("{}\n", &line[1..])).collect()
    };
    let (before, after) = (side('-'), side('+'));
    assert_eq!(text.matches(&before).count(), 1, "{place}: this is not once in the file:\n{before}");
    text.replace(&before, &after)
}
