//! What is done arrives at the element that was found, or it is done again, or its step fails: the widget isn't accused.

use std::sync::Arc;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use chatproof::recording::{Ending, Kind, StepOutcome};
use chatproof::verdict::Outcome;
use tokio::sync::Semaphore;

use crate::harness::{Page, Pages, browsers, listener, page, run, run_alone, run_apart, with_widget};

/// Frames as sites lay them out. What is in them is four buttons, close together.
const LAYOUTS: [(&str, &str); 9] = [
    ("plain", ""),
    ("scaled", "transform: scale(.6); transform-origin: right bottom"),
    ("turned", "transform: rotate(30deg)"),
    ("zoomed", "zoom: 1.4"),
    ("skewed", "transform: skewX(20deg) scale(.8)"),
    ("apart", "scale: .5; rotate: 20deg; translate: 20px 10px"),
    ("flipped", "transform: scale(-1, .9)"),
    ("padded", "transform: scale(1.3) translate(20px, 10px); padding: 7px 3px; border: 5px solid"),
    ("deep", "transform: perspective(500px) rotateY(35deg)"),
];

/// Where what is in them comes from; in the last one the frame stands in another one of the same layout.
const WAYS: [(&str, &str); 3] =
    [("same", "/buttons"), ("foreign", "{foreign}/buttons"), ("nested", "{foreign}/around-NAME")];

