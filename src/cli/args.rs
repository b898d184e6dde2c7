//! The command line as it is written: clap types, and the texts of `--help`.
//!
//! Boundary: nothing is looked up here. What the words mean on this machine is [`super::settings`]'s business.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

mod spec;
mod words;

pub use self::spec::{CheckArgs, CheckFormat, DraftArgs, SpecArgs, SpecCommand};
pub use self::words::{AnalyticsFlag, Browser, Details, Shots};
use crate::cli::shard::Shard;
use crate::fixture_site::Variant;
use crate::report::Request;

const EXIT_CODES: &str = "\
Exit codes:
  0    conforms: every requirement that was checked holds
  1    does not conform: a requirement is broken, or a documented event is fired by no journey
  2    the command line, the spec or the site file is wrong; nothing was run
  3    could not judge: a driver, browser or the site failed, or a requirement is inconclusive
  130  interrupted; what was heard so far is reported and saved
A breach (1) wins over a doubt (3), and a run that checked nothing never ends with 0.
Known failures (known.yaml) and flaky journeys end with 0, unless --strict-baseline or --fail-on-flaky makes it 1.";

const MAIN_HELP: &str = "\
First steps:
  chatproof doctor                          is there a browser with its driver? what is missing?
  chatproof demo                            a whole run against the built-in reference site
  chatproof init https://staging.example.com
                                            look at your site, and write a first chatproof.yaml
  chatproof run                             run its journeys
  chatproof run --watch                     and again whenever you have edited the file

While you write:
  chatproof steps                           what a journey's steps can say
  chatproof lint chatproof.yaml             every mistake at once, without a browser
  chatproof explain REQUIREMENT             what a line of a report demands, and why

In CI:
  chatproof run --report junit=report.xml --report json=report.json --save-recordings recordings

A recording has all that was heard. Judge it again, anywhere, without a browser:
  chatproof judge recordings
";

const RUN_HELP: &str = "\
Examples:
  chatproof run                                     the journeys of chatproof.yaml, in Firefox
  chatproof run --browser firefox --browser chromium
  chatproof run --watch                             again whenever the file is saved, in the open browser
  chatproof run --only 'live-*' --headed --slow 500ms --jobs 1
                                                    look on, step by step
  chatproof run --headed --pause-on-failure         look at the page where a step failed
  chatproof run --base-url http://localhost:3000    the same journeys against another host
  chatproof run --report html=report.html           a page to look at: timelines, payloads, screenshots
  chatproof run --report junit=out/junit.xml --save-recordings out/recordings
  chatproof run --retries 2                         tell flaky journeys from broken ones
  chatproof run --write-baseline                    let what is broken now pass as known: known.yaml
  chatproof run --webdriver http://grid:4444        a driver or grid that is already running
  chatproof run --shard 2/4 --save-recordings out   the second of four machines; then `chatproof merge`

Environment:
  CHATPROOF_FIREFOX, CHATPROOF_GECKODRIVER          which browser and driver to use instead of
  CHATPROOF_CHROMIUM, CHATPROOF_CHROMEDRIVER        those that are found (`chatproof doctor` tells)
  NO_COLOR, CLICOLOR_FORCE                          colour; `--color` wins over both
  RUST_LOG                                          what is logged to standard error
  GITHUB_ACTIONS, GITHUB_STEP_SUMMARY               annotations and a summary, on GitHub's runners
";

const SELFTEST_HELP: &str = "\
A verdict is worth something if the tool that gives it is right. Each fault of the catalogue breaks one documented
statement in a site that conforms, and must be caught for that reason and no other; each variant is odd but conforms,
and must not be accused. The built-in catalogue changes the reference site. One of your own, for your own spec, is a
file such as:

  format: chatproof-catalogue/1
  site: selftest-journeys.yaml     a site file: its spec, and the journeys that faults choose from
  serve: widget                    a folder of static files, served with each fault's changes
  faults: faults                   a folder with one small YAML file for each
  variants: variants

The two kinds of files are described in fixtures/faults/README.md.

Examples:
  chatproof selftest                                      in Firefox
  chatproof selftest --browser firefox --browser chromium
  chatproof selftest --list                               as a checklist; nothing is run
  chatproof selftest --only 'sid-*'                       some entries
  chatproof selftest --report json=selftest.json

