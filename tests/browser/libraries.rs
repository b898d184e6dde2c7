//! What sites really send events on with: client libraries as npm has them, used as their own pages say. Their requests
//! and pushes are told by `forwards` as a user would write them, and none of them leaves the browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use chatproof::recording::Kind;
use chatproof::verdict::Outcome;

use crate::harness::{Heard, Page, Pages, browsers, page, run, with_widget};

/// The packages, exactly: what is tested must not change by itself.
const PACKAGES: &[&str] = &[
    "@adobe/adobe-client-data-layer@3.0.1",
    "analytics@0.8.19",
    "@analytics/google-analytics@1.1.0",
    "@segment/analytics-next@1.84.3",
];

/// Installs the packages once; gives the folder that they are in. Their own scripts aren't run.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/libraries");
    let (ready, wanted) = (folder.join("ready"), PACKAGES.join("\n"));
    let modules = folder.join("node_modules");
    if std::fs::read_to_string(&ready).is_ok_and(|is| is == wanted) {
        return modules;
    }
    std::fs::create_dir_all(&folder).unwrap();
    let installing = Command::new("npm")
        .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--prefix"])
        .arg(&folder)
        .args(PACKAGES)
        .output();
    let done = installing.unwrap_or_else(|error| {
        panic!("npm can't be run ({error}): `make setup` installs it, or `sudo apt-get install nodejs npm`")
    });
    assert!(
        done.status.success(),
        "npm could not install {PACKAGES:?}; it needs the internet, once:\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::write(ready, wanted).unwrap();
    modules
}

/// A file of a package, served under an address of ours.
fn file(modules: &Path, path: &str, at: String) -> Page {
    let text = std::fs::read_to_string(modules.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    page(at, text)
}

/// All scripts of a package's folder: some load others.
fn scripts(modules: &Path, folder: &str, at: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(modules.join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".js") {
            pages.push(file(modules, &format!("{folder}/{name}"), format!("{at}/{name}")));
        }
    }
    pages
}

const BUTTONS: &str = "<button onclick=\"acme('OPENED', { id: 'chat 1' })\">open</button>
<button onclick=\"acme('SAID', { id: 'chat 1' })\">say</button>";

/// A page that loads scripts and registers handlers for two events, which call `track(name, id)`.
fn site(path: &'static str, head: &str, setup: &str) -> Page {
    with_widget(
        path,
        &format!(
            "{BUTTONS}{head}<script>
{setup}
document.addEventListener('acme:ready', () => {{
  const {{ on, Topics }} = Acme.chat;
  on(Topics.OPENED, (event) => track('Chat Opened', event.detail.info.id));
  on(Topics.SAID, (event) => track('Chat Said', event.detail.info.id));
}});
</script>"
        ),
    )
}

const STEPS: &str = "
      - { click: text=/^open$/, fires: OPENED }
      - { click: text=/^say$/, fires: SAID }
";

