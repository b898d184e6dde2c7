//! What comes from the environment stays there: every output of a run is searched for it, whatever the page did with it.

use chatproof::browser::BrowserKind;
use chatproof::report::Format;
use tokio::process::Command;

use crate::failures::Case;
use crate::harness::{Pages, browsers, page};

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

fn run_with_every_output(case: &Case, browser: BrowserKind) -> Command {
    let mut arguments = vec!["run", "--browser", browser.name(), "--save-recordings", "recordings", "-vv"];
    let reports: Vec<String> =
        Format::ALL.iter().map(|f| format!("--report={}=report.{}", f.name(), f.name())).collect();
    arguments.extend(reports.iter().map(String::as_str));
    case.command(&arguments)
}

#[tokio::test]
async fn no_output_holds_a_value_from_the_environment() {
    let pages = Pages::serve(vec![page("/", PAGE)]).await;
    let base_url = pages.url.replace("http://", "http://${env.TOKEN}:${env.TOKEN}@");
    for browser in browsers() {
        let case = Case::new(&base_url, JOURNEY);
        let mut command = run_with_every_output(&case, browser);
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

/// Passwords that tempt every place of an address: its delimiters, encodings that are none, other hosts, blanks and more.
const PASSWORDS: [&str; 6] = [
    "p@s/s#w:%41rd",
    "1234/a@evil.example",
    "a@evil.example:81/?x=y&z#\\",
    " !\"$'()*+,-.;<=>[]^_`{|}~ ",
    // (Control characters can't be in one: RFC 7617, section 2.)
    "pässwörd 😀\u{301} end",
    "xyz",
];

/// A site that wants `qa` and a password, in the address of every page too, and knows who asked for what.
struct Gate {
    password: &'static str,
    asked: std::sync::Mutex<Vec<String>>,
}

/// Where it is: host and port.
async fn gated(gate: &'static Gate) -> String {
    use axum::http::{HeaderMap, StatusCode, Uri, header};
    use axum::response::IntoResponse as _;
    use base64::Engine as _;
    let listener = crate::harness::listener().await;
    let address = listener.local_addr().unwrap();
    let app = axum::Router::new().fallback(move |headers: HeaderMap, uri: Uri| async move {
        gate.asked.lock().unwrap().push(uri.to_string());
        let login = base64::engine::general_purpose::STANDARD.encode(format!("qa:{}", gate.password));
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if given != Some(&format!("Basic {login}")) {
            return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"staging\"")], "who?").into_response();
        }
        if uri.path() == "/widget.js" {
            return ([(header::CONTENT_TYPE, "text/javascript")], include_str!("widget.js")).into_response();
        }
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let query = uri.query().map(decoded).unwrap_or_default();
        if decoded(uri.path()) != format!("/p/{}/x", gate.password) || query != format!("q={}", gate.password) {
            return (StatusCode::NOT_FOUND, "another page").into_response();
        }
        axum::response::Html("<!doctype html><title>t</title><script src=/widget.js></script><body><button id=go>Go</button><script>
            addEventListener('load', () => acmeReady());
            document.querySelector('#go').onclick = () => acme('OPENED', { id: decodeURIComponent(location.hash), all: location.href, login: btoa(unescape(encodeURIComponent('qa:' + decodeURIComponent(location.hash.slice(1))))) });
            </script>").into_response()
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    address.to_string()
}

/// Each password opens a site of its own: the first one by `base_url`, the others by an address in a step.
#[tokio::test]
async fn any_password_gets_in_and_none_gets_out() {
    let mut gates = Vec::new();
    for password in PASSWORDS {
        let gate: &'static Gate = Box::leak(Box::new(Gate { password, asked: std::sync::Mutex::default() }));
        gates.push((gate, gated(gate).await));
    }
    let at = |nth: usize| match nth {
        0 => String::new(),
        _ => format!("http://qa:${{env.PASSWORD{nth}}}@{}", gates[nth].1),
    };
    let mut journeys = "journeys:\n".to_owned();
    for nth in 0..gates.len() {
        let (at, value) = (at(nth), format!("${{env.PASSWORD{nth}}}"));
        journeys += &format!(
            "  j{nth}:\n    steps:\n      - open: '{at}/p/{value}/x?q={value}#{value}'\n      - {{ click: '#go', fires: OPENED }}\n"
        );
    }
    for browser in browsers() {
        let case = Case::new(&format!("http://qa:${{env.PASSWORD0}}@{}", gates[0].1), &journeys);
        let mut command = run_with_every_output(&case, browser);
        for (nth, password) in PASSWORDS.iter().enumerate() {
            command.env(format!("PASSWORD{nth}"), password);
        }
        let place = crate::harness::place().await;
        let output = command.output().await.unwrap();
        drop(place);
        let (out, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let asked: Vec<String> = gates.iter().map(|(gate, _)| gate.asked.lock().unwrap().join("\n")).collect();
        assert!(out.contains("✔ proved ×6"), "{}: {out}\n{asked:#?}", browser.name());
        assert!(!log.contains("evil.example"), "{log}");
        let mut places =
            vec![("standard output".to_owned(), out.into_owned()), ("the log".to_owned(), log.into_owned())];
        for nth in 0..gates.len() {
            let recording = case.path("recordings").join(format!("{}-j{nth}.json", browser.name()));
            let text = std::fs::read_to_string(recording).unwrap();
            assert!(text.contains("\"event\"") && text.contains(&format!("${{env.PASSWORD{nth}}}")), "{text}");
            places.push((format!("the recording of journey {nth}"), text));
        }
        for format in Format::ALL {
            let path = case.path(&format!("report.{}", format.name()));
            places.push((format.name().to_owned(), std::fs::read_to_string(path).unwrap()));
        }
        for (place, text) in places {
            if let Some(form) = PASSWORDS.into_iter().flat_map(forms).find(|form| text.contains(form.as_str())) {
                let at = text.find(&form).unwrap();
                let from = (0..=at.saturating_sub(200)).rev().find(|from| text.is_char_boundary(*from)).unwrap();
                let around: String = text[from..].chars().take(500).collect();
                panic!("{place} of {} holds {form:?}: {around}", browser.name());
            }
        }
    }
}

/// What a password looks like by the common encoders, written here anew.
fn forms(password: &str) -> Vec<String> {
    use base64::Engine as _;
    let percent = |kept: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte);
        password
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let login = format!("qa:{password}");
    let mut forms = vec![
        base64::engine::general_purpose::STANDARD.encode(&login).trim_end_matches('=').to_owned(),
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&login),
        login,
    ];
    // So short a value is hidden where it is a login only, or a whole text.
    if password.len() > 3 {
        let json = serde_json::to_string(password).unwrap();
        let twice = serde_json::to_string(&json).unwrap();
        forms.extend([
            password.to_owned(),
            json.trim_matches('"').to_owned(),
            twice.trim_matches(['"', '\\']).to_owned(),
            url::form_urlencoded::byte_serialize(password.as_bytes()).collect(),
            password.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
        ]);
        forms.extend(["", "-_.~", "-_.!~*'()", "-_.!~*'();,/?:@&=+$#"].map(percent));
    }
    forms.retain(|form| form.len() > 3);
    forms
}
