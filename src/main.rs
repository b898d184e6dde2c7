//! Parses the command line, reads environment and terminal once, calls the library, exits with its code.

use std::io::{IsTerminal as _, Write as _};
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use chatproof::cli;
use chatproof::cli::args::{Cli, When};
use chatproof::cli::live::Screen;
use chatproof::cli::settings::Surroundings;
use chatproof::secrets::Secrets;
use clap::Parser as _;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // Help and usage errors end here: 0 and 2.
    let cli = Cli::parse();
    let surroundings = surroundings();
    log(&cli, &surroundings);
    hide_from_panics(&surroundings);
    let ran = std::panic::catch_unwind(AssertUnwindSafe(|| run(cli, &surroundings)));
    match ran {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            eprintln!("error: {}", surroundings.mask(&format!("{error:#}")));
            ExitCode::from(3)
        }
        // The panic's own message and place are on standard error already.
        Err(_) => {
            eprintln!("error: this is a defect in chatproof {}, not in your site", env!("CARGO_PKG_VERSION"));
            ExitCode::from(3)
        }
    }
}

fn run(cli: Cli, surroundings: &Surroundings) -> anyhow::Result<u8> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("can't start the async runtime")?;
    let code = runtime.block_on(cli::run(cli, surroundings));
    // What is still running is dropped, and with it every process that it has started.
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(code)
}

/// Environment, terminal and clock, this once.
fn surroundings() -> Surroundings {
    let vars = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Surroundings {
        vars,
        stdout_is_terminal: std::io::stdout().is_terminal(),
        stderr_is_terminal: std::io::stderr().is_terminal(),
        stdin_is_terminal: std::io::stdin().is_terminal(),
        is_root: rustix::process::geteuid().is_root(),
        // Two runs that share a millisecond are two processes.
        run_id: format!("{:x}-{:x}", now.as_millis(), std::process::id()),
        today: Some(time::OffsetDateTime::now_utc().date()),
        directory: std::env::current_dir().unwrap_or_default(),
        secrets: Arc::default(),
        screen: cli::live::Screen::default(),
    }
}

/// `RUST_LOG`, else warnings, else what `-v` asks for.
fn log(cli: &Cli, surroundings: &Surroundings) {
    let level = match cli.common.verbose {
        0 => "chatproof=warn",
        1 => "chatproof=debug",
        _ => "chatproof=trace",
    };
    let filter = surroundings.var("RUST_LOG").map_or_else(|| EnvFilter::new(level), EnvFilter::new);
    let colour = match cli.common.color {
        When::Always => true,
        When::Never => false,
        When::Auto => cli::settings::Output::resolve(&cli.common, surroundings).stderr.on,
    };
    let (secrets, screen) = (surroundings.secrets.clone(), surroundings.screen.clone());
    let writer = move || Masked { secrets: secrets.clone(), screen: screen.clone() };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(colour).init();
}

/// What a panic says may hold anything, a secret included.
fn hide_from_panics(surroundings: &Surroundings) {
    let surroundings = surroundings.clone();
    std::panic::set_hook(Box::new(move |panic| {
        // What holds the lock may be what panicked.
        let text = match surroundings.secrets.try_read() {
            Ok(secrets) => secrets.mask(&panic.to_string()),
            Err(_) => "a panic whose message can't be shown".to_owned(),
        };
        let trace = std::backtrace::Backtrace::capture();
        let trace = match trace.status() {
            std::backtrace::BacktraceStatus::Captured => format!("{trace}\n"),
            _ => String::new(),
        };
        let _ = std::io::stderr().lock().write_all(format!("{text}\n{trace}").as_bytes());
    }));
}

/// Standard error without the site file's secrets, around what is drawn there. The log is handed over a whole line at a
/// time.
struct Masked {
    secrets: Arc<RwLock<Secrets>>,
    screen: Screen,
}

impl std::io::Write for Masked {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = self.secrets.read().unwrap_or_else(PoisonError::into_inner).mask(&String::from_utf8_lossy(line));
        self.screen.around(|| std::io::stderr().lock().write_all(text.as_bytes()))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().lock().flush()
    }
}
