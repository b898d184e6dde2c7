//! One conversation of one visitor: where it stands, what was said, and what a visitor's or agent's act changes.
//!
//! Boundary: no clock, no network, no other visitors. The time, what is known of the visitor and the agent to route to
//! are handed in ([`Around`]); what happened is handed back ([`Moment`]), and the widget makes events of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::calendar;
use super::script::{Card, Dialogue, Script, Ui};
use super::values::{accept_value, tidy};

/// The longest transcript that is kept; older entries go.
const ENTRY_LIMIT: usize = 400;

/// Who answers, as payloads name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Agent {
    pub id: String,
    pub name: String,
}

/// Something happened that the vendor documents an event for. Order matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Moment {
    Triggered,
    Engaged,
    Given { field: String },
    MeetingBooked { agent: Agent, meeting: Value },
    LiveRequested { agent: Agent },
    LiveAccepted { agent: Agent },
    LiveTimedOut { agent: Agent },
    LiveEnded { agent: Agent },
    Completed,
    Closed,
}

/// What a visitor can do in a conversation. `prompt` names the turn that it answers, so that a double click or a second
/// tab can't answer twice.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Act {
    Choose { prompt: u64, option: usize },
    Give { prompt: u64, value: String },
    OpenDocument { document: String },
    Decline { prompt: u64 },
    Book { prompt: u64, slot: String },
    Ask { prompt: u64, text: String },
    Done { prompt: u64 },
    Say { text: String },
    EndChat,
    Close,
}

/// Why an act isn't taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The conversation has moved on; nothing to tell the visitor.
    Stale,
    /// The value isn't acceptable; tell the visitor why.
    Invalid(&'static str),
}

/// The time, read at the edge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub instant: Instant,
    pub today: time::Date,
}

/// What a conversation needs to know of the world.
pub(super) struct Around<'a> {
    pub script: &'a Script,
    pub known: &'a mut BTreeMap<String, String>,
    /// Who is resolved if an agent is needed now.
    pub agent: Agent,
    pub accept: Duration,
    pub now: Now,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum From {
    Bot,
    Visitor,
    Agent,
    /// Neither of them: "Ada joined the chat".
    Note,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    id: u64,
    from: From,
    author: Option<String>,
    pub text: String,
    /// Key of a document that this entry offers.
    document: Option<String>,
    /// Page of the documentation that an answer rests on.
    source: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Open,
    Completed,
    Closed,
}

#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// The visitor is to answer this card.
    Card(String),
    /// An agent is to accept.
    Waiting { card: String, agent: Agent, until: Instant },
    /// Visitor and agent talk.
    Talking { card: String, agent: Agent, visitor_spoke: Instant, agent_spoke: Instant, calendar: bool },
    /// The end of a branch was reached, or the visitor has closed it.
    Over,
}

#[derive(Debug)]
pub(super) struct Conversation {
    pub id: String,
    /// Key of its dialogue in the script.
    pub key: String,
    pub dialogue: Arc<Dialogue>,
    pub status: Status,
    pub engaged: bool,
    pub stage: Stage,
    pub entries: Vec<Entry>,
    /// The agent who accepted, while and after they talk.
    pub served_by: Option<Agent>,
    next_entry: u64,
    turn: u64,
}

impl Conversation {
    /// Resolves a dialogue for a visitor: the first cards are said at once.
    pub fn begin(id: String, key: &str, dialogue: Arc<Dialogue>, around: &mut Around) -> (Self, Vec<Moment>) {
        let first = dialogue.first.clone();
        let mut conversation = Self {
            id,
            key: key.to_owned(),
            dialogue,
            status: Status::Open,
            engaged: false,
            stage: Stage::Over,
            entries: Vec::new(),
            served_by: None,
            next_entry: 0,
            turn: 0,
        };
        let mut moments = vec![Moment::Triggered];
        conversation.go(Some(first), around, &mut moments);
        (conversation, moments)
    }

