//! Where and when things were heard: documents, batches, steps, losses, conversations that overlap.

use chatproof::recording::*;
use serde_json::json;

use super::support::*;

#[test]
fn a_first_step_that_no_document_could_mark_is_the_first_step_all_the_same() {
    let mut recording = Film::talk().record();
    // Some browsers run no listener in the document that a window begins with.
    recording.observations.retain(|o| o.document != "doc-0" && !matches!(o.kind, Kind::Mark { step: 0 }));
    renumber(&mut recording);
    let film = Film::talk();
    let verdicts = chatproof::judge::judge(&film.spec, &film.site, &recording);
    assert_eq!(lines(&verdicts), [""; 0]);
}

fn renumber(recording: &mut Recording) {
    let mut next = std::collections::BTreeMap::new();
    for (n, o) in recording.observations.iter_mut().enumerate() {
        o.arrival = n as u64;
        let seq = next.entry(o.document.clone()).or_insert(0);
        o.seq = Some(*seq);
        *seq += 1;
    }
}

#[test]
fn a_batch_that_arrives_late_belongs_to_the_step_in_which_it_was_said() {
    let mut recording = Film::talk().record();
    // The event of step 3 arrives after all else, though the page said it before the mark of step 4.
    let at = recording
        .observations
        .iter()
        .position(|o| matches!(&o.kind, Kind::Event { constant, .. } if constant == ENGAGED))
        .unwrap();
    let event = recording.observations.remove(at);
    recording.observations.push(event);
    for (n, o) in recording.observations.iter_mut().enumerate() {
        o.arrival = n as u64;
    }
    let film = Film::talk();
    assert_eq!(lines(&chatproof::judge::judge(&film.spec, &film.site, &recording)), [""; 0]);
}

#[test]
fn a_page_that_comes_back_from_the_cache_goes_on_in_the_present() {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  back:
    steps:
      - open: /
        fires: CONVERSATION_TRIGGERED
      - open: /other
      - back: true
        fires: CONVERSATION_ENGAGED
";
    let mut film = Film::new(adobe(), site, "back");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).step();
    film.load("https://shop.example/other").step();
    let engaged = payload(&film.spec, ENGAGED);
    let mut recording = film.record();
    // The first page, which had said goodbye in step 2, speaks again in step 3.
    let last = |r: &Recording| r.observations.iter().filter(|o| o.document == "doc-1").cloned().next_back().unwrap();
    let mut back = last(&recording);
    assert_eq!(back.kind, Kind::Unload);
    back.seq = back.seq.map(|s| s + 1);
    back.page_ms = back.page_ms.map(|ms| ms + 150.0);
    back.kind = event(ENGAGED, engaged);
    let mut shown = back.clone();
    shown.kind = Kind::Shown;
    back.seq = back.seq.map(|s| s + 1);
    let at = recording.observations.len() - 1;
    recording.observations.splice(at..at, [shown, back]);
    for (n, o) in recording.observations.iter_mut().enumerate() {
        o.arrival = n as u64;
    }
    let verdicts = chatproof::judge::judge(&film.spec, &film.site, &recording);
    assert_eq!(lines(&verdicts), [""; 0]);
}

#[test]
fn a_journey_that_the_site_file_lacks_is_judged_as_far_as_can_be() {
    let mut film = Film::talk();
    film.change(EMAIL, |p| p["sid"] = json!(""));
    let mut recording = film.record();
    recording.journey = "gone".into();
    let broken = lines(&chatproof::judge::judge(&film.spec, &film.site, &recording));
    assert!(broken.contains(&"?event.ENGAGED.unexpected unknown-journey".to_owned()), "{broken:#?}");
    assert!(broken.contains(&"event.INPUT_EMAIL.payload.sid empty".to_owned()), "{broken:#?}");
    assert!(!broken.iter().any(|l| l.contains("fires")), "{broken:#?}");
}

#[test]
fn a_duplicate_heard_when_the_next_step_has_begun_is_still_a_duplicate() {
    let mut film = Film::talk();
    let at = film.at(EMAIL, 0);
    let again = film.beats[at].clone();
    film.push(again);
    assert_eq!(film.broken(), ["event.INPUT_EMAIL.at-most duplicate"]);
}

#[test]
fn a_page_left_without_a_word_is_no_duplicate() {
    let mut film = Film::talk();
    film.push(Beat::Vanish("https://shop.example/thanks"));
    assert_eq!(film.broken(), [""; 0]);
}

