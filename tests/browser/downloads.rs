//! Files that pages save: what comes of a click is checked, and nothing of it is left.

use chatproof::recording::Kind;

use crate::harness::{Pages, browsers, page, run, with_widget};

const PAGE: &str = r#"
<a href=/file.csv>attached</a>
<button onclick="save('note.txt', 'x'.repeat(3000) + 'Grüße')">made</button>
<button onclick="setTimeout(() => save('late.txt', 'late'), 700)">late</button>
<button>none</button>
<script>
  const save = (name, text) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = name;
    link.click();
    acme('SAID', { id: name });
  };
</script>"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_click_downloads_is_checked() {
    let attached = page("/file.csv", "a,b,c").header("content-disposition", "attachment; filename=\"my list.csv\"");
    let pages = Pages::serve(vec![with_widget("/", PAGE), attached]).await;
    let text = "
journeys:
  j:
    steps:
      - open: /
      - { download: text=attached, file: { name: 'my *.csv', size: '<= 5 B', contains: 'b,c' } }
      - { download: text=made, file: { name: note.txt, size: ['> 3 kB', '< 4 kB'], contains: Grüße }, fires: { SAID: { id: note.txt } } }
      - { download: text=late, fires: { SAID: { id: late.txt } } }
  again:
    steps:
      - open: /
      - { download: text=made, file: note.txt, fires: SAID }
      - { click: text=attached }
  named:
    steps: [{ open: / }, { download: text=attached, file: '*.pdf' }]
  sized:
    steps: [{ open: / }, { download: text=attached, file: { size: '> 1 kB' } }]
  filled:
    steps: [{ open: / }, { download: text=attached, file: { contains: x } }]
  none:
    steps: [{ open: / }, { download: text=none, timeout: 2s }]
";
    for browser in browsers() {
        let ran = run(browser, &pages, text).await;
        ran.journey("j").complete().conforms();
        let again = ran.journey("again");
        again.complete();
        let asked = again.observations(|kind| match kind {
            Kind::Asked { what, answer } => Some((what.clone(), answer.clone())),
            _ => None,
        });
        let told = |what: &str, answer: &str| (format!("download of {what}"), answer.to_owned());
        assert_eq!(asked, [told("note.txt", "kept"), told("my list.csv", "discarded")], "{}", browser.name());
        for (journey, expected, part) in [
            ("named", "wrong-download", "hasn't the name `*.pdf`"),
            ("sized", "wrong-download", "has 5 bytes, which isn't `> 1 kB`"),
            ("filled", "wrong-download", "doesn't contain \"x\""),
            ("none", "no-download", "no file was downloaded within 2 s"),
        ] {
            let (code, message, _) = ran.journey(journey).failure();
            assert!(code == expected && message.contains(part), "{}: {code}: {message}", browser.name());
        }
    }
}
