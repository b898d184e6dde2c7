//! Recordings by hand: a [`Film`] is a list of [`Beat`]s, played into a recording with `seq`, arrivals, times and marks as
//! a runner would write them. Tests change beats, so that a change never leaves a gap by accident.

use std::sync::LazyLock;

use chatproof::judge;
use chatproof::recording::*;
use chatproof::site::{self, Known, Site};
use chatproof::source::{SourceFile, Span};
use chatproof::spec::{self, Spec};
use chatproof::verdict::{Outcome, Verdict};
use serde_json::{Value, json};

pub const TRIGGERED: &str = "CONVERSATION_TRIGGERED";
pub const ENGAGED: &str = "CONVERSATION_ENGAGED";
pub const COMPLETED: &str = "CONVERSATION_COMPLETED";
pub const CLOSED: &str = "CONVERSATION_CLOSED";
pub const EMAIL: &str = "CONVERSATION_INPUT_EMAIL";
pub const PHONE: &str = "CONVERSATION_INPUT_PHONE";
pub const BOOKED: &str = "CONVERSATION_MEETING_BOOKED";

/// Coverage over recordings, each judged first.
pub fn coverage(spec: &Spec, site: &Site, recordings: &[Recording], selected: &[String]) -> Vec<Verdict> {
    let of = |recording| judge::Contribution::of(recording, &judge::judge(spec, site, recording));
    judge::coverage(spec, site, &recordings.iter().map(of).collect::<Vec<_>>(), selected)
}

/// A journey whose steps use most of what the judge knows; `pick` fires ENGAGED, `mail` INPUT_EMAIL, `end` COMPLETED.
pub const SITE: &str = r#"
spec: adobe-dynamic-chat
base_url: https://shop.example
actors:
  agent: { url: "https://inbox.example/" }
journeys:
  talk:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - click: .launcher
      - click: .pick
        fires: CONVERSATION_ENGAGED
      - fill: .mail
        with: a@b.example
        press: Enter
        fires: CONVERSATION_INPUT_EMAIL
      - click: .end
        fires: CONVERSATION_COMPLETED
"#;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// The visitor's page.
    Page,
    /// The frame born last in it.
    Frame,
    /// The agent's page.
    Agent,
}

