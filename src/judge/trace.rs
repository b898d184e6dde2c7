//! What was heard, put in order: documents, the steps in which things were heard, and where something may be lost.
//!
//! Before a step begins every live document says a mark through the channel that its events take, so within a document
//! an event belongs to the last step whose mark precedes it by `seq`, however late its batch arrived. A document whose
//! first mark is that of step 3 wasn't there when step 2 began, so until then it belongs to step 2; one that was never
//! marked belongs to the last step marked before it spoke. Across documents there is nothing better than the order of
//! arrival.
//!
//! Boundary: knows recordings, and of the spec only which constants exist and where the ready event is documented.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::recording::{ApiSnapshot, CopyNote, Ear, Kind, Observation, PageClock, Recording};
use crate::site::Site;
use crate::spec::Spec;

mod answered;
mod beforehand;
mod firings;
mod refusals;

pub(crate) use answered::Answered;

/// In which step; `None` is before the first one. Orders as time does.
pub(crate) type Position = Option<usize>;

/// One thing heard in a document, placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) observation: &'a Observation,
    pub(crate) step: Position,
    /// Where it stands among all documents' entries: the arrival of the document's entry of this rank, so that a
    /// shuffled recording is put in the order of `seq`.
    slot: u64,
}

/// A document of an observed actor.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) context: &'a str,
    pub(crate) actor: &'a str,
    /// From `Alive`; `None`: the listener never said that it was alive.
    pub(crate) url: Option<&'a str>,
    pub(crate) top: bool,
    /// In the order of `seq`.
    pub(crate) entries: Vec<Entry<'a>>,
    /// The document said that it was going away, and was not shown again.
    pub(crate) unloaded: bool,
    /// The page's time at each step's mark.
    marks: BTreeMap<usize, f64>,
}

impl<'a> Document<'a> {
    /// Whether a widget could be expected here: not in the `about:blank` that a window begins with, nor in the
    /// browser's own error pages; but wherever one was heard. (A page may put its widget into an empty frame.)
    pub(crate) fn hosts(&self) -> bool {
        let own = |url: &str| ["about:", "chrome-error:"].iter().any(|p| url.starts_with(p));
        self.url.is_none_or(|url| url.starts_with("about:srcdoc") || !own(url)) || (!self.top && self.speaks())
    }

    /// Whether a widget was heard here.
    fn speaks(&self) -> bool {
        self.entries.iter().any(|e| match &e.observation.kind {
            Kind::Ready { .. } | Kind::Event { .. } => true,
            Kind::Api(api) => api.used.is_some(),
            _ => false,
        })
    }

    /// Whether something said here that an API can be used, or one was subscribed to.
    pub(crate) fn is_ready(&self) -> bool {
        self.entries.iter().any(|e| match &e.observation.kind {
            Kind::Ready { .. } => true,
            Kind::Api(api) => api.used.is_some(),
            _ => false,
        })
    }

    /// Whether it said a mark.
    pub(crate) fn is_marked(&self) -> bool {
        !self.marks.is_empty()
    }

    /// Its first step.
    pub(crate) fn born(&self) -> Position {
        self.entries.first().and_then(|e| e.step)
    }

    /// The last step in which something was heard.
    pub(crate) fn last(&self) -> Position {
        self.entries.last().and_then(|e| e.step)
    }

    /// The ready events heard on a target.
    pub(crate) fn ready_on(&self, target: &str) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(move |e| matches!(&e.observation.kind, Kind::Ready { target: t, .. } if t == target))
    }

    /// Whether its listener said each firing once, however many of its callbacks heard it.
    pub(crate) fn joined(&self) -> bool {
        self.apis().any(|(_, api)| !api.places.is_empty())
    }

    /// The API as found, in order.
    pub(crate) fn apis(&self) -> impl Iterator<Item = (&Entry<'a>, &'a ApiSnapshot)> {
        self.entries.iter().filter_map(|entry| match &entry.observation.kind {
            Kind::Api(api) => Some((entry, api.as_ref())),
            _ => None,
        })
    }
}

/// One firing of a documented event, heard by one or more subscriptions.
#[derive(Debug)]
pub(crate) struct Occurrence<'a> {
    pub(crate) constant: &'a str,
    /// Index into [`Trace::documents`].
    pub(crate) document: usize,
    pub(crate) step: Position,
    pub(crate) page_ms: Option<f64>,
    pub(crate) data: &'a Value,
    pub(crate) notes: &'a [CopyNote],
    /// How many arguments the listener got.
    pub(crate) arguments: u64,
    /// The arrivals of its observations: several if the API was subscribed to several times.
    pub(crate) arrivals: Vec<u64>,
    /// Which one of its constant in this journey, from 1.
    pub(crate) ordinal: usize,
    /// Only a handler of the page's own heard it.
    pub(crate) by_handler: bool,
}

