//! What a page asks its visitor for in a window of the browser's own blocks neither it nor the driver, is answered as a
//! visitor would who says no, and is told.

use chatproof::recording::Kind;
use chatproof::verdict::Outcome;

use crate::harness::{Heard, Pages, browsers, page, run, with_widget};

fn asked(heard: &Heard<'_>) -> Vec<String> {
    let mut all = heard.observations(|kind| match kind {
        Kind::Asked { what, answer } => Some(format!("{what} {answer}")),
        _ => None,
    });
    all.dedup();
    all
}

/// Each button asks for one thing, and says what came of it.
fn buttons(asks: &[(&str, &str, &str)]) -> (String, String) {
    let mut html = String::from(
        "<script>const ask = async (name, way) => { let got; try { got = await way(); } catch (error) { got = error.name; } \
         acme('SAID', { id: name + ' ' + (typeof got === 'string' ? got : 'done') }) }</script>",
    );
    let mut steps = String::new();
    for (name, script, outcome) in asks {
        html += &format!("<button onclick=\"ask('{name}', async () => {script})\">{name}</button>\n");
        steps += &format!(
            "      - click: role=button[name=\"{name}\"]\n        fires: {{ SAID: {{ id: '{name} {outcome}' }} }}\n"
        );
    }
    (html, steps)
}