Exit codes:
  0    every fault that was chosen was caught for its declared reason, and no variant was accused
  1    a fault was missed or caught for another reason, or a variant was accused
  2    the command line or a file of the catalogue is wrong, or nothing was chosen; nothing was run
  3    could not be told: a driver, browser or site failed
  130  interrupted";

/// Proves, in a real browser, that a chat widget fires the JavaScript events its vendor documents.
#[derive(Debug, Parser)]
#[command(
    name = "chatproof",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "`chatproof COMMAND --help` tells more about a command, `chatproof --help` about all.",
    after_long_help = format!("{MAIN_HELP}\n{EXIT_CODES}"),
    long_about = "Proves, in a real browser, that a chat widget fires the JavaScript events its vendor documents.\n\n\
        chatproof opens your page, listens for every documented event before the page's own scripts run, walks the \
        conversation as a visitor (and as a live agent) would, and judges what it heard: did each event fire, once, \
        in order, for the right cause, with the documented payload?"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", global = true, help_heading = "Output")]
    pub color: When,
    /// Tell each step and event, and what the driver says; twice for every message (RUST_LOG decides if it is set)
    #[arg(short, long, action = clap::ArgAction::Count, global = true, help_heading = "Output")]
    pub verbose: u8,
    /// Print neither progress nor the terminal report, only errors; the exit code and the files say the rest
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a site file's journeys, judge what was heard, report
    #[command(after_long_help = format!("{RUN_HELP}\n{EXIT_CODES}"))]
    Run(RunArgs),
    /// Look at a page, and write a site file for it with a first journey
    #[command(after_long_help = "\
Examples:
  chatproof init https://staging.example.com/pricing
  chatproof init http://localhost:3000 --spec bell.yaml --output e2e/chatproof.yaml

It opens the page, waits for the widget, clicks a consent away and opens the chat; says what it found; writes the file
with a journey of that; and runs that journey once. Beside it it writes `chatproof.schema.json`, by which editors
complete and check the file.

Exit codes:
  0    written, and its journey passes as it stands
  1    written, but the widget wasn't found, no event was heard, or the journey doesn't pass: it says why
  2    the command line or the spec is wrong, or the file is there already
  3    no browser could be used, or the page couldn't be opened")]
    Init(InitArgs),
    /// Walk through a whole conversation, map it, and write journeys for every event
    Explore(ExploreArgs),
    /// The same against the built-in reference site
    #[command(after_long_help = format!(
        "Without `--report` and `--save-recordings`, the reports and recordings are written to `chatproof-demo/`.\n\n\
         {}\n{EXIT_CODES}", variants()))]
    Demo(DemoArgs),
    /// Judge saved recordings again, without a browser
    #[command(after_long_help = format!("\
Examples:
  chatproof judge recordings                             every recording of a directory
  chatproof judge --site chatproof.yaml recordings       with levels or expectations edited since
  chatproof judge recordings/firefox-live-chat.json --report json

{EXIT_CODES}"))]
    Judge(JudgeArgs),
    /// Judge the recordings of all shards of a run as one, without a browser
    #[command(after_long_help = format!("\
Examples:
  chatproof run --shard 1/2 --save-recordings recordings/1     on one machine
  chatproof run --shard 2/2 --save-recordings recordings/2     on another
  chatproof merge recordings --report junit=report.xml         when both have ended

A shard that is missing, or that broke off, is named, and the run could not be judged (3). Known failures are those that the
shards were run with, unless --baseline or --no-baseline says otherwise.

{EXIT_CODES}"))]
    Merge(MergeArgs),
    /// Tell what two runs differ in: what broke, what comes no more, what has another shape
    #[command(after_long_help = "\
Examples:
  chatproof compare recordings-yesterday recordings
  chatproof compare before.json after.json --report markdown=comment.md
  chatproof compare recordings/firefox recordings/chromium      one browser with another
  chatproof compare profile.yaml recordings                     with what many runs have shown
  chatproof compare before after --report html=drift.html --show-values

Exit codes:
  0    nothing got worse
  1    something got worse: a requirement broke, or what was always there is gone (--strict: anything differs)
  2    the command line is wrong, a side can't be read, or no journey is on both sides
  3    something that could be told before can't be told any more")]
    Compare(CompareArgs),
    /// Show what many runs have found, over time: since when something is broken, what is flaky, how times move
    #[command(after_long_help = "\
