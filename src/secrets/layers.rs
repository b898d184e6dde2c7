//! A text without its layers of encoding, with the way back: where in the text each byte came from.
//!
//! A value may be encoded by anybody on its way (the page, the browser, a driver), wholly or in part, several times over.
//! Every encoder has its own idea of what has to be encoded, so encodings are taken back rather than foreseen.

use std::borrow::Cow;
use std::collections::HashSet;

/// Where a text was cut.
pub(super) const CUT: &[u8] = "…".as_bytes();

/// How deep layers go: JSON in JSON in an address is three.
const DEPTH: usize = 4;
/// Layers of one text. A text in which everything looks encoded in every way would have more.
const MOST: usize = 24;

/// A text, as it is or decoded.
#[derive(Debug, Clone)]
pub(super) struct Layer<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    /// Of each byte, where in the text its encoding begins; and where the text ends. `None`: nothing was decoded.
    starts: Option<Vec<u32>>,
}

impl<'t> Layer<'t> {
    /// The text as it is.
    pub(super) fn of(text: &'t str) -> Self {
        Self { bytes: Cow::Borrowed(text.as_bytes()), starts: None }
    }

    /// The part of the text that a part of this layer came from.
    pub(super) fn origin(&self, from: usize, to: usize) -> (usize, usize) {
        let Some(starts) = &self.starts else { return (from, to) };
        let start = |at: usize| starts.get(at).copied().unwrap_or_default();
        let last = start(to.saturating_sub(1));
        // A character may be several bytes of one escape.
        let end = starts.get(to..).and_then(|rest| rest.iter().find(|start| **start > last));
        (start(from) as usize, end.or(starts.last()).copied().unwrap_or_default() as usize)
    }

    fn start(&self, at: usize) -> u32 {
        match &self.starts {
            Some(starts) => starts.get(at).copied().unwrap_or_default(),
            None => u32::try_from(at).unwrap_or(u32::MAX),
        }
    }

    /// Decoded once. `decode` gives what stands at the beginning of some bytes, and how many of these that takes; `None`: the
    /// first byte stands for itself.
    fn decoded(&self, decode: impl Fn(&[u8]) -> Option<(Decoded, usize)>) -> Option<Layer<'static>> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut starts = Vec::with_capacity(self.bytes.len() + 1);
        let mut changed = false;
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let (decoded, taken) = match decode(&self.bytes[at..]) {
                Some((decoded, taken)) => {
                    changed = true;
                    (decoded, taken.max(1))
                }
                None => (Decoded::Byte(*byte), 1),
            };
            let start = self.start(at);
            let mut put = |byte: u8| {
                bytes.push(byte);
                starts.push(start);
            };
            match decoded {
                Decoded::Byte(byte) => put(byte),
                Decoded::Char(c) => c.encode_utf8(&mut [0; 4]).bytes().for_each(put),
                Decoded::Nothing => {}
            }
            at += taken;
        }
        starts.push(self.start(self.bytes.len()));
        changed.then_some(Layer { bytes: Cow::Owned(bytes), starts: Some(starts) })
    }
}

enum Decoded {
    Byte(u8),
    Char(char),
    /// An escape that was cut in the middle.
    Nothing,
}

/// All that is below a text. `blanks`: a `+` may stand for a blank.
pub(super) fn below(text: &Layer<'_>, blanks: bool) -> Vec<Layer<'static>> {
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut all: Vec<Layer<'static>> = Vec::new();
    let mut from = 0;
    for depth in 0..DEPTH {
        let end = all.len();
        let above: Vec<Layer<'_>> = if depth == 0 { vec![text.clone()] } else { all[from..end].to_vec() };
        from = end;
        for layer in &above {
            let has = |byte: u8| layer.bytes.contains(&byte);
            let mut below = Vec::new();
            if has(b'%') {
                below.push(layer.decoded(percent));
            }
            if has(b'\\') {
                below.push(layer.decoded(backslash));
            }
            if has(b'&') {
                below.push(layer.decoded(entity));
            }
            if blanks && has(b'+') {
                below.push(layer.decoded(|rest| match rest.first() {
                    Some(b'+') => Some((Decoded::Byte(b' '), 1)),
                    _ => percent(rest),
                }));
            }
            for layer in below.into_iter().flatten() {
                if all.len() < MOST && seen.insert(layer.bytes.to_vec()) {
                    all.push(layer);
                }
            }
        }
    }
    all
}

/// Where some bytes first stand in others.
pub(super) fn position(text: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle.first()?;
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|byte| byte == first)?;
        if text.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.chars().all(|c| c.is_digit(radix)))?;
    u32::from_str_radix(text, radix).ok()
}

