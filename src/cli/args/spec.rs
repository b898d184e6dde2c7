//! `chatproof spec`: command lines about vendors' pages.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const DRAFT_HELP: &str = "\
Examples:
  chatproof spec draft events.md                             to standard output
  chatproof spec draft https://docs.bell.example/events --output bell.yaml
  chatproof spec draft opened.html asked.html closed.html    one page for each event
  chatproof spec draft events.md --url https://docs.bell.example/events --id bell

It reads headings, code, tables, lists and anchors, so the page's language doesn't matter: which event says that the widget is
ready, where the API lives and how it's called, which events there are, and of each its section, cause and payload. Each
statement has the line of the page that says it; a comment stands where a choice was made. It's a draft to be read.

Nothing of a page is run, and no address in it is opened. An address that you give is; it may redirect five times, and may be
as long as a file: 2 MiB.

Exit codes:
  0    written
  1    the pages show no subscription to an event
  2    the command line is wrong, or a file can't be read
  3    an address can't be read, or the file can't be written";

const CHECK_HELP: &str = "\
Examples:
  chatproof spec check bell.yaml https://docs.bell.example/events
  chatproof spec check bell.yaml events.en.md events.fr.md events.de.md     also where the languages differ
  chatproof spec check adobe-dynamic-chat callback-functions.md --format markdown > ticket.md

Events, payload fields, sections, anchors, and what samples show of the ready event and the API are compared; each difference
is told with the lines of both sides. Pages that all have events in common are versions of one description, such as languages;
others are its parts. Headings count on pages in the spec's language only, the causes' and titles' words on none.

Where the spec is right and the page isn't, the spec says why, under the id that is printed:

  decided:
    event.OPENED.payload.chat: the page forgets it; the vendor has confirmed it

Exit codes:
  0    no difference that isn't decided
  1    the spec or a page has changed, or the pages differ
  2    the command line or the spec is wrong, or a file can't be read
  3    an address can't be read";

/// `chatproof spec`
#[derive(Debug, Clone, Args)]
pub struct SpecArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: SpecCommand,
}

/// The commands about vendors' pages.
#[derive(Debug, Clone, Subcommand)]
pub enum SpecCommand {
    /// Write a spec of what a vendor's pages say of their events
    #[command(after_long_help = DRAFT_HELP)]
    Draft(DraftArgs),
    /// Tell where a spec and a vendor's pages differ, and where pages differ among themselves
    #[command(after_long_help = CHECK_HELP)]
    Check(CheckArgs),
}

/// `chatproof spec draft`
#[derive(Debug, Clone, Args)]
pub struct DraftArgs {
    /// The vendor's pages: Markdown or HTML files, or http(s) addresses; read as one description
    #[arg(required = true, value_name = "PAGE")]
    pub pages: Vec<String>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "SPEC.yaml")]
    pub output: Option<PathBuf>,
    /// Write over a file that is there already
    #[arg(long)]
    pub force: bool,
    /// Where the page is published, for links in reports [default: its address, or the one that it says it has]
    #[arg(long, value_name = "URL", value_parser = super::Address)]
    pub url: Option<url::Url>,
    /// The spec's id, by which site files could name it [default: made of the page's title]
    #[arg(long, value_name = "NAME")]
    pub id: Option<String>,
}

/// `chatproof spec check`
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// The spec: a file, or the id of a built-in one
    #[arg(value_name = "SPEC")]
    pub spec: String,
    /// The vendor's pages: Markdown or HTML files, or http(s) addresses
    #[arg(required = true, value_name = "PAGE")]
    pub pages: Vec<String>,
    /// How to tell
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Terminal)]
    pub format: CheckFormat,
}

/// How `chatproof spec check` tells what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people, with the lines of both sides
    Terminal,
    /// For programs; `chatproof schema check` prints its schema
    Json,
    /// The text of a ticket
    Markdown,
}
