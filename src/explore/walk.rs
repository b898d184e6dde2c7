//! One walk: a known way again, from a fresh visitor, and then on into what isn't known yet.
//!
//! Boundary: decides and keeps what came of it; steps are done by the runner as in any journey.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::choices::{self, Sight};
use super::deed::{Deed, Verb};
use super::graph::{Graph, Sort, State};
use super::rank;
use crate::browser::offers::{Ask, Patience};
use crate::runner::{Decided, Scene, Scout};
use crate::site::locator::Locator;
use crate::site::template::Template;
use crate::site::{Act, Step, VISITOR};
use crate::spec::Spec;

/// How long a chat has to be still before it counts as having answered.
const QUIET: Duration = Duration::from_millis(450);
/// How long it may say nothing at all.
const IDLE: Duration = Duration::from_millis(1_500);
/// How long an answer may take.
const MOST: Duration = Duration::from_secs(12);
/// Steps of one walk.
const LONGEST: usize = 16;

/// What doesn't change from one walk to the next.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How long to wait for the widget.
    pub wait: Duration,
    /// How long to wait where something may come by itself.
    pub patience: Duration,
    /// What opens the chat, as the spec's hints say.
    pub launchers: Vec<Locator>,
    /// What isn't taken.
    pub avoid: Vec<Locator>,
    /// One's own answers, by kind or label.
    pub answers: BTreeMap<String, String>,
    /// The page's path, as the site file has it.
    pub path: String,
    /// When to stop.
    pub until: Instant,
}

/// A choice that was taken, and where it led.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The state that it was taken in.
    pub from: String,
    /// Which.
    pub choice: String,
    /// What was done.
    pub deeds: Vec<Deed>,
    /// Where it led; none: it could not be done.
    pub to: Option<String>,
}

/// A choice that is being taken.
#[derive(Debug)]
struct Taking {
    from: String,
    choice: String,
    sort: Sort,
    todo: VecDeque<Deed>,
    done: Vec<Deed>,
    submit: String,
}

/// One walk.
#[derive(Debug)]
pub struct Walker<'g> {
    spec: &'g Spec,
    terms: &'g Terms,
    /// What was known when it began, and what it has found out.
    pub graph: Graph,
    /// The rest of the known way.
    replay: VecDeque<Deed>,
    target: Option<(String, String)>,
    /// Where it was to begin, and with what.
    pub goal: Option<(String, String)>,
    /// What was done so far.
    pub done: Vec<Deed>,
    /// What was found out, in order.
    pub edges: Vec<Edge>,
    /// It has come where it was to begin.
    pub arrived: bool,
    /// Deeds that were done because of something wrong in a field.
    pub wrong: BTreeSet<usize>,
    /// The ready event was heard.
    pub ready: bool,
    /// What there is in the page where nothing is the chat's.
    pub title: String,
    taking: Option<Taking>,
    began: bool,
    over: bool,
    here: Option<String>,
    sight: Sight,
    before: BTreeSet<String>,
    position: usize,
    since: Instant,
}

impl<'g> Walker<'g> {
    /// A walk to a state, to take a choice there. None: it begins.
    pub fn new(spec: &'g Spec, terms: &'g Terms, graph: Graph, target: Option<(String, String)>) -> Self {
        let way = target.as_ref().and_then(|(key, _)| graph.states.get(key)).map(|state| state.way.clone());
        let opening = graph.opening.clone().unwrap_or_else(|| Deed::new(VISITOR, Verb::Open, &terms.path, ""));
        let way = way.unwrap_or_else(|| vec![opening]);
        Self {
            spec,
            terms,
            graph,
            replay: way.into(),
            goal: target.clone(),
            target,
            done: Vec::new(),
            edges: Vec::new(),
            arrived: false,
            wrong: BTreeSet::new(),
            ready: false,
            title: String::new(),
            taking: None,
            began: false,
            over: false,
            here: None,
            sight: Sight::new(),
            before: BTreeSet::new(),
            position: 0,
            since: Instant::now(),
        }
    }

    async fn decide(&mut self, scene: Scene<'_>) -> Option<Step> {
        if !self.began {
            self.began = true;
            self.look_at_others(scene).await;
        }
        if let Some(deed) = self.replay.pop_front() {
            return self.hand_out(scene, deed);
        }
        if self.here.is_none() {
            self.arrive(scene).await;
        } else if let Some(taking) = &mut self.taking {
            if let Some(deed) = taking.done.last_mut() {
                deed.fires = scene.heard_since(self.position);
                deed.took_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
            }
            if let Some(deed) = taking.todo.pop_front() {
                return self.hand_out(scene, deed);
            }
            if let Some(more) = self.conclude(scene).await {
                return self.hand_out(scene, more);
            }
        }
        if self.over || self.done.len() >= LONGEST || Instant::now() >= self.terms.until {
            return None;
        }
        let here = self.here.clone()?;
        let next = self.target.take().filter(|(key, _)| *key == here).map(|(_, choice)| choice);
        let choice = next.or_else(|| rank::best(self.spec, &self.graph, &here))?;
        let known = self.graph.states.get(&here)?.choices.get(&choice)?.clone();
        self.taking = Some(Taking {
            from: here,
            choice,
            sort: known.sort,
            todo: known.deeds.into(),
            done: Vec::new(),
            submit: known.submit,
        });
        let first = self.taking.as_mut()?.todo.pop_front()?;
        self.hand_out(scene, first)
    }