/// Whether an escape of this length ends where the text was cut.
fn is_cut(rest: &[u8], length: usize) -> bool {
    rest.get(length..).is_some_and(|after| after.starts_with(CUT))
}

/// `%2F`
fn percent(rest: &[u8]) -> Option<(Decoded, usize)> {
    if rest.first() != Some(&b'%') {
        return None;
    }
    if let Some(byte) = rest.get(1..3).and_then(|digits| number(digits, 16)).and_then(|n| u8::try_from(n).ok()) {
        return Some((Decoded::Byte(byte), 3));
    }
    let digits = rest[1..].iter().take(1).take_while(|byte| byte.is_ascii_hexdigit()).count();
    is_cut(rest, 1 + digits).then_some((Decoded::Nothing, 1 + digits))
}

/// JSON's and JavaScript's escapes, and Rust's: `\"`, `\n`, `\u00e9`, `\u{e9}`, `\xe9`.
fn backslash(rest: &[u8]) -> Option<(Decoded, usize)> {
    if rest.first() != Some(&b'\\') {
        return None;
    }
    let Some(kind) = rest.get(1).filter(|_| !is_cut(rest, 1)) else { return Some((Decoded::Nothing, 1)) };
    let plain = |byte| Some((Decoded::Byte(byte), 2));
    match kind {
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'b' => plain(8),
        b'f' => plain(12),
        b'0' => plain(0),
        b'"' | b'\\' | b'/' | b'\'' | b'`' => plain(*kind),
        b'x' => {
            let byte = rest.get(2..4).and_then(|digits| number(digits, 16)).and_then(|n| u8::try_from(n).ok());
            byte.map(|byte| (Decoded::Byte(byte), 4)).or_else(|| cut_digits(rest, 2))
        }
        b'u' if rest.get(2) == Some(&b'{') => {
            let end = rest.iter().take(10).position(|byte| *byte == b'}')?;
            let c = number(rest.get(3..end)?, 16).and_then(char::from_u32)?;
            Some((Decoded::Char(c), end + 1))
        }
        b'u' => {
            let unit = |at: usize| rest.get(at..at + 4).and_then(|digits| number(digits, 16));
            let Some(first) = unit(2) else { return cut_digits(rest, 2) };
            if let Some(c) = char::from_u32(first) {
                return Some((Decoded::Char(c), 6));
            }
            // Half a pair, and its other half.
            let second = unit(8).filter(|_| rest.get(6..8) == Some(br"\u"))?;
            let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            let high = first.checked_sub(0xd800).filter(|high| *high < 0x400)?;
            Some((Decoded::Char(char::from_u32(0x10000 + (high << 10) + low)?), 12))
        }
        _ => None,
    }
}

fn cut_digits(rest: &[u8], from: usize) -> Option<(Decoded, usize)> {
    let digits = rest[from..].iter().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
    is_cut(rest, from + digits).then_some((Decoded::Nothing, from + digits))
}

/// `&amp;`, `&#39;`, `&#x27;`
fn entity(rest: &[u8]) -> Option<(Decoded, usize)> {
    if rest.first() != Some(&b'&') {
        return None;
    }
    let name = rest[1..].iter().take(9).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    if rest.get(1 + name) != Some(&b';') {
        return is_cut(rest, 1 + name).then_some((Decoded::Nothing, 1 + name));
    }
    let c = match &rest[1..=name] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        b"nbsp" => '\u{a0}',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16).and_then(char::from_u32)?,
        [b'#', digits @ ..] => number(digits, 10).and_then(char::from_u32)?,
        _ => return None,
    };
    Some((Decoded::Char(c), name + 2))
}
