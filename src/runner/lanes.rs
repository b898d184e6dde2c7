//! Sessions that journeys are run in, one of which is a lane. They stay open between rounds where that is asked for.
//!
//! Boundary: opens and closes; who runs what where is for `schedule.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::opened::Browser;
use super::progress::LaneId;
use super::subject::Subject;
use crate::browser::BrowserKind;
use crate::browser::product::Product;
use crate::error::Result;

/// Where the time of one session went.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Which session.
    pub lane: LaneId,
    /// From starting the driver to a session with its socket.
    pub start: Duration,
    /// All journeys.
    pub journeys: Duration,
    /// Ending session, browser and driver; nothing, if it stays open.
    pub end: Duration,
}

/// An open session.
#[derive(Debug)]
pub struct Lane {
    /// Which.
    pub id: LaneId,
    /// Places for journeys, for whoever runs several in one task.
    pub room: Semaphore,
    /// The browser.
    pub browser: Browser,
    /// How it was opened, which can't be changed any more.
    opened: Opened,
}

impl Lane {
    /// Frames of other sites share their page's process in it.
    pub fn loses_no_frame(&self) -> bool {
        self.opened.one_process
    }
}

/// How a session is opened, beyond which browser it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Opened {
    /// It accepts insecure certificates.
    insecure: bool,
    /// Frames of other sites share their page's process, so that none is lost.
    one_process: bool,
}

/// Sessions that are open while nothing is run in them. Dropped, their browsers are killed; [`Lanes::close`] ends them and
/// waits for it.
#[derive(Debug, Default)]
pub struct Lanes {
    idle: Mutex<Vec<Lane>>,
    keep: bool,
    keep_windows: bool,
    /// A frame was lost before.
    one_process: AtomicBool,
}

impl Lanes {
    /// Sessions that stay open for the next round.
    pub fn kept() -> Self {
        Self { keep: true, ..Self::default() }
    }

    /// See [`Browser::keep_windows`].
    pub fn keeping_windows() -> Self {
        Self { keep_windows: true, ..Self::default() }
    }

    /// From now on Chromium is opened with site isolation off, so that no frame is lost.
    pub(super) fn lose_no_frame(&self) {
        self.one_process.store(true, Ordering::Relaxed);
    }

    /// How many sessions of a browser are idle.
    pub(super) fn idle(&self, browser: &Product) -> usize {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.iter().filter(|lane| lane.id.browser == *browser).count()
    }

    /// One that is idle and fits the subject, else a new one. `one_process`: one that loses no frame. `needless`: ends as soon
    /// as nobody needs it any more.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub(super) async fn take(
        &self,
        id: &LaneId,
        jobs: usize,
        subject: &Subject<'_>,
        one_process: bool,
        needless: impl Future<Output = ()> + Send,
    ) -> Result<Lane> {
        let chromium = id.browser.kind() == BrowserKind::Chromium;
        let one_process = chromium && (one_process || self.one_process.load(Ordering::Relaxed));
        let opened = Opened { insecure: subject.site.accept_insecure_certs, one_process };
        while let Some(lane) = self.idle_of(&id.browser) {
            if lane.opened == opened && lane.browser.loss(false).is_none() {
                return Ok(Lane { id: id.clone(), room: Semaphore::new(jobs), ..lane });
            }
            lane.browser.close().await;
        }
        let browser = Browser::open(id.clone(), subject, one_process, needless).await?;
        if self.keep_windows {
            browser.keep_windows();
        }
        Ok(Lane { id: id.clone(), room: Semaphore::new(jobs), browser, opened })
    }

    fn idle_of(&self, browser: &Product) -> Option<Lane> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().position(|lane| lane.id.browser == *browser)?;
        Some(idle.swap_remove(at))
    }

    /// Nothing more is to be run in it for now.
    pub(super) async fn give(&self, lane: Lane) {
        if self.keep {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(lane);
        } else {
            lane.browser.close().await;
        }
    }

    /// Ends all sessions that are idle, and waits until they have gone.
    pub async fn close(self) {
        self.close_idle().await;
    }

    /// The same for those that are idle now.
    pub async fn close_idle(&self) {
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        futures_util::future::join_all(idle.into_iter().map(|lane| lane.browser.close())).await;
    }
}
