//! HTML as what opens, closes and is written between. No tree is built, no script is run, nothing is fetched.

use std::cell::{Cell as Mutable, RefCell};

use html5ever::Attribute;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use super::build::{Builder, Kind};

/// What says nothing about the widget: scripts of the page itself, and what leads to other pages.
const SKIPPED: &[&str] = &["script", "style", "template", "noscript", "svg", "nav", "footer", "textarea", "title"];

/// Reads HTML piece by piece, so that each token is known to come from a small piece of the page.
pub(super) struct Reader<'s> {
    tokenizer: Tokenizer<Sink<'s>>,
    queue: BufferQueue,
}

impl<'s> Reader<'s> {
    pub(super) fn new(builder: Builder<'s>) -> Self {
        let sink = Sink {
            builder: RefCell::new(builder),
            piece: RefCell::new((String::new(), 0)),
            skipped: Mutable::new(None),
            depth: Mutable::new(0),
        };
        Self { tokenizer: Tokenizer::new(sink, TokenizerOpts::default()), queue: BufferQueue::default() }
    }

    /// What is built, to be told something that isn't HTML.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Builder<'s>) -> T) -> T {
        act(&mut self.tokenizer.sink.builder.borrow_mut())
    }

    /// Whether what is written now is to be left out.
    pub(super) fn skips(&self) -> bool {
        self.tokenizer.sink.skipped.get().is_some()
    }

    /// HTML that stands at a place of the page.
    pub(super) fn feed(&self, html: &str, at: usize) {
        let mut start = 0;
        let ends = html.char_indices().skip(1).filter_map(|(at, c)| match c {
            '<' | '&' => Some(at),
            '\n' => Some(at + 1),
            _ => None,
        });
        for end in ends.chain([html.len()]) {
            let Some(piece) = html.get(start..end).filter(|piece| !piece.is_empty()) else { continue };
            *self.tokenizer.sink.piece.borrow_mut() = (piece.to_owned(), at + start);
            self.queue.push_back(StrTendril::from(piece));
            // Scripts aren't waited for: the sink never asks for it.
            let _ = self.tokenizer.feed(&self.queue);
            start = end;
        }
    }

    pub(super) fn finish(self) -> Builder<'s> {
        let _ = self.tokenizer.feed(&self.queue);
        self.tokenizer.end();
        self.tokenizer.sink.builder.into_inner()
    }
}

struct Sink<'s> {
    builder: RefCell<Builder<'s>>,
    /// The piece that is read, and where what isn't found yet of it begins in the page.
    piece: RefCell<(String, usize)>,
    /// Which element is left out, until its end.
    skipped: Mutable<Option<&'static str>>,
    depth: Mutable<usize>,
}

impl TokenSink for Sink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.tag(&tag),
            Token::CharacterTokens(text) => self.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    let found = |attribute: &&Attribute| &*attribute.name.local == name;
    tag.attrs.iter().find(found).map(|attribute| &*attribute.value)
}

