//! The state machine, driven with a clock of its own: no waiting, no network. One test at the end goes over a socket.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc;

use super::assets;
use super::conversation::{Act, Agent, Moment, Now, Refusal};
use super::world::{ACCEPT, Arrival, IDLE, MAILBOX, Message, World};
use super::{FixtureSite, Variant};

mod audiences;

/// A world with a hand to turn its clock.
struct Stage {
    world: World,
    start: Instant,
    passed: Duration,
}

/// A connected page of a visitor's.
struct Page {
    visitor: String,
    number: u64,
    messages: mpsc::Receiver<Message>,
    /// As last told.
    conversation: Value,
}

/// An agent's open inbox.
struct Inbox {
    agent: String,
    number: u64,
    messages: mpsc::Receiver<Message>,
    state: Value,
}

impl Stage {
    fn new() -> Self {
        Self {
            world: World::new(assets::script(&crate::changes::Changes::default()).expect("a script")),
            start: Instant::now(),
            passed: Duration::ZERO,
        }
    }

    fn now(&self) -> Now {
        let today = time::Date::from_calendar_date(2027, time::Month::March, 1).expect("a date");
        Now { instant: self.start + self.passed, today }
    }

    /// Lets time pass, stopping at each deadline on the way.
    fn wait(&mut self, time: Duration) {
        let end = self.passed + time;
        while let Some(next) = self.world.next_deadline().map(|at| at.saturating_duration_since(self.start))
            && next <= end
        {
            self.passed = next.max(self.passed);
            self.world.pass_time(self.now());
        }
        self.passed = end;
        self.world.pass_time(self.now());
    }

    fn visit(&mut self, path: &str, visitor: Option<&str>) -> Page {
        let arrival = Arrival {
            visitor: visitor.map(str::to_owned),
            page: path.to_owned(),
            corner: true,
            inline: path == "/demo-request",
            team: Some("team".to_owned()),
            ..Arrival::default()
        };
        let (mailbox, messages) = mpsc::channel(MAILBOX);
        let (number, visitor) = self.world.page_arrives(arrival, mailbox, self.now());
        Page { visitor, number, messages, conversation: Value::Null }
    }

    /// A visitor on the pricing page, to whom its dialogue was shown.
    fn shown(&mut self) -> Page {
        let mut page = self.visit("/pricing", None);
        let welcome = page.welcome();
        assert_eq!(welcome["offers"]["chatbot"], "pricing");
        self.world.visitor_starts(&page.visitor, page.number, "pricing", self.now()).expect("started");
        assert_eq!(page.heard(), ["triggered"]);
        page
    }

    /// A visitor who has asked for an agent.
    fn waiting(&mut self) -> Page {
        let mut page = self.shown();
        self.choose(&mut page, "Talk to sales");
        assert_eq!(page.heard(), ["engaged", "live-requested"]);
        page
    }

    fn act(&mut self, page: &Page, act: Act) -> Result<(), Refusal> {
        let id = page.conversation["id"].as_str().expect("a conversation").to_owned();
        let now = self.now();
        self.world.visitor_acts(&page.visitor, page.number, &id, act, now)
    }

    fn choose(&mut self, page: &mut Page, label: &str) {
        let options = page.conversation["prompt"]["options"].as_array().expect("options");
        let option = options.iter().position(|o| o == label).unwrap_or_else(|| panic!("no option {label}"));
        self.act(page, Act::Choose { prompt: page.prompt(), option }).expect("chosen");
    }

    fn give(&mut self, page: &Page, value: &str) -> Result<(), Refusal> {
        self.act(page, Act::Give { prompt: page.prompt(), value: value.to_owned() })
    }

    fn inbox(&mut self, name: &str) -> Inbox {
        let (mailbox, messages) = mpsc::channel(MAILBOX);
        let (agent, number) = self.world.agent_arrives("team", name, mailbox);
        Inbox { agent, number, messages, state: Value::Null }
    }

    fn accept(&mut self, inbox: &mut Inbox) {
        inbox.read();
        let chat = inbox.state["requests"][0]["chat"].as_str().expect("a request").to_owned();
        let now = self.now();
        self.world.agent_acts(&inbox.agent, &chat, now, |chat, _, by| chat.accept(by, now.instant)).expect("accepted");
        inbox.read();
    }
}