#[tokio::test(flavor = "multi_thread")]
async fn printing_is_over_at_once_wherever_it_is_asked_for() {
    let heard = "const signs = []; for (const name of ['beforeprint', 'afterprint']) \
                 addEventListener(name, (event) => signs.push(name + event.isTrusted));";
    let (html, steps) = buttons(&[
        ("call", "{ print(); return signs.splice(0).join() }", "beforeprinttrue,afterprinttrue"),
        ("command", "{ document.execCommand('print') }", "done"),
        ("frame", "{ frames[0].print() }", "done"),
        (
            "stranger",
            "{ frames[1].postMessage(1, '*'); return new Promise((done) => onmessage = () => done()) }",
            "done",
        ),
        (
            "window",
            "{ const other = window.open('/plain'); await new Promise((done) => onmessage = done); other.print(); other.close() }",
            "done",
        ),
        ("after", "{ return 'reached' }", "reached"),
    ]);
    let frame = "<script>onmessage = () => { print(); parent.postMessage(1, '*') }</script>";
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            &format!(
                "<script>{heard}</script><iframe src=/frame></iframe><iframe src={{foreign}}/frame></iframe>{html}"
            ),
        ),
        page("/frame", frame),
        page("/plain", "<p>plain<script>onload = () => opener.postMessage(1, '*')</script>"),
    ])
    .await;
    let text = format!("journeys:\n  j:\n    steps:\n      - open: /\n{steps}");
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        let heard = ran.journey("j");
        heard.complete().conforms();
        let prints = asked(&heard);
        assert!(!prints.is_empty() && prints.iter().all(|p| p == "print() cancelled"), "{browser:?} {prints:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_nobody_answers_is_refused_at_once() {
    let (html, steps) = buttons(&[
        ("notify", "Notification.requestPermission()", "denied"),
        ("notify back", "new Promise((done) => Notification.requestPermission(done))", "denied"),
        (
            "place",
            "new Promise((done) => navigator.geolocation.getCurrentPosition(done, (no) => done('no ' + no.code)))",
            "no 1",
        ),
        ("voice", "navigator.mediaDevices.getUserMedia({ audio: true })", "NotAllowedError"),
        ("video", "navigator.mediaDevices.getUserMedia({ video: true, audio: true })", "NotAllowedError"),
        ("paste", "navigator.clipboard.readText()", "NotAllowedError"),
        ("keep", "navigator.storage.persist().then(String)", "false"),
        ("links", "{ navigator.registerProtocolHandler('web+acme', '/?%s', 'Acme') }", "done"),
        ("seat", "document.requestStorageAccess()", "done"),
    ]);
    let screen = "<button onclick=\"navigator.mediaDevices.getDisplayMedia({ video: true }).then(() => 'shown', (no) => 'no').then((id) => acme('SAID', { id }))\">screen</button>";
    let pages = Pages::serve(vec![with_widget("/", &format!("{html}{screen}"))]).await;
    let text = format!(
        "journeys:\n  j:\n    steps:\n      - open: /\n{steps}      - click: role=button[name=\"screen\"]\n        fires: {{ SAID: {{ id: 'no' }} }}\n"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        let heard = ran.journey("j");
        heard.complete().conforms();
        let told = asked(&heard);
        for call in [
            "Notification.requestPermission()",
            "getCurrentPosition()",
            "getUserMedia()",
            "readText()",
            "registerProtocolHandler()",
            "getDisplayMedia()",
        ] {
            assert!(told.contains(&format!("{call} refused")), "{browser:?}: {call} in {told:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pickers_and_what_takes_the_screen_or_the_pointer_hold_nothing_up() {
    let (html, steps) = buttons(&[
        ("file", "{ document.querySelector('[type=file]').click() }", "done"),
        ("colour", "{ document.querySelector('[type=color]').showPicker() }", "done"),
        ("day", "{ document.querySelector('[type=date]').showPicker() }", "done"),
        ("choice", "{ document.querySelector('select').showPicker() }", "done"),
        ("screen", "document.documentElement.requestFullscreen()", "done"),
        ("back", "document.exitFullscreen()", "done"),
        ("pointer", "{ try { await document.body.requestPointerLock() } catch {} }", "done"),
        ("passkey", "navigator.credentials.get({ publicKey: { challenge: new Uint8Array(16) } })", "NotAllowedError"),
        ("after", "{ return 'reached' }", "reached"),
    ]);
    let fields = "<input type=file hidden><input type=color aria-label=Paint><input type=date aria-label=Day><select><option>a<option>b</select>";
    let pages = Pages::serve(vec![with_widget("/", &format!("{fields}{html}"))]).await;
    let text = format!(
        "journeys:\n  j:\n    steps:\n      - open: /\n{steps}      - click: label=Paint\n      - click: label=Day\n      - click: role=button[name=\"after\"]\n        fires: SAID\n"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        let heard = ran.journey("j");
        heard.complete().conforms();
        let told = asked(&heard);
        for what in [
            "file dialog cancelled",
            "showPicker() cancelled",
            "full screen allowed",
            "CredentialsContainer.get() cancelled",
            "color picker cancelled",
        ] {
            assert!(told.iter().any(|t| t == what), "{browser:?}: {what} in {told:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_where_they_are_thrown_away_and_a_document_opens_like_a_page() {
    let name = format!("chatproof-test-{}.txt", std::process::id());
    let save = format!("<a download={name} href=/notes>Save</a><a href=/sheet>Sheet</a>");
    let made = format!(
        "<button onclick=\"const a = document.createElement('a'); a.href = window.URL.createObjectURL(new Blob(['x'])); a.download = 'made-{name}'; a.click()\">Make</button>"
    );
    let pages = Pages::serve(vec![
        with_widget("/", &format!("{save}{made}<button onclick=\"acme('SAID', {{ id: 'on' }})\">On</button>")),
        page("/notes", "notes"),
        page("/sheet", "cells").header("content-disposition", format!("attachment; filename=\"sheet-{name}\"")),
    ])
    .await;
    let on = "      - { click: text=On, fires: SAID }\n";
    let text = format!(
        "journeys:\n  j:\n    steps:\n      - open: /\n      - click: text=Save\n{on}      - click: text=Make\n{on}      - click: text=Sheet\n{on}"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        let heard = ran.journey("j");
        heard.complete().conforms();
        let told = asked(&heard);
        for file in [name.clone(), format!("made-{name}"), format!("sheet-{name}")] {
            assert!(told.contains(&format!("download of {file} discarded")), "{browser:?}: {file} in {told:?}");
        }
        let home = std::env::home_dir().unwrap();
        for folder in [home.join("Downloads"), home.join("Desktop"), home, std::env::temp_dir()] {
            let left = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            let left: Vec<_> = left.filter(|file| file.file_name().to_string_lossy().ends_with(&name)).collect();
            assert!(left.is_empty(), "{browser:?}: {left:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_cannot_tell_that_what_it_calls_was_replaced() {
    let look = r#"<script>
      const odd = [];
      const look = (holder, name) => {
        const how = Object.getOwnPropertyDescriptor(holder, name);
        if (!how) return;
        const text = Function.prototype.toString.call(how.value);
        if (!/\{\s*\[native code\]\s*\}/.test(text) || !text.includes(name)) odd.push(name + ' text ' + text);
        if (how.value.name !== name) odd.push(name + ' name');
        if (Object.getOwnPropertyNames(how.value).sort().join() !== 'length,name') odd.push(name + ' properties');
        if (!how.writable || !how.enumerable || !how.configurable) odd.push(name + ' attributes');
        try { new how.value(); odd.push(name + ' constructs'); } catch (error) { if (!(error instanceof TypeError)) odd.push(name + ' throws ' + error); }
      };
      look(Notification, 'requestPermission');
      look(MediaDevices.prototype, 'getUserMedia');
      look(Geolocation.prototype, 'watchPosition');
      look(Navigator.prototype, 'registerProtocolHandler');
      look(HTMLInputElement.prototype, 'showPicker');
      look(Clipboard.prototype, 'readText');
      look(window, 'print');
      if (!/\[native code\]/.test(Function.prototype.toString.toString())) odd.push('toString');
      if (Function.prototype.toString.call(() => 1) !== '() => 1') odd.push('arrow');
      addEventListener('load', () => acme('SAID', { id: odd.join('; ') || 'nothing odd' }));
    </script>"#;
    let pages = Pages::serve(vec![with_widget(
        "/",
        &format!("<script>addEventListener('load', () => acmeReady())</script>{look}"),
    )])
    .await;
    for browser in browsers() {
        let text = "journeys:\n  j:\n    steps:\n      - { open: /, fires: { SAID: { id: nothing odd } } }\n";
        let ran = run(browser, &pages, text).await;
        let heard = ran.journey("j");
        assert_eq!(heard.complete().events()[0].1["id"], "nothing odd", "{browser:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_permission_that_was_refused_is_not_held_against_the_widget() {
    let body = "<button onclick=\"navigator.mediaDevices.getUserMedia({ audio: true }).then(() => acme('SAID', { id: 'a' }), () => {})\">Speak</button>
        <button>Silent</button><script>Notification.requestPermission()</script>";
    let pages = Pages::serve(vec![with_widget("/", body)]).await;
    let text = "journeys:\n  asks:\n    steps:\n      - open: /\n      - { click: text=Speak, fires: SAID, within: 1s }\n  silent:\n    steps:\n      - open: /\n      - { click: text=Silent, fires: SAID, within: 1s }\n";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        let asks = ran.journey("asks");
        assert_eq!(
            asks.complete().verdict("event.SAID.fires"),
            (Outcome::Inconclusive, "refused".to_owned()),
            "{browser:?}"
        );
        // What a page asks for by itself excuses nothing.
        let silent = ran.journey("silent");
        assert_eq!(silent.complete().verdict("event.SAID.fires"), (Outcome::Fail, "missing".to_owned()), "{browser:?}");
    }
}