/// Steps between which something may have been heard that the recording lacks.
#[derive(Debug, Clone)]
pub(crate) struct Hole {
    pub(crate) from: Position,
    pub(crate) to: Position,
    /// That something was lost is certain; else it is only possible.
    certain: bool,
    /// As part of a sentence: "the listener dropped 12 messages".
    pub(crate) why: String,
    pub(crate) arrivals: Vec<u64>,
}

#[derive(Debug)]
struct Mark<'a> {
    context: &'a str,
    observed: bool,
    page_ms: Option<f64>,
}

/// A recording, put in order.
#[derive(Debug)]
pub(crate) struct Trace<'a> {
    /// Documents of observed actors, in the order in which they were born.
    pub(crate) documents: Vec<Document<'a>>,
    /// Firings of documented events in observed windows, in order.
    pub(crate) occurrences: Vec<Occurrence<'a>>,
    /// What the browser said of observed windows (navigations, dialogs), with the step.
    pub(crate) browser: Vec<(Position, &'a Observation)>,
    /// Documented events heard in windows that aren't observed: constant, actor, step.
    pub(crate) elsewhere: Vec<(&'a str, &'a str, Position)>,
    /// What was heard in documents before anybody was on them, with the step in which they were shown.
    pub(crate) unseen: Vec<(Position, &'a Observation)>,
    /// What of pages didn't arrive.
    pub(crate) refusals: refusals::Refusals,
    holes: Vec<Hole>,
    answered: Vec<Answered>,
    marks: BTreeMap<usize, Vec<Mark<'a>>>,
    /// The page's time at which something was first heard in each step.
    firsts: BTreeMap<usize, f64>,
    clock: PageClock<'a>,
    /// When each step began, in milliseconds from the journey's start.
    begins: Vec<Option<f64>>,
}

/// The step marks of a journey by arrival: what was the last step to begin?
struct Begun {
    marks: Vec<(u64, usize)>,
    /// Before all marks. If no document was there to say the first step's mark, nothing can have been heard before it.
    at_first: Position,
}

impl Begun {
    fn before(&self, arrival: u64) -> Position {
        let count = self.marks.partition_point(|(mark, _)| *mark < arrival);
        count.checked_sub(1).and_then(|last| self.marks.get(last)).map_or(self.at_first, |(_, step)| Some(*step))
    }
}

impl<'a> Trace<'a> {
    /// Puts a recording in order. `steps`: how many there are; a mark beyond is the one that closes the journey.
    pub(crate) fn new(spec: &Spec, site: &Site, recording: &'a Recording, steps: usize) -> Self {
        let mut sorted: Vec<&Observation> = recording.observations.iter().collect();
        sorted.sort_by_key(|o| o.arrival);

        let mut marks: BTreeMap<usize, Vec<Mark>> = BTreeMap::new();
        let mut begun = Begun { marks: Vec::new(), at_first: None };
        let mut latest = None;
        for o in &sorted {
            if let Kind::Mark { step } = o.kind {
                let step = step.min(steps);
                latest = latest.max(Some(step));
                begun.marks.push((o.arrival, latest.unwrap_or(step)));
                marks.entry(step).or_default().push(Mark {
                    context: &o.context,
                    observed: site.observes(&o.actor),
                    page_ms: finite(o.page_ms),
                });
            }
        }

        begun.at_first = (!marks.contains_key(&0)).then_some(0);

        let mut heard: BTreeMap<(&str, &str, &str), Vec<&Observation>> = BTreeMap::new();
        let mut browser = Vec::new();
        let mut elsewhere = Vec::new();
        for o in &sorted {
            if !site.observes(&o.actor) {
                if let Kind::Event { constant, .. } = &o.kind
                    && spec.events.contains_key(constant)
                {
                    elsewhere.push((constant.as_str(), o.actor.as_str(), begun.before(o.arrival)));
                }
            } else if o.seq.is_some() {
                heard.entry((&o.actor, &o.context, &o.document)).or_default().push(o);
            } else {
                browser.push((begun.before(o.arrival), *o));
            }
        }
        // Where the visitor never was, nothing was heard.
        heard.retain(|_, heard| beforehand::visited(heard));
        let mut documents: Vec<Document> = heard.into_values().map(|o| document(o, &begun, steps)).collect();
        let unseen = beforehand::unseen(&documents);
        let refusals = refusals::of(&documents, &browser, &refusals::blocked(site, recording));
        documents.sort_by_key(|d| (d.born(), d.entries.first().map(|e| e.slot)));
        // What isn't cut short ends with a mark: a document that didn't say it was gone by then.
        let last = if super::cut::broke_off(recording) { latest } else { latest.max(Some(steps)) };
        let holes = holes(&documents, &browser, last, steps);
        let order = order_of_entries(&documents);
        let occurrences = firings::firings(spec, &documents, &order);
        let mut firsts: BTreeMap<usize, f64> = BTreeMap::new();
        for entry in documents.iter().flat_map(|d| &d.entries) {
            if let (Some(step), Some(ms)) = (entry.step, finite(entry.observation.page_ms)) {
                firsts.entry(step).and_modify(|first| *first = first.min(ms)).or_insert(ms);
            }
        }
        let answered = answered::of(&sorted, &begun, site.journeys.get(&recording.journey));
        let clock = PageClock::new(recording);
        let begins = recording.steps.iter().map(|step| finite(step.began_ms)).collect();
        Self {
            documents,
            occurrences,
            browser,
            elsewhere,
            unseen,
            refusals,
            holes,
            answered,
            marks,
            firsts,
            clock,
            begins,
        }
    }

    /// The page's time at which a step began, as seen from a document: its own mark, else its window's, else the latest
    /// one of an observed window, else the latest of all. (All are said before the act, so the latest is the nearest.) If
    /// no document was there to say it: the first thing heard in that step.
    pub(crate) fn mark_ms(&self, step: usize, document: Option<usize>) -> Option<f64> {
        let document = document.and_then(|d| self.documents.get(d));
        if let Some(own) = document.and_then(|d| d.marks.get(&step).copied()) {
            return Some(own);
        }
        let Some(marks) = self.marks.get(&step) else { return self.firsts.get(&step).copied() };
        let latest = |keep: &dyn Fn(&Mark) -> bool| {
            marks.iter().filter(|m| keep(m)).filter_map(|m| m.page_ms).max_by(f64::total_cmp)
        };
        document
            .and_then(|d| latest(&|m: &Mark| m.context == d.context))
            .or_else(|| latest(&|m: &Mark| m.observed))
            .or_else(|| latest(&|_| true))
    }

    /// Milliseconds between a step's beginning and an occurrence. Clocks of two documents can differ by a hair: not
    /// negative.
    pub(crate) fn latency(&self, occurrence: &Occurrence, step: usize) -> Option<f64> {
        let marked = self.mark_ms(step, Some(occurrence.document))?;
        let began = self.begins.get(step).copied().flatten();
        let since = self.clock.since(self.id(occurrence)?, occurrence.page_ms?, marked, began);
        Some(since.max(0.0))
    }

    /// When an event was heard, on chatproof's clock, in milliseconds from the journey's start.
    pub(crate) fn occurred_ms(&self, occurrence: &Occurrence) -> Option<f64> {
        finite(self.clock.place(self.id(occurrence)?, occurrence.page_ms?))
    }

    fn id(&self, occurrence: &Occurrence) -> Option<&'a str> {
        let entry = self.documents.get(occurrence.document)?.entries.first()?;
        Some(&entry.observation.document)
    }

    /// The latest time at which a listener in an observed window said anything.
    pub(crate) fn last_ms(&self) -> Option<f64> {
        self.documents
            .iter()
            .flat_map(|d| &d.entries)
            .filter_map(|e| finite(e.observation.page_ms))
            .max_by(f64::total_cmp)
    }

    /// Why absence proves nothing between two steps, if it doesn't.
    pub(crate) fn hole(&self, from: Position, to: Position) -> Option<&Hole> {
        self.holes.iter().find(|h| h.from <= to && from <= h.to)
    }

    /// The same, where something was lost for certain.
    pub(crate) fn certain_hole(&self, from: Position, to: Position) -> Option<&Hole> {
        self.holes.iter().find(|h| h.certain && h.from <= to && from <= h.to)
    }

    /// The event that only the page's own handler heard, in a document that was there between two steps and in which
    /// `constant` wasn't heard afterwards: then the page has taken callbacks off. (A widget that tells some callbacks and not
    /// others is another matter: there one of a pair hears what the other doesn't.)
    pub(crate) fn dropped(&self, constant: &str, from: Position, to: Position) -> Option<&'a str> {
        let told_apart = |o: &Observation| match &o.kind {
            Kind::Unheard(unheard) => unheard.silent.iter().any(|s| matches!(s.which, Ear::First | Ear::Second)),
            _ => false,
        };
        self.occurrences.iter().filter(|o| o.by_handler).find_map(|o| {
            let document = self.documents.get(o.document)?;
            let there = document.born() <= to && from <= document.last();
            let alive = self.occurrences.iter().any(|other| {
                other.document == o.document
                    && other.constant == constant
                    && !other.by_handler
                    && other.arrivals > o.arrivals
            });
            (there && !alive && !document.entries.iter().any(|e| told_apart(e.observation))).then_some(o.constant)
        })
    }

    /// What chatproof answered with no in the visitor's place, if that may be why nothing came between two steps.
    pub(crate) fn answered(&self, from: Position, to: Position) -> Option<&Answered> {
        self.answered.iter().find(|answered| answered.bears(from, to))
    }

    /// Whether some document in which a widget could be was listened to at any time between two steps.
    pub(crate) fn listened(&self, from: Position, to: Position) -> bool {
        self.documents.iter().any(|d| d.hosts() && d.url.is_some() && d.born() <= to && from <= d.last())
    }

    /// The documented target of what says ready, as recordings name it; an empty text, which is nobody's, where nothing does.
    pub(crate) fn ready_target(spec: &Spec) -> &'static str {
        spec.probe.ready.target().unwrap_or_default()
    }
}