    /// Takes what the visitor did.
    pub fn act(&mut self, act: Act, around: &mut Around) -> Result<Vec<Moment>, Refusal> {
        if self.status == Status::Closed {
            return Err(Refusal::Stale);
        }
        let mut moments = Vec::new();
        match act {
            Act::Close => self.close(&mut moments),
            Act::Say { text } => self.visitor_says(&text, around.now.instant)?,
            Act::EndChat => self.end_chat(None, around, &mut moments)?,
            Act::OpenDocument { document } => self.open_document(&document, around, &mut moments)?,
            Act::Book { prompt, slot } => self.book(prompt, &slot, around, &mut moments)?,
            Act::Choose { prompt, option } => {
                let Card::Question { options, .. } = self.card(prompt)? else { return Err(Refusal::Stale) };
                let chosen = options.into_iter().nth(option).ok_or(Refusal::Stale)?;
                around.known.insert(format!("{}.choice", self.key), chosen.value);
                self.say(From::Visitor, None, &chosen.label);
                self.engage(&mut moments);
                self.go(Some(chosen.next), around, &mut moments);
            }
            Act::Give { prompt, value } => {
                let Card::Capture { field, choices, next, .. } = self.card(prompt)? else { return Err(Refusal::Stale) };
                let value = accept_value(&field, &choices, &value).map_err(Refusal::Invalid)?;
                self.say(From::Visitor, None, &value);
                around.known.insert(field.clone(), value);
                self.engage(&mut moments);
                moments.push(Moment::Given { field });
                self.go(next, around, &mut moments);
            }
            Act::Decline { prompt } => {
                let (decline, next) = match self.card(prompt)? {
                    Card::Document { decline, next, .. } => (Some(decline), next),
                    Card::Meeting { decline, next, .. } => (decline, next),
                    _ => return Err(Refusal::Stale),
                };
                self.say(From::Visitor, None, &decline.ok_or(Refusal::Stale)?);
                self.engage(&mut moments);
                self.go(next, around, &mut moments);
            }
            Act::Ask { prompt, text } => {
                let Card::Answers { .. } = self.card(prompt)? else { return Err(Refusal::Stale) };
                let question = tidy(&text).ok_or(Refusal::Invalid("Please write a question first."))?;
                self.say(From::Visitor, None, &question);
                self.engage(&mut moments);
                let (answer, source) = around.script.answer(&question);
                self.push(From::Bot, None, answer, None, source);
                self.turn += 1;
            }
            Act::Done { prompt } => {
                let Card::Answers { done, next, .. } = self.card(prompt)? else { return Err(Refusal::Stale) };
                self.say(From::Visitor, None, &done);
                self.engage(&mut moments);
                self.go(next, around, &mut moments);
            }
        }
        Ok(moments)
    }

    /// An agent accepts the request.
    pub fn accept(&mut self, agent: &Agent, now: Instant) -> Result<Vec<Moment>, Refusal> {
        let Stage::Waiting { card, .. } = &self.stage else { return Err(Refusal::Stale) };
        self.stage = Stage::Talking {
            card: card.clone(),
            agent: agent.clone(),
            visitor_spoke: now,
            agent_spoke: now,
            calendar: false,
        };
        self.turn += 1;
        self.served_by = Some(agent.clone());
        self.note("{agent} joined the chat", &[("agent", &agent.name)]);
        Ok(vec![Moment::LiveAccepted { agent: agent.clone() }])
    }

    /// The agent writes something.
    pub fn agent_says(&mut self, text: &str, now: Instant) -> Result<(), Refusal> {
        let text = tidy(text).ok_or(Refusal::Invalid("Please write something first."))?;
        let Stage::Talking { agent, agent_spoke, .. } = &mut self.stage else { return Err(Refusal::Stale) };
        *agent_spoke = now;
        let name = agent.name.clone();
        self.say(From::Agent, Some(name), &text);
        Ok(())
    }

