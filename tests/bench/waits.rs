//! Pages of our own: that mostly wait, that say much at once.

use std::path::Path;

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use chatproof::browser::BrowserKind::{Chromium, Firefox};
use chatproof::recording::{Kind, Recording};

use super::Failed;
use super::measured::{Grid, Setup, run};
use super::table::Row;

/// Whether it conforms isn't the question here, only that it could be told: no journey fires all events.
const TOLD: &[i32] = &[0, 1];
/// Events of the burst.
const BURST: usize = 20_000;
/// Seconds that a journey waits.
const WAIT: u32 = 20;
/// Journeys on a grid for each lane.
const EACH: u32 = 4;

/// Fires as many events as `?events=N` says when it is clicked.
const PAGE: &str = "<!doctype html><title>t</title><script src=/widget.js></script><button>Go</button><script>
const count = Number(new URLSearchParams(location.search).get('events'));
document.querySelector('button').onclick = () => {
  for (let i = 0; i < count; i++) acme('SAID', { id: 'c', i });
  document.body.append('done');
};
addEventListener('load', () => acmeReady())</script>";

/// Serves the page, with the tests' own widget, at every address.
fn serve(setup: &Setup) -> Result<String, Failed> {
    let widget = || async { ([("content-type", "text/javascript")], include_str!("../browser/widget.js")) };
    let app = Router::new().route("/widget.js", get(widget)).fallback(|| async { Html(PAGE) });
    let listener = setup.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let url = format!("http://{}", listener.local_addr()?);
    setup.runtime.spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

/// A site file and its spec in a folder.
fn write(folder: &Path, url: &str, journeys: &str) -> Result<(), Failed> {
    std::fs::write(folder.join("acme.yaml"), include_str!("../browser/acme.yaml"))?;
    std::fs::write(folder.join("chatproof.yaml"), format!("spec: acme.yaml\nbase_url: {url}\njourneys:\n{journeys}"))?;
    Ok(())
}

pub fn waits(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let url = serve(setup)?;
    let folder = setup.empty("waits")?;
    let journey = |name: usize| format!("  waits-{name}: {{ steps: [{{ open: / }}, {{ pause: {WAIT}s }}] }}\n");
    write(&folder, &url, &(1..=4).map(journey).collect::<String>())?;
    let mut rows = Vec::new();
    for browser in [Firefox, Chromium] {
        let walk = |only: &str| {
            let arguments = ["run", "--browser", browser.name(), "--jobs", "4", "--only", only];
            Ok(run(&mut setup.chatproof(&folder, &arguments), &setup.folder.join("waits.log"), TOLD)?.wall)
        };
        let (four, one) = setup.in_turn(|| walk("waits-*"), || walk("waits-1"))?;
        let what = format!("four journeys that wait {WAIT} s each in {}; one of them", browser.name());
        rows.push(Row::pair(&what, &four, &one, "≤ 1.3", Some(1.3)));
    }
    Ok(rows)
}

pub fn burst(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let url = serve(setup)?;
    let folder = setup.empty("burst")?;
    let journey = |name: &str, events: usize| {
        format!(
            "  {name}: {{ steps: [{{ open: '/?events={events}' }}, {{ click: button, may_fire: SAID }}, {{ wait_for: text=done }}] }}\n"
        )
    };
    write(&folder, &url, &(journey("burst", BURST) + &journey("empty", 0)))?;
    let mut rows = Vec::new();
    for browser in [Firefox, Chromium] {
        let walk = |only: &str| {
            let arguments = ["run", "--browser", browser.name(), "--only", only, "--save-recordings", "rec"];
            Ok(run(&mut setup.chatproof(&folder, &arguments), &setup.folder.join("burst.log"), TOLD)?.wall)
        };
        let (burst, empty) = setup.in_turn(
            || {
                let wall = walk("burst")?;
                whole(&folder.join(format!("rec/{}-burst.json", browser.name())))?;
                Ok(wall)
            },
            || walk("empty"),
        )?;
        let what = format!("{BURST} events in a burst in {}, all there and in order; none", browser.name());
        rows.push(Row::pair(&what, &burst, &empty, "none lost", Some(f64::INFINITY)));
    }
    Ok(rows)
}

/// That all of them are there, in order.
fn whole(path: &Path) -> Result<(), Failed> {
    let recording: Recording = serde_json::from_slice(&std::fs::read(path)?)?;
    let heard: Vec<Option<u64>> = recording
        .observations
        .iter()
        .filter_map(|one| match &one.kind {
            Kind::Event { data, .. } => Some(data.pointer("/detail/info/i").and_then(serde_json::Value::as_u64)),
            _ => None,
        })
        .collect();
    let in_order = heard.iter().zip(0..).all(|(one, i)| *one == Some(i));
    if heard.len() != BURST || !in_order {
        return Err(format!("{} of {BURST} events were heard, in order: {in_order}", heard.len()).into());
    }
    Ok(())
}

/// As many times as many journeys, in as many lanes: with one lane for a unit, N lanes do N times as much in the same time.
pub fn lanes(setup: &Setup) -> Result<Vec<Row>, Failed> {
    let (own, given) = (setup.grid.is_none().then(|| Grid::start(setup, 8)).transpose()?, setup.grid.as_deref());
    let grid = given.unwrap_or_else(|| own.as_ref().map_or("", |grid| &grid.address));
    let url = serve(setup)?;
    let mut rows = Vec::new();
    let mut one = Vec::new();
    for lanes in [1_u32, 2, 4, 8] {
        let folder = setup.empty("lanes")?;
        let journey = |name: u32| format!("  waits-{name}: {{ steps: [{{ open: / }}, {{ pause: 5s }}] }}\n");
        write(&folder, &url, &(0..lanes * EACH).map(journey).collect::<String>())?;
        let count = lanes.to_string();
        let arguments = ["run", "--browser", "chromium", "--webdriver", grid, "--sessions", &count, "--jobs", "1"];
        let mut took = Vec::new();
        for _ in 0..setup.rounds {
            took.push(run(&mut setup.chatproof(&folder, &arguments), &setup.folder.join("lanes.log"), TOLD)?.wall);
        }
        if lanes == 1 {
            one.clone_from(&took);
        }
        // What one lane would have taken for as much, against what these took.
        let worth: Vec<f64> = one.iter().zip(&took).map(|(one, many)| one * f64::from(lanes) / many).collect();
        let least = 0.9 * f64::from(lanes);
        let what = format!("a grid, {lanes} lanes: as much as by so many runs with one");
        rows.push(Row::figure(&what, &worth, (2, ""), &format!("≥ {least:.1}"), |worth| worth >= least));
    }
    Ok(rows)
}
