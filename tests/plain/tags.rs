//! The tags that come with chatproof: each reads what its library sends, and none of them is known to the code.

use std::collections::BTreeSet;
use std::path::Path;

use assert_cmd::Command;
use chatproof::analytics::{Product, Sent, hits, tag};
use chatproof::source::{SourceFile, yaml};
use serde_json::Value;

fn chatproof(arguments: &[&str], folder: &Path) -> (i32, String, String) {
    let output = Command::cargo_bin("chatproof").unwrap().args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn cases() -> Value {
    let source = SourceFile::new("tags.yaml", include_str!("../data/tags.yaml"));
    let mut mistakes = Vec::new();
    let tree = yaml::parse(&source, &mut mistakes).unwrap_or_else(|| panic!("{mistakes:?}"));
    tree.to_json()
}

#[test]
fn each_tag_reads_what_its_library_sends() {
    let cases = cases();
    let cases = cases.as_object().unwrap();
    for tag in tag::builtins().iter().filter(|tag| tag.layer.is_none()) {
        let product = Product::named(&tag.id).unwrap();
        for case in cases.get(&tag.id).unwrap_or_else(|| panic!("no request of {}", tag.id)).as_array().unwrap() {
            let url = case["url"].as_str().unwrap();
            let body = match &case["body"] {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                json => Some(json.to_string()),
            };
            assert!(tag.may_be(url), "{} isn't watched for {url}", tag.id);
            let method = if body.is_some() { "POST" } else { "GET" };
            let found = hits(&product, None, &Sent { method, url, content_type: "", body: body.as_deref() });
            let hit = found.first().unwrap_or_else(|| panic!("{}: no hit in {url}", tag.id));
            let is = &case["is"];
            let text = |key: &str| is[key].as_str().map(str::to_owned);
            let names: Vec<&str> = is["names"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            assert_eq!(hit.names, names, "{url}");
            assert_eq!(hit.property, text("property"), "{url}");
            if let Some(user) = text("user") {
                assert_eq!(hit.user, Some(user), "{url}");
            }
            assert_eq!(hit.consent, text("consent"), "{url}");
            for (field, value) in is["fields"].as_object().into_iter().flatten() {
                let found = hit.field(field).map(std::borrow::Cow::into_owned);
                assert_eq!(found.as_ref(), Some(value), "{}: `{field}` of {url}", tag.id);
            }
        }
    }
    for (id, one) in cases {
        assert!(tag::builtin(id).is_some() && !one.as_array().unwrap().is_empty(), "{id}");
    }
}

#[test]
fn no_request_is_taken_for_that_of_another_tag() {
    for (id, cases) in cases().as_object().unwrap() {
        for url in cases.as_array().unwrap().iter().filter_map(|case| case["url"].as_str()) {
            let whose: Vec<&str> =
                tag::builtins().iter().filter(|tag| tag.may_be(url)).map(|tag| tag.id.as_str()).collect();
            // Its path is the same for a proxy of each.
            assert_eq!(whose, [id], "{url}");
        }
    }
}

/// All scripts and modules, with their texts.
fn sources(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|ext| ext == "rs" || ext == "js") {
            out.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn the_code_names_no_tag() {
    let mut words: BTreeSet<String> = BTreeSet::new();
    for tag in tag::builtins() {
        words.insert(tag.title.clone());
        let addresses = tag.addresses.iter().chain(&tag.scripts).map(|address| address.text.as_str());
        for address in addresses {
            let after = address.split_once("://").map_or(address, |(_, after)| after);
            let host = after.split('/').next().unwrap_or_default().trim_start_matches("*.");
            if host.contains('.') && !host.contains('*') {
                words.insert(host.to_owned());
            }
        }
    }
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(words.len() > 60 && files.len() > 200);
    // Browsers are had there, too.
    words.remove("www.google.com");
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("tests.rs")) {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{path} names {word}: it belongs into specs/tags/");
        }
    }
}

#[test]
fn a_site_file_names_built_in_tags_and_files_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join("tags")).unwrap();
    let site = |kind: &str| {
        format!(
            "spec: adobe-dynamic-chat\nbase_url: https://a.example\nforwards:\n  one:\n    kind: {kind}\n    property: P-1\n    events: {{ CONVERSATION_ENGAGED: engaged }}\njourneys: {{ a: {{ steps: [{{ open: / }}] }} }}\n"
        )
    };
    let lint = |kind: &str| {
        write("site.yaml", &site(kind));
        chatproof(&["lint", "site.yaml"], folder.path())
    };
    let own = "format: chatproof-tag/1\ntag: own\ntitle: Our own\naddresses: /own/*\nhits: { name: e, property: p }\n";
    write("tags/own.yaml", own);
    for kind in ["matomo", "tags/own.yaml", "./tags/own.yaml"] {
        let (code, _, said) = lint(kind);
        assert_eq!(code, 0, "{kind}: {said}");
    }
    let (code, _, said) = lint("matmo");
    assert!(code == 2 && said.contains("did you mean `matomo`?") && said.contains("site.yaml:5:11"), "{said}");
    let (code, _, said) = lint("tags/gone.yaml");
    assert!(code == 2 && said.contains("`tags/gone.yaml` can't be read") && said.contains("relative to"), "{said}");
    write("tags/own.yaml", &own.replace("property: p", "properti: p, body: jsn"));
    let (code, _, said) = lint("tags/own.yaml");
    assert!(code == 2 && said.contains("tags/own.yaml:5") && said.contains("did you mean `property`?"), "{said}");
    assert!(said.contains("`body` can't be `jsn`"), "all at once: {said}");
    let (code, _, told) = chatproof(&["lint", "tags/own.yaml"], folder.path());
    assert!(code == 2 && told.contains("properti"), "{told}");
    write("tags/own.yaml", own);
    let (code, told, _) = chatproof(&["lint", "tags/own.yaml"], folder.path());
    assert!(code == 0 && told.contains("a tag: Our own, 1 form of hits"), "{told}");
}

