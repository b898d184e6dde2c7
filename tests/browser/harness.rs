//! What the browser tests share: a server for their pages, a run of their journeys, and questions to a recording.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chatproof::browser::BrowserKind;
use chatproof::recording::{Ending, Kind, Observation, Recording, StepOutcome};
use chatproof::runner::{self, LaneId, Lanes, Options, Silent, Subject};
use chatproof::site::{self, Known, Site};
use chatproof::source::SourceFile;
use chatproof::spec::{self, Spec};
use chatproof::verdict::{Level, Outcome, Verdict};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The browsers that the calling test is run in, as `CHATPROOF_TEST_BROWSERS` asks: `both` (as without it); `one` of them,
/// by the test's name always the same one, a third of the tests in Firefox; or the `other` one. `make test` asks for `one`,
/// since both take twice as long, and CI for the `other` one after it. Chromium has more of them because Firefox needs twice the
/// processor's time for the same test; and the number that names are multiplied by is one that gives it most of those that start
/// a browser of their own.
///
/// To be asked on the test's own thread, whose name is the test's. Where tests have no thread of their own
/// (`--test-threads 1`), it's both.
pub fn browsers() -> Vec<BrowserKind> {
    let wanted = std::env::var("CHATPROOF_TEST_BROWSERS").unwrap_or_default();
    let thread = std::thread::current();
    let test = thread.name().filter(|name| name.contains("::"));
    let one = |test: &str| test.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(283).wrapping_add(byte.into())) % 3;
    match (wanted.as_str(), test) {
        ("" | "both", _) | ("one" | "other", None) => vec![BrowserKind::Firefox, BrowserKind::Chromium],
        ("one" | "other", Some(test)) if (one(test) == 0) == (wanted == "one") => vec![BrowserKind::Firefox],
        ("one" | "other", Some(_)) => vec![BrowserKind::Chromium],
        _ => panic!("CHATPROOF_TEST_BROWSERS is {wanted:?}, not `both`, `one` or `other`"),
    }
}

/// How many browsers at a time: one more than cores, for a browser waits for a third of its time; or as many as
/// `CHATPROOF_TEST_PLACES` says. Two at least. What can't bear a slow machine takes all of them: see [`alone`]. `make test`
/// runs more tests at a time than that, so that those that have a place are never fewer while others judge or install.
static PLACES: LazyLock<u32> = LazyLock::new(|| {
    let asked = std::env::var("CHATPROOF_TEST_PLACES").ok();
    let asked =
        asked.map(|asked| asked.parse().unwrap_or_else(|_| panic!("CHATPROOF_TEST_PLACES is {asked:?}, no number")));
    let cores = || std::thread::available_parallelism().map_or(2, |cores| u32::try_from(cores.get()).unwrap_or(2));
    asked.unwrap_or_else(|| cores() + 1).max(2)
});
static FREE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(*PLACES as usize));

/// How many tests wait for a browser that stays open.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Waits until a place is free for a browser; it is given back when the permit is dropped.
pub async fn place() -> SemaphorePermit<'static> {
    FREE.acquire().await.unwrap()
}

/// Browsers that stay open for the next test: a start takes as long as a journey or two.
static BROWSERS: LazyLock<Mutex<Arc<Lanes>>> = LazyLock::new(|| Mutex::new(Arc::new(Lanes::kept())));

/// What works for a browser that outlives the test that has opened it must outlive that test's runtime.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs all journeys in a browser that may be open already, and leaves it open if another test waits for one.
async fn run_in_any(spec: &Spec, site: &Site, options: &Options) -> runner::Outcome {
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let subject = Subject::new(spec, site, options, Arc::new(Silent), cancel).unwrap_or_else(|error| panic!("{error}"));
    let browsers = BROWSERS.lock().unwrap().clone();
    let outcome = runner::run_in(&browsers, &subject, &subject.work()).await;
    if !outcome.lost.is_empty() {
        // What was lost here must change nothing for the next test.
        *BROWSERS.lock().unwrap() = Arc::new(Lanes::kept());
    }
    // The last test finds nobody waiting, so nothing is left behind.
    let current = Arc::ptr_eq(&browsers, &BROWSERS.lock().unwrap());
    if !current || WAITING.load(Ordering::SeqCst) == 0 {
        browsers.close_idle().await;
    }
    outcome
}

