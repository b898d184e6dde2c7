//! What comes from the environment stays there: every output of a run is searched for it, whatever the page did with it.

use chatproof::report::Format;

use crate::failures::Case;
use crate::harness::{BOTH, Pages, page};

/// Values whose middle is plain, so that no encoding can hide it from the search, and whose ends tempt every encoding.
const TOKEN: &str = "tok-zq7xk9vw2mTRbY4c";
const PASSWORD: &str = "ä <&\">Kf83hPqLw5d'\\ 1";
const PLAIN: [&str; 2] = ["zq7xk9vw2mTRbY4c", "Kf83hPqLw5d"];

/// Uses what was typed in all the ways a page can.
const PAGE: &str = r##"<!doctype html><title>t</title><script src=/widget.js></script>
<body><label>Token <input id=token></label><label>Password <input id=password type=password></label>
<button id=go>Go</button><p id=echo></p>
<script>
addEventListener("load", () => acmeReady());
document.querySelector("#go").onclick = () => {
  const token = document.querySelector("#token").value;
  const password = document.querySelector("#password").value;
  acme("OPENED", { id: token, [password]: [token, { text: "said " + password, json: JSON.stringify({ token, password }) }] });
  acme("SAID", { id: encodeURIComponent(password), html: document.querySelector("#echo").innerHTML });
  history.pushState(null, "", "?token=" + encodeURIComponent(token) + "&password=" + encodeURIComponent(password) + "#" + password);
  document.querySelector("#echo").textContent = "This text is cut in the middle of " + token + " because it is so long";
  document.querySelector("#echo").title = password;
  document.querySelector("#echo").innerHTML += "<a href=x>" + password.replace(/</g, "&lt;") + " again and again " + token + "</a>";
  document.querySelector("#echo a").setAttribute("aria-label", "You: " + token + password);
  setTimeout(() => { throw new Error("it fails with " + token + " and " + password); });
  console.log(token, password);
  alert("alert " + token + " " + password);
};
</script>"##;

const JOURNEY: &str = "\
journeys:
  j:
    steps:
      - { open: '/?first=${env.TOKEN}' }
      - { fill: label=Token, with: '${env.TOKEN}' }
      - { fill: label=Password, with: '${env.PASSWORD}', press: Tab }
      - { click: '#go', fires: [OPENED, SAID] }
      - { wait_for: 'text=${env.TOKEN}' }
      - { eval: \"if ('${env.TOKEN}') document.body.append('${env.TOKEN}')\" }
      - { click: 'role=link[name=\"${env.TOKEN} is not its name\"]', timeout: 500ms }
";

fn hidden(place: &str, text: &str) {
    // Of a value that was cut, the beginning is a leak too.
    for value in PLAIN {
        for at in 0..=value.len() - 6 {
            let part = &value[at..at + 6];
            if let Some(found) = text.find(part) {
                let from = (0..=found.saturating_sub(200)).rev().find(|from| text.is_char_boundary(*from)).unwrap_or(0);
                let around: String = text[from..].chars().take(400).collect();
                panic!("{place} holds {part:?} of a secret: {around}");
            }
        }
    }
}

#[tokio::test]
async fn no_output_holds_a_value_from_the_environment() {
    let pages = Pages::serve(vec![page("/", PAGE)]).await;
    let base_url = pages.url.replace("http://", "http://${env.TOKEN}:${env.TOKEN}@");
    for browser in BOTH {
        let case = Case::new(&base_url, JOURNEY);
        let mut arguments = vec!["run", "--browser", browser.name(), "--save-recordings", "recordings", "-vv"];
        let reports: Vec<String> =
            Format::ALL.iter().map(|f| format!("--report={}=report.{}", f.name(), f.name())).collect();
        arguments.extend(reports.iter().map(String::as_str));
        let mut command = case.command(&arguments);
        // What `-vv` asks for, and all that the libraries below could tell.
        command.env("RUST_LOG", "trace").env("TOKEN", TOKEN).env("PASSWORD", PASSWORD);
        let _place = crate::harness::place().await;
        let output = command.output().await.unwrap();
        let (out, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(
            output.status.code(),
            Some(1),
            "{}: {out}\n{}",
            browser.name(),
            log.lines().rev().take(30).collect::<String>()
        );
        // It went all the way, and it did say something about what is hidden.
        assert!(out.contains("${env.TOKEN}") && out.contains("✘ failed"), "{}: {out}", browser.name());
        assert!(log.contains("chatproof::bidi") && log.contains("${env.PASSWORD}"), "{}", browser.name());
        hidden("standard output", &out);
        hidden("the log", &log);
        let recording = case.path("recordings").join(format!("{}-j.json", browser.name()));
        let text = std::fs::read_to_string(recording).unwrap();
        for kind in ["\"event\"", "\"dialog\"", "\"page-error\"", "no-match"] {
            assert!(text.contains(kind), "{}: nothing tried to leak by {kind}", browser.name());
        }
        hidden("the recording", &text);
        for format in Format::ALL {
            let path = case.path(&format!("report.{}", format.name()));
            hidden(format.name(), &std::fs::read_to_string(path).unwrap());
        }
    }
}
