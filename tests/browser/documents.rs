//! Documents that aren't HTML, elements of other namespaces, and pages with very many elements.

use crate::harness::{Page, Pages, browsers, page, run, with_widget};

const XHTML: &str = r##"<?xml version="1.0"?>
<h:html xmlns:h="http://www.w3.org/1999/xhtml" xml:lang="en"><h:head><h:title>t</h:title><h:script src="/widget.js"/></h:head>
<h:body><h:button onclick="acme('SAID', { id: 'button' })">Ask us</h:button> <h:a href="#x">Docs</h:a><h:br/>
<h:form><h:label>Your <h:b>question</h:b> <h:input name="q"/></h:label><select xmlns="http://www.w3.org/1999/xhtml" aria-label="Topic"><option>Loans</option><option>Cards</option></select>
<h:input type="submit" value="Send"/></h:form><h:h2>Heading<h:br/>two</h:h2><h:div contenteditable="true" aria-label="Rich">old</h:div>
<h:style>p { color: red }</h:style><h:iframe src="/inner.xhtml"></h:iframe>
<h:script>
document.querySelector("form").onsubmit = (e) => { e.preventDefault(); acme('SAID', { id: document.querySelector("input").value + "|" + document.querySelector("select").value + "|" + document.querySelector("div").textContent }); };
addEventListener("load", () => acmeReady());
</h:script></h:body></h:html>"##;

/// The whole page is a picture.
const SVG: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="600" height="400">
<title>A picture</title><script href="/widget.js"/>
<g role="button" tabindex="0" id="ask"><title>Ask us</title><rect x="10" y="10" width="120" height="40"/><text x="20" y="35" fill="white">?</text></g>
<a xlink:href="#docs"><text x="20" y="100">Docs <tspan>here</tspan></text></a>
<script><![CDATA[
document.getElementById("ask").addEventListener("click", () => acme("SAID", { id: "ask" }));
document.querySelector("a").addEventListener("click", () => acme("SAID", { id: "docs" }));
addEventListener("load", () => acmeReady());
]]></script></svg>"##;

/// No namespace at all but where scripts are needed.
const XML: &str = r##"<?xml version="1.0"?><shop xmlns:h="http://www.w3.org/1999/xhtml"><h:script src="/widget.js"/>
<button>Not HTML's</button><item h:x="y"><h:button onclick="acme('SAID', { id: 'xml' })">Ask us</h:button></item>
<h:script>addEventListener("load", () => acmeReady());</h:script></shop>"##;

