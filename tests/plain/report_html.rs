//! The report as a page: all of it is told, every way in it leads somewhere, and no page under test can write into it.

use chatproof::recording::Recording;
use chatproof::report::Format;
use chatproof::report::model::{Attempt, EventSummary, JourneyReport, Report, RunError, SpecSummary};
use chatproof::report::style::Style;
use chatproof::verdict::Verdict;
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};

use crate::ids::id;

/// A page's attempt to be markup, another line, another direction.
const HOSTILE: &str = "</code></script><script>alert(1)</script><img src=x onerror=alert(2)>\" onload='x' ]]> --> \u{202e}drawkcab\u{0}\n`tick";

/// A picture of one pixel.
const PIXEL: &str = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=";

/// A journey of four steps: one done and heard, one whose event is missing, one of an agent's, one that failed.
fn recording(browser: &str, journey: &str, observations: Value) -> Recording {
    let step = |index: usize, actor: &str, text: &str, began: f64, acted: f64, outcome: Value| {
        json!({
            "index": index, "actor": actor, "text": text, "span": { "line": 10 + index, "column": 1, "offset": 0, "len": 1 },
            "began_ms": began, "acted_ms": acted, "outcome": outcome,
        })
    };
    let done = json!({ "is": "done" });
    serde_json::from_value(json!({
        "format": "chatproof-recording/1", "chatproof": "0.1.0",
        "run": { "id": "r1", "started_at": "2026-01-02T03:04:05.678Z", "base_url": "https://staging.example.com" },
        "spec": { "name": "example-chat (built in)", "text": "" }, "site": { "name": "site.yaml", "text": "" },
        "browser": { "name": browser, "version": "153.0", "driver": "driver", "driver_version": "1", "platform": "linux", "headless": true },
        "journey": journey,
        "steps": [
            step(0, "visitor", "open /", 0.0, 500.0, done.clone()),
            step(1, "visitor", "click launcher", 1000.0, 1100.0, done.clone()),
            step(2, "agent", "click accept", 2000.0, 2100.0, done),
            step(3, "visitor", "click send", 3000.0, 3500.0, json!({
                "is": "failed", "code": "covered", "message": format!("covered by {HOSTILE}"), "candidates": [HOSTILE],
            })),
        ],
        "observations": observations,
        "ending": { "is": "step-failed", "step": 3 },
        "took_ms": 4000.0,
    }))
    .unwrap()
}

/// Observations of one document whose clock began at the journey's start.
fn heard(list: Vec<(f64, Value)>) -> Value {
    let one = |(arrival, (ms, kind)): (usize, (f64, Value))| {
        let mut one = json!({ "arrival": arrival, "actor": "visitor", "context": "w", "document": "d", "seq": arrival, "page_ms": 5e9 + ms });
        one.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        one
    };
    Value::Array(list.into_iter().enumerate().map(one).collect())
}

fn mark(step: usize) -> Value {
    json!({ "kind": "mark", "step": step })
}

fn event(constant: &str, payload: Value) -> Value {
    json!({ "kind": "event", "constant": constant, "subscription": 1, "arguments": 1, "data": { "data": { "payload": payload } } })
}

fn usual() -> Value {
    heard(vec![
        (0.0, mark(0)),
        (600.0, json!({ "kind": "ready", "target": "window", "nth": 1 })),
        (800.0, event("CHAT_SHOWN", json!({ "sid": "s1", "nmae": HOSTILE, "deep": { "er": [1, HOSTILE] } }))),
        (1000.0, mark(1)),
        (1600.0, event("CHAT_SHOWN", json!({ "sid": "s1" }))),
        (2000.0, mark(2)),
        (2400.0, json!({ "kind": "page-error", "message": HOSTILE, "source": "https://x.example/a.js", "line": 7 })),
        (3000.0, mark(3)),
    ])
}