fn frames() -> Vec<Page> {
    let buttons = "<!doctype html><style>body { margin: 0; height: 900px } button { position: absolute; width: 60px; height: 24px }</style>
      <button style='left:10px;top:10px'>One</button><button style='left:90px;top:10px'>Two</button>
      <button style='left:10px;top:60px'>Three</button><button style='left:90px;top:60px'>Four</button>
      <button style='left:40px;top:800px'>Five</button>
      <script>for (const one of document.querySelectorAll('button')) one.onclick = () => top.postMessage(one.textContent, '*')</script>";
    let mut pages = vec![page("/buttons", buttons)];
    for (name, style) in LAYOUTS {
        for (way, source) in WAYS {
            let source = source.replace("NAME", name);
            let body = format!(
                "<div style='height:500px'>shop</div>
                 <div style='transform: scale(.9); overflow: auto; height: 400px'><div style='height: 150px'></div>
                 <iframe src='{source}' style='margin-left:60px;width:300px;height:200px;{style}'></iframe><div style='height: 300px'></div></div>
                 <div style='height:1500px'></div><script>onmessage = (e) => acme('SAID', {{ id: e.data }})</script>"
            );
            let path: &'static str = format!("/{name}-{way}").leak();
            pages.push(with_widget(path, &body));
        }
        pages.push(page(
            format!("/around-{name}"),
            format!("<!doctype html><iframe src=/buttons style='width:220px;height:140px;{style}'></iframe>"),
        ));
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_clicked_in_frames_is_what_was_found() {
    let pages = Pages::serve(frames()).await;
    let mut text = "defaults: { settle: 1ms }\njourneys:\n".to_owned();
    let mut names = vec![];
    for (name, _) in LAYOUTS {
        for (way, _) in WAYS {
            let steps: String = ["Four", "Five", "One"]
                .map(|one| format!(", {{ click: text={one}, fires: {{ SAID: {{ id: {one} }} }} }}"))
                .concat();
            text += &format!("  {name}-{way}: {{ steps: [{{ open: /{name}-{way} }}{steps}] }}\n");
            names.push(format!("{name}-{way}"));
        }
    }
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for name in &names {
            ran.journey(name).complete().conforms();
        }
    }
}

/// A button that steps aside from under the pointer `times` times.
fn dodging(times: &str, handler: &str) -> String {
    format!(
        "<button id=go style='position:fixed;left:20px;top:20px' onclick=\"{handler}\">Go</button><script>
         let left = {times};
         go.addEventListener('mousemove', () => {{ if (left-- > 0) go.style.left = 20 + 150 * (1 + left % 3) + 'px' }})</script>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_that_misses_is_made_again_or_fails_its_step() {
    let cover = |more: &str| {
        format!(
            "<button id=go style='position:fixed;left:20px;top:20px' onclick=\"acme('SAID', {{ id: 'go' }})\">Go</button>
             <button id=ad style='position:fixed;left:10px;top:10px;width:200px;height:60px;display:none' onclick=\"acme('CLOSED', {{ id: 'ad' }})\">Advertisement</button>
             <script>go.onmousemove = () => {{ ad.style.display = ''; {more} }}; ad.onpointerdown = ad.onmousedown = ad.onclick</script>"
        )
    };
    let pages = Pages::serve(vec![
        with_widget("/twice", &dodging("2", "acme('SAID', { id: 'go' })")),
        with_widget("/always", &dodging("1e6", "acme('SAID', { id: 'go' })")),
        // In the moment of the press something else is there, and then it isn't.
        with_widget("/covered", &cover("document.onpointermove = null; setTimeout(() => { ad.remove(); go.onmousemove = null }, 300)")),
        // What fires while a press goes astray is none of the step's.
        with_widget("/early", &dodging("1", "").replace("left-- > 0) ", "left-- > 0) acme('SAID', { id: 'dodged' }), ")),
        with_widget("/frame", "<iframe src='{foreign}/inner' style='width:700px'></iframe><script>onmessage = (e) => acme('SAID', { id: e.data })</script>"),
        page("/inner", format!("<!doctype html>{}", dodging("2", "parent.postMessage('go', '*')"))),
        with_widget(
            "/root",
            "<div id=host></div><script>const root = host.attachShadow({ mode: 'closed' });
             root.innerHTML = '<button style=\"position:fixed;left:20px;top:20px;width:80px\">Go</button>';
             let left = 2; const go = root.querySelector('button'); host.style = 'position:fixed;left:20px;top:20px;width:80px;height:22px';
             go.onmousemove = () => { if (left-- > 0) host.style.left = go.style.left = 400 + 150 * left + 'px' };
             go.onclick = () => acme('SAID', { id: 'go' })</script>",
        ),
    ])
    .await;
    let click = |path: &str, more: &str| {
        format!(
            "  {path}: {{ steps: [{{ open: /{path} }}, {{ click: '{}', fires: {{ SAID: {{ id: go }} }}{more} }}] }}\n",
            if path == "root" { "#host" } else { "text=Go" }
        )
    };
    let text = format!(
        "not_applicable: {{ CLOSED: never }}\ndefaults: {{ settle: 1ms }}\njourneys:\n{}{}{}",
        ["twice", "covered", "frame", "root"].map(|path| click(path, "")).concat(),
        click("always", ", timeout: 2s"),
        "  early: { steps: [{ open: /early }, { click: text=Go, fires: SAID, within: 500ms }] }\n",
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for name in ["twice", "covered", "frame", "root"] {
            ran.journey(name).complete().conforms();
        }
        let always = ran.journey("always");
        let (code, message, candidates) = always.failure();
        assert_eq!(code, "missed", "{message}");
        assert!(candidates.iter().all(|one| one.starts_with('<')) && !candidates.is_empty(), "{candidates:?}");
        assert_eq!(always.events(), [], "{}", browser.name());
        assert_eq!(always.verdict("event.SAID.fires").0, Outcome::Inconclusive, "{}", browser.name());
        let early = ran.journey("early");
        early.complete();
        assert_eq!(early.verdict("event.SAID.fires").1, "too-early", "{}", browser.name());
        assert!(!early.observations(|kind| matches!(kind, Kind::Void { step: 1 }).then_some(())).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_has_arrived_though_it_is_the_end_of_what_it_hit() {
    let ends = [
        ("element", "go.remove()"),
        ("hidden", "go.style.display = 'none'"),
        ("page", "location.href = '/next'"),
        ("content", "document.body.innerHTML = ''"),
        ("frame", "parent.document.querySelector('iframe').remove()"),
        ("frame-page", "parent.location.href = '/next'"),
    ];
    let mut pages = vec![page("/next", "<p>next")];
    let mut text = "defaults: { settle: 1ms }\njourneys:\n".to_owned();
    let mut names = vec![];
    for (name, end) in ends {
        for event in ["pointerdown", "mousedown", "click"] {
            let path: &'static str = format!("/{name}-{event}").leak();
            let body = format!(
                "<button id=go>Go</button><script>go.addEventListener('{event}', () => {{ (window.acme || parent.acme)('SAID', {{ id: 'go' }}); {end} }})</script>"
            );
            if name.starts_with("frame") {
                pages.push(page(format!("{path}-inner"), format!("<!doctype html>{body}")));
                pages.push(with_widget(path, &format!("<p>top<iframe src={path}-inner></iframe>")));
            } else {
                pages.push(with_widget(path, &body));
            }
            text += &format!(
                "  {name}-{event}: {{ steps: [{{ open: {path} }}, {{ click: text=Go, fires: {{ SAID: {{ id: go }} }} }}] }}\n"
            );
            names.push(format!("{name}-{event}"));
        }
    }
    let pages = Pages::serve(pages).await;
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for name in &names {
            let heard = ran.journey(name);
            heard.complete().conforms();
            assert_eq!(heard.events().len(), 1, "pressed once: {name} in {}", browser.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_moves_between_press_and_release_accuses_nobody() {
    // As soon as it has answered the press, the page does something else and is busy, so that the release comes later: once,
    // or each time. (Now and then it comes before, and that is a click like any other.)
    let after_press = |more: &str, then: &str, once: bool| {
        format!("<script>
          let n = 0;
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {{ {then}; const until = performance.now() + 200; while (performance.now() < until); }};
          addEventListener('mousedown', (e) => {{ if (e.target.id === 'go') {{ {more}; channel.port2.postMessage(0) }} }}, {{ once: {once} }})</script>")
    };
    let button = |more: &str, then: &str, once: bool| {
        let go = "<button id=go style='position:fixed;left:20px;top:20px' onclick=\"(window.acme || parent.acme)('SAID', { id: 'go' })\">Go</button>";
        format!("{go}{}", after_press(more, then, once))
    };
    let moves = "go.style.left = n++ % 2 ? '20px' : '400px'";
    let covers = "over.hidden = false; setTimeout(() => (over.hidden = true), 400)";
    let over = |tag: &str| {
        format!("<{tag} id=over hidden style='position:fixed;inset:0;width:100vw;height:100vh;z-index:9'></{tag}>")
    };
    let heard = button("acme('SAID', { id: 'down' })", moves, true).replace("onclick", "data-onclick");
    let pages = Pages::serve(vec![
        with_widget("/moves", &button("", moves, true)),
        with_widget("/replaced", &button("", "go.replaceWith(go.cloneNode(true))", true)),
        with_widget("/covered", &(over("div") + &button("", covers, true))),
        with_widget("/framed", &(over("iframe") + &button("", covers, true))),
        page("/button", format!("<!doctype html>{}", button("", "parent.postMessage('down', '*')", true))),
        with_widget("/within", "<iframe src=/button width=120 height=80 style='position:absolute;left:0;top:0'></iframe><script>
          onmessage = () => { document.querySelector('iframe').style.left = '500px'; const until = performance.now() + 200; while (performance.now() < until); }</script>"),
        with_widget("/ever", &button("", moves, false)),
        // What a press does by its first half shows that it arrived, be it its event or another trace of it.
        with_widget("/heard", &heard),
        with_widget("/trace", &button("location.hash = 'down'", moves, true)),
        with_widget("/slow", &button("setTimeout(() => acme('SAID', { id: 'down' }), 1500)", moves, true)),
        // The page's own doing, in answer to the press.
        with_widget("/flees", &button("go.style.left = '400px'", "", false)),
        with_widget("/opens", &format!("<button id=go>Go</button>{}", after_press("go.remove(); acme('SAID', { id: 'down' })", "", false))),
    ])
    .await;
    let names =
        ["moves", "replaced", "covered", "framed", "within", "ever", "heard", "trace", "slow", "flees", "opens"];
    let mut text = "defaults: { settle: 1ms }\njourneys:\n".to_owned();
    for name in names {
        let more = if name == "slow" { ", { pause: 2s }" } else { "" };
        text += &format!(
            "  {name}: {{ steps: [{{ open: /{name} }}, {{ click: text=Go, fires: SAID, within: 1s }}{more}] }}\n"
        );
    }
    text += "  unnamed: { steps: [{ open: /moves }, { click: text=Go, may_fire: SAID }] }\n";
    text += "  vanishes: { steps: [{ open: /opens }, { click: text=Go, may_fire: SAID }] }\n";
    let mut torn = 0;
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for name in names.into_iter().chain(["unnamed", "vanishes"]) {
            let place = format!("{name} in {}", browser.name());
            let journey = ran.journey(name);
            let events = journey.events().len();
            let again = journey.observations(|kind| matches!(kind, Kind::PressedAgain { .. }).then_some(())).len();
            let missed = journey.recording.ending != Ending::Complete;
            if missed {
                // Where nobody says what is to come of it, whether it had its effect can't be told.
                assert_eq!(journey.failure().0, "missed", "{place}");
                assert_eq!(again, if name == "ever" { 2 } else { 0 }, "{place}");
                assert!(["ever", "trace", "unnamed"].contains(&name), "{place}");
                assert!(journey.verdicts().iter().all(|v| v.outcome != Outcome::Fail), "{place}");
            } else if name == "flees" {
                assert_eq!((journey.verdict("event.SAID.fires").0, again), (Outcome::Fail, 0), "{place}");
            } else if name == "slow" && again == 1 {
                assert_eq!(events, 2, "{place}");
                assert_eq!(journey.verdict("event.SAID.fires").0, Outcome::Pass, "{place}");
                let expected = (Outcome::Inconclusive, "pressed-twice".to_owned());
                assert_eq!(journey.verdict("event.SAID.unexpected"), expected, "{place}");
            } else if name != "slow" {
                journey.conforms();
                assert_eq!(events, 1, "{place}");
                let most = match name {
                    "ever" => 2,
                    "heard" | "trace" | "opens" | "unnamed" | "vanishes" => 0,
                    _ => 1,
                };
                assert!(again <= most, "{place}: {again}");
            }
            torn += again + usize::from(missed);
        }
    }
    assert!(torn > 0, "no press was torn");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_go_elsewhere_go_nowhere() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        "<input aria-label=Mail><input id=other aria-label=Other><button>b</button><input aria-label=Last onkeydown=\"acme('SAID', { id: 'last' })\"><script>
         const mail = document.querySelector('input');
         let left = 2;
         mail.addEventListener('focus', () => { if (left-- > 0) other.focus() });
         other.addEventListener('keydown', () => acme('CLOSED', { id: 'other' }));
         mail.addEventListener('keydown', (e) => { if (e.key === 'Enter') acme('SAID', { id: mail.value + '|' + other.value }) })</script>",
    )])
    .await;
    let text = "not_applicable: { CLOSED: never }\njourneys:\n  fill: { steps: [{ open: / }, { fill: label=Mail, with: ada, press: Enter, fires: { SAID: { id: 'ada|' } } }] }
  press: { steps: [{ open: / }, { press: Enter, on: label=Mail, fires: { SAID: { id: '|' } } }] }
  hover: { steps: [{ open: / }, { hover: text=b }, { hover: text=b }, { click: label=Last }, { click: label=Last }, { press: Enter, fires: { SAID: { id: last } } }] }\n";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        for name in ["fill", "press", "hover"] {
            let heard = ran.journey(name);
            heard.complete().conforms();
            assert_eq!(heard.events().len(), 1, "{name} in {}: {:?}", browser.name(), heard.events());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_rests_is_clicked_where_it_always_is() {
    let go = "onclick=\"(window.acme || parent.acme)('SAID', { id: 'go' })\"";
    let moves = |style: &str, frames: &str| {
        format!(
            "<style>@keyframes m {{ {frames} }} #go {{ position: fixed; left: 200px; top: 200px; width: 60px; height: 60px; border-radius: 50%; {style} }}</style><button id=go {go}>Go</button>"
        )
    };
    let script = |at: &str| {
        format!(
            "<button id=go {go} style='position:fixed;left:200px;top:200px;width:60px;height:60px'>Go</button><script>
                 const move = (t) => {{ {at}; requestAnimationFrame(move) }}; requestAnimationFrame(move)</script>"
        )
    };
    let pages = Pages::serve(vec![
        with_widget("/pulse", &moves("animation: m 1.6s ease-in-out infinite", "50% { transform: scale(1.12) }")),
        with_widget("/bounce", &moves("animation: m .5s linear infinite alternate", "to { transform: translateY(-35px) }")),
        with_widget("/turn", &moves("border-radius: 0; animation: m 1s linear infinite", "to { transform: rotate(360deg) }")),
        with_widget("/around", &format!("<style>@keyframes m {{ to {{ transform: translateX(25px) }} }}</style><div style='animation: m .4s linear infinite alternate'><button id=go {go}>Go</button></div>")),
        with_widget("/script", &script("go.style.left = 200 + 20 * Math.sin(t / 150) + 'px'; go.style.top = 200 + 20 * Math.cos(t / 200) + 'px'")),
        with_widget("/drift", &script("go.style.width = '300px'; go.style.left = (t / 30) % 700 + 'px'")),
        with_widget("/in-frame", "<style>@keyframes m { 50% { transform: scale(1.12) } } iframe { position: fixed; right: 30px; bottom: 30px; animation: m 1.6s ease-in-out infinite }</style><iframe src=/plain></iframe>"),
        page("/plain", format!("<!doctype html><button {go}>Go</button>")),
        with_widget("/far", &moves("width: 20px; height: 20px; animation: m .3s linear infinite alternate", "to { transform: translateX(500px) }")),
    ])
    .await;
    let names = ["pulse", "bounce", "turn", "around", "script", "drift", "in-frame"];
    let mut text = "defaults: { settle: 1ms }\njourneys:\n".to_owned();
    for name in names {
        text += &format!(
            "  {name}: {{ steps: [{{ open: /{name} }}, {{ click: text=Go, fires: {{ SAID: {{ id: go }} }} }}] }}\n"
        );
    }
    text += "  far: { steps: [{ open: /far }, { click: text=Go, fires: SAID, timeout: 3s }] }\n";
    text += "  keys: { steps: [{ open: /far }, { press: Enter, on: text=Go, fires: SAID }] }\n";
    for browser in browsers() {
        let ran = run_alone(browser, &pages, &text).await;
        for name in names.into_iter().chain(["keys"]) {
            ran.journey(name).complete().conforms();
        }
        let (code, message, _) = ran.journey("far").failure();
        assert_eq!(code, "unstable", "{message}");
        assert!(message.contains("covers all the time") && message.contains("press: Enter"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_that_hangs_or_throws_spoils_no_search() {
    let go = "<button onclick=\"acme('SAID', { id: 'go' })\">Go</button>";
    let pages = Pages::serve(vec![
        with_widget("/hang", &format!("<iframe src='{{foreign}}/hangs'></iframe>{go}")),
        page("/hangs", "<!doctype html><p>busy<script>for (;;);</script>"),
        // What a form holds covers what it has.
        with_widget("/throw", &format!("<iframe src=/throws></iframe>{go}")),
        page("/throws", "<!doctype html><form><input name=getAttribute><input name=querySelectorAll><input name=getRootNode></form>"),
    ])
    .await;
    let text = "
defaults: { settle: 1ms }
journeys:
  hang: { steps: [{ open: /hang }, { click: text=Not there, optional: true }, { click: text=Go, fires: SAID }, { wait_until_gone: text=Not there }, { click: text=Nowhere, timeout: 1s }] }
  throw: { steps: [{ open: /throw }, { click: 'role=button[name=\"Not there\"]', optional: true, timeout: 300ms }, { click: 'role=button[name=Go]', fires: SAID }] }
";
    for browser in browsers() {
        let ran = run_apart(browser, &pages, text).await;
        let hang = ran.journey("hang");
        let (code, message, _) = hang.failure();
        assert_eq!(code, "no-match", "{message}");
        assert!(message.contains("/hangs did not answer"), "{message}");
        let done = hang.recording.steps.iter().filter(|step| step.outcome == StepOutcome::Done).count();
        assert_eq!(done, 3, "{:#?}", hang.recording.steps);
        // (The frame could not be listened to either, so not everything can be told.)
        assert_ne!(hang.verdict("event.SAID.fires").0, Outcome::Fail, "{}", browser.name());
        ran.journey("throw").complete().conforms();
    }
}

/// A site of two pages: while a key is held in the one, the other fires an event.
async fn holding() -> Pages {
    let listener = listener().await;
    let url = format!("http://{}", listener.local_addr().unwrap());
    let [there, held, fired] = [0; 3].map(|_| Arc::new(Semaphore::new(0)));
    let say = |what: &Arc<Semaphore>| {
        let what = what.clone();
        get(move || async move { what.add_permits(1) })
    };
    let wait = |what: &Arc<Semaphore>| {
        let what = what.clone();
        get(move || async move { what.acquire().await.unwrap().forget() })
    };
    let held_until = {
        let (held, fired) = (held.clone(), fired.clone());
        get(move || async move {
            held.add_permits(1);
            fired.acquire().await.unwrap().forget();
        })
    };
    let with = |body: &str| Html(with_widget("/", body).body);
    // It is shown when the other page is there, since a window is opened in its turn, too.
    let holder = with(
        "<input aria-label=Field hidden onkeydown=\"const ask = new XMLHttpRequest(); ask.open('GET', '/held', false); ask.send()\">
         <script>fetch('/wait-there').then(() => document.querySelector('input').hidden = false)</script>",
    );
    let queues = with(
        "<button hidden>Go</button><script>fetch('/there');
         fetch('/wait-held').then(() => { document.querySelector('button').hidden = false;
           setTimeout(() => { acme('SAID', { id: 'meanwhile' }); fetch('/fired') }, 700) })</script>",
    );
    let app = Router::new()
        .route("/widget.js", get(|| async { ([("content-type", "text/javascript")], include_str!("widget.js")) }))
        .route("/holder", get(move || async move { holder }))
        .route("/queues", get(move || async move { queues }))
        .route("/there", say(&there))
        .route("/wait-there", wait(&there))
        .route("/held", held_until)
        .route("/wait-held", wait(&held))
        .route("/fired", say(&fired));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Pages { url }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fires_while_a_step_waits_for_its_turn_is_not_its_doing() {
    let text = "
defaults: { settle: 1ms, within: 500ms, timeout: 20s }
journeys:
  holder: { steps: [{ open: /holder }, { press: a, on: label=Field }] }
  queues: { steps: [{ open: /queues }, { press: Enter, on: text=Go, fires: SAID }] }
";
    for browser in browsers() {
        let ran = run(browser, &holding().await, text).await;
        ran.journey("holder").complete();
        let queues = ran.journey("queues");
        queues.complete();
        assert_eq!(queues.events().len(), 1, "{}", browser.name());
        assert_eq!(queues.verdict("event.SAID.fires").1, "too-early", "{}", browser.name());
    }
}