impl Page {
    fn welcome(&mut self) -> Value {
        let message = self.messages.try_recv().expect("a welcome");
        assert_eq!(message.event, "welcome");
        serde_json::from_str(&message.data).expect("JSON")
    }

    fn prompt(&self) -> u64 {
        self.conversation["prompt"]["id"].as_u64().expect("a prompt")
    }

    /// What has happened since it was last asked, in order.
    fn happened(&mut self) -> Vec<Value> {
        let mut moments = Vec::new();
        while let Ok(message) = self.messages.try_recv() {
            assert_eq!(message.event, "update");
            let mut update: Value = serde_json::from_str(&message.data).expect("JSON");
            moments.extend(update["moments"].as_array().expect("moments").iter().cloned());
            self.conversation = update["conversation"].take();
        }
        moments
    }

    fn heard(&mut self) -> Vec<String> {
        self.happened().iter().map(|m| m["kind"].as_str().expect("a kind").to_owned()).collect()
    }

    fn says(&self) -> String {
        self.conversation["entries"]
            .as_array()
            .and_then(|e| e.last())
            .map_or_else(String::new, |entry| entry["text"].as_str().unwrap_or_default().to_owned())
    }
}

impl Inbox {
    fn read(&mut self) {
        while let Ok(message) = self.messages.try_recv() {
            self.state = serde_json::from_str(&message.data).expect("JSON");
        }
    }
}

#[test]
fn a_live_chat_from_request_to_end() {
    let mut stage = Stage::new();
    let mut ada = stage.inbox("Ada");
    let mut page = stage.waiting();
    stage.accept(&mut ada);
    let accepted = page.happened();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0]["kind"], "live-accepted");
    assert_eq!(accepted[0]["agent"]["name"], "Ada");
    assert_eq!(accepted[0]["agent"]["id"], Value::String(ada.agent.clone()));

    stage.act(&page, Act::Say { text: "  hello  ".to_owned() }).expect("said");
    ada.read();
    assert_eq!(ada.state["requests"].as_array().map(Vec::len), Some(0));
    let entries = ada.state["chats"][0]["entries"].as_array().expect("entries");
    assert_eq!(entries.last().expect("one")["text"], "hello");

    let chat = ada.state["chats"][0]["chat"].as_str().expect("a chat").to_owned();
    let now = stage.now();
    stage
        .world
        .agent_acts(&ada.agent, &chat, now, |chat, _, _| {
            chat.agent_says("welcome", now.instant)?;
            Ok(Vec::new())
        })
        .expect("said");
    assert!(page.heard().is_empty(), "talking is no event");
    assert_eq!(page.says(), "welcome");

    stage
        .world
        .agent_acts(&ada.agent, &chat, now, |chat, around, by| {
            let mut moments = Vec::new();
            chat.end_chat(Some(by), around, &mut moments)?;
            Ok(moments)
        })
        .expect("ended");
    assert_eq!(page.heard(), ["live-ended", "completed"]);
    assert_eq!(stage.world.next_deadline(), None);
    ada.read();
    assert_eq!(ada.state["chats"][0]["live"], false, "an ended chat stays to be read");
}

#[test]
fn a_visitor_can_end_a_live_chat_too() {
    let mut stage = Stage::new();
    let mut ada = stage.inbox("Ada");
    let mut page = stage.waiting();
    stage.accept(&mut ada);
    page.happened();
    stage.act(&page, Act::EndChat).expect("ended");
    assert_eq!(page.heard(), ["live-ended", "completed"]);
    assert_eq!(stage.act(&page, Act::EndChat), Err(Refusal::Stale));
    assert!(page.heard().is_empty());
}

