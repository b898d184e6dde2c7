//! Personal data in what is sent: e-mail addresses and phone numbers, in the forms in which they leak.
//!
//! A hash is personal data too: it is the same for the same person everywhere, which is what it is sent for. Products
//! document how an address or a number is to be normalised before it is hashed, each a little differently, so all of
//! these forms are looked for. Sources: "Enhanced conversions" of Google and of Microsoft Advertising, Meta's and
//! TikTok's "Customer information parameters", UID2's "Normalization and encoding", LiveRamp's "Hashing PII".

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::nested::{Layer, layers};

mod phone;

/// So many typed texts are remembered.
const REMEMBERED: usize = 64;

/// What a visitor gave: an e-mail address or a phone number.
#[derive(Debug, Clone)]
pub struct Personal {
    /// `e-mail address`, `phone number`.
    pub what: &'static str,
    /// As typed.
    pub text: String,
    /// What to look for as it stands, in lower case.
    plain: Vec<String>,
    /// What to look for letter by letter, and how it is called.
    coded: Vec<(String, &'static str)>,
    /// Words that are hashes, and how those are called; hexadecimal digits in lower case.
    hashes: HashMap<String, &'static str>,
    /// For a phone number.
    digits: Option<phone::Digits>,
}

impl PartialEq for Personal {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what && self.text == other.text
    }
}

impl Eq for Personal {}

impl Personal {
    /// What a typed text is, if it is personal.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let (what, forms, digits) = if is_email(text) {
            ("e-mail address", email_forms(text), None)
        } else {
            let digits = phone::Digits::of(text)?;
            ("phone number", std::iter::once(text.to_owned()).chain(digits.forms()).collect(), Some(digits))
        };
        let mut personal = Self {
            what,
            text: text.to_owned(),
            plain: forms.iter().map(|form| form.to_lowercase()).collect(),
            coded: Vec::new(),
            hashes: HashMap::new(),
            digits,
        };
        personal.plain.sort();
        personal.plain.dedup();
        for form in &forms {
            // Shorter than what is looked into by itself.
            for code in [STANDARD_NO_PAD.encode(form), URL_SAFE_NO_PAD.encode(form)] {
                personal.coded.push((code, "in base64"));
            }
        }
        let international = personal.digits.iter().flat_map(phone::Digits::international).collect::<Vec<_>>();
        for form in forms.iter().chain(&international) {
            for (bytes, how) in hashed(form) {
                personal.hashes.insert(hex(&bytes), how);
                personal.hashes.insert(STANDARD_NO_PAD.encode(&bytes), how);
                personal.hashes.insert(URL_SAFE_NO_PAD.encode(&bytes), how);
            }
        }
        for form in &forms {
            for (bytes, how) in hashed(form) {
                personal.coded.push((STANDARD_NO_PAD.encode(&bytes), how));
                personal.coded.push((URL_SAFE_NO_PAD.encode(&bytes), how));
            }
        }
        personal.coded.sort_unstable();
        personal.coded.dedup();
        Some(personal)
    }

    /// The same, remembered: all journeys of a site type the same few texts, every forward of each is searched for them, and a
    /// number without its country's code has thousands of forms.
    pub fn known(text: &str) -> Option<Rc<Self>> {
        thread_local! {
            static KNOWN: RefCell<Vec<(String, Option<Rc<Personal>>)>> = const { RefCell::new(Vec::new()) };
        }
        KNOWN.with_borrow_mut(|known| {
            if let Some((_, personal)) = known.iter().find(|(typed, _)| typed == text) {
                return personal.clone();
            }
            let personal = Self::of(text).map(Rc::new);
            if known.len() >= REMEMBERED {
                known.remove(0);
            }
            known.push((text.to_owned(), personal.clone()));
            personal
        })
    }

    /// A value that a recording doesn't keep: only its reference stands in what was recorded, for every form of it.
    pub fn masked(reference: &str) -> Self {
        Self {
            what: "value",
            text: reference.to_owned(),
            plain: vec![reference.to_lowercase()],
            coded: Vec::new(),
            hashes: HashMap::new(),
            digits: None,
        }
    }

    /// How it stands in a text: `as it is`, `in base64`, `as its SHA-256`.
    pub fn found_in(&self, text: &str) -> Option<&'static str> {
        self.found_among(&layers(text))
    }

    /// The same, for a text that was taken apart already.
    pub fn found_among(&self, layers: &[Layer]) -> Option<&'static str> {
        layers.iter().find_map(|layer| {
            let found = self.look(&layer.text)?;
            Some(if found == "as it is" { layer.how.unwrap_or(found) } else { found })
        })
    }

    fn look(&self, text: &str) -> Option<&'static str> {
        let lower = text.to_lowercase();
        let stands = match &self.digits {
            Some(digits) => digits.stand_in(&lower) || self.plain.iter().any(|form| holds(&lower, form, is_digit_like)),
            None if self.what == "value" => self.plain.iter().any(|form| lower.contains(form.as_str())),
            None => self.plain.iter().any(|form| holds(&lower, form, is_address_like)),
        };
        if stands {
            return Some("as it is");
        }
        if let Some((_, how)) = self.coded.iter().find(|(code, _)| text.contains(code.as_str())) {
            return Some(how);
        }
        let hexadecimal = lower.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() >= 32);
        let mut words = hexadecimal.chain(text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))));
        let url_safe = || text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
        words
            .find_map(|word| self.hashes.get(word))
            .or_else(|| url_safe().find_map(|word| self.hashes.get(word)))
            .copied()
    }
}

