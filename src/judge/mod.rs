//! Pure: `(spec, site, recording) -> verdicts`. One family of requirements per file.

use crate::recording::Recording;
use crate::site::Site;
use crate::spec::Spec;
use crate::verdict::Verdict;

/// Judges one recording. Sorted; the same input gives the same verdicts.
pub fn judge(_spec: &Spec, _site: &Site, _recording: &Recording) -> Vec<Verdict> {
    Vec::new()
}

/// Judges what all recordings of a run reached together, for each browser among them. `selected`: names of the
/// journeys that were run.
pub fn coverage(_spec: &Spec, _site: &Site, _recordings: &[Recording], _selected: &[String]) -> Vec<Verdict> {
    Vec::new()
}
