//! Every verb does what a person at the page would do, and says clearly why it can't.

use chatproof::recording::{Kind, StepOutcome};
use serde_json::json;

use crate::harness::{Pages, browsers, page, run, run_kept, with_widget};

/// A page that tells what happened to it as events. (Options are chosen by the driver; chromedriver does it by script.)
const FORM: &str = r#"
<style>body { margin: 20px; min-height: 4000px }</style>
<input aria-label="Name" value="old"><textarea placeholder="Message">old</textarea>
<div id="rich" contenteditable aria-label="Rich">old</div><input type="date" aria-label="Day"><input type="number" aria-label="Count">
<select aria-label="One"><option value="a">Alpha</option><option value="b">Beta</option></select>
<select aria-label="Many" multiple><option selected>X</option><option>Y</option><option>Z</option></select>
<button onmouseenter="acme('SAID', { id: 'hovered' }); this.onmouseenter = null">Hover me</button>
<button onclick="const $ = (s) => document.querySelector(s); acme('SAID', { id: [...document.querySelectorAll('input,textarea')].map(e => e.value).join('|') + '|' + $('#rich').textContent + '|' + $('select').value + '|' + [...$('[multiple]').selectedOptions].map(o => o.label) })">Tell</button>
<script>
  document.querySelector('textarea').addEventListener('keydown', (e) => { if (e.key === 'Enter') { e.preventDefault(); acme('SAID', { id: 'enter ' + e.target.value }) } });
  addEventListener('keydown', (e) => { if (e.key === 'Escape' || (e.ctrlKey && e.key === 'b')) acme('SAID', { id: e.key }) });
  addEventListener('scroll', () => { if (scrollY > 2000 && !window.told) { told = true; acme('SAID', { id: 'scrolled' }) } });
  addEventListener('click', (e) => { if (!e.isTrusted && !e.target.closest('select')) acme('CLOSED', { id: 'untrusted' }) }, true);
</script>"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_acts_as_a_person_would() {
    let pages = Pages::serve(vec![
        with_widget("/", FORM),
        with_widget(
            "/two",
            "<p>two <script>addEventListener('pagehide', () => acme('CLOSED', { id: 'closed' }))</script>",
        ),
        page("/staff", "<p>staff"),
    ])
    .await;
    let text = "
actors:
  agent: { url: /staff }
