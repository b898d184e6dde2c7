//! A site file in several files: run, watched, and judged again where they aren't.

use rustix::process::Signal;

use crate::failures::{Case, Running, signal};
use crate::harness::{Pages, browsers, with_widget};

const PAGE: &str = "<button onclick=\"acme('OPENED', { id: 'c' })\">Open</button>
<button onclick=\"acme('SAID', { id: 'c' })\">Say</button>";

const SITE: &str = "\
include: [parts/names.yaml, parts/steps.yaml]
not_applicable: { CLOSED: not here }
journeys:
  a:
    steps:
      - do: open-chat
      - { click: say, fires: SAID }
  b:
    steps:
      - open: /
      - { click: say, fires: SAID }
";

const STEPS: &str = "\
steps:
  open-chat:
    - open: /
    - { click: text=Open, fires: OPENED }
";

fn case(pages: &Pages) -> Case {
    let case = Case::new(&pages.url, SITE);
    std::fs::create_dir(case.path("parts")).unwrap();
    std::fs::write(case.path("parts/names.yaml"), "names: { say: text=Say }\n").unwrap();
    std::fs::write(case.path("parts/steps.yaml"), STEPS).unwrap();
    case
}

/// Writes a file in one stroke, so that nobody reads half of it.
fn save(case: &Case, name: &str, text: &str) {
    std::fs::write(case.path("tmp.yaml"), text).unwrap();
    std::fs::rename(case.path("tmp.yaml"), case.path(name)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_has_all_its_files_in_it() {
    let pages = Pages::serve(vec![with_widget("/", PAGE)]).await;
    for browser in browsers() {
        let case = case(&pages);
        let (code, said) = case.run(&["lint", "chatproof.yaml"]).await;
        assert!(code == 0 && said.contains("2 journeys, 5 steps"), "{said}");
        // What `open-chat` fires is no longer what the page does.
        let broken = STEPS.replace("fires: OPENED", "fires: [OPENED, SAID]");
        std::fs::write(case.path("parts/steps.yaml"), broken).unwrap();
        let (code, said) = case.run(&["run", "--browser", browser.name(), "--save-recordings", "recordings"]).await;
        let place = "parts/steps.yaml:4, by open-chat in chatproof.yaml:8";
        assert!(code == 1 && said.contains(place), "{said}");

        std::fs::remove_dir_all(case.path("parts")).unwrap();
        std::fs::remove_file(case.path("chatproof.yaml")).unwrap();
        let (code, again) = case.run(&["judge", "recordings", "--report", "json=again.json"]).await;
        assert!(code == 1 && again.contains(place), "{again}");
        let json: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(case.path("again.json")).unwrap()).unwrap();
        let journeys = json["journeys"].as_array().unwrap();
        let step = &journeys.iter().find(|journey| journey["name"] == "a").unwrap()["steps"][1];
        assert_eq!((&step["file"], &step["line"]), (&"parts/steps.yaml".into(), &4.into()), "{step}");
        assert_eq!(step["by"][0]["file"], "chatproof.yaml");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_an_included_file_runs_what_it_changed() {
    let pages = Pages::serve(vec![with_widget("/", PAGE)]).await;
    for browser in browsers() {
        let case = case(&pages);
        let mut run = Running::start(&case, &["run", "--watch", "--browser", browser.name()]).await;
        run.until("watching chatproof.yaml, names.yaml, steps.yaml, acme.yaml").await;
        let before = run.seen.len();
        save(&case, "parts/steps.yaml", &STEPS.replace("fires: OPENED", "may_fire: OPENED"));
        run.until("watching chatproof.yaml").await;
        let said = &run.seen[before..];
        assert!(said.contains("a … done") && !said.contains("b … "), "{said}");

        // One that goes away is a mistake, and read again when it is back.
        std::fs::remove_file(case.path("parts/names.yaml")).unwrap();
        run.until("`parts/names.yaml` can't be read").await;
        run.until("watching chatproof.yaml").await;
        let before = run.seen.len();
        save(&case, "parts/names.yaml", "names:\n  say: role=button[name=Say]\n");
        run.until("watching chatproof.yaml").await;
        let said = &run.seen[before..];
        assert!(said.contains("a … done") && said.contains("b … done"), "{said}");
        signal(run.child.id().unwrap(), Signal::INT);
        let (code, said) = run.end().await;
        assert_eq!(code, 130, "{said}");
        case.nothing_left();
    }
}
