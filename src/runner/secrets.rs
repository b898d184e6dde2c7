//! Values from the environment never leave: they are replaced by the reference that they came from.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::site::{self, Site};

/// What to replace, by what.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// Longest first, so that a value that contains another one is replaced whole.
    values: Vec<(String, String)>,
}

/// Shorter values are only replaced where they are the whole text: replacing each `1` would leave nothing readable.
const SHORT: usize = 4;

impl Secrets {
    /// Masks the values of the variables that a site file refers to.
    pub fn of(site: &Site, env: &BTreeMap<String, String>) -> Self {
        let references = site::env_references(site);
        Self::new(references.iter().map(|(name, _)| name.as_str()), env)
    }

    /// Masks the values of these variables.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>, env: &BTreeMap<String, String>) -> Self {
        let mut values = Vec::new();
        for name in names {
            let Some(value) = env.get(name).filter(|value| !value.is_empty()) else { continue };
            let shown = format!("${{env.{name}}}");
            for form in forms(value) {
                if !values.iter().any(|(known, _)| *known == form) {
                    values.push((form, shown.clone()));
                }
            }
        }
        values.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        Self { values }
    }

    /// The text without any of the values, nor the beginning of one where the text was cut (`…`).
    pub fn mask(&self, text: &str) -> String {
        if self.values.is_empty() {
            return text.to_owned();
        }
        let mut masked = text.to_owned();
        for (value, shown) in &self.values {
            if value.len() >= SHORT && masked.contains(value.as_str()) {
                masked = masked.replace(value.as_str(), shown);
            } else if masked == *value {
                masked.clone_from(shown);
            }
        }
        self.mask_cuts(masked)
    }

    /// Whoever shortens a text doesn't know that there is a value at the edge.
    fn mask_cuts(&self, mut text: String) -> String {
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find('…')).map(|at| from + at) {
            let before = &text[..at];
            let beginnings = self.values.iter().filter_map(|(value, shown)| {
                let length =
                    value.char_indices().map(|(end, _)| end).rev().find(|end| before.ends_with(&value[..*end]))?;
                (length >= SHORT).then_some((length, shown))
            });
            from = at + '…'.len_utf8();
            if let Some((length, shown)) = beginnings.max_by_key(|(length, _)| *length) {
                text.replace_range(at - length..at, shown);
                from = from + shown.len() - length;
            }
        }
        text
    }

    /// The values as a page may show them: white space folded, in lower case.
    pub(super) fn shown(&self) -> Vec<String> {
        let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        self.values.iter().map(|(value, _)| folded(value)).filter(|value| !value.is_empty()).collect()
    }

    /// Masks every text in a value, keys included.
    pub fn mask_value(&self, value: &mut Value) {
        if self.values.is_empty() {
            return;
        }
        match value {
            Value::String(text) => *text = self.mask(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_value(item)),
            Value::Object(map) => {
                *map = std::mem::take(map)
                    .into_iter()
                    .map(|(key, mut value)| {
                        self.mask_value(&mut value);
                        (self.mask(&key), value)
                    })
                    .collect();
            }
            _ => {}
        }
    }
}

/// A value as it is, and as it stands in JSON, in HTML, in forms and in each part of an address: every one has its own
/// idea of what has to be encoded, and some are put into one another.
fn forms(value: &str) -> Vec<String> {
    // As a person reads it in a page: white space folded; a field of one line drops line breaks.
    let folded = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut forms = vec![value.to_owned(), folded, value.replace(['\r', '\n'], "")];
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    forms.extend([html.replace('"', "&quot;"), html.replace('"', "&quot;").replace('\'', "&#39;"), html]);
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    forms.extend([form.replace('+', "%20"), form]);
    // What JavaScript's `encodeURIComponent` and `encodeURI` leave as it is.
    forms.extend(["-_.!~*'()", "-_.!~*'();,/?:@&=+$#"].map(|kept| percent(value, kept)));
    if let Ok(mut url) = url::Url::parse("http://host/") {
        let _ = url.set_password(Some(value));
        url.set_query(Some(value));
        url.set_fragment(Some(value));
        url.set_path(value);
        let path = url.path().trim_start_matches('/');
        forms
            .extend([url.password(), url.query(), url.fragment(), Some(path)].into_iter().flatten().map(str::to_owned));
    }
    // As analytics products take them: hashed, lower-cased, in base64.
    if value.len() >= SHORT {
        forms.extend(crate::analytics::pii::disguises(value));
    }
    // JSON, and JSON as a text in JSON, as commands are sent to a page; Chromium's writer escapes a `<` as well.
    let mut escaped = forms.clone();
    for _ in 0..3 {
        escaped = escaped.iter().flat_map(|form| json(form)).collect();
        escaped.sort();
        escaped.dedup();
        forms.extend(escaped.iter().cloned());
    }
    forms.retain(|form| !form.trim().is_empty());
    forms
}

