//! JavaScript samples as tokens. Samples are full of errors and of `…`: whatever can't be read is left out, and nothing is run.
//!
//! Boundary: text -> tokens with the bracket that belongs to each bracket. What calls mean is found out in `calls.rs`.

/// Tokens of one sample that are read.
const MOST: usize = 20_000;

/// A piece of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a word of the language.
    Name,
    /// A text in quotes, without them.
    Text(String),
    /// A number.
    Number,
    /// `=>`
    Arrow,
    /// Anything else, one character at a time; `?.` is a dot.
    Mark(char),
}

/// A token and where it stands in the sample.
#[derive(Debug, Clone)]
pub(super) struct Token<'s> {
    pub kind: Kind,
    /// As it is written.
    pub raw: &'s str,
    pub at: usize,
}

/// A sample's tokens.
#[derive(Debug)]
pub(super) struct Script<'s> {
    pub tokens: Vec<Token<'s>>,
    /// Of each opening bracket, where the closing one is; the script's end, if none closes it.
    closes: Vec<usize>,
}

impl<'s> Script<'s> {
    pub fn read(text: &'s str) -> Self {
        let tokens = tokens(text);
        let mut closes = vec![0; tokens.len()];
        let mut open: Vec<(char, usize)> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let Kind::Mark(mark) = token.kind else { continue };
            let opening = match mark {
                '(' | '[' | '{' => {
                    open.push((mark, at));
                    continue;
                }
                ')' => '(',
                ']' => '[',
                '}' => '{',
                _ => continue,
            };
            // One that nothing has opened closes nothing.
            if let Some(found) = open.iter().rev().take(64).position(|(mark, _)| *mark == opening) {
                let keep = open.len() - 1 - found;
                for (_, start) in open.drain(keep..) {
                    if let Some(close) = closes.get_mut(start) {
                        *close = at;
                    }
                }
            }
        }
        let end = tokens.len();
        for (_, start) in open {
            if let Some(close) = closes.get_mut(start) {
                *close = end;
            }
        }
        Self { tokens, closes }
    }

    pub fn kind(&self, at: usize) -> Option<&Kind> {
        self.tokens.get(at).map(|token| &token.kind)
    }

    pub fn is(&self, at: usize, mark: char) -> bool {
        self.kind(at) == Some(&Kind::Mark(mark))
    }

    pub fn name(&self, at: usize) -> Option<&'s str> {
        self.tokens.get(at).filter(|token| token.kind == Kind::Name).map(|token| token.raw)
    }

    pub fn text(&self, at: usize) -> Option<&str> {
        match self.kind(at) {
            Some(Kind::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Where the bracket at `at` is closed.
    pub fn close(&self, at: usize) -> usize {
        self.closes.get(at).copied().filter(|close| *close > at).unwrap_or(self.tokens.len())
    }

    /// The parts between commas of what stands from `start` to before `end`, brackets kept together.
    pub fn parts(&self, start: usize, end: usize) -> Vec<(usize, usize)> {
        let (mut parts, mut from, mut at) = (Vec::new(), start, start);
        let end = end.min(self.tokens.len());
        while at < end {
            match self.kind(at) {
                Some(Kind::Mark('(' | '[' | '{')) => at = self.close(at),
                Some(Kind::Mark(',')) => {
                    parts.push((from, at));
                    from = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        if from < end {
            parts.push((from, end));
        }
        parts
    }

    /// A dotted path that begins at a name, and what follows it: `a.b?.c`, `a["b"]`.
    pub fn path(&self, start: usize) -> Option<(Vec<String>, usize)> {
        let mut path = vec![self.name(start)?.to_owned()];
        let mut at = start + 1;
        loop {
            if self.is(at, '.')
                && let Some(name) = self.name(at + 1)
            {
                path.push(name.to_owned());
                at += 2;
            } else if self.is(at, '[')
                && self.is(at + 2, ']')
                && let Some(text) = self.text(at + 1)
            {
                path.push(text.to_owned());
                at += 3;
            } else {
                return Some((path, at));
            }
            if path.len() > 16 {
                return None;
            }
        }
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty() && tokens.len() < MOST) {
        let Some(first) = rest.chars().next() else { break };
        let (kind, len) = match first {
            c if c.is_whitespace() => (None, c.len_utf8()),
            '/' if rest.starts_with("//") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (None, rest.find("*/").map_or(rest.len(), |end| end + 2)),
            '<' if rest.starts_with("<!--") => (None, rest.find("-->").map_or(4, |end| end + 3)),
            '"' | '\'' | '`' => match quoted(rest, first) {
                Some((text, len)) => (Some(Kind::Text(text)), len),
                // An apostrophe, or a text that is never closed.
                None => (Some(Kind::Mark(first)), 1),
            },
            '=' if rest.starts_with("=>") => (Some(Kind::Arrow), 2),
            '?' if rest.starts_with("?.") => (Some(Kind::Mark('.')), 2),
            c if c.is_ascii_digit() => {
                (Some(Kind::Number), rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len()))
            }
            c if is_word(c) => (Some(Kind::Name), rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
            c => (Some(Kind::Mark(c)), c.len_utf8()),
        };
        if let (Some(kind), Some(raw)) = (kind, rest.get(..len)) {
            tokens.push(Token { kind, raw, at });
        }
        at += len.max(1);
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// A text in quotes and how long it is with them. In one line, unless it's a template; one with values in it is no text.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((value, at + 1)),
            '\n' if quote != '`' => return None,
            '$' if quote == '`' && text.get(at + 1..).is_some_and(|rest| rest.starts_with('{')) => return None,
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            c => value.push(c),
        }
        if value.len() > 4096 {
            return None;
        }
    }
    None
}
