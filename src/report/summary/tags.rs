//! Which tags pages load, and what each has sent: as far as a recording has the requests of all known tags.

use std::collections::{BTreeMap, BTreeSet};

use crate::analytics::{self, Hit, Product, Sent, tag};
use crate::recording::{Kind, Observation, PageClock, Recording, Request};
use crate::report::model::Report;
use crate::source::globs::stars;

/// In one browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tags {
    /// What was sent, in the order in which it was first sent.
    pub sent: Vec<TagSent>,
    /// Tags whose scripts were loaded, by name, and their titles.
    pub loaded: BTreeMap<String, String>,
    /// Hosts of what looks like a beacon and is no known tag's: how many requests, and the first as method and path.
    pub unknown: BTreeMap<String, (usize, String)>,
}

/// Hits that are alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagSent {
    /// The tag's name in site files.
    pub tag: String,
    /// Its vendor's name for it.
    pub title: String,
    /// The event's names.
    pub name: String,
    /// Property; empty if it says none.
    pub property: String,
    /// What the visitor has agreed to, as it says it; empty if it says nothing.
    pub consent: String,
    /// How often.
    pub count: usize,
    /// The journey in which it was sent first.
    pub journey: String,
    /// The step during which that was.
    pub first: String,
    /// Its fields that are meant for personal data.
    pub personal: BTreeSet<String>,
}

/// A hit of a known tag, and when it was sent.
#[derive(Debug, Clone)]
pub struct TagHit {
    /// The tag.
    pub tag: std::sync::Arc<tag::Tag>,
    /// What it says.
    pub hit: Hit,
    /// Milliseconds from the journey's start.
    pub at_ms: Option<f64>,
    /// `arrival` of its observation.
    pub arrival: u64,
}

/// The hits of all known tags in a recording.
pub fn tag_hits(recording: &Recording) -> Vec<TagHit> {
    let clock = PageClock::new(recording);
    recording.observations.iter().flat_map(|o| hits(&clock, o)).collect()
}

fn hits(clock: &PageClock<'_>, o: &Observation) -> Vec<TagHit> {
    let at_ms = o.heard_ms.or_else(|| clock.place(&o.document, o.page_ms?));
    let one = |tag: &std::sync::Arc<tag::Tag>, hit| TagHit { tag: tag.clone(), hit, at_ms, arrival: o.arrival };
    match &o.kind {
        Kind::Request(request) => known(request).into_iter().map(|(tag, hit)| one(&tag, hit)).collect(),
        Kind::Push { layer, data, arguments, .. } => {
            let whose = tag::builtins().iter().find(|tag| tag.layer.as_ref() == Some(layer));
            let hit = analytics::pushed(data, *arguments);
            whose.filter(|_| !hit.names.is_empty()).map(|tag| one(tag, hit)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn known(request: &Request) -> Vec<(std::sync::Arc<tag::Tag>, Hit)> {
    let sent = Sent {
        method: &request.method,
        url: &request.url,
        content_type: &request.content_type,
        body: request.body.as_deref(),
    };
    let of = |tag: &&std::sync::Arc<tag::Tag>| tag.may_be(&request.url);
    let mut all = tag::builtins().iter().filter(of).map(|tag| {
        let hits = analytics::hits(&Product::Tag(tag.clone()), None, &sent);
        hits.into_iter().map(|hit| (tag.clone(), hit)).collect::<Vec<_>>()
    });
    // One request is one tag's: the first that finds something in it.
    all.find(|hits| !hits.is_empty()).unwrap_or_default()
}

impl Tags {
    /// In one journey. `None`: only the forwards of the site file were watched.
    pub fn of(recording: &Recording) -> Option<Self> {
        recording.observations.iter().find(|o| matches!(&o.kind, Kind::Analytics(watched) if watched.tags))?;
        let clock = PageClock::new(recording);
        let mut all = Self::default();
        for o in &recording.observations {
            let hits = hits(&clock, o);
            if let (Kind::Request(request), true) = (&o.kind, hits.is_empty()) {
                all.other(request);
            }
            for hit in hits {
                all.add_sent(sent(recording, &hit));
            }
        }
        Some(all)
    }

    fn other(&mut self, request: &Request) {
        let script = tag::builtins().iter().filter(|tag| request.what == "script" && tag.is_script(&request.url));
        let before = self.loaded.len();
        self.loaded.extend(script.map(|tag| (tag.id.clone(), tag.title.clone())));
        let known = request.what == "script" || tag::builtins().iter().any(|tag| tag.may_be(&request.url));
        if self.loaded.len() > before || known || !request.forwards.is_empty() {
            return;
        }
        let after = request.url.split_once("://").map_or(request.url.as_str(), |(_, after)| after);
        let (host, path) = after.split_once('/').unwrap_or((after, ""));
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let first = || (0, format!("{} /{path}", request.method));
        self.unknown.entry(host.to_owned()).or_insert_with(first).0 += 1;
    }

    fn add_sent(&mut self, one: TagSent) {
        let same = |known: &&mut TagSent| {
            (&known.tag, &known.name, &known.property, &known.consent)
                == (&one.tag, &one.name, &one.property, &one.consent)
        };
        match self.sent.iter_mut().find(same) {
            Some(known) => {
                known.count += one.count;
                known.personal.extend(one.personal);
            }
            None => self.sent.push(one),
        }
    }

    fn add(&mut self, other: &Self) {
        other.sent.iter().for_each(|one| self.add_sent(one.clone()));
        self.loaded.extend(other.loaded.clone());
        for (host, (count, first)) in &other.unknown {
            self.unknown.entry(host.clone()).or_insert_with(|| (0, first.clone())).0 += count;
        }
    }

    /// Several, together.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |mut sum, one| {
            sum.add(&one);
            sum
        })
    }

    /// Tags that were loaded and sent nothing: names and titles.
    pub fn silent(&self) -> impl Iterator<Item = (&str, &str)> {
        let silent = |(id, _): &(&String, &String)| !self.sent.iter().any(|one| one.tag == **id);
        self.loaded.iter().filter(silent).map(|(id, title)| (id.as_str(), title.as_str()))
    }
}

fn sent(recording: &Recording, one: &TagHit) -> TagSent {
    let TagHit { tag, hit, at_ms, .. } = one;
    let begun =
        recording.steps.iter().rev().find(|step| step.began_ms.zip(*at_ms).is_some_and(|(began, at)| began <= at));
    let personal = |name: &&String| tag.personal.iter().any(|glob| stars(glob, name));
    TagSent {
        tag: tag.id.clone(),
        title: tag.title.clone(),
        name: hit.names.join(", "),
        property: hit.property.clone().unwrap_or_default(),
        consent: hit.consent.clone().unwrap_or_default(),
        count: 1,
        journey: recording.journey.clone(),
        first: begun.map(|step| step.text.clone()).unwrap_or_default(),
        personal: hit.fields.keys().filter(personal).cloned().collect(),
    }
}

/// By the name of a browser. `None`: they weren't watched there.
pub fn tags(report: &Report, browser: &str) -> Option<Tags> {
    let mut all: Option<Tags> = None;
    for journey in report.journeys.iter().filter(|journey| journey.recording.browser.name == browser) {
        if let Some(one) = &journey.counts().tags {
            all.get_or_insert_default().add(one);
        }
    }
    all
}
