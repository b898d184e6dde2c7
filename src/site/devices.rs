//! Presets of devices: what a phone, a tablet or a laptop shows of itself, as data (`specs/devices.json`).
//!
//! Boundary: data; how a browser is made to look like one is for those who drive it.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A device.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// For people.
    pub title: String,
    /// Width and height of the screen and of the page, in CSS pixels.
    pub viewport: (u32, u32),
    /// Pixels of the screen to one CSS pixel.
    pub pixel_ratio: f64,
    /// How many fingers it knows apart; 0: it has no touch screen.
    #[serde(default)]
    pub touch_points: u32,
    /// Pages are laid out as on a phone: `<meta name=viewport>` counts.
    #[serde(default)]
    pub mobile: bool,
    /// `navigator.platform`.
    #[serde(default)]
    pub platform: Option<String>,
    /// What it calls itself; the browser's own if it isn't given.
    #[serde(default)]
    pub user_agent: Option<UserAgents>,
    /// User agent client hints, by their names in WebDriver BiDi (User-Agent Client Hints, `ClientHintsMetadata`).
    #[serde(default)]
    pub client_hints: Option<Map<String, Value>>,
}

/// What a device calls itself, by engine. `{version}` stands for the browser's major version.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserAgents {
    /// In Chromium and Chrome.
    pub chromium: String,
    /// In Firefox.
    pub firefox: String,
}

static DEVICES: LazyLock<IndexMap<String, Device>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../specs/devices.json")).unwrap_or_default());

/// All devices by name, in the file's order.
pub fn devices() -> &'static IndexMap<String, Device> {
    &DEVICES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_is_as_a_device_is() {
        assert!(devices().len() >= 5);
        for (name, device) in devices() {
            assert_eq!(device.touch_points > 0, device.mobile, "{name}");
            assert_eq!(device.mobile, device.user_agent.is_some() && device.platform.is_some(), "{name}");
            assert!(device.viewport.0 >= 200 && device.pixel_ratio >= 1.0, "{name}");
        }
    }
}
