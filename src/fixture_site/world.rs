//! Everything that one server remembers: visitors with their conversations, agents on duty, and who is to be told.
//!
//! Boundary: no network and no clock of its own. Each call is handed the time; whoever drives it asks
//! [`World::next_deadline`] and calls [`World::pass_time`]. Answers leave through mailboxes, so that a push to a browser
//! never makes anybody wait.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::audience::Traits;
use super::conversation::{Act, Around, Conversation, Moment, Now, Refusal, Stage, Status};
use super::desk::Desk;
use super::script::{Dialogue, Script, Ui};

/// The documented time that an agent has to accept.
pub(super) const ACCEPT: Duration = Duration::from_secs(100);
/// The documented silence that ends a live chat.
pub(super) const IDLE: Duration = Duration::from_secs(600);
/// How long a visitor may be away (a reload, a slow tag manager) before a request is given up, and a live chat.
const GONE_WAITING: Duration = Duration::from_secs(15);
const GONE_TALKING: Duration = Duration::from_secs(60);

/// Bounds, so that a page in a loop can't eat the memory. The oldest go first.
const VISITORS: usize = 2_000;
const CONVERSATIONS: usize = 20;
const PAGES: usize = 4_000;
const UNDELIVERED: usize = 50;
/// Messages that may wait for one browser. A page that is so far behind is dropped; it comes back and is told anew.
pub(super) const MAILBOX: usize = 256;

/// Something for one browser: a server-sent event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub event: &'static str,
    pub data: String,
}

impl Message {
    pub fn new(event: &'static str, data: &impl Serialize) -> Self {
        Self { event, data: serde_json::to_string(data).unwrap_or_default() }
    }
}

/// Where messages for one browser go.
pub(super) type Mailbox = mpsc::Sender<Message>;

/// What a page tells of itself when it connects.
#[derive(Debug, Clone, Default)]
pub(super) struct Arrival {
    /// The visitor's token, if it has one.
    pub visitor: Option<String>,
    /// Path of the page.
    pub page: String,
    /// Who visits it.
    pub traits: Traits,
    /// The page has room for the chatbot in its corner.
    pub corner: bool,
    /// The page has a slot for an inline flow.
    pub inline: bool,
    pub team: Option<String>,
    pub accept: Option<Duration>,
    pub idle: Option<Duration>,
}

/// A page of a visitor's that is connected.
#[derive(Debug)]
struct Page {
    visitor: String,
    mailbox: Mailbox,
}

#[derive(Debug)]
struct Visitor {
    sid: String,
    traits: Traits,
    team: String,
    accept: Duration,
    idle: Duration,
    known: BTreeMap<String, String>,
    conversations: Vec<Conversation>,
    /// What happened while no page was there to tell it.
    undelivered: Vec<(String, Moment)>,
    /// Since when no page is connected.
    absent_since: Option<Instant>,
}

impl Visitor {
    /// When a conversation of this visitor's changes by itself.
    fn deadline(&self, conversation: &Conversation) -> Option<Instant> {
        let gone = match conversation.stage {
            Stage::Waiting { .. } => self.absent_since.map(|since| since + GONE_WAITING),
            Stage::Talking { .. } => self.absent_since.map(|since| since + GONE_TALKING),
            Stage::Card(_) | Stage::Over => None,
        };
        conversation.deadline(self.idle).into_iter().chain(gone).min()
    }
}

/// All state of one server.
#[derive(Debug)]
pub(super) struct World {
    pub script: Arc<Script>,
    pub desk: Desk,
    visitors: IndexMap<String, Visitor>,
    pages: IndexMap<u64, Page>,
    next_page: u64,
}

impl World {
    pub fn new(script: Script) -> Self {
        Self {
            script: Arc::new(script),
            desk: Desk::default(),
            visitors: IndexMap::new(),
            pages: IndexMap::new(),
            next_page: 1,
        }
    }

