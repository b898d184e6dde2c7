//! What is sent on is read in whatever form it is sent, and what can't be read accuses nobody.

use axum::Router;
use axum::http::Uri;
use axum::response::Redirect;
use chatproof::recording::{Kind, Request};
use chatproof::verdict::Outcome;

use crate::harness::{Heard, Pages, Ran, browsers, listener, run, run_passing, with_widget};

/// Nobody is there: every request is answered in the browser.
const AT: &str = "https://collect.example";

fn requests(heard: &Heard) -> Vec<Request> {
    heard.observations(|kind| match kind {
        Kind::Request(request) => Some((**request).clone()),
        _ => None,
    })
}

/// What isn't a pass of the forwards of a journey: requirement, outcome and finding.
fn told(ran: &Ran, journey: &str) -> Vec<String> {
    let heard = ran.journey(journey);
    heard.complete();
    let verdicts = heard.verdicts().into_iter().filter(|v| v.requirement.starts_with("forward."));
    let broken = verdicts.filter(|v| v.outcome != Outcome::Pass);
    broken.map(|v| format!("{} {:?} {}", v.requirement, v.outcome, v.finding).to_lowercase()).collect()
}

/// Packs and puts into forms what the pages below send.
const TOOLS: &str = r#"
  const packed = async (text, how) => new Uint8Array(await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream(how))).arrayBuffer());
  const post = (path, body, more = {}) => fetch("https://collect.example" + path, { method: "POST", mode: "no-cors", body, ...more });
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const noise = (length) => crypto.getRandomValues(new Uint8Array(length)).map((byte) => byte | 128);
"#;

