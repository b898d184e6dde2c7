use super::*;
use crate::source::SourceFile;

const HEAD: &str = "spec: s\nbase_url: https://a.example\njourneys:\n  j:\n    steps:\n    - open: /\n";

fn parsed(steps: &str) -> Result<Vec<String>, Vec<String>> {
    match parse(SourceFile::new("site.yaml", format!("{HEAD}{steps}")), &Known::default()) {
        Ok(site) => Ok(site.journeys["j"].steps.iter().skip(1).map(Step::describe).collect()),
        Err(mistakes) => Err(mistakes
            .list
            .iter()
            .map(|m| format!("{}:{} {} ({})", m.span.line, m.span.column, m.message, m.help.as_deref().unwrap_or("-")))
            .collect()),
    }
}

#[test]
fn what_people_do_is_read_and_told() {
    let steps = "
    - { double_click: .a }
    - { right_click: .a, near: text=B }
    - { press_and_hold: .a, for: 600ms }
    - { press_and_hold: .a }
    - { drag: .a, to: .b, has: c-d }
    - { swipe: .a, toward: up }
    - { scroll: .a, until: .b }
    - { upload: .a, files: [b.pdf, '${journey}.png'] }
    - { download: .a, file: '*.pdf' }
    - { download: .a, file: { size: ['> 1 kB', '< 2 MB'], contains: '${journey}' } }
";
    let told = parsed(steps).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(
        told,
        [
            "double-click .a",
            "right-click .a near text=B",
            "press and hold .a for 600ms",
            "press and hold .a for 1s",
            "drag .a has c-d to .b",
            "swipe .a up",
            "scroll .a until .b",
            "upload b.pdf, ${journey}.png to .a",
            "click .a to download *.pdf",
            "click .a to download",
        ]
    );
}

#[test]
fn mistakes_in_what_people_do_are_told_at_once() {
    let steps = "
    - { drag: .a }
    - { swipe: .a, toward: lft }
    - { swipe: .a }
    - { press_and_hold: .a, for: 1m }
    - { click: .a, for: 1s }
    - { scroll: 50%, until: .b }
    - { pause: 1s, near: .b }
    - { click: .a, has: }
    - { double_clik: .a }
    - { upload: .a }
    - { upload: .a, files: [] }
    - { download: .a, file: { size: 1 kB } }
    - { click: .a, file: x }
";
    insta::assert_snapshot!(parsed(steps).expect_err("mistakes").join("\n"));
}

#[test]
fn a_step_may_be_in_a_window_that_the_page_has_opened() {
    let steps = "
    - { click: .a, in: popup }
    - { fill: .a, with: b, in: { popup: '*/${journey}' }, answer: accept }
    - { close_page: true, in: popup }
";
    let told = parsed(steps).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(
        told,
        [
            "click .a in the popup",
            "fill .a with \"b\" in the popup */${journey}, answering OK",
            "close the page in the popup",
        ]
    );
    let steps = "
    - { click: .a, in: popupp }
    - { click: .a, in: { popup: } }
    - { click: .a, in: { url: x } }
    - { pause: 1s, in: popup }
";
    insta::assert_snapshot!(parsed(steps).expect_err("mistakes").join("\n"));
}
