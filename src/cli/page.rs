//! Reference pages for a terminal: headings, and rows of a label and wrapped text.
//!
//! Boundary: layout; what stands on a page is the command's business.

use crate::report::style::{Ink, Style};
use crate::report::text;

/// Columns that a page is wrapped at.
const WIDTH: usize = 100;

/// A page being written.
#[derive(Debug)]
pub struct Page {
    style: Style,
    out: String,
}

impl Page {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self { style, out: String::new() }
    }

    /// A line in one colour.
    pub fn line(&mut self, ink: Ink, text: &str) {
        self.out.push_str(self.style.paint(ink, text).trim_end());
        self.out.push('\n');
    }

    /// An empty line.
    pub fn gap(&mut self) {
        self.out.push('\n');
    }

    /// A heading, with a gap before it unless the page begins with it.
    pub fn heading(&mut self, text: &str) {
        if !self.out.is_empty() {
            self.gap();
        }
        self.line(Ink::Strong, text);
    }

    /// Text below a heading, wrapped.
    pub fn paragraph(&mut self, indent: usize, text: &str) {
        for part in text::wrap(text, WIDTH - indent) {
            self.line(Ink::Plain, &format!("{}{part}", " ".repeat(indent)));
        }
    }

    /// A label, and text beside it from `column` on. A label that is too long for that stands on a line of its own.
    pub fn row(&mut self, indent: usize, label: &str, column: usize, text: &str) {
        let used = indent + label.chars().count();
        let mut lead = format!("{}{}", " ".repeat(indent), self.style.paint(Ink::Name, label));
        if used + 2 > column {
            self.line(Ink::Plain, &lead);
            lead = " ".repeat(column);
        } else {
            lead.push_str(&" ".repeat(column - used));
        }
        for part in text::wrap(text, WIDTH.saturating_sub(column)) {
            self.line(Ink::Plain, &format!("{lead}{part}"));
            lead = " ".repeat(column);
        }
    }

    /// Lines as they are: an example to copy.
    pub fn verbatim(&mut self, indent: usize, text: &str) {
        for part in text.lines() {
            self.line(Ink::Plain, &format!("{}{part}", " ".repeat(indent)));
        }
    }

    /// The page's text.
    pub fn text(self) -> String {
        self.out
    }
}
