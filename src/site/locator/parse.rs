//! Locators from text.
//!
//! Boundary: text -> [`Part`]s; what may stand in CSS is `css.rs`.

use std::ops::Range;

use super::css::css_mistake;
use super::words::{ELEMENTS, ROLES};
use super::{Locator, Part, TextMatch};
use crate::site::template::Template;
use crate::source::nearest::{list, nearest, suggest};

/// What is wrong in a locator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatorError {
    /// Where in the text, in bytes.
    pub range: Range<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What was expected there.
    pub label: String,
    /// How to mend it.
    pub help: String,
}

/// What a short name stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    /// No such name.
    Unknown,
    /// There is one, but its own definition is broken, which is told there.
    Broken,
    /// It refers to itself by way of these names.
    Cycle(Vec<String>),
    /// These parts.
    Parts(Vec<Part>),
    /// It takes values of these names, and got none, too few or too many.
    Needs(Vec<String>),
    /// With the values given it's wrong, for this reason.
    Wrong(String),
}

/// Looks short names up while a locator is parsed.
pub trait Names {
    /// What a name stands for.
    fn find(&mut self, name: &str) -> Named;
    /// What it stands for with values: `choice("Book a demo")`.
    fn call(&mut self, _name: &str, _values: &[String]) -> Named {
        Named::Unknown
    }
    /// All of them, for suggestions.
    fn all(&self) -> Vec<String>;
}

/// No names at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNames;

impl Names for NoNames {
    fn find(&mut self, _: &str) -> Named {
        Named::Unknown
    }

    fn all(&self) -> Vec<String> {
        Vec::new()
    }
}

/// More parts than anyone nests: names that refer to names could otherwise ask for billions.
const MOST_PARTS: usize = 64;

const ENGINES: &[&str] = &["role", "text", "label", "placeholder", "testid", "nth"];

/// Parses a locator, short names replaced.
///
/// # Errors
/// Every mistake in it. The list is empty if all that is wrong is a short name whose definition is broken: that is
/// told where it is defined.
pub fn parse(text: &str, names: &mut dyn Names) -> Result<Locator, Vec<LocatorError>> {
    let mut reader = Reader { text, at: 0, parts: Vec::new(), errors: Vec::new(), broken: false, names };
    if let Err(errors) = Template::parse(text) {
        reader.errors.extend(errors.into_iter().map(|e| LocatorError {
            range: e.range,
            message: e.message,
            label: e.label,
            help: e.help,
        }));
    }
    reader.parts();
    let Reader { parts, errors, broken, .. } = reader;
    if errors.is_empty() && !broken { Ok(Locator { text: text.to_owned(), parts }) } else { Err(errors) }
}

struct Reader<'t, 'n> {
    text: &'t str,
    at: usize,
    parts: Vec<Part>,
    errors: Vec<LocatorError>,
    broken: bool,
    names: &'n mut dyn Names,
}

