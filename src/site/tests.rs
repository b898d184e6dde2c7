use super::*;
use crate::source::SourceFile;

fn known() -> Known {
    Known {
        constants: vec!["A".into(), "B".into()],
        payload_fields: IndexMap::from([("A".to_owned(), vec!["id".to_owned(), "info".to_owned()])]),
        requirements: vec!["ready.fired".into(), "event.A.fires".into(), "event.B.fires".into()],
    }
}

fn site(text: &str) -> Site {
    match parse(SourceFile::new("dir/site.yaml", text), &known()) {
        Ok(site) => site,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

/// The keys that the published schema gives a kind of map, sorted; `x-` stands for keys of the user's own.
fn published(schema: &serde_json::Value, pointer: &str) -> Vec<String> {
    let map = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
    assert_eq!(map["additionalProperties"], false, "{pointer}");
    let mut keys: Vec<String> = map["properties"].as_object().into_iter().flat_map(|p| p.keys().cloned()).collect();
    if map.get("patternProperties").is_some() {
        keys.push("x-".to_owned());
    }
    keys.sort();
    keys
}

#[test]
fn the_published_schema_has_the_parsers_keys() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../specs/site.schema.json")).expect("JSON");
    for (pointer, keys) in [
        ("", parse::TOP),
        ("/$defs/actor", parse::ACTOR),
        ("/$defs/timeouts", parse::TIMEOUTS),
        ("/$defs/viewport", parse::VIEWPORT),
        ("/$defs/journey", parse::JOURNEY),
        ("/$defs/whenever", whenever::WHENEVER),
        ("/$defs/login", net::LOGIN),
        ("/$defs/stub", net::STUB),
        ("/$defs/override", levels::OVERRIDE),
        ("/$defs/levelEntry", levels::ENTRY),
        ("/$defs/step", &reference::STEP_KEYS),
        ("/$defs/fragment", reuse::FRAGMENT),
    ] {
        let mut own: Vec<&str> = keys.to_vec();
        own.sort_unstable();
        assert_eq!(published(&schema, pointer), own, "{pointer}");
    }
    for (name, keys) in super::forwards_parse::keys() {
        let mut own: Vec<&str> = keys.to_vec();
        own.sort_unstable();
        assert_eq!(published(&schema, &format!("/$defs/{name}")), own, "{name}");
    }
    assert_eq!(
        schema["$defs"]["step"]["oneOf"][reference::VERBS.len() - 1]["propertyNames"]["enum"],
        serde_json::json!(reuse::DO)
    );
    let verbs = schema["$defs"]["step"]["oneOf"].as_array().into_iter().flatten();
    let verbs: Vec<&str> = verbs.filter_map(|branch| branch["required"][0].as_str()).collect();
    assert_eq!(verbs, reference::VERB_NAMES);
}

fn mistakes(text: &str) -> Vec<String> {
    match parse(SourceFile::new("site.yaml", text), &known()) {
        Ok(_) => Vec::new(),
        Err(mistakes) => {
            mistakes.list.iter().map(|m| format!("{}:{} {}", m.span.line, m.span.column, m.message)).collect()
        }
    }
}

const HEAD: &str = "spec: s\nbase_url: https://a.example\n";

#[test]
fn a_payload_field_is_demanded_by_schema_by_value_or_by_part() {
    let site = site(&format!(
        "{HEAD}journeys:\n  j:\n    steps:\n    - open: /\n      fires: {{ A: {{ id: '${{run.id}}', info.date: {{ type: string }} }} }}\n"
    ));
    let fields = &site.journeys["j"].steps[0].fires[0].fields;
    assert_eq!(fields["id"].schema, serde_json::json!({ "const": "${run.id}" }));
    assert_eq!(fields["info.date"].schema, serde_json::json!({ "type": "string" }));
    assert_eq!(fields["info.date"].span.line, 7);
}

#[test]
fn not_applicable_and_fires_contradict_each_other() {
    let text =
        format!("{HEAD}not_applicable: {{ A: we don't }}\njourneys:\n  j: {{ steps: [{{ open: /, fires: A }}] }}\n");
    assert_eq!(mistakes(&text), ["3:19 `A` is not applicable, but a journey fires it"]);
    assert_eq!(mistakes(&text.replace("fires", "may_fire")), Vec::<String>::new());
}

#[test]
fn somebody_without_a_page_cannot_act() {
    let steps = |actor: &str| {
        format!(
            "{HEAD}actors: {{ agent: {actor} }}\njourneys:\n  j:\n    steps:\n    - {{ pause: 1s }}\n    - {{ open: / }}\n    - {{ click: a, as: agent }}\n    - {{ click: a, as: agent }}\n"
        )
    };
    assert_eq!(mistakes(&steps("{}")), ["9:9 `agent` has no page yet"]);
    assert_eq!(mistakes(&steps("https://b.example")), Vec::<String>::new());
}

#[test]
fn numbers_are_typed_as_they_are_written() {
    let site = site(&format!(
        "{HEAD}journeys:\n  j:\n    steps:\n    - open: /\n    - {{ fill: input, with: 0049 }}\n    - {{ fill: input, with: 1.50 }}\n    - {{ fill: input, with: 5551234 }}\n"
    ));
    let typed: Vec<String> = site.journeys["j"].steps[1..].iter().map(Step::describe).collect();
    assert_eq!(typed, ["fill input with \"0049\"", "fill input with \"1.50\"", "fill input with \"5551234\""]);
}

#[test]
fn names_that_refer_to_each_other_are_bounded() {
    let mut names = "names:\n  n0: .x\n".to_owned();
    for i in 1..40 {
        names += &format!("  n{i}: n{} >> n{}\n", i - 1, i - 1);
    }
    let told = mistakes(&format!("{HEAD}{names}journeys:\n  j: {{ steps: [{{ open: / }}, {{ click: n39 }}] }}\n"));
    assert_eq!(told, ["11:7 128 parts"]);
}

#[test]
fn levels_are_maps_or_lists_and_match_something() {
    let with = |levels: &str| format!("{HEAD}levels: {levels}\njourneys: {{ j: {{ steps: [{{ open: / }}] }} }}\n");
    let site = site(&with(
        "[{ requirement: 'event.*.fires', level: record, why: flaky }, { requirement: ready.fired, level: should }]",
    ));
    let told: Vec<_> = site.levels.iter().map(|o| (o.requirement.as_str(), o.level, o.reason.as_deref())).collect();
    assert_eq!(told, [("event.*.fires", Level::Record, Some("flaky")), ("ready.fired", Level::Should, None)]);
    assert_eq!(mistakes(&with("{ event.C.fires: record }")), ["3:11 `event.C.fires` matches no requirement"]);
    assert_eq!(
        mistakes(&with("{ 'event.[': record }")),
        ["3:11 `event.[` is no glob: unclosed character class; missing ']'"]
    );
}

#[test]
fn time_is_advanced_only_where_it_is_virtual_and_by_nobody() {
    let journey = |clock: &str, step: &str| {
        format!(
            "spec: s\nbase_url: https://x.example\nactors: {{ agent: {{ url: / }} }}\njourneys:\n  j:\n    {clock}steps:\n      - open: /\n      - {step}\n"
        )
    };
    let site = site(&journey("clock: virtual\n    ", "advance: 10m"));
    assert!(site.journeys["j"].virtual_clock);
    assert_eq!(site.journeys["j"].steps[1].describe(), "advance the clock by 10m");
    assert!(matches!(site.journeys["j"].steps[1].act, Act::Advance(by) if by == Duration::from_secs(600)));
    assert_eq!(mistakes(&journey("", "advance: 10m")), ["8:9 `advance` needs a virtual clock"]);
    assert_eq!(
        mistakes(&journey("clock: virtual\n    ", "{ advance: 10m, as: agent }")),
        ["9:25 `advance` is nobody's act"]
    );
    assert_eq!(mistakes(&journey("clock: fast\n    ", "reload: true")).len(), 1);
}

/// A forward, and an event that it is told of.
fn forward(lines: &str) -> String {
    format!(
        "{HEAD}forwards:\n  f:\n{lines}\n    events: {{ A: x }}\njourneys:\n  j: {{ steps: [{{ name: agree, open: / }}] }}\n"
    )
}

#[test]
fn consent_is_a_step_or_says_what_is_sent_before() {
    let read = |lines: &str| site(&forward(lines)).forwards["f"].consent.clone().expect("consent");
    let plain = read("    kind: ga4\n    consent: agree");
    assert_eq!((plain.step.as_str(), plain.before.len()), ("agree", 0));
    let map = read("    kind: ga4\n    consent: { step: agree, before: { gcs: G100 } }");
    assert_eq!((map.step.as_str(), &map.before["gcs"].schema), ("agree", &serde_json::json!({ "const": "G100" })));
    for (lines, told) in [
        ("    kind: ga4\n    consent: { step: agre }", "6:22 unknown step name `agre`"),
        ("    kind: ga4\n    consent: { before: { gcs: G100 } }", "6:16 `consent` lacks `step`"),
        ("    kind: ga4\n    consent: { step: agree, befor: {} }", "6:29 unknown key `befor` in `consent`"),
        ("    kind: ga4\n    consent: { step: agree, before: {} }", "6:37 `before` demands nothing"),
    ] {
        assert_eq!(mistakes(&forward(lines)), [told], "{lines}");
    }
}

#[test]
fn each_is_the_path_of_a_list() {
    let request =
        |each: &str| forward(&format!("    kind: request\n    url: /x\n    each: {each}")).replace("A: x", "A: {}");
    assert_eq!(
        site(&request("data.events")).forwards["f"].each.as_ref().map(|each| each.text.as_str()),
        Some("data.events")
    );
    assert_eq!(mistakes(&request("a..b")), ["7:11 `a..b` isn't the path of a list"]);
    assert_eq!(mistakes(&forward("    kind: ga4\n    each: batch")), ["6:5 unknown key `each` in a forward"]);
}

#[test]
fn a_journey_may_ask_for_a_callback_that_throws() {
    let text = |callbacks: &str| {
        format!("spec: s\nbase_url: https://x.example\njourneys:\n  j:\n    {callbacks}steps:\n      - open: /\n")
    };
    assert!(site(&text("callbacks: throw\n    ")).journeys["j"].throws);
    assert!(!site(&text("callbacks: listen\n    ")).journeys["j"].throws);
    assert!(!site(&text("")).journeys["j"].throws);
    assert_eq!(mistakes(&text("callbacks: thrown\n    ")).len(), 1);
}
