use super::support::*;

#[test]
fn a_conforming_journey_has_nothing_to_tell() {
    let film = Film::talk();
    assert_eq!(film.broken(), [""; 0]);
    let verdicts = film.judge();
    assert!(verdicts.len() > 60, "{}", verdicts.len());
    assert!(verdicts.iter().all(|v| v.finding == "ok" && !v.statement.is_empty() && !v.expected.is_empty()));
    assert!(verdicts.iter().all(|v| v.spec.line > 0));
}
