//! What is sent on to analytics, by hand-made recordings.

use chatproof::recording::*;
use serde_json::{Value, json};

use super::handlers::{handled, registered};
use super::support::*;

const FORWARDS: &str = r#"
forwards:
  ga:
    kind: ga4
    property: G-1
    within: 3s
    events:
      CONVERSATION_TRIGGERED: { name: chat_triggered, params: { id: "${payload.id}" } }
      CONVERSATION_ENGAGED: { name: chat_engaged, params: { id: "${payload.id}", label: "chat ${payload.name}" } }
  layer:
    kind: data_layer
    events:
      CONVERSATION_ENGAGED: { event: chat_engaged, fields: { chat.id: "${payload.id}" } }
"#;

pub fn watched() -> Kind {
    let addresses = ["/g/collect", "/g/s/collect", "/mp/collect"].map(str::to_owned).to_vec();
    Kind::Analytics(Box::new(Watched {
        mode: "stub".into(),
        by: "bidi".into(),
        addresses,
        layers: vec!["dataLayer".into()],
        unseen: vec![],
        tags: false,
    }))
}

fn hit(body: &str) -> Beat {
    Beat::Browser(Kind::Request(Box::new(Request {
        id: "1".into(),
        forwards: vec!["ga".into()],
        method: "POST".into(),
        url: "https://www.google-analytics.com/g/collect?v=2&tid=G-1".into(),
        content_type: "text/plain".into(),
        body: Some(body.into()),
        body_state: "complete".into(),
        answer: "stubbed".into(),
        ..Request::default()
    })))
}

fn push(data: Value) -> Beat {
    Beat::Say(
        At::Page,
        Kind::Push { layer: "dataLayer".into(), index: 0, found: false, arguments: false, data, notes: vec![] },
    )
}

const TRIGGERED_HIT: &str = "en=chat_triggered&ep.id=the%20id";
const ENGAGED_HIT: &str = "en=chat_engaged&ep.id=the%20id&ep.label=chat%20the%20name";

fn pushed() -> Beat {
    push(json!({ "event": "chat_engaged", "chat": { "id": "the id" } }))
}

/// A film in which everything is forwarded as it should be; `change` puts other hits in its place.
fn film(triggered: &[Beat], engaged: &[Beat]) -> Film {
    let mut film = Film::talk();
    film.site = parse_site(&SITE.replace("journeys:", &format!("{FORWARDS}journeys:")), &film.spec);
    film.insert(0, Beat::Browser(watched()));
    let at = film.at(TRIGGERED, 0) + 1;
    for beat in triggered.iter().rev() {
        film.insert(at, beat.clone());
    }
    let at = film.at(ENGAGED, 0) + 1;
    for beat in engaged.iter().rev() {
        film.insert(at, beat.clone());
    }
    film
}

fn broken(triggered: &[Beat], engaged: &[Beat]) -> Vec<String> {
    film(triggered, engaged).broken()
}

#[test]
fn what_is_forwarded_as_demanded_passes() {
    assert_eq!(broken(&[hit(TRIGGERED_HIT)], &[hit(ENGAGED_HIT), pushed()]), Vec::<String>::new());
    // In one batch, and the push before the callback.
    let batch = format!("{TRIGGERED_HIT}\r\n{ENGAGED_HIT}");
    assert_eq!(broken(&[], &[pushed(), hit(&batch)]), Vec::<String>::new());
}

#[test]
fn each_defect_has_a_finding_of_its_own() {
    let good = || hit(TRIGGERED_HIT);
    for (triggered, engaged, want) in [
        (vec![], vec![hit(ENGAGED_HIT), pushed()], vec!["forward.ga.TRIGGERED.sent missing"]),
        (vec![good()], vec![hit(ENGAGED_HIT), hit(ENGAGED_HIT), pushed()], vec!["forward.ga.ENGAGED.once duplicate"]),
        (
            vec![good()],
            vec![hit("en=chat_engaged&ep.id=other&ep.label=chat%20the%20name"), pushed()],
            vec!["forward.ga.ENGAGED.value.id wrong-value"],
        ),
        (
            vec![good()],
            vec![hit("en=chat_engaged&ep.id=the%20id"), pushed()],
            vec!["forward.ga.ENGAGED.value.label missing"],
        ),
        (
            vec![good()],
            vec![Beat::Wait(4_000.0), hit(ENGAGED_HIT), pushed()],
            vec!["forward.ga.ENGAGED.in-time too-late"],
        ),
        (vec![good()], vec![hit(ENGAGED_HIT)], vec!["forward.layer.ENGAGED.sent missing"]),
        (
            vec![good()],
            vec![hit(ENGAGED_HIT), hit("en=chat_engaged&ep.id=nobody&ep.label=x"), pushed()],
            vec!["forward.ga.unprompted unprompted (1st hit)"],
        ),
    ] {
        assert_eq!(broken(&triggered, &engaged), want);
    }
}

