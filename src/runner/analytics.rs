//! The way to analytics, in one journey: what is watched of it, and which of it was told already.
//!
//! Boundary: counts hits by name to know for how long to wait; whether they are right is the judge's business.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::subject::Subject;
use crate::analytics::{self, Address, Each, Product, Sent, tag};
use crate::browser::traffic::{Watch, Watching};
use crate::recording::{DecodedHit, Kind, Observation, Request, Watched};
use crate::site::Site;
use crate::site::forwards::Forward;
use crate::site::template::Variables;

/// What becomes of requests to analytics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Analytics {
    /// They are answered in the browser and never leave it.
    #[default]
    Stub,
    /// They are let through.
    Pass,
}

impl Analytics {
    /// Its name on the command line and in recordings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stub => "stub",
            Self::Pass => "pass",
        }
    }
}

/// One forward of the site file, with its references replaced.
#[derive(Debug, Clone)]
struct Way {
    name: String,
    product: Product,
    each: Option<Each>,
    addresses: Vec<Address>,
}

/// All ways of a journey.
#[derive(Debug, Clone, Default)]
pub(super) struct Ways {
    all: Vec<Way>,
    pub(super) layers: Vec<String>,
    pub(super) watch: Arc<Watch>,
    /// The addresses that are watched, with references where values stand: the judge renders them so.
    recorded: Vec<String>,
    mode: &'static str,
    /// Requests of all known tags are recorded, whether the site file names them or not.
    tags: bool,
    /// The host of the page.
    host: String,
    /// Why the site file's rules for requests can't be had.
    pub(super) problem: Option<String>,
}

impl Ways {
    pub(super) fn new(subject: &Subject<'_>, variables: &Variables) -> Self {
        let all: Vec<Way> = subject
            .site
            .forwards_of(&variables.journey)
            .map(|forward| Way {
                name: forward.name.clone(),
                product: forward.product.clone(),
                each: forward.each.clone(),
                addresses: forward.watched(variables),
            })
            .collect();
        let mut recorded: Vec<String> = subject
            .site
            .forwards_of(&variables.journey)
            .flat_map(|forward| forward.watched(&variables.as_recorded()))
            .map(|address| address.text)
            .collect();
        recorded.sort();
        recorded.dedup();
        let mut addresses: Vec<Address> = all.iter().flat_map(|way| way.addresses.clone()).collect();
        let tags = subject.options.tags;
        let mut layers: Vec<String> = subject.site.layers(&variables.journey).into_iter().map(str::to_owned).collect();
        if tags {
            for tag in tag::builtins() {
                addresses.extend(tag.addresses.iter().chain(&tag.anywhere).cloned());
                layers.extend(tag.layer.clone());
            }
            layers.sort();
            layers.dedup();
        }
        addresses.sort();
        addresses.dedup();
        let (rules, problem) = match super::net::rules(subject.site, &subject.base_url, variables) {
            Ok(rules) => (rules, None),
            Err(error) => (crate::browser::rules::Rules::default(), Some(error.to_string())),
        };
        let stub = subject.options.analytics == Analytics::Stub;
        Self {
            layers,
            watch: Arc::new(Watch { addresses, stub, everything: tags, rules: Arc::new(rules) }),
            recorded,
            mode: subject.options.analytics.name(),
            problem,
            tags,
            host: subject.base_url.host_str().unwrap_or_default().to_owned(),
            all,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty() && !self.tags
    }

    /// What a request that takes none of the ways is recorded as, if it is: `script` for a tag's own.
    pub(super) fn besides(&self, url: &str, what: &str, method: &str) -> Option<&'static str> {
        if !self.tags {
            return None;
        }
        let known = tag::builtins();
        if what == "script" && known.iter().any(|tag| tag.is_script(url)) {
            return Some("script");
        }
        let sent = known.iter().any(|tag| tag.may_be(url)) || tag::is_beacon(url, what, method, &self.host);
        sent.then_some("")
    }

    /// What the recording says of it.
    pub(super) fn watched(&self, watching: Watching) -> Kind {
        Kind::Analytics(Box::new(Watched {
            mode: self.mode.to_owned(),
            by: watching.by.to_owned(),
            addresses: self.recorded.clone(),
            layers: self.layers.clone(),
            unseen: watching.unseen,
            tags: self.tags,
        }))
    }