/// What a verdict has in common; `more` replaces.
fn verdict(browser: &str, journey: &str, requirement: &str, outcome: &str, more: Value) -> Verdict {
    let mut one = json!({
        "requirement": requirement, "level": "must", "outcome": outcome, "finding": "found", "statement": format!("{requirement} holds"),
        "journey": journey, "browser": browser, "subject": "", "expected": "as it should be", "actual": "as it is",
        "hint": null, "reason": null, "evidence": [], "step": null, "caused_by": null,
        "spec": { "file": "spec.yaml", "line": 57, "section": "Shown", "url": "https://docs.example.com/events#shown" },
    });
    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let text = |key: &str| one[key].as_str().map(str::to_owned);
    Verdict {
        requirement: id(requirement),
        level: serde_json::from_value(one["level"].clone()).unwrap(),
        outcome: serde_json::from_value(one["outcome"].clone()).unwrap(),
        finding: text("finding").unwrap(),
        statement: text("statement").unwrap(),
        journey: journey.to_owned(),
        browser: browser.to_owned(),
        subject: text("subject").unwrap(),
        expected: text("expected").unwrap(),
        actual: text("actual").unwrap(),
        hint: text("hint"),
        reason: text("reason"),
        evidence: serde_json::from_value(one["evidence"].clone()).unwrap(),
        step: serde_json::from_value(one["step"].clone()).unwrap(),
        spec: serde_json::from_value(one["spec"].clone()).unwrap(),
        caused_by: text("caused_by").map(|cause| id(&cause)),
        waiver: serde_json::from_value(one["waiver"].clone()).unwrap(),
    }
}

fn journey(browser: &str, name: &str) -> JourneyReport {
    let step = |index: usize| json!({ "index": index, "text": "click launcher", "file": "site.yaml", "line": 11 });
    let one = |requirement: &str, outcome: &str, more: Value| verdict(browser, name, requirement, outcome, more);
    JourneyReport {
        title: format!("A visitor talks {HOSTILE}"),
        recording: recording(browser, name, usual()),
        verdicts: vec![
            one("ready.fired", "pass", json!({ "evidence": [1] })),
            one("event.CHAT_SHOWN.fires", "pass", json!({ "evidence": [2], "step": step(0) })),
            one("event.CHAT_SHOWN.payload.sid", "pass", json!({ "evidence": [2] })),
            one(
                "event.CHAT_SHOWN.payload.name",
                "fail",
                json!({
                    "evidence": [2], "finding": "missing", "expected": "`name`: a string", "actual": format!("not there {HOSTILE}"),
                    "hint": "`nmae` was heard", "statement": "CHAT_SHOWN carries a name",
                }),
            ),
            one("event.CHAT_SHOWN.unexpected", "fail", json!({ "evidence": [4], "finding": "unexpected" })),
            one("event.CHAT_ENGAGED.fires", "fail", json!({ "finding": "missing", "step": step(1) })),
            one("event.CHAT_ENGAGED.payload.sid", "inconclusive", json!({ "caused_by": "event.CHAT_ENGAGED.fires" })),
            one(
                "event.CHAT_SHOWN.payload.kind",
                "warn",
                json!({ "level": "should", "reason": "said in passing", "evidence": [2] }),
            ),
            one("constants.undocumented", "warn", json!({ "level": "record", "actual": HOSTILE })),
            one("event.CHAT_CLOSED.fires", "inconclusive", json!({ "finding": "step-not-begun" })),
            one("rule.waived", "waived", json!({ "reason": "we know, and mend it in spring" })),
        ],
        folded: None,
        held: None,
        earlier: Vec::new(),
    }
}

fn report(journeys: Vec<JourneyReport>) -> Report {
    let events = ["CHAT_SHOWN", "CHAT_ENGAGED", "CHAT_CLOSED", "CHAT_PHONE"];
    Report {
        spec: SpecSummary {
            id: "example-chat".into(),
            title: "Example Chat events".into(),
            url: "https://docs.example.com/events".into(),
            ready: true,
            payload: ["data", "payload"].map(Into::into).into(),
        },
        site: "site.yaml".into(),
        partial: false,
        journeys,
        coverage: Vec::new(),
        events: events
            .map(|constant| EventSummary {
                constant: constant.into(),
                not_applicable: (constant == "CHAT_PHONE").then(|| "we never ask for it".into()),
            })
            .to_vec(),
        errors: Vec::new(),
        interrupted: false,
        lost: vec![],
        baseline: None,
        fail_on_flaky: false,
    }
}

