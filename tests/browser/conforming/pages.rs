//! Pages may go, come back, be taken apart and hold frames of every kind.

use crate::harness::page;
use crate::ways::{ANSWER, OPEN, OPEN_AND_GO, START, all_are_right, chat, way, whole};

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_widget_lives() {
    let shadow = "const root = (host, mode) => host.attachShadow({ mode });
        const deep = (mode) => { let at = root(document.body.appendChild(document.createElement('div')), mode);
          for (let i = 0; i < 3; i++) { const host = document.createElement('div'); at.append(host); at = root(host, mode) }
          return at };
        const button = (text) => Object.assign(document.createElement('button'), { textContent: text, onclick: () => say('ANSWERED') });";
    let framed = |name, frame: &str| {
        whole(name, &format!("<!doctype html><p>host{frame}"), OPEN_AND_GO, "STARTED ANSWERED")
            .and(chat(format!("/{name}/inner"), &format!("{ANSWER}{START}")))
    };
    let inner = "<!doctype html><script src=/strict.js></script><body>".to_owned()
        + "<button onclick=say(&quot;ANSWERED&quot;)>Go</button>"
        + START;
    let quoted = inner.replace("&quot;", "&amp;quot;").replace('"', "&quot;");
    let blob = "<script>fetch('/strict.js').then((answer) => answer.text()).then((text) => {
        const body = '<!doctype html><script>' + text + ';start()<' + '/script><button onclick=\"say(\\'ANSWERED\\')\">Go</button>';
        document.body.append(Object.assign(document.createElement('iframe'), { src: window.URL.createObjectURL(new Blob([body], { type: 'text/html' })) })) })</script>";
    let written = format!(
        "<!doctype html><body><p>host<script>
         const frame = document.body.appendChild(document.createElement('iframe'));
         frame.contentDocument.open(); frame.contentDocument.write({inner:?}.replace('src=/', 'src=' + location.origin + '/')); frame.contentDocument.close()</script>",
    ).replace("</script><body><button", "<\\/script><body><button").replace("start()</script>\"", "start()<\\/script>\"");
    let filled = "<!doctype html><body><p>host<script>addEventListener('load', () => {
        const frame = document.body.appendChild(document.createElement('iframe')); const { contentDocument: inner, contentWindow: window } = frame;
        const script = inner.createElement('script'); script.src = location.origin + '/strict.js';
        script.onload = () => { window.ready(); window.say('STARTED'); inner.body.innerHTML = '<button>Go</button>'; inner.body.firstChild.onclick = () => window.say('ANSWERED') };
        inner.head.append(script) })</script>";
    all_are_right(vec![
            way("nested-roots", &format!("<script>{shadow} deep('open').append(button('Go'))</script>{START}"), OPEN_AND_GO, "STARTED ANSWERED"),
            way("closed-root", &format!("<script>{shadow} deep('closed').append(button('Hidden'))</script><button aria-label='Chat with us' onclick=\"say('ANSWERED')\"></button>{START}"),
                "[{ open: '/${journey}', fires: STARTED }, { click: 'role=button[name=\"Chat with us\"]', fires: ANSWERED }]", "STARTED ANSWERED"),
            way("closed-root-keys", &format!("<script>{shadow} const inside = [button('One'), button('Two')]; deep('closed').append(...inside)</script><button aria-label='Chat with us' onclick=\"inside[0].focus()\"></button><input autofocus>{START}"),
                "[{ open: '/${journey}', fires: STARTED }, { click: 'role=button[name=\"Chat with us\"]' }, { press: Enter, fires: ANSWERED }, { press: Tab Enter, fires: ANSWERED }, { press: [Shift+Tab, Enter], fires: ANSWERED }]", "STARTED ANSWERED ANSWERED ANSWERED"),
            way("adopted", &format!("<iframe></iframe><script>{shadow} const host = Object.assign(document.createElement('div'), {{ id: 'host' }}); root(host, 'open').append(Object.assign(button('Go'), {{ className: 'go' }}));
                addEventListener('load', () => document.querySelector('iframe').contentDocument.body.append(host))</script>{START}"),
                "[{ open: '/${journey}', fires: STARTED }, { click: '#host .go', fires: ANSWERED }]", "STARTED ANSWERED"),
            framed("same-origin", "<iframe src=/same-origin/inner></iframe>"),
            framed("cross-origin", "<iframe src='{other}/cross-origin/inner'></iframe>"),
            framed("cross-site", "<iframe src='{foreign}/cross-site/inner'></iframe>"),
            framed("sandboxed", "<iframe sandbox='allow-scripts' src=/sandboxed/inner></iframe>"),
            framed("scaled-frame", "<div style='transform: scale(.5); transform-origin: 100% 100%; width: 600px'><iframe style='width: 500px; height: 300px; border: 20px solid; padding: 30px' src=/scaled-frame/inner></iframe></div>"),
            framed("scrolled-frame", "<div style='height: 3000px'></div><iframe src=/scrolled-frame/inner></iframe><div style='height: 3000px'></div>"),
            whole("srcdoc", &format!("<!doctype html><p>host<iframe srcdoc=\"{quoted}\"></iframe>"), OPEN_AND_GO, "STARTED ANSWERED"),
            whole("blob", &format!("<!doctype html><body>{blob}"), OPEN_AND_GO, "STARTED ANSWERED"),
            whole("written", &written, OPEN_AND_GO, "STARTED ANSWERED"),
            whole("filled", filled, OPEN_AND_GO, "STARTED ANSWERED"),
            framed("many", &format!("{}<iframe src='/many/inner'></iframe>", "<iframe src='/many/none' width=60 height=60></iframe>".repeat(30)))
                .and(page("/many/none", "<p>none")),
            way("coming-and-going", &format!("<script>let n = 0; setInterval(() => {{ document.querySelector('iframe')?.remove(); const frame = document.createElement('iframe'); frame.src = '/coming-and-going/none?' + n++; document.body.append(frame) }}, 50)</script>{ANSWER}{START}"), OPEN_AND_GO, "STARTED ANSWERED")
                .and(page("/coming-and-going/none", "<p>none")),
        ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_the_page_moves_on() {
    let go = |name, how: &str, steps, heard| {
        way(name, &format!("<button onclick=\"{how}\">Go</button>{START}"), steps, heard)
    };
    let next = |name: &str, body: &str| chat(format!("/{name}/next"), body);
    // Answers nothing once it is asked for.
    let silent = crate::harness::listener().await;
    let never = format!("http://{}/", silent.local_addr().unwrap());
    all_are_right(vec![
            go("pushed", "history.pushState(1, '', '/elsewhere'); say('ANSWERED')", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED ANSWERED"),
            go("hashed", "location.hash = Math.random(); say('ANSWERED')", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED ANSWERED"),
            go("reloaded", "say('ANSWERED')", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }, { reload: true, fires: STARTED }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED STARTED ANSWERED"),
            go("reloads-itself", "say('ANSWERED'); location.reload()", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: [ANSWERED, STARTED] }, { click: text=Go, fires: [ANSWERED, STARTED] }]", "STARTED ANSWERED STARTED ANSWERED STARTED"),
            go("leaving", "say('ANSWERED'); location.href = '/leaving/next'", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: [ANSWERED, STARTED] }]", "STARTED ANSWERED STARTED").and(next("leaving", START)),
            go("goodbye", "window.addEventListener('pagehide', () => say('ENDED')); location.href = '/goodbye/next'", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ENDED }, { wait_for: text=next }]", "STARTED ENDED").and(page("/goodbye/next", "<p>next")),
            go("beforeunload", "window.addEventListener('beforeunload', () => say('ENDED')); location.href = '{foreign}/beforeunload/next'", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ENDED }, { wait_for: text=next }]", "STARTED ENDED").and(page("/beforeunload/next", "<p>next")),
            go("abroad", "say('ANSWERED'); location.href = '{foreign}/abroad/next'", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: [ANSWERED, STARTED] }]", "STARTED ANSWERED STARTED").and(next("abroad", START)),
            go("pop-up", "window.open('/pop-up/next', 'chat', 'noopener,width=300,height=300')", "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED").and(next("pop-up", "<script>addEventListener('load', () => { ready(); say('ANSWERED') })</script>")),
            way("new-tab", &format!("<a href=/new-tab/next target=_blank>Go</a>{START}"), "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED").and(next("new-tab", "<script>addEventListener('load', () => { ready(); say('ANSWERED') })</script>")),
            way("back", &format!("<a href=/back/next onclick=\"say('ANSWERED')\">Go</a><button onclick=\"say('ENDED')\">End</button>{START}"), "[{ open: '/${journey}', fires: STARTED }, { click: text=Go, fires: ANSWERED }, { wait_for: text=next }, { back: true, fires: STARTED }, { click: text=End, fires: ENDED }]", "STARTED ANSWERED STARTED ENDED").and(page("/back/next", "<p>next")),
            whole("opened-anew", "<!doctype html><body><script>addEventListener('load', () => setTimeout(() => { document.open(); document.write('<!doctype html><script src=/strict.js><\\/script><body><button onclick=\"say(\\'ANSWERED\\')\">Go</button><script>ready(); say(\"STARTED\")<\\/script>'); document.close() }))</script>", OPEN_AND_GO, "STARTED ANSWERED"),
            whole("written-into", "<!doctype html><script>document.write('<script src=/strict.js><\\/script>')</script><body><script>document.write('<button onclick=\"say(\\'ANSWERED\\')\">Go</button><script>start()<\\/script>')</script>", OPEN_AND_GO, "STARTED ANSWERED"),
            whole("refreshed", "<!doctype html><meta http-equiv=refresh content='0;url=/refreshed/next'><p>first", OPEN, "STARTED").and(next("refreshed", START)),
            whole("redirected", "<!doctype html><script>location.replace('/redirected/next')</script><p>first", OPEN, "STARTED").and(next("redirected", START)),
            way("alerting", &format!("<button onclick=\"alert('1'); say('ANSWERED'); confirm('2')\">Go</button>{START}"), OPEN_AND_GO, "STARTED ANSWERED"),
            way("slow-image", &format!("<img src={never}>{ANSWER}<script>ready(); say('STARTED')</script>"), OPEN_AND_GO, "STARTED ANSWERED"),
            whole("based", &format!("<!doctype html><script src=/strict.js></script><base href=https://elsewhere.invalid/ target=_blank><body>{ANSWER}{START}"), OPEN_AND_GO, "STARTED ANSWERED"),
            way("worker-site", &format!("{ANSWER}<p id=state></p><script>
                (async () => {{ await navigator.serviceWorker.register('/worker-site/service.js', {{ scope: '/worker-site' }}); await navigator.serviceWorker.ready;
                  if (!navigator.serviceWorker.controller) return location.reload();
                  state.textContent = 'controlled'; ready(); say('STARTED') }})()</script>"),
                "[{ open: '/${journey}', fires: STARTED }, { wait_for: text=controlled }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED")
                .and(page("/worker-site/service.js", "addEventListener('install', () => skipWaiting()); addEventListener('activate', (e) => e.waitUntil(clients.claim())); addEventListener('fetch', (e) => e.respondWith(fetch(e.request)))").header("service-worker-allowed", "/")),
        ])
    .await;
}