Examples:
  chatproof run --history history                  keeps a summary of the run
  chatproof history history
  chatproof history history --last 30 --report html=history.html

Exit codes:
  0    shown
  2    the folder can't be read, or holds no run")]
    History(HistoryArgs),
    /// Check site files, specs, files of known failures and catalogues, without a browser
    #[command(after_long_help = "Every mistake of every file is told at once. Exit code 0 if there is none, else 2.")]
    Lint(LintArgs),
    /// Draft a spec from a vendor's pages, or hold one against them
    Spec(SpecArgs),
    /// Serve the reference site, to look at it by hand
    #[command(after_long_help = variants())]
    Serve(ServeArgs),
    /// Seed every fault of a catalogue, and show that each is caught for its reason
    #[command(after_long_help = SELFTEST_HELP)]
    Selftest(SelftestArgs),
    /// Tell which browsers and drivers are found, what is missing and how to get it
    #[command(after_long_help = "Exit code 0 if at least one browser can be used with its driver, else 3.")]
    Doctor(DoctorArgs),
    /// Print the reference of a journey's steps: verbs, keys, locators, substitutions
    #[command(after_long_help = "Examples:\n  chatproof steps\n  chatproof steps fill\n  chatproof steps locators")]
    Steps(StepsArgs),
    /// List the analytics and advertising tags that are known, print the file of one, or tell what a page's tags send
    #[command(after_long_help = "\
Examples:
  chatproof tags                                 the tags that site files can name
  chatproof tags ga4 > ours.yaml                 a file to begin with for a tag of your own
  chatproof tags https://staging.example.com     which tags a page loads, and what each sends
  chatproof tags chatproof.yaml --write          the same in your journeys; and the `forwards` for what was seen

What known tags send is answered in the browser, so that no hit reaches a real property; `--analytics pass` lets it through.

Exit codes:
  0    the page was opened, or all journeys came to their end
  2    the command line or the site file is wrong; nothing was opened
  3    the page can't be opened, or a journey didn't come to its end")]
    Tags(TagsArgs),
    /// Tell what a requirement demands, why, and what to do about each finding
    #[command(after_long_help = "\
Examples:
  chatproof explain                              all requirements of the spec
  chatproof explain event.CONVERSATION_ENGAGED.fires
  chatproof explain 'event.*.payload.sid'
  chatproof explain ready --spec bell.yaml       of another spec: its id, or its file

Without --spec it is the spec of chatproof.yaml, if there is such a file here.")]
    Explain(ExplainArgs),
    /// Print a JSON Schema of one of chatproof's file formats
    #[command(after_long_help = "\
Examples:
  chatproof schema site > chatproof.schema.json     with the events of chatproof.yaml's spec
  chatproof schema report                           of `--report json`")]
    Schema(SchemaArgs),
    /// Print a man page, or write all of them to a directory
    #[command(after_long_help = "\
Examples:
  chatproof man | man -l -
  chatproof man run | man -l -
  chatproof man --dir /usr/local/share/man/man1")]
    Man(ManArgs),
    /// Print a completion script for a shell
    #[command(
        after_long_help = "Example:\n  chatproof completions bash > ~/.local/share/bash-completion/completions/chatproof"
    )]
    Completions {
        /// Which shell
        #[arg(value_enum)]
        shell: Shell,
    },
}

/// The reference site's variants, for help texts.
fn variants() -> String {
    let width = Variant::NAMES.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = Variant::NAMES.iter().map(|(name, what)| format!("  {name:<width$}  {what}")).collect();
    format!("Variants of the reference site, all of which conform:\n{}\n", lines.join("\n"))
}

fn variant_names() -> clap::builder::PossibleValuesParser {
    Variant::NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>().into()
}

/// An http(s) address. What one that can't be read holds of a user and a password isn't repeated.
#[derive(Debug, Clone, Copy)]
struct Address;

impl clap::builder::TypedValueParser for Address {
    type Value = url::Url;

