//! Texts that lie in a text: percent-encoded, escaped in JSON, in base64 or hexadecimal, packed, and in one another.
//!
//! What is looked for in what a page sends may be there in any of these. Boundary: bounded, and pure; what is looked for
//! is others' business.

use std::cell::Cell;
use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::body;

/// Words are looked into from this length on: shorter ones hold no text that anybody looks for.
const SHORTEST: usize = 16;
/// So deep one may lie in another.
const DEPTH: usize = 5;
/// All texts of one text together have no more bytes than this.
const MOST: usize = 4 << 20;
/// So many bytes are decoded for one text, those that were known already and those that are none included: a page may send
/// what is packed a thousand times over.
const WORK: usize = 16 << 20;
/// So much of what is packed shows that it holds something.
const SHOWN: usize = 1024;

const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LAX);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LAX);

/// A text, and in what it lay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The text.
    pub text: String,
    /// `URL-encoded`, `in base64`; `None` for the outermost.
    pub how: Option<&'static str>,
}

/// A text and all that lie in it, the outermost first.
pub fn layers(text: &str) -> Vec<Layer> {
    let mut all = vec![Layer { text: text.to_owned(), how: None }];
    let mut known: HashSet<String> = HashSet::from([text.to_owned()]);
    let mut words: HashSet<String> = HashSet::new();
    let work = Cell::new(WORK);
    let mut bytes = text.len();
    let mut from = 0;
    for _ in 0..DEPTH {
        let level = from..all.len();
        from = all.len();
        for at in level {
            let Some(outer) = all.get(at).cloned() else { break };
            let mut add = |inner: String, how| {
                if bytes + inner.len() > MOST || !known.insert(inner.clone()) {
                    return;
                }
                bytes += inner.len();
                // The strangest of several says most.
                let how = outer.how.filter(|outer| *outer != "URL-encoded").unwrap_or(how);
                all.push(Layer { text: inner, how: Some(how) });
            };
            inside(&outer.text, &mut words, &work, &mut add);
        }
    }
    all
}

