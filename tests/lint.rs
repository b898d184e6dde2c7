//! Spec and site files: good ones are read whole, bad ones tell every mistake at once with a caret and the nearest
//! valid name.

use std::path::Path;

use chatproof::site::{self, Known};
use chatproof::source::SourceFile;
use chatproof::spec::{self, Spec};

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
        requirements: spec.requirement_ids(),
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
    println!("{:#?}", site::env_references(&site));
}
