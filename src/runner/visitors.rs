//! Who visits: which journeys are run for whom, in which columns, and what a browser is given for it.
//!
//! Boundary: makes a browser's [`Setup`] of what the site file says; what a browser does with it is `browser/setup.rs`'s.

use serde_json::{Map, Value};

use super::options::Options;
use super::progress::LaneId;
use super::states::state_of;
use super::subject::Subject;
use crate::browser::BrowserKind;
use crate::browser::product::Product;
use crate::browser::session::Session;
use crate::browser::setup::{Cookie, Screen, Setup};
use crate::error::{Error, Result};
use crate::recording::Visited;
use crate::site::gestures::Gesture;
use crate::site::template::{Template, Variables};
use crate::site::visitors::Visitor;
use crate::site::{Act, Journey, Site, VISITOR};

/// What a window without a screen measures, if nothing else is said: every run gets the same.
const SIZE: (u32, u32) = (1280, 800);

impl<'a> Subject<'a> {
    /// All that is to be run: each selected journey in each browser, once for each of its visitors.
    pub fn work(&self) -> Vec<(Product, &'a Journey)> {
        let of = |column: Product| {
            let journeys = journeys_in(self.site, self.options, column.name());
            journeys.into_iter().map(move |journey| (column.clone(), journey)).collect::<Vec<_>>()
        };
        columns(self.site, self.options).into_iter().flat_map(of).collect()
    }
}

/// The columns of a run's reports: a browser each, or a visitor in it.
pub fn columns(site: &Site, options: &Options) -> Vec<Product> {
    let visitors = site.all_visited(&options.journeys, &options.visitors);
    let of = |browser: &Product| {
        visitors.iter().map(|visitor| in_column(site, options, browser, *visitor)).collect::<Vec<_>>()
    };
    options.browsers.iter().flat_map(of).collect()
}

/// A browser for a visitor, or for nobody in particular.
pub fn in_column(site: &Site, options: &Options, browser: &Product, visitor: Option<&str>) -> Product {
    let preferences = match browser.kind() {
        BrowserKind::Firefox => preferences(site, options, visitor),
        BrowserKind::Chromium => Map::new(),
    };
    browser.visited_by(visitor, preferences)
}

/// The selected journeys that are run in a column, by its name, in the site file's order.
pub fn journeys_in<'s>(site: &'s Site, options: &Options, column: &str) -> Vec<&'s Journey> {
    let selected = site.journeys.values().filter(|journey| options.journeys.contains(&journey.name));
    selected.filter(|journey| site.is_in_column(journey, column, &options.visitors)).collect()
}

/// Firefox's preferences for a column: its visitor's, and those of others who act beside them.
fn preferences(site: &Site, options: &Options, visitor: Option<&str>) -> Map<String, Value> {
    let mut all = Map::new();
    let others = site.actors.values().filter_map(|actor| actor.is.as_deref());
    for name in others.chain(visitor) {
        if let Some(visitor) = site.visitors.get(name) {
            all.extend(setup(visitor, BrowserKind::Firefox, &options.variables(""), "").preferences());
        }
    }
    all
}

/// Whether all visitors can be had in all browsers, as far as that can be told before one is opened.
///
/// # Errors
/// [`Error::Usage`] with what can't be had, and where it can.
pub fn check_visitors(site: &Site, options: &Options) -> Result<()> {
    for visitor in site.all_visited(&options.journeys, &options.visitors) {
        let run = site.journeys.values().filter(|journey| {
            options.journeys.contains(&journey.name) && site.visited(journey, &options.visitors).contains(&visitor)
        });
        for journey in run {
            check_fingers(site, journey, visitor)?;
            for browser in options.browsers.iter().filter(|browser| browser.kind() == BrowserKind::Firefox) {
                check_firefox(site, options, (journey, visitor), browser.name())?;
            }
        }
    }
    Ok(())
}

