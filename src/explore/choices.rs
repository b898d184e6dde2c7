//! From what is seen to what can be done, and to what tells a state from another.
//!
//! Boundary: pure.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::deed::{Deed, Verb};
use super::fields;
use super::graph::{Choice, Sort, State};
use crate::browser::offers::{Offer, Seen};
use crate::site::VISITOR;

/// What is seen in all windows.
pub type Sight = BTreeMap<String, Seen>;

/// A text without what differs from one visit to the next: words with digits in them.
fn lasting(text: &str) -> String {
    let word = |word: &str| if word.contains(|c: char| c.is_ascii_digit()) { "#".to_owned() } else { word.to_owned() };
    text.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// A name by which something that can be done is known again, in this state and in others.
fn id(actor: &str, offer: &Offer) -> String {
    let name = if offer.volatile { format!("one of a calendar {}", offer.group) } else { lasting(&offer.name) };
    let name = if name.trim().is_empty() { lasting(&offer.locator) } else { name };
    format!("{actor} · {} · {} · {name}", offer.act, offer.role)
}

/// What tells a state from others: what is offered and what was said last.
pub fn key(sight: &Sight, before: &BTreeSet<String>) -> String {
    let mut parts = Vec::new();
    for (actor, seen) in sight {
        let own = |offer: &&Offer| actor == VISITOR || !before.contains(&offer.locator);
        let offers: BTreeSet<String> = seen.offers.iter().filter(own).map(|offer| id(actor, offer)).collect();
        parts.extend(offers);
        if actor == VISITOR {
            parts.extend(seen.consent.iter().map(|_| "a banner asks for consent".to_owned()));
            parts.extend(seen.said.iter().map(|line| lasting(line)));
        }
    }
    parts.join("\n")
}

/// The state that is seen. `way`: how it was come to. `before`: what was in others' windows from the beginning.
pub fn state(sight: &Sight, before: &BTreeSet<String>, way: &[Deed], answers: &BTreeMap<String, String>) -> State {
    let visitor = sight.get(VISITOR).cloned().unwrap_or_default();
    let mut state =
        State { said: visitor.said.clone(), url: visitor.url.clone(), way: way.to_vec(), ..State::default() };
    if let Some(consent) = &visitor.consent {
        add(&mut state.choices, id(VISITOR, consent), take(VISITOR, consent));
        return state;
    }
    for (actor, seen) in sight.iter().rev() {
        let own = |offer: &&Offer| actor == VISITOR || !before.contains(&offer.locator);
        let offers: Vec<&Offer> = seen.offers.iter().filter(own).collect();
        let said = if actor == VISITOR { visitor.said.as_slice() } else { &[] };
        let submits: BTreeSet<&String> = offers.iter().flat_map(|offer| &offer.submit).collect();
        let mut groups = BTreeSet::new();
        let mut forms = BTreeSet::new();
        for offer in &offers {
            // What sends a field is clicked when something is in it.
            if offer.act == "click" && submits.contains(&offer.locator) {
                continue;
            }
            if offer.volatile && !groups.insert(&offer.group) {
                continue;
            }
            let field = offer.act == "fill" || offer.act == "select";
            let form: Vec<&&Offer> =
                offers.iter().filter(|other| !offer.form.is_empty() && other.form == offer.form).collect();
            if field && form.len() > 1 {
                if forms.insert(&offer.form) {
                    whole_form(&mut state.choices, actor, &form, said, answers);
                }
                continue;
            }
            match offer.act.as_str() {
                "fill" => field_choices(&mut state.choices, actor, offer, said, answers),
                "select" => {
                    let Some(deed) = select(actor, offer) else { continue };
                    let choice = Choice { submit: submit(offer), ..choice(Sort::Give, vec![deed], offer) };
                    add(&mut state.choices, id(actor, offer), choice);
                }
                _ => add(&mut state.choices, id(actor, offer), take(actor, offer)),
            }
        }
    }
    for offer in &visitor.page {
        add(&mut state.choices, id(VISITOR, offer), take(VISITOR, offer));
    }
    if way.len() > 2 {
        let reload = Deed::new(VISITOR, Verb::Reload, "", "");
        add(&mut state.choices, "reload".to_owned(), choice(Sort::Reload, vec![reload], &Offer::default()));
    }
    let wait = Deed::new(VISITOR, Verb::Wait, "", "");
    add(&mut state.choices, "wait".to_owned(), choice(Sort::Wait, vec![wait], &Offer::default()));
    state
}

fn add(choices: &mut IndexMap<String, Choice>, id: String, choice: Choice) {
    let mut name = id.clone();
    let mut nth = 2;
    while choices.contains_key(&name) {
        name = format!("{id} ({nth})");
        nth += 1;
    }
    choices.insert(name, choice);
}

fn choice(sort: Sort, deeds: Vec<Deed>, offer: &Offer) -> Choice {
    Choice {
        sort,
        deeds,
        asks: String::new(),
        submit: String::new(),
        refused: offer.refused.clone(),
        missed: 0,
        taken: None,
    }
}

fn deed(actor: &str, verb: Verb, offer: &Offer) -> Deed {
    let note = match (offer.brittle, offer.volatile) {
        (_, true) => "its name is a day, a time or a number, and another one the next time",
        (true, _) => "found by its place among others: a name or a test id would last longer",
        _ => "",
    };
    Deed { note: note.to_owned(), ..Deed::new(actor, verb, &offer.locator, &offer.name) }
}

fn take(actor: &str, offer: &Offer) -> Choice {
    choice(Sort::Take, vec![deed(actor, Verb::Click, offer)], offer)
}

fn submit(offer: &Offer) -> String {
    offer.submit.first().cloned().unwrap_or_default()
}

fn select(actor: &str, offer: &Offer) -> Option<Deed> {
    let option = offer.options.first()?;
    Some(Deed { with: option.clone(), ..deed(actor, Verb::Select, offer) })
}

fn field_choices(
    choices: &mut IndexMap<String, Choice>,
    actor: &str,
    offer: &Offer,
    said: &[String],
    answers: &BTreeMap<String, String>,
) {
    let kind = fields::kind(offer, said);
    let fill = |with: &str| Deed { with: with.to_owned(), press: "Enter".to_owned(), ..deed(actor, Verb::Fill, offer) };
    let base =
        |sort, deeds| Choice { asks: kind.name().to_owned(), submit: submit(offer), ..choice(sort, deeds, offer) };
    let name = id(actor, offer);
    if actor == VISITOR
        && let Some(wrong) = kind.wrong()
    {
        add(choices, format!("{name} · what must be refused"), base(Sort::Wrong, vec![fill(wrong)]));
    }
    let right = fields::answer(offer, kind, answers);
    add(choices, format!("{name} · {}", kind.name()), base(Sort::Give, vec![fill(&right)]));
}

/// All fields of a form, and then what sends it.
fn whole_form(
    choices: &mut IndexMap<String, Choice>,
    actor: &str,
    form: &[&&Offer],
    said: &[String],
    answers: &BTreeMap<String, String>,
) {
    let mut deeds = Vec::new();
    let mut asks = Vec::new();
    for offer in form {
        match offer.act.as_str() {
            "fill" => {
                let kind = fields::kind(offer, said);
                asks.push(kind.name());
                let with = fields::answer(offer, kind, answers);
                deeds.push(Deed { with, ..deed(actor, Verb::Fill, offer) });
            }
            "select" => deeds.extend(select(actor, offer)),
            // A box that agrees to something keeps the form from being sent.
            _ if matches!(offer.role.as_str(), "checkbox" | "switch") => deeds.push(deed(actor, Verb::Click, offer)),
            _ => {}
        }
    }
    let Some(first) = form.iter().find(|offer| offer.act == "fill" || offer.act == "select") else { return };
    let sends = form.iter().map(|offer| submit(offer)).find(|submit| !submit.is_empty()).unwrap_or_default();
    match deeds.iter_mut().rev().find(|deed| deed.verb == Verb::Fill) {
        _ if !sends.is_empty() => deeds.push(Deed::new(actor, Verb::Click, &sends, "send")),
        Some(last) => last.press = "Enter".to_owned(),
        None => {}
    }
    let refused =
        form.iter().map(|offer| offer.refused.as_str()).find(|refused| !refused.is_empty()).unwrap_or_default();
    let whole = Choice { asks: asks.join(" "), refused: refused.to_owned(), ..choice(Sort::Give, deeds, first) };
    add(choices, format!("{} · and the rest of its form", id(actor, first)), whole);
}
