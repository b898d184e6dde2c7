//! Verdicts in the making: a [`Draft`] is a verdict that still names all the breaches that would explain it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use crate::verdict::{Level, Outcome, RequirementId, Verdict};

use super::requirements::breach_at;
use super::text::visible;

/// A verdict, the breaches that would explain it, and its place among the others.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) verdict: Verdict,
    /// Ids of requirements; the first that is broken in this journey explains this one.
    causes: Vec<RequirementId>,
    /// Place of the requirement in the catalogue, then place of the subject.
    rank: (usize, usize),
    /// See [`Draft::and_more`].
    more: usize,
}

/// So many verdicts of a requirement with one finding are kept.
pub(crate) const MOST: usize = 20;

impl Draft {
    pub(crate) fn new(verdict: Verdict, rank: usize) -> Self {
        Self { verdict, causes: Vec::new(), rank: (rank, 0), more: 0 }
    }

    /// It holds. `actual`: what was heard.
    pub(crate) fn pass(mut self, actual: impl Into<String>) -> Self {
        self.verdict.outcome = Outcome::Pass;
        self.verdict.finding = "ok".to_owned();
        self.verdict.actual = actual.into();
        self
    }

    /// It is broken.
    pub(crate) fn breach(mut self, finding: &str, actual: impl Into<String>) -> Self {
        self.verdict.outcome = breach_at(self.verdict.level);
        self.verdict.finding = finding.to_owned();
        self.verdict.actual = actual.into();
        self
    }

    /// It could not be told.
    pub(crate) fn inconclusive(mut self, finding: &str, actual: impl Into<String>) -> Self {
        self.verdict.outcome = Outcome::Inconclusive;
        self.verdict.finding = finding.to_owned();
        self.verdict.actual = actual.into();
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.verdict.expected = expected.into();
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.verdict.hint = hint.into();
        self
    }

    pub(crate) fn evidence(mut self, arrivals: impl IntoIterator<Item = u64>) -> Self {
        self.verdict.evidence.extend(arrivals);
        self.verdict.evidence.sort_unstable();
        self.verdict.evidence.dedup();
        self
    }

    pub(crate) fn step(mut self, step: Option<crate::verdict::StepRef>) -> Self {
        self.verdict.step = step;
        self
    }

    /// What tells this verdict from others of its requirement, and its place among them.
    pub(crate) fn subject(mut self, subject: impl Into<String>, place: usize) -> Self {
        self.verdict.subject = subject.into();
        self.rank.1 = place;
        self
    }

    /// Breaches that would explain this one, likeliest first.
    pub(crate) fn explained_by(mut self, causes: impl IntoIterator<Item = impl Into<RequirementId>>) -> Self {
        self.explain(causes);
        self
    }

    /// The same, in place.
    pub(crate) fn explain(&mut self, causes: impl IntoIterator<Item = impl Into<RequirementId>>) {
        self.causes.extend(causes.into_iter().map(Into::into));
    }

    /// So many more passes that would say the same about other occurrences: they are counted, not drafted.
    pub(crate) fn and_more(&mut self, more: usize) {
        self.more += more;
    }

    /// Whether a breach of one of these families would explain it.
    pub(crate) fn is_explained_by(&self, families: &[&str]) -> bool {
        self.causes.iter().any(|cause| families.contains(&cause.family()))
    }

    /// The level of its requirement for this site.
    pub(crate) fn level(&self) -> Level {
        self.verdict.level
    }

    /// How much a breach weighs against others.
    pub(crate) fn weight(&self) -> u8 {
        match (self.verdict.outcome, self.verdict.level) {
            (Outcome::Fail, _) => 3,
            (Outcome::Warn, Level::Must | Level::Should) => 2,
            _ => 1,
        }
    }

    /// Whether it is a breach, whatever its weight.
    pub(crate) fn is_broken(&self) -> bool {
        matches!(self.verdict.outcome, Outcome::Fail | Outcome::Warn)
    }
}

