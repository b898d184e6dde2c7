//! What the command line means here: environment and terminal come in as values, plain settings go out.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use clap::ValueEnum as _;
use serde_json::{Map, Value};

use crate::browser::BrowserKind;
use crate::browser::brands::{BRANDS, Brand};
use crate::browser::discover::Environment;
use crate::browser::hosts_proxy;
use crate::browser::product::Product;
use crate::browser::routing::{Routing, routed};
use crate::browser::wanted::refuse;
use crate::cli::args::{Browser, Common, ReportFlags, RunFlags, SessionFlags, When};
use crate::cli::assemble::Keep;
use crate::cli::collector;
use crate::cli::live::Screen;
use crate::error::{Error, Result};
use crate::report::style::Style;
use crate::report::{Format, Request};
use crate::runner::{Screenshots, Secrets};
use crate::site::place::AddressKind;
use crate::site::template::Variables;
use crate::site::{self, Site};
use crate::source::nearest::nearest;

/// Environment, terminal and clock, read once in `main`.
#[derive(Clone, Default)]
pub struct Surroundings {
    /// Environment variables; those that aren't UTF-8 are left out.
    pub vars: BTreeMap<String, String>,
    /// Standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// Standard input is a terminal: there is somebody to press Enter.
    pub stdin_is_terminal: bool,
    /// Running as root.
    pub is_root: bool,
    /// A name for this run that no other run has: `${run.id}`.
    pub run_id: String,
    /// The day, in UTC; `None` in tests to which it means nothing.
    pub today: Option<time::Date>,
    /// What relative paths begin at.
    pub directory: std::path::PathBuf,
    /// What log, errors and panics must not show; known once the site file is read.
    pub secrets: Arc<RwLock<Secrets>>,
    /// What else writes to standard error goes around the live progress that is drawn there.
    pub screen: Screen,
}

impl Surroundings {
    /// What browser discovery needs.
    pub fn discovery(&self) -> Environment {
        Environment::from_vars(&self.vars, self.is_root)
    }

    /// A variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// From now on the log shows none of these.
    pub fn hide(&self, secrets: Secrets) {
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = secrets;
    }

    /// A text without what is hidden.
    pub fn mask(&self, text: &str) -> String {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).mask(text)
    }

    /// Whether a window could be shown.
    pub fn has_display(&self) -> bool {
        cfg!(target_os = "macos") || self.var("DISPLAY").is_some() || self.var("WAYLAND_DISPLAY").is_some()
    }
}

/// Without the environment.
impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("run_id", &self.run_id).finish_non_exhaustive()
    }
}

/// How to write to the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// For standard output.
    pub stdout: Style,
    /// For standard error.
    pub stderr: Style,
    /// Neither progress nor the terminal report.
    pub quiet: bool,
    /// Steps and events while they happen.
    pub verbose: bool,
    /// Standard error is a terminal on which lines can be drawn anew. A CI server's isn't, even if it says so: its log
    /// keeps all that was ever drawn.
    pub live: bool,
}

impl Output {
    /// Resolves colour: the flag, else `NO_COLOR`, else `CLICOLOR_FORCE`, else whether it is a capable terminal. A CI
    /// server's terminal is capable whatever `TERM` says.
    pub fn resolve(common: &Common, surroundings: &Surroundings) -> Self {
        let capable = surroundings.var("CI").is_some() || surroundings.var("TERM").is_some_and(|term| term != "dumb");
        let style = |is_terminal: bool| Style {
            on: match common.color {
                When::Always => true,
                When::Never => false,
                When::Auto if surroundings.var("NO_COLOR").is_some() => false,
                When::Auto if surroundings.var("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
                When::Auto => is_terminal && capable,
            },
        };
        Self {
            stdout: style(surroundings.stdout_is_terminal),
            stderr: style(surroundings.stderr_is_terminal),
            quiet: common.quiet,
            verbose: common.verbose > 0,
            live: surroundings.stderr_is_terminal
                && surroundings.var("CI").is_none()
                && surroundings.var("TERM").is_some_and(|term| term != "dumb"),
        }
    }
}

/// Which of the site file's `browsers` a run asks for, by name.
pub fn listed<'s>(flags: &RunFlags, site: &'s Site) -> Vec<&'s str> {
    let names = site.browsers.iter().map(|browser| browser.name.as_str());
    names.filter(|name| flags.browser.is_empty() || flags.browser.iter().any(|asked| asked == name)).collect()
}