fn json(text: &str) -> Vec<String> {
    let Ok(quoted) = serde_json::to_string(text) else { return Vec::new() };
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned();
    vec![inner.replace('<', "\\u003C"), inner]
}

fn percent(text: &str, kept: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secrets() -> Secrets {
        let env = [("MAIL", "ada+x@example.com"), ("PIN", "12"), ("EMPTY", "")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        Secrets::new(["MAIL", "PIN", "EMPTY", "UNSET"], &env)
    }

    #[test]
    fn masks_values_wherever_they_stand() {
        let mut value =
            json!({ "a": ["mail ada+x@example.com!"], "ada+x@example.com": 1, "url": "?m=ada%2Bx%40example.com" });
        secrets().mask_value(&mut value);
        assert_eq!(value, json!({ "a": ["mail ${env.MAIL}!"], "${env.MAIL}": 1, "url": "?m=${env.MAIL}" }));
    }

    #[test]
    fn masks_values_in_every_part_of_an_address() {
        let value = "s3 crét!\"{x}";
        let env = BTreeMap::from([("P".to_owned(), value.to_owned())]);
        let secrets = Secrets::new(["P"], &env);
        for text in ["http://me:P@host/", "http://host/P", "http://host/a/P?x", "http://host/?a=P&b", "http://host/#P"]
        {
            let mut url = url::Url::parse(&text.replace('P', value)).unwrap().to_string();
            assert_eq!(secrets.mask(&url), text.replace('P', "${env.P}"), "{url}");
            url = serde_json::json!({ "typed": value, "url": url }).to_string();
            assert!(!secrets.mask(&url).contains("s3"), "{url}");
        }
    }

    #[test]
    fn masks_values_in_commands_and_in_what_pages_are_made_of() {
        let value = "Kf8 \"<&>\\'\n3hPq";
        let secrets = Secrets::new(["P"], &BTreeMap::from([("P".to_owned(), value.to_owned())]));
        let once = serde_json::json!({ "text": value }).to_string();
        let twice = serde_json::json!({ "request": once }).to_string();
        let thrice = serde_json::json!({ "value": twice }).to_string();
        let chromium = twice.replace('<', "\\u003C");
        let folded = "Kf8 \"<&>\\' 3hPq".to_owned();
        let html = "<b title=\"Kf8 &quot;&lt;&amp;&gt;\\'\n3hPq\">".to_owned();
        let address = "?q=Kf8%20%22%3C%26%3E%5C'%0A3hPq".to_owned();
        for text in [once, twice, thrice, chromium, folded, html, address] {
            let masked = secrets.mask(&text);
            assert!(masked.contains("${env.P}") && !masked.contains("Kf8") && !masked.contains("3hPq"), "{masked}");
        }
    }

    #[test]
    fn masks_the_beginning_of_a_value_where_a_text_was_cut() {
        for (text, masked) in [
            ("<p>mail ada+x@e…</p> and ada+…", "<p>mail ${env.MAIL}…</p> and ${env.MAIL}…"),
            ("ada…", "ada…"),
            ("ada+x@example.com…", "${env.MAIL}…"),
            ("…", "…"),
        ] {
            assert_eq!(secrets().mask(text), masked);
        }
    }

    #[test]
    fn masks_short_values_only_as_a_whole() {
        assert_eq!(secrets().mask("12"), "${env.PIN}");
        assert_eq!(secrets().mask("2012"), "2012");
    }
}
