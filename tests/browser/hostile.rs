//! Pages that mean harm: each journey ends in its own time with a clear word, the others go on, and what is recorded
//! stays small.

use chatproof::browser::BrowserKind;
use chatproof::recording::{Ending, Kind};

use crate::harness::{Ran, browsers};
use crate::ways::{ANSWER, OPEN_AND_GO, START, Way, run_ways_apart, way, whole};

/// What a page does when it is clicked.
fn go(name: &'static str, how: &str) -> Way {
    way(name, &format!("<button onclick=\"{how}\">Go</button>{START}"), OPEN_AND_GO, "")
}

async fn run_bounded(browser: BrowserKind, ways: &[Way]) -> Ran {
    let ran = run_ways_apart(browser, ways, "defaults: { timeout: 10s, load: 20s, within: 8s }").await;
    for way in ways {
        let recording = ran.journey(way.name).recording;
        let place = format!("{} in {}", way.name, browser.name());
        assert!(recording.observations.len() <= 260_000, "{place}");
        assert!(!matches!(recording.ending, Ending::Broken { .. }), "{place}: {:?}", recording.ending);
    }
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_keep_the_browser_busy_stop_nobody_else() {
    let ways = [
        way(
            "flood",
            &format!(
                "<script>addEventListener('load', () => setInterval(() => {{ for (let i = 0; i < 1000; i++) say('ANSWERED', {{ i }}) }}, 0))</script>{ANSWER}{START}"
            ),
            "[{ open: '/${journey}', may_fire: STARTED }, { click: text=Go, may_fire: ANSWERED }]",
            "",
        ),
        go("hang", "say('ANSWERED'); for (;;);"),
        whole(
            "reloads",
            "<!doctype html><script>addEventListener('load', () => location.reload())</script><p>never still",
            "[{ open: '/${journey}' }, { click: text=Go }]",
            "",
        ),
        go("healthy", "say('ANSWERED')"),
    ];
    for browser in browsers() {
        let ran = run_bounded(browser, &ways).await;
        let name = browser.name();
        ran.journey("flood").complete();
        let hang = ran.journey("hang");
        assert_eq!(hang.failure().0, "driver-timeout", "{name}");
        assert_ne!(hang.verdict("event.ANSWERED.fires").1, "missing", "{name}");
        let (code, message, _) = ran.journey("reloads").failure();
        assert!(["no-match", "load-timeout"].contains(&code.as_str()), "{name}: {code} {message}");
        ran.journey("healthy").complete().conforms();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_make_much_of_themselves_are_bounded() {
    let ways = [
        go("alerts", "say('ANSWERED'); for (let i = 0; i < 10; i++) alert(i)"),
        go("large", "say('ANSWERED', { list: Array.from({ length: 100 }, () => 'x'.repeat(50000)) })"),
        // The event comes behind all the errors, so all of them have been told when it is heard.
        way(
            "errors",
            &format!(
                "<button onclick=\"for (let i = 0; i < 5000; i++) setTimeout(() => {{ throw new Error('x'.repeat(5000)) }}); setTimeout(() => say('ANSWERED'))\">Go</button>{START}"
            ),
            "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED, within: 60s }]",
            "",
        ),
        go("leaves", "say('ANSWERED'); window.close()"),
        go(
            "frames",
            "say('ANSWERED'); setInterval(() => { for (let i = 0; i < 20; i++) document.body.appendChild(document.createElement('iframe')).remove() }, 0)",
        ),
        go(
            "forges",
            "say('ANSWERED'); for (const key of Object.getOwnPropertyNames(window)) try { const own = window[key]; if (own && own.mark) { own.mark(99); own.mark('\\',x'); own.again() } } catch {}",
        ),
    ];
    for browser in browsers() {
        let ran = run_bounded(browser, &ways).await;
        let name = browser.name();
        for one in ["alerts", "large", "errors", "frames"] {
            ran.journey(one).complete().conforms();
        }
        let errors = ran.journey("errors").observations(|kind| matches!(kind, Kind::PageError { .. }).then_some(()));
        assert!((1..=2_000).contains(&errors.len()), "{} in {name}", errors.len());
        assert_eq!(ran.journey("leaves").verdict("event.ANSWERED.fires").1, "ok", "{name}");
    }
}
