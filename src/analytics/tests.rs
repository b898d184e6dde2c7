use proptest::prelude::*;
use serde_json::json;

use super::pii::Personal;
use super::*;

fn sent<'a>(method: &'a str, url: &'a str, body: Option<&'a str>) -> Sent<'a> {
    Sent { method, url, content_type: "text/plain", body }
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
    ] {
        assert_eq!(Address::parse(pattern).expect(pattern).matches(url), fits, "{pattern} {url}");
    }
    for bad in ["", "ftp://x", "a b", "https://u@h/x"] {
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
    assert_eq!(Address::parse("/b/ss/*").expect("valid").to_cdp(), "*://*/b/ss/*");
    assert_eq!(Address::parse("h.example/x?y=1").expect("valid").to_cdp(), "*://h.example/x\\?y=1*");
}

#[test]
fn ga4_is_read_single_and_batched() {
    let one =
        hits(Product::Ga4, &sent("POST", "https://a/g/collect?v=2&tid=G-1&en=chat&ep.id=x%20y&epn.n=3&cu=EUR", None));
    assert_eq!(names(&one), ["chat"]);
    assert_eq!(one[0].property.as_deref(), Some("G-1"));
    assert_eq!(one[0].field("id"), Some(&json!("x y")));
    assert_eq!(one[0].field("n"), Some(&json!(3)));
    assert_eq!(one[0].field("currency"), Some(&json!("EUR")));
    let two = hits(
        Product::Ga4,
        &sent("POST", "https://a/g/collect?v=2&tid=G-1", Some("en=a&ep.id=1\r\nen=b&up.plan=pro\r\n")),
    );
    assert_eq!(names(&two), ["a", "b"]);
    assert_eq!(two[1].field("user.plan"), Some(&json!("pro")));
    assert_eq!(two[1].field("id"), None, "lines don't share what is their own");
    let protocol = hits(
        Product::Ga4,
        &sent(
            "POST",
            "https://a/mp/collect?measurement_id=G-2",
            Some(r#"{"events":[{"name":"x","params":{"id":7}}]}"#),
        ),
    );
    assert_eq!((names(&protocol), protocol[0].field("id")), (vec!["x"], Some(&json!(7))));
}

#[test]
fn universal_analytics_is_named_by_category_and_action() {
    let hit = hits(
        Product::UniversalAnalytics,
        &sent(
            "POST",
            "https://www.google-analytics.com/j/collect",
            Some("v=1&t=event&tid=UA-1-1&ec=Chat&ea=Engaged&el=c1&ev=5"),
        ),
    );
    assert_eq!(names(&hit), ["Chat/Engaged"]);
    assert_eq!((hit[0].field("label"), hit[0].field("value")), (Some(&json!("c1")), Some(&json!(5))));
}

#[test]
fn adobe_is_read_by_measurement_and_web_sdk() {
    let get = "https://m.example/b/ss/suite1,suite2/1/JS-2.26.0/s99?AQB=1&pageName=Pricing&events=event12%2Cevent5%3D3&v5=c-1&c3=chat&c.&chat.&id=9&.chat&.c&pe=lnk_o&pev2=Chat%20engaged&AQE=1";
    for hit in [
        hits(Product::AdobeAnalytics, &sent("GET", get, None)),
        hits(
            Product::AdobeAnalytics,
            &sent("POST", "https://m.example/b/ss/suite1,suite2/1/JS/s9", get.split_once('?').map(|(_, q)| q)),
        ),
    ] {
        assert_eq!(names(&hit), ["event12", "event5", "Chat engaged"]);
        assert_eq!(hit[0].property.as_deref(), Some("suite1,suite2"));
        for (field, value) in
            [("eVar5", "c-1"), ("prop3", "chat"), ("pageName", "Pricing"), ("contextData.chat.id", "9")]
        {
            assert_eq!(hit[0].field(field), Some(&json!(value)), "{field}");
        }
    }
    let body = json!({ "events": [{
        "xdm": { "eventType": "chat.engaged", "_experience": { "analytics": {
            "event1to100": { "event12": { "value": 1 } }, "customDimensions": { "eVars": { "eVar5": "c-1" } } } },
            "_acme": { "chat": { "id": "c-1" } } },
        "data": { "__adobe": { "analytics": { "events": "event7", "prop3": "chat" } } },
    }] })
    .to_string();
    let hit = hits(
        Product::AdobeAnalytics,
        &sent("POST", "https://edge.adobedc.net/ee/v1/interact?configId=d1", Some(&body)),
    );
    assert_eq!(names(&hit), ["chat.engaged", "event12", "event7"]);
    for (field, value) in [("eVar5", "c-1"), ("prop3", "chat"), ("_acme.chat.id", "c-1"), ("xdm._acme.chat.id", "c-1")]
    {
        assert_eq!(hit[0].field(field), Some(&json!(value)), "{field}");
    }
}

#[test]
fn pushes_are_read_plain_and_as_arguments() {
    let hit = pushed(&json!(["event", "chat", { "id": 1 }]), true);
    assert_eq!((hit.names.as_slice(), hit.field("id")), (["chat".to_owned()].as_slice(), Some(&json!(1))));
    assert!(pushed(&json!(["consent", "update", {}]), true).names.is_empty());
    let hit = pushed(&json!({ "event": "chat", "chat": { "id": "x", "tags": ["a"] }, "a.b": 1 }), false);
    assert_eq!(hit.field("chat.id"), Some(&json!("x")));
    assert_eq!(
        (hit.field("chat.tags.0"), hit.field("a.b"), hit.field("chat.nope")),
        (Some(&json!("a")), Some(&json!(1)), None)
    );
}

#[test]
fn personal_data_is_found_in_every_form() {
    let mail = Personal::of("Ada.L@Example.com").expect("an address");
    for (text, how) in [
        ("ep.mail=Ada.L@Example.com", Some("as it is")),
        ("ep.mail=ada.l@example.com", Some("as it is")),
        ("https://x/?m=ada.l%40example.com", Some("URL-encoded")),
        ("https://x/?u=https%3A%2F%2Fy%2F%3Fm%3Dada.l%2540example.com", Some("URL-encoded")),
        ("YWRhLmxAZXhhbXBsZS5jb20=", Some("in base64")),
        ("somebody@else.example", None),
    ] {
        assert_eq!(mail.found_in(text), how, "{text}");
    }
    assert_eq!(
        mail.found_in(&format!(
            "em={}",
            super::pii::hex(&<sha2::Sha256 as sha2::Digest>::digest(b"ada.l@example.com"))
        )),
        Some("as its SHA-256")
    );
    let phone = Personal::of("+1 (555) 010-0199").expect("a number");
    assert_eq!(phone.found_in("tel=%2B15550100199"), Some("URL-encoded"));
    assert_eq!(phone.found_in("id=9915550100199"), None, "digits of a longer number are another one");
    for nobody in ["Ada", "12", "2026-01-01 10:00", "a@b", "1234567890123456"] {
        assert_eq!(Personal::of(nobody), None, "{nobody}");
    }
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
        for (_, product) in Product::NAMES {
            for base in ["https://a.example/g/collect?", "https://a.example/b/ss/", ""] {
                let url = format!("{base}{tail}");
                let sent = Sent { method: &method, url: &url, content_type: "", body: body.as_deref() };
                for hit in hits(*product, &sent) {
                    let _ = hit.field(&tail);
                }
            }
        }
        if let Ok(address) = Address::parse(&pattern) {
            let _ = (address.matches(&tail), address.to_bidi(), address.to_cdp());
        }
        if let Some(personal) = Personal::of(&personal) {
            let _ = personal.found_in(&tail);
        }
    }
}
