//! The way to analytics, in one journey: what is watched of it, and which of it was told already.
//!
//! Boundary: counts hits by name to know for how long to wait; whether they are right is the judge's business.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Subject;
use crate::analytics::{self, Address, Hit, Product, Sent};
use crate::browser::traffic::{Watch, Watching};
use crate::recording::{DecodedHit, Kind, Observation, Request, Watched};
use crate::site::Site;
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
}

impl Ways {
    pub(super) fn new(subject: &Subject<'_>, variables: &Variables) -> Self {
        let all: Vec<Way> = subject
            .site
            .forwards_of(&variables.journey)
            .map(|forward| Way {
                name: forward.name.clone(),
                product: forward.product,
                addresses: forward.addresses(variables),
            })
            .collect();
        let mut recorded: Vec<String> = subject
            .site
            .forwards_of(&variables.journey)
            .flat_map(|forward| forward.addresses(&variables.as_recorded()))
            .map(|address| address.text)
            .collect();
        recorded.sort();
        recorded.dedup();
        let mut addresses: Vec<Address> = all.iter().flat_map(|way| way.addresses.clone()).collect();
        addresses.sort();
        addresses.dedup();
        let stub = subject.options.analytics == Analytics::Stub;
        Self {
            layers: subject.site.layers(&variables.journey).into_iter().map(str::to_owned).collect(),
            watch: Arc::new(Watch { addresses, stub }),
            recorded,
            mode: subject.options.analytics.name(),
            all,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What the recording says of it.
    pub(super) fn watched(&self, watching: Watching) -> Kind {
        Kind::Analytics(Box::new(Watched {
            mode: self.mode.to_owned(),
            by: watching.by.to_owned(),
            addresses: self.recorded.clone(),
            layers: self.layers.clone(),
            unseen: watching.unseen,
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
            analytics::hits(way.product, &sent).into_iter().map(|hit| DecodedHit {
                forward: way.name.clone(),
                names: hit.names,
                fields: hit.fields,
            })
        })
        .collect()
    }
}

/// The longest time that a forward of what was heard may still take; `None`: all have come, as often as their events.
pub(super) fn outstanding(site: &Site, journey: &str, observations: &[Observation]) -> Option<Duration> {
    site.forwards_of(journey).next()?;
    let mut events: HashMap<&str, usize> = HashMap::new();
    let mut hits: Vec<(&str, Hit)> = Vec::new();
    for observation in observations {
        match &observation.kind {
            Kind::Event { constant, .. } if site.observes(&observation.actor) => {
                *events.entry(constant).or_default() += 1;
            }
            Kind::Request(request) => hits.extend(request.hits.iter().map(|hit| {
                (hit.forward.as_str(), Hit { names: hit.names.clone(), property: None, fields: hit.fields.clone() })
            })),
            Kind::Push { layer, data, arguments, .. } => {
                let hit = analytics::pushed(data, *arguments);
                let listening = site.forwards_of(journey).filter(|f| f.product.is_layer() && f.layer == *layer);
                hits.extend(listening.map(|forward| (forward.name.as_str(), hit.clone())));
            }
            _ => {}
        }
    }
    let open = site.forwards_of(journey).flat_map(|forward| {
        let missing = forward.forwarded().filter(|(event, one)| {
            let wanted = events.get(event).copied().unwrap_or(0);
            hits.iter().filter(|(name, hit)| *name == forward.name && one.is(hit)).count() < wanted
        });
        missing.map(|(_, one)| one.within(forward)).collect::<Vec<_>>()
    });
    open.max()
}
