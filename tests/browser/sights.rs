//! What a recording keeps of how windows looked: pictures that the page doesn't notice and that show no secret, the tree
//! where a locator failed; and the page that shows them, in a real browser.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chatproof::browser::BrowserKind;
use chatproof::cli::assemble::{self, Happened, Terms};
use chatproof::recording::{Ending, Kind, Moment, Picture, Sight};
use chatproof::report::Format;
use chatproof::report::style::Style;
use chatproof::runner::{self, Screenshots, Silent};

use crate::harness::{Page, Pages, Ran, acme, browsers, options, page, place, run, site, with_widget};

async fn look(browser: BrowserKind, pages: &Pages, screenshots: Screenshots, text: &str) -> Ran {
    let spec = acme();
    let site = site(&spec, &format!("spec: acme\nbase_url: {}\n{text}", pages.url));
    let options = runner::Options { screenshots, ..options(browser, &site) };
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let _place = place().await;
    let outcome = runner::run(&spec, &site, &options, std::sync::Arc::new(Silent), cancel).await;
    assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
    Ran { spec, site, outcome, browser }
}

/// Width, and the colours of the pixels.
fn pixels(picture: &Picture) -> (u32, Vec<[u8; 3]>) {
    let bytes = STANDARD.decode(&picture.data).unwrap();
    let mut decoder = jpeg_decoder::Decoder::new(bytes.as_slice());
    let rgb = decoder.decode().unwrap();
    let info = decoder.info().unwrap();
    assert_eq!((u32::from(info.width), u32::from(info.height)), (picture.width, picture.height));
    (picture.width, rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect())
}

fn picture(sight: &Sight) -> &Picture {
    sight.picture.as_ref().unwrap_or_else(|| panic!("no picture: {}", sight.note))
}

fn is_green([r, g, b]: &[u8; 3]) -> bool {
    *g > 180 && *r < 110 && *b < 110
}

fn is_blue([r, g, b]: &[u8; 3]) -> bool {
    *b > 180 && *r < 110 && *g < 110
}

fn is_outline([r, g, b]: &[u8; 3]) -> bool {
    *r > 170 && *g < 70 && (60..160).contains(b)
}

/// A page that throws whenever it notices anything once it has loaded.
const WARY: &str = "<button id=b>Press</button><button id=hidden style='display:none'>No</button>
<script>
  addEventListener('load', () => setTimeout(() => {
    const wary = (what) => setTimeout(() => { throw new Error('noticed: ' + what); });
    for (const target of [window, document])
      for (const type of ['focus', 'blur', 'visibilitychange', 'resize', 'scroll', 'pagehide']) target.addEventListener(type, () => wary(type), true);
    new MutationObserver((list) => wary('a change of ' + list[0].target.nodeName)).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    new ResizeObserver((list) => list[0].target.seen ? wary('a size') : (list[0].target.seen = true)).observe(document.getElementById('b'));
  }, 0));
</script>";

/// At a failed step and at one whose event is missing, in everybody's window; and at a good end. The page notices nothing.
#[tokio::test(flavor = "multi_thread")]
async fn windows_are_looked_at_where_something_fails_and_at_the_end_and_do_not_notice() {
    let pages = Pages::serve(vec![with_widget("/", WARY)]).await;
    let text = "defaults: { within: 300ms, timeout: 1s }
actors: { agent: {} }
journeys:
  fails:
    steps:
      - { open: /, as: agent }
      - open: /
      - { click: '#b', fires: OPENED }
      - click: 'body >> #never'
  ends:
    steps:
      - open: /
      - hover: '#b'
";
    for browser in browsers() {
        let ran = look(browser, &pages, Screenshots::On, text).await;
        let fails = ran.journey("fails");
        let told: Vec<_> = fails.recording.sights.iter().map(|s| (s.moment, s.step, s.actor.as_str())).collect();
        assert_eq!(
            told,
            [
                (Moment::EventMissing, Some(2), "visitor"),
                (Moment::StepFailed, Some(3), "visitor"),
                (Moment::StepFailed, Some(3), "agent")
            ],
            "{}",
            browser.name()
        );
        let missing = &fails.recording.sights[0];
        assert_eq!(picture(missing).outlined, ["<button id=\"b\">Press</button>"], "{}", missing.note);
        let (width, shown) = pixels(picture(missing));
        assert!((1200..=1280).contains(&width), "{width}");
        assert!(shown.iter().filter(|pixel| is_outline(pixel)).count() > 200, "{}: an outline", browser.name());
        assert_eq!(missing.url, format!("{}/", pages.url));
        let tree = fails.recording.sights[1].tree.as_ref().expect("what was there");
        assert!(tree.text.contains("button \"Press\" #b") && !tree.text.contains("hidden"), "{}", tree.text);
        assert_eq!(tree.within, "body");
        assert!(fails.recording.sights[2].tree.is_none(), "nobody looked for anything there");
        let ends = ran.journey("ends");
        assert_eq!(ends.recording.ending, Ending::Complete);
        let told: Vec<_> = ends.recording.sights.iter().map(|s| (s.moment, s.step, s.actor.as_str())).collect();
        assert_eq!(told, [(Moment::End, None, "visitor")]);
        assert_eq!(picture(&ends.recording.sights[0]).outlined, ["<button id=\"b\">Press</button>"]);
        for heard in [fails, ends] {
            // Acting is noticed, as a visitor's is: by the window that is acted in, up to the act. Looking never is.
            let looked = heard.recording.sights[0].at_ms;
            let noticed: Vec<_> = heard
                .recording
                .observations
                .iter()
                .filter(|o| o.heard_ms.is_some_and(|at| at >= looked))
                .filter_map(|o| match &o.kind {
                    Kind::PageError { message, .. } => Some(message),
                    _ => None,
                })
                .collect();
            assert!(noticed.is_empty(), "{}: {noticed:?}", browser.name());
        }
    }
}