    /// The agent shares a calendar.
    pub fn share_calendar(&mut self, now: Instant) -> Result<(), Refusal> {
        let Stage::Talking { agent, agent_spoke, calendar, .. } = &mut self.stage else { return Err(Refusal::Stale) };
        *agent_spoke = now;
        *calendar = true;
        self.turn += 1;
        let name = agent.name.clone();
        self.note("{agent} shared a calendar", &[("agent", &name)]);
        Ok(())
    }

    /// Visitor or agent ends the live chat, and with it the branch: a live chat is the last card of its branch.
    pub fn end_chat(
        &mut self,
        by: Option<&Agent>,
        around: &mut Around,
        moments: &mut Vec<Moment>,
    ) -> Result<(), Refusal> {
        let Stage::Talking { card, agent, .. } = &self.stage else { return Err(Refusal::Stale) };
        let (card, agent) = (card.clone(), agent.clone());
        match by {
            None => self.note("You ended the chat", &[]),
            Some(by) => self.note("{agent} ended the chat", &[("agent", &by.name)]),
        }
        moments.push(Moment::LiveEnded { agent });
        self.leave_live_chat(&card, around, moments);
        Ok(())
    }

    /// When something happens by itself, if nobody acts before. `idle` is how long a silence ends a live chat.
    pub fn deadline(&self, idle: Duration) -> Option<Instant> {
        match &self.stage {
            Stage::Waiting { until, .. } => Some(*until),
            Stage::Talking { visitor_spoke, agent_spoke, .. } => Some(*visitor_spoke.min(agent_spoke) + idle),
            Stage::Card(_) | Stage::Over => None,
        }
    }

    /// What has happened by itself by now. `absent`: the visitor's last page went away too long ago.
    pub fn pass_time(&mut self, idle: Duration, absent: bool, around: &mut Around) -> Vec<Moment> {
        let mut moments = Vec::new();
        let now = around.now.instant;
        match self.stage.clone() {
            Stage::Waiting { card, agent, until } if now >= until || absent => {
                moments.push(Moment::LiveTimedOut { agent });
                let fallback = match self.dialogue.cards.get(&card) {
                    Some(Card::LiveChat { fallback, .. }) => Some(fallback.clone()),
                    _ => None,
                };
                self.go(fallback, around, &mut moments);
            }
            Stage::Talking { card, agent, visitor_spoke, agent_spoke, .. } => {
                let silent = absent || now >= visitor_spoke + idle;
                if !silent && now < agent_spoke + idle {
                    return moments;
                }
                if silent {
                    moments.push(Moment::LiveTimedOut { agent: agent.clone() });
                }
                self.note("This chat ended because it was quiet for a while.", &[]);
                moments.push(Moment::LiveEnded { agent });
                self.leave_live_chat(&card, around, &mut moments);
            }
            Stage::Waiting { .. } | Stage::Card(_) | Stage::Over => {}
        }
        moments
    }

    /// What the widget shows of it.
    pub fn view(&self, sid: &str, today: time::Date) -> Value {
        json!({
            "id": self.id,
            "key": self.key,
            "sid": sid,
            "name": self.dialogue.name,
            "type": self.dialogue.kind,
            "ui": self.dialogue.ui,
            "status": self.status,
            "engaged": self.engaged,
            "entries": self.entries,
            "prompt": self.prompt(today),
        })
    }

