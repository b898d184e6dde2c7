//! Builds a page's blocks from what opens, closes and is written between: the same for Markdown and HTML, which stand in each
//! other.
//!
//! Boundary: a state, no tree: however deep a page is nested, nothing here is.

use super::page::{Block, Cell, Code, Heading, Page, Places, Rows, Said};
use crate::source::{SourceFile, Span};

/// Blocks of a page that are kept; a page that documents events has some hundreds.
const BLOCKS: usize = 20_000;

/// A text being gathered.
#[derive(Debug, Default)]
struct Gathered {
    text: String,
    /// From the first byte that isn't blank to behind the last one.
    range: Option<(usize, usize)>,
    codes: Vec<(String, usize, usize)>,
}

impl Gathered {
    fn push(&mut self, text: &str, at: usize) {
        if let Some(first) = text.find(|c: char| !c.is_whitespace()) {
            let end = at + text.trim_end().len();
            let start = self.range.map_or(at + first, |(start, _)| start);
            self.range = Some((start, end.max(start)));
        }
        self.text.push_str(text);
    }

    fn is_blank(&self) -> bool {
        self.range.is_none()
    }

    fn cell(self, places: &Places<'_>) -> Cell {
        let (start, end) = self.range.unwrap_or_default();
        let said = Said { text: collapsed(&self.text), span: places.span(start, end - start) };
        let code = |(text, at, len)| Said { text, span: places.span(at, len) };
        Cell { said, codes: self.codes.into_iter().map(code).collect() }
    }
}

/// A text in one line.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A table, a definition list, a list: whichever is open, one in another as one.
#[derive(Debug, Default)]
struct Listed {
    rows: Vec<Vec<Cell>>,
    /// The row is made of `th` only, or stands in `thead`.
    heading: bool,
    depth: usize,
    kind: Kind,
}

/// What rows are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// A table.
    #[default]
    Table,
    /// A definition list.
    Definitions,
    /// A list.
    Items,
}

/// What is being built.
#[derive(Debug)]
pub(super) struct Builder<'s> {
    places: Places<'s>,
    source: &'s str,
    blocks: Vec<Block>,
    text: Gathered,
    heading: Option<(u8, Option<Said>)>,
    code: Option<Code>,
    inline: Option<(String, usize, usize)>,
    listed: Option<Listed>,
    cell: bool,
    /// An `id` or `name` before a heading, with nothing written since.
    pending: Option<Said>,
    pub(super) title: Option<Said>,
    pub(super) url: Option<String>,
}