#[test]
fn what_comes_before_its_conversations_beginning_is_counted_to_it() {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  two:
    steps:
      - open: /
        fires: [CONVERSATION_TRIGGERED, CONVERSATION_ENGAGED]
      - open: /
        fires: [CONVERSATION_ENGAGED, CONVERSATION_TRIGGERED]
";
    let mut film = Film::new(adobe(), site, "two");
    film.step().load("https://shop.example/").widget().fire(TRIGGERED).fire(ENGAGED);
    film.step().load("https://shop.example/").widget();
    for x in [ENGAGED, TRIGGERED] {
        let mut other = payload(&film.spec, x);
        other["id"] = json!("other");
        other["name"] = json!("other");
        film.say(event(x, other));
    }
    assert_eq!(film.broken(), ["order.engaged-after-triggered out-of-order (conversation 2)"]);
}

#[test]
fn what_a_page_said_before_it_left_comes_before_the_next_page() {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  leave:
    steps:
      - open: /
      - click: .go
        fires: [CONVERSATION_TRIGGERED, CONVERSATION_ENGAGED]
";
    let mut film = Film::new(adobe(), site, "leave");
    film.step().load("https://shop.example/").widget().step().fire(TRIGGERED);
    film.load("https://shop.example/2").widget().fire(ENGAGED);
    let mut recording = film.record();
    // The first page's last batch arrives when the second page has said all.
    let is_late = |o: &Observation| o.document == "doc-1" && matches!(o.kind, Kind::Event { .. } | Kind::Unload);
    let end = recording.observations.len() - 1;
    let late: Vec<Observation> = recording.observations.iter().filter(|o| is_late(o)).cloned().collect();
    recording.observations.splice(end..end, late.iter().cloned());
    let first = recording.observations.iter().position(is_late).unwrap();
    recording.observations.drain(first..first + late.len());
    for (n, o) in recording.observations.iter_mut().enumerate() {
        o.arrival = n as u64;
    }
    assert_eq!(lines(&chatproof::judge::judge(&film.spec, &film.site, &recording)), [""; 0]);
}

#[test]
fn a_page_that_came_and_went_in_an_unmarked_first_step_belongs_to_it() {
    let mut film = Film::talk();
    let at = film.begin(1);
    film.insert(at, Beat::Load("https://shop.example/redirected"));
    let mut recording = film.record();
    recording.observations.retain(|o| o.document != "doc-0" && !matches!(o.kind, Kind::Mark { step: 0 }));
    renumber(&mut recording);
    assert_eq!(lines(&chatproof::judge::judge(&film.spec, &film.site, &recording)), [""; 0]);
}

#[test]
fn a_second_beginning_without_an_identity_is_one_headline() {
    let site = SITE.replace(
        "        fires: CONVERSATION_COMPLETED",
        "        fires: CONVERSATION_COMPLETED\n      - open: /\n        fires: CONVERSATION_TRIGGERED",
    );
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    let mut second = payload(&film.spec, TRIGGERED);
    second["id"] = json!(null);
    second["name"] = json!("another");
    film.step().load("https://shop.example/").widget().say(event(TRIGGERED, second));
    assert_eq!(
        film.broken(),
        ["event.TRIGGERED.payload.id null (2nd occurrence)", "consistency.name changed <- event.TRIGGERED.payload.id"]
    );
}

#[test]
fn twins_of_one_value_explain_broken_rules_too() {
    let mut film = Film::talk();
    film.change_api(|api| {
        let list = &mut api.locations[0].constants;
        let completed = list.iter().position(|c| c.name == COMPLETED).unwrap();
        list.iter_mut().find(|c| c.name == CLOSED).unwrap().same_as = completed;
    });
    film.fire(CLOSED);
    let (heads, _): (Vec<String>, Vec<String>) = film.broken().into_iter().partition(|l| !l.contains("<-"));
    assert_eq!(heads, ["constant.COMPLETED.distinct not-distinct"]);
    assert!(
        film.broken()
            .contains(&"order.closed-not-after-completed after-the-end <- constant.COMPLETED.distinct".to_owned())
    );
}

#[test]
fn where_messages_were_lost_there_may_be_a_duplicate_or_a_beginning_among_them() {
    let mut film = Film::talk();
    film.push(Beat::Lose(1));
    let broken = film.broken();
    assert!(broken.contains(&"?event.COMPLETED.at-most lost".to_owned()), "{broken:#?}");
    let mut film = Film::talk();
    let at = film.at(TRIGGERED, 0);
    film.beats[at] = Beat::Lose(1);
    let broken = film.broken();
    assert!(broken.contains(&"?order.engaged-after-triggered lost".to_owned()), "{broken:#?}");
    assert!(broken.iter().all(|l| l.starts_with('?')), "{broken:#?}");
}

