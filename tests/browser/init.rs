//! `chatproof init`: from an address to a file that passes, and what is told where there is nothing to find.

use chatproof::browser::BrowserKind;

use crate::failures::Case;
use crate::harness::{Page, Pages, browsers, page};

/// A widget as vendors make them: put into the page late, in a shadow root, fixed in a corner, its texts the vendor's own.
const WIDGET: &str = r##"
let begun = false;
const begin = () => begun || (begun = true) && setTimeout(() => {
  const host = document.createElement("div");
  host.id = "acme-widget";
  const root = host.attachShadow({ mode: "open" });
  root.innerHTML = `<style>button.launch { position: fixed; right: 16px; bottom: 16px; width: 60px; height: 60px }
    .panel { position: fixed; right: 16px; bottom: 90px; background: white }</style>
    <button class="launch" aria-label="Talk: # to us &#x202e; ${"${run.id}"}">💬</button><div class="panel" hidden>
    <button>Sales ${"${run.id}"} "now"</button><label>Message <input></label></div>`;
  document.body.append(host);
  root.querySelector(".launch").onclick = () => { root.querySelector(".panel").hidden = false; acme("OPENED", { id: "c" }); };
  root.querySelector(".panel button").onclick = () => acme("SAID", { id: "c" });
  acmeReady();
}, 300);
"##;

const CONSENT: &str = r##"<div id=banner style="position:fixed;inset:auto 0 0 0;height:40%;background:#eee"><p>We use cookies.</p>
<button>Settings</button><button onclick="document.querySelector('#banner').remove(); begin()">Accept all</button></div>"##;

fn site() -> Vec<Page> {
    let frame = |path: &'static str, body: &str, when: &str| {
        page(
            path,
            format!(
                "<!doctype html><title>T: \"x\" # \u{202e}</title><script src=/widget.js></script><body>\
                 <a href=/chat-about-us>About</a><button style='position:fixed;right:9px;top:9px'>Menu</button>{body}\
                 <script>{WIDGET}; {when}</script>"
            ),
        )
    };
    vec![
        frame("/", "", "begin()"),
        frame("/consent", CONSENT, ""),
        frame("/covered", CONSENT, "begin()"),
        page(
            "/other",
            format!(
                "<!doctype html><title>Other</title><script>window.OtherChat = {{ api: {{ on() {{}} }} }}</script>{CONSENT}"
            ),
        ),
        page("/slow", "<!doctype html><title>t</title><script src=/widget.js></script><body>nothing here yet"),
    ]
}

/// Pages on which it's easy to say too much.
fn doubtful() -> Vec<Page> {
    let with = |path: &'static str, body: &str| {
        page(path, format!("<!doctype html><title>t</title><script src=/widget.js></script><body>{body}"))
    };
    let corner = "position:fixed;right:0;bottom:0;border:0;width:90px;height:90px";
    vec![
        with(
            "/framed",
            &format!(
                "<button>Menu</button><iframe title=Chat style='{corner}' src='{{foreign}}/launcher'></iframe>
                 <iframe id=panel hidden style='position:fixed;right:0;bottom:100px' src='{{foreign}}/panel'></iframe>
                 <script>addEventListener('message', (e) => {{ if (e.data === 'open') {{ panel.hidden = false; acme('OPENED', {{ id: 'c' }}) }} }});
                 addEventListener('load', () => acmeReady())</script>"
            ),
        ),
        with("/launcher", "<button onclick=\"parent.postMessage('open', '*')\" style='width:60px;height:60px'>Ask us</button>"),
        with("/panel", "<label>Your question <input></label><button>Send</button>"),
        with(
            "/idle",
            &format!("<button class=chat style='{corner}'>Chat</button><script>addEventListener('load', () => acmeReady())</script>"),
        ),
        with(
            "/throws",
            "<script>Acme.chat.on = () => { throw new Error('not today') }; addEventListener('load', () => acmeReady())</script>",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launcher_in_a_frame_is_clicked_itself() {
    let pages = Pages::serve(doubtful()).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, "journeys: {}\n");
        let (code, said) = init(&case, browser, &format!("{}/framed", pages.url), &["--wait", "30s"]).await;
        let text = std::fs::read_to_string(case.path("chatproof.yaml")).unwrap();
        assert_eq!(code, 0, "{}: {said}\n{text}", browser.name());
        for part in [
            "launcher: role=button[name=\"Ask us\"]",
            "A visitor opens the page and the chat",
            "fires: OPENED",
            "- fill: role=textbox[name=\"Your question\"]",
            "- click: role=button[name=\"Send\"]",
        ] {
            assert!(text.contains(part), "{}: no {part:?} in {said}\n{text}", browser.name());
        }
        assert!(said.contains("in a frame"), "{said}");
        let (code, said) = case.run(&["run", "--browser", browser.name()]).await;
        assert_eq!(code, 0, "{}: {said}\n{text}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_seen_is_not_claimed() {
    let pages = Pages::serve(doubtful()).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, "journeys: {}\n");
        let unwrapped = |said: String| said.split_whitespace().collect::<Vec<_>>().join(" ");
        let (code, said) = init(&case, browser, &format!("{}/idle", pages.url), &["--wait", "2s"]).await;
        let said = unwrapped(said);
        let text = std::fs::read_to_string(case.path("chatproof.yaml")).unwrap();
        assert_eq!(code, 1, "{}: {said}", browser.name());
        assert!(said.contains("no event was heard") && said.contains("nothing new can be seen"), "{said}");
        assert!(!said.contains("passes as it stands") && !text.contains("and the chat\n"), "{said}\n{text}");
        assert!(text.contains("clicks what may open the chat"), "{text}");

        let (code, said) = init(&case, browser, &format!("{}/throws", pages.url), &["--wait", "2s"]).await;
        let said = unwrapped(said);
        assert_eq!(code, 1, "{}: {said}", browser.name());
        assert!(
            said.contains("✘ API") && said.contains("threw for 3 of 3 events") && said.contains("not today"),
            "{said}"
        );

        // Nobody's schema is written over either.
        std::fs::write(case.path("chatproof.schema.json"), "{}").unwrap();
        let url = format!("{}/idle", pages.url);
        let (_, said) = case
            .run(&[
                "init",
                &url,
                "--spec",
                "acme.yaml",
                "--browser",
                browser.name(),
                "--output",
                "second.yaml",
                "--wait",
                "2s",
            ])
            .await;
        let said = unwrapped(said);
        assert!(said.contains("was left as it is") && case.path("second.yaml").exists(), "{said}");
        assert_eq!(std::fs::read_to_string(case.path("chatproof.schema.json")).unwrap(), "{}");
    }
}