    /// The step that does a deed.
    fn hand_out(&mut self, scene: Scene<'_>, deed: Deed) -> Option<Step> {
        self.position = scene.position();
        self.since = Instant::now();
        let step = if deed.verb == Verb::Wait && deed.on.is_empty() {
            Step::of(Act::Pause(self.terms.patience))
        } else {
            deed.step()?
        };
        match &mut self.taking {
            Some(taking) => {
                if taking.sort == Sort::Wrong {
                    self.wrong.insert(self.done.len() + taking.done.len());
                }
                taking.done.push(deed);
            }
            None => self.done.push(deed),
        }
        // What came the first time is waited for only where it's walked again.
        let step = if self.taking.is_some() { Step { fires: vec![], within: None, ..step } } else { step };
        Some(step)
    }

    /// The end of the known way.
    async fn arrive(&mut self, scene: Scene<'_>) {
        let first = self.graph.opening.is_none();
        if first {
            self.ready = scene.ready(self.terms.wait.min(Duration::from_secs(3))).await;
            if !self.ready && !self.consent(scene).await {
                self.ready = scene.ready(self.terms.wait).await;
            }
            let begins = &self.spec.conversation.begins;
            let begun = |heard: &[String]| heard.iter().any(|constant| begins.contains(constant));
            if self.ready && !begins.is_empty() && !begun(&scene.heard_since(0)) {
                scene.event(0, self.terms.wait).await;
            }
        } else {
            self.ready = true;
        }
        self.look(scene, &[]).await;
        if self.done.len() == 1
            && let Some(opening) = self.done.first_mut()
        {
            opening.fires = scene.heard_since(0);
            opening.took_ms = opening.took_ms.max(u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX));
            if first {
                self.graph.opening = Some(opening.clone());
            }
        }
        let here = self.settle_here(self.done.clone());
        self.new_picture(scene, &here).await;
        self.arrived = self.target.as_ref().is_none_or(|(key, _)| *key == here);
        self.here = Some(here);
    }

    /// What is in the others' windows before the visitor comes, in the first walk of all.
    async fn look_at_others(&mut self, scene: Scene<'_>) {
        if self.graph.opening.is_none() {
            let none = Vec::new();
            let others: Vec<String> = scene.actors().filter(|actor| *actor != VISITOR).map(str::to_owned).collect();
            for actor in others {
                let patience = Patience { before: &none, echo: &[], quiet: QUIET, idle: IDLE, most: MOST };
                scene.answered(&actor, self.ask(&actor), patience).await;
                let seen = scene.offers(&actor, self.ask(&actor)).await.unwrap_or_default();
                self.graph.before.extend(seen.offers.into_iter().map(|offer| offer.locator));
            }
        }
        self.before = self.graph.before.iter().cloned().collect();
    }

    async fn consent(&mut self, scene: Scene<'_>) -> bool {
        scene.offers(VISITOR, self.ask(VISITOR)).await.is_some_and(|seen| seen.consent.is_some())
    }

    /// A choice was taken: where it has led. Something more is to be done, if a field's text wasn't sent yet.
    async fn conclude(&mut self, scene: Scene<'_>) -> Option<Deed> {
        let before = self.sight.clone();
        let taking = self.taking.as_ref()?;
        let last = taking.done.last()?.clone();
        let echo = [last.with.clone(), last.label.clone()];
        self.look(scene, &echo).await;
        let took_ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let heard = scene.heard_since(self.position);
        let taking = self.taking.as_mut()?;
        let typed = matches!(last.verb, Verb::Fill | Verb::Select) && !taking.submit.is_empty();
        if typed && heard.is_empty() && same(&before, &self.sight) {
            let submit = std::mem::take(&mut taking.submit);
            return Some(Deed::new(&last.actor, Verb::Click, &submit, "send"));
        }
        if let Some(deed) = taking.done.last_mut() {
            deed.fires = heard;
            deed.took_ms = took_ms;
            if deed.verb == Verb::Wait {
                let Some((on, label)) = appeared(&before, &self.sight) else {
                    self.nothing_came();
                    return None;
                };
                (deed.on, deed.label) = (on, label);
            }
        }
        let taking = self.taking.take()?;
        self.done.extend(taking.done.iter().cloned());
        let here = self.settle_here(self.done.clone());
        self.edges.push(Edge {
            from: taking.from.clone(),
            choice: taking.choice.clone(),
            deeds: taking.done.clone(),
            to: Some(here.clone()),
        });
        let taken = super::graph::Taken { to: Some(here.clone()), deeds: taking.done, walk: 0, problem: String::new() };
        if let Some(choice) =
            self.graph.states.get_mut(&taking.from).and_then(|state| state.choices.get_mut(&taking.choice))
        {
            choice.taken = Some(taken);
        }
        self.new_picture(scene, &here).await;
        self.here = Some(here);
        None
    }

    /// Nothing has come by itself, and the walk ends with that.
    fn nothing_came(&mut self) {
        if let Some(Taking { from, choice, .. }) = self.taking.take() {
            self.edges.push(Edge { from, choice, deeds: Vec::new(), to: None });
        }
        self.over = true;
    }

    /// The state that is seen now.
    fn settle_here(&mut self, way: Vec<Deed>) -> String {
        let key = choices::key(&self.sight, &self.before);
        let state = || -> State { choices::state(&self.sight, &self.before, &way, &self.terms.answers) };
        if !self.graph.states.contains_key(&key) {
            let mut state = state();
            let before = self.here.as_ref().and_then(|key| self.graph.states.get(key));
            let is_new = |id: &&String| before.is_none_or(|before| !before.choices.contains_key(*id));
            state.fresh = state.choices.keys().filter(is_new).cloned().collect();
            self.graph.states.insert(key.clone(), state);
        }
        key
    }

    async fn new_picture(&mut self, scene: Scene<'_>, key: &str) {
        let Some(state) = self.graph.states.get_mut(key).filter(|state| state.picture.is_empty()) else { return };
        if let Some(picture) = scene.picture(VISITOR).await {
            state.picture = picture.data;
        }
    }

    fn ask(&self, actor: &str) -> Ask<'_> {
        Ask {
            whole: actor != VISITOR,
            known: &self.graph.roots,
            launchers: &self.terms.launchers,
            avoid: &self.terms.avoid,
        }
    }

    /// Waits until all windows have answered, and looks at them.
    async fn look(&mut self, scene: Scene<'_>, echo: &[String]) {
        let actors: Vec<String> = scene.actors().map(str::to_owned).collect();
        let none = Vec::new();
        let waits = actors.iter().map(|actor| {
            let before = self.sight.get(actor).map_or(&none, |seen| &seen.lines);
            let patience = Patience { before, echo, quiet: QUIET, idle: IDLE, most: MOST };
            scene.answered(actor, self.ask(actor), patience)
        });
        futures_util::future::join_all(waits).await;
        for actor in &actors {
            let seen = scene.offers(actor, self.ask(actor)).await.unwrap_or_default();
            if actor == VISITOR {
                self.title.clone_from(&seen.title);
                for root in &seen.roots {
                    if !self.graph.roots.contains(root) {
                        self.graph.roots.push(root.clone());
                    }
                }
            }
            self.sight.insert(actor.clone(), seen);
        }
    }

    /// Waits until something comes by itself.
    async fn bide(&mut self, scene: Scene<'_>) {
        let none = Vec::new();
        let before = self.sight.get(VISITOR).map_or(&none, |seen| &seen.lines);
        let longest = self.terms.patience.min(self.terms.until.saturating_duration_since(Instant::now()));
        let patience = Patience { before, echo: &[], quiet: QUIET, idle: longest, most: longest };
        let position = self.position;
        tokio::select! {
            () = scene.answered(VISITOR, self.ask(VISITOR), patience) => {}
            came = scene.event(position, longest) => { let _ = came; }
        }
    }

    /// A step could not be done: what was being taken, and why.
    pub fn failed(&self) -> Option<(String, String, Vec<Deed>)> {
        let taking = self.taking.as_ref()?;
        Some((taking.from.clone(), taking.choice.clone(), taking.done.clone()))
    }

    /// All that was done, what was being taken when it ended included.
    pub fn all_done(&self) -> Vec<Deed> {
        let mut all = self.done.clone();
        all.extend(self.taking.iter().flat_map(|taking| taking.done.iter().cloned()));
        all
    }
}

