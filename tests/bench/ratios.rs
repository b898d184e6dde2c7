//! `make bench`: one table of ratios. The two of a pair are measured in turn, in the same minutes, so that what else the
//! machine does weighs on both; what is told is the median of several rounds. Nothing in it is a test.
//!
//! ```text
//! cargo bench --bench ratios -- [--only NAME]... [--rounds N] [--grid URL]
//! ```

use std::process::ExitCode;

mod large;
mod measured;
mod others;
mod own;
mod table;
mod waits;

use measured::Setup;
use table::Row;

/// Why something could not be measured.
type Failed = Box<dyn std::error::Error>;

/// One thing to measure: its name for `--only`, what it is about, and what measures it.
struct Part {
    name: &'static str,
    about: &'static str,
    measure: fn(&Setup) -> Result<Vec<Row>, Failed>,
}

const PARTS: &[Part] = &[
    Part {
        name: "playwright",
        about: "the demo in Chromium, against Playwright's library",
        measure: others::playwright,
    },
    Part { name: "selenium", about: "the demo in Firefox, against selenium-webdriver", measure: others::selenium },
    Part { name: "both", about: "the demo in both browsers, against the sum of each alone", measure: own::both },
    Part { name: "floor", about: "the demo, against its longest journey alone", measure: own::floor },
    Part { name: "cpu", about: "chatproof's own CPU time, against a run's wall time", measure: own::cpu },
    Part { name: "waits", about: "four journeys that wait 20 s each, against one", measure: waits::waits },
    Part { name: "burst", about: "20,000 events in a burst, against a page without any", measure: waits::burst },
    Part { name: "lanes", about: "a grid of 1, 2, 4 and 8 lanes, pages that mostly wait", measure: waits::lanes },
    Part { name: "judge", about: "observations that one core judges in a second", measure: large::judge },
    Part { name: "memory", about: "peak memory, with 2,000 journeys", measure: large::memory },
    Part { name: "cores", about: "cores at work while 10,000 recordings are judged", measure: large::cores },
];

fn help() -> String {
    let parts: String = PARTS.iter().map(|part| format!("  {:<11} {}\n", part.name, part.about)).collect();
    format!(
        "--only NAME    measure this only; may be repeated\n--rounds N     how often (5)\n--grid URL     a Selenium Grid on this machine with eight slots, for `lanes` (one that is started for it)\n\n{parts}"
    )
}

fn main() -> ExitCode {
    let (mut only, mut rounds, mut grid) = (Vec::new(), 5, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), &mut arguments) {
            // cargo's own.
            ("--bench", _) => {}
            ("--only", rest) => only.extend(rest.next()),
            ("--rounds", rest) => rounds = rest.next().and_then(|count| count.parse().ok()).unwrap_or(0),
            ("--grid", rest) => grid = rest.next(),
            _ => {
                print!("{}", help());
                return ExitCode::from(u8::from(argument != "--help") * 2);
            }
        }
    }
    if rounds == 0 || only.iter().any(|name| PARTS.iter().all(|part| part.name != name)) {
        eprint!("{}", help());
        return ExitCode::from(2);
    }
    let setup = match Setup::new(rounds, grid) {
        Ok(setup) => setup,
        Err(why) => {
            eprintln!("can't measure here: {why}");
            return ExitCode::FAILURE;
        }
    };
    let (mut rows, mut failed) = (Vec::new(), false);
    for part in PARTS.iter().filter(|part| only.is_empty() || only.iter().any(|name| name == part.name)) {
        eprintln!("{}: {}", part.name, part.about);
        match (part.measure)(&setup) {
            Ok(measured) => rows.extend(measured),
            Err(why) => {
                eprintln!("  not measured: {why}");
                failed = true;
                rows.push(Row::not_measured(part.about, &why.to_string()));
            }
        }
    }
    print!("{}", table::render(&setup.machine, rounds, &rows));
    ExitCode::from(u8::from(failed))
}
