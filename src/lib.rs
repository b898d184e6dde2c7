//! chatproof proves, in a real browser, that a chat widget fires the JavaScript events its vendor documents.
//!
//! Data flows one way:
//!
//! ```text
//! spec + site file -> runner -> Recording -> judge -> Vec<Verdict> -> Report -> strings -> written once
//! ```
//!
//! The modules stand on floors, and imports go down only; `tests/floors.rs` holds them to it.
//!
//! | floor | module | what it is for |
//! | --- | --- | --- |
//! | 6 | [`cli`] | command line types, one file per command |
//! | 5 | [`selftest`] | a catalogue of faults and odd variants -> which were caught |
//! | 4 | [`runner`] | site + browser -> recordings |
//! | 3 | [`browser`], [`page`], [`fixture_site`] | driver, session, socket; JavaScript that runs in the page; the reference site |
//! | 2 | [`judge`], [`report`] | pure: recordings -> verdicts; report -> text |
//! | 1 | [`spec`], [`site`], [`baseline`], [`changes`], [`recording`], [`verdict`] | parsed files, and the data that passes between the floors |
//! | 0 | [`source`], [`error`] | files with positions, mistakes in them, and failures of the tool itself |

pub mod baseline;
pub mod browser;
pub mod changes;
pub mod cli;
pub mod error;
pub mod fixture_site;
pub mod judge;
pub mod page;
pub mod recording;
pub mod report;
pub mod runner;
pub mod selftest;
pub mod site;
pub mod source;
pub mod spec;
pub mod verdict;
