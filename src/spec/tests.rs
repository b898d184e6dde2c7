use super::*;

fn adobe() -> Spec {
    match parse(builtin("adobe-dynamic-chat").expect("built in")) {
        Ok(spec) => spec,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

#[test]
fn the_adobe_spec_has_all_eleven_events() {
    let spec = adobe();
    assert_eq!(spec.events.len(), 11);
    assert!(spec.events.keys().all(|constant| constant.starts_with("CONVERSATION_")));
    assert_eq!(spec.probe.events.len(), 11);
    let base = ["name", "id", "type", "uiType", "sid"];
    for constant in spec.events.keys() {
        let fields = spec.payload_fields(constant);
        assert_eq!(fields[..5], base, "{constant}");
        let further: &[&str] = match constant.as_str() {
            "CONVERSATION_MEETING_BOOKED" => &["agentName", "agentID", "meetingInfo"],
            live if live.contains("LIVE_CHAT") => &["agentName", "agentID"],
            _ => &[],
        };
        assert_eq!(fields[5..], *further, "{constant}");
    }
    let ids = spec.requirement_ids();
    for id in [
        "ready.api-usable",
        "constant.CONVERSATION_CLOSED.distinct",
        "constants.undocumented",
        "event.CONVERSATION_ENGAGED.at-most",
        "event.CONVERSATION_ENGAGED.payload",
        "event.CONVERSATION_ENGAGED.payload.uiType.spelling",
        "consistency.sid",
        "order.engaged-after-triggered",
        "implies.response-engages",
        "coverage.CONVERSATION_TRIGGERED",
    ] {
        assert!(ids.iter().any(|own| own == id), "{id}");
    }
}

#[test]
fn every_weak_statement_of_the_adobe_spec_says_why() {
    let spec = adobe();
    let mut statements =
        vec![&spec.ready.fired, &spec.ready.once, &spec.constants.usable, &spec.constants.undocumented];
    for event in spec.events.values() {
        statements.extend([&event.fires, &event.unexpected, &event.coverage, &event.payload]);
        statements.extend(event.at_most.iter().map(|most| &most.statement));
        statements.extend(event.fields.iter().map(|field| &field.statement));
    }
    statements.extend(spec.conversation.same.values());
    statements.extend(spec.rules.iter().map(|rule| &rule.statement));
    for statement in statements {
        assert_eq!(statement.level == Level::Must, statement.why.is_none(), "{statement:?}");
        assert!(statement.span.line > 0 && statement.url.is_some(), "{statement:?}");
    }
}

/// What a conforming widget may send: no form that the vendor leaves open may be refused.
#[test]
fn open_forms_are_accepted_and_empty_ones_are_not() {
    use serde_json::json;
    let spec = adobe();
    let fits = |field: &str, id: Option<&str>, value: serde_json::Value| {
        let fields = &spec.events["CONVERSATION_MEETING_BOOKED"].fields;
        let found = fields.iter().find(|f| f.field == field && f.id.as_deref() == id).expect(field);
        crate::source::schema::compile(&found.schema).expect("compiles").is_valid(&value)
    };
    for field in ["id", "sid", "type", "uiType", "agentID"] {
        assert!(fits(field, None, json!("x")) && fits(field, None, json!(7)), "{field}");
    }
    for info in [json!("2030-01-01T10:00Z"), json!({ "start": 1 }), json!([1]), json!(1893492000)] {
        assert!(fits("meetingInfo", None, info.clone()), "{info}");
    }
    for field in ["name", "id", "type", "uiType", "sid", "agentName", "agentID", "meetingInfo"] {
        for empty in [json!(null), json!(""), json!("  "), json!({}), json!([])] {
            assert!(!fits(field, None, empty.clone()), "{field} {empty}");
        }
    }
    for spelling in ["dialogue", "Dialogue", "DIALOG", "conversation flow", "conversationalFlow", "CONVERSATION_FLOW"] {
        assert!(fits("type", Some("spelling"), json!(spelling)), "{spelling}");
    }
    for spelling in ["popup", "POPUP", "pop-up", "chatbot", "Chatbot", "ChatBot", "inline", "Inline"] {
        assert!(fits("uiType", Some("spelling"), json!(spelling)), "{spelling}");
    }
    assert!(!fits("uiType", Some("spelling"), json!("banner")) && !fits("type", Some("spelling"), json!(1)));
}

/// The keys that a published schema gives a kind of map, sorted; `x-` stands for keys of the user's own.
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
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../specs/spec.schema.json")).expect("JSON");
    for (pointer, keys) in [
        ("", parse::TOP),
        ("/$defs/page", parse::PAGE),
        ("/$defs/probe", probe::PROBE),
        ("/$defs/hints", parse::HINTS),
        ("/$defs/ready", ready::READY),
        ("/$defs/api", probe::API),
        ("/$defs/location", probe::LOCATION),
        ("/$defs/payload", probe::PAYLOAD),
        ("/$defs/statements", parse::STATEMENTS),
        ("/$defs/readyStatements", parse::READY_STATEMENTS),
        ("/$defs/apiStatements", parse::API_STATEMENTS),
        ("/$defs/constantStatements", parse::CONSTANT_STATEMENTS),
        ("/$defs/statement", statement::STATEMENT),
        ("/$defs/conversation", parse::CONVERSATION),
        ("/$defs/field", events::FIELD),
        ("/$defs/further", events::FURTHER),
        ("/$defs/event", events::EVENT),
        ("/$defs/atMost", events::AT_MOST),
        ("/$defs/override", events::OVERRIDE),
        ("/$defs/rule", rules::RULE),
        ("/$defs/after", rules::AFTER),
        ("/$defs/notAfter", rules::NOT_AFTER),
        ("/$defs/implies", rules::IMPLIES),
        ("/$defs/same", rules::SAME),
    ] {
        let mut own: Vec<&str> = keys.to_vec();
        own.sort_unstable();
        assert_eq!(published(&schema, pointer), own, "{pointer}");
    }
}

fn good() -> Spec {
    let text = include_str!("../../tests/data/lint/good-spec.yaml");
    parse(crate::source::SourceFile::new("good-spec.yaml", text)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn what_a_spec_leaves_out_is_a_must_where_it_is_demanded() {
    let spec = good();
    assert_eq!(spec.ready.fired.level, Level::Must);
    assert_eq!((spec.ready.fired.span.line, spec.ready.once.span.line), (8, 11));
    assert_eq!(spec.ready.once.level, Level::Should);
    assert_eq!(spec.constants.undocumented.level, Level::Record);
    assert!(spec.constants.undocumented.why.is_some());
    assert_eq!(spec.api.subscribe.url.as_deref(), Some("https://docs.acme.example/chat/events"));
    let opened = &spec.events["chat:opened"];
    assert_eq!(opened.fires.section.as_deref(), Some("Opened"));
    assert_eq!(opened.fires.url.as_deref(), Some("https://docs.acme.example/chat/events#opened"));
    assert_eq!(opened.unexpected.level, Level::Record);
    assert_eq!(opened.at_most.as_ref().map(|most| (most.count, most.per)), Some((1, Per::Conversation)));
}

#[test]
fn payload_groups_are_copied_and_overridden_per_event() {
    let spec = good();
    assert_eq!(spec.payload_fields("chat:closed"), ["chat.id", "locale"]);
    assert_eq!(spec.payload_fields("chat:none"), Vec::<&str>::new());
    let spelling = |constant: &str| {
        spec.events[constant].fields.iter().find(|f| f.id.is_some()).map(|f| (f.statement.level, f.statement.span.line))
    };
    assert_eq!(spelling("chat:opened"), Some((Level::Should, 19)));
    assert_eq!(spelling("chat:closed"), Some((Level::Record, 33)));
    let locale = &spec.events["chat:closed"].fields[1];
    assert!(locale.required);
    assert_eq!(locale.statement.section.as_deref(), Some("Closed"));
}

#[test]
fn the_probe_is_all_that_a_listener_needs() {
    assert_eq!(
        serde_json::to_value(good().probe).expect("JSON"),
        serde_json::json!({
            "ready": { "by": "event", "event": "acme-chat-ready", "target": "document" },
            "locations": [{ "name": "window.acme.chat", "path": ["acme", "chat"] }],
            "subscribe": ["on"],
            "constants": [],
            "arguments": null,
            "bound": false,
            "events": ["chat:opened", "chat:closed"],
            "names": ["chat:opened", "chat:closed"],
            "payload": [],
            "argument": 1,
            "parse": false,
        })
    );
}

#[test]
fn ways_to_say_ready_are_read_and_checked() {
    let api = "api: { locations: [{}], subscribe: on }";
    let with = |probe: &str, rest: &str| {
        let text = format!(
            "format: chatproof-spec/1\nid: v\ntitle: V\npage: {{ title: T, url: https://docs.v.example/ }}\nprobe:\n  \
             {probe}\nevents:\n  a: {{ cause: something, section: S }}\n{rest}"
        );
        match parse(crate::source::SourceFile::new("v.yaml", text)) {
            Ok(spec) => Ok(spec),
            Err(mistakes) => Err(mistakes.to_string()),
        }
    };
    let spec = with(api, "").expect("without");
    assert_eq!(spec.probe.ready, Ready::Subscribing);
    assert!(spec.requirement_ids().iter().all(|id| id.family() != "ready"));
    for ready in
        ["{ subscribe: X.then }", "{ subscribe: on, arguments: [ready, $callback], bound: false }", "{ slot: A.b }"]
    {
        let spec =
            with(&format!("ready: {ready}\n  api: {{ locations: [{{ ready: 2, path: a }}], subscribe: on }}"), "");
        let spec = spec.unwrap_or_else(|mistakes| panic!("{ready}: {mistakes}"));
        assert_eq!(spec.probe.locations[0].name, "a in argument 2 of the ready callback");
        assert!(spec.requirement_ids().iter().any(|id| id == "ready.fired"));
    }
    for (probe, rest, told) in [
        ("ready: {}", "", &["doesn't say what is waited for"][..]),
        ("ready: { evnt: x }", "", &["did you mean `event`?"]),
        ("ready: { event: x, slot: A.b }", "", &["`slot` beside `event`"]),
        ("ready: { slot: A.b, arguments: [$callback] }", "", &["`arguments` belongs to `subscribe`"]),
        (
            "ready: { subscribe: a-b, target: window, bound: 1 }",
            "",
            &["`target` belongs to `event`", "`a-b` is no", "`bound`"],
        ),
        (
            "ready: { subscribe: a, arguments: [$event] }",
            "",
            &["`$callback` isn't among the arguments", "unknown stand-in `$event`"],
        ),
        ("x: 1", "statements: { ready: { once: } }\n", &["there is nothing that says ready"]),
    ] {
        let probe = format!("{probe}\n  {api}");
        let probe = probe.strip_prefix("x: 1\n  ").unwrap_or(&probe);
        let mistakes = with(probe, rest).expect_err(probe);
        for part in told {
            assert!(mistakes.contains(part), "{probe}: no {part:?} in\n{mistakes}");
        }
    }
    let mistakes = with("api: { locations: [{ ready: 1 }], subscribe: on }", "").expect_err("nobody calls back");
    assert!(mistakes.contains("there is no ready callback"), "{mistakes}");
    let mistakes =
        with("ready: { slot: A }\n  api: { locations: [{ ready: 10 }], subscribe: on }", "").expect_err("10");
    assert!(mistakes.contains("has no argument 10"), "{mistakes}");
}

/// What is wrong with a probe, as users see it.
fn mistakes(probe: &str, event: &str) -> String {
    let text = format!(
        "format: chatproof-spec/1\nid: v\ntitle: V\npage: {{ title: T, url: https://docs.v.example/ }}\nprobe:\n  \
         ready: {{ event: r }}\n{probe}\nevents:\n  a: {{ cause: something, section: S{event} }}\n"
    );
    match parse(crate::source::SourceFile::new("v.yaml", text)) {
        Ok(_) => String::new(),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[test]
fn other_ways_to_subscribe_are_read_and_checked() {
    let api = |rest: &str| format!("  api: {{ locations: [{{}}], subscribe: on{rest} }}");
    for (probe, event) in [
        (api(", arguments: [on, $event, $callback]"), ""),
        (api(", bound: true, arguments: [{ type: $event, of: [1, $callback] }]"), ", payload: none, name: 'x:y'"),
        (api("") + "\n  payload: { argument: 2, path: a.b, parse: json }", ""),
    ] {
        assert_eq!(mistakes(&probe, event), "", "{probe}");
    }
    for (probe, event, told) in [
        (api(", arguments: [$event]"), "", &["`$callback` isn't among the arguments"][..]),
        (api(", arguments: [$event, [$event], $callback]"), "", &["`$event` stands here a second time"]),
        (api(", arguments: [$evnt, $callback]"), "", &["did you mean `$event`?", "`$event` isn't among"]),
        (api(", arguments: on"), "", &["`arguments`", "a list"]),
        (api(", bound: maybe, constants: C"), ", name: x", &["`bound`", "has no other name"]),
        (
            api("") + "\n  payload: { argument: 0, parse: xml, pth: a }",
            "",
            &["a callback has no argument 0", "`parse`", "did you mean `path`?"],
        ),
    ] {
        let mistakes = mistakes(&probe, event);
        for part in told {
            assert!(mistakes.contains(part), "{probe}: no {part:?} in\n{mistakes}");
        }
    }
}

#[test]
fn decisions_are_read_and_checked() {
    let with =
        |decided: &str| mistakes("  api: { locations: [{}], subscribe: on }", &format!(" }}\ndecided: {{ {decided}"));
    assert_eq!(with("event.a.payload.x: said elsewhere, 'event.*.anchor': made of headings"), "");
    let said = with("evnt.a: because, api.subscribe: ''");
    for part in [
        "`evnt.a` is no statement of a page",
        "for example `api.location.bare globals`",
        "the reason of a decision is empty",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    let decided = adobe().decided;
    assert!(decided.iter().any(|one| one.covers("api.location.bare globals")));
    assert!(!decided.iter().any(|one| one.covers("api.location")));
}
