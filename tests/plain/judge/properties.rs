//! Properties of the judge over random journeys: what conforms is never accused, one change gives the verdicts that it
//! must and no other headline, order of arrival across documents doesn't matter, and nothing panics.

use chatproof::judge::judge;
use chatproof::recording::*;
use chatproof::verdict::Verdict;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::support::*;

const TIMEOUT: &str = "CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT";
const REQUESTED: &str = "CONVERSATION_LIVE_CHAT_REQUESTED";
const INITIATED: &str = "CONVERSATION_LIVE_CHAT_INITIATED";
const ENDED: &str = "CONVERSATION_LIVE_CHAT_ENDED";

/// What a visitor does next.
#[derive(Debug, Clone)]
enum Card {
    Email,
    Phone,
    Meeting,
    /// Accepted, or not.
    LiveChat(bool),
    /// Told again, or not.
    Reload(bool),
    Idle,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Completed,
    Closed,
    None,
}

/// How things go besides.
#[derive(Debug, Clone)]
struct Manner {
    /// Before each event, in milliseconds.
    delays: Vec<f64>,
    frames: bool,
    errors: bool,
    extra: bool,
    numbers: bool,
}

fn cards() -> impl Strategy<Value = Vec<Card>> {
    let card = prop_oneof![
        Just(Card::Email),
        Just(Card::Phone),
        Just(Card::Meeting),
        any::<bool>().prop_map(Card::LiveChat),
        any::<bool>().prop_map(Card::Reload),
        Just(Card::Idle),
    ];
    prop::collection::vec(card, 0..5)
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Completed), Just(End::Closed), Just(End::None)]
}

fn manner() -> impl Strategy<Value = Manner> {
    (prop::collection::vec(0.0..1500.0, 1..6), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(delays, frames, errors, extra, numbers)| Manner { delays, frames, errors, extra, numbers })
}

/// A journey of one or two conversations that keeps every statement of the spec.
pub fn conforming() -> impl Strategy<Value = Film> {
    (prop::collection::vec((cards(), end()), 1..3), manner()).prop_map(|(talks, manner)| Writer::write(&talks, &manner))
}

struct Writer<'m> {
    manner: &'m Manner,
    delay: usize,
    talk: usize,
    steps: String,
    beats: Vec<Beat>,
}

impl<'m> Writer<'m> {
    fn write(talks: &[(Vec<Card>, End)], manner: &'m Manner) -> Film {
        let mut writer = Writer { manner, delay: 0, talk: 0, steps: String::new(), beats: vec![] };
        for (cards, end) in talks {
            writer.talk += 1;
            writer.step("open: /");
            writer.page();
            writer.fires(&[TRIGGERED]);
            writer.cards(cards);
            match end {
                End::Completed => writer.act(&[COMPLETED]),
                End::Closed => writer.act(&[CLOSED]),
                End::None => {}
            }
        }
        let site = format!(
            "spec: adobe-dynamic-chat\nbase_url: https://shop.example\nactors: {{ agent: {{ url: 'https://inbox.example/' }} }}\n\
             journeys:\n  random:\n    steps:\n{}",
            writer.steps
        );
        let mut film = Film::new(adobe(), &site, "random");
        film.beats = writer.beats;
        film
    }

    fn cards(&mut self, cards: &[Card]) {
        let mut engaged = false;
        for card in cards {
            if !engaged && !matches!(card, Card::Idle | Card::Reload(_)) {
                engaged = true;
                self.act(&[ENGAGED]);
            }
            match card {
                Card::Email => self.act(&[EMAIL]),
                Card::Phone => self.act(&[PHONE]),
                Card::Meeting => self.act(&[BOOKED]),
                Card::LiveChat(accepted) => {
                    self.act(&[REQUESTED]);
                    if *accepted {
                        self.act(&[INITIATED]);
                        self.act(&[ENDED]);
                    } else {
                        self.act(&[TIMEOUT]);
                    }
                }
                Card::Reload(told) => {
                    self.step("reload: true");
                    self.page();
                    if *told {
                        self.fires(&[TRIGGERED]);
                    }
                }
                Card::Idle => self.act(&[]),
            }
        }
    }

    fn act(&mut self, events: &[&str]) {
        self.step("click: .next");
        self.fires(events);
    }

