//! Screenshots as files beside a report, for formats that name files.
//!
//! Boundary: names and bytes; [`super::write_pictures`] writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::recording::{Moment, Picture, Recording, Sight};
use crate::report::model::Report;

/// The folder beside a report.
pub const FOLDER: &str = "chatproof-screenshots";

/// The name of a sight's file; `None`: it has no picture that a server would show. `number` counts from 0.
pub fn name(recording: &Recording, number: usize, sight: &Sight) -> Option<String> {
    let ending = match sight.picture.as_ref()?.media_type.as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        // A recording may come from anywhere.
        _ => return None,
    };
    let journey = super::recording_name(recording);
    let journey = journey.strip_suffix(".json").unwrap_or(&journey);
    let what = match (sight.moment, sight.step) {
        (Moment::StepFailed, Some(step)) => format!("step-{}-failed", step + 1),
        (Moment::EventMissing, Some(step)) => format!("step-{}-event-missing", step + 1),
        _ => "end".to_owned(),
    };
    Some(format!("{journey}-{:02}-{what}.{ending}", number + 1))
}

/// The pictures of a recording: names, and whether each is of this moment and step.
pub fn of<'a>(recording: &'a Recording, wanted: impl Fn(&Sight) -> bool + 'a) -> impl Iterator<Item = String> + 'a {
    let all = recording.sights.iter().enumerate().filter(move |(_, sight)| wanted(sight));
    all.filter_map(|(number, sight)| name(recording, number, sight))
}

/// All pictures of a report with their names, all attempts included. Those that can't be read are left out.
pub fn all(report: &Report) -> impl Iterator<Item = (String, Vec<u8>)> + '_ {
    let recordings = report.journeys.iter().flat_map(|journey| {
        journey.earlier.iter().map(|attempt| &attempt.recording).chain(std::iter::once(&journey.recording))
    });
    recordings.flat_map(|recording| {
        recording.sights.iter().enumerate().filter_map(move |(number, sight)| {
            let Picture { data, .. } = sight.picture.as_ref()?;
            Some((name(recording, number, sight)?, STANDARD.decode(data).ok()?))
        })
    })
}
