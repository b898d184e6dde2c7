//! What may stand behind a flag, where that is one word of several.

use clap::ValueEnum;

use crate::browser::brands::{BRANDS, Brand};
use crate::cli::assemble::Keep;
use crate::report::Format;
use crate::runner::{Analytics, Screenshots};

/// `--analytics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnalyticsFlag {
    /// They are answered in the browser; none reaches its server
    Stub,
    /// They are let through, and only watched
    Pass,
}

impl From<AnalyticsFlag> for Analytics {
    fn from(flag: AnalyticsFlag) -> Self {
        match flag {
            AnalyticsFlag::Stub => Self::Stub,
            AnalyticsFlag::Pass => Self::Pass,
        }
    }
}

/// Which screenshots to take, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shots {
    /// Where a step fails or its event does not come, and at the end of each journey
    On,
    /// Only where something fails; each takes a fifth of a second
    Failures,
    /// None
    Off,
}

impl From<Shots> for Screenshots {
    fn from(shots: Shots) -> Self {
        match shots {
            Shots::On => Self::On,
            Shots::Failures => Self::Failures,
            Shots::Off => Self::Off,
        }
    }
}

/// Of which journeys the reports for people show the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Details {
    /// Of the first 50 that come out well, and the first 100 of the others; of the rest how they came out
    Some,
    /// Of the first 100 that don't come out well; of the rest how they came out
    Failed,
    /// Of all, however large the reports get
    All,
}

impl Details {
    /// What is held of the journeys for reports in these formats.
    pub fn keep(self, formats: impl IntoIterator<Item = Format>) -> Keep {
        // Only those for programs have all events of all journeys.
        let whole =
            formats.into_iter().any(|format| matches!(format, Format::Json | Format::Openmetrics | Format::Otlp));
        match self {
            Self::Some => Keep { whole, ..Keep::SOME },
            Self::Failed => Keep { whole, good: 0, ..Keep::SOME },
            Self::All => Keep::ALL,
        }
    }
}

/// A browser's name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Browser {
    /// Firefox, through geckodriver
    Firefox,
    /// Chromium, through chromedriver; Chrome where there is no Chromium
    Chromium,
    /// Google Chrome, through chromedriver
    Chrome,
    /// Microsoft Edge, through msedgedriver
    Edge,
}

impl From<Browser> for &'static Brand {
    fn from(browser: Browser) -> Self {
        let name = match browser {
            Browser::Firefox => "firefox",
            Browser::Chromium => "chromium",
            Browser::Chrome => "chrome",
            Browser::Edge => "edge",
        };
        // The table has them all; a test holds it to that.
        Brand::named(name).unwrap_or(&BRANDS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_has_all_browsers_of_the_table() {
        let own: Vec<&str> = Browser::value_variants().iter().map(|one| <&Brand>::from(*one).name).collect();
        assert_eq!(own, BRANDS.iter().map(|brand| brand.name).collect::<Vec<_>>());
    }
}
