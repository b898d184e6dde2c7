//! `chatproof tags`: the tags that come with chatproof, the file of one, or what a page's tags send.

use std::path::Path;

use crate::analytics::{Product, tag};
use crate::cli::args::TagsArgs;
use crate::cli::page::Page;
use crate::cli::run::print;
use crate::cli::settings::{Output, Surroundings};
use crate::cli::tags_seen;
use crate::error::{Error, Result};
use crate::source::nearest::suggest;

/// Where the second column begins.
const COLUMN: usize = 28;

/// Lists them, prints one, or looks at a page.
///
/// # Errors
/// [`Error::Usage`] for a tag that there isn't, with the nearest one; what keeps a browser from opening the page.
pub async fn run(args: TagsArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let Some(what) = &args.what else { return print(&list(output)).map(|()| 0) };
    if let Some(source) = tag::builtin_source(what) {
        return print(&source.text).map(|()| 0);
    }
    if what.contains("://") {
        let url = url::Url::parse(what).map_err(|error| Error::Usage(format!("`{what}` is no address: {error}")))?;
        return tags_seen::page(args, url, output, surroundings).await;
    }
    if Path::new(what).is_file() || what.ends_with(".yaml") || what.ends_with(".yml") {
        return tags_seen::site(args, output, surroundings).await;
    }
    let help = suggest(what, "built in", tag::builtin_ids());
    Err(Error::Usage(format!("no tag `{what}`\n  help: {help}; else give an address (https://...) or a site file")))
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
        "`chatproof tags TAG` prints the file of one: where it sends to, and where its names and values stand. `chatproof \
         tags URL` tells which of them a page loads, and what each sends.",
    );
    page.text()
}
