use proptest::prelude::*;
use serde_json::json;

use super::pii::Personal;
use super::*;

fn ga4() -> Product {
    Product::named("ga4").expect("built in")
}

fn universal() -> Product {
    Product::named("universal_analytics").expect("built in")
}

fn adobe() -> Product {
    Product::named("adobe_analytics").expect("built in")
}

fn all() -> Vec<Product> {
    Product::names().into_iter().filter_map(Product::named).collect()
}

fn sent<'a>(method: &'a str, url: &'a str, body: Option<&'a str>) -> Sent<'a> {
    Sent { method, url, content_type: "text/plain", body }
}

/// A field, owned, or tests would have to say so.
fn of(hit: &Hit, path: &str) -> Option<Value> {
    hit.field(path).map(std::borrow::Cow::into_owned)
}

fn names(hits: &[Hit]) -> Vec<&str> {
    hits.iter().flat_map(|hit| &hit.names).map(String::as_str).collect()
}

#[test]
fn addresses_match_what_they_say() {
    for (pattern, url, fits) in [
        ("/g/collect", "https://www.google-analytics.com/g/collect?v=2&en=a", true),
        ("/g/collect", "https://sgtm.shop.example:8443/g/collect", true),
        ("/g/collect", "https://x.example/g/collected", false),
        ("/g/collect", "https://x.example/?u=/g/collect", false),
        ("/b/ss/*", "https://m.example/b/ss/suite/1/JS-2.26/s1?a=b", true),
        ("https://*.example.com/api/*", "https://a.b.example.com/api/track", true),
        ("https://*.example.com/api/*", "http://a.example.com/api/track", false),
        ("collect.example", "https://collect.example/any/path?x", true),
        ("collect.example", "https://collect.example.evil/any", false),
        ("collect.example/x?v=1*", "http://collect.example/x?v=1&y", true),
        ("collect.example/x?v=1*", "http://collect.example/x?v=2", false),
        ("https://h.example/p", "https://user:pw@H.example/p#frag", true),
        ("*", "data:text/plain,x", false),
        ("?v=2&tid=G-*", "https://shop.example/metrics/x?en=a&tid=G-1&v=2", true),
        ("?v=2&tid=G-*", "https://shop.example/?v=2&tid=UA-1", false),
        ("?v=2&tid=G-*", "https://shop.example/?xv=2&tid=G-1", false),
        ("?v=2&tid=G-*", "https://shop.example/v=2&tid=G-1", false),
        ("/*/g/collect", "https://shop.example/metrics/g/collect", true),
    ] {
        assert_eq!(Address::parse(pattern).expect(pattern).matches(url), fits, "{pattern} {url}");
    }
    for bad in ["", "?", "ftp://x", "a b", "https://u@h/x"] {
        assert!(Address::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_browsers_pattern_matches_at_least_as_much() {
    let bidi = |text: &str| Address::parse(text).expect(text).to_bidi();
    assert_eq!(bidi("/g/collect"), Some(json!({ "type": "pattern", "pathname": "/g/collect" })));
    assert_eq!(
        bidi("https://h.example:8443/b/ss/*"),
        Some(json!({ "type": "pattern", "protocol": "https", "hostname": "h.example", "port": "8443" }))
    );
    assert_eq!(bidi("/b/ss/*"), None, "only one that matches everything would do");
    assert_eq!(bidi("?v=2&tid=G-*"), None);
    assert_eq!(Address::parse("?v=2&tid=G-*").expect("valid").to_cdp(), "*://*\\?*tid=G-*");
    assert_eq!(Address::parse("?configId=*&requestId=*").expect("valid").to_cdp(), "*://*\\?*requestId=*");
    assert_eq!(Address::parse("/b/ss/*").expect("valid").to_cdp(), "*://*/b/ss/*");
    assert_eq!(Address::parse("h.example/x?y=1").expect("valid").to_cdp(), "*://h.example/x\\?y=1*");
}

#[test]
fn ga4_is_read_single_and_batched() {
    let one =
        hits(&ga4(), None, &sent("POST", "https://a/g/collect?v=2&tid=G-1&en=chat&ep.id=x%20y&epn.n=3&cu=EUR", None));
    assert_eq!(names(&one), ["chat"]);
    assert_eq!(one[0].property.as_deref(), Some("G-1"));
    assert_eq!(of(&one[0], "id"), Some(json!("x y")));
    assert_eq!(of(&one[0], "n"), Some(json!(3)));
    assert_eq!(of(&one[0], "currency"), Some(json!("EUR")));
    let two = hits(
        &ga4(),
        None,
        &sent("POST", "https://a/g/collect?v=2&tid=G-1", Some("en=a&ep.id=1\r\nen=b&up.plan=pro\r\n")),
    );
    assert_eq!(names(&two), ["a", "b"]);
    assert_eq!(of(&two[1], "user.plan"), Some(json!("pro")));
    assert_eq!(of(&two[1], "id"), None, "lines don't share what is their own");
    let protocol = hits(
        &ga4(),
        None,
        &sent(
            "POST",
            "https://a/mp/collect?measurement_id=G-2",
            Some(r#"{"events":[{"name":"x","params":{"id":7}}]}"#),
        ),
    );
    assert_eq!((names(&protocol), of(&protocol[0], "id")), (vec!["x"], Some(json!(7))));
}

#[test]
fn universal_analytics_is_named_by_category_and_action() {
    let hit = hits(
        &universal(),
        None,
        &sent(
            "POST",
            "https://www.google-analytics.com/j/collect",
            Some("v=1&t=event&tid=UA-1-1&ec=Chat&ea=Engaged&el=c1&ev=5"),
        ),
    );
    assert_eq!(names(&hit), ["Chat/Engaged"]);
    assert_eq!((of(&hit[0], "label"), of(&hit[0], "value")), (Some(json!("c1")), Some(json!(5))));
}

#[test]
fn adobe_is_read_by_measurement_and_web_sdk() {
    let get = "https://m.example/b/ss/suite1,suite2/1/JS-2.26.0/s99?AQB=1&pageName=Pricing&events=event12%2Cevent5%3D3&v5=c-1&c3=chat&c.&chat.&id=9&.chat&.c&pe=lnk_o&pev2=Chat%20engaged&AQE=1";
    for hit in [
        hits(&adobe(), None, &sent("GET", get, None)),
        hits(
            &adobe(),
            None,
            &sent("POST", "https://m.example/b/ss/suite1,suite2/1/JS/s9", get.split_once('?').map(|(_, q)| q)),
        ),
    ] {
        assert_eq!(names(&hit), ["event12", "event5", "Chat engaged"]);
        assert_eq!(hit[0].property.as_deref(), Some("suite1,suite2"));
        for (field, value) in
            [("eVar5", "c-1"), ("prop3", "chat"), ("pageName", "Pricing"), ("contextData.chat.id", "9")]
        {
            assert_eq!(of(&hit[0], field), Some(json!(value)), "{field}");
        }
    }
    let body = json!({ "events": [{
        "xdm": { "eventType": "chat.engaged", "_experience": { "analytics": {
            "event1to100": { "event12": { "value": 1 } }, "customDimensions": { "eVars": { "eVar5": "c-1" } } } },
            "_acme": { "chat": { "id": "c-1" } } },
        "data": { "__adobe": { "analytics": { "events": "event7", "prop3": "chat" } } },
    }] })
    .to_string();
    let hit = hits(&adobe(), None, &sent("POST", "https://edge.adobedc.net/ee/v1/interact?configId=d1", Some(&body)));
    assert_eq!(names(&hit), ["chat.engaged", "event12", "event7"]);
    for (field, value) in [("eVar5", "c-1"), ("prop3", "chat"), ("_acme.chat.id", "c-1"), ("xdm._acme.chat.id", "c-1")]
    {
        assert_eq!(of(&hit[0], field), Some(json!(value)), "{field}");
    }
}

#[test]
fn pushes_are_read_plain_and_as_arguments() {
    let hit = pushed(&json!(["event", "chat", { "id": 1 }]), true);
    assert_eq!((hit.names.as_slice(), of(&hit, "id")), (["chat".to_owned()].as_slice(), Some(json!(1))));
    assert!(pushed(&json!(["consent", "update", {}]), true).names.is_empty());
    let hit = pushed(&json!({ "event": "chat", "chat": { "id": "x", "tags": ["a"] }, "a.b": 1 }), false);
    assert_eq!(of(&hit, "chat.id"), Some(json!("x")));
    assert_eq!(
        (of(&hit, "chat.tags.0"), of(&hit, "a.b"), of(&hit, "chat.nope")),
        (Some(json!("a")), Some(json!(1)), None)
    );
}

#[test]
fn ga4_is_read_out_of_what_a_proxy_puts_it_into() {
    let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "v=2&tid=G-1&en=chat&ep.id=7");
    let url = format!("https://shop.example/x?d={}", code.replace('=', "%3D"));
    for sent in [sent("GET", &url, None), sent("POST", "https://shop.example/x", Some(&code))] {
        let hit = hits(&ga4(), None, &sent);
        assert_eq!(
            (names(&hit), of(&hit[0], "id"), hit[0].property.as_deref()),
            (vec!["chat"], Some(json!("7")), Some("G-1"))
        );
    }
}

/// The hits of a body, each as the event that it names.
fn members(each: &str, body: &str) -> Vec<Value> {
    let each = Each::parse(each).expect(each);
    let hits = hits(&Product::Request, Some(&each), &sent("POST", "https://a/x?k=1", Some(body)));
    assert!(hits.iter().all(|hit| of(hit, "query.k") == Some(json!("1"))), "all share the query");
    hits.iter().map(|hit| of(hit, "e").unwrap_or_default()).collect()
}

#[test]
fn each_finds_the_list_wherever_it_is() {
    for (each, body) in [
        ("batch", r#"{"batch":[{"e":"a"},{"e":"b"}]}"#),
        ("data.events", r#"{"data":{"events":[{"e":"a"},{"e":"b"}]}}"#),
        ("/data/0/events", r#"{"data":[{"events":[{"e":"a"},{"e":"b"}]}]}"#),
        ("streams.*.values", r#"{"streams":[{"values":[{"e":"a"}]},{"values":[{"e":"b"}]}]}"#),
        (".", r#"[{"e":"a"},{"e":"b"}]"#),
        (".", "{\"e\":\"a\"}\n{\"e\":\"b\"}\n"),
        ("data", "v=1&data=%5B%7B%22e%22%3A%22a%22%7D%2C%7B%22e%22%3A%22b%22%7D%5D"),
    ] {
        assert_eq!(members(each, body), [json!("a"), json!("b")], "{each} {body}");
    }
    assert_eq!(
        members("batch", r#"{"events":[{"e":"a"}],"e":"whole"}"#),
        [json!("whole")],
        "no such list: a request is one"
    );
    assert_eq!(members("batch", r#"{"batch":[]}"#), Vec::<Value>::new());
    for bad in ["", "a..b", "/"] {
        assert!(Each::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_demand_that_names_the_list_is_about_the_body_with_one_member() {
    let each = Each::parse("batch").expect("valid");
    let body = r#"{"batch":[{"e":"a"},{"e":"b"}],"k":1}"#;
    let hits = hits(&Product::Request, Some(&each), &sent("POST", "https://a/x", Some(body)));
    let member = hits[1].member.as_ref().expect("a member");
    assert!(
        member.is_named_in(&json!({ "required": ["batch"] })) && !member.is_named_in(&json!({ "required": ["e"] }))
    );
    assert_eq!(member.alone(), json!({ "batch": [{ "e": "b" }], "k": 1 }));
}

#[test]
fn forms_lines_and_json_in_fields_are_read() {
    let form = "--x\r\nContent-Disposition: form-data; name=\"ev\"\r\n\r\nchat\r\n--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n{\"e\":{\"id\":7}}\r\n--x--\r\n";
    let sent =
        Sent { method: "POST", url: "https://a/x", content_type: "multipart/form-data; boundary=x", body: Some(form) };
    let hit = hits(&Product::Request, None, &sent);
    assert_eq!((of(&hit[0], "form.ev"), of(&hit[0], "form.data.e.id")), (Some(json!("chat")), Some(json!(7))));
    let lines = hits(&Product::Request, None, &self::sent("POST", "https://a/x", Some("{\"a\":1}\n{\"e\":2}\n")));
    assert!(lines[0].lines && lines.len() == 1);
    assert_eq!(of(&lines[0], "e"), Some(json!(2)));
}

mod bodies {
    use std::io::Write as _;

    use super::super::body::{self, MOST, read};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    const JSON: &str = r#"{"e":"chat é","id":"c-1","more":"more and more and more"}"#;

    fn problem(bytes: &[u8], kind: &str, encoding: &str) -> String {
        read(bytes, kind, encoding, true).problem.unwrap_or_default()
    }

    #[test]
    fn every_packing_is_taken_off_with_a_header_and_without() {
        // As Node.js packs it; and a frame of one raw block.
        let brotli = [0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
        assert_eq!(read(&brotli, "", "br", true).text, "hello");
        let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x04, 0x21, 0x00, 0x00, b'c', b'h', b'a', b't'];
        assert_eq!(read(&zstd, "", "", true).text, "chat");
        for (bytes, encoding) in [
            (gzip(JSON.as_bytes()), "gzip"),
            (zlib(JSON.as_bytes()), "deflate"),
            (deflate(JSON.as_bytes()), "deflate"),
            (gzip(&gzip(JSON.as_bytes())), "gzip, gzip"),
            (JSON.as_bytes().to_vec(), "gzip"),
            (JSON.as_bytes().to_vec(), "nobody-knows"),
        ] {
            for encoding in [encoding, ""] {
                let read = read(&bytes, "text/plain", encoding, true);
                assert_eq!((read.text.as_str(), read.problem), (JSON, None), "{encoding:?} {bytes:?}");
            }
        }
        let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, gzip(JSON.as_bytes()));
        assert_eq!(read(code.as_bytes(), "", "", true).text, JSON, "in base64");
    }

    #[test]
    fn parts_of_a_form_are_unpacked_one_by_one() {
        let mut form = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n".to_vec();
        form.extend(gzip(JSON.as_bytes()));
        form.extend(b"\r\n--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\x00\xff\xfe\r\n--b--\r\n");
        let read = read(&form, "multipart/form-data; boundary=b", "", true);
        assert!(read.text.contains(JSON), "{}", read.text);
        assert_eq!(read.problem.as_deref(), Some("has a part `f` that isn't text"));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let whole = gzip(JSON.as_bytes());
        assert_eq!(problem(&whole[..whole.len() - 12], "", ""), "is packed with gzip, and it ends too early");
        let bomb = gzip(&vec![b'x'; 8 * MOST]);
        assert!(bomb.len() < MOST / 10);
        let read = read(&bomb, "", "gzip", true);
        assert_eq!(read.problem.as_deref(), Some("is packed with gzip, and there is more than 1 MiB in it"));
        assert_eq!(read.text.len(), MOST);
        assert_eq!(
            problem(b"\x0a\x0bchat_opened\x12\x03c-1", "application/x-protobuf", ""),
            "isn't text (`application/x-protobuf`)"
        );
        assert_eq!(
            problem(b"\n chat", "application/x-protobuf", ""),
            "isn't text (`application/x-protobuf`)",
            "by its kind"
        );
        assert_eq!(problem(b"{\"a\":1}", "application/octet-stream", ""), "");
        assert_eq!(problem(&[0x9c, 0xff, 0x80, 0x01, 0xfe], "", ""), "isn't text");
        assert_eq!(problem(b"\x01\x02\x03\xff", "", "aes128gcm"), "is encoded as `aes128gcm`");
        assert_eq!(problem("ol\u{e9}".as_bytes(), "", ""), "");
        assert_eq!(super::super::body::read(b"ol\xe9", "text/plain; charset=ISO-8859-1", "", true).text, "olé");
    }

    #[test]
    fn what_is_encrypted_is_told_from_what_is_only_long() {
        let noise: Vec<u8> = (0..400_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let code = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, noise);
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, JSON.repeat(5));
        assert!(body::is_opaque(&code) && body::is_opaque(&format!("{{\"d\":\"{code}\"}}")));
        assert!(!body::is_opaque(&format!("{{\"em\":\"{}\"}}", "0a".repeat(32))), "a hash alone");
        assert!(
            !body::is_opaque(&text)
                && !body::is_opaque(JSON)
                && !body::is_opaque(&JSON.repeat(9))
                && !body::is_opaque("")
        );
    }
}

fn personal(text: &str) -> Personal {
    Personal::of(text).expect(text)
}

fn digest<D: sha2::Digest>(text: &str) -> String {
    super::pii::hex(&D::digest(text))
}

#[test]
fn personal_data_is_found_in_every_form() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    let mail = personal("Ada.L+x@Example.com");
    for (text, how) in [
        ("ep.mail=Ada.L+x@Example.com", Some("as it is")),
        ("ep.mail=ada.l+x@example.com", Some("as it is")),
        ("ep.mail=ada.l@example.com", Some("as it is")),
        ("https://x/?m=ada.l%2Bx%40example.com", Some("URL-encoded")),
        ("https://x/?u=https%3A%2F%2Fy%2F%3Fm%3Dada.l%252Bx%2540example.com", Some("URL-encoded")),
        ("YWRhLmwreEBleGFtcGxlLmNvbQ==", Some("in base64")),
        (r#"{"m":"ada.l+x\u0040example.com"}"#, Some("as it is")),
        ("6164612e6c2b78406578616d706c652e636f6d", Some("in hexadecimal digits")),
        ("somebody@else.example", None),
        ("nada.l@example.com", None),
        ("ada.l@example.community", None),
        ("m=ada.l@example.com.", Some("as it is")),
    ] {
        assert_eq!(mail.found_in(text), how, "{text}");
    }
    for (text, how) in [
        (digest::<sha2::Sha256>("ada.l+x@example.com"), "as its SHA-256"),
        (digest::<sha2::Sha256>("adal@example.com").to_uppercase(), "as its SHA-256"),
        (digest::<md5::Md5>("ada.l+x@example.com"), "as its MD5"),
        (digest::<sha1::Sha1>("Ada.L+x@Example.com"), "as its SHA-1"),
        (STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest("ada.l@example.com")), "as its SHA-256"),
        (
            format!("tv.1~em.{}", URL_SAFE_NO_PAD.encode(<sha2::Sha256 as sha2::Digest>::digest("ada.l@example.com"))),
            "as its SHA-256",
        ),
        // JSON in base64url in JSON, percent-encoded.
        (format!("{{\"ue_px\":\"{}\"}}", URL_SAFE_NO_PAD.encode(r#"{"d":{"m":"ada.l@example.com"}}"#)), "in base64"),
        (
            format!(
                "x=v1-{}",
                URL_SAFE_NO_PAD.encode(format!("[\"{}\"]", STANDARD.encode("{\"m\":\"ada.l@example.com\"}")))
            ),
            "in base64",
        ),
    ] {
        assert_eq!(mail.found_in(&format!("em={text}&x=1")), Some(how), "{text}");
    }
    let gmail = personal("ada.lovelace@gmail.com");
    assert_eq!(gmail.found_in(&digest::<sha2::Sha256>("adalovelace@gmail.com")), Some("as its SHA-256"));
    assert_eq!(gmail.found_in(&digest::<sha2::Sha256>("adalovelace@googlemail.com")), Some("as its SHA-256"));
    assert_eq!(gmail.found_in(&digest::<sha2::Sha256>("ada@gmail.com")), None);
}

#[test]
fn phone_numbers_are_found_with_and_without_their_country() {
    let phone = personal("+1 (555) 010-0199");
    for (text, how) in [
        ("tel=%2B15550100199".to_owned(), Some("URL-encoded")),
        ("tel=1-555-010-0199".to_owned(), Some("as it is")),
        (digest::<sha2::Sha256>("+15550100199"), Some("as its SHA-256")),
        (digest::<md5::Md5>("15550100199"), Some("as its MD5")),
        ("id=9915550100199".to_owned(), None),
        ("id=15550100199a".to_owned(), None),
        ("cid=1555.0100198".to_owned(), None),
    ] {
        assert_eq!(phone.found_in(&text), how, "{text}");
    }
    let national = personal("0171 2345678");
    for text in ["tel=+491712345678", "tel=01712345678", "tel=%2B49%20171%202345678"] {
        assert!(national.found_in(text).is_some(), "{text}");
    }
    assert_eq!(national.found_in(&digest::<sha2::Sha256>("+491712345678")), Some("as its SHA-256"));
    assert_eq!(national.found_in("tel=+991712345670"), None);
    for nobody in
        ["Ada", "12", "123456", "2026-01-01 10:00", "2026-01-01", "28.11.2026", "11/28/2026", "a@b", "1234567890123456"]
    {
        assert_eq!(Personal::of(nobody), None, "{nobody}");
    }
}

#[test]
fn what_lies_in_a_text_is_changed_there_and_nothing_else() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let change = |text: &str| text.replace("s3cret", "***");
    let inner = STANDARD.encode(r#"{"token":"s3cret","x":1}"#);
    let text = format!("a=s3cret&b={inner}&c=notinbase64atallatall");
    let changed = nested::rewrite(&text, &change);
    assert!(!nested::layers(&changed).iter().any(|layer| layer.text.contains("s3cret")), "{changed}");
    assert!(changed.starts_with("a=***&b=") && changed.ends_with("&c=notinbase64atallatall"), "{changed}");
    let untouched = "b=bm90aGluZyBpbiBoZXJlIHRvIGNoYW5nZQ==&c=%2B";
    assert_eq!(nested::rewrite(untouched, &change), untouched);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_a_page_sends_is_too_odd(
        method in "GET|POST|OPTIONS|\\PC{0,5}",
        tail in "\\PC{0,80}",
        body in proptest::option::of(prop_oneof!["\\PC{0,200}", "[{\\[\\]}\":,a-z.0-9&=%]{0,200}", "(c\\.&|\\.c&|a=1&){0,50}"]),
        pattern in "[*/a-z.?]{1,20}",
        personal in "[a-z]{1,5}@[a-z]{1,5}\\.[a-z]{2}",
    ) {
        for product in &all() {
            for base in ["https://a.example/g/collect?", "https://a.example/b/ss/", ""] {
                let url = format!("{base}{tail}");
                let sent = Sent { method: &method, url: &url, content_type: "", body: body.as_deref() };
                for hit in hits(product, None, &sent) {
                    let _ = hit.field(&tail);
                }
            }
        }
        for (kind, encoding) in [("", ""), ("multipart/form-data; boundary=a", "deflate"), ("application/json", "gzip, br, zstd")] {
            let _ = body::read(tail.as_bytes(), kind, encoding, false);
            let _ = body::read(body.as_deref().unwrap_or_default().as_bytes(), kind, encoding, true);
        }
        let _ = (body::is_opaque(&tail), nested::rewrite(&tail, &|text| text.to_uppercase()));
        if let Ok(each) = Each::parse(&pattern) {
            let sent = Sent { method: &method, url: "https://a/", content_type: "", body: body.as_deref() };
            let _ = hits(&Product::Request, Some(&each), &sent);
        }
        if let Ok(address) = Address::parse(&pattern) {
            let _ = (address.matches(&tail), address.to_bidi(), address.to_cdp());
        }
        if let Some(personal) = Personal::of(&personal) {
            let _ = personal.found_in(&tail);
        }
    }
}
