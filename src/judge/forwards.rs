//! The forward family: what a site sends on to analytics for each event that it hears.
//!
//! - `forward.NAME.EVENT.sent`: for each EVENT heard, the hit that the site file names is sent. Finding: `missing`.
//! - `forward.NAME.EVENT.in-time`: within its time. Finding: `too-late`.
//! - `forward.NAME.EVENT.once`: and not again. Finding: `duplicate`.
//! - `forward.NAME.EVENT.value.FIELD`: with this value. Findings: `missing`, `wrong-value`, and those of a payload's
//!   field for a JSON Schema.
//! - `forward.NAME.unprompted`: no hit of these names without its event. Finding: `unprompted`.
//! - `forward.NAME.pii`, `.consent`, `.retired`: see [`rules`].
//!
//! What wasn't watched, or can't have come yet, is inconclusive. A hit that is missing because its event was follows from
//! that event's own breach.
//!
//! Example: a handler sends the id of the conversation before. `forward.ga4.ENGAGED.value.conversation_id` fails as
//! `wrong-value`, and the hint says whose id it is.

use std::collections::BTreeMap;

mod about;
mod pairing;
mod rules;
mod sender;
mod sightings;
mod values;

use crate::recording::Kind;
use crate::site::forwards::{Forward, Forwarded};
use crate::source::Span;
use crate::verdict::{Level, RequirementId};

use super::case::Case;
use super::cut;
use super::diagnosis;
use super::draft::Draft;
use super::matching::{Met, record};
use super::text::{self, visible};

pub(super) use about::ABOUT;
use pairing::{Expect, Pairing};
use sender::{Fate, Senders};
use sightings::{Sighting, Sightings};

/// Judges a journey.
pub(super) fn judge(case: &Case, out: &mut Vec<Draft>) {
    let senders = Senders::new(case);
    let mut ways = Vec::new();
    for (place, forward) in case.site.forwards.values().enumerate() {
        if forward.is_of(&case.recording.journey) {
            let way = Way { case, forward, place, seen: sightings::of(case, forward), senders: &senders };
            let pairing = Pairing::new(&way);
            ways.push((way, pairing));
        }
    }
    let mut drafts = Vec::new();
    for (way, pairing) in &ways {
        let before = drafts.len();
        way.judge(pairing, &ways, &mut drafts);
        for draft in drafts.get_mut(before..).unwrap_or_default() {
            // Which hit is whose rests on all the events and hits there were.
            if draft.verdict.requirement.event_name().is_some() || draft.verdict.requirement.what() == "unprompted" {
                *draft = cut::unless_cut(case, draft.clone());
            }
        }
        alike(drafts.get_mut(before..).unwrap_or_default());
    }
    out.extend(drafts);
}

/// The same breach of several events is most likely one mistake: the first stands for the others.
fn alike(drafts: &mut [Draft]) {
    let mut first: BTreeMap<(String, Option<String>, String, bool), RequirementId> = BTreeMap::new();
    for draft in drafts.iter_mut().filter(|draft| draft.is_broken()) {
        let id = draft.verdict.requirement.clone();
        if id.event_name().is_none() {
            continue;
        }
        // What a handler's breach explains has nothing to do with what none does.
        let by_handler = draft.is_explained_by(&["handler", "handlers"]);
        let key = (id.what().to_owned(), id.field().map(str::to_owned), draft.verdict.finding.clone(), by_handler);
        match first.get(&key) {
            Some(head) if *head != id => *draft = draft.clone().explained_by([head.clone()]),
            Some(_) => {}
            None => {
                first.insert(key, id);
            }
        }
    }
}

/// The place of what concerns no single event: after all that does.
const LAST: usize = usize::MAX / 2;

/// One forward of a journey, and what was seen of it.
struct Way<'a, 'c> {
    case: &'c Case<'a>,
    forward: &'a Forward,
    /// Among the site file's forwards.
    place: usize,
    seen: Sightings<'a>,
    senders: &'c Senders<'a>,
}