/// Every outcome there is, in two journeys and two browsers.
fn all() -> Report {
    let journeys = [("chromium", "talk"), ("chromium", "book"), ("firefox", "talk"), ("firefox", "book")];
    let mut report = report(journeys.map(|(browser, name)| journey(browser, name)).into());
    for browser in ["chromium", "firefox"] {
        let more = json!({ "finding": "not-declared" });
        report.coverage.push(verdict(browser, "", "coverage.CHAT_CLOSED", "not-reached", more));
    }
    report.errors.push(RunError {
        browser: "webkit".into(),
        message: format!("its driver was not found {HOSTILE}"),
        help: Some("install it".into()),
    });
    report
}

fn conforming() -> Report {
    let mut report = report(vec![journey("firefox", "talk")]);
    let journey = &mut report.journeys[0];
    journey.verdicts.retain(|verdict| verdict.outcome == chatproof::verdict::Outcome::Pass);
    journey.recording.ending = chatproof::recording::Ending::Complete;
    journey.recording.steps[3].outcome = chatproof::recording::StepOutcome::Done;
    report
}

/// A journey that came out well when it was tried again.
fn flaky() -> Report {
    let mut report = conforming();
    let first = with_sights(self::report(vec![journey("firefox", "talk")])).journeys.remove(0);
    report.journeys[0].recording.attempt = 2;
    report.journeys[0].earlier = vec![Attempt { recording: first.recording, verdicts: first.verdicts }];
    report
}

fn page(report: &Report) -> String {
    Format::Html.render(report, Style::OFF)
}

fn select(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    let folded =
        |element: ElementRef<'_>| element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    page.select(&select(selector)).map(folded).collect()
}

/// All sights there are, the last one as bad as a file from anywhere can be.
fn with_sights(mut report: Report) -> Report {
    let picture = |kind: &str, data: &str| json!({ "media_type": kind, "width": 1280, "height": 800, "data": data, "outlined": [HOSTILE], "covered": 2 });
    report.journeys[0].recording.sights = serde_json::from_value(json!([
        { "moment": "event-missing", "step": 1, "actor": "visitor", "at_ms": 2000, "picture": picture("image/jpeg", PIXEL) },
        { "moment": "step-failed", "step": 3, "actor": "visitor", "at_ms": 3500, "url": HOSTILE, "picture": picture("image/jpeg", PIXEL),
          "tree": { "text": format!("button \"Send\"\n  {HOSTILE}"), "within": HOSTILE, "cut": true } },
        { "moment": "step-failed", "step": 3, "actor": "agent", "at_ms": 3600, "note": "left out: the page did not answer" },
        { "moment": "end", "actor": "visitor", "at_ms": 4000, "picture": picture("image/svg+xml", "PHN2Zz4=") },
        { "moment": "end", "actor": "visitor", "at_ms": 4000, "picture": picture("image/png", "x\" onerror=\"alert(1)") },
    ]))
    .unwrap();
    report
}

/// Nothing that runs, loads or sends; nothing that isn't ours; and a policy that would forbid it all the same.
#[test]
fn nothing_in_it_runs_or_loads() {
    let text = page(&with_sights(all()));
    let page = Html::parse_document(&text);
    for tag in
        ["script", "iframe", "object", "embed", "link", "form", "base", "input", "audio", "video", "image", "use"]
    {
        assert_eq!(page.select(&select(tag)).count(), 0, "<{tag}>");
    }
    for element in page.select(&select("*")) {
        for (name, value) in element.value().attrs() {
            assert!(!name.starts_with("on") && name != "style" && name != "srcset", "{name}={value}");
            if name == "src" {
                assert!(value.starts_with("data:image/jpeg;base64,"), "{value}");
            }
            if name == "href" {
                assert!(value.starts_with('#') || value.starts_with("https://"), "{value}");
            }
        }
    }
    let policy =
        page.select(&select("meta[http-equiv='Content-Security-Policy']")).next().unwrap().attr("content").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    let style = texts(&page, "style").concat();
    assert!(!style.contains("url(") && !style.contains("@import"), "the style sheet loads nothing");
    assert!(
        !text.contains('\u{202e}') && !text.contains('\u{0}'),
        "what could turn or end a text is shown as an escape"
    );
    // Only the picture that is one.
    assert_eq!(page.select(&select("img")).count(), 2);
    assert!(texts(&page, "figure.sight").iter().any(|figure| figure.contains("left out: the page did not answer")));
}

