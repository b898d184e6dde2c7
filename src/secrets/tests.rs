use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn hiding(value: &str) -> Secrets {
    Secrets::new(["P"], &BTreeMap::from([("P".to_owned(), value.to_owned())]))
}

fn secrets() -> Secrets {
    let env = [("MAIL", "ada+x@example.com"), ("PIN", "12"), ("EMPTY", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    Secrets::new(["MAIL", "PIN", "EMPTY", "UNSET"], &env.into())
}

#[test]
fn masks_values_wherever_they_stand() {
    let mut value =
        json!({ "a": ["mail ada+x@example.com!"], "ada+x@example.com": 1, "url": "?m=ada%2Bx%40example.com" });
    secrets().mask_value(&mut value);
    assert_eq!(value, json!({ "a": ["mail ${env.MAIL}!"], "${env.MAIL}": 1, "url": "?m=${env.MAIL}" }));
}

#[test]
fn masks_a_number_that_is_a_value() {
    let mut value = json!({ "a": 5_551_234, "b": 12, "c": 55_512_345 });
    Secrets::new(["P", "Q"], &BTreeMap::from([("P".into(), "5551234".into()), ("Q".into(), "12".into())]))
        .mask_value(&mut value);
    assert_eq!(value, json!({ "a": "${env.P}", "b": 12, "c": 55_512_345 }));
}

#[test]
fn masks_values_in_every_part_of_an_address() {
    let value = "s3 crét!\"{x}";
    let secrets = hiding(value);
    for text in ["http://me:P@host/", "http://host/P", "http://host/a/P?x", "http://host/?a=P&b", "http://host/#P"] {
        let mut url = url::Url::parse(&text.replace('P', value)).unwrap().to_string();
        assert_eq!(secrets.mask(&url), text.replace('P', "${env.P}"), "{url}");
        url = json!({ "typed": value, "url": url }).to_string();
        assert!(!secrets.mask(&url).contains("s3"), "{url}");
    }
}

#[test]
fn masks_values_in_commands_and_in_what_pages_are_made_of() {
    let value = "Kf8 \"<&>\\'\n3hPq";
    let secrets = hiding(value);
    let once = json!({ "text": value }).to_string();
    let twice = json!({ "request": once }).to_string();
    let thrice = json!({ "value": twice }).to_string();
    let chromium = twice.replace('<', "\\u003C");
    let folded = "Kf8 \"<&>\\' 3hPq".to_owned();
    let html = "<b title=\"Kf8 &quot;&lt;&amp;&gt;\\'\n3hPq\">".to_owned();
    let address = "?q=Kf8%20%22%3C%26%3E%5C'%0A3hPq".to_owned();
    let form = "q=Kf8+%22%3c&%3e%5C'%0A3hPq".to_owned();
    let debug = format!("{value:?} {:?}", value.to_uppercase());
    for text in [once, twice, thrice, chromium, folded, html, address, form.replace('&', "%26"), debug] {
        let masked = secrets.mask(&text);
        assert!(masked.contains("${env.P}") && !masked.contains("Kf8") && !masked.contains("3hPq"), "{masked}");
    }
}

#[test]
fn masks_the_edges_of_a_value_where_a_text_was_cut() {
    for (text, masked) in [
        ("<p>mail ada+x@e…</p> and ada+…", "<p>mail ${env.MAIL}…</p> and ${env.MAIL}…"),
        ("ad…", "ad…"),
        ("ada…", "${env.MAIL}…"),
        ("ada+x@example.com…", "${env.MAIL}…"),
        ("…xample.com and …com", "…${env.MAIL} and …${env.MAIL}"),
        ("?q=ada%2Bx%4…", "?q=${env.MAIL}…"),
        ("\"ada\\u002bx\\u00…", "\"${env.MAIL}…"),
        ("…", "…"),
    ] {
        assert_eq!(secrets().mask(text), masked);
    }
}

#[test]
fn masks_what_is_typed_letter_by_letter() {
    assert_eq!(secrets().mask("ada+x@exa"), "${env.MAIL}");
    assert_eq!(secrets().mask("ada"), "ada");
}

#[test]
fn masks_short_values_only_as_a_whole() {
    assert_eq!(secrets().mask("12"), "${env.PIN}");
    assert_eq!(secrets().mask("2012"), "2012");
}

#[test]
fn masks_each_line_of_a_long_value() {
    let secrets = hiding("-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----\n");
    assert_eq!(secrets.mask("driver: MIIEvQIBADANBg"), "driver: ${env.P}");
}

#[test]
fn what_overlaps_leaves_nothing() {
    let env = BTreeMap::from([("A".to_owned(), "abcdef".to_owned()), ("B".to_owned(), "defghijk".to_owned())]);
    let secrets = Secrets::new(["A", "B"], &env);
    assert_eq!(secrets.mask("-abcdefghijk-abcdef-"), "-${env.B}-${env.A}-");
    assert_eq!(hiding("abab").mask("xabababx"), "x${env.P}x");
}

#[test]
fn addresses_lose_their_logins() {
    let url = |text: &str| url::Url::parse(text).unwrap();
    let secrets = hiding("p@s/s")
        .and_login(&url("http://qa:p%40s%2Fs@staging.example/"), false)
        .and_login(&url("http://me:KEY123@grid.example:4444/"), true)
        .and_login(&url("http://T0KEN@other.example/"), true)
        .and_login(&url("http://u:x@short.example/"), true);
    for (text, masked) in [
        ("GET http://qa:p%40s%2fs@staging.example/a: 401", "GET http://staging.example/a: 401"),
        ("\"http://me:KEY123@grid.example:4444/\"", "\"http://grid.example:4444/\""),
        ("ws://T0KEN@other.example, KEY123 and T0KEN", "ws://other.example, *** and ***"),
        ("http://u:x@short.example/u:x", "http://short.example/u:x"),
        ("http://them:theirs@else.example/", "http://them:theirs@else.example/"),
        ("mailto:a@b.example http://a.example/@b", "mailto:a@b.example http://a.example/@b"),
    ] {
        assert_eq!(secrets.mask(text), masked);
    }
    for login in ["qa:p@s/s", "me:KEY123", "u:x"] {
        let header = format!("Authorization: Basic {}", STANDARD.encode(login));
        let masked = secrets.mask(&header);
        assert!(
            masked.starts_with("Authorization: Basic $") || masked.starts_with("Authorization: Basic *"),
            "{masked}"
        );
        assert!(masked.trim_end_matches('=').len() < "Authorization: Basic ${env.P}".len() + 1, "{masked}");
    }
}

#[test]
fn nothing_shows_them() {
    let secrets = hiding("s3cr3t-value").and_login(&url::Url::parse("http://me:s3cr3t-value@a/").unwrap(), true);
    let shown = format!("{secrets:?}");
    assert!(shown.contains("${env.P}") && !shown.contains("s3cr3t"), "{shown}");
}

/// How a value may be sent, with a random hand in what is encoded of it and what isn't.
fn encoded(value: &str, how: usize, coins: &[bool]) -> String {
    let coin = |at: usize| coins.get(at % coins.len().max(1)).copied().unwrap_or_default();
    let percent = |value: &str| -> String {
        value
            .bytes()
            .enumerate()
            .map(|(at, byte)| match byte {
                b'%' | b'+' | 0x80.. => format!("%{byte:02X}"),
                _ if coin(at) => format!("%{byte:02x}"),
                _ => char::from(byte).to_string(),
            })
            .collect()
    };
    let json = |value: &str| json!(value).to_string();
    let json = |value: &str| json(value)[1..json(value).len() - 1].to_owned();
    match how {
        0 => value.to_owned(),
        1 => percent(value),
        2 => percent(&percent(value)),
        3 => url::form_urlencoded::byte_serialize(value.as_bytes()).collect(),
        4 => json!({ "a": value }).to_string(),
        5 => json!({ "a": json!({ "b": value }).to_string() }).to_string(),
        6 => percent(&json!({ "a": value }).to_string()),
        7 => json(&percent(value)),
        8 => value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;"),
        9 => value
            .chars()
            .enumerate()
            .map(|(at, c)| if coin(at) || c == '&' { format!("&#{};", u32::from(c)) } else { c.to_string() })
            .collect(),
        10 => value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
        11 => crate::analytics::pii::hex(value.as_bytes()),
        12 => format!("{value:?}"),
        13 => json!({ "a": json!({ "b": json!({ "c": value }).to_string() }).to_string() }).to_string(),
        _ => String::new(),
    }
}

/// Something that is no secret by itself: it has nothing in common with what stands in its place.
fn secret() -> impl Strategy<Value = String> {
    let any = prop_oneof![Just("p@s/s#w:%41rd".to_owned()), "[ -~]{4,24}", any::<String>(), "[ -~äö€😀\n]{4,12}"];
    any.prop_filter("long enough, and not the mask itself", |value| {
        value.trim().len() >= SHORT && !value.contains("env.P") && !"${env.P}".contains(value.trim())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn nothing_of_a_value_is_left(
        value in secret(), how in 0usize..14, coins in prop::collection::vec(any::<bool>(), 1..9), before in "[a-z =\"/?&]{0,9}", after in "[a-z ,\"/&]{0,9}",
    ) {
        let sent = encoded(&value, how, &coins);
        let text = format!("{before}{sent}{after}");
        let masked = hiding(&value).mask(&text);
        prop_assert!(!masked.contains(&sent), "{:?} -> {:?}", text, masked);
        prop_assert!(masked.contains("${env.P}"), "{:?} -> {:?}", text, masked);
    }

    #[test]
    fn nothing_of_it_is_left_in_base64(
        value in secret(), before in prop::collection::vec(any::<u8>(), 0..9), after in prop::collection::vec(any::<u8>(), 0..9), safe in any::<bool>(),
    ) {
        let bytes: Vec<u8> = before.iter().copied().chain(value.bytes()).chain(after).collect();
        let text = if safe { URL_SAFE_NO_PAD.encode(&bytes) } else { STANDARD.encode(&bytes) };
        let masked = hiding(&value).mask(&text);
        // What is left holds none of its bytes whole.
        let left = masked.replace("${env.P}", "");
        let first = before.len() * 8 / 6;
        prop_assert!(left.len() <= text.len() - value.len() * 8 / 6, "{:?} -> {:?}", text, masked);
        // A byte in front may end in the same bits as the backslash before an escaped character.
        prop_assert!(masked.starts_with(&text[..first.saturating_sub(2)]), "{:?} -> {:?}", text, masked);
    }

    #[test]
    fn nothing_of_it_is_left_at_a_cut(
        value in "[a-zA-Z0-9@#/%:é]{6,20}", how in prop_oneof![Just(0usize), Just(1), Just(3), Just(4), Just(10)], coins in prop::collection::vec(any::<bool>(), 1..9), at in 0usize..200,
    ) {
        // What stands around it, and in its place, may begin like it by chance.
        let begin: String = value.chars().take(3).collect();
        prop_assume!(!"a text with ${env.P}…".contains(&begin));
        let sent = encoded(&value, how, &coins);
        let at = (0..=at.min(sent.len())).rev().find(|at| sent.is_char_boundary(*at)).unwrap_or(0);
        let masked = hiding(&value).mask(&format!("a text with {}…", &sent[..at]));
        // An escape that was cut begins with a `%` of its own, which is none of the value's.
        let escaped = matches!(how, 1 | 3);
        let cut = ["%", "%2", "%C", "%A"].iter().find_map(|cut| masked.strip_suffix(&format!("{cut}…")));
        let shown = cut.filter(|_| escaped).unwrap_or(&masked);
        // Of its beginning no more is left than anybody finds by chance.
        prop_assert!(!shown.contains(&begin), "{:?}", masked);
    }

    #[test]
    fn any_text_is_taken(text in any::<String>(), value in any::<String>()) {
        hiding(&value).mask(&text);
    }

    #[test]
    fn what_holds_nothing_stays(text in "[ -~]{0,60}") {
        prop_assert_eq!(hiding("Ω-not-in-any-text").mask(&text), text);
    }
}
