//! Pure: `(spec, site, recording) -> verdicts`. One family of requirements per file.
//!
//! How a recording is judged: [`trace`] tells in which step each thing was heard; [`conversation`] to which
//! conversation each event belongs; [`matching`] pairs events with the steps that were to cause them; then every
//! family of [`FAMILIES`] looks at that and drafts verdicts; [`draft`] settles which breach explains which. Families
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

mod api;
mod cardinality;
mod case;
mod consistency;
mod constants;
mod conversation;
mod coverage;
mod diagnosis;
mod draft;
mod exclusive;
mod fires;
mod handlers;
mod implies;
mod matching;
mod order;
mod payload;
mod ready;
mod requirements;
mod schema;
mod site_fields;
mod text;
mod trace;
mod unexpected;

pub use requirements::Requirement;

use crate::recording::Recording;
use crate::site::Site;
use crate::spec::Spec;
use crate::verdict::Verdict;

use case::Case;
use draft::Draft;
use requirements::Catalogue;

/// One family of requirements: what it demands, and how it judges a journey.
struct Family {
    name: &'static str,
    requirements: fn(&Spec, &mut Catalogue),
    judge: fn(&Case, &mut Vec<Draft>),
}

/// The families, in the order of reports. Coverage judges all journeys together, so it has nothing to say of one.
const FAMILIES: &[Family] = &[
    Family { name: "ready", requirements: ready::requirements, judge: ready::judge },
    Family { name: "api", requirements: api::requirements, judge: api::judge },
    Family { name: "constants", requirements: constants::requirements, judge: constants::judge },
    Family { name: "events", requirements: fires::requirements, judge: fires::judge },
    Family { name: "unexpected", requirements: unexpected::requirements, judge: unexpected::judge },
    Family { name: "cardinality", requirements: cardinality::requirements, judge: cardinality::judge },
    Family { name: "payload", requirements: payload::requirements, judge: payload::judge },
    Family { name: "site", requirements: |_, _| {}, judge: site_fields::judge },
    Family { name: "consistency", requirements: consistency::requirements, judge: consistency::judge },
    Family { name: "order", requirements: order::requirements, judge: order::judge },
    Family { name: "exclusive", requirements: exclusive::requirements, judge: exclusive::judge },
    Family { name: "implies", requirements: implies::requirements, judge: implies::judge },
    Family { name: "handlers", requirements: handlers::requirements, judge: handlers::judge },
    Family { name: "coverage", requirements: coverage::requirements, judge: |_, _| {} },
];

/// Every requirement that a spec makes, in the order in which verdicts are sorted. (A site file's own demands on payload
/// fields, `site.X.payload.FIELD`, come with its journeys and aren't in the list.)
pub fn requirements(spec: &Spec) -> Vec<Requirement> {
    Catalogue::new(spec).by_id.into_values().collect()
}

/// Judges one recording. Sorted; the same input gives the same verdicts.
pub fn judge(spec: &Spec, site: &Site, recording: &Recording) -> Vec<Verdict> {
    let case = Case::new(spec, site, recording);
    let mut drafts = Vec::new();
    for family in FAMILIES {
        (family.judge)(&case, &mut drafts);
    }
    draft::settle(drafts)
}

/// Judges what all recordings of a run reached together, for each browser among them. `selected`: names of the
/// journeys that were run.
pub fn coverage(spec: &Spec, site: &Site, recordings: &[Recording], selected: &[String]) -> Vec<Verdict> {
    coverage::coverage(spec, site, recordings, selected)
}