#[test]
fn every_way_leads_somewhere() {
    for report in [with_sights(all()), conforming(), flaky(), report(vec![])] {
        let page = Html::parse_document(&page(&report));
        let ids: Vec<&str> = page.select(&select("[id]")).filter_map(|element| element.attr("id")).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "an id occurs twice");
        let links: Vec<&str> = page.select(&select("a[href^='#']")).filter_map(|link| link.attr("href")).collect();
        for link in &links {
            assert!(ids.contains(&&link[1..]), "{link} leads nowhere");
        }
        for labelled in page.select(&select("[aria-labelledby]")) {
            assert!(ids.contains(&labelled.attr("aria-labelledby").unwrap()));
        }
    }
}

/// Each outcome in words, not only in signs and colours, and the first sentence says how the run went.
#[test]
fn every_outcome_is_told() {
    let shown = page(&all());
    let page = Html::parse_document(&shown);
    let title = texts(&page, "h1").concat();
    assert!(title.contains("Does not conform"), "{title}");
    let told = texts(&page, ".mark .unseen");
    for word in [
        "passed",
        "failed",
        "inconclusive",
        "warning",
        "noted",
        "waived",
        "not reached",
        "could not be done",
        "error",
        "proved",
    ] {
        assert!(told.iter().any(|told| told == word), "{word} is not among {told:?}");
    }
    let cards = texts(&page, "article.card");
    let card =
        |words: &str| cards.iter().find(|card| card.contains(words)).unwrap_or_else(|| panic!("{words}: {cards:#?}"));
    assert!(card("webkit").contains("install it"));
    assert!(card("Could not click send").contains("covered by"));
    assert!(card("rule.waived").contains("we know, and mend it in spring"));
    assert!(card("fired by no journey").contains("CHAT_CLOSED in chromium, firefox"));
    let missing = card("event.CHAT_ENGAGED.fires");
    assert!(
        missing.contains("Hence 4 more that do not hold") && missing.contains("event.CHAT_ENGAGED.payload.sid"),
        "{missing}"
    );
    assert!(card("CHAT_SHOWN carries a name").contains("nmae"));
    assert!(texts(&page, ".matrix td.spared").concat().contains("we never ask for it"));
    let calm = self::page(&conforming());
    // For `make validate`, which shows them to a validator and to axe-core.
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-html");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("all.html"), self::page(&with_sights(all()))).unwrap();
    std::fs::write(folder.join("conforming.html"), &calm).unwrap();
    std::fs::write(folder.join("flaky.html"), self::page(&flaky())).unwrap();
    let calm = Html::parse_document(&calm);
    assert!(texts(&calm, "h1").concat().contains("Conforms"));
    assert_eq!(calm.select(&select("article.card")).count(), 0);
}

/// A journey that failed and then passed says so, and shows what the failed attempt looked like.
#[test]
fn a_flaky_journey_says_so() {
    let shown = page(&flaky());
    let page = Html::parse_document(&shown);
    assert!(texts(&page, "h1").concat().contains("Conforms"));
    let told = texts(&page, "#j1").concat();
    assert!(told.contains("Flaky: failed in 1 of 2 attempts"), "{told}");
    assert_eq!(page.select(&select("#j1-a1-p1 img, #j1-a1-p2 img")).count(), 2);
    assert!(texts(&page, ".numbers").concat().contains("1 journey flaky"));
}

