//! The commands that tell instead of running: `steps`, `explain`, `schema`.

use std::path::Path;

use assert_cmd::Command;

fn chatproof(arguments: &[&str], directory: &Path) -> (i32, String, String) {
    let mut command = Command::cargo_bin("chatproof").unwrap();
    let output = command.args(arguments).current_dir(directory).env_remove("CI").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn steps_tells_all_and_each_with_an_example() {
    let (code, all, _) = chatproof(&["steps"], here());
    assert_eq!(code, 0);
    for part in ["wait_until_gone: LOCATOR", "option (with select)", "role=button[name=\"Send\"]", "${run.id}", "1.5s"]
    {
        assert!(all.contains(part), "no {part:?} in {all}");
    }
    assert!(all.lines().all(|line| line.chars().count() <= 100), "{all}");
    let (code, fill, _) = chatproof(&["steps", "fill"], here());
    assert!(code == 0 && fill.contains("- fill: label=\"Work email\"\n    with: ada@example.com"), "{fill}");
    let (code, fires, _) = chatproof(&["steps", "fires"], here());
    assert!(code == 0 && fires.contains("EVENT: { FIELD: Ada }"), "{fires}");
    let (code, _, said) = chatproof(&["steps", "clik"], here());
    assert!(code == 2 && said.contains("did you mean `click`?"), "{said}");
}

#[test]
fn explain_tells_one_requirement_some_and_all() {
    let explain = |asked: &str| chatproof(&["explain", asked], here());
    let (code, all, _) = chatproof(&["explain"], here());
    assert_eq!(code, 0);
    let listed = all.lines().filter(|line| line.contains("event.CONVERSATION_ENGAGED.")).count();
    assert_eq!(listed, 11, "{all}");

    // As it stands in a report.
    let (code, one, _) = explain("event.CONVERSATION_ENGAGED.fires (step 3): missing");
    assert_eq!(code, 0);
    for part in [
        "must",
        "the visitor's first response",
        "“Conversation Engaged”",
        "callback-functions#conversation-engaged",
        "adobe-dynamic-chat (built in):",
        "looks at",
        "too-early",
        "→ it fires for an earlier step",
        "levels:",
    ] {
        assert!(one.contains(part), "no {part:?} in {one}");
    }
    let (_, should, _) = explain("ready.once");
    assert!(should.contains("a breach is a warning") && should.contains("says \"once\""), "{should}");

    let (code, some, _) = explain("event.*.payload.sid");
    assert!(
        code == 0 && some.matches("CONVERSATION_").count() >= 11 && some.matches("findings").count() == 1,
        "{some}"
    );
    let (code, part, _) = explain("CONVERSATION_CLOSED");
    assert!(code == 0 && part.contains("coverage.CONVERSATION_CLOSED") && !part.contains("CONVERSATION_ENGAGED.fires"));
    let (code, site, _) = explain("site.X.payload.agentName");
    assert!(code == 0 && site.contains("you asserted it"), "{site}");

    let (code, _, said) = explain("event.CONVERSATION_ENGAGD.fires");
    assert!(code == 2 && said.contains("did you mean `event.CONVERSATION_ENGAGED.fires`?"), "{said}");
    let (code, _, said) = explain("[");
    assert!(code == 2 && said.contains("is no glob"), "{said}");
}

#[test]
fn explain_and_schema_know_the_spec_of_the_site_file_here() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acme.yaml"), include_str!("../browser/acme.yaml")).unwrap();
    let constants = |arguments: &[&str]| {
        let (code, schema, said) = chatproof(arguments, folder.path());
        assert_eq!(code, 0, "{said}");
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        schema["$defs"]["constant"]["enum"].as_array().unwrap().len()
    };
    assert_eq!(constants(&["schema", "site"]), 11);
    assert_eq!(constants(&["schema", "site", "--spec", "acme.yaml"]), 3);
    std::fs::write(folder.path().join("chatproof.yaml"), "spec: acme.yaml\n").unwrap();
    assert_eq!(constants(&["schema", "site"]), 3);
    let (code, said, _) = chatproof(&["explain", "OPENED"], folder.path());
    assert!(code == 0 && said.contains("event.OPENED.fires"), "{said}");
    let (code, said, _) = chatproof(&["explain", "ready.fired", "--spec", "adobe-dynamic-chat"], folder.path());
    assert!(code == 0 && said.contains("adobedx.conversations.ready"), "{said}");
}

#[test]
fn what_needs_somebody_to_look_on_says_so() {
    let (code, _, said) = chatproof(&["demo", "--pause-on-failure"], here());
    assert!(code == 2 && said.contains("--headed"), "{said}");
    // Nobody is at these tests' keyboard.
    let mut command = Command::cargo_bin("chatproof").unwrap();
    let output = command.args(["demo", "--headed", "--pause-on-failure"]).env("DISPLAY", ":0").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("needs a terminal"), "{said}");
    let (code, _, said) = chatproof(&["demo", "--slow", "5"], here());
    assert!(code == 2 && said.contains("write `5s`"), "{said}");
    let (code, _, said) = chatproof(&["run", "--watch", "--write-baseline"], here());
    assert!(code == 2 && said.contains("cannot be used with"), "{said}");
}

#[test]
fn every_schema_is_printed() {
    for (name, format) in [
        ("spec", "chatproof-spec/"),
        ("tag", "chatproof-tag/"),
        ("recording", "chatproof-recording/"),
        ("report", "chatproof-report/"),
        ("check", "chatproof-spec-check/"),
    ] {
        let (code, schema, _) = chatproof(&["schema", name], here());
        assert!(code == 0 && schema.contains(format), "{name}");
        assert!(jsonschema::draft202012::new(&serde_json::from_str(&schema).unwrap()).is_ok(), "{name}");
    }
}

#[test]
fn explain_tells_what_a_person_has_decided() {
    let (code, text, _) = chatproof(&["explain", "api.location", "--spec", "adobe-dynamic-chat"], here());
    assert!(code == 0 && text.contains("decided") && text.contains("`api.location.bare globals`"), "{text}");
}