/// What shows the secret is green, in each way in which a page may show it; the rest is blue.
fn leaky() -> Vec<Page> {
    let style = "<style>.s { background: #0f0; color: #0f0 } input { border: 0 } #plain { background: #00f; color: #fff; width: 300px; height: 40px }</style>";
    let echo = "const show = (value) => {
        for (const one of document.querySelectorAll('[data-echo]')) one.textContent = value.toUpperCase();
        const [a, b] = [document.getElementById('a'), document.getElementById('z')];
        if (a) [a.textContent, b.textContent] = [value.slice(0, 4), value.slice(4)];
      };";
    let top = format!(
        "<!doctype html><title>t</title>{style}<div id=plain>plain</div>
        <p><input id=f class=s></p><p><input id=g class=s></p>
        <p>heard: <span class=s data-echo></span></p>
        <p><span><b class=s id=a></b><i class=s id=z></i></span></p>
        <div id=host></div>
        <iframe src='{{foreign}}/inner' style='transform: scale(.5); border: 7px solid #00f; padding: 11px' width=400 height=150></iframe>
        <script>{echo}
          const root = host.attachShadow({{ mode: 'open' }});
          root.innerHTML = '<style>.s {{ background: #0f0; color: #0f0 }}</style><p><span class=s></span></p>';
          f.oninput = () => {{
            show(f.value);
            root.querySelector('span').textContent = f.value;
            frames[0].postMessage(f.value, '*');
          }};
          g.oninput = () => {{ g.value = g.value.split('').join(' '); }};
        </script>"
    );
    let inner = format!(
        "<!doctype html><title>i</title>{style}<p>in a frame: <span class=s data-echo></span></p><script>{echo} onmessage = (event) => {{ show(event.data); parent.postMessage('shown', '*'); }}</script>"
    );
    vec![page("/", top), page("/inner", inner)]
}

/// Fields that a value from the environment was typed into, and whatever else shows it, in shadow roots and frames of
/// other origins too, are covered in pictures, and are not in trees.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_to_be_seen() {
    let pages = Pages::serve(leaky()).await;
    let text = "defaults: { within: 300ms }
journeys:
  before:
    steps:
      - open: /
      - fill: '#f'
        with: harmless-text
      - wait_for: 'text=\"in a frame: HARMLESS-TEXT\"'
  typed:
    steps:
      - open: /
      - fill: '#f'
        with: '${env.CHATPROOF_TEST_SECRET}'
      - fill: '#g'
        with: '${env.CHATPROOF_TEST_SECRET}'
      - wait_for: 'text=/^in a frame: S3CR/'
      - { click: '#never', timeout: 1s }
";
    for browser in browsers() {
        let ran = look(browser, &pages, Screenshots::On, text).await;
        let before = ran.journey("before");
        before.complete();
        let sight = &before.recording.sights[0];
        let green = pixels(picture(sight)).1.iter().filter(|pixel| is_green(pixel)).count();
        assert!(green > 3000, "{}: what shows no secret can be seen: {green}", browser.name());
        let typed = ran.journey("typed");
        assert_eq!(typed.recording.ending, Ending::StepFailed { step: 4 }, "{:#?}", typed.recording.steps);
        let sight = &typed.recording.sights[0];
        let (_, shown) = pixels(picture(sight));
        let green = shown.iter().filter(|pixel| is_green(pixel)).count();
        assert_eq!(green, 0, "{}: {} places were covered", browser.name(), picture(sight).covered);
        assert!(shown.iter().filter(|pixel| is_blue(pixel)).count() > 8000, "the rest can be seen");
        assert!(picture(sight).covered >= 6, "{}", picture(sight).covered);
        let saved = serde_json::to_string(&typed.recording).unwrap().to_lowercase();
        assert!(
            !saved.contains("s3cr3t") && !saved.contains("3t-value"),
            "{}: {}",
            browser.name(),
            sight.tree.as_ref().unwrap().text
        );
        let tree = sight.tree.as_ref().unwrap();
        assert!(tree.text.contains("textbox (filled) #f.s") && tree.text.contains("in a frame:"), "{}", tree.text);
    }
}

