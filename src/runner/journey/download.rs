//! The file that a step's click downloads: waited for, and looked into.
//!
//! Boundary: reads the file where the browser has put it; nothing is kept of it.

use std::io::Read as _;
use std::path::Path;

use tokio::time::Instant;

use super::{Walk, bounded, error};
use crate::browser::download::Ended;
use crate::recording::StepError;
use crate::site::download::Wanted;
use crate::site::{Act, Step, StepTiming};
use crate::source::globs::Pattern;

/// Bytes that are read of a file.
const MOST: u64 = 50 << 20;

impl Walk<'_> {
    /// A file is waited for from now on, if the step wants one; how many there were before.
    pub(super) fn expect_file(&self, step: &Step, wanted: bool) -> usize {
        match (&step.act, self.window_of(step)) {
            (Act::Download { .. }, Ok(window)) => window.expect_file(wanted),
            _ => 0,
        }
    }

    /// Waits for the step's file, the first after so many others, and compares it with what is wanted.
    pub(super) async fn downloaded(&self, step: &Step, before: usize, timing: &StepTiming) -> Result<(), StepError> {
        let Act::Download { file: wanted, .. } = &step.act else { return Ok(()) };
        let ended = self.window_of(step)?.file_after(before, Instant::now() + timing.timeout).await;
        self.expect_file(step, false);
        match ended {
            None => {
                let seconds = timing.timeout.as_secs_f32();
                Err(error("no-download", format!("no file was downloaded within {seconds} s after the click")))
            }
            Some(Ended { path: None, url }) => {
                Err(error("no-download", format!("the download of {} was broken off", bounded(&url))))
            }
            Some(Ended { path: Some(path), .. }) => self.compare(wanted, &path),
        }
    }

    fn compare(&self, wanted: &Wanted, path: &Path) -> Result<(), StepError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let wrong = |why: String| {
            let message = format!("the file `{}` {why}", bounded(&name));
            Err(StepError { candidates: vec![bounded(&name)], ..error("wrong-download", message) })
        };
        if let Some(glob) = &wanted.name
            && !Pattern::new(&self.render(glob)).is_match(&name)
        {
            return wrong(format!("hasn't the name `{}`", glob.text));
        }
        let opened = std::fs::File::open(path).and_then(|file| file.metadata().map(|about| (file, about.len())));
        let (file, bytes) = match opened {
            Ok(opened) => opened,
            Err(why) => return wrong(format!("can't be read: {why}")),
        };
        if let Some(size) = wanted.sizes.iter().find(|size| !size.fits(bytes)) {
            return wrong(format!("has {bytes} bytes, which isn't `{}`", size.text));
        }
        let Some(text) = &wanted.contains else { return Ok(()) };
        let mut content = Vec::new();
        if let Err(why) = file.take(MOST).read_to_end(&mut content) {
            return wrong(format!("can't be read: {why}"));
        }
        match String::from_utf8_lossy(&content).contains(&self.render(text)) {
            true => Ok(()),
            false => wrong(format!("doesn't contain \"{}\"", text.text)),
        }
    }
}
