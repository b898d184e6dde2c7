//! Events with names that are parts of requirement ids: each verdict is told of the event that it is about, in all formats.

use chatproof::cli::assemble::{self, Happened, Terms};
use chatproof::report::Format;
use chatproof::report::model::Report;
use chatproof::report::style::Style;
use chatproof::report::summary::{self, Status};
use chatproof::source::SourceFile;
use chatproof::spec;
use chatproof::verdict::Outcome;
use serde_json::{Value, json};

use super::support::*;

/// Names that vendors could choose, each a trap for whoever takes ids apart.
const HOSTILE: &[&str] = &[
    "payload",
    "fires",
    "unexpected",
    "at-most",
    "coverage",
    "event",
    "text",
    "ready",
    "fired",
    "value",
    "sent",
    "pii",
    "api.chat.onOpen",
    "api.chat.onClose",
    "payload.fires",
    "event.x.fires",
    ".",
    "..a..",
    "chat opened",
    "chat/opened",
    "it's \"quoted\"",
    "naïve.événement.聊天",
    "a*b",
    "a?c",
    "list[0]",
    "!not",
    "#hash: x",
];

fn contract() -> spec::Spec {
    let events: String = HOSTILE
        .iter()
        .map(|x| format!("  {}: {{ cause: a cause, payload: [a, b], at_most: {{ per: step }} }}\n", json!(x)))
        .collect();
    parse_spec(&format!(
        "format: chatproof-spec/1\nid: hostile\ntitle: Hostile names\npage: {{ title: Events, url: https://n.example/ }}\n\
         probe: {{ ready: {{ event: n-ready }}, api: {{ locations: [{{ path: N }}], subscribe: on }}, payload: detail }}\n\
         payloads:\n  a: {{ id: {{ title: id, schema: {{ type: string }} }} }}\n  \
         b: {{ text: {{ title: text, schema: {{ type: string }} }}, fires: {{ title: fires, schema: {{ type: string }} }} }}\n\
         events:\n{events}"
    ))
}

fn site() -> String {
    let steps: String =
        HOSTILE.iter().map(|x| format!("      - click: '#a'\n        fires: [{}]\n", json!(x))).collect();
    format!("spec: ./n.yaml\nbase_url: https://n.example\njourneys:\n  talk:\n    steps:\n      - open: /\n{steps}")
}

/// All events are fired for their steps; `odd` as it is told.
fn film(odd: &str, payload: Option<Value>) -> Film {
    let mut film = Film::new(contract(), &site(), "talk");
    film.step().load("https://n.example/").widget();
    for x in HOSTILE {
        let payload = if *x == odd { payload.clone() } else { Some(json!({ "id": "1", "text": "t", "fires": "f" })) };
        film.step();
        if let Some(payload) = payload {
            film.say(heard(x, json!({ "detail": payload })));
        }
    }
    film
}

fn report(film: &Film) -> Report {
    let selected = vec!["talk".to_owned()];
    assemble::report(&film.spec, &film.site, vec![film.record()], &selected, Happened::default(), &Terms::default())
}

fn failed(report: &Report) -> Vec<&str> {
    let rows = summary::coverage(report);
    rows.into_iter().filter(|row| row.cells[0].status != Status::Proved).map(|row| row.constant).collect()
}

#[test]
fn each_event_is_told_by_its_own_verdicts_only() {
    let good = film("", None);
    assert_eq!(good.broken(), [""; 0]);
    assert_eq!(failed(&report(&good)), [""; 0]);
    for x in HOSTILE {
        let missing = film(x, None);
        let own: Vec<_> = missing.judge().into_iter().filter(|v| v.outcome != Outcome::Pass).collect();
        assert_eq!(own.len(), 1, "{x}: {own:#?}");
        assert_eq!((own[0].requirement.event_name(), own[0].requirement.what()), (Some(*x), "fires"));
        let missing = report(&missing);
        assert_eq!(failed(&missing), [*x]);
        assert_eq!(summary::totals(&missing).fail, 2, "its `fires` and its `coverage`");

        let lacking = report(&film(x, Some(json!({ "id": "1", "fires": "f" }))));
        assert_eq!(failed(&lacking), [*x]);
        assert_eq!(summary::totals(&lacking).fail, 1);
    }
}