impl<'t> Reader<'t, '_> {
    fn parts(&mut self) {
        loop {
            self.skip_blank();
            let start = self.at;
            self.part();
            self.skip_blank();
            if !self.rest().starts_with(">>") && !self.rest().is_empty() {
                // Something stands behind a quoted text or a role.
                let end = self.css_end();
                self.error(
                    self.at..end,
                    format!("`{}` doesn't belong here", self.text[self.at..end].trim()),
                    "expected `>>` or the end",
                    "put a text in quotes as a whole, and `>>` between parts",
                );
                self.at = end;
            }
            if self.at == start && !self.rest().starts_with(">>") {
                break;
            }
            if !self.rest().starts_with(">>") {
                break;
            }
            self.at += 2;
            if self.rest().trim().is_empty() {
                self.empty(self.at - 2..self.at);
                break;
            }
        }
        if self.parts.len() > MOST_PARTS {
            self.error(
                0..self.text.len(),
                format!("{} parts", self.parts.len()),
                format!("expected at most {MOST_PARTS}"),
                "name the element more directly",
            );
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn error(
        &mut self,
        range: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.errors.push(LocatorError { range, message: message.into(), label: label.into(), help: help.into() });
    }

    fn empty(&mut self, range: Range<usize>) {
        self.error(
            range,
            "a locator's part is empty",
            "expected a locator",
            "for example `role=button[name=\"Send\"]` or `.chat button`",
        );
    }

    fn part(&mut self) {
        if self.rest().is_empty() || self.rest().starts_with(">>") {
            self.empty(self.at..(self.at + 2).min(self.text.len()));
            return;
        }
        let word =
            self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(self.rest().len());
        if word > 0 && self.rest()[word..].starts_with('=') {
            let engine = &self.rest()[..word];
            let start = self.at;
            self.at += word + 1;
            self.engine(engine, start);
        } else if word > 0 && self.rest()[word..].starts_with('(') {
            self.call(word);
        } else {
            self.css();
        }
    }

    fn engine(&mut self, engine: &'t str, start: usize) {
        match engine {
            "role" => self.role(),
            "text" | "label" | "placeholder" => {
                if let Some(text) = self.text_match(&[">>"]) {
                    self.parts.push(match engine {
                        "text" => Part::Text { text },
                        "label" => Part::Label { text },
                        _ => Part::Placeholder { text },
                    });
                }
            }
            "testid" => {
                let from = self.at;
                match self.text_match(&[">>"]) {
                    Some(TextMatch::Exact { value } | TextMatch::Contains { value }) => {
                        self.parts.push(Part::Testid { id: value })
                    }
                    Some(TextMatch::Regex { .. }) => self.error(
                        from..self.at,
                        "a test id can't be a pattern",
                        "expected the whole id",
                        "use CSS: `[data-testid^=\"...\"]`",
                    ),
                    None => {}
                }
            }
            "nth" => {
                self.skip_blank();
                let from = self.at;
                let word = self.until(&[">>"]);
                match word.parse() {
                    Ok(_) if self.parts.is_empty() && !self.broken => self.error(
                        start..self.at,
                        "`nth=` stands first",
                        "picks one of what stands before it",
                        "write `LOCATOR >> nth=0`",
                    ),
                    Ok(index) => self.parts.push(Part::Nth { index }),
                    Err(_) => self.error(
                        from..from + word.len(),
                        format!("`{word}` is no index"),
                        "expected a whole number",
                        "`0` is the first, `-1` the last",
                    ),
                }
            }
            _ => {
                self.at = start;
                let end = self.css_end();
                let help = match nearest(engine, ENGINES.iter().copied()) {
                    Some(near) => format!("did you mean `{near}=`?"),
                    None if engine == "css" => "CSS needs no prefix".to_owned(),
                    None => format!(
                        "there are {}; CSS needs no prefix",
                        ENGINES.iter().map(|engine| format!("`{engine}=`")).collect::<Vec<_>>().join(", ")
                    ),
                };
                self.error(
                    start..start + engine.len() + 1,
                    format!("unknown kind of locator `{engine}=`"),
                    "no such kind",
                    help,
                );
                self.at = end;
            }
        }
    }

    fn role(&mut self) {
        let start = self.at;
        let len = self.rest().find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest().len());
        let role = &self.rest()[..len];
        self.at += len;
        if !ROLES.contains(&role) {
            let help = suggest(role, "common roles", ROLES.iter().copied());
            self.error(start..self.at, format!("unknown role `{role}`"), "expected an ARIA role", help);
        }
        let mut name = None;
        if self.rest().starts_with('[') {
            let open = self.at;
            self.at += 1;
            self.skip_blank();
            let key_len =
                self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(self.rest().len());
            let key = &self.rest()[..key_len];
            if key != "name" || !self.rest()[key_len..].trim_start().starts_with('=') {
                let end = self.css_end();
                self.error(
                    open..end,
                    "a role can be narrowed by its name only",
                    "expected `[name=\"...\"]`",
                    "for states use CSS, such as `[aria-expanded=\"true\"]`",
                );
                self.at = end;
                return;
            }
            self.at += key_len;
            self.skip_blank();
            self.at += 1;
            self.skip_blank();
            name = self.text_match(&["]"]);
            self.skip_blank();
            if self.rest().starts_with(']') {
                self.at += 1;
            } else if name.is_some() || self.errors.is_empty() {
                self.error(open..open + 1, "`[` is never closed", "expected a `]`", "write `[name=\"...\"]`");
                self.at = self.css_end();
            } else {
                self.at = self.css_end();
            }
        }
        self.parts.push(Part::Role { role: role.to_owned(), name });
    }

    /// A text up to one of `ends` (or, quoted or as `/re/`, up to its own end).
    fn text_match(&mut self, ends: &[&str]) -> Option<TextMatch> {
        self.skip_blank();
        let start = self.at;
        match self.rest().chars().next() {
            Some('"' | '\'') => {
                let value = fold(&self.quoted()?);
                if value.is_empty() {
                    let help = "leave the condition out, or say what text";
                    self.error(start..self.at, "an empty text", "expected a text", help);
                    return None;
                }
                Some(TextMatch::Exact { value })
            }
            Some('/') => self.regex(start),
            _ => {
                let value = fold(self.until(ends));
                if value.is_empty() {
                    self.error(start..self.at, "an empty text", "expected a text", "say what text");
                    return None;
                }
                Some(TextMatch::Contains { value })
            }
        }
    }

    /// The text in the quotes that begin here.
    fn quoted(&mut self) -> Option<String> {
        let (start, mut value) = (self.at, String::new());
        let mut chars = self.rest().char_indices();
        let (_, quote) = chars.next()?;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    Some((_, escaped)) if escaped == quote || escaped == '\\' => value.push(escaped),
                    Some((_, other)) => value.extend(['\\', other]),
                    None => break,
                },
                c if c == quote => {
                    self.at += at + 1;
                    return Some(value);
                }
                c => value.push(c),
            }
        }
        let help = format!("add a `{quote}` at the end of the text");
        self.error(start..start + 1, "a quote is never closed", "opened here", help);
        self.at = self.text.len();
        None
    }

    fn regex(&mut self, start: usize) -> Option<TextMatch> {
        let mut class = false;
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                '[' => class = true,
                ']' => class = false,
                '/' if !class => {
                    let pattern = self.rest()[1..at].to_owned();
                    let after = &self.rest()[at + 1..];
                    let flags = &after[..after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len())];
                    let from = self.at + at + 1;
                    self.at = from + flags.len();
                    let odd = flags.char_indices().find(|(i, f)| !"imsuv".contains(*f) || flags[..*i].contains(*f));
                    if let Some((i, flag)) = odd {
                        self.error(
                            from + i..from + i + 1,
                            format!("`{flag}` can't be a flag here"),
                            "expected any of `imsuv`, each once",
                            "leave it out",
                        );
                        return None;
                    }
                    if pattern.is_empty() {
                        self.error(
                            start..self.at,
                            "an empty pattern",
                            "expected a regular expression",
                            "`/./` matches any text",
                        );
                        return None;
                    }
                    return Some(TextMatch::Regex { pattern, flags: flags.to_owned() });
                }
                _ => {}
            }
        }
        self.error(
            start..start + 1,
            "a pattern is never closed",
            "opened here",
            "add a `/`; a text that begins with one needs quotes",
        );
        self.at = self.text.len();
        None
    }

    /// The text up to the nearest of `ends`, white space trimmed.
    fn until(&mut self, ends: &[&str]) -> &'t str {
        let rest = self.rest();
        let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
        self.at += end;
        rest[..end].trim()
    }

    /// Where the CSS that begins here ends: before the next `>>` outside quotes and brackets.
    fn css_end(&self) -> usize {
        let mut quote = None;
        let mut depth = 0_i32;
        let bytes = self.rest().as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            match (quote, bytes[i]) {
                (_, b'\\') => i += 1,
                (Some(open), b) if b == open => quote = None,
                (Some(_), _) => {}
                (None, b @ (b'"' | b'\'')) => quote = Some(b),
                (None, b'[' | b'(') => depth += 1,
                (None, b']' | b')') => depth -= 1,
                (None, b'>') if depth <= 0 && bytes.get(i + 1) == Some(&b'>') => return self.at + i,
                _ => {}
            }
            i += 1;
        }
        self.text.len()
    }

    fn css(&mut self) {
        let start = self.at;
        self.at = self.css_end();
        let selector = self.text[start..self.at].trim_end();
        let range = start..start + selector.len();
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if selector.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && selector.chars().all(word) {
            self.bare(selector, range);
            return;
        }
        let head = &selector[..selector.find(|c: char| !word(c)).unwrap_or(0)];
        if !head.is_empty()
            && !ELEMENTS.contains(&head.to_ascii_lowercase().as_str())
            && self.names.find(head) != Named::Unknown
        {
            let rest = selector[head.len()..].trim_start();
            self.error(
                start..start + head.len(),
                format!("the short name `{head}` stands inside CSS"),
                "a short name is a part of its own",
                format!("write `{head} >> {rest}`"),
            );
            return;
        }
        match css_mistake(selector) {
            Some((at, message, help)) => {
                let at = start + at.start..start + at.end;
                self.error(at, message, "not a CSS selector", help);
            }
            None => self.parts.push(Part::Css { selector: selector.to_owned() }),
        }
    }

    /// A short name with values: `choice("Book a demo")`, `cell(2, 'a b')`.
    fn call(&mut self, word: usize) {
        let (start, name) = (self.at, &self.rest()[..word]);
        self.at += word + 1;
        let mut values = Vec::new();
        loop {
            self.skip_blank();
            let value = match self.rest().chars().next() {
                Some('"' | '\'') => self.quoted(),
                _ => Some(self.until(&[",", ")"]).to_owned()),
            };
            let Some(value) = value else { return };
            let from = self.at;
            self.skip_blank();
            let next = self.rest().chars().next();
            // `name()` has no values.
            if next != Some(')') || !value.is_empty() || !values.is_empty() {
                values.push(value);
            }
            match next {
                Some(',') => self.at += 1,
                Some(')') => break,
                _ => {
                    let help = "put values in quotes, and `,` between them";
                    self.error(
                        start..from,
                        format!("`{name}(` is never closed"),
                        "expected `)` behind its values",
                        help,
                    );
                    self.at = self.text.len();
                    return;
                }
            }
        }
        self.at += 1;
        let named = self.names.call(name, &values);
        self.named(name, start..self.at, named);
    }

    /// A single word: a short name, else an element's name.
    fn bare(&mut self, word: &'t str, range: Range<usize>) {
        let named = self.names.find(word);
        self.named(word, range, named);
    }

    /// What a short name stands for.
    fn named(&mut self, word: &'t str, range: Range<usize>, named: Named) {
        let call = self.text[range.clone()].len() > word.len();
        match named {
            Named::Needs(parameters) => {
                let shown: Vec<String> = parameters.iter().map(|name| format!("\"{name}\"")).collect();
                let what = match parameters.len() {
                    0 => "takes no value".to_owned(),
                    1 => "takes one value".to_owned(),
                    count => format!("takes {count} values"),
                };
                let help = match parameters.len() {
                    0 => format!("write `{word}`"),
                    _ => format!("write `{word}({})` with your own texts", shown.join(", ")),
                };
                self.error(range, format!("the short name `{word}` {what}"), what, help);
            }
            Named::Wrong(why) => {
                let help = "try it with other values, or mend what it stands for";
                self.error(range, format!("with these values `{word}` isn't valid: {why}"), "not valid", help);
            }
            Named::Unknown if call => {
                let all = self.names.all();
                let help = suggest(word, "short names", all.iter().map(String::as_str));
                let help = if all.is_empty() {
                    format!("write it above the journeys: `names: {{ {word}(text): ... }}`")
                } else {
                    help
                };
                self.error(range, format!("no short name `{word}` takes values"), "no such name", help);
            }
            Named::Parts(parts) => self.parts.extend(parts),
            Named::Broken => self.broken = true,
            Named::Cycle(names) => {
                let way = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> ");
                self.error(
                    range,
                    format!("the short name `{word}` refers to itself"),
                    format!("by way of {way}"),
                    "let one of them be a locator without names",
                );
            }
            // A hyphen makes a custom element's name.
            Named::Unknown if word.contains('-') || ELEMENTS.contains(&word.to_ascii_lowercase().as_str()) => {
                self.parts.push(Part::Css { selector: word.to_owned() });
            }
            Named::Unknown => {
                let all = self.names.all();
                let known = all.iter().map(String::as_str);
                let help = match nearest(word, known.chain(ELEMENTS.iter().copied())) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if all.is_empty() => {
                        format!("for a text write `text={word}`, for a class `.{word}`, for an id `#{word}`")
                    }
                    None => format!("short names: {}; for a text write `text={word}`", list(&all)),
                };
                self.error(
                    range,
                    format!("`{word}` is neither a short name nor an HTML element"),
                    "no such name",
                    help,
                );
            }
        }
    }
}

/// White space folded, as texts in a page are compared.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