impl Scout for Walker<'_> {
    fn next<'s>(&'s mut self, scene: Scene<'s>) -> Decided<'s, Option<Step>> {
        Box::pin(self.decide(scene))
    }

    fn wait<'s>(&'s mut self, scene: Scene<'s>) -> Decided<'s, ()> {
        Box::pin(self.bide(scene))
    }
}

/// Whether nothing has changed but what is in fields.
fn same(one: &Sight, other: &Sight) -> bool {
    let (Some(one), Some(other)) = (one.get(VISITOR), other.get(VISITOR)) else { return true };
    one.lines == other.lines && one.offers.len() == other.offers.len() && one.url == other.url
}

/// Something that is to be seen now and wasn't before: its locator and what it's called.
fn appeared(before: &Sight, now: &Sight) -> Option<(String, String)> {
    let (before, now) = (before.get(VISITOR)?, now.get(VISITOR)?);
    let offer = now.offers.iter().find(|offer| {
        !offer.volatile && !offer.brittle && !before.offers.iter().any(|other| other.locator == offer.locator)
    });
    if let Some(offer) = offer {
        return Some((offer.locator.clone(), offer.name.clone()));
    }
    let line = now.said.iter().rev().find(|line| !before.lines.contains(line) && !line.contains('…'))?;
    let literal = Template::literal(&line.replace('\\', "\\\\").replace('"', "\\\"")).text;
    Some((format!("text=\"{literal}\""), line.clone()))
}
