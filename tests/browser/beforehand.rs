//! Pages that a browser renders before their visitor goes there (Chromium, by speculation rules): what is heard in one until
//! then is nobody's, and the visitor is followed to it. Firefox renders none, and hears the same of the journeys.

use chatproof::browser::BrowserKind;
use chatproof::recording::{Kind, Observation};
use chatproof::verdict::Outcome;

use crate::harness::{Heard, Page, Pages, browsers, page, run, with_widget};

/// Has `/next` rendered beforehand, and says so once it is; where a browser doesn't do that, at once.
const AHEAD: &str = "<p id=state>rendering</p><script>
    const ahead = () => {
      const said = () => { state.textContent = 'rendered ahead' };
      if (!HTMLScriptElement.supports?.('speculationrules')) return said();
      addEventListener('storage', (event) => event.key === 'ahead' && said());
      const rules = document.createElement('script');
      rules.type = 'speculationrules';
      rules.textContent = JSON.stringify({ prerender: [{ source: 'list', urls: ['/next'], eagerness: 'immediate' }] });
      document.head.append(rules);
    };
  </script>";

/// The page that is rendered beforehand: fires at once, in itself and in a frame, and has an analytics of its own.
fn next() -> Page {
    with_widget(
        "/next",
        "<button onclick=\"acme('SAID', { id: 'seen' })\">Go</button><a href=/last>On</a><p id=size></p>
        <script>
          const send = (name) => fetch('/g/collect?v=2&tid=G-TEST&en=' + name, { keepalive: true });
          document.addEventListener('acme:ready', () => {
            Acme.chat.on(Acme.chat.Topics.OPENED, () => send('opened'));
            Acme.chat.on(Acme.chat.Topics.SAID, () => send('said'));
            Acme.chat.on(Acme.chat.Topics.CLOSED, () => send('closed'));
          });
          document.addEventListener('prerenderingchange', () => acme('CLOSED', { id: 'arrived' }));
          addEventListener('load', () => setTimeout(() => {
            acme('OPENED', { id: 'early' });
            size.textContent = innerWidth + 'x' + innerHeight;
            if (document.prerendering) localStorage.setItem('ahead', Math.random());
          }));
        </script>",
    )
}

/// What was heard and sent before anybody was there, sorted: requests come by a socket of their own.
fn unseen(heard: &Heard) -> Vec<String> {
    let mut all = heard.observations(|kind| match kind {
        Kind::Unseen { heard } => match &**heard {
            Kind::Event { constant, .. } => Some(constant.clone()),
            Kind::Request(request) => Some(request.url.rsplit('=').next().unwrap_or_default().to_owned()),
            _ => None,
        },
        _ => None,
    });
    all.sort();
    all
}

const FORWARDS: &str = "
forwards:
  own: { kind: ga4, events: { OPENED: opened, SAID: said, CLOSED: closed } }
";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_fires_before_its_visitor_is_there_acquits_nobody() {
    let broken = format!("{AHEAD}<button onclick=ahead()>Open</button>");
    let pages = Pages::serve(vec![with_widget("/", &broken), next()]).await;
    let site = format!(
        "{FORWARDS}
journeys:
  broken:
    steps:
      - open: /
      - {{ click: text=Open, fires: OPENED, within: 1s }}
      - wait_for: text=rendered ahead
"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        let heard = ran.journey("broken");
        heard.complete().no_gaps();
        assert_eq!(heard.verdict("event.OPENED.fires"), (Outcome::Fail, "missing".to_owned()), "{}", browser.name());
        assert_eq!(heard.events(), [], "{}", browser.name());
        let expected: &[&str] = if browser == BrowserKind::Chromium { &["OPENED", "opened"] } else { &[] };
        assert_eq!(unseen(&heard), expected, "{}", browser.name());
        let unprompted = heard
            .verdicts()
            .into_iter()
            .any(|v| v.requirement == "forward.own.unprompted" && v.outcome != Outcome::Pass);
        assert!(!unprompted, "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_visitor_is_followed_to_a_page_that_was_rendered_beforehand() {
    let pages = Pages::serve(vec![
        with_widget("/", &format!("{AHEAD}<a href=/next>Next</a><script>ahead()</script>")),
        next(),
        with_widget("/last", "<button onclick=\"acme('CLOSED', { id: 'last' })\">End</button>"),
        page("/apart", "<!doctype html><title>t</title><p>apart"),
    ])
    .await;
    let site = format!(
        "viewport: 900x700
{FORWARDS}
journeys:
  follow:
    steps:
      - open: /
      - wait_for: text=rendered ahead
      - click: text=Next
      - wait_for: text=900x700
      - {{ click: text=Go, fires: SAID }}
      - click: text=On
      - {{ click: text=End, fires: CLOSED }}
"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        let heard = ran.journey("follow");
        heard.complete().no_gaps();
        let constants: Vec<String> = heard.events().into_iter().map(|(constant, _)| constant).collect();
        let ahead = browser == BrowserKind::Chromium;
        assert_eq!(constants, if ahead { vec!["CLOSED", "SAID", "CLOSED"] } else { vec!["OPENED", "SAID", "CLOSED"] });
        assert_eq!(unseen(&heard), if ahead { vec!["OPENED", "opened"] } else { vec![] });
        for requirement in
            ["event.SAID.fires", "event.CLOSED.fires", "forward.own.SAID.sent", "ready.fired", "ready.once"]
        {
            assert_eq!(
                heard.verdict(requirement),
                (Outcome::Pass, "ok".to_owned()),
                "{requirement} in {}",
                browser.name()
            );
        }
        // What is sent the moment the page is shown is its visitor's.
        let sent = heard.observations(|kind| match kind {
            Kind::Request(request) => request.url.rsplit('=').next().map(str::to_owned),
            _ => None,
        });
        assert_eq!(sent, if ahead { ["closed", "said"] } else { ["opened", "said"] }, "{}", browser.name());
        // What is fired as it loads is the page's own in Firefox, and nobody's in Chromium: it accuses the widget in neither
        // of what came before anybody was there.
        let lost: Vec<&Observation> =
            heard.recording.observations.iter().filter(|o| matches!(o.kind, Kind::Deaf { .. })).collect();
        assert_eq!(lost, Vec::<&Observation>::new(), "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_fired_before_its_visitor_was_there_is_not_missing() {
    let pages =
        Pages::serve(vec![with_widget("/", &format!("{AHEAD}<a href=/next>Next</a><script>ahead()</script>")), next()])
            .await;
    let site = "
journeys:
  next:
    steps:
      - open: /
      - wait_for: text=rendered ahead
      - { click: text=Next, fires: OPENED, within: 10s }
";
    for browser in browsers() {
        let ran = run(browser, &pages, site).await;
        let heard = ran.journey("next");
        heard.complete();
        let expected = match browser {
            BrowserKind::Chromium => (Outcome::Inconclusive, "beforehand".to_owned()),
            BrowserKind::Firefox => (Outcome::Pass, "ok".to_owned()),
        };
        assert_eq!(heard.verdict("event.OPENED.fires"), expected, "{}", browser.name());
    }
}
