//! What a visitor acts on may be built in any way: it takes no other acts than a person's.

use crate::harness::page;
use crate::ways::{ANSWER, OPEN_AND_GO, START, all_are_right, way, whole};

/// Types, and says what the page understood.
const FILL: &str = "[{ open: '/${journey}', fires: STARTED }, { fill: label=Phone, with: '5551234567', press: Enter, fires: { ANSWERED: { text: '(555) 123-4567' } } }]";
const WRITE: &str = "[{ open: '/${journey}', fires: STARTED }, { fill: label=Message, with: 'Hello, you', press: Enter, fires: { ANSWERED: { text: 'Hello, you' } } }]";

#[tokio::test(flavor = "multi_thread")]
async fn however_a_field_takes_its_text() {
    let field = |name, body: &str, steps| way(name, &format!("{body}{START}"), steps, "STARTED ANSWERED");
    let enter = "onkeydown=\"if (event.key === 'Enter') say('ANSWERED', { text: this.value })\"";
    all_are_right(vec![
            field("form", "<form onsubmit=\"event.preventDefault(); say('ANSWERED', { text: this.elements[0].value })\"><input aria-label=Message><button>Send</button></form>", WRITE),
            field("leaving-form", "<form action=/leaving-form/sent onsubmit=\"say('ANSWERED', { text: this.elements[0].value })\"><input name=text aria-label=Message></form>", WRITE)
                .and(page("/leaving-form/sent", "<p>sent")),
            field("masked", &format!("<input aria-label=Phone {enter} oninput=\"const d = this.value.replace(/\\D/g, '').slice(0, 10); this.value = d.length > 6 ? `(${{d.slice(0, 3)}}) ${{d.slice(3, 6)}}-${{d.slice(6)}}` : d.length > 3 ? `(${{d.slice(0, 3)}}) ${{d.slice(3)}}` : d\">"), FILL),
            field("controlled", "<input aria-label=Message value=old><script>{
                const field = document.querySelector('input'); let state = 'old';
                const native = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value'); let tracked = 'old';
                Object.defineProperty(field, 'value', { get() { return native.get.call(this) }, set(v) { tracked = String(v); native.set.call(this, v) }, configurable: true });
                field.addEventListener('input', () => { const is = native.get.call(field); if (is === tracked) return; tracked = is; state = is; queueMicrotask(() => field.value = state) });
                field.addEventListener('keydown', (e) => { if (e.key === 'Enter') say('ANSWERED', { text: state }) }) }</script>", WRITE),
            field("slow-controlled", "<input aria-label=Message><script>{
                const field = document.querySelector('input'); let state = '';
                field.addEventListener('beforeinput', (e) => { if (e.inputType !== 'insertText') return; e.preventDefault(); state += e.data; field.value = state });
                field.addEventListener('keydown', (e) => { if (e.key === 'Enter') say('ANSWERED', { text: state }) }) }</script>", WRITE),
            field("editor", "<div contenteditable role=textbox aria-label=Message><p>old</p></div><script>{
                const box = document.querySelector('[contenteditable]'); let text = 'old';
                box.addEventListener('beforeinput', (e) => { e.preventDefault(); const all = getSelection().toString().length > 0;
                  if (e.inputType === 'insertText') text = (all ? '' : text) + e.data; else if (e.inputType.startsWith('delete')) text = all ? '' : text.slice(0, -1);
                  box.innerHTML = '<p></p>'; box.firstChild.textContent = text; const at = document.createRange(); at.selectNodeContents(box.firstChild); at.collapse(false); getSelection().removeAllRanges(); getSelection().addRange(at) });
                box.addEventListener('keydown', (e) => { if (e.key === 'Enter') { e.preventDefault(); say('ANSWERED', { text: text.replace(/\\u00a0/g, ' ') }) } }) }</script>", WRITE),
            field("in-a-root", "<div id=host></div><script>{ const root = host.attachShadow({ mode: 'open' }); root.innerHTML = '<label>Message <textarea>old</textarea></label>';
                root.querySelector('textarea').onkeydown = (e) => { if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); say('ANSWERED', { text: e.target.value }) } } }</script>", WRITE),
            field("combobox", "<div role=combobox tabindex=0 aria-label=Plan onclick='list.hidden = false'>Choose</div><ul id=list role=listbox hidden><li role=option>Free<li role=option onmousedown=\"say('ANSWERED'); list.hidden = true\">Pro</ul>",
                "[{ open: '/${journey}', fires: STARTED }, { click: 'role=combobox[name=Plan]' }, { click: 'role=option[name=Pro]', fires: ANSWERED }]"),
            field("keyboard", "<div role=button tabindex=0 onkeydown=\"if (event.key === 'ArrowDown') this.nextElementSibling.focus()\">One</div><div role=button tabindex=-1 onkeyup=\"if (event.key === ' ') say('ANSWERED')\">Two</div>",
                "[{ open: '/${journey}', fires: STARTED }, { press: ArrowDown, on: text=One }, { press: Space, fires: ANSWERED }]"),
            field("tabbed", "<a href=#one>One</a><button onclick=\"say('ANSWERED')\">Two</button>",
                "[{ open: '/${journey}', fires: STARTED }, { press: Tab, on: text=One }, { press: Enter, fires: ANSWERED }]"),
        ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_an_element_stands() {
    let stands = |name, body: &str| way(name, &format!("{body}{START}"), OPEN_AND_GO, "STARTED ANSWERED");
    let nodes = "<script>{ const body = document.createElement('main'); let text = '';
        for (let i = 0; i < 2000; i++) text += '<section><div><p>Row <b>' + i + '</b> of <i>many</i></p><ul><li>one<li>two <a href=#>three</a></ul><button>Row ' + i + '</button></div></section>';
        body.innerHTML = text; document.body.append(body) }</script>";
    all_are_right(vec![
            stands("sliding", "<style>@keyframes in { from { transform: translateX(-500px) } }</style><button style='position: fixed; left: 400px; animation: in 1s' onclick=\"say('ANSWERED')\">Go</button>"),
            stands("fading", &format!("<style>@starting-style {{ #box {{ opacity: 0 }} }} #box {{ opacity: 1; transition: opacity 1s }}</style><div id=box>{ANSWER}</div>")),
            // Between button down and up nothing is rendered: where that happens, no click is fired, for a person neither.
            stands("rendered", &format!("<div id=box></div><script>{{ let pressed; addEventListener('pointerdown', () => {{ pressed = true }}, true); setInterval(() => {{ if (!pressed) box.innerHTML = {ANSWER:?} }}, 200) }}</script>")),
            stands("rendered-on-hover", &format!("<div id=box></div><script>{{ const render = () => {{ box.innerHTML = {ANSWER:?} }}; render(); box.addEventListener('mouseenter', render); box.addEventListener('mousemove', render) }}</script>")),
            way("sticky", &format!("<style>header {{ position: fixed; top: 0; width: 100%; height: 200px; background: #fff }} main {{ height: 4000px }}</style><header>Head</header><div style='height: 900px'></div><div id=there>{ANSWER}</div><main></main>{START}"),
                "[{ open: '/${journey}#there', fires: STARTED }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED"),
            stands("sideways", "<div style='width: 300px; overflow-x: auto; white-space: nowrap'><span style='display: inline-block; width: 600px'>wide</span><button onclick=\"say('ANSWERED')\">Go</button></div><aside style='position: absolute; left: 310px; top: 0; width: 900px; height: 100px'>beside</aside>"),
            stands("scrolled-box", &format!("<div style='height: 100px; overflow: auto'><div style='height: 400px'></div>{ANSWER}</div><footer style='position: relative; height: 900px; background: #eee'>foot</footer>")),
            stands("zoomed", &format!("<div style='zoom: 1.7; padding: 100px'>{ANSWER}</div>")),
            stands("scaled", &format!("<div style='transform: scale(.4) rotate(30deg); width: 900px; height: 500px'>{ANSWER}</div>")),
            whole("rtl", &format!("<!doctype html><html dir=rtl><script src=/strict.js></script><body><div style='width: 300px; overflow-x: auto; white-space: nowrap'><span style='display: inline-block; width: 2600px'>wide</span>{ANSWER}</div>{START}"), OPEN_AND_GO, "STARTED ANSWERED"),
            whole("quirks", &format!("<script src=/strict.js></script><body style='height: 100%'><table><tr><td height=3000>tall<tr><td>{ANSWER}</table>{START}"), OPEN_AND_GO, "STARTED ANSWERED"),
            way("consent", &format!("{ANSWER}<div id=banner style='position: fixed; inset: 0; background: #fff'><button onclick='setTimeout(() => banner.remove(), 300)'>Accept all</button></div>{START}"),
                "[{ open: '/${journey}', fires: STARTED }, { click: text=Accept all, optional: true }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED"),
            way("no-consent", &format!("{ANSWER}{START}"),
                "[{ open: '/${journey}', fires: STARTED }, { click: text=Accept all, optional: true, timeout: 300ms }, { click: text=Go, fires: ANSWERED }]", "STARTED ANSWERED"),
            way("huge", &format!("{nodes}{ANSWER}{START}"),
                "[{ open: '/${journey}', fires: STARTED }, { click: 'text=\"Go\"', fires: ANSWERED }, { click: 'role=button[name=Go]', fires: ANSWERED }, { click: 'button:not(main button)', fires: ANSWERED }, { click: 'main >> text=\"Row 1999\"' }]", "STARTED ANSWERED ANSWERED ANSWERED"),
        ])
    .await;
}
