//! `chatproof explore`: from an address to journeys for every event, a map, and what is wrong on the way.

use serde_json::Value;

use crate::failures::Case;
use crate::harness::{Page, Pages, browsers, page};

/// A chat that answers late, in a shadow root: two options, a field that refuses what is no address, a form to close with.
/// Nothing in it has an id; the rows of options are list items with a role. `{again}`: an answer on one way fires twice.
const CHAT: &str = r##"
const host = document.createElement("help-desk");
const root = host.attachShadow({ mode: "open" });
root.innerHTML = `<style>.corner { position: fixed; right: 10px; bottom: 10px } .panel { position: fixed; right: 10px; bottom: 70px; width: 300px; background: #eee }</style>
  <button class="corner">Ask us</button>
  <section class="panel" hidden><div role="log"></div><div class="choices"></div></section>`;
const $ = (selector) => root.querySelector(selector);
const say = (text) => $("[role=log]").append(Object.assign(document.createElement("p"), { textContent: text }));
const offer = (html) => ($(".choices").innerHTML = html);
const later = (what) => setTimeout(what, 300);
const menu = () => {
  say("What can we do for you?");
  offer(`<ul><li role="button" tabindex="0">Prices</li><li role="button" tabindex="0">Write to me</li></ul><a href="https://elsewhere.example/">Terms</a>`);
  $("li").onclick = () => { offer(""); later(() => { say("From 9 a month."); acme("SAID", { id: "c" }); {again} done(); }); };
  $("li:last-child").onclick = () => { offer(""); later(ask); };
};
const ask = () => {
  say("Your address, please.");
  offer(`<input placeholder="Email"><button>Send</button>`);
  $(".choices button").onclick = () => {
    const right = $("input").value.includes("@");
    say(right ? "Thank you." : "That is no address.");
    if (right) { acme("SAID", { id: "c" }); done(); }
  };
};
const done = () => { offer("<button>Close chat</button>"); $(".choices button").onclick = () => { $(".panel").remove(); acme("CLOSED", { id: "c" }); }; };
$(".corner").onclick = () => { $(".corner").remove(); $(".panel").hidden = false; acme("OPENED", { id: "c" }); menu(); };
addEventListener("load", () => { document.body.append(host); acmeReady(); });
"##;

fn site() -> Vec<Page> {
    let chat = |again: &str| CHAT.replace("{again}", again);
    let with = |path: &'static str, script: String| {
        page(
            path,
            format!(
                "<!doctype html><title>Shop</title><script src=/widget.js></script><body><nav><a href=/other>Other</a></nav><main><h1>Shop</h1><button>Buy</button></main><script>{script}</script>"
            ),
        )
    };
    vec![
        with("/", chat("")),
        with("/twice", chat("acme('SAID', { id: 'c' });")),
        page(
            "/framed",
            "<!doctype html><title>Shop</title><script src=/widget.js></script><body><main>Shop</main><iframe title=Chat style='position:fixed;right:0;bottom:0;width:300px;height:300px' src='{foreign}/inside'></iframe>\
             <script>addEventListener('message', (e) => acme(e.data, { id: 'c' })); addEventListener('load', () => acmeReady())</script>",
        ),
        page(
            "/inside",
            "<!doctype html><button id=b>Start a chat</button><script>b.onclick = () => { parent.postMessage('OPENED', '*'); \
             document.body.innerHTML = '<p>Say something</p><div contenteditable role=textbox aria-label=Message style=\"min-height:1em\"></div>'; \
             document.querySelector('div').onkeydown = (e) => { if (e.key === 'Enter') { e.preventDefault(); parent.postMessage('SAID', '*'); document.body.innerHTML = '<p>Goodbye.</p><button>Close chat</button>'; \
             document.querySelector('button').onclick = () => { parent.postMessage('CLOSED', '*'); document.body.innerHTML = ''; } } } }</script>",
        ),
    ]
}

async fn explore(case: &Case, browser: &str, url: &str, more: &[&str]) -> (i32, String) {
    let mut arguments = vec!["explore", url, "--spec", "acme.yaml", "--browser", browser, "--force", "--budget", "4m"];
    arguments.extend(more);
    case.run(&arguments).await
}

