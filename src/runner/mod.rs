//! Site + browser -> recordings. Knows no rule of the spec beyond how to listen ([`crate::spec::Probe`]).
//!
//! [`run`] is the whole of a run. Who wants to keep browsers open, to run again or to run many sites in them, takes a
//! [`Subject`] (what is run) and [`Lanes`] (where), and [`schedule`]s.

mod analytics;
mod beforehand;
mod clock;
mod crew;
mod files;
mod journey;
mod lanes;
mod looking;
mod messages;
mod net;
mod opened;
mod options;
mod progress;
mod recorder;
#[doc(hidden)]
pub mod rehearsal;
mod run;
mod schedule;
mod scout;
mod sights;
mod stack;
mod states;
mod subject;
mod survey;
mod visitors;
mod weight;

pub use crate::secrets::Secrets;
pub use analytics::Analytics;
pub use files::check as check_files;
pub use lanes::{Lane, Lanes, Timing};
pub use looking::{Looking, Paused};
pub use opened::{Browser, lost_browser, lost_frame, opens};
pub use options::{Options, base_url, check_addresses};
pub use progress::{Event, LaneId, Progress, Silent};
pub use run::{Outcome, run, run_all, run_in};
pub use schedule::{Before, Job, Lost, Scheduled, Task, Walked, schedule};
pub use scout::{Decided, Scene, Scout};
pub use sights::Screenshots;
pub use states::{States, check_states};
pub use subject::{Retrying, Subject};
pub use survey::{Clicked, Seen};
pub use visitors::{check_visitors, columns, in_column, journeys_in};
