use indexmap::IndexMap;

use super::reference::{KEYS, VERBS};
use super::*;
use crate::source::SourceFile;

fn known() -> Known {
    Known {
        constants: ["EVENT", "A", "chat:asked", "in_order"].map(str::to_owned).to_vec(),
        payload_fields: IndexMap::from([("EVENT".to_owned(), vec!["FIELD".to_owned()])]),
        requirements: vec![],
    }
}

fn parsed(steps: &str) -> Vec<Step> {
    let text = format!(
        "spec: s\nbase_url: https://a.example\nactors: {{ agent: {{}} }}\nnames: {{ launcher: '#x', choice(text): '.c >> text=\"${{text}}\"' }}\nsteps: {{ open-chat: [{{ open: '${{page}}' }}] }}\njourneys:\n  j:\n    clock: virtual\n    steps:\n      - open: /\n{steps}"
    );
    match parse(SourceFile::new("s.yaml", text), &known()) {
        Ok(site) => site.journeys["j"].steps[1..].to_vec(),
        Err(mistakes) => panic!("{mistakes}\n{steps}"),
    }
}

fn written(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        write::step(&mut out, 6, step, &|_| String::new());
    }
    out
}

/// All that a step says, without the places that it stands at.
fn said(steps: &[Step]) -> String {
    let unplaced = |step: &Step| Step { span: Span::default(), by: vec![], ..step.clone() };
    let told = format!("{:#?}", steps.iter().map(unplaced).collect::<Vec<_>>());
    let place = |line: &&str| {
        !["line:", "column:", "length:", "offset:", "file:", "start:", "end:", "len:"]
            .iter()
            .any(|key| line.trim_start().starts_with(key))
    };
    told.lines().filter(place).collect::<Vec<_>>().join("\n")
}

fn comes_back(steps: &str) {
    let first = parsed(steps);
    let text = written(&first);
    let again = parsed(&text);
    assert_eq!(said(&first), said(&again), "{text}");
    assert_eq!(text, written(&again));
}

/// The reference has an example of each verb and key, so a new one is missed here if it can't be written.
#[test]
fn every_step_of_the_reference_comes_back_from_what_is_written() {
    let examples = VERBS.iter().map(|verb| verb.example).chain(KEYS.iter().map(|key| key.example));
    for example in examples {
        comes_back(&example.lines().map(|line| format!("      {line}\n")).collect::<String>());
    }
}

#[test]
fn what_is_odd_comes_back_as_well() {
    for step in [
        "click: launcher",
        "click: choice(\"Book a demo\")",
        "{ click: 'text=\"a has b\"', has: 'text=\" near \"', near: launcher }",
        "{ press: Control+a 1, on: '#x', has: y-z }",
        "{ fill: '#x', with: \"yes\", press: [Tab, Enter] }",
        "{ fill: textarea, with: \"two\\nlines\\t\\u202e, '${run.id}' $${x}\" }",
        "{ fill: textarea, with: '' }",
        "{ fill: textarea, with: ' a ' }",
        "{ fill: textarea, with: 0012 }",
        "{ select: '#x', option: [\"1\", 'a, b', \"true\"] }",
        "{ upload: '#x', files: [a-b.pdf, 'c d.png'] }",
        "{ download: '#x', file: '*.pdf', in: popup }",
        "{ download: '#x', file: { size: ['> 1 kB', '<= 5 MB'], contains: 'a: b' }, in: { popup: '*/x?*' } }",
        "{ download: '#x' }",
        "{ eval: \"if (a) {\\n  b('x: y # z');\\n}\" }",
        "{ scroll: 12.5% }",
        "{ scroll: bottom }",
        "{ scroll: '#x' }",
        "{ pause: 1234ms }",
        "{ click: '#x', answer: { prompt: 'yes: no' } }",
        "{ click: '#x', answer: { user: a, password: '${env.P}' } }",
        "{ click: '#x', answer: dismiss, timeout: 90s, within: 1.5s, name: '- x' }",
        "{ click: '#x', fires: [chat:asked, EVENT], may_fire: [A] }",
        "{ click: '#x', fires: [A, { EVENT: { FIELD: { type: string, pattern: '\\S', enum: [a, 1, null, {}] } } }] }",
        "{ click: '#x', fires: { EVENT: { FIELD: { same_as: A } } } }",
        "{ click: '#x', fires: in_order }",
    ] {
        comes_back(&format!("      - {step}\n"));
    }
}

#[test]
fn texts_of_a_page_stay_texts() {
    for text in [
        "/pricing?a=b&c=d",
        "#chat .x",
        "role=button[name=\"Talk: to # sales\"]",
        "role=button[name=\"Ask\"]",
        "yes",
        "a: b",
        "x #y",
        "",
        "- x",
        "{a}",
        "é \u{202e}\n\t\"\\",
        "https://u:${env.P}@h:80",
        "chat:opened",
        "role=button[name=\"don't \\\"ask\\\"\"]",
        ".inf",
        "null",
        "~",
        "1e3",
    ] {
        let source = SourceFile::new("t", format!("a: {}\nb: 1\n", write::scalar(text)));
        let mut mistakes = Vec::new();
        let tree =
            crate::source::yaml::parse(&source, &mut mistakes).unwrap_or_else(|| panic!("{text:?}: {mistakes:?}"));
        assert_eq!(tree.get("a").and_then(|node| node.as_str()), Some(text), "{}", source.text);
    }
}
