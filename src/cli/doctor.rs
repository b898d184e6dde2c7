//! `chatproof doctor`: which browsers and drivers are here and do start, what is missing and how to get it.

use serde::Serialize;

use crate::browser::brands::{BRANDS, Brand};
use crate::browser::discover::{self, Environment, Tool};
use crate::cli::args::DoctorArgs;
use crate::cli::run::print;
use crate::cli::settings::{Output, Surroundings};
use crate::error::{Error, Result};
use crate::report::style::{Ink, Style};
use crate::report::text;
use crate::runner;

/// The `format` of `--json`.
const FORMAT: &str = "chatproof-doctor/1";

/// One browser of each engine: it's told how to get these where they are missing.
const ENGINES: [&str; 2] = ["firefox", "chromium"];

/// What was found, for `--json`.
#[derive(Debug, Serialize)]
struct Findings {
    format: &'static str,
    chatproof: &'static str,
    usable: bool,
    root: bool,
    display: bool,
    browsers: Vec<Found>,
    /// Further ones that would do, and aren't here.
    absent: Vec<&'static str>,
}

/// One browser with its driver.
#[derive(Debug, Serialize)]
struct Found {
    name: &'static str,
    usable: bool,
    /// WebDriver BiDi, which chatproof listens through.
    bidi: bool,
    /// A session was opened with it, and closed again.
    starts: bool,
    browser: Option<Program>,
    driver: Option<Program>,
    problems: Vec<Problem>,
}

/// A program that was found.
#[derive(Debug, Serialize)]
struct Program {
    path: String,
    version: String,
}

/// What is wrong, and what to do.
#[derive(Debug, Serialize)]
struct Problem {
    message: String,
    help: Option<String>,
}

/// Looks around and tells; the exit code is 3 if no browser can be used.
///
/// # Errors
/// If standard output can't be written to.
pub async fn run(args: DoctorArgs, output: Output, surroundings: &Surroundings) -> Result<u8> {
    let environment = surroundings.discovery();
    let looked = futures_util::future::join_all(BRANDS.iter().map(|brand| look(brand, &environment))).await;
    // A brand of an engine that is here anyway is missed by nobody.
    let (browsers, absent): (Vec<Found>, Vec<Found>) =
        looked.into_iter().partition(|found| found.browser.is_some() || ENGINES.contains(&found.name));
    let findings = Findings {
        format: FORMAT,
        chatproof: env!("CARGO_PKG_VERSION"),
        usable: browsers.iter().any(|found| found.usable),
        root: surroundings.is_root,
        display: surroundings.has_display(),
        browsers,
        absent: absent.into_iter().map(|found| found.name).collect(),
    };
    let text = if args.json {
        serde_json::to_string_pretty(&findings).map_err(|cause| Error::Other(cause.to_string()))? + "\n"
    } else {
        render(&findings, output.stdout)
    };
    print(&text)?;
    Ok(if findings.usable { 0 } else { 3 })
}

async fn look(brand: &'static Brand, environment: &Environment) -> Found {
    let (browser, driver) =
        tokio::join!(discover::find_browser(brand, environment), discover::find_driver(brand, environment));
    let mut problems = Vec::new();
    let mut keep = |found: Result<Tool>| match found {
        Ok(tool) => Some(tool),
        Err(error) => {
            problems.push(problem(error));
            None
        }
    };
    let (browser, mut driver) = (keep(browser), keep(driver));
    let mut fit = browser.is_some() && driver.is_some();
    let mut starts = false;
    if fit {
        // Of several drivers, the one that a run would take.
        match discover::find_pair(brand, environment).await {
            Ok(pair) => driver = Some(pair.driver),
            Err(error) => {
                problems.push(problem(error));
                fit = false;
            }
        }
    }
    if fit {
        // Versions that fit say nothing of a home that isn't the user's, of missing libraries, or of a full disk.
        match runner::opens(&brand.into(), &environment.vars).await {
            Ok(()) => starts = true,
            Err(error) => problems.push(problem(error)),
        }
    }
    let program = |tool: Tool| Program { path: tool.path.display().to_string(), version: tool.version };
    Found {
        name: brand.name,
        usable: starts,
        starts,
        // Every version that discovery lets pass speaks it.
        bidi: fit,
        browser: browser.map(program),
        driver: driver.map(program),
        problems,
    }
}

fn problem(error: Error) -> Problem {
    match error {
        Error::Browser { message, help } => Problem { message, help },
        other => Problem { message: other.to_string(), help: None },
    }
}

fn render(findings: &Findings, style: Style) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    for found in &findings.browsers {
        let (sign, ink, verdict) = match found.usable {
            true => ("✔", Ink::Good, "can be used"),
            false => ("✘", Ink::Bad, "can't be used"),
        };
        let head = format!("{:<9} {verdict}", found.name);
        line(&format!("{} {}", style.paint(ink, sign), style.paint(Ink::Strong, &head)));
        for (what, program) in [("browser", &found.browser), ("driver", &found.driver)] {
            let told = match program {
                Some(program) => {
                    let version = text::short(&program.version);
                    format!("{version:<16}{}", style.paint(Ink::Dim, &text::short(&program.path)))
                }
                None => style.paint(Ink::Bad, "none"),
            };
            line(&format!("  {what:<9} {told}"));
        }
        line(&format!("  {:<9} {}", "BiDi", if found.bidi { "yes" } else { "no" }));
        if found.bidi {
            line(&format!(
                "  {:<9} {}",
                "session",
                if found.starts { "opened and closed" } else { "could not be opened" }
            ));
        }
        for problem in &found.problems {
            line("");
            for part in text::lines(&problem.message, text::LONG) {
                line(&format!("  {}", style.paint(Ink::Warn, &part)));
            }
            for part in problem.help.iter().flat_map(|help| text::lines(help, text::LONG)) {
                line(&format!("  {part}"));
            }
        }
        line("");
    }
    if !findings.absent.is_empty() {
        let absent = findings.absent.join(", ");
        line(&format!("Not here, and not needed: {absent}. `chatproof run --browser NAME` tells how to get one."));
    }
    line(match findings.display {
        true => "There is a display: `--headed` shows the browser's windows.",
        false => "There is no display (DISPLAY, WAYLAND_DISPLAY): browsers run headless, `--headed` won't work.",
    });
    if findings.root {
        line(
            "Running as root: Chromium is started without its sandbox. Prefer another user for sites you don't trust.",
        );
    }
    let (ink, conclusion) = match findings.usable {
        true => (Ink::Good, "Ready: try `chatproof demo`."),
        false => (Ink::Bad, "Not ready: no browser can be used with its driver."),
    };
    line(&style.paint(ink, conclusion));
    out
}