/// Settles what explains what, bounds the texts, and sorts.
pub(crate) fn settle(mut drafts: Vec<Draft>) -> Vec<Verdict> {
    let mut broken: BTreeMap<RequirementId, u8> = BTreeMap::new();
    for draft in drafts.iter().filter(|d| d.is_broken()) {
        let weight = draft.weight();
        broken.entry(draft.verdict.requirement.clone()).and_modify(|w| *w = weight.max(*w)).or_insert(weight);
    }
    let mut parents: BTreeMap<RequirementId, RequirementId> = BTreeMap::new();
    for draft in &mut drafts {
        if matches!(draft.verdict.outcome, Outcome::Fail | Outcome::Warn | Outcome::Inconclusive) {
            let own = &draft.verdict.requirement;
            let weight = draft.weight();
            // A failure is never put under a mere warning or note, where nobody would look for it.
            let explains = |c: &&RequirementId| *c != own && broken.get(*c).is_some_and(|cause| *cause >= weight);
            draft.verdict.caused_by = draft.causes.iter().find(explains).cloned();
        }
    }
    // A requirement explains others under its own cause only if each of its breaches is explained: one that stands
    // alone makes it a headline.
    let mut headlines: BTreeSet<&RequirementId> = BTreeSet::new();
    for draft in drafts.iter().filter(|d| d.is_broken()) {
        match &draft.verdict.caused_by {
            None => {
                headlines.insert(&draft.verdict.requirement);
            }
            Some(cause) => {
                parents.entry(draft.verdict.requirement.clone()).or_insert_with(|| cause.clone());
            }
        }
    }
    let headlines: BTreeSet<RequirementId> = headlines.into_iter().cloned().collect();
    for draft in &mut drafts {
        if let Some(cause) = draft.verdict.caused_by.take() {
            draft.verdict.caused_by = root(&draft.verdict.requirement, cause, &parents, &headlines);
        }
        draft.verdict.actual = visible_long(&draft.verdict.actual);
    }
    drafts.sort_by(|a, b| {
        let key = |draft: &'_ Draft| draft.rank;
        let [one, other] = [&a.verdict, &b.verdict];
        let texts = || one.subject.cmp(&other.subject).then_with(|| one.finding.cmp(&other.finding));
        key(a).cmp(&key(b)).then_with(texts).then_with(|| one.evidence.cmp(&other.evidence))
    });
    bound(drafts)
}

/// Keeps the first twenty verdicts of each requirement and finding, and says how many more there were: a page that fires
/// an event ten thousand times makes one mistake, not a report of a hundred thousand lines.
fn bound(drafts: Vec<Draft>) -> Vec<Verdict> {
    // Of each kind: how many there are, and the place of the last one that is kept.
    let mut kinds: HashMap<(&RequirementId, &str), (usize, usize)> = HashMap::new();
    let mut keep = Vec::with_capacity(drafts.len());
    for (place, draft) in drafts.iter().enumerate() {
        let kind = (&draft.verdict.requirement, draft.verdict.finding.as_str());
        let (count, last) = kinds.entry(kind).or_default();
        let kept = *count < MOST;
        *count += 1 + draft.more;
        if kept {
            *last = place;
        }
        keep.push(kept);
    }
    let more: HashMap<usize, usize> =
        kinds.into_values().filter(|(count, _)| *count > MOST).map(|(count, last)| (last, count - MOST)).collect();
    let kept = drafts.into_iter().enumerate().filter(|(place, _)| keep.get(*place) == Some(&true));
    kept.map(|(place, mut draft)| {
        if let Some(more) = more.get(&place) {
            let _ = write!(draft.verdict.actual, " (and {more} more like this)");
        }
        draft.verdict
    })
    .collect()
}

/// Follows causes to the one that nothing explains. A circle has no root: then there's none, and each stands alone.
fn root(
    own: &RequirementId,
    mut cause: RequirementId,
    parents: &BTreeMap<RequirementId, RequirementId>,
    headlines: &BTreeSet<RequirementId>,
) -> Option<RequirementId> {
    let mut seen = BTreeSet::from([own.clone()]);
    while !headlines.contains(&cause) {
        if !seen.insert(cause.clone()) {
            return None;
        }
        match parents.get(&cause) {
            Some(parent) => cause = parent.clone(),
            None => break,
        }
    }
    (cause != *own).then_some(cause)
}

/// Sentences hold several quotes, each bounded already; this only makes sure that none slips through.
fn visible_long(text: &str) -> String {
    if text.chars().any(char::is_control) { visible(text) } else { text.chars().take(1200).collect() }
}