#[derive(Debug, Clone)]
pub enum Beat {
    /// The next step begins, and goes as said; its act takes so many milliseconds.
    Step(StepOutcome, f64),
    /// The visitor's page goes to a new document, the old one saying so.
    Load(&'static str),
    /// The same, without a word of the old one.
    Vanish(&'static str),
    /// A frame is born in the visitor's page.
    Frame(&'static str),
    /// Time passes.
    Wait(f64),
    /// The listener says something.
    Say(At, Kind),
    /// The browser says something of the visitor's window.
    Browser(Kind),
    /// Messages are lost.
    Lose(u64),
}

#[derive(Clone)]
pub struct Film {
    pub spec: Spec,
    pub site: Site,
    pub journey: String,
    pub beats: Vec<Beat>,
    pub ending: Ending,
    pub browser: String,
    /// Whether the mark that closes the journey is said.
    pub closes: bool,
}

/// Parsed once: it takes longer than judging.
pub static ADOBE: LazyLock<Spec> =
    LazyLock::new(|| spec::load("adobe-dynamic-chat", None).unwrap_or_else(|error| panic!("{error}")));

pub fn adobe() -> Spec {
    ADOBE.clone()
}

pub fn parse_spec(text: &str) -> Spec {
    spec::parse(SourceFile::new("spec.yaml", text)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

pub fn parse_site(text: &str, spec: &Spec) -> Site {
    let fields = |x: &String| spec.payload_fields(x).into_iter().map(str::to_owned).collect();
    let known = Known {
        constants: spec.events.keys().cloned().collect(),
        payload_fields: spec.events.keys().map(|x| (x.clone(), fields(x))).collect(),
        requirements: spec.requirement_ids().iter().map(ToString::to_string).collect(),
    };
    site::parse(SourceFile::new("chatproof.yaml", text), &known).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

pub fn done() -> Beat {
    Beat::Step(StepOutcome::Done, 50.0)
}

/// The documented payload of an event, in one conversation.
pub fn payload(spec: &Spec, x: &str) -> Value {
    let mut payload = json!({});
    for field in spec.payload_fields(x) {
        payload[field] = match field {
            "type" => json!("dialogue"),
            "uiType" => json!("chatbot"),
            "meetingInfo" => json!({ "start": "2030-01-01T09:00:00Z" }),
            other => json!(format!("the {other}")),
        };
    }
    payload
}

pub fn event(x: &str, payload: Value) -> Kind {
    heard(x, json!({ "data": { "payload": payload } }))
}

pub fn heard(x: &str, data: Value) -> Kind {
    Kind::Event { constant: x.into(), subscription: 1, data, arguments: 1, notes: vec![], handler: None }
}

/// An API as it should be.
pub fn api(spec: &Spec, when: &str) -> ApiSnapshot {
    let constants: Vec<Constant> = spec
        .events
        .keys()
        .enumerate()
        .map(|(n, x)| Constant { name: x.clone(), type_: "string".into(), value: x.to_lowercase(), same_as: n })
        .collect();
    let subscriptions = spec
        .events
        .keys()
        .map(|x| Subscription { constant: x.clone(), result: "ok".into(), message: String::new() })
        .collect();
    let locations: Vec<ApiLocation> = spec
        .probe
        .locations
        .iter()
        .enumerate()
        .map(|(n, l)| ApiLocation {
            name: l.name.clone(),
            object: if n == 0 { "object" } else { "globals" }.into(),
            subscribe: if n == 0 { "function" } else { "undefined" }.into(),
            constants_object: if n == 0 { "object" } else { "undefined" }.into(),
            constants: if n == 0 { constants.clone() } else { vec![] },
        })
        .collect();
    ApiSnapshot {
        when: when.into(),
        used: Some(locations[0].name.clone()),
        locations,
        subscriptions,
        places: vec![],
        replaced: vec![],
    }
}

pub fn ready() -> Kind {
    Kind::Ready { target: "window".into(), nth: 1 }
}

/// Short, for the reports of property tests.
impl std::fmt::Debug for Film {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for beat in &self.beats {
            match beat {
                Beat::Say(_, Kind::Event { constant, data, .. }) => writeln!(f, "    {constant} {data}")?,
                Beat::Say(at, Kind::Api(_)) => writeln!(f, "    api {at:?}")?,
                Beat::Say(at, kind) => writeln!(f, "    {kind:?} {at:?}")?,
                Beat::Step(..) => writeln!(f, "  {beat:?}")?,
                other => writeln!(f, "    {other:?}")?,
            }
        }
        write!(f, "{}", self.site.source.text)
    }
}

impl Film {
    /// A film of a journey with nothing in it yet.
    pub fn new(spec: Spec, site: &str, journey: &str) -> Film {
        let site = parse_site(site, &spec);
        Film {
            spec,
            site,
            journey: journey.into(),
            beats: vec![],
            ending: Ending::Complete,
            browser: "firefox".into(),
            closes: true,
        }
    }

    /// The conforming film of [`SITE`].
    pub fn talk() -> Film {
        let mut film = Film::new(adobe(), SITE, "talk");
        film.step().load("https://shop.example/").widget().fire(TRIGGERED).step();
        film.step().fire(ENGAGED).step().fire(EMAIL).step().fire(COMPLETED);
        film
    }

    pub fn push(&mut self, beat: Beat) -> &mut Film {
        self.beats.push(beat);
        self
    }

    pub fn step(&mut self) -> &mut Film {
        self.push(done())
    }

    pub fn load(&mut self, url: &'static str) -> &mut Film {
        self.push(Beat::Load(url))
    }

    /// The ready event, and an API as it should be.
    pub fn widget(&mut self) -> &mut Film {
        let api = api(&self.spec, "ready");
        self.say(ready()).say(Kind::Api(Box::new(api)))
    }

    pub fn fire(&mut self, x: &str) -> &mut Film {
        let payload = payload(&self.spec, x);
        self.say(event(x, payload))
    }

    pub fn say(&mut self, kind: Kind) -> &mut Film {
        self.push(Beat::Say(At::Page, kind))
    }

    pub fn wait(&mut self, ms: f64) -> &mut Film {
        self.push(Beat::Wait(ms))
    }

    /// The place of the `n`th beat (from 0) that fires an event.
    pub fn at(&self, x: &str, n: usize) -> usize {
        let fires = |b: &Beat| matches!(b, Beat::Say(_, Kind::Event { constant, .. }) if constant == x);
        self.beats.iter().enumerate().filter(|(_, b)| fires(b)).nth(n).unwrap_or_else(|| panic!("no {x}")).0
    }

    /// The place of the beat with which a step begins.
    pub fn begin(&self, step: usize) -> usize {
        self.beats.iter().enumerate().filter(|(_, b)| matches!(b, Beat::Step(..))).nth(step).unwrap().0
    }

    pub fn remove(&mut self, x: &str) -> &mut Film {
        let at = self.at(x, 0);
        self.beats.remove(at);
        self
    }

    pub fn insert(&mut self, at: usize, beat: Beat) -> &mut Film {
        self.beats.insert(at, beat);
        self
    }

    /// Changes the payload of the first firing of an event.
    pub fn change(&mut self, x: &str, change: impl FnOnce(&mut Value)) -> &mut Film {
        self.change_data(x, |data| change(&mut data["data"]["payload"]))
    }

    /// Changes the callback's argument of the first firing of an event.
    pub fn change_data(&mut self, x: &str, change: impl FnOnce(&mut Value)) -> &mut Film {
        let at = self.at(x, 0);
        if let Beat::Say(_, Kind::Event { data, .. }) = &mut self.beats[at] {
            change(data);
        }
        self
    }

    /// Changes the first snapshot of the API.
    pub fn change_api(&mut self, change: impl FnOnce(&mut ApiSnapshot)) -> &mut Film {
        let found = self.beats.iter_mut().find_map(|b| match b {
            Beat::Say(_, Kind::Api(api)) => Some(api),
            _ => None,
        });
        change(found.expect("an API"));
        self
    }

    pub fn judge(&self) -> Vec<Verdict> {
        let verdicts = judge::judge(&self.spec, &self.site, &self.record());
        explained(&self.spec, &verdicts);
        verdicts
    }

    /// What doesn't pass, a line each: `event.X.fires missing (step 1) <- ready.fired`; `?` before what is inconclusive,
    /// `~` before warnings, `.` before notes.
    pub fn broken(&self) -> Vec<String> {
        lines(&self.judge())
    }

    /// The one verdict on a requirement.
    pub fn verdict(&self, requirement: &str) -> Verdict {
        let found: Vec<Verdict> = self.judge().into_iter().filter(|v| v.requirement == requirement).collect();
        assert_eq!(found.len(), 1, "{requirement}: {found:#?}");
        found.into_iter().next().unwrap()
    }

    pub fn record(&self) -> Recording {
        Player::new(self).play()
    }
}

/// Whatever is found, `chatproof explain` has words for it.
pub fn explained(spec: &Spec, verdicts: &[Verdict]) {
    for verdict in verdicts.iter().filter(|v| v.finding != "ok") {
        let about = judge::about(spec, &verdict.requirement).unwrap_or_else(|| panic!("{}", verdict.requirement));
        assert!(about.finding(&verdict.finding).is_some(), "{}: {} isn't explained", about.form, verdict.finding);
    }
}

pub fn lines(verdicts: &[Verdict]) -> Vec<String> {
    verdicts
        .iter()
        .filter(|v| v.outcome != Outcome::Pass)
        .map(|v| {
            let sign = match (v.outcome, v.level) {
                (Outcome::Inconclusive, _) => "?",
                (Outcome::Warn, chatproof::verdict::Level::Record) => ".",
                (Outcome::Warn, _) => "~",
                (Outcome::NotReached, chatproof::verdict::Level::Record) => ".-",
                (Outcome::NotReached, _) => "-",
                (Outcome::Waived, _) => "w",
                _ => "",
            };
            let subject = if v.subject.is_empty() { String::new() } else { format!(" ({})", v.subject) };
            let cause = v.caused_by.as_ref().map(|c| format!(" <- {c}")).unwrap_or_default();
            format!("{sign}{} {}{subject}{cause}", v.requirement.replace("CONVERSATION_", ""), v.finding)
                .replace("<- event.CONVERSATION_", "<- event.")
                .replace("<- constant.CONVERSATION_", "<- constant.")
        })
        .collect()
}

struct Doc {
    id: String,
    context: &'static str,
    actor: &'static str,
    seq: u64,
}

struct Player<'f> {
    film: &'f Film,
    now: f64,
    start: f64,
    docs: Vec<Doc>,
    page: usize,
    frame: Option<usize>,
    live: Vec<usize>,
    out: Vec<Observation>,
    steps: Vec<StepRecord>,
}

impl<'f> Player<'f> {
    fn new(film: &'f Film) -> Self {
        let start = 1_750_000_000_000.0;
        let mut player = Self {
            film,
            now: start,
            start,
            docs: vec![],
            page: 0,
            frame: None,
            live: vec![],
            out: vec![],
            steps: vec![],
        };
        player.page = player.born("visitor", "window-1", "about:blank", true);
        if film.site.actors.contains_key("agent") {
            player.born("agent", "window-2", "https://inbox.example/", true);
        }
        player
    }

    fn born(&mut self, actor: &'static str, context: &'static str, url: &str, top: bool) -> usize {
        let index = self.docs.len();
        self.docs.push(Doc { id: format!("doc-{index}"), context, actor, seq: 0 });
        self.live.push(index);
        self.say(index, Kind::Alive { url: url.into(), top });
        index
    }

    fn say(&mut self, doc: usize, kind: Kind) {
        self.now += 5.0;
        let doc = &mut self.docs[doc];
        self.out.push(Observation {
            arrival: self.out.len() as u64,
            actor: doc.actor.into(),
            context: doc.context.into(),
            document: doc.id.clone(),
            seq: Some(doc.seq),
            page_ms: Some(self.now),
            heard_ms: None,
            kind,
        });
        doc.seq += 1;
    }

    fn mark(&mut self, step: usize) {
        for doc in self.live.clone() {
            self.say(doc, Kind::Mark { step });
        }
    }

    fn leave(&mut self, word: bool) {
        let gone: Vec<usize> = [Some(self.page), self.frame.take()].into_iter().flatten().collect();
        for doc in gone {
            // The document that a window begins with says nothing when it is replaced.
            if word && doc != 0 {
                self.say(doc, Kind::Unload);
            }
            self.live.retain(|d| *d != doc);
        }
    }

    fn play(mut self) -> Recording {
        let planned = self.film.site.journeys.get(&self.film.journey).map_or(0, |j| j.steps.len());
        for beat in &self.film.beats {
            match beat {
                Beat::Step(outcome, took) => {
                    let index = self.steps.len();
                    self.now += 40.0;
                    self.mark(index);
                    let began = self.now - self.start;
                    self.now += took;
                    self.steps.push(self.step(index, Some((began, began + took)), outcome.clone()));
                }
                Beat::Load(url) | Beat::Vanish(url) => {
                    self.leave(matches!(beat, Beat::Load(_)));
                    self.page = self.born("visitor", "window-1", url, true);
                }
                Beat::Frame(url) => self.frame = Some(self.born("visitor", "frame-1", url, false)),
                Beat::Wait(ms) => self.now += ms,
                Beat::Say(at, kind) => {
                    let doc = match at {
                        At::Page => self.page,
                        At::Frame => self.frame.expect("a frame"),
                        At::Agent => 1,
                    };
                    self.say(doc, kind.clone());
                }
                Beat::Browser(kind) => self.out.push(Observation {
                    arrival: self.out.len() as u64,
                    actor: "visitor".into(),
                    context: "window-1".into(),
                    document: String::new(),
                    seq: None,
                    page_ms: None,
                    heard_ms: Some(self.now - self.start),
                    kind: kind.clone(),
                }),
                Beat::Lose(count) => self.docs[self.page].seq += count,
            }
        }
        if self.film.closes {
            self.now += 500.0;
            self.mark(planned);
        }
        for index in self.steps.len()..planned {
            self.steps.push(self.step(index, None, StepOutcome::NotBegun));
        }
        Recording {
            format: FORMAT.into(),
            chatproof: "0.0.0".into(),
            run: RunInfo {
                id: "run-1".into(),
                started_at: "2030-01-01T00:00:00Z".into(),
                base_url: "https://shop.example".into(),
            },
            spec: FileCopy { name: self.film.spec.source.name.clone(), text: String::new(), included: Vec::new() },
            site: FileCopy { name: "chatproof.yaml".into(), text: String::new(), included: Vec::new() },
            baseline: None,
            browser: BrowserInfo {
                name: self.film.browser.clone(),
                version: "1".into(),
                driver: "driver".into(),
                driver_version: "1".into(),
                platform: "linux".into(),
                headless: true,
            },
            visitor: None,
            journey: self.film.journey.clone(),
            attempt: 1,
            steps: self.steps,
            observations: self.out,
            ending: self.film.ending.clone(),
            took_ms: 0.0,
            sights: Vec::new(),
        }
    }

    fn step(&self, index: usize, times: Option<(f64, f64)>, outcome: StepOutcome) -> StepRecord {
        StepRecord {
            index,
            actor: "visitor".into(),
            text: format!("act {}", index + 1),
            span: Span::default(),
            by: Vec::new(),
            began_ms: times.map(|t| t.0),
            acted_ms: times.map(|t| t.1),
            outcome,
        }
    }
}
