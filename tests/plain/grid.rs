//! Sessions of a grid, against one that is played: what is sent to it, what is made of its answers. `scripts/test-grid.sh`
//! has a real one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chatproof::browser::product::Product;
use chatproof::browser::session::{Begun, Session};
use chatproof::browser::wanted::{Machine, Wanted};
use chatproof::browser::{BrowserKind, Remote};
use chatproof::error::Error;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio_tungstenite::tungstenite::Message;

/// What it answers to a request for a session.
#[derive(Clone)]
enum Answer {
    /// A session whose socket is at this address; `None`: at its own.
    Session(Option<String>),
    /// A session of which it knows nothing more: neither its node nor the session itself is there any more.
    Lost(Value),
    /// Nothing: the request waits in the queue.
    Nothing,
    /// It is no grid but a driver, whose browser starts only when this is told.
    Slow(Arc<Notify>),
    /// A status and a body.
    Error(u16, Value),
}

/// A request as it came.
#[derive(Clone, Debug)]
struct Request {
    line: String,
    authorization: Option<String>,
    body: String,
}

/// A grid with one slot, which is taken.
struct Grid {
    host: String,
    requests: Arc<watch::Sender<Vec<Request>>>,
    /// How many requests for a session were given up by whoever sent them.
    given_up: watch::Receiver<usize>,
}

