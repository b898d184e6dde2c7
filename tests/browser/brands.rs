//! Browsers by the names that people know: found, told when they're missing, and run.

use std::os::unix::fs::PermissionsExt as _;

use crate::failures::Case;
use crate::harness::{Pages, with_widget};

const SITE: &str = "\
not_applicable: { SAID: not here, CLOSED: not here }
journeys:
  a:
    steps:
      - open: /
      - { click: text=Open, fires: OPENED }
";

/// Chromium stands in for Chrome, which is the same engine and has the same driver.
#[tokio::test(flavor = "multi_thread")]
async fn chrome_is_run_by_its_name_and_told_where_it_is_missing() {
    let pages =
        Pages::serve(vec![with_widget("/", "<button onclick=\"acme('OPENED', { id: 'c' })\">Open</button>")]).await;
    let case = Case::new(&pages.url, SITE);
    let arguments = ["run", "--browser", "chrome", "--report", "json=report.json"];
    let with = async |variables: &[(&str, &str)]| {
        let _place = crate::harness::place().await;
        let output = case.command(&arguments).envs(variables.iter().copied()).output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    };
    let missing = case.path("nowhere").display().to_string();
    let (code, said) = with(&[("CHATPROOF_CHROME", &missing)]).await;
    assert!(code == 3 && said.contains("CHATPROOF_CHROME is ") && said.contains("path of Chrome"), "{said}");

    let program = case.path("google-chrome");
    std::fs::write(&program, "#!/bin/sh\nexec chromium \"$@\"\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (code, said) = with(&[("CHATPROOF_CHROME", &program.display().to_string())]).await;
    assert_eq!(code, 0, "{said}");
    let report = std::fs::read_to_string(case.path("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["browsers"][0]["name"], "chrome", "{report}");
    case.nothing_left();
}
