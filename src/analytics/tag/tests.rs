use serde_json::{Value, json};

use super::super::{Product, Sent, hits};
use super::*;
use crate::source::SourceFile;

fn tag(hits: &str) -> Product {
    let text = format!("format: chatproof-tag/1\ntag: t\ntitle: T\naddresses: /t\nhits:\n{hits}");
    match parse(SourceFile::new("t.yaml", text)) {
        Ok(tag) => Product::Tag(std::sync::Arc::new(tag)),
        Err(mistakes) => panic!("{mistakes}"),
    }
}

/// The hits of a request, each as its names, its property and its fields.
fn read(tag: &Product, url: &str, body: &str) -> Vec<Value> {
    let body = (!body.is_empty()).then_some(body);
    let sent = Sent { method: if body.is_some() { "POST" } else { "GET" }, url, content_type: "", body };
    let told = |hit: super::super::Hit| json!([hit.names, hit.property, hit.user, hit.fields]);
    hits(tag, None, &sent).into_iter().map(told).collect()
}

#[test]
fn every_built_in_tag_can_be_read_and_says_where_it_is_documented() {
    assert_eq!(builtins().len(), builtin_ids().len());
    for id in builtin_ids() {
        let tag = match parse(builtin_source(id).expect("built in")) {
            Ok(tag) => tag,
            Err(mistakes) => panic!("{mistakes}"),
        };
        assert_eq!(tag.id, id, "its file has its name");
        assert!(tag.sources.iter().all(|page| page.starts_with("https://")) && !tag.sources.is_empty(), "{id}");
        assert!(tag.layer.is_some() || tag.ways.iter().any(|way| !way.names.is_empty()), "{id} names nothing");
    }
}

#[test]
fn the_first_form_that_fits_is_read() {
    let tag = tag("
  - { methods: POST, body: json, in: data, each: ., name: event, property: properties.token, user: properties.id, fields: properties }
  - { when: { v: '2*' }, name: '{c}/{a}', otherwise: { text: view, unless: quiet }, property: 'AW-{path.1}', rename: { 'p[*]': '*', 'n#': 'number#' }, numbers: 'n#' }
");
    let list = r#"data=[{"event":"a","properties":{"token":"k","id":7,"x":true}},{"event":"b"}]"#;
    assert_eq!(
        read(&tag, "https://h/t", list),
        [json!([["a"], "k", "7", { "token": "k", "id": 7, "x": true }]), json!([["b"], null, null, {}])]
    );
    assert_eq!(
        read(&tag, "https://h/t/12?v=21&c=chat&a=said&p[id]=1&n2=3&n2000=4", ""),
        [
            json!([["chat/said"], "AW-12", null, { "v": "21", "c": "chat", "a": "said", "id": "1", "number2": 3, "n2000": "4" }])
        ]
    );
    assert_eq!(read(&tag, "https://h/t/12?v=2", "")[0][0], json!(["view"]));
    assert_eq!(read(&tag, "https://h/t/12?v=2&quiet=1", "")[0][0], json!([]));
    assert_eq!(read(&tag, "https://h/t/12?v=1", ""), Vec::<Value>::new());
}

#[test]
fn lists_of_queries_and_values_that_hold_json_are_read() {
    let bulk = tag("
  - { body: json, each: requests, name: action, property: id }
");
    assert_eq!(
        read(&bulk, "https://h/t", r#"{"requests":["?id=1&action=a%20b","?id=2&action=c"]}"#),
        [
            json!([["a b"], "1", null, { "id": "1", "action": "a b" }]),
            json!([["c"], "2", null, { "id": "2", "action": "c" }])
        ]
    );
    let held = tag("
  - { name: { of: d.schema, after: '/', until: '/' }, fields: [{ from: d.data, as: data }], keep: q }
");
    let code = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        r#"{"schema":"iglu:a/said/1","data":{"id":7}}"#,
    );
    assert_eq!(
        read(&held, &format!("https://h/t?q=1&d={code}"), ""),
        [json!([["said"], null, null, { "data.id": 7, "q": "1" }])]
    );
    let path = tag("
  - { body: path, name: '{type}/{cat}', property: 'DC-{src}' }
");
    assert_eq!(
        read(&path, "https://h/activity;src=1;type=a%20b;cat=c?d=e", "")[0],
        json!([["a b/c"], "DC-1", null, { "src": "1", "type": "a b", "cat": "c", "d": "e" }])
    );
}

#[test]
fn every_mistake_of_a_tag_file_is_told_at_its_place() {
    let wrong = "format: chatproof-tag/2
tag: t
titel: T
addresses: [ftp://x, https://h/*]
consent: { feld: gcs }
hits:
  - { name: a..b, names: c, each: list }
  - { body: jason, property: { of: x, text: y }, when: { path.x: 1 } }
  - { body: json, each: '', otherwise: '{a' }
";
    let mistakes = parse(SourceFile::new("t.yaml", wrong)).expect_err("mistakes");
    let told: Vec<String> =
        mistakes.list.iter().map(|one| format!("{}:{} {}", one.span.line, one.span.column, one.message)).collect();
    assert_eq!(
        told,
        [
            "1:9 not the format of a tag file",
            "3:1 unknown key `titel` in a tag file",
            "4:13 `ftp://x` can't be used",
            "5:12 unknown key `feld` in `consent`",
            "7:13 `a..b` can't be used",
            "7:19 `name` and `names` exclude each other",
            "7:29 `each` is about JSON",
            "8:13 `body` can't be `jason`",
            "8:32 it isn't clear what is sent",
            "8:58 `path.x` can't be used",
            "9:25 `each` is empty",
            "9:40 `{a` can't be used",
        ]
    );
    let text = mistakes.to_string();
    assert!(text.contains("did you mean `title`?") && text.contains("did you mean `field`?"), "{text}");
}

#[test]
fn the_published_schema_has_the_parsers_keys() {
    let schema: Value = serde_json::from_str(include_str!("../../../specs/tag.schema.json")).expect("JSON");
    for (pointer, keys) in [("", KEYS), ("/$defs/way", WAY)] {
        let map = schema.pointer(pointer).expect(pointer);
        let published = map["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let (mut published, mut own): (Vec<&str>, Vec<&str>) =
            (published.collect(), keys.iter().copied().filter(|key| *key != "x-").collect());
        published.sort_unstable();
        own.sort_unstable();
        assert_eq!(published, own, "{pointer}");
    }
}
