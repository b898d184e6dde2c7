//! `chatproof spec`: a vendor's pages as a spec.

use crate::cli::args::{DraftArgs, SpecArgs, SpecCommand};
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::cli::{fetch, say};
use crate::draft::{self, Wanted, page::Page};
use crate::error::{Error, Result};
use crate::report::style::Ink;
use crate::report::text;

/// Drafts a spec.
///
/// # Errors
/// What can't be read or written.
pub async fn run(args: SpecArgs, output: Output) -> Result<u8> {
    match args.command {
        SpecCommand::Draft(args) => draft(args, output).await,
    }
}

async fn pages(references: &[String]) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    for reference in references {
        pages.push(draft::read(&fetch::page(reference).await?));
    }
    Ok(pages)
}

async fn draft(args: DraftArgs, output: Output) -> Result<u8> {
    if let Some(id) = &args.id
        && !(id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'))
    {
        return Err(Error::Usage(format!(
            "the id can't be `{id}`\n  help: lower-case letters, digits and `-`, such as `bell`"
        )));
    }
    if let Some(path) = args.output.as_ref().filter(|path| !args.force && path.exists()) {
        return Err(Error::Usage(format!("{} is there already\n  help: --force writes over it", path.display())));
    }
    let address =
        args.pages.first().filter(|page| page.starts_with("http://") || page.starts_with("https://")).cloned();
    let facts = draft::facts(&pages(&args.pages).await?);
    let wanted = Wanted { url: args.url.map(String::from).or(address), id: args.id };
    let Some(text) = draft::draft(&facts, &wanted) else {
        let why = match &facts.api {
            None => "no sample on it subscribes to an event: no call has an event and a callback",
            Some(_) => "no event is named on it, neither in a sample nor in a table or a heading",
        };
        say(output, Ink::Bad, &format!("{}: {why}", args.pages.join(", ")));
        return Ok(1);
    };
    let Some(path) = args.output else { return print(&text).map(|()| 0) };
    std::fs::write(&path, &text).map_err(|cause| Error::Write { path: path.clone(), cause })?;
    let events = text::count(facts.events.len(), "event", "events");
    say(output, Ink::Good, &format!("{}: {events}. It's a draft: read it beside the page", path.display()));
    Ok(0)
}
