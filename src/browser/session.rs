//! One browser: a WebDriver session with its BiDi socket, and the routing of what the socket brings.
//!
//! Boundary: knows user contexts and who listens to each, nothing of journeys or events.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::BrowserKind;
pub use super::begin::Begun;
use super::begin::{begin, connect, end, fail};
use super::bidi::{Bidi, BidiError, Event};
use super::classic::{Classic, Remote};
use super::download::{self, Files};
use super::host::Hosts;
use super::load_failures::{self, LoadFailures};
use super::lost_frames::{self, LostFrames};
use super::popup;
use super::product::Product;
use super::prompts::{self, Reply};
use super::pulse;
use super::refusals;
use super::routes::{Heard, Route, Routes, SharedRoutes, Sink, answering, lock};
use super::setup::{Screen, Seeds, forget_all, slowed, sown};
use super::shown::Shown;
use super::sign_in::{self, Given};
use super::state::{self, Parting};
use super::traffic::socket_address;
use super::traffic::{Traffic, Watch, before_request};
use super::wanted::{Machine, Wanted};
use crate::error::Result;
use crate::recording::BrowserInfo;
use crate::site::networks::Network;

/// Bound of a driver command that should take milliseconds. A machine that is this much too slow can't judge anything.
pub const COMMAND: Duration = Duration::from_secs(30);

/// A session and its socket.
pub struct Session {
    classic_session: Classic,
    /// Sees whether it's still there, on another machine.
    pulse: Option<AbortHandle>,
    /// The socket.
    pub bidi: Bidi,
    /// Held for what needs the window in front: switching to it and acting in it are one.
    pub(super) classic: Arc<tokio::sync::Mutex<()>>,
    /// Windows that are free.
    pub(super) hosts: Hosts,
    /// Browser and versions.
    pub info: BrowserInfo,
    /// Which browser was asked for.
    pub product: Product,
    /// Which kind of browser it is.
    pub kind: BrowserKind,
    /// Name of the property through which a listener is found.
    pub token: String,
    /// What a listener gives closed shadow roots for. Unlike the property's name, no page can find it.
    pub(super) key: String,
    pub(super) routes: SharedRoutes,
    pub(super) traffic: Arc<Traffic>,
    /// What was asked for so that login dialogs are answered.
    pub(super) sign_in: sign_in::Asked,
    /// Where Chromium's own protocol is spoken.
    own_protocol: OwnProtocol,
    ended: AtomicBool,
    /// Where files go that pages save; `None`: nowhere.
    pub(super) downloads: Option<std::path::PathBuf>,
    /// Frames of other sites share their page's process.
    one_process: bool,
    /// Whether the browser can push a page's messages by a binding.
    pushes: bool,
}