/// What lies in a text, one level deep. `known`: words that were looked into before.
fn inside(text: &str, known: &mut HashSet<String>, work: &Cell<usize>, add: &mut dyn FnMut(String, &'static str)) {
    if text.contains('%') {
        add(percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned(), "URL-encoded");
    }
    // A plus is a blank in a form and a plus everywhere else.
    if text.contains('+') {
        let form = text.replace('+', " ");
        add(percent_encoding::percent_decode_str(&form).decode_utf8_lossy().into_owned(), "URL-encoded");
    }
    if text.contains('\\') {
        add(unescaped(text), "as it is");
    }
    for word in words(text) {
        // Decoded once more, a text still has most of its words.
        if known.contains(word.text) {
            continue;
        }
        known.insert(word.text.to_owned());
        for (_, text) in word.texts(work) {
            add(text, "in base64");
        }
        if let Some(text) = word.hex() {
            add(text, "in hexadecimal digits");
        }
    }
}

/// A run of characters in which base64 may be.
struct Word<'a> {
    text: &'a str,
    /// Where it begins.
    at: usize,
    engine: &'static GeneralPurpose,
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let alphabets: [(&'static GeneralPurpose, [char; 2]); 2] = [(&STANDARD, ['+', '/']), (&URL_SAFE, ['-', '_'])];
    alphabets.into_iter().flat_map(move |(engine, more)| {
        let fits = move |c: char| c.is_ascii_alphanumeric() || more.contains(&c);
        let url_safe = more.contains(&'-');
        text.split(move |c| !fits(c))
            .filter(move |word| {
                // A word without the marks of either alphabet is the same in both.
                word.len() >= SHORTEST && (!url_safe || word.contains(['-', '_']) || text.contains(['+', '/']))
            })
            .map(move |word| Word { text: word, at: word.as_ptr() as usize - text.as_ptr() as usize, engine })
    })
}

impl Word<'_> {
    /// The texts that it holds in base64, and where each begins in it: something else may stand before. `work`: so many bytes
    /// may still be decoded.
    fn texts(&self, work: &Cell<usize>) -> Vec<(usize, String)> {
        let mut texts = Vec::new();
        for from in 0..4 {
            let Some(code) = self.text.get(from..).filter(|code| code.len() >= SHORTEST) else { break };
            // One character alone is no byte.
            let code = if code.len() % 4 == 1 { code.get(..code.len() - 1).unwrap_or(code) } else { code };
            if work.get() < code.len() {
                work.set(0);
                break;
            }
            let Ok(bytes) = self.engine.decode(code) else { continue };
            work.set(work.get() - bytes.len());
            if let Some(bytes) = body::unpack_certainly(&bytes, body::MOST.min(work.get())) {
                work.set(work.get() - bytes.len());
                texts.push((from, String::from_utf8_lossy(&bytes).into_owned()));
            } else if let Some(text) = mostly_text(&bytes) {
                texts.push((from, text));
            }
        }
        texts
    }

    /// Whether it holds any.
    fn holds_text(&self) -> bool {
        !self.texts(&Cell::new(self.text.len() * 4 + SHOWN)).is_empty()
    }

    fn hex(&self) -> Option<String> {
        mostly_text(&hex_bytes(self.text)?)
    }
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect()
}

/// Bytes as text, if most of them are letters, digits and what stands between those. Protocol buffers hold texts too.
fn mostly_text(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (mut all, mut plain) = (0, 0);
    for c in text.chars() {
        all += 1;
        plain += usize::from(c != char::REPLACEMENT_CHARACTER && (!c.is_control() || c.is_whitespace()));
    }
    (all > 0 && plain * 10 >= all * 7).then(|| text.into_owned())
}

/// `\u0040`, `\n` and the like as what they stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('n' | 'r' | 't' | 'b' | 'f') => out.push(' '),
            Some(letter @ ('u' | 'x')) => {
                let length = if letter == 'u' { 4 } else { 2 };
                let code: String = rest.clone().take(length).collect();
                match u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).filter(|_| code.len() == length) {
                    Some(c) => {
                        out.push(c);
                        rest.by_ref().take(length).for_each(drop);
                    }
                    None => out.push(letter),
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

/// What a text stands for that is nothing but base64: JSON, or something packed.
pub(super) fn whole(text: &str) -> Option<String> {
    let code = text.trim().trim_end_matches('=');
    if code.len() < SHORTEST {
        return None;
    }
    let bytes = STANDARD.decode(code).or_else(|_| URL_SAFE.decode(code)).ok()?;
    if let Some(bytes) = body::unpack_certainly(&bytes, body::MOST) {
        return String::from_utf8(bytes).ok();
    }
    let text = String::from_utf8(bytes).ok()?;
    let is_json =
        text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
    is_json.then_some(text)
}

/// The text that a whole value stands for in base64.
pub(super) fn in_base64(value: &str) -> Option<String> {
    let code = value.trim().trim_end_matches('=');
    if code.len() < SHORTEST {
        return None;
    }
    // A plus may have become a blank on the way.
    let code = code.replace(' ', "+");
    let bytes = STANDARD.decode(&code).or_else(|_| URL_SAFE.decode(&code)).ok()?;
    String::from_utf8(body::unpack_certainly(&bytes, body::MOST).unwrap_or(bytes)).ok()
}

/// How many of a text's bytes are in long words that stand for no text: hashes, keys, what is encrypted.
pub(super) fn opaque(text: &str) -> usize {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=' | '%');
    // Longer than the longest hash: one alone encrypts nothing.
    let is_hash = |word: &str| word.len() == 128 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let long = text.split(|c| !fits(c)).filter(|word| word.len() >= 90 && !is_hash(word));
    let stands_for_text = |word: &str| {
        let plain = percent_encoding::percent_decode_str(word).decode_utf8_lossy().into_owned();
        // A short piece of what is encrypted may look like text by chance.
        let long = |word: &Word| word.text.len() * 2 >= plain.len();
        words(&plain).filter(long).any(|word| word.holds_text() || word.hex().is_some())
    };
    long.filter(|word| !stands_for_text(word)).map(str::len).sum()
}

/// A text in which `change` has had its way with all that lies in base64, deep down first. Where nothing changes, it
/// stays as it was, letter for letter; what is too much to be looked into is left out (`…`), since it may be anything.
pub fn rewrite(text: &str, change: &dyn Fn(&str) -> String) -> String {
    rewrite_to(text, change, DEPTH, &Cell::new(WORK))
}

fn rewrite_to(text: &str, change: &dyn Fn(&str) -> String, depth: usize, work: &Cell<usize>) -> String {
    let plain = change(text);
    if depth == 0 {
        return plain;
    }
    let mut places: Vec<(usize, usize, String)> = Vec::new();
    for word in words(&plain) {
        let texts = word.texts(work);
        if work.get() == 0 {
            places.push((word.at, word.at + word.text.len(), "…".to_owned()));
            continue;
        }
        for (from, inner) in texts {
            let changed = rewrite_to(&inner, change, depth - 1, work);
            if changed != inner {
                let begin = word.at + from;
                places.push((
                    begin,
                    word.at + word.text.len(),
                    word.engine.encode(changed).trim_end_matches('=').to_owned(),
                ));
                break;
            }
        }
    }
    places.sort();
    let mut out = String::with_capacity(plain.len());
    let mut done = 0;
    for (begin, end, code) in places {
        if begin < done {
            continue;
        }
        out.push_str(plain.get(done..begin).unwrap_or_default());
        out.push_str(&code);
        done = end;
    }
    out.push_str(plain.get(done..).unwrap_or_default());
    out
}