fn site() -> Vec<Page> {
    let xml = |path: &str, kind: &str, body: &str| page(path, body).header("content-type", kind);
    vec![
        xml("/page.xhtml", "application/xhtml+xml", XHTML),
        xml(
            "/inner.xhtml",
            "application/xhtml+xml",
            "<html xmlns='http://www.w3.org/1999/xhtml'><body><button onclick=\"parent.acme('SAID', { id: 'inner' })\">Inner</button></body></html>",
        ),
        xml("/picture.svg", "image/svg+xml", SVG),
        xml("/data.xml", "application/xml", XML),
        with_widget(
            "/mixed",
            "<svg width=200 height=60><g role=button tabindex=0 aria-label='Chat' onclick=\"acme('SAID', { id: 'g' })\"><rect width=80 height=50></rect></g>
             <a href='#x' onclick=\"acme('SAID', { id: 'svg a' })\"><text x=100 y=30>Docs</text></a></svg>
             <button onclick=\"acme('SAID', { id: 'icon' })\"><svg width=20 height=20><title>Close</title><path d='M0 0h20v20H0z'/></svg></button>
             <math><mi role=button tabindex=0 onclick=\"acme('SAID', { id: 'mi' })\">x</mi></math>",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_are_not_html_are_acted_in_all_the_same() {
    let pages = Pages::serve(site()).await;
    let text = r#"
journeys:
  xhtml:
    steps:
      - open: /page.xhtml
      - { click: 'role=button[name="Ask us"]', fires: { SAID: { id: button } } }
      - { click: 'text="Ask us"', fires: { SAID: { id: button } } }
      - { click: text=Inner, fires: { SAID: { id: inner } } }
      - wait_for: 'role=link[name=Docs]'
      - wait_for: 'role=heading[name="Heading two"]'
      - { fill: 'label="Your question"', with: Hello }
      - { fill: label=Rich, with: new }
      - { select: label=Topic, option: Cards }
      - { click: 'role=button[name=Send]', fires: { SAID: { id: Hello|Cards|new } } }
      - { fill: 'input[name=q]', with: Again, press: Enter, fires: { SAID: { id: Again|Cards|new } } }
      - wait_until_gone: 'text="color: red"'
  picture:
    steps:
      - open: /picture.svg
      - { click: 'role=button[name="Ask us"]', fires: { SAID: { id: ask } } }
      - { click: 'role=link[name="Docs here"]', fires: { SAID: { id: docs } } }
      - { click: '#ask', fires: { SAID: { id: ask } } }
      - wait_until_gone: text="A picture"
  xml:
    steps:
      - open: /data.xml
      - { click: role=button, fires: { SAID: { id: xml } } }
  mixed:
    steps:
      - open: /mixed
      - { click: 'role=button[name=Chat]', fires: { SAID: { id: g } } }
      - { click: 'role=link[name=Docs]', fires: { SAID: { id: svg a } } }
      - { click: 'role=button[name=Close]', fires: { SAID: { id: icon } } }
      - { click: 'role=button[name=x]', fires: { SAID: { id: mi } } }
      - wait_for: role=math
"#;
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        for name in ["xhtml", "picture", "xml", "mixed"] {
            ran.journey(name).complete().conforms();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_is_found_by_whatever_labels_it() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        "<label for=one>First</label><label for=one>of two</label><input id=one>
         <label>Around <input></label><div id=host></div><label for=own>Made here</label><own-field id=own tabindex=0>own</own-field>
         <div id=by role=button tabindex=0>x</div><p id=words>By script</p>
         <script>
           host.attachShadow({ mode: 'open' }).innerHTML = '<label for=one>Rooted</label><input id=one>';
           customElements.define('own-field', class extends HTMLElement { static formAssociated = true; constructor() { super(); this.attachInternals() } });
           by.ariaLabelledByElements = [words];
           for (const root of [document, host.shadowRoot]) for (const one of root.querySelectorAll('input,own-field,#by'))
             one.addEventListener('click', () => acme('SAID', { id: one.id || 'around' }));
         </script>",
    )])
    .await;
    let text = "journeys:\n  j:\n    steps:\n      - open: /\n".to_owned()
        + &[("First", "one"), ("\"of two\"", "one"), ("Around", "around"), ("Rooted", "one"), ("\"By script\"", "by")]
            .map(|(label, id)| format!("      - {{ click: 'label={label}', fires: {{ SAID: {{ id: {id} }} }} }}\n"))
            .concat();
    for browser in browsers() {
        run(browser, &pages, &text).await.journey("j").complete().conforms();
    }
}

/// Some 20,000 elements, a text that changes all the time, and shadow roots as deep as components go.
fn large(rows: usize) -> String {
    format!(
        "<p id=tick></p><table></table><div id=host></div><div style='position:fixed;right:9px;bottom:9px;background:#fff'><button>Ask us</button></div>
         <script>
           let rows = ''; for (let i = 0; i < {rows}; i++) rows += `<tr><td><a href='#p${{i}}'><img alt='Item ${{i}}'><span>Item ${{i}}</span></a><td><label>Amount ${{i}} <input></label><td><button>Add ${{i}}</button>`;
           document.querySelector('table').innerHTML = rows;
           setInterval(() => (tick.textContent = performance.now()), 20);
           let at = host; for (let i = 0; i < 200; i++) {{ at.attachShadow({{ mode: 'open' }}).innerHTML = '<div></div>'; at = at.shadowRoot.firstChild }}
           at.innerHTML = '<button>Deep down</button><label>Deeper <input></label>';
           document.querySelector('div button').onclick = () => acme('SAID', {{ id: 'ask' }});
           at.querySelector('button').onclick = () => acme('SAID', {{ id: 'deep' }});
         </script>"
    )
}

/// What a custom element says of itself by its internals, in the page, in a shadow tree and in a frame; attributes override it.
const CUSTOM: &str = r##"<p id=by>Call us</p><chat-button id=plain>x</chat-button><chat-button role=link aria-label="Other">x</chat-button>
<chat-button id=mute>x</chat-button><chat-field id=field></chat-field><label for=box>Your name</label><chat-field id=box></chat-field><chat-host></chat-host>
<script>
const own = (how) => class extends HTMLElement {
  static formAssociated = true;
  constructor() { super(); this.kept = this.attachInternals(); how(this, this.kept); }
};
const reads = (one) => {
  const text = one.kept.constructor.prototype && Function.prototype.toString.call(HTMLElement.prototype.attachInternals);
  let thrown; try { one.attachInternals(); } catch (error) { thrown = error.name; }
  return [/native code/.test(text) && !/Proxy/.test(text), HTMLElement.prototype.attachInternals.name, thrown].join();
};
customElements.define("chat-button", own((one, internals) => {
  internals.role = "button"; internals.ariaLabel = "Ask " + (one.id || "us");
  if (one.id === "mute") internals.ariaHidden = "true";
  one.onclick = () => acme("SAID", { id: one.getAttribute("role") || one.id || "inner", how: reads(one) });
}));
customElements.define("chat-field", own((one, internals) => {
  internals.role = "textbox";
  if (one.id === "field") internals.ariaLabel = "Your question";
  one.tabIndex = 0; one.style = "display: inline-block; width: 9em; height: 2em";
  one.onclick = () => acme("SAID", { id: one.id });
}));
customElements.define("chat-host", class extends HTMLElement {
  constructor() { super(); this.attachShadow({ mode: "open" }).innerHTML = "<chat-button>x</chat-button>"; }
});
</script>"##;

#[tokio::test(flavor = "multi_thread")]
async fn custom_elements_are_what_their_internals_say() {
    let framed = "<iframe src=/inner></iframe>";
    let inner = "<script>const acme = (...all) => parent.acme(...all)</script>";
    let pages = Pages::serve(vec![
        with_widget("/", &format!("{CUSTOM}{framed}")),
        page(
            "/inner",
            format!(
                "<!doctype html>{inner}<chat-button id=plain>x</chat-button>{}",
                &CUSTOM[CUSTOM.find("<script>").unwrap()..].replace("Ask ", "Frame ")
            ),
        ),
    ])
    .await;
    let mut text = "journeys:\n".to_owned();
    let cases = [
        ("role", "role=button[name=\"Ask plain\"]", "plain"),
        ("shadow", "role=button[name=\"Ask us\"]", "inner"),
        ("attribute", "p ~ chat-button[role]", "link"),
        ("overridden", "role=link[name=Other]", "link"),
        ("label", "label=\"Your question\"", "field"),
        ("labelled", "label=\"Your name\"", "box"),
        ("frame", "role=button[name=\"Frame plain\"]", "plain"),
    ];
    for (name, locator, id) in cases {
        text.push_str(&format!(
            "  {name}:\n    steps:\n      - open: /\n      - {{ click: '{locator}', fires: {{ SAID: {{ id: '{id}' }} }} }}\n"
        ));
    }
    text.push_str("  hidden:\n    defaults: { timeout: 2s }\n    steps:\n      - open: /\n      - click: 'role=button[name=\"Ask mute\"]'\n");
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for (name, ..) in cases {
            ran.journey(name).complete().conforms();
        }
        let how = &ran.journey("role").events()[0].1["how"];
        assert_eq!(how, "true,attachInternals,NotSupportedError", "{}", browser.name());
        let (code, message, _) = ran.journey("hidden").failure();
        assert_eq!(code, "no-match", "{}: {message}", browser.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_pages_that_never_rest_are_looked_through() {
    let pages = Pages::serve(vec![with_widget("/", &large(2_000))]).await;
    let text = "
journeys:
  j:
    steps:
      - open: /
      - { click: 'role=button[name=\"Ask us\"]', fires: { SAID: { id: ask } } }
      - { click: 'text=\"Deep down\"', fires: { SAID: { id: deep } } }
      - { fill: label=Deeper, with: text }
      - { click: 'role=button[name=\"Deep down\"]', fires: { SAID: { id: deep } } }
      - { eval: \"setTimeout(() => document.body.append('Late news'), 700)\" }
      - wait_for: text=Late news
      - { eval: \"setTimeout(() => document.querySelector('#host').remove(), 700)\" }
      - wait_until_gone: text=Deep down
";
    for browser in browsers() {
        run(browser, &pages, text).await.journey("j").complete().conforms();
    }
}

/// `cargo test --release --test browser documents:: -- --ignored --nocapture`: how much longer `role=` and `label=` take than
/// `text=`, in one run on 100,000 elements. It prints and asserts nothing: times are no test's business.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a benchmark"]
async fn benchmark_of_locators() {
    let pages = Pages::serve(vec![with_widget("/", &large(10_000))]).await;
    let locators =
        ["text=\"Ask us\"", "role=button[name=\"Ask us\"]", "label=Deeper", "role=cell[name=\"Add 9999\"]", "'#tick'"];
    let looks = 3;
    let mut text = "defaults: { timeout: 60s, load: 60s }\njourneys:\n  j:\n    steps:\n      - open: /\n".to_owned();
    for locator in locators {
        text += &format!("      - wait_for: {locator}\n").repeat(looks);
    }
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        let heard = ran.journey("j");
        heard.complete();
        let took = |at: usize| {
            let steps = &heard.recording.steps[1 + at * looks..1 + (at + 1) * looks];
            let mut took: Vec<f64> = steps.iter().map(|s| s.acted_ms.unwrap() - s.began_ms.unwrap()).collect();
            took.sort_by(f64::total_cmp);
            took[looks / 2]
        };
        for (at, locator) in locators.iter().enumerate() {
            println!("{}: {locator} {:.0} ms, {:.2} of text=", browser.name(), took(at), took(at) / took(0));
        }
    }
}
