//! What pages send on to analytics is seen, by whatever way it is sent, and none of it leaves the browser.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{Method, Uri};
use chatproof::browser::BrowserKind;
use chatproof::recording::{Kind, Request};
use chatproof::verdict::Outcome;
use serde_json::Value;

use crate::harness::{Heard, Pages, browsers, listener, page, run, with_widget};

/// A collector that must never be reached; it says what reached it.
struct Collector {
    url: String,
    reached: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    async fn serve() -> Self {
        let listener = listener().await;
        let url = format!("http://{}", listener.local_addr().unwrap());
        let reached = Arc::new(Mutex::new(Vec::new()));
        let app = Router::new()
            .fallback(|State(reached): State<Arc<Mutex<Vec<String>>>>, method: Method, uri: Uri| async move {
                reached.lock().unwrap().push(format!("{method} {uri}"));
            })
            .with_state(reached.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, reached }
    }

    fn reached(&self) -> Vec<String> {
        self.reached.lock().unwrap().clone()
    }
}

fn requests(heard: &Heard) -> Vec<Request> {
    heard.observations(|kind| match kind {
        Kind::Request(request) => Some((**request).clone()),
        _ => None,
    })
}

/// Handlers like a site's own: `window.by` says how the next event is sent.
fn handlers(collector: &str) -> String {
    r#"<script>
      const at = "COLLECTOR/g/collect?v=2&tid=G-TEST";
      const hit = (name, id) => "en=" + name + "&ep.chat=" + encodeURIComponent(id);
      const settled = {};
      const answers = Promise.all(["cors", "xhr", "image", "worker"].map((way) => new Promise((done) => { settled[way] = done })));
      const settle = (way, answer) => settled[way](answer);
      const ways = {
        fetch: (h) => fetch(at, { method: "POST", mode: "no-cors", body: h }),
        keepalive: (h) => fetch(at, { method: "POST", mode: "no-cors", keepalive: true, body: h }),
        cors: (h) => fetch(at, { method: "POST", credentials: "include", headers: { "x-own": "1" }, body: h }).then((r) => settle("cors", r.status)),
        xhr: (h) => { const x = new XMLHttpRequest(); x.open("POST", at); x.onload = () => settle("xhr", x.status); x.send(h) },
        beacon: (h) => navigator.sendBeacon(at, h),
        blob: (h) => navigator.sendBeacon(at, new Blob([h], { type: "text/plain" })),
        image: (h) => { const i = new Image(); i.onload = () => settle("image", i.width); i.src = at + "&" + h },
        worker: (h) => {
          const script = "fetch(" + JSON.stringify(at + "&" + h) + ", { mode: 'no-cors' }).then((r) => postMessage(r.type))";
          new Worker(URL.createObjectURL(new Blob([script]))).onmessage = (message) => settle("worker", message.data);
        },
        unload: (h) => addEventListener("pagehide", () => navigator.sendBeacon(at, h)),
      };
      document.addEventListener("acme:ready", () => {
        Acme.chat.on(Acme.chat.Topics.SAID, (event) => ways[window.by](hit("chat_said", event.detail.info.id)));
      });
      const say = (by) => { window.by = by; acme("SAID", { id: by + " é" }) };
    </script>"#
        .replace("COLLECTOR", collector)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_out_is_seen_with_its_body_and_stubbed() {
    let collector = Collector::serve().await;
    let ways = ["fetch", "keepalive", "cors", "xhr", "beacon", "blob", "image", "worker", "unload"];
    let buttons: String = ways.iter().map(|way| format!("<button onclick=\"say('{way}')\">{way}</button>")).collect();
    let pages = Pages::serve(vec![
        with_widget("/", &format!("{buttons}<a href=/gone>leave</a>{}", handlers(&collector.url))),
        page("/gone", "<p>gone"),
    ])
    .await;
    let clicks: String =
        ways.iter().map(|way| format!("      - {{ click: \"text=/^{way}$/\", fires: SAID }}\n")).collect();
    let site = format!(
        "
forwards:
  ga:
    kind: ga4
    property: G-TEST
    events:
      SAID: {{ name: chat_said, params: {{ chat: \"${{payload.id}}\" }} }}
journeys:
  all:
    steps:
      - open: /
{clicks}      # A worker that has yet to start is ended with its page.
      - eval: |
          const got = (await answers).join();
          if (got !== '204,204,1,opaque') throw new Error(got);
      - click: text=leave
      - wait_for: text=gone
"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        let heard = ran.journey("all");
        heard.complete().no_gaps();
        let sent = requests(&heard);
        let mut values: Vec<&Value> =
            sent.iter().flat_map(|r| &r.hits).filter_map(|hit| hit.fields.get("chat")).collect();
        values.sort_by_key(|value| value.to_string());
        let mut wanted: Vec<Value> = ways.iter().map(|way| Value::from(format!("{way} é"))).collect();
        wanted.sort_by_key(ToString::to_string);
        assert_eq!(values, wanted.iter().collect::<Vec<_>>(), "{}", browser.name());
        let answers: Vec<&str> = sent.iter().map(|r| r.answer.as_str()).collect();
        assert_eq!(answers, vec!["stubbed"; ways.len()], "{}", browser.name());
        let of = |what: &str| -> Vec<(Outcome, String)> {
            let verdicts = heard
                .verdicts()
                .into_iter()
                .filter(|v| v.requirement.starts_with("forward.") && v.requirement.ends_with(what));
            verdicts.map(|v| (v.outcome, v.finding)).collect()
        };
        for what in [".sent", ".once", ".value.chat"] {
            assert_eq!(of(what), vec![(Outcome::Pass, "ok".to_owned()); ways.len()], "{what} in {}", browser.name());
        }
        assert_eq!(of("ga.unprompted"), vec![(Outcome::Pass, "ok".to_owned())], "{}", browser.name());
        assert_eq!(collector.reached(), Vec::<String>::new(), "{}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_sends_as_its_window_closes_does_not_leave() {
    let collector = Collector::serve().await;
    let said = format!("<button onclick=\"say('unload')\">say</button>{}", handlers(&collector.url));
    let body = format!(
        "<script>addEventListener('pagehide', () => {{ navigator.sendBeacon('{0}/g/collect?v=2&en=bye', 'x=1'); fetch('{0}/g/collect?v=2&en=bye2', {{ keepalive: true, mode: 'no-cors' }}) }})</script>",
        collector.url
    );
    let pages = Pages::serve(vec![with_widget("/", &body), with_widget("/said", &said)]).await;
    let site = "
forwards:
  ga: { kind: ga4, events: { SAID: chat_said } }
journeys:
  closed: { steps: [{ open: / }, { close_page: true }] }
  said-and-closed: { steps: [{ open: /said }, { click: text=say, fires: SAID }, { close_page: true }] }
  left-open: { steps: [{ open: / }] }
";
    for browser in browsers() {
        let ran = run(browser, &pages, site).await;
        for journey in ["closed", "left-open"] {
            let sent = requests(&ran.journey(journey));
            let mut names: Vec<&str> =
                sent.iter().flat_map(|r| &r.hits).flat_map(|h| &h.names).map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, ["bye", "bye2"], "{journey} in {}", browser.name());
        }
        let verdict = ran.journey("said-and-closed").verdict("forward.ga.SAID.sent");
        assert_eq!(verdict, (Outcome::Pass, "ok".to_owned()), "{}", browser.name());
        assert_eq!(collector.reached(), Vec::<String>::new(), "{}", browser.name());
    }
}

/// Firefox tells of a request only if it still finds the frame that sent it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_frame_sends_as_it_goes_is_seen_or_not_missed() {
    let collector = Collector::serve().await;
    let chat = format!("<button onclick=\"say('unload')\">say</button>{}", handlers(&collector.url));
    let pages = Pages::serve(vec![
        page("/", "<!doctype html><title>t</title><a href=/gone>leave</a><iframe src='{foreign}/chat'></iframe>"),
        with_widget("/chat", &chat),
        page("/gone", "<p>gone"),
    ])
    .await;
    let site = "
forwards:
  ga: { kind: ga4, events: { SAID: { name: chat_said, params: { chat: \"${payload.id}\" } } } }
journeys:
  j: { steps: [{ open: / }, { click: text=say, fires: SAID }, { click: text=leave }, { wait_for: text=gone }] }
";
    for browser in browsers() {
        let ran = run(browser, &pages, site).await;
        let heard = ran.journey("j");
        heard.complete();
        let verdict = heard.verdict("forward.ga.SAID.sent");
        let seen = requests(&heard).len() == 1;
        match browser {
            BrowserKind::Firefox if !seen => {
                assert_eq!(verdict, (Outcome::Inconclusive, "frame-gone".to_owned()));
                let said = heard.observations(|kind| match kind {
                    Kind::Analytics(watched) => Some(watched.unseen.join("; ")),
                    _ => None,
                });
                assert!(said[0].contains("what a frame sends as it goes away"), "{said:?}");
            }
            _ => assert_eq!(verdict, (Outcome::Pass, "ok".to_owned()), "{}", browser.name()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_lets_requests_through_and_still_sees_them() {
    let collector = Collector::serve().await;
    let pages = Pages::serve(vec![with_widget(
        "/",
        &format!("<button onclick=\"say('beacon')\">say</button>{}", handlers(&collector.url)),
    )])
    .await;
    let text = "
forwards:
  ga: { kind: ga4, events: { SAID: { name: chat_said, params: { chat: \"${payload.id}\" } } } }
journeys:
  j: { steps: [{ open: / }, { click: text=say, fires: SAID }] }
";
    for (n, browser) in browsers().into_iter().enumerate() {
        let ran = crate::harness::run_passing(browser, &pages, text).await;
        let heard = ran.journey("j");
        heard.complete();
        assert_eq!(heard.verdict("forward.ga.SAID.value.chat"), (Outcome::Pass, "ok".into()), "{}", browser.name());
        assert_eq!(requests(&heard)[0].answer, "passed", "{}", browser.name());
        assert_eq!(collector.reached().len(), n + 1, "{}", browser.name());
    }
}

/// Pages that tell the listener apart from no listener would do so by these.
const UNCHANGED: &str = r#"
  const said = [];
  said.push("dataLayer" in window, Object.prototype.hasOwnProperty.call(window, "dataLayer"));
  window.dataLayer = window.dataLayer || [];
  function gtag() { dataLayer.push(arguments); }
  gtag("js", new Date());
  gtag("event", "early", { n: 1 });
"#;

#[tokio::test(flavor = "multi_thread")]
async fn pushes_are_heard_however_the_layer_comes_to_be() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        &format!(
            r#"<script>{UNCHANGED}</script>
            <button onclick="override()">override</button><button onclick="say()">say</button>
            <button onclick="replace()">replace</button><button onclick="later()">later</button>
            <script>
              function say() {{ acme("SAID", {{ id: "c" }}) }}
              document.addEventListener("acme:ready", () => Acme.chat.on(Acme.chat.Topics.SAID, (event) => {{
                const item = {{ event: "chat_said", chat: {{ id: event.detail.info.id }} }};
                // Libraries ask this to know whether another one has taken over.
                said.push(dataLayer.push === Array.prototype.push);
                said.push(dataLayer.push(item));
                setTimeout(() => {{ item.chat.id = "changed later" }});
              }}));
              function override() {{
                const before = dataLayer.push;
                dataLayer.push = function () {{ const r = before.apply(dataLayer, arguments); said.push("seen " + arguments.length); return r === dataLayer.length; }};
                dataLayer.push({{ event: "overridden" }});
              }}
              function replace() {{ window.dataLayer = [{{ event: "replaced" }}]; dataLayer.push({{ event: "after" }}); }}
              function later() {{ window.otherLayer = []; otherLayer.push({{ event: "late" }}); }}
            </script>"#
        ),
    )])
    .await;
    let text = "
levels: { '*': record }
forwards:
  layer: { kind: data_layer, events: { SAID: { event: chat_said, fields: { chat.id: \"${payload.id}\" } } } }
  other: { kind: data_layer, layer: otherLayer, events: { SAID: late } }
journeys:
  j:
    steps:
      - open: /
      - { click: text=/^say$/, fires: SAID }
      - click: text=override
      - { click: text=/^say$/, fires: SAID }
      - click: text=replace
      - click: text=later
      - eval: |
          const got = JSON.stringify(said), want = JSON.stringify([false, false, true, 3, 'seen 1', false, 'seen 1', true]);
          if (got !== want) throw new Error(got);
          if (Object.keys(dataLayer).join() !== '0,1') throw new Error(Object.keys(dataLayer).join());
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        let heard = ran.journey("j");
        heard.complete().no_gaps();
        let pushes: Vec<String> = heard.observations(|kind| match kind {
            Kind::Push { layer, data, arguments, .. } => Some(match (arguments, data) {
                (true, Value::Array(list)) => format!("{layer} gtag {}", list[0].as_str().unwrap_or_default()),
                _ => format!("{layer} {} {}", data["event"].as_str().unwrap_or_default(), data["chat"]["id"]),
            }),
            _ => None,
        });
        assert_eq!(
            pushes,
            [
                "dataLayer gtag js",
                "dataLayer gtag event",
                "dataLayer chat_said \"c\"",
                "dataLayer overridden null",
                "dataLayer chat_said \"c\"",
                "dataLayer replaced null",
                "dataLayer after null",
                "otherLayer late null",
            ],
            "{}",
            browser.name()
        );
        let sent: Vec<_> = heard
            .verdicts()
            .into_iter()
            .filter(|v| v.requirement.starts_with("forward.layer.SAID"))
            .map(|v| (v.requirement, v.outcome))
            .collect();
        assert!(sent.len() >= 6 && sent.iter().all(|(_, outcome)| *outcome == Outcome::Pass), "{sent:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_a_doubled_and_a_wrong_forward_are_told_apart() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        r#"<button onclick="acme('OPENED', { id: 'a' })">open</button><button onclick="acme('SAID', { id: 'a' })">say</button>
        <button onclick="acme('CLOSED', { id: 'a' })">close</button><script>
          const send = (name, id) => navigator.sendBeacon("https://collect.example/g/collect?v=2&tid=G-1", "en=" + name + "&ep.id=" + id);
          document.addEventListener("acme:ready", () => {
            const { on, Topics } = Acme.chat;
            on(Topics.OPENED, () => send("chat_open", "undefined"));
            on(Topics.SAID, (e) => { send("chat_said", e.detail.info.id); send("chat_said", e.detail.info.id) });
            on(Topics.CLOSED, () => { throw new Error("no analytics today") });
          });
        </script>"#,
    )])
    .await;
    let text = "
defaults: { within: 5s }
forwards:
  ga:
    kind: ga4
    within: 1s
    events:
      OPENED: { name: chat_open, params: { id: \"${payload.id}\" } }
      SAID: { name: chat_said, params: { id: \"${payload.id}\" } }
      CLOSED: { name: chat_closed }
journeys:
  j:
    steps:
      - open: /
      - { click: text=/^open$/, fires: OPENED }
      - { click: text=say, fires: SAID }
      - { click: text=close, fires: CLOSED }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        let heard = ran.journey("j");
        heard.complete();
        let broken: Vec<String> = heard
            .verdicts()
            .into_iter()
            .filter(|v| v.outcome == Outcome::Fail && v.requirement.starts_with("forward."))
            .map(|v| {
                format!("{} {} / {}", v.requirement, v.finding, v.hint.unwrap_or_default()).replace(&pages.url, "URL")
            })
            .collect();
        assert_eq!(
            broken,
            [
                "forward.ga.OPENED.value.id wrong-value / the handler made a text of something that is none: `undefined`; \
                 look at the handler that `URL/:6` registered",
                "forward.ga.SAID.once duplicate / the handler that `URL/:7` registered was called for it; does it send \
                 twice, or a tag manager as well?",
                "forward.ga.CLOSED.sent missing / the handler that `URL/:8` registered threw: Error: no analytics today",
            ],
            "{}",
            browser.name()
        );
    }
}
