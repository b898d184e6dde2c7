//! The virtual clock: a page's time passes at once, in order, in every frame, and nothing else changes.

use chatproof::recording::Kind;
use chatproof::verdict::Outcome;
use serde_json::{Value, json};

use crate::harness::{Heard, Pages, browsers, page, run, with_widget};

fn said(heard: &Heard, constant: &str) -> Vec<Value> {
    heard.events().into_iter().filter(|(said, _)| said == constant).map(|(_, info)| info).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_idle_minutes_take_no_time() {
    // A visitor who does nothing is warned after nine minutes, and the chat is closed after ten.
    let idle = "<p id=state>open</p><button onclick=\"alive()\">I am here</button><script>
        let idle; const state = (text) => document.querySelector('#state').textContent = text;
        function alive() { clearTimeout(idle); state('open'); idle = setTimeout(() => { state('still there?'); idle = setTimeout(() => { acme('CLOSED', { id: 'c' }); state('closed') }, 60_000) }, 9 * 60_000) }
        addEventListener('load', () => { acme('OPENED', { id: 'c' }); alive() })</script>";
    let pages = Pages::serve(vec![with_widget("/", idle).header("x-idle", "10")]).await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  idle:
    clock: virtual
    steps:
      - { open: /, may_fire: OPENED }
      - advance: 9m
      - wait_for: text='still there?'
      - click: text='I am here'
      - advance: 9m
      - wait_for: text='still there?'
      - advance: 1m
        fires: CLOSED
      - wait_for: text=closed
  real:
    steps:
      - { open: /, may_fire: OPENED }
      - { wait_for: text=open, may_fire: CLOSED }
",
        )
        .await;
        let heard = ran.journey("idle");
        heard.complete().no_gaps();
        let name = browser.name();
        assert_eq!(heard.verdict("event.CLOSED.fires"), (Outcome::Pass, "ok".into()), "{name}");
        assert_eq!(heard.verdict("event.CLOSED.unexpected").0, Outcome::Pass, "{name}");
        let advanced: Vec<(f64, u64)> = heard.observations(|kind| match kind {
            Kind::Advanced { by_ms, timers, .. } => Some((*by_ms, *timers)),
            _ => None,
        });
        assert_eq!(advanced, [(540_000.0, 1), (540_000.0, 1), (60_000.0, 1)], "{name}");
        assert!(said(&ran.journey("real"), "CLOSED").is_empty(), "{name}: without an advance time flows as usual");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_fire_in_the_order_in_which_they_are_due_each_at_its_own_time() {
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<script src=/clock-log.js></script><script>
            addEventListener('load', () => { facts(); at(6.5, () => { facts(); document.body.append('six') }) })
            </script><button onclick=\"acme('SAID', { id: 'c', log })\">Say</button>",
        ),
        page("/clock-log.js", include_str!("clock.js")),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  log:
    clock: virtual
    steps:
      - open: /
      - advance: 1.25m
      - advance: 6m
      - wait_for: text=six
      - click: text=Say
        may_fire: SAID
",
        )
        .await;
        let heard = ran.journey("log");
        heard.complete().no_gaps();
        let name = browser.name();
        let log = said(&heard, "SAID").remove(0)["log"].clone();
        let log: Vec<&str> = log.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        // What is due at once may come in any order among its kind.
        let (mut first, later): (Vec<&str>, Vec<&str>) =
            log.iter().partition(|line| line.starts_with("0 ") && !line.contains("fact"));
        first.sort_unstable();
        assert_eq!(first, ["0 frame true", "0 negative", "0 nothing", "0 too long wraps around"], "{name}");
        let timers: Vec<&str> = later.iter().copied().filter(|line| !line.contains("fact")).collect();
        let line = include_str!("clock.js").lines().position(|line| line.contains("thrown at four")).unwrap() + 1;
        let error = format!(
            "4.5 onerror {}Error: thrown at four and a half {line}",
            if name == "firefox" { "" } else { "Uncaught " }
        );
        assert_eq!(
            timers,
            [
                "1 one",
                "1 promise of one",
                "1 microtask of one",
                "1 and its promise",
                "1 one again",
                "1.4 set by one",
                "1.7 awaited 0",
                "2 tick 1",
                "2.2 given a,2 true",
                "3 three",
                "3.4 awaited 1",
                "4 tick 2",
                "4.1 text",
                "4.3 object's number",
                &error,
                "5 frame at five true",
                "5.1 awaited 2",
                "5.3 idle after five false true",
                "5.5 aborted TimeoutError",
                "6 tick 3",
            ],
            "{name}: {log:#?}"
        );
        let facts: Vec<&str> =
            later.iter().filter_map(|line| line.split_once(" fact ")).map(|(_, fact)| fact).collect();
        let dated = "true true true 0 2 1580688000000 true";
        let half = [
            dated,
            "string true Date 7 0 true true more true true true",
            "true true true true",
            "true",
            "true number setTimeout 1 true",
            "true 5",
        ];
        assert_eq!(facts, [half, half].concat(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_frames_and_all_documents_to_come_have_the_same_time() {
    let child = |name: &str, minutes: &str| {
        format!(
            "<!doctype html><script>
            const said = (what) => top.postMessage('{name} ' + what, '*');
            for (const m of {minutes}) setTimeout(() => said(m), m * 60_000);
            said('born ' + Date.now());
            </script>"
        )
    };
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<iframe src=/same></iframe><iframe src='{other}/other'></iframe><script>
            const log = []; const born = {};
            addEventListener('message', ({ data }) => { const [name, what, time] = data.split(' '); if (what === 'born') born[name] = Number(time) - Date.now(); else log.push(`${name} ${what}`) });
            // A frame that is born while time is advanced: at that time.
            setTimeout(() => { for (const src of ['/late', '{other}/later']) { const f = document.createElement('iframe'); f.src = src; document.body.append(f) } log.push('made'); }, 3.5 * 60_000);
            </script><a href=/next>Next</a><button onclick=\"acme('SAID', { id: 'c', log, born, now: Date.now() })\">Say</button>",
        ),
        page("/same", child("same", "[1, 3, 5, 7]")),
        page("/other", child("other", "[2, 4, 6]")),
        page("/late", child("late", "[100]")),
        page("/later", child("later", "[100]")),
        with_widget("/next", "<p>next</p><script>addEventListener('load', () => setTimeout(() => acme('SAID', { id: 'c', now: Date.now() })))</script>"),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  frames:
    clock: virtual
    steps:
      - open: /
      - advance: 10m
      - { click: text=Say, may_fire: SAID }
      - { click: text=Next, may_fire: SAID }
      - wait_for: text=next
",
        )
        .await;
        let heard = ran.journey("frames");
        heard.complete().no_gaps();
        let name = browser.name();
        let said = said(&heard, "SAID");
        let [first, next] = &said[..] else { panic!("{name}: {said:?}") };
        assert_eq!(
            first["log"],
            json!(["same 1", "other 2", "same 3", "made", "other 4", "same 5", "other 6", "same 7"]),
            "{name}"
        );
        for (frame, by) in first["born"].as_object().unwrap() {
            assert!(by.as_f64().unwrap().abs() < 30_000.0, "{name}: {frame} is {by} ms off");
        }
        assert_eq!(first["born"].as_object().unwrap().len(), 4, "{name}: {first}");
        // The listener's own time is the real one.
        let real: Vec<f64> = heard
            .recording
            .observations
            .iter()
            .filter(|o| matches!(&o.kind, Kind::Event { .. }))
            .filter_map(|o| o.page_ms)
            .collect();
        for (said, real) in [first, next].into_iter().zip(real) {
            let ahead = said["now"].as_f64().unwrap() - real;
            assert!((ahead - 600_000.0).abs() < 30_000.0, "{name}: {ahead} ms ahead");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_the_real_time_is_told_where_an_event_is_missing() {
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<script>addEventListener('load', () => { const w = new Worker('/worker.js'); w.onmessage = () => acme('CLOSED', { id: 'c' }); acme('OPENED', { id: 'c' }) })</script>",
        ),
        page("/worker.js", "setTimeout(() => postMessage(1), 600000)"),
        // Timers that never end.
        with_widget("/endless", "<script>setInterval(() => { const until = performance.now() + 1; while (performance.now() < until); }, 1)</script>"),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "
journeys:
  worker:
    clock: virtual
    steps:
      - { open: /, fires: OPENED }
      - { advance: 11m, fires: CLOSED, within: 100ms }
  endless:
    clock: virtual
    steps:
      - open: /endless
      - { advance: 10m, timeout: 500ms }
",
        )
        .await;
        let heard = ran.journey("worker");
        heard.complete().no_gaps();
        let verdict =
            heard.verdicts().into_iter().find(|v| v.requirement == "event.CLOSED.fires").expect("a verdict on CLOSED");
        let hint = verdict.hint.unwrap_or_default();
        assert!(hint.contains("1 worker"), "{}: {hint}", browser.name());
        let (code, message, _) = ran.journey("endless").failure();
        assert_eq!(code, "script-error", "{message}");
        assert!(message.contains("didn't come to an end within 0.5 s"), "{}: {message}", browser.name());
    }
}
