//! Steps in windows that the page opens: whatever their origin, whether they know their opener or not.

use chatproof::verdict::Outcome;

use crate::harness::{Page, Pages, browsers, page, run, with_widget};

/// A page that says who it is as soon as it can, and when somebody presses its button.
fn popup(path: &'static str, name: &str) -> Page {
    with_widget(
        path,
        &format!(
            "<h1>{name}</h1><input aria-label=Name><button onclick=\"acme('SAID', {{ id: '{name} ' + document.querySelector('input').value }})\">Say</button>
             <a href=/next>Next</a>
             <button onclick=\"acme('SAID', {{ id: 'bye' }}); window.close()\">Done</button>"
        ),
    )
}

fn pages() -> Vec<Page> {
    let open = |name: &str, how: &str| format!("<button onclick=\"{how}\">{name}</button>");
    let body = [
        open("same", "window.open('/same')"),
        open("sized", "window.open('/same', 'chat', 'width=400,height=300')"),
        open("cut", "window.open('/same', '_blank', 'noopener')"),
        open("other", "window.open('{other}/other')"),
        open("foreign", "window.open('{foreign}/foreign')"),
        open("later", "const w = window.open(''); setTimeout(() => { w.location = '/same' }, 300)"),
        open("late", "setTimeout(() => window.open('/same'), 700)"),
        open("two", "window.open('/same'); window.open('/next')"),
        "<a href=/same target=_blank>blank</a><a href=/same target=_blank rel=opener>known</a>".to_owned(),
        "<iframe src='{foreign}/frame' width=300 height=60></iframe>".to_owned(),
    ];
    vec![
        with_widget("/", &body.concat()),
        popup("/same", "same"),
        popup("/next", "next"),
        popup("/other", "other"),
        popup("/foreign", "foreign"),
        page("/frame", "<button onclick=\"window.open('/foreign')\">framed</button>"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_act_in_them_and_their_events_are_heard() {
    let pages = Pages::serve(pages()).await;
    let mut text = "journeys:\n".to_owned();
    for (opens, name) in [
        ("same", "same"),
        ("sized", "same"),
        ("cut", "same"),
        ("other", "other"),
        ("foreign", "foreign"),
        ("later", "same"),
        ("late", "same"),
        ("blank", "same"),
        ("known", "same"),
        ("framed", "foreign"),
    ] {
        // A window that has a history and no opener doesn't close itself.
        let goes = match opens {
            "cut" | "blank" => "{ close_page: true, in: popup }",
            _ => "{ click: text=Done, in: popup, may_fire: SAID }",
        };
        text += &format!(
            "
  {opens}:
    steps:
      - open: /
      - click: text=\"{opens}\"
      - wait_for: role=heading[name=\"{name}\"]
        in: popup
      - {{ fill: label=Name, in: popup, with: Ada }}
      - {{ click: text=Say, in: {{ popup: '*/{name}' }}, fires: {{ SAID: {{ id: '{name} Ada' }} }} }}
      - {{ click: text=Next, in: popup }}
      - wait_for: role=heading[name=next]
        in: popup
      - {{ click: text=Say, in: {{ popup: '*/next' }}, fires: {{ SAID: {{ id: 'next ' }} }} }}
      - {goes}
      - {{ wait_until_gone: html, in: popup }}
      - wait_for: text=\"same\"
"
        );
    }
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for recording in &ran.outcome.recordings {
            ran.journey(&recording.journey).complete().conforms().no_gaps();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_told_apart_closed_and_missed() {
    let pages = Pages::serve(pages()).await;
    let text = "
journeys:
  two:
    steps:
      - open: /
      - click: text=\"two\"
      - { click: text=Say, in: { popup: '*/same' }, fires: { SAID: { id: 'same ' } } }
      - { click: text=Say, in: popup, fires: { SAID: { id: 'next ' } } }
      - { close_page: true, in: popup }
      - { click: text=Say, in: popup, fires: { SAID: { id: 'same ' } } }
      - { eval: 'if (!opener) throw 1', in: popup }
      - { open: /next, in: popup }
      - { back: true, in: popup }
      - { wait_for: h1, in: popup }
      - { close_page: true, in: popup }
      - { wait_until_gone: html, in: popup }
      - { click: text=Say, in: popup, optional: true, fires: SAID }
      - click: text=\"same\"
      - { wait_for: h1, in: popup }
  none:
    steps:
      - open: /
      - click: text=\"same\"
      - { click: text=Say, in: { popup: '*/elsewhere' }, timeout: 1s }
  unsaid:
    steps:
      - open: /
      - click: text=\"same\"
      - { click: text=Say, in: popup }
      - { click: text=Say, in: popup, fires: OPENED }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        ran.journey("two").complete().conforms();
        let (code, message, instead) = ran.journey("none").failure();
        assert!(code == "no-popup" && message.contains("*/elsewhere"), "{code}: {message}");
        assert!(instead.len() == 1 && instead[0].ends_with("/same"), "{instead:?}");
        let unsaid = ran.journey("unsaid");
        unsaid.complete();
        assert_eq!(unsaid.verdict("event.OPENED.fires").0, Outcome::Fail, "{}", browser.name());
        assert_eq!(unsaid.verdict("event.SAID.unexpected").0, Outcome::Fail, "{}", browser.name());
    }
}
