//! `chatproof spec`: command lines about vendors' pages.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