    /// The names of the ways that a request takes.
    pub(super) fn of(&self, url: &str) -> Vec<String> {
        let fits = |way: &&Way| way.addresses.iter().any(|address| address.matches(url));
        self.all.iter().filter(fits).map(|way| way.name.clone()).collect()
    }

    /// What a request tells each of its ways.
    pub(super) fn decode(&self, request: &Request) -> Vec<DecodedHit> {
        let sent = Sent {
            method: &request.method,
            url: &request.url,
            content_type: &request.content_type,
            body: request.body.as_deref(),
        };
        let ways = self.all.iter().filter(|way| request.forwards.contains(&way.name));
        ways.flat_map(|way| {
            analytics::hits(&way.product, way.each.as_ref(), &sent).into_iter().map(|hit| DecodedHit {
                forward: way.name.clone(),
                names: hit.names,
                property: hit.property,
                fields: hit.fields,
            })
        })
        .collect()
    }
}

/// What is still to be sent for the events that were heard.
///
/// Asked anew whenever something is heard, of a recording that only grows: of what was counted once, only requests are
/// looked at again, since their bodies come later.
pub(super) struct Outstanding<'a> {
    site: &'a Site,
    forwards: Vec<&'a Forward>,
    /// Observations that were counted.
    counted: usize,
    requests: Vec<usize>,
    events: HashMap<String, usize>,
    /// Pushes that fit, by the forward's place and that of what it is to send.
    pushes: HashMap<(usize, usize), usize>,
}

impl<'a> Outstanding<'a> {
    pub(super) fn new(site: &'a Site, journey: &'a str) -> Self {
        Self {
            site,
            forwards: site.forwards_of(journey).collect(),
            counted: 0,
            requests: Vec::new(),
            events: HashMap::new(),
            pushes: HashMap::new(),
        }
    }

    /// The longest time that a forward of what was heard may still take; `None`: all have come, as often as their events,
    /// and to each property that is named.
    pub(super) fn longest(&mut self, observations: &[Observation]) -> Option<Duration> {
        if self.forwards.is_empty() {
            return None;
        }
        for (at, observation) in observations.iter().enumerate().skip(self.counted) {
            match &observation.kind {
                Kind::Event { constant, .. } if self.site.observes(&observation.actor) => {
                    *self.events.entry(constant.clone()).or_default() += 1;
                }
                Kind::Request(_) => self.requests.push(at),
                Kind::Push { layer, data, arguments, .. } => {
                    let hit = analytics::pushed(data, *arguments);
                    for (place, forward) in self.forwards.iter().enumerate() {
                        if forward.product.is_layer() && forward.layer == *layer {
                            count(&mut self.pushes, place, forward, &hit.names, &hit.fields, 1);
                        }
                    }
                }
                _ => {}
            }
        }
        self.counted = observations.len();
        let mut sent = self.pushes.clone();
        let places: HashMap<&str, usize> =
            self.forwards.iter().enumerate().map(|(place, forward)| (forward.name.as_str(), place)).collect();
        let requests = self.requests.iter().filter_map(|at| observations.get(*at));
        for hit in requests.flat_map(|o| match &o.kind {
            Kind::Request(request) => request.hits.as_slice(),
            _ => &[],
        }) {
            let Some((place, forward)) =
                places.get(hit.forward.as_str()).and_then(|at| Some((*at, *self.forwards.get(*at)?)))
            else {
                continue;
            };
            // One hit may be for several report suites.
            let properties =
                hit.property.as_ref().map_or(1, |all| all.split(',').count()).min(forward.properties.len().max(1));
            count(&mut sent, place, forward, &hit.names, &hit.fields, properties);
        }
        let open = self.forwards.iter().enumerate().flat_map(|(place, forward)| {
            let (sent, events) = (&sent, &self.events);
            forward.forwarded().enumerate().filter_map(move |(nth, (event, one))| {
                let wanted = events.get(event).copied().unwrap_or(0) * forward.properties.len().max(1);
                (sent.get(&(place, nth)).copied().unwrap_or(0) < wanted).then(|| one.within(forward))
            })
        });
        open.max()
    }
}

/// Counts a hit for all that a forward is to send, and that it may be.
fn count(
    sent: &mut HashMap<(usize, usize), usize>,
    place: usize,
    forward: &Forward,
    names: &[String],
    fields: &serde_json::Map<String, serde_json::Value>,
    times: usize,
) {
    for (nth, (_, one)) in forward.forwarded().enumerate() {
        if one.fits(names, fields) {
            *sent.entry((place, nth)).or_default() += times;
        }
    }
}