/// One thing to mend is one card, however often it happened, with a way to each place.
#[test]
fn one_cause_is_one_card() {
    let shown = page(&all());
    let page = Html::parse_document(&shown);
    let card = page
        .select(&select("article.card"))
        .find(|card| card.text().any(|text| text.contains("CHAT_SHOWN carries a name")))
        .unwrap();
    let ways: Vec<&str> = card.select(&select(".places a")).filter_map(|link| link.attr("href")).collect();
    assert_eq!(ways, ["#j1-e2", "#j2-e2", "#j3-e2", "#j4-e2"]);
    let same = texts(&page, "article.card h3").iter().filter(|head| head.contains("CHAT_SHOWN carries a name")).count();
    assert_eq!(same, 1);
}

/// The matrix leads to the evidence: the event that is wrong, the step whose event is missing, the event that proves it.
#[test]
fn the_matrix_leads_to_the_evidence() {
    let shown = page(&all());
    let page = Html::parse_document(&shown);
    let row = |constant: &str| -> Vec<String> {
        let row = page
            .select(&select(".matrix tbody tr"))
            .find(|row| {
                row.select(&select("th")).next().is_some_and(|head| head.text().collect::<String>() == constant)
            })
            .unwrap();
        row.select(&select("td a"))
            .map(|link| {
                format!(
                    "{} {}",
                    link.attr("href").unwrap(),
                    link.parent().and_then(ElementRef::wrap).unwrap().attr("class").unwrap()
                )
            })
            .collect()
    };
    assert_eq!(row("CHAT_SHOWN"), ["#j1-e2 bad", "#j2-e2 bad", "#j3-e2 bad", "#j4-e2 bad"]);
    assert_eq!(row("CHAT_ENGAGED"), ["#j1-s2 bad", "#j2-s2 bad", "#j3-s2 bad", "#j4-s2 bad"]);
    assert_eq!(row("the ready event")[0], "#j1 good");
    assert_eq!(row("CHAT_CLOSED")[0], "#j1 doubt");
}

