//! Dialogues for some visitors: what they say is for them, what happens is what happens to everybody.

use serde_json::Value;
use tokio::sync::mpsc;

use super::super::audience::Traits;
use super::super::conversation::Act;
use super::super::world::{Arrival, MAILBOX};
use super::{Page, Stage};

impl Stage {
    /// A visitor of this kind on the pricing page, to whom the dialogue for them was shown.
    fn met(&mut self, traits: Traits) -> (String, Page) {
        let (page, corner, team) = ("/pricing".to_owned(), true, Some("team".to_owned()));
        let arrival = Arrival { page, corner, team, traits, ..Arrival::default() };
        let (mailbox, messages) = mpsc::channel(MAILBOX);
        let (number, visitor) = self.world.page_arrives(arrival, mailbox, self.now());
        let mut page = Page { visitor, number, messages, conversation: Value::Null };
        let offered = page.welcome()["offers"]["chatbot"].as_str().expect("a dialogue").to_owned();
        self.world.visitor_starts(&page.visitor, number, &offered, self.now()).expect("started");
        assert_eq!(page.heard(), ["triggered"]);
        (offered, page)
    }
}

fn german() -> Traits {
    Traits { language: "de-AT".to_owned(), ..Traits::default() }
}

#[test]
fn a_german_visitor_is_spoken_to_in_german_and_nothing_else_is_different() {
    let mut stage = Stage::new();
    let mut inbox = stage.inbox("Ada");
    let (key, mut page) = stage.met(german());
    assert_eq!(key, "pricing-german");
    assert_eq!(
        (&page.conversation["name"], &page.conversation["type"]),
        (&Value::from("Pricing concierge"), &Value::from("dialogue"))
    );
    assert!(page.says().starts_with("Guten Tag!"), "{}", page.says());
    stage.choose(&mut page, "Mit dem Vertrieb sprechen");
    assert_eq!(page.heard(), ["engaged", "live-requested"]);
    stage.accept(&mut inbox);
    assert_eq!(page.heard(), ["live-accepted"]);
    assert_eq!(page.says(), "Ada ist jetzt im Chat");
    stage.act(&page, Act::EndChat).expect("ended");
    assert_eq!(page.heard(), ["live-ended", "completed"]);
    assert_eq!(page.says(), "Sie haben den Chat beendet");

    let (_, mut page) = stage.met(german());
    stage.choose(&mut page, "Termin buchen");
    assert_eq!(page.heard(), ["engaged"]);
    stage.give(&page, "kim@example.com").expect("an address");
    assert_eq!(page.heard(), ["given"]);
    stage.give(&page, "+49 30 1234567").expect("a number");
    assert_eq!(page.heard(), ["given"]);
    let prompt = page.prompt();
    stage.act(&page, Act::Book { prompt, slot: "2027-03-02T09:30:00Z".into() }).expect("booked");
    assert_eq!(page.heard(), ["meeting-booked", "completed"]);
    let entries = page.conversation["entries"].to_string();
    assert!(entries.contains("Termin gebucht: Di, 2. März um 09:30 Uhr UTC mit "), "{entries}");
}

#[test]
fn who_is_near_an_office_is_told_which_and_who_comes_back_is_known() {
    let mut stage = Stage::new();
    let (key, page) = stage.met(Traits { place: Some((52.5, 13.4)), ..Traits::default() });
    assert_eq!(key, "pricing-nearby");
    assert!(page.says().contains("There's an office near you: Berlin, "), "{}", page.says());
    assert_eq!(page.conversation["prompt"]["options"][0], "Visit the nearest office");

    let (key, page) = stage.met(Traits { returning: true, ..Traits::default() });
    assert_eq!(key, "pricing-returning");
    assert!(page.says().starts_with("Welcome back!"));

    // In the middle of the ocean, for the first time.
    let (key, _) = stage.met(Traits { place: Some((0.0, -30.0)), language: "en-US".into(), ..Traits::default() });
    assert_eq!(key, "pricing");
}
