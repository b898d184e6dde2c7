//! A page as a list of blocks: headings, texts, code, rows. Whatever it was written in, and in whichever language.
//!
//! Boundary: plain data with places in the page's text; what a block means is found out elsewhere.

use crate::source::{SourceFile, Span};

/// Bytes of a line in which columns are still counted.
const COLUMNS: usize = 4096;

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its text, under the name that the user gave it.
    pub source: SourceFile,
    /// What it calls itself: front matter, `title`, or its first heading.
    pub title: Option<Said>,
    /// The address that it says it has.
    pub url: Option<String>,
    /// What is on it, from top to bottom.
    pub blocks: Vec<Block>,
}

/// A piece of the page's text, without markup and with its blanks collapsed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A piece of a page.
#[derive(Debug, Clone)]
pub enum Block {
    /// A heading.
    Heading(Heading),
    /// A paragraph.
    Text(Cell),
    /// A block of code.
    Code(Code),
    /// A table, a definition list, or a list whose items all begin with code.
    Rows(Rows),
}

/// A heading.
#[derive(Debug, Clone)]
pub struct Heading {
    /// From 1.
    pub level: u8,
    /// Its text.
    pub said: Said,
    /// The fragment that the page itself gives it.
    pub anchor: Option<Said>,
    /// All of it is code.
    pub code: bool,
}

impl Heading {
    /// The fragment that most publishers make of its text.
    pub fn slug(&self) -> String {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        self.said.text.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
    }
}

/// A cell, or a paragraph: its text, and what is marked as code in it.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// The text.
    pub said: Said,
    /// What is marked as code.
    pub codes: Vec<Said>,
}

impl Cell {
    /// All of it is code.
    pub fn is_code(&self) -> bool {
        self.codes.len() == 1 && self.codes.first().is_some_and(|code| code.text == self.said.text)
    }
}

/// A block of code. Its text may differ from the page's by references such as `&lt;`.
#[derive(Debug, Clone, Default)]
pub struct Code {
    /// The code.
    pub text: String,
    /// What it is written in, if the page says so.
    pub language: String,
    /// Pairs of an offset in the code and the one in the page that it came from.
    pub pieces: Vec<(usize, usize)>,
}

impl Code {
    /// Where a byte of the code stands in the page.
    pub fn offset(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|(own, _)| *own <= at);
        self.pieces.get(next.saturating_sub(1)).map_or(0, |(own, page)| page + at.saturating_sub(*own))
    }
}

/// A table or what amounts to one.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The rows, without those that are headings of columns.
    pub rows: Vec<Vec<Cell>>,
}

/// Offsets of a text as lines and columns, each found in the same short time.
#[derive(Debug)]
pub struct Places<'s> {
    text: &'s str,
    lines: Vec<usize>,
}

impl<'s> Places<'s> {
    /// Those of a text.
    pub fn new(text: &'s str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(starts).collect() }
    }

    /// A place. Where it is inside a character, the place of that character.
    pub fn span(&self, mut offset: usize, len: usize) -> Span {
        offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let mut end = offset.saturating_add(len).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = self.lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).filter(|before| before.len() <= COLUMNS);
        let column = before.map_or(0, |before| before.chars().count() + 1);
        let short = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Span { line: short(line), column: short(column), offset, len: end.saturating_sub(offset), file: 0 }
    }
}
