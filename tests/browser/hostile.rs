//! Pages that mean harm: each journey ends in its own time with a clear word, the others go on, and what is recorded
//! stays small.

use chatproof::recording::{Ending, Kind};

use crate::harness::{BOTH, page};
use crate::ways::{ANSWER, OPEN_AND_GO, START, chat, run_ways, way, whole};

#[tokio::test(flavor = "multi_thread")]
async fn each_ends_and_the_others_go_on() {
    let go = |name, how: &str| way(name, &format!("<button onclick=\"{how}\">Go</button>{START}"), OPEN_AND_GO, "");
    let steps = "[{ open: '/${journey}', may_fire: STARTED }, { click: text=Go, may_fire: ANSWERED }]";
    let ways = vec![
        way(
            "flood",
            &format!(
                "<script>addEventListener('load', () => setInterval(() => {{ for (let i = 0; i < 1000; i++) say('ANSWERED', {{ i }}) }}, 0))</script>{ANSWER}{START}"
            ),
            steps,
            "",
        ),
        go("hang", "say('ANSWERED'); for (;;);"),
        go("alerts", "say('ANSWERED'); for (let i = 0; i < 10; i++) alert(i)"),
        go("large", "say('ANSWERED', { list: Array.from({ length: 100 }, () => 'x'.repeat(50000)) })"),
        go(
            "errors",
            "for (let i = 0; i < 10000; i++) setTimeout(() => { throw new Error('x'.repeat(5000)) }); say('ANSWERED')",
        ),
        whole(
            "reloads",
            "<!doctype html><script>addEventListener('load', () => location.reload())</script><p>never still",
            "[{ open: '/${journey}' }, { click: text=Go }]",
            "",
        ),
        go("leaves", "say('ANSWERED'); window.close()"),
        go(
            "frames",
            "say('ANSWERED'); setInterval(() => { for (let i = 0; i < 20; i++) document.body.appendChild(document.createElement('iframe')).remove() }, 0)",
        ),
        go(
            "forges",
            "say('ANSWERED'); for (const key of Object.getOwnPropertyNames(window)) try { const own = window[key]; if (own && own.mark) { own.mark(99); own.mark('\\\",x'); own.again() } } catch {}",
        ),
        go("healthy", "say('ANSWERED')"),
        chat_after("healthy-too"),
    ];
    for browser in BOTH {
        let ran = run_ways(browser, &ways, "defaults: { timeout: 3s, load: 5s }").await;
        let name = browser.name();
        for way in &ways {
            let recording = ran.journey(way.name).recording;
            assert!(recording.observations.len() <= 260_000, "{} in {name}", way.name);
            assert!(
                !matches!(recording.ending, Ending::Broken { .. }),
                "{} in {name}: {:?}",
                way.name,
                recording.ending
            );
        }
        for healthy in ["healthy", "healthy-too", "alerts", "large", "errors", "frames"] {
            let heard = ran.journey(healthy);
            heard.complete().conforms();
            assert!(heard.events().iter().any(|(constant, _)| constant == "ANSWERED"), "{healthy} in {name}");
        }
        let flood = ran.journey("flood");
        flood.complete();
        let fires = |journey: &str| ran.journey(journey).verdict("event.ANSWERED.fires");
        let errors =
            ran.journey("errors").observations(|kind| matches!(kind, Kind::PageError { .. }).then_some(())).len();
        assert!((1..=2_000).contains(&errors), "{errors} in {name}");
        let hang = ran.journey("hang").failure();
        assert_eq!(hang.0, "driver-timeout", "{name}: {hang:?}");
        assert_ne!(fires("hang").1, "missing", "{name}");
        let reloads = ran.journey("reloads").failure();
        assert!(["no-match", "load-timeout"].contains(&reloads.0.as_str()), "{name}: {reloads:?}");
        assert_eq!(fires("leaves").1, "ok", "{name}");
    }
}

fn chat_after(name: &'static str) -> crate::ways::Way {
    let mut way = way(name, &format!("{ANSWER}{START}"), OPEN_AND_GO, "");
    way.pages.push(page(format!("/{name}/unused"), "<p>"));
    way.pages.push(chat(format!("/{name}/too"), ""));
    way
}
