//! Closed shadow roots are seen into like open ones: whether a script has attached them, late or in one another, or the HTML.

use crate::harness::{Pages, browsers, page, run, with_widget};

const PAGE: &str = r#"
<p>The page itself</p>
<acme-parsed><template shadowrootmode="closed"><button onclick="acme('SAID', { id: 'parsed' })">Parsed</button></template></acme-parsed>
<div id=fixed></div>
<script>
  const say = (id) => acme('SAID', { id });
  // Late, as widgets come, and with nothing of it in the page's own layout.
  setTimeout(() => {
    const root = document.getElementById('fixed').attachShadow({ mode: 'closed' });
    root.innerHTML = `<div style="position:fixed;right:20px;bottom:20px;width:300px;height:360px;background:#eee">
      <button id=launch>Launch</button><label>Message <textarea></textarea></label>
      <select aria-label=Plan><option>Free</option><option>Pro</option></select>
      <div id=rich contenteditable aria-label=Rich style="min-height:20px">old</div><div id=inner></div></div>`;
    const $ = (s) => root.querySelector(s);
    $('#launch').onclick = (e) => say('launched ' + e.isTrusted);
    $('textarea').onkeydown = (e) => { if (e.key === 'Enter' && !e.shiftKey) { e.preventDefault(); const { value } = e.target; e.target.value = ''; say('sent ' + value) } };
    $('select').onchange = (e) => say(e.target.value);
    $('#rich').oninput = (e) => { if (e.target.textContent === 'new words') say('rich') };
    const inner = $('#inner').attachShadow({ mode: 'closed' });
    inner.innerHTML = '<div><input aria-label=Name><button>Deep</button></div>';
    inner.querySelector('input').onkeydown = (e) => { if (e.key === 'Enter') say('named ' + e.target.value) };
    inner.querySelector('button').onclick = () => { say('deep'); setTimeout(() => {
      // One that comes while its text is waited for.
      const late = document.createElement('div');
      late.attachShadow({ mode: 'closed' }).innerHTML = '<p>Very late</p>';
      inner.append(late);
    }, 600) };
  }, 500);
</script>"#;

#[tokio::test(flavor = "multi_thread")]
async fn steps_act_in_closed_roots() {
    let pages = Pages::serve(vec![with_widget("/", PAGE)]).await;
    let text = "
journeys:
  j:
    steps:
      - open: /
      - { click: 'role=button[name=\"Parsed\"]', fires: { SAID: { id: parsed } } }
      - { click: 'role=button[name=\"Launch\"]', fires: { SAID: { id: launched true } } }
      - { fill: label=Message, with: 'Hello ${run.id}', press: Enter, fires: { SAID: { id: sent Hello run-1 } } }
      - { fill: label=Message, with: again }
      - { press: Enter, fires: { SAID: { id: sent again } } }
      - { select: label=Plan, option: Pro, fires: { SAID: { id: Pro } } }
      - { fill: '#fixed #rich', with: new words, fires: { SAID: { id: rich } } }
      - { fill: label=Name, with: Ada, press: Enter, fires: { SAID: { id: named Ada } } }
      - { click: '#inner button', fires: { SAID: { id: deep } } }
      - { wait_for: 'text=\"Very late\"' }
  covered:
    steps:
      - open: /
      - { click: text=Gone, timeout: 1500ms }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        ran.journey("j").complete().no_gaps().conforms();
        let (code, _, candidates) = ran.journey("covered").failure();
        assert!(code == "no-match" && candidates.iter().any(|one| one.contains("Launch")), "{candidates:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_in_closed_roots_and_closed_roots_in_frames() {
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<div id=host></div><script>
             host.attachShadow({ mode: 'closed' }).innerHTML = '<iframe src=\"{foreign}/frame\" width=400 height=200></iframe>';
             onmessage = (e) => acme('SAID', { id: e.data })</script>",
        ),
        page(
            "/frame",
            "<!doctype html><div id=own></div><script>
             const root = own.attachShadow({ mode: 'closed' });
             root.innerHTML = '<button>Framed</button>';
             root.firstChild.onclick = () => parent.postMessage('framed', '*')</script>",
        ),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "journeys:\n  j:\n    steps:\n      - open: /\n      - { click: text=Framed, fires: { SAID: { id: framed } } }\n",
        )
        .await;
        ran.journey("j").complete().conforms();
    }
}

// A widget closes its root to the page's scripts: that chatproof sees into it changes nothing of that.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_gets_no_closed_root_by_what_it_finds_on_its_window() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        "<div id=host></div><button id=search>Search</button><p id=first></p><script>
         // The first one of a document in which there was none to begin with.
         setTimeout(() => { host.attachShadow({ mode: 'closed' }).innerHTML = '<p>Hidden</p><button>Inside</button>' }, 700);
         search.onclick = () => {
           const roots = [];
           for (const name of Object.getOwnPropertyNames(window)) {
             const value = name.startsWith('__') && window[name];
             for (const key of value ? Object.getOwnPropertyNames(value) : []) {
               if (typeof value[key] !== 'function' || key === 'again' || key === 'mark') continue;
               for (const given of [undefined, name, key, '', 0, true]) roots.push(...(value[key](given) || []));
             }
           }
           acme('SAID', { id: 'roots ' + roots.length });
         };
         </script>",
    )])
    .await;
    let text = "
journeys:
  j:
    steps:
      - open: /
      - { wait_for: text=Hidden }
      - { wait_for: text=Inside }
      - { click: '#search', fires: { SAID: { id: roots 0 } } }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        ran.journey("j").complete().no_gaps().conforms();
    }
}
