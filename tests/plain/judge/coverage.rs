//! Coverage: what all journeys of a run reached together.

use chatproof::recording::{Ending, Recording, StepError, StepOutcome};
use chatproof::verdict::Verdict;

use super::support::*;

const NA: &str = "
not_applicable:
  CONVERSATION_INPUT_PHONE: we never ask
  CONVERSATION_CLOSED: a
  CONVERSATION_MEETING_BOOKED: a
  CONVERSATION_LIVE_CHAT_REQUESTED: a
  CONVERSATION_LIVE_CHAT_INITIATED: a
  CONVERSATION_LIVE_CHAT_ENDED: a
  CONVERSATION_LIVE_CHAT_REQUEST_TIMEOUT: a
";

fn with_site(site: &str) -> Film {
    let mut film = Film::talk();
    film.site = parse_site(site, &film.spec);
    film
}

fn covered(film: &Film, recordings: &[Recording], selected: &[&str]) -> Vec<Verdict> {
    let selected: Vec<String> = selected.iter().map(|s| (*s).to_owned()).collect();
    coverage(&film.spec, &film.site, recordings, &selected)
}

fn told(film: &Film, selected: &[&str]) -> Vec<String> {
    lines(&covered(film, &[film.record()], selected))
}

#[test]
fn what_was_declared_and_heard_is_covered_and_what_does_not_apply_is_waived() {
    let film = with_site(&SITE.replace("\njourneys:", &format!("{NA}journeys:")));
    let verdicts = covered(&film, &[film.record()], &["talk"]);
    assert_eq!(verdicts.len(), 11);
    assert_eq!(lines(&verdicts).len(), 7);
    assert!(lines(&verdicts).iter().all(|l| l.starts_with('w')));
    let phone = verdicts.iter().find(|v| v.requirement == "coverage.CONVERSATION_INPUT_PHONE").unwrap();
    assert_eq!(phone.reason.as_deref(), Some("we never ask"));
}

#[test]
fn what_no_journey_declares_is_not_reached_and_says_what_to_do() {
    let mut film = Film::talk();
    let verdicts = covered(&film, &[film.record()], &["talk"]);
    let broken = lines(&verdicts);
    assert_eq!(broken.len(), 7, "{broken:#?}");
    assert!(broken.iter().all(|l| l.starts_with("-coverage.") && l.ends_with("not-declared")), "{broken:#?}");
    assert!(verdicts.iter().any(|v| v.hint.as_ref().is_some_and(|h| h.contains("fires: CONVERSATION_CLOSED"))));
    film.fire(PHONE);
    let verdicts = covered(&film, &[film.record()], &["talk"]);
    let phone = verdicts.iter().find(|v| v.requirement == "coverage.CONVERSATION_INPUT_PHONE").unwrap();
    assert!(phone.hint.as_ref().unwrap().contains("heard in `talk` after step 5"), "{phone:#?}");
}

#[test]
fn what_failed_is_not_covered_and_names_the_cause() {
    let mut film = with_site(&SITE.replace("\njourneys:", &format!("{NA}journeys:")));
    film.remove(EMAIL);
    let broken: Vec<String> = told(&film, &["talk"]).into_iter().filter(|l| !l.starts_with('w')).collect();
    assert_eq!(broken, ["coverage.INPUT_EMAIL failed <- event.INPUT_EMAIL.fires"]);
    film.change_api(|api| api.locations[0].constants.retain(|c| c.name != EMAIL));
    let broken: Vec<String> = told(&film, &["talk"]).into_iter().filter(|l| !l.starts_with('w')).collect();
    assert_eq!(broken, ["coverage.INPUT_EMAIL failed <- constant.INPUT_EMAIL.present"]);
}

#[test]
fn what_could_not_be_done_is_inconclusive() {
    let mut film = with_site(&SITE.replace("\njourneys:", &format!("{NA}journeys:")));
    let at = film.begin(4);
    film.beats.truncate(at);
    let error = StepError { code: "no-match".into(), message: "none".into(), candidates: vec![] };
    film.push(Beat::Step(StepOutcome::Failed(error), 5.0));
    film.ending = Ending::StepFailed { step: 4 };
    let broken: Vec<String> = told(&film, &["talk"]).into_iter().filter(|l| !l.starts_with('w')).collect();
    assert_eq!(broken, ["?coverage.COMPLETED step-failed"]);
}