    /// What the visitor is asked for now.
    fn prompt(&self, today: time::Date) -> Value {
        let mut prompt = match &self.stage {
            Stage::Over => return Value::Null,
            Stage::Waiting { agent, .. } => json!({ "kind": "waiting", "agent": agent.name }),
            Stage::Talking { agent, calendar: shared, .. } => json!({
                "kind": "live",
                "agent": agent.name,
                "calendar": shared.then(|| calendar::days(today)),
            }),
            Stage::Card(card) => match self.dialogue.cards.get(card) {
                Some(Card::Question { options, .. }) => {
                    json!({ "kind": "question", "options": options.iter().map(|o| &o.label).collect::<Vec<_>>() })
                }
                Some(Card::Capture { field, label, send, placeholder, choices, .. }) => json!({
                    "kind": "capture", "field": field, "label": label, "send": send,
                    "placeholder": placeholder, "choices": choices,
                }),
                Some(Card::Document { document, decline, .. }) => {
                    json!({ "kind": "document", "document": document, "decline": decline })
                }
                Some(Card::Meeting { title, decline, .. }) => json!({
                    "kind": "meeting", "title": title, "decline": decline, "days": calendar::days(today),
                }),
                Some(Card::Answers { label, placeholder, done, .. }) => {
                    json!({ "kind": "answers", "label": label, "placeholder": placeholder, "done": done })
                }
                _ => return Value::Null,
            },
        };
        prompt["id"] = self.turn.into();
        prompt
    }

    /// The card that the visitor is to answer, if this is the prompt that it was shown with.
    fn card(&self, prompt: u64) -> Result<Card, Refusal> {
        match &self.stage {
            Stage::Card(card) if prompt == self.turn => self.dialogue.cards.get(card).cloned().ok_or(Refusal::Stale),
            _ => Err(Refusal::Stale),
        }
    }

    /// Walks on from a card to the next one that waits for the visitor, an agent, or the end.
    fn go(&mut self, next: Option<String>, around: &mut Around, moments: &mut Vec<Moment>) {
        let dialogue = Arc::clone(&self.dialogue);
        self.turn += 1;
        let mut next = next;
        // A script that goes in circles must not hang the server.
        for _ in 0..=dialogue.cards.len() {
            let Some((key, card)) = next.as_ref().and_then(|key| dialogue.cards.get_key_value(key)) else {
                break;
            };
            next = match card {
                Card::Message { text, next } => {
                    self.bot(text, around);
                    next.clone()
                }
                Card::Goal { next, .. } => next.clone(),
                Card::Condition { known, then, otherwise } => {
                    Some(if around.known.contains_key(known) { then } else { otherwise }.clone())
                }
                Card::Capture { field, next, .. } if around.known.contains_key(field) => next.clone(),
                Card::LiveChat { text, .. } => {
                    self.bot(text, around);
                    let agent = around.agent.clone();
                    moments.push(Moment::LiveRequested { agent: agent.clone() });
                    let until = around.now.instant + around.accept;
                    self.stage = Stage::Waiting { card: key.clone(), agent, until };
                    return;
                }
                Card::Document { text, document, .. } => {
                    self.bot(text, around);
                    let title = around.script.documents.get(document).map_or("", |d| d.title.as_str());
                    self.push(From::Bot, None, title, Some(document), None);
                    self.stage = Stage::Card(key.clone());
                    return;
                }
                Card::Question { text, .. }
                | Card::Capture { text, .. }
                | Card::Meeting { text, .. }
                | Card::Answers { text, .. } => {
                    self.bot(text, around);
                    self.stage = Stage::Card(key.clone());
                    return;
                }
            };
        }
        self.stage = Stage::Over;
        self.status = Status::Completed;
        moments.push(Moment::Completed);
    }

    fn leave_live_chat(&mut self, card: &str, around: &mut Around, moments: &mut Vec<Moment>) {
        let next = match self.dialogue.cards.get(card) {
            Some(Card::LiveChat { next, .. }) => next.clone(),
            _ => None,
        };
        self.go(next, around, moments);
    }

    fn close(&mut self, moments: &mut Vec<Moment>) {
        if self.status == Status::Completed {
            // The end was reached: putting the panel away is no closing before it.
            return;
        }
        if let Stage::Talking { agent, .. } = &self.stage {
            moments.push(Moment::LiveEnded { agent: agent.clone() });
            self.note("The visitor left the chat", &[]);
        }
        self.stage = Stage::Over;
        self.status = Status::Closed;
        self.turn += 1;
        moments.push(Moment::Closed);
    }

