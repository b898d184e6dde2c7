//! Browsers and their drivers: finding them, starting them, talking to one.
//!
//! Boundary: everything WebDriver; nothing of specs, journeys or verdicts.

mod act;
pub mod aim;
mod answer;
mod arrival;
mod begin;
pub mod bidi;
pub mod brands;
mod chromium;
mod classic;
pub mod clock;
mod closed;
pub mod context;
pub mod discover;
pub mod download;
pub mod driver;
mod family;
mod fill;
pub mod find;
mod firefox;
mod gestures;
pub mod grid;
mod host;
pub mod hosts_proxy;
pub mod load_failures;
mod lost_frames;
pub mod offers;
mod paint;
pub mod popup;
pub mod product;
pub mod prompts;
mod pulse;
mod refusals;
#[doc(hidden)]
pub mod rehearsal;
pub mod roots;
pub mod routes;
pub mod routing;
pub mod rules;
pub mod script;
pub mod session;
pub mod setup;
mod shown;
pub mod sight;
mod sign_in;
pub mod state;
pub mod survey;
pub mod traffic;
pub mod turn;
mod typing;
pub mod upload;
pub mod wanted;

pub use classic::{ClassicError, Remote};

/// An engine, with the protocols that its drivers speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BrowserKind {
    /// Firefox, through geckodriver.
    Firefox,
    /// Chromium, Chrome or Edge, through chromedriver or msedgedriver.
    Chromium,
}

impl BrowserKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Firefox, Self::Chromium];

    /// The name used in every output and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Firefox => "firefox",
            Self::Chromium => "chromium",
        }
    }
}
