//! What a browser shows of somebody: applied to their user context before it has a window, so that the first document sees it,
//! and frames, pop-ups and workers as well.
//!
//! WebDriver BiDi says most of it (`emulation`, `permissions`, `storage`, User-Agent Client Hints). What Firefox has no command
//! for are preferences, which hold for a whole session. What Chromium has none for is said to each window by Chromium's own
//! protocol, over the same socket.
//!
//! Boundary: plain values, and the commands that they are; who has which set-up is the runner's business.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::BrowserKind;
use super::bidi::BidiError;
use super::context::ActError;
use super::session::Session;
use super::state::State;
use crate::site::networks::Network;

/// What somebody's browser shows of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Setup {
    /// Size and kind of the page's view.
    pub screen: Screen,
    /// Size of the screen itself, in CSS pixels; with it goes how it is held.
    pub device: Option<(u32, u32)>,
    /// How many fingers it knows apart; 0: there is a mouse.
    pub touch_points: u32,
    /// `navigator.platform`, as far as the browser can be told.
    pub platform: Option<String>,
    /// `{version}` stands for the browser's major version.
    pub user_agent: Option<String>,
    /// By their names in the protocol; browsers that have none do without.
    pub client_hints: Map<String, Value>,
    /// `de-DE`
    pub locale: Option<String>,
    /// `Europe/Berlin`
    pub timezone: Option<String>,
    /// `light` or `dark`.
    pub color_scheme: Option<&'static str>,
    /// Whether motion is to be reduced.
    pub reduced_motion: Option<bool>,
    /// Whether the user's own colours are forced upon pages.
    pub forced_colors: Option<bool>,
    /// Latitude, longitude (degrees), accuracy (metres).
    pub geolocation: Option<(f64, f64, f64)>,
    /// What pages of an origin may do: origin, name, state.
    pub permissions: Vec<(String, String, &'static str)>,
    /// Host, whether only by TLS, name and value.
    pub cookies: Vec<Cookie>,
    /// Origin, and what it keeps.
    pub local_storage: Vec<(String, Vec<(String, String)>)>,
    /// What somebody has left behind, with its name in the site file.
    pub state: Option<(String, Arc<State>)>,
    /// What is left behind is asked for in the end: [`super::context::Window::state`].
    pub keeps_state: bool,
    /// There is no network.
    pub offline: bool,
}

/// A cookie that is there before the first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Whose it is.
    pub host: String,
    /// Only sent by TLS.
    pub secure: bool,
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// The view that a window has of its pages.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Screen {
    /// In CSS pixels; `None` leaves it to the window.
    pub size: Option<(u32, u32)>,
    /// Pixels of the screen to one CSS pixel; `None` leaves it to the browser.
    pub pixel_ratio: Option<f64>,
    /// Pages are laid out as on a phone.
    pub mobile: bool,
    /// How slow its network is; only Chromium can be told.
    pub network: Option<Network>,
}

/// The parameters of `Network.emulateNetworkConditions`: there are no limits below zero.
pub(super) fn slowed(network: Network) -> Value {
    let bytes = |kbits: Option<f64>| kbits.map_or(-1.0, |kbits| kbits * 1000.0 / 8.0);
    json!({
        "offline": false, "latency": network.latency_ms,
        "downloadThroughput": bytes(network.download_kbits), "uploadThroughput": bytes(network.upload_kbits),
    })
}

/// The same as people write it.
fn rates(network: Network) -> Value {
    let mut told = Map::new();
    told.insert("latency".to_owned(), json!(format!("{}ms", network.latency_ms)));
    for (key, rate) in [("download", network.download_kbits), ("upload", network.upload_kbits)] {
        told.extend(rate.map(|rate| (key.to_owned(), json!(format!("{rate}kbit/s")))));
    }
    told.into()
}

/// A script that puts something into the storage of an origin's first document.
#[derive(Debug, Clone)]
pub(super) struct Seed {
    /// The origin.
    pub(super) origin: String,
    /// Only in frames, or only in windows.
    pub(super) framed: Option<bool>,
    /// The browser's name for the script.
    pub(super) script: String,
}

