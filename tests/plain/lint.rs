//! Spec and site files: good ones are read whole, bad ones tell every mistake at once with a caret and the nearest
//! valid name.

use std::path::{Path, PathBuf};

use chatproof::error::Error;
use chatproof::site::locator::{self, NoNames};
use chatproof::site::template::Template;
use chatproof::site::{self, Known};
use chatproof::source::{Mistakes, SourceFile, schema, yaml};
use chatproof::spec::{self, Spec};
use proptest::prelude::*;

fn file(name: &str) -> SourceFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lint").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    SourceFile::new(name, text)
}

fn adobe() -> Spec {
    spec::load("adobe-dynamic-chat", None).unwrap_or_else(|error| panic!("{error}"))
}

fn known(spec: &Spec) -> Known {
    Known {
        constants: spec.events.keys().cloned().collect(),
        payload_fields: spec
            .events
            .keys()
            .map(|constant| (constant.clone(), spec.payload_fields(constant).into_iter().map(str::to_owned).collect()))
            .collect(),
        requirements: spec.requirement_ids().iter().map(ToString::to_string).collect(),
    }
}

fn site_mistakes(name: &str) -> String {
    match site::parse(file(name), &known(&adobe())) {
        Ok(_) => panic!("{name} has no mistakes"),
        Err(mistakes) => mistakes.to_string(),
    }
}