impl<'s> Builder<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self {
            places: Places::new(source),
            source,
            blocks: Vec::new(),
            text: Gathered::default(),
            heading: None,
            code: None,
            inline: None,
            listed: None,
            cell: false,
            pending: None,
            title: None,
            url: None,
        }
    }

    fn keep(&mut self, block: Block) {
        if self.blocks.len() < BLOCKS {
            self.blocks.push(block);
        }
    }

    pub(super) fn span(&self, at: usize, len: usize) -> Span {
        self.places.span(at, len)
    }

    /// A text, and where it stands.
    pub(super) fn text(&mut self, text: &str, at: usize) {
        if let Some(code) = &mut self.code {
            code.pieces.push((code.text.len(), at));
            code.text.push_str(text);
            return;
        }
        if let Some((inline, start, end)) = &mut self.inline {
            if inline.is_empty() {
                *start = at;
            }
            inline.push_str(text);
            *end = at + text.len();
        }
        if self.heading.is_none() && !text.trim().is_empty() {
            self.pending = None;
        }
        self.text.push(text, at);
    }

    /// A piece of code in a text.
    pub(super) fn open_inline(&mut self, at: usize) {
        if self.code.is_none() && self.inline.is_none() {
            self.inline = Some((String::new(), at, at));
        }
    }

    pub(super) fn close_inline(&mut self) {
        if let Some((text, start, end)) = self.inline.take()
            && !text.trim().is_empty()
        {
            self.text.codes.push((collapsed(&text), start, end.saturating_sub(start)));
        }
    }

    /// A block begins or ends: what was gathered is a paragraph, unless it belongs to a cell or a heading.
    pub(super) fn split(&mut self) {
        self.close_inline();
        if self.cell || self.heading.is_some() || self.code.is_some() {
            self.text.text.push(' ');
            return;
        }
        let gathered = std::mem::take(&mut self.text);
        if !gathered.is_blank() {
            let cell = gathered.cell(&self.places);
            self.keep(Block::Text(cell));
        }
    }

    pub(super) fn open_heading(&mut self, level: u8, anchor: Option<Said>) {
        if self.cell || self.code.is_some() {
            return self.split();
        }
        self.split();
        let anchor = anchor.or_else(|| self.pending.take());
        self.heading = Some((level, anchor));
    }

    pub(super) fn close_heading(&mut self) {
        self.close_inline();
        let Some((level, anchor)) = self.heading.take() else { return };
        let cell = std::mem::take(&mut self.text).cell(&self.places);
        if self.title.is_none() && level == 1 && !cell.said.text.is_empty() {
            self.title = Some(cell.said.clone());
        }
        let anchor = anchor.or_else(|| self.pending.take());
        self.pending = None;
        self.keep(Block::Heading(Heading { level, code: cell.is_code(), said: cell.said, anchor }));
    }

    /// An `id` or a `name` of whatever element.
    pub(super) fn anchor(&mut self, text: &str, at: usize) {
        let fits = !text.is_empty() && !text.contains(char::is_whitespace) && !text.starts_with('#');
        if fits {
            self.pending = Some(Said { text: text.to_owned(), span: self.places.span(at, text.len()) });
        }
    }

    pub(super) fn open_code(&mut self, language: &str) {
        // In a cell, a sample is a part of what is said there.
        if self.cell && self.listed.as_ref().is_some_and(|listed| listed.kind != Kind::Items) {
            return self.open_inline(0);
        }
        if self.code.is_none() {
            let cell = std::mem::take(&mut self.cell);
            self.split();
            self.cell = cell;
            self.code = Some(Code { language: language.to_lowercase(), ..Code::default() });
        }
    }

    /// The language, if it's said inside.
    pub(super) fn code_language(&mut self, language: &str) {
        if let Some(code) = &mut self.code
            && code.language.is_empty()
        {
            code.language = language.to_lowercase();
        }
    }

    pub(super) fn in_code(&self) -> bool {
        self.code.is_some()
    }

    pub(super) fn close_code(&mut self) {
        match self.code.take() {
            Some(code) if !code.text.trim().is_empty() => self.keep(Block::Code(code)),
            Some(_) => {}
            None => self.close_inline(),
        }
    }

    pub(super) fn open_rows(&mut self, kind: Kind) {
        match &mut self.listed {
            Some(listed) => listed.depth += 1,
            None => {
                self.split();
                self.listed = Some(Listed { kind, ..Listed::default() });
            }
        }
    }

    pub(super) fn close_rows(&mut self) {
        match &mut self.listed {
            Some(listed) if listed.depth > 0 => listed.depth -= 1,
            Some(_) => self.end_rows(),
            None => {}
        }
    }

    fn end_rows(&mut self) {
        self.close_row();
        let Some(listed) = self.listed.take() else { return };
        let rows: Vec<Vec<Cell>> = listed.rows.into_iter().filter(|row| !row.is_empty()).collect();
        let told = |row: &Vec<Cell>| {
            row.first()
                .is_some_and(|cell| cell.codes.first().is_some_and(|code| cell.said.text.starts_with(&code.text)))
        };
        if listed.kind != Kind::Items {
            self.keep(Block::Rows(Rows { rows }));
        } else if !rows.is_empty() && rows.iter().all(told) {
            let rows = rows.into_iter().filter_map(|row| row.into_iter().next()).map(parted).collect();
            self.keep(Block::Rows(Rows { rows }));
        } else {
            rows.into_iter().flatten().for_each(|cell| self.keep(Block::Text(cell)));
        }
    }

    /// A row: of columns' headings, if nothing else is in it.
    pub(super) fn open_row(&mut self, heading: bool) {
        self.close_row();
        if let Some(listed) = &mut self.listed {
            listed.rows.push(Vec::new());
            listed.heading = heading;
        }
    }

    pub(super) fn close_row(&mut self) {
        self.close_cell();
        if let Some(listed) = &mut self.listed
            && std::mem::take(&mut listed.heading)
        {
            listed.rows.pop();
        }
    }

    pub(super) fn open_cell(&mut self) {
        if self.listed.is_none() {
            return;
        }
        self.close_cell();
        self.split();
        self.cell = true;
    }

    pub(super) fn close_cell(&mut self) {
        self.close_inline();
        if !std::mem::take(&mut self.cell) {
            return;
        }
        let cell = std::mem::take(&mut self.text).cell(&self.places);
        if let Some(row) = self.listed.as_mut().and_then(|listed| listed.rows.last_mut()) {
            row.push(cell);
        }
    }

    /// A cell in which something is said other than a column's heading.
    pub(super) fn plain_cell(&mut self) {
        if let Some(listed) = &mut self.listed {
            listed.heading = false;
        }
    }

    /// What is open is closed.
    pub(super) fn finish(mut self, name: &SourceFile) -> Page {
        self.close_code();
        self.close_heading();
        self.end_rows();
        self.cell = false;
        self.split();
        debug_assert_eq!(self.source, &*name.text);
        Page { source: name.clone(), title: self.title, url: self.url, blocks: self.blocks }
    }
}

/// `` `chatId`: the chat's ID `` as two cells.
fn parted(cell: Cell) -> Vec<Cell> {
    let Some(code) = cell.codes.first().cloned() else { return vec![cell] };
    let rest = cell.said.text.get(code.text.len()..).unwrap_or_default();
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":–—-=".contains(c)).to_owned();
    let name = Cell { said: code.clone(), codes: vec![code] };
    let codes = cell.codes.into_iter().skip(1).collect();
    vec![name, Cell { said: Said { text: rest, span: cell.said.span }, codes }]
}