/// Those of a user context.
pub(super) type Seeds = Arc<Mutex<Vec<Seed>>>;

/// What of a set-up a browser refuses.
#[derive(Debug)]
pub struct Unfit {
    /// The site file's key.
    pub key: &'static str,
    /// What it said.
    pub why: BidiError,
}

impl From<Unfit> for ActError {
    fn from(Unfit { key, why }: Unfit) -> Self {
        match Self::from(why) {
            Self::Other(message) => Self::Other(format!("this browser can't be given `{key}`: {message}")),
            other => other,
        }
    }
}

impl Setup {
    /// Origin and name of each permission that it grants.
    pub fn granted(&self) -> Vec<(String, String)> {
        let granted = self.permissions.iter().filter(|(_, _, state)| *state == "granted");
        granted.map(|(origin, name, _)| (origin.clone(), name.clone())).collect()
    }

    /// What of it are preferences in Firefox, which hold for all windows of a session.
    pub fn preferences(&self) -> Map<String, Value> {
        let mut all = Map::new();
        let mut set = |name: &str, value: Value| all.insert(name.to_owned(), value);
        if self.touch_points > 0 {
            set("dom.w3c_touch_events.enabled", json!(1));
            set("dom.w3c_touch_events.legacy_apis.enabled", json!(true));
            set("dom.maxtouchpoints.testing.value", json!(self.touch_points));
            // A finger: coarse, and it doesn't hover (Gecko's `PointerCapabilities`).
            set("ui.primaryPointerCapabilities", json!(1));
            set("ui.allPointerCapabilities", json!(1));
        }
        if self.screen.mobile {
            set("dom.meta-viewport.enabled", json!(true));
            set("ui.useOverlayScrollbars", json!(1));
        }
        if self.permissions.iter().any(|(_, name, state)| name == "geolocation" && *state == "granted") {
            // Otherwise nobody may know where a visitor is (`refusals.rs`); other origins still may not.
            set("geo.prompt.testing", json!(false));
            set("permissions.default.geo", json!(2));
        }
        if let Some(platform) = &self.platform {
            set("general.platform.override", json!(platform));
        }
        if let Some(scheme) = self.color_scheme {
            set("layout.css.prefers-color-scheme.content-override", json!(i32::from(scheme == "light")));
        }
        if let Some(reduced) = self.reduced_motion {
            set("ui.prefersReducedMotion", json!(i32::from(reduced)));
        }
        if let Some(forced) = self.forced_colors {
            set("browser.display.document_color_use", json!(if forced { 2 } else { 0 }));
        }
        all
    }

    /// The commands for a user context, each with the key that it's for.
    fn commands(&self, kind: BrowserKind, version: &str) -> Vec<(&'static str, &'static str, Value)> {
        let mut all = Vec::new();
        let mut add = |key, method, params| all.push((key, method, params));
        if let Some((width, height)) = self.screen.size.filter(|_| self.device.is_some()) {
            // Also for windows that its pages open.
            let view = json!({ "viewport": { "width": width, "height": height }, "devicePixelRatio": self.screen.pixel_ratio });
            add("viewport", "browsingContext.setViewport", view);
        }
        if let Some((width, height)) = self.device {
            let area = json!({ "screenArea": { "width": width, "height": height } });
            add("device", "emulation.setScreenSettingsOverride", area);
            if self.screen.mobile {
                let held = if height > width { "portrait-primary" } else { "landscape-primary" };
                let held = json!({ "screenOrientation": { "natural": "portrait", "type": held } });
                add("device", "emulation.setScreenOrientationOverride", held);
            }
        }
        if let Some(user_agent) = self.user_agent(version) {
            add("user_agent", "emulation.setUserAgentOverride", json!({ "userAgent": user_agent }));
        }
        if let Some(locale) = &self.locale {
            add("locale", "emulation.setLocaleOverride", json!({ "locale": locale }));
        }
        if let Some(timezone) = &self.timezone {
            add("timezone", "emulation.setTimezoneOverride", json!({ "timezone": timezone }));
        }
        if let Some((latitude, longitude, accuracy)) = self.geolocation {
            let place = json!({ "latitude": latitude, "longitude": longitude, "accuracy": accuracy });
            add("geolocation", "emulation.setGeolocationOverride", json!({ "coordinates": place }));
        }
        if self.offline {
            let conditions = json!({ "networkConditions": { "type": "offline" } });
            add("offline", "emulation.setNetworkConditions", conditions);
        }
        if kind == BrowserKind::Chromium {
            self.chromium_commands(version, &mut add);
        }
        all
    }