/// A name that a page can't know beforehand. The hasher's keys come from the operating system's random source.
fn unguessable() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("__{:016x}", RandomState::new().hash_one(std::process::id()))
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Session {
    /// Opens a session at a driver and its BiDi socket, and subscribes to what is to be heard. `waiting` hears what it waits
    /// for, should a grid have no free slot. Whoever stops waiting for this ends what is in `begun`.
    ///
    /// # Errors
    /// [`crate::error::Error::Browser`] with what the driver said and what to do about it.
    pub async fn open(
        remote: &Remote,
        wanted: &Wanted,
        waiting: &(dyn Fn(&str) + Send + Sync),
        begun: &mut Begun,
    ) -> Result<Self> {
        let (classic_session, given) = begin(remote, wanted, waiting, begun).await?;
        let opened = Self::listen(classic_session, &given, wanted).await;
        match &opened {
            Ok(_) => begun.release(),
            Err(_) => begun.end().await,
        }
        opened
    }

    async fn listen(classic_session: Classic, given: &Map<String, Value>, wanted: &Wanted) -> Result<Self> {
        let token = unguessable();
        let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(socket) = given.get("webSocketUrl").and_then(Value::as_str) else {
            return Err(fail(
                format!(
                    "{} {} was started without WebDriver BiDi: its driver gave no webSocketUrl",
                    text("browserName"),
                    text("browserVersion")
                ),
                "chatproof listens through BiDi: use Firefox 128 or newer with geckodriver 0.34 or newer, or Chromium 120 or newer with its own chromedriver; a Selenium Grid needs `se:bidi` support (4.11 or newer)",
            ));
        };
        let (bidi, events) = connect(socket, classic_session.remote()).await.map_err(|error| {
            let message = format!("can't connect to the BiDi socket {socket}: {error}");
            fail(message, "behind a grid or a container, its address must be reachable from here")
        })?;
        let kind = wanted.product.kind();
        let driver_version = match kind {
            BrowserKind::Firefox => text("moz:geckodriverVersion"),
            BrowserKind::Chromium => [("chrome", "chromedriverVersion"), ("msedge", "msedgedriverVersion")]
                .iter()
                .find_map(|(of, version)| given.get(*of)?.get(*version)?.as_str()?.split(' ').next())
                .unwrap_or_default()
                .to_owned(),
        };
        let info = BrowserInfo {
            name: wanted.product.name().to_owned(),
            version: text("browserVersion"),
            driver: wanted.product.brand().driver.title.to_owned(),
            driver_version,
            platform: text("platformName"),
            headless: !wanted.headed,
        };
        let routes = SharedRoutes::default();
        let traffic = Arc::new(Traffic::default());
        let own_protocol = OwnProtocol::of(given, wanted.machine);
        let binding = (kind == BrowserKind::Chromium).then(|| format!("{token}_"));
        bidi.guard(route(events, routes.clone(), bidi.clone(), binding, traffic.clone()));
        let pulse = matches!(wanted.machine, Machine::Other { .. })
            .then(|| tokio::spawn(pulse::watch(classic_session.clone(), bidi.clone())).abort_handle());
        let mut session = Self {
            classic_session,
            pulse,
            bidi,
            classic: Arc::default(),
            hosts: Hosts::default(),
            info,
            product: wanted.product.clone(),
            kind,
            token,
            key: unguessable(),
            routes,
            traffic,
            sign_in: sign_in::Asked::default(),
            own_protocol,
            ended: AtomicBool::new(false),
            downloads: wanted.downloads.clone(),
            one_process: wanted.one_process,
            pushes: false,
        };
        let subscribed = session
            .call(
                "session.subscribe",
                json!({ "events": [
                    "script.message", "log.entryAdded",
                    "browsingContext.contextCreated", "browsingContext.contextDestroyed",
                    "browsingContext.userPromptOpened",
                    "browsingContext.navigationStarted", "browsingContext.fragmentNavigated", "browsingContext.navigationFailed",
                    "browsingContext.domContentLoaded", "browsingContext.load",
                ] }),
            )
            .await;
        if let Err(error) = subscribed {
            session.ended.store(true, Ordering::Relaxed);
            return Err(fail(
                format!("the browser refuses the BiDi events that chatproof needs: {error}"),
                "it is too old: `chatproof doctor` shows versions",
            ));
        }
        // Older browsers don't tell of these; what they do with a file is up to them then.
        for event in ["input.fileDialogOpened", "browsingContext.historyUpdated"].into_iter().chain(download::EVENTS) {
            if let Err(error) = session.call("session.subscribe", json!({ "events": [event] })).await {
                tracing::debug!("the browser doesn't tell of {event}: {error}");
            }
        }
        let downloads = refusals::downloads(wanted.downloads.as_deref());
        if let Err(error) = session.call("browser.setDownloadBehavior", downloads).await {
            tracing::debug!("what becomes of files is up to the browser: {error}");
        }
        sign_in::watch(&session).await;
        // What doesn't arrive; without it there is only less to say of why.
        let arrivals = json!({ "events": load_failures::EVENTS });
        if let Err(error) = session.call("session.subscribe", arrivals).await {
            tracing::debug!("the browser doesn't say what was refused: {error}");
        }
        if session.kind == BrowserKind::Chromium {
            let first = json!({ "events": ["browsingContext.navigationCommitted"] });
            if let Err(error) = session.call("session.subscribe", first).await {
                tracing::debug!("the browser doesn't say when a window has got its first page: {error}");
            }
            let frames = json!({ "events": lost_frames::EVENTS });
            if let Err(error) = session.call("session.subscribe", frames).await {
                tracing::debug!("the browser doesn't say which frames it loses: {error}");
            }
            let answers = json!({ "events": load_failures::CHROMIUM_EVENTS });
            if let Err(error) = session.call("session.subscribe", answers).await {
                tracing::debug!("the browser doesn't say what it keeps from pages: {error}");
            }
        }
        // Chromium's own extension of BiDi; without it the channels will do, less well.
        if session.kind == BrowserKind::Chromium {
            session.pushes = session
                .call("session.subscribe", json!({ "events": ["goog:cdp.Runtime.bindingCalled"] }))
                .await
                .is_ok();
        }
        Ok(session)
    }

    /// A BiDi command with the usual bound.
    ///
    /// # Errors
    /// See [`Bidi::call`].
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, BidiError> {
        self.bidi.call(method, params, COMMAND).await
    }

    /// Name of the binding that listeners may push by, where the browser has such a thing.
    pub(super) fn binding(&self) -> Option<String> {
        self.pushes.then(|| format!("{}_", self.token))
    }

    /// Puts the binding into a window, for all documents that it will load, and gives its pages their size.
    pub(super) async fn dress(&self, context: &str, screen: Screen) -> Result<(), BidiError> {
        dress(&self.bidi, self.binding(), context, screen).await
    }

    /// The classic client; take `classic` first.
    pub(super) fn client(&self) -> &Classic {
        &self.classic_session
    }

    /// Frames of other sites share their page's process in it, or it's no browser whose driver loses any.
    pub fn loses_no_frame(&self) -> bool {
        self.kind != BrowserKind::Chromium || self.one_process
    }

    /// One of the frames in this user context could not be found for long. Another session may have it.
    pub(super) fn frame_is_lost(&self, user_context: &str) {
        if self.loses_no_frame() {
            return;
        }
        let sink = lock(&self.routes).by_user_context.get(user_context).map(|route| route.sink.clone());
        if let Some(sink) = sink {
            sink.heard("", Heard::FrameLost);
        }
    }

    /// From now on `sink` hears what happens in this user context. The receiver counts changes of its windows and
    /// frames: made, gone, loaded.
    pub(super) fn register(
        &self,
        user_context: &str,
        sink: Arc<dyn Sink>,
        watch: Arc<Watch>,
        shown: Shown,
    ) -> watch::Receiver<u64> {
        let (changed, receiver) = watch::channel(0);
        let route = Route {
            sink,
            changed,
            watch,
            shown,
            reply: None,
            files: Files::default(),
            seeds: Seeds::default(),
            parting: Parting::default(),
        };
        lock(&self.routes).by_user_context.insert(user_context.to_owned(), route);
        receiver
    }

    /// What dialogs in this user context are answered from now on; `None`: as nobody in particular would.
    pub(super) fn reply(&self, user_context: &str, reply: Option<Reply>) {
        if let Some(route) = lock(&self.routes).by_user_context.get_mut(user_context) {
            route.reply = reply;
        }
    }

    /// What local storage is to hold in this user context.
    pub(super) fn sow(&self, user_context: &str, seeds: Seeds) {
        if let Some(route) = lock(&self.routes).by_user_context.get_mut(user_context) {
            route.seeds = seeds;
        }
    }

    /// What its documents have said of their storage in parting.
    pub(super) fn parting(&self, user_context: &str) -> Parting {
        lock(&self.routes).by_user_context.get(user_context).map(|route| route.parting.clone()).unwrap_or_default()
    }

    pub(super) fn unregister(&self, user_context: &str) {
        let mut routes = lock(&self.routes);
        routes.tops.opened(user_context).iter().for_each(|(context, _)| _ = routes.popups.remove(context));
        routes.tops.forget(user_context);
        let removed = routes.by_user_context.remove(user_context);
        removed.iter().for_each(|route| forget_all(&route.seeds, &self.bidi));
        match removed {
            Some(route) if !route.watch.is_idle() => {
                routes.past.insert(user_context.to_owned(), route.watch);
            }
            _ => routes.user_context_of.retain(|_, of| of != user_context),
        }
    }

    /// A window was made: its context belongs to this user context, even if the event that says so is still on its way.
    pub(super) fn belongs(&self, context: &str, user_context: &str) {
        lock(&self.routes).own(context.to_owned(), user_context.to_owned());
    }

    /// From now on pages are opened in windows that stay, where that is cheaper (Firefox): for many journeys. What a page
    /// says in the moment in which it closes itself may then be lost.
    pub fn keep_windows(&self) {
        self.hosts.keep();
    }

    /// Ends the session; the driver ends the browser. Bounded; a driver that doesn't answer is ended by its process.
    pub async fn close(&self) {
        if !self.ended.swap(true, Ordering::Relaxed) {
            self.pulse.iter().for_each(AbortHandle::abort);
            end(&self.classic_session).await;
        }
    }

    /// A socket to Chromium itself, for its own protocol, and what comes by it.
    ///
    /// # Errors
    /// Why there is none: a driver on another machine doesn't hand it on; a grid does.
    pub(super) async fn own_protocol(&self) -> std::result::Result<(Bidi, mpsc::UnboundedReceiver<Event>), String> {
        match &self.own_protocol {
            OwnProtocol::None => Err("this browser's own protocol can't be reached".to_owned()),
            OwnProtocol::Port(address) => {
                let asking = tokio::time::timeout(COMMAND, socket_address(address)).await;
                let url = asking.ok().flatten().ok_or("the browser's own port can't be reached")?;
                Bidi::connect(&url, None).await
            }
            OwnProtocol::Grid(address) => connect(address, self.classic_session.remote()).await,
        }
    }
}

