//! Mistakes as text: a block each, with file, line and a caret.
//!
//! Boundary: text out; whoever prints it decides on colour and width.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::{Mistake, Mistakes, SourceFile};

impl Mistakes {
    /// All of a file's mistakes, sorted by place, the same one told once (an alias repeats what is wrong at its
    /// anchor). `Err` if there are any.
    pub fn check(source: &SourceFile, mut list: Vec<Mistake>) -> Result<(), Mistakes> {
        if list.is_empty() {
            return Ok(());
        }
        list.sort_by(|a, b| (a.span.offset, a.span.len, &a.message).cmp(&(b.span.offset, b.span.len, &b.message)));
        list.dedup();
        Err(Mistakes { source: source.clone(), list })
    }

    /// One block a mistake: what is wrong, file, line, caret, what was expected there, how to mend it.
    /// `width`: columns to wrap at.
    pub fn render(&self, color: bool, width: usize) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width.max(40))
            .with_links(false)
            .with_context_lines(1)
            .with_break_words(false);
        let source = NamedSource::new(&self.source.name, self.source.text.to_string());
        let mut out = String::new();
        for mistake in &self.list {
            if !out.is_empty() {
                out.push('\n');
            }
            let block = Block { mistake, source: &source, label: label(&self.source.text, mistake) };
            // Writing to a String fails only if the handler can't read the place; the plain line says the same.
            if handler.render_report(&mut out, &block).is_err() {
                out += &format!("{}:{}: {}\n", self.source.name, mistake.span.line, mistake.message);
            }
        }
        out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false, 100))
    }
}

impl std::error::Error for Mistakes {}

/// The label under the caret. A text of several lines is marked in its first one: a frame around a whole block says
/// less than a caret.
fn label(text: &str, mistake: &Mistake) -> LabeledSpan {
    let start = mistake.span.offset.min(text.len());
    let end = (start + mistake.span.len).min(text.len());
    let marked = text.get(start..end).unwrap_or("");
    let len = marked.split(['\r', '\n']).next().unwrap_or("").trim_end().len();
    LabeledSpan::new_primary_with_span(Some(mistake.label.clone()), (start, len))
}

struct Block<'a> {
    mistake: &'a Mistake,
    source: &'a NamedSource<String>,
    label: LabeledSpan,
}

impl fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.mistake, f)
    }
}

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistake.message)
    }
}

impl std::error::Error for Block<'_> {}

impl Diagnostic for Block<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}
