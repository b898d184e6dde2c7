//! `chatproof man`: man pages, from the same words as `--help`.

use std::path::Path;

use clap::builder::Resettable;
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
    let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let bare = command.clone().after_help(Resettable::Reset).after_long_help(Resettable::Reset);
    let mut text = Vec::new();
    let source = concat!("chatproof ", env!("CARGO_PKG_VERSION"));
    Man::new(bare).manual("chatproof").source(source).render(&mut text).map_err(failed)?;
    let mut rest = Roff::default();
    for (heading, lines) in sections(&after) {
        rest.control("SH", [heading.as_str()]);
        // As it is: commands, and columns.
        rest.control("nf", []);
        for line in lines {
            rest.text([roman(line)]);
        }
        rest.control("fi", []);
    }
    rest.control("SH", ["SEE ALSO"]);
    rest.text([roman("chatproof(1), chatproof-init(1), chatproof-run(1), chatproof-steps(1), chatproof-explain(1)")]);
    rest.to_writer(&mut text).map_err(failed)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The sections of what `--help` says at its end: a line at the margin that ends with a colon begins one.
fn sections(text: &str) -> Vec<(String, Vec<&str>)> {
    let mut sections: Vec<(String, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_suffix(':').filter(|head| !head.starts_with(' ')), sections.last_mut()) {
            (Some("Exit codes"), _) => sections.push(("EXIT STATUS".into(), Vec::new())),
            (Some(head), _) => sections.push((head.to_uppercase(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) if line.is_empty() => {}
            (None, None) => sections.push(("NOTES".into(), vec![line])),
        }
    }
    for (_, lines) in &mut sections {
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_its_examples_and_exit_codes() {
        let mut whole = Cli::command();
        whole.build();
        let main = page(&whole).expect("rendered");
        for command in whole.get_subcommands() {
            let name = format!("chatproof\\-{}(1)", command.get_name());
            assert!(main.contains(&name), "{name} is not in the main page");
            assert!(page(command).expect("rendered").contains(&format!(".TH chatproof-{} 1", command.get_name())));
        }
        assert!(main.contains(".SH \"EXIT STATUS\"\n.nf\n  0    conforms"), "{main}");
        let run = page(whole.find_subcommand("run").expect("a command")).expect("rendered");
        assert!(run.contains(".SH EXAMPLES\n.nf\n  chatproof run "), "{run}");
        assert!(run.contains(".SH ENVIRONMENT\n"), "{run}");
    }
}