/// The visitors that `--visitors` names, each once; none: those that the journeys name.
///
/// # Errors
/// [`Error::Usage`] for a name that the site file doesn't have.
pub fn visitors(named: &[String], site: &Site) -> Result<Vec<String>> {
    if site.visitors.is_empty() && !named.is_empty() {
        return Err(Error::Usage("--visitors: the site file has no `visitors`".to_owned()));
    }
    if named.iter().any(|name| name == "all") {
        return Ok(site.visitors.keys().cloned().collect());
    }
    let known = || site.visitors.keys().map(String::as_str);
    if let Some(name) = named.iter().find(|name| !site.visitors.contains_key(*name)) {
        let near = nearest(name, known()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let known = known().collect::<Vec<_>>().join(", ");
        return Err(Error::Usage(format!(
            "--visitors {name}: there is no such visitor{near}\nthe visitors are: {known}; `all` means each of them"
        )));
    }
    Ok(site.visitors.keys().filter(|name| named.contains(name)).cloned().collect())
}

/// The browsers that a run asks for, each once: those named, else all that the site file lists, else Firefox.
///
/// # Errors
/// [`Error::Usage`] for a name that nobody knows, and for a capability that can't be asked for.
pub fn browsers(flags: &RunFlags, site: &Site, surroundings: &Surroundings) -> Result<Vec<Product>> {
    let variables =
        Variables { env: surroundings.vars.clone(), run_id: surroundings.run_id.clone(), ..Variables::default() };
    let listed = |name: &str| site.browsers.iter().find(|browser| browser.name == name);
    let of_list = |browser: &site::Browser| {
        let brand = Brand::named(browser.brand).unwrap_or(&BRANDS[0]);
        Product::new(&browser.name, brand, browser.capabilities(&variables))
    };
    let mut asked = Vec::new();
    for name in &flags.browser {
        let kind = || Browser::from_str(name, true).ok().map(|browser| Product::from(<&Brand>::from(browser)));
        let product = listed(name).map(of_list).or_else(kind).ok_or_else(|| {
            let own = BRANDS.iter().map(|brand| brand.name);
            let known: Vec<&str> = site.browsers.iter().map(|browser| browser.name.as_str()).chain(own).collect();
            let near = nearest(name, known.iter().copied())
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            Error::Usage(format!(
                "--browser {name}: there is no such browser{near}\nthe browsers are: {}",
                known.join(", ")
            ))
        })?;
        asked.push(product);
    }
    if asked.is_empty() {
        asked.extend(site.browsers.iter().map(of_list));
    }
    let remote = flags.webdriver.is_some();
    let asked = products(asked, &flags.sessions_of, remote)?;
    let mut routing = routing(site, &variables, remote)?;
    if !remote && !routing.hosts.is_empty() && asked.iter().any(|product| product.kind() == BrowserKind::Firefox) {
        let port = hosts_proxy::port(&routing.hosts);
        let failed = |cause| Error::Other(format!("no proxy can be had on this machine for `hosts`: {cause}"));
        routing.hosts_port = Some(port.map_err(failed)?);
    }
    let all = asked.iter().map(|product| routed(product, &routing).map_err(|why| format!("{}: {why}", product.name())));
    all.collect::<std::result::Result<_, _>>().map_err(Error::Usage)
}

/// How browsers get into the network: as the site file says, else as the environment of this machine does, for browsers that
/// run here.
fn routing(site: &Site, variables: &Variables, remote: bool) -> Result<Routing> {
    let routing = match &site.route.proxy {
        Some(proxy) => {
            let wrong = |why: String| Error::Usage(format!("proxy `{}`: {why}", proxy.text));
            let address = proxy.render_address(variables, AddressKind::Reference).map_err(wrong)?;
            Routing::through(&address).map_err(wrong)?.sparing(&variables.env)
        }
        None if remote => Routing::default(),
        None => Routing::of_environment(&variables.env).map_err(Error::Usage)?.sparing(&variables.env),
    };
    Ok(Routing { hosts: site.route.hosts.clone(), ..routing })
}

/// The browsers of the command line alone, each once; Firefox if none is named.
///
/// # Errors
/// [`Error::Usage`] for a capability that can't be asked for.
pub fn kinds(named: &[Browser], flags: &SessionFlags, remote: bool) -> Result<Vec<Product>> {
    products(named.iter().map(|browser| <&Brand>::from(*browser).into()).collect(), flags, remote)
}

fn products(asked: Vec<Product>, flags: &SessionFlags, remote: bool) -> Result<Vec<Product>> {
    let asked = if asked.is_empty() { vec![BrowserKind::Firefox.into()] } else { asked };
    let more: Map<String, Value> = flags.capability.iter().cloned().collect();
    let mut out = Vec::new();
    for product in asked {
        let product = if more.is_empty() { product } else { product.with(&more) };
        if let Some(why) = refuse(&product, remote) {
            return Err(Error::Usage(format!("{}: {why}", product.name())));
        }
        if !out.contains(&product) {
            out.push(product);
        }
    }
    Ok(out)
}

/// The reports to write. The terminal's own comes first, unless another one goes to standard output.
///
/// # Errors
/// [`Error::Usage`] if two reports go to standard output or to one file.
pub fn reports(asked: &[Request], quiet: bool) -> Result<Vec<Request>> {
    let mut out = asked.to_vec();
    if !quiet && !out.iter().any(|request| request.path.is_none()) {
        out.insert(0, Request { format: Format::Terminal, path: None });
    }
    for (at, request) in out.iter().enumerate() {
        if out[..at].iter().any(|other| other.path == request.path) {
            let place = place(request).unwrap_or_else(|| "standard output".to_owned());
            return Err(Error::Usage(format!(
                "two reports go to {place}; give one of them another path: `--report json=PATH`"
            )));
        }
    }
    Ok(out)
}

/// Where a report goes, as messages may have it; `None`: to standard output.
pub fn place(request: &Request) -> Option<String> {
    let address = request.address().map(|address| collector::shown(&address));
    address.or_else(|| request.path.as_ref().map(|path| path.display().to_string()))
}

/// What the reports need of each journey.
pub fn keep(flags: &ReportFlags) -> Keep {
    flags.details.keep(flags.list.iter().map(|request| request.format))
}

/// Which screenshots to take. Where nobody could see them they would only take time.
pub fn screenshots(flags: &RunFlags) -> Screenshots {
    let shown = |request: &Request| request.format == Format::Html || request.format.names_pictures();
    match flags.screenshots {
        Some(shots) => shots.into(),
        None if flags.save_recordings.is_some() || flags.reports.list.iter().any(shown) => Screenshots::On,
        None => Screenshots::Off,
    }
}

/// The names that match one of the globs, in their own order; all, if there is no glob.
///
/// # Errors
/// [`Error::Usage`] for a glob that can't be read or that matches nothing, with the names there are.
pub fn select<'n>(names: impl IntoIterator<Item = &'n str>, only: &[String]) -> Result<Vec<String>> {
    select_from(("journey", "journeys"), names, only)
}

