//! `chatproof tags`: the tags that come with chatproof, or the file of one.

use crate::analytics::{Product, tag};
use crate::cli::args::TagsArgs;
use crate::cli::page::Page;
use crate::cli::run::print;
use crate::cli::settings::Output;
use crate::error::{Error, Result};
use crate::source::nearest::suggest;

/// Where the second column begins.
const COLUMN: usize = 28;

/// Lists them, or prints one.
///
/// # Errors
/// [`Error::Usage`] for a tag that there isn't, with the nearest one.
pub fn run(args: &TagsArgs, output: Output) -> Result<u8> {
    let text = match &args.tag {
        None => list(output),
        Some(name) => {
            let known = tag::builtin_source(name).map(|source| source.text.to_string());
            known.ok_or_else(|| {
                Error::Usage(format!("no tag `{name}`\n  help: {}", suggest(name, "built in", tag::builtin_ids())))
            })?
        }
    };
    print(&text).map(|()| 0)
}

fn list(output: Output) -> String {
    let mut page = Page::new(output.stdout);
    let (layers, requests): (Vec<_>, Vec<_>) = tag::builtins().iter().partition(|tag| tag.layer.is_some());
    page.heading("Tags: `kind` in a site file's `forwards`");
    for tag in requests {
        let retired = if tag.retired.is_some() { " (retired)" } else { "" };
        page.row(2, &tag.id, COLUMN, &format!("{}{retired}", tag.title));
    }
    page.heading("Data layers");
    for tag in layers {
        page.row(2, &tag.id, COLUMN, &format!("{}: `window.{}`", tag.title, tag.layer.as_deref().unwrap_or_default()));
    }
    page.heading("Anything else");
    page.row(2, Product::REQUEST, COLUMN, "any request, by its address");
    page.row(2, "FILE.yaml", COLUMN, "a tag file of your own");
    page.gap();
    page.paragraph(
        0,
        "`chatproof tags TAG` prints the file of one: where it sends to, and where its names and values stand.",
    );
    page.text()
}
