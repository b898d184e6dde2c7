//! Files get to a page as somebody chooses or drops them.

use crate::harness::{Pages, browsers, run, with_widget};

const PAGE: &str = r#"
<button onclick="document.querySelector('#hidden').click()">Attach</button>
<input id=hidden type=file multiple hidden>
<label>Photo <input id=one type=file style="position:absolute;opacity:0;width:1px"></label>
<div id=zone style="width:200px;height:100px;background:#ccf">Drop here</div>
<div id=plain style="width:200px;height:100px;background:#fcc">Nothing here</div>
<script>
  const say = async (what, files) => {
    const texts = await Promise.all([...files].map(async (one) => `${one.name} ${one.type} ${one.size} ${(await one.text()).trim()}`));
    acme('SAID', { id: what + ' ' + texts.join('; ') });
  };
  for (const input of document.querySelectorAll('input')) input.onchange = () => say(input.id, input.files);
  zone.ondragover = (e) => e.preventDefault();
  zone.ondrop = (e) => { e.preventDefault(); say('dropped', e.dataTransfer.files) };
</script>"#;

#[tokio::test(flavor = "multi_thread")]
async fn files_are_chosen_and_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let (one, two) = (file("one.txt", "Hello ünd\n"), file("two.JSON", "{}"));
    let pages = Pages::serve(vec![with_widget("/", PAGE)]).await;
    let text = format!(
        "
journeys:
  j:
    steps:
      - open: /
      - {{ upload: '#hidden', files: ['{one}', '{two}'], fires: {{ SAID: {{ id: 'hidden one.txt text/plain 11 Hello ünd; two.JSON application/json 2 {{}}' }} }} }}
      - {{ upload: label=Photo, files: '{two}', fires: {{ SAID: {{ id: 'one two.JSON application/json 2 {{}}' }} }} }}
      - {{ upload: text=Drop here, files: '{one}', fires: {{ SAID: {{ id: 'dropped one.txt text/plain 11 Hello ünd' }} }} }}
  many:
    steps:
      - open: /
      - {{ upload: '#one', files: ['{one}', '{two}'] }}
  nowhere:
    steps:
      - open: /
      - {{ upload: '#plain', files: '{one}' }}
"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        ran.journey("j").complete().conforms();
        for (journey, part) in [("many", "takes one file"), ("nowhere", "takes no files")] {
            let (code, message, _) = ran.journey(journey).failure();
            assert!(code == "wrong-element" && message.contains(part), "{}: {message}", browser.name());
        }
    }
}
