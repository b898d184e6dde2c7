//! A journey of messages that are at hand, without a browser: for fuzzing.

use std::sync::Arc;

use super::analytics::Ways;
use super::recorder::Recorder;
use super::{Options, Silent, Subject};
use crate::browser::{BrowserKind, rehearsal};
use crate::error::Result;
use crate::recording::{BrowserInfo, Ending, FORMAT, FileCopy, Recording, RunInfo, StepOutcome, StepRecord};
use crate::site::template::Variables;
use crate::site::{Site, VISITOR};
use crate::spec::Spec;

/// What would have been recorded, had a browser sent these messages during a journey whose steps were all done; see
/// [`rehearsal::rehearse`].
///
/// # Errors
/// [`crate::error::Error::Usage`] if an address of the site file isn't valid.
pub async fn rehearse(spec: &Spec, site: &Site, options: &Options, journey: &str, messages: &str) -> Result<Recording> {
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let subject = Subject::new(spec, site, options, Arc::new(Silent), cancel)?;
    let run_id = options.run_id.clone();
    let variables = Variables { env: options.env.clone(), run_id: run_id.clone(), journey: journey.to_owned() };
    let ways = Ways::new(&subject, &variables);
    let recorder = Recorder::new(subject.progress.clone(), BrowserKind::Chromium, journey, ways.clone());
    rehearsal::rehearse(messages, recorder.sink(VISITOR), ways.watch.clone()).await;
    let steps = site.journeys.get(journey).into_iter().flat_map(|journey| &journey.steps).map(|step| StepRecord {
        index: step.index,
        actor: step.actor.clone(),
        text: step.describe(),
        span: step.span,
        began_ms: Some(step.index as f64),
        acted_ms: Some(step.index as f64),
        outcome: StepOutcome::Done,
    });
    let recording = Recording {
        format: FORMAT.to_owned(),
        chatproof: env!("CARGO_PKG_VERSION").to_owned(),
        run: RunInfo { id: run_id, started_at: String::new(), base_url: subject.base_url.to_string() },
        spec: FileCopy { name: spec.source.name.clone(), text: spec.source.text.to_string() },
        site: FileCopy { name: site.source.name.clone(), text: site.source.text.to_string() },
        baseline: None,
        browser: BrowserInfo {
            name: BrowserKind::Chromium.name().to_owned(),
            version: String::new(),
            driver: String::new(),
            driver_version: String::new(),
            platform: String::new(),
            headless: true,
        },
        journey: journey.to_owned(),
        attempt: 1,
        steps: steps.collect(),
        observations: recorder.take(),
        ending: Ending::Complete,
        took_ms: 0.0,
        sights: Vec::new(),
    };
    Ok(recording.masked(&subject.secrets))
}
