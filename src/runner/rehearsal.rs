//! A journey of messages and requests that are at hand, without a browser: for fuzzing.

use std::sync::Arc;

use super::analytics::Ways;
use super::options::Options;
use super::progress::{LaneId, Silent};
use super::recorder::Recorder;
use super::subject::Subject;
use crate::browser::routes::Heard;
use crate::browser::traffic::{Seen, Watching};
use crate::browser::{BrowserKind, rehearsal};
use crate::error::Result;
use crate::recording::{BrowserInfo, Ending, FORMAT, FileCopy, Recording, RunInfo, StepOutcome, StepRecord};
use crate::site::template::Variables;
use crate::site::{Site, VISITOR};
use crate::spec::Spec;

/// A journey whose steps were all done, and what stays the same however often it is recorded: a search tries thousands of
/// inputs a second, and what doesn't hang on any of them is made once.
pub struct Stage<'a> {
    subject: Subject<'a>,
    ways: Ways,
    journey: String,
    /// The recording, before anything was heard, masked.
    before: Recording,
}

impl<'a> Stage<'a> {
    /// The stage of one journey.
    ///
    /// # Errors
    /// [`crate::error::Error::Usage`] if an address of the site file isn't valid.
    pub fn new(spec: &'a Spec, site: &'a Site, options: &'a Options, journey: &str) -> Result<Self> {
        let (_, cancel) = tokio::sync::watch::channel(false);
        let subject = Subject::new(spec, site, options, Arc::new(Silent), cancel)?;
        let variables =
            Variables { env: options.env.clone(), run_id: options.run_id.clone(), journey: journey.to_owned() };
        let ways = Ways::new(&subject, &variables);
        let steps = site.journeys.get(journey).into_iter().flat_map(|journey| &journey.steps).map(|step| StepRecord {
            index: step.index,
            actor: step.actor.clone(),
            text: step.describe(),
            span: step.span,
            by: step.by.clone(),
            began_ms: Some(step.index as f64),
            acted_ms: Some(step.index as f64),
            outcome: StepOutcome::Done,
        });
        let before = Recording {
            format: FORMAT.to_owned(),
            chatproof: env!("CARGO_PKG_VERSION").to_owned(),
            run: RunInfo {
                id: options.run_id.clone(),
                started_at: String::new(),
                base_url: subject.base_url.to_string(),
            },
            spec: FileCopy::from(&spec.source),
            site: FileCopy::from(&site.source),
            baseline: None,
            browser: BrowserInfo {
                name: BrowserKind::Chromium.name().to_owned(),
                version: String::new(),
                driver: String::new(),
                driver_version: String::new(),
                platform: String::new(),
                headless: true,
            },
            visitor: None,
            journey: journey.to_owned(),
            attempt: 1,
            steps: steps.collect(),
            observations: Vec::new(),
            ending: Ending::Complete,
            took_ms: 0.0,
            sights: Vec::new(),
        };
        Ok(Self { before: before.masked(&subject.secrets), journey: journey.to_owned(), subject, ways })
    }

    /// What would have been recorded, had a browser sent these messages; see [`rehearsal::rehearse`].
    pub async fn hears(&self, messages: &str) -> Recording {
        let recorder = self.recorder();
        rehearsal::rehearse(messages, recorder.sink(VISITOR), self.ways.watch.clone()).await;
        self.recorded(&recorder)
    }

    /// What would have been recorded, had the page sent a request between two sayings of the listener's, each a batch a line.
    /// `later`: the request's body was shown after it.
    pub fn sends(&self, said: [&str; 2], mut request: Seen, later: bool) -> Recording {
        let recorder = self.recorder();
        let sink = recorder.sink(VISITOR);
        let say = |said: &str| {
            for line in said.lines() {
                sink.heard(rehearsal::WINDOW, Heard::Message(line.to_owned()));
            }
        };
        say(said[0]);
        let body = request.body.take_if(|_| later).map(|body| Heard::RequestBody {
            id: request.id.clone(),
            content_type: request.content_type.clone(),
            content_encoding: request.content_encoding.clone(),
            body,
        });
        sink.heard(rehearsal::WINDOW, Heard::Request(Box::new(request)));
        if let Some(body) = body {
            sink.heard(rehearsal::WINDOW, body);
        }
        say(said[1]);
        self.recorded(&recorder)
    }

    fn recorder(&self) -> Arc<Recorder> {
        let progress = self.subject.progress.clone();
        let lane = LaneId { browser: BrowserKind::Chromium.into(), nth: 1 };
        let recorder = Recorder::new(progress, lane, &self.journey, self.ways.clone());
        if !self.ways.is_empty() {
            recorder.note(VISITOR, "", self.ways.watched(Watching { by: "cdp", unseen: Vec::new() }));
        }
        recorder
    }

    fn recorded(&self, recorder: &Recorder) -> Recording {
        let mut recording = self.before.clone();
        // They are masked, whatever was heard.
        let steps = std::mem::take(&mut recording.steps);
        recording.observations = recorder.take();
        Recording { steps, ..recording.masked(&self.subject.secrets) }
    }
}
