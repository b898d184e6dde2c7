//! The catalogue of a spec's requirements: every id with its sentence, level and place. Each family adds its own.
//!
//! Boundary: knows what is demanded, nothing of what was heard.

use indexmap::IndexMap;

use crate::site::Site;
use crate::source::globs::Pattern;
use crate::spec::{Spec, Statement};
use crate::verdict::{Level, Outcome, RequirementId, SpecRef};

use super::about::About;

/// One checkable requirement of a spec, or of a site file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Stable id: `event.CONVERSATION_ENGAGED.payload.sid`.
    pub id: RequirementId,
    /// The family that checks it: `payload`.
    pub family: &'static str,
    /// What requirements of its kind are about.
    pub about: &'static About,
    /// As a sentence for a person.
    pub sentence: String,
    /// What it weighs, before a site file's overrides.
    pub level: Level,
    /// Why the level isn't `must`.
    pub why: Option<String>,
    /// Where it is written.
    pub spec: SpecRef,
}

/// All requirements of a spec, in the order of the families and of the spec.
pub(crate) struct Catalogue<'a> {
    spec: &'a Spec,
    family: &'static str,
    pub(crate) by_id: IndexMap<RequirementId, Requirement>,
}

impl<'a> Catalogue<'a> {
    /// Asks every family for its requirements.
    pub(crate) fn new(spec: &'a Spec) -> Self {
        let mut catalogue = Self { spec, family: "", by_id: IndexMap::new() };
        for family in super::FAMILIES {
            catalogue.family = family.name;
            (family.requirements)(spec, &mut catalogue);
        }
        catalogue
    }

    /// Adds a requirement of the family that is being asked. Of two with one id the first holds.
    pub(crate) fn add(
        &mut self,
        about: &'static About,
        id: impl Into<RequirementId>,
        sentence: impl Into<String>,
        statement: &Statement,
    ) {
        let id = id.into();
        let requirement = Requirement {
            id: id.clone(),
            family: self.family,
            about,
            sentence: sentence.into(),
            level: statement.level,
            why: statement.why.clone(),
            spec: SpecRef {
                file: self.spec.source.name.clone(),
                line: statement.span.line,
                section: statement.section.clone(),
                url: statement.url.clone(),
            },
        };
        self.by_id.entry(id).or_insert(requirement);
    }
}

/// The site file's overrides of levels, compiled once.
pub(crate) struct Levels<'a>(Vec<(Pattern, Level, Option<&'a str>)>);

impl<'a> Levels<'a> {
    pub(crate) fn new(site: &'a Site) -> Self {
        Self(site.levels.iter().map(|l| (Pattern::new(&l.requirement), l.level, l.reason.as_deref())).collect())
    }

    /// The level that holds for a requirement, and why it is that: the first matching override, else the spec's.
    pub(crate) fn of(&self, id: &str, level: Level, why: Option<&str>) -> Weight {
        let found = self.0.iter().find(|(pattern, ..)| pattern.is_match(id));
        match found {
            Some((_, level, reason)) => {
                let reason = reason.map_or_else(|| "the site file overrides the level".to_owned(), str::to_owned);
                (*level, Some(reason))
            }
            None => (level, why.map(str::to_owned)),
        }
    }
}

/// The level that holds for a requirement, and why it is that.
type Weight = (Level, Option<String>);

/// What a spec and a site file demand: the same for all recordings of a run, and so made once for all of them.
pub(crate) struct Demands<'a> {
    pub(crate) spec: &'a Spec,
    pub(crate) site: &'a Site,
    pub(crate) catalogue: Catalogue<'a>,
    pub(crate) levels: Levels<'a>,
    /// What each of the catalogue's requirements weighs for this site, and why it is that.
    weights: Vec<Weight>,
    /// Place of the last demand on a payload among them.
    pub(crate) last_of_payload: usize,
}

impl<'a> Demands<'a> {
    pub(crate) fn new(spec: &'a Spec, site: &'a Site) -> Self {
        let (catalogue, levels) = (Catalogue::new(spec), Levels::new(site));
        let all = catalogue.by_id.values();
        let weights = all.clone().map(|one| levels.of(&one.id, one.level, one.why.as_deref())).collect();
        let last_of_payload = all.clone().rposition(|one| one.family == "payload").unwrap_or(0);
        Self { spec, site, catalogue, levels, weights, last_of_payload }
    }

    /// A requirement of the catalogue's: its place, and what it weighs.
    pub(crate) fn of(&self, id: &RequirementId) -> Option<(usize, &Requirement, &Weight)> {
        let (rank, _, requirement) = self.catalogue.by_id.get_full(id)?;
        Some((rank, requirement, self.weights.get(rank)?))
    }
}

/// What a breach amounts to at a level.
pub(crate) fn breach_at(level: Level) -> Outcome {
    match level {
        Level::Must => Outcome::Fail,
        // At `record` the outcome only says that there is something to tell; reports show it as a note.
        Level::Should | Level::Record => Outcome::Warn,
    }
}
