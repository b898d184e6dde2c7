//! Personal data in what is sent: e-mail addresses and phone numbers, in the forms in which they leak.
//!
//! A hash is personal data too: it is the same for the same person everywhere, which is what it is sent for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sha2::{Digest, Sha256};

/// What a visitor gave: an e-mail address or a phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// `e-mail address`, `phone number`.
    pub what: &'static str,
    /// As typed.
    pub text: String,
    /// What to look for, each with how it is called.
    forms: Vec<(String, &'static str)>,
}

impl Personal {
    /// What a typed text is, if it is personal.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut forms: Vec<(String, &'static str)> = Vec::new();
        let mut add = |form: String, how| {
            if !form.is_empty() && !forms.iter().any(|(known, _)| *known == form) {
                forms.push((form, how));
            }
        };
        let (what, plain): (_, Vec<String>) = if is_email(text) {
            ("e-mail address", vec![text.to_owned(), text.to_lowercase()])
        } else if let Some(digits) = phone_digits(text) {
            // With and without the plus: E.164 is what most products want to be hashed.
            ("phone number", vec![text.to_owned(), format!("+{digits}"), digits])
        } else {
            return None;
        };
        for one in &plain {
            add(one.clone(), "as it is");
        }
        for one in &plain {
            for encoded in [STANDARD.encode(one), URL_SAFE.encode(one)] {
                add(encoded.trim_end_matches('=').to_owned(), "in base64");
            }
            let hash = Sha256::digest(one.as_bytes());
            add(hex(&hash), "as its SHA-256");
            for encoded in [STANDARD.encode(hash), URL_SAFE.encode(hash)] {
                add(encoded.trim_end_matches('=').to_owned(), "as its SHA-256");
            }
        }
        Some(Self { what, text: text.to_owned(), forms })
    }

    /// A value that a recording doesn't keep: only its reference stands in what was recorded, for every form of it.
    pub fn masked(reference: &str) -> Self {
        Self { what: "value", text: reference.to_owned(), forms: vec![(reference.to_owned(), "as it is")] }
    }

    /// How it stands in a text: `as it is`, `in base64`, `as its SHA-256`. The text is looked at as it is and with its
    /// percent signs decoded, twice, since addresses are put into addresses.
    pub fn found_in(&self, text: &str) -> Option<&'static str> {
        let mut text = text.to_owned();
        for round in 0..3 {
            let lower = text.to_lowercase();
            let found = self.forms.iter().find(|(form, how)| match *how {
                "as it is" => holds(&lower, &form.to_lowercase(), self.what == "phone number"),
                "as its SHA-256" if form.len() == 64 => lower.contains(form.as_str()),
                _ => text.contains(form.as_str()),
            });
            if let Some((_, how)) = found {
                return Some(if round > 0 && *how == "as it is" { "URL-encoded" } else { how });
            }
            let decoded =
                percent_encoding::percent_decode_str(&text.replace('+', "%20")).decode_utf8_lossy().into_owned();
            let kept = percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned();
            // A plus is a blank in a form and a plus everywhere else.
            let found = [decoded, kept.clone()].into_iter().find_map(|text| {
                let lower = text.to_lowercase();
                self.forms.iter().find(|(form, how)| {
                    *how == "as it is" && holds(&lower, &form.to_lowercase(), self.what == "phone number")
                })
            });
            if found.is_some() {
                return Some("URL-encoded");
            }
            if kept == text {
                return None;
            }
            text = kept;
        }
        None
    }
}

/// Digits inside of a longer number are no phone number.
fn holds(text: &str, form: &str, digits: bool) -> bool {
    text.match_indices(form).any(|(at, _)| {
        let near = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + form.len()..).and_then(|tail| tail.chars().next());
        !digits || !(near(before) || near(after))
    })
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c == '@');
    plain(local) && plain(domain) && domain.trim_matches('.').contains('.')
}

/// The digits of a phone number: seven to fifteen, and nothing but what people put between them.
fn phone_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let fits = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '.' | '(' | ')' | '/'));
    (fits && (7..=15).contains(&digits.len())).then_some(digits)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The forms in which a secret text leaves as well: lower-cased, in base64, hashed.
pub fn disguises(text: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for one in [text.to_owned(), text.to_lowercase()] {
        let hash = Sha256::digest(one.as_bytes());
        forms.extend([STANDARD.encode(&one), URL_SAFE.encode(&one), hex(&hash), STANDARD.encode(hash)]);
        forms.push(one);
    }
    forms
}
