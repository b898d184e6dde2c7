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
        list.sort_by(|a, b| {
            let place = |span: super::Span| (span.file, span.offset, span.len);
            (place(a.span), &a.message).cmp(&(place(b.span), &b.message))
        });
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
        let mut out = String::new();
        for mistake in &self.list {
            if !out.is_empty() {
                out.push('\n');
            }
            let file = self.source.of(mistake.span);
            let source = NamedSource::new(harmless(&file.name), harmless(&file.text));
            let block = Block { mistake, source: &source, label: label(&file.text, mistake) };
            // Writing to a String fails only if the handler can't read the place; the plain line says the same.
            if handler.render_report(&mut out, &block).is_err() {
                out += &format!("{}:{}: {}\n", file.name, mistake.span.line, mistake.message);
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
    LabeledSpan::new_primary_with_span(Some(harmless(&mistake.label)), (start, len))
}

/// A text that can't command a terminal: recordings carry copies of files that others wrote. Every byte that goes is
/// replaced by one, so that places stay right.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let line_end = c == '\n' || (c == '\r' && chars.peek() == Some(&'\n'));
        let turns_text_around = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (c.is_control() && !line_end && c != '\t') || turns_text_around {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            out.push(c);
        }
    }
    out
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
        f.write_str(&harmless(&self.mistake.message))
    }
}

impl std::error::Error for Block<'_> {}

impl Diagnostic for Block<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.help.as_ref().map(|help| Box::new(harmless(help)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_commands_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\r\nc\rd\te\u{9b}\u{202e}"), "a?[2Jb\r\nc?d\te?????");
        let source = SourceFile::new("x\u{1b}.yaml", "ok: 1\n\"\u{1b}]0;t\u{7}\": 2\n");
        let list = vec![Mistake {
            span: Default::default(),
            message: "\u{1b}m".into(),
            label: "\u{7}".into(),
            help: Some("\u{9b}".into()),
        }];
        let text = Mistakes { source, list }.to_string();
        assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
    }
}