impl Grid {
    async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let requests: Arc<watch::Sender<Vec<Request>>> = Arc::default();
        let (gone, given_up) = watch::channel(0);
        let (heard, own, gone) = (requests.clone(), host.clone(), Arc::new(gone));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), own.clone(), heard.clone(), gone.clone()));
            }
        });
        Self { host, requests, given_up }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: Answer,
    host: String,
    heard: Arc<watch::Sender<Vec<Request>>>,
    gone: Arc<watch::Sender<usize>>,
) {
    loop {
        let mut seen = vec![0; 64 * 1024];
        // Only looked at: a socket's handshake is read by those who know it.
        let head = loop {
            let Ok(count @ 1..) = stream.peek(&mut seen).await else { return };
            if let Some(end) = seen[..count].windows(4).position(|four| four == b"\r\n\r\n") {
                break String::from_utf8_lossy(&seen[..end + 4]).into_owned();
            }
            tokio::task::yield_now().await;
        };
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
        let mut request = Request { line: line.clone(), authorization: header("authorization"), body: String::new() };
        if header("upgrade").is_some() {
            heard.send_modify(|all| all.push(request));
            if line.ends_with("/se/bidi") {
                socket(stream).await;
            }
            return;
        }
        let length = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut whole = vec![0; head.len() + length];
        stream.read_exact(&mut whole).await.unwrap();
        request.body = String::from_utf8_lossy(&whole[head.len()..]).into_owned();
        heard.send_modify(|all| all.push(request));
        let (status, value) = match line.as_str() {
            "GET /status" if matches!(answer, Answer::Slow(_)) => (200, json!({ "ready": true, "message": "" })),
            "GET /status" => {
                let taken = json!({ "session": { "sessionId": "other" }, "stereotype": { "browserName": "firefox", "browserVersion": "150.0" } });
                (200, json!({ "ready": true, "nodes": [{ "availability": "UP", "maxSessions": 1, "slots": [taken] }] }))
            }
            "GET /se/grid/newsessionqueue/queue" => (200, json!([{ "requestId": "1" }])),
            "POST /session" => match &answer {
                Answer::Slow(starts) => {
                    starts.notified().await;
                    (200, json!({ "sessionId": "s", "capabilities": { "browserName": "firefox" } }))
                }
                Answer::Session(socket) => {
                    let socket = socket.clone().unwrap_or_else(|| format!("ws://{host}/session/s/se/bidi"));
                    (
                        200,
                        json!({ "sessionId": "s", "capabilities": { "browserName": "firefox", "webSocketUrl": socket } }),
                    )
                }
                Answer::Lost(_) => (
                    200,
                    json!({ "sessionId": "s", "capabilities": { "browserName": "firefox", "webSocketUrl": format!("ws://{host}/session/s/se/bidi") } }),
                ),
                Answer::Error(status, value) => (*status, value.clone()),
                Answer::Nothing => {
                    // Until the connection closes.
                    while stream.read(&mut seen).await.is_ok_and(|count| count > 0) {}
                    gone.send_modify(|count| *count += 1);
                    return;
                }
            },
            "GET /session/s/timeouts" => match &answer {
                Answer::Lost(said) => (500, said.clone()),
                _ => (200, json!({ "script": 30000 })),
            },
            _ => (200, Value::Null),
        };
        let body = json!({ "value": value }).to_string();
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

/// A session's socket: agrees to everything.
async fn socket(stream: TcpStream) {
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else { continue };
        let asked: Value = serde_json::from_str(&text).unwrap();
        let answer = json!({ "type": "success", "id": asked["id"], "result": {} });
        if socket.send(Message::text(answer.to_string())).await.is_err() {
            return;
        }
    }
}

fn wanted(timeout: Duration) -> Wanted {
    let capabilities = Map::from_iter([("browserVersion".to_owned(), json!("150.0"))]);
    Wanted {
        product: Product::new("old", BrowserKind::Firefox, capabilities),
        binary: None,
        downloads: None,
        headed: false,
        accept_insecure_certs: false,
        one_process: false,
        machine: Machine::Other { contained: false },
        label: Some("chatproof · site.yaml".into()),
        timeout,
    }
}

async fn open(address: &str, timeout: Duration) -> (Result<Session, String>, Vec<String>) {
    open_at(&Remote::new(address).unwrap(), timeout).await
}

async fn open_at(remote: &Remote, timeout: Duration) -> (Result<Session, String>, Vec<String>) {
    let said: Mutex<Vec<String>> = Mutex::default();
    let waiting = |what: &str| said.lock().unwrap().push(what.to_owned());
    let opened = Session::open(remote, &wanted(timeout), &waiting, &mut Begun::default()).await;
    let opened = opened.map_err(|error| match error {
        Error::Browser { message, help } => format!("{message}\n{}", help.unwrap_or_default()),
        other => other.to_string(),
    });
    (opened, said.into_inner().unwrap())
}

const LONG: Duration = Duration::from_secs(60);
/// `me@work` and `p:w x`.
const LOGIN: &str = "me%40work:p%3Aw%20x@";
const BASIC: &str = "Basic bWVAd29yazpwOncgeA==";

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_only_the_grid_can_reach_is_found_at_the_grids_own_address() {
    // Nothing listens at port 1.
    for node in ["ws://127.0.0.1:1/session/s/se/bidi", "ws://localhost:1/session/s/se/bidi"] {
        let grid = Grid::start(Answer::Session(Some(node.to_owned()))).await;
        let (opened, _) = open(&format!("http://{LOGIN}{}", grid.host), LONG).await;
        let session = opened.unwrap();
        assert_eq!(session.info.name, "old");
        session.close().await;
        // Whether it's still there is asked on a slow machine only.
        let requests: Vec<Request> =
            grid.requests().into_iter().filter(|request| !request.line.ends_with("/timeouts")).collect();
        let lines: Vec<&str> = requests.iter().map(|request| request.line.as_str()).collect();
        assert_eq!(lines, ["GET /status", "POST /session", "GET /session/s/se/bidi", "DELETE /session/s"], "{node}");
        for Request { line, authorization, body } in &requests {
            assert_eq!(authorization.as_deref(), Some(BASIC), "{line}");
            assert!(!line.contains("p%3A") && !body.contains("p:w") && !body.contains("work"), "{line}: {body}");
        }
        let asked: Value = serde_json::from_str(&requests[1].body).unwrap();
        let asked = &asked["capabilities"]["alwaysMatch"];
        assert_eq!((&asked["browserVersion"], &asked["se:name"]), (&json!("150.0"), &json!("chatproof · site.yaml")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_shown_to_no_other_host() {
    let node = Grid::start(Answer::Nothing).await;
    let grid = Grid::start(Answer::Session(Some(format!("ws://{}/session/s/se/bidi", node.host)))).await;
    let (opened, _) = open(&format!("http://{LOGIN}{}", grid.host), LONG).await;
    opened.unwrap().close().await;
    let asked = node.requests();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].authorization, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_address_leads_nowhere_is_looked_for_there_once() {
    // It takes connections, and closes them.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let node = format!("ws://{}/session/s/se/bidi", listener.local_addr().unwrap());
    let (tried, tries) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
            tried.send_modify(|count| *count += 1);
        }
    });
    let grid = Grid::start(Answer::Session(Some(node))).await;
    let remote = Remote::new(&format!("http://{}", grid.host)).unwrap();
    for _ in 0..3 {
        open_at(&remote, LONG).await.0.unwrap().close().await;
    }
    assert_eq!(*tries.borrow(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_driver_starts_for_nobody_is_ended() {
    let starts = Arc::new(Notify::new());
    let driver = Grid::start(Answer::Slow(starts.clone())).await;
    let remote = Remote::new(&format!("http://{}", driver.host)).unwrap();
    let asked = |all: &Vec<Request>| all.iter().any(|request| request.line == "POST /session");
    let (mut begun, mut requests, wanted) = (Begun::default(), driver.requests.subscribe(), wanted(LONG));
    // The user interrupts while the browser starts.
    tokio::select! {
        _ = Session::open(&remote, &wanted, &|_| (), &mut begun) => panic!("it was never started"),
        _ = requests.wait_for(asked) => {}
    }
    // It is only now that it starts; when all has been ended, so has this.
    tokio::join!(begun.end(), async { starts.notify_one() });
    assert_eq!(driver.requests().last().map(|request| request.line.as_str()), Some("DELETE /session/s"));
}

/// How many requests for a session were given up.
async fn gives_up(grid: &mut Grid, count: usize) {
    tokio::time::timeout(LONG, grid.given_up.wait_for(|given_up| *given_up == count)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_grid_is_waited_for_and_its_queue_is_left_when_the_run_is_interrupted() {
    let mut grid = Grid::start(Answer::Nothing).await;
    let shown = format!("http://{}", grid.host);
    let (words, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let remote = Remote::new(&shown).unwrap();
    let waiting = tokio::spawn(async move {
        let say = |what: &str| _ = words.send(what.to_owned());
        Session::open(&remote, &wanted(LONG), &say, &mut Begun::default()).await.map(drop)
    });
    let said = tokio::time::timeout(LONG, heard.recv()).await.unwrap().unwrap();
    let start = format!("waiting for a free slot of {shown} (");
    assert!(
        said.starts_with(&start) && said.ends_with(" s): its one slot for old is taken, 1 request in its queue"),
        "{said}"
    );
    assert_eq!(*grid.given_up.borrow(), 0);
    waiting.abort();
    gives_up(&mut grid, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grid_that_stays_full_is_given_up_with_what_it_has() {
    let mut grid = Grid::start(Answer::Nothing).await;
    let shown = format!("http://{}", grid.host);
    let (opened, _) = open(&shown, Duration::from_secs(5)).await;
    let error = opened.unwrap_err();
    let start =
        format!("no free slot of {shown} for old within 5 s: its one slot for old is taken, 1 request in its queue");
    assert!(error.starts_with(&start) && error.contains("--session-timeout"), "{error}");
    gives_up(&mut grid, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_grid_refuses_is_said_with_what_it_has() {
    let message = "Could not start a new session. No nodes support the capabilities in the request\nBuild info: x";
    for (status, value, told) in [
        (
            500,
            json!({ "error": "session not created", "message": message }),
            "has no old to offer: Could not start a new session. No nodes support the capabilities in the request; its one slot",
        ),
        (
            500,
            json!({ "error": "session not created", "message": "Could not start a new session. New session request timed out" }),
            "has no old to offer",
        ),
        (
            500,
            json!({ "error": "session not created", "message": "no display" }),
            "old could not be started: no display",
        ),
        (
            401,
            Value::Null,
            "doesn't let chatproof in: it answers 401 Unauthorized\nput user and password into the address",
        ),
        (200, Value::Null, "is no WebDriver"),
    ] {
        let grid = Grid::start(Answer::Error(status, value.clone())).await;
        let (opened, _) = open(&format!("http://{}", grid.host), LONG).await;
        let error = opened.unwrap_err();
        assert!(error.contains(told), "{value}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_a_socket_is_not_left_behind() {
    let grid = Grid::start(Answer::Session(Some("ws://127.0.0.1:1/".to_owned()))).await;
    // The grid has no such socket either.
    let (opened, _) = open(&format!("http://{}/", grid.host), LONG).await;
    let error = opened.unwrap_err();
    assert!(error.contains("can't connect to the BiDi socket ws://127.0.0.1:1/"), "{error}");
    assert_eq!(grid.requests().last().map(|request| request.line.as_str()), Some("DELETE /session/s"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_node_has_gone_is_lost_though_its_socket_stays_open() {
    for (code, message) in [("invalid session id", "no such session"), ("unknown error", "Connection refused")] {
        let grid = Grid::start(Answer::Lost(json!({ "error": code, "message": message }))).await;
        let session = open(&format!("http://{}", grid.host), LONG).await.0.unwrap();
        let mut closed = session.bidi.closed();
        tokio::time::timeout(LONG, closed.wait_for(Option::is_some)).await.unwrap().unwrap();
        let said = session.bidi.closed().borrow().clone().unwrap();
        assert!(said.starts_with("its session is no longer there") && said.contains(message), "{said}");
        session.close().await;
    }
    // Whatever else a driver says of it, it's there.
    let grid = Grid::start(Answer::Lost(json!({ "error": "unexpected alert open", "message": "really?" }))).await;
    let session = open(&format!("http://{}", grid.host), LONG).await.0.unwrap();
    let asked = |all: &Vec<Request>| all.iter().filter(|request| request.line.ends_with("/timeouts")).count();
    let mut requests = grid.requests.subscribe();
    tokio::time::timeout(LONG, requests.wait_for(|all| asked(all) >= 3)).await.unwrap().unwrap();
    assert!(session.bidi.closed().borrow().is_none());
    session.close().await;
}
