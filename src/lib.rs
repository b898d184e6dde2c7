//! chatproof proves, in a real browser, that a chat widget fires the JavaScript events its vendor documents.
//!
//! This is the library below the program of the same name. Whoever wants to test a site needs the program only: its guide is
//! in `docs/`. The library is for those who work on chatproof, or who want to do something else with its recordings; unlike
//! the command line and the file formats it may change at any time.
//!
//! //! Data flows one way:
//!
//! ```text
//! spec + site file -> runner -> Recording -> judge -> Vec<Verdict> -> Report -> strings -> written once
//! ```
//!
//! A recording has copies of its spec and site file in it, and can be judged anywhere, without a browser:
//!
//! ```no_run
//! use chatproof::cli::files::parse_site;
//! use chatproof::recording::Recording;
//! use chatproof::report::style::Style;
//! use chatproof::source::SourceFile;
//! use chatproof::{judge, spec};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = std::fs::read_to_string("recordings/firefox-live-chat.json")?;
//! let recording: Recording = serde_json::from_str(&text)?;
//! let spec = spec::parse(SourceFile::from(&recording.spec)).map_err(|mistakes| mistakes.to_string())?;
//! let site = parse_site(SourceFile::from(&recording.site), &spec, Style::OFF)?;
//! for verdict in judge::judge(&spec, &site, &recording) {
//!     println!("{:?} {}", verdict.outcome, verdict.requirement);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The modules stand on floors, and imports go down only; `tests/plain/floors.rs` holds them to it.
//!
//! | floor | module | what it is for |
//! | --- | --- | --- |
//! | 6 | [`cli`] | command line types, one file per command |
//! | 5 | [`selftest`], [`explore`] | a catalogue of faults and odd variants -> which were caught; a page -> its conversation |
//! | 4 | [`runner`] | site + browser -> recordings |
//! | 3 | [`browser`], [`page`], [`fixture_site`] | driver, session, socket; JavaScript that runs in the page; the reference site |
//! | 2 | [`judge`], [`report`], [`drift`], [`draft`] | pure: recordings -> verdicts; report -> text; what runs differ in; vendors' pages -> specs |
//! | 1 | [`spec`], [`site`], [`baseline`], [`changes`], [`recording`], [`verdict`], [`analytics`], [`secrets`] | parsed files, and the data that passes between the floors; what must not leave |
//! | 0 | [`source`], [`error`] | files with positions, mistakes in them, and failures of the tool itself |

pub mod analytics;
pub mod baseline;
pub mod browser;
pub mod changes;
pub mod cli;
pub mod draft;
pub mod drift;
pub mod error;
pub mod explore;
pub mod fixture_site;
pub mod judge;
pub mod page;
pub mod recording;
pub mod report;
pub mod runner;
pub mod secrets;
pub mod selftest;
pub mod site;
pub mod source;
pub mod spec;
pub mod verdict;
