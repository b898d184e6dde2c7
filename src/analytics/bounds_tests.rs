//! What a page sends may be small and say a lot: a packed body, a line that is told a thousand times.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn named(kind: &str) -> Product {
    Product::named(kind).expect("built in")
}

/// How much the hits of a request take, as JSON.
fn size(hits: &[Hit]) -> usize {
    hits.iter().map(|hit| serde_json::to_string(&hit.fields).unwrap().len() + hit.names.concat().len()).sum()
}

fn post<'a>(url: &'a str, body: &'a str) -> Sent<'a> {
    Sent { method: "POST", url, content_type: "", body: Some(body) }
}

#[test]
fn the_parts_of_a_form_are_one_body() {
    let part = [b"--x\n\n\n".as_slice(), &gzip(&vec![b'a'; body::MOST]), b"\n"].concat();
    let read = body::read(&part.repeat(100), "multipart/form-data; boundary=x", "", true);
    assert!(read.text.len() < 3 * body::MOST, "{}", read.text.len());
    assert_eq!((read.problem.as_deref(), read.cut), (Some("has parts with more than 1 MiB in them"), true));
}

#[test]
fn where_a_part_of_a_form_was_cut_is_marked() {
    let mut packed = gzip(b"token=p@s/s");
    packed.truncate(packed.len() - 8);
    let form = [b"--x\n\n\n".as_slice(), &packed, b"\n--x\n\n\nmore\n--x--"].concat();
    let read = body::read(&form, "multipart/form-data; boundary=x", "", true);
    assert!(read.cut && read.text.contains("token=p@s/s…\r\n--x"), "{}", read.text);
}

#[test]
fn a_text_full_of_what_unpacks_to_more_is_searched_in_bounds() {
    let word = STANDARD_NO_PAD.encode(gzip(&vec![b' '; body::MOST]));
    let text = (0..500).map(|n| format!("{n}={word}&")).collect::<String>();
    let bytes: usize = nested::layers(&text).iter().map(|layer| layer.text.len()).sum();
    assert!(bytes < 8 * body::MOST, "{bytes}");
    let seen = std::cell::Cell::new(0);
    let changed = nested::rewrite(&text, &|text| {
        seen.set(seen.get() + text.len());
        text.to_owned()
    });
    assert!(seen.get() < 40 * body::MOST, "{}", seen.get());
    // What couldn't be looked into isn't kept.
    let tail: String = changed.chars().skip(changed.chars().count().saturating_sub(40)).collect();
    assert!(changed.len() < text.len() / 2 && changed.ends_with("499=…&"), "{} {tail}", changed.len());
    assert!(!body::is_opaque(&text));
}

#[test]
fn what_all_lines_share_is_not_told_without_end() {
    let query: String = (0..5_000).map(|n| format!("&p{n}={n}")).collect();
    let url = format!("https://a.example/g/collect?v=2&tid=G-1{query}");
    let lines = "en=a\n".repeat(100_000);
    for product in ["ga4", "universal_analytics"].map(named) {
        let hits = hits(&product, None, &post(&url, &lines));
        assert!((1..=500).contains(&hits.len()) && size(&hits) < 8 << 20, "{product:?}: {}", hits.len());
    }
    let each = Each::parse("batch").unwrap();
    let body = format!("{{\"batch\":[{}0]}}", "0,".repeat(100_000));
    let members = hits(&Product::Request, Some(&each), &post(&url, &body));
    assert!(!members.is_empty() && size(&members) < 8 << 20, "{}", members.len());
}

#[test]
fn what_all_events_share_is_not_told_without_end() {
    let url = format!("https://a.example/ee/v1/interact?configId={0}&measurement_id={0}", "c".repeat(30_000));
    let body = format!("{{\"events\":[{}{{}}]}}", "{},".repeat(100_000));
    for product in ["ga4", "adobe_analytics"].map(named) {
        let hits = hits(&product, None, &post(&url, &body));
        let bytes: usize = hits.iter().filter_map(|hit| hit.property.as_ref()).map(String::len).sum();
        assert!((1..=500).contains(&hits.len()) && bytes < 8 << 20, "{product:?}: {bytes}");
    }
}

#[test]
fn a_context_has_a_name_and_no_story() {
    let body = format!("c.&{}.&{}", "x".repeat(100_000), (0..50_000).map(|n| format!("k{n}=1&")).collect::<String>());
    let hits = hits(&named("adobe_analytics"), None, &post("https://a.example/b/ss/suite/1", &body));
    assert!(hits.len() == 1 && size(&hits) < 16 << 20, "{}", size(&hits));
    let usual = hits_of_context("c.&chat.&id=1&.chat&.c");
    assert_eq!(
        usual.first().and_then(|hit| hit.field("contextData.chat.id").map(|v| v.into_owned())),
        Some("1".into())
    );
}

fn hits_of_context(body: &str) -> Vec<Hit> {
    hits(&named("adobe_analytics"), None, &post("https://a.example/b/ss/suite/1", body))
}
