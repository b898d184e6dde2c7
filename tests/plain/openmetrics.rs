//! The report for monitoring: what a scraper reads is what the run was. `make validate` shows it to Prometheus' own parser.

use std::collections::BTreeMap;

use chatproof::cli::args::Details;
use chatproof::cli::assemble::{Assembler, Happened, Judged, Terms};
use chatproof::judge::Judge;
use chatproof::report::Format;
use chatproof::report::model::Report;
use chatproof::report::style::Style;
use chatproof::report::summary;

use crate::judge::support::{ENGAGED, Film, TRIGGERED};

/// Each sample by its name with its labels, as written.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{line}")))
        })
        .collect()
}

fn report(films: &[Film], details: Details) -> Report {
    let film = &films[0];
    let terms = Terms::default();
    let mut assembler = Assembler::new(&film.spec, &film.site, &terms).keeping(details.keep([Format::Openmetrics]));
    let judge = Judge::new(&film.spec, &film.site);
    for (at, film) in films.iter().enumerate() {
        let mut recording = film.record();
        recording.browser.name = film.browser.clone();
        recording.run.started_at = format!("2027-01-31T09:3{at}:00Z");
        recording.took_ms = 1500.0;
        assembler.add(Judged::new(&judge, recording));
    }
    assembler.finish(&["talk".to_owned()], Happened::default())
}

#[test]
fn the_numbers_are_those_of_the_run() {
    let mut other = Film::talk();
    other.browser = "chromium \"x\\y\"\n".into();
    other.remove(ENGAGED);
    let films = [Film::talk(), other];
    let report = report(&films, Details::All);
    let text = Format::Openmetrics.render(&report, Style::OFF);
    assert!(text.ends_with("# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
    let all = samples(&text);
    let value = |start: &str, part: &str| -> Vec<f64> {
        all.iter().filter(|(name, _)| name.starts_with(start) && name.contains(part)).map(|(_, value)| *value).collect()
    };
    assert_eq!(value("chatproof_conforms{", ""), [0.0]);
    assert_eq!(value("chatproof_exit_code{", ""), [1.0]);
    // The last journey began at 09:31 and took a second and a half; its steps may have taken longer.
    assert!(value("chatproof_last_run_timestamp_seconds{", "")[0] >= 1_801_387_861.5, "{text}");
    let totals = summary::totals(&report);
    let sum = |outcome: &str| value("chatproof_checks{", &format!("outcome=\"{outcome}\"")).iter().sum::<f64>();
    for (outcome, count) in [
        ("pass", totals.pass),
        ("fail", totals.fail),
        ("warn", totals.warn),
        ("noted", totals.noted),
        ("inconclusive", totals.inconclusive),
        ("not-reached", totals.not_reached),
        ("waived", totals.waived),
    ] {
        assert_eq!(sum(outcome), count as f64, "{outcome}\n{text}");
    }
    // Text that isn't ours ends no label, no line and no name.
    assert!(text.contains(r#"browser="chromium \"x\\y\"\\n""#), "{text}");
    let heard = format!("browser=\"firefox\",event=\"{TRIGGERED}\"");
    assert_eq!(value("chatproof_event_latency_seconds_count{", &heard), [1.0]);
    assert_eq!(value("chatproof_event_latency_seconds_bucket{", &format!("{heard},le=\"+Inf\"")), [1.0]);
    let mut buckets: Vec<(f64, f64)> = all
        .iter()
        .filter(|(name, _)| name.starts_with("chatproof_event_latency_seconds_bucket{") && name.contains(&heard))
        .map(|(name, count)| {
            let bound = name.split("le=\"").nth(1).unwrap().trim_end_matches("\"}");
            (bound.replace("+Inf", "inf").parse().unwrap(), *count)
        })
        .collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert!(buckets.len() > 10 && buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{buckets:?}");
    // An event that wasn't heard has a histogram of nothing: it can't be taken for one that nobody asked for.
    let missing = value("chatproof_event_latency_seconds_count{", &format!("event=\"{ENGAGED}\""));
    assert_eq!(missing.iter().sum::<f64>(), 1.0, "{text}");
}

#[test]
fn a_large_run_loses_no_number() {
    let films: Vec<Film> = (0..3)
        .map(|at| {
            let mut film = Film::talk();
            film.browser = format!("firefox{at}");
            film
        })
        .collect();
    let render = |details| Format::Openmetrics.render(&report(&films, details), Style::OFF);
    // With `failed` all of these let their details go.
    assert_eq!(render(Details::Failed), render(Details::All));
}