/// Numbers that a comparison can't trip over.
pub(crate) fn finite(ms: Option<f64>) -> Option<f64> {
    ms.filter(|ms| ms.is_finite())
}

/// Puts one document's observations in the order of `seq`, and says in which step each was heard.
fn document<'a>(mut observations: Vec<&'a Observation>, begun: &Begun, steps: usize) -> Document<'a> {
    let slots: Vec<u64> = observations.iter().map(|o| o.arrival).collect();
    observations.sort_by_key(|o| o.seq);
    let mut step = None;
    // A document that is shown again comes from the back-forward cache: like one that is born, it has missed the marks
    // in between. What is heard after its goodbye without that, its own handlers of the same goodbye have fired.
    let mut joins = true;
    // The first things of one that was rendered beforehand belong to the step in which it's shown.
    let shown = beforehand::shown(&observations);
    let mut entered = shown;
    let mut unloaded = false;
    let mut marks = BTreeMap::new();
    let mut entries: Vec<Entry> = Vec::with_capacity(observations.len());
    for (observation, slot) in observations.iter().zip(slots.iter().copied()) {
        joins |= matches!(observation.kind, Kind::Shown);
        let later = entered.take();
        unloaded = !joins && (unloaded || matches!(observation.kind, Kind::Unload));
        if joins {
            let from = later.unwrap_or(entries.len());
            let next = observations.get(from..).unwrap_or_default().iter().find_map(|o| match o.kind {
                Kind::Mark { step } => Some(step.min(steps).checked_sub(1)),
                _ => None,
            });
            let slot = slots.get(from).copied().unwrap_or(slot);
            step = step.max(next.unwrap_or_else(|| begun.before(slot)));
        }
        if let Kind::Mark { step: mark } = observation.kind
            && shown.is_none_or(|shown| entries.len() > shown)
        {
            step = step.max(Some(mark.min(steps)));
            if let Some(ms) = finite(observation.page_ms) {
                marks.entry(mark.min(steps)).or_insert(ms);
            }
        }
        joins = false;
        entries.push(Entry { observation, step, slot });
    }
    let alive = observations.iter().find_map(|o| match &o.kind {
        Kind::Alive { url, top } => Some((url.as_str(), *top)),
        _ => None,
    });
    Document {
        context: observations.first().map_or("", |o| &o.context),
        actor: observations.first().map_or("", |o| &o.actor),
        url: alive.map(|(url, _)| url),
        top: alive.is_none_or(|(_, top)| top),
        unloaded,
        marks,
        entries,
    }
}

