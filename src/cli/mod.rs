//! The command line: types, plain settings, and a file per command.
//!
//! Boundary: the only place that knows all others. Commands are library functions from settings to an exit code;
//! `main` reads the environment, the terminal and the clock and hands them in.

use std::io::Write as _;

use clap::CommandFactory as _;

pub mod args;
pub mod assemble;
pub mod catalogue;
pub mod ci;
pub mod collector;
pub mod compare;
pub mod conclude;
pub mod demo;
pub mod doctor;
#[cfg(test)]
mod drawn;
pub mod explain;
pub mod explore;
pub mod fetch;
pub mod files;
pub mod history;
pub mod init;
pub mod init_file;
pub mod judge;
pub mod kept_states;
pub mod known;
pub mod lint;
pub mod live;
pub mod lookout;
pub mod man;
pub mod manifest;
pub mod merge;
pub mod page;
pub mod pause;
pub mod progress;
pub mod recordings;
pub mod run;
pub mod schema;
pub mod selftest;
pub mod serve;
pub mod settings;
pub mod shard;
pub mod signals;
pub mod spec;
pub mod steps;
pub mod tags;
mod tags_seen;
mod tags_write;
pub mod watch;

use args::{Cli, Command};
use settings::{Output, Surroundings};

use crate::error::{Error, Result};
use crate::report::style::Ink;
use crate::report::text;

/// Does what the command line asks for; gives the exit code.
pub async fn run(cli: Cli, surroundings: &Surroundings) -> u8 {
    let output = Output::resolve(&cli.common, surroundings);
    let ended = match cli.command {
        Command::Run(args) => run::run(args, output, surroundings).await,
        Command::Demo(args) => demo::run(args, output, surroundings).await,
        Command::Judge(args) => judge::run(args, output, surroundings),
        Command::Merge(args) => merge::run(&args, output, surroundings),
        Command::Compare(args) => compare::run(&args, output),
        Command::History(args) => history::run(&args, output),
        Command::Lint(args) => lint::run(&args, output),
        Command::Spec(args) => spec::run(args, output).await,
        Command::Serve(args) => serve::run(args, output).await,
        Command::Selftest(args) => selftest::run(args, output, surroundings).await,
        Command::Doctor(args) => doctor::run(args, output, surroundings).await,
        Command::Init(args) => init::run(args, output, surroundings).await,
        Command::Explore(args) => explore::run(args, output, surroundings).await,
        Command::Schema(args) => schema::run(&args, output),
        Command::Man(args) => man::run(&args, output),
        Command::Steps(args) => steps::run(&args, output),
        Command::Tags(args) => tags::run(args, output, surroundings).await,
        Command::Explain(args) => explain::run(&args, output),
        Command::Completions { shell } => completions(shell),
    };
    ended.unwrap_or_else(|error| {
        let error = error.map_texts(|text| surroundings.mask(text));
        tell(&error, output);
        exit_code(&error)
    })
}

fn completions(shell: clap_complete::Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "chatproof", &mut script);
    run::print(&String::from_utf8_lossy(&script)).map(|()| 0)
}

/// Says something on standard error, unless nothing is to be said.
pub fn say(output: Output, ink: Ink, text: &str) {
    if !output.quiet {
        let text = text::line(text, text::LONG);
        let _ = writeln!(std::io::stderr().lock(), "{}", output.stderr.paint(ink, &text));
    }
}

/// What the process exits with after an error: whose fault it is.
pub fn exit_code(error: &Error) -> u8 {
    match error {
        Error::Usage(_) | Error::Mistakes(_) | Error::Read { .. } => 2,
        Error::Interrupted => 130,
        _ => 3,
    }
}

/// What to do about a file that can't be read or written; others bring their own help.
fn help(error: &Error) -> String {
    use std::io::ErrorKind;
    let (reading, kind) = match error {
        Error::Read { cause, .. } => (true, cause.kind()),
        Error::Write { cause, .. } => (false, cause.kind()),
        _ => return String::new(),
    };
    let help = match kind {
        ErrorKind::NotFound => "is the path right?",
        ErrorKind::IsADirectory => "it is a directory: name a file in it",
        ErrorKind::InvalidData if reading => "it is no text in UTF-8: save it as such",
        ErrorKind::PermissionDenied => "give yourself the right to it, or name another path",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space, or name another path",
        _ => return String::new(),
    };
    format!("\n  help: {help}")
}

/// Tells an error on standard error. The runner's are masked already, and so is what a command ends with.
pub fn tell(error: &Error, output: Output) {
    let text = match error {
        // Rendered with carets and colour already.
        Error::Mistakes(rendered) => format!("{}\n", rendered.trim_end()),
        other => {
            let lines = text::lines(&format!("{other}{}", help(other)), text::LONG);
            format!("{} {}\n", output.stderr.paint(Ink::Bad, "error:"), lines.join("\n"))
        }
    };
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