/// The verdicts on a forward: how many there are of each kind, all of them passes.
fn passes(heard: &Heard, forward: &str, fields: usize) {
    let prefix = format!("forward.{forward}.");
    let told: Vec<_> = heard.verdicts().into_iter().filter(|v| v.requirement.starts_with(&prefix)).collect();
    let wrong: Vec<_> = told.iter().filter(|v| v.outcome != Outcome::Pass).collect();
    assert!(wrong.is_empty(), "{}: {wrong:#?}", heard.ran.browser.name());
    let count = |what: &str| told.iter().filter(|v| v.requirement.contains(what)).count();
    assert_eq!((count(".sent"), count(".once"), count(".value.")), (2, 2, fields), "{forward}: {told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn client_libraries_are_understood_as_a_user_would_write_it() {
    let modules = installed();
    let mut pages = scripts(&modules, "@segment/analytics-next/dist/umd", "/segment");
    pages.extend([
        file(&modules, "@adobe/adobe-client-data-layer/dist/adobe-client-data-layer.min.js", "/acdl.js".into()),
        file(&modules, "analytics/dist/analytics.min.js", "/analytics.js".into()),
        file(
            &modules,
            "@analytics/google-analytics/dist/@analytics/google-analytics.min.js",
            "/analytics-ga.js".into(),
        ),
        // Stands for Google's own script, which npm doesn't have: what the plugin pushes for it stays in the layer.
        page("/gtag.js", ""),
        // Before the library is there, too: what was pushed until then is in a plain array.
        site(
            "/adobe",
            "<script>window.adobeDataLayer = window.adobeDataLayer || []; adobeDataLayer.push({ page: { name: 'Home' } })</script><script async src=/acdl.js></script>",
            "const track = (event, id) => adobeDataLayer.push({ event, chat: { id } });",
        ),
        site(
            "/plugins",
            "<script src=/analytics.js></script><script src=/analytics-ga.js></script>",
            "const { init, Analytics = init } = _analytics;
const plugin = analyticsGa.init ? analyticsGa.init : analyticsGa;
const analytics = Analytics({ app: 'shop', plugins: [plugin({ measurementIds: ['G-LIBRARY'], customScriptSrc: location.origin + '/gtag.js' })] });
const track = (name, id) => analytics.track(name.replace(' ', '_').toLowerCase(), { conversation_id: id });",
        ),
        site(
            "/segment",
            "<script src=/segment/index.js></script>",
            "const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: 'key', cdnSettings: { integrations: { 'Segment.io': { apiKey: 'key' } } } });
const track = (name, id) => analytics.track(name, { conversation_id: id });",
        ),
    ]);
    let pages = Pages::serve(pages).await;
    let text = format!(
        "
forwards:
  acdl:
    kind: adobe_data_layer
    journeys: adobe
    events:
      OPENED: {{ event: Chat Opened, fields: {{ chat.id: \"${{payload.id}}\" }} }}
      SAID: {{ event: Chat Said, fields: {{ chat.id: \"${{payload.id}}\" }} }}
  gtag:
    kind: data_layer
    layer: ga4DataLayer
    journeys: plugins
    events:
      OPENED: {{ event: chat_opened, fields: {{ conversation_id: \"${{payload.id}}\" }} }}
      SAID: {{ event: chat_said, fields: {{ conversation_id: \"${{payload.id}}\" }} }}
  segment:
    kind: request
    url: https://api.segment.io/v1/*
    journeys: segment
    events:
      OPENED:
        method: POST
        where: {{ type: track, event: Chat Opened }}
        json: {{ properties: {{ properties: {{ required: [conversation_id], properties: {{ conversation_id: {{ const: \"${{payload.id}}\" }} }} }} }} }}
      SAID:
        method: POST
        where: {{ type: track, event: Chat Said }}
        json: {{ properties: {{ properties: {{ required: [conversation_id], properties: {{ conversation_id: {{ const: \"${{payload.id}}\" }} }} }} }} }}
journeys:
  adobe:
    steps:
      - open: /adobe{STEPS}
  plugins:
    steps:
      - open: /plugins{STEPS}
  segment:
    steps:
      - open: /segment{STEPS}"
    );
    for browser in browsers() {
        let ran = run(browser, &pages, &text).await;
        for (journey, forward, fields) in [("adobe", "acdl", 2), ("plugins", "gtag", 2), ("segment", "segment", 2)] {
            let heard = ran.journey(journey);
            heard.complete().no_gaps();
            let errors = heard.observations(|kind| match kind {
                Kind::PageError { message, .. } => Some(message.clone()),
                _ => None,
            });
            assert!(errors.is_empty(), "{journey} in {}: {errors:#?}", browser.name());
            passes(&heard, forward, fields);
        }
        let answers = ran.journey("segment").observations(|kind| match kind {
            Kind::Request(request) => Some(request.answer.clone()),
            _ => None,
        });
        assert!(!answers.is_empty() && answers.iter().all(|answer| answer == "stubbed"), "{answers:?}");
    }
}
