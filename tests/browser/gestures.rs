//! What a pointer or finger does besides clicking, which of several elements is meant, and lists that have only what can be
//! seen.

use crate::harness::{Pages, browsers, run, with_widget};

const PAGE: &str = r#"
<style>body { margin: 20px } .box { width: 120px; height: 60px; background: #ccf; margin: 10px; user-select: none }</style>
<div class=box id=twice ondblclick="acme('SAID', { id: 'double' })" onclick="clicks = (window.clicks || 0) + 1">twice</div>
<div class=box id=other oncontextmenu="acme('SAID', { id: 'menu ' + event.button })">other</div>
<button id=plain onclick="acme('SAID', { id: 'plain ' + window.clicks })">plain</button>
<div class=box id=long>long</div>
<div class=box id=short>short</div>
<div class=box id=handle style="position:absolute;left:400px;top:40px">handle</div>
<div class=box id=goal style="position:absolute;left:400px;top:300px;width:200px;height:200px">goal</div>
<div class=box id=item draggable=true style="position:absolute;left:700px;top:40px">item</div>
<div class=box id=shelf style="position:absolute;left:700px;top:300px;width:200px;height:200px">shelf</div>
<div class=box id=offers style="touch-action:none;width:300px">offers</div>
<script>
  const $ = (id) => document.getElementById(id), say = (id) => acme('SAID', { id });
  let since;
  for (const id of ['long', 'short']) {
    $(id).onpointerdown = () => (since = performance.now());
    $(id).onpointerup = () => { const ms = performance.now() - since; say(id + (ms > 1500 ? ' 1500' : ms > 900 ? ' 900' : ' soon')) };
  }
  let dragged = 0;
  $('handle').onmousedown = (e) => { e.preventDefault(); dragged = 0;
    document.onmousemove = (e) => { dragged++; $('handle').style.left = e.clientX - 60 + 'px'; $('handle').style.top = e.clientY - 30 + 'px' };
    document.onmouseup = (e) => { document.onmousemove = document.onmouseup = null;
      const r = $('goal').getBoundingClientRect();
      const inside = e.clientX > r.left && e.clientX < r.right && e.clientY > r.top && e.clientY < r.bottom;
      say('dragged ' + inside + ' ' + (dragged > 5)) } };
  $('item').ondragstart = (e) => e.dataTransfer.setData('text/plain', 'item');
  $('shelf').ondragover = (e) => e.preventDefault();
  $('shelf').ondrop = (e) => { e.preventDefault(); say('dropped ' + e.dataTransfer.getData('text/plain')) };
  let from, moves = 0;
  $('offers').addEventListener('touchstart', (e) => { from = e.touches[0]; moves = 0 }, { passive: true });
  $('offers').addEventListener('touchmove', () => moves++, { passive: true });
  $('offers').addEventListener('touchend', (e) => { const to = e.changedTouches[0];
    const [dx, dy] = [to.clientX - from.clientX, to.clientY - from.clientY];
    say('swiped ' + (Math.abs(dx) > Math.abs(dy) ? (dx > 0 ? 'right' : 'left') : dy > 0 ? 'down' : 'up') + ' ' + (Math.max(Math.abs(dx), Math.abs(dy)) >= 99) + ' ' + (moves > 2)) });
</script>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_does_more_than_click() {
    let pages = Pages::serve(vec![with_widget("/", PAGE)]).await;
    let steps = [
        ("double_click: '#twice'", "double"),
        ("right_click: '#other'", "menu 2"),
        // The browser's own menu isn't in the way.
        ("click: '#plain'", "plain 2"),
        ("press_and_hold: '#long'\n        for: 1.6s", "long 1500"),
        ("press_and_hold: '#short'", "short 900"),
        ("drag: '#handle'\n        to: '#goal'", "dragged true true"),
        ("drag: '#item'\n        to: '#shelf'", "dropped item"),
        ("swipe: '#offers'\n        toward: left", "swiped left true true"),
        ("swipe: '#offers'\n        toward: right", "swiped right true true"),
        ("swipe: '#offers'\n        toward: up", "swiped up true true"),
        ("click: '#plain'", "plain 2"),
    ];
    let steps: String = steps
        .iter()
        .map(|(step, said)| format!("      - {step}\n        fires: {{ SAID: {{ id: {said} }} }}\n"))
        .collect();
    for browser in browsers() {
        let ran = run(browser, &pages, &format!("journeys:\n  j:\n    steps:\n      - open: /\n{steps}")).await;
        ran.journey("j").complete().no_gaps().conforms();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gestures_reach_into_frames() {
    let frame = "<body style='margin:0'><div id=twice style='width:100px;height:50px;background:#ccf' \
                 ondblclick=\"parent.postMessage('double', '*')\">twice</div>\
                 <div id=handle style='width:100px;height:50px;background:#fcc' onmousedown=\"event.preventDefault(); window.down = 1\">handle</div>\
                 <div id=goal style='width:100px;height:50px;margin-top:60px;background:#cfc' onmouseup=\"if (window.down) parent.postMessage('dragged', '*')\">goal</div>";
    let pages = Pages::serve(vec![
        with_widget(
            "/",
            "<iframe src='{foreign}/frame' style='margin:50px;width:400px;height:300px'></iframe>
             <script>addEventListener('message', (e) => acme('SAID', { id: e.data }))</script>",
        ),
        crate::harness::page("/frame", frame),
    ])
    .await;
    for browser in browsers() {
        let ran = run(
            browser,
            &pages,
            "journeys:\n  j:\n    steps:\n      - open: /
      - { double_click: '#twice', fires: { SAID: { id: double } } }
      - { drag: '#handle', to: '#goal', fires: { SAID: { id: dragged } } }\n",
        )
        .await;
        ran.journey("j").complete().conforms();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_is_meant_by_what_it_has_or_is_near() {
    let card = |name: &str| {
        format!(
            "<div class=card style='margin:40px' onclick=\"acme('SAID', {{ id: '{name}' }})\"><h2>{name}</h2><p>fine</p></div>
             <h3>{name}!</h3><button onclick=\"acme('SAID', {{ id: 'buy {name}' }})\">Buy</button>"
        )
    };
    let hidden = "<button hidden>Buy</button>";
    let body = format!("{hidden}{}{}{}", card("Free"), card("Pro"), card("Team"));
    let pages = Pages::serve(vec![with_widget("/", &body)]).await;
    let text = "
names: { pro: text=\"Pro!\" }
journeys:
  j:
    steps:
      - open: /
      - { click: .card, has: text=\"Pro\", fires: { SAID: { id: Pro } } }
      - { click: 'role=button[name=Buy]', near: pro, fires: { SAID: { id: buy Pro } } }
      - { click: 'role=button[name=Buy]', near: text=\"Team!\", fires: { SAID: { id: buy Team } } }
      - { click: '.card >> nth=-1', fires: { SAID: { id: Team } } }
  none:
    steps:
      - open: /
      - { click: .card, has: text=\"Gold\", timeout: 300ms }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        ran.journey("j").complete().conforms();
        let (code, message, _) = ran.journey("none").failure();
        assert!(code == "no-match" && message.contains(".card has text=\"Gold\""), "{message}");
    }
}

/// Rows that are in the document while they can be seen, drawn a frame after the scrolling; the last hundred are loaded at
/// the end.
const LIST: &str = "
<div id=list role=listbox style='height:200px;width:300px;overflow:auto'><div style='position:relative'></div></div>
<script>
  const list = document.getElementById('list'), inner = list.firstChild;
  let rows = 400, loading = false;
  const draw = () => {
    inner.style.height = rows * 30 + 'px';
    const first = Math.floor(list.scrollTop / 30);
    inner.replaceChildren(...Array.from({ length: Math.min(8, rows - first) }, (_, i) => {
      const row = document.createElement('div');
      row.setAttribute('role', 'option');
      row.style.cssText = `position:absolute;height:30px;top:${(first + i) * 30}px`;
      row.textContent = `Row ${first + i}`;
      row.onclick = () => acme('SAID', { id: row.textContent });
      return row;
    }));
    if (list.scrollTop + 200 >= rows * 30 && rows === 400 && !loading) {
      loading = true;
      setTimeout(() => { rows = 500; draw() }, 400);
    }
  };
  list.onscroll = () => requestAnimationFrame(draw);
  draw();
</script>";

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_scrolled_until_its_entry_is_there() {
    let pages = Pages::serve(vec![with_widget("/", LIST)]).await;
    let text = "
defaults: { timeout: 30s }
journeys:
  j:
    steps:
      - open: /
      - { scroll: role=listbox, until: text=\"Row 457\" }
      - { click: text=\"Row 457\", fires: { SAID: { id: Row 457 } } }
      - { scroll: role=listbox, until: text=\"Row 3\" }
      - { click: text=\"Row 3\", fires: { SAID: { id: Row 3 } } }
  none:
    steps:
      - open: /
      - { scroll: role=listbox, until: text=\"Row 1000\" }
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        ran.journey("j").complete().conforms();
        let (code, message, _) = ran.journey("none").failure();
        assert!(code == "no-match" && message.contains("in the whole list"), "{message}");
    }
}