/// A field's row has the colour of what was judged of it; one that is documented and isn't there has a row as well.
#[test]
fn a_payload_shows_what_was_judged_of_each_field() {
    let shown = page(&all());
    let page = Html::parse_document(&shown);
    let rows: Vec<(String, String)> = page
        .select(&select("#j1-e2 .payload tbody tr"))
        .map(|row| {
            let text = row.text().collect::<Vec<_>>().join(" ");
            (row.attr("class").unwrap_or_default().to_owned(), text.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .collect();
    let of = |field: &str| {
        rows.iter().find(|(_, text)| text.starts_with(field)).unwrap_or_else(|| panic!("{field}: {rows:#?}"))
    };
    assert_eq!(of("sid").0, "good");
    assert_eq!(of("name").0, "bad");
    assert!(
        of("name").1.contains("not there") && of("name").1.contains("expected name : a string"),
        "{:?}",
        of("name")
    );
    assert_eq!(of("kind").0, "warn");
    assert_eq!(of("nmae").0, "plain");
    assert!(of("nmae").1.contains("not documented") && of("nmae").1.contains("<script>"), "{:?}", of("nmae"));
    assert!(of("deep.er").1.contains("[1,"));
}

/// Twice as late is twice as far to the right, and a step is as wide as it was long.
#[test]
fn the_timeline_is_to_scale() {
    let shown = page(&all());
    let page = Html::parse_document(&shown);
    let percent = |text: &str| text.trim_end_matches('%').parse::<f64>().unwrap();
    let at = |target: &str| -> f64 {
        let item = page.select(&select(&format!("#j1 .chart a.point[href='#{target}']"))).next().unwrap();
        percent(item.select(&select("svg")).next().unwrap().attr("x").unwrap())
    };
    let steps: Vec<(f64, f64)> = page
        .select(&select("#j1 .chart a.bar rect.body"))
        .map(|bar| (percent(bar.attr("x").unwrap()), percent(bar.attr("width").unwrap())))
        .collect();
    // Began at 0, 1000 and 3000 ms (the agent's, in its own lane, at 2000), and took 500, 100, 500 and 100.
    assert_eq!(steps.len(), 4);
    let second = steps[1].0 - steps[0].0;
    let near = |a: f64, b: f64| assert!((a - b).abs() < 0.01, "{a} is not {b}");
    near(steps[2].0 - steps[0].0, 3.0 * second);
    near(steps[3].0 - steps[0].0, 2.0 * second);
    near(steps[0].1, second / 2.0);
    near(steps[1].1, second / 10.0);
    near(at("j1-e2") - steps[0].0, 0.8 * second);
    near(at("j1-e4") - steps[0].0, 1.6 * second);
    let ghost = page.select(&select("#j1 .chart a.ghost")).next().unwrap();
    assert!(ghost.attr("aria-label").unwrap().contains("CHAT_ENGAGED was not heard in time after step 2"));
    assert!(texts(&page, "#j1 .chart .lane").iter().any(|lane| lane == "agent’s steps"));
}

#[test]
fn the_same_recordings_give_the_same_page() {
    let report = with_sights(all());
    let first = page(&report);
    let mut again = report.clone();
    for journey in &mut again.journeys {
        let saved = serde_json::to_string(&journey.recording).unwrap();
        journey.recording = serde_json::from_str(&saved).unwrap();
    }
    assert_eq!(first, page(&again));
}

/// 20,000 events, each with verdicts of its own, five megabytes of text, and a page that throws in each frame.
#[test]
fn what_is_endless_is_bounded() {
    let mut report = all();
    let mut list = vec![(0.0, mark(0)), (1000.0, mark(1))];
    list.extend((0..20_000).map(|at| (1000.0 + f64::from(at) / 10.0, event("CHAT_SHOWN", json!({ "sid": at })))));
    list.push((3990.0, event("CHAT_ENGAGED", json!({ "text": "x".repeat(5 << 20), "list": vec![HOSTILE; 2000] }))));
    let fields: serde_json::Map<String, Value> = (0..3000).map(|at| (format!("field{at}"), json!(HOSTILE))).collect();
    list.push((3991.0, event("CHAT_CLOSED", Value::Object(fields))));
    list.extend((0..5000).map(|at| {
        (3992.0, json!({ "kind": "page-error", "message": format!("error {at}"), "source": "", "line": 0 }))
    }));
    let journey = &mut report.journeys[0];
    journey.recording = recording("chromium", "talk", heard(list));
    for at in 0..20_000 {
        for requirement in ["event.CHAT_SHOWN.payload.sid", "event.CHAT_SHOWN.unexpected"] {
            journey.verdicts.push(verdict(
                "chromium",
                "talk",
                requirement,
                "fail",
                json!({ "evidence": [at + 2], "actual": at.to_string() }),
            ));
        }
    }
    let picture = "A".repeat(300 << 10);
    journey.recording.sights = serde_json::from_value(Value::Array(
        (0..120)
            .map(|at| json!({ "moment": "step-failed", "step": 3, "actor": "visitor", "at_ms": at, "picture": { "media_type": "image/jpeg", "width": 1, "height": 1, "data": picture } }))
            .collect(),
    ))
    .unwrap();
    let text = page(&report);
    assert!(text.len() < 24 << 20, "{} bytes", text.len());
    let pictures: usize = text.split("data:image/jpeg;base64,").skip(1).map(|rest| rest.find('"').unwrap()).sum();
    assert!(text.len() - pictures < 2 << 20, "{} bytes without pictures", text.len() - pictures);
    let page = Html::parse_document(&text);
    let told = texts(&page, "#j1 .events").concat();
    assert!(told.contains("and 19,996 more CHAT_SHOWN"), "{}", &told[..2000]);
    assert!(texts(&page, "#j1").concat().contains("The pages made 4,880 more errors"));
    assert!(texts(&page, "#j1 .sight .cut").iter().any(|note| note.contains("left out, to keep this file small")));
    assert!(text.contains("more characters)"), "a long text is cut with a note");
}

/// What a spec names as the vendor's page may be anything.
#[test]
fn only_addresses_that_a_browser_may_open_are_links() {
    for url in ["javascript:alert(1)", "data:text/html,x", "https://a.example/\" onclick=x", "HTTPS://x", "//x"] {
        let mut report = conforming();
        report.spec.url = url.into();
        report.journeys[0].recording.run.base_url = url.into();
        let shown = page(&report);
        let page = Html::parse_document(&shown);
        assert_eq!(page.select(&select(".banner a[href]:not([href^='#'])")).count(), 0, "{url}");
    }
}

/// From the event a line leads to the handler that was called for it, from there to what it sent and to what it didn't.
#[test]
fn what_was_sent_on_is_joined_to_its_handler_and_its_event() {
    let mut report = report(vec![journey("firefox", "talk")]);
    let before = page(&report).matches("<line class=\"join\"").count();
    let mut told = usual().as_array().unwrap().clone();
    let place = |kind: &str, more: Value| {
        let mut one = json!({ "kind": kind, "actor": "visitor", "context": "w", "document": "d" });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    told.push(place(
        "handler",
        json!({
            "arrival": 8, "seq": 8, "page_ms": 5e9 + 700.0, "handler": 1, "constant": "CHAT_SHOWN", "value_type": "string",
            "value": "CHAT_SHOWN", "callback": "function", "name": "", "location": "window.Chat", "line": 38, "column": 1,
            "script": format!("https://x.example/tags.js?{HOSTILE}"), "after_ready": true, "accepted": true,
        }),
    ));
    told.push(place(
        "handled",
        json!({
            "arrival": 9, "seq": 9, "page_ms": 5e9 + 850.0, "handler": 1, "constant": "CHAT_SHOWN", "by": "argument", "event": 2,
            "took_ms": 10.0, "returned": false, "promise": false, "message": HOSTILE, "caught": false,
        }),
    ));
    told.push(place(
        "request",
        json!({
            "arrival": 10, "heard_ms": 900.0, "id": "1", "forwards": ["ga"], "method": "POST",
            "url": format!("https://ga.example/g/collect?{HOSTILE}"), "content_type": "", "body": null,
            "body_state": "complete", "answer": "stubbed",
            "hits": [{ "forward": "ga", "names": ["chat_shown"], "fields": { "id": HOSTILE } }],
        }),
    ));
    let one = &mut report.journeys[0];
    one.recording = recording("firefox", "talk", Value::Array(told));
    let forward = |id: &str, outcome: &str, finding: &str, evidence: Value| {
        verdict("firefox", "talk", id, outcome, json!({ "finding": finding, "evidence": evidence, "hint": HOSTILE }))
    };
    one.verdicts.push(forward("forward.ga.CHAT_SHOWN.sent", "pass", "ok", json!([2, 10])));
    one.verdicts.push(forward("forward.layer.CHAT_SHOWN.sent", "fail", "missing", json!([2])));
    let shown = page(&report);
    let html = Html::parse_document(&shown);
    let lanes = texts(&html, "#j1 .chart .lane");
    for lane in ["the page’s own handlers", "sent on to analytics"] {
        assert!(lanes.iter().any(|name| name == lane), "{lane} in {lanes:?}");
    }
    let named = |label: &str| {
        let item =
            html.select(&select("#j1 .chart a.item")).find(|item| item.attr("aria-label").unwrap().contains(label));
        let at = item.unwrap_or_else(|| panic!("no {label}"));
        at.select(&select("svg, rect.body")).next().unwrap().attr("x").unwrap().to_owned()
    };
    let (handler, sent, ghost) = (named("38 threw"), named("ga chat_shown"), named("layer SHOWN not sent"));
    let joins: Vec<(String, String)> = html
        .select(&select("#j1 .chart line.join"))
        .map(|line| (line.attr("x1").unwrap().to_owned(), line.attr("x2").unwrap().to_owned()))
        .collect();
    for join in [(named("CHAT_SHOWN, 800 ms"), handler.clone()), (handler.clone(), sent), (handler, ghost)] {
        assert!(joins.contains(&join), "{join:?} in {joins:?}");
    }
    assert_eq!(joins.len(), before + 3);
    assert!(!shown.contains("<script>alert(1)"));
}