/// What a mouse does, and no finger.
fn check_fingers(site: &Site, journey: &Journey, visitor: Option<&str>) -> Result<()> {
    let touches = |actor: &str| {
        let name = name_of(site, actor, visitor)?;
        site.visitors.get(name).filter(|visitor| visitor.has_touch()).map(|_| name)
    };
    for step in &journey.steps {
        let (what, instead) = match &step.act {
            Act::Hover(_) => ("over which nothing hovers", "`click`"),
            Act::Gesture { gesture: Gesture::Right, .. } => ("whose fingers have no right button", "`press_and_hold`"),
            _ => continue,
        };
        if let Some(name) = touches(&step.actor) {
            return Err(Error::Usage(format!(
                "journey `{}`, step {}: `{name}` has a touch screen, {what}\n  help: run it for other visitors, or \
                 {instead}",
                journey.name,
                step.index + 1
            )));
        }
    }
    Ok(())
}

fn check_firefox(
    site: &Site,
    options: &Options,
    (journey, visitor): (&Journey, Option<&str>),
    browser: &str,
) -> Result<()> {
    let variables = options.variables("");
    let preferences = |name: Option<&str>| {
        let found = name.and_then(|name| site.visitors.get(name));
        found.map(|visitor| setup(visitor, BrowserKind::Firefox, &variables, "").preferences()).unwrap_or_default()
    };
    let mut actors: Vec<&str> = vec![VISITOR];
    actors.extend(journey.steps.iter().map(|step| step.actor.as_str()));
    for actor in actors {
        let Some(name) = name_of(site, actor, visitor) else { continue };
        if site.visitors.get(name).is_some_and(|visitor| !visitor.client_hints.is_empty()) {
            return Err(Error::Usage(format!(
                "visitor `{name}` has `client_hints`, which Firefox doesn't have ({browser})\n  help: chromium does: \
                 `--browser chromium`, or take them out",
            )));
        }
        if site.visitors.get(name).is_some_and(|visitor| visitor.network.is_some()) {
            return Err(Error::Usage(format!(
                "visitor `{name}` has a `network`, which Firefox can't slow down ({browser})\n  help: chromium can: `--browser \
                 chromium`, or take it out; `offline` can be had in both",
            )));
        }
        let (own, visitors) = (preferences(Some(name)), preferences(visitor));
        if own.iter().any(|(key, value)| visitors.get(key) != Some(value)) {
            return Err(Error::Usage(format!(
                "journey `{}`: {actor} is `{name}`, whose device, colours, motion or place Firefox can only have for all who act \
                 in a journey ({browser})\n  help: chromium can have them for one: `--browser chromium`; or let the \
                 visitor have the same",
                journey.name
            )));
        }
    }
    Ok(())
}

/// The set-up that an actor has in a column of a visitor's.
pub(super) fn name_of<'s>(site: &'s Site, actor: &str, visitor: Option<&'s str>) -> Option<&'s str> {
    if actor == VISITOR { visitor } else { site.actors.get(actor)?.is.as_deref() }
}

/// What an actor's browser is given in a column.
pub(super) fn setup_of(subject: &Subject<'_>, actor: &str, column: &Product, variables: &Variables) -> Setup {
    let (site, options, visitor) = (subject.site, subject.options, column.visitor());
    let named = name_of(site, actor, visitor).and_then(|name| site.visitors.get(name));
    let setup = named.map(|visitor| setup(visitor, column.kind(), variables, subject.base_url.as_str()));
    let setup = setup.unwrap_or_default();
    // With a window that somebody looks at, the page is as that is.
    let size = setup.screen.size.or(site.viewport).or((!options.headed).then_some(SIZE));
    Setup { screen: Screen { size, ..setup.screen }, state: state_of(subject, actor, column), ..setup }
}

/// What a recording says of its visitor.
pub(super) fn visited(
    subject: &Subject<'_>,
    lane: &LaneId,
    session: &Session,
    variables: &Variables,
) -> Option<Visited> {
    let name = lane.browser.visitor()?.to_owned();
    let setup = setup_of(subject, VISITOR, &lane.browser, variables);
    Some(Visited { name, set: setup.told(session.kind, &session.info.version) })
}