    /// A page connects: it is told what to show. Gives the page's number and the visitor's token.
    pub fn page_arrives(&mut self, arrival: Arrival, mailbox: Mailbox, now: Now) -> (u64, String) {
        let token = arrival.visitor.filter(|token| self.visitors.contains_key(token)).unwrap_or_else(|| {
            while self.visitors.len() >= VISITORS {
                self.visitors.shift_remove_index(0);
            }
            let token = random_id();
            self.visitors.insert(
                token.clone(),
                Visitor {
                    sid: random_id(),
                    traits: Traits::default(),
                    team: "main".to_owned(),
                    accept: ACCEPT,
                    idle: IDLE,
                    known: BTreeMap::new(),
                    conversations: Vec::new(),
                    undelivered: Vec::new(),
                    absent_since: None,
                },
            );
            token
        });
        while self.pages.len() >= PAGES {
            self.pages.shift_remove_index(0);
        }
        let number = self.next_page;
        self.next_page += 1;
        if let Some(visitor) = self.visitors.get_mut(&token) {
            visitor.absent_since = None;
            visitor.traits = arrival.traits;
            visitor.team = arrival.team.unwrap_or(std::mem::take(&mut visitor.team));
            visitor.accept = arrival.accept.unwrap_or(visitor.accept);
            visitor.idle = arrival.idle.unwrap_or(visitor.idle);

            let shown = |ui: Ui| visitor.conversations.iter().rev().find(|c| c.ui() == ui && c.status == Status::Open);
            let targeted = |ui: Ui| self.script.targeted(&arrival.page, ui, &visitor.traits).map(|(key, _)| key);
            // An engaged conversation goes on everywhere; an unengaged one gives way to the page's own dialogue.
            let chatbot = visitor
                .conversations
                .iter()
                .rev()
                .find(|c| c.ui() == Ui::Chatbot && c.status == Status::Open && c.engaged)
                .or_else(|| {
                    visitor.conversations.iter().find(|c| {
                        c.ui() == Ui::Chatbot && c.status == Status::Open && Some(&*c.key) == targeted(Ui::Chatbot)
                    })
                })
                .filter(|_| arrival.corner);
            let popup =
                shown(Ui::Popup).filter(|c| c.engaged && arrival.corner && Some(&*c.key) == targeted(Ui::Popup));
            let inline = shown(Ui::Inline).filter(|c| arrival.inline && Some(&*c.key) == targeted(Ui::Inline));
            let offer = |ui: Ui, room: bool, shown: Option<&Conversation>| {
                targeted(ui)
                    .filter(|key| room && shown.is_none() && !visitor.conversations.iter().any(|c| c.key == **key))
            };
            let views: Vec<Value> =
                [chatbot, popup, inline].into_iter().flatten().map(|c| c.view(&visitor.sid, now.today)).collect();
            let welcome = json!({
                "visitor": token,
                "page": number,
                "conversations": views,
                "offers": {
                    "chatbot": offer(Ui::Chatbot, arrival.corner, chatbot),
                    "inline": offer(Ui::Inline, arrival.inline, inline),
                },
                "documents": self.script.documents,
            });
            let mut messages = vec![Message::new("welcome", &welcome)];
            for (id, moment) in std::mem::take(&mut visitor.undelivered) {
                if let Some(conversation) = visitor.conversations.iter().find(|c| c.id == id) {
                    let view = conversation.view(&visitor.sid, now.today);
                    messages.push(Message::new("update", &json!({ "conversation": view, "moments": [moment] })));
                }
            }
            // The mailbox is new and has room for these.
            for message in messages {
                let _ = mailbox.try_send(message);
            }
        }
        self.pages.insert(number, Page { visitor: token.clone(), mailbox });
        (number, token)
    }

    /// A page's connection is gone.
    pub fn page_leaves(&mut self, number: u64, now: Now) {
        let Some(page) = self.pages.shift_remove(&number) else { return };
        if self.pages.values().any(|other| other.visitor == page.visitor) {
            return;
        }
        if let Some(visitor) = self.visitors.get_mut(&page.visitor) {
            visitor.absent_since = Some(now.instant);
        }
    }

    /// A visitor is shown a dialogue or opens a flow.
    pub fn visitor_starts(&mut self, token: &str, page: u64, key: &str, now: Now) -> Result<(), Refusal> {
        let script = Arc::clone(&self.script);
        let dialogue: Arc<Dialogue> = Arc::new(script.dialogues.get(key).cloned().ok_or(Refusal::Stale)?);
        let visitor = self.visitors.get_mut(token).ok_or(Refusal::Stale)?;
        let agent = self.desk.resolve(&visitor.team, &script);
        if let Some(office) = dialogue.when.office(&visitor.traits) {
            visitor.known.insert("office".to_owned(), office.name.clone());
        }
        let mut around = Around { script: &script, known: &mut visitor.known, agent, accept: visitor.accept, now };
        if let Some(earlier) = visitor.conversations.iter().rev().find(|c| c.key == key) {
            // Only a pop-up that its visitor asks for again begins anew, and only if it never came to its end.
            let again = dialogue.ui == Ui::Popup && earlier.status == Status::Closed;
            if earlier.status == Status::Open {
                let id = earlier.id.clone();
                self.publish(token, &id, Vec::new(), Some(page), now);
                return Ok(());
            }
            if !again {
                return Err(Refusal::Stale);
            }
        }
        let (conversation, moments) = Conversation::begin(random_id(), key, dialogue, &mut around);
        let id = conversation.id.clone();
        if visitor.conversations.len() >= CONVERSATIONS {
            visitor.conversations.remove(0);
        }
        visitor.conversations.push(conversation);
        self.publish(token, &id, moments, Some(page), now);
        Ok(())
    }

