//! For people who look on: a journey that failed is held until somebody lets it go, and what they do meanwhile is theirs.

use std::sync::Arc;
use std::time::Duration;

use chatproof::recording::{Ending, Kind};
use chatproof::runner::{self, Event, LaneId, Looking, Progress, Subject};
use tokio::sync::watch;

use crate::harness::{Pages, acme, browsers, options, place, site, with_widget};

/// Counts what is heard, recorded or not.
struct Counting(watch::Sender<usize>);

impl Progress for Counting {
    fn heard(&self, _: &LaneId, event: Event<'_>) {
        if matches!(event, Event::EventHeard { .. }) {
            self.0.send_modify(|count| *count += 1);
        }
    }
}

const JOURNEY: &str = "
journeys:
  j:
    steps:
      - { open: /, may_fire: SAID }
      - { click: '#nothing', timeout: 300ms, may_fire: SAID }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_journey_is_held_with_its_page_until_it_is_let_go() {
    // The page goes on doing things, as it would under a visitor's hands.
    let page = with_widget("/", "<script>setInterval(() => acme('SAID', { id: 'c' }), 50)</script>");
    let pages = Pages::serve(vec![page]).await;
    for browser in browsers() {
        let spec = acme();
        let site = site(&spec, &format!("spec: acme\nbase_url: {}{JOURNEY}", pages.url));
        let options = options(browser, &site);
        let (_keep, cancel) = watch::channel(false);
        let (failures, mut held) = tokio::sync::mpsc::unbounded_channel();
        let (count, mut heard) = watch::channel(0);
        let mut subject = Subject::new(&spec, &site, &options, Arc::new(Counting(count)), cancel).unwrap();
        subject.looking = Looking { slow: Duration::from_millis(300), failures: Some(failures) };
        let _place = place().await;
        let mut running = std::pin::pin!(runner::run_all(&subject));
        let paused = tokio::select! {
            outcome = &mut running => panic!("{}: nothing was held: {:?}", browser.name(), outcome.errors),
            paused = held.recv() => paused.unwrap(),
        };
        assert_eq!((paused.journey.as_str(), paused.step, paused.text.as_str()), ("j", 1, "click #nothing"));
        assert!(paused.message.contains("nothing matches"), "{}", paused.message);
        let until_then = *heard.borrow();
        tokio::select! {
            _ = &mut running => panic!("{}: it didn't wait", browser.name()),
            more = heard.wait_for(|count| *count >= until_then + 5) => assert!(more.is_ok()),
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("{}: nothing more was heard", browser.name()),
        }
        paused.go_on.send(()).unwrap();
        let outcome = running.await;
        let recording = &outcome.recordings[0];
        assert_eq!(recording.ending, Ending::StepFailed { step: 1 }, "{}", browser.name());
        let recorded = recording.observations.iter().filter(|o| matches!(o.kind, Kind::Event { .. })).count();
        assert!((1..=until_then).contains(&recorded), "{}: {recorded} of {until_then}", browser.name());
        // The time before a step isn't the step's.
        assert!(recording.steps[0].began_ms.unwrap() >= 300.0, "{}", browser.name());
    }
}