/// One that nobody closed: whoever had it was given up in the middle.
impl Drop for Session {
    fn drop(&mut self) {
        self.pulse.iter().for_each(AbortHandle::abort);
        if !self.ended.load(Ordering::Relaxed)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let session = self.classic_session.clone();
            runtime.spawn(async move { end(&session).await });
        }
    }
}

/// Where Chromium's own protocol is spoken.
#[derive(Debug)]
enum OwnProtocol {
    None,
    /// A port of this machine's.
    Port(String),
    /// A socket of a grid's.
    Grid(String),
}

impl OwnProtocol {
    /// A port that a driver on another machine names is that machine's: here something else may listen.
    fn of(given: &Map<String, Value>, machine: Machine) -> Self {
        let said =
            |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let port = said(
            ["goog:chromeOptions", "ms:edgeOptions"]
                .iter()
                .find_map(|options| given.get(*options)?.get("debuggerAddress")),
        );
        match (machine, port, said(given.get("se:cdp"))) {
            (Machine::This { .. }, Some(port), _) => Self::Port(port),
            (Machine::Other { .. }, _, Some(grid)) => Self::Grid(grid),
            _ => Self::None,
        }
    }
}

fn text_of(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Name of the channel of a user context's listeners.
pub(super) fn channel_of(user_context: &str) -> String {
    format!("chatproof/{user_context}")
}

/// See [`Session::dress`].
async fn dress(bidi: &Bidi, binding: Option<String>, context: &str, screen: Screen) -> Result<(), BidiError> {
    if let Some((width, height)) = screen.size {
        let mut size = json!({ "context": context, "viewport": { "width": width, "height": height } });
        if let Some(ratio) = screen.pixel_ratio {
            size["devicePixelRatio"] = json!(ratio);
        }
        bidi.call("browsingContext.setViewport", size, COMMAND).await?;
    }
    if binding.is_none() && !screen.mobile && screen.network.is_none() {
        return Ok(());
    }
    let target = bidi.call("goog:cdp.getSession", json!({ "context": context }), COMMAND).await?;
    let say = async |method: &str, params: Value| {
        let saying = json!({ "method": method, "params": params, "session": target["session"] });
        bidi.call("goog:cdp.sendCommand", saying, COMMAND).await
    };
    if let Some(binding) = binding {
        say("Runtime.addBinding", json!({ "name": binding })).await?;
    }
    if let Some(network) = screen.network {
        say("Network.emulateNetworkConditions", slowed(network)).await?;
    }
    if let (Some((width, height)), true) = (screen.size, screen.mobile) {
        let (held, angle) = if height > width { ("portraitPrimary", 0) } else { ("landscapePrimary", 90) };
        let metrics = json!({
            "width": width, "height": height, "screenWidth": width, "screenHeight": height, "mobile": true,
            "deviceScaleFactor": screen.pixel_ratio.unwrap_or(1.0),
            "screenOrientation": { "type": held, "angle": angle },
        });
        say("Emulation.setDeviceMetricsOverride", metrics).await?;
    }
    Ok(())
}

/// Windows that a page opens, and frames of other sites, are targets of their own; a frame's comes with its document.
async fn slow_frame(bidi: Bidi, context: String, slow: Network) {
    let say = async {
        let target = bidi.call("goog:cdp.getSession", json!({ "context": context }), COMMAND).await?;
        let method = "Network.emulateNetworkConditions";
        let saying = json!({ "method": method, "params": slowed(slow), "session": target["session"] });
        bidi.call("goog:cdp.sendCommand", saying, COMMAND).await
    };
    if let Err(error) = say.await {
        tracing::debug!("a frame's network is as fast as it is: {error}");
    }
}

/// Routes to one listener, in one window; for fuzzing.
pub(super) fn rehearsed(user_context: &str, context: &str, sink: Arc<dyn Sink>, watch: Arc<Watch>) -> SharedRoutes {
    let mut routes = Routes::default();
    let (changed, _) = watch::channel(0);
    let shown = Shown::default();
    routes.by_user_context.insert(
        user_context.to_owned(),
        Route {
            sink,
            changed,
            watch,
            shown,
            reply: None,
            files: Files::default(),
            seeds: Seeds::default(),
            parting: Parting::default(),
        },
    );
    routes.own(context.to_owned(), user_context.to_owned());
    Arc::new(Mutex::new(routes))
}

/// Answers a dialog, also one of a context that nobody knows: it would block the browser. How, and whether the step says so.
fn prompt(opened: &Value, routes: &SharedRoutes, bidi: &Bidi) -> (&'static str, bool) {
    let (reply, _) = answering(routes, &text_of(opened, "context"));
    let answer = prompts::answer(opened, reply.as_ref());
    let bidi = bidi.clone();
    tokio::spawn(async move {
        if let Err(error) = bidi.call("browsingContext.handleUserPrompt", answer.command, COMMAND).await {
            tracing::debug!("a dialog could not be answered: {error}");
        }
    });
    let by_step = reply.is_some_and(|reply| !matches!(reply, Reply::SignIn { .. }));
    (answer.told, by_step)
}

/// A document says what its origin keeps.
fn keep(routes: &SharedRoutes, user_context: &str, message: &str) {
    let parting = lock(routes).by_user_context.get(user_context).map(|route| route.parting.clone());
    parting.iter().for_each(|parting| state::heard(parting, message));
}

/// Takes the socket's events, one after the other, to those who listen.
pub(super) async fn route(
    mut events: mpsc::UnboundedReceiver<Event>,
    routes: SharedRoutes,
    bidi: Bidi,
    binding: Option<String>,
    traffic: Arc<Traffic>,
) {
    let given = Arc::new(Given::default());
    let mut failures = LoadFailures::default();
    let mut lost = LostFrames::default();
    while let Some(Event { method, mut params }) = events.recv().await {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if method == "goog:cdp.Runtime.bindingCalled" {
            let called = params.get_mut("params").map(Value::take).unwrap_or_default();
            if called.get("name").and_then(Value::as_str) != binding.as_deref() {
                continue;
            }
            let payload = text(&called, "payload");
            let Some((user_context, message)) = payload.split_once(' ') else { continue };
            if let Some(of) = user_context.strip_prefix(state::PUSHED) {
                keep(&routes, of, message);
                continue;
            }
            let sink = lock(&routes).by_user_context.get(user_context).map(|route| route.sink.clone());
            if let Some(sink) = sink {
                // Which browsing context it was, the document's first message tells by way of the channel.
                sink.heard("", Heard::Message(message.to_owned()));
            }
            continue;
        }
        if method == "script.message" {
            let channel = text(&params, "channel");
            if let Some(of) = state::user_context_of(&channel) {
                let said = params.get("data").and_then(|data| data.get("value")).and_then(Value::as_str);
                said.iter().for_each(|said| keep(&routes, of, said));
                continue;
            }
            let Some(user_context) = channel.strip_prefix("chatproof/") else { continue };
            let context = params.get("source").map(|source| text(source, "context")).unwrap_or_default();
            let Some(Value::String(message)) =
                params.get_mut("data").and_then(|data| data.get_mut("value")).map(Value::take)
            else {
                continue;
            };
            let sink = lock(&routes).by_user_context.get(user_context).map(|route| route.sink.clone());
            if let Some(sink) = sink {
                sink.heard(&context, Heard::Message(message));
            }
            continue;
        }
        if method == "network.authRequired" {
            sign_in::required(&params, &routes, &bidi, &given);
            continue;
        }
        if method == "network.beforeRequestSent" {
            before_request(&params, &routes, &bidi, &traffic);
            continue;
        }
        if LoadFailures::reads(&method) {
            let Some((context, failure)) = failures.heard(&method, &params) else { continue };
            let sink = {
                let routes = lock(&routes);
                let of = routes.user_context_of.get(&context).and_then(|of| routes.by_user_context.get(of));
                of.map(|route| route.sink.clone())
            };
            if let Some(sink) = sink {
                sink.heard(&context, Heard::Refused(Box::new(failure)));
            }
            continue;
        }
        if LostFrames::reads(&method) {
            let Some((user_context, frame)) = lost.heard(&method, &params) else { continue };
            let sink = lock(&routes).by_user_context.get(&user_context).map(|route| route.sink.clone());
            if let Some(sink) = sink {
                sink.heard(&frame, Heard::FrameLost);
            }
            continue;
        }
        let context = match method.as_str() {
            "log.entryAdded" => params.get("source").map(|source| text(source, "context")).unwrap_or_default(),
            _ => text(&params, "context"),
        };
        let answered = (method == "browsingContext.userPromptOpened").then(|| prompt(&params, &routes, &bidi));
        let (sink, user_context) = {
            let mut routes = lock(&routes);
            let successor = routes.tops.heard(&method, &params);
            if method == "browsingContext.navigationCommitted" {
                if routes.tops.settles(&context, &text(&params, "url")) {
                    tokio::spawn(popup::wake(bidi.clone(), context));
                }
                continue;
            }
            if let Some(shown) = routes.popups.get(&context).cloned() {
                match (method.as_str(), &successor) {
                    ("browsingContext.navigationStarted", _) => shown.leaves(),
                    ("browsingContext.contextDestroyed", Some(successor)) => {
                        shown.set(successor.clone());
                        routes.popups.insert(successor.clone(), shown);
                    }
                    ("browsingContext.contextDestroyed", None) => {
                        shown.lost();
                        routes.popups.remove(&context);
                    }
                    _ => {}
                }
            }
            if method == "browsingContext.contextCreated" {
                let of = match text(&params, "userContext") {
                    of if !of.is_empty() => Some(of),
                    _ => routes.user_context_of.get(&text(&params, "parent")).cloned(),
                };
                if let Some(of) = of {
                    routes.own(context.clone(), of);
                }
            }
            let Some(user_context) = routes.user_context_of.get(&context).cloned() else { continue };
            // One that has gone stays known until its user context is closed: its last requests come after it.
            let Some(route) = routes.by_user_context.get(&user_context) else { continue };
            if method == "browsingContext.contextDestroyed" && route.shown.get() == context {
                match successor {
                    Some(successor) => {
                        let (bidi, binding, screen) = (bidi.clone(), binding.clone(), route.shown.screen());
                        route.shown.set(successor.clone());
                        tokio::spawn(async move {
                            if let Err(error) = dress(&bidi, binding, &successor, screen).await {
                                tracing::debug!("a page that was rendered beforehand is as it is: {error}");
                            }
                        });
                    }
                    None => route.shown.lost(),
                }
            }
            if method == "browsingContext.navigationStarted" && route.shown.get() == context {
                route.shown.leaves();
            }
            let slow = route.shown.screen().network.filter(|_| route.shown.get() != context);
            if let (Some(slow), "browsingContext.contextCreated" | "browsingContext.domContentLoaded") =
                (slow, method.as_str())
            {
                tokio::spawn(slow_frame(bidi.clone(), context.clone(), slow));
            }
            if method == "browsingContext.domContentLoaded" {
                let framed = !routes.tops.is_top(&context);
                sown(&route.seeds, (&text(&params, "url"), framed), &bidi);
            }
            (route.sink.clone(), user_context)
        };
        let url = text(&params, "url");
        let heard = match method.as_str() {
            "browsingContext.contextCreated" | "browsingContext.historyUpdated" => None,
            "browsingContext.contextDestroyed" => Some(Heard::Gone),
            "browsingContext.navigationStarted" => Some(Heard::Navigation { phase: "started", url }),
            "browsingContext.domContentLoaded" => Some(Heard::Navigation { phase: "committed", url }),
            "browsingContext.load" => Some(Heard::Navigation { phase: "loaded", url }),
            "browsingContext.fragmentNavigated" => Some(Heard::Navigation { phase: "fragment", url }),
            "browsingContext.navigationFailed" => Some(Heard::Navigation { phase: "failed", url }),
            "browsingContext.userPromptOpened" => {
                let (told, by_step) = answered.unwrap_or(("dismissed", false));
                Some(Heard::Dialog {
                    dialog: text(&params, "type"),
                    message: text(&params, "message"),
                    answer: told,
                    by_step,
                })
            }
            "input.fileDialogOpened" => Some(Heard::Asked { what: "file dialog".to_owned(), answer: "cancelled" }),
            method if download::EVENTS.contains(&method) => {
                let mut routes = lock(&routes);
                routes.by_user_context.get_mut(&user_context).and_then(|route| route.files.heard(method, &params))
            }
            "log.entryAdded" if text(&params, "type") == "javascript" && text(&params, "level") == "error" => {
                let frame =
                    params.get("stackTrace").and_then(|trace| trace.get("callFrames")).and_then(|frames| frames.get(0));
                Some(Heard::PageError {
                    message: text(&params, "text"),
                    source: frame.map(|frame| text(frame, "url")).unwrap_or_default(),
                    // BiDi counts lines from 0.
                    line: frame
                        .and_then(|frame| frame.get("lineNumber"))
                        .and_then(Value::as_u64)
                        .and_then(|line| u32::try_from(line + 1).ok())
                        .unwrap_or(0),
                })
            }
            _ => continue,
        };
        if let Some(heard) = heard {
            sink.heard(&context, heard);
        }
        // Where it goes without another document, only matters of windows that are told by their addresses.
        let still = method == "browsingContext.historyUpdated"
            && lock(&routes).by_user_context.get(&user_context).is_some_and(|route| route.shown.get() == context);
        let changes = !still && method != "log.entryAdded" && method != "input.fileDialogOpened";
        if changes && let Some(route) = lock(&routes).by_user_context.get(&user_context) {
            route.changed.send_modify(|count| *count += 1);
        }
    }
}