    fn parse_ref(&self, cmd: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<url::Url, clap::Error> {
        let parser = address as fn(&str) -> Result<url::Url, String>;
        let text = value.to_string_lossy();
        let Some(login) = text.rfind('@') else { return parser.parse_ref(cmd, arg, value) };
        parser.parse_ref(cmd, arg, value).map_err(|error| {
            let start = text.find("://").map_or(0, |at| at + 3).min(login);
            let shown = format!("{}***{}", &text[..start], &text[login..]);
            let said = parser.parse_ref(cmd, arg, OsStr::new(&shown)).err();
            said.unwrap_or_else(|| clap::Error::raw(error.kind(), format!("{shown} isn't a valid address\n")))
        })
    }
}

/// An http(s) address: `localhost:4444` would be one too, of a scheme `localhost`, and fail much later.
fn address(text: &str) -> Result<url::Url, String> {
    let help = || format!("write it with its scheme, such as http://{}", text.trim_start_matches('/'));
    match url::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) if text.contains("://") => Err(format!("its scheme is {}, expected http or https", url.scheme())),
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => Err(help()),
        Err(why) => Err(why.to_string()),
    }
}

/// A capability's name and its value.
type Capability = (String, serde_json::Value);

fn capability(text: &str) -> Result<Capability, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=JSON, such as 'browserVersion=\"150\"'")?;
    if name.trim().is_empty() {
        return Err("expected a name before `=`, such as 'browserVersion=\"150\"'".to_owned());
    }
    let value = serde_json::from_str(value)
        .map_err(|why| format!("what stands behind `=` is no JSON ({why}); a text needs quotes: '{name}=\"...\"'"))?;
    Ok((name.trim().to_owned(), value))
}

/// Reads a capability. A value that can't be read may be a key to a hosted grid: what is wrong is said without it.
#[derive(Debug, Clone)]
struct CapabilityParser;

impl clap::builder::TypedValueParser for CapabilityParser {
    type Value = Capability;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Capability, clap::Error> {
        let refuse = |why: &str| {
            let name = value.to_string_lossy();
            let name = name.split_once('=').map_or("", |(name, _)| name);
            let shown = if name.is_empty() { String::new() } else { format!(" '{name}=…'") };
            clap::Error::raw(
                clap::error::ErrorKind::ValueValidation,
                format!("invalid value{shown} for '--capability <NAME=JSON>': {why}\n"),
            )
            .with_cmd(command)
        };
        capability(value.to_str().ok_or_else(|| refuse("it isn't UTF-8"))?).map_err(|why| refuse(&why))
    }
}

/// A duration as in site files.
fn duration(text: &str) -> Result<Duration, String> {
    crate::source::read::parse_duration(text)
}

/// `chatproof run`
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The site file: what to open, who acts, which events each step must fire
    #[arg(default_value = "chatproof.yaml", value_name = "SITE.yaml")]
    pub site: PathBuf,
    /// Run again whenever the site file or its spec changes, in the browser that is already open
    #[arg(long, conflicts_with_all = ["write_baseline", "profile", "learn", "history"])]
    pub watch: bool,
    /// Run only the Kth of N parts of the journeys, as other machines run the others; `chatproof merge` judges the recordings
    /// of all of them as one run
    #[arg(long, value_name = "K/N", requires = "save_recordings", conflicts_with_all = ["watch", "write_baseline"], help_heading = "Shards")]
    pub shard: Option<Shard>,
    /// Balance the shards by how long journeys took in the recordings in this folder, the same one for all shards
    /// [default: by their steps and pauses]
    #[arg(long, value_name = "DIR", requires = "shard", help_heading = "Shards")]
    pub shard_times: Option<PathBuf>,
    /// Keep what journeys save by `save_state` in this file, and begin with what is in it: `--only` then needs no login again
    #[arg(long, value_name = "FILE")]
    pub keep_state: Option<PathBuf>,
    /// How to run.
    #[command(flatten)]
    pub flags: RunFlags,
}

/// `chatproof demo`
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Embed the widget in another way
    #[arg(long, value_name = "NAME", value_parser = variant_names(), hide_possible_values = true)]
    pub variant: Option<String>,
    /// How to run.
    #[command(flatten)]
    pub flags: RunFlags,
}

