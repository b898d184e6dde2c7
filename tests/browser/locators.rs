//! Every kind of locator finds its one element, through shadow roots and frames.

use crate::harness::{Page, Pages, browsers, page, run, with_widget};

fn pages() -> Vec<Page> {
    let button = |name: &str| {
        format!("<button onclick=\"(window.acme || parent.acme)('SAID', {{ id: '{name}' }})\">{name}</button>")
    };
    vec![
        with_widget(
            "/",
            &format!(
                "<div id=host></div><div data-testid=box>{in_box}</div><label for=mail>E-mail</label><input id=mail onfocus=\"acme('SAID', {{ id: 'mail' }})\">
                 <ul><li>{first}</li><li>{second}</li></ul>
                 <a href='#x' aria-label='Book a meeting' onclick=\"acme('SAID', {{ id: 'aria' }})\">→</a>
                 <div role=button tabindex=0 aria-labelledby=lab onclick=\"acme('SAID', {{ id: 'labelled' }})\">x</div><span id=lab>Labelled by</span>
                 <button hidden>Twice</button><button onclick=\"acme('SAID', {{ id: 'twice' }})\">Twice</button>
                 <div id=slot-host><span>Slotted</span></div>
                 <script>
                   const outer = host.attachShadow({{ mode: 'open' }}); outer.innerHTML = '<section class=outer><div id=inner></div></section>';
                   const inner = outer.getElementById('inner').attachShadow({{ mode: 'open' }});
                   inner.innerHTML = '<p class=label>Nested</p><button class=deep>Talk to <b>sales</b></button>';
                   inner.querySelector('button').onclick = () => acme('SAID', {{ id: 'deep' }});
                   const slots = document.getElementById('slot-host').attachShadow({{ mode: 'open' }});
                   slots.innerHTML = '<button><slot></slot></button>'; slots.querySelector('button').onclick = () => acme('SAID', {{ id: 'slotted' }});
                 </script>",
                in_box = button("In box"),
                first = button("First"),
                second = button("Second"),
            ),
        ),
        page(
            "/frames",
            "<!doctype html><script src=/widget.js></script><p>top</p>
             <iframe id=same src=/same></iframe><div id=wrap><iframe src='{other}/cross'></iframe></div>
             <script>addEventListener('load', () => acmeReady()); addEventListener('message', (e) => acme('SAID', { id: e.data }))</script>",
        ),
        page("/same", button("Same origin")),
        page("/cross", "<!doctype html><iframe src='/nested' style='width:250px;height:100px'></iframe><button onclick=\"parent.postMessage('cross', '*')\">Go</button>"),
        page("/nested", "<!doctype html><button onclick=\"top.postMessage('nested', '*')\">Nested</button><input aria-label=Inner onkeydown=\"top.postMessage('key ' + event.key, '*')\">"),
        page(
            "/covered-frame",
            "<!doctype html><script src=/widget.js></script><iframe src=/same style='width:300px;height:200px'></iframe>
             <div class=consent style='position:fixed;inset:0;background:#ccc'>We value your privacy</div><script>addEventListener('load', () => acmeReady())</script>",
        ),
        page(
            "/late",
            "<!doctype html><script src=/widget.js></script><script>addEventListener('load', () => { acmeReady();
               setTimeout(() => { const frame = document.createElement('iframe'); frame.src = '/same'; document.body.append(frame) }, 500) })</script><body>",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_locator_finds_its_element() {
    let pages = Pages::serve(pages()).await;
    let clicks = [
        ("/", "'#host .deep'", "deep"),
        ("/", "'.outer button'", "deep"),
        ("/", "'#host >> role=button[name=\"Talk to sales\"]'", "deep"),
        ("/", "text=talk to", "deep"),
        ("/", "launcher", "deep"),
        ("/", "'testid=box >> button'", "In box"),
        ("/", "'ul > li:first-child button'", "First"),
        ("/", "'li + li > button'", "Second"),
        ("/", "'ul >> button >> nth=-1'", "Second"),
        ("/", "'role=link[name=\"Book a meeting\"]'", "aria"),
        ("/", "'role=button[name=/^labelled/i]'", "labelled"),
        ("/", "label=E-mail", "mail"),
        ("/", "'role=button[name=Twice]'", "twice"),
        ("/", "'role=button[name=Slotted]'", "slotted"),
        ("/frames", "text=Same origin", "Same origin"),
        ("/frames", "'#same >> button'", "Same origin"),
        ("/frames", "'#wrap >> text=Go'", "cross"),
        ("/frames", "role=button[name=Nested]", "nested"),
        ("/frames", "'#wrap iframe >> iframe >> button'", "nested"),
        ("/late", "text=Same origin", "Same origin"),
    ];
    let mut journeys: String = clicks
        .iter()
        .enumerate()
        .map(|(i, (path, locator, id))| format!("  j{i}:\n    steps:\n      - open: {path}\n      - click: {locator}\n        fires: {{ SAID: {{ id: {{ const: {id:?} }} }} }}\n"))
        .collect();
    journeys += "  typed:\n    steps:\n      - open: /frames\n      - { fill: label=Inner, with: x, fires: { SAID: { id: key x } } }\n      - { press: y, fires: { SAID: { id: key y } } }\n";
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            &format!("names: {{ launcher: '#host .outer .deep' }}\ndefaults: {{ settle: 1ms, within: 8s }}\njourneys:\n{journeys}"),
        )
        .await;
        for i in 0..clicks.len() {
            let heard = ran.journey(&format!("j{i}"));
            heard.complete().conforms();
        }
        ran.journey("typed").complete().conforms();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banner_over_a_frame_covers_what_is_in_it() {
    let pages = Pages::serve(pages()).await;
    for browser in browsers() {
        let ran = run(browser, &pages, "defaults: { timeout: 600ms, settle: 1ms }\njourneys:\n  j:\n    steps:\n      - open: /covered-frame\n      - click: text=Same origin\n").await;
        let (code, _, candidates) = ran.journey("j").failure();
        assert_eq!(code, "covered", "{}", browser.name());
        assert!(candidates.iter().any(|c| c.contains("consent")), "{}: {candidates:?}", browser.name());
    }
}
