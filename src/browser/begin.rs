//! A session of a driver or grid: asking for one, waiting for it, and what it means if there is none to be had.
//!
//! Boundary: from an address to a session's id and its socket; what is done with them is `session.rs`'s.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use url::Url;

use super::BrowserKind;
use super::bidi::{Bidi, Event};
use super::classic::{Classic, ClassicError, Remote};
use super::grid::{Grid, queued};
use super::wanted::{Machine, PROMPTS, Wanted, capabilities};
use crate::error::{Error, Result};

/// After how long it's said that a session is waited for.
const FIRST_WORD: Duration = Duration::from_secs(5);
/// How often it is said again.
const NEXT_WORD: Duration = Duration::from_secs(30);

/// How long a driver's answer is waited for that nobody needs any more.
const LAST_ANSWER: Duration = Duration::from_secs(30);

/// Hears what a session is waited for.
pub(super) type Waiting<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A session of a driver's. A browser on another machine that doesn't start is asked once more to start as in a container,
/// where it has no sandbox: only that machine can tell.
pub(super) async fn begin(
    remote: &Remote,
    wanted: &Wanted,
    waiting: Waiting<'_>,
    begun: &mut Begun,
) -> Result<(Classic, Map<String, Value>)> {
    let began = Instant::now();
    let elsewhere = matches!(wanted.machine, Machine::Other { .. });
    let grid = if elsewhere { Grid::of(remote).await } else { None };
    let contained = Wanted { machine: Machine::Other { contained: true }, ..wanted.clone() };
    let once_more =
        wanted.product.kind() == BrowserKind::Chromium && wanted.machine == Machine::Other { contained: false };
    let mut attempts = [wanted, &contained].into_iter().take(1 + usize::from(once_more)).peekable();
    let mut one_word = false;
    let mut next = attempts.next();
    while let Some(asked) = next {
        let mut wants = capabilities(asked);
        if one_word {
            wants.insert(PROMPTS.to_owned(), json!("ignore"));
        }
        let asking = begun.ask(remote.clone(), wants, grid.is_some());
        let left = wanted.timeout.saturating_sub(began.elapsed());
        let answer = tokio::time::timeout(left, async {
            if elsewhere { with_word(remote, wanted, began, waiting, asking).await } else { asking.await }
        });
        match answer.await {
            Ok(Ok(begun)) => return Ok(begun),
            Ok(Err(error)) if !one_word && knows_one_word(&error) => {
                tracing::debug!(
                    "{}: {error}; what is asked before a page is left, the browser answers",
                    remote.shown()
                );
                one_word = true;
            }
            Ok(Err(error)) if attempts.peek().is_some() && did_not_start(&error, grid.is_some()) => {
                tracing::debug!("{}: {error}; asking for a browser without a sandbox", remote.shown());
                next = attempts.next();
            }
            Ok(Err(error)) => return Err(refused(remote, asked, grid.is_some(), &error).await),
            Err(_) => return Err(too_late(remote, wanted, elsewhere).await),
        }
    }
    Err(fail("no session was asked for".into(), ""))
}

/// A session that has begun, or is about to, but is nobody's yet.
#[derive(Debug, Default)]
pub struct Begun {
    session: Arc<Mutex<Option<Classic>>>,
    /// A driver that was asked for one.
    asking: Option<JoinHandle<()>>,
}

impl Begun {
    /// Asks, such that no session is left of it if nobody waits for the answer any more. A grid drops a request whose connection
    /// closes; a driver goes on, and would keep the browser for nobody.
    async fn ask(
        &mut self,
        remote: Remote,
        wants: Map<String, Value>,
        is_grid: bool,
    ) -> std::result::Result<(Classic, Map<String, Value>), ClassicError> {
        if is_grid {
            let answer = remote.new_session(&wants).await;
            self.hold(answer.as_ref().ok());
            return answer;
        }
        let (sender, receiver) = oneshot::channel();
        let held = Self { session: self.session.clone(), asking: None };
        self.asking = Some(tokio::spawn(async move {
            let answer = remote.new_session(&wants).await;
            // Held before it's handed over: whoever waits for it may stop in between.
            held.hold(answer.as_ref().ok());
            if sender.send(answer).is_err() {
                held.end_held().await;
            }
        }));
        receiver.await.unwrap_or_else(|_| Err(ClassicError::Unreachable("nobody asked for it".to_owned())))
    }

    fn hold(&self, begun: Option<&(Classic, Map<String, Value>)>) {
        *self.session() = begun.map(|(session, _)| session.clone());
    }

    /// It's somebody's now, who ends it.
    pub(super) fn release(&mut self) {
        self.session().take();
    }

