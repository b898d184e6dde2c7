//! The demo's journeys, against the same journeys, waits and checks by other libraries.

use chatproof::browser::BrowserKind::{self, Chromium, Firefox};

use super::Failed;
use super::measured::{Served, Setup, run};
use super::table::Row;

/// The demo's wall time in a browser, with all that it writes by itself. The site is served by another process, and all is
/// done on a desktop, as it is for the others.
pub fn demo(setup: &Setup, browsers: &[BrowserKind], more: &[&str]) -> Result<f64, Failed> {
    let served = Served::start(setup)?;
    let folder = setup.empty("demo")?;
    let mut arguments = vec!["demo", "--visitors", "desktop", "--base-url", &served.url];
    arguments.extend(browsers.iter().flat_map(|browser| ["--browser", browser.name()]));
    arguments.extend(more);
    Ok(run(&mut setup.chatproof(&folder, &arguments), &setup.folder.join("demo.log"), &[0])?.wall)
}

pub fn playwright(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let (modules, pair) = (setup.modules()?, setup.pair(Chromium)?);
    let (ours, theirs) = setup.in_turn(
        || demo(setup, &[Chromium], &["--jobs", "4"]),
        || {
            let served = Served::start(setup)?;
            let mut script = setup.script("playwright.mjs");
            script.arg(&modules).arg(&pair.browser.path).args([served.url.as_str(), "4"]);
            Ok(run(&mut script, &setup.folder.join("playwright.log"), &[0])?.wall)
        },
    )?;
    Ok(vec![Row::pair(
        "the demo in Chromium, `--jobs 4`; Playwright's library, four contexts side by side",
        &ours,
        &theirs,
        "≤ 0.75",
        Some(0.75),
    )])
}

pub fn selenium(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let (modules, pair) = (setup.modules()?, setup.pair(Firefox)?);
    let (ours, theirs) = setup.in_turn(
        || demo(setup, &[Firefox], &["--jobs", "4"]),
        || {
            let served = Served::start(setup)?;
            let mut script = setup.script("selenium.mjs");
            script.arg(&modules).arg(&pair.browser.path).arg(&pair.driver.path).arg(&served.url);
            Ok(run(&mut script, &setup.folder.join("selenium.log"), &[0])?.wall)
        },
    )?;
    Ok(vec![Row::pair(
        "the demo in Firefox, `--jobs 4`; selenium-webdriver, one window after the other",
        &ours,
        &theirs,
        "≤ 0.5",
        Some(0.5),
    )])
}
