//! Who visits: named set-ups, which journeys are run once for each, and the columns that come of it.
//!
//! Boundary: data; its parser is `visitors_parse.rs`, and what a browser does with it is for those who drive one.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::devices::Device;
use super::networks::Network;
use super::states::StateName;
use super::template::Template;
use super::{Journey, Site};
use crate::source::Span;

/// Between a browser's name and a visitor's in the name of a column; no name of either has it.
const JOINT: char = '+';

/// A set-up: what somebody's browser shows of them.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// A preset, and its name.
    pub device: Option<(String, &'static Device)>,
    /// Window size in CSS pixels, instead of the device's or the file's.
    pub viewport: Option<(u32, u32)>,
    /// `de-DE`: language and region.
    pub locale: Option<String>,
    /// `Europe/Berlin`.
    pub timezone: Option<String>,
    /// Instead of the device's, or the browser's own.
    pub user_agent: Option<Template>,
    /// `light` or `dark`.
    pub color_scheme: Option<&'static str>,
    /// Whether motion is to be reduced.
    pub reduced_motion: Option<bool>,
    /// Whether the user's own colours are forced upon pages.
    pub forced_colors: Option<bool>,
    /// Where somebody is.
    pub geolocation: Option<Geolocation>,
    /// What pages of the base URL's origin may do, by the names of the Permissions standard: `granted`, `denied`, `prompt`.
    pub permissions: IndexMap<String, &'static str>,
    /// Cookies of the base URL's host.
    pub cookies: IndexMap<String, Template>,
    /// What pages find in local storage, by origin.
    pub local_storage: IndexMap<String, IndexMap<String, Template>>,
    /// What a journey has left behind: cookies and storage of all its origins.
    pub state: Option<StateName>,
    /// How slow the network is.
    pub network: Option<Network>,
    /// There is no network.
    pub offline: bool,
    /// User agent client hints, over those of the device.
    pub client_hints: Map<String, Value>,
    /// Place of its name.
    pub span: Span,
}

/// A place on the earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geolocation {
    /// Degrees, north of the equator.
    pub latitude: f64,
    /// Degrees, east of Greenwich.
    pub longitude: f64,
    /// Metres.
    pub accuracy: f64,
}

impl Visitor {
    /// Whether somebody taps, where others click.
    pub fn has_touch(&self) -> bool {
        self.device.as_ref().is_some_and(|(_, device)| device.touch_points > 0)
    }
}

impl Site {
    /// For whom a journey is run: once for nobody in particular, or once for each of these. `asked`: for these instead of those
    /// that it names; none: as the file says. One that saves a state is run for whom it says, so that there is one such state.
    pub fn visited<'s>(&'s self, journey: &'s Journey, asked: &'s [String]) -> Vec<Option<&'s str>> {
        let names: &[String] = if asked.is_empty() || journey.save_state.is_some() { &journey.visitors } else { asked };
        if names.is_empty() {
            return vec![None];
        }
        names.iter().map(|name| Some(name.as_str())).collect()
    }

    /// All for whom journeys are run, each once: nobody in particular first, then in the file's order.
    pub fn all_visited(&self, journeys: &[String], asked: &[String]) -> Vec<Option<&str>> {
        let run: Vec<&Journey> = journeys.iter().filter_map(|name| self.journeys.get(name)).collect();
        let is_visited = |who: Option<&str>| run.iter().any(|journey| self.visited(journey, asked).contains(&who));
        let named = self.visitors.keys().map(|name| Some(name.as_str()));
        std::iter::once(None).chain(named).filter(|who| is_visited(*who)).collect()
    }

    /// Whether a journey belongs into a column of a report.
    pub fn is_in_column(&self, journey: &Journey, column: &str, asked: &[String]) -> bool {
        self.visited(journey, asked).contains(&visitor_of(column))
    }
}

/// The column of a browser, or of a visitor in it.
pub fn column(browser: &str, visitor: Option<&str>) -> String {
    visitor.map_or_else(|| browser.to_owned(), |visitor| format!("{browser}{JOINT}{visitor}"))
}

/// The visitor of a column, if it's one of a visitor's.
pub fn visitor_of(column: &str) -> Option<&str> {
    column.split_once(JOINT).map(|(_, visitor)| visitor)
}

/// The browser of a column.
pub fn browser_of(column: &str) -> &str {
    column.split_once(JOINT).map_or(column, |(browser, _)| browser)
}