    /// What are preferences in Firefox, or isn't there at all.
    fn chromium_commands(&self, version: &str, add: &mut impl FnMut(&'static str, &'static str, Value)) {
        if self.touch_points > 0 {
            add("device", "emulation.setTouchOverride", json!({ "maxTouchPoints": self.touch_points }));
        }
        let features = self.media_features();
        if let Some(key) = features.first().map(|(key, ..)| *key) {
            let features: Map<String, Value> =
                features.into_iter().map(|(_, name, value)| (name.to_owned(), json!(value))).collect();
            add(key, "emulation.setMediaFeaturesOverride", json!({ "features": features }));
        }
        if !self.client_hints.is_empty() {
            // Without brands of their own, workers have none at all.
            let brand = |(brand, version): (&str, &str)| json!({ "brand": brand, "version": version });
            let brands = [("Not:A-Brand", "8"), ("Chromium", major(version))].map(brand);
            let full = [("Not:A-Brand", "8.0.0.0"), ("Chromium", version)].map(brand);
            let mut hints = json!({
                "brands": brands, "fullVersionList": full, "platform": "", "platformVersion": "", "architecture": "",
                "model": "", "mobile": false, "bitness": "", "wow64": false,
            });
            if let Some(hints) = hints.as_object_mut() {
                hints.extend(self.client_hints.clone());
            }
            let method = "userAgentClientHints.setClientHintsOverride";
            add("client_hints", method, json!({ "clientHints": hints }));
        }
    }

    /// The site file's keys with the media features that they are, and their values.
    fn media_features(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let either = |value: Option<bool>, yes, no| value.map(|value| if value { yes } else { no });
        let scheme = self.color_scheme.map(|value| ("color_scheme", "prefers-color-scheme", value));
        let motion = either(self.reduced_motion, "reduce", "no-preference");
        let colors = either(self.forced_colors, "active", "none");
        let motion = motion.map(|value| ("reduced_motion", "prefers-reduced-motion", value));
        let colors = colors.map(|value| ("forced_colors", "forced-colors", value));
        [scheme, motion, colors].into_iter().flatten().collect()
    }

    /// What the browser calls itself.
    fn user_agent(&self, version: &str) -> Option<String> {
        self.user_agent.as_ref().map(|text| text.replace("{version}", major(version)))
    }

