//! What tags send is told before anything is declared, and written down if asked for.

use std::path::Path;

use assert_cmd::Command;
use chatproof::browser::BrowserKind;
use serde_json::Value;

use crate::harness::{Pages, browsers, page, place, with_widget};

/// A page that loads some tags, which send as their libraries do.
const PAGE: &str = r#"<script>
  const gone = new URLSearchParams(location.search).has("none");
  const load = (src) => document.head.append(Object.assign(document.createElement("script"), { src }));
  const ga = (en, more = "") => navigator.sendBeacon(`https://www.google-analytics.com/g/collect?v=2&tid=G-1&gcs=G111&en=${en}${more}`);
  if (!gone) {
    load("https://connect.facebook.net/en_US/fbevents.js");
    ga("page_view");
    ga("scroll");
    new Image().src = "https://ct.pinterest.com/v3/?event=pagevisit&tid=26&pd=%7B%22em%22%3A%22hash%22%7D";
    fetch("https://nobody-knows.example/v1/events", { method: "POST", mode: "no-cors", body: JSON.stringify({ a: 1 }) }).catch(() => 0);
    fetch("/api/send", { method: "POST", body: JSON.stringify({ type: "event", payload: { website: "w-1" } }) }).then(async (r) => { sent.textContent = await r.text(); });
  }
  window.dataLayer = [{ "gtm.start": 1 }];
  document.addEventListener("acme:ready", () => {
    Acme.chat.on(Acme.chat.Topics.SAID, (event) => {
      ga("chat_said", "&ep.chat=" + encodeURIComponent(event.detail.info.id));
      ga("scroll");
      dataLayer.push({ event: "said", chat: { id: event.detail.info.id } });
    });
  });
</script><p id=sent></p><button onclick="acme('SAID', { id: 'c ' + Date.now() })">say</button>"#;

async fn served() -> Pages {
    // Loads as often as it is asked for, which its own script would: what an own server answers must stay.
    Pages::serve(vec![with_widget("/", PAGE), page("/api/send", "from the server")]).await
}

/// Runs the program in a folder; gives exit code, standard output and standard error.
async fn chatproof(folder: &Path, arguments: Vec<String>) -> (i32, String, String) {
    let folder = folder.to_owned();
    let running = tokio::task::spawn_blocking(move || {
        Command::cargo_bin("chatproof").unwrap().args(arguments).current_dir(folder).env_remove("CI").output().unwrap()
    });
    let output = running.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn arguments(browser: BrowserKind, all: &[&str]) -> Vec<String> {
    let all = all.iter().copied().chain(["--browser", browser.name()]);
    all.map(str::to_owned).collect()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acme.yaml"), include_str!("acme.yaml")).unwrap();
    folder
}

/// What was sent, each as tag, event, property, consent and count.
fn sent(told: &Value) -> Vec<String> {
    let sent = told["sent"].as_array().unwrap().iter();
    let mut all: Vec<String> = sent
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap();
            format!("{} {} {} {} {}", text("tag"), text("event"), text("property"), text("consent"), one["count"])
        })
        .collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_tells_its_tags_before_anything_is_declared() {
    let pages = served().await;
    let folder = folder();
    for browser in browsers() {
        let _place = place().await;
        let name = browser.name();
        let look = |path: &str, more: &[&str]| {
            let url = format!("{}{path}", pages.url);
            let all = [&["tags", url.as_str(), "--spec", "acme.yaml", "--wait", "2s"], more].concat();
            chatproof(folder.path(), arguments(browser, &all))
        };
        let (code, told, said) = look("/", &["--json"]).await;
        assert_eq!(code, 0, "{name}: {said}");
        let told: Value = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
        assert_eq!(
            sent(&told),
            [
                "ga4 page_view G-1 G111 1",
                "ga4 scroll G-1 G111 1",
                "pinterest pagevisit 26  1",
                "umami page view w-1  1"
            ],
            "{name}: {told:#}"
        );
        assert_eq!(told["silent"][0]["tag"], "meta_pixel", "{name}: {told:#}");
        assert_eq!(told["unknown"][0]["host"], "nobody-knows.example", "{name}: {told:#}");
        assert_eq!(told["unknown"].as_array().unwrap().len(), 1, "{name}: {told:#}");
        let pinterest = told["sent"].as_array().unwrap().iter().find(|one| one["tag"] == "pinterest").unwrap();
        assert_eq!((&pinterest["personal"][0], &pinterest["first"]), (&"page.em".into(), &"open /".into()), "{name}");
        let (code, told, said) = look("/?none", &[]).await;
        assert!(code == 0 && told.contains("no known tag has sent anything"), "{name}: {told}{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_behind_an_event_is_written_into_the_site_file_and_holds() {
    let pages = served().await;
    for browser in browsers() {
        let _place = place().await;
        let (folder, name) = (folder(), browser.name());
        let site = format!(
            "# ours\nspec: acme.yaml\nbase_url: {}\njourneys:\n  talk: # twice\n    steps:\n      - open: /\n      - wait_for: text=\"from the server\"\n      - {{ click: text=say, fires: SAID }}\n      - {{ click: text=say, fires: SAID }}\n",
            pages.url
        );
        let path = folder.path().join("site.yaml");
        std::fs::write(&path, &site).unwrap();
        let (code, told, said) = chatproof(folder.path(), arguments(browser, &["tags", "site.yaml", "--write"])).await;
        assert_eq!(code, 0, "{name}: {told}{said}");
        let row = told.lines().find(|line| line.contains("chat_said")).unwrap_or_else(|| panic!("{told}"));
        assert!(row.contains("G-1") && row.contains("  2  click text=say"), "{name}: {told}");
        let written = std::fs::read_to_string(&path).unwrap();
        let rest = written.strip_prefix(&site).unwrap_or_else(|| panic!("the rest stays as it is: {written}"));
        assert!(
            rest.contains("kind: ga4") && rest.contains("SAID:") && rest.contains("\"chat\": \"${payload.id}\""),
            "{name}: {rest}"
        );
        assert!(rest.contains("\"chat.id\"") || rest.contains("event: \"said\""), "{name}: {rest}");
        assert!(!rest.contains("scroll") && !rest.contains("page_view"), "only what is behind an event: {rest}");
        let (_, report, said) = chatproof(
            folder.path(),
            arguments(browser, &["run", "site.yaml", "--tags", "--report", "json=-", "--quiet"]),
        )
        .await;
        let report: Value = serde_json::from_str(&report).unwrap_or_else(|error| panic!("{error}: {report}{said}"));
        assert!(
            sent(&report["tags"][0]).contains(&"ga4 chat_said G-1 G111 2".to_owned()),
            "{name}: {:#}",
            report["tags"]
        );
        let verdicts = report["journeys"][0]["verdicts"].as_array().unwrap();
        let forwards: Vec<&Value> =
            verdicts.iter().filter(|v| v["requirement"].as_str().unwrap().starts_with("forward.")).collect();
        assert!(forwards.len() >= 4 && forwards.iter().all(|v| v["outcome"] == "pass"), "{name}: {forwards:#?}");
    }
}
