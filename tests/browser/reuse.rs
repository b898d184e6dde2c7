//! What is written once in a site file does what it would do written out, and reports say where it stands.

use chatproof::recording::Recording;

use crate::harness::{Pages, browsers, run, with_widget};

const PAGE: &str = "
<button onclick=\"acme('OPENED', { id: 'c' })\">Open</button>
<p>free <button onclick=\"acme('SAID', { id: 'free' })\">Say \"free\"</button></p>
<p>pro <button onclick=\"acme('SAID', { id: 'pro' })\">Say \"pro\"</button></p>";

const SITE: &str = r#"
not_applicable: { CLOSED: not here }
names:
  choice(text): role=button[name="${text}"]
steps:
  open-chat:
    - open: /
    - click: choice("Open")
      fires: OPENED
  say:
    - do: open-chat
    - click: choice("Say \"${plan}\"")
      fires: { SAID: { id: "${said}" } }
journeys:
  buy:
    each: [{ plan: free, said: free }, { plan: pro, said: pro }, { plan: pro, said: free, name: wrong }]
    title: A visitor buys ${plan}
    steps:
      - do: say
        with: { plan: "${plan}", said: "${said}" }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_once_is_done_wherever_it_is_used() {
    let pages = Pages::serve(vec![with_widget("/", PAGE)]).await;
    for browser in browsers() {
        let ran = run(browser, &pages, SITE).await;
        for name in ["buy.free", "buy.pro"] {
            ran.journey(name).complete().conforms();
        }
        let wrong = ran.journey("buy.wrong");
        let verdicts = wrong.complete().verdicts();
        let found: Vec<String> = verdicts
            .iter()
            .filter(|verdict| verdict.finding == "wrong-value")
            .filter_map(|verdict| Some(verdict.step.as_ref()?.place()))
            .collect();
        assert_eq!(found, ["site.yaml:14, by say in site.yaml:21"], "{verdicts:#?}");

        let steps: Vec<String> = wrong
            .recording
            .steps
            .iter()
            .map(|step| format!("{} {}{}", step.span.line, step.within(), step.text))
            .collect();
        assert_eq!(
            steps,
            [
                "9 say › open-chat › open /",
                "10 say › open-chat › click choice(\"Open\")",
                "14 say › click choice(\"Say \\\"pro\\\"\")"
            ]
        );
        // A recording says all that again elsewhere.
        let text = serde_json::to_string(wrong.recording).unwrap();
        let again: Recording = serde_json::from_str(&text).unwrap();
        assert_eq!(again.steps, wrong.recording.steps);
        assert_eq!(chatproof::judge::judge(&ran.spec, &ran.site, &again), verdicts);
    }
}