#[test]
fn a_mistyped_name_and_another_property_are_named() {
    let hint = |beat: Beat| {
        film(&[hit(TRIGGERED_HIT)], &[beat, pushed()]).verdict("forward.ga.CONVERSATION_ENGAGED.sent").hint
    };
    let mistyped = hint(hit("en=chat_engagd&ep.id=the%20id"));
    assert_eq!(mistyped.as_deref(), Some("`chat_engagd` was sent, `chat_engaged` is expected"));
    let mut other = hit(ENGAGED_HIT);
    if let Beat::Browser(Kind::Request(request)) = &mut other {
        request.url = request.url.replace("G-1", "G-2");
    }
    assert_eq!(hint(other).as_deref(), Some("`chat_engaged` was sent, but to `G-2`"));
}

#[test]
fn what_follows_from_a_missing_event_is_put_under_it() {
    let mut silent = film(&[hit(TRIGGERED_HIT)], &[]);
    silent.remove(ENGAGED);
    let told = silent.broken();
    for forward in ["forward.ga.ENGAGED.sent", "forward.layer.ENGAGED.sent"] {
        let wanted = format!("{forward} missing (step 3) <- event.ENGAGED.fires");
        assert!(told.contains(&wanted), "{wanted} in {told:#?}");
    }
}

#[test]
fn what_was_not_watched_cannot_be_told() {
    let mut blind = film(&[], &[]);
    blind.beats.remove(0);
    let told: Vec<String> = blind.broken();
    assert!(told.iter().all(|line| line.starts_with("?forward.") && line.contains("not-watched")), "{told:#?}");
    assert_eq!(told.len(), 3);
    let mut unread = film(&[hit(TRIGGERED_HIT)], &[hit(ENGAGED_HIT), pushed()]);
    for beat in &mut unread.beats {
        if let Beat::Browser(Kind::Request(request)) = beat
            && request.body.as_deref() == Some(ENGAGED_HIT)
        {
            request.body = None;
            request.body_state = "unseen".into();
        }
    }
    assert_eq!(unread.broken(), ["?forward.ga.ENGAGED.sent body-unseen"]);
}

/// A hit whose body couldn't be read.
fn unreadable() -> Beat {
    let Beat::Browser(Kind::Request(mut request)) = hit("\u{fffd}\u{1}") else { unreachable!() };
    request.body_state = "unreadable".into();
    request.unreadable = Some("isn't text".into());
    Beat::Browser(Kind::Request(request))
}

#[test]
fn what_cannot_be_read_excuses_only_what_it_may_be() {
    assert_eq!(broken(&[hit(TRIGGERED_HIT)], &[unreadable(), pushed()]), ["?forward.ga.ENGAGED.sent unreadable"]);
    // It left long before the event.
    let before = broken(&[hit(TRIGGERED_HIT), unreadable(), Beat::Wait(4_000.0)], &[pushed()]);
    assert_eq!(before, ["forward.ga.ENGAGED.sent missing"]);
    // Its name stands in the address.
    let mut other = unreadable();
    if let Beat::Browser(Kind::Request(request)) = &mut other {
        request.url.push_str("&en=page_view");
        request.body = None;
    }
    assert_eq!(broken(&[hit(TRIGGERED_HIT)], &[other, pushed()]), ["forward.ga.ENGAGED.sent missing"]);
}

/// With `G-1` and another property of the site file's.
fn to(property: &str, body: &str) -> Beat {
    let Beat::Browser(Kind::Request(mut request)) = hit(body) else { unreachable!() };
    request.url = request.url.replace("G-1", property);
    Beat::Browser(Kind::Request(request))
}

