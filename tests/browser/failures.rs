//! A broken driver, browser or target: the message, the exit code, and that what was heard is saved. Through the built
//! program, as a user meets it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chatproof::browser::BrowserKind;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::harness::{Page, Pages, browsers, page, place, with_widget};

/// A folder with a spec and a site file, and the program run in it.
pub struct Case {
    pub folder: tempfile::TempDir,
}

impl Case {
    /// `text`: a site file without its first two keys.
    pub fn new(base_url: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("acme.yaml"), include_str!("acme.yaml")).unwrap();
        std::fs::write(
            folder.path().join("chatproof.yaml"),
            format!("spec: ./acme.yaml\nbase_url: {base_url}\n{text}"),
        )
        .unwrap();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatproof"));
        command
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .env_remove("CI")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs to the end; exit code and everything printed.
    pub async fn run(&self, arguments: &[&str]) -> (i32, String) {
        let _place = place().await;
        let output = tokio::time::timeout(Duration::from_secs(180), self.command(arguments).output())
            .await
            .expect("it ends")
            .unwrap();
        let text = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap_or(-1), text)
    }

    /// Nothing of ours is left in the temporary folder, and no process works from it.
    pub fn nothing_left(&self) {
        let left: Vec<_> = std::fs::read_dir(self.path("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let alive = processes_with(&self.path("tmp"));
        assert!(alive.is_empty(), "still alive: {alive:#?}");
    }
}

/// Living processes whose environment or command line names a folder: id and command line. Every process that a run
/// starts inherits the run's `TMPDIR`.
pub fn processes_with(folder: &Path) -> Vec<(u32, String)> {
    let needle = folder.to_string_lossy().into_owned();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let read = |name: &str| {
            std::fs::read(entry.path().join(name))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .unwrap_or_default()
        };
        let line = read("cmdline").replace('\0', " ");
        let zombie = read("stat").rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
        if !zombie && id != std::process::id() && (line.contains(&needle) || read("environ").contains(&needle)) {
            found.push((id, line));
        }
    }
    found
}

/// A program on its way, and what it has printed to standard error so far.
pub struct Running {
    pub child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStderr>>,
    pub seen: String,
    _place: tokio::sync::SemaphorePermit<'static>,
}

impl Running {
    pub async fn start(case: &Case, arguments: &[&str]) -> Self {
        Self::of(case.command(arguments)).await
    }

    pub async fn of(mut command: Command) -> Self {
        let place = place().await;
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines, seen: String::new(), _place: place }
    }

    /// Waits for a line of progress.
    pub async fn until(&mut self, text: &str) {
        let wait = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                self.seen += &line;
                self.seen.push('\n');
                if line.contains(text) {
                    return;
                }
            }
            panic!("it ended before it said {text:?}:\n{}", self.seen);
        };
        tokio::time::timeout(Duration::from_secs(120), wait).await.unwrap_or_else(|_| panic!("it never said {text:?}"));
    }

    /// Waits for its end; exit code and everything printed.
    pub async fn end(mut self) -> (i32, String) {
        while let Ok(Some(line)) = self.lines.next_line().await {
            self.seen += &line;
            self.seen.push('\n');
        }
        let output = tokio::time::timeout(Duration::from_secs(120), self.child.wait_with_output())
            .await
            .expect("it ends")
            .unwrap();
        (output.status.code().unwrap_or(-1), self.seen + &String::from_utf8_lossy(&output.stdout))
    }
}

pub fn signal(id: u32, signal: rustix::process::Signal) {
    rustix::process::kill_process(rustix::process::Pid::from_raw(id.cast_signed()).unwrap(), signal).unwrap();
}

/// A page that has its widget, and a journey that goes on for a minute.
pub fn long_journey() -> (Vec<Page>, &'static str) {
    (
        vec![with_widget("/", "<button onclick=\"acme('SAID', { id: 'c' })\">Say</button>")],
        "not_applicable: { OPENED: not here, CLOSED: not here }
journeys:
  first:
    steps:
      - open: /
      - { click: text=Say, fires: SAID }
  long:
    steps:
      - open: /
      - { click: text=Say, fires: SAID }
      - pause: 60s
",
    )
}

fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_a_widget_does_not_conform() {
    let pages = Pages::serve(vec![page("/", "<p>Just a page")]).await;
    for browser in browsers() {
        let case =
            Case::new(&pages.url, "journeys:\n  j:\n    steps:\n      - { open: /, fires: OPENED, within: 500ms }\n");
        let (code, text) = case.run(&["run", "--browser", browser.name()]).await;
        assert_eq!(code, 1, "{text}");
        contains(&text, &["acme:ready", "Does not conform"]);
        case.nothing_left();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_cannot_be_reached_or_never_loads_is_no_verdict() {
    // Accepts connections and never answers.
    let silent = crate::harness::listener().await;
    let never = format!("http://{}", silent.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((socket, _)) = silent.accept().await {
            held.push(socket);
        }
    });
    for browser in browsers() {
        let text = |load: &str| {
            format!(
                "not_applicable: {{ OPENED: no, SAID: no, CLOSED: no }}\ndefaults: {{ load: {load}, settle: 1ms }}\njourneys:\n  j:\n    steps:\n      - open: /\n"
            )
        };
        // Whoever is asked for the host may take their time.
        let nowhere = Case::new("http://chatproof-no-such-host.invalid", &text("60s"));
        let (code, said) = nowhere.run(&["run", "--browser", browser.name()]).await;
        assert_eq!(code, 3, "{said}");
        contains(&said, &["chatproof-no-such-host.invalid", "could not be loaded", "Could not judge"]);
        let (code, said) = Case::new(&never, &text("2s")).run(&["run", "--browser", browser.name()]).await;
        assert_eq!(code, 3, "{said}");
        contains(&said, &["did not finish loading within 2 s", "Could not judge"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_finds_nothing_several_or_a_covered_element_is_no_verdict() {
    let pages = Pages::serve(vec![with_widget(
        "/",
        "<button>Talk to sales</button><button>Talk to support</button><div style='position:relative'><button id=under>Under</button><div class=banner style='position:absolute;inset:0;background:#fff'>Cookies</div></div>",
    )])
    .await;
    let case = Case::new(
        &pages.url,
        "defaults: { timeout: 500ms, settle: 1ms }
not_applicable: { OPENED: not here, SAID: not here, CLOSED: not here }
journeys:
  none: { steps: [{ open: / }, { click: 'role=button[name=\"Talk to nobody\"]' }] }
  several: { steps: [{ open: / }, { click: 'role=button[name=/talk/i]' }] }
  covered: { steps: [{ open: / }, { click: '#under' }] }
",
    );
    let (code, text) = case.run(&["run", "--browser", "chromium"]).await;
    assert_eq!(code, 3, "{text}");
    contains(
        &text,
        &["nothing matches", "Talk to sales", "2 visible elements match", "another element covers it", "banner"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_a_site_file_come_before_any_browser() {
    let case = Case::new(
        "http://127.0.0.1",
        "journeys:\n  j:\n    steps:\n      - { open: /, fires: OPENDE }\n      - clck: text=Go\n",
    );
    let (code, text) = case.run(&["run"]).await;
    assert_eq!(code, 2, "{text}");
    contains(&text, &["OPENDE", "`OPENED`", "clck", "`click`", "chatproof.yaml:6"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_driver_says_what_to_install() {
    let (pages, text) = long_journey();
    let pages = Pages::serve(pages).await;
    for (browser, driver) in [("firefox", "geckodriver"), ("chromium", "chromedriver")] {
        let case = Case::new(&pages.url, text);
        let empty = case.path("tmp");
        // A browser that is there, so that just its driver is missing.
        let program = case.path(browser);
        std::fs::write(&program, "#!/bin/sh\necho Browser 999.0.0.0\n").unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let output = case
            .command(&["run", "--browser", browser])
            .env_clear()
            .env("PATH", &empty)
            .env("HOME", &empty)
            .env(format!("CHATPROOF_{}", browser.to_uppercase()), &program)
            .output()
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{text}");
        contains(&text, &[driver, "install"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_is_none_or_does_not_listen_is_told() {
    let (_, text) = long_journey();
    let case = Case::new("http://127.0.0.1:9", text);
    let (code, said) = case.run(&["run", "--webdriver", "http://127.0.0.1:9/"]).await;
    assert_eq!(code, 3, "{said}");
    contains(&said, &["no driver answers at http://127.0.0.1:9"]);
    let pages = Pages::serve(vec![page("/", "I am a web server")]).await;
    let (code, said) = case.run(&["run", "--webdriver", &pages.url]).await;
    assert_eq!(code, 3, "{said}");
    contains(&said, &["no WebDriver"]);
}

/// A chromedriver that finds its port taken, as it does where somebody else has it for IPv4 only; the `good`th start is
/// let through.
async fn finds_its_port_taken(good: usize) -> (i32, String, usize) {
    let pages = Pages::serve(vec![with_widget("/", "")]).await;
    let case = Case::new(&pages.url, "journeys: { j: { steps: [{ open: / }] } }");
    let (program, starts) = (case.path("chromedriver"), case.path("starts"));
    let text = format!(
        "#!/bin/sh\n\
        [ \"$1\" = --version ] && exec chromedriver --version\n\
        echo >> {starts}\n\
        [ $(wc -l < {starts}) -eq {good} ] && exec chromedriver \"$@\"\n\
        echo 'IPv4 port not available. Exiting...'\n\
        exit 1\n",
        starts = starts.display()
    );
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let _place = place().await;
    let output =
        case.command(&["run", "--browser", "chromium"]).env("CHATPROOF_CHROMEDRIVER", &program).output().await.unwrap();
    case.nothing_left();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    (output.status.code().unwrap_or(-1), said, std::fs::read_to_string(starts).unwrap().lines().count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_finds_its_port_taken_takes_another() {
    let (code, said, starts) = finds_its_port_taken(3).await;
    assert!(code != 3 && starts == 3, "{code} after {starts}: {said}");
    contains(&said, &["1 journey"]);
    let (code, said, starts) = finds_its_port_taken(0).await;
    assert_eq!((code, starts), (3, 10), "{said}");
    contains(&said, &["ended before it listened", "IPv4 port not available"]);
}

/// Ends a process of a run that is under way: the driver, or the browser itself.
pub fn end_one(case: &Case, run: &Running, victim: impl Fn(&str) -> bool) {
    let (id, _) = processes_with(&case.path("tmp"))
        .into_iter()
        .filter(|(id, _)| Some(*id) != run.child.id())
        .find(|(_, line)| victim(line))
        .unwrap_or_else(|| panic!("nobody to end among {:#?}", processes_with(&case.path("tmp"))));
    signal(id, rustix::process::Signal::KILL);
}

/// Once: its journeys are run again in another session. Each time: what was heard is saved, and nothing is judged.
async fn dies_in_mid_run(browser: BrowserKind, victim: impl Fn(&str) -> bool) {
    let (pages, text) = long_journey();
    let pages = Pages::serve(pages).await;
    let text = text.replace("pause: 60s", "pause: 12s");
    let saved = |case: &Case, journey: &str| {
        let text = std::fs::read_to_string(case.path(&format!("rec/{}-{journey}.json", browser.name()))).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let ending = |recording: &serde_json::Value| recording["ending"]["is"].clone();
    for deaths in [1, 3] {
        let case = Case::new(&pages.url, &text);
        let arguments =
            ["run", "-v", "--browser", browser.name(), "--save-recordings", "rec", "--report", "junit=junit.xml"];
        let mut run = Running::start(&case, &arguments).await;
        run.until("first … done").await;
        for nth in 0..deaths {
            if nth > 0 || !run.seen.contains("long  → SAID") {
                run.until("long  → SAID").await;
            }
            end_one(&case, &run, &victim);
        }
        let (code, said) = run.end().await;
        contains(&said, &["ended in mid-run", "; 1 journey is run again in a new session"]);
        assert_eq!(ending(&saved(&case, "first")), "complete");
        let long = saved(&case, "long");
        assert!(long.to_string().contains("SAID"), "what was heard before is saved: {said}");
        let junit = std::fs::read_to_string(case.path("junit.xml")).unwrap();
        if deaths == 1 {
            assert_eq!(code, 0, "{said}");
            assert_eq!(ending(&long), "complete", "{said}");
            assert!(long["run"]["id"].as_str().unwrap().ends_with("-again1"), "a visitor that was never there");
            assert!(!junit.contains("<error") && !junit.contains("flaky"), "{junit}");
        } else {
            assert_eq!(code, 3, "{said}");
            contains(&said, &["Could not judge"]);
            assert!(junit.contains("<error"), "{junit}");
        }
        case.nothing_left();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_dies_in_mid_run_costs_no_verdict() {
    for browser in browsers() {
        dies_in_mid_run(browser, |line| line.contains("geckodriver") || line.contains("chromedriver")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_dies_in_mid_run_costs_no_verdict() {
    let chromium = |line: &str| {
        let part = line.contains("--type=") || line.contains("crashpad");
        line.contains("/chromium") && line.contains("--headless") && !part
    };
    for browser in browsers() {
        dies_in_mid_run(browser, |line| line.contains("--marionette") || chromium(line)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_is_told() {
    let pages = Pages::serve(vec![with_widget("/", "")]).await;
    let case = Case::new(
        &pages.url,
        "not_applicable: { OPENED: no, SAID: no, CLOSED: no }\njourneys:\n  j: { steps: [{ open: / }] }\n",
    );
    let (code, said) = case.run(&["run", "--browser", "chromium", "--report", "json=/dev/full/report.json"]).await;
    assert_eq!(code, 3, "{said}");
    contains(&said, &["can't write", "/dev/full"]);
    case.nothing_left();
}