#[test]
fn only_an_optional_step_that_was_skipped_does_not_reach() {
    let mut film = with_site(&SITE.replace("\njourneys:", &format!("{NA}journeys:")));
    let at = film.begin(4);
    film.beats[at] = Beat::Step(StepOutcome::Skipped { message: "none".into() }, 5.0);
    film.remove(COMPLETED);
    let broken: Vec<String> = told(&film, &["talk"]).into_iter().filter(|l| !l.starts_with('w')).collect();
    assert_eq!(broken, ["-coverage.COMPLETED skipped"]);
}

const MORE: &str = "
  other:
    steps:
      - open: /
      - click: .x
        fires: CONVERSATION_CLOSED
";

#[test]
fn a_part_of_the_journeys_leaves_the_rest_as_a_note() {
    let film = with_site(&format!("{SITE}{MORE}"));
    let broken = told(&film, &["talk"]);
    assert!(broken.contains(&".-coverage.CLOSED not-selected".to_owned()), "{broken:#?}");
    assert!(broken.contains(&".-coverage.INPUT_PHONE not-declared".to_owned()), "{broken:#?}");
    assert!(broken.iter().all(|l| l.starts_with(".-")), "{broken:#?}");
    // Selected, but not run: nothing is known.
    let broken = told(&film, &["talk", "other"]);
    assert!(broken.contains(&"?coverage.CLOSED not-run".to_owned()), "{broken:#?}");
    assert!(broken.contains(&"-coverage.INPUT_PHONE not-declared".to_owned()), "{broken:#?}");
}

#[test]
fn each_browser_is_covered_by_its_own_journeys() {
    let mut film = with_site(&SITE.replace("\njourneys:", &format!("{NA}journeys:")));
    let firefox = film.record();
    film.browser = "chromium".into();
    film.remove(EMAIL);
    let chromium = film.record();
    let verdicts = covered(&film, &[firefox.clone(), chromium.clone()], &["talk"]);
    let failed: Vec<&Verdict> = verdicts.iter().filter(|v| v.finding == "failed").collect();
    assert_eq!(failed.iter().map(|v| v.browser.as_str()).collect::<Vec<_>>(), ["chromium"]);
    assert_eq!(verdicts.iter().map(|v| v.browser.as_str()).collect::<Vec<_>>()[..1], ["chromium"]);
    assert_eq!(verdicts, covered(&film, &[chromium, firefox], &["talk"]));
    assert_eq!(covered(&film, &[], &["talk"]), []);
}

#[test]
fn what_other_visitors_journeys_declare_is_nothing_to_this_column() {
    let more = MORE.replace("other:", "other:\n    visitors: phone");
    let site = format!("{SITE}{more}").replace("\njourneys:", "\nvisitors: { phone: { device: phone } }\njourneys:");
    let mut film = with_site(&site);
    let desk = film.record();
    film.browser = format!("{}+phone", film.browser);
    film.journey = "other".into();
    let phone = film.record();
    let broken = lines(&covered(&film, &[desk, phone], &["talk", "other"]));
    assert!(broken.contains(&".-coverage.CLOSED not-selected".to_owned()), "{broken:#?}");
    // What nobody declares is missing in both.
    assert_eq!(broken.iter().filter(|line| *line == "-coverage.INPUT_PHONE not-declared").count(), 2, "{broken:#?}");
}

#[test]
fn what_a_step_may_cause_is_reached_if_heard() {
    let site = SITE.replace("- click: .launcher", "- click: .launcher\n        may_fire: CONVERSATION_CLOSED");
    let mut film = with_site(&site);
    assert!(told(&film, &["talk"]).contains(&"-coverage.CLOSED not-heard".to_owned()));
    let at = film.begin(2);
    let closed = payload(&film.spec, CLOSED);
    film.insert(at, Beat::Say(At::Page, event(CLOSED, closed)));
    assert!(!told(&film, &["talk"]).iter().any(|l| l.contains("CLOSED")));
}