#[test]
fn a_later_subscription_hears_what_comes_after_it() {
    // The page subscribes again, and only its last listener is kept: nothing is heard twice, and nothing is swallowed.
    let site =
        SITE.replace("fires: CONVERSATION_COMPLETED", "fires: [CONVERSATION_COMPLETED, CONVERSATION_INPUT_EMAIL]");
    let mut film = Film::talk();
    film.site = parse_site(&site, &film.spec);
    let snapshot = api(&film.spec, "ready");
    let at = film.begin(4);
    film.insert(at, Beat::Say(At::Page, Kind::Api(Box::new(snapshot))));
    film.insert(at, Beat::Say(At::Page, Kind::Ready { target: "window".into(), nth: 2 }));
    film.fire(EMAIL);
    for beat in film.beats.iter_mut().skip(at) {
        if let Beat::Say(_, Kind::Event { subscription, .. }) = beat {
            *subscription = 2;
        }
    }
    assert_eq!(film.broken(), ["~ready.once duplicate"]);
}

#[test]
fn a_page_that_vanished_before_it_was_ready_may_have_been_ready() {
    let mut film = Film::talk();
    film.beats.retain(|b| !matches!(b, Beat::Say(..)));
    let at = film.begin(1);
    film.insert(at, Beat::Vanish("https://shop.example/thanks"));
    assert_eq!(film.broken()[0], "?ready.fired lost");
}

/// A journey in which the visitor goes to a page that fires TRIGGERED. `change`: what happens to that page's observations.
fn gone_to(change: impl Fn(&mut Vec<chatproof::recording::Observation>)) -> Vec<String> {
    let site = "
spec: adobe-dynamic-chat
base_url: https://shop.example
journeys:
  next:
    steps:
      - open: /
      - click: text=Next
        fires: CONVERSATION_TRIGGERED
";
    let mut film = Film::new(adobe(), site, "next");
    film.step().load("https://shop.example/").widget().step();
    film.load("https://shop.example/next").widget().fire(TRIGGERED);
    let mut recording = film.record();
    let is_next = |o: &chatproof::recording::Observation| o.document == "doc-2";
    let mut next: Vec<_> = recording.observations.iter().filter(|o| is_next(o)).cloned().collect();
    recording.observations.retain(|o| !is_next(o));
    let context = "window-of-its-own".to_owned();
    next.iter_mut().for_each(|o| o.context.clone_from(&context));
    change(&mut next);
    for (seq, o) in next.iter_mut().enumerate() {
        o.seq = Some(seq as u64);
    }
    let at = recording.observations.len();
    recording.observations.splice(at..at, next);
    for (n, o) in recording.observations.iter_mut().enumerate() {
        o.arrival = n as u64;
    }
    lines(&chatproof::judge::judge(&film.spec, &film.site, &recording))
}

fn say_at(observations: &mut Vec<chatproof::recording::Observation>, at: usize, kind: Kind) {
    let said = chatproof::recording::Observation { kind, ..observations[at - 1].clone() };
    observations.insert(at, said);
}

fn set_apart(observation: &mut chatproof::recording::Observation) {
    let heard = Box::new(observation.kind.clone());
    observation.kind = Kind::Unseen { heard };
}

#[test]
fn what_is_heard_in_a_page_from_when_it_is_shown_counts() {
    // Alive, ready, API, then shown, then the event.
    let counted = gone_to(|next| {
        say_at(next, 1, Kind::Beforehand);
        say_at(next, 4, Kind::Shown);
    });
    assert!(!counted.iter().any(|line| line.contains("TRIGGERED")), "{counted:#?}");
}

#[test]
fn what_was_heard_before_a_page_was_shown_is_not_missing_and_proves_nothing() {
    let open = gone_to(|next| {
        say_at(next, 1, Kind::Beforehand);
        set_apart(&mut next[4]);
        say_at(next, 5, Kind::Shown);
    });
    assert!(open.contains(&"?event.TRIGGERED.fires beforehand (step 2)".to_owned()), "{open:#?}");
}

#[test]
fn a_page_that_was_never_shown_is_no_part_of_the_journey() {
    let missing = gone_to(|next| {
        say_at(next, 1, Kind::Beforehand);
        set_apart(&mut next[4]);
    });
    assert!(missing.contains(&"event.TRIGGERED.fires missing (step 2)".to_owned()), "{missing:#?}");
    // Nor if what it fired weren't set apart.
    let kept = gone_to(|next| say_at(next, 1, Kind::Beforehand));
    assert!(kept.contains(&"event.TRIGGERED.fires missing (step 2)".to_owned()), "{kept:#?}");
}
