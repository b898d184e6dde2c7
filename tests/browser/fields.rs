//! What is typed gets into a field as a person would type it, whole; and what doesn't get there is never the page's fault.

use crate::harness::{Pages, browsers, page, run, with_widget};

/// Says what it holds when Enter is pressed, as chats do: not with Shift, and not while something is being composed.
const SENDS: &str = "
  const sends = (field, get, clear) => field.addEventListener('keydown', (e) => {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return;
    e.preventDefault(); const id = get(); clear(); (window.acme ? acme('SAID', { id }) : parent.postMessage(id, '*')) });
  const sendsValue = (field) => sends(field, () => field.value, () => (field.value = 'old'));";

fn field(path: &'static str, body: &str, script: &str) -> crate::harness::Page {
    with_widget(path, &format!("{body}<script>{SENDS}\n{script}</script>"))
}

fn step(locator: &str, text: &str, said: &str) -> String {
    let [text, said] = [text, said].map(|text| serde_json::to_string(text).unwrap());
    format!("      - {{ fill: '{locator}', with: {text}, press: Enter, fires: {{ SAID: {{ id: {said} }} }} }}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_arrives_as_it_was_meant() {
    let pages = Pages::serve(vec![
        field(
            "/",
            "<textarea aria-label=Message>old</textarea>
             <div contenteditable role=textbox aria-label=Rich>old <b>text</b></div><div id=host></div>",
            "sendsValue(document.querySelector('textarea'));
             const rich = document.querySelector('[contenteditable]');
             sends(rich, () => rich.innerText, () => (rich.innerHTML = 'old <b>text</b>'));
             host.attachShadow({ mode: 'open' }).innerHTML = '<textarea aria-label=Rooted>old</textarea>';
             sendsValue(host.shadowRoot.querySelector('textarea'));",
        ),
        with_widget(
            "/framed",
            "<iframe src='{foreign}/frame'></iframe><script>addEventListener('message', (e) => acme('SAID', { id: e.data }))</script>",
        ),
        page(
            "/frame",
            format!("<!doctype html><meta charset=utf-8><textarea aria-label=Framed>old</textarea><script>{SENDS} sendsValue(document.querySelector('textarea'))</script>"),
        ),
    ])
    .await;
    let texts = [
        ("Hi 👋🏽 日本語 ñ €", "Hi 👋🏽 日本語 ñ €"),
        ("👨\u{200D}👩\u{200D}👧 ❤\u{FE0F}", "👨\u{200D}👩\u{200D}👧 ❤\u{FE0F}"),
        // As it is written, whether a character is one or two.
        ("re\u{301}sum\u{e9}", "re\u{301}sum\u{e9}"),
        ("שלום עולם", "שלום עולם"),
        ("नमस्ते", "नमस्ते"),
        ("one\ntwo\n\nthree", "one\ntwo\n\nthree"),
        ("one\r\ntwo", "one\ntwo"),
        ("a block of YAML\n", "a block of YAML"),
        // To a driver these are Backspace and Enter.
        ("x\u{E003}\u{E007}y", "x\u{E003}\u{E007}y"),
    ];
    let mut text = "journeys:\n".to_owned();
    for (name, path, locator) in [
        ("area", "/", "label=Message"),
        ("rich", "/", "label=Rich"),
        ("rooted", "/", "label=Rooted"),
        ("framed", "/framed", "label=Framed"),
    ] {
        text += &format!("  {name}:\n    steps:\n      - open: {path}\n");
        for (typed, said) in texts {
            text += &step(locator, typed, said);
        }
        if name != "rich" {
            text += &step(locator, "a\tb", "a\tb");
        }
    }
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for name in ["area", "rich", "rooted", "framed"] {
            ran.journey(name).complete().conforms();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_field_makes_of_its_text_is_its_own_business() {
    let pages = Pages::serve(vec![field(
        "/",
        "<input aria-label=Short maxlength=3><input aria-label=Loud oninput='value = value.toUpperCase()'>
         <p><input class=digit aria-label=First maxlength=1><input class=digit maxlength=1><input class=digit maxlength=1></p>
         <div contenteditable aria-label=Editor style='white-space:pre'></div><input aria-label=Own>",
        "for (const one of document.querySelectorAll('input:not(.digit)')) sendsValue(one);
         const digits = [...document.querySelectorAll('.digit')];
         digits.forEach((one, at) => one.addEventListener('input', () =>
           digits[at + 1] ? digits[at + 1].focus() : acme('SAID', { id: digits.map((d) => d.value).join('') })));
         const editor = document.querySelector('[contenteditable]'); let model = '';
         editor.addEventListener('beforeinput', (e) => { e.preventDefault(); model += /LineBreak/.test(e.inputType) ? '\\n' : e.data || ''; editor.textContent = model; getSelection().collapse(editor, 1) });
         sends(editor, () => model, () => (editor.textContent = model = ''));
         const own = document.querySelector('[aria-label=Own]'); let kept = '';
         own.addEventListener('keydown', (e) => { if (e.key.length === 1) { e.preventDefault(); kept += e.key; own.value = '*'.repeat(kept.length) } });
         own.addEventListener('keydown', (e) => e.key === 'Enter' && acme('CLOSED', { id: kept }))",
    )])
    .await;
    let text = format!(
        "journeys:\n  j:\n    steps:\n      - open: /\n{}{}{}{}      - {{ fill: label=First, with: '123', fires: {{ SAID: {{ id: '123' }} }} }}
      - {{ fill: label=Own, with: 'secret', press: Enter, fires: {{ SAID: {{ id: '******' }}, CLOSED: {{ id: secret }} }} }}\n",
        step("label=Short", "abcdef", "abc"),
        step("label=Short", "👋👋👋👋", "👋"),
        step("label=Loud", "quiet", "QUIET"),
        step("label=Editor", "wave 👋🏽\nand go", "wave 👋🏽\nand go"),
    );
    for browser in browsers() {
        run(browser, &pages, &text).await.journey("j").complete().conforms();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_does_not_arrive_fails_its_step() {
    let pages = Pages::serve(vec![field(
        "/",
        "<textarea aria-label=Shy oninput='this.blur()'></textarea><textarea aria-label=Single></textarea><input aria-label=Line>",
        "const single = document.querySelector('[aria-label=Single]');
         single.addEventListener('keydown', (e) => { if (e.key === 'Enter') { e.preventDefault(); acme('SAID', { id: single.value }); single.value = '' } })",
    )])
    .await;
    let cases = [
        ("text-lost", "label=Shy", "several words", "took the focus away"),
        ("text-lost", "label=Single", "one\\ntwo", "of the text's 1 line breaks 0 stayed"),
        ("wrong-element", "label=Line", "one\\ntwo", "the text has 2 lines, but this field takes one"),
    ];
    let mut text = "defaults: { settle: 1ms }\njourneys:\n".to_owned();
    for (at, (_, locator, typed, _)) in cases.iter().enumerate() {
        text += &format!(
            "  j{at}: {{ steps: [{{ open: / }}, {{ fill: {locator}, with: \"{typed}\", press: Enter, fires: SAID }}] }}\n"
        );
    }
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for (at, (code, _, _, message)) in cases.iter().enumerate() {
            let failure = ran.journey(&format!("j{at}")).failure();
            let place = format!("{} in {}: {failure:?}", cases[at].1, browser.name());
            assert_eq!(failure.0, *code, "{place}");
            assert!(failure.1.contains(message), "{place}");
        }
    }
}
