//! A driver process of our own: started on a free port, ended with all that it started.
//!
//! Boundary: processes and temporary folders; no WebDriver.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{BrowserKind, family};
use crate::error::{Error, Result};

/// How long a driver may take to say on which port it listens.
const START: Duration = Duration::from_secs(30);
/// How long the processes of a killed group may take to be gone.
const END: Duration = Duration::from_secs(5);
/// How often a driver is started that finds the port taken which it chose itself.
const STARTS: usize = 10;
/// Lines of the driver's output kept for an error message.
const KEPT: usize = 40;

/// A running driver. Dropping it kills the driver, the browser that it started and everything below, and removes their
/// temporary folder; [`Driver::stop`] does the same and waits for it.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    group: Pid,
    /// Temporary folder of driver and browser: profiles live here, so that none can be left behind.
    folder: Option<TempDir>,
    /// Where it listens.
    pub url: String,
    output: Arc<Mutex<VecDeque<String>>>,
}

impl Driver {
    /// Starts a driver and waits until it listens.
    ///
    /// Chromedriver takes a port that is free for IPv6 and then wants the same one for IPv4; where that is taken, were it
    /// by a connection that ended a moment ago, it gives up. It is started anew then, and takes another.
    ///
    /// # Errors
    /// [`Error::Browser`] if it can't be started, ends at once, finds each of ten ports taken, or does not listen within
    /// 30 s; with what it printed.
    pub async fn start(kind: BrowserKind, program: &Path, browser: &Path) -> Result<Self> {
        let mut starts = 1;
        loop {
            let (mut driver, port, errors) = Self::launch(kind, program, browser)?;
            return match tokio::time::timeout(START, port).await {
                Ok(Ok(port)) => {
                    driver.url = format!("http://127.0.0.1:{port}");
                    Ok(driver)
                }
                // Its standard output closed without a port in it.
                Ok(Err(_)) => {
                    let _ = tokio::time::timeout(END, errors).await;
                    if driver.found_port_taken() && starts < STARTS {
                        tracing::debug!("start {starts} of the driver found its port taken");
                        starts += 1;
                        driver.stop().await;
                        continue;
                    }
                    Err(fail(
                        format!("{} ended before it listened{}", program.display(), driver.last_words()),
                        "run it by hand to see why, or update it: `chatproof doctor` shows versions",
                    ))
                }
                Err(_) => Err(fail(
                    format!("{} did not listen within {} s{}", program.display(), START.as_secs(), driver.last_words()),
                    "is the machine very busy? `chatproof doctor` shows versions",
                )),
            };
        }
    }

    /// Starts its process. The port comes as soon as it listens; the handle ends with its standard error.
    fn launch(
        kind: BrowserKind,
        program: &Path,
        browser: &Path,
    ) -> Result<(Self, oneshot::Receiver<u16>, JoinHandle<()>)> {
        let folder = work_folder(browser).map_err(|error| {
            fail(
                format!("can't make a temporary folder for the browser: {error}"),
                "free some disk space, or set TMPDIR to a folder that can be written",
            )
        })?;
        let mut command = Command::new(program);
        match kind {
            BrowserKind::Firefox => {
                command
                    .args(["--host", "127.0.0.1", "--port", "0", "--websocket-port", "0", "--profile-root"])
                    .arg(folder.path());
            }
            BrowserKind::Chromium => {
                command.arg("--port=0");
            }
        }
        command
            .env("TMPDIR", folder.path())
            .envs(home_of_its_own(&folder).map(|home| ("HOME", home)))
            // A crash is reported by us; the crash handlers would outlive the browser.
            .env("MOZ_CRASHREPORTER_DISABLE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: a Ctrl-C at the terminal reaches us alone, and we can end the whole family.
            .process_group(0)
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| {
            fail(
                format!("can't start {}: {error}", program.display()),
                "`chatproof doctor` shows which drivers can be used",
            )
        })?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).ok_or_else(|| {
            fail(format!("{} ended at once", program.display()), "`chatproof doctor` shows which drivers can be used")
        })?;
        let output = Arc::new(Mutex::new(VecDeque::new()));
        let (port_found, port) = oneshot::channel();
        tokio::spawn(drain(child.stdout.take(), output.clone(), Some(port_found)));
        let errors = tokio::spawn(drain(child.stderr.take(), output.clone(), None));
        Ok((Self { child, group, folder: Some(folder), url: String::new(), output }, port, errors))
    }

    /// Whether it said that the port which it had chosen is in use by somebody else.
    fn found_port_taken(&self) -> bool {
        let lines = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().any(|line| line.contains("Address already in use") || line.contains("port not available"))
    }

    /// What the driver printed last, as an indented block; empty if nothing.
    pub fn last_words(&self) -> String {
        let lines = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().rev().take(5).rev().map(|line| format!("\n    {line}")).collect()
    }

    /// What the browser printed last, as an indented block; empty if nothing. The driver's own lines, which say what it was
    /// asked to do, are left out.
    pub fn browser_said(&self) -> String {
        let own = |line: &str| {
            line.trim().is_empty()
                || ["\tgeckodriver", "\tmozrunner", "\twebdriver", "\tmozprofile", "Listening on"]
                    .iter()
                    .any(|part| line.contains(part))
                || [
                    "Starting ChromeDriver",
                    "ChromeDriver was started",
                    "Only local connections",
                    "Please see https://chromedriver",
                    "Starting Microsoft Edge WebDriver",
                    "Microsoft Edge WebDriver was started",
                ]
                .iter()
                .any(|start| line.starts_with(start))
        };
        let lines = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let said: Vec<&String> = lines.iter().filter(|line| !own(line)).collect();
        said.iter().rev().take(5).rev().map(|line| format!("\n    {line}")).collect()
    }

    /// Whether the driver's process has ended.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// Its temporary folder, which goes with it.
    pub fn folder(&self) -> Option<&Path> {
        self.path()
    }

    /// The driver's process id.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends the driver and everything that it started, waits until they are gone, and removes their folder.
    pub async fn stop(mut self) {
        self.kill();
        let _ = tokio::time::timeout(END, self.child.wait()).await;
        // The others aren't our children; they can only be looked for. One may have been leaving the group just then.
        let gone = async {
            while family::is_alive(self.group, self.path()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
                family::kill_strays(self.path());
            }
        };
        if tokio::time::timeout(END, gone).await.is_err() {
            tracing::debug!("processes of group {:?} are still there (zombies that nobody reaps?)", self.group);
        }
        // On a thread of its own: a profile has thousands of files, and a disk may be slow.
        if let Some(folder) = self.folder.take() {
            let _ = tokio::task::spawn_blocking(move || remove(folder)).await;
        }
    }

    fn kill(&self) {
        family::kill(self.group, self.path());
    }

    fn path(&self) -> Option<&Path> {
        self.folder.as_ref().map(TempDir::path)
    }
}