#[test]
fn nobody_accepts_in_time() {
    let mut stage = Stage::new();
    let mut page = stage.waiting();
    stage.wait(ACCEPT - Duration::from_millis(1));
    assert!(page.heard().is_empty());
    stage.wait(Duration::from_millis(1));
    let timed_out = page.happened();
    assert_eq!(timed_out.len(), 1);
    assert_eq!(timed_out[0]["kind"], "live-timed-out");
    assert_ne!(timed_out[0]["agent"]["name"], "", "an agent is named though none was there");
    // The fallback goes on to the end of its branch.
    stage.choose(&mut page, "Leave my email");
    assert!(page.heard().is_empty(), "engaged is over and done");
    stage.give(&page, "a@b.example").expect("given");
    assert_eq!(page.heard(), ["given", "completed"]);
    // Who comes too late can't accept.
    let mut ada = stage.inbox("Ada");
    ada.read();
    assert_eq!(ada.state["requests"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_silent_visitor_ends_the_chat() {
    let mut stage = Stage::new();
    let mut ada = stage.inbox("Ada");
    let mut page = stage.waiting();
    stage.accept(&mut ada);
    page.happened();
    stage.wait(IDLE / 2);
    stage.act(&page, Act::Say { text: "still here".to_owned() }).expect("said");
    let now = stage.now();
    let chat = page.conversation["id"].as_str().expect("an id").to_owned();
    stage
        .world
        .agent_acts(&ada.agent, &chat, now, |chat, _, _| {
            chat.agent_says("so am I", now.instant)?;
            Ok(Vec::new())
        })
        .expect("said");
    stage.wait(IDLE - Duration::from_millis(1));
    assert!(page.heard().is_empty());
    stage.wait(Duration::from_millis(1));
    assert_eq!(page.heard(), ["live-timed-out", "live-ended", "completed"]);
    stage.wait(IDLE * 2);
    assert!(page.heard().is_empty(), "once is enough");
}

#[test]
fn a_silent_agent_ends_the_chat_without_blaming_the_visitor() {
    let mut stage = Stage::new();
    let mut ada = stage.inbox("Ada");
    let mut page = stage.waiting();
    stage.accept(&mut ada);
    page.happened();
    stage.wait(IDLE / 2);
    stage.act(&page, Act::Say { text: "anybody there?".to_owned() }).expect("said");
    stage.wait(IDLE / 2);
    assert_eq!(page.heard(), ["live-ended", "completed"]);
}

#[test]
fn closing_before_the_end_and_after_it() {
    let mut stage = Stage::new();
    let mut page = stage.shown();
    stage.choose(&mut page, "Compare plans");
    page.happened();
    stage.act(&page, Act::Close).expect("closed");
    assert_eq!(page.heard(), ["closed"]);
    assert_eq!(stage.act(&page, Act::Close), Err(Refusal::Stale), "closed once");

    let mut page = stage.shown();
    stage.choose(&mut page, "Ask a question");
    page.happened();
    stage.act(&page, Act::Done { prompt: page.prompt() }).expect("done");
    assert_eq!(page.heard(), ["completed"]);
    stage.act(&page, Act::Close).expect("put away");
    assert!(page.heard().is_empty(), "that is no closing before the end");
}

#[test]
fn closing_while_an_agent_talks_ends_the_chat_as_well() {
    let mut stage = Stage::new();
    let mut ada = stage.inbox("Ada");
    let mut page = stage.waiting();
    stage.accept(&mut ada);
    page.happened();
    stage.act(&page, Act::Close).expect("closed");
    assert_eq!(page.heard(), ["live-ended", "closed"]);
    assert_eq!(stage.world.next_deadline(), None);
}

#[test]
fn a_refused_value_is_no_value() {
    let mut stage = Stage::new();
    let mut page = stage.shown();
    stage.choose(&mut page, "Book a meeting");
    assert_eq!(page.heard(), ["engaged"]);
    assert!(matches!(stage.give(&page, "visitor@nowhere"), Err(Refusal::Invalid(_))));
    assert!(matches!(stage.give(&page, "   "), Err(Refusal::Invalid(_))));
    assert!(page.heard().is_empty());
    stage.give(&page, "visitor@example.com").expect("given");
    let given = page.happened();
    assert_eq!(given.len(), 1);
    assert_eq!(given[0]["field"], "email");
    stage.give(&page, "+1 555 010 0199").expect("given");
    page.happened();
    let slot = page.conversation["prompt"]["days"][0]["slots"][0]["id"].as_str().expect("a slot").to_owned();
    let prompt = page.prompt();
    stage.act(&page, Act::Book { prompt, slot: slot.clone() }).expect("booked");
    let booked = page.happened();
    assert_eq!(booked[0]["kind"], "meeting-booked");
    assert_eq!(booked[0]["meeting"]["startDateTime"], Value::String(slot.clone()));
    assert_eq!(booked[1]["kind"], "completed");
    assert_eq!(stage.act(&page, Act::Book { prompt, slot }), Err(Refusal::Stale), "a double click books once");
}

#[test]
fn what_is_known_is_not_asked_again() {
    let mut stage = Stage::new();
    let mut page = stage.shown();
    stage.choose(&mut page, "Book a meeting");
    page.happened();
    stage.give(&page, "visitor@example.com").expect("given");
    page.happened();

    let mut flow = stage.visit("/product", Some(&page.visitor));
    flow.welcome();
    stage.world.visitor_starts(&flow.visitor, flow.number, "fleet-check", stage.now()).expect("started");
    flow.happened();
    for answer in ["Under 500", "Ports"] {
        stage.choose(&mut flow, answer);
        flow.happened();
    }
    assert_eq!(flow.conversation["prompt"]["kind"], "document", "the address was skipped");
}

#[test]
fn a_reload_resumes_and_tells_nothing_twice() {
    let mut stage = Stage::new();
    let mut page = stage.shown();
    let visitor = page.visitor.clone();
    stage.choose(&mut page, "Compare plans");
    page.happened();
    let before = page.conversation.clone();
    stage.world.page_leaves(page.number, stage.now());

    // Also on a page that has no dialogue of its own.
    for path in ["/pricing", "/docs", "/"] {
        let mut again = stage.visit(path, Some(&visitor));
        let welcome = again.welcome();
        assert_eq!(welcome["conversations"][0], before, "{path}");
        assert_eq!(welcome["offers"]["chatbot"], Value::Null);
        assert!(again.heard().is_empty());
        stage.world.page_leaves(again.number, stage.now());
    }
}

#[test]
fn an_unengaged_conversation_gives_way_to_another_page_s() {
    let mut stage = Stage::new();
    let page = stage.shown();
    let mut home = stage.visit("/", Some(&page.visitor));
    let welcome = home.welcome();
    assert_eq!(welcome["offers"]["chatbot"], "welcome");
    assert_eq!(welcome["conversations"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_completed_conversation_is_never_shown_again() {
    let mut stage = Stage::new();
    let mut page = stage.shown();
    stage.choose(&mut page, "Ask a question");
    page.happened();
    stage.act(&page, Act::Done { prompt: page.prompt() }).expect("done");
    page.happened();
    let mut again = stage.visit("/pricing", Some(&page.visitor));
    let welcome = again.welcome();
    assert_eq!(welcome["conversations"].as_array().map(Vec::len), Some(0));
    assert_eq!(welcome["offers"]["chatbot"], Value::Null);
    let now = stage.now();
    assert_eq!(stage.world.visitor_starts(&again.visitor, again.number, "pricing", now), Err(Refusal::Stale));
}

#[test]
fn what_happens_during_a_reload_is_told_after_it_and_once() {
    let mut stage = Stage::new();
    let mut ada = stage.inbox("Ada");
    let page = stage.waiting();
    stage.world.page_leaves(page.number, stage.now());
    stage.accept(&mut ada);
    let mut again = stage.visit("/pricing", Some(&page.visitor));
    again.welcome();
    assert_eq!(again.heard(), ["live-accepted"]);
    let mut second = stage.visit("/pricing", Some(&page.visitor));
    second.welcome();
    assert!(second.heard().is_empty());
}

#[test]
fn of_two_windows_the_one_that_acts_is_told_what_happened() {
    let mut stage = Stage::new();
    let mut first = stage.shown();
    let mut second = stage.visit("/pricing", Some(&first.visitor));
    second.welcome();
    stage.choose(&mut first, "Compare plans");
    assert_eq!(first.heard(), ["engaged"]);
    assert!(second.heard().is_empty());
    assert_eq!(second.conversation, first.conversation, "but both show it");
}

#[test]
fn a_visitor_who_is_gone_is_not_waited_for() {
    let mut stage = Stage::new();
    let mut ada = stage.inbox("Ada");
    let page = stage.waiting();
    ada.read();
    assert_eq!(ada.state["requests"].as_array().map(Vec::len), Some(1));
    stage.world.page_leaves(page.number, stage.now());
    stage.wait(Duration::from_secs(20));
    ada.read();
    assert_eq!(ada.state["requests"].as_array().map(Vec::len), Some(0));
}

#[test]
fn requests_find_an_agent_who_comes_later_and_only_of_their_team() {
    let mut stage = Stage::new();
    let mut page = stage.waiting();
    let (mailbox, mut elsewhere) = mpsc::channel(MAILBOX);
    stage.world.agent_arrives("another", "Bo", mailbox);
    let other: Value = serde_json::from_str(&elsewhere.try_recv().expect("a state").data).expect("JSON");
    assert_eq!(other["requests"].as_array().map(Vec::len), Some(0));
    let mut ada = stage.inbox("Ada");
    stage.accept(&mut ada);
    assert_eq!(page.heard(), ["live-accepted"]);
}

#[test]
fn an_agent_who_goes_away_hands_requests_on() {
    let mut stage = Stage::new();
    let ada = stage.inbox("Ada");
    let mut bo = stage.inbox("Bo");
    let mut page = stage.waiting();
    bo.read();
    assert_eq!(bo.state["requests"].as_array().map(Vec::len), Some(0), "it is Ada's");
    stage.world.agent_available(&ada.agent, false);
    bo.read();
    assert_eq!(bo.state["requests"].as_array().map(Vec::len), Some(1));
    stage.world.agent_available(&ada.agent, true);
    stage.world.agent_leaves(&ada.agent, ada.number);
    stage.accept(&mut bo);
    assert_eq!(page.happened()[0]["agent"]["name"], "Bo");
}

#[test]
fn a_pop_up_that_was_closed_can_be_opened_anew() {
    let mut stage = Stage::new();
    let mut page = stage.visit("/product", None);
    page.welcome();
    let now = stage.now();
    let mut ids = Vec::new();
    for _ in 0..2 {
        stage.world.visitor_starts(&page.visitor, page.number, "fleet-check", now).expect("started");
        assert_eq!(page.heard(), ["triggered"]);
        ids.push(page.conversation["id"].clone());
        stage.act(&page, Act::Close).expect("closed");
        assert_eq!(page.heard(), ["closed"]);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn moments_serialise_as_the_widget_reads_them() {
    let agent = Agent { id: "agent-1".to_owned(), name: "Ada".to_owned() };
    let json = serde_json::to_value(Moment::LiveTimedOut { agent }).expect("JSON");
    assert_eq!(json, serde_json::json!({ "kind": "live-timed-out", "agent": { "id": "agent-1", "name": "Ada" } }));
}

/// Over a real socket: a stream that stays open doesn't keep the site from stopping.
#[tokio::test]
async fn serves_pages_and_stops_with_streams_open() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn get(url: &str, path: &str) -> tokio::net::TcpStream {
        let address = url.strip_prefix("http://").expect("http");
        let mut socket = tokio::net::TcpStream::connect(address).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.expect("sent");
        socket
    }
    async fn whole(mut socket: tokio::net::TcpStream) -> String {
        let mut text = String::new();
        socket.read_to_string(&mut text).await.expect("an answer");
        text
    }

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let strict = Variant::by_name("strict-csp").expect("known");
    let site = FixtureSite::start(listener, strict).await.expect("started");

    let home = whole(get(site.url(), "/").await).await;
    assert!(home.starts_with("HTTP/1.1 200"), "{home}");
    assert!(home.contains("content-security-policy: default-src 'self'"), "{home}");
    let lost = whole(get(site.url(), "/no/such/page").await).await;
    assert!(lost.starts_with("HTTP/1.1 404") && lost.contains("</html>"), "{lost}");

    let mut stream = get(site.url(), "/chat/stream?page=/pricing&room=corner").await;
    let mut heard = String::new();
    let mut buffer = [0; 1024];
    while !heard.contains("event: welcome") {
        let read = stream.read(&mut buffer).await.expect("some");
        assert_ne!(read, 0, "closed too early: {heard}");
        heard.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    let url = site.url().to_owned();
    site.stop().await;
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.expect("the stream ends");
    let address = url.strip_prefix("http://").expect("http");
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