    /// Ends it, if there is one. Waits for a driver's answer: what it was asked for it will start.
    pub async fn end(&mut self) {
        if let Some(asking) = self.asking.take() {
            let _ = tokio::time::timeout(LAST_ANSWER, asking).await;
        }
        self.end_held().await;
    }

    async fn end_held(&self) {
        let session = self.session().take();
        if let Some(session) = session {
            end(&session).await;
        }
    }

    fn session(&self) -> MutexGuard<'_, Option<Classic>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a session. Bounded: a driver of our own that doesn't answer is ended by its process.
pub(super) async fn end(session: &Classic) {
    if !matches!(tokio::time::timeout(Duration::from_secs(10), session.delete()).await, Ok(Ok(()))) {
        tracing::debug!("the session could not be ended by its driver");
    }
}

/// Says from time to time what is waited for.
async fn with_word<T>(
    remote: &Remote,
    wanted: &Wanted,
    began: Instant,
    waiting: Waiting<'_>,
    asking: impl Future<Output = T>,
) -> T {
    let mut asking = pin!(asking);
    let mut pause = FIRST_WORD.saturating_sub(began.elapsed());
    loop {
        let word = async {
            tokio::time::sleep(pause).await;
            word(remote, wanted).await
        };
        let (what, room) = tokio::select! {
            biased;
            answer = &mut asking => return answer,
            word = word => word,
        };
        waiting(&format!("{what} ({} s){room}", began.elapsed().as_secs()));
        pause = NEXT_WORD;
    }
}

/// What is waited for, and what is known of it.
async fn word(remote: &Remote, wanted: &Wanted) -> (String, String) {
    let Some(grid) = Grid::of(remote).await else {
        return (format!("waiting for a session of {}", remote.shown()), String::new());
    };
    (format!("waiting for a free slot of {}", remote.shown()), format!(": {}", state(remote, &grid, wanted).await))
}

/// How full a grid is.
async fn state(remote: &Remote, grid: &Grid, wanted: &Wanted) -> String {
    let queue = match queued(remote).await {
        Some(1) => ", 1 request in its queue".to_owned(),
        Some(several) if several > 1 => format!(", {several} requests in its queue"),
        _ => String::new(),
    };
    format!("{}{queue}", grid.room(&wanted.product))
}

/// Whether there is a browser to be had that didn't start.
fn did_not_start(error: &ClassicError, is_grid: bool) -> bool {
    matches!(error, ClassicError::Said { code, message }
        if code == "session not created" && !none_fits(message) && !(is_grid && timed_out(message)))
}

/// Whether a driver or grid has no such browser.
fn none_fits(message: &str) -> bool {
    message.to_lowercase().contains("capabilities")
}

/// Whether a grid gave up, since no slot became free.
fn timed_out(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("timed out") || message.contains("timeout")
}

/// Whether it is an older driver (geckodriver 0.34), which knows only one word for all kinds of dialogs.
fn knows_one_word(error: &ClassicError) -> bool {
    matches!(error, ClassicError::Said { message, .. } if message.contains(PROMPTS))
}

/// There was no answer in time.
async fn too_late(remote: &Remote, wanted: &Wanted, elsewhere: bool) -> Error {
    let (shown, name, seconds) = (remote.shown(), wanted.product.name(), wanted.timeout.as_secs_f32());
    if !elsewhere {
        return fail(
            format!("the driver at {shown} gave no session within {seconds} s"),
            "is the machine overloaded? `--session-timeout` lets it take longer",
        );
    }
    match Grid::of(remote).await {
        Some(grid) => fail(
            format!("no free slot of {shown} for {name} within {seconds} s: {}", state(remote, &grid, wanted).await),
            "wait longer with `--session-timeout`, end other sessions, or ask for what the grid has",
        ),
        None => fail(
            format!("{shown} gave no session of {name} within {seconds} s"),
            "is the driver busy with another session, or the machine overloaded? `--session-timeout` lets it take longer",
        ),
    }
}

/// What to say and to do about a session that could not be had.
async fn refused(remote: &Remote, wanted: &Wanted, is_grid: bool, error: &ClassicError) -> Error {
    let (shown, name) = (remote.shown(), wanted.product.name());
    match error {
        ClassicError::Said { code, message }
            if code == "session not created" && (none_fits(message) || is_grid && timed_out(message)) =>
        {
            let message = first_line(message);
            let grid = if is_grid { Grid::of(remote).await } else { None };
            match grid {
                Some(grid) => fail(
                    format!("{shown} has no {name} to offer: {message}; {}", state(remote, &grid, wanted).await),
                    "ask for what the grid has, by `--capability` or the site file's `browsers`; its page shows its slots",
                ),
                None => fail(
                    format!("the driver at {shown} has no {name} to offer: {message}"),
                    if wanted.product.capabilities().is_empty() {
                        "geckodriver drives firefox, chromedriver chromium and chrome, msedgedriver edge: say which one it is with `--browser`"
                    } else {
                        "its browser isn't as `browsers` in the site file, or `--capability`, asks for"
                    },
                ),
            }
        }
        ClassicError::Said { code, message } if code == "session not created" => fail(
            format!("{name} could not be started: {message}"),
            if wanted.headed {
                "with `--headed` a display is needed: run without it, or under `xvfb-run`"
            } else {
                "`chatproof doctor` shows which browsers and drivers fit together"
            },
        ),
        ClassicError::Said { .. } => fail(
            format!("{name} could not be started: {error}"),
            "`chatproof doctor` shows which browsers and drivers fit together",
        ),
        ClassicError::Unreachable(why) | ClassicError::Cut(why) | ClassicError::Ended(why) => fail(
            format!("no driver answers at {shown}/: {why}"),
            "is it running, and is that its address? Without `--webdriver` chatproof starts one itself",
        ),
        ClassicError::Refused(status) => fail(
            format!("{shown} doesn't let chatproof in: it answers {status}"),
            if remote.authorization().is_some() {
                "the user or the password in `--webdriver` is wrong"
            } else {
                "put user and password into the address: `--webdriver https://USER:PASSWORD@HOST`"
            },
        ),
        ClassicError::Foreign(said) => fail(
            format!("what answers at {shown}/ is no WebDriver: {said}"),
            "check the address; a Selenium Grid's is http://HOST:4444",
        ),
    }
}

/// A grid's messages go on with its build and its host.
fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default().trim()
}