    /// A visitor does something in a conversation.
    pub fn visitor_acts(&mut self, token: &str, page: u64, id: &str, act: Act, now: Now) -> Result<(), Refusal> {
        let moments = self.with(token, id, now, |conversation, around| conversation.act(act, around))??;
        self.publish(token, id, moments, Some(page), now);
        self.tell_desk(token);
        Ok(())
    }

    /// What an agent does in a chat: `act` gets the conversation.
    pub fn agent_acts<F>(&mut self, agent: &str, chat: &str, now: Now, act: F) -> Result<(), Refusal>
    where
        F: FnOnce(&mut Conversation, &mut Around, &super::conversation::Agent) -> Result<Vec<Moment>, Refusal>,
    {
        let agent = self.desk.agent(agent).ok_or(Refusal::Stale)?;
        let token = self
            .visitors
            .iter()
            .find(|(_, v)| v.conversations.iter().any(|c| c.id == chat && c.concerns(&agent)))
            .map(|(token, _)| token.clone())
            .ok_or(Refusal::Stale)?;
        let moments = self.with(&token, chat, now, |conversation, around| act(conversation, around, &agent))??;
        self.publish(&token, chat, moments, None, now);
        self.tell_desk(&token);
        Ok(())
    }

    /// Tells the visitor's pages that the agent is writing.
    pub fn agent_types(&mut self, agent: &str, chat: &str) {
        let Some(agent) = self.desk.agent(agent) else { return };
        let Some((token, _)) =
            self.visitors.iter().find(|(_, v)| v.conversations.iter().any(|c| c.id == chat && c.concerns(&agent)))
        else {
            return;
        };
        for page in self.pages.values().filter(|page| &page.visitor == token) {
            let _ = page.mailbox.try_send(Message::new("typing", &json!({ "conversation": chat })));
        }
    }

    /// An inbox opens: its agent is on duty.
    pub fn agent_arrives(&mut self, team: &str, name: &str, mailbox: Mailbox) -> (String, u64) {
        let (id, stream) = self.desk.arrive(team, name, mailbox);
        self.reroute(team);
        (id, stream)
    }

    /// An inbox closes.
    pub fn agent_leaves(&mut self, id: &str, stream: u64) {
        if let Some(team) = self.desk.leave(id, stream) {
            self.reroute(&team);
        }
    }

    /// An agent goes on or off duty without leaving the inbox.
    pub fn agent_available(&mut self, id: &str, on: bool) {
        if let Some(team) = self.desk.set_available(id, on) {
            self.reroute(&team);
        }
    }