/// What `run` and `demo` take.
#[derive(Debug, Clone, Args)]
pub struct RunFlags {
    /// Which browser: `firefox`, `chromium`, or a name under `browsers` in the site file; repeat it for several [default: all
    /// that the site file lists, else firefox]
    #[arg(long, value_name = "NAME", help_heading = "Browser")]
    pub browser: Vec<String>,
    /// Show the browser's windows
    #[arg(long, help_heading = "Browser")]
    pub headed: bool,
    /// Wait so long before each step, to follow it: 500ms, 2s
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Browser")]
    pub slow: Option<Duration>,
    /// Keep the windows of a failed journey open until Enter is pressed
    #[arg(long, requires = "headed", help_heading = "Browser")]
    pub pause_on_failure: bool,
    /// Journeys at once in each session
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), help_heading = "Browser")]
    pub jobs: u16,
    /// Sessions of each browser, side by side; `--jobs` counts in each [default: 1; with `--webdriver` as many as the grid has
    /// free slots for, at most one for every two journeys]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256), help_heading = "Browser")]
    pub sessions: Option<u16>,
    /// Use a driver or Selenium Grid that is already running
    #[arg(long, value_name = "URL", value_parser = Address, help_heading = "Browser")]
    pub webdriver: Option<url::Url>,
    /// What sessions must be.
    #[command(flatten)]
    pub sessions_of: SessionFlags,
    /// Only journeys whose name matches; repeat it for several
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// For which of the site file's `visitors` journeys are run, instead of those that they name; `all`: for each of them
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub visitors: Vec<String>,
    /// Open this address instead of the site file's `base_url`
    #[arg(long, value_name = "URL", value_parser = Address)]
    pub base_url: Option<url::Url>,
    /// What becomes of requests to analytics that the site file's `forwards` name, and of those of known tags with `--tags`
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = AnalyticsFlag::Stub, help_heading = "Browser")]
    pub analytics: AnalyticsFlag,
    /// Tell in each report which analytics and advertising tags the pages load, and what each has sent
    #[arg(long, help_heading = "Browser")]
    pub tags: bool,
    /// Walk a journey that fails again with a fresh visitor, at most N times; if it then comes out well it is flaky
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=20), help_heading = "Judging")]
    pub retries: u16,
    /// What is let pass.
    #[command(flatten)]
    pub terms: TermFlags,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportFlags,
    /// Save what was heard in each journey, to judge it again later
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save_recordings: Option<PathBuf>,
    /// Which screenshots to take [default: `on` if an `html`, `junit` or `ctrf` report or recordings are written, else `off`]
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "Output")]
    pub screenshots: Option<Shots>,
    /// Tell on standard error where the time went
    #[arg(long, help_heading = "Output")]
    pub timings: bool,
}

/// What every command that opens a browser takes.
#[derive(Debug, Clone, Default, Args)]
pub struct SessionFlags {
    /// How long a new session may take, for instance until a slot of the grid is free: 90s, 15m [default: 5m with
    /// `--webdriver`, else 90s]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Browser")]
    pub session_timeout: Option<Duration>,
    /// Ask for a browser with this capability, such as 'browserVersion="150"' or 'vendor:options={"build":7}'; repeat it for
    /// several
    #[arg(long, value_name = "NAME=JSON", value_parser = CapabilityParser, help_heading = "Browser")]
    pub capability: Vec<(String, serde_json::Value)>,
}

/// What every command that judges takes.
#[derive(Debug, Clone, Default, Args)]
pub struct TermFlags {
    /// The file of known failures, which are waived [default: `known.yaml` beside the site file, if it is there]
    #[arg(long, value_name = "PATH", conflicts_with = "no_baseline", help_heading = "Judging")]
    pub baseline: Option<PathBuf>,
    /// Waive nothing, whatever `known.yaml` says
    #[arg(long, help_heading = "Judging")]
    pub no_baseline: bool,
    /// Fail if an entry of `known.yaml` has expired (it then waives nothing any more) or is no longer needed
    #[arg(long, conflicts_with = "no_baseline", help_heading = "Judging")]
    pub strict_baseline: bool,
    /// Add what is broken to `known.yaml`, so that it is waived from now on; what is in the file stays as it is
    #[arg(long, conflicts_with = "no_baseline", help_heading = "Judging")]
    pub write_baseline: bool,
    /// Fail if a journey is flaky
    #[arg(long, help_heading = "Judging")]
    pub fail_on_flaky: bool,
}

