//! How to run: what the command line decides, as plain values.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::analytics::Analytics;
use super::sights::Screenshots;
use super::states::States;
use crate::browser::product::Product;
use crate::error::{Error, Result};
use crate::secrets::{Learned, Secrets};
use crate::site::place::AddressKind;
use crate::site::template::{Template, Variables};
use crate::site::{Act, Site};
use crate::spec::Spec;

/// How to run.
#[derive(Clone, Default)]
pub struct Options {
    /// Which browsers, all at once.
    pub browsers: Vec<Product>,
    /// With a window.
    pub headed: bool,
    /// Journeys at once in each session.
    pub jobs: usize,
    /// Sessions of each browser; `None`: one here, and as many as a grid has free slots for, at most one for every two
    /// journeys.
    pub sessions: Option<usize>,
    /// A driver or grid that is already running.
    pub webdriver: Option<url::Url>,
    /// How long a new session may take: a grid lets it wait until a slot is free. `None`: 5 minutes there, 90 s here.
    pub session_timeout: Option<Duration>,
    /// How long journeys took the last time, in milliseconds, by browser and journey, as far as that is known: the longest
    /// are begun first.
    pub times: BTreeMap<(String, String), u64>,
    /// Names of the journeys to run, in the site file's order.
    pub journeys: Vec<String>,
    /// Names of set-ups for which journeys are run, instead of those that they name; none: as they say.
    pub visitors: Vec<String>,
    /// Instead of the site file's base URL.
    pub base_url: Option<String>,
    /// `${run.id}`
    pub run_id: String,
    /// The environment, read once.
    pub env: BTreeMap<String, String>,
    /// What becomes of requests to analytics.
    pub analytics: Analytics,
    /// Requests of all known tags are recorded, whether the site file names them or not.
    pub tags: bool,
    /// Where each recording is saved as soon as its journey ends.
    pub save_recordings: Option<PathBuf>,
    /// Which screenshots the recordings hold.
    pub screenshots: Screenshots,
    /// What journeys have left behind for others, in this run or before.
    pub states: States,
    /// What turns out to be a secret while the run is under way.
    pub learned: Learned,
}

/// The base URL that holds: the options' own, else the site file's.
///
/// # Errors
/// [`Error::Usage`] if it isn't an absolute `http` or `https` address. The text names variables, never their values.
pub fn base_url(site: &Site, options: &Options) -> Result<url::Url> {
    let literal = options.base_url.as_deref().map(Template::literal);
    let template = literal.as_ref().unwrap_or(&site.base_url);
    let wrong = |why: &str| Error::Usage(format!("base_url `{}` isn't a valid http(s) address: {why}", template.text));
    let text = template.render_address(&options.variables(""), AddressKind::Reference).map_err(|why| wrong(&why))?;
    let url = url::Url::parse(&text)
        .map_err(|error| wrong(&format!("{error} (expected something like https://staging.example.com)")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(wrong(&format!("its scheme is {other}, expected http or https"))),
    }
}

/// Whether all addresses can be opened and watched, now that their references can be replaced.
///
/// # Errors
/// [`Error::Usage`], as [`base_url`].
pub fn check_addresses(site: &Site, options: &Options) -> Result<url::Url> {
    let url = base_url(site, options)?;
    for journey in &options.journeys {
        let variables = options.variables(journey);
        let wrong = site.forwards_of(journey).find_map(|forward| forward.wrong_addresses(&variables).pop());
        if let Some(wrong) = wrong {
            return Err(Error::Usage(wrong));
        }
    }
    super::net::check(site, &url, options)?;
    Ok(url)
}

impl Options {
    pub(super) fn variables(&self, journey: &str) -> Variables {
        Variables { env: self.env.clone(), run_id: self.run_id.clone(), journey: journey.to_owned() }
    }

    /// All that must not leave a run of this site: the values of the variables that it refers to, and what the addresses
    /// hold of users and passwords, those of the command line as well.
    pub fn secrets(&self, spec: &Spec, site: &Site) -> Secrets {
        let mut secrets = Secrets::of(site, &self.env);
        let given = [self.webdriver.clone(), self.base_url.as_ref().and_then(|text| url::Url::parse(text).ok())];
        for address in given.iter().flatten() {
            secrets = secrets.and_login(address, true);
        }
        let variables = self.variables("");
        let opened = site.journeys.values().flat_map(|journey| &journey.steps).filter_map(|step| match &step.act {
            Act::Open(address) => Some(address),
            _ => None,
        });
        let written = site.actors.values().filter_map(|actor| actor.url.as_ref()).chain([&site.base_url]).chain(opened);
        for template in written {
            let rendered = template.render_address(&variables, AddressKind::Reference).ok();
            if let Some(address) = rendered.and_then(|text| url::Url::parse(&text).ok()) {
                secrets = secrets.and_login(&address, false);
            }
        }
        for login in &site.net.logins {
            let Ok(mut address) = url::Url::parse(&login.origin) else { continue };
            let user = address.set_username(&login.user.render(&variables));
            let password = address.set_password(Some(&login.password.render(&variables)));
            if user.and(password).is_ok() {
                secrets = secrets.and_login(&address, false);
            }
        }
        let named = |constant: &String| spec.payload_fields(constant).into_iter().map(str::to_owned).collect();
        let mut names: Vec<String> = spec.events.keys().flat_map(|name| -> Vec<String> { named(name) }).collect();
        names.extend(spec.events.keys().cloned());
        names.extend(spec.probe.locations.iter().map(|location| location.name.clone()));
        secrets.sparing(names.iter().map(String::as_str)).learning(&self.learned)
    }
}

/// Without the environment, and without what an address holds of a user and a password.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("browsers", &self.browsers)
            .field("jobs", &self.jobs)
            .field("journeys", &self.journeys)
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}