    /// When something next happens by itself.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.visitors.values().flat_map(|v| v.conversations.iter().filter_map(|c| v.deadline(c))).min()
    }

    /// Lets everything happen that is due.
    pub fn pass_time(&mut self, now: Now) {
        let due: Vec<(String, String, Duration, bool)> = self
            .visitors
            .iter()
            .flat_map(|(token, v)| {
                v.conversations.iter().filter(|c| v.deadline(c).is_some_and(|at| at <= now.instant)).map(|c| {
                    // Due, but not by its own clock: then because its visitor is gone.
                    let absent = c.deadline(v.idle).is_some_and(|own| own > now.instant);
                    (token.clone(), c.id.clone(), v.idle, absent)
                })
            })
            .collect();
        for (token, id, idle, absent) in due {
            let moments = self.with(&token, &id, now, |c, around| c.pass_time(idle, absent, around));
            self.publish(&token, &id, moments.unwrap_or_default(), None, now);
            self.tell_desk(&token);
        }
    }

    /// Runs something on a conversation, with what it needs to know of the world.
    fn with<T>(
        &mut self,
        token: &str,
        id: &str,
        now: Now,
        run: impl FnOnce(&mut Conversation, &mut Around) -> T,
    ) -> Result<T, Refusal> {
        let script = Arc::clone(&self.script);
        let visitor = self.visitors.get_mut(token).ok_or(Refusal::Stale)?;
        let agent = self.desk.resolve(&visitor.team, &script);
        let mut around = Around { script: &script, known: &mut visitor.known, agent, accept: visitor.accept, now };
        let conversation = visitor.conversations.iter_mut().find(|c| c.id == id).ok_or(Refusal::Stale)?;
        Ok(run(conversation, &mut around))
    }

    /// Tells the visitor's pages how a conversation stands. What happened is told to one page only, the one where it
    /// was done or else the newest, so that no event fires twice; and kept if there is none.
    fn publish(&mut self, token: &str, id: &str, moments: Vec<Moment>, by: Option<u64>, now: Now) {
        let Some(visitor) = self.visitors.get_mut(token) else { return };
        let Some(conversation) = visitor.conversations.iter().find(|c| c.id == id) else { return };
        let view = conversation.view(&visitor.sid, now.today);
        let silent = Message::new("update", &json!({ "conversation": view, "moments": [] }));
        let telling = Message::new("update", &json!({ "conversation": view, "moments": moments }));

        let mine: Vec<(u64, Mailbox)> = self
            .pages
            .iter()
            .filter(|(_, page)| page.visitor == token)
            .map(|(number, page)| (*number, page.mailbox.clone()))
            .collect();
        let teller =
            by.filter(|by| mine.iter().any(|(number, _)| number == by)).or(mine.last().map(|(number, _)| *number));
        let mut told = false;
        for (number, mailbox) in mine {
            let is_teller = Some(number) == teller;
            if mailbox.try_send(if is_teller { telling.clone() } else { silent.clone() }).is_ok() {
                told |= is_teller;
            } else {
                self.pages.shift_remove(&number);
            }
        }
        if !told {
            let room = UNDELIVERED.saturating_sub(visitor.undelivered.len());
            visitor.undelivered.extend(moments.into_iter().take(room).map(|moment| (id.to_owned(), moment)));
        }
    }

    /// Requests of a team whose agent is not on duty (any more) go to one who is.
    fn reroute(&mut self, team: &str) {
        let resolved = self.desk.resolve(team, &self.script);
        for conversation in
            self.visitors.values_mut().filter(|v| v.team == team).flat_map(|v| v.conversations.iter_mut())
        {
            if let Stage::Waiting { agent, .. } = &mut conversation.stage
                && !self.desk.on_duty(&agent.id)
            {
                *agent = resolved.clone();
            }
        }
        self.tell_team(team);
    }

    fn tell_desk(&mut self, token: &str) {
        if let Some(team) = self.visitors.get(token).map(|v| v.team.clone()) {
            self.tell_team(&team);
        }
    }

    /// Tells every inbox of a team how it stands.
    fn tell_team(&mut self, team: &str) {
        for agent in self.desk.team(team) {
            let mut requests: Vec<Value> = Vec::new();
            let mut chats: Vec<Value> = Vec::new();
            for (token, conversation) in
                self.visitors.iter().flat_map(|(token, v)| v.conversations.iter().map(move |c| (token, c)))
            {
                let visitor = format!("Visitor {}", token.chars().take(4).collect::<String>().to_uppercase());
                let about = conversation.dialogue.name.as_str();
                match &conversation.stage {
                    Stage::Waiting { agent: asked, .. } if asked.id == agent.id => {
                        requests.push(json!({ "chat": conversation.id, "visitor": visitor, "about": about }));
                    }
                    stage => {
                        if conversation.served_by.as_ref().is_some_and(|by| by.id == agent.id) {
                            let live = matches!(stage, Stage::Talking { .. });
                            if live || self.desk.saw(&agent.id, &conversation.id) {
                                let shared = matches!(stage, Stage::Talking { calendar: true, .. });
                                chats.push(json!({
                                    "chat": conversation.id, "visitor": visitor, "about": about, "live": live,
                                    "shared": shared, "entries": conversation.entries,
                                }));
                            }
                            if live {
                                self.desk.note(&agent.id, &conversation.id);
                            }
                        }
                    }
                }
            }
            self.desk.tell(&agent.id, &requests, &chats);
        }
    }
}

impl Conversation {
    /// Whether this agent may act in it: asked to accept, or talking.
    fn concerns(&self, by: &super::conversation::Agent) -> bool {
        matches!(&self.stage, Stage::Waiting { agent, .. } | Stage::Talking { agent, .. } if agent.id == by.id)
    }
}

/// An id that can't be guessed from another one. The standard library's hasher keys are its only source of randomness,
/// and enough for a reference site.
fn random_id() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}", word() ^ word().rotate_left(32))
}