async fn init(case: &Case, browser: BrowserKind, url: &str, more: &[&str]) -> (i32, String) {
    let mut arguments = vec!["init", url, "--spec", "acme.yaml", "--browser", browser.name(), "--force"];
    arguments.extend(more);
    case.run(&arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_gives_a_file_whose_journey_passes() {
    let pages = Pages::serve(site()).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, "journeys: {}\n");
        // Nobody's file is written over.
        let (code, said) = case.run(&["init", &pages.url, "--spec", "acme.yaml"]).await;
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("chatproof.yaml is there already") && said.contains("--force"), "{said}");

        for (path, in_it, steps) in [
            ("/", vec![], 2),
            ("/consent?a=b", vec!["role=button[name=\"Accept all\"]", "the widget came only after it"], 3),
            ("/covered", vec!["optional: true"], 3),
        ] {
            let (code, said) = init(&case, browser, &format!("{}{path}", pages.url), &["--wait", "30s"]).await;
            let text = std::fs::read_to_string(case.path("chatproof.yaml")).unwrap();
            assert_eq!(code, 0, "{}{path}: {said}\n{text}", browser.name());
            assert!(said.contains("passes as it stands"), "{said}");
            let begin = "# yaml-language-server: $schema=chatproof.schema.json\n";
            assert!(text.starts_with(begin) && text.contains(&format!("- open: {path}\n")), "{text}");
            for part in [
                "launcher: \"#acme-widget .launch\"",
                "fires: OPENED",
                "SAID: no journey causes it yet",
                r#"- click: 'role=button[name="Sales $${run.id} \"now\""]'"#,
                "- fill: ",
            ]
            .iter()
            .chain(&in_it)
            {
                assert!(text.contains(part), "{}{path}: no {part:?} in {text}", browser.name());
            }
            let count = text.lines().filter(|line| line.starts_with("      - ")).count();
            assert_eq!(count, steps, "{text}");
            let schema: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(case.path("chatproof.schema.json")).unwrap()).unwrap();
            assert_eq!(schema["$defs"]["constant"]["enum"], serde_json::json!(["OPENED", "SAID", "CLOSED"]));
            // What it was written for.
            let (code, said) = case.run(&["run", "--browser", browser.name()]).await;
            assert_eq!(code, 0, "{}{path}: {said}\n{text}", browser.name());
            case.nothing_left();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_widget_it_says_what_there_is_instead() {
    let pages = Pages::serve(site()).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, "journeys: {}\n");
        for (path, told) in [
            (
                "/other",
                vec![
                    "`acme:ready` was not heard on document",
                    "OtherChat.api.on",
                    "A banner asks for consent",
                    "Accept all",
                ],
            ),
            ("/slow", vec!["window.Acme.chat", "though the ready event wasn't heard", "--wait"]),
            ("/nowhere", vec!["status 404", "is the address right?"]),
        ] {
            let (code, said) = init(&case, browser, &format!("{}{path}", pages.url), &["--wait", "1s"]).await;
            assert_eq!(code, 1, "{path}: {said}");
            for part in told {
                assert!(said.contains(part), "{path}: no {part:?} in {said}");
            }
            // Useful all the same: it is a site file, and a run of it says what is missing.
            let (code, said) = case.run(&["lint", "chatproof.yaml"]).await;
            assert_eq!(code, 0, "{said}");
        }
        let (code, said) = init(&case, browser, "http://127.0.0.1:9/", &["--output", "new/site.yaml"]).await;
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("can't be opened") && !case.path("new/site.yaml").exists(), "{said}");
    }
}
