//! One journey in one browser, with all that the families need to judge it.

use std::collections::BTreeMap;

use crate::recording::{Ending, Recording};
use crate::site::{Journey, Site};
use crate::source::{Call, Span};
use crate::spec::Spec;
use crate::verdict::{Level, Outcome, RequirementId, SpecRef, StepBy, StepRef, Verdict};

use super::conversation::Conversations;
use super::draft::Draft;
use super::matching::{self, Fate, Matching, Met};
use super::requirements::Demands;
use super::text::{self, visible};
use super::trace::{Occurrence, Trace};

/// A recording, understood.
pub(crate) struct Case<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) site: &'a Site,
    pub(crate) recording: &'a Recording,
    /// `None`: the site file has no journey of this name.
    pub(crate) journey: Option<&'a Journey>,
    pub(crate) trace: Trace<'a>,
    pub(crate) talks: Conversations,
    pub(crate) matching: Matching<'a>,
    /// Constants that share a value, see [`super::constants::shared`].
    pub(crate) shared: Vec<Vec<&'a str>>,
    /// How often each event was heard.
    pub(crate) heard: BTreeMap<&'a str, usize>,
    demands: &'a Demands<'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(demands: &'a Demands<'a>, recording: &'a Recording) -> Self {
        let (spec, site) = (demands.spec, demands.site);
        let journey = site.journeys.get(&recording.journey);
        let steps = journey.map_or(recording.steps.len(), |j| j.steps.len());
        let trace = Trace::new(spec, site, recording, steps);
        let talks = Conversations::new(spec, &trace);
        let matching = Matching::new(spec, site, journey, recording, &trace, &talks);
        let shared = super::constants::shared(spec, &trace);
        let mut heard = BTreeMap::new();
        for occurrence in &trace.occurrences {
            *heard.entry(occurrence.constant).or_insert(0) += 1;
        }
        Self { heard, spec, site, recording, journey, trace, talks, matching, shared, demands }
    }

    /// A verdict on one of the catalogue's requirements, to be filled in.
    pub(crate) fn draft(&self, id: impl Into<RequirementId>) -> Draft {
        let id = id.into();
        match self.demands.of(&id) {
            Some((rank, requirement, (level, reason))) => {
                self.blank(id, requirement.sentence.clone(), *level, reason.clone(), requirement.spec.clone(), rank)
            }
            // Not reached: families draft only what they put into the catalogue. Said openly rather than dropped.
            None => self.blank(id.clone(), id.to_string(), Level::Must, None, SpecRef::default(), usize::MAX),
        }
    }

    /// How much one of the catalogue's requirements weighs for this site.
    pub(crate) fn level(&self, id: &RequirementId) -> Option<Level> {
        self.demands.of(id).map(|(_, _, (level, _))| *level)
    }

    /// A verdict on a demand of the site file's own, which stands there at `span`.
    pub(crate) fn site_draft(&self, id: RequirementId, sentence: String, span: Span) -> Draft {
        let (level, reason) = self.demands.levels.of(&id, Level::Must, None);
        let place = place(self.site, span);
        // After the spec's own demands on payloads, before what looks at several events.
        self.blank(id, sentence, level, reason, place, self.demands.last_of_payload)
    }

    /// A verdict on what the site file demands to be forwarded, which stands there at `span`. `place`: the forward's among
    /// others.
    pub(crate) fn forward_draft(
        &self,
        id: RequirementId,
        sentence: String,
        level: Level,
        span: Span,
        place: usize,
    ) -> Draft {
        let (level, reason) = self.demands.levels.of(&id, level, None);
        let file = self::place(self.site, span);
        // After everything that the spec demands.
        self.blank(id, sentence, level, reason, file, self.demands.catalogue.by_id.len() + place)
    }

    /// How much what the site file demands to be forwarded weighs, which is a `must` unless it says otherwise.
    pub(crate) fn forward_level(&self, id: &str) -> Level {
        self.demands.levels.of(id, Level::Must, None).0
    }

    fn blank(
        &self,
        id: RequirementId,
        statement: String,
        level: Level,
        reason: Option<String>,
        spec: SpecRef,
        rank: usize,
    ) -> Draft {
        // Room for the site file's demands between two of the catalogue's.
        let place = rank.saturating_mul(2) + usize::from(id.family() == "site");
        Draft::new(
            Verdict {
                requirement: id,
                level,
                outcome: Outcome::Pass,
                finding: "ok".to_owned(),
                statement,
                journey: self.recording.journey.clone(),
                browser: self.recording.browser.name.clone(),
                subject: String::new(),
                expected: String::new(),
                actual: String::new(),
                hint: None,
                reason,
                evidence: Vec::new(),
                step: None,
                spec,
                caused_by: None,
                waiver: None,
            },
            place,
        )
    }

    /// How many steps there are.
    pub(crate) fn steps(&self) -> usize {
        self.journey.map_or(self.recording.steps.len(), |j| j.steps.len())
    }

    /// A step for a verdict: its text from the recording (where secrets are masked), its place in the site file.
    pub(crate) fn step_ref(&self, index: usize) -> Option<StepRef> {
        let record = matching::record(self.recording, index);
        let planned = self.journey.and_then(|j| j.steps.iter().find(|s| s.index == index));
        if record.is_none() && planned.is_none() {
            return None;
        }
        let span = planned.map(|s| s.span).or(record.map(|r| r.span)).unwrap_or_default();
        Some(StepRef {
            index,
            text: record.map_or_else(String::new, |r| visible(&r.text)),
            file: self.site.source.of(span).name.clone(),
            line: span.line,
            by: planned.map(|s| &s.by).or(record.map(|r| &r.by)).map(|by| called(self.site, by)).unwrap_or_default(),
        })
    }

    /// ``step 3 (`click launcher`)``
    pub(crate) fn step_name(&self, index: usize) -> String {
        match self.step_ref(index) {
            Some(step) if !step.text.is_empty() => format!("step {} (`{}`)", index + 1, step.text),
            _ => format!("step {}", index + 1),
        }
    }

    /// The step in which something was heard; what comes after the closing mark belongs to the last step.
    pub(crate) fn heard_in(&self, occurrence: &Occurrence) -> Option<usize> {
        occurrence.step.map(|s| s.min(self.steps().saturating_sub(1)))
    }

    /// ``212 ms after step 3 (`click launcher`) began``
    pub(crate) fn when(&self, occurrence: &Occurrence) -> String {
        match self.heard_in(occurrence) {
            None => "before the first step".to_owned(),
            Some(step) => match self.trace.latency(occurrence, step) {
                Some(ms) => format!("{} after {} began", text::duration(ms), self.step_name(step)),
                None => format!("after {} began", self.step_name(step)),
            },
        }
    }

    /// An occurrence by index.
    pub(crate) fn occurrence(&self, index: usize) -> Option<&Occurrence<'a>> {
        self.trace.occurrences.get(index)
    }

    /// `2nd occurrence`, or nothing if the event was heard once.
    pub(crate) fn occurrence_name(&self, occurrence: &Occurrence) -> String {
        if self.heard.get(occurrence.constant).is_some_and(|count| *count > 1) {
            format!("{} occurrence", text::nth(occurrence.ordinal))
        } else {
            String::new()
        }
    }

    /// Whether the recording broke off, see [`super::cut`].
    pub(crate) fn broke_off(&self) -> bool {
        super::cut::broke_off(self.recording)
    }

    /// Whether the journey went through to its end.
    pub(crate) fn is_complete(&self) -> bool {
        self.recording.ending == Ending::Complete
    }

    /// The arrivals of some occurrences.
    pub(crate) fn arrivals(&self, occurrences: &[usize]) -> Vec<u64> {
        occurrences.iter().filter_map(|i| self.occurrence(*i)).flat_map(|o| o.arrivals.iter().copied()).collect()
    }

    /// Breaches that would explain why some occurrences stand in the wrong place or number: a constant that shares its
    /// value with another, no cause, a wrong time, another conversation's identity, a conversation's missing begin.
    pub(crate) fn causes_of_place(&self, occurrences: &[usize]) -> Vec<RequirementId> {
        let mut causes: Vec<RequirementId> = occurrences.iter().filter_map(|i| self.alias(*i)).collect();
        for &index in occurrences {
            let Some(occurrence) = self.occurrence(index) else { continue };
            match self.matching.fates.get(index) {
                Some(Fate::Unexpected) => causes.push(RequirementId::event(occurrence.constant, "unexpected")),
                Some(Fate::Excess) => causes.push(RequirementId::event(occurrence.constant, "at-most")),
                Some(Fate::Paired(_)) if self.is_untimely(index) => {
                    causes.push(RequirementId::event(occurrence.constant, "fires"));
                }
                _ => {}
            }
        }
        causes.extend(self.causes_of_mixup(occurrences));
        causes
    }

    /// Breaches that would explain why events were counted to the wrong conversation.
    pub(crate) fn causes_of_mixup(&self, occurrences: &[usize]) -> Vec<RequirementId> {
        let mut causes = Vec::new();
        let strayed =
            occurrences.iter().any(|i| self.talks.all.get(self.talks.of(*i)).is_some_and(|c| c.strays.contains(i)));
        if strayed {
            let begins = &self.spec.conversation.begins;
            causes.extend(begins.iter().filter(|b| self.matching.misses(b)).map(|b| RequirementId::event(b, "fires")));
            if let Some(field) = &self.spec.conversation.identity {
                causes.extend(
                    begins
                        .iter()
                        .flat_map(|b| [RequirementId::event(b, "payload"), RequirementId::payload(b, field, None)]),
                );
            }
            causes.extend(self.spec.conversation.identity.iter().map(|f| RequirementId::consistency(f)));
        }
        causes
    }

    /// Whether an occurrence met its step too early or too late.
    pub(crate) fn is_untimely(&self, occurrence: usize) -> bool {
        self.matching.cause(occurrence).is_some_and(|e| matches!(e.met, Met::TooEarly(_) | Met::TooLate(_)))
    }

    /// The `distinct` requirement whose breach explains an occurrence: another constant of the same value heard the
    /// very same firing.
    pub(crate) fn alias(&self, index: usize) -> Option<RequirementId> {
        let occurrence = self.occurrence(index)?;
        let group = self.shared.iter().find(|g| g.contains(&occurrence.constant))?;
        let twin = self.trace.occurrences.iter().any(|other| {
            other.constant != occurrence.constant
                && group.contains(&other.constant)
                && other.document == occurrence.document
                && other.data == occurrence.data
                && match (other.page_ms, occurrence.page_ms) {
                    (Some(a), Some(b)) => (a - b).abs() < 50.0,
                    _ => true,
                }
        });
        group.first().filter(|_| twin).map(|first| RequirementId::constant(first, "distinct"))
    }
}

/// By which `do` a step came, with names of files.
pub(crate) fn called(site: &Site, by: &[Call]) -> Vec<StepBy> {
    let file = |span: Span| site.source.of(span).name.clone();
    by.iter().map(|call| StepBy { name: call.name.clone(), file: file(call.span), line: call.span.line }).collect()
}

/// A place in the site file.
fn place(site: &Site, span: Span) -> SpecRef {
    SpecRef { file: site.source.of(span).name.clone(), line: span.line, section: None, url: None }
}