/// Removes a folder. Takes its time, so no task of the runtime's may wait for it.
fn remove(folder: TempDir) {
    let path = folder.path().to_owned();
    // A process that is just dying may still write one last file.
    for _ in 0..20 {
        if std::fs::remove_dir_all(&path).is_ok() || !path.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    if let Err(error) = folder.close() {
        tracing::warn!("can't remove {}: {error}", path.display());
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take() {
            family::kill(self.group, Some(folder.path()));
            remove(folder);
        }
    }
}

fn fail(message: String, help: &str) -> Error {
    Error::Browser { message, help: Some(help.to_owned()) }
}

/// A home for a browser that can't live in the user's: one that belongs to somebody else (root in a container job), which
/// Firefox refuses, or in which nothing can be written, which Chromium needs. `None`: the user's will do.
fn home_of_its_own(folder: &TempDir) -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let fits = home.as_deref().is_some_and(|home| {
        let own = home.metadata().is_ok_and(|of| of.is_dir() && of.uid() == rustix::process::geteuid().as_raw());
        own && rustix::fs::access(home, rustix::fs::Access::WRITE_OK).is_ok()
    });
    if fits {
        return None;
    }
    let own = folder.path().join("home");
    std::fs::create_dir(&own).ok()?;
    tracing::debug!("the browser gets a home of its own: {home:?} isn't this user's, or can't be written");
    Some(own)
}

/// A folder for profiles. A browser from a snap sees no `/tmp` of ours, only its own folder in the user's home.
fn work_folder(browser: &Path) -> std::io::Result<TempDir> {
    let real = browser.canonicalize().unwrap_or_else(|_| browser.to_owned());
    let snap = [browser, &real].iter().any(|path| path.starts_with("/snap") || path.ends_with("usr/bin/snap"));
    let builder = |root: Option<PathBuf>| {
        let mut named = tempfile::Builder::new();
        named.prefix("chatproof-");
        match root {
            Some(root) => named.tempdir_in(root),
            None => named.tempdir(),
        }
    };
    if snap && let (Some(home), Some(name)) = (std::env::home_dir(), browser.file_name()) {
        let root = home.join("snap").join(name).join("common");
        if root.is_dir() {
            return builder(Some(root));
        }
    }
    builder(None)
}

async fn drain(
    pipe: Option<impl AsyncRead + Unpin>,
    output: Arc<Mutex<VecDeque<String>>>,
    mut port_found: Option<oneshot::Sender<u16>>,
) {
    let Some(pipe) = pipe else { return };
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::debug!(target: "chatproof::driver", "{line}");
        if let Some(port) = port_in(&line)
            && let Some(sender) = port_found.take()
        {
            let _ = sender.send(port);
        }
        let mut kept = output.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

/// `… geckodriver INFO Listening on 127.0.0.1:38191`, `ChromeDriver was started successfully on port 34249.`
fn port_in(line: &str) -> Option<u16> {
    let rest = line
        .split_once("Listening on ")
        .map(|(_, rest)| rest.rsplit(':').next().unwrap_or(rest))
        .or_else(|| line.split_once("started successfully on port ").map(|(_, rest)| rest))?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn reads_the_port_that_each_driver_prints() {
        assert_eq!(port_in("1795443928350\tgeckodriver\tINFO\tListening on 127.0.0.1:38191"), Some(38191));
        assert_eq!(port_in("ChromeDriver was started successfully on port 34249."), Some(34249));
        assert_eq!(port_in("Microsoft Edge WebDriver was started successfully on port 34249."), Some(34249));
        assert_eq!(port_in("Starting ChromeDriver 156.0 (a21ce95) on port 0"), None);
    }
}