#[test]
fn the_formats_agree_on_them() {
    for (x, other) in [("sent", "text"), ("api.chat.onClose", "api.chat.onOpen"), ("chat opened", "fires")] {
        let report = report(&film(x, Some(json!({ "id": "1", "fires": "f" }))));
        let id = format!("event.{x}.payload.text");
        let of = |format: Format| format.render(&report, Style::OFF);
        let json: Value = serde_json::from_str(&of(Format::Json)).unwrap();
        let row = |x: &str| {
            let rows = json["browsers"][0]["events"].as_array().unwrap();
            rows.iter().find(|row| row["constant"] == *x).unwrap().to_string()
        };
        assert!(row(x).contains("\"failed\"") && !row(other).contains("failed"), "{} {}", row(x), row(other));
        for format in [Format::Terminal, Format::Markdown, Format::Html, Format::Junit, Format::Tap, Format::Ctrf] {
            assert!(of(format).contains(&id), "{}", format.name());
        }
        let table = of(Format::Terminal);
        let line = |x: &str| table.lines().rfind(|l| l.trim_start().starts_with(&format!("{x} "))).unwrap().to_owned();
        assert!(line(x).contains("failed") && line(other).contains("proved"), "{table}");
        let junit = of(Format::Junit);
        assert_eq!(junit.matches("<failure").count(), 1, "{junit}");
        assert_eq!(
            of(Format::Tap).lines().filter(|l| l.trim_start().starts_with("not ok") && l.contains(&id)).count(),
            1
        );
    }
}

#[test]
fn ids_that_would_read_alike_are_refused() {
    let text = |events: &str, payloads: &str| {
        format!(
            "format: chatproof-spec/1\nid: n\ntitle: N\npage: {{ title: Events, url: https://n.example/ }}\n\
             probe: {{ ready: {{ event: n-ready }}, api: {{ locations: [{{}}], subscribe: on }} }}\n\
             payloads: {payloads}\nevents: {events}\n"
        )
    };
    let told = |events: &str, payloads: &str| match spec::parse(SourceFile::new("n.yaml", text(events, payloads))) {
        Ok(_) => String::new(),
        Err(mistakes) => mistakes.to_string(),
    };
    let field = "{ p: { fires: { title: f, schema: true } } }";
    let both = told("{ a: { cause: c, payload: p }, a.payload: { cause: c } }", field);
    assert!(both.contains("two requirements have the id `event.a.payload.fires`"), "{both}");
    assert!(both.contains("a spec of its own for one of the events `a` and `a.payload`"), "{both}");
    assert_eq!(told("{ b: { cause: c, payload: p }, a.payload: { cause: c } }", field), "");
    let further =
        "{ p: { a: { title: f, schema: true, further: { b: { schema: true } } }, a.b: { title: f, schema: true } } }";
    assert!(told("{ x: { cause: c, payload: p } }", further).contains("`a.b` is already required of this event"));
    for name in ["a{b}", "a`b", " a", "a ", "a\\b", "a\nb", ""] {
        let told = told(&format!("{{ {}: {{ cause: c }} }}", json!(name)), "{}");
        assert!(told.contains("can't be an event's name"), "{name:?}: {told}");
    }
}

/// `levels` and `known.yaml` are globs; a name that is one by chance is matched by itself.
#[test]
fn globs_match_names_that_look_like_globs() {
    for x in HOSTILE {
        let mut film = film(x, None);
        let levels = format!("levels: {{ {}: {{ level: should, why: so }} }}\n", json!(format!("event.{x}.fires")));
        film.site = parse_site(&format!("{}{levels}", site()), &film.spec);
        assert_eq!(
            film.broken(),
            [format!("~event.{x}.fires missing (step {})", 2 + HOSTILE.iter().position(|y| y == x).unwrap())]
        );

        let known = format!("- {{ requirement: {}, reason: r }}\n", json!(format!("event.{x}.fires")));
        let baseline =
            chatproof::cli::known::parse(SourceFile::new("known.yaml", known), &film.spec, &film.site, Style::OFF);
        let terms = Terms { baseline: Some(baseline.unwrap()), ..Terms::default() };
        let selected = [film.journey.clone()];
        let report =
            assemble::report(&film.spec, &film.site, vec![film.record()], &selected, Happened::default(), &terms);
        assert_eq!(report.journeys[0].verdicts.iter().filter(|v| v.outcome == Outcome::Waived).count(), 1, "{x}");
    }
}