/// What every command that reports takes.
#[derive(Debug, Clone, Args)]
pub struct ReportFlags {
    /// Write a report: `terminal`, `html`, `json`, `junit`, `markdown`, `ctrf`, `tap`, `openmetrics` or `otlp`, to PATH or to
    /// standard output, or send it (`otlp=URL`); repeat it for several
    #[arg(long = "report", value_name = "FORMAT[=PATH]", help_heading = "Output")]
    pub list: Vec<Request>,
    /// Of which journeys the reports for people show in detail what was heard
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Details::Some, help_heading = "Output")]
    pub details: Details,
    /// Warn about what a profile, learnt from earlier runs, doesn't know: events, payload shapes, times
    #[arg(long, value_name = "FILE", help_heading = "Drift")]
    pub profile: Option<PathBuf>,
    /// Add what this run saw to a profile (shapes, counts and times, no values); it is made if it isn't there
    #[arg(long, value_name = "FILE", help_heading = "Drift")]
    pub learn: Option<PathBuf>,
    /// Keep a small summary of this run in a folder, for `chatproof history`
    #[arg(long, value_name = "DIR", help_heading = "Drift")]
    pub history: Option<PathBuf>,
    /// How many runs the history keeps; the oldest are removed
    #[arg(long, value_name = "N", default_value_t = 200, requires = "history", help_heading = "Drift", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub history_keep: u32,
}

/// `chatproof history`
#[derive(Debug, Clone, Args)]
pub struct HistoryArgs {
    /// The folder that runs were kept in by `--history`
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Only the latest N runs
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
    /// Write the history: `terminal`, `html` or `json`, to PATH or to standard output; repeat it for several
    #[arg(long, visible_alias = "format", value_name = "FORMAT[=PATH]", help_heading = "Output")]
    pub report: Vec<Request>,
}

/// `chatproof compare`
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// The older run: a folder of recordings, a JSON report, or a profile
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The newer run: a folder of recordings or a JSON report
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    /// Write the comparison: `terminal`, `html`, `markdown` or `json`, to PATH or to standard output; repeat it for several
    #[arg(long, visible_alias = "format", value_name = "FORMAT[=PATH]", help_heading = "Output")]
    pub report: Vec<Request>,
    /// Show values of payload fields and what was heard; without it only their shapes
    #[arg(long, help_heading = "Output")]
    pub show_values: bool,
    /// Exit with 1 if anything differs at all
    #[arg(long)]
    pub strict: bool,
}

/// `chatproof judge`
#[derive(Debug, Clone, Args)]
pub struct JudgeArgs {
    /// Recordings, or directories of recordings
    #[arg(required = true, value_name = "RECORDING")]
    pub recordings: Vec<PathBuf>,
    /// Judge by this site file instead of the copy in the recordings
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// Judge by this spec (a file, or the id of a built-in one) instead of the copy in the recordings
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<String>,
    /// What is let pass.
    #[command(flatten)]
    pub terms: TermFlags,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportFlags,
}

/// `chatproof merge`
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// The folders that shards have saved their recordings in, or folders of such folders
    #[arg(required = true, value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// A browser that the run was to be in; repeat it for several. If all of its shards are missing, nothing else says so
    /// [default: those of the shards that are there]
    #[arg(long, value_name = "NAME")]
    pub browser: Vec<String>,
    /// What is let pass.
    #[command(flatten)]
    pub terms: TermFlags,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportFlags,
}

/// `chatproof lint`
#[derive(Debug, Clone, Args)]
pub struct LintArgs {
    /// Site files, specs, files of known failures, catalogues, their faults and variants; told apart by what is in them
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The site file that files of known failures belong to [default: `chatproof.yaml` beside each]
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
}

/// `chatproof init`
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// A page that has the widget
    #[arg(value_name = "URL", value_parser = Address)]
    pub url: url::Url,
    /// The file to write
    #[arg(short, long, default_value = "chatproof.yaml", value_name = "SITE.yaml")]
    pub output: PathBuf,
    /// What is documented of the widget: a file, or the id of a built-in spec [default: the built-in one whose ready event is heard]
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<String>,
    /// Write over a file that is there already
    #[arg(long)]
    pub force: bool,
    /// How long to wait for the widget
    #[arg(long, default_value = "15s", value_name = "TIME", value_parser = duration)]
    pub wait: Duration,
    /// Which browser [default: firefox, or chromium where there is no Firefox]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Browser")]
    pub browser: Option<Browser>,
    /// Show the browser's window
    #[arg(long, help_heading = "Browser")]
    pub headed: bool,
    /// Use a driver or Selenium Grid that is already running
    #[arg(long, value_name = "URL", value_parser = Address, help_heading = "Browser")]
    pub webdriver: Option<url::Url>,
    /// What sessions must be.
    #[command(flatten)]
    pub sessions_of: SessionFlags,
    /// Accept a certificate that can't be verified
    #[arg(long, help_heading = "Browser")]
    pub accept_insecure_certs: bool,
}

