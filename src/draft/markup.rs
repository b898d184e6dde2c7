//! Markdown and HTML -> [`Page`].
//!
//! Boundary: text in, blocks out. Pages are anybody's: bounded by [`MOST`], read without recursion.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, MetadataBlockKind, Options, Parser, Tag, TagEnd};

use super::build::{Builder, Kind};
use super::html::Reader;
use super::page::{Page, Said};
use crate::source::SourceFile;

/// Bytes of a page that are read; one that documents a widget has some tens of thousands.
pub const MOST: usize = 2 << 20;

/// Reads a page. HTML begins with markup or has a name that says so; all else is Markdown, in which HTML may stand.
pub fn read(source: &SourceFile) -> Page {
    let builder = Builder::new(&source.text);
    let builder = if is_html(source) {
        let reader = Reader::new(builder);
        reader.feed(&source.text, 0);
        reader.finish()
    } else {
        markdown(&source.text, builder)
    };
    builder.finish(source)
}

fn is_html(source: &SourceFile) -> bool {
    let named = |end: &str| source.name.to_ascii_lowercase().ends_with(end);
    if named(".md") || named(".markdown") || named(".mdx") {
        return false;
    }
    let start = source.text.trim_start_matches('\u{feff}').trim_start();
    let start: String = start.chars().take(14).collect::<String>().to_ascii_lowercase();
    named(".html")
        || named(".htm")
        || ["<!doctype", "<html", "<head", "<body", "<!--"].iter().any(|tag| start.starts_with(tag))
}

fn markdown<'s>(text: &'s str, builder: Builder<'s>) -> Builder<'s> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_DEFINITION_LIST;
    let reader = Reader::new(builder);
    let mut meta = false;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let raw = text.get(range.clone()).unwrap_or_default();
        match event {
            Event::Start(Tag::MetadataBlock(MetadataBlockKind::YamlStyle)) => meta = true,
            Event::End(TagEnd::MetadataBlock(_)) => meta = false,
            Event::Text(inside) if meta => front_matter(&reader, &inside, range.start),
            Event::Html(html) | Event::InlineHtml(html) => reader.feed(&html, range.start),
            _ if reader.skips() => {}
            event => reader.with(|builder| tell(builder, event, raw, range.start)),
        }
    }
    reader.finish()
}

fn tell(builder: &mut Builder<'_>, event: Event<'_>, raw: &str, at: usize) {
    match event {
        Event::Start(Tag::Heading { level, id, .. }) => {
            let anchor = id.map(|id| {
                let shift = raw.find(&format!("#{id}")).map_or(0, |shift| shift + 1);
                Said { text: id.to_string(), span: builder.span(at + shift, id.len()) }
            });
            builder.open_heading(number(level), anchor);
        }
        Event::End(TagEnd::Heading(_)) => builder.close_heading(),
        Event::Start(Tag::CodeBlock(kind)) => {
            let language = match &kind {
                CodeBlockKind::Fenced(info) => info.split([' ', ',', '{']).next().unwrap_or_default(),
                CodeBlockKind::Indented => "",
            };
            builder.open_code(language);
        }
        Event::End(TagEnd::CodeBlock) => builder.close_code(),
        Event::Code(code) => {
            let at = at + raw.find(&*code).unwrap_or(0);
            builder.open_inline(at);
            builder.text(&code, at);
            builder.close_inline();
        }
        Event::Text(text) => builder.text(&text, at),
        Event::SoftBreak | Event::HardBreak => builder.text(" ", at),
        Event::Start(Tag::Table(_)) => builder.open_rows(Kind::Table),
        Event::Start(Tag::DefinitionList) => builder.open_rows(Kind::Definitions),
        Event::Start(Tag::List(_)) => builder.open_rows(Kind::Items),
        Event::End(TagEnd::Table | TagEnd::DefinitionList | TagEnd::List(_)) => builder.close_rows(),
        Event::Start(Tag::TableHead) => builder.open_row(true),
        Event::Start(Tag::TableRow) => builder.open_row(false),
        Event::End(TagEnd::TableHead | TagEnd::TableRow) => builder.close_row(),
        Event::Start(Tag::Item | Tag::DefinitionListTitle) => {
            builder.open_row(false);
            builder.open_cell();
        }
        Event::Start(Tag::TableCell | Tag::DefinitionListDefinition) => builder.open_cell(),
        Event::End(
            TagEnd::TableCell | TagEnd::DefinitionListDefinition | TagEnd::DefinitionListTitle | TagEnd::Item,
        ) => {
            builder.close_cell();
        }
        Event::Start(Tag::Paragraph | Tag::BlockQuote(_)) | Event::End(TagEnd::Paragraph | TagEnd::BlockQuote(_)) => {
            builder.split();
        }
        _ => {}
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

/// `title: Callback Functions` above a Markdown file; nothing else in it is of use.
fn front_matter(reader: &Reader<'_>, text: &str, at: usize) {
    let mut start = at;
    for line in text.split_inclusive('\n') {
        if let Some(title) = line.strip_prefix("title:") {
            let title = title.trim().trim_matches(['"', '\'']);
            let shift = line.find(title).unwrap_or(0);
            reader.with(|builder| {
                let span = builder.span(start + shift, title.len());
                if builder.title.is_none() && !title.is_empty() {
                    builder.title = Some(Said { text: title.to_owned(), span });
                }
            });
        }
        start += line.len();
    }
}