#[test]
fn each_property_gets_every_hit_once() {
    let with = |properties: &str, engaged: &[Beat]| {
        let mut film = film(&[hit(TRIGGERED_HIT), to("G-2", TRIGGERED_HIT)], engaged);
        let forwards = FORWARDS.replace("    property: G-1\n", properties);
        film.site = parse_site(&SITE.replace("journeys:", &format!("{forwards}journeys:")), &film.spec);
        film.broken()
    };
    let (one, two) = (|| hit(ENGAGED_HIT), || to("G-2", ENGAGED_HIT));
    for properties in ["", "    property: [G-1, G-2]\n", "    property: G-1\n"] {
        assert_eq!(with(properties, &[one(), two(), pushed()]), Vec::<String>::new(), "{properties}");
    }
    let list = "    property: [G-1, G-2]\n";
    assert_eq!(with(list, &[one(), pushed()]), ["forward.ga.ENGAGED.sent missing (to G-2)"]);
    assert_eq!(with(list, &[pushed()]), ["forward.ga.ENGAGED.sent missing"]);
    assert_eq!(with("", &[one(), pushed()]), Vec::<String>::new(), "nobody said that the other gets it");
    for properties in ["", list] {
        assert_eq!(
            with(properties, &[one(), two(), two(), pushed()]),
            ["forward.ga.ENGAGED.once duplicate (to G-2)"],
            "{properties}"
        );
    }
    let wrong = to("G-2", "en=chat_engaged&ep.id=other&ep.label=chat%20the%20name");
    assert_eq!(with(list, &[one(), wrong, pushed()]), ["forward.ga.ENGAGED.value.id wrong-value (to G-2)"]);
}

#[test]
fn an_older_recording_knows_nothing_of_hits_elsewhere() {
    let film = film(&[hit(TRIGGERED_HIT)], &[hit(ENGAGED_HIT), pushed()]);
    let addresses = film.record().observations.into_iter().find_map(|o| match o.kind {
        Kind::Analytics(watched) => Some(watched.addresses),
        _ => None,
    });
    assert_eq!(addresses.map(|all| all.len()), Some(3), "the addresses of before");
    assert_eq!(film.broken(), Vec::<String>::new());
}

#[test]
fn what_is_sent_as_a_window_goes_is_not_missed_where_the_browser_may_not_show_it() {
    let gone = |by: &str, after: f64| {
        let mut film = film(&[hit(TRIGGERED_HIT)], &[pushed()]);
        film.closes = false;
        film.wait(after);
        film.say(Kind::Unload);
        film.push(Beat::Browser(Kind::ContextGone));
        film.wait(4_000.0);
        for beat in &mut film.beats {
            if let Beat::Browser(Kind::Analytics(watched)) = beat {
                watched.by = by.into();
            }
        }
        film.broken()
    };
    assert_eq!(gone("bidi", 0.0), ["?forward.ga.ENGAGED.sent frame-gone"]);
    assert_eq!(gone("cdp", 0.0), ["forward.ga.ENGAGED.sent missing"]);
    // Its time was up before.
    assert_eq!(gone("bidi", 4_000.0), ["forward.ga.ENGAGED.sent missing"]);
}

#[test]
fn a_mark_that_was_long_under_way_makes_no_event_late_and_no_hit_unprompted() {
    let film = film(&[hit(TRIGGERED_HIT)], &[hit(ENGAGED_HIT), pushed()]);
    let mut recording = film.record();
    for observation in &mut recording.observations {
        // The page was busy: the step began long after it had said so.
        if matches!(observation.kind, Kind::Mark { step: 0 }) {
            observation.page_ms = observation.page_ms.map(|ms| ms - 12_000.0);
        }
    }
    assert_eq!(lines(&chatproof::judge::judge(&film.spec, &film.site, &recording)), Vec::<String>::new());
}

#[test]
fn a_typed_address_is_personal_data_wherever_it_goes() {
    // a@b.example is what the journey types.
    let with = |mail: &str| broken(&[hit(TRIGGERED_HIT)], &[hit(&format!("{ENGAGED_HIT}&ep.mail={mail}")), pushed()]);
    for mail in ["a%40b.example", "A@B.example", "YUBiLmV4YW1wbGU%3D"] {
        assert_eq!(with(mail), ["~forward.ga.pii personal-data (a@b.example)"], "{mail}");
    }
    assert_eq!(with("x%40b.example"), Vec::<String>::new());
}

/// With the page's own handler for ENGAGED, registered when ready (or `late`, after the event), and what became of it.
fn with_handler(call: Option<Handled>, late: bool, levels: &str) -> Film {
    let mut film = film(&[hit(TRIGGERED_HIT)], &[]);
    film.site = parse_site(&SITE.replace("journeys:", &format!("{levels}{FORWARDS}journeys:")), &film.spec);
    if let Some(call) = call {
        let at = film.at(ENGAGED, 0) + 1;
        film.insert(at, Beat::Say(At::Page, Kind::Handled(Box::new(call))));
    }
    let at = if late { film.at(ENGAGED, 0) + 1 } else { film.begin(1) };
    film.insert(at, Beat::Say(At::Page, registered(ENGAGED, 7)));
    film
}

fn thrown() -> Handled {
    Handled { returned: false, message: "ReferenceError: ga is not defined".into(), ..handled(ENGAGED, 7) }
}

