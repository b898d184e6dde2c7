//! `chatproof spec`, as users meet it: files, addresses, exit codes.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pages").join(name)
}

fn chatproof(arguments: &[&str], directory: &Path) -> (i32, String, String) {
    let mut command = Command::cargo_bin("chatproof").unwrap();
    let output = command.args(arguments).current_dir(directory).env_remove("CLICOLOR_FORCE").output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Answers requests in turn, whatever they ask for, and gives its address.
fn serves(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_draft_lints_and_stays_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let bell = page("bell.html");
    let bell = bell.to_str().unwrap();
    let (code, out, said) = chatproof(&["spec", "draft", bell, "--output", "bell.yaml"], folder.path());
    assert!(code == 0 && out.is_empty() && said.contains("3 events"), "{said}");
    let (code, out, _) = chatproof(&["lint", "bell.yaml"], folder.path());
    assert!(code == 0 && out.contains("3 events"), "{out}");
    let (code, _, said) = chatproof(&["spec", "draft", bell, "--output", "bell.yaml"], folder.path());
    assert!(code == 2 && said.contains("--force"), "{said}");
    let (code, out, _) =
        chatproof(&["spec", "draft", bell, "--url", "https://docs.example/x#y", "--id", "own"], folder.path());
    assert!(code == 0 && out.contains("id: own\n") && out.contains("\"https://docs.example/x\""), "{out}");
    let (code, _, said) = chatproof(&["spec", "draft", bell, "--id", "Own"], folder.path());
    assert!(code == 2 && said.contains("can't be `Own`"), "{said}");
    std::fs::write(folder.path().join("empty.md"), "# Nothing\n").unwrap();
    let (code, _, said) = chatproof(&["spec", "draft", "empty.md"], folder.path());
    assert!(code == 1 && said.contains("no sample"), "{said}");
    let (code, _, said) = chatproof(&["spec", "draft", "none.md"], folder.path());
    assert!(code == 2 && said.contains("none.md"), "{said}");
    std::fs::write(folder.path().join("long.md"), "x".repeat((2 << 20) + 1)).unwrap();
    let (code, _, said) = chatproof(&["spec", "draft", "long.md"], folder.path());
    assert!(code == 2 && said.contains("longer than 2 MiB"), "{said}");
}

#[test]
fn an_address_is_read_within_bounds() {
    let here = std::env::temp_dir();
    let body = std::fs::read_to_string(page("bell.html")).unwrap();
    let moved = answer("302 Found", "Location: /events\r\n", "");
    let address = serves(vec![moved.clone(), answer("200 OK", "Content-Type: text/html\r\n", &body)]);
    let (code, out, said) = chatproof(&["spec", "draft", &address], &here);
    assert!(code == 0 && out.contains("chat:asked") && out.contains(&format!("\"{address}/\"")), "{out}{said}");

    for (answers, why) in [
        (vec![moved; 7], "redirects more than 5 times"),
        (vec![answer("302 Found", "Location: file:///etc/hosts\r\n", "")], "scheme file"),
        (vec![answer("404 Not Found", "", "gone")], "404"),
        (vec![answer("200 OK", "", &"x".repeat((2 << 20) + 1))], "longer than 2 MiB"),
    ] {
        let (code, _, said) = chatproof(&["spec", "draft", &serves(answers)], &here);
        assert!(code == 3 && said.contains(why), "{why}: {said}");
    }
    let (code, _, said) = chatproof(&["spec", "draft", "http://ada:secret@127.0.0.1:1/"], &here);
    assert!(code == 2 && !said.contains("secret"), "{said}");
}

#[test]
fn a_check_ends_with_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(page("dynamic-chat.en.md")).unwrap();
    std::fs::write(folder.path().join("page.md"), &text).unwrap();
    std::fs::write(folder.path().join("changed.md"), text.replace("payload.meetingInfo", "payload.meeting")).unwrap();
    let check = |pages: &[&str], format: &str| {
        let arguments = [&["spec", "check", "adobe-dynamic-chat", "--format", format], pages].concat();
        chatproof(&arguments, folder.path())
    };
    let (code, out, said) = check(&["page.md"], "terminal");
    assert!(
        code == 0 && out.contains("✔ adobe-dynamic-chat: no difference from 1 page") && out.contains("decided"),
        "{out}{said}"
    );
    let line = |text: &str, part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
    let own =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/adobe-dynamic-chat.yaml")).unwrap();
    let (spec, theirs) = (line(&own, "    meetingInfo:"), line(&text, "payload.meetingInfo"));
    let (code, out, _) = check(&["changed.md"], "terminal");
    assert!(
        code == 1 && out.contains(&format!("(built in):{spec}:")) && out.contains(&format!("changed.md:{theirs}:")),
        "{out}"
    );
    let (code, out, _) = check(&["changed.md"], "json");
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &value["drift"], &value["format"]), (1, &1.into(), &"chatproof-spec-check/1".into()));
    assert_eq!(
        (&value["findings"][0]["spec"]["line"], &value["findings"][0]["pages"][0]["line"]),
        (&spec.into(), &theirs.into())
    );
    let (code, out, _) = check(&["changed.md"], "markdown");
    assert!(code == 1 && out.contains(&format!("`changed.md:{theirs}`")), "{out}");
    // Both at once: told once, since the spec has it.
    let (code, out, _) = check(&["page.md", "changed.md"], "terminal");
    assert!(code == 1 && out.contains("1 difference from 2 pages"), "{out}");
    let (code, _, said) = check(&["none.md"], "terminal");
    assert!(code == 2 && said.contains("none.md"), "{said}");
}
