//! All tests that need no browser, in one program: the crate is linked once for them.
//!
//! What they read is beside this folder, since `chatproof` itself and the browser tests read it too: `tests/data/`,
//! `tests/golden/`, `tests/guide/`.

#[path = "../guide/mod.rs"]
mod guide;
mod ids;

mod builds;
mod cli;
mod docs;
mod drafts;
mod drift;
mod floors;
mod formats;
mod fuzz;
mod golden;
mod grid;
mod history;
mod judge;
mod known;
mod lint;
mod merge;
mod openmetrics;
mod otlp;
mod reference;
mod report;
mod report_html;
#[cfg(target_os = "linux")]
mod setup;
mod states;
mod tags;