    /// What is set, by the site file's keys, for people to read.
    pub fn told(&self, kind: BrowserKind, version: &str) -> Map<String, Value> {
        let mut told = Map::new();
        let mut tell = |key: &str, value: Option<Value>| told.extend(value.map(|value| (key.to_owned(), value)));
        tell("viewport", self.screen.size.map(|(width, height)| json!(format!("{width}x{height}"))));
        tell("pixel_ratio", self.screen.pixel_ratio.map(Value::from));
        tell("touch_points", (self.touch_points > 0).then(|| self.touch_points.into()));
        tell("user_agent", self.user_agent(version).map(Value::from));
        tell("locale", self.locale.clone().map(Value::from));
        tell("timezone", self.timezone.clone().map(Value::from));
        tell("color_scheme", self.color_scheme.map(Value::from));
        tell("reduced_motion", self.reduced_motion.map(Value::from));
        tell("forced_colors", self.forced_colors.map(Value::from));
        let place = |(latitude, longitude, accuracy)| json!({ "latitude": latitude, "longitude": longitude, "accuracy": accuracy });
        tell("geolocation", self.geolocation.map(place));
        let permissions: Map<String, Value> =
            self.permissions.iter().map(|(_, name, state)| (name.clone(), json!(state))).collect();
        tell("permissions", (!permissions.is_empty()).then(|| permissions.into()));
        let cookies: Map<String, Value> =
            self.cookies.iter().map(|cookie| (cookie.name.clone(), json!(cookie.value))).collect();
        tell("cookies", (!cookies.is_empty()).then(|| cookies.into()));
        let kept = |(origin, kept): &(String, Vec<(String, String)>)| {
            let kept: Map<String, Value> = kept.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
            (origin.clone(), Value::from(kept))
        };
        let local_storage: Map<String, Value> = self.local_storage.iter().map(kept).collect();
        tell("local_storage", (!local_storage.is_empty()).then(|| local_storage.into()));
        tell("state", self.state.as_ref().map(|(name, _)| name.clone().into()));
        tell("network", self.screen.network.map(rates));
        tell("offline", self.offline.then_some(Value::Bool(true)));
        let hints = kind == BrowserKind::Chromium && !self.client_hints.is_empty();
        tell("client_hints", hints.then(|| self.client_hints.clone().into()));
        told
    }
}

/// `153.7.0` is 153 to pages.
fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

impl Session {
    /// Gives a user context its set-up. What local storage is to hold is put there by scripts, in the first document of each
    /// origin.
    ///
    /// # Errors
    /// [`Unfit`] for the first thing that this browser refuses.
    pub(super) async fn fit(&self, user_context: &str, setup: &Setup) -> Result<Seeds, Unfit> {
        let of = json!([user_context]);
        let commands = setup.commands(self.kind, &self.info.version).into_iter().map(|(key, method, mut params)| {
            params["userContexts"] = of.clone();
            (key, method, params)
        });
        let permissions = setup.permissions.iter().map(|(origin, name, state)| {
            let descriptor = json!({ "name": name });
            let params =
                json!({ "descriptor": descriptor, "state": state, "origin": origin, "userContext": user_context });
            ("permissions", "permissions.setPermission", params)
        });
        let cookies = setup.cookies.iter().map(|cookie| {
            let Cookie { host, secure, name, value } = cookie;
            let value = json!({ "type": "string", "value": value });
            let cookie = json!({ "name": name, "value": value, "domain": host, "path": "/", "secure": secure });
            let partition = json!({ "type": "storageKey", "userContext": user_context });
            ("cookies", "storage.setCookie", json!({ "cookie": cookie, "partition": partition }))
        });
        let all = commands.chain(permissions).chain(cookies);
        // One after the other: of several at once, Firefox keeps some from windows to come.
        for (key, method, params) in all {
            self.call(method, params).await.map_err(|why| Unfit { key, why })?;
        }
        let seeds = Seeds::default();
        for (origin, kept) in &setup.local_storage {
            let script = json!({ "functionDeclaration": seed(origin, kept), "userContexts": of });
            let added = self.call("script.addPreloadScript", script).await;
            let added = added.map_err(|why| Unfit { key: "local_storage", why })?;
            let id = added.get("script").and_then(Value::as_str).unwrap_or_default().to_owned();
            let seed = Seed { origin: origin.clone(), framed: None, script: id };
            seeds.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
        }
        if let Some((_, state)) = &setup.state {
            let resumed = self.resume(user_context, state).await?;
            seeds.lock().unwrap_or_else(PoisonError::into_inner).extend(resumed);
        }
        if setup.keeps_state {
            let keeping = self.keep_state(user_context).await.map_err(|why| Unfit { key: "save_state", why })?;
            seeds.lock().unwrap_or_else(PoisonError::into_inner).push(keeping);
        }
        Ok(seeds)
    }

