//! `chatproof man`: man pages, from the same words as `--help`.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli::args::{Cli, ManArgs};
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::error::{Error, Result};
use crate::report;
use crate::source::nearest::suggest;

/// Prints a page, or writes all of them.
///
/// # Errors
/// [`Error::Usage`] for a command that there isn't; [`Error::Write`].
pub fn run(args: &ManArgs, _output: Output) -> Result<u8> {
    let mut whole = Cli::command().name("chatproof");
    whole.build();
    if let Some(directory) = &args.dir {
        write(directory, &whole)?;
        return Ok(0);
    }
    let page = match &args.command {
        None => page(&whole)?,
        Some(name) => {
            let Some(command) = whole.find_subcommand(name) else {
                let names = whole.get_subcommands().map(Command::get_name);
                return Err(Error::Usage(format!(
                    "there is no command `{name}`\n  help: {}",
                    suggest(name, "commands", names)
                )));
            };
            page(command)?
        }
    };
    print(&page).map(|()| 0)
}

fn write(directory: &Path, whole: &Command) -> Result<()> {
    report::write(&directory.join("chatproof.1"), &page(whole)?)?;
    for command in whole.get_subcommands() {
        report::write(&directory.join(format!("chatproof-{}.1", command.get_name())), &page(command)?)?;
    }
    Ok(())
}

fn page(command: &Command) -> Result<String> {
    let failed = |cause: std::io::Error| Error::Other(format!("the page can't be written: {cause}"));
    let mut text = Vec::new();
    Man::new(command.clone()).manual("chatproof").render(&mut text).map_err(failed)?;
    let mut see = Roff::default();
    see.control("SH", ["SEE ALSO"]);
    see.text([roman("chatproof(1), chatproof-run(1), chatproof-init(1), chatproof-steps(1), chatproof-explain(1)")]);
    see.to_writer(&mut text).map_err(failed)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
