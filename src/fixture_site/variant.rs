//! The ways in which a customer may embed the widget. All of them conform: a journey passes on each unchanged.

use std::time::Duration;

/// Where the widget puts its API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiPlace {
    /// On `window.AdobeDX` and as bare globals.
    #[default]
    Both,
    /// On `window.AdobeDX` only.
    Object,
    /// As bare globals only.
    Globals,
}

/// When the widget says that it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadyTime {
    /// When all its scripts are loaded.
    #[default]
    Loaded,
    /// Synchronously, in the first script of the page.
    Sync,
}

/// Which document the widget lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FramePlace {
    /// The page's own.
    #[default]
    None,
    /// A frame of the same origin.
    SameOrigin,
    /// A frame of another origin.
    CrossOrigin,
}

/// How the reference site embeds its widget. The default is the plain one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variant {
    /// Where the API is.
    pub api: ApiPlace,
    /// When ready fires.
    pub ready: ReadyTime,
    /// How long after the page's load a tag manager injects the widget; zero: it is in the page's HTML.
    pub inject_after: Duration,
    /// In a frame, or not.
    pub frame: FramePlace,
    /// Serve every page with `Content-Security-Policy: default-src 'self'`.
    pub strict_csp: bool,
    /// The pages have handlers of their own, which send each event on to analytics.
    pub analytics: bool,
}

impl Variant {
    /// The named variants, each with what it is for. The plain one has no name.
    pub const NAMES: &[(&str, &str)] = &[
        ("api-object", "the API lives at window.AdobeDX only"),
        ("api-globals", "the API lives in bare globals only"),
        ("ready-sync", "the first script of the page fires ready synchronously"),
        ("injected-late", "a tag manager injects the widget 3 s after the page has loaded"),
        ("cross-origin-frame", "the widget lives in a frame of another origin"),
        ("same-origin-frame", "the widget lives in a frame of the page's own origin"),
        ("strict-csp", "every page has Content-Security-Policy: default-src 'self'"),
        ("analytics", "the pages send each event on to analytics, as `chatproof serve` and `demo` always have it"),
    ];

    /// The variant with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::default().and(name)
    }

    /// This variant and the named one at once.
    pub fn and(mut self, name: &str) -> Option<Self> {
        match name {
            "api-object" => self.api = ApiPlace::Object,
            "api-globals" => self.api = ApiPlace::Globals,
            "ready-sync" => self.ready = ReadyTime::Sync,
            "injected-late" => self.inject_after = Duration::from_secs(3),
            "cross-origin-frame" => self.frame = FramePlace::CrossOrigin,
            "same-origin-frame" => self.frame = FramePlace::SameOrigin,
            "strict-csp" => self.strict_csp = true,
            "analytics" => self.analytics = true,
            _ => return None,
        }
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Variant;

    #[test]
    fn variants_can_be_had_together() {
        let both = Variant::by_name("api-object").and_then(|v| v.and("strict-csp"));
        assert_eq!(both, Some(Variant { api: super::ApiPlace::Object, strict_csp: true, ..Variant::default() }));
    }

    #[test]
    fn every_name_is_a_variant_that_differs_from_the_plain_one() {
        for (name, description) in Variant::NAMES {
            let variant = Variant::by_name(name).unwrap_or_else(|| panic!("{name} is listed but unknown"));
            assert_ne!(variant, Variant::default(), "{name}");
            assert!(!description.is_empty());
        }
        assert_eq!(Variant::by_name("nonsense"), None);
    }
}
