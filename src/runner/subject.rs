//! What is run: a site with its spec at a base URL, and who hears of it.

use std::sync::{Arc, OnceLock};

use tokio::sync::watch;

use super::files;
use super::looking::Looking;
use super::options::{Options, check_addresses};
use super::progress::{Masked, Progress};
use super::states::check_states;
use super::visitors::check_visitors;
use crate::browser::Remote;
use crate::error::{Error, Result};
use crate::recording::{FileCopy, Recording};
use crate::secrets::Secrets;
use crate::site::{Journey, Site};
use crate::spec::Spec;

/// Which journeys are walked again. What makes a journey a failure is for those to say who know the spec's rules.
#[derive(Clone, Copy, Default)]
pub struct Retrying<'a> {
    /// At most so many times each, after the first attempt.
    pub times: u32,
    /// Whether a recording calls for another attempt.
    pub again: Option<&'a (dyn Fn(&Recording) -> bool + Sync)>,
}

/// What is walked: a site with its spec at a base URL, and who is told of it.
pub struct Subject<'a> {
    /// How to listen.
    pub spec: &'a Spec,
    /// Journeys and actors.
    pub site: &'a Site,
    /// How to run.
    pub options: &'a Options,
    /// How a person looks on; nobody does, unless it is set.
    pub looking: Looking,
    /// Whether journeys are walked again; they aren't, unless it is set.
    pub retrying: Retrying<'a>,
    /// Who takes each recording as soon as it has been saved, so that none is held. The outcome has them unless it is set. An
    /// attempt whose session was lost is followed by another one under the same number, or by the first one again.
    pub taking: Option<&'a (dyn Fn(Recording) + Sync)>,
    /// The known failures, put into each recording so that it can be judged alone. The runner doesn't look at them.
    pub baseline: Option<FileCopy>,
    /// The driver or grid that is already running, and what was found out about it.
    remote: OnceLock<Remote>,
    pub(super) base_url: url::Url,
    pub(super) secrets: Secrets,
    pub(super) progress: Arc<dyn Progress>,
    pub(super) cancel: watch::Receiver<bool>,
}

impl<'a> Subject<'a> {
    /// Resolves the base URL. When `cancel` becomes true, journeys under way end with what they have.
    ///
    /// # Errors
    /// [`Error::Usage`] if the base URL can't be opened by a browser, or a browser can't have a visitor.
    pub fn new(
        spec: &'a Spec,
        site: &'a Site,
        options: &'a Options,
        progress: Arc<dyn Progress>,
        cancel: watch::Receiver<bool>,
    ) -> Result<Self> {
        let base_url = check_addresses(site, options)?;
        check_visitors(site, options)?;
        files::check(site, options)?;
        check_states(site, options, &base_url)?;
        options.states.hide(options, (spec, site));
        let secrets = options.secrets(spec, site);
        let progress: Arc<dyn Progress> = Arc::new(Masked { progress, secrets: secrets.clone() });
        let (looking, retrying) = (Looking::default(), Retrying::default());
        Ok(Self {
            spec,
            site,
            options,
            looking,
            retrying,
            taking: None,
            baseline: None,
            remote: OnceLock::new(),
            base_url,
            secrets,
            progress,
            cancel,
        })
    }

    /// The driver or grid that is already running, if the options name one.
    ///
    /// # Errors
    /// [`Error::Browser`] if no connection can be made there.
    pub(super) fn remote(&self) -> Result<Option<&Remote>> {
        let Some(address) = &self.options.webdriver else { return Ok(None) };
        if let Some(remote) = self.remote.get() {
            return Ok(Some(remote));
        }
        let remote = Remote::new(address.as_str()).map_err(no_remote)?;
        Ok(Some(self.remote.get_or_init(|| remote)))
    }

    /// Whether nobody wants to know any more.
    pub fn is_cancelled(&self) -> bool {
        *self.cancel.borrow()
    }

    /// The journeys that the options select, in the site file's order.
    pub fn selected(&self) -> impl Iterator<Item = &'a Journey> {
        let (site, options) = (self.site, self.options);
        site.journeys.values().filter(|journey| options.journeys.contains(&journey.name))
    }
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").field("site", &self.site.source.name).finish_non_exhaustive()
    }
}

/// Where no connection can be made to a driver or grid.
pub(super) fn no_remote(message: String) -> Error {
    Error::Browser { message, help: Some("give an address such as http://127.0.0.1:4444".to_owned()) }
}

/// An error without what must not leave the run.
pub(super) fn masked(error: Error, secrets: &Secrets) -> Error {
    error.map_texts(|text| secrets.mask(text))
}