/// `off` takes none, `failures` none at a good end.
#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_taken_as_asked() {
    let pages = Pages::serve(vec![with_widget("/", "<button id=b>Press</button>")]).await;
    let text = "defaults: { timeout: 300ms }
journeys:
  fails: { steps: [open: /, click: '#never'] }
  ends: { steps: [open: /] }
";
    let off = look(BrowserKind::Chromium, &pages, Screenshots::Off, text).await;
    let failing = &off.journey("fails").recording.sights;
    assert!(failing.iter().all(|sight| sight.picture.is_none()), "no picture");
    assert!(failing[0].tree.is_some(), "what was there costs nothing");
    assert!(off.journey("ends").recording.sights.is_empty());
    let failures = look(BrowserKind::Chromium, &pages, Screenshots::Failures, text).await;
    assert!(failures.journey("fails").recording.sights[0].picture.is_some());
    assert!(failures.journey("ends").recording.sights.is_empty());
}

/// Opened from the disk, and served as strictly as Jenkins does: nothing is asked for, nothing fails, the pictures show, an
/// event's payload appears at the keyboard's focus, and the matrix leads to what it promises.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_from_disk_and_under_a_strict_policy() {
    let pages =
        Pages::serve(vec![with_widget("/", "<button id=b onclick=\"acme('OPENED', { id: 'c1' })\">Press</button>")])
            .await;
    let ran = look(
        BrowserKind::Chromium,
        &pages,
        Screenshots::On,
        "defaults: { within: 500ms, timeout: 500ms }
journeys:
  talk: { steps: [open: /, { click: '#b', fires: [OPENED, SAID] }, click: '#never'] }
",
    )
    .await;
    assert!(!ran.journey("talk").events().is_empty(), "the page fires");
    let Ran { spec, site, outcome, .. } = ran;
    let report = assemble::report(
        &spec,
        &site,
        outcome.recordings,
        &["talk".to_owned()],
        Happened::default(),
        &Terms::default(),
    );
    let text = Format::Html.render(&report, Style::OFF);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    std::fs::write(&file, &text).unwrap();
    let strict = page("/strict", text)
        .header("content-security-policy", "sandbox; default-src 'none'; img-src 'self'; style-src 'self'");
    let served = Pages::serve(vec![strict]).await;
    let url = url::Url::from_file_path(&file).unwrap();
    let journeys = format!(
        r#"
defaults: {{ timeout: 3s }}
journeys:
  disk:
    steps:
      - open: {url}
      - eval: |
          const loaded = performance.getEntriesByType("resource").map((one) => one.name).filter((name) => !name.startsWith("data:"));
          if (loaded.length > 0) throw "it loads " + loaded;
          if (document.documentElement.scrollWidth > innerWidth) throw "it is too wide";
          if (!document.querySelector("h1").textContent.includes("Does not conform")) throw "no conclusion";
      - eval: |
          if (document.images.length < 2) throw "no pictures";
          for (const image of document.images) {{
            image.loading = "eager";
            await image.decode();
            if (image.naturalWidth < 1000) throw "a picture does not show";
          }}
      - eval: |
          const event = document.querySelector(".chart a.point:has(+ .panel)");
          event.focus();
          const panel = event.nextElementSibling;
          if (getComputedStyle(panel).display === "none") throw "no payload at the focus";
          event.blur();
      - click: .matrix tbody td.good a >> nth=0
      - eval: |
          const target = document.querySelector(":target");
          if (!target || target.getClientRects().length === 0) throw "the matrix leads nowhere: " + location.hash;
  strict:
    steps:
      - open: /strict
      - eval: |
          const loaded = performance.getEntriesByType("resource").map((one) => one.name).filter((name) => !name.startsWith("data:"));
          if (loaded.length > 0) throw "it loads " + loaded;
          const text = document.body.innerText;
          for (const words of ["Does not conform", "Coverage", "Findings", "Steps and events", "OPENED"])
            if (!text.includes(words)) throw "without " + words;
          if (getComputedStyle(document.querySelector("h1")).textWrapStyle === "balance") throw "the policy does not hold";
"#
    );
    let read = run(BrowserKind::Chromium, &served, &journeys).await;
    for name in ["disk", "strict"] {
        let journey = read.journey(name);
        journey.complete();
        let errors = journey.observations(|kind| match kind {
            Kind::PageError { message, .. } => Some(message.clone()),
            _ => None,
        });
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}
