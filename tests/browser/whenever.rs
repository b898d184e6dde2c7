//! What may come at any time is done in between, in the window where it comes, and is no step's doing.

use chatproof::recording::Kind;
use chatproof::verdict::Outcome;

use crate::harness::{Heard, Pages, browsers, page, run, with_widget};

/// A box that covers everything, so long after the page is there; it comes again so many times, and says what closes it.
const BOX: &str = r#"
<button onclick="acme('OPENED', { id: '1' })">Ask us</button>
<script>
  const come = (after, again, gap = 200) => setTimeout(() => {
    const box = document.createElement('div');
    box.style = 'position:fixed;inset:0;background:#fffc';
    box.innerHTML = '<button class=no>No, thanks</button>';
    const close = () => { box.remove(); removeEventListener('keydown', escape); if (again > 0) come(gap, again - 1, gap) };
    const escape = (event) => event.key === 'Escape' && close();
    addEventListener('keydown', escape);
    box.firstChild.onclick = () => { close(); window.closing?.() };
    document.body.append(box);
  }, after);
</script>"#;

fn between(journey: &Heard<'_>) -> Vec<(usize, String)> {
    journey.observations(|kind| match kind {
        Kind::Whenever { entry, problem, .. } => Some((*entry, problem.clone())),
        _ => None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_covers_a_step_is_clicked_or_pressed_away() {
    let pages = Pages::serve(vec![
        with_widget("/", &format!("{BOX}<script>come(0, 0)</script>")),
        with_widget("/late", &format!("{BOX}<script>come(600, 0)</script>")),
        with_widget("/again", &format!("{BOX}<script>come(0, 2)</script>")),
        with_widget(
            "/framed",
            "<button onclick=\"acme('OPENED', { id: '1' })\">Ask us</button><div style='position:fixed;inset:0'>\
             <iframe style='width:300px;height:200px' srcdoc=\"<button onclick='parent.document.querySelector(&quot;div&quot;).remove()'>No, thanks</button>\"></iframe></div>",
        ),
        page("/box", "<!doctype html><button onclick=\"parent.postMessage('gone', '*')\">No, thanks</button>"),
        with_widget(
            "/foreign",
            "<button onclick=\"acme('OPENED', { id: '1' })\">Ask us</button><script>
             onmessage = () => document.querySelector('div').remove();
             setTimeout(() => document.body.insertAdjacentHTML('beforeend',
               '<div style=\"position:fixed;inset:0\"><iframe style=\"width:300px;height:200px\" src=\"{foreign}/box\"></iframe></div>'), 500)</script>",
        ),
        with_widget("/never", "<button onclick=\"acme('OPENED', { id: '1' })\">Ask us</button>"),
    ])
    .await;
    let steps =
        |path: &str| format!("steps: [{{ open: /{path} }}, {{ pause: 1s }}, {{ click: text=Ask us, fires: OPENED }}]");
    let text = format!(
        "
whenever: [{{ see: 'role=button[name=\"No, thanks\"]', click: true }}]
journeys:
  early: {{ {} }}
  late: {{ {} }}
  again: {{ {} }}
  framed: {{ {} }}
  foreign: {{ {} }}
  never: {{ {} }}
",
        steps(""),
        steps("late"),
        steps("again"),
        steps("framed"),
        steps("foreign"),
        steps("never")
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for (name, times) in [("early", 1), ("late", 1), ("again", 3), ("framed", 1), ("foreign", 1), ("never", 0)] {
            let journey = ran.journey(name);
            journey.complete();
            assert_eq!(journey.verdict("event.OPENED.fires").0, Outcome::Pass, "{name}");
            assert_eq!(between(&journey), vec![(0, String::new()); times], "{name}");
        }
        let text = "
journeys:
  keys:
    whenever: [{ see: .no, press: Escape }]
    steps: [{ open: /again }, { pause: 1s }, { click: text=Ask us, fires: OPENED }]
";
        let ran = run(browser, &pages, text).await;
        let journey = ran.journey("keys");
        journey.complete();
        assert_eq!(between(&journey), vec![(0, String::new()); 3]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_done_at_most_so_often_and_says_why_it_was_not() {
    let pages = Pages::serve(vec![
        with_widget("/", &format!("{BOX}<script>come(0, 1000, 0)</script>")),
        with_widget(
            "/two",
            "<button class=no>No, thanks</button><button class=no>No, thanks</button><script>acme('OPENED', { id: '1' })</script>",
        ),
    ])
    .await;
    let text = "
whenever: [{ see: .no, click: true, at_most: 2 }]
defaults: { timeout: 8s }
journeys:
  covered: { steps: [{ open: / }, { click: text=Ask us, timeout: 9s }] }
  several: { steps: [{ open: /two }, { pause: 7s }] }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        let journey = ran.journey("covered");
        assert_eq!(journey.failure().0, "covered");
        let told = between(&journey);
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[2].1.contains("again after that was done 2 times"), "{told:?}");
        let told = between(&ran.journey("several"));
        assert!(told.len() == 1 && told[0].1.contains("2 visible elements match"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_events_are_nobody_elses() {
    let pages = Pages::serve(vec![
        // Closing the box fires, and so does the step.
        with_widget(
            "/both",
            &format!("{BOX}<button onclick=\"acme('CLOSED', {{ id: '1' }})\">Close</button><script>closing = () => acme('CLOSED', {{ id: '1' }}); come(0, 0)</script>"),
        ),
        // Closing the box fires, the step that makes it come doesn't.
        with_widget(
            "/box",
            &format!("{BOX}<button onclick='come(300, 0)'>Close</button><script>closing = () => acme('CLOSED', {{ id: '1' }})</script>"),
        ),
    ])
    .await;
    let text = "
whenever: [{ see: .no, click: true, may_fire: CLOSED }]
journeys:
  both: { steps: [{ open: /both }, { click: text=Close, fires: CLOSED }] }
  box: { steps: [{ open: /box }, { click: text=Close, fires: CLOSED }] }
  neither: { steps: [{ open: /box }, { click: text=Close }, { pause: 2s }] }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        let both = ran.journey("both");
        assert_eq!(both.verdict("event.CLOSED.fires").0, Outcome::Pass);
        assert_eq!(both.verdict("event.CLOSED.unexpected").0, Outcome::Pass);
        let alone = ran.journey("box");
        assert_eq!(alone.verdict("event.CLOSED.fires"), (Outcome::Inconclusive, "whenever".to_owned()));
        assert_eq!(ran.journey("neither").verdict("event.CLOSED.unexpected").0, Outcome::Pass);
    }
}