/// The same for names of anything: `noun` in the singular and the plural.
///
/// # Errors
/// As [`select`].
pub fn select_from<'n>(
    (one, many): (&str, &str),
    names: impl IntoIterator<Item = &'n str>,
    only: &[String],
) -> Result<Vec<String>> {
    let names: Vec<&str> = names.into_iter().collect();
    let mut matchers = Vec::new();
    for glob in only {
        let matcher = globset::Glob::new(glob)
            .map_err(|cause| Error::Usage(format!("--only {glob}: {}", cause.kind())))?
            .compile_matcher();
        if !names.iter().any(|name| matcher.is_match(name)) {
            let help = crate::source::nearest::nearest(glob, names.iter().copied())
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(Error::Usage(format!(
                "--only {glob} matches no {one}{help}\nthe {many} are: {}",
                names.join(", ")
            )));
        }
        matchers.push(matcher);
    }
    let wanted = |name: &&&str| matchers.is_empty() || matchers.iter().any(|matcher| matcher.is_match(name));
    Ok(names.iter().filter(wanted).map(|name| (*name).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(when: When, terminal: bool, vars: &[(&str, &str)]) -> bool {
        let common = Common { color: when, verbose: 0, quiet: false };
        let surroundings = Surroundings {
            vars: vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            stdout_is_terminal: terminal,
            ..Surroundings::default()
        };
        Output::resolve(&common, &surroundings).stdout.on
    }

    #[test]
    fn colour_where_fit() {
        assert!(colour(When::Auto, true, &[("TERM", "xterm")]));
        assert!(colour(When::Auto, true, &[("CI", "true")]));
        assert!(!colour(When::Auto, false, &[("TERM", "xterm"), ("CI", "true")]));
        assert!(!colour(When::Auto, true, &[("TERM", "dumb")]));
        assert!(!colour(When::Auto, true, &[("TERM", "xterm"), ("NO_COLOR", "1")]));
        assert!(colour(When::Auto, true, &[("TERM", "xterm"), ("NO_COLOR", "")]));
        assert!(colour(When::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colour(When::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(colour(When::Always, false, &[("NO_COLOR", "1")]));
        assert!(!colour(When::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }

    #[test]
    fn progress_is_live_where_lines_can_be_drawn_anew() {
        let live = |terminal: bool, vars: &[(&str, &str)]| {
            let common = Common { color: When::Never, verbose: 0, quiet: false };
            let surroundings = Surroundings {
                vars: vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
                stderr_is_terminal: terminal,
                ..Surroundings::default()
            };
            Output::resolve(&common, &surroundings).live
        };
        assert!(live(true, &[("TERM", "xterm")]));
        assert!(!live(false, &[("TERM", "xterm")]));
        assert!(!live(true, &[("TERM", "xterm"), ("CI", "true")]));
        assert!(!live(true, &[("TERM", "dumb")]));
    }

    #[test]
    fn the_terminal_report_gives_way() {
        let request = |text: &str| text.parse::<Request>().unwrap();
        let formats = |asked: &[&str], quiet| {
            let asked: Vec<Request> = asked.iter().map(|text| request(text)).collect();
            reports(&asked, quiet).map(|list| list.iter().map(|r| r.format).collect::<Vec<_>>())
        };
        assert_eq!(formats(&[], false).unwrap(), [Format::Terminal]);
        assert_eq!(formats(&[], true).unwrap(), []);
        assert_eq!(formats(&["json=a"], false).unwrap(), [Format::Terminal, Format::Json]);
        assert_eq!(formats(&["json"], false).unwrap(), [Format::Json]);
        assert!(formats(&["json", "junit"], false).is_err());
        assert!(formats(&["json=a", "junit=a"], false).is_err());
    }

    #[test]
    fn journeys_are_selected_by_glob() {
        let names = ["live-chat", "live-timeout", "booking"];
        let select = |only: &[&str]| select(names, &only.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>());
        assert_eq!(select(&[]).unwrap(), names);
        assert_eq!(select(&["booking", "live-c*"]).unwrap(), ["live-chat", "booking"]);
        let text = select(&["live-*", "bookin"]).unwrap_err().to_string();
        assert!(
            text.contains("did you mean `booking`?") && text.contains("live-chat, live-timeout, booking"),
            "{text}"
        );
        assert!(select(&["{"]).is_err());
    }
}