const MUST: &str = "levels: { handler.*.returns: must, handler.*.in-time: must, handler.*.called: must }\n";

#[test]
fn a_missing_forward_names_the_handler_that_was_to_send_it() {
    let sent = |film: &Film| film.verdict("forward.ga.CONVERSATION_ENGAGED.sent").hint.unwrap_or_default();
    let place = "`https://shop.example/tags.js:7`";
    let threw = with_handler(Some(thrown()), false, MUST);
    assert_eq!(sent(&threw), format!("the handler that {place} registered threw: ReferenceError: ga is not defined"));
    assert_eq!(
        threw.broken(),
        [
            "handler.ENGAGED.returns threw",
            "forward.ga.ENGAGED.sent missing <- handler.CONVERSATION_ENGAGED.returns",
            "forward.layer.ENGAGED.sent missing <- handler.CONVERSATION_ENGAGED.returns"
        ]
    );
    let late = with_handler(None, true, MUST);
    assert!(sent(&late).starts_with(&format!("{place} registered its handler")), "{}", sent(&late));
    assert_eq!(late.broken()[0], "handler.ENGAGED.in-time too-late");
    assert!(
        late.broken()[1..].iter().all(|line| line.ends_with("<- handler.CONVERSATION_ENGAGED.in-time")),
        "{:?}",
        late.broken()
    );
    let silent = with_handler(None, false, MUST);
    assert_eq!(sent(&silent), format!("the handler that {place} registered was not called"));
    assert!(silent.broken()[1..].iter().all(|line| line.ends_with("<- handler.CONVERSATION_ENGAGED.called")));
}

#[test]
fn where_a_handler_weighs_less_it_is_told_under_the_first_forward_that_lacks_it() {
    assert_eq!(
        with_handler(Some(thrown()), false, "").broken(),
        [
            "~handler.ENGAGED.returns threw <- forward.ga.CONVERSATION_ENGAGED.sent",
            "forward.ga.ENGAGED.sent missing",
            "forward.layer.ENGAGED.sent missing <- forward.ga.CONVERSATION_ENGAGED.sent"
        ]
    );
}

#[test]
fn a_handler_that_returned_is_named_where_nothing_was_sent_or_something_wrong() {
    let recording = with_handler(None, false, "").record();
    let seq = recording.observations.iter().find_map(|o| match &o.kind {
        Kind::Event { constant, .. } if constant == ENGAGED => o.seq,
        _ => None,
    });
    let shifted = Handled { event: seq, ..handled(ENGAGED, 7) };
    let film = with_handler(Some(shifted), false, MUST);
    let hint = film.verdict("forward.ga.CONVERSATION_ENGAGED.sent").hint.unwrap_or_default();
    assert!(hint.contains("tags.js:7` registered was called for it and returned, but sent nothing"), "{hint}");
    assert_eq!(
        film.broken(),
        [
            "forward.ga.ENGAGED.sent missing",
            "forward.layer.ENGAGED.sent missing <- forward.ga.CONVERSATION_ENGAGED.sent"
        ]
    );
}

#[test]
fn a_product_that_has_been_switched_off_is_told() {
    let mut film = film(&[], &[]);
    let Some(Beat::Browser(Kind::Analytics(watched))) = film.beats.first_mut() else { panic!("what was watched") };
    let product = chatproof::analytics::Product::named("universal_analytics").unwrap();
    let addresses = product.addresses();
    watched.addresses = addresses.iter().map(|address| address.text.clone()).collect();
    let retired = "\nforwards:\n  ua:\n    kind: universal_analytics\n    property: UA-1-1\n    events:\n      \
                   CONVERSATION_TRIGGERED: { category: chat, action: shown }\n";
    film.site = parse_site(&SITE.replace("journeys:", &format!("{retired}journeys:")), &film.spec);
    let told = film.judge().into_iter().find(|v| v.requirement == "forward.ua.retired").expect("a verdict");
    assert_eq!((told.outcome, told.finding.as_str()), (chatproof::verdict::Outcome::Warn, "retired"));
}

#[test]
fn a_forward_of_other_journeys_is_not_looked_at() {
    let mut film = film(&[], &[]);
    let elsewhere = FORWARDS.replace("    events:", "    journeys: [other*]\n    events:");
    let other = "  others: { steps: [{ open: / }] }\n";
    film.site =
        parse_site(&format!("{}{other}", SITE.replace("journeys:", &format!("{elsewhere}journeys:"))), &film.spec);
    assert_eq!(film.broken(), [""; 0]);
    assert!(!film.judge().iter().any(|v| v.requirement.starts_with("forward.")));
}