fn map(case: &Case) -> Value {
    serde_json::from_str(&std::fs::read_to_string(case.path("chatproof.map.json")).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_found_and_written_as_journeys_that_pass() {
    let pages = Pages::serve(site()).await;
    let schema: Value = serde_json::from_str(include_str!("../../specs/map.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for browser in browsers() {
        let case = Case::new(&pages.url, "journeys: {}\n");
        for path in ["/", "/framed"] {
            let (code, said) = explore(&case, browser.name(), &format!("{}{path}", pages.url), &[]).await;
            let text = std::fs::read_to_string(case.path("chatproof.yaml")).unwrap();
            assert_eq!(code, 0, "{}{path}: {said}\n{text}", browser.name());
            assert!(said.contains("3 of 3 documented events heard"), "{said}");
            assert!(!text.contains("not_applicable"), "{text}");
            let map = map(&case);
            let errors: Vec<String> = schema.iter_errors(&map).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
            let html = std::fs::read_to_string(case.path("chatproof.map.html")).unwrap();
            assert!(html.contains("data:image/jpeg;base64,") && html.contains("OPENED"), "{html}");
            let (code, said) = case.run(&["run", "--browser", browser.name()]).await;
            assert_eq!(code, 0, "{}{path}: {said}\n{text}", browser.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_is_told_and_what_is_refused_too() {
    let pages = Pages::serve(site()).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, "journeys: {}\n");
        let (_, said) = explore(&case, browser.name(), &pages.url, &["--avoid", "role=button[name=\"Prices\"]"]).await;
        let map = map(&case);
        let all: Vec<&Value> = map["graph"]["states"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|state| state["choices"].as_object().unwrap().values())
            .collect();
        let of = |label: &str| all.iter().find(|choice| choice["deeds"][0]["label"] == label).copied();
        assert_eq!(of("Prices").unwrap()["refused"], "it is to be avoided", "{said}");
        assert_eq!(of("Terms").unwrap()["refused"], "it leads to another site", "{said}");
        // What isn't the chat's is left alone.
        assert!(of("Buy").is_none() && of("Other").is_none(), "{said}");
        // An address that is none fires nothing, and the right one does.
        let given = |sort: &str| {
            let fires = |deed: &Value| !deed["fires"].as_array().is_none_or(Vec::is_empty);
            let taken = all.iter().filter(|choice| choice["sort"] == sort && choice["taken"]["to"].is_string());
            taken.map(|choice| choice["taken"]["deeds"].as_array().unwrap().iter().any(fires)).collect::<Vec<_>>()
        };
        assert!(given("wrong").contains(&false) && !given("wrong").contains(&true), "{said}");
        assert!(given("give").contains(&true), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_on_one_way_is_found_with_that_way() {
    let pages = Pages::serve(site()).await;
    for browser in browsers() {
        let case = Case::new(&pages.url, "journeys: {}\n");
        let (code, said) = explore(&case, browser.name(), &format!("{}/twice", pages.url), &[]).await;
        assert_eq!(code, 1, "{}: {said}", browser.name());
        let map = map(&case);
        let findings = map["findings"]["list"].as_array().unwrap();
        let ways: Vec<Vec<&str>> = findings
            .iter()
            .filter(|finding| finding["weight"] == "broken")
            .map(|finding| {
                finding["way"].as_array().unwrap().iter().filter_map(|deed| deed["label"].as_str()).collect()
            })
            .collect();
        assert!(ways.iter().any(|way| way.contains(&"Prices")), "{}: {said}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_elsewhere_unasked() {
    let case = Case::new("http://127.0.0.1:9", "journeys: {}\n");
    let (code, said) = case.run(&["explore", "https://shop.example/", "--output", "new.yaml"]).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("--allow-sending") && said.contains("--allow shop.example"), "{said}");
    let (code, said) = case.run(&["explore", "http://127.0.0.1:9/", "--output", "acme.yaml"]).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("acme.yaml is there already"), "{said}");
}
