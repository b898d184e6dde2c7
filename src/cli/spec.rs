//! `chatproof spec`: a vendor's pages as a spec, and against one.

use crate::cli::args::{CheckArgs, CheckFormat, DraftArgs, SpecArgs, SpecCommand};
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::cli::{fetch, files, say};
use crate::draft::{self, Wanted, page::Page};
use crate::error::{Error, Result};
use crate::report::style::Ink;
use crate::report::text;
use crate::spec;

/// Drafts a spec, or checks one.
///
/// # Errors
/// What can't be read or written.
pub async fn run(args: SpecArgs, output: Output) -> Result<u8> {
    match args.command {
        SpecCommand::Draft(args) => draft(args, output).await,
        SpecCommand::Check(args) => check(args, output).await,
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

/// Columns that differences are wrapped at.
const WIDTH: usize = 100;

async fn check(args: CheckArgs, output: Output) -> Result<u8> {
    let spec = spec::parse(spec::open(&args.spec, None)?).map_err(|found| files::mistakes(&found, output.stderr))?;
    let checked = draft::check::check(&spec, &pages(&args.pages).await?);
    let drift = checked.drift().count();
    let code = u8::from(drift > 0);
    match args.format {
        CheckFormat::Markdown => print(&draft::check::markdown(&checked))?,
        CheckFormat::Json => {
            let json = draft::check::json(&checked).map_err(|cause| Error::Other(cause.to_string()))?;
            print(&json)?;
        }
        CheckFormat::Terminal if output.quiet => {}
        CheckFormat::Terminal => {
            print(&draft::check::terminal(&checked, output.stdout.on, WIDTH))?;
            let pages = text::count(checked.pages.len(), "page", "pages");
            let decided = match checked.decided().count() {
                0 => String::new(),
                count => format!("; {} decided", text::count(count, "difference", "differences")),
            };
            let (ink, sign, said) = match drift {
                0 => (Ink::Good, "✔", format!("no difference from {pages} in {} statements", checked.compared)),
                more => (Ink::Bad, "✘", format!("{} from {pages}", text::count(more, "difference", "differences"))),
            };
            print(&format!("{} {}: {said}{decided}\n", output.stdout.paint(ink, sign), args.spec))?;
        }
    }
    Ok(code)
}