    fn visitor_says(&mut self, text: &str, now: Instant) -> Result<(), Refusal> {
        let text = tidy(text).ok_or(Refusal::Invalid("Please write something first."))?;
        let Stage::Talking { visitor_spoke, .. } = &mut self.stage else { return Err(Refusal::Stale) };
        *visitor_spoke = now;
        self.say(From::Visitor, None, &text);
        Ok(())
    }

    fn open_document(&mut self, document: &str, around: &mut Around, moments: &mut Vec<Moment>) -> Result<(), Refusal> {
        if !self.entries.iter().any(|e| e.document.as_deref() == Some(document)) {
            return Err(Refusal::Stale);
        }
        let waits_here = match &self.stage {
            Stage::Card(card) => self.dialogue.cards.get(card).cloned(),
            _ => None,
        };
        match waits_here {
            Some(Card::Document { document: asked, next, .. }) if asked == document => {
                self.engage(moments);
                self.go(next, around, moments);
            }
            // Read once more, later on.
            _ => {}
        }
        Ok(())
    }

    fn book(&mut self, prompt: u64, slot: &str, around: &mut Around, moments: &mut Vec<Moment>) -> Result<(), Refusal> {
        if prompt != self.turn {
            return Err(Refusal::Stale);
        }
        let slot = calendar::Slot::find(slot, around.now.today).ok_or(Refusal::Invalid("Please pick a time."))?;
        if let Stage::Talking { agent, visitor_spoke, calendar, .. } = &mut self.stage {
            if !*calendar {
                return Err(Refusal::Stale);
            }
            *visitor_spoke = around.now.instant;
            *calendar = false;
            let agent = agent.clone();
            self.turn += 1;
            let time = self.spoken(slot);
            self.note("Meeting booked: {time}", &[("time", &time)]);
            let meeting = slot.info(&format!("Call with {}", agent.name));
            moments.push(Moment::MeetingBooked { agent, meeting });
            return Ok(());
        }
        let Card::Meeting { title, next, .. } = self.card(prompt)? else { return Err(Refusal::Stale) };
        let agent = around.agent.clone();
        let time = self.spoken(slot);
        self.say(From::Visitor, None, &time);
        self.engage(moments);
        self.note("Meeting booked: {time} with {agent}", &[("time", &time), ("agent", &agent.name)]);
        moments.push(Moment::MeetingBooked { agent, meeting: slot.info(&title) });
        self.go(next, around, moments);
        Ok(())
    }

    fn engage(&mut self, moments: &mut Vec<Moment>) {
        if !self.engaged {
            self.engaged = true;
            moments.push(Moment::Engaged);
        }
    }

    fn bot(&mut self, text: &str, around: &Around) {
        let known = |key: &str, otherwise| around.known.get(key).map_or(otherwise, String::as_str);
        let text = text.replace("{name}", known("name", "there")).replace("{office}", known("office", ""));
        self.say(From::Bot, None, &text);
    }

    /// Says what neither of them says, in the dialogue's language.
    fn note(&mut self, text: &str, values: &[(&str, &str)]) {
        let mut text = self.word(text);
        for (key, value) in values {
            text = text.replace(&format!("{{{key}}}"), value);
        }
        self.say(From::Note, None, &text);
    }

    fn word(&self, text: &str) -> String {
        self.dialogue.words.get(text).map_or(text, String::as_str).to_owned()
    }

    fn spoken(&self, slot: calendar::Slot) -> String {
        slot.spoken(|text| self.word(text))
    }

    fn say(&mut self, from: From, author: Option<String>, text: &str) {
        self.push(from, author, text, None, None);
    }

    fn push(&mut self, from: From, author: Option<String>, text: &str, document: Option<&str>, source: Option<&str>) {
        if self.entries.len() >= ENTRY_LIMIT {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            id: self.next_entry,
            from,
            author,
            text: text.to_owned(),
            document: document.map(str::to_owned),
            source: source.map(str::to_owned),
        });
        self.next_entry += 1;
    }

    /// Where it shows.
    pub fn ui(&self) -> Ui {
        self.dialogue.ui
    }
}