/// All entries as `(document, entry)` in the best order that can be told: by step, then by arrival; but what a document
/// said before it unloaded comes before the next document of its window was born, even if it arrived later.
fn order_of_entries(documents: &[Document]) -> Vec<(usize, usize)> {
    let mut order = Vec::new();
    // When the documents of each window were born.
    let mut born: BTreeMap<(&str, &str), BTreeSet<u64>> = BTreeMap::new();
    for document in documents {
        let first = document.entries.first().map(|e| e.slot);
        born.entry((document.actor, document.context)).or_default().extend(first);
    }
    for (d, document) in documents.iter().enumerate() {
        let first = document.entries.first().map_or(0, |e| e.slot);
        let of_window = born.get(&(document.actor, document.context));
        let next = of_window.and_then(|all| all.range(first.saturating_add(1)..).next()).copied().unwrap_or(u64::MAX);
        let leaves = document.entries.iter().position(|e| matches!(e.observation.kind, Kind::Unload));
        for (e, entry) in document.entries.iter().enumerate() {
            let slot = if leaves.is_some_and(|leaves| e <= leaves) { entry.slot.min(next) } else { entry.slot };
            order.push(((entry.step, slot, d, e), (d, e)));
        }
    }
    order.sort_unstable_by_key(|(key, _)| *key);
    order.into_iter().map(|(_, at)| at).collect()
}

