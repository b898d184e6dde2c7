//! The demo against itself: in both browsers, over the floor, and how little of its time is chatproof's own.

use chatproof::browser::BrowserKind::{Chromium, Firefox};
use serde_json::Value;

use super::Failed;
use super::measured::{Served, Setup, run};
use super::others::demo;
use super::table::Row;

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// On two cores the sum of both is what they must stay below, with cores to spare the slower one is.
pub fn both(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let (mut together, mut sum, mut slower) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..setup.rounds {
        let alone = [demo(setup, &[Firefox], &[])?, demo(setup, &[Chromium], &[])?];
        together.push(demo(setup, &[Firefox, Chromium], &[])?);
        sum.push(alone.iter().sum());
        slower.push(alone[0].max(alone[1]));
        eprintln!("  round {}: {:.2} s, {:.2} s and {:.2} s", round + 1, together[round], alone[0], alone[1]);
    }
    let few = cores() < 6;
    Ok(vec![
        Row::pair(
            "the demo in both browsers; the sum of each alone",
            &together,
            &sum,
            "≤ 0.85 on two cores",
            few.then_some(0.85),
        ),
        Row::pair(
            "the demo in both browsers; the slower one alone",
            &together,
            &slower,
            "≤ 1.1 with cores to spare",
            (!few).then_some(1.1),
        ),
    ])
}

/// The floor is the browser's start and the longest journey: a run of that journey alone.
pub fn floor(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let mut rows = Vec::new();
    for browser in [Firefox, Chromium] {
        demo(setup, &[browser], &[])?;
        let text = std::fs::read_to_string(setup.folder.join("demo/chatproof-demo/report.json"))?;
        let report: Value = serde_json::from_str(&text)?;
        let took = |journey: &&Value| journey["duration_ms"].as_f64().unwrap_or_default();
        let journeys = report["journeys"].as_array().map(Vec::as_slice).unwrap_or_default();
        let longest = journeys.iter().max_by(|one, other| took(one).total_cmp(&took(other)));
        let longest = longest.and_then(|journey| journey["name"].as_str()).ok_or("the demo's report has no journey")?;
        let (whole, alone) =
            setup.in_turn(|| demo(setup, &[browser], &[]), || demo(setup, &[browser], &["--only", longest]))?;
        rows.push(Row::pair(
            &format!("the demo in {}; its longest journey alone (`{longest}`)", browser.name()),
            &whole,
            &alone,
            "≤ 1.25 with cores to spare",
            (cores() >= 6).then_some(1.25),
        ));
    }
    Ok(rows)
}

pub fn cpu(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let mut rows = Vec::new();
    for browser in [Firefox, Chromium] {
        let mut shares = Vec::new();
        for _ in 0..setup.rounds {
            let served = Served::start(setup)?;
            let folder = setup.empty("demo")?;
            let arguments = ["demo", "--visitors", "desktop", "--base-url", &served.url, "--browser", browser.name()];
            let measured = run(&mut setup.chatproof(&folder, &arguments), &setup.folder.join("demo.log"), &[0])?;
            shares.push(100.0 * measured.cpu / measured.wall);
        }
        let what = format!("chatproof's own CPU time, of the demo's wall time in {}", browser.name());
        rows.push(Row::figure(&what, &shares, (1, " %"), "< 3 %", |share| share < 3.0));
    }
    Ok(rows)
}
