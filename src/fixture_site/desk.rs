//! The agents: who is on duty in which team, whom a request is routed to, and their open inboxes.
//!
//! Boundary: knows agents and their mailboxes, no conversations; [`super::world`] brings the two together.

use std::collections::{BTreeSet, VecDeque};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::conversation::Agent;
use super::script::Script;
use super::world::{Mailbox, Message};

/// The most agents that are kept; those who left longest ago go first.
const AGENTS: usize = 1_000;
/// The most ended chats that an inbox still lists.
const ENDED_CHATS: usize = 50;

#[derive(Debug)]
struct Member {
    agent: Agent,
    team: String,
    available: bool,
    /// Open inboxes, by number.
    inboxes: Vec<(u64, Mailbox)>,
    /// Chats served since the inbox was opened, so that it can list those that have ended.
    served: VecDeque<String>,
}

/// All agents.
#[derive(Debug, Default)]
pub(super) struct Desk {
    members: IndexMap<String, Member>,
    next_inbox: u64,
}

impl Desk {
    /// The agent with this id.
    pub fn agent(&self, id: &str) -> Option<Agent> {
        self.members.get(id).map(|m| m.agent.clone())
    }

    /// The agents of a team with an open inbox.
    pub fn team(&self, team: &str) -> Vec<Agent> {
        self.members.values().filter(|m| m.team == team && !m.inboxes.is_empty()).map(|m| m.agent.clone()).collect()
    }

    /// Whether this agent takes requests.
    pub fn on_duty(&self, id: &str) -> bool {
        self.members.get(id).is_some_and(|m| m.available && !m.inboxes.is_empty())
    }

    /// Who a request of this team is for: the agent on duty who came first, else the one whom the team's calendar
    /// belongs to, so that there always is one to name.
    pub fn resolve(&self, team: &str, script: &Script) -> Agent {
        self.members.values().find(|m| m.team == team && self.on_duty(&m.agent.id)).map_or_else(
            || {
                let name = script.team_agent(team).to_owned();
                Agent { id: agent_id(team, &name), name }
            },
            |m| m.agent.clone(),
        )
    }

    /// An agent opens an inbox and is on duty. Gives the agent's id and the inbox's number.
    pub fn arrive(&mut self, team: &str, name: &str, mailbox: Mailbox) -> (String, u64) {
        let id = agent_id(team, name);
        if self.members.len() >= AGENTS
            && let Some(index) = self.members.values().position(|m| m.inboxes.is_empty())
        {
            self.members.shift_remove_index(index);
        }
        let member = self.members.entry(id.clone()).or_insert_with(|| Member {
            agent: Agent { id: id.clone(), name: name.to_owned() },
            team: team.to_owned(),
            available: true,
            inboxes: Vec::new(),
            served: VecDeque::new(),
        });
        if member.inboxes.is_empty() {
            member.available = true;
            member.served.clear();
        }
        self.next_inbox += 1;
        member.inboxes.push((self.next_inbox, mailbox));
        (id, self.next_inbox)
    }

    /// An inbox closes. Gives the agent's team.
    pub fn leave(&mut self, id: &str, inbox: u64) -> Option<String> {
        let member = self.members.get_mut(id)?;
        member.inboxes.retain(|(number, _)| *number != inbox);
        Some(member.team.clone())
    }

    /// Goes on or off duty. Gives the agent's team.
    pub fn set_available(&mut self, id: &str, on: bool) -> Option<String> {
        let member = self.members.get_mut(id)?;
        member.available = on;
        Some(member.team.clone())
    }

    /// Notes that an agent talks in a chat.
    pub fn note(&mut self, id: &str, chat: &str) {
        if let Some(member) = self.members.get_mut(id)
            && !member.served.iter().any(|c| c == chat)
        {
            if member.served.len() >= ENDED_CHATS {
                member.served.pop_front();
            }
            member.served.push_back(chat.to_owned());
        }
    }

    /// Whether an agent has talked in a chat since the inbox was opened.
    pub fn saw(&self, id: &str, chat: &str) -> bool {
        self.members.get(id).is_some_and(|m| m.served.iter().any(|c| c == chat))
    }

    /// Tells an agent's inboxes how they stand; one that is gone or far behind is dropped.
    pub fn tell(&mut self, id: &str, requests: &[Value], chats: &[Value]) {
        let Some(member) = self.members.get_mut(id) else { return };
        let state = json!({
            "agent": member.agent, "team": member.team, "available": member.available,
            "requests": requests, "chats": chats,
        });
        let message = Message::new("state", &state);
        let gone: BTreeSet<u64> = member
            .inboxes
            .iter()
            .filter(|(_, mailbox)| mailbox.try_send(message.clone()).is_err())
            .map(|(number, _)| *number)
            .collect();
        member.inboxes.retain(|(number, _)| !gone.contains(number));
    }
}

/// An agent's id: the same for the same name in the same team, on each visit and each server.
fn agent_id(team: &str, name: &str) -> String {
    // FNV-1a: short, stable, and no two names of a demo share it.
    let hash = team
        .bytes()
        .chain([0])
        .chain(name.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("agent-{:08x}", hash >> 32)
}