/// All forwards of a journey, each with its pairs.
type Ways<'a, 'c> = [(Way<'a, 'c>, Pairing<'a>)];

impl<'a> Way<'a, '_> {
    fn judge(&self, pairing: &Pairing<'a>, ways: &Ways<'a, '_>, out: &mut Vec<Draft>) {
        if let Some((code, why)) = &self.seen.blind {
            for expect in &pairing.expects {
                out.push(self.sent_draft(expect).inconclusive(code, why.clone()));
            }
            return;
        }
        for (index, expect) in pairing.expects.iter().enumerate() {
            self.expect(index, expect, pairing, ways, out);
        }
        let consumed = self.unprompted(pairing, out);
        self.unheard(&consumed, out);
        rules::judge(self, !pairing.expects.is_empty(), ways, out);
    }

    /// A verdict of this way, to be filled in.
    fn draft(&self, what: &'static str, sentence: String, level: Level, span: Span) -> Draft {
        let id = RequirementId::forward(&self.forward.name, what);
        self.case.forward_draft(id, sentence, level, span, self.place)
    }

    /// The same about one event.
    fn event_draft(&self, expect: &Expect<'a>, what: &'static str, sentence: String, span: Span) -> Draft {
        self.draft_of(expect, RequirementId::forwarded(&self.forward.name, expect.constant, what), sentence, span)
    }

    fn draft_of(&self, expect: &Expect<'a>, id: RequirementId, sentence: String, span: Span) -> Draft {
        let draft = self.case.forward_draft(id, sentence, Level::Must, span, self.place);
        let Some(o) = self.case.occurrence(expect.occurrence) else { return draft };
        let mut subject = self.case.occurrence_name(o);
        if self.forward.events.get(o.constant).is_some_and(|all| all.len() > 1) {
            subject = format!("{subject} {}", expect.one.told()).trim().to_owned();
        }
        if let Some(property) = &expect.property {
            subject = format!("{subject} to {}", visible(property)).trim().to_owned();
        }
        draft
            .subject(subject, self.rank(o.constant, o.ordinal, expect.nth + expect.group * 10))
            .step(self.case.heard_in(o).and_then(|step| self.case.step_ref(step)))
            .evidence(o.arrivals.clone())
            .explained_by(self.case.alias(expect.occurrence))
    }

    /// A verdict's place among those of this forward: in the site file's order of events.
    fn rank(&self, event: &str, ordinal: usize, nth: usize) -> usize {
        self.forward.events.get_index_of(event).unwrap_or_default() * 1_000_000 + (ordinal * 100 + nth).min(999_999)
    }

    fn sent_draft(&self, expect: &Expect<'a>) -> Draft {
        let (hit, within) = (expect.one.told(), text::duration(expect.within));
        let sentence = format!("{} is forwarded to {}: {hit}", expect.constant, self.forward.name);
        self.event_draft(expect, "sent", sentence, expect.one.span)
            .expected(format!("{hit} within {within} of {}", expect.constant))
    }

    fn expect(
        &self,
        index: usize,
        expect: &Expect<'a>,
        pairing: &Pairing<'a>,
        ways: &Ways<'a, '_>,
        out: &mut Vec<Draft>,
    ) {
        let draft = self.sent_draft(expect);
        let Some(at) = pairing.hit_of(index) else {
            out.push(self.not_sent(expect, draft, ways));
            return;
        };
        let Some(sighting) = self.seen.all.get(at) else { return };
        let delay = self.delay(expect.occurrence, sighting);
        let when =
            delay.map_or_else(|| "sent".to_owned(), |ms| format!("sent {} after it", text::duration(ms.max(0.0))));
        out.push(draft.pass(when.clone()).evidence([sighting.arrival]));

        let (hit, span) = (expect.one.told(), expect.one.span);
        let within = text::duration(expect.within);
        if let Some(ms) = delay.filter(|_| !sighting.found) {
            let sentence = format!("{hit} is sent within {within} of {}", expect.constant);
            let draft = self
                .event_draft(expect, "in-time", sentence, span)
                .expected(format!("within {within}"))
                .evidence([sighting.arrival]);
            out.push(if ms > expect.within {
                let hint = "if that is fine, give it a longer `within`; a library that collects events before it sends them \
                            may need some seconds";
                draft
                    .breach("too-late", format!("sent {} after it; allowed {within}", text::duration(ms)))
                    .hint(hint.to_owned())
            } else {
                draft.pass(when)
            });
        }
        let again: Vec<&Sighting> = pairing.again(index).filter_map(|hit| self.seen.all.get(hit)).collect();
        let doubtful = again.iter().find_map(|s| s.unread.as_ref()).or(sighting.unread.as_ref());
        let certain = if sighting.unread.is_some() { 0 } else { again.iter().filter(|s| s.unread.is_none()).count() };
        let sentence = format!("{hit} is sent once for each {}", expect.constant);
        let draft = self.event_draft(expect, "once", sentence, span).expected("once".to_owned());
        let draft = draft.evidence(again.iter().map(|s| s.arrival).chain([sighting.arrival]));
        out.push(if again.is_empty() {
            draft.pass("once")
        } else if let Some(unread) = doubtful.filter(|_| certain == 0) {
            draft.inconclusive(unread.code, unread.sentence())
        } else {
            let times = text::times(certain as u64 + 1);
            let (names, calls) = self.senders.called_for(self.case, expect.occurrence);
            let hint = match names.is_empty() {
                true => "is the handler registered twice, or sends both it and a tag manager?".to_owned(),
                false => format!(
                    "{} was called for it; does it send twice, or a tag manager as well?",
                    text::list(&names, "and")
                ),
            };
            let twice = RequirementId::handler(expect.constant, "once");
            draft.breach("duplicate", format!("sent {times}")).hint(hint).evidence(calls).explained_by([twice])
        });
        values::judge(self, expect, sighting, out);
    }

    /// Nothing was sent, or it can't be told.
    fn not_sent(&self, expect: &Expect<'a>, draft: Draft, ways: &Ways<'a, '_>) -> Draft {
        let meant = |s: &&Sighting| expect.one.is(&s.hit);
        if self.seen.unplaced.iter().any(|s| meant(&s)) {
            let why = "such a hit was sent by a shared or service worker, and whose it was can't be told";
            return draft.inconclusive("unplaced", why);
        }
        let step = self.case.occurrence(expect.occurrence).and_then(|o| o.step);
        if self.forward.product.is_layer()
            && let Some(hole) = self.case.trace.hole(step, Some(self.case.steps()))
        {
            return draft.inconclusive("lost", format!("not heard, but {}", hole.why));
        }
        // What was sent before the event can't have been for it.
        let may_be = |s: &&Sighting| {
            expect.one.may_be(&s.hit.names, &s.hit.fields)
                && self.delay(expect.occurrence, s).is_none_or(|ms| ms >= -pairing::SLACK)
        };
        if let Some((sighting, unread)) =
            self.seen.unread.iter().find(may_be).and_then(|s| Some((s, s.unread.as_ref()?)))
        {
            return draft.inconclusive(unread.code, unread.sentence()).evidence([sighting.arrival]);
        }
        if let Some(answered) = self.case.trace.answered(step, step) {
            let draft = draft.hint(answered.advice.clone()).evidence([answered.arrival]);
            return draft.inconclusive(answered.code, format!("not sent, but {}", answered.why));
        }
        let fate = self.senders.fate(self.case, expect.occurrence);
        let told = fate.as_ref().is_some_and(|fate| fate.breaks.is_some());
        if let Some((left, gone)) = self.left_with_its_window(expect).filter(|_| !told) {
            let left = text::duration(left);
            let why = format!(
                "not seen, but its frame or window went {left} after the event, and what is sent then isn't always shown"
            );
            return draft.inconclusive("frame-gone", why).evidence([gone]);
        }
        // What was sent to another property wasn't waited for any longer, and needn't be.
        let elsewhere = self.seen.foreign.iter().any(|s| meant(&s));
        if let Some(left) = self.listened_after(expect.occurrence).filter(|_| !elsewhere)
            && left + pairing::SLACK < expect.within
        {
            let why = format!("not sent, but the journey ended {} after the event", text::duration(left.max(0.0)));
            return draft.inconclusive("cut-short", why);
        }
        let actual = match (&expect.property, self.seen.all.is_empty()) {
            (_, true) => "not sent; nothing at all was sent there in this journey".to_owned(),
            (Some(property), false) => format!("not sent to `{}`", visible(property)),
            (None, false) => "not sent".to_owned(),
        };
        let hint = match expect.elsewhere.as_slice() {
            [] => self.why_missing(expect, fate.as_ref()),
            others => {
                let others: Vec<String> = others.iter().map(|one| format!("`{}`", visible(one))).collect();
                Some(format!(
                    "it was sent to {}; each property that is named has to get it",
                    text::list(&others, "and")
                ))
            }
        };
        let draft = draft.breach("missing", actual).hint(hint);
        let Some(fate) = fate else { return draft.explained_by([RequirementId::event(expect.constant, "payload")]) };
        // One handler sends to several places: the first of them that lacks it stands for the others, where the handler's
        // own breach doesn't.
        let near = self.near_miss(expect).is_some();
        let first =
            ways.iter().take_while(|(way, _)| way.place < self.place).find(|(way, _)| !near && way.lacks(expect, ways));
        let first = first.map(|(way, _)| RequirementId::forwarded(&way.forward.name, expect.constant, "sent"));
        draft
            .evidence(fate.evidence.iter().copied())
            .explained_by(fate.breaks)
            .explained_by([RequirementId::event(expect.constant, "payload")])
            .explained_by(first)
    }

    /// After how many milliseconds the frame (or the window) that fired an event was gone, if that was while its hit could
    /// still come and the browser was asked by WebDriver BiDi: it tells of a request only if it still finds the browsing
    /// context of it, which is a race that last words can lose. And the arrival of that.
    fn left_with_its_window(&self, expect: &Expect<'a>) -> Option<(f64, u64)> {
        if self.seen.by != Some("bidi") || self.forward.product.is_layer() {
            return None;
        }
        let o = self.case.occurrence(expect.occurrence)?;
        let (document, first) = (self.case.trace.documents.get(o.document)?, *o.arrivals.first()?);
        let at = self.event_ms(expect.occurrence)?;
        self.case.trace.browser.iter().find_map(|(_, gone)| {
            let its =
                matches!(gone.kind, Kind::ContextGone) && gone.context == document.context && gone.arrival > first;
            let after = (gone.heard_ms? - at).max(0.0);
            (its && after <= expect.within).then_some((after, gone.arrival))
        })
    }

    /// Whether nothing at all was sent here for the same event.
    fn lacks(&self, expect: &Expect<'a>, ways: &Ways<'a, '_>) -> bool {
        let own = ways.iter().find(|(way, _)| way.place == self.place);
        let Some((_, pairing)) = own.filter(|_| self.seen.blind.is_none()) else { return false };
        let same = pairing.expects.iter().enumerate().filter(|(_, e)| e.occurrence == expect.occurrence);
        same.into_iter().any(|(index, e)| pairing.hit_of(index).is_none() && self.near_miss(e).is_none())
    }

    /// What stands near: a name that was mistyped, another property, a script that threw, consent.
    fn why_missing(&self, expect: &Expect<'a>, fate: Option<&Fate>) -> Option<String> {
        let near = self.near_miss(expect);
        match fate {
            Some(fate) if fate.breaks.is_some() => return Some(fate.told.clone()),
            Some(fate) => {
                let Some(near) = near.or_else(|| self.elsewhere(expect, false)) else { return Some(fate.told.clone()) };
                let (names, _) = self.senders.called_for(self.case, expect.occurrence);
                return Some(match names.is_empty() {
                    true => near,
                    false => format!("{near}; look at {}", text::list(&names, "and")),
                });
            }
            None => {}
        }
        near.or_else(|| self.elsewhere(expect, true))
    }

    /// The same hit under another name, or for another property.
    fn near_miss(&self, expect: &Expect<'a>) -> Option<String> {
        let name = expect.one.name.as_deref();
        if let Some(name) = name {
            let other = self.seen.foreign.iter().find(|s| expect.one.is(&s.hit));
            if let Some(property) = other.and_then(|s| s.hit.property.as_deref()) {
                return Some(format!("{} was sent, but to `{}`", expect.one.told(), visible(property)));
            }
            let known: Vec<&str> = self.forward.forwarded().filter_map(|(_, one)| one.name.as_deref()).collect();
            let near = |s: &&Sighting| self.delay(expect.occurrence, s).is_none_or(|ms| ms > -pairing::SLACK);
            let names: Vec<&str> = self
                .seen
                .all
                .iter()
                .filter(near)
                .flat_map(|s| s.hit.names.iter().map(String::as_str))
                .filter(|sent| !known.contains(sent))
                .collect();
            if let Some(near) = diagnosis::misspelt(name, names.iter().copied()) {
                return Some(format!("`{}` was sent, `{name}` is expected", visible(near)));
            }
        }
        None
    }

    /// What else may have kept it from being sent. `unknown`: of the page's handlers nothing is known.
    fn elsewhere(&self, expect: &Expect<'a>, unknown: bool) -> Option<String> {
        if let Some(error) = self.seen.error_after(self.case, expect.occurrence) {
            return Some(format!("a script of the page threw: {}", visible(error)));
        }
        if let Some(consent) = self.forward.product.consent()
            && self.seen.all.iter().any(|s| rules::denies(s, consent))
        {
            return Some(format!("{} (`{}`): does the journey give it?", consent.told, consent.field.text));
        }
        if let Some(each) = &self.forward.each
            && !self.seen.all.is_empty()
            && self.seen.all.iter().all(|s| s.hit.member.is_none())
        {
            return Some(format!(
                "`each: {}` names no list in what was sent there, so each request counts as one hit",
                each.text
            ));
        }
        if self.seen.all.is_empty() && unknown {
            return Some(match self.forward.product.is_layer() {
                true => format!("`window.{}` was never pushed to: is the handler on this page?", self.forward.layer),
                false => {
                    "is the handler on this page, and is it allowed by consent and by the page's policy?".to_owned()
                }
            });
        }
        None
    }

    /// Hits without an event. Gives those that a missing event would have prompted.
    fn unprompted(&self, pairing: &Pairing<'a>, out: &mut Vec<Draft>) -> Vec<usize> {
        let sentence = format!("{} is sent nothing without its event", self.forward.name);
        let draft = || {
            self.draft("unprompted", sentence.clone(), Level::Must, self.forward.span)
                .expected("each hit of these names has its event".to_owned())
        };
        let mut consumed = Vec::new();
        let mut stray: Vec<&Sighting> = Vec::new();
        for at in pairing.left() {
            let Some(sighting) = self.seen.all.get(at).filter(|s| !s.after_end) else { continue };
            consumed.push(at);
            stray.push(sighting);
        }
        // What can't be read may be something else.
        if let Some((sighting, unread)) = stray.iter().find_map(|s| Some((*s, s.unread.as_ref()?))) {
            out.push(
                draft().subject("", LAST).inconclusive(unread.code, unread.sentence()).evidence([sighting.arrival]),
            );
            stray.retain(|s| s.unread.is_none());
            if stray.is_empty() {
                return consumed;
            }
        }
        if stray.is_empty() {
            if !pairing.expects.is_empty() || !self.seen.all.is_empty() {
                out.push(draft().subject("", LAST).pass("each has its event"));
            }
            return consumed;
        }
        for (n, sighting) in stray.into_iter().enumerate() {
            let events: Vec<String> = self
                .forward
                .forwarded()
                .filter(|(_, one)| one.is(&sighting.hit))
                .map(|(event, _)| event.to_owned())
                .collect();
            let name = self.forward.forwarded().find(|(_, one)| one.is(&sighting.hit)).map(|(_, one)| one.told());
            let name = name.unwrap_or_default();
            let place = sighting.step.map(|step| step.min(self.case.steps().saturating_sub(1)));
            let when = place
                .map_or_else(|| "before the first step".to_owned(), |s| format!("during {}", self.case.step_name(s)));
            let lost = self.lost_before(sighting);
            let fires =
                events.iter().filter(|x| self.case.matching.misses(x)).map(|x| RequirementId::event(x, "fires"));
            let hint =
                format!("it is to be sent for {} only, and none was heard for this one", text::list(&events, "or"));
            let draft = draft()
                .subject(format!("{} hit", text::nth(n + 1)), LAST + n)
                .step(place.and_then(|step| self.case.step_ref(step)))
                .evidence([sighting.arrival])
                .explained_by(fires.collect::<Vec<_>>());
            out.push(match lost {
                Some(why) => draft.inconclusive(
                    "lost",
                    format!("{name} was sent {when}, and none of its events was heard; but {why}"),
                ),
                None => draft.breach("unprompted", format!("{name} was sent {when}")).hint(hint),
            });
        }
        consumed
    }

    /// Why an event that prompts a hit may have been missed: something was lost when it may have fired.
    fn lost_before(&self, sighting: &Sighting) -> Option<String> {
        let meant = self.forward.forwarded().filter(|(_, one)| one.is(&sighting.hit));
        let within = meant.map(|(_, one)| within(self.forward, one)).fold(0.0, f64::max) + pairing::SLACK;
        let before = |step: &usize| match (sighting.page_ms, sighting.heard_ms) {
            (Some(at), _) => self.case.trace.mark_ms(*step, None).is_none_or(|began| began <= at - within),
            (None, Some(at)) => {
                record(self.case.recording, *step).and_then(|r| r.began_ms).is_none_or(|b| b <= at - within)
            }
            (None, None) => false,
        };
        let from = (0..=sighting.step.unwrap_or(0)).rev().find(before);
        self.case.trace.hole(from, sighting.step).map(|hole| hole.why.clone())
    }

    /// Events that were to be heard and were not: nothing was sent for them, which follows from that.
    fn unheard(&self, consumed: &[usize], out: &mut Vec<Draft>) {
        for e in self.case.matching.expectations.iter().filter(|e| e.met == Met::Missing) {
            let x = e.expected.constant.as_str();
            for (nth, one) in self.forward.events.get(x).into_iter().flatten().enumerate() {
                let sent = consumed.iter().filter_map(|at| self.seen.all.get(*at)).any(|s| one.is(&s.hit));
                if sent {
                    continue;
                }
                let sentence = format!("{x} is forwarded to {}: {}", self.forward.name, one.told());
                out.push(
                    self.case
                        .forward_draft(
                            RequirementId::forwarded(&self.forward.name, x, "sent"),
                            sentence,
                            Level::Must,
                            one.span,
                            self.place,
                        )
                        .subject(format!("step {}", e.step.index + 1), self.rank(x, e.step.index + 1, nth))
                        .expected(format!("{} after {x}", one.told()))
                        .step(self.case.step_ref(e.step.index))
                        .breach("missing", "not sent: the event was not heard either")
                        .explained_by([RequirementId::event(x, "fires")]),
                );
            }
        }
    }

    /// Milliseconds from an event to a hit; negative if the hit was first.
    fn delay(&self, occurrence: usize, sighting: &Sighting) -> Option<f64> {
        let o = self.case.occurrence(occurrence)?;
        match sighting.page_ms {
            // Both on the page's own clock.
            Some(at) => Some(at - o.page_ms?),
            None => Some(sighting.heard_ms? - self.event_ms(occurrence)?),
        }
    }

    /// When an event was heard, on chatproof's clock from the journey's start.
    fn event_ms(&self, occurrence: usize) -> Option<f64> {
        self.case.trace.occurred_ms(self.case.occurrence(occurrence)?)
    }

    /// For how long the journey went on after an event.
    fn listened_after(&self, occurrence: usize) -> Option<f64> {
        // Older recordings don't say how long they took.
        let took = Some(self.case.recording.took_ms).filter(|took| *took > 0.0)?;
        Some(took - self.event_ms(occurrence)?)
    }
}

/// A hit that is to be sent, and when it may come at the latest, in milliseconds.
pub(super) fn within(forward: &Forward, one: &Forwarded) -> f64 {
    one.within(forward).as_secs_f64() * 1000.0
}