fn spec_mistakes(name: &str) -> String {
    match spec::parse(file(name)) {
        Ok(_) => panic!("{name} has no mistakes"),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[test]
fn a_site_file_with_everything_is_read() {
    let site = site::parse(file("good-site.yaml"), &known(&adobe())).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let steps = &site.journeys["live-chat"].steps;
    let told: Vec<String> =
        steps.iter().map(|step| format!("{:>2} {:<9} {}", step.span.line, step.actor, step.describe())).collect();
    insta::assert_snapshot!(told.join("\n"));
    let env: Vec<String> =
        site::env_references(&site).iter().map(|(name, at)| format!("{name} {}:{}", at.line, at.column)).collect();
    assert_eq!(env, ["USER 3:20", "COUNTRY 47:28"]);
}

#[test]
fn every_mistake_of_a_site_file_is_told() {
    insta::assert_snapshot!(site_mistakes("bad-site.yaml"));
}

#[test]
fn every_mistake_of_a_spec_is_told() {
    insta::assert_snapshot!(spec_mistakes("bad-spec.yaml"));
}

#[test]
fn syntax_errors_are_mistakes_like_others() {
    let render = |text: &str| match spec::parse(SourceFile::new("s.yaml", text)) {
        Ok(_) => panic!("{text} has no mistakes"),
        Err(mistakes) => mistakes.to_string(),
    };
    let all = ["format: a: b\n", "format:\n\t- a\n", "", "just a text", "a: 1\na: 2\n"].map(render);
    insta::assert_snapshot!(all.join("\n----\n"));
}

#[test]
fn colour_is_for_those_who_asked() {
    let Err(mistakes) = spec::parse(SourceFile::new("s.yaml", "id: 1")) else { panic!("has mistakes") };
    assert!(mistakes.render(true, 80).contains("\u{1b}["));
    assert!(!mistakes.render(false, 80).contains('\u{1b}'));
    assert!(mistakes.render(false, 60).lines().all(|line| line.chars().count() <= 60));
}

fn json(source: &SourceFile) -> serde_json::Value {
    let mut mistakes = Vec::new();
    let tree = yaml::parse(source, &mut mistakes);
    if let Err(mistakes) = Mistakes::check(source, mistakes) {
        panic!("{mistakes}");
    }
    tree.map(|tree| tree.to_json()).unwrap_or_default()
}

fn published(name: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(name);
    let text = std::fs::read_to_string(path).expect("published");
    schema::compile(&serde_json::from_str(&text).expect("JSON")).expect("a JSON Schema")
}

#[test]
fn published_schemas_and_parsers_agree_on_whole_files() {
    let spec_schema = published("spec.schema.json");
    for source in [spec::builtin("adobe-dynamic-chat").expect("built in"), file("good-spec.yaml")] {
        let errors: Vec<String> =
            spec_schema.iter_errors(&json(&source)).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", source.name);
    }
    let site_schema = published("site.schema.json");
    for source in [file("good-site.yaml"), file("../../../fixtures/demo.yaml"), file("../../../fixtures/selftest.yaml")]
    {
        let errors: Vec<String> =
            site_schema.iter_errors(&json(&source)).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", source.name);
        if let Err(mistakes) = site::parse(source, &known(&adobe())) {
            panic!("{mistakes}");
        }
    }

    let good = json(&file("good-site.yaml"));
    for (pointer, bad) in [
        ("/viewport", serde_json::json!("wide")),
        ("/journeys/live-chat/steps/0/within", serde_json::json!(15)),
        ("/journeys/live-chat/steps/0", serde_json::json!({ "open": "/", "click": "a" })),
        ("/journeys/live-chat/steps/0", serde_json::json!({ "fires": "X" })),
        ("/journeys/live-chat/steps/0", serde_json::json!({ "fill": "a", "press": "Enter" })),
        ("/levels/event.*.payload.*.spelling", serde_json::json!("shall")),
    ] {
        let mut site = good.clone();
        *site.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = bad.clone();
        assert!(!site_schema.is_valid(&site), "{pointer} = {bad}");
    }
    let good = json(&file("good-spec.yaml"));
    for (pointer, bad) in [
        ("/format", serde_json::json!("chatproof-spec/2")),
        ("/events/chat:opened/unexpected", serde_json::json!({ "level": "record" })),
        ("/rules/closed-after-opened", serde_json::json!({ "title": "x" })),
        ("/page/url", serde_json::json!("https://a.example/#b")),
    ] {
        let mut spec = good.clone();
        *spec.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = bad.clone();
        assert!(!spec_schema.is_valid(&spec), "{pointer} = {bad}");
    }
}

/// Mistakes that everybody makes once, each in a file of its own: the line, what is told, and the fix; and whether an
/// editor sees it too, by the schema that `chatproof init` writes beside a site file.
const TYPICAL: &[(&str, u32, &str, &str, bool)] = &[
    ("tab", 4, "a tab can't indent a line", "indent with spaces", false),
    ("fire-for-fires", 7, "unknown key `fire` in a step", "did you mean `fires`?", true),
    ("unquoted-id", 7, "`click` is empty: to YAML `#launcher` is a comment", "put it in quotes: `\"#launcher\"`", true),
    ("indentation", 7, "this line is indented unlike those around it", "begin in the same column", false),
    ("event-misspelt", 7, "unknown event `CONVERSATION_TRIGERED`", "did you mean `CONVERSATION_TRIGGERED`?", true),
    ("unquoted-name", 7, "`click` must be a text, not a list", "put it in quotes: `'[name=\"question\"]'`", true),
    ("two-verbs", 7, "a step with two verbs, `open` and `click`", "make a step of its own: `- click: ...`", true),
    ("missing-with", 7, "`fill` lacks `with`", "add below it `with: TEXT`", true),
    (
        "unknown-actor",
        8,
        "unknown actor `agent`",
        "declare it above the journeys: `actors: { agent: { url: ... } }`",
        false,
    ),
    ("duration-without-unit", 7, "`within` has no unit", "write `15s`", true),
    ("missing-dash", 6, "`steps` must be a list of steps, not a map", "begin each step with `- `", true),
    ("not-applicable-without-reason", 3, "must say a reason for each event", "`CONVERSATION_CLOSED: the reason`", true),
    ("colon-in-text", 8, "mapping values are not allowed in this context", "a text with `: `", false),
    ("wrong-case-key", 7, "unknown key `enter`", "did you mean `Enter`?", false),
    (
        "lines-for-an-input",
        8,
        "`with` has 2 lines, but an `input` takes one",
        "leave the line breaks out, or fill a `textarea`",
        false,
    ),
    ("has-text", 7, "`:has-text` is no CSS", "write `button >> text=...`", false),
];

#[test]
fn typical_mistakes_are_told_with_the_fix() {
    let schema: serde_json::Value =
        serde_json::from_str(&chatproof::cli::schema::site(&adobe()).expect("a schema")).expect("JSON");
    let schema = schema::compile(&schema).expect("a JSON Schema");
    assert!(schema.is_valid(&json(&file("good-site.yaml"))));
    for (name, line, message, help, seen_by_editors) in TYPICAL {
        let source = file(&format!("../mistakes/{name}.yaml"));
        let Err(mistakes) = site::parse(source.clone(), &known(&adobe())) else { panic!("{name} has no mistakes") };
        let [mistake] = mistakes.list.as_slice() else { panic!("{name}: one mistake, told once: {mistakes}") };
        assert_eq!(mistake.span.line, *line, "{name}: {mistakes}");
        assert!(mistake.message.contains(message), "{name}: {mistakes}");
        assert!(mistake.help.as_ref().is_some_and(|told| told.contains(help)), "{name}: {mistakes}");
        if *seen_by_editors {
            assert!(!schema.is_valid(&json(&source)), "{name} is fine by the published schema");
        }
    }
    let files =
        std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mistakes")).expect("a directory");
    assert_eq!(files.count(), TYPICAL.len(), "a file that no test reads");
}

#[test]
fn specs_are_found_by_id_and_by_path() {
    assert_eq!(spec::builtin_ids(), ["adobe-dynamic-chat"]);
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    assert_eq!(spec::load("lint/good-spec.yaml", Some(&base)).map(|spec| spec.id).ok().as_deref(), Some("acme-chat"));

    let error = spec::load("adobe-dynamic-caht", Some(&base)).expect_err("no such id").to_string();
    assert!(error.contains("did you mean `adobe-dynamic-chat`?"), "{error}");
    let error = spec::load("zendesk", None).expect_err("no such id").to_string();
    assert!(error.contains("built in: `adobe-dynamic-chat`"), "{error}");
    match spec::load("lint/no-such.yaml", Some(&base)) {
        Err(Error::Read { path, .. }) => assert_eq!(path, PathBuf::from(&base).join("lint/no-such.yaml")),
        other => panic!("{other:?}"),
    }
    match spec::load("lint/bad-spec.yaml", Some(&base)) {
        Err(Error::Mistakes(text)) => assert!(text.contains("unknown event"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_site_file_says_which_spec_before_it_is_parsed() {
    let (name, span) = site::spec_reference(&file("bad-site.yaml")).expect("names its spec");
    assert_eq!((name.as_str(), span.line, span.column), ("adobe-dynamic-chat", 1, 7));
    assert_eq!(site::spec_reference(&SourceFile::new("s", "base_url: x")), None);
    assert_eq!(site::spec_reference(&SourceFile::new("s", "spec: [")), None);
}

/// Whatever a place is, a caret can be put there.
fn in_bounds(mistakes: &Mistakes) -> Result<(), TestCaseError> {
    prop_assert!(!mistakes.list.is_empty());
    for mistake in &mistakes.list {
        let end = mistake.span.offset + mistake.span.len;
        prop_assert!(mistakes.source.text.get(mistake.span.offset..end).is_some(), "{mistake:?}");
    }
    mistakes.render(false, 80);
    Ok(())
}

/// Files that are almost right: a good one with something put into it, or taken out.
fn damaged(text: String) -> impl Strategy<Value = String> {
    let bits = prop::sample::select(vec![
        "", "\n", "  ", "\t", ":", ": ", "- ", "[", "]", "{", "}", "\"", "'", "&x ", "*x", "<<: ", "|\n", "#", "ü",
        "\u{feff}", "null", "1", ">>", "${", "}", "$${", "name", "role=", "/", "\\", "open: /", "\r\n", "é: ", "? ",
        "!tag ", "%",
    ]);
    let len = text.len();
    prop::collection::vec((0..len, 0..24_usize, bits), 1..4).prop_map(move |changes| {
        let mut text = text.clone();
        for (at, cut, put) in changes {
            let mut from = at.min(text.len());
            while !text.is_char_boundary(from) {
                from -= 1;
            }
            let mut to = (from + cut).min(text.len());
            while !text.is_char_boundary(to) {
                to += 1;
            }
            text.replace_range(from..to, put);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parsers_panic(text in "(?s).{0,200}") {
        if let Err(mistakes) = spec::parse(SourceFile::new("f", text.as_str())) {
            in_bounds(&mistakes)?;
        }
        if let Err(mistakes) = site::parse(SourceFile::new("f", text.as_str()), &Known::default()) {
            in_bounds(&mistakes)?;
        }
        let _ = Template::parse(&text);
        let _ = site::keys::parse(&text);
        let _ = locator::parse(&text, &mut NoNames);
    }

    #[test]
    fn no_damaged_spec_makes_the_parser_panic(text in damaged(file("good-spec.yaml").text.to_string())) {
        if let Err(mistakes) = spec::parse(SourceFile::new("f", text)) {
            in_bounds(&mistakes)?;
        }
    }

    #[test]
    fn no_damaged_site_file_makes_the_parser_panic(text in damaged(file("good-site.yaml").text.to_string())) {
        static KNOWN: std::sync::LazyLock<Known> = std::sync::LazyLock::new(|| known(&adobe()));
        match site::parse(SourceFile::new("f", text), &KNOWN) {
            Ok(site) => drop(site::env_references(&site)),
            Err(mistakes) => in_bounds(&mistakes)?,
        }
    }

    #[test]
    fn no_locator_makes_the_parser_panic(text in r#"(role=|text=|nth=|testid=|[a-z]{1,4}| |>>|\[|\]|name=|"|'|/|\\|\(|\)|\$\{|\}|é|,|:has-text\(){0,12}"#) {
        if let Err(errors) = locator::parse(&text, &mut NoNames) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(text.get(error.range.clone()).is_some(), "{text:?} {error:?}");
            }
        }
    }
}