/// A session's socket. A grid behind a proxy or in a container may name itself by an address that only it can reach: then it
/// is the same path at the address that the user gave, which is also the only one that hears user and password. Where that
/// was so once it's tried first from then on: an address that nobody answers at costs ten seconds each time.
pub(super) async fn connect(
    socket: &str,
    remote: &Remote,
) -> std::result::Result<(Bidi, mpsc::UnboundedReceiver<Event>), String> {
    let theirs = Url::parse(socket).map_err(|error| error.to_string())?;
    let ours = match rehosted(&theirs, remote.address()) {
        Some(ours) if ours == theirs => return Bidi::connect(socket, remote.authorization()).await,
        Some(ours) => ours,
        None => return Bidi::connect(socket, None).await,
    };
    let mut tries = [(socket, None), (ours.as_str(), remote.authorization())];
    if remote.rehosts() {
        tries.reverse();
    }
    let mut failed = Vec::new();
    for (address, authorization) in tries {
        match Bidi::connect(address, authorization).await {
            Ok(connected) => {
                remote.set_rehosts(address == ours.as_str());
                return Ok(connected);
            }
            Err(why) => {
                tracing::debug!("{address}: {why}");
                failed.push(format!("at {address}: {why}"));
            }
        }
    }
    Err(failed.join("; "))
}

/// An address of a socket at another host.
fn rehosted(socket: &Url, at: &Url) -> Option<Url> {
    let mut socket = socket.clone();
    socket.set_scheme(if at.scheme() == "https" { "wss" } else { "ws" }).ok()?;
    socket.set_host(at.host_str()).ok()?;
    socket.set_port(at.port_or_known_default()).ok()?;
    Some(socket)
}

pub(super) fn fail(message: String, help: &str) -> Error {
    Error::Browser { message, help: Some(help.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_of_a_nodes_own_address_is_looked_for_at_the_grids() {
        let told = |socket: &str, at: &str| {
            rehosted(&Url::parse(socket).unwrap(), &Url::parse(at).unwrap()).unwrap().to_string()
        };
        assert_eq!(
            told("ws://172.17.0.3:5555/session/1/se/bidi", "http://grid:4444/"),
            "ws://grid:4444/session/1/se/bidi"
        );
        assert_eq!(
            told("ws://localhost:4444/session/1/se/bidi?x=1", "https://grid.example/"),
            "wss://grid.example/session/1/se/bidi?x=1"
        );
        assert_eq!(told("wss://grid.example/a", "http://127.0.0.1:4444/"), "ws://127.0.0.1:4444/a");
    }

    #[test]
    fn a_grids_refusal_is_no_browser_that_did_not_start() {
        let said = |message: &str| ClassicError::Said { code: "session not created".into(), message: message.into() };
        let did_not_start = |error: &ClassicError| did_not_start(error, true);
        assert!(did_not_start(&said("Chrome failed to start: exited normally")));
        assert!(!did_not_start(&said(
            "Could not start a new session. No nodes support the capabilities in the request"
        )));
        assert!(!did_not_start(&said("Could not start a new session. New session request timed out")));
    }
}