/// `chatproof explore`
#[derive(Debug, Clone, Args)]
pub struct ExploreArgs {
    /// A page that has the widget; may hold `${journey}` and `${run.id}`
    #[arg(value_name = "URL")]
    pub url: String,
    /// What is documented of the widget: a file, or the id of a built-in spec [default: the built-in one]
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<String>,
    /// The page at which an agent answers, relative to the first one or a whole address; may hold `${journey}` and `${run.id}`
    #[arg(long, value_name = "URL")]
    pub agent: Option<String>,
    /// The site file to write; the map is written beside it, as `.map.json` and `.map.html`
    #[arg(short, long, default_value = "chatproof.yaml", value_name = "SITE.yaml")]
    pub output: PathBuf,
    /// Write over files that are there already
    #[arg(long)]
    pub force: bool,
    /// Go on from a map
    #[arg(long, value_name = "MAP.json")]
    pub resume: Option<PathBuf>,
    /// How long all of it may take; the last third is for running what was found
    #[arg(long, default_value = "10m", value_name = "TIME", value_parser = duration)]
    pub budget: Duration,
    /// How many walks side by side; 1 with an agent whose address holds no `${journey}`
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// How long to wait where something may come by itself
    #[arg(long, default_value = "2m", value_name = "TIME", value_parser = duration)]
    pub patience: Duration,
    /// What not to touch; repeat for several
    #[arg(long, value_name = "LOCATOR")]
    pub avoid: Vec<String>,
    /// What to type: a YAML map of kinds of fields (`email`, `name`) or words of their labels to texts
    #[arg(long, value_name = "FILE.yaml")]
    pub answers: Option<PathBuf>,
    /// Hosts at which something may be sent, besides this machine
    #[arg(long, value_name = "HOST")]
    pub allow: Vec<String>,
    /// Send, book and ask for agents on whichever host it is
    #[arg(long)]
    pub allow_sending: bool,
    /// How long to wait for the widget
    #[arg(long, default_value = "15s", value_name = "TIME", value_parser = duration)]
    pub wait: Duration,
    /// Which browser [default: firefox, or chromium where there is no Firefox]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Browser")]
    pub browser: Option<Browser>,
    /// Show the browser's windows
    #[arg(long, help_heading = "Browser")]
    pub headed: bool,
    /// Use a driver or Selenium Grid that is already running
    #[arg(long, value_name = "URL", value_parser = Address, help_heading = "Browser")]
    pub webdriver: Option<url::Url>,
    /// What sessions must be.
    #[command(flatten)]
    pub sessions_of: SessionFlags,
    /// Accept a certificate that can't be verified
    #[arg(long, help_heading = "Browser")]
    pub accept_insecure_certs: bool,
}

/// `chatproof schema`
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Which format
    #[arg(value_enum)]
    pub name: SchemaName,
    /// With `site`: the spec whose events it knows [default: that of chatproof.yaml, else the built-in one]
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<String>,
}

/// A file format that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// Site files, with the events of a spec
    Site,
    /// Maps of a conversation, by `explore`
    Map,
    /// Specs
    Spec,
    /// Tags: what a forward's `kind` can name
    Tag,
    /// Recordings
    Recording,
    /// Known failures, `known.yaml`
    Known,
    /// `--report json`
    Report,
    /// `chatproof compare --report json`
    Comparison,
    /// What `--learn` writes
    Profile,
    /// What `--history` keeps of a run
    History,
    /// `chatproof history --report json`
    Timeline,
    /// `chatproof spec check --format json`
    Check,
}

/// `chatproof man`
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Of this command
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    pub command: Option<String>,
    /// Write `chatproof.1` and a page for each command to this directory
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// `chatproof steps`
#[derive(Debug, Clone, Args)]
pub struct StepsArgs {
    /// Only this verb or key, or `locators` or `substitutions`, with an example
    #[arg(value_name = "WORD")]
    pub word: Option<String>,
}