    fn step(&mut self, act: &str) {
        self.steps.push_str(&format!("      - {act}\n"));
        // What the last step caused has had its time when the next begins.
        self.beats.push(Beat::Wait(2100.0));
        self.beats.push(done());
    }

    fn page(&mut self) {
        self.beats.push(Beat::Load("https://shop.example/"));
        if self.manner.frames {
            self.beats.push(Beat::Frame("https://ads.example/"));
        }
        if self.manner.errors {
            let error = Kind::PageError { message: "not ours".into(), source: String::new(), line: 0 };
            self.beats.push(Beat::Say(At::Page, error.clone()));
            if self.manner.frames {
                self.beats.push(Beat::Say(At::Frame, error));
            }
        }
        let mut api = api(&ADOBE, "ready");
        if self.manner.numbers {
            for (n, constant) in api.locations[0].constants.iter_mut().enumerate() {
                constant.type_ = "number".into();
                constant.value = n.to_string();
            }
        }
        self.beats.push(Beat::Say(At::Page, ready()));
        self.beats.push(Beat::Say(At::Page, Kind::Api(Box::new(api))));
    }

    /// Fires events for the step that was written last.
    fn fires(&mut self, events: &[&str]) {
        if !events.is_empty() {
            self.steps.push_str(&format!("        fires: [{}]\n", events.join(", ")));
        }
        for x in events {
            let delay = self.manner.delays[self.delay % self.manner.delays.len()];
            self.delay += 1;
            let mut payload = payload(&ADOBE, x);
            payload["id"] = if self.manner.numbers { json!(self.talk) } else { json!(format!("talk {}", self.talk)) };
            payload["name"] = json!(format!("name {}", self.talk));
            if self.manner.extra {
                payload["more"] = json!([self.delay]);
            }
            self.beats.push(Beat::Wait(delay));
            self.beats.push(Beat::Say(At::Page, event(x, payload)));
        }
    }
}

/// The places of a film's events.
fn events(film: &Film) -> Vec<(usize, String)> {
    let constant = |b: &Beat| match b {
        Beat::Say(_, Kind::Event { constant, .. }) => Some(constant.clone()),
        _ => None,
    };
    film.beats.iter().enumerate().filter_map(|(n, b)| Some((n, constant(b)?))).collect()
}

/// What is broken in itself, and what follows from something.
fn headlines(film: &Film) -> (Vec<String>, Vec<String>) {
    film.broken().into_iter().partition(|l| !l.contains(" <- "))
}

fn short(x: &str) -> &str {
    x.trim_start_matches("CONVERSATION_")
}