/// Everywhere that something may be missing from the recording.
fn holes(documents: &[Document], browser: &[(Position, &Observation)], latest: Position, steps: usize) -> Vec<Hole> {
    let mut holes = Vec::new();
    for document in documents.iter().filter(|d| d.hosts()) {
        let mut before: Option<&Entry> = None;
        for entry in &document.entries {
            let from = before.map_or(entry.step, |b| b.step);
            let expected = before.map_or(Some(0), |b| b.observation.seq.and_then(|s| s.checked_add(1)));
            // A number heard twice was written by hand; nothing is missing there.
            if entry.observation.seq > expected {
                let why = if before.is_none() {
                    "a document's first messages were lost".to_owned()
                } else {
                    "messages of the page were lost on the way (a gap in their numbers)".to_owned()
                };
                holes.push(Hole {
                    from,
                    to: entry.step,
                    certain: true,
                    why,
                    arrivals: vec![entry.observation.arrival],
                });
            }
            if let Kind::Dropped { count } = entry.observation.kind
                && count > 0
            {
                let why = format!("the listener dropped {count} messages because there were too many");
                holes.push(Hole {
                    from,
                    to: entry.step,
                    certain: true,
                    why,
                    arrivals: vec![entry.observation.arrival],
                });
            }
            before = Some(entry);
        }
        if document.url.is_none() {
            holes.push(Hole {
                from: document.born(),
                to: document.last(),
                certain: true,
                why: "the listener never said that it was alive in a document".to_owned(),
                arrivals: document.entries.first().map(|e| e.observation.arrival).into_iter().collect(),
            });
        }
        // A frame that is taken out says nothing more in some browsers, and is rarely the widget's.
        let matters = document.top || document.is_ready();
        // Either others went on without it, or its window has gone before the journey's end, as one that closes itself.
        let gone = || {
            let of = |o: &Observation| matches!(o.kind, Kind::ContextGone) && o.context == document.context;
            document.last() < Some(steps) && browser.iter().any(|(_, o)| of(o))
        };
        if matters && !document.unloaded && (document.last() < latest || gone()) {
            holes.push(Hole {
                from: document.last(),
                to: document.last(),
                certain: false,
                why: "a page went away without saying that it had said all".to_owned(),
                arrivals: document.entries.last().map(|e| e.observation.arrival).into_iter().collect(),
            });
        }
    }
    for (step, observation) in browser {
        if let Kind::Dropped { count } = observation.kind {
            holes.push(Hole {
                from: *step,
                to: Some(steps),
                certain: true,
                why: format!("more was heard than is kept of one journey; {count} messages were left out"),
                arrivals: vec![observation.arrival],
            });
        }
        let Kind::Deaf { url, message } = &observation.kind else { continue };
        if url == "about:blank" {
            continue;
        }
        let until = documents
            .iter()
            .filter(|d| d.context == observation.context)
            .filter_map(|d| d.entries.first())
            .filter(|e| e.observation.arrival > observation.arrival)
            .map(|e| e.step)
            .min()
            .unwrap_or(Some(steps));
        let why =
            format!("the listener was not alive in {} ({})", super::text::visible(url), super::text::visible(message));
        holes.push(Hole { from: *step, to: until, certain: true, why, arrivals: vec![observation.arrival] });
    }
    holes
}
