//! States on the command line: what is run as well, what stays together, and the file between runs. No browser is needed for that.

use assert_cmd::Command;

const SITE: &str = "spec: adobe-dynamic-chat
base_url: https://staging.example.com
visitors: { signed-in: { state: login } }
journeys:
  support: { visitors: signed-in, steps: [{ open: / }] }
  sign-in: { save_state: login, steps: [{ open: /login }] }
  pricing: { steps: [{ open: /pricing }] }
";

/// Runs in a folder with the site file; exit code and what it said.
fn run(folder: &std::path::Path, arguments: &[&str]) -> (i32, String) {
    std::fs::write(folder.join("chatproof.yaml"), SITE).unwrap();
    let mut command = Command::cargo_bin("chatproof").unwrap();
    let output = command.arg("run").args(arguments).current_dir(folder).env_remove("CI").output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_saves_a_state_is_run_as_well_and_in_the_same_shard() {
    let folder = tempfile::tempdir().unwrap();
    let shard = ["--shard", "1/3", "--save-recordings", "r"];
    let (code, said) = run(folder.path(), &shard);
    assert!(code == 2 && said.contains("only 2 journeys or groups that share a state"), "{said}");
    assert!(!said.contains("run as well"), "{said}");
    let (code, said) = run(folder.path(), &[&["--only", "support"], &shard[..]].concat());
    assert!(code == 2 && said.contains("run as well, for the states that others begin with: sign-in"), "{said}");
}

#[test]
fn a_file_that_has_no_states_is_refused_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("states.json"), r#"{ "token": "s3cr3t-value" }"#).unwrap();
    let (code, said) = run(folder.path(), &["--keep-state", "states.json"]);
    assert!(code == 2 && said.contains("--keep-state states.json: it isn't a file of states"), "{said}");
    assert!(!said.contains("s3cr3t-value"), "{said}");
}