impl Sink<'_> {
    /// Where a text stands that the piece has in it; the piece's start where it is written otherwise.
    fn offset(&self, text: &str, past: bool) -> usize {
        let mut piece = self.piece.borrow_mut();
        let Some(found) = piece.0.find(text) else { return piece.1 };
        let at = piece.1 + found;
        if past {
            piece.0.drain(..found + text.len());
            piece.1 = at + text.len();
        }
        at
    }

    fn text(&self, text: &str) {
        let at = self.offset(text, true);
        let mut builder = self.builder.borrow_mut();
        match self.skipped.get() {
            Some("title") if builder.title.is_none() && !text.trim().is_empty() => {
                let span = builder.span(at, text.len());
                builder.title = Some(super::page::Said { text: text.trim().to_owned(), span });
            }
            Some(_) => {}
            None => builder.text(text, at),
        }
    }

    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        let opens = tag.kind == TagKind::StartTag;
        if let Some(skipped) = self.skipped.get() {
            if name == skipped {
                let depth = if opens { self.depth.get() + 1 } else { self.depth.get().saturating_sub(1) };
                self.depth.set(depth);
                if depth == 0 {
                    self.skipped.set(None);
                }
            }
            return self.raw(tag);
        }
        if let Some(skipped) = SKIPPED.iter().find(|skipped| **skipped == name) {
            if opens && !tag.self_closing {
                self.skipped.set(Some(skipped));
                self.depth.set(1);
            }
            return self.raw(tag);
        }
        if opens {
            self.open(tag, name)
        } else {
            self.close(name)
        }
        self.raw(tag)
    }

    /// What the tokenizer can't know by itself: in these, markup is text.
    fn raw(&self, tag: &Tag) -> TokenSinkResult<()> {
        match &*tag.name {
            _ if tag.kind == TagKind::EndTag => TokenSinkResult::Continue,
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "noscript" | "iframe" | "xmp" => TokenSinkResult::RawData(RawKind::Rawtext),
            "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }

    fn open(&self, tag: &Tag, name: &str) {
        let id = attribute(tag, "id").or_else(|| attribute(tag, "name").filter(|_| name == "a"));
        let id = id.map(|id| (id.to_owned(), self.offset(id, false)));
        let at = self.piece.borrow().1;
        let mut builder = self.builder.borrow_mut();
        if builder.in_code() {
            match name {
                "br" => builder.text("\n", at),
                "code" => builder.code_language(language(tag)),
                _ => {}
            }
            return;
        }
        if let Some((id, at)) = &id
            && !matches!(name, "link" | "meta" | "td" | "tr" | "input" | "button" | "label")
        {
            builder.anchor(id, *at);
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                builder.close_heading();
                let level = name.as_bytes().get(1).map_or(1, |digit| digit.saturating_sub(b'0'));
                builder.open_heading(level, None);
            }
            "pre" => builder.open_code(language(tag)),
            "code" | "kbd" | "samp" | "tt" => builder.open_inline(at),
            "table" => builder.open_rows(Kind::Table),
            "dl" => builder.open_rows(Kind::Definitions),
            "ul" | "ol" => builder.open_rows(Kind::Items),
            // A cell that isn't a heading comes in most rows: what has none is a row of headings.
            "tr" => builder.open_row(true),
            "th" => builder.open_cell(),
            "td" => {
                builder.plain_cell();
                builder.open_cell();
            }
            "dt" | "li" => {
                builder.open_row(false);
                builder.open_cell();
            }
            "dd" => builder.open_cell(),
            "br" => builder.text(" ", at),
            "link" if attribute(tag, "rel") == Some("canonical") => {
                builder.url = attribute(tag, "href").map(str::to_owned);
            }
            name if is_block(name) => builder.split(),
            _ => {}
        }
    }

    fn close(&self, name: &str) {
        let mut builder = self.builder.borrow_mut();
        if builder.in_code() && name != "pre" {
            return;
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => builder.close_heading(),
            "pre" => builder.close_code(),
            "code" | "kbd" | "samp" | "tt" => builder.close_inline(),
            "table" | "dl" | "ul" | "ol" => builder.close_rows(),
            "tr" => builder.close_row(),
            "td" | "th" | "dd" | "dt" | "li" => builder.close_cell(),
            name if is_block(name) => builder.split(),
            _ => {}
        }
    }
}

fn is_block(name: &str) -> bool {
    [
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "blockquote",
        "aside",
        "hr",
        "figure",
        "body",
        "details",
        "summary",
    ]
    .contains(&name)
}

/// `javascript` of `class="language-javascript"`.
fn language(tag: &Tag) -> &str {
    let classes = attribute(tag, "class").unwrap_or_default();
    classes
        .split_whitespace()
        .find_map(|class| class.strip_prefix("language-").or_else(|| class.strip_prefix("lang-")))
        .unwrap_or_default()
}
