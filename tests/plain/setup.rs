//! `scripts/setup.sh` on a machine that is played: programs that only tell a version, and nothing that it could install with.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

/// What the script itself is made of.
const TOOLS: [&str; 13] =
    ["bash", "sh", "env", "timeout", "grep", "head", "tr", "cat", "id", "uname", "mktemp", "rm", "sleep"];

fn machine(folder: &Path, programs: &[(&str, &str)]) {
    let here = std::env::var("PATH").unwrap();
    for tool in TOOLS {
        // macOS has no `timeout`.
        let found = here.split(':').map(|place| Path::new(place).join(tool)).find(|path| path.is_file());
        if let Some(found) = found {
            symlink(found, folder.join(tool)).unwrap();
        }
    }
    for (name, version) in programs {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\necho '{version}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn setup(folder: &Path, arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/setup.sh");
    let mut command = Command::new(folder.join("bash"));
    let command = command.arg(script).args(arguments).env_clear().env("HOME", folder).env("PATH", folder);
    command.output().unwrap()
}

const ALL: [(&str, &str); 8] = [
    ("cargo", "cargo 1.89.0"),
    ("cc", "cc 14.2.0"),
    ("firefox", "Mozilla Firefox 153.8.0"),
    ("geckodriver", "geckodriver 0.37.1"),
    ("chromium", "Chromium 156.0.8078.108"),
    ("chromedriver", "ChromeDriver 156.0.8078.108 (73048)"),
    ("node", "v24.1.0"),
    ("npm", "11.3.0"),
];

#[test]
fn a_driver_that_chrome_or_edge_lacks_is_told_with_its_version_and_where_it_is() {
    let said = |more: &[(&str, &str)], arguments: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        machine(folder.path(), &[&ALL[..], more].concat());
        let output = setup(folder.path(), arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{text}");
        text
    };
    let chrome = |version| ("google-chrome", version);
    let edge = ("microsoft-edge", "Microsoft Edge 155.0.1");

    assert_eq!(said(&[], &[]), "", "nothing is said where nothing is missing");
    assert_eq!(said(&[chrome("Google Chrome 156.0.1.2")], &[]), "", "the driver that is here drives it");
    let text = said(&[chrome("Google Chrome 157.0.1.2"), edge], &[]);
    for part in [
        "Chrome 157 is here without its driver, so `--browser chrome` can't be used:",
        "get chromedriver 157 from https://",
        "CHATPROOF_CHROMEDRIVER",
        "Edge 155 is here without its driver, so `--browser edge` can't be used:",
        "get msedgedriver 155 from https://",
        "CHATPROOF_MSEDGEDRIVER",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert_eq!(said(&[edge, ("msedgedriver", "Microsoft Edge WebDriver 155.0.1 (abc)")], &[]), "");
    assert_eq!(said(&[edge], &["--for", "demo"]), "", "the demo runs in Firefox");
}