/// The same journeys in every run, a few of each, so that a test run is fast and repeatable. To hunt for more:
/// `PROPTEST_CASES=5000 PROPTEST_RNG_SEED=7 cargo test --test judge properties`.
pub fn config() -> ProptestConfig {
    let given = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: given("PROPTEST_CASES").map_or(32, |cases: u64| u32::try_from(cases).unwrap_or(u32::MAX)),
        rng_seed: proptest::test_runner::RngSeed::Fixed(given("PROPTEST_RNG_SEED").unwrap_or(2030)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_conforms_is_never_accused(film in conforming()) {
        prop_assert_eq!(film.broken(), Vec::<String>::new());
    }

    #[test]
    fn judging_twice_gives_the_same(film in conforming()) {
        let recording = film.record();
        prop_assert_eq!(judge(&film.spec, &film.site, &recording), judge(&film.spec, &film.site, &recording));
    }

    #[test]
    fn a_deleted_event_is_the_only_headline(film in conforming(), which in any::<Index>()) {
        let mut film = film;
        let all = events(&film);
        let (at, x) = &all[which.index(all.len())];
        film.beats.remove(*at);
        let (heads, follow) = headlines(&film);
        prop_assert_eq!(heads.len(), 1, "{:#?}", film.broken());
        let expected = format!("event.{}.fires missing ", short(x));
        prop_assert!(heads[0].starts_with(&expected), "{:#?}", heads);
        let cause = format!("<- event.{}.fires", short(x));
        prop_assert!(follow.iter().all(|l| l.ends_with(&cause)), "{:#?}", follow);
    }

    #[test]
    fn a_duplicate_is_one_duplicate(film in conforming(), which in any::<Index>(), after in 0.0..600.0) {
        let mut film = film;
        let all = events(&film);
        let (at, x) = &all[which.index(all.len())];
        let again = film.beats[*at].clone();
        film.beats.insert(at + 1, again);
        film.beats.insert(at + 1, Beat::Wait(after));
        let broken = film.broken();
        let expected = format!("event.{}.at-most duplicate", short(x));
        prop_assert!(broken.len() == 1 && broken[0].starts_with(&expected), "{:#?}", broken);
    }

    #[test]
    fn an_event_before_its_step_is_too_early(film in conforming(), which in any::<Index>()) {
        let mut film = film;
        let all = events(&film);
        let (at, x) = all[which.index(all.len())].clone();
        prop_assume!(x != TRIGGERED && all.iter().filter(|(_, y)| *y == x).count() == 1);
        let moved = film.beats.remove(at);
        let begin = film.beats[..at].iter().rposition(|b| matches!(b, Beat::Step(..))).unwrap();
        film.beats.insert(begin, moved);
        let (heads, follow) = headlines(&film);
        let expected = format!("event.{}.fires too-early ", short(&x));
        prop_assert!(heads.len() == 1 && heads[0].starts_with(&expected), "{:#?}", heads);
        prop_assert!(follow.is_empty(), "{:#?}", follow);
    }

    #[test]
    fn two_events_out_of_order_are_explained_by_their_times(film in conforming(), which in any::<Index>()) {
        let mut film = film;
        let all = events(&film);
        prop_assume!(all.len() > 1);
        let n = which.index(all.len() - 1);
        let (a, b) = (all[n].clone(), all[n + 1].clone());
        prop_assume!(a.1 != b.1 && all.iter().all(|(at, x)| *at == a.0 || *at == b.0 || (*x != a.1 && *x != b.1)));
        film.beats.swap(a.0, b.0);
        let (heads, _) = headlines(&film);
        prop_assert_eq!(heads.len(), 1, "{:#?}", film.broken());
        prop_assert!(heads[0].contains(".fires too-"), "{:#?}", heads);
    }

    #[test]
    fn a_corrupt_field_is_the_only_headline(
        film in conforming(), which in any::<Index>(), field in any::<Index>(), defect in 0_usize..4,
    ) {
        let mut film = film;
        let all = events(&film);
        let (at, x) = &all[which.index(all.len())];
        let fields: Vec<String> = film.spec.payload_fields(x).into_iter().map(str::to_owned).collect();
        let field = &fields[field.index(fields.len())];
        let finding = ["missing", "null", "empty", "wrong-type"][defect];
        if let Beat::Say(_, Kind::Event { data, .. }) = &mut film.beats[*at] {
            let payload = data["data"]["payload"].as_object_mut().unwrap();
            match finding {
                "missing" => drop(payload.remove(field)),
                "null" => drop(payload.insert(field.clone(), Value::Null)),
                "empty" => drop(payload.insert(field.clone(), json!(""))),
                _ => drop(payload.insert(field.clone(), json!(true))),
            }
        }
        let (heads, follow) = headlines(&film);
        let id = format!("event.{}.payload.{field}", short(x));
        let told = heads[0].trim_start_matches('~').to_owned();
        prop_assert!(heads.len() == 1 && told.starts_with(&id), "{}: {:#?}", id, film.broken());
        // A type that is one of several gives no single "wrong type".
        prop_assert!(told.contains(finding) || told.contains("wrong-value"), "{}", told);
        let cause = format!("<- {id}");
        prop_assert!(follow.iter().all(|l| l.ends_with(&cause)), "{:#?}", follow);
    }

    #[test]
    fn arrival_across_documents_does_not_matter(
        film in conforming(), remove in any::<Option<Index>>(), seed in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut film = film;
        if let Some(which) = remove {
            let all = events(&film);
            film.beats.remove(all[which.index(all.len())].0);
        }
        let straight = film.record();
        let shuffled = interleave(&straight, &seed);
        let judged = |r: &Recording| anonymous(judge(&film.spec, &film.site, r));
        prop_assert_eq!(judged(&straight), judged(&shuffled));
    }

    #[test]
    fn order_within_a_batch_is_told_by_seq(film in conforming(), from in any::<Index>()) {
        let straight = film.record();
        let mut turned = straight.clone();
        // Two neighbours of one document arrive the wrong way round.
        let is_mark = |o: &Observation| matches!(o.kind, Kind::Mark { .. } | Kind::Alive { .. } | Kind::Unload);
        let pairs: Vec<usize> = (0..turned.observations.len() - 1)
            .filter(|at| {
                let pair = [&turned.observations[*at], &turned.observations[at + 1]];
                pair[0].document == pair[1].document && !pair.iter().any(|o| is_mark(o))
            })
            .collect();
        let at = pairs[from.index(pairs.len())];
        turned.observations.swap(at, at + 1);
        for (n, o) in turned.observations.iter_mut().enumerate() {
            o.arrival = n as u64;
        }
        let judged = |r: &Recording| anonymous(judge(&film.spec, &film.site, r));
        prop_assert_eq!(judged(&straight), judged(&turned));
    }

    #[test]
    fn junk_never_panics(
        film in conforming(), junk in prop::collection::vec(junk(), 0..40), cut in any::<Index>(),
        journey in prop_oneof![Just("random".to_owned()), Just("unknown".to_owned()), Just(String::new())],
        ending in ending(), steps in any::<Index>(), keep in any::<bool>(),
    ) {
        let mut recording = film.record();
        if keep {
            recording.observations.truncate(cut.index(recording.observations.len()));
        } else {
            recording.observations.clear();
        }
        for (n, observation) in junk.into_iter().enumerate() {
            let at = (n * 7 + cut.index(97)) % (recording.observations.len() + 1);
            recording.observations.insert(at, observation);
        }
        recording.steps.truncate(steps.index(recording.steps.len() + 1));
        recording.journey = journey;
        recording.ending = ending;
        let verdicts = judge(&film.spec, &film.site, &recording);
        super::support::explained(&film.spec, &verdicts);
        prop_assert_eq!(&verdicts, &judge(&film.spec, &film.site, &recording));
        for verdict in &verdicts {
            prop_assert!(!verdict.actual.chars().any(char::is_control) && verdict.actual.chars().count() < 1400);
            prop_assert_ne!(verdict.caused_by.as_ref(), Some(&verdict.requirement));
        }
        coverage(&film.spec, &film.site, &[recording], &["random".into(), "nowhere".into()]);
    }
}

/// Verdicts without the numbers of observations, which are those of arrival.
fn anonymous(mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
    verdicts.iter_mut().for_each(|v| v.evidence.clear());
    verdicts
}

/// Lets the messages of different documents overtake each other, but for what marks hold back: all that was said before
/// a step began arrives before anything said after.
pub fn interleave(recording: &Recording, seed: &[u8]) -> Recording {
    let mut segments: Vec<Vec<Observation>> = vec![vec![]];
    let mut last = None;
    for o in &recording.observations {
        let mark = match o.kind {
            Kind::Mark { step } => Some(step),
            _ => None,
        };
        // Marks of one step are a segment of their own.
        if mark != last {
            segments.push(vec![]);
        }
        last = mark;
        segments.last_mut().unwrap().push(o.clone());
    }
    let mut shuffled = recording.clone();
    shuffled.observations.clear();
    let mut luck = seed.iter().cycle();
    for segment in segments {
        let mut queues: Vec<(String, std::collections::VecDeque<Observation>)> = vec![];
        for o in segment {
            match queues.iter_mut().find(|(document, _)| *document == o.document) {
                Some((_, queue)) => queue.push_back(o),
                None => queues.push((o.document.clone(), [o].into())),
            }
        }
        while !queues.is_empty() {
            let at = usize::from(*luck.next().unwrap()) % queues.len();
            if let Some(o) = queues[at].1.pop_front() {
                shuffled.observations.push(o);
            } else {
                queues.remove(at);
            }
        }
    }
    for (n, o) in shuffled.observations.iter_mut().enumerate() {
        o.arrival = n as u64;
    }
    shuffled
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::Complete),
        Just(Ending::Interrupted),
        any::<usize>().prop_map(|step| Ending::StepFailed { step }),
        ".*".prop_map(|message| Ending::Broken { message }),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![Just("data"), Just("payload"), Just("id"), Just("sid"), Just("name"), Just("")];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    let constant = prop_oneof![Just(TRIGGERED), Just(ENGAGED), Just(COMPLETED), Just("NOBODY_KNOWS"), Just("")];
    let text = || ".{0,20}";
    let word = || prop_oneof![Just("window"), Just("ready"), Just("later"), Just("object"), Just("function"), Just("")];
    let list = prop::collection::vec((constant.clone(), word(), any::<usize>()), 0..6).prop_map(|constants| {
        constants
            .into_iter()
            .map(|(name, type_, same_as)| Constant {
                name: name.into(),
                type_: type_.into(),
                value: "x".into(),
                same_as,
            })
            .collect::<Vec<_>>()
    });
    let location = (word(), word(), word(), list).prop_map(|(name, object, subscribe, constants)| ApiLocation {
        name: name.into(),
        object: object.into(),
        subscribe: subscribe.into(),
        constants_object: "object".into(),
        constants,
    });
    let api = (word(), prop::collection::vec(location, 0..3), any::<Option<bool>>(), any::<bool>()).prop_map(
        |(when, locations, used, places)| {
            Kind::Api(Box::new(ApiSnapshot {
                when: when.into(),
                locations,
                used: used.map(|known| if known { "object".into() } else { "nowhere".into() }),
                subscriptions: vec![Subscription {
                    constant: "x".into(),
                    result: "threw".into(),
                    message: "\u{7}".into(),
                }],
                places: places
                    .then(|| Place {
                        location: "window.AdobeDX".into(),
                        subscription: 1,
                        callbacks: 2,
                        same_as: None,
                        subscriptions: vec![],
                        refused: vec![],
                    })
                    .into_iter()
                    .collect(),
                replaced: vec!["object".into()],
            }))
        },
    );
    let note = (text(), word()).prop_map(|(path, what)| CopyNote { path, what: what.into() });
    prop_oneof![
        (text(), any::<bool>()).prop_map(|(url, top)| Kind::Alive { url, top }),
        prop_oneof![0_usize..8, any::<usize>()].prop_map(|step| Kind::Mark { step }),
        (word(), any::<u64>()).prop_map(|(target, nth)| Kind::Ready { target: target.into(), nth }),
        api,
        (constant.clone(), any::<u64>(), value(), prop::collection::vec(note, 0..3)).prop_map(
            |(constant, subscription, data, notes)| Kind::Event {
                constant: constant.into(),
                subscription,
                data,
                arguments: 1,
                notes,
                handler: None,
            }
        ),
        (constant.clone(), any::<u64>(), any::<u64>(), 0_u8..6).prop_map(|(constant, event, subscription, which)| {
            let silent = vec![Silent { subscription, which: which.into() }];
            Kind::Unheard(Box::new(Unheard { constant: constant.into(), event, silent, after_all: vec![] }))
        }),
        (constant.clone(), any::<u64>(), any::<u64>(), value()).prop_map(|(constant, event, subscription, data)| {
            Kind::HeardOtherwise { constant: constant.into(), event, subscription, data, notes: vec![] }
        }),
        (constant.clone(), any::<u64>(), value()).prop_map(|(constant, event, data)| Kind::PayloadChanged {
            constant: constant.into(),
            event,
            data,
            notes: vec![]
        }),
        (text(), text(), any::<u32>()).prop_map(|(message, source, line)| Kind::PageError { message, source, line }),
        Just(Kind::Unload),
        Just(Kind::ContextGone),
        (text(), text()).prop_map(|(url, message)| Kind::Deaf { url, message }),
        any::<u64>().prop_map(|count| Kind::Dropped { count }),
    ]
}

fn junk() -> impl Strategy<Value = Observation> {
    let who = prop_oneof![Just("visitor"), Just("agent"), Just("")];
    let document = prop_oneof![Just("doc-0"), Just("doc-2"), Just("doc-9"), Just("")];
    let seq = prop_oneof![Just(None), (0_u64..20).prop_map(Some), any::<u64>().prop_map(Some)];
    let ms = prop_oneof![Just(None), any::<f64>().prop_map(Some), Just(Some(1_750_000_000_500.0))];
    (any::<u64>(), who, document, seq, ms, kind()).prop_map(|(arrival, actor, document, seq, page_ms, kind)| {
        Observation {
            arrival,
            actor: actor.into(),
            context: "window-1".into(),
            document: document.into(),
            seq,
            page_ms,
            heard_ms: None,
            kind,
        }
    })
}