/// Waits until nobody else is at work with a browser: for what takes the whole machine.
pub async fn alone() -> SemaphorePermit<'static> {
    FREE.acquire_many(*PLACES).await.unwrap()
}

/// One page of a test's site.
#[derive(Clone)]
pub struct Page {
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

pub fn page(path: impl Into<String>, body: impl Into<String>) -> Page {
    Page { path: path.into(), headers: vec![], body: body.into() }
}

impl Page {
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A site of pages, and `/headers`, which answers with the headers that it got; `{other}` in them is the address of the same site under another origin, `{foreign}` under another
/// registrable domain: browsers give that one a process of its own.
pub struct Pages {
    pub url: String,
}

impl Pages {
    pub async fn serve(pages: Vec<Page>) -> Self {
        let listeners = [listener().await, listener().await];
        let [url, other] = [0, 1].map(|i| format!("http://{}", listeners[i].local_addr().unwrap()));
        let foreign = other.replace("127.0.0.1", "localhost");
        let pages: Arc<Vec<Page>> = Arc::new(
            pages
                .into_iter()
                .map(|mut page| {
                    page.body = page.body.replace("{other}", &other).replace("{foreign}", &foreign);
                    page
                })
                .collect(),
        );
        for listener in listeners {
            let app = Router::new().fallback(answer).with_state(pages.clone());
            tokio::spawn(async move { axum::serve(listener, app).await });
        }
        Self { url }
    }
}

pub async fn listener() -> tokio::net::TcpListener {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap()
}

async fn answer(State(pages): State<Arc<Vec<Page>>>, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path() == "/headers" {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let got: BTreeMap<&str, String> = headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
        return ([(header::CONTENT_TYPE, "application/json")], serde_json::to_string(&got).unwrap()).into_response();
    }
    if uri.path() == "/widget.js" {
        return ([(header::CONTENT_TYPE, "text/javascript")], include_str!("widget.js")).into_response();
    }
    let Some(page) = pages.iter().find(|page| page.path == uri.path()) else {
        return (StatusCode::NOT_FOUND, "no such page").into_response();
    };
    let kind = if page.path.ends_with(".js") { "text/javascript" } else { "text/html; charset=utf-8" };
    let mut response = ([(header::CONTENT_TYPE, kind)], page.body.clone()).into_response();
    for (name, value) in &page.headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

/// An HTML page with Acme's widget in it, ready once the page has loaded.
pub fn with_widget(path: &'static str, body: &str) -> Page {
    page(
        path,
        format!(
            "<!doctype html><title>t</title><script src=/widget.js></script><body>{body}<script>addEventListener('load', () => acmeReady())</script>"
        ),
    )
}

pub fn acme() -> Spec {
    spec::parse(SourceFile::new("acme.yaml", include_str!("acme.yaml"))).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// Reads a site file's journeys (YAML below `journeys:`, and other keys before it).
pub fn site(spec: &Spec, text: &str) -> Site {
    let known = Known {
        constants: spec.events.keys().cloned().collect(),
        payload_fields: spec
            .events
            .keys()
            .map(|c| (c.clone(), spec.payload_fields(c).into_iter().map(str::to_owned).collect()))
            .collect(),
        requirements: spec.requirement_ids().iter().map(ToString::to_string).collect(),
    };
    site::parse(SourceFile::new("site.yaml", text), &known).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// What a run gave, with the means to judge it.
pub struct Ran {
    pub spec: Spec,
    pub site: Site,
    pub outcome: runner::Outcome,
    pub browser: BrowserKind,
}

/// Runs journeys against pages in one browser. `text` is a site file without `spec` and `base_url`.
pub async fn run(browser: BrowserKind, pages: &Pages, text: &str) -> Ran {
    run_with(acme(), browser, pages, text).await
}

/// The same for another vendor.
pub async fn run_with(spec: Spec, browser: BrowserKind, pages: &Pages, text: &str) -> Ran {
    run_as(spec, browser, pages, text, runner::Analytics::Stub, 1).await
}

/// With nobody else at work with a browser: for what moves, and would be clicked late on a busy machine.
pub async fn run_alone(browser: BrowserKind, pages: &Pages, text: &str) -> Ran {
    run_as(acme(), browser, pages, text, runner::Analytics::Stub, *PLACES).await
}

/// In a browser of the test's own, which ends with it: for pages that leave something behind.
pub async fn run_apart(browser: BrowserKind, pages: &Pages, text: &str) -> Ran {
    run_with_apart(acme(), browser, pages, text).await
}

/// The same for another vendor.
pub async fn run_with_apart(spec: Spec, browser: BrowserKind, pages: &Pages, text: &str) -> Ran {
    let site = site(&spec, &format!("spec: {}\nbase_url: {}\n{text}", spec.id, pages.url));
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let _place = place().await;
    let outcome = runner::run(&spec, &site, &options(browser, &site), Arc::new(Silent), cancel).await;
    let errors: Vec<String> = outcome.errors.iter().map(|(_, error)| error.to_string()).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", browser.name());
    Ran { spec, site, outcome, browser }
}

/// With requests to analytics let through.
pub async fn run_passing(browser: BrowserKind, pages: &Pages, text: &str) -> Ran {
    run_as(acme(), browser, pages, text, runner::Analytics::Pass, 1).await
}

/// In one browser whose windows are kept, as a selftest keeps them, one journey after the other and then all at once.
pub async fn run_kept(browser: BrowserKind, pages: &Pages, text: &str) -> Vec<Ran> {
    let _place = place().await;
    let (_keep, cancel) = tokio::sync::watch::channel(false);
    let spec = acme();
    let site = site(&spec, &format!("spec: {}\nbase_url: {}\n{text}", spec.id, pages.url));
    let options = options(browser, &site);
    let subject = runner::Subject::new(&spec, &site, &options, Arc::new(Silent), cancel).unwrap();
    let opened =
        runner::Browser::open(LaneId { browser: browser.into(), nth: 1 }, &subject, false, std::future::pending())
            .await
            .unwrap();
    opened.keep_windows();
    let mut alone = runner::Outcome::default();
    for journey in subject.selected() {
        alone.recordings.extend(opened.walk(&subject, journey).await);
    }
    let together =
        futures_util::future::join_all(subject.selected().map(|journey| opened.walk(&subject, journey))).await;
    opened.close().await;
    let together =
        runner::Outcome { recordings: together.into_iter().flatten().collect(), ..runner::Outcome::default() };
    [alone, together].map(|outcome| Ran { spec: spec.clone(), site: site.clone(), outcome, browser }).into()
}

/// `places`: how many of the places for browsers it takes.
async fn run_as(
    spec: Spec,
    browser: BrowserKind,
    pages: &Pages,
    text: &str,
    analytics: runner::Analytics,
    places: u32,
) -> Ran {
    let site = site(&spec, &format!("spec: {}\nbase_url: {}\n{text}", spec.id, pages.url));
    let options = Options { analytics, ..options(browser, &site) };
    let (spec, site, outcome) = {
        WAITING.fetch_add(1, Ordering::SeqCst);
        let _places = FREE.acquire_many(places).await.unwrap();
        WAITING.fetch_sub(1, Ordering::SeqCst);
        let running = RUNTIME.spawn(async move {
            let outcome = run_in_any(&spec, &site, &options).await;
            (spec, site, outcome)
        });
        running.await.unwrap()
    };
    let errors: Vec<String> = outcome.errors.iter().map(|(_, error)| error.to_string()).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", browser.name());
    Ran { spec, site, outcome, browser }
}

pub fn options(browser: BrowserKind, site: &Site) -> Options {
    Options {
        browsers: vec![browser.into()],
        jobs: 4,
        journeys: site.journeys.keys().cloned().collect(),
        run_id: "run-1".into(),
        env: std::env::vars()
            .chain([("CHATPROOF_TEST_SECRET".to_owned(), "s3cr3t-value".to_owned())])
            .collect::<BTreeMap<_, _>>(),
        ..Options::default()
    }
}

impl Ran {
    pub fn journey(&self, name: &str) -> Heard<'_> {
        let recording =
            self.outcome.recordings.iter().find(|r| r.journey == name).unwrap_or_else(|| panic!("no journey {name}"));
        Heard { ran: self, recording }
    }
}

/// One journey's recording, asked.
pub struct Heard<'a> {
    pub ran: &'a Ran,
    pub recording: &'a Recording,
}

impl Heard<'_> {
    fn place(&self) -> String {
        format!("{} in {}", self.recording.journey, self.ran.browser.name())
    }

    /// Fails with what happened unless every step was done.
    pub fn complete(&self) -> &Self {
        let steps: Vec<_> =
            self.recording.steps.iter().map(|step| format!("{}: {:?}", step.text, step.outcome)).collect();
        assert_eq!(self.recording.ending, Ending::Complete, "{}: {steps:#?}", self.place());
        self
    }

    /// The code and message of the step that failed, and what stood there instead.
    pub fn failure(&self) -> (String, String, Vec<String>) {
        self.recording
            .steps
            .iter()
            .find_map(|step| match &step.outcome {
                StepOutcome::Failed(error) => {
                    Some((error.code.clone(), error.message.clone(), error.candidates.clone()))
                }
                _ => None,
            })
            .unwrap_or_else(|| panic!("{}: no step failed: {:#?}", self.place(), self.recording.steps))
    }

    /// Every event heard: constant and the data at the payload path.
    pub fn events(&self) -> Vec<(String, serde_json::Value)> {
        self.observations(|kind| match kind {
            Kind::Event { constant, data, .. } => {
                Some((constant.clone(), data.pointer("/detail/info").cloned().unwrap_or_default()))
            }
            _ => None,
        })
    }

    pub fn observations<T>(&self, pick: impl Fn(&Kind) -> Option<T>) -> Vec<T> {
        self.recording.observations.iter().filter_map(|o| pick(&o.kind)).collect()
    }

    pub fn verdicts(&self) -> Vec<Verdict> {
        chatproof::judge::judge(&self.ran.spec, &self.ran.site, self.recording)
    }

    /// The verdict of one requirement.
    pub fn verdict(&self, requirement: &str) -> (Outcome, String) {
        let verdicts = self.verdicts();
        let verdict = verdicts
            .iter()
            .find(|v| v.requirement == requirement)
            .unwrap_or_else(|| panic!("{}: no verdict on {requirement} in {:#?}", self.place(), verdicts));
        (verdict.outcome, verdict.finding.clone())
    }

    /// Fails with the verdicts that are no pass.
    pub fn conforms(&self) -> &Self {
        let broken: Vec<_> =
            self.verdicts().into_iter().filter(|v| v.outcome != Outcome::Pass && v.level != Level::Record).collect();
        assert!(broken.is_empty(), "{}: {broken:#?}", self.place());
        self
    }

    /// Within each document the listener's numbers are 0, 1, 2, ...: nothing lost, nothing twice, nothing out of order.
    pub fn no_gaps(&self) -> &Self {
        let mut next: BTreeMap<&str, u64> = BTreeMap::new();
        for Observation { document, seq, .. } in &self.recording.observations {
            if let Some(seq) = seq {
                let expected = next.entry(document).or_default();
                assert_eq!(seq, expected, "{}: in document {document}", self.place());
                *expected += 1;
            }
        }
        self
    }
}