fn setup(visitor: &Visitor, kind: BrowserKind, variables: &Variables, base_url: &str) -> Setup {
    let device = visitor.device.as_ref().map(|(_, device)| *device);
    let size = visitor.viewport.or(device.map(|device| device.viewport));
    let mobile = device.is_some_and(|device| device.mobile);
    let mut client_hints = device.and_then(|device| device.client_hints.clone()).unwrap_or_default();
    client_hints.extend(visitor.client_hints.clone());
    let user_agent = device.and_then(|device| device.user_agent.as_ref()).map(|agents| match kind {
        BrowserKind::Firefox => agents.firefox.clone(),
        BrowserKind::Chromium => agents.chromium.clone(),
    });
    let base = url::Url::parse(base_url).ok();
    let origin = base.as_ref().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    let mut permissions = visitor.permissions.clone();
    if visitor.geolocation.is_some() {
        // A place that no page may ask for would be none.
        permissions.entry("geolocation".to_owned()).or_insert("granted");
    }
    let cookie = |(name, value): (&String, &Template)| {
        let base = base.as_ref()?;
        let (host, secure) = (base.host_str()?.to_owned(), base.scheme() == "https");
        Some(Cookie { host, secure, name: name.clone(), value: value.render(variables) })
    };
    Setup {
        screen: Screen { size, pixel_ratio: device.map(|device| device.pixel_ratio), mobile, network: visitor.network },
        // A phone's page is as large as its screen; a laptop's window may be smaller.
        device: device.map(|device| if mobile { size.unwrap_or(device.viewport) } else { device.viewport }),
        touch_points: device.map_or(0, |device| device.touch_points),
        platform: device.and_then(|device| device.platform.clone()),
        user_agent: visitor.user_agent.as_ref().map(|text| text.render(variables)).or(user_agent),
        client_hints,
        locale: visitor.locale.clone(),
        timezone: visitor.timezone.clone(),
        color_scheme: visitor.color_scheme,
        reduced_motion: visitor.reduced_motion,
        forced_colors: visitor.forced_colors,
        geolocation: visitor.geolocation.map(|place| (place.latitude, place.longitude, place.accuracy)),
        permissions: permissions.into_iter().map(|(name, state)| (origin.clone(), name, state)).collect(),
        cookies: visitor.cookies.iter().filter_map(cookie).collect(),
        local_storage: visitor
            .local_storage
            .iter()
            .map(|(origin, kept)| {
                let kept = kept.iter().map(|(key, value)| (key.clone(), value.render(variables)));
                (origin.clone(), kept.collect())
            })
            .collect(),
        state: None,
        keeps_state: false,
        offline: visitor.offline,
    }
}

/// Whether a browser that was just opened takes all set-ups of its column: a grid's may be older than this one's.
///
/// # Errors
/// [`Error::Browser`] with what it refuses.
pub(super) async fn try_on(subject: &Subject<'_>, product: &Product, session: &Session) -> Result<()> {
    let actors = subject.site.actors.iter().filter(|(_, actor)| actor.is.is_some()).map(|(name, _)| name.as_str());
    let visitor = product.visitor();
    for actor in actors.chain(visitor.map(|_| VISITOR)) {
        let setup = setup_of(subject, actor, product, &subject.options.variables(""));
        let name = name_of(subject.site, actor, visitor).unwrap_or_default();
        session.try_on(&setup).await.map_err(|unfit| Error::Browser {
            message: format!(
                "{} {} can't be given `{}` of visitor `{name}`: {}",
                session.kind.name(),
                session.info.version,
                unfit.key,
                unfit.why
            ),
            help: Some(
                "is it a value that browsers know? Firefox 153 and Chromium 156 or later can be given all that the guide's \
                 page on visitors lists for them"
                    .to_owned(),
            ),
        })?;
    }
    Ok(())
}