/// A page whose buttons say something, each in its own way.
fn page_of(ways: &[(&str, &str)]) -> String {
    let buttons: String =
        ways.iter().map(|(name, _)| format!("<button onclick=\"say('{name}')\">{name}</button>")).collect();
    let ways: String = ways.iter().map(|(name, way)| format!("\"{name}\": async (id) => {{ {way} }},\n")).collect();
    format!(
        "{buttons}<p id=done></p><script>{TOOLS} let by = ''; const ways = {{ {ways} }};
         document.addEventListener('acme:ready', () => Acme.chat.on(Acme.chat.Topics.SAID, async (event) => {{
           await ways[by](event.detail.info.id); done.textContent = by + ' done';
         }}));
         const say = (how) => {{ by = how; acme('SAID', {{ id: how + ' é' }}) }};</script>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_read_however_they_are_packed() {
    let ways = [
        ("text", "post('/json', JSON.stringify({ id }))"),
        (
            "typed",
            "post('/json', JSON.stringify({ id }), { mode: 'cors', headers: { 'content-type': 'application/json' } })",
        ),
        ("gzip", "post('/json', await packed(JSON.stringify({ id }), 'gzip'))"),
        ("kept", "post('/json', new Blob([await packed(JSON.stringify({ id }), 'gzip')]), { keepalive: true })"),
        (
            "beacon",
            "navigator.sendBeacon('https://collect.example/json', await packed(JSON.stringify({ id }), 'gzip'))",
        ),
        (
            "blob",
            "navigator.sendBeacon('https://collect.example/json', new Blob([await packed(JSON.stringify({ id }), 'gzip')], { type: 'text/plain' }))",
        ),
        (
            "named",
            "post('/json', await packed(JSON.stringify({ id }), 'gzip'), { mode: 'cors', headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' } })",
        ),
        ("deflate", "post('/json', await packed(JSON.stringify({ id }), 'deflate'))"),
        ("raw", "post('/json', await packed(JSON.stringify({ id }), 'deflate-raw'))"),
        (
            "xhr",
            "const x = new XMLHttpRequest(); x.open('POST', 'https://collect.example/json'); x.send(await packed(JSON.stringify({ id }), 'gzip'))",
        ),
        ("lines", "post('/json', JSON.stringify({ other: 1 }) + '\\n' + JSON.stringify({ id }) + '\\n')"),
        ("base64", "post('/json', base64(await packed(JSON.stringify({ id }), 'gzip')))"),
        (
            "form",
            "const f = new FormData(); f.append('id', id); f.append('more', new Blob([await packed('x', 'gzip')])); post('/form', f)",
        ),
        ("pairs", "post('/form', new URLSearchParams({ id }))"),
        (
            "formed",
            "const f = new FormData(); f.append('id', id); navigator.sendBeacon('https://collect.example/form', f)",
        ),
    ];
    let pages = Pages::serve(vec![with_widget("/", &page_of(&ways))]).await;
    let clicks: String = ways
        .iter()
        .map(|(way, _)| {
            format!("      - {{ click: \"text=/^{way}$/\", fires: SAID }}\n      - wait_for: text=\"{way} done\"\n")
        })
        .collect();
    let site = format!(
        "
forwards:
  any: {{ kind: request, url: \"{AT}/*\", events: {{ SAID: {{ method: POST }} }} }}
journeys:
  all:
    steps:
      - open: /
{clicks}"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        assert_eq!(told(&ran, "all"), Vec::<String>::new(), "{}", browser.name());
        let sent = requests(&ran.journey("all"));
        assert_eq!(sent.len(), ways.len(), "{}", browser.name());
        for (request, (way, _)) in sent.iter().zip(ways) {
            let hit = &request.hits[0];
            let id = chatproof::analytics::field(&hit.fields, "id")
                .map(|value| value.as_str().unwrap_or_default().to_owned());
            assert_eq!(id, Some(format!("{way} é")), "{way} in {}: {request:#?}", browser.name());
            assert_eq!(request.body_state, "complete", "{way} in {}", browser.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_accuses_nobody() {
    let ways = [
        (
            "protobuf",
            "post('/x', new Uint8Array([10, 12, ...new TextEncoder().encode('chat_said'), 18, 3, 99, 45, 49]))",
        ),
        ("encrypted", "post('/x', JSON.stringify({ d: base64(noise(300)) }))"),
        (
            "cut",
            "const all = await packed(JSON.stringify({ type: 'said', id, pad: base64(noise(300)) }), 'gzip'); post('/x', all.slice(0, all.length - 40))",
        ),
        ("bomb", "post('/x', await packed(JSON.stringify({ type: 'said', id, pad: 'x'.repeat(9e6) }), 'gzip'))"),
        ("long", "post('/x', JSON.stringify({ pad: 'x'.repeat(300000), type: 'said', id }))"),
        ("nothing", "post('/x')"),
        ("other", "post('/x', JSON.stringify({ type: 'other' }))"),
    ];
    let pages = Pages::serve(vec![with_widget("/", &page_of(&ways))]).await;
    let journeys: String = ways
        .iter()
        .map(|(way, _)| {
            format!("  {way}: {{ steps: [{{ open: / }}, {{ click: \"text=/^{way}$/\", fires: SAID }}, {{ wait_for: 'text=\"{way} done\"' }}] }}\n")
        })
        .collect();
    let site = format!(
        "
forwards:
  told: {{ kind: request, url: \"{AT}/*\", within: 10s, events: {{ SAID: {{ method: POST, where: {{ type: said }}, json: {{ required: [id] }} }} }} }}
  plain: {{ kind: request, url: \"{AT}/*\", within: 10s, events: {{ SAID: {{ method: POST, json: {{ required: [id] }} }} }} }}
journeys:
{journeys}"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        for (way, _) in ways.iter().take(5) {
            assert_eq!(
                told(&ran, way),
                [
                    "forward.told.said.sent inconclusive unreadable",
                    "forward.plain.said.value.json inconclusive unreadable"
                ],
                "{way} in {}",
                browser.name()
            );
        }
        for way in ["nothing", "other"] {
            let code = if way == "nothing" { "missing" } else { "wrong-value" };
            assert_eq!(
                told(&ran, way),
                [
                    "forward.told.said.sent fail missing".to_owned(),
                    format!("forward.plain.said.value.json fail {code}")
                ],
                "{way} in {}",
                browser.name()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_body_hides_nothing() {
    let hit = "'https://collect.example/g/collect?v=2&tid=G-1&en=said&ep.id=' + encodeURIComponent(id)";
    let ways = [
        ("beacon", format!("navigator.sendBeacon({hit})")),
        ("empty", format!("navigator.sendBeacon({hit}, '')")),
        ("fetch", format!("fetch({hit}, {{ method: 'POST', keepalive: true, mode: 'no-cors' }})")),
        ("get", format!("fetch({hit}, {{ mode: 'no-cors' }})")),
        ("head", format!("fetch({hit}, {{ method: 'HEAD', mode: 'no-cors' }})")),
        ("xhr", format!("const x = new XMLHttpRequest(); x.open('POST', {hit}); x.send()")),
    ];
    let ways: Vec<(&str, &str)> = ways.iter().map(|(name, way)| (*name, way.as_str())).collect();
    let close = "<button onclick=\"acme('CLOSED', { id: 'c' })\">close</button>";
    let pages = Pages::serve(vec![with_widget("/", &format!("{close}{}", page_of(&ways)))]).await;
    let journeys: String = ways
        .iter()
        .map(|(way, _)| {
            format!("  {way}: {{ steps: [{{ open: / }}, {{ click: \"text=/^{way}$/\", fires: SAID }}, {{ click: text=close, fires: CLOSED }}] }}\n")
        })
        .collect();
    let site = format!(
        "
forwards:
  ga: {{ kind: ga4, property: G-1, within: 10s, events: {{ SAID: {{ name: said, params: {{ id: \"${{payload.id}}\" }} }}, CLOSED: closed }} }}
journeys:
{journeys}"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        for (way, _) in &ways {
            assert_eq!(told(&ran, way), ["forward.ga.closed.sent fail missing"], "{way} in {}", browser.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hits_are_known_by_what_they_are_and_counted_for_each_property() {
    let hit = |at: &str, property: &str| {
        format!(
            "fetch('{at}?v=2&tid={property}&en=said&ep.id=' + encodeURIComponent(id), {{ method: 'POST', mode: 'no-cors' }});"
        )
    };
    let ways = [
        ("gateway", hit("/metrics/x", "G-1")),
        ("container", hit("https://sgtm.example/data", "G-1")),
        ("lines", "navigator.sendBeacon('/metrics/g/collect?v=2&tid=G-1', 'en=other\\r\\nen=said&ep.id=' + encodeURIComponent(id))".to_owned()),
        ("both", hit("/a", "G-1") + &hit("/a", "G-2")),
        ("doubled", hit("/a", "G-1") + &hit("/a", "G-2") + &hit("/b", "G-2")),
        ("landing", "const r = await fetch('/gone?tid=G-1'); if (r.status !== 404) throw new Error(r.status);".to_owned() + &hit("/a", "G-1")),
    ];
    let ways: Vec<(&str, &str)> = ways.iter().map(|(name, way)| (*name, way.as_str())).collect();
    let pages = Pages::serve(vec![with_widget("/", &page_of(&ways))]).await;
    let journeys: String = ways
        .iter()
        .map(|(way, _)| {
            format!("  {way}: {{ steps: [{{ open: / }}, {{ click: \"text=/^{way}$/\", fires: SAID }}, {{ wait_for: 'text=\"{way} done\"' }}] }}\n")
        })
        .collect();
    let events = "within: 10s, events: { SAID: { name: said, params: { id: \"${payload.id}\" } } }";
    let site = format!(
        "
forwards:
  any: {{ kind: ga4, {events} }}
  one: {{ kind: ga4, property: G-1, {events} }}
  both: {{ kind: ga4, property: [G-1, G-2], journeys: [gateway, both, doubled], {events} }}
journeys:
{journeys}"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        for way in ["container", "lines", "both", "landing"] {
            assert_eq!(told(&ran, way), Vec::<String>::new(), "{way} in {}", browser.name());
            let answers: Vec<String> = requests(&ran.journey(way)).into_iter().map(|r| r.answer).collect();
            assert!(answers.iter().all(|answer| answer == "stubbed"), "{way} in {}: {answers:?}", browser.name());
        }
        assert_eq!(told(&ran, "gateway"), ["forward.both.said.sent fail missing"], "{}", browser.name());
        assert_eq!(
            told(&ran, "doubled"),
            ["forward.any.said.once fail duplicate", "forward.both.said.once fail duplicate"],
            "{}",
            browser.name()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_before_consent_and_members_of_batches_are_told_apart() {
    let body = r#"<script>
      let gcs = new URLSearchParams(location.search).get("gcs") ?? "G111";
      const ping = (en, more = "") => {
        navigator.sendBeacon(`https://collect.example/g/collect?v=2&tid=G-1&gcs=${gcs}&en=${en}${more}`);
        navigator.sendBeacon(`https://collect.example/track?consent=${gcs}`, JSON.stringify({ name: en }));
      };
      ping("page_view");
      const agree = () => { gcs = "G111"; agreed.textContent = "agreed"; };
      document.addEventListener("acme:ready", () => Acme.chat.on(Acme.chat.Topics.SAID, (event) => {
        const { id } = event.detail.info;
        ping("said", "&ep.id=" + id);
        const batch = [{ event: "page" }, { event: "said", id }, ...(id === "twice" ? [{ event: "said", id }] : [])];
        navigator.sendBeacon("https://collect.example/batch", new Blob([JSON.stringify({ batch })], { type: "text/plain" }));
        navigator.sendBeacon("https://collect.example/lines", batch.map((one) => JSON.stringify(one)).join("\n"));
      }));
    </script><button onclick="agree()">agree</button><p id=agreed></p>
    <button onclick="acme('SAID', { id: 'once' })">once</button><button onclick="acme('SAID', { id: 'twice' })">twice</button>"#;
    let pages = Pages::serve(vec![with_widget("/", body)]).await;
    let site = format!(
        "
forwards:
  ga: {{ kind: ga4, consent: {{ step: agree, before: {{ gcs: G100 }} }}, events: {{ SAID: said }} }}
  strict: {{ kind: ga4, consent: agree, events: {{ SAID: said }} }}
  track:
    kind: request
    url: {AT}/track
    consent: {{ step: agree, before: {{ query: {{ consent: {{ pattern: '^G1' }} }}, json: {{ required: [name] }} }} }}
    events: {{ SAID: {{ where: {{ name: said }} }} }}
  batch:
    kind: request
    url: {AT}/batch
    each: batch
    events: {{ SAID: {{ where: {{ event: said }}, json: {{ required: [id], properties: {{ id: {{ const: \"${{payload.id}}\" }} }} }} }} }}
  lines:
    kind: request
    url: {AT}/lines
    each: .
    events: {{ SAID: {{ where: {{ event: said }}, json: {{ required: [id], properties: {{ id: {{ const: \"${{payload.id}}\" }} }} }} }} }}
journeys:
  denied: {{ steps: [{{ open: \"/?gcs=G100\" }}, {{ name: agree, click: text=agree }}, {{ wait_for: text=agreed }}, {{ click: text=once, fires: SAID }}] }}
  granted: {{ steps: [{{ open: / }}, {{ name: agree, click: text=agree }}, {{ click: text=twice, fires: SAID }}] }}
"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        assert_eq!(told(&ran, "denied"), ["forward.strict.consent fail before-consent"], "{}", browser.name());
        let verdicts = ran.journey("denied").verdicts();
        let hint = verdicts.iter().find(|v| v.requirement == "forward.strict.consent").and_then(|v| v.hint.clone());
        let hint = hint.unwrap_or_default();
        assert!(hint.contains("`consent: { step: agree, before: { gcs: G100 } }`"), "{hint}");
        assert_eq!(
            told(&ran, "granted"),
            [
                "forward.ga.consent fail before-consent",
                "forward.strict.consent fail before-consent",
                "forward.batch.said.once fail duplicate",
                "forward.lines.said.once fail duplicate"
            ],
            "{}",
            browser.name()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_address_is_found_in_every_form_that_products_document() {
    let body = format!(
        r#"<form id=f><label>Mail <input name=m></label></form><p id=log></p><script>{TOOLS}
      const sha = async (text) => hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
      const how = location.search.slice(1);
      const ways = {{
        plain: (mail) => post("/x", JSON.stringify({{ mail }})),
        hashed: async (mail) => post("/x?em=" + await sha(mail.toLowerCase().replace(/\.(?=.*@)/g, ""))),
        nested: (mail) => post("/x", JSON.stringify({{ d: btoa(JSON.stringify({{ data: {{ mail }} }})).replace(/=+$/, "") }})),
        packed: async (mail) => post("/x", await packed(JSON.stringify({{ mail }}), "gzip")),
        other: (mail) => post("/x", JSON.stringify({{ mail: "nobody@example.com", hash: "0123456789abcdef".repeat(4) }})),
      }};
      f.onsubmit = async (event) => {{ event.preventDefault(); await ways[how](f.m.value); acme("SAID", {{ id: "a" }}); log.textContent = "sent"; }};
    </script>"#
    );
    let pages = Pages::serve(vec![with_widget("/", &body)]).await;
    let ways = ["plain", "hashed", "nested", "packed", "other"];
    let journeys: String = ways
        .iter()
        .map(|way| {
            format!("  {way}: {{ steps: [{{ open: \"/?{way}\" }}, {{ fill: label=Mail, with: Ada.Lovelace@gmail.com, press: Enter, fires: SAID }}, {{ wait_for: text=sent }}] }}\n")
        })
        .collect();
    let site = format!(
        "
forwards:
  x: {{ kind: request, url: {AT}/x, pii: forbid, events: {{ SAID: {{}} }} }}
journeys:
{journeys}"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &site).await;
        for way in ways {
            let wanted: &[&str] = if way == "other" { &[] } else { &["forward.x.pii fail personal-data"] };
            assert_eq!(told(&ran, way), wanted, "{way} in {}", browser.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_that_is_redirected_is_one() {
    let listener = listener().await;
    let collector = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(|uri: Uri| async move {
        match uri.path() {
            "/g/collect" => Ok("{}"),
            _ => Err(Redirect::temporary(&format!("/g/collect?v=2&tid=G-1&en=said&from={}", &uri.path()[1..]))),
        }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let send =
        |path: &str| format!("await fetch('{collector}{path}', {{ method: 'POST', mode: 'no-cors' }}).catch(() => 0)");
    let (hop, bare) = (send("/hop?v=2&tid=G-1&en=said"), send("/bare"));
    let ways = [("hop", hop.as_str()), ("bare", bare.as_str())];
    let pages = Pages::serve(vec![with_widget("/", &page_of(&ways))]).await;
    let site = "
forwards:
  ga: { kind: ga4, events: { SAID: said } }
journeys:
  hop: { steps: [{ open: / }, { click: text=/^hop$/, fires: SAID }, { wait_for: 'text=\"hop done\"' }] }
  bare: { steps: [{ open: / }, { click: text=/^bare$/, fires: SAID }, { wait_for: 'text=\"bare done\"' }] }
";
    for browser in browsers() {
        let ran = run_passing(browser, &pages, site).await;
        for way in ["hop", "bare"] {
            assert_eq!(told(&ran, way), Vec::<String>::new(), "{way} in {}", browser.name());
            assert_eq!(requests(&ran.journey(way)).len(), 1, "{way} in {}", browser.name());
        }
    }
}