/// What is part of a longer number or word is another one.
fn is_digit_like(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn is_address_like(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn holds(text: &str, form: &str, is_more: fn(char) -> bool) -> bool {
    text.match_indices(form).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let mut tail = text.get(at + form.len()..).unwrap_or_default().chars();
        // A full stop ends a sentence, and goes on with a name.
        let after =
            tail.next().is_some_and(|c| is_more(c) && (c != '.' || tail.next().is_some_and(char::is_alphanumeric)));
        !(before.is_some_and(is_more) || after)
    })
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c == '@');
    plain(local) && plain(domain) && domain.trim_matches('.').contains('.')
}

/// An address as typed and as products want it: in lower case; without what follows a plus and without dots before
/// the `@` (Google says so of its own domains, Microsoft of all); Google's two domains are one.
fn email_forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned(), text.to_lowercase()];
    let lower = text.to_lowercase();
    if let Some((local, domain)) = lower.split_once('@') {
        let bare = local.split('+').next().filter(|bare| !bare.is_empty()).unwrap_or(local);
        let domains: &[&str] = match domain {
            "gmail.com" | "googlemail.com" => &["gmail.com", "googlemail.com"],
            _ => &[domain],
        };
        for domain in domains {
            for local in [local.to_owned(), bare.to_owned(), local.replace('.', ""), bare.replace('.', "")] {
                if !local.is_empty() {
                    forms.push(format!("{local}@{domain}"));
                }
            }
        }
    }
    forms.push(text.to_uppercase());
    let mut seen = std::collections::HashSet::new();
    forms.retain(|form| seen.insert(form.clone()));
    forms
}

/// The hashes under which products take a text.
fn hashed(text: &str) -> [(Vec<u8>, &'static str); 4] {
    [
        (Sha256::digest(text).to_vec(), "as its SHA-256"),
        (Md5::digest(text).to_vec(), "as its MD5"),
        (Sha1::digest(text).to_vec(), "as its SHA-1"),
        (Sha512::digest(text).to_vec(), "as its SHA-512"),
    ]
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The forms in which a secret text leaves as well: lower-cased, normalised, in base64, hashed.
pub fn disguises(text: &str) -> Vec<String> {
    let mut plain = if is_email(text.trim()) {
        email_forms(text.trim())
    } else if let Some(digits) = phone::Digits::of(text) {
        digits.forms()
    } else {
        vec![text.to_lowercase()]
    };
    plain.push(text.to_owned());
    let mut forms = Vec::new();
    for one in plain {
        for bytes in hashed(&one).into_iter().map(|(bytes, _)| bytes).chain([one.clone().into_bytes()]) {
            forms.extend([
                STANDARD_NO_PAD.encode(&bytes),
                URL_SAFE_NO_PAD.encode(&bytes),
                hex(&bytes),
                hex(&bytes).to_uppercase(),
            ]);
        }
        forms.push(one);
    }
    forms
}
