//! What is measured with: programs that are run to their end and looked at meanwhile, and what they need.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use chatproof::browser::BrowserKind;
use chatproof::browser::discover::{Environment, Pair, find_pair};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::Failed;

/// The packages, exactly: what is measured against must not change by itself.
const PACKAGES: &[&str] = &["playwright-core@1.65.1", "selenium-webdriver@4.49.0"];

/// Linux's ticks in `/proc`, everywhere.
const TICKS: f64 = 100.0;

pub struct Setup {
    pub rounds: usize,
    pub grid: Option<String>,
    /// Of this machine, for the table's head.
    pub machine: String,
    /// Where everything is written.
    pub folder: PathBuf,
    pub runtime: tokio::runtime::Runtime,
    environment: Environment,
}

/// How a program went.
pub struct Measured {
    pub wall: f64,
    /// Its own, without that of programs that it started.
    pub cpu: f64,
    /// Its own, in MiB.
    pub memory: f64,
}

impl Setup {
    pub fn new(rounds: usize, grid: Option<String>) -> Result<Self, Failed> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        std::fs::create_dir_all(&folder)?;
        let vars = std::env::vars().collect();
        let environment = Environment::from_vars(&vars, rustix::process::getuid().is_root());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(Self { rounds, grid, machine: machine(), folder, runtime, environment })
    }

    /// A browser and its driver.
    pub fn pair(&self, kind: BrowserKind) -> Result<Pair, Failed> {
        Ok(self.runtime.block_on(find_pair(kind, &self.environment))?)
    }

    /// An empty folder.
    pub fn empty(&self, name: &str) -> Result<PathBuf, Failed> {
        let folder = self.folder.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The program, in a folder of its own.
    pub fn chatproof(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatproof"));
        command.current_dir(folder).env_remove("CI").args(arguments);
        command
    }

    /// The client libraries, installed once; their own scripts aren't run.
    pub fn modules(&self) -> Result<PathBuf, Failed> {
        let (modules, ready) = (self.folder.join("node_modules"), self.folder.join("ready"));
        let wanted = PACKAGES.join("\n");
        if !std::fs::read_to_string(&ready).is_ok_and(|is| is == wanted) {
            let mut npm = Command::new("npm");
            npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]);
            npm.arg("--prefix").arg(&self.folder).args(PACKAGES);
            run(&mut npm, &self.folder.join("npm.log"), &[0])?;
            std::fs::write(ready, wanted)?;
        }
        Ok(modules)
    }

    /// A script beside this file, run by Node.js.
    pub fn script(&self, name: &str) -> Command {
        let mut node = Command::new("node");
        node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench").join(name)).current_dir(&self.folder);
        node
    }

    /// Two things in turn, round by round; every other round begins with the second one.
    pub fn in_turn(
        &self,
        mut one: impl FnMut() -> Result<f64, Failed>,
        mut other: impl FnMut() -> Result<f64, Failed>,
    ) -> Result<(Vec<f64>, Vec<f64>), Failed> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            if round % 2 == 1 {
                theirs.push(other()?);
            }
            ours.push(one()?);
            if round % 2 == 0 {
                theirs.push(other()?);
            }
            eprintln!("  round {}: {:.2} s, {:.2} s", round + 1, ours[round], theirs[round]);
        }
        Ok((ours, theirs))
    }
}

/// Runs a program to its end; what it prints goes into a file. Another exit code than one of `codes` is no measurement.
pub fn run(command: &mut Command, log: &Path, codes: &[i32]) -> Result<Measured, Failed> {
    let out = File::create(log)?;
    command.stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out);
    let name = command.get_program().to_string_lossy().into_owned();
    let began = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("{name} can't be run: {error}"))?;
    let id = Pid::from_child(&child);
    let proc = PathBuf::from(format!("/proc/{}", child.id()));
    let mut memory = 0.0;
    // Its end is seen before it is taken note of: until then it can be asked for its times.
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(id), ended)?.is_none() {
        memory = peak(&proc).unwrap_or(memory);
        std::thread::sleep(Duration::from_millis(20));
    }
    let wall = began.elapsed().as_secs_f64();
    let cpu = own_time(&proc).unwrap_or(f64::NAN);
    let status = child.wait()?;
    if !status.code().is_some_and(|code| codes.contains(&code)) {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(15).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        return Err(format!("{name} ended with {status}; {} ends with\n{}", log.display(), last.join("\n")).into());
    }
    Ok(Measured { wall, cpu, memory })
}

/// `utime` and `stime` of `/proc/ID/stat`, in seconds.
fn own_time(proc: &Path) -> Option<f64> {
    let stat = std::fs::read_to_string(proc.join("stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / TICKS)
}

/// The most that it has ever held, in MiB.
fn peak(proc: &Path) -> Option<f64> {
    let status = std::fs::read_to_string(proc.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// The reference site in a process of its own, until it is dropped: its time isn't that of the run.
pub struct Served {
    child: Child,
    /// Open for as long as it may print.
    stdout: BufReader<ChildStdout>,
    pub url: String,
}

impl Served {
    pub fn start(setup: &Setup) -> Result<Self, Failed> {
        let mut command = setup.chatproof(&setup.folder, &["serve", "--port", "0"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut served = Self { child, stdout, url: String::new() };
        let mut line = String::new();
        while served.stdout.read_line(&mut line)? > 0 {
            if let Some(at) = line.find("http://127.0.0.1:") {
                served.url = line[at..].trim().trim_end_matches('/').to_owned();
                return Ok(served);
            }
            line.clear();
        }
        Err("`chatproof serve` gave no address".into())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Selenium Grid on this machine, until it is dropped.
pub struct Grid {
    child: Child,
    pub address: String,
}

impl Grid {
    /// With so many slots for each browser. What it lacks is installed first.
    pub fn start(setup: &Setup, slots: u32) -> Result<Self, Failed> {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/test-grid.sh"));
        // It says where the grid is, and keeps it until nobody holds the other end of its input any more.
        command.args(["--with", &slots.to_string(), "sh", "-c", "echo \"$GRID\"; cat >&2"]);
        command.stderr(File::create(setup.folder.join("grid.log"))?).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut address = String::new();
        let stdout = child.stdout.take().ok_or("no pipe")?;
        BufReader::new(stdout).read_line(&mut address)?;
        let grid = Self { child, address: address.trim().to_owned() };
        if grid.address.is_empty() {
            return Err(format!("no grid could be started: see {}", setup.folder.join("grid.log").display()).into());
        }
        Ok(grid)
    }
}

impl Drop for Grid {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("chatproof {}, {cores} cores of {model}, {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS)
}