#[test]
fn tags_are_listed_and_printed_as_files() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (code, all, _) = chatproof(&["tags"], here);
    assert_eq!(code, 0);
    for tag in tag::builtins() {
        assert!(all.contains(&tag.id) && all.contains(&tag.title), "{}: {all}", tag.id);
    }
    assert!(all.lines().all(|line| line.chars().count() <= 100), "{all}");
    let (code, one, _) = chatproof(&["tags", "matomo"], here);
    assert_eq!((code, one.as_str()), (0, include_str!("../../specs/tags/matomo.yaml")));
    let (code, _, said) = chatproof(&["tags", "matmo"], here);
    assert!(code == 2 && said.contains("did you mean `matomo`?"), "{said}");
}

#[test]
fn the_schemas_know_all_tags_and_what_a_tag_file_may_say() {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let schema = jsonschema::draft202012::new(&read(include_str!("../../specs/tag.schema.json"))).unwrap();
    for id in tag::builtin_ids() {
        let source = tag::builtin_source(id).unwrap();
        let tree = yaml::parse(&source, &mut Vec::new()).unwrap().to_json();
        let wrong: Vec<String> =
            schema.iter_errors(&tree).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{id}: {wrong:#?}");
    }
    let site = read(include_str!("../../specs/site.schema.json"));
    let kinds = |name: &str| -> Vec<String> {
        let kinds = &site["$defs"][name]["properties"]["kind"]["anyOf"][0]["enum"];
        kinds.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let own = |layer: bool| -> Vec<String> {
        tag::builtins().iter().filter(|tag| tag.layer.is_some() == layer).map(|tag| tag.id.clone()).collect()
    };
    assert_eq!((kinds("analyticsForward"), kinds("layerForward")), (own(false), own(true)));
}
