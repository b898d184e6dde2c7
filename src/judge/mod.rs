//! Pure: `(spec, site, recording) -> verdicts`. One family of requirements per file.
//!
//! How a recording is judged: `trace` tells in which step each thing was heard; `conversation` to which
//! conversation each event belongs; `matching` pairs events with the steps that were to cause them; then every
//! family of `FAMILIES` looks at that and drafts verdicts; `draft` settles which breach explains which. Families
//! don't see each other's verdicts: a draft only names the breaches that would explain it.
//!
//! What outcomes mean:
//!
//! | found | at `must` | at `should` | at `record` |
//! | --- | --- | --- | --- |
//! | holds | pass | pass | pass |
//! | broken | fail | warn | warn, which reports show as a note |
//! | could not be told | inconclusive | inconclusive | inconclusive, which weighs nothing |
//!
//! A requirement that a journey gave no occasion to check (a rule about events that were not heard) has no verdict.
//!
//! Any recording can be judged, also one that was edited by hand or broken off: nothing here panics, and what can't be
//! told is inconclusive.

mod about;
mod api;
mod cardinality;
mod case;
mod consistency;
mod constants;
mod conversation;
mod coverage;
mod cut;
mod diagnosis;
mod draft;
mod exclusive;
mod fires;
mod forwards;
mod handlers;
mod implies;
mod in_order;
mod listeners;
mod matching;
mod order;
mod payload;
mod pressed;
mod ready;
mod requirements;
mod same;
mod schema;
mod site_fields;
mod text;
mod trace;
mod unexpected;
mod whenever;

pub use about::{About, Finding};
pub use coverage::Contribution;
pub use requirements::Requirement;

use crate::recording::Recording;
use crate::site::Site;
use crate::source::globs::Pattern;
use crate::spec::Spec;
use crate::verdict::Verdict;

use case::Case;
use draft::Draft;
use requirements::{Catalogue, Demands};

/// One family of requirements: what it demands, what that is about, and how it judges a journey.
struct Family {
    name: &'static str,
    about: &'static [&'static About],
    requirements: fn(&Spec, &mut Catalogue),
    judge: fn(&Case, &mut Vec<Draft>),
}

/// The families, in the order of reports. Coverage judges all journeys together, so it has nothing to say of one.
const FAMILIES: &[Family] = &[
    Family { name: "ready", about: ready::ABOUT, requirements: ready::requirements, judge: ready::judge },
    Family { name: "api", about: api::ABOUT, requirements: api::requirements, judge: api::judge },
    Family {
        name: "constants",
        about: constants::ABOUT,
        requirements: constants::requirements,
        judge: constants::judge,
    },
    Family { name: "events", about: fires::ABOUT, requirements: fires::requirements, judge: fires::judge },
    Family {
        name: "unexpected",
        about: unexpected::ABOUT,
        requirements: unexpected::requirements,
        judge: unexpected::judge,
    },
    Family {
        name: "cardinality",
        about: cardinality::ABOUT,
        requirements: cardinality::requirements,
        judge: cardinality::judge,
    },
    Family { name: "payload", about: payload::ABOUT, requirements: payload::requirements, judge: payload::judge },
    Family { name: "site", about: site_fields::ABOUT, requirements: |_, _| {}, judge: site_fields::judge },
    Family {
        name: "consistency",
        about: consistency::ABOUT,
        requirements: consistency::requirements,
        judge: consistency::judge,
    },
    Family { name: "order", about: order::ABOUT, requirements: order::requirements, judge: order::judge },
    Family {
        name: "exclusive",
        about: exclusive::ABOUT,
        requirements: exclusive::requirements,
        judge: exclusive::judge,
    },
    Family { name: "implies", about: implies::ABOUT, requirements: implies::requirements, judge: implies::judge },
    Family {
        name: "listeners",
        about: listeners::ABOUT,
        requirements: listeners::requirements,
        judge: listeners::judge,
    },
    Family { name: "same", about: same::ABOUT, requirements: same::requirements, judge: same::judge },
    Family { name: "handlers", about: handlers::ABOUT, requirements: handlers::requirements, judge: handlers::judge },
    Family { name: "forward", about: forwards::ABOUT, requirements: |_, _| {}, judge: forwards::judge },
    Family { name: "coverage", about: coverage::ABOUT, requirements: coverage::requirements, judge: |_, _| {} },
];

/// Every requirement that a spec makes, in the order in which verdicts are sorted. (A site file's own demands on payload
/// fields, `site.X.payload.FIELD`, come with its journeys and aren't in the list.)
pub fn requirements(spec: &Spec) -> Vec<Requirement> {
    Catalogue::new(spec).by_id.into_values().collect()
}

/// What a requirement is about, by its id as a person reads it: one of a spec's, or of a site file's own.
pub fn about(spec: &Spec, id: &str) -> Option<&'static About> {
    let of_spec = Catalogue::new(spec).by_id.into_values().find(|requirement| requirement.id == *id);
    of_spec.map(|requirement| requirement.about).or_else(|| demanded_by_site(id))
}

/// What a requirement of a site file's own is about (`site.X.payload.FIELD`, `forward.*`: they are in no list), by what a
/// person typed: the kind whose form has most in common with it.
pub fn demanded_by_site(id: &str) -> Option<&'static About> {
    let of_site = |about: &&&About| SITE_FAMILIES.iter().any(|family| about.form.starts_with(family));
    let fits = |about: &&&About| {
        let glob = about.form.split('.').map(|part| if part == part.to_uppercase() { "*" } else { part });
        Pattern::new(&glob.collect::<Vec<_>>().join(".")).is_match(id)
    };
    let fixed = |about: &&&About| about.form.chars().filter(char::is_ascii_lowercase).count();
    FAMILIES.iter().flat_map(|family| family.about).filter(of_site).filter(fits).max_by_key(fixed).copied()
}

/// The families whose requirements come with a site file.
const SITE_FAMILIES: &[&str] = &["site.", "forward."];

/// All kinds of requirements, in the order of the families.
pub fn kinds() -> impl Iterator<Item = &'static About> {
    FAMILIES.iter().flat_map(|family| family.about).copied()
}

/// Judges recordings by one spec and one site file.
pub struct Judge<'a>(Demands<'a>);

impl<'a> Judge<'a> {
    /// By these.
    pub fn new(spec: &'a Spec, site: &'a Site) -> Self {
        Self(Demands::new(spec, site))
    }

    /// Judges one recording. Sorted; the same input gives the same verdicts.
    pub fn judge(&self, recording: &Recording) -> Vec<Verdict> {
        let case = Case::new(&self.0, recording);
        let mut drafts = Vec::new();
        for family in FAMILIES {
            (family.judge)(&case, &mut drafts);
        }
        draft::settle(pressed::excused(&case, drafts))
    }
}

impl std::fmt::Debug for Judge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Judge").finish_non_exhaustive()
    }
}

/// Judges one recording. Of several by the same spec and site file, [`Judge`] makes less work.
pub fn judge(spec: &Spec, site: &Site, recording: &Recording) -> Vec<Verdict> {
    Judge::new(spec, site).judge(recording)
}

/// Judges what all journeys of a run reached together, for each browser among them: of each the [`Contribution`] of the
/// attempt that counts. `selected`: names of the journeys that were to be run.
pub fn coverage(spec: &Spec, site: &Site, all: &[Contribution], selected: &[String]) -> Vec<Verdict> {
    coverage::coverage(spec, site, all, selected)
}