journeys:
  form:
    steps:
      - open: /
      - { fill: label=Name, with: Ada Lovelace }
      - { fill: placeholder=Message, with: 'hello ${run.id} ${journey}', press: Enter, fires: { SAID: { id: 'enter hello ${run.id} ${journey}' } } }
      - { fill: '#rich', with: 'new text' }
      - { fill: label=Day, with: '2026-11-23' }
      - { fill: label=Count, with: '42' }
      - { select: label=One, option: Beta }
      - { select: label=Many, option: [Y, Z] }
      - { click: 'role=button[name=Tell]', fires: { SAID: { id: 'Ada Lovelace|hello run-1 form|2026-11-23|42|new text|b|Y,Z' } } }
      - { fill: label=Name, with: '' }
      - { click: 'role=button[name=Tell]', fires: { SAID: { id: '|hello run-1 form|2026-11-23|42|new text|b|Y,Z' } } }
      - { hover: text=Hover me, fires: { SAID: { id: hovered } } }
      - { press: Escape, fires: { SAID: { id: Escape } } }
      - { press: Control+b, on: label=Name, fires: { SAID: { id: b } } }
      - { scroll: bottom, fires: { SAID: { id: scrolled } } }
      - scroll: top
      - { eval: \"await null; acme('SAID', { id: 'evaluated' })\", fires: { SAID: { id: evaluated } } }
      - pause: 10ms
      - { wait_for: text=staff, as: agent }
      - { click: text=Not there, optional: true, timeout: 50ms, fires: CLOSED }
  history:
    steps:
      - open: /
      - { open: /two }
      - { reload: true, fires: CLOSED }
      - { back: true, fires: CLOSED }
      - { wait_for: 'role=button[name=Tell]' }
      - { wait_until_gone: text=two }
      - close_page: true
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        let form = ran.journey("form");
        form.complete().no_gaps().conforms();
        assert!(matches!(form.recording.steps[19].outcome, StepOutcome::Skipped { .. }));
        let history = ran.journey("history");
        history.complete().conforms();
        let alive =
            history.observations(|kind| matches!(kind, Kind::Alive { url, .. } if url.ends_with("/two")).then_some(()));
        assert_eq!(alive.len(), 2, "opened and reloaded, in {}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_can_t_be_done_says_why() {
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<button>Talk to sales</button><button>Talk to support</button>
             <div style='position:relative'><button id=under>Under</button><div class=banner style='position:absolute;inset:0;background:#fff'>Cookies</div></div>
             <button disabled>Off</button><button id=hidden style='display:none'>Hidden</button>
             <select aria-label=Plan><option>Free</option><option>Pro</option></select><div id=plain>plain</div>
             <style>@keyframes spin { to { left: 300px } }</style><div id=spin style='position:absolute;animation:spin 2s linear infinite'>spin</div>",
        ),
    ])
    .await;
    let cases = [
        ("no-match", "click: role=button[name='Talk to nobody']", "nothing matches", "Talk to sales"),
        ("several-matches", "click: 'role=button[name=/^Talk/]'", "2 visible elements", "Talk to support"),
        ("covered", "click: '#under'", "covers it", "banner"),
        ("disabled", "click: text=Off", "disabled", "Off"),
        ("not-visible", "click: '#hidden'", "none can be seen", "hidden"),
        ("no-such-option", "select: label=Plan\n        option: Gold", "Gold", "Pro"),
        ("wrong-element", "fill: '#plain'\n        with: x", "can't be typed into", ""),
        ("wrong-element", "select: '#plain'\n        option: x", "no native select", ""),
        ("still-there", "wait_until_gone: text=Talk to sales", "still match", "Talk to sales"),
        ("script-error", "eval: \"throw new Error('no luck')\"", "no luck", ""),
        ("load-failed", "open: http://127.0.0.1:9/", "could not be loaded", ""),
        ("load-failed", "back: true", "", ""),
    ];
    let journeys: String = cases
        .iter()
        .enumerate()
        .map(|(i, (_, step, ..))| format!("  j{i}:\n    steps:\n      - open: /\n      - {step}\n"))
        .collect();
    for browser in browsers() {
        let ran =
            run(browser, &pages, &format!("defaults: {{ timeout: 600ms, settle: 1ms }}\njourneys:\n{journeys}")).await;
        for (i, (code, step, message, candidate)) in cases.iter().enumerate() {
            // Chromium's windows begin with an entry that can be gone back to.
            if *step == "back: true"
                && ran.journey(&format!("j{i}")).recording.ending == chatproof::recording::Ending::Complete
            {
                continue;
            }
            let failure = ran.journey(&format!("j{i}")).failure();
            let place = format!("{step} in {}: {failure:?}", browser.name());
            assert_eq!(failure.0, *code, "{place}");
            assert!(failure.1.contains(message), "{place}");
            assert!(candidate.is_empty() || failure.2.iter().any(|c| c.contains(candidate)), "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fires_while_an_element_is_waited_for_is_not_the_step_s_doing() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        "<button style='display:none'>Go</button><script>
         setTimeout(() => { acme('SAID', { id: 'early' }); document.querySelector('button').style.display = '' }, 700)</script>",
    )])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "journeys:\n  j:\n    steps:\n      - open: /\n      - { click: text=Go, fires: SAID, within: 300ms }\n",
        )
        .await;
        let heard = ran.journey("j");
        heard.complete();
        assert_eq!(heard.verdict("event.SAID.fires").1, "too-early", "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_seen_only_once_in_time_is_not_said_to_move() {
    // So much to look through that the time is over with the first look.
    let pages = Pages::serve(vec![with_widget(
        "/",
        "<button onclick=\"acme('SAID', { id: 'x' })\">Go</button><script>
         document.body.insertAdjacentHTML('beforeend', '<p>text <b>of</b> some length</p>'.repeat(5000))</script>",
    )])
    .await;
    for browser in browsers() {
        let text =
            "journeys:\n  j:\n    steps:\n      - open: /\n      - { click: text=Go, timeout: 1ms, fires: SAID }\n";
        run(browser, &pages, text).await.journey("j").complete().conforms();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dialogs_are_answered_and_told() {
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<button onclick=\"alert('stop'); acme('SAID', { id: String(confirm('sure?')) })\">Go</button>
         <script>addEventListener('beforeunload', (e) => e.preventDefault())</script>",
        ),
        page("/next", "<p>next"),
    ])
    .await;
    for browser in browsers() {
        let ran = run(browser, &pages, "journeys:\n  j:\n    steps:\n      - open: /\n      - { click: text=Go, fires: { SAID: { id: 'false' } } }\n      - open: /next\n      - wait_for: text=next\n").await;
        let heard = ran.journey("j");
        heard.complete().conforms();
        let mut dialogs = heard.observations(|kind| match kind {
            Kind::Dialog { dialog, message, answer, .. } => Some(format!("{dialog} {message} {answer}")),
            _ => None,
        });
        dialogs.retain(|d| !d.starts_with("beforeunload"));
        assert_eq!(dialogs, ["alert stop accepted", "confirm sure? dismissed"], "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_the_environment_are_typed_but_never_told() {
    let pages = Pages::serve(vec![with_widget("/", "<input aria-label=Mail><button onclick=\"acme('SAID', { id: document.querySelector('input').value, n: document.querySelector('input').value.length }); location.hash = document.querySelector('input').value\">Go</button>")]).await;
    for browser in browsers() {
        let ran = run(browser, &pages, "journeys:\n  j:\n    steps:\n      - open: /\n      - { fill: label=Mail, with: '${env.CHATPROOF_TEST_SECRET}' }\n      - { click: text=Go, fires: SAID }\n").await;
        let heard = ran.journey("j");
        heard.complete().conforms();
        assert_eq!(
            heard.events()[0].1,
            json!({ "id": "${env.CHATPROOF_TEST_SECRET}", "n": 12 }),
            "it was typed, in {}",
            browser.name()
        );
        assert!(!serde_json::to_string(heard.recording).unwrap().contains("s3cr3t-value"), "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_gives_the_focus_in_every_window() {
    let pages =
        Pages::serve(vec![with_widget("/", "<input aria-label=Mail onfocus=\"acme('SAID', { id: 'c' })\">")]).await;
    let journeys: String = (0..6)
        .map(|i| format!("  j{i}: {{ steps: [{{ open: / }}, {{ click: label=Mail, fires: SAID, within: 6s }}] }}\n"))
        .collect();
    for browser in browsers() {
        let ran = run(browser, &pages, &format!("journeys:\n{journeys}")).await;
        for i in 0..6 {
            ran.journey(&format!("j{i}")).complete().conforms();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_side_by_side_are_all_in_view() {
    // A page that is hidden gets no animation frame, and its timers are slowed down. Nothing here brings one to the front.
    let frames = "<p><script>function count(done, left = 20) {
      if (left) requestAnimationFrame(() => count(done, left - 1)); else done(document.visibilityState) }</script>";
    let pages = Pages::serve(vec![with_widget("/", frames), page("/staff", frames)]).await;
    let text = "
actors:
  agent: { url: /staff }
  relief: { url: /staff }
defaults: { timeout: 30s, within: 20s }
journeys:
  one: &all
    steps:
      - open: /
      - { eval: \"count((seen) => document.body.append('staff ' + seen))\", as: agent }
      - { wait_for: text=staff visible, as: agent }
      - { eval: \"count((seen) => document.body.append('staff ' + seen))\", as: relief }
      - { wait_for: text=staff visible, as: relief }
      - { eval: \"count((seen) => acme('SAID', { id: seen }))\", fires: { SAID: { id: visible } } }
  two: *all
  three: *all
";
    for browser in browsers() {
        let mut all = run_kept(browser, &pages, text).await;
        all.push(run(browser, &pages, text).await);
        for journey in ["one", "two", "three"] {
            for ran in &all {
                ran.journey(journey).complete().no_gaps().conforms();
            }
        }
    }
}
