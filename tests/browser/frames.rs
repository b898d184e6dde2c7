//! Frames that change their site, and with it the process that they are in.

use chatproof::browser::BrowserKind::{self, Chromium, Firefox};
use chatproof::recording::Kind;

use crate::harness::{Pages, browsers, page, run_apart, with_widget};

/// How often the driver may lose a frame there.
fn losses(browser: BrowserKind) -> usize {
    match browser {
        Firefox => 0,
        // Once, until chromedriver is mended.
        Chromium => 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_comes_back_from_another_site_is_heard() {
    let to = |label: &str, next: &str| format!("<button onclick=\"location = '{next}'\">{label}</button>");
    let pages = Pages::serve(vec![
        page("/", "<!doctype html><h1>Shop</h1><iframe src='{foreign}/ask'></iframe>"),
        page("/ask", format!("<!doctype html>{}", to("Log in", "{other}/log-in"))),
        page("/log-in", format!("<!doctype html>{}", to("Continue", "{foreign}/widget"))),
        with_widget("/widget", "<button onclick=\"acme('SAID', { id: 'back' })\">Ask us</button>"),
        with_widget("/plain", "<button onclick=\"acme('SAID', { id: 'plain' })\">Ask us</button>"),
    ])
    .await;
    let text = "journeys:
  back:
    steps:
      - open: /
      - click: role=button[name=\"Log in\"]
      - click: role=button[name=Continue]
      - { click: 'role=button[name=\"Ask us\"]', fires: { SAID: { id: back } } }
  plain:
    steps:
      - open: /plain
      - { click: 'role=button[name=\"Ask us\"]', fires: { SAID: { id: plain } } }
";
    for browser in browsers() {
        let ran = run_apart(browser, &pages, text).await;
        assert_eq!(ran.outcome.recordings.len(), 2, "each journey counts once");
        for name in ["back", "plain"] {
            ran.journey(name).complete().conforms();
        }
        let lost = &ran.outcome.lost;
        assert!(lost.len() <= losses(browser), "{lost:?}");
        assert!(lost.iter().all(|lost| lost.frame && lost.why.message().contains("/log-in")), "{lost:?}");
        let seen = ran.journey("back").observations(|kind| matches!(kind, Kind::FrameLost { .. }).then_some(()));
        assert!(seen.is_empty(), "what counts lost no frame");
    }
}