/// `chatproof tags`
#[derive(Debug, Clone, Args)]
pub struct TagsArgs {
    /// A tag whose file is printed; or the address of a page, or a site file, whose tags are looked at
    #[arg(value_name = "TAG|URL|SITE.yaml")]
    pub what: Option<String>,
    /// Write the `forwards` for what was seen behind each event: into the site file, or to standard output
    #[arg(long)]
    pub write: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// With a page: the spec whose events are listened for [default: that of chatproof.yaml, else the built-in one]
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<String>,
    /// With a page: how long to look on after it has loaded
    #[arg(long, default_value = "5s", value_name = "TIME", value_parser = duration)]
    pub wait: Duration,
    /// What becomes of requests to known tags
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = AnalyticsFlag::Stub, help_heading = "Browser")]
    pub analytics: AnalyticsFlag,
    /// Which browser [default: firefox, or chromium where there is no Firefox]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Browser")]
    pub browser: Option<Browser>,
    /// Show the browser's window
    #[arg(long, help_heading = "Browser")]
    pub headed: bool,
    /// Use a driver or Selenium Grid that is already running
    #[arg(long, value_name = "URL", value_parser = Address, help_heading = "Browser")]
    pub webdriver: Option<url::Url>,
    /// What sessions must be.
    #[command(flatten)]
    pub sessions_of: SessionFlags,
    /// Accept a certificate that can't be verified
    #[arg(long, help_heading = "Browser")]
    pub accept_insecure_certs: bool,
}

/// `chatproof explain`
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// A requirement's id as reports show it, a part of one, or a glob; without it all are listed
    #[arg(value_name = "REQUIREMENT")]
    pub requirement: Option<String>,
    /// Of this spec: a file, or the id of a built-in one
    #[arg(long, value_name = "SPEC")]
    pub spec: Option<String>,
}

/// `chatproof serve`
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Port on 127.0.0.1; 0 for a free one
    #[arg(long, default_value_t = 8000, value_name = "PORT")]
    pub port: u16,
    /// Embed the widget in another way
    #[arg(long, value_name = "NAME", value_parser = variant_names(), hide_possible_values = true)]
    pub variant: Option<String>,
}

/// `chatproof selftest`
#[derive(Debug, Clone, Args)]
pub struct SelftestArgs {
    /// A catalogue of your own instead of the built-in one
    #[arg(value_name = "CATALOGUE.yaml")]
    pub catalogue: Option<PathBuf>,
    /// Which browser; repeat it for several [default: firefox]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Browser")]
    pub browser: Vec<Browser>,
    /// Show the browser's windows
    #[arg(long, help_heading = "Browser")]
    pub headed: bool,
    /// Journeys at once
    #[arg(long, default_value_t = 12, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), help_heading = "Browser")]
    pub jobs: u16,
    /// Use a driver or Selenium Grid that is already running
    #[arg(long, value_name = "URL", value_parser = Address, help_heading = "Browser")]
    pub webdriver: Option<url::Url>,
    /// What sessions must be.
    #[command(flatten)]
    pub sessions_of: SessionFlags,
    /// Only entries whose id matches; repeat it for several
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Only the Kth of N parts of the entries, as other machines run the others
    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,
    /// List the entries as a checklist; nothing is run
    #[arg(long)]
    pub list: bool,
    /// Judge golden recordings, which `--save-golden` wrote, instead of walking; no browser
    #[arg(long, value_name = "DIR", conflicts_with_all = ["browser", "headed", "webdriver", "save_golden", "save_recordings"])]
    pub golden: Option<PathBuf>,
    /// Write the matrix: `terminal` or `json`, to PATH or to standard output; repeat it for both
    #[arg(long, value_name = "FORMAT[=PATH]", help_heading = "Output")]
    pub report: Vec<Request>,
    /// Save what was heard in each journey, a directory for each entry
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save_recordings: Option<PathBuf>,
    /// Save what the first browser heard, compact: a file for each entry
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub save_golden: Option<PathBuf>,
}

/// `chatproof doctor`
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// As JSON, for programs
    #[arg(long)]
    pub json: bool,
}