    /// Whether a set-up can be had here: it's tried on a user context that is gone afterwards.
    ///
    /// # Errors
    /// [`Unfit`].
    pub async fn try_on(&self, setup: &Setup) -> Result<(), Unfit> {
        let made = self.call("browser.createUserContext", json!({})).await;
        let made = made.map_err(|why| Unfit { key: "visitors", why })?;
        let user_context = made.get("userContext").and_then(Value::as_str).unwrap_or_default();
        let fitted = self.fit(user_context, setup).await;
        if let Err(error) = self.call("browser.removeUserContext", json!({ "userContext": user_context })).await {
            tracing::debug!("a user context could not be removed: {error}");
        }
        forget_all(&fitted?, &self.bidi);
        Ok(())
    }
}

/// What is there already, a page has put there since.
fn seed(origin: &str, kept: &[(String, String)]) -> String {
    let (origin, kept) = (json!(origin), json!(kept));
    format!(
        "() => {{ if (location.origin !== {origin}) return; try {{ for (const [key, value] of {kept}) \
         if (localStorage.getItem(key) === null) localStorage.setItem(key, value); }} catch {{ }} }}"
    )
}

/// A document has come: what its origin was to find in local storage is there by now, and what its pages take away stays away.
pub(super) fn sown(seeds: &Seeds, (url, framed): (&str, bool), bidi: &super::bidi::Bidi) {
    let mut seeds = seeds.lock().unwrap_or_else(PoisonError::into_inner);
    if seeds.is_empty() {
        return;
    }
    let origin = url::Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let is_done = |seed: &mut Seed| seed.origin == origin && seed.framed.is_none_or(|of| of == framed);
    for Seed { script, .. } in seeds.extract_if(.., is_done) {
        let bidi = bidi.clone();
        tokio::spawn(async move { forget(&bidi, &script).await });
    }
}

/// Nothing is put anywhere any more.
pub(super) fn forget_all(seeds: &Seeds, bidi: &super::bidi::Bidi) {
    for Seed { script, .. } in seeds.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let bidi = bidi.clone();
        tokio::spawn(async move { forget(&bidi, &script).await });
    }
}

async fn forget(bidi: &super::bidi::Bidi, script: &str) {
    let removing = json!({ "script": script });
    if let Err(error) = bidi.call("script.removePreloadScript", removing, super::session::COMMAND).await {
        tracing::debug!("a script for local storage could not be removed: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_firefox_has_no_command_for_are_preferences() {
        assert!(Setup { locale: Some("de".into()), ..Setup::default() }.preferences().is_empty());
        let dark = Setup { color_scheme: Some("dark"), reduced_motion: Some(true), ..Setup::default() };
        let dark = dark.preferences();
        assert_eq!(dark["layout.css.prefers-color-scheme.content-override"], 0);
        assert_eq!(dark["ui.prefersReducedMotion"], 1);
        let touch = Setup { touch_points: 5, ..Setup::default() };
        assert_eq!(touch.preferences()["dom.maxtouchpoints.testing.value"], 5);
        let methods =
            |kind| touch.commands(kind, "153.7.0").into_iter().map(|(_, method, _)| method).collect::<Vec<_>>();
        assert_eq!(methods(BrowserKind::Chromium), ["emulation.setTouchOverride"]);
        assert!(methods(BrowserKind::Firefox).is_empty());
    }

    #[test]
    fn a_slow_network_is_told_in_bytes() {
        let slow = Network { latency_ms: 400.0, download_kbits: Some(400.0), upload_kbits: None };
        let params = slowed(slow);
        assert_eq!((&params["downloadThroughput"], &params["uploadThroughput"]), (&json!(50_000.0), &json!(-1.0)));
        assert_eq!(rates(slow), json!({ "latency": "400ms", "download": "400kbit/s" }));
    }

    #[test]
    fn a_user_agent_has_the_browsers_version() {
        let setup = Setup { user_agent: Some("Firefox/{version}.0".into()), ..Setup::default() };
        assert_eq!(setup.told(BrowserKind::Firefox, "153.7.0")["user_agent"], "Firefox/153.0");
    }
}
