//! What becomes of requests by the site file's word: headers that are added, what is never asked for, what is answered in a
//! server's place, and who somebody is where a server asks.
//!
//! Boundary: decides; `traffic.rs` and `sign_in.rs` do it, by the one interception that there is.

use url::Url;

use crate::analytics::Address;

/// All of one user context, references replaced.
#[derive(Clone, Default)]
pub struct Rules {
    /// Headers of requests to an origin.
    pub headers: Vec<(Place, String, String)>,
    /// By origin: user and password.
    pub logins: Vec<(String, String, String)>,
    /// What is never asked for.
    pub block: Vec<Address>,
    /// What is answered in its server's place.
    pub stub: Vec<(Address, Answer)>,
}

/// Without headers' values and passwords.
impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules").field("block", &self.block).finish_non_exhaustive()
    }
}

/// Where a header goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// To this origin: `https://staging.example.com`.
    Origin(String),
    /// To this host, by either scheme; with a port unless it's the scheme's own.
    Host(String),
}

/// An answer in a server's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Deed {
    /// It goes on as it is.
    #[default]
    Pass,
    /// It goes on with these headers.
    Headers(Vec<(String, String)>),
    /// It fails.
    Block,
    /// It's answered.
    Answer(Answer),
}

impl Place {
    fn is_of(&self, url: &Url) -> bool {
        match self {
            Self::Origin(origin) => url.origin().ascii_serialization() == *origin,
            Self::Host(host) => {
                let name = url.host_str().unwrap_or_default();
                let its = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
                matches!(url.scheme(), "http" | "https") && its == *host
            }
        }
    }

    fn pattern(&self) -> Option<Address> {
        match self {
            Self::Origin(origin) => Address::parse(&format!("{origin}/*")).ok(),
            Self::Host(host) => Address::parse(&format!("{host}/*")).ok(),
        }
    }
}

impl Rules {
    /// Whether requests have to be held back for them.
    pub fn holds_back(&self) -> bool {
        !self.headers.is_empty() || !self.block.is_empty() || !self.stub.is_empty()
    }

    /// At least what has to be held back.
    pub(super) fn addresses(&self) -> Vec<Address> {
        let headers = self.headers.iter().filter_map(|(place, _, _)| place.pattern());
        let others = self.block.iter().chain(self.stub.iter().map(|(address, _)| address)).cloned();
        let mut all: Vec<Address> = headers.chain(others).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether an address is never asked for.
    pub fn blocks(&self, url: &str) -> bool {
        self.block.iter().any(|address| address.matches(url))
    }

    /// What becomes of a request.
    pub(super) fn of(&self, url: &str) -> Deed {
        if self.blocks(url) {
            return Deed::Block;
        }
        if let Some((_, answer)) = self.stub.iter().find(|(address, _)| address.matches(url)) {
            return Deed::Answer(answer.clone());
        }
        if self.headers.is_empty() {
            return Deed::Pass;
        }
        let Ok(url) = Url::parse(url) else { return Deed::Pass };
        let its = self.headers.iter().filter(|(place, _, _)| place.is_of(&url));
        let headers: Vec<_> = its.map(|(_, name, value)| (name.clone(), value.clone())).collect();
        if headers.is_empty() { Deed::Pass } else { Deed::Headers(headers) }
    }

    /// Who somebody is, where this address's server asks.
    pub(super) fn login(&self, url: &str) -> Option<(String, String)> {
        let origin = Url::parse(url).ok()?.origin().ascii_serialization();
        self.logins.iter().find(|(of, _, _)| *of == origin).map(|(_, user, password)| (user.clone(), password.clone()))
    }
}

/// A request's headers with some more: one that it has already is replaced.
pub(super) fn with(mut all: Vec<(String, String)>, more: Vec<(String, String)>) -> Vec<(String, String)> {
    all.retain(|(name, _)| !more.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)));
    all.extend(more);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let header = |place| (place, "X-A".to_owned(), "a".to_owned());
        Rules {
            headers: vec![
                header(Place::Origin("https://a.example".into())),
                header(Place::Host("127.0.0.1:8601".into())),
            ],
            logins: vec![("https://a.example".into(), "u".into(), "p".into())],
            block: vec![Address::parse("https://ads.example/*").unwrap()],
            stub: vec![(
                Address::parse("https://a.example/api").unwrap(),
                Answer { status: 503, headers: vec![], body: vec![] },
            )],
        }
    }

    #[test]
    fn headers_go_to_their_own_host_only() {
        let rules = rules();
        let has = |url: &str| rules.of(url) == Deed::Headers(vec![("X-A".into(), "a".into())]);
        for url in
            ["https://a.example/x?y", "https://A.example:443/", "http://127.0.0.1:8601/", "https://127.0.0.1:8601/"]
        {
            assert!(has(url), "{url}");
        }
        for url in [
            "http://a.example/",
            "https://a.example:8443/",
            "https://a.example.evil.example/",
            "https://evil.example/?https://a.example/",
            "https://a.example@evil.example/",
            "http://127.0.0.1:8602/",
            "http://127.0.0.1/",
            "data:text/html,https://a.example/",
        ] {
            assert_eq!(rules.of(url), Deed::Pass, "{url}");
        }
    }

    #[test]
    fn what_is_blocked_or_answered_goes_nowhere() {
        let rules = rules();
        assert_eq!(rules.of("https://ads.example/x.js?y"), Deed::Block);
        assert!(matches!(rules.of("https://a.example/api?x=1"), Deed::Answer(Answer { status: 503, .. })));
        assert_eq!(rules.login("https://a.example/deep"), Some(("u".into(), "p".into())));
        assert_eq!(rules.login("http://a.example/deep"), None);
    }

    #[test]
    fn a_header_of_the_same_name_is_replaced() {
        let own = vec![("x-a".to_owned(), "old".to_owned()), ("B".to_owned(), "b".to_owned())];
        let more = vec![("X-A".to_owned(), "new".to_owned())];
        let both = [("B".to_owned(), "b".to_owned()), ("X-A".to_owned(), "new".to_owned())];
        assert_eq!(with(own, more), both);
    }
}
